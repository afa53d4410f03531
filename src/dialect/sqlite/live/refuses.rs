//! What a change refuses, and what it does without a rebuild.

use super::*;
use crate::dialect::sqlite::render::native;

#[test]
fn values_that_would_change_stop_a_change_of_type() {
    block_on(async {
        let cases = [
            ("TEXT", "INTEGER", "'007'", false),
            ("TEXT", "INTEGER", "'1e3'", false),
            ("TEXT", "INTEGER", "'abc'", false),
            ("TEXT", "INTEGER", "'1.5'", false),
            ("TEXT", "INTEGER", "'9223372036854775808'", false),
            ("TEXT", "INTEGER", "x'00'", false),
            ("TEXT", "INTEGER", "'12'", true),
            ("TEXT", "INTEGER", "'-12.0'", true),
            ("TEXT", "INTEGER", "NULL", true),
            ("TEXT", "DECIMAL(10,2)", "'1.10'", true),
            ("TEXT", "DECIMAL(10,2)", "'abc'", false),
            ("TEXT", "DECIMAL(10,2)", "'1e400'", false),
            ("TEXT", "DATE", "'2020-01-01'", true),
            ("TEXT", "DATE", "'007'", false),
            ("TEXT", "REAL", "'12'", true),
            ("TEXT", "REAL", "'9007199254740993'", false),
            ("INTEGER", "REAL", "9007199254740993", false),
            ("INTEGER", "REAL", "5", true),
            ("REAL", "INTEGER", "1.5", false),
            ("REAL", "INTEGER", "2.0", true),
            ("REAL", "TEXT", "0.1 + 0.2", false),
            ("REAL", "TEXT", "0.5", true),
            ("INTEGER", "TEXT", "-7", true),
            ("BLOB", "TEXT", "x'61'", false),
            ("INTEGER", "BIGINT", "'abc'", true),
            ("INTEGER", "NUMERIC", "5", true),
            ("TEXT", "BLOB", "'007'", true),
        ];
        for (from, to, value, comes_through) in cases {
            let sql = format!("CREATE TABLE t (id INT, a {from}); INSERT INTO t VALUES (1, {value});");
            let mut connection = database(&sql).await;
            let before = answers(&mut connection, "SELECT quote(a) FROM t").await;
            let done = run(&mut connection, &[retype("t", "a", to)]).await;
            assert_eq!(done.is_ok(), comes_through, "{from} {to} {value}: {done:?}");
            if let Err(error) = done {
                assert!(format!("{error:?}").contains("t.a holds a value that does not fit"), "{error:?}");
                assert_eq!(answers(&mut connection, "SELECT quote(a) FROM t").await, before);
            }
            sound(&mut connection).await;
        }
    });
}

#[test]
fn strict_tables_take_only_what_fits() {
    block_on(async {
        let sql = "CREATE TABLE t (a TEXT, b INTEGER) STRICT; INSERT INTO t VALUES ('007', 1);";
        assert!(fails(sql, &[retype("t", "a", "INTEGER")]).await.contains("does not fit INTEGER"));
        let (mut connection, _) = ran(sql, &[retype("t", "b", "TEXT")]).await;
        assert_eq!(answers(&mut connection, "SELECT a, typeof(b) FROM t").await, ["007|text"]);
        let loose = "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES ('abc');";
        let mut strict = crate::ops::TableChange::default();
        strict.options.0.insert("sqlite".into(), [("strict".to_owned(), Some("true".to_owned()))].into());
        let change =
            Operation::AlterTable { name: Name::own("t"), to: strict, was: crate::ops::TableChange::default() };
        assert!(fails(loose, &[change]).await.contains("cannot store TEXT value in INTEGER column"));
    });
}

#[test]
fn hazards_are_said() {
    block_on(async {
        let sql = "CREATE TABLE t (a TEXT, b INT, c INT, CHECK (c > 0)); CREATE TABLE p (id INT UNIQUE);
            CREATE VIEW v AS SELECT b FROM t;";
        let before = inspected(&mut database(sql).await).await;
        let cases = [
            (drop_column("t", "b"), "may fail: view v, if it needs t.b"),
            (retype("t", "a", "INTEGER"), "may fail: values of t.a that do not fit INTEGER"),
            (alter("t", "a", not_null()), "may fail: rows where t.a is NULL"),
            (drop_column("t", "a"), "loses data: t.a and everything in it"),
            (Operation::DropTable { name: Name::own("p"), was: None }, "loses data: p and everything in it"),
            (
                add_column("t", Column { nullable: false, ..column("n", "INT") }),
                "may fail: rows of t, for t.n has no default",
            ),
            (add_constraint("t", unique("u", &["a", "b"])), "may fail: rows of t with the same a, b"),
            (add_constraint("t", check("k", "b > 0")), "may fail: rows of t for which this is false: b > 0"),
            (
                add_constraint("t", Constraint::ForeignKey(foreign_key("f", "b", "p", "id"))),
                "may fail: rows of t whose b is not in p",
            ),
            (
                create_index("t", Index { unique: true, ..index("i", &["a"]) }),
                "may fail: rows of t that are the same for index i",
            ),
        ];
        for (operation, hazard) in cases {
            let said = hazards(std::slice::from_ref(&operation), &before);
            assert!(said.contains(&hazard.to_owned()), "{said:?}");
            let whole = said.contains(&"writes the whole table anew: t".to_owned());
            assert_eq!(whole, native::way(&operation, before.tables.get(&Name::own("t"))) == native::Way::Rebuild);
        }
        assert!(hazards(&[retype("t", "b", "BIGINT")], &before).iter().all(|said| !said.contains("may fail")));
    });
}

#[test]
fn columns_are_added_natively_where_sqlite_takes_them() {
    block_on(async {
        let sql = "CREATE TABLE t (a INT); INSERT INTO t VALUES (1);";
        let generated = |stored| Some(crate::schema::Generated { expr: Expr::Same("a + 1".into()), stored });
        let cases = [
            (column("n", "TEXT"), true),
            (Column { nullable: false, default: Some(self::sql("'x'")), ..column("n", "TEXT") }, true),
            (Column { nullable: false, default: Some(self::sql("-1")), ..column("n", "INT") }, true),
            (Column { default: Some(self::sql("CURRENT_DATE")), ..column("n", "TEXT") }, false),
            (Column { default: Some(self::sql("1 + 1")), ..column("n", "INT") }, false),
            (Column { generated: generated(false), ..column("n", "INT") }, true),
            (Column { generated: generated(true), ..column("n", "INT") }, false),
        ];
        for (column, native) in cases {
            let (mut connection, texts) = ran(sql, &[add_column("t", column.clone())]).await;
            assert_eq!(texts.len() == 1, native, "{column:?} {texts:#?}");
            assert_eq!(answers(&mut connection, "SELECT count(*) FROM t").await, ["1"]);
        }
        let bare = Column { nullable: false, ..column("n", "TEXT") };
        assert!(fails(sql, &[add_column("t", bare.clone())]).await.contains("NOT NULL constraint failed"));
        let (_, texts) = ran("CREATE TABLE t (a INT)", &[add_column("t", bare)]).await;
        assert!(texts.len() > 1);
    });
}

#[test]
fn columns_are_dropped_natively_where_sqlite_takes_it() {
    block_on(async {
        let cases = [
            ("CREATE TABLE t (x INT, a INT)", true),
            ("CREATE TABLE t (x INT, a INT CHECK (a > 0))", true),
            ("CREATE TABLE t (x INT, a INT REFERENCES t (x))", true),
            ("CREATE TABLE t (x INT, a INT AS (x + 1))", true),
            ("CREATE TABLE t (x INT, a INT UNIQUE)", false),
            ("CREATE TABLE t (x INT, a INTEGER PRIMARY KEY)", false),
        ];
        for (sql, native) in cases {
            let mut connection = database(sql).await;
            let texts = run(&mut connection, &[drop_column("t", "a")]).await.unwrap();
            assert_eq!(texts.len() == 1, native, "{sql} {texts:#?}");
            sound(&mut connection).await;
            assert_eq!(answers(&mut connection, "SELECT name FROM pragma_table_xinfo('t')").await, ["x"]);
        }
    });
}

#[test]
fn a_column_that_is_needed_is_not_dropped() {
    block_on(async {
        let cases = [
            ("CREATE TABLE t (x INT, a INT, UNIQUE (x, a))", "needs"),
            ("CREATE TABLE t (x INT, a INT, CHECK (a > x))", "needs"),
            ("CREATE TABLE t (x INT, a INT, b AS (a + 1))", "needs"),
            ("CREATE TABLE t (x INT, a INT); CREATE INDEX i ON t (a)", "index i needs"),
            ("CREATE TABLE t (x INT, a INT); CREATE INDEX i ON t (x) WHERE a > 0", "index i needs"),
            ("CREATE TABLE t (a INT)", "only column"),
        ];
        for (sql, said) in cases {
            let error = fails(sql, &[drop_column("t", "a")]).await;
            assert!(error.contains(said), "{sql}: {error}");
        }
    });
}

#[test]
fn views_and_triggers_that_need_a_dropped_column_stop_it() {
    block_on(async {
        let readers = [
            "CREATE VIEW r AS SELECT a FROM t",
            "CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE u SET y = NEW.a; END",
            "CREATE TRIGGER r AFTER UPDATE ON t BEGIN UPDATE u SET y = OLD.a; END",
            "CREATE TRIGGER r AFTER DELETE ON u BEGIN DELETE FROM t WHERE a = 1; END",
        ];
        for reader in readers {
            // The second one cannot be dropped natively.
            for ty in ["a INT", "a INT UNIQUE"] {
                let sql = format!("CREATE TABLE t (x INT, {ty}, g AS (x + 1)); CREATE TABLE u (y INT); {reader};");
                let error = fails(&sql, &[drop_column("t", "a")]).await;
                assert!(error.contains("no such column"), "{sql}: {error}");
                // By SQLite itself, or by the statement that proves the view.
                let named = error.contains("r after drop column") || error.contains("LIMIT 0");
                let named = named || reader.contains("TRIGGER");
                assert!(named, "{sql}: {error}");
            }
        }
        let other =
            "CREATE TABLE t (x INT, a INT UNIQUE); CREATE TABLE u (a INT); CREATE VIEW r AS SELECT u.a FROM t, u;";
        ran(
            other,
            &[
                Operation::DropConstraint {
                    table: Name::own("t"),
                    name: None,
                    kind: ConstraintKind::Unique,
                    was: None,
                },
                drop_column("t", "a"),
            ],
        )
        .await;
    });
}

#[test]
fn broken_references_are_found_before_the_commit() {
    block_on(async {
        let sql = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INT); INSERT INTO t VALUES (5);";
        let operations = [add_constraint("t", Constraint::ForeignKey(foreign_key("f", "a", "p", "id")))];
        let error = fails(sql, &operations).await;
        assert!(error.contains("t: row 1 refers to a row of p that is not there"), "{error}");
        let mismatch = "CREATE TABLE p (id INT); CREATE TABLE t (a REFERENCES p (id), b TEXT);
            CREATE TABLE s (a REFERENCES nowhere); PRAGMA foreign_keys = OFF; INSERT INTO s VALUES (1); PRAGMA foreign_keys = ON;";
        let mut connection = database(mismatch).await;
        let lines = Sqlite.broken_references(&mut connection).await.unwrap();
        assert_eq!(lines.len(), 2, "{lines:?}");
        run(&mut connection, &[retype("t", "b", "VARCHAR(3)")]).await.unwrap();
    });
}

#[test]
fn a_failure_leaves_everything_as_it_was() {
    block_on(async {
        let sql = "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE);
            INSERT INTO p VALUES (1, NULL); INSERT INTO c VALUES (1);";
        let error = fails(sql, &[alter("p", "a", not_null())]).await;
        assert!(error.contains("NOT NULL constraint failed: migrate_new_p.a"), "{error}");
    });
}

#[test]
fn what_sqlite_does_not_have_is_refused() {
    block_on(async {
        let error = fails("CREATE TABLE t (a INT)", &[retype("nothing", "a", "TEXT")]).await;
        assert!(error.contains("not there"), "{error}");
        let error = fails("CREATE TABLE t (a INT)", &[Operation::CreateSchema { name: "app".into() }]).await;
        assert!(error.contains("schema app"), "{error}");
        let error = fails("CREATE TABLE t (a INT)", &[retype("t", "b", "TEXT")]).await;
        assert!(error.contains("column b"), "{error}");
    });
}

#[test]
fn comments_are_no_statements() {
    block_on(async {
        let change = ColumnChange { comment: Some(Some("x".into())), ..ColumnChange::default() };
        let (_, texts) = ran("CREATE TABLE t (a INT)", &[alter("t", "a", change)]).await;
        assert_eq!(texts, Vec::<String>::new());
    });
}

#[test]
fn a_stale_trigger_is_not_guessed() {
    block_on(async {
        let sql = "CREATE TABLE t (a INT, b INT); CREATE TABLE u (a INT);
            CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u SELECT a FROM t, u; END;";
        let error = fails(sql, &[rename_column("t", "a", "n"), retype("t", "b", "TEXT")]).await;
        assert!(error.contains("trigger tr") && error.contains("revision of its own"), "{error}");
    });
}
