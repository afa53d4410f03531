//! What `status` says of states that nobody wants, on each database, and the log of what was run.

use super::{line, project, table_revision};
use crate::common::{Database, Fresh, Project};

fn applied(on: Database) -> (Project, Fresh) {
    let database = on.fresh();
    let project = Project::on(&database);
    project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
    project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "second", "two"));
    project.run(&["upgrade"]).ok();
    (project, database)
}

/// The state, its exit code, and a part of what is said; the same in JSON.
#[track_caller]
fn says(project: &Project, state: &str, code: i32, parts: &[&str]) {
    let said = project.run(&["status", "--check"]).exits(code);
    for part in parts {
        assert!(said.stdout.contains(part), "no {part:?} in\n{said}");
    }
    project.run(&["status", "--format", "json"]).ok().prints(&format!("\"state\":\"{state}\""));
}

#[test]
fn nothing_is_there() {
    for on in Database::ALL {
        let database = on.fresh();
        let project = Project::on(&database);
        says(&project, "at_head", 0, &["at head: the database is at base", "the database is empty"]);
        project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
        says(&project, "behind", 1, &["behind", "the database is empty", "not applied: aaaa", "next: apply them"]);
        project.run(&["ensure-version"]).ok();
        says(&project, "behind", 1, &["the database is empty"]);
    }
}

#[test]
fn tables_and_no_revision() {
    for on in Database::ALL {
        let (project, database) = applied(on);
        database.execute("DROP TABLE migrate_version; DROP TABLE migrate_log; CREATE VIEW v AS SELECT id FROM one;");
        let parts = ["no revision is applied, and the database has 2 tables: one, two", "migrate stamp heads"];
        says(&project, "behind", 1, &parts);
        project.run(&["stamp", "heads"]).ok();
        says(&project, "at_head", 0, &["at head: the database is at bbbb"]);
    }
    let (project, database) = project();
    database.execute("CREATE TABLE a (x); CREATE TABLE b (x);");
    says(&project, "at_head", 0, &["2 tables: a, b", "migrate init --from-database"]);
    for table in ["c", "d", "e", "f"] {
        database.execute(&format!("CREATE TABLE {table} (x);"));
    }
    says(&project, "at_head", 0, &["6 tables: a, b, c, d, e and 1 more"]);
}

/// Tables of which no row says that they were made.
#[test]
fn a_first_revision_that_meets_its_table_names_the_stamp() {
    for on in Database::ALL {
        let database = on.fresh();
        let project = Project::on(&database);
        project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
        database.execute("CREATE TABLE one (id integer);");
        for _ in 0..2 {
            project
                .run(&["upgrade"])
                .exits(3)
                .says("already exists")
                .says("if the revisions here made what is there: migrate stamp heads");
        }
        project.run(&["stamp", "heads"]).ok();
        project.run(&["upgrade"]).ok();
    }
}

/// What took effect of a revision that stopped part-way cannot be edited; the journal goes on to say what failed.
#[test]
fn a_statement_that_took_effect_is_not_edited() {
    let database = Database::Mysql.fresh();
    let project = Project::on(&database);
    let revision = |column: &str| {
        format!(
            "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE one ({column} integer);\n\
             ALTER TABLE nowhere ADD COLUMN a integer;\n-- migrate:down\n"
        )
    };
    project.write("versions/a.sql", revision("id"));
    project.run(&["upgrade"]).exits(5).says("nowhere");
    let failed = "SELECT error FROM migrate_log WHERE state = 'open'";
    let before = database.query(failed);
    assert!(before.concat().concat().contains("nowhere"), "{before:?}");
    project.write("versions/a.sql", revision("number"));
    let refused = project.run(&["upgrade"]).exits(5);
    let refused =
        refused.says("its statement 1, which took effect, was edited since").says("put the old statement back");
    assert!(!refused.stderr.contains("may be edited)") && !refused.stderr.contains("the next one failed"), "{refused}");
    assert_eq!(database.query(failed), before, "the journal says what failed");
    project.write("versions/a.sql", revision("id").replace("nowhere", "one"));
    project.run(&["upgrade"]).ok();
}

/// A revision of operations that stops at its second statement, for `u` is NULL in a row; `before` and `after` stand around them.
fn stops_at_the_second(before: &str, after: &str) -> String {
    format!(
        "revision: bbbb\ndown_revision: aaaa\nmessage: m\nupgrade:\n{before}  - rename_column: {{ table: t, name: a, to: b }}\n  \
         - alter_column: {{ table: t, name: u, nullable: false, was: {{ nullable: true }} }}\n{after}"
    )
}

/// What comes behind the operations that were begun may be edited, and what was begun goes on as it was begun: rendered
/// from the half-changed table it would be something else.
#[test]
fn what_comes_behind_is_edited() {
    for (before, after) in
        [("", ""), ("  - sql: CREATE TABLE first (id int)\n", "  - sql: ALTER TABLE nowhere ADD c int\n")]
    {
        let database = Database::Mysql.fresh();
        let project = Project::on(&database);
        let base = "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE t (id integer PRIMARY KEY, a varchar(9), \
                    g varchar(20) AS (concat(a, 'x')), u integer);\nINSERT INTO t (id, a) VALUES (1, 'a');\n-- migrate:down\n";
        project.write("versions/a.sql", base);
        project.write("versions/b.yaml", stops_at_the_second(before, after));
        project.run(&["upgrade"]).exits(5).says("the next one failed");
        database.execute("UPDATE t SET u = 1");
        if !after.is_empty() {
            project.run(&["upgrade"]).exits(5).says("nowhere");
        }
        project.write(
            "versions/b.yaml",
            stops_at_the_second(before, "  - sql: INSERT INTO t (id, b, u) VALUES (2, 'b', 2)\n"),
        );
        project.run(&["upgrade"]).ok();
        project.run(&["status", "--check"]).ok();
        assert_eq!(database.query("SELECT g FROM t ORDER BY id").concat(), ["ax", "bx"]);
    }
}

/// What is gone from the file though it took effect is missed, and said.
#[test]
fn what_took_effect_does_not_go() {
    let database = Database::Mysql.fresh();
    let project = Project::on(&database);
    let revision = |last: &str| {
        format!("-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE one (id integer);\n{last}-- migrate:down\n")
    };
    project.write(
        "versions/a.sql",
        revision("CREATE TABLE two (id integer);\nALTER TABLE nowhere ADD COLUMN a integer;\n"),
    );
    project.run(&["upgrade"]).exits(5).says("nowhere");
    project.write("versions/a.sql", revision(""));
    project.run(&["upgrade"]).exits(5).says("its statement 2, which took effect, was edited since");
    project.write("versions/a.sql", revision("CREATE TABLE two (id integer);\n"));
    project.run(&["upgrade"]).ok();
    project.run(&["status", "--check"]).ok();
}

/// The file of what is being taken back may be edited too.
#[test]
fn the_way_back_is_edited() {
    let database = Database::Mysql.fresh();
    let project = Project::on(&database);
    let revision = |last: &str| {
        format!(
            "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE one (id integer);\nCREATE TABLE two (id integer);\n\
             -- migrate:down\nDROP TABLE two;\nDROP TABLE {last};\n"
        )
    };
    project.write("versions/a.sql", revision("nowhere"));
    project.run(&["upgrade"]).ok();
    project.run(&["downgrade", "base", "--yes"]).exits(5).says("nowhere");
    project.write("versions/a.sql", revision("one"));
    project.run(&["downgrade", "base", "--yes", "--dry-run"]).ok();
    project.run(&["downgrade", "base", "--yes"]).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["status", "--check"]).ok();
}

#[test]
fn rows_that_say_the_same_twice() {
    for on in Database::ALL {
        let (project, database) = applied(on);
        database.execute("INSERT INTO migrate_version VALUES ('aaaa')");
        says(&project, "corrupt", 7, &["holds aaaa beside bbbb, which says it already", "stamp --purge"]);
        project.run(&["upgrade"]).exits(7);
        project.run(&["stamp", "--purge", "bbbb"]).ok();
        says(&project, "at_head", 0, &["at head"]);
        database.execute("UPDATE migrate_version SET version_num = 'no id at all'");
        says(&project, "newer", 7, &["names `no id at all`, which is no revision id"]);
        project.run(&["upgrade"]).exits(7).says("no id at all");
    }
}

#[test]
fn a_damaged_file_says_so() {
    let (project, database) = applied(Database::Sqlite);
    database.execute("CREATE TABLE filler (text); INSERT INTO filler VALUES (hex(randomblob(20000)));");
    let mut bytes = std::fs::read(database.file()).unwrap();
    bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0xAA);
    std::fs::write(database.file(), bytes).unwrap();
    says(&project, "corrupt", 7, &["cannot read the version table: database disk image is malformed"]);
}

#[test]
fn another_table_in_its_place() {
    for on in Database::ALL {
        let database = on.fresh();
        let project = Project::on(&database);
        project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
        database.execute("CREATE TABLE migrate_version (id integer, name varchar(20));");
        says(&project, "corrupt", 7, &["not understood\n", "has no column version_num", "its columns are id, name"]);
        for command in [&["upgrade"][..], &["current"], &["check"], &["stamp", "head"], &["downgrade", "base"]] {
            project.run(command).exits(7).says("has no column version_num").says("version_table:");
        }
    }
}

#[test]
fn a_view_in_its_place() {
    for on in Database::ALL {
        let database = on.fresh();
        let project = Project::on(&database);
        project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
        database.execute(
            "CREATE TABLE t (version_num varchar(32)); CREATE VIEW migrate_version AS SELECT version_num FROM t;",
        );
        for command in [
            &["status"][..],
            &["upgrade"],
            &["current"],
            &["stamp", "head"],
            &["ensure-version"],
            &["upgrade", "--dry-run"],
        ] {
            project.run(command).exits(2).says("is a view or something else that is no table").says("version_table:");
        }
        assert_eq!(database.value("SELECT COUNT(*) FROM t"), "0");
    }
}

#[test]
fn a_log_of_a_newer_program() {
    for on in Database::ALL {
        let (project, database) = applied(on);
        project.write("versions/c.yaml", table_revision("cccc", "bbbb", "third", "three"));
        database.execute("UPDATE migrate_log SET format = 99 WHERE number = 2");
        says(
            &project,
            "newer_format",
            2,
            &["kept by a newer migrate: the database is at bbbb", "not applied: cccc", "install the newer migrate"],
        );
        for command in [&["upgrade"][..], &["stamp", "head"], &["downgrade", "-1"]] {
            project.run(command).exits(2).says("written by a newer migrate: its format is 99");
        }
        project.run(&["current"]).ok().prints("bbbb");
    }
}

#[test]
fn a_log_that_is_gone_is_made_anew() {
    for on in Database::ALL {
        let (project, database) = applied(on);
        database.execute("DROP TABLE migrate_log");
        says(&project, "at_head", 0, &["at head"]);
        project.run(&["history", "--log"]).ok().says("nothing was run here yet");
        project.run(&["downgrade", "-1"]).ok();
        assert_eq!(database.value("SELECT COUNT(*) FROM migrate_log"), "1");
    }
}

#[test]
fn a_run_at_work_is_named() {
    for (on, sleep, state, code, words) in [
        (Database::Postgres, "SELECT pg_sleep(5);", "behind", 1, "a run is at work here: pid "),
        (
            Database::Mysql,
            "CREATE TABLE n (v integer);\nDO SLEEP(5);",
            "running",
            4,
            "a run is at work here: connection ",
        ),
    ] {
        let (project, _database) = applied(on);
        project.write(
            "versions/c.sql",
            format!("-- revision: cccc\n-- down_revision: bbbb\n\n-- migrate:up\n{sleep}\n-- migrate:down\n"),
        );
        let mut child = project.command().args(["upgrade", "-q"]).spawn().expect("it starts");
        let until = std::time::Instant::now() + std::time::Duration::from_secs(4);
        let mut said = project.run(&["status", "--check"]);
        while !(said.stdout.contains(words) && said.code == code) && std::time::Instant::now() < until {
            said = project.run(&["status", "--check"]);
        }
        assert!(said.code == code && said.stdout.contains(words), "{said}");
        let holder = words.replace("a run is at work here: ", "\"holder\":\"");
        project.run(&["status", "--format", "json"]).ok().prints(&holder).prints(&format!("\"state\":\"{state}\""));
        if state == "running" {
            assert!(
                said.stdout.contains("at work: the database is at bbbb") && said.stdout.contains("is under way: "),
                "{said}"
            );
        }
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
        says(&project, "at_head", 0, &["at head: the database is at cccc\n"]);
    }
}

#[test]
fn a_file_that_is_gone_half_way() {
    let (project, _database) = applied(Database::Mysql);
    let text = "-- revision: cccc\n-- down_revision: bbbb\n\n-- migrate:up\nCREATE TABLE n (v integer);\nINSERT INTO nowhere VALUES (1);\n";
    project.write("versions/c.sql", text);
    project.run(&["upgrade"]).exits(5);
    std::fs::remove_file(project.path("versions/c.sql")).unwrap();
    says(
        &project,
        "part_way",
        5,
        &["1 of 2 statements took effect", "next: get the file of revision cccc, then finish it: migrate upgrade"],
    );
}

#[test]
fn no_command_overlooks_a_revision_that_is_done_in_part() {
    for on in Database::ALL {
        let (project, database) = applied(on);
        let text = "-- revision: cccc\n-- down_revision: bbbb\n\n-- migrate:up transaction:none\nCREATE TABLE n (v integer);\nINSERT INTO nowhere VALUES (1);\n-- migrate:down transaction:none\nDROP TABLE n;\nDELETE FROM nowhere;\n";
        project.write("versions/c.sql", text);
        project.run(&["upgrade"]).exits(5);
        let words = "the upgrade of revision cccc was stopped: 1 of 2 statements took effect";
        project.run(&["check"]).exits(5).says(words).says("INSERT INTO nowhere").says("finish it: migrate upgrade");
        project.run(&["revision", "--autogenerate", "-m", "x"]).exits(5).says(words);
        project.run(&["current"]).ok().prints("bbbb").says(words).says("hint: repair the cause, then finish it");
        project.run(&["current", "--check-heads"]).exits(5).says(words);
        project.run(&["history", "-i"]).ok().says(words);
        for where_it_stands in [&["downgrade", "bbbb"][..], &["upgrade", "bbbb"], &["downgrade", "bbbb", "--yes"]] {
            project
                .run(where_it_stands)
                .exits(5)
                .says("stopped part-way")
                .says("finish it first: migrate upgrade cccc");
        }
        project.run(&["downgrade", "bbbb", "--dry-run"]).exits(5).says(words);
        let said = project.run(&["stamp", "cccc"]).ok();
        said.says(words).says("what they did stays, and nothing continues it now");
        let said = project.run(&["current"]).ok().prints("cccc");
        assert!(!said.stderr.contains("stopped"), "{said}");

        project.run(&["downgrade", "bbbb", "--yes"]).exits(5);
        let words = "the downgrade of revision cccc was stopped: 1 of 2 statements took effect";
        project.run(&["check"]).exits(5).says(words);
        project.run(&["upgrade"]).exits(5).says("finish it first: migrate downgrade cccc@-1");
        database.execute("CREATE TABLE nowhere (v integer)");
        project.run(&["downgrade", "cccc@-1", "--yes"]).ok();
        project.run(&["current", "--check-heads"]).exits(1);
    }
}

/// Two sides on `bbbb`; the one with `cccc` is done in part.
fn half_a_side(on: Database) -> (Project, Fresh) {
    let (project, database) = applied(on);
    let text = "-- revision: cccc\n-- down_revision: bbbb\n-- created: 2026-03-02T10:00:00Z\n\n-- migrate:up transaction:none\nCREATE TABLE n (v integer);\nINSERT INTO nowhere VALUES (1);\n";
    project.write("versions/c.sql", text);
    project.run(&["upgrade"]).exits(5);
    project.write("versions/d.yaml", table_revision("dddd", "bbbb", "beside", "beside"));
    (project, database)
}

#[test]
fn what_is_done_in_part_is_not_moved() {
    for on in Database::ALL {
        let (project, database) = half_a_side(on);
        let words = "the upgrade of revision cccc was stopped: 1 of 2 statements took effect";
        let before = project.read("versions/c.sql");
        for flags in [&[][..], &["cccc"], &["dddd"], &["cccc", "--no-check"], &["cccc", "--local"], &["--dry-run"]] {
            let said = project.run(&[&["rebase"], flags].concat()).exits(5);
            said.says(words).says("finish it: migrate upgrade cccc");
        }
        assert_eq!(project.read("versions/c.sql"), before);
        project.run(&["merge", "--rev-id", "eeee", "--no-check"]).ok();
        project.run(&["upgrade", "dddd"]).exits(5).says("finish it first: migrate upgrade cccc");
        database.execute("CREATE TABLE nowhere (v integer)");
        project.run(&["upgrade", "cccc"]).ok();
        project.run(&["upgrade"]).ok();
    }
}

#[test]
fn what_is_done_in_part_and_was_moved_by_hand_gets_its_parent_back() {
    for on in Database::ALL {
        let (project, database) = half_a_side(on);
        let before = project.read("versions/c.sql");
        project.write("versions/c.sql", before.replace("down_revision: bbbb", "down_revision: dddd"));
        let words = "it stands on dddd now, which is not applied";
        let remedy = "give cccc back its parent bbbb, then finish it: migrate upgrade cccc";
        for target in ["head", "cccc", "dddd"] {
            project.run(&["upgrade", target]).exits(5).says("was stopped part-way").says(words).says(remedy);
        }
        says(&project, "part_way", 5, &[&format!("next: {words}: {remedy}")]);
        project.run(&["rebase", "cccc"]).ok().says("there is one head");
        project.write("versions/c.sql", before);
        database.execute("CREATE TABLE nowhere (v integer)");
        project.run(&["upgrade", "cccc"]).ok();
    }
}

#[test]
fn what_is_done_in_part_is_told_before_what_a_plan_lacks() {
    for on in Database::ALL {
        let database = on.fresh();
        let project = Project::on(&database);
        let one_way = |id: &str, down: &str, sql: &str| {
            format!("-- revision: {id}\n{down}\n-- migrate:up transaction:none\n{sql}\n")
        };
        project.write("versions/a.sql", one_way("aaaa", "", "CREATE TABLE a (v integer); INSERT INTO a VALUES (1);"));
        project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "b", "b"));
        project.run(&["upgrade"]).ok();
        let text = "CREATE TABLE n (v integer); INSERT INTO nowhere VALUES (1);";
        project.write("versions/c.sql", one_way("cccc", "-- down_revision: bbbb\n", text));
        project.run(&["upgrade"]).exits(5);
        database.execute("INSERT INTO b VALUES (1)");
        let words = "finish it first: migrate upgrade cccc";
        for words_of in [&["base"][..], &["base", "--yes"], &["base", "--dry-run"], &["aaaa"], &["aaaa", "--dry-run"]] {
            project.run(&[&["downgrade"], words_of].concat()).exits(5).says("stopped part-way").says(words);
        }
        project.run(&["downgrade", "zzzz"]).exits(2).says("zzzz");
        database.execute("CREATE TABLE nowhere (v integer)");
        project.run(&["upgrade"]).ok();
        project.run(&["downgrade", "base"]).exits(2).says("no way back");
    }
}

#[test]
fn the_first_revision_done_in_part_is_not_the_base() {
    for on in Database::ALL {
        let database = on.fresh();
        let project = Project::on(&database);
        let text = "-- revision: aaaa\n\n-- migrate:up transaction:none\nCREATE TABLE n (v integer);\nINSERT INTO nowhere VALUES (1);\n";
        project.write("versions/a.sql", text);
        project.run(&["upgrade"]).exits(5);
        project.run(&["downgrade", "base"]).exits(5).says("finish it first: migrate upgrade aaaa");
    }
}

#[test]
fn the_log_says_who_and_an_older_one_learns_it() {
    for on in Database::ALL {
        let (project, database) = applied(on);
        let user = match on {
            Database::Sqlite => "ada".to_owned(),
            Database::Postgres => database.value("SELECT current_user"),
            Database::Mysql => database.value("SELECT CURRENT_USER()"),
        };
        let own = || format!("\"user\":\"{user}\"");
        let before = project.run(&["history", "--log", "--format", "json"]).ok().stdout;
        assert_eq!(before.matches(&own()).count(), if on == Database::Sqlite { 0 } else { 2 }, "{before}");
        database.execute("ALTER TABLE migrate_log DROP COLUMN user_name; UPDATE migrate_log SET format = 1;");
        project.run(&["history", "--log", "--format", "json"]).ok().prints("\"user\":null,");
        says(&project, "at_head", 0, &["at head"]);
        let as_ada = |arguments: &[&str]| {
            project
                .run_with(arguments, |command| {
                    command.env("USER", "ada");
                })
                .ok()
        };
        as_ada(&["stamp", "aaaa"]);
        as_ada(&["stamp", "base"]);
        let said = project.run(&["history", "--log", "-v"]).ok();
        let lines: Vec<&str> = said.stdout.lines().filter(|line| line.contains(" stamp ")).collect();
        assert!(lines.len() == 2 && lines[0].ends_with(" stamp base stamped"), "{said}");
        assert!(lines[1].ends_with(" stamp aaaa stamped") && said.stdout.contains(&format!(" by {user}, ")), "{said}");
        let now = project.run(&["history", "--log", "--format", "json"]).ok().stdout;
        assert_eq!(now.matches(&own()).count(), 2, "{now}");
        project.run(&["current"]).ok();
        let script = project.run(&["stamp", "--purge", "base", "--sql"]).ok().stdout;
        database.execute(&script);
        assert_eq!(
            database.value("SELECT COUNT(*) FROM migrate_log WHERE revision = 'base' AND state = 'stamped'"),
            "2"
        );
    }
}

#[test]
fn every_attempt_is_listed() {
    for on in Database::ALL {
        let (project, database) = applied(on);
        project.write(
            "versions/c.sql",
            "-- revision: cccc\n-- down_revision: bbbb\n\n-- migrate:up\nINSERT INTO nowhere VALUES (1);\n",
        );
        project.run(&["upgrade"]).exits(3);
        project.run(&["stamp", "cccc"]).ok();
        let said = project.run(&["history", "--log"]).ok();
        let lines: Vec<&str> = said.stdout.lines().filter(|line| !line.starts_with(' ')).collect();
        let words: Vec<String> =
            lines.iter().map(|line| line.split(' ').skip(1).take(3).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            words,
            ["stamp cccc stamped", "upgrade cccc failed", "upgrade bbbb done", "upgrade aaaa done"],
            "{said}"
        );
        assert!(lines.iter().all(|line| line.starts_with("20") && line.chars().nth(19) == Some('Z')), "{said}");
        assert!(said.stdout.contains("nowhere"), "the cause is told: {said}");
        project.run(&["history", "--log", "-v"]).ok().prints("  number 4, run ").prints("its text is kept");
        let json = project.run(&["history", "--log", "--format", "json"]).ok().stdout;
        assert!(json.starts_with("{\"format\":1,\"attempts\":[{\"number\":4,\"at\":\"20"), "{json}");
        assert!(
            json.contains("\"state\":\"failed\",\"statements\":0,")
                && json.contains("\"kept_text\":false,\"error\":\""),
            "{json}"
        );
        let log = database.query("SELECT text FROM migrate_log WHERE state = 'failed'");
        assert_eq!(log.concat(), ["NULL"], "a text is kept of what was applied");
    }
    let (project, _database) = line();
    let said = project.run(&["history", "--log"]).ok().says("nothing was run here yet");
    assert_eq!(said.stdout, "");
    assert_eq!(project.run(&["history", "--log", "--format", "json"]).ok().stdout, "{\"format\":1,\"attempts\":[]}\n");
    project.run(&["history", "--log", "-i"]).exits(2);
    project.run(&["history", "--log", "-r", "a:b"]).exits(2);
}
