//! Reading the catalog: a fixed number of set-based queries in one snapshot, whatever the number of tables.
//!
//! Raw columns of the catalog are nearly free, each call of `pg_get_…` costs: text is asked for only where there is an
//! expression. Names are printed by the server as the connection's search path has it: what is in the own schema, or in
//! one behind it on the path, without its schema. A scratch schema stands first on that path, so both sides of a diff
//! are printed alike.

mod building;
mod columns;
mod constraints;
mod heirs;
mod indexes;
pub(super) mod names;
mod objects;
mod others;
mod relations;
mod scratched;
mod sequences;
mod text;
mod types;

use super::quote::literal;
use crate::db::{Connection, TransactionState};
use crate::dialect::server::Scope;
use crate::error::Result;
use crate::schema::{Name, Schema};
use building::Building;

/// What a snapshot takes.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Reads everything in the scope; in a snapshot of its own unless a transaction is open already.
pub(super) async fn inspect(connection: &mut Connection, scope: &Scope) -> Result<Schema> {
    if connection.in_transaction().await? != TransactionState::None {
        return read(connection, scope).await;
    }
    connection.begin_raw(SNAPSHOT).await?;
    let schema = read(connection, scope).await;
    // Nothing was written. An error of the reading counts more than one of the ending.
    let ended = connection.rollback().await;
    schema.and_then(|schema| ended.map(|()| schema))
}

async fn read(connection: &mut Connection, scope: &Scope) -> Result<Schema> {
    let mut building = Building::open(connection, scope).await?;
    relations::read(connection, &mut building).await?;
    columns::read(connection, &mut building).await?;
    // Before sequences take the defaults of their columns.
    heirs::name_columns(&mut building);
    sequences::read(connection, &mut building).await?;
    indexes::read(connection, &mut building).await?;
    // Before keys take their indexes out: places are counted with them.
    building.resolve_collations(connection).await?;
    constraints::read(connection, &mut building).await?;
    types::read(connection, &mut building).await?;
    others::read(connection, &mut building).await?;
    objects::read(connection, &mut building).await?;
    scratched::refuse_live_parts(connection, &building).await?;
    Ok(building.finish())
}

/// Whether there is a table of this name in just this schema.
pub(super) async fn has_table(connection: &mut Connection, name: &Name) -> Result<bool> {
    let schema = name.schema.as_ref().map_or_else(|| "current_schema()".to_owned(), |schema| literal(schema.as_str()));
    let sql = format!(
        "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = {schema} AND c.relname = {} AND c.relkind IN ('r', 'p')",
        literal(name.name.as_str())
    );
    Ok(connection.first_row(&sql).await?.is_some())
}
