//! The scratch place of SQLite: memory of this process, which the caller has opened. It is gone when the connection is.

use crate::db::Connection;
use crate::dialect::Scratch;
use crate::error::{Error, Kind};
use crate::statement::evidence::Words;
use crate::statement::syntax::SQLITE;

/// Nothing has to be made: names without a schema mean the memory already.
pub(super) fn enter(connection: &Connection) -> Scratch {
    Scratch { name: connection.own_schema().clone(), former: String::new(), in_transaction: false }
}

/// Why a statement would reach a file from the scratch place.
pub(super) fn reaches_out(sql: &str) -> Option<String> {
    let mut words = Words::beginning(sql, &SQLITE, 8);
    let attaches = words.take("ATTACH");
    let writes_file = words.take("VACUUM") && words.has_any(&["INTO"]);
    (attaches || writes_file).then(|| "it would open a file".to_owned())
}

/// The caller has opened memory instead.
pub(super) fn no_database() -> Error {
    Error::new(Kind::Unsupported, "a scratch place of SQLite is memory, not a database on a server")
}
