//! What statements do to a session of PostgreSQL. Pure.

use std::iter::Peekable;

use crate::statement::evidence::Words;
use crate::statement::session::{Reach, SessionChange, has_anywhere};
use crate::statement::syntax::POSTGRES;
use crate::statement::token::{Token, TokenKind, tokens};

/// The function that does what SET does.
const SET_CONFIG: &str = "set_config";

/// How many words tell what a statement is.
const BEGINNING: usize = 6;

/// Statements about what the database is made of. Those that read rows on their way are no such.
const DEFINITIONS: [&str; 19] = [
    "ALTER",
    "ANALYZE",
    "CHECKPOINT",
    "CLUSTER",
    "COMMENT",
    "CREATE",
    "DROP",
    "GRANT",
    "IMPORT",
    "LOCK",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "REVOKE",
    "SAVEPOINT",
    "SECURITY",
    "TRUNCATE",
    "VACUUM",
    "RELEASE",
];

/// Statements about rows.
const OF_ROWS: [&str; 10] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE", "COPY", "EXPLAIN"];

/// What this statement may do to the session.
pub(super) fn change(sql: &str) -> SessionChange {
    SessionChange::of(reach(sql))
}

fn reach(sql: &str) -> Reach {
    let mut words = Words::beginning(sql, &POSTGRES, BEGINNING);
    if words.is_over() {
        return Reach::Nothing;
    }
    if has_anywhere(sql, SET_CONFIG) && !is_of_program(sql) {
        return Reach::Open;
    }
    let lasts = words.has_any(&["TEMP", "TEMPORARY"]) || has_anywhere(sql, "pg_temp");
    if words.one_of(&DEFINITIONS).is_some() {
        // CREATE TABLE … AS reads rows.
        return if lasts || has_anywhere(sql, "select") { Reach::Hidden } else { Reach::Nothing };
    }
    if words.one_of(&OF_ROWS).is_some() || words.is_at("(") { Reach::Hidden } else { Reach::Open }
}

/// Whether the statement makes a routine, whose body does nothing yet.
fn is_of_program(sql: &str) -> bool {
    let mut words = Words::beginning(sql, &POSTGRES, BEGINNING);
    words.take("CREATE") && {
        words.take_all(&["OR", "REPLACE"]);
        words.one_of(&["FUNCTION", "PROCEDURE", "VIEW"]).is_some()
    }
}

/// `SELECT set_config('…', '…', false)`, as often as one likes, and nothing else: said again it does the same. Whatever is no
/// literal may be another call.
pub(super) fn is_set_config(sql: &str) -> bool {
    let Ok(all) = tokens(sql, &POSTGRES) else { return false };
    let mut rest = all.iter().filter(|token| !token.is_skippable()).peekable();
    if !rest.next().is_some_and(|token| token.is_word(sql, "SELECT")) {
        return false;
    }
    while takes_call(&mut rest, sql) {
        match rest.next() {
            None => return true,
            Some(token) if token.is_sign(sql, ",") => {}
            Some(token) => return token.is_sign(sql, ";") && rest.next().is_none(),
        }
    }
    false
}

/// Steps over one call with literals alone.
fn takes_call<'t, T: Iterator<Item = &'t Token>>(rest: &mut Peekable<T>, sql: &str) -> bool {
    let is_schema = |token: &&Token| token.name(sql).as_deref() == Some("pg_catalog");
    if rest.next_if(|token| is_schema(token)).is_some() && !rest.next().is_some_and(|token| token.is_sign(sql, ".")) {
        return false;
    }
    let is_it = |token: &Token| token.name(sql).is_some_and(|name| name.eq_ignore_ascii_case(SET_CONFIG));
    let is_literal = |token: &Token| {
        token.kind == TokenKind::String || ["true", "false", "null"].iter().any(|word| token.is_word(sql, word))
    };
    let mut next = |fits: &dyn Fn(&Token) -> bool| rest.next().is_some_and(fits);
    let sign = |sign: &'static str| move |token: &Token| token.is_sign(sql, sign);
    next(&is_it)
        && next(&sign("("))
        && next(&is_literal)
        && next(&sign(","))
        && next(&is_literal)
        && next(&sign(","))
        && next(&is_literal)
        && next(&sign(")"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_change_the_session() {
        for (sql, expected) in [
            ("SET search_path = ''", Reach::Open),
            ("set local role app", Reach::Open),
            ("RESET ALL", Reach::Open),
            ("SELECT pg_catalog.set_config('search_path', '', false)", Reach::Open),
            ("UPDATE t SET a = Set_Config('x.y', a, false)", Reach::Open),
            ("DO $$ BEGIN END $$", Reach::Open),
            ("CALL p()", Reach::Open),
            ("/* x */ discard temp", Reach::Open),
            ("PREPARE p AS SELECT 1", Reach::Open),
            ("LISTEN x", Reach::Open),
            ("SELECT f()", Reach::Hidden),
            ("(SELECT f())", Reach::Hidden),
            ("WITH x AS (SELECT 1) SELECT * FROM x", Reach::Hidden),
            ("INSERT INTO t VALUES (1)", Reach::Hidden),
            ("CREATE TEMP TABLE t (a int)", Reach::Hidden),
            ("CREATE TABLE pg_temp.t (a int)", Reach::Hidden),
            ("CREATE TABLE t AS SELECT 1", Reach::Hidden),
            ("CREATE TABLE t (a int)", Reach::Nothing),
            ("ALTER TABLE t ADD b int", Reach::Nothing),
            ("GRANT SET ON PARAMETER x TO y", Reach::Nothing),
            (
                "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'VALUES (set_config(''a.b'', '''', false))'",
                Reach::Nothing,
            ),
            ("-- nothing", Reach::Nothing),
        ] {
            assert_eq!(reach(sql), expected, "{sql}");
        }
    }

    #[test]
    fn set_config_alone() {
        assert!(is_set_config("SELECT pg_catalog.set_config('search_path', '', false)"));
        assert!(is_set_config("select set_config('a.b', 'c', false), set_config('a.c', 'd', false)"));
        assert!(!is_set_config("SELECT set_config('a.b', max(id)::text, false) FROM t"));
        assert!(!is_set_config("SELECT f()"));
        assert!(!is_set_config("SELECT set_config('a.b', 'c', false), pay_out()"));
        assert!(!is_set_config("SELECT set_config('a.b', nextval('s')::text, false)"));
        assert!(!is_set_config("SELECT set_config('a.b', 'c', false) || pay_out()"));
        assert!(!is_set_config("SELECT own.set_config('a.b', 'c', false)"));
    }
}
