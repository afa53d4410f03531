//! Which changes of a table SQLite's own ALTER TABLE takes (<https://sqlite.org/lang_altertable.html>). Pure: no I/O.

use crate::ops::Operation;
use crate::schema::{Column, Default, Ident, Position, Table};

use super::create;
use super::shape::{self, is_silent};
use crate::dialect::sqlite::{ddl, quote};

/// What an operation on a table that is there takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Nothing: SQLite does not keep what changes.
    Nothing,
    /// A statement of its own.
    Native,
    /// A rebuild of the table.
    Rebuild,
}

/// The way of an operation. `table` is its table as it is before; None = not known, then what depends on it is a rebuild.
pub(crate) fn way(operation: &Operation, table: Option<&Table>) -> Way {
    if is_silent(operation) {
        return Way::Nothing;
    }
    match operation {
        Operation::AddColumn { column, position, .. } => native_if(adds(column, position.as_ref())),
        Operation::DropColumn { name, .. } => native_if(table.is_some_and(|table| drops(table, name))),
        Operation::AlterTable { .. }
        | Operation::AlterColumn { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. } => Way::Rebuild,
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::RenameColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => Way::Native,
    }
}

fn native_if(native: bool) -> Way {
    if native { Way::Native } else { Way::Rebuild }
}

/// ADD COLUMN puts a column at the end. It refuses one that is stored, one that is NOT NULL without a default, even in an
/// empty table, and a default that is no constant.
fn adds(column: &Column, position: Option<&Position>) -> bool {
    let constant = column.default.as_ref().is_none_or(is_constant);
    match &column.generated {
        Some(generated) => position.is_none() && !generated.stored,
        None => position.is_none() && constant && (column.nullable || column.default.is_some()),
    }
}

fn is_constant(default: &Default) -> bool {
    let clause = create::default_clause(default).to_ascii_uppercase();
    !clause.starts_with("DEFAULT (") && !clause.starts_with("DEFAULT CURRENT_")
}

/// DROP COLUMN refuses a column of a key, of an index, and one that a constraint of the table or another column names.
/// What views and triggers name it says itself.
fn drops(table: &Table, name: &Ident) -> bool {
    let Some(text) = table.definition.as_deref() else { return false };
    let Ok(parsed) = ddl::parse(text) else { return false };
    let Some(column) = parsed.column(name) else { return false };
    let keyed =
        column.clauses.iter().any(|one| matches!(one.clause, ddl::Clause::PrimaryKey(_) | ddl::Clause::Unique(_)));
    let drop = Operation::DropColumn { table: table.name.clone(), name: name.clone(), was: None, position: None };
    // Its own check and its own reference go with it; what else names it makes the edit fail.
    !keyed && ddl::edit(text, &drop, &create::writer()).is_ok() && !indexed(table, name)
}

/// Whether an index names the column.
pub(super) fn indexed(table: &Table, name: &Ident) -> bool {
    table.indexes.iter().any(|index| index_names(table, &index.name, name))
}

/// Whether one index names the column: giving it another name changes the text of the index.
pub(crate) fn index_names(table: &Table, index: &Ident, column: &Ident) -> bool {
    let Some(text) = shape::index_text(table, index) else { return false };
    let other = Ident::from("migrate_other_name");
    ddl::rename_column_in_index(&text, column, &other, &quote::ident).is_ok_and(|renamed| renamed != text)
}
