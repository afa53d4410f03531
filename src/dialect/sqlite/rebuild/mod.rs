//! The rebuild: a table takes a form that ALTER TABLE cannot give it. Pure: no I/O.
//!
//! The order is that of <https://sqlite.org/lang_altertable.html>, section 7, which must not be changed: the new table is
//! made under a passing name, filled, the old one dropped, the new one renamed. To rename the old one first would change
//! every foreign key that refers to it. Foreign keys must be off, outside of the transaction, or DROP TABLE deletes the
//! rows of children; a guard makes sure of it.
//!
//! Views and the triggers of other tables stay where they are: the one RENAME runs with `legacy_alter_table`, which
//! looks at nothing but the table. To drop them and make them again would need their text to be current, would change
//! their order, and a view that is broken already would stop the rename of a table that it has nothing to do with. Only
//! where the RENAME must change the table's own text, they are taken down and put up again around it.

pub(super) mod copied;
pub(super) mod copy;

use crate::dialect::Unsupported;
use crate::ops::{ColumnChange, Operation};
use crate::schema::{Column, Ident, Name, Object, ObjectKind, Schema, SortedSet, Table};
use crate::statement::{Hazard, Statement};

use crate::dialect::sqlite::options::WORD;
use crate::dialect::sqlite::render::shape::{Dependants, index_text};
use crate::dialect::sqlite::render::{create, native};
use crate::dialect::sqlite::{ddl, definition, place, quote};

use copy::Forms;

/// Everything that one rebuild stands on.
pub(crate) struct Rebuild<'a> {
    pub(crate) from: &'a Table,
    pub(crate) to: &'a Table,
    /// Columns that are new although one of that name was there before, folded.
    pub(crate) fresh: &'a SortedSet<String>,
    /// What goes with the table.
    pub(crate) own: &'a Dependants,
    /// The file around it, at the time of the rebuild.
    pub(crate) around: &'a Schema,
    pub(crate) hazards: Vec<Hazard>,
    /// The operations in words.
    pub(crate) why: String,
}

impl Rebuild<'_> {
    /// All statements, in their order.
    ///
    /// # Errors
    /// What cannot come through: an index on a column that goes, a trigger whose text is not known.
    pub(crate) fn statements(&self) -> Result<Vec<Statement>, Unsupported> {
        let name = &self.from.name;
        let new = Ident::from(format!("migrate_new_{}", name.name.as_str()));
        let text = self.to.definition.clone().unwrap_or_else(|| create::table(self.to));
        let made = ddl::retarget(&self.with_said_keys(text)?, &new, &quote::ident)?;
        let by_modern_rename = names_itself(&made, &new);
        let others = if by_modern_rename { self.others()? } else { Vec::new() };
        self.refuse_lost_keys()?;
        let mut statements: Vec<Statement> = guard(self.from, self.around).into_iter().collect();
        let forms = Forms { from: self.from, to: self.to, fresh: self.fresh };
        for (column, sql) in forms.proofs() {
            let why = format!("prove that the values of {} fit before they are copied", column.as_str());
            statements.push(Statement::new(sql, why));
        }
        statements.push(self.say(self.here(&made)));
        if let Some(sql) = forms.insert(&new) {
            statements.push(self.with_hazards(sql));
        }
        statements.extend(self.sequence(&new).into_iter().map(|sql| self.say(sql)));
        statements.extend(others.iter().rev().map(|other| self.say(down(other))));
        statements.push(self.say(format!("DROP TABLE {}", quote::name(name))));
        statements.extend(self.rename(&new, by_modern_rename).into_iter().map(|sql| self.say(sql)));
        statements.extend(self.indexes()?);
        statements.extend(self.triggers()?);
        statements.extend(others.iter().map(|other| self.say(self.here(other.definition.text()))));
        statements.extend(self.probes());
        Ok(statements)
    }

    /// The text in which key columns are NOT NULL by themselves, once the option of the table goes that made them so.
    fn with_said_keys(&self, mut text: String) -> Result<String, Unsupported> {
        let by_option = |table: &Table| copy::is_strict(table) || copy::is_without_rowid(table);
        if !by_option(self.from) || by_option(self.to) {
            return Ok(text);
        }
        let is_key = |column: &&Column| self.to.primary_key.iter().any(|key| key.columns.contains(&column.name));
        let rowid = copy::rowid_column(self.to).map(|column| &column.name);
        for column in self.to.columns.iter().filter(is_key).filter(|column| !column.nullable) {
            if rowid == Some(&column.name) {
                continue;
            }
            let to = Box::new(ColumnChange { nullable: Some(false), ..ColumnChange::default() });
            let (table, name) = (self.to.name.clone(), column.name.clone());
            let said = Operation::AlterColumn { table, name, to, was: Box::default() };
            text = ddl::edit(&text, &said, &create::writer())?;
        }
        Ok(text)
    }

    /// A stored text as the statement that makes it in the file of the table.
    fn here(&self, text: &str) -> String {
        place::placed(text, self.from.name.schema.as_ref())
    }

    fn say(&self, sql: impl Into<String>) -> Statement {
        Statement::new(sql, self.why.clone())
    }

    fn with_hazards(&self, sql: String) -> Statement {
        let statement = self.say(sql).with_hazard(Hazard::Rewrites(self.from.name.for_people()));
        self.hazards.iter().cloned().fold(statement, Statement::with_hazard)
    }

    fn rename(&self, new: &Ident, modern: bool) -> Vec<String> {
        let Name { name, .. } = &self.from.name;
        let rename = format!("ALTER TABLE {} RENAME TO {}", place::beside(&self.from.name, new), quote::ident(name));
        if modern {
            return vec![rename];
        }
        vec!["PRAGMA legacy_alter_table = ON".to_owned(), rename, "PRAGMA legacy_alter_table = OFF".to_owned()]
    }

    /// The number up to which AUTOINCREMENT has given out keys; of itself a copy knows only the rows that are there.
    fn sequence(&self, new: &Ident) -> Vec<String> {
        let counts = |table: &Table| {
            table.columns.iter().any(|column| column.options.get(WORD, "autoincrement") == Some("true"))
        };
        if !counts(self.from) || !counts(self.to) {
            return Vec::new();
        }
        let (new, old) = (quote::literal(new.as_str()), quote::literal(self.from.name.name.as_str()));
        let counts = place::own_table(&self.from.name, "sqlite_sequence");
        vec![
            format!("DELETE FROM {counts} WHERE name = {new}"),
            format!("INSERT INTO {counts} (name, seq)\nSELECT {new}, seq FROM {counts} WHERE name = {old}"),
        ]
    }

    /// SQLite takes an index on a column that is not there: it reads the quoted name as a string.
    fn refuse_lost_keys(&self) -> Result<(), Unsupported> {
        for column in self.gone() {
            let user = self.to.indexes.iter().find(|index| native::index_names(self.to, &index.name, &column.name));
            if let Some(index) = user {
                let (table, index) = (self.from.name.for_people(), index.name.as_str());
                return Err(Unsupported::new(
                    format!("dropping column {} of table {table}, which index {index} needs", column.name.as_str()),
                    "drop the index first",
                ));
            }
        }
        Ok(())
    }

    /// Columns of the old form that the new one does not have.
    fn gone(&self) -> impl Iterator<Item = &Column> {
        let stays = |column: &&Column| {
            self.to.columns.iter().any(|other| quote::fold(&other.name) == quote::fold(&column.name))
        };
        self.from.columns.iter().filter(move |column| !stays(column))
    }

    fn indexes(&self) -> Result<Vec<Statement>, Unsupported> {
        let texts = self.to.indexes.iter().filter_map(|index| index_text(self.to, &index.name));
        let unread = self.own.indexes.iter().map(|(_, text)| text.clone());
        texts.map(Ok).chain(unread).map(|text| Ok(self.say(self.here(&text?)))).collect()
    }

    fn triggers(&self) -> Result<Vec<Statement>, Unsupported> {
        self.own.triggers.iter().map(|(_, text)| Ok(self.say(self.here(&text.clone()?)))).collect()
    }

    /// SQLite looks at views and triggers only when they are used: each that mentions a column which is gone is used once,
    /// on no row.
    fn probes(&self) -> Vec<Statement> {
        let gone: Vec<&Ident> = self.gone().map(|column| &column.name).collect();
        let table = &self.from.name.name;
        let others = self.around.objects.values().filter(|object| definition::names_others(object));
        let hit = |object: &&Object| {
            let text = object.definition.text();
            definition::mentions(text, table) && gone.iter().any(|column| definition::mentions(text, column))
        };
        let probe = |object: &Object| {
            let of = object.id.table.as_ref().filter(|of| quote::fold(&of.name) != quote::fold(table));
            let of = of.map_or(Some(self.to), |of| self.around.tables.get(of));
            let writable = of.and_then(|of| of.columns.iter().find(|column| column.generated.is_none()));
            let sql = definition::probe(object, writable.map(|column| &column.name))?;
            Some(Statement::new(sql, format!("prove that {} still works", object.id.for_people())))
        };
        others.filter(hit).filter_map(probe).collect()
    }

    /// The views and the triggers of others, in the order in which they can be made. A check that names its own table
    /// (`t.a > 0`) must be rewritten by the RENAME, which then looks at all of them while the table is gone, and fails at each
    /// that does not work, whatever it reads.
    ///
    /// # Errors
    /// One whose text a rename before has left uncertain.
    fn others(&self) -> Result<Vec<&Object>, Unsupported> {
        let table = &self.from.name;
        let is_own = |object: &Object| {
            object.id.table.as_ref().is_some_and(|of| quote::fold(&of.name) == quote::fold(&table.name))
        };
        let looked_at = |object: &&Object| definition::names_others(object) && !is_own(object);
        let objects: Vec<&Object> = self.around.objects.values().filter(looked_at).collect();
        if let Some(object) = objects.iter().find(|object| object.definition.text().is_empty()) {
            return Err(uncertain(table, object));
        }
        // Views know nothing of each other until they are used; triggers stand on tables and views that are there.
        let (views, triggers): (Vec<_>, Vec<_>) =
            objects.into_iter().partition(|object| object.id.kind == ObjectKind::View);
        Ok([views, triggers].concat())
    }
}

fn down(object: &Object) -> String {
    format!("DROP {} {}", object.id.kind.spoken().to_uppercase(), quote::name(&object.id.name))
}

fn uncertain(table: &Name, object: &Object) -> Unsupported {
    Unsupported::new(
        format!(
            "a rebuild of table {}, whose own text names it before a column, behind a rename of what {} may mention",
            table.for_people(),
            object.id.for_people()
        ),
        "put the rename into a revision of its own",
    )
}

/// Whether the text names the table once more than as its name: before a column of a check or a generated column.
fn names_itself(made: &str, new: &Ident) -> bool {
    made.matches(&quote::ident(new)).count() > 1
}

/// A statement that fails if foreign keys are on and dropping the table would delete rows of others. None where nothing
/// refers to the table. `around` is of the same file.
pub(crate) fn guard(table: &Table, around: &Schema) -> Option<Statement> {
    let name = &table.name;
    let refers = |other: &Table| {
        let is = |to: &Ident| quote::fold(to) == quote::fold(&name.name);
        !is(&other.name.name) && other.foreign_keys.iter().any(|key| is(&key.references.name))
    };
    let unknown = around.unmodelled.iter().any(|one| one.kind.starts_with("table"));
    if !unknown && !around.tables.values().any(refers) {
        return None;
    }
    let text = format!("foreign keys must be off before table {} is dropped, not ", name.for_people());
    let sql = format!(
        "SELECT json_extract('{{}}', {} || foreign_keys)\nFROM pragma_foreign_keys\nWHERE foreign_keys AND EXISTS (SELECT 1 FROM {})",
        quote::literal(&text),
        quote::name(name)
    );
    Some(Statement::new(sql, "make sure that no rows of other tables are deleted"))
}
