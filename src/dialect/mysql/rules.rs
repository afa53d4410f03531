//! Data rules. The session's time zone is UTC, so moments without a zone are taken for UTC.

use crate::dialect::rules::RuleWords;
use crate::statement::{Product, ServerVersion};

/// MariaDB and MySQL.
pub(super) struct Words;

impl RuleWords for Words {
    fn snapshot(&self) -> &'static str {
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
    }

    fn is_blank(&self, column: &str) -> String {
        format!("CAST({column} AS CHAR) NOT REGEXP '[^[:space:]]'")
    }

    /// Either product takes case from the collation unless it is told: MySQL by a letter behind the pattern, MariaDB by a
    /// mark in it ("Regular Expressions Overview" of its manual).
    fn matches(&self, column: &str, pattern: &str, server: ServerVersion) -> String {
        match server.product {
            Product::MySql => format!("REGEXP_LIKE(CAST({column} AS CHAR), {pattern}, 'c')"),
            Product::MariaDb | Product::Postgres | Product::Sqlite => {
                format!("CAST({column} AS CHAR) REGEXP CONCAT('(?-i)', {pattern})")
            }
        }
    }

    fn newest(&self, column: &str) -> String {
        format!("CAST(MAX({column}) AS CHAR)")
    }

    fn is_fresh(&self, column: &str, seconds: u64) -> String {
        format!("MAX({column}) >= UTC_TIMESTAMP(6) - INTERVAL {seconds} SECOND")
    }
}
