//! Connecting, and waiting for a server that is not there yet.

use std::time::Duration;

use tokio::time::Instant;

use crate::cli::project::Project;
use crate::db::{Cancel, Connection, Settings, Url, is_not_there_yet};
use crate::error::{Error, Kind, Result};

/// Between the first two tries; it doubles up to the last one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A try gets at least so long, however little is left.
const SHORTEST_TRY: Duration = Duration::from_secs(1);

/// Connects; waits as long as `wait` says for a server that is not there yet, and says for what.
///
/// # Errors
/// Those of [`Connection::open`], a wrong password at once; [`Kind::Cancelled`].
pub(crate) async fn connect(project: &Project, url: &Url, settings: &Settings, cancel: &Cancel) -> Result<Connection> {
    let opened = tokio::select! {
        biased;
        _ = cancel.asked() => return Err(Error::new(Kind::Cancelled, "cancelled while connecting")),
        opened = patiently(project, url, settings) => opened?,
    };
    project.warn_of_line(url);
    Ok(opened)
}

async fn patiently(project: &Project, url: &Url, settings: &Settings) -> Result<Connection> {
    let limit = project.config.run.wait;
    if limit.is_zero() {
        return Connection::open(url, settings).await;
    }
    let deadline = Instant::now() + limit;
    let (mut pause, mut said) = (FIRST_PAUSE, String::new());
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let connect_timeout = settings.connect_timeout.min(left.max(SHORTEST_TRY));
        let settings = Settings { connect_timeout, ..settings.clone() };
        let error = match Connection::open(url, &settings).await {
            Err(error) if is_not_there_yet(&error) => error,
            other => return other,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(error.while_doing(format!("the server was not there within {limit:?}")));
        }
        if said != error.phrase() {
            error.phrase().clone_into(&mut said);
            project.notices.status("Waiting", &format!("for the server: {said}"));
        }
        tokio::time::sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
