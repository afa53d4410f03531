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
        project.run(&["revision", "--autogenerate", "--keep-data", "-m", "drop", "--rev-id", "b1"]).ok();
        let file = project.read(&project.revision("b1"));
        assert_eq!(file.matches("keep_data: true").count(), 4, "two drops, two ways back:\n{file}");
        assert!(!file.contains("loses data"), "{file}");
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
            "revision: d1\ndown_revision: c1\nupgrade:\n  - drop_table: { name: t, keep_data: true }\n",
        );
        project.run(&["upgrade"]).ok();
        project.run(&["downgrade", "c1", "--yes"]).ok();
        insert("f", "12");
    }
}

#[test]
fn an_image_that_a_stamp_left_behind_is_explained() {
    for product in Database::ALL {
        let database = product.fresh();
        let project = Project::on(&database);
        project.write("versions/1.yaml", BASE);
        project.write(
            "versions/2.yaml",
            "revision: b1\ndown_revision: a1\nupgrade:\n  - update: { name: all, table: t, set: { n: 1 } }\n",
        );
        project.run(&["upgrade"]).ok();
        project.run(&["stamp", "a1"]).ok();
        project.run(&["upgrade"]).exits(3).says("`migrate forget` the revision, then try again");
        project.run(&["forget", "b1"]).ok();
        project.run(&["upgrade"]).ok();
    }
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
