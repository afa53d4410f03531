//! Domains: columns hold on to them, so they are changed in place. Pure.

use super::parts::{pieces, words};
use crate::statement::token::Token;

/// `CREATE DOMAIN d AS integer DEFAULT 0 NOT NULL CONSTRAINT c CHECK (VALUE > 0)`, taken apart.
struct Parts<'t> {
    name: &'t str,
    /// What cannot be changed: the type, and its collation.
    base: &'t str,
    default: Option<&'t str>,
    not_null: bool,
    /// Name and text of each check.
    checks: Vec<(&'t str, &'t str)>,
}

/// The statements that make one of the other; None where its type differs, or a text cannot be read.
pub(super) fn alter(former: &str, wanted: &str) -> Option<Vec<String>> {
    let (from, to) = (parts(former)?, parts(wanted)?);
    if from.base != to.base || from.name != to.name {
        return None;
    }
    let head = format!("ALTER DOMAIN {}", to.name);
    let gone = from.checks.iter().filter(|check| !to.checks.contains(check));
    let mut all: Vec<String> = gone.map(|(name, _)| format!("{head} DROP CONSTRAINT {name}")).collect();
    if from.default != to.default {
        all.push(to.default.map_or_else(|| format!("{head} DROP DEFAULT"), |text| format!("{head} SET {text}")));
    }
    if from.not_null != to.not_null {
        all.push(format!("{head} {} NOT NULL", if to.not_null { "SET" } else { "DROP" }));
    }
    let added = to.checks.iter().filter(|check| !from.checks.contains(check));
    all.extend(added.map(|(name, text)| format!("{head} ADD CONSTRAINT {name} {text}")));
    Some(all)
}

/// The type, without a collation.
pub(super) fn base(definition: &str) -> Option<String> {
    let base = parts(pieces(definition).first()?)?.base;
    Some(base.split(" COLLATE ").next().unwrap_or(base).to_owned())
}

fn parts(sql: &str) -> Option<Parts<'_>> {
    let all = words(sql);
    let as_at = all.iter().position(|token| token.is_word(sql, "AS"))?;
    let name = sql.get(all.get(2)?.start..all.get(as_at)?.start)?.trim();
    let starts = starts(sql, &all, as_at);
    let text = |from: usize, to: Option<usize>| {
        let end = to.and_then(|to| all.get(to)).map_or(sql.len(), |token| token.start);
        sql.get(all.get(from)?.start..end).map(str::trim)
    };
    let base = text(as_at + 1, starts.first().copied())?;
    let mut parts = Parts { name, base, default: None, not_null: false, checks: Vec::new() };
    for (at, start) in starts.iter().enumerate() {
        let clause = text(*start, starts.get(at + 1).copied())?;
        let first = all.get(*start)?;
        if first.is_word(sql, "DEFAULT") {
            parts.default = Some(clause);
        } else if first.is_word(sql, "NOT") {
            parts.not_null = true;
        } else if first.is_word(sql, "CONSTRAINT") {
            let name = all.get(start + 1)?.text(sql);
            parts.checks.push((name, text(start + 2, starts.get(at + 1).copied())?));
        } else {
            // A check without a name: the server gives one that is not known here.
            return None;
        }
    }
    Some(parts)
}

/// Where the clauses begin, outside of parentheses.
fn starts(sql: &str, all: &[Token], as_at: usize) -> Vec<usize> {
    let (mut depth, mut starts) = (0_i32, Vec::new());
    let mut is_named = false;
    for (at, token) in all.iter().enumerate().skip(as_at + 1) {
        match token.text(sql) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            _ => {}
        }
        let word = |word: &str| depth == 0 && token.is_word(sql, word);
        let not_null = word("NOT") && all.get(at + 1).is_some_and(|next| next.is_word(sql, "NULL"));
        if word("DEFAULT") || word("CONSTRAINT") || not_null || word("CHECK") && !is_named {
            starts.push(at);
        }
        is_named = word("CONSTRAINT") || is_named && !word("CHECK");
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_changed_one_by_one() {
        let from = "CREATE DOMAIN \"d\" AS numeric(10,2)\n    DEFAULT 0\n    CONSTRAINT \"a\" CHECK ((VALUE > 0))";
        let to = "CREATE DOMAIN \"d\" AS numeric(10,2)\n    NOT NULL\n    CONSTRAINT \"a\" CHECK ((VALUE > 1))";
        assert_eq!(
            alter(from, to).unwrap(),
            [
                "ALTER DOMAIN \"d\" DROP CONSTRAINT \"a\"",
                "ALTER DOMAIN \"d\" DROP DEFAULT",
                "ALTER DOMAIN \"d\" SET NOT NULL",
                "ALTER DOMAIN \"d\" ADD CONSTRAINT \"a\" CHECK ((VALUE > 1))",
            ]
        );
        assert_eq!(alter(to, from).unwrap().len(), 4);
        assert_eq!(alter(from, "CREATE DOMAIN \"d\" AS text"), None);
        assert_eq!(alter(from, "CREATE DOMAIN \"d\" AS numeric(10,2) CHECK (VALUE > 0)"), None);
    }
}
