//! Data rules. The session's time zone is UTC, so moments without a zone are taken for UTC.

use crate::dialect::rules::RuleWords;
use crate::statement::ServerVersion;

/// PostgreSQL.
pub(super) struct Words;

impl RuleWords for Words {
    fn snapshot(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }

    fn is_blank(&self, column: &str) -> String {
        format!("CAST({column} AS text) !~ '[^[:space:]]'")
    }

    fn matches(&self, column: &str, pattern: &str, _: ServerVersion) -> String {
        format!("CAST({column} AS text) ~ {pattern}")
    }

    fn newest(&self, column: &str) -> String {
        format!("CAST(MAX({column}) AS text)")
    }

    fn is_fresh(&self, column: &str, seconds: u64) -> String {
        format!("MAX({column}) >= CURRENT_TIMESTAMP - INTERVAL '{seconds} seconds'")
    }
}
