//! Identity columns, and `serial` ones: the sequences behind them.

use std::collections::BTreeSet;

use super::Render;
use super::batch::{Clause, Pass};
use crate::dialect::postgres::compare::sequence_name;
use crate::dialect::postgres::objects;
use crate::dialect::postgres::quote::{as_printed, literal, qualified, quote};
use crate::ops::{ColumnChange, ObjectOperation, Operation};
use crate::schema::{Column, Ident, Identity, IdentityMode, Name, Object, ObjectId, ObjectKind, Pair, SortedMap};
use crate::statement::Hazard;

/// The sequence of a column: as said, else the name that the server gives it.
pub(super) fn sequence(table: &Name, column: &Ident, identity: &Identity) -> Name {
    let said = identity.options.get("sequence").map(|name| Ident::from(name.as_str()));
    table.sibling(said.unwrap_or_else(|| sequence_name(table.name.as_str(), column.as_str())))
}

/// `GENERATED ALWAYS AS IDENTITY (…)`.
pub(super) fn clause(table: &Name, column: &Ident, identity: &Identity) -> String {
    let mut words = Vec::new();
    if identity.options.contains_key("sequence") {
        words.push(format!("SEQUENCE NAME {}", qualified(&sequence(table, column, identity))));
    }
    words.extend(options(&identity.options, |key| !identity.options.contains_key("as") || key != far_end(identity)));
    let options = if words.is_empty() { String::new() } else { format!(" ({})", words.join(" ")) };
    format!("GENERATED {} AS IDENTITY{options}", how(identity.mode))
}

/// The bound that a sequence does not start from.
fn far_end(identity: &Identity) -> &'static str {
    if is_descending(&identity.options) { "min" } else { "max" }
}

/// GENERATED AS IDENTITY takes the type of the column, and a bound within it; others are given behind it.
pub(super) fn retype(table: &Name, column: &Ident, identity: &Identity) -> Option<String> {
    let ty = integer(identity.options.get("as").filter(|_| identity.mode != IdentityMode::Serial)?)?;
    let bounds = options(&identity.options, |key| key == far_end(identity));
    let words: Vec<String> = std::iter::once(format!("AS {ty}")).chain(bounds).collect();
    Some(format!("ALTER SEQUENCE {} {}", qualified(&sequence(table, column, identity)), words.join(" ")))
}

/// The type of a sequence, where it is one.
fn integer(text: &str) -> Option<&str> {
    ["smallint", "integer", "bigint"].contains(&text).then_some(text)
}

fn how(mode: IdentityMode) -> &'static str {
    match mode {
        IdentityMode::Always => "ALWAYS",
        IdentityMode::ByDefault | IdentityMode::Serial => "BY DEFAULT",
    }
}

/// The words of a sequence that a key stands for.
fn word(key: &str) -> Option<&'static str> {
    match key {
        "start" => Some("START WITH"),
        "increment" => Some("INCREMENT BY"),
        "min" => Some("MINVALUE"),
        "max" => Some("MAXVALUE"),
        "cache" => Some("CACHE"),
        _ => None,
    }
}

/// A whole number, or nothing that could be more than one.
fn number(text: &str) -> String {
    text.parse::<i128>().map_or_else(|_| literal(text), |number| number.to_string())
}

/// What is said of a sequence, less its type, under the keys that are asked for.
fn options(options: &SortedMap<String, String>, asked: impl Fn(&str) -> bool) -> Vec<String> {
    let asked_for = options.iter().filter(|(key, _)| asked(key));
    let numbers = asked_for.filter_map(|(key, value)| Some(format!("{} {}", word(key)?, number(value))));
    let cycles = options.get("cycle").is_some_and(|cycle| cycle == "true") && asked("cycle");
    let cycle = cycles.then(|| "CYCLE".to_owned());
    numbers.chain(cycle).collect()
}

/// The word of the shorthand, where it says all there is to say about a column.
pub(super) fn serial_word(column: &Column, native: &str) -> Option<&'static str> {
    let identity = column.identity.as_ref()?;
    let plain = identity.mode == IdentityMode::Serial && identity.options.is_empty();
    match native {
        "smallint" if plain => Some("smallserial"),
        "integer" if plain => Some("serial"),
        "bigint" if plain => Some("bigserial"),
        _ => None,
    }
}

/// `CREATE SEQUENCE` for a `serial` column that the shorthand cannot say.
pub(super) fn create_sequence(table: &Name, column: &Ident, identity: &Identity, native: &str) -> String {
    let of = identity.options.get("as").map_or(native, String::as_str);
    let ty = integer(of).map_or_else(String::new, |of| format!(" AS {of}"));
    let words: String = options(&identity.options, |_| true).iter().map(|word| format!(" {word}")).collect();
    format!("CREATE SEQUENCE {}{ty}{words}", qualified(&sequence(table, column, identity)))
}

/// The default of a `serial` column, as the server prints it.
pub(super) fn next_value(sequence: &Name) -> String {
    let printed = match &sequence.schema {
        Some(schema) => format!("{}.{}", as_printed(schema), as_printed(&sequence.name)),
        None => as_printed(&sequence.name),
    };
    format!("nextval({}::regclass)", literal(&printed))
}

pub(super) fn own(table: &Name, column: &Ident, sequence: &Name) -> String {
    format!("ALTER SEQUENCE {} OWNED BY {}.{}", qualified(sequence), qualified(table), quote(column))
}

/// The sequences that come to a column or leave it, and are things of their own otherwise: they stay, with the number at
/// which they stand.
pub(super) fn handed(operations: &[&Operation]) -> BTreeSet<Name> {
    let serial = |change: &ColumnChange| {
        change.identity.clone().flatten().filter(|identity| identity.mode == IdentityMode::Serial)
    };
    let of_change = |table: &Name, name: &Ident, to: &ColumnChange, was: &ColumnChange| match (serial(was), serial(to))
    {
        (None, Some(identity)) => Some((sequence(table, name, &identity), true)),
        (Some(identity), None) => Some((sequence(table, name, &identity), false)),
        (None, None) | (Some(_), Some(_)) => None,
    };
    let of_column = operations.iter().filter_map(|operation| {
        if let Operation::AlterColumn { table, name, to, was } = operation {
            of_change(table, name, to, was)
        } else {
            None
        }
    });
    let is = |id: &ObjectId, name: &Name| id.kind == ObjectKind::Sequence && id.name == *name;
    let goes = |operation: &Operation, name: &Name| matches!(operation, Operation::Object(ObjectOperation::Drop { id, .. }) if is(id, name));
    let comes = |operation: &Operation, name: &Name| matches!(operation, Operation::Object(ObjectOperation::Create(made)) if is(&made.id, name));
    let is_beside = |(name, taken): &(Name, bool)| {
        operations.iter().any(|operation| if *taken { goes(operation, name) } else { comes(operation, name) })
    };
    of_column.filter(is_beside).map(|(name, _)| name).collect()
}

/// Whether a sequence counts up from 1, so that it may go on behind rows that are there.
pub(super) fn counts_up(sequence: &Object) -> bool {
    let text = sequence.definition.text().to_uppercase();
    let says = |word: &str| text.split_whitespace().any(|one| one == word);
    !says("START") && !says("MINVALUE") && !text.contains("BY -") && !text.contains("INCREMENT -")
}

impl Render {
    /// The sequence of a column becomes one of its own. It goes on where it is.
    pub(super) fn set_free(&mut self, made: &Object) {
        let name = qualified(&made.id.name);
        self.writer.statement(format!("ALTER SEQUENCE {name} OWNED BY NONE"));
        let text = made.definition.text();
        let changes = objects::in_place(ObjectKind::Sequence, text, text).unwrap_or_default();
        changes.into_iter().for_each(|sql| self.writer.statement(sql));
        if let Some(comment) = &made.comment {
            self.writer.statement(format!("COMMENT ON SEQUENCE {name} IS {}", literal(comment)));
        }
    }

    /// A column that takes its values from a new sequence does not meet those that it has.
    pub(super) fn go_on_behind_rows(&mut self, table: &Name, column: &Column) {
        let Some(default) = column.default.as_ref().map(super::column::default_text) else { return };
        let Some(sequence) = self.counting.iter().find(|name| next_value(name) == default) else { return };
        if integer(super::column::native(&column.ty)).is_some() {
            self.writer.later(continue_after_rows(table, &column.name, sequence));
        }
    }

    /// Takes away what a column has of identity, unless it can be changed into what it is to be.
    pub(super) fn leave_identity(&mut self, table: &Name, columns: &Pair<Column>, to: Option<&Identity>) {
        let Some(was) = columns.from.identity.as_ref() else { return };
        if !to.is_some_and(|to| same_sort(was, to)) {
            self.drop_identity(table, &columns.from.name, was);
        }
    }

    /// Makes a column an identity one, or changes how it is one.
    pub(super) fn take_identity(&mut self, table: &Name, columns: &Pair<Column>, to: Option<&Identity>) {
        let Some(to) = to else { return };
        match columns.from.identity.as_ref().filter(|was| same_sort(was, to)) {
            Some(was) => self.alter_sequence(table, &columns.to, was, to),
            None => self.add_identity(table, columns, to),
        }
    }

    fn drop_identity(&mut self, table: &Name, column: &Ident, was: &Identity) {
        let alter = format!("ALTER COLUMN {}", quote(column));
        if was.mode == IdentityMode::Serial {
            self.writer.clause(table, Clause::drop(column, format!("{alter} DROP DEFAULT")), None);
            let sequence = sequence(table, column, was);
            if !self.handed.contains(&sequence) {
                self.writer.statement(format!("DROP SEQUENCE {}", qualified(&sequence)));
            }
        } else {
            self.writer.clause(table, Clause::drop(column, format!("{alter} DROP IDENTITY")), None);
        }
    }

    fn add_identity(&mut self, table: &Name, columns: &Pair<Column>, to: &Identity) {
        let column = &columns.to;
        let name = &column.name;
        let alter = format!("ALTER COLUMN {}", quote(name));
        let sequence = sequence(table, name, to);
        if to.mode == IdentityMode::Serial {
            let native = super::column::native(&column.ty);
            let is_there = self.handed.contains(&sequence);
            let made = create_sequence(table, name, to, native);
            let made = if is_there { objects::in_place(ObjectKind::Sequence, &made, &made) } else { Some(vec![made]) };
            made.into_iter().flatten().for_each(|sql| self.writer.statement(sql));
            let default = format!("{alter} SET DEFAULT {}", next_value(&sequence));
            self.writer.clause(table, Clause::new(Pass::AddConstraint, name, default), None);
            self.writer.statement(own(table, name, &sequence));
        } else {
            if columns.from.nullable {
                let clause = Clause::new(Pass::Attributes, name, format!("{alter} SET NOT NULL"));
                let place = format!("{}.{}", table.for_people(), name.as_str());
                self.writer.clause(table, clause, Some(Hazard::MayFail(format!("rows where {place} is NULL"))));
            }
            let add = format!("{alter} ADD {}", clause(table, name, to));
            self.writer.clause(table, Clause::new(Pass::AddConstraint, name, add), None);
            retype(table, name, to).into_iter().for_each(|sql| self.writer.statement(sql));
        }
        let goes_on = self.handed.contains(&sequence);
        if !goes_on && !to.options.contains_key("start") && !is_descending(&to.options) {
            self.writer.statement(continue_after_rows(table, name, &sequence));
        }
    }

    fn alter_sequence(&mut self, table: &Name, column: &Column, was: &Identity, to: &Identity) {
        let name = &column.name;
        let (old, new) = (sequence(table, name, was), sequence(table, name, to));
        if old != new {
            self.writer.statement(format!("ALTER SEQUENCE {} RENAME TO {}", qualified(&old), quote(&new.name)));
        }
        let changes = option_changes(&was.options, &to.options);
        let native = super::column::native(&column.ty);
        let of = |identity: &Identity| identity.options.get("as").and_then(|of| integer(of)).map(str::to_owned);
        let ty = (of(was) != of(to)).then(|| format!("AS {}", of(to).as_deref().unwrap_or(native)));
        // The clauses of an identity column have no word for the type, with which the bounds change.
        let (of_sequence, of_column) = match (&ty, to.mode) {
            (Some(_), _) | (None, IdentityMode::Serial) => (changes, Vec::new()),
            (None, IdentityMode::Always | IdentityMode::ByDefault) => (Vec::new(), changes),
        };
        let words: Vec<String> = ty.into_iter().chain(of_sequence).collect();
        if !words.is_empty() {
            self.writer.statement(format!("ALTER SEQUENCE {} {}", qualified(&new), words.join(" ")));
        }
        if to.mode == IdentityMode::Serial {
            return;
        }
        let mode = (was.mode != to.mode).then(|| format!("SET GENERATED {}", how(to.mode)));
        let set = of_column.iter().map(|change| format!("SET {change}"));
        let words: Vec<String> = mode.into_iter().chain(set).collect();
        if !words.is_empty() {
            let sql = format!("ALTER COLUMN {} {}", quote(name), words.join(" "));
            self.writer.clause(table, Clause::new(Pass::Rest, name, sql), None);
        }
    }
}

/// Whether one can be altered into the other.
fn same_sort(a: &Identity, b: &Identity) -> bool {
    (a.mode == IdentityMode::Serial) == (b.mode == IdentityMode::Serial)
}

/// A sequence over a column that has rows goes on behind the greatest of them.
fn continue_after_rows(table: &Name, column: &Ident, sequence: &Name) -> String {
    let column = quote(column);
    format!(
        "SELECT setval({}::regclass, max({column})) FROM {} HAVING max({column}) > 0",
        literal(&qualified(sequence)),
        qualified(table),
    )
}

/// The words that lead from one set of options to another; an option that goes is set to what the server takes without.
fn option_changes(was: &SortedMap<String, String>, to: &SortedMap<String, String>) -> Vec<String> {
    let mut words = Vec::new();
    for key in ["increment", "min", "max", "start", "cache"] {
        let (Some(word), old, new) = (word(key), was.get(key), to.get(key)) else { continue };
        if old == new {
            continue;
        }
        words.push(match (new, key) {
            (Some(value), _) => format!("{word} {}", number(value)),
            (None, "min" | "max") => format!("NO {word}"),
            (None, "start") => format!("{word} {}", usual_start(to)),
            (None, _) => format!("{word} 1"),
        });
    }
    if was.get("cycle") != to.get("cycle") {
        words.push(if to.contains_key("cycle") { "CYCLE".to_owned() } else { "NO CYCLE".to_owned() });
    }
    words
}

fn is_descending(options: &SortedMap<String, String>) -> bool {
    options.get("increment").is_some_and(|by| by.starts_with('-'))
}

/// Where a sequence starts that says nothing: at its lower end, a descending one at its upper.
fn usual_start(options: &SortedMap<String, String>) -> String {
    let (key, otherwise) = if is_descending(options) { ("max", "-1") } else { ("min", "1") };
    options.get(key).map_or_else(|| otherwise.to_owned(), |value| number(value))
}
