//! Running: lock → history → steps → record. The statements that run online are the very ones that the offline script
//! prints: both are sinks of [`crate::plan`] and the dialect's rendering.
//!
//! Two layers keep a revision from being applied twice, always both: a session lock, and in each revision the
//! comparison of the whole version table with what was planned on. Waiting is done in autocommit, never inside a
//! transaction.

#[cfg(feature = "autogenerate")]
pub(crate) mod accept;
mod ahead;
#[cfg(feature = "orm")]
mod also;
pub(crate) mod attempts;
pub(crate) mod audit;
pub(crate) mod backup;
#[cfg(feature = "orm")]
mod batches;
mod forecast;
pub(crate) mod history;
pub(crate) mod kept;
pub(crate) mod live;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod losses;
#[cfg(feature = "cli")]
pub(crate) mod offline;
mod outcome;
mod packed;
mod pieces;
mod preflight;
#[cfg(feature = "orm")]
pub(crate) mod programs;
pub(crate) mod reached;
pub(crate) mod render;
#[cfg(feature = "autogenerate")]
pub(crate) mod replay;
pub(crate) mod resolve;
mod retry;
#[cfg(feature = "orm")]
pub(crate) mod rows;
#[cfg(feature = "orm")]
mod rows_before;
#[cfg(feature = "orm")]
mod rows_cost;
pub(crate) mod rows_kept;
#[cfg(feature = "orm")]
mod rows_unused;
pub(crate) mod run;
#[cfg(feature = "autogenerate")]
pub(crate) mod scratch;
pub(crate) mod status;
pub(crate) mod step;
#[cfg(feature = "cli")]
mod together;
mod unfinished;

use std::path::PathBuf;
use std::time::Duration;

pub(crate) use forecast::DryRun;
pub(crate) use preflight::{Check, Verdict};

use crate::db::Stop;
use crate::graph::{Direction, RevisionId, Rows};
use crate::statement::Hazard;
use crate::statement::lock::Lock;

/// What the executor tells while it works. The library never prints: whoever embeds it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another run holds the lock.
    Waiting {
        /// Who, as far as the server tells.
        holder: Option<String>,
    },
    /// A pooler is between us and the server: there is no session lock, and each revision guards itself.
    Pooled,
    /// A revision begins.
    Began {
        /// Its id.
        revision: String,
        /// `upgrade` or `downgrade`.
        direction: &'static str,
        /// Its message.
        message: String,
        /// No file has it: it runs from the text that the database kept of it.
        kept: bool,
    },
    /// A statement has run.
    Statement {
        /// Its text.
        sql: String,
        /// How long it took.
        elapsed: Duration,
    },
    /// A revision is recorded.
    Applied {
        /// Its id.
        revision: String,
        /// `upgrade` or `downgrade`.
        direction: &'static str,
        /// How long all of it took.
        elapsed: Duration,
    },
    /// Something that the checks before the start found, and that does not keep the run from going on.
    Warned {
        /// What it is.
        message: String,
        /// What may be done about it.
        hint: Option<String>,
    },
    /// A revision is tried again after a lock was not obtained.
    Retrying {
        /// Its id.
        revision: String,
        /// The pause before it.
        pause: Duration,
        /// Which time this is, from 1.
        attempt: u32,
        /// How often at most.
        of: u32,
        /// What was said.
        cause: String,
    },
    /// A data step has done a piece of its work.
    Rows {
        /// Its name.
        step: String,
        /// Rows so far.
        done: u64,
        /// Rows in all, as they were counted when the step began in this run.
        of: u64,
        /// Since then.
        elapsed: Duration,
    },
    /// A copy of the database was made before the first change.
    Copied {
        /// Where it lies.
        path: PathBuf,
    },
    /// The run was asked to stop while a statement is in work.
    Stopping {
        /// What becomes of the statement.
        stop: Stop,
        /// Its text.
        sql: String,
        /// How long it has been running.
        elapsed: Duration,
    },
}

/// What one revision came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// The id.
    pub revision: String,
    /// `upgrade` or `downgrade`.
    pub direction: &'static str,
    /// `applied` or `reverted`; in a dry run `planned`.
    pub state: &'static str,
    /// Its message.
    pub message: String,
    /// No source of revisions has it: it ran from the text that the database kept of it.
    pub kept: bool,
    /// The statements that ran, less the tool's own bookkeeping.
    pub statements: Vec<String>,
    /// How long it took.
    pub milliseconds: u64,
}

/// What a dry run says about one statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Preview {
    pub(crate) sql: String,
    pub(crate) locks: Vec<Lock>,
    pub(crate) hazards: Vec<Hazard>,
    /// The table that the server may copy, and its size in bytes where that is known.
    pub(crate) copies: Option<(String, Option<u64>)>,
}

impl StepReport {
    /// One that would run.
    fn planned(planned: &crate::plan::Planned, statements: &[String]) -> Self {
        Self {
            revision: planned.step.revision.as_str().to_owned(),
            direction: planned.step.direction.word(),
            state: "planned",
            message: planned.message.clone(),
            kept: planned.kept,
            statements: statements.iter().map(|sql| crate::db::masked(sql)).collect(),
            milliseconds: 0,
        }
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The revisions that ran, in their order.
    pub steps: Vec<StepReport>,
    /// The version rows before and after.
    pub before: Vec<String>,
    /// See `before`.
    pub after: Vec<String>,
}

/// What an upgrade does about a database that is ahead: one that names revisions which are not known here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Newer {
    /// It is refused: [`crate::Kind::Newer`].
    #[default]
    Refuse,
    /// They are taken back by the texts that the database kept of them, then the upgrade goes on. What they brought is
    /// lost with its data: [`crate::Migrator::plan`] tells which they are.
    Downgrade,
    /// It is taken as it is: nothing runs.
    Accept,
}

pub(crate) fn texts(rows: &Rows) -> Vec<String> {
    rows.iter().map(|id: &RevisionId| id.as_str().to_owned()).collect()
}

/// Where a database with these rows stands, in words.
pub(crate) fn place(rows: &[String]) -> String {
    if rows.is_empty() { "base".to_owned() } else { rows.join(", ") }
}

pub(crate) fn done_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "applied",
        Direction::Down => "reverted",
    }
}

/// What a transaction holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transactions {
    /// All revisions of the run.
    All,
    /// One revision.
    Each,
    /// One statement, with the journal.
    None,
}

/// How long to wait, how often to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// For the tool's own lock.
    pub(crate) lock_wait: Duration,
    /// How often a revision is tried again after a lock of the server was not obtained.
    pub(crate) retries: u32,
    /// The size in bytes up to which a server may copy a table unasked to change it.
    pub(crate) allow_copy: u64,
    /// The size in bytes up to which a data step keeps what rows were.
    pub(crate) keep_limit: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { lock_wait: Duration::from_secs(60), retries: 3, allow_copy: 1 << 30, keep_limit: 1 << 30 }
    }
}
