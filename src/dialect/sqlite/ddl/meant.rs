//! Names without a schema: SQLite takes what is temporary before what the main file has, and what an attached file has behind
//! it. So what an operation names may be something else than what was meant. Pure: no I/O.

use crate::dialect::sqlite::quote;
use crate::error::{Error, Kind, Result};
use crate::ops::{ObjectOperation, Operation};
use crate::schema::{Ident, Name, ObjectId, ObjectKind, SortedSet};

/// What has names of its own; a view is among the tables.
type Class = &'static str;

const TABLE: Class = "table";
const INDEX: Class = "index";
const TRIGGER: Class = "trigger";

/// One thing that a file has.
pub(crate) struct There {
    pub(crate) file: String,
    /// `type` of `sqlite_schema`.
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// What operations find by a name without a schema.
#[derive(Default)]
pub(crate) struct Meant {
    /// Whether it is to be there before the first of them.
    found: Vec<(Class, Ident, bool)>,
    made: SortedSet<(Class, String)>,
}

impl Meant {
    pub(crate) fn by(operations: &[Operation], tables: &[&Name]) -> Self {
        let mut meant = Self::default();
        operations.iter().for_each(|operation| meant.operation(operation));
        tables.iter().for_each(|table| meant.find(TABLE, table));
        meant
    }

    fn find(&mut self, class: Class, name: &Name) {
        if name.schema.is_none() {
            let is_old = !self.made.contains(&(class, quote::fold(&name.name)));
            self.found.push((class, name.name.clone(), is_old));
        }
    }

    fn make(&mut self, class: Class, name: &Name) {
        if name.schema.is_none() {
            self.made.insert((class, quote::fold(&name.name)));
            self.find(class, name);
        }
    }

    fn operation(&mut self, operation: &Operation) {
        let beside = |table: &Name, name: &Ident| Name { name: name.clone(), ..table.clone() };
        if let Operation::CreateTable(table) = operation {
            return self.make(TABLE, &table.name);
        }
        operation.table().into_iter().for_each(|table| self.find(TABLE, table));
        match operation {
            Operation::RenameTable { name, to } => self.make(TABLE, &beside(name, to)),
            Operation::CreateIndex { table, index } => self.make(INDEX, &beside(table, &index.name)),
            Operation::DropIndex { table, name, .. } => self.find(INDEX, &beside(table, name)),
            Operation::RenameIndex { table, name, to } => {
                self.find(INDEX, &beside(table, name));
                self.make(INDEX, &beside(table, to));
            }
            Operation::Object(object) => self.object(object),
            Operation::CreateTable(_)
            | Operation::DropTable { .. }
            | Operation::AlterTable { .. }
            | Operation::AddColumn { .. }
            | Operation::DropColumn { .. }
            | Operation::RenameColumn { .. }
            | Operation::AlterColumn { .. }
            | Operation::AddConstraint { .. }
            | Operation::DropConstraint { .. }
            | Operation::RenameConstraint { .. }
            | Operation::Comment { .. }
            | Operation::CreateSchema { .. }
            | Operation::DropSchema { .. }
            | Operation::CreateEnum(_)
            | Operation::DropEnum { .. }
            | Operation::RenameEnum { .. }
            | Operation::AlterEnum { .. }
            | Operation::Sql(_)
            | Operation::Data(_) => {}
        }
    }

    fn object(&mut self, operation: &ObjectOperation) {
        let ObjectId { kind, name, table, .. } = operation.id();
        let class = if matches!(kind, ObjectKind::View | ObjectKind::VirtualTable) {
            TABLE
        } else if *kind == ObjectKind::Trigger {
            TRIGGER
        } else {
            // A pragma is of its file.
            return;
        };
        table.iter().for_each(|table| self.find(TABLE, table));
        match operation {
            ObjectOperation::Create(_) => self.make(class, name),
            ObjectOperation::Drop { .. } | ObjectOperation::Alter { .. } => self.find(class, name),
        }
    }

    /// Refuses what is not the main file's own. What is nowhere is left to SQLite.
    ///
    /// # Errors
    /// [`Kind::Statement`].
    pub(crate) fn refuse_others(&self, there: &[There]) -> Result<()> {
        for (class, name, is_old) in &self.found {
            let is_it = |one: &&There| {
                let kind = if one.kind == "view" { TABLE } else { one.kind.as_str() };
                kind == *class && one.name.eq_ignore_ascii_case(name.as_str())
            };
            let has = |file: &str| there.iter().filter(is_it).any(|one| one.file == file);
            let name = name.as_str();
            if has("temp") {
                let phrase =
                    format!("{name} would not be what the main file has, but the temporary {class} of that name");
                return Err(Error::new(Kind::Statement, phrase)
                    .with_hint("drop what is temporary before this step, or give it another name"));
            }
            let other = there.iter().find(|one| is_it(one) && one.file != "main");
            if let Some(other) = other.filter(|_| *is_old && !has("main")) {
                let phrase =
                    format!("the main file has no {class} {name}, and SQLite would take the one of {}", other.file);
                return Err(Error::new(Kind::Statement, phrase).with_hint(format!(
                    "make it again in the main file (`migrate check` shows what is missing); if the other one is meant, say \
                     `schema: {}`",
                    other.file
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Table, Type};

    fn said(operations: &[Operation], there: &[(&str, &str, &str)]) -> String {
        let there: Vec<There> = there
            .iter()
            .map(|(file, kind, name)| There { file: (*file).into(), kind: (*kind).into(), name: (*name).into() })
            .collect();
        let refused = Meant::by(operations, &[]).refuse_others(&there);
        refused.err().map(|error| error.phrase().to_owned()).unwrap_or_default()
    }

    fn add_column(schema: Option<&str>) -> Operation {
        let column = Box::new(Column::new("b", Type::Native("TEXT".into())));
        Operation::AddColumn { table: Name::new(schema.map(Ident::from), "t"), column, position: None }
    }

    #[test]
    fn what_another_file_has_is_not_meant() {
        let rename = |from: &str, to: &str| Operation::RenameTable { name: Name::own(from), to: to.into() };
        let drop_index = Operation::DropIndex { table: Name::own("t"), name: "ix".into(), was: None };
        let here = ("main", "table", "T");
        assert_eq!(said(&[add_column(None)], &[here, ("archive", "table", "t")]), "");
        assert_eq!(said(&[add_column(Some("archive"))], &[("archive", "table", "t")]), "");
        assert_eq!(said(&[add_column(None)], &[]), "", "SQLite says itself that it is nowhere");
        let phrase = "the main file has no table t, and SQLite would take the one of archive";
        assert_eq!(said(&[add_column(None)], &[("archive", "view", "t")]), phrase);
        assert_eq!(said(&[rename("t", "u")], &[("archive", "table", "t")]), phrase);
        let found = said(&[drop_index], &[here, ("archive", "index", "ix")]);
        assert_eq!(found, "the main file has no index ix, and SQLite would take the one of archive");
        let made = [Operation::CreateTable(Box::new(Table::new(Name::own("t")))), add_column(None)];
        assert_eq!(said(&made, &[("archive", "table", "t")]), "");
        assert_eq!(
            said(&[rename("s", "t"), add_column(None)], &[("main", "table", "s"), ("archive", "table", "t")]),
            ""
        );
    }

    #[test]
    fn what_is_temporary_is_not_meant() {
        let phrase = "t would not be what the main file has, but the temporary table of that name";
        let there = [("main", "table", "t"), ("temp", "table", "t")];
        assert_eq!(said(&[add_column(None)], &there), phrase);
        let made = [Operation::CreateTable(Box::new(Table::new(Name::own("t")))), add_column(None)];
        assert_eq!(said(&made, &there[1..]), phrase);
        assert_eq!(said(&[add_column(None)], &[("main", "table", "t"), ("temp", "index", "t")]), "");
    }
}
