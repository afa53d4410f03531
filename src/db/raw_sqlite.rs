//! The few questions to SQLite that the driver does not pass on. The only file with `unsafe`.
#![expect(
    unsafe_code,
    reason = "sqlx has no safe call for the transaction's state, the error's place and interrupting"
)]

use std::ptr::NonNull;

use libsqlite3_sys::{sqlite3, sqlite3_error_offset, sqlite3_get_autocommit, sqlite3_interrupt, sqlite3_total_changes};
use sqlx::SqliteConnection;

/// Something to end the running statement of a connection with. Lives in the same struct as the connection, so never
/// longer.
pub(super) struct Interrupter(NonNull<sqlite3>);

// SAFETY: the pointer is only used for `sqlite3_interrupt`, which SQLite allows from any thread while the connection is
// open; its owner holds the connection too and does not use it after closing.
unsafe impl Send for Interrupter {}
// SAFETY: as above.
unsafe impl Sync for Interrupter {}

impl Interrupter {
    /// Ends the running statement, if there is one, with error 9.
    pub(super) fn interrupt(&self) {
        // SAFETY: the connection is open, see the type.
        unsafe { sqlite3_interrupt(self.0.as_ptr()) }
    }
}

/// The handle of a connection, to interrupt it.
pub(super) async fn interrupter(connection: &mut SqliteConnection) -> Result<Interrupter, sqlx::Error> {
    Ok(Interrupter(connection.lock_handle().await?.as_raw_handle()))
}

/// Whether a transaction is open.
pub(super) async fn in_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let mut handle = connection.lock_handle().await?;
    // SAFETY: the handle is locked, so the connection is open and no other thread works on it.
    Ok(unsafe { sqlite3_get_autocommit(handle.as_raw_handle().as_ptr()) } == 0)
}

/// How many rows were written since the connection was opened, those of triggers and foreign keys included.
pub(super) async fn total_changes(connection: &mut SqliteConnection) -> Result<i32, sqlx::Error> {
    let mut handle = connection.lock_handle().await?;
    // SAFETY: as in `in_transaction`.
    Ok(unsafe { sqlite3_total_changes(handle.as_raw_handle().as_ptr()) })
}

/// Where in its statement the last error lies, in bytes; None where SQLite does not say.
pub(super) async fn error_offset(connection: &mut SqliteConnection) -> Option<usize> {
    let mut handle = connection.lock_handle().await.ok()?;
    // SAFETY: as in `in_transaction`.
    usize::try_from(unsafe { sqlite3_error_offset(handle.as_raw_handle().as_ptr()) }).ok()
}
