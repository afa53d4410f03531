//! Reading the catalog.

use super::quote::literal;
use crate::db::Connection;
use crate::dialect::server::Scope;
use crate::error::Result;
use crate::schema::{Name, Schema};

pub(super) async fn inspect(_connection: &mut Connection, _scope: &Scope) -> Result<Schema> {
    Ok(Schema::default())
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
