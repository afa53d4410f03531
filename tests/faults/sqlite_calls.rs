//! SQLite: killed at the n-th write or sync to the file, and refused there by the disk. `strace` does it, from outside.

use std::process::Command;

use super::count;
use super::twelve::{DOWNGRADE, UPGRADE, Way, project};
use crate::common::{Database, Fresh, Output, Project};

/// What reaches the file of the database and its journal.
const CALLS: [&str; 3] = ["pwrite64", "fsync", "unlink"];

/// Runs the command under `strace` with these options; its report of the calls goes to a file in the project.
fn traced(project: &Project, way: Way, options: &[&str]) -> Output {
    let mut command = Command::new("strace");
    let plain = project.command();
    command.args(["-f", "-qq", "-o"]).arg(project.path("calls")).args(options).arg(plain.get_program());
    command.args(way.command).current_dir(project.path("")).env_clear();
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    Output::of(&way.command.join(" "), command.output().expect("strace starts: tests/run installs it"))
}

/// How often the command makes the call when nobody disturbs it.
fn calls(project: &Project, way: Way, call: &str) -> usize {
    traced(project, way, &["-e", &format!("trace={call}")]).ok();
    project.read("calls").lines().filter(|line| line.contains(&format!("{call}("))).count()
}

/// Injects something at calls spread over the command, `sample` of them, and looks at what the next run makes of it.
fn sweep(call: &str, inject: &str, codes: &[i32], sample: usize) -> usize {
    let clean = Database::Sqlite.fresh();
    let at_head = UPGRADE.undisturbed(&clean, &[]);
    let clean = Database::Sqlite.fresh();
    let at_first = DOWNGRADE.undisturbed(&clean, &[UPGRADE]);
    let mut tried = 0;
    let ways: [(Way, &[Way], &str); 2] = [(UPGRADE, &[], &at_head), (DOWNGRADE, &[UPGRADE], &at_first)];
    for (way, before, wanted) in ways {
        let prepared = |database: &Fresh| {
            let project = project(database);
            for way in before {
                project.run(way.command).ok();
            }
            project
        };
        let counted = Database::Sqlite.fresh();
        let all = calls(&prepared(&counted), way, call);
        assert!(all >= 10, "only {all} calls of {call}: it is another call now");
        let every = all.div_ceil(count(sample, all));
        for at in (1..=all).step_by(every) {
            let database = Database::Sqlite.fresh();
            let project = prepared(&database);
            let rule = format!("inject={call}:{inject}:when={at}");
            let output = traced(&project, way, &["-e", &format!("trace={call}"), "-e", &rule]);
            // The last ones are counted and need not come again: the program may have been done before.
            assert!(codes.contains(&output.code) || output.code == 0 && at + 3 > all, "{rule}: {output}");
            assert_eq!(database.value("PRAGMA integrity_check;"), "ok", "{rule}");
            way.ends_as(wanted, &project, &database, &rule);
            assert_eq!(database.value("PRAGMA integrity_check;"), "ok", "{rule}");
            tried += 1;
        }
    }
    eprintln!("{call} {inject}: {tried} points");
    tried
}

#[test]
fn sqlite_survives_a_kill_at_each_write_and_sync() {
    for call in CALLS {
        sweep(call, "signal=SIGKILL", &[137], 3);
    }
}

/// A write that finds no room, or a disk that fails: the revision is rolled back, and the program says so.
#[test]
fn sqlite_survives_a_disk_that_refuses() {
    for (call, error) in [("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("fsync", "EIO")] {
        sweep(call, &format!("error={error}"), &[0, 2, 3, 5], 2);
    }
}
