//! A definition as tokens, and the places in it where tables are named. Pure: no I/O.

use crate::dialect::sqlite::quote;
use crate::schema::Ident;
use crate::statement::syntax::SQLITE;
use crate::statement::token::{Token, TokenKind, tokens};

/// Words that are never a name without quotes, and those that a join begins with.
const RESERVED: [&str; 74] = [
    "ADD",
    "ALL",
    "ALTER",
    "AND",
    "AS",
    "AUTOINCREMENT",
    "BETWEEN",
    "CASE",
    "CHECK",
    "COLLATE",
    "COMMIT",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "DEFAULT",
    "DEFERRABLE",
    "DELETE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "FALSE",
    "FOREIGN",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "IN",
    "INDEX",
    "INDEXED",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LEFT",
    "LIMIT",
    "NATURAL",
    "NOT",
    "NOTHING",
    "NOTNULL",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "RIGHT",
    "SELECT",
    "SET",
    "TABLE",
    "THEN",
    "TO",
    "TRANSACTION",
    "TRUE",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

/// Whether a bare word is a keyword wherever it stands.
pub(in crate::dialect::sqlite) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| word.eq_ignore_ascii_case(reserved))
}

/// The tokens of a statement without white space and comments.
pub(super) struct Words<'t> {
    pub(super) text: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Words<'t> {
    /// None = a text that is no tokens, which SQLite would not have stored.
    pub(super) fn new(text: &'t str) -> Option<Self> {
        let mut tokens = tokens(text, &SQLITE).ok()?;
        tokens.retain(|token| !token.is_skippable());
        Some(Self { text, tokens })
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn at(&self, place: usize) -> Option<Token> {
        self.tokens.get(place).copied()
    }

    pub(super) fn before(&self, place: usize, count: usize) -> Option<Token> {
        self.at(place.checked_sub(count)?)
    }

    /// Whether the token there spells this name, in quotes or bare.
    pub(super) fn is_name(&self, place: usize, name: &Ident) -> bool {
        self.name(place).is_some_and(|found| found == quote::fold(name))
    }

    /// The name that stands there, in quotes or bare, folded.
    pub(super) fn name(&self, place: usize) -> Option<String> {
        self.at(place)?.name(self.text).map(|name| quote::fold(&Ident::from(name)))
    }

    pub(super) fn is_word(&self, place: Option<usize>, words: &[&str]) -> bool {
        let token = place.and_then(|place| self.at(place));
        token.is_some_and(|token| words.iter().any(|word| token.is_word(self.text, word)))
    }

    pub(super) fn is_sign(&self, place: Option<usize>, sign: &str) -> bool {
        place.and_then(|place| self.at(place)).is_some_and(|token| token.is_sign(self.text, sign))
    }

    pub(super) fn is_trigger(&self) -> bool {
        self.is_word(Some(1), &["TRIGGER"])
    }

    /// The place of the ON in front of the table of a trigger.
    pub(super) fn on(&self) -> Option<usize> {
        (0..self.len()).find(|place| self.is_word(Some(*place), &["ON"]))
    }

    /// The text with other words at these places.
    pub(super) fn replaced(&self, places: &[usize], by: &str) -> String {
        let mut result = String::with_capacity(self.text.len() + by.len());
        let mut done = 0;
        for token in places.iter().filter_map(|place| self.at(*place)) {
            result.push_str(self.text.get(done..token.start).unwrap_or_default());
            result.push_str(by);
            done = token.end;
        }
        result.push_str(self.text.get(done..).unwrap_or_default());
        result
    }

    /// The places where a table is named: behind FROM, JOIN, INTO, UPDATE and ON, in a list behind FROM, or before a dot.
    pub(super) fn tables(&self) -> Vec<usize> {
        let mut found = Vec::new();
        let mut clauses = Clauses::default();
        let mut header = self.is_trigger();
        for (place, token) in self.tokens.iter().enumerate() {
            header &= !self.is_word(Some(place), &["BEGIN"]);
            let start = self.behind_main(place).unwrap_or(place);
            let listed = clauses.lists_tables && self.opens_a_table(start);
            clauses.step(self, place);
            let before = start.checked_sub(1);
            let header_table = header && self.is_word(before, &["ON"]);
            let or_verb = self.is_word(before, &["ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK"])
                && self.is_word(start.checked_sub(2), &["OR"])
                && self.is_word(start.checked_sub(3), &["UPDATE"]);
            let verb = !header && self.is_word(before, &["FROM", "JOIN", "INTO", "UPDATE", "TABLE"]);
            let bare = token.kind == TokenKind::Word && !is_reserved(token.text(self.text));
            let named = bare || token.kind == TokenKind::QuotedIdent;
            let is_table = listed || header_table || or_verb || verb;
            if named && (is_table || self.is_sign(Some(place + 1), ".")) {
                found.push(place);
            }
        }
        found
    }

    /// The place of `main` in `main.orders`.
    fn behind_main(&self, place: usize) -> Option<usize> {
        let main = place.checked_sub(2).filter(|_| self.is_sign(place.checked_sub(1), "."))?;
        self.name(main).is_some_and(|name| name == "main").then_some(main)
    }

    /// Whether a table of a list begins there: behind a comma or an opening parenthesis.
    fn opens_a_table(&self, place: usize) -> bool {
        let before = place.checked_sub(1);
        self.is_sign(before, ",") || self.is_sign(before, "(")
    }
}

/// Which clause a token stands in; parentheses have their own.
#[derive(Default)]
struct Clauses {
    /// In a list of tables behind FROM.
    lists_tables: bool,
    outside: Vec<bool>,
}

impl Clauses {
    fn step(&mut self, words: &Words<'_>, place: usize) {
        const ENDS: [&str; 15] = [
            "SELECT",
            "WHERE",
            "SET",
            "VALUES",
            "GROUP",
            "ORDER",
            "LIMIT",
            "WHEN",
            "HAVING",
            "WINDOW",
            "UNION",
            "EXCEPT",
            "INTERSECT",
            "RETURNING",
            "BEGIN",
        ];
        let behind = place.checked_sub(1);
        if words.is_sign(Some(place), "(") {
            let groups = words.is_word(behind, &["FROM", "JOIN"]) || (self.lists_tables && words.opens_a_table(place));
            self.outside.push(self.lists_tables);
            self.lists_tables = groups;
        } else if words.is_sign(Some(place), ")") {
            self.lists_tables = self.outside.pop().unwrap_or_default();
        } else if words.is_word(Some(place), &["FROM"]) {
            self.lists_tables = true;
        } else if words.is_word(Some(place), &ENDS) || words.is_sign(Some(place), ";") {
            self.lists_tables = false;
        }
    }
}
