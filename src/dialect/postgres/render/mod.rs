//! Operations as statements of PostgreSQL. Pure.
//!
//! Changes of one table that stand side by side become clauses of one `ALTER TABLE` ([`batch`]). What an operation needs
//! to know beyond itself it takes from `shape`, the tables as they are at that point: inspected by the caller, kept
//! current here. Where the shape knows nothing of a table, the plain form is rendered.

mod alter;
mod aside;
mod batch;
mod cast;
mod column;
mod constraint;
mod depend;
mod enums;
pub(super) mod grants;
mod heirs;
mod identity;
mod index;
mod marks;
mod not_null;
mod rename;
mod routines;
mod storage;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use super::quote::{literal_or_null, qualified, quote};
use crate::dialect::postgres::objects::Objects;
use crate::dialect::{Unsupported, objects};
use crate::ops::{ObjectOperation, Operation, Part, apply};
use crate::schema::{Column, Ident, Index, Name, Need, ObjectId, ObjectKind, Options, Pair, Schema, Table, Type};
use crate::statement::{Hazard, ServerVersion, Statement};
use batch::{Clause, Writer};
use grants::Around;
pub(super) use rename::follow_in_options;

/// What a rendering step says: nothing, or that the server cannot do it.
type Done = Result<(), Unsupported>;

/// Whether these operations can only be rendered with the shape of their tables at hand.
pub(super) fn needs_shape(operations: &[Operation]) -> bool {
    operations.iter().any(|operation| match operation {
        Operation::RenameTable { .. } | Operation::RenameColumn { .. } | Operation::AlterEnum { .. } => true,
        Operation::AlterColumn { to, .. } => alter::needs_shape(to),
        Operation::DropConstraint { name, .. } => name.is_none(),
        Operation::DropIndex { was, .. } => was.is_none(),
        Operation::AlterTable { to, was, .. } => heirs::needs_shape(to, was),
        Operation::Comment { part, .. } => *part == Part::Index,
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => false,
    })
}

/// What these operations of one plan give another type or make anew, beside what they name.
pub(super) fn remade(operations: &[Operation], before: &Schema) -> Vec<Need> {
    let of_one = |operation: &Operation| {
        if let Operation::AlterColumn { table, name, to, .. } = operation {
            alter::remade(table, name, to, before)
        } else if let Operation::AlterEnum { name, to, was: Some(was) } = operation {
            enums::remade(name, Pair::new(was, to), operations, before)
        } else {
            Vec::new()
        }
    };
    operations.iter().flat_map(of_one).collect()
}

/// The statements for the operations, in their order, but that a value of an enum type is there before it is used.
pub(super) fn render(
    operations: &[Operation],
    before: &Schema,
    server: ServerVersion,
) -> Result<Vec<Statement>, Unsupported> {
    let mut render = Render::new(before, server);
    let operations = enums::before_their_use(operations);
    render.handed = identity::handed(&operations);
    for (at, operation) in operations.iter().enumerate() {
        let around = around(&operations, at);
        render.among(operation, around, around.after)?;
        // A misfit here means that the shape does not know the table; then nothing is taken from it either.
        drop(apply(operation, &mut render.shape));
        rename::follow(operation, &mut render.shape);
    }
    Ok(render.writer.finish())
}

/// The statements for one of the operations of a plan, as far as they can stand alone: with what goes around an object that comes
/// again later, or came before.
#[cfg(feature = "autogenerate")]
pub(super) fn render_one(
    operations: &[Operation],
    at: usize,
    before: &Schema,
    server: ServerVersion,
) -> Result<Vec<Statement>, Unsupported> {
    let all: Vec<&Operation> = operations.iter().collect();
    let mut render = Render::new(before, server);
    render.handed = identity::handed(&all);
    if let Some(operation) = all.get(at) {
        render.among(operation, around(&all, at), &[])?;
    }
    Ok(render.writer.finish())
}

fn around<'a>(operations: &'a [&'a Operation], at: usize) -> Around<'a> {
    let (before, after) = operations.split_at(at.min(operations.len()));
    Around { before, after: after.get(1..).unwrap_or_default() }
}

struct Render {
    server: ServerVersion,
    /// The tables as they are before the operation in work, as far as they are known.
    shape: Schema,
    writer: Writer,
    /// Constraints and indexes that were dropped before the operation that asks for it.
    gone: BTreeSet<(Name, Ident)>,
    /// Indexes that an operation drops and a later one makes again with nothing but other options: they stay. With their former
    /// options.
    kept: BTreeMap<(Name, Ident), Options>,
    /// Columns that were dropped and come again, whose rights are kept meanwhile.
    aside: BTreeSet<(Name, Ident)>,
    /// Sequences that come to a column or leave it, and are objects before or behind that.
    handed: BTreeSet<Name>,
    /// Sequences that an operation before made, and that count up from 1.
    counting: BTreeSet<Name>,
    /// Whether the column in work was computed until an operation before this one: what it holds is no one's own.
    was_computed: bool,
}

impl Render {
    fn new(before: &Schema, server: ServerVersion) -> Self {
        Self {
            server,
            shape: before.clone(),
            writer: Writer::default(),
            gone: BTreeSet::new(),
            kept: BTreeMap::new(),
            aside: BTreeSet::new(),
            handed: BTreeSet::new(),
            counting: BTreeSet::new(),
            was_computed: false,
        }
    }

    /// One operation with what is kept and given back around it; `rest` is what follows it in the same rendering.
    fn among(&mut self, operation: &Operation, around: Around<'_>, rest: &[&Operation]) -> Done {
        self.writer.about(operation.describe());
        self.was_computed = alter::is_computed_again(operation, around.before);
        if let Operation::Object(object) = operation {
            self.object_among(object, around)
        } else {
            self.operation(operation, rest)
        }
    }

    fn object_among(&mut self, object: &ObjectOperation, around: Around<'_>) -> Done {
        if grants::goes_along(object, around.after) {
            return Ok(());
        }
        grants::kept(object, around).into_iter().for_each(|sql| self.writer.statement(sql));
        let given_back = grants::given_back(object, around);
        self.object(object, given_back.is_some())?;
        routines::lost(object, around).into_iter().for_each(|hazard| self.writer.warn(hazard));
        given_back.into_iter().for_each(|sql| self.writer.statement(sql));
        Ok(())
    }

    /// One operation; `rest` is what follows it in the same rendering.
    fn operation(&mut self, operation: &Operation, rest: &[&Operation]) -> Done {
        match operation {
            Operation::CreateSchema { name } => self.writer.statement(format!("CREATE SCHEMA {}", quote(name))),
            Operation::DropSchema { name } => self.writer.statement(format!("DROP SCHEMA {}", quote(name))),
            Operation::CreateEnum(made) => enums::create(&mut self.writer, made),
            Operation::DropEnum { name, .. } => self.writer.statement(format!("DROP TYPE {}", qualified(name))),
            Operation::RenameEnum { name, to } => {
                self.writer.statement(format!("ALTER TYPE {} RENAME TO {}", qualified(name), quote(to)));
            }
            Operation::AlterEnum { name, to, was } => return self.alter_enum(name, to, was.as_ref(), rest),
            Operation::CreateTable(table) => return self.create_table(table),
            Operation::DropTable { name, .. } => {
                let lost = Hazard::LosesData(format!("{} and everything in it", name.for_people()));
                self.writer.hazardous(format!("DROP TABLE {}", qualified(name)), lost);
            }
            Operation::RenameTable { name, to } => self.rename_table(name, to),
            Operation::AlterTable { name, to, was } => return self.alter_table(name, to, was),
            Operation::AddColumn { table, column, .. } => return self.add_column(table, column),
            Operation::DropColumn { table, name, was, .. } if adds_again(rest, table, name) => {
                self.put_aside_column(table, name, was.as_deref());
            }
            Operation::DropColumn { table, name, was, .. } => self.drop_column(table, name, was.as_deref()),
            Operation::RenameColumn { table, name, to } => self.rename_column(table, name, to),
            Operation::AlterColumn { table, name, to, was } => return self.alter_column(table, name, to, was),
            Operation::CreateIndex { table, index } => return self.create_index(table, index),
            Operation::DropIndex { table, name, .. } if self.gone.remove(&(table.clone(), name.clone())) => {}
            Operation::DropIndex { table, name, was } => self.drop_index(table, name, was.as_deref(), rest),
            Operation::RenameIndex { table, name, to } => {
                let index = qualified(&table.sibling(name.clone()));
                self.writer.statement(format!("ALTER INDEX {index} RENAME TO {}", quote(to)));
            }
            Operation::AddConstraint { table, constraint } => return self.add_constraint(table, constraint),
            Operation::DropConstraint { table, name: Some(name), was: Some(was), .. }
                if self.keeps_constraint(table, name, was, rest) => {}
            Operation::DropConstraint { table, name, kind, was } => {
                return self.drop_constraint(table, name.as_ref(), *kind, was.as_deref());
            }
            Operation::RenameConstraint { table, name, to } => {
                let table = qualified(table);
                self.writer.statement(format!(
                    "ALTER TABLE {table} RENAME CONSTRAINT {} TO {}",
                    quote(name),
                    quote(to)
                ));
            }
            Operation::Comment { table, part, name, to, .. } => self.comment(table, *part, name, to.as_deref()),
            Operation::Object(object) => return self.object(object, false),
            Operation::Sql(_) | Operation::Data(_) => {}
        }
        Ok(())
    }

    /// `comes_again`: it was there before, and gets back what no model says.
    fn object(&mut self, object: &ObjectOperation, comes_again: bool) -> Done {
        self.refuse_type_in_use(object)?;
        match object {
            ObjectOperation::Drop { id, .. } if self.is_handed(id) => return Ok(()),
            ObjectOperation::Create(made) if self.is_handed(&made.id) => {
                self.set_free(made);
                return Ok(());
            }
            ObjectOperation::Create(made) if made.id.kind == ObjectKind::Sequence && identity::counts_up(made) => {
                self.counting.insert(made.id.name.clone());
            }
            ObjectOperation::Create(_) | ObjectOperation::Drop { .. } | ObjectOperation::Alter { .. } => {}
        }
        let lost = lost_number(object);
        for mut made in objects::statements(&Objects, object) {
            if comes_again {
                made.hazards.clear();
                made.sql = grants::unfilled(object, made.sql);
            }
            self.writer.whole(made);
        }
        lost.into_iter().for_each(|hazard| self.writer.warn(hazard));
        Ok(())
    }

    fn is_handed(&self, id: &ObjectId) -> bool {
        id.kind == ObjectKind::Sequence && self.handed.contains(&id.name)
    }

    /// The server refuses to drop a type that columns have, and to change the types of its attributes; where they cannot follow, that is said before the start.
    fn refuse_type_in_use(&self, object: &ObjectOperation) -> Done {
        let (id, doing) = match object {
            ObjectOperation::Drop { id, .. } if matches!(id.kind, ObjectKind::Type | ObjectKind::Domain) => {
                (id, "dropping")
            }
            ObjectOperation::Alter { to, was: Some(was) } if Objects::retypes_attributes(was, to) => {
                (&to.id, "changing the type of an attribute of")
            }
            ObjectOperation::Create(_) | ObjectOperation::Drop { .. } | ObjectOperation::Alter { .. } => return Ok(()),
        };
        let has = |column: &Column| matches!(&column.ty, Type::Native(text) if depend::mentions(text, &id.name.name));
        let users = self.shape.tables.values().filter(|table| table.needs.contains(id)).flat_map(|table| {
            let columns = table.columns.iter().filter(|column| has(column));
            columns.map(|column| format!("{}.{}", table.name.for_people(), column.name.as_str()))
        });
        let goes = matches!(object, ObjectOperation::Drop { .. });
        let is_of_it = |table: &&Table| goes && table.of_type().is_some_and(|(_, ty)| ty == id.name);
        let typed =
            self.shape.tables.values().filter(is_of_it).map(|table| format!("all of {}", table.name.for_people()));
        let users: Vec<String> = users.chain(typed).collect();
        if users.is_empty() {
            return Ok(());
        }
        let what = format!("{doing} {} while columns have it: {}", id.for_people(), users.join(", "));
        let instead =
            "give the new type another name, change the columns to it with a `using`, then drop the former one";
        Err(Unsupported::new(what, instead))
    }

    fn known_table(&self, name: &Name) -> Option<&Table> {
        self.shape.tables.get(name)
    }

    fn known_index(&self, table: &Name, name: &Ident) -> Option<&Index> {
        self.known_table(table)?.index(name)
    }

    fn known_column(&self, table: &Name, name: &Ident) -> Option<&Column> {
        self.known_table(table)?.column(name)
    }

    fn comment(&mut self, table: &Name, part: Part, name: &Ident, to: Option<&str>) {
        let is_exclusion = self.known_index(table, name).is_some_and(index::is_exclusion);
        let object = match part {
            Part::Index if is_exclusion => format!("CONSTRAINT {} ON {}", quote(name), qualified(table)),
            Part::Index => format!("INDEX {}", qualified(&table.sibling(name.clone()))),
            Part::Constraint => format!("CONSTRAINT {} ON {}", quote(name), qualified(table)),
        };
        self.writer.later(format!("COMMENT ON {object} IS {}", literal_or_null(to)));
    }

    /// Drops a column that comes again; its rights are kept until then.
    fn put_aside_column(&mut self, table: &Name, name: &Ident, was: Option<&Column>) {
        self.writer.ahead(grants::keep_column(table, name));
        self.aside.insert((table.clone(), name.clone()));
        self.drop_column(table, name, was);
    }

    /// Gives a column its rights again, if it was put aside.
    fn give_back_column(&mut self, table: &Name, name: &Ident) {
        if self.aside.remove(&(table.clone(), name.clone())) {
            self.writer.later(grants::give_back_column(table, name));
        }
    }

    fn drop_column(&mut self, table: &Name, name: &Ident, was: Option<&Column>) {
        let computed = was.or_else(|| self.known_column(table, name)).is_some_and(|column| column.generated.is_some());
        let clause = Clause::drop(name, format!("DROP COLUMN {}", quote(name)));
        let place = format!("{}.{}", table.for_people(), name.as_str());
        let lost = (!computed).then(|| Hazard::LosesData(format!("{place} and everything in it")));
        self.writer.clause(table, clause, lost);
    }
}

/// What goes away with a sequence.
fn lost_number(object: &ObjectOperation) -> Option<Hazard> {
    let ObjectOperation::Drop { id, .. } = object else { return None };
    let is_sequence = id.kind == ObjectKind::Sequence;
    is_sequence.then(|| Hazard::LosesData(format!("the number at which {} stands", id.name.for_people())))
}

fn adds_again(rest: &[&Operation], of: &Name, name: &Ident) -> bool {
    rest.iter()
        .any(|later| matches!(later, Operation::AddColumn { table, column, .. } if table == of && column.name == *name))
}
