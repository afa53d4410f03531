//! The lock that a statement takes. Pure: no I/O.

use crate::statement::lock::{Lock, Waiting};

/// The file has one, which the transaction holds from its beginning: nobody else writes, whatever the statement is.
pub(super) fn locks() -> Vec<Lock> {
    vec![Lock::new(None, "RESERVED", Waiting::Writes)]
}
