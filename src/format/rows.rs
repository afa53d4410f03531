//! Rows that are written in files: those of a `rows` step, and those that a model owns.

use std::collections::BTreeSet;

use crate::error::{Error, Kind, Result};
use crate::format::data_write::values_tree;
use crate::format::read::value;
use crate::format::write::{Entries, put};
use crate::ops::{RowChanges, Value, WrittenRow};
use crate::schema::Ident;
use crate::yaml::{Fields, Node, Tree};

/// A row of a model, with the line that it begins on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelRow {
    pub(crate) line: usize,
    pub(crate) values: WrittenRow,
}

/// What a model says of rows beside them: the key (empty = the primary key), and whether others go.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ModelRows {
    pub(crate) key: Vec<Ident>,
    pub(crate) others_go: bool,
    pub(crate) rows: Vec<ModelRow>,
}

/// The words of `others:`.
pub(super) const OTHERS: [&str; 2] = ["keep", "delete"];

/// What stands under `rows:` of a table of a model: a list, or a map with `key`, `others` and `values`.
pub(crate) fn model_rows(node: Node) -> Result<ModelRows> {
    if let crate::yaml::Value::List(_) = &node.value {
        return Ok(ModelRows { rows: even(node)?, ..ModelRows::default() });
    }
    let mut fields = Fields::of(node, "rows of a model")?;
    let key = fields.optional("key").map(idents).transpose()?.unwrap_or_default();
    let others_go = match fields.optional("others") {
        None => false,
        Some(node) => match node.text()? {
            "keep" => false,
            "delete" => true,
            _ => return Err(node.expected("`keep` or `delete`")),
        },
    };
    let rows = even(fields.require("values")?)?;
    fields.finish()?;
    Ok(ModelRows { key, others_go, rows })
}

/// The rows of a `rows` step.
pub(super) fn row_changes(fields: &mut Fields) -> Result<RowChanges> {
    let node = fields.require("key")?;
    let no_key = node.error("`key` names no column");
    let key = idents(node)?;
    if key.is_empty() {
        return Err(no_key);
    }
    let changes = RowChanges {
        delete: list(fields, "delete", &key)?,
        update: list(fields, "update", &key)?,
        insert: list(fields, "insert", &key)?,
        key,
    };
    if changes.lists().iter().all(|(_, rows)| rows.is_empty()) {
        return Err(fields.error("no row is named").with_hint("give it `insert:`, `update:` or `delete:`"));
    }
    Ok(changes)
}

/// One list of a step: rows that name their key, and as many columns beside it as the list is about.
fn list(fields: &mut Fields, word: &'static str, key: &[Ident]) -> Result<Vec<WrittenRow>> {
    let Some(node) = fields.optional(word) else { return Ok(Vec::new()) };
    let at = |line: usize, phrase: String| Err(Error::new(Kind::File, phrase).at_line(line, 0));
    let rows = even(node)?;
    for row in &rows {
        if let Some(column) = key.iter().find(|column| !has_value(&row.values, column)) {
            return at(row.line, format!("the row does not say its key {}", column.as_str()));
        }
        let others = row.values.len() - key.len();
        if word == "delete" && others > 0 {
            return at(row.line, "a row that goes names its key alone".to_owned());
        }
        if word == "update" && others == 0 {
            return at(row.line, "the row says nothing but its key".to_owned());
        }
    }
    Ok(rows.into_iter().map(|row| row.values).collect())
}

fn has_value(row: &WrittenRow, column: &Ident) -> bool {
    row.iter().any(|(name, value)| name == column && *value != Value::Null)
}

/// Rows that name the same columns.
fn even(node: Node) -> Result<Vec<ModelRow>> {
    let rows = node.list_of(|node| {
        let (line, empty) = (node.line, node.error("the row names no column"));
        let values = node.entries()?.into_iter().map(|(key, node)| Ok((Ident::from(key.text), value(node)?)));
        let values = values.collect::<Result<WrittenRow>>()?;
        if values.is_empty() { Err(empty) } else { Ok(ModelRow { line, values }) }
    })?;
    let Some(first) = rows.first() else { return Ok(rows) };
    let names = |row: &ModelRow| row.values.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
    let known = names(first);
    for row in &rows {
        let own = names(row);
        let odd = known.difference(&own).next().map(|name| (name, "does not name", "the first one does"));
        let odd = odd.or_else(|| own.difference(&known).next().map(|name| (name, "names", "the first one does not")));
        if let Some((name, does, other)) = odd {
            let phrase = format!("this row {does} {}, and {other}", name.as_str());
            return Err(Error::new(Kind::File, phrase)
                .at_line(row.line, 0)
                .with_hint("name the same columns in each row; `null` is no value"));
        }
    }
    Ok(rows)
}

fn idents(node: Node) -> Result<Vec<Ident>> {
    node.one_or_list_of(|node| node.into_text().map(Ident::from))
}

/// The entries of a `rows` step.
pub(super) fn row_entries(changes: &RowChanges) -> Entries {
    let mut entries = Entries::new();
    put(&mut entries, "key", Tree::texts(changes.key.iter().map(Ident::as_str)));
    for (word, rows) in changes.lists().into_iter().filter(|(_, rows)| !rows.is_empty()) {
        put(&mut entries, word, Tree::List(rows.iter().map(|row| values_tree(row)).collect()));
    }
    entries
}
