//! Chunks of a plan → statements, looking at the database only where the rendering needs the shape of its tables.

use crate::db::Connection;
use crate::dialect::{Scope, Server, Unsupported, settle};
use crate::error::{Error, Kind, Result};
use crate::execute::live::shape;
use crate::ops::Operation;
use crate::plan::{Chunk, Planned};
use crate::schema::Schema;
use crate::statement::Statement;

/// The statements of one chunk for the database as it is now.
pub(crate) async fn statements(
    chunk: &Chunk,
    dialect: &'static dyn Server,
    connection: &mut Connection,
    scope: &Scope,
) -> Result<Vec<Statement>> {
    match chunk {
        Chunk::Sql(statements) => Ok(statements.clone()),
        Chunk::Operations(operations) => {
            let server = connection.server();
            let before = if dialect.needs_shape(operations, server) {
                shape(dialect, connection, scope).await?
            } else {
                Schema::default()
            };
            let settled = settle(operations, dialect, &before, server).map_err(unsupported)?;
            dialect.render(&settled, &before, server).map_err(unsupported)
        }
    }
}

/// What a dialect refuses, as an error.
pub(crate) fn unsupported(unsupported: Unsupported) -> Error {
    let error = Error::new(Kind::Unsupported, unsupported.phrase());
    if unsupported.instead.is_empty() { error } else { error.hint(unsupported.instead) }
}

/// Whether a revision may write tables anew.
pub(crate) fn may_rebuild(planned: &Planned, dialect: &dyn Server, connection: &Connection) -> bool {
    let copies = |chunk: &Chunk| matches!(chunk, Chunk::Sql(statements) if dialect.copies_a_table(statements));
    any(planned, |operations| dialect.may_rebuild(operations, connection.server())) || planned.chunks.iter().any(copies)
}

/// Whether a revision renders with the shape of tables.
pub(crate) fn needs_shape(planned: &Planned, dialect: &dyn Server, connection: &Connection) -> bool {
    any(planned, |operations| dialect.needs_shape(operations, connection.server()))
}

fn any(planned: &Planned, question: impl Fn(&[Operation]) -> bool) -> bool {
    planned.chunks.iter().any(|chunk| match chunk {
        Chunk::Operations(operations) => question(operations),
        Chunk::Sql(_) => false,
    })
}
