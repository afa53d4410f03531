//! The names of NOT NULL, which is a constraint from PostgreSQL 18 on. The server calls it after the table and the column that
//! it was made for, and lets it keep that name; here it follows, so that a renamed table, or a partition that stands alone, is
//! like one that was made so. Pure.

use super::Render;
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::usual_not_null;
use crate::dialect::postgres::quote::{literal, qualified};
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

    /// Those of a partition that has left its table, and had them from there: as the server says, for nothing else may be known
    /// of the partition. A name that was chosen stays.
    pub(super) fn name_what_was_inherited(&mut self, table: &Name, parent: &Name) {
        let own = |table: &Name| format!("{}::pg_catalog.regclass", literal(&qualified(table)));
        let (left, above) = (own(table), own(parent));
        self.rename_each(&format!(
            "(SELECT p.conname, t.relname || '_' || a.attname || '_not_null'\n            \
             FROM pg_catalog.pg_constraint p\n            \
             JOIN pg_catalog.pg_attribute b ON b.attrelid = p.conrelid AND b.attnum = p.conkey[1]\n            \
             JOIN pg_catalog.pg_class t ON t.oid = {left}\n            \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attname = b.attname\n            \
             WHERE p.conrelid = {above} AND p.contype = 'n'\n            \
             AND pg_catalog.right(p.conname, pg_catalog.length(a.attname) + 10) = '_' || a.attname || '_not_null'\n            \
             AND pg_catalog.octet_length(t.relname || '_' || a.attname || '_not_null') < 64) AS v (known, wanted)"
        ), table);
    }

    fn rename_not_null(&mut self, table: &Name, names: &[Renamed]) {
        let word = |name: &Ident| literal(name.as_str());
        let pairs: Vec<String> = names.iter().map(|(from, to)| format!("({}, {})", word(from), word(to))).collect();
        if !pairs.is_empty() {
            self.rename_each(&format!("(VALUES {}) AS v (known, wanted)", pairs.join(", ")), table);
        }
    }

    /// Renames those that are there under the first name and are the table's own: who made the table may have chosen another
    /// one, and of a table with heirs each must have it under the same name. `names`: a table of both names.
    fn rename_each(&mut self, names: &str, table: &Name) {
        if !Since::NotNullNames.is_in(self.server) {
            return;
        }
        let body = format!(
            "DECLARE renaming text;\nBEGIN\n    FOR renaming IN\n        \
             SELECT pg_catalog.format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', n.conrelid::pg_catalog.regclass, n.conname, v.wanted)\n        \
             FROM pg_catalog.pg_constraint n JOIN {names} ON v.known = n.conname AND v.wanted <> n.conname\n        \
             WHERE n.conrelid = {}::pg_catalog.regclass AND n.contype = 'n' AND n.coninhcount = 0\n        \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = n.conrelid AND NOT EXISTS (\n            \
             SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid = h.inhrelid AND c.contype = 'n' AND c.conname = n.conname))\n    \
             LOOP\n        EXECUTE renaming;\n    END LOOP;\nEND",
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
