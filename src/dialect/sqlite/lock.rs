//! Locks of SQLite. The database has one, the file's, which each transaction takes for itself; the session lock is another
//! file's, see `db::file_lock`.

use crate::db::Connection;
use crate::dialect::Holder;
use crate::error::{Error, Kind, Result};
use crate::ops::Operation;
use crate::schema::{Ident, Name};

use super::{place, quote};

/// Whether a table is there, by its name in any case.
pub(super) async fn has_table(connection: &mut Connection, name: &Name) -> Result<bool> {
    let catalog = name.schema.as_ref().map_or_else(|| "main".to_owned(), |schema| schema.as_str().to_owned());
    let sql = format!(
        "SELECT 1 FROM {}.sqlite_master WHERE type = 'table' AND name = {} COLLATE NOCASE",
        quote::ident(&catalog.into()),
        quote::literal(name.name.as_str())
    );
    Ok(connection.first_row(&sql).await?.is_some())
}

/// Who holds the session lock. The change counters of the files tell of progress: each commit of others moves one.
pub(super) async fn holder(connection: &mut Connection) -> Result<Option<Holder>> {
    let Some(description) = connection.file_lock_holder() else { return Ok(None) };
    let mut at_work = String::new();
    for file in std::iter::once(Ident::from("main")).chain(connection.attached()) {
        let counter = connection.first_row(&place::placed("PRAGMA data_version", Some(&file))).await?;
        at_work.extend(counter.as_ref().and_then(|row| row.text(0)).into_iter().flat_map(|counter| [counter, " "]));
    }
    Ok(Some(Holder { description, at_work }))
}

/// Opens a transaction that holds the file's lock from its beginning: what is read in it cannot change until COMMIT. A
/// transaction that begins with reading and then wants to write fails at once if another one has written in between,
/// whatever the time limit (<https://sqlite.org/lang_transaction.html>, section 2.2).
pub(super) async fn begin(connection: &mut Connection, version_table: &Name) -> Result<Vec<String>> {
    connection.begin_raw("BEGIN IMMEDIATE").await?;
    let rows = connection.rows(&format!("SELECT version_num FROM {}", quote::name(version_table))).await?;
    rows.iter().map(|row| row.required(0).map(str::to_owned)).collect()
}

/// Before a rebuild: foreign keys off, for DROP TABLE deletes the rows of a table first and so those that refer to them.
/// After it: on, as every connection is opened, and RENAME as it was too, for ROLLBACK does not undo that. Inside a
/// transaction the first one does nothing, without an error; so it is read back.
pub(super) async fn around_rebuild(connection: &mut Connection, before: bool) -> Result<()> {
    let wanted = if before { "0" } else { "1" };
    if !before {
        connection.execute("PRAGMA legacy_alter_table = OFF").await?;
    }
    connection.execute(&format!("PRAGMA foreign_keys = {wanted}")).await?;
    let found = connection.first_row("PRAGMA foreign_keys").await?;
    if found.as_ref().and_then(|row| row.text(0)) == Some(wanted) {
        return Ok(());
    }
    let word = if before { "off" } else { "on" };
    Err(Error::new(Kind::Unsupported, format!("foreign keys could not be turned {word}: a transaction is open"))
        .with_hint("run it again; if it happens again, report it"))
}

/// Whether foreign keys are looked at.
pub(super) async fn heeds_keys(connection: &mut Connection) -> Result<bool> {
    let found = connection.first_row("PRAGMA foreign_keys").await?;
    Ok(found.as_ref().and_then(|row| row.text(0)) != Some("0"))
}

/// Rows whose foreign keys find no row: a line each, the same before and after a rebuild that broke nothing.
///
/// A foreign key that can find no row at all, because what it refers to is not unique, makes the check of the whole
/// database fail; then each table is looked at alone, and such a table is a line too.
pub(super) async fn broken_references(connection: &mut Connection) -> Result<Vec<String>> {
    let mut lines = broken_in(connection, &"main".into()).await?;
    for file in connection.attached() {
        let of_file = broken_in(connection, &file).await?;
        lines.extend(of_file.into_iter().map(|line| format!("{}.{line}", file.as_str())));
    }
    Ok(lines)
}

/// Those of one file.
async fn broken_in(connection: &mut Connection, file: &Ident) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let file = quote::ident(file);
    if check(&format!("PRAGMA {file}.foreign_key_check"), connection, &mut lines).await.is_ok() {
        return Ok(lines);
    }
    lines.clear();
    let sql = format!("SELECT name FROM {file}.sqlite_master WHERE type = 'table' ORDER BY name");
    let tables = connection.rows(&sql).await?;
    for table in &tables {
        let name = table.required(0)?;
        let sql = format!("PRAGMA {file}.foreign_key_check({})", quote::ident(&name.into()));
        if let Err(error) = check(&sql, connection, &mut lines).await {
            if error.kind() != Kind::Statement && error.kind() != Kind::Privilege {
                return Err(error);
            }
            lines.push(format!("{name}: {error}"));
        }
    }
    Ok(lines)
}

async fn check(sql: &str, connection: &mut Connection, lines: &mut Vec<String>) -> Result<()> {
    let line = |row: &crate::db::Row| {
        let (table, parent) = (row.required(0)?, row.text(2).unwrap_or_default());
        let place = row.text(1).map_or_else(|| "a row".to_owned(), |rowid| format!("row {rowid}"));
        lines.push(format!("{table}: {place} {}", of_parent(parent)));
        Ok(())
    };
    connection.each(sql, line).await
}

fn of_parent(name: &str) -> String {
    format!("refers to a row of {name} that is not there")
}

/// A line of [`broken_references`] with the new name of a table.
pub(super) fn broken_behind(line: String, operation: &Operation) -> String {
    if let Operation::RenameTable { name, to } = operation { renamed(line, name, to) } else { line }
}

fn renamed(line: String, name: &Name, to: &Ident) -> String {
    let file = name.schema.as_ref().map_or_else(String::new, |file| format!("{}.", file.as_str()));
    let child = |table: &Ident| format!("{file}{}: ", table.as_str());
    let parent = |table: &Ident| format!(" {}", of_parent(table.as_str()));
    let (old, behind) = (child(&name.name), parent(&name.name));
    let line = match line.split_at_checked(old.len()) {
        Some((head, rest)) if head.eq_ignore_ascii_case(&old) => format!("{}{rest}", child(to)),
        _ => line,
    };
    let start = line.len().checked_sub(behind.len()).filter(|_| line.starts_with(&file));
    match start.and_then(|start| line.split_at_checked(start)) {
        Some((rest, tail)) if tail.eq_ignore_ascii_case(&behind) => format!("{rest}{}", parent(to)),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_broken_follows_a_rename() {
        let behind = |line: &str, schema: Option<&str>| {
            let name = Name::new(schema.map(Ident::from), "c");
            broken_behind(line.to_owned(), &Operation::RenameTable { name, to: "cc".into() })
        };
        assert_eq!(
            behind("C: row 1 refers to a row of p that is not there", None),
            "cc: row 1 refers to a row of p that is not there"
        );
        assert_eq!(
            behind("x: row 1 refers to a row of C that is not there", None),
            "x: row 1 refers to a row of cc that is not there"
        );
        assert_eq!(
            behind("c: row 1 refers to a row of c that is not there", None),
            "cc: row 1 refers to a row of cc that is not there"
        );
        let attached = "a.c: row 1 refers to a row of c that is not there";
        assert_eq!(behind(attached, Some("a")), "a.cc: row 1 refers to a row of cc that is not there");
        assert_eq!(
            behind("c: row 1 refers to a row of c that is not there", Some("a")),
            "c: row 1 refers to a row of c that is not there"
        );
    }
}
