//! SQLite: parameters and typed cells. The value decides its type, not the column.

use sqlx::error::BoxDynError;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteQueryResult, SqliteRow};
use sqlx::{Arguments, Row as _, TypeInfo, ValueRef};

use super::bound::{Typing, unreadable};
use crate::error::Result;
use crate::statement::value::Value;

pub(super) fn typing() -> Typing<Sqlite> {
    Typing { bind, cell, affected: SqliteQueryResult::rows_affected, stays_prepared }
}

/// What writes many rows, for it takes longer to prepare than to run. Not what gives rows: the driver would go on with
/// the columns that it had before the table was changed.
fn stays_prepared(sql: &str) -> bool {
    (sql.contains("INSERT INTO ") || sql.contains(" FROM (VALUES (?")) && !sql.contains(" RETURNING ")
}

fn bind(arguments: &mut SqliteArguments, value: &Value) -> Result<(), BoxDynError> {
    match value {
        Value::Null => arguments.add(None::<i64>),
        Value::Bool(value) => arguments.add(i64::from(*value)),
        Value::Int(value) => arguments.add(*value),
        Value::Unsigned(_) => Err("the largest whole number of SQLite is 9223372036854775807".into()),
        Value::Float(value) => arguments.add(*value),
        Value::Bytes(bytes) => arguments.add(bytes.clone()),
        Value::Decimal(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Timestamp(text)
        | Value::Instant(text)
        | Value::Uuid(text)
        | Value::Json(text) => arguments.add(text.clone()),
    }
}

fn cell(row: &SqliteRow, index: usize) -> Result<Value> {
    let value = row.try_get_raw(index).map_err(unreadable)?;
    if value.is_null() {
        return Ok(Value::Null);
    }
    let type_info = value.type_info();
    Ok(match type_info.name() {
        "INTEGER" => Value::Int(row.try_get_unchecked(index).map_err(unreadable)?),
        "REAL" => Value::Float(row.try_get_unchecked(index).map_err(unreadable)?),
        "BLOB" => Value::Bytes(row.try_get_unchecked(index).map_err(unreadable)?),
        _ => Value::Text(row.try_get_unchecked(index).map_err(unreadable)?),
    })
}
