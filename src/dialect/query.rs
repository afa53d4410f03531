//! The words in which databases differ when rows are asked for and changed. Pure: texts in, texts out.
//!
//! What comes in as SQL is already quoted; what goes out is SQL of this database. Whatever can be said alike everywhere
//! is said by whoever asks, not here.

use std::borrow::Cow;

use crate::statement::ServerVersion;
use crate::statement::value::{Value, ValueType, hexadecimal, push_json_text};

/// What changes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Insert,
    Update,
    Delete,
}

/// A part of a date or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatePart {
    /// The year.
    Year,
    /// The month, from 1.
    Month,
    /// The day of the month, from 1.
    Day,
    /// The hour, from 0.
    Hour,
    /// The minute, from 0.
    Minute,
}

/// How rows that are read are locked against others until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowLock {
    /// Waits for those who hold a row.
    Wait,
    /// An error at once where somebody holds a row.
    NoWait,
    /// Leaves rows out that somebody holds.
    SkipLocked,
}

/// How much of what others do a transaction sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// What is committed, at each statement anew.
    ReadCommitted,
    /// What was committed when the transaction read first.
    RepeatableRead,
    /// As if transactions ran one after the other.
    Serializable,
}

/// A row that is there already.
pub(crate) struct OnConflict<'a> {
    /// The key that tells; some databases look at every key of the table instead.
    pub(crate) key: &'a [String],
    /// What it gets from the new row; nothing = it stays as it is.
    pub(crate) update: &'a [String],
}

/// New values for many rows, each found by its key: one statement.
pub(crate) struct SetUpdate<'a> {
    pub(crate) table: &'a str,
    pub(crate) key: &'a [(String, ValueType)],
    pub(crate) columns: &'a [(String, ValueType)],
    /// Key and new values of each row, in this order.
    pub(crate) rows: &'a [Vec<Value>],
}

impl SetUpdate<'_> {
    /// The least and the greatest of the first key column, where they sort here as in every database.
    pub(crate) fn span(&self) -> Option<(&Value, &Value)> {
        let sorted = |one: &Value, other: &Value| match (one, other) {
            (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
            // Of equal length and in lower case.
            (Value::Uuid(one), Value::Uuid(other)) => Some(one.cmp(other)),
            _ => None,
        };
        let mut keys = self.rows.iter().map(|row| row.first());
        let (mut least, mut greatest) = keys.next().flatten().map(|first| (first, first))?;
        for key in keys {
            let key = key?;
            if sorted(key, least)?.is_lt() {
                least = key;
            }
            if sorted(key, greatest)?.is_gt() {
                greatest = key;
            }
        }
        Some((least, greatest))
    }
}

/// A statement and its parameters.
pub(crate) type Bound = (String, Vec<Value>);

/// How one database says it.
pub(crate) trait Phrases: Sync {
    /// The mark for a parameter, from 1, of this type.
    fn parameter(&self, number: usize, ty: Option<&ValueType>) -> Cow<'static, str>;
    /// A parameter in a comparison or a computation, so that it counts as what it is.
    fn computed(&self, mark: String, _ty: &ValueType) -> String {
        mark
    }
    /// The name of a column that stands alone, `quoted` as every name, so that an unknown one is an error.
    fn column(&self, _name: &str, quoted: String) -> String {
        quoted
    }
    /// A column in a list of results, so that the driver can read it.
    fn readable(&self, sql: String, ty: &ValueType) -> String;
    /// `CAST` to a type.
    fn cast(&self, sql: &str, ty: &ValueType) -> String;
    /// What values a column of this native type holds.
    fn value_type(&self, native: &str) -> ValueType;

    /// `LIMIT … OFFSET …`, with a space before it; nothing where neither is given.
    fn limit(&self, limit: Option<u64>, offset: Option<u64>) -> String;
    /// A comparison with a pattern, where case counts. `pattern` is a parameter from [`Phrases::pattern`].
    fn like(&self, sql: &str, pattern: &str) -> String;
    /// The same where case does not count; on SQLite that is so for the letters of ASCII.
    fn like_any_case(&self, sql: &str, pattern: &str) -> String;
    /// The pattern (`%`, `_`, a backslash before a character that means itself) as [`Phrases::like`] wants it.
    fn pattern(&self, pattern: &str) -> String {
        pattern.to_owned()
    }
    /// The number of characters of a text.
    fn characters(&self, sql: &str) -> String {
        format!("char_length({sql})")
    }
    /// Texts in a row; NULL where one is NULL.
    fn concat(&self, parts: &[String]) -> String {
        format!("({})", parts.join(" || "))
    }
    /// The instant of the statement, by the server's clock, in UTC.
    fn now(&self) -> &'static str;
    /// A moment, later by so many microseconds.
    fn shifted(&self, sql: &str, microseconds: i64) -> String;
    /// A part of a moment as a whole number.
    fn date_part(&self, part: DatePart, sql: &str) -> String;
    /// A term of ORDER BY. NULLs come first, unless they are said to be last.
    fn ordered(&self, sql: &str, descending: bool, nulls_first: bool) -> String;
    /// A text that is compared and sorted by its bytes.
    fn by_bytes(&self, sql: &str) -> String;
    /// What stands behind a SELECT that locks its rows; nothing where a transaction locks the whole database.
    fn row_lock(&self, lock: RowLock) -> &'static str;

    /// An INSERT without any value, behind the table's name.
    fn default_row(&self) -> &'static str {
        "DEFAULT VALUES"
    }
    /// What INSERT says about rows that are there, behind its values.
    fn on_conflict(&self, conflict: &OnConflict<'_>) -> String {
        let key = conflict.key.join(", ");
        let set: Vec<String> = conflict.update.iter().map(|column| format!("{column} = excluded.{column}")).collect();
        match set.as_slice() {
            [] => format!(" ON CONFLICT ({key}) DO NOTHING"),
            set => format!(" ON CONFLICT ({key}) DO UPDATE SET {}", set.join(", ")),
        }
    }
    /// Whether the statement can give rows back.
    fn has_returning(&self, change: Change, server: ServerVersion) -> bool;
    /// A question that gives the first key that the last INSERT was given, and the step to the next, where INSERT itself
    /// gives nothing back.
    fn given_keys(&self) -> Option<&'static str> {
        None
    }
    /// The most parameters of one statement.
    fn most_parameters(&self) -> usize;
    /// How many rows one [`Phrases::set_update`] of this kind changes at most.
    fn most_rows_in_update(&self, _update: &SetUpdate<'_>) -> usize {
        usize::MAX
    }
    /// One statement for many rows; None where this server has none for these types.
    fn set_update(&self, update: &SetUpdate<'_>, server: ServerVersion) -> Option<Bound>;
    /// The statement that takes rows as a stream of tab-separated lines.
    fn copy_in(&self, _table: &str, _columns: &[String]) -> Option<String> {
        None
    }
    /// What begins a transaction, one statement after the other.
    fn begin(&self, isolation: Option<Isolation>, read_only: bool) -> Vec<String>;
    /// What is said before the first transaction of a session that may only read, and behind its last.
    fn read_only(&self, _on: bool) -> Option<&'static str> {
        None
    }
    /// The options of a table, by database word, so that its texts are compared as elsewhere.
    fn plain_text_options(&self, _server: ServerVersion) -> &'static [(&'static str, &'static str, &'static str)] {
        &[]
    }
}

/// One statement for many rows, said with what every database knows: `SET a = CASE WHEN key = … THEN … END`. Its length
/// grows with the rows, its time with their square: for some hundreds.
pub(crate) fn case_update(phrases: &dyn Phrases, update: &SetUpdate<'_>) -> Bound {
    let mut values = Vec::new();
    let keys = update.key.len();
    let mut sets = Vec::with_capacity(update.columns.len());
    for (index, (name, ty)) in update.columns.iter().enumerate() {
        let mut cases = String::new();
        for row in update.rows {
            let condition = is_row(phrases, update.key, row, &mut values);
            let new = marked(phrases, row.get(keys + index).unwrap_or(&Value::Null), ty, &mut values);
            cases.push_str(" WHEN ");
            cases.push_str(&condition);
            cases.push_str(" THEN ");
            cases.push_str(&new);
        }
        sets.push(format!("{name} = CASE{cases} ELSE {name} END"));
    }
    let found: Vec<String> =
        update.rows.iter().map(|row| format!("({})", is_row(phrases, update.key, row, &mut values))).collect();
    (format!("UPDATE {} SET {} WHERE {}", update.table, sets.join(", "), found.join(" OR ")), values)
}

fn is_row(phrases: &dyn Phrases, key: &[(String, ValueType)], row: &[Value], values: &mut Vec<Value>) -> String {
    let parts =
        key.iter().zip(row).map(|((name, ty), value)| format!("{name} = {}", marked(phrases, value, ty, values)));
    parts.collect::<Vec<_>>().join(" AND ")
}

fn marked(phrases: &dyn Phrases, value: &Value, ty: &ValueType, values: &mut Vec<Value>) -> Cow<'static, str> {
    values.push(value.clone());
    phrases.parameter(values.len(), Some(ty))
}

/// The rows as a JSON array of arrays. Whole numbers stay numbers, all else is text, bytes as hexadecimal digits.
pub(crate) fn rows_as_json(rows: &[Vec<Value>]) -> String {
    let mut json = String::from("[");
    for (index, row) in rows.iter().enumerate() {
        json.push_str(if index == 0 { "[" } else { ",[" });
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                json.push(',');
            }
            push_json(&mut json, value);
        }
        json.push(']');
    }
    json.push(']');
    json
}

fn push_json(json: &mut String, value: &Value) {
    match value {
        Value::Null => json.push_str("null"),
        Value::Bool(value) => json.push_str(if *value { "1" } else { "0" }),
        Value::Int(_) => json.push_str(&value.for_people()),
        Value::Bytes(bytes) => push_json_text(json, &hexadecimal(bytes)),
        Value::Unsigned(_) | Value::Float(_) => push_json_text(json, &value.for_people()),
        Value::Decimal(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Timestamp(text)
        | Value::Instant(text)
        | Value::Uuid(text)
        | Value::Json(text) => push_json_text(json, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_sort_here_as_there_have_a_span() {
        let span = |keys: &[Value]| {
            let rows: Vec<Vec<Value>> = keys.iter().map(|key| vec![key.clone()]).collect();
            let update = SetUpdate { table: "t", key: &[], columns: &[], rows: &rows };
            update.span().map(|(least, greatest)| (least.for_people(), greatest.for_people()))
        };
        let uuid = |text: &str| Value::Uuid(text.to_owned());
        assert_eq!(span(&[Value::Int(7), Value::Int(-2), Value::Int(9)]), Some(("-2".to_owned(), "9".to_owned())));
        assert_eq!(span(&[uuid("b0"), uuid("a9")]), Some(("a9".to_owned(), "b0".to_owned())));
        assert_eq!(span(&[Value::from("b"), Value::from("A")]), None, "a collation decides");
        assert_eq!(span(&[Value::Int(1), Value::Null]), None);
        assert_eq!(span(&[]), None);
    }
}
