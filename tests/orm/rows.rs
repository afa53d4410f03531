//! Rows by key, in batches, changed by closures.

use migrate::Kind;
use migrate::orm::{OnError, Operand, RowsDone, Value, col};

use super::{block_on, builder};
use crate::common::Database;

const TABLES: [(Database, &str); 3] = [
    (
        Database::Sqlite,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(12) NOT NULL, note TEXT, raw BLOB, price DECIMAL(10,2), at DATETIME, ok BOOLEAN);",
    ),
    (
        Database::Postgres,
        "CREATE TABLE t (id bigint PRIMARY KEY, name varchar(12) NOT NULL, note text, raw bytea, price numeric(10,2), at timestamp, ok boolean);",
    ),
    (
        Database::Mysql,
        "CREATE TABLE t (id bigint PRIMARY KEY, name varchar(12) NOT NULL, note longtext, raw longblob, price decimal(10,2), at datetime(6), ok tinyint(1));",
    ),
];

#[test]
fn a_closure_changes_rows_in_batches() {
    for (database, table) in TABLES {
        let fresh = database.fresh();
        fresh.execute(table);
        for id in 1..=25 {
            fresh.execute(&format!("INSERT INTO t (id, name) VALUES ({id}, 'n{id}');"));
        }
        block_on(async {
            let mut session = builder(&fresh).build().session().await.unwrap();
            session.reflect().await.unwrap();
            let before = session.statements();
            let mut told = Vec::new();
            let done = session
                .rows("t")
                .columns(["name", "note", "raw", "price", "at", "ok"])
                .filter(col("id").le(22))
                .batch(10)
                .on_batch(|done, key| told.push((done.read, key.to_vec())))
                .update(|row| {
                    if row.get::<i64>("id")? % 2 == 0 {
                        let name = row.text("name")?.to_uppercase();
                        row.set("name", name)?;
                        row.set("note", "ä\"'\\\n{},𝄞")?;
                        row.set("raw", vec![0u8, 255])?;
                        row.set("price", "12.50")?;
                        row.set("at", "2026-11-21 20:48:00.5")?;
                        row.set("ok", true)?;
                    }
                    Ok(())
                })
                .await
                .unwrap();
            assert_eq!(done, RowsDone { read: 22, changed: 11, skipped: 0 });
            assert_eq!(told.last(), Some(&(22, vec![Value::Int(22)])));
            // Three batches: begin, and for each a read; a savepoint, a write and its end.
            assert_eq!(session.statements() - before, 1 + 3 * 4);
            session.commit().await.unwrap();
            let mut seen = Vec::new();
            session
                .rows("t")
                .batch(7)
                .each(|row| {
                    seen.push(row.values().to_vec());
                    Ok(())
                })
                .await
                .unwrap();
            assert_eq!(seen.len(), 25);
            let text = |text: &str| text.to_owned();
            let wanted = vec![
                Value::Int(2),
                Value::from("N2"),
                Value::from("ä\"'\\\n{},𝄞"),
                Value::Bytes(vec![0, 255]),
                Value::Decimal(text("12.50")),
                Value::Timestamp(text("2026-11-21 20:48:00.5")),
                Value::Bool(true),
            ];
            assert_eq!(seen[1], wanted, "{database:?}");
            assert_eq!(seen[23][1], Value::from("n24"));
            session.close().await.unwrap();
        });
    }
}

#[test]
fn an_error_names_table_and_key() {
    for (database, table) in TABLES {
        let fresh = database.fresh();
        fresh.execute(table);
        fresh.execute("CREATE UNIQUE INDEX ux ON t (name);");
        fresh.execute("INSERT INTO t (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c');");
        block_on(async {
            let mut session = builder(&fresh).build().session().await.unwrap();
            session.reflect().await.unwrap();
            let cases: [(&str, Value, &str); 4] = [
                ("name", Value::Null, "t 2: column name takes no NULL"),
                ("name", Value::from("0123456789012"), "t 2: column name takes 12 characters, not 13: 0123456789012"),
                (
                    "price",
                    Value::from("1.234"),
                    "t 2: column price takes 10 digits, 2 of them behind the point, not 1.234",
                ),
                ("id", Value::Int(9), "t 2: column id is the key of its row and cannot be set"),
            ];
            for (column, value, words) in cases {
                let error = session
                    .rows("t")
                    .update(|row| if row.get::<i64>("id")? == 2 { row.set(column, value.clone()) } else { Ok(()) })
                    .await
                    .unwrap_err();
                assert_eq!(error.to_string(), words);
            }
            // Only the database knows: the row is found.
            let change = |row: &mut migrate::orm::EditRow| {
                let name = if row.get::<i64>("id")? == 2 { "a" } else { "z" };
                if row.get::<i64>("id")? == 1 { Ok(()) } else { row.set("name", name) }
            };
            let error = session.rows("t").columns(["name"]).update(change).await.unwrap_err();
            assert_eq!((error.kind(), error.phrase()), (Kind::Statement, "t 2"), "{error}");
            session.rollback().await.unwrap();
            let mut skipped = Vec::new();
            let done = session
                .rows("t")
                .columns(["name"])
                .on_error(|key, error| {
                    skipped.push((key.to_vec(), error.kind()));
                    OnError::Skip
                })
                .update(change)
                .await
                .unwrap();
            assert_eq!(done, RowsDone { read: 3, changed: 1, skipped: 1 });
            assert_eq!(skipped, [(vec![Value::Int(2)], Kind::Statement)]);
            session.commit().await.unwrap();
            let error = session.rows("nosuch").each(|_| Ok(())).await.unwrap_err();
            assert_eq!(error.phrase(), "there is no table nosuch in this session");
            let error = session.rows("t").columns(["nmae"]).each(|_| Ok(())).await.unwrap_err();
            assert!(error.to_string().contains("there is no column nmae"), "{error}");
            session.close().await.unwrap();
        });
        assert_eq!(fresh.query("SELECT id, name FROM t ORDER BY id;"), [["1", "a"], ["2", "b"], ["3", "z"]]);
    }
}

#[test]
fn keys_of_several_columns_and_of_text() {
    for database in Database::ALL {
        let fresh = database.fresh();
        fresh.execute("CREATE TABLE t (a varchar(20) NOT NULL, b int NOT NULL, n int NOT NULL, PRIMARY KEY (a, b));");
        for a in ["x", "y'z", "ä"] {
            for b in 1..=4 {
                fresh.execute(&format!("INSERT INTO t VALUES ('{}', {b}, 0);", a.replace('\'', "''")));
            }
        }
        block_on(async {
            let mut session = builder(&fresh).build().session().await.unwrap();
            session.reflect().await.unwrap();
            let done = session.rows("t").batch(5).update(|row| row.set("n", row.get::<i64>("b")? * 2)).await.unwrap();
            assert_eq!(done, RowsDone { read: 12, changed: 12, skipped: 0 });
            session.commit().await.unwrap();
            session.close().await.unwrap();
        });
        assert_eq!(fresh.value("SELECT sum(n) FROM t;"), "60");
    }
}
