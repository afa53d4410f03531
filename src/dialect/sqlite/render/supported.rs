//! What SQLite cannot do, found in an operation before anything is rendered. Pure: no I/O.

use crate::dialect::Unsupported;
use crate::ops::{Constraint, Operation};
use crate::schema::{Column, ForeignKey, Ident, Index, Name, ObjectId, Table, Type};

use crate::dialect::sqlite::options::WORD;
use crate::dialect::sqlite::quote;

type Check = Result<(), Unsupported>;

/// Errors: the first thing in the operation that SQLite does not have.
pub(super) fn check(operation: &Operation) -> Check {
    match operation {
        Operation::CreateSchema { name } | Operation::DropSchema { name } => Err(no_schema(name)),
        Operation::CreateEnum(made) => Err(no_enum(&made.name)),
        Operation::DropEnum { name, .. } | Operation::RenameEnum { name, .. } | Operation::AlterEnum { name, .. } => {
            Err(no_enum(name))
        }
        Operation::CreateTable(made) => table(made),
        Operation::AddColumn { table, column, .. } if column.identity.is_some() => {
            Err(no_identity(table, &column.name))
        }
        Operation::CreateIndex { index: made, .. } => index(made),
        Operation::AddConstraint { table, constraint: made } => constraint(made, table),
        Operation::AddColumn { .. }
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Sql(_)
        | Operation::Data(_) => Ok(()),
        Operation::Object(object) => beside_table(object.id()),
    }
}

/// What stands on a table lies in its file.
fn beside_table(id: &ObjectId) -> Check {
    let is_elsewhere = id.table.as_ref().is_some_and(|table| table.schema != id.name.schema);
    let what = || format!("{}, which lies in another file, on SQLite", id.for_people());
    refuse(is_elsewhere, what, "give it the schema of its table: `schema: NAME` beside its name")
}

fn refuse(wrong: bool, what: impl Fn() -> String, instead: &str) -> Check {
    if wrong { Err(Unsupported::new(what(), instead)) } else { Ok(()) }
}

fn no_schema(name: &Ident) -> Unsupported {
    Unsupported::new(
        format!("to make or drop schema {} on SQLite, where a schema is a file", name.as_str()),
        "attach the file in migrate.yaml, `database: { attach: { NAME: FILE } }`, or leave the schema out",
    )
}

/// Foreign keys that name another file: SQLite has no word for that.
fn within_file(key: &ForeignKey, table: &Name) -> Check {
    refuse(
        key.references.schema != table.schema,
        || {
            let (table, other) = (table.for_people(), key.references.for_people());
            format!("a foreign key from {table} to {other}, which lies in another file, on SQLite")
        },
        "refer to a table of the same file (in a model: `references: { schema: NAME, table: … }`), or leave the key out",
    )
}

fn no_enum(name: &Name) -> Unsupported {
    Unsupported::new(format!("type {} on SQLite", name.for_people()), "use text with a check")
}

fn no_identity(table: &Name, column: &Ident) -> Unsupported {
    Unsupported::new(
        format!("identity on column {} of {} on SQLite", column.as_str(), table.for_people()),
        "make it the only column of the primary key, or leave identity out",
    )
}

fn table(table: &Table) -> Check {
    for column in &table.columns {
        if column.identity.is_some() && !is_rowid(table, column) {
            return Err(no_identity(&table.name, &column.name));
        }
    }
    let key = table.primary_key.iter().cloned().map(Constraint::PrimaryKey);
    let uniques = table.uniques.iter().cloned().map(Constraint::Unique);
    let checks = table.checks.iter().cloned().map(Constraint::Check);
    let foreign_keys = table.foreign_keys.iter().cloned().map(Constraint::ForeignKey);
    key.chain(uniques).chain(checks).chain(foreign_keys).try_for_each(|one| constraint(&one, &table.name))?;
    table.indexes.iter().try_for_each(index)
}

/// Whether a column is the table's rowid: an INTEGER that is the whole key.
fn is_rowid(table: &Table, column: &Column) -> bool {
    let key = table.primary_key.as_ref().map(|key| key.columns.as_slice());
    let sole = matches!(key, Some([name]) if quote::fold(name) == quote::fold(&column.name));
    let integer = matches!(&column.ty, Type::Native(native) if native.eq_ignore_ascii_case("integer"));
    sole && integer && table.options.get(WORD, "without_rowid") != Some("true")
}

fn constraint(constraint: &Constraint, table: &Name) -> Check {
    match constraint {
        Constraint::PrimaryKey(key) => {
            no_include(&key.include)?;
            refuse(key.deferrable.is_some(), || "a deferrable primary key on SQLite".to_owned(), "leave deferrable out")
        }
        Constraint::Unique(key) => {
            no_include(&key.include)?;
            no_distinct(key.nulls_not_distinct)?;
            refuse(
                key.deferrable.is_some(),
                || "a deferrable unique constraint on SQLite".to_owned(),
                "leave deferrable out",
            )
        }
        Constraint::Check(check) => {
            let wrong = check.no_inherit || check.not_valid || check.not_enforced;
            refuse(wrong, || "a check that does not hold for all rows on SQLite".to_owned(), "make it a plain check")
        }
        Constraint::ForeignKey(key) => foreign_key(key, table),
    }
}

fn foreign_key(key: &ForeignKey, table: &Name) -> Check {
    within_file(key, table)?;
    let wrong = key.not_valid || key.not_enforced;
    refuse(wrong, || "a foreign key that does not hold for all rows on SQLite".to_owned(), "make it a plain one")?;
    refuse(key.period, || "PERIOD in a foreign key on SQLite".to_owned(), "leave `period` out")?;
    let some = !key.set_columns.is_empty();
    refuse(some, || "SET NULL of some columns of a foreign key on SQLite".to_owned(), "name no columns behind SET NULL")
}

fn no_include(include: &[Ident]) -> Check {
    refuse(!include.is_empty(), || "INCLUDE on SQLite".to_owned(), "put the columns into the key, or leave them out")
}

fn no_distinct(nulls_not_distinct: bool) -> Check {
    refuse(nulls_not_distinct, || "NULLS NOT DISTINCT on SQLite".to_owned(), "use a unique index on coalesce(…)")
}

fn index(index: &Index) -> Check {
    let name = index.name.as_str();
    no_include(&index.include)?;
    no_distinct(index.nulls_not_distinct)?;
    let method = index.method.as_deref().unwrap_or("btree");
    refuse(
        !method.eq_ignore_ascii_case("btree"),
        || format!("{method} for index {name} on SQLite"),
        "leave the method out",
    )?;
    for part in &index.parts {
        refuse(
            part.nulls.is_some(),
            || format!("an order of NULLs in index {name} on SQLite"),
            "leave the order of NULLs out",
        )?;
        refuse(
            part.operator_class.is_some(),
            || format!("an operator class in index {name} on SQLite"),
            "leave it out",
        )?;
        refuse(
            part.prefix.is_some(),
            || format!("a prefix length in index {name} on SQLite"),
            "use substr(…) as a key",
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Identity, IdentityMode, IndexPart, Nulls, Options};

    #[test]
    fn what_is_not_there_is_named() {
        let made = Operation::CreateSchema { name: "app".into() };
        assert!(check(&made).unwrap_err().what.contains("schema app"));
        let mut other = Table::new(Name::new(Some("app".into()), "t"));
        assert_eq!(check(&Operation::CreateTable(Box::new(other.clone()))), Ok(()));
        other.foreign_keys = vec![ForeignKey::plain(vec!["n".into()], Name::own("p"), vec!["n".into()])];
        let refused = check(&Operation::CreateTable(Box::new(other.clone()))).unwrap_err();
        assert!(refused.what.contains("a foreign key from app.t to p, which lies in another file"), "{}", refused.what);
        other.foreign_keys.clear();
        other.name = Name::own("t");
        let identity = Some(Identity { mode: IdentityMode::Always, options: crate::schema::SortedMap::new() });
        other.columns.push(Column { identity, ..Column::new("n", Type::Native("INTEGER".into())) });
        assert!(check(&Operation::CreateTable(Box::new(other))).unwrap_err().what.contains("identity on column n"));
    }

    #[test]
    fn parts_of_indexes() {
        let plain = Index {
            name: "ix".into(),
            parts: vec![IndexPart::column("a".into())],
            unique: false,
            method: Some("BTREE".into()),
            predicate: None,
            include: Vec::new(),
            nulls_not_distinct: false,
            comment: None,
            options: Options::default(),
            renamed_from: None,
        };
        assert_eq!(index(&plain), Ok(()));
        let part = IndexPart { nulls: Some(Nulls::First), ..IndexPart::column("a".into()) };
        assert!(index(&Index { parts: vec![part], ..plain.clone() }).is_err());
        assert!(index(&Index { method: Some("gin".into()), ..plain.clone() }).is_err());
        assert!(index(&Index { include: vec!["b".into()], ..plain }).is_err());
    }
}
