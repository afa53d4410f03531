//! What differs as operations of a revision, in an order and in places where they can run. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use super::owned::Owned;
use crate::data;
use crate::ops::{
    Constraint, DataOperation, DataStep, DataWork, Expect, OnError, Operation, RowChanges, Value, WayBack, WrittenRow,
};
use crate::schema::Ident;

/// The steps of all tables: what comes and changes with referenced tables first, then what goes the other way round. What
/// goes from a table to which none of the others refers goes with the rest, first of all: its values may be given again.
pub(super) fn steps(tables: &[(Owned<'_>, Found)]) -> Vec<Operation> {
    let (mut come, mut go) = (Vec::new(), Vec::new());
    for place in referenced_first(tables) {
        let Some((owned, found)) = tables.get(place) else { continue };
        let mut changes = changes(owned, found);
        if is_referenced(owned, tables) && !changes.delete.is_empty() {
            let alone = RowChanges {
                key: changes.key.clone(),
                delete: std::mem::take(&mut changes.delete),
                ..RowChanges::default()
            };
            go.extend(step(owned, "rows that go from", alone));
        }
        come.extend(step(owned, "rows of", changes));
    }
    go.reverse();
    come.into_iter().chain(go).collect()
}

/// The operations with the steps in their place: behind all changes of tables, before foreign keys that need the rows,
/// and before objects that are made of the tables or look at them.
pub(super) fn placed(operations: &[Operation], steps: Vec<Operation>) -> Vec<Operation> {
    let comes_later = |operation: &&Operation| match operation {
        Operation::AddConstraint { constraint, .. } => matches!(constraint.as_ref(), Constraint::ForeignKey(_)),
        Operation::Object(_) | Operation::DropEnum { .. } | Operation::DropSchema { .. } => true,
        Operation::CreateSchema { .. }
        | Operation::CreateEnum(_)
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
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Sql(_)
        | Operation::Data(_) => false,
    };
    let later = operations.iter().rev().take_while(comes_later).count();
    let (before, behind) = operations.split_at(operations.len() - later);
    before.iter().cloned().chain(steps).chain(behind.iter().cloned()).collect()
}

fn step(owned: &Owned<'_>, words: &str, changes: RowChanges) -> Option<Operation> {
    if changes.lists().iter().all(|(_, rows)| rows.is_empty()) {
        return None;
    }
    let step = DataStep {
        name: format!("{words} {}", owned.table.name.for_people()),
        table: owned.table.name.clone(),
        work: DataWork::Rows(changes),
        order: Vec::new(),
        batch: None,
        on_error: OnError::Stop,
        expect: Expect::default(),
        back: WayBack::Images,
    };
    Some(Operation::Data(DataOperation::Step(Box::new(step))))
}

/// What is to be done to the rows of one table.
fn changes(owned: &Owned<'_>, found: &Found) -> RowChanges {
    let key: Vec<Ident> = owned.key.iter().map(|column| column.name.clone()).collect();
    let differing = found.changed.iter().flat_map(|(_, cells)| cells).map(|cell| &cell.column);
    let unknown = found.unknown.iter().filter_map(|place| owned.columns.get(*place)).map(|column| &column.name);
    let written: BTreeSet<&Ident> = differing.chain(unknown).chain(&key).collect();
    let row = |row: usize| owned.said.said.rows.get(row).map(|row| row.values.clone()).unwrap_or_default();
    let some = |place: usize| row(place).into_iter().filter(|(name, _)| written.contains(name)).collect::<WrittenRow>();
    let gone = |values: &Vec<Option<String>>| {
        let own = key.iter().zip(values);
        own.map(|(name, text)| (name.clone(), data::found(text.as_deref()))).collect::<WrittenRow>()
    };
    RowChanges {
        delete: found.extra.1.iter().map(gone).collect(),
        update: found.changed.iter().map(|(place, _)| some(*place)).collect(),
        insert: in_order(owned, &found.missing).into_iter().map(row).collect(),
        key,
    }
}

/// Whether another one of these tables refers to this one.
fn is_referenced(owned: &Owned<'_>, tables: &[(Owned<'_>, Found)]) -> bool {
    let others = tables.iter().filter(|(other, _)| other.table.name != owned.table.name);
    others.flat_map(|(other, _)| &other.table.foreign_keys).any(|key| key.references == owned.table.name)
}

/// The places of the tables, each behind those that it refers to; in a circle, by name.
fn referenced_first(tables: &[(Owned<'_>, Found)]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..tables.len()).collect();
    let mut order = Vec::with_capacity(tables.len());
    while let Some(first) = left.first().copied() {
        let waits = |place: usize| {
            let keys = tables.get(place).map(|(owned, _)| owned.table.foreign_keys.as_slice()).unwrap_or_default();
            let open = |other: &usize| {
                let name = tables.get(*other).map(|(owned, _)| &owned.table.name);
                *other != place && keys.iter().any(|key| Some(&key.references) == name)
            };
            left.iter().any(open)
        };
        let next = left.iter().copied().find(|place| !waits(*place)).unwrap_or(first);
        left.retain(|place| *place != next);
        order.push(next);
    }
    order
}

/// Rows that come, each behind those of its own table that it refers to: some server looks row by row.
fn in_order(owned: &Owned<'_>, rows: &[usize]) -> Vec<usize> {
    let own = owned.table.foreign_keys.iter().filter(|key| key.references == owned.table.name);
    let mut order = rows.to_vec();
    for key in own {
        let primary = owned.table.primary_key.as_ref().map(|key| key.columns.as_slice()).unwrap_or_default();
        let referenced = if key.referenced_columns.is_empty() { primary } else { &key.referenced_columns };
        let by_key: BTreeMap<Vec<&str>, usize> =
            order.iter().filter_map(|row| Some((texts(owned, *row, referenced)?, *row))).collect();
        let parent = |row: &usize| by_key.get(&texts(owned, *row, &key.columns)?).copied();
        let mut done: BTreeSet<usize> = BTreeSet::new();
        let mut sorted = Vec::with_capacity(order.len());
        for row in &order {
            // The way up to a row that is done, or has no parent here, or is on the way already.
            let mut way = Vec::new();
            let mut next = Some(*row);
            while let Some(row) = next.filter(|row| done.insert(*row)) {
                way.push(row);
                next = parent(&row);
            }
            sorted.extend(way.into_iter().rev());
        }
        order = sorted;
    }
    order
}

/// The literals of a row in these columns, where it has all of them.
fn texts<'o>(owned: &Owned<'o>, row: usize, columns: &[Ident]) -> Option<Vec<&'o str>> {
    let row = owned.said.said.rows.get(row)?;
    let text = |column: &Ident| {
        let (_, value) = row.values.iter().find(|(name, _)| name == column)?;
        if let Value::Literal(text) = value { Some(text.as_str()) } else { None }
    };
    columns.iter().map(text).collect()
}
