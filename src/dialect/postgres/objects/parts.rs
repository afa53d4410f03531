//! The statements of a definition. Pure.

use crate::dialect::postgres::SYNTAX;
use crate::statement::split::split;
use crate::statement::token::{Token, TokenKind, tokens};

/// The statements; the whole text where it cannot be read.
pub(super) fn pieces(definition: &str) -> Vec<&str> {
    match split(definition, &SYNTAX) {
        Ok(pieces) if !pieces.is_empty() => pieces.into_iter().map(|piece| piece.sql).collect(),
        Ok(_) | Err(_) => vec![definition],
    }
}

/// The statement that takes a completing one back; None where there is none.
pub(super) fn undo(piece: &str) -> Option<String> {
    let all: Vec<Token> = tokens(piece, &SYNTAX).ok()?.into_iter().filter(|token| !token.is_skippable()).collect();
    let word = |at: usize, word: &str| all.get(at).is_some_and(|token| token.is_word(piece, word));
    let before = |word: &str| {
        let token = all.iter().rev().find(|token| token.is_word(piece, word))?;
        piece.get(..token.start).map(str::trim_end)
    };
    if word(0, "COMMENT") {
        return Some(format!("{} IS NULL", before("IS")?));
    }
    if word(0, "CREATE") && (word(1, "INDEX") || word(1, "UNIQUE")) {
        return Some(format!("DROP INDEX {}", index_name(piece, &all)?));
    }
    let is_setting = word(0, "ALTER") && all.iter().any(|token| token.is_word(piece, "SET"));
    if is_setting && all.iter().any(|token| token.is_word(piece, "DEFAULT")) {
        let set = all.iter().find(|token| token.is_word(piece, "SET"))?;
        return Some(format!("{}DROP DEFAULT", piece.get(..set.start)?));
    }
    if word(0, "ALTER") && all.iter().any(|token| token.is_word(piece, "CLUSTER")) {
        return Some(format!("{} SET WITHOUT CLUSTER", before("CLUSTER")?));
    }
    fires_again(piece, &all)
}

/// `ALTER TABLE t DISABLE TRIGGER x` → `ALTER TABLE t ENABLE TRIGGER x`.
fn fires_again(piece: &str, all: &[Token]) -> Option<String> {
    let start = all.iter().position(|token| token.is_word(piece, "DISABLE") || token.is_word(piece, "ENABLE"))?;
    let before = piece.get(..all.get(start)?.start)?;
    let rest = all.iter().skip(start).find(|token| token.is_word(piece, "TRIGGER") || token.is_word(piece, "RULE"));
    let rest = rest.and_then(|token| piece.get(token.start..));
    Some(format!("{before}ENABLE {}", rest.unwrap_or_default()).trim_end().to_owned())
}

/// What stands between INDEX and ON.
fn index_name<'t>(piece: &'t str, all: &[Token]) -> Option<&'t str> {
    let index = all.iter().position(|token| token.is_word(piece, "INDEX"))?;
    all.get(index + 1)
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent))
        .map(|token| token.text(piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completing_statements_are_taken_back() {
        for (made, undone) in [
            ("COMMENT ON COLUMN \"v\".\"a\" IS 'it IS so'", "COMMENT ON COLUMN \"v\".\"a\" IS NULL"),
            ("CREATE UNIQUE INDEX \"i on\" ON m USING btree (a)", "DROP INDEX \"i on\""),
            ("ALTER TABLE \"t\" DISABLE TRIGGER \"x\"", "ALTER TABLE \"t\" ENABLE TRIGGER \"x\""),
            ("ALTER TABLE \"t\" ENABLE ALWAYS RULE \"x\"", "ALTER TABLE \"t\" ENABLE RULE \"x\""),
            ("ALTER EVENT TRIGGER \"x\" DISABLE", "ALTER EVENT TRIGGER \"x\" ENABLE"),
            ("ALTER VIEW \"v\" ALTER COLUMN \"a\" SET DEFAULT 1", "ALTER VIEW \"v\" ALTER COLUMN \"a\" DROP DEFAULT"),
        ] {
            assert_eq!(undo(made).as_deref(), Some(undone));
        }
        assert_eq!(undo("GRANT SELECT ON v TO x"), None);
    }

    #[test]
    fn statements_are_told_apart_and_bodies_stay_whole() {
        assert_eq!(pieces("CREATE VIEW v AS\n SELECT ';';\nCOMMENT ON x IS 'y'").len(), 2);
        assert_eq!(pieces("CREATE FUNCTION f() AS $$ a; b; $$").len(), 1);
        assert_eq!(pieces("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; SELECT 2; END").len(), 1);
    }
}
