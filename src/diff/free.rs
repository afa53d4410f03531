//! Tables under which an object is made anew: a function that a default, a check, a generated column or an index calls, the
//! domain of a column. The server holds on to these, so the parts of tables that need such an object are taken out
//! before it goes; the rest of the diff then finds them missing and puts them back behind it. The same where another thing
//! gets its name, be it a function with other arguments: the same words call that one then.

use std::collections::BTreeSet;

use super::down::taken_down;
use super::names::Names;
use super::objects::Before;
use super::{Context, objects, tables};
use crate::ops::{ColumnChange, Constraint, ConstraintKind, Operation, apply};
use crate::schema::{
    Column, Default, Expr, Ident, Index, IndexTarget, Name, Object, ObjectId, ObjectKind, Pair, Schema, Table, Type,
};
use crate::statement::token::{TokenKind, tokens};

/// Takes these parts out of `working`, and gives the operations that do it on the server.
pub(super) fn free(working: &mut Schema, wanted: &Schema, before: &Before<'_>, context: Context<'_>) -> Vec<Operation> {
    let mut freed: Vec<Operation> = Vec::new();
    let names = Names::of(wanted, context);
    let types: BTreeSet<ObjectId> =
        working.enums.keys().filter(|name| names.pass_on_enum(name)).map(as_object).collect();
    let stands_on_nothing = types.is_empty() && working.tables.values().all(|table| table.needs.is_empty());
    if !context.dialect.objects().holds_on() || stands_on_nothing {
        return freed;
    }
    loop {
        let sides = Pair::new(&*working, wanted);
        let mut others = objects::enums(sides, context);
        others.extend(tables::tables(sides, context));
        others.extend(freed.iter().cloned());
        let down = taken_down(sides, before, &others, context);
        let comes_again = |id: &&ObjectId| wanted.objects.contains_key(*id) || names.pass_on(id);
        let again: BTreeSet<&ObjectId> = down.iter().filter(comes_again).chain(&types).collect();
        let changed = changed_in_place(sides, &down);
        let found: Vec<Operation> = working
            .tables
            .values()
            .flat_map(|table| {
                let mut found = parts(table, &again, working, context);
                found.extend(changed_parts(table, &changed, sides, context));
                found
            })
            .collect();
        if found.is_empty() {
            return freed;
        }
        for operation in found {
            // An operation that does not fit would be found again without end.
            if apply(&operation, working).is_err() {
                return freed;
            }
            freed.push(operation);
        }
    }
}

/// The operations that take out of a table what names one of these objects.
pub(super) fn parts(
    table: &Table,
    objects: &BTreeSet<&ObjectId>,
    schema: &Schema,
    context: Context<'_>,
) -> Vec<Operation> {
    Standing::of(table, objects, schema, context).parts()
}

/// The types that get or lose attributes where they are. What is made of them (`ROW(1)::pair`) fits one of the two only.
fn changed_in_place<'a>(sides: Pair<&'a Schema>, down: &BTreeSet<ObjectId>) -> BTreeSet<&'a ObjectId> {
    let differs = |id: &&ObjectId| match (sides.from.objects.get(*id), sides.to.objects.get(*id)) {
        (Some(from), Some(to)) => from.definition != to.definition,
        _ => false,
    };
    let stay = sides.from.objects.keys().filter(|id| id.kind == ObjectKind::Type && !down.contains(*id));
    stay.filter(differs).collect()
}

/// Those parts of a table that name such a type and change with it: taken out before the type changes, put back behind it, and
/// so on the way back.
fn changed_parts(
    table: &Table,
    types: &BTreeSet<&ObjectId>,
    sides: Pair<&Schema>,
    context: Context<'_>,
) -> Vec<Operation> {
    let wanted = sides.to.tables.values().find(|wanted| context.key(&wanted.name) == context.key(&table.name));
    let Some(wanted) = wanted.filter(|_| !types.is_empty()) else { return Vec::new() };
    let changes = |operation: &Operation| {
        if let Operation::AlterColumn { name, was, .. } = operation {
            let column = wanted.column(name);
            column.is_some_and(|column| {
                was.default.as_ref().is_some_and(|default| *default != column.default)
                    || was.generated.as_ref().is_some_and(|generated| *generated != column.generated)
            })
        } else if let Operation::DropConstraint { was: Some(was), .. } = operation {
            !matches!(&**was, Constraint::Check(check) if wanted.checks.contains(check))
        } else if let Operation::DropIndex { was: Some(was), .. } = operation {
            !wanted.indexes.contains(was)
        } else {
            false
        }
    };
    parts(table, types, sides.from, context).into_iter().filter(changes).collect()
}

/// A table and the objects under it that are made anew.
struct Standing<'a> {
    table: &'a Table,
    needs: Vec<&'a ObjectId>,
    schema: &'a Schema,
    context: Context<'a>,
}

impl<'a> Standing<'a> {
    fn of(table: &'a Table, again: &BTreeSet<&'a ObjectId>, schema: &'a Schema, context: Context<'a>) -> Self {
        // Which enum types a table has only its texts say.
        let is_there = |id: &&ObjectId| table.needs.contains(*id) || schema.enums.contains_key(&id.name);
        let needs = again.iter().copied().filter(is_there).collect();
        Self { table, needs, schema, context }
    }

    fn parts(&self) -> Vec<Operation> {
        if self.needs.is_empty() {
            return Vec::new();
        }
        let checks = self.table.checks.iter().filter(|check| self.names(check.condition.text()));
        let checks = checks.map(|check| Operation::DropConstraint {
            table: self.table.name.clone(),
            name: check.name.clone(),
            kind: ConstraintKind::Check,
            was: Some(Box::new(Constraint::Check(check.clone()))),
        });
        let indexes = self.table.indexes.iter().filter(|index| self.is_in(index));
        let indexes = indexes.map(|index| Operation::DropIndex {
            table: self.table.name.clone(),
            name: index.name.clone(),
            was: Some(Box::new(index.clone())),
        });
        let columns = self.table.columns.iter().filter_map(|column| self.column(column));
        indexes.chain(checks).chain(columns).collect()
    }

    /// What a column keeps of these objects is taken from it: its generation, its default, its domain.
    fn column(&self, column: &Column) -> Option<Operation> {
        let (mut to, mut was) = (ColumnChange::default(), ColumnChange::default());
        if column.generated.as_ref().is_some_and(|generated| self.names(generated.expr.text())) {
            to.generated = Some(None);
            was.generated = Some(column.generated.clone());
        }
        if let Some(Default::Sql(Expr::Same(text))) = &column.default
            && self.names(text)
        {
            to.default = Some(None);
            was.default = Some(column.default.clone());
        }
        if let Type::Native(text) = &column.ty
            && let Some(base) = self.base(text)
        {
            to.ty = Some(Type::Native(base));
            was.ty = Some(column.ty.clone());
        }
        let (table, name) = (self.table.name.clone(), column.name.clone());
        (!to.is_empty()).then(|| Operation::AlterColumn { table, name, to: Box::new(to), was: Box::new(was) })
    }

    fn is_in(&self, index: &Index) -> bool {
        let expressions = index.parts.iter().filter_map(|part| match &part.target {
            IndexTarget::Expression(expression) => Some(expression.text()),
            IndexTarget::Column(_) => None,
        });
        let classes = index.parts.iter().filter_map(|part| part.operator_class.as_deref());
        expressions.chain(classes).chain(index.predicate.as_ref().map(Expr::text)).any(|text| self.names(text))
    }

    /// Whether a text of the server names one of the objects.
    fn names(&self, text: &str) -> bool {
        self.needs.iter().any(|id| names(text, id, self.context))
    }

    /// The type that a column gets for the time of the change: what its domain is made of, or one that can hold it.
    fn base(&self, text: &str) -> Option<String> {
        let (bare, dimensions) = text.find('[').map_or((text, ""), |at| text.split_at(at));
        let is_its_type = |id: &&&ObjectId| {
            matches!(id.kind, ObjectKind::Domain | ObjectKind::Type) && is_called(bare, id, self.context)
        };
        let own = self.needs.iter().find(is_its_type)?;
        let Some(ty) = self.schema.objects.get(*own) else { return Some(format!("text{dimensions}")) };
        let mut base = self.made_of(ty)?;
        // A domain of a domain: as deep as there are objects at most.
        for _ in 0..self.schema.objects.len() {
            let below = self
                .schema
                .objects
                .values()
                .find(|object| object.id.kind == ObjectKind::Domain && is_called(&base, &object.id, self.context));
            match below.and_then(|object| self.made_of(object)) {
                Some(deeper) => base = deeper,
                None => break,
            }
        }
        Some(format!("{base}{dimensions}"))
    }

    fn made_of(&self, ty: &Object) -> Option<String> {
        self.context.dialect.objects().base_type(ty)
    }
}

/// An enum type as if it were one of the others.
fn as_object(name: &Name) -> ObjectId {
    ObjectId::new(ObjectKind::Type, name.clone())
}

/// Whether a type is just this object by its name, with a schema or without.
fn is_called(ty: &str, id: &ObjectId, context: Context<'_>) -> bool {
    let Ok(all) = tokens(ty, context.dialect.syntax()) else { return false };
    let names: Vec<Option<String>> =
        all.iter().filter(|token| !token.is_skippable() && token.text(ty) != ".").map(|token| token.name(ty)).collect();
    let called = Some(id.name.name.as_str());
    match names.as_slice() {
        [name] => name.as_deref() == called && id.name.schema.is_none(),
        [schema, name] => name.as_deref() == called && schema.as_deref() == id.name.schema.as_ref().map(Ident::as_str),
        _ => false,
    }
}

/// Whether an expression names an object: by a word, in a literal (`'own'::regconfig`), or as an operator.
fn names(text: &str, id: &ObjectId, context: Context<'_>) -> bool {
    let Ok(all) = tokens(text, context.dialect.syntax()) else { return true };
    let name = id.name.name.as_str();
    if id.kind == ObjectKind::Operator {
        return text.contains(name);
    }
    // What is cast to is a type, and which cast that takes the text does not say.
    if id.kind == ObjectKind::Cast {
        return text.contains("::");
    }
    all.iter().any(|token| {
        token.name(text).as_deref() == Some(name) || token.kind == TokenKind::String && token.text(text).contains(name)
    })
}
