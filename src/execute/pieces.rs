//! One revision statement by statement, with a journal, where DDL commits by itself or the file says
//! `transaction: none`. The version rows move last: they never say applied before it is.
//!
//! A statement that can share a transaction with its note does. Before any other one the journal says that it begins,
//! and what its probe says then; so a later run knows from the server whether it took effect. Where the server cannot
//! tell, the run stops and a person decides.

use crate::db::{Ending, is_connection_lost, masked};
use crate::dialect::data::IMAGE;
use crate::error::{Error, Kind, Result};
use crate::execute::ahead::Ahead;
use crate::execute::history::quoted;
use crate::execute::log::{Attempt, State};
use crate::execute::outcome::Last;
use crate::execute::render::statements_to_run;
use crate::execute::step::{Work, as_failed_statement};
use crate::execute::unfinished::{is_of, unfinished};
use crate::plan::Chunk;
use crate::schema::Ident;
use crate::statement::evidence::{Evidence, Probe, Words};
use crate::statement::syntax::Syntax;
use crate::statement::{Hazard, Statement};

/// The statements of the first chunk, where they are rendered already.
pub(super) type First = Option<Vec<Statement>>;

const NO_PROBE: &str = "NULL";

impl Work<'_> {
    /// Runs what is left of the revision. False = overtaken.
    pub(super) async fn in_pieces(&mut self) -> Result<bool> {
        let former = if self.bench.interrupted || self.is_retry { self.former_attempt().await? } else { None };
        let first = match former {
            Some(former) => {
                if !self.take_over(former).await? {
                    return Ok(false);
                }
                None
            }
            None => match self.open_or_opened().await? {
                Some(statements) => statements,
                // Somebody works on it without our lock, or has finished it.
                None => return self.former_attempt().await.map(|_| false),
            },
        };
        let outcome = self.pieces(first).await;
        self.attempt.milliseconds = self.milliseconds();
        match outcome {
            Ok(()) => match self.record().await {
                Ok(()) => Ok(true),
                Err(error) => Err(self.unrecorded(error)),
            },
            Err(error) => Err(self.stopped(error).await),
        }
    }

    /// The attempt that was stopped before, if it was of this revision.
    ///
    /// Errors: Locked if it is of a run that is at work; PartWay if another revision must be finished first.
    pub(super) async fn former_attempt(&mut self) -> Result<Option<Attempt>> {
        let Some(former) = self.bench.log.open_attempt(self.connection).await? else { return Ok(None) };
        if former.run != self.bench.log.run() && !self.bench.interrupted {
            let phrase = format!("another run works on revision {} without the lock", former.revision);
            return Err(Error::new(Kind::Locked, phrase).with_hint("wait for it to end, then run the command again"));
        }
        if is_of(&former, &self.planned.step) {
            return Ok(Some(former));
        }
        Err(unfinished(&former))
    }

    /// The journal that the revision before has opened already, or a new one. `None` = overtaken.
    async fn open_or_opened(&mut self) -> Result<Option<First>> {
        match self.bench.opened.as_ref().filter(|_| !self.is_retry) {
            Some(opened) => {
                self.attempt = opened.attempt.clone();
                Ok(Some(opened.first.clone()))
            }
            None => self.open().await,
        }
    }

    /// Opens the journal if the database is what was planned on. `None` = overtaken.
    async fn open(&mut self) -> Result<Option<First>> {
        let (first, probe) = self.first_statements().await?;
        if self.is_retry {
            self.attempt.number = self.bench.log.last(self.connection).await? + 1;
        }
        let Work { bench, attempt, planned, .. } = self;
        let sql = bench.log.open(attempt, &bench.history.quoted(), &planned.step.before, &probe);
        match self.connection.execute(&sql).await {
            Ok(opened) => {
                self.unwritten = false;
                self.attempt.text = None;
                Ok((opened == 1).then_some(first))
            }
            // Another run has written a row meanwhile.
            Err(error) if self.bench.dialect.is_duplicate(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The statements of the first chunk, and what the journal says of the first of them, in SQL.
    pub(super) async fn first_statements(&mut self) -> Result<(First, String)> {
        let planned = self.planned;
        let first = match planned.chunks.first() {
            Some(chunk) => Some(self.statements_of(0, chunk).await?),
            None => None,
        };
        let probe = match first.iter().flatten().next() {
            Some(statement) => self.begin_probe(&statement.sql).await?,
            None => None,
        };
        self.attempt.begun = usize::from(probe.is_some());
        Ok((first, probe.unwrap_or_else(|| NO_PROBE.to_owned())))
    }

    /// Takes over what another run left open, and finds out about the statement that it was at. False = overtaken.
    async fn take_over(&mut self, former: Attempt) -> Result<bool> {
        if self.bench.history.rows(self.connection).await? != self.planned.step.before {
            return Ok(false);
        }
        let sql = self.bench.log.take_over(&former);
        let same_run = former.run == self.bench.log.run();
        if !same_run && self.connection.execute(&sql).await? != 1 {
            return Ok(false);
        }
        self.attempt = Attempt { error: None, run: self.bench.log.run().to_owned(), ..former };
        self.settle_doubt().await?;
        Ok(true)
    }

    /// Whether the statement that was begun took effect, from the server.
    async fn settle_doubt(&mut self) -> Result<()> {
        if self.attempt.begun <= self.attempt.done {
            return Ok(());
        }
        let place = self.attempt.begun - 1;
        let sql = self.attempt.statements.get(place).cloned().unwrap_or_default();
        let evidence = self.bench.dialect.evidence(&sql, self.connection.server());
        let happened = match (&evidence, self.attempt.probe.take()) {
            (Evidence::Together | Evidence::Repeatable | Evidence::Session, _) => false,
            (Evidence::Seen(probe), Some(before)) => self.asked_again(&probe.scalar).await? != before,
            (Evidence::Seen(_) | Evidence::Temporary | Evidence::Unknowable, _) => {
                return Err(self.cannot_know(place, &sql));
            }
        };
        if happened {
            self.attempt.done = self.attempt.begun;
        } else {
            self.attempt.begun = self.attempt.done;
        }
        Ok(())
    }

    /// A question as it was asked: behind what the revision had said about its session.
    async fn asked_again(&mut self, sql: &str) -> Result<String> {
        for sql in self.attempt.statements.iter().take(self.attempt.done).cloned().collect::<Vec<_>>() {
            if self.bench.dialect.evidence(&sql, self.connection.server()) == Evidence::Session {
                let by_person = true;
                self.run(&Statement { by_person, ..Statement::new(sql, "say it again") }).await?;
            }
        }
        let answer = self.scalar(sql).await?;
        self.connection.put_back(Ending::Retried).await?;
        Ok(answer)
    }

    fn cannot_know(&self, place: usize, sql: &str) -> Error {
        let direction = &self.attempt.direction;
        let phrase = format!(
            "the {direction} was stopped at statement {}, and the server cannot tell whether it took effect",
            place + 1
        );
        Error::new(Kind::PartWay, phrase).in_statement(masked(sql), None).with_hint(
            "look at the database; if it took effect: `migrate resolve --done`, if not: `migrate resolve --redo`; \
             then run the command again",
        )
    }

    async fn scalar(&mut self, sql: &str) -> Result<String> {
        self.connection.take_up().await?;
        let row = self.connection.first_row(&format!("SELECT {sql}")).await?;
        Ok(row.and_then(|row| row.text(0).map(str::to_owned)).unwrap_or_default())
    }

    async fn pieces(&mut self, mut first: First) -> Result<()> {
        let planned = self.planned;
        let (mut passed, mut gone, was_edited) = (0, None, self.is_edited());
        for (place, chunk) in planned.chunks.iter().enumerate() {
            self.brace_for(chunk).await?;
            self.connection.take_up().await?;
            let statements = match first.take() {
                Some(statements) => statements,
                None => self.statements_of(place, chunk).await?,
            };
            for statement in statements {
                passed += 1;
                if passed <= self.attempt.done {
                    if gone.is_none() {
                        gone = self.again(&statement).await?;
                    }
                } else if let Some(error) = gone {
                    return Err(error);
                } else {
                    self.piece(&statement, passed).await?;
                }
            }
        }
        if was_edited { self.settle_edit(passed) } else { Ok(()) }
    }

    /// A statement that took effect in a former session: what it said about that session is said again. Gives why nothing
    /// can run behind it.
    async fn again(&mut self, statement: &Statement) -> Result<Option<Error>> {
        if self.is_retry {
            // The session is the one that did it, and has what it left there.
            self.brace(statement).await?;
        }
        match self.bench.dialect.evidence(&statement.sql, self.connection.server()) {
            Evidence::Session => self.run(statement).await.map(|()| None),
            Evidence::Temporary if self.is_retry => Ok(None),
            Evidence::Temporary => Ok(Some(Error::new(
                Kind::PartWay,
                "the revision was stopped behind a statement whose result went away with its session: a temporary table, \
                 or a variable that was computed",
            )
            .in_statement(masked(&statement.sql), None)
            .with_hint(
                "finish the rest by hand, then `migrate stamp` the revision; in the next one use a table that stays",
            ))),
            Evidence::Together | Evidence::Repeatable | Evidence::Seen(_) | Evidence::Unknowable => Ok(None),
        }
    }

    async fn piece(&mut self, statement: &Statement, number: usize) -> Result<()> {
        if statement.by_person {
            self.connection.foresee(&self.bench.dialect.session_change(&statement.sql)).await?;
        }
        self.connection.take_up().await?;
        #[cfg(feature = "orm")]
        if let Some(pieces) = &statement.pieces {
            self.in_batches(pieces).await?;
            self.together(statement, number).await?;
            self.attempt.probe = None;
            return Ok(());
        }
        let dialect = self.bench.dialect;
        let evidence = dialect.evidence(&statement.sql, self.connection.server());
        let shares = evidence == Evidence::Together && !dialect.keeps_rows(self.connection, &statement.sql).await?;
        if shares {
            return self.together(statement, number).await;
        }
        if let Evidence::Seen(Probe { remains: Some(remains), .. }) = &evidence
            && (self.bench.interrupted || self.is_retry)
            && self.scalar(&remains.question).await? == "1"
        {
            self.run(&Statement::new(remains.remedy.as_str(), "clear away what was half-built")).await?;
        }
        // The first one of a new journal was noted when it was opened.
        if self.attempt.begun < number {
            let probe = self.begin_probe(&statement.sql).await?;
            self.attempt.begun = number;
            self.note(State::Open, probe.as_deref().unwrap_or(NO_PROBE)).await?;
        }
        self.run_alone(statement).await?;
        self.attempt.done = number;
        Ok(())
    }

    /// A statement that stays when it is through: what rebuilds a table would be lost work if a signal ended it.
    async fn run_alone(&mut self, statement: &Statement) -> Result<()> {
        let token = self.connection.cancel_token().filter(|_| rebuilds(statement, self.bench.dialect.syntax()));
        token.iter().for_each(|token| token.set_rebuilding(true));
        let done = self.run(statement).await;
        token.iter().for_each(|token| token.set_rebuilding(false));
        done
    }

    /// The statement and its note in one transaction, which another run cannot have moved past.
    async fn together(&mut self, statement: &Statement, number: usize) -> Result<()> {
        self.connection.set_aside().await?;
        let rows = self.bench.history.begin(self.connection).await?;
        if rows != self.planned.step.before {
            return Err(moved_by_others());
        }
        self.run(statement).await?;
        let before = (self.attempt.done, self.attempt.begun);
        (self.attempt.done, self.attempt.begun) = (number, number);
        let noted = match self.note(State::Open, NO_PROBE).await {
            Ok(()) => self.commit_piece(number).await,
            Err(error) => Err(error),
        };
        if noted.is_err() {
            (self.attempt.done, self.attempt.begun) = before;
        }
        noted
    }

    /// What to write into the journal before a statement; `None`: nothing has to be.
    ///
    /// A question that the server may refuse is asked first, and its answer is written; so is one that means something else
    /// in our own session.
    async fn begin_probe(&mut self, sql: &str) -> Result<Option<String>> {
        Ok(match self.bench.dialect.evidence(sql, self.connection.server()) {
            Evidence::Together => None,
            Evidence::Repeatable | Evidence::Session | Evidence::Temporary | Evidence::Unknowable => {
                Some(NO_PROBE.to_owned())
            }
            Evidence::Seen(probe) if self.is_absent(&probe) => Some(self.bench.dialect.literal("0")),
            Evidence::Seen(probe) if !probe.may_be_refused && !self.connection.says_otherwise() => Some(probe.scalar),
            Evidence::Seen(probe) => match self.scalar(&probe.scalar).await {
                Ok(answer) if !answer.is_empty() => Some(self.bench.dialect.literal(&answer)),
                Ok(_) => Some(NO_PROBE.to_owned()),
                Err(error) if matches!(error.kind(), Kind::Privilege | Kind::Statement) => Some(NO_PROBE.to_owned()),
                Err(error) => return Err(error),
            },
        })
    }

    /// Whether the table that a statement makes was not there when the run began, which spares the question. Whoever has
    /// made one of this name since makes the statement fail, as he would behind the question.
    fn is_absent(&self, probe: &Probe) -> bool {
        let known = self.bench.taken.zip(probe.makes.as_ref());
        known.is_some_and(|(taken, name)| {
            !self.is_retry && !taken.contains(&self.bench.dialect.fold(&Ident::from(name.as_str())))
        })
    }

    /// The statements of a chunk; the journal knows them afterwards.
    ///
    /// A chunk that was begun before is finished with the statements that it was begun with, if the file still says
    /// the same there: what is rendered from a half-changed table may differ.
    async fn statements_of(&mut self, place: usize, chunk: &Chunk) -> Result<Vec<Statement>> {
        let passed: usize = self.attempt.chunks.iter().take(place).sum();
        let known = self.attempt.chunks.get(place).copied();
        let journaled = self.attempt.statements.iter().skip(passed).take(known.unwrap_or(0));
        let as_begun = !self.is_edited() || place < self.bench.as_begun;
        if let (Chunk::Operations(_), true, Some(_)) = (chunk, as_begun, known) {
            return Ok(journaled.map(|sql| Statement::new(sql.as_str(), "finish what was begun")).collect());
        }
        // Behind an operation on rows that is through, the tables may be others than those that it was made for. A way
        // back is through with its first statement: the others take the images away, of which some may be gone.
        #[cfg(feature = "orm")]
        if let (Chunk::Data(data), true, Some(known)) = (chunk, as_begun, known)
            && (passed + known <= self.attempt.done || (data.operation.is_way_back() && passed < self.attempt.done))
        {
            return Ok(journaled.map(|sql| Statement::new(sql.as_str(), "done before")).collect());
        }
        let Work { bench, connection, attempt, tell, .. } = self;
        let rendered = statements_to_run(chunk, bench, connection, tell).await?;
        // What was begun behind it goes on as it was begun.
        let journaled = attempt.statements.iter().skip(passed).take(known.unwrap_or(0));
        if as_begun && known.is_some() && journaled.eq(rendered.iter().map(|statement| &statement.sql)) {
            return Ok(rendered);
        }
        let before = attempt.statements.iter().take(passed).cloned();
        let all: Vec<String> = before.chain(rendered.iter().map(|statement| statement.sql.clone())).collect();
        refuse_changed_past(attempt, &all)?;
        attempt.statements = all;
        attempt.chunks.truncate(place);
        attempt.chunks.push(rendered.len());
        self.take_text();
        Ok(rendered)
    }

    /// Whether the file is another one than that which the revision was begun with.
    fn is_edited(&self) -> bool {
        self.attempt.checksum != self.planned.checksum
    }

    /// From here on the journal is one of the file as it is.
    fn take_text(&mut self) {
        if self.is_edited() {
            self.attempt.checksum.clone_from(&self.planned.checksum);
            self.attempt.text = Some(self.planned.text.clone());
        }
        self.unwritten = true;
    }

    /// Behind the last statement of an edited file: what it has no more was not begun, or it is missed.
    fn settle_edit(&mut self, passed: usize) -> Result<()> {
        if passed < self.attempt.done {
            return Err(changed_past(&self.attempt, passed));
        }
        self.attempt.statements.truncate(passed);
        self.attempt.chunks.truncate(self.planned.chunks.len());
        self.take_text();
        Ok(())
    }

    /// Brings the journal up to date; `probe` is SQL.
    pub(super) async fn note(&mut self, state: State, probe: &str) -> Result<()> {
        self.connection.set_aside().await?;
        let sql = self.bench.log.update_open(state, &self.attempt, probe, self.unwritten);
        if self.connection.execute(&sql).await? != 1 {
            return Err(moved_by_others());
        }
        self.unwritten = false;
        self.attempt.text = None;
        Ok(())
    }

    /// Moves the version rows and closes the journal, together; in spite of a signal, for all statements took effect.
    async fn record(&mut self) -> Result<()> {
        self.unclean = self.connection.put_back(Ending::Alone).await.err();
        let ahead = if self.unclean.is_none() {
            self.ahead().await
        } else {
            drop(self.connection.set_aside().await);
            None
        };
        let token = self.connection.ignore_cancel();
        let recorded = match ahead {
            Some(Ahead { opened, sql }) => match self.record_unheeding(Some(sql)).await {
                Ok(()) => {
                    self.opened_next = Some(opened);
                    Ok(())
                }
                // What is wrong with the journal of the next one is no fault of this one.
                Err(_) if self.connection.is_usable() => self.record_unheeding(None).await,
                Err(error) => Err(error),
            },
            None => self.record_unheeding(None).await,
        };
        token.into_iter().for_each(|token| self.connection.cancel_with(token));
        recorded
    }

    /// The journal is closed first, and the rows are compared behind it under their lock. So what is left cannot miss
    /// its rows, and goes together with the COMMIT.
    async fn record_unheeding(&mut self, opens_next: Option<String>) -> Result<()> {
        let Work { bench, connection, planned, attempt, .. } = self;
        attempt.begun = attempt.done;
        let closing = bench.log.update_open(State::Done, attempt, NO_PROBE, self.unwritten);
        let recorded = match bench.history.begin_noting(connection, &closing).await {
            Ok(Some(rows)) if rows == planned.step.before => {
                let mut last = bench.history.moves(&planned.step.moves);
                last.extend(opens_next);
                self.commit(Last::Ours(&last)).await
            }
            Ok(_) => Err(moved_by_others()),
            Err(error) => Err(error),
        };
        if recorded.is_err() && self.connection.is_usable() {
            self.connection.rollback().await?;
        }
        recorded
    }

    /// All statements took effect, and the row of the version table could not be moved: the next run does that.
    fn unrecorded(&self, error: Error) -> Error {
        let stays = self.attempt.done > 0 && matches!(error.kind(), Kind::Locked | Kind::Statement | Kind::Cancelled);
        if !stays {
            return error;
        }
        let direction = &self.attempt.direction;
        error
            .while_doing(format!("every statement of the {direction} took effect, and it could not be recorded"))
            .into_kind(Kind::PartWay)
            .with_hint(format!("run `migrate {direction}` again: it is recorded then"))
    }

    /// What stays after a failure where nothing is rolled back: nothing, or a part of the revision.
    async fn stopped(&mut self, error: Error) -> Error {
        // Nothing ran: the journal goes on to say what failed.
        if error.kind() == Kind::Edited {
            return error.into_kind(Kind::PartWay);
        }
        drop(self.connection.ignore_cancel());
        self.attempt.error = Some(error.to_string());
        let cursor = self.attempt.probe.take().map(|cursor| self.bench.dialect.literal(&cursor));
        if self.connection.is_usable() && self.connection.is_changed() {
            drop(self.connection.rollback().await);
            drop(self.connection.set_aside().await);
        }
        if cursor.is_none() {
            self.give_up_images().await;
        }
        let clean = self.attempt.done == 0 && cursor.is_none() && !self.may_leave_remains();
        let mut in_doubt = true;
        if self.connection.is_usable() {
            drop(self.connection.rollback().await);
            in_doubt = self.failed_in_part();
            if !in_doubt {
                self.attempt.begun = self.attempt.done;
            }
            let state = if clean && !in_doubt { State::Failed } else { State::Open };
            drop(self.note(state, cursor.as_deref().unwrap_or(NO_PROBE)).await);
        }
        if clean && !in_doubt && !is_connection_lost(&error) {
            return as_failed_statement(error);
        }
        let (done, direction) = (self.attempt.done, self.attempt.direction.as_str());
        let plural = if done == 1 { "" } else { "s" };
        let phrase = format!("stopped part-way: {done} statement{plural} of the {direction} took effect");
        let next = format!("migrate {direction}");
        if error.kind() == Kind::Cancelled {
            let hint = format!("run `{next}` again: it continues here");
            return error.while_doing(phrase).into_kind(Kind::PartWay).with_hint(hint);
        }
        let phrase = format!("{phrase}, the next one failed");
        error.while_doing(phrase).into_kind(Kind::PartWay).and_hint(&format!(
            "repair the cause (the statement may be edited), then run `{next}` again: it continues here"
        ))
    }

    /// Where nothing took effect but empty tables of our own, they are taken away, and nothing did.
    async fn give_up_images(&mut self) {
        let done = self.attempt.statements.iter().take(self.attempt.done);
        let made: Option<Vec<String>> = done.map(|sql| image_made(sql, self.bench.dialect.syntax())).collect();
        let Some(made) = made.filter(|made| !made.is_empty() && self.connection.is_usable()) else { return };
        drop(self.connection.rollback().await);
        let tables = made.into_iter().map(|name| self.bench.history.table.sibling(Ident::from(name)));
        for table in tables.map(|image| quoted(self.bench.dialect, &image)) {
            let first = self.connection.first_row(&format!("SELECT 1 FROM {table} LIMIT 1")).await;
            let is_empty = matches!(first, Ok(None));
            if !is_empty || self.connection.execute(&format!("DROP TABLE {table}")).await.is_err() {
                return;
            }
        }
        (self.attempt.done, self.attempt.begun) = (0, 0);
    }

    /// Whether the statement that failed may have left something half-built, which only a run that continues clears away.
    fn may_leave_remains(&self) -> bool {
        let sql = self.attempt.statements.get(self.attempt.done).map(String::as_str).unwrap_or_default();
        let evidence = self.bench.dialect.evidence(sql, self.connection.server());
        matches!(evidence, Evidence::Seen(Probe { remains: Some(_), .. }))
    }

    /// Whether the statement that failed may have done a part of its work: the others are atomic alone.
    fn failed_in_part(&self) -> bool {
        let begun = self.attempt.begun > self.attempt.done;
        let sql = self.attempt.statements.get(self.attempt.done).map(String::as_str).unwrap_or_default();
        begun && self.bench.dialect.evidence(sql, self.connection.server()) == Evidence::Unknowable
    }
}

/// The name of the image that a statement makes.
fn image_made(sql: &str, syntax: &'static Syntax) -> Option<String> {
    let mut words = Words::of(sql, syntax);
    let (_, name) = words.take_all(&["CREATE", "TABLE"]).then(|| words.name()).flatten()?;
    name.starts_with(IMAGE).then_some(name)
}

/// Whether a statement may write a whole table or index anew.
fn rebuilds(statement: &Statement, syntax: &'static Syntax) -> bool {
    let rewrites = statement.hazards.iter().any(|hazard| matches!(hazard, Hazard::Rewrites(_)));
    let mut words = Words::of(&statement.sql, syntax);
    match words.one_of(&["ALTER", "CREATE", "OPTIMIZE", "REINDEX", "VACUUM", "CLUSTER"]) {
        Some("ALTER") => {
            words.one_of(&["ONLINE", "IGNORE"]);
            rewrites || words.take("TABLE")
        }
        Some("CREATE") => {
            words.one_of(&["UNIQUE", "FULLTEXT", "SPATIAL"]);
            rewrites || words.take("INDEX")
        }
        Some(_) => true,
        None => rewrites,
    }
}

pub(super) fn moved_by_others() -> Error {
    Error::new(Kind::Corrupt, "the version table was changed by somebody else while this revision ran")
        .with_hint("run `migrate status`")
}

/// Statements that took effect already cannot be edited any more.
fn refuse_changed_past(attempt: &Attempt, all: &[String]) -> Result<()> {
    let mut past = attempt.statements.iter().take(attempt.done).zip(all);
    past.position(|(done, now)| done != now).map_or(Ok(()), |place| Err(changed_past(attempt, place)))
}

fn changed_past(attempt: &Attempt, place: usize) -> Error {
    let phrase = format!(
        "the {} was stopped part-way, and its statement {}, which took effect, was edited since",
        attempt.direction,
        place + 1
    );
    Error::new(Kind::Edited, phrase)
        .in_statement(attempt.statements.get(place).map(|sql| masked(sql)).unwrap_or_default(), None)
        .with_hint(
            "put the old statement back; only what comes after it may be edited. Operations that follow each other \
             without SQL or rows between stay as they were, once the first of them has begun",
        )
}

#[cfg(test)]
mod tests {
    use super::rebuilds;
    use crate::statement::syntax::MYSQL;
    use crate::statement::{Hazard, Statement};

    #[test]
    fn what_a_signal_had_better_let_end() {
        let says = |sql: &str| rebuilds(&Statement::new(sql, "x"), &MYSQL);
        for sql in ["ALTER TABLE t FORCE", "-- x\nalter online table t ADD c int", "CREATE UNIQUE INDEX i ON t (c)"] {
            assert!(says(sql), "{sql}");
        }
        for sql in ["CREATE TABLE t (c int)", "UPDATE t SET c = 1", "ALTER USER u", "DROP TABLE t", "CALL p()", ""] {
            assert!(!says(sql), "{sql}");
        }
        let marked = Statement::new("RENAME TABLE a TO b", "x").with_hazard(Hazard::Rewrites("a".into()));
        assert!(rebuilds(&marked, &MYSQL));
    }
}
