//! What revisions leave that is temporary on SQLite: it is gone before the next one, and where it cannot be, what is recorded
//! stays recorded.

use super::tables;
use crate::common::{Database, Fresh, Project};

fn revision(project: &Project, id: &str, parent: &str, head: &str, up: &str) {
    let text = format!(
        "-- revision: {id}\n-- down_revision: {parent}\n\n-- migrate:up{head}\n{up}\n-- migrate:down\nSELECT 1;\n"
    );
    project.write(&format!("versions/{id}.sql"), text);
}

fn fresh() -> (Project, Fresh) {
    let database = Database::Sqlite.fresh();
    (Project::on(&database), database)
}

/// Parents before children, rows that refer to each other, and a table that takes others along.
const TEMPORARY: &str = "CREATE TEMP TABLE p (id INTEGER PRIMARY KEY, c integer REFERENCES c);\n\
     CREATE TEMP TABLE c (id INTEGER PRIMARY KEY, p integer REFERENCES p);\n\
     INSERT INTO p VALUES (1, NULL);\nINSERT INTO c VALUES (1, 1);\nUPDATE p SET c = 1;\n\
     CREATE VIRTUAL TABLE temp.f USING fts5 (x);\n\
     CREATE TEMP VIEW pv AS SELECT * FROM p;\n\
     CREATE TEMP TRIGGER pt AFTER INSERT ON p BEGIN SELECT 1; END;\n";

#[test]
fn temporary_tables_are_gone_before_the_next_revision() {
    for what in ["all", "each", "none"] {
        let (project, database) = fresh();
        for (id, parent) in [("aaaa", ""), ("bbbb", "aaaa"), ("cccc", "bbbb")] {
            revision(&project, id, parent, "", &format!("{TEMPORARY}CREATE TABLE {id} (id integer);"));
        }
        let said = project.run(&["upgrade", "--transaction", what]).ok().stderr;
        assert!(!said.contains("warning"), "{said}");
        project.run(&["status"]).ok().prints("at head");
        assert_eq!(tables(&database), ["aaaa", "bbbb", "cccc"]);
    }
}

/// A table that nothing can drop: it misses what is its own.
const STUBBORN: &str = "CREATE VIRTUAL TABLE temp.r USING rtree (id, low, high);\nDROP TABLE temp.r_node;\n";

#[test]
fn what_is_recorded_is_no_failure() {
    for head in ["", " transaction:none"] {
        let (project, database) = fresh();
        revision(&project, "aaaa", "", head, &format!("{STUBBORN}CREATE TABLE aaaa (id integer);"));
        let output = project.run(&["upgrade"]).ok();
        output.says("revision aaaa is applied, and its session could not be put back");
        project.run(&["status"]).ok().prints("at head");

        // Nothing else runs in that session.
        project.run(&["stamp", "base"]).ok();
        database.execute("DROP TABLE aaaa;");
        revision(&project, "bbbb", "aaaa", "", "CREATE TABLE bbbb (id integer);");
        let output = project.run(&["upgrade"]).exits(3);
        output
            .says("revision aaaa is applied, and its session could not be put back")
            .says("run `migrate upgrade` again");
        assert_eq!(tables(&database), ["aaaa"]);
        project.run(&["upgrade"]).ok().says("Finished 1 revision applied: aaaa -> bbbb");
        assert_eq!(tables(&database), ["aaaa", "bbbb"]);
    }
}

/// All statements have taken effect, and the session with the temporary table is gone: nothing needs it any more.
#[test]
fn what_only_has_to_be_recorded_needs_no_temporary_table() {
    let (project, database) = fresh();
    revision(
        &project,
        "aaaa",
        "",
        " transaction:none",
        "CREATE TEMP TABLE p (id integer);\nINSERT INTO p VALUES (1);\nCREATE TABLE aaaa AS SELECT * FROM p;",
    );
    project.run(&["upgrade", "--transaction", "none"]).ok();
    // As it is where the program was killed before it recorded the revision.
    database.execute("UPDATE migrate_log SET state = 'open';\nDELETE FROM migrate_version;");
    project.run(&["upgrade"]).ok().says("Finished 1 revision applied");
    project.run(&["status"]).ok().prints("at head");
}

#[test]
fn an_operation_means_no_temporary_table() {
    let (project, database) = fresh();
    let create = "create_table: { name: t, columns: { id: { type: integer, nullable: false } }, primary_key: [id] }";
    let add = "add_column: { table: t, column: { name: b, type: text } }";
    let write = |id: &str, parent: &str, steps: &str| {
        let text = format!("revision: {id}\ndown_revision: {parent}\nmessage: {id}\nupgrade:\n{steps}");
        project.write(&format!("versions/{id}.yaml"), text);
    };
    write("aaaa", "null", &format!("  - {create}\n"));
    write("bbbb", "aaaa", &format!("  - sql: CREATE TEMP TABLE t AS SELECT * FROM t\n  - {add}\n"));
    project
        .run(&["upgrade"])
        .exits(3)
        .says("t would not be what the main file has, but the temporary table of that name");
    assert_eq!(database.value("SELECT version_num FROM migrate_version;"), "aaaa");
    write("bbbb", "aaaa", &format!("  - sql: CREATE TEMP TABLE u AS SELECT * FROM t\n  - {add}\n"));
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value("SELECT count(*) FROM pragma_table_info('t');"), "2");
}

/// A temporary table that counts leaves a counter of its own beside the one that is meant.
#[test]
fn keys_are_not_given_twice_behind_a_temporary_counter() {
    let (project, database) = fresh();
    database.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a text);\nINSERT INTO t (a) VALUES ('x'), ('y'), ('z');\n\
         DELETE FROM t WHERE id > 1;",
    );
    revision(
        &project,
        "aaaa",
        "",
        "",
        "CREATE TEMP TABLE w (id INTEGER PRIMARY KEY AUTOINCREMENT, a text);\nINSERT INTO w (a) SELECT a FROM t;",
    );
    project.write(
        "versions/bbbb.yaml",
        "revision: bbbb\ndown_revision: aaaa\nmessage: two\nupgrade:\n  - alter_column: { table: t, name: a, nullable: false, was: { nullable: true } }\n",
    );
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value("SELECT seq FROM sqlite_sequence WHERE name = 't';"), "3");
}

/// Each revision of a script begins without what those before it made.
#[test]
fn a_script_leaves_nothing_temporary() {
    let (project, database) = fresh();
    for (id, parent) in [("aaaa", ""), ("bbbb", "aaaa")] {
        let up = format!(
            "CREATE TEMP TABLE w (a);\nCREATE TEMP VIEW IF NOT EXISTS wv AS SELECT * FROM w;\nCREATE TABLE {id} AS SELECT 1 AS x;"
        );
        revision(&project, id, parent, "", &up);
    }
    let script = project.run(&["upgrade", "--sql"]).ok().stdout;
    database.execute(&script);
    assert_eq!(tables(&database), ["aaaa", "bbbb"]);
    project.run(&["status"]).ok().prints("at head");
}
