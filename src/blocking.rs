//! [`Migrator`](crate::Migrator) and [`Connection`](crate::Connection) without async: for threads of a user interface, build
//! scripts and foreign callers. Each connection brings a small runtime of its own, on the thread that calls.
//!
//! ```
//! use migrate::blocking::{Connection, Migrator};
//! use migrate::{Source, Target};
//!
//! let first = "-- revision: a1\n-- migrate:up\nCREATE TABLE notes (id INTEGER PRIMARY KEY);\n";
//! let migrator = Migrator::new(Source::files([("first.sql", first)]))?;
//! let mut db = Connection::in_memory()?;
//! assert_eq!(migrator.upgrade(&mut db, Target::head())?.after, ["a1"]);
//! db.close()?;
//! # Ok::<(), migrate::Error>(())
//! ```

use tokio::runtime::{Builder, Handle, Runtime};

use crate::db::{IntoOptions, Options};
use crate::error::{Error, Kind, Result};
use crate::execute::Report;
use crate::execute::status::Status;
use crate::migrator::{self, Source, Target};

/// As [`crate::Connection`].
#[derive(Debug)]
pub struct Connection {
    inner: migrator::Connection,
    runtime: Runtime,
}

impl Connection {
    /// As [`crate::Connection::open`].
    ///
    /// # Errors
    /// As there, and [`Kind::Usage`] inside of asynchronous code, which must not be blocked.
    pub fn open(options: impl IntoOptions) -> Result<Self> {
        let options = options.into_options()?;
        Self::opened(|runtime| runtime.block_on(migrator::Connection::open(options)))
    }

    /// As [`crate::Connection::open_with`].
    ///
    /// # Errors
    /// As [`Connection::open`], and those of the statements.
    pub fn open_with(options: Options, prepare: &[&str]) -> Result<Self> {
        Self::opened(|runtime| runtime.block_on(migrator::Connection::open_with(options, prepare)))
    }

    /// As [`crate::Connection::in_memory`].
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub fn in_memory() -> Result<Self> {
        Self::opened(|runtime| runtime.block_on(migrator::Connection::in_memory()))
    }

    /// As [`crate::Connection::execute`].
    ///
    /// # Errors
    /// What the database says.
    pub fn execute(&mut self, sql: &str) -> Result<u64> {
        refuse_async()?;
        self.runtime.block_on(self.inner.execute(sql))
    }

    /// As [`crate::Connection::close`].
    ///
    /// # Errors
    /// As there.
    pub fn close(self) -> Result<()> {
        refuse_async()?;
        self.runtime.block_on(self.inner.close())
    }

    fn opened(open: impl FnOnce(&Runtime) -> Result<migrator::Connection>) -> Result<Self> {
        refuse_async()?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| Error::new(Kind::Connect, "the runtime cannot be started").caused_by(error))?;
        Ok(Self { inner: open(&runtime)?, runtime })
    }
}

/// A runtime in a runtime would panic.
fn refuse_async() -> Result<()> {
    match Handle::try_current() {
        Err(_) => Ok(()),
        Ok(_) => Err(Error::new(Kind::Usage, "migrate::blocking was called inside of asynchronous code")
            .with_hint("use migrate::Migrator there, or tokio::task::spawn_blocking")),
    }
}

/// As [`crate::Migrator`], which it is made from: `crate::Migrator::new(…)?.retries(5).into()`.
#[derive(Clone, Debug)]
pub struct Migrator(migrator::Migrator);

impl From<migrator::Migrator> for Migrator {
    fn from(migrator: migrator::Migrator) -> Self {
        Self(migrator)
    }
}

impl Migrator {
    /// As [`crate::Migrator::new`].
    ///
    /// # Errors
    /// As there.
    pub fn new(source: impl Into<Source>) -> Result<Self> {
        migrator::Migrator::new(source).map(Self)
    }

    /// As [`crate::Migrator::status`].
    ///
    /// # Errors
    /// As there.
    pub fn status(&self, db: &mut Connection) -> Result<Status> {
        refuse_async()?;
        db.runtime.block_on(self.0.status(&mut db.inner))
    }

    /// As [`crate::Migrator::plan`].
    ///
    /// # Errors
    /// As there.
    pub fn plan(&self, db: &mut Connection, target: Target) -> Result<Report> {
        refuse_async()?;
        db.runtime.block_on(self.0.plan(&mut db.inner, target))
    }

    /// As [`crate::Migrator::plan_downgrade`].
    ///
    /// # Errors
    /// As there.
    pub fn plan_downgrade(&self, db: &mut Connection, target: Target) -> Result<Report> {
        refuse_async()?;
        db.runtime.block_on(self.0.plan_downgrade(&mut db.inner, target))
    }

    /// As [`crate::Migrator::upgrade`].
    ///
    /// # Errors
    /// As there.
    pub fn upgrade(&self, db: &mut Connection, target: Target) -> Result<Report> {
        refuse_async()?;
        db.runtime.block_on(self.0.upgrade(&mut db.inner, target))
    }

    /// As [`crate::Migrator::downgrade`].
    ///
    /// # Errors
    /// As there.
    pub fn downgrade(&self, db: &mut Connection, target: Target) -> Result<Report> {
        refuse_async()?;
        db.runtime.block_on(self.0.downgrade(&mut db.inner, target))
    }

    /// As [`crate::Migrator::stamp`].
    ///
    /// # Errors
    /// As there.
    pub fn stamp(&self, db: &mut Connection, target: Target) -> Result<Report> {
        refuse_async()?;
        db.runtime.block_on(self.0.stamp(&mut db.inner, target))
    }
}
