//! What statements do to a session of MariaDB and MySQL. Pure.

use super::quote;
use crate::schema::{Ident, Name};
use crate::statement::evidence::Words;
use crate::statement::session::{Reach, SessionChange, has_anywhere};
use crate::statement::syntax::MYSQL;

/// How many words tell what a statement is.
const BEGINNING: usize = 10;

/// Statements that change the session, or of which nobody knows what they do.
const OPEN: [&str; 16] = [
    "SET", "USE", "LOCK", "UNLOCK", "CALL", "EXECUTE", "PREPARE", "DO", "BEGIN", "IF", "CASE", "LOOP", "WHILE",
    "REPEAT", "FOR", "XA",
];

/// Statements about rows: what they call, and triggers, may change settings.
const OF_ROWS: [&str; 10] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VALUES", "LOAD", "HANDLER", "TABLE"];

/// What this statement may do to the session: the user variables that it names, and the temporary table that it makes.
pub(super) fn change(sql: &str) -> SessionChange {
    let mut words = Words::beginning(sql, &MYSQL, BEGINNING);
    if is_of_server(&mut words) {
        let named = variables(sql);
        let reach = if named.is_empty() { Reach::Nothing } else { Reach::Hidden };
        return SessionChange { reach, named };
    }
    if let Some(table) = temporary(&mut words) {
        return SessionChange { reach: Reach::Hidden, named: table.into_iter().chain(variables(sql)).collect() };
    }
    let reach = if words.one_of(&OPEN).is_some() {
        Reach::Open
    } else if words.take("FLUSH") {
        // A lock on everything.
        if words.has_any(&["LOCK", "EXPORT"]) { Reach::Open } else { Reach::Nothing }
    } else if words.one_of(&OF_ROWS).is_some() || words.is_at("(") {
        Reach::Hidden
    } else {
        copied(&mut words, sql)
    };
    let named = if reach == Reach::Nothing { Vec::new() } else { variables(sql) };
    SessionChange { reach, named }
}

/// `SET` of what belongs to the server or to a user.
fn is_of_server(words: &mut Words<'_>) -> bool {
    ["PASSWORD", "GLOBAL", "PERSIST", "PERSIST_ONLY"].iter().any(|word| words.take_all(&["SET", word]))
        && !words.has_any(&["SESSION", "LOCAL"])
}

/// `CREATE TABLE … SELECT` reads rows.
fn copied(words: &mut Words<'_>, sql: &str) -> Reach {
    words.take("CREATE");
    words.take_all(&["OR", "REPLACE"]);
    if words.take("TABLE") && has_anywhere(sql, "select") { Reach::Hidden } else { Reach::Nothing }
}

/// The temporary table that is made, in SQL; the inner `None`: its name cannot be read.
fn temporary(words: &mut Words<'_>) -> Option<Option<String>> {
    let is_made = words.take_all(&["CREATE", "TEMPORARY"]) || words.take_all(&["CREATE", "OR", "REPLACE", "TEMPORARY"]);
    is_made.then(|| {
        words.take("TABLE");
        words.take_all(&["IF", "NOT", "EXISTS"]);
        words.name().map(|(schema, name)| quote::name(&Name::new(schema.map(Ident::from), name)))
    })
}

/// The user variables that a statement names.
fn variables(sql: &str) -> Vec<String> {
    let names = if sql.contains('@') { Words::of(sql, &MYSQL).names_behind("@") } else { Vec::new() };
    names.into_iter().map(|name| format!("@{}", quote::ident(&Ident::from(name)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_change_the_session() {
        for (sql, expected, named) in [
            ("SET foreign_key_checks = 0", Reach::Open, ""),
            (
                "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */",
                Reach::Open,
                "@`OLD_SQL_MODE`",
            ),
            ("SET @a = 1, @`b c` := @@session.x", Reach::Open, "@`a` @`b c`"),
            ("SELECT max(id) INTO @a FROM t", Reach::Hidden, "@`a`"),
            ("SET GLOBAL max_connections = 5", Reach::Nothing, ""),
            ("SET GLOBAL max_connections = 5, @a = 1", Reach::Hidden, "@`a`"),
            ("SET PASSWORD = 'x'", Reach::Nothing, ""),
            ("SET PASSWORD FOR 'a'@'b' = 'x'", Reach::Nothing, ""),
            ("USE other", Reach::Open, ""),
            ("LOCK TABLES t WRITE", Reach::Open, ""),
            ("CALL p()", Reach::Open, ""),
            ("BEGIN NOT ATOMIC SET sql_mode = ''; END", Reach::Open, ""),
            ("FLUSH TABLES WITH READ LOCK", Reach::Open, ""),
            ("FLUSH PRIVILEGES", Reach::Nothing, ""),
            ("INSERT INTO t VALUES ('a@b')", Reach::Hidden, ""),
            ("CREATE TEMPORARY TABLE IF NOT EXISTS d.t (a int)", Reach::Hidden, "`d`.`t`"),
            ("CREATE TABLE t AS SELECT 1", Reach::Hidden, ""),
            ("CREATE TABLE t (a int)", Reach::Nothing, ""),
            ("CREATE PROCEDURE p() BEGIN SELECT 1; END", Reach::Nothing, ""),
            ("CREATE DEFINER=`root`@`%` VIEW v AS SELECT 1", Reach::Nothing, ""),
            ("ALTER TABLE t ADD b int", Reach::Nothing, ""),
        ] {
            let found = change(sql);
            assert_eq!((found.reach, found.named.join(" ").as_str()), (expected, named), "{sql}");
        }
    }
}
