//! Revisions followed in memory, where no server can be had. No I/O. Less sure than a scratch place: what a server would
//! refuse for its types or its expressions is not seen here.

use crate::dialect::{Dialect, settle};
use crate::error::{Error, Kind, Result};
use crate::execute::render::unsupported;
use crate::ops::{Constraint, Operation, apply};
use crate::plan::{Chunk, Planned};
use crate::schema::{Ident, IndexTarget, Name, Schema};
use crate::statement::ServerVersion;

/// The schema that revisions make of nothing; `None` where a person's SQL is among them, which only a server knows.
///
/// # Errors
/// [`Kind::Statement`] with the revision, for an operation that does not fit what the ones before it leave.
pub(crate) fn in_memory(chain: &[&Planned], dialect: &dyn Dialect, server: ServerVersion) -> Option<Result<Schema>> {
    let is_sql = |chunk: &Chunk| matches!(chunk, Chunk::Sql(statements) if !statements.is_empty());
    let has_sql = chain.iter().flat_map(|planned| &planned.chunks).any(is_sql);
    (!has_sql).then(|| follow(chain, dialect, server))
}

fn follow(chain: &[&Planned], dialect: &dyn Dialect, server: ServerVersion) -> Result<Schema> {
    let mut schema = Schema::default();
    for planned in chain {
        for chunk in &planned.chunks {
            let Chunk::Operations(operations) = chunk else { continue };
            let here = |error: Error| error.in_revision(planned.step.revision.as_str());
            let settled = settle(operations, dialect, &schema, server).map_err(unsupported).map_err(here)?;
            for operation in &settled {
                fit(operation, &schema).map_err(|misfit| {
                    here(Error::new(Kind::Statement, format!("cannot {}: {misfit}", operation.describe())))
                })?;
                dialect.advance(std::slice::from_ref(operation), &mut schema);
            }
        }
    }
    Ok(schema)
}

/// What is in the way of an operation, in words.
fn fit(operation: &Operation, schema: &Schema) -> std::result::Result<(), String> {
    apply(operation, &mut schema.clone()).map_err(|misfit| misfit.0)?;
    match operation {
        Operation::CreateIndex { table, index } => {
            let parts = index.parts.iter().filter_map(|part| match &part.target {
                IndexTarget::Column(column) => Some(column),
                IndexTarget::Expression(_) => None,
            });
            let taken = schema.tables.values().flat_map(|one| &one.indexes).any(|one| one.name == index.name);
            if taken {
                return Err(format!("there is already an index {}", index.name.as_str()));
            }
            columns(schema, table, &parts.chain(&index.include).collect::<Vec<_>>())
        }
        Operation::AddConstraint { table, constraint } => {
            columns(schema, table, &constraint.columns().iter().collect::<Vec<_>>())?;
            match constraint.as_ref() {
                Constraint::ForeignKey(key) => {
                    columns(schema, &key.references, &key.referenced_columns.iter().collect::<Vec<_>>())
                }
                Constraint::PrimaryKey(_) | Constraint::Unique(_) | Constraint::Check(_) => Ok(()),
            }
        }
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => Ok(()),
    }
}

fn columns(schema: &Schema, table: &Name, named: &[&Ident]) -> std::result::Result<(), String> {
    let Some(found) = schema.tables.get(table) else {
        return Err(format!("there is no table {}", table.for_people()));
    };
    match named.iter().find(|column| found.column(column).is_none()) {
        None => Ok(()),
        Some(missing) => Err(format!("table {} has no column {}", table.for_people(), missing.as_str())),
    }
}
