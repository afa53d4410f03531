//! Shrinks a list of operations: neighbours that say together what one can say alone.

use super::{ColumnChange, Operation};

/// Merges what can be merged until nothing changes. Only direct neighbours are looked at, so the order never changes:
/// the property `apply(reduce(x)) == apply(x)` holds by construction.
pub(crate) fn reduce(operations: Vec<Operation>) -> Vec<Operation> {
    let mut reduced: Vec<Operation> = Vec::with_capacity(operations.len());
    for operation in operations {
        match reduced.pop() {
            None => reduced.push(operation),
            Some(last) => match merge(last, operation) {
                Ok(None) => {}
                Ok(Some(one)) => reduced.push(one),
                Err(two) => {
                    let (first, second) = *two;
                    reduced.push(first);
                    reduced.push(second);
                }
            },
        }
    }
    reduced
}

/// One operation for two, none where they cancel out, or the two as they were.
fn merge(first: Operation, second: Operation) -> Result<Option<Operation>, Box<(Operation, Operation)>> {
    match (first, second) {
        (
            Operation::AlterColumn { table, name, to, was },
            Operation::AlterColumn { table: second_table, name: second_name, to: second_to, was: second_was },
        ) if table == second_table && name == second_name => {
            let to = Box::new(over(*second_to, *to));
            let was = Box::new(over(*was, *second_was));
            Ok(Some(Operation::AlterColumn { table, name, to, was }))
        }
        (
            Operation::RenameColumn { table, name, to },
            Operation::RenameColumn { table: second_table, name: second_name, to: second_to },
        ) if table == second_table && to == second_name => {
            Ok((name != second_to).then_some(Operation::RenameColumn { table, name, to: second_to }))
        }
        (first, second) => Err(Box::new((first, second))),
    }
}

/// Key by key: what `upper` says, else what `lower` says.
fn over(upper: ColumnChange, lower: ColumnChange) -> ColumnChange {
    let mut options = lower.options;
    for (database, keys) in upper.options.0 {
        options.0.change(database, |section| section.extend(keys));
    }
    ColumnChange {
        ty: upper.ty.or(lower.ty),
        nullable: upper.nullable.or(lower.nullable),
        default: upper.default.or(lower.default),
        identity: upper.identity.or(lower.identity),
        generated: upper.generated.or(lower.generated),
        comment: upper.comment.or(lower.comment),
        position: upper.position.or(lower.position),
        options,
    }
}
