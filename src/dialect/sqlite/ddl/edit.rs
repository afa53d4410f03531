//! What an operation makes of the text of a CREATE TABLE.

use super::parts::{TableOption, TableText};
use super::reader::{Span, Unreadable};
use super::splice::Splices;
use super::{Quote, columns, constraints, rename, table};
use crate::dialect::Unsupported;
use crate::ops::{Constraint, Operation, TableChange};
use crate::schema::{Column, Ident};

/// How new parts are written: functions of the dialect's `render` and `quote`.
pub(crate) struct Writer<'w> {
    /// A column with everything that is its own, without keys.
    pub(crate) column: &'w dyn Fn(&Column) -> String,
    /// A constraint of the table, with `CONSTRAINT name` if it has one.
    pub(crate) constraint: &'w dyn Fn(&Constraint) -> String,
    pub(crate) quote: Quote<'w>,
}

/// What an edit gives: the whole text.
pub(super) type Edited = Result<String, Unsupported>;

impl From<Unreadable> for Unsupported {
    fn from(unreadable: Unreadable) -> Self {
        let what = format!("a change of a table whose CREATE TABLE cannot be read ({})", unreadable.0);
        Self::new(what, "write the change as SQL")
    }
}

/// The CREATE TABLE in `text` after one operation; every byte that the operation is not about stays. An operation on
/// another table changes nothing but the names that this table's foreign keys use, and one that a CREATE TABLE does not
/// hold (an index, a comment) changes nothing at all.
///
/// # Errors
/// A text that cannot be read; a column or constraint that is not there; a column that a constraint needs.
pub(crate) fn edit(text: &str, operation: &Operation, writer: &Writer<'_>) -> Edited {
    let table = table::parse(text)?;
    if let Operation::RenameTable { name, to } = operation {
        return Ok(rename::rename_table(&table, &name.name, to, writer.quote)?);
    }
    if operation.table().is_some_and(|name| table.name.is(&name.name)) {
        return edit_own(&table, operation, writer);
    }
    if let Operation::RenameColumn { table: of, name, to } = operation {
        return Ok(rename::rename_referenced(&table, &of.name, (name, to), writer.quote));
    }
    Ok(text.to_owned())
}

/// An operation on this very table.
fn edit_own(table: &TableText<'_>, operation: &Operation, writer: &Writer<'_>) -> Edited {
    match operation {
        Operation::RenameColumn { name, to, .. } => {
            column(table, name)?;
            Ok(rename::rename_column(table, name, to, writer.quote)?)
        }
        Operation::AlterTable { to, .. } => Ok(alter_table(table, to)),
        Operation::AddColumn { column, position, .. } => columns::add(table, column, position.as_ref(), writer),
        Operation::DropColumn { name, .. } => columns::drop(table, name),
        Operation::AlterColumn { name, to, .. } => columns::alter(table, name, to, writer),
        Operation::AddConstraint { constraint, .. } => constraints::add(table, constraint, writer),
        Operation::DropConstraint { name, kind, was, .. } => {
            constraints::drop(table, name.as_ref(), *kind, was.as_deref())
        }
        Operation::RenameConstraint { name, to, .. } => constraints::rename(table, name, to, writer.quote),
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::RenameTable { .. }
        | Operation::DropTable { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::Comment { .. }
        | Operation::Sql(_) => Ok(table.text.to_owned()),
    }
}

/// A column with its index, or the error that it is not there.
pub(super) fn column<'a, 't>(
    table: &'a TableText<'t>,
    name: &Ident,
) -> Result<(usize, &'a super::ColumnText<'t>), Unsupported> {
    let found = table.columns.iter().enumerate().find(|(_, column)| column.name.is(name));
    found.ok_or_else(|| {
        let what =
            format!("a change of column {}, which table {} does not have", name.as_str(), table.name.ident.as_str());
        Unsupported::new(what, "look at the table with `migrate inspect`")
    })
}

fn alter_table(table: &TableText<'_>, to: &TableChange) -> String {
    let wanted = |option: TableOption, key: &str| match to.options.get("sqlite", key) {
        Some(value) => value == Some("true"),
        None => table.has(option),
    };
    let strict = wanted(TableOption::Strict, "strict").then_some(TableOption::Strict);
    let rowless = wanted(TableOption::WithoutRowid, "without_rowid").then_some(TableOption::WithoutRowid);
    let kept = |option: &TableOption| table.has(*option);
    let options: Vec<TableOption> = strict.into_iter().chain(rowless).collect();
    if options.len() == table.options.len() && options.iter().all(kept) {
        return table.text.to_owned();
    }
    let words: Vec<&str> = options.into_iter().map(TableOption::words).collect();
    let mut splices = Splices::new(table.text);
    match (table.options.first(), table.options.last()) {
        (Some((_, first)), Some((_, last))) if words.is_empty() => {
            let start = if table.text.get(table.body.end..first.start).is_some_and(|gap| gap.trim().is_empty()) {
                table.body.end
            } else {
                first.start
            };
            splices.remove(Span::new(start, last.end));
        }
        (Some((_, first)), Some((_, last))) => splices.replace(Span::new(first.start, last.end), words.join(", ")),
        _ => splices.insert(table.body.end, format!(" {}", words.join(", "))),
    }
    splices.finish()
}
