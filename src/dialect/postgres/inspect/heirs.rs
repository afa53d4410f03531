//! Partitions and tables that inherit: what is theirs beside what they have from their parents. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::building::{Building, CLASS, Open};
use super::text::{Oid, numbers, truth};
use crate::db::Row;
use crate::dialect::postgres::capabilities::WORD;
use crate::ops::heredity::deviates;
use crate::schema::{Column, Default, INHERITS, Ident, Name, PARTITION_BOUND, PARTITION_OF, names_text};

/// The option of a column that says how its values are compressed.
const COMPRESSION: &str = "compression";

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
    let heirs = building.tables.iter().filter(|(_, open)| !open.parents.is_empty());
    let said: Vec<(Oid, Said)> = heirs.map(|(id, open)| (*id, Said::by(open, building))).collect();
    for (id, said) in said {
        let Some(open) = building.tables.get_mut(&id) else { continue };
        let name = open.table.name.clone();
        open.named = said.named;
        for column in said.plain {
            let column = open.table.column_mut(&column);
            column.into_iter().for_each(|column| column.options.set(WORD, COMPRESSION, "default"));
        }
        if !said.order {
            building.unmodelled("order of columns", name.clone(), Some(name));
        }
    }
}

/// What an heir says of its columns.
struct Said {
    named: BTreeSet<Ident>,
    /// Those that are not compressed as the parent's is said to be.
    plain: Vec<Ident>,
    /// Whether their order is the usual one, or told by those that are named.
    order: bool,
}

impl Said {
    fn by(open: &Open, building: &Building<'_>) -> Self {
        let parents = open.parents.iter().filter_map(|id| building.tables.get(id));
        let parents: Vec<&[Column]> = parents.map(|open| open.table.columns.as_slice()).collect();
        let parent =
            |column: &Column| parents.iter().find_map(|all| all.iter().find(|other| other.name == column.name));
        let columns = &open.table.columns;
        let own = columns.iter().filter(|column| parent(column).is_none_or(|parent| deviates(column, parent)));
        let mut named: BTreeSet<Ident> = own.map(|column| column.name.clone()).chain(open.named.clone()).collect();
        let usual = usual_order(&parents, columns);
        let is_usual = usual.iter().zip(columns).all(|(name, column)| **name == column.name);
        // A partition that joined its table later has an order of its own: that of the columns that it names. What it takes from
        // the sequence of its table it would have to name too, which no partition does.
        if !is_usual && open.table.is_partition() && !columns.iter().any(takes_from_sequence) {
            named.extend(usual.into_iter().cloned());
        }
        let order = is_usual || columns.iter().all(|column| named.contains(&column.name));
        let is_set = |column: &Column| column.options.get(WORD, COMPRESSION).is_some();
        let plain = columns.iter().filter(|column| !is_set(column) && parent(column).is_some_and(is_set));
        Self { plain: plain.map(|column| column.name.clone()).collect(), named, order }
    }
}

fn takes_from_sequence(column: &Column) -> bool {
    matches!(&column.default, Some(Default::Sql(expr)) if expr.text().starts_with("nextval("))
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
    building.attached.insert((table, index.into()));
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
