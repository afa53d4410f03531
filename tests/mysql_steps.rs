//! Operations of one revision of MariaDB and MySQL that work on what an earlier one of the same revision made, changed or put aside.

use crate::common::{Database, Project};

const BASE: &str = "CREATE TABLE c (id int NOT NULL PRIMARY KEY, n varchar(20) NOT NULL, UNIQUE KEY n (n));
    CREATE TABLE t (id bigint NOT NULL, a int, b int, c_n varchar(20), CONSTRAINT fkn FOREIGN KEY (c_n) REFERENCES c (n));
    CREATE TABLE u (c_n varchar(20), FOREIGN KEY (c_n) REFERENCES c (n));
    INSERT INTO c VALUES (1, 'x'), (2, 'y'); INSERT INTO t VALUES (1, 1, 1, 'x'), (2, 2, 2, 'y');";

/// The operations of one revision go up, down to what was there, and up again to the same.
fn there_and_back(operations: &str) {
    let database = Database::Mysql.fresh();
    database.execute(BASE);
    let before = database.dump();
    let project = Project::on(&database);
    let indented: String = operations.lines().map(|line| format!("  {}\n", line.trim())).collect();
    project.write("versions/a1.yaml", format!("revision: a1\ndown_revision: null\nmessage: m\n\nupgrade:\n{indented}"));
    project.run(&["upgrade"]).ok();
    let after = database.dump();
    project.run(&["downgrade", "base", "--yes"]).ok();
    assert_eq!(database.dump(), before, "{operations}");
    project.run(&["upgrade"]).ok();
    assert_eq!(database.dump(), after, "{operations}");
    assert_eq!(database.value("SELECT COUNT(*) FROM t;"), "2");
}

#[test]
fn a_constraint_is_made_and_renamed() {
    there_and_back(
        "- create_check_constraint: { table: t, name: u1, condition: \"a > 0\" }
        - rename_constraint: { table: t, name: u1, to: u2 }",
    );
    there_and_back(
        "- create_primary_key: { table: t, columns: [id] }
        - create_foreign_key: { table: t, name: u1, columns: [a], references: { table: c, columns: [id] } }
        - rename_constraint: { table: t, name: u1, to: u2 }
        - create_index: { table: t, name: ia, columns: [a, b] }",
    );
}

#[test]
fn an_index_is_made_and_dropped_or_renamed() {
    there_and_back(
        "- create_index: { table: t, name: i1, columns: [a] }
        - drop_index: { table: t, name: i1, was: { columns: [a] } }
        - create_index: { table: t, name: i2, columns: [b] }
        - create_index: { table: t, name: i1, columns: [a] }
        - drop_index: { table: t, name: i1, was: { columns: [a] } }
        - create_index: { table: t, name: i1, columns: [a] }
        - drop_index: { table: t, name: i1, was: { columns: [a] } }
        - create_index: { table: t, name: i1, columns: [b, a] }",
    );
    there_and_back(
        "- create_index: { table: t, name: i1, columns: [a] }
        - rename_index: { table: t, name: i1, to: i2 }
        - rename_index: { table: t, name: i2, to: i3 }
        - create_unique_constraint: { table: t, name: v1, columns: [b] }
        - rename_constraint: { table: t, name: v1, to: v2 }
        - create_primary_key: { table: t, columns: [id] }",
    );
}

#[test]
fn a_column_is_added_changed_and_dropped() {
    there_and_back(
        "- add_column: { table: t, column: { name: n, type: int } }
        - alter_column: { table: t, name: n, default: 3, was: { default: null } }
        - alter_column: { table: t, name: n, default: 4, was: { default: 3 } }
        - alter_column: { table: t, name: n, comment: hm, was: { comment: null } }
        - alter_column: { table: t, name: n, default: 5, was: { default: 4 } }
        - drop_column: { table: t, name: n, was: { type: int, default: 5, comment: hm } }
        - add_column: { table: t, column: { name: n, type: bigint } }",
    );
}

#[test]
fn every_operation_on_a_table_in_one_revision() {
    there_and_back(
        "- rename_table: { name: t, to: p }
        - add_column: { table: p, column: { name: note, type: text } }
        - drop_column: { table: p, name: note, was: { type: text } }
        - add_column: { table: p, column: { name: note, type: text } }
        - rename_column: { table: p, name: note, to: remark }
        - alter_column: { table: p, name: remark, type: varchar(80), nullable: false, default: none, was: { type: text, nullable: true, default: null } }
        - create_index: { table: p, name: ix_a, columns: [a], unique: true }
        - drop_index: { table: p, name: ix_a, was: { columns: [a], unique: true } }
        - create_index: { table: p, name: ix_a, columns: [a], unique: true }
        - rename_index: { table: p, name: ix_a, to: ix_b }
        - create_primary_key: { table: p, columns: [id] }
        - create_unique_constraint: { table: p, name: uq_a, columns: [a] }
        - create_check_constraint: { table: p, name: ck_a, condition: \"a > 0\" }
        - create_foreign_key: { table: p, name: fk_c, columns: [b], references: { table: c, columns: [id] }, on_delete: cascade }
        - drop_constraint: { table: p, name: fk_c, kind: foreign_key, was: { columns: [b], references: { table: c, columns: [id] }, on_delete: cascade } }
        - create_foreign_key: { table: p, name: fk_c, columns: [b], references: { table: c, columns: [id] }, on_delete: cascade }
        - rename_constraint: { table: p, name: fk_c, to: fk_d }
        - rename_constraint: { table: p, name: uq_a, to: uq_b }
        - rename_constraint: { table: p, name: ck_a, to: ck_b }
        - alter_table: { name: p, comment: hm, was: { comment: null } }
        - rename_table: { name: p, to: t }",
    );
}

#[test]
fn a_foreign_key_gets_another_name_while_its_columns_change() {
    there_and_back(
        "- alter_column: { table: c, name: n, type: varchar(40), was: { type: varchar(20) } }
        - alter_column: { table: t, name: c_n, type: varchar(40), was: { type: varchar(20) } }
        - rename_constraint: { table: t, name: fkn, to: fkn2 }",
    );
    // So do tables, one with a key that the server calls after it.
    there_and_back(
        "- alter_column: { table: c, name: n, type: varchar(40), was: { type: varchar(20) } }
        - rename_table: { name: u, to: v }
        - alter_column: { table: t, name: c_n, type: varchar(40), was: { type: varchar(20) } }
        - rename_table: { name: v, to: w }",
    );
}

#[test]
fn what_is_no_word_of_a_list_is_refused_though_a_position_would_do() {
    for (from, value, to) in [
        ("int", "1", "enum('x','y')"),
        ("int", "10", "enum('20','30')"),
        ("varchar(9)", "'1'", "enum('x','y')"),
        ("varchar(9)", "'3'", "set('x','y')"),
        ("enum('x','y')", "'y'", "int"),
        ("set('x','y')", "'y'", "bigint"),
    ] {
        let database = Database::Mysql.fresh();
        database.execute(&format!("CREATE TABLE t (a {from}); INSERT INTO t VALUES ({value});"));
        let project = Project::on(&database);
        let operation = format!("alter_column: {{ table: t, name: a, type: \"{to}\", was: {{ type: \"{from}\" }} }}");
        project.write(
            "versions/a1.yaml",
            format!("revision: a1\ndown_revision: null\nmessage: m\nupgrade:\n- {operation}\n"),
        );
        let refused = project.run(&["upgrade"]);
        assert!([3, 5].contains(&refused.code), "{from} -> {to}: {refused}");
        let (value, left) = (value.trim_matches('\''), database.value("SELECT a FROM t;"));
        assert_eq!(left, value, "{from} -> {to}");
    }
}
