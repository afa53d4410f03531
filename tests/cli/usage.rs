//! The command line itself: help, version, what is wrong with it, streams, colours, start-up.

use std::process::Stdio;

use super::{line, project};
use crate::common::{Output, Project, binary};

#[test]
fn no_command_is_help_on_standard_error() {
    let output = Project::empty().run::<&str>(&[]).exits(2).says("Usage: migrate");
    assert_eq!(output.stdout, "");
}

#[test]
fn help_begins_with_examples_and_groups_the_commands() {
    for words in [&["--help"][..], &["-h"], &["help"]] {
        let output = Project::empty().run(words).ok().prints("Examples:").prints("Write:").prints("autogenerate");
        assert!(output.stdout.find("Examples:") < output.stdout.find("Usage:"), "{output}");
        assert_eq!(output.stderr, "");
    }
    Project::empty().run(&["upgrade", "--help"]).ok().prints("--dry-run").prints("--lock-wait");
    Project::empty().run(&["--version"]).ok().prints("migrate 0.");
}

#[test]
fn a_wrong_word_is_an_error_like_every_other() {
    let output = Project::empty().run(&["hedas"]).exits(2);
    let start = "error: unrecognized subcommand 'hedas'\n\nhint: some similar subcommands exist: ";
    assert!(output.stderr.starts_with(start) && output.stderr.ends_with("'heads'\n"), "{output}");
    Project::empty().run(&["downgrade"]).exits(2).says("<TARGET>").says("hint: write it as `migrate downgrade");
    Project::empty().run(&["heads", "--format", "xml"]).exits(2).says("'xml'");
    Project::empty().run(&["upgrade", "--dry-run", "--sql"]).exits(2).says("cannot be used with");
    Project::empty().run(&["upgrade", "-x", "novalue"]).exits(2).says("key=value");
}

#[test]
fn a_wrong_word_is_one_object_for_programs() {
    for words in [&["heads", "zzz", "--format", "json"][..], &["--format=json", "hedas"], &["--format=json"]] {
        let output = Project::empty().run(words).exits(2);
        let keys = ["code", "kind", "message", "causes", "hint", "file", "line", "revision", "statement"];
        let places: Vec<_> = keys.iter().map(|key| output.stderr.find(&format!("\"{key}\":"))).collect();
        assert!(places.is_sorted() && places.iter().all(Option::is_some), "{output}");
        assert!(output.stderr.starts_with("{\"error\":{\"code\":2,\"kind\":\"usage\","), "{output}");
        assert_eq!((output.stderr.lines().count(), output.stdout.as_str()), (1, ""));
    }
}

#[test]
fn annotations_are_refused_where_there_is_nothing_to_annotate() {
    let (script, database) = line();
    for words in [&["upgrade"][..], &["downgrade", "head:base"], &["stamp", "head"], &["ensure-version"]] {
        let output = script.run(&[words, &["--sql", "--format", "json"]].concat()).exits(2);
        assert!(output.stdout.is_empty() && output.stderr.contains("\"hint\":\"leave --format json out\""), "{output}");
    }
    script.run(&["upgrade", "--sql", "--format", "text"]).ok().prints("CREATE TABLE");
    assert!(!database.file().exists());
    project().0.run(&["heads", "--format", "github"]).exits(2).says("annotations");
}

#[test]
fn global_flags_stand_before_or_behind_the_command() {
    let (project, _database) = line();
    let before = project.run(&["--format", "json", "heads"]).ok();
    let behind = project.run(&["heads", "--format", "json"]).ok();
    assert_eq!(before.stdout, behind.stdout);
    assert_eq!(before.stdout, "{\"format\":1,\"revisions\":[\"cccc\"]}\n");
}

#[test]
fn targets_may_begin_with_a_hyphen_and_a_digit() {
    let (project, _database) = line();
    project.run(&["upgrade"]).ok();
    project.run(&["downgrade", "-1"]).ok();
    project.run(&["downgrade", "-q", "-1"]).ok();
    project.run(&["downgrade", "-1", "--format", "json"]).ok().prints("\"after\":[]");
    project.run(&["downgrade", "--bogus"]).exits(2).says("unexpected argument '--bogus'");
}

#[test]
fn colours_follow_flag_and_environment() {
    let (project, _database) = line();
    let escapes = |output: &Output| output.stdout.contains('\u{1b}');
    assert!(!escapes(&project.run(&["heads"]).ok()));
    assert!(escapes(&project.run(&["heads", "--color", "always"]).ok()));
    assert!(escapes(
        &project
            .run_with(&["heads"], |command| {
                command.env("CLICOLOR_FORCE", "1");
            })
            .ok()
    ));
    let both = |command: &mut std::process::Command| {
        command.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
    };
    assert!(!escapes(&project.run_with(&["heads"], both).ok()));
    assert!(!escapes(&project.run_with(&["heads", "--color", "never"], |command| {
        command.env("CLICOLOR_FORCE", "1");
    })));
}

#[test]
fn a_full_disk_is_an_error_and_a_reader_who_left_is_none() {
    let (project, _database) = line();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let output = project.command().arg("history").stdout(full).stderr(Stdio::piped()).output().expect("it runs");
    Output::of("history", output).exits(2).says("error: the output cannot be written");
    let script = format!("set -o pipefail; {} completions bash | true", binary().display());
    let output = std::process::Command::new("bash").args(["-c", &script]).output().expect("bash");
    assert_eq!(Output::of("completions", output).ok().stderr, "");
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        Project::empty().run(&["completions", shell]).ok().prints("autogenerate").prints("ensure-version");
    }
}

#[test]
fn schemas_are_json() {
    let output = Project::empty().run(&["schema", "config"]).ok().prints("\"$schema\"").prints("\"version_table\"");
    assert!(output.stdout.starts_with('{') && output.stdout.ends_with("}\n"));
}

#[test]
fn the_log_is_started_only_where_it_is_asked_for() {
    let (project, _database) = line();
    assert_eq!(project.run(&["heads"]).ok().stderr, "");
    project.run(&["heads", "-vv", "--log-format", "json"]).ok();
}
