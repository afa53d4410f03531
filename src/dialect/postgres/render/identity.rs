//! Identity columns, and `serial` ones: the sequences behind them.

use super::Render;
use super::batch::{Clause, Pass};
use crate::dialect::postgres::compare::sequence_name;
use crate::dialect::postgres::quote::{as_printed, literal, qualified, quote};
use crate::schema::{Column, Ident, Identity, IdentityMode, Name, Pair, SortedMap};
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
    words.extend(options(&identity.options));
    let options = if words.is_empty() { String::new() } else { format!(" ({})", words.join(" ")) };
    format!("GENERATED {} AS IDENTITY{options}", how(identity.mode))
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

fn options(options: &SortedMap<String, String>) -> Vec<String> {
    let numbers = options.iter().filter_map(|(key, value)| Some(format!("{} {}", word(key)?, number(value))));
    let cycle = options.get("cycle").is_some_and(|cycle| cycle == "true").then(|| "CYCLE".to_owned());
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
    let ty = if ["smallint", "integer", "bigint"].contains(&of) { format!(" AS {of}") } else { String::new() };
    let words: String = options(&identity.options).iter().map(|word| format!(" {word}")).collect();
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

impl Render {
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
            self.writer.statement(format!("DROP SEQUENCE {}", qualified(&sequence(table, column, was))));
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
            self.writer.statement(create_sequence(table, name, to, native));
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
        }
        if !to.options.contains_key("start") && !to.options.get("increment").is_some_and(|by| by.starts_with('-')) {
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
        if to.mode == IdentityMode::Serial {
            let native = super::column::native(&column.ty);
            let of = |identity: &Identity| identity.options.get("as").cloned();
            let ty = (of(was) != of(to)).then(|| format!("AS {}", of(to).as_deref().unwrap_or(native)));
            let words: Vec<String> = ty.into_iter().chain(changes).collect();
            if !words.is_empty() {
                self.writer.statement(format!("ALTER SEQUENCE {} {}", qualified(&new), words.join(" ")));
            }
            return;
        }
        let mode = (was.mode != to.mode).then(|| format!("SET GENERATED {}", how(to.mode)));
        let words: Vec<String> = mode.into_iter().chain(changes.iter().map(|change| format!("SET {change}"))).collect();
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

/// Where a sequence starts that says nothing: at its lower end, a descending one at its upper.
fn usual_start(options: &SortedMap<String, String>) -> String {
    let descending = options.get("increment").is_some_and(|by| by.starts_with('-'));
    let (key, otherwise) = if descending { ("max", "-1") } else { ("min", "1") };
    options.get(key).map_or_else(|| otherwise.to_owned(), |value| number(value))
}
