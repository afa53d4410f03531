//! Random texts for the program's own readers, and random names for the databases: it may refuse, it may not panic, and
//! what it takes it must take exactly. The same texts in every run.

use super::count;
use crate::alembic::random::Dice;
use crate::common::{Database, Output, Project};

/// Files that one run of the program reads.
const FILES: usize = 60;

#[track_caller]
fn no_panic(output: &Output, files: impl Fn() -> String) {
    let bad = output.code > 7
        || output.stderr.contains("panicked")
        || output.stdout.contains('\u{1b}')
        || output.stderr.contains('\u{1b}');
    assert!(!bad, "{output}\n{}", files());
}

/// Pieces of SQL that open something, close something, or mean something to one database only.
const SQL: [&str; 56] = [
    "'",
    "''",
    "\\'",
    "\"",
    "`",
    "$$",
    "$a$",
    "$1",
    "$a",
    "--",
    "-- x\n",
    "#",
    "/*",
    "*/",
    "/*!",
    "/*+",
    ";",
    ";;",
    "\n",
    "\r\n",
    "\t",
    "\\",
    "E'",
    "e'\\'",
    "U&'",
    "N'",
    "x'0",
    "BEGIN",
    "BEGIN ATOMIC",
    "END",
    "END;",
    "CASE",
    "IF",
    "LOOP",
    "CREATE TRIGGER t ",
    "CREATE PROCEDURE p() ",
    "CREATE FUNCTION f() RETURNS int ",
    "CREATE TABLE t (a int)",
    "LANGUAGE sql ",
    "AS ",
    "DELIMITER //",
    "//",
    "DELIMITER ;",
    "COMMIT",
    "COPY t FROM stdin;",
    "\\.",
    "\\d t",
    "${x.a:ident}",
    "${x",
    "$${",
    "-- migrate:down\n",
    "-- migrate:up\n",
    "é",
    "\u{202e}",
    "\u{1f600}",
    "\0",
];

fn sql(dice: &mut Dice) -> String {
    (0..dice.below(14)).map(|_| format!("{}{}", dice.one_of(&SQL), dice.one_of(&["", " ", "\n", "a "]))).collect()
}

/// Every piece of SQL is split, or refused with its place, by the rules of each database.
#[test]
fn random_sql_is_split_or_refused() {
    let mut dice = Dice::new(5);
    for _ in 0..count(4, 400) {
        let project = Project::empty();
        project.write("migrate.yaml", "{}\n").write("models/.keep", "");
        let texts: Vec<String> = (0..FILES)
            .map(|number| {
                let parent = if number == 0 { String::new() } else { format!("-- down_revision: f{}\n", number - 1) };
                format!("-- revision: f{number}\n{parent}\n-- migrate:up\n{}\n", sql(&mut dice))
            })
            .collect();
        for (number, text) in texts.iter().enumerate() {
            project.write(&format!("versions/f{number}.sql"), text);
        }
        for url in ["sqlite://x.db", "postgres://h/d", "mysql://h/d", "mariadb://h/d"] {
            let output = project.run(&["upgrade", "--sql", "--url", url, "-x", "a=b"]);
            no_panic(&output, || texts.join("\n=====\n"));
        }
    }
}

const REVISION: &str = "revision: aaaa\ndown_revision: null\nmessage: \"a: b\"\nbranch_labels: [x]\ndepends_on: []\nupgrade:\n\
    - create_table: { name: t, columns: { id: { type: bigint, identity: always }, e: { type: text, default: { sql: \"now()\" } } }, \
      primary_key: [id], unique: { u: [e] }, checks: { c: \"id > 0\" } }\n\
    - add_column: { table: t, column: { name: s, type: { enum: [a, b] }, nullable: false, default: a } }\n\
    - create_index: { table: t, name: i, columns: [{ name: e, order: desc }], where: \"id > 1\" }\n\
    - alter_column: { table: t, name: e, type: varchar(9), was: { type: text } }\n\
    - sql: { postgres: \"SELECT 1\", mysql: \"SELECT 2\", sqlite: \"SELECT 3; SELECT 4\" }\n\
    downgrade:\n- drop_table: { name: t }\n";

const MODEL: &str = "tables:\n  t:\n    comment: x\n    columns:\n      id: { type: bigint, identity: always }\n      n: { type: \"decimal(10,2)\", default: 0 }\n      \
    s: { type: { enum: [a, b] }, nullable: false, default: a }\n    primary_key: [id]\n    unique: [[n, s]]\n    checks: { c: \"n > 0\" }\n  o:\n    columns: { t: bigint }\n    \
    foreign_keys: { f: { columns: [t], references: { table: t, columns: [id] }, on_delete: cascade } }\n    indexes: { i: { columns: [{ name: t, order: desc }], where: \"t > 1\" } }\n";

const CONFIG: &str = "format: 1\ndatabase: { url: \"${U:-sqlite://x.db}\" }\nmodels: [models/]\nversions: versions/\nversion_table: migrate_version\n\
    ignore: [\"tmp_*\"]\nunmanaged: drop\nrun: { lock_wait: 60s, lock_timeout: 5s, retries: 3, statement_timeout: 0 }\nenvironments:\n  prod: { database: { url: x } }\n";

/// Pieces that mean something in YAML, or to the reader of a value.
const YAML: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    "- ",
    "#",
    "&a ",
    "*a ",
    "!!int ",
    "!x ",
    "|",
    ">",
    "|-\n",
    "\"",
    "'",
    "\\",
    "\n",
    "\n  ",
    "\t",
    "%YAML 1.1\n",
    "---\n",
    "...\n",
    "? ",
    "<<: ",
    "null",
    "~",
    "true",
    "1e999",
    "-0",
    "0x7fffffffffffffffffff",
    ".inf",
    "\u{feff}",
    "\u{2028}",
    "\0",
    "\u{1b}[31m",
    "é",
    "\u{1f600}",
    "${",
    "${A:-",
    "$$",
    "99999999999999999999",
    "varchar(99999999999)",
];

fn mutated(text: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(4) {
        let at = dice.below(letters.len().max(1));
        match dice.below(5) {
            0 => letters.truncate(at),
            1 => drop(letters.splice(at..(at + 1 + dice.below(12)).min(letters.len()), [])),
            2 => drop(letters.splice(at..at, dice.one_of(&YAML).chars())),
            3 => drop(letters.splice(at..(at + 1).min(letters.len()), dice.one_of(&YAML).chars())),
            _ => {
                let piece: Vec<char> = letters.iter().skip(at).take(dice.below(40)).copied().collect();
                let to = dice.below(letters.len().max(1));
                drop(letters.splice(to..to, piece));
            }
        }
    }
    letters.into_iter().collect()
}

/// Revisions, models and the configuration, with a few letters wrong.
#[test]
fn random_yaml_is_read_or_refused() {
    let mut dice = Dice::new(7);
    for _ in 0..count(4, 400) {
        let project = Project::empty();
        project.write("migrate.yaml", CONFIG);
        let texts: Vec<String> = (0..FILES).map(|_| mutated(REVISION, &mut dice)).collect();
        for (number, text) in texts.iter().enumerate() {
            project.write(&format!("versions/f{number}.yaml"), text.replacen("aaaa", &format!("f{number}"), 1));
        }
        project.write("models/m.yaml", MODEL);
        for words in [&["heads"][..], &["upgrade", "heads", "--sql"], &["history"]] {
            no_panic(&project.run(words), || texts.join("\n=====\n"));
        }
    }
    for _ in 0..count(60, 3000) {
        let project = Project::empty();
        let (model, config) = (mutated(MODEL, &mut dice), mutated(CONFIG, &mut dice));
        project.write("versions/.keep", "").write("models/m.yaml", &model).write("migrate.yaml", CONFIG);
        no_panic(&project.run(&["diff", "models", "db"]), || model.clone());
        project.write("migrate.yaml", &config);
        no_panic(&project.run(&["status"]), || config.clone());
    }
}

const LETTERS: [&str; 30] = [
    "\"",
    "'",
    "`",
    ";",
    "--",
    "/*",
    "*/",
    "\\",
    "$$",
    "%",
    "_",
    " ",
    "\n",
    "\r",
    "\t",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{202e}",
    "\u{200b}",
    "é",
    "ß",
    "\u{5d0}",
    "漢",
    "a",
    "B",
    "select",
    "{}",
    "${x.a}",
    "]",
    ".",
];

/// A name that every one of the databases can have: 1 to 60 bytes, unique by its start, no space at its end.
fn name(start: &str, dice: &mut Dice) -> String {
    let mut name = start.to_owned();
    for _ in 0..dice.below(16) {
        let more = dice.one_of(&LETTERS);
        if name.len() + more.len() < 60 {
            name.push_str(more);
        }
    }
    format!("{name}z")
}

/// Names go into SQL and come back exactly; nothing in them acts on the server or on the terminal.
#[test]
fn random_names_are_taken_exactly() {
    for product in Database::ALL {
        let mut dice = Dice::new(11);
        for round in 0..count(2, 40) {
            let database = product.fresh();
            let project = Project::on(&database);
            let mut names = Vec::new();
            let mut model = String::from("tables:\n");
            for number in 0..6 {
                let (table, column, index) = (
                    name(&format!("t{number}"), &mut dice),
                    name("c", &mut dice),
                    name(&format!("i{number}"), &mut dice),
                );
                let text = |name: &str| serde_json::to_string(name).expect("JSON is YAML").replace('\u{7f}', "\\u007f");
                let [table_text, column, index] = [&table, &column, &index].map(|name| text(name));
                model += "  ";
                model += &table_text;
                model += &[":\n    comment: ", &index].concat();
                model +=
                    &["\n    columns: { id: bigint, ", &column, ": varchar(30) }\n    primary_key: [id]\n"].concat();
                model += &["    indexes: { ", &index, ": { columns: [", &column, "] } }\n"].concat();
                names.push(table);
            }
            if product == Database::Sqlite {
                model = model
                    .lines()
                    .filter(|line| !line.starts_with("    comment:"))
                    .map(|line| format!("{line}\n"))
                    .collect();
            }
            project.write("models/m.yaml", &model);
            let shown = || format!("{product:?} round {round}\n{model}");
            for words in [
                &["revision", "--autogenerate", "-m", "all"][..],
                &["upgrade", "--echo"],
                &["check"],
                &["status", "-v"],
                &["inspect", "--as", "sql"],
            ] {
                let output = project.run(words);
                let is_print = words[0] == "inspect";
                assert!(output.code == 0, "{output}\n{}", shown());
                assert!(
                    is_print
                        || !format!("{}{}", output.stdout, output.stderr)
                            .contains(['\u{1b}', '\u{202e}', '\u{200b}', '\u{7f}']),
                    "{output:?}\n{}",
                    shown()
                );
            }
            let printed = project.run(&["inspect", "--as", "json"]).ok().stdout;
            let value: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
            let found: Vec<&String> = value["tables"].as_object().expect("tables").keys().collect();
            names.sort();
            let mut found: Vec<String> = found.into_iter().cloned().collect();
            found.sort();
            assert_eq!(found, names, "{}", shown());
            let output = project.run(&["downgrade", "base", "--yes"]);
            assert!(output.code == 0, "{output}\n{}", shown());
            assert_eq!(database.dump(), product.fresh().dump(), "{}", shown());
        }
    }
}
