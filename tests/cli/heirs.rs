//! Partitions, tables that inherit and exclusion constraints on PostgreSQL as a user meets them: in YAML, through the years, and
//! what is refused.

use crate::common::{Database, Fresh, Project};

const SALES: &str = "tables:
  sales:
    columns: { id: { type: int, nullable: false }, day: { type: date, nullable: false }, total: { type: int, default: 0 } }
    primary_key: [id, day]
    indexes: { ix_sales_total: [total] }
    postgres: { partition_by: RANGE (day) }
  sales_2024:
    postgres: { partition_of: sales, partition_bound: \"FROM ('2024-01-01') TO ('2025-01-01')\" }
";
const NEXT: &str = "  sales_2025:
    columns: { total: { type: int, default: -1 } }
    postgres: { partition_of: sales, partition_bound: \"FROM ('2025-01-01') TO ('2026-01-01')\" }
";

fn project_on(database: &Fresh, models: &str) -> Project {
    let project = Project::on(database);
    project.write("models/shop.yaml", models).write("versions/.keep", "");
    project
}

fn follow(project: &Project, models: &str, message: &str) -> String {
    project.write("models/shop.yaml", models);
    project.run(&["revision", "--autogenerate", "-m", message]).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    project.read(&project.revision(message))
}

#[test]
fn partitions_through_the_years() {
    let database = Database::Postgres.fresh();
    let project = project_on(&database, SALES);
    follow(&project, SALES, "first");
    database.execute("INSERT INTO sales VALUES (1, '2024-05-05', 7)");

    follow(&project, &format!("{SALES}{NEXT}"), "next");
    database.execute("INSERT INTO sales (id, day) VALUES (2, '2025-05-05')");
    assert_eq!(database.value("SELECT total FROM sales_2025"), "0", "the default is that of the table that is named");
    database.execute("INSERT INTO sales_2025 (id, day) VALUES (3, '2025-05-05')");
    assert_eq!(database.value("SELECT total FROM sales_2025 WHERE id = 3"), "-1");

    // One operation for the table and all of its partitions.
    let wider = format!("{SALES}{NEXT}")
        .replace("total: { type: int, default: 0 } }", "total: { type: int, default: 0 }, note: text }");
    let text = follow(&project, &wider, "wider");
    assert_eq!(text.matches("add_column").count(), 1, "{text}");
    assert_eq!(database.value("SELECT count(*) FROM sales WHERE note IS NULL"), "3");

    // What stands alone keeps its rows, columns and keys.
    let alone = "  sales_2024:
    columns: { id: { type: int, nullable: false }, day: { type: date, nullable: false }, total: { type: int, default: 0 }, note: text }
    primary_key: [id, day]
    indexes: { sales_2024_total_idx: [total] }
";
    let (before, after) = wider.split_once("  sales_2024:").unwrap();
    let after = after.split_once("  sales_2025:").unwrap().1;
    let text = follow(&project, &format!("{before}{alone}  sales_2025:{after}"), "archive");
    assert!(!text.contains("drop_"), "{text}");
    assert_eq!(database.value("SELECT count(*) FROM sales"), "2");
    assert_eq!(database.value("SELECT count(*) FROM sales_2024"), "1");

    project.run(&["downgrade", "--yes", "--", "-1"]).ok();
    assert_eq!(database.value("SELECT count(*) FROM sales"), "3");
    let printed = project.run(&["inspect"]).ok();
    printed.prints("partition_of: sales").prints("default: -1");
    project.run(&["downgrade", "--yes", "base"]).ok();
    project.run(&["inspect"]).ok().prints("tables: {}");
}

#[test]
fn what_cannot_be_is_refused_with_its_line_and_a_way() {
    let database = Database::Postgres.fresh();
    let sales = SALES.strip_prefix("tables:\n").unwrap();
    for (models, phrase, hint) in [
        ("  p:\n    postgres: { partition_of: sale }\n".to_owned(), "p is a partition of sale, which no model declares", "declare the table sale"),
        (format!("{sales}  p:\n    postgres: {{ partition_of: sale }}\n"), "p is a partition of sale", "write `sales`"),
        ("  b:\n    postgres: { inherits: \"a, b\" }\n".to_owned(), "b inherits from a, which no model declares", "declare the table a"),
        ("  b:\n    postgres: { partition_by: LIST (a) }\n".to_owned(), "`columns` is missing", "columns"),
        ("  b:\n    columns:\n".to_owned(), "`columns` of a table is empty", "columns"),
        (format!("{sales}{}", NEXT.replace("'2025-01-01'", "'2024-06-01'")), "would overlap partition", ""),
        (format!("{sales}{}", NEXT.replace("day: date", "day: int").replace("FROM (", "IN (")), "the database refuses this model", ""),
        (
            "  b:\n    columns: { a: int, c: int }\n    indexes: { x: { columns: [a, c], postgres: { exclude: \"=\" } } }\n".to_owned(),
            "the exclusion constraint x of b",
            "one operator for each part",
        ),
        (
            "  b:\n    columns: { a: int }\n    indexes: { x: { columns: [a], postgres: { exclude: \"= x); --\" } } }\n".to_owned(),
            "the exclusion constraint x of b",
            "one operator for each part",
        ),
        (
            "  b:\n    columns: { a: int }\n    indexes: { x: { columns: [a], postgres: { exclude: \"=\", deferrable: later } } }\n".to_owned(),
            "the exclusion constraint x of b",
            "deferrable: immediate",
        ),
    ] {
        let project = project_on(&database, &format!("tables:\n{models}"));
        project.run(&["check"]).exits(2).says(phrase).says(hint);
    }
}

#[test]
fn another_partition_key_is_refused_with_the_way() {
    let database = Database::Postgres.fresh();
    let project = project_on(&database, SALES);
    follow(&project, SALES, "first");
    project.write(
        "models/shop.yaml",
        SALES
            .replace("RANGE (day)", "HASH (day)")
            .replace("FROM ('2024-01-01') TO ('2025-01-01')", "WITH (modulus 1, remainder 0)"),
    );
    let refused = project.run(&["revision", "--autogenerate", "-m", "other"]);
    assert_ne!(refused.code, 0, "{refused}");
    refused.says("partitioning the table sales").says("move the rows");
    // So is parting a table that is there, and the contrary.
    project.write(
        "models/shop.yaml",
        SALES.replace("    postgres: { partition_by: RANGE (day) }\n", "").split("  sales_2024").next().unwrap(),
    );
    let refused = project.run(&["revision", "--autogenerate", "-m", "other"]);
    assert_ne!(refused.code, 0, "{refused}");
    refused.says("which has partitions").says("rename the other");
}

#[test]
fn rows_outside_of_new_bounds_stop_the_revision_and_nothing_is_changed() {
    let database = Database::Postgres.fresh();
    let project = project_on(&database, SALES);
    follow(&project, SALES, "first");
    database.execute("INSERT INTO sales VALUES (1, '2024-05-05', 7)");
    project.write("models/shop.yaml", SALES.replace("FROM ('2024-01-01')", "FROM ('2024-06-01')"));
    project.run(&["revision", "--autogenerate", "-m", "narrower"]).ok();
    let text = project.read(&project.revision("narrower"));
    assert!(text.contains("may fail"), "{text}");
    project.run(&["upgrade"]).exits(3).says("partition constraint of relation");
    assert_eq!(database.value("SELECT count(*) FROM sales"), "1");
}

#[test]
fn what_has_no_noun_is_named() {
    let database = Database::Postgres.fresh();
    database.execute(
        "CREATE TABLE a (k integer, v text) PARTITION BY LIST (k);
         CREATE INDEX ix ON ONLY a (v);
         CREATE TABLE b (v text, k integer);
         CREATE INDEX another_name ON b (v);
         ALTER TABLE a ATTACH PARTITION b DEFAULT;
         ALTER INDEX ix ATTACH PARTITION another_name;",
    );
    let project = Project::on(&database);
    let printed = project.run(&["inspect"]).ok();
    project.write("models/shop.yaml", &printed.stdout);
    printed.prints("name of an attached index another_name").prints("partition_by: LIST (k)");
    project.run(&["check"]).ok().says("not modelled: name of an attached index another_name");
    project.run(&["check", "--strict"]).exits(1);
}

#[test]
fn what_came_with_another_version_is_named() {
    let database = Database::Postgres.fresh();
    if database.value("SHOW server_version_num").parse::<u32>().unwrap() >= 180_000 {
        return;
    }
    for (models, phrase) in [
        (
            "  b:\n    columns: { a: { type: int, nullable: false, postgres: { not_null: mine } } }\n",
            "the name of a NOT NULL",
        ),
        (
            "  b:\n    columns: { a: { type: { native: int4range } } }\n    primary_key: { columns: [a], postgres: { without_overlaps: true } }\n",
            "a temporal key",
        ),
        (
            "  b:\n    columns: { a: int }\n    primary_key: [a]\n  c:\n    columns: { a: int }\n    foreign_keys: { f: { columns: [a], references: b, period: true } }\n",
            "a temporal key",
        ),
    ] {
        let project = project_on(&database, &format!("tables:\n{models}"));
        project.run(&["check"]).exits(2).says(phrase).says("PostgreSQL 18");
    }
}
