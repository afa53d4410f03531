//! Differences between the columns of a table that both sides have.

use std::collections::BTreeSet;

use super::Context;
use super::expressions::same_expr;
use crate::dialect::Capability;
use crate::ops::{ColumnChange, Operation};
use crate::schema::{Column, Default, Ident, Pair, Position, Table};

/// Columns to add, to drop, to change; on databases that can choose, also their places.
pub(super) fn columns(tables: Pair<&Table>, context: Context<'_>) -> Vec<Operation> {
    let name = &tables.from.name;
    let mut operations = Vec::new();
    for (place, column) in tables.to.columns.iter().enumerate() {
        match partner(tables.from, &column.name, context) {
            Some(found) => {
                let change = changed(Pair::new(found, column), context);
                if !change.to.is_empty() {
                    operations.push(Operation::AlterColumn {
                        table: name.clone(),
                        name: found.name.clone(),
                        to: Box::new(change.to),
                        was: Box::new(change.from),
                    });
                }
            }
            None => operations.push(Operation::AddColumn {
                table: name.clone(),
                column: Box::new(Column { renamed_from: None, ..column.clone() }),
                position: position(tables.to, place, context),
            }),
        }
    }
    for (place, column) in tables.from.columns.iter().enumerate() {
        if partner(tables.to, &column.name, context).is_none() {
            operations.push(Operation::DropColumn {
                table: name.clone(),
                name: column.name.clone(),
                was: Some(Box::new(column.clone())),
                position: position(tables.from, place, context),
            });
        }
    }
    if context.has(Capability::ColumnOrder) {
        operations.extend(moves(tables, context));
    }
    operations
}

/// The column of the same name, as the server sees names.
pub(super) fn partner<'a>(table: &'a Table, name: &Ident, context: Context<'_>) -> Option<&'a Column> {
    table.columns.iter().find(|column| context.same_ident(&column.name, name))
}

/// The keys that differ, less those that the server cannot tell apart.
fn changed(columns: Pair<&Column>, context: Context<'_>) -> Pair<ColumnChange> {
    let mut change = ColumnChange::between(columns);
    if !change.to.is_empty() && context.dialect.same_column(columns) {
        return Pair::new(ColumnChange::default(), ColumnChange::default());
    }
    if same_default(columns, context) {
        change.from.default = None;
        change.to.default = None;
    }
    if same_generated(columns, context) {
        change.from.generated = None;
        change.to.generated = None;
    }
    if !context.has(Capability::Comments) {
        change.from.comment = None;
        change.to.comment = None;
    }
    change
}

fn same_default(columns: Pair<&Column>, context: Context<'_>) -> bool {
    match (&columns.from.default, &columns.to.default) {
        (Some(Default::Sql(from)), Some(Default::Sql(to))) => same_expr(Pair::new(from, to), context),
        (from, to) => from == to,
    }
}

fn same_generated(columns: Pair<&Column>, context: Context<'_>) -> bool {
    match (&columns.from.generated, &columns.to.generated) {
        (Some(from), Some(to)) => from.stored == to.stored && same_expr(Pair::new(&from.expr, &to.expr), context),
        (from, to) => from == to,
    }
}

/// Where a column stands, said only where the database can choose and it is not the last one.
fn position(table: &Table, place: usize, context: Context<'_>) -> Option<Position> {
    if !context.has(Capability::ColumnOrder) || place + 1 == table.columns.len() {
        return None;
    }
    Some(match place.checked_sub(1).and_then(|before| table.columns.get(before)) {
        Some(before) => Position::After(before.name.clone()),
        None => Position::First,
    })
}

/// The fewest columns that must move so that those of both sides stand in the order of `to`. A move says where the
/// column stands in the whole of `to`; the columns before it are in place by then, for moves come in that order.
fn moves(tables: Pair<&Table>, context: Context<'_>) -> Vec<Operation> {
    let common: Vec<(usize, &Column)> = tables
        .from
        .columns
        .iter()
        .filter_map(|column| {
            let place = tables.to.columns.iter().position(|other| context.same_ident(&other.name, &column.name))?;
            Some((place, column))
        })
        .collect();
    let stay = longest_rising(&common.iter().map(|(place, _)| *place).collect::<Vec<_>>());
    let mut moving: Vec<&(usize, &Column)> = common.iter().filter(|(place, _)| !stay.contains(place)).collect();
    moving.sort_by_key(|(place, _)| *place);
    let place_in = |table: &Table, name: &Ident| {
        let place = table.columns.iter().position(|column| context.same_ident(&column.name, name))?;
        Some(match place.checked_sub(1).and_then(|before| table.columns.get(before)) {
            Some(before) => Position::After(before.name.clone()),
            None => Position::First,
        })
    };
    moving
        .into_iter()
        .map(|(_, column)| {
            let at =
                |table| Box::new(ColumnChange { position: place_in(table, &column.name), ..ColumnChange::default() });
            let (to, was) = (at(tables.to), at(tables.from));
            Operation::AlterColumn { table: tables.from.name.clone(), name: column.name.clone(), to, was }
        })
        .collect()
}

/// The members of a longest rising subsequence: they stay, the rest moves.
fn longest_rising(places: &[usize]) -> BTreeSet<usize> {
    let mut best: Vec<Vec<usize>> = Vec::with_capacity(places.len());
    for place in places {
        let below = best.iter().filter(|row| row.last() < Some(place)).max_by_key(|row| row.len());
        let mut row = below.cloned().unwrap_or_default();
        row.push(*place);
        best.push(row);
    }
    best.into_iter().max_by_key(Vec::len).unwrap_or_default().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::longest_rising;

    #[test]
    fn the_fewest_columns_move() {
        assert_eq!(longest_rising(&[3, 0, 1, 2]).into_iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(longest_rising(&[]).len(), 0);
        assert_eq!(longest_rising(&[1, 0]).len(), 1);
    }
}
