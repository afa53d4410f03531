//! What a model says of rows, laid on the tables of both sides. Pure.

use std::collections::BTreeMap;

use super::Sides;
use crate::data::{self, Site};
use crate::error::{Error, Kind, Result};
use crate::model::{OwnedRows, or_nearest};
use crate::ops::{Operation, Value, WrittenRow, names_before};
use crate::schema::{Column, Ident, Name, Table};

/// The rows of one table, with the columns that they are about.
pub(super) struct Owned<'a> {
    pub(super) said: &'a OwnedRows,
    /// As it shall be.
    pub(super) table: &'a Table,
    pub(super) key: Vec<&'a Column>,
    /// Those beside the key.
    pub(super) columns: Vec<&'a Column>,
    /// None = the table is not there yet.
    pub(super) live: Option<Live<'a>>,
}

/// The table as it is.
pub(super) struct Live<'a> {
    pub(super) table: &'a Table,
    pub(super) key: Vec<&'a Column>,
    /// Of each of [`Owned::columns`] the one that is there in the same type, under its former name.
    pub(super) columns: Vec<Option<&'a Column>>,
}

/// Finds table, key and columns, and refuses what cannot be.
pub(super) fn settle<'a>(name: &Name, said: &'a OwnedRows, sides: Sides<'a>, site: &Site<'_>) -> Result<Owned<'a>> {
    let table = sides.desired.tables.get(name).ok_or_else(|| {
        let known: Vec<&str> = sides.desired.tables.keys().map(|known| known.name.as_str()).collect();
        let error = wrong(said, said.spot.line, format!("rows of {}, which no model declares", name.for_people()));
        or_nearest(error, name.name.as_str(), &known, "declare the table, in YAML or SQL")
    })?;
    if let Some(why) = site.dialect.data().refuse(table) {
        return Err(wrong(said, said.spot.line, why).with_hint("change the engine first"));
    }
    let key = key(said, table)?;
    let first = said.said.rows.first();
    let others =
        first.into_iter().flat_map(|row| &row.values).filter(|(name, _)| key.iter().all(|column| column.name != *name));
    let columns = others.map(|(name, _)| column(said, table, name)).collect::<Result<Vec<_>>>()?;
    let mut owned = Owned { said, table, key, columns, live: None };
    owned.refuse_values(site)?;
    owned.live = owned.there(sides)?;
    Ok(owned)
}

/// The columns that tell the rows apart: those that are said, else the primary key.
fn key<'a>(said: &OwnedRows, table: &'a Table) -> Result<Vec<&'a Column>> {
    let at = |phrase: String| wrong(said, said.spot.line, phrase);
    let people = table.name.for_people();
    let own = table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
    let is_own = said.said.key.is_empty();
    let names = if is_own { &own } else { &said.said.key };
    if names.is_empty() {
        return Err(at(format!("{people} has no primary key, by which its rows could be told apart"))
            .with_hint("give it one, or write `key:` with columns that are unique"));
    }
    let columns = names.iter().map(|name| column(said, table, name)).collect::<Result<Vec<_>>>()?;
    if !table.tells_apart(names) {
        let names = names.iter().map(Ident::as_str).collect::<Vec<_>>().join(", ");
        return Err(at(format!("several rows of {people} may have the same {names}"))
            .with_hint("add a unique constraint over these columns, or write `key:` with others"));
    }
    let is_in_key = |column: &Column| own.contains(&column.name);
    if let Some(column) = columns.iter().find(|column| column.nullable && !is_in_key(column)) {
        return Err(at(format!("{} of the key may be NULL", column.name.as_str()))
            .with_hint("declare it `nullable: false`, or write `key:` with other columns"));
    }
    Ok(columns)
}

/// A column that a row may name.
fn column<'a>(said: &OwnedRows, table: &'a Table, name: &Ident) -> Result<&'a Column> {
    let line = said.said.rows.first().map_or(said.spot.line, |row| row.line);
    let people = table.name.for_people();
    let column = table.column(name).ok_or_else(|| {
        let known: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let error = wrong(said, line, format!("table {people} has no column {}", name.as_str()));
        or_nearest(error, name.as_str(), &known, "declare the column, or leave it out of the rows")
    })?;
    if column.generated.is_some() {
        return Err(wrong(said, line, format!("column {} of {people} is computed by the database", name.as_str()))
            .with_hint("leave it out of the rows"));
    }
    Ok(column)
}

/// An error about rows, at a line of their file.
pub(super) fn wrong(said: &OwnedRows, line: usize, phrase: impl Into<String>) -> Error {
    Error::new(Kind::File, phrase).in_file(&said.spot.file).at_line(line, 0)
}

impl<'a> Owned<'a> {
    /// The lines of the file, row by row.
    fn rows(&self) -> impl Iterator<Item = (usize, &'a WrittenRow)> {
        self.said.said.rows.iter().map(|row| (row.line, &row.values))
    }

    fn wrong(&self, line: usize, phrase: impl Into<String>) -> Error {
        wrong(self.said, line, phrase)
    }

    /// What no server needs to be asked about.
    fn refuse_values(&self, site: &Site<'_>) -> Result<()> {
        let mut keys: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
        for (line, row) in self.rows() {
            let mut key = Vec::new();
            for column in &self.key {
                key.push(self.key_text(line, row, column)?);
            }
            let shown = key.join(", ");
            if let Some(other) = keys.insert(key, line) {
                let phrase = format!("two rows of {} have the key {shown}", self.table.name.for_people());
                return Err(self.wrong(line, phrase).with_hint(format!("the other one is in line {other}")));
            }
            for column in self.key.iter().chain(&self.columns) {
                let value = row.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value);
                self.refuse_value(line, column, value, site)?;
            }
        }
        Ok(())
    }

    /// The value of a column of the key, which is a literal.
    fn key_text<'r>(&self, line: usize, row: &'r WrittenRow, column: &Column) -> Result<&'r str> {
        let name = column.name.as_str();
        match row.iter().find(|(said, _)| *said == column.name) {
            Some((_, Value::Literal(text))) => Ok(text),
            Some((_, Value::Sql(_))) => {
                Err(self.wrong(line, format!("the key {name} is an expression")).with_hint("write its value"))
            }
            Some((_, Value::Null)) | None => Err(self
                .wrong(line, format!("the row does not say its key {name}"))
                .with_hint("write it, or name another key: `rows: { key: …, values: […] }`")),
        }
    }

    fn refuse_value(&self, line: usize, column: &Column, value: Option<&Value>, site: &Site<'_>) -> Result<()> {
        let name = column.name.as_str();
        match value {
            Some(Value::Null) if !column.nullable => {
                Err(self.wrong(line, format!("{name} is null, and the column takes no NULL")))
            }
            Some(Value::Literal(text)) => match site.longest(column) {
                Some(most) if text.chars().count() > most => Err(self
                    .wrong(line, format!("`{text}` does not fit column {name}: it has more than {most} characters"))),
                _ => Ok(()),
            },
            Some(Value::Null | Value::Sql(_)) | None => Ok(()),
        }
    }

    /// The table as it is, found through what is renamed.
    fn there(&self, Sides { live, operations, .. }: Sides<'a>) -> Result<Option<Live<'a>>> {
        let now = &self.table.name;
        let name = names_before(operations).remove(now).unwrap_or_else(|| now.clone());
        let Some(table) = live.tables.get(&name) else { return Ok(None) };
        let former = |column: &Column| {
            let found = table.column(&former_column(operations, (&name, now), &column.name));
            let is_same = !is_new_type(operations, now, &column.name);
            found.filter(|found| is_same && found.generated.is_none())
        };
        let key: Option<Vec<&Column>> = self.key.iter().map(|column| former(column)).collect();
        let Some(key) = key else {
            let phrase = format!("the key of the rows of {} is new, or of another type", self.table.name.for_people());
            return Err(self
                .wrong(self.said.spot.line, phrase)
                .with_hint("make that revision first, without `rows:`; then put them in again"));
        };
        Ok(Some(Live { table, key, columns: self.columns.iter().map(|column| former(column)).collect() }))
    }

    /// What the rows hold as SQL, in their order: the key, then the columns.
    ///
    /// # Errors
    /// For a value that is none of its column, with its line.
    pub(super) fn literals(&self, site: &Site<'_>) -> Result<Vec<Vec<String>>> {
        let all: Vec<&Column> = self.key.iter().chain(&self.columns).copied().collect();
        let one = |(line, row): (usize, &WrittenRow)| {
            data::literals(site, &all, row).map_err(|error| error.in_file(&self.said.spot.file).at_line(line, 0))
        };
        self.rows().map(one).collect()
    }

    /// Columns and texts of the key of a row.
    pub(super) fn key_texts(&self, row: usize) -> Vec<(Ident, String)> {
        let values = self.said.said.rows.get(row).map(|row| row.values.as_slice()).unwrap_or_default();
        let text = |column: &&Column| {
            let value = values.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value);
            let text = match value {
                Some(Value::Literal(text)) => text.clone(),
                Some(Value::Null | Value::Sql(_)) | None => String::new(),
            };
            (column.name.clone(), text)
        };
        self.key.iter().map(text).collect()
    }
}

/// What a column was called before them, in the table under either name.
fn former_column(operations: &[Operation], (former, now): (&Name, &Name), column: &Ident) -> Ident {
    for operation in operations {
        if let Operation::RenameColumn { table, name, to } = operation
            && (table == former || table == now)
            && to == column
        {
            return name.clone();
        }
    }
    column.clone()
}

/// Whether a column gets another type.
fn is_new_type(operations: &[Operation], of: &Name, column: &Ident) -> bool {
    operations.iter().any(|operation| {
        if let Operation::AlterColumn { table, name, to, .. } = operation {
            table == of && name == column && to.ty.is_some()
        } else {
            false
        }
    })
}
