//! The names of NOT NULL, which is a constraint from PostgreSQL 18 on. The server calls it after the table and the column that
//! it was made for, and lets it keep that name; here it follows, so that a renamed table, or a partition that stands alone, is
//! like one that was made so. Pure.

use super::Render;
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::usual_not_null;
use crate::dialect::postgres::quote::{literal, qualified};
use crate::ops::heredity::{ancestors, whole};
use crate::schema::{Column, Ident, Name};

/// A name and the one that it gets.
type Renamed = (Ident, Ident);

impl Render {
    /// Those of a table, after it was renamed.
    pub(super) fn name_after_table(&mut self, table: &Name, to: &Ident) {
        let renamed = table.sibling(to.clone());
        let columns = self.known_table(table).map(|table| table.columns.clone()).unwrap_or_default();
        let usual = |name: &Name, column: &Column| usual_not_null(name, &column.name);
        let names: Vec<Renamed> = columns
            .iter()
            .filter(|column| is_usual(column))
            .map(|column| (usual(table, column), usual(&renamed, column)))
            .collect();
        self.rename_not_null(&renamed, &names);
    }

    /// That of a column, after it was renamed.
    pub(super) fn name_after_column(&mut self, table: &Name, name: &Ident, to: &Ident) {
        if self.known_column(table, name).is_some_and(is_usual) {
            self.rename_not_null(table, &[(usual_not_null(table, name), usual_not_null(table, to))]);
        }
    }

    /// Those of a partition that has left its table, and had them from there.
    pub(super) fn name_what_was_inherited(&mut self, table: &Name) {
        let Some(left) = whole(&self.shape, table) else { return };
        let names: Vec<Renamed> = left
            .columns
            .iter()
            .filter(|column| is_usual(column))
            .filter_map(|column| {
                Some((self.name_from_above(table, &column.name)?, usual_not_null(table, &column.name)))
            })
            .collect();
        self.rename_not_null(table, &names);
    }

    /// What the first of the tables above, from which the column comes, calls its NOT NULL.
    fn name_from_above(&self, table: &Name, column: &Ident) -> Option<Ident> {
        ancestors(&self.shape, table).into_iter().find_map(|above| {
            let column = whole(&self.shape, &above)?.column(column).filter(|column| !column.nullable)?.clone();
            let own = column.options.get(WORD, "not_null").map(Ident::from);
            Some(own.unwrap_or_else(|| usual_not_null(&above, &column.name)))
        })
    }

    /// Renames those that are there under the first name and are the table's own: who made the table may have chosen another
    /// one, and of a table with heirs each must have it under the same name.
    fn rename_not_null(&mut self, table: &Name, names: &[Renamed]) {
        if names.is_empty() || !Since::NotNullNames.is_in(self.server) {
            return;
        }
        let word = |name: &Ident| literal(name.as_str());
        let pairs: Vec<String> = names.iter().map(|(from, to)| format!("({}, {})", word(from), word(to))).collect();
        let body = format!(
            "DECLARE renaming text;\nBEGIN\n    FOR renaming IN\n        \
             SELECT pg_catalog.format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', n.conrelid::pg_catalog.regclass, n.conname, v.wanted)\n        \
             FROM pg_catalog.pg_constraint n JOIN (VALUES {}) AS v (known, wanted) ON v.known = n.conname\n        \
             WHERE n.conrelid = {}::pg_catalog.regclass AND n.contype = 'n' AND n.coninhcount = 0\n        \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = n.conrelid AND NOT EXISTS (\n            \
             SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid = h.inhrelid AND c.contype = 'n' AND c.conname = n.conname))\n    \
             LOOP\n        EXECUTE renaming;\n    END LOOP;\nEND",
            pairs.join(", "),
            literal(&qualified(table)),
        );
        self.writer.statement(format!("DO {}", literal(&body)));
    }
}

/// Whether a column has a NOT NULL under the name that the server chooses.
fn is_usual(column: &Column) -> bool {
    !column.nullable && column.options.get(WORD, "not_null").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::dialect::postgres::Postgres;
    use crate::ops::Operation;
    use crate::schema::{Options, Schema, Table, Type};
    use crate::statement::{Product, ServerVersion};

    #[test]
    fn names_follow_where_there_are_any() {
        let mut table = Table::new(Name::own("people"));
        for (name, nullable) in [("id", false), ("note", true), ("mine", false)] {
            table.columns.push(Column { nullable, ..Column::new(name, Type::Native("integer".to_owned())) });
        }
        let mut own = Options::default();
        own.set(WORD, "not_null", "chosen");
        table.columns[2].options = own;
        let mut shape = Schema::default();
        shape.insert(table);
        let rename = [Operation::RenameTable { name: Name::own("people"), to: "persons".into() }];
        let rendered = |major| {
            let server = ServerVersion::new(Product::Postgres, major, 0, 0);
            Postgres.render(&rename, &shape, server).unwrap().into_iter().map(|made| made.sql).collect::<Vec<_>>()
        };
        assert_eq!(rendered(17), ["ALTER TABLE \"people\" RENAME TO \"persons\""]);
        let [_, names] = rendered(18).try_into().unwrap();
        assert!(names.contains("(VALUES (''people_id_not_null'', ''persons_id_not_null'')) AS v"), "{names}");
        assert!(names.contains("n.conrelid = ''\"persons\"''::pg_catalog.regclass"), "{names}");
    }
}
