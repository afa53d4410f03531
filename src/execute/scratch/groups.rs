//! Which models can be made in several places, so that a database which reads its whole schema at each CREATE (SQLite)
//! takes time that grows with the number of tables and not with its square. No I/O.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::model::Models;
use crate::ops::Operation;
use crate::schema::{ForeignKey, Ident, Name, Schema};

/// Tables in one place. Fewer cost more connections, more cost more reading.
const SIZE: usize = 150;

/// Whether each table means the same wherever the others are: nothing but YAML tables, no name twice, and foreign keys
/// that name what they refer to in the very letters. Else one place must see all, as the database will.
pub(super) fn stand_alone(models: &Models, dialect: &dyn Dialect) -> bool {
    let Schema { schemas, tables, enums, objects, unmodelled } = &models.declared;
    let only_tables =
        models.sql.is_empty() && schemas.is_empty() && enums.is_empty() && objects.is_empty() && unmodelled.is_empty();
    let mut seen = BTreeSet::new();
    let mut is_new = |name: &Ident| seen.insert(dialect.fold(name));
    only_tables
        && tables.values().all(|table| {
            is_new(&table.name.name)
                && table.indexes.iter().all(|index| is_new(&index.name))
                && table.foreign_keys.iter().all(|key| is_exact(key, &models.declared))
        })
}

fn is_exact(key: &ForeignKey, declared: &Schema) -> bool {
    declared.tables.get(&key.references).is_some_and(|parent| {
        let is_there = |column: &Ident| parent.columns.iter().any(|one| one.name == *column);
        match key.referenced_columns.as_slice() {
            [] => parent.primary_key.is_some(),
            columns => columns.iter().all(is_there),
        }
    })
}

/// The operations, those of a table together and in their order. One group if one of them is of no table.
pub(super) fn of(operations: Vec<Operation>) -> Vec<Vec<Operation>> {
    if operations.iter().any(|operation| operation.table().is_none()) {
        return vec![operations];
    }
    let mut places: BTreeMap<Name, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<Operation>> = Vec::new();
    for operation in operations {
        let count = places.len();
        let place = operation.table().map_or(0, |table| *places.entry(table.clone()).or_insert(count / SIZE));
        if groups.len() <= place {
            groups.resize_with(place + 1, Vec::new);
        }
        if let Some(group) = groups.get_mut(place) {
            group.push(operation);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Table;

    fn create(name: &str) -> Operation {
        Operation::CreateTable(Box::new(Table::new(Name::own(name))))
    }

    #[test]
    fn operations_of_a_table_stay_together() {
        let names: Vec<String> = (0..SIZE + 1).map(|number| format!("t{number}")).collect();
        let mut operations: Vec<Operation> = names.iter().map(|name| create(name)).collect();
        operations.push(create("t0"));
        let groups = of(operations);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [SIZE + 1, 1]);
        assert_eq!(groups[0][SIZE].table(), Some(&Name::own("t0")));
    }

    #[test]
    fn what_is_of_no_table_keeps_all_in_one_place() {
        let mut operations: Vec<Operation> = (0..2 * SIZE).map(|number| create(&format!("t{number}"))).collect();
        operations.push(Operation::CreateSchema { name: Ident::from("app") });
        assert_eq!(of(operations).len(), 1);
    }
}
