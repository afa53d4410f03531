//! The runtime of commands that connect, and what signals do to them: the first one cancels, the second one ends the
//! program at once. At a question, where nothing is under way, the first one ends the waiting.

use crate::cli::Answer;
use crate::db::{Cancel, is_connection_lost};
use crate::error::{Error, Kind, Result};

/// Runs work that connects, on one thread.
pub(crate) fn run(work: impl AsyncFnOnce(&Cancel) -> Result<Answer>) -> Result<Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Error::new(Kind::Connect, "the runtime cannot be started").caused_by(error))?;
    let cancel = Cancel::new();
    let answer = runtime.block_on(async {
        tokio::select! {
            biased;
            signal = second_signal(&cancel) => Ok(Answer::Killed(signal)),
            answer = Box::pin(work(&cancel)) => answer,
        }
    });
    // What is still on its way after a second signal is not waited for.
    runtime.shutdown_background();
    answer
}

/// The same, for what changes nothing of the user's: a connection that is lost is no more than that.
pub(crate) fn look(work: impl AsyncFnOnce(&Cancel) -> Result<Answer>) -> Result<Answer> {
    run(work).map_err(|error| if is_connection_lost(&error) { error.into_kind(Kind::Connect) } else { error })
}

/// A runtime in a runtime would panic.
///
/// # Errors
/// [`Kind::Usage`] inside of asynchronous code.
pub(crate) fn refuse_async() -> Result<()> {
    match tokio::runtime::Handle::try_current() {
        Err(_) => Ok(()),
        Ok(_) => Err(Error::new(Kind::Usage, "the command line was called inside of asynchronous code")
            .with_hint("call migrate::cli::run before a runtime is made, or in tokio::task::spawn_blocking")),
    }
}

/// Passes the first signal on, and gives the number of the second one.
async fn second_signal(cancel: &Cancel) -> u8 {
    let mut signals = Signals::new();
    signals.next().await;
    cancel.signal();
    signals.next().await
}

/// A line that a person types, where a signal ends the waiting.
///
/// # Errors
/// [`Kind::Cancelled`].
pub(crate) fn typed() -> Result<Option<String>> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Ok(line());
    };
    // A thread of its own: whoever asks may be on that of another runtime.
    let waiting = std::thread::spawn(move || {
        let answer = runtime.block_on(async {
            let mut signals = Signals::new();
            let read = tokio::task::spawn_blocking(line);
            tokio::select! {
                biased;
                _ = signals.next() => Err(Error::new(Kind::Cancelled, "cancelled at the question; nothing was changed")),
                line = read => Ok(line.ok().flatten()),
            }
        });
        // Whoever still reads is not waited for.
        runtime.shutdown_background();
        answer
    });
    waiting.join().unwrap_or(Ok(None))
}

fn line() -> Option<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok()?;
    Some(line)
}

/// The signals that end a command, but for those that whoever started us ignores.
#[cfg(unix)]
struct Signals(Vec<(i32, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};

        let kinds = [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()];
        let wanted = kinds.iter().map(SignalKind::as_raw_value).filter(|number| !is_ignored(*number));
        Self(wanted.filter_map(|number| Some((number, signal(SignalKind::from_raw(number)).ok()?))).collect())
    }

    /// The number of the next one.
    async fn next(&mut self) -> u8 {
        use std::task::Poll;

        let number = std::future::poll_fn(|context| {
            let arrived = self.0.iter_mut().find_map(|(number, stream)| match stream.poll_recv(context) {
                Poll::Ready(Some(())) => Some(*number),
                Poll::Ready(None) | Poll::Pending => None,
            });
            arrived.map_or(Poll::Pending, Poll::Ready)
        })
        .await;
        u8::try_from(number).unwrap_or(0)
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) -> u8 {
        const INTERRUPT: u8 = 2;
        match tokio::signal::ctrl_c().await {
            Ok(()) => INTERRUPT,
            Err(_) => std::future::pending().await,
        }
    }
}

/// Whether whoever started us chose to ignore this signal, as `nohup` does with SIGHUP: a handler would undo that.
/// Known on Linux only.
#[cfg(unix)]
fn is_ignored(number: i32) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let mask = mask.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
    number > 0 && number <= 64 && mask & (1 << (number - 1)) != 0
}

#[cfg(test)]
mod tests {
    use super::run;
    use crate::cli::Answer;
    use crate::error::{Error, Kind};

    #[test]
    fn the_answer_comes_through() {
        assert_eq!(run(async |_| Ok(Answer::No)).unwrap(), Answer::No);
        let failed = run(async |cancel| {
            cancel.cancel();
            cancel.cancelled().await;
            Err(Error::new(Kind::Cancelled, "x"))
        });
        assert_eq!(failed.unwrap_err().exit_code(), 3);
    }

    /// Nothing else in this process minds a SIGHUP once the runtime has its handler.
    #[cfg(unix)]
    #[test]
    fn a_second_signal_ends_what_does_not_listen() {
        let hang_up = || {
            let kill = std::process::Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status();
            assert!(kill.unwrap().success());
        };
        let answer = run(async |cancel| {
            hang_up();
            cancel.cancelled().await;
            hang_up();
            std::future::pending().await
        });
        assert_eq!(answer.unwrap(), Answer::Killed(1));
    }

    #[cfg(unix)]
    #[test]
    fn a_test_ignores_no_signal_but_that_of_pipes() {
        assert!(!super::is_ignored(15) && super::is_ignored(13));
    }
}
