//! The inspected database.

use crate::db::Connection;
use crate::dialect::{Scope, Server};
use crate::error::Result;
use crate::schema::Schema;

/// Everything in the connection's own schema, for rendering that needs the shape of tables.
pub(crate) async fn shape(dialect: &'static dyn Server, connection: &mut Connection, scope: &Scope) -> Result<Schema> {
    dialect.inspect(connection, scope).await
}
