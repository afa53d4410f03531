//! Signals: the first one cancels and rolls back, the second one ends the program at once.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{project, table_revision, tables};
use crate::common::{Database, Fresh, Output, Project, binary};

/// Counts for a long time, and makes a table before.
const SLOW: &str = "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE early (id integer);\n\
    INSERT INTO early WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 4000000000) SELECT max(x) FROM n;\n-- migrate:down\n";

fn started() -> (Project, Fresh, Child) {
    let (project, database) = project();
    project.write("versions/a.sql", SLOW);
    let child = project.command().args(["upgrade", "--echo"]).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let child = child.expect("the program starts");
    // The journal of the transaction is there once the statement works.
    let until = Instant::now() + Duration::from_secs(20);
    let journal = database.file().with_extension("db-journal");
    while !journal.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    (project, database, child)
}

fn send(child: &Child, signal: &str) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
}

#[test]
fn the_first_signal_cancels_and_rolls_back() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let (_project, database, child) = started();
        send(&child, signal);
        let output = Output::of("upgrade", child.wait_with_output().expect("it ends"));
        output.exits(3).says("cancelled");
        assert_eq!(tables(&database), Vec::<String>::new(), "{signal}");
    }
}

/// A revision whose second statement waits for a table that somebody reads, and the time that they go on.
fn blocked(rest: &str) -> (Project, Fresh, std::thread::JoinHandle<()>) {
    let database = Database::Mysql.fresh();
    database.execute("CREATE TABLE big (id integer); INSERT INTO big VALUES (1);");
    let project = Project::on(&database);
    project.write(
        "versions/a.sql",
        format!("-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE early (id integer);\nALTER TABLE big ADD COLUMN c integer;\n{rest}-- migrate:down\n"),
    );
    let other = Command::new(std::env::var_os("MIGRATE_TEST_MYSQL_CLIENT").expect("tests/run"));
    let (mut other, url) = (other, database.url());
    let port = url.rsplit_once(':').and_then(|(_, rest)| rest.split_once('/')).expect("a port").0.to_owned();
    let sql = "START TRANSACTION; SELECT * FROM big; DO SLEEP(4); COMMIT;";
    other.args(["--no-defaults", "-h127.0.0.1", "-uroot", &format!("-P{port}"), database.name(), "-e", sql]);
    let mut reader = other.stdout(Stdio::null()).spawn().expect("the client starts");
    let waits =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP(4)%' AND db = database();";
    until(|| database.value(waits) == "1");
    (project, database, std::thread::spawn(move || drop(reader.wait())))
}

fn until(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "what was waited for did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts the command and sends the signals once the ALTER waits.
fn stopped(project: &Project, database: &Fresh, arguments: &[&str], signals: &[&str]) -> Output {
    let child = project.command().args(arguments).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let child = child.expect("the program starts");
    let waits =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'ALTER TABLE big%' AND db = database();";
    until(|| database.value(waits) == "1");
    for signal in signals {
        send(&child, signal);
        std::thread::sleep(Duration::from_millis(200));
    }
    Output::of("upgrade", child.wait_with_output().expect("it ends"))
}

#[test]
fn what_rebuilds_a_table_is_let_end_and_the_journal_continues() {
    let (project, database, reader) = blocked("CREATE TABLE late (id integer);\n");
    let output = stopped(&project, &database, &["upgrade", "--lock-timeout", "30s"], &["-TERM"]).exits(5);
    let output =
        output.says("    Stopping when the statement in work is through; a second signal ends the program at once");
    output
        .says("stopped part-way: 2 statements of the upgrade took effect")
        .says("caused by: cancelled before the next");
    reader.join().expect("the reader ends");
    let columns =
        "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = database() AND table_name = 'big';";
    assert_eq!(database.value(columns), "2");
    project.run(&["status"]).ok().prints("2 of 3 statements took effect");
    project.run(&["upgrade"]).ok();
    project.run(&["status", "--check"]).ok();
}

#[test]
fn a_signal_may_be_told_to_cancel_it() {
    let (project, database, reader) = blocked("CREATE TABLE late (id integer);\n");
    let begun = Instant::now();
    let output =
        stopped(&project, &database, &["upgrade", "--lock-timeout", "30s", "--on-signal", "cancel"], &["-TERM"]);
    assert!(begun.elapsed() < Duration::from_millis(3500), "it waited for the reader: {output}");
    let output = output.exits(5).says("Stopping the statement in work is cancelled");
    output.says("stopped part-way: 1 statement of the upgrade took effect").says("it continues here");
    reader.join().expect("the reader ends");
    project.run(&["upgrade"]).ok();
    project.run(&["status", "--check"]).ok();
}

#[test]
fn a_revision_whose_last_statement_was_let_end_is_recorded() {
    let (project, database, reader) = blocked("");
    project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "next", "two"));
    stopped(&project, &database, &["upgrade", "--lock-timeout", "30s"], &["-INT"]).exits(3).says("Applying aaaa");
    reader.join().expect("the reader ends");
    project.run(&["current"]).ok().prints("aaaa");
    project.run(&["status"]).ok().prints("behind: the database is at aaaa").prints("not applied: bbbb");
}

#[test]
fn a_second_signal_does_not_wait_for_it() {
    let (project, database, reader) = blocked("");
    let begun = Instant::now();
    stopped(&project, &database, &["upgrade", "--lock-timeout", "30s"], &["-TERM", "-TERM"]).exits(143);
    assert!(begun.elapsed() < Duration::from_millis(3500));
    reader.join().expect("the reader ends");
    // The server may still be at it.
    project.run(&["upgrade", "--lock-wait", "20s"]).ok();
    project.run(&["status", "--check"]).ok();
}

#[test]
fn finish_lets_any_statement_end_and_rolls_back_where_that_is_possible() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    project
        .write("migrate.yaml", format!("database: {{ url: \"{}\" }}\nrun: {{ on_signal: finish }}\n", database.url()));
    project.write(
        "versions/a.sql",
        "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE early (id integer);\nSELECT pg_sleep(2);\n-- migrate:down\n",
    );
    for (arguments, least) in [(&["upgrade"][..], 1500), (&["upgrade", "--on-signal", "cancel"], 0)] {
        let child = project.command().args(arguments).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let child = child.expect("the program starts");
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(2)%' AND datname = current_database();";
        until(|| database.value(waits) == "1");
        let begun = Instant::now();
        send(&child, "-TERM");
        Output::of("upgrade", child.wait_with_output().expect("it ends"))
            .exits(3)
            .says("    Stopping ")
            .says("cancelled");
        let took = begun.elapsed().as_millis();
        assert!(took >= least && (least > 0 || took < 1500), "{arguments:?} took {took} ms");
        assert_eq!(database.value("SELECT count(*) FROM pg_tables WHERE tablename = 'early';"), "0");
    }
    project.run(&["upgrade", "--on-signal", "no"]).exits(2).says("cancel, finish");
    project
        .run_with(&["upgrade"], |command| {
            command.env("MIGRATE_ON_SIGNAL", "no");
        })
        .exits(2)
        .says("MIGRATE_ON_SIGNAL");
}

/// Runs a command on a terminal of its own, up to its first question; then presses a key, or sends a signal.
const TERMINAL: &str = r#"
import os, pty, signal, sys
how, command = sys.argv[1], sys.argv[2:]
signal.alarm(30)
child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)
said = b""
while b"nothing to stop: " not in said:
    said += os.read(terminal, 4096)
if how == "ctrl-c":
    os.write(terminal, b"\x03")
elif how == "term":
    os.kill(child, signal.SIGTERM)
else:
    os.write(terminal, how.encode() + b"\n")
try:
    while True:
        said += os.read(terminal, 4096)
except OSError:
    pass
sys.stderr.write(said.decode().replace("\r\n", "\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

fn on_terminal(project: &Project, how: &str, arguments: &[&str]) -> Output {
    let mut python = Command::new("python3");
    python.args(["-c", TERMINAL, how]).arg(binary()).args(arguments).current_dir(project.path(""));
    python.env("MIGRATE_CACHE_DIR", project.cache()).env("NO_COLOR", "1").env_remove("DATABASE_URL");
    Output::of(&arguments.join(" "), python.stdin(Stdio::null()).output().expect("python3 starts"))
}

#[test]
fn a_signal_at_a_question_ends_the_command_and_nothing_changed() {
    let (project, database) = project();
    project.write("versions/a.yaml", table_revision("aaaa", "null", "first table", "one"));
    project.run(&["upgrade"]).ok();
    database.execute("INSERT INTO one VALUES (1);");
    let cancelled = |how: &str, arguments: &[&str]| {
        let output = on_terminal(&project, how, arguments).exits(3);
        output.says("\nerror: cancelled at the question; nothing was changed\n");
    };
    for how in ["ctrl-c", "term"] {
        cancelled(how, &["downgrade", "base"]);
        assert_eq!(database.value("SELECT count(*) FROM one;"), "1");
    }
    let columns = "id: { type: bigint, nullable: false }, note: { type: text }, memo: { type: text }";
    project.write("models/m.yaml", format!("tables:\n  one: {{ columns: {{ {columns} }}, primary_key: [id] }}\n"));
    project.run(&["revision", "--autogenerate", "-m", "texts"]).ok();
    project.run(&["upgrade"]).ok();
    let (files, columns) = (project.list("versions"), columns.replace("note", "hint").replace("memo", "sign"));
    project.write("models/m.yaml", format!("tables:\n  one: {{ columns: {{ {columns} }}, primary_key: [id] }}\n"));
    cancelled("ctrl-c", &["revision", "--autogenerate", "-m", "renamed"]);
    assert_eq!(project.list("versions"), files);
    on_terminal(&project, "no", &["downgrade", "base"]).exits(2).says("would lose data");
    on_terminal(&project, "yes", &["downgrade", "base"]).ok();
    assert_eq!(tables(&database), Vec::<String>::new());
}

/// Kills the program, which has no time to say anything, while its second statement works outside of a transaction.
#[test]
fn a_run_that_was_killed_is_no_longer_at_work() {
    let (project, database) = project();
    let slow = SLOW.replace("-- migrate:up", "-- migrate:up transaction:none");
    project.write("versions/a.sql", slow.replace("-- migrate:down\n", "-- migrate:down\nDROP TABLE early;\n"));
    let mut child = project.command().arg("upgrade").stderr(Stdio::null()).spawn().expect("the program starts");
    until(|| database.file().exists() && tables(&database) == ["early"]);
    std::thread::sleep(Duration::from_millis(300));
    project.run(&["status", "--check"]).exits(4).prints("at work").prints(&format!("process {}", child.id()));
    let holder = format!("\"holder\":\"process {} on this database file\"", child.id());
    project.run(&["status", "--format", "json"]).ok().prints(&holder).prints("\"state\":\"running\"");
    send(&child, "-KILL");
    child.wait().expect("it ends");
    project.run(&["status", "--check"]).exits(5).prints("stopped part-way");
    project.run(&["status", "--format", "json"]).ok().prints("\"state\":\"part_way\"").prints("\"holder\":null");
    project.run(&["check"]).exits(5);
    project.run(&["downgrade", "base", "--dry-run"]).exits(5);
}
