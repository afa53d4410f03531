//! A part of a run, one revision or several in one transaction, under the limits that it gives for itself, and again after
//! a pause where only another session was in the way. Never again where the server cannot tell what took effect.

use std::time::Duration;

use crate::db::{Cancel, Connection, Ending, is_lock_refused};
use crate::error::{Error, Kind, Result};
use crate::execute::Event;
use crate::execute::run::Runner;
use crate::execute::step::{Bench, Done, Outcome, Tell};
use crate::graph::Direction;
use crate::plan::Planned;
use crate::revision::TimeLimits;

/// The limits of the run for a lock and for a statement.
#[derive(Clone, Copy)]
pub(super) struct Usual(Duration, Duration);

impl Usual {
    /// Those that the session has now.
    pub(super) fn of(connection: &Connection) -> Self {
        Self(connection.settings().lock_timeout, connection.settings().statement_timeout)
    }

    /// Gives the session what a revision says, and these for what it does not say.
    pub(super) async fn with(self, own: TimeLimits, connection: &mut Connection) -> Result<()> {
        let now = Self::of(connection);
        let time = |own: Option<u32>, usual| own.map_or(usual, |own| Duration::from_millis(own.into()));
        let wanted = (time(own.lock_timeout, self.0), time(own.statement_timeout, self.1));
        if wanted == (now.0, now.1) { Ok(()) } else { connection.limit(wanted.0, wanted.1).await }
    }
}

impl Runner<'_> {
    /// Runs one revision, or several in one transaction.
    pub(super) async fn part(
        &self,
        bench: &Bench<'_>,
        connection: &mut Connection,
        part: &[Planned],
        tell: Tell<'_>,
    ) -> Result<Outcome> {
        let usual = Usual::of(connection);
        let outcome = self.until_it_runs(bench, connection, part, tell).await;
        let restored =
            if connection.is_usable() { usual.with(TimeLimits::default(), connection).await } else { Ok(()) };
        match outcome.map_err(|error| self.perhaps_unstamped(self.placed(error), part))? {
            Outcome::Done(mut done) => {
                done.unclean = done.unclean.or(restored.err());
                tell_unclean(bench, &mut done, tell)?;
                #[cfg(feature = "orm")]
                self.drop_void(connection, part).await;
                Ok(Outcome::Done(done))
            }
            Outcome::Overtaken => restored.map(|()| Outcome::Overtaken),
        }
    }

    /// A first revision that meets what it makes: what is there may lack its stamp alone.
    fn perhaps_unstamped(&self, error: Error, part: &[Planned]) -> Error {
        let is_first = |one: &Planned| one.step.direction == Direction::Up && one.step.before.is_empty();
        if error.hint().is_some() || !part.first().is_some_and(is_first) || !self.dialect.meets_relation(&error) {
            return error;
        }
        error.with_hint(
            "if the revisions here made what is there: migrate stamp heads; if not, rename or drop it, then try again",
        )
    }

    async fn until_it_runs(
        &self,
        bench: &Bench<'_>,
        connection: &mut Connection,
        part: &[Planned],
        tell: Tell<'_>,
    ) -> Result<Outcome> {
        let (usual, token) = (Usual::of(connection), connection.cancel_token());
        let own = if let [one] = part { one.limits } else { TimeLimits::default() };
        let mut tries = 0;
        loop {
            // A transaction that was rolled back took the limits that were set in it along.
            usual.with(own, connection).await?;
            let error = match once(bench, connection, part, tries > 0, tell).await {
                Err(error) if is_lock_refused(&error) => self.name_blockers(connection, error).await,
                other => return other,
            };
            if tries >= self.limits.retries || !may_repeat(bench, connection, &error).await {
                return Err(error);
            }
            let pause = pause(tries, part);
            tries += 1;
            let first = part.first().map(|first| first.step.revision.as_str());
            let revision = error.revision().or(first).unwrap_or_default().to_owned();
            let (of, cause) = (self.limits.retries, error.to_string());
            tell(Event::Retrying { revision, pause, attempt: tries, of, cause });
            if !rest(pause, token.as_ref()).await {
                return Err(cancelled(error));
            }
            connection.put_back(Ending::Retried).await?;
            if let Some(token) = &token {
                // What was cleared up after the failure must not be cancelled, what comes now may.
                connection.cancel_with(token.clone());
            }
        }
    }
}

/// What is recorded stays so, whatever the session is like; but nothing else runs in it, and another session would not have
/// the lock.
fn tell_unclean(bench: &Bench<'_>, done: &mut Done, tell: Tell<'_>) -> Result<()> {
    let (Some(error), Some(last)) = (done.unclean.take(), done.reports.last()) else { return Ok(()) };
    let phrase = format!("revision {} is {}, and its session could not be put back", last.revision, last.state);
    if bench.next.is_none() {
        tell(Event::Warned { message: format!("{phrase}: {error}"), hint: None });
        return Ok(());
    }
    let hint = format!("run `migrate {}` again: it goes on behind that, over a new connection", last.direction);
    Err(error.while_doing(phrase).with_hint(hint))
}

/// Waits; false = it was cancelled.
async fn rest(pause: Duration, token: Option<&Cancel>) -> bool {
    let Some(token) = token else {
        tokio::time::sleep(pause).await;
        return true;
    };
    tokio::select! {
        () = token.cancelled() => false,
        () = tokio::time::sleep(pause) => true,
    }
}

async fn once(
    bench: &Bench<'_>,
    connection: &mut Connection,
    part: &[Planned],
    is_retry: bool,
    tell: Tell<'_>,
) -> Result<Outcome> {
    match part {
        [planned] => bench.run(connection, planned, is_retry, tell).await,
        #[cfg(feature = "cli")]
        several => bench.run_together(connection, several, tell).await,
        #[cfg(not(feature = "cli"))]
        _ => Err(Error::new(Kind::Unsupported, "only the command line puts several revisions into one transaction")),
    }
}

/// Whether the revision may be tried again. Where statements of it took effect it goes on behind them by its journal;
/// unless the last one may have done a part of its work.
async fn may_repeat(bench: &Bench<'_>, connection: &mut Connection, error: &Error) -> bool {
    if error.kind() != Kind::PartWay {
        return error.kind() == Kind::Locked;
    }
    let attempt = if connection.is_usable() { bench.log.open_attempt(connection).await } else { Ok(None) };
    attempt.is_ok_and(|attempt| attempt.is_some_and(|attempt| attempt.in_doubt().is_none()))
}

/// A signal came in the pause between two tries.
fn cancelled(error: Error) -> Error {
    if error.kind() == Kind::PartWay {
        return error;
    }
    error.while_doing("cancelled while waiting to try again").into_kind(Kind::Cancelled)
}

/// 1, 2, 4 … seconds with a jitter that differs by revision and try, so that two runs do not meet again.
fn pause(tries: u32, part: &[Planned]) -> Duration {
    let seed = part
        .iter()
        .flat_map(|planned| planned.checksum.bytes())
        .chain(tries.to_le_bytes())
        .fold(7_u64, |sum, byte| sum * 31 % 9973 + u64::from(byte));
    let whole = 1000_u64 << tries.min(5);
    Duration::from_millis(whole + seed % (whole / 4 + 1) + u64::from(std::process::id()) % 97)
}
