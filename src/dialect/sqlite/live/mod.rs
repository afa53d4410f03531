//! Tests of rendering against a real SQLite, in memory and with rows: each trap that is known, and the real ways round.

mod keeps;
mod refuses;
mod rounds;

use super::Sqlite;
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::dialect::server::{Scope, Server};
use crate::dialect::sqlite::inspect::live::{block_on, database};
use crate::error::{Error, Kind, Result};
use crate::ops::{ColumnChange, Constraint, ConstraintKind, Operation, apply};
use crate::schema::{
    Check, Column, Default, Expr, ForeignKey, Ident, Index, IndexPart, Name, Options, PrimaryKey, Schema, Table, Type,
    Unique,
};
use crate::statement::Hazard;

/// Runs operations as a revision does: foreign keys off outside, one transaction, references compared.
async fn run(connection: &mut Connection, operations: &[Operation]) -> Result<Vec<String>> {
    let rebuilds = Sqlite.needs_shape(operations, connection.server());
    if rebuilds {
        Sqlite.around_rebuild(connection, true).await?;
    }
    let done = inside(connection, operations, rebuilds).await;
    if done.is_err() {
        connection.rollback().await?;
    }
    if rebuilds {
        Sqlite.around_rebuild(connection, false).await?;
    }
    done
}

async fn inside(connection: &mut Connection, operations: &[Operation], rebuilds: bool) -> Result<Vec<String>> {
    connection.begin_raw("BEGIN IMMEDIATE").await?;
    let before = if rebuilds { inspected(connection).await } else { Schema::default() };
    let broken = Sqlite.broken_references(connection).await?;
    let refused =
        |refused: crate::dialect::Unsupported| Error::new(Kind::Unsupported, refused.what).with_hint(refused.instead);
    let statements = Sqlite.render(operations, &before, connection.server()).map_err(refused)?;
    let mut texts = Vec::new();
    for statement in &statements {
        connection.run(statement).await?;
        texts.push(statement.sql.clone());
    }
    let new = Sqlite.broken_references(connection).await?;
    if let Some(line) = new.iter().find(|line| !broken.contains(line)) {
        return Err(Error::new(Kind::Statement, line.clone()));
    }
    connection.commit().await?;
    Ok(texts)
}

async fn inspected(connection: &mut Connection) -> Schema {
    Sqlite.inspect(connection, &Scope::default()).await.unwrap()
}

/// A database, operations, and the texts that ran. The database is sound afterwards, foreign keys are on, no object is
/// broken, and what is there is what the operations say.
async fn ran(sql: &str, operations: &[Operation]) -> (Connection, Vec<String>) {
    let mut connection = database(sql).await;
    let before = inspected(&mut connection).await;
    let texts = run(&mut connection, operations).await.unwrap_or_else(|error| panic!("{error:?}"));
    sound(&mut connection).await;
    let mut expected = before;
    let mut plain = expected.clone();
    Sqlite.advance(operations, &mut expected);
    let found = bare(inspected(&mut connection).await);
    assert_eq!(found, bare(expected), "{texts:#?}");
    let renames = operations.iter().any(|operation| operation.word() == "rename_column");
    if !renames && !operations.iter().any(|operation| operation.word() == "create_table") {
        operations.iter().for_each(|operation| apply(operation, &mut plain).unwrap());
        assert_eq!(found, bare(plain), "{texts:#?}");
    }
    (connection, texts)
}

async fn sound(connection: &mut Connection) {
    assert_eq!(answers(connection, "PRAGMA integrity_check").await, ["ok"]);
    assert_eq!(answers(connection, "PRAGMA foreign_keys").await, ["1"]);
    assert_eq!(answers(connection, "PRAGMA legacy_alter_table").await, ["0"]);
    let left = "SELECT name FROM sqlite_master WHERE name LIKE 'migrate%'";
    assert_eq!(answers(connection, left).await, Vec::<String>::new());
}

/// Nouns without texts, and in one order where the order means nothing.
fn bare(mut schema: Schema) -> Schema {
    for object in schema.objects.values_mut() {
        object.definition = Expr::Same(object.definition.text().replace('"', ""));
        object.needs.clear();
        object.mentions.clear();
    }
    schema.unmodelled.iter_mut().for_each(|one| one.definition = None);
    schema.unmodelled.sort();
    for table in schema.tables.values_mut() {
        table.definition = None;
        table.index_definitions.clear();
        table.comment = None;
        table.columns.iter_mut().for_each(|column| column.comment = None);
        table.uniques.sort_by_key(|one| format!("{one:?}"));
        table.checks.sort_by_key(|one| format!("{one:?}"));
        table.foreign_keys.sort_by_key(|one| format!("{one:?}"));
        table.indexes.sort_by_key(|one| one.name.clone());
    }
    schema
}

async fn answers(connection: &mut Connection, sql: &str) -> Vec<String> {
    let rows = connection.rows(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let cells = |row: &crate::db::Row| {
        (0..row.len()).map(|cell| row.text(cell).unwrap_or("∅").to_owned()).collect::<Vec<_>>().join("|")
    };
    rows.iter().map(cells).collect()
}

async fn fails(sql: &str, operations: &[Operation]) -> String {
    let mut connection = database(sql).await;
    let before = answers(&mut connection, "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").await;
    let error = run(&mut connection, operations).await.unwrap_err();
    let after = answers(&mut connection, "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").await;
    assert_eq!(before, after);
    sound(&mut connection).await;
    format!("{error:?}")
}

fn count(texts: &[String], word: &str) -> usize {
    texts.iter().filter(|text| text.contains(word)).count()
}

// ---- operations, shortly

fn alter(table: &str, column: &str, to: ColumnChange) -> Operation {
    Operation::AlterColumn { table: Name::own(table), name: column.into(), to: Box::new(to), was: Box::default() }
}

fn retype(table: &str, column: &str, native: &str) -> Operation {
    alter(table, column, ColumnChange { ty: Some(Type::Native(native.into())), ..ColumnChange::default() })
}

fn drop_column(table: &str, column: &str) -> Operation {
    Operation::DropColumn { table: Name::own(table), name: column.into(), was: None, position: None }
}

fn add_column(table: &str, column: Column) -> Operation {
    Operation::AddColumn { table: Name::own(table), column: Box::new(column), position: None }
}

fn column(name: &str, native: &str) -> Column {
    Column::new(name, Type::Native(native.into()))
}

fn sql(text: &str) -> Default {
    Default::Sql(Expr::Same(text.into()))
}

fn add_constraint(table: &str, constraint: Constraint) -> Operation {
    Operation::AddConstraint { table: Name::own(table), constraint: Box::new(constraint) }
}

fn drop_constraint(table: &str, name: &str, kind: ConstraintKind) -> Operation {
    Operation::DropConstraint { table: Name::own(table), name: Some(name.into()), kind, was: None }
}

fn check(name: &str, condition: &str) -> Constraint {
    Constraint::Check(Check {
        name: Some(name.into()),
        condition: Expr::Same(condition.into()),
        no_inherit: false,
        not_valid: false,
        not_enforced: false,
        comment: None,
    })
}

fn unique(name: &str, columns: &[&str]) -> Constraint {
    Constraint::Unique(Unique {
        name: Some(name.into()),
        columns: columns.iter().map(|column| (*column).into()).collect(),
        include: Vec::new(),
        nulls_not_distinct: false,
        deferrable: None,
        comment: None,
        options: Options::default(),
    })
}

fn foreign_key(name: &str, column: &str, parent: &str, referenced: &str) -> ForeignKey {
    ForeignKey {
        name: Some(name.into()),
        ..ForeignKey::plain(vec![column.into()], Name::own(parent), vec![referenced.into()])
    }
}

fn index(name: &str, columns: &[&str]) -> Index {
    Index {
        name: name.into(),
        parts: columns.iter().map(|column| IndexPart::column((*column).into())).collect(),
        unique: false,
        method: None,
        predicate: None,
        include: Vec::new(),
        nulls_not_distinct: false,
        comment: None,
        options: Options::default(),
        renamed_from: None,
    }
}

fn create_index(table: &str, index: Index) -> Operation {
    Operation::CreateIndex { table: Name::own(table), index: Box::new(index) }
}

fn drop_index(table: &str, name: &str) -> Operation {
    Operation::DropIndex { table: Name::own(table), name: name.into(), was: None }
}

fn rename_column(table: &str, name: &str, to: &str) -> Operation {
    Operation::RenameColumn { table: Name::own(table), name: name.into(), to: to.into() }
}

fn rename_table(name: &str, to: &str) -> Operation {
    Operation::RenameTable { name: Name::own(name), to: to.into() }
}

fn hazards(operations: &[Operation], before: &Schema) -> Vec<String> {
    let statements = Sqlite.render(operations, before, Sqlite.oldest()).unwrap();
    statements.iter().flat_map(|statement| &statement.hazards).map(Hazard::to_string).collect()
}

fn not_null() -> ColumnChange {
    ColumnChange { nullable: Some(false), ..ColumnChange::default() }
}

fn table(name: &str, columns: Vec<Column>) -> Table {
    Table { columns, ..Table::new(Name::own(name)) }
}

/// A table with a rowid key `id`.
fn keyed(name: &str) -> Table {
    let mut keyed = table(name, vec![column("id", "INTEGER")]);
    keyed.primary_key = Some(PrimaryKey {
        name: None,
        columns: vec!["id".into()],
        include: Vec::new(),
        deferrable: None,
        comment: None,
        options: Options::default(),
    });
    keyed
}

fn ident(text: &str) -> Ident {
    text.into()
}
