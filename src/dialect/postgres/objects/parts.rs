//! The statements of a definition. Pure.

use crate::dialect::postgres::SYNTAX;
use crate::statement::split::split;
use crate::statement::token::{Token, TokenKind, tokens, unquote};

/// The statements; the whole text where it cannot be read.
pub(super) fn pieces(definition: &str) -> Vec<&str> {
    match split(definition, &SYNTAX) {
        Ok(pieces) if !pieces.is_empty() => pieces.into_iter().map(|piece| piece.sql).collect(),
        Ok(_) | Err(_) => vec![definition],
    }
}

/// The statements that take away what completes the former definition only, and those that add what completes the wanted
/// one only. With an index goes what was said of it.
pub(super) fn changed_parts(former: &[&str], wanted: &[&str]) -> (Vec<String>, Vec<String>) {
    // A check of a domain may be made again, and its comment goes with it.
    let is_other = former.first() != wanted.first();
    let (former, wanted) = (former.get(1..).unwrap_or_default(), wanted.get(1..).unwrap_or_default());
    let gone: Vec<&str> = former.iter().filter(|piece| !wanted.contains(piece)).copied().collect();
    let dropped: Vec<String> =
        gone.iter().filter(|piece| starts_with(piece, "CREATE")).filter_map(|piece| index_of(piece)).collect();
    let went_along = |piece: &str| index_of(piece).is_some_and(|index| dropped.contains(&index));
    // The last first: a comment goes before what it is about.
    let undone = gone.iter().rev().filter(|piece| starts_with(piece, "CREATE") || !went_along(piece));
    let undone = undone.filter_map(|piece| undo(piece));
    let again = |piece: &str| went_along(piece) || is_other && is_of_constraint(piece);
    let missing = wanted.iter().filter(|piece| !former.contains(piece) || again(piece));
    (undone.collect(), missing.map(|piece| (*piece).to_owned()).collect())
}

fn is_of_constraint(piece: &str) -> bool {
    words(piece).get(2).is_some_and(|token| token.is_word(piece, "CONSTRAINT"))
}

fn starts_with(piece: &str, word: &str) -> bool {
    words(piece).first().is_some_and(|token| token.is_word(piece, word))
}

/// The tokens that say something.
pub(super) fn words(text: &str) -> Vec<Token> {
    tokens(text, &SYNTAX).unwrap_or_default().into_iter().filter(|token| !token.is_skippable()).collect()
}

/// The name of the index that a statement makes, comments on, or sets the order by.
fn index_of(piece: &str) -> Option<String> {
    let all = words(piece);
    let at = |word: &str| all.iter().position(|token| token.is_word(piece, word));
    let name = if starts_with(piece, "COMMENT") {
        at("INDEX").and(at("IS")?.checked_sub(1))
    } else if starts_with(piece, "CREATE") || all.get(1).is_some_and(|token| token.is_word(piece, "INDEX")) {
        at("INDEX").map(|index| index + 1)
    } else {
        at("CLUSTER").and(all.len().checked_sub(1))
    };
    all.get(name?).map(|token| unquote(token.text(piece)))
}

/// The statement that takes a completing one back; None where there is none.
pub(super) fn undo(piece: &str) -> Option<String> {
    let all = words(piece);
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
    if word(0, "ALTER") && word(1, "DOMAIN") {
        let add = all.iter().position(|token| token.is_word(piece, "ADD"))?;
        let (add, name) = (all.get(add)?, all.get(add + 2)?);
        return Some(format!("{}DROP CONSTRAINT {}", piece.get(..add.start)?, name.text(piece)));
    }
    if word(0, "ALTER") && (word(1, "TEXT") || word(1, "OPERATOR")) {
        return member_dropped(piece, &all);
    }
    if word(0, "ALTER") && word(1, "DEFAULT") && word(2, "PRIVILEGES") {
        return right_reversed(piece, &all);
    }
    let is_setting = word(0, "ALTER") && all.iter().any(|token| token.is_word(piece, "SET"));
    if is_setting && !word(1, "INDEX") && all.iter().any(|token| token.is_word(piece, "DEFAULT")) {
        let set = all.iter().find(|token| token.is_word(piece, "SET"))?;
        return Some(format!("{}DROP DEFAULT", piece.get(..set.start)?));
    }
    if is_setting && word(1, "INDEX") {
        return Some(format!("{} TABLESPACE \"pg_default\"", before("TABLESPACE")?));
    }
    if is_setting && word(1, "MATERIALIZED") {
        return usual_setting(piece, &all);
    }
    if word(0, "ALTER") && all.iter().any(|token| token.is_word(piece, "CLUSTER")) {
        return Some(format!("{} SET WITHOUT CLUSTER", before("CLUSTER")?));
    }
    fires_again(piece, &all)
}

/// `… SET COMPRESSION lz4` → `… SET COMPRESSION default`, `… SET (n_distinct=5)` → `… RESET (n_distinct)`.
fn usual_setting(piece: &str, all: &[Token]) -> Option<String> {
    let set = all.iter().position(|token| token.is_word(piece, "SET"))?;
    let (what, before) = (all.get(set + 1)?, piece.get(..all.get(set)?.start)?);
    if what.is_word(piece, "COMPRESSION") {
        Some(format!("{before}SET COMPRESSION default"))
    } else if what.is_word(piece, "STATISTICS") {
        Some(format!("{before}SET STATISTICS -1"))
    } else {
        Some(format!("{before}RESET ({})", all.get(set + 2)?.text(piece)))
    }
}

/// `… GRANT SELECT ON TABLES TO bob WITH GRANT OPTION` ↔ `… REVOKE SELECT ON TABLES FROM bob`.
fn right_reversed(piece: &str, all: &[Token]) -> Option<String> {
    // The role and the schema may be called so; the rights come behind them.
    let is_on = |token: &Token| token.is_word(piece, "ON");
    let on = all.iter().rposition(is_on)?;
    let verb =
        all.iter().take(on).rposition(|token| token.is_word(piece, "GRANT") || token.is_word(piece, "REVOKE"))?;
    let to = all.get(on + 2)?;
    let option = all.windows(3).find(|three| {
        matches!(three, [with, grant, option] if with.is_word(piece, "WITH") && grant.is_word(piece, "GRANT") && option.is_word(piece, "OPTION"))
    });
    let end = option.and_then(|three| three.first()).map_or(piece.len(), |token| token.start);
    let (verb, is_grant) = (all.get(verb)?, all.get(verb)?.is_word(piece, "GRANT"));
    let (verb_now, to_now) = if is_grant { ("REVOKE", "FROM") } else { ("GRANT", "TO") };
    let (before, rights) = (piece.get(..verb.start)?, piece.get(verb.end..to.start)?);
    Some(format!("{before}{verb_now}{rights}{to_now} {}", piece.get(to.end..end)?.trim()))
}

/// `… ADD MAPPING FOR word WITH simple` → `… DROP MAPPING FOR word`, `… ADD OPERATOR 1 < (a, b)` → `… DROP OPERATOR 1 (a, b)`.
fn member_dropped(piece: &str, all: &[Token]) -> Option<String> {
    let add = all.iter().position(|token| token.is_word(piece, "ADD"))?;
    let before = piece.get(..all.get(add)?.start)?;
    let (kind, number) = (all.get(add + 1)?, all.get(add + 2)?);
    if kind.is_word(piece, "MAPPING") {
        let with = all.iter().rposition(|token| token.is_word(piece, "WITH"))?;
        let what = piece.get(kind.start..all.get(with)?.start)?.trim_end();
        return Some(format!("{before}DROP {what}"));
    }
    let open = all.iter().skip(add).position(|token| token.is_sign(piece, "("))? + add;
    let close = all.iter().skip(open).position(|token| token.is_sign(piece, ")"))? + open;
    let types = piece.get(all.get(open)?.start..all.get(close)?.end)?;
    Some(format!("{before}DROP {} {} {types}", kind.text(piece), number.text(piece)))
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
            (
                "ALTER DOMAIN \"d\" ADD CONSTRAINT \"c\" CHECK (true) NOT VALID",
                "ALTER DOMAIN \"d\" DROP CONSTRAINT \"c\"",
            ),
            (
                "ALTER TEXT SEARCH CONFIGURATION \"c\" ADD MAPPING FOR asciiword WITH \"with\", simple",
                "ALTER TEXT SEARCH CONFIGURATION \"c\" DROP MAPPING FOR asciiword",
            ),
            (
                "ALTER OPERATOR FAMILY \"f\" USING btree ADD OPERATOR 1 app.< (integer, numeric) FOR ORDER BY x",
                "ALTER OPERATOR FAMILY \"f\" USING btree DROP OPERATOR 1 (integer, numeric)",
            ),
            (
                "ALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA b GRANT SELECT, UPDATE ON TABLES TO c WITH GRANT OPTION",
                "ALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA b REVOKE SELECT, UPDATE ON TABLES FROM c",
            ),
            (
                "ALTER DEFAULT PRIVILEGES FOR ROLE a REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
                "ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
            ),
            (
                "ALTER OPERATOR FAMILY \"f\" USING btree ADD FUNCTION 1 (integer, text) f(integer, text)",
                "ALTER OPERATOR FAMILY \"f\" USING btree DROP FUNCTION 1 (integer, text)",
            ),
            ("ALTER EVENT TRIGGER \"x\" DISABLE", "ALTER EVENT TRIGGER \"x\" ENABLE"),
            (
                "ALTER MATERIALIZED VIEW \"v\" ALTER COLUMN \"a\" SET COMPRESSION lz4",
                "ALTER MATERIALIZED VIEW \"v\" ALTER COLUMN \"a\" SET COMPRESSION default",
            ),
            (
                "ALTER MATERIALIZED VIEW \"v\" ALTER COLUMN \"a\" SET STATISTICS 7",
                "ALTER MATERIALIZED VIEW \"v\" ALTER COLUMN \"a\" SET STATISTICS -1",
            ),
            (
                "ALTER MATERIALIZED VIEW \"v\" ALTER COLUMN \"a\" SET (n_distinct=5)",
                "ALTER MATERIALIZED VIEW \"v\" ALTER COLUMN \"a\" RESET (n_distinct)",
            ),
            ("ALTER INDEX \"i\" SET TABLESPACE \"x\"", "ALTER INDEX \"i\" SET TABLESPACE \"pg_default\""),
            ("ALTER VIEW \"v\" ALTER COLUMN \"a\" SET DEFAULT 1", "ALTER VIEW \"v\" ALTER COLUMN \"a\" DROP DEFAULT"),
        ] {
            assert_eq!(undo(made).as_deref(), Some(undone));
        }
        assert_eq!(undo("GRANT SELECT ON v TO x"), None);
    }

    #[test]
    fn with_an_index_goes_what_was_said_of_it() {
        let former = [
            "CREATE",
            "CREATE INDEX one ON m USING btree (a)",
            "ALTER INDEX one SET TABLESPACE s",
            "COMMENT ON INDEX \"one\" IS 'x'",
        ];
        let wanted = [
            "CREATE",
            "CREATE INDEX one ON m USING btree (b)",
            "ALTER INDEX one SET TABLESPACE s",
            "COMMENT ON INDEX \"one\" IS 'x'",
        ];
        let (undone, missing) = changed_parts(&former, &wanted);
        assert_eq!(undone, ["DROP INDEX one"]);
        assert_eq!(missing, &wanted[1..]);
    }

    #[test]
    fn statements_are_told_apart_and_bodies_stay_whole() {
        assert_eq!(pieces("CREATE VIEW v AS\n SELECT ';';\nCOMMENT ON x IS 'y'").len(), 2);
        assert_eq!(pieces("CREATE FUNCTION f() AS $$ a; b; $$").len(), 1);
        assert_eq!(pieces("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; SELECT 2; END").len(), 1);
    }
}
