//! How PostgreSQL says what rows are asked for and changed. Pure.

use std::borrow::Cow;

use super::types;
use crate::dialect::query::{Bound, Change, DatePart, Isolation, Phrases, RowLock, SetUpdate};
use crate::statement::ServerVersion;
use crate::statement::value::{Value, ValueType, hexadecimal};

pub(super) struct Query;

impl Phrases for Query {
    /// The server has to know the type of a parameter that is sent as text.
    fn parameter(&self, number: usize, ty: Option<&ValueType>) -> Cow<'static, str> {
        match ty {
            None
            | Some(ValueType::Bool | ValueType::Int(_) | ValueType::Float(_) | ValueType::Text(_) | ValueType::Bytes) => {
                format!("${number}").into()
            }
            Some(other) => format!("${number}::{}", word(other)).into(),
        }
    }

    fn readable(&self, sql: String, ty: &ValueType) -> String {
        if matches!(ty, ValueType::Native(_)) { format!("{sql}::text") } else { sql }
    }

    fn cast(&self, sql: &str, ty: &ValueType) -> String {
        format!("CAST({sql} AS {})", word(ty))
    }

    fn value_type(&self, native: &str) -> ValueType {
        match types::neutral_type(native) {
            Some(neutral) => ValueType::of_neutral(&neutral).unwrap_or_else(|| ValueType::Native(native.to_owned())),
            None => ValueType::Native(native.to_owned()),
        }
    }

    fn limit(&self, limit: Option<u64>, offset: Option<u64>) -> String {
        let part =
            |word: &str, number: Option<u64>| number.map_or_else(String::new, |number| format!(" {word} {number}"));
        part("LIMIT", limit) + part("OFFSET", offset).as_str()
    }

    fn like(&self, sql: &str, pattern: &str) -> String {
        format!("{sql} LIKE {pattern}")
    }

    fn like_any_case(&self, sql: &str, pattern: &str) -> String {
        format!("{sql} ILIKE {pattern}")
    }

    fn now(&self) -> &'static str {
        "statement_timestamp()"
    }

    fn shifted(&self, sql: &str, microseconds: i64) -> String {
        format!("({sql} + {microseconds} * interval '1 microsecond')")
    }

    fn date_part(&self, part: DatePart, sql: &str) -> String {
        let word = match part {
            DatePart::Year => "year",
            DatePart::Month => "month",
            DatePart::Day => "day",
            DatePart::Hour => "hour",
            DatePart::Minute => "minute",
        };
        format!("CAST(EXTRACT({word} FROM {sql}) AS bigint)")
    }

    fn ordered(&self, sql: &str, descending: bool, nulls_first: bool) -> String {
        let direction = if descending { " DESC" } else { "" };
        let nulls = if nulls_first { "FIRST" } else { "LAST" };
        if descending == nulls_first { format!("{sql}{direction}") } else { format!("{sql}{direction} NULLS {nulls}") }
    }

    fn by_bytes(&self, sql: &str) -> String {
        format!("{sql} COLLATE \"C\"")
    }

    fn row_lock(&self, lock: RowLock) -> &'static str {
        match lock {
            RowLock::Wait => " FOR UPDATE",
            RowLock::NoWait => " FOR UPDATE NOWAIT",
            RowLock::SkipLocked => " FOR UPDATE SKIP LOCKED",
        }
    }

    fn has_returning(&self, _change: Change, _server: ServerVersion) -> bool {
        true
    }

    fn most_parameters(&self) -> usize {
        65_535
    }

    /// An array for each column, as text: the server reads it as fast as bytes, and knows every type.
    fn set_update(&self, update: &SetUpdate<'_>, _server: ServerVersion) -> Option<Bound> {
        let all: Vec<&(String, ValueType)> = update.key.iter().chain(update.columns).collect();
        let mut values = Vec::with_capacity(all.len());
        let mut arrays = Vec::with_capacity(all.len());
        for (place, (_, ty)) in all.iter().enumerate() {
            values.push(Value::Text(array(&mut update.rows.iter().map(|row| row.get(place).unwrap_or(&Value::Null)))));
            arrays.push(format!("${}::{}[]", place + 1, word(ty)));
        }
        let names: Vec<String> = (0..all.len()).map(|place| format!("c{place}")).collect();
        // Says nothing new, but to the planner: without it the whole table may be read for each statement.
        let within = match (update.span(), update.key.first()) {
            (Some((least, greatest)), Some((name, ty))) => {
                values.extend([least.clone(), greatest.clone()]);
                let [from, to] = [values.len() - 1, values.len()].map(|number| self.parameter(number, Some(ty)));
                format!(" AND {}.{name} BETWEEN {from} AND {to}", update.table)
            }
            _ => String::new(),
        };
        let equal =
            |(place, (name, _)): (usize, &(String, ValueType))| format!("{}.{name} = new_rows.c{place}", update.table);
        let keys: Vec<String> = update.key.iter().enumerate().map(equal).collect();
        let sets: Vec<String> = (update.key.len()..)
            .zip(update.columns)
            .map(|(place, (name, _))| format!("{name} = new_rows.c{place}"))
            .collect();
        let sql = format!(
            "UPDATE {} SET {} FROM unnest({}) AS new_rows({}) WHERE {}{within}",
            update.table,
            sets.join(", "),
            arrays.join(", "),
            names.join(", "),
            keys.join(" AND ")
        );
        Some((sql, values))
    }

    fn copy_in(&self, table: &str, columns: &[String]) -> Option<String> {
        Some(format!("COPY {table} ({}) FROM STDIN", columns.join(", ")))
    }

    fn begin(&self, isolation: Option<Isolation>, read_only: bool) -> Vec<String> {
        let level = match isolation {
            None => "",
            Some(Isolation::ReadCommitted) => " ISOLATION LEVEL READ COMMITTED",
            Some(Isolation::RepeatableRead) => " ISOLATION LEVEL REPEATABLE READ",
            Some(Isolation::Serializable) => " ISOLATION LEVEL SERIALIZABLE",
        };
        vec![format!("BEGIN{level}{}", if read_only { " READ ONLY" } else { "" })]
    }
}

/// The type as this database calls it; without the limits of a text, so that a longer one is refused where it is kept,
/// and not cut where it is cast.
fn word(ty: &ValueType) -> &str {
    match ty {
        ValueType::Bool => "boolean",
        ValueType::Int(_) => "bigint",
        ValueType::Float(_) => "double precision",
        ValueType::Decimal(_) => "numeric",
        ValueType::Text(_) => "text",
        ValueType::Bytes => "bytea",
        ValueType::Date => "date",
        ValueType::Time => "time",
        ValueType::Timestamp => "timestamp",
        ValueType::Instant => "timestamptz",
        ValueType::Uuid => "uuid",
        ValueType::Json => "jsonb",
        ValueType::Native(native) => native,
    }
}

/// The text of an array (<https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO>).
fn array(values: &mut dyn Iterator<Item = &Value>) -> String {
    let mut text = String::from("{");
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push(',');
        }
        match value {
            Value::Null => text.push_str("NULL"),
            Value::Bool(_) | Value::Int(_) | Value::Unsigned(_) => text.push_str(&value.for_people()),
            Value::Float(number) if number.is_infinite() => {
                text.push_str(if *number > 0.0 { "Infinity" } else { "-Infinity" });
            }
            Value::Float(_) => text.push_str(&value.for_people()),
            Value::Bytes(bytes) => {
                text.push_str("\"\\\\x");
                text.push_str(&hexadecimal(bytes));
                text.push('"');
            }
            Value::Decimal(part)
            | Value::Text(part)
            | Value::Date(part)
            | Value::Time(part)
            | Value::Timestamp(part)
            | Value::Instant(part)
            | Value::Uuid(part)
            | Value::Json(part) => {
                text.push('"');
                for character in part.chars() {
                    if matches!(character, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(character);
                }
                text.push('"');
            }
        }
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_quotes_what_has_a_meaning() {
        let values =
            [Value::Null, Value::Int(-1), Value::from("a\"b\\{,}"), Value::from(""), Value::from(vec![0u8, 255])];
        assert_eq!(array(&mut values.iter()), "{NULL,-1,\"a\\\"b\\\\{,}\",\"\",\"\\\\x00FF\"}");
    }

    #[test]
    fn native_types_hold_values() {
        let of = |native| Query.value_type(native);
        assert_eq!(of("character varying(20)"), ValueType::Text(Some(20)));
        assert_eq!(of("integer"), ValueType::Int(4));
        assert_eq!(of("inet"), ValueType::Native("inet".to_owned()));
        assert_eq!(Query.parameter(2, Some(&of("inet"))), "$2::inet");
    }
}
