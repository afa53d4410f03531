//! Whole schemas: what is inspected, written as CREATE and made anew is the same.

use super::*;
use crate::dialect::sqlite::inspect::live::TRICKY;
use crate::dialect::sqlite::types;
use crate::schema::Neutral;

/// Inspected, rendered as CREATE statements, made in an empty database, inspected again.
async fn round(sql: &str) {
    let mut connection = database(sql).await;
    let before = bare(inspected(&mut connection).await);
    let creates: Vec<Operation> =
        before.tables.values().map(|table| Operation::CreateTable(Box::new(table.clone()))).collect();
    assert!(!Sqlite.needs_shape(&creates, connection.server()));
    let mut other = database("SELECT 1").await;
    run(&mut other, &creates).await.unwrap_or_else(|error| panic!("{error:?}"));
    let found = bare(inspected(&mut other).await);
    for (name, table) in &before.tables {
        assert_eq!(found.tables.get(name), Some(table), "{}", name.for_people());
    }
}

#[test]
fn tables_come_back() {
    block_on(async {
        round(TRICKY).await;
        round(keeps::DRESSED).await;
    });
}

/// Every table of a schema is rebuilt without a change of meaning; nothing is lost.
async fn rebuilt(sql: &str) {
    let mut connection = database(sql).await;
    let before = inspected(&mut connection).await;
    let mut operations = Vec::new();
    for table in before.tables.values() {
        let constraint = check("migrate probe", "1 = 1");
        operations.push(add_constraint(table.name.name.as_str(), constraint));
        operations.push(drop_constraint(table.name.name.as_str(), "migrate probe", ConstraintKind::Check));
    }
    let stored = "SELECT type, name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY 1, 2";
    let others = answers(&mut connection, stored).await;
    let texts = run(&mut connection, &operations).await.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(count(&texts, "INSERT OR ABORT"), before.tables.len());
    assert_eq!(answers(&mut connection, stored).await, others);
    assert_eq!(bare(inspected(&mut connection).await), bare(before));
    assert_eq!(answers(&mut connection, "PRAGMA integrity_check").await, ["ok"]);
}

#[test]
fn every_table_can_be_rebuilt() {
    block_on(async {
        rebuilt(keeps::DRESSED).await;
    });
}

#[test]
fn shapes_in_memory_follow_the_database() {
    block_on(async {
        let mut connection = database(keeps::DRESSED).await;
        let mut shape = inspected(&mut connection).await;
        let operations = [
            rename_column("Dressed", "amount", "sum"),
            add_column("other", column("more", "TEXT")),
            retype("Dressed", "sum", "NUMERIC"),
            create_index("other", index("ix", &["more"])),
            rename_table("other", "others"),
        ];
        Sqlite.advance(&operations, &mut shape);
        run(&mut connection, &operations).await.unwrap_or_else(|error| panic!("{error:?}"));
        let found = inspected(&mut connection).await;
        assert_eq!(bare(found.clone()), bare(shape.clone()));
        let text = |schema: &Schema| schema.tables[&Name::own("Dressed")].definition.clone().unwrap().replace('"', "");
        assert_eq!(text(&found), text(&shape));
    });
}

#[test]
fn declared_types_are_taken() {
    block_on(async {
        let (name, key) = (Name::own("t"), ident("c"));
        for strict in [false, true] {
            let words = [
                Neutral::Bool,
                Neutral::Int,
                Neutral::Decimal(Some((10, 2))),
                Neutral::Varchar(Some(5)),
                Neutral::Json,
                Neutral::Bytes,
            ];
            let at = crate::dialect::TypeUse { table: &name, column: &key, sole_key: false, strict, identity: false };
            let columns = words.iter().enumerate();
            let columns: Vec<Column> =
                columns.map(|(place, word)| column(&format!("c{place}"), &types::native(word, at))).collect();
            let mut made = Table { name: name.clone(), ..keyed("t") };
            made.columns.extend(columns);
            if strict {
                made.options.set("sqlite", "strict", "true");
            }
            let mut connection = database("SELECT 1").await;
            run(&mut connection, &[Operation::CreateTable(Box::new(made.clone()))]).await.unwrap();
            let found = inspected(&mut connection).await;
            let types = |table: &Table| table.columns.iter().map(|column| column.ty.clone()).collect::<Vec<_>>();
            assert_eq!(types(&found.tables[&name]), types(&made));
        }
    });
}
