//! Every attempt, as the log has it: for people, and for programs that watch.

use crate::db::{Connection, Row};
use crate::error::Result;
use crate::execute::run::Runner;

/// One row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Logged {
    /// From 1, in the order of the attempts.
    pub(crate) number: i64,
    /// By the server's clock: `2026-11-21T15:30:00Z`.
    pub(crate) at: Option<String>,
    /// What the rows of one run share.
    pub(crate) run: String,
    pub(crate) revision: String,
    /// `upgrade`, `downgrade`, `stamp`, `accept`, `rebase`.
    pub(crate) direction: String,
    /// `done`, `failed`, `open`, `stamped`, `abandoned`.
    pub(crate) state: String,
    /// How many statements took effect.
    pub(crate) statements: i64,
    pub(crate) milliseconds: i64,
    /// Which program wrote it.
    pub(crate) tool: String,
    pub(crate) checksum: String,
    /// Whether the text of the file is kept with it.
    pub(crate) kept_text: bool,
    pub(crate) error: Option<String>,
    /// Who it was to the server, on SQLite to the system, where that is known.
    pub(crate) user: Option<String>,
}

impl Runner<'_> {
    /// The log of this version table, oldest first; None where nobody ever wrote one.
    pub(crate) async fn attempts(&self, connection: &mut Connection) -> Result<Option<Vec<Logged>>> {
        match self.log.rows_if_any(connection).await? {
            Some(rows) => rows.iter().map(logged).collect::<Result<_>>().map(Some),
            None => Ok(None),
        }
    }
}

fn logged(row: &Row) -> Result<Logged> {
    let text = |index| row.text(index).unwrap_or_default().to_owned();
    let number = |index| Ok::<_, crate::error::Error>(row.int(index)?.unwrap_or(0));
    Ok(Logged {
        number: number(0)?,
        at: row.text(1).and_then(stamp),
        run: text(2),
        revision: text(3),
        direction: text(4),
        state: text(5),
        statements: number(6)?,
        milliseconds: number(7)?,
        tool: text(8),
        checksum: text(9),
        kept_text: row.bool(10)?,
        error: row.text(11).map(str::to_owned),
        user: row.text(12).map(str::to_owned),
    })
}

/// `2026-11-21 15:30:00.25+00` as `2026-11-21T15:30:00Z`: every session of ours is in UTC.
fn stamp(text: &str) -> Option<String> {
    let (date, time) = text.split_once([' ', 'T'])?;
    Some(format!("{date}T{}Z", time.get(..8)?))
}

#[cfg(test)]
mod tests {
    use super::stamp;

    #[test]
    fn moments_read_the_same_from_every_database() {
        for text in
            ["2026-11-21 15:30:00", "2026-11-21 15:30:00.123456", "2026-11-21 15:30:00.1+00", "2026-11-21T15:30:00Z"]
        {
            assert_eq!(stamp(text).as_deref(), Some("2026-11-21T15:30:00Z"));
        }
        assert_eq!((stamp("yesterday"), stamp("2026-11-21 15:30")), (None, None));
    }
}
