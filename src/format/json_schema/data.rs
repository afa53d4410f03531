//! Data steps: one verb with its map.

use serde_json::{Value, json};

use super::shape::{
    Shape, any_of, described, flag, list_of, map_of, one_or_list, or_null, reference, scalar, text, words,
};
use crate::format::read_parts::ORDERS;
use crate::ops::OnConflict;

/// What stands behind a verb of a data step.
pub(super) fn data_body(verb: &str) -> Value {
    if verb == "restore" {
        let policies = OnConflict::WORDS.map(|(_, word)| word);
        return Shape::of("step", text("The name of a step of this revision."))
            .with("on_conflict", words(&policies))
            .closed();
    }
    let own = match verb {
        "update" | "backfill" => Shape::of("set", values("Columns and what they get.")).and(filter()),
        "split_column" => Shape::of("column", scalar())
            .with("at", text("Where it is cut: at the first of these texts."))
            .with("into", any_of(vec![list_of(scalar()), values("Columns and what they get.")]))
            .needing("into")
            .and(filter()),
        "merge_columns" => Shape::of("columns", list_of(scalar()))
            .with("into", scalar())
            .needing("into")
            .with("with", text("What stands between two values that are not NULL."))
            .and(filter()),
        "copy" | "move_rows" => Shape::of("from", other_table())
            .with(
                "columns",
                any_of(vec![list_of(scalar()), values("Columns of the table that is filled, and what they get.")]),
            )
            .needing("columns")
            .and(filter()),
        "normalise" => Shape::of("columns", map_of(scalar()))
            .with("into", other_table())
            .needing("into")
            .with("key", map_of(scalar()))
            .needing("key")
            .and(filter()),
        "script" => Shape::of("columns", one_or_list("What it sees and may change.", scalar()))
            .with("reads", or_null(one_or_list("What it sees beside.", scalar())))
            .with("language", words(&["rhai"]))
            .with("text", text("The script: a row is `row`, its columns are `row.name`."))
            .needing("text")
            .and(filter()),
        "closure" => Shape::of("version", count())
            .with("columns", or_null(one_or_list("What it changes; without it, any column.", scalar())))
            .with("program", text("What the program is called that has it.")),
        "seed" => {
            Shape::of("rows", list_of(values("Columns and what they hold."))).with("existing", words(&["stop", "keep"]))
        }
        "rows" => {
            let rows =
                |description: &str| described(description, or_null(list_of(values("Columns and what they hold."))));
            Shape::of("key", one_or_list("The columns that tell the rows apart.", scalar()))
                .with("delete", rows("Rows that go, by their key."))
                .with("update", rows("Rows that change: their key, and what they hold then."))
                .with("insert", rows("Rows that come."))
        }
        _ => filter().needing("where"),
    };
    let step = Shape::of("name", text("For log, progress, errors and reports; once in a revision."));
    let table = Shape::of("table", scalar()).with("schema", text("Its schema; without it the connection's own."));
    step.and(table).and(own).and(rules()).closed()
}

fn values(description: &str) -> Value {
    described(description, map_of(or_null(reference("default"))))
}

/// A table beside the step's own: by its name in the same schema, or with another one.
fn other_table() -> Value {
    let elsewhere = Shape::of("table", scalar()).with("schema", text("Its schema; without it the connection's own."));
    any_of(vec![scalar(), elsewhere.closed()])
}

fn filter() -> Shape {
    Shape::default().with("where", reference("expression"))
}

/// What every step may say.
fn rules() -> Shape {
    let time = || text("A time such as 50ms, 2s or 5m.");
    let load = Shape::of("sql", reference("sql")).with("above", count()).needing("above").with("at_most", time());
    let batch = Shape::of("size", count()).with("pause", time()).with("wait_while", load.closed());
    let by = Shape::of("name", scalar()).with("order", words(&ORDERS)).closed();
    let claims = Shape::default()
        .with("rows", count())
        .with("hits", count())
        .with("no_nulls", one_or_list("Columns.", scalar()))
        .with("unique", one_or_list("Columns.", scalar()))
        .with("no_rows", reference("sql"))
        .closed();
    let expect = Shape::default().with("before", claims.clone()).with("after", claims);
    Shape::default()
        .with(
            "order",
            one_or_list("In which order rows are taken, in batches or into a table.", any_of(vec![scalar(), by])),
        )
        .with("batch", batch.described("Goes through the table in pieces, each in a transaction of its own."))
        .with("on_error", words(&["stop", "skip"]))
        .with("expect", expect.described("What must hold before and after."))
        .with("undo", described("The way back.", or_null(list_of(reference("operation")))))
        .with("irreversible", text("Why there is no way back."))
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// What a drop keeps.
pub(super) fn keep_data() -> Value {
    let later = Shape::default().with("later", or_null(reference("default")));
    any_of(vec![flag("Its data is kept for the way back.", false), later.described("What rows get that came later.")])
}
