//! What a revision leaves in its session: nothing of it reaches the next revision, nor what the tool keeps.

use std::process::Command;

use super::pooler::Pooler;
use crate::common::{Database, Fresh, Output, Project};

/// What each revision leaves, one after the other; the same twice would fail if the first were still there.
fn leavings(database: Database) -> Vec<&'static str> {
    match database {
        Database::Postgres => vec![
            "SELECT pg_catalog.set_config('search_path', '', false)",
            "SET ROLE pg_monitor",
            "SET SESSION AUTHORIZATION pg_monitor",
            "SET LOCAL search_path = pg_catalog",
            "SET lock_timeout = 1; SET statement_timeout = '1h'; SET TIME ZONE 'Asia/Tokyo'",
            "SET default_transaction_read_only = on; SET session_replication_role = replica; SET row_security = off",
            "CREATE TEMP TABLE passing (id int); PREPARE passing AS SELECT 1; SET standard_conforming_strings = off",
            "CREATE TEMP TABLE passing (id int); PREPARE passing AS SELECT 1",
            "DO $$ BEGIN PERFORM set_config('search_path', 'pg_catalog', false); END $$",
            "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM set_config(''role'', ''pg_monitor'', false); \
             RETURN NEW; END'; CREATE TABLE fired (id int); CREATE TRIGGER leave BEFORE INSERT ON fired FOR EACH ROW \
             EXECUTE PROCEDURE leave(); INSERT INTO fired VALUES (1)",
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE; SET my.own = 'x'",
        ],
        Database::Mysql => vec![
            "USE mysql",
            "SET foreign_key_checks = 0, unique_checks = 0, sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', @mine = 1",
            "SET NAMES latin1; SET time_zone = '+05:00', sql_select_limit = 1",
            "CREATE TABLE locked (id int); LOCK TABLES locked WRITE",
            "LOCK TABLES locked WRITE; SELECT COUNT(*) INTO @counted FROM locked",
            "CREATE TEMPORARY TABLE passing (id int); SET timestamp = 1000000",
            "CREATE TEMPORARY TABLE passing (id int)",
            "CREATE PROCEDURE leave_it() SET SESSION sql_mode = '', SESSION foreign_key_checks = 0; CALL leave_it()",
            "CREATE TRIGGER leave_it BEFORE INSERT ON locked FOR EACH ROW SET SESSION unique_checks = 0; \
             INSERT INTO locked VALUES (1)",
            "SET SESSION TRANSACTION READ ONLY",
            "SET completion_type = 'CHAIN', SESSION group_concat_max_len = 5 \
             /*M! , enforce_storage_engine = InnoDB, default_tmp_storage_engine = InnoDB */",
            "SET GLOBAL max_connect_errors = @@GLOBAL.max_connect_errors, @mine = 1",
        ],
        Database::Sqlite => vec![
            "PRAGMA recursive_triggers = ON; PRAGMA case_sensitive_like = ON",
            "PRAGMA query_only = ON",
            "CREATE TEMP TABLE passing (id int); PRAGMA ignore_check_constraints = ON",
            "CREATE TEMP TABLE passing (id int); CREATE TEMP VIEW seen AS SELECT 'shadow' AS step, '' AS name, '' AS value",
            "ATTACH ':memory:' AS beside; CREATE TABLE beside.inside (id int)",
            "ATTACH ':memory:' AS beside; PRAGMA writable_schema = ON",
            "PRAGMA cache_size = -77; PRAGMA busy_timeout = 1; PRAGMA reverse_unordered_selects = ON",
            "PRAGMA trusted_schema = OFF; PRAGMA legacy_alter_table = ON; PRAGMA defer_foreign_keys = ON",
            "PRAGMA read_uncommitted = ON; PRAGMA locking_mode = EXCLUSIVE",
        ],
    }
}

/// What writes down the session at the beginning of a revision.
fn look(database: Database, step: usize) -> String {
    match database {
        Database::Postgres => format!(
            "INSERT INTO seen SELECT {step}, name, setting FROM pg_settings WHERE name NOT LIKE '%.%' AND name NOT IN \
             ('application_name', 'transaction_read_only', 'transaction_isolation', 'transaction_deferrable');\n\
             INSERT INTO seen VALUES ({step}, 'user', current_user || ' ' || session_user), ({step}, 'own', coalesce(current_setting('my.own', true), '')), \
             ({step}, 'prepared', (SELECT count(*)::text FROM pg_prepared_statements));\n"
        ),
        Database::Mysql => {
            let schema =
                if Database::product_of_mysql() == "mysql" { "performance_schema" } else { "information_schema" };
            format!(
                "INSERT INTO seen SELECT {step}, variable_name, variable_value FROM {schema}.session_variables WHERE \
                 LOWER(variable_name) NOT IN ('timestamp', 'rand_seed1', 'rand_seed2', 'last_insert_id', 'identity', 'pseudo_thread_id', \
                 'in_transaction', 'last_gtid', 'gtid_seq_no', 'insert_id', 'error_count', 'warning_count', 'statement_id', \
                 'event_scheduler', 'init_connect', 'read_only') \
                 AND LOWER(variable_name) NOT LIKE 'gtid%' AND LOWER(variable_name) NOT LIKE 'innodb%';\n\
                 INSERT INTO seen SELECT {step}, 'database is own', DATABASE() <> 'mysql' UNION ALL SELECT {step}, 'mine', @mine \
                 UNION ALL SELECT {step}, 'counted', @counted UNION ALL SELECT {step}, 'now', NOW() > '2000-01-01';\n"
            )
        }
        Database::Sqlite => {
            let named = [
                "foreign_keys",
                "recursive_triggers",
                "ignore_check_constraints",
                "query_only",
                "cache_size",
                "busy_timeout",
                "reverse_unordered_selects",
                "trusted_schema",
                "legacy_alter_table",
                "defer_foreign_keys",
                "read_uncommitted",
                "writable_schema",
                "locking_mode",
            ];
            let of = |name: &&str| format!("INSERT INTO seen SELECT {step}, '{name}', * FROM pragma_{name};\n");
            let all: String = named.iter().map(of).collect();
            format!(
                "{all}INSERT INTO seen VALUES ({step}, 'like', 'a' LIKE 'A');\n\
                 INSERT INTO seen SELECT {step}, 'attached', count(*) FROM pragma_database_list WHERE name <> 'temp';\n\
                 INSERT INTO seen SELECT {step}, 'temporary', count(*) FROM sqlite_temp_schema;\n"
            )
        }
    }
}

/// A row of revisions, each of which looks at its session, makes a table, and leaves something.
fn write(project: &Project, database: Database, without: &[&str]) -> usize {
    let seen = "CREATE TABLE seen (step int, name varchar(200), value text)";
    // A pooler's sessions are shared: what is prepared there stays. In a transaction nothing can be detached.
    let mut leavings = leavings(database);
    leavings.retain(|leaving| !without.iter().any(|word| leaving.contains(word)));
    for (step, leaving) in leavings.iter().chain(["SELECT 1"].iter()).enumerate() {
        let parent = if step == 0 { String::new() } else { format!("r{:02}", step - 1) };
        let (first, last) = if step == 0 { (format!("{seen};\n"), "DROP TABLE seen;\n") } else { (String::new(), "") };
        // Limits of its own, which count for this one alone.
        let limits = if step == 3 { " lock_timeout:2s statement_timeout:10m" } else { "" };
        project.write(
            &format!("versions/r{step:02}.sql"),
            format!(
                "-- revision: r{step:02}\n-- down_revision: {parent}\n\n-- migrate:up{limits}\n{first}{}CREATE TABLE own{step} (id int);\n\
                 {leaving};\n-- migrate:down\nDROP TABLE own{step};\n{last}",
                look(database, step)
            ),
        );
    }
    leavings.len() + 1
}

/// What is there afterwards: the schema, what was seen, the revisions.
fn found(database: &Fresh, project: &Project) -> (String, Vec<Vec<String>>, String) {
    let seen = database.query("SELECT step, name, value FROM seen ORDER BY step, name, value;");
    (database.dump(), seen, project.run(&["current"]).ok().stdout)
}

fn without_passwords(mut lines: Vec<Vec<String>>) -> Vec<String> {
    lines.iter_mut().map(|line| line.join(" ")).collect()
}

/// Runs all revisions at once, and each in a run of its own, and compares; gives the first.
fn compare(database: Database, arguments: &[&str], without: &[&str], url: impl Fn(&Fresh) -> String) {
    let (at_once, alone) = (database.fresh(), database.fresh());
    let projects = [&at_once, &alone].map(|one| {
        let project = Project::on(one);
        project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\n", url(one)));
        project
    });
    let count = projects.each_ref().map(|project| write(project, database, without))[0];
    let with =
        |words: &[&str]| -> Vec<String> { words.iter().chain(arguments).map(|word| (*word).to_owned()).collect() };
    projects[0].run(&with(&["upgrade"])).ok();
    for _ in 0..count {
        projects[1].run(&with(&["upgrade", "+1"])).ok();
    }
    let (one, other) = (found(&at_once, &projects[0]), found(&alone, &projects[1]));
    let differing: Vec<_> = one.1.iter().filter(|row| !other.1.contains(row)).collect();
    assert!(
        differing.is_empty(),
        "{arguments:?}: {}",
        without_passwords(differing.into_iter().cloned().collect()).join("\n")
    );
    assert_eq!((&one.0, &one.2), (&other.0, &other.2), "{arguments:?}");
    for (project, database) in projects.iter().zip([&at_once, &alone]) {
        project.run(&["status"]).ok().prints("at head");
        project.run(&with(&["downgrade", "base"])).ok();
        assert_eq!(project.run(&["current"]).ok().stdout, "");
        assert!(!database.dump().contains("own1"), "{}", database.dump());
    }
}

#[test]
fn revisions_at_once_are_as_alone_on_postgres() {
    for arguments in [&[][..], &["--transaction", "all"], &["--transaction", "none"]] {
        compare(Database::Postgres, arguments, &[], Fresh::url);
    }
}

#[test]
fn revisions_at_once_are_as_alone_on_mysql() {
    compare(Database::Mysql, &[], &[], Fresh::url);
}

#[test]
fn revisions_at_once_are_as_alone_on_sqlite() {
    for arguments in [&[][..], &["--transaction", "all"], &["--transaction", "none"]] {
        let without = if arguments.contains(&"all") { &["ATTACH"][..] } else { &[] };
        compare(Database::Sqlite, arguments, without, Fresh::url);
    }
}

#[test]
fn revisions_at_once_are_as_alone_behind_a_pooler() {
    let pooler = Pooler::start();
    for arguments in [&[][..], &["--transaction", "all"]] {
        compare(Database::Postgres, arguments, &["PREPARE"], |fresh| pooler.url(fresh.name()));
    }
}

/// A project whose history needs a scratch database, with models that equal it.
fn needs_a_scratch_database(database: &Fresh, up: &str) -> Project {
    let project = Project::on(database);
    let index = format!(
        "-- revision: a1\n\n-- migrate:up transaction:none\nCREATE TABLE t (id int PRIMARY KEY, v int);\n\
         CREATE INDEX CONCURRENTLY ON t (v);\n{up}"
    );
    project.write("versions/1.sql", index);
    project.run(&["upgrade"]).ok();
    let models = project.run(&["inspect"]).ok().stdout;
    project.write("models/all.yaml", models);
    project
}

/// The sessions of the pooler stay in a database that nobody is in any more.
#[test]
fn a_scratch_database_goes_behind_a_pooler_too() {
    let pooler = Pooler::start();
    let database = Database::Postgres.fresh();
    let project = needs_a_scratch_database(&database, "");
    let said = project.run(&["check", "--fresh", "--url", &pooler.url(database.name())]).ok();
    assert!(said.stdout.contains("in sync") && !said.stderr.contains("migrate_scratch"), "{said}");
}

#[test]
fn a_scratch_database_that_stays_is_named_and_takes_no_answer_away() {
    let database = Database::Postgres.fresh();
    let keep = "DO $$ BEGIN IF current_database() LIKE 'migrate_scratch_%' THEN \
                EXECUTE format('ALTER DATABASE %I IS_TEMPLATE true', current_database()); END IF; END $$;\n";
    let project = needs_a_scratch_database(&database, keep);
    let said = project.run(&["check", "--fresh"]).ok().prints("in sync");
    let said = said.says("warning: the scratch database migrate_scratch_").says("could not be dropped: ");
    let hint = "hint: drop it when nobody is in it any more: DROP DATABASE ";
    let name = said.stderr.split_once(hint).expect("a hint").1.lines().next().expect("its name");
    database.execute(&format!("ALTER DATABASE {name} IS_TEMPLATE false"));
    database.execute(&format!("DROP DATABASE {name}"));
}

fn revision(id: &str, parent: &str, up: &str, down: &str) -> String {
    format!("-- revision: {id}\n-- down_revision: {parent}\n\n-- migrate:up\n{up}\n-- migrate:down\n{down}\n")
}

/// What a database's own tool prints of it.
fn printed(mut command: Command) -> String {
    let output = command.output().expect("the tool starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // Words of the shell alone.
    text.lines().filter(|line| !line.starts_with('\\')).map(|line| format!("{line}\n")).collect()
}

/// A baseline as a tool printed it, then revisions without a schema in their names.
fn takes_over(database: &Fresh, baseline: &str, down: &str) -> Project {
    let project = Project::on(database);
    project.write("versions/1.sql", revision("a1", "", baseline, down));
    project
        .write("versions/2.sql", revision("a2", "a1", "CREATE TABLE next (id int PRIMARY KEY);", "DROP TABLE next;"));
    project.write(
        "versions/3.yaml",
        "revision: a3\ndown_revision: a2\nupgrade:\n  - add_column: { table: next, column: { name: note, type: text } }\n",
    );
    project.run(&["upgrade", "head"]).ok().says("Finished 3 revisions applied");
    let models = project.run(&["inspect"]).ok().stdout;
    assert!(models.contains("next:") && models.contains("things:"), "{models}");
    project.write("models/all.yaml", models);
    project.run(&["check"]).ok();
    project.run(&["downgrade", "base"]).ok();
    project.run(&["upgrade", "head", "--transaction", "none"]).ok();
    project.run(&["check"]).ok();
    project.run(&["downgrade", "base"]).ok();
    project
}

#[test]
fn a_dump_of_postgres_is_a_first_revision() {
    let (former, database) = (Database::Postgres.fresh(), Database::Postgres.fresh());
    former.execute(
        "CREATE TABLE things (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text); INSERT INTO things (name) VALUES ('a'), ('b'); \
         CREATE VIEW names AS SELECT name FROM things;",
    );
    let folder = std::env::var("MIGRATE_TEST_PG_BIN").expect("tests/run");
    let mut dump = Command::new(format!("{folder}/pg_dump"));
    dump.args(["--inserts", "-d", &former.url()]);
    takes_over(&database, &printed(dump), "DROP VIEW names; DROP TABLE things;");
    assert_eq!(
        database.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'migrate%';"),
        "0"
    );
}

#[test]
fn a_dump_of_mysql_is_a_first_revision() {
    let (former, database, other) = (Database::Mysql.fresh(), Database::Mysql.fresh(), Database::Mysql.fresh());
    former.execute(
        "CREATE TABLE things (id int PRIMARY KEY AUTO_INCREMENT, name varchar(20), KEY (name)); INSERT INTO things (name) VALUES ('a'), ('b'); \
         CREATE TRIGGER louder BEFORE INSERT ON things FOR EACH ROW SET NEW.name = UPPER(NEW.name); \
         CREATE VIEW names AS SELECT name FROM things;",
    );
    let port =
        former.url().rsplit(':').next().and_then(|rest| rest.split('/').next().map(str::to_owned)).expect("a port");
    let program = std::env::var("MIGRATE_TEST_MYSQLDUMP").expect("tests/run");
    let dump = |words: &[&str]| {
        let mut command = Command::new(&program);
        command.args(["--no-defaults", "-h127.0.0.1", "-uroot", &format!("-P{port}")]).args(words).arg(former.name());
        printed(command)
    };
    takes_over(&database, &dump(&["--skip-comments"]), "DROP VIEW names; DROP TABLE things;");
    // With USE, which leads elsewhere: what follows is of the own database again.
    let text = dump(&["--databases"]).replace(&format!("`{}`", former.name()), &format!("`{}`", other.name()));
    let project = Project::on(&database);
    project.write("versions/1.sql", revision("a1", "", &text, "DROP VIEW names; DROP TABLE things;"));
    project.write("versions/2.sql", revision("a2", "a1", "CREATE TABLE next (id int);", "DROP TABLE next;"));
    project.run(&["upgrade"]).ok();
    let tables = |database: &Fresh| {
        let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name NOT LIKE 'migrate%' ORDER BY 1;";
        database.query(sql).concat()
    };
    assert_eq!(
        (tables(&database), tables(&other)),
        (vec!["next".to_owned()], vec!["names".to_owned(), "things".to_owned()])
    );
}

/// A run that is stopped goes on in the session that the revision had said, and ends in its own.
#[test]
fn what_was_stopped_elsewhere_goes_on_there() {
    let (database, other) = (Database::Mysql.fresh(), Database::Mysql.fresh());
    let project = Project::on(&database);
    let text = |last: &str| {
        let up = format!(
            "USE {};\nSET sql_mode = 'NO_BACKSLASH_ESCAPES';\nCREATE TABLE there (id int);\n{last}\nINSERT INTO there VALUES (1);",
            other.name()
        );
        revision("a1", "", &up, &format!("DROP TABLE {}.there;", other.name()))
    };
    project.write("versions/1.sql", text("INSERT INTO nowhere VALUES (1);"));
    project.write("versions/2.sql", revision("a2", "a1", "CREATE TABLE `here` (id int);", "DROP TABLE `here`;"));
    project.run(&["upgrade"]).exits(5).says("nowhere");
    project.write("versions/1.sql", text("CREATE TABLE also (id int);"));
    // As if it had been killed behind the first CREATE: the server is asked in the database that was said.
    database
        .execute("UPDATE migrate_log SET statements_done = 2, statements_begun = 3, probe = '0' WHERE state = 'open';");
    project.run(&["upgrade"]).ok();
    assert_eq!(other.value("SELECT COUNT(*) FROM there;"), "1");
    assert_eq!(database.value("SELECT COUNT(*) FROM here;"), "0");
    project.run(&["downgrade", "base"]).ok();
}

/// What waits for the COMMIT runs as the role that the revision took on, and what it refuses is said of the COMMIT.
#[test]
fn what_waits_for_the_commit_is_of_the_revision() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    let up = "CREATE TABLE done (by text);\nGRANT ALL ON done TO pg_monitor;\nGRANT ALL ON SCHEMA public TO pg_monitor;\n\
              CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO done VALUES (current_user); RETURN NULL; END';\n\
              CREATE TABLE p (id int PRIMARY KEY);\nGRANT ALL ON p TO pg_monitor;\n\
              CREATE CONSTRAINT TRIGGER late AFTER INSERT ON p DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE PROCEDURE note();\n\
              SET ROLE pg_monitor;\nINSERT INTO p VALUES (1);";
    project.write("versions/1.sql", revision("a1", "", up, "DROP TABLE p, done;\nDROP FUNCTION note();"));
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value("SELECT by FROM done;"), "pg_monitor");
    let up = "CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (2);";
    project.write("versions/2.sql", revision("a2", "a1", up, "DROP TABLE c;"));
    let Output { stderr, .. } = project.run(&["upgrade"]).exits(3).says("violates foreign key");
    assert!(stderr.contains("COMMIT") && !stderr.contains("RESET"), "{stderr}");
    assert_eq!(project.run(&["current"]).ok().stdout, "a1\n");
}

#[test]
fn what_gives_back_all_locks_is_refused_before_anything_runs() {
    for (database, sql) in [
        (Database::Postgres, "DISCARD ALL"),
        (Database::Postgres, "SELECT pg_advisory_unlock_all()"),
        (Database::Mysql, "SELECT RELEASE_ALL_LOCKS()"),
    ] {
        let database = database.fresh();
        let project = Project::on(&database);
        project.write("versions/1.sql", revision("a1", "", "CREATE TABLE t (id int);", ""));
        project.write("versions/2.sql", revision("a2", "a1", &format!("{sql};"), ""));
        project.run(&["upgrade"]).exits(2).says("gives back the lock that the tool holds").says("2.sql:5");
        assert_eq!(project.run(&["current"]).ok().stdout, "");
    }
}

/// Where history is replayed, in a schema in front of the live one or in a database of its own, each revision starts there.
#[test]
fn a_replay_puts_the_session_back_too() {
    for (database, leaving) in [
        (Database::Postgres, "SELECT set_config('search_path', 'pg_catalog', false);\nSET ROLE pg_monitor"),
        (Database::Mysql, "USE mysql;\nSET sql_mode = 'ANSI_QUOTES'"),
        (Database::Sqlite, "PRAGMA query_only = ON"),
    ] {
        let database = database.fresh();
        let project = Project::on(&database);
        project.write(
            "versions/1.sql",
            revision("a1", "", &format!("CREATE TABLE one (id INTEGER);\n{leaving};"), "DROP TABLE one;"),
        );
        project.write("versions/2.sql", revision("a2", "a1", "CREATE TABLE two (id INTEGER);", "DROP TABLE two;"));
        project.write("models/all.yaml", "tables: { one: { columns: { id: int } }, two: { columns: { id: int } } }\n");
        project.run(&["check", "--fresh"]).ok();
        project.run(&["diff", "head", "models"]).ok();
        project.run(&["upgrade"]).ok();
        project.run(&["check"]).ok();
    }
}

/// A script puts the session back as the program does, where it can: what follows lands in its own place.
#[test]
fn a_script_puts_the_session_back_too() {
    for (database, leaving) in [
        (Database::Postgres, "SELECT pg_catalog.set_config('search_path', '', false);\nSET ROLE pg_monitor"),
        (Database::Mysql, "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, @mine = 1"),
        (Database::Sqlite, "PRAGMA recursive_triggers = ON;\nPRAGMA query_only = ON"),
    ] {
        let (database, project) = (database.fresh(), Project::empty());
        project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\n", database.url()));
        let look = match database.database() {
            Database::Postgres => "SELECT current_user, current_setting('search_path')",
            Database::Mysql => "SELECT @mine, CONCAT(@@foreign_key_checks, @@sql_mode LIKE '%AUTO_VALUE%')",
            Database::Sqlite => {
                "SELECT recursive_triggers, query_only FROM pragma_recursive_triggers, pragma_query_only"
            }
        };
        let up = format!("CREATE TABLE one (a varchar(50), b varchar(50));\nINSERT INTO one {look};\n{leaving};");
        project.write("versions/1.sql", revision("a1", "", &up, "DROP TABLE one;"));
        let up = format!("CREATE TABLE two (id int);\nINSERT INTO one {look};");
        project.write("versions/2.sql", revision("a2", "a1", &up, "DROP TABLE two;"));
        let script = project.run(&["upgrade", "--sql"]).ok().stdout;
        database.execute(&script);
        assert_eq!(database.query("SELECT COUNT(*), COUNT(DISTINCT b) FROM one;"), [["2", "1"]], "{script}");
        project.run(&["current"]).ok().prints("a2");
        project.run(&["downgrade", "base"]).ok();
    }
}
