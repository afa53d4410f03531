//! `docs/coverage.md`: what of each database is looked at, from what the dialects themselves say, and with the number of cases that
//! prove it. `MIGRATE_BLESS=1` writes the page; else a difference fails.
#![cfg(test)]
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "mysql"))]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::proof::case::Case;
use crate::dialect::{Dialect, OptionsOf, for_script};
use crate::schema::ObjectKind;

const HEADS: [(&str, &str); 3] = [("sqlite", "SQLite"), ("postgres", "PostgreSQL"), ("mysql", "MariaDB, MySQL")];

const TOP: &str = "# What is covered

Written by a test from what the program itself says (`src/check/coverage.rs`; `MIGRATE_BLESS=1` writes it anew).

*Inspected*: read from the catalog. *Diffed*: `check`, `diff` and `revision --autogenerate` see a change. *Applied*: an
operation makes it so. *Reversed*: the way back is written out beside it. What has none of this is left alone: it is never lost
and never dropped. `inspect` names it in comment lines, `check` and `revision --autogenerate` on standard error as `not
modelled: <kind> <name>`, JSON under `not_modelled`; `check --strict` takes it for a difference.

## Kinds of objects

**yes** = inspected, diffed, applied, reversed; the number is that of the cases in `tests/cases/diff` in which one comes, goes or
changes on that database, each with [nine proofs](../tests/cases/proofs.rs). **known** = as yes, but no case shows it. **–** = the database has no such thing.

";

/// What is to be known about a kind on a database.
const REMARKS: [(&str, ObjectKind, &str); 28] = [
    (
        "postgres",
        ObjectKind::View,
        "Compared as the server prints them. Replaced in place while columns and types stay, else taken down with all that stands on it \
         and put up again, with comments, rights and owner. A view on something that has no noun has none either.",
    ),
    (
        "postgres",
        ObjectKind::MaterializedView,
        "Its indexes are part of the definition and change alone. One that is made again is filled again if it was filled.",
    ),
    (
        "postgres",
        ObjectKind::Function,
        "Bodies that are strings are compared letter by letter. What they name says only what is made first; a body that will not run \
         is a warning, by the language's validator, and by plpgsql_check where it is installed. A function with another result or other \
         arguments is dropped and made again, and has the rights of the former one; defaults, checks, generated columns and indexes that call it are taken out before and put \
         back behind it.",
    ),
    (
        "postgres",
        ObjectKind::Domain,
        "Changed in place but for the type: then columns get the type below it for that time.",
    ),
    (
        "postgres",
        ObjectKind::Type,
        "Attributes change in place. A range type is made again, its columns are text for that time. A composite type that must be made \
         again while columns have it is refused before the start, with the columns and the way. Tables of a composite type let go of it \
         while it changes, and are changed like any other.",
    ),
    (
        "postgres",
        ObjectKind::Extension,
        "The version is said where it is not the server's usual one. One that the models neither name nor need is dropped.",
    ),
    (
        "postgres",
        ObjectKind::ForeignServer,
        "Options and version change in place, a server of another type or wrapper is made again with all on it. Like wrappers, mappings, \
         languages, casts and default privileges of the whole database: as event triggers.",
    ),
    (
        "postgres",
        ObjectKind::UserMapping,
        "Options whose name holds passw, secret, token, credential or passphrase are never read, compared, sent or shown; a mapping that \
         changes, or is made again, keeps those that it has. Options that the login may not see are named.",
    ),
    ("postgres", ObjectKind::ForeignTable, "Columns are part of the definition: another column is drop and create."),
    (
        "postgres",
        ObjectKind::OperatorFamily,
        "What belongs to a family and to no class of it changes in place. A change of an operator or a class is drop and create; indexes \
         that use it are taken out before and put back.",
    ),
    (
        "postgres",
        ObjectKind::TextSearchConfiguration,
        "Mappings change one by one, the options of a dictionary in place. Parsers and templates, which are made of functions in C, are \
         named.",
    ),
    (
        "postgres",
        ObjectKind::DefaultPrivileges,
        "Of roles that are there; compared with what the server gives by itself. Roles are no part of models.",
    ),
    (
        "postgres",
        ObjectKind::Comment,
        "On schemas; other things have theirs with them. What the server says of `public` is none.",
    ),
    (
        "postgres",
        ObjectKind::Owner,
        "By `compare: [owners]`: of tables, views, sequences, routines, types and schemas, where it is not the role that works. Other things \
         keep theirs.",
    ),
    (
        "postgres",
        ObjectKind::Grants,
        "By `compare: [grants]`: on tables, columns, views, sequences, routines, types and schemas; what differs from what the server gives \
         by itself, but for the owner and the role that works. Other things keep theirs.",
    ),
    (
        "postgres",
        ObjectKind::EventTrigger,
        "Of the whole database: models with one are judged in a database of their own. Named as not modelled while no model has one.",
    ),
    ("postgres", ObjectKind::Publication, "As event triggers. A change is drop and create."),
    (
        "sqlite",
        ObjectKind::View,
        "The text is kept as it was written. Two texts are the same if they differ in white space, comments, the case of words and \
         names, quotes around names, `main.`. A rename of a table or a column is followed where SQLite rewrites the view itself; a \
         view whose text does not follow is dropped before the rename and made again. SQLite looks at a view when it is used: one that \
         a dropped column breaks stops the revision and is named.",
    ),
    (
        "sqlite",
        ObjectKind::Trigger,
        "As views; INSTEAD OF too. Triggers of TEMP are the connection's and not looked at. A rebuild of the table keeps them, letter by \
         letter.",
    ),
    (
        "sqlite",
        ObjectKind::VirtualTable,
        "FTS3, FTS4, FTS5, R*Tree and whatever module the program has; the tables in which one keeps its rows are part of it. A change is \
         drop and create, and says that rows are lost; an FTS5 index of a table's own content is filled again by \
         `INSERT INTO x (x) VALUES ('rebuild')` in the revision. One whose module is missing here is not modelled, nor are tables called \
         as it with `_` behind.",
    ),
    (
        "sqlite",
        ObjectKind::Pragma,
        "`user_version` and `application_id`. Compared where a model has it: programs set them as they run, and one that no model has \
         is left alone. 0 is the same as none.",
    ),
    (
        "mysql",
        ObjectKind::View,
        "Text, algorithm (MariaDB), SQL SECURITY, check option. DEFINER by `compare: [definers]`; where a model says it, a revision does. The \
         catalog forgets the character set of literals. CREATE OR REPLACE while no column goes; else it and the views above are dropped \
         and made again, as around a column that goes or gets another name. One that no longer works is named as a broken view, and \
         replaced by what a model says of it.",
    ),
    (
        "mysql",
        ObjectKind::Trigger,
        "Body as it was typed, moment, order among those of one moment (each says which one it PRECEDES), `sql_mode` where it is not the \
         session's. MariaDB: CREATE OR REPLACE; MySQL: drop and create.",
    ),
    (
        "mysql",
        ObjectKind::Function,
        "Body as it was typed, parameters with the types that the server prints, DETERMINISTIC, data access, SQL SECURITY, comment, \
         `sql_mode` where it is not the session's (MariaDB); aggregate functions too. DEFINER by `compare: [definers]`. Packages, and \
         functions of libraries, are not modelled.",
    ),
    ("mysql", ObjectKind::Procedure, "As functions."),
    (
        "mysql",
        ObjectKind::Event,
        "Schedule, state, what happens on completion, comment, body, `sql_mode`, a time zone other than the server's. A start that is the \
         moment when the event was made, or last changed, counts as not said. Judged without being able to run.",
    ),
    (
        "mysql",
        ObjectKind::Sequence,
        "MariaDB. All but the engine and the number it stands at; a change goes on from there.",
    ),
    (
        "mysql",
        ObjectKind::Grants,
        "By `compare: [grants]`: on the connection's own database, its tables, columns, views, sequences and routines, to accounts and \
         roles. Those on the database are named while no model says any. They are taken back before what they are on goes or is renamed.",
    ),
];

/// Parts of tables: sort, part, and for each database whether it has it.
const PARTS: [(&str, &str, [bool; 3]); 36] = [
    ("table", "name, renamed from", [true, true, true]),
    ("table", "comment", [false, true, true]),
    ("table", "primary key", [true, true, true]),
    ("table", "primary key: included columns", [false, true, false]),
    ("table", "unique", [true, true, true]),
    ("table", "unique: included columns, nulls not distinct", [false, true, false]),
    ("table", "unique, primary key: deferrable", [false, true, false]),
    ("table", "check", [true, true, true]),
    ("table", "check: not valid, no inherit", [false, true, false]),
    ("table", "foreign key: actions on delete and update", [true, true, true]),
    ("table", "foreign key: deferrable", [true, true, false]),
    ("table", "foreign key: match full, columns to set, not valid", [false, true, false]),
    ("table", "foreign key, primary key, unique: over time (PERIOD, WITHOUT OVERLAPS)", [false, true, false]),
    ("table", "constraint: comment", [false, true, false]),
    ("table", "exclusion constraint, deferrable too", [false, true, false]),
    (
        "table",
        "partitions: by range, list, hash, and divided further; by the system's time (MariaDB)",
        [false, true, true],
    ),
    ("table", "partition: attached, detached, with defaults, keys and indexes of its own", [false, true, false]),
    ("table", "columns from other tables (INHERITS)", [false, true, false]),
    ("table", "period, keys without overlaps, former versions (MariaDB)", [false, false, true]),
    ("column", "type, nullable", [true, true, true]),
    ("column", "default: literal, expression", [true, true, true]),
    ("column", "generated, stored", [true, true, true]),
    ("column", "generated, virtual", [true, true, true]),
    ("column", "identity", [true, true, true]),
    ("column", "comment", [false, true, true]),
    ("column", "name of NOT NULL (18)", [false, true, false]),
    ("column", "place", [false, false, true]),
    ("index", "unique", [true, true, true]),
    ("index", "of an expression", [true, true, true]),
    ("index", "partial", [true, true, false]),
    ("index", "descending", [true, true, true]),
    ("index", "nulls first or last", [false, true, false]),
    ("index", "collation of a column", [true, true, false]),
    ("index", "method", [false, true, true]),
    ("index", "prefix of a column", [false, false, true]),
    ("index", "comment", [false, true, true]),
];

const VERSIONS: &str = "
## Versions

`tests/run` tests PostgreSQL 15 and MariaDB 10.11. `tests/run --full` goes on with other versions, which `tests/run --matrix` starts
alone, and runs the tests that know the database on each: on PostgreSQL its own cases and the real schemas through the program, all
cases in memory, the live tests of the dialect and of sessions; on MySQL all cases and schemas through the program, and the same.
Its last results (`tests/matrix.txt`):

| server | from | passed | cases left out: for a later version, or for MariaDB alone | on |
|---|---|---|---|---|
";

/// What [`VERSIONS`] cannot show.
const NOT_HAD: &str = "
MySQL 8 and MariaDB 11 could not be had for these tests.
";

const REGRESSION: &str = "
## PostgreSQL's own regression database

`tests/run --regression` (a part of `tests/run --full`) runs the tests of PostgreSQL, and takes what they leave behind: it must be in
sync with what `inspect` writes of it, but for an index that is invalid, which `check` names; `create-all`, and a revision from
autogenerate, must make it again from that, with an equal dump; and the way back must leave nothing. Its last result
(`tests/regression.txt`), with what no model says:

";

const BOTTOM: &str = "
## Not looked at

- SQLite: what is TEMP belongs to a connection. Of attached files those are looked at that the configuration or the URL names.
  Other pragmas are of the connection, or of the whole file and never changed. Collations and functions are made by programs:
  models name them, no catalog lists them. A table or an index whose text this program cannot read is named: `not modelled: table of an
  unknown grammar`, `index`; foreign keys to it, and its rows, stay as they are.
- MariaDB: packages (`sql_mode=ORACLE`) are named: `not modelled: package`, `package body`. `DATA DIRECTORY`, `KEY_BLOCK_SIZE` of an
  index, and options of engines that the catalog does not tell.
- MySQL: algorithms of views, and `sql_mode` of routines, triggers and events, which its catalog or its grammar does not tell at
  once; `functions of libraries`.
- MariaDB, MySQL: accounts, roles, passwords, who has which role, and rights on `*.*` or on a pattern of several databases are the
  server's, not a database's: no model says them, no command changes them. Rights on what is not there are named.
  The accounts that objects run under are compared where `compare: [definers]` asks for it.
- PostgreSQL: text search parsers and templates, base types, access methods, transforms and subscriptions are named, and so are
  tables with columns of a base type that nothing of the models, and no `scratch_setup`, makes, with all that stands on them. Rights and
  owners are kept around what is made again, and are compared where `compare: [grants, owners]` asks for it. Security labels, large objects and tablespaces are left alone.
- PostgreSQL: the names of indexes of partitions that belong to one of their table (named), keys whose index does, the names of
  NOT NULL of 18 that they have from it (the server's choice). Comments on indexes of keys, an order of columns of
  a table that inherits other than CREATE TABLE gives it, checks that such a table has from its parent and for its own, triggers
  of a partition that fire otherwise than that of its table, sequences that are logged otherwise than their table: named.
  Whether a column of a table that inherits is its own too follows from its place among `columns`.
- Everywhere: rows, but those that models own and those of data steps; roles and passwords; settings of the server.
";

#[test]
fn the_page_is_what_the_dialects_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/coverage.md");
    let found = page();
    #[expect(clippy::disallowed_methods, reason = "the switch of all goldens")]
    if std::env::var_os("MIGRATE_BLESS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let difference = similar::TextDiff::from_lines(&written, &found);
    assert!(written == found, "MIGRATE_BLESS=1 writes this into docs/coverage.md:\n{}", difference.unified_diff());
}

#[test]
fn what_is_remarked_is_known() {
    for (word, kind, _) in REMARKS {
        assert!(dialect(word).objects().knows(kind), "{word}: {}", kind.spoken());
    }
}

fn dialect(word: &str) -> &'static dyn Dialect {
    for_script(word, None).unwrap().0
}

fn page() -> String {
    let cases = cases();
    let mut page = TOP.to_owned();
    page.push_str(&row("kind", |_, name| name.to_owned()));
    page.push_str("|---|---|---|---|\n");
    for kind in ObjectKind::ALL {
        page.push_str(&row(kind.spoken(), |word, _| cell(word, kind, &cases)));
    }
    page.push('\n');
    for (word, kind, text) in REMARKS {
        let name = HEADS.iter().find(|(known, _)| *known == word).unwrap().1;
        writeln!(page, "- **{name}, {}**: {text}", kind.spoken()).unwrap();
    }
    page.push_str("\n## Tables, columns, indexes\n\nAll of these are inspected, diffed, applied and reversed where there is a **yes**; elsewhere the database does not have them.\n\n");
    page.push_str(&row("part", |_, name| name.to_owned()));
    page.push_str("|---|---|---|---|\n");
    for (sort, part, has) in PARTS {
        let says = |word: &str, _: &str| {
            let place = HEADS.iter().position(|(known, _)| *known == word).unwrap();
            if has[place] { "yes".to_owned() } else { "–".to_owned() }
        };
        page.push_str(&row(&format!("{sort}: {part}"), says));
    }
    page.push_str("\nThe words of one database, under its own key in models:\n\n");
    for (of, sort) in
        [(OptionsOf::Table, "tables"), (OptionsOf::Column, "columns"), (OptionsOf::Index, "indexes and keys")]
    {
        for (word, name) in HEADS {
            let keys: Vec<String> = dialect(word).option_keys(of).iter().map(|key| format!("`{key}`")).collect();
            let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
            writeln!(page, "- {sort}, {name}: {keys}").unwrap();
        }
    }
    page.push_str(VERSIONS);
    // Read when the test runs: what a run of the matrix writes needs no new program.
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix.txt");
    std::fs::read_to_string(results).unwrap().lines().for_each(|line| page.push_str(&version(line)));
    page.push_str(NOT_HAD);
    page.push_str(REGRESSION);
    page.push_str(include_str!("../../tests/regression.txt"));
    page.push_str(BOTTOM);
    page
}

/// A line of results: name, the server's own version, source, counts, cases that are not for it, day; tabs between them.
fn version(line: &str) -> String {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, itself, from, passed, left_out, day] = fields.as_slice() else { panic!("six fields: {line}") };
    let product = name.split('-').next().unwrap_or_default();
    let known = HEADS.iter().find(|(word, _)| *word == product).map_or(product, |(_, name)| *name);
    let product = if product == "mysql" { "MySQL" } else { known };
    format!("| {product} {itself} | {from} | {passed} | {left_out} | {day} |\n")
}

fn row(first: &str, cell: impl Fn(&str, &str) -> String) -> String {
    let cells: Vec<String> = HEADS.iter().map(|(word, name)| cell(word, name)).collect();
    format!("| {first} | {} |\n", cells.join(" | "))
}

fn cell(word: &str, kind: ObjectKind, cases: &[Case]) -> String {
    if !dialect(word).objects().knows(kind) {
        return "–".to_owned();
    }
    let has = |case: &&Case| {
        let text = case.golden("operations", word).unwrap_or_default();
        kind.verbs().iter().any(|verb| text.contains(&format!("- {verb}:")))
    };
    match cases.iter().filter(has).count() {
        0 => "known".to_owned(),
        count => format!("yes, {count}"),
    }
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/diff");
    let files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let read = |file: &PathBuf| {
        let name = file.file_stem().unwrap().to_str().unwrap();
        Case::parse(name, &std::fs::read_to_string(file).unwrap()).unwrap()
    };
    files.iter().map(read).collect()
}
