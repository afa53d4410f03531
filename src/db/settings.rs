//! How a connection is opened: everything that is not in the URL.

use std::sync::Arc;
use std::time::Duration;

/// Settings of a connection. A duration of zero means no limit of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The role to take on after connecting, so that owners are the same whoever runs it.
    pub(crate) role: Option<String>,
    /// How long a statement waits for a lock of the server (PostgreSQL, MariaDB, MySQL).
    pub(crate) lock_timeout: Duration,
    /// How long a statement may run.
    pub(crate) statement_timeout: Duration,
    /// How long connecting may take; `connect_timeout` in the URL wins.
    pub(crate) connect_timeout: Duration,
    /// What other sessions see of us; cut to 63 bytes. Never a URL.
    pub(crate) application_name: String,
    /// SQLite: makes the file if it is missing. Otherwise a missing file is read as an empty database in memory.
    pub(crate) create: bool,
    /// Refuses every write.
    pub(crate) read_only: bool,
    /// SQLite: how long a statement waits for the file's lock.
    pub(crate) busy_timeout: Duration,
    /// What an application says before anything else.
    pub(crate) prepare: Prepare,
    /// Whom to tell what goes wrong beside the work.
    pub(crate) warn: Warn,
}

/// What takes a warning and its hint.
type Telling = dyn Fn(&str, &str) + Send + Sync;

/// Says a warning and its hint to a person; nobody, unless a program that has one sets it.
#[derive(Clone, Default)]
pub(crate) struct Warn(pub(crate) Option<Arc<Telling>>);

/// Who is told makes no other connection.
impl PartialEq for Warn {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Warn {}

impl std::fmt::Debug for Warn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "somebody" } else { "nobody" })
    }
}

/// Statements that may hold a key: no `Debug` of them says anything.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Prepare(pub(crate) Vec<String>);

impl std::fmt::Debug for Prepare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} statements", self.0.len())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            role: None,
            lock_timeout: Duration::from_secs(5),
            statement_timeout: Duration::ZERO,
            connect_timeout: Duration::from_secs(15),
            application_name: "migrate".to_owned(),
            create: false,
            read_only: false,
            busy_timeout: Duration::from_secs(60),
            prepare: Prepare::default(),
            warn: Warn::default(),
        }
    }
}
