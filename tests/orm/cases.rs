//! The suite: each case runs on all three databases, gives text, and that is the same on all and as expected.
//!
//! What is expected stands in `expected.txt`; `MIGRATE_BLESS=1` writes it anew from what SQLite gives, to be read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::pin::Pin;

use migrate::Result;
use migrate::orm::{Select, Session};

use super::models::{fill, shown};
use super::{block_on, builder, levels, loading, queries, sessions};
use crate::common::Database;

/// What a case does with a session; the text that it gives.
pub(crate) type Work =
    for<'a> fn(&'a mut Session<'static>) -> Pin<Box<dyn Future<Output = Result<String>> + Send + 'a>>;

pub(crate) enum Case {
    Query(Box<Select>),
    Work(Work),
}

/// All cases by their names.
fn all() -> BTreeMap<String, Case> {
    let mut cases = BTreeMap::new();
    for (name, query) in queries::all() {
        assert!(cases.insert(format!("query: {name}"), Case::Query(Box::new(query))).is_none(), "two cases {name}");
    }
    for (name, work) in sessions::all().into_iter().chain(loading::all()).chain(levels::all()) {
        assert!(cases.insert(name.to_owned(), Case::Work(work)).is_none(), "two cases {name}");
    }
    cases
}

/// What every case gives on a database.
fn given(database: Database) -> BTreeMap<String, String> {
    let fresh = database.fresh();
    block_on(async {
        let engine = builder(&fresh).build();
        let mut session = engine.session().await.unwrap();
        fill(&mut session).await;
        let shapes = super::models::mappings();
        session.close().await.unwrap();
        let mut given = BTreeMap::new();
        for (name, case) in all() {
            let mut session = engine.session().await.unwrap();
            session.know(&shapes);
            let text = match case {
                Case::Query(query) => session.rows_of(*query).await.map(|rows| shown(&rows)),
                Case::Work(work) => work(&mut session).await,
            };
            let text = text.unwrap_or_else(|error| format!("error {:?}: {error}", error.kind()));
            given.insert(name, text);
            if session.rollback().await.is_err() {
                drop(session);
            } else {
                session.close().await.unwrap();
            }
        }
        given
    })
}

#[test]
fn three_databases_give_the_same() {
    let count = all().len();
    assert!(count >= 300, "{count} cases");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/orm/expected.txt");
    let sqlite = given(Database::Sqlite);
    let written = sqlite.iter().fold(String::new(), |mut text, (name, given)| {
        writeln!(text, "== {name}\n{given}").unwrap();
        text
    });
    if std::env::var("MIGRATE_BLESS").is_ok() {
        std::fs::write(path, &written).unwrap();
    }
    let mut wrong = Vec::new();
    for database in [Database::Postgres, Database::Mysql] {
        for (name, text) in given(database) {
            let wanted = &sqlite[&name];
            if text != *wanted {
                wrong.push(format!("{}: {name}\n--- SQLite\n{wanted}\n--- here\n{text}\n", database.word()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases differ\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(written, std::fs::read_to_string(path).unwrap(), "not as expected: MIGRATE_BLESS=1 writes it anew");
}
