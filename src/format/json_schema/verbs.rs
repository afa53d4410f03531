//! Operations: one verb with its map.

use serde_json::{Map, Value, json};

use super::data::{data_body, keep_data};
use super::nouns::{
    check_keys, column_facts, column_keys, foreign_key_keys, index_keys, object_id_keys, object_text_keys,
    primary_key_keys, table_keys, unique_keys,
};
use super::shape::{Shape, any_of, described, list_of, map_of, or_null, reference, scalar, text, words};
use crate::format::data_read::DATA_VERBS;
use crate::format::objects::kind_of_verb;
use crate::format::operation_read::verbs;
use crate::ops::ConstraintKind;
use crate::schema::ObjectKind;

/// The list under `upgrade:` or `downgrade:`.
pub(crate) fn operations(description: &str) -> Value {
    described(description, or_null(list_of(reference("operation"))))
}

pub(super) fn definitions() -> Vec<(&'static str, Value)> {
    let keys: Map<String, Value> = verbs().map(|verb| (verb.to_owned(), body(verb))).collect();
    let operation = json!({
        "description": "One verb with its map.", "type": "object",
        "properties": keys, "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
    });
    let options = described("Options that change; null takes one away.", or_null(map_of(or_null(scalar()))));
    let position = Shape::of("after", scalar()).closed();
    let position = any_of(vec![words(&["first"]), position, json!({ "type": "null" })]);
    vec![
        ("operation", operation),
        ("changed_options", options),
        ("position", described("Where the column stands, on databases that can choose; without it, last.", position)),
    ]
}

/// What stands behind a verb. That there is something for every verb is tested.
fn body(verb: &str) -> Value {
    if verb == "sql" {
        return reference("sql");
    }
    if DATA_VERBS.contains(&verb) {
        return data_body(verb);
    }
    if let Some(kind) = kind_of_verb(verb) {
        return object_body(verb, kind);
    }
    let shape = match verb {
        "create_schema" | "drop_schema" => Shape::of("name", scalar()),
        "create_enum" => own_name().and(values()).with("comment", text("A remark that the database keeps.")),
        "drop_enum" => own_name().with("was", was(values().with("comment", text("A remark that the database keeps.")))),
        "rename_enum" | "rename_table" => own_name().and(to()),
        "alter_enum" => {
            own_name().and(enum_change()).needing_either(&["values", "comment"]).with("was", was(enum_change()))
        }
        "create_table" => own_name().and(table_keys()).with("keep_data", keep_data()),
        "drop_table" => own_name().with("was", was(table_keys())).with("keep_data", keep_data()),
        "alter_table" => own_name().and(table_change()).with("was", was(table_change())),
        "add_column" => table()
            .with("column", added_column())
            .needing("column")
            .with("position", reference("position"))
            .with("keep_data", keep_data()),
        "drop_column" => named()
            .with("was", was(column_keys()))
            .with("position", reference("position"))
            .with("keep_data", keep_data()),
        "rename_column" | "rename_index" | "rename_constraint" => named().and(to()),
        "alter_column" => named().and(column_change()).with("was", was(column_change())),
        "create_index" => named().and(index_keys()),
        "drop_index" => named().with("was", was(index_keys())),
        "drop_constraint" => dropped_constraint(),
        "comment" => comment(),
        made => table().with("name", text("Without one, the name that the database makes.")).and(constraint(made)),
    };
    shape.closed()
}

fn object_body(verb: &str, kind: ObjectKind) -> Value {
    let [create, drop, _] = kind.verbs();
    let named = own_name().and(object_id_keys());
    if verb == create {
        return named.and(object_text_keys()).closed();
    }
    let shape = if verb == drop { named } else { named.and(object_text_keys()) };
    shape.with("was", was(object_text_keys())).closed()
}

fn schema(shape: Shape) -> Shape {
    shape.with("schema", text("The schema of the object; without it the connection's own."))
}

fn own_name() -> Shape {
    schema(Shape::of("name", scalar()))
}

fn table() -> Shape {
    schema(Shape::of("table", scalar()))
}

fn named() -> Shape {
    table().and(Shape::of("name", scalar()))
}

fn to() -> Shape {
    Shape::of("to", scalar())
}

fn values() -> Shape {
    Shape::of("values", reference("values"))
}

/// What it was before, for the way back.
fn was(shape: Shape) -> Value {
    described("What it was before, for the way back.", or_null(shape.closed()))
}

fn enum_change() -> Shape {
    Shape::default().with("values", reference("values")).with("comment", text("null takes it away."))
}

fn table_change() -> Shape {
    Shape::default().with("comment", text("null takes it away.")).with_options("changed_options")
}

fn column_change() -> Shape {
    column_facts()
        .with("type", or_null(reference("type")))
        .with_options("changed_options")
        .with("position", reference("position"))
}

fn added_column() -> Value {
    Shape::of("name", scalar()).and(column_keys()).described("The column.")
}

/// The keys of the constraint that a verb makes.
fn constraint(verb: &str) -> Shape {
    match verb {
        "create_primary_key" => primary_key_keys(),
        "create_unique_constraint" => unique_keys(),
        "create_check_constraint" => check_keys(),
        _ => foreign_key_keys(),
    }
}

fn dropped_constraint() -> Shape {
    let kinds: Vec<_> = ConstraintKind::ALL.map(ConstraintKind::word).into_iter().chain(["exclude"]).collect();
    let former = [primary_key_keys(), unique_keys(), check_keys(), foreign_key_keys(), index_keys()];
    let each = former.into_iter().map(Shape::closed).chain([json!({ "type": "null" })]);
    let was = described("What it was before, for the way back.", any_of(each.collect()));
    table()
        .with("name", text("Without one it is found by what it was."))
        .with("kind", words(&kinds))
        .needing("kind")
        .with("was", was)
}

/// A comment on an index or a constraint.
fn comment() -> Shape {
    table()
        .with("index", text("The index."))
        .with("constraint", text("The constraint."))
        .needing_either(&["index", "constraint"])
        .with("to", text("The new comment; null takes it away."))
        .with("was", text("What it was before, for the way back."))
}
