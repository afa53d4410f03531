//! NOT NULL, which is a constraint from PostgreSQL 18 on: it has a name, rows from before it may not have been looked at, and it may
//! not be for tables that inherit. Its name the server makes of the table and the column that
//! it was made for, and lets it keep that name; here it follows, so that a renamed table, or a partition that stands alone, is
//! like one that was made so. Pure.

use super::batch::{Clause, Pass};
use super::{Done, Render};
use crate::dialect::Unsupported;
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::usual_not_null;
use crate::dialect::postgres::options::{NO_INHERIT, NOT_VALID};
use crate::dialect::postgres::quote::{literal, qualified, quote};
use crate::ops::heredity::heirs;
use crate::schema::{Column, Ident, Name, Pair, Table};
use crate::statement::{Hazard, ServerVersion};

/// A name and the one that it gets.
type Renamed = (Ident, Ident);

fn has(column: &Column, key: &str) -> bool {
    column.options.get(WORD, key) == Some("true")
}

/// Whether all rows were looked at.
pub(super) fn is_proven(column: &Column) -> bool {
    !has(column, NOT_VALID)
}

fn require(column: &Column, server: ServerVersion) -> Done {
    if column.options.get(WORD, "not_null").is_some() {
        Since::NotNullNames.require(server)?;
    }
    if has(column, NOT_VALID) || has(column, NO_INHERIT) {
        Since::NotNullKinds.require(server)?;
    }
    Ok(())
}

/// `NOT NULL` as a column's definition has it, where it has a name with it; none that nothing proves.
pub(super) fn words(column: &Column, server: ServerVersion) -> Result<Option<String>, Unsupported> {
    require(column, server)?;
    let heirs = if has(column, NO_INHERIT) { " NO INHERIT" } else { "" };
    Ok(is_proven(column).then(|| format!("{}NOT NULL{heirs}", named(column))))
}

fn named(column: &Column) -> String {
    let name = column.options.get(WORD, "not_null").map(Ident::from);
    name.map(|name| format!("CONSTRAINT {} ", quote(&name))).unwrap_or_default()
}

/// As ALTER TABLE adds it.
fn added(column: &Column) -> String {
    let heirs = if has(column, NO_INHERIT) { " NO INHERIT" } else { "" };
    let proven = if is_proven(column) { "" } else { " NOT VALID" };
    format!("ADD {}NOT NULL {}{heirs}{proven}", named(column), quote(&column.name))
}

/// The statement behind the definition of a column whose rows are not to be looked at.
pub(super) fn follower(table: &Name, column: &Column) -> Option<String> {
    let is_missing = !column.nullable && !is_proven(column);
    is_missing.then(|| format!("ALTER TABLE {} {}", qualified(table), added(column)))
}

/// The clause that forbids NULL to a column.
pub(super) fn clause(column: &Column, server: ServerVersion) -> Result<Clause, Unsupported> {
    require(column, server)?;
    let is_plain = named(column).is_empty() && is_proven(column) && !has(column, NO_INHERIT);
    let words = if is_plain { format!("ALTER COLUMN {} SET NOT NULL", quote(&column.name)) } else { added(column) };
    Ok(Clause::new(Pass::Attributes, &column.name, words))
}

impl Render {
    /// Forbids NULL. Rows without a value get the one for them first, where there is one.
    pub(super) fn set_not_null(&mut self, table: &Name, column: &Column, value: Option<String>) -> Done {
        let clause = clause(column, self.server)?;
        let name = quote(&column.name);
        let place = format!("{}.{}", table.for_people(), column.name.as_str());
        let mut hazard = is_proven(column).then(|| Hazard::MayFail(format!("rows where {place} is NULL")));
        if let Some(value) = value.filter(|_| is_proven(column)) {
            let fill = format!("UPDATE {} SET {name} = {value} WHERE {name} IS NULL", qualified(table));
            self.writer.hazardous(fill, Hazard::fills(&place, &value));
            hazard = None;
        }
        self.writer.clause(table, clause, hazard);
        Ok(())
    }

    /// Gives the NOT NULL of a column that stays so another name. One that comes has it, one that goes takes it along.
    pub(super) fn name_not_null(&mut self, table: &Name, columns: &Pair<Column>) -> Done {
        Since::NotNullNames.require(self.server)?;
        if columns.from.nullable || columns.to.nullable {
            return Ok(());
        }
        let (from, to) = (quote(&name_of(table, &columns.from)), quote(&name_of(table, &columns.to)));
        self.writer.statement(format!("ALTER TABLE {} RENAME CONSTRAINT {from} TO {to}", qualified(table)));
        Ok(())
    }

    /// Looks at the rows that it was not proven for, makes it anew for those that come, or says whether it is for heirs.
    pub(super) fn change_not_null(
        &mut self,
        table: &Name,
        columns: &Pair<Column>,
        (key, value): (&str, Option<&str>),
    ) -> Done {
        Since::NotNullKinds.require(self.server)?;
        let Pair { from, to } = columns;
        // One that comes says it itself; one that is made anew too.
        if from.nullable || to.nullable {
            return Ok(());
        }
        let (name, is_so) = (quote(&name_of(table, to)), value == Some("true"));
        let place = format!("{}.{}", table.for_people(), to.name.as_str());
        if key == NO_INHERIT {
            let hazard =
                (!is_so && is_proven(to)).then(|| Hazard::MayFail(format!("rows of heirs where {place} is NULL")));
            let word = if is_so { "NO INHERIT" } else { "INHERIT" };
            // Those of a primary key of their own stay so.
            let is_key = |heir: &Name| {
                let key = self.known_table(heir).and_then(|table| table.primary_key.as_ref());
                key.is_some_and(|key| key.columns.contains(&to.name))
            };
            let mut heirs = if is_so { heirs(&self.shape, table) } else { Vec::new() };
            heirs.retain(|heir| !is_key(heir));
            self.writer.clause(
                table,
                Clause::new(Pass::Rest, &to.name, format!("ALTER CONSTRAINT {name} {word}")),
                hazard,
            );
            // The server leaves it to heirs as their own.
            for heir in heirs {
                let dropped =
                    format!("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", qualified(&heir), quote(&to.name));
                self.writer.later(dropped);
            }
        } else if is_so {
            let dropped = format!("ALTER COLUMN {} DROP NOT NULL", quote(&to.name));
            self.writer.clause(table, Clause::drop(&to.name, dropped), None);
            self.writer.clause(table, clause(to, self.server)?, None);
        } else {
            let hazard = Hazard::MayFail(format!("rows where {place} is NULL"));
            self.writer.clause(
                table,
                Clause::new(Pass::Rest, &to.name, format!("VALIDATE CONSTRAINT {name}")),
                [hazard],
            );
        }
        Ok(())
    }

    /// Those of a table, after it was renamed.
    pub(super) fn name_after_table(&mut self, table: &Name, to: &Ident) {
        let renamed = table.sibling(to.clone());
        let usual = |name: &Name, column: &Column| usual_not_null(name, &column.name);
        let names: Vec<Renamed> = self
            .known_table(table)
            .into_iter()
            .flat_map(|known| known.columns.iter().filter(|column| is_usual(known, column)))
            .map(|column| (usual(table, column), usual(&renamed, column)))
            .collect();
        self.rename_not_null(&renamed, &names);
    }

    /// That of a column, after it was renamed.
    pub(super) fn name_after_column(&mut self, table: &Name, name: &Ident, to: &Ident) {
        let known = self.known_table(table);
        if known.is_some_and(|known| known.column(name).is_some_and(|column| is_usual(known, column))) {
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

/// The name of the NOT NULL of a column.
fn name_of(table: &Name, column: &Column) -> Ident {
    let own = column.options.get(WORD, "not_null").map(Ident::from);
    own.unwrap_or_else(|| usual_not_null(table, &column.name))
}

/// Whether a column has a NOT NULL under the name that the server chooses; one of the primary key has it unsaid.
fn is_usual(table: &Table, column: &Column) -> bool {
    let of_key = table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
    (!column.nullable || of_key) && column.options.get(WORD, "not_null").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::dialect::postgres::Postgres;
    use crate::ops::{ColumnChange, Operation};
    use crate::schema::{INHERITS, Options, PrimaryKey, Schema, Type};
    use crate::statement::Product;

    #[test]
    fn heirs_keep_the_not_null_of_their_own_key() {
        let column = Column { nullable: false, ..Column::new("id", Type::Native("integer".to_owned())) };
        let mut shape = Schema::default();
        for (name, is_heir, has_key) in [("p", false, false), ("h", true, false), ("k", true, true)] {
            let mut table = Table::new(Name::own(name));
            table.columns.push(column.clone());
            if is_heir {
                table.options.set(WORD, INHERITS, "p");
            }
            table.primary_key = has_key.then(|| PrimaryKey {
                name: None,
                columns: vec!["id".into()],
                include: Vec::new(),
                deferrable: None,
                comment: None,
                options: Options::default(),
            });
            shape.insert(table);
        }
        let mut only_here = column.clone();
        only_here.options.set(WORD, NO_INHERIT, "true");
        let change = ColumnChange::between(Pair::new(&column, &only_here));
        let [to, was] = [change.to, change.from].map(Box::new);
        let change = [Operation::AlterColumn { table: Name::own("p"), name: "id".into(), to, was }];
        let server = ServerVersion::new(Product::Postgres, 18, 0, 0);
        let rendered = Postgres.render(&change, &shape, server).unwrap();
        let said: Vec<_> = rendered.into_iter().map(|made| made.sql).collect();
        assert!(said.iter().any(|sql| sql.contains("\"h\" ALTER COLUMN \"id\" DROP NOT NULL")), "{said:?}");
        assert!(!said.iter().any(|sql| sql.contains("\"k\"")), "{said:?}");
    }

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
