//! MariaDB and MySQL: parameters, and typed cells of the binary protocol
//! (<https://mariadb.com/kb/en/resultset-row/#binary-resultset-row>).

use sqlx::error::BoxDynError;
use sqlx::mysql::{MySql, MySqlArguments, MySqlQueryResult, MySqlRow};
use sqlx::{Arguments, Row as _, Type, TypeInfo, ValueRef};

use super::bound::{Typing, clock, text_of, unreadable};
use crate::error::Result;
use crate::statement::value::Value;

pub(super) fn typing() -> Typing<MySql> {
    // Closed at once, a statement is two small packets without an answer in between: the second one then waits for the
    // server to acknowledge the first, 40 ms over TCP. The driver reads the columns anew each time, so that tables may change.
    Typing { bind, cell, affected: MySqlQueryResult::rows_affected, stays_prepared: |_| true }
}

fn bind(arguments: &mut MySqlArguments, value: &Value) -> Result<(), BoxDynError> {
    match value {
        Value::Null => arguments.add(None::<String>),
        Value::Bool(value) => arguments.add(i8::from(*value)),
        Value::Int(value) => arguments.add(*value),
        Value::Unsigned(value) => arguments.add(*value),
        Value::Float(value) if !value.is_finite() => Err("this database keeps finite numbers only".into()),
        Value::Float(value) => arguments.add(*value),
        Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
        Value::Decimal(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Timestamp(text)
        | Value::Instant(text)
        | Value::Uuid(text)
        | Value::Json(text) => arguments.add(text.as_str()),
    }
}

fn cell(row: &MySqlRow, index: usize) -> Result<Value> {
    let value = row.try_get_raw(index).map_err(unreadable)?;
    let type_info = value.type_info();
    let name = type_info.name();
    let is_moment = matches!(name, "DATE" | "DATETIME" | "TIMESTAMP");
    // The driver takes a zero date for NULL; its bytes tell them apart.
    let bytes = match row.try_get_unchecked::<&[u8], _>(index) {
        Ok(bytes) if is_moment || !value.is_null() => bytes,
        Ok(_) => return Ok(Value::Null),
        Err(_) if value.is_null() => return Ok(Value::Null),
        Err(error) => return Err(unreadable(error)),
    };
    match name {
        "BOOLEAN" | "TINYINT" | "SMALLINT" | "INT" | "MEDIUMINT" | "BIGINT" => {
            row.try_get_unchecked(index).map(Value::Int).map_err(unreadable)
        }
        "TINYINT UNSIGNED" | "SMALLINT UNSIGNED" | "INT UNSIGNED" | "MEDIUMINT UNSIGNED" | "BIGINT UNSIGNED"
        | "YEAR" => Ok(Value::from(little_endian(bytes))),
        // Printed as the server prints it: the shortest digits that mean the same single.
        "FLOAT" => {
            let single: f32 = row.try_get_unchecked(index).map_err(unreadable)?;
            single.to_string().parse().map(Value::Float).map_err(unreadable)
        }
        "DOUBLE" => row.try_get_unchecked(index).map(Value::Float).map_err(unreadable),
        "DECIMAL" => text_of(bytes).map(Value::Decimal),
        "DATE" => Ok(Value::Date(date(bytes))),
        "DATETIME" => Ok(Value::Timestamp(moment(bytes))),
        "TIMESTAMP" => Ok(Value::Instant(moment(bytes))),
        "TIME" => Ok(Value::Time(time(bytes))),
        // The name says bytes of text with a binary collation too; only the charset tells them apart.
        _ if <str as Type<MySql>>::compatible(&type_info) => text_of(bytes).map(Value::Text),
        "BIT" | "GEOMETRY" | "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => {
            Ok(Value::Bytes(bytes.to_vec()))
        }
        "JSON" => text_of(bytes).map(Value::Json),
        _ => text_of(bytes).map(Value::Text),
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A part of a moment; what is not sent is zero.
fn part(bytes: &[u8], from: usize, length: usize) -> i64 {
    let part = bytes.get(from..from + length).unwrap_or_default();
    i64::try_from(little_endian(part)).unwrap_or_default()
}

/// Length, year (2), month, day.
fn date(bytes: &[u8]) -> String {
    format!("{:04}-{:02}-{:02}", part(bytes, 1, 2), part(bytes, 3, 1), part(bytes, 4, 1))
}

/// As [`date`], then hour, minute, second, microseconds (4).
fn moment(bytes: &[u8]) -> String {
    let time = clock(part(bytes, 5, 1), part(bytes, 6, 1), part(bytes, 7, 1), part(bytes, 8, 4));
    format!("{} {time}", date(bytes))
}

/// Length, sign, days (4), hour, minute, second, microseconds (4); hours go beyond a day.
fn time(bytes: &[u8]) -> String {
    let sign = if part(bytes, 1, 1) == 1 { "-" } else { "" };
    let hours = part(bytes, 2, 4) * 24 + part(bytes, 6, 1);
    format!("{sign}{}", clock(hours, part(bytes, 7, 1), part(bytes, 8, 1), part(bytes, 9, 4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_far_as_they_are_sent() {
        assert_eq!(date(&[0]), "0000-00-00");
        assert_eq!(date(&[4, 0xea, 0x07, 11, 21]), "2026-11-21");
        assert_eq!(moment(&[4, 0xea, 0x07, 11, 21]), "2026-11-21 00:00:00");
        assert_eq!(moment(&[11, 0xea, 0x07, 11, 21, 20, 48, 1, 0x20, 0xa1, 0x07, 0]), "2026-11-21 20:48:01.5");
        assert_eq!(time(&[8, 1, 34, 0, 0, 0, 22, 59, 59]), "-838:59:59");
    }
}
