//! Several databases in one project: `databases:`, `--db NAME`, `--db all`.

use super::table_revision;
use crate::common::{Database, Fresh, Project};

/// Two databases with revisions and models of their own: `main` has one revision, `audit` two.
fn two() -> (Project, Fresh, Fresh) {
    let (main, audit) = (Database::Sqlite.fresh(), Database::Sqlite.fresh());
    let project = Project::empty();
    project.write(
        "migrate.yaml",
        format!(
            "databases:\n  main: {{ url: \"{}\", models: main/models, versions: main/versions }}\n  audit:\n    url: \"{}\"\n    \
             models: audit/models\n    versions: [audit/versions]\n    version_table: audit_version\n",
            main.url(),
            audit.url()
        ),
    );
    project.write("main/versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
    project.write("audit/versions/b.yaml", table_revision("bbbb", "null", "first", "two"));
    project.write("audit/versions/c.yaml", table_revision("cccc", "bbbb", "second", "three"));
    let model = |names: &[&str]| {
        let table = |name: &&str| {
            format!("  {name}: {{ columns: {{ id: {{ type: bigint, nullable: false }} }}, primary_key: [id] }}\n")
        };
        format!("tables:\n{}", names.iter().map(table).collect::<String>())
    };
    project.write("main/models/m.yaml", model(&["one"]));
    project.write("audit/models/m.yaml", model(&["two", "three"]));
    (project, main, audit)
}

#[test]
fn one_must_be_chosen_and_they_are_named() {
    let (project, _main, _audit) = two();
    for command in ["heads", "current", "upgrade", "check", "status"] {
        let output = project.run(&[command]).exits(2).says("there are several databases: main, audit");
        output.says("choose one with --db NAME, or all of them with --db all");
    }
    project.run(&["heads", "--db", "adit"]).exits(2).says("there is no database `adit`").says("write `audit`");
    assert_eq!(project.run(&["heads", "--db", "main"]).ok().stdout, "aaaa (head), first\n");
    assert_eq!(project.run(&["--db", "audit", "heads"]).ok().stdout, "cccc (head), second\n");
    for words in [&["merge"][..], &["inspect"], &["edit"]] {
        let words: Vec<&str> = words.iter().chain(&["--db", "all"]).copied().collect();
        project.run(&words).exits(2).says("works on one database").says("main, audit");
    }
    project.run(&["upgrade", "--db", "all", "--url", "sqlite://x.db"]).exits(2).says("one URL cannot serve for all");
    project.run(&["upgrade", "--db", "all", "--sql"]).exits(2).says("a script is for one database");
    project.run(&["upgrade", "--db", "main", "--sql"]).ok().prints("CREATE TABLE \"one\"");
}

#[test]
fn each_has_models_revisions_and_a_table_of_its_own() {
    let (project, main, audit) = two();
    let output = project.run(&["upgrade", "--db", "all"]).ok();
    assert_eq!(output.stdout, "");
    let at = |text: &str| output.stderr.find(text).unwrap_or_else(|| panic!("no {text} in {output}"));
    assert!(at("Database main") < at("Applying aaaa") && at("Applying aaaa") < at("Database audit"));
    assert_eq!((super::tables(&main), super::tables(&audit).len()), (vec!["one".to_owned()], 3));
    assert_eq!(audit.value("SELECT version_num FROM audit_version"), "cccc");
    let output = project.run(&["check", "--db", "all"]).ok();
    let in_sync = "in sync: at head, and the database equals the models\n";
    assert_eq!(output.stdout, format!("main:\n{in_sync}audit:\n{in_sync}"));
    assert_eq!(
        project.run(&["current", "--db", "all"]).ok().stdout,
        "main:\naaaa (head), first\naudit:\ncccc (head), second\n"
    );
    let output = project.run(&["history", "--db", "all", "-i"]).ok();
    let audit = "audit:\nbbbb -> cccc (head) (current), second\n<base> -> bbbb, first\n";
    assert_eq!(output.stdout, format!("main:\n<base> -> aaaa (head) (current), first\n{audit}"));
    project.run(&["downgrade", "base", "--db", "all"]).ok();
    project.run(&["status", "--db", "all", "--check"]).exits(1).prints("main:\nbehind").prints("audit:\nbehind");
    project.run(&["stamp", "head", "--db", "all"]).ok();
    project.run(&["current", "--db", "all", "--check-heads"]).ok();
}

#[test]
fn programs_get_one_object() {
    let (project, _main, _audit) = two();
    let output = project.run(&["upgrade", "--db", "all", "--format", "json"]).ok();
    assert_eq!(output.stderr, "");
    assert!(
        output
            .stdout
            .starts_with("{\"format\":1,\"databases\":{\"main\":{\"format\":1,\"steps\":[{\"revision\":\"aaaa\","),
        "{output}"
    );
    assert!(
        output.stdout.contains(",\"audit\":{\"format\":1,\"steps\":") && output.stdout.ends_with("},\"not_run\":[]}\n"),
        "{output}"
    );
    assert_eq!(output.stdout.lines().count(), 1);
    let output = project.run(&["current", "--db", "all", "--format", "json"]).ok();
    let expected = "{\"format\":1,\"databases\":{\"main\":{\"format\":1,\"revisions\":[\"aaaa\"]},\"audit\":{\"format\":1,\"revisions\":[\"cccc\"]}},\"not_run\":[]}\n";
    assert_eq!(output.stdout, expected);
}

#[test]
fn what_writes_stops_at_the_first_failure() {
    let (project, main, audit) = two();
    main.execute("CREATE TABLE one (x integer);");
    let output =
        project.run(&["upgrade", "--db", "all"]).exits(3).says("error: main: ").says("stopped; not run: audit");
    assert!(!output.stderr.contains("Database audit") && !audit.file().exists(), "{output}");
    let output = project.run(&["upgrade", "--db", "all", "--format", "json"]).exits(3);
    assert!(output.stdout.starts_with("{\"format\":1,\"databases\":{\"main\":{\"error\":{\"code\":3,"), "{output}");
    assert!(output.stdout.ends_with("\"not_run\":[\"audit\"]}\n"), "{output}");
    assert!(output.stderr.starts_with("{\"error\":{\"code\":3,") && output.stderr.lines().count() == 1, "{output}");
}

#[test]
fn what_reads_answers_for_each_and_the_worst_counts() {
    let (project, main, _audit) = two();
    project.run(&["upgrade", "--db", "all"]).ok();
    main.execute("ALTER TABLE one ADD COLUMN extra integer;");
    project.run(&["check", "--db", "all"]).exits(1).prints("extra").prints("audit:\nin sync");
    project.write("main/models/m.yaml", "tables: [\n");
    let output = project.run(&["check", "--db", "all"]).exits(2).says("error: main: ").prints("audit:\nin sync");
    assert!(!output.stderr.contains("not run"), "{output}");
    let output = project.run(&["check", "--db", "all", "--format", "json"]).exits(2);
    output.prints("\"main\":{\"error\":").prints("\"audit\":{\"format\":1,\"in_sync\":true").says("{\"error\":");
}

#[test]
fn environments_and_databases_combine() {
    let (project, _main, _audit) = two();
    let (prod, other) = (Database::Sqlite.fresh(), Database::Sqlite.fresh());
    let config = project.read("migrate.yaml");
    let environment = format!(
        "environments:\n  prod:\n    run: {{ retries: 1 }}\n    databases:\n      audit: {{ url: \"{}\" }}\n      main: {{ url: \"{}\" }}\n",
        prod.url(),
        other.url()
    );
    project.write("migrate.yaml", format!("{config}{environment}"));
    let output = project.run(&["upgrade", "--db", "all", "--env", "prod"]).ok();
    assert!(
        output.stderr.find("Database main") < output.stderr.find("Database audit"),
        "the order of the file: {output}"
    );
    assert_eq!((super::tables(&prod).len(), super::tables(&other)), (3, vec!["one".to_owned()]));
    project.run(&["current", "--db", "audit"]).ok();
    assert_eq!(project.run(&["current", "--db", "audit"]).ok().stdout, "");
    assert_eq!(project.run(&["current", "--db", "audit", "--env", "prod"]).ok().stdout, "cccc (head), second\n");
}

#[test]
fn databases_may_share_their_revisions() {
    let (one, other) = (Database::Sqlite.fresh(), Database::Sqlite.fresh());
    let project = Project::empty();
    let databases =
        format!("databases: {{ one: {{ url: \"{}\" }}, other: {{ url: \"{}\" }} }}\n", one.url(), other.url());
    project.write("migrate.yaml", databases).write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
    project.write("models/.keep", "");
    // What looks at files only needs no choice.
    assert_eq!(project.run(&["heads"]).ok().stdout, "aaaa (head), first\n");
    project.run(&["revision", "-m", "second", "--rev-id", "bbbb"]).ok();
    project.run(&["upgrade"]).exits(2).says("there are several databases: one, other");
    project.run(&["revision", "--autogenerate", "-m", "x"]).exits(2).says("there are several databases: one, other");
    project.run(&["upgrade", "--db", "all"]).ok();
    assert_eq!((super::tables(&one), super::tables(&other)), (vec!["one".to_owned()], vec!["one".to_owned()]));
    project.run(&["revision", "-m", "x", "--db", "all"]).exits(2).says("the databases share their revisions");
    assert_eq!(project.list("versions").len(), 2);
}

#[test]
fn revisions_are_written_for_each() {
    let (project, _main, _audit) = two();
    project.run(&["upgrade", "--db", "all"]).ok();
    project.write("audit/models/m.yaml", "tables: {}\n");
    let words = ["revision", "--autogenerate", "-m", "gone", "--allow-drop-all", "--db", "all"];
    let output = project.run(&words).ok().says("nothing to do");
    assert!(output.stdout.starts_with("audit/versions/") && output.stdout.lines().count() == 1, "{output}");
}

#[test]
fn three_servers_in_one_project() {
    let databases = Database::ALL.map(Database::fresh);
    let project = Project::empty();
    let lines: String = databases
        .iter()
        .map(|fresh| format!("  {}: {{ url: \"{}\" }}\n", fresh.database().word(), fresh.url()))
        .collect();
    project.write("migrate.yaml", format!("databases:\n{lines}"));
    project.write(
        "models/m.yaml",
        "tables: { one: { columns: { id: { type: bigint, nullable: false } }, primary_key: [id] } }\n",
    );
    project.write("versions/.keep", "");
    project.run(&["revision", "--autogenerate", "-m", "one", "--db", "postgres"]).ok();
    project.run(&["upgrade", "--db", "all"]).ok();
    let output = project.run(&["check", "--db", "all"]).ok();
    assert_eq!(output.stdout.matches("in sync").count(), 3, "{output}");
    for fresh in &databases {
        assert_eq!(fresh.value("SELECT count(*) FROM one"), "0");
    }
}

#[test]
fn values_of_the_command_line_stand_in_revisions() {
    let (project, main, _audit) = two();
    let revision = "-- revision: dddd\n-- down_revision: aaaa\n-- migrate:up\nINSERT INTO one VALUES (${x.id});\nCREATE TABLE ${x.name:ident} (note text DEFAULT ${x.note:literal});\n-- $${x.id} $HOME\n-- migrate:down\nDROP TABLE ${x.name:ident};\n";
    project.write("main/versions/d.sql", revision);
    let output =
        project.run(&["upgrade", "--db", "all", "-x", "id=1"]).exits(2).says("asks for a value `name`").says("d.sql:5");
    assert!(!main.file().exists() || super::tables(&main).is_empty(), "{output}");
    let words = ["-x", "id=1", "upgrade", "--db", "main", "-x", "name=a \"b", "-x", "note=it's", "-x", "id=7"];
    project.run(&words).ok();
    assert_eq!(main.value("SELECT id FROM one"), "7");
    main.execute("INSERT INTO \"a \"\"b\" DEFAULT VALUES;");
    assert_eq!(main.value("SELECT note FROM \"a \"\"b\""), "it's");
    project
        .run(&["upgrade", "--db", "main", "--sql", "-x", "id=1", "-x", "name=n", "-x", "note=x"])
        .ok()
        .prints("INSERT INTO one VALUES (1)");
    project.run(&["status", "--db", "main"]).ok();
    project.run(&["check", "--db", "main", "--fresh", "-x", "id=1", "-x", "name=n", "-x", "note=x"]).exits(1);
    project.run(&["downgrade", "aaaa", "--db", "main", "--yes", "-x", "name=a \"b"]).ok();
}
