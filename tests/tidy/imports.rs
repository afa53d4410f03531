//! Who imports whom: the table of docs/ARCHITECTURE.md, and nothing but it.

use super::Finding;
use super::source::{CodePath, Source, Token, Tree, after_brackets, paths};

/// What a module may import of ours, besides itself and `error`.
enum Imports {
    Only(&'static [&'static str]),
    /// Everything but these.
    AllBut(&'static [&'static str]),
}
use Imports::{AllBut, Only};

/// Every module directly under the crate. A new module gets a line here, and a reason in docs/ARCHITECTURE.md.
const MAY_IMPORT: &[(&str, Imports)] = &[
    ("error", Only(&[])),
    ("amount", Only(&[])),
    ("schema", Only(&[])),
    ("graph", Only(&[])),
    ("draw", Only(&["graph"])),
    ("yaml", Only(&[])),
    ("secret", Only(&[])),
    ("text_file", Only(&[])),
    ("ops", Only(&["schema"])),
    ("encode", Only(&["schema", "ops"])),
    ("import", Only(&["graph", "revision", "schema", "text_file", "dialect"])),
    ("embedded", Only(&["revision"])),
    ("build", Only(&["revision", "config", "text_file"])),
    ("blocking", Only(&["migrator", "db", "execute"])),
    ("cache", Only(&["schema", "encode"])),
    ("statement", Only(&["schema"])),
    ("dialect", Only(&["schema", "ops", "statement", "db"])), // db: only the files of `reads_a_database`
    ("data", Only(&["schema", "ops", "statement", "dialect"])),
    ("format", Only(&["amount", "schema", "ops", "yaml", "dialect"])),
    ("model", Only(&["amount", "schema", "ops", "statement", "dialect", "format", "yaml", "text_file"])),
    ("diff", Only(&["schema", "ops", "statement", "dialect"])),
    ("db", Only(&["schema", "secret", "statement"])),
    ("revision", Only(&["amount", "schema", "ops", "graph", "dialect", "format", "yaml", "text_file", "encode"])),
    ("plan", Only(&["schema", "statement", "graph", "ops", "revision", "dialect"])),
    (
        "execute",
        Only(&[
            "amount",
            "schema",
            "statement",
            "ops",
            "data",
            "graph",
            "plan",
            "revision",
            "dialect",
            "db",
            "orm",
            "script",
            "cache",
        ]),
    ),
    ("orm", Only(&["schema", "statement", "db", "dialect"])),
    ("script", Only(&["statement"])),
    ("quality", Only(&["schema", "statement", "dialect", "model", "db"])),
    (
        "check",
        Only(&[
            "schema",
            "ops",
            "statement",
            "dialect",
            "model",
            "diff",
            "graph",
            "revision",
            "execute",
            "plan",
            "db",
            "config",
            "cache",
            "text_file",
            "data",
        ]),
    ),
    ("config", Only(&["amount", "db", "secret", "text_file", "yaml"])),
    ("report", AllBut(&["cli", "config", "migrator"])),
    ("migrator", AllBut(&["cli", "report", "config"])),
    ("cli", AllBut(&[])),
    ("lib", AllBut(&[])),
    ("main", AllBut(&[])),
];

/// What one file may import beside what its module may.
const MAY_ALSO_IMPORT: &[(&str, &[&str])] = &[
    // Models are judged and made in a scratch place: from nothing to what they say.
    ("execute::scratch", &["model", "diff"]),
    ("execute::scratch::groups", &["model"]),
    ("execute::scratch::making", &["model"]),
];

/// The folders of `dialect/`.
pub(crate) const DATABASES: [&str; 3] = ["sqlite", "postgres", "mysql"];

/// What the crate's root offers to every module: the contents of `error`.
const OF_THE_ROOT: [&str; 4] = ["Error", "Kind", "Place", "Result"];

/// Judges every path that leaves its module.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.src().flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    if !MAY_IMPORT.iter().any(|(module, _)| *module == source.top()) {
        let message = format!("the module {} is not in the table of imports", source.top());
        return vec![Finding { file: source.path.clone(), line: 0, message }];
    }
    let inline = inline_modules(&source.code);
    let complaints = paths(&source.code).into_iter().filter_map(|path| {
        let depth = inline.iter().filter(|(begin, end)| (*begin..*end).contains(&path.at)).count();
        let message = judge(&source.module, depth, &path)?;
        Some(Finding { file: source.path.clone(), line: path.line, message })
    });
    complaints.collect()
}

/// Where `mod name { … }` stand.
fn inline_modules(code: &[Token]) -> Vec<(usize, usize)> {
    let begins = code.windows(3).enumerate().filter(|(_, three)| three[0].is_word("mod") && three[2].is_mark('{'));
    begins.map(|(index, _)| (index, after_brackets(code, index + 2))).collect()
}

/// What is wrong with this path, in this module, under so many inline modules.
fn judge(module: &[String], depth: usize, path: &CodePath) -> Option<String> {
    let parts: Vec<&str> = path.parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["crate", "{", ..] => Some("crate::{ hides what is imported: write a line per module".to_owned()),
        ["super", "super", ..] => Some("super::super: write crate::".to_owned()),
        ["crate", to @ ..] => may_import(module, to),
        ["super", ..] if depth > 0 => None,
        ["super", ..] if module.len() == 1 => Some("super:: leaves the module: write crate::".to_owned()),
        ["super", rest @ ..] => {
            let above = &module[..module.len() - 1];
            let to: Vec<&str> = above.iter().map(String::as_str).chain(rest.iter().copied()).collect();
            may_import(module, &to)
        }
        _ => None,
    }
}

fn may_import(from: &[String], to: &[&str]) -> Option<String> {
    let (from_top, to_top) = (from.first()?.as_str(), *to.first()?);
    if matches!(from_top, "lib" | "main") || OF_THE_ROOT.contains(&to_top) || to_top == "error" {
        return None;
    }
    if to_top == "dialect" {
        let complaint = crosses_dialects(from, to);
        if complaint.is_some() {
            return complaint;
        }
    }
    if from_top == to_top {
        return None;
    }
    let allowed = match MAY_IMPORT.iter().find(|(module, _)| *module == from_top) {
        Some((_, Only(modules))) => modules.contains(&to_top),
        Some((_, AllBut(modules))) => !modules.contains(&to_top),
        None => false,
    };
    let own = from.join("::");
    let allowed = allowed || MAY_ALSO_IMPORT.iter().any(|(file, modules)| *file == own && modules.contains(&to_top));
    if !allowed || !MAY_IMPORT.iter().any(|(module, _)| *module == to_top) {
        return Some(format!("{from_top} may not import {to_top}"));
    }
    if from_top == "dialect" && to_top == "db" && !reads_a_database(from) {
        return Some(format!("{own} is pure and may not import db"));
    }
    None
}

/// One dialect in another, or in a module outside `dialect`; only `dialect` itself lists them.
fn crosses_dialects(from: &[String], to: &[&str]) -> Option<String> {
    let target = to.get(1).filter(|name| DATABASES.contains(name))?;
    let own = from.first().is_some_and(|top| top == "dialect");
    match from.get(1) {
        None if own => None,
        Some(name) if own && name == target => None,
        _ => Some(format!("{} may not import dialect::{target}: ask the Dialect", from.join("::"))),
    }
}

/// The files of `dialect` with signatures of `db`: the traits' own, the folder of a database, `inspect`, `lock`,
/// `scratch` and `preflight` in it, and `live`, which is tests only.
pub(crate) fn reads_a_database(module: &[String]) -> bool {
    let names: Vec<&str> = module.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["dialect"] | ["dialect", "server"] => true,
        ["dialect", database] => DATABASES.contains(database),
        ["dialect", _, file, ..] => matches!(*file, "inspect" | "lock" | "scratch" | "preflight" | "live"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(path: &str, text: &str, message: &str) {
        let found = check(&Tree::of(&[(path, text)]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].message.contains(message), "{found:?}");
    }

    #[track_caller]
    fn allows(path: &str, text: &str) {
        assert_eq!(check(&Tree::of(&[(path, text)])), []);
    }

    #[test]
    fn the_table_decides() {
        finds("src/schema/table.rs", "use crate::ops::Operation;", "schema may not import ops");
        finds("src/ops/mod.rs", "fn f() { crate::diff::run() }", "ops may not import diff");
        finds("src/orm/session.rs", "use crate::graph::Graph;", "orm may not import graph");
        finds("src/execute/mod.rs", "use crate::cli::Args;", "execute may not import cli");
        finds("src/plan/mod.rs", "macro_rules! m { () => { $crate::db::x() } }", "plan may not import db");
        finds("src/migrator/mod.rs", "use crate::report::Printer;", "migrator may not import report");
        allows("src/diff/mod.rs", "use crate::schema::Pair; use crate::ops::Operation; use crate::dialect::Dialect;");
        allows("src/cli/mod.rs", "use crate::report::Printer; use crate::dialect::Dialect;");
        allows("src/schema/mod.rs", "use crate::error::Error; fn f() -> crate::Result<()> { Ok(()) }");
        finds("src/execute/locked.rs", "use crate::model::Models;", "execute may not import model");
        allows("src/execute/scratch.rs", "use crate::model::Models;");
        allows("src/lib.rs", "pub use crate::error::Error; mod db;");
    }

    #[test]
    fn a_group_does_not_hide_a_module() {
        finds("src/ops/mod.rs", "use crate::{schema::Table};", "crate::{");
        finds("src/diff/mod.rs", "use crate::dialect::{Dialect, mysql::Types};", "dialect::mysql");
    }

    #[test]
    fn super_stays_inside() {
        finds("src/ops/apply/table.rs", "use super::super::Operation;", "super::super");
        finds("src/ops/mod.rs", "use super::schema::Table;", "leaves the module");
        finds("src/graph.rs", "use super::Error;", "leaves the module");
        allows("src/ops/table.rs", "use super::Operation;");
        allows("src/graph.rs", "fn f() {} mod inner { use super::f; }");
    }

    #[test]
    fn dialects_stay_apart() {
        finds("src/dialect/postgres/types.rs", "use crate::dialect::mysql::types::T;", "may not import dialect::mysql");
        finds("src/dialect/postgres/mod.rs", "use super::sqlite::quote;", "may not import dialect::sqlite");
        finds("src/plan/mod.rs", "use crate::dialect::sqlite::rebuild;", "ask the Dialect");
        finds("src/dialect/types.rs", "use super::mysql::types;", "may not import dialect::mysql");
        allows("src/dialect/mod.rs", "fn all() { [crate::dialect::mysql::DIALECT]; }");
        allows(
            "src/dialect/mysql/types.rs",
            "use crate::dialect::mysql::quote; use super::capabilities; use crate::dialect::Dialect;",
        );
    }

    #[test]
    fn pure_files_of_a_dialect_know_no_database() {
        finds("src/dialect/mysql/render.rs", "use crate::db::Connection;", "is pure and may not import db");
        finds("src/dialect/capabilities.rs", "use crate::db::Connection;", "is pure and may not import db");
        allows("src/dialect/mysql/inspect/tables.rs", "use crate::db::Row;");
        allows("src/dialect/mysql/scratch.rs", "use crate::db::Connection;");
        allows("src/dialect/mysql/lock.rs", "use crate::db::Connection;");
        allows("src/dialect/mod.rs", "use crate::db::Connection;");
    }

    #[test]
    fn a_module_needs_a_line_in_the_table() {
        finds("src/helpers.rs", "fn f() {}", "not in the table");
        finds("src/cli/mod.rs", "use crate::helpers::f;", "cli may not import helpers");
    }

    #[test]
    fn tests_and_comments_import_what_they_like() {
        allows(
            "src/schema/mod.rs",
            "// crate::cli::x\n#[cfg(test)]\nmod tests { use crate::cli::x; use super::super::y; }",
        );
        allows("src/schema/mod.rs", "fn f() -> &'static str { \"crate::cli::x\" }");
    }
}
