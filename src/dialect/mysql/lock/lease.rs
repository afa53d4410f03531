//! The tool's lock across the nodes of a Galera cluster, where GET_LOCK of one node means nothing to another: a row of the
//! table `migrate_lock`, beside the version table. A single server never has it.
//!
//! The row is moved by comparing its sequence, and of two nodes that move it at once the cluster lets one win. Whoever
//! holds it says every few seconds that it lives, by the server's clock. A holder on our own node is judged by the
//! server's word alone: it has GET_LOCK, or it is gone. Of a holder on another node no server says anything, so there, and
//! only there, silence means that it is gone. That can be wrong (a program that was stopped, and is woken later), and
//! costs nothing but time: the journal and the version rows are compared before each step as everywhere.

use std::time::Duration;

use crate::db::{Connection, is_lock_refused};
use crate::dialect::Holder;
use crate::dialect::mysql::quote;
use crate::error::{Error, Result};
use crate::schema::{Ident, Name};
use crate::statement::Product;

/// The number of the table's form.
const FORMAT: u8 = 1;

/// A holder that said nothing for so long may be dead: six of its signs are missing.
const SILENT_SECONDS: u32 = 18;

/// Between two signs of life.
const PERIOD: Duration = Duration::from_secs(3);

/// Who seems to be silent is looked at again after this time: a living one has moved the row by then, however far the
/// clocks of the nodes are apart.
const SECOND_LOOK: Duration = Duration::from_secs(5);

/// How often it is tried to give the row back, where a sign of life is in the way.
const RELEASES: usize = 3;

/// Whether the server is a node of a cluster: `ON`, in SQL, in one question with others.
pub(super) fn in_cluster(product: Product) -> String {
    let tables = catalog(product);
    format!("(SELECT variable_value FROM {tables}.session_variables WHERE variable_name = 'wsrep_on')")
}

/// The name that our node has in the cluster since it started, in SQL.
fn own_node(connection: &Connection) -> String {
    let tables = catalog(connection.server().product);
    format!("(SELECT variable_value FROM {tables}.global_status WHERE variable_name = 'wsrep_gcomm_uuid')")
}

/// Where the server keeps what it says of itself.
fn catalog(product: Product) -> &'static str {
    if product == Product::MySql { "performance_schema" } else { "information_schema" }
}

/// A row of the table, as one session would hold it.
struct Lease {
    table: String,
    /// The condition that names the row.
    row: String,
    /// As [`own_node`] says it.
    node: String,
    /// What only a row that this session holds has.
    ours: String,
}

/// What the row says.
struct Seen {
    sequence: i64,
    state: Word,
}

/// Who holds the row.
enum Word {
    /// Nobody, or a session of our node that is gone.
    Free,
    /// A session of another node.
    Held,
    /// The same, but it has said nothing for long.
    Silent,
}

impl Lease {
    async fn of(connection: &mut Connection, version_table: &Name) -> Result<Self> {
        let sql = format!("SELECT CONNECTION_ID(), {}", own_node(connection));
        let found = connection.first_row(&sql).await?.unwrap_or_default();
        let node = quote::literal(found.text(1).unwrap_or_default());
        Ok(Self {
            table: table(version_table),
            row: row(version_table),
            ours: format!("node = {node} AND session = {}", found.required(0)?),
            node,
        })
    }

    async fn look(&self, connection: &mut Connection) -> Result<Option<Seen>> {
        let Self { table, row, node, .. } = self;
        let sql = format!(
            "SELECT sequence, node IS NULL OR node = {node}, beat < UTC_TIMESTAMP(6) - INTERVAL {SILENT_SECONDS} SECOND \
             FROM {table} WHERE {row}"
        );
        let Some(found) = connection.first_row(&sql).await? else { return Ok(None) };
        let state = match (found.text(1), found.text(2)) {
            (Some("1"), _) => Word::Free,
            (_, Some("1")) => Word::Silent,
            _ => Word::Held,
        };
        Ok(Some(Seen { sequence: found.int(0)?.unwrap_or(0), state }))
    }

    /// The row of this version table, where it is missing.
    async fn make(&self, connection: &mut Connection, version_table: &Name) -> Result<()> {
        connection.execute(&create(version_table)).await?;
        let key = quote::literal(&version_table.for_people());
        let sql =
            format!("INSERT IGNORE INTO {} (version_table, format, sequence) VALUES ({key}, {FORMAT}, 0)", self.table);
        connection.execute(&sql).await.map(drop)
    }

    /// The statement that takes the row from whoever was seen.
    fn take(&self, sequence: i64) -> String {
        let Self { table, row, node, .. } = self;
        format!(
            "UPDATE {table} SET sequence = sequence + 1, node = {node}, session = CONNECTION_ID(), at_work = '', \
             beat = UTC_TIMESTAMP(6), since = UTC_TIMESTAMP(6), \
             holder = CONCAT('connection ', CONNECTION_ID(), ' of node ', @@wsrep_node_name, ', user ', USER()) \
             WHERE {row} AND sequence = {sequence}"
        )
    }

    /// The statement by which another session says that the one that holds the row lives, and what it does.
    fn sign_of_life(&self) -> String {
        let Self { table, row, ours, .. } = self;
        format!(
            "UPDATE {table} SET sequence = sequence + 1, beat = UTC_TIMESTAMP(6), at_work = COALESCE((SELECT \
             LEFT(SHA2(CONCAT_WS('|', command, info), 256), 32) FROM information_schema.processlist WHERE id = session), at_work) \
             WHERE {row} AND {ours}"
        )
    }

    /// The statement that gives the row back.
    fn release(&self) -> String {
        let Self { table, row, ours, .. } = self;
        format!(
            "UPDATE {table} SET sequence = sequence + 1, node = NULL, session = NULL, holder = NULL WHERE {row} AND {ours}"
        )
    }
}

fn table(version_table: &Name) -> String {
    quote::name(&version_table.sibling(Ident::from("migrate_lock")))
}

fn row(version_table: &Name) -> String {
    format!("version_table = {}", quote::literal(&version_table.for_people()))
}

fn create(version_table: &Name) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (version_table varchar(190) NOT NULL PRIMARY KEY, format int NOT NULL, \
         sequence bigint NOT NULL, node varchar(64), session bigint, holder varchar(190), at_work varchar(64), \
         beat datetime(6), since datetime(6)) ENGINE=InnoDB \
         CHARACTER SET utf8mb4",
        table(version_table)
    )
}

/// No such table.
fn is_missing(error: &Error) -> bool {
    error.code() == Some("1146")
}

/// Tries once to take the row; the session holds GET_LOCK of its node already. Waits only where another node's holder
/// has been silent for long.
pub(super) async fn try_take(connection: &mut Connection, version_table: &Name) -> Result<bool> {
    match take(connection, version_table).await {
        // Another node was faster.
        Err(error) if is_lock_refused(&error) => Ok(false),
        other => other,
    }
}

async fn take(connection: &mut Connection, version_table: &Name) -> Result<bool> {
    let lease = Lease::of(connection, version_table).await?;
    let seen = match lease.look(connection).await {
        Ok(seen) => seen,
        Err(error) if is_missing(&error) => None,
        Err(error) => return Err(error),
    };
    let seen = match seen {
        Some(seen) => seen,
        None => {
            lease.make(connection, version_table).await?;
            Seen { sequence: 0, state: Word::Free }
        }
    };
    match seen.state {
        Word::Free => {}
        Word::Held => return Ok(false),
        Word::Silent => tokio::time::sleep(SECOND_LOOK).await,
    }
    let taken = connection.execute(&lease.take(seen.sequence)).await? == 1;
    if taken {
        connection.hold_lease(lease.sign_of_life(), PERIOD, lease.release());
    }
    Ok(taken)
}

/// Gives the row back, if this session holds it; a sign of life that is on its way is waited for.
pub(super) async fn release(connection: &mut Connection) -> Result<()> {
    let Some(lease) = connection.let_lease_go() else { return Ok(()) };
    for _ in 1..RELEASES {
        match connection.execute(&lease.release).await {
            Err(error) if is_lock_refused(&error) => {}
            other => return other.map(drop),
        }
    }
    connection.execute(&lease.release).await.map(drop)
}

/// Who holds the row, on whatever node; nobody where that one is dead. `is_locked`: somebody has GET_LOCK of our node,
/// without which a holder on it is gone.
pub(super) async fn holder(
    connection: &mut Connection,
    version_table: &Name,
    is_locked: bool,
) -> Result<Option<Holder>> {
    let lives = if is_locked { "TRUE".to_owned() } else { format!("node <> {}", own_node(connection)) };
    let sql = format!(
        "SELECT holder, since, beat, at_work FROM {} WHERE {} AND node IS NOT NULL AND {lives} \
         AND beat >= UTC_TIMESTAMP(6) - INTERVAL {SILENT_SECONDS} SECOND",
        table(version_table),
        row(version_table)
    );
    let found = match connection.first_row(&sql).await {
        Err(error) if is_missing(&error) => return Ok(None),
        other => other?,
    };
    Ok(found.map(|found| {
        let text = |place| found.text(place).unwrap_or_default().to_owned();
        let description = format!("{}, since {}, last sign of life at {}", text(0), text(1), text(2));
        Holder { description, at_work: text(3) }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_lies_beside_the_version_table() {
        assert_eq!(table(&Name::new(Some("x".into()), "v")), "`x`.`migrate_lock`");
        assert_eq!(row(&Name::own("it's")), "version_table = 'it''s'");
        assert!(create(&Name::own("v")).starts_with("CREATE TABLE IF NOT EXISTS `migrate_lock` ("));
    }

    #[test]
    fn only_a_row_that_was_seen_is_taken_and_only_ours_is_kept_or_given_back() {
        let lease = Lease {
            table: "`l`".into(),
            row: "r = 1".into(),
            node: "'n'".into(),
            ours: "node = 'n' AND session = 7".into(),
        };
        assert!(lease.take(5).ends_with("WHERE r = 1 AND sequence = 5"), "{}", lease.take(5));
        for sql in [lease.sign_of_life(), lease.release()] {
            assert!(sql.ends_with("WHERE r = 1 AND node = 'n' AND session = 7"), "{sql}");
            assert!(sql.contains("sequence = sequence + 1"), "{sql}");
        }
    }

    #[test]
    fn a_living_holder_moves_the_row_between_two_looks() {
        assert!(PERIOD < SECOND_LOOK);
        assert!(PERIOD * 6 <= Duration::from_secs(SILENT_SECONDS.into()));
    }
}
