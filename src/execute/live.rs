//! The inspected database.

use crate::db::Connection;
use crate::dialect::{Scope, Server};
use crate::error::{Kind, Result};
use crate::schema::Schema;

/// The same with who may do what, where the login is told.
pub(crate) async fn shape_with_rights(
    dialect: &'static dyn Server,
    connection: &mut Connection,
    scope: &Scope,
) -> Result<Schema> {
    let with_rights = Scope { grants: true, ..scope.clone() };
    match shape(dialect, connection, &with_rights).await {
        Err(error) if error.kind() == Kind::Privilege => shape(dialect, connection, scope).await,
        other => other,
    }
}

/// Everything in the connection's own schema, for rendering that needs the shape of tables.
pub(crate) async fn shape(dialect: &'static dyn Server, connection: &mut Connection, scope: &Scope) -> Result<Schema> {
    dialect.inspect(connection, scope).await
}
