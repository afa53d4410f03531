//! Operations → statements. Pure: no I/O.
//!
//! What ALTER TABLE cannot do is a rebuild of the table. All operations on one table between two that must keep their
//! place (it is created, dropped or renamed, or one of its columns is) share one rebuild, wherever in the list they
//! stand: nothing of another table depends on what they change, for foreign keys are looked at when rows are written, and
//! they are off meanwhile. It stands where the last of them stood. A table that is created in the list is simply created
//! as it is in the end.

pub(super) mod create;
mod hazards;
pub(super) mod native;
pub(super) mod shape;
mod supported;

use crate::dialect::sqlite::objects::Objects;
use crate::dialect::{Unsupported, objects};
use crate::ops::{ObjectOperation, Operation};
use crate::schema::{Ident, Name, Object, ObjectKind, Schema, SortedMap, SortedSet, Table};
use crate::statement::{Hazard, Statement};

use native::Way;
use shape::{Dependants, Shape};

use crate::dialect::sqlite::rebuild::{self, Rebuild};
use crate::dialect::sqlite::{ddl, definition, place, quote};

/// Whether the tables must be looked at first: where one is rebuilt, dropped or gets a column. A table that is created in
/// the list is known.
pub(super) fn needs_shape(operations: &[Operation]) -> bool {
    // A strict table takes other types than the others. A view may have triggers.
    let may_have_more = |operation: &Operation| {
        matches!(operation, Operation::AddColumn { .. } | Operation::Object(ObjectOperation::Alter { .. }))
    };
    any_unknown(operations, |operation| may_have_more(operation) || touches_rows(operation))
}

/// Whether a table is rebuilt or dropped.
pub(super) fn may_rebuild(operations: &[Operation]) -> bool {
    any_unknown(operations, touches_rows)
}

fn touches_rows(operation: &Operation) -> bool {
    let drops = matches!(operation, Operation::DropTable { .. } | Operation::RenameIndex { .. });
    drops || native::way(operation, None) == Way::Rebuild
}

fn any_unknown(operations: &[Operation], question: impl Fn(&Operation) -> bool) -> bool {
    let mut created: SortedSet<&Name> = SortedSet::new();
    operations.iter().any(|operation| {
        if let Operation::CreateTable(table) = operation {
            created.insert(&table.name);
        }
        let known = operation.table().is_some_and(|table| created.contains(table));
        !known && question(operation)
    })
}

/// The statements of a list.
///
/// # Errors
/// What SQLite cannot do; an operation that does not fit its table.
pub(super) fn render(operations: &[Operation], before: &Schema) -> Result<Vec<Statement>, Unsupported> {
    let is_known = shape::is_known(before);
    // Nothing of a file depends on another one.
    let mut lists: Vec<(Option<&Ident>, List)> = Vec::new();
    for operation in operations {
        supported::check(operation)?;
        let file = place::file_of(operation);
        let at = lists.iter().position(|(of, _)| *of == file).unwrap_or_else(|| {
            lists.push((file, List::new(Shape::new(before.part(file), is_known))));
            lists.len() - 1
        });
        if let Some((_, list)) = lists.get_mut(at) {
            list.take(operation)?;
        }
    }
    let mut statements = Vec::new();
    for (_, list) in lists {
        statements.extend(list.finish()?);
    }
    Ok(statements)
}

/// What has been seen of the list, of one file.
struct List {
    shape: Shape,
    /// The statements of each operation, should it not be part of a rebuild.
    slots: Vec<Vec<Statement>>,
    groups: Vec<Group>,
    /// Groups that can still grow, by the name of their table.
    open: SortedMap<Name, usize>,
}

/// The operations on one table between two that must keep their place.
struct Group {
    /// The table before the first of them; None = it is created by that one.
    from: Option<Table>,
    /// As it is behind the last of them.
    to: Table,
    own: Dependants,
    around: Schema,
    /// Columns that were added, folded.
    fresh: SortedSet<String>,
    rebuild: bool,
    /// Indexes that were there before the first and that nothing has dropped or renamed since.
    old_indexes: SortedSet<Ident>,
    /// The slots that a rebuild takes over, those of which it leaves the first statement, and the last one of all.
    taken: Vec<usize>,
    shared: Vec<usize>,
    last: usize,
    hazards: Vec<Hazard>,
    whys: Vec<String>,
}

impl List {
    fn new(shape: Shape) -> Self {
        Self { shape, slots: Vec::new(), groups: Vec::new(), open: SortedMap::new() }
    }

    fn take(&mut self, operation: &Operation) -> Result<(), Unsupported> {
        let slot = self.slots.len();
        let before = operation.table().and_then(|table| self.shape.table(table)).cloned();
        let way = native::way(operation, before.as_ref());
        let mut statements = if way == Way::Native { self.native(operation, before.as_ref())? } else { Vec::new() };
        let readers = self.readers(operation);
        statements.iter_mut().take(1).for_each(|statement| statement.hazards.extend(readers.iter().cloned()));
        self.slots.push(statements);
        if keeps_place(operation) {
            operation.table().map(|table| self.open.remove(table));
            self.shape.apply(operation)?;
            if let Operation::CreateTable(table) = operation {
                self.open_group(&table.name, None, slot);
            }
            return Ok(());
        }
        let Some(name) = operation.table().filter(|_| way != Way::Nothing) else { return self.shape.apply(operation) };
        if before.is_none() && way == Way::Rebuild {
            return Err(Unsupported::new(
                format!("to {}, for the table is not there or its text cannot be read", operation.describe()),
                "look at the table with `migrate inspect`, or write the change as SQL",
            ));
        }
        self.shape.apply(operation)?;
        if let Some(before) = before {
            if !self.open.contains_key(name) {
                self.open_group(name, Some(before.clone()), slot);
            }
            self.grow(name, operation, &before, way);
            let group = self.open.get(name).and_then(|place| self.groups.get_mut(*place));
            group.into_iter().for_each(|group| group.hazards.extend(readers.iter().cloned()));
        }
        Ok(())
    }

    /// The views and triggers that stay and mention a column that goes.
    fn readers(&self, operation: &Operation) -> Vec<Hazard> {
        let Some((table, name)) = dropped_column(operation) else { return Vec::new() };
        let reads = |object: &&Object| {
            let text = object.definition.text();
            definition::names_others(object)
                && definition::mentions(text, &table.name)
                && definition::mentions(text, name)
        };
        let said = |object: &Object| {
            let (what, table) = (object.id.for_people(), table.for_people());
            Hazard::MayFail(format!("{what}, if it needs {table}.{}", name.as_str()))
        };
        self.shape.schema.objects.values().filter(reads).map(said).collect()
    }

    fn open_group(&mut self, name: &Name, from: Option<Table>, slot: usize) {
        let Some(to) = self.shape.table(name).cloned() else { return };
        self.open.insert(name.clone(), self.groups.len());
        let indexes = from.iter().flat_map(|table: &Table| &table.indexes);
        self.groups.push(Group {
            old_indexes: indexes.map(|index| index.name.clone()).collect(),
            from,
            to,
            own: Dependants::default(),
            around: Schema::default(),
            fresh: SortedSet::new(),
            rebuild: false,
            taken: Vec::new(),
            shared: Vec::new(),
            last: slot,
            hazards: Vec::new(),
            whys: Vec::new(),
        });
    }

    /// Adds an operation that has been done to the shape.
    fn grow(&mut self, name: &Name, operation: &Operation, before: &Table, way: Way) {
        let Some(group) = self.open.get(name).and_then(|place| self.groups.get_mut(*place)) else { return };
        let Some(table) = self.shape.table(name) else { return };
        let slot = self.slots.len().saturating_sub(1);
        group.to = table.clone();
        group.rebuild |= way == Way::Rebuild;
        let on_index = matches!(
            operation,
            Operation::CreateIndex { .. } | Operation::DropIndex { .. } | Operation::RenameIndex { .. }
        );
        if group.from.is_none() {
            if !on_index {
                group.taken.push(slot);
            }
            return;
        }
        group.last = slot;
        group.own = self.shape.dependants_of(name);
        group.take_over(operation, slot);
        if let Operation::AddColumn { column, .. } = operation {
            group.fresh.insert(quote::fold(&column.name));
        }
        group.hazards.extend(hazards::of(operation, Some(before)));
        group.whys.push(operation.describe());
        if group.rebuild {
            group.around = self.shape.schema.clone();
        }
    }

    /// The statements of an operation that needs no rebuild.
    fn native(&self, operation: &Operation, before: Option<&Table>) -> Result<Vec<Statement>, Unsupported> {
        if let Operation::Object(object) = operation {
            return self.object(object);
        }
        let why = operation.describe();
        let say = |sql: String| Statement::new(sql, why.clone());
        let mut statements = Vec::new();
        if let (Operation::DropTable { .. }, Some(table)) = (operation, before) {
            statements.extend(rebuild::guard(table, &self.shape.schema));
        }
        let texts = texts(operation, before).ok_or_else(|| {
            Unsupported::new(format!("to {why}, for it is not there"), "look at the table with `migrate inspect`")
        })?;
        let place = statements.len();
        statements.extend(texts.into_iter().map(say));
        if let Some(statement) = statements.get_mut(place) {
            statement.hazards = hazards::of(operation, before);
        }
        Ok(statements)
    }

    /// What is done to a view, a trigger or a virtual table. With a view that is replaced its triggers come again.
    fn object(&self, operation: &ObjectOperation) -> Result<Vec<Statement>, Unsupported> {
        let mut statements = objects::statements(&Objects, operation);
        let is_view = operation.id().kind == ObjectKind::View;
        if is_view && matches!(operation, ObjectOperation::Alter { .. }) && !statements.is_empty() {
            let view = &operation.id().name;
            for (what, text) in self.shape.dependants_of(view).triggers {
                let text = place::placed(&text?, view.schema.as_ref());
                statements.push(Statement::new(text, format!("make {what} again")));
            }
        }
        Ok(statements)
    }

    /// Puts the rebuilds into their places.
    fn finish(mut self) -> Result<Vec<Statement>, Unsupported> {
        for group in self.groups {
            match &group.from {
                None => {
                    for slot in group.taken {
                        self.slots.get_mut(slot).into_iter().for_each(Vec::clear);
                    }
                    let created = self.slots.get_mut(group.last).and_then(|slot| slot.first_mut());
                    if let (Some(statement), Some(text)) = (created, group.to.definition) {
                        statement.sql = place::placed(&text, group.to.name.schema.as_ref());
                    }
                }
                Some(from) if group.rebuild => {
                    let rebuild = Rebuild {
                        from,
                        to: &group.to,
                        fresh: &group.fresh,
                        own: &group.own,
                        around: &group.around,
                        hazards: group.hazards.clone(),
                        why: group.whys.join("; "),
                    };
                    let statements = rebuild.statements()?;
                    for slot in &group.taken {
                        self.slots.get_mut(*slot).into_iter().for_each(Vec::clear);
                    }
                    for slot in &group.shared {
                        self.slots.get_mut(*slot).into_iter().for_each(|slot| slot.truncate(1));
                    }
                    if let Some(slot) = self.slots.get_mut(group.last) {
                        slot.extend(statements);
                    }
                }
                Some(_) => {}
            }
        }
        Ok(self.slots.into_iter().flatten().collect())
    }
}

impl Group {
    /// Says what a rebuild leaves of an operation's own statements: DROP INDEX of an index that was there before, for the
    /// name may be wanted by another table before the rebuild. An index that came since is made by the rebuild or never.
    fn take_over(&mut self, operation: &Operation, slot: usize) {
        let left = gone_index(operation).is_some_and(|name| self.old_indexes.remove(name));
        let slots = if left { &mut self.shared } else { &mut self.taken };
        slots.push(slot);
    }
}

/// The index that is no more under this name.
fn gone_index(operation: &Operation) -> Option<&Ident> {
    if let Operation::DropIndex { name, .. } | Operation::RenameIndex { name, .. } = operation {
        Some(name)
    } else {
        None
    }
}

fn dropped_column(operation: &Operation) -> Option<(&Name, &Ident)> {
    if let Operation::DropColumn { table, name, .. } = operation { Some((table, name)) } else { None }
}

/// Operations after which nothing that comes can be done together with what was before.
fn keeps_place(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::CreateTable(_)
            | Operation::DropTable { .. }
            | Operation::RenameTable { .. }
            | Operation::RenameColumn { .. }
    )
}

/// The text of an operation that SQLite knows; None = what it works on is not there.
fn texts(operation: &Operation, before: Option<&Table>) -> Option<Vec<String>> {
    let q = quote::ident;
    let alter = |table: &Name, what: String| vec![format!("ALTER TABLE {} {what}", quote::name(table))];
    let here = |text: String| place::placed(&text, place::file_of(operation));
    Some(match operation {
        Operation::CreateTable(table) => {
            let indexes = table.indexes.iter().map(|index| create::index(&table.name.name, index));
            std::iter::once(create::table(table)).chain(indexes).map(here).collect()
        }
        Operation::DropTable { name, .. } => vec![format!("DROP TABLE {}", quote::name(name))],
        Operation::RenameTable { name, to } => rename_table(name, to),
        Operation::RenameColumn { table, name, to } => alter(table, format!("RENAME COLUMN {} TO {}", q(name), q(to))),
        Operation::AddColumn { table, column, .. } => alter(table, format!("ADD COLUMN {}", create::column(column))),
        Operation::DropColumn { table, name, .. } => alter(table, format!("DROP COLUMN {}", q(name))),
        Operation::CreateIndex { table, index } => vec![here(create::index(&table.name, index))],
        Operation::DropIndex { table, name, .. } => vec![format!("DROP INDEX {}", place::beside(table, name))],
        Operation::RenameIndex { table, name, to } => {
            let text = shape::index_text(before?, name)?;
            let drop = format!("DROP INDEX {}", place::beside(table, name));
            vec![drop, here(ddl::rename_index(&text, to, &q).ok()?)]
        }
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::AlterTable { .. }
        | Operation::AlterColumn { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => Vec::new(),
    })
}

/// A name that differs in case only is the same name for SQLite, so the way goes by a third one.
fn rename_table(name: &Name, to: &Ident) -> Vec<String> {
    let rename =
        |from: &Ident, to: &Ident| format!("ALTER TABLE {} RENAME TO {}", place::beside(name, from), quote::ident(to));
    if quote::fold(&name.name) != quote::fold(to) {
        return vec![rename(&name.name, to)];
    }
    let third = Ident::from(format!("migrate_rename_{}", to.as_str()));
    vec![rename(&name.name, &third), rename(&third, to)]
}
