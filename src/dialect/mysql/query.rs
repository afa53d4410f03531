//! How MariaDB and MySQL say what rows are asked for and changed. Pure.

use std::borrow::Cow;

use crate::dialect::query::{
    Bound, Change, DatePart, Isolation, OnConflict, Phrases, RowLock, SetUpdate, case_update, rows_as_json,
};
use crate::statement::value::{Value, ValueType};
use crate::statement::{Product, ServerVersion};

pub(super) struct Query;

impl Phrases for Query {
    fn parameter(&self, _number: usize, _ty: Option<&ValueType>) -> Cow<'static, str> {
        Cow::Borrowed("?")
    }

    /// A number with digits that is sent as text would be compared as a real number.
    fn computed(&self, mark: String, ty: &ValueType) -> String {
        if matches!(ty, ValueType::Decimal(_)) { format!("CAST({mark} AS DECIMAL(65,30))") } else { mark }
    }

    fn readable(&self, sql: String, _ty: &ValueType) -> String {
        sql
    }

    fn cast(&self, sql: &str, ty: &ValueType) -> String {
        let word = match ty {
            ValueType::Bool | ValueType::Int(_) => "SIGNED",
            ValueType::Float(_) => "DOUBLE",
            ValueType::Decimal(Some((precision, scale))) => {
                return format!("CAST({sql} AS DECIMAL({precision},{scale}))");
            }
            ValueType::Decimal(None) => "DECIMAL(65,30)",
            ValueType::Bytes => "BINARY",
            ValueType::Date => "DATE",
            ValueType::Time => "TIME(6)",
            ValueType::Timestamp | ValueType::Instant => "DATETIME(6)",
            ValueType::Text(_) | ValueType::Uuid | ValueType::Json | ValueType::Native(_) => "CHAR",
        };
        format!("CAST({sql} AS {word})")
    }

    fn value_type(&self, native: &str) -> ValueType {
        let lower = native.to_ascii_lowercase();
        let (word, arguments) = lower.split_once('(').unwrap_or((lower.split(' ').next().unwrap_or_default(), ""));
        let inside = arguments.split(')').next().unwrap_or_default();
        let mut numbers = inside.split(',').map(|number| number.trim().parse().ok());
        let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
        let unsigned = lower.contains(" unsigned");
        match word {
            "tinyint" if first == Some(1) && !unsigned => ValueType::Bool,
            "tinyint" if !unsigned => ValueType::Int(1),
            "smallint" if !unsigned => ValueType::Int(2),
            "mediumint" | "int" if !unsigned => ValueType::Int(4),
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => ValueType::Int(8),
            "float" => ValueType::Float(true),
            "double" => ValueType::Float(false),
            "decimal" => ValueType::Decimal(first.map(|precision| (precision, second.unwrap_or(0)))),
            "char" | "varchar" => ValueType::Text(first),
            "tinytext" | "text" | "mediumtext" | "longtext" => ValueType::Text(None),
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => ValueType::Bytes,
            "date" => ValueType::Date,
            "time" => ValueType::Time,
            "datetime" => ValueType::Timestamp,
            "timestamp" => ValueType::Instant,
            "uuid" => ValueType::Uuid,
            "json" => ValueType::Json,
            _ => ValueType::Native(native.to_owned()),
        }
    }

    fn limit(&self, limit: Option<u64>, offset: Option<u64>) -> String {
        match (limit, offset) {
            (None, None) => String::new(),
            (Some(limit), None) => format!(" LIMIT {limit}"),
            (Some(limit), Some(offset)) => format!(" LIMIT {limit} OFFSET {offset}"),
            (None, Some(offset)) => format!(" LIMIT {} OFFSET {offset}", u64::MAX),
        }
    }

    fn like(&self, sql: &str, pattern: &str) -> String {
        format!("{sql} COLLATE utf8mb4_bin LIKE {pattern}")
    }

    fn like_any_case(&self, sql: &str, pattern: &str) -> String {
        format!("LOWER({sql}) COLLATE utf8mb4_bin LIKE LOWER({pattern})")
    }

    fn concat(&self, parts: &[String]) -> String {
        format!("CONCAT({})", parts.join(", "))
    }

    fn now(&self) -> &'static str {
        "UTC_TIMESTAMP(6)"
    }

    fn shifted(&self, sql: &str, microseconds: i64) -> String {
        format!("({sql} + INTERVAL {microseconds} MICROSECOND)")
    }

    fn date_part(&self, part: DatePart, sql: &str) -> String {
        let word = match part {
            DatePart::Year => "YEAR",
            DatePart::Month => "MONTH",
            DatePart::Day => "DAY",
            DatePart::Hour => "HOUR",
            DatePart::Minute => "MINUTE",
        };
        format!("{word}({sql})")
    }

    fn ordered(&self, sql: &str, descending: bool, nulls_first: bool) -> String {
        let direction = if descending { " DESC" } else { "" };
        match (descending, nulls_first) {
            (false, true) | (true, false) => format!("{sql}{direction}"),
            (_, true) => format!("{sql} IS NULL DESC, {sql}{direction}"),
            (_, false) => format!("{sql} IS NULL, {sql}{direction}"),
        }
    }

    fn by_bytes(&self, sql: &str) -> String {
        format!("{sql} COLLATE utf8mb4_bin")
    }

    fn row_lock(&self, lock: RowLock) -> &'static str {
        match lock {
            RowLock::Wait => " FOR UPDATE",
            RowLock::NoWait => " FOR UPDATE NOWAIT",
            RowLock::SkipLocked => " FOR UPDATE SKIP LOCKED",
        }
    }

    fn default_row(&self) -> &'static str {
        "() VALUES ()"
    }

    /// Every unique key is looked at. `IGNORE` would swallow other errors too.
    fn on_conflict(&self, conflict: &OnConflict<'_>) -> String {
        let set: Vec<String> = conflict.update.iter().map(|column| format!("{column} = VALUES({column})")).collect();
        let same: Vec<String> = conflict.key.iter().take(1).map(|column| format!("{column} = {column}")).collect();
        format!(" ON DUPLICATE KEY UPDATE {}", if set.is_empty() { same.join(", ") } else { set.join(", ") })
    }

    fn has_returning(&self, change: Change, server: ServerVersion) -> bool {
        match change {
            Change::Insert => server.product == Product::MariaDb && server.at_least(10, 5),
            Change::Delete => server.product == Product::MariaDb,
            Change::Update => false,
        }
    }

    /// Consecutive for the rows of one INSERT whose number is known.
    fn given_keys(&self) -> Option<&'static str> {
        Some("SELECT LAST_INSERT_ID(), @@auto_increment_increment")
    }

    fn most_parameters(&self) -> usize {
        65_535
    }

    /// What is compared row by row takes the square of the rows.
    fn most_rows_in_update(&self, update: &SetUpdate<'_>) -> usize {
        if has_plain_key(update) { usize::MAX } else { 200 }
    }

    fn set_update(&self, update: &SetUpdate<'_>, server: ServerVersion) -> Option<Bound> {
        let has_table = match server.product {
            Product::MariaDb => server.at_least(10, 6),
            Product::MySql | Product::Sqlite | Product::Postgres => server.at_least(8, 0),
        };
        if !has_table || !has_plain_key(update) {
            return Some(case_update(self, update));
        }
        let all = update.key.iter().chain(update.columns).enumerate();
        let columns: Vec<String> = all
            .map(|(place, _)| match place < update.key.len() {
                true => format!("c{place} BIGINT PATH '$[{place}]' ERROR ON ERROR"),
                false => format!("c{place} LONGTEXT CHARACTER SET utf8mb4 PATH '$[{place}]' ERROR ON ERROR"),
            })
            .collect();
        let keys: Vec<String> = update
            .key
            .iter()
            .enumerate()
            .map(|(place, (name, _))| format!("{}.{name} = new_rows.c{place}", update.table))
            .collect();
        let sets: Vec<String> = (update.key.len()..)
            .zip(update.columns)
            .map(|(place, (name, ty))| {
                let unhex = if *ty == ValueType::Bytes { "UNHEX" } else { "" };
                format!("{}.{name} = {unhex}(new_rows.c{place})", update.table)
            })
            .collect();
        let sql = format!(
            "UPDATE {} JOIN JSON_TABLE(?, '$[*]' COLUMNS ({})) AS new_rows ON {} SET {}",
            update.table,
            columns.join(", "),
            keys.join(" AND "),
            sets.join(", ")
        );
        Some((sql, vec![Value::Text(rows_as_json(update.rows))]))
    }

    fn begin(&self, isolation: Option<Isolation>, read_only: bool) -> Vec<String> {
        let level = isolation.map(|isolation| match isolation {
            Isolation::ReadCommitted => "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
            Isolation::RepeatableRead => "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            Isolation::Serializable => "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        });
        let begin = if read_only { "START TRANSACTION READ ONLY" } else { "START TRANSACTION" };
        level.into_iter().chain([begin]).map(str::to_owned).collect()
    }

    /// The usual collations take `a` for `A`, and no notice of spaces at the end.
    fn plain_text_options(&self, server: ServerVersion) -> &'static [(&'static str, &'static str, &'static str)] {
        match server.product {
            Product::MariaDb => &[("mysql", "charset", "utf8mb4"), ("mysql", "collation", "utf8mb4_nopad_bin")],
            Product::MySql | Product::Sqlite | Product::Postgres => {
                &[("mysql", "charset", "utf8mb4"), ("mysql", "collation", "utf8mb4_0900_bin")]
            }
        }
    }
}

/// A key of text from a document has a collation of its own, which no index serves.
fn has_plain_key(update: &SetUpdate<'_>) -> bool {
    update.key.iter().all(|(_, ty)| matches!(ty, ValueType::Int(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_types_hold_values() {
        let of = |native| Query.value_type(native);
        assert_eq!(of("tinyint(1)"), ValueType::Bool);
        assert_eq!(of("int(11)"), ValueType::Int(4));
        assert_eq!(of("bigint(20) unsigned"), ValueType::Int(8));
        assert_eq!(of("decimal(10,2)"), ValueType::Decimal(Some((10, 2))));
        assert_eq!(of("varchar(20)"), ValueType::Text(Some(20)));
        assert_eq!(of("enum('a')"), ValueType::Native("enum('a')".to_owned()));
    }
}
