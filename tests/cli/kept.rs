//! Revisions without their files: taken back by the text that the log kept of them, on each database.

use super::{project, table_revision};
use crate::common::{Database, Fresh, Project};

/// A revision in SQL that makes one table.
fn sql_revision(id: &str, down: &str, table: &str) -> String {
    format!(
        "-- revision: {id}\n-- down_revision: {down}\n-- message: in SQL\n\n-- migrate:up\n\
         CREATE TABLE {table} (id integer);\n-- migrate:down\nDROP TABLE {table};\n"
    )
}

/// A revision in YAML whose text is long enough to be packed.
fn long_revision(id: &str, down: &str, table: &str) -> String {
    let notes: String =
        (0..60).map(|number| format!("# note {number} on the table {table}, 'quoted' and \\ more\n")).collect();
    format!("{notes}{}", table_revision(id, down, "a long one", table))
}

/// aaaa → bbbb (SQL) → cccc (long), all applied.
fn applied(on: Database) -> (Project, Fresh) {
    let database = on.fresh();
    let project = Project::on(&database);
    project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
    project.write("versions/b.sql", sql_revision("bbbb", "aaaa", "two"));
    project.write("versions/c.yaml", long_revision("cccc", "bbbb", "three"));
    project.run(&["upgrade"]).ok();
    (project, database)
}

/// Takes a file away, and gives its text.
fn take(project: &Project, name: &str) -> String {
    let text = project.read(name);
    std::fs::remove_file(project.path(name)).unwrap();
    text
}

/// The files of bbbb and cccc are gone.
fn behind_its_database(on: Database) -> (Project, Fresh) {
    let (project, database) = applied(on);
    take(&project, "versions/b.sql");
    take(&project, "versions/c.yaml");
    (project, database)
}

fn rows(database: &Fresh) -> String {
    database.query("SELECT version_num FROM migrate_version ORDER BY 1").concat().join(",")
}

#[test]
fn downgrade_works_without_the_files() {
    for on in Database::ALL {
        let (project, database) = applied(on);
        let before = database.dump();
        let (b, c) = (take(&project, "versions/b.sql"), take(&project, "versions/c.yaml"));
        project
            .run(&["upgrade"])
            .exits(7)
            .says("no file has it")
            .says("migrate_log keeps its text")
            .says("migrate downgrade aaaa");
        project.run(&["status", "--check"]).exits(7).prints("newer than the files here").prints("upgrade --sync");
        let planned = project.run(&["downgrade", "-1", "--dry-run"]).ok();
        assert!(
            planned.stdout.starts_with("-- downgrade cccc: a long one (from the kept text)\nDROP TABLE "),
            "{planned}"
        );
        assert_eq!(rows(&database), "cccc");
        project
            .run(&["downgrade", "-1"])
            .ok()
            .says("  Going down cccc (from the kept text)\n")
            .says("   Reverting cccc a long one (from the kept text) (");
        assert_eq!(rows(&database), "bbbb");
        let json = project.run(&["downgrade", "base", "--format", "json"]).ok().stdout;
        assert_eq!(json.matches("\"kept_text\":true").count(), 1, "{json}");
        assert_eq!(json.matches("\"kept_text\":false").count(), 1, "{json}");
        assert_eq!(rows(&database), "");
        let empty = database.dump();
        assert!(!empty.contains("three") && !empty.contains("two"), "{empty}");
        project.write("versions/b.sql", b).write("versions/c.yaml", c);
        project.run(&["upgrade"]).ok();
        assert_eq!(database.dump(), before);
    }
}

/// Old files are gone, and a new base makes what they made: nothing is to be taken back.
#[test]
fn a_squash_is_stamped() {
    for on in Database::ALL {
        let (project, database) = applied(on);
        for name in ["versions/a.yaml", "versions/b.sql", "versions/c.yaml"] {
            take(&project, name);
        }
        project.write("versions/s.yaml", table_revision("ssss", "null", "all of it", "one"));
        let hint = "if another revision now makes what it made: `migrate stamp --purge` with that one";
        project.run(&["stamp", "ssss"]).exits(7).says(hint);
        project.run(&["upgrade"]).exits(7).says(hint);
        project.run(&["stamp", "--purge", "ssss"]).ok();
        assert_eq!(rows(&database), "ssss");
        project.run(&["status"]).ok().prints("at head");
        assert_eq!(database.query("SELECT COUNT(*) FROM three"), [["0"]]);
    }
}

#[test]
fn long_texts_are_packed_and_short_ones_are_not() {
    let (_project, database) = applied(Database::Sqlite);
    assert_eq!(database.value("SELECT substr(text, 1, 8) FROM migrate_log WHERE revision = 'cccc'"), "deflate:");
    assert_eq!(database.value("SELECT length(text) < 1500 FROM migrate_log WHERE revision = 'cccc'"), "1");
    assert_eq!(
        database.value("SELECT substr(text, 1, 17) FROM migrate_log WHERE revision = 'bbbb'"),
        "-- revision: bbbb"
    );
}

#[test]
fn every_target_is_understood_without_the_files() {
    for (target, after) in [
        ("cccc", "cccc"),
        ("bbbb", "bbbb"),
        ("bb", "bbbb"),
        ("head", "aaaa"),
        ("heads", "aaaa"),
        ("aaaa", "aaaa"),
        ("-2", "aaaa"),
        ("cccc-1", "bbbb"),
        ("base", ""),
    ] {
        let (project, database) = behind_its_database(Database::Sqlite);
        project.run(&["downgrade", target]).ok();
        assert_eq!(rows(&database), after, "{target}");
    }
    let (project, database) = behind_its_database(Database::Sqlite);
    project.run(&["downgrade", "zzzz"]).exits(2).says("`zzzz`");
    project.run(&["downgrade", "-9"]).exits(2).says("only 3 revisions are below cccc");
    project.run(&["upgrade", "--sync", "cccc"]).exits(2).says("cccc");
    assert_eq!(rows(&database), "cccc");
}

#[test]
fn sync_goes_down_and_up_in_one_run() {
    for on in Database::ALL {
        let (project, database) = behind_its_database(on);
        project.write("versions/d.yaml", table_revision("dddd", "aaaa", "another way", "four"));
        project.write("versions/e.sql", sql_revision("eeee", "dddd", "five"));
        let said = project
            .run(&["upgrade", "--sync", "--dry-run"])
            .ok()
            .says("4 revisions: cccc -> eeee; nothing was changed");
        let order: Vec<&str> = said.stdout.lines().filter_map(|line| line.strip_prefix("-- ")).collect();
        assert_eq!(
            order,
            [
                "downgrade cccc: a long one (from the kept text)",
                "downgrade bbbb: in SQL (from the kept text)",
                "upgrade dddd: another way",
                "upgrade eeee: in SQL"
            ]
        );
        database.execute("INSERT INTO three VALUES (1); INSERT INTO two VALUES (1);");
        project
            .run(&["upgrade", "--sync"])
            .exits(2)
            .says("  Going down cccc (from the kept text), bbbb (from the kept text)\n    Going up dddd, eeee\n")
            .says("the way down would lose data: the rows of three, the rows of two");
        assert_eq!(rows(&database), "cccc");
        project.run(&["upgrade", "--sync", "--yes"]).ok().says("2 revisions reverted, 2 applied: cccc -> eeee");
        assert_eq!(rows(&database), "eeee");
        let runs = database.query("SELECT DISTINCT run FROM migrate_log WHERE number > 3");
        assert_eq!(runs.len(), 1, "one run");
        project.run(&["upgrade", "--sync"]).ok().says("nothing to do: the database is at eeee");
        project.run(&["status", "--check"]).ok();
    }
}

#[test]
fn sync_is_an_upgrade_where_every_file_is_here() {
    let (project, database) = applied(Database::Sqlite);
    project.run(&["downgrade", "aaaa"]).ok();
    let said = project.run(&["upgrade", "--sync", "+1"]).ok();
    assert!(!said.stderr.contains("Going"), "{said}");
    assert_eq!(rows(&database), "bbbb");
    project.run(&["upgrade", "--sync", "--format", "json"]).ok().prints("\"after\":[\"cccc\"]");
    project.run(&["upgrade", "--sync", "--sql"]).exits(2).says("--sync");
    project.run(&["downgrade", "--sync", "base"]).exits(2);
    project.write("versions/b.sql", project.read("versions/b.sql").replace("in SQL", "edited"));
    for command in [&["upgrade", "--sync"][..], &["upgrade", "--sync", "--yes"], &["upgrade", "--sync", "--dry-run"]] {
        project.run(command).exits(7).says("bbbb was edited");
    }
}

#[test]
fn an_edited_file_below_stops_the_way_down() {
    let (project, _database) = applied(Database::Sqlite);
    take(&project, "versions/c.yaml");
    project.write("versions/b.sql", project.read("versions/b.sql").replace("in SQL", "edited"));
    project.run(&["downgrade", "-1"]).exits(7).says("bbbb was edited");
    project.run(&["upgrade", "--sync"]).exits(7).says("bbbb was edited");
}

#[test]
fn a_file_under_another_id_is_not_taken_back() {
    let (project, database) = applied(Database::Sqlite);
    let text = take(&project, "versions/c.yaml");
    project.write("versions/c.yaml", text.replace("revision: cccc", "revision: c2c2"));
    for command in [&["downgrade", "-1"][..], &["upgrade", "--sync", "--yes"], &["upgrade"]] {
        project.run(command).exits(7).says("its file has another id now: c2c2");
    }
    assert_eq!(rows(&database), "cccc");
}

#[test]
fn without_a_kept_text_it_says_so() {
    for on in Database::ALL {
        let database = on.fresh();
        let project = Project::on(&database);
        project.write(
            "migrate.yaml",
            format!("database: {{ url: \"{}\" }}\nrun: {{ keep_text: false }}\n", database.url()),
        );
        project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
        project.write("versions/b.sql", sql_revision("bbbb", "aaaa", "two"));
        project.run(&["upgrade"]).ok();
        assert_eq!(database.value("SELECT COUNT(*) FROM migrate_log WHERE text IS NOT NULL"), "0");
        take(&project, "versions/b.sql");
        for command in [&["downgrade", "-1"][..], &["downgrade", "base", "--dry-run"], &["upgrade", "--sync", "--yes"]]
        {
            project
                .run(command)
                .exits(7)
                .says("revision bbbb cannot be taken back: no file has it, and migrate_log keeps no text of it")
                .says("hint: get the newer files");
        }
        project.run(&["status"]).ok().prints("migrate_log keeps no text of it").prints("migrate stamp --purge");
        project.run(&["upgrade"]).exits(7).says("keeps no text");
        assert_eq!(rows(&database), "bbbb");
    }
}

#[test]
fn what_the_log_does_not_know_is_said_as_before() {
    let (project, database) = behind_its_database(Database::Sqlite);
    database.execute("UPDATE migrate_version SET version_num = 'gone'");
    for command in [&["downgrade", "-1"][..], &["upgrade", "--sync"], &["upgrade"]] {
        project.run(command).exits(7).says("the database stands at revision gone, which no file here has");
    }
}

#[test]
fn a_text_that_is_not_what_was_applied_never_runs() {
    for (change, says) in [
        ("text = replace(text, 'DROP TABLE two', 'DROP TABLE one')", "is not what was applied"),
        ("text = ''", "is not what was applied"),
        ("text = 'deflate:AAAA'", "is not what was applied"),
        ("text = 'deflate:!'", "is not what was applied"),
        ("text = NULL", "keeps no text of it"),
        ("text = replace(text, 'bbbb', 'xxxx'), checksum = 'x'", "is not what was applied"),
    ] {
        let (project, database) = behind_its_database(Database::Sqlite);
        database.execute(&format!("UPDATE migrate_log SET {change} WHERE revision = 'bbbb'"));
        project.run(&["downgrade", "base"]).exits(7).says("revision bbbb cannot be taken back").says(says);
        project.run(&["status", "--check"]).exits(7).prints("bbbb cannot be taken back");
        assert_eq!(rows(&database), "cccc", "{change}");
    }
}

#[test]
fn a_text_of_another_revision_never_runs() {
    let (project, database) = behind_its_database(Database::Sqlite);
    let of = |id: &str| format!("(SELECT l.{{}} FROM migrate_log l WHERE l.revision = '{id}')");
    let (text, checksum) = (of("aaaa").replace("{}", "text"), of("aaaa").replace("{}", "checksum"));
    database.execute(&format!("UPDATE migrate_log SET text = {text}, checksum = {checksum} WHERE revision = 'cccc'"));
    project.run(&["downgrade", "-1"]).exits(7).says("keeps the text of aaaa as that of cccc");
}

#[test]
fn branches_merges_and_labels_without_their_files() {
    for on in Database::ALL {
        let database = on.fresh();
        let project = Project::on(&database);
        project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
        let left = table_revision("bbbb", "aaaa", "left", "two").replace("message:", "branch_labels: [side]\nmessage:");
        project.write("versions/b.yaml", left);
        project.write("versions/c.yaml", table_revision("cccc", "aaaa", "right", "three"));
        project.write("versions/d.yaml", table_revision("dddd", "[bbbb, cccc]", "both", "four"));
        project.write(
            "versions/x.yaml",
            table_revision("xxxx", "null", "apart", "five").replace("message:", "depends_on: [side]\nmessage:"),
        );
        project.run(&["upgrade", "heads"]).ok();
        for name in ["b", "d", "x"] {
            take(&project, &format!("versions/{name}.yaml"));
        }
        // The label is another one's now.
        let other =
            table_revision("eeee", "cccc", "other", "six").replace("message:", "branch_labels: [side]\nmessage:");
        project.write("versions/e.yaml", other);
        project.run(&["upgrade", "--sync", "--dry-run"]).ok().says("4 revisions: dddd, xxxx -> eeee");
        project.run(&["upgrade", "--sync"]).ok().says("3 revisions reverted, 1 applied");
        assert_eq!(rows(&database), "eeee");
        project.run(&["status", "--check"]).ok();
    }
}

#[test]
fn a_revision_without_a_way_back_stops_before_anything_ran() {
    let (project, database) = applied(Database::Sqlite);
    project.write(
        "versions/d.sql",
        "-- revision: dddd\n-- down_revision: cccc\n\n-- migrate:up\nCREATE TABLE four (id integer);\n",
    );
    project.write("versions/e.yaml", table_revision("eeee", "dddd", "top", "five"));
    project.run(&["upgrade"]).ok();
    take(&project, "versions/d.sql");
    take(&project, "versions/e.yaml");
    project.run(&["downgrade", "-1"]).ok();
    for command in [&["downgrade", "-1"][..], &["upgrade", "--sync"]] {
        project.run(command).exits(2).says("revision dddd has no way back").says("migrate_log/dddd.sql");
    }
    assert_eq!(rows(&database), "dddd");
}

#[test]
fn a_failure_from_a_kept_text_is_placed_and_continued() {
    for on in Database::ALL {
        let (project, database) = applied(on);
        project.write(
            "versions/d.sql",
            "-- revision: dddd\n-- down_revision: cccc\n\n-- migrate:up\nCREATE TABLE four (id integer);\n-- migrate:down\n\
             DROP TABLE four;\nDROP TABLE in_the_way;\n",
        );
        project.run(&["upgrade"]).ok();
        take(&project, "versions/d.sql");
        let code = if on == Database::Mysql { 5 } else { 3 };
        project.run(&["downgrade", "-1"]).exits(code).says("migrate_log/dddd.sql:8").says("revision dddd");
        project.run(&["status", "--check"]).exits(if code == 5 { 5 } else { 7 });
        assert_eq!(rows(&database), "dddd");
        database.execute("CREATE TABLE in_the_way (id integer);");
        project.run(&["downgrade", "-1"]).ok();
        assert_eq!(rows(&database), "cccc");
        project.run(&["status", "--check"]).ok();
    }
}

#[test]
fn a_file_that_was_edited_half_way_is_kept_as_it_was_finished() {
    let (project, database) = applied(Database::Mysql);
    let text = "-- revision: dddd\n-- down_revision: cccc\n\n-- migrate:up\nCREATE TABLE four (id integer);\n\
                INSERT INTO nowhere VALUES (1);\n-- migrate:down\nDROP TABLE four;\n";
    project.write("versions/d.sql", text);
    project.run(&["upgrade"]).exits(5);
    project.write("versions/d.sql", text.replace("nowhere", "four"));
    project.run(&["upgrade"]).ok();
    take(&project, "versions/d.sql");
    project.run(&["downgrade", "-1", "--yes"]).ok().says("Reverting dddd (from the kept text)");
    assert_eq!(rows(&database), "cccc");
}

#[test]
fn values_of_x_are_asked_for_again() {
    let (project, database) = project();
    project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
    project.write(
        "versions/b.sql",
        "-- revision: bbbb\n-- down_revision: aaaa\n\n-- migrate:up\nCREATE TABLE ${x.name:ident} (id integer);\n\
         -- migrate:down\nDROP TABLE ${x.name:ident};\n",
    );
    project.run(&["upgrade", "-x", "name=two"]).ok();
    take(&project, "versions/b.sql");
    project.run(&["downgrade", "-1"]).exits(2).says("-x name=");
    project.run(&["downgrade", "-1", "-x", "name=two"]).ok();
    assert_eq!(rows(&database), "aaaa");
}

#[test]
fn stamped_and_accepted_texts_count_too() {
    let (project, database) = applied(Database::Sqlite);
    project
        .write("versions/b.sql", project.read("versions/b.sql").replace("DROP TABLE two", "DROP TABLE IF EXISTS two"));
    project.run(&["accept-checksum", "bbbb"]).ok();
    project.run(&["stamp", "--purge", "cccc"]).ok();
    take(&project, "versions/b.sql");
    take(&project, "versions/c.yaml");
    project.run(&["downgrade", "aaaa", "--dry-run"]).ok().prints("DROP TABLE IF EXISTS two");
    project.run(&["downgrade", "aaaa"]).ok();
    assert_eq!(rows(&database), "aaaa");
}

#[test]
fn two_runs_at_once_take_it_back_once() {
    for on in Database::ALL {
        let (project, database) = behind_its_database(on);
        project.write("versions/d.yaml", table_revision("dddd", "aaaa", "another way", "four"));
        let start = || project.command().args(["upgrade", "--sync", "-q"]).spawn().expect("it starts");
        let mut children: Vec<_> = (0..4).map(|_| start()).collect();
        let codes: Vec<_> = children.iter_mut().map(|child| child.wait().expect("it ends").code()).collect();
        assert!(codes.iter().all(|code| *code == Some(0)), "{on:?}: {codes:?}");
        assert_eq!(rows(&database), "dddd");
        let log =
            database.query("SELECT revision FROM migrate_log WHERE number > 3 AND state = 'done' ORDER BY number");
        assert_eq!(log.concat(), ["cccc", "bbbb", "dddd"]);
    }
}
