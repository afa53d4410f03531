//! Data steps by scripts, on each database: what they change and how that is taken back, whole and in batches; what a
//! script may not do, each with file, line and key, and with nothing changed.

use crate::common::{Database, Fresh, Project};

const TABLE: &str = "revision: a1\nupgrade:\n  - create_table:\n      name: users\n      columns:\n        id: { type: bigint, nullable: false }\n        \
                     email: { type: varchar(40), nullable: false }\n        name: { type: varchar(20) }\n        price: { type: \"decimal(10,2)\" }\n        \
                     size: { type: double }\n        seen: { type: timestamp }\n        secret: { type: bytes }\n      primary_key: [id]\n";

/// A project with a table of rows, at head.
fn project(database: Database, rows: u32) -> (Project, Fresh) {
    let fresh = database.fresh();
    let project = Project::on(&fresh);
    project.write("versions/1.yaml", TABLE);
    project.run(&["upgrade"]).ok();
    let values: Vec<String> = (1..=rows)
        .map(|id| {
            let name = if id % 3 == 0 { "NULL".to_owned() } else { format!("'Näme {id}'") };
            format!("({id}, ' User{id}@Example.ORG ', {name}, {id}.50, 0.1, '2026-01-02 03:04:05', NULL)")
        })
        .collect();
    fresh.execute(&format!("INSERT INTO users VALUES {};", values.join(", ")));
    (project, fresh)
}

/// A revision with one script; `more` are further keys of the step.
fn script(project: &Project, more: &str, lines: &[&str]) {
    let text: String = lines.iter().map(|line| format!("        {line}\n")).collect();
    let outside = if more.contains("batch") { "transaction: none\n" } else { "" };
    project.write(
        "versions/2.yaml",
        format!("revision: a2\ndown_revision: a1\nmessage: tidy\n{outside}upgrade:\n  - script:\n      name: tidy\n      table: users\n{more}      text: |\n{text}"),
    );
}

/// The line of the first line of the script.
fn first_line(more: &str) -> usize {
    if more.contains("batch") { 10 + more.lines().count() } else { 9 + more.lines().count() }
}

/// All rows, as their own database says them; without what is the tool's.
fn rows(fresh: &Fresh) -> Vec<Vec<String>> {
    fresh.query("SELECT id, email, name, price, size, seen FROM users ORDER BY id")
}

const COLUMNS: &str = "      columns: [email, name]\n      reads: price\n";

#[test]
fn rows_change_and_come_back_identical() {
    for database in Database::ALL {
        let (project, fresh) = project(database, 7);
        let before = fresh.dump();
        script(
            &project,
            COLUMNS,
            &[
                "let mail = row.email;",
                "mail.trim();",
                "row.email = mail.to_lower();",
                "if row.name == () { row.name = `${row.id}: ${row.price}`; }",
            ],
        );
        project.run(&["upgrade"]).ok();
        let found = rows(&fresh);
        assert_eq!(
            (found[0][1].as_str(), found[0][2].as_str()),
            ("user1@example.org", "Näme 1"),
            "{}",
            database.word()
        );
        assert_eq!(
            (found[2][1].as_str(), found[2][2].as_str()),
            ("user3@example.org", "3: 3.50"),
            "{}",
            database.word()
        );
        project.run(&["downgrade", "a1"]).ok();
        project.run(&["downgrade", "base", "--dry-run"]).ok();
        let left: Vec<&str> = before.lines().filter(|line| line.contains("User")).collect();
        let dump = fresh.dump();
        assert_eq!(dump.lines().filter(|line| line.contains("User")).collect::<Vec<_>>(), left, "{}", database.word());
        project.run(&["upgrade"]).ok();
        assert_eq!(rows(&fresh), found, "{}", database.word());
    }
}

#[test]
fn only_the_rows_of_where_and_every_sort_of_value() {
    for database in Database::ALL {
        let (project, fresh) = project(database, 4);
        let more = "      columns: [name, size, seen, price]\n      where: \"id > 2 AND email <> '?'\"\n";
        script(
            &project,
            more,
            &[
                "row.name = ();",
                "row.size = row.size * 2.0;",
                "row.seen = \"2020-02-29 00:00:00\";",
                "row.price = parse_float(row.price) + 0.25;",
                "row.price = row.price.to_string();",
            ],
        );
        project.run(&["upgrade"]).ok();
        let found = rows(&fresh);
        assert_eq!(found[1][2], "Näme 2");
        let third = &found[2];
        assert!(
            third[3].starts_with("3.75") && third[4].starts_with("0.2") && third[5].starts_with("2020-02-29"),
            "{third:?}"
        );
        project.run(&["downgrade", "a1"]).ok();
        assert!(rows(&fresh)[2][5].starts_with("2026-01-02"), "{}", database.word());
    }
}

#[test]
fn in_batches_each_row_is_done_once() {
    for database in Database::ALL {
        let (project, fresh) = project(database, 53);
        let more = "      columns: name\n      reads: price\n      batch: { size: 10 }\n";
        script(&project, more, &["row.name = if row.name == () { \"new\" } else { row.name + \"+\" };"]);
        let before = rows(&fresh);
        project.run(&["upgrade"]).ok();
        let found = rows(&fresh);
        for (was, now) in before.iter().zip(&found) {
            let expected =
                if was[2].starts_with('N') && was[2] != "NULL" { format!("{}+", was[2]) } else { "new".to_owned() };
            assert_eq!(now[2], expected, "{}", database.word());
        }
        project.run(&["downgrade", "a1"]).ok();
        assert_eq!(rows(&fresh), before, "{}", database.word());
    }
}

#[test]
fn the_planner_knows_a_table_before_its_rows_are_looked_for() {
    for more in ["      columns: name\n", "      columns: name\n      batch: { size: 10 }\n"] {
        let (project, fresh) = project(Database::Postgres, 200);
        let counted = "SELECT reltuples > 0 FROM pg_class WHERE oid = 'users'::regclass";
        assert_eq!(fresh.query(counted), [["f"]]);
        script(&project, more, &["row.name = \"new\";"]);
        project.run(&["upgrade"]).ok();
        assert_eq!(fresh.query(counted), [["t"]]);
    }
}

#[test]
fn rows_go_through_it_in_the_order_that_is_said() {
    for database in Database::ALL {
        for batch in ["", "      batch: { size: 3 }\n"] {
            let (project, fresh) = project(database, 9);
            let more = format!("      columns: name\n      order: [{{ name: email, order: desc }}]\n{batch}");
            script(&project, &more, &["row.name = \"x\";", "if row.id == 5 { throw \"five\"; }"]);
            let stopped = project.run(&["upgrade"]);
            let stopped = stopped.says("five");
            let done = fresh.value("SELECT COUNT(*) FROM users WHERE name = 'x'");
            // In a transaction nothing stays; in batches, the rows with the greater addresses.
            let (code, stayed) = if batch.is_empty() { (3, "0") } else { (5, "4") };
            assert_eq!((stopped.code, done.as_str()), (code, stayed), "{}", database.word());
            script(&project, &more, &["row.name = \"x\";"]);
            project.run(&["upgrade"]).ok();
            assert_eq!(fresh.value("SELECT COUNT(*) FROM users WHERE name = 'x'"), "9", "{}", database.word());
            project.run(&["downgrade", "a1"]).ok();
            assert_eq!(fresh.value("SELECT COUNT(*) FROM users WHERE name = 'x'"), "0", "{}", database.word());
        }
        let (project, _fresh) = project(database, 3);
        script(&project, "      columns: name\n      order: email\n", &["row.name = \"x\";"]);
        project.run(&["upgrade"]).ok();
        project.run(&["downgrade", "a1"]).ok();
        script(&project, "      columns: name\n      order: price\n", &["row.name = \"x\";"]);
        project.run(&["upgrade"]).exits(2).says("by price, which may be NULL");
        script(&project, "      columns: [name, email]\n      order: email\n", &["row.name = \"x\";"]);
        project.run(&["upgrade"]).exits(2).says("by email, which the step changes");
    }
}

#[test]
fn a_row_that_fails_is_skipped_where_the_step_says_so() {
    for database in Database::ALL {
        let (project, fresh) = project(database, 20);
        let more = "      columns: name\n      batch: { size: 8 }\n      on_error: skip\n";
        script(&project, more, &["if row.id == 7 { throw \"seven\"; }", "row.name = \"x\";"]);
        project.run(&["upgrade"]).ok().says("1 row was skipped, 19 are ok");
        assert_eq!(fresh.value("SELECT count(*) FROM users WHERE name = 'x'"), "19");
        assert_eq!(fresh.value("SELECT name FROM users WHERE id = 7"), "Näme 7");
    }
}

#[test]
fn what_fails_names_file_line_and_key_and_changes_nothing() {
    for database in Database::ALL {
        let (project, fresh) = project(database, 5);
        let before = rows(&fresh);
        for (lines, at, said) in [
            (&["", "if row.id == 4 { throw \"no\"; }", "row.name = \"x\";"][..], 1, "the script throws: no"),
            (&["row.name = \"x\";", "fn f(n) {", "  1 / n", "}", "f(row.id - 4);"], 2, "ivision by zero"),
            (&["if row.id == 4 { row.name = \"123456789012345678901\"; }"], 0, "takes 20 characters, not 21"),
            (&["if row.id == 4 { row.email = (); }"], 0, "column email takes no NULL"),
            (&["if row.id == 4 { row.name = 5; }"], 0, "column name takes text"),
            (&["if row.id == 4 { row.price = \"1\"; }"], 0, "sets `price`, which it may only read"),
            (&["if row.id == 4 { row.id = 9; }"], 0, "sets `id`, which it may only read"),
            (&["if row.id == 4 { row.nmae = \"x\"; }"], 0, "sets `nmae`, which is not among its columns"),
            (&["if row.id == 4 { loop { } }"], 0, "it was stopped"),
            (&["if row.id == 4 { let s = \"x\"; loop { s += s; } }"], 0, "too much of"),
        ] {
            script(&project, COLUMNS, lines);
            let place = format!("versions/2.yaml:{}", first_line(COLUMNS) + at);
            let output = project.run(&["upgrade"]).exits(3).says(said).says(&place);
            output.says("users 4").says("the step `tidy` failed");
            assert_eq!(rows(&fresh), before, "{}: {lines:?}", database.word());
            project.run(&["current"]).ok().prints("a1");
        }
    }
}

#[test]
fn a_script_that_is_none_stops_before_anything_runs() {
    for database in Database::ALL {
        let (project, fresh) = project(database, 2);
        project
            .write("versions/0.yaml", "revision: b1\ndown_revision: a1\nupgrade: [{ sql: \"DELETE FROM users\" }]\n");
        for (lines, at, said) in [
            (&["let a = 1;", "let = 2;"][..], 1, "variable"),
            (&["row.name = nosuch;"], 0, "nosuch"),
            (&["eval(\"1\");"], 0, "eval"),
            (&["print(1);"], 0, "print"),
            (&["import \"os\" as os;"], 0, "import"),
        ] {
            script(&project, COLUMNS, lines);
            let text = project.read("versions/2.yaml").replace("down_revision: a1", "down_revision: b1");
            project.write("versions/2.yaml", text);
            let place = format!("versions/2.yaml:{}", first_line(COLUMNS) + at);
            project.run(&["upgrade"]).exits(2).says(said).says(&place);
            assert_eq!(fresh.value("SELECT count(*) FROM users"), "2", "nothing ran");
        }
    }
}

#[test]
fn names_that_are_not_there_are_said() {
    for database in Database::ALL {
        let (project, _fresh) = project(database, 2);
        for (more, said) in [
            ("      columns: [emial]\n", "has no column emial"),
            ("      columns: [name]\n      reads: [nmae]\n", "has no column nmae"),
            ("      columns: [id]\n", "id is a part of the key of users"),
            ("      columns: [name]\n      where: \"nosuch = 1\"\n", "nosuch"),
        ] {
            script(&project, more, &["row.name = \"x\";"]);
            let output = project.run(&["upgrade"]);
            assert_ne!(output.code, 0, "{output}");
            output.says("versions/2.yaml").says(said);
        }
        project.write("versions/2.yaml", "revision: a2\ndown_revision: a1\nupgrade:\n  - script: { name: x, table: users, columns: name, text: x, language: lua }\n");
        project.run(&["upgrade"]).exits(2).says("versions/2.yaml:4").says("`rhai`");
    }
}

#[test]
fn a_script_is_shown_and_not_printed_for_a_shell() {
    for database in Database::ALL {
        let (project, _fresh) = project(database, 2);
        script(&project, COLUMNS, &["row.name = \"x\";"]);
        project.run(&["show", "a2"]).ok().prints("tidy: script on users").prints("take back: tidy");
        project.run(&["upgrade", "--dry-run"]).ok().prints("-- tidy: rows of users through a script");
        project
            .run(&["upgrade", "--sql"])
            .exits(2)
            .says("cannot take rows through a program")
            .says("versions/2.yaml:5");
    }
}

#[test]
fn rows_changed_since_are_not_overwritten() {
    for database in Database::ALL {
        let (project, fresh) = project(database, 4);
        script(&project, COLUMNS, &["row.name = \"x\";"]);
        project.run(&["upgrade"]).ok();
        fresh.execute("UPDATE users SET name = 'mine' WHERE id = 2;");
        project.run(&["downgrade", "a1"]).exits(1).says("changed or deleted since by others");
        assert_eq!(fresh.value("SELECT name FROM users WHERE id = 2"), "mine");
    }
}
