//! A run: lock, read, plan, step by step, and the lock is given back on every way out, after the rollback.

use std::collections::BTreeSet;

use crate::db::Connection;
use crate::dialect::{Capability, Scope, Server};
use crate::error::{Error, Kind, Result};
use crate::execute::backup::{CopyFirst, with_copy};
use crate::execute::history::History;
use crate::execute::kept::KeptTexts;
use crate::execute::log::{Attempt, BASE, Known, Log, STAMP, State};
use crate::execute::losses::Seen;
#[cfg(feature = "orm")]
use crate::execute::programs::Programs;
use crate::execute::render::as_refused_here;
#[cfg(feature = "orm")]
use crate::execute::rows_cost::Keeping;
use crate::execute::status::{STOPPED, how_far};
use crate::execute::step::{Bench, Outcome, Tell};
use crate::execute::unfinished::is_of;
use crate::execute::{Event, Limits, Newer, Report, StepReport, Transactions, lock, texts};
use crate::graph::{Direction, RevisionId, Rows, Step, Target};
use crate::plan::{BackRules, Ground, Planned, Variables, plan};
use crate::revision::{File, Revisions};
use crate::schema::{Ident, Pair};
use crate::statement::SERVERS;

/// From so many revisions on, asking once which names are taken is cheaper than asking for each that is made.
const MANY_STEPS: usize = 10;

/// So often a plan may be made again because the rows moved, though they did not.
const MOST_UNMOVED: u32 = 3;

/// Everything a run needs beside the connection.
#[derive(Clone)]
pub(crate) struct Runner<'a> {
    pub(crate) dialect: &'static dyn Server,
    pub(crate) history: History,
    pub(crate) log: Log,
    pub(crate) revisions: &'a Revisions,
    pub(crate) limits: Limits,
    /// What the way up does about rows that no file has.
    pub(crate) newer: Newer,
    pub(crate) variables: &'a Variables,
    /// What an inspection for rendering looks at.
    pub(crate) scope: Scope,
    /// What reads the texts of revisions that no file has.
    pub(crate) kept: Option<KeptTexts>,
    /// A copy is made before the first change.
    pub(crate) backup: Option<CopyFirst>,
    /// What the way down does about data.
    pub(crate) back: BackRules,
    /// The closures that are known here.
    #[cfg(feature = "orm")]
    pub(crate) programs: Programs,
    /// What a transaction holds; None = a revision, where the database can and its file does not refuse.
    pub(crate) transactions: Option<Transactions>,
    /// What the target was understood, and agreed to, upon; None = it means the same whatever the rows are.
    pub(crate) seen: Option<Seen>,
}

/// What a run begins with.
struct Start {
    rows: Rows,
    planned: Vec<Planned>,
    known: Known,
    /// See [`Bench`], as the next two.
    as_begun: usize,
    taken: Option<BTreeSet<String>>,
    #[cfg(feature = "orm")]
    keeping: Keeping,
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
        if self.backup.is_some() {
            connection.url().refuse_backup()?;
        }
        self.refuse_transactions(connection)?;
        if let Some(done) = self.nothing_to_do(connection, direction, target).await? {
            return Ok(done);
        }
        if target.counts_from_database() && self.seen.is_none() {
            let rows = self.history.rows_if_any(connection).await?;
            let counted = Runner { seen: Some(Seen { rows, losses: None }), ..self.clone() };
            return Box::pin(counted.run_waiting(connection, direction, target, tell)).await;
        }
        self.run_waiting(connection, direction, target, tell).await
    }

    async fn run_waiting(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
        tell: Tell<'_>,
    ) -> Result<Report> {
        if connection.is_pooled() {
            tell(Event::Pooled);
        }
        let mut wait = lock::Wait::at_most(self.limits.lock_wait);
        while !self.dialect.try_lock(connection, &self.history.table).await? {
            if let Some(done) = self.done_by_others(connection, direction, target).await? {
                return Ok(done);
            }
            wait.pause(connection, &self.history, tell).await?;
        }
        let alive = lock::SignsOfLife::of(connection);
        let outcome = alive.during(Box::pin(self.run_locked(connection, direction, target, tell))).await;
        self.give_lock_back(connection, outcome).await
    }

    /// A look in three questions, more where files are attached, without the lock: most runs find nothing to do. `None` where
    /// there is something, or where it needs a closer look.
    async fn nothing_to_do(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
    ) -> Result<Option<Report>> {
        // Where it is missing, that of an attached file would be read.
        let is_own = connection.attached().is_empty()
            || self.dialect.has_table(connection, &self.history.table).await? && self.log.is_there(connection).await?;
        if !is_own {
            return Ok(None);
        }
        let Ok(rows) = self.history.rows(connection).await else { return Ok(None) };
        let Ok(known) = self.log.read(connection).await else { return Ok(None) };
        if rows.is_empty() || known.is_open || self.names_unknown(&rows) {
            return Ok(None);
        }
        self.refuse_changed(connection, &known.checksums, &rows).await?;
        Ok(self.report_if_done(connection, &rows, direction, target))
    }

    fn report_if_done(
        &self,
        connection: &Connection,
        rows: &Rows,
        direction: Direction,
        target: &Target,
    ) -> Option<Report> {
        let done = matches!(self.planned(connection, rows, direction, target), Ok(left) if left.is_empty());
        let texts = texts(rows);
        done.then(|| Report { steps: Vec::new(), before: texts.clone(), after: texts })
    }

    /// Whoever holds the lock has brought the database to the target already.
    async fn done_by_others(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
    ) -> Result<Option<Report>> {
        let rows = self.history.rows_if_any(connection).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let report = self.report_if_done(connection, &rows, direction, target);
        let is_open = report.is_some() && self.log.open_attempt_if_any(connection).await?.is_some();
        Ok(report.filter(|_| !is_open))
    }

    async fn run_locked(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
        tell: Tell<'_>,
    ) -> Result<Report> {
        let copy = match &self.backup {
            Some(first) => first.make(self, connection, direction, target).await?,
            None => None,
        };
        copy.iter().for_each(|path| tell(Event::Copied { path: path.clone() }));
        let made = self.ensure_tables(connection).await;
        let outcome = match made {
            Ok(_) => self.steps(connection, direction, target, tell).await,
            Err(error) => Err(error),
        };
        outcome.map_err(|error| with_copy(error, connection, copy))
    }

    // The work between these two is not handed over as an async closure: Rust 1.95 does not see that a future with one in
    // it may go to another thread ("implementation of `AsyncFnOnce` is not general enough"), and the library's must.

    pub(crate) async fn take_lock(&self, connection: &mut Connection, tell: Tell<'_>) -> Result<()> {
        lock::take(connection, &self.history, self.limits.lock_wait, tell).await
    }

    /// Gives the lock back whatever came of the work.
    pub(crate) async fn give_lock_back<T>(&self, connection: &mut Connection, outcome: Result<T>) -> Result<T> {
        let released = lock::release(connection, &self.history).await;
        outcome.and_then(|done| released.map(|()| done))
    }

    pub(crate) async fn ensure_tables(&self, connection: &mut Connection) -> Result<bool> {
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
        let rows = self.history.rows(connection).await?;
        let known = self.log.read(connection).await?.held_to(&self.revisions.graph);
        if self.lets_be(direction, &rows) {
            return Ok(Report { before: texts(&rows), after: texts(&rows), ..Report::default() });
        }
        let kept = self.revisions_for(connection, &known.checksums, &rows, direction).await?;
        let runner = kept.as_ref().map_or_else(|| self.clone(), |kept| self.on(kept));
        #[cfg_attr(not(feature = "orm"), expect(unused_mut, reason = "what is kept of rows changes it"))]
        let mut planned = runner.planned_at_first(connection, known.is_open, &rows, (direction, target)).await?;
        let taken = runner.ask_before(connection, &planned, tell).await?;
        #[cfg(feature = "orm")]
        runner.refuse_misfits(connection, known.is_open, &planned).await?;
        #[cfg(feature = "orm")]
        let keeping = runner.ask_before_rows(connection, &mut planned, tell).await?;
        let start = Start {
            as_begun: runner.as_begun(connection, known.is_open, planned.first()).await,
            #[cfg(feature = "orm")]
            keeping,
            known,
            planned,
            rows,
            taken,
        };
        runner.run_parts(connection, start, (direction, target), tell).await
    }

    /// Runs what was planned, and plans anew where another run was faster.
    async fn run_parts(
        &self,
        connection: &mut Connection,
        start: Start,
        (direction, target): (Direction, &Target),
        tell: Tell<'_>,
    ) -> Result<Report> {
        let mut report = Report { before: texts(&start.rows), ..Report::default() };
        let Start { mut planned, mut rows, as_begun, taken, .. } = start;
        #[cfg(feature = "orm")]
        let keeping = start.keeping;
        let (mut interrupted, mut last, mut opened) = (start.known.is_open, start.known.last, None);
        let mut unmoved = 0;
        while !planned.is_empty() {
            let mut overtaken = false;
            let together = if self.transactions == Some(Transactions::All) { planned.len() } else { 1 };
            for (part, end) in planned.chunks(together).zip((1..).map(|count: usize| count.saturating_mul(together))) {
                let bench = Bench {
                    dialect: self.dialect,
                    history: &self.history,
                    log: &self.log,
                    scope: &self.scope,
                    allow_copy: self.limits.allow_copy,
                    #[cfg(feature = "orm")]
                    programs: &self.programs,
                    #[cfg(feature = "orm")]
                    keeping: &keeping,
                    interrupted,
                    as_begun,
                    last,
                    next: planned.get(end),
                    opened,
                    taken: taken.as_ref(),
                };
                let outcome = self.part(&bench, connection, part, tell).await;
                let is_first = report.steps.is_empty();
                match outcome.map_err(|error| if is_first { error } else { as_refused_here(error) })? {
                    Outcome::Done(done) => {
                        (interrupted, opened) = (false, done.opened);
                        last += i64::try_from(done.reports.len()).unwrap_or(1);
                        part.last().into_iter().for_each(|end| rows.clone_from(&end.step.after));
                        report.steps.extend(done.reports);
                    }
                    Outcome::Overtaken => {
                        (overtaken, opened) = (true, None);
                        break;
                    }
                }
            }
            if !overtaken {
                break;
            }
            // Another run moved the rows: what is left is planned on what is there now.
            last = self.log.last(connection).await?;
            let (found, left) = self.planned_now(connection, &rows, direction, target).await?;
            unmoved = self.count_unmoved(unmoved, found == rows)?;
            (rows, planned) = (found, left);
        }
        report.after = texts(&rows);
        Ok(report)
    }

    /// Whether a database that is ahead is taken as it is.
    fn lets_be(&self, direction: Direction, rows: &Rows) -> bool {
        direction == Direction::Up && self.newer == Newer::Accept && self.names_unknown(rows)
    }

    /// The first plan of a run, before which nothing may be open that it does not take up.
    async fn planned_at_first(
        &self,
        connection: &mut Connection,
        is_open: bool,
        rows: &Rows,
        (direction, target): (Direction, &Target),
    ) -> Result<Vec<Planned>> {
        if is_open {
            self.refuse_to_pass(connection, rows, direction, target).await?;
        }
        let seen = self.seen.as_ref().map_or(rows, |seen| &seen.rows);
        self.planned_as_seen(connection, Pair::new(seen, rows), direction, target).await
    }

    /// The plan under the lock, where the rows are what was looked at before. `rows`: as they were known last, and are.
    async fn planned_as_seen(
        &self,
        connection: &mut Connection,
        rows: Pair<&Rows>,
        direction: Direction,
        target: &Target,
    ) -> Result<Vec<Planned>> {
        let planned = self.planned(connection, rows.to, direction, target)?;
        self.refuse_unseen(connection, rows, &planned).await?;
        Ok(planned)
    }

    /// The rows as they are now, and the way from them to the target.
    async fn planned_now(
        &self,
        connection: &mut Connection,
        known: &Rows,
        direction: Direction,
        target: &Target,
    ) -> Result<(Rows, Vec<Planned>)> {
        let rows = self.history.rows(connection).await?;
        let planned = self.planned_as_seen(connection, Pair::new(known, &rows), direction, target).await?;
        Ok((rows, planned))
    }

    /// How often in a row another run is said to have moved the rows, though they are what they were.
    fn count_unmoved(&self, so_far: u32, is_same: bool) -> Result<u32> {
        if is_same && so_far == MOST_UNMOVED {
            let table = self.history.table.for_people();
            let phrase = format!("a change of a row of the version table {table} does not affect one row");
            return Err(Error::new(Kind::Corrupt, phrase)
                .with_hint("look for triggers and rules on it, and for its primary key"));
        }
        Ok(if is_same { so_far + 1 } else { 0 })
    }

    /// The names that are taken before a long run, as the dialect folds them: one question instead of one for each table it makes.
    async fn names_taken(&self, connection: &mut Connection, steps: usize) -> Result<Option<BTreeSet<String>>> {
        if !SERVERS || steps < MANY_STEPS {
            return Ok(None);
        }
        let names = self.dialect.names_taken(connection).await?;
        Ok(names.map(|names| names.iter().map(|name| self.dialect.fold(&Ident::from(name.as_str()))).collect()))
    }

    /// What is asked before the first revision runs; gives the names that are taken.
    async fn ask_before(
        &self,
        connection: &mut Connection,
        planned: &[Planned],
        tell: Tell<'_>,
    ) -> Result<Option<BTreeSet<String>>> {
        if planned.is_empty() {
            self.refuse_open(connection).await?;
        } else {
            self.check_before(connection, planned, tell).await?;
        }
        self.names_taken(connection, planned.len()).await
    }

    /// The rows, where every applied file is what was applied, and what would run from there.
    pub(super) async fn foreseen(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
    ) -> Result<(Rows, Vec<Planned>)> {
        let rows = self.history.rows_if_any(connection).await?;
        if self.lets_be(direction, &rows) {
            return Ok((rows, Vec::new()));
        }
        let known = self.log.read_if_any(connection).await?.held_to(&self.revisions.graph);
        let kept = self.revisions_for(connection, &known.checksums, &rows, direction).await?;
        let runner = kept.as_ref().map_or_else(|| self.clone(), |kept| self.on(kept));
        if known.is_open {
            runner.refuse_to_pass_unlocked(connection, &rows, direction, target).await?;
        }
        let planned = runner.planned(connection, &rows, direction, target)?;
        Ok((rows, planned))
    }

    /// What would run, without its statements, and what taking back would lose.
    pub(crate) async fn look_ahead(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
    ) -> Result<(Report, Seen)> {
        let (rows, planned) = self.foreseen(connection, direction, target).await?;
        let mut report = Report { before: texts(&rows), after: texts(&rows), ..Report::default() };
        for step in &planned {
            report.after = texts(&step.step.after);
            report.steps.push(StepReport::planned(step, &[]));
        }
        let losses = self.losses(connection, &planned).await?;
        Ok((report, Seen { rows, losses: Some(losses) }))
    }

    /// All revisions are read and planned before the first one runs, so that what is wrong with the last is known
    /// before anything has changed.
    pub(super) fn planned(
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
        self.plan_file(connection, step, file)
    }

    /// How many chunks at the beginning of the revision that was stopped are still those of the text that it was begun with.
    /// 0 where nobody knows that text.
    async fn as_begun(&self, connection: &mut Connection, is_open: bool, planned: Option<&Planned>) -> usize {
        let Some(Planned { step, chunks, .. }) = planned.filter(|_| is_open) else { return 0 };
        let Ok(Some(open)) = self.log.open_attempt(connection).await else { return 0 };
        if !is_of(&open, step) {
            return 0;
        }
        let Some(text) = self.log.text(connection, &step.revision, &open.checksum).await else { return 0 };
        let before = File::kept(&step.revision, &text).and_then(|file| self.plan_file(connection, step.clone(), &file));
        let Ok(before) = before else { return 0 };
        before.chunks.iter().zip(chunks).take_while(|(before, now)| before.is_as(now)).count()
    }

    fn plan_file(&self, connection: &Connection, step: Step, file: &File) -> Result<Planned> {
        let (dialect, server, variables, back) = (self.dialect, connection.server(), self.variables, self.back);
        let ground = Ground { dialect, server, variables, back };
        let mut planned = plan(step, file, ground)?;
        #[cfg(feature = "orm")]
        self.programs
            .settle(&mut planned, back)
            .map_err(|error| error.in_revision(file.header.revision.as_str()).in_file(&file.path))?;
        let refused = |why: &str, hint: &str| {
            let id = planned.step.revision.as_str();
            let phrase = format!("revision {id} says `transaction: none`, {why}");
            Err(Error::new(Kind::Usage, phrase).in_revision(id).in_file(&file.path).with_hint(hint))
        };
        if planned.outside && connection.is_pooled() {
            return refused(
                "and behind a pooler nothing lasts longer than a transaction",
                "give the address of the server itself",
            );
        }
        match self.transactions {
            Some(Transactions::All) if planned.outside => {
                return refused(
                    "so it cannot share one",
                    "leave --transaction all out, or run up to the revision before it first",
                );
            }
            Some(Transactions::None) => planned.outside = true,
            Some(Transactions::All | Transactions::Each) | None => {}
        }
        Ok(planned)
    }

    /// A transaction for one revision or all cannot be had where DDL commits by itself.
    pub(super) fn refuse_transactions(&self, connection: &Connection) -> Result<()> {
        let asked = matches!(self.transactions, Some(Transactions::All | Transactions::Each));
        if asked && !self.dialect.has(Capability::TransactionalDdl, connection.server()) {
            let phrase = format!("{} commits at each statement that changes the schema", connection.server());
            return Err(Error::new(Kind::Usage, format!("{phrase}, so no transaction can hold a revision"))
                .with_hint("leave --transaction out: the journal takes care of what is interrupted"));
        }
        Ok(())
    }

    /// The error with the file of its revision.
    pub(super) fn placed(&self, error: Error) -> Error {
        let id = error.revision().and_then(|id| RevisionId::new(id).ok());
        match id.and_then(|id| self.revisions.file(&id).ok()) {
            Some(file) => error.in_file(&file.path),
            None => error,
        }
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
        let outcome = match self.log.open_attempt_if_any(connection).await {
            Ok(open) => self.stamp_locked(connection, targets, purge).await.map(|report| (report, open)),
            Err(error) => Err(error),
        };
        let (report, open) = self.give_lock_back(connection, outcome).await?;
        if let Some(open) = open {
            tell(abandoned(&open));
        }
        Ok(report)
    }

    async fn stamp_locked(&self, connection: &mut Connection, targets: &[Target], purge: bool) -> Result<Report> {
        self.ensure_tables(connection).await?;
        let (before, after, written) = if purge {
            let after = self.revisions.graph.stamp_from_nothing(targets)?;
            let before = self.history.begin_purged(connection).await?;
            let nothing = Rows::new();
            let written = self.write_stamp(connection, Pair::new(&nothing, &after), &nothing, &nothing).await;
            (before, after, written)
        } else {
            let raw = self.history.rows(connection).await?;
            let is_unknown = |row: &RevisionId| self.revisions.graph.node(row.as_str()).is_none();
            if raw.iter().any(is_unknown) {
                let known = self.log.read(connection).await?;
                self.refuse_changed(connection, &known.checksums, &raw).await?;
            }
            let after = self.revisions.graph.stamp_plan(&raw, targets)?.after;
            let rows = self.history.begin(connection).await?;
            let named = self.named(targets)?;
            let written = self.write_stamp(connection, Pair::new(&raw, &after), &rows, &named).await;
            (texts(&raw), after, written)
        };
        match written {
            Ok(()) => connection.commit().await?,
            Err(error) => {
                connection.rollback().await?;
                return Err(error);
            }
        }
        Ok(Report { steps: Vec::new(), before, after: texts(&after) })
    }

    /// Writes into the version table of a database that was made just now what it stands at, in the transaction that is open.
    ///
    /// # Errors
    /// [`Kind::Refused`] if the table has rows.
    pub(crate) async fn stamp_empty(&self, connection: &mut Connection, rows: Pair<&Rows>) -> Result<()> {
        let Pair { from: found, to: heads } = rows;
        if let Some(row) = found.iter().next() {
            let table = self.history.table.for_people();
            return Err(Error::new(Kind::Refused, format!("the version table {table} says {row} already"))
                .with_hint("`migrate stamp base` empties it"));
        }
        self.write_stamp(connection, Pair::new(found, heads), found, &Rows::new()).await
    }

    /// The revisions that targets of a stamp name.
    fn named(&self, targets: &[Target]) -> Result<Rows> {
        let found = targets.iter().map(|target| self.revisions.graph.resolve(target, None));
        Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().cloned().collect())
    }

    /// Moves the rows in the transaction that is open, and writes what is applied then into the log. `named` is what the
    /// stamp is about, whatever was known of it.
    async fn write_stamp(
        &self,
        connection: &mut Connection,
        rows: Pair<&Rows>,
        found: &Rows,
        named: &Rows,
    ) -> Result<()> {
        let Pair { from: before, to: after } = rows;
        if found != before {
            return Err(Error::new(Kind::Locked, "the version table was changed by another run meanwhile")
                .with_hint("try again"));
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
        // What was applied before and is not named keeps the checksum that it was applied with: nobody looked at its file.
        let known: BTreeSet<_> = self.revisions.graph.closure(before).into_iter().collect();
        let all = self.revisions.graph.closure(after).into_iter();
        let new = all.filter(|id| !known.contains(id) || named.contains(*id));
        let mut attempts = new.map(|id| self.stamped(id)).collect::<Result<Vec<_>>>()?;
        if attempts.is_empty() {
            attempts = self.stamped_again(connection, after).await?;
        }
        for attempt in &attempts {
            connection.execute(&self.log.insert(State::Stamped, attempt)).await?;
        }
        Ok(())
    }

    fn stamped(&self, id: &RevisionId) -> Result<Attempt> {
        let file = self.revisions.file(id)?;
        let (checksum, text) = (file.checksum(), Some(file.text.clone()));
        Ok(Attempt { checksum, text, ..stamp_of(id.as_str()) })
    }

    /// What a stamp leaves where everything that it names was applied before, with the checksums of then.
    async fn stamped_again(&self, connection: &mut Connection, rows: &Rows) -> Result<Vec<Attempt>> {
        if rows.is_empty() {
            return Ok(vec![stamp_of(BASE)]);
        }
        let known = self.log.read(connection).await?.checksums;
        let again = |id: &RevisionId| match known.get(id) {
            Some(checksum) => Ok(Attempt { checksum: checksum.clone(), ..stamp_of(id.as_str()) }),
            None => self.stamped(id),
        };
        rows.iter().map(again).collect()
    }
}

/// What is said of a revision that was done in part when somebody said by hand where the database stands.
fn abandoned(open: &Attempt) -> Event {
    let left =
        if open.done == 0 { "nothing continues it now" } else { "what they did stays, and nothing continues it now" };
    Event::Warned {
        message: format!("{}; {left}", how_far(open, STOPPED)),
        hint: Some("see what is left of it: migrate check".to_owned()),
    }
}

/// The row of a stamp, without what is in the file.
pub(super) fn stamp_of(revision: &str) -> Attempt {
    Attempt { revision: revision.to_owned(), direction: STAMP.to_owned(), ..Attempt::default() }
}
