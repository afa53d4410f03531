//! Locks that others hold, holders that stop or die, and signals at instants of a run.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::count;
use super::twelve::{self, UPGRADE};
use crate::common::{Database, Fresh, Held, Output, Project};

pub(super) fn started(project: &Project, words: &[&str]) -> Child {
    let mut command = project.command();
    command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

pub(super) fn ended(child: Child) -> Output {
    Output::of("upgrade", child.wait_with_output().expect("it ends"))
}

fn send(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill").success());
}

/// A table that somebody reads in an open transaction, and a revision that changes it.
fn blocked(product: Database) -> (Fresh, Project, Held) {
    let database = product.fresh();
    database.execute("CREATE TABLE t (id integer); INSERT INTO t VALUES (1);");
    let project = Project::on(&database);
    project.write(
        "versions/a.sql",
        "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE before_it (id integer);\nALTER TABLE t ADD COLUMN a integer;\n\
         CREATE TABLE after_it (id integer);\n-- migrate:down\n",
    );
    let holder = database.hold("BEGIN; INSERT INTO t VALUES (2);");
    (database, project, holder)
}

/// Nothing of it was changed where all of it is one transaction; else it is part-way.
#[test]
fn a_lock_of_others_is_waited_for_in_time_only() {
    for (product, code) in [(Database::Postgres, 4), (Database::Mysql, 5)] {
        let (database, project, holder) = blocked(product);
        let config = project.read("migrate.yaml") + "run: { retries: 1 }\n";
        project.write("migrate.yaml", config);
        project.run(&["upgrade", "--lock-timeout", "300ms"]).exits(code);
        let tables = "SELECT count(*) FROM information_schema.tables WHERE table_name IN ('before_it', 'after_it') \
                      AND table_schema IN (current_schema(), 'public');";
        if product == Database::Postgres {
            assert_eq!(database.value(&tables.replace("current_schema()", "'x'")), "0");
        }
        drop(holder);
        project.run(&["upgrade"]).ok();
        project.run(&["status", "--check"]).ok();
        assert_eq!(database.value("SELECT count(a) FROM t;"), "0");
    }
}

/// The lock is given back while the revision is tried again: it goes on by itself.
#[test]
fn a_lock_that_is_let_go_is_obtained_by_a_later_try() {
    for product in [Database::Postgres, Database::Mysql] {
        let (_database, project, holder) = blocked(product);
        let child = started(&project, &["upgrade", "--lock-timeout", "300ms"]);
        std::thread::sleep(Duration::from_millis(1000));
        drop(holder);
        ended(child).ok().says("1 revision applied");
    }
}

/// A revision that takes a while on a server; the second names who works.
pub(super) fn slow(product: Database, seconds: u32) -> (Fresh, Project) {
    let database = product.fresh();
    let project = Project::on(&database);
    database.execute("CREATE TABLE book (revision integer);");
    project.write(
        "versions/a.yaml",
        format!(
            "revision: aaaa\nupgrade:\n- sql:\n    postgres: INSERT INTO book SELECT 1 WHERE pg_sleep({seconds}) IS NOT NULL\n    \
             mysql: INSERT INTO book SELECT 1 FROM DUAL WHERE SLEEP({seconds}) = 0\n    \
             sqlite: INSERT INTO book WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {seconds}0000000) SELECT max(x) FROM n\n\
             downgrade: []\n"
        ),
    );
    (database, project)
}

/// Waits until the slow statement works, as the server shows it.
pub(super) fn working(database: &Fresh) {
    let sql = match database.database() {
        Database::Postgres => {
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO book%' AND datname = current_database();"
        }
        Database::Mysql => {
            "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'INSERT INTO book%' AND db = database();"
        }
        Database::Sqlite => return std::thread::sleep(Duration::from_millis(700)),
    };
    let until = Instant::now() + Duration::from_secs(20);
    while database.value(sql) == "0" {
        assert!(Instant::now() < until, "the statement does not begin");
        std::thread::sleep(Duration::from_millis(30));
    }
}

#[test]
fn who_holds_the_lock_is_named() {
    for (product, words) in
        [(Database::Postgres, "pid "), (Database::Mysql, "connection "), (Database::Sqlite, "process ")]
    {
        let (database, project) = slow(product, 6);
        let child = started(&project, &["upgrade"]);
        working(&database);
        project.run(&["upgrade", "--lock-wait", "300ms"]).exits(4).says(words).says("holds it");
        send(&child, "-KILL");
        ended(child).exits(137);
        project.run(&["upgrade"]).ok();
        assert_eq!(database.value("SELECT count(*) FROM book;"), "1", "{product:?}");
    }
}

/// A machine that sleeps, and wakes up: another run that waited finds the work done.
#[test]
fn a_stopped_program_goes_on_when_it_is_woken() {
    for product in Database::ALL {
        let (database, project) = slow(product, 2);
        let first = started(&project, &["upgrade"]);
        working(&database);
        send(&first, "-STOP");
        let second = started(&project, &["upgrade", "--lock-wait", "60s"]);
        // It is alive, however long it says nothing.
        project.run(&["upgrade", "--lock-wait", "300ms"]).exits(4);
        std::thread::sleep(Duration::from_secs(2));
        send(&first, "-CONT");
        let outputs = [ended(first), ended(second)];
        assert!(
            outputs.iter().all(|output| [0, 4].contains(&output.code)),
            "{product:?}: {} {}",
            outputs[0],
            outputs[1]
        );
        assert_eq!(database.value("SELECT count(*) FROM book;"), "1", "{product:?}");
        project.run(&["status", "--check"]).ok();
    }
}

/// SIGINT, SIGTERM and SIGHUP at instants of the upgrade: the program ends with the code of the state, the lock is free at
/// once, and the next run goes on.
fn signals(product: Database) {
    let clean = product.fresh();
    let begun = Instant::now();
    let wanted = UPGRADE.undisturbed(&clean, &[]);
    let usual = begun.elapsed().mul_f64(0.7);
    let parts = count(3, 60);
    let mut cancelled = 0;
    for part in 0..parts {
        let (database, signal) = (product.fresh(), ["-INT", "-TERM", "-HUP"][part % 3]);
        let project = twelve::project(&database);
        let child = started(&project, UPGRADE.command);
        std::thread::sleep(usual.mul_f64((part as f64 + 0.5) / parts as f64));
        drop(Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status());
        let output = ended(child);
        // Before the program listens to signals it dies of them.
        assert!(
            [0, 3, 5].contains(&output.code) || output.code > 128 && output.stderr.is_empty(),
            "{signal}: {output}"
        );
        cancelled += usize::from([3, 5].contains(&output.code));
        if [3, 5].contains(&output.code) {
            assert!(output.stderr.contains("cancel") || output.stderr.contains("interrupted"), "{output}");
        }
        let words = [UPGRADE.command, &["--lock-wait", "1ms"]].concat();
        project.run(&words).ok();
        UPGRADE.ends_as(&wanted, &project, &database, &format!("{signal} at {part}/{parts}:\n{output}"));
    }
    eprintln!("{product:?}: {cancelled} of {parts} were cancelled");
    // On SQLite all of it takes a few milliseconds; `cli::signals` meets it there.
    assert!(cancelled > 0 || product == Database::Sqlite, "no signal met the program at work");
}

#[test]
fn a_signal_at_any_instant_leaves_the_lock_free_on_sqlite() {
    signals(Database::Sqlite);
}

#[test]
fn a_signal_at_any_instant_leaves_the_lock_free_on_postgres() {
    signals(Database::Postgres);
}

#[test]
fn a_signal_at_any_instant_leaves_the_lock_free_on_mariadb() {
    signals(Database::Mysql);
}

/// Another session locks what comes next in the other order: one of the two is ended by the server, and ours is tried
/// again.
#[test]
fn a_deadlock_is_tried_again() {
    let database = Database::Postgres.fresh();
    database.execute("CREATE TABLE a (id integer); CREATE TABLE b (id integer);");
    let project = Project::on(&database);
    project.write(
        "versions/a.sql",
        "-- revision: aaaa\n\n-- migrate:up\nALTER TABLE b ADD COLUMN x integer;\nALTER TABLE a ADD COLUMN x integer;\n-- migrate:down\n",
    );
    let mut holder = database.hold("BEGIN; LOCK TABLE a;");
    let child = started(&project, &["upgrade"]);
    let waits = "SELECT count(*) FROM pg_locks WHERE relation = 'a'::regclass AND NOT granted;";
    let until = Instant::now() + Duration::from_secs(20);
    while database.value(waits) == "0" {
        assert!(Instant::now() < until, "it does not wait for the table");
        std::thread::sleep(Duration::from_millis(20));
    }
    holder.send("LOCK TABLE b; COMMIT;");
    let output = ended(child).ok().says("1 revision applied");
    drop(holder);
    eprintln!("{}", output.stderr);
    project.run(&["status", "--check"]).ok();
}
