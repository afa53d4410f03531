//! What an operation does to the nouns: the schema at any revision without a server.

use super::heredity::{apply_to_family, change_descent};
use super::{Constraint, ConstraintKind, ObjectOperation, Operation, Part};
use crate::schema::{
    Column, DESCENT, Ident, Index, IndexTarget, Name, Need, Object, ObjectId, Position, Schema, Table,
};

/// An operation that does not fit the schema it meets: what is missing, or in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit(pub(crate) String);

pub(super) type Fit = Result<(), Misfit>;

/// Does `operation` to `schema`. SQL changes nothing here: the caller must know that the schema is unknown from there
/// on. Native text of other objects that mentions a renamed column is left as it is.
pub(crate) fn apply(operation: &Operation, schema: &mut Schema) -> Fit {
    match operation {
        Operation::CreateSchema { name } => {
            schema.schemas.insert(name.clone());
            Ok(())
        }
        Operation::DropSchema { name } => {
            schema.schemas.remove(name);
            Ok(())
        }
        Operation::CreateEnum(made) => {
            schema.enums.insert(made.name.clone(), made.clone());
            Ok(())
        }
        Operation::DropEnum { name, .. } => schema.enums.remove(name).map(drop).ok_or_else(|| missing("type", name)),
        Operation::RenameEnum { name, to } => {
            let mut found = schema.enums.remove(name).ok_or_else(|| missing("type", name))?;
            found.name = name.sibling(to.clone());
            schema.enums.insert(found.name.clone(), found);
            Ok(())
        }
        Operation::AlterEnum { name, to, .. } => {
            to.lay_over(schema.enums.get_mut(name).ok_or_else(|| missing("type", name))?);
            Ok(())
        }
        Operation::CreateTable(table) => create_table(schema, table),
        Operation::DropTable { name, .. } => schema.tables.remove(name).map(drop).ok_or_else(|| missing("table", name)),
        Operation::RenameTable { name, to } => rename_table(schema, name, to),
        Operation::AlterTable { name, to, .. } => {
            let table = find(schema, name)?;
            if to.options.0.values().any(|keys| DESCENT.iter().any(|key| keys.contains_key(*key))) {
                change_descent(to, name, schema);
            } else {
                to.lay_over(table);
            }
            Ok(())
        }
        Operation::RenameColumn { table, .. }
        | Operation::AddColumn { table, .. }
        | Operation::DropColumn { table, .. }
        | Operation::AlterColumn { table, .. } => apply_to_family(operation, table, schema, apply_to_column),
        Operation::CreateIndex { table, .. }
        | Operation::DropIndex { table, .. }
        | Operation::RenameIndex { table, .. }
        | Operation::AddConstraint { table, .. }
        | Operation::DropConstraint { table, .. }
        | Operation::RenameConstraint { table, .. }
        | Operation::Comment { table, .. } => apply_to_table(operation, find(schema, table)?),
        Operation::Data(data) => data.apply(schema),
        Operation::Object(object) => apply_object(object, schema),
        Operation::Sql(_) => Ok(()),
    }
}

/// Does an operation to a column of one table alone.
fn apply_to_column(operation: &Operation, schema: &mut Schema) -> Fit {
    if let Operation::RenameColumn { table, name, to } = operation {
        return rename_column(schema, table, name, to);
    }
    match operation.table() {
        Some(table) => apply_to_table(operation, find(schema, table)?),
        None => Ok(()),
    }
}

fn apply_object(operation: &ObjectOperation, schema: &mut Schema) -> Fit {
    match operation {
        ObjectOperation::Create(object) | ObjectOperation::Alter { to: object, .. } => {
            schema.insert_object((**object).clone());
            Ok(())
        }
        ObjectOperation::Drop { id, .. } => {
            schema.objects.remove(id).map(drop).ok_or_else(|| Misfit(format!("there is no {}", id.for_people())))
        }
    }
}

fn missing(what: &str, name: &Name) -> Misfit {
    Misfit(format!("there is no {what} {}", name.for_people()))
}

fn find<'a>(schema: &'a mut Schema, name: &Name) -> Result<&'a mut Table, Misfit> {
    schema.tables.get_mut(name).ok_or_else(|| missing("table", name))
}

fn create_table(schema: &mut Schema, table: &Table) -> Fit {
    if schema.tables.contains_key(&table.name) {
        return Err(Misfit(format!("there is already a table {}", table.name.for_people())));
    }
    let mut made = table.clone();
    made.renamed_from = None;
    made.columns.iter_mut().for_each(|column| column.renamed_from = None);
    schema.insert(made);
    Ok(())
}

fn rename_table(schema: &mut Schema, name: &Name, to: &Ident) -> Fit {
    let mut table = schema.tables.remove(name).ok_or_else(|| missing("table", name))?;
    table.name = name.sibling(to.clone());
    let new_name = table.name.clone();
    schema.insert(table);
    for key in schema.tables.values_mut().flat_map(|table| &mut table.foreign_keys) {
        if key.references == *name {
            key.references = new_name.clone();
        }
    }
    let is_child = |table: &&Table| table.is_heir() && table.parents().contains(name);
    let children: Vec<Name> = schema.tables.values().filter(is_child).map(|table| table.name.clone()).collect();
    for child in children {
        schema.tables.get_mut(&child).into_iter().for_each(|heir| heir.rename_parent(name, &new_name));
    }
    let objects = std::mem::take(&mut schema.objects).into_values();
    objects.map(|object| on_renamed(object, name, &new_name)).for_each(|object| schema.insert_object(object));
    Ok(())
}

/// An object with a table called anew; its text is left as it is.
fn on_renamed(mut object: Object, from: &Name, to: &Name) -> Object {
    if object.id.table.as_ref() == Some(from) {
        object.id.table = Some(to.clone());
    }
    let renamed = |need: Need| match need {
        Need::Table(table, column) if table == *from => Need::Table(to.clone(), column),
        // Triggers of one table stand in an order.
        Need::Object(id) if id.table.as_ref() == Some(from) => Need::Object(ObjectId { table: Some(to.clone()), ..id }),
        other @ (Need::Table(..) | Need::Enum(_) | Need::Object(_)) => other,
    };
    object.needs = object.needs.into_iter().map(renamed).collect();
    object.mentions = object.mentions.into_iter().map(renamed).collect();
    object
}

fn rename_column(schema: &mut Schema, table: &Name, name: &Ident, to: &Ident) -> Fit {
    let rename = |ident: &mut Ident| {
        if ident == name {
            *ident = to.clone();
        }
    };
    let found = find(schema, table)?;
    found.column_mut(name).ok_or_else(|| no_column(table, name))?.name = to.clone();
    found.primary_key.iter_mut().flat_map(|key| key.columns.iter_mut().chain(&mut key.include)).for_each(rename);
    found.uniques.iter_mut().flat_map(|key| key.columns.iter_mut().chain(&mut key.include)).for_each(rename);
    found.foreign_keys.iter_mut().flat_map(|key| key.columns.iter_mut().chain(&mut key.set_columns)).for_each(rename);
    for index in &mut found.indexes {
        index.include.iter_mut().for_each(rename);
        for part in &mut index.parts {
            if let IndexTarget::Column(column) = &mut part.target {
                rename(column);
            }
        }
    }
    let keys = schema.tables.values_mut().flat_map(|table| &mut table.foreign_keys);
    keys.filter(|key| key.references == *table).flat_map(|key| &mut key.referenced_columns).for_each(rename);
    let old = Need::Table(table.clone(), Some(name.clone()));
    for object in schema.objects.values_mut().filter(|object| object.needs.contains(&old)) {
        object.needs.remove(&old);
        object.needs.insert(Need::Table(table.clone(), Some(to.clone())));
    }
    Ok(())
}

fn no_column(table: &Name, name: &Ident) -> Misfit {
    Misfit(format!("table {} has no column {}", table.for_people(), name.as_str()))
}

fn apply_to_table(operation: &Operation, table: &mut Table) -> Fit {
    match operation {
        Operation::AddColumn { column, position, .. } => add_column(table, column, position.as_ref()),
        Operation::DropColumn { name, .. } => drop_column(table, name),
        Operation::AlterColumn { name, to, .. } => {
            let table_name = table.name.clone();
            let column = table.column_mut(name).ok_or_else(|| no_column(&table_name, name))?;
            to.lay_over(column);
            if let Some(position) = &to.position {
                move_column(table, name, position);
            }
            Ok(())
        }
        Operation::CreateIndex { index, .. } => {
            table.indexes.push(Index { renamed_from: None, ..(**index).clone() });
            Ok(())
        }
        Operation::DropIndex { name, .. } => {
            take(&mut table.indexes, |index| index.name == *name, || format!("index {}", name.as_str()))
        }
        Operation::RenameIndex { name, to, .. } => {
            let mut found = table.indexes.iter_mut().filter(|index| index.name == *name);
            let index = found.next().ok_or_else(|| Misfit(format!("there is no index {}", name.as_str())))?;
            index.name = to.clone();
            Ok(())
        }
        Operation::AddConstraint { constraint, .. } => {
            add_constraint(table, constraint);
            Ok(())
        }
        Operation::DropConstraint { name, kind, was, .. } => {
            drop_constraint(table, name.as_ref(), *kind, was.as_deref())
        }
        Operation::RenameConstraint { name, to, .. } => rename_constraint(table, name, to),
        Operation::Comment { part, name, to, .. } => comment(table, *part, name, to.as_ref()),
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::RenameColumn { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => Ok(()),
    }
}

fn take<T>(list: &mut Vec<T>, hit: impl Fn(&T) -> bool, what: impl Fn() -> String) -> Fit {
    let place = list.iter().position(hit).ok_or_else(|| Misfit(format!("there is no {}", what())))?;
    list.remove(place);
    Ok(())
}

fn place_of(table: &Table, position: &Position) -> usize {
    match position {
        Position::First => 0,
        Position::After(name) => {
            table.columns.iter().position(|column| column.name == *name).map_or(table.columns.len(), |place| place + 1)
        }
    }
}

fn add_column(table: &mut Table, column: &Column, position: Option<&Position>) -> Fit {
    if table.column(&column.name).is_some() {
        return Err(Misfit(format!("table {} has a column {} already", table.name.for_people(), column.name.as_str())));
    }
    let place = position.map_or(table.columns.len(), |position| place_of(table, position));
    table.columns.insert(place, Column { renamed_from: None, ..column.clone() });
    Ok(())
}

fn drop_column(table: &mut Table, name: &Ident) -> Fit {
    let table_name = table.name.for_people();
    take(&mut table.columns, |column| column.name == *name, || format!("column {} in {table_name}", name.as_str()))
}

fn move_column(table: &mut Table, name: &Ident, position: &Position) {
    if let Some(place) = table.columns.iter().position(|column| column.name == *name) {
        let column = table.columns.remove(place);
        let place = place_of(table, position);
        table.columns.insert(place, column);
    }
}

fn add_constraint(table: &mut Table, constraint: &Constraint) {
    match constraint {
        Constraint::PrimaryKey(key) => table.primary_key = Some(key.clone()),
        Constraint::Unique(unique) => table.uniques.push(unique.clone()),
        Constraint::Check(check) => table.checks.push(check.clone()),
        Constraint::ForeignKey(key) => table.foreign_keys.push(key.clone()),
    }
}

/// All constraints of a table, as one list of copies in the order primary key, uniques, checks, foreign keys.
pub(crate) fn constraints(table: &Table) -> Vec<Constraint> {
    let key = table.primary_key.iter().cloned().map(Constraint::PrimaryKey);
    let uniques = table.uniques.iter().cloned().map(Constraint::Unique);
    let checks = table.checks.iter().cloned().map(Constraint::Check);
    let foreign_keys = table.foreign_keys.iter().cloned().map(Constraint::ForeignKey);
    key.chain(uniques).chain(checks).chain(foreign_keys).collect()
}

fn set_constraints(table: &mut Table, constraints: &[Constraint]) {
    table.primary_key = None;
    table.uniques.clear();
    table.checks.clear();
    table.foreign_keys.clear();
    constraints.iter().for_each(|constraint| add_constraint(table, constraint));
}

fn drop_constraint(table: &mut Table, name: Option<&Ident>, kind: ConstraintKind, was: Option<&Constraint>) -> Fit {
    let mut all = constraints(table);
    let of_kind = |constraint: &Constraint| constraint.kind() == kind;
    let by_name = || all.iter().position(|one| of_kind(one) && name.is_some() && one.name() == name);
    let by_definition = || all.iter().position(|one| of_kind(one) && was == Some(one));
    let only_one = || all.iter().filter(|one| of_kind(one)).count() == 1;
    let sole = || all.iter().position(|one| of_kind(one) && name.is_none() && was.is_none() && only_one());
    let place = by_name().or_else(by_definition).or_else(sole).ok_or_else(|| {
        let said = name.map_or("without a name", Ident::as_str);
        Misfit(format!("table {} has no {} {said}", table.name.for_people(), kind.spoken()))
    })?;
    all.remove(place);
    set_constraints(table, &all);
    Ok(())
}

fn rename_constraint(table: &mut Table, name: &Ident, to: &Ident) -> Fit {
    let mut all = constraints(table);
    let found = all.iter_mut().find(|constraint| constraint.name() == Some(name));
    let constraint = found
        .ok_or_else(|| Misfit(format!("table {} has no constraint {}", table.name.for_people(), name.as_str())))?;
    constraint.set_name(Some(to.clone()));
    set_constraints(table, &all);
    Ok(())
}

fn comment(table: &mut Table, part: Part, name: &Ident, to: Option<&String>) -> Fit {
    let table_name = table.name.for_people();
    let nothing = || Misfit(format!("table {table_name} has no part {} that could carry a comment", name.as_str()));
    match part {
        Part::Index => {
            let found = table.indexes.iter_mut().find(|index| index.name == *name);
            found.ok_or_else(nothing)?.comment = to.cloned();
        }
        Part::Constraint => {
            let mut all = constraints(table);
            let found = all.iter_mut().find(|constraint| constraint.name() == Some(name)).ok_or_else(nothing)?;
            match found {
                Constraint::PrimaryKey(key) => key.comment = to.cloned(),
                Constraint::Unique(unique) => unique.comment = to.cloned(),
                Constraint::Check(check) => check.comment = to.cloned(),
                Constraint::ForeignKey(key) => key.comment = to.cloned(),
            }
            set_constraints(table, &all);
        }
    }
    Ok(())
}
