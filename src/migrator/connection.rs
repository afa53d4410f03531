//! The public face of a connection.

use std::time::Duration;

use crate::db::{self, IntoOptions, Options, Prepare};
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
    /// They should be such as may run twice: on PostgreSQL they do behind a revision that leaves something in its session.
    ///
    /// # Errors
    /// As [`Connection::open`]; [`Kind::Connect`] for a statement that fails, too.
    pub async fn open_with(options: Options, prepare: &[&str]) -> Result<Self> {
        let Options { url, mut settings } = options;
        settings.prepare = Prepare(prepare.iter().map(|sql| (*sql).to_owned()).collect());
        let inner = db::Connection::open(&url, &settings).await?;
        Ok(Self { inner, lock_wait: settings.busy_timeout })
    }

    /// An empty SQLite database in memory, for tests.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn in_memory() -> Result<Self> {
        Self::open_with(Options::in_memory(), &[]).await
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
            let attached = if self.inner.attached().is_empty() { "" } else { ", or one that it attaches is missing" };
            return Err(Error::new(Kind::Connect, format!("there is no file {}{attached}", self.inner.url().safe()))
                .with_hint("let it be made: Options::create(true)"));
        }
        Ok(())
    }
}
