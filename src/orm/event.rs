//! What a session tells of its statements: events before and after, the slow ones, their number.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Error;

/// A statement that is about to be sent, or was answered.
#[derive(Debug)]
#[non_exhaustive]
pub struct Asked<'a> {
    /// Its text, without values and tags.
    pub sql: &'a str,
    /// How many parameters it has.
    pub parameters: usize,
    /// What the caller said it is at; empty where nothing was said.
    pub context: &'a str,
    /// How long it took; None before it is sent.
    pub elapsed: Option<Duration>,
    /// Rows that came, or were changed; None before, and where it failed.
    pub rows: Option<u64>,
    /// What the database said against it.
    pub error: Option<&'a Error>,
}

impl Asked<'_> {
    /// The text in one line of at most 120 characters, for logs.
    pub fn shortened(&self) -> String {
        let line: Vec<&str> = self.sql.split_whitespace().collect();
        let line = line.join(" ");
        if line.chars().count() <= 120 { line } else { line.chars().take(119).chain("…".chars()).collect() }
    }
}

type Sink = dyn Fn(&Asked<'_>) + Send + Sync;

/// Who is told, and when.
#[derive(Clone)]
pub(crate) struct Hooks {
    before: Vec<Arc<Sink>>,
    after: Vec<Arc<Sink>>,
    slow: Vec<Arc<Sink>>,
    pub(crate) slow_after: Duration,
    pub(crate) echo: bool,
    count: Arc<AtomicU64>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            before: Vec::new(),
            after: Vec::new(),
            slow: Vec::new(),
            slow_after: Duration::from_millis(100),
            echo: false,
            count: Arc::default(),
        }
    }
}

impl Hooks {
    pub(crate) fn before(&mut self, sink: impl Fn(&Asked<'_>) + Send + Sync + 'static) {
        self.before.push(Arc::new(sink));
    }

    pub(crate) fn after(&mut self, sink: impl Fn(&Asked<'_>) + Send + Sync + 'static) {
        self.after.push(Arc::new(sink));
    }

    pub(crate) fn slow(&mut self, sink: impl Fn(&Asked<'_>) + Send + Sync + 'static) {
        self.slow.push(Arc::new(sink));
    }

    /// How many statements were sent.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The same sinks with a count of their own.
    pub(crate) fn counting_anew(&self) -> Self {
        Self { count: Arc::default(), ..self.clone() }
    }

    pub(crate) fn begin(&self, asked: &Asked<'_>) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.before.iter().for_each(|sink| sink(asked));
    }

    pub(crate) fn end(&self, asked: &Asked<'_>) {
        self.after.iter().for_each(|sink| sink(asked));
        if self.echo {
            tell(asked);
        }
        if asked.elapsed.unwrap_or_default() >= self.slow_after {
            tell_slow(asked);
            self.slow.iter().for_each(|sink| sink(asked));
        }
    }
}

fn tell(asked: &Asked<'_>) {
    let (sql, parameters, milliseconds) = (asked.sql, asked.parameters, milliseconds(asked));
    tracing::info!(target: "migrate::orm", sql, parameters, milliseconds, rows = asked.rows);
}

fn tell_slow(asked: &Asked<'_>) {
    let (sql, context, milliseconds) = (asked.shortened(), asked.context, milliseconds(asked));
    tracing::warn!(target: "migrate::orm::slow", sql, context, milliseconds, rows = asked.rows, "slow statement");
}

fn milliseconds(asked: &Asked<'_>) -> u64 {
    u64::try_from(asked.elapsed.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("slow_after", &self.slow_after)
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}
