//! Tables and what belongs to them.

use serde_json::{Value, json};

use super::shape::{
    Shape, any_of, described, flag, list_of, map_of, one_or_list, or_null, reference, scalar, text, word, words,
};
use crate::format::read::{IDENTITY_MODES, SEQUENCE_KEYS};
use crate::format::read_parts::{DEFERRABLE, MATCHES, NULLS, ORDERS};
use crate::format::rows::OTHERS;
use crate::format::{DATABASES, NEUTRAL_WORDS};
use crate::schema::{Action, ObjectKind};

pub(super) fn definitions() -> Vec<(&'static str, Value)> {
    vec![
        ("options", described("Options of one database, by its own words.", or_null(map_of(scalar())))),
        ("sql", sql()),
        ("expression", any_of(vec![scalar(), Shape::of("sql", reference("sql")).closed()])),
        ("columns", one_or_list("Names of columns.", scalar())),
        ("values", described("The words of an enum, in their order.", list_of(scalar()))),
        ("type", any_of(vec![type_word(), type_map()])),
        ("default", default()),
        ("identity", identity()),
        ("generated", generated()),
        ("column", any_of(vec![type_word(), column_keys().described("A column.")])),
        ("primary_key", keyed("The primary key.", Shape::default().with("name", name()).and(primary_key_keys()))),
        (
            "unique",
            named_or_listed("Unique constraints.", &unique_keys(), |map| vec![scalar(), list_of(scalar()), map]),
        ),
        ("checks", named_or_listed("Conditions that every row meets.", &check_keys(), |map| vec![scalar(), map])),
        ("foreign_keys", named_or_listed("References to other tables.", &foreign_key_keys(), |map| vec![map])),
        ("index_column", any_of(vec![scalar(), index_column_keys().closed()])),
        ("index", any_of(vec![scalar(), list_of(reference("index_column")), index_keys().described("An index.")])),
        ("table", table()),
        ("rows_alone", rows_alone()),
        ("rows", rows()),
        ("rule", super::rules::rule()),
        ("objects", objects()),
        ("enum_type", any_of(vec![reference("values"), enum_keys().described("A type with a fixed list of words.")])),
    ]
}

fn table() -> Value {
    let rows = described("The rows of it that the models own.", or_null(reference("rows")));
    table_keys().with("rules", super::rules::rules()).with("rows", rows).described("A table.")
}

fn rows_alone() -> Value {
    Shape::of("rows", reference("rows")).described("The rows of a table that is declared elsewhere.")
}

fn rows() -> Value {
    let values = || list_of(described("Columns and what they hold.", map_of(or_null(reference("default")))));
    let map = Shape::of("values", values())
        .with("key", one_or_list("What tells the rows apart; without it the primary key.", scalar()))
        .with("others", words(&OTHERS));
    any_of(vec![values(), map.closed()])
}

/// The keys of a model, and of each of its `schemas:`.
pub(crate) fn schema_keys() -> Shape {
    let of_names = |description: &str, name: &str| described(description, or_null(map_of(reference(name))));
    Shape::default()
        .with("enums", of_names("Types with a fixed list of words, by name.", "enum_type"))
        .with(
            "tables",
            described("Tables, by name.", or_null(map_of(any_of(vec![reference("table"), reference("rows_alone")])))),
        )
        .and(object_kinds())
}

/// The key of every kind of object: a map by name, or a list.
fn object_kinds() -> Shape {
    ObjectKind::ALL.into_iter().fold(Shape::default(), |shape, kind| {
        let description = format!("Each {}, by name, or as a list where names repeat.", kind.spoken());
        shape.with(kind.plural(), described(&description, or_null(reference("objects"))))
    })
}

/// What tells objects of one name apart.
pub(super) fn object_id_keys() -> Shape {
    Shape::default()
        .with("arguments", text("Of a routine, where several have its name: their types, as in `integer, text`."))
        .with("table", text("What a trigger, rule or policy stands on."))
        .with("table_schema", text("The schema of that, where it is not the connection's own."))
}

pub(super) fn object_text_keys() -> Shape {
    Shape::of("definition", reference("expression")).with("comment", comment())
}

fn objects() -> Value {
    let keys = || object_id_keys().and(object_text_keys());
    let by_name = map_of(any_of(vec![scalar(), keys().described("An object; its definition is the whole statement.")]));
    any_of(vec![by_name, list_of(Shape::of("name", scalar()).and(keys()).closed())])
}

fn name() -> Value {
    text("Without one, the name that the database makes.")
}

fn renamed_from() -> Value {
    text("What it was called before: the next revision renames it.")
}

fn comment() -> Value {
    text("A remark that the database keeps.")
}

fn sql() -> Value {
    let each = DATABASES.iter().fold(Shape::default(), |shape, word| shape.with(word, text("For this database.")));
    let each = each.ruled("minProperties", json!(1)).closed();
    described("The text for the database at hand, or one for each.", any_of(vec![scalar(), each]))
}

fn type_word() -> Value {
    let neutral = described("A type that means the same on every database.", words(&NEUTRAL_WORDS));
    let others = described("varchar(80), decimal(10,2), or a type of the database.", scalar());
    any_of(vec![neutral, others])
}

fn type_map() -> Value {
    let native = text("A type of the database whose word is a neutral one too.");
    Shape::default().with("native", native).and(enum_of()).needing_either(&["native", "enum"]).closed()
}

/// A list of words in the place of a type.
fn enum_of() -> Shape {
    let named = text("The type's name where the database names such types; <table>_<column> without it.");
    Shape::default().with("enum", reference("values")).with("enum_name", named)
}

fn default() -> Value {
    let literal = text("A literal that would be read otherwise.");
    let map =
        Shape::default().with("literal", literal).with("sql", reference("sql")).needing_either(&["literal", "sql"]);
    let all = vec![scalar(), map.closed(), json!({ "type": "null" })];
    described("A literal, or { sql: … } for an expression.", any_of(all))
}

fn identity() -> Value {
    let modes = words(&IDENTITY_MODES.map(|(word, _)| word));
    let keys = SEQUENCE_KEYS.iter();
    let map = keys.fold(Shape::of("mode", modes.clone()), |shape, key| shape.with(key, text("Of the sequence.")));
    let all = vec![modes, map.closed(), json!({ "type": "null" })];
    described("A number that the database gives out.", any_of(all))
}

fn generated() -> Value {
    let stored = flag("Computed when the row is written, not when it is read.", true);
    let map = Shape::of("sql", reference("sql")).with("stored", stored);
    described("Computed from other columns.", any_of(vec![scalar(), map.closed(), json!({ "type": "null" })]))
}

pub(super) fn column_keys() -> Shape {
    column_facts()
        .and(enum_of())
        .with("renamed_from", renamed_from())
        .with_options("options")
        .needing_either(&["type", "enum"])
}

/// What a column has and `alter_column` changes.
pub(super) fn column_facts() -> Shape {
    Shape::default()
        .with("type", reference("type"))
        .with("nullable", flag("Whether a row may have none.", true))
        .with("default", reference("default"))
        .with("identity", reference("identity"))
        .with("generated", reference("generated"))
        .with("comment", comment())
}

fn deferrable() -> Value {
    let choices: Vec<Value> =
        DEFERRABLE.iter().map(|word| json!(word)).chain([json!(true), json!(false), Value::Null]).collect();
    json!({ "description": "Whether it may wait for COMMIT.", "enum": choices })
}

pub(super) fn primary_key_keys() -> Shape {
    Shape::of("columns", reference("columns"))
        .with("include", or_null(reference("columns")))
        .with("deferrable", deferrable())
        .with("comment", comment())
        .with_options("options")
}

pub(super) fn unique_keys() -> Shape {
    primary_key_keys().with("nulls_not_distinct", nulls_not_distinct())
}

fn nulls_not_distinct() -> Value {
    flag("Two NULLs count as equal.", false)
}

pub(super) fn check_keys() -> Shape {
    Shape::default()
        .with("sql", reference("sql"))
        .with("condition", reference("expression"))
        .with("no_inherit", flag("Not for tables that inherit from this one.", false))
        .with("not_valid", flag("Rows from before are not looked at.", false))
        .with("not_enforced", flag("Written down, not kept.", false))
        .with("comment", comment())
        .needing_either(&["sql", "condition"])
}

pub(super) fn foreign_key_keys() -> Shape {
    let actions = Action::WORDS.map(|(_, word)| word);
    let map = Shape::of("table", scalar())
        .with("schema", text("The schema of that table."))
        .with("columns", or_null(reference("columns")));
    let references = any_of(vec![scalar(), map.closed()]);
    Shape::of("columns", reference("columns"))
        .with("references", described("A table (its primary key), or { table: …, columns: […] }.", references))
        .needing("references")
        .with("on_delete", action("When the other row is deleted.", &actions))
        .with("on_update", action("When the other row's key changes.", &actions))
        .with("match", word("Whether all columns or none must be NULL.", &MATCHES))
        .with("deferrable", deferrable())
        .with("not_valid", flag("Rows from before are not looked at.", false))
        .with("not_enforced", flag("Written down, not kept.", false))
        .with("set_columns", or_null(reference("columns")))
        .with("period", flag("The last column is a range, and all of it must be there.", false))
        .with("comment", comment())
}

/// The reader also takes other cases, and `_` for a space.
fn action(description: &str, actions: &[&str]) -> Value {
    let letter = |letter: char| match letter {
        ' ' => "[ _]".to_owned(),
        letter => format!("[{}{letter}]", letter.to_ascii_uppercase()),
    };
    let patterns: Vec<String> = actions.iter().map(|action| action.chars().map(letter).collect()).collect();
    let loose = json!({ "type": "string", "pattern": format!("^({})$", patterns.join("|")) });
    json!({ "description": description, "anyOf": [words(actions), loose, { "type": "null" }], "default": actions.first() })
}

fn index_column_keys() -> Shape {
    Shape::default()
        .with("name", text("A column."))
        .with("sql", reference("sql"))
        .needing_either(&["name", "sql"])
        .with("order", word("How it is sorted.", &ORDERS))
        .with("nulls", json!({ "description": "Where NULLs stand.", "enum": [NULLS[0], NULLS[1], null] }))
        .with("collation", text("Where it differs from the column's own."))
        .with("operator_class", text("Where it differs from the type's own."))
        .with(
            "prefix",
            json!({ "description": "The first so many characters.", "type": ["integer", "null"], "minimum": 0 }),
        )
}

pub(super) fn index_keys() -> Shape {
    let columns = one_or_list("Columns, or expressions as { sql: … }.", reference("index_column"));
    Shape::of("columns", columns)
        .with("unique", flag("No two rows have the same.", false))
        .with("method", text("btree, hash, gin, fulltext, …"))
        .with("where", or_null(reference("expression")))
        .with("include", or_null(reference("columns")))
        .with("nulls_not_distinct", nulls_not_distinct())
        .with("comment", comment())
        .with("renamed_from", renamed_from())
        .with_options("options")
}

/// `columns` may be left out of a table that has those of another one, which it says under the word of its database.
pub(super) fn table_keys() -> Shape {
    let either: Vec<Value> = ["columns"].iter().chain(&DATABASES).map(|key| json!({ "required": [key] })).collect();
    Shape::default()
        .with("columns", or_null(map_of(reference("column"))))
        .with("comment", comment())
        .with("renamed_from", renamed_from())
        .with("primary_key", or_null(reference("primary_key")))
        .with("unique", or_null(reference("unique")))
        .with("checks", or_null(reference("checks")))
        .with("foreign_keys", or_null(reference("foreign_keys")))
        .with("indexes", or_null(map_of(reference("index"))))
        .with_options("options")
        .ruled("anyOf", json!(either))
}

fn enum_keys() -> Shape {
    Shape::of("values", reference("values")).with("comment", comment()).with("renamed_from", renamed_from())
}

/// A column, a list of columns, or a map.
fn keyed(description: &str, shape: Shape) -> Value {
    any_of(vec![scalar(), list_of(scalar()), shape.described(description)])
}

/// A map by name, or a list in which a name is optional.
fn named_or_listed(description: &str, shape: &Shape, notations: impl Fn(Value) -> Vec<Value>) -> Value {
    let by_name = map_of(any_of(notations(shape.clone().closed())));
    let listed = Shape::default().with("name", name()).and(shape.clone());
    described(description, any_of(vec![by_name, list_of(any_of(notations(listed.closed())))]))
}
