//! Expressions that the server prints in another way each time it reads what it printed.
//!
//! PostgreSQL turns `x IN ('a')` into one text, and that text, read again, into another. So a model that was made from
//! a database says what the live side says, and still comes back from the scratch place in other words. Where two
//! expressions of one thing differ, the live one is therefore sent through the server once more before they count as
//! different.

use std::collections::BTreeSet;

use crate::dialect::mentions::texts;
use crate::diff::Context;
use crate::ops::Operation;
use crate::schema::{Default, Expr, Index, IndexTarget, Name, Need, Schema, Table};

/// The tables whose differences may be such a matter of words.
pub(super) fn doubtful(operations: &[Operation]) -> BTreeSet<Name> {
    let doubtful = operations.iter().filter(|operation| match operation {
        Operation::AddConstraint { .. } | Operation::DropConstraint { .. } => {
            operation.word().contains("check") || is_check(operation)
        }
        Operation::AlterColumn { to, .. } => to.default.is_some() || to.generated.is_some(),
        Operation::CreateIndex { index, .. } => has_expression(index),
        Operation::DropIndex { was, .. } => was.as_ref().is_some_and(|index| has_expression(index)),
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
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::RenameIndex { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => false,
    });
    doubtful.filter_map(|operation| operation.table().cloned()).collect()
}

fn is_check(operation: &Operation) -> bool {
    matches!(operation, Operation::DropConstraint { kind: crate::ops::ConstraintKind::Check, .. })
}

fn has_expression(index: &Index) -> bool {
    index.predicate.is_some() || index.parts.iter().any(|part| part.column_name().is_none())
}

/// The doubtful tables alone, with the types they use and the objects they need: what is created in the scratch place.
/// Foreign keys are left out, for they lead to other tables and hold no expression. Where one of these things lies in a schema
/// beside the own one, the schemas come along: by them it is seen that names are qualified.
pub(super) fn extract(live: &Schema, tables: &BTreeSet<Name>) -> Schema {
    let mut extract = Schema::default();
    let mut open: Vec<Need> = tables.iter().map(|name| Need::Table(name.clone(), None)).collect();
    while let Some(need) = open.pop() {
        match need {
            Need::Table(name, _) if !extract.tables.contains_key(&name) => {
                if let Some(table) = live.tables.get(&name) {
                    open.extend(table.needs.iter().cloned().map(Need::Object));
                    open.extend(table.parents().into_iter().map(|parent| Need::Table(parent, None)));
                    open.extend(enums_in(table, live));
                    extract.insert(Table { foreign_keys: Vec::new(), ..table.clone() });
                }
            }
            Need::Object(id) if !extract.objects.contains_key(&id) => {
                if let Some(object) = live.objects.get(&id) {
                    open.extend(object.needs.iter().cloned());
                    extract.insert_object(object.clone());
                }
            }
            Need::Enum(name) => {
                if let Some(found) = live.enums.get(&name) {
                    extract.enums.insert(name, found.clone());
                }
            }
            Need::Table(..) | Need::Object(_) => {}
        }
    }
    if names_schemas(&extract) {
        extract.schemas.clone_from(&live.schemas);
    }
    extract
}

/// The enum types that a table may use: which, only its texts say.
fn enums_in<'a>(table: &Table, live: &'a Schema) -> impl Iterator<Item = Need> + use<'a> {
    let texts: Vec<String> = texts(table).into_iter().map(|text| text.replace("\"\"", "\"")).collect();
    let is_named = move |name: &&Name| texts.iter().any(|text| text.contains(name.name.as_str()));
    live.enums.keys().filter(is_named).cloned().map(Need::Enum)
}

fn names_schemas(schema: &Schema) -> bool {
    let objects = schema.objects.keys().flat_map(|id| [Some(&id.name), id.table.as_ref()]).flatten();
    schema.tables.keys().chain(schema.enums.keys()).chain(objects).any(|name| name.schema.is_some())
}

/// Puts the words of the second reading where the first ones differ from the desired ones.
pub(super) fn reword(live: &mut Schema, again: &Schema, desired: &Schema, context: Context<'_>) {
    for (name, second) in &again.tables {
        let (Some(first), Some(wanted)) = (live.tables.get_mut(name), desired.tables.get(name)) else { continue };
        let same = |a: &Expr, b: &Expr| {
            a == b || context.dialect.same_expression(crate::schema::Pair::new(a.text(), b.text()))
        };
        for check in &mut first.checks {
            let kept = wanted.checks.iter().any(|one| same(&one.condition, &check.condition));
            let found = second.checks.iter().find(|one| one.name == check.name).filter(|_| !kept);
            found.into_iter().for_each(|one| check.condition = one.condition.clone());
        }
        for column in &mut first.columns {
            let (Some(one), Some(other)) = (second.column(&column.name), wanted.column(&column.name)) else { continue };
            if column.default != other.default && matches!(&one.default, Some(Default::Sql(_))) {
                column.default.clone_from(&one.default);
            }
            if column.generated != other.generated && one.generated.is_some() {
                column.generated.clone_from(&one.generated);
            }
        }
        for index in &mut first.indexes {
            let (Some(one), Some(other)) = (second.index(&index.name), wanted.index(&index.name)) else { continue };
            if index.predicate != other.predicate && one.predicate.is_some() {
                index.predicate.clone_from(&one.predicate);
            }
            for (part, again) in index.parts.iter_mut().zip(&one.parts) {
                if let (IndexTarget::Expression(_), IndexTarget::Expression(_)) = (&part.target, &again.target) {
                    let kept = other.parts.iter().any(|wanted| wanted.target == part.target);
                    if !kept {
                        part.target = again.target.clone();
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Enum, Ident, Type};

    fn schema(table: Name, ty: &str, enums: &[Name]) -> Schema {
        let mut schema = Schema { schemas: [Ident::from("core")].into_iter().collect(), ..Schema::default() };
        schema.insert(Table { columns: vec![Column::new("a", Type::Native(ty.to_owned()))], ..Table::new(table) });
        for name in enums {
            let made = Enum { name: name.clone(), values: Vec::new(), comment: None, renamed_from: None };
            schema.enums.insert(name.clone(), made);
        }
        schema
    }

    #[test]
    fn schemas_come_along_where_something_lies_in_them() {
        let (own, other) = (Name::own("t"), Name::new(Some("core".into()), "t"));
        let (mood, kind) = (Name::own("mood"), Name::new(Some("core".into()), "kind"));
        let enums = [mood, kind];
        for (table, ty, enums_left, qualified) in [
            (&own, "integer", 0, false),
            (&own, "mood[]", 1, false),
            (&own, "core.kind", 1, true),
            (&other, "integer", 0, true),
        ] {
            let extract = extract(&schema(table.clone(), ty, &enums), &BTreeSet::from([table.clone()]));
            let found = (extract.enums.len(), !extract.schemas.is_empty());
            assert_eq!(found, (enums_left, qualified), "{} {ty}", table.for_people());
        }
    }
}
