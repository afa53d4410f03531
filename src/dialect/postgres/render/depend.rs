//! What stands in the way of a change, and is put aside for it: the server neither changes the type of a column that a
//! generated one is computed from, nor compares an enum type with its successor.

use std::collections::BTreeSet;

use super::constraint::constraints;
use crate::dialect::postgres::SYNTAX;
use crate::ops::{Constraint, Operation};
use crate::schema::{Expr, Ident, Index, IndexTarget, Name, Schema, Table};
use crate::statement::token::tokens;

/// Whether an expression names this identifier. A text that cannot be read counts as one that does.
pub(super) fn mentions(text: &str, name: &Ident) -> bool {
    let Ok(all) = tokens(text, &SYNTAX) else { return true };
    all.iter().any(|token| token.name(text).as_deref() == Some(name.as_str()))
}

/// The columns of a table that a text names.
pub(super) fn mentioned(table: &Table, text: &str) -> Vec<Ident> {
    table.columns.iter().map(|column| &column.name).filter(|name| mentions(text, name)).cloned().collect()
}

/// The generated columns that are computed from one of these.
pub(super) fn computed_from(table: &Table, column: &Ident) -> BTreeSet<Ident> {
    let computed = table
        .columns
        .iter()
        .filter(|other| other.generated.as_ref().is_some_and(|generated| mentions(generated.expr.text(), column)));
    computed.map(|other| other.name.clone()).collect()
}

/// The expressions of an index.
fn index_texts(index: &Index) -> impl Iterator<Item = &str> {
    let expressions = index.parts.iter().filter_map(|part| match &part.target {
        IndexTarget::Expression(expr) => Some(expr.text()),
        IndexTarget::Column(_) => None,
    });
    expressions.chain(index.predicate.as_ref().map(Expr::text))
}

/// What is put aside before a change and brought back after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Aside {
    pub(super) before: Vec<Operation>,
    pub(super) after: Vec<Operation>,
}

impl Aside {
    fn constraint(&mut self, table: &Name, constraint: Constraint, drop: bool) {
        let (name, kind) = (constraint.name().cloned(), constraint.kind());
        if drop {
            let was = Some(Box::new(constraint.clone()));
            self.before.push(Operation::DropConstraint { table: table.clone(), name, kind, was });
        }
        self.after.push(Operation::AddConstraint { table: table.clone(), constraint: Box::new(constraint) });
    }

    fn index(&mut self, table: &Name, index: &Index, drop: bool) {
        let index = Box::new(index.clone());
        if drop {
            let (name, was) = (index.name.clone(), Some(index.clone()));
            self.before.push(Operation::DropIndex { table: table.clone(), name, was });
        }
        self.after.push(Operation::CreateIndex { table: table.clone(), index });
    }
}

/// What goes with columns that are dropped and has to come back with their successors. The server drops indexes and
/// constraints of the table together with a column; only foreign keys of other tables must go first.
pub(super) fn with_columns(schema: &Schema, table: &Table, columns: &BTreeSet<Ident>) -> Aside {
    let mut aside = Aside::default();
    let touches = |names: &[Ident]| names.iter().any(|name| columns.contains(name));
    let named = |text: &str| columns.iter().any(|column| mentions(text, column));
    for constraint in constraints(table) {
        let hit = match &constraint {
            Constraint::PrimaryKey(key) => touches(&key.columns) || touches(&key.include),
            Constraint::Unique(unique) => touches(&unique.columns) || touches(&unique.include),
            Constraint::Check(check) => named(check.condition.text()),
            Constraint::ForeignKey(key) => touches(&key.columns),
        };
        if hit {
            aside.constraint(&table.name, constraint, false);
        }
    }
    for index in &table.indexes {
        let plain = index.parts.iter().filter_map(|part| part.column_name());
        if plain.chain(&index.include).any(|name| columns.contains(name)) || index_texts(index).any(named) {
            aside.index(&table.name, index, false);
        }
    }
    for other in schema.tables.values() {
        for key in
            other.foreign_keys.iter().filter(|key| key.references == table.name && touches(&key.referenced_columns))
        {
            let of_itself = other.name == table.name;
            if !(of_itself && touches(&key.columns)) {
                aside.constraint(&other.name, Constraint::ForeignKey(key.clone()), true);
            }
        }
    }
    aside
}

/// What has one of these names in its text, a type or what stands on it, or ties columns of it together, in one table.
pub(super) fn with_type(table: &Table, names: &[&Ident], columns: &BTreeSet<Ident>) -> Aside {
    let mut aside = Aside::default();
    let named = |text: &str| names.iter().any(|name| mentions(text, name));
    for check in table.checks.iter().filter(|check| named(check.condition.text())) {
        aside.constraint(&table.name, Constraint::Check(check.clone()), true);
    }
    for key in table.foreign_keys.iter().filter(|key| key.columns.iter().any(|name| columns.contains(name))) {
        aside.constraint(&table.name, Constraint::ForeignKey(key.clone()), true);
    }
    for index in table.indexes.iter().filter(|index| index_texts(index).any(named)) {
        aside.index(&table.name, index, true);
    }
    aside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_words_not_as_text() {
        let found = |text: &str, name: &str| mentions(text, &Ident::from(name));
        assert!(found("status = 'open'::mood", "mood"));
        assert!(found("\"Total\" > 0", "Total"));
        assert!(!found("total > 0", "Total"));
        assert!(!found("a = 'mood'::text", "mood"));
        assert!(!found("subtotal > 0", "total"));
    }
}
