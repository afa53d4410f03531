//! Values and columns: what a column takes, and what a cell of a driver means. Pure.
//!
//! Nothing is cut, rounded or guessed: what does not fit is an error before it is sent, the same on every database.

use super::shape::ColumnShape;
use crate::error::{Error, Kind, Result};
use crate::statement::value::{Value, ValueType};

/// A value as a column takes it.
///
/// Errors: Statement, naming the column: NULL where there is none, another sort of value, too long, too large.
pub(crate) fn fit(value: Value, column: &ColumnShape) -> Result<Value> {
    if column.generated {
        return Err(refused(column, "is computed by the database and takes no value"));
    }
    if value.is_null() {
        return if column.nullable { Ok(value) } else { Err(refused(column, "takes no NULL")) };
    }
    converted(value, &column.ty).map_err(|why| refused(column, &why))
}

fn refused(column: &ColumnShape, why: &str) -> Error {
    Error::new(Kind::Statement, format!("column {} {why}", column.name))
}

fn converted(value: Value, ty: &ValueType) -> Result<Value, String> {
    let wrong = |value: &Value| Err(format!("takes {}, not {}: {}", wanted(ty), value.word(), shown(value)));
    match (ty, value) {
        (ValueType::Bool, value @ Value::Bool(_)) | (ValueType::Bytes, value @ Value::Bytes(_)) => Ok(value),
        (ValueType::Bool, Value::Int(number @ (0 | 1))) => Ok(Value::Bool(number == 1)),
        (ValueType::Int(bytes), Value::Int(number)) => fits_bytes(number, *bytes),
        (ValueType::Int(8), value @ Value::Unsigned(_)) => Ok(value),
        (ValueType::Float(_), value @ Value::Float(_)) => Ok(value),
        #[expect(clippy::cast_precision_loss, reason = "checked by the way back")]
        #[expect(clippy::cast_possible_truncation, reason = "this is the way back")]
        // Of 64 bits, the largest would come back as itself: casts stop at the limits of the type.
        (ValueType::Float(_), Value::Int(number)) if (number as f64) as i128 == i128::from(number) => {
            Ok(Value::Float(number as f64))
        }
        (ValueType::Decimal(limits), Value::Int(number)) => decimal(number.to_string(), *limits),
        (ValueType::Decimal(limits), Value::Decimal(text) | Value::Text(text)) if is_decimal(&text) => {
            decimal(text, *limits)
        }
        (ValueType::Text(limit), Value::Text(text)) => text_of(text, *limit),
        (ValueType::Date, Value::Date(text) | Value::Text(text)) if looks_like(&text, "0000-00-00") => {
            Ok(Value::Date(text))
        }
        (ValueType::Time, Value::Time(text) | Value::Text(text)) if looks_like_time(&text) => Ok(Value::Time(text)),
        (ValueType::Timestamp, Value::Timestamp(text) | Value::Instant(text) | Value::Text(text))
            if looks_like_moment(&text) =>
        {
            Ok(Value::Timestamp(moment(&text)))
        }
        (ValueType::Instant, Value::Timestamp(text) | Value::Instant(text) | Value::Text(text))
            if looks_like_moment(&text) =>
        {
            Ok(Value::Instant(moment(&text)))
        }
        (ValueType::Uuid, Value::Uuid(text) | Value::Text(text)) if looks_like_uuid(&text) => {
            Ok(Value::Uuid(text.to_ascii_lowercase()))
        }
        (ValueType::Json, Value::Json(text) | Value::Text(text)) => Ok(Value::Json(text)),
        (ValueType::Native(_), value) => Ok(value),
        (_, value) => wrong(&value),
    }
}

fn wanted(ty: &ValueType) -> &'static str {
    match ty {
        ValueType::Bool => "a truth value",
        ValueType::Int(_) => "a whole number",
        ValueType::Float(_) => "a real number",
        ValueType::Decimal(_) => "a decimal number",
        ValueType::Text(_) => "text",
        ValueType::Bytes => "bytes",
        ValueType::Date => "a date",
        ValueType::Time => "a time",
        ValueType::Timestamp => "a timestamp",
        ValueType::Instant => "an instant",
        ValueType::Uuid => "a UUID",
        ValueType::Json => "JSON",
        ValueType::Native(_) => "a value of its own type",
    }
}

/// A value in a message; cut, for it may be long.
fn shown(value: &Value) -> String {
    let text = value.for_people();
    if text.chars().count() > 40 { text.chars().take(40).chain("…".chars()).collect() } else { text }
}

fn fits_bytes(number: i64, bytes: u8) -> Result<Value, String> {
    let bits = u32::from(bytes) * 8;
    let limit = 1_i64.checked_shl(bits.saturating_sub(1)).filter(|_| bits < 64);
    match limit {
        Some(limit) if number >= limit || number < -limit => {
            Err(format!("takes whole numbers from {} to {}, not {number}", -limit, limit - 1))
        }
        _ => Ok(Value::Int(number)),
    }
}

fn text_of(text: String, limit: Option<u32>) -> Result<Value, String> {
    // A text has no more characters than bytes: most are not counted.
    let limit = limit.map_or(usize::MAX, |limit| limit as usize);
    let length = if text.len() <= limit { 0 } else { text.chars().count() };
    if length > limit {
        return Err(format!("takes {limit} characters, not {length}: {}", shown(&Value::Text(text))));
    }
    Ok(Value::Text(text))
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    !digits.is_empty() && digits != "." && all_digits(whole) && all_digits(fraction)
}

fn decimal(text: String, limits: Option<(u32, u32)>) -> Result<Value, String> {
    let Some((precision, scale)) = limits else { return Ok(Value::Decimal(text)) };
    let digits = text.trim_start_matches(['-', '+']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if fraction.len() > scale as usize || whole.len() > precision.saturating_sub(scale) as usize {
        return Err(format!("takes {precision} digits, {scale} of them behind the point, not {text}"));
    }
    Ok(Value::Decimal(text))
}

fn looks_like(text: &str, like: &str) -> bool {
    let same = |(one, other): (u8, u8)| if other == b'0' { one.is_ascii_digit() } else { one == other };
    text.len() == like.len() && text.bytes().zip(like.bytes()).all(same) || text.ends_with("infinity")
}

fn looks_like_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let parts: Vec<&str> = whole.trim_start_matches('-').split(':').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

fn looks_like_moment(text: &str) -> bool {
    let text = moment(text);
    match text.split_once(' ') {
        Some((date, time)) => looks_like(date, "0000-00-00") && looks_like_time(time),
        None => looks_like(&text, "0000-00-00"),
    }
}

/// `2026-11-21T20:48:00Z` in our spelling.
fn moment(text: &str) -> String {
    let text = text.replacen('T', " ", 1);
    ["Z", "+00:00", "+00"].iter().find_map(|zone| text.strip_suffix(zone)).unwrap_or(&text).to_owned()
}

fn looks_like_uuid(text: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    let fits =
        |(index, byte): (usize, u8)| if hyphens.contains(&index) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// What a cell of a driver means in a column of this type. What cannot be read so stays as it came: databases that do not
/// keep their types may hold anything.
pub(crate) fn read(value: Value, ty: &ValueType) -> Value {
    let value = match value {
        // Text with a binary collation comes as bytes.
        Value::Bytes(bytes) if !matches!(ty, ValueType::Bytes | ValueType::Native(_)) => {
            String::from_utf8(bytes).map_or_else(|error| Value::Bytes(error.into_bytes()), Value::Text)
        }
        other => other,
    };
    match (ty, value) {
        (ValueType::Bool, Value::Int(number)) => Value::Bool(number != 0),
        (ValueType::Int(_), Value::Bool(value)) => Value::Int(i64::from(value)),
        (ValueType::Int(_), Value::Decimal(text)) => text.parse().map_or(Value::Decimal(text), Value::Int),
        (ValueType::Float(_), Value::Decimal(text)) => text.parse().map_or(Value::Decimal(text), Value::Float),
        #[expect(clippy::cast_precision_loss, reason = "whole numbers in a column of real ones are real numbers")]
        (ValueType::Float(_), Value::Int(number)) => Value::Float(number as f64),
        (ValueType::Decimal(limits), Value::Int(number)) => padded(number.to_string(), *limits),
        (ValueType::Decimal(limits), Value::Float(number)) => padded(number.to_string(), *limits),
        (ValueType::Decimal(limits), Value::Decimal(text) | Value::Text(text)) => padded(text, *limits),
        (ValueType::Date, Value::Text(text)) => Value::Date(text),
        (ValueType::Time, Value::Text(text) | Value::Time(text)) => Value::Time(without_zeros(text)),
        (ValueType::Timestamp, Value::Text(text) | Value::Instant(text) | Value::Timestamp(text)) => {
            Value::Timestamp(without_zeros(moment(&text)))
        }
        (ValueType::Instant, Value::Text(text) | Value::Timestamp(text) | Value::Instant(text)) => {
            Value::Instant(without_zeros(moment(&text)))
        }
        (ValueType::Uuid, Value::Text(text)) => Value::Uuid(text.to_ascii_lowercase()),
        (ValueType::Json, Value::Text(text)) => Value::Json(text),
        (_, value) => value,
    }
}

/// With as many digits behind the point as the column has.
fn padded(text: String, limits: Option<(u32, u32)>) -> Value {
    let Some((_, scale)) = limits else { return Value::Decimal(text) };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    // A computation may have more digits than its column.
    let fraction = match fraction.get(scale as usize..) {
        Some(beyond) if beyond.bytes().all(|digit| digit == b'0') => fraction.get(..scale as usize).unwrap_or_default(),
        _ => fraction,
    };
    let missing = (scale as usize).saturating_sub(fraction.len());
    let point = if scale > 0 { "." } else { "" };
    Value::Decimal(format!("{whole}{point}{fraction}{}", "0".repeat(missing)))
}

/// Without digits of a fraction that say nothing.
fn without_zeros(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(ty: ValueType) -> ColumnShape {
        ColumnShape { name: "c".to_owned(), ty, nullable: false, generated: false, defaulted: false }
    }

    #[track_caller]
    fn refuses(value: impl Into<Value>, ty: ValueType, words: &str) {
        let error = fit(value.into(), &column(ty)).unwrap_err();
        assert!(error.phrase().contains(words), "{error}");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        refuses(Value::Null, ValueType::Int(4), "takes no NULL");
        refuses(40_000, ValueType::Int(2), "from -32768 to 32767, not 40000");
        refuses(128, ValueType::Int(1), "from -128 to 127");
        refuses("abcd", ValueType::Text(Some(3)), "takes 3 characters, not 4: abcd");
        refuses("x", ValueType::Int(8), "takes a whole number, not text: x");
        refuses("12.345", ValueType::Decimal(Some((5, 2))), "takes 5 digits, 2 of them behind the point, not 12.345");
        refuses("1234", ValueType::Decimal(Some((5, 2))), "takes 5 digits");
        refuses("yesterday", ValueType::Date, "takes a date, not text");
        refuses("2026-01-01", ValueType::Uuid, "takes a UUID");
        refuses(i64::MAX, ValueType::Float(false), "takes a real number");
        refuses(2, ValueType::Bool, "takes a truth value, not a whole number: 2");
    }

    #[test]
    fn what_fits_is_taken() {
        let takes = |value: Value, ty| fit(value, &column(ty)).unwrap();
        assert_eq!(takes(Value::Int(-32_768), ValueType::Int(2)), Value::Int(-32_768));
        assert_eq!(takes(Value::Int(i64::MIN), ValueType::Int(8)), Value::Int(i64::MIN));
        assert_eq!(takes(Value::from("äöü"), ValueType::Text(Some(3))), Value::from("äöü"));
        assert_eq!(takes(Value::from("12.340"), ValueType::Decimal(Some((5, 2)))), Value::Decimal("12.340".to_owned()));
        let instant = Value::Instant("2026-11-21 20:48:00.5".to_owned());
        assert_eq!(takes(Value::from("2026-11-21T20:48:00.5Z"), ValueType::Instant), instant);
        assert_eq!(takes(Value::Int(1), ValueType::Bool), Value::Bool(true));
    }

    #[test]
    fn a_cell_means_what_its_column_says() {
        assert_eq!(read(Value::Int(1), &ValueType::Bool), Value::Bool(true));
        assert_eq!(read(Value::Float(12.5), &ValueType::Decimal(Some((10, 2)))), Value::Decimal("12.50".to_owned()));
        assert_eq!(read(Value::Decimal("7".to_owned()), &ValueType::Int(8)), Value::Int(7));
        assert_eq!(read(Value::Bytes(b"{}".to_vec()), &ValueType::Json), Value::Json("{}".to_owned()));
        let instant = read(Value::Text("2026-11-21 20:48:00.500000".to_owned()), &ValueType::Instant);
        assert_eq!(instant, Value::Instant("2026-11-21 20:48:00.5".to_owned()));
    }
}
