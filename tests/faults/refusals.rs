//! What a server refuses, ends or hides, as the catalogue has it.

use super::waits::{ended, slow, started, working};
use crate::common::{Database, Fresh, Login, Project};

fn revision(up: &str) -> String {
    format!("-- revision: aaaa\n\n-- migrate:up\n{up}\n-- migrate:down\n")
}

fn on(product: Database, up: &str) -> (Fresh, Project) {
    let database = product.fresh();
    let project = Project::on(&database);
    project.write("versions/a.sql", revision(up));
    (database, project)
}

/// The database's administrator ends our session: the revision is undone, or its journal says where it stood.
#[test]
fn a_session_that_an_administrator_ends_is_taken_up_again() {
    for product in [Database::Postgres, Database::Mysql] {
        let (database, project) = slow(product, 2);
        let child = started(&project, &["upgrade"]);
        working(&database);
        match product {
            Database::Mysql => {
                let id = database.value("SELECT id FROM information_schema.processlist WHERE info LIKE 'INSERT INTO book%' AND db = database();");
                database.execute(&format!("KILL {id};"));
            }
            Database::Postgres | Database::Sqlite => database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO book%' AND datname = current_database();",
            ),
        }
        let output = ended(child);
        assert!([3, 5].contains(&output.code), "{output}");
        project.run(&["upgrade"]).ok();
        assert_eq!(database.value("SELECT count(*) FROM book;"), "1");
    }
}

#[test]
fn a_time_limit_of_the_statement_is_named() {
    for product in Database::ALL {
        let (database, project) = slow(product, 9);
        let output = project.run(&["upgrade", "--statement-timeout", "300ms"]);
        assert!([3, 5].contains(&output.code), "{output}");
        assert!(output.stderr.contains("statement-timeout") || output.stderr.contains("statement_timeout"), "{output}");
        assert_eq!(database.value("SELECT count(*) FROM book;"), "0");
        project.run(&["status", "--check"]).exits(1);
    }
}

/// Rows that are not unique: the index that was begun is cleared away by the next run.
#[test]
fn an_index_that_could_not_be_built_concurrently_is_cleared_away() {
    let (database, project) = on(Database::Postgres, "");
    database.execute("CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1);");
    project.write(
        "versions/a.sql",
        "-- revision: aaaa\n\n-- migrate:up transaction:none\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (a);\n-- migrate:down\n",
    );
    let output = project.run(&["upgrade"]);
    assert!([3, 5].contains(&output.code) && output.stderr.contains("duplicate"), "{output}");
    assert_eq!(
        database.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass;"),
        "f",
        "it left one behind"
    );
    let again = project.run(&["upgrade"]);
    assert!([3, 5].contains(&again.code), "{again}");
    database.execute("DELETE FROM t;");
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass;"), "t");
    assert_eq!(database.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid;"), "0");
}

/// A rule of theirs that forbids it: what it says is shown.
#[test]
fn what_a_trigger_of_theirs_says_is_shown() {
    let (database, project) =
        on(Database::Postgres, "CREATE TABLE early (id integer);\nCREATE TABLE forbidden (id integer);");
    database.execute(
        "CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF EXISTS (SELECT 1 FROM pg_class WHERE relname = 'forbidden') THEN RAISE EXCEPTION 'no table of this name'; END IF; END $$; \
         CREATE EVENT TRIGGER forbid ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION forbid();",
    );
    project.run(&["upgrade"]).exits(3).says("no table of this name").says("a.sql:5");
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relname = 'early';"), "0");
    database.execute("DROP EVENT TRIGGER forbid;");
    project.run(&["upgrade"]).ok();
    let (database, project) = on(Database::Mysql, "INSERT INTO t VALUES (1);");
    database.execute(
        "CREATE TABLE t (a integer); CREATE TRIGGER forbid BEFORE INSERT ON t FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no row of this kind';",
    );
    let output = project.run(&["upgrade"]);
    assert!([3, 5].contains(&output.code) && output.stderr.contains("no row of this kind"), "{output}");
    database.execute("DROP TRIGGER forbid;");
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value("SELECT count(*) FROM t;"), "1");
}

/// A COMMIT that no reader of the text can see.
#[test]
fn a_commit_inside_a_block_is_refused_or_found() {
    let (_database, project) = on(Database::Postgres, "CREATE TABLE early (id integer);\nDO $$ BEGIN COMMIT; END $$;");
    project.run(&["upgrade"]).exits(3).says("a.sql:5");
    let (database, project) =
        on(Database::Mysql, "CREATE TABLE t (a integer);\nINSERT INTO t VALUES (1);\nCALL hidden();");
    database.execute("DELIMITER //\nCREATE PROCEDURE hidden() BEGIN COMMIT; END//\nDELIMITER ;");
    let output = project.run(&["upgrade"]);
    assert!([0, 5].contains(&output.code), "{output}");
    assert_eq!(database.value("SELECT count(*) FROM t;"), "1");
}

/// Modes of the server under which the same text means something else.
#[test]
fn strange_modes_of_a_server_change_nothing() {
    let (database, project) =
        on(Database::Postgres, "CREATE TABLE t (a text DEFAULT 'a\\b');\nCREATE TABLE \"select\" (id integer);");
    database.execute(&format!(
        "CREATE SCHEMA evil; ALTER DATABASE {0} SET standard_conforming_strings = off; ALTER DATABASE {0} SET DateStyle = 'German, DMY'; \
         ALTER DATABASE {0} SET idle_in_transaction_session_timeout = '50ms'; ALTER DATABASE {0} SET bytea_output = 'escape';",
        database.name()
    ));
    project.run(&["upgrade"]).ok();
    // Its literals would be read with the same mode: no backslash in the question.
    let kept = "SELECT position(chr(92) || 'b' IN pg_get_expr(adbin, adrelid)) > 0 FROM pg_attrdef;";
    assert_eq!(database.value(kept), "t");
    project.run(&["status", "--check"]).ok();
}

#[test]
fn what_cannot_be_connected_to_says_why() {
    let (database, project) = on(Database::Postgres, "SELECT 1;");
    let user = format!("few_{}", database.name());
    database.execute(&format!("CREATE ROLE {user} LOGIN CONNECTION LIMIT 0;"));
    let with = |old: &str, new: &str| database.url().replacen(old, new, 1);
    for (url, text) in [
        (with("//postgres@", &format!("//{user}@")), "too many"),
        (with(database.name(), "no_such_database"), "no_such_database"),
        (with("127.0.0.1", "no-such-host.invalid"), "no-such-host.invalid"),
        (format!("{}?sslmode=require", database.url()), "TLS"),
        (format!("{}?sslmode=verify-full", database.url()), "TLS"),
    ] {
        project.run(&["upgrade", "--url", &url]).exits(2).says(text);
    }
    database.execute(&format!("DROP ROLE {user};"));
    let mysql = Database::Mysql.fresh();
    let url = mysql.url().replacen(mysql.name(), "no_such_database", 1);
    project.run(&["upgrade", "--url", &url]).exits(2).says("no_such_database");
    project.run(&["upgrade", "--url", &mysql.url().replacen("root@", "nobody:wrong@", 1)]).exits(2).says("nobody");
}

/// More than the server takes in one packet: nothing is changed, and it goes on with less.
#[test]
fn a_statement_that_no_packet_holds_changes_nothing() {
    let (database, project) = on(Database::Mysql, "");
    let insert =
        |length: usize| format!("CREATE TABLE t (x longtext);\nINSERT INTO t VALUES ('{}');", "x".repeat(length));
    project.write("versions/a.sql", revision(&insert(17 << 20)));
    let output = project.run(&["upgrade"]);
    assert!(output.stderr.len() < 4000, "{} bytes", output.stderr.len());
    let longest = database.value("SELECT @@max_allowed_packet;");
    output
        .exits(3)
        .says(&format!("max_allowed_packet of the server is {longest}"))
        .says("SET GLOBAL max_allowed_packet");
    project.run(&["status", "--check"]).exits(1);
    project.write("versions/a.sql", revision(&insert(1 << 20)));
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value("SELECT count(*) FROM t;"), "1");
}

/// A scratch place that may not be made is no verdict, and a server that lets nobody make one is named with what to do.
#[test]
fn a_scratch_place_that_may_not_be_made_is_refused() {
    for (product, rights, hint) in [
        (Database::Postgres, "GRANT CONNECT ON DATABASE shop TO reader", "grant CREATE on this database"),
        (Database::Mysql, "GRANT SELECT, REFERENCES ON shop.* TO reader", "GRANT ALL ON `migrate\\_scratch\\_%`"),
    ] {
        let (database, project) = on(product, "CREATE TABLE t (id integer);");
        let login = Login::on(&database);
        let grantee = login.grantee(product);
        database.execute(&rights.replace("shop", database.name()).replace("reader", &grantee));
        let before = database.dump();
        let config = format!("database: {{ url: \"{}\", password_file: password }}\n", login.url);
        project.write("migrate.yaml", config).write("password", &login.password);
        project.write("models/m.yaml", "tables: { t: { columns: { id: { type: int, default: 7 } } } }\n");
        for command in ["diff db models", "diff models head"] {
            let output = project.run(&command.split(' ').collect::<Vec<_>>());
            output.exits(2).says("could be made").says(hint);
        }
        assert_eq!(database.dump(), before);
    }
}

/// What `--dry-run` shows is read by more people than may know a password.
#[test]
fn a_dry_run_hides_the_passwords_of_statements() {
    for (product, statement) in [
        (Database::Postgres, "CREATE ROLE never_made LOGIN PASSWORD 'hunter2';"),
        (Database::Mysql, "CREATE USER never_made IDENTIFIED BY 'hunter2';"),
    ] {
        let (_database, project) = on(product, statement);
        for words in [&["upgrade", "--dry-run"][..], &["upgrade", "--dry-run", "--format", "json"]] {
            let output = project.run(words).ok().prints("'***'").prints("never_made");
            assert!(!format!("{output}").contains("hunter2"), "{output}");
        }
    }
}
