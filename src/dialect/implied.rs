//! Enum types that stand behind neutral enums, on databases where such a type is an object of its own. Pure.
//!
//! A file that says `enum: [a, b]` of a column means everywhere a column of these words. Where the words are a type with
//! a name, the type is made before the first column that is declared with it and dropped after the last, without a word
//! in the file, so that the file runs on every database.

use std::collections::BTreeSet;

use super::{Dialect, TypeUse};
use crate::ops::{ColumnChange, EnumChange, Operation};
use crate::schema::{Column, Enum, Ident, Name, Neutral, Pair, Schema, Table, Type};
use crate::statement::SERVERS;

/// The operations together with those that the enum types behind their columns take. `T` goes with each operation: the
/// line it stands in. Types that an operation of the list makes or drops by itself are left alone.
pub(crate) fn with_implied<T: Copy>(operations: Vec<(Operation, T)>, dialect: &dyn Dialect) -> Vec<(Operation, T)> {
    if !SERVERS {
        return operations;
    }
    let explicit = |pick: fn(&Operation) -> Option<&Name>| -> BTreeSet<Name> {
        operations.iter().filter_map(|(operation, _)| pick(operation).cloned()).collect()
    };
    let (mut made, dropped) = (explicit(created_enum), explicit(dropped_enum));
    let mut releases: Vec<Vec<Enum>> = operations.iter().map(|(one, _)| released(one, dialect)).collect();
    let mut later = BTreeSet::new();
    for (place, (operation, _)) in operations.iter().enumerate().rev() {
        let kept: BTreeSet<Name> = needed(operation, dialect).into_iter().map(|one| one.name).collect();
        if let Some(released) = releases.get_mut(place) {
            let all: BTreeSet<Name> = released.iter().map(|one| one.name.clone()).collect();
            released
                .retain(|one| !dropped.contains(&one.name) && !later.contains(&one.name) && !kept.contains(&one.name));
            later.extend(all);
        }
        later.extend(kept);
    }
    let mut all = Vec::with_capacity(operations.len());
    for ((operation, mark), released) in operations.into_iter().zip(releases) {
        let (changes, operation) = with_changed_values(operation, dialect);
        let new = needed(&operation, dialect).into_iter().filter(|one| made.insert(one.name.clone()));
        let new: Vec<Operation> = new.map(Operation::CreateEnum).collect();
        all.extend(new.into_iter().chain(changes).map(|operation| (operation, mark)));
        if !is_nothing(&operation) {
            all.push((operation, mark));
        }
        all.extend(released.into_iter().map(|one| {
            made.remove(&one.name);
            (Operation::DropEnum { name: one.name.clone(), was: Some(one) }, mark)
        }));
    }
    all
}

/// The enum types behind the columns of declared tables, for a schema that does not name them.
pub(super) fn add_to(schema: &mut Schema, dialect: &dyn Dialect) {
    let all: Vec<Enum> = schema.tables.values().flat_map(|table| of_table(table, dialect)).collect();
    for one in all {
        if !schema.enums.contains_key(&one.name) {
            schema.enums.insert(one.name.clone(), one);
        }
    }
}

/// The other way: operations of a diff whose columns were given their declared words again. A type that follows from
/// them is not said once more; one that is there already is meant by its name. Without declared tables everything stays
/// in the words of the database.
pub(crate) fn fold_implied(operations: Vec<Operation>, models: &Schema, dialect: &dyn Dialect) -> Vec<Operation> {
    if models.tables.is_empty() {
        return operations;
    }
    let made: Vec<Enum> = operations.iter().filter_map(created).cloned().collect();
    let dropped: Vec<Enum> = operations.iter().filter_map(dropped_whole).cloned().collect();
    let mut said = BTreeSet::new();
    let mut folded = Vec::with_capacity(operations.len());
    for mut operation in operations {
        if let Some(change) = as_column_change(&operation, models, dialect) {
            folded.push(change);
            continue;
        }
        each_new_type(&mut operation, &mut |ty, at| {
            let Type::Neutral(neutral) = &*ty else { return };
            let Some(implied) = dialect.implied_enum(neutral, at) else { return };
            if made.iter().any(|one| one.name == implied.name && one.values == implied.values) {
                said.insert(implied.name);
            } else {
                *ty = by_name(&implied.name, at, dialect);
            }
        });
        each_old_type(&mut operation, &mut |ty, at| {
            if let Some(one) = dropped.iter().find(|one| by_name(&one.name, at, dialect) == *ty) {
                said.insert(one.name.clone());
                *ty = declared(one, at, dialect);
            }
        });
        folded.push(operation);
    }
    folded.retain(|operation| {
        let name = created(operation).filter(|one| one.comment.is_none()).map(|one| &one.name);
        !name.or_else(|| dropped_enum(operation)).is_some_and(|name| said.contains(name))
    });
    folded
}

fn created(operation: &Operation) -> Option<&Enum> {
    if let Operation::CreateEnum(made) = operation { Some(made) } else { None }
}

fn created_enum(operation: &Operation) -> Option<&Name> {
    created(operation).map(|made| &made.name)
}

fn dropped_enum(operation: &Operation) -> Option<&Name> {
    if let Operation::DropEnum { name, .. } = operation { Some(name) } else { None }
}

fn dropped_whole(operation: &Operation) -> Option<&Enum> {
    if let Operation::DropEnum { was, .. } = operation { was.as_ref() } else { None }
}

/// Where a column's type stands; nothing but the names counts for an enum.
fn at<'a>(table: &'a Name, column: &'a Ident) -> TypeUse<'a> {
    TypeUse { table, column, sole_key: false, strict: false, identity: false }
}

fn implied(ty: &Type, at: TypeUse<'_>, dialect: &dyn Dialect) -> Option<Enum> {
    if let Type::Neutral(neutral) = ty { dialect.implied_enum(neutral, at) } else { None }
}

fn of_table(table: &Table, dialect: &dyn Dialect) -> Vec<Enum> {
    table.columns.iter().filter_map(|column| implied(&column.ty, at(&table.name, &column.name), dialect)).collect()
}

/// The type as a native one: its name.
fn by_name(name: &Name, at: TypeUse<'_>, dialect: &dyn Dialect) -> Type {
    let named = Neutral::Enum { values: Vec::new(), name: Some(name.name.clone()) };
    let table = at.table.clone();
    let here = Name { schema: name.schema.clone(), ..table };
    Type::Native(dialect.native_type(&named, TypeUse { table: &here, ..at }, dialect.oldest()))
}

/// The type in neutral words, with its name where that does not follow from the column.
fn declared(one: &Enum, at: TypeUse<'_>, dialect: &dyn Dialect) -> Type {
    let unnamed = Neutral::Enum { values: one.values.clone(), name: None };
    let follows = dialect.implied_enum(&unnamed, at).is_some_and(|implied| implied.name == one.name);
    let name = (!follows).then(|| one.name.name.clone());
    Type::Neutral(Neutral::Enum { values: one.values.clone(), name })
}

/// The types of what an operation makes.
fn needed(operation: &Operation, dialect: &dyn Dialect) -> Vec<Enum> {
    let mut found = Vec::new();
    let mut operation = operation.clone();
    each_new_type(&mut operation, &mut |ty, at| found.extend(implied(ty, at, dialect)));
    found
}

/// The types of what an operation takes away.
fn released(operation: &Operation, dialect: &dyn Dialect) -> Vec<Enum> {
    let mut found: Vec<Enum> = Vec::new();
    let mut operation = operation.clone();
    each_old_type(&mut operation, &mut |ty, at| found.extend(implied(ty, at, dialect)));
    found
}

type Visit<'a> = &'a mut dyn FnMut(&mut Type, TypeUse<'_>);

fn visit_columns(table: &Name, columns: &mut [Column], visit: Visit<'_>) {
    for column in columns {
        let name = column.name.clone();
        visit(&mut column.ty, at(table, &name));
    }
}

fn each_new_type(operation: &mut Operation, visit: Visit<'_>) {
    if let Operation::CreateTable(table) = operation {
        let name = table.name.clone();
        visit_columns(&name, &mut table.columns, visit);
    } else if let Operation::AddColumn { table, column, .. } = operation {
        visit_columns(table, std::slice::from_mut(column), visit);
    } else if let Operation::AlterColumn { table, name, to, .. } = operation {
        to.ty.iter_mut().for_each(|ty| visit(ty, at(table, name)));
    }
}

fn each_old_type(operation: &mut Operation, visit: Visit<'_>) {
    if let Operation::DropTable { name, was: Some(table) } = operation {
        visit_columns(name, &mut table.columns, visit);
    } else if let Operation::DropColumn { table, was: Some(column), .. } = operation {
        visit_columns(table, std::slice::from_mut(column), visit);
    } else if let Operation::AlterColumn { table, name, was, .. } = operation {
        was.ty.iter_mut().for_each(|ty| visit(ty, at(table, name)));
    }
}

/// A column whose words change while its type keeps its name: the type changes, the column does not.
fn with_changed_values(operation: Operation, dialect: &dyn Dialect) -> (Option<Operation>, Operation) {
    if let Operation::AlterColumn { table, name, mut to, mut was } = operation {
        let new = to.ty.as_ref().and_then(|ty| implied(ty, at(&table, &name), dialect));
        let old = was.ty.as_ref().and_then(|ty| implied(ty, at(&table, &name), dialect));
        let change = match (new, old) {
            (Some(new), Some(old)) if new.name == old.name => {
                to.ty = None;
                was.ty = None;
                let (to, was) = (EnumChange::of_values(new.values), Some(EnumChange::of_values(old.values)));
                Some(Operation::AlterEnum { name: new.name, to, was })
            }
            _ => None,
        };
        (change, Operation::AlterColumn { table, name, to, was })
    } else {
        (None, operation)
    }
}

fn is_nothing(operation: &Operation) -> bool {
    if let Operation::AlterColumn { to, .. } = operation { to.is_empty() } else { false }
}

/// A change of a type's values as one of the column that is declared with it, if that is the only one.
fn as_column_change(operation: &Operation, models: &Schema, dialect: &dyn Dialect) -> Option<Operation> {
    if let Operation::AlterEnum { name, to: EnumChange { values: Some(to), comment: None }, was: Some(was) } = operation
    {
        values_as_column_change(name, Pair::new(was.values.as_ref()?, to), models, dialect)
    } else {
        None
    }
}

fn values_as_column_change(
    name: &Name,
    values: Pair<&Vec<String>>,
    models: &Schema,
    dialect: &dyn Dialect,
) -> Option<Operation> {
    let users = models.tables.values().flat_map(|table| {
        let of_type = move |column: &&Column| {
            implied(&column.ty, at(&table.name, &column.name), dialect).is_some_and(|one| one.name == *name)
        };
        table.columns.iter().filter(of_type).map(move |column| (table, column))
    });
    let users: Vec<(&Table, &Column)> = users.collect();
    let [(table, column)] = users.as_slice() else { return None };
    let side = |values: &[String]| {
        let whole = Enum { name: name.clone(), values: values.to_vec(), comment: None, renamed_from: None };
        let ty = declared(&whole, at(&table.name, &column.name), dialect);
        Box::new(ColumnChange { ty: Some(ty), ..ColumnChange::default() })
    };
    let (table, column) = (table.name.clone(), column.name.clone());
    Some(Operation::AlterColumn { table, name: column, to: side(values.to), was: side(values.from) })
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;
    use crate::dialect::postgres::Postgres;
    use crate::ops::reverse_all;

    fn words(values: &[&str], name: Option<&str>) -> Type {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Type::Neutral(Neutral::Enum { values, name: name.map(Ident::from) })
    }

    fn table(name: &str, columns: &[(&str, Type)]) -> Table {
        let mut table = Table::new(Name::own(name));
        table.columns = columns.iter().map(|(name, ty)| Column::new(*name, ty.clone())).collect();
        table
    }

    fn create(name: &str, columns: &[(&str, Type)]) -> Operation {
        Operation::CreateTable(Box::new(table(name, columns)))
    }

    fn all(operations: Vec<Operation>) -> Vec<String> {
        let marked = operations.into_iter().map(|operation| (operation, ())).collect();
        with_implied(marked, &Postgres).iter().map(|(operation, ())| operation.describe()).collect()
    }

    fn models(ty: Type) -> Schema {
        let mut models = Schema::default();
        models.insert(table("t", &[("a", ty)]));
        models
    }

    fn alter(types: Pair<Type>) -> Operation {
        let side = |ty| Box::new(ColumnChange { ty: Some(ty), ..ColumnChange::default() });
        Operation::AlterColumn { table: Name::own("t"), name: "a".into(), to: side(types.to), was: side(types.from) }
    }

    #[test]
    fn types_are_made_once_and_dropped_after_their_last_column() {
        let mood = || words(&["a", "b"], Some("mood"));
        let up = vec![create("t", &[("a", words(&["x"], None)), ("b", mood())]), create("u", &[("c", mood())])];
        let down = reverse_all(&up).unwrap();
        assert_eq!(all(up), ["create type t_a", "create type mood", "create table t", "create table u"]);
        assert_eq!(all(down), ["drop table u", "drop table t", "drop type t_a", "drop type mood"]);
    }

    #[test]
    fn types_that_the_file_makes_itself_are_its_own_business() {
        let made = Enum { name: Name::own("t_a"), values: vec!["x".into()], comment: None, renamed_from: None };
        let up = vec![Operation::CreateEnum(made), create("t", &[("a", words(&["x"], None))])];
        let down = reverse_all(&up).unwrap();
        assert_eq!(all(up), ["create type t_a", "create table t"]);
        assert_eq!(all(down), ["drop table t", "drop type t_a"]);
    }

    #[test]
    fn other_words_change_the_type_and_not_the_column() {
        let text = || Type::Neutral(Neutral::Text);
        let changed = all(vec![alter(Pair::new(words(&["x"], None), words(&["x", "y"], None)))]);
        assert_eq!(changed, ["change the values of type t_a to x, y"]);
        let made = all(vec![alter(Pair::new(text(), words(&["x"], None)))]);
        assert_eq!(made, ["create type t_a", "change type of column a of t"]);
        let gone = all(vec![alter(Pair::new(words(&["x"], None), text()))]);
        assert_eq!(gone, ["change type of column a of t", "drop type t_a"]);
    }

    /// What a diff says of a declared enum comes down to the column, and back to the same statements.
    #[test]
    fn folding_is_the_other_way() {
        let ty =
            |name: &str| Enum { name: Name::own(name), values: vec!["x".into()], comment: None, renamed_from: None };
        let native = |name: &str| Type::Native(name.to_owned());
        let operations = vec![
            Operation::CreateEnum(ty("t_a")),
            create("t", &[("a", words(&["x"], None)), ("old", words(&["x"], Some("there")))]),
            Operation::DropTable { name: Name::own("u"), was: Some(Box::new(table("u", &[("b", native("u_b"))]))) },
            Operation::DropEnum { name: Name::own("u_b"), was: Some(ty("u_b")) },
        ];
        assert_eq!(fold_implied(operations.clone(), &Schema::default(), &Postgres), operations);
        let folded = fold_implied(operations, &models(words(&["x"], None)), &Postgres);
        let expected = vec![
            create("t", &[("a", words(&["x"], None)), ("old", native("there"))]),
            Operation::DropTable {
                name: Name::own("u"),
                was: Some(Box::new(table("u", &[("b", words(&["x"], None))]))),
            },
        ];
        assert_eq!(folded, expected);
        assert_eq!(all(folded), ["create type t_a", "create table t", "drop table u", "drop type u_b"]);
    }

    #[test]
    fn changed_values_of_the_only_column_are_said_of_the_column() {
        let values = |values: &[&str]| EnumChange::of_values(values.iter().map(|&value| value.to_owned()).collect());
        let change =
            Operation::AlterEnum { name: Name::own("t_a"), to: values(&["x", "y"]), was: Some(values(&["x"])) };
        let folded = fold_implied(vec![change.clone()], &models(words(&["x", "y"], None)), &Postgres);
        assert_eq!(folded, [alter(Pair::new(words(&["x"], None), words(&["x", "y"], None)))]);
        assert_eq!(all(folded), [change.describe()]);
    }
}
