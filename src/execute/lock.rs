//! The session lock: taken by polling a try in autocommit, so that nobody waits for us inside the server.

use std::time::Duration;

use tokio::time::Instant;

use crate::db::Connection;
use crate::error::{Error, Kind, Result};
use crate::execute::Event;
use crate::execute::history::History;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Takes the lock, or gives up after `limit` with [`Kind::Locked`] naming the holder.
pub(crate) async fn take(
    connection: &mut Connection,
    history: &History,
    limit: Duration,
    tell: &mut (dyn FnMut(Event) + Send),
) -> Result<()> {
    let deadline = Instant::now() + limit;
    let mut told = false;
    loop {
        if history.dialect.try_lock(connection, &history.table).await? {
            return Ok(());
        }
        if !told {
            told = true;
            let holder = history.dialect.lock_holder(connection, &history.table).await?;
            tell(Event::Waiting { holder: holder.map(|holder| holder.description) });
        }
        if Instant::now() >= deadline {
            return Err(not_obtained(connection, history, limit).await);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn not_obtained(connection: &mut Connection, history: &History, limit: Duration) -> Error {
    let holder = history.dialect.lock_holder(connection, &history.table).await.ok().flatten();
    let who = holder.map_or_else(|| "another run".to_owned(), |holder| holder.description);
    Error::new(Kind::Locked, format!("the lock was not obtained within {} s: {who} holds it", limit.as_secs_f32()))
        .hint("wait for it to end, or give more time with --lock-wait")
}

/// Gives the lock back, after a cancel too. On a connection that is lost it is gone already.
pub(crate) async fn release(connection: &mut Connection, history: &History) -> Result<()> {
    if !connection.is_usable() {
        return Ok(());
    }
    drop(connection.ignore_cancel());
    history.dialect.unlock(connection, &history.table).await.map(drop)
}
