//! Locks, scratch places, and what an inspection leaves out.
#![cfg(test)]

use super::{assert_same, block_on, creation, database, drop_database, inspect, open, perform, run_all};
use crate::dialect::postgres::Postgres;
use crate::dialect::{Scope, Server};
use crate::error::Kind;
use crate::schema::{Ident, Name, Schema};
use crate::statement::ServerVersion;

#[test]
fn the_session_lock_has_one_holder_who_is_named() {
    block_on(async {
        let url = database("lock").await;
        let (mut first, mut second) = (open(&url).await, open(&url).await);
        let table = Name::own("migrate_version");
        assert!(Postgres.try_lock(&mut first, &table).await.unwrap());
        assert!(!Postgres.try_lock(&mut second, &table).await.unwrap());
        assert!(Postgres.try_lock(&mut second, &Name::own("other")).await.unwrap());
        let holder = Postgres.lock_holder(&mut second, &table).await.unwrap().unwrap();
        let row = first.first_row("SELECT pg_backend_pid()").await.unwrap().unwrap();
        assert!(holder.description.starts_with(&format!("pid {}, user ", row.text(0).unwrap())), "{holder:?}");
        assert!(!Postgres.unlock(&mut second, &table).await.unwrap());
        assert!(Postgres.unlock(&mut first, &table).await.unwrap());
        assert_eq!(Postgres.lock_holder(&mut second, &table).await.unwrap(), None);
        assert!(
            Postgres.try_lock(&mut second, &Name::new(Some(Ident::from("public")), "migrate_version")).await.unwrap()
        );
        assert!(!Postgres.try_lock(&mut first, &table).await.unwrap(), "the own schema by name is the same table");
        first.close().await;
        second.close().await;
        drop_database(&url).await;
    });
}

#[test]
fn the_version_table_is_locked_without_waiting() {
    block_on(async {
        let url = database("begin").await;
        let (mut first, mut second) = (open(&url).await, open(&url).await);
        let table = Name::own("migrate_version");
        assert!(!Postgres.has_table(&mut first, &table).await.unwrap());
        run_all(&mut first, "CREATE TABLE migrate_version (version_num text)").await;
        assert!(Postgres.has_table(&mut first, &table).await.unwrap());
        Postgres.begin(&mut first, &table).await.unwrap();
        let error = Postgres.begin(&mut second, &table).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Locked, "{error}");
        second.rows("SELECT version_num FROM migrate_version").await.unwrap();
        first.commit().await.unwrap();
        Postgres.begin(&mut second, &table).await.unwrap();
        second.rollback().await.unwrap();
        first.close().await;
        second.close().await;
        drop_database(&url).await;
    });
}

const SHOP: &str = "CREATE TYPE status AS ENUM ('open', 'done'); \
    CREATE TABLE customers (id serial PRIMARY KEY, email citext); \
    CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s status DEFAULT 'open', ss status[], \
    customer integer REFERENCES customers, CHECK (s <> 'done' OR customer > 0)); \
    CREATE INDEX i ON orders (customer) WHERE s = 'open'";

/// What is made in a scratch place reads exactly like the same thing made for good, the extension's type included.
#[test]
fn scratch_places_read_like_the_real_one() {
    block_on(async {
        let url = database("scratch").await;
        let mut connection = open(&url).await;
        run_all(&mut connection, "CREATE EXTENSION citext").await;
        run_all(&mut connection, SHOP).await;
        let live = inspect(&mut connection, &Scope::default()).await;
        for in_transaction in [true, false] {
            let scratch = Postgres.enter_scratch(&mut connection, "1_2", in_transaction).await.unwrap();
            run_all(&mut connection, SHOP).await;
            let judged = inspect(&mut connection, &Scope::default()).await;
            Postgres.leave_scratch(&mut connection, &scratch).await.unwrap();
            assert_eq!((&judged.tables, &judged.enums), (&live.tables, &live.enums));
            assert!(!format!("{judged:?}").contains("migrate_scratch"), "{judged:?}");
            let row =
                connection.first_row("SELECT current_schema(), count(*) FROM pg_namespace WHERE nspname ~ 'scratch'");
            let row = row.await.unwrap().unwrap();
            assert_eq!((row.text(0), row.text(1)), (Some("public"), Some("0")));
        }
        connection.close().await;
        drop_database(&url).await;
    });
}

#[test]
fn models_that_lean_on_live_tables_are_refused() {
    block_on(async {
        let url = database("lean").await;
        let mut connection = open(&url).await;
        run_all(&mut connection, "CREATE EXTENSION citext").await;
        run_all(&mut connection, SHOP).await;
        for (models, missing) in [
            ("CREATE TABLE a (c integer REFERENCES customers)", "the table customers"),
            ("CREATE TABLE a (c status)", "the type status"),
            ("CREATE TABLE a (c status[])", "the type status"),
        ] {
            let scratch = Postgres.enter_scratch(&mut connection, "1_3", true).await.unwrap();
            run_all(&mut connection, models).await;
            let error = Postgres.inspect(&mut connection, &Scope::default()).await.unwrap_err();
            Postgres.leave_scratch(&mut connection, &scratch).await.unwrap();
            assert_eq!(error.kind(), Kind::File);
            assert!(error.to_string().contains(missing), "{error}");
        }
        connection.close().await;
        drop_database(&url).await;
    });
}

#[test]
fn only_scratch_places_of_the_dead_are_removed() {
    block_on(async {
        let url = database("dead").await;
        let (mut alive, mut dead) = (open(&url).await, open(&url).await);
        Postgres.enter_scratch(&mut alive, "alive", false).await.unwrap();
        Postgres.enter_scratch(&mut dead, "dead", false).await.unwrap();
        run_all(&mut dead, "CREATE TABLE left_over (a integer)").await;
        dead.close().await;
        let mut next = open(&url).await;
        let mut names = Vec::new();
        for _ in 0..50 {
            let scratch = Postgres.enter_scratch(&mut next, "next", false).await.unwrap();
            let sql = "SELECT nspname FROM pg_namespace WHERE nspname ~ 'scratch' ORDER BY 1";
            names = next.rows(sql).await.unwrap().iter().map(|row| row.text(0).unwrap().to_owned()).collect();
            Postgres.leave_scratch(&mut next, &scratch).await.unwrap();
            if names.len() == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(names, ["migrate_scratch_alive", "migrate_scratch_next"]);
        next.close().await;
        alive.close().await;
        drop_database(&url).await;
    });
}

/// An inspection that is given back as operations makes the same thing again, whatever there is.
#[test]
fn everything_goes_round() {
    block_on(async {
        let (first, second) = (database("round_a").await, database("round_b").await);
        let (mut from, mut to) = (open(&first).await, open(&second).await);
        let server = from.server();
        run_all(&mut from, &everything(server)).await;
        let scope = Scope { schemas: vec![Ident::from("app")], ..Scope::default() };
        let schema = inspect(&mut from, &scope).await;
        let made = creation(&schema, &to);
        perform(&mut to, &made, &Schema::default()).await;
        let back = inspect(&mut to, &scope).await;
        assert_same(&schema, &back);
        assert_eq!(schema.unmodelled, []);
        assert_eq!(
            schema.tables.len(),
            if server.at_least(18, 0) { 12 } else { 10 },
            "the tool's own table is left out"
        );
        from.close().await;
        to.close().await;
        drop_database(&first).await;
        drop_database(&second).await;
    });
}

/// The statements that this version knows.
fn everything(server: ServerVersion) -> String {
    let known = |line: &&str| {
        let since = line.rsplit_once("-- ").and_then(|(_, version)| version.parse().ok());
        since.is_none_or(|version| server.at_least(version, 0))
    };
    include_str!("everything.sql").lines().filter(known).collect::<Vec<_>>().join("\n")
}
