//! What an operation may do to rows that are there. Pure: no I/O.

use crate::ops::{ColumnChange, Constraint, Operation};
use crate::schema::{Column, Default, Ident, Name, Table};
use crate::statement::Hazard;

use crate::dialect::sqlite::options::WORD;
use crate::dialect::sqlite::rebuild::copy;

/// The hazards of one operation; `table` is its table as it is before, if that is known.
pub(super) fn of(operation: &Operation, table: Option<&Table>) -> Vec<Hazard> {
    match operation {
        Operation::DropTable { name, .. } => {
            vec![Hazard::LosesData(format!("{} and everything in it", name.for_people()))]
        }
        Operation::DropColumn { table, name, .. } => {
            vec![Hazard::LosesData(format!("{} and everything in it", part(table, name)))]
        }
        Operation::AddColumn { table, column, .. } => added(table, column),
        Operation::AlterColumn { table: name, name: column, to, .. } => {
            altered(&part(name, column), to, table.and_then(|table| Some((table, table.column(column)?))))
        }
        Operation::AlterTable { name, to, .. } => {
            let strict = to.options.get(WORD, "strict") == Some(Some("true"));
            let keyed = to.options.get(WORD, "without_rowid") == Some(Some("true"));
            let hazards = [
                (strict, format!("values of {} that are not of their column's type", name.for_people())),
                (keyed, format!("rows of {} with NULL in the primary key", name.for_people())),
            ];
            hazards.into_iter().filter(|(is, _)| *is).map(|(_, what)| Hazard::MayFail(what)).collect()
        }
        Operation::CreateIndex { table, index } if index.unique => {
            vec![Hazard::MayFail(format!(
                "rows of {} that are the same for index {}",
                table.for_people(),
                index.name.as_str()
            ))]
        }
        Operation::AddConstraint { table, constraint } => vec![Hazard::MayFail(constrained(table, constraint))],
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::RenameTable { .. }
        | Operation::RenameColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => Vec::new(),
    }
}

/// `orders.note`.
fn part(table: &Name, column: &Ident) -> String {
    format!("{}.{}", table.for_people(), column.as_str())
}

fn added(table: &Name, column: &Column) -> Vec<Hazard> {
    let filled = column.nullable || column.default.is_some() || column.generated.is_some();
    if filled {
        return Vec::new();
    }
    vec![Hazard::MayFail(format!("rows of {}, for {} has no default", table.for_people(), part(table, &column.name)))]
}

fn altered(what: &str, to: &ColumnChange, now: Option<(&Table, &Column)>) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    let mut after = now.map(|(_, column)| column.clone());
    after.iter_mut().for_each(|column| to.lay_over(column));
    let default = after.as_ref().map_or_else(|| to.default.clone().flatten(), |after| after.default.clone());
    let was_nullable = now.is_none_or(|(_, column)| column.nullable);
    if to.nullable == Some(false) && was_nullable {
        hazards.push(match &default {
            Some(Default::Sql(value)) => Hazard::fills(what, value.text()),
            Some(Default::Literal(_)) | None => Hazard::MayFail(format!("rows where {what} is NULL")),
        });
    }
    if matches!(to.generated, Some(Some(_))) && now.is_none_or(|(_, column)| column.generated.is_none()) {
        hazards.push(Hazard::LosesData(format!("{what}, which is computed from now on")));
    }
    if let (Some((table, before)), Some(after)) = (now, &after)
        && let Some(conversion) = copy::conversion(before, after, copy::is_strict(table))
    {
        hazards.push(Hazard::MayFail(format!("values of {what} that do not fit {conversion}")));
    }
    hazards
}

fn constrained(table: &Name, constraint: &Constraint) -> String {
    let columns: Vec<&str> = constraint.columns().iter().map(Ident::as_str).collect();
    let (columns, table) = (columns.join(", "), table.for_people());
    match constraint {
        Constraint::PrimaryKey(_) | Constraint::Unique(_) => format!("rows of {table} with the same {columns}"),
        Constraint::Check(check) => format!("rows of {table} for which this is false: {}", check.condition.text()),
        Constraint::ForeignKey(key) => {
            format!("rows of {table} whose {columns} is not in {}", key.references.for_people())
        }
    }
}
