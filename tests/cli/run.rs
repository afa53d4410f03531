//! Commands that change a database or say where it stands.

use super::{fork, line, project, table_revision, tables};
use crate::common::{Database, Project};

#[test]
fn up_and_down_and_where_it_stands() {
    let (project, database) = line();
    assert_eq!(project.run(&["current"]).ok().stdout, "");
    assert!(!database.file().exists(), "reading makes no file");
    let output = project.run(&["upgrade"]).ok().says("    Applying aaaa first table (").says("    Applying cccc");
    assert!(
        output.stdout.is_empty() && output.stderr.contains("Finished 3 revisions applied: base -> cccc"),
        "{output}"
    );
    assert_eq!(tables(&database), ["one", "three", "two"]);
    assert_eq!(project.run(&["current"]).ok().stdout, "cccc (head), third table\n");
    project.run(&["upgrade"]).ok().says("nothing to do");
    project.run(&["downgrade", "aaaa"]).ok().says("   Reverting bbbb second table (");
    assert_eq!(tables(&database), ["one"]);
    assert_eq!(project.run(&["current"]).ok().stdout, "aaaa, first table\n");
    assert_eq!(project.run(&["upgrade", "-q", "+1"]).ok().stderr, "");
    project.run(&["downgrade", "base"]).ok();
    assert_eq!(tables(&database), Vec::<String>::new());
}

#[test]
fn a_run_as_json_is_one_object() {
    let (project, _database) = line();
    let output = project.run(&["upgrade", "bbbb", "--format", "json"]).ok();
    let start = "{\"format\":1,\"steps\":[{\"revision\":\"aaaa\",\"direction\":\"upgrade\",\"state\":\"applied\",\"statements\":[";
    assert!(output.stdout.starts_with(start), "{output}");
    assert!(output.stdout.ends_with("],\"before\":[],\"after\":[\"bbbb\"]}\n"), "{output}");
    assert_eq!(output.stderr, "", "a program reads standard error as one error, or nothing");
    assert!(
        project
            .run(&["upgrade", "--format", "json"])
            .ok()
            .stdout
            .contains("\"before\":[\"bbbb\"],\"after\":[\"cccc\"]")
    );
    let nothing = project.run(&["upgrade", "--format", "json"]).ok();
    assert_eq!(nothing.stdout, "{\"format\":1,\"steps\":[],\"before\":[\"cccc\"],\"after\":[\"cccc\"]}\n");
}

#[test]
fn echo_shows_statements_and_their_time() {
    let (project, _database) = line();
    project.run(&["upgrade", "--echo"]).ok().says("  CREATE TABLE two (id integer);\n  -- 0.");
}

#[test]
fn a_dry_run_prints_statements_and_changes_nothing() {
    let (project, database) = line();
    let output = project.run(&["upgrade", "--dry-run"]).ok().says("nothing was changed");
    assert!(output.stdout.contains("-- upgrade bbbb: second table\nCREATE TABLE two (id integer);\n"), "{output}");
    assert!(!database.file().exists());
    project.run(&["upgrade", "--dry-run", "--format", "json"]).ok().prints("\"state\":\"planned\"");
    project.run(&["upgrade", "aaaa"]).ok();
    project.run(&["downgrade", "base", "--dry-run"]).ok().prints("DROP TABLE \"one\";");
    assert_eq!(tables(&database), ["one"]);
}

#[test]
fn a_script_runs_in_the_databases_own_shell() {
    let (project, database) = line();
    let script = project.run(&["upgrade", "--sql"]).ok().stdout;
    assert!(!database.file().exists(), "a script connects to nothing");
    database.execute(&script);
    assert_eq!(tables(&database), ["one", "three", "two"]);
    project.run(&["current", "--check-heads"]).ok().prints("cccc (head)");
    let back = project.run(&["downgrade", "cccc:aaaa", "--sql"]).ok().stdout;
    database.execute(&back);
    assert_eq!(tables(&database), ["one"]);
    project.run(&["downgrade", "aaaa", "--sql"]).exits(2).says("is not a range");
    project.run(&["upgrade", "--server-version", "3"]).exits(2).says("--sql");
}

#[test]
fn current_answers_whether_it_is_at_head() {
    let (project, _database) = line();
    project.run(&["current", "--check-heads"]).exits(1);
    project.run(&["upgrade"]).ok();
    project.run(&["current", "--check-heads"]).ok();
    assert_eq!(project.run(&["current", "--format", "json"]).ok().stdout, "{\"format\":1,\"revisions\":[\"cccc\"]}\n");
}

#[test]
fn history_with_the_database() {
    let (project, _database) = line();
    project.run(&["upgrade", "bbbb"]).ok();
    let output = project.run(&["history", "-i"]).ok();
    assert!(output.stdout.contains("aaaa -> bbbb (current), second table\n"), "{output}");
    let output = project.run(&["history", "-i", "--format", "json"]).ok();
    assert_eq!(output.stdout.matches("\"applied\":true").count(), 2, "{output}");
    assert_eq!(project.run(&["history", "-r", "current:"]).ok().stdout.lines().count(), 2);
    assert_eq!(project.run(&["history", "-r", "-1:current"]).ok().stdout.lines().count(), 2);
    project.run(&["show", "current"]).ok().prints("Rev: bbbb (current)").prints("Applied: yes");
}

#[test]
fn stamp_sets_the_rows_and_runs_nothing() {
    let (project, database) = line();
    project.run(&["stamp", "bbbb"]).ok().says("     Stamped base -> bbbb");
    assert_eq!(tables(&database), Vec::<String>::new());
    assert_eq!(project.run(&["current"]).ok().stdout, "bbbb, second table\n");
    database.execute("UPDATE migrate_version SET version_num = 'gone';");
    project.run(&["stamp", "head"]).exits(7).says("gone");
    project.run(&["stamp", "--purge", "head", "--format", "json"]).ok().prints("\"after\":[\"cccc\"]");
    project.run(&["stamp"]).exits(2).says("<REVISIONS>");
    project.run(&["stamp", "+1"]).exits(2).says("`+1`");
}

#[test]
fn a_stamp_can_be_a_script() {
    let (project, database) = line();
    database.execute(&project.run(&["stamp", "bbbb", "--sql"]).ok().stdout);
    assert_eq!(project.run(&["current"]).ok().stdout, "bbbb, second table\n");
    database.execute(&project.run(&["stamp", "bbbb:aaaa", "--sql"]).ok().stdout);
    assert_eq!(project.run(&["current"]).ok().stdout, "aaaa, first table\n");
    let again = database.try_execute(&project.run(&["stamp", "bbbb:aaaa", "--sql"]).ok().stdout);
    assert!(again.is_err(), "a script on another state stops");
    assert_eq!(project.run(&["current"]).ok().stdout, "aaaa, first table\n");
    project.run(&["upgrade"]).ok();
    assert_eq!(tables(&database), ["three", "two"]);
}

#[test]
fn ensure_version_makes_the_table_of_alembic() {
    let (project, database) = project();
    project.run(&["ensure-version"]).ok().says("Created the version table migrate_version");
    project.run(&["ensure_version"]).ok().says("Keeping");
    let sql = database.value("SELECT sql FROM sqlite_master WHERE name = 'migrate_version';");
    assert!(sql.contains("version_num VARCHAR(32) NOT NULL") && sql.contains("migrate_version_pkc"), "{sql}");
    let json = project.run(&["ensure-version", "--format", "json"]).ok().stdout;
    assert_eq!(json, "{\"format\":1,\"version_table\":\"migrate_version\",\"created\":false}\n");
}

#[test]
fn status_explains_every_state() {
    let (project, database) = line();
    project.run(&["status"]).ok().prints("behind: the database is at base").prints("next: apply them: migrate upgrade");
    project.run(&["status", "--check"]).exits(1);
    project.run(&["upgrade"]).ok();
    assert_eq!(project.run(&["status", "--check"]).ok().stdout, "at head: the database is at cccc\n");
    let json = "{\"format\":1,\"state\":\"at_head\",\"revisions\":[\"cccc\"],\"pending\":[],\"problem\":null,\"next\":null,\
                \"holder\":null,\"kept\":[]}\n";
    assert_eq!(project.run(&["status", "--format", "json"]).ok().stdout, json);
    let text = project.read("versions/b.sql");
    project.write("versions/b.sql", text.replace("(id integer)", "(id bigint)"));
    project.run(&["status"]).ok().prints("edited history").prints("bbbb was edited");
    project.run(&["status", "--check"]).exits(7);
    database.execute("UPDATE migrate_version SET version_num = 'gone';");
    project.run(&["status", "--format", "json"]).ok().prints("\"state\":\"newer\"");
    project.run(&["upgrade"]).exits(7).says("gone");
}

#[test]
fn branches_run_by_name() {
    let (project, database) = fork();
    project.run(&["upgrade"]).exits(2).says("several heads").says("bbbb").says("cccc");
    project.run(&["upgrade", "left@head"]).ok();
    assert_eq!(tables(&database), ["one", "two"]);
    project.run(&["upgrade", "heads"]).ok();
    assert_eq!(project.run(&["current"]).ok().stdout, "bbbb (left) (head), on the left\ncccc (head), on the right\n");
}

#[test]
fn values_of_x_fill_statements() {
    let (project, database) = project();
    project.write(
        "versions/a.sql",
        "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE ${x.name:ident} (id integer);\n-- migrate:down\n",
    );
    project.run(&["upgrade"]).exits(2).says("`name`").says("-x name=");
    project.run(&["-x", "name=first", "upgrade", "-x", "name=my table"]).ok();
    assert_eq!(tables(&database), ["my table"]);
}

#[test]
fn the_configuration_is_found_from_below() {
    let (project, database) = line();
    let below = project.path("models");
    project
        .run_with(&["upgrade"], |command| {
            command.current_dir(&below);
        })
        .ok();
    assert_eq!(tables(&database).len(), 3);
}

/// As Alembic's batch mode does it, and SQLite's own instructions.
#[test]
fn sql_that_copies_a_table_leaves_the_rows_that_refer_to_it() {
    let (project, database) = project();
    let revision = |id: &str, down: &str, sql: &str| {
        let text = format!("-- revision: {id}\n-- down_revision: {down}\n-- migrate:up\n{sql}\n");
        project.write(&format!("versions/{id}.sql"), text);
    };
    let copy = |rows: &str| {
        format!("CREATE TABLE n (id INTEGER PRIMARY KEY);\n{rows}\nDROP TABLE p;\nALTER TABLE n RENAME TO p;")
    };
    revision(
        "a1",
        "",
        "CREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (p INTEGER REFERENCES p ON DELETE CASCADE);\n\
         INSERT INTO p VALUES (1);\nINSERT INTO c VALUES (1);",
    );
    revision("b1", "a1", &copy("INSERT INTO n SELECT id FROM p;"));
    let script = project.run(&["upgrade", "--sql"]).ok().stdout;
    project.run(&["upgrade"]).ok();
    let other = Database::Sqlite.fresh();
    other.execute(&script);
    for database in [&database, &other] {
        assert_eq!(database.query("SELECT p FROM c;"), [["1"]]);
    }
    revision("c1", "b1", &copy(""));
    project.run(&["upgrade"]).exits(3).says("1 row would break a foreign key: c: row 1 refers to a row of p");
    assert_eq!(database.query("SELECT p.id FROM c JOIN p ON p.id = c.p;"), [["1"]]);
}

#[test]
fn what_is_refused_leaves_no_database() {
    let project = Project::empty();
    let file = project.path("app.db");
    project.write("migrate.yaml", format!("database: {{ url: \"sqlite://{}\" }}\n", file.display()));
    project.run(&["ensure-version"]).ok();
    assert!(file.exists(), "it needs no revisions");
    std::fs::remove_file(&file).unwrap();
    project.run(&["ensure-version", "--sql"]).ok().prints("CREATE TABLE");
    project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
    project.write("versions/b.yaml", "revision: bbbb\ndown_revision: aaaa\nupgrade:\n  - drop_tabel: { name: x }\n");
    for refused in [&["upgrade", "zzzz"][..], &["downgrade", "aaaa"], &["stamp", "zzzz"], &["upgrade"]] {
        project.run(refused).exits(2);
        assert!(!file.exists(), "{refused:?}");
    }
    project.run(&["upgrade", "aaaa"]).ok();
    assert!(file.exists());
}

#[test]
fn free_keys_have_any_shape() {
    let (project, _database) = project();
    let meta = "meta: { owner: pay, tickets: [1, b], review: { by: [x], on: null } }";
    project.write("versions/a.yaml", format!("revision: aaaa\n{meta}\nupgrade: []\n"));
    project.run(&["history"]).ok();
    project.run(&["show", "aaaa"]).ok().prints("tickets: [1, b]\n").prints("review: { by: [x], on: null }\n");
    let meta = "\"meta\":{\"owner\":\"pay\",\"review\":{\"by\":[\"x\"],\"on\":null},\"tickets\":[\"1\",\"b\"]}";
    project.run(&["show", "aaaa", "--format", "json"]).ok().prints(meta);
}

#[test]
fn a_file_that_the_url_does_not_let_be_made_is_missed_by_whoever_writes() {
    let (project, database) = line();
    project.write("models/m.yaml", "tables: {}\n");
    for mode in ["rw", "ro"] {
        let url = format!("{}?mode={mode}", database.url());
        let commands: [&[&str]; 4] = [&["upgrade"], &["stamp", "head"], &["ensure-version"], &["create-all"]];
        for command in commands {
            let output = project.run(&[command, &["--url", &url]].concat()).exits(2);
            output.says(&format!("and mode={mode} makes none")).says("hint: correct the path");
            assert!(!database.file().exists());
        }
        project.run(&["current", "--url", &url]).ok();
    }
    project.run(&["upgrade", "--url", &format!("{}?mode=rwc", database.url())]).ok();
    project.run(&["status", "--check"]).ok();
}
