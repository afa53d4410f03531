//! Dresses the operations of a diff in the declared words of the models, so that a revision that was made on one
//! database runs on the others.

use std::collections::BTreeSet;

use crate::ops::{ColumnChange, Constraint, ConstraintKind, ObjectOperation, Operation};
use crate::schema::{Column, ForeignKey, Ident, Index, Name, Object, Schema, Table, Type};

/// The operations with everything that the models declare said as they declare it; what they do not declare (the
/// former state, SQL models) stays native, and so does what is changed by comparing it with its former state.
///
/// A column that changes more than once is first changed for the time of another change: only the last one makes it what
/// the models say.
pub(crate) fn dress(operations: Vec<Operation>, declared: &Schema) -> Vec<Operation> {
    let mut later = Later::default();
    let mut dressed: Vec<Operation> = Vec::with_capacity(operations.len());
    for operation in operations.into_iter().rev() {
        let is_for_a_time = if let Operation::AlterColumn { table, name, .. } = &operation {
            later.columns.contains(&(table.clone(), name.clone()))
        } else {
            false
        };
        later.note(&operation);
        dressed.push(if is_for_a_time { operation } else { dress_one(operation, declared, &later) });
    }
    dressed.reverse();
    dressed
}

/// What the operations behind one do to its table: a new table is then made without that.
#[derive(Default)]
struct Later {
    columns: BTreeSet<(Name, Ident)>,
    checks: BTreeSet<Name>,
    indexes: BTreeSet<(Name, Ident)>,
}

impl Later {
    fn note(&mut self, operation: &Operation) {
        if let Operation::AlterColumn { table, name, .. } = operation {
            self.columns.insert((table.clone(), name.clone()));
        } else if let Operation::CreateIndex { table, index } = operation {
            self.indexes.insert((table.clone(), index.name.clone()));
        } else if let Operation::AddConstraint { table, constraint } = operation
            && constraint.kind() == ConstraintKind::Check
        {
            self.checks.insert(table.clone());
        }
    }
}

fn dress_one(operation: Operation, declared: &Schema, later: &Later) -> Operation {
    let column_of = |table: &Name, name: &Ident| find(declared, table).and_then(|table| column(table, name));
    match operation {
        Operation::CreateTable(table) => match find(declared, &table.name) {
            Some(known) => Operation::CreateTable(Box::new(dress_table(&table, known, later))),
            None => Operation::CreateTable(table),
        },
        Operation::AddColumn { table, column, position } => {
            let column = column_of(&table, &column.name).map_or(column, |known| Box::new(bare(known)));
            Operation::AddColumn { table, column, position }
        }
        Operation::AlterColumn { table, name, to, was } => {
            let to = match column_of(&table, &name) {
                Some(known) => Box::new(dress_change(*to, known)),
                None => to,
            };
            Operation::AlterColumn { table, name, to, was }
        }
        Operation::CreateIndex { table, index } => {
            let known = find(declared, &table).and_then(|table| table.index(&index.name));
            let index = known.map_or(index, |known| Box::new(Index { renamed_from: None, ..known.clone() }));
            Operation::CreateIndex { table, index }
        }
        Operation::AddConstraint { table, constraint } => {
            let known = find(declared, &table).and_then(|table| same_constraint(table, &constraint));
            let constraint = known.map_or(constraint, Box::new);
            Operation::AddConstraint { table, constraint }
        }
        Operation::Object(ObjectOperation::Create(object)) => {
            Operation::Object(ObjectOperation::Create(dress_object(object, declared)))
        }
        Operation::Object(ObjectOperation::Alter { to, was }) if !to.id.kind.is_compared_to_change() => {
            Operation::Object(ObjectOperation::Alter { to: dress_object(to, declared), was })
        }
        same @ (Operation::Object(ObjectOperation::Drop { .. } | ObjectOperation::Alter { .. })
        | Operation::CreateSchema { .. }
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
        | Operation::Comment { .. }
        | Operation::Sql(_)
        | Operation::Data(_)) => same,
    }
}

/// The text of a model in the place of the server's: of the object with this id, or the only one of this name.
fn dress_object(object: Box<Object>, declared: &Schema) -> Box<Object> {
    // What changes of them is found statement by statement, in the server's words.
    if object.id.kind.is_of_a_thing() {
        return object;
    }
    let same_name = |one: &&Object| one.id.kind == object.id.kind && one.id.name == object.id.name;
    let mut named = declared.objects.values().filter(same_name);
    let only = named.next().filter(|_| named.next().is_none());
    match declared.objects.get(&object.id).or(only) {
        Some(known) if !is_placed(known.definition.text()) && !is_placed(object.definition.text()) => {
            Box::new(Object { definition: known.definition.clone(), ..*object })
        }
        Some(_) | None => object,
    }
}

/// Whether a trigger says beside which other one it stands: the order in which they are made follows from that.
fn is_placed(text: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| word.eq_ignore_ascii_case("PRECEDES") || word.eq_ignore_ascii_case("FOLLOWS"))
}

/// What two names have in common where case does not count.
fn folded(name: &Name) -> (Option<String>, String) {
    let fold = |ident: &Ident| ident.as_str().to_lowercase();
    (name.schema.as_ref().map(fold), fold(&name.name))
}

/// Whether two foreign keys lead from the same columns to the same table: a server may say either in another case.
fn same_way(one: &ForeignKey, other: &ForeignKey) -> bool {
    same_columns(&one.columns, &other.columns) && folded(&one.references) == folded(&other.references)
}

fn same_columns(some: &[Ident], others: &[Ident]) -> bool {
    let same = |(one, other): (&Ident, &Ident)| one.as_str().eq_ignore_ascii_case(other.as_str());
    some.len() == others.len() && some.iter().zip(others).all(same)
}

fn find<'a>(declared: &'a Schema, name: &Name) -> Option<&'a Table> {
    declared.tables.get(name).or_else(|| declared.tables.values().find(|table| folded(&table.name) == folded(name)))
}

fn column<'a>(table: &'a Table, name: &Ident) -> Option<&'a Column> {
    let same = |column: &&Column| column.name.as_str().eq_ignore_ascii_case(name.as_str());
    table.column(name).or_else(|| table.columns.iter().find(same))
}

fn bare(column: &Column) -> Column {
    Column { renamed_from: None, ..column.clone() }
}

/// The table as declared, but without what is made later: foreign keys, and parts that need what needs the table. One that joins its
/// parents later has all that it will have from them.
fn dress_table(table: &Table, known: &Table, later: &Later) -> Table {
    let mut dressed = known.clone();
    dressed.renamed_from = None;
    dressed.columns.iter_mut().for_each(|column| column.renamed_from = None);
    dressed.indexes.iter_mut().for_each(|index| index.renamed_from = None);
    dressed.foreign_keys.retain(|key| table.foreign_keys.iter().any(|kept| same_way(kept, key)));
    let name = &table.name;
    for column in &mut dressed.columns {
        if later.columns.contains(&(name.clone(), column.name.clone())) {
            table.column(&column.name).into_iter().for_each(|native| column.clone_from(native));
        }
    }
    dressed.indexes.retain(|index| !later.indexes.contains(&(name.clone(), index.name.clone())));
    let is_alone = known.is_heir() && !table.is_heir();
    if is_alone || later.checks.contains(name) {
        dressed.checks.clone_from(&table.checks);
    }
    if is_alone {
        let said = |native: &Column| column(&dressed, &native.name).unwrap_or(native).clone();
        let columns = table.columns.iter().map(said).collect();
        return Table { columns, options: table.options.clone(), ..dressed };
    }
    dressed
}

fn dress_change(change: ColumnChange, known: &Column) -> ColumnChange {
    ColumnChange {
        ty: change.ty.map(|_: Type| known.ty.clone()),
        default: change.default.map(|default| default.and_then(|_| known.default.clone())),
        generated: change.generated.map(|generated| generated.and_then(|_| known.generated.clone())),
        ..change
    }
}

/// The declared constraint behind an inspected one: the same name, or for unnamed ones the same columns. Expressions
/// are in the server's words, so unnamed checks cannot be found and stay native.
fn same_constraint(table: &Table, constraint: &Constraint) -> Option<Constraint> {
    let key = table.primary_key.iter().cloned().map(Constraint::PrimaryKey);
    let uniques = table.uniques.iter().cloned().map(Constraint::Unique);
    let checks = table.checks.iter().cloned().map(Constraint::Check);
    let foreign = table.foreign_keys.iter().cloned().map(Constraint::ForeignKey);
    let mut all = key.chain(uniques).chain(checks).chain(foreign).filter(|one| one.kind() == constraint.kind());
    let references = |one: &Constraint| match one {
        Constraint::ForeignKey(key) => Some(folded(&key.references)),
        Constraint::PrimaryKey(_) | Constraint::Unique(_) | Constraint::Check(_) => None,
    };
    all.find(|one| match one.name() {
        Some(name) => Some(name) == constraint.name(),
        None => {
            !one.columns().is_empty()
                && same_columns(one.columns(), constraint.columns())
                && references(one) == references(constraint)
        }
    })
}
