//! The grammar of `migrate.yaml` as a JSON Schema, for editors; `migrate schema config` prints it.

use serde_json::{Map, Value, json};

/// The JSON Schema (draft 2020-12) of the configuration. It allows what the reader allows: scalars in any notation,
/// since their text is what counts, and `null` for a key that says nothing.
pub(crate) fn json_schema() -> Value {
    let mut environment = layer_properties();
    environment.insert("databases".to_owned(), databases());
    let mut top = environment.clone();
    top.insert("format".to_owned(), json!({ "description": "The format of this file.", "const": 1, "default": 1 }));
    let environments =
        named("Laid over the rest by --env NAME or MIGRATE_ENV.", &object("An environment.", environment));
    top.insert("environments".to_owned(), environments);
    let Value::Object(schema) = object("The configuration of a project of migrate.", top) else { return Value::Null };
    let head = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "migrate.yaml" });
    let mut whole = head.as_object().cloned().unwrap_or_default();
    whole.extend(schema);
    Value::Object(whole)
}

/// The keys that the top level, environments and databases share.
fn layer_properties() -> Map<String, Value> {
    let folders = "A folder, or a list of them.";
    let models = json!({
        "description": "A file, a folder, a list of them; or a program that prints models.",
        "default": "models/",
        "anyOf": [scalar(), { "type": "array", "items": scalar() }, models_command(), { "type": "null" }],
    });
    properties([
        ("database", database()),
        ("models", models),
        ("versions", one_or_list(&format!("Where revisions are. {folders}"), Some("versions/"))),
        ("version_table", text("[schema.]name of the table that holds what is applied.", Some("migrate_version"))),
        ("schemas", one_or_list("What is compared; without it the connection's own schema.", None)),
        ("ignore", one_or_list("Patterns of names that are left out, such as tmp_* or app.tmp_*.", None)),
        ("unmanaged", word("What no model names: tables, enum types, objects.", &["drop", "ignore"])),
        (
            "compare",
            one_or_list(
                "What is compared beside what always is: definers (MariaDB, MySQL); grants (PostgreSQL, MariaDB, MySQL); owners (PostgreSQL).",
                None,
            ),
        ),
        (
            "scratch",
            text("Where models are judged and history is replayed: same-server or a URL.", Some("same-server")),
        ),
        ("scratch_setup", text("A file of SQL that runs in a scratch place first.", None)),
        ("write_as", word("What new revisions are written as.", &["yaml", "sql"])),
        ("file_template", text("The name of a new revision's file.", Some(super::FileTemplate::USUAL))),
        ("slug_length", number("The most characters of the message in a file's name.", 40, 200)),
        (
            "timezone",
            text("Of dates in new revisions and their names: UTC, local, +02:00, or Europe/Berlin.", Some("UTC")),
        ),
        (
            "revision_template",
            one_or_list("Files that surround what is written into a new revision, one .yaml, one .sql.", None),
        ),
        ("hooks", hooks()),
        ("heads_file", switch("Keeps a file HEADS beside the revisions, so that git sees where branches meet.", false)),
        ("server_version", text("The server that offline scripts are made for.", None)),
        ("run", run()),
    ])
}

fn database() -> Value {
    let url = text("The database's URL.", Some("${DATABASE_URL:-sqlite://app.db}"));
    let mut all = place(url);
    all.extend(properties([("role", text("SET ROLE after connecting.", None))]));
    object("The database.", all)
}

/// Which database, its password, and the files beside it.
fn place(url: Value) -> Map<String, Value> {
    properties([
        ("url", url),
        ("url_file", text("A file with the URL in it, in place of url.", None)),
        ("password_file", text("A file with the password in it; read again for each connection.", None)),
        ("password_command", command_line("A program that prints the password; run for each connection.")),
        ("attach", attach()),
    ])
}

/// Names and paths.
fn attach() -> Value {
    let names = json!({ "minLength": 1, "not": { "enum": ["main", "temp"] } });
    let description = "SQLite: more files, each as a schema of its name.";
    json!({ "description": description, "type": ["object", "null"], "propertyNames": names, "additionalProperties": scalar() })
}

fn databases() -> Value {
    let mut one = layer_properties();
    one.extend(place(text("The database's URL.", None)));
    one.extend(properties([("role", text("SET ROLE after connecting.", None))]));
    named("Several databases in one project: --db NAME, or --db all.", &object("A database.", one))
}

fn run() -> Value {
    let time = |description: &str, usual: &str| {
        let mut time = text(description, Some(usual));
        if let Value::Object(time) = &mut time {
            time.insert("pattern".to_owned(), json!("^(0|[0-9]+(ms|s|m|h)|.*\\$\\{.*)$"));
        }
        time
    };
    let mut size = text("The size up to which MariaDB or MySQL may copy a table unasked to change it.", Some("1GB"));
    if let Value::Object(size) = &mut size {
        size.insert("pattern".to_owned(), json!("^(0|[0-9]+(B|kB|MB|GB|TB)|.*\\$\\{.*)$"));
    }
    let mut keep = text("How much a data step may keep for its way back.", Some("1GB"));
    if let (Value::Object(keep), Value::Object(size)) = (&mut keep, &size) {
        keep.extend(size.get_key_value("pattern").map(|(key, pattern)| (key.clone(), pattern.clone())));
    }
    let retries = number("How often a statement that met lock_timeout is tried again.", 3, 100);
    let all = properties([
        ("lock_wait", time("How long to wait for the tool's own lock.", "60s")),
        ("lock_timeout", time("The server's limit for waiting for a lock.", "5s")),
        ("retries", retries),
        ("statement_timeout", time("The server's limit per statement; 0 is none.", "0")),
        ("wait", time("How long to wait for a server that is not there yet.", "0")),
        ("on_signal", word("What a signal does to the statement in work.", &["usual", "cancel", "finish"])),
        ("backup", text("SQLite: a copy before each upgrade and downgrade: true, or a folder.", Some("false"))),
        ("allow_copy", size),
        ("keep_limit", keep),
        (
            "keep_text",
            switch("Keeps the text of each revision in migrate_log, to take it back without its file.", true),
        ),
    ]);
    object("How a run behaves.", all)
}

fn words() -> Value {
    json!({ "type": "array", "items": scalar(), "minItems": 1 })
}

/// An object with a command and its time limit.
fn command_with(more: Map<String, Value>) -> Value {
    let limit = text("How long it may take; 0 is for ever.", Some("60s"));
    let mut keys = properties([("command", words()), ("timeout", limit)]);
    keys.extend(more);
    json!({ "type": "object", "properties": keys, "required": ["command"], "additionalProperties": false })
}

/// The words of a program, or an object with them.
fn command_line(description: &str) -> Value {
    let choices = json!([words(), command_with(Map::new()), { "type": "null" }]);
    json!({ "description": description, "anyOf": choices })
}

fn models_command() -> Value {
    command_with(properties([("as", word("What it prints.", &["yaml", "sql"]))]))
}

fn hooks() -> Value {
    json!({
        "description": "Programs that are given each new revision: `<file>` in their words is its path, else it comes last.",
        "type": ["array", "null"], "items": { "anyOf": [words(), command_with(Map::new())] },
    })
}

fn number(description: &str, usual: u32, most: u32) -> Value {
    json!({
        "description": description, "type": ["integer", "string", "null"],
        "minimum": 0, "maximum": most, "default": usual,
    })
}

fn scalar() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

fn text(description: &str, usual: Option<&str>) -> Value {
    let mut text = json!({ "description": description, "type": ["string", "number", "boolean", "null"] });
    if let (Value::Object(text), Some(usual)) = (&mut text, usual) {
        text.insert("default".to_owned(), json!(usual));
    }
    text
}

/// One of some words, the usual one first, or something with a variable in it.
fn word(description: &str, words: &[&str]) -> Value {
    let choices = json!([{ "enum": words }, { "type": "string", "pattern": "\\$\\{" }, { "type": "null" }]);
    json!({ "description": description, "anyOf": choices, "default": words.first() })
}

/// True or false, `usual` unless said, or something with a variable in it.
fn switch(description: &str, usual: bool) -> Value {
    let choices = json!([{ "type": "boolean" }, { "type": "string", "pattern": "\\$\\{" }, { "type": "null" }]);
    json!({ "description": description, "anyOf": choices, "default": usual })
}

fn one_or_list(description: &str, usual: Option<&str>) -> Value {
    let choices = json!([scalar(), { "type": "array", "items": scalar() }, { "type": "null" }]);
    let mut list = json!({ "description": description, "anyOf": choices });
    if let (Value::Object(list), Some(usual)) = (&mut list, usual) {
        list.insert("default".to_owned(), json!(usual));
    }
    list
}

/// A map whose keys are the user's names.
fn named(description: &str, of: &Value) -> Value {
    let names = json!({ "minLength": 1, "not": { "const": "all" } });
    json!({ "description": description, "type": ["object", "null"], "propertyNames": names, "additionalProperties": of })
}

fn object(description: &str, properties: Map<String, Value>) -> Value {
    let mut object = json!({ "description": description, "type": ["object", "null"] });
    if let Value::Object(object) = &mut object {
        object.insert("properties".to_owned(), Value::Object(properties));
        object.insert("additionalProperties".to_owned(), json!(false));
    }
    object
}

fn properties<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::ConfigFile;
    use std::path::Path;

    /// Each path of keys in the schema, `*` where the user chooses the name.
    fn paths(schema: &Value, at: &str, found: &mut Vec<String>) {
        let empty = Map::new();
        for (key, below) in schema.get("properties").and_then(Value::as_object).unwrap_or(&empty) {
            found.push(format!("{at}{key}"));
            paths(below, &format!("{at}{key}."), found);
        }
        if let Some(below) = schema.get("additionalProperties").filter(|below| below.is_object()) {
            paths(below, &format!("{at}*."), found);
        }
    }

    /// `{ a: { b: null } }` for `a.b`.
    fn config_with(path: &str) -> String {
        path.rsplit('.').fold("null".to_owned(), |inner, key| {
            let key = if key == "*" { "name" } else { key };
            if key == "format" { "{ format: 1 }".to_owned() } else { format!("{{ {key}: {inner} }}") }
        })
    }

    #[test]
    fn the_reader_knows_every_key_of_the_schema() {
        let mut found = Vec::new();
        paths(&json_schema(), "", &mut found);
        for expected in ["run.lock_wait", "environments.*.databases.*.url", "databases.*.role", "database.url"] {
            assert!(found.iter().any(|path| path == expected), "{expected} in {found:?}");
        }
        for path in &found {
            let text = config_with(path);
            ConfigFile::parse(&text, Path::new("x")).unwrap_or_else(|error| panic!("{path}: {error:?}"));
        }
    }

    #[test]
    fn the_schema_knows_every_key_of_the_reader() {
        for (section, at) in
            [("", ""), ("run", "run."), ("database", "database."), ("environments.*", "environments.*.")]
        {
            let mut known = Vec::new();
            paths(&json_schema(), "", &mut known);
            let path = format!("{at}qqqqqqqq");
            let error = ConfigFile::parse(&config_with(&path), Path::new("x")).unwrap_err();
            let keys = error.hint().unwrap().strip_prefix("the keys here are ").unwrap().to_owned();
            for key in keys.split(", ") {
                assert!(known.contains(&format!("{at}{key}")), "{key} of `{section}` is missing in the schema");
            }
        }
    }

    #[test]
    fn every_object_is_closed() {
        let schema = json_schema();
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["properties"]["run"]["additionalProperties"], json!(false));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["properties"]["unmanaged"]["default"], "drop");
    }
}
