//! The tables that a statement changes, told by its words. No I/O.

use crate::schema::{Ident, Name};
use crate::statement::syntax::Syntax;
use crate::statement::token::{Lexer, Token, TokenKind, unquote};

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
        word.map_or_else(String::new, |token| token.text(self.sql).to_uppercase())
    }

    /// Where a word stands among the first ones.
    fn find(&self, word: &str, among: usize) -> Option<usize> {
        (0..among.min(self.tokens.len())).find(|at| self.upper(*at) == word)
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
    fn name(&self, mut at: usize) -> Option<(Name, usize)> {
        while BETWEEN.contains(&self.upper(at).as_str()) {
            at += 1;
        }
        let first = self.ident(at)?;
        let dotted = self.tokens.get(at + 1).is_some_and(|token| token.is_sign(self.sql, "."));
        match dotted.then(|| self.ident(at + 2)).flatten() {
            Some(second) => Some((Name::new(Some(first), second), at + 3)),
            None => Some((Name::own(first), at + 1)),
        }
    }

    fn ident(&self, at: usize) -> Option<Ident> {
        let token = self.tokens.get(at)?;
        match token.kind {
            TokenKind::Word => Some(Ident::from(token.text(self.sql))),
            TokenKind::QuotedIdent => Some(Ident::from(unquote(token.text(self.sql)))),
            TokenKind::Space
            | TokenKind::Comment
            | TokenKind::Executable
            | TokenKind::String
            | TokenKind::Number
            | TokenKind::Operator
            | TokenKind::Punct
            | TokenKind::Delimiter
            | TokenKind::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::touched;
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
