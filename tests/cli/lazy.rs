//! Commands that ask for the graph read headers only: whatever is broken behind them disturbs nobody but the command that
//! runs it, and that one before anything has changed.

use super::{project, table_revision};
use crate::common::{Fresh, Project};

/// `aaaa` is sound; the bodies of the two above it cannot be read.
fn broken_bodies() -> (Project, Fresh) {
    let (project, database) = project();
    project.write("versions/a.yaml", table_revision("aaaa", "null", "sound", "one"));
    project.write(
        "versions/b.yaml",
        "revision: bbbb\ndown_revision: aaaa\nmessage: not YAML\nupgrade:\n  - { create_table: [\n\t*&%\n  unknown_verb\n",
    );
    project.write(
        "versions/c.sql",
        "-- revision: cccc\n-- down_revision: bbbb\n-- message: not SQL\n\n-- migrate:up\nINSERT INTO one VALUES ('never closed;\n",
    );
    (project, database)
}

#[test]
fn what_asks_for_the_graph_reads_no_body() {
    let (project, _database) = broken_bodies();
    project.run(&["upgrade", "aaaa"]).ok();
    for command in [
        "heads",
        "history",
        "history -v",
        "history -i",
        "history -r aaaa:head",
        "branches",
        "current",
        "status",
        "stamp aaaa",
        "revision -m next",
        "upgrade aaaa",
        "downgrade aaaa",
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        let output = project.run(&words);
        assert_eq!(output.code, 0, "{output}");
    }
    project.run(&["current", "--check-heads"]).exits(1);
    project.run(&["history"]).ok().prints("bbbb -> cccc, not SQL").prints("aaaa -> bbbb, not YAML");
}

#[test]
fn what_runs_a_body_names_its_line_before_anything_has_changed() {
    let (project, database) = broken_bodies();
    project.run(&["upgrade"]).exits(2).says("versions/b.yaml");
    project.run(&["upgrade", "--sql"]).exits(2).says("versions/b.yaml");
    project.run(&["show", "bbbb"]).exits(2).says("versions/b.yaml");
    project.run(&["show", "aaaa"]).ok();
    assert!(super::tables(&database).is_empty(), "the sound one did not run either");
    project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "mended", "two"));
    project.run(&["upgrade"]).exits(2).says("versions/c.sql:6").says("never closed");
    assert!(super::tables(&database).is_empty());
}

/// A broken header is everybody's problem: all of them in one report.
#[test]
fn headers_are_read_by_all() {
    let (project, _database) = broken_bodies();
    project.write("versions/d.sql", "-- revision: dddd\n-- down_revision: gone\n\n-- migrate:up\n");
    project.write("versions/e.sql", "-- revision: aaaa\n\n-- migrate:up\n");
    for command in ["heads", "history", "current", "upgrade", "stamp"] {
        let words = if command == "stamp" { vec!["stamp", "head"] } else { vec![command] };
        project
            .run(&words)
            .exits(7)
            .says("2 problems")
            .says("the parent gone")
            .says("the revision id aaaa is in 2 files");
    }
}
