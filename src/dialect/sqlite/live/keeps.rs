//! What a rebuild keeps.

use super::*;

const FAMILY: &str = "
CREATE TABLE parent (id INTEGER PRIMARY KEY, code TEXT UNIQUE, note TEXT);
CREATE TABLE cascading (id INTEGER PRIMARY KEY, p INT REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE nulling (p INT REFERENCES parent (id) ON DELETE SET NULL);
CREATE TABLE plain (p TEXT REFERENCES parent (code) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO parent VALUES (1, 'a', 'x'), (2, 'b', NULL);
INSERT INTO cascading VALUES (10, 1), (11, 2), (12, 1);
INSERT INTO nulling VALUES (1), (2);
INSERT INTO plain VALUES ('a'), ('b'), ('a');";

#[test]
fn children_keep_their_rows() {
    block_on(async {
        let (mut connection, texts) = ran(
            FAMILY,
            &[alter("parent", "note", ColumnChange { default: Some(Some(sql("'new'"))), ..ColumnChange::default() })],
        )
        .await;
        assert_eq!(count(&texts, "json_extract"), 1, "a guard");
        assert_eq!(answers(&mut connection, "SELECT * FROM cascading").await, ["10|1", "11|2", "12|1"]);
        assert_eq!(answers(&mut connection, "SELECT * FROM nulling").await, ["1", "2"]);
        assert_eq!(answers(&mut connection, "SELECT * FROM plain").await, ["a", "b", "a"]);
        assert_eq!(answers(&mut connection, "SELECT * FROM parent").await, ["1|a|x", "2|b|∅"]);
        assert!(connection.execute("INSERT INTO nulling VALUES (9)").await.is_err());
        connection.execute("DELETE FROM parent WHERE id = 1").await.unwrap_err();
        connection.execute("DELETE FROM plain WHERE p = 'a'").await.unwrap();
        connection.execute("DELETE FROM parent WHERE id = 1").await.unwrap();
        assert_eq!(answers(&mut connection, "SELECT * FROM cascading").await, ["11|2"]);
    });
}

#[test]
fn the_guard_stops_a_rebuild_with_foreign_keys_on() {
    block_on(async {
        let mut connection = database(FAMILY).await;
        let before = inspected(&mut connection).await;
        let operations = [retype("parent", "note", "VARCHAR(9)")];
        let statements = Sqlite.render(&operations, &before, connection.server()).unwrap();
        let error = connection.run(&statements[0]).await.unwrap_err();
        assert!(format!("{error:?}").contains("foreign keys must be off before table parent is dropped"), "{error:?}");
        let drop = Operation::DropTable { name: Name::own("parent"), was: None };
        assert!(Sqlite.needs_shape(std::slice::from_ref(&drop), connection.server()));
        let statements = Sqlite.render(&[drop], &before, connection.server()).unwrap();
        assert!(connection.run(&statements[0]).await.is_err());
        let childless = [retype("plain", "p", "VARCHAR(9)")];
        let texts = run(&mut connection, &childless).await.unwrap();
        assert_eq!(count(&texts, "json_extract"), 0);
    });
}

#[test]
fn keys_are_never_given_out_twice() {
    block_on(async {
        let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);
            CREATE TABLE emptied (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);
            CREATE TABLE untouched (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);
            INSERT INTO t (a) VALUES ('x'), ('y'), ('z'); DELETE FROM t WHERE id = 3;
            INSERT INTO emptied (a) VALUES ('x'), ('y'); DELETE FROM emptied;";
        let operations = ["t", "emptied", "untouched"].map(|table| retype(table, "a", "VARCHAR(3)"));
        let (mut connection, _) = ran(sql, &operations).await;
        assert_eq!(
            answers(&mut connection, "SELECT name, seq FROM sqlite_sequence ORDER BY 1").await,
            ["emptied|2", "t|3"]
        );
        for (table, next) in [("t", "4"), ("emptied", "3"), ("untouched", "1")] {
            let sql = format!("INSERT INTO {table} (a) VALUES ('n') RETURNING id");
            assert_eq!(answers(&mut connection, &sql).await, [next], "{table}");
        }
    });
}

#[test]
fn rowids_stay() {
    block_on(async {
        let sql = "CREATE TABLE t (a TEXT, b INT PRIMARY KEY);
            CREATE TABLE odd (rowid TEXT, _rowid_ INT);
            CREATE TABLE none (a TEXT PRIMARY KEY, b INT) WITHOUT ROWID;
            INSERT INTO t (rowid, a, b) VALUES (7, 'x', 1), (9, 'y', NULL);
            INSERT INTO odd (oid, rowid) VALUES (5, 'r'); INSERT INTO none VALUES ('k', 1);";
        let operations =
            [retype("t", "a", "VARCHAR(3)"), retype("odd", "_rowid_", "BIGINT"), retype("none", "b", "BIGINT")];
        let (mut connection, _) = ran(sql, &operations).await;
        assert_eq!(answers(&mut connection, "SELECT rowid, a, b FROM t").await, ["7|x|1", "9|y|∅"]);
        assert_eq!(answers(&mut connection, "SELECT oid, rowid FROM odd").await, ["5|r"]);
        assert_eq!(answers(&mut connection, "SELECT * FROM none").await, ["k|1"]);
    });
}

pub(super) const DRESSED: &str = r#"
CREATE TABLE Dressed ( -- what people order
  id INTEGER PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT, /* the key */
  name TEXT COLLATE NOCASE NOT NULL ON CONFLICT IGNORE, -- who
  amount DECIMAL(10, 2) DEFAULT (1 + 1) CHECK (amount >= 0),
  twice AS (amount * 2) STORED,
  shout TEXT GENERATED ALWAYS AS (upper(name)) VIRTUAL,
  other INT REFERENCES other ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT "uq name" UNIQUE (name, amount) ON CONFLICT FAIL
);
CREATE TABLE other (id INTEGER PRIMARY KEY, seen INT);
CREATE INDEX  by_name  on Dressed (name COLLATE rtrim DESC) /* kept */ WHERE amount > 0;
CREATE UNIQUE INDEX shouted ON Dressed (lower(name), amount);
CREATE VIEW v AS SELECT name, twice FROM dressed;
CREATE VIEW w AS SELECT * FROM v JOIN other;
CREATE TRIGGER seen AFTER INSERT ON Dressed BEGIN UPDATE other SET seen = NEW.id; END;
CREATE TRIGGER from_other AFTER DELETE ON other BEGIN DELETE FROM dressed WHERE id = OLD.id; END;
CREATE TRIGGER through INSTEAD OF INSERT ON v BEGIN INSERT INTO Dressed (name) VALUES (NEW.name); END;
INSERT INTO other VALUES (1, 0);
INSERT INTO Dressed (name, amount, other) VALUES ('Ann', 5, 1), ('Bob', NULL, NULL);"#;

#[test]
fn everything_around_the_table_stays() {
    block_on(async {
        let stored = "SELECT name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL ORDER BY name";
        let mut connection = database(DRESSED).await;
        let before = answers(&mut connection, stored).await;
        let (mut connection, texts) = ran(DRESSED, &[retype("Dressed", "amount", "NUMERIC")]).await;
        assert_eq!(answers(&mut connection, stored).await, before);
        let text = answers(&mut connection, "SELECT sql FROM sqlite_master WHERE name = 'Dressed'").await;
        for kept in [
            "-- what people order",
            "/* the key */",
            "ON CONFLICT REPLACE AUTOINCREMENT",
            "NOCASE",
            "ON CONFLICT IGNORE",
            "DEFAULT (1 + 1)",
            "CHECK (amount >= 0)",
            "DEFERRABLE INITIALLY DEFERRED",
            "ON CONFLICT FAIL",
            "amount NUMERIC",
        ] {
            assert!(text[0].contains(kept), "{kept}: {}", text[0]);
        }
        assert_eq!(count(&texts, "CREATE TABLE"), 1);
        assert_eq!(
            answers(&mut connection, "SELECT name, amount, twice, shout FROM dressed").await,
            ["Ann|5|10|ANN", "Bob|∅|∅|BOB"]
        );
        connection.execute("INSERT INTO v (name) VALUES ('Cleo')").await.unwrap();
        assert_eq!(answers(&mut connection, "SELECT seen FROM other").await, ["3"]);
        connection.execute("INSERT INTO other VALUES (3, 0); DELETE FROM other WHERE id = 3").await.unwrap();
        assert_eq!(answers(&mut connection, "SELECT count(*) FROM w").await, ["2"]);
    });
}

#[test]
fn a_view_that_is_broken_already_does_not_stop_a_rebuild() {
    block_on(async {
        let sql = "CREATE TABLE t (a INT); INSERT INTO t VALUES (1); CREATE VIEW bad AS SELECT none FROM nowhere;
            CREATE TRIGGER worse AFTER INSERT ON t BEGIN INSERT INTO nowhere VALUES (1); END;";
        let (mut connection, _) = ran(sql, &[retype("t", "a", "BIGINT")]).await;
        assert_eq!(answers(&mut connection, "SELECT a FROM t").await, ["1"]);
        // SQLite itself says which one is broken.
        let error = run(&mut connection, &[rename_table("t", "u")]).await.unwrap_err();
        assert!(format!("{error:?}").contains("bad") || format!("{error:?}").contains("worse"), "{error:?}");
    });
}

#[test]
fn conflict_clauses_do_not_lose_rows() {
    block_on(async {
        let sql = "CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (1, 'x'), (1, 'y');";
        let mut key = unique("uq", &["a"]);
        if let Constraint::Unique(unique) = &mut key {
            unique.options.set("sqlite", "on_conflict", "replace");
        }
        let error = fails(sql, &[add_constraint("t", key)]).await;
        assert!(error.contains("UNIQUE constraint failed"), "{error}");
    });
}

#[test]
fn gaps_are_filled_with_the_default() {
    block_on(async {
        let sql = "CREATE TABLE t (a TEXT, b INT DEFAULT (1 + 1)); INSERT INTO t VALUES (NULL, NULL), ('x', 7);";
        let change = ColumnChange { default: Some(Some(self::sql("'none'"))), ..not_null() };
        let (mut connection, _) = ran(sql, &[alter("t", "a", change), alter("t", "b", not_null())]).await;
        assert_eq!(answers(&mut connection, "SELECT a, b FROM t").await, ["none|2", "x|7"]);
    });
}

#[test]
fn generated_columns_come_and_go() {
    block_on(async {
        let sql = "CREATE TABLE t (a INT, b INT AS (a * 2) STORED, c INT); INSERT INTO t (a, c) VALUES (3, 9);";
        let generated = |expr: &str| crate::schema::Generated { expr: Expr::Same(expr.into()), stored: true };
        let plain = ColumnChange { generated: Some(None), ..ColumnChange::default() };
        let made = ColumnChange { generated: Some(Some(generated("a + 1"))), ..ColumnChange::default() };
        let (mut connection, _) = ran(sql, &[alter("t", "b", plain), alter("t", "c", made)]).await;
        assert_eq!(answers(&mut connection, "SELECT a, b, c FROM t").await, ["3|6|4"]);
    });
}

#[test]
fn all_operations_on_a_table_share_one_rebuild() {
    block_on(async {
        let sql = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE gone (x);
            CREATE TABLE t (a INT, b TEXT, c INT CONSTRAINT fk REFERENCES p (id), CONSTRAINT ck CHECK (a > 0));
            CREATE INDEX i ON t (a); CREATE INDEX old ON t (b);
            INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 'x', 1);";
        let operations = [
            drop_constraint("t", "fk", ConstraintKind::ForeignKey),
            Operation::DropTable { name: Name::own("gone"), was: None },
            Operation::CreateTable(Box::new(table("q", vec![column("id", "INTEGER")]))),
            drop_index("t", "old"),
            create_index("q", index("old", &["id"])),
            drop_constraint("t", "ck", ConstraintKind::Check),
            add_column(
                "t",
                Column { nullable: false, default: Some(self::sql("CURRENT_TIMESTAMP")), ..column("d", "TEXT") },
            ),
            retype("t", "a", "BIGINT"),
            create_index("t", index("new", &["d"])),
            drop_column("t", "b"),
            rename_table("p", "pp"),
            add_constraint("t", Constraint::ForeignKey(foreign_key("fk2", "c", "pp", "id"))),
        ];
        let (mut connection, texts) = ran(sql, &operations).await;
        assert_eq!(count(&texts, "INSERT OR ABORT"), 1, "{texts:#?}");
        assert_eq!(count(&texts, "migrate_new_t"), 3, "{texts:#?}");
        assert_eq!(answers(&mut connection, "SELECT a, c, d IS NOT NULL FROM t").await, ["1|1|1"]);
    });
}

#[test]
fn a_table_that_is_created_is_created_in_its_last_form() {
    block_on(async {
        let operations = [
            Operation::CreateTable(Box::new(table("a", vec![column("id", "INT"), column("b", "INT")]))),
            Operation::CreateTable(Box::new(table("b", vec![column("id", "TEXT")]))),
            add_constraint("b", unique("uq", &["id"])),
            add_constraint("a", unique("uq", &["b"])),
            add_constraint("a", Constraint::ForeignKey(foreign_key("fk", "b", "b", "id"))),
            create_index("a", index("i", &["id"])),
            add_column("a", column("c", "TEXT")),
        ];
        assert!(!Sqlite.needs_shape(&operations, Sqlite.oldest()));
        let (_, texts) = ran("SELECT 1", &operations).await;
        assert_eq!(texts.len(), 3, "{texts:#?}");
    });
}

#[test]
fn a_rename_stands_before_what_comes_after_it() {
    block_on(async {
        let sql = "CREATE TABLE t (a INT, b INT CHECK (b > a)); CREATE TABLE log (x);
            CREATE INDEX i ON t (a); INSERT INTO t VALUES (1, 2);
            CREATE TRIGGER tr AFTER UPDATE OF a ON t BEGIN INSERT INTO log VALUES (NEW.a); END;
            CREATE VIEW v AS SELECT a FROM t;";
        let operations = [
            rename_column("t", "a", "n"),
            rename_table("log", "journal"),
            rename_table("t", "s"),
            retype("s", "n", "BIGINT"),
        ];
        let mut connection = database(sql).await;
        let texts = run(&mut connection, &operations).await.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(count(&texts, "INSERT OR ABORT"), 1);
        sound(&mut connection).await;
        connection.execute("UPDATE s SET n = 0").await.unwrap();
        assert_eq!(answers(&mut connection, "SELECT x FROM journal").await, ["0"]);
        assert_eq!(answers(&mut connection, "SELECT n FROM v").await, ["0"]);
        let found = inspected(&mut connection).await;
        assert_eq!(found.tables[&Name::own("s")].checks[0].condition.text(), "b > \"n\"");
    });
}

#[test]
fn a_name_in_another_case_goes_by_a_third_one() {
    block_on(async {
        let sql = "CREATE TABLE T (A INT UNIQUE); CREATE TABLE u (x REFERENCES T (A)); INSERT INTO T VALUES (1);";
        let (mut connection, _) = ran(sql, &[rename_table("T", "t"), rename_column("t", "A", "a")]).await;
        assert_eq!(
            answers(&mut connection, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").await,
            ["t", "u"]
        );
    });
}

#[test]
fn a_check_that_names_its_table_comes_through() {
    block_on(async {
        let sql = "CREATE TABLE t (a INT, b TEXT, CHECK (t.a > 0)); INSERT INTO t VALUES (1, 'x');";
        let mut connection = database(sql).await;
        run(&mut connection, &[retype("t", "b", "VARCHAR(3)")]).await.unwrap();
        sound(&mut connection).await;
        assert!(connection.execute("INSERT INTO t VALUES (0, 'y')").await.is_err());
        let readers =
            "CREATE VIEW w AS SELECT a FROM v; CREATE VIEW v AS SELECT a FROM t; CREATE VIEW other AS SELECT 1;
            CREATE TABLE u (a INT); CREATE TRIGGER own AFTER INSERT ON t BEGIN INSERT INTO u SELECT a FROM w; END;
            CREATE TRIGGER through INSTEAD OF INSERT ON w BEGIN INSERT INTO t VALUES (NEW.a, 'x'); END;
            CREATE TRIGGER far AFTER DELETE ON u BEGIN DELETE FROM v; END;";
        let mut connection = database(&format!("{sql}{readers}")).await;
        let stored = "SELECT type, name, sql FROM sqlite_master WHERE name <> 't' ORDER BY 1, 2";
        let before = answers(&mut connection, stored).await;
        let texts = run(&mut connection, &[retype("t", "b", "VARCHAR(3)")]).await.unwrap();
        sound(&mut connection).await;
        assert_eq!(answers(&mut connection, stored).await, before, "{texts:#?}");
        // All of them, for the RENAME would stop at one that does not work.
        assert_eq!((count(&texts, "DROP VIEW"), count(&texts, "DROP TRIGGER")), (3, 2), "{texts:#?}");
        connection.execute("INSERT INTO w VALUES (7)").await.unwrap();
        assert_eq!(answers(&mut connection, "SELECT a FROM t").await, ["1", "7"]);
    });
}

#[test]
fn a_table_that_refers_to_itself() {
    block_on(async {
        let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, up INT REFERENCES t ON DELETE CASCADE, n TEXT);
            INSERT INTO t VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c');";
        let (mut connection, _) = ran(sql, &[retype("t", "n", "VARCHAR(3)")]).await;
        assert_eq!(answers(&mut connection, "SELECT id, up FROM t").await, ["1|∅", "2|1", "3|2"]);
        connection.execute("DELETE FROM t WHERE id = 2").await.unwrap();
        assert_eq!(answers(&mut connection, "SELECT id FROM t").await, ["1"]);
    });
}

#[test]
fn what_the_database_is_set_to_stays() {
    block_on(async {
        let sql = "PRAGMA user_version = 7; PRAGMA application_id = 42; CREATE TABLE t (a INT);";
        let (mut connection, _) = ran(sql, &[retype("t", "a", "BIGINT")]).await;
        assert_eq!(answers(&mut connection, "PRAGMA user_version").await, ["7"]);
        assert_eq!(answers(&mut connection, "PRAGMA application_id").await, ["42"]);
    });
}

#[test]
fn double_quoted_strings_are_borne() {
    block_on(async {
        let sql = r#"CREATE TABLE t (a INT, q TEXT DEFAULT "hello" CHECK (q <> "ab")); CREATE INDEX i ON t ("nosuch", a);
            INSERT INTO t (a) VALUES (1);"#;
        let (mut connection, _) = ran(sql, &[retype("t", "a", "BIGINT")]).await;
        assert_eq!(answers(&mut connection, "SELECT q FROM t").await, ["hello"]);
        assert!(ident("t") == "t".into());
    });
}
