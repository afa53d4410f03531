//! The grammar of YAML revisions as a JSON Schema, for editors; `migrate schema revision` prints it.

use serde_json::{Value, json};

use crate::format::json_schema::{
    Shape, database_word, document, format_number, map_of, one_or_list, operations, or_null, scalar, text,
};

/// The JSON Schema (draft 2020-12) of one YAML revision. It cannot say that header keys stand above `upgrade:`.
pub(crate) fn json_schema() -> Value {
    let shape = Shape::of("revision", id())
        .with("format", format_number())
        .with("down_revision", or_null(one_or_list("The parents: none for a base, several for a merge.", id())))
        .with("branch_labels", or_null(one_or_list("Names of the branch that begins here.", scalar())))
        .with("depends_on", or_null(one_or_list("Revisions or labels that must be applied before.", scalar())))
        .with("message", text("What it is for, in one line."))
        .with("created", text("When it was written, as 2026-11-21T15:30:00Z."))
        .with("dialect", database_word("The only database that it is for."))
        .with("baseline", json!({ "description": "true: it makes the whole schema of this point of history.", "enum": [true, false, null] }))
        .with("meta", or_null(map_of(json!({}))))
        .with("transaction", json!({ "description": "none: statement by statement.", "enum": ["none", null] }))
        .with("lock_timeout", time("How long its statements wait for a lock of the server."))
        .with("statement_timeout", time("How long each of its statements may run; 0 is for ever."))
        .with("upgrade", upgrade())
        .needing("upgrade")
        .with("downgrade", downgrade());
    document("Revision", "One step of a database's history.", shape)
}

fn time(description: &str) -> Value {
    let text = json!({ "type": ["string", "null"], "pattern": "^(0|[0-9]+(ms|s|m|h))$" });
    json!({ "description": description, "anyOf": [text, { "enum": [0] }] })
}

fn id() -> Value {
    let mut id = scalar();
    if let Value::Object(id) = &mut id {
        id.insert("pattern".to_owned(), json!("^[0-9A-Za-z_][0-9A-Za-z_.]{0,31}$"));
    }
    id
}

fn upgrade() -> Value {
    let manual = Shape::of("manual", text("Why a person has to write it; until then nothing is applied.")).closed();
    json!({ "description": "What is done.", "anyOf": [operations("What is done."), manual] })
}

fn downgrade() -> Value {
    let irreversible = Shape::of("irreversible", text("Why there is no way back.")).closed();
    json!({
        "description": "How it is taken back. Without this key it is derived; [] is a deliberate nothing.",
        "anyOf": [operations("What is done to take it back."), irreversible],
    })
}

#[cfg(test)]
mod tests {
    use super::json_schema;
    use crate::format::json_schema::tests::{EXAMPLES, agrees, assert_valid, keys_asked_for, keys_at};
    use crate::revision::{Body, File};

    fn read(text: &str) -> crate::Result<Body> {
        File::new("a.yaml", text)?.body()
    }

    #[test]
    fn the_keys_are_those_of_the_reader() {
        let header = File::new("a.yaml", "revision: a\nqqqqqqqq: 1\nupgrade: []\n").unwrap_err();
        let mut keys = keys_asked_for(&header);
        keys.extend(["upgrade", "downgrade"].map(str::to_owned));
        assert_eq!(keys, keys_at(&json_schema(), ""));
        let body = read("revision: a\nupgrade: []\nqqqqqqqq: 1\n").unwrap_err();
        assert!(keys_asked_for(&body).is_subset(&keys), "{body:?}");
    }

    #[test]
    fn examples_are_valid() {
        let schema = json_schema();
        for text in [
            "revision: a\nupgrade: []",
            "format: 1\nrevision: 0001\ndown_revision: null\nbranch_labels: []\ndepends_on: [x, pay]\nmessage: add orders\n\
             created: 2026-11-21T15:30:00Z\nmeta: { owner: payments, tickets: 12 }\ndialect: postgres\ntransaction: none\n\
             lock_timeout: 500ms\nstatement_timeout: 10m\nupgrade:\n  - sql: SELECT 1\ndowngrade: { irreversible: gone }",
            "revision: b\ndown_revision: [a, c]\nbranch_labels: pay\nupgrade:\ndowngrade:\n",
        ] {
            read(text).unwrap();
            assert_valid(&schema, text);
        }
        for example in EXAMPLES {
            assert_valid(&schema, &format!("revision: a\nupgrade:\n{example}\ndowngrade:\n{example}\n"));
        }
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations-example/versions");
        let files = std::fs::read_dir(example).unwrap().map(|entry| entry.unwrap().path());
        for path in files.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")) {
            assert_valid(&schema, &std::fs::read_to_string(path).unwrap());
        }
    }

    #[test]
    fn reader_and_schema_agree() {
        for text in [
            "revision: a\nupgrade: []\ndowngrade: { irreversible: a, b: c }",
            "revision: a\nupgrade: []\ndowngrade: gone",
            "revision: a\ntransaction: all\nupgrade: []",
            "revision: a\nlock_timeout: 2s\nstatement_timeout: 0\nupgrade: []",
            "revision: a\nlock_timeout: 2 s\nupgrade: []",
            "revision: a\nlock_timeout: 5\nupgrade: []",
            "revision: a\nformat: 2\nupgrade: []",
            "revision: a\ndialect: mysql\nupgrade: []",
            "revision: a\nmeta: { x: [1] }\nupgrade: []",
            "revision: a\nbaseline: true\nupgrade: { manual: data }",
            "revision: a\nbaseline: 1\nupgrade: []",
            "revision: a\nupgrade: { manual: data, x: y }",
            "revision: \"a b\"\nupgrade: []",
            "revision: a\nupgrade: { sql: SELECT 1 }",
            "revision: a\n",
            "upgrade: []",
        ] {
            agrees(&json_schema(), text, read(text).is_ok());
        }
    }
}
