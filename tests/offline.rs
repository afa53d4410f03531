//! Scripts of `--sql` on each database: run by its own shell they give what the program gives, and where they do not fit
//! they change nothing. The shapes of histories are proven in `tests/cases/graph/scripts.case`; here is what revisions
//! can hold.

use crate::common::{Database, Fresh, Project};

/// What differs from database to database.
struct Words {
    /// Facts about the session that change what a statement means, as one text.
    session: &'static str,
    /// SQL that holds semicolons.
    body: &'static str,
    body_down: &'static str,
    /// A statement that cannot run inside a transaction, or need not.
    alone: &'static str,
    alone_down: &'static str,
}

fn words(database: Database) -> Words {
    match database {
        Database::Sqlite => Words {
            session: "SELECT 'foreign keys ' || foreign_keys FROM pragma_foreign_keys",
            body: "CREATE TRIGGER goods_made AFTER INSERT ON goods BEGIN\n  INSERT INTO said VALUES ('new');\n  INSERT INTO said VALUES (NEW.name);\nEND;",
            body_down: "DROP TRIGGER goods_made;",
            alone: "VACUUM;\nCREATE INDEX goods_name ON goods (name);\nINSERT INTO said VALUES ('alone');",
            alone_down: "DELETE FROM said WHERE text = 'alone';\nDROP INDEX goods_name;",
        },
        Database::Postgres => Words {
            session: "SELECT concat_ws(' ', current_setting('TimeZone'), current_setting('DateStyle'), current_setting('IntervalStyle'), \
                      current_setting('standard_conforming_strings'), current_setting('client_encoding'), current_setting('search_path'), \
                      current_setting('lock_timeout'))",
            body: "CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n  INSERT INTO said VALUES ('new');\n  INSERT INTO said VALUES (NEW.name);\n  RETURN NEW;\nEND $$;\nCREATE TRIGGER goods_made AFTER INSERT ON goods FOR EACH ROW EXECUTE FUNCTION say();",
            body_down: "DROP TRIGGER goods_made ON goods;\nDROP FUNCTION say();",
            alone: "CREATE INDEX CONCURRENTLY goods_name ON goods (name);\nINSERT INTO said VALUES ('alone');",
            alone_down: "DELETE FROM said WHERE text = 'alone';\nDROP INDEX CONCURRENTLY goods_name;",
        },
        Database::Mysql => Words {
            session: "SELECT CONCAT_WS(' ', @@sql_mode, @@time_zone, @@autocommit, @@character_set_client, @@collation_connection, \
                      @@lock_wait_timeout, @@sql_safe_updates)",
            body: "DELIMITER //\nCREATE TRIGGER goods_made AFTER INSERT ON goods FOR EACH ROW BEGIN\n  INSERT INTO said VALUES ('new');\n  INSERT INTO said VALUES (NEW.name);\nEND//\nDELIMITER ;",
            body_down: "DROP TRIGGER goods_made;",
            alone: "CREATE INDEX goods_name ON goods (name);\nINSERT INTO said VALUES ('alone');",
            alone_down: "DELETE FROM said WHERE text = 'alone';\nDROP INDEX goods_name ON goods;",
        },
    }
}

fn sql(id: &str, down: &str, up: &str, back: &str) -> String {
    format!("-- revision: {id}\n-- down_revision: {down}\n-- message: {id} it is\n\n{up}\n{back}\n")
}

/// Tables, rows, a value from outside, a table written anew where the database must, bodies with semicolons, statements
/// without a transaction, and a merge.
fn shop(database: Database) -> (Project, Fresh) {
    let fresh = database.fresh();
    let project = Project::on(&fresh);
    let Words { session, body, body_down, alone, alone_down } = words(database);
    project.write(
        "versions/a.yaml",
        "revision: a\nmessage: goods\nupgrade:\n  - create_table: { name: goods, columns: { id: { type: int, nullable: false }, \
         name: { type: varchar(40), nullable: false }, price: { type: int } }, primary_key: [id] }\n  - create_table: { name: parts, \
         columns: { id: { type: int, nullable: false }, good: { type: int } }, primary_key: [id], foreign_keys: { parts_good: \
         { columns: [good], references: { table: goods, columns: [id] }, on_delete: cascade } } }\n  - create_table: { name: said, \
         columns: { text: { type: varchar(400) } } }\n",
    );
    let values = "INSERT INTO goods VALUES (1, ${x.who:literal}, 5), (2, 'semi;colon -- no comment', NULL), (3, 'ü''\"\\\\', 7);\n\
                  INSERT INTO parts VALUES (1, 1), (2, 2), (3, 3);\nDELETE FROM goods WHERE id = 3;";
    let up = format!("-- migrate:up\n{values}\nINSERT INTO said {session};");
    project.write(
        "versions/b.sql",
        sql("b", "a", &up, "-- migrate:down\nDELETE FROM parts;\nDELETE FROM goods;\nDELETE FROM said;"),
    );
    project.write(
        "versions/c.yaml",
        "revision: c\ndown_revision: b\nmessage: prices\nupgrade:\n  - sql: UPDATE goods SET price = 0 WHERE price IS NULL\n  \
         - alter_column: { table: goods, name: price, type: bigint, nullable: false, was: { type: int, nullable: true } }\n\
         downgrade:\n  - alter_column: { table: goods, name: price, type: int, nullable: true, was: { type: bigint, nullable: false } }\n",
    );
    project.write(
        "versions/d.sql",
        sql("d", "b", &format!("-- migrate:up\n{body}"), &format!("-- migrate:down\n{body_down}")),
    );
    project.write(
        "versions/e.sql",
        sql(
            "e",
            "c, d",
            &format!("-- migrate:up transaction:none\n{alone}"),
            &format!("-- migrate:down transaction:none\n{alone_down}"),
        ),
    );
    project.write(
        "versions/f.sql",
        sql(
            "f",
            "e",
            "-- migrate:up\nINSERT INTO goods VALUES (9, 'last', 1);",
            "-- migrate:down\nDELETE FROM goods WHERE id = 9;",
        ),
    );
    (project, fresh)
}

const WHO: [&str; 2] = ["-x", "who=O'Hara \\ ${x.no}"];

/// What a run leaves: the schema in the words of the server's own tool, all rows, and the log as far as it does not tell
/// when and by whom.
fn everything(fresh: &Fresh) -> Vec<String> {
    let mut all = vec![fresh.dump()];
    for sql in [
        "SELECT version_num FROM migrate_version ORDER BY version_num;",
        "SELECT number, revision, direction, state, statements_done, statements_begun, checksum, statements FROM migrate_log ORDER BY number;",
    ] {
        all.extend(fresh.query(sql).into_iter().map(|row| row.join(" | ")));
    }
    for sql in
        ["SELECT * FROM goods ORDER BY id;", "SELECT * FROM parts ORDER BY id;", "SELECT text FROM said ORDER BY 1;"]
    {
        if fresh.dump().contains("goods") {
            all.extend(fresh.query(sql).into_iter().map(|row| row.join(" | ")));
        }
    }
    all
}

fn script(project: &Project, command: &[&str]) -> String {
    let all: Vec<&str> = WHO.into_iter().chain(command.iter().copied()).chain(["--sql"]).collect();
    project.run(&all).ok().stdout
}

fn online(project: &Project, command: &[&str], fresh: &Fresh) {
    let url = fresh.url();
    let all: Vec<&str> = WHO.into_iter().chain(command.iter().copied()).chain(["--url", &url]).collect();
    project.run(&all).ok();
}

/// Each way by script on one database and by the program on another: the same afterwards.
#[track_caller]
fn agree(database: Database, ways: &[(&[&str], &[&str])]) {
    let (project, by_script) = shop(database);
    let by_program = database.fresh();
    for (offline, live) in ways {
        let text = script(&project, offline);
        by_script.try_execute(&text).unwrap_or_else(|why| panic!("{database:?} {offline:?}: {why}\n{text}"));
        online(&project, live, &by_program);
        assert_eq!(everything(&by_script), everything(&by_program), "{database:?} {offline:?}\n{text}");
    }
}

const THERE_AND_BACK: &[(&[&str], &[&str])] = &[
    (&["upgrade", "b"], &["upgrade", "b"]),
    (&["upgrade", "b:c"], &["upgrade", "c"]),
    (&["upgrade", "c:head"], &["upgrade", "head"]),
    (&["downgrade", "head:e"], &["downgrade", "e", "--yes"]),
    (&["downgrade", "e:-1"], &["downgrade", "-1", "--yes"]),
    (&["downgrade", "e-1:b"], &["downgrade", "b", "--yes"]),
    (&["upgrade", "b:c@+1"], &["upgrade", "c@+1"]),
    (&["downgrade", "c:base"], &["downgrade", "base", "--yes"]),
    (&["upgrade", "head"], &["upgrade", "head"]),
];

#[test]
fn sqlite_scripts_give_what_the_program_gives() {
    agree(Database::Sqlite, THERE_AND_BACK);
}

#[test]
fn postgres_scripts_give_what_the_program_gives() {
    agree(Database::Postgres, THERE_AND_BACK);
}

#[test]
fn mysql_scripts_give_what_the_program_gives() {
    agree(Database::Mysql, THERE_AND_BACK);
}

/// A table written anew, statements outside of transactions and bodies: on each state but the right one, in a shell that
/// does not stop at errors, nothing changes.
#[track_caller]
fn fits_nowhere_else(database: Database) {
    let (project, fresh) = shop(database);
    let (up, down) = (script(&project, &["upgrade", "head"]), script(&project, &["downgrade", "head:c"]));
    let middle = script(&project, &["upgrade", "b:e"]);
    for target in ["a", "b", "c", "e-1", "e", "head"] {
        online(&project, &["upgrade", target], &fresh);
        let before = everything(&fresh);
        let wrong = [("up", &up, true), ("down", &down, target != "head"), ("middle", &middle, target != "b")];
        for (name, text, is_wrong) in wrong {
            if is_wrong {
                fresh.execute_carelessly(text);
                assert_eq!(everything(&fresh), before, "{database:?}: {name} at {target}\n{text}");
                assert!(fresh.try_execute(text).is_err(), "{database:?}: {name} at {target} fails");
                assert_eq!(everything(&fresh), before, "{database:?}: {name} at {target}");
            }
        }
    }
}

#[test]
fn sqlite_scripts_fit_one_state_only() {
    fits_nowhere_else(Database::Sqlite);
}

#[test]
fn postgres_scripts_fit_one_state_only() {
    fits_nowhere_else(Database::Postgres);
}

#[test]
fn mysql_scripts_fit_one_state_only() {
    fits_nowhere_else(Database::Mysql);
}

/// On a database without any table of the program a script for a later state makes none.
#[test]
fn a_script_for_a_later_state_leaves_an_empty_database_empty() {
    for database in Database::ALL {
        let (project, fresh) = shop(database);
        let (text, stamp) = (script(&project, &["upgrade", "b:e"]), script(&project, &["stamp", "b:e"]));
        for text in [text, stamp] {
            fresh.execute_carelessly(&text);
            assert!(fresh.try_execute(&text).is_err());
            let sql = match database {
                Database::Sqlite => "SELECT count(*) FROM sqlite_schema;",
                Database::Postgres => "SELECT count(*) FROM pg_tables WHERE schemaname = 'public';",
                Database::Mysql => "SELECT count(*) FROM information_schema.tables WHERE table_schema = database();",
            };
            assert_eq!(fresh.value(sql), "0", "{database:?}\n{text}");
        }
    }
}

/// `b` fails at its second statement: what is before it stays, and the program goes on where the script stopped.
#[test]
fn a_statement_that_fails_stops_the_script_and_the_program_goes_on() {
    for database in Database::ALL {
        let fresh = database.fresh();
        let project = Project::on(&fresh);
        let good = "-- migrate:up\nCREATE TABLE one (id integer);\nINSERT INTO one VALUES (1);\nCREATE TABLE two (id integer);";
        let bad = "-- migrate:up\nCREATE TABLE three (id integer);\nCREATE TABLE two (id integer);\nINSERT INTO one VALUES (2);";
        project.write("versions/a.sql", sql("a", "", good, "-- migrate:down\nDROP TABLE one;\nDROP TABLE two;"));
        project.write("versions/b.sql", sql("b", "a", bad, "-- migrate:down\n"));
        let text = project.run(&["upgrade", "--sql"]).ok().stdout;
        let why = fresh.try_execute(&text).expect_err("two is there already");
        assert!(why.contains("two"), "{database:?}: {why}");
        assert_eq!(fresh.value("SELECT version_num FROM migrate_version;"), "a", "{database:?}");
        assert_eq!(fresh.value("SELECT count(*) FROM one;"), "1", "{database:?}");
        assert!(fresh.try_execute(&text).is_err(), "{database:?}: a second time");
        let part_way = database == Database::Mysql;
        assert_eq!(fresh.dump().contains("three"), part_way, "{database:?}: DDL commits by itself there");
        let state = if part_way { "stopped" } else { "behind" };
        assert!(project.run(&["status"]).ok().stdout.contains(state), "{database:?}");
        project.write("versions/b.sql", sql("b", "a", &bad.replace("two (id", "four (id"), "-- migrate:down\n"));
        project.run(&["upgrade"]).ok();
        assert_eq!(fresh.value("SELECT count(*) FROM one;"), "2", "{database:?}");
        assert_eq!(fresh.value("SELECT version_num FROM migrate_version;"), "b", "{database:?}");
    }
}

#[test]
fn a_script_waits_for_nobody_and_asks_for_what_is_open() {
    let (project, fresh) = shop(Database::Sqlite);
    online(&project, &["upgrade", "a"], &fresh);
    fresh.execute("UPDATE migrate_log SET state = 'open';");
    let text = script(&project, &["upgrade", "a:b"]);
    assert!(fresh.try_execute(&text).is_err(), "what was stopped part-way is finished first");
    fresh.execute_carelessly(&text);
    assert_eq!(fresh.value("SELECT count(*) FROM goods;"), "0");
}

/// A row that would refer to nothing undoes the revision, also in a shell that does not stop.
#[test]
fn a_table_written_anew_breaks_no_reference() {
    for careless in [false, true] {
        let fresh = Database::Sqlite.fresh();
        let project = Project::on(&fresh);
        let up = "-- migrate:up\nCREATE TABLE goods (id integer PRIMARY KEY, name text);\n\
                  CREATE TABLE parts (id integer PRIMARY KEY, good integer REFERENCES goods (id));\n\
                  INSERT INTO goods VALUES (1, 'a');\nINSERT INTO parts VALUES (1, 1);";
        project.write("versions/a.sql", sql("a", "", up, "-- migrate:down\n"));
        project.write(
            "versions/b.yaml",
            "revision: b\ndown_revision: a\nupgrade:\n  - alter_column: { table: goods, name: name, nullable: false, was: { nullable: true } }\n  \
             - sql: DELETE FROM goods\n",
        );
        let text = project.run(&["upgrade", "--sql"]).ok().stdout;
        if careless {
            fresh.execute_carelessly(&text);
        } else {
            let why = fresh.try_execute(&text).expect_err("parts would refer to nothing");
            assert!(why.contains("rows would refer to nothing"), "{why}");
        }
        assert_eq!(fresh.value("SELECT version_num FROM migrate_version;"), "a", "{careless}");
        assert_eq!(fresh.value("SELECT count(*) FROM goods;"), "1", "{careless}");
    }
}

#[test]
fn what_cannot_be_a_script_is_refused_before_a_word_is_printed() {
    let (project, fresh) = shop(Database::Sqlite);
    let refused = |arguments: &[&str], part: &str| {
        let output = project.run(arguments).exits(2).says(part);
        assert_eq!(output.stdout, "", "{output}");
    };
    refused(&["upgrade", "--sql"], "`who`");
    refused(&["upgrade", "--sql", "--server-version", "newest"], "the server of the script is not known");
    refused(&["upgrade", "--sql", "--dry-run"], "--dry-run");
    project.write(
        "versions/f.sql",
        "-- revision: f\n-- down_revision: e\n-- dialect: postgres\n\n-- migrate:up\nSELECT 1;\n",
    );
    refused(&["-x", "who=a", "upgrade", "--sql"], "this revision is for postgres only");
    refused(&["downgrade", "f:e", "--sql"], "this revision is for postgres only");
    project.write("versions/f.sql", "-- revision: f\n-- down_revision: e\n\n-- migrate:up\nSELECT 1;\n");
    refused(&["downgrade", "f:e", "--sql"], "has no way back");
    assert!(!fresh.file().exists(), "a script connects to nothing");
}

#[test]
fn a_script_is_for_the_server_that_it_names() {
    let (project, fresh) = shop(Database::Postgres);
    let text = |more: &[&str]| script(&project, &[&["upgrade"], more].concat());
    let dead: &[&str] = &["--url", "postgres://nobody@localhost:1/nowhere"];
    assert!(text(dead).contains("for PostgreSQL 12"), "the oldest one, and no server is asked: {}", text(dead));
    assert!(text(&["--server-version", "16.2"]).contains("for PostgreSQL 16"));
    let old = project.run(&["upgrade", "--sql", "--server-version", "11.4"]).exits(2);
    old.says("PostgreSQL 11.4 is too old: PostgreSQL 12").says("upgrade the server first");
    project
        .run(&["-x", "who=a", "upgrade", "--sql", "--server-version", "99"])
        .ok()
        .says("warning: PostgreSQL 99")
        .says("is newer than");
    project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\nserver_version: \"15.4\"\n", fresh.url()));
    assert!(text(&[]).contains("for PostgreSQL 15"));
}

#[test]
fn a_role_owns_what_a_script_makes() {
    let fresh = Database::Postgres.fresh();
    let (project, role) = (Project::on(&fresh), format!("owner_{}", fresh.name()));
    fresh.execute(&format!("CREATE ROLE {role}; GRANT ALL ON SCHEMA public TO {role};"));
    project.write("migrate.yaml", format!("database: {{ url: \"{}\", role: {role} }}\n", fresh.url()));
    project.write(
        "versions/a.sql",
        sql("a", "", "-- migrate:up\nCREATE TABLE one (id integer);", "-- migrate:down\nDROP TABLE one;"),
    );
    fresh.execute(&project.run(&["upgrade", "--sql"]).ok().stdout);
    let owners = fresh.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public';");
    assert_eq!(owners, [[role.clone()]]);
    fresh.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role};"));
}

#[test]
fn a_stamp_says_what_is_applied_and_the_program_believes_it() {
    for database in Database::ALL {
        let (project, fresh) = shop(database);
        fresh.execute(&project.run(&["stamp", "c", "--sql"]).ok().stdout);
        assert_eq!(project.run(&["current"]).ok().stdout, "c, prices\n");
        let by_program = database.fresh();
        online(&project, &["stamp", "c"], &by_program);
        assert_eq!(everything(&fresh), everything(&by_program), "{database:?}");
    }
}

/// A message cannot end its comment.
#[test]
fn a_message_stays_in_its_comment() {
    let fresh = Database::Sqlite.fresh();
    let project = Project::on(&fresh);
    project.write("versions/a.yaml", "revision: a\nmessage: \"one\\nDROP TABLE kept;\\r--\"\nupgrade: []\n");
    fresh.execute("CREATE TABLE kept (id integer);");
    let text = project.run(&["upgrade", "--sql"]).ok().stdout;
    assert!(text.contains("-- upgrade a: one DROP TABLE kept; --\n"), "{text}");
    fresh.execute(&text);
    assert!(fresh.dump().contains("kept"));
}

/// Where a revision was stopped part-way a stamp says what is applied, and gives the attempt up.
#[test]
fn a_stamp_ends_what_is_open() {
    for database in Database::ALL {
        let (project, fresh) = shop(database);
        online(&project, &["upgrade", "a"], &fresh);
        fresh.execute("UPDATE migrate_log SET state = 'open';");
        fresh.execute(&project.run(&["stamp", "a:b", "--sql"]).ok().stdout);
        assert_eq!(fresh.value("SELECT count(*) FROM migrate_log WHERE state = 'open';"), "0", "{database:?}");
        assert_eq!(project.run(&["current"]).ok().stdout, "b, b it is\n");
    }
}

/// Nothing keeps people from running a script twice at once: each revision takes effect once or not at all.
#[test]
fn scripts_at_once_do_no_harm() {
    for database in Database::ALL {
        let fresh = database.fresh();
        let project = Project::on(&fresh);
        let insert = "-- migrate:up\nINSERT INTO one VALUES (1);";
        project.write(
            "versions/a.sql",
            sql("a", "", "-- migrate:up\nCREATE TABLE one (id integer);", "-- migrate:down\n"),
        );
        project.write("versions/b.sql", sql("b", "a", insert, "-- migrate:down\nDELETE FROM one;"));
        project.write("versions/c.sql", sql("c", "b", insert, "-- migrate:down\nDELETE FROM one;"));
        project.run(&["upgrade", "a"]).ok();
        let text = project.run(&["upgrade", "a:c", "--sql"]).ok().stdout;
        for round in 0..4 {
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| drop(fresh.try_execute(&text)));
                }
            });
            let row = fresh.value("SELECT version_num FROM migrate_version;");
            let effect = fresh.value("SELECT count(*) FROM one;");
            let expected = match row.as_str() {
                "a" => "0",
                "b" => "1",
                _ => "2",
            };
            let open = fresh.value("SELECT count(*) FROM migrate_log WHERE state = 'open';");
            assert_eq!((effect.as_str(), open.as_str()), (expected, "0"), "{database:?}, round {round}, at {row}");
            project.run(&["downgrade", "a", "--yes"]).ok();
        }
    }
}
