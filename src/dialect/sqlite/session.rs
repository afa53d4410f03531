//! What statements do to a connection of SQLite. Pure.

use super::quote;
use crate::statement::evidence::Words;
use crate::statement::session::{Reach, SessionChange};
use crate::statement::syntax::SQLITE;

/// How many words tell what a statement is.
const BEGINNING: usize = 10;

/// The pragmas that are of the connection; all others are of the file, or change nothing
/// (<https://sqlite.org/pragma.html>). `journal_mode` is of the file where it is `wal`.
const OF_CONNECTION: [&str; 31] = [
    "analysis_limit",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cache_spill",
    "case_sensitive_like",
    "cell_size_check",
    "checkpoint_fullfsync",
    "count_changes",
    "defer_foreign_keys",
    "empty_result_callbacks",
    "foreign_keys",
    "full_column_names",
    "fullfsync",
    "ignore_check_constraints",
    "journal_mode",
    "journal_size_limit",
    "legacy_alter_table",
    "locking_mode",
    "mmap_size",
    "query_only",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "short_column_names",
    "synchronous",
    "temp_store",
    "trusted_schema",
    "wal_autocheckpoint",
    "writable_schema",
];

/// Those of which each file has its own.
const OF_FILES: [&str; 8] = [
    "cache_size",
    "cache_spill",
    "journal_mode",
    "journal_size_limit",
    "locking_mode",
    "mmap_size",
    "secure_delete",
    "synchronous",
];

/// What this statement may do to the connection: the pragma that it sets.
pub(super) fn change(sql: &str) -> SessionChange {
    let mut words = Words::beginning(sql, &SQLITE, BEGINNING);
    if words.take("PRAGMA") {
        let name = words.name().map(|(file, name)| (file, name.to_ascii_lowercase()));
        let is_set = words.is_at("=") || words.is_at("(");
        let known = name.filter(|(_, name)| is_set && OF_CONNECTION.contains(&name.as_str()));
        let of_file = |(file, name): (Option<String>, String)| match file {
            Some(file) if OF_FILES.contains(&name.as_str()) => {
                format!("{}.{name}", quote::ident(&file.to_ascii_lowercase().into()))
            }
            Some(_) | None => name,
        };
        let named: Vec<String> = known.into_iter().map(of_file).collect();
        return SessionChange { reach: if named.is_empty() { Reach::Nothing } else { Reach::Open }, named };
    }
    if words.one_of(&["ATTACH", "DETACH"]).is_some() {
        return SessionChange::of(Reach::Open);
    }
    if words.take("CREATE") && words.has_any(&["TEMP", "TEMPORARY"]) {
        return SessionChange { reach: Reach::Hidden, named: made(words).into_iter().collect() };
    }
    SessionChange::of(Reach::Nothing)
}

/// What CREATE makes that is temporary, by its kind and name: `TABLE temp."w"`.
fn made(mut words: Words<'_>) -> Option<String> {
    while words.one_of(&["TEMP", "TEMPORARY", "VIRTUAL"]).is_some() {}
    let kind = words.one_of(&["TABLE", "VIEW", "TRIGGER"])?;
    words.take_all(&["IF", "NOT", "EXISTS"]);
    let (_, name) = words.name()?;
    Some(format!("{kind} temp.{}", quote::ident(&name.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_change_the_connection() {
        for (sql, expected, named) in [
            ("PRAGMA recursive_triggers = ON", Reach::Open, "recursive_triggers"),
            ("pragma main.Query_Only(1)", Reach::Open, "query_only"),
            ("PRAGMA Archive.synchronous = OFF", Reach::Open, "\"archive\".synchronous"),
            ("PRAGMA foreign_keys", Reach::Nothing, ""),
            ("PRAGMA user_version = 3", Reach::Nothing, ""),
            ("ATTACH 'x' AS y", Reach::Open, ""),
            ("CREATE TEMP TABLE t (a)", Reach::Hidden, "TABLE temp.\"t\""),
            ("CREATE TEMPORARY TABLE IF NOT EXISTS temp.t AS SELECT 1", Reach::Hidden, "TABLE temp.\"t\""),
            ("CREATE VIRTUAL TABLE temp.f USING fts5 (x)", Reach::Hidden, "TABLE temp.\"f\""),
            ("CREATE TEMP TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END", Reach::Hidden, "TRIGGER temp.\"tr\""),
            ("CREATE TABLE t (a)", Reach::Nothing, ""),
            ("INSERT INTO t VALUES (1)", Reach::Nothing, ""),
        ] {
            let found = change(sql);
            assert_eq!((found.reach, found.named.join(" ").as_str()), (expected, named), "{sql}");
        }
    }
}
