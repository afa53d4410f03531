//! What is said of mistakes in configuration, files and graph: the message, the place, the exit code.

use super::{line, project, table_revision, tables};
use crate::common::{Database, Project};

#[track_caller]
fn with_config(text: &str) -> Project {
    let project = Project::empty();
    project.write("migrate.yaml", text);
    project.write("versions/.keep", "").write("models/.keep", "");
    project
}

#[test]
fn configuration() {
    with_config("databse: { url: x }\n")
        .run(&["heads"])
        .exits(2)
        .says("`databse`")
        .says("migrate.yaml:1:1")
        .says("`database`");
    with_config("database: { url: \"${NO_SUCH}\" }\n")
        .run(&["current"])
        .exits(2)
        .says("NO_SUCH")
        .says("migrate.yaml:1");
    with_config("database: { url: \"${NO_SUCH}\" }\n").run(&["heads"]).ok();
    with_config("format: 9\n").run(&["heads"]).exits(2).says("newer migrate");
    with_config("versions: [\n").run(&["heads"]).exits(2).says("migrate.yaml:");
    with_config("run: { lock_wait: long }\n").run(&["heads"]).exits(2).says("`long`");
    Project::empty().run(&["heads", "-c", "absent.yaml"]).exits(2).says("absent.yaml");
    with_config("{}\n").run(&["heads", "--env", "prod"]).exits(2).says("there is no environment `prod`");
    with_config("{}\n").run(&["heads", "--db", "audit"]).exits(2).says("there is no database `audit`");
}

#[test]
fn urls_are_never_repeated() {
    for url in [
        "sqlite//x",
        "oracle://u:s3cret@h/d",
        "postgres://u:s3cret#1@h/d",
        "postgres://u:s3@cret@h/d",
        "sqlite://x?s3cret=1",
    ] {
        let output = Project::empty().run(&["current", "--url", url]).exits(2);
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(!all.contains("s3") && !all.contains("cret") && all.starts_with("error: "), "{output}");
    }
}

/// Both sides of a merge, as git leaves them in a file.
fn conflict(ours: &str, theirs: &str) -> String {
    format!("<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> theirs\n")
}

#[test]
fn a_merge_conflict_is_one_wherever_it_is() {
    let (project, _database) = line();
    let says = |file: &str, text: &str, command: &[&str], line: usize| {
        let before = project.read(file);
        project.write(file, text);
        let said = project.run(command).exits(2).says("mark of a merge conflict: <<<<<<<");
        said.says(&format!("{file}:{line}")).says("hint: resolve the conflict and delete its marks");
        project.write(file, before);
    };
    let messages = conflict("message: ours\n", "message: theirs\n");
    let header = "revision: aaaa\ndown_revision: null\n";
    let operations = conflict("  - sql: SELECT 1\n", "  - sql: SELECT 2\n");
    says("versions/a.yaml", &format!("{header}{messages}upgrade: []\n"), &["heads"], 3);
    says("versions/a.yaml", &format!("{header}message: x\nupgrade:\n{operations}"), &["upgrade"], 5);
    let messages = conflict("-- message: ours\n", "-- message: theirs\n");
    let header = "-- revision: bbbb\n-- down_revision: aaaa\n";
    says("versions/b.sql", &format!("{header}{messages}\n-- migrate:up\nSELECT 1;\n"), &["heads"], 3);
    let bodies = conflict("-- migrate:up\nSELECT 1;\n", "-- migrate:up\nSELECT 2;\n");
    says("versions/b.sql", &format!("{header}\n{bodies}"), &["upgrade"], 4);
    let body = conflict("SELECT 1;\n", "SELECT 2;\n");
    says("versions/b.sql", &format!("{header}\n-- migrate:up\n{body}"), &["upgrade"], 5);
    let tables = conflict("  a: { columns: { id: int } }\n", "  b: { columns: { id: int } }\n");
    project.write("models/shop.yaml", "");
    says("models/shop.yaml", &format!("tables:\n{tables}"), &["diff", "db", "models"], 2);
    let settings = conflict("heads_file: true\n", "heads_file: false\n");
    says("migrate.yaml", &settings, &["heads"], 1);
}

#[test]
fn folders_and_files() {
    let project = Project::empty();
    project.run(&["heads"]).exits(2).says("cannot read the folder of revisions").says("migrate init");
    project.write("versions/a.yaml", "");
    project.run(&["heads"]).exits(2).says("versions/a.yaml").says("empty");
    project.write("versions/a.yaml", b"revision: a\nmessage: \xff\n");
    project.run(&["heads"]).exits(2).says("not UTF-8").says("versions/a.yaml:2");
    project.write("versions/a.yaml", b"\xff\xfer\0e\0");
    project.run(&["heads"]).exits(2).says("UTF-16");
    project.write("versions/a.yaml", b"\xef\xbb\xbfrevision: a\r\nmessage: m\r\nupgrade: []\r\n");
    assert_eq!(project.run(&["heads"]).ok().stdout, "a (head), m\n");
    project.write("versions/a.yaml", "revision: a\nupgrade: []\nmessage: late\n");
    project.run(&["heads"]).exits(2).says("versions/a.yaml:3").says("move `message:` above `upgrade:`");
    project.write("versions/a.yaml", "revision: a\nmesage: m\nupgrade: []\n");
    project.run(&["heads"]).exits(2).says("`mesage`").says("2 | mesage: m\n  | ^\n").says("`message`");
    project.write("versions/a.yaml", "revision: [a\nupgrade: []\n");
    project.run(&["heads"]).exits(2).says("versions/a.yaml:");
    project.write("versions/a.sql", "CREATE TABLE a (id integer);\n");
    project.write("versions/a.yaml", "revision: a\nupgrade: []\n");
    project.run(&["heads"]).exits(2).says("versions/a.sql:1").says("-- revision:");
}

#[test]
fn the_graph() {
    let (project, _database) = project();
    project.write("versions/a.yaml", table_revision("aaaa", "zzzz", "x", "one"));
    project.run(&["heads"]).exits(7).says("zzzz").says("versions/a.yaml");
    project.write("versions/a.yaml", table_revision("aaaa", "bbbb", "x", "one"));
    project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "x", "one"));
    project.run(&["history"]).exits(7).says("aaaa").says("bbbb");
    project.write("versions/b.yaml", table_revision("aaaa", "null", "x", "one"));
    project.run(&["upgrade"]).exits(7).says("versions/a.yaml").says("versions/b.yaml");
    project.write("versions/b.yaml", table_revision("head", "null", "x", "one"));
    project.run(&["heads"]).exits(2).says("`head` cannot be the id of a revision");
}

#[test]
fn targets() {
    let (project, database) = line();
    project.run(&["upgrade", "zzzz"]).exits(2).says("`zzzz`").says("hint:");
    project.run(&["upgrade", "a:b"]).exits(2).says("`a:b`");
    project.run(&["downgrade", "+1"]).exits(2).says("`+1`");
    project.run(&["upgrade", "+9"]).exits(2).says("`+9`");
    project.run(&["downgrade", "bbbb"]).exits(2).says("bbbb");
    assert_eq!(tables(&database), Vec::<String>::new());
}

#[test]
fn a_failing_statement_is_shown_with_its_place() {
    let (project, database) = line();
    project.write(
        "versions/d.sql",
        "-- revision: dddd\n-- down_revision: cccc\n\n-- migrate:up\nCREATE TABLE fine (id integer);\nINSERT INTO absent\n  VALUES (1);\n-- migrate:down\n",
    );
    let output = project.run(&["upgrade"]).exits(3).says("error: no such table: absent\n").says("versions/d.sql:6");
    assert!(output.stderr.contains("revision dddd\n  | INSERT INTO absent\n"), "{output}");
    assert_eq!(tables(&database), ["one", "three", "two"], "the revision was rolled back, the earlier ones stay");
    let json = project.run(&["upgrade", "--format", "json"]).exits(3).stderr;
    assert!(json.contains("\"kind\":\"statement\"") && json.contains("\"revision\":\"dddd\""), "{json}");
    assert!(json.contains("\"statement\":\"INSERT INTO absent\\n  VALUES (1)\""), "{json}");
}

#[test]
fn what_a_revision_may_not_hold() {
    let (project, database) = project();
    let sql = |body: &str| format!("-- revision: aaaa\n\n-- migrate:up\n{body}\n");
    project.write("versions/a.sql", sql("CREATE TABLE a (id integer);\nCOMMIT;"));
    project.run(&["upgrade"]).exits(2).says("COMMIT").says("versions/a.sql:5");
    project.write("versions/a.sql", sql("CREATE TABLE a (id text DEFAULT 'x);"));
    project.run(&["upgrade"]).exits(2).says("versions/a.sql:4");
    project.write("versions/a.sql", sql("CREATE TABLE a (id integer);"));
    project.run(&["upgrade"]).ok();
    project.run(&["downgrade", "base"]).exits(2).says("no way back").says("versions/a.sql");
    assert_eq!(tables(&database), ["a"]);
    project.write("versions/b.yaml", "revision: bbbb\ndown_revision: aaaa\ndialect: postgres\nupgrade: []\n");
    project.run(&["upgrade"]).exits(2).says("postgres");
    project.write("versions/b.yaml", "revision: bbbb\ndown_revision: aaaa\nupgrade:\n  - creat_table: { name: x }\n");
    project.run(&["upgrade"]).exits(2).says("versions/b.yaml:4").says("`creat_table`").says("create_table");
}

#[test]
fn models() {
    let (project, _database) = project();
    let model = |text: &str| {
        project.write("models/m.yaml", text);
    };
    model("tables:\n  a:\n    colums: {}\n");
    project.run(&["check"]).exits(2).says("models/m.yaml:3").says("`colums`").says("`columns`");
    model("tables:\n  a:\n    columns: { id: { type: decimal(10,2) } }\n");
    project.run(&["check"]).exits(2).says("models/m.yaml:3");
    model("tables:\n  a:\n    columns: { id: { type: int } }\n  a:\n    columns: {}\n");
    project.run(&["check"]).exits(2).says("models/m.yaml:4");
    model(
        "tables:\n  a:\n    columns: { id: { type: int } }\n    foreign_keys: { fk: { columns: [id], references: { table: nowhere, columns: [id] } } }\n",
    );
    project.run(&["check"]).exits(2).says("nowhere");
    std::fs::remove_dir_all(project.path("models")).expect("the folder");
    project.run(&["check"]).exits(2).says("there are no models here");
}

#[test]
fn nothing_from_files_acts_on_the_terminal() {
    let (project, _database) = project();
    project.write("versions/a.yaml", "revision: aaaa\nmessage: \"red \\e[31m \\u202e end\"\nupgrade: []\n");
    let output = project.run(&["heads"]).ok();
    assert_eq!(output.stdout, "aaaa (head), red \\x1b[31m \\u{202e} end\n");
}

#[test]
fn connecting() {
    let project = Project::empty();
    project.write("versions/.keep", "");
    project.run(&["upgrade", "--url", "sqlite://no/such/folder/x.db"]).exits(2).says("folder");
    project.run(&["current", "--url", "postgres://u:s3cret@127.0.0.1:1/x"]).exits(2).says("127.0.0.1");
    project.write("text.db", "this is not a database, and long enough to look at it twice");
    project.run(&["current", "--url", "sqlite://text.db"]).exits(2).says("not a database");
    for command in ["status", "current"] {
        project.run(&[command, "--url", "sqlite://versions"]).exits(2).says("check that it is a file");
    }
}

#[test]
fn servers_that_do_not_fit_the_url() {
    let project = Project::empty();
    project.write("versions/.keep", "").write("models/.keep", "");
    let (mysql, postgres) = (Database::Mysql.fresh(), Database::Postgres.fresh());
    let nowhere = mysql.url().replace(&format!("/{}", mysql.name()), "");
    for command in [&["status"][..], &["upgrade"], &["upgrade", "--dry-run"], &["stamp", "base"], &["check"]] {
        let refused = project.run(&[command, &["--url", &nowhere]].concat());
        refused.exits(2).says("the URL names no database").says("put the name of the database behind the host");
    }
    let nobody = mysql.url().replace("//root@", "//nobody_here@");
    project.run(&["status", "--url", &nobody]).exits(2).says("does not let user nobody_here in without a password");
    for (url, key) in [(mysql.url(), "ssl-mode=required"), (postgres.url(), "sslmode=require")] {
        let with = if url.contains('?') { '&' } else { '?' };
        let refused = project.run(&["status", "--url", &format!("{url}{with}{key}")]);
        // A server of the tests may have a certificate of its own.
        if refused.code != 0 {
            refused.exits(2).says("does not support TLS").says("switch TLS on at the server");
        }
    }
}

#[test]
fn files_that_cannot_be_made() {
    let blocked = Project::empty();
    blocked.write("versions", "a file where a folder should be");
    blocked.run(&["revision", "-m", "x"]).exits(2);
    let empty = Project::empty();
    empty.run(&["heads", "-c", "absent.yaml"]).exits(2).says("correct the path behind --config");
    let (project, _database) = project();
    for (flag, text, meant) in [("--lock-wait", "5", "5s"), ("--allow-copy", "20", "20MB")] {
        project.run(&["upgrade", flag, text]).exits(2).says(&format!("write the unit, such as {meant}"));
    }
    project.run(&["forget", "--older-than", "30x"]).exits(2).says("see `migrate forget --help`");
}

#[test]
fn a_model_that_the_database_cannot_take_says_where_it_stands() {
    let cases = [
        ("    columns: { id: { type: int, default: abc } }", "the default abc of column id of odd: "),
        ("    columns: { id: { type: bool, default: 7 } }", "the default 7 of column id of odd: "),
        (
            "    columns: { id: { type: int, default: { sql: { other: \"1\" } } } }",
            "the default of column id of odd has no",
        ),
        (
            "    columns: { id: int, g: { type: int, generated: { sql: { other: id } } } }",
            "column g of odd has no text for",
        ),
    ];
    for database in Database::ALL {
        let fresh = database.fresh();
        let project = Project::on(&fresh);
        for (odd, phrase) in cases {
            let odd = odd.replace("other", if database == Database::Postgres { "sqlite" } else { "postgres" });
            let model = format!("tables:\n  fine:\n    columns: {{ id: bigint }}\n  odd:\n{odd}\n");
            project.write("models/m.yaml", model);
            for words in [&["check"][..], &["revision", "--autogenerate", "-m", "x"]] {
                project.run(words).exits(2).says(phrase).says("--> models/m.yaml:4").says("hint:");
            }
        }
    }
}

/// Two branches, each for itself sound, that add the same column.
#[test]
fn an_operation_that_does_not_fit_the_tables_fails_like_a_statement() {
    for on in [Database::Sqlite, Database::Postgres] {
        let database = on.fresh();
        let project = Project::on(&database);
        let file = |id: &str, down: &str, upgrade: &str| {
            let text = format!("revision: {id}\ndown_revision: {down}\nupgrade:\n{upgrade}");
            project.write(&format!("versions/{id}.yaml"), text);
        };
        let total =
            |word: &str| format!("  - add_column: {{ table: orders, column: {{ name: total, type: {word} }} }}\n");
        file("aaaa", "null", "  - create_table: { name: orders, columns: { note: { type: text } } }\n");
        file("bbbb", "aaaa", &total("integer"));
        let renamed = "  - rename_column: { table: orders, name: note, to: remark }\n";
        file("cccc", "aaaa", &format!("{renamed}{}", total("bigint")));
        let failed = |words: &[&str]| {
            let output = project.run(words).exits(3).says("Applying bbbb").says(" --> revision cccc");
            output.says("total").says("already")
        };
        failed(&["upgrade", "heads"]);
        project.run(&["downgrade", "base", "--allow-data-loss", "--yes"]).ok();
        let output = project.run(&["upgrade", "heads", "--format", "json"]).exits(3).says("\"kind\":\"statement\"");
        output.says("\"revision\":\"cccc\"");
        project.run(&["current"]).ok().prints("bbbb");
        project.run(&["check", "--fresh"]).exits(3).says("cccc");
    }
}
