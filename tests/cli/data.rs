//! Data steps through the command line: what autogenerate keeps, what programs read, what a person sees.

use crate::common::{Database, Project};

const BASE: &str = "revision: a1\ndown_revision: null\nmessage: base\nupgrade:\n  - create_table: { name: t, columns: { id: { type: int, nullable: false }, note: { type: varchar(20), nullable: false }, n: int }, primary_key: [id] }\n";

#[test]
fn autogenerate_keeps_the_data_of_what_it_drops() {
    for product in Database::ALL {
        let database = product.fresh();
        let project = Project::on(&database);
        project.write("versions/1.yaml", BASE);
        project.run(&["upgrade"]).ok();
        database.execute("INSERT INTO t (id, note, n) VALUES (1, 'a', NULL), (2, '', 7);");
        project.write(
            "models/t.yaml",
            "tables: { t: { columns: { id: { type: int, nullable: false } }, primary_key: [id] } }\n",
        );
        let flags = ["--autogenerate", "--keep-data", "-m", "drop", "--rev-id", "b1"];
        let written = project.run(&[&["revision"][..], &flags].concat()).ok();
        let file = project.read(&project.revision("b1"));
        assert_eq!(file.matches("keep_data: true").count(), 4, "two drops, two ways back:\n{file}");
        assert!(!file.contains("loses data"), "{file}");
        assert!(!written.stderr.contains("loses data"), "{written}");
        project.run(&["upgrade"]).ok();
        project.run(&["check"]).ok();
        project.run(&["downgrade", "a1", "--yes"]).ok();
        let rows = database.query("SELECT id, note, n FROM t ORDER BY id;");
        assert_eq!(rows, [["1", "a", "NULL"], ["2", "", "7"]], "{product:?}");
        let sql = ["revision", "--autogenerate", "--keep-data", "-m", "x", "--as", "sql"];
        project.run(&["upgrade"]).ok();
        project.write("models/t.yaml", "tables: {}\n");
        project.run(&[&sql[..], &["--allow-drop-all"]].concat()).exits(2).says("--keep-data is for revisions in YAML");
    }
}

#[test]
fn nothing_is_kept_of_a_column_that_is_computed() {
    let create = "{ name: t, columns: { id: { type: int, nullable: false }, a: int, g: { type: int, generated: a * 2 } }, primary_key: [id] }";
    let base = format!("revision: a1\ndown_revision: null\nupgrade:\n  - create_table: {create}\n");
    for product in Database::ALL {
        let database = product.fresh();
        let project = Project::on(&database);
        project.write("versions/1.yaml", &base);
        project.run(&["upgrade"]).ok();
        database.execute("INSERT INTO t (id, a) VALUES (1, 4);");
        let table = "tables: { t: { columns: { id: { type: int, nullable: false }, a: int }, primary_key: [id] } }\n";
        project.write("models/t.yaml", table);
        project.run(&["revision", "--autogenerate", "--keep-data", "-m", "drop", "--rev-id", "b1"]).ok();
        let path = project.revision("b1");
        let file = project.read(&path);
        assert!(!file.contains("keep_data"), "{file}");
        // One that says it all the same.
        let said = file
            .replace("name: g, was:", "name: g, keep_data: true, was:")
            .replace("table: t, column:", "table: t, keep_data: true, column:");
        assert_eq!(said.matches("keep_data").count(), 2, "{said}");
        project.write(&path, said);
        project.run(&["upgrade"]).ok();
        project.run(&["downgrade", "a1", "--yes"]).ok();
        assert_eq!(database.query("SELECT id, a, g FROM t;"), [["1", "4", "8"]], "{product:?}");
    }
}

/// What rows were is kept without a hold on types: these change and go, and come back before the rows do.
#[test]
fn types_go_though_rows_of_them_are_kept() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    let model = |values: &str, base: &str, x: &str| {
        let types = if x == "e" { format!("CREATE TYPE e AS ENUM ({values});") } else { String::new() };
        format!(
            "{types} CREATE DOMAIN d AS {base}; CREATE TYPE r AS RANGE (SUBTYPE = {base});\n\
             CREATE TABLE t (id integer PRIMARY KEY, x {x}, xs {x}[], y d, z r);\n\
             CREATE TABLE k (x {x} PRIMARY KEY, n integer);\n"
        )
    };
    let draft = |text: String, id: &str| {
        project.write("models/s.sql", text);
        project.run(&["revision", "--autogenerate", "-m", "draft", "--rev-id", id]).ok();
        project.run(&["upgrade"]).ok();
        project.run(&["check"]).ok();
    };
    draft(model("'a', 'b', 'c'", "integer", "e"), "a1");
    database.execute(
        "INSERT INTO t VALUES (1, 'b', '{a,b}', 7, '[1,4)'), (2, 'a', NULL, 8, NULL); INSERT INTO k VALUES ('a', 1), ('b', 2);",
    );
    let asked = ["SELECT id, x, xs, y, z FROM t ORDER BY id;", "SELECT x, n FROM k ORDER BY x;"];
    let before = asked.map(|sql| database.query(sql));
    let steps = "upgrade:\n  - update: { name: one, table: t, set: { x: a, xs: { sql: \"'{b}'\" }, y: 1, z: null } }\n  \
                 - update: { name: two, table: k, set: { n: 5 } }\n";
    project.write("versions/b1.yaml", format!("revision: b1\ndown_revision: a1\n{steps}"));
    project.run(&["upgrade"]).ok();
    draft(model("'b', 'a'", "bigint", "e"), "c1");
    draft(model("", "bigint", "text"), "d1");
    project.run(&["downgrade", "a1", "--yes"]).ok();
    assert_eq!(asked.map(|sql| database.query(sql)), before);
}

/// A hint in a SQL model is of one table, in the schema that the model says.
#[test]
fn a_hint_renames_in_its_schema_alone() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    let config = project.read("migrate.yaml");
    project.write("migrate.yaml", format!("{config}schemas: [public, core]\n"));
    let draft = |text: &str, id: &str| {
        project.write("models/s.sql", text);
        project.run(&["revision", "--autogenerate", "-m", "draft", "--rev-id", id]).ok();
        project.run(&["upgrade"]).ok();
    };
    draft(
        "CREATE SCHEMA core; CREATE TABLE t (id int PRIMARY KEY, a int, b int);\n\
         CREATE TABLE core.t (id int PRIMARY KEY, z text, b int, old text);\n",
        "a1",
    );
    database.execute("INSERT INTO t VALUES (1, 2, 3); INSERT INTO core.t VALUES (1, 'z', 4, 'o');");
    draft(
        "CREATE SCHEMA core; CREATE TABLE t (id int PRIMARY KEY, a int,\n-- migrate: renamed_from=b\nc int);\n\
         CREATE TABLE core.t (id int PRIMARY KEY, z text, c text,\n-- migrate: renamed_from=old\nlatest text);\n",
        "b1",
    );
    assert_eq!(database.query("SELECT id, a, c FROM t;"), [["1", "2", "3"]]);
    assert_eq!(database.query("SELECT id, z, c, latest FROM core.t;"), [["1", "z", "NULL", "o"]]);
}

#[test]
fn a_type_goes_with_the_column_that_is_kept() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    let more = "CREATE TYPE e AS ENUM ('a', 'b');\nCREATE TABLE gone (id integer PRIMARY KEY, x e);\n";
    let table = |x: &str| format!("CREATE TABLE t (id integer PRIMARY KEY{x});\n");
    let draft = |text: String, id: &str| {
        project.write("models/s.sql", text);
        project.run(&["revision", "--autogenerate", "--keep-data", "-m", "draft", "--rev-id", id]).ok();
        project.run(&["upgrade"]).ok();
    };
    draft(format!("{more}{}", table(", x e")), "a1");
    database.execute("INSERT INTO t VALUES (1, 'b'), (2, NULL); INSERT INTO gone VALUES (1, 'a');");
    draft(table(""), "b1");
    project.run(&["check"]).ok();
    project.run(&["downgrade", "a1", "--yes"]).ok();
    assert_eq!(database.query("SELECT id, x FROM t ORDER BY id;"), [["1", "b"], ["2", "NULL"]]);
    assert_eq!(database.query("SELECT id, x FROM gone;"), [["1", "a"]]);
}

/// Keys that were written out are not given again by the database.
#[test]
fn numbers_go_on_behind_keys_that_were_written_out() {
    let table = "revision: a1\ndown_revision: null\nupgrade:\n  - create_table: { name: t, columns: { id: { type: int, nullable: false, identity: by_default }, note: { type: varchar(20) } }, primary_key: [id] }\n";
    for product in Database::ALL {
        let database = product.fresh();
        let project = Project::on(&database);
        let insert = |note: &str, id: &str| {
            database.execute(&format!("INSERT INTO t (note) VALUES ('{note}');"));
            assert_eq!(database.query(&format!("SELECT id FROM t WHERE note = '{note}'")), [[id]], "{product:?}");
        };
        project.write("versions/1.yaml", table);
        let rows = "{ name: rows, table: t, rows: [{ id: 4, note: a }, { id: 9, note: b }] }";
        project.write("versions/2.yaml", format!("revision: b1\ndown_revision: a1\nupgrade:\n  - seed: {rows}\n"));
        project.run(&["upgrade"]).ok();
        insert("c", "10");
        let less = "{ name: rows, table: t, undo: [], rows: [{ id: 6, note: d }] }";
        project.write("versions/3.yaml", format!("revision: c1\ndown_revision: b1\nupgrade:\n  - seed: {less}\n"));
        project.run(&["upgrade"]).ok();
        insert("e", "11");
        project.write(
            "versions/4.yaml",
            "revision: d1\ndown_revision: c1\nupgrade:\n  - drop_table: { name: t, keep_data: true, was: { columns: { id: { type: int, nullable: false, identity: by_default }, note: { type: varchar(20) } }, primary_key: [id] } }\n",
        );
        project.run(&["upgrade"]).ok();
        project.run(&["downgrade", "c1", "--yes"]).ok();
        insert("f", "12");
    }
}

#[test]
fn an_image_that_a_stamp_left_behind_is_put_aside() {
    for product in Database::ALL {
        let database = product.fresh();
        let project = Project::on(&database);
        project.write("versions/1.yaml", BASE);
        project.write(
            "versions/2.yaml",
            "revision: b1\ndown_revision: a1\nupgrade:\n  - update: { name: all, table: t, set: { n: 1 } }\n",
        );
        project.run(&["upgrade", "a1"]).ok();
        database.execute("INSERT INTO t (id, note, n) VALUES (1, 'a', 5);");
        project.run(&["upgrade"]).ok();
        for _ in 0..2 {
            project.run(&["stamp", "a1"]).ok();
            project.run(&["upgrade"]).ok().says("revision b1 was taken back without what it kept: 1 row of t (`all`)");
        }
        let status = project.run(&["status"]).ok();
        assert_eq!(status.stdout.matches("b1 all, of a run before").count(), 2, "{status}");
        project.run(&["downgrade", "a1", "--yes"]).ok();
        assert_eq!(database.query("SELECT n FROM t"), [["1"]], "what it was when the last run began");
        project.run(&["forget", "b1"]).ok().says("Forgot 2 tables with 2 rows");
        project.run(&["upgrade"]).ok();
    }
}

/// A data step that was added by hand to a revision whose way back is written.
#[test]
fn a_written_way_back_that_does_not_restore_is_told() {
    let table = "revision: a1\ndown_revision: null\nupgrade:\n  - create_table: { name: users, columns: { id: { type: int, nullable: false }, email: { type: varchar(40) } }, primary_key: [id] }\n";
    let fill = "revision: b1\ndown_revision: a1\nupgrade:\n  - update: { name: fill, table: users, where: email IS NULL, set: { email: none@x } }\n  - alter_column: { table: users, name: email, nullable: false, was: { nullable: true } }\ndowngrade:\n  - alter_column: { table: users, name: email, nullable: true, was: { nullable: false } }\n";
    for product in Database::ALL {
        let database = product.fresh();
        let project = Project::on(&database);
        project.write("versions/1.yaml", table);
        project.run(&["upgrade"]).ok();
        database.execute("INSERT INTO users (id, email) VALUES (1, 'x'), (2, NULL);");
        project.write("versions/2.yaml", fill);
        let missing = "the written way back of revision b1 does not restore what `fill` keeps";
        project.run(&["upgrade", "--dry-run"]).ok().says(missing);
        project.run(&["upgrade"]).ok().says(missing).says("add `- restore: { step: fill }` to its `downgrade:`");
        project.run(&["downgrade", "-1"]).exits(2).says("what `fill` kept of 1 row of users");
        project
            .run(&["downgrade", "-1", "--dry-run"])
            .ok()
            .says("goes back without what `fill` kept of 1 row of users");
        project.run(&["downgrade", "-1", "--yes"]).ok().says("does not restore 1 row of users (`fill`)");
        project.run(&["status"]).ok().prints("1 row of users");
        project.run(&["upgrade"]).ok().says("was taken back without what it kept: 1 row of users (`fill`)");
        project.run(&["forget", "b1"]).ok();
        project.run(&["downgrade", "-1"]).ok();
        project.write("versions/2.yaml", format!("{fill}  - restore: {{ step: fill }}\n"));
        database.execute("UPDATE users SET email = NULL WHERE id = 2;");
        let upgrade = project.run(&["upgrade"]).ok();
        assert!(!upgrade.stderr.contains("restore"), "{upgrade}");
        project.run(&["downgrade", "-1"]).ok();
        assert_eq!(database.query("SELECT COUNT(*) FROM users WHERE email IS NULL"), [["1"]], "{product:?}");
    }
}

#[test]
fn what_does_not_fit_the_tables_is_placed_in_a_dry_run_too() {
    let database = Database::Sqlite.fresh();
    let project = Project::on(&database);
    project.write("versions/1.yaml", BASE);
    project.write(
        "versions/2.yaml",
        "revision: b1\ndown_revision: a1\nupgrade:\n  - update: { name: all, table: nope, set: { n: 1 } }\n",
    );
    for command in [&["upgrade", "--dry-run"][..], &["upgrade"]] {
        project.run(command).exits(2).says("there is no table nope").says("versions/2.yaml:4");
    }
}

/// What fills a column that the way back drops has nothing to restore, and leaves nothing.
#[test]
fn a_way_back_that_drops_what_was_filled_leaves_no_image() {
    let fill = "revision: b1\ndown_revision: a1\nupgrade:\n  - add_column: { table: t, column: { name: total, type: int } }\n  - update: { name: fill, table: t, set: { total: 1 } }\ndowngrade:\n  - drop_column: { table: t, name: total }\n";
    for product in Database::ALL {
        let database = product.fresh();
        let project = Project::on(&database);
        project.write("versions/1.yaml", BASE);
        project.run(&["upgrade"]).ok();
        database.execute("INSERT INTO t (id, note, n) VALUES (1, 'a', 5);");
        project.write("versions/2.yaml", fill);
        for _ in 0..2 {
            let upgrade = project.run(&["upgrade"]).ok();
            assert!(!upgrade.stderr.contains("warning"), "{upgrade}");
            project.run(&["downgrade", "-1", "--yes"]).ok();
            assert_eq!(database.query("SELECT COUNT(*) FROM migrate_kept"), [["0"]], "{product:?}");
        }
    }
}

/// The id of a revision may be the beginning of another one's: it means itself.
#[test]
fn a_whole_id_forgets_that_revision_alone() {
    let database = Database::Sqlite.fresh();
    let project = Project::on(&database);
    project.write("versions/1.yaml", BASE.replace("a1", "base1"));
    for (id, down) in [("aa1", "base1"), ("aa10", "aa1"), ("b1", "aa10"), ("b10", "b1")] {
        let steps = match id {
            "b1" => "upgrade: []\n".to_owned(),
            _ => format!("upgrade:\n  - update: {{ name: of {id}, table: t, set: {{ n: 1 }} }}\n"),
        };
        project.write(&format!("versions/{id}.yaml"), format!("revision: {id}\ndown_revision: {down}\n{steps}"));
    }
    project.run(&["upgrade"]).ok();
    let kept = || database.value("SELECT group_concat(revision) FROM (SELECT revision FROM migrate_kept ORDER BY 1);");
    assert_eq!(kept(), "aa1,aa10,b10");
    project.run(&["forget", "b1"]).exits(2).says("nothing is kept of a revision b1");
    project.run(&["forget", "aa"]).exits(2).says("the beginning of several revisions: aa1, aa10");
    project.run(&["forget", "aa1"]).ok();
    assert_eq!(kept(), "aa10,b10");
    project.run(&["forget", "b10"]).ok();
    assert_eq!(kept(), "aa10");
    project.run(&["downgrade", "aa1", "--yes", "--allow-data-loss"]).ok();
    project.run(&["downgrade", "base1", "--yes"]).exits(3).says("the before-image of `of aa1` is missing");
}

/// Rows of another database go with those of this one: MariaDB and MySQL let foreign keys point there.
#[test]
fn rows_of_another_database_come_back_too() {
    let (database, other) = (Database::Mysql.fresh(), Database::Mysql.fresh());
    let project = Project::on(&database);
    project.write("versions/1.yaml", BASE);
    project.run(&["upgrade"]).ok();
    let own = database.value("SELECT database();");
    let schema = other.value("SELECT database();");
    database.execute("INSERT INTO t (id, note, n) VALUES (1, 'a', NULL), (2, '', 7);");
    other.execute(&format!(
        "CREATE TABLE bills (id int PRIMARY KEY, t_id int, FOREIGN KEY (t_id) REFERENCES `{own}`.t (id) ON DELETE CASCADE);"
    ));
    other.execute("INSERT INTO bills VALUES (10, 1), (11, 2), (12, NULL);");
    let step = "revision: b1\ndown_revision: a1\nupgrade:\n  - delete: { name: away, table: t, where: \"id = 2\" }\n";
    project.write("versions/2.yaml", step);
    let bills = || other.value("SELECT GROUP_CONCAT(id ORDER BY id) FROM bills;");
    for _ in 0..2 {
        project.run(&["upgrade"]).ok();
        assert_eq!(bills(), "10,12");
        project.run(&["status"]).ok().prints(&format!("1 row of {schema}.bills"));
        project.run(&["downgrade", "a1", "--yes"]).ok();
        assert_eq!(bills(), "10,11,12");
    }
    // Nobody else can drop the one first.
    other.execute("DROP TABLE bills;");
}

#[test]
fn programs_read_what_is_kept() {
    let database = Database::Sqlite.fresh();
    let project = Project::on(&database);
    project.write("versions/1.yaml", BASE);
    project.run(&["upgrade"]).ok();
    database.execute("INSERT INTO t (id, note, n) VALUES (1, 'a', NULL), (2, '', 7);");
    let step = "revision: b1\ndown_revision: a1\nmessage: step\nupgrade:\n  - update: { name: all, table: t, set: { n: 1 } }\n";
    project.write("versions/2.yaml", step);
    let dry = project.run(&["upgrade", "--dry-run"]).ok();
    dry.prints("CREATE TABLE \"migrate_img_").prints("UPDATE \"t\" AS t SET \"n\"");
    project.run(&["upgrade"]).ok();
    let printed = project.run(&["status", "--format", "json"]).ok().stdout;
    let status: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    let kept = &status["kept"][0];
    assert_eq!(
        (&kept["revision"], &kept["step"], &kept["rows"]),
        (&"b1".into(), &"all".into(), &2.into()),
        "{printed}"
    );
    project.run(&["inspect"]).ok().stdout.contains("migrate_").then(|| panic!("images are the tool's own"));
    let forgotten = project.run(&["forget", "b1", "--format", "json"]).ok().stdout;
    assert!(forgotten.contains("\"step\": \"all\"") || forgotten.contains("\"step\":\"all\""), "{forgotten}");
    let status = project.run(&["status", "--format", "json"]).ok().stdout;
    assert!(status.contains("\"kept\": []") || status.contains("\"kept\":[]"), "{status}");
    project.run(&["downgrade", "base", "--yes"]).exits(3).says("the before-image of `all` is missing");
}
