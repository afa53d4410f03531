//! Renaming tables and columns, with the sequences that are named after them.

use super::Render;
use crate::dialect::postgres::compare::sequence_name;
use crate::dialect::postgres::quote::{qualified, quote};
use crate::schema::{Column, Ident, Name};

impl Render {
    pub(super) fn rename_table(&mut self, name: &Name, to: &Ident) {
        self.writer.statement(format!("ALTER TABLE {} RENAME TO {}", qualified(name), quote(to)));
        let columns: Vec<Column> = self.known_table(name).map(|table| table.columns.clone()).unwrap_or_default();
        for column in &columns {
            let names = (
                sequence_name(name.name.as_str(), column.name.as_str()),
                sequence_name(to.as_str(), column.name.as_str()),
            );
            self.rename_sequence(name, column, &names);
        }
    }

    pub(super) fn rename_column(&mut self, table: &Name, name: &Ident, to: &Ident) {
        let (from, into) = (quote(name), quote(to));
        self.writer.statement(format!("ALTER TABLE {} RENAME COLUMN {from} TO {into}", qualified(table)));
        if let Some(column) = self.known_column(table, name).cloned() {
            let names =
                (sequence_name(table.name.as_str(), name.as_str()), sequence_name(table.name.as_str(), to.as_str()));
            self.rename_sequence(table, &column, &names);
        }
    }

    /// A sequence with the usual name keeps to it, so that the renamed table is like one that was made with its name.
    fn rename_sequence(&mut self, table: &Name, column: &Column, (from, to): &(Ident, Ident)) {
        let usual = column.identity.as_ref().is_some_and(|identity| !identity.options.contains_key("sequence"));
        if usual && from != to {
            let sequence = qualified(&table.sibling(from.clone()));
            self.writer.statement(format!("ALTER SEQUENCE {sequence} RENAME TO {}", quote(to)));
        }
    }
}
