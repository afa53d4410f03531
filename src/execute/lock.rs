//! The session lock: taken by polling a try in autocommit, so that nobody waits for us inside the server.

use std::time::Duration;

use tokio::time::Instant;

use crate::db::Connection;
use crate::error::{Error, Kind, Result};
use crate::execute::Event;
use crate::execute::history::History;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Waiting for the lock. The limit counts from the last progress of whoever holds it, so that nobody gives up behind a
/// long piece of work that goes on.
pub(crate) struct Wait {
    limit: Duration,
    deadline: Instant,
    /// What the holder was seen at.
    seen: Option<String>,
}

impl Wait {
    /// Begins to wait.
    pub(crate) fn at_most(limit: Duration) -> Self {
        Self { limit, deadline: Instant::now() + limit, seen: None }
    }

    /// Says who holds it, then pauses until the next try.
    ///
    /// # Errors
    /// [`Kind::Locked`] naming the holder, when the time is over.
    pub(crate) async fn pause(
        &mut self,
        connection: &mut Connection,
        history: &History,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<()> {
        let holder = history.dialect.lock_holder(connection, &history.table).await?;
        let at = holder.as_ref().map_or_else(String::new, |holder| holder.at_work.clone());
        match &self.seen {
            None => tell(Event::Waiting { holder: holder.as_ref().map(|holder| holder.description.clone()) }),
            Some(seen) if *seen != at => self.deadline = Instant::now() + self.limit,
            Some(_) => {}
        }
        self.seen = Some(at);
        if Instant::now() >= self.deadline {
            let who = holder.map_or_else(|| "another run".to_owned(), |holder| holder.description);
            let seconds = self.limit.as_secs_f32();
            return Err(Error::new(
                Kind::Locked,
                format!("the lock was not obtained within {seconds} s: {who} holds it"),
            )
            .hint("wait for it to end, or give more time with --lock-wait"));
        }
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}

/// Takes the lock, or gives up after `limit` with [`Kind::Locked`] naming the holder.
pub(crate) async fn take(
    connection: &mut Connection,
    history: &History,
    limit: Duration,
    tell: &mut (dyn FnMut(Event) + Send),
) -> Result<()> {
    let mut wait = Wait::at_most(limit);
    while !history.dialect.try_lock(connection, &history.table).await? {
        wait.pause(connection, history, tell).await?;
    }
    Ok(())
}

/// Gives the lock back, after a cancel too. On a connection that is lost it is gone already.
pub(crate) async fn release(connection: &mut Connection, history: &History) -> Result<()> {
    if !connection.is_usable() {
        return Ok(());
    }
    drop(connection.ignore_cancel());
    match history.dialect.unlock(connection, &history.table).await {
        Err(_) if !connection.is_usable() => Ok(()),
        other => other.map(drop),
    }
}
