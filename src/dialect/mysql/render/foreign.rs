//! Foreign keys and the indexes under them. Pure: no I/O.
//!
//! The server wants an index whose first columns are those of the foreign key, and makes one if there is none: of the
//! key's name, or of its first column's where the key had no name. An index of the former name under a key that looks as
//! if it had none is told apart from that, for else it could not be made again. What the server makes is no noun ([`hidden_index`] tells it,
//! on the inspected side too), so whoever drops a foreign key takes it along, and whoever drops the last other index
//! leaves one in its place.

use crate::dialect::mysql::{compare, quote};
use crate::ops::{Constraint, ConstraintKind, Operation};
use crate::schema::{ForeignKey, Ident, Index, IndexPart, Name, Table};

/// The name of the server's own index for a foreign key. A key whose name is one of the server's is taken to have had
/// none when it was made.
pub(super) fn own_index_name<'a>(table: &Name, key: &'a ForeignKey) -> Option<&'a Ident> {
    if is_generated(table, key) { key.columns.first() } else { key.name.as_ref() }
}

/// Whether a foreign key has no name, or one that the server would give it.
pub(super) fn is_generated(table: &Name, key: &ForeignKey) -> bool {
    let kind = ConstraintKind::ForeignKey;
    key.name.as_ref().is_none_or(|name| compare::is_generated_name(table, kind, &key.columns, name))
}

/// The index that a foreign key with a name of the server's would have had, if it had been made without one; to be made
/// beside it, for else the index would be called like the key. None where there is an index already, or the name is
/// taken.
pub(super) fn index_of_unnamed<'a>(table: &Table, key: &'a ForeignKey) -> Option<&'a Ident> {
    let first = key.columns.first()?;
    let shared =
        table.foreign_keys.iter().any(|other| other.name != key.name && starts_with(&other.columns, &key.columns));
    let taken = has_key(table, first) || is_covered(table, key, None) || shared;
    (key.name.is_some() && is_generated(&table.name, key) && !taken).then_some(first)
}

/// The clause that makes it.
pub(super) fn index_clause(table: &Table, key: &ForeignKey) -> Option<String> {
    let name = index_of_unnamed(table, key)?;
    Some(format!("ADD INDEX {} ({})", quote::ident(name), quote::idents(&key.columns)))
}

/// Whether an index or unique key of the table has this name.
pub(super) fn has_key(table: &Table, name: &Ident) -> bool {
    let uniques = table.uniques.iter().filter_map(|unique| unique.name.as_ref());
    uniques.chain(table.indexes.iter().map(|index| &index.name)).any(|one| same(one, name))
}

/// Whether an index is nothing but what the server makes for one of the foreign keys.
pub(in crate::dialect::mysql) fn hidden_index(table: &Table, index: &Index) -> bool {
    is_plain(index)
        && table.foreign_keys.iter().any(|key| {
            own_index_name(&table.name, key).is_some_and(|name| same(name, &index.name))
                && index.parts.len() == key.columns.len()
                && leads(index, &key.columns)
                && !is_covered(table, key, Some(&index.name))
        })
}

/// An index without anything that the server would not make by itself.
fn is_plain(index: &Index) -> bool {
    let plain_part = |part: &IndexPart| !part.descending && part.prefix.is_none();
    !index.unique
        && index.method.is_none()
        && index.comment.is_none()
        && index.options.is_empty()
        && index.parts.iter().all(plain_part)
}

/// Whether an index or key of the table, `without` one, serves a foreign key.
pub(super) fn is_covered(table: &Table, key: &ForeignKey, without: Option<&Ident>) -> bool {
    let other = |name: Option<&Ident>| match (name, without) {
        (Some(name), Some(without)) => !same(name, without),
        _ => true,
    };
    let primary = table.primary_key.iter().any(|primary| starts_with(&primary.columns, &key.columns));
    let uniques = table.uniques.iter().filter(|unique| other(unique.name.as_ref()));
    let indexes = table.indexes.iter().filter(|index| other(Some(&index.name)));
    let primary = primary && other(Some(&compare::PRIMARY.into()));
    primary
        || uniques.into_iter().any(|unique| starts_with(&unique.columns, &key.columns))
        || indexes.into_iter().any(|index| index.method.as_deref() != Some("fulltext") && leads(index, &key.columns))
}

fn leads(index: &Index, columns: &[Ident]) -> bool {
    index.parts.len() >= columns.len()
        && index
            .parts
            .iter()
            .zip(columns)
            .all(|(part, column)| part.prefix.is_none() && part.column_name().is_some_and(|name| same(name, column)))
}

fn starts_with(all: &[Ident], first: &[Ident]) -> bool {
    all.len() >= first.len() && all.iter().zip(first).all(|(one, other)| same(one, other))
}

fn same(one: &Ident, other: &Ident) -> bool {
    one.as_str().to_lowercase() == other.as_str().to_lowercase()
}

/// The foreign keys that lose their last index when this one goes.
pub(super) fn left_bare<'a>(table: &'a Table, index: &Ident) -> Vec<&'a ForeignKey> {
    let mut bare: Vec<&ForeignKey> = Vec::new();
    for key in &table.foreign_keys {
        let covered_now = is_covered(table, key, None);
        let twice = bare.iter().any(|other| starts_with(&other.columns, &key.columns));
        if covered_now && !is_covered(table, key, Some(index)) && !twice {
            bare.push(key);
        }
    }
    bare
}

/// Whether the run drops an index under a foreign key and makes another one for it: both must be one statement.
pub(super) fn is_covered_anew(run: &[Operation], table: Option<&Table>) -> bool {
    let Some(table) = table else { return false };
    run.iter().enumerate().any(|(place, operation)| {
        let bare = dropped_index(operation).map(|name| left_bare(table, name)).unwrap_or_default();
        let rest = run.get(place..).unwrap_or_default();
        !bare.is_empty() && bare.into_iter().all(|key| is_made_for(rest, table, key))
    })
}

/// Whether one of the operations makes an index of this table that serves the foreign key.
pub(super) fn is_made_for(operations: &[Operation], table: &Table, key: &ForeignKey) -> bool {
    let of_table = |operation: &&Operation| operation.table() == Some(&table.name);
    operations.iter().take_while(of_table).any(|operation| makes_for(operation, key))
}

/// Whether the operation makes an index that serves the foreign key.
pub(super) fn makes_for(operation: &Operation, key: &ForeignKey) -> bool {
    let mut made = Table::new(Name::own(""));
    match operation {
        Operation::CreateIndex { index, .. } => made.indexes.push((**index).clone()),
        Operation::AddConstraint { constraint, .. } => match &**constraint {
            Constraint::PrimaryKey(primary) => made.primary_key = Some(primary.clone()),
            Constraint::Unique(unique) => made.uniques.push(unique.clone()),
            Constraint::Check(_) | Constraint::ForeignKey(_) => {}
        },
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => {}
    }
    is_covered(&made, key, None)
}

/// The name of the index that goes with the operation.
fn dropped_index(operation: &Operation) -> Option<&Ident> {
    match operation {
        Operation::DropIndex { name, .. } => Some(name),
        Operation::DropConstraint { name, kind: ConstraintKind::Unique, .. } => name.as_ref(),
        Operation::DropConstraint { .. }
        | Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => None,
    }
}

/// Foreign keys that the server named by itself are called like their table, also when it is renamed.
pub(super) fn rename_generated(table: Option<&mut Table>, to: &Ident) {
    let Some(table) = table else { return };
    let former = table.name.name.clone();
    for name in table.foreign_keys.iter_mut().filter_map(|key| key.name.as_mut()) {
        if let Some(renamed) = generated_after(&former, to, name) {
            *name = renamed;
        }
    }
}

/// A foreign key that is off while a column under it changes its type.
pub(super) struct Off {
    /// Its table.
    pub(super) owner: Name,
    pub(super) key: ForeignKey,
    /// Whether its own index has gone: it came with the former name of the key.
    pub(super) bare: bool,
}

/// Foreign keys that are off go with their table, and are called as they will be there.
pub(super) fn rename_off(off: &mut [Off], table: &Name, to: &Ident) {
    for Off { owner, key, .. } in off {
        if key.references == *table {
            key.references = table.sibling(to.clone());
        }
        if owner == table {
            let renamed = key.name.as_ref().and_then(|name| generated_after(&table.name, to, name));
            key.name = renamed.or_else(|| key.name.take());
            *owner = table.sibling(to.clone());
        }
    }
}

/// What such a name is after its table was renamed.
fn generated_after(former: &Ident, to: &Ident, name: &Ident) -> Option<Ident> {
    let number = name.as_str().strip_prefix(former.as_str())?.strip_prefix("_ibfk_")?;
    Some(format!("{}_ibfk_{number}", to.as_str()).into())
}

/// Whether `name` is what a foreign key will be called by itself, for its table is renamed later.
pub(super) fn follows_table(table: &Name, name: &Ident, rest: &[Operation]) -> bool {
    let renamed = rest.iter().filter_map(|operation| {
        if let Operation::RenameTable { name, to } = operation { Some((name, to)) } else { None }
    });
    renamed
        .filter(|(renamed, _)| *renamed == table)
        .any(|(_, to)| compare::is_generated_name(&table.sibling(to.clone()), ConstraintKind::ForeignKey, &[], name))
}
