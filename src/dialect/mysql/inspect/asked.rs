//! Questions that each have one row, many in one message: what the catalog leaves open costs no round trip for each thing.

use crate::db::{Connection, Row};
use crate::error::{Error, Kind, Result};

/// How many go in one message.
const AT_ONCE: usize = 200;

/// The row of each; None where the server refuses it: it is not there any more, or the login may not see it.
pub(super) async fn rows_of_each(connection: &mut Connection, asked: &[String]) -> Result<Vec<Option<Row>>> {
    let mut rows: Vec<Option<Row>> = Vec::with_capacity(asked.len());
    while rows.len() < asked.len() {
        let some: Vec<&str> = asked.iter().skip(rows.len()).take(AT_ONCE).map(String::as_str).collect();
        let (end, message) = (rows.len() + some.len(), some.join(";\n"));
        let sent = connection.each(&message, |row| {
            rows.push(Some(row.clone()));
            Ok(())
        });
        match sent.await {
            Ok(()) => rows.resize(end, None),
            // Nothing behind the one that failed was run.
            Err(error) if connection.is_usable() && is_refused(&error) => rows.push(None),
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}

/// Not where it took too long, or was to end.
fn is_refused(error: &Error) -> bool {
    matches!(error.kind(), Kind::Privilege | Kind::Statement)
        && !matches!(error.code(), Some("1028" | "1317" | "1969" | "3024"))
}
