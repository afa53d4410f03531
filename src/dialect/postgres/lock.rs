//! The tool's locks: an advisory lock for the session, taken by trying, and the version table's own in a transaction.
//!
//! A blocking `pg_advisory_lock` is never used: who waits in it holds a snapshot, for which CREATE INDEX CONCURRENTLY of
//! the holder waits in turn (40P01, or an index left invalid).

use super::quote::qualified;
use crate::db::{Connection, Row};
use crate::dialect::server::Holder;
use crate::error::{Kind, Result};
use crate::schema::{Ident, Name};

/// SQLSTATE of a lock that is not to be had at once.
const NOT_AVAILABLE: &str = "55P03";

/// A key of 64 bits for what is locked: FNV-1a, the same on every machine and in every version of the tool. Advisory
/// keys are per database, so its name is not in it.
fn key(namespace: &str, schema: &Ident, name: &Ident) -> i64 {
    let parts = [namespace, schema.as_str(), name.as_str()];
    let bytes = parts.iter().flat_map(|part| part.bytes().chain(std::iter::once(0)));
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    hash.cast_signed()
}

fn version_key(connection: &Connection, version_table: &Name) -> i64 {
    let schema = version_table.schema.as_ref().unwrap_or_else(|| connection.own_schema());
    key("migrate/lock", schema, &version_table.name)
}

/// The key under which the owner of a committed scratch schema holds it, so that others know it is alive.
pub(super) fn scratch_key(schema: &Ident) -> i64 {
    key("migrate/scratch", schema, schema)
}

async fn truth(connection: &mut Connection, sql: &str) -> Result<bool> {
    let row = connection.first_row(sql).await?;
    row.map_or(Ok(false), |row| row.bool(0))
}

pub(super) async fn try_key(connection: &mut Connection, key: i64) -> Result<bool> {
    truth(connection, &format!("SELECT pg_catalog.pg_try_advisory_lock({key})")).await
}

pub(super) async fn free_key(connection: &mut Connection, key: i64) -> Result<bool> {
    truth(connection, &format!("SELECT pg_catalog.pg_advisory_unlock({key})")).await
}

/// Behind a pooler a session is not ours to lock: it would stay locked for whoever comes next.
pub(super) async fn try_lock(connection: &mut Connection, version_table: &Name) -> Result<bool> {
    if connection.is_pooled() {
        return Ok(true);
    }
    let key = version_key(connection, version_table);
    try_key(connection, key).await
}

pub(super) async fn unlock(connection: &mut Connection, version_table: &Name) -> Result<bool> {
    if connection.is_pooled() {
        return Ok(true);
    }
    let key = version_key(connection, version_table);
    free_key(connection, key).await
}

/// Pid and application name are told to everybody; the rest only to the same user and to `pg_read_all_stats`.
pub(super) async fn holder(connection: &mut Connection, version_table: &Name) -> Result<Option<Holder>> {
    let key = version_key(connection, version_table);
    let sql = format!(
        "SELECT s.pid, s.usename, coalesce(host(s.client_addr), 'this machine'), date_trunc('second', s.backend_start), \
         s.application_name, s.state, CASE WHEN s.state = 'active' THEN left(s.query, 200) END, concat_ws(' ', s.pid, s.query_start, s.state) \
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity s USING (pid) \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) \
         AND ((l.classid::bigint << 32) | l.objid::bigint) = {key}"
    );
    let row = connection.first_row(&sql).await?;
    Ok(row.map(|row| {
        let words = [("pid", 0), ("user", 1), ("from", 2), ("since", 3), ("", 4), ("", 5), ("running", 6)];
        let told = words.iter().filter_map(|(word, at)| {
            let text = row.text(*at).filter(|text| !text.is_empty())?;
            Some(if word.is_empty() { text.to_owned() } else { format!("{word} {text}") })
        });
        let at_work = row.text(7).unwrap_or_default().to_owned();
        Holder { description: told.collect::<Vec<_>>().join(", "), at_work }
    }))
}

/// Readers of the version table pass; another run does not. After a refusal nothing is open.
///
/// One round trip locks, reads and asks for the transaction's number, by which its fate can be asked for later, and for
/// who serves it.
pub(super) async fn begin(connection: &mut Connection, version_table: &Name) -> Result<Vec<String>> {
    let table = qualified(version_table);
    let question = format!(
        "LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE NOWAIT; \
         SELECT 'number', pg_catalog.txid_current()::text UNION ALL SELECT 'server', pg_catalog.pg_backend_pid()::text \
         UNION ALL SELECT 'version', version_num FROM {table}"
    );
    let refused = match connection.begin_and_ask("BEGIN", &question).await {
        Ok(rows) => return noted(connection, &rows),
        Err(refused) => refused,
    };
    connection.rollback().await?;
    if refused.code() != Some(NOT_AVAILABLE) {
        return Err(refused);
    }
    let what = format!("the version table {} is locked by another session", version_table.for_people());
    Err(refused
        .while_doing(what)
        .into_kind(Kind::Locked)
        .with_hint("wait until it has finished, then run the command again"))
}

fn noted(connection: &mut Connection, rows: &[Row]) -> Result<Vec<String>> {
    let mut versions = Vec::new();
    for row in rows {
        let text = row.required(1)?.to_owned();
        match row.required(0)? {
            "number" => connection.note_mark(text),
            "server" => connection.note_server(text),
            _ => versions.push(text),
        }
    }
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key is a promise: two versions of the tool must exclude each other.
    #[test]
    fn keys_stay_as_they_are() {
        let of = |schema: &str, table: &str| key("migrate/lock", &Ident::from(schema), &Ident::from(table));
        assert_eq!(of("public", "migrate_version"), -7_569_434_110_390_832_583);
        assert_ne!(of("public", "migrate_version"), of("app", "migrate_version"));
        assert_ne!(of("a", "bc"), of("ab", "c"));
    }
}
