//! What tells on SQLite whether a statement took effect: everything goes into one transaction with its note, but for
//! what SQLite refuses there.

use crate::statement::classify::outside_transaction;
use crate::statement::evidence::{Evidence, Words};
use crate::statement::split::split;
use crate::statement::syntax::SQLITE;

/// What tells whether this statement took effect.
pub(super) fn evidence(sql: &str) -> Evidence {
    let pieces = split(sql, &SQLITE).unwrap_or_default();
    let Some(piece) = pieces.first() else { return Evidence::Unknowable };
    let mut words = Words::of(sql, &SQLITE);
    if words.one_of(&["PRAGMA", "ATTACH", "DETACH"]).is_some() {
        return Evidence::Session;
    }
    if words.take("CREATE") && words.one_of(&["TEMP", "TEMPORARY"]).is_some() {
        return Evidence::Temporary;
    }
    if outside_transaction(piece, &SQLITE).is_some() { Evidence::Repeatable } else { Evidence::Together }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_has_its_evidence() {
        assert_eq!(evidence("CREATE TABLE t (a)"), Evidence::Together);
        assert_eq!(evidence("VACUUM"), Evidence::Repeatable);
        assert_eq!(evidence("PRAGMA journal_mode = wal"), Evidence::Session);
        assert_eq!(evidence("CREATE TEMP TABLE t (a)"), Evidence::Temporary);
    }
}
