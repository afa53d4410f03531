//! SIGKILL at instants of a run: of the upgrade, and of the way back after it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::count;
use super::twelve::{DOWNGRADE, UPGRADE, Way, project};
use crate::common::{Database, Project};

fn quiet(project: &Project, way: Way) -> Command {
    let mut command = project.command();
    command.args(way.command).args(["--lock-wait", "20s"]).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// How long the command takes when nobody disturbs it.
fn length(project: &Project, way: Way) -> Duration {
    let begun = Instant::now();
    assert!(quiet(project, way).status().expect("it runs").success());
    begun.elapsed()
}

/// Kills the program at `part / parts` of its usual time; whether it still ran.
fn killed(project: &Project, way: Way, usual: Duration, (part, parts): (usize, usize)) -> bool {
    let mut child = quiet(project, way).spawn().expect("it starts");
    let instant = usual.mul_f64((part as f64 + 0.5) / parts as f64);
    std::thread::sleep(instant);
    let ran = child.try_wait().expect("a state").is_none();
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    ran
}

fn sweep(product: Database) {
    let clean = product.fresh();
    let at_head = UPGRADE.undisturbed(&clean, &[]);
    let clean = product.fresh();
    let at_first = DOWNGRADE.undisturbed(&clean, &[UPGRADE]);
    let timed = product.fresh();
    let timed_project = project(&timed);
    let usual = [length(&timed_project, UPGRADE), length(&timed_project, DOWNGRADE)];
    let (parts, mut running) = (count(6, 200), 0);
    for part in 0..parts {
        let database = product.fresh();
        let project = project(&database);
        for (way, usual, wanted) in [(UPGRADE, usual[0], &at_head), (DOWNGRADE, usual[1], &at_first)] {
            running += usize::from(killed(&project, way, usual, (part, parts)));
            let fault = format!("SIGKILL at {part}/{parts} of {:?}", way.command);
            way.ends_as(wanted, &project, &database, &fault);
            if product == Database::Sqlite {
                assert_eq!(database.value("PRAGMA integrity_check;"), "ok", "{fault}");
            }
        }
    }
    eprintln!("{product:?}: {} instants, at {running} of them the program still ran", 2 * parts);
    assert!(running >= parts, "only {running} of {} kills came before the end", 2 * parts);
}

#[test]
fn a_run_killed_at_any_instant_is_continued_on_sqlite() {
    sweep(Database::Sqlite);
}

#[test]
fn a_run_killed_at_any_instant_is_continued_on_postgres() {
    sweep(Database::Postgres);
}

#[test]
fn a_run_killed_at_any_instant_is_continued_on_mariadb() {
    sweep(Database::Mysql);
}
