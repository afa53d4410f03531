//! The public surface on SQLite, as a program uses it.

use std::sync::Mutex;

use super::*;
use crate::db::Options;
use crate::embedded::{Embedded, EmbeddedRevision};
use crate::error::Kind;
use crate::execute::status::State;

const FIRST: (&str, &str) = (
    "1.sql",
    "-- revision: a1\n-- message: notes\n-- migrate:up\nCREATE TABLE notes (id INTEGER PRIMARY KEY);\n-- migrate:down\nDROP TABLE notes;\n",
);
const SECOND: (&str, &str) = (
    "2.sql",
    "-- revision: b2\n-- down_revision: a1\n-- migrate:up\nINSERT INTO notes VALUES (1);\nINSERT INTO notes VALUES (${x.id});\n-- migrate:down\nDELETE FROM notes;\n",
);

fn migrator() -> Migrator {
    Migrator::new(Source::files([FIRST, SECOND])).unwrap().variable("id", "2")
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn up_and_down() {
    run(async {
        let (migrator, mut db) = (migrator(), Connection::in_memory().await.unwrap());
        let status = migrator.status(&mut db).await.unwrap();
        assert_eq!((status.state, status.pending), (State::Behind, vec!["a1".to_owned(), "b2".to_owned()]));
        let plan = migrator.plan(&mut db, Target::head()).await.unwrap();
        assert_eq!((plan.steps.len(), plan.steps[1].statements.len(), plan.steps[0].state), (2, 2, "planned"));
        let report = migrator.upgrade(&mut db, Target::parse("+1").unwrap()).await.unwrap();
        assert_eq!((report.before.len(), report.after), (0, vec!["a1".to_owned()]));
        assert_eq!(migrator.upgrade(&mut db, Target::heads()).await.unwrap().after, ["b2"]);
        assert_eq!(migrator.status(&mut db).await.unwrap().state, State::AtHead);
        assert!(migrator.upgrade(&mut db, Target::head()).await.unwrap().steps.is_empty());
        assert_eq!(db.execute("DELETE FROM notes").await.unwrap(), 2);
        assert_eq!(migrator.plan_downgrade(&mut db, Target::base()).await.unwrap().steps.len(), 2);
        assert_eq!(migrator.downgrade(&mut db, Target::base()).await.unwrap().after, [""; 0]);
        assert_eq!(migrator.stamp(&mut db, Target::parse("a1").unwrap()).await.unwrap().after, ["a1"]);
        db.close().await.unwrap();
    });
}

#[test]
fn events_are_told_in_order() {
    run(async {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let migrator = migrator().on_event(move |event| sink.lock().unwrap().push(event.clone()));
        migrator.upgrade(&mut Connection::in_memory().await.unwrap(), Target::head()).await.unwrap();
        let seen = seen.lock().unwrap();
        let words: Vec<&str> = seen
            .iter()
            .map(|event| match event {
                Event::Waiting { .. } => "waiting",
                Event::Pooled => "pooled",
                Event::Began { .. } => "began",
                Event::Statement { .. } => "statement",
                Event::Applied { .. } => "applied",
                Event::Retrying { .. } => "retrying",
                Event::Stopping { .. } => "stopping",
                Event::Copied { .. } => "copied",
                Event::Warned { .. } => "warned",
                Event::Rows { .. } => "rows",
            })
            .collect();
        assert_eq!(words, ["began", "statement", "applied", "began", "statement", "statement", "applied"]);
    });
}

/// A program that is older than its database.
#[test]
fn a_database_that_is_ahead() {
    run(async {
        let mut db = Connection::in_memory().await.unwrap();
        migrator().upgrade(&mut db, Target::head()).await.unwrap();
        let older = || Migrator::new(Source::files([FIRST])).unwrap();
        let status = older().status(&mut db).await.unwrap();
        assert_eq!((status.state, status.revisions), (State::Newer, vec!["b2".to_owned()]));
        let error = older().upgrade(&mut db, Target::head()).await.unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (Kind::Newer, 7));
        let report = older().newer(Newer::Accept).upgrade(&mut db, Target::head()).await.unwrap();
        assert_eq!((report.steps.len(), report.after), (0, vec!["b2".to_owned()]));
        let plan = older().newer(Newer::Accept).plan(&mut db, Target::head()).await.unwrap();
        assert_eq!((plan.steps.len(), plan.after), (0, vec!["b2".to_owned()]));
        let back = older().newer(Newer::Downgrade).variable("id", "2");
        let plan = back.plan(&mut db, Target::head()).await.unwrap();
        assert_eq!((plan.steps.len(), plan.steps[0].kept, plan.steps[0].direction), (1, true, "downgrade"));
        let report = back.upgrade(&mut db, Target::head()).await.unwrap();
        assert_eq!((report.before, report.after), (vec!["b2".to_owned()], vec!["a1".to_owned()]));
        assert_eq!(older().status(&mut db).await.unwrap().state, State::AtHead);
    });
}

#[test]
fn a_database_that_is_ahead_and_keeps_no_texts() {
    run(async {
        let mut db = Connection::in_memory().await.unwrap();
        migrator().keep_text(false).upgrade(&mut db, Target::head()).await.unwrap();
        let older = Migrator::new(Source::files([FIRST])).unwrap().newer(Newer::Downgrade);
        let error = older.upgrade(&mut db, Target::head()).await.unwrap_err();
        assert_eq!((error.kind(), error.revision()), (Kind::Newer, Some("b2")));
        let error = older.downgrade(&mut db, Target::base()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Newer);
    });
}

#[test]
fn a_failed_revision_leaves_the_one_before() {
    run(async {
        let broken =
            ("3.sql", "-- revision: c3\n-- down_revision: b2\n-- migrate:up\nINSERT INTO nowhere VALUES (1);\n");
        let migrator = Migrator::new(Source::files([FIRST, SECOND, broken])).unwrap().variable("id", "2");
        let mut db = Connection::in_memory().await.unwrap();
        let error = migrator.upgrade(&mut db, Target::head()).await.unwrap_err();
        assert_eq!((error.kind(), error.place().revision.as_deref()), (Kind::Statement, Some("c3")));
        assert_eq!(migrator.status(&mut db).await.unwrap().revisions, ["b2"]);
        let error = migrator.downgrade(&mut db, Target::parse("a1+9").unwrap()).await.unwrap_err();
        assert_eq!(error.exit_code(), 2);
    });
}

#[test]
fn a_cancelled_run_frees_the_connection() {
    run(async {
        let token = Cancel::new();
        let (canceller, mut db) = (token.clone(), Connection::in_memory().await.unwrap());
        let cancelled = migrator().cancel_with(token).on_event(move |event| {
            if matches!(event, Event::Applied { .. }) {
                canceller.cancel();
            }
        });
        let error = cancelled.upgrade(&mut db, Target::head()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Cancelled);
        assert_eq!(migrator().upgrade(&mut db, Target::head()).await.unwrap().before, ["a1"]);
    });
}

#[test]
fn a_missing_file_is_not_lost_work() {
    run(async {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("app.db");
        let mut db = Connection::open(file.as_path()).await.unwrap();
        assert_eq!(migrator().status(&mut db).await.unwrap().state, State::Behind);
        let error = migrator().upgrade(&mut db, Target::head()).await.unwrap_err();
        assert_eq!((error.kind(), file.exists()), (Kind::Connect, false));
        let mut db = Connection::open(Options::sqlite(&file).create(true)).await.unwrap();
        migrator().upgrade(&mut db, Target::head()).await.unwrap();
        db.close().await.unwrap();
        let url = format!("sqlite://{}", file.display());
        let options = Options::url(&url).unwrap();
        let mut db = Connection::open_with(options, &["PRAGMA cache_size = 100"]).await.unwrap();
        assert_eq!(migrator().status(&mut db).await.unwrap().state, State::AtHead);
        let error = Connection::open("nonsense").await.unwrap_err();
        assert_eq!(error.kind(), Kind::Config);
    });
}

#[test]
fn two_components_have_a_table_each() {
    run(async {
        let mut db = Connection::in_memory().await.unwrap();
        let other = ("o.sql", "-- revision: o1\n-- migrate:up\nCREATE TABLE other (id int);\n");
        let other = Migrator::new(Source::files([other])).unwrap().version_table("other_version");
        other.upgrade(&mut db, Target::head()).await.unwrap();
        assert_eq!(migrator().upgrade(&mut db, Target::head()).await.unwrap().before, [""; 0]);
        assert_eq!(other.status(&mut db).await.unwrap().revisions, ["o1"]);
        let error = migrator().version_table("other_version").upgrade(&mut db, Target::head()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Newer);
    });
}

/// As the text that a build script writes: YAML is read from its sealed bytes alone.
#[test]
fn embedded_revisions_run() {
    let text = "revision: y1\nupgrade:\n  - create_table: { name: t, columns: { id: bigint }, primary_key: [id] }\n";
    let file = crate::revision::File::new("versions/1.yaml", text).unwrap();
    let leak = |text: String| &*Box::leak(text.into_boxed_str());
    let yaml = EmbeddedRevision {
        id: "y1",
        path: "versions/1.yaml",
        text: "",
        sha256: leak(file.checksum()),
        sealed: Box::leak(file.seal().unwrap().into_boxed_slice()),
    };
    let sql = "-- revision: s2\n-- down_revision: y1\n-- migrate:up\nINSERT INTO t VALUES (1);\n-- migrate:down\n";
    let sql = EmbeddedRevision { id: "s2", path: "versions/2.sql", text: sql, sha256: "", sealed: b"" };
    let revisions = Box::leak(Box::new([yaml, sql]));
    let embedded: &'static Embedded = Box::leak(Box::new(Embedded::new(revisions)));
    assert_eq!(embedded.ids().collect::<Vec<_>>(), ["y1", "s2"]);
    run(async {
        let migrator = Migrator::new(embedded).unwrap();
        let mut db = Connection::in_memory().await.unwrap();
        assert_eq!(migrator.upgrade(&mut db, Target::head()).await.unwrap().after, ["s2"]);
        let from_files = Migrator::new(Source::files([("1.yaml", text), ("2.sql", sql.text)])).unwrap();
        assert_eq!(from_files.status(&mut db).await.unwrap().state, State::AtHead, "the checksums are the same");
        migrator.downgrade(&mut db, Target::base()).await.unwrap();
    });
}

#[test]
fn futures_may_go_to_another_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let task = runtime.spawn(is_send(async {
        let (migrator, mut db) = (migrator(), Connection::in_memory().await?);
        migrator.status(&mut db).await?;
        migrator.plan(&mut db, Target::head()).await?;
        migrator.stamp(&mut db, Target::base()).await?;
        migrator.upgrade(&mut db, Target::head()).await?;
        migrator.downgrade(&mut db, Target::base()).await
    }));
    assert_eq!(runtime.block_on(task).unwrap().unwrap().steps.len(), 2);
    is_send(migrator());
}

#[cfg(feature = "blocking")]
#[test]
fn the_same_without_async() {
    use crate::blocking;
    let migrator = blocking::Migrator::from(migrator());
    let mut db = blocking::Connection::in_memory().unwrap();
    assert_eq!(migrator.plan(&mut db, Target::head()).unwrap().steps.len(), 2);
    assert_eq!(migrator.upgrade(&mut db, Target::head()).unwrap().after, ["b2"]);
    assert_eq!(migrator.status(&mut db).unwrap().state, State::AtHead);
    assert_eq!(migrator.downgrade(&mut db, Target::base()).unwrap().steps.len(), 2);
    assert_eq!(run(async { blocking::Connection::in_memory().unwrap_err() }).kind(), Kind::Usage);
    db.close().unwrap();
}

#[test]
fn files_are_attached() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let (file, archive) = (folder.path().join("app.db"), folder.path().join("archive.db"));
        let revision = (
            "1.sql",
            "-- revision: a1\n-- migrate:up\nCREATE TABLE archive.t (a);\nINSERT INTO archive.t VALUES (1);\n-- migrate:down\nDROP TABLE archive.t;\n",
        );
        let migrator = Migrator::new(Source::files([revision])).unwrap();
        let options = || Options::sqlite(&file).attach("archive", &archive).unwrap();
        Connection::open(Options::sqlite(&file).create(true)).await.unwrap().close().await.unwrap();
        std::fs::write(&file, "").unwrap();
        // What would be written to a file that is not there, and not to be made, would be lost.
        let mut reader = Connection::open(options()).await.unwrap();
        let refused = migrator.upgrade(&mut reader, Target::head()).await.unwrap_err();
        assert!(refused.kind() == Kind::Connect && refused.phrase().contains("one that it attaches"), "{refused}");
        let mut db = Connection::open(options().create(true)).await.unwrap();
        migrator.upgrade(&mut db, Target::head()).await.unwrap();
        assert_eq!(db.execute("DELETE FROM archive.t").await.unwrap(), 1);
        migrator.downgrade(&mut db, Target::base()).await.unwrap();
        assert!(archive.is_file() && Options::in_memory().attach("main", &archive).is_err());
    });
}

#[test]
fn copies_are_made_and_the_oldest_go() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let (file, copies) = (folder.path().join("app.db"), folder.path().join("copies"));
        let migrator = migrator().backup(Backup::before(&copies).keep(2));
        let mut db = Connection::open(Options::sqlite(&file).create(true)).await.unwrap();
        let count = || std::fs::read_dir(&copies).map_or(0, Iterator::count);
        migrator.upgrade(&mut db, Target::head()).await.unwrap();
        assert_eq!(count(), 0, "there was nothing to copy");
        std::fs::create_dir(&copies).unwrap();
        std::fs::write(copies.join("app.db"), "not a copy").unwrap();
        for _ in 0..3 {
            migrator.downgrade(&mut db, Target::base()).await.unwrap();
            migrator.upgrade(&mut db, Target::head()).await.unwrap();
        }
        assert_eq!(count(), 3, "two copies and what is none");
        migrator.upgrade(&mut db, Target::head()).await.unwrap();
        assert_eq!(count(), 3, "nothing was pending");
        let mut memory = Connection::in_memory().await.unwrap();
        let refused = migrator.upgrade(&mut memory, Target::head()).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Unsupported);
        let broken =
            ("3.sql", "-- revision: c3\n-- down_revision: b2\n-- migrate:up\nINSERT INTO nowhere VALUES (1);\n");
        let broken = Migrator::new(Source::files([FIRST, SECOND, broken])).unwrap().variable("id", "2");
        let error = broken.backup(Backup::before(&copies)).upgrade(&mut db, Target::head()).await.unwrap_err();
        assert!(error.backup().unwrap().is_file() && error.backup().unwrap().starts_with(&copies));
        db.close().await.unwrap();
    });
}
