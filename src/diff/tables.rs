//! Differences between sets of tables, and between the tables that both sides have.

use std::collections::BTreeMap;

use super::{Context, columns, constraints, heredity, indexes, part_renames};
use crate::dialect::Capability;
use crate::ops::heredity::heirs;
use crate::ops::{Operation, TableChange};
use crate::schema::{Pair, Schema, Table};

/// Lets options that name columns follow the renames, which come behind those of the tables. Heirs have their parent's columns.
pub(super) fn follow(working: &mut Schema, renames: &[Operation], context: Context<'_>) {
    for rename in renames {
        if let Operation::RenameColumn { table, name, to } = rename {
            for table in heirs(working, table).iter().chain([table]) {
                if let Some(table) = working.tables.get_mut(table) {
                    context.dialect.follow_in_options(table, name, to);
                }
            }
        }
    }
}

/// Tables that only one side has, and all differences inside the others.
pub(super) fn tables(sides: Pair<&Schema>, context: Context<'_>) -> Vec<Operation> {
    if sides.map(heredity::has_heirs) != Pair::new(false, false) {
        return heredity::tables(sides, context);
    }
    let by_key = sides
        .map(|side| side.tables.values().map(|table| (context.key(&table.name), table)).collect::<BTreeMap<_, _>>());
    let mut operations = Vec::new();
    for (key, wanted) in &by_key.to {
        match by_key.from.get(key) {
            None => operations.push(Operation::CreateTable(Box::new(bare(wanted)))),
            Some(found) => table(Pair::new(found, wanted), context, &mut operations),
        }
    }
    for (key, found) in &by_key.from {
        if !by_key.to.contains_key(key) {
            operations.push(Operation::DropTable { name: found.name.clone(), was: Some(Box::new(bare(found))) });
        }
    }
    operations
}

/// A table as it goes into an operation: without hints and without the server's own text.
pub(super) fn bare(table: &Table) -> Table {
    let mut bare = table.clone();
    bare.definition = None;
    bare.index_definitions.clear();
    bare.renamed_from = None;
    bare.columns.iter_mut().for_each(|column| column.renamed_from = None);
    bare.indexes.iter_mut().for_each(|index| index.renamed_from = None);
    bare
}

/// All differences between two tables of one name.
pub(super) fn table(tables: Pair<&Table>, context: Context<'_>, operations: &mut Vec<Operation>) {
    let name = &tables.from.name;
    let mut change = TableChange::between(tables);
    if !context.has(Capability::Comments) {
        change = change.map(|side| TableChange { comment: None, ..side });
    }
    let same = |key: &str, values: Pair<Option<&str>>| context.dialect.same_option(key, values);
    change = TableChange::without_same_options(change, same);
    if !change.to.is_empty() {
        operations.push(Operation::AlterTable { name: name.clone(), to: change.to, was: change.from });
    }
    operations.extend(columns::columns(tables, context));
    let mut parts = constraints::constraints(tables, context);
    parts.extend(indexes::indexes(tables, context));
    operations.extend(part_renames::in_order(parts, context));
}
