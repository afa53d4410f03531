//! What all reports for programs share.

use serde_json::{Map, Value, json};

/// One report: `"format": 1` and then these keys, in this order.
pub(crate) fn report<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let head = [("format".to_owned(), json!(1))];
    let all = head.into_iter().chain(entries.into_iter().map(|(key, value)| (key.to_owned(), value)));
    Value::Object(all.collect::<Map<String, Value>>())
}
