//! Differences between the columns of a table that both sides have.

use std::collections::BTreeSet;

use super::Context;
use super::expressions::same_expr;
use crate::dialect::Capability;
use crate::ops::{ColumnChange, Operation};
use crate::schema::{Column, Default, Ident, Pair, Position, Table};

/// Columns to add, to drop, to change; on databases that can choose, also their places. Places are said as they are when
/// the operations run in the order of [`super::order`]: adds, drops, moves.
pub(super) fn columns(tables: Pair<&Table>, context: Context<'_>) -> Vec<Operation> {
    let name = &tables.from.name;
    let mut places = Places::of(tables.from, context);
    let mut operations = Vec::new();
    for (place, column) in tables.to.columns.iter().enumerate() {
        let Some(found) = partner(tables.from, &column.name, context) else {
            let position = position(tables.to, place, context);
            places.insert(&column.name, position.as_ref());
            let column = Box::new(Column { renamed_from: None, ..column.clone() });
            operations.push(Operation::AddColumn { table: name.clone(), column, position });
            continue;
        };
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
    for column in &tables.from.columns {
        if partner(tables.to, &column.name, context).is_none() {
            operations.push(Operation::DropColumn {
                table: name.clone(),
                name: column.name.clone(),
                was: Some(Box::new(column.clone())),
                position: places.take(&column.name).filter(|_| context.has(Capability::ColumnOrder)).flatten(),
            });
        }
    }
    if context.has(Capability::ColumnOrder) {
        operations.extend(moves(tables, places));
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

/// The columns of a table in their order, while operations change it.
struct Places<'a> {
    order: Vec<Ident>,
    context: Context<'a>,
}

impl<'a> Places<'a> {
    fn of(table: &Table, context: Context<'a>) -> Self {
        Self { order: table.columns.iter().map(|column| column.name.clone()).collect(), context }
    }

    fn find(&self, name: &Ident) -> Option<usize> {
        self.order.iter().position(|other| self.context.same_ident(other, name))
    }

    fn insert(&mut self, name: &Ident, position: Option<&Position>) {
        let place = match position {
            None => None,
            Some(Position::First) => Some(0),
            Some(Position::After(before)) => self.find(before).map(|place| place + 1),
        };
        self.order.insert(place.unwrap_or(self.order.len()), name.clone());
    }

    /// Takes a column out: where it stood, or `Some(None)` if it was the last.
    fn take(&mut self, name: &Ident) -> Option<Option<Position>> {
        let place = self.find(name)?;
        let position = (place + 1 < self.order.len()).then(|| self.position(place));
        self.order.remove(place);
        Some(position)
    }

    fn position(&self, place: usize) -> Position {
        let before = place.checked_sub(1).and_then(|before| self.order.get(before));
        before.map_or(Position::First, |before| Position::After(before.clone()))
    }
}

/// The fewest columns that must move so that the table has the order of `to`. Moves come in that order, so each finds
/// what it stands behind in its place.
fn moves(tables: Pair<&Table>, mut places: Places<'_>) -> Vec<Operation> {
    let wanted: Vec<&Ident> = tables.to.columns.iter().map(|column| &column.name).collect();
    let place_in_to = |name: &Ident| wanted.iter().position(|other| places.context.same_ident(other, name));
    let now: Vec<usize> = places.order.iter().filter_map(place_in_to).collect();
    let stay = longest_rising(&now);
    let mut operations = Vec::new();
    for (place, name) in wanted.iter().enumerate().filter(|(place, _)| !stay.contains(place)) {
        let Some(found) = places.find(name) else { continue };
        let was = places.position(found);
        places.take(name);
        let before = place.checked_sub(1).and_then(|before| wanted.get(before));
        let position = before.map_or(Position::First, |before| Position::After((*before).clone()));
        places.insert(name, Some(&position));
        let at = |position| Box::new(ColumnChange { position: Some(position), ..ColumnChange::default() });
        let (table, name) = (tables.from.name.clone(), (*name).clone());
        operations.push(Operation::AlterColumn { table, name, to: at(position), was: at(was) });
    }
    operations
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
