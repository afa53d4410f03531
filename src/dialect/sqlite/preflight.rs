//! What SQLite says before a run: whether the file and its folder can be written. Who else has the file open it does not
//! know, nor how much room the disk has.

use super::ddl::meant::{Meant, There};
use super::{place, quote};
use crate::db::Connection;
use crate::dialect::data::Trigger;
use crate::dialect::needs::{Found, Lacking};
use crate::error::{Error, Kind, Result};
use crate::ops::Operation;
use crate::schema::{Ident, Name};

/// Writes to the file and takes it back: only so is it known that the journal beside it can be made, too.
pub(super) async fn preflight(connection: &mut Connection) -> Result<Found> {
    let mut found = Found::default();
    if connection.stands_in_for_missing_file() {
        return Ok(found);
    }
    let outcome = write(connection, &mut found).await;
    connection.rollback().await?;
    match outcome {
        Err(error) if cannot_write(&error) => {
            found.read_only = Some(Lacking {
                phrase: format!("the file cannot be written: {error}"),
                remedy: "give the program the right to write the file and its folder; nothing was changed".to_owned(),
            });
        }
        // The first revision waits for it just as long.
        Err(error) if error.kind() == Kind::Locked => {
            found.untold.push("whether the file can be written: another program holds it".to_owned());
        }
        other => other?,
    }
    found.warnings.extend(of_several_files(connection).await?);
    Ok(found)
}

/// Writes to each file, and notes the attached ones that cannot be written.
async fn write(connection: &mut Connection, found: &mut Found) -> Result<()> {
    connection.begin_raw("BEGIN IMMEDIATE").await?;
    write_to(connection, None).await?;
    for file in connection.attached() {
        match write_to(connection, Some(&file)).await {
            Err(error) if cannot_write(&error) => {
                let why = format!("the file of {} cannot be written: {error}", file.as_str());
                found.read_only_files.push((file, why));
            }
            other => other?,
        }
    }
    Ok(())
}

async fn write_to(connection: &mut Connection, file: Option<&Ident>) -> Result<()> {
    let row = connection.first_row(&place::placed("PRAGMA user_version", file)).await?;
    let number = row.as_ref().and_then(|row| row.text(0)).unwrap_or("0").to_owned();
    // The same number again: it is a change of the first page all the same.
    connection.execute(&place::placed(&format!("PRAGMA user_version = {number}"), file)).await.map(drop)
}

/// What does not hold where a transaction writes to several files: with a rollback journal they have it all or none of it,
/// with a write-ahead log each for itself (<https://sqlite.org/lang_attach.html>).
async fn of_several_files(connection: &mut Connection) -> Result<Option<Lacking>> {
    let mut in_wal = Vec::new();
    let attached = connection.attached();
    if attached.is_empty() {
        return Ok(None);
    }
    for file in std::iter::once(Ident::from("main")).chain(attached.iter().cloned()) {
        let row = connection.first_row(&place::placed("PRAGMA journal_mode", Some(&file))).await?;
        if row.as_ref().and_then(|row| row.text(0)) == Some("wal") {
            in_wal.push(file.as_str().to_owned());
        }
    }
    Ok((!in_wal.is_empty()).then(|| Lacking {
        phrase: format!(
            "with a write-ahead log ({}) a revision is atomic in each file alone: if the machine stops in the middle of its \
             COMMIT, one file may have it and another one not",
            in_wal.join(", ")
        ),
        remedy: "make a copy of all files first, or run it with `PRAGMA journal_mode = DELETE` on each".to_owned(),
    }))
}

/// Read-only, or the journal cannot be made in the folder (SQLITE_CANTOPEN, SQLITE_PERM).
fn cannot_write(error: &Error) -> bool {
    let primary = error.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
    error.kind() == Kind::ReadOnly || matches!(primary, Some(3 | 8 | 14))
}
/// Refuses operations that would meet something else than what they name, where that can be: one question.
pub(super) async fn refuse_others(
    connection: &mut Connection,
    operations: &[Operation],
    tables: &[&Name],
) -> Result<()> {
    let attached = connection.attached();
    if attached.is_empty() && !connection.is_changed() {
        return Ok(());
    }
    let files = ["temp", "main"].into_iter().chain(attached.iter().map(Ident::as_str));
    let one = |file: &str| {
        let (text, name) = (quote::literal(file), quote::ident(&Ident::from(file)));
        format!("SELECT {text}, type, name FROM {name}.sqlite_master")
    };
    let sql: Vec<String> = files.map(one).collect();
    let mut there = Vec::new();
    let each = |row: &crate::db::Row| {
        let (file, kind, name) = (row.required(0)?, row.required(1)?, row.required(2)?);
        there.push(There { file: file.to_owned(), kind: kind.to_owned(), name: name.to_owned() });
        Ok(())
    };
    connection.each(&sql.join(" UNION ALL "), each).await?;
    Meant::by(operations, tables).refuse_others(&there)
}

/// The triggers of a table, dropped and made again by their own text.
pub(super) async fn triggers(connection: &mut Connection, table: &Name) -> Result<Vec<Trigger>> {
    let sql = format!(
        "SELECT name, sql FROM {} WHERE type = 'trigger' AND tbl_name = {} COLLATE NOCASE ORDER BY rowid",
        place::own_table(table, "sqlite_master"),
        quote::literal(table.name.as_str())
    );
    let mut found = Vec::new();
    for row in connection.rows(&sql).await? {
        let trigger = place::beside(table, &Ident::from(row.required(0)?));
        let on = place::placed(row.required(1)?, table.schema.as_ref());
        found.push(Trigger { off: format!("DROP TRIGGER {trigger}"), on });
    }
    Ok(found)
}
