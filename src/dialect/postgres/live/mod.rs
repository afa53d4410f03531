//! Tests against the server that `tests/run` starts.
#![cfg(test)]

mod cases;
mod chains;
mod places;

use std::path::Path;

use super::Postgres;
use crate::db::{Connection, Settings, Url};
use crate::dialect::Dialect;
use crate::dialect::server::{Scope, Server};
use crate::diff::{Context, RenameRules, diff};
use crate::ops::Operation;
use crate::schema::{Pair, Schema};
use crate::statement::split::split;

/// Boxed as callers do it, so that every future is known to be `Send`.
pub(super) fn block_on<T>(work: impl Future<Output = T> + Send) -> T {
    let work: std::pin::Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(work);
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn variable(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "tests/run names its servers in the environment")]
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/run"))
}

fn server() -> Url {
    Url::parse(&variable("MIGRATE_TEST_POSTGRES"), Path::new("")).unwrap()
}

pub(super) async fn open(url: &Url) -> Connection {
    Connection::open(url, &Settings::default()).await.unwrap()
}

/// A fresh database of its own.
pub(super) async fn database(name: &str) -> Url {
    let name = format!("pg_live_{name}_{}", std::process::id());
    let mut connection = open(&server()).await;
    connection.execute(&format!("DROP DATABASE IF EXISTS {name}")).await.unwrap();
    connection.execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
    server().with_database(&name)
}

pub(super) async fn drop_database(url: &Url) {
    let name = url.database_name().unwrap();
    open(&server()).await.execute(&format!("DROP DATABASE {name}")).await.unwrap();
}

pub(super) async fn run_all(connection: &mut Connection, sql: &str) {
    for piece in split(sql, Postgres.syntax()).unwrap() {
        if let Err(error) = connection.execute(piece.sql).await {
            panic!("{error}\n{}", piece.sql);
        }
    }
}

/// Everything that makes a schema from nothing.
pub(super) fn creation(schema: &Schema, connection: &Connection) -> Vec<Operation> {
    let context = Context { dialect: &Postgres, server: connection.server() };
    diff(Pair::new(&Schema::default(), schema), &RenameRules::default(), context).operations
}

/// Renders and runs.
pub(super) async fn perform(connection: &mut Connection, operations: &[Operation], before: &Schema) {
    let statements = Postgres.render(operations, before, connection.server()).unwrap();
    for statement in &statements {
        if let Err(error) = connection.run(statement).await {
            panic!("{error}\n{}", statement.sql);
        }
    }
}

pub(super) async fn inspect(connection: &mut Connection, scope: &Scope) -> Schema {
    Postgres.inspect(connection, scope).await.unwrap()
}

/// What differs, table by table, so that a failure can be read.
pub(super) fn assert_same(from: &Schema, to: &Schema) {
    for (name, table) in &from.tables {
        assert_eq!(Some(table), to.tables.get(name), "{}", name.for_people());
    }
    let (from, to) =
        (Schema { unmodelled: Vec::new(), ..from.clone() }, Schema { unmodelled: Vec::new(), ..to.clone() });
    assert_eq!(from, to);
}
