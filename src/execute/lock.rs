//! The session lock: taken by polling a try in autocommit, so that nobody waits for us inside the server.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use crate::db::{Connection, Lease, Settings, Url};
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
            let seconds = self.limit.as_secs_f64();
            return Err(Error::new(
                Kind::Locked,
                format!("the lock was not obtained within {seconds} s: {who} holds it"),
            )
            .with_hint("wait for it to end, or give more time with --lock-wait"));
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

/// Says from another session that a run lives, where the lock is held only as long as somebody does.
pub(crate) struct SignsOfLife(Option<(Url, Settings, Lease)>);

impl SignsOfLife {
    /// What the session that holds the lock needs.
    pub(crate) fn of(connection: &Connection) -> Self {
        let lease = connection.lease().cloned();
        Self(lease.map(|lease| (connection.url().clone(), connection.settings().clone(), lease)))
    }

    /// Drives `work` to its end, and gives signs of life meanwhile.
    pub(crate) async fn during<T>(self, work: impl Future<Output = T>) -> T {
        let Self(Some((url, settings, lease))) = self else { return work.await };
        tokio::select! {
            biased;
            done = work => done,
            never = give_signs(&url, &settings, &lease) => match never {},
        }
    }
}

/// A sign that cannot be given is left out: the next one may succeed, and if none does, others take the work over.
async fn give_signs(url: &Url, settings: &Settings, lease: &Lease) -> Infallible {
    let mut second = None;
    loop {
        tokio::time::sleep(lease.period).await;
        if second.is_none() {
            second = Connection::open(url, settings).await.ok();
        }
        if let Some(mut connection) = second.take() {
            match connection.execute(&lease.sign_of_life).await {
                Ok(_) => second = Some(connection),
                Err(error) => tracing::debug!(%error, "a sign of life was not given"),
            }
        }
    }
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
