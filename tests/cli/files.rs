//! Commands that need only files.

use super::{fork, line, project};
use crate::common::Project;

#[test]
fn init_writes_a_project_that_works() {
    let project = Project::empty();
    project.run(&["init"]).ok().says("     Writing migrate.yaml").says("hint:");
    assert_eq!(project.list(""), ["migrate.yaml", "models", "versions"]);
    assert_eq!(project.run(&["heads"]).ok().stdout, "");
    project.run(&["check"]).ok().prints("in sync");
    project.write("migrate.yaml", "# mine\n");
    project.run(&["init"]).ok().says("Keeping migrate.yaml");
    assert_eq!(project.read("migrate.yaml"), "# mine\n");
    project.run(&["init", "other"]).ok();
    assert_eq!(project.list("other"), ["migrate.yaml", "models", "versions"]);
}

#[test]
fn revision_prints_the_path_of_the_file_it_wrote() {
    let (project, _database) = project();
    let output = project.run(&["revision", "-m", "Add \"orders\"!"]).ok();
    let path = output.stdout.trim_end();
    assert!(path.starts_with("versions/") && path.ends_with("_add_orders.yaml"), "{output}");
    assert_eq!(output.stderr, "");
    let text = project.read(path);
    assert!(text.contains("down_revision: null") && !text.contains("downgrade:"), "{text}");
    let second = project.run(&["revision", "-m", "second", "--rev-id", "b2", "--as", "sql"]).ok();
    let text = project.read(second.stdout.trim_end());
    assert!(text.starts_with("-- revision: b2\n") && text.contains("-- migrate:up"), "{text}");
    assert!(project.run(&["history"]).ok().stdout.contains("-> b2 (head), second"));
}

#[test]
fn revision_takes_alembics_options() {
    let (project, _database) = line();
    project.run(&["revision", "--head", "aaaa"]).exits(2).says("aaaa is no head").says("--splice");
    let words = ["revision", "--head", "aaaa", "--splice", "--branch-label", "side", "--rev-id", "d1", "-m", "x"];
    project.run(&words).ok();
    project.run(&["revision", "-m", "y"]).exits(2).says("several heads");
    let words = ["revision", "--head", "side@head", "--rev-id", "d2", "--depends-on", "cc", "--depends-on", "side"];
    let text = project.read(project.run(&words).ok().stdout.trim_end());
    assert!(text.contains("depends_on: [cccc, side]"), "{text}");
    project.run(&["revision", "--head", "base", "--rev-id", "e1"]).ok();
    project.run(&["revision", "--head", "base", "--rev-id", "aaaa"]).exits(2).says("aaaa");
    project.run(&["revision", "--head", "base", "--rev-id", "no way"]).exits(2).says("`no way`");
    project.run(&["revision", "--head", "base", "--branch-label", "side"]).exits(2).says("side");
    project.run(&["revision", "--head", "base", "--version-path", "models"]).exits(2).says("is not one of `versions:`");
    assert_eq!(project.list("versions").len(), 6, "what is refused writes nothing");
}

#[test]
fn revision_writes_to_the_folder_that_is_named() {
    let (project, _database) = project();
    project.write("migrate.yaml", "versions: [versions, team/versions]\n");
    project.write("team/versions/.keep", "");
    let path = project.run(&["revision", "-m", "x", "--version-path", "team/versions"]).ok().stdout;
    assert!(path.starts_with("team/versions/"), "{path}");
}

#[test]
fn merge_joins_heads() {
    let (project, _database) = fork();
    let text = project.read(project.run(&["merge", "--rev-id", "dddd"]).ok().stdout.trim_end());
    assert!(text.contains("down_revision: [bbbb, cccc]") && text.contains("downgrade: []"), "{text}");
    assert_eq!(project.run(&["heads"]).ok().stdout, "dddd (left) (head), merge bbbb (left) and cccc\n");
    project.run(&["merge"]).exits(2).says("nothing to merge");
    project.run(&["merge", "bbbb", "zzzz"]).exits(2).says("`zzzz`");
}

#[test]
fn history_is_alembics_newest_first() {
    let (project, _database) = line();
    let expected = "bbbb -> cccc (head), third table\naaaa -> bbbb, second table\n<base> -> aaaa, first table\n";
    assert_eq!(project.run(&["history"]).ok().stdout, expected);
    assert_eq!(project.run(&["history", "-r", "aaaa:bbbb"]).ok().stdout.lines().count(), 2);
    assert_eq!(project.run(&["history", "-r", "bbbb:"]).ok().stdout.lines().count(), 2);
    project.run(&["history", "-r", "bbbb"]).exits(2).says("is not a range");
    project.run(&["history", "-v"]).ok().prints("Rev: cccc (head)\nParent: bbbb\nPath: ").prints("    third table\n");
}

#[test]
fn history_as_json_has_every_key() {
    let (project, _database) = fork();
    let output = project.run(&["history", "--format", "json"]).ok();
    assert!(output.stdout.starts_with("{\"format\":1,\"revisions\":[{\"revision\":\"cccc\","), "{output}");
    let path = project.path("versions/b.yaml");
    let left = format!(
        "{{\"revision\":\"bbbb\",\"down_revision\":[\"aaaa\"],\"depends_on\":[],\"branch_labels\":[\"left\"],\
         \"message\":\"on the left\",\"created\":null,\"path\":\"{}\",\"is_head\":true,\"is_base\":false,\
         \"is_branch_point\":false,\"is_merge_point\":false,\"applied\":null}}",
        path.display()
    );
    assert!(output.stdout.contains(&left), "{output}");
}

#[test]
fn branches_and_heads() {
    let (project, _database) = fork();
    let expected =
        "aaaa (branchpoint), base\n     -> bbbb (left) (head), on the left\n     -> cccc (head), on the right\n";
    assert_eq!(project.run(&["branches"]).ok().stdout, expected);
    assert_eq!(project.run(&["heads"]).ok().stdout, "cccc (head), on the right\nbbbb (left) (head), on the left\n");
}

#[test]
fn show_says_everything_and_what_it_does() {
    let (project, _database) = line();
    project
        .run(&["show", "head"])
        .ok()
        .prints("Rev: cccc (head)")
        .prints("Upgrade:\n    create table three")
        .prints("Downgrade:\n    drop table three");
    project.run(&["show", "bb", "--format", "json"]).ok().prints("\"revision\":\"bbbb\"");
    project.run(&["show", "zzzz"]).exits(2).says("`zzzz`");
}

#[test]
fn edit_opens_the_editor() {
    let (project, _database) = line();
    project.run(&["edit"]).exits(2).says("no editor is chosen");
    let output = project
        .run_with(&["edit", "bbbb"], |command| {
            command.env("EDITOR", "cat -n");
        })
        .ok();
    assert!(output.stdout.contains("-- revision: bbbb"), "{output}");
}
