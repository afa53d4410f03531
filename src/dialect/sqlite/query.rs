//! How SQLite says what rows are asked for and changed. Pure.
//!
//! Dates and times are text in the spelling of [`Value`](crate::statement::value::Value), which sorts as they do.

use std::borrow::Cow;

use crate::dialect::query::{Bound, Change, DatePart, Isolation, Phrases, RowLock, SetUpdate};
use crate::statement::ServerVersion;
use crate::statement::value::ValueType;

pub(super) struct Query;

impl Phrases for Query {
    /// Without its number: those with one have names, among which the driver looks for each of them.
    fn parameter(&self, _number: usize, _ty: Option<&ValueType>) -> Cow<'static, str> {
        Cow::Borrowed("?")
    }

    /// A number with digits that is sent as text would be compared as text.
    fn computed(&self, mark: String, ty: &ValueType) -> String {
        if matches!(ty, ValueType::Decimal(_)) { format!("CAST({mark} AS NUMERIC)") } else { mark }
    }

    /// An unknown name in double quotes would be a text (<https://sqlite.org/quirks.html#dblquote>).
    fn column(&self, name: &str, _quoted: String) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn readable(&self, sql: String, _ty: &ValueType) -> String {
        sql
    }

    fn cast(&self, sql: &str, ty: &ValueType) -> String {
        let word = match ty {
            ValueType::Bool | ValueType::Int(_) => "INTEGER",
            ValueType::Float(_) => "REAL",
            ValueType::Decimal(_) => "NUMERIC",
            ValueType::Bytes => "BLOB",
            ValueType::Text(_)
            | ValueType::Date
            | ValueType::Time
            | ValueType::Timestamp
            | ValueType::Instant
            | ValueType::Uuid
            | ValueType::Json
            | ValueType::Native(_) => "TEXT",
        };
        format!("CAST({sql} AS {word})")
    }

    /// By the word that was declared, as SQLite's own affinity (<https://sqlite.org/datatype3.html>, 3.1), but for the
    /// words that mean more to people.
    fn value_type(&self, native: &str) -> ValueType {
        let upper = native.to_ascii_uppercase();
        let (word, arguments) = upper.split_once('(').unwrap_or((&upper, ""));
        let mut numbers = arguments.trim_end_matches(')').split(',').map(|number| number.trim().parse().ok());
        let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
        match word.trim() {
            "BOOLEAN" | "BOOL" => ValueType::Bool,
            "SMALLINT" => ValueType::Int(2),
            "DATE" => ValueType::Date,
            "TIME" => ValueType::Time,
            "DATETIME" => ValueType::Timestamp,
            "TIMESTAMP" => ValueType::Instant,
            "DECIMAL" | "NUMERIC" => ValueType::Decimal(first.map(|precision| (precision, second.unwrap_or(0)))),
            word if word.contains("INT") => ValueType::Int(8),
            word if word.contains("CHAR") || word.contains("CLOB") || word.contains("TEXT") => ValueType::Text(first),
            "BLOB" | "" => ValueType::Bytes,
            word if word.contains("REAL") || word.contains("FLOA") || word.contains("DOUB") => ValueType::Float(false),
            _ => ValueType::Native(native.to_owned()),
        }
    }

    fn limit(&self, limit: Option<u64>, offset: Option<u64>) -> String {
        match (limit, offset) {
            (None, None) => String::new(),
            (Some(limit), None) => format!(" LIMIT {limit}"),
            (Some(limit), Some(offset)) => format!(" LIMIT {limit} OFFSET {offset}"),
            (None, Some(offset)) => format!(" LIMIT -1 OFFSET {offset}"),
        }
    }

    fn like(&self, sql: &str, pattern: &str) -> String {
        format!("{sql} GLOB {pattern}")
    }

    fn like_any_case(&self, sql: &str, pattern: &str) -> String {
        format!("{sql} LIKE {pattern} ESCAPE '\\'")
    }

    /// `LIKE` does not count case here; `GLOB` does.
    fn pattern(&self, pattern: &str) -> String {
        let mut glob = String::with_capacity(pattern.len());
        let mut escaped = false;
        for character in pattern.chars() {
            match character {
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                '%' if !escaped => glob.push('*'),
                '_' if !escaped => glob.push('?'),
                '*' | '?' | '[' => glob.extend(['[', character, ']']),
                other => glob.push(other),
            }
            escaped = false;
        }
        glob
    }

    fn characters(&self, sql: &str) -> String {
        format!("length({sql})")
    }

    fn now(&self) -> &'static str {
        "rtrim(rtrim(strftime('%Y-%m-%d %H:%M:%f', 'now'), '0'), '.')"
    }

    fn shifted(&self, sql: &str, microseconds: i64) -> String {
        let sign = if microseconds < 0 { '-' } else { '+' };
        let (seconds, rest) = (microseconds.unsigned_abs() / 1_000_000, microseconds.unsigned_abs() % 1_000_000);
        // Without digits that say nothing: moments are compared as text.
        format!("rtrim(rtrim(strftime('%Y-%m-%d %H:%M:%f', {sql}, '{sign}{seconds}.{rest:06} seconds'), '0'), '.')")
    }

    fn date_part(&self, part: DatePart, sql: &str) -> String {
        let letter = match part {
            DatePart::Year => "%Y",
            DatePart::Month => "%m",
            DatePart::Day => "%d",
            DatePart::Hour => "%H",
            DatePart::Minute => "%M",
        };
        format!("CAST(strftime('{letter}', {sql}) AS INTEGER)")
    }

    fn ordered(&self, sql: &str, descending: bool, nulls_first: bool) -> String {
        let direction = if descending { " DESC" } else { "" };
        match (descending, nulls_first) {
            (false, true) | (true, false) => format!("{sql}{direction}"),
            (_, true) => format!("{sql}{direction} NULLS FIRST"),
            (_, false) => format!("{sql}{direction} NULLS LAST"),
        }
    }

    fn by_bytes(&self, sql: &str) -> String {
        format!("{sql} COLLATE BINARY")
    }

    /// Whoever writes has the whole file.
    fn row_lock(&self, _lock: RowLock) -> &'static str {
        ""
    }

    fn has_returning(&self, _change: Change, server: ServerVersion) -> bool {
        server.at_least(3, 35)
    }

    /// <https://sqlite.org/limits.html#max_variable_number>
    fn most_parameters(&self) -> usize {
        32_766
    }

    /// A statement is prepared once for so many rows, and kept.
    fn most_rows_in_update(&self, update: &SetUpdate<'_>) -> usize {
        (self.most_parameters() / (update.key.len() + update.columns.len()).max(1)).clamp(1, 512)
    }

    fn set_update(&self, update: &SetUpdate<'_>, _server: ServerVersion) -> Option<Bound> {
        let SetUpdate { table, key, columns, rows } = update;
        let row = format!("({})", vec!["?"; key.len() + columns.len()].join(", "));
        let numbered = |first: usize| (first..).map(|place| format!("new_rows.column{place}"));
        let same = key.iter().zip(numbered(1)).map(|((name, _), new)| format!("{table}.{name} = {new}"));
        let sets = columns.iter().zip(numbered(key.len() + 1)).map(|((name, _), new)| format!("{name} = {new}"));
        let sql = format!(
            "UPDATE {table} SET {} FROM (VALUES {}) AS new_rows WHERE {}",
            sets.collect::<Vec<_>>().join(", "),
            vec![row.as_str(); rows.len()].join(", "),
            same.collect::<Vec<_>>().join(" AND ")
        );
        Some((sql, rows.iter().flatten().cloned().collect()))
    }

    fn begin(&self, _isolation: Option<Isolation>, read_only: bool) -> Vec<String> {
        vec![if read_only { "BEGIN" } else { "BEGIN IMMEDIATE" }.to_owned()]
    }

    fn read_only(&self, on: bool) -> Option<&'static str> {
        Some(if on { "PRAGMA query_only = ON" } else { "PRAGMA query_only = OFF" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_keeps_its_meaning() {
        assert_eq!(Query.pattern("a%_[*\\%\\_\\\\"), "a*?[[][*]%_\\");
    }

    #[test]
    fn the_word_that_was_declared_says_what_is_held() {
        let of = |native| Query.value_type(native);
        assert_eq!(of("INTEGER"), ValueType::Int(8));
        assert_eq!(of("varchar(20)"), ValueType::Text(Some(20)));
        assert_eq!(of("DECIMAL(10,2)"), ValueType::Decimal(Some((10, 2))));
        assert_eq!(of("DATETIME"), ValueType::Timestamp);
        assert_eq!(of("money"), ValueType::Native("money".to_owned()));
    }
}
