//! A server that says nothing: it works, or the line to it is dead and nobody has told us.
//!
//! The drivers cannot set the keep-alive of TCP, and a kernel's own waits for hours. So a statement whose answer takes
//! long is asked after over a second connection: the server itself says whether the first one still works. Only what it
//! says ends the waiting, or that it cannot be reached for a while; never the time alone. A statement that is answered
//! soon costs nothing.

use std::pin::pin;
use std::time::{Duration, Instant};

use super::driver::Stopped;
use super::failure::{Reply, Source};
use super::url::Server;

/// How long silence is borne. The words are those of libpq.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    /// Before the first look.
    pub(super) idle: Duration,
    /// Between two looks.
    pub(super) interval: Duration,
    /// So many looks in a row that find nobody at work for us end the waiting.
    pub(super) count: u32,
}

const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// The parameters of a URL that say it.
pub(super) const PARAMETERS: [&str; 4] = ["keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"];

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The server works on the statement, or cannot be asked: another one answers, or it lets nobody in.
    AtWork,
    /// The session waits for us: its answer was lost.
    Idle,
    /// There is no such session any more.
    Gone,
    /// Nobody answers.
    Unreachable,
}

/// What a server says about itself and about a session of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Which server it is.
    pub(super) place: String,
    /// How long it runs.
    pub(super) uptime: Duration,
    /// Whether the session waits for its client. None: there is no such session.
    pub(super) is_idle: Option<bool>,
}

/// The connection that says nothing.
#[derive(Clone, Copy)]
pub(super) struct First<'a> {
    /// The number of its session. None: a pooler is in between.
    pub(super) session: Option<&'a str>,
    /// Which server it was opened to, and when.
    pub(super) place: &'a str,
    pub(super) opened: Instant,
}

impl Patience {
    /// None: the line cannot die alone, or nobody wants to know.
    pub(super) fn of(server: &Server) -> Option<Self> {
        let number =
            |name: &str, usual: u32| server.parameter(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
        let [switch, idle, interval, count] = PARAMETERS;
        let seconds = |name, usual| Duration::from_secs(number(name, usual).max(1).into());
        let wanted = server.socket.is_none() && number(switch, 1) != 0;
        wanted.then(|| Self {
            idle: seconds(idle, 60),
            interval: seconds(interval, 10),
            count: number(count, 6).max(1),
        })
    }
}

impl Look {
    /// What is to be made of it.
    pub(super) fn at(said: &Said, first: &First<'_>) -> Self {
        /// What clocks and roundings may differ by.
        const SLACK: Duration = Duration::from_secs(3);
        if said.place != first.place {
            return Self::AtWork;
        }
        match said.is_idle {
            _ if said.uptime.saturating_add(SLACK) < first.opened.elapsed() => Self::Gone,
            None => Self::Gone,
            Some(true) => Self::Idle,
            Some(false) => Self::AtWork,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::AtWork => "the server works",
            Self::Idle => "the server has answered long ago, and the answer did not come",
            Self::Gone => "the server does not know the session any more, and nobody said so",
            Self::Unreachable => "the server says nothing, and cannot be reached any more",
        }
    }
}

/// Drives `work` to its end, unless `look` finds again and again that no answer will come: then the connection is lost.
/// The look that would be the last one is told so: it ends a session that waits for us, for that would keep its locks.
pub(super) async fn heard<T, L: Future<Output = Look>>(
    work: impl Future<Output = Result<T, Stopped>>,
    patience: Option<Patience>,
    look: impl Fn(bool) -> L,
) -> Result<T, Stopped> {
    let Some(patience) = patience else { return work.await };
    let mut work = pin!(work);
    let (mut pause, mut missed) = (patience.idle, 0);
    loop {
        let looked = async {
            tokio::time::sleep(pause).await;
            look(missed + 1 >= patience.count).await
        };
        let found = tokio::select! {
            biased;
            done = &mut work => return done,
            found = looked => found,
        };
        missed = if found == Look::AtWork { 0 } else { missed + 1 };
        if missed >= patience.count {
            let reply = Reply::new(Source::Network(std::io::ErrorKind::TimedOut), found.words());
            return Err(Stopped::Server(reply));
        }
        pause = patience.interval;
    }
}

/// A look that takes no longer than a line that works needs.
pub(super) async fn looked(ask: impl Future<Output = Result<Look, sqlx::Error>>) -> Look {
    match tokio::time::timeout(LONGEST_LOOK, ask).await {
        Ok(Ok(found)) => found,
        // It is there, and will not let us in, or will not say.
        Ok(Err(sqlx::Error::Database(_))) => Look::AtWork,
        Ok(Err(_)) | Err(_) => Look::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(place: &str, uptime: u64, is_idle: Option<bool>) -> Said {
        Said { place: place.to_owned(), uptime: Duration::from_secs(uptime), is_idle }
    }

    #[test]
    fn only_the_server_itself_can_say_that_nobody_works() {
        let opened = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
        let look = |said: &Said| Look::at(said, &First { session: Some("7"), place: "a", opened });
        assert_eq!(look(&said("a", 500, Some(false))), Look::AtWork);
        assert_eq!(look(&said("a", 500, Some(true))), Look::Idle);
        assert_eq!(look(&said("a", 500, None)), Look::Gone);
        assert_eq!(look(&said("a", 50, Some(false))), Look::Gone, "it started after we came");
        assert_eq!(look(&said("a", 98, Some(false))), Look::AtWork, "the clocks differ a little");
        assert_eq!(look(&said("b", 50, None)), Look::AtWork, "another server knows nothing of ours");
    }

    #[tokio::test]
    async fn a_statement_at_work_is_waited_for_however_long_it_takes() {
        let milliseconds = Duration::from_millis;
        let patience = Patience { idle: milliseconds(6), interval: milliseconds(1), count: 2 };
        let slow = |pause| async move {
            tokio::time::sleep(milliseconds(pause)).await;
            Ok(7)
        };
        assert!(matches!(heard(slow(100), Some(patience), async |_| Look::AtWork).await, Ok(7)));
        assert!(matches!(heard(slow(100), None, async |_| Look::Gone).await, Ok(7)));
        for found in [Look::Idle, Look::Gone, Look::Unreachable] {
            let begun = Instant::now();
            let Err(Stopped::Server(reply)) = heard(slow(60_000), Some(patience), async |_| found).await else {
                panic!("{found:?} is no answer")
            };
            assert!(reply.is_goodbye(), "{reply:?}");
            assert!(begun.elapsed() >= milliseconds(7), "{found:?}");
        }
    }
}
