//! Functions and procedures. Pure.

use crate::dialect::postgres::SYNTAX;
use crate::statement::token::{Token, tokens};

/// The statement, and before it, in the same message, that bodies are not looked at where one may name what comes later:
/// in SQL anything, in PL/pgSQL the types of tables.
pub(super) fn unlooked(sql: &str) -> String {
    if names_ahead(sql) { format!("SET LOCAL check_function_bodies = off;\n{sql}") } else { sql.to_owned() }
}

fn names_ahead(sql: &str) -> bool {
    let Ok(all) = tokens(sql, &SYNTAX) else { return false };
    let all: Vec<&Token> = all.iter().filter(|token| !token.is_skippable()).collect();
    if all.windows(2).any(|two| matches!(two, [a, b] if a.is_word(sql, "BEGIN") && b.is_word(sql, "ATOMIC"))) {
        return false;
    }
    let language = all.windows(2).find_map(|two| match two {
        [word, name] if word.is_word(sql, "LANGUAGE") => Some(name.text(sql).trim_matches(['\'', '"']).to_lowercase()),
        _ => None,
    });
    let typed = |text: &str| text.contains("%type") || text.contains("%rowtype");
    match language.as_deref() {
        Some("sql") => true,
        Some("plpgsql") => typed(&sql.to_lowercase()),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bodies_that_may_name_what_is_not_there_are_not_looked_at() {
        assert!(names_ahead("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"));
        assert!(names_ahead(
            "CREATE FUNCTION f() RETURNS int AS $$ DECLARE a t.b%TYPE; BEGIN END $$ LANGUAGE 'plpgsql'"
        ));
        assert!(!names_ahead("CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN END $$"));
        assert!(!names_ahead("CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END"));
    }
}
