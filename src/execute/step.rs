//! One revision in one transaction with its version row; where the database cannot do that, [`super::pieces`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::db::{Connection, Ending, TransactionState, masked};
use crate::dialect::{Capability, Scope, Server};
use crate::error::{Error, Kind, Result};
use crate::execute::ahead::Opened;
use crate::execute::history::History;
use crate::execute::log::{Attempt, Log, State};
use crate::execute::outcome::Last;
#[cfg(feature = "orm")]
use crate::execute::programs::Programs;
use crate::execute::render::{may_rebuild, statements_to_run};
#[cfg(feature = "orm")]
use crate::execute::rows_cost::Keeping;
use crate::execute::{Event, StepReport, done_word};
use crate::graph::Rows;
use crate::ops::Operation;
use crate::plan::{Chunk, Planned};
use crate::schema::{Name, Pair};
use crate::statement::session::{Reach, SessionChange};
use crate::statement::{SERVERS, Statement};

/// What the run of one revision came to, or of several in one transaction.
pub(crate) enum Outcome {
    Done(Done),
    /// The version table is not what was planned on: another run was faster. Nothing was changed.
    Overtaken,
}

/// What is recorded, whatever came of what was cleared up behind it.
pub(crate) struct Done {
    pub(crate) reports: Vec<StepReport>,
    /// The journal that was opened for the next one.
    pub(crate) opened: Option<Box<Opened>>,
    /// Why the session is not what it was before.
    pub(crate) unclean: Option<Error>,
}

/// Everything that the steps of a run share.
pub(crate) struct Bench<'a> {
    pub(crate) dialect: &'static dyn Server,
    pub(crate) history: &'a History,
    pub(crate) log: &'a Log,
    pub(crate) scope: &'a Scope,
    /// See [`crate::execute::Limits`].
    pub(crate) allow_copy: u64,
    /// The closures that are known here.
    #[cfg(feature = "orm")]
    pub(crate) programs: &'a Programs,
    /// What the run keeps of rows.
    #[cfg(feature = "orm")]
    pub(crate) keeping: &'a Keeping,
    /// When the run began, the log said that a revision was open: it is finished before anything else.
    pub(crate) interrupted: bool,
    /// How many chunks of that revision the file still has as they were begun, where it was edited since.
    pub(crate) as_begun: usize,
    /// The number of the last row of the log.
    pub(crate) last: i64,
    /// What the run does next.
    pub(crate) next: Option<&'a Planned>,
    /// The journal of this revision, where the one before has opened it.
    pub(crate) opened: Option<Box<Opened>>,
    /// The names of tables that were taken when the run began, in lower case, where that is known.
    pub(crate) taken: Option<&'a BTreeSet<String>>,
}

pub(crate) type Tell<'a> = &'a mut (dyn FnMut(Event) + Send);

/// One revision in work.
pub(super) struct Work<'a> {
    pub(super) bench: &'a Bench<'a>,
    pub(super) connection: &'a mut Connection,
    pub(super) planned: &'a Planned,
    pub(super) attempt: Attempt,
    /// It was tried before in this run.
    pub(super) is_retry: bool,
    /// The journal does not hold all statements that are known.
    pub(super) unwritten: bool,
    /// The journal that was opened for what comes next.
    pub(super) opened_next: Option<Box<Opened>>,
    /// See [`Done`].
    pub(super) unclean: Option<Error>,
    pub(super) started: Instant,
    pub(super) tell: Tell<'a>,
}

impl Bench<'_> {
    /// Runs one revision and records it.
    pub(crate) async fn run(
        &self,
        connection: &mut Connection,
        planned: &Planned,
        is_retry: bool,
        tell: Tell<'_>,
    ) -> Result<Outcome> {
        let whole = self.dialect.has(Capability::TransactionalDdl, connection.server()) && !planned.outside;
        let mut work = self.begin_work(connection, planned, 1, tell);
        work.is_retry = is_retry;
        let outcome = work.take(whole).await;
        if !outcome.map_err(|error| error.in_revision(planned.step.revision.as_str()))? {
            return Ok(Outcome::Overtaken);
        }
        let (opened, unclean) = (work.opened_next.take(), work.unclean.take());
        let report = work.report();
        tell_applied(tell, &report, planned);
        Ok(Outcome::Done(Done { reports: vec![report], opened, unclean }))
    }

    /// Puts the session back behind the transaction, and turns on again what was off around rebuilds.
    pub(super) async fn clear_up(&self, connection: &mut Connection, changed: bool, rebuilds: bool) -> Result<()> {
        let mut cleared = Ok(());
        if changed && connection.is_usable() {
            cleared = connection.put_back(Ending::Alone).await.map(drop);
        }
        if rebuilds && connection.is_usable() {
            cleared = cleared.and(self.dialect.around_rebuild(connection, false).await);
        }
        cleared
    }

    /// Takes up the revision that will be the `place`th behind the last row of the log.
    pub(super) fn begin_work<'w>(
        &'w self,
        connection: &'w mut Connection,
        planned: &'w Planned,
        place: i64,
        tell: Tell<'w>,
    ) -> Work<'w> {
        let (revision, direction) = (planned.step.revision.as_str().to_owned(), planned.step.direction.word());
        let (message, kept) = (planned.message.clone(), planned.kept);
        tell(Event::Began { revision, direction, message, kept });
        self.work_on(planned, self.last + place, connection, tell)
    }

    /// A revision whose attempt will have this number in the log.
    pub(super) fn work_on<'w>(
        &'w self,
        planned: &'w Planned,
        number: i64,
        connection: &'w mut Connection,
        tell: Tell<'w>,
    ) -> Work<'w> {
        let attempt = Attempt {
            revision: planned.step.revision.as_str().to_owned(),
            direction: planned.step.direction.word().to_owned(),
            checksum: planned.checksum.clone(),
            text: Some(planned.text.clone()),
            run: self.log.run().to_owned(),
            number,
            ..Attempt::default()
        };
        Work {
            bench: self,
            connection,
            planned,
            attempt,
            is_retry: false,
            unwritten: false,
            opened_next: None,
            unclean: None,
            started: Instant::now(),
            tell,
        }
    }
}

/// Says that a revision is recorded.
pub(super) fn tell_applied(tell: Tell<'_>, report: &StepReport, planned: &Planned) {
    let elapsed = Duration::from_millis(report.milliseconds);
    tell(Event::Applied { revision: report.revision.clone(), direction: planned.step.direction.word(), elapsed });
}

impl Work<'_> {
    pub(super) fn milliseconds(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// What it came to, where it is recorded.
    pub(super) fn report(self) -> StepReport {
        let (milliseconds, direction) = (self.milliseconds(), self.planned.step.direction);
        StepReport {
            revision: self.attempt.revision,
            direction: direction.word(),
            state: done_word(direction),
            message: self.planned.message.clone(),
            kept: self.planned.kept,
            statements: self.attempt.statements.iter().map(|sql| masked(sql)).collect(),
            milliseconds,
        }
    }

    /// In one transaction or in pieces, with what must be said around a rebuild. False = overtaken.
    ///
    /// What was begun in pieces ends in pieces.
    async fn take(&mut self, whole: bool) -> Result<bool> {
        let dialect = self.bench.dialect;
        let goes_on = self.bench.interrupted && self.former_attempt().await?.is_some();
        let whole = whole && !goes_on;
        let rebuilds = may_rebuild(self.planned, dialect, self.connection);
        if rebuilds {
            dialect.around_rebuild(self.connection, true).await?;
        }
        let outcome = if whole { self.whole(rebuilds).await } else { self.in_pieces().await };
        let cleared = self.bench.clear_up(self.connection, whole, rebuilds).await;
        if !outcome? {
            return cleared.map(|()| false);
        }
        self.unclean = self.unclean.take().or(cleared.err());
        Ok(true)
    }

    /// The version row, the statements and the log row together.
    async fn whole(&mut self, rebuilds: bool) -> Result<bool> {
        match self.transaction(rebuilds).await {
            Ok(done) => Ok(done),
            Err(error) => Err(self.roll_back(error).await),
        }
    }

    async fn transaction(&mut self, rebuilds: bool) -> Result<bool> {
        let Bench { dialect, history, .. } = *self.bench;
        let rows = history.begin(self.connection).await?;
        let broken = if rebuilds { dialect.broken_references(self.connection).await? } else { Vec::new() };
        if !self.inside(&rows).await? {
            self.connection.rollback().await?;
            return Ok(false);
        }
        if rebuilds {
            let after = dialect.broken_references(self.connection).await?;
            refuse_newly_broken(Pair::new(&broken, &after), std::slice::from_ref(self.planned), dialect)?;
        }
        let back = self.connection.put_back(Ending::InTransaction).await?;
        let (row, is_changed) = (self.log_row(), back.is_some());
        let sql = back.into_iter().chain([row]).collect::<Vec<_>>().join("; ");
        let committed = self.commit(Last::Log(&sql)).await;
        committed.map_err(|error| if is_changed { as_refused_commit(error) } else { error })?;
        Ok(true)
    }

    /// The version rows and the statements, in the transaction that is open. False = overtaken.
    pub(super) async fn inside(&mut self, rows: &Rows) -> Result<bool> {
        if !self.moved_rows(rows).await? {
            return Ok(false);
        }
        let planned = self.planned;
        // Behind other revisions in the same transaction nobody knows.
        let mut behind_rows = self.attempt.number > self.bench.last + 1;
        for chunk in &planned.chunks {
            self.brace_for(chunk).await?;
            if behind_rows {
                self.settle_keys(chunk).await?;
            }
            behind_rows |= chunk.is_of_rows();
            for statement in statements_to_run(chunk, self.bench, self.connection, self.tell).await? {
                self.statement(&statement).await?;
            }
        }
        Ok(true)
    }

    /// Lets the server look at foreign keys that wait, where tables change behind changes of their rows: it refuses that
    /// otherwise.
    async fn settle_keys(&mut self, chunk: &Chunk) -> Result<()> {
        let tables: Vec<Name> = match chunk {
            Chunk::Operations(operations) => operations.iter().filter_map(Operation::table).cloned().collect(),
            Chunk::Sql(_) => Vec::new(),
            #[cfg(feature = "orm")]
            Chunk::Data(_) => Vec::new(),
        };
        if tables.is_empty() {
            return Ok(());
        }
        for sql in self.bench.dialect.settle_keys(self.connection, &tables).await? {
            self.run_one(&Statement::new(sql, "look at the foreign keys that wait")).await?;
        }
        Ok(())
    }

    /// The statement that adds the row of the log, once everything has run.
    pub(super) fn log_row(&mut self) -> String {
        self.attempt.milliseconds = self.milliseconds();
        self.bench.log.insert(State::Done, &self.attempt)
    }

    /// Compares the whole version table with what was planned on, then moves its rows. False = it is not that.
    pub(super) async fn moved_rows(&mut self, rows: &Rows) -> Result<bool> {
        let (history, step) = (self.bench.history, &self.planned.step);
        Ok(*rows == step.before && history.make_moves(self.connection, &step.moves).await?)
    }

    /// Runs one statement; after one that a person wrote, asks whether the transaction is still ours.
    async fn statement(&mut self, statement: &Statement) -> Result<()> {
        self.attempt.statements.extend(statement.texts());
        self.run(statement).await?;
        self.attempt.done = self.attempt.statements.len();
        if statement.by_person { self.assert_open(statement).await } else { Ok(()) }
    }

    /// Sends one statement and what runs with it, and tells of them.
    pub(super) async fn run(&mut self, statement: &Statement) -> Result<()> {
        self.run_one(statement).await?;
        #[cfg(feature = "orm")]
        self.run_also(statement).await?;
        Ok(())
    }

    pub(super) async fn run_one(&mut self, statement: &Statement) -> Result<()> {
        self.brace(statement).await?;
        self.connection.take_up().await?;
        let begun = Instant::now();
        let done = self.send(statement, begun).await;
        done.map_err(|error| {
            let remedy = self.bench.dialect.lacks(&error);
            let error = explained(error, statement);
            if let Some(remedy) = remedy { error.with_hint(remedy) } else { error }
        })?;
        (self.tell)(Event::Statement { sql: statement.sent().into_owned(), elapsed: begun.elapsed() });
        Ok(())
    }

    /// Only what a person wrote leaves something in the session.
    pub(super) async fn brace(&mut self, statement: &Statement) -> Result<()> {
        if !statement.by_person {
            return Ok(());
        }
        self.connection.brace(self.bench.dialect.session_change(&statement.sql)).await
    }

    /// What works on rows fires triggers.
    pub(super) async fn brace_for(&mut self, chunk: &Chunk) -> Result<()> {
        let reach = if chunk.is_of_rows() { Reach::Hidden } else { Reach::Nothing };
        self.connection.brace(SessionChange::of(reach)).await
    }

    /// Sends one statement; says at once when the run is asked to stop meanwhile.
    async fn run_and_listen(&mut self, statement: &Statement, begun: Instant) -> Result<u64> {
        let Some(token) = self.connection.cancel_token() else { return self.connection.run(statement).await };
        let mut work = Box::pin(self.connection.run(statement));
        let stop = tokio::select! {
            biased;
            done = &mut work => return done,
            stop = token.asked() => stop,
        };
        (self.tell)(Event::Stopping { stop, sql: statement.sql.clone(), elapsed: begun.elapsed() });
        work.await
    }

    /// Where the server will not change a table in the way that was planned, a small one is changed in any way.
    async fn send(&mut self, statement: &Statement, begun: Instant) -> Result<()> {
        let refused = match self.run_and_listen(statement, begun).await {
            Err(error) if SERVERS && !statement.words.is_empty() && self.bench.dialect.refuses_course(&error) => error,
            other => return other.map(drop),
        };
        if !statement.may_do_without_words {
            return Err(refused.with_hint(
                "the table is larger than may be copied unasked: allow it with --allow-copy, or change it with an online \
                 tool such as gh-ost or pt-online-schema-change",
            ));
        }
        self.run_and_listen(&Statement { words: String::new(), ..statement.clone() }, begun).await.map(drop)
    }

    async fn assert_open(&mut self, statement: &Statement) -> Result<()> {
        match self.connection.in_transaction().await? {
            TransactionState::Open => Ok(()),
            TransactionState::Failed | TransactionState::None => {
                let hint = "what it committed stays: look at the database, then take COMMIT out of the revision, or \
                            give it `transaction: none`";
                Err(Error::new(Kind::PartWay, "the statement ended the transaction of the revision")
                    .in_statement(masked(&statement.sql), None)
                    .at_line(statement.line.unwrap_or(1), 0)
                    .with_hint(hint))
            }
        }
    }

    /// Rolls back and leaves a row in the log, as far as the connection still serves.
    pub(super) async fn roll_back(&mut self, error: Error) -> Error {
        if error.kind() == Kind::OutcomeUnknown {
            return error;
        }
        drop(self.connection.ignore_cancel());
        let rolled_back = self.connection.is_usable() && self.connection.rollback().await.is_ok();
        if rolled_back {
            drop(self.connection.put_back(Ending::Alone).await);
        }
        // Whoever has not even the session lock would take the number of the row that its holder is about to write.
        let has_lock = !self.connection.is_pooled() && !self.bench.dialect.has_one_lock();
        let may_write = error.kind() != Kind::Locked || has_lock;
        if rolled_back && may_write {
            self.attempt.milliseconds = self.milliseconds();
            self.attempt.error = Some(error.to_string());
            // The log explains; that it cannot be written changes nothing of what happened.
            drop(self.connection.execute(&self.bench.log.insert(State::Failed, &self.attempt)).await);
        }
        as_failed_statement(error)
    }
}

/// The error of a statement with its place; of one of ours with what it was for, since its reader knows the operation and
/// not the statement.
fn explained(error: Error, statement: &Statement) -> Error {
    let error = match statement.line {
        Some(line) => error.at_line(line, 0),
        None => error,
    };
    if statement.by_person || error.kind() != Kind::Statement {
        return error;
    }
    let error = error.while_doing(format!("could not {}", statement.why));
    match statement.hint {
        Some(hint) if error.hint().is_none() => error.with_hint(hint),
        Some(_) | None => error,
    }
}

/// What waited for the COMMIT was refused: foreign keys and triggers that are deferred.
fn as_refused_commit(error: Error) -> Error {
    if error.kind() == Kind::Statement { error.of_another_statement("COMMIT") } else { error }
}

/// A statement that was refused for want of rights, or a connection that was lost, is a failed statement here: what it
/// was part of is undone.
pub(super) fn as_failed_statement(error: Error) -> Error {
    if matches!(error.kind(), Kind::Privilege | Kind::Connect) { error.into_kind(Kind::Statement) } else { error }
}

/// Refuses rows that break a foreign key and did not before, by the names that their tables have now. Two keys of one row may
/// be the same line.
pub(super) fn refuse_newly_broken(lines: Pair<&Vec<String>>, planned: &[Planned], dialect: &dyn Server) -> Result<()> {
    let chunks = planned.iter().flat_map(|one| &one.chunks);
    let operations: Vec<&Operation> =
        chunks.flat_map(|chunk| if let Chunk::Operations(all) = chunk { all.as_slice() } else { &[] }).collect();
    let behind = |line: &String| operations.iter().fold(line.clone(), |line, one| dialect.broken_behind(line, one));
    let followed: Vec<String> = lines.from.iter().map(behind).collect();
    let [before, followed, after] = [lines.from, &followed, lines.to].map(|all| counted(all));
    let count = |of: &BTreeMap<&str, usize>, line: &str| of.get(line).copied().unwrap_or_default();
    let more = |line: &str, now: usize| now.saturating_sub(count(&before, line).max(count(&followed, line)));
    let new: Vec<(&str, usize)> =
        after.iter().map(|(line, now)| (*line, more(line, *now))).filter(|(_, more)| *more > 0).collect();
    match new.first() {
        None => Ok(()),
        Some((first, _)) => {
            let count: usize = new.iter().map(|(_, more)| more).sum();
            let rows = if count == 1 { "row" } else { "rows" };
            let phrase = format!("{count} {rows} would break a foreign key: {first}");
            Err(Error::new(Kind::Statement, phrase).with_hint("repair the rows in an `sql:` step before the change"))
        }
    }
}

fn counted(lines: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    lines.iter().for_each(|line| *counts.entry(line.as_str()).or_default() += 1);
    counts
}
