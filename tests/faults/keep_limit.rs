//! `keep_limit` holds for all that a run keeps, whatever keeps it, and is asked before anything has changed where that can
//! be known.

use crate::common::{Database, Fresh, Output, Project};

const ROWS: usize = 400;

/// `t` has rows with a text of 100 letters, each with one in `parts`.
const BASE: &str = "  - create_table: { name: t, columns: { id: { type: int, nullable: false }, n: { type: int, nullable: false }, v: { type: varchar(200) } }, primary_key: [id] }\n  \
    - create_table: { name: one, columns: { id: { type: int, nullable: false } }, primary_key: [id] }\n  \
    - create_table: { name: parts, columns: { id: { type: int, nullable: false }, one_id: { type: int }, v: { type: varchar(200) } }, primary_key: [id], foreign_keys: { fk_parts: { columns: [one_id], references: { table: one, columns: [id] }, on_delete: cascade } } }\n";

fn prepared(product: Database, steps: &str) -> (Fresh, Project) {
    let database = product.fresh();
    let project = Project::on(&database);
    project.write("versions/1.yaml", format!("revision: a1\ndown_revision: null\nmessage: base\nupgrade:\n{BASE}"));
    project.run(&["upgrade"]).ok();
    let text = "x".repeat(100);
    let rows = |more: &str| {
        let rows: Vec<String> = (0..ROWS).map(|number| format!("({number}, {more}, '{text}')")).collect();
        rows.join(", ")
    };
    database.execute(&format!(
        "INSERT INTO one VALUES (1); INSERT INTO t VALUES {}; INSERT INTO parts VALUES {};",
        rows("2"),
        rows("1")
    ));
    project.write("versions/2.yaml", format!("revision: b1\ndown_revision: a1\nmessage: steps\nupgrade:\n{steps}"));
    (database, project)
}

fn upgrade(project: &Project, limit: &str) -> Output {
    project.run(&["upgrade", "--keep-limit", limit])
}

/// Steps that are counted before anything has changed: a limit below what they keep, one above, and what is said.
const COUNTED: [(&str, &str, &str, &str); 8] = [
    (
        "  - update: { name: x, table: t, set: { v: { sql: \"REPLACE(v, 'x', 'y')\" } } }\n",
        "70kB",
        "200kB",
        "`x` would keep",
    ),
    ("  - script: { name: x, table: t, columns: v, text: \"row.v = `y`;\" }\n", "70kB", "200kB", "`x` would keep"),
    (
        "  - drop_column: { table: t, name: v, keep_data: true, was: { type: varchar(200) } }\n",
        "40kB",
        "100kB",
        "`drop column v from t` would keep",
    ),
    (
        "  - drop_table: { name: t, keep_data: true, was: { columns: { id: { type: int, nullable: false }, n: { type: int, nullable: false }, v: { type: varchar(200) } }, primary_key: [id] } }\n",
        "40kB",
        "100kB",
        "`drop table t` would keep",
    ),
    ("  - delete: { name: x, table: one, where: \"id = 1\" }\n", "40kB", "100kB", "`x` would keep"),
    (
        "  - add_column: { table: t, column: { name: twice, type: int } }\n  - backfill: { name: x, table: t, set: { twice: { sql: n * 2 } } }\n",
        "5kB",
        "100kB",
        "`x` would keep",
    ),
    (
        "  - add_column: { table: t, column: { name: w, type: varchar(200) } }\n  - update: { name: x, table: t, set: { w: { sql: v } }, where: w IS NULL }\n",
        "40kB",
        "100kB",
        "`x` would keep",
    ),
    (
        "  - update: { name: first, table: t, set: { n: { sql: n + 1 } } }\n  - delete: { name: x, table: parts, where: \"id >= 0\" }\n",
        "60kB",
        "200kB",
        "with the other steps of this run",
    ),
];

#[test]
fn whatever_keeps_rows_is_counted_before_anything_has_changed() {
    for product in Database::ALL {
        for (steps, less, more, says) in COUNTED {
            let (database, project) = prepared(product, steps);
            upgrade(&project, less).exits(2).says(says).says("--keep-limit");
            let left = database
                .value("SELECT (SELECT COUNT(*) FROM t WHERE n = 2 AND v LIKE 'xx%') + (SELECT COUNT(*) FROM parts);");
            assert_eq!(left, (2 * ROWS).to_string(), "{product:?}: {steps}");
            let columns = database.try_execute("SELECT twice FROM t;").is_err()
                && database.try_execute("SELECT w FROM t;").is_err();
            assert!(columns, "{product:?}: {steps}: a column came");
            upgrade(&project, more).ok();
            project.run(&["downgrade", "a1", "--yes"]).ok();
        }
    }
}

/// What a step finds only behind what the run itself did: counted when it is its turn.
#[test]
fn what_cannot_be_known_before_is_counted_when_it_is_its_turn() {
    let steps = "  - add_column: { table: t, column: { name: flag, type: int } }\n  \
        - sql: UPDATE t SET flag = 1\n  \
        - update: { name: x, table: t, set: { v: { sql: \"'y'\" } }, where: flag = 1 }\n\
        downgrade:\n  - restore: { step: x }\n  - drop_column: { table: t, name: flag }\n";
    for product in Database::ALL {
        let (database, project) = prepared(product, steps);
        let refused = upgrade(&project, "20kB");
        // What MariaDB has committed stays, and the run goes on behind it.
        refused.exits(if product == Database::Mysql { 5 } else { 2 }).says("`x` would keep");
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE v = 'y';"), "0", "{product:?}");
        upgrade(&project, "100kB").ok();
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE v = 'y';"), ROWS.to_string(), "{product:?}");
    }
}

#[test]
fn rows_of_partitions_are_counted_with_their_table() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); \
         CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (200); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (200) TO (400); \
         INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(0, 399) AS n;",
    );
    project.write(
        "versions/1.yaml",
        "revision: a1\ndown_revision: null\nmessage: steps\nupgrade:\n  - delete: { name: x, table: t, where: \"id >= 0\" }\n",
    );
    upgrade(&project, "30kB").exits(2).says("`x` would keep").says("400 rows");
    assert_eq!(database.value("SELECT COUNT(*) FROM t;"), "400");
}
