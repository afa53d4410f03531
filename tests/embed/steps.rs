//! Data steps that are closures of a program: what they do and how they are taken back on each database, and what a program
//! without them does with their revisions.

use migrate::orm::RowsDone;
use migrate::{Down, Error, Kind, Migrator, Source};

use crate::common::{Database, Fresh, Project};
use crate::program::run_as;
use crate::{Named, OnEach};

pub(crate) const TESTS: &[Named] = &[("progress_is_told_while_it_works", progress_is_told_while_it_works)];

pub(crate) const ON_EACH: &[OnEach] = &[
    ("a_closure_and_its_way_back", a_closure_and_its_way_back),
    ("a_way_back_that_is_a_closure", a_way_back_that_is_a_closure),
    ("a_closure_without_a_way_back", a_closure_without_a_way_back),
    ("a_closure_that_fails_changes_nothing", a_closure_that_fails_changes_nothing),
    ("the_plain_program_shows_plans_and_stamps", the_plain_program_shows_plans_and_stamps),
    ("another_version_is_another_step", another_version_is_another_step),
];

const FIRST: &str = "revision: aa01\nupgrade:\n  - create_table: { name: tokens, columns: { id: { type: bigint, nullable: false }, \
                     secret: { type: varchar(80), nullable: false }, kind: { type: varchar(20) } }, primary_key: [id] }\n";

/// The revision with the step.
pub(crate) fn revision(step: &str) -> String {
    format!("revision: aa02\ndown_revision: aa01\nmessage: hashes\nupgrade:\n  - closure: {step}\n")
}

/// The step that the tests know, as a program says it in its environment.
const STEP: &str = "MIGRATE_TEST_STEP";

/// The program with closures; which step its second revision has is said by [`STEP`].
pub(crate) fn migrator(step: &str) -> migrate::Result<Migrator> {
    let second = revision(step);
    let migrator = Migrator::new(Source::files([("1.yaml", FIRST), ("2.yaml", second.as_str())]))?;
    Ok(migrator
        .version_table("shop_version")
        .data_step(
            "hash",
            1,
            |session, step| {
                Box::pin(async move {
                    let rows = session.rows(step.table()).columns(["secret", "kind"]).batch(2);
                    rows.update(|row| {
                        let hashed = format!("hash of {}", row.text("secret")?);
                        row.set("secret", hashed)?;
                        row.set("kind", "hashed")
                    })
                    .await
                })
            },
            Down::BeforeImages,
        )
        .data_step(
            "mark",
            1,
            |session, _| Box::pin(async move { session.rows("tokens").update(|row| row.set("kind", "marked")).await }),
            Down::with(|session, _| {
                Box::pin(async move { session.rows("tokens").update(|row| row.set("kind", "unmarked")).await })
            }),
        )
        .data_step(
            "shred",
            1,
            |session, _| Box::pin(async move { session.rows("tokens").update(|row| row.set("secret", "gone")).await }),
            Down::irreversible("what is shredded is gone"),
        )
        .data_step(
            "fail",
            1,
            |session, step| {
                Box::pin(async move {
                    let done = session.rows("tokens").update(|row| row.set("kind", "half")).await?;
                    step.progress(done.changed, 2 * done.changed);
                    let long = "x".repeat(81);
                    session.rows("tokens").update(|row| row.set("secret", long.as_str())).await
                })
            },
            Down::BeforeImages,
        )
        .data_step(
            "refuse",
            1,
            |_, _| Box::pin(async move { Err::<RowsDone, _>(Error::new(Kind::Refused, "not today")) }),
            Down::BeforeImages,
        ))
}

/// The program that runs in a process of its own.
pub(crate) fn program() -> migrate::Result<Migrator> {
    migrator(&std::env::var(STEP).unwrap_or_default())
}

fn run(project: &Project, fresh: &Fresh, step: &str, words: &[&str]) -> crate::common::Output {
    let output = crate::program::command(project, "steps", fresh).env(STEP, step).args(words).output();
    crate::common::Output::of(&words.join(" "), output.expect("the program starts"))
}

fn filled(database: Database, step: &str) -> (Project, Fresh) {
    let (project, fresh) = (Project::empty(), database.fresh());
    run(&project, &fresh, step, &["upgrade", "aa01"]).ok();
    fresh.execute(
        "INSERT INTO tokens VALUES (1, 'a', NULL), (2, 'b', 'old'), (3, 'ü', ''), (4, 'd', 'x'), (5, 'e', NULL);",
    );
    (project, fresh)
}

fn rows(fresh: &Fresh) -> Vec<String> {
    fresh
        .query("SELECT id, secret, CASE WHEN kind IS NULL THEN 'NULL' ELSE kind END FROM tokens ORDER BY id")
        .into_iter()
        .map(|row| row.join("|"))
        .collect()
}

const HASH: &str = "{ name: hash, version: 1, table: tokens, program: shop-admin }";

fn a_closure_and_its_way_back(database: Database) {
    let (project, fresh) = filled(database, HASH);
    let before = rows(&fresh);
    run(&project, &fresh, HASH, &["upgrade"]).ok();
    let after = rows(&fresh);
    assert_eq!(after[2], "3|hash of ü|hashed");
    assert_eq!(after.len(), 5);
    run(&project, &fresh, HASH, &["downgrade", "aa01"]).ok();
    assert_eq!(rows(&fresh), before);
    run(&project, &fresh, HASH, &["upgrade"]).ok();
    assert_eq!(rows(&fresh), after);
    fresh.execute("UPDATE tokens SET kind = 'mine' WHERE id = 2;");
    run(&project, &fresh, HASH, &["downgrade", "aa01"]).exits(1).says("by others");
    run(&project, &fresh, HASH, &["downgrade", "aa01", "--on-conflict", "keep"]).ok();
    assert_eq!(rows(&fresh)[1], "2|hash of b|mine");
    assert_eq!(rows(&fresh)[2], "3|ü|");
}

fn a_way_back_that_is_a_closure(database: Database) {
    let step = "{ name: mark, version: 1, table: tokens }";
    let (project, fresh) = filled(database, step);
    run(&project, &fresh, step, &["upgrade"]).ok();
    assert!(rows(&fresh).iter().all(|row| row.ends_with("|marked")));
    run(&project, &fresh, step, &["downgrade", "aa01"]).ok();
    assert!(rows(&fresh).iter().all(|row| row.ends_with("|unmarked")), "{:?}", rows(&fresh));
}

fn a_closure_without_a_way_back(database: Database) {
    let step = "{ name: shred, version: 1, table: tokens }";
    let (project, fresh) = filled(database, step);
    run(&project, &fresh, step, &["upgrade"]).ok();
    let refused = run(&project, &fresh, step, &["downgrade", "aa01", "--yes"]).exits(2);
    refused.says("what is shredded is gone").says("--allow-data-loss");
    assert_eq!(fresh.value("SELECT version_num FROM shop_version"), "aa02");
    run(&project, &fresh, step, &["downgrade", "aa01", "--allow-data-loss"]).ok();
    assert_eq!(fresh.value("SELECT version_num FROM shop_version"), "aa01");
}

fn a_closure_that_fails_changes_nothing(database: Database) {
    for (step, code, said) in [
        ("{ name: fail, version: 1, table: tokens }", 3, "takes 80 characters, not 81"),
        ("{ name: refuse, version: 1, table: tokens }", 1, "not today"),
    ] {
        let (project, fresh) = filled(database, step);
        let before = rows(&fresh);
        let output = run(&project, &fresh, step, &["upgrade"]).exits(code).says(said).says("failed").says("2.yaml:5");
        assert_eq!(rows(&fresh), before, "{output}");
        assert_eq!(fresh.value("SELECT version_num FROM shop_version"), "aa01");
    }
}

fn the_plain_program_shows_plans_and_stamps(database: Database) {
    let fresh = database.fresh();
    let project = Project::on(&fresh);
    project.write("versions/1.yaml", FIRST).write("versions/2.yaml", revision(HASH));
    project.run(&["show", "aa02"]).ok().prints("hash: closure on tokens");
    project.run(&["history"]).ok().prints("aa02");
    project.run(&["upgrade", "aa01"]).ok();
    project.run(&["upgrade", "--dry-run"]).ok().prints("-- hash: rows of tokens through a closure of the program");
    let refused =
        project.run(&["upgrade"]).exits(2).says("the data step `hash`, version 1, is part of another program");
    refused.says("run it with that program: shop-admin upgrade").says("versions/2.yaml:5");
    assert_eq!(fresh.value("SELECT version_num FROM migrate_version"), "aa01");
    project.write("versions/2.yaml", revision("{ name: hash, version: 1, table: tokens }"));
    project.run(&["upgrade"]).exits(2).says("Migrator::data_step(\"hash\", 1, …)");
    project.run(&["upgrade", "--sql"]).exits(2).says("cannot take rows through a program");
    project.run(&["stamp", "aa02"]).ok();
    project.run(&["current"]).ok().prints("aa02");
}

fn another_version_is_another_step(database: Database) {
    let step = "{ name: hash, version: 2, table: tokens }";
    let (project, fresh) = filled(database, step);
    let refused = run(&project, &fresh, step, &["upgrade"]).exits(2);
    refused.says("the data step `hash`, version 2, is part of another program; known here is version 1");
    run_as(&project, "shop", &fresh, &["status"]).ok();
}

fn progress_is_told_while_it_works() {
    use migrate::{Connection, Event, Target};
    use std::sync::{Arc, Mutex};
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let heard = Arc::clone(&said);
        let migrator =
            migrator("{ name: fail, version: 1, table: tokens }").expect("revisions").on_event(move |event| {
                if let Event::Rows { step, done, of, .. } = event {
                    heard.lock().expect("the list").push(format!("{step} {done}/{of}"));
                }
            });
        let mut db = Connection::in_memory().await.expect("a database");
        migrator.upgrade(&mut db, Target::parse("aa01").expect("a target")).await.expect("an upgrade");
        db.execute("INSERT INTO tokens VALUES (1, 'a', NULL), (2, 'b', NULL)").await.expect("rows");
        // The future can go to another thread.
        fn is_send<T: Send>(value: T) -> T {
            value
        }
        let upgrade = is_send(migrator.upgrade(&mut db, Target::head()));
        assert_eq!(upgrade.await.expect_err("it fails").kind(), Kind::Statement);
        db.close().await.expect("a goodbye");
    });
    assert_eq!(*said.lock().expect("the list"), ["fail 2/4"]);
}
