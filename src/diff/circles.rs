//! Tables and objects that stand on each other: the check of a table calls a function that takes rows of this table, or of
//! another one that comes with it. Where such a table comes, the parts of it that name the object come behind the object; where
//! it goes, they go first.

use std::collections::BTreeSet;

use super::objects::reached_tables;
use super::{Context, free};
use crate::ops::{Operation, apply};
use crate::schema::{Name, Schema};

/// Takes the parts that close a circle out of the tables that only `side` has, and gives the operations that do it.
pub(super) fn open(side: &mut Schema, other: &Schema, context: Context<'_>) -> Vec<Operation> {
    if !context.dialect.objects().holds_on() {
        return Vec::new();
    }
    let is_apart = |name: &Name| side.tables.contains_key(name) && !other.tables.contains_key(name);
    let (mut opened, mut free_of) = (Vec::new(), Vec::new());
    for table in side.tables.values().filter(|table| !table.needs.is_empty() && is_apart(&table.name)) {
        for id in table.needs.iter().filter(|id| reached_tables(id, &side.objects).any(is_apart)) {
            let parts = free::parts(table, &BTreeSet::from([id]), side, context);
            // What is left names it in a way that cannot be taken out: the type of a column.
            if !parts.is_empty() {
                free_of.push((table.name.clone(), id.clone()));
            }
            opened.extend(parts);
        }
    }
    // A part that names two of them is found twice.
    opened.retain(|operation| apply(operation, side).is_ok());
    for (table, id) in free_of {
        if let Some(table) = side.tables.get_mut(&table) {
            table.needs.remove(&id);
        }
    }
    opened
}
