//! Tables and columns as they are declared.

use crate::error::Result;
use crate::format::read_parts::{checks, foreign_keys, indexes, primary_key, uniques};
use crate::format::types::{read_sql, read_type};
use crate::format::{DATABASES, types};
use crate::schema::{
    Column, Default, Enum, Generated, Ident, Identity, IdentityMode, Name, Neutral, Options, Table, Type,
};
use crate::yaml::{Fields, Node, Value};

pub(super) const IDENTITY_MODES: [(&str, IdentityMode); 3] =
    [("always", IdentityMode::Always), ("by_default", IdentityMode::ByDefault), ("serial", IdentityMode::Serial)];
pub(super) const SEQUENCE_KEYS: [&str; 8] = ["as", "start", "increment", "min", "max", "cache", "cycle", "sequence"];

/// The table behind `was:` of a `drop_table:`.
pub(super) fn table(name: Name, node: Node) -> Result<Table> {
    model_table(name, node, |_| Ok(())).map(|(table, ())| table)
}

/// The table that stands under its name in a model; `also` takes out what a model says of it beside its shape.
pub(crate) fn model_table<T>(
    name: Name,
    node: Node,
    also: impl FnOnce(&mut Fields) -> Result<T>,
) -> Result<(Table, T)> {
    let mut fields = Fields::of(node, "a table")?;
    let table = table_fields(name, &mut fields)?;
    let more = also(&mut fields)?;
    fields.finish()?;
    Ok((table, more))
}

/// Takes what belongs to a table out of `fields`.
pub(super) fn table_fields(name: Name, fields: &mut Fields) -> Result<Table> {
    let mut table = Table::new(name);
    table.comment = fields.text("comment")?;
    table.renamed_from = fields.text("renamed_from")?.map(Ident::from);
    let columns = fields.take_entry("columns");
    let empty =
        columns.as_ref().filter(|(_, node)| node.is_null()).map(|(key, _)| key.error("`columns` of a table is empty"));
    let has_columns = columns.is_some();
    for (key, node) in
        columns.filter(|_| empty.is_none()).map(|(_, node)| node.entries()).transpose()?.into_iter().flatten()
    {
        table.columns.push(column(Ident::from(key.text), node)?);
    }
    table.primary_key = fields.optional("primary_key").map(primary_key).transpose()?;
    table.uniques = fields.optional("unique").map_or(Ok(Vec::new()), uniques)?;
    table.checks = fields.optional("checks").map_or(Ok(Vec::new()), checks)?;
    table.foreign_keys = fields.optional("foreign_keys").map_or(Ok(Vec::new()), foreign_keys)?;
    table.indexes = fields.optional("indexes").map_or(Ok(Vec::new()), indexes)?;
    table.options = options(fields)?;
    // An heir has the columns of others.
    match empty {
        _ if table.is_heir() => Ok(table),
        Some(error) => Err(error),
        None if has_columns => Ok(table),
        None => Err(fields.missing("columns")),
    }
}

/// What other tools say in a column.
const HABITS: [(&str, &str); 12] = [
    ("primary_key", KEY),
    ("primary", KEY),
    ("pk", KEY),
    ("unique", "it is the table's: write `unique: { uq_name: [column] }` beside `columns`"),
    ("index", "it is the table's: write `indexes: { ix_name: [column] }` beside `columns`"),
    ("check", "it is the table's: write `checks: { ck_name: \"column > 0\" }` beside `columns`"),
    ("references", REFERENCES),
    ("foreign_key", REFERENCES),
    ("not_null", "write `nullable: false`"),
    ("required", "write `nullable: false`"),
    ("auto_increment", "write `identity: by_default`"),
    ("autoincrement", "write `identity: by_default`"),
];
const KEY: &str = "it is the table's: write `primary_key: [column]` beside `columns`";
const REFERENCES: &str = "it is the table's: write `foreign_keys: { fk_name: { columns: [column], references: { table: other, columns: [id] } } }` \
     beside `columns`";

/// The column that stands under its name. A column of the primary key is not null whatever is said; the server sees to
/// that.
pub(crate) fn column(name: Ident, node: Node) -> Result<Column> {
    if let Value::Scalar { .. } = &node.value {
        return Ok(Column::new(name, read_type(node)?));
    }
    let mut fields = Fields::of(node, "a column")?.knowing(&HABITS);
    let column = column_fields(name, &mut fields)?;
    fields.finish()?;
    Ok(column)
}

/// Takes what belongs to a column out of `fields`.
pub(super) fn column_fields(name: Ident, fields: &mut Fields) -> Result<Column> {
    let ty = column_type(fields)?;
    let mut column = Column::new(name, ty);
    column.nullable = fields.bool("nullable")?.unwrap_or(true);
    column.default = fields.optional("default").map(default).transpose()?;
    column.identity = fields.optional("identity").map(identity).transpose()?;
    column.generated = fields.optional("generated").map(generated).transpose()?;
    column.comment = fields.text("comment")?;
    column.renamed_from = fields.text("renamed_from")?.map(Ident::from);
    column.options = options(fields)?;
    Ok(column)
}

/// `type:`, or `enum:` with `enum_name:` in its place.
fn column_type(fields: &mut Fields) -> Result<Type> {
    let values = fields.optional("enum").map(|node| node.list_of(Node::into_text)).transpose()?;
    let name = fields.text("enum_name")?.map(Ident::from);
    match values {
        Some(values) => {
            if fields.take("type").is_some() {
                return Err(fields.error("a column has either `type` or `enum`"));
            }
            Ok(Type::Neutral(Neutral::Enum { values, name }))
        }
        None => read_type(fields.require("type")?),
    }
}

/// A scalar is a literal, `{ sql: … }` an expression; `{ literal: sql }` says a word that would be read otherwise.
pub(super) fn default(node: Node) -> Result<Default> {
    if let Value::Scalar { .. } = &node.value {
        return node.into_text().map(Default::Literal);
    }
    let mut fields = Fields::of(node, "a default")?;
    let literal = fields.text("literal")?;
    let sql = fields.optional("sql").map(read_sql).transpose()?;
    let default = match (literal, sql) {
        (Some(literal), None) => Default::Literal(literal),
        (None, Some(sql)) => Default::Sql(sql),
        _ => return Err(fields.error("a default is a literal or { sql: … }")),
    };
    fields.finish()?;
    Ok(default)
}

/// What a column gets in a data step: nothing, or as a default.
pub(super) fn value(node: Node) -> Result<crate::ops::Value> {
    if node.is_null() {
        return Ok(crate::ops::Value::Null);
    }
    Ok(match default(node)? {
        Default::Literal(text) => crate::ops::Value::Literal(text),
        Default::Sql(expr) => crate::ops::Value::Sql(expr),
    })
}

/// `always`, `by_default`, `serial`, or a map with `mode:` and the options of the sequence.
pub(super) fn identity(node: Node) -> Result<Identity> {
    let mut options = crate::schema::SortedMap::new();
    let mode = if let Value::Scalar { .. } = &node.value {
        identity_mode(&node)?
    } else {
        let mut fields = Fields::of(node, "an identity")?;
        let mode = identity_mode(&fields.require("mode")?)?;
        for key in SEQUENCE_KEYS {
            if let Some(value) = fields.text(key)? {
                options.insert(key.to_owned(), value);
            }
        }
        fields.finish()?;
        mode
    };
    Ok(Identity { mode, options })
}

fn identity_mode(node: &Node) -> Result<IdentityMode> {
    let said = node.text()?;
    let found = IDENTITY_MODES.iter().find(|(word, _)| *word == said).map(|(_, mode)| *mode);
    found.ok_or_else(|| node.expected("`always`, `by_default` or `serial`"))
}

/// The expression as text (stored where the database knows one way only), or `{ sql: …, stored: true }`.
pub(super) fn generated(node: Node) -> Result<Generated> {
    if let Value::Scalar { .. } = &node.value {
        return Ok(Generated { expr: types::read_expr(node)?, stored: true });
    }
    let mut fields = Fields::of(node, "a generated column")?;
    let expr = read_sql(fields.require("sql")?)?;
    let stored = fields.bool("stored")?.unwrap_or(true);
    fields.finish()?;
    Ok(Generated { expr, stored })
}

/// The options under the word of each database. Which keys there are is the database's business.
pub(super) fn options(fields: &mut Fields) -> Result<Options> {
    let mut options = Options::default();
    for word in DATABASES {
        let Some(node) = fields.optional(word) else { continue };
        for (key, value) in node.entries()? {
            options.set(word, &key.text, value.into_text()?);
        }
    }
    Ok(options)
}

/// An enum type of a model: a list of values, or a map with `values:`.
pub(crate) fn enum_type(name: Name, node: Node) -> Result<Enum> {
    if let Value::List(_) = &node.value {
        let values = node.list_of(Node::into_text)?;
        return Ok(Enum { name, values, comment: None, renamed_from: None });
    }
    let mut fields = Fields::of(node, "an enum type")?;
    let values = fields.require("values")?.list_of(Node::into_text)?;
    let comment = fields.text("comment")?;
    let renamed_from = fields.text("renamed_from")?.map(Ident::from);
    fields.finish()?;
    Ok(Enum { name, values, comment, renamed_from })
}
