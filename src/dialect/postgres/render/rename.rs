//! Renaming tables and columns, with the sequences and constraints that are named after them.

use super::Render;
use crate::dialect::postgres::SYNTAX;
use crate::dialect::postgres::capabilities::WORD;
use crate::dialect::postgres::compare::sequence_name;
use crate::dialect::postgres::quote::{as_printed, qualified, quote};
use crate::ops::Operation;
use crate::schema::{Column, Default, Expr, Ident, IndexTarget, Name, Schema, Table, Type};
use crate::statement::token::{TokenKind, tokens, unquote};

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
        self.name_after_table(name, to);
    }

    pub(super) fn rename_column(&mut self, table: &Name, name: &Ident, to: &Ident) {
        let (from, into) = (quote(name), quote(to));
        self.writer.statement(format!("ALTER TABLE {} RENAME COLUMN {from} TO {into}", qualified(table)));
        if let Some(column) = self.known_column(table, name).cloned() {
            let names =
                (sequence_name(table.name.as_str(), name.as_str()), sequence_name(table.name.as_str(), to.as_str()));
            self.rename_sequence(table, &column, &names);
        }
        self.name_after_column(table, name, to);
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

/// Lets the key by which the rows of a table are parted follow a column that has another name now.
pub(in crate::dialect::postgres) fn follow_in_options(table: &mut Table, name: &Ident, to: &Ident) {
    if let Some(by) = table.options.get(WORD, "partition_by").map(|by| renamed(by, name, to, None)) {
        table.options.set(WORD, "partition_by", by);
    }
}

/// Says in the texts of a shape what the server says there after a rename, for the operations that come later.
pub(super) fn follow(operation: &Operation, shape: &mut Schema) {
    if let Operation::RenameColumn { table, name, to } = operation {
        let table = shape.tables.get_mut(table);
        table.into_iter().for_each(|table| rewrite(table, &|text| renamed(text, name, to, None)));
    } else if let Operation::RenameEnum { name, to } = operation {
        for table in shape.tables.values_mut() {
            rewrite(table, &|text| renamed(text, &name.name, to, Some("::")));
            for column in &mut table.columns {
                if let Type::Native(native) = &mut column.ty {
                    *native = renamed(native, &name.name, to, None);
                }
            }
        }
    }
}

fn rewrite(table: &mut Table, change: &dyn Fn(&str) -> String) {
    let on = |expr: &mut Expr| *expr = Expr::Same(change(expr.text()));
    table.checks.iter_mut().for_each(|check| on(&mut check.condition));
    for column in &mut table.columns {
        column.generated.iter_mut().for_each(|generated| on(&mut generated.expr));
        if let Some(Default::Sql(expr)) = &mut column.default {
            on(expr);
        }
    }
    for index in &mut table.indexes {
        index.predicate.iter_mut().for_each(on);
        for part in &mut index.parts {
            if let IndexTarget::Expression(expr) = &mut part.target {
                on(expr);
            }
        }
    }
}

/// The text with the name replaced wherever it stands as a word of its own, or only behind a certain sign.
fn renamed(text: &str, name: &Ident, to: &Ident, behind: Option<&str>) -> String {
    let Ok(all) = tokens(text, &SYNTAX) else { return text.to_owned() };
    let mut last = "";
    let words = all.iter().map(|token| {
        let word = token.text(text);
        let bare = token.kind == TokenKind::Word && word == name.as_str();
        let quoted = token.kind == TokenKind::QuotedIdent && unquote(word) == name.as_str();
        let here = behind.is_none_or(|sign| sign == last);
        last = word;
        if here && (bare || quoted) { as_printed(to) } else { word.to_owned() }
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_itself_is_replaced() {
        let name = |text: &str| Ident::from(text);
        let of = |text, from, to| renamed(text, &name(from), &name(to), None);
        assert_eq!(
            of("(a > 0) AND (\"a\" <> 'a'::text) AND (ab > 0)", "a", "b"),
            "(b > 0) AND (b <> 'a'::text) AND (ab > 0)"
        );
        let typed = renamed("mood <> 'x'::mood", &name("mood"), &name("status"), Some("::"));
        assert_eq!(typed, "mood <> 'x'::status");
        assert_eq!(of("mood[]", "mood", "Mood"), "\"Mood\"[]");
    }
}
