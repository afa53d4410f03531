//! What surrounds the process: closed streams, full devices, no home, limits of the system.

use std::process::Command;

use super::twelve::{UPGRADE, project};
use crate::common::{Database, Fresh, Output, Project, binary};

/// Runs a line of the shell in the project, with the program as `$MIGRATE`.
fn shell(project: &Project, line: &str) -> Output {
    let plain = project.command();
    let mut command = Command::new("bash");
    command.args(["-c", line]).current_dir(project.path("")).env_clear().env("MIGRATE", binary());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    Output::of(line, command.output().expect("bash starts"))
}

fn upgraded() -> (Fresh, Project, String) {
    let clean = Database::Sqlite.fresh();
    let wanted = UPGRADE.undisturbed(&clean, &[]);
    let database = Database::Sqlite.fresh();
    let project = project(&database);
    (database, project, wanted)
}

/// Each line is run on an empty database; a code that is not 0 needs one plain run more.
#[track_caller]
fn survives(line: &str, codes: &[i32]) {
    let (database, project, wanted) = upgraded();
    let output = shell(&project, line);
    assert!(codes.contains(&output.code), "{output}");
    assert!(!output.stderr.contains("panicked"), "{output}");
    if output.code == 0 {
        assert_eq!(database.value("SELECT v FROM n;"), UPGRADE.value, "{line}");
    }
    UPGRADE.ends_as(&wanted, &project, &database, line);
    assert_eq!(database.value("PRAGMA integrity_check;"), "ok");
}

/// The migration goes to its end, whoever reads what it prints.
#[test]
fn closed_streams_stop_no_migration() {
    survives("$MIGRATE upgrade >&-", &[0]);
    survives("$MIGRATE upgrade 2>&-", &[0]);
    survives("$MIGRATE upgrade <&- >&- 2>&-", &[0]);
    survives("$MIGRATE upgrade -vv --echo 2>&-", &[0]);
    survives("$MIGRATE upgrade 2>/dev/full", &[0]);
    survives("$MIGRATE upgrade -vv --echo 2>/dev/full", &[0]);
    survives("$MIGRATE upgrade --echo 2> >(exec true); wait", &[0]);
    survives("set -o pipefail; $MIGRATE upgrade --format json | true", &[0, 141]);
    survives("$MIGRATE upgrade --format json >/dev/full", &[0, 2]);
}

#[test]
fn little_is_needed_around_the_program() {
    survives("unset HOME TERM LANG TMPDIR MIGRATE_CACHE_DIR PATH; exec $MIGRATE upgrade", &[0]);
    survives("LANG=C LC_ALL=C TERM=dumb exec $MIGRATE upgrade", &[0]);
    survives("TMPDIR=/no/such/folder exec $MIGRATE upgrade", &[0]);
    survives("HOME=/dev/null MIGRATE_CACHE_DIR=/dev/null/x exec $MIGRATE upgrade", &[0]);
    survives("ulimit -n 16; exec $MIGRATE upgrade", &[0, 2]);
    survives("ulimit -c 0; ulimit -v 120000; exec $MIGRATE upgrade", &[0, 2, 3, 134, 139]);
}

/// A limit on the size of files kills; where the signal is ignored the write fails. Either is as a kill at a write.
#[test]
fn a_limit_on_files_is_a_full_disk() {
    survives("ulimit -c 0; ulimit -f 24; exec $MIGRATE upgrade", &[153]);
    survives("trap '' XFSZ; ulimit -f 24; exec $MIGRATE upgrade", &[2, 3]);
}

#[test]
fn a_folder_that_is_gone_is_said() {
    let (_database, project, _) = upgraded();
    let output = shell(&project, "mkdir gone && cd gone && rmdir ../gone && exec $MIGRATE upgrade");
    assert!(output.code == 2 && output.stderr.contains("error: "), "{output}");
    let line = format!(
        "mkdir gone && cd gone && rmdir ../gone && exec $MIGRATE upgrade -c {}",
        project.path("migrate.yaml").display()
    );
    let output = shell(&project, &line);
    assert!([0, 2].contains(&output.code) && !output.stderr.contains("panicked"), "{output}");
}

/// Nobody is asked where nobody can answer: the flag that answers is named.
#[test]
fn without_a_terminal_nobody_is_asked() {
    let (database, project, _) = upgraded();
    project.run(UPGRADE.command).ok();
    for line in
        ["$MIGRATE downgrade base </dev/null", "$MIGRATE downgrade base <&-", "sleep 5 | $MIGRATE downgrade base"]
    {
        let output = shell(&project, line).exits(2).says("--yes");
        assert_eq!(database.value("SELECT v FROM n;"), UPGRADE.value, "{output}");
    }
}

/// Clocks that are wrong in the client change nothing: times come from the server.
#[test]
fn the_clock_of_the_client_does_not_matter() {
    let (database, project, _) = upgraded();
    for zone in ["Pacific/Kiritimati", "nonsense"] {
        let output = shell(&project, &format!("TZ={zone} exec $MIGRATE upgrade +6")).ok();
        assert!(output.stderr.contains("6 revisions applied"), "{output}");
    }
    let wrong = "SELECT count(*) FROM migrate_log WHERE abs(julianday(at) - julianday('now')) > 0.01;";
    assert_eq!(database.value(wrong), "0");
}
