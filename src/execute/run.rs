//! A run: lock, read, plan, step by step, and the lock is given back on every way out, after the rollback.

use std::time::Duration;

use crate::db::Connection;
use crate::dialect::{Capability, Scope, Server, settle};
use crate::error::{Error, Kind, Result};
use crate::execute::history::History;
use crate::execute::log::{Attempt, Log, State};
use crate::execute::losses::losses;
use crate::execute::step::{Bench, Outcome, Tell};
use crate::execute::{Event, Limits, Report, StepReport, Transactions, lock, render, texts};
use crate::graph::{Direction, RevisionId, Rows, Step, Target};
use crate::plan::{Chunk, Ground, Planned, Variables, plan};
use crate::revision::Revisions;
use crate::schema::{Pair, Schema};

/// Everything a run needs beside the connection.
#[derive(Clone)]
pub(crate) struct Runner<'a> {
    pub(crate) dialect: &'static dyn Server,
    pub(crate) history: History,
    pub(crate) log: Log,
    pub(crate) revisions: &'a Revisions,
    pub(crate) limits: Limits,
    pub(crate) variables: &'a Variables,
    /// What an inspection for rendering looks at.
    pub(crate) scope: Scope,
    /// What a transaction holds; None = a revision, where the database can and its file does not refuse.
    pub(crate) transactions: Option<Transactions>,
}

impl Runner<'_> {
    /// Upgrades or downgrades to the target.
    pub(crate) async fn run(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
        tell: Tell<'_>,
    ) -> Result<Report> {
        self.refuse_transactions(connection)?;
        let mut wait = lock::Wait::at_most(self.limits.lock_wait);
        while !self.dialect.try_lock(connection, &self.history.table).await? {
            if let Some(done) = self.done_by_others(connection, direction, target).await? {
                return Ok(done);
            }
            wait.pause(connection, &self.history, tell).await?;
        }
        let outcome = self.run_locked(connection, direction, target, tell).await;
        self.give_lock_back(connection, outcome).await
    }

    /// Whoever holds the lock has brought the database to the target already.
    async fn done_by_others(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
    ) -> Result<Option<Report>> {
        let rows = self.history.rows_if_any(connection).await?;
        let nothing_left = !rows.is_empty()
            && matches!(self.planned(connection, &rows, direction, target), Ok(left) if left.is_empty());
        let texts = texts(&rows);
        Ok(nothing_left.then(|| Report { steps: Vec::new(), before: texts.clone(), after: texts }))
    }

    async fn run_locked(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
        tell: Tell<'_>,
    ) -> Result<Report> {
        self.ensure_tables(connection).await?;
        self.steps(connection, direction, target, tell).await
    }

    // The work between these two is not handed over as an async closure: Rust 1.95 does not see that a future with one in
    // it may go to another thread ("implementation of `AsyncFnOnce` is not general enough"), and the library's must.

    pub(super) async fn take_lock(&self, connection: &mut Connection, tell: Tell<'_>) -> Result<()> {
        lock::take(connection, &self.history, self.limits.lock_wait, tell).await
    }

    /// Gives the lock back whatever came of the work.
    pub(super) async fn give_lock_back<T>(&self, connection: &mut Connection, outcome: Result<T>) -> Result<T> {
        let released = lock::release(connection, &self.history).await;
        outcome.and_then(|done| released.map(|()| done))
    }

    pub(super) async fn ensure_tables(&self, connection: &mut Connection) -> Result<bool> {
        let made = self.history.ensure(connection).await?;
        self.log.ensure(connection).await?;
        Ok(made)
    }

    /// Makes the version table and the log if they are missing; true = the version table was made now.
    pub(crate) async fn ensure(&self, connection: &mut Connection, tell: Tell<'_>) -> Result<bool> {
        self.take_lock(connection, tell).await?;
        let outcome = self.ensure_tables(connection).await;
        self.give_lock_back(connection, outcome).await
    }

    async fn steps(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
        tell: Tell<'_>,
    ) -> Result<Report> {
        let mut report = Report::default();
        let first = self.history.rows(connection).await?;
        report.before = texts(&first);
        let known = self.log.read(connection).await?;
        self.refuse_changed(connection, &known.checksums, &first).await?;
        let mut planned = self.planned(connection, &first, direction, target)?;
        let mut rows = first;
        let (mut interrupted, mut last) = (known.is_open, known.last);
        while !planned.is_empty() {
            let mut overtaken = false;
            let together = if self.transactions == Some(Transactions::All) { planned.len() } else { 1 };
            for part in planned.chunks(together) {
                let Self { dialect, history, log, scope, .. } = self;
                let bench = Bench { dialect: *dialect, history, log, scope, interrupted, last };
                match self.part(&bench, connection, part, tell).await? {
                    Outcome::Done(done) => {
                        interrupted = false;
                        last += i64::try_from(done.len()).unwrap_or(1);
                        if let Some(end) = part.last() {
                            rows.clone_from(&end.step.after);
                        }
                        report.steps.extend(done);
                    }
                    Outcome::Overtaken => {
                        overtaken = true;
                        break;
                    }
                }
            }
            if !overtaken {
                break;
            }
            // Another run moved the rows: what is left is planned on what is there now.
            rows = self.history.rows(connection).await?;
            last = self.log.last(connection).await?;
            planned = self.planned(connection, &rows, direction, target)?;
        }
        report.after = texts(&rows);
        Ok(report)
    }

    /// The rows, where every applied file is what was applied.
    async fn rows_of_these_files(&self, connection: &mut Connection) -> Result<Rows> {
        let rows = self.history.rows_if_any(connection).await?;
        let known = self.log.read_if_any(connection).await?;
        self.refuse_changed(connection, &known.checksums, &rows).await?;
        Ok(rows)
    }

    /// What a downgrade to the target would lose: one line each, none if nothing is lost.
    pub(crate) async fn losses(&self, connection: &mut Connection, target: &Target) -> Result<Vec<String>> {
        let rows = self.rows_of_these_files(connection).await?;
        let planned = self.planned(connection, &rows, Direction::Down, target)?;
        losses(connection, self.dialect, &planned).await
    }

    /// All revisions are read and planned before the first one runs, so that what is wrong with the last is known
    /// before anything has changed.
    fn planned(
        &self,
        connection: &Connection,
        rows: &Rows,
        direction: Direction,
        target: &Target,
    ) -> Result<Vec<Planned>> {
        let steps = match direction {
            Direction::Up => self.revisions.graph.upgrade_plan(rows, target)?,
            Direction::Down => self.revisions.graph.downgrade_plan(rows, target)?,
        };
        let (mut planned, mut errors) = (Vec::new(), Vec::new());
        for step in steps {
            match self.plan(connection, step) {
                Ok(one) => planned.push(one),
                Err(error) => errors.push(error),
            }
        }
        Error::together("the revisions that would run have", errors).map_or(Ok(planned), Err)
    }

    fn plan(&self, connection: &Connection, step: Step) -> Result<Planned> {
        let file = self.revisions.file(&step.revision)?;
        let ground = Ground { dialect: self.dialect, server: connection.server(), variables: self.variables };
        let mut planned = plan(step, file, ground)?;
        match self.transactions {
            Some(Transactions::All) if planned.outside => {
                return Err(Error::new(Kind::Usage, "the revision says `transaction: none`, so it cannot share one")
                    .in_revision(planned.step.revision.as_str())
                    .in_file(&file.path)
                    .hint("leave --transaction all out, or run up to the revision before it first"));
            }
            Some(Transactions::None) => planned.outside = true,
            Some(Transactions::All | Transactions::Each) | None => {}
        }
        Ok(planned)
    }

    /// A transaction for one revision or all cannot be had where DDL commits by itself.
    fn refuse_transactions(&self, connection: &Connection) -> Result<()> {
        let asked = matches!(self.transactions, Some(Transactions::All | Transactions::Each));
        if asked && !self.dialect.has(Capability::TransactionalDdl, connection.server()) {
            let phrase = format!("{} commits at each statement that changes the schema", connection.server());
            return Err(Error::new(Kind::Usage, format!("{phrase}, so no transaction can hold a revision"))
                .hint("leave --transaction out: the journal takes care of what is interrupted"));
        }
        Ok(())
    }

    /// Runs one revision, or several in one transaction, and again after a pause where only a lock of the server was in
    /// the way.
    async fn part(
        &self,
        bench: &Bench<'_>,
        connection: &mut Connection,
        part: &[Planned],
        tell: Tell<'_>,
    ) -> Result<Outcome> {
        let mut tries = 0;
        loop {
            let outcome = match part {
                [planned] => bench.run(connection, planned, tries > 0, tell).await,
                several => bench.run_together(connection, several, tell).await,
            };
            let error = match outcome {
                Err(error) if error.kind() == Kind::Locked && tries < self.limits.retries => error,
                other => return other.map_err(|error| self.placed(error)),
            };
            let Some(first) = part.first() else { return Err(error) };
            let pause = pause(tries, first);
            tries += 1;
            let revision = error.revision().unwrap_or(first.step.revision.as_str()).to_owned();
            tell(Event::Retrying { revision, pause, cause: error.to_string() });
            tokio::time::sleep(pause).await;
        }
    }

    /// The error with the file of its revision.
    fn placed(&self, error: Error) -> Error {
        let id = error.revision().and_then(|id| RevisionId::new(id).ok());
        match id.and_then(|id| self.revisions.file(&id).ok()) {
            Some(file) => error.in_file(&file.path),
            None => error,
        }
    }

    /// What `run` would do, without doing it: revisions and statements. Rendering that needs the shape of tables sees
    /// the database as it is, changed in memory by the operations before.
    pub(crate) async fn dry_run(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
    ) -> Result<Report> {
        self.refuse_transactions(connection)?;
        let rows = self.rows_of_these_files(connection).await?;
        let planned = self.planned(connection, &rows, direction, target)?;
        let server = connection.server();
        let needs_shape = planned.iter().any(|step| render::needs_shape(step, self.dialect, connection));
        let mut schema =
            if needs_shape { self.dialect.inspect(connection, &self.scope).await? } else { Schema::default() };
        let mut report = Report { before: texts(&rows), after: texts(&rows), ..Report::default() };
        for step in &planned {
            let mut statements = Vec::new();
            for chunk in &step.chunks {
                match chunk {
                    Chunk::Sql(texts) => statements.extend(texts.iter().map(|statement| statement.sql.clone())),
                    Chunk::Operations(operations) => {
                        let settled = settle(operations, self.dialect, &schema, server).map_err(render::unsupported)?;
                        let rendered = self.dialect.render(&settled, &schema, server).map_err(render::unsupported)?;
                        statements.extend(rendered.into_iter().map(|statement| statement.sql));
                        if needs_shape {
                            self.dialect.advance(&settled, &mut schema);
                        }
                    }
                }
            }
            report.after = texts(&step.step.after);
            report.steps.push(StepReport {
                revision: step.step.revision.as_str().to_owned(),
                direction: step.step.direction.word(),
                state: "planned",
                statements,
                milliseconds: 0,
            });
        }
        Ok(report)
    }

    /// Sets the version rows without running anything; `purge` does not look at what is there.
    pub(crate) async fn stamp(
        &self,
        connection: &mut Connection,
        targets: &[Target],
        purge: bool,
        tell: Tell<'_>,
    ) -> Result<Report> {
        self.take_lock(connection, tell).await?;
        let outcome = self.stamp_locked(connection, targets, purge).await;
        self.give_lock_back(connection, outcome).await
    }

    async fn stamp_locked(&self, connection: &mut Connection, targets: &[Target], purge: bool) -> Result<Report> {
        self.ensure_tables(connection).await?;
        let raw = self.history.rows(connection).await?;
        let is_unknown = |row: &RevisionId| self.revisions.graph.node(row.as_str()).is_none();
        if !purge && raw.iter().any(is_unknown) {
            let known = self.log.read(connection).await?;
            self.refuse_changed(connection, &known.checksums, &raw).await?;
        }
        let after = if purge {
            self.revisions.graph.stamp_from_nothing(targets)?
        } else {
            self.revisions.graph.stamp_plan(&raw, targets)?.after
        };
        let rows = self.history.begin(connection).await?;
        let written = self.write_stamp(connection, Pair::new(&raw, &after), &rows).await;
        match written {
            Ok(()) => connection.commit().await?,
            Err(error) => {
                connection.rollback().await?;
                return Err(error);
            }
        }
        Ok(Report { steps: Vec::new(), before: texts(&raw), after: texts(&after) })
    }

    async fn write_stamp(&self, connection: &mut Connection, rows: Pair<&Rows>, found: &Rows) -> Result<()> {
        let Pair { from: before, to: after } = rows;
        if found != before {
            return Err(
                Error::new(Kind::Locked, "the version table was changed by another run meanwhile").hint("try again")
            );
        }
        for row in before.difference(after) {
            let moves = [crate::graph::RowMove::Delete(row.clone())];
            self.history.make_moves(connection, &moves).await?;
        }
        for row in after.difference(before) {
            let moves = [crate::graph::RowMove::Insert(row.clone())];
            self.history.make_moves(connection, &moves).await?;
        }
        connection.execute(&self.log.abandon()).await?;
        for id in self.revisions.graph.closure(after) {
            let attempt = Attempt {
                revision: id.as_str().to_owned(),
                direction: "stamp".to_owned(),
                checksum: self.revisions.file(id)?.checksum(),
                text: Some(self.revisions.file(id)?.text.clone()),
                ..Attempt::default()
            };
            connection.execute(&self.log.insert(State::Stamped, &attempt)).await?;
        }
        Ok(())
    }
}

/// 1, 2, 4 … seconds with a jitter that differs by revision and try, so that two runs do not meet again.
fn pause(tries: u32, planned: &Planned) -> Duration {
    let seed =
        planned.checksum.bytes().chain(tries.to_le_bytes()).fold(7_u64, |sum, byte| sum * 31 % 9973 + u64::from(byte));
    let whole = 1000_u64 << tries.min(5);
    Duration::from_millis(whole + seed % (whole / 4 + 1) + u64::from(std::process::id()) % 97)
}
