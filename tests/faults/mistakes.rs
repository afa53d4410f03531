//! Mistakes in files and in the tool's own tables, as the catalogue has them: each is named before anything has changed.

use std::process::Command;

use super::count;
use crate::common::{Database, Fresh, Output, Project};

/// Two revisions that are applied, and a third that is not.
fn line() -> (Project, Fresh) {
    let database = Database::Sqlite.fresh();
    let project = Project::on(&database);
    for (number, parent) in [(1, ""), (2, "a1"), (3, "a2")] {
        project
            .write(&format!("versions/a{number}.sql"), revision(&format!("a{number}"), parent, &format!("t{number}")));
    }
    project.run(&["upgrade", "a2"]).ok();
    (project, database)
}

fn revision(id: &str, parent: &str, table: &str) -> String {
    format!(
        "-- revision: {id}\n-- down_revision: {parent}\n\n-- migrate:up\nCREATE TABLE {table} (id integer);\n-- migrate:down\nDROP TABLE {table};\n"
    )
}

#[test]
fn line_ends_and_names_of_files_do_not_matter_and_a_last_newline_does() {
    let (project, _database) = line();
    let text = project.read("versions/a2.sql");
    project.write("versions/a2.sql", format!("\u{feff}{}", text.replace('\n', "\r\n")));
    project.run(&["upgrade", "+1", "--dry-run"]).ok();
    std::fs::rename(project.path("versions/a2.sql"), project.path("versions/other.sql")).expect("it moves");
    project.run(&["upgrade", "+1", "--dry-run"]).ok();
    project.write("versions/other.sql", text.trim_end());
    project.run(&["upgrade"]).exits(7).says("a2");
}

#[test]
fn files_that_are_no_revisions_are_refused_or_left() {
    let (project, database) = line();
    for (name, text) in
        [(".a4.sql.swp", "x"), ("a4.sql~", "x"), ("a4.sql.orig", "x"), ("notes.txt", "x"), ("deeper/a5.sql", "x")]
    {
        project.write(&format!("versions/{name}"), text);
    }
    project.run(&["heads"]).ok().prints("a3");
    project.write("versions/deeper/a4.sql", revision("a4", "a3", "t4"));
    std::os::unix::fs::symlink("deeper/a4.sql", project.path("versions/a4.sql")).expect("a link");
    project.run(&["heads"]).ok().prints("a4");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, project.path(name)).expect("a link");
    link("loop.sql", "versions/loop.sql");
    project.run(&["heads"]).exits(2).says("loop.sql");
    std::fs::remove_file(project.path("versions/loop.sql")).expect("a link");
    link("nowhere.sql", "versions/gone.sql");
    project.run(&["heads"]).exits(2).says("gone.sql");
    std::fs::remove_file(project.path("versions/gone.sql")).expect("a link");
    link("/dev/zero", "versions/zero.sql");
    project.run(&["heads"]).exits(2).says("zero.sql");
    std::fs::remove_file(project.path("versions/zero.sql")).expect("a link");
    let made = Command::new("mkfifo").arg(project.path("versions/pipe.sql")).status().expect("mkfifo");
    assert!(made.success());
    project.run(&["heads"]).exits(2).says("pipe.sql");
    std::fs::remove_file(project.path("versions/pipe.sql")).expect("a pipe");
    project.write("versions/nul.sql", b"-- revision: a6\n-- down_revision: a4\n\n-- migrate:up\nSELECT '\0';\n");
    project.run(&["upgrade"]).exits(2).says("nul.sql");
    project.write("versions/nul.sql", "-- only a comment\n");
    project.run(&["upgrade"]).exits(2).says("nul.sql");
    std::fs::remove_file(project.path("versions/nul.sql")).expect("a file");
    assert_eq!(database.value("SELECT count(*) FROM sqlite_schema WHERE name = 't3';"), "0");
    project.run(&["upgrade"]).ok();
}

#[test]
fn damaged_sql_is_named_with_the_line_where_it_began() {
    let (project, database) = line();
    for (body, line) in [
        ("<<<<<<< ours\nSELECT 1;\n=======\nSELECT 2;\n>>>>>>> theirs", 5),
        ("SELECT 1;\nSELECT 'never closed;\n", 6),
        ("SELECT 1;\n/* never closed\n", 6),
        ("SELECT \"never closed;\n", 5),
    ] {
        project.write("versions/a3.sql", format!("-- revision: a3\n-- down_revision: a2\n\n-- migrate:up\n{body}\n"));
        project.run(&["upgrade"]).exits(2).says(&format!("a3.sql:{line}"));
    }
    let up = "-- migrate:up\nSELECT 1;\n";
    project.write("versions/a3.sql", format!("-- revision: a3\n-- down_revision: a2\n\n{up}{up}"));
    project.run(&["upgrade"]).exits(2).says("a3.sql");
    project.write("versions/a3.sql", "-- revision: a3\n-- down_revision: a2\n\nSELECT 1;\n");
    project.run(&["upgrade"]).exits(2).says("migrate:up");
    assert_eq!(database.value("SELECT count(*) FROM sqlite_schema WHERE name = 't3';"), "0");
}

#[test]
fn large_files_are_read_or_refused_with_their_limit() {
    let (project, database) = line();
    let file = std::fs::File::create(project.path("versions/a4.sql")).expect("a file");
    file.set_len(500 << 20).expect("a file with holes");
    project.run(&["heads"]).exits(2).says("a4.sql").says("MiB");
    drop(file);
    let text = format!("SELECT '{}';", "x".repeat(1 << 20));
    project.write("versions/a4.sql", revision("a4", "a3", "t4").replace("CREATE", &format!("{text}\nCREATE")));
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value("SELECT count(*) FROM sqlite_schema WHERE name = 't4';"), "1");
    let many = count(300, 10_000);
    for number in 0..many {
        let parent = if number == 0 { "a4".to_owned() } else { format!("m{}", number - 1) };
        project.write(
            &format!("versions/m{number}.sql"),
            format!("-- revision: m{number}\n-- down_revision: {parent}\n\n-- migrate:up\nSELECT 1;\n"),
        );
    }
    project.run(&["upgrade"]).ok().says(&format!("{many} revisions applied"));
}

#[test]
fn configurations_that_are_bombs_are_refused() {
    let project = Project::empty();
    project.write("versions/.keep", "");
    let doubled: String =
        (1..40).map(|number| format!("a{number}: &a{number} [*a{0}, *a{0}, *a{0}, *a{0}]\n", number - 1)).collect();
    let deep = format!("versions: {}{}\n", "[".repeat(20_000), "]".repeat(20_000));
    for text in [
        format!("a0: &a0 [x]\n{doubled}"),
        deep,
        "database: { url: x, url: y }\n".to_owned(),
        "database:\n\turl: x\n".to_owned(),
    ] {
        project.write("migrate.yaml", &text);
        project.run(&["heads"]).exits(2).says("migrate.yaml");
    }
}

/// What the version table and the log may hold that they cannot mean.
#[test]
fn tables_of_the_tool_that_somebody_changed_are_explained() {
    let broken = |sql: &str| -> (Output, Fresh) {
        let (project, database) = line();
        database.execute(sql);
        (project.run(&["upgrade"]), database)
    };
    broken("INSERT INTO migrate_version VALUES ('a1');").0.exits(7);
    broken("UPDATE migrate_version SET version_num = 'unknown';").0.exits(7).says("unknown");
    let (output, _database) = broken("DROP TABLE migrate_version; CREATE TABLE migrate_version (other text);");
    assert!([2, 7].contains(&output.code), "{output}");
    assert!(output.stderr.contains("version_num"), "{output}");
    let (output, _database) =
        broken("DROP TABLE migrate_version; CREATE VIEW migrate_version AS SELECT 'a2' AS version_num;");
    assert!([2, 3, 7].contains(&output.code) && output.stderr.contains("migrate_version"), "{output}");
    broken("DROP TABLE migrate_log;").0.ok();
    broken("UPDATE migrate_log SET format = 99;").0.exits(2).says("newer migrate");
}

/// Somebody moves the version row while a revision runs: nothing is recorded that did not come of it.
#[test]
fn a_version_row_that_is_moved_meanwhile_is_seen() {
    let (project, database) = line();
    project.write(
        "versions/a3.sql",
        "-- revision: a3\n-- down_revision: a2\n\n-- migrate:up\nDELETE FROM migrate_version;\nCREATE TABLE t3 (id integer);\n-- migrate:down\n",
    );
    let output = project.run(&["upgrade"]);
    eprintln!("{output}");
    project.run(&["status"]).ok();
    assert_eq!(database.value("PRAGMA integrity_check;"), "ok");
}

/// No socket is opened for a script, and `status` says first which database it speaks of.
#[test]
fn a_script_needs_no_server() {
    let (project, _database) = line();
    for url in ["postgres://u@127.0.0.1:1/x", "mysql://u@127.0.0.1:1/x"] {
        project.run(&["upgrade", "--sql", "--url", url]).ok().prints("CREATE TABLE t1");
        project.run(&["upgrade", "--url", url]).exits(2).says("127.0.0.1");
    }
}
