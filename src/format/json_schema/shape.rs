//! The pieces of a JSON Schema.

use serde_json::{Map, Value, json};

use crate::format::DATABASES;

/// A closed map: its keys, and which of them must be there.
#[derive(Clone, Default)]
pub(crate) struct Shape {
    keys: Map<String, Value>,
    required: Vec<&'static str>,
    /// More that holds of the whole map, such as `oneOf`.
    rules: Map<String, Value>,
}

impl Shape {
    /// A map whose only key, so far, must be there.
    pub(crate) fn of(key: &'static str, value: Value) -> Self {
        Self::default().with(key, value).needing(key)
    }

    /// A key that may be left out.
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.keys.insert(key.to_owned(), value);
        self
    }

    /// Says that a key must be there.
    pub(crate) fn needing(mut self, key: &'static str) -> Self {
        self.required.push(key);
        self
    }

    /// The same, and the keys of another one too.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self.required.extend(other.required);
        self.rules.extend(other.rules);
        self
    }

    /// Exactly one of these keys must be there.
    pub(crate) fn needing_either(mut self, alternatives: &[&str]) -> Self {
        let each = alternatives.iter().map(|key| json!({ "required": [key] }));
        self.rules.insert("oneOf".to_owned(), each.collect());
        self
    }

    /// A further rule for the whole map.
    pub(crate) fn ruled(mut self, keyword: &str, rule: Value) -> Self {
        self.rules.insert(keyword.to_owned(), rule);
        self
    }

    /// The options of each database, under its word.
    pub(crate) fn with_options(self, name: &str) -> Self {
        DATABASES.iter().fold(self, |shape, word| shape.with(word, reference(name)))
    }

    /// As a schema.
    pub(crate) fn closed(self) -> Value {
        let mut schema = json!({ "type": "object", "properties": self.keys, "additionalProperties": false });
        if let Value::Object(schema) = &mut schema {
            schema.extend(self.rules);
            if !self.required.is_empty() {
                schema.insert("required".to_owned(), json!(self.required));
            }
        }
        schema
    }

    /// As a schema with a sentence for people.
    pub(crate) fn described(self, description: &str) -> Value {
        described(description, self.closed())
    }
}

/// Puts a sentence for people in front.
pub(crate) fn described(description: &str, schema: Value) -> Value {
    let mut all = Map::from_iter([("description".to_owned(), json!(description))]);
    if let Value::Object(schema) = schema {
        all.extend(schema);
    }
    Value::Object(all)
}

/// A schema with a further keyword.
fn with_keyword(mut schema: Value, keyword: &str, value: Value) -> Value {
    if let Value::Object(schema) = &mut schema {
        schema.insert(keyword.to_owned(), value);
    }
    schema
}

/// Points at a definition.
pub(crate) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Text in any notation.
pub(crate) fn scalar() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

/// Text, or nothing.
pub(crate) fn text(description: &str) -> Value {
    json!({ "description": description, "type": ["string", "number", "boolean", "null"] })
}

/// True, false, or nothing.
pub(crate) fn flag(description: &str, usual: bool) -> Value {
    json!({ "description": description, "type": ["boolean", "null"], "default": usual })
}

/// One of some words, or nothing; the usual one first.
pub(crate) fn word(description: &str, words: &[&str]) -> Value {
    let choices: Vec<Value> = words.iter().map(|word| json!(word)).chain([Value::Null]).collect();
    json!({ "description": description, "enum": choices, "default": words.first() })
}

/// One of some words.
pub(crate) fn words(words: &[&str]) -> Value {
    json!({ "enum": words })
}

/// A list.
pub(crate) fn list_of(items: Value) -> Value {
    with_keyword(json!({ "type": "array" }), "items", items)
}

/// One, or a list of them.
pub(crate) fn one_or_list(description: &str, items: Value) -> Value {
    described(description, any_of(vec![items.clone(), list_of(items)]))
}

/// A map whose keys are the user's names.
pub(crate) fn map_of(items: Value) -> Value {
    with_keyword(json!({ "type": "object" }), "additionalProperties", items)
}

/// Any of some notations.
pub(crate) fn any_of(choices: Vec<Value>) -> Value {
    with_keyword(json!({}), "anyOf", Value::Array(choices))
}

/// A key that may also say nothing.
pub(crate) fn or_null(value: Value) -> Value {
    any_of(vec![value, json!({ "type": "null" })])
}
