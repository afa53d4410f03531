//! One statement with parameters, and its rows as typed values: beside the text path, which carries values as literals.

use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::database::HasStatementCache;
use sqlx::{Arguments, AssertSqlSafe, Column, Database, Either, Executor, IntoArguments, Row as _};

use super::driver::Stopped;
use super::reply;
use crate::error::{Error, Kind, Result};
use crate::statement::value::Value;

/// Takes the rows of an answer, with the names of its columns.
pub(super) type Take<'a> = &'a mut (dyn FnMut(&Arc<[String]>, Vec<Value>) -> Result<()> + Send);

/// Gives the chunks of a stream; None = that was the last one.
pub(super) type Chunks<'a> = &'a mut (dyn FnMut() -> Result<Option<Vec<u8>>> + Send);

/// How a driver takes parameters and gives cells.
pub(super) struct Typing<D: Database> {
    pub(super) bind: fn(&mut D::Arguments, &Value) -> Result<(), sqlx::error::BoxDynError>,
    pub(super) cell: fn(&D::Row, usize) -> Result<Value>,
    pub(super) affected: fn(&D::QueryResult) -> u64,
    /// Whether this statement stays prepared for the next time.
    pub(super) stays_prepared: fn(&str) -> bool,
}

/// Prepares `sql`, sends it with `values`, and gives each row to `take`. As with the text path, an error of
/// the taker does not stop the reading; the first one is returned. Gives the number of affected rows.
pub(super) async fn exchange<D>(
    connection: &mut D::Connection,
    sql: &str,
    values: &[Value],
    take: Take<'_>,
    typing: Typing<D>,
) -> Result<u64, Stopped>
where
    D: Database + HasStatementCache,
    D::Arguments: IntoArguments<D>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let mut arguments = D::Arguments::default();
    arguments.reserve(values.len(), values.len() * 8);
    for (index, value) in values.iter().enumerate() {
        (typing.bind)(&mut arguments, value).map_err(|error| Stopped::Sink(does_not_fit(index, value, &error)))?;
    }
    let query = sqlx::query_with::<D, _>(AssertSqlSafe(sql), arguments).persistent((typing.stays_prepared)(sql));
    let mut answer = Executor::fetch_many(&mut *connection, query);
    let mut names: Option<Arc<[String]>> = None;
    let mut affected = 0;
    let mut refused = None;
    while let Some(part) = answer.try_next().await.map_err(|error| Stopped::Server(reply::of(&error)))? {
        match part {
            Either::Left(done) => affected += (typing.affected)(&done),
            Either::Right(_) if refused.is_some() => {}
            Either::Right(row) => {
                let names = names.get_or_insert_with(|| row.columns().iter().map(|it| it.name().to_owned()).collect());
                let mut cells = Vec::with_capacity(row.len());
                let read = (0..row.len()).try_for_each(|index| {
                    let cell = (typing.cell)(&row, index).map_err(|error| in_column(error, names, index))?;
                    cells.push(cell);
                    Ok(())
                });
                refused = read.and_then(|()| take(names, cells)).err();
            }
        }
    }
    refused.map_or(Ok(affected), |error| Err(Stopped::Sink(error)))
}

fn does_not_fit(index: usize, value: &Value, why: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Statement, format!("parameter {} ({}) cannot be sent", index + 1, value.word())).caused_by(why)
}

fn in_column(error: Error, names: &[String], index: usize) -> Error {
    match names.get(index) {
        Some(name) => error.while_doing(format!("column {name} of the answer cannot be read")),
        None => error,
    }
}

/// A cell that a driver does not give.
pub(super) fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::new(Kind::Unsupported, error.to_string())
}

/// The text of a cell that should be text.
pub(super) fn text_of(bytes: &[u8]) -> Result<String> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| unreadable("it is not UTF-8"))
}

/// A moment as text: the parts of a fraction of a second that say nothing are left out.
pub(super) fn clock(hours: i64, minutes: i64, seconds: i64, microseconds: i64) -> String {
    let whole = format!("{hours:02}:{minutes:02}:{seconds:02}");
    if microseconds == 0 {
        return whole;
    }
    format!("{whole}.{microseconds:06}").trim_end_matches('0').to_owned()
}
