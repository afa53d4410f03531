//! Renames of constraints and indexes, in an order in which each new name is free.

use super::Context;
use crate::ops::Operation;
use crate::schema::Ident;

/// Where renames wait for each other, one goes aside: its name for that while begins so.
pub(super) const ASIDE: &str = "migrate_aside_";

/// The operations with the renames among them first: what has a name that another one gets is renamed before it. Where all
/// wait for each other, one goes aside.
pub(super) fn in_order(operations: Vec<Operation>, context: Context<'_>) -> Vec<Operation> {
    ordered(operations, &|one, other| one.table() == other.table() && has(one, other, context))
}

/// The same for renames of several tables that have their names in common.
pub(super) fn in_order_across(renames: Vec<Operation>, context: Context<'_>) -> Vec<Operation> {
    ordered(renames, &|one, other| has(one, other, context))
}

/// Whether the first rename begins at the name at which the second one ends.
fn has(first: &Operation, second: &Operation, context: Context<'_>) -> bool {
    names(first).zip(names(second)).is_some_and(|((name, _), (_, to))| context.same_ident(name, to))
}

fn ordered(operations: Vec<Operation>, has: &dyn Fn(&Operation, &Operation) -> bool) -> Vec<Operation> {
    let (mut pending, others): (Vec<_>, Vec<_>) =
        operations.into_iter().partition(|operation| names(operation).is_some());
    let mut ordered = Vec::with_capacity(pending.len() + others.len());
    while !pending.is_empty() {
        let is_free = |place: &usize| waits_for(&pending, *place, has).is_none();
        let Some(place) = (0..pending.len()).find(is_free) else {
            let is_wanted =
                |place: &usize| (0..pending.len()).any(|other| waits_for(&pending, other, has) == Some(*place));
            let first = (0..pending.len()).find(is_wanted);
            ordered.extend(first.and_then(|place| pending.get_mut(place)).and_then(put_aside));
            continue;
        };
        ordered.push(pending.remove(place));
    }
    ordered.extend(others);
    ordered
}

/// The rename that has to come before the one at this place.
fn waits_for(pending: &[Operation], place: usize, has: &dyn Fn(&Operation, &Operation) -> bool) -> Option<usize> {
    let rename = pending.get(place)?;
    (0..pending.len()).find(|other| *other != place && pending.get(*other).is_some_and(|other| has(other, rename)))
}

/// The old and the new name of a part.
pub(super) fn names(operation: &Operation) -> Option<(&Ident, &Ident)> {
    if let Operation::RenameConstraint { name, to, .. } | Operation::RenameIndex { name, to, .. } = operation {
        Some((name, to))
    } else {
        None
    }
}

/// Lets a rename begin at a name that nobody wants, and gives the one that leads there.
fn put_aside(rename: &mut Operation) -> Option<Operation> {
    let mut first = rename.clone();
    let aside = names(rename).map(|(name, _)| name.behind(ASIDE))?;
    if let Operation::RenameConstraint { to, .. } | Operation::RenameIndex { to, .. } = &mut first {
        *to = aside.clone();
    }
    if let Operation::RenameConstraint { name, .. } | Operation::RenameIndex { name, .. } = rename {
        *name = aside;
    }
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::for_script;
    use crate::schema::Name;

    fn rename(name: &str, to: &str) -> Operation {
        Operation::RenameConstraint { table: Name::own("t"), name: name.into(), to: to.into() }
    }

    fn ordered(pairs: &[(&str, &str)]) -> Vec<String> {
        let (dialect, server) = for_script("postgres", None).unwrap();
        let context = Context { dialect, server };
        let renames = pairs.iter().map(|(name, to)| rename(name, to)).collect();
        let ordered = in_order(renames, context);
        ordered.iter().filter_map(names).map(|(name, to)| format!("{} {}", name.as_str(), to.as_str())).collect()
    }

    #[test]
    fn a_name_is_free_before_another_one_gets_it() {
        assert_eq!(ordered(&[("x", "y"), ("y", "z")]), ["y z", "x y"]);
        assert_eq!(ordered(&[("a", "b"), ("x", "y")]), ["a b", "x y"]);
    }

    #[test]
    fn of_a_circle_one_goes_aside() {
        assert_eq!(ordered(&[("x", "y"), ("y", "x")]), ["x migrate_aside_x", "y x", "migrate_aside_x y"]);
        // A key and a check may have one name.
        let both = ordered(&[("b", "n"), ("a", "n"), ("n", "a")]);
        assert_eq!(both.len(), 4, "{both:?}");
        let long = "x".repeat(63);
        assert_eq!(ordered(&[(&long, "y"), ("y", &long)])[0].len(), 63 + 1 + 63);
    }
}
