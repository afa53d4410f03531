//! Differences between tables that have columns from others: partitions, and tables that inherit.
//!
//! What the server does to the heirs of a table when the table changes is no difference of the heirs. So tables are compared parents
//! first, and each heir as it is after its parents were changed. A partition with other bounds leaves its table and joins it
//! anew; one that leaves, or joins, has all columns, keys and indexes for its own in between.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Context;
use super::order::Phase;
use super::tables::{bare, table};
use crate::ops::heredity::{ancestors, deviates, heirs, leaving, passed_on, whole};
use crate::ops::{ColumnChange, Operation, apply, reverse_all};
use crate::schema::{Column, Ident, Name, Pair, Schema, Table};

pub(super) fn has_heirs(schema: &Schema) -> bool {
    schema.tables.values().any(Table::is_heir)
}

/// The names of all heirs and their parents on either side.
pub(super) fn kin(sides: Pair<&Schema>) -> BTreeSet<Name> {
    let heirs =
        [sides.from, sides.to].into_iter().flat_map(|side| side.tables.values()).filter(|table| table.is_heir());
    heirs.flat_map(|heir| heir.parents().into_iter().chain([heir.name.clone()])).collect()
}

/// As [`super::tables::tables`], where there are heirs.
pub(super) fn tables(sides: Pair<&Schema>, context: Context<'_>) -> Vec<Operation> {
    let mut work = Work { now: sides.from.clone(), operations: Vec::new(), context };
    for found in sides.from.tables.values().filter(|table| table.is_heir()) {
        let wanted = partner(sides.to, found, context);
        if wanted.is_some_and(|wanted| !same_descent(Pair::new(found, wanted), context)) {
            let (to, was) = leaving(found);
            work.perform(vec![Operation::AlterTable { name: found.name.clone(), to, was }]);
        }
    }
    for wanted in parents_first(sides.to) {
        match partner(&work.now, wanted, context).cloned() {
            None => work.create(wanted, sides.to),
            Some(found) if wanted.is_heir() && !found.is_heir() => work.join(&found, wanted, sides.to),
            Some(found) => work.change(&found, wanted, sides.to),
        }
    }
    let gone = sides.from.tables.values().filter(|found| partner(sides.to, found, context).is_none());
    let drops = gone.map(|found| Operation::DropTable { name: found.name.clone(), was: Some(Box::new(bare(found))) });
    work.operations.extend(drops);
    work.operations
}

fn partner<'a>(schema: &'a Schema, table: &Table, context: Context<'_>) -> Option<&'a Table> {
    let same = |other: &&Table| context.key(&other.name) == context.key(&table.name);
    schema.tables.get(&table.name).or_else(|| schema.tables.values().find(same))
}

/// Whether two tables have the same parents, and hold the same of them.
fn same_descent(tables: Pair<&Table>, context: Context<'_>) -> bool {
    let parents = tables.map(|table| table.parents().iter().map(|name| context.key(name)).collect::<Vec<_>>());
    let bounds = tables.map(|table| table.descent()[1]);
    !parents.differs() && !bounds.differs() && tables.from.is_partition() == tables.to.is_partition()
}

/// The tables of a schema, heirs behind their parents, else by name.
fn parents_first(schema: &Schema) -> Vec<&Table> {
    let mut all: Vec<(usize, &Table)> =
        schema.tables.values().map(|table| (depth(schema, &table.name), table)).collect();
    all.sort_by_key(|(depth, _)| *depth);
    all.into_iter().map(|(_, table)| table).collect()
}

/// As [`parents_first`], the names alone.
pub(super) fn names_parents_first(schema: &Schema) -> Vec<Name> {
    match has_heirs(schema) {
        true => parents_first(schema).into_iter().map(|table| table.name.clone()).collect(),
        false => schema.tables.keys().cloned().collect(),
    }
}

fn depth(schema: &Schema, name: &Name) -> usize {
    ancestors(schema, name).len()
}

/// The schema while it is changed step by step, as the server changes it.
struct Work<'a> {
    now: Schema,
    operations: Vec<Operation>,
    context: Context<'a>,
}

impl Work<'_> {
    fn perform(&mut self, operations: Vec<Operation>) {
        for operation in operations {
            // What does not fit here is found again by the next check; the server says why it refuses it.
            drop(apply(&operation, &mut self.now));
            self.operations.push(operation);
        }
    }

    /// Two tables that both stand alone, or are both heirs of the same.
    fn change(&mut self, found: &Table, wanted: &Table, to: &Schema) {
        let sides = Pair::new(whole(&self.now, &found.name), whole(to, &wanted.name));
        let (Some(from), Some(to)) = (sides.from.map(Cow::into_owned), sides.to) else { return };
        let mut operations = Vec::new();
        table(Pair::new(&from, &to), self.context, &mut operations);
        self.perform(operations);
    }

    /// A new table; an heir that CREATE TABLE would make otherwise is made alone, and joins its parents behind that.
    fn create(&mut self, wanted: &Table, to: &Schema) {
        let Some(alone) = is_made_alone(wanted, to).then(|| stand_alone(wanted, to)).flatten() else {
            self.perform(vec![Operation::CreateTable(Box::new(bare(wanted)))]);
            return;
        };
        let (gone, was) = leaving(wanted);
        let join = Operation::AlterTable { name: wanted.name.clone(), to: was, was: gone };
        self.perform(vec![Operation::CreateTable(Box::new(bare(&alone))), join]);
    }

    /// A table that becomes an heir: the way back of one that stops to be one.
    fn join(&mut self, found: &Table, wanted: &Table, to: &Schema) {
        let mut apart = to.clone();
        let (gone, was) = leaving(wanted);
        let leave = Operation::AlterTable { name: wanted.name.clone(), to: gone, was };
        drop(apply(&leave, &mut apart));
        let mut back = vec![leave];
        if let Some(alone) = apart.tables.get(&wanted.name) {
            table(Pair::new(alone, found), self.context, &mut back);
        }
        if let Ok(operations) = reverse_all(&back) {
            self.perform(operations);
        }
    }
}

/// Whether an heir says all columns of its parents, and has them in another order than CREATE TABLE gives them, or says of one
/// how it is computed: that can be said only of a table that stands alone.
fn is_made_alone(heir: &Table, schema: &Schema) -> bool {
    if !heir.is_heir() || heir.columns.is_empty() {
        return false;
    }
    let parents: Vec<Name> = heir.parents();
    let parents: Option<Vec<_>> = parents.iter().map(|name| whole(schema, name)).collect();
    let mut inherited: Vec<Ident> = Vec::new();
    for column in parents.iter().flatten().flat_map(|parent| &parent.columns) {
        if !inherited.contains(&column.name) {
            inherited.push(column.name.clone());
        }
    }
    let said = |name: &Ident| heir.column(name);
    if parents.is_none() || inherited.iter().any(|name| said(name).is_none()) {
        return false;
    }
    let is_usual = inherited.iter().zip(&heir.columns).all(|(name, column)| *name == column.name);
    let computes = !heir.is_partition() && inherited.iter().filter_map(said).any(|column| column.generated.is_some());
    !is_usual || computes
}

/// An heir as it is before it joins its parents: with all columns, in its own order, and with their checks. Keys and indexes
/// come from them when it joins.
fn stand_alone(heir: &Table, schema: &Schema) -> Option<Table> {
    let family = ancestors(schema, &heir.name).into_iter().chain([heir.name.clone()]);
    let mut family = Schema {
        tables: family.filter_map(|name| schema.tables.get(&name).cloned().map(|table| (name, table))).collect(),
        ..Schema::default()
    };
    let (to, was) = leaving(heir);
    apply(&Operation::AlterTable { name: heir.name.clone(), to, was }, &mut family).ok()?;
    let alone = family.tables.remove(&heir.name)?;
    let place = |column: &Column| heir.columns.iter().position(|own| own.name == column.name);
    let mut columns = alone.columns;
    columns.sort_by_key(place);
    let Table { primary_key, uniques, foreign_keys, indexes, needs, .. } = heir.clone();
    Some(Table { columns, primary_key, uniques, foreign_keys, indexes, needs, ..alone })
}

/// The operations, and what each of them does to heirs.
pub(super) fn with_passed_on(operations: &[Operation], live: &Schema) -> Vec<Operation> {
    let mut all = operations.to_vec();
    if !has_heirs(live) {
        return all;
    }
    for operation in operations {
        if let Some(name) = operation.table() {
            all.extend(heirs(live, name).iter().filter_map(|heir| passed_on(operation, heir, |_| false)));
        }
    }
    all
}

/// What an heir has otherwise than its parent is lost when the parent's column changes or goes. So it is made like the parent's
/// before that: then the way back ends with bringing back what was there.
pub(super) fn aligned(sides: Pair<&Schema>, operations: &[Operation]) -> Vec<(Phase, Operation)> {
    let live = sides.from;
    if !has_heirs(live) {
        return Vec::new();
    }
    let mut aligned = Vec::new();
    for operation in operations {
        let Some((name, column)) = clobbered(operation) else { continue };
        let Some(parent) = whole(live, name) else { continue };
        let Some(usual) = parent.column(column) else { continue };
        // An heir that leaves or goes is not touched any more.
        let stays = |heir: &&Name| {
            let same = |(from, to): (&Table, &Table)| from.descent() == to.descent();
            live.tables.get(heir).zip(sides.to.tables.get(heir)).is_some_and(same)
        };
        for heir in heirs(live, name).iter().filter(stays) {
            let own = live.tables.get(heir).and_then(|table| table.column(column));
            if let Some(own) = own.filter(|own| deviates(own, usual)) {
                aligned.extend(align(heir, own, usual, operation).map(|one| (Phase::LeaveFamilies, one)));
            }
        }
    }
    aligned
}

/// The column of which heirs lose what they have otherwise.
fn clobbered(operation: &Operation) -> Option<(&Name, &Ident)> {
    if let Operation::AlterColumn { table, name, .. } = operation {
        return Some((table, name));
    }
    if let Operation::DropColumn { table, name, .. } = operation {
        return Some((table, name));
    }
    None
}

fn align(heir: &Name, own: &Column, usual: &Column, operation: &Operation) -> Option<Operation> {
    let Pair { from: mut was, mut to } = ColumnChange::between(Pair::new(own, usual));
    for side in [&mut was, &mut to] {
        (side.ty, side.generated, side.identity, side.comment) = (None, None, None, None);
        if let Operation::AlterColumn { to: changed, .. } = operation {
            side.nullable = side.nullable.filter(|_| changed.nullable.is_some());
            side.default = side.default.take().filter(|_| changed.default.is_some());
            side.options.0.retain(|_, keys| {
                keys.retain(|key, _| changed.options.0.values().any(|changed| changed.contains_key(key)));
                !keys.is_empty()
            });
        }
    }
    let (table, name) = (heir.clone(), own.name.clone());
    (!to.is_empty()).then(|| Operation::AlterColumn { table, name, to: Box::new(to), was: Box::new(was) })
}
