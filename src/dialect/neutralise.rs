//! Native values → declared ones, where that loses nothing: the other direction of [`super::localise()`].
//!
//! What is written for people (models, revision files) says `varchar(80)` and `new` instead of
//! `character varying(80)` and `'new'::character varying`, and leaves out names that the server would give by itself.

use super::{Dialect, TypeUse};
use crate::ops::{ColumnChange, Constraint, ConstraintKind, ObjectOperation, Operation};
use crate::schema::{Column, Default, Expr, Ident, Name, Object, Schema, SortedSet, Table, Type};
use crate::statement::ServerVersion;

/// The operation in neutral words, as far as they say exactly the same.
pub(crate) fn neutralise(
    operation: Operation,
    dialect: &dyn Dialect,
    schema: &Schema,
    server: ServerVersion,
) -> Operation {
    let walk = Walk { dialect, server };
    match operation {
        Operation::CreateTable(table) => Operation::CreateTable(Box::new(walk.table(&table))),
        Operation::DropTable { name, was } => {
            Operation::DropTable { name, was: was.map(|table| Box::new(walk.table(&table))) }
        }
        Operation::AddColumn { table, column, position } => {
            let column = Box::new(walk.column(*column, &table, schema.tables.get(&table)));
            Operation::AddColumn { table, column, position }
        }
        Operation::DropColumn { table, name, was, position } => {
            let known = schema.tables.get(&table);
            let was = was.map(|column| Box::new(walk.column(*column, &table, known)));
            Operation::DropColumn { table, name, was, position }
        }
        Operation::AlterColumn { table, name, to, was } => {
            let known = schema.tables.get(&table);
            let native = to.ty.clone().or_else(|| was.ty.clone());
            let native = native.or_else(|| known.and_then(|table| table.column(&name)).map(|column| column.ty.clone()));
            let (to, was) = (*to, *was);
            let former = was.ty.clone().or_else(|| native.clone());
            let to = Box::new(walk.change(to, &table, &name, native.as_ref()));
            let was = Box::new(walk.change(was, &table, &name, former.as_ref()));
            Operation::AlterColumn { table, name, to, was }
        }
        Operation::Object(operation) => Operation::Object(walk.object_operation(operation)),
        same @ (Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::RenameColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Sql(_)
        | Operation::Data(_)) => same,
    }
}

/// A native schema in neutral words, as `inspect` prints it.
pub(crate) fn neutralise_schema(mut schema: Schema, dialect: &dyn Dialect, server: ServerVersion) -> Schema {
    let walk = Walk { dialect, server };
    schema.objects = schema.objects.into_iter().map(|(id, object)| (id, walk.object(object))).collect();
    schema.tables = schema.tables.into_iter().map(|(name, table)| (name, walk.table(&table))).collect();
    schema
}

struct Walk<'a> {
    dialect: &'a dyn Dialect,
    server: ServerVersion,
}

impl Walk<'_> {
    fn table(&self, native: &Table) -> Table {
        let mut table = native.clone();
        table.definition = None;
        self.drop_usual_names(&mut table);
        table.columns = native.columns.iter().map(|one| self.column(one.clone(), &native.name, Some(native))).collect();
        table
    }

    fn object(&self, object: Object) -> Object {
        let definition = Expr::Same(self.dialect.objects().short(&object.id, object.definition.text()));
        Object {
            id: object.id,
            definition,
            comment: object.comment,
            face: Vec::new(),
            needs: SortedSet::new(),
            mentions: SortedSet::new(),
        }
    }

    fn object_operation(&self, operation: ObjectOperation) -> ObjectOperation {
        let short = |object: Box<Object>| Box::new(self.object(*object));
        match operation {
            ObjectOperation::Create(object) => ObjectOperation::Create(short(object)),
            ObjectOperation::Drop { id, was } => ObjectOperation::Drop { id, was: was.map(short) },
            ObjectOperation::Alter { to, was } => ObjectOperation::Alter { to: short(to), was: was.map(short) },
        }
    }

    fn column(&self, column: Column, table: &Name, known: Option<&Table>) -> Column {
        let key = known.and_then(|table| table.primary_key.as_ref());
        let sole_key = key.is_some_and(|key| key.columns.len() == 1 && key.columns.first() == Some(&column.name));
        let words = self.dialect.words(self.server);
        let strict =
            known.is_some_and(|table| words.iter().any(|word| table.options.get(word, "strict") == Some("true")));
        let name = column.name.clone();
        let at = TypeUse { table, column: &name, sole_key, strict, identity: column.identity.is_some() };
        let Type::Native(native) = &column.ty else { return column };
        let default = column.default.map(|default| self.default(default, native));
        let ty = self.ty(native, at);
        Column { ty, default, ..column }
    }

    fn ty(&self, native: &str, at: TypeUse<'_>) -> Type {
        let neutral = self.dialect.neutral_type(native, at, self.server);
        neutral.map_or_else(|| Type::Native(native.to_owned()), Type::Neutral)
    }

    fn default(&self, default: Default, native: &str) -> Default {
        match &default {
            Default::Sql(Expr::Same(text)) => {
                self.dialect.scalar_default(text, native).map_or(default, Default::Literal)
            }
            Default::Sql(Expr::Each(_)) | Default::Literal(_) => default,
        }
    }

    fn change(&self, change: ColumnChange, table: &Name, column: &Ident, ty: Option<&Type>) -> ColumnChange {
        let Some(Type::Native(native)) = ty else { return change };
        let at = TypeUse { table, column, sole_key: false, strict: false, identity: false };
        let default = change.default.map(|default| default.map(|default| self.default(default, native)));
        let ty = change.ty.map(|_| self.ty(native, at));
        ColumnChange { ty, default, ..change }
    }

    /// Names that the server gives to unnamed constraints are left out, as long as it would give the same again.
    fn drop_usual_names(&self, table: &mut Table) {
        let frame = Table { columns: Vec::new(), ..table.clone() };
        let usual = |constraint: &Constraint| {
            let name = self.dialect.constraint_name(&frame, constraint.kind(), constraint.columns());
            name.is_some() && constraint.name() == name.as_ref()
        };
        for key in table.primary_key.iter_mut().filter(|key| usual(&Constraint::PrimaryKey((*key).clone()))) {
            key.name = None;
        }
        for unique in &mut table.uniques {
            if usual(&Constraint::Unique(unique.clone())) {
                unique.name = None;
            }
        }
        for key in &mut table.foreign_keys {
            if usual(&Constraint::ForeignKey(key.clone())) {
                key.name = None;
            }
        }
        let checks = table.checks.iter().filter(|check| usual(&Constraint::Check((*check).clone()))).count();
        if checks == 1 {
            let name = self.dialect.constraint_name(&frame, ConstraintKind::Check, &[]);
            table.checks.iter_mut().filter(|check| check.name == name).for_each(|check| check.name = None);
        }
    }
}
