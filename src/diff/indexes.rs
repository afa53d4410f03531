//! Differences between indexes: by name first; one that only changed its name is renamed where the database can.

use super::Context;
use super::constraints::take_matches;
use super::expressions::same_expr;
use crate::dialect::Capability;
use crate::ops::{Operation, Part};
use crate::schema::{Index, IndexPart, IndexTarget, Pair, Table};

/// Indexes to create, to drop, to rename, to comment. An index that says something else under the same name is built
/// anew.
pub(super) fn indexes(tables: Pair<&Table>, context: Context<'_>) -> Vec<Operation> {
    let mut found = tables.from.indexes.clone();
    let mut wanted = tables.to.indexes.clone();
    let same_name = |pair: Pair<&Index>| context.same_ident(&pair.from.name, &pair.to.name);
    let mut matches = take_matches(&mut found, &mut wanted, |pair| same_name(pair) && same_meaning(pair, context));
    let taken: Vec<_> = wanted.iter().map(|index| index.name.clone()).collect();
    if context.has(Capability::RenameIndex) {
        let free = |index: &Index| !taken.contains(&index.name);
        matches.extend(take_matches(&mut found, &mut wanted, |pair| free(pair.from) && same_meaning(pair, context)));
    }
    let table = &tables.from.name;
    let mut operations = Vec::new();
    for pair in matches {
        if !same_name(pair.as_ref()) {
            let (name, to) = (pair.from.name.clone(), pair.to.name.clone());
            operations.push(Operation::RenameIndex { table: table.clone(), name, to });
        }
        if pair.from.comment != pair.to.comment && context.has(Capability::PartComments) {
            let Pair { from, to } = pair;
            let (part, name) = (Part::Index, to.name);
            operations.push(Operation::Comment { table: table.clone(), part, name, to: to.comment, was: from.comment });
        }
    }
    operations.extend(found.into_iter().map(|index| Operation::DropIndex {
        table: table.clone(),
        name: index.name.clone(),
        was: Some(Box::new(index)),
    }));
    operations.extend(wanted.into_iter().map(|index| Operation::CreateIndex {
        table: table.clone(),
        index: Box::new(Index { renamed_from: None, ..index }),
    }));
    operations
}

/// Whether both say the same, names apart; comments count where they cannot be changed alone.
fn same_meaning(pair: Pair<&Index>, context: Context<'_>) -> bool {
    let Pair { from, to } = pair;
    let comments_count = context.has(Capability::Comments) && !context.has(Capability::PartComments);
    from.unique == to.unique
        && from.method == to.method
        && from.nulls_not_distinct == to.nulls_not_distinct
        && from.options == to.options
        && context.same_idents(&from.include, &to.include)
        && (from.comment == to.comment || !comments_count)
        && same_predicate(pair, context)
        && from.parts.len() == to.parts.len()
        && from.parts.iter().zip(&to.parts).all(|(from, to)| same_part(Pair::new(from, to), context))
}

fn same_predicate(pair: Pair<&Index>, context: Context<'_>) -> bool {
    match (&pair.from.predicate, &pair.to.predicate) {
        (Some(from), Some(to)) => same_expr(Pair::new(from, to), context),
        (from, to) => from == to,
    }
}

fn same_part(parts: Pair<&IndexPart>, context: Context<'_>) -> bool {
    let Pair { from, to } = parts;
    let same_target = match (&from.target, &to.target) {
        (IndexTarget::Column(from), IndexTarget::Column(to)) => context.same_ident(from, to),
        (IndexTarget::Expression(from), IndexTarget::Expression(to)) => same_expr(Pair::new(from, to), context),
        (IndexTarget::Column(_), IndexTarget::Expression(_)) | (IndexTarget::Expression(_), IndexTarget::Column(_)) => {
            false
        }
    };
    same_target
        && from.descending == to.descending
        && from.nulls == to.nulls
        && from.collation == to.collation
        && from.operator_class == to.operator_class
        && from.prefix == to.prefix
}
