//! Differences between keys and checks. They are matched by what they say first and by name second: a constraint that
//! only lost or changed its name is renamed where the database can, never built again.

use super::Context;
use super::expressions::same_expr;
use crate::dialect::Capability;
use crate::ops::{Constraint, ConstraintKind, Operation, Part, constraints as all_of};
use crate::schema::{Pair, Table};

/// Constraints to add, to drop, to rename, to comment.
pub(super) fn constraints(tables: Pair<&Table>, context: Context<'_>) -> Vec<Operation> {
    let mut found = all_of(tables.from);
    let mut wanted = all_of(tables.to);
    let mut matches =
        take_matches(&mut found, &mut wanted, |pair| same_meaning(pair, context) && same_name(pair, tables, context));
    matches.extend(take_matches(&mut found, &mut wanted, |pair| same_meaning(pair, context) && renames(pair, context)));
    let table = &tables.from.name;
    let mut operations = Vec::new();
    for pair in matches {
        operations.extend(renamed(pair.as_ref(), tables, context));
        operations.extend(commented(pair.as_ref(), tables, context));
    }
    operations.extend(found.into_iter().map(|constraint| Operation::DropConstraint {
        table: table.clone(),
        name: constraint.name().cloned(),
        kind: constraint.kind(),
        was: Some(Box::new(constraint)),
    }));
    let add = |constraint| Operation::AddConstraint { table: table.clone(), constraint: Box::new(constraint) };
    operations.extend(wanted.into_iter().map(add));
    operations
}

/// Takes out of both lists, in order, each first pair for which `fits` holds.
pub(super) fn take_matches<T>(
    found: &mut Vec<T>,
    wanted: &mut Vec<T>,
    fits: impl Fn(Pair<&T>) -> bool,
) -> Vec<Pair<T>> {
    let mut matches = Vec::new();
    let mut left = Vec::new();
    for one in std::mem::take(wanted) {
        match found.iter().position(|other| fits(Pair::new(other, &one))) {
            Some(place) => matches.push(Pair::new(found.remove(place), one)),
            None => left.push(one),
        }
    }
    *wanted = left;
    matches
}

/// Whether both say the same, names and comments apart.
fn same_meaning(pair: Pair<&Constraint>, context: Context<'_>) -> bool {
    match (pair.from, pair.to) {
        (Constraint::PrimaryKey(from), Constraint::PrimaryKey(to)) => {
            context.same_idents(&from.columns, &to.columns)
                && context.same_idents(&from.include, &to.include)
                && from.deferrable == to.deferrable
                && from.options == to.options
        }
        (Constraint::Unique(from), Constraint::Unique(to)) => {
            context.same_idents(&from.columns, &to.columns)
                && context.same_idents(&from.include, &to.include)
                && from.nulls_not_distinct == to.nulls_not_distinct
                && from.deferrable == to.deferrable
                && from.options == to.options
        }
        (Constraint::Check(from), Constraint::Check(to)) => {
            same_expr(Pair::new(&from.condition, &to.condition), context)
                && from.no_inherit == to.no_inherit
                && from.not_valid == to.not_valid
                && from.not_enforced == to.not_enforced
        }
        (Constraint::ForeignKey(from), Constraint::ForeignKey(to)) => {
            context.same_idents(&from.columns, &to.columns)
                && context.key(&from.references) == context.key(&to.references)
                && context.same_idents(&from.referenced_columns, &to.referenced_columns)
                && context.same_idents(&from.set_columns, &to.set_columns)
                && (from.on_delete, from.on_update, from.match_full) == (to.on_delete, to.on_update, to.match_full)
                && from.deferrable == to.deferrable
                && (from.not_valid, from.not_enforced, from.period) == (to.not_valid, to.not_enforced, to.period)
        }
        (Constraint::PrimaryKey(_) | Constraint::Unique(_) | Constraint::Check(_) | Constraint::ForeignKey(_), _) => {
            false
        }
    }
}

/// The same name, or two that the server made by itself: `orders_ibfk_1` and `orders_ibfk_2`.
fn same_name(pair: Pair<&Constraint>, tables: Pair<&Table>, context: Context<'_>) -> bool {
    match (pair.from.name(), pair.to.name()) {
        (None, None) => true,
        (Some(from), Some(to)) if context.same_ident(from, to) => true,
        (from, to) => {
            let made = |constraint: &Constraint, table: &Table, name: Option<&crate::schema::Ident>| {
                name.is_none_or(|name| {
                    let (kind, columns) = (constraint.kind(), constraint.columns());
                    context.dialect.is_generated_name(&table.name, kind, columns, name)
                })
            };
            made(pair.from, tables.from, from) && made(pair.to, tables.to, to)
        }
    }
}

fn renames(pair: Pair<&Constraint>, context: Context<'_>) -> bool {
    let named = pair.from.name().is_some() && pair.to.name().is_some();
    named && context.has(Capability::RenameConstraint) && pair.from.kind() == pair.to.kind()
}

fn renamed(pair: Pair<&Constraint>, tables: Pair<&Table>, context: Context<'_>) -> Option<Operation> {
    if same_name(pair, tables, context) {
        return None;
    }
    let (name, to) = (pair.from.name()?.clone(), pair.to.name()?.clone());
    Some(Operation::RenameConstraint { table: tables.from.name.clone(), name, to })
}

fn commented(pair: Pair<&Constraint>, tables: Pair<&Table>, context: Context<'_>) -> Option<Operation> {
    let comment = |constraint: &Constraint| match constraint {
        Constraint::PrimaryKey(key) => key.comment.clone(),
        Constraint::Unique(unique) => unique.comment.clone(),
        Constraint::Check(check) => check.comment.clone(),
        Constraint::ForeignKey(key) => key.comment.clone(),
    };
    let (was, to) = (comment(pair.from), comment(pair.to));
    let name = pair.to.name().cloned();
    if was == to || !context.has(Capability::PartComments) {
        return None;
    }
    Some(Operation::Comment { table: tables.from.name.clone(), part: Part::Constraint, name: name?, to, was })
}

/// The foreign keys among operations that add one.
pub(super) fn is_foreign_key(operation: &Operation) -> bool {
    match operation {
        Operation::AddConstraint { constraint, .. } => constraint.kind() == ConstraintKind::ForeignKey,
        Operation::DropConstraint { kind, .. } => *kind == ConstraintKind::ForeignKey,
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
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => false,
    }
}
