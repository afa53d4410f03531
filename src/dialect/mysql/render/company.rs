//! What may not stand together in one ALTER TABLE: a name in it means what had that name before, so what one clause makes
//! no other clause can drop, rename or change. Pure: no I/O.

use super::meant;
use crate::dialect::mysql::{compare, quote};
use crate::ops::{Constraint, ConstraintKind, Operation};
use crate::schema::{ForeignKey, Ident, IndexPart, Position, Table};

/// A name that a statement gives, without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Column(String),
    /// A column that is written anew, has another behind it, or is part of a new key: it cannot go in the same statement.
    Used(String),
    /// An index or a unique or primary key.
    Key(String),
    /// A check or a foreign key.
    Constraint(String),
    /// A foreign key that goes: another one cannot have its name in the same statement.
    Gone(String),
    /// A name that the server numbers, which nobody knows before.
    Numbered,
}

fn column(name: &Ident) -> Given {
    Given::Column(quote::fold(name))
}

fn used(name: &Ident) -> Given {
    Given::Used(quote::fold(name))
}

pub(super) fn key(name: &Ident) -> Given {
    Given::Key(quote::fold(name))
}

fn constraint(name: &Ident) -> Given {
    Given::Constraint(quote::fold(name))
}

fn gone(name: &Ident) -> Given {
    Given::Gone(quote::fold(name))
}

/// Whether the operation works on what the statement in work makes.
pub(super) fn meets(operation: &Operation, table: Option<&Table>, made: &[Given]) -> bool {
    !made.is_empty() && wanted(operation, table).iter().any(|one| made.contains(one))
}

/// The names that an operation gives, or makes free too late for others.
pub(super) fn made(operation: &Operation, known: Option<&Table>) -> Vec<Given> {
    match operation {
        Operation::AddColumn { column: added, position, .. } => {
            let behind = behind(position.as_ref());
            behind.into_iter().chain([column(&added.name), used(&added.name)]).collect()
        }
        Operation::AlterColumn { name, to, .. } => {
            behind(to.position.as_ref()).into_iter().chain([used(name)]).collect()
        }
        Operation::CreateIndex { index, .. } => {
            let columns = index.parts.iter().filter_map(IndexPart::column_name).map(used);
            columns.chain([key(&index.name)]).collect()
        }
        Operation::RenameIndex { to, .. } => vec![key(to)],
        Operation::AddConstraint { constraint, .. } => made_with(constraint),
        Operation::RenameConstraint { name, to, .. } => {
            let called = |one: &ForeignKey| one.name.as_ref().is_some_and(|one| quote::fold(one) == quote::fold(name));
            let is_reference = known.is_some_and(|table| table.foreign_keys.iter().any(called));
            is_reference.then(|| gone(name)).into_iter().chain([key(to), constraint(to)]).collect()
        }
        Operation::Comment { name, .. } => vec![key(name)],
        Operation::DropConstraint { name: Some(name), kind: ConstraintKind::ForeignKey, .. } => vec![gone(name)],
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
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::DropIndex { .. }
        | Operation::DropConstraint { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => Vec::new(),
    }
}

fn behind(position: Option<&Position>) -> Option<Given> {
    match position {
        Some(Position::After(column)) => Some(used(column)),
        Some(Position::First) | None => None,
    }
}

fn made_with(made: &Constraint) -> Vec<Given> {
    // The server calls a key without a name, and the index of such a foreign key, like the first column.
    let called = || made.name().or(made.columns().first()).map(key);
    let own = match made {
        Constraint::PrimaryKey(_) => vec![key(&compare::PRIMARY.into())],
        Constraint::Unique(_) => called().into_iter().collect(),
        Constraint::Check(_) => vec![made.name().map_or(Given::Numbered, constraint)],
        Constraint::ForeignKey(_) => {
            called().into_iter().chain([made.name().map_or(Given::Numbered, constraint)]).collect()
        }
    };
    made.columns().iter().map(used).chain(own).collect()
}

/// The names that must be there for an operation.
fn wanted(operation: &Operation, known: Option<&Table>) -> Vec<Given> {
    match operation {
        Operation::DropColumn { name, .. } => vec![column(name), used(name)],
        Operation::AlterColumn { name, .. } => vec![column(name)],
        Operation::DropIndex { name, .. } | Operation::RenameIndex { name, .. } | Operation::Comment { name, .. } => {
            vec![key(name)]
        }
        Operation::DropConstraint { name, kind, was, .. } => {
            let found = known.and_then(|table| meant::find(table, *kind, name.as_ref(), was.as_deref()).ok()).flatten();
            let real = found.as_ref().and_then(Constraint::name).or(name.as_ref());
            wanted_of(*kind, real, known)
        }
        Operation::AddConstraint { constraint, .. } => constraint.name().map(gone).into_iter().collect(),
        // Its kind is not said.
        Operation::RenameConstraint { name, to, .. } => [ConstraintKind::Check, ConstraintKind::ForeignKey]
            .into_iter()
            .flat_map(|kind| wanted_of(kind, Some(name), known))
            .chain([gone(to)])
            .collect(),
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
        | Operation::RenameColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => Vec::new(),
    }
}

fn wanted_of(kind: ConstraintKind, name: Option<&Ident>, known: Option<&Table>) -> Vec<Given> {
    let is_numbered = |name: &Ident| known.is_none_or(|table| compare::is_generated_name(&table.name, kind, &[], name));
    let number = name.is_none_or(is_numbered).then_some(Given::Numbered);
    match kind {
        ConstraintKind::PrimaryKey => vec![key(&compare::PRIMARY.into())],
        ConstraintKind::Unique => name.map(key).into_iter().collect(),
        ConstraintKind::Check => number.into_iter().chain(name.map(constraint)).collect(),
        // Its own index is called like it.
        ConstraintKind::ForeignKey => number.into_iter().chain(name.map(constraint)).chain(name.map(key)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::mysql::render::render;
    use crate::schema::{Check, Column, Expr, Name, Schema, Type};
    use crate::statement::{Product, ServerVersion};

    fn add(constraint: Constraint) -> Operation {
        Operation::AddConstraint { table: Name::own("t"), constraint: Box::new(constraint) }
    }

    fn check(name: Option<&str>) -> Operation {
        add(Constraint::Check(Check {
            name: name.map(Ident::from),
            condition: Expr::Same("a > 0".into()),
            no_inherit: false,
            not_valid: false,
            not_enforced: false,
            comment: None,
        }))
    }

    fn drop_named(name: &str, kind: ConstraintKind) -> Operation {
        Operation::DropConstraint { table: Name::own("t"), name: Some(name.into()), kind, was: None }
    }

    fn statements(operations: &[Operation]) -> usize {
        let mut table = Table::new(Name::own("t"));
        table.columns.push(Column::new("a", Type::Native("int".into())));
        let mut schema = Schema::default();
        schema.insert(table);
        render(operations, &schema, ServerVersion::new(Product::MariaDb, 10, 11, 19)).unwrap().len()
    }

    #[test]
    fn what_is_made_is_changed_in_another_statement() {
        let rename = |name: &str, to: &str| Operation::RenameConstraint {
            table: Name::own("t"),
            name: name.into(),
            to: to.into(),
        };
        assert_eq!(statements(&[check(Some("c")), check(Some("d"))]), 1);
        assert_eq!(statements(&[check(Some("c")), rename("C", "d")]), 2);
        assert_eq!(statements(&[check(Some("c")), rename("c", "d"), rename("d", "e")]), 3);
        let column = Column::new("n", Type::Native("int".into()));
        let added = Operation::AddColumn { table: Name::own("t"), column: Box::new(column), position: None };
        let dropped = Operation::DropColumn { table: Name::own("t"), name: "N".into(), was: None, position: None };
        assert_eq!(statements(&[added.clone(), dropped, added]), 2);
    }

    #[test]
    fn names_of_the_server_may_be_those_that_were_just_made() {
        let table = Table::new(Name::own("t"));
        let meets =
            |operation: &Operation, before: &Operation| meets(operation, Some(&table), &made(before, Some(&table)));
        assert!(meets(&drop_named("CONSTRAINT_1", ConstraintKind::Check), &check(None)));
        assert!(!meets(&drop_named("c", ConstraintKind::Check), &check(None)));
        let key = ForeignKey::plain(vec!["a".into()], Name::own("p"), vec!["id".into()]);
        let named = add(Constraint::ForeignKey(ForeignKey { name: Some("f".into()), ..key }));
        assert!(meets(&named, &drop_named("F", ConstraintKind::ForeignKey)));
        assert!(!meets(&check(Some("f")), &drop_named("f", ConstraintKind::Check)));
    }
}
