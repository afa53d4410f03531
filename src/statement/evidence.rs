//! How it can be known, after a crash, whether a statement took effect. Where a transaction cannot hold a statement and
//! the note of its completion, the note is written before, and the server is asked afterwards. No I/O.

use crate::statement::syntax::Syntax;
use crate::statement::token::{Lexer, Token, TokenKind, unquote};

/// What can tell whether a statement took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// It and its note share a transaction: both or neither.
    Together,
    /// Running it again does what running it once does.
    Repeatable,
    /// It is about the session alone, so a later run must say it again: `SET`, `PREPARE`, `USE`.
    Session,
    /// What it makes goes away with the session: what comes after it cannot be continued by another one.
    Temporary,
    /// The server knows.
    Seen(Probe),
    /// Only a person can know: a procedure, rows of an engine without transactions.
    Unknowable,
}

/// A question whose answer a statement changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    /// A scalar in SQL, as text. Its value before the statement is kept; another value afterwards: it took effect.
    pub(crate) scalar: String,
    /// The server may refuse to tell (a privilege); then it is as if nothing could be known.
    pub(crate) may_be_refused: bool,
    /// What an interrupted attempt leaves half-built.
    pub(crate) remains: Option<Remains>,
    /// The table that the statement makes in the connection's own schema: the scalar is `0` while there is none.
    pub(crate) makes: Option<String>,
}

impl Probe {
    /// Answered to everybody, nothing half-built.
    pub(crate) fn new(scalar: impl Into<String>) -> Self {
        Self { scalar: scalar.into(), may_be_refused: false, remains: None, makes: None }
    }
}

/// Something half-built, and how it is cleared away before the statement runs again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remains {
    /// A scalar in SQL that is `1` while there is something.
    pub(crate) question: String,
    /// The statement that clears it away.
    pub(crate) remedy: String,
}

/// The words of one statement, read from its beginning.
#[derive(Clone)]
pub(crate) struct Words<'t> {
    sql: &'t str,
    tokens: Vec<Token>,
    at: usize,
    lowers: bool,
}

/// A name as written, without its quotes: schema and name.
pub(crate) type Named = (Option<String>, String);

impl<'t> Words<'t> {
    /// Comments and white space are left out.
    pub(crate) fn of(sql: &'t str, syntax: &'static Syntax) -> Self {
        let tokens = Lexer::new(sql, 1, syntax).map_while(Result::ok);
        let counts = |token: &Token| !token.is_skippable() && token.kind != TokenKind::Executable;
        Self { sql, tokens: tokens.filter(counts).collect(), at: 0, lowers: false }
    }

    /// Only the first ones of a statement, which may be long.
    pub(crate) fn beginning(sql: &'t str, syntax: &'static Syntax, count: usize) -> Self {
        let tokens = Lexer::new(sql, 1, syntax).map_while(Result::ok);
        let counts = |token: &Token| !token.is_skippable() && token.kind != TokenKind::Executable;
        Self { sql, tokens: tokens.filter(counts).take(count).collect(), at: 0, lowers: false }
    }

    /// Names without quotes are in lower case, as PostgreSQL reads them.
    pub(crate) fn lowering(self) -> Self {
        Self { lowers: true, ..self }
    }

    /// Steps over this word if it is the next one.
    pub(crate) fn take(&mut self, word: &str) -> bool {
        let is_next = self.is_next(word);
        self.at += usize::from(is_next);
        is_next
    }

    /// Whether this word is the next one.
    pub(crate) fn is_next(&self, word: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.is_word(self.sql, word))
    }

    /// Steps over all of these words if they come next, in this order.
    pub(crate) fn take_all(&mut self, words: &[&str]) -> bool {
        let start = self.at;
        let all = words.iter().all(|word| self.take(word));
        if !all {
            self.at = start;
        }
        all
    }

    /// The one of these words that comes next, stepped over.
    pub(crate) fn one_of<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        words.iter().find(|word| self.take(word)).copied()
    }

    /// The name that comes next, stepped over: `a`, `"s"."a"`.
    pub(crate) fn name(&mut self) -> Option<Named> {
        let first = self.part()?;
        if !self.tokens.get(self.at).is_some_and(|token| token.is_sign(self.sql, ".")) {
            return Some((None, first));
        }
        self.at += 1;
        Some((Some(first), self.part()?))
    }

    /// One part of a name, stepped over.
    pub(crate) fn part(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent);
        self.at += usize::from(is_name);
        let text = unquote(token.text(self.sql));
        let lowers = self.lowers && token.kind == TokenKind::Word;
        is_name.then(|| if lowers { text.to_ascii_lowercase() } else { text })
    }

    /// Steps behind the next occurrence of this word; false and nowhere if there is none.
    pub(crate) fn skip_behind(&mut self, word: &str) -> bool {
        let rest = self.tokens.iter().skip(self.at);
        match rest.enumerate().find(|(_, token)| token.is_word(self.sql, word)) {
            Some((ahead, _)) => {
                self.at += ahead + 1;
                true
            }
            None => false,
        }
    }

    /// Steps over whatever comes next.
    pub(crate) fn step(&mut self) {
        self.at += 1;
    }

    /// Whether this sign comes next.
    pub(crate) fn is_at(&self, sign: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.is_sign(self.sql, sign))
    }

    /// Whether nothing is left.
    pub(crate) fn is_over(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Whether one of these words comes anywhere from here on.
    pub(crate) fn has_any(&self, words: &[&str]) -> bool {
        let mut rest = self.tokens.iter().skip(self.at);
        rest.any(|token| words.iter().any(|word| token.is_word(self.sql, word)))
    }

    /// Whether a comma comes from here on that stands in no parentheses.
    pub(crate) fn has_comma(&self) -> bool {
        let mut depth = 0_i32;
        self.tokens.iter().skip(self.at).any(|token| {
            depth += i32::from(token.is_sign(self.sql, "(")) - i32::from(token.is_sign(self.sql, ")"));
            depth == 0 && token.is_sign(self.sql, ",")
        })
    }

    /// The names right behind this mark, each once, without quotes. Not behind two marks.
    #[cfg(feature = "mysql")]
    pub(crate) fn names_behind(&self, mark: &str) -> Vec<String> {
        let is_mark = |at: usize| self.tokens.get(at).is_some_and(|token| token.text(self.sql) == mark);
        let mut found = Vec::new();
        for (at, token) in self.tokens.iter().enumerate().skip(1) {
            let touches = self.tokens.get(at - 1).is_some_and(|before| before.end == token.start);
            let is_named = touches && is_mark(at - 1) && !(at > 1 && is_mark(at - 2));
            // `user`@`host` is no variable.
            let is_free = at < 2 || self.tokens.get(at - 2).is_none_or(|owner| owner.end < token.start - mark.len());
            let is_string = token.kind == TokenKind::String;
            let text = if is_string { Some(unquote(token.text(self.sql))) } else { token.name(self.sql) };
            let text = text.filter(|_| is_named && is_free);
            found.extend(text.filter(|text| !found.contains(text)));
        }
        found
    }

    /// Everything that may be a name, each once, without quotes.
    pub(crate) fn names(&self) -> std::collections::BTreeSet<String> {
        let named = self.tokens.iter().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent));
        named.map(|token| unquote(token.text(self.sql))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::syntax::{MYSQL, POSTGRES};

    #[test]
    fn reads_words_and_names() {
        let mut words = Words::of("/* x */ Create Unique INDEX -- y\n `a b` ON s.`t`(c)", &MYSQL);
        assert!(words.take("CREATE") && !words.take("INDEX"));
        assert_eq!(words.one_of(&["FULLTEXT", "UNIQUE"]), Some("UNIQUE"));
        assert!(words.take_all(&["INDEX"]));
        assert_eq!(words.name(), Some((None, "a b".to_owned())));
        assert!(words.skip_behind("ON"));
        assert_eq!(words.name(), Some((Some("s".to_owned()), "t".to_owned())));
        assert!(words.is_at("(") && words.has_any(&["c"]) && !words.is_over());
        let mut words = Words::of("DROP INDEX CONCURRENTLY IF EXISTS \"A\"\"b\"", &POSTGRES);
        assert!(!words.take_all(&["DROP", "INDEX", "IF"]));
        assert!(words.take_all(&["DROP", "INDEX", "CONCURRENTLY", "IF", "EXISTS"]));
        assert_eq!(words.name(), Some((None, "A\"b".to_owned())));
        assert!(words.is_over());
    }
}
