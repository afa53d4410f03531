//! The statements that make a schema from nothing. Pure.

use std::collections::BTreeSet;

use super::{Capability, Dialect, Unsupported, localise_schema};
use crate::error::{Error, Kind, Result};
use crate::ops::{Constraint, Operation};
use crate::schema::{ForeignKey, Name, Schema, Table};
use crate::statement::ServerVersion;

/// What makes these declared tables, those first that others refer to. Of a circle of references the last one is added
/// when all tables are there, unless a table may refer to one that comes later.
pub(crate) fn create_statements(schema: Schema, dialect: &dyn Dialect, server: ServerVersion) -> Result<Vec<String>> {
    let schema = localise_schema(schema, dialect, server).map_err(refused)?;
    let mut operations: Vec<Operation> = Vec::new();
    if dialect.has(Capability::MakesSchemas, server) {
        operations.extend(schema.schemas.iter().map(|name| Operation::CreateSchema { name: name.clone() }));
    }
    operations.extend(schema.enums.values().cloned().map(Operation::CreateEnum));
    let forward = dialect.has(Capability::ForwardReferences, server);
    let mut waiting: Vec<Table> = schema.tables.values().cloned().collect();
    let mut made: BTreeSet<Name> = BTreeSet::new();
    let mut later = Vec::new();
    while !waiting.is_empty() {
        let is_ready = |table: &Table| {
            table.foreign_keys.iter().all(|key| key.references == table.name || made.contains(&key.references))
        };
        let mut table = waiting.remove(waiting.iter().position(is_ready).unwrap_or(0));
        if !forward {
            let (now, wait): (Vec<ForeignKey>, Vec<ForeignKey>) = std::mem::take(&mut table.foreign_keys)
                .into_iter()
                .partition(|key| key.references == table.name || made.contains(&key.references));
            table.foreign_keys = now;
            later.extend(wait.into_iter().map(|key| Operation::AddConstraint {
                table: table.name.clone(),
                constraint: Box::new(Constraint::ForeignKey(key)),
            }));
        }
        made.insert(table.name.clone());
        operations.push(Operation::CreateTable(Box::new(table)));
    }
    operations.extend(later);
    let statements = dialect.render(&operations, &Schema::default(), server).map_err(refused)?;
    Ok(statements.into_iter().map(|statement| statement.sql).collect())
}

fn refused(unsupported: Unsupported) -> Error {
    Error::new(Kind::Unsupported, unsupported.phrase()).with_hint(unsupported.instead)
}
