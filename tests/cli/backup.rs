//! A copy before a change: when one is made, what it holds, and that the hint of a failure brings it back.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::{line, tables};
use crate::common::{Database, Fresh, Project};

/// The copies in a folder, sorted.
fn copies(folder: &PathBuf) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

fn beside(database: &Fresh) -> PathBuf {
    database.file().with_extension("backups")
}

/// Rows of a file, by the database's own shell.
fn read(file: &std::path::Path, sql: &str) -> String {
    let output = Command::new("sqlite3").arg(file).arg(sql).output().expect("sqlite3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_copy_is_made_where_something_changes() {
    let (project, database) = line();
    project.run(&["upgrade", "aaaa", "--backup"]).ok();
    assert_eq!(copies(&beside(&database)), Vec::<String>::new(), "there was nothing to copy");
    database.execute("INSERT INTO one VALUES (1), (2), (7); DELETE FROM one WHERE id = 2;");
    database.execute(
        "CREATE TABLE plain (a text); INSERT INTO plain VALUES ('x'), ('y'), ('z'); DELETE FROM plain WHERE a = 'y';",
    );
    std::fs::set_permissions(database.file(), std::fs::Permissions::from_mode(0o600)).expect("the mode");
    let output = project.run(&["upgrade", "--backup"]).ok();
    let names = copies(&beside(&database));
    assert_eq!(names.len(), 1, "{names:?}");
    let copy = beside(&database).join(&names[0]);
    let output = output.says(&format!("      Copied the database to {}\n", copy.display()));
    assert!(output.stderr.find("Copied") < output.stderr.find("Applying bbbb"), "{output}");
    let shape = format!("{}.20", database.name());
    assert!(names[0].starts_with(&shape) && names[0].ends_with("Z.aaaa.db"), "{names:?}");
    assert_eq!(
        copy.metadata().expect("the copy").permissions().mode() & 0o777,
        0o600,
        "nobody may read more than before"
    );
    assert_eq!(
        read(
            &copy,
            "SELECT version_num FROM migrate_version; SELECT group_concat(id) FROM one; PRAGMA integrity_check;"
        ),
        "aaaa\n1,7\nok\n"
    );
    assert_eq!(read(&copy, "SELECT group_concat(rowid) FROM plain;"), "1,3\n", "rows keep their numbers");
    project.run(&["upgrade", "--backup"]).ok().says("nothing to do");
    assert_eq!(copies(&beside(&database)).len(), 1, "nothing was pending");
    project.run(&["downgrade", "bbbb", "--yes", "--backup=copies", "--format", "json"]).ok();
    let names = copies(&project.path("copies"));
    assert!(names.len() == 1 && names[0].contains(".cccc"), "{names:?}");
}

#[test]
fn the_hint_of_a_failure_brings_it_back() {
    let (project, database) = line();
    project.run(&["upgrade", "aaaa"]).ok();
    database.execute("PRAGMA journal_mode = WAL; INSERT INTO one VALUES (5);");
    project.write(
        "versions/d.sql",
        "-- revision: dddd\n-- down_revision: cccc\n\n-- migrate:up\nINSERT INTO absent VALUES (1);\n-- migrate:down\n",
    );
    let output = project
        .run(&["upgrade", "--backup"])
        .exits(3)
        .says("no such table: absent")
        .says("a copy from before the run: ");
    assert_eq!(tables(&database), ["one", "three", "two"], "earlier revisions stay");
    let (_, command) = output.stderr.rsplit_once("stop what uses the file, then: ").expect("a command");
    assert!(Command::new("sh").args(["-c", command]).status().expect("sh runs").success(), "{command}");
    assert_eq!(tables(&database), ["one"]);
    assert_eq!(database.value("SELECT id FROM one"), "5");
    project.run(&["current"]).ok().prints("aaaa");
    let json = project.run(&["upgrade", "--backup", "--format", "json"]).exits(3).stderr;
    assert!(json.contains("then: rm -f "), "{json}");
}

#[test]
fn it_may_be_configured() {
    let (project, database) = line();
    project.run(&["upgrade", "aaaa"]).ok();
    let config = |backup: &str| {
        project.write(
            "migrate.yaml",
            format!("database: {{ url: \"{}\" }}\nrun: {{ backup: {backup} }}\n", database.url()),
        );
    };
    config("saved/here");
    project.run(&["upgrade", "bbbb"]).ok().says("Copied");
    assert_eq!(copies(&project.path("saved/here")).len(), 1);
    config("true");
    project
        .run_with(&["upgrade"], |command| {
            command.env("MIGRATE_BACKUP", "false");
        })
        .ok();
    assert_eq!(copies(&beside(&database)).len(), 0);
    project.run(&["downgrade", "aaaa", "--yes"]).ok().says("Copied");
    assert_eq!(copies(&beside(&database)).len(), 1);
    project.run(&["upgrade", "--backup", "--sql"]).exits(2).says("--sql");
    project.run(&["upgrade", "--backup", "--dry-run"]).exits(2).says("--dry-run");
    project.run(&["upgrade", "--dry-run"]).ok();
    std::fs::write(project.path("file"), "").expect("a file");
    project.run(&["upgrade", "--backup=file/x"]).exits(2).says("no copy of the database could be made");
    assert_eq!(tables(&database), ["one"], "nothing was changed");
}

#[test]
fn of_a_server_it_says_what_to_take() {
    for (product, words) in [
        (Database::Postgres, "pg_dump -Fc -h 127.0.0.1 -U u -p"),
        (Database::Mysql, "mariadb-dump --single-transaction"),
    ] {
        let database = product.fresh();
        let project = Project::on(&database);
        project.write("versions/.keep", "");
        let user = database.url().replace("postgres@", "u:hunter2@").replace("root@", "u:hunter2@");
        let output = project.run(&["upgrade", "--backup", "--url", &user]);
        assert!(!output.stderr.contains("hunter2"), "{output}");
        let output = project.run(&["upgrade", "--backup"]).exits(2).says("this database is none");
        let words = words.replace("-U u", "-U postgres");
        output.says(&words).says(database.name());
    }
    let (project, _database) = line();
    project.run(&["upgrade", "--backup", "--url", "sqlite::memory:"]).exits(2).says("leave --backup out");
}

#[test]
fn a_full_disk_leaves_no_half_copy() {
    let (project, database) = line();
    project.run(&["upgrade", "aaaa"]).ok();
    database.execute("INSERT INTO one SELECT value FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 60000) SELECT value FROM n);");
    // The size limit stands for the disk: no file may grow beyond 64 KiB.
    let binary = crate::common::binary().display().to_string();
    let script = format!("ulimit -f 64; trap '' XFSZ; exec {binary} upgrade --backup");
    let output = Command::new("bash").args(["-c", &script]).current_dir(project.path("")).output().expect("bash runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("no copy of the database could be made"), "{said}");
    assert_eq!(copies(&beside(&database)), Vec::<String>::new());
    assert_eq!(tables(&database), ["one"]);
}
