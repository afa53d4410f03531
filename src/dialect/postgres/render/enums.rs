//! Enum types.

use std::collections::BTreeSet;

use super::batch::{Clause, Pass, Writer};
use super::column::{default_text, native};
use super::{Done, Render, constraint, depend, grants};
use crate::dialect::Unsupported;
use crate::dialect::postgres::quote::{literal, literal_or_null, name_as_printed, qualified, quote};
use crate::ops::{ColumnChange, Constraint, EnumChange, ObjectOperation, Operation};
use crate::schema::{
    Column, Default, Enum, Expr, Ident, IndexTarget, Name, Need, Object, ObjectId, ObjectKind, Pair, Schema, Table,
};
use crate::statement::Hazard;

fn create_sql(name: &Name, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
    format!("CREATE TYPE {} AS ENUM ({})", qualified(name), values.join(", "))
}

pub(super) fn create(writer: &mut Writer, made: &Enum) {
    writer.statement(create_sql(&made.name, &made.values));
    if let Some(text) = &made.comment {
        writer.statement(format!("COMMENT ON TYPE {} IS {}", qualified(&made.name), literal(text)));
    }
}

/// The operations with each change of an enum type before the first one that uses its new values: on the way back the
/// uses come first.
pub(super) fn before_their_use(operations: &[Operation]) -> Vec<&Operation> {
    let mut ordered: Vec<&Operation> = Vec::with_capacity(operations.len());
    for operation in operations {
        let mut place = ordered.len();
        if let Operation::AlterEnum { to: EnumChange { values: Some(to), .. }, was: Some(was), .. } = operation {
            let new: Vec<&String> =
                to.iter().filter(|value| !was.values.iter().flatten().any(|one| one == *value)).collect();
            place = ordered.iter().position(|earlier| uses(earlier, &new)).unwrap_or(place);
        }
        ordered.insert(place, operation);
    }
    ordered
}

impl Render {
    /// Values first, then the comment.
    pub(super) fn alter_enum(
        &mut self,
        name: &Name,
        to: &EnumChange,
        was: Option<&EnumChange>,
        rest: &[&Operation],
    ) -> Done {
        if let Some(values) = &to.values {
            self.alter_values(name, values, was.and_then(|was| was.values.as_deref()), rest)?;
        }
        if let Some(comment) = &to.comment {
            let text = literal_or_null(comment.as_deref());
            self.writer.statement(format!("COMMENT ON TYPE {} IS {text}", qualified(name)));
        }
        Ok(())
    }

    /// New values are added where that is enough. A value that goes or moves, or that the same transaction uses already
    /// (55P04), takes a new type in place of the old one.
    fn alter_values(&mut self, name: &Name, to: &[String], was: Option<&[String]>, rest: &[&Operation]) -> Done {
        let known = self.shape.enums.get(name).cloned();
        let Some(was) = was.map(<[String]>::to_vec).or_else(|| known.as_ref().map(|known| known.values.clone())) else {
            let what = format!("changing the values of {} without knowing them", name.for_people());
            return Err(Unsupported::new(what, "say what the values `was`"));
        };
        if !is_replaced(Pair::new(&was, to), rest) {
            self.add_values(name, to, &was);
            return Ok(());
        }
        let comment = known.and_then(|known| known.comment);
        self.replace_enum(&Enum { name: name.clone(), values: to.to_vec(), comment, renamed_from: None }, &was, rest)
    }

    fn add_values(&mut self, name: &Name, to: &[String], was: &[String]) {
        let mut before: Option<&String> = None;
        for (at, value) in to.iter().enumerate() {
            if !was.contains(value) {
                let follows = to.iter().skip(at + 1).find(|next| was.contains(next));
                let place = match (before, follows) {
                    (_, None) => String::new(),
                    (Some(before), Some(_)) => format!(" AFTER {}", literal(before)),
                    (None, Some(follows)) => format!(" BEFORE {}", literal(follows)),
                };
                self.writer.statement(format!("ALTER TYPE {} ADD VALUE {}{place}", qualified(name), literal(value)));
            }
            before = Some(value);
        }
    }

    /// The old type steps aside, the new one takes its name, every column follows.
    fn replace_enum(&mut self, new: &Enum, was: &[String], rest: &[&Operation]) -> Done {
        let old = new.name.sibling(aside_name(&new.name.name));
        let standing = self.standing(&touched(&new.name, &self.shape));
        let names: Vec<&Ident> =
            std::iter::once(&new.name.name).chain(standing.below.iter().map(|object| &object.id.name.name)).collect();
        let stands = |table: &&Table| {
            !of_type(table, &new.name).is_empty()
                || standing.below.iter().any(|object| table.needs.contains(&object.id))
        };
        let mut tables: Vec<Table> = self.shape.tables.values().filter(stands).cloned().collect();
        let above = self.put_objects_aside(&standing.above)?;
        let mut back = Vec::new();
        for table in &mut tables {
            constraint::name_checks(table);
            back.extend(self.put_defaults_aside(table, &standing.below, rest)?);
            back.extend(self.put_aside(table, &new.name, &names, rest)?);
        }
        let below = self.put_objects_aside(&standing.below)?;
        let ty = ObjectId::new(ObjectKind::Type, new.name.clone());
        grants::keep(&ty, &grants::Heir::itself(&ty)).into_iter().for_each(|sql| self.writer.statement(sql));
        self.writer.statement(format!("ALTER TYPE {} RENAME TO {}", qualified(&new.name), quote(&old.name)));
        create(&mut self.writer, new);
        let gone: Vec<&str> = was.iter().filter(|value| !new.values.contains(value)).map(String::as_str).collect();
        for table in &tables {
            for column in of_type(table, &new.name) {
                self.follow_enum(table, column, &gone, rest);
            }
        }
        self.writer.statement(format!("DROP TYPE {}", qualified(&old)));
        self.writer.statement(grants::give_back(&ty));
        self.put_objects_back(&below)?;
        for operation in back {
            self.operation(&operation, &[])?;
        }
        self.put_objects_back(&above)
    }

    /// Drops the defaults that call one of these objects; gives what brings them back, less what a later operation says anew.
    fn put_defaults_aside(
        &mut self,
        table: &mut Table,
        objects: &[Object],
        rest: &[&Operation],
    ) -> Result<Vec<Operation>, Unsupported> {
        let mut back = Vec::new();
        let name = table.name.clone();
        for column in &mut table.columns {
            let calls = |default: &&Default| {
                objects.iter().any(|object| depend::mentions(default_text(default), &object.id.name.name))
            };
            let Some(default) = column.default.take_if(|default| calls(&&*default)) else { continue };
            let to = Box::new(ColumnChange { default: Some(None), ..ColumnChange::default() });
            let was = Box::new(ColumnChange { default: Some(Some(default)), ..ColumnChange::default() });
            let gone = Operation::AlterColumn { table: name.clone(), name: column.name.clone(), to, was };
            self.operation(&gone, &[])?;
            back.extend(gone.reverse().filter(|_| !sets_default(rest, &name, &column.name)));
        }
        Ok(back)
    }

    /// Drops what names the type, or an object that stands on it, in its text; gives what brings it back, less what a later operation drops anyway.
    fn put_aside(
        &mut self,
        table: &Table,
        ty: &Name,
        names: &[&Ident],
        rest: &[&Operation],
    ) -> Result<Vec<Operation>, Unsupported> {
        let columns: BTreeSet<Ident> = of_type(table, ty).iter().map(|column| column.name.clone()).collect();
        let computed = computed(table, names, &columns);
        let aside = depend::with_type(table, names, &columns);
        let with_computed = depend::with_columns(&self.shape, table, &computed);
        let mut back = Vec::new();
        for operation in aside.before.iter().chain(&with_computed.before) {
            self.operation(operation, &[])?;
            if let Some(name) = rest.iter().find_map(|later| same_drop(operation, later)) {
                self.gone.insert((table.name.clone(), name));
            }
        }
        for column in table.columns.iter().filter(|column| computed.contains(&column.name)) {
            self.put_aside_column(&table.name, &column.name, Some(column));
            let column = Box::new(column.clone());
            back.push(Operation::AddColumn { table: table.name.clone(), column, position: None });
        }
        let returns = aside.after.into_iter().chain(with_computed.after);
        back.extend(returns.filter(|operation| {
            added_name(operation).is_none_or(|name| !self.gone.contains(&(table.name.clone(), name)))
        }));
        Ok(back)
    }

    fn follow_enum(&mut self, table: &Table, column: &Column, gone: &[&str], rest: &[&Operation]) {
        if column.generated.is_some() {
            return;
        }
        let alter = format!("ALTER COLUMN {}", quote(&column.name));
        let ty = native(&column.ty);
        let through = if ty.ends_with("[]") { "text[]" } else { "text" };
        let place = format!("{}.{}", table.name.for_people(), column.name.as_str());
        let mut hazards = vec![Hazard::Rewrites(table.name.for_people())];
        if !gone.is_empty() {
            hazards.insert(0, Hazard::MayFail(format!("rows where {place} is {}", gone.join(" or "))));
        }
        if column.default.is_some() {
            self.writer.clause(&table.name, Clause::drop(&column.name, format!("{alter} DROP DEFAULT")), None);
        }
        let sql = format!("{alter} TYPE {ty} USING {}::{through}::{ty}", quote(&column.name));
        self.writer.clause(&table.name, Clause::new(Pass::AlterType, &column.name, sql), hazards);
        let replaced = sets_default(rest, &table.name, &column.name);
        if let Some(default) = column.default.as_ref().filter(|_| !replaced) {
            let sql = format!("{alter} SET DEFAULT {}", default_text(default));
            self.writer.clause(&table.name, Clause::new(Pass::AddConstraint, &column.name, sql), None);
        }
    }
}

/// Whether one of these says the default of the column anew.
fn sets_default(operations: &[&Operation], of: &Name, column: &Ident) -> bool {
    operations.iter().any(|later| {
        matches!(later, Operation::AlterColumn { table, name, to, .. }
            if table == of && name == column && to.default.is_some())
    })
}

/// Whether a new type takes the place of the old one: where a value goes or moves, or an operation of the same plan uses a
/// new one.
fn is_replaced(values: Pair<&[String]>, others: &[&Operation]) -> bool {
    let Pair { from: was, to } = values;
    let new: Vec<&String> = to.iter().filter(|value| !was.contains(value)).collect();
    let only_adds = to.iter().filter(|value| was.contains(value)).eq(was);
    !only_adds || others.iter().any(|operation| uses(operation, &new))
}

/// What a change of a type gives another type or makes anew: the type itself, its columns, and those that are computed
/// from them. Nothing where values are only added.
pub(super) fn remade(name: &Name, change: Pair<&EnumChange>, operations: &[Operation], before: &Schema) -> Vec<Need> {
    let Pair { from: Some(was), to: Some(to) } = change.map(|side| side.values.as_deref()) else { return Vec::new() };
    let values = Pair::new(was, to);
    if is_replaced(values, &operations.iter().collect::<Vec<_>>()) { touched(name, before) } else { Vec::new() }
}

/// An enum type, its columns, and those that are computed from them.
fn touched(name: &Name, before: &Schema) -> Vec<Need> {
    let of_table = |table: &Table| {
        let columns: BTreeSet<Ident> = of_type(table, name).iter().map(|column| column.name.clone()).collect();
        let all = computed(table, &[&name.name], &columns).into_iter().chain(columns);
        all.map(|column| Need::Table(table.name.clone(), Some(column))).collect::<Vec<_>>()
    };
    std::iter::once(Need::Enum(name.clone())).chain(before.tables.values().flat_map(of_table)).collect()
}

/// The generated columns of the type, and those that are computed from these columns of it or have one of these names in them.
fn computed(table: &Table, named: &[&Ident], columns: &BTreeSet<Ident>) -> BTreeSet<Ident> {
    let names = |text: &str| columns.iter().chain(named.iter().copied()).any(|name| depend::mentions(text, name));
    let is_it = |column: &&Column| {
        let generated = column.generated.as_ref();
        generated.is_some_and(|generated| columns.contains(&column.name) || names(generated.expr.text()))
    };
    table.columns.iter().filter(is_it).map(|column| column.name.clone()).collect()
}

/// The columns of an enum type, and of arrays of it.
fn of_type<'a>(table: &'a Table, ty: &Name) -> Vec<&'a Column> {
    let printed = name_as_printed(ty);
    let is = |column: &&Column| {
        let native = native(&column.ty);
        native.strip_suffix("[]").unwrap_or(native) == printed
    };
    table.columns.iter().filter(is).collect()
}

/// A name for the old type until it is dropped.
fn aside_name(name: &Ident) -> Ident {
    let made = crate::dialect::postgres::compare::sequence_name("migrate_old", name.as_str());
    Ident::new(made.as_str())
}

/// The name of what both operations drop.
fn same_drop(operation: &Operation, later: &Operation) -> Option<Ident> {
    let dropped = dropped_name(operation)?;
    (operation.table() == later.table() && dropped_name(later) == Some(dropped)).then(|| dropped.clone())
}

fn dropped_name(operation: &Operation) -> Option<&Ident> {
    if let Operation::DropConstraint { name, .. } = operation {
        return name.as_ref();
    }
    if let Operation::DropIndex { name, .. } = operation { Some(name) } else { None }
}

fn added_name(operation: &Operation) -> Option<Ident> {
    if let Operation::AddConstraint { constraint, .. } = operation {
        return constraint.name().cloned();
    }
    if let Operation::CreateIndex { index, .. } = operation { Some(index.name.clone()) } else { None }
}

/// Whether an operation has one of these values as a literal in its text.
fn uses(operation: &Operation, values: &[&String]) -> bool {
    let literals: Vec<String> = values.iter().map(|value| literal(value)).collect();
    texts(operation).iter().any(|text| literals.iter().any(|literal| text.contains(literal.as_str())))
}

/// The SQL that an operation brings along.
fn texts(operation: &Operation) -> Vec<&str> {
    match operation {
        Operation::CreateTable(table) => table_texts(table),
        Operation::AddColumn { column, .. } => column_texts(column),
        Operation::AlterColumn { to, .. } => {
            let default = to.default.iter().flatten().map(default_text);
            default.chain(to.generated.iter().flatten().map(|generated| generated.expr.text())).collect()
        }
        Operation::AddConstraint { constraint, .. } => match &**constraint {
            Constraint::Check(check) => vec![check.condition.text()],
            Constraint::PrimaryKey(_) | Constraint::Unique(_) | Constraint::ForeignKey(_) => Vec::new(),
        },
        Operation::CreateIndex { index, .. } => index_texts(index),
        Operation::Sql(expr) => vec![expr.text()],
        Operation::Object(ObjectOperation::Create(object) | ObjectOperation::Alter { to: object, .. }) => {
            object_texts(object)
        }
        Operation::Object(ObjectOperation::Drop { .. }) | Operation::Data(_) => Vec::new(),
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. } => Vec::new(),
    }
}

/// The body of a routine is looked at when it runs, unless it is kept as the server understood it.
fn object_texts(object: &Object) -> Vec<&str> {
    let text = object.definition.text();
    let is_routine = matches!(object.id.kind, ObjectKind::Function | ObjectKind::Procedure);
    if is_routine && !text.contains("BEGIN ATOMIC") { Vec::new() } else { vec![text] }
}

fn table_texts(table: &Table) -> Vec<&str> {
    let columns = table.columns.iter().flat_map(column_texts);
    let checks = table.checks.iter().map(|check| check.condition.text());
    columns.chain(checks).chain(table.indexes.iter().flat_map(index_texts)).collect()
}

fn column_texts(column: &Column) -> Vec<&str> {
    let default = column.default.iter().map(default_text);
    default.chain(column.generated.iter().map(|generated| generated.expr.text())).collect()
}

fn index_texts(index: &crate::schema::Index) -> Vec<&str> {
    let expressions = index.parts.iter().filter_map(|part| match &part.target {
        IndexTarget::Expression(expr) => Some(expr.text()),
        IndexTarget::Column(_) => None,
    });
    expressions.chain(index.predicate.iter().map(Expr::text)).collect()
}
