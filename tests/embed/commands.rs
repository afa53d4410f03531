//! What each command does in a program that carries its revisions, without a project around it.

use crate::common::{Database, Project};
use crate::program::run_as;
use crate::{Named, OnEach};

pub(crate) const TESTS: &[Named] = &[
    ("commands_that_need_files_say_why_not", commands_that_need_files_say_why_not),
    ("in_a_project_they_work_on_its_files", in_a_project_they_work_on_its_files),
    ("it_speaks_in_its_own_name", it_speaks_in_its_own_name),
    ("it_is_not_called_inside_of_asynchronous_code", it_is_not_called_inside_of_asynchronous_code),
    ("the_configuration_of_a_folder_counts_but_for_the_version_table", the_configuration_of_a_folder_counts),
];

pub(crate) const ON_EACH: &[OnEach] = &[("the_whole_command_line", the_whole_command_line)];

fn the_whole_command_line(database: Database) {
    let (project, fresh) = (Project::empty(), database.fresh());
    let run = |words: &[&str]| run_as(&project, "shop", &fresh, words);
    run(&["status", "--check"])
        .exits(1)
        .prints("not applied: aa01, aa02, aa03")
        .prints("next: apply them: shop-admin upgrade");
    run(&["heads"]).ok().prints("aa03");
    run(&["show", "head"]).ok().prints("colours");
    run(&["upgrade", "--dry-run"]).ok().prints("aa03");
    run(&["upgrade", "shop@-1"]).exits(2);
    run(&["upgrade", "aa02"]).ok().says("2 revisions applied");
    assert_eq!(fresh.value("SELECT text FROM notes"), "ada");
    assert_eq!(fresh.value("SELECT version_num FROM shop_version"), "aa02");
    run(&["current"]).ok().prints("aa02");
    run(&["upgrade", "--format", "json"]).ok().prints("\"after\":[\"aa03\"]");
    run(&["status", "--check"]).ok().prints("at head");
    run(&["history", "-i"]).ok().prints("aa01");
    run(&["history", "--log"]).ok().prints("aa02");
    run(&["graph"]).ok().prints("aa03");
    run(&["branches"]).ok();
    fresh.execute("UPDATE notes SET colour = 'red';");
    run(&["downgrade", "aa01"]).exits(2).says("would lose data");
    run(&["downgrade", "aa01", "--yes"]).ok();
    assert_eq!(fresh.value("SELECT count(*) FROM notes"), "0");
    run(&["upgrade", "aa02", "-x", "who=grace"]).ok();
    assert_eq!(fresh.value("SELECT text FROM notes"), "grace");
    run(&["downgrade", "base", "--yes"]).ok();
    run(&["stamp", "head"]).ok();
    run(&["current"]).ok().prints("aa03");
    run(&["stamp", "base"]).ok();
    run(&["ensure-version"]).ok();
    run(&["inspect"]).ok();
    run(&["schema", "config"]).ok();
    let script = run(&["upgrade", "--sql"]).ok().prints("shop_version");
    assert!(script.stdout.contains("'ada'"), "{script}");
    run(&["upgrade"]).ok();
    run(&["accept-checksum", "aa01"]).ok();
}

fn commands_that_need_files_say_why_not() {
    let (project, fresh) = (Project::empty(), Database::Sqlite.fresh());
    for words in [
        &["revision", "-m", "x"][..],
        &["revision", "--autogenerate", "-m", "x"],
        &["merge", "-m", "x"],
        &["rebase"],
        &["edit"],
        &["heads", "--check"],
        &["heads", "--write"],
    ] {
        let output = run_as(&project, "shop", &fresh, words).exits(2);
        let output =
            output.says("this command works on files of revisions, and shop-admin carries its revisions inside");
        output.says("run it where migrate.yaml and the folder of revisions are");
    }
    for words in [&["init"][..], &["import", "alembic"]] {
        run_as(&project, "shop", &fresh, words)
            .exits(2)
            .says("a project is not begun with shop-admin")
            .says("`migrate` itself");
    }
    run_as(&project, "shop", &fresh, &["check"]).exits(1).prints("not at head");
    run_as(&project, "shop", &fresh, &["upgrade"]).ok();
    run_as(&project, "shop", &fresh, &["check"]).exits(2).says("there are no models here");
    run_as(&project, "shop", &fresh, &["quality"]).exits(2).says("there are no models here");
    assert_eq!(project.list(""), Vec::<String>::new(), "nothing was written");
}

fn in_a_project_they_work_on_its_files() {
    let fresh = Database::Sqlite.fresh();
    let project = Project::on(&fresh);
    let output = run_as(&project, "shop", &fresh, &["revision", "-m", "from a file", "--rev-id", "ff01"]).ok();
    assert!(output.stdout.starts_with("versions/") && project.list("versions").len() == 1, "{output}");
    run_as(&project, "shop", &fresh, &["heads"]).ok().prints("aa03");
    // The program runs what it carries, not what lies around it.
    run_as(&project, "shop", &fresh, &["upgrade"]).ok();
    assert_eq!(fresh.value("SELECT version_num FROM shop_version"), "aa03");
}

fn it_speaks_in_its_own_name() {
    let (project, fresh) = (Project::empty(), Database::Sqlite.fresh());
    let help = run_as(&project, "shop", &fresh, &["--help"]).ok();
    assert!(help.stdout.contains("Usage: shop-admin") && !help.stdout.contains("migrate upgrade"), "{help}");
    run_as(&project, "shop", &fresh, &["upgrade", "--help"]).ok().prints("Usage: shop-admin upgrade");
    run_as(&project, "shop", &fresh, &["upgrad"]).exits(2).says("'upgrade'");
    run_as(&project, "shop", &fresh, &["show"]).exits(2).says("shop-admin show");
    run_as(&project, "shop", &fresh, &["completions", "bash"]).ok().prints("complete -F _shop__admin");
    let output = run_as(&project, "shop", &fresh, &["downgrade", "nosuch"]).exits(2);
    assert!(!output.stderr.contains("migrate history"), "{output}");
}

fn it_is_not_called_inside_of_asynchronous_code() {
    let (project, fresh) = (Project::empty(), Database::Sqlite.fresh());
    run_as(&project, "nested", &fresh, &["upgrade"]).exits(2).says("inside of asynchronous code");
    assert!(!fresh.file().exists());
}

fn the_configuration_of_a_folder_counts() {
    let (project, fresh) = (Project::empty(), Database::Sqlite.fresh());
    project.write("migrate.yaml", "version_table: other_version\nrun: { keep_text: false, backup: copies }\n");
    run_as(&project, "shop", &fresh, &["upgrade", "aa01"]).ok();
    run_as(&project, "shop", &fresh, &["upgrade"]).ok();
    assert_eq!(fresh.value("SELECT version_num FROM shop_version"), "aa03");
    assert_eq!(fresh.value("SELECT count(*) FROM sqlite_schema WHERE name = 'other_version'"), "0");
    assert_eq!(project.list("copies").len(), 1, "a copy before the second run");
}
