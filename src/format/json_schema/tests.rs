//! The schemas against the readers, with a validator that knows as much of JSON Schema as is used here.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::document;
use crate::Error;
use crate::format::{json_schema, operation};
use crate::schema::ObjectKind;
use crate::yaml::{self, Node};

/// One list of one operation each, for every verb and most keys.
pub(crate) const EXAMPLES: [&str; 59] = [
    "- create_schema: { name: app }",
    "- drop_schema: { name: app }",
    "- create_enum: { name: mood, values: [sad, ok], schema: app, comment: x }",
    "- drop_enum: { name: mood, was: { values: [sad] } }",
    "- alter_enum: { name: mood, values: [a, b], was: { values: [a] } }",
    "- alter_enum: { name: mood, comment: x, was: { comment: null } }",
    "- drop_enum: { name: mood, was: { values: [sad], comment: x } }",
    "- rename_enum: { name: mood, to: state }",
    "- create_table:\n    name: orders\n    columns:\n      id: { type: bigint, identity: always }\n      note: text\n      price: { type: \"decimal(10,2)\", default: 1.10, nullable: false }\n      kind: { enum: [a, b] }\n    primary_key: [id]\n    unique: { uq: [note] }\n    checks: [\"price > 0\"]\n    indexes: { ix: [note, { name: price, order: desc }] }\n    mysql: { engine: InnoDB }",
    "- create_table: { name: t, columns: { a: { type: { native: timestamp }, generated: { sql: b + 1, stored: false } }, b: { type: int, generated: b + 1 } }, unique: [a, [a, b], { columns: a, include: b }, { name: uq, columns: [a], deferrable: true }], foreign_keys: [{ columns: a, references: other }, { name: fk, columns: [a], references: { table: t, schema: app }, on_delete: SET_NULL, match: full, deferrable: deferred, set_columns: a }] }",
    "- create_table: { name: t, columns: { a: int }, primary_key: { name: pk, columns: a, include: [a], comment: x, postgres: { fillfactor: 70 } }, checks: { ck: { sql: { postgres: a > 0, sqlite: a > 1 } }, other: { sql: { mysql: x } } }, indexes: { i: a, j: { columns: [{ sql: lower(a), nulls: last, prefix: 3 }], method: gin, where: { sql: a > 0 } } } }",
    "- create_table: { name: t, columns: { a: { type: { enum: [x, y], enum_name: mood } }, b: { enum: [x], enum_name: mood, default: { literal: sql } }, c: { type: int, default: { sql: now() }, identity: { mode: serial, start: 5, cycle: true, sequence: s } } }, checks: [{ name: ck, condition: a > 0 }, { sql: a > 1, not_valid: true }] }",
    "- drop_table: { name: orders, was: { columns: { id: int } } }",
    "- drop_table: { name: orders, schema: app, was: null }",
    "- rename_table: { name: orders, to: purchases }",
    "- alter_table: { name: orders, comment: null, mysql: { engine: InnoDB, x: null }, was: { comment: x, mysql: { engine: MyISAM } } }",
    "- add_column: { table: orders, column: { name: note, type: text }, position: { after: id } }",
    "- add_column: { table: orders, column: { name: note, enum: [a] }, position: first }",
    "- drop_column: { table: orders, name: note }",
    "- drop_column: { table: orders, name: note, position: { after: id }, was: { type: text, renamed_from: x } }",
    "- rename_column: { table: orders, name: note, to: remark }",
    "- alter_column: { table: orders, name: note, type: varchar(80), nullable: false, default: null, was: { type: text, nullable: true, default: x } }",
    "- alter_column: { table: orders, name: note, identity: null, generated: null, comment: null, position: first, was: { identity: by_default } }",
    "- create_index: { table: orders, name: ix_a, columns: [a], unique: true, where: \"a > 0\" }",
    "- create_index: { table: orders, name: ix_a, columns: { name: a, order: asc }, nulls_not_distinct: true, include: [b], comment: x }",
    "- drop_index: { table: orders, name: ix_a, was: { columns: [{ sql: lower(a) }] } }",
    "- drop_index: { table: orders, name: ix_a }",
    "- rename_index: { table: orders, name: ix_a, to: ix_b }",
    "- create_primary_key: { table: orders, columns: [id] }",
    "- create_unique_constraint: { table: orders, name: uq_a, columns: [a] }",
    "- create_check_constraint: { table: orders, name: ck_a, condition: \"a > 0\" }",
    "- create_check_constraint: { table: orders, condition: { sql: a > 0 }, no_inherit: true, not_enforced: false }",
    "- create_foreign_key: { table: orders, name: fk_c, columns: [c], references: { table: customers, columns: [id] }, on_delete: cascade }",
    "- create_foreign_key: { table: orders, columns: c, references: customers, on_update: no action, deferrable: immediate }",
    "- drop_constraint: { table: orders, name: fk_c, kind: foreign_key, was: { columns: [c], references: { table: customers } } }",
    "- drop_constraint: { table: orders, kind: primary_key }",
    "- rename_constraint: { table: orders, name: fk_c, to: fk_d }",
    "- comment: { table: orders, index: ix, to: x, was: null }",
    "- comment: { table: orders, constraint: ck, to: null }",
    "- sql: \"UPDATE orders SET a = 1\"",
    "- sql: { postgres: \"SELECT 1\", mysql: \"SELECT 2\" }",
    "- sql: |\n    SELECT 1;\n    SELECT 2;",
    "- update: { name: x, table: t, schema: s, set: { a: 1, b: null, c: { sql: d } }, where: a > 0, undo: [{ sql: SELECT 1 }] }",
    "- backfill: { name: x, table: t, set: { a: 1 }, batch: { size: 10, pause: 5ms, wait_while: { sql: SELECT 1, above: 3, at_most: 1m } }, on_error: skip }",
    "- split_column: { name: x, table: t, column: a, at: b, into: [c, d], expect: { before: { rows: 1, hits: 0 }, after: { no_nulls: a, unique: [a, b], no_rows: SELECT 1 } } }",
    "- split_column: { name: x, table: t, column: a, into: { c: { sql: a } }, irreversible: why }",
    "- merge_columns: { name: x, table: t, columns: [a, b], into: c, with: d }",
    "- copy: { name: x, table: t, from: u, columns: [a] }",
    "- move_rows: { name: x, table: t, from: u, columns: { a: { sql: b } } }",
    "- normalise: { name: x, table: t, columns: { a: b }, into: u, key: { c: d } }",
    "- copy: { name: x, table: t, from: u, columns: [a], order: [a, { name: b, order: desc }], batch: { size: 10 } }",
    "- copy: { name: x, table: t, from: u, columns: [a], order: { name: b } }",
    "- seed: { name: x, table: t, rows: [{ a: 1, b: null }], existing: keep }",
    "- rows: { name: x, table: t, key: [a], delete: [{ a: 1 }], update: [{ a: 2, b: null }], insert: [{ a: 3, b: { sql: x } }] }",
    "- delete: { name: x, table: t, where: a }",
    "- script: { name: x, table: t, columns: [a], reads: b, where: a > 0, language: rhai, text: \"row.a = 1;\", batch: { size: 5 } }",
    "- closure: { name: x, table: t, version: 1, columns: a, program: shop-admin, undo: [] }",
    "- restore: { step: x, on_conflict: keep }",
    "- drop_column: { table: t, name: a, keep_data: { later: { sql: b } } }",
];

/// What is wrong with `value`, or nothing. Alternatives that all fail are reported as one.
fn complaint(root: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let rules = schema.as_object().expect("a schema is a map");
    let fails = |schema: &Value| complaint(root, schema, value, at).is_some();
    rules.iter().find_map(|(keyword, rule)| {
        let broken = match keyword.as_str() {
            "$ref" => {
                let target = root
                    .pointer(rule.as_str().unwrap().trim_start_matches('#'))
                    .unwrap_or_else(|| panic!("{rule} is missing"));
                return complaint(root, target, value, at);
            }
            "type" => !rule.as_array().unwrap_or(&vec![rule.clone()]).iter().any(|name| is_of_type(name, value)),
            "enum" => !rule.as_array().unwrap().contains(value),
            "anyOf" => rule.as_array().unwrap().iter().all(&fails),
            "oneOf" => rule.as_array().unwrap().iter().filter(|schema| !fails(schema)).count() != 1,
            "const" => rule != value,
            "minItems" => value.as_array().is_some_and(|items| (items.len() as u64) < rule.as_u64().unwrap()),
            "maxItems" => value.as_array().is_some_and(|items| items.len() as u64 > rule.as_u64().unwrap()),
            "minimum" => value.as_f64().is_some_and(|number| number < rule.as_f64().unwrap()),
            "pattern" => value.as_str().is_some_and(|text| !matches_pattern(rule.as_str().unwrap(), text)),
            "items" => return items(root, rule, value, at),
            "properties" | "required" | "minProperties" | "maxProperties" | "additionalProperties" => {
                return keys(root, schema, keyword, value, at);
            }
            "$schema" | "$defs" | "title" | "description" | "default" => false,
            other => panic!("the validator does not know {other}"),
        };
        broken.then(|| format!("{at}: {value} breaks {keyword} {rule}"))
    })
}

fn items(root: &Value, rule: &Value, value: &Value, at: &str) -> Option<String> {
    let items = value.as_array()?;
    items.iter().enumerate().find_map(|(place, item)| complaint(root, rule, item, &format!("{at}/{place}")))
}

fn keys(root: &Value, schema: &Value, keyword: &str, value: &Value, at: &str) -> Option<String> {
    let (map, rule) = (value.as_object()?, &schema[keyword]);
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let below = |key: &str, rule: &Value, value: &Value| complaint(root, rule, value, &format!("{at}/{key}"));
    let broken = match keyword {
        "properties" => {
            return map.iter().find_map(|(key, value)| below(key, properties.get(key)?, value));
        }
        "additionalProperties" => {
            let mut others = map.iter().filter(|(key, _)| !properties.contains_key(*key));
            if *rule == Value::Bool(false) {
                return others.next().map(|(key, _)| format!("{at}: no key {key}"));
            }
            return others.find_map(|(key, value)| below(key, rule, value));
        }
        "required" => rule.as_array().unwrap().iter().any(|key| !map.contains_key(key.as_str().unwrap())),
        "minProperties" => (map.len() as u64) < rule.as_u64().unwrap(),
        _ => map.len() as u64 > rule.as_u64().unwrap(),
    };
    broken.then(|| format!("{at}: {value} breaks {keyword} {rule}"))
}

fn is_of_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the validator does not know the type {other}"),
    }
}

/// The patterns that are used, by what they mean.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    if pattern.starts_with("^([Nn]") {
        let said = text.to_lowercase().replace('_', " ");
        return crate::schema::Action::WORDS.iter().any(|(_, word)| *word == said);
    }
    if pattern == "^(0|[0-9]+(ms|s|m|h))$" {
        return crate::amount::duration(text).is_some();
    }
    if pattern == "^[0-9]+[smhdw]$" {
        return crate::amount::seconds(text).is_some();
    }
    assert_eq!(pattern, "^[0-9A-Za-z_][0-9A-Za-z_.]{0,31}$");
    let inner = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    (1..=32).contains(&text.len()) && !text.starts_with('.') && text.chars().all(inner)
}

/// What an editor makes of YAML: words without quotes are numbers, true and false where they look so.
fn to_json(node: Node) -> Value {
    match node.value {
        yaml::Value::Null => Value::Null,
        yaml::Value::Scalar { text, quoted: true } => Value::String(text),
        yaml::Value::Scalar { text, quoted: false } => {
            let value: Option<Value> = serde_json::from_str(&text).ok();
            value.filter(|value| !value.is_array() && !value.is_object()).unwrap_or(Value::String(text))
        }
        yaml::Value::List(items) => items.into_iter().map(to_json).collect(),
        yaml::Value::Map(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key.text, to_json(value))).collect())
        }
    }
}

fn complaint_of(schema: &Value, text: &str) -> Option<String> {
    complaint(schema, schema, &to_json(yaml::document(text).unwrap()), "")
}

/// Whether a document in YAML is valid.
pub(crate) fn is_valid(schema: &Value, text: &str) -> bool {
    complaint_of(schema, text).is_none()
}

#[track_caller]
pub(crate) fn assert_valid(schema: &Value, text: &str) {
    let found = complaint_of(schema, text);
    assert!(found.is_none(), "{text}\n{}", found.unwrap_or_default());
}

/// That the schema says what the reader said.
#[track_caller]
pub(crate) fn agrees(schema: &Value, text: &str, is_read: bool) {
    let found = complaint_of(schema, text);
    assert_eq!(found.is_none(), is_read, "{text}\n{}", found.unwrap_or_default());
}

/// The keys that a reader asked for before it refused `qqqqqqqq`.
#[track_caller]
pub(crate) fn keys_asked_for(error: &Error) -> BTreeSet<String> {
    let keys = error.hint().and_then(|hint| hint.strip_prefix("the keys here are "));
    keys.unwrap_or_else(|| panic!("{error:?}")).split(", ").map(str::to_owned).collect()
}

/// The keys that the schema has at this place (a JSON pointer).
#[track_caller]
pub(crate) fn keys_at(schema: &Value, at: &str) -> BTreeSet<String> {
    let place = schema.pointer(at).unwrap_or_else(|| panic!("{at} is missing"));
    let keys = place["properties"].as_object().unwrap_or_else(|| panic!("{at} is not a map: {place}"));
    keys.keys().cloned().collect()
}

fn whole() -> Value {
    document("test", "test", json_schema::schema_keys().with("list", json_schema::operations("test")))
}

fn read(text: &str) -> crate::Result<()> {
    yaml::document(text)?.list_of(operation).map(drop)
}

/// The text as the value of the only key of [`whole`].
fn in_list(text: &str) -> String {
    format!("list:\n{text}")
}

#[test]
fn every_example_is_valid() {
    let mut verbs = BTreeSet::new();
    let of_objects = ObjectKind::ALL.into_iter().flat_map(|kind| {
        let [create, drop, alter] = kind.verbs();
        [
            format!("- {create}: {{ name: a, schema: s, definition: x, comment: y, table: t, arguments: \"\" }}"),
            format!("- {drop}: {{ name: a, table: t, was: {{ definition: {{ sql: {{ sqlite: x }} }}, comment: y }} }}"),
            format!("- {alter}: {{ name: a, definition: x, was: {{ definition: y }} }}"),
        ]
    });
    let of_objects: Vec<String> = of_objects.collect();
    for text in EXAMPLES.into_iter().chain(of_objects.iter().map(String::as_str)) {
        read(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_valid(&whole(), &in_list(text));
        verbs.extend(text.get(2..).and_then(|rest| rest.split(':').next()));
    }
    assert_eq!(verbs.len(), crate::format::operation_read::verbs().count(), "{verbs:?}");
}

/// `{}` marks where the unknown key goes; behind it the place of the same map in the schema.
const MAPS: [(&str, &str); 60] = [
    ("create_view: { name: v, definition: x, {} }", "operation/properties/create_view"),
    ("drop_trigger: { name: v, {} }", "operation/properties/drop_trigger"),
    ("alter_function: { name: v, definition: x, {} }", "operation/properties/alter_function"),
    ("drop_policy: { name: v, was: { definition: x, {} } }", "operation/properties/drop_policy/properties/was/anyOf/0"),
    ("update: { name: x, table: t, set: { a: 1 }, {} }", "operation/properties/update"),
    ("backfill: { name: x, table: t, set: { a: 1 }, {} }", "operation/properties/backfill"),
    ("split_column: { name: x, table: t, column: a, into: { b: c }, {} }", "operation/properties/split_column"),
    ("merge_columns: { name: x, table: t, columns: [a, b], into: c, {} }", "operation/properties/merge_columns"),
    ("copy: { name: x, table: t, from: u, columns: [a], {} }", "operation/properties/copy"),
    ("move_rows: { name: x, table: t, from: u, columns: [a], {} }", "operation/properties/move_rows"),
    (
        "normalise: { name: x, table: t, columns: { a: b }, into: u, key: { c: d }, {} }",
        "operation/properties/normalise",
    ),
    ("seed: { name: x, table: t, rows: [{ a: 1 }], {} }", "operation/properties/seed"),
    ("rows: { name: x, table: t, key: a, delete: [{ a: 1 }], {} }", "operation/properties/rows"),
    ("delete: { name: x, table: t, where: a, {} }", "operation/properties/delete"),
    ("script: { name: x, table: t, columns: a, text: b, {} }", "operation/properties/script"),
    ("closure: { name: x, table: t, version: 1, {} }", "operation/properties/closure"),
    ("restore: { step: x, {} }", "operation/properties/restore"),
    ("delete: { name: x, table: t, where: a, batch: { size: 1, {} } }", "operation/properties/delete/properties/batch"),
    (
        "delete: { name: x, table: t, where: a, batch: { size: 1, wait_while: { sql: a, above: 1, {} } } }",
        "operation/properties/delete/properties/batch/properties/wait_while",
    ),
    (
        "copy: { name: x, table: t, from: u, columns: [a], order: { name: a, {} } }",
        "operation/properties/copy/properties/order/anyOf/0/anyOf/1",
    ),
    ("delete: { name: x, table: t, where: a, expect: { {} } }", "operation/properties/delete/properties/expect"),
    (
        "delete: { name: x, table: t, where: a, expect: { after: { {} } } }",
        "operation/properties/delete/properties/expect/properties/after",
    ),
    (
        "drop_column: { table: t, name: a, keep_data: { {} } }",
        "operation/properties/drop_column/properties/keep_data/anyOf/1",
    ),
    ("update: { name: x, table: t, set: { a: { sql: b, {} } } }", "default/anyOf/1"),
    ("create_schema: { name: a, {} }", "operation/properties/create_schema"),
    ("drop_schema: { name: a, {} }", "operation/properties/drop_schema"),
    ("create_enum: { name: a, values: [a], {} }", "operation/properties/create_enum"),
    ("drop_enum: { name: a, {} }", "operation/properties/drop_enum"),
    ("drop_enum: { name: a, was: { values: [a], {} } }", "operation/properties/drop_enum/properties/was/anyOf/0"),
    ("rename_enum: { name: a, to: b, {} }", "operation/properties/rename_enum"),
    ("alter_enum: { name: a, values: [a], {} }", "operation/properties/alter_enum"),
    ("create_table: { name: a, columns: {}, {} }", "operation/properties/create_table"),
    ("drop_table: { name: a, {} }", "operation/properties/drop_table"),
    ("drop_table: { name: a, was: { columns: {}, {} } }", "operation/properties/drop_table/properties/was/anyOf/0"),
    ("rename_table: { name: a, to: b, {} }", "operation/properties/rename_table"),
    ("alter_table: { name: a, {} }", "operation/properties/alter_table"),
    ("alter_table: { name: a, was: { {} } }", "operation/properties/alter_table/properties/was/anyOf/0"),
    ("add_column: { table: t, column: { name: a, type: int }, {} }", "operation/properties/add_column"),
    (
        "add_column: { table: t, column: { name: a, type: int, {} } }",
        "operation/properties/add_column/properties/column",
    ),
    ("drop_column: { table: t, name: a, {} }", "operation/properties/drop_column"),
    ("drop_column: { table: t, name: a, was: { type: int, {} } }", "column/anyOf/1"),
    ("rename_column: { table: t, name: a, to: b, {} }", "operation/properties/rename_column"),
    ("alter_column: { table: t, name: a, {} }", "operation/properties/alter_column"),
    ("create_index: { table: t, name: a, columns: a, {} }", "operation/properties/create_index"),
    ("drop_index: { table: t, name: a, {} }", "operation/properties/drop_index"),
    ("drop_index: { table: t, name: a, was: { columns: a, {} } }", "index/anyOf/2"),
    ("rename_index: { table: t, name: a, to: b, {} }", "operation/properties/rename_index"),
    ("create_primary_key: { table: t, columns: a, {} }", "operation/properties/create_primary_key"),
    ("create_unique_constraint: { table: t, columns: a, {} }", "operation/properties/create_unique_constraint"),
    ("create_check_constraint: { table: t, condition: a, {} }", "operation/properties/create_check_constraint"),
    ("create_foreign_key: { table: t, columns: a, references: b, {} }", "operation/properties/create_foreign_key"),
    ("drop_constraint: { table: t, name: a, kind: check, {} }", "operation/properties/drop_constraint"),
    ("rename_constraint: { table: t, name: a, to: b, {} }", "operation/properties/rename_constraint"),
    ("comment: { table: t, constraint: c, {} }", "operation/properties/comment"),
    ("create_primary_key: { table: t, columns: a, deferrable: false, {} }", "operation/properties/create_primary_key"),
    ("create_index: { table: t, name: a, columns: [{ name: a, {} }] }", "index_column/anyOf/1"),
    ("add_column: { table: t, column: { name: a, type: { native: b, {} } } }", "type/anyOf/1"),
    ("add_column: { table: t, column: { name: a, type: int, default: { sql: b, {} } } }", "default/anyOf/1"),
    ("add_column: { table: t, column: { name: a, type: int, identity: { mode: serial, {} } } }", "identity/anyOf/1"),
    ("add_column: { table: t, column: { name: a, type: int, generated: { sql: b, {} } } }", "generated/anyOf/1"),
];

/// Maps inside lists and under names.
const INNER_MAPS: [(&str, &str); 11] = [
    ("primary_key: { columns: a, {} }", "primary_key/anyOf/2"),
    ("unique: [{ columns: a, {} }]", "unique/anyOf/1/items/anyOf/2"),
    ("unique: { a: { columns: a, {} } }", "unique/anyOf/0/additionalProperties/anyOf/2"),
    ("checks: [{ condition: a, {} }]", "checks/anyOf/1/items/anyOf/1"),
    ("checks: { a: { condition: a, {} } }", "checks/anyOf/0/additionalProperties/anyOf/1"),
    ("foreign_keys: [{ columns: a, references: b, {} }]", "foreign_keys/anyOf/1/items/anyOf/0"),
    ("foreign_keys: { a: { columns: a, references: b, {} } }", "foreign_keys/anyOf/0/additionalProperties/anyOf/0"),
    ("foreign_keys: [{ columns: a, references: { table: b, {} } }]", "references"),
    ("indexes: { a: { columns: a, {} } }", "index/anyOf/2"),
    ("checks: [{ sql: { mysql: a, {} } }]", "sql/anyOf/1"),
    ("checks: [{ condition: { sql: a, {} } }]", "expression/anyOf/1"),
];

#[track_caller]
fn compare_keys(text: &str, at: &str) {
    let (before, after) = text.rsplit_once("{}").unwrap();
    let text = format!("- {before}qqqqqqqq: 1{after}");
    let error = read(&text).expect_err(&text);
    let place = match at {
        "references" => "foreign_keys/anyOf/1/items/anyOf/0/properties/references/anyOf/1",
        at => at,
    };
    assert_eq!(keys_asked_for(&error), keys_at(&whole(), &format!("/$defs/{place}")), "{text}");
}

#[test]
fn the_keys_are_those_of_the_readers() {
    for (text, at) in MAPS {
        compare_keys(text, at);
    }
    for (text, at) in INNER_MAPS {
        compare_keys(&format!("drop_table: {{ name: t, was: {{ columns: {{ a: int }}, {text} }} }}"), at);
    }
}

#[test]
fn reader_and_schema_agree() {
    for text in [
        "- {}",
        "- sql: null",
        "- sql: {}",
        "- { create_schema: { name: a }, drop_schema: { name: a } }",
        "- create_schema: a",
        "- create_enum: { name: a, values: a }",
        "- drop_column: { table: t }",
        "- add_column: { table: t, column: { name: a, type: int, enum: [a] } }",
        "- add_column: { table: t, column: { name: a, type: int, nullable: yes } }",
        "- add_column: { table: t, column: { name: a, type: int }, position: last }",
        "- add_column: { table: t, column: { name: a, type: null } }",
        "- add_column: { table: t, column: { name: a, type: int, identity: never } }",
        "- add_column: { table: t, column: { name: a, type: int, identity: null } }",
        "- add_column: { table: t, column: { name: a, type: int, default: { literal: a, sql: b } } }",
        "- alter_column: { table: t, name: a, type: null }",
        "- create_index: { table: t, name: a, columns: null }",
        "- create_index: { table: t, name: a, columns: [{ name: a, sql: b }] }",
        "- create_index: { table: t, name: a, columns: [{ name: a, prefix: -1 }] }",
        "- create_index: { table: t, name: a, columns: [{ name: a, nulls: middle }] }",
        "- create_index: { table: t, name: a, columns: a, include: null, where: null }",
        "- create_check_constraint: { table: t, sql: a, condition: b }",
        "- create_check_constraint: { table: t }",
        "- create_foreign_key: { table: t, columns: a, references: b, on_delete: explode }",
        "- create_foreign_key: { table: t, columns: a, references: b, on_delete: Set Null }",
        "- create_foreign_key: { table: t, columns: a, references: b, match: partial }",
        "- create_foreign_key: { table: t, columns: a, references: { columns: b } }",
        "- create_primary_key: { table: t, columns: a, deferrable: maybe }",
        "- create_primary_key: { table: t, columns: a, deferrable: \"true\" }",
        "- create_primary_key: { table: t, columns: a, mysql: [a] }",
        "- drop_constraint: { table: t, name: a, kind: exclude }",
        "- comment: { table: t, to: a }",
        "- comment: { table: t, index: a, constraint: b, to: a }",
        "- alter_table: { name: t, postgres: { a: null } }",
        "- create_table: { name: t, columns: { a: int }, postgres: { a: null } }",
    ] {
        agrees(&whole(), &in_list(text), read(text).is_ok());
    }
}

#[test]
fn neutral_words_are_neutral_types() {
    for word in crate::format::NEUTRAL_WORDS {
        assert!(crate::format::types::neutral(word).is_some(), "{word}");
    }
}

#[test]
fn every_definition_is_used_and_there() {
    let used = |schema: Value| schema["$defs"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let models = used(document("test", "test", json_schema::schema_keys()));
    assert!(models.contains("table") && !models.contains("operation"));
    let all: BTreeSet<String> = super::definitions().keys().cloned().collect();
    assert_eq!(models.union(&used(whole())).cloned().collect::<BTreeSet<_>>(), all);
}
