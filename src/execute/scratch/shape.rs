//! What a change of a column has to know when it is rendered alone. No I/O.

use crate::ops::{Operation, apply};
use crate::schema::Schema;

/// The table whose column the operation at `at` changes, as those before it leave it; nothing for all others.
pub(super) fn before(operations: &[Operation], at: usize) -> Schema {
    let mut shape = Schema::default();
    if let Some(operation @ Operation::AlterColumn { .. }) = operations.get(at) {
        let earlier = operations.iter().take(at).filter(|earlier| earlier.table() == operation.table());
        // One that does not fit finds out nothing: then the plain form is rendered, as of a table that is not known.
        earlier.for_each(|earlier| drop(apply(earlier, &mut shape)));
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ColumnChange;
    use crate::schema::{Column, Name, Table, Type};

    #[test]
    fn a_changed_column_is_known_and_nothing_else() {
        let create = |name: &str| {
            let columns = vec![Column::new("a", Type::Native("integer".to_owned()))];
            Operation::CreateTable(Box::new(Table { columns, ..Table::new(Name::own(name)) }))
        };
        let alter = Operation::AlterColumn {
            table: Name::own("t"),
            name: "a".into(),
            to: Box::new(ColumnChange { nullable: Some(false), ..ColumnChange::default() }),
            was: Box::new(ColumnChange { nullable: Some(true), ..ColumnChange::default() }),
        };
        let operations = [create("t"), create("u"), alter.clone(), alter];
        assert_eq!(before(&operations, 1), Schema::default());
        let nullable = |at: usize| before(&operations, at).tables[&Name::own("t")].columns[0].nullable;
        assert!(nullable(2) && !nullable(3));
        assert_eq!(before(&operations, 2).tables.len(), 1);
    }
}
