//! Partitions and tables that inherit: what is theirs beside what they have from their parents. Pure.

use std::collections::BTreeMap;

use super::building::{Building, CLASS};
use super::text::{Oid, numbers, truth};
use crate::db::Row;
use crate::dialect::postgres::capabilities::WORD;
use crate::ops::heredity::deviates;
use crate::schema::{Column, INHERITS, Ident, Name, PARTITION_BOUND, PARTITION_OF, names_text};

/// Whose heir a table is.
pub(super) struct Descent {
    parents: Vec<Oid>,
    /// Which rows a partition holds: `FROM (1) TO (10)`.
    bound: Option<String>,
    is_partition: bool,
}

impl Descent {
    pub(super) fn of(row: &Row) -> Self {
        let parents = numbers(row.text(16)).into_iter().filter_map(|id| Oid::try_from(id).ok()).collect();
        let bound = row.text(17).map(|text| text.strip_prefix("FOR VALUES ").unwrap_or(text).to_owned());
        Self { parents, bound, is_partition: truth(row.text(5)) }
    }
}

/// Tells heirs and parents of each other. An heir of what has no noun has none either.
pub(super) fn join(building: &mut Building<'_>, mut heirs: BTreeMap<Oid, Descent>) {
    heirs.retain(|id, _| building.tables.contains_key(id));
    loop {
        let is_lost = |descent: &Descent| descent.parents.iter().any(|parent| !building.tables.contains_key(parent));
        let Some(id) = heirs.iter().find(|(_, descent)| is_lost(descent)).map(|(id, _)| *id) else { break };
        let Some(descent) = heirs.remove(&id) else { break };
        if let Some(open) = building.tables.remove(&id) {
            let kind = if descent.is_partition { "partition" } else { "inherited table" };
            building.leave_out((CLASS, id), kind, open.table.name);
        }
    }
    for (id, descent) in heirs {
        let names: Vec<Name> = descent
            .parents
            .iter()
            .filter_map(|id| building.tables.get(id))
            .map(|open| open.table.name.clone())
            .collect();
        let Some(open) = building.tables.get_mut(&id) else { continue };
        let options = &mut open.table.options;
        options.set(WORD, if descent.is_partition { PARTITION_OF } else { INHERITS }, names_text(&names));
        descent.bound.into_iter().for_each(|bound| options.set(WORD, PARTITION_BOUND, bound));
        open.parents = descent.parents;
    }
}

/// Finds the columns that each heir has to name: its own, and those that are otherwise than the parent's.
pub(super) fn name_columns(building: &mut Building<'_>) {
    let heirs: Vec<Oid> =
        building.tables.iter().filter(|(_, open)| !open.parents.is_empty()).map(|(id, _)| *id).collect();
    for id in heirs {
        let Some(open) = building.tables.get(&id) else { continue };
        let parents: Vec<&[Column]> = open
            .parents
            .iter()
            .filter_map(|id| building.tables.get(id))
            .map(|open| open.table.columns.as_slice())
            .collect();
        let parent =
            |column: &Column| parents.iter().find_map(|all| all.iter().find(|other| other.name == column.name));
        let own =
            open.table.columns.iter().filter(|column| parent(column).is_none_or(|parent| deviates(column, parent)));
        let named: Vec<Ident> = own.map(|column| column.name.clone()).collect();
        let usual = usual_order(&parents, &open.table.columns);
        let is_usual = usual.iter().zip(&open.table.columns).all(|(name, column)| **name == column.name);
        let name = open.table.name.clone();
        if !is_usual {
            building.unmodelled("order of columns", name.clone(), Some(name));
        }
        building.tables.get_mut(&id).into_iter().for_each(|open| open.named.extend(named.iter().cloned()));
    }
}

/// The columns of an heir in the order that CREATE TABLE gives them.
fn usual_order<'a>(parents: &[&'a [Column]], columns: &'a [Column]) -> Vec<&'a Ident> {
    let mut order: Vec<&Ident> = Vec::with_capacity(columns.len());
    for column in parents.iter().flat_map(|all| all.iter()).chain(columns) {
        if !order.contains(&&column.name) {
            order.push(&column.name);
        }
    }
    order
}

/// The index of a partition that belongs to one of its table: only what the server would not give it by itself is said.
pub(super) fn attached(building: &mut Building<'_>, table: Oid, index: &str, is_marked: bool) {
    let Some(open) = building.tables.get(&table) else { return };
    let name = open.table.name.clone();
    let start: String = name.name.as_str().chars().take(20).collect();
    let bare = index.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_made = index.starts_with(&start) && ["_idx", "_key", "_pkey", "_excl"].iter().any(|end| bare.ends_with(end));
    if !is_made || is_marked {
        let kind = if is_made { "setting of an attached index" } else { "name of an attached index" };
        building.unmodelled(kind, name.sibling(index.into()), Some(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Type;

    fn columns(names: &[&str]) -> Vec<Column> {
        names.iter().map(|name| Column::new(*name, Type::Native("integer".to_owned()))).collect()
    }

    #[test]
    fn columns_of_parents_come_first() {
        let (first, second, own) = (columns(&["a", "b"]), columns(&["b", "c"]), columns(&["d", "a", "b", "c"]));
        let order = usual_order(&[&first, &second], &own);
        assert_eq!(order.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    }
}
