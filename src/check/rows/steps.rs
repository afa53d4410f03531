//! What differs as operations of a revision, in an order and in places where they can run. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use super::owned::Owned;
use crate::data;
use crate::dialect::Dialect;
use crate::ops::{
    Constraint, DataOperation, DataStep, DataWork, Expect, OnError, Operation, RowChanges, Value, WayBack, WrittenRow,
};
use crate::schema::{Column, Ident};

/// The steps of all tables: what comes and changes with referenced tables first, then what goes the other way round. What
/// goes from a table to which no row refers goes with the rest, first of all: its values may be given again.
pub(super) fn steps(tables: &[(Owned<'_>, Found)], dialect: &dyn Dialect) -> Vec<Operation> {
    let (mut come, mut go) = (Vec::new(), Vec::new());
    for place in referenced_first(tables) {
        let Some((owned, found)) = tables.get(place) else { continue };
        let mut changes = changes(owned, found, dialect);
        let delete = std::mem::take(&mut changes.delete);
        let alone = |delete: Vec<WrittenRow>| RowChanges { key: changes.key.clone(), delete, ..RowChanges::default() };
        let refers_to_itself = owned.live.is_some() && owned.own_keys().next().is_some();
        if refers_to_itself {
            go.extend(levels(delete, &depths_of_extra(owned, found)).into_iter().map(|rows| (owned, alone(rows))));
            let insert = std::mem::take(&mut changes.insert);
            let depths = depths_of_missing(owned, &sorted(owned, &found.missing));
            let of_level = |insert| RowChanges { key: changes.key.clone(), insert, ..RowChanges::default() };
            come.extend(levels(insert, &depths).into_iter().map(|rows| (owned, of_level(rows))));
        } else if is_referenced(owned, tables) {
            go.push((owned, alone(delete)));
        } else {
            changes.delete = delete;
        }
        come.push((owned, changes));
    }
    go.reverse();
    let mut names = BTreeMap::new();
    let come = come.into_iter().map(|(owned, changes)| ("rows of", owned, changes));
    let all = come.chain(go.into_iter().map(|(owned, changes)| ("rows that go from", owned, changes)));
    all.filter_map(|(words, owned, changes)| step(owned, words, changes, &mut names)).collect()
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

/// A step with a name of its own; None without rows.
fn step(owned: &Owned<'_>, words: &str, changes: RowChanges, names: &mut BTreeMap<String, usize>) -> Option<Operation> {
    if changes.lists().iter().all(|(_, rows)| rows.is_empty()) {
        return None;
    }
    let name = format!("{words} {}", owned.table.name.for_people());
    let number = names.entry(name.clone()).and_modify(|number| *number += 1).or_insert(1);
    let step = DataStep {
        name: if *number == 1 { name } else { format!("{name} ({number})") },
        table: owned.table.name.clone(),
        work: DataWork::Rows(changes),
        order: Vec::new(),
        batch: None,
        on_error: OnError::Stop,
        expect: Expect::default(),
        // The rows of a new table go with it.
        back: if owned.live.is_some() { WayBack::Images } else { WayBack::Undo(Vec::new()) },
    };
    Some(Operation::Data(DataOperation::Step(Box::new(step))))
}

/// What is to be done to the rows of one table.
fn changes(owned: &Owned<'_>, found: &Found, dialect: &dyn Dialect) -> RowChanges {
    let key: Vec<Ident> = owned.key.iter().map(|column| column.name.clone()).collect();
    let differing = found.changed.iter().flat_map(|(_, cells)| cells).map(|cell| &cell.column);
    let unknown = found.unknown.iter().filter_map(|place| owned.columns.get(*place)).map(|column| &column.name);
    let written: BTreeSet<&Ident> = differing.chain(unknown).chain(&key).collect();
    let row = |row: usize| owned.said.said.rows.get(row).map(|row| row.values.clone()).unwrap_or_default();
    let some = |place: usize| row(place).into_iter().filter(|(name, _)| written.contains(name)).collect::<WrittenRow>();
    let gone = |values: &Vec<Option<String>>| {
        let own = owned.key.iter().zip(values);
        let value = |(column, text): (&&Column, &Option<String>)| {
            (column.name.clone(), data::found(dialect, column, text.as_deref()))
        };
        own.map(value).collect::<WrittenRow>()
    };
    RowChanges {
        delete: found.extra.1.iter().map(gone).collect(),
        update: found.changed.iter().map(|(place, _)| some(*place)).collect(),
        insert: sorted(owned, &found.missing).into_iter().map(row).collect(),
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

/// How many trees of rows may be above each other.
const DEEPEST: usize = 1_000;

impl Owned<'_> {
    /// The foreign keys of the table to itself: columns, and the columns that they lead to.
    fn own_keys(&self) -> impl Iterator<Item = (&[Ident], &[Ident])> {
        let own = self.table.foreign_keys.iter().filter(|key| key.references == self.table.name);
        let primary = self.table.primary_key.as_ref().map(|key| key.columns.as_slice()).unwrap_or_default();
        own.map(move |key| {
            let to = if key.referenced_columns.is_empty() { primary } else { key.referenced_columns.as_slice() };
            (key.columns.as_slice(), to)
        })
    }
}

/// Rows that come, each behind those of its own table that it refers to: some server looks row by row.
fn sorted(owned: &Owned<'_>, rows: &[usize]) -> Vec<usize> {
    let mut sorted: Vec<(usize, usize)> =
        depths_of_missing(owned, rows).into_iter().zip(rows.iter().copied()).collect();
    sorted.sort_by_key(|(depth, _)| *depth);
    sorted.into_iter().map(|(_, row)| row).collect()
}

/// How many of these rows are above each of them.
fn depths_of_missing(owned: &Owned<'_>, rows: &[usize]) -> Vec<usize> {
    depths(owned, rows.len(), |row, columns| texts(owned, *rows.get(row)?, columns))
}

fn depths_of_extra(owned: &Owned<'_>, found: &Found) -> Vec<usize> {
    let (names, rows) = &found.extra;
    depths(owned, rows.len(), |row, columns| {
        let row = rows.get(row)?;
        let place = |column: &Ident| names.iter().position(|name| name == column);
        columns.iter().map(|column| row.get(place(column)?)?.as_deref()).collect()
    })
}

/// The depths of rows, by what each holds in some columns. Rows in a circle are as deep as may be.
fn depths<'t>(owned: &Owned<'_>, rows: usize, texts: impl Fn(usize, &[Ident]) -> Option<Vec<&'t str>>) -> Vec<usize> {
    let mut pairs = Vec::new();
    for (columns, to) in owned.own_keys() {
        let by_key: BTreeMap<Vec<&str>, usize> = (0..rows).filter_map(|row| Some((texts(row, to)?, row))).collect();
        let parent = |row: usize| by_key.get(&texts(row, columns)?).copied().filter(|parent| *parent != row);
        pairs.extend((0..rows).filter_map(|row| Some((row, parent(row)?))));
    }
    let mut depths = vec![0; rows];
    for _ in 0..rows.min(DEEPEST) {
        let mut is_settled = true;
        for (row, parent) in &pairs {
            let least = depths.get(*parent).map_or(0, |depth| depth + 1);
            if let Some(depth) = depths.get_mut(*row).filter(|depth| **depth < least) {
                *depth = least;
                is_settled = false;
            }
        }
        if is_settled {
            break;
        }
    }
    depths
}

/// Rows by their depth, those without others above them first.
fn levels(rows: Vec<WrittenRow>, depths: &[usize]) -> Vec<Vec<WrittenRow>> {
    let mut levels: BTreeMap<usize, Vec<WrittenRow>> = BTreeMap::new();
    for (row, depth) in rows.into_iter().zip(depths) {
        levels.entry(*depth).or_default().push(row);
    }
    levels.into_values().collect()
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
