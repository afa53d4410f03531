//! Values that go to a database as parameters, and come back in rows.

use crate::schema::Neutral;

/// One value. Numbers that a machine word does not hold, times and documents are text in one spelling, so that the same
/// row reads the same from every database.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// NULL, which no type has and every type takes.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above the largest [`Value::Int`]; databases with unsigned columns alone have it.
    Unsigned(u64),
    /// A real number.
    Float(f64),
    /// An exact number as its digits: `-12.50`.
    Decimal(String),
    /// Text, and whatever has no word of its own here.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A day: `2026-11-21`.
    Date(String),
    /// A time of day: `20:48:00`, `20:48:00.5`.
    Time(String),
    /// Date and time without a zone: `2026-11-21 20:48:00`.
    Timestamp(String),
    /// An instant, in UTC and without saying so: `2026-11-21 20:48:00`.
    Instant(String),
    /// A UUID in lower case, with hyphens.
    Uuid(String),
    /// A JSON document.
    Json(String),
}

/// What a column holds, as far as values are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// [`Value::Bool`].
    Bool,
    /// [`Value::Int`], of so many bytes.
    Int(u8),
    /// [`Value::Float`]; true = of single precision.
    Float(bool),
    /// [`Value::Decimal`]; digits in all and behind the point, where they are limited.
    Decimal(Option<(u32, u32)>),
    /// [`Value::Text`]; the most characters, where they are limited.
    Text(Option<u32>),
    /// [`Value::Bytes`].
    Bytes,
    /// [`Value::Date`].
    Date,
    /// [`Value::Time`].
    Time,
    /// [`Value::Timestamp`].
    Timestamp,
    /// [`Value::Instant`].
    Instant,
    /// [`Value::Uuid`].
    Uuid,
    /// [`Value::Json`].
    Json,
    /// Of a type that only this database has: read and written as the server's own text, a [`Value::Text`].
    Native(String),
}

impl Value {
    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a value that is kept as text, whatever sort of text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text)
            | Self::Decimal(text)
            | Self::Date(text)
            | Self::Time(text)
            | Self::Timestamp(text)
            | Self::Instant(text)
            | Self::Uuid(text)
            | Self::Json(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Unsigned(_) | Self::Float(_) | Self::Bytes(_) => None,
        }
    }

    /// For messages and keys: what a person would write. NULL is `NULL`, bytes are hexadecimal digits.
    pub fn for_people(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Unsigned(value) => value.to_string(),
            Self::Float(value) => format!("{value:?}"),
            Self::Bytes(bytes) => format!("X'{}'", hexadecimal(bytes)),
            Self::Decimal(text)
            | Self::Text(text)
            | Self::Date(text)
            | Self::Time(text)
            | Self::Timestamp(text)
            | Self::Instant(text)
            | Self::Uuid(text)
            | Self::Json(text) => text.clone(),
        }
    }

    /// The word for what it is, for messages.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "a truth value",
            Self::Int(_) | Self::Unsigned(_) => "a whole number",
            Self::Float(_) => "a real number",
            Self::Decimal(_) => "a decimal number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Date(_) => "a date",
            Self::Time(_) => "a time",
            Self::Timestamp(_) => "a timestamp",
            Self::Instant(_) => "an instant",
            Self::Uuid(_) => "a UUID",
            Self::Json(_) => "JSON",
        }
    }
}

impl ValueType {
    /// The type that a value has by itself. NULL has none.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int(8),
            Value::Float(_) => Self::Float(false),
            Value::Unsigned(_) | Value::Decimal(_) => Self::Decimal(None),
            Value::Text(_) => Self::Text(None),
            Value::Bytes(_) => Self::Bytes,
            Value::Date(_) => Self::Date,
            Value::Time(_) => Self::Time,
            Value::Timestamp(_) => Self::Timestamp,
            Value::Instant(_) => Self::Instant,
            Value::Uuid(_) => Self::Uuid,
            Value::Json(_) => Self::Json,
        })
    }
}

impl ValueType {
    /// What a column of a neutral type holds. None for an enum, whose native type depends on the database.
    pub(crate) fn of_neutral(neutral: &Neutral) -> Option<Self> {
        Some(match neutral {
            Neutral::Bool => Self::Bool,
            Neutral::Smallint => Self::Int(2),
            Neutral::Int => Self::Int(4),
            Neutral::Bigint => Self::Int(8),
            Neutral::Decimal(limits) => Self::Decimal(*limits),
            Neutral::Real => Self::Float(true),
            Neutral::Double => Self::Float(false),
            Neutral::Char(length) | Neutral::Varchar(length) => Self::Text(*length),
            Neutral::Text => Self::Text(None),
            Neutral::Bytes => Self::Bytes,
            Neutral::Date => Self::Date,
            Neutral::Time => Self::Time,
            Neutral::Timestamp => Self::Timestamp,
            Neutral::TimestampTz => Self::Instant,
            Neutral::Uuid => Self::Uuid,
            Neutral::Json => Self::Json,
            Neutral::Enum { .. } => return None,
        })
    }
}

/// Appends a text as a JSON string.
pub(crate) fn push_json_text(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            control if control < ' ' => {
                let code = u32::from(control);
                let digit = |nibble: u32| char::from_digit(nibble, 16).unwrap_or('0');
                json.push_str("\\u00");
                json.extend([digit(code >> 4), digit(code & 15)]);
            }
            other => json.push(other),
        }
    }
    json.push('"');
}

/// Two upper-case digits for each byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

macro_rules! from {
    ($($variant:ident: $($from:ty),+;)+) => {
        $($(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })+)+
    };
}

from! {
    Bool: bool;
    Int: i8, i16, i32, i64, u8, u16, u32;
    Float: f32, f64;
    Text: String, &str, &String;
    Bytes: Vec<u8>, &[u8];
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Unsigned(value), Self::Int)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_smallest_sort() {
        assert_eq!(Value::from(7u64), Value::Int(7));
        assert_eq!(Value::from(u64::MAX), Value::Unsigned(u64::MAX));
        assert_eq!(Value::from(None::<i32>), Value::Null);
        assert_eq!(Value::from(Some("a")), Value::Text("a".to_owned()));
    }

    #[test]
    fn bytes_are_two_digits_each() {
        assert_eq!(hexadecimal(&[0, 0xab, 0xff]), "00ABFF");
    }
}
