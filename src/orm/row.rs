//! A row of an answer: names and values, not known to any identity map.

use std::sync::Arc;

use crate::error::{Error, Kind, Result};
use crate::statement::value::Value;

/// A row as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub(crate) names: Arc<[String]>,
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The values, in the order of the columns.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// A value by the name of its column.
    ///
    /// # Errors
    /// [`Kind::Usage`] where there is no such column.
    pub fn value(&self, name: &str) -> Result<&Value> {
        let place = self.names.iter().position(|column| column == name);
        place.and_then(|place| self.values.get(place)).ok_or_else(|| no_column(name, &self.names))
    }

    /// A value as a type of Rust.
    ///
    /// # Errors
    /// [`Kind::Usage`] where there is no such column, or it holds something else.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T> {
        T::from_value(self.value(name)?.clone()).map_err(|error| error.while_doing(format!("column {name}")))
    }

    /// A value by its place, from 0.
    ///
    /// # Errors
    /// [`Kind::Usage`] where there is none, or it holds something else.
    pub fn at<T: FromValue>(&self, place: usize) -> Result<T> {
        let value =
            self.values.get(place).ok_or_else(|| Error::new(Kind::Usage, format!("there is no column {place}")))?;
        T::from_value(value.clone())
    }

    /// A text that is not NULL.
    ///
    /// # Errors
    /// [`Kind::Usage`] where there is no such column, or no text in it.
    pub fn text(&self, name: &str) -> Result<&str> {
        let value = self.value(name)?;
        value.as_text().ok_or_else(|| holds(value, "text").while_doing(format!("column {name}")))
    }

    /// Whether a column holds NULL.
    ///
    /// # Errors
    /// [`Kind::Usage`] where there is no such column.
    pub fn is_null(&self, name: &str) -> Result<bool> {
        self.value(name).map(Value::is_null)
    }
}

pub(crate) fn no_column(name: &str, names: &[String]) -> Error {
    Error::new(Kind::Usage, format!("there is no column {name}")).with_hint(format!("take one of {}", names.join(", ")))
}

fn holds(value: &Value, wanted: &str) -> Error {
    Error::new(Kind::Usage, format!("it holds {}, not {wanted}", value.word()))
}

/// A type of Rust that a value can become.
pub trait FromValue: Sized {
    /// The value, as this type.
    ///
    /// # Errors
    /// [`Kind::Usage`] for another sort of value, and for a number that is too large.
    fn from_value(value: Value) -> Result<Self>;
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self> {
        Ok(value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bool(value) => Ok(value),
            Value::Int(number @ (0 | 1)) => Ok(number == 1),
            other => Err(holds(&other, "a truth value")),
        }
    }
}

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Float(number) => Ok(number),
            #[expect(clippy::cast_precision_loss, reason = "the caller asks for a real number")]
            Value::Int(number) => Ok(number as Self),
            Value::Decimal(ref text) => text.parse().map_err(|_| holds(&value, "a real number")),
            other => Err(holds(&other, "a real number")),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a column of single precision holds nothing else")]
impl FromValue for f32 {
    fn from_value(value: Value) -> Result<Self> {
        f64::from_value(value).map(|number| number as Self)
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Text(text)
            | Value::Decimal(text)
            | Value::Date(text)
            | Value::Time(text)
            | Value::Timestamp(text)
            | Value::Instant(text)
            | Value::Uuid(text)
            | Value::Json(text) => Ok(text),
            other => Err(holds(&other, "text")),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            other => Err(holds(&other, "bytes")),
        }
    }
}

macro_rules! whole_numbers {
    ($($number:ty),+) => {
        $(impl FromValue for $number {
            fn from_value(value: Value) -> Result<Self> {
                let number = match &value {
                    Value::Int(number) => Self::try_from(*number).ok(),
                    Value::Unsigned(number) => Self::try_from(*number).ok(),
                    Value::Decimal(text) => text.parse().ok(),
                    _ => None,
                };
                number.ok_or_else(|| holds(&value, concat!("a whole number that fits ", stringify!($number))))
            }
        })+
    };
}

whole_numbers!(i8, i16, i32, i64, u8, u16, u32, u64);

/// Several columns at once: a tuple.
pub trait FromRow: Sized {
    /// The first columns of a row, as these types.
    ///
    /// # Errors
    /// As [`Row::at`].
    fn from_row(row: &Row) -> Result<Self>;
}

impl FromRow for Row {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(row.clone())
    }
}

macro_rules! tuples {
    ($(($($name:ident $place:tt),+))+) => {
        $(impl<$($name: FromValue),+> FromRow for ($($name,)+) {
            fn from_row(row: &Row) -> Result<Self> {
                Ok(($(row.at::<$name>($place)?,)+))
            }
        })+
    };
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_by_name_and_place() {
        let names: Arc<[String]> = ["id", "name", "note"].map(str::to_owned).into();
        let row = Row { names, values: vec![Value::Int(7), Value::from("Ann"), Value::Null] };
        assert_eq!(row.get::<i16>("id").unwrap(), 7);
        assert_eq!(row.text("name").unwrap(), "Ann");
        assert_eq!(row.get::<Option<String>>("note").unwrap(), None);
        assert_eq!(<(i64, String)>::from_row(&row).unwrap(), (7, "Ann".to_owned()));
        assert_eq!(row.text("note").unwrap_err().to_string(), "column note: it holds NULL, not text");
        assert_eq!(row.value("nmae").unwrap_err().hint(), Some("take one of id, name, note"));
        assert!(row.get::<i8>("name").is_err());
    }
}
