//! The drivers behind one face: the only place that matches on which one it is.

use std::time::Duration;

#[cfg(all(feature = "orm", feature = "db"))]
use super::bound::{Chunks, Take};
use super::cancel::Cancel;
use super::failure::Reply;
use super::row::Row;
use super::settings::Settings;
use super::url::{Place, Url};
use crate::error::{Error, Kind, Result};
use crate::schema::Ident;
use crate::statement::ServerVersion;
#[cfg(all(feature = "orm", feature = "db"))]
use crate::statement::value::Value;

/// Takes the rows of an answer.
pub(super) type Sink<'a> = &'a mut (dyn FnMut(&Row) -> Result<()> + Send);

/// Why an answer did not come to a good end.
pub(super) enum Stopped {
    /// The server or the line to it.
    Server(Reply),
    /// The taker of the rows.
    Sink(Error),
}

/// What ended a statement before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Cancelled,
    TimedOut,
}

/// What a connection knows about its server from the start.
pub(super) struct Greeting {
    pub(super) server: ServerVersion,
    pub(super) own_schema: Ident,
    /// An empty database in memory stands for a file that is not there.
    pub(super) stands_in: bool,
    /// A pooler gives each transaction another session (PostgreSQL): what to say at the beginning of each.
    pub(super) in_each_transaction: Option<String>,
}

/// One open connection of one of the drivers.
pub(super) enum Driver {
    #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
    Sqlite(Box<super::sqlite::Session>),
    #[cfg(feature = "postgres")]
    Postgres(Box<super::postgres::Session>),
    #[cfg(feature = "mysql")]
    MySql(Box<super::mysql::Session>),
}

impl Driver {
    /// Connects and makes the session known.
    pub(super) async fn open(url: &Url, settings: &Settings) -> Result<(Self, Greeting), Stopped> {
        let missing = || Stopped::Sink(without_driver(url.dialect()));
        match (url.place(), url.dialect()) {
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            (Place::File(file), _) => {
                let (session, greeting) = super::sqlite::open(file, settings).await?;
                Ok((Self::Sqlite(Box::new(session)), greeting))
            }
            #[cfg(feature = "postgres")]
            (Place::Server(server), "postgres") => {
                let (session, greeting) = super::postgres::open(server, settings).await?;
                Ok((Self::Postgres(Box::new(session)), greeting))
            }
            #[cfg(feature = "mysql")]
            (Place::Server(server), "mysql") => {
                let (session, greeting) = super::mysql::open(server, settings).await?;
                Ok((Self::MySql(Box::new(session)), greeting))
            }
            _ => Err(missing()),
        }
    }

    /// Sends one text and gives the rows of its answer to `sink`; the number of affected rows, and what ended it early.
    /// `limit` is the time limit, which is kept here where the server does not keep it.
    pub(super) async fn talk(
        &mut self,
        sql: &str,
        sink: Sink<'_>,
        cancel: Option<&Cancel>,
        limit: Option<Duration>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        match *self {
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Self::Sqlite(ref mut session) => session.talk(sql, sink, super::stream::Watch { cancel, limit }).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(ref mut session) => session.talk(sql, sink, super::stream::Watch { cancel, limit }).await,
            #[cfg(feature = "mysql")]
            Self::MySql(ref mut session) => session.talk(sql, sink, super::stream::Watch { cancel, limit }).await,
        }
    }

    /// As [`Driver::talk`], with parameters, and typed cells.
    #[cfg(all(feature = "orm", feature = "db"))]
    pub(super) async fn ask(
        &mut self,
        sql: &str,
        values: &[Value],
        take: Take<'_>,
        watch: super::stream::Watch<'_>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        match *self {
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Self::Sqlite(ref mut session) => session.ask(sql, values, take, watch).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(ref mut session) => session.ask(sql, values, take, watch).await,
            #[cfg(feature = "mysql")]
            Self::MySql(ref mut session) => session.ask(sql, values, take, watch).await,
        }
    }

    /// Sends a stream of chunks behind a statement.
    #[cfg(all(feature = "orm", feature = "db"))]
    #[cfg_attr(not(feature = "postgres"), allow(unused_variables, reason = "one driver alone takes streams"))]
    pub(super) async fn copy_in(
        &mut self,
        sql: &str,
        chunks: Chunks<'_>,
        cancel: Option<&Cancel>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        match *self {
            #[cfg(feature = "postgres")]
            Self::Postgres(ref mut session) => {
                session.copy_in(sql, chunks, super::stream::Watch { cancel, limit: None }).await
            }
            #[allow(unreachable_patterns, reason = "each driver may be left out")]
            _ => (Err(Stopped::Sink(Error::new(Kind::Unsupported, "this database takes no stream of rows"))), None),
        }
    }

    /// Says goodbye to the server; an error is of no use any more.
    pub(super) async fn close(self) {
        match self {
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Self::Sqlite(session) => session.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => session.close().await,
            #[cfg(feature = "mysql")]
            Self::MySql(session) => session.close().await,
        }
    }

    /// SQLite: tries to take the session lock of the file; elsewhere that is done in SQL.
    pub(super) fn try_file_lock(&mut self) -> bool {
        match *self {
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Self::Sqlite(ref mut session) => session.try_lock(),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => true,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => true,
        }
    }

    /// SQLite: gives the session lock back.
    pub(super) fn release_file_lock(&mut self) {
        match *self {
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Self::Sqlite(ref mut session) => session.unlock(),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => {}
            #[cfg(feature = "mysql")]
            Self::MySql(_) => {}
        }
    }

    /// SQLite: how long a statement waits for the file's lock.
    #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
    pub(super) async fn wait_at_most(&mut self, limit: Duration) -> Result<()> {
        match *self {
            Self::Sqlite(ref mut session) => session.wait_at_most(limit).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Ok(()),
        }
    }

    /// SQLite: who holds the session lock.
    pub(super) fn file_lock_holder(&self) -> Option<String> {
        match *self {
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Self::Sqlite(ref session) => session.lock_holder(),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => None,
        }
    }

    /// Who serves us, where a pooler changes it: only that one may be asked to end a statement.
    pub(super) fn served_by(&mut self, pid: Option<String>) {
        match *self {
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Self::Sqlite(_) => drop(pid),
            #[cfg(feature = "postgres")]
            Self::Postgres(ref mut session) => session.served_by(pid),
            #[cfg(feature = "mysql")]
            Self::MySql(_) => drop(pid),
        }
    }

    /// SQLite: whether a transaction is open, asked from the handle. None = ask in SQL.
    pub(super) fn in_transaction(&self) -> Option<bool> {
        match *self {
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Self::Sqlite(ref session) => Some(session.in_transaction()),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => None,
        }
    }
}

impl Driver {
    /// SQLite as it knows itself.
    #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
    pub(super) fn sqlite_handle(&self) -> Option<&super::raw_sqlite::Handle> {
        match self {
            Self::Sqlite(session) => Some(session.handle()),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => None,
        }
    }
}

fn without_driver(dialect: &str) -> Error {
    Error::new(Kind::Unsupported, format!("this program was built without the driver for {dialect}"))
        .with_hint(format!("build it with the Cargo feature {dialect}"))
}
