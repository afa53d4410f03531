//! Templates and hooks of new revisions, models that a program prints, and `scratch_setup`.

use super::project;
use crate::common::{Database, Fresh, Project};

const MODEL: &str = "tables:\n  orders:\n    columns:\n      id: { type: bigint, nullable: false }\n      note: { type: text }\n    primary_key: [id]\n";

/// A project on SQLite with these lines in its configuration.
fn configured(lines: &str) -> (Project, Fresh) {
    let (project, database) = project();
    let config = project.read("migrate.yaml");
    project.write("migrate.yaml", format!("{config}{lines}"));
    (project, database)
}

fn script(project: &Project, name: &str, text: &str) {
    project.write(name, format!("#!/bin/sh\n{text}\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(project.path(name), mode).expect("a mode");
}

#[test]
fn a_template_surrounds_every_new_revision() {
    let (project, database) = configured("revision_template: [templates/a.yaml, templates/b.sql]\n");
    project.write("templates/a.yaml", "# Reviewed by: (<id>, <message>)\n<header>\nmeta: { owner: shop }\n\n<body>\n");
    project.write("templates/b.sql", "-- Reviewed by: (<id>)\n<header>\n\n<body>\n-- the end\n");
    project.write("models/shop.yaml", MODEL);
    let path = project.run(&["revision", "--autogenerate", "-m", "orders", "--rev-id", "a1"]).ok().stdout;
    let text = project.read(path.trim_end());
    assert!(text.starts_with("# Reviewed by: (a1, orders)\nrevision: a1\n"), "{text}");
    assert!(text.contains("\nmeta: { owner: shop }\n\nupgrade:\n  - create_table:"), "{text}");
    let path = project.run(&["revision", "-m", "two", "--rev-id", "a2", "--as", "sql"]).ok().stdout;
    let text = project.read(path.trim_end());
    assert!(text.starts_with("-- Reviewed by: (a2)\n-- revision: a2\n") && text.ends_with("-- the end\n"), "{text}");
    project.run(&["upgrade"]).ok();
    assert_eq!(super::tables(&database), ["orders"]);
    project.run(&["revision", "--head", "base", "--rev-id", "b1"]).ok();
    let path = project.run(&["merge", "--rev-id", "m1"]).ok().stdout;
    assert!(project.read(path.trim_end()).starts_with("# Reviewed by: (m1, merge "), "{path}");
    project.run(&["show", "a1"]).ok().prints("owner: shop");
}

#[test]
fn a_template_is_refused_with_its_line() {
    let (project, _database) = configured("revision_template: t.yaml\n");
    for (template, line, why) in [
        ("<header>\n", 1, "no line `<body>`"),
        ("# x\n\n<header>\n# <autor>\n<body>\n", 4, "`<autor>` is no place"),
        ("<header>\nowner: me\n<body>\n", 2, "unknown key `owner`"),
        ("<header>\n\n<body>\n  - sql: DROP TABLE x\n", 4, ""),
    ] {
        project.write("t.yaml", template);
        project.run(&["revision", "-m", "x"]).exits(2).says(&format!("--> t.yaml:{line}")).says(why);
    }
    project.write("t.yaml", "<header>\n<body>\n");
    project.run(&["revision", "-m", "x"]).ok();
    std::fs::remove_file(project.path("t.yaml")).unwrap();
    project.run(&["revision", "-m", "x"]).exits(2).says("t.yaml");
    // It is of no use for another language.
    project.run(&["revision", "-m", "x", "--as", "sql"]).ok();
    assert_eq!(project.list("versions").len(), 2);
}

#[test]
fn hooks_are_given_each_new_file() {
    let (project, _database) =
        configured("hooks:\n  - [tools/sign, \"a b\", \"$HOME;\"]\n  - { command: [cp, <file>, last], timeout: 5s }\n");
    script(&project, "tools/sign", "echo noise; echo \"# $# $1 $2 $(basename \"$PWD\")\" >> \"$3\"");
    project.write("models/shop.yaml", MODEL);
    let sign = "# 3 a b $HOME; project\n";
    for words in [
        &["revision", "--autogenerate", "-m", "orders", "--rev-id", "a1"][..],
        &["revision", "-m", "side", "--head", "base", "--rev-id", "b1"],
        &["merge", "--rev-id", "m1"],
    ] {
        let output = project.run(words).ok();
        let path = output.stdout.trim_end();
        assert!(path.starts_with("versions/") && path.ends_with(".yaml"), "the path is all that is printed: {output}");
        let text = project.read(path);
        assert!(text.ends_with(sign), "{text}");
        assert_eq!(project.read("last"), text);
        output.says("Running tools/sign a b $HOME;");
    }
    assert_eq!(project.run(&["revision", "-m", "x", "--format", "json"]).ok().stderr, "");
}

#[test]
fn a_hook_that_fails_is_told_and_the_file_stays() {
    for (hook, code, parts) in [
        ("[sh, -c, \"echo not tidy >&2; exit 3\"]", 1, ["failed with exit code 3", "caused by: not tidy"]),
        ("{ command: [sh, -c, sleep 20], timeout: 200ms }", 1, ["did not end within 200ms", "was written and stays"]),
        ("[no-such-program]", 1, ["cannot start `no-such-program`", "PATH"]),
        ("[sh, -c, 'echo \"\" > \"$0\"']", 1, ["the file is empty", "a hook is not content"]),
        ("[sed, -i, 's/^revision: a1/revision: a2/']", 1, ["its header is another one", "was written and stays"]),
    ] {
        let (project, _database) = configured(&format!("hooks: [{hook}]\nfile_template: <id>\n"));
        let output = project.run(&["revision", "-m", "x", "--rev-id", "a1"]).exits(code);
        assert_eq!(output.stdout, "", "{output}");
        parts.into_iter().fold(output.says("versions/a1.yaml"), |output, part| output.says(part));
        assert_eq!(project.list("versions"), ["a1.yaml"]);
    }
}

#[test]
fn no_commands_runs_none() {
    let (project, _database) = configured("hooks: [[touch, hooked]]\nmodels: { command: [touch, modelled] }\n");
    project.run(&["revision", "-m", "x", "--no-commands"]).ok().says("the hooks were not run");
    project.run(&["--no-commands", "check", "--fresh"]).exits(2).says("--no-commands forbids");
    assert_eq!(project.list(""), ["migrate.yaml", "models", "versions"]);
    // What needs no models does not ask for them.
    project.run(&["upgrade", "--no-commands"]).ok();
}

#[test]
fn a_program_prints_the_models() {
    let (project, database) = configured("models: { command: [tools/schema, \"--all\"] }\n");
    project.write("schema.yaml", MODEL);
    script(&project, "tools/schema", "echo loading >&2; [ \"$1\" = --all ] && cat schema.yaml");
    project.run(&["revision", "--autogenerate", "-m", "orders"]).ok();
    project.run(&["upgrade"]).ok();
    let output = project.run(&["check"]).ok();
    assert_eq!((output.stderr.as_str(), super::tables(&database)), ("", vec!["orders".to_owned()]));
    // What it printed is judged once; when it prints something else, that counts.
    project.write("schema.yaml", MODEL.replace("note", "remark"));
    project.run(&["check"]).exits(1).prints("remark");
    project.run(&["check", "--format", "github"]).exits(1).prints("::error title=");
    project.write("schema.yaml", "tables:\n  a: { colums: {} }\n");
    project.run(&["check"]).exits(2).says("output of `tools/schema --all`:2").says("colums");
    script(&project, "tools/schema", "echo No module named app >&2; exit 1");
    let output = project.run(&["check"]).exits(2).says("`tools/schema --all` failed with exit code 1");
    output.says("caused by: No module named app").says("migrate.yaml");
    script(&project, "tools/schema", "printf '\\377'");
    project.run(&["check"]).exits(2).says("not UTF-8");
    project.run(&["heads"]).ok();
}

#[test]
fn a_program_may_print_sql_and_has_a_limit() {
    let (project, _database) = configured("models: { command: [cat, schema.sql], as: sql, timeout: 5s }\n");
    project.write("schema.sql", "CREATE TABLE orders (id integer PRIMARY KEY);\n");
    project.run(&["create-all"]).ok();
    project.run(&["check"]).ok();
    project.write("schema.sql", "CREATE TABLE orders (id integer PRIMARY KEY);\nCREATE TABEL x;\n");
    project.run(&["check"]).exits(2).says("output of `cat schema.sql`:2");
    let (project, _database) = configured("models: { command: [sleep, \"30\"], timeout: 200ms }\n");
    project.run(&["check"]).exits(2).says("did not end within 200ms").says("timeout: 5m");
    let (project, _database) = configured("models: { command: [cat], as: xml }\n");
    project.run(&["check"]).exits(2).says("expected yaml or sql").says("migrate.yaml:2");
}

/// What the models need and do not declare, in the words of each database; the model; and another one.
fn prepared(database: Database) -> (&'static str, &'static str) {
    match database {
        Database::Sqlite => (
            "CREATE TABLE regions (id integer PRIMARY KEY);\nINSERT INTO regions VALUES (1);",
            "CREATE TABLE shops (id integer PRIMARY KEY, region integer REFERENCES regions (id));",
        ),
        Database::Postgres => (
            "CREATE TYPE mood AS ENUM ('sad', 'glad');\n\
             CREATE FUNCTION usual_mood() RETURNS mood LANGUAGE sql AS $$ SELECT 'glad'::mood; $$;\n\
             CREATE TABLE regions (id integer PRIMARY KEY);",
            "CREATE TABLE shops (id integer PRIMARY KEY, mood mood DEFAULT usual_mood(), region integer REFERENCES regions (id));",
        ),
        Database::Mysql => (
            "CREATE TABLE regions (id integer PRIMARY KEY) ENGINE = InnoDB;\n\
             CREATE FUNCTION one() RETURNS int DETERMINISTIC RETURN 1;",
            "CREATE TABLE shops (id integer PRIMARY KEY, region integer, CONSTRAINT fk_region FOREIGN KEY (region) REFERENCES regions (id)) ENGINE = InnoDB;",
        ),
    }
}

#[test]
fn scratch_setup_runs_first_and_is_not_of_the_models() {
    for database in Database::ALL {
        let fresh = database.fresh();
        let project = Project::on(&fresh);
        let (setup, model) = prepared(database);
        project.write("models/shop.sql", model);
        fresh.execute(setup);
        let plain = project.read("migrate.yaml");
        // Without it the model cannot be made, or what stands beside it counts as unwanted.
        assert_ne!(project.run(&["check"]).code, 0);
        project.write("migrate.yaml", format!("{plain}scratch_setup: scratch.sql\n"));
        project.run(&["check"]).exits(2).says("`scratch_setup` cannot be read").says("scratch.sql");
        project.write("scratch.sql", setup);
        let path = project.run(&["revision", "--autogenerate", "-m", "shops"]).ok().stdout;
        let text = project.read(path.trim_end());
        assert!(text.contains("shops") && !text.contains("name: regions") && !text.contains("create_enum"), "{text}");
        project.run(&["upgrade"]).ok();
        let output = project.run(&["check"]).ok();
        assert!(!output.stderr.contains("not modelled"), "{output}");
        project.run(&["check", "--fresh"]).ok();
        project.run(&["diff", "head", "models"]).ok();
        project.run(&["revision", "--autogenerate", "-m", "x"]).ok().says("nothing to do");
        // It is judged again when the file changes.
        project.write("scratch.sql", format!("{setup}\nSELEC 1;\n"));
        let output = project.run(&["check"]).exits(2).says("the database refuses this of `scratch_setup`");
        output.says(&format!("scratch.sql:{}", setup.lines().count() + 1));
    }
}

#[test]
fn an_extension_of_scratch_setup_serves_the_models() {
    let fresh = Database::Postgres.fresh();
    let project = Project::on(&fresh);
    let plain = project.read("migrate.yaml");
    project.write("migrate.yaml", format!("{plain}scratch_setup: scratch.sql\n"));
    project.write("scratch.sql", "CREATE EXTENSION IF NOT EXISTS pg_trgm;\n");
    project.write("models/a.sql", "CREATE TABLE a (b text);\nCREATE INDEX ix_a_b ON a USING gin (b gin_trgm_ops);\n");
    // The database itself has no such extension yet: only the scratch place had.
    project.run(&["revision", "--autogenerate", "-m", "a"]).ok();
    assert_eq!(fresh.value("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"), "0");
    fresh.execute("CREATE EXTENSION pg_trgm;");
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok();
}
