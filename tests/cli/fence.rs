//! Commands that look change nothing: models, and revisions that are replayed, are made in a scratch place, and what would
//! reach out of it is refused or stays without effect.

use crate::common::{Database, Fresh, Project};

/// A database that is not the project's, with a row.
fn victim(database: Database) -> Fresh {
    let victim = database.fresh();
    victim.execute("CREATE TABLE t (id integer); INSERT INTO t VALUES (1);");
    victim
}

fn project_with(database: &Fresh, model: &str) -> Project {
    let project = Project::on(database);
    project.write("models/m.sql", format!("CREATE TABLE b (id integer);\n{model};\n")).write("versions/.keep", "");
    project
}

/// Statements against another database, whose name is `VICTIM`.
const ELSEWHERE: [&str; 8] = [
    "DROP DATABASE VICTIM",
    "DELETE FROM VICTIM.t",
    "USE VICTIM; DROP TABLE t",
    "USE VICTIM; CREATE TABLE leftover (id integer)",
    "/*!50000 TRUNCATE VICTIM.t */",
    "CREATE FUNCTION f() RETURNS int RETURN 1; UPDATE VICTIM.t SET id = f()",
    "SET @s = 'DELETE FROM VICTIM.t'; PREPARE p FROM @s; EXECUTE p",
    "INSERT INTO VICTIM.t VALUES (2)",
];

#[test]
fn a_model_reaches_no_other_database_on_mysql() {
    let (database, victim) = (Database::Mysql.fresh(), victim(Database::Mysql));
    for model in ELSEWHERE {
        let model = model.replace("VICTIM", victim.name());
        let found = project_with(&database, &model).run(&["check"]).exits(2);
        assert!(found.stderr.contains("scratch place"), "{found}");
        assert_eq!(victim.value("SELECT group_concat(id) FROM t"), "1", "{model}");
        assert_eq!(victim.value("SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"), "1");
    }
}

#[test]
fn a_model_changes_no_setting_of_the_server_on_mysql() {
    let database = Database::Mysql.fresh();
    let before = database.value("SELECT @@GLOBAL.max_connections");
    project_with(&database, "SET GLOBAL max_connections = 77; SET @@GLOBAL.max_connections = 78")
        .run(&["check"])
        .exits(1);
    assert_eq!(database.value("SELECT @@GLOBAL.max_connections"), before);
    database.execute("CREATE TABLE b (id integer)");
    let framed = "START TRANSACTION; CREATE TABLE c (id integer); COMMIT";
    project_with(&database, framed).run(&["check"]).exits(1).prints("create table c");
}

/// The history is replayed for `check --fresh`: what it once did to the database itself, by its whole name, it does not do again.
#[test]
fn a_replay_reaches_no_other_database_on_mysql() {
    let (database, victim) = (Database::Mysql.fresh(), victim(Database::Mysql));
    let project = Project::on(&database);
    for statement in ["DELETE FROM VICTIM.t", "DROP TABLE IF EXISTS VICTIM.t", "ALTER TABLE VICTIM.t ADD b integer"] {
        let text = format!("revision: a1\nupgrade:\n  - sql: {}\n", statement.replace("VICTIM", victim.name()));
        project.write("versions/a1.yaml", text);
        project.run(&["check", "--fresh"]).exits(2).says("it would change the database").says("a1");
        assert_eq!(victim.query("SELECT * FROM t"), [["1"]]);
    }
    let moved = format!("revision: a1\nupgrade:\n  - sql: USE {}\n  - sql: DELETE FROM t\n", victim.name());
    project.write("versions/a1.yaml", moved);
    project.run(&["check", "--fresh"]).exits(3).says("t' doesn't exist");
    assert_eq!(victim.query("SELECT * FROM t"), [["1"]]);
    project.write(
        "versions/a1.yaml",
        format!("revision: a1\nupgrade:\n  - sql: CREATE TABLE c AS SELECT * FROM {}.t\n", victim.name()),
    );
    project.run(&["check", "--fresh"]).exits(1).prints("drop table c");
}

#[test]
fn a_model_opens_no_file_on_sqlite() {
    let (database, victim) = (Database::Sqlite.fresh(), victim(Database::Sqlite));
    let file = victim.file();
    for model in
        [format!("ATTACH '{}' AS v; DROP TABLE v.t", file.display()), format!("VACUUM INTO '{}.made'", file.display())]
    {
        let project = project_with(&database, &model);
        project.run(&["check"]).exits(2).says("it would open a file").says("m.sql:2");
    }
    assert_eq!(victim.value("SELECT count(*) FROM t"), "1");
    assert!(!file.with_extension("db.made").exists());
    let project =
        project_with(&database, "PRAGMA foreign_keys = OFF; BEGIN TRANSACTION; CREATE TABLE c (id integer); COMMIT");
    project.run(&["check"]).exits(1).prints("create table c");
    project_with(&database, "ROLLBACK").run(&["check"]).exits(2).says("ROLLBACK in a model").says("m.sql:2");
}

/// Where a statement wants no transaction, nothing would be rolled back: the live schema is out of reach then.
#[test]
fn a_model_touches_no_live_table_on_postgres() {
    let database = victim(Database::Postgres);
    let lonely = "CREATE INDEX CONCURRENTLY i ON b (id)";
    for model in ["DELETE FROM t", "DROP TABLE t", "ALTER TABLE t ADD COLUMN z integer", "TRUNCATE t"] {
        let found = project_with(&database, &format!("{lonely}; {model}")).run(&["check"]).exits(2);
        found.says("does not exist").says("m.sql:2");
        assert_eq!(database.query("SELECT * FROM t"), [["1"]], "{model}");
    }
    let framed = "BEGIN; CREATE TABLE c (id integer); COMMIT; CREATE TABLE d (id integer)";
    project_with(&database, framed).run(&["check"]).exits(1).prints("create table d");
    assert_eq!(database.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'migrate%'"), "0");
    for model in [
        format!("{lonely}; DROP ROLE nobody_is_called_so"),
        "COPY b TO '/tmp/migrate-made'".to_owned(),
        "COPY b FROM PROGRAM 'touch /tmp/migrate-made'".to_owned(),
    ] {
        project_with(&database, &model).run(&["check"]).exits(2).says("not run in a scratch place").says("m.sql:2");
    }
}

/// A revision that stands outside of a transaction, in a history that is younger than a table.
#[test]
fn a_replay_touches_no_live_table_on_postgres() {
    let database = victim(Database::Postgres);
    let project = Project::on(&database);
    let text = "revision: a1\ntransaction: none\nupgrade:\n  - create_table: { name: b, columns: { id: { type: int } } }\n  \
                - sql: CREATE INDEX CONCURRENTLY i ON b (id)\n  - sql: DELETE FROM t\n";
    project.write("versions/a1.yaml", text);
    project.run(&["check", "--fresh"]).exits(3).says("relation \"t\" does not exist");
    assert_eq!(database.query("SELECT * FROM t"), [["1"]]);
    project.write("versions/a1.yaml", text.replace("  - sql: DELETE FROM t\n", ""));
    project.run(&["check", "--fresh"]).exits(1).prints("drop table b");
}
