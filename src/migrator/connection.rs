//! The public face of a connection.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::db;
use crate::error::{Error, Kind, Result};

/// One dedicated connection to a database, for [`Migrator`](crate::Migrator). It belongs to no pool, and a pool of another
/// version of sqlx works beside it. Dropping it closes it; what was not committed is rolled back.
#[derive(Debug)]
pub struct Connection {
    pub(super) inner: db::Connection,
    pub(super) lock_wait: Duration,
}

impl Connection {
    /// Connects: to a URL (`&str`), a SQLite file (`&Path`), or with [`Options`].
    ///
    /// # Errors
    /// [`Kind::Config`] for a URL that cannot be read (no part of it is repeated), [`Kind::Connect`] where nobody answers
    /// or the login is refused, [`Kind::Unsupported`] for a database whose Cargo feature is off.
    pub async fn open(options: impl IntoOptions) -> Result<Self> {
        Self::open_with(options.into_options()?, &[]).await
    }

    /// Connects, and runs some statements of yours before anything else: `PRAGMA key`, loading of a function, `SET ROLE`.
    ///
    /// # Errors
    /// As [`Connection::open`], and those of the statements.
    pub async fn open_with(options: Options, prepare: &[&str]) -> Result<Self> {
        let Options { url, settings } = options;
        let mut inner = db::Connection::open(&url, &settings).await?;
        for sql in prepare {
            inner.execute(sql).await?;
        }
        Ok(Self { inner, lock_wait: settings.busy_timeout })
    }

    /// An empty SQLite database in memory, for tests.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn in_memory() -> Result<Self> {
        Self::open_with(Options { url: db::Url::memory(), settings: db::Settings::default() }, &[]).await
    }

    /// Runs one statement of yours; gives the number of affected rows. For what a program does around its migrations;
    /// its work belongs to its own pool.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&mut self, sql: &str) -> Result<u64> {
        self.inner.execute(sql).await
    }

    /// Says goodbye, and waits until the database has heard it.
    ///
    /// # Errors
    /// None today: a database that does not answer a goodbye rolls back what was not committed.
    pub async fn close(self) -> Result<()> {
        self.inner.close().await;
        Ok(())
    }

    /// A missing SQLite file that was not to be made: what would be written is lost.
    pub(super) fn refuse_missing_file(&self) -> Result<()> {
        if self.inner.stands_in_for_missing_file() {
            return Err(Error::new(Kind::Connect, format!("there is no file {}", self.inner.url().safe()))
                .hint("let it be made: Options::sqlite(path).create(true)"));
        }
        Ok(())
    }
}

/// How to connect. All times are limits; zero means none.
#[derive(Clone)]
pub struct Options {
    url: db::Url,
    settings: db::Settings,
}

impl Options {
    /// A SQLite file. Without [`Options::create`] a missing file is read as an empty database, and not written.
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self { url: db::Url::of_file(path.as_ref()), settings: db::Settings::default() }
    }

    /// A URL, as in `migrate.yaml`: `postgres://…`, `mysql://…`, `sqlite://…`. A relative file counts from the folder
    /// that the process works in.
    ///
    /// # Errors
    /// [`Kind::Config`] for a URL that cannot be read; no part of it is repeated.
    pub fn url(url: &str) -> Result<Self> {
        Ok(Self { url: db::Url::parse(url, Path::new(""))?, settings: db::Settings::default() })
    }

    /// SQLite: whether a missing file is made.
    #[must_use]
    pub fn create(mut self, create: bool) -> Self {
        self.settings.create = create;
        self
    }

    /// Refuses every write.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.settings.read_only = read_only;
        self
    }

    /// The role to take on, so that owners are the same whoever runs it. SQLite has none.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.settings.role = Some(role.into());
        self
    }

    /// How long to wait for another run to end: for the tool's own lock, on SQLite for the file's. Usually 60 s.
    #[must_use]
    pub fn lock_wait(mut self, limit: Duration) -> Self {
        self.settings.busy_timeout = limit;
        self
    }

    /// The server's limit for waiting for a lock of a table or row. Usually 5 s. SQLite has none but `lock_wait`.
    #[must_use]
    pub fn lock_timeout(mut self, limit: Duration) -> Self {
        self.settings.lock_timeout = limit;
        self
    }

    /// The limit per statement. Usually none.
    #[must_use]
    pub fn statement_timeout(mut self, limit: Duration) -> Self {
        self.settings.statement_timeout = limit;
        self
    }

    /// How long connecting may take. Usually 15 s.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.settings.connect_timeout = limit;
        self
    }

    /// What other sessions see of this one, on servers that show it.
    #[must_use]
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.settings.application_name = name.into();
        self
    }
}

/// Shows no password.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What [`Connection::open`] takes.
pub trait IntoOptions {
    /// The options that it means.
    ///
    /// # Errors
    /// [`Kind::Config`] for a URL that cannot be read.
    fn into_options(self) -> Result<Options>;
}

impl IntoOptions for Options {
    fn into_options(self) -> Result<Options> {
        Ok(self)
    }
}

/// A URL.
impl IntoOptions for &str {
    fn into_options(self) -> Result<Options> {
        Options::url(self)
    }
}

/// A SQLite file.
impl IntoOptions for &Path {
    fn into_options(self) -> Result<Options> {
        Ok(Options::sqlite(self))
    }
}
