//! Keys, checks and indexes as they are declared: a map with names, or a list without.

use crate::error::Result;
use crate::format::read::options;
use crate::format::types::{read_expr, read_sql};
use crate::schema::{
    Action, Check, Deferrable, Expr, ForeignKey, Ident, Index, IndexPart, IndexTarget, Name, Nulls, Options,
    PrimaryKey, Unique,
};
use crate::yaml::{Fields, Node, Value};

/// The words of `deferrable:`.
pub(super) const DEFERRABLE: [&str; 4] = ["immediate", "deferred", "true", "false"];
/// The words of `match:`, of `order:` and `nulls:` in an index; the usual one first.
pub(super) const MATCHES: [&str; 2] = ["simple", "full"];
pub(super) const ORDERS: [&str; 2] = ["asc", "desc"];
pub(super) const NULLS: [&str; 2] = ["first", "last"];

pub(super) fn idents(node: Node) -> Result<Vec<Ident>> {
    node.one_or_list_of(|item| item.into_text().map(Ident::from))
}

fn optional_idents(fields: &mut Fields, key: &'static str) -> Result<Vec<Ident>> {
    fields.optional(key).map_or(Ok(Vec::new()), idents)
}

/// Each entry of a map with its name, or each item of a list without one.
///
/// An item of a list may say its name: some of the others have none.
fn named<T>(node: Node, make: impl Fn(Option<Ident>, Node) -> Result<T>) -> Result<Vec<T>> {
    if let Value::List(_) = &node.value {
        return node.list_of(|item| make(None, item));
    }
    node.entries()?.into_iter().map(|(key, item)| make(Some(Ident::from(key.text)), item)).collect()
}

/// The key of the map, else what a list's item says under `name:`.
fn name_of_item(key: Option<Ident>, fields: &mut Fields) -> Result<Option<Ident>> {
    Ok(if key.is_some() { key } else { fields.text("name")?.map(Ident::from) })
}

/// `deferrable: true` or `immediate` (checked at once unless asked), or `deferred`.
fn deferrable(fields: &mut Fields) -> Result<Option<Deferrable>> {
    let Some(node) = fields.optional("deferrable") else { return Ok(None) };
    match node.text()? {
        "true" | "immediate" => Ok(Some(Deferrable { initially_deferred: false })),
        "deferred" => Ok(Some(Deferrable { initially_deferred: true })),
        "false" => Ok(None),
        _ => Err(node.expected("`immediate`, `deferred` or `false`")),
    }
}

pub(super) fn primary_key(node: Node) -> Result<PrimaryKey> {
    if matches!(&node.value, Value::List(_) | Value::Scalar { .. }) {
        let columns = idents(node)?;
        let (include, options) = (Vec::new(), Options::default());
        return Ok(PrimaryKey { name: None, columns, include, deferrable: None, comment: None, options });
    }
    let mut fields = Fields::of(node, "a primary key")?;
    let name = fields.text("name")?.map(Ident::from);
    let key = primary_key_fields(name, &mut fields)?;
    fields.finish()?;
    Ok(key)
}

pub(super) fn primary_key_fields(name: Option<Ident>, fields: &mut Fields) -> Result<PrimaryKey> {
    Ok(PrimaryKey {
        name,
        columns: idents(fields.require("columns")?)?,
        include: optional_idents(fields, "include")?,
        deferrable: deferrable(fields)?,
        comment: fields.text("comment")?,
        options: options(fields)?,
    })
}

pub(super) fn uniques(node: Node) -> Result<Vec<Unique>> {
    // `unique: [email]` would be one column each or one key: a list holds keys, each a list or a map.
    named(node, |name, item| {
        if matches!(&item.value, Value::List(_) | Value::Scalar { .. }) {
            let columns = idents(item)?;
            let (include, options) = (Vec::new(), Options::default());
            let nulls_not_distinct = false;
            return Ok(Unique { name, columns, include, nulls_not_distinct, deferrable: None, comment: None, options });
        }
        let mut fields = Fields::of(item, "a unique constraint")?;
        let name = name_of_item(name, &mut fields)?;
        let unique = unique_fields(name, &mut fields)?;
        fields.finish()?;
        Ok(unique)
    })
}

pub(super) fn unique_fields(name: Option<Ident>, fields: &mut Fields) -> Result<Unique> {
    Ok(Unique {
        name,
        columns: idents(fields.require("columns")?)?,
        include: optional_idents(fields, "include")?,
        nulls_not_distinct: fields.bool("nulls_not_distinct")?.unwrap_or(false),
        deferrable: deferrable(fields)?,
        comment: fields.text("comment")?,
        options: options(fields)?,
    })
}

pub(super) fn checks(node: Node) -> Result<Vec<Check>> {
    named(node, |name, item| {
        if let Value::Scalar { .. } = &item.value {
            return Ok(plain_check(name, read_expr(item)?));
        }
        let mut fields = Fields::of(item, "a check")?;
        let name = name_of_item(name, &mut fields)?;
        let check = check_fields(name, &mut fields)?;
        fields.finish()?;
        Ok(check)
    })
}

fn plain_check(name: Option<Ident>, condition: Expr) -> Check {
    Check { name, condition, no_inherit: false, not_valid: false, not_enforced: false, comment: None }
}

/// The condition stands under `condition:` (text or `{ sql: … }`) or directly under `sql:`.
pub(super) fn check_fields(name: Option<Ident>, fields: &mut Fields) -> Result<Check> {
    let condition = match fields.optional("sql") {
        Some(node) => read_sql(node)?,
        None => read_expr(fields.require("condition")?)?,
    };
    Ok(Check {
        no_inherit: fields.bool("no_inherit")?.unwrap_or(false),
        not_valid: fields.bool("not_valid")?.unwrap_or(false),
        not_enforced: fields.bool("not_enforced")?.unwrap_or(false),
        comment: fields.text("comment")?,
        ..plain_check(name, condition)
    })
}

pub(super) fn foreign_keys(node: Node) -> Result<Vec<ForeignKey>> {
    named(node, |name, item| {
        let mut fields = Fields::of(item, "a foreign key")?;
        let name = name_of_item(name, &mut fields)?;
        let key = foreign_key_fields(name, &mut fields)?;
        fields.finish()?;
        Ok(key)
    })
}

pub(super) fn foreign_key_fields(name: Option<Ident>, fields: &mut Fields) -> Result<ForeignKey> {
    let columns = idents(fields.require("columns")?)?;
    let (references, referenced_columns) = references(fields.require("references")?)?;
    if !referenced_columns.is_empty() && referenced_columns.len() != columns.len() {
        let (here, there) = (columns.len(), referenced_columns.len());
        return Err(fields.error(format!("the foreign key has {here} columns and references {there}")));
    }
    Ok(ForeignKey {
        name,
        columns,
        references,
        referenced_columns,
        on_delete: action(fields, "on_delete")?,
        on_update: action(fields, "on_update")?,
        match_full: match_full(fields)?,
        deferrable: deferrable(fields)?,
        not_valid: fields.bool("not_valid")?.unwrap_or(false),
        not_enforced: fields.bool("not_enforced")?.unwrap_or(false),
        set_columns: optional_idents(fields, "set_columns")?,
        period: fields.bool("period")?.unwrap_or(false),
        comment: fields.text("comment")?,
    })
}

/// The name of a table (its primary key), or `{ table: …, schema: …, columns: […] }`.
fn references(node: Node) -> Result<(Name, Vec<Ident>)> {
    if let Value::Scalar { .. } = &node.value {
        return Ok((Name::own(node.into_text()?), Vec::new()));
    }
    let mut fields = Fields::of(node, "a reference")?;
    let schema = fields.text("schema")?.map(Ident::from);
    let name = Name::new(schema, fields.require("table")?.into_text()?);
    let columns = optional_idents(&mut fields, "columns")?;
    fields.finish()?;
    Ok((name, columns))
}

fn action(fields: &mut Fields, key: &'static str) -> Result<Action> {
    let Some(node) = fields.optional(key) else { return Ok(Action::Nothing) };
    let said = node.text()?.to_lowercase().replace('_', " ");
    let found = Action::WORDS.iter().find(|(_, word)| *word == said).map(|(action, _)| *action);
    found.ok_or_else(|| {
        node.expected(&Action::WORDS.iter().map(|(_, word)| format!("`{word}`")).collect::<Vec<_>>().join(", "))
    })
}

fn match_full(fields: &mut Fields) -> Result<bool> {
    Ok(one_of(fields, "match", MATCHES)? == Some("full"))
}

pub(super) fn indexes(node: Node) -> Result<Vec<Index>> {
    let entries = node.entries()?;
    entries.into_iter().map(|(key, item)| index(Ident::from(key.text), item)).collect()
}

/// A list of columns, or a map with `columns:`.
fn index(name: Ident, node: Node) -> Result<Index> {
    if matches!(&node.value, Value::List(_) | Value::Scalar { .. }) {
        let parts = node.one_or_list_of(index_part)?;
        return Ok(plain_index(name, parts));
    }
    let mut fields = Fields::of(node, "an index")?;
    let index = index_fields(name, &mut fields)?;
    fields.finish()?;
    Ok(index)
}

fn plain_index(name: Ident, parts: Vec<IndexPart>) -> Index {
    Index {
        name,
        parts,
        unique: false,
        method: None,
        predicate: None,
        include: Vec::new(),
        nulls_not_distinct: false,
        comment: None,
        options: Options::default(),
        renamed_from: None,
    }
}

pub(super) fn index_fields(name: Ident, fields: &mut Fields) -> Result<Index> {
    let parts = fields.require("columns")?.one_or_list_of(index_part)?;
    Ok(Index {
        unique: fields.bool("unique")?.unwrap_or(false),
        method: fields.text("method")?,
        predicate: fields.optional("where").map(read_expr).transpose()?,
        include: optional_idents(fields, "include")?,
        nulls_not_distinct: fields.bool("nulls_not_distinct")?.unwrap_or(false),
        comment: fields.text("comment")?,
        options: options(fields)?,
        renamed_from: fields.text("renamed_from")?.map(Ident::from),
        ..plain_index(name, parts)
    })
}

/// A column's name, or a map with `name:` or `sql:` and how it is sorted.
fn index_part(node: Node) -> Result<IndexPart> {
    if let Value::Scalar { .. } = &node.value {
        return Ok(IndexPart::column(Ident::from(node.into_text()?)));
    }
    let mut fields = Fields::of(node, "a column of an index")?;
    let name = fields.text("name")?.map(Ident::from);
    let sql = fields.optional("sql").map(read_sql).transpose()?;
    let target = match (name, sql) {
        (Some(name), None) => IndexTarget::Column(name),
        (None, Some(expr)) => IndexTarget::Expression(expr),
        _ => return Err(fields.error("a column of an index has either `name` or `sql`")),
    };
    let part = IndexPart {
        target,
        descending: one_of(&mut fields, "order", ORDERS)? == Some("desc"),
        nulls: one_of(&mut fields, "nulls", NULLS)?
            .map(|word| if word == "first" { Nulls::First } else { Nulls::Last }),
        collation: fields.text("collation")?,
        operator_class: fields.text("operator_class")?,
        prefix: fields.optional("prefix").map(|node| node.u32()).transpose()?,
    };
    fields.finish()?;
    Ok(part)
}

pub(super) fn one_of(fields: &mut Fields, key: &'static str, words: [&'static str; 2]) -> Result<Option<&'static str>> {
    let Some(node) = fields.optional(key) else { return Ok(None) };
    let said = node.text()?;
    let found = words.into_iter().find(|word| *word == said);
    found.map(Some).ok_or_else(|| node.expected(&words.map(|word| format!("`{word}`")).join(" or ")))
}
