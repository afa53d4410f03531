//! History that was changed behind a database, folders of revisions that are broken, and the commands that look at history
//! or set the version rows.

use super::{fork, line, project, table_revision, tables};
use crate::common::{Database, Project};

#[test]
fn an_edited_revision_is_explained_and_can_be_accepted() {
    let (project, _database) = line();
    project.run(&["upgrade"]).ok();
    project.run(&["accept-checksum", "bbbb"]).ok().says("nothing to do");
    project.write("versions/b.sql", project.read("versions/b.sql").replace("second", "our second"));
    for command in
        [&["upgrade"][..], &["downgrade", "-1"], &["check"], &["current", "--check-heads"], &["rebase", "--dry-run"]]
    {
        if command[0] != "rebase" {
            project
                .run(command)
                .exits(7)
                .says("revision bbbb was edited after it was applied")
                .says("accept-checksum bbbb");
        }
    }
    project.run(&["status"]).ok().prints("edited history").prints("accept-checksum bbbb");
    project.run(&["status", "--check"]).exits(7);
    let said = project.run(&["accept-checksum", "bb"]).ok();
    assert!(said.stderr.contains("- -- message: second table\n+ -- message: our second table\n"), "{said}");
    project.run(&["upgrade"]).ok();
    project.run(&["accept-checksum", "zzzz"]).exits(2).says("`zzzz`");
    project.run(&["downgrade", "bbbb"]).ok();
    project.run(&["accept-checksum", "cccc"]).exits(2).says("is not applied");
}

#[test]
fn a_stamp_records_the_files_that_it_names_and_no_others() {
    for on in Database::ALL {
        let database = on.fresh();
        let project = Project::on(&database);
        project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
        project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "second", "two"));
        project.run(&["upgrade"]).ok();
        for file in ["versions/a.yaml", "versions/b.yaml"] {
            project.write(file, format!("{}# edited\n", project.read(file)));
        }
        project.run(&["stamp", "bbbb"]).ok();
        let said = project.run(&["status", "--check"]).exits(7).prints("revision aaaa was edited after it was applied");
        assert!(!said.stdout.contains("bbbb was edited"), "{said}");
        project.run(&["stamp", "aaaa"]).ok();
        project.run(&["stamp", "bbbb"]).ok();
        project.run(&["status", "--check"]).ok();
        project.run(&["history", "--log", "-v"]).ok().prints("its text is kept");
        let texts = "SELECT count(*) FROM migrate_log WHERE state = 'stamped' AND text IS NULL";
        assert_eq!(database.value(texts), "0");
    }
}

#[test]
fn an_inserted_revision_is_explained() {
    let (project, _database) = line();
    project.run(&["upgrade"]).ok();
    project.write("versions/n.yaml", table_revision("nnnn", "aaaa", "late", "late"));
    project
        .write("versions/b.sql", project.read("versions/b.sql").replace("down_revision: aaaa", "down_revision: nnnn"));
    let said = project.run(&["upgrade"]).exits(7);
    assert!(said.stderr.contains("revision nnnn was put below bbbb, which is applied: nnnn never ran here"), "{said}");
    assert!(
        said.stderr.contains("give bbbb back its parent aaaa, then put nnnn on top: migrate rebase nnnn"),
        "{said}"
    );
    project.run(&["check"]).exits(7).says("nnnn");
    project.run(&["revision", "--autogenerate", "-m", "x"]).exits(7).says("nnnn");
    project.run(&["current", "--check-heads"]).exits(7).says("nnnn");
    project.run(&["status"]).ok().prints("nnnn was put below bbbb");
    project.run(&["accept-checksum", "bbbb"]).exits(7).says("never ran");
    project
        .write("versions/b.sql", project.read("versions/b.sql").replace("down_revision: nnnn", "down_revision: aaaa"));
    project.run(&["rebase", "nnnn"]).ok();
    project.run(&["upgrade"]).ok().says("1 revision applied");
}

#[test]
fn a_deleted_revision_is_explained() {
    let (project, _database) = line();
    project.run(&["upgrade"]).ok();
    let text = project.read("versions/c.yaml");
    std::fs::remove_file(project.path("versions/c.yaml")).unwrap();
    for command in [&["upgrade"][..], &["current"], &["check"], &["history", "-i"], &["stamp", "bbbb"]] {
        project.run(command).exits(7).says("revision cccc was applied here, and no file has it");
    }
    project.run(&["status"]).ok().prints("newer").prints("no file has it");
    project.write("versions/c2.yaml", text.replace("revision: cccc", "revision: c2c2"));
    project.run(&["upgrade"]).exits(7).says("has another id now: c2c2").says("revision: cccc");
    project.write("versions/c2.yaml", &text);
    project.run(&["upgrade"]).ok();
    std::fs::remove_file(project.path("versions/b.sql")).unwrap();
    project.run(&["upgrade"]).exits(7).says("names the parent bbbb, which no file has");
    project.write("versions/c2.yaml", text.replace("down_revision: bbbb", "down_revision: aaaa"));
    project.run(&["upgrade"]).exits(7).says("revision bbbb was applied here, and its file is gone");
    project.run(&["stamp", "--purge", "aaaa"]).ok();
}

#[test]
fn everything_that_is_wrong_with_a_folder_is_said_at_once() {
    let (project, _database) = line();
    project.write("versions/1.yaml", "revision: [");
    project.write("versions/2.yaml", b"revision: \xff\n");
    project.write("versions/3.sql", "SELECT 1;\n");
    project.write("versions/4.yaml", "");
    project.write("versions/5.yaml", table_revision("aaaa", "null", "twice", "x"));
    project.write("versions/6.yaml", table_revision("ffff", "eeee", "circle", "x"));
    project.write("versions/7.yaml", table_revision("eeee", "ffff", "circle", "x"));
    project.write("versions/8.yaml", table_revision("dddd", "1111", "perhaps in 1.yaml", "x"));
    for command in [&["heads"][..], &["upgrade"], &["check"], &["merge"], &["revision", "-m", "x"], &["history"]] {
        let said = project.run(command).exits(2).says("the revision files have 6 problems");
        for part in ["1.yaml", "2.yaml", "3.sql", "4.yaml", "the revision id aaaa is in 2 files", "in a circle: eeee"] {
            assert!(said.stderr.contains(part), "{part}: {said}");
        }
        assert!(!said.stderr.contains("panicked") && !said.stderr.contains("1111"), "{said}");
    }
    assert_eq!(project.list("versions").len(), 11);
}

#[test]
fn all_bodies_that_would_run_are_read_before_one_runs() {
    let (project, database) = line();
    project
        .write("versions/b.sql", project.read("versions/b.sql").replace("CREATE TABLE two (id integer);", "COMMIT;"));
    project.write("versions/c.yaml", "revision: cccc\ndown_revision: bbbb\nupgrade: [{ nonsense: 1 }]\n");
    project
        .run(&["upgrade"])
        .exits(2)
        .says("the revisions that would run have 2 problems")
        .says("COMMIT")
        .says("nonsense");
    assert_eq!(tables(&database), [""; 0]);
}

#[test]
fn stamps_take_every_form() {
    let (project, _database) = fork();
    project.run(&["stamp", "aaaa:bbbb"]).exits(2).says("it is a range");
    project.run(&["stamp", "bbbb", "cccc"]).ok();
    assert_eq!(project.run(&["current"]).ok().stdout.lines().count(), 2);
    project.run(&["stamp", "aaaa", "bbbb"]).exits(2).says("`bbbb` needs `aaaa`");
    for word in ["+1", "-1", "current"] {
        project.run(&["stamp", word]).exits(2).says("counts from where the database stands");
    }
    project.run(&["stamp", "--purge", "nope"]).exits(2);
    assert_eq!(project.run(&["current"]).ok().stdout.lines().count(), 2, "what is refused leaves the rows");
    project.run(&["stamp", "left@base"]).ok();
    project.run(&["stamp", "base"]).ok();
    assert_eq!(project.run(&["current"]).ok().stdout, "");
    project.run(&["stamp", "heads"]).ok();
    project.run(&["stamp", "--purge", "left"]).ok();
    assert_eq!(project.run(&["current"]).ok().stdout, "bbbb (left) (head), on the left\n");
    project.run(&["stamp", "--sql", "--purge", "aaaa:bbbb"]).exits(2).says("--purge");
}

#[test]
fn scripts_of_stamp_and_ensure_version_do_what_online_does() {
    for database in Database::ALL {
        let database = database.fresh();
        let project = Project::on(&database);
        project.write("versions/a.yaml", table_revision("aaaa", "null", "a", "a"));
        project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "b", "b"));
        database.execute(&project.run(&["ensure-version", "--sql"]).ok().stdout);
        database.execute(&project.run(&["stamp", "--sql", "aaaa"]).ok().stdout);
        assert!(project.run(&["current"]).ok().stdout.starts_with("aaaa"));
        for _ in 0..2 {
            database.execute(&project.run(&["stamp", "--sql", "--purge", "bbbb"]).ok().stdout);
            assert!(project.run(&["current"]).ok().stdout.starts_with("bbbb"));
        }
        project.run(&["upgrade"]).ok().says("nothing to do");
    }
}

#[test]
fn edit_opens_what_is_asked_for() {
    let (project, _database) = line();
    project.run(&["upgrade", "bbbb"]).ok();
    let with = |arguments: &[&str], editor: &str| {
        project.run_with(arguments, |command| {
            command.env("EDITOR", editor);
        })
    };
    assert!(with(&["edit", "current"], "cat").ok().stdout.starts_with("-- revision: bbbb\n"));
    assert!(with(&["edit"], "sed -n '1p'").ok().stdout.starts_with("revision: cccc"));
    assert!(with(&["edit", "-1"], "cat").ok().stdout.starts_with("revision: aaaa"));
    with(&["edit", "base"], "cat").exits(2).says("no revision that can be edited");
    with(&["edit"], "no-such-editor -x")
        .exits(2)
        .says("cannot start the editor no-such-editor")
        .says("VISUAL or EDITOR");
    with(&["edit"], " ").exits(2).says("names no program");
    with(&["edit"], "false").exits(1).says("the editor ended with");
    let visual = project.run_with(&["edit"], |command| {
        command.env("EDITOR", "false").env("VISUAL", "true");
    });
    visual.ok();
}

#[test]
fn lists_say_more_with_v() {
    let (project, _database) = fork();
    project
        .run(&["branches", "-v"])
        .ok()
        .prints("Rev: aaaa (branchpoint)\nParent: <base>\nBranches into: bbbb, cccc\n");
    project.run(&["heads", "-v"]).ok().prints("Branch names: left");
    project.run(&["show", "bbbb", "-v"]).ok().prints("branch_labels: [left]\nmessage: on the left\n");
    let json = project.run(&["show", "bbbb", "--format", "json"]).ok().stdout;
    assert!(json.contains("\"checksum\":\"") && json.contains("\"upgrade\":[\"create table two\"]"), "{json}");
    project.run(&["upgrade", "heads"]).ok();
    project.run(&["current", "-v"]).ok().prints("Applied: yes");
    project.run(&["current", "--check-heads"]).ok();
    project.run(&["downgrade", "cccc@aaaa", "--yes"]).ok();
    project.run(&["current", "--check-heads"]).exits(1);
}

#[test]
fn at_head_means_that_everything_is_applied() {
    let (project, _database) = project();
    project.write("versions/u1.yaml", table_revision("u1u1", "null", "u", "u1"));
    project.write("versions/u2.yaml", table_revision("u2u2", "u1u1", "u", "u2"));
    project.write("versions/o1.yaml", table_revision("o1o1", "null", "o", "o1"));
    let dependent = table_revision("o2o2", "o1o1", "o", "o2").replace("message", "depends_on: u2u2\nmessage");
    project.write("versions/o2.yaml", dependent);
    project.run(&["upgrade", "o2o2"]).ok();
    project.run(&["current", "--check-heads"]).ok().prints("o2o2").prints("u2u2");
    assert_eq!(project.run(&["heads", "--resolve-dependencies"]).ok().stdout, "o2o2 (head), o\n");
    project.run(&["heads", "--check", "--resolve-dependencies"]).ok();
    project.run(&["heads", "--check"]).exits(1);
}

/// Rows that are no ids, or the same one twice, are named; `stamp --purge` looks at none of them.
#[test]
fn version_rows_that_nobody_can_read() {
    for database in Database::ALL {
        let database = database.fresh();
        let project = Project::on(&database);
        project.write("versions/a.yaml", table_revision("aaaa", "null", "a", "a"));
        project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "b", "b"));
        project.run(&["upgrade", "aaaa"]).ok();
        let rows = |sql: &str| {
            let table = "CREATE TABLE migrate_version (version_num varchar(32) NOT NULL)";
            database
                .execute(&format!("DROP TABLE migrate_version; {table}; INSERT INTO migrate_version VALUES {sql};"));
        };
        rows("('aaaa'), ('aaaa')");
        project.run(&["upgrade"]).exits(7).says("has the row `aaaa` twice").says("stamp --purge aaaa");
        project.run(&["stamp", "--purge", "aaaa"]).ok();
        rows("('no id')");
        project.run(&["upgrade"]).exits(7).says("`no id`, which is no revision id");
        project.run(&["stamp", "--purge", "aaaa"]).ok().says("no id -> aaaa");
        project.run(&["upgrade"]).ok();
        assert!(project.run(&["current"]).ok().stdout.starts_with("bbbb"));
    }
}

/// What a person accepted is one revision, and not all that is applied.
#[test]
fn an_older_release_waits_in_vain_for_nothing_after_a_checksum_was_accepted() {
    let (project, _database) = line();
    project.run(&["upgrade", "bbbb"]).ok();
    project.write("versions/b.sql", project.read("versions/b.sql").replace("second", "our second"));
    project.run(&["accept-checksum", "bbbb"]).ok().says("Accepted bbbb");
    project.run(&["upgrade"]).ok();
    std::fs::remove_file(project.path("versions/c.yaml")).unwrap();
    project.run(&["status", "--wait-for", "aaaa", "--timeout", "1s"]).ok();
}

/// A schema that comes in front of the one with the version table is no empty database.
#[test]
fn a_schema_of_the_logins_name_does_not_begin_anew() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    project.write("versions/a.yaml", table_revision("aaaa", "null", "a", "a"));
    project.run(&["upgrade"]).ok();
    database.execute("CREATE SCHEMA AUTHORIZATION CURRENT_USER;");
    project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "b", "b"));
    for command in ["upgrade", "status", "current", "check"] {
        project.run(&[command]).exits(2).says("the version table migrate_version is in schema public");
    }
    let user = database.query("SELECT current_user;").remove(0).remove(0);
    database.execute(&format!("ALTER ROLE \"{user}\" IN DATABASE {} SET search_path = public;", database.name()));
    project.run(&["upgrade"]).ok().says("Applying bbbb");
}

/// Where the database cannot say whether something would be lost, a person is asked.
#[test]
fn a_question_that_is_refused_counts_as_a_loss() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    project.write("versions/a.yaml", table_revision("aaaa", "null", "a", "a"));
    let column = r#"{ name: meta, type: { native: json }, default: "{}" }"#;
    project.write(
        "versions/b.yaml",
        format!("revision: bbbb\ndown_revision: aaaa\nupgrade: [{{ add_column: {{ table: a, column: {column} }} }}]\n"),
    );
    project.run(&["upgrade"]).ok();
    database.execute("INSERT INTO a (id, meta) VALUES (1, '{\"kept\": 1}');");
    project.run(&["downgrade", "-1"]).exits(2).says("the values of a.meta");
}

/// The comment that the tool wrote counts as what it says of an operation; whoever wrote the SQL alone knows what it does.
#[test]
fn a_downgrade_in_sql_that_loses_rows_is_refused_where_the_file_says_so() {
    for database in Database::ALL {
        let database = database.fresh();
        let project = Project::on(&database);
        let config = project.read("migrate.yaml");
        project.write("migrate.yaml", format!("{config}write_as: sql\n")).write("versions/.keep", "");
        project.write(
            "models/m.yaml",
            "tables: { t: { columns: { id: { type: bigint, nullable: false } }, primary_key: [id] } }\n",
        );
        project.run(&["revision", "--autogenerate", "-m", "first"]).ok();
        project.run(&["upgrade"]).ok();
        project.run(&["downgrade", "base"]).ok();
        project.run(&["upgrade"]).ok();
        database.execute("INSERT INTO t (id) VALUES (1)");
        project.run(&["downgrade", "base"]).exits(2).says("would lose data: the rows of");
        assert_eq!(database.value("SELECT count(*) FROM t"), "1");
        project.run(&["downgrade", "--yes", "base"]).ok();
    }
}
