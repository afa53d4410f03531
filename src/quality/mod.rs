//! `migrate quality`: whether the rows of a database meet the data rules of its models.
//!
//! Asked in one snapshot that cannot write: a statement for each table, and one more for each rule that failed, to see
//! some of the rows that break it. What a statement says is made in [`ask`], which does no I/O.

mod ask;
mod settle;

use std::collections::BTreeMap;

use crate::db::{Connection, Row};
use crate::dialect::{Scope, Server};
use crate::error::{Error, Kind, Result};
use crate::model::{Demand, Rule, broken};
use crate::quality::ask::Asking;
use crate::quality::settle::{Settled, settle};
use crate::schema::Name;

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Quality {
    pub(crate) tables: Vec<Judged>,
}

/// A table and its rules.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) table: Name,
    pub(crate) rows: u64,
    pub(crate) rules: Vec<(Rule, Verdict)>,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed {
        /// The rows that break it; None where it is about the table.
        rows: Option<u64>,
        samples: Vec<Sample>,
    },
    /// It has no condition for this database.
    Skipped,
}

/// One of the rows that break a rule, or one of the values that several rows have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// The primary key; where there is none, what stands in its place.
    pub(crate) key: Vec<Cell>,
    /// What the rule is about.
    pub(crate) found: Vec<Cell>,
    /// How many rows have these values, where that is what is wrong.
    pub(crate) rows: Option<u64>,
}

/// A column and its text; None = NULL.
pub(crate) type Cell = (String, Option<String>);

impl Quality {
    /// Whether no rule failed.
    pub(crate) fn is_good(&self) -> bool {
        self.rules().all(|(_, verdict)| !matches!(verdict, Verdict::Failed { .. }))
    }

    /// All rules with what became of them.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &(Rule, Verdict)> {
        self.tables.iter().flat_map(|table| &table.rules)
    }
}

/// Asks all rules, and for so many samples of each that failed.
///
/// # Errors
/// [`Kind::File`] with the rule's place where it cannot be answered: its table or column is not in the database, its SQL is
/// not understood. Those of the connection.
pub(crate) async fn evaluate(
    connection: &mut Connection,
    dialect: &'static dyn Server,
    scope: &Scope,
    rules: BTreeMap<Name, Vec<Rule>>,
    samples: usize,
) -> Result<Quality> {
    let words = dialect.rules().snapshot();
    connection.begin_raw(words).await?;
    let found = Box::pin(judge(connection, dialect, scope, rules, samples)).await;
    if connection.is_usable() {
        let ended = connection.rollback().await;
        return found.and_then(|found| ended.map(|()| found));
    }
    found
}

async fn judge(
    connection: &mut Connection,
    dialect: &'static dyn Server,
    scope: &Scope,
    rules: BTreeMap<Name, Vec<Rule>>,
    samples: usize,
) -> Result<Quality> {
    let live = dialect.inspect(connection, scope).await?;
    let own = connection.own_schema().clone();
    let mut tables = Vec::new();
    for (name, rules) in rules {
        let settled = settle(&name, rules, &live, &own, dialect)?;
        tables.push(table(connection, dialect, settled, samples).await?);
    }
    Ok(Quality { tables })
}

async fn table(
    connection: &mut Connection,
    dialect: &'static dyn Server,
    settled: Settled<'_>,
    samples: usize,
) -> Result<Judged> {
    let asking = Asking { dialect, server: connection.server(), table: settled.table, key: &settled.key };
    let conditions = settled.rules.iter().map(|rule| asking.breach(rule)).collect::<Result<Vec<_>>>()?;
    let sql = asking.counts(&settled.rules, &conditions);
    let counts = match connection.first_row(&sql).await {
        Ok(row) => row.ok_or_else(|| Error::new(Kind::Unsupported, "the server gave no answer"))?,
        Err(error) => return Err(culprit(connection, &asking, &settled.rules, error).await),
    };
    let rows = count(&counts, 0)?;
    let mut answers = Vec::new();
    for (at, (rule, condition)) in settled.rules.into_iter().zip(conditions).enumerate() {
        let verdict = match condition {
            None => Verdict::Skipped,
            Some(_) if count(&counts, at + 1)? == 0 => Verdict::Passed,
            Some(condition) => {
                let is_of_table = matches!(rule.demand, Demand::NewerThan { .. });
                let rows = if is_of_table { None } else { Some(count(&counts, at + 1)?) };
                let asked = if samples == 0 { None } else { Some(asking.samples(&rule, &condition, samples)) };
                let samples = match asked {
                    None => Vec::new(),
                    Some(sql) => {
                        let found = connection.rows(&sql).await.map_err(|error| unanswered(&rule, &error))?;
                        found.iter().map(|row| asking.sample(&rule, row)).collect::<Result<_>>()?
                    }
                };
                Verdict::Failed { rows, samples }
            }
        };
        answers.push((rule, verdict));
    }
    Ok(Judged { table: asking.table.name.clone(), rows, rules: answers })
}

fn count(row: &Row, at: usize) -> Result<u64> {
    let text = row.text(at).unwrap_or("0");
    // A sum is a decimal on some servers.
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().map_err(|_| Error::new(Kind::Unsupported, format!("the server counted {text} rows")))
}

/// Which rule a statement of several failed for: each is asked alone. What is wrong with none of them is the server's
/// error as it is.
async fn culprit(connection: &mut Connection, asking: &Asking<'_>, rules: &[Rule], error: Error) -> Error {
    if !is_answer(&error) || !connection.is_usable() {
        return error;
    }
    let words = asking.dialect.rules().snapshot();
    for rule in rules {
        if connection.rollback().await.is_err() || connection.begin_raw(words).await.is_err() {
            return error;
        }
        let alone = match asking.breach(rule) {
            Ok(condition) => asking.counts(std::slice::from_ref(rule), &[condition]),
            Err(error) => return error,
        };
        match connection.first_row(&alone).await {
            Ok(_) => {}
            Err(alone) if is_answer(&alone) => return unanswered(rule, &alone),
            Err(other) => return other,
        }
    }
    error.into_kind(Kind::File)
}

/// Whether the server refused what it was asked, so that a rule is to blame.
fn is_answer(error: &Error) -> bool {
    matches!(error.kind(), Kind::Statement | Kind::ReadOnly)
}

/// The server's refusal of a rule, as what is wrong with the rule.
fn unanswered(rule: &Rule, error: &Error) -> Error {
    if !is_answer(error) {
        return error.clone();
    }
    let said = broken(rule, format!("the rule {} cannot be answered", rule.name)).caused_by(error.phrase());
    said.with_hint("correct the rule")
}
