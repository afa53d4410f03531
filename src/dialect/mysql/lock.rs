//! The tool's lock: GET_LOCK, polled by the caller, in a cluster [`lease`] too, and the row lock of the version table.
//!
//! GET_LOCK is per server and not per database, so the database stands in the name; it is kept in lower case because case
//! counts. It is never waited for: a session that waits in it with a transaction open takes part in deadlocks with the
//! holder's DDL.

mod lease;

use super::quote;
use crate::db::{Connection, Row};
use crate::dialect::Holder;
use crate::error::{Error, Kind, Result};
use crate::schema::Name;
use crate::statement::evidence::Words;
use crate::statement::syntax::MYSQL;

/// What a node of a cluster answers to [`lease::in_cluster`].
const IN_CLUSTER: &str = "ON";

/// What opens the transaction of a revision, whatever the database's own level is.
const BEGIN: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION";

/// Longest name of a lock on MySQL.
const LONGEST_LOCK: usize = 64;

/// The SQL for the lock's name. A long one is hashed by the server.
fn lock_name(database: &str, version_table: &Name) -> String {
    let database = version_table.schema.as_ref().map_or(database, |schema| schema.as_str());
    let name = format!("migrate:{database}:{}", version_table.name.as_str()).to_lowercase();
    if name.chars().count() <= LONGEST_LOCK {
        quote::literal(&name)
    } else {
        format!("CONCAT('migrate:', SHA2({}, 224))", quote::literal(&name))
    }
}

fn name_for(connection: &Connection, version_table: &Name) -> String {
    lock_name(connection.own_schema().as_str(), version_table)
}

/// Tries once; only the answer 1 is success.
pub(super) async fn try_lock(connection: &mut Connection, version_table: &Name) -> Result<bool> {
    let cluster = lease::in_cluster(connection.server().product);
    let sql = format!("SELECT GET_LOCK({}, 0), {cluster}", name_for(connection, version_table));
    let row = connection.first_row(&sql).await?.unwrap_or_default();
    match (row.text(0), row.text(1)) {
        (Some("1"), Some(IN_CLUSTER)) => try_lock_in_cluster(connection, version_table).await,
        (Some("1"), _) => Ok(true),
        (Some(_), _) => Ok(false),
        (None, _) => Err(Error::new(Kind::Locked, "the server gave no answer about the lock")
            .with_hint("run the command again; the server may have killed the query")),
    }
}

/// The lock of this node is ours; the one of the cluster decides.
async fn try_lock_in_cluster(connection: &mut Connection, version_table: &Name) -> Result<bool> {
    let taken = lease::try_take(connection, version_table).await;
    if !matches!(taken, Ok(true)) && connection.is_usable() {
        release_lock(connection, version_table).await?;
    }
    taken
}

/// False: it was not ours any more.
pub(super) async fn unlock(connection: &mut Connection, version_table: &Name) -> Result<bool> {
    lease::release(connection).await?;
    release_lock(connection, version_table).await
}

async fn release_lock(connection: &mut Connection, version_table: &Name) -> Result<bool> {
    let sql = format!("SELECT RELEASE_LOCK({})", name_for(connection, version_table));
    Ok(connection.first_row(&sql).await?.as_ref().and_then(|row| row.text(0)) == Some("1"))
}

/// Who holds it. Other people's sessions are described only to those who may see them (PROCESS).
pub(super) async fn holder(connection: &mut Connection, version_table: &Name) -> Result<Option<Holder>> {
    let cluster = lease::in_cluster(connection.server().product);
    let sql = format!("SELECT IS_USED_LOCK({}), {cluster}", name_for(connection, version_table));
    let row = connection.first_row(&sql).await?;
    let id = row.as_ref().and_then(|row| row.text(0));
    if row.as_ref().and_then(|row| row.text(1)) == Some(IN_CLUSTER)
        && let Some(holder) = lease::holder(connection, version_table, id.is_some()).await?
    {
        return Ok(Some(holder));
    }
    let Some(id) = id else { return Ok(None) };
    let sql = format!(
        "SELECT user, host, db, command, NOW() - INTERVAL time SECOND, LEFT(SHA2(CONCAT_WS('|', command, info), 256), 32) \
         FROM information_schema.processlist WHERE id = {id}"
    );
    let session = connection.first_row(&sql).await?;
    let at_work = format!("{id} {}", session.as_ref().and_then(|row| row.text(5)).unwrap_or_default());
    Ok(Some(Holder { description: describe(id, session.as_ref()), at_work }))
}

fn describe(id: &str, session: Option<&Row>) -> String {
    let Some(session) = session else { return format!("connection {id}") };
    let mut parts = vec![format!("connection {id}")];
    let words = ["user", "from", "in database", "doing", "in this state since"];
    for (place, word) in words.iter().enumerate() {
        if let Some(text) = session.text(place).filter(|text| !text.is_empty()) {
            parts.push(format!("{word} {text}"));
        }
    }
    parts.join(", ")
}

/// Opens the transaction and locks every row of the version table, and the gaps: under READ COMMITTED an empty table
/// would not be locked at all.
pub(super) async fn begin(connection: &mut Connection, version_table: &Name) -> Result<Vec<String>> {
    let begun = connection.begin_and_ask(BEGIN, &rows_for_update(version_table)).await;
    begun_or_refused(connection, begun).await
}

/// The note goes with the same round trip.
pub(super) async fn begin_noting(
    connection: &mut Connection,
    version_table: &Name,
    note: &str,
) -> Result<Option<Vec<String>>> {
    match connection.begin_note_and_ask(BEGIN, note, &rows_for_update(version_table)).await {
        Ok((rows, noted)) => begun_or_refused(connection, Ok(rows)).await.map(|rows| (noted == 1).then_some(rows)),
        Err(error) => begun_or_refused(connection, Err(error)).await.map(Some),
    }
}

fn rows_for_update(version_table: &Name) -> String {
    format!("SELECT version_num FROM {} FOR UPDATE NOWAIT", quote::name(version_table))
}

async fn begun_or_refused(connection: &mut Connection, begun: Result<Vec<Row>>) -> Result<Vec<String>> {
    match begun {
        Ok(rows) => rows.iter().map(|row| row.required(0).map(str::to_owned)).collect(),
        // 1205 is MariaDB's answer to NOWAIT, 3572 MySQL's, 1213 a deadlock.
        Err(error) if matches!(error.code(), Some("1205" | "3572" | "1213")) => {
            connection.rollback().await?;
            Err(error.into_kind(Kind::Locked).while_doing("another session works on the version table"))
        }
        Err(error) => Err(error),
    }
}

/// Whether the statement names a table of an engine without transactions.
pub(super) async fn keeps_rows(connection: &mut Connection, sql: &str) -> Result<bool> {
    let names = Words::of(sql, &MYSQL).names();
    let names: Vec<String> = names.iter().map(|name| quote::literal(name)).collect();
    if names.is_empty() {
        return Ok(false);
    }
    let sql = format!(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' \
         AND table_name IN ({}) AND engine IN ('MyISAM', 'Aria', 'MEMORY', 'CSV', 'ARCHIVE', 'MRG_MyISAM') LIMIT 1",
        names.join(", ")
    );
    Ok(connection.first_row(&sql).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_has_the_database_in_it() {
        assert_eq!(lock_name("App", &Name::own("Migrate_Version")), "'migrate:app:migrate_version'");
        assert_eq!(lock_name("app", &Name::new(Some("x".into()), "v")), "'migrate:x:v'");
        let long = lock_name(&"d".repeat(64), &Name::own("migrate_version"));
        assert!(long.starts_with("CONCAT('migrate:', SHA2('migrate:ddd"), "{long}");
    }
}
