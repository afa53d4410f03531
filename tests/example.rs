//! `migrations-example` on every database: the whole way up, down and up again, and the rows on the way.

use std::path::Path;

use crate::common::{Database, Fresh, Project};

const FIRST: &str = "1d8e30c5a7f4";
const ORDERS: &str = "5b27c9f01e63";
const HEAD: &str = "a4c81d09b37e";
const TIDY_FROM: &str = "f2d09a8e4b37";

/// A copy of the example.
fn copy() -> Project {
    let project = Project::empty();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-example");
    for folder in ["", "models", "versions"] {
        for entry in std::fs::read_dir(example.join(folder)).expect("a folder of the example") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.strip_prefix(&example).expect("a file of the example").display().to_string();
                project.write(&name, std::fs::read(&path).expect("a readable file"));
            }
        }
    }
    project
}

/// Runs a command in the copy, on this database; it has no terminal.
#[track_caller]
fn migrate(project: &Project, database: &Fresh, arguments: &[&str]) -> String {
    let output = project.run_with(arguments, |command| {
        command.env("DATABASE_URL", database.url());
    });
    output.ok().stdout
}

#[test]
fn the_example_goes_up_and_down_and_up_again() {
    for product in Database::ALL {
        let (project, database) = (copy(), product.fresh());
        let empty = database.dump();
        migrate(&project, &database, &["upgrade", "head"]);
        let full = database.dump();
        migrate(&project, &database, &["check"]);
        migrate(&project, &database, &["downgrade", "base", "--yes"]);
        assert_eq!(database.dump(), empty, "{product:?}: nothing stays behind");
        migrate(&project, &database, &["upgrade", "head"]);
        migrate(&project, &database, &["check"]);
        assert_eq!(database.dump(), full, "{product:?}");
    }
}

#[test]
fn the_example_reads_its_url_from_the_environment_or_makes_a_file() {
    let project = copy();
    project.run(&["upgrade"]).ok();
    assert!(project.path("shop.db").is_file());
    project.run(&["check"]).ok();
}

#[test]
fn every_revision_of_the_example_goes_back_alone() {
    for product in Database::ALL {
        let (project, database) = (copy(), product.fresh());
        let dump = || comparable(&database);
        let mut dumps = vec![dump()];
        while !migrate(&project, &database, &["current"]).contains("(head)") {
            migrate(&project, &database, &["upgrade", "+1"]);
            dumps.push(dump());
        }
        assert_eq!(dumps.len(), project.list("versions").len() + 1, "{product:?}");
        while let Some(expected) = dumps.pop() {
            assert_eq!(dump(), expected, "{product:?}: after {} revisions", dumps.len());
            if !dumps.is_empty() {
                migrate(&project, &database, &["downgrade", "-1", "--yes"]);
            }
        }
    }
}

/// The dump; without what a step there and back may leave: a column that comes back comes last, except on MariaDB and
/// MySQL, and SQLite's RENAME COLUMN puts the name in quotes wherever an expression has it.
fn comparable(database: &Fresh) -> String {
    let dump = database.dump();
    if database.database() == Database::Mysql {
        return dump;
    }
    let dump = dump.replace('"', "");
    let mut lines: Vec<&str> = dump.lines().map(|line| line.trim().trim_end_matches(',')).collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn the_rows_of_the_example_move_both_ways() {
    for product in Database::ALL {
        let (project, database) = (copy(), product.fresh());
        migrate(&project, &database, &["upgrade", FIRST]);
        database.execute(
            "INSERT INTO customers (id, mail, name, city) VALUES \
             (1, 'ada@example.org', 'Ada', 'Lisbon'), (2, 'bob@example.org', 'Bob', NULL), (7, 'eve@example.org', 'Eve', 'Rome'); \
             INSERT INTO products (id, sku, name, price) VALUES (1, 'CUP', 'A cup', 9.50), (2, 'JAR', 'A jar', 0);",
        );
        migrate(&project, &database, &["upgrade", ORDERS]);
        database.execute(
            "INSERT INTO orders (id, customer_id, status, placed) VALUES (10, 1, 'paid', '2026-02-04 10:00:00'); \
             INSERT INTO orders (id, customer_id, placed) VALUES (11, 7, '2026-02-05 11:30:00'); \
             INSERT INTO order_lines (order_id, line, product_id, quantity, price) VALUES (10, 1, 1, 2, 9.50), (10, 2, 2, 1, 0);",
        );
        migrate(&project, &database, &["upgrade", "head"]);
        migrate(&project, &database, &["check"]);
        after_upgrade(&database);
        // Eve tells where she lives; Bob gets an address.
        database.execute(
            "UPDATE addresses SET street = 'Via Appia 1' WHERE customer_id = 7; \
             INSERT INTO addresses (customer_id, city, street) VALUES (2, 'Oslo', 'Karl Johan 3'); \
             UPDATE orders SET note = 'ring twice' WHERE id = 10;",
        );
        migrate(&project, &database, &["downgrade", ORDERS, "--yes"]);
        after_downgrade(&database);
        migrate(&project, &database, &["upgrade", "head"]);
        migrate(&project, &database, &["check"]);
        assert!(migrate(&project, &database, &["current"]).starts_with(HEAD));
        let cities = database.query("SELECT customer_id, city FROM addresses ORDER BY customer_id;");
        assert_eq!(cities, [["1", "Lisbon"], ["2", "Oslo"], ["7", "Rome"]], "{product:?}");
        kept(&database);
    }
}

#[track_caller]
fn after_upgrade(database: &Fresh) {
    let product = database.database();
    let cities = database.query("SELECT customer_id, city, street FROM addresses ORDER BY customer_id;");
    assert_eq!(cities, [["1", "Lisbon", "NULL"], ["7", "Rome", "NULL"]], "{product:?}: cities have moved");
    let emails = database.query("SELECT id, email, name FROM customers ORDER BY id;");
    assert_eq!(emails[2], ["7", "eve@example.org", "Eve"], "{product:?}: mail became email");
    assert_eq!(database.value("SELECT count(*) FROM products WHERE on_sale;"), "2", "{product:?}: the default fills");
    kept(database);
}

#[track_caller]
fn after_downgrade(database: &Fresh) {
    let product = database.database();
    let customers = database.query("SELECT id, mail, city FROM customers ORDER BY id;");
    let expected =
        [["1", "ada@example.org", "Lisbon"], ["2", "bob@example.org", "Oslo"], ["7", "eve@example.org", "Rome"]];
    assert_eq!(customers, expected, "{product:?}: cities are back");
    assert!(database.try_execute("SELECT * FROM addresses;").is_err(), "{product:?}: the table is gone");
    kept(database);
}

/// What no revision touches: orders, their lines and prices.
#[track_caller]
fn kept(database: &Fresh) {
    let product = database.database();
    let orders = database.query("SELECT id, customer_id, status FROM orders ORDER BY id;");
    assert_eq!(orders, [["10", "1", "paid"], ["11", "7", "new"]], "{product:?}");
    let lines = database.query("SELECT line, quantity FROM order_lines ORDER BY line;");
    assert_eq!(lines, [["1", "2"], ["2", "1"]], "{product:?}");
    assert_eq!(database.value("SELECT count(*) FROM products WHERE price = 9.5;"), "1", "{product:?}");
}

#[test]
fn scripts_tidy_what_was_typed_in_and_quality_agrees() {
    for product in Database::ALL {
        let (project, database) = (copy(), product.fresh());
        migrate(&project, &database, &["upgrade", TIDY_FROM]);
        database.execute(
            "INSERT INTO customers (id, email, name) VALUES (1, ' Ada@Example.ORG ', 'Ada'), (2, 'bob@example.org', 'Bob'); \
             INSERT INTO products (id, sku, name) VALUES (1, 'cup 1', 'A cup'), (2, 'JAR', 'A jar');",
        );
        let before = database.query("SELECT id, email FROM customers ORDER BY id");
        project
            .run_with(&["quality"], |command| {
                command.env("DATABASE_URL", database.url());
            })
            .exits(1);
        migrate(&project, &database, &["upgrade", "head"]);
        assert_eq!(database.value("SELECT email FROM customers WHERE id = 1"), "ada@example.org", "{product:?}");
        assert_eq!(database.value("SELECT sku FROM products WHERE id = 1"), "CUP1", "{product:?}");
        let report = migrate(&project, &database, &["quality"]);
        assert!(report.ends_with("good: 6 rules met\n"), "{product:?}: {report}");
        migrate(&project, &database, &["downgrade", TIDY_FROM, "--yes"]);
        assert_eq!(database.query("SELECT id, email FROM customers ORDER BY id"), before, "{product:?}");
    }
}
