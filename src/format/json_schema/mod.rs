//! The grammar of models and operations as JSON Schemas (draft 2020-12), for editors: what [`crate::format`] reads.
//!
//! They allow what the readers allow: scalars in any notation, since their text is what counts, and `null` for a key that
//! says nothing. Every map is closed, but those whose keys are the user's names or a database's options. Made from the
//! readers' own lists of words; tests compare the keys with those that the readers ask for.

mod data;
mod nouns;
mod rules;
mod shape;
mod verbs;

pub(crate) use nouns::schema_keys;
pub(crate) use shape::{Shape, map_of, one_or_list, or_null, scalar, text};
pub(crate) use verbs::operations;

use serde_json::{Map, Value, json};

use crate::format::DATABASES;
use shape::{described, reference, words};

/// A whole schema: the keys of the file, and the definitions that it points at.
pub(crate) fn document(title: &str, description: &str, shape: Shape) -> Value {
    let head = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": title });
    let mut whole = head.as_object().cloned().unwrap_or_default();
    whole.extend(shape.described(description).as_object().cloned().unwrap_or_default());
    let (mut used, mut left) = (Map::new(), definitions());
    let mut found = Value::Object(whole.clone());
    while let Some(more) = take_referenced(&found, &mut left) {
        used.extend(more.clone());
        found = Value::Object(more);
    }
    whole.insert("$defs".to_owned(), Value::Object(used));
    Value::Object(whole)
}

/// Takes out of `left` what `schema` points at; `None` = nothing.
fn take_referenced(schema: &Value, left: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    let text = schema.to_string();
    let (taken, kept) =
        std::mem::take(left).into_iter().partition(|(name, _)| text.contains(&reference(name).to_string()));
    *left = kept;
    Some(taken).filter(|taken: &Map<String, Value>| !taken.is_empty())
}

/// The key `format:`.
pub(crate) fn format_number() -> Value {
    json!({ "description": "The format of this file.", "enum": [1, null], "default": 1 })
}

/// The word of a database.
pub(crate) fn database_word(description: &str) -> Value {
    described(description, or_null(words(&DATABASES)))
}

/// Everything that [`reference()`] names.
fn definitions() -> Map<String, Value> {
    nouns::definitions().into_iter().chain(verbs::definitions()).map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
pub(crate) mod tests;
