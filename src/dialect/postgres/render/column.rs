//! Columns as CREATE TABLE and ADD COLUMN have them.

use super::batch::{Clause, Pass};
use super::storage::{collation, parameter, section};
use super::{Done, Render, identity, not_null};
use crate::dialect::Unsupported;
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::bare;
use crate::dialect::postgres::options::is_column_parameter;
use crate::dialect::postgres::quote::{literal, qualified, quote};
use crate::schema::{Column, Default, Generated, IdentityMode, Name, Type};
use crate::statement::{Hazard, ServerVersion};

/// The native text of a type; a neutral one never comes here.
pub(super) fn native(ty: &Type) -> &str {
    match ty {
        Type::Native(native) => native,
        Type::Neutral(_) => "",
    }
}

/// The text of a native default.
pub(super) fn default_text(default: &Default) -> &str {
    match default {
        Default::Sql(expr) => expr.text(),
        Default::Literal(text) => text,
    }
}

/// `GENERATED ALWAYS AS (…) STORED`.
pub(super) fn generated(generated: &Generated, server: ServerVersion) -> Result<String, Unsupported> {
    let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
    if !generated.stored {
        Since::VirtualColumns.require(server)?;
    }
    Ok(format!("GENERATED ALWAYS AS ({}) {kind}", bare(generated.expr.text())))
}

/// A column with everything that its definition can hold. A `serial` one is never NULL.
pub(super) fn definition(table: &Name, column: &Column, server: ServerVersion) -> Result<String, Unsupported> {
    let native = native(&column.ty);
    let name = quote(&column.name);
    if let Some(word) = identity::serial_word(column, native) {
        return Ok(format!("{name} {word}"));
    }
    let mut words = vec![name, native.to_owned()];
    if let Some(method) = column.options.get(WORD, "compression") {
        Since::ColumnCompression.require(server)?;
        words.push(format!("COMPRESSION {}", quote(&method.into())));
    }
    if let Some(name) = column.options.get(WORD, "collation") {
        words.push(format!("COLLATE {}", collation(name)));
    }
    if let Some(generated) = &column.generated {
        words.push(self::generated(generated, server)?);
    }
    words.extend(own_words(table, column, server)?);
    Ok(words.join(" "))
}

/// What a column has beside its type: NOT NULL, a number that is given out, a default.
fn own_words(table: &Name, column: &Column, server: ServerVersion) -> Result<Vec<String>, Unsupported> {
    let mut words = Vec::new();
    let serial = column.identity.as_ref().is_some_and(|identity| identity.mode == IdentityMode::Serial);
    if !column.nullable || serial {
        words.extend(not_null::words(column, server)?);
    }
    match &column.identity {
        Some(serial) if serial.mode == IdentityMode::Serial => {
            let sequence = identity::sequence(table, &column.name, serial);
            words.push(format!("DEFAULT {}", identity::next_value(&sequence)));
        }
        Some(identity) => words.push(identity::clause(table, &column.name, identity)),
        None => {}
    }
    if let Some(default) = &column.default {
        words.push(format!("DEFAULT {}", default_text(default)));
    }
    Ok(words)
}

/// A column of a table that takes its columns from a composite type: what it has beside what the type says.
pub(super) fn of_type(table: &Name, column: &Column, server: ServerVersion) -> Result<Option<String>, Unsupported> {
    let is_identity = column.identity.as_ref().is_some_and(|identity| identity.mode != IdentityMode::Serial);
    if is_identity || column.generated.is_some() {
        let what = if is_identity { "an identity column" } else { "a generated column" };
        let place = format!("{}.{}", table.for_people(), column.name.as_str());
        let what = format!("{what} in a table of a composite type: {place}");
        return Err(Unsupported::new(what, "leave `of_type` out, or give the column a default"));
    }
    let words = own_words(table, column, server)?;
    Ok((!words.is_empty()).then(|| format!("{} WITH OPTIONS {}", quote(&column.name), words.join(" "))))
}

/// The sequence that must be there before a `serial` column can name it in its default.
pub(super) fn sequence_before(table: &Name, column: &Column) -> Option<String> {
    let serial = column.identity.as_ref().filter(|identity| identity.mode == IdentityMode::Serial)?;
    let native = native(&column.ty);
    let needed = identity::serial_word(column, native).is_none();
    needed.then(|| identity::create_sequence(table, &column.name, serial, native))
}

/// What a definition cannot hold: the sequence's owner, statistics, storage, the comment.
pub(super) fn followers(table: &Name, column: &Column) -> Vec<String> {
    let mut all = Vec::new();
    let alter = format!("ALTER TABLE {} ALTER COLUMN {}", qualified(table), quote(&column.name));
    if let (Some(serial), Some(_)) = (&column.identity, sequence_before(table, column)) {
        all.push(identity::own(table, &column.name, &identity::sequence(table, &column.name, serial)));
    }
    all.extend(column.identity.as_ref().and_then(|identity| identity::retype(table, &column.name, identity)));
    all.extend(not_null::follower(table, column));
    for (key, value) in section(&column.options) {
        all.extend(option(key, value).map(|clause| format!("{alter} {clause}")));
    }
    all.extend(column.comment.as_ref().map(|text| comment(table, column, text)));
    all
}

fn comment(table: &Name, column: &Column, text: &str) -> String {
    format!("COMMENT ON COLUMN {}.{} IS {}", qualified(table), quote(&column.name), literal(text))
}

/// The clause for an option that ALTER COLUMN sets by itself.
pub(super) fn option(key: &str, value: &str) -> Option<String> {
    match key {
        "storage" => Some(format!("SET STORAGE {}", quote(&value.to_lowercase().into()))),
        "statistics" => Some(format!("SET STATISTICS {}", value.parse::<i32>().unwrap_or(-1))),
        key if is_column_parameter(key) => Some(format!("SET ({})", parameter(key, value))),
        _ => None,
    }
}

impl Render {
    pub(super) fn add_column(&mut self, table: &Name, column: &Column) -> Done {
        if let Some(sequence) = sequence_before(table, column) {
            self.writer.statement(sequence);
        }
        let sql = format!("ADD COLUMN {}", definition(table, column, self.server)?);
        let clause = Clause::new(Pass::AddColumn, &column.name, sql);
        self.writer.clause(table, clause, added_hazards(table, column));
        for sql in followers(table, column) {
            self.writer.later(sql);
        }
        self.give_back_column(table, &column.name);
        Ok(())
    }
}

fn added_hazards(table: &Name, column: &Column) -> Vec<Hazard> {
    let place = format!("{}.{}", table.for_people(), column.name.as_str());
    let filled = column.default.is_some() || column.identity.is_some() || column.generated.is_some();
    let fails = (!column.nullable && !filled && not_null::is_proven(column))
        .then(|| Hazard::MayFail(format!("any row of {}, which has no value for {place}", table.for_people())));
    let computed = column.identity.is_some() || column.generated.as_ref().is_some_and(|generated| generated.stored);
    let volatile = column.default.as_ref().is_some_and(|default| is_volatile(default_text(default)));
    let rewrites = (computed || volatile).then(|| Hazard::Rewrites(table.for_people()));
    fails.into_iter().chain(rewrites).collect()
}

/// Whether a default may be another one for each row. The server knows it of each function; of the calls that people
/// have in defaults only `now()` is the same for all.
fn is_volatile(default: &str) -> bool {
    default.contains('(') && !default.starts_with('\'') && !default.starts_with("now(")
}
