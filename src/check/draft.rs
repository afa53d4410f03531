//! A revision out of a comparison.

use crate::check::{Comparison, explain};
use crate::dialect::{fold_implied, neutralise};
use crate::diff::Context;
use crate::error::Result;
use crate::execute::scratch::fill_in_references;
use crate::model::{Models, dress};
use crate::ops::{Operation, reverse_all};
use crate::revision::write::Draft;

/// What a draft is made from.
pub(crate) struct Recipe<'a> {
    pub(crate) comparison: &'a Comparison,
    pub(crate) models: &'a Models,
    pub(crate) context: Context<'a>,
}

/// The revision: upgrade with its hazards beside the operations, downgrade as its reverse, both in declared words.
///
/// # Errors
/// Unsupported for an operation that the database cannot do.
pub(crate) fn draft(recipe: &Recipe<'_>) -> Result<Draft> {
    let Recipe { comparison, context, .. } = recipe;
    let native = &comparison.difference.operations;
    let explained = explain(native, &comparison.live, *context)?;
    let declared = declared(native, recipe);
    let downgrade = match reverse_all(&declared) {
        Ok(operations) => Some(Ok(operations)),
        Err(operation) => Some(Err(format!("nothing says how to take back: {}", operation.describe()))),
    };
    let notes = explained.iter().map(|one| notes(&one.operation, &one.hazards, comparison));
    let upgrade = declared.into_iter().zip(notes).collect();
    let lost = comparison.not_modelled().len();
    let mut top = Vec::new();
    if lost > 0 {
        top.push(format!("{lost} things of this database are not modelled and not part of this revision"));
    }
    Ok(Draft { upgrade, downgrade, notes: top })
}

/// The operations in the words of the models, else in neutral ones.
fn declared(native: &[Operation], recipe: &Recipe<'_>) -> Vec<Operation> {
    let Recipe { comparison, models, context } = recipe;
    let neutral = native
        .iter()
        .map(|operation| neutralise(operation.clone(), context.dialect, &comparison.desired, context.server));
    let mut declared = models.declared.clone();
    fill_in_references(&mut declared);
    fold_implied(dress(neutral.collect(), &declared), &declared, context.dialect)
}

fn notes(operation: &Operation, hazards: &[crate::statement::Hazard], comparison: &Comparison) -> Vec<String> {
    let mut notes: Vec<String> = hazards.iter().map(ToString::to_string).collect();
    notes.dedup();
    let found = comparison.difference.proposals.iter().find(|proposal| renames(operation, &proposal.renamed));
    notes.extend(found.map(|proposal| format!("found to be a rename ({}): check that it is one", proposal.evidence)));
    notes
}

fn renames(operation: &Operation, renamed: &crate::diff::Renamed) -> bool {
    match operation {
        Operation::RenameTable { name, to } => name.for_people() == renamed.old && to.as_str() == renamed.new,
        Operation::RenameColumn { table, name, to } => {
            format!("{}.{}", table.for_people(), name.as_str()) == renamed.old && to.as_str() == renamed.new
        }
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Sql(_) => false,
    }
}
