//! Engines: the pool, who is told of statements, what a session may do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use migrate::Kind;
use migrate::orm::{Isolation, Model, Value, query};

use super::models::{Article, User, fill};
use super::{block_on, builder};
use crate::common::Database;

#[test]
fn a_pool_has_its_size_and_its_overflow() {
    for database in Database::ALL {
        let fresh = database.fresh();
        block_on(async {
            let engine = builder(&fresh).pool(1, 1).pool_wait(Duration::from_millis(200)).build();
            let one = engine.session().await.unwrap();
            let two = engine.session().await.unwrap();
            let error = engine.session().await.unwrap_err();
            assert_eq!(
                (error.kind(), error.phrase()),
                (Kind::Locked, "all 2 connections of the pool were busy for 0.2 s")
            );
            one.close().await.unwrap();
            two.close().await.unwrap();
            assert_eq!(engine.idle_connections(), 1);
            let again = engine.session().await.unwrap();
            assert_eq!(engine.idle_connections(), 0);
            drop(again);
            assert_eq!(engine.idle_connections(), 0, "dropped without a word it is closed");
            engine.session().await.unwrap().close().await.unwrap();
            engine.close().await;
            assert_eq!(engine.idle_connections(), 0);
        });
    }
}

#[test]
fn a_connection_that_lay_too_long_is_replaced() {
    let fresh = Database::Sqlite.fresh();
    block_on(async {
        let engine = builder(&fresh).idle_limit(Duration::from_millis(1)).pre_ping(false).build();
        engine.session().await.unwrap().close().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut session = engine.session().await.unwrap();
        session.query("SELECT 1", []).await.unwrap();
    });
}

#[test]
fn a_connection_that_the_server_ended_is_found_by_the_ping() {
    let fresh = Database::Postgres.fresh();
    block_on(async {
        let engine = builder(&fresh).build();
        let mut session = engine.session().await.unwrap();
        let pid: Option<i64> = session.query("SELECT pg_backend_pid()", []).await.unwrap()[0].at(0).ok();
        session.close().await.unwrap();
        fresh.execute(&format!("SELECT pg_terminate_backend({});", pid.unwrap()));
        let mut session = engine.session().await.unwrap();
        assert_eq!(session.query("SELECT 1", []).await.unwrap().len(), 1);
        session.close().await.unwrap();
        engine.close().await;
    });
}

#[test]
fn a_read_only_session_is_held_to_it_by_the_database() {
    for database in Database::ALL {
        let fresh = database.fresh();
        block_on(async {
            let engine = builder(&fresh).build();
            let mut session = engine.session().await.unwrap();
            fill(&mut session).await;
            session.close().await.unwrap();
            let mut session = engine.read_only_session().await.unwrap();
            assert_eq!(session.all(query::<User>()).await.unwrap().len(), 6);
            let error = session.execute("UPDATE users SET name = 'x'", []).await.unwrap_err();
            assert_eq!(error.kind(), Kind::ReadOnly, "{database:?}: {error}");
            session.close().await.unwrap();
            let mut session = engine.session().await.unwrap();
            assert_eq!(session.execute("UPDATE users SET age = 1", []).await.unwrap(), 6, "the next one may write");
            session.close().await.unwrap();
            engine.close().await;
        });
        assert_eq!(fresh.value("SELECT count(*) FROM users WHERE age = 1;"), "0", "nothing was committed");
    }
}

#[test]
fn events_tell_of_every_statement_and_of_slow_ones() {
    for database in Database::ALL {
        let fresh = database.fresh();
        let (before, after) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let slow = Arc::new(Mutex::new(Vec::new()));
        block_on(async {
            let (one, two, three) = (Arc::clone(&before), Arc::clone(&after), Arc::clone(&slow));
            let engine = builder(&fresh)
                .slow_after(Duration::ZERO)
                .on_before(move |asked| {
                    one.fetch_add(usize::from(asked.elapsed.is_none()), Ordering::SeqCst);
                })
                .on_after(move |asked| {
                    two.fetch_add(usize::from(asked.elapsed.is_some()), Ordering::SeqCst);
                })
                .on_slow(move |asked| {
                    three.lock().unwrap().push((asked.shortened(), asked.context.to_owned(), asked.rows));
                })
                .build();
            let mut session = engine.session().await.unwrap();
            session.set_context("the report of the month");
            session.query(&format!("SELECT ?{}", " ".repeat(300)), [Value::Int(1)]).await.unwrap();
            assert!(session.query("SELECT nosuch FROM nosuch", []).await.is_err());
            assert_eq!(session.statements(), 3, "with the one that begins");
            drop(session.rollback().await);
            session.close().await.unwrap();
            engine.close().await;
        });
        assert_eq!((before.load(Ordering::SeqCst), after.load(Ordering::SeqCst)), (3, 3));
        let slow = slow.lock().unwrap();
        assert_eq!(slow[1].1, "the report of the month");
        assert_eq!(slow[1].2, Some(1));
        assert!(slow[1].0.starts_with("SELECT ") && slow[1].0.len() < 20, "{slow:?}");
    }
}

#[test]
fn a_tag_reaches_the_server() {
    let fresh = Database::Postgres.fresh();
    block_on(async {
        let engine = builder(&fresh).tag("app", "shop */ x").build();
        let mut session = engine.session().await.unwrap();
        session.set_tag("revision", "ae10");
        let rows = session.query("SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()", []).await.unwrap();
        assert!(rows[0].text("query").unwrap().ends_with("/* app=shop * / x revision=ae10 */"), "{rows:?}");
        session.close().await.unwrap();
        engine.close().await;
    });
}

#[test]
fn isolation_is_what_was_asked_for() {
    let fresh = Database::Postgres.fresh();
    block_on(async {
        let engine = builder(&fresh).build();
        for (isolation, word) in [
            (Isolation::ReadCommitted, "read committed"),
            (Isolation::RepeatableRead, "repeatable read"),
            (Isolation::Serializable, "serializable"),
        ] {
            let mut session = engine.isolated_session(isolation).await.unwrap();
            let rows = session.query("SHOW transaction_isolation", []).await.unwrap();
            assert_eq!(rows[0].at::<String>(0).unwrap(), word);
            session.close().await.unwrap();
        }
        engine.close().await;
    });
}

#[test]
fn two_sessions_do_not_overwrite_each_other() {
    for database in Database::ALL {
        let fresh = database.fresh();
        block_on(async {
            let engine = builder(&fresh).build();
            let mut session = engine.session().await.unwrap();
            fill(&mut session).await;
            let stale = session.get::<Article>(1).await.unwrap().unwrap();
            session.commit().await.unwrap();
            let mut other = engine.session().await.unwrap();
            other.get::<Article>(1).await.unwrap().unwrap().write().title = "theirs".to_owned();
            other.commit().await.unwrap();
            other.close().await.unwrap();
            stale.write().title = "mine".to_owned();
            let error = session.commit().await.unwrap_err();
            assert_eq!(error.kind(), Kind::Refused);
            assert_eq!(error.phrase(), "articles 1 was changed or deleted by somebody else since it was read");
            session.rollback().await.unwrap();
            session.refresh(&stale).await.unwrap();
            assert_eq!(stale.read().title, "theirs");
            session.close().await.unwrap();
            engine.close().await;
        });
    }
}

#[test]
fn a_commit_keeps_and_may_expire() {
    for expire in [false, true] {
        let fresh = Database::Sqlite.fresh();
        block_on(async {
            let engine = builder(&fresh).expire_on_commit(expire).autoflush(false).build();
            let mut session = engine.session().await.unwrap();
            fill(&mut session).await;
            let user = session.get::<User>(1).await.unwrap().unwrap();
            user.write().name = "changed".to_owned();
            let found = session.query("SELECT name FROM users WHERE id = 1", []).await.unwrap();
            assert_eq!(found[0].text("name").unwrap(), "Ann", "nothing flushes by itself");
            session.commit().await.unwrap();
            assert_eq!(user.is_expired(), expire);
            session.close().await.unwrap();
        });
        assert_eq!(fresh.value("SELECT name FROM users WHERE id = 1;"), "changed");
    }
}

#[test]
fn a_panic_rolls_back() {
    for database in Database::ALL {
        let fresh = database.fresh();
        let url = Arc::new(fresh);
        let inner = Arc::clone(&url);
        block_on(async {
            let mut session = builder(&inner).build().session().await.unwrap();
            session.create_all(&[User::mapping()]).await.unwrap();
            session.commit().await.unwrap();
            session.close().await.unwrap();
        });
        let inner = Arc::clone(&url);
        let panicked = std::thread::spawn(move || {
            block_on(async {
                let mut session = builder(&inner).build().session().await.unwrap();
                session
                    .transaction(|session| {
                        Box::pin(async move {
                            session.add(User { name: "lost".to_owned(), ..User::default() });
                            session.flush().await?;
                            panic!("on purpose");
                            #[allow(unreachable_code, reason = "it says the type")]
                            Ok(())
                        })
                    })
                    .await
                    .unwrap();
            });
        });
        assert!(panicked.join().is_err());
        assert_eq!(url.value("SELECT count(*) FROM users;"), "0");
    }
}
