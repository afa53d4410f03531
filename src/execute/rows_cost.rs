//! What a run keeps of rows: counted before it begins, as far as that can be known, else when it is an operation's turn;
//! and in all no more than may be.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::amount::spoken;
use crate::data::{self, Cost, Site};
use crate::db::{Connection, TransactionState};
use crate::error::{Error, Kind, Result};
use crate::execute::Event;
use crate::execute::step::Tell;
use crate::plan::DataChunk;
use crate::schema::Schema;

/// Of a smaller table nothing is counted.
const SMALL: u64 = 64 << 20;

/// Rows that a server keeps in a second, for the time that is told.
const RATE: u64 = 100_000;

/// What a database takes for a row beside its values.
const FRAME: u64 = 24;

/// What the operations of a run keep.
pub(crate) struct Keeping {
    /// In bytes, for the whole run.
    limit: u64,
    /// Tables below this are not counted: all of them together stay below the limit.
    least: u64,
    /// By revision and step.
    known: Mutex<BTreeMap<(String, String), Counted>>,
}

/// What one operation keeps.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    rows: u64,
    bytes: u64,
    /// Nothing before it in the run changes its tables.
    is_sure: bool,
}

impl Keeping {
    /// Of a run with so many operations on rows.
    pub(super) fn new(limit: u64, operations: usize) -> Self {
        let part = u64::try_from(operations.max(1)).unwrap_or(u64::MAX).saturating_mul(3);
        Self { limit, least: SMALL.min(limit / part), known: Mutex::default() }
    }

    /// Tells what an operation on a large table will keep, and refuses more than may be. `live`: the tables as the server
    /// has them; `is_sure`: they are what they will be when it is its turn. What was counted for sure is not counted again.
    ///
    /// # Errors
    /// [`Kind::Usage`] where more would be kept than may be.
    pub(super) async fn ask(
        &self,
        connection: &mut Connection,
        chunk: &DataChunk,
        (site, live, is_sure): (&Site<'_>, &Schema, bool),
        tell: Tell<'_>,
    ) -> Result<()> {
        if chunk.operation.is_way_back() {
            return Ok(());
        }
        let key = (chunk.revision.clone(), chunk.operation.kept_as());
        let before = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if before.is_some_and(|before| before.is_sure) {
            return Ok(());
        }
        // What does not fit the tables yet is looked at when it is its turn.
        let Ok(costs) = data::costs(&chunk.operation, site, live) else { return Ok(()) };
        let Some(counted) = self.counted(connection, &costs).await? else { return Ok(()) };
        let in_all = self.in_all(&key, Counted { is_sure, ..counted });
        if in_all > self.limit {
            return Err(self.refusal(&key.1, counted, in_all));
        }
        if before.is_none() && counted.rows > 0 {
            let (what, minutes) = (spoken(counted.bytes), counted.rows / RATE / 60 + 1);
            let message = format!("`{}` keeps {what} of {} rows, about {minutes} min", key.1, counted.rows);
            tell(Event::Warned { message, hint: None });
        }
        Ok(())
    }

    /// What all operations keep that are known, with this one.
    fn in_all(&self, key: &(String, String), counted: Counted) -> u64 {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key.clone(), counted);
        known.values().fold(0, |sum, one| one.bytes.saturating_add(sum))
    }

    fn refusal(&self, name: &str, counted: Counted, in_all: u64) -> Error {
        let (own, all, limit) = (spoken(counted.bytes), spoken(in_all), spoken(self.limit));
        let with =
            if in_all > counted.bytes { format!(", {all} with the other steps of this run") } else { String::new() };
        let phrase = format!(
            "`{name}` would keep {own} of {} rows for its way back{with}, and {limit} may be kept",
            counted.rows
        );
        Error::new(Kind::Usage, phrase)
            .with_hint("allow it with --keep-limit, or say `undo:` or `irreversible:` in the step")
    }

    /// Rows and bytes of large tables; `None` where the server cannot tell yet.
    async fn counted(&self, connection: &mut Connection, costs: &[Cost]) -> Result<Option<Counted>> {
        let mut counted = Counted::default();
        for cost in costs {
            match numbers(connection, &cost.table).await?.map(|(bytes, _)| bytes) {
                None => return Ok(None),
                Some(bytes) if bytes < self.least => continue,
                Some(_) => {}
            }
            let Some((rows, bytes)) = numbers_aside(connection, &cost.image).await? else { return Ok(None) };
            counted.rows = counted.rows.saturating_add(rows);
            counted.bytes = counted.bytes.saturating_add(bytes).saturating_add(rows.saturating_mul(FRAME));
        }
        Ok(Some(counted))
    }
}

/// As [`numbers`], which no transaction suffers from.
async fn numbers_aside(connection: &mut Connection, sql: &str) -> Result<Option<(u64, u64)>> {
    if connection.in_transaction().await? != TransactionState::Open {
        return numbers(connection, sql).await;
    }
    connection.execute("SAVEPOINT migrate_count").await?;
    let found = numbers(connection, sql).await;
    let back = if matches!(found, Ok(Some(_))) { None } else { Some("ROLLBACK TO SAVEPOINT migrate_count") };
    for sql in back.into_iter().chain(["RELEASE SAVEPOINT migrate_count"]) {
        connection.execute(sql).await?;
    }
    found
}

/// One or two numbers that a question gives; none where the server refuses it.
async fn numbers(connection: &mut Connection, sql: &str) -> Result<Option<(u64, u64)>> {
    let row = match connection.first_row(sql).await {
        Ok(row) => row,
        Err(error) if error.kind() == Kind::Statement => None,
        Err(error) => return Err(error),
    };
    let number = |place| {
        let found = row.as_ref().and_then(|row| row.int(place).ok().flatten());
        found.and_then(|number| u64::try_from(number).ok())
    };
    Ok(number(0).map(|first| (first, number(1).unwrap_or(0))))
}
