//! Indexes and keys whose names another table gets, where those are names of the schema: who has one gives it up before anything
//! that gets it is made. No I/O.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, part_renames};
use crate::dialect::Capability;
use crate::ops::{Constraint, ConstraintKind, Operation};
use crate::schema::{Ident, Name, Schema};

/// A name as the server compares it.
type Key = (Option<String>, String);

/// Takes out of the operations those that give up what another table gets, in an order that a server takes.
pub(super) fn give_up(operations: &mut Vec<Operation>, live: &Schema, context: Context<'_>) -> Vec<Operation> {
    if !context.has(Capability::SharedIndexNames) {
        return Vec::new();
    }
    let wanted = wanted_elsewhere(operations, live, context);
    if wanted.is_empty() {
        return Vec::new();
    }
    let gives = |operation: &mut Operation| given(operation, live, context).is_some_and(|key| wanted.contains(&key));
    let (renames, mut all): (Vec<_>, Vec<_>) =
        operations.extract_if(.., gives).partition(|operation| part_renames::names(operation).is_some());
    all.extend(part_renames::in_order_across(direct(renames), context));
    all
}

/// The names that go from one table to another, and those that have to be free for that.
fn wanted_elsewhere(operations: &[Operation], live: &Schema, context: Context<'_>) -> BTreeSet<Key> {
    let given_by = |operation| Some((given(operation, live, context)?, operation));
    let givers: BTreeMap<Key, &Operation> = operations.iter().filter_map(given_by).collect();
    let mut open: Vec<Key> = Vec::new();
    for operation in operations {
        let is_other = |key: &Key| givers.get(key).is_some_and(|giver| giver.table() != operation.table());
        open.extend(taken(operation).iter().map(|name| context.key(name)).filter(is_other));
    }
    let mut wanted = BTreeSet::new();
    while let Some(key) = open.pop() {
        // What gives up a name for another one needs that one first.
        open.extend(givers.get(&key).iter().flat_map(|giver| taken(giver)).map(|name| context.key(&name)));
        open.retain(|next| *next != key && !wanted.contains(next));
        wanted.insert(key);
    }
    wanted
}

fn is_key(kind: ConstraintKind) -> bool {
    matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
}

/// The name that an operation frees.
fn given(operation: &Operation, live: &Schema, context: Context<'_>) -> Option<Key> {
    let key = |table: &Name, name: &Ident| Some(context.key(&table.sibling(name.clone())));
    if let Operation::DropIndex { table, name, .. } | Operation::RenameIndex { table, name, .. } = operation {
        return key(table, name);
    }
    if let Operation::DropConstraint { table, name: Some(name), kind, .. } = operation {
        return key(table, name).filter(|_| is_key(*kind));
    }
    if let Operation::RenameConstraint { table, name, .. } = operation {
        // Checks and foreign keys are called within their table.
        let known = live.tables.get(table)?;
        let checks = known.checks.iter().map(|check| check.name.as_ref());
        let mut others = checks.chain(known.foreign_keys.iter().map(|key| key.name.as_ref()));
        return key(table, name).filter(|_| !others.any(|other| other == Some(name)));
    }
    None
}

/// The names that an operation needs free.
fn taken(operation: &Operation) -> Vec<Name> {
    let of = |table: &Name, name: Option<&Ident>| name.map(|name| table.sibling(name.clone()));
    if let Operation::CreateTable(table) = operation {
        let key = table.primary_key.as_ref().and_then(|key| key.name.as_ref());
        let uniques = table.uniques.iter().map(|unique| unique.name.as_ref());
        let indexes = table.indexes.iter().map(|index| Some(&index.name));
        let parts = uniques.chain(indexes).chain([key, Some(&table.name.name)]);
        return parts.filter_map(|name| of(&table.name, name)).collect();
    }
    if let Operation::AddConstraint { table, constraint } = operation {
        let name = match constraint.as_ref() {
            Constraint::PrimaryKey(key) => key.name.as_ref(),
            Constraint::Unique(unique) => unique.name.as_ref(),
            Constraint::Check(_) | Constraint::ForeignKey(_) => None,
        };
        return of(table, name).into_iter().collect();
    }
    if let Operation::CreateIndex { table, index } = operation {
        return of(table, Some(&index.name)).into_iter().collect();
    }
    let renamed = part_renames::names(operation).map(|(_, to)| to);
    operation.table().and_then(|table| of(table, renamed)).into_iter().collect()
}

/// The renames without a name in between.
fn direct(renames: Vec<Operation>) -> Vec<Operation> {
    let mut all: Vec<Operation> = Vec::with_capacity(renames.len());
    for rename in renames {
        let Some((name, last)) = part_renames::names(&rename).map(|(name, to)| (name.clone(), to.clone())) else {
            continue;
        };
        let leads_here = |first: &&mut Operation| {
            first.table() == rename.table() && part_renames::names(first).is_some_and(|(_, to)| *to == name)
        };
        match all.iter_mut().find(leads_here) {
            Some(Operation::RenameConstraint { to, .. } | Operation::RenameIndex { to, .. }) => *to = last,
            Some(_) | None => all.push(rename),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::for_script;
    use crate::schema::{Check, Column, Expr, Table, Type};

    /// What is given up of these renames of keys, in its order.
    fn given_up(renames: &[[&str; 3]]) -> (Vec<String>, usize) {
        let (dialect, server) = for_script("postgres", None).unwrap();
        let rename = |[table, name, to]: &[&str; 3]| Operation::RenameConstraint {
            table: Name::own(*table),
            name: (*name).into(),
            to: (*to).into(),
        };
        let mut live = Schema::default();
        for [name, check, _] in renames {
            let mut table = Table::new(Name::own(*name));
            table.columns.push(Column::new("id", Type::Native("integer".to_owned())));
            let is_check = check.starts_with("check");
            table.checks.extend(is_check.then(|| Check {
                name: Some((*check).into()),
                condition: Expr::Same("true".to_owned()),
                no_inherit: false,
                not_valid: false,
                not_enforced: false,
                comment: None,
            }));
            live.insert(table);
        }
        let mut operations: Vec<Operation> = renames.iter().map(rename).collect();
        let first = give_up(&mut operations, &live, Context { dialect, server });
        let said = |operation: &Operation| {
            let (name, to) = part_renames::names(operation)?;
            Some(format!("{} {} {}", operation.table()?.name.as_str(), name.as_str(), to.as_str()))
        };
        (first.iter().filter_map(said).collect(), operations.len())
    }

    #[test]
    fn a_name_is_free_before_another_table_gets_it() {
        let swap = given_up(&[["a", "b_pkey", "a_pkey"], ["b", "a_pkey", "b_pkey"]]);
        assert_eq!(swap.0, ["a b_pkey migrate_aside_b_pkey", "b a_pkey b_pkey", "a migrate_aside_b_pkey a_pkey"]);
        let chain = given_up(&[["b", "a_pkey", "b_pkey"], ["c", "b_pkey", "c_pkey"], ["d", "x", "y"]]);
        assert_eq!(chain, (vec!["c b_pkey c_pkey".to_owned()], 2));
        // As the table itself has put one aside.
        let aside =
            given_up(&[["a", "x", "migrate_aside_x"], ["a", "y", "x"], ["a", "migrate_aside_x", "z"], ["b", "w", "y"]]);
        assert_eq!(aside, (vec!["a x z".to_owned(), "a y x".to_owned()], 1));
    }

    #[test]
    fn a_check_is_called_within_its_table() {
        assert_eq!(given_up(&[["a", "check_b", "check_a"], ["b", "check_a", "check_b"]]), (Vec::new(), 2));
    }
}
