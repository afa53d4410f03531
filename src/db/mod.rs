//! The only module that opens sockets and databases: URLs, one connection over the drivers, rows as text, the state of
//! the transaction, cancellation, and what a driver's error means.
//!
//! Three rules, because a migration must know what happened. Statements go one at a time, as text, and no future is
//! dropped in the middle: an answer is always read to its end. The state of a transaction is what the server says, never
//! a counter of ours. No password and no URL leaves this module in any text.
//!
//! Without the feature of any driver [`Connection`] has no values: every URL is refused by name.
#![cfg_attr(
    not(any(feature = "sqlite", feature = "sqlite-system", feature = "postgres", feature = "mysql")),
    allow(
        unreachable_code,
        unused_imports,
        unused_mut,
        unused_variables,
        reason = "no driver, so nothing can be opened"
    )
)]
#![cfg_attr(not(feature = "cli"), allow(unused_imports, reason = "an embedding program takes a part of the house"))]

mod backup;
#[cfg(all(feature = "orm", feature = "db"))]
mod bound;
mod cancel;
mod connection;
mod driver;
mod failure;
#[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
mod file_lock;
#[cfg(test)]
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod live;
#[cfg(test)]
#[cfg(all(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod live_values;
mod mask;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(all(feature = "orm", feature = "mysql"))]
mod mysql_values;
mod options;
mod password;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(all(feature = "orm", feature = "postgres"))]
mod postgres_values;
#[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
mod raw_sqlite;
#[cfg(feature = "db")]
mod reply;
mod row;
mod session;
mod settings;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod silence;
#[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
mod sqlite;
#[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
mod sqlite_copy;
#[cfg(all(feature = "orm", any(feature = "sqlite", feature = "sqlite-system")))]
mod sqlite_values;
#[cfg(feature = "db")]
mod stream;
mod transaction;
mod url;

pub use backup::Backup;
pub use cancel::{Cancel, Stop};
#[cfg(feature = "orm")]
pub(crate) use connection::Answer;
pub(crate) use connection::{Connection, Lease};
pub(crate) use failure::{is_connection_lost, is_lock_refused, is_not_there_yet};
pub(crate) use mask::masked;
pub use options::{IntoOptions, Options};
pub(crate) use password::PasswordSource;
pub(crate) use row::Row;
pub(crate) use session::Ending;
#[cfg(feature = "cli")]
pub(crate) use session::putting_back;
#[cfg(feature = "cli")]
pub(crate) use settings::Warn;
pub(crate) use settings::{Prepare, Settings};
pub(crate) use transaction::{Outcome, TransactionState};
pub(crate) use url::{UnsafeLine, Url};

/// The statements that give a session these time limits.
#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    allow(unused_variables, reason = "SQLite keeps no limits of its own")
)]
pub(crate) fn limits(product: crate::statement::Product, settings: &Settings) -> Vec<String> {
    use crate::statement::Product;
    match product {
        #[cfg(feature = "postgres")]
        Product::Postgres => postgres::limits(settings, false),
        #[cfg(feature = "mysql")]
        Product::MySql | Product::MariaDb => vec![mysql::limits(settings, product)],
        #[allow(unreachable_patterns, reason = "each driver may be left out")]
        Product::Sqlite | Product::Postgres | Product::MySql | Product::MariaDb => Vec::new(),
    }
}

/// What a connection says first, for a script that a shell runs in its place: statements without their terminators.
#[cfg(feature = "run")]
#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    allow(unused_variables, reason = "SQLite has no session that a connection would set up")
)]
pub(crate) fn opening(product: crate::statement::Product, settings: &Settings) -> Vec<String> {
    use crate::statement::Product;
    match product {
        #[cfg(feature = "postgres")]
        Product::Postgres => postgres::opening(settings),
        #[cfg(feature = "mysql")]
        Product::MySql | Product::MariaDb => mysql::opening(settings, product),
        #[allow(unreachable_patterns, reason = "each driver may be left out")]
        Product::Sqlite | Product::Postgres | Product::MySql | Product::MariaDb => Vec::new(),
    }
}
