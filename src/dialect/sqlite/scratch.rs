//! The scratch place of SQLite: memory of this process, which the caller has opened. It is gone when the connection is.

use crate::db::Connection;
use crate::dialect::Scratch;
use crate::error::{Error, Kind};

/// Nothing has to be made: names without a schema mean the memory already.
pub(super) fn enter(connection: &Connection) -> Scratch {
    Scratch { name: connection.own_schema().clone(), former: String::new(), in_transaction: false }
}

/// The caller has opened memory instead.
pub(super) fn no_database() -> Error {
    Error::new(Kind::Unsupported, "a scratch place of SQLite is memory, not a database on a server")
}
