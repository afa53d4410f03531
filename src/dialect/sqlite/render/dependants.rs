//! Views and triggers: whose they are, which names they mention, what a rename makes of them. Pure: no I/O.
//!
//! A rebuild drops the triggers of its table and makes them again from their text. SQLite rewrites that text when
//! something is renamed, and so must we for what comes later in the same list. Where it is not certain what a name in a
//! trigger means, the text counts as unknown, and a rebuild that needs it is refused.

use crate::ops::Operation;
use crate::schema::{Ident, Name, Unmodelled};
use crate::statement::syntax::SQLITE;
use crate::statement::token::{Token, TokenKind, tokens, unquote};

use crate::dialect::sqlite::quote;

/// Follows a rename of a table or a column; other operations change nothing.
pub(crate) fn rename(one: &mut Unmodelled, operation: &Operation) {
    if let Operation::RenameTable { name, to } = operation {
        let text = one.definition.take();
        one.definition = text.map(|text| rename_table(&text, &name.name, to));
        if one.table.as_ref().is_some_and(|table| is(&table.name, &name.name)) {
            one.table = Some(name.sibling(to.clone()));
        }
    } else if let Operation::RenameColumn { table, name, to } = operation {
        let text = one.definition.take();
        one.definition = text.and_then(|text| rename_column(&text, (&table.name, one.table.as_ref()), name, to));
    }
}

fn is(one: &Ident, other: &Ident) -> bool {
    quote::fold(one) == quote::fold(other)
}

/// The tokens of a statement without white space and comments.
struct Words<'t> {
    text: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Words<'t> {
    fn new(text: &'t str) -> Option<Self> {
        let mut tokens = tokens(text, &SQLITE).ok()?;
        tokens.retain(|token| !token.is_skippable());
        Some(Self { text, tokens })
    }

    fn at(&self, place: usize) -> Option<Token> {
        self.tokens.get(place).copied()
    }

    fn before(&self, place: usize, count: usize) -> Option<Token> {
        self.at(place.checked_sub(count)?)
    }

    /// Whether the token there spells this name, in quotes or bare.
    fn is_name(&self, place: usize, name: &Ident) -> bool {
        self.at(place).is_some_and(|token| {
            let text = token.text(self.text);
            let quoted = token.kind == TokenKind::QuotedIdent;
            (quoted && unquote(text).eq_ignore_ascii_case(name.as_str())) || token.is_word(self.text, name.as_str())
        })
    }

    fn is_word(&self, place: Option<usize>, words: &[&str]) -> bool {
        let token = place.and_then(|place| self.at(place));
        token.is_some_and(|token| words.iter().any(|word| token.is_word(self.text, word)))
    }

    fn is_sign(&self, place: Option<usize>, sign: &str) -> bool {
        place.and_then(|place| self.at(place)).is_some_and(|token| token.is_sign(self.text, sign))
    }

    fn is_trigger(&self) -> bool {
        (1..3).any(|place| self.is_word(Some(place), &["TRIGGER"]))
    }

    /// The place of the ON in front of the table of a trigger.
    fn on(&self) -> Option<usize> {
        (0..self.tokens.len()).find(|place| self.is_word(Some(*place), &["ON"]))
    }

    fn replaced(&self, places: &[usize], by: &str) -> String {
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
    fn tables(&self) -> Vec<usize> {
        const CLAUSES: [&str; 9] = ["SELECT", "FROM", "WHERE", "SET", "VALUES", "GROUP", "ORDER", "LIMIT", "WHEN"];
        const VERBS: [&str; 5] = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE"];
        let mut clause = None;
        let mut found = Vec::new();
        let mut header = true;
        for (place, token) in self.tokens.iter().enumerate() {
            if self.is_word(Some(place), &CLAUSES) {
                clause = Some(token.text(self.text).to_ascii_uppercase());
            }
            header &= self.is_trigger() && !self.is_word(Some(place), &["BEGIN"]);
            let before = place.checked_sub(1);
            let named = matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent);
            let listed = clause.as_deref() == Some("FROM") && self.is_sign(before, ",");
            let header_table = header && self.is_word(before, &["ON"]);
            let or_verb = self.is_word(before, &["ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK"])
                && self.is_word(place.checked_sub(2), &["OR"])
                && self.is_word(place.checked_sub(3), &["UPDATE"]);
            let verb = !header && self.is_word(before, &VERBS);
            let is_table = listed || header_table || or_verb || verb;
            if named && (is_table || self.is_sign(Some(place + 1), ".")) {
                found.push(place);
            }
        }
        found
    }
}

fn rename_table(text: &str, from: &Ident, to: &Ident) -> String {
    let Some(words) = Words::new(text) else { return text.to_owned() };
    let places: Vec<usize> = words.tables().into_iter().filter(|place| words.is_name(*place, from)).collect();
    words.replaced(&places, &quote::ident(to))
}

/// The text with a column of `tables.0` renamed; None where it is not certain what a name means. `tables.1` is the
/// table of the trigger.
fn rename_column(text: &str, tables: (&Ident, Option<&Name>), from: &Ident, to: &Ident) -> Option<String> {
    let (table, own) = tables;
    let words = Words::new(text)?;
    let mentions: Vec<usize> = (0..words.tokens.len()).filter(|place| words.is_name(*place, from)).collect();
    if mentions.is_empty() {
        return Some(text.to_owned());
    }
    let own = own.is_some_and(|own| is(&own.name, table));
    let named = words.tables();
    let qualifiers = |place: &&usize| words.is_sign(Some(**place + 1), ".");
    let read: Vec<&usize> = named.iter().filter(|place| !qualifiers(place)).collect();
    let only_this = read.iter().all(|place| words.is_name(**place, table));
    let mut places = Vec::new();
    for place in mentions {
        match meaning(&words, place, table, own, only_this) {
            Meaning::Column => places.push(place),
            Meaning::Other => {}
            Meaning::Unclear => return None,
        }
    }
    Some(words.replaced(&places, &quote::ident(to)))
}

/// What a name in a trigger is.
enum Meaning {
    /// The column that is meant.
    Column,
    Other,
    Unclear,
}

fn meaning(words: &Words<'_>, place: usize, table: &Ident, own: bool, only_this: bool) -> Meaning {
    if words.on().is_some_and(|on| place < on) {
        // Behind `UPDATE OF`; what stands before that is the trigger's name.
        let listed = (0..place).any(|before| words.is_word(Some(before), &["OF"]));
        return if own && listed { Meaning::Column } else { Meaning::Other };
    }
    let before = place.checked_sub(1);
    let qualified = words.is_sign(before, ".");
    let qualifier = place.checked_sub(2).filter(|_| qualified);
    let called = words.is_sign(Some(place + 1), "(");
    let is_table = words.tables().contains(&place);
    match qualifier {
        Some(qualifier) if words.is_word(Some(qualifier), &["NEW", "OLD"]) => {
            if own {
                Meaning::Column
            } else {
                Meaning::Other
            }
        }
        Some(qualifier) if words.is_name(qualifier, table) => Meaning::Column,
        // An alias may stand for the table.
        Some(_) => Meaning::Unclear,
        None if called || is_table => Meaning::Other,
        None if only_this => Meaning::Column,
        None => Meaning::Unclear,
    }
}

/// Whether a text mentions a name, as whatever.
pub(crate) fn mentions(text: &str, name: &Ident) -> bool {
    Words::new(text).is_none_or(|words| (0..words.tokens.len()).any(|place| words.is_name(place, name)))
}

/// A statement that changes nothing and fails if the view or the trigger does not work any more. `column` is one of the
/// trigger's table that can be written; without one a trigger of a table is not tried.
pub(crate) fn probe(one: &Unmodelled, column: Option<&Ident>) -> Option<String> {
    let name = quote::ident(&one.name.name);
    if one.kind == "view" {
        return Some(format!("SELECT * FROM {name} LIMIT 0"));
    }
    let words = Words::new(one.definition.as_deref()?)?;
    let on = words.on()?;
    let table = quote::ident(&one.table.as_ref()?.name);
    let event = (0..on).rev().find(|place| words.is_word(Some(*place), &["INSERT", "UPDATE", "DELETE"]))?;
    if words.is_word(Some(event), &["DELETE"]) {
        return Some(format!("DELETE FROM {table} WHERE 0"));
    }
    if words.is_word(Some(event), &["INSERT"]) {
        let column = quote::ident(column?);
        return Some(format!("INSERT INTO {table} ({column}) SELECT {column} FROM {table} WHERE 0"));
    }
    let said = words.before(on, 1).filter(|_| words.is_word(Some(event + 1), &["OF"]));
    let column = said.map_or_else(|| column.map(quote::ident), |said| Some(said.text(words.text).to_owned()))?;
    Some(format!("UPDATE {table} SET {column} = {column} WHERE 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIGGER: &str = "CREATE TRIGGER tr AFTER UPDATE OF a, b ON t WHEN NEW.a > 'a' BEGIN \
        UPDATE OR IGNORE t SET a = a(NEW.a) WHERE t.a = 1; INSERT INTO u (a) SELECT x FROM v, t; END";

    fn trigger(text: &str) -> Unmodelled {
        let definition = Some(text.to_owned());
        Unmodelled { kind: "trigger".into(), name: Name::own("tr"), table: Some(Name::own("t")), definition }
    }

    #[test]
    fn a_table_is_renamed_where_it_is_a_table() {
        let mut one = trigger(TRIGGER);
        rename(&mut one, &Operation::RenameTable { name: Name::own("T"), to: "n".into() });
        assert_eq!(one.table, Some(Name::own("n")));
        assert_eq!(
            one.definition.as_deref(),
            Some(
                "CREATE TRIGGER tr AFTER UPDATE OF a, b ON \"n\" WHEN NEW.a > 'a' BEGIN \
                UPDATE OR IGNORE \"n\" SET a = a(NEW.a) WHERE \"n\".a = 1; INSERT INTO u (a) SELECT x FROM v, \"n\"; END"
            )
        );
    }

    #[test]
    fn a_column_is_renamed_where_it_is_certain() {
        let rename_to = |text: &str, column: &str| {
            let mut one = trigger(text);
            let operation = Operation::RenameColumn { table: Name::own("t"), name: column.into(), to: "n".into() };
            rename(&mut one, &operation);
            one.definition
        };
        assert_eq!(rename_to(TRIGGER, "c").as_deref(), Some(TRIGGER));
        assert_eq!(rename_to(TRIGGER, "a"), None);
        let own = "CREATE TRIGGER a AFTER UPDATE OF a ON t BEGIN UPDATE t SET b = NEW.a WHERE a = 'a'; END";
        let renamed =
            "CREATE TRIGGER a AFTER UPDATE OF \"n\" ON t BEGIN UPDATE t SET b = NEW.\"n\" WHERE \"n\" = 'a'; END";
        assert_eq!(rename_to(own, "a").as_deref(), Some(renamed));
        let aliased =
            "CREATE TRIGGER tr AFTER DELETE ON t BEGIN DELETE FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.a); END";
        assert_eq!(rename_to(aliased, "a"), None);
    }

    #[test]
    fn probes_change_nothing() {
        let of = |text: &str| probe(&trigger(text), Some(&"a".into())).unwrap_or_default();
        assert_eq!(of(TRIGGER), "UPDATE \"t\" SET b = b WHERE 0");
        assert_eq!(of("CREATE TRIGGER x BEFORE DELETE ON t BEGIN SELECT 1; END"), "DELETE FROM \"t\" WHERE 0");
        let insert = of("CREATE TRIGGER x BEFORE INSERT ON t BEGIN SELECT 1; END");
        assert_eq!(insert, "INSERT INTO \"t\" (\"a\") SELECT \"a\" FROM \"t\" WHERE 0");
        let view = Unmodelled { kind: "view".into(), name: Name::own("v"), table: None, definition: None };
        assert_eq!(probe(&view, None).as_deref(), Some("SELECT * FROM \"v\" LIMIT 0"));
    }
}
