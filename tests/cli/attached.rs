//! Attached files of SQLite as a user meets them: from the configuration, in models, revisions and scripts; and what is refused.

use crate::common::{Database, Fresh, Output, Project};

const MODELS: &str = "tables:
  orders:
    columns: { id: { type: bigint, identity: by_default }, note: { type: text } }
    primary_key: [id]
schemas:
  archive:
    tables:
      orders:
        columns: { id: { type: bigint, identity: by_default }, note: { type: text } }
        primary_key: [id]
";

/// A project whose configuration attaches `old/archive.db`.
fn project() -> (Project, Fresh) {
    let database = Database::Sqlite.fresh();
    let project = Project::on(&database);
    let config =
        format!("database: {{ url: \"{}\", attach: {{ archive: \"${{OLD:-old}}/archive.db\" }} }}\n", database.url());
    project.write("migrate.yaml", config).write("old/.keep", "").write("models/shop.yaml", MODELS);
    (project, database)
}

#[test]
fn a_project_with_an_attached_file() {
    let (project, database) = project();
    project.run(&["check"]).exits(1).prints("create table archive.orders");
    assert!(!project.path("old/archive.db").exists(), "who only reads makes no file");
    project.run(&["revision", "--autogenerate", "-m", "first"]).ok();
    let text = project.read(&project.revision("first"));
    assert!(text.contains("schema: archive") && !text.contains("create_schema"), "{text}");
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    project.run(&["diff", "head", "db"]).ok();
    project.run(&["inspect"]).ok().prints("schemas:\n  archive:\n    tables:\n      orders:");
    project.run(&["inspect", "--as", "sql"]).ok().prints("CREATE TABLE \"archive\".\"orders\"");
    project.run(&["inspect", "--schema", "main"]).ok().prints("orders");
    assert!(!project.run(&["inspect", "--schema", "main"]).ok().stdout.contains("archive"));

    // The main file has the history, the attached one nothing but its tables.
    assert_eq!(database.value("SELECT count(*) FROM migrate_version;"), "1");
    let attach = format!("ATTACH '{}' AS a;", project.path("old/archive.db").display());
    let names = database.query(&format!("{attach} SELECT name FROM a.sqlite_schema;"));
    assert_eq!(names, [["orders"]]);

    project.run(&["downgrade", "base", "--yes"]).ok();
    assert_eq!(database.query(&format!("{attach} SELECT name FROM a.sqlite_schema;")).len(), 0);
}

#[test]
fn a_revision_in_sql_names_the_file() {
    let (project, database) = project();
    project.write(
        "versions/one.sql",
        "-- revision: a1\n-- down_revision:\n-- message: one\n\n-- migrate:up\nCREATE TABLE archive.t (a);\nINSERT INTO archive.t VALUES (1);\n\
         CREATE TABLE t (a);\n-- migrate:down\nDROP TABLE archive.t;\nDROP TABLE t;\n",
    );
    project.run(&["upgrade"]).ok();
    let attach = format!("ATTACH '{}' AS a;", project.path("old/archive.db").display());
    assert_eq!(database.value(&format!("{attach} SELECT a FROM a.t;")), "1");
    // What fails in one file is taken back in all of them.
    project.write(
        "versions/two.sql",
        "-- revision: b1\n-- down_revision: a1\n-- message: two\n\n-- migrate:up\nINSERT INTO archive.t VALUES (2);\nINSERT INTO nowhere VALUES (1);\n",
    );
    project.run(&["upgrade"]).exits(3);
    assert_eq!(database.value(&format!("{attach} SELECT count(*) FROM a.t;")), "1");
}

#[test]
fn the_place_is_told_by_the_environment() {
    let (project, _database) = project();
    std::fs::create_dir(project.path("new")).unwrap();
    project.run(&["revision", "--autogenerate", "-m", "first"]).ok();
    project
        .run_with(&["upgrade"], |command| {
            command.env("OLD", "new");
        })
        .ok();
    assert!(project.path("new/archive.db").exists() && !project.path("old/archive.db").exists());
    project
        .run_with(&["upgrade"], |command| {
            command.env("OLD", "nowhere");
        })
        .exits(2)
        .says("there is no folder")
        .says("nowhere");
    project.write("old/archive.db", "this is no database, and it is long enough to be read as one");
    project.run(&["check"]).exits(2).says("the file of `archive` cannot be attached").says("not a database");
}

#[test]
fn another_database_takes_no_file_along() {
    let (project, _database) = project();
    let other = Database::Sqlite.fresh();
    let message = "the models say schema archive, and no file is attached as it";
    let refused = project.run(&["check", "--url", &other.url()]);
    refused.exits(2).says(message).says("models/shop.yaml").says("attach: { archive: FILE }");
    project.run(&["create-all", "--url", &other.url()]).exits(2).says(message);
    let other = other.attaching(&["archive".to_owned()]);
    project.run(&["create-all", "--url", &other.url()]).ok();
    project.run(&["check", "--url", &other.url()]).ok().prints("in sync");
    assert!(!project.path("old/archive.db").exists());
}

#[test]
fn a_script_runs_only_where_all_is_attached() {
    let (project, database) = project();
    project.run(&["revision", "--autogenerate", "-m", "first"]).ok();
    let script = project.run(&["upgrade", "--sql"]).ok().stdout;
    assert!(script.contains("ATTACH 'FILE' AS archive"), "{script}");
    database.execute_carelessly(&script);
    assert!(!database.dump().contains("orders"), "{}", database.dump());
    let file = project.path("old/archive.db");
    database.execute(&format!("ATTACH '{}' AS archive;\n{script}", file.display()));
    project.run(&["check"]).ok().prints("in sync");
}

#[test]
fn a_write_ahead_log_is_told_of() {
    let (project, database) = project();
    project.run(&["revision", "--autogenerate", "-m", "first"]).ok();
    project.run(&["upgrade"]).ok();
    assert!(!project.run(&["downgrade", "base", "--yes"]).ok().stderr.contains("write-ahead"));
    database
        .execute(&format!("ATTACH '{}' AS a; PRAGMA a.journal_mode = wal;", project.path("old/archive.db").display()));
    let told = project.run(&["upgrade"]).ok().stderr;
    assert_eq!(
        told.matches("with a write-ahead log (archive) a revision is atomic in each file alone").count(),
        1,
        "{told}"
    );
    // Nobody is told who runs nothing.
    assert!(!project.run(&["upgrade"]).ok().stderr.contains("write-ahead"));
}

#[test]
fn who_works_on_one_of_the_files_keeps_others_out() {
    let (project, _database) = project();
    project.run(&["revision", "--autogenerate", "-m", "first"]).ok();
    project.run(&["upgrade"]).ok();
    let lock = std::fs::File::create(project.path("old/archive.db-migrate")).unwrap();
    lock.lock().unwrap();
    std::fs::write(project.path("old/archive.db-migrate"), "process 4711\n").unwrap();
    let refused = project.run(&["downgrade", "base", "--yes", "--lock-wait", "100ms"]).exits(4);
    refused.says("process 4711 on the file archive.db");
    drop(lock);
    project.run(&["downgrade", "base", "--yes"]).ok();
}

#[test]
fn what_does_not_go_is_said() {
    let (project, database) = project();
    let config = project.read("migrate.yaml");
    project.run(&["revision", "--autogenerate", "-m", "first"]).ok();
    project.run(&["upgrade", "--backup"]).exits(2).says("--backup copies one file, and others are attached to it");
    project.write("migrate.yaml", format!("{config}version_table: archive.history\n"));
    project
        .run(&["upgrade"])
        .exits(2)
        .says("the version table cannot lie in an attached file")
        .says("version_table: history");
    project.write("migrate.yaml", format!("{config}version_table: nosuch.history\n"));
    for words in [["upgrade", "head"], ["check", "-v"], ["upgrade", "--sql"]] {
        let said = project.run(&words).exits(2);
        said.says("the version table cannot lie in schema nosuch").says("version_table: history");
    }
    project.write("migrate.yaml", format!("{config}version_table: MAIN.history\n"));
    project.run(&["upgrade", "--sql"]).ok();
    project.write("migrate.yaml", format!("{config}schemas: [main, logs]\n"));
    project.run(&["inspect"]).exits(2).says("schema logs on SQLite: no file is attached as it");
    project.write("migrate.yaml", config.replace("archive:", "MAIN:"));
    project.run(&["upgrade"]).exits(2).says("`MAIN` cannot be attached").says("migrate.yaml");
    project.write("migrate.yaml", "database: { url: \"postgres://localhost/x\", attach: { a: b.db } }\n");
    project.run(&["upgrade"]).exits(2).says("only SQLite attaches files");
    project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\nattach: {{ a: b.db }}\n", database.url()));
    project.run(&["upgrade"]).exits(2).says("the key `attach` stands under `database`");

    // A foreign key stays in its file.
    project.write("migrate.yaml", &config);
    let key = "        foreign_keys: { fk: { columns: [id], references: { table: orders, columns: [id] } } }\n";
    project.write("models/shop.yaml", format!("{MODELS}{key}"));
    let refused = project.run(&["diff", "db", "models"]);
    refused
        .exits(2)
        .says("a foreign key from archive.orders to orders, which lies in another file")
        .says("schema: NAME");
    // A view too, and SQLite says so itself.
    project.write("models/shop.yaml", format!("{MODELS}    views: {{ v: \"SELECT note FROM main.orders\" }}\n"));
    project.run(&["diff", "db", "models"]).exits(2).says("cannot reference objects in database main");
}

#[test]
fn rows_rebuilds_and_sql_revisions() {
    let (project, database) = project();
    let config = project.read("migrate.yaml");
    project.write("migrate.yaml", format!("{config}write_as: sql\n"));
    let rows = "        rows:\n          - { id: 1, note: one }\n          - { id: 2, note: two }\n";
    let others = "      lines:\n        columns: { id: { type: bigint, identity: by_default }, of: { type: bigint } }\n        primary_key: [id]\n        \
                  foreign_keys: { fk: { columns: [of], references: { schema: archive, table: orders, columns: [id] }, on_delete: cascade } }\n";
    project.write("models/shop.yaml", format!("{MODELS}{others}"));
    project.run(&["revision", "--autogenerate", "-m", "first"]).ok();
    project.run(&["upgrade"]).ok();
    let attach = format!("ATTACH '{}' AS archive;", project.path("old/archive.db").display());
    database.execute(&format!(
        "{attach} INSERT INTO archive.orders VALUES (7, 'seven'); INSERT INTO archive.lines VALUES (1, 7);"
    ));
    // The table is written anew, by a revision in SQL: no row of another table goes with the old one.
    let strict = MODELS.replacen(
        "note: { type: text } }\n        primary_key",
        "note: { type: text, nullable: false, default: '' } }\n        primary_key",
        1,
    );
    project.write("models/shop.yaml", format!("{strict}{others}"));
    project.run(&["revision", "--autogenerate", "-m", "second"]).ok();
    let text = project.read(&project.revision("second"));
    assert!(text.contains("ALTER TABLE \"archive\".\"migrate_new_orders\" RENAME TO \"orders\""), "{text}");
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value(&format!("{attach} SELECT count(*) FROM archive.lines;")), "1");

    // Rows that the model owns.
    project.write("migrate.yaml", &config);
    project.write("models/shop.yaml", format!("{strict}{rows}{others}"));
    project.run(&["check"]).exits(1).prints("rows of archive.orders");
    project.run(&["revision", "--autogenerate", "-m", "third"]).ok();
    project.run(&["upgrade"]).ok();
    let all = format!("{attach} SELECT group_concat(id || note) FROM archive.orders;");
    assert_eq!(database.value(&all), "1one,2two,7seven");
    project.run(&["check"]).ok().prints("in sync");
    project.run(&["check", "--fresh"]).ok();
    project.run(&["downgrade", "-1", "--yes"]).ok();
    assert_eq!(
        (database.value(&all), database.value(&format!("{attach} SELECT count(*) FROM archive.lines;"))),
        ("7seven".to_owned(), "1".to_owned())
    );
    project.run(&["downgrade", "base", "--yes"]).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
}

/// What the main file does not have is not looked for in the others.
#[test]
fn an_operation_means_the_main_file() {
    let (project, database) = project();
    let attach = format!("ATTACH '{}' AS a;", project.path("old/archive.db").display());
    let archive = "CREATE TABLE a.orders (id integer); CREATE INDEX a.ix ON orders (id); CREATE VIEW a.vv AS SELECT 1;";
    database.execute(&format!("{attach} {archive} CREATE TABLE purchases (id integer);"));
    let before = database.query(&format!("{attach} SELECT name, sql FROM a.sqlite_schema ORDER BY 1;"));
    for (operation, what) in [
        ("rename_table: { name: orders, to: others }", "table orders"),
        ("drop_index: { table: purchases, name: ix }", "index ix"),
        ("drop_view: { name: vv }", "table vv"),
    ] {
        project.write(
            "versions/a.yaml",
            format!("revision: aa\ndown_revision: null\nmessage: x\nupgrade:\n  - {operation}\n"),
        );
        let refused = project.run(&["upgrade"]).exits(3);
        refused.says(&format!("the main file has no {what}, and SQLite would take the one of archive"));
        assert_eq!(database.query(&format!("{attach} SELECT name, sql FROM a.sqlite_schema ORDER BY 1;")), before);
    }
}

#[test]
fn the_history_of_an_attached_file_is_not_ones_own() {
    let (project, database) = project();
    project.write(
        "versions/a.sql",
        "-- revision: aa\n-- down_revision:\n\n-- migrate:up\nCREATE TABLE mine (a);\n-- migrate:down\nDROP TABLE mine;\n",
    );
    project.run(&["upgrade"]).ok();
    database.execute(&format!("VACUUM INTO '{}';", project.path("old/copy.db").display()));
    std::fs::rename(project.path("old/copy.db"), project.path("old/archive.db")).unwrap();
    database.execute("DROP TABLE mine; DROP TABLE migrate_version; DROP TABLE migrate_log;");
    project.run(&["upgrade"]).ok().says("Finished 1 revision applied: base -> aa");
    assert_eq!(database.value("SELECT count(*) FROM mine;"), "0");
}

/// What a revision says of one file is put back in that one, and what lasts in a file lasts.
#[test]
fn pragmas_are_of_their_files() {
    let (project, database) = project();
    let archive = project.path("old/archive.db");
    let attach = format!("ATTACH '{}' AS a;", archive.display());
    database.execute(&format!("{attach} PRAGMA a.journal_mode = wal; CREATE TABLE seen (what, value);"));
    let see = "INSERT INTO seen SELECT 'synchronous', * FROM pragma_synchronous('archive');";
    let steps = [
        "PRAGMA main.journal_mode = TRUNCATE;".to_owned(),
        format!("{see}\nPRAGMA archive.synchronous = OFF;"),
        format!("{see}\nPRAGMA journal_mode = PERSIST;"),
        see.to_owned(),
    ];
    let mut parent = String::new();
    for (number, step) in steps.iter().enumerate() {
        project.write(
            &format!("versions/{number}.sql"),
            format!("-- revision: r{number}\n-- down_revision: {parent}\n\n-- migrate:up transaction:none\n{step}\n-- migrate:down\nSELECT 1;\n"),
        );
        parent = format!("r{number}");
        project.run(&["upgrade", &parent]).ok();
        if number == 0 {
            assert_eq!(database.value(&format!("{attach} PRAGMA a.journal_mode;")), "wal");
        }
    }
    project.run(&["downgrade", "base"]).ok();
    database.execute(&format!("DELETE FROM seen; {attach} PRAGMA a.journal_mode = wal;"));
    project.run(&["upgrade"]).ok();
    assert_eq!(database.query("SELECT DISTINCT value FROM seen;").len(), 1, "the same in each revision");
}

#[test]
fn one_file_under_two_names_is_refused() {
    let (project, database) = project();
    std::fs::create_dir(project.path("old/sub")).unwrap();
    let url = database.url();
    let config = |attach: &str| format!("database: {{ url: \"{url}\", attach: {{ {attach} }} }}\n");
    project.write("migrate.yaml", config("one: old/archive.db, two: old/sub/../archive.db"));
    project.run(&["upgrade"]).exits(2).says("`two` cannot be attached: it is the same file as one");
    let main = std::path::PathBuf::from(url.trim_start_matches("sqlite://"));
    let name = main.file_name().unwrap().to_string_lossy().into_owned();
    let around = main.parent().unwrap().join("sub");
    std::fs::create_dir_all(&around).unwrap();
    project.write("migrate.yaml", config(&format!("one: {}", around.join("..").join(name).display())));
    project.run(&["upgrade"]).exits(2).says("`one` cannot be attached: it is the same file as the main file");
}

/// A row that referred to nothing before does so under the new name of its table, too.
#[test]
fn an_old_orphan_is_no_new_one() {
    let database = Database::Sqlite.fresh();
    let project = Project::on(&database);
    database.execute(
        "CREATE TABLE p (id integer PRIMARY KEY, a text); CREATE TABLE c (id integer PRIMARY KEY, x REFERENCES p, y REFERENCES p);\n\
         INSERT INTO c VALUES (1, 9, NULL);",
    );
    let write = |steps: &str| {
        let text = format!(
            "revision: aa\ndown_revision: null\nmessage: x\nupgrade:\n{steps}  - alter_column: {{ table: p, name: a, nullable: false, \
             was: {{ nullable: true }} }}\n"
        );
        project.write("versions/a.yaml", text);
    };
    // A second key of the same row is told of, though its words are the same.
    write("  - sql: UPDATE c SET y = 8\n");
    project.run(&["upgrade"]).exits(3).says("1 row would break a foreign key: c: row 1 refers to a row of p");
    write("  - rename_table: { name: c, to: cc }\n");
    project.run(&["upgrade"]).ok();
}

/// As an account that may not write the attached file.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_keeps_away_who_writes_to_it() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::Sqlite.fresh();
    let project = Project::on(&database);
    let open = |path: std::path::PathBuf, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("the mode");
    };
    let is_root = std::process::Command::new("id").arg("-u").output().expect("id runs").stdout == b"0\n";
    let program = project.path("../migrate");
    std::fs::copy(crate::common::binary(), &program).expect("a copy that anybody may run");
    let config = "database: { url: \"sqlite://data/app.db\", attach: { archive: archive.db } }\n";
    project.write("migrate.yaml", config).write("data/.keep", "");
    database.execute(&format!("VACUUM INTO '{}';", project.path("archive.db").display()));
    open(project.path(".."), 0o755);
    open(project.path("archive.db"), 0o444);
    open(project.path("data"), 0o777);
    let upgrade = |schema: &str| {
        let table = "name: t, columns: { id: { type: integer, nullable: false } }, primary_key: [id]";
        project.write(
            "versions/a.yaml",
            format!(
                "revision: aa\ndown_revision: null\nmessage: x\nupgrade:\n  - create_table: {{ {schema}{table} }}\n"
            ),
        );
        let words = ["--reuid=65532", "--regid=65532", "--clear-groups", "--no-new-privs", "--"];
        let mut command = std::process::Command::new(if is_root { "setpriv".into() } else { program.clone() });
        if is_root {
            command.args(words).arg(&program);
        }
        command.arg("upgrade").env_clear().current_dir(project.path(""));
        Output::of("upgrade", command.output().expect("it starts"))
    };
    let refused = upgrade("schema: archive, ").exits(2);
    refused.says("the file of archive cannot be written").says("give the program the right to write this file");
    upgrade("").ok().says("the file of archive cannot be written");
}
