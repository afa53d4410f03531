//! A COMMIT whose answer was lost. The server knows what became of it, so it is asked over a new connection.

use std::time::Duration;

use tokio::time::Instant;

use crate::db::{Connection, Outcome};
use crate::error::{Error, Kind, Result};
use crate::execute::history::History;
use crate::execute::step::Work;
use crate::graph::Rows;
use crate::schema::Pair;
use crate::statement::SERVERS;

/// How long the server is asked.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(250);

/// What ends a transaction beside COMMIT.
pub(super) enum Last<'a> {
    /// Nothing; whatever ran in it, the server is asked whether it is still ours.
    Any,
    /// The same after the row of the log.
    Log(&'a str),
    /// Statements of ours after other statements of ours, which end no transaction.
    Ours(&'a [String]),
}

/// What was waited for in vain; the rows may be asked for.
enum Found {
    Committed,
    RolledBack,
    ByTheRows,
}

impl Work<'_> {
    /// Commits the revision; where the answer was lost, finds out. The work goes on over the new connection, which holds
    /// the lock as the old one did.
    ///
    /// # Errors
    /// What the server said; Statement if it turned out to be rolled back; OutcomeUnknown if nobody can be asked.
    pub(super) async fn commit(&mut self, last: Last<'_>) -> Result<()> {
        let committed = match last {
            Last::Any => self.connection.commit().await,
            Last::Log(sql) => self.connection.commit_after(sql).await,
            Last::Ours(statements) => self.connection.commit_ours(statements).await,
        };
        let error = match committed {
            Err(error) if SERVERS && error.kind() == Kind::OutcomeUnknown => error,
            other => return other,
        };
        let step = &self.planned.step;
        settled(self.connection, self.bench.history, Pair::new(&step.before, &step.after), error).await
    }

    /// The same for a statement of a journaled revision: the journal tells.
    pub(super) async fn commit_piece(&mut self, number: usize) -> Result<()> {
        let error = match self.connection.commit().await {
            Err(error) if SERVERS && error.kind() == Kind::OutcomeUnknown => error,
            other => return other,
        };
        let Some(found) = self.ask_again().await else { return Err(error) };
        let noted = self.bench.log.open_attempt(self.connection).await?.is_some_and(|open| open.done >= number);
        match found {
            Found::Committed => Ok(()),
            Found::ByTheRows if noted => Ok(()),
            Found::RolledBack | Found::ByTheRows => Err(rolled_back(error)),
        }
    }

    /// The same for a piece of a data step: its note tells.
    pub(super) async fn commit_batch(&mut self, note: &str) -> Result<()> {
        let error = match self.connection.commit().await {
            Err(error) if SERVERS && error.kind() == Kind::OutcomeUnknown => error,
            other => return other,
        };
        let Some(found) = self.ask_again().await else { return Err(error) };
        let open = self.bench.log.open_attempt(self.connection).await?;
        let noted = open.and_then(|open| open.probe).is_some_and(|probe| probe == note);
        match found {
            Found::Committed => Ok(()),
            Found::ByTheRows if noted => Ok(()),
            Found::RolledBack | Found::ByTheRows => Err(rolled_back(error)),
        }
    }

    async fn ask_again(&mut self) -> Option<Found> {
        ask_again(self.connection, self.bench.history).await
    }
}

/// What became of a COMMIT that moved the rows of the version table, and whose answer was lost; the work goes on over the
/// new connection.
///
/// # Errors
/// Statement if it was rolled back; the error as it was if nobody can be asked.
pub(super) async fn settled(
    connection: &mut Connection,
    history: &History,
    rows: Pair<&Rows>,
    error: Error,
) -> Result<()> {
    let Some(found) = ask_again(connection, history).await else { return Err(error) };
    let now = history.rows(connection).await?;
    match found {
        Found::Committed => Ok(()),
        Found::ByTheRows if now == *rows.to => Ok(()),
        Found::ByTheRows if now != *rows.from => Err(error),
        Found::RolledBack | Found::ByTheRows => Err(rolled_back(error)),
    }
}

/// Connects anew, takes the lock, which the old session has until its end, and asks for the transaction. None: the
/// server cannot be reached, or does not let go of the old session.
async fn ask_again(connection: &mut Connection, history: &History) -> Option<Found> {
    let mark = connection.transaction_mark().map(str::to_owned);
    let cancel = connection.ignore_cancel();
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let opened = Connection::open(connection.url(), connection.settings()).await;
        if let Ok(mut fresh) = opened
            && let Some(found) = found(&mut fresh, history, mark.as_deref(), deadline).await
        {
            if let Some(cancel) = cancel {
                fresh.cancel_with(cancel);
            }
            *connection = fresh;
            return Some(found);
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}

async fn found(fresh: &mut Connection, history: &History, mark: Option<&str>, deadline: Instant) -> Option<Found> {
    while !history.dialect.try_lock(fresh, &history.table).await.ok()? {
        if Instant::now() >= deadline {
            return None;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let Some(mark) = mark else { return Some(Found::ByTheRows) };
    loop {
        match fresh.outcome(mark).await.ok()? {
            Outcome::Committed => return Some(Found::Committed),
            Outcome::RolledBack => return Some(Found::RolledBack),
            Outcome::Unknown => return Some(Found::ByTheRows),
            Outcome::Running if Instant::now() >= deadline => return None,
            Outcome::Running => tokio::time::sleep(PAUSE).await,
        }
    }
}

fn rolled_back(error: Error) -> Error {
    error.into_kind(Kind::Statement).while_doing("the connection was lost while committing, and the server rolled back")
}
