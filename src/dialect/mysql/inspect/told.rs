//! What the catalog does not say rightly of a table, and what is asked for it. Pure: no I/O.
//!
//! Expressions stand in the text of SHOW CREATE TABLE (MariaDB). Literal defaults and the words of an enum are asked for
//! as values: that opens the table and reads no row.

use super::Place;
use super::closer::parts;
use super::tables::Growing;
use super::truth;
use crate::db::Row;
use crate::dialect::mysql::quote;
use crate::dialect::mysql::types::{Sort, WORD};
use crate::schema::{Column, Default, Expr, Ident, Name, Type};
use crate::statement::syntax::MYSQL;
use crate::statement::token::{Token, tokens};

/// A value that is asked for.
pub(super) struct Question {
    pub(super) table: String,
    pub(super) column: Ident,
    about: About,
    /// Gives one row.
    pub(super) sql: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Default,
    /// All words of an enum or a set.
    Words,
}

/// The parts of a table in the text of SHOW CREATE TABLE.
struct Shown<'t> {
    text: &'t str,
    words: Vec<Token>,
}

impl Shown<'_> {
    /// The expression of a text of the catalog, in the part that begins so; None if it is not found there.
    fn expression(&self, text: &str, begins: &[&str], before: &[&str]) -> Option<String> {
        let (parts, _) = parts(self.text, &self.words);
        let is_it = |part: &&[Token]| {
            part.len() >= begins.len() && part.iter().zip(begins).all(|(token, word)| token.text(self.text) == *word)
        };
        parts.into_iter().filter(is_it).find_map(|part| truth::expression(text, (self.text, part), before))
    }
}

impl Growing {
    /// Whether an expression of it may be another one than the catalog says.
    pub(super) fn has_doubtful_expression(&self) -> bool {
        let is_doubtful = |column: &Column| {
            let generated = column.generated.as_ref().map(|generated| generated.expr.text());
            let default = default_of(column).filter(|text| !is_literal(text));
            let check = column.options.get(WORD, "check");
            generated.into_iter().chain(default).chain(check).any(truth::is_doubtful)
        };
        self.columns.iter().any(|(_, column)| is_doubtful(column))
            || self.table.checks.iter().any(|check| truth::is_doubtful(check.condition.text()))
            || self.column_checks.iter().any(|(_, check)| truth::is_doubtful(check))
    }

    /// Puts the expressions right; notes the columns of which one is not found.
    pub(super) fn tell_expressions(&mut self, text: &str) {
        let all = tokens(text, &MYSQL).unwrap_or_default();
        let shown = Shown { text, words: all.into_iter().filter(|token| !token.is_skippable()).collect() };
        let untold = &mut self.untold;
        for (_, column) in &mut self.columns {
            let (called, name) = (column.name.clone(), quote::ident(&column.name));
            let mut find = |text: &str, before: &[&str]| {
                let found = shown.expression(text, &[&name], before);
                untold.extend(found.is_none().then(|| called.clone()));
                found
            };
            if let Some(generated) = column.generated.as_mut().filter(|it| truth::is_doubtful(it.expr.text())) {
                let found = find(generated.expr.text(), &["AS", "("]);
                generated.expr = found.map_or_else(|| generated.expr.clone(), Expr::Same);
            }
            let default = default_of(column).filter(|text| truth::is_doubtful(text) && !is_literal(text));
            if let Some(found) = default.and_then(|text| find(text, &["DEFAULT"])) {
                column.default = Some(Default::Sql(Expr::Same(found)));
            }
            let check = column.options.get(WORD, "check").filter(|text| truth::is_doubtful(text));
            if let Some(found) = check.and_then(|text| find(text, &["CHECK", "("])) {
                column.options.set(WORD, "check", found);
            }
        }
        for check in self.table.checks.iter_mut().filter(|check| truth::is_doubtful(check.condition.text())) {
            let Some(name) = check.name.as_ref().map(quote::ident) else { continue };
            let begins = ["CONSTRAINT", &name, "CHECK", "("];
            match shown.expression(check.condition.text(), &begins, &["CHECK", "("]) {
                Some(found) => check.condition = Expr::Same(found),
                None => self.untold.extend(check.name.clone()),
            }
        }
    }

    /// MySQL has no way to ask for words: notes the columns whose words may be other ones.
    pub(super) fn note_untold_words(&mut self) {
        let may_be_others = |native: &str| truth::is_doubtful(native) && truth::words_of(native) > 0;
        let is_it = |column: &Column| {
            let collation = column.options.get(WORD, "collation").unwrap_or(&self.collation);
            matches!(&column.ty, Type::Native(native) if may_be_others(native)) && holds_wide(collation)
        };
        let found = self.columns.iter().filter(|(_, column)| is_it(column));
        self.untold.extend(found.map(|(_, column)| column.name.clone()));
    }

    /// The values that the catalog may say wrongly. MySQL cuts off what is binary.
    pub(super) fn questions(&self, table: &str, place: &Place) -> Vec<Question> {
        let mut questions = Vec::new();
        let at = quote::name(&Name::new(Some(place.database.as_str().into()), table));
        for (_, column) in &self.columns {
            let Type::Native(native) = &column.ty else { continue };
            let name = quote::ident(&column.name);
            let ask = |about, sql| Question { table: table.to_owned(), column: column.name.clone(), about, sql };
            let count = if truth::is_doubtful(native) { truth::words_of(native) } else { 0 };
            if count > 0 && place.mariadb() {
                questions.push(ask(About::Words, words(&format!("{at}.{name}"), native, count)));
            } else if count > 0 && self.untold.contains(&column.name) {
                // A default that is true would be none of words that are not.
                continue;
            }
            let is_binary = matches!(Sort::of(native), Sort::Bytes { .. } | Sort::LongBytes(_));
            let cut = |text: &str| !place.mariadb() && is_binary && text.starts_with("0x");
            if default_of(column).is_some_and(|text| cut(text) || is_literal(text) && truth::is_doubtful(text)) {
                let value = format!("DEFAULT(`told`.{name})");
                let value = if is_binary { value } else { format!("CONVERT({value} USING utf8mb4)") };
                let row = one_row(&at, &name);
                questions.push(ask(About::Default, format!("SELECT HEX({value}) FROM ({row}) `told`")));
            }
        }
        questions
    }

    /// Puts a value right; notes the column of which it is not told.
    pub(super) fn tell(&mut self, question: &Question, row: Option<&Row>, place: &Place) {
        let Some((_, column)) = self.columns.iter_mut().find(|(_, column)| column.name == question.column) else {
            return;
        };
        let Type::Native(native) = &column.ty else { return };
        let digits = row.and_then(|row| row.text(0));
        let told = match question.about {
            About::Default => digits.and_then(|digits| truth::literal(digits, native, place.mariadb())),
            About::Words => digits.and_then(|digits| truth::with_words(native, digits)),
        };
        match (told, question.about) {
            (Some(text), About::Default) => column.default = Some(Default::Sql(Expr::Same(text))),
            (Some(text), About::Words) => column.ty = Type::Native(text),
            (None, _) => drop(self.untold.insert(column.name.clone())),
        }
    }
}

/// The default in SQL.
pub(super) fn default_of(column: &Column) -> Option<&str> {
    match &column.default {
        Some(Default::Sql(Expr::Same(text))) => Some(text),
        Some(Default::Sql(_) | Default::Literal(_)) | None => None,
    }
}

/// Whether texts of this collation may have characters beyond utf8mb3.
fn holds_wide(collation: &str) -> bool {
    !["latin", "ascii_", "utf8mb3_", "utf8_"].iter().any(|narrow| collation.starts_with(narrow))
}

fn is_literal(text: &str) -> bool {
    quote::unquote(text).is_some()
}

/// One row with a column of a table, which may have none. LIMIT makes it a table of its own: a row that is missing would be
/// NULL in a column that is never NULL, and so would its default.
fn one_row(table: &str, column: &str) -> String {
    format!("SELECT `of`.{column} FROM (SELECT 1) `one` LEFT JOIN {table} `of` ON FALSE LIMIT 1")
}

/// A block that tells all words of a column's type: a variable of that type takes each by its number.
fn words(column: &str, native: &str, count: usize) -> String {
    let number = if native.starts_with("set") { "1 << at" } else { "at + 1" };
    format!(
        "BEGIN NOT ATOMIC DECLARE word TYPE OF {column}; DECLARE at INT DEFAULT 0; DECLARE told LONGTEXT DEFAULT ''; \
         WHILE at < {count} DO SET word = {number}; SET at = at + 1; \
         SET told = CONCAT(told, ',', HEX(CONVERT(word USING utf8mb4))); END WHILE; SELECT told; END"
    )
}
