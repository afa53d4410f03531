//! Data rules. SQLite has no regular expressions of its own: the connection brings a function for `REGEXP`. Moments are
//! what its date functions read (text in UTC, Julian days, seconds since 1970).

use crate::dialect::rules::RuleWords;
use crate::statement::ServerVersion;

/// SQLite.
pub(super) struct Words;

/// Julian days of a column; unknown for what is no moment (`auto`: SQLite 3.38).
fn days(column: &str) -> String {
    format!("julianday({column}, 'auto')")
}

impl RuleWords for Words {
    /// The connection is opened for reading.
    fn snapshot(&self) -> &'static str {
        "BEGIN"
    }

    fn is_blank(&self, column: &str) -> String {
        format!("trim({column}, char(9, 10, 11, 12, 13, 32)) = ''")
    }

    fn matches(&self, column: &str, pattern: &str, _: ServerVersion) -> String {
        format!("CASE WHEN {column} IS NOT NULL THEN CAST({column} AS TEXT) REGEXP {pattern} END")
    }

    fn newest(&self, column: &str) -> String {
        format!("datetime(MAX({}))", days(column))
    }

    fn is_fresh(&self, column: &str, seconds: u64) -> String {
        format!("MAX({}) >= julianday('now', '-{seconds} seconds')", days(column))
    }
}
