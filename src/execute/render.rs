//! Chunks of a plan → statements, looking at the database only where the rendering needs the shape of its tables.

use crate::db::Connection;
use crate::dialect::{Scope, Server, Unsupported, settle};
use crate::error::{Error, Kind, Result};
use crate::execute::live::{shape, shape_with_rights};
use crate::execute::preflight::copy_refused;
#[cfg(feature = "orm")]
use crate::execute::rows;
use crate::execute::step::{Bench, Tell};
use crate::plan::{Chunk, Planned};
use crate::schema::{Name, Schema};
use crate::statement::course::Facts;
use crate::statement::{SERVERS, Statement};

/// The statements of one chunk for a database without rows, such as a scratch place, as it is now.
pub(crate) async fn statements(
    chunk: &Chunk,
    dialect: &'static dyn Server,
    connection: &mut Connection,
    scope: &Scope,
) -> Result<Vec<Statement>> {
    match chunk {
        Chunk::Sql(statements) => Ok(statements.clone()),
        // Where nobody's rows are, nothing is to be changed.
        #[cfg(feature = "orm")]
        Chunk::Data(_) => Ok(Vec::new()),
        Chunk::Operations(operations) => {
            let server = connection.server();
            let before = if dialect.keeps_rights(connection, operations).await? {
                shape_with_rights(dialect, connection, scope).await?
            } else if dialect.needs_shape(operations, server) {
                shape(dialect, connection, scope).await?
            } else {
                Schema::default()
            };
            let settled = settle(operations, dialect, &before, server).map_err(unsupported)?;
            dialect.render(&settled, &before, server).map_err(unsupported)
        }
    }
}

/// The same for a run, with the words of their courses.
pub(super) async fn statements_to_run(
    chunk: &Chunk,
    bench: &Bench<'_>,
    connection: &mut Connection,
    #[cfg_attr(not(feature = "orm"), expect(unused_variables, reason = "only of operations on rows there is to tell"))]
    tell: Tell<'_>,
) -> Result<Vec<Statement>> {
    #[cfg(feature = "orm")]
    if let Chunk::Data(data) = chunk {
        bench.dialect.refuse_others(connection, &[], &data.operation.tables()).await?;
        return rows::statements(data, bench.place(), connection, (bench.keeping, tell)).await;
    }
    if let Chunk::Operations(operations) = chunk {
        bench.dialect.refuse_others(connection, operations, &[]).await?;
    }
    let mut rendered = statements(chunk, bench.dialect, connection, bench.scope).await?;
    say_courses(&mut rendered, bench, connection).await?;
    for sql in bench.dialect.let_types_go(connection, &bench.history.table, &rendered).await? {
        connection.execute(&sql).await?;
    }
    Ok(rendered)
}

/// Adds the words by which the server refuses to do more than was planned, from what it says about the tables now.
///
/// Errors: Usage, where a table is larger than may be copied unasked.
async fn say_courses(statements: &mut [Statement], bench: &Bench<'_>, connection: &mut Connection) -> Result<()> {
    if !SERVERS {
        return Ok(());
    }
    let courses = statements.iter().filter_map(|statement| statement.course.as_deref());
    let mut tables: Vec<Name> = courses.map(|course| course.table.clone()).collect();
    tables.sort();
    tables.dedup();
    if tables.is_empty() {
        return Ok(());
    }
    let facts = bench.dialect.table_facts(connection, &tables).await?;
    for statement in statements {
        if let Some(refusal) = copy_refused(statement, &facts, bench.allow_copy) {
            return Err(refusal);
        }
        say_course(statement, &facts, bench.allow_copy);
    }
    Ok(())
}

/// Adds the words to one statement.
pub(super) fn say_course(statement: &mut Statement, facts: &Facts, allow_copy: u64) {
    let Some(course) = &statement.course else { return };
    let known = facts.get(&course.table);
    statement.words = course.words(known);
    statement.may_do_without_words = known.is_some_and(|known| known.bytes <= allow_copy);
}

/// What a dialect refuses, as an error.
pub(crate) fn unsupported(unsupported: Unsupported) -> Error {
    let error = Error::new(Kind::Unsupported, unsupported.phrase());
    if unsupported.instead.is_empty() { error } else { error.with_hint(unsupported.instead) }
}

/// What is refused behind revisions that were applied, a server would have refused of its statement: it fails like one.
pub(crate) fn as_refused_here(error: Error) -> Error {
    if error.kind() == Kind::Unsupported { error.into_kind(Kind::Statement) } else { error }
}

/// Whether a revision may write tables anew.
pub(crate) fn may_rebuild(planned: &Planned, dialect: &dyn Server, connection: &Connection) -> bool {
    planned.chunks.iter().any(|chunk| match chunk {
        Chunk::Operations(operations) => dialect.may_rebuild(operations, connection.server()),
        Chunk::Sql(statements) => dialect.copies_a_table(statements),
        #[cfg(feature = "orm")]
        Chunk::Data(_) => false,
    })
}

/// Whether one of these revisions makes something anew whose rights are to be given back.
pub(super) async fn keeps_rights(
    planned: &[Planned],
    dialect: &'static dyn Server,
    connection: &mut Connection,
) -> Result<bool> {
    for chunk in planned.iter().flat_map(|one| &one.chunks) {
        if let Chunk::Operations(operations) = chunk
            && dialect.keeps_rights(connection, operations).await?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a revision renders with the shape of tables.
pub(crate) fn needs_shape(planned: &Planned, dialect: &dyn Server, connection: &Connection) -> bool {
    planned.chunks.iter().any(|chunk| match chunk {
        Chunk::Operations(operations) => dialect.needs_shape(operations, connection.server()),
        Chunk::Sql(_) => false,
        #[cfg(feature = "orm")]
        Chunk::Data(_) => true,
    })
}
