//! `revision` and `merge`: ids, names, folders, times, templates and hooks of new files.

use super::{line, project};
use crate::common::Project;

/// Two folders of revisions: `main` with a line of its own, `team` with a labelled one.
fn folders() -> (Project, crate::common::Fresh) {
    let (project, database) = project();
    let url = database.url();
    project.write("migrate.yaml", format!("database: {{ url: \"{url}\" }}\nversions: [main, team/versions]\n"));
    project.write("main/a.sql", "-- revision: aaaa\n-- migrate:up\n");
    project.write("team/versions/b.sql", "-- revision: bbbb\n-- branch_labels: team\n-- migrate:up\n");
    (project, database)
}

fn written(project: &Project, words: &[&str]) -> String {
    let words: Vec<&str> = ["revision"].iter().chain(words).copied().collect();
    project.run(&words).ok().stdout.trim_end().to_owned()
}

#[test]
fn a_new_revision_lies_where_its_parent_lies() {
    let (project, _database) = folders();
    assert!(written(&project, &["--head", "team@head", "--rev-id", "b2"]).starts_with("team/versions/"));
    assert!(written(&project, &["--head", "aaaa", "--rev-id", "a2"]).starts_with("main/"));
    let words = ["--head", "a2", "--rev-id", "a3", "--version-path", "team/versions"];
    assert!(written(&project, &words).starts_with("team/versions/"));
    let merge = project.run(&["merge", "b2", "a3", "--rev-id", "m1"]).ok().stdout;
    assert!(merge.starts_with("team/versions/"), "{merge}");
    assert_eq!(project.run(&["heads"]).ok().stdout.lines().count(), 1);
}

#[test]
fn a_new_base_among_several_folders_says_where() {
    let (project, _database) = folders();
    let output = project.run(&["revision", "--head", "base", "-m", "x"]).exits(2);
    output.says("there are several folders of revisions").says("give --version-path with one of main, team/versions");
    project
        .run(&["revision", "--head", "base", "--version-path", "other"])
        .exits(2)
        .says("choose one of main, team/versions");
    project
        .run(&["revision", "--head", "base", "--version-path", "../../etc"])
        .exits(2)
        .says("is not one of `versions:`");
    let words = ["--head", "base", "--version-path", "main", "--branch-label", "new", "--rev-id", "n1"];
    assert!(written(&project, &words).starts_with("main/"));
    assert!(written(&project, &["--head", "new@head"]).starts_with("main/"));
    assert_eq!((project.list("main").len(), project.list("team/versions").len()), (3, 1));
}

#[test]
fn a_folder_that_is_missing_is_an_error_and_one_named_twice_is_read_once() {
    let (project, _database) = folders();
    project.write("migrate.yaml", "versions: [main, main/, ./team/../main]\n");
    assert_eq!(project.run(&["heads"]).ok().stdout, "aaaa (head)\n");
    project.write("migrate.yaml", "versions: [main, nowhere]\n");
    for command in ["heads", "upgrade", "revision"] {
        project.run(&[command]).exits(2).says("cannot read the folder of revisions").says("nowhere");
    }
}

#[test]
fn ids_are_refused_with_the_reason() {
    let (project, _database) = line();
    let long = "x".repeat(33);
    for (id, why) in [
        ("../../x", "it starts with a dot"),
        ("a/../x", "`/` is not allowed in it"),
        ("..", "it starts with a dot"),
        ("a\u{7}b", "`\\u{7}` is not allowed in it"),
        ("a-b", "`-` is not allowed in it"),
        ("", "it is empty"),
        ("head", "a meaning of its own"),
        (&long, "it has 33 characters, the version table holds 32"),
        ("aaaa", "aaaa"),
        ("AAAA", "aaaa"),
    ] {
        project.run(&["revision", "--rev-id", id]).exits(2).says(why);
        project.run(&["merge", "aaaa", "cccc", "--splice", "--rev-id", id]).exits(2).says(why);
    }
    for label in ["head", "a@b", "a b", "", "cccc"] {
        project.run(&["revision", "--branch-label", label]).exits(2);
    }
    for needed in ["zzzz", "base", "aaaa:cccc"] {
        project.run(&["revision", "--depends-on", needed]).exits(2);
    }
    project.run(&["revision", "-m", "a\u{1b}[31mb"]).exits(2).says("the control character `\\u{1b}`");
    assert_eq!(project.list("versions").len(), 3, "what is refused writes nothing");
    assert_eq!(project.list(""), ["migrate.yaml", "models", "versions"]);
}

#[test]
fn a_message_never_leads_out_of_the_folder() {
    let (project, _database) = project();
    project.write("migrate.yaml", "file_template: <slug>\n");
    assert_eq!(written(&project, &["-m", "../../etc/passwd: a/b"]), "versions/etc_passwd_a_b.yaml");
    assert_eq!(written(&project, &["-m", "Größe\nin zwei Zeilen"]), "versions/größe_in_zwei_zeilen.yaml");
    let output = project.run(&["revision", "-m", "größe in zwei zeilen"]).exits(2);
    output.says("there is a file of this name");
    project.run(&["history"]).ok();
}

#[test]
fn names_follow_their_template() {
    let (project, _database) = project();
    let name = |config: &str, message: &str| {
        project.write("migrate.yaml", config);
        let id = format!("r{}", project.list("versions").len());
        (written(&project, &["-m", message, "--rev-id", &id]), id)
    };
    let (path, id) = name("file_template: \"%(rev)s_%(slug)s\"\n", "Add orders");
    assert_eq!(path, format!("versions/{id}_add_orders.yaml"));
    let (path, id) = name("file_template: <id>-<slug>\nslug_length: 9\nwrite_as: sql\n", "Add the orders");
    assert_eq!(path, format!("versions/{id}-add_the.sql"));
    let (path, id) = name("slug_length: 0\n", "Add the orders");
    assert!(path.ends_with(&format!("-{id}.yaml")), "{path}");
    let (path, _) = name("file_template: \"%(year)d%(month).2d%(day).2d-<hour><minute><second>-<epoch>-<rev>\"\n", "x");
    let parts: Vec<usize> = path.trim_start_matches("versions/").split('-').map(str::len).collect();
    assert_eq!(parts[..3], [8, 6, 10], "{path}");
    for (template, why) in [("../<id>", "no folder"), ("\"%%(rev)s\"", "not doubled"), ("x", "it needs `<id>`")] {
        project.write("migrate.yaml", format!("file_template: {template}\n"));
        project.run(&["revision"]).exits(2).says("migrate.yaml:1").says(why);
    }
    project.write("migrate.yaml", "file_template: <id>\nslug_length: 201\n");
    project.run(&["revision"]).exits(2).says("migrate.yaml:2").says("a whole number up to 200");
    project.write("migrate.yaml", "slug_length: 200\n");
    project
        .run(&["revision", "-m", &"ü".repeat(200)])
        .exits(2)
        .says("the name of the new file would have 4")
        .says("slug_length");
}

/// The seconds of the day that a header's `created` shows, and its offset.
fn clock(project: &Project, path: &str) -> (i64, String) {
    let text = project.read(path);
    let stamp = text.lines().find_map(|line| line.strip_prefix("-- created: ")).expect("a date").to_owned();
    let part = |at: usize| stamp[at..at + 2].parse::<i64>().expect("digits");
    (part(11) * 3600 + part(14) * 60 + part(17), stamp[19..].to_owned())
}

#[test]
fn times_are_those_of_the_time_zone() {
    let (project, _database) = project();
    let zoned = |zone: &str| {
        project.write("migrate.yaml", format!("timezone: {zone}\nwrite_as: sql\nfile_template: <hour><minute>-<id>\n"));
        let path = written(&project, &["--head", "base"]);
        let (second, offset) = clock(&project, &path);
        let name = path.trim_start_matches("versions/")[..4].to_owned();
        assert_eq!(name, format!("{:02}{:02}", second / 3600, second / 60 % 60));
        (second, offset)
    };
    let (here, there) = (zoned("UTC"), zoned("\"+05:30\""));
    assert_eq!((here.1.as_str(), there.1.as_str()), ("Z", "+05:30"));
    let ahead = (there.0 - here.0).rem_euclid(24 * 3600);
    assert!((19_800..19_860).contains(&ahead), "{ahead} seconds ahead");
    project.write("migrate.yaml", "timezone: Europe/Nowhere\n");
    let output = project.run(&["revision", "--head", "base"]).exits(2);
    output.says("there is no time zone `Europe/Nowhere`").says("migrate.yaml:1").says("Europe/Berlin");
    project.run(&["heads"]).ok();
    project.write("migrate.yaml", "timezone: ../../../etc/localtime\n");
    project.run(&["revision", "--head", "base"]).exits(2).says("it is no name of a zone");
}

#[test]
fn a_zone_is_read_where_tzdir_says() {
    let (project, _database) = project();
    // A file with one kind of time, an hour and a half ahead, and no change.
    let mut zone = b"TZif".to_vec();
    zone.extend([0; 16]);
    zone.extend([0, 0, 0, 0, 1, 4].into_iter().flat_map(u32::to_be_bytes));
    zone.extend(5400_i32.to_be_bytes());
    zone.extend(*b"\0\0XXX\0");
    project.write("zones/Here", zone);
    project.write("migrate.yaml", "timezone: Here\nwrite_as: sql\n");
    let zones = project.path("zones");
    let output = project.run_with(&["revision"], |command| {
        command.env("TZDIR", &zones);
    });
    assert_eq!(clock(&project, output.ok().stdout.trim_end()).1, "+01:30");
}

#[test]
fn several_heads_ask_for_one() {
    let (project, _database) = super::fork();
    project.run(&["revision", "-m", "x"]).exits(2).says("several heads").says("bbbb").says("cccc");
    let text = project.read(&written(&project, &["--head", "heads", "-m", "both"]));
    assert!(text.contains("down_revision: [bbbb, cccc]") || text.contains("down_revision: [cccc, bbbb]"), "{text}");
}
