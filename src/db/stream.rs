//! Sending one text and reading its answer to the end, while watching for a cancel and for the time limit.

use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Database, Either, Executor};

use super::Row;
use super::cancel::Cancel;
use super::driver::{Ended, Sink, Stopped};
use super::reply;

/// What may end a statement before its time.
#[derive(Clone, Copy)]
pub(super) struct Watch<'a> {
    pub(super) cancel: Option<&'a Cancel>,
    /// A limit that the server does not keep by itself.
    pub(super) limit: Option<Duration>,
}

/// How long to wait before the server is asked again to end a statement.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// How a driver turns its row into text and counts.
pub(super) struct Reading<D: Database> {
    pub(super) fill: fn(&D::Row, &mut Row) -> crate::Result<()>,
    pub(super) affected: fn(&D::QueryResult) -> u64,
}

/// Sends `sql` as it is, without preparing it, and gives each row to `sink`. An error of the sink does not stop the
/// reading, so that the connection stays usable; the first one is returned. Gives the number of affected rows.
pub(super) async fn stream<D>(
    connection: &mut D::Connection,
    sql: &str,
    sink: Sink<'_>,
    reading: Reading<D>,
) -> Result<u64, Stopped>
where
    D: Database,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let mut answer = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(&mut *connection);
    let mut row = Row::default();
    let mut affected = 0;
    let mut refused = None;
    while let Some(part) = answer.try_next().await.map_err(|error| Stopped::Server(reply::of(&error)))? {
        match part {
            Either::Left(done) => affected += (reading.affected)(&done),
            Either::Right(_) if refused.is_some() => {}
            Either::Right(source) => {
                row.clear();
                refused = (reading.fill)(&source, &mut row).and_then(|()| sink(&row)).err();
            }
        }
    }
    refused.map_or(Ok(affected), |error| Err(Stopped::Sink(error)))
}

/// Drives `work` to its end. On a cancel, or when the limit is over, `stop` asks the server to end it, again and again
/// until it has answered: `work` itself is never dropped half-done. Says what it was stopped by.
pub(super) async fn watched<T, S: Future<Output = ()>>(
    work: impl Future<Output = T>,
    watch: Watch<'_>,
    stop: impl Fn() -> S,
) -> (T, Option<Ended>) {
    let mut work = pin!(work);
    let why = tokio::select! {
        biased;
        done = &mut work => return (done, None),
        () = cancelled(watch.cancel) => Ended::Cancelled,
        () = over(watch.limit) => Ended::TimedOut,
    };
    loop {
        // Awaited alone: a request that is still on its way when `work` ends would hit the statement after it.
        stop().await;
        tokio::select! {
            biased;
            done = &mut work => return (done, Some(why)),
            () = tokio::time::sleep(ASK_AGAIN) => {}
        }
    }
}

async fn cancelled(cancel: Option<&Cancel>) {
    match cancel {
        Some(cancel) => cancel.cancelled().await,
        None => std::future::pending().await,
    }
}

async fn over(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}
