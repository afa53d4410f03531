//! Families of tables in memory. An heir (a partition, a table that inherits) names in its columns only those that are its own
//! or differ from those of its parents, and in its keys and indexes only its own: so that a change of the parent
//! is one operation, as it is one statement for the server, which does it to all heirs.
//!
//! [`whole`] is an heir with all of its columns. [`apply_to_family`] does an operation on columns to a table, and what the server then
//! does to the heirs; [`change_descent`] lets a table become an heir, or stop to be one.

mod parts;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{ColumnChange, Operation, OptionsChange, TableChange};
use crate::schema::{Column, DESCENT, INHERITS, Ident, IdentityMode, Name, PARTITION_OF, Schema, SortedMap, Table};

/// Options of a column that each table has for itself.
const OF_EACH: [&str; 6] =
    ["statistics", "n_distinct", "n_distinct_inherited", "not_null", "not_null_not_valid", NOT_FOR_HEIRS];
/// Options of a column that stay with the table whose column is changed.
const NOT_PASSED_ON: [&str; 6] =
    ["compression", "n_distinct", "n_distinct_inherited", "not_null", "not_null_not_valid", NOT_FOR_HEIRS];
/// The option of a column whose heirs may be NULL nevertheless.
const NOT_FOR_HEIRS: &str = "not_null_no_inherit";
/// A family is no deeper; a declared circle is left there.
const DEPTH: usize = 32;

/// What a change of a table says of its descent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// It becomes an heir.
    Joins,
    /// It stands alone from now on.
    Leaves,
}

/// Whether a change makes an heir of a table, or the contrary.
pub(crate) fn moves(change: &TableChange) -> Option<Move> {
    let said = change.options.0.values().find_map(|keys| keys.get(PARTITION_OF).or_else(|| keys.get(INHERITS)))?;
    Some(if said.is_some() { Move::Joins } else { Move::Leaves })
}

/// The table of this name, an heir with all columns: those of the parents first.
pub(crate) fn whole<'a>(schema: &'a Schema, name: &Name) -> Option<Cow<'a, Table>> {
    let table = schema.tables.get(name)?;
    Some(if table.is_heir() { Cow::Owned(filled(schema, table, DEPTH)) } else { Cow::Borrowed(table) })
}

fn filled(schema: &Schema, table: &Table, depth: usize) -> Table {
    let mut columns: Vec<Column> = Vec::new();
    for parent in table.parents().iter().filter(|_| depth > 0).filter_map(|name| schema.tables.get(name)) {
        for column in filled(schema, parent, depth - 1).columns {
            if !columns.iter().any(|known| known.name == column.name) {
                columns.push(table.column(&column.name).cloned().unwrap_or_else(|| handed_down(&column)));
            }
        }
    }
    let own = table.columns.iter().filter(|column| !columns.iter().any(|known| known.name == column.name));
    columns.extend(own.cloned().collect::<Vec<_>>());
    Table { columns, ..table.clone() }
}

/// A column as an heir has it that says nothing of it. The sequence behind a `serial` one is the parent's.
fn handed_down(column: &Column) -> Column {
    let mut options = column.options.clone();
    let nullable = column.nullable || options.0.values().any(|keys| keys.contains_key(NOT_FOR_HEIRS));
    let databases: Vec<String> = options.0.keys().cloned().collect();
    for database in databases {
        OF_EACH.iter().for_each(|key| options.remove(&database, key));
    }
    Column { nullable, comment: None, identity: None, renamed_from: None, options, ..column.clone() }
}

/// Whether an heir has to name a column that its parent has.
pub(crate) fn deviates(own: &Column, parent: &Column) -> bool {
    let usual = handed_down(parent);
    let is_serial = parent.identity.as_ref().is_some_and(|identity| identity.mode == IdentityMode::Serial);
    own.nullable != usual.nullable
        || (own.generated.is_none() && !is_serial && own.default != usual.default)
        || own.identity.as_ref().is_some_and(|own| parent.identity.as_ref() != Some(own))
        || own.comment.is_some()
        || own.options != usual.options
}

/// Only PostgreSQL has tables that inherit: a program without it is without all of this.
const IS_KNOWN: bool = cfg!(feature = "postgres");

/// The tables that have columns from this one, however many steps away, parents first.
pub(crate) fn heirs(schema: &Schema, name: &Name) -> Vec<Name> {
    if !IS_KNOWN {
        return Vec::new();
    }
    let all: Vec<(&Name, Vec<Name>)> = schema
        .tables
        .iter()
        .filter(|(_, table)| table.is_heir())
        .map(|(name, table)| (name, table.parents()))
        .collect();
    let mut found = vec![name.clone()];
    let mut grew = !all.is_empty();
    while grew {
        let is_next = |(heir, parents): &&(&Name, Vec<Name>)| {
            !found.contains(heir) && parents.iter().any(|parent| found.contains(parent))
        };
        let next: Vec<Name> = all.iter().filter(is_next).map(|(name, _)| (*name).clone()).collect();
        grew = !next.is_empty();
        found.extend(next);
    }
    found.remove(0);
    found
}

/// The tables from which this one has columns, however many steps away, parents first.
pub(crate) fn ancestors(schema: &Schema, name: &Name) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    let mut open = schema.tables.get(name).map(Table::parents).unwrap_or_default();
    while let Some(parent) = open.pop() {
        if found.contains(&parent) || parent == *name {
            continue;
        }
        open.extend(schema.tables.get(&parent).map(Table::parents).unwrap_or_default());
        found.push(parent);
    }
    found.reverse();
    found
}

/// Does an operation on a column of `name` by `change`, and the same to the heirs as far as the server does.
pub(super) fn apply_to_family<E>(
    operation: &Operation,
    name: &Name,
    schema: &mut Schema,
    change: impl Fn(&Operation, &mut Schema) -> Result<(), E>,
) -> Result<(), E> {
    if !IS_KNOWN {
        return change(operation, schema);
    }
    let (above, below) = (ancestors(schema, name), heirs(schema, name));
    if above.is_empty() && below.is_empty() {
        return change(operation, schema);
    }
    let family: Vec<Name> = above.into_iter().chain([name.clone()]).chain(below.iter().cloned()).collect();
    let named = fill(schema, &family);
    let done = change(operation, schema);
    if done.is_ok() {
        for heir in &below {
            let keeps = |column: &Ident| is_kept(schema, &named, heir, column);
            if let Some(passed) = passed_on(operation, heir, keeps) {
                // What does not fit is there already, or not any more: the server merges too.
                drop(change(&passed, schema));
            }
        }
    }
    family.iter().rev().for_each(|name| shorten(schema, name, named.get(name)));
    done
}

/// The columns that each heir names.
type Named = BTreeMap<Name, BTreeSet<Ident>>;

/// Gives all heirs of a family all of their columns; says which of them they named.
fn fill(schema: &mut Schema, family: &[Name]) -> Named {
    let mut named = BTreeMap::new();
    for name in family {
        let Some(Cow::Owned(filled)) = whole(schema, name) else { continue };
        let names =
            schema.tables.get(name).map(|table| table.columns.iter().map(|column| column.name.clone()).collect());
        named.insert(name.clone(), names.unwrap_or_default());
        schema.insert(filled);
    }
    named
}

/// Whether a column is an heir's own too, so that it stays when that of the parent goes.
fn is_kept(schema: &Schema, named: &Named, heir: &Name, column: &Ident) -> bool {
    let inherits = schema.tables.get(heir).is_some_and(|table| !table.is_partition());
    inherits && named.get(heir).is_some_and(|columns| columns.contains(column))
}

/// Leaves to an heir the columns that it has to name; its parents are whole.
fn shorten(schema: &mut Schema, name: &Name, named: Option<&BTreeSet<Ident>>) {
    let Some(table) = schema.tables.get(name).filter(|table| table.is_heir()) else { return };
    let mut short = table.clone();
    let parents: Vec<&Table> = table.parents().iter().filter_map(|name| schema.tables.get(name)).collect();
    let is_partition = short.is_partition();
    short.columns.retain(|column| {
        let parent = parents.iter().find_map(|parent| parent.column(&column.name));
        let said = !is_partition && named.is_some_and(|named| named.contains(&column.name));
        said || parent.is_none_or(|parent| deviates(column, parent))
    });
    schema.insert(short);
}

/// What the server does to an heir when it does this to the parent; `keeps` says which columns are the heir's own too.
pub(crate) fn passed_on(operation: &Operation, heir: &Name, keeps: impl Fn(&Ident) -> bool) -> Option<Operation> {
    let table = heir.clone();
    if let Operation::AddColumn { column, position, .. } = operation {
        let (column, position) = (Box::new(handed_down(column)), position.clone());
        return Some(Operation::AddColumn { table, column, position });
    }
    if let Operation::DropColumn { name, was, position, .. } = operation {
        let (name, was, position) = (name.clone(), was.clone(), position.clone());
        return (!keeps(&name)).then_some(Operation::DropColumn { table, name, was, position });
    }
    if let Operation::RenameColumn { name, to, .. } = operation {
        return Some(Operation::RenameColumn { table, name: name.clone(), to: to.clone() });
    }
    if let Operation::AlterColumn { name, to, was, .. } = operation {
        let [mut passed, mut former] = [to, was].map(|change| inheritable(change));
        (passed.nullable, former.nullable) = inheritable_null(to, was);
        let [to, was] = [passed, former].map(Box::new);
        return (!to.is_empty()).then(|| Operation::AlterColumn { table, name: name.clone(), to, was });
    }
    None
}

/// Whether heirs may be NULL, now and before, where that changes for them.
fn inheritable_null(to: &ColumnChange, was: &ColumnChange) -> (Option<bool>, Option<bool>) {
    let for_heirs = to.options.0.values().find_map(|keys| keys.get(NOT_FOR_HEIRS)).map(Option::is_none);
    match (for_heirs, to.nullable) {
        (None, nullable) => (nullable, was.nullable),
        (Some(true), None) => (Some(false), Some(true)),
        (Some(false), None) => (Some(true), Some(false)),
        (Some(_), Some(_)) => (None, None),
    }
}

fn inheritable(change: &ColumnChange) -> ColumnChange {
    let mut options = OptionsChange::default();
    for (database, keys) in &change.options.0 {
        let passed = keys.iter().filter(|(key, _)| !NOT_PASSED_ON.contains(&key.as_str()));
        let passed: SortedMap<_, _> = passed.map(|(key, value)| (key.clone(), value.clone())).collect();
        if !passed.is_empty() {
            options.0.insert(database.clone(), passed);
        }
    }
    ColumnChange { comment: None, identity: None, position: None, options, ..change.clone() }
}

/// Does a change of a table that makes an heir of it, or the contrary.
pub(super) fn change_descent(change: &TableChange, name: &Name, schema: &mut Schema) {
    if !IS_KNOWN {
        schema.tables.get_mut(name).into_iter().for_each(|table| change.lay_over(table));
        return;
    }
    if let Some(Cow::Owned(mut table)) = whole(schema, name) {
        parts::take(schema, &mut table);
        schema.insert(table);
    }
    if let Some(table) = schema.tables.get_mut(name) {
        change.lay_over(table);
    }
    if let Some(mut table) = schema.tables.get(name).filter(|table| table.is_heir()).cloned() {
        parts::give_up(schema, &mut table);
        schema.insert(table);
        let family: Vec<Name> = ancestors(schema, name).into_iter().chain([name.clone()]).collect();
        let above: Vec<Name> = family.iter().filter(|member| *member != name).cloned().collect();
        let named = fill(schema, &above);
        family.iter().rev().for_each(|name| shorten(schema, name, named.get(name)));
    }
}

/// The change that makes a table stand alone, and what it was before: `(to, was)`.
pub(crate) fn leaving(table: &Table) -> (TableChange, TableChange) {
    let (mut to, mut was) = (TableChange::default(), TableChange::default());
    for (database, section) in &table.options.0 {
        for (key, value) in section.iter().filter(|(key, _)| DESCENT.contains(&key.as_str())) {
            let put = |change: &mut TableChange, value| {
                change.options.0.change(database.clone(), |section| drop(section.insert(key.clone(), value)));
            };
            put(&mut to, None);
            put(&mut was, Some(value.clone()));
        }
    }
    (to, was)
}
