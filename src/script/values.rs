//! Values of a database and values of a script.

use rhai::{Blob, Dynamic, ImmutableString};

use crate::statement::value::Value;

/// A value as a script sees it.
pub(super) fn to_script(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(value) => Dynamic::from_bool(*value),
        Value::Int(value) => Dynamic::from_int(*value),
        // Beyond what the language counts: exact as text.
        Value::Unsigned(value) => i64::try_from(*value).map_or_else(|_| value.to_string().into(), Dynamic::from_int),
        Value::Float(value) => Dynamic::from_float(*value),
        Value::Bytes(bytes) => Dynamic::from_blob(bytes.clone()),
        Value::Decimal(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Timestamp(text)
        | Value::Instant(text)
        | Value::Uuid(text)
        | Value::Json(text) => text.as_str().into(),
    }
}

/// A value that a script set. What type its column has is checked by whoever writes it.
///
/// Err: what it is, in words, where no column holds such a thing.
pub(super) fn from_script(value: &Dynamic) -> Result<Value, String> {
    let value = value.flatten_clone();
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(truth) = value.as_bool() {
        return Ok(Value::Bool(truth));
    }
    if let Ok(number) = value.as_int() {
        return Ok(Value::Int(number));
    }
    if let Ok(number) = value.as_float() {
        return if number.is_finite() { Ok(Value::Float(number)) } else { Err(format!("{number}")) };
    }
    if let Ok(letter) = value.as_char() {
        return Ok(Value::Text(letter.to_string()));
    }
    let what = match value.type_name() {
        "array" => "an array".to_owned(),
        "map" => "a map".to_owned(),
        other => format!("a value of the type {other}"),
    };
    match value.try_cast_result::<ImmutableString>() {
        Ok(text) => Ok(Value::Text(text.to_string())),
        Err(value) => value.try_cast::<Blob>().map(Value::Bytes).ok_or(what),
    }
}

/// Whether a script left a value as it was.
pub(super) fn is_same(before: &Dynamic, after: &Dynamic) -> bool {
    match (from_script(before), from_script(after)) {
        (Ok(before), Ok(after)) => before == after,
        _ => false,
    }
}
