//! Killed, or cut off from its server, at every message of an upgrade and of the downgrade after it. Then the same command
//! is run again, without help, and the database must be what an undisturbed run makes of it.
//!
//! The sample takes every seventh message.

use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::is_full;
use super::proxy::{Moment, Proxy};
use super::waits::slow;
use crate::common::{Database, Fresh, Output, Project};

/// Statements that must not run twice, and not once too little, between changes of the shape.
const REVISIONS: [(&str, &str); 4] = [
    (
        "a.sql",
        "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE n (id integer PRIMARY KEY, v integer);\n\
         INSERT INTO n VALUES (1, 1);\nUPDATE n SET v = v * 3;\nCREATE INDEX n_v ON n (v);\n\
         -- migrate:down\nDROP TABLE n;\n",
    ),
    (
        "b.yaml",
        "revision: bbbb\ndown_revision: aaaa\nupgrade:\n\
         - add_column: { table: n, column: { name: w, type: int, nullable: false, default: 7 } }\n\
         - sql: UPDATE n SET v = v * 3\n\
         - rename_column: { table: n, name: w, to: x }\n\
         downgrade:\n- rename_column: { table: n, name: x, to: w }\n- sql: UPDATE n SET v = v + 1\n\
         - drop_column: { table: n, name: w }\n",
    ),
    (
        "c.sql",
        "-- revision: cccc\n-- down_revision: bbbb\n\n-- migrate:up transaction:none\n\
         UPDATE n SET v = v * 3;\nCREATE TABLE m (id integer PRIMARY KEY);\nINSERT INTO m VALUES (1);\n\
         -- migrate:down transaction:none\nUPDATE n SET v = v + 1;\nDROP TABLE m;\n",
    ),
    (
        "d.yaml",
        "revision: dddd\ndown_revision: cccc\nupgrade:\n- rename_table: { name: m, to: k }\n\
         - create_index: { table: k, name: k_i, columns: [id] }\n",
    ),
];

/// What the rows must be at the head, and after the way back to the first revision.
const AT_HEAD: &str = "27";
const AT_FIRST: &str = "29";

fn project_on(database: &Fresh) -> Project {
    let project = Project::on(database);
    for (name, text) in REVISIONS {
        project.write(&format!("versions/{name}"), text);
    }
    project
}

pub(super) fn address(url: &str) -> (String, String) {
    let (_, rest) = url.split_once("://").expect("a URL");
    let (authority, path) = rest.split_once('/').expect("a path");
    let (login, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    (host.to_owned(), format!("{login}@{{}}/{path}"))
}

/// The URL of the database through a proxy.
pub(super) fn through(url: &str, port: u16) -> String {
    let scheme = url.split("://").next().unwrap_or_default();
    format!("{scheme}://{}", address(url).1.replace("{}", &format!("127.0.0.1:{port}")))
}

/// Runs the command through a proxy that stops it at a message; with `kill`, by killing the program. The number of
/// messages if it came to its end.
fn disturbed(
    project: &Project,
    url: &str,
    command: &[&str],
    at: Option<(usize, Moment)>,
    kill: bool,
) -> (usize, Output) {
    let (count, _, output) = disturbed_as(project, url, command, at, kill);
    (count, output)
}

/// The same, with the number of the process.
fn disturbed_as(
    project: &Project,
    url: &str,
    command: &[&str],
    at: Option<(usize, Moment)>,
    kill: bool,
) -> (usize, u32, Output) {
    let child: Arc<Mutex<Option<Child>>> = Arc::default();
    let victim = Arc::clone(&child);
    let stopped = move || {
        if kill && let Some(child) = victim.lock().expect("the child").as_mut() {
            drop(child.kill());
        }
    };
    let proxy = Proxy::to(address(url).0, at, stopped);
    let mut url = through(url, proxy.port());
    if at.is_some_and(|(_, moment)| moment.is_silent()) {
        url += "?connect_timeout=2&keepalives_idle=1&keepalives_interval=1&keepalives_count=2";
    }
    let mut begun = project.command();
    begun.args(command).args(["--url", &url]);
    if command[0] != "check" {
        begun.args(["--lock-wait", "20s"]);
    }
    let begun = begun.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let number = begun.id();
    *child.lock().expect("the child") = Some(begun);
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let ended = child.lock().expect("the child").as_mut().expect("it was started").try_wait().expect("a state");
        if ended.is_some() {
            break;
        }
        assert!(Instant::now() < until, "{command:?} does not end when stopped at {at:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    let child = child.lock().expect("the child").take().expect("it was started");
    (proxy.count(), number, Output::of(&command.join(" "), child.wait_with_output().expect("its output")))
}

fn every() -> usize {
    if is_full() { 1 } else { 7 }
}

/// Kills or cuts at the messages of both ways, and looks at what the next run makes of it.
fn sweep(product: Database, kill: bool) {
    sweep_at(product, &[Moment::Before, Moment::After], every(), kill);
}

fn sweep_at(product: Database, moments: &[Moment], every: usize, kill: bool) {
    let clean = product.fresh();
    let project = project_on(&clean);
    let url = clean.url();
    let (ups, output) = disturbed(&project, &url, &["upgrade"], None, false);
    output.ok();
    assert!(ups > 30, "only {ups} messages: the proxy does not see them");
    let at_head = clean.dump();
    assert_eq!(clean.value("SELECT v FROM n"), AT_HEAD);
    let (downs, output) = disturbed(&project, &url, &["downgrade", "aaaa", "--yes"], None, false);
    output.ok();
    let at_first = clean.dump();
    assert_eq!(clean.value("SELECT v FROM n"), AT_FIRST);
    let points = (ups.div_ceil(every) + downs.div_ceil(every)) * moments.len();
    for &moment in moments {
        for stop in (1..=ups).step_by(every) {
            let database = product.fresh();
            let project = project_on(&database);
            check(&project, &database, &["upgrade"], (stop, moment), kill);
            assert_eq!(database.value("SELECT v FROM n"), AT_HEAD, "stopped {moment:?} message {stop}");
            assert_eq!(database.dump(), at_head, "stopped {moment:?} message {stop}");
        }
        for stop in (1..=downs).step_by(every) {
            let database = product.fresh();
            let project = project_on(&database);
            project.run(&["upgrade"]).ok();
            check(&project, &database, &["downgrade", "aaaa", "--yes"], (stop, moment), kill);
            assert_eq!(
                database.value("SELECT v FROM n"),
                AT_FIRST,
                "stopped {moment:?} message {stop} on the way back"
            );
            assert_eq!(database.dump(), at_first, "stopped {moment:?} message {stop} on the way back");
        }
    }
    eprintln!("{product:?}: {points} points, {moments:?}, killed: {kill}");
}

/// Stops the command, then runs it again in peace.
fn check(project: &Project, database: &Fresh, command: &[&str], at: (usize, Moment), kill: bool) {
    let (_, output) = disturbed(project, &database.url(), command, Some(at), kill);
    // Nobody can be asked what a COMMIT came to where nobody can be reached.
    let codes: &[i32] = if at.1 == Moment::AllSilent { &[0, 2, 3, 5, 6] } else { &[0, 2, 3, 5] };
    assert!(kill || codes.contains(&output.code), "stopped at {at:?}: {output:?}");
    let again = project.run_with(command, |command| {
        command.args(["--lock-wait", "20s"]);
    });
    assert_eq!(again.code, 0, "after a stop at {at:?}:\n{}\n{}", again.stdout, again.stderr);
    project.run(&["status", "--check"]).exits(if command.contains(&"upgrade") { 0 } else { 1 });
}

#[test]
fn a_killed_run_is_continued_on_postgres() {
    sweep(Database::Postgres, true);
}

#[test]
fn a_killed_run_is_continued_on_mariadb() {
    sweep(Database::Mysql, true);
}

#[test]
fn a_cut_connection_is_survived_on_postgres() {
    sweep(Database::Postgres, false);
}

#[test]
fn a_cut_connection_is_survived_on_mariadb() {
    sweep(Database::Mysql, false);
}

/// Each stop takes seconds, for a server that works is not to be taken for a dead one.
fn silences(product: Database) {
    sweep_at(product, &[Moment::Silence, Moment::AllSilent], if is_full() { 4 } else { 61 }, false);
}

#[test]
fn a_line_that_says_nothing_is_found_out_on_postgres() {
    silences(Database::Postgres);
}

#[test]
fn a_line_that_says_nothing_is_found_out_on_mariadb() {
    silences(Database::Mysql);
}

/// What a killed run left of its scratch place is gone after the next one, and the user's tables were only looked at.
#[test]
fn what_a_killed_run_left_of_its_scratch_place_is_removed() {
    let there = [
        (
            Database::Mysql,
            "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'migrate\\_scratch\\_{}\\_%';",
        ),
        (Database::Postgres, "SELECT count(*) FROM pg_database WHERE datname LIKE 'migrate\\_scratch\\_{}\\_%';"),
    ];
    for (product, question) in there {
        let database = product.fresh();
        let project = Project::on(&database);
        let models = "schemas: { app: { tables: { one: { columns: { id: { type: int } } } } } }\n";
        let alone = "tables: { one: { columns: { id: { type: int, default: 7 } } } }\n";
        project.write("models/m.yaml", if product == Database::Postgres { models } else { alone });
        if product == Database::Postgres {
            project.write("migrate.yaml", project.read("migrate.yaml") + "schemas: [public, app]\n");
        }
        let check: &[&str] = &["check"];
        let (all, output) = disturbed(&project, &database.url(), check, None, false);
        output.exits(1);
        let mut left = 0;
        for stop in (1..=all).step_by(if is_full() { 1 } else { 3 }) {
            forget_cache(&project);
            let (_, number, _) = disturbed_as(&project, &database.url(), check, Some((stop, Moment::After)), true);
            let places = question.replace("{}", &number.to_string());
            let before: usize = database.value(&places).parse().expect("a number");
            left += before;
            // The proxy lets the server's side live for a while.
            std::thread::sleep(Duration::from_millis(400));
            // What was judged already needs no scratch place.
            forget_cache(&project);
            project.run(check).exits(1);
            assert_eq!(database.value(&places), "0", "{product:?}: killed at {stop} of {all}");
        }
        assert!(left > 0, "{product:?}: no kill left a scratch place");
    }
}

fn forget_cache(project: &Project) {
    std::fs::remove_dir_all(project.cache()).expect("the cache");
    std::fs::create_dir(project.cache()).expect("a folder");
}

/// However long it takes: the server says that it works.
#[test]
fn a_statement_that_takes_long_is_not_taken_for_silence() {
    for product in [Database::Postgres, Database::Mysql] {
        let (database, project) = slow(product, 8);
        let url = database.url() + "?keepalives_idle=1&keepalives_interval=1&keepalives_count=2";
        project.run(&["upgrade", "--url", &url]).ok();
        assert_eq!(database.value("SELECT count(*) FROM book;"), "1");
    }
}

/// A procedure may have done anything when the program is killed: only a person can look.
#[test]
fn where_the_server_cannot_tell_a_person_decides() {
    for (verdict, rows) in [("--done", "1"), ("--redo", "2")] {
        let database = Database::Mysql.fresh();
        let project = Project::on(&database);
        database.execute("CREATE TABLE n (v integer)");
        database.execute(
            "DELIMITER //\nCREATE PROCEDURE slow() BEGIN INSERT INTO n VALUES (1); DO SLEEP(2); END//\nDELIMITER ;",
        );
        project.write(
            "versions/a.sql",
            "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE before_it (a integer);\nCALL slow();\n\
             CREATE TABLE after_it (a integer);\n-- migrate:down\n",
        );
        let mut child = project.command();
        let mut child = child.arg("upgrade").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let until = Instant::now() + Duration::from_secs(20);
        while database.value("SELECT COUNT(*) FROM n") == "0" && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");
        project.run(&["upgrade"]).exits(5).says("statement 2").says("CALL slow()").says("migrate resolve --done");
        project
            .run(&["status"])
            .ok()
            .prints("1 of 3 statements took effect; statement 2 was begun")
            .prints("resolve --redo");
        project.run(&["status", "--check"]).exits(5);
        project.run(&["resolve"]).exits(2);
        project.run(&["resolve", verdict]).ok().prints("statement 2 of the upgrade of aaaa");
        project.run(&["resolve", verdict]).exits(1).says("no statement is in doubt");
        project.run(&["upgrade"]).ok();
        assert_eq!(database.value("SELECT COUNT(*) FROM n"), rows, "{verdict}");
        assert_eq!(database.value("SELECT COUNT(*) FROM after_it"), "0");
        project.run(&["status", "--check"]).ok();
    }
}

/// Beside BEGIN, COMMIT and its own statement a revision may cost four round trips: lock and compare, move, probe, log.
#[test]
fn a_revision_costs_few_round_trips() {
    for product in [Database::Postgres, Database::Mysql] {
        let [three, four] = [3, 4].map(|count| {
            let database = product.fresh();
            let project = Project::on(&database);
            for number in 0..count {
                let parent = if number == 0 { "null".to_owned() } else { format!("r{}", number - 1) };
                let text = format!(
                    "revision: r{number}\ndown_revision: {parent}\nupgrade:\n\
                     - create_table: {{ name: t{number}, columns: {{ id: {{ type: int, nullable: false }} }} }}\n"
                );
                project.write(&format!("versions/r{number}.yaml"), text);
            }
            let (messages, output) = disturbed(&project, &database.url(), &["upgrade"], None, false);
            output.ok();
            let (nothing, output) = disturbed(&project, &database.url(), &["upgrade"], None, false);
            output.ok();
            eprintln!("{product:?}: {count} revisions {messages}, nothing to do {nothing}");
            // Two of them or one for connecting, four questions at most, one to say goodbye.
            assert!(nothing <= 6, "{product:?}: {nothing} messages where nothing is to be done");
            messages
        });
        assert!(four - three <= 7, "{product:?}: {} round trips", four - three);
    }
}

/// Questions are cut off too: nothing is written, and the next one is answered.
#[test]
fn a_question_that_is_cut_off_is_asked_again() {
    for product in [Database::Postgres, Database::Mysql] {
        let database = product.fresh();
        let project = project_on(&database);
        project.run(&["upgrade"]).ok();
        let before = database.dump();
        let check: &[&str] = &["check", "--format", "json"];
        let (all, answer) = disturbed(&project, &database.url(), check, None, false);
        assert!(all > 5 && answer.code == 1, "{all}: {answer}");
        for stop in (1..all).step_by(every()) {
            for moment in [Moment::Before, Moment::After] {
                let (_, output) = disturbed(&project, &database.url(), check, Some((stop, moment)), false);
                // The last message says goodbye, and no more is asked.
                assert!(
                    output.code == 2 || output.code == 1 && stop + 2 >= all,
                    "{moment:?} {stop} of {all}: {output}"
                );
            }
        }
        assert_eq!(database.dump(), before);
        assert_eq!(project.run(check).exits(1).stdout, answer.stdout);
    }
}
