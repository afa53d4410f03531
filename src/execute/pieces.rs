//! One revision statement by statement, with a journal, where DDL commits by itself or the file says
//! `transaction: none`. The version rows move last: they never say applied before it is.

use crate::db::is_connection_lost;
use crate::error::{Error, Kind, Result};
use crate::execute::log::{Attempt, State};
use crate::execute::render::statements;
use crate::execute::step::{Work, as_failed_statement};
use crate::plan::Chunk;
use crate::statement::Statement;

impl Work<'_> {
    /// Runs what is left of the revision. False = overtaken.
    pub(super) async fn in_pieces(&mut self) -> Result<bool> {
        if self.bench.history.rows(self.connection).await? != self.planned.step.before {
            return Ok(false);
        }
        match self.former_attempt().await? {
            Some(former) => self.attempt = Attempt { error: None, ..former },
            None => {
                self.connection.execute(&self.bench.log.insert(State::Open, &self.attempt)).await?;
            }
        }
        let outcome = self.pieces().await;
        self.attempt.milliseconds = self.milliseconds();
        match outcome {
            Ok(()) => self.record().await.map(|()| true),
            Err(error) => Err(self.stopped(error).await),
        }
    }

    /// The attempt that was stopped before, if it was of this revision.
    async fn former_attempt(&mut self) -> Result<Option<Attempt>> {
        let Some(former) = self.bench.log.open_attempt(self.connection).await? else { return Ok(None) };
        let step = &self.planned.step;
        if former.revision == step.revision.as_str() && former.direction == step.direction.word() {
            return Ok(Some(former));
        }
        let phrase = format!("the {} of revision {} was stopped part-way", former.direction, former.revision);
        Err(Error::new(Kind::PartWay, phrase)
            .in_revision(former.revision.as_str())
            .hint(format!("finish it first: migrate {} {}", former.direction, former.revision)))
    }

    async fn pieces(&mut self) -> Result<()> {
        let planned = self.planned;
        let mut passed = 0;
        for chunk in &planned.chunks {
            for statement in self.statements_of(chunk, passed).await? {
                passed += 1;
                if passed <= self.attempt.done {
                    continue;
                }
                self.note(State::Open).await?;
                self.run(&statement).await?;
                self.attempt.done += 1;
                self.note(State::Open).await?;
            }
        }
        Ok(())
    }

    /// The statements of a chunk, `passed` statements behind the start; the journal knows them afterwards.
    ///
    /// A chunk that was begun before is finished with the statements that it was begun with, if the file is the one
    /// that it was begun with: what is rendered from a half-changed table may differ.
    async fn statements_of(&mut self, chunk: &Chunk, passed: usize) -> Result<Vec<Statement>> {
        let Work { bench, connection, attempt, planned, .. } = self;
        let mut rendered = statements(chunk, bench.dialect, connection, bench.scope).await?;
        let journaled = attempt.statements.get(passed..).unwrap_or_default();
        if attempt.checksum == planned.checksum {
            for (statement, text) in rendered.iter_mut().zip(journaled) {
                statement.sql.clone_from(text);
            }
        }
        let known = attempt.statements.iter().take(passed).cloned();
        let all: Vec<String> = known.chain(rendered.iter().map(|statement| statement.sql.clone())).collect();
        refuse_changed_past(attempt, &all)?;
        attempt.statements = all;
        Ok(rendered)
    }

    async fn note(&mut self, state: State) -> Result<()> {
        let sql = self.bench.log.update_open(state, &self.attempt);
        self.connection.execute(&sql).await.map(drop)
    }

    async fn record(&mut self) -> Result<()> {
        let rows = self.bench.history.begin(self.connection).await?;
        if !self.moved_rows(&rows).await? {
            self.connection.rollback().await?;
            let phrase = "the version table was changed by somebody else while this revision ran";
            return Err(Error::new(Kind::Corrupt, phrase).hint("run `migrate status`"));
        }
        self.attempt.checksum.clone_from(&self.planned.checksum);
        self.note(State::Done).await?;
        self.connection.commit().await
    }

    /// What stays after a failure where nothing is rolled back: nothing, or a part of the revision.
    async fn stopped(&mut self, error: Error) -> Error {
        drop(self.connection.ignore_cancel());
        self.attempt.error = Some(error.to_string());
        let nothing_done = self.attempt.done == 0;
        if self.connection.is_usable() {
            drop(self.connection.rollback().await);
            drop(self.note(if nothing_done { State::Failed } else { State::Open }).await);
        }
        if nothing_done && !is_connection_lost(&error) {
            return as_failed_statement(error);
        }
        let (done, direction) = (self.attempt.done, self.attempt.direction.as_str());
        let phrase = format!("stopped part-way: {done} statements of the {direction} took effect, the next one failed");
        let next = format!("migrate {direction}");
        error
            .while_doing(phrase)
            .into_kind(Kind::PartWay)
            .hint(format!("repair the cause (the statement may be edited), then run `{next}` again: it continues here"))
    }
}

/// Statements that took effect already cannot be edited any more.
fn refuse_changed_past(attempt: &Attempt, all: &[String]) -> Result<()> {
    let past = attempt.statements.iter().take(attempt.done);
    match past.zip(all).position(|(done, now)| done != now) {
        None => Ok(()),
        Some(place) => {
            let phrase = format!("statement {} of the revision took effect already and was edited since", place + 1);
            Err(Error::new(Kind::Edited, phrase)
                .in_statement(attempt.statements.get(place).cloned().unwrap_or_default(), None)
                .hint("put the old statement back; only what comes after it may be edited"))
        }
    }
}
