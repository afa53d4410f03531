//! Operations in words, for the list of differences, the log and the revision file.

use super::{ColumnChange, Operation};
use crate::schema::{Index, Name, SortedMap};

impl Operation {
    /// One line, imperative, without a full stop: `add column note to orders`.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::CreateSchema { name } => format!("create schema {}", name.as_str()),
            Self::DropSchema { name } => format!("drop schema {}", name.as_str()),
            Self::CreateEnum(made) => format!("create type {}", made.name.for_people()),
            Self::DropEnum { name, .. } => format!("drop type {}", name.for_people()),
            Self::RenameEnum { name, to } => format!("rename type {} to {}", name.for_people(), to.as_str()),
            Self::AlterEnum { name, to, .. } => {
                let values = to.values.as_ref().map(|values| format!(" to {}", values.join(", ")));
                let what = if values.is_some() { "values" } else { "comment" };
                format!("change the {what} of type {}{}", name.for_people(), values.unwrap_or_default())
            }
            Self::CreateTable(table) => format!("create table {}", table.name.for_people()),
            Self::DropTable { name, .. } => format!("drop table {}", name.for_people()),
            Self::RenameTable { name, to } => format!("rename table {} to {}", name.for_people(), to.as_str()),
            Self::AlterTable { name, to, .. } => {
                let mut keys: Vec<&str> = to.comment.iter().map(|_| "comment").collect();
                keys.extend(to.options.0.values().flat_map(SortedMap::keys).map(String::as_str));
                format!("change {} of table {}", keys.join(", "), name.for_people())
            }
            Self::AddColumn { table, column, .. } => on("add column", column.name.as_str(), "to", table),
            Self::DropColumn { table, name, .. } => on("drop column", name.as_str(), "from", table),
            Self::RenameColumn { table, name, to } => {
                format!("rename column {} of {} to {}", name.as_str(), table.for_people(), to.as_str())
            }
            Self::AlterColumn { table, name, to, .. } => {
                format!("change {} of column {} of {}", changed_keys(to).join(", "), name.as_str(), table.for_people())
            }
            Self::CreateIndex { table, index } => {
                let what = if index.unique { "create unique index" } else { "create index" };
                on(what, index.name.as_str(), "on", table)
            }
            Self::DropIndex { table, name, was } => {
                // What a CREATE INDEX CONCURRENTLY that failed leaves behind, or one ON ONLY a table.
                let is_invalid = |index: &Index| index.options.0.values().any(|keys| keys.contains_key("invalid"));
                let what = if was.as_deref().is_some_and(is_invalid) { "drop the invalid index" } else { "drop index" };
                on(what, name.as_str(), "of", table)
            }
            Self::RenameIndex { table, name, to } => {
                format!("rename index {} of {} to {}", name.as_str(), table.for_people(), to.as_str())
            }
            Self::AddConstraint { table, constraint } => on(
                &format!("add {}", constraint.kind().spoken()),
                &called(constraint.name(), constraint.columns()),
                "to",
                table,
            ),
            Self::DropConstraint { table, name, kind, was } => {
                let columns = was.as_ref().map_or(&[][..], |was| was.columns());
                on(&format!("drop {}", kind.spoken()), &called(name.as_ref(), columns), "of", table)
            }
            Self::RenameConstraint { table, name, to } => {
                format!("rename constraint {} of {} to {}", name.as_str(), table.for_people(), to.as_str())
            }
            Self::Comment { table, name, .. } => on("change the comment of", name.as_str(), "on", table),
            Self::Object(object) => object.describe(),
            Self::Sql(_) => "run SQL".to_owned(),
            Self::Data(data) => data.describe(),
        }
    }
}

fn on(verb: &str, object: &str, preposition: &str, table: &Name) -> String {
    format!("{verb} {object} {preposition} {}", table.for_people())
}

/// The name, else the columns in parentheses.
fn called(name: Option<&crate::schema::Ident>, columns: &[crate::schema::Ident]) -> String {
    match name {
        Some(name) => name.as_str().to_owned(),
        None if columns.is_empty() => "without a name".to_owned(),
        None => format!("({})", columns.iter().map(crate::schema::Ident::as_str).collect::<Vec<_>>().join(", ")),
    }
}

/// The keys of a column that change, in words.
pub(super) fn changed_keys(change: &ColumnChange) -> Vec<String> {
    let fixed = [
        (change.ty.is_some(), "type"),
        (change.nullable.is_some(), "nullability"),
        (change.default.is_some(), "default"),
        (change.identity.is_some(), "identity"),
        (change.generated.is_some(), "generation"),
        (change.comment.is_some(), "comment"),
        (change.position.is_some(), "position"),
    ];
    let mut keys: Vec<String> = fixed.iter().filter(|(is, _)| *is).map(|(_, word)| (*word).to_owned()).collect();
    keys.extend(change.options.0.values().flat_map(|section| section.keys().cloned()));
    keys
}
