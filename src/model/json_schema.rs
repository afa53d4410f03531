//! The grammar of YAML models as a JSON Schema, for editors; `migrate schema models` prints it.

use serde_json::Value;

use crate::format::json_schema::{Shape, document, format_number, map_of, or_null, schema_keys};

/// The JSON Schema (draft 2020-12) of one file of models.
pub(crate) fn json_schema() -> Value {
    let schemas = or_null(map_of(or_null(schema_keys().described("A schema beside the connection's own."))));
    let shape = Shape::default().with("format", format_number()).and(schema_keys()).with("schemas", schemas);
    document("Models", "What a database should be: tables, types, and schemas of them.", shape)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::json_schema;
    use crate::format::json_schema::tests::{agrees, assert_valid, is_valid, keys_asked_for, keys_at};
    use crate::model::{ModelFile, Models};

    fn read(text: &str) -> crate::Result<Models> {
        Models::parse(&[ModelFile { path: PathBuf::from("a.yaml"), text: text.to_owned(), is_yaml: true }])
    }

    #[test]
    fn the_keys_are_those_of_the_reader() {
        let schema = json_schema();
        for (text, at) in [
            ("qqqqqqqq: 1", ""),
            ("tables: { t: { columns: { }, qqqqqqqq: 1 } }", "/$defs/table"),
            (
                "tables: { t: { columns: { }, rules: { r: { column: a, not_blank: true, qqqqqqqq: 1 } } } }",
                "/$defs/rule",
            ),
            (
                "tables: { t: { columns: { }, rules: { r: { column: a, references: { table: b, columns: c, qqqqqqqq: 1 } } } } }",
                "/$defs/rule/properties/references/anyOf/1",
            ),
            ("tables: { t: { columns: { }, rows: { values: [], qqqqqqqq: 1 } } }", "/$defs/rows/anyOf/1"),
            ("schemas: { app: { qqqqqqqq: 1 } }", "/properties/schemas/anyOf/0/additionalProperties/anyOf/0"),
        ] {
            assert_eq!(keys_asked_for(&read(text).unwrap_err()), keys_at(&schema, at), "{text}");
        }
    }

    #[test]
    fn examples_are_valid() {
        let schema = json_schema();
        for text in [
            "{}",
            "format: 1\ntables:\nenums: { mood: [sad, ok], state: { values: [on, off], comment: x } }\nschemas:\n",
            "tables: { t: { columns: { a: int }, rules: } }",
            "tables: { t: { columns: { a: int }, rules: { r: { column: a, not_null: true, where: b > 1, comment: x }, s: { column: a, between: [0, null] } } } }",
            "tables: { t: { columns: { a: int }, rules: { r: { column: a, one_of: [a, 1] }, s: { column: a, references: t.a }, u: { unique: a }, v: { sql: { postgres: x, sqlite: y } } } } }",
            "tables: { t: { columns: { a: int }, rules: { r: { columns: [a], references: { table: t, columns: [a] } }, s: { column: a, newer_than: 7d }, u: { column: a, matches: ^a } } } }",
            "tables: { t: { rows: [{ a: 1, b: null }, { a: x, b: { sql: y } }] } }",
            "tables: { t: { columns: { a: int }, rows: { key: a, others: delete, values: [{ a: 1 }] } } }",
            "tables: { t: { columns: { a: int }, rows: { key: [a, b], others: keep, values: [] } } }",
            "tables: { t: { columns: { id: int } } }\nschemas: { app: { tables: { t: { columns: { id: int } } } }, b: }",
        ] {
            read(text).unwrap();
            assert_valid(&schema, text);
        }
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations-example/models");
        for entry in std::fs::read_dir(example).unwrap() {
            assert_valid(&schema, &std::fs::read_to_string(entry.unwrap().path()).unwrap());
        }
    }

    #[test]
    fn what_the_reader_refuses_is_not_valid() {
        for text in [
            "format: 2",
            "tables: [a]",
            "tables: { t: { } }",
            "enums: { mood: 1 }",
            "schemas: { app: { schemas: { } } }",
            "table: { }",
            "tables: { t: { columns: { a: int }, rows: 1 } }",
            "tables: { t: { columns: { a: int }, rows: { key: a } } }",
            "tables: { t: { rows: { values: [], others: drop } } }",
            "tables: { t: { columns: { a: int }, rules: [a] } }",
            "tables: { t: { columns: { a: int }, rules: { r: { column: a } } } }",
            "tables: { t: { columns: { a: int }, rules: { r: { column: a, not_null: false } } } }",
            "tables: { t: { columns: { a: int }, rules: { r: { column: a, not_null: true, not_blank: true } } } }",
            "tables: { t: { columns: { a: int }, rules: { r: { column: a, between: [1] } } } }",
            "tables: { t: { columns: { a: int }, rules: { r: { column: a, newer_than: 24 hours } } } }",
            "tables: { t: { columns: { a: int }, rules: { r: { column: a, one_of: [] } } } }",
        ] {
            agrees(&json_schema(), text, read(text).is_ok());
            assert!(!is_valid(&json_schema(), text), "{text}");
        }
    }
}
