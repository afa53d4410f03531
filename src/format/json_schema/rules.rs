//! Data rules of models.

use serde_json::{Value, json};

use super::shape::{Shape, any_of, described, list_of, map_of, or_null, reference, scalar, text};
use crate::format::RULE_DEMANDS;

/// What stands under `rules:` of a table.
pub(super) fn rules() -> Value {
    described(
        "What the rows should be, by name of the rule; `migrate quality` asks.",
        or_null(map_of(reference("rule"))),
    )
}

/// One rule.
pub(super) fn rule() -> Value {
    let all = RULE_DEMANDS.iter().fold(subject(), |shape, word| shape.with(word, demand(word)));
    all.needing_either(&RULE_DEMANDS).described("A rule of the rows of a table.")
}

fn subject() -> Shape {
    Shape::default()
        .with("column", text("The column that it is about."))
        .with("columns", or_null(reference("columns")))
        .with("comment", text("Why it is there."))
        .with("where", or_null(reference("sql")))
}

fn demand(word: &str) -> Value {
    let yes = |what: &str| json!({ "description": what, "enum": [true] });
    match word {
        "not_null" => yes("There is a value."),
        "not_blank" => yes("There is more than white space."),
        "between" => {
            let side = or_null(scalar());
            json!({ "description": "The least and the most, both allowed; null = no bound.", "type": "array", "items": side, "minItems": 2, "maxItems": 2 })
        }
        "one_of" => {
            json!({ "description": "The values that are allowed.", "type": "array", "items": scalar(), "minItems": 1 })
        }
        "matches" => text("A regular expression of the database."),
        "references" => {
            described("The column of another table that has such a value.", any_of(vec![scalar(), target()]))
        }
        "unique" => described("No two rows have the same.", any_of(vec![scalar(), list_of(scalar())])),
        "newer_than" => {
            json!({ "description": "How old the newest row may be.", "type": "string", "pattern": "^[0-9]+[smhdw]$" })
        }
        _ => reference("sql"),
    }
}

fn target() -> Value {
    Shape::of("table", scalar())
        .with("schema", text("The schema of that table."))
        .with("columns", reference("columns"))
        .needing("columns")
        .closed()
}
