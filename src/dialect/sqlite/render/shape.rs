//! The tables as they are between two operations of a list: nouns, and with them the texts that SQLite stores. Pure: no
//! I/O.

use crate::dialect::Unsupported;
use crate::ops::{ColumnChange, Constraint, ConstraintKind, Operation, apply};
use crate::schema::{Check, Expr, Ident, Name, Object, ObjectKind, Pair, Schema, SortedMap, Table};

use crate::dialect::sqlite::inspect::nouns;
use crate::dialect::sqlite::{compare, ddl, definition, quote};

use super::create;

type Done = Result<(), Unsupported>;

/// What goes with DROP TABLE or DROP VIEW: in words, and the text that makes it again. The text is refused where a rename
/// before left it uncertain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dependants {
    /// Indexes whose text cannot be read.
    pub(crate) indexes: Vec<(String, Result<String, Unsupported>)>,
    pub(crate) triggers: Vec<(String, Result<String, Unsupported>)>,
}

/// What lies in one file, with texts that are kept current. The text of a view or a trigger about which a rename left doubts is empty.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) schema: Schema,
    /// Tables that are known in full, by inspection or because they were created since.
    complete: bool,
}

/// Whether somebody looked at the tables: of nothing, nothing is known.
pub(crate) fn is_known(before: &Schema) -> bool {
    !before.tables.is_empty() || !before.objects.is_empty() || !before.unmodelled.is_empty()
}

impl Shape {
    /// Of what lies in one file. Unless that `is_known`, only tables that are created from now on are.
    pub(crate) fn new(before: Schema, is_known: bool) -> Self {
        Self { schema: before, complete: is_known }
    }

    pub(super) fn table(&self, name: &Name) -> Option<&Table> {
        self.schema.tables.get(name)
    }

    /// Triggers and unreadable indexes of a table or a view, which go when that is dropped.
    pub(super) fn dependants_of(&self, table: &Name) -> Dependants {
        let triggers = self.schema.objects.values().filter(|object| is_trigger_of(object, table));
        let triggers = triggers.map(|object| {
            let what = object.id.for_people();
            let text = Some(object.definition.text()).filter(|text| !text.is_empty());
            (what.clone(), text.map(str::to_owned).ok_or_else(|| unknown(&what)))
        });
        let unread = self.schema.unmodelled.iter().filter(|one| belongs(one.table.as_ref(), table));
        let unread = unread.map(|one| {
            let what = format!("{} {}", one.kind, one.name.for_people());
            (what.clone(), one.definition.clone().ok_or_else(|| unknown(&what)))
        });
        Dependants { indexes: unread.collect(), triggers: triggers.collect() }
    }

    /// Does an operation to the nouns and to the texts.
    ///
    /// # Errors
    /// An operation that does not fit a table that is known.
    pub(crate) fn apply(&mut self, operation: &Operation) -> Done {
        if !self.knows(operation) {
            return Ok(());
        }
        let new_texts = self.edited(operation)?;
        self.apply_to_nouns(operation)?;
        for (name, definition, indexes) in new_texts {
            if let Some(table) = self.schema.tables.get_mut(&name) {
                table.definition = Some(definition);
                table.index_definitions = indexes;
                if let Operation::DropColumn { name: gone, .. } = operation {
                    without_its_keys(table, gone);
                }
                if ["rename_table", "rename_column", "drop_column"].contains(&operation.word()) {
                    nouns::reread(table);
                }
            }
        }
        self.follow_outside(operation);
        Ok(())
    }

    /// The text knows a constraint by less than all that a noun holds, so one that it has found may be no noun's equal.
    fn apply_to_nouns(&mut self, operation: &Operation) -> Done {
        let Err(misfit) = apply(operation, &mut self.schema) else { return Ok(()) };
        if let Operation::DropConstraint { table, kind, was: Some(was), .. } = operation
            && let Some(found) = self.schema.tables.get_mut(table)
        {
            let same = |columns: &[Ident]| columns.iter().map(quote::fold).eq(was.columns().iter().map(quote::fold));
            match kind {
                ConstraintKind::PrimaryKey => found.primary_key = None,
                ConstraintKind::Unique => found.uniques.retain(|key| !same(&key.columns)),
                ConstraintKind::ForeignKey => {
                    let place = found.foreign_keys.iter().position(|key| same(&key.columns));
                    place.into_iter().for_each(|place| drop(found.foreign_keys.remove(place)));
                }
                ConstraintKind::Check => {
                    let condition = |check: &Check| check.condition.text().to_owned();
                    let Constraint::Check(was) = &**was else { return Ok(()) };
                    found
                        .checks
                        .retain(|check| !compare::same_expression(Pair::new(&condition(check), &condition(was))));
                }
            }
            return Ok(());
        }
        Err(Unsupported::misfit(operation, &misfit.0))
    }

    fn knows(&self, operation: &Operation) -> bool {
        let created = matches!(operation, Operation::CreateTable(_));
        created || self.complete || operation.table().is_some_and(|table| self.schema.tables.contains_key(table))
    }

    /// The texts that an operation changes, under the names that their tables have afterwards.
    fn edited(&self, operation: &Operation) -> Result<Vec<Texts>, Unsupported> {
        let writer = create::writer();
        let everywhere = matches!(operation, Operation::RenameTable { .. } | Operation::RenameColumn { .. });
        let own = operation.table();
        let mut texts = Vec::new();
        for (name, table) in &self.schema.tables {
            let is_own = own == Some(name);
            let follows = everywhere && table.definition.is_some();
            if !is_own && !follows {
                continue;
            }
            let text = table.definition.clone().unwrap_or_else(|| create::table(table));
            let edited = ddl::edit(&text, operation, &writer)?;
            let indexes = if is_own { index_texts(table, operation)? } else { table.index_definitions.clone() };
            let mut new_name = name.clone();
            if let (Operation::RenameTable { to, .. }, true) = (operation, is_own) {
                new_name.name = to.clone();
            }
            texts.push((new_name, edited, indexes));
        }
        Ok(texts)
    }

    /// Triggers go with their table, and views and triggers get new names. What has been renamed has them already.
    fn follow_outside(&mut self, operation: &Operation) {
        if let Operation::CreateTable(made) = operation
            && let Some(table) = self.schema.tables.get_mut(&made.name)
        {
            table.definition = Some(create::table(table));
            let texts = table.indexes.iter().map(|one| (one.name.clone(), create::index(&table.name.name, one)));
            table.index_definitions.clear();
            table.index_definitions.extend(texts);
        } else if let Operation::DropTable { name, .. } = operation {
            self.schema.unmodelled.retain(|one| !belongs(one.table.as_ref(), name));
            self.schema.objects.retain(|_, object| !is_trigger_of(object, name));
        } else {
            if let Operation::RenameTable { name, to } = operation {
                // What cannot be read cannot follow.
                for one in self.schema.unmodelled.iter_mut().filter(|one| belongs(one.table.as_ref(), name)) {
                    (one.table, one.definition) = (Some(name.sibling(to.clone())), None);
                }
            }
            let mut objects = std::mem::take(&mut self.schema.objects);
            let known = objects.values_mut().filter(|object| !object.definition.text().is_empty());
            for object in known {
                if !definition::follow(object, operation, &self.schema) {
                    object.definition = Expr::Same(String::new());
                }
            }
            self.schema.objects = objects;
        }
    }
}

/// Keys that stand on a column go with it: the text has refused what stands on others too.
fn without_its_keys(table: &mut Table, column: &Ident) {
    let on = |columns: &[Ident]| columns.iter().any(|one| quote::fold(one) == quote::fold(column));
    table.primary_key = table.primary_key.take().filter(|key| !on(&key.columns));
    table.uniques.retain(|key| !on(&key.columns));
    table.foreign_keys.retain(|key| !on(&key.columns));
}

/// Name, CREATE TABLE, CREATE INDEX by name.
type Texts = (Name, String, SortedMap<Ident, String>);

fn belongs(of: Option<&Name>, table: &Name) -> bool {
    of.is_some_and(|of| quote::fold(&of.name) == quote::fold(&table.name))
}

fn is_trigger_of(object: &Object, table: &Name) -> bool {
    object.id.kind == ObjectKind::Trigger && belongs(object.id.table.as_ref(), table)
}

fn unknown(what: &str) -> Unsupported {
    Unsupported::new(
        format!("a rebuild of the table of {what} behind a rename of what it may mention"),
        "put the rename into a revision of its own",
    )
}

/// The text of an index: its own one, else written from the noun.
pub(crate) fn index_text(table: &Table, name: &Ident) -> Option<String> {
    let own = table.index_definitions.get(name).cloned();
    own.or_else(|| table.index(name).map(|index| create::index(&table.name.name, index)))
}

/// The texts of a table's own indexes after an operation on the table.
fn index_texts(table: &Table, operation: &Operation) -> Result<SortedMap<Ident, String>, Unsupported> {
    let mut texts: SortedMap<Ident, String> = SortedMap::new();
    for index in &table.indexes {
        let Some(text) = index_text(table, &index.name) else { continue };
        let (mut name, mut text) = (&index.name, text);
        if let Operation::RenameTable { to, .. } = operation {
            text = ddl::retarget_index(&text, to, &quote::ident)?;
        } else if let Operation::RenameColumn { name, to, .. } = operation {
            text = ddl::rename_column_in_index(&text, name, to, &quote::ident)?;
        } else if let Operation::RenameIndex { name: old, to, .. } = operation
            && *old == index.name
        {
            (name, text) = (to, ddl::rename_index(&text, to, &quote::ident)?);
        } else if let Operation::DropIndex { name: gone, .. } = operation
            && *gone == index.name
        {
            continue;
        }
        texts.insert(name.clone(), text);
    }
    if let Operation::CreateIndex { index, .. } = operation {
        texts.insert(index.name.clone(), create::index(&table.name.name, index));
    }
    Ok(texts)
}

/// Whether an operation changes nothing but comments, which SQLite does not keep.
pub(super) fn is_silent(operation: &Operation) -> bool {
    if let Operation::AlterTable { to, .. } = operation {
        return to.options.is_empty();
    }
    if let Operation::AlterColumn { to, .. } = operation {
        return ColumnChange { comment: None, ..(**to).clone() }.is_empty();
    }
    matches!(operation, Operation::Comment { .. })
}
