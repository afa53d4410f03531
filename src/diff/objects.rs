//! Differences between things that are no tables: schemas and enum types.

use super::Context;
use crate::ops::Operation;
use crate::schema::{Pair, Schema};

/// Schemas that only one side has.
pub(super) fn schemas(sides: Pair<&Schema>) -> Vec<Operation> {
    let missing = sides.to.schemas.difference(&sides.from.schemas);
    let surplus = sides.from.schemas.difference(&sides.to.schemas);
    let create = missing.map(|name| Operation::CreateSchema { name: name.clone() });
    create.chain(surplus.map(|name| Operation::DropSchema { name: name.clone() })).collect()
}

/// Enum types that only one side has, or whose values differ. The order of values counts: it is the order of the type.
pub(super) fn enums(sides: Pair<&Schema>, context: Context<'_>) -> Vec<Operation> {
    let mut operations = Vec::new();
    let by_key = sides.map(|side| {
        side.enums.values().map(|found| (context.key(&found.name), found)).collect::<std::collections::BTreeMap<_, _>>()
    });
    for (key, wanted) in &by_key.to {
        match by_key.from.get(key) {
            None => operations.push(Operation::CreateEnum((*wanted).clone())),
            Some(found) if found.values != wanted.values => operations.push(Operation::AlterEnum {
                name: found.name.clone(),
                to: wanted.values.clone(),
                was: Some(found.values.clone()),
            }),
            Some(_) => {}
        }
    }
    let surplus = by_key.from.iter().filter(|(key, _)| !by_key.to.contains_key(*key));
    operations.extend(
        surplus.map(|(_, found)| Operation::DropEnum { name: found.name.clone(), was: Some((*found).clone()) }),
    );
    operations
}
