//! Views and the like in YAML models: the whole circle on each database, and what is refused.

use crate::common::{Database, Fresh, Project};

/// Plain SQL in which all databases agree.
const SHOP: &str = "tables:
  orders:
    columns: { id: { type: bigint, nullable: false }, total: { type: int }, paid: { type: int } }
    primary_key: [id]
views:
  open_orders: SELECT id, total FROM orders WHERE paid = 0
  large_orders: SELECT id FROM open_orders WHERE total > 100
";

fn project_on(database: &Fresh, models: &str) -> Project {
    let project = Project::on(database);
    project.write("models/shop.yaml", models).write("versions/.keep", "");
    project
}

fn the_whole_circle(database: Database) {
    let database = database.fresh();
    let project = project_on(&database, SHOP);
    project.run(&["revision", "--autogenerate", "-m", "first"]).ok().says("create view large_orders");
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    database.execute("INSERT INTO orders (id, total, paid) VALUES (1, 150, 0), (2, 250, 0)");
    assert_eq!(database.value("SELECT count(*) FROM large_orders"), "2");

    let changed = SHOP.replace("total > 100", "total > 200").replace("id, total FROM", "id, total, paid FROM");
    project.write("models/shop.yaml", changed);
    let found = project.run(&["check"]).exits(1);
    found.prints("view large_orders").prints("view open_orders");
    project.run(&["revision", "--autogenerate", "-m", "second"]).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    assert_eq!(database.value("SELECT count(*) FROM large_orders"), "1");

    project.write("models/shop.yaml", SHOP);
    project.run(&["downgrade", "--yes", "--", "-1"]).ok();
    assert_eq!(database.value("SELECT count(*) FROM large_orders"), "2");
    project.run(&["diff", "models", "db"]).ok();
    project.run(&["check", "--fresh"]).exits(1);
    project.run(&["downgrade", "--yes", "base"]).ok();
    project.run(&["inspect"]).ok().prints("tables: {}");
}

#[test]
fn the_whole_circle_on_sqlite() {
    the_whole_circle(Database::Sqlite);
}

#[test]
fn the_whole_circle_on_postgres() {
    the_whole_circle(Database::Postgres);
}

#[test]
fn the_whole_circle_on_mysql() {
    the_whole_circle(Database::Mysql);
}

#[test]
fn what_a_model_cannot_mean_is_refused_with_its_line() {
    let database = Database::Sqlite.fresh();
    for (objects, line, phrase) in [
        ("views:\n  v: CREATE VIEW w AS SELECT 2\n", 2, "the definition of view v makes something else"),
        ("functions:\n  f: CREATE FUNCTION f() RETURNS int\n", 2, "function f is of a kind"),
        ("views:\n  v: SELEC 1\n", 2, "the database refuses this model"),
        ("views:\n  v: { definiton: SELECT 1 }\n", 2, "`definition` is missing"),
        ("views:\n  - { name: v, definition: SELECT 1 }\n  - { name: v, definition: SELECT 2 }\n", 3, "declared twice"),
    ] {
        let project = project_on(&database, objects);
        let found = project.run(&["check"]).exits(2);
        found.says(phrase).says(&format!("shop.yaml:{line}"));
    }
}

#[test]
fn inspect_writes_a_file_for_each_kind() {
    let database = Database::Sqlite.fresh();
    database.execute("CREATE TABLE t (a int)");
    database.execute("CREATE VIEW v AS SELECT a FROM t");
    let project = Project::on(&database);
    project.run(&["inspect", "--out", "models"]).ok();
    assert_eq!(project.list("models"), ["_views.yaml", "t.yaml"]);
    let before = project.read("models/_views.yaml");
    project.write("versions/.keep", "");
    project.run(&["diff", "models", "db"]).ok();
    std::fs::remove_dir_all(project.path("models")).unwrap();
    project.run(&["inspect", "--out", "models"]).ok();
    assert_eq!(project.read("models/_views.yaml"), before);
}
