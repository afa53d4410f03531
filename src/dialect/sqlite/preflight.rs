//! What SQLite says before a run: whether the file and its folder can be written. Who else has the file open it does not
//! know, nor how much room the disk has.

use super::quote;
use crate::db::Connection;
use crate::dialect::data::Trigger;
use crate::dialect::needs::Found;
use crate::error::{Error, Kind, Result};
use crate::schema::{Ident, Name};

/// Writes to the file and takes it back: only so is it known that the journal beside it can be made, too.
pub(super) async fn preflight(connection: &mut Connection) -> Result<Found> {
    let mut found = Found::default();
    if connection.stands_in_for_missing_file() {
        return Ok(found);
    }
    let outcome = write(connection).await;
    connection.rollback().await?;
    match outcome {
        Err(error) if cannot_write(&error) => found.read_only = Some(format!("the file cannot be written: {error}")),
        // The first revision waits for it just as long.
        Err(error) if error.kind() == Kind::Locked => {
            found.untold.push("whether the file can be written: another program holds it".to_owned());
        }
        other => other?,
    }
    Ok(found)
}

async fn write(connection: &mut Connection) -> Result<()> {
    connection.begin_raw("BEGIN IMMEDIATE").await?;
    let row = connection.first_row("PRAGMA user_version").await?;
    let number = row.as_ref().and_then(|row| row.text(0)).unwrap_or("0").to_owned();
    // The same number again: it is a change of the first page all the same.
    connection.execute(&format!("PRAGMA user_version = {number}")).await.map(drop)
}

/// Read-only, or the journal cannot be made in the folder (SQLITE_CANTOPEN, SQLITE_PERM).
fn cannot_write(error: &Error) -> bool {
    let primary = error.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
    error.kind() == Kind::ReadOnly || matches!(primary, Some(3 | 8 | 14))
}
/// The triggers of a table, dropped and made again by their own text.
pub(super) async fn triggers(connection: &mut Connection, table: &Name) -> Result<Vec<Trigger>> {
    let sql = format!(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = {} COLLATE NOCASE ORDER BY rowid",
        quote::literal(table.name.as_str())
    );
    let mut found = Vec::new();
    for row in connection.rows(&sql).await? {
        let trigger = quote::ident(&Ident::from(row.required(0)?));
        found.push(Trigger { off: format!("DROP TRIGGER {trigger}"), on: row.required(1)?.to_owned() });
    }
    Ok(found)
}
