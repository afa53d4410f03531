//! Commands that compare: check, diff, revision --autogenerate, inspect, create-all.

use super::{project, tables};
use crate::common::{Database, Fresh, Project};

const MODEL: &str = "tables:\n  orders:\n    columns:\n      id: { type: bigint, nullable: false }\n      note: { type: text }\n    primary_key: [id]\n";

/// A project whose database stands at the one revision that its model gave.
fn at_head() -> (Project, Fresh) {
    let (project, database) = project();
    project.write("models/shop.yaml", MODEL);
    project.run(&["revision", "--autogenerate", "-m", "orders", "--rev-id", "aaaa"]).ok();
    project.run(&["upgrade"]).ok();
    (project, database)
}

#[test]
fn the_main_job() {
    let (project, database) = at_head();
    assert_eq!(tables(&database), ["orders"]);
    let output = project.run(&["check"]).ok();
    assert_eq!(output.stdout, "in sync: at head, and the database equals the models\n");
    project.write(
        "models/shop.yaml",
        MODEL.replace("note: { type: text }", "note: { type: text }\n      total: { type: bigint }"),
    );
    let output = project.run(&["check"]).exits(1).prints("+ add column total to orders").says("1 difference");
    assert!(
        output.stdout.contains("  + ") && output.stdout.contains("ALTER TABLE \"orders\" ADD COLUMN \"total\""),
        "{output}"
    );
    let path = project.run(&["revision", "--autogenerate", "-m", "total"]).ok().says("+ add column total").stdout;
    assert!(project.read(path.trim_end()).contains("add_column: { table: orders"));
    project.run(&["check"]).exits(1).prints("not at head: 1 revision is not applied").says("migrate upgrade");
    project.run(&["revision", "--autogenerate", "-m", "x"]).exits(1).says("not at head").says("migrate upgrade");
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok();
    let before = project.list("versions");
    let output = project.run(&["revision", "--autogenerate", "-m", "nothing"]).ok().says("nothing to do");
    assert_eq!((output.stdout.as_str(), project.list("versions")), ("", before));
    project.run(&["revision", "--autogenerate", "-m", "nothing", "--allow-empty"]).ok().prints("_nothing.yaml");
}

#[test]
fn check_for_programs_and_for_github() {
    let (project, _database) = at_head();
    let json = "{\"format\":1,\"in_sync\":true,\"at_head\":true,\"differences\":[],\"not_modelled\":[]}\n";
    assert_eq!(project.run(&["check", "--format", "json"]).ok().stdout, json);
    project.write("models/shop.yaml", MODEL.replace("      note: { type: text }\n", ""));
    let output = project.run(&["check", "--format", "json"]).exits(1);
    let part = "\"differences\":[{\"operation\":\"drop_column\",\"object\":\"note\",\"table\":\"orders\",\"summary\":";
    assert!(output.stdout.contains(part) && output.stdout.contains("\"destructive\":true"), "{output}");
    let output = project.run(&["check", "--format", "github"]).exits(1);
    assert!(output.stdout.starts_with("::error file=models/shop.yaml,line=2,title="), "{output}");
}

#[test]
fn what_is_not_modelled_is_named_and_strict_minds() {
    let (project, database) = at_head();
    database.execute(
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES
         ('table', 'places', 'places', 0, 'CREATE VIRTUAL TABLE places USING spatial (a)');",
    );
    let line = "not modelled: virtual table whose module is missing here places";
    project.run(&["check"]).ok().says(line);
    project.run(&["check", "--strict"]).exits(1).prints("not in sync: 1 thing is not modelled\n");
    project.run(&["check", "--strict", "--format", "json"]).exits(1).prints("\"in_sync\":false");
    project.run(&["check", "--strict", "--format", "github"]).exits(1).prints("::error title=not in sync::1 thing");
    let json = "\"not_modelled\":[\"virtual table whose module is missing here places\"]";
    project.run(&["check", "--format", "json"]).ok().prints(json);
    project.run(&["inspect"]).ok().prints(&format!("# {line}\n"));
}

#[test]
fn a_schema_that_is_not_compared_is_named() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    let yaml = "schemas: { app: { tables: { z: { columns: { i: int } } } } }\n";
    let sql = "CREATE SCHEMA app;\nCREATE VIEW app.v AS SELECT 1 AS i;\n\
               CREATE SCHEMA ext;\nCREATE EXTENSION citext SCHEMA ext;\nCREATE SCHEMA bare;\n";
    let words = "warning: schema app of the models is not compared";
    for (name, text) in [("a.yaml", yaml), ("a.sql", sql)] {
        let path = format!("models/{name}");
        project.write(&path, text);
        for command in [&["check"][..], &["diff", "db", "models"], &["check"]] {
            let said = project.run(command).says(words).says("hint: add to migrate.yaml: `schemas: [public, app]`");
            assert_eq!(said.stderr.matches("not compared").count(), 1, "{said}");
        }
        project.run(&["revision", "--autogenerate", "-m", "x"]).says(words);
        std::fs::remove_file(project.path(&path)).unwrap();
        project.list("versions").iter().filter(|name| name.ends_with(".yaml")).for_each(|name| {
            std::fs::remove_file(project.path(&format!("versions/{name}"))).unwrap();
        });
    }
    project.write("models/a.yaml", yaml);
    project.run(&["check"]).ok().prints("in sync: at head");
    project.run(&["check", "--strict"]).exits(1).prints("not in sync: 1 schema of the models is not compared\n");
    let said = project.run(&["check", "--strict", "--format", "json"]).exits(1).prints("\"in_sync\":false");
    assert!(said.stdout.contains("\"not_compared\":[\"app\"]") && said.stderr.is_empty(), "{said}");
    let said = project.run(&["check", "--schema", "public", "--schema", "app"]).exits(1);
    assert!(!said.stderr.contains("not compared"), "{said}");
    project.write("models/a.yaml", "tables: { z: { columns: { i: int } } }\n");
    project.run(&["check", "--schema", "app"]).says("schema public of the models is not compared");
}

#[test]
fn check_fresh_needs_no_live_database() {
    let (project, database) = at_head();
    std::fs::remove_file(database.file()).expect("the file");
    project.run(&["check", "--fresh"]).ok().prints("in sync: the history equals the models");
    project.write("models/shop.yaml", MODEL.replace("type: text", "type: bigint"));
    project.run(&["check", "--fresh"]).exits(1).prints("note");
    assert!(!database.file().exists());
}

#[test]
fn autogenerate_in_sql_can_be_taken_back() {
    let (project, database) = project();
    project.write("models/shop.yaml", MODEL);
    let path = project.run(&["revision", "--autogenerate", "-m", "orders", "--as", "sql"]).ok().stdout;
    let text = project.read(path.trim_end());
    assert!(
        text.contains("CREATE TABLE \"orders\"")
            && text.contains("-- migrate:down\n-- loses data: orders and everything in it\nDROP TABLE"),
        "{text}"
    );
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok();
    project.run(&["downgrade", "base"]).ok();
    assert_eq!(tables(&database), Vec::<String>::new());
}

#[test]
fn a_rename_is_never_guessed_without_a_word() {
    let (project, database) = at_head();
    database.execute("INSERT INTO orders (id, note) VALUES (1, 'kept');");
    let two = MODEL.replace("note: { type: text }", "remark: { type: text }\n      memo: { type: text }");
    project.write("models/shop.yaml", &two);
    let output = project.run(&["revision", "--autogenerate", "-m", "x"]).exits(1).says("--rename orders.note=remark");
    assert!(output.stderr.contains("--no-rename orders.note"), "{output}");
    let words = ["revision", "--autogenerate", "-m", "x", "--rename", "orders.note=memo"];
    project.run(&words).ok().says("~ rename column note of orders to memo");
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value("SELECT memo FROM orders;"), "kept");
    project.run(&["diff", "db", "models", "--rename", "x"]).exits(2).says("`x`");
}

#[test]
fn types_in_other_letters_hide_no_rename() {
    let (project, database) = project();
    database.execute(
        "CREATE TABLE orders (id integer primary key, note varchar(80), total decimal(10,2));
         CREATE TABLE person (id integer primary key, first varchar(80), last varchar(80));",
    );
    project.write(
        "models/shop.sql",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, remark VARCHAR(80), total DECIMAL(10,2));\n\
         CREATE TABLE people (id INTEGER PRIMARY KEY, first VARCHAR(80), last VARCHAR(80));\n",
    );
    let output = project.run(&["revision", "--autogenerate", "-m", "x"]).ok();
    let said = output.says("~ rename column note of orders to remark");
    said.says("~ rename table person to people");
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok();
}

#[test]
fn a_flag_that_renames_nothing_is_refused() {
    let (project, _database) = at_head();
    project.write("models/shop.yaml", MODEL.replace("note: { type: text }", "zzz_kk: { type: blob }"));
    let refused = |flags: &[&str], said: &str| {
        let words: Vec<&str> = ["revision", "--autogenerate", "-m", "x"].iter().chain(flags).copied().collect();
        project.run(&words).exits(2).says(said);
    };
    refused(&["--rename", "order.note=zzz_kk"], "`--rename order.note=zzz_kk` renames nothing");
    refused(&["--rename", "orders.nte=zzz_kk"], "`--rename orders.nte=zzz_kk` renames nothing");
    refused(&["--rename", "orders.note=zzzz"], "`--rename orders.note=zzzz` renames nothing");
    refused(&["--rename", "orders=purchases"], "`--rename orders=purchases` renames nothing");
    refused(
        &["--rename", "orders.id=zzz_kk", "--rename", "orders.note=zzz_kk"],
        "`--rename orders.note=zzz_kk` renames nothing",
    );
    assert!(project.list("versions").len() == 1);
    let flags = ["revision", "--autogenerate", "-m", "x", "--rename", "orders.note=zzz_kk"];
    project.run(&flags).ok().says("rename column note of orders to zzz_kk");
}

#[test]
fn a_table_in_another_schema_is_not_dropped_without_a_word() {
    let database = Database::Postgres.fresh();
    database.execute(
        "CREATE SCHEMA core; CREATE TABLE core.t (id int PRIMARY KEY, note text); INSERT INTO core.t VALUES (1);",
    );
    let project = Project::on(&database);
    let config = project.read("migrate.yaml");
    project
        .write("migrate.yaml", format!("{config}schemas: [public, core]\nunmanaged: drop\n"))
        .write("versions/.keep", "");
    let write = |table: &str, hint: &str| {
        let columns = "columns: { id: { type: int, nullable: false }, note: text }, primary_key: [id]";
        project
            .write("models/t.yaml", format!("schemas: {{ core: {{}} }}\ntables:\n  {table}: {{ {hint}{columns} }}\n"));
    };
    let revision = |flags: &[&str]| {
        let words = ["revision", "--autogenerate", "-m", "x"];
        project.run(&words.iter().chain(flags).copied().collect::<Vec<_>>())
    };
    write("t", "");
    let output = revision(&[]).exits(1).says("it is not clear what became of core.t: renamed or dropped?");
    output.says("--no-rename core.t").says("if core.t is t now").says("SET SCHEMA");
    revision(&["--rename", "core.t=public.t"]).exits(2).says("in the same schema");
    write("other", "renamed_from: core.t, ");
    revision(&[]).exits(1).says("if core.t is other now");
    assert!(project.list("versions").iter().all(|name| name.starts_with('.')));
    revision(&["--no-rename", "core.t"]).ok().says("drop table core.t").says("create table other");
}

#[test]
fn a_flag_that_keeps_from_a_rename_what_does_not_go_is_refused() {
    let (project, _database) = at_head();
    project.write("models/shop.yaml", MODEL.replace("note: { type: text }", "remark: { type: text }"));
    let run = |said: &str| project.run(&["revision", "--autogenerate", "-m", "x", "--no-rename", said]);
    for other in ["orders.remark", "orders.id", "orders", "nothing.note"] {
        run(other).exits(2).says(&format!("`--no-rename {other}` names nothing that goes"));
    }
    run("orders.note").ok().says("- drop column note from orders");
}

#[test]
fn a_former_name_that_is_none_hides_no_rename() {
    let (project, database) = at_head();
    database.execute("INSERT INTO orders (id, note) VALUES (1, 'kept');");
    project
        .write("models/shop.yaml", MODEL.replace("note: { type: text }", "notes: { type: text, renamed_from: nte }"));
    project.run(&["revision", "--autogenerate", "-m", "x"]).ok().says("~ rename column note of orders to notes");
}

#[test]
fn a_column_is_renamed_by_either_name_of_its_table() {
    let (project, _database) = at_head();
    let models = MODEL.replace("orders:", "purchases:").replace("note: { type: text }", "zzz: { type: blob }");
    project.write("models/shop.yaml", models);
    for table in ["orders", "purchases"] {
        let column = format!("{table}.note=zzz");
        let flags = ["diff", "db", "models", "--rename", "orders=purchases", "--rename", &column];
        project.run(&flags).exits(1).prints("~ rename column note of purchases to zzz");
    }
}

#[test]
fn empty_models_drop_nothing_unasked() {
    let (project, database) = at_head();
    project.write("models/shop.yaml", "tables: {}\n");
    project
        .run(&["revision", "--autogenerate", "-m", "x"])
        .exits(1)
        .says("drop the one table")
        .says("--allow-drop-all");
    project.run(&["revision", "--autogenerate", "-m", "x", "--allow-drop-all"]).ok().says("warning: loses data");
    project.run(&["upgrade"]).ok();
    assert_eq!(tables(&database), Vec::<String>::new());
    for text in ["", "-- made by a dump that failed\n"] {
        let (project, _database) = at_head();
        std::fs::remove_file(project.path("models/shop.yaml")).unwrap();
        project.write("models/shop.sql", text);
        project.run(&["revision", "--autogenerate", "-m", "x"]).exits(1).says("drop the one table");
    }
    let nothing = project.run(&["revision", "--autogenerate", "-m", "x", "--format", "json"]).ok();
    let json = "{\"format\":1,\"revision\":null,\"down_revision\":[],\"message\":null,\"path\":null,\"warnings\":[]}\n";
    assert_eq!((nothing.stdout.as_str(), nothing.stderr.as_str()), (json, ""));
    project.run(&["revision", "-m", "x", "--allow-drop-all"]).exits(2).says("--autogenerate");
}

#[test]
fn inspect_gives_models_that_are_in_sync() {
    let (project, database) = project();
    database.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 'x'); CREATE INDEX ix ON a (b);");
    let yaml = project.run(&["inspect"]).ok().stdout;
    project.write("models/all.yaml", &yaml);
    project.run(&["check"]).ok();
    let sql = project.run(&["inspect", "--as", "sql"]).ok().stdout;
    std::fs::remove_file(project.path("models/all.yaml")).expect("the file");
    project.write("models/all.sql", &sql);
    project.run(&["check"]).ok();
    project.run(&["inspect", "--as", "json"]).ok().prints("{\"format\":1,\"tables\":{\"a\":{");
    assert_eq!(
        project.run(&["inspect", "--format", "json"]).ok().stdout,
        project.run(&["inspect", "--as", "json"]).stdout
    );
    project.run(&["inspect", "--out", "out"]).ok().says("Writing a.yaml");
    assert_eq!(project.list("out"), ["a.yaml"]);
    project.run(&["inspect", "--out", "out"]).exits(2).says("there is a file of this name");
}

#[test]
fn inspect_and_diff_of_urls_need_no_configuration() {
    let (empty, database) = (Project::empty(), project().1);
    let url = database.url();
    let url = url.as_str();
    database.execute("CREATE TABLE a (id integer);");
    empty.run(&["inspect", "--url", url]).ok().prints("tables:\n  a:\n");
    let output = empty.run(&["diff", url, "sqlite://absent.db"]).exits(1).prints("- drop table a");
    assert!(empty.list("").is_empty(), "{output}");
    empty.run(&["diff", url, url]).ok().prints("in sync");
    empty.run(&["diff", url, "nowhere"]).exits(2).says("`nowhere` is neither a side nor a file");
}

#[test]
fn diff_between_any_two() {
    let (project, database) = at_head();
    for (from, to) in
        [("models", "db"), ("db", "models"), ("head", "models"), ("head", "db"), ("models", "models/shop.yaml")]
    {
        let verb = if from == "models" { "the models equal " } else { " equals " };
        project.run(&["diff", from, to]).ok().prints("in sync").prints(verb);
    }
    database.execute("ALTER TABLE orders ADD COLUMN extra TEXT;");
    project.run(&["diff", "head", "db"]).exits(1).prints("+ add column extra to orders");
    project.run(&["diff", "db", "head"]).exits(1).prints("- drop column extra").prints("loses data");
    project.run(&["diff", "db", "models", "--format", "json"]).exits(1).prints("\"at_head\":null");
}

#[test]
fn create_all_makes_and_stamps() {
    let (project, database) = project();
    project.write("models/shop.yaml", MODEL);
    project.run(&["revision", "--autogenerate", "-m", "orders", "--rev-id", "aaaa"]).ok();
    project.run(&["create-all"]).ok().says("Stamped base -> aaaa");
    assert_eq!(tables(&database), ["orders"]);
    project.run(&["check"]).ok();
    project.run(&["create-all"]).exits(1).says("not empty");
}

/// The rows are those of `stamp heads`: what another one depends on has no row of its own. The log knows all of them.
#[test]
fn create_all_stamps_as_stamp_does() {
    for database in Database::ALL {
        let database = database.fresh();
        let project = Project::on(&database);
        project.write("models/t.yaml", "tables: { t: { columns: { id: int }, primary_key: [id] } }\n");
        project.write("versions/u.yaml", "revision: uuuu\ndown_revision: null\nbranch_labels: [users]\nupgrade: []\n");
        let orders = "revision: oooo\ndown_revision: null\nbranch_labels: [orders]\ndepends_on: [uuuu]\nupgrade: []\n";
        project.write("versions/o.yaml", orders);
        project.run(&["create-all"]).ok().says("Stamped base -> oooo");
        project.run(&["upgrade", "heads"]).ok().says("nothing to do");
        project.run(&["check"]).ok();
        project.write("versions/o.yaml", orders.replace("upgrade: []", "upgrade: [{ sql: SELECT 1 }]"));
        project.run(&["upgrade", "heads"]).exits(7).says("oooo");
    }
}

/// More tables than are made in one scratch place, each referring to one of another, and an index name that is twice.
#[test]
fn many_tables_are_judged_as_few_are() {
    let (project, database) = project();
    let table = |number: usize, index: &str| {
        format!(
            "  t{number}:
    columns: {{ id: {{ type: bigint, nullable: false }}, parent: {{ type: bigint }} }}
    primary_key: [id]
    foreign_keys: {{ fk{number}: {{ columns: [parent], references: {{ table: t{} }} }} }}
    indexes: {{ {index}: [parent] }}
",
            (number * 7 + 1) % 320
        )
    };
    let model = |name_of_index: &dyn Fn(usize) -> String| {
        let tables: String = (0..320).map(|number| table(number, &name_of_index(number))).collect();
        format!("tables:\n{tables}")
    };
    project.write("models/shop.yaml", model(&|number| format!("ix_{number}")));
    project.run(&["revision", "--autogenerate", "-m", "all"]).ok();
    project.run(&["upgrade"]).ok();
    assert_eq!(tables(&database).len(), 320);
    project.run(&["check"]).ok();
    project.write("models/shop.yaml", model(&|number| format!("ix_{}", number.min(300))));
    project.run(&["check"]).exits(2).says("index ix_300 already exists").says("models/shop.yaml");
}

#[test]
fn a_text_with_a_mark_in_it_is_for_yaml() {
    let (project, database) = at_head();
    let model = "CREATE TABLE orders (id BIGINT NOT NULL, note TEXT, PRIMARY KEY (id));\n\
                 CREATE TRIGGER tr AFTER INSERT ON orders BEGIN\n-- migrate:down rows are kept\nDELETE FROM orders WHERE id < 0;\nEND;\n";
    std::fs::remove_file(project.path("models/shop.yaml")).unwrap();
    project.write("models/shop.sql", model);
    let words = ["revision", "--autogenerate", "-m", "x", "--as"];
    project.run(&[&words[..], &["sql"]].concat()).exits(2).says("would be a mark").says("--as yaml");
    project.run(&[&words[..], &["yaml"]].concat()).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok();
    project.run(&["downgrade", "-1"]).ok();
    assert_eq!(database.value("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger';"), "0");
}

/// A difference is one also where no statement makes it: what can be said of it is said, and a revision is refused.
#[test]
fn what_cannot_be_made_here_is_a_difference() {
    if Database::product_of_mysql() != "mariadb" {
        return;
    }
    let database = Database::Mysql.fresh();
    database.execute(
        "CREATE TABLE goods (id int PRIMARY KEY, since timestamp(6) GENERATED ALWAYS AS ROW START, \
         until timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (since, until)) WITH SYSTEM VERSIONING;",
    );
    let project = Project::on(&database);
    let models = project.run(&["inspect"]).ok().stdout;
    project
        .write("models/goods.yaml", models.replace("since: {", "since: { comment: from when,"))
        .write("versions/.keep", "");
    let said = "a change of since, in which the server keeps the time of a version; drop `system_versioning`";
    project
        .run(&["check"])
        .exits(1)
        .prints("~ change comment of column since of goods")
        .prints(said)
        .says("1 difference");
    let json = project.run(&["check", "--format", "json"]).exits(1).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["differences"][0]["sql"], serde_json::json!([]));
    assert_eq!(
        json["differences"][0]["refused"],
        format!("not supported here: {}", said.split(';').next().unwrap_or(""))
    );
    project.run(&["diff", "db", "models"]).exits(1).prints(said);
    project
        .run(&["revision", "--autogenerate", "-m", "x"])
        .exits(2)
        .says("a change of since")
        .says("drop `system_versioning`");
    assert_eq!(project.list("versions"), [".keep"]);
}
