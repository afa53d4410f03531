//! Rows that models own, through the command line: what a revision does to them, what a check says, what is refused.

use crate::common::{Database, Fresh, Project};

const COUNTRIES: &str = "tables:
  countries:
    columns:
      code: { type: char(2), nullable: false }
      name: { type: varchar(40), nullable: false }
      area: { type: \"decimal(12,2)\" }
      note: { type: text }
    primary_key: [code]
";

fn with(rows: &str) -> String {
    format!("{COUNTRIES}    rows:{rows}\n")
}

const TWO: &str = "
      - { code: de, name: Germany, area: 357588.0 }
      - { code: fr, name: France, area: null }";

/// A database that was made from these models, with its project; the models then are in sync.
fn made(database: Database, model: &str) -> (Fresh, Project) {
    let fresh = database.fresh();
    let project = Project::on(&fresh);
    project.write("models/m.yaml", model);
    follow(&project, "first");
    (fresh, project)
}

/// Writes the next revision and applies it; then nothing differs.
fn follow(project: &Project, id: &str) -> String {
    project.run(&["revision", "--autogenerate", "-m", id, "--rev-id", id]).ok();
    let file = project.read(&project.revision(id));
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    file
}

/// Back by one revision, and there again: all is as before in between.
fn back_and_there(project: &Project, fresh: &Fresh, rows: &str, before: &[Vec<String>]) {
    let after = fresh.query(rows);
    project.run(&["downgrade", "-1", "--yes"]).ok();
    assert_eq!(fresh.query(rows), before, "{:?}: the way back", fresh.database());
    project.run(&["upgrade"]).ok();
    assert_eq!(fresh.query(rows), after, "{:?}: there again", fresh.database());
    project.run(&["check"]).ok();
}

#[test]
fn rows_follow_their_model_there_and_back() {
    for database in Database::ALL {
        let (fresh, project) = made(database, &with(TWO));
        let all = "SELECT code, name, area, note FROM countries ORDER BY code;";
        let text = |rows: Vec<Vec<String>>| rows.into_iter().map(|row| row.join("|")).collect::<Vec<_>>();
        let area = if database == Database::Sqlite { "357588" } else { "357588.00" };
        assert_eq!(text(fresh.query(all)), [format!("de|Germany|{area}|NULL"), "fr|France|NULL|NULL".to_owned()]);
        let dump = fresh.dump();
        // A column that no row names is the user's.
        fresh.execute("UPDATE countries SET note = 'mine'; INSERT INTO countries (code, name, note) VALUES ('xx', 'X', 'theirs');");
        project.run(&["check"]).ok();
        let before = fresh.query(all);
        project.write(
            "models/m.yaml",
            with("\n      others: delete\n      values:\n        - { code: de, name: Deutschland, area: 357588 }\n        - { code: at, name: Österreich, area: 83879.5 }"),
        );
        let file = follow(&project, "second");
        for part in [
            "delete:",
            "- { code: fr }",
            "- { code: xx }",
            "update:",
            "- { code: de, name: Deutschland }",
            "insert:",
            "restore: { step: rows of countries }",
        ] {
            assert!(
                file.contains(part) || part.starts_with("restore") && file.contains("step: rows of countries"),
                "{part}:\n{file}"
            );
        }
        let names = fresh.query("SELECT code, name, note FROM countries ORDER BY code;");
        assert_eq!(names, [["at", "Österreich", "NULL"], ["de", "Deutschland", "mine"]]);
        back_and_there(&project, &fresh, all, &before);
        project.run(&["downgrade", "first", "--yes"]).ok();
        assert_eq!(fresh.dump(), dump, "{database:?}");
        project.run(&["downgrade", "base", "--yes"]).ok();
        project.run(&["upgrade"]).ok();
        project.run(&["check"]).ok();
    }
}

#[test]
fn a_drifted_row_is_told_by_key_and_column() {
    for database in Database::ALL {
        let (fresh, project) = made(database, &with(&TWO.replace("fr, name: France", "fr, name: \"\"")));
        fresh.execute("UPDATE countries SET name = 'Germny', area = NULL WHERE code = 'de'; DELETE FROM countries WHERE code = 'fr';");
        let found = project.run(&["check"]).exits(1);
        found
            .prints("~ rows of countries: insert 1, update 1")
            .prints("code=de: name is Germny, not Germany; area is NULL, not 357588")
            .prints("code=fr is missing")
            .prints("UPDATE");
        let printed = project.run(&["check", "--format", "json"]).exits(1).stdout;
        let json: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
        let one = &json["differences"][0];
        assert_eq!((&one["operation"], &one["table"]), (&"rows".into(), &"countries".into()), "{printed}");
        assert_eq!((&one["destructive"], &one["object"]), (&false.into(), &serde_json::Value::Null), "{printed}");
        let row = &one["rows"][0];
        assert_eq!(row["key"]["code"], "de", "{printed}");
        assert_eq!((&row["found"]["name"], &row["expected"]["name"]), (&"Germny".into(), &"Germany".into()));
        assert_eq!(row["found"]["area"], serde_json::Value::Null);
        assert_eq!((&one["rows"][1]["key"]["code"], &one["rows"][1]["action"]), (&"fr".into(), &"insert".into()));
        project.run(&["check", "--format", "github"]).exits(1).prints("code=fr is missing");
        project.run(&["diff", "db", "models"]).exits(1).prints("code=fr is missing");
        project.run(&["diff", "db", "models/m.yaml"]).exits(1).prints("code=fr is missing");
        let before = fresh.query("SELECT code, name, area FROM countries ORDER BY code;");
        follow(&project, "again");
        back_and_there(&project, &fresh, "SELECT code, name, area FROM countries ORDER BY code;", &before);
    }
}

#[test]
fn others_stay_unless_they_are_said_to_go() {
    for database in Database::ALL {
        let (fresh, project) = made(database, &with(TWO));
        fresh.execute("INSERT INTO countries (code, name) VALUES ('xx', 'X');");
        project.run(&["check"]).ok();
        project
            .write("models/m.yaml", with(&format!("\n      others: keep\n      values:{}", TWO.replace("\n", "\n  "))));
        project.run(&["check"]).ok();
        project.write(
            "models/m.yaml",
            with(&format!("\n      others: delete\n      values:{}", TWO.replace("\n", "\n  "))),
        );
        project.run(&["check"]).exits(1).prints("code=xx is there, and no model has it").prints("DELETE FROM");
        project.write("models/m.yaml", with("\n      others: delete\n      values: []"));
        project.run(&["check"]).exits(1).prints("delete 3");
        follow(&project, "none");
        assert_eq!(fresh.value("SELECT COUNT(*) FROM countries;"), "0");
    }
}

#[test]
fn the_server_says_when_values_are_alike() {
    let neutral = "tables:
  t:
    columns:
      id: { type: bigint, nullable: false }
      yes: { type: bool }
      small: { type: smallint }
      price: { type: \"decimal(10,2)\" }
      ratio: { type: double }
      half: { type: real }
      short: { type: char(5) }
      name: { type: varchar(20) }
      long: { type: text }
      day: { type: date }
      hour: { type: time }
      at: { type: timestamp }
      instant: { type: timestamptz }
      one: { type: uuid }
      more: { type: json }
      mood: { enum: [sad, ok] }
    primary_key: [id]
    rows:
      - { id: 01, yes: true, small: +7, price: 1.0, ratio: 1e1, half: 0.10, short: ab, name: \"a  \", long: \"\", day: 2026-02-03, hour: 12:00:00, at: 2026-03-29 02:30:00, instant: 2026-03-29 02:30:00, one: A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11, more: '{\"b\":1,\"a\":[1.0,null]}', mood: ok }
      - { id: 2, yes: 0, small: -1, price: 12345678.90, ratio: -0.0, half: 16777217, short: \"\", name: \"é😀'\\\"\\\\\", long: \"a\\nb\\tc\", day: 0001-01-01, hour: 23:59:59.999999, at: 2026-12-31 23:59:59.999999, instant: 1999-12-31 00:00:00, one: a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12, more: '[]', mood: sad }
      - { id: 3, yes: null, small: null, price: null, ratio: null, half: null, short: null, name: null, long: null, day: null, hour: null, at: null, instant: null, one: null, more: null, mood: null }
";
    for database in Database::ALL {
        let (fresh, project) = made(database, neutral);
        project.run(&["revision", "--autogenerate", "-m", "none"]).ok().says("nothing to do");
        project.write("models/m.yaml", neutral.replace("price: 1.0,", "price: 1.00,").replace("1e1", "10.0"));
        project.run(&["check"]).ok();
        project.write(
            "models/m.yaml",
            neutral.replace("name: \"a  \"", "name: \"A  \"").replace("long: \"\"", "long: null"),
        );
        let found = project.run(&["check"]).exits(1);
        found.prints("name is 'a  ', not 'A  '").prints("long is '', not NULL").prints("update 1");
        let before = fresh.query("SELECT * FROM t ORDER BY id;");
        follow(&project, "case");
        back_and_there(&project, &fresh, "SELECT * FROM t ORDER BY id;", &before);
    }
}

#[test]
fn native_types_of_postgres() {
    let sql = "CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id integer PRIMARY KEY, n numeric, tz timestamptz, iv interval, by bytea, jb jsonb, js json, arr integer[], m mood, bi bit(5), ch char(4), u uuid, ip inet, r int4range, f real, d date, b boolean);";
    let rows = "tables:
  t:
    rows:
      - { id: 1, n: 1.10, tz: '2026-03-29 01:30:00+02', iv: 24 hours, by: '\\x00FF', jb: '{\"b\": 1.0, \"a\":2}', js: '{\"b\": 1}', arr: '{1, 2,NULL}', m: ok, bi: '10101', ch: a, u: '{a0eebc999c0b4ef8bb6d6bb9bd380a11}', ip: 10.0.0.1/32, r: '[1,4]', f: 0.1, d: infinity, b: yes }
      - { id: 2, n: { sql: \"'NaN'\" }, tz: infinity, iv: null, by: '\\x', jb: 'null', js: null, arr: '{}', m: sad, bi: null, ch: '', u: null, ip: null, r: empty, f: -0.0, d: 4714-11-24 BC, b: off }
";
    let fresh = Database::Postgres.fresh();
    let project = Project::on(&fresh);
    project.write("models/t.sql", sql).write("models/rows.yaml", rows);
    follow(&project, "first");
    fresh.execute("UPDATE t SET n = 1.1000, jb = '{\"a\": 2.00, \"b\": 1}' WHERE id = 1;");
    project.run(&["check"]).ok();
    fresh.execute("UPDATE t SET tz = tz + interval '1 second', by = '\\x01', arr = '{1}' WHERE id = 1;");
    let found = project.run(&["check"]).exits(1);
    found
        .prints("tz is '2026-03-28 23:30:01+00', not '2026-03-28 23:30:00+00'")
        .prints("by is '\\\\x01', not '\\\\x00ff'")
        .prints("arr is '{1}', not '{1,2,NULL}'");
    let before = fresh.query("SELECT * FROM t ORDER BY id;");
    follow(&project, "second");
    back_and_there(&project, &fresh, "SELECT * FROM t ORDER BY id;", &before);
}

#[test]
fn native_types_of_mariadb() {
    let sql = "CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, f FLOAT, d DOUBLE, n DECIMAL(30,10), ts TIMESTAMP(6) NULL, da DATE, tm TIME(3), y YEAR, b BIT(9), vb VARBINARY(8), js JSON, en ENUM('a', 'B', ''), st SET('x', 'y', 'z'), vc VARCHAR(20), l1 VARCHAR(20) CHARACTER SET latin1, ci VARCHAR(20) COLLATE utf8mb4_bin, zf INT(6) UNSIGNED ZEROFILL) CHARACTER SET utf8mb4;";
    let rows = "tables:
  t:
    rows:
      - { id: 18446744073709551615, f: 16777217, d: 0.30000000000000004, n: 1.1, ts: '2026-03-29 01:30:00.5', da: 2026-1-2, tm: '1:2:3', y: 2155, b: { sql: \"b'101'\" }, vb: { sql: \"x'00ff'\" }, js: '{\"b\": 1,  \"a\": 1.10}', en: B, st: 'z,x', vc: 'a ', l1: é, ci: A, zf: 42 }
      - { id: 0, f: 1.1, d: -0.0, n: 0, ts: null, da: null, tm: '-838:59:59.000', y: 0, b: null, vb: '', js: 'null', en: '', st: '', vc: '', l1: ÿ, ci: a, zf: 000001 }
";
    let fresh = Database::Mysql.fresh();
    let project = Project::on(&fresh);
    project.write("models/t.sql", sql).write("models/rows.yaml", rows);
    follow(&project, "first");
    fresh.execute("UPDATE t SET vc = 'a', ci = 'a', en = 'a' WHERE id > 0;");
    let found = project.run(&["check"]).exits(1);
    found.prints("vc is a, not 'a '").prints("ci is a, not A").prints("en is a, not B");
    let before = fresh.query("SELECT * FROM t ORDER BY id;");
    follow(&project, "second");
    back_and_there(&project, &fresh, "SELECT * FROM t ORDER BY id;", &before);
}

#[test]
fn affinities_of_sqlite() {
    let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, n NUMERIC, r REAL, i INTEGER, x TEXT, b BLOB, a, d DATETIME);\nCREATE TABLE s (id INT NOT NULL PRIMARY KEY, v ANY, k INT) STRICT;";
    let rows = "tables:
  t:
    rows:
      - { id: 1, n: 1.0, r: 1, i: 1e2, x: 007, b: { sql: \"x'00ff'\" }, a: 5, d: 2026-01-01 }
      - { id: 2, n: abc, r: null, i: null, x: '', b: text, a: '', d: null }
  s:
    rows:
      - { id: 1, v: 5, k: 5 }
      - { id: 2, v: { sql: \"x'01'\" }, k: null }
";
    let fresh = Database::Sqlite.fresh();
    let project = Project::on(&fresh);
    project.write("models/t.sql", sql).write("models/rows.yaml", rows);
    follow(&project, "first");
    fresh.execute("UPDATE t SET x = 7, b = 'x' WHERE id = 1;");
    project.run(&["check"]).exits(1).prints("x is 7, not 007");
    let before = fresh.query("SELECT id, n, r, i, x, quote(b), a, d FROM t ORDER BY id;");
    follow(&project, "second");
    back_and_there(&project, &fresh, "SELECT id, n, r, i, x, quote(b), a, d FROM t ORDER BY id;", &before);
}

const TREE: &str = "tables:
  a_children:
    columns: { id: { type: int, nullable: false }, parent: { type: varchar(5), nullable: false } }
    primary_key: [id]
    foreign_keys: { fk_p: { columns: [parent], references: { table: b_parents, columns: [code] } } }
    rows:
      others: delete
      values:
        - { id: 1, parent: x }
        - { id: 2, parent: y }
  b_parents:
    columns: { code: { type: varchar(5), nullable: false }, up: { type: varchar(5) } }
    primary_key: [code]
    foreign_keys: { fk_up: { columns: [up], references: { table: b_parents, columns: [code] } } }
    rows:
      others: delete
      values:
        - { code: x, up: y }
        - { code: y, up: z }
        - { code: z, up: null }
";

#[test]
fn parents_come_first_and_go_last() {
    for database in Database::ALL {
        let (fresh, project) = made(database, TREE);
        let all =
            "SELECT id, parent, NULL FROM a_children UNION ALL SELECT NULL, code, up FROM b_parents ORDER BY 1, 2;";
        let before = fresh.query(all);
        // A child turns to a new parent, its old one goes; a leaf of the tree goes too.
        let next = TREE
            .replace("{ id: 1, parent: x }", "{ id: 1, parent: n }")
            .replace("{ code: x, up: y }", "{ code: n, up: y }");
        project.write("models/m.yaml", &next);
        let file = follow(&project, "second");
        assert!(file.contains("rows that go from b_parents"), "{file}");
        back_and_there(&project, &fresh, all, &before);
        // All of them go.
        let none = "      values: []\n";
        let (children, parents) = next.split_once("  b_parents").expect("two tables");
        let empty = |part: &str| part.split_once("      values:").expect("rows").0.to_owned() + none;
        let before = fresh.query(all);
        project.write("models/m.yaml", format!("{}  b_parents{}", empty(children), empty(parents)));
        follow(&project, "third");
        assert_eq!(fresh.value("SELECT COUNT(*) FROM b_parents;"), "0", "{database:?}");
        back_and_there(&project, &fresh, all, &before);
    }
}

#[test]
fn a_foreign_key_finds_the_rows_that_it_needs() {
    let orders = "tables:\n  orders:\n    columns: { id: { type: int, nullable: false }, status: { type: varchar(10), nullable: false } }\n    primary_key: [id]\n";
    for database in Database::ALL {
        let (fresh, project) = made(database, orders);
        fresh.execute("INSERT INTO orders VALUES (1, 'new'), (2, 'paid');");
        let next = format!(
            "{orders}    foreign_keys: {{ fk_s: {{ columns: [status], references: {{ table: statuses, columns: [code] }} }} }}\n  statuses:\n    columns: {{ code: {{ type: varchar(10), nullable: false }} }}\n    primary_key: [code]\n    rows: [{{ code: new }}, {{ code: paid }}]\n"
        );
        project.write("models/m.yaml", next);
        follow(&project, "second");
        back_and_there(
            &project,
            &fresh,
            "SELECT id, status FROM orders ORDER BY id;",
            &fresh.query("SELECT id, status FROM orders ORDER BY id;"),
        );
    }
}

#[test]
fn rows_go_with_changes_of_their_table() {
    for database in Database::ALL {
        let (fresh, project) = made(database, &with(TWO));
        fresh.execute("UPDATE countries SET note = 'mine' WHERE code = 'fr';");
        let before = fresh.query("SELECT * FROM countries ORDER BY code;");
        // The table and a column are called otherwise, a column is new, another one is wider.
        let next = with("
      - { code: de, title: Germany, area: 357588, euro: true }
      - { code: fr, title: Frankreich, area: null, euro: true }
      - { code: ch, title: The country of Switzerland and its mountains, area: 41285, euro: false }")
            .replace("  countries:\n", "  lands:\n    renamed_from: countries\n")
            .replace("name: { type: varchar(40), nullable: false }", "title: { type: varchar(80), nullable: false, renamed_from: name }\n      euro: { type: bool, nullable: false, default: false }");
        project.write("models/m.yaml", next);
        follow(&project, "second");
        let names = fresh.query("SELECT code, title, note FROM lands ORDER BY code;");
        assert_eq!(names[2], ["fr", "Frankreich", "mine"], "{database:?}");
        project.run(&["downgrade", "-1", "--yes"]).ok();
        assert_eq!(fresh.query("SELECT * FROM countries ORDER BY code;"), before);
        project.run(&["upgrade"]).ok();
        project.run(&["check"]).ok();
    }
}

#[test]
fn sql_makes_the_table_and_yaml_owns_its_rows() {
    for database in Database::ALL {
        let fresh = database.fresh();
        let project = Project::on(&fresh);
        project.write(
            "models/a.sql",
            "CREATE TABLE states (code VARCHAR(10) NOT NULL PRIMARY KEY, label VARCHAR(20) DEFAULT 'none');",
        );
        project.write("models/b.yaml", "tables:\n  states:\n    rows:\n      - { code: new }\n      - { code: old }\n");
        follow(&project, "first");
        assert_eq!(fresh.query("SELECT code, label FROM states ORDER BY code;"), [["new", "none"], ["old", "none"]]);
        fresh.execute("DELETE FROM states WHERE code = 'old';");
        project.run(&["check"]).exits(1).prints("code=old is missing");
    }
}

#[test]
fn a_key_of_its_own_beside_the_primary_one() {
    let model = "tables:
  states:
    columns:
      id: { type: bigint, identity: by_default }
      code: { type: varchar(10), nullable: false }
      label: { type: varchar(20) }
    primary_key: [id]
    unique: { uq_code: [code] }
    rows:
      key: code
      values:
        - { code: new, label: New }
        - { code: paid, label: Paid }
";
    for database in Database::ALL {
        let (fresh, project) = made(database, model);
        fresh.execute("INSERT INTO states (code, label) VALUES ('mine', 'Mine');");
        let before = fresh.query("SELECT id, code, label FROM states ORDER BY id;");
        project.write("models/m.yaml", model.replace("label: Paid", "label: Payé").replace("key: code", "key: [code]"));
        follow(&project, "second");
        back_and_there(&project, &fresh, "SELECT id, code, label FROM states ORDER BY id;", &before);
    }
}

#[test]
fn an_empty_database_from_the_models_has_the_rows() {
    for database in Database::ALL {
        let fresh = database.fresh();
        let project = Project::on(&fresh);
        project.write("models/m.yaml", TREE);
        project.run(&["create-all"]).ok();
        assert_eq!(fresh.value("SELECT COUNT(*) FROM a_children;"), "2");
        project.run(&["check"]).ok();
    }
}

#[test]
fn bad_rows_are_refused_with_file_and_line() {
    let rows = |text: &str| with(&format!("\n      - {text}"));
    let cases = [
        (rows("{ code: de, nam: x }"), "table countries has no column nam", "write `name`"),
        (rows("{ name: x }"), "the row does not say its key code", "write it, or name another key"),
        (rows("{ code: null, name: x }"), "the row does not say its key code", ""),
        (rows("{ code: { sql: \"'de'\" }, name: x }"), "the key code is an expression", "write its value"),
        (rows("{ code: de, name: null }"), "name is null, and the column takes no NULL", ""),
        (rows("{ code: de, name: x, area: much }"), "`much` does not fit column area", ""),
        (rows("{ code: deu, name: x }"), "`deu` does not fit column code: it has more than 2 characters", ""),
        (
            rows("{ code: de, name: x }\n      - { code: de, name: y }"),
            "two rows of countries have the key de",
            "the other one is in line 10",
        ),
        (rows("{ code: de, name: x }\n      - { code: fr }"), "this row does not name name", "name the same columns"),
        (rows("{ code: de, name: x }\n      - { code: fr, name: y, area: 1 }"), "this row names area", ""),
        (
            with("\n      key: name\n      values: [{ code: de, name: x }]"),
            "several rows of countries may have the same name",
            "add a unique constraint",
        ),
        (
            with("\n      key: cod\n      values: [{ code: de, name: x }]"),
            "table countries has no column cod",
            "write `code`",
        ),
        (
            with("\n      only: true\n      values: [{ code: de, name: x }]"),
            "unknown key `only` in rows of a model",
            "key, others, values",
        ),
        (with("\n      others: drop\n      values: [{ code: de, name: x }]"), "expected `keep` or `delete`", ""),
        (with("\n      key: code"), "`values` is missing in rows of a model", ""),
        (with(" 5"), "expected rows of a model (a map)", ""),
        (
            COUNTRIES.replace("    primary_key: [code]\n", "    rows: [{ code: de, name: x }]\n"),
            "countries has no primary key",
            "write `key:`",
        ),
        (
            format!("{COUNTRIES}  contries: {{ rows: [{{ code: de, name: x }}] }}\n"),
            "rows of contries, which no model declares",
            "write `countries`",
        ),
        (
            format!("{COUNTRIES}    rows: [{{ code: de, name: x }}]\n")
                .replace("note: { type: text }", "note: { type: text, generated: \"name\" }")
                .replace("name: x", "name: x, note: y"),
            "column note of countries is computed",
            "leave it out",
        ),
    ];
    for (model, phrase, hint) in cases {
        let fresh = Database::Sqlite.fresh();
        let project = Project::on(&fresh);
        project.write("models/m.yaml", &model);
        for command in [&["check"][..], &["revision", "--autogenerate", "-m", "x"][..], &["create-all"][..]] {
            let output = project.run(command).exits(2);
            output.says(phrase).says(hint).says("models/m.yaml:");
        }
    }
    let twice = format!("{}---\n", with(TWO));
    let fresh = Database::Sqlite.fresh();
    let project = Project::on(&fresh);
    project.write("models/m.yaml", twice.trim_end_matches("---\n"));
    project.write("models/n.yaml", "tables: { countries: { rows: [{ code: de, name: x }] } }\n");
    project.run(&["check"]).exits(2).says("the rows of countries are declared twice").says("models/n.yaml:1");
    let many: String = (0..10_001).map(|number| format!("\n      - {{ id: {number} }}")).collect();
    project.write("models/n.yaml", format!("tables:\n  many:\n    columns: {{ id: {{ type: int, nullable: false }} }}\n    primary_key: [id]\n    rows:{many}\n"));
    project.run(&["check"]).exits(2).says("10001 rows of one table: a model owns 10000 at most");
}

#[test]
fn a_row_that_the_server_refuses_has_its_line() {
    let model = "tables:\n  days:\n    columns: { day: { type: date, nullable: false }, n: { type: smallint } }\n    primary_key: [day]\n    rows:\n      - { day: 2026-01-01, n: 1 }\n      - { day: 2026-01-02, n: 2 }\n";
    for database in [Database::Postgres, Database::Mysql] {
        let (_fresh, project) = made(database, model);
        project.write("models/m.yaml", model.replace("2026-01-02", "2026-02-30"));
        project.run(&["check"]).exits(2).says("the database refuses this row").says("models/m.yaml:7");
        project.write("models/m.yaml", model.replace("n: 2", "n: 70000"));
        project.run(&["check"]).exits(2).says("the database refuses this row").says("models/m.yaml:7");
        project.write("models/m.yaml", model);
        project.run(&["check"]).ok();
    }
}

#[test]
fn only_tables_with_rows_are_asked_about() {
    let (fresh, project) = made(Database::Postgres, &with(TWO));
    let name = fresh.name();
    fresh.execute(&format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = on;"));
    let refused = project.run(&["check"]).exits(2).says("cannot compare the rows of countries");
    refused.says("a read-only server cannot compare rows");
    project.write("models/m.yaml", COUNTRIES);
    project.run(&["check"]).ok();
}

#[test]
fn the_history_alone_says_nothing_of_rows() {
    for database in Database::ALL {
        let (_fresh, project) = made(database, &with(TWO));
        project.run(&["check", "--fresh"]).ok();
        project.run(&["diff", "head", "models"]).ok();
    }
}

#[test]
fn sql_revisions_do_not_take_rows() {
    let fresh = Database::Sqlite.fresh();
    let project = Project::on(&fresh);
    project.write("models/m.yaml", with(TWO));
    let revision = ["revision", "--autogenerate", "-m", "x", "--as", "sql"];
    project
        .run(&revision)
        .exits(2)
        .says("rows of countries differ, and SQL keeps nothing of what they were")
        .says("--as yaml");
    assert!(project.list("versions").is_empty());
}

#[test]
fn a_thousand_rows() {
    for database in Database::ALL {
        let model = |factor: usize| {
            let rows: String =
                (0..1_200).map(|id| format!("\n      - {{ id: {id}, v: \"{}\" }}", id * factor)).collect();
            format!(
                "tables:\n  many:\n    columns: {{ id: {{ type: int, nullable: false }}, v: {{ type: varchar(20) }} }}\n    primary_key: [id]\n    rows:{rows}\n"
            )
        };
        let (fresh, project) = made(database, &model(1));
        project.write("models/m.yaml", model(2));
        project.run(&["check"]).exits(1).prints("update 1199").prints("and 1179 more");
        let before = fresh.query("SELECT id, v FROM many ORDER BY id;");
        follow(&project, "second");
        back_and_there(&project, &fresh, "SELECT id, v FROM many ORDER BY id;", &before);
    }
}

#[test]
fn rows_of_another_schema() {
    let fresh = Database::Postgres.fresh();
    let project = Project::on(&fresh);
    project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\nschemas: [public, app]\n", fresh.url()));
    project.write("models/m.yaml", "schemas:\n  app:\n    tables:\n      t:\n        columns: { id: { type: int, nullable: false }, v: { type: text } }\n        primary_key: [id]\n        rows: [{ id: 1, v: a }]\n");
    follow(&project, "first");
    assert_eq!(fresh.query("SELECT id, v FROM app.t;"), [["1", "a"]]);
    fresh.execute("UPDATE app.t SET v = 'b';");
    project.run(&["check"]).exits(1).prints("~ rows of app.t: update 1").prints("id=1: v is b, not a");
    follow(&project, "second");
}
