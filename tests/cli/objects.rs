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

/// SQLite takes a view whatever it reads.
#[test]
fn a_view_that_reads_what_is_not_there_is_said() {
    let database = Database::Sqlite.fresh();
    let models = "CREATE TABLE t (a int);\nCREATE VIEW good AS SELECT a FROM t;\nCREATE VIEW \"bad one\" AS SELECT b FROM t;\n\
                  CREATE VIEW worse AS SELECT * FROM nowhere;\nCREATE VIEW above AS SELECT * FROM worse;\n\
                  CREATE VIEW of_a_program AS SELECT a_function_of_its_own(a) FROM t;\n";
    database.execute(models);
    let project = Project::on(&database);
    project.write("models/all.sql", models);
    for cached in [false, true] {
        let output = project.run(&["check"]).ok();
        for line in [
            "warning: the body of view bad one in the models is broken: no such column: b",
            "warning: the body of view worse in the models is broken: no such table: main.nowhere",
            "warning: the body of view above in the models is broken: no such table: main.nowhere",
            "hint: mend them",
        ] {
            assert!(output.stderr.contains(line), "{line} (cached: {cached})\n{output}");
        }
        assert!(!output.stderr.contains("good") && !output.stderr.contains("of_a_program"), "{output}");
    }
}

/// The numbers of an application in the head of a file of SQLite are compared where a model has them.
#[test]
fn numbers_of_an_application_are_compared_where_models_have_them() {
    let database = Database::Sqlite.fresh();
    database.execute("PRAGMA user_version = 7; PRAGMA application_id = -42; CREATE TABLE t (user_version INTEGER)");
    let tables = "tables:\n  t: { columns: { user_version: int } }\nviews:\n  v: SELECT user_version FROM t\n";
    database.execute("CREATE VIEW v AS SELECT user_version FROM t");
    let project = project_on(&database, tables);
    project.run(&["check", "--strict"]).ok();

    let inspected = project.run(&["inspect"]).ok();
    inspected.prints("user_version: PRAGMA user_version = 7").prints("application_id: PRAGMA application_id = -42");
    project.write("models/shop.yaml", format!("{tables}pragmas: {{ user_version: PRAGMA user_version=7 }}\n"));
    project.run(&["check"]).ok();
    project.write("models/shop.yaml", format!("{tables}pragmas: {{ user_version: PRAGMA user_version=8 }}\n"));
    project
        .run(&["check"])
        .exits(1)
        .prints("change the definition of pragma user_version")
        .prints("PRAGMA user_version = 8;");
    project.run(&["revision", "--autogenerate", "-m", "one", "--rev-id", "r1"]).ok();
    project.run(&["upgrade"]).ok();
    assert_eq!(
        database.value("SELECT user_version || application_id FROM pragma_user_version, pragma_application_id"),
        "8-42"
    );
    project.run(&["check"]).ok();
    project.run(&["downgrade", "base", "--yes"]).ok();
    assert_eq!(database.value("PRAGMA user_version"), "7");
    project.run(&["upgrade"]).ok();

    // A rebuild takes it for no view.
    project.write(
        "models/shop.yaml",
        tables.replace("user_version: int }", "user_version: { type: text, nullable: false } }"),
    );
    project.run(&["revision", "--autogenerate", "-m", "two", "--rev-id", "r2"]).ok();
    project.run(&["upgrade", "r2"]).ok();
    assert_eq!(database.value("PRAGMA user_version"), "8");

    project.write("models/shop.yaml", format!("{tables}pragmas: {{ user_version: PRAGMA user_version = 0 }}\n"));
    project.run(&["check"]).exits(2).says("0 is the same as none");
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

/// Models with a schema of their own are judged in a database of their own. There too, names without one are of the schema
/// in which the connection works.
#[test]
fn the_own_schema_need_not_be_the_usual_one() {
    let database = Database::Postgres.fresh();
    database.execute("CREATE SCHEMA tenant;");
    let project = Project::on(&database);
    let url = format!("{}?options=-csearch_path%3Dtenant", database.url());
    let by_url = format!("database: {{ url: \"{url}\" }}\nschemas: [tenant, app, public]\n");
    project.write("models/shop.yaml", SHOP).write("versions/.keep", "").write("migrate.yaml", &by_url);
    project.write(
        "models/app.sql",
        "CREATE SCHEMA app;\nCREATE SCHEMA tenant;\nCREATE TABLE public.all_tenants (id int);\nCREATE VIEW app.paid AS SELECT id FROM orders WHERE paid = 1;\n\
         CREATE FUNCTION larger(than int) RETURNS SETOF large_orders LANGUAGE sql AS 'SELECT * FROM large_orders WHERE id > than';\n",
    );
    project.run(&["revision", "--autogenerate", "-m", "first"]).ok().says("create view app.paid");
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    assert_eq!(
        database.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'tenant' AND tablename = 'orders'"),
        "1"
    );
    // The same where the database says it.
    database.execute(&format!("ALTER DATABASE {} SET search_path = tenant;", database.name()));
    project.write("migrate.yaml", by_url.replace("?options=-csearch_path%3Dtenant", ""));
    project.run(&["check", "--fresh"]).ok().prints("in sync");
    // In YAML the other schemas are said, the usual one among them.
    project.write("inspected.yaml", &project.run(&["inspect"]).ok().stdout);
    project.run(&["diff", "db", "inspected.yaml"]).ok();
    project.run(&["downgrade", "--yes", "base"]).ok();
}
