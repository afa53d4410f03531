//! What can be said about declared models before a server sees them.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
#[cfg(feature = "db")]
use crate::dialect::Scope;
use crate::error::{Error, Kind, Result};
use crate::model::Models;
use crate::model::rules::refuse_unknown_columns;
#[cfg(feature = "db")]
use crate::schema::ObjectKind;
use crate::schema::{Ident, Name, Table};
use crate::yaml::nearest;

/// Refuses names that the server takes for one, names that it would cut, keys over columns that are not there, and
/// references to nowhere. Each error names file and line of the table.
pub(crate) fn validate(models: &Models, dialect: &dyn Dialect) -> Result<()> {
    let mut folded: BTreeMap<(Option<String>, String), &Name> = BTreeMap::new();
    for (name, table) in &models.declared.tables {
        let place = |error: Error| match models.spots.get(name) {
            Some(spot) => error.in_file(&spot.file).at_line(spot.line, 0),
            None => error,
        };
        let key = (name.schema.as_ref().map(|schema| dialect.fold(schema)), dialect.fold(&name.name));
        if let Some(other) = folded.insert(key, name) {
            let there = models.spots.get(other).map(|spot| format!(" ({}:{})", spot.file.display(), spot.line));
            let there = there.unwrap_or_default();
            let phrase =
                format!("the database takes {} and {}{there} for one name", name.for_people(), other.for_people());
            return Err(place(Error::new(Kind::File, phrase).with_hint("rename one of them")));
        }
        names(table, dialect).and_then(|()| columns(table)).map_err(place)?;
        parents(table, models).and_then(|()| references(table, models)).map_err(place)?;
    }
    objects(models, dialect)?;
    refuse_unknown_columns(models)
}

/// Kinds of objects that the database has, with names that it takes.
fn objects(models: &Models, dialect: &dyn Dialect) -> Result<()> {
    for id in models.declared.objects.keys() {
        let place = |error: Error| match models.object_spots.get(id) {
            Some(spot) => error.in_file(&spot.file).at_line(spot.line, 0),
            None => error,
        };
        if !dialect.objects().knows(id.kind) {
            let phrase = format!("{} is of a kind that this database does not have here", id.for_people());
            let hint = format!("take it out of `{}`, or make it in a revision of SQL", id.kind.plural());
            return Err(place(Error::new(Kind::File, phrase).with_hint(hint)));
        }
        if let Some(why) = dialect.refuse_name(&id.name.name) {
            let phrase = format!("the name {} cannot be: {why}", id.name.name.as_str());
            return Err(place(Error::new(Kind::File, phrase).with_hint("choose another name")));
        }
    }
    Ok(())
}

/// Refuses models that say rights or owners, where nobody asked to compare them: they would be lost without a word.
#[cfg(feature = "db")]
pub(crate) fn refuse_uncompared(models: &Models, scope: &Scope) -> Result<()> {
    let is_left =
        |kind: ObjectKind| kind == ObjectKind::Grants && !scope.grants || kind == ObjectKind::Owner && !scope.owners;
    let Some(id) = models.declared.objects.keys().find(|id| is_left(id.kind)) else { return Ok(()) };
    let word = id.kind.plural();
    let phrase = format!("the models say {}, and {word} are compared only where that is asked for", id.for_people());
    let error = Error::new(Kind::File, phrase)
        .with_hint(format!("add `compare: [{word}]` to migrate.yaml, or take `{word}` out of the models"));
    Err(match models.object_spots.get(id) {
        Some(spot) => error.in_file(&spot.file).at_line(spot.line, 0),
        None => error,
    })
}

fn names(table: &Table, dialect: &dyn Dialect) -> Result<()> {
    let parts = table.columns.iter().map(|column| &column.name);
    let indexes = table.indexes.iter().map(|index| &index.name);
    for ident in parts.chain(indexes).chain([&table.name.name]) {
        if let Some(why) = dialect.refuse_name(ident) {
            return Err(Error::new(Kind::File, format!("the name {} cannot be: {why}", ident.as_str()))
                .with_hint("choose another name"));
        }
    }
    let mut seen = BTreeMap::new();
    for column in &table.columns {
        if let Some(other) = seen.insert(dialect.fold(&column.name), &column.name) {
            let (one, two, table) = (column.name.as_str(), other.as_str(), table.name.for_people());
            return Err(Error::new(
                Kind::File,
                format!("the database takes the columns {one} and {two} of {table} for one name"),
            )
            .with_hint("rename one of them"));
        }
    }
    Ok(())
}

/// The tables whose columns a table has are declared; where SQL models stand beside, they may be there. Else the scratch place
/// would find the user's own.
fn parents(table: &Table, models: &Models) -> Result<()> {
    let is_missing = |name: &Name| !models.declared.tables.contains_key(name);
    let Some(missing) = table.parents().into_iter().filter(|_| models.sql.is_empty()).find(is_missing) else {
        return Ok(());
    };
    let relation = if table.is_partition() { "is a partition of" } else { "inherits from" };
    let (heir, parent) = (table.name.for_people(), missing.for_people());
    let error = Error::new(Kind::File, format!("the table {heir} {relation} {parent}, which no model declares"));
    let others = models.declared.tables.keys().filter(|name| **name != table.name);
    let known = others.map(|name| name.name.as_str());
    Err(match nearest(missing.name.as_str(), known) {
        Some(known) => error.with_hint(format!("write `{known}`")),
        None => error.with_hint(format!("declare the table {parent}")),
    })
}

/// Keys and indexes stand on columns that are there.
fn columns(table: &Table) -> Result<()> {
    let key = table.primary_key.iter().flat_map(|key| key.columns.iter().chain(&key.include));
    let uniques = table.uniques.iter().flat_map(|unique| unique.columns.iter().chain(&unique.include));
    let foreign = table.foreign_keys.iter().flat_map(|key| &key.columns);
    let parts = table.indexes.iter().flat_map(|index| &index.parts).filter_map(|part| part.column_name());
    let include = table.indexes.iter().flat_map(|index| &index.include);
    // An heir names few of the columns that it has.
    if table.is_heir() {
        return Ok(());
    }
    for name in key.chain(uniques).chain(foreign).chain(parts).chain(include) {
        if table.column(name).is_none() {
            return Err(no_column(table, name));
        }
    }
    Ok(())
}

fn no_column(table: &Table, name: &Ident) -> Error {
    let error = Error::new(Kind::File, format!("table {} has no column {}", table.name.for_people(), name.as_str()));
    match nearest(name.as_str(), table.columns.iter().map(|column| column.name.as_str())) {
        Some(known) => error.with_hint(format!("write `{known}`")),
        None => error.with_hint("declare the column, or take it out of the key"),
    }
}

/// Foreign keys lead to tables and columns that are declared; where SQL models stand beside, they may be there.
fn references(table: &Table, models: &Models) -> Result<()> {
    for key in &table.foreign_keys {
        let Some(target) = models.declared.tables.get(&key.references) else {
            if !models.sql.is_empty() {
                continue;
            }
            let (from, to) = (table.name.for_people(), key.references.for_people());
            let error =
                Error::new(Kind::File, format!("a foreign key of {from} references {to}, which no model declares"));
            let known = models.declared.tables.keys().map(|name| name.name.as_str());
            return Err(match nearest(key.references.name.as_str(), known) {
                Some(known) => error.with_hint(format!("write `{known}`")),
                None => error.with_hint(format!("declare the table {to}")),
            });
        };
        if target.is_heir() {
            continue;
        }
        if let Some(name) = key.referenced_columns.iter().find(|name| target.column(name).is_none()) {
            return Err(no_column(target, name));
        }
        if key.referenced_columns.is_empty() && target.primary_key.is_none() {
            let (from, to) = (table.name.for_people(), target.name.for_people());
            return Err(Error::new(
                Kind::File,
                format!("a foreign key of {from} references {to}, which has no primary key"),
            )
            .with_hint("name the referenced columns"));
        }
    }
    Ok(())
}
