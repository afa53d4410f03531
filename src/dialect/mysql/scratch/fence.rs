//! What may not run in a scratch place, for it reaches out of it: to another database, or to the whole server. Pure: no I/O.
//!
//! A scratch place is a database beside the user's own on the same server. A name without a database means the scratch
//! place; what names another one is refused where it would write there. Bodies of routines and views are only made, not run.

use crate::statement::evidence::Words;
use crate::statement::syntax::MYSQL;
use crate::statement::token::{Lexer, Token, TokenKind};

/// The other databases that the login may see, but for those that can only be read.
pub(in crate::dialect::mysql) const NEIGHBOURS: &str = "SELECT schema_name FROM information_schema.schemata WHERE schema_name <> \
     COALESCE(DATABASE(), '') AND schema_name NOT IN ('information_schema', 'performance_schema', 'sys')";

/// Statements that work on the server, or on what is no table of a database.
const OF_SERVER: [&str; 15] = [
    "USE",
    "SHUTDOWN",
    "RESTART",
    "KILL",
    "PURGE",
    "RESET",
    "CHANGE",
    "STOP",
    "INSTALL",
    "UNINSTALL",
    "LOAD",
    "CLONE",
    "IMPORT",
    "BINLOG",
    "BACKUP",
];

/// Kinds of things that no database holds.
const KINDS_OF_SERVER: [&str; 8] =
    ["DATABASE", "SCHEMA", "TABLESPACE", "SERVER", "LOGFILE", "UNDO", "RESOURCE", "INSTANCE"];

/// Words behind ALTER DATABASE that leave out its name: it is the current one.
const OF_CURRENT: [&str; 7] = ["CHARACTER", "CHARSET", "COLLATE", "DEFAULT", "COMMENT", "ENCRYPTION", "READ"];

/// What says the settings of the server, and what makes it read its tables of rights again.
pub(in crate::dialect::mysql) fn is_left_out(sql: &str) -> bool {
    let mut words = Words::beginning(sql, &MYSQL, 8);
    words.take("FLUSH") || words.take("SET") && sets_global(sql) && !Words::of(sql, &MYSQL).has_comma()
}

/// Whether names mean another database behind it.
pub(in crate::dialect::mysql) fn moves(sql: &str) -> bool {
    Words::beginning(sql, &MYSQL, 1).take("USE")
}

/// Why a statement would reach out of the scratch place.
pub(in crate::dialect::mysql) fn reaches_out(sql: &str, neighbours: &[String]) -> Option<String> {
    of_server(sql).or_else(|| of_neighbour(sql, neighbours))
}

fn sets_global(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    let said = ["@@global.", "@@persist.", "@@persist_only."].iter().any(|prefix| lower.contains(prefix));
    let statement = Statement::of(sql);
    let begins = |at: usize| at == 1 || statement.is_sign(at - 1, ",");
    let is_word = |at: usize| statement.is(at, &["GLOBAL", "PERSIST", "PERSIST_ONLY"]);
    said || (1..statement.tokens.len()).any(|at| begins(at) && is_word(at))
}

fn of_server(sql: &str) -> Option<String> {
    let mut words = Words::beginning(sql, &MYSQL, 12);
    if let Some(verb) = words.one_of(&OF_SERVER) {
        return Some(format!("{verb} reaches the whole server"));
    }
    if words.take("SET") {
        return sets_global(sql)
            .then(|| "one of several settings is the server's: say it in a statement of its own".to_owned());
    }
    if let Some(verb) = words.one_of(&["CREATE", "ALTER", "DROP"]) {
        words.take_all(&["OR", "REPLACE"]);
        if words.take_all(&["SPATIAL", "REFERENCE"]) {
            return Some(format!("{verb} SPATIAL REFERENCE SYSTEM reaches the whole server"));
        }
        let kind = words.one_of(&KINDS_OF_SERVER);
        let is_current = verb == "ALTER" && OF_CURRENT.iter().any(|word| words.is_next(word));
        let makes_code = verb == "CREATE" && Words::of(sql, &MYSQL).has_any(&["SONAME"]);
        return match kind.filter(|_| !is_current) {
            Some(kind) => Some(format!("{verb} {kind} reaches the whole server")),
            None => makes_code.then(|| "a function of a library is made for the whole server".to_owned()),
        };
    }
    Words::of(sql, &MYSQL).has_any(&["OUTFILE", "DUMPFILE"]).then(|| "it writes a file on the server".to_owned())
}

fn of_neighbour(sql: &str, neighbours: &[String]) -> Option<String> {
    let lower = sql.to_lowercase();
    let named: Vec<&String> = neighbours.iter().filter(|name| lower.contains(&name.to_lowercase())).collect();
    if named.is_empty() || !lower.contains('.') {
        return None;
    }
    let statement = Statement::of(sql);
    let reached = named.into_iter().find(|name| statement.writes_in(name))?;
    Some(format!("it would change the database {reached}"))
}

/// A statement, to be searched for names with a database.
struct Statement<'t> {
    sql: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Statement<'t> {
    fn of(sql: &'t str) -> Self {
        let tokens = Lexer::new(sql, 1, &MYSQL).map_while(Result::ok);
        let counts = |token: &Token| !token.is_skippable() && token.kind != TokenKind::Executable;
        Self { sql, tokens: tokens.filter(counts).collect() }
    }

    fn is(&self, at: usize, words: &[&str]) -> bool {
        self.tokens.get(at).is_some_and(|token| words.iter().any(|word| token.is_word(self.sql, word)))
    }

    fn is_sign(&self, at: usize, sign: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_sign(self.sql, sign))
    }

    fn first(&self, words: &[&str]) -> Option<usize> {
        (0..self.tokens.len()).find(|at| self.is(*at, words))
    }

    /// Where `name.` stands as a database.
    fn places<'s>(&'s self, name: &'s str) -> impl Iterator<Item = usize> + 's {
        let is_named = |at: usize| {
            let token = self.tokens.get(at).and_then(|token| token.name(self.sql));
            token.is_some_and(|token| token.eq_ignore_ascii_case(name))
        };
        let is_free = |at: usize| at == 0 || !self.is_sign(at - 1, ".") && !self.is_sign(at - 1, "@");
        (0..self.tokens.len()).filter(move |at| is_named(*at) && self.is_sign(at + 1, ".") && is_free(*at))
    }

    fn writes_in(&self, name: &str) -> bool {
        let mut places = self.places(name);
        let calls = |at: usize| self.is_sign(at + 3, "(");
        if self.is(0, &["CREATE", "ALTER"]) {
            let end = self.end_of_head();
            return places.any(|at| at < end && self.is_made(at));
        }
        if self.is(0, &["INSERT", "REPLACE"]) {
            let end = self.first(&["VALUES", "VALUE", "SELECT", "SET", "WITH", "TABLE"]).unwrap_or(usize::MAX);
            return places.any(|at| at < end || calls(at));
        }
        if self.is(0, &["SELECT", "EXPLAIN", "SHOW", "GRANT", "REVOKE"]) {
            return places.any(calls);
        }
        if self.is(0, &["UPDATE", "DELETE", "WITH"]) {
            let is_query = self.is(0, &["WITH"]) && self.first(&["UPDATE", "DELETE", "INSERT"]).is_none();
            return places.any(|at| calls(at) || !is_query && self.is_of_table(at, name));
        }
        if self.is(0, &["SET", "PREPARE", "EXECUTE", "BEGIN", "DO", "IF"]) {
            return self.says(name);
        }
        places.next().is_some()
    }

    /// Behind which nothing is made any more: a body, or a query.
    fn end_of_head(&self) -> usize {
        const KINDS: [&str; 9] =
            ["TABLE", "VIEW", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "INDEX", "SEQUENCE", "PACKAGE"];
        let kind = self.first(&KINDS).unwrap_or_default();
        let stops: &[&str] = match () {
            () if self.is(kind, &["VIEW", "PACKAGE"]) => &["AS"],
            () if self.is(kind, &["TRIGGER"]) => &["EACH"],
            () if self.is(kind, &["EVENT"]) => &["DO"],
            () if self.is(kind, &["TABLE"]) => &["SELECT"],
            () => &[],
        };
        let routine = self.is(kind, &["PROCEDURE", "FUNCTION"]);
        let is_end = |at: &usize| self.is(*at, stops) || routine && self.is_sign(*at, "(");
        (kind..self.tokens.len()).find(is_end).unwrap_or(usize::MAX)
    }

    /// Whether a name in a head is that of what is made or changed, or of a table that is held by it.
    fn is_made(&self, at: usize) -> bool {
        const BEFORE: [&str; 14] = [
            "TABLE",
            "VIEW",
            "PROCEDURE",
            "FUNCTION",
            "TRIGGER",
            "EVENT",
            "SEQUENCE",
            "PACKAGE",
            "BODY",
            "EXISTS",
            "REFERENCES",
            "TO",
            "RENAME",
            "ON",
        ];
        at > 0 && self.is(at - 1, &BEFORE)
    }

    /// Whether it is a database there, and not a table or its other name that is called so.
    fn is_of_table(&self, at: usize, name: &str) -> bool {
        const BEFORE: [&str; 8] = ["UPDATE", "DELETE", "FROM", "JOIN", "USING", "INTO", "IGNORE", "LOW_PRIORITY"];
        let stands_alone = |at: usize| {
            let named = self.tokens.get(at).and_then(|token| token.name(self.sql));
            named.is_some_and(|one| one.eq_ignore_ascii_case(name))
                && !self.is_sign(at + 1, ".")
                && (at == 0 || !self.is_sign(at - 1, "."))
        };
        let is_other_name = (0..self.tokens.len()).any(stands_alone);
        !is_other_name || self.is_sign(at + 3, ".") || at > 0 && self.is(at - 1, &BEFORE)
    }

    /// Whether the text says `name.` anywhere, in strings too: it may be run as a statement.
    fn says(&self, name: &str) -> bool {
        let (text, name) = (self.sql.to_lowercase(), name.to_lowercase());
        let is_part = |character: char| character.is_alphanumeric() || character == '_' || character == '$';
        text.match_indices(&name).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let behind = text.get(at + name.len()..).unwrap_or_default().trim_start_matches('`').trim_start();
            behind.starts_with('.') && !before.is_some_and(is_part)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{is_left_out, reaches_out};

    fn reaches(sql: &str) -> bool {
        reaches_out(sql, &["Shop".to_owned(), "mysql".to_owned(), "orders".to_owned()]).is_some()
    }

    #[test]
    fn what_changes_another_database_or_the_server() {
        for sql in [
            "DROP DATABASE mysql",
            "/*!50001 DROP DATABASE IF EXISTS x */",
            "CREATE SCHEMA x",
            "ALTER DATABASE x COLLATE utf8mb4_bin",
            "USE shop",
            "SET GLOBAL max_connections = 77, @a = 1",
            "LOAD DATA INFILE 'x' INTO TABLE t",
            "SELECT 1 INTO OUTFILE '/tmp/x'",
            "CREATE FUNCTION f RETURNS STRING SONAME 'x.so'",
            "DELETE FROM shop.t",
            "DELETE FROM `Shop` . `t` WHERE id = 1",
            "DELETE a FROM shop.t a JOIN b ON a.id = b.id",
            "UPDATE orders.orders SET a = 1",
            "UPDATE b, shop.t SET t.a = 1",
            "INSERT INTO shop.t SELECT 1",
            "REPLACE shop.t VALUES (1)",
            "TRUNCATE shop.t",
            "DROP TABLE IF EXISTS a, shop.t",
            "RENAME TABLE a TO shop.a",
            "ALTER TABLE a RENAME TO shop.a",
            "ALTER TABLE shop.a ADD b int",
            "ALTER TABLE a EXCHANGE PARTITION p WITH TABLE shop.a",
            "CREATE TABLE shop.a (b int)",
            "CREATE TABLE a (b int AS (1), FOREIGN KEY (b) REFERENCES shop.c (d))",
            "CREATE INDEX i ON shop.a (b)",
            "CREATE OR REPLACE DEFINER=`root`@`%` VIEW shop.v AS SELECT 1",
            "CREATE TRIGGER tr BEFORE INSERT ON shop.t FOR EACH ROW SET NEW.a = 1",
            "CREATE PROCEDURE shop.p() SELECT 1",
            "CALL shop.p()",
            "SELECT shop.f(1)",
            "INSERT INTO a SELECT shop.f(1)",
            "WITH a AS (SELECT 1) DELETE FROM shop.t",
            "SET @s = 'DROP TABLE shop.t'",
            "EXECUTE IMMEDIATE 'DELETE FROM `shop`.t'",
            "BEGIN NOT ATOMIC DELETE FROM shop.t; END",
            "LOCK TABLES shop.t WRITE",
        ] {
            assert!(reaches(sql), "{sql}");
        }
    }

    #[test]
    fn what_stays_in_the_scratch_place() {
        for sql in [
            "CREATE TABLE orders (id int)",
            "CREATE TABLE a AS SELECT orders.id FROM shop.orders",
            "INSERT INTO a SELECT id FROM shop.t",
            "SELECT orders.id FROM orders",
            "UPDATE orders SET orders.a = 1 WHERE orders.b = 2",
            "UPDATE a JOIN orders ON orders.id = a.id SET a.b = orders.b",
            "DELETE FROM orders WHERE orders.id = 1",
            "ALTER DATABASE CHARACTER SET utf8mb4",
            "CREATE SPATIAL INDEX i ON a (b)",
            "CREATE VIEW v AS SELECT `shop`.`t`.`a` AS `a` FROM `shop`.`t` JOIN b ON shop.t.a = b.a",
            "CREATE PROCEDURE p() BEGIN DELETE FROM shop.log; SELECT 1 INTO OUTFILE '/tmp/x'; END",
            "CREATE TRIGGER tr AFTER INSERT ON a FOR EACH ROW INSERT INTO shop.log VALUES (1)",
            "CREATE DEFINER=`shop`@`%` EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM shop.log",
            "DROP TABLE IF EXISTS a",
            "SET @a = 'https://workshop.example'",
            "INSERT INTO a VALUES ('shop.t')",
            "START TRANSACTION",
            "SET foreign_key_checks = 0, NAMES utf8mb4",
        ] {
            assert!(!reaches(sql), "{sql}");
        }
    }

    #[test]
    fn settings_of_the_server_are_left_as_they_are() {
        for sql in [
            "SET GLOBAL event_scheduler = ON",
            "set @@GLOBAL.gtid_purged = 'x'",
            "FLUSH PRIVILEGES",
            "SET PERSIST a = 1",
        ] {
            assert!(is_left_out(sql), "{sql}");
        }
        for sql in ["SET foreign_key_checks = 0", "SET @global = 1", "SET GLOBAL a = 1, b = 2"] {
            assert!(!is_left_out(sql), "{sql}");
        }
    }
}
