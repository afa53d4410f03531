//! Rebuilds of SQLite's tables through the command line: operations of one revision that share one, there and back.

use super::project;
use crate::common::{Fresh, Project};

/// A revision with these operations and no way back written: there and back again, and both times all is as it was.
fn there_and_back(base: &str, operations: &str) {
    let (project, database) = project();
    written(&project, "first", "null", &format!("  - sql: \"{base}\"\ndowngrade: []\n"));
    written(&project, "second", "first", operations);
    project.run(&["upgrade", "first"]).ok();
    let before = state(&database);
    project.run(&["upgrade", "head"]).ok();
    let after = state(&database);
    assert_ne!(before, after);
    project.run(&["downgrade", "-1", "--yes"]).ok();
    assert_eq!(state(&database), before, "the way back of {operations}");
    project.run(&["upgrade", "head"]).ok();
    assert_eq!(state(&database), after, "there again, {operations}");
}

fn written(project: &Project, id: &str, down: &str, operations: &str) {
    let text = format!("revision: {id}\ndown_revision: {down}\nmessage: {id}\nupgrade:\n{operations}");
    project.write(&format!("versions/{id}.yaml"), &text);
}

/// Columns and indexes by name, and whether there is a check, whatever the text says of them.
fn state(database: &Fresh) -> Vec<Vec<String>> {
    let mut state = database.query(
        "SELECT t.name, c.name, c.type, c.\"notnull\", c.pk, t.sql LIKE '%CHECK%' FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
         WHERE t.type = 'table' AND t.name NOT LIKE 'migrate%' ORDER BY t.name, c.cid;",
    );
    state.extend(database.query(
        "SELECT t.name, i.name, i.\"unique\", c.name FROM sqlite_schema AS t, pragma_index_list(t.name) AS i,
         pragma_index_info(i.name) AS c WHERE t.type = 'table' AND t.name NOT LIKE 'migrate%' ORDER BY t.name, i.name, c.seqno;",
    ));
    state
}

const TABLE: &str = "CREATE TABLE t (id BIGINT NOT NULL, a INTEGER, b INTEGER); CREATE INDEX old ON t (a); \
    CREATE TABLE u (id BIGINT); INSERT INTO t VALUES (1, 2, 3)";

/// What makes a rebuild of the table.
const REBUILDS: [&str; 3] = [
    "  - alter_column: { table: t, name: a, type: bigint, was: { type: int } }\n",
    "  - create_check_constraint: { table: t, name: positive, condition: a > 0 }\n",
    "  - create_primary_key: { table: t, columns: [id] }\n",
];

#[test]
fn an_index_comes_and_goes_in_one_revision_with_a_rebuild() {
    let create = "  - create_index: { table: t, name: i1, columns: [b], unique: true }\n";
    let rename = "  - rename_index: { table: t, name: i1, to: i2 }\n";
    let again = "  - rename_index: { table: t, name: i2, to: i1 }\n";
    let gone = "  - drop_index: { table: t, name: i1, was: { columns: [b], unique: true } }\n";
    for rebuild in REBUILDS {
        for indexes in
            [format!("{create}{rename}"), format!("{create}{gone}"), format!("{create}{rename}{again}{gone}")]
        {
            there_and_back(TABLE, &format!("{rebuild}{indexes}"));
            there_and_back(TABLE, &format!("{indexes}{rebuild}"));
        }
    }
}

#[test]
fn an_index_of_before_gives_its_name_away_in_a_revision_with_a_rebuild() {
    let rename = "  - rename_index: { table: t, name: old, to: new }\n";
    let other = "  - create_index: { table: u, name: old, columns: [id] }\n";
    let same = "  - create_index: { table: t, name: old, columns: [b] }\n";
    let gone = "  - drop_index: { table: t, name: new, was: { columns: [a] } }\n";
    for rebuild in REBUILDS {
        for indexes in [format!("{rename}{other}"), format!("{rename}{same}"), format!("{rename}{gone}{same}")] {
            there_and_back(TABLE, &format!("{indexes}{rebuild}"));
            there_and_back(TABLE, &format!("{rebuild}{indexes}"));
        }
    }
}

#[test]
fn one_revision_has_all_operations_of_the_guide() {
    let base = "CREATE TABLE customers (id BIGINT PRIMARY KEY); CREATE TABLE gone (id BIGINT); \
        CREATE TABLE orders (id BIGINT NOT NULL, a INTEGER, c BIGINT, note TEXT, left_over TEXT)";
    let operations = "  - create_table: { name: fresh, columns: { id: { type: bigint } }, primary_key: [id] }
  - drop_table: { name: gone, was: { columns: { id: { type: bigint } } } }
  - rename_table: { name: orders, to: purchases }
  - add_column: { table: purchases, column: { name: total, type: bigint } }
  - drop_column: { table: purchases, name: left_over, was: { type: text } }
  - rename_column: { table: purchases, name: note, to: remark }
  - alter_column: { table: purchases, name: remark, type: varchar(80), was: { type: text } }
  - create_index: { table: purchases, name: ix_a, columns: [a], unique: true, where: a > 1 }
  - drop_index: { table: purchases, name: ix_a, was: { columns: [a], unique: true, where: a > 1 } }
  - create_index: { table: purchases, name: ix_a, columns: [a] }
  - rename_index: { table: purchases, name: ix_a, to: ix_b }
  - create_primary_key: { table: purchases, columns: [id] }
  - create_unique_constraint: { table: purchases, name: uq_a, columns: [a] }
  - create_check_constraint: { table: purchases, name: ck_a, condition: a > 0 }
  - create_foreign_key: { table: purchases, name: fk_c, columns: [c], references: { table: customers, columns: [id] } }
  - drop_constraint: { table: purchases, name: uq_a, kind: unique, was: { columns: [a] } }
  - rename_constraint: { table: purchases, name: fk_c, to: fk_d }
  - alter_table: { name: purchases, sqlite: { without_rowid: true }, was: { sqlite: { without_rowid: null } } }
";
    there_and_back(base, operations);
}
