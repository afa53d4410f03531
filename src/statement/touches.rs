//! The tables that a statement changes, and what it drops, told by its words. No I/O.

use crate::schema::{Ident, Name};
use crate::statement::syntax::Syntax;
use crate::statement::token::{Lexer, Token, TokenKind};

/// How many tokens of a statement are looked at.
const LOOK: usize = 400;

/// Words that may stand between the verb and the name of a table.
const BETWEEN: [&str; 22] = [
    "IF",
    "NOT",
    "EXISTS",
    "ONLY",
    "TEMPORARY",
    "TEMP",
    "UNLOGGED",
    "GLOBAL",
    "LOCAL",
    "OR",
    "REPLACE",
    "IGNORE",
    "ROLLBACK",
    "ABORT",
    "FAIL",
    "LOW_PRIORITY",
    "DELAYED",
    "HIGH_PRIORITY",
    "QUICK",
    "INTO",
    "FROM",
    "TABLE",
];

/// The tables that a statement changes or makes, as they are written in it; `None` where its words do not say: a
/// procedure, a view, a setting. A statement that only reads changes none.
pub(crate) fn touched(sql: &str, syntax: &'static Syntax) -> Option<Vec<Name>> {
    let words = Words::of(sql, syntax);
    match (words.upper(0).as_str(), words.upper(1).as_str()) {
        ("CREATE", _) if words.find("INDEX", 4).is_some() || words.find("TRIGGER", 4).is_some() => words.after("ON"),
        ("CREATE", _) => words.find("TABLE", 4).and_then(|at| words.table(at + 1)),
        ("ALTER" | "DROP" | "TRUNCATE", "TABLE") => words.tables(2),
        ("INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "TRUNCATE", _) => words.table(1),
        ("MERGE", _) => words.table(1),
        ("RENAME", "TABLE") => words.table(2),
        ("COMMENT", "ON") if words.upper(2) == "TABLE" => words.table(3),
        ("DROP", "INDEX" | "TRIGGER") => words.after("ON"),
        ("SELECT" | "VALUES" | "ANALYZE" | "EXPLAIN", _) => Some(Vec::new()),
        _ => None,
    }
}

/// What a statement takes away with its rows, as it is written there: pieces of SQL.
#[cfg(feature = "db")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) table: String,
    /// None = the whole table.
    pub(crate) column: Option<String>,
}

/// The tables and columns whose rows and values are gone after the statement, as far as its words say.
#[cfg(feature = "db")]
pub(crate) fn dropped(sql: &str, syntax: &'static Syntax) -> Vec<Dropped> {
    let words = Words::of(sql, syntax);
    let whole = |at| words.written(at).into_iter().map(|table| Dropped { table, column: None }).collect();
    match (words.upper(0).as_str(), words.upper(1).as_str()) {
        ("DROP" | "TRUNCATE", "TABLE") => whole(2),
        ("TRUNCATE", _) => whole(1),
        ("ALTER", "TABLE") => words.dropped_columns(2),
        _ => Vec::new(),
    }
}

/// Behind DROP in an ALTER TABLE: no column.
#[cfg(feature = "db")]
const NO_COLUMN: [&str; 16] = [
    "CONSTRAINT",
    "INDEX",
    "KEY",
    "PRIMARY",
    "FOREIGN",
    "CHECK",
    "DEFAULT",
    "NOT",
    "IDENTITY",
    "EXPRESSION",
    "PARTITION",
    "SUBPARTITION",
    "PERIOD",
    "SYSTEM",
    "UNIQUE",
    "",
];

/// The tokens of a statement that say something.
struct Words<'t> {
    sql: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Words<'t> {
    fn of(sql: &'t str, syntax: &'static Syntax) -> Self {
        let tokens = Lexer::new(sql, 1, syntax).map_while(Result::ok);
        let says = |token: &Token| !token.is_skippable() && token.kind != TokenKind::Executable;
        Self { sql, tokens: tokens.filter(says).take(LOOK).collect() }
    }

    /// A word in capitals; empty for everything else, names in quotes among it.
    fn upper(&self, at: usize) -> String {
        let word = self.tokens.get(at).filter(|token| token.kind == TokenKind::Word);
        word.map_or_else(String::new, |token| token.text(self.sql).to_ascii_uppercase())
    }

    /// Where a word stands among the first ones.
    fn find(&self, word: &str, among: usize) -> Option<usize> {
        (0..among.min(self.tokens.len())).find(|at| self.upper(*at) == word)
    }

    /// The first place from here that is none of [`BETWEEN`].
    fn past_between(&self, mut at: usize) -> usize {
        while BETWEEN.contains(&self.upper(at).as_str()) {
            at += 1;
        }
        at
    }

    /// A name as it is written, with its schema, and where it ends.
    #[cfg(feature = "db")]
    fn written_name(&self, at: usize) -> Option<(String, usize)> {
        let is_name = |at: usize| {
            let kind = self.tokens.get(at).map(|token| token.kind);
            matches!(kind, Some(TokenKind::Word | TokenKind::QuotedIdent))
        };
        let text = |at: usize| self.tokens.get(at).map_or("", |token| token.text(self.sql));
        let at = self.past_between(at);
        if !is_name(at) {
            return None;
        }
        match text(at + 1) == "." && is_name(at + 2) {
            true => Some((format!("{}.{}", text(at), text(at + 2)), at + 3)),
            false => Some((text(at).to_owned(), at + 1)),
        }
    }

    /// Names with commas between them, as they are written.
    #[cfg(feature = "db")]
    fn written(&self, mut at: usize) -> Vec<String> {
        let mut names = Vec::new();
        while let Some((name, next)) = self.written_name(at) {
            names.push(name);
            if !self.tokens.get(next).is_some_and(|token| token.is_sign(self.sql, ",")) {
                break;
            }
            at = next + 1;
        }
        names
    }

    /// What stands behind each DROP of an ALTER TABLE whose table is written at `at`.
    #[cfg(feature = "db")]
    fn dropped_columns(&self, at: usize) -> Vec<Dropped> {
        let Some((table, next)) = self.written_name(at) else { return Vec::new() };
        let drops = (next..self.tokens.len()).filter(|at| self.upper(*at) == "DROP");
        let columns = drops.filter_map(|drop| {
            let at = if self.upper(drop + 1) == "COLUMN" { drop + 2 } else { drop + 1 };
            let is_quoted = self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::QuotedIdent);
            let is_column = at > drop + 1 || is_quoted || !NO_COLUMN.contains(&self.upper(at).as_str());
            self.written_name(at).filter(|_| is_column)
        });
        columns.map(|(column, _)| Dropped { table: table.clone(), column: Some(column) }).collect()
    }

    /// The table behind the first `word`.
    fn after(&self, word: &str) -> Option<Vec<Name>> {
        self.table(self.find(word, self.tokens.len())? + 1)
    }

    fn table(&self, at: usize) -> Option<Vec<Name>> {
        self.name(at).map(|(name, _)| vec![name])
    }

    /// One table, or several with commas between them.
    fn tables(&self, mut at: usize) -> Option<Vec<Name>> {
        let mut names = Vec::new();
        loop {
            let (name, next) = self.name(at)?;
            names.push(name);
            match self.tokens.get(next) {
                Some(token) if token.is_sign(self.sql, ",") => at = next + 1,
                Some(_) | None => return Some(names),
            }
        }
    }

    /// `name` or `schema.name`, and where it ends.
    fn name(&self, at: usize) -> Option<(Name, usize)> {
        let at = self.past_between(at);
        let first = self.ident(at)?;
        let dotted = self.tokens.get(at + 1).is_some_and(|token| token.is_sign(self.sql, "."));
        match dotted.then(|| self.ident(at + 2)).flatten() {
            Some(second) => Some((Name::new(Some(first), second), at + 3)),
            None => Some((Name::own(first), at + 1)),
        }
    }

    fn ident(&self, at: usize) -> Option<Ident> {
        self.tokens.get(at)?.name(self.sql).map(Ident::from)
    }
}

#[cfg(test)]
mod tests {
    use super::{dropped, touched};
    use crate::schema::Name;
    use crate::statement::syntax::{MYSQL, POSTGRES, SQLITE};

    fn words(sql: &str) -> String {
        [&POSTGRES, &MYSQL, &SQLITE]
            .map(|syntax| match touched(sql, syntax) {
                None => "?".to_owned(),
                Some(names) => names.iter().map(Name::for_people).collect::<Vec<_>>().join(" "),
            })
            .into_iter()
            .reduce(|one, other| if one == other { one } else { format!("{one} / {other}") })
            .unwrap_or_default()
    }

    #[test]
    fn what_a_statement_drops_as_it_is_written() {
        for (sql, expected) in [
            ("DROP TABLE orders", "orders"),
            ("drop table if exists a, app . \"B c\" cascade", "a app.\"B c\""),
            ("DROP TEMPORARY TABLE t", ""),
            ("DROP VIEW v", ""),
            ("TRUNCATE orders", "orders"),
            ("TRUNCATE TABLE ONLY a, b", "a b"),
            ("ALTER TABLE orders DROP COLUMN note", "orders/note"),
            (
                "ALTER TABLE IF EXISTS ONLY s.orders DROP COLUMN IF EXISTS note, DROP x CASCADE",
                "s.orders/note s.orders/x",
            ),
            ("ALTER TABLE orders DROP COLUMN \"index\", DROP INDEX i, DROP PRIMARY KEY", "orders/\"index\""),
            ("ALTER TABLE orders ALTER COLUMN a DROP NOT NULL, ALTER b DROP DEFAULT, DROP CONSTRAINT c", ""),
            ("ALTER TABLE orders ADD COLUMN note text DEFAULT 'DROP TABLE x'", ""),
            ("-- DROP TABLE x\nDELETE FROM orders", ""),
            ("DROP TABLE", ""),
            ("ALTER TABLE orders DROP", ""),
            ("", ""),
        ] {
            let words = dropped(sql, &POSTGRES).into_iter().map(|dropped| match dropped.column {
                Some(column) => format!("{}/{column}", dropped.table),
                None => dropped.table,
            });
            assert_eq!(words.collect::<Vec<_>>().join(" "), expected, "{sql}");
        }
        assert_eq!(dropped("ALTER TABLE `my t` DROP `key`", &MYSQL)[0].column.as_deref(), Some("`key`"));
    }

    #[test]
    fn the_table_of_a_statement() {
        for (sql, expected) in [
            ("CREATE TABLE orders (id int)", "orders"),
            ("create temporary table if not exists t (id int)", "t"),
            ("CREATE UNIQUE INDEX i ON orders (id)", "orders"),
            ("CREATE TRIGGER t AFTER UPDATE ON orders BEGIN SELECT 1; END", "orders"),
            ("ALTER TABLE IF EXISTS ONLY app.orders ADD COLUMN x int", "app.orders"),
            ("DROP TABLE IF EXISTS a, b.c CASCADE", "a b.c"),
            ("/* why */ UPDATE orders SET x = 1", "orders"),
            ("INSERT INTO orders VALUES (1)", "orders"),
            ("INSERT OR IGNORE INTO orders VALUES (1)", "orders"),
            ("DELETE FROM orders", "orders"),
            ("TRUNCATE orders", "orders"),
            ("TRUNCATE TABLE orders", "orders"),
            ("RENAME TABLE a TO b", "a"),
            ("COMMENT ON TABLE orders IS 'x'", "orders"),
            ("SELECT 1", ""),
            ("DROP INDEX i ON orders", "orders"),
            ("DROP INDEX i", "?"),
            ("CREATE VIEW v AS SELECT * FROM orders", "?"),
            ("CALL work()", "?"),
            ("DO $$ BEGIN END $$", "?"),
            ("WITH x AS (SELECT 1) UPDATE orders SET x = 1", "?"),
            ("UPDATE", "?"),
            ("", "?"),
        ] {
            assert_eq!(words(sql), expected, "{sql}");
        }
        assert_eq!(touched("UPDATE \"my orders\" SET x = 1", &POSTGRES).unwrap()[0].for_people(), "my orders");
        assert_eq!(touched("UPDATE `my orders` SET x = 1", &MYSQL).unwrap()[0].for_people(), "my orders");
    }
}
