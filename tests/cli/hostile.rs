//! Input that means harm: names in a database that would like to be SQL, YAML, annotations or commands of a terminal; files
//! that are too much.

use std::process::Command;
use std::time::{Duration, Instant};

use super::project;
use crate::common::{Database, Fresh, Output, Project};

/// Each is the name of a table, and of its parts. 63 bytes at most.
const NAMES: [&str; 12] = [
    "a\"b'c`d; DROP TABLE x; --",
    "new\nline\r\n-- migrate:up\nrest",
    "\u{1b}[31mred\u{1b}[0m \u{7} \u{9b}31m",
    "right\u{202e}tfel \u{2066}x\u{2069} \u{200b}",
    "select",
    "$$ $1 ${x.key} %s {0}",
    "*/ /* -- # \\ \\' \\\"",
    "::error file=x::y%0A",
    "- a: [b, {c}] # d",
    "<script>alert(1)</script>",
    "ééééééééééééééééééééééééééééééé",
    "yes",
];

/// A name in SQL.
fn quoted(database: Database, name: &str) -> String {
    match database {
        Database::Mysql => format!("`{}`", name.replace('`', "``")),
        Database::Postgres | Database::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

fn literal(database: Database, text: &str) -> String {
    let text = text.replace('\'', "''");
    format!("'{}'", if database == Database::Mysql { text.replace('\\', "\\\\") } else { text })
}

/// Tables whose every part has a hostile name.
fn hostile(database: &Fresh) {
    let product = database.database();
    for (number, name) in NAMES.iter().enumerate() {
        let (name, text) = (quoted(product, name), literal(product, name));
        let kind = if product == Database::Mysql { "varchar(190)" } else { "text" };
        database.execute(&format!(
            "CREATE TABLE {name} ({name} {kind} DEFAULT {text} NOT NULL, id integer NOT NULL PRIMARY KEY, \
             CONSTRAINT {} CHECK ({name} <> {text}));\nCREATE INDEX {} ON {name} ({name});",
            quoted(product, &format!("ck{number} {}", short(NAMES[number]))),
            quoted(product, &format!("ix{number} {}", short(NAMES[number]))),
        ));
        if product == Database::Postgres {
            database.execute(&format!("COMMENT ON TABLE {name} IS {text}; COMMENT ON COLUMN {name}.{name} IS {text};"));
        }
    }
}

/// So much of a name that something fits before it.
fn short(name: &str) -> String {
    let mut end = name.len().min(50);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_owned()
}

/// Nothing in what is shown to people acts on their terminal.
#[track_caller]
fn is_tame(output: &Output) {
    let acts = |letter: char| {
        (letter.is_control() && letter != '\n')
            || ('\u{202a}'..='\u{202e}').contains(&letter)
            || ('\u{2066}'..='\u{2069}').contains(&letter)
    };
    for text in [&output.stdout, &output.stderr] {
        assert!(!text.contains(acts), "{:?} in\n{output}", text.chars().find(|letter| acts(*letter)));
    }
}

#[test]
fn names_are_names_everywhere() {
    for product in Database::ALL {
        let source = product.fresh();
        hostile(&source);
        let project = Project::on(&source);
        is_tame(&project.run(&["inspect"]).ok());
        is_tame(&project.run(&["inspect", "--format", "json"]).ok());
        project.run(&["inspect", "--out", "models"]).ok();
        let output = project.run(&["check"]).ok();
        is_tame(&output);
        // From nothing to these names by a revision, by a script, and back.
        let (built, scripted) = (product.fresh(), product.fresh());
        let (built_url, scripted_url) = (built.url(), scripted.url());
        let output = project.run(&["revision", "--autogenerate", "-m", NAMES[0], "--url", &built_url]).ok();
        is_tame(&output);
        assert_eq!(project.list("versions").len(), 1, "{product:?}");
        is_tame(&project.run(&["show", "head"]).ok());
        is_tame(&project.run(&["history", "-v"]).ok());
        is_tame(&project.run(&["upgrade", "--url", &built_url, "-vv"]).ok());
        is_tame(&project.run(&["check", "--url", &built_url]).ok());
        let version = if product == Database::Mysql { "10.11.8-MariaDB" } else { "15.4" };
        let mut words = vec!["upgrade", "--sql", "--url", &scripted_url];
        words.extend(if product == Database::Sqlite { vec![] } else { vec!["--server-version", version] });
        scripted.execute(&project.run(&words).ok().stdout);
        project.run(&["check", "--url", &scripted_url]).ok();
        is_tame(&project.run(&["downgrade", "base", "--yes", "--url", &built_url]).ok());
        assert_eq!(built.dump(), product.fresh().dump(), "{product:?}");
        differences(&project, &built_url);
    }
}

/// The reports of differences, on a database that has none of the tables.
fn differences(project: &Project, url: &str) {
    project.run(&["stamp", "head", "--url", url]).ok();
    for format in [&[][..], &["--format", "json"], &["--format", "github"]] {
        let words: Vec<&str> = ["check", "--url", url].iter().chain(format).copied().collect();
        let output = project.run(&words).exits(1);
        is_tame(&output);
        if format.contains(&"github") {
            let annotations = output.stdout.lines().filter(|line| line.starts_with("::")).count();
            let honest = output
                .stdout
                .lines()
                .filter(|line| line.starts_with("::") && !line.starts_with("::error file=x::"))
                .count();
            assert_eq!(annotations, honest, "{output}");
        }
    }
    is_tame(&project.run(&["diff", "db", "models", "--url", url]).exits(1));
    is_tame(&project.run(&["revision", "--autogenerate", "-m", "again", "--url", url]).ok());
    is_tame(&project.run(&["upgrade", "--dry-run", "--url", url]));
}

#[test]
fn a_message_is_no_part_of_the_file_around_it() {
    let evil = "x\n-- migrate:up\nDROP TABLE one;\nupgrade:\n  - sql: boom\n\u{202e}reversed";
    let (project, _database) = project();
    for letter in ["\r", "\u{1b}", "\u{7}", "\0"] {
        let Ok(output) = project.command().args(["revision", "-m", &format!("a{letter}b")]).output() else { continue };
        let output = Output::of("revision", output).exits(2).says("the message holds the control character");
        is_tame(&output);
    }
    assert_eq!(project.list("versions").len(), 0);
    for language in ["yaml", "sql"] {
        let (project, _database) = super::project();
        let output = project.run(&["revision", "-m", evil, "--as", language, "--rev-id", "aaaa"]).ok();
        is_tame(&output);
        let name = output.stdout.trim().rsplit('/').next().expect("a name").to_owned();
        assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter)), "{name}");
        for command in [&["history", "-v"][..], &["heads"], &["show", "aaaa"], &["graph"], &["upgrade", "--dry-run"]] {
            is_tame(&project.run(command).ok());
        }
        let dry = project.run(&["upgrade", "--dry-run", "--format", "json"]).ok();
        assert!(dry.stdout.contains("\"statements\":[]"), "{dry}");
        project.run(&["upgrade"]).ok();
    }
}

#[test]
fn too_much_is_refused_and_named() {
    let (project, _database) = project();
    let refuse = |name: &str, text: &[u8], word: &str| {
        project.write(name, text);
        let begun = Instant::now();
        let command = if name.starts_with("versions") { "upgrade" } else { "check" };
        let output = project.run(&[command]).exits(2).says(word);
        is_tame(&output);
        assert!(begun.elapsed() < Duration::from_secs(10), "{name} took {:?}", begun.elapsed());
        std::fs::remove_file(project.path(name)).expect("the file");
    };
    let bomb = "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n";
    refuse("models/m.yaml", bomb.as_bytes(), "anchors");
    refuse(
        "versions/m.yaml",
        format!("revision: aaaa\nupgrade: {}\n", "[".repeat(100_000)).as_bytes(),
        "versions/m.yaml",
    );
    refuse("models/m.yaml", format!("tables: {}\n", "{a: ".repeat(5_000)).as_bytes(), "models/m.yaml");
    refuse("models/m.yaml", b"tables: {}\n# \0\n", "NUL");
    refuse("versions/m.sql", b"-- revision: aaaa\n-- migrate:up\nSELECT '\0';\n", "NUL");
    refuse("models/m.yaml", &vec![b'a'; 17 << 20], "too large");
    for name in ["versions/m.sql", "models/m.sql", "models/m.yaml"] {
        let path = project.path(name);
        std::fs::File::create(&path).and_then(|file| file.set_len(100 << 20)).expect("a sparse file");
        project.run(&["check"]).exits(2).says("100 MiB").says(name);
        std::fs::remove_file(path).expect("the file");
    }
    std::fs::File::create(project.path("big.yaml")).and_then(|file| file.set_len(100 << 20)).expect("a sparse file");
    project.run(&["heads", "-c", "big.yaml"]).exits(2).says("too large");
    project.run(&["heads", "-c", "/dev/zero"]).exits(2).says("too large");
    let statement = format!("-- revision: aaaa\n-- migrate:up\nSELECT '{}';\n", "x".repeat(1 << 20));
    project.write("versions/m.sql", &statement);
    project.run(&["upgrade"]).ok();
    project.write("versions/m.sql", format!("-- revision: aaaa\n-- migrate:up\nSELECT {}1;\n", "(".repeat(200_000)));
    project.run(&["upgrade", "--dry-run", "-c", "none.yaml", "--url", "sqlite::memory:"]).exits(2);
}

#[test]
fn what_is_no_file_is_not_read() {
    let (project, _database) = project();
    project.write("models/m.yaml", "tables: {}\n");
    let made = Command::new("mkfifo").arg(project.path("versions/pipe.sql")).status();
    assert!(made.expect("mkfifo runs").success());
    project.run(&["heads"]).exits(2).says("is not a regular file").says("versions/pipe.sql");
    std::fs::remove_file(project.path("versions/pipe.sql")).expect("the pipe");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, project.path(name)).expect("a link");
    for (to, word) in [
        ("/dev/zero", "leads out of"),
        ("no-such-file", "cannot read the file"),
        ("z.sql", "cannot read the file"),
        ("/etc/passwd", "leads out of"),
        ("../migrate.yaml", "leads out of"),
    ] {
        link(to, "versions/z.sql");
        let output = project.run(&["heads"]).exits(2).says(word).says("versions/z.sql");
        assert!(!output.stderr.contains("root:"), "{output}");
        std::fs::remove_file(project.path("versions/z.sql")).expect("the link");
        link(to, "models/z.sql");
        let output = project.run(&["check"]).exits(2).says("models/z.sql");
        assert!(!output.stderr.contains("root:"), "{output}");
        std::fs::remove_file(project.path("models/z.sql")).expect("the link");
    }
    // A folder of models that leads out, and one that leads back to itself.
    link("/etc", "models/etc");
    project.run(&["check"]).exits(2).says("leads out of").says("models/etc");
    std::fs::remove_file(project.path("models/etc")).expect("the link");
    link(".", "models/loop");
    project.run(&["check"]).ok();
}

/// Kubernetes mounts the files of a ConfigMap as links to a folder beside them, and changes that by another link.
#[test]
fn links_within_the_folder_are_files() {
    let (project, _database) = project();
    project.write(
        "versions/..2026/a.sql",
        "-- revision: aaaa\n-- migrate:up\nCREATE TABLE one (id integer);\n-- migrate:down\nDROP TABLE one;\n",
    );
    std::os::unix::fs::symlink("..2026", project.path("versions/..data")).expect("a link");
    std::os::unix::fs::symlink("..data/a.sql", project.path("versions/a.sql")).expect("a link");
    project.run(&["upgrade"]).ok();
    project.run(&["current"]).ok().prints("aaaa");
    // The folder itself may be a link.
    std::fs::rename(project.path("versions"), project.path("elsewhere")).expect("the folder");
    std::os::unix::fs::symlink("elsewhere", project.path("versions")).expect("a link");
    project.run(&["current"]).ok().prints("aaaa");
}
