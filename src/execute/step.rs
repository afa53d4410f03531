//! One revision: in a transaction with its version row where the database can, statement by statement with a journal
//! where it cannot.

use std::time::Instant;

use crate::db::{Connection, TransactionState, is_connection_lost};
use crate::dialect::{Capability, Scope, Server};
use crate::error::{Error, Kind, Result};
use crate::execute::history::History;
use crate::execute::log::{Attempt, Log, State};
use crate::execute::render::{may_rebuild, statements};
use crate::execute::{Event, StepReport, done_word};
use crate::plan::Planned;
use crate::statement::Statement;

/// What the run of one revision came to.
pub(crate) enum Outcome {
    Done(StepReport),
    /// The version table is not what was planned on: another run was faster. Nothing was changed.
    Overtaken,
}

/// Everything that the steps of a run share.
pub(crate) struct Bench<'a> {
    pub(crate) dialect: &'static dyn Server,
    pub(crate) history: &'a History,
    pub(crate) log: &'a Log,
    pub(crate) scope: &'a Scope,
}

pub(crate) type Tell<'a> = &'a mut (dyn FnMut(Event) + Send);

impl Bench<'_> {
    /// Runs one revision and records it.
    pub(crate) async fn run(&self, connection: &mut Connection, planned: &Planned, tell: Tell<'_>) -> Result<Outcome> {
        let revision = planned.step.revision.as_str().to_owned();
        let direction = planned.step.direction.word();
        tell(Event::Began { revision: revision.clone(), direction, message: planned.message.clone() });
        let started = Instant::now();
        let whole = self.dialect.has(Capability::TransactionalDdl, connection.server()) && !planned.outside;
        let mut attempt = Attempt {
            revision: revision.clone(),
            direction: direction.to_owned(),
            checksum: planned.checksum.clone(),
            ..Attempt::default()
        };
        let outcome = if whole {
            self.in_transaction(connection, planned, &mut attempt, started, tell).await
        } else {
            self.in_pieces(connection, planned, &mut attempt, started, tell).await
        };
        if !outcome.map_err(|error| error.in_revision(revision.as_str()))? {
            return Ok(Outcome::Overtaken);
        }
        let elapsed = started.elapsed();
        tell(Event::Applied { revision: revision.clone(), direction, elapsed });
        Ok(Outcome::Done(StepReport {
            revision,
            direction,
            state: done_word(planned.step.direction),
            statements: attempt.statements,
            milliseconds: milliseconds(started),
        }))
    }

    /// One transaction holds the version row, the statements and the log row. False = overtaken.
    async fn in_transaction(
        &self,
        connection: &mut Connection,
        planned: &Planned,
        attempt: &mut Attempt,
        started: Instant,
        tell: Tell<'_>,
    ) -> Result<bool> {
        let rebuilds = may_rebuild(planned, self.dialect, connection);
        if rebuilds {
            self.dialect.around_rebuild(connection, true).await?;
        }
        let outcome = self.transaction(connection, planned, attempt, rebuilds, started, tell).await;
        let outcome = match outcome {
            Ok(done) => Ok(done),
            Err(error) => Err(self.roll_back(connection, attempt, started, error).await),
        };
        if rebuilds && connection.is_usable() {
            self.dialect.around_rebuild(connection, false).await?;
        }
        outcome
    }

    async fn transaction(
        &self,
        connection: &mut Connection,
        planned: &Planned,
        attempt: &mut Attempt,
        rebuilds: bool,
        started: Instant,
        tell: Tell<'_>,
    ) -> Result<bool> {
        self.dialect.begin(connection, &self.history.table).await?;
        if self.history.rows(connection).await? != planned.step.before
            || !self.history.make_moves(connection, &planned.step.moves).await?
        {
            connection.rollback().await?;
            return Ok(false);
        }
        connection.mark_transaction().await?;
        let broken = if rebuilds { self.dialect.broken_references(connection).await? } else { Vec::new() };
        for chunk in &planned.chunks {
            for statement in statements(chunk, self.dialect, connection, self.scope).await? {
                self.statement(connection, &statement, attempt, tell).await?;
                if statement.by_person {
                    assert_open(connection, &statement).await?;
                }
            }
        }
        if rebuilds {
            refuse_newly_broken(&broken, &self.dialect.broken_references(connection).await?)?;
        }
        attempt.milliseconds = milliseconds(started);
        connection.execute(&self.log.insert(State::Done, attempt)).await?;
        connection.commit().await?;
        Ok(true)
    }

    async fn statement(
        &self,
        connection: &mut Connection,
        statement: &Statement,
        attempt: &mut Attempt,
        tell: Tell<'_>,
    ) -> Result<()> {
        let begun = Instant::now();
        attempt.statements.push(statement.sql.clone());
        connection.run(statement).await.map_err(|error| match statement.line {
            Some(line) => error.at_line(line, 0),
            None => error,
        })?;
        attempt.done += 1;
        tell(Event::Statement { sql: statement.sql.clone(), elapsed: begun.elapsed() });
        Ok(())
    }

    /// Rolls back and leaves a row in the log, as far as the connection still serves.
    async fn roll_back(
        &self,
        connection: &mut Connection,
        attempt: &mut Attempt,
        started: Instant,
        error: Error,
    ) -> Error {
        if error.kind() == Kind::OutcomeUnknown {
            return error;
        }
        if connection.is_usable() && connection.rollback().await.is_ok() && error.kind() != Kind::Locked {
            attempt.milliseconds = milliseconds(started);
            attempt.error = Some(error.to_string());
            // The log explains; that it cannot be written changes nothing of what happened.
            drop(connection.execute(&self.log.insert(State::Failed, attempt)).await);
        }
        as_failed_statement(error)
    }

    /// Statement by statement, with a journal; the version rows move last. False = overtaken.
    async fn in_pieces(
        &self,
        connection: &mut Connection,
        planned: &Planned,
        attempt: &mut Attempt,
        started: Instant,
        tell: Tell<'_>,
    ) -> Result<bool> {
        if self.history.rows(connection).await? != planned.step.before {
            return Ok(false);
        }
        let former = self.former_attempt(connection, planned).await?;
        match former {
            Some(former) => *attempt = Attempt { error: None, ..former },
            None => {
                connection.execute(&self.log.insert(State::Open, attempt)).await?;
            }
        }
        let outcome = self.pieces(connection, planned, attempt, tell).await;
        attempt.milliseconds = milliseconds(started);
        match outcome {
            Ok(()) => self.record_pieces(connection, planned, attempt).await,
            Err(error) => Err(self.stopped(connection, attempt, error).await),
        }
    }

    /// The attempt that was stopped before, if it was of this revision.
    async fn former_attempt(&self, connection: &mut Connection, planned: &Planned) -> Result<Option<Attempt>> {
        let Some(former) = self.log.open_attempt(connection).await? else { return Ok(None) };
        let same = former.revision == planned.step.revision.as_str()
            && former.direction == planned.step.direction.word();
        if same {
            return Ok(Some(former));
        }
        let phrase = format!("the {} of revision {} was stopped part-way", former.direction, former.revision);
        Err(Error::new(Kind::PartWay, phrase)
            .in_revision(former.revision.as_str())
            .hint(format!("finish it first: migrate {} {}", former.direction, former.revision)))
    }

    async fn pieces(
        &self,
        connection: &mut Connection,
        planned: &Planned,
        attempt: &mut Attempt,
        tell: Tell<'_>,
    ) -> Result<()> {
        let mut passed = 0;
        for chunk in &planned.chunks {
            let journaled = attempt.statements.get(passed..).unwrap_or_default().to_vec();
            let mut chunk_statements = statements(chunk, self.dialect, connection, self.scope).await?;
            // A chunk that was begun before is finished with the statements that it was begun with, if the file is the
            // one that it was begun with: what is rendered from a half-changed table may differ.
            if !journaled.is_empty() && attempt.checksum == planned.checksum {
                for (statement, text) in chunk_statements.iter_mut().zip(&journaled) {
                    statement.sql.clone_from(text);
                }
            }
            let known = attempt.statements.get(..passed.min(attempt.statements.len())).unwrap_or_default().to_vec();
            let texts = chunk_statements.iter().map(|statement| statement.sql.clone());
            let all: Vec<String> = known.into_iter().chain(texts).collect();
            refuse_changed_past(attempt, &all)?;
            attempt.statements = all;
            for statement in chunk_statements {
                passed += 1;
                if passed <= attempt.done {
                    continue;
                }
                connection.execute(&self.log.update_open(State::Open, attempt)).await?;
                let begun = Instant::now();
                connection.run(&statement).await.map_err(|error| match statement.line {
                    Some(line) => error.at_line(line, 0),
                    None => error,
                })?;
                attempt.done += 1;
                connection.execute(&self.log.update_open(State::Open, attempt)).await?;
                tell(Event::Statement { sql: statement.sql.clone(), elapsed: begun.elapsed() });
            }
        }
        Ok(())
    }

    async fn record_pieces(
        &self,
        connection: &mut Connection,
        planned: &Planned,
        attempt: &mut Attempt,
    ) -> Result<bool> {
        self.dialect.begin(connection, &self.history.table).await?;
        let moved = self.history.rows(connection).await? == planned.step.before
            && self.history.make_moves(connection, &planned.step.moves).await?;
        if !moved {
            connection.rollback().await?;
            return Err(Error::new(Kind::Corrupt, "the version table was changed by somebody else while this revision ran")
                .hint("run `migrate status`"));
        }
        attempt.checksum.clone_from(&planned.checksum);
        connection.execute(&self.log.update_open(State::Done, attempt)).await?;
        connection.commit().await?;
        Ok(true)
    }

    /// What stays after a failure where nothing is rolled back: nothing, or a part of the revision.
    async fn stopped(&self, connection: &mut Connection, attempt: &mut Attempt, error: Error) -> Error {
        attempt.error = Some(error.to_string());
        let state = if attempt.done == 0 { State::Failed } else { State::Open };
        if connection.is_usable() {
            drop(connection.rollback().await);
            drop(connection.execute(&self.log.update_open(state, attempt)).await);
        }
        if attempt.done == 0 && !is_connection_lost(&error) {
            return as_failed_statement(error);
        }
        let (done, direction) = (attempt.done, attempt.direction.as_str());
        let command = if direction == "upgrade" { "migrate upgrade" } else { "migrate downgrade" };
        error
            .while_doing(format!("stopped part-way: {done} statements of the {direction} took effect, the next one failed"))
            .into_kind(Kind::PartWay)
            .hint(format!("repair the cause (the statement may be edited), then run `{command}` again: it continues here"))
    }
}

fn milliseconds(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A statement that was refused for want of rights, or a connection that was lost, is a failed statement here: what it
/// was part of is undone.
fn as_failed_statement(error: Error) -> Error {
    match error.kind() {
        Kind::Privilege | Kind::Connect => error.into_kind(Kind::Statement),
        _ => error,
    }
}

/// A person's statement may have ended the transaction.
async fn assert_open(connection: &mut Connection, statement: &Statement) -> Result<()> {
    match connection.in_transaction().await? {
        TransactionState::Open => Ok(()),
        TransactionState::Failed | TransactionState::None => {
            Err(Error::new(Kind::PartWay, "the statement ended the transaction of the revision")
                .in_statement(statement.sql.as_str(), None)
                .at_line(statement.line.unwrap_or(1), 0)
                .hint("what it committed stays: look at the database, then take COMMIT out of the revision or put it into one with `transaction: none`"))
        }
    }
}

fn refuse_newly_broken(before: &[String], after: &[String]) -> Result<()> {
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    match new.first() {
        None => Ok(()),
        Some(first) => Err(Error::new(Kind::Statement, format!("{} rows would break a foreign key: {first}", new.len()))
            .hint("repair the rows in an `sql:` step before the change")),
    }
}

/// Statements that took effect already cannot be edited any more.
fn refuse_changed_past(attempt: &Attempt, all: &[String]) -> Result<()> {
    let past = attempt.statements.iter().take(attempt.done);
    match past.zip(all).position(|(done, now)| done != now) {
        None => Ok(()),
        Some(place) => Err(Error::new(Kind::Edited, format!("statement {} of the revision took effect already and was edited since", place + 1))
            .in_statement(attempt.statements.get(place).cloned().unwrap_or_default(), None)
            .hint("put the old statement back; only what comes after it may be edited")),
    }
}
