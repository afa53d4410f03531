//! The order of a plan, as a list to be read from top to bottom.
//!
//! A stable sort by phase. Inside the phases that create and drop tables the order follows the foreign keys; a foreign
//! key of a cycle is taken out of its table and made alone.

use std::collections::{BTreeMap, BTreeSet};

use super::constraints::is_foreign_key;
use super::{Context, typed};
use crate::dialect::Capability;
use crate::ops::heredity::{Move, ancestors, moves};
use crate::ops::{Constraint, ConstraintKind, Operation};
use crate::schema::{ForeignKey, Ident, Name, Pair, Schema, Table};

/// When an operation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// First: everything else may lie in them.
    CreateSchemas,
    /// What ties tables that go to objects that need them.
    OpenCircles,
    /// Before anything that they need changes, be it a name only.
    DropObjects,
    /// Before anything names the new names.
    Rename,
    /// What stands on an object that is made anew.
    FreeTables,
    /// Those that tables needed until then, and will need again.
    DropNeededObjects,
    /// Types whose names other things get.
    DropNeededTypes,
    /// Then tables may fall and columns change in any order.
    DropForeignKeys,
    /// Before their parents change or go.
    LeaveFamilies,
    /// Keys of their parents that the others keep for their own.
    DropLeftKeys,
    /// Before anything new, which may take the old names.
    DropTables,
    /// Indexes and keys whose names other tables get.
    GiveUpNames,
    /// Before the columns that use them.
    Types,
    /// Those that tables may need, and that need none.
    CreateEarlyObjects,
    CreateTables,
    /// All changes of one table together, in the order of [`Inside`].
    ChangeTables,
    /// Keys of the parents, which the server gives to each heir that has none such.
    AddJoiningKeys,
    /// Parents and heirs have the same columns by now.
    JoinFamilies,
    /// New partitions of tables that were there before.
    CreateHeirs,
    /// Their targets and the unique indexes behind them exist by now.
    AddForeignKeys,
    /// Everything that they need is there.
    CreateObjects,
    /// What ties new tables to objects that need them.
    CloseCircles,
    /// The tables that needed them do not any more.
    DropLateObjects,
    /// The last things that used them are gone.
    DropTypes,
    DropSchemas,
}

/// The order of changes inside one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Inside {
    /// They may stand on columns that go or change.
    DropIndexes,
    DropConstraints,
    /// Frees names for what comes.
    RenameParts,
    Options,
    AddColumns,
    AlterColumns,
    DropColumns,
    /// After the drops, so that "after column x" means what it says.
    MoveColumns,
    AddConstraints,
    CreateIndexes,
    Comments,
}

/// All operations in the order in which a server takes them; `renames` come in an order of their own, and `objects` with
/// their phases, ordered inside each.
pub(super) fn order(
    renames: Vec<Operation>,
    operations: Vec<Operation>,
    objects: Vec<(Phase, Operation)>,
    families: &Families,
    context: Context<'_>,
) -> Vec<Operation> {
    let (creates, rest): (Vec<_>, Vec<_>) =
        operations.into_iter().partition(|operation| operation.word() == "create_table");
    let (drops, mut rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|operation| operation.word() == "drop_table");
    let (creates, late_keys) = order_creates(creates, &new_keys(&rest), families, context);
    let (drops, early_keys) = order_drops(drops, families, context);
    rest.extend(renames);
    rest.extend(early_keys);
    rest.extend(drops);
    rest.extend(creates);
    rest.extend(late_keys);
    let mut all: Vec<(Phase, Operation)> =
        rest.into_iter().map(|operation| (families.phase(&operation), operation)).chain(objects).collect();
    all.sort_by_cached_key(|(phase, operation)| {
        let in_tables = *phase == Phase::ChangeTables;
        let path = operation.table().filter(|_| in_tables).map(|name| families.path(name)).unwrap_or_default();
        (*phase, path, in_tables.then(|| inside(operation)))
    });
    all.into_iter().map(|(_, operation)| operation).collect()
}

/// Who has columns from whom, on either side.
#[derive(Debug, Default)]
pub(super) struct Families {
    /// The ancestors of each heir, the first first.
    ancestors: BTreeMap<Name, Vec<Name>>,
    /// Parents that were there before.
    old: BTreeSet<Name>,
    /// The partitions of each table, however many steps away: a reference to the table is one to each of them.
    partitions: BTreeMap<Name, BTreeSet<Name>>,
    /// The foreign keys of tables with partitions, and those that the partitions have from them.
    handed_down: BTreeSet<KeyOf>,
    inherited: BTreeSet<KeyOf>,
}

/// A table, its columns, and the table that they refer to.
type KeyOf = (Name, Vec<Ident>, Name);

fn key_of(table: &Name, key: &ForeignKey) -> KeyOf {
    (table.clone(), key.columns.clone(), key.references.clone())
}

impl Families {
    pub(super) fn of(sides: Pair<&Schema>) -> Self {
        let mut families = Self::default();
        for side in [sides.from, sides.to] {
            for heir in side.tables.values().filter(|table| table.is_heir()) {
                let above = ancestors(side, &heir.name);
                for parent in above.iter().filter(|_| heir.is_partition()) {
                    families.partitions.entry(parent.clone()).or_default().insert(heir.name.clone());
                }
                for parent in above.iter().filter(|_| heir.is_partition()).filter_map(|name| side.tables.get(name)) {
                    families.handed_down.extend(parent.foreign_keys.iter().map(|key| key_of(&parent.name, key)));
                    families.inherited.extend(parent.foreign_keys.iter().map(|key| key_of(&heir.name, key)));
                }
                families.ancestors.insert(heir.name.clone(), above);
            }
        }
        let parents = families.ancestors.values().flatten();
        families.old = parents.filter(|name| sides.from.tables.contains_key(name)).cloned().collect();
        families
    }

    /// The tables that a foreign key refers to.
    fn targets<'a>(&'a self, key: &'a ForeignKey) -> impl Iterator<Item = &'a Name> {
        std::iter::once(&key.references).chain(self.partitions.get(&key.references).into_iter().flatten())
    }

    /// Where a table is changed: behind all from which it has columns.
    fn path(&self, name: &Name) -> Vec<Name> {
        self.ancestors.get(name).into_iter().flatten().chain([name]).cloned().collect()
    }

    fn phase(&self, operation: &Operation) -> Phase {
        if let Operation::CreateTable(table) = operation
            && table.is_heir()
            && self.path(&table.name).iter().any(|name| self.old.contains(name))
        {
            return Phase::CreateHeirs;
        }
        if let Operation::AlterTable { to, .. } = operation {
            return match moves(to) {
                Some(Move::Leaves) => Phase::LeaveFamilies,
                Some(Move::Joins) => Phase::JoinFamilies,
                None if typed::joins(to) => Phase::JoinFamilies,
                None => Phase::ChangeTables,
            };
        }
        self.phase_of_key(operation).unwrap_or_else(|| phase(operation))
    }

    /// A key that a partition has from its table is dropped when it has left that, and so is that of the table, which would take
    /// it along; it is added before the partition joins.
    fn phase_of_key(&self, operation: &Operation) -> Option<Phase> {
        let is_in = |keys: &BTreeSet<KeyOf>, table: &Name, key: &Constraint| {
            if let Constraint::ForeignKey(key) = key { keys.contains(&key_of(table, key)) } else { false }
        };
        if let Operation::DropConstraint { table, was: Some(key), .. } = operation {
            let is_shared = is_in(&self.inherited, table, key) || is_in(&self.handed_down, table, key);
            return is_shared.then_some(Phase::DropLeftKeys);
        }
        if let Operation::AddConstraint { table, constraint } = operation {
            return is_in(&self.inherited, table, constraint).then_some(Phase::AddJoiningKeys);
        }
        None
    }
}

fn phase(operation: &Operation) -> Phase {
    match operation {
        Operation::CreateSchema { .. } => Phase::CreateSchemas,
        Operation::RenameEnum { .. } | Operation::RenameTable { .. } | Operation::RenameColumn { .. } => Phase::Rename,
        Operation::CreateEnum(_) | Operation::AlterEnum { .. } => Phase::Types,
        Operation::DropConstraint { .. } if is_foreign_key(operation) => Phase::DropForeignKeys,
        Operation::DropTable { .. } => Phase::DropTables,
        Operation::CreateTable(_) => Phase::CreateTables,
        Operation::AddConstraint { .. } if is_foreign_key(operation) => Phase::AddForeignKeys,
        Operation::DropConstraint { .. }
        | Operation::AddConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::Comment { .. }
        | Operation::Sql(_)
        | Operation::Data(_) => Phase::ChangeTables,
        Operation::Object(_) => Phase::CreateObjects,
        Operation::DropEnum { .. } => Phase::DropTypes,
        Operation::DropSchema { .. } => Phase::DropSchemas,
    }
}

fn inside(operation: &Operation) -> Inside {
    match operation {
        Operation::DropIndex { .. } => Inside::DropIndexes,
        Operation::DropConstraint { .. } => Inside::DropConstraints,
        Operation::RenameIndex { .. } | Operation::RenameConstraint { .. } => Inside::RenameParts,
        Operation::AlterTable { .. } => Inside::Options,
        Operation::AddColumn { .. } => Inside::AddColumns,
        Operation::AlterColumn { to, .. } if to.position.is_some() => Inside::MoveColumns,
        Operation::AlterColumn { .. } => Inside::AlterColumns,
        Operation::DropColumn { .. } => Inside::DropColumns,
        Operation::AddConstraint { .. } => Inside::AddConstraints,
        Operation::CreateIndex { .. } => Inside::CreateIndexes,
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::RenameColumn { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => Inside::Comments,
    }
}

/// The keys that tables get which are there already: what refers to them has to wait.
fn new_keys(operations: &[Operation]) -> BTreeSet<(Name, Vec<Ident>)> {
    let key = |operation: &Operation| {
        if let Operation::AddConstraint { table, constraint } = operation
            && matches!(constraint.kind(), ConstraintKind::PrimaryKey | ConstraintKind::Unique)
        {
            Some((table.clone(), constraint.columns().to_vec()))
        } else {
            None
        }
    };
    operations.iter().filter_map(key).collect()
}

/// New tables, referenced ones first, and the foreign keys that have to wait until all of them are there.
fn order_creates(
    creates: Vec<Operation>,
    new_keys: &BTreeSet<(Name, Vec<Ident>)>,
    families: &Families,
    context: Context<'_>,
) -> (Vec<Operation>, Vec<Operation>) {
    let mut tables: Vec<Box<Table>> = creates.into_iter().filter_map(table_of).collect();
    if context.has(Capability::ForwardReferences) {
        tables.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let order = referenced_first(&tables.iter().map(AsRef::as_ref).collect::<Vec<_>>(), families, context);
    let place: BTreeMap<Name, usize> = order.iter().enumerate().map(|(place, name)| (name.clone(), place)).collect();
    let mut late = Vec::new();
    tables.sort_by_key(|table| place.get(&table.name).copied());
    if !context.has(Capability::ForwardReferences) {
        for table in &mut tables {
            let me = table.name.clone();
            let forward = |key: &ForeignKey| {
                let target = (key.references.clone(), key.referenced_columns.clone());
                families.targets(key).any(|to| comes_later(&me, to, &place)) || new_keys.contains(&target)
            };
            late.extend(table.foreign_keys.iter().filter(|key| forward(key)).map(|key| Operation::AddConstraint {
                table: me.clone(),
                constraint: Box::new(Constraint::ForeignKey(key.clone())),
            }));
            table.foreign_keys.retain(|key| !forward(key));
        }
    }
    (tables.into_iter().map(Operation::CreateTable).collect(), late)
}

fn table_of(operation: Operation) -> Option<Box<Table>> {
    match operation {
        Operation::CreateTable(table) => Some(table),
        Operation::DropTable { was, .. } => was,
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => None,
    }
}

fn comes_later(me: &Name, target: &Name, place: &BTreeMap<Name, usize>) -> bool {
    match (place.get(me), place.get(target)) {
        (Some(mine), Some(target)) => target > mine,
        _ => false,
    }
}

/// Tables to drop, referencing ones first, and the foreign keys of cycles that must go before.
fn order_drops(drops: Vec<Operation>, families: &Families, context: Context<'_>) -> (Vec<Operation>, Vec<Operation>) {
    let mut tables: Vec<Box<Table>> = drops.into_iter().filter_map(table_of).collect();
    let mut order = referenced_first(&tables.iter().map(AsRef::as_ref).collect::<Vec<_>>(), families, context);
    order.reverse();
    let place: BTreeMap<Name, usize> = order.iter().enumerate().map(|(place, name)| (name.clone(), place)).collect();
    tables.sort_by_key(|table| place.get(&table.name).copied());
    let mut early = Vec::new();
    if !context.has(Capability::ForwardReferences) {
        for table in &mut tables {
            let me = table.name.clone();
            // Dropped after its target: the key has to go first.
            let backward =
                |key: &ForeignKey| families.targets(key).any(|to| *to != me && comes_earlier(&me, to, &place));
            early.extend(table.foreign_keys.iter().filter(|key| backward(key)).map(|key| Operation::DropConstraint {
                table: me.clone(),
                name: key.name.clone(),
                kind: ConstraintKind::ForeignKey,
                was: Some(Box::new(Constraint::ForeignKey(key.clone()))),
            }));
            table.foreign_keys.retain(|key| !backward(key));
        }
    }
    let drop = |table: Box<Table>| Operation::DropTable { name: table.name.clone(), was: Some(table) };
    (tables.into_iter().map(drop).collect(), early)
}

fn comes_earlier(me: &Name, target: &Name, place: &BTreeMap<Name, usize>) -> bool {
    match (place.get(me), place.get(target)) {
        (Some(mine), Some(target)) => target < mine,
        _ => false,
    }
}

/// A topological walk with an explicit stack: a table comes after those that it references and those that it is, or will be,
/// an heir of; ties by name. A reference that closes a cycle is passed over.
fn referenced_first(tables: &[&Table], families: &Families, context: Context<'_>) -> Vec<Name> {
    let by_key: BTreeMap<_, &Table> = tables.iter().map(|table| (context.key(&table.name), *table)).collect();
    let mut order = Vec::with_capacity(tables.len());
    let mut seen = BTreeSet::new();
    for key in by_key.keys() {
        let mut stack = vec![(key.clone(), false)];
        while let Some((key, finished)) = stack.pop() {
            let Some(table) = by_key.get(&key) else { continue };
            if finished {
                order.push(table.name.clone());
                continue;
            }
            if !seen.insert(key.clone()) {
                continue;
            }
            stack.push((key, true));
            let ancestors = families.ancestors.get(&table.name).into_iter().flatten();
            let targets = table.foreign_keys.iter().map(|key| &key.references).chain(ancestors);
            let mut targets: Vec<_> = targets.map(|name| context.key(name)).collect();
            targets.sort();
            targets.reverse();
            stack.extend(targets.into_iter().filter(|target| !seen.contains(target)).map(|target| (target, false)));
        }
    }
    order
}
