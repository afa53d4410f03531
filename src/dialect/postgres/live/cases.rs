//! Each change of `cases.sql`, up and down and up again.
#![cfg(test)]

use super::{block_on, database, drop_database, inspect, open, run_all};
use crate::db::Connection;
use crate::dialect::postgres::Postgres;
use crate::dialect::{Dialect, Scope};
use crate::diff::{Context, RenameRules, diff};
use crate::ops::{Operation, reverse_all};
use crate::schema::{Pair, Schema};

struct Case {
    /// The first version that knows what is in it.
    since: u32,
    name: String,
    from: String,
    rows: String,
    to: String,
}

fn cases() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/dialect/postgres/live");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let text = read("cases.sql");
    let part = |text: &str, mark: &str| match text.split_once(mark) {
        Some((before, after)) => (before.to_owned(), after.to_owned()),
        None => (String::new(), text.to_owned()),
    };
    let all = text.split("-- case ").skip(1).map(|text| {
        let (name, rest) = part(text, "\n-- from\n");
        let since = name.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default();
        let (before, to) = part(&rest, "-- to\n");
        let (from, rows) = before.split_once("-- rows\n").unwrap_or((&before, ""));
        Case { since, name, from: from.to_owned(), rows: rows.to_owned(), to }
    });
    all.collect()
}

pub(super) async fn reset(connection: &mut Connection, sql: &str) {
    run_all(connection, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    run_all(connection, sql).await;
}

fn difference(from: &Schema, to: &Schema, connection: &Connection) -> Result<Vec<Operation>, String> {
    let context = Context { dialect: &Postgres, server: connection.server() };
    let difference = diff(Pair::new(from, to), &RenameRules::default(), context);
    if difference.questions.is_empty() { Ok(difference.operations) } else { Err(format!("{:?}", difference.questions)) }
}

/// Runs the operations in one transaction, as a revision does.
async fn step(connection: &mut Connection, operations: &[Operation], before: &Schema) -> Result<(), String> {
    let statements = Postgres.render(operations, before, connection.server()).map_err(|refused| refused.what)?;
    connection.begin_raw("BEGIN").await.map_err(|error| error.to_string())?;
    for statement in &statements {
        if let Err(error) = connection.run(statement).await {
            connection.rollback().await.unwrap();
            return Err(format!("{error}\n  in {}", statement.sql));
        }
    }
    connection.commit().await.map_err(|error| error.to_string())
}

fn same(found: &Schema, wanted: &Schema, connection: &Connection) -> Result<(), String> {
    let left = difference(found, wanted, connection)?;
    let words: Vec<String> = left.iter().map(|operation| format!("{}: {operation:?}", operation.describe())).collect();
    if !words.is_empty() {
        return Err(words.join("\n  "));
    }
    // The order of columns is not compared, everything else is.
    let sorted = |schema: &Schema| {
        let mut schema = Schema { unmodelled: Vec::new(), ..schema.clone() };
        schema.tables.values_mut().for_each(|table| table.columns.sort_by(|a, b| a.name.cmp(&b.name)));
        schema
    };
    if sorted(found) == sorted(wanted) { Ok(()) } else { Err(format!("{found:?}\n  is not\n  {wanted:?}")) }
}

async fn prove(case: &Case, work: &mut Connection, other: &mut Connection) -> Result<(), String> {
    let scope = Scope::default();
    reset(other, &case.to).await;
    reset(work, &case.from).await;
    run_all(work, &case.rows).await;
    let (from, to) = (inspect(work, &scope).await, inspect(other, &scope).await);
    change(work, &from, &to).await
}

/// Up, down, and up again on a database that is like `from`.
pub(super) async fn change(work: &mut Connection, from: &Schema, to: &Schema) -> Result<(), String> {
    let scope = Scope::default();
    let up = difference(from, to, work)?;
    let down = reverse_all(&up).map_err(|operation| format!("no way back: {}", operation.describe()))?;
    for round in ["up", "down", "up again"] {
        let (operations, wanted) = if round == "down" { (&down, from) } else { (&up, to) };
        let before = inspect(work, &scope).await;
        step(work, operations, &before).await.map_err(|why| format!("{round}: {why}"))?;
        let found = inspect(work, &scope).await;
        same(&found, wanted, work).map_err(|why| format!("{round}: {why}"))?;
    }
    Ok(())
}

#[test]
fn changes_go_up_and_down() {
    block_on(async {
        let (first, second) = (database("cases_a").await, database("cases_b").await);
        let (mut work, mut other) = (open(&first).await, open(&second).await);
        let mut failures = Vec::new();
        let all = cases();
        let server = work.server();
        for case in all.iter().filter(|case| server.at_least(case.since, 0)) {
            if let Err(why) = prove(case, &mut work, &mut other).await {
                failures.push(format!("{}\n  {why}", case.name));
            }
        }
        work.close().await;
        other.close().await;
        drop_database(&first).await;
        drop_database(&second).await;
        assert!(all.len() >= 40, "only {} cases were read", all.len());
        assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), all.len(), failures.join("\n"));
    });
}
