//! Tables that take their columns from a composite type. While they do, the server changes their columns only with the type, without
//! a word on the values: so they let go of a type that changes, are changed like any other table, and take hold of it again. That is
//! no work for the server but to compare names.

use std::collections::BTreeSet;

use super::down::taken_down;
use super::objects::Before;
use super::{Context, objects, tables};
use crate::ops::{Operation, OptionsChange, TableChange, apply, names_before};
use crate::schema::{Name, OF_TYPE, ObjectId, ObjectKind, Pair, Schema, SortedMap, Table};

/// Whether a change of a table ties it to a type: its columns are those of the type by then.
pub(super) fn joins(to: &TableChange) -> bool {
    to.options.0.values().any(|keys| keys.get(OF_TYPE).is_some_and(Option::is_some))
}

/// Unties in `working` the tables whose type changes or goes, or that are to be of another one, and gives the operations that do
/// it, under the names from before `renames`.
pub(super) fn untie(
    working: &mut Schema,
    wanted: &Schema,
    before: &Before<'_>,
    context: Context<'_>,
) -> Vec<Operation> {
    if !working.tables.values().any(|table| table.of_type().is_some()) {
        return Vec::new();
    }
    // A type goes too where what it is made of does.
    let sides = Pair::new(&*working, wanted);
    let mut others = objects::enums(sides, context);
    others.extend(tables::tables(sides, context));
    let down = taken_down(sides, before, &others, context);
    let typed: Vec<(Name, TableChange, TableChange)> = working
        .tables
        .values()
        .filter(|table| lets_go(table, sides, &down, context))
        .filter_map(|table| Some((table.name.clone(), of(table, false)?, of(table, true)?)))
        .collect();
    let former = names_before(before.renames);
    let mut untied = Vec::new();
    for (name, to, was) in typed {
        let operation = |name: Name| Operation::AlterTable { name, to: to.clone(), was: was.clone() };
        if apply(&operation(name.clone()), working).is_ok() {
            untied.push(operation(former.get(&name).cloned().unwrap_or(name)));
        }
    }
    untied
}

fn lets_go(table: &Table, sides: Pair<&Schema>, down: &BTreeSet<ObjectId>, context: Context<'_>) -> bool {
    let Pair { from: working, to: wanted } = sides;
    let Some((database, ty)) = table.of_type() else { return false };
    let is_it = |other: &&Table| context.key(&other.name) == context.key(&table.name);
    // One that goes takes along what it is.
    let Some(stays) = wanted.tables.values().find(is_it) else { return false };
    if stays.options.get(database, OF_TYPE) != table.options.get(database, OF_TYPE) {
        return true;
    }
    let id = ObjectId::new(ObjectKind::Type, ty);
    match (working.objects.get(&id), wanted.objects.get(&id)) {
        (Some(from), Some(to)) => {
            down.contains(&id)
                || from.definition != to.definition && !context.dialect.objects().same(Pair::new(from, to))
        }
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// The change that says of which type a table is, or that it is of none.
fn of(table: &Table, is_tied: bool) -> Option<TableChange> {
    let (database, _) = table.of_type()?;
    let value = table.options.get(database, OF_TYPE).filter(|_| is_tied).map(str::to_owned);
    let keys = SortedMap::from([(OF_TYPE.to_owned(), value)]);
    let options = OptionsChange(SortedMap::from([(database.to_owned(), keys)]));
    Some(TableChange { comment: None, options })
}
