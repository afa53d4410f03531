//! Programs at the same time, killed ones, older ones.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::common::{Database, Fresh, Output, Project};
use crate::program::{command, run_as};
use crate::{Named, OnEach};

pub(crate) const TESTS: &[Named] =
    &[("a_read_only_file", a_read_only_file), ("nothing_to_do_is_quick", nothing_to_do_is_quick)];

pub(crate) const ON_EACH: &[OnEach] = &[
    ("several_at_once", several_at_once),
    ("killed_at_random", killed_at_random),
    ("an_older_program_on_a_newer_database", an_older_program_on_a_newer_database),
];

fn rounds(usual: usize, full: usize) -> usize {
    if std::env::var_os("MIGRATE_TEST_FULL").is_some() { full } else { usual }
}

fn start(project: &Project, database: &Fresh) -> Child {
    let mut command = command(project, "shop", database);
    command.arg("upgrade").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// Everything was applied once.
fn is_complete(database: &Fresh) {
    assert_eq!(database.value("SELECT count(*) FROM notes"), "1");
    assert_eq!(database.value("SELECT version_num FROM shop_version"), "aa03");
    assert_eq!(database.value("SELECT count(*) FROM notes WHERE colour IS NULL"), "1");
}

fn several_at_once(database: Database) {
    let project = Project::empty();
    for _ in 0..rounds(3, 25) {
        let fresh = database.fresh();
        let children: Vec<Child> = (0..4).map(|_| start(&project, &fresh)).collect();
        let outputs: Vec<Output> = children
            .into_iter()
            .map(|child| Output::of("upgrade", child.wait_with_output().expect("an end")).ok())
            .collect();
        let applied = outputs.iter().filter(|output| output.stderr.contains("Applying aa02")).count();
        assert_eq!(applied, 1, "{}", outputs.iter().map(ToString::to_string).collect::<String>());
        is_complete(&fresh);
    }
}

fn killed_at_random(database: Database) {
    let project = Project::empty();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..rounds(6, 60) {
        let fresh = database.fresh();
        for _ in 0..3 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let mut child = start(&project, &fresh);
            std::thread::sleep(Duration::from_micros(seed % 120_000));
            drop(child.kill());
            child.wait().expect("an end");
        }
        run_as(&project, "shop", &fresh, &["upgrade"]).ok();
        run_as(&project, "shop", &fresh, &["status", "--check"]).ok();
        is_complete(&fresh);
    }
}

fn an_older_program_on_a_newer_database(database: Database) {
    let (project, fresh) = (Project::empty(), database.fresh());
    run_as(&project, "shop", &fresh, &["upgrade"]).ok();
    run_as(&project, "older", &fresh, &["upgrade"]).exits(7).says("aa03");
    run_as(&project, "older", &fresh, &["status"]).ok().prints("newer");
    is_complete(&fresh);
    run_as(&project, "patient", &fresh, &["upgrade"]).ok();
    assert_eq!(fresh.value("SELECT version_num FROM shop_version"), "aa02");
    run_as(&project, "shop", &fresh, &["upgrade"]).ok();
    is_complete(&fresh);
}

fn a_read_only_file() {
    use migrate::{Connection, Kind, Migrator, Options, Source, State, Target};
    let fresh = Database::Sqlite.fresh();
    let first = ("1.sql", "-- revision: a1\n-- migrate:up\nCREATE TABLE one (id integer);\n");
    let second = ("2.sql", "-- revision: a2\n-- down_revision: a1\n-- migrate:up\nCREATE TABLE two (id integer);\n");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let older = Migrator::new(Source::files([first])).expect("revisions");
        let mut db = Connection::open(Options::sqlite(fresh.file()).create(true)).await.expect("a database");
        older.upgrade(&mut db, Target::head()).await.expect("an upgrade");
        db.close().await.expect("a goodbye");
        let mut db = Connection::open(Options::sqlite(fresh.file()).read_only(true)).await.expect("a database");
        let report = older.upgrade(&mut db, Target::head()).await.expect("nothing to do");
        assert!(report.steps.is_empty());
        let newer = Migrator::new(Source::files([first, second])).expect("revisions");
        let error = newer.upgrade(&mut db, Target::head()).await.expect_err("it cannot be written");
        assert_eq!(error.kind(), Kind::ReadOnly, "{error}");
        assert_eq!(newer.status(&mut db).await.expect("a status").state, State::Behind);
        db.close().await.expect("a goodbye");
    });
}

/// The bar, under 2 ms, is held by the small application in a release build (`tests/run --full`); here it is seen that
/// nothing slow came in.
fn nothing_to_do_is_quick() {
    use migrate::{Connection, Migrator, Options, Source, Target};
    let fresh = Database::Sqlite.fresh();
    let files: Vec<(String, String)> = (0..100)
        .map(|at| {
            let down = if at == 0 { String::new() } else { format!("-- down_revision: r{}\n", at - 1) };
            (
                format!("{at}.sql"),
                format!("-- revision: r{at}\n{down}-- migrate:up\nCREATE TABLE t{at} (id integer);\n"),
            )
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut times = Vec::new();
        for round in 0..21 {
            let started = std::time::Instant::now();
            let migrator = Migrator::new(Source::files(files.clone())).expect("revisions");
            let mut db = Connection::open(Options::sqlite(fresh.file()).create(true)).await.expect("a database");
            let report = migrator.upgrade(&mut db, Target::head()).await.expect("an upgrade");
            db.close().await.expect("a goodbye");
            assert_eq!(report.steps.len(), if round == 0 { 100 } else { 0 });
            times.push(started.elapsed());
        }
        let mut idle = times.split_off(1);
        idle.sort();
        assert!(idle[idle.len() / 2] < Duration::from_millis(100), "{idle:?}");
    });
}
