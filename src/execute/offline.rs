//! The script of a range: what online would run, from the same plans and the same rendering, for `psql -f`,
//! `mariadb <` and `sqlite3 <`. Never connects to a server.
//!
//! A script is a row of transactions, each with a guard in front that compares the whole version table with what the
//! transaction was planned on: the first one makes what is missing of the tool's own tables, then each revision has one;
//! or, where DDL commits by itself, one that opens its journal and one that closes it. Where a guard fails, it and
//! everything behind it changes nothing, also in a shell that goes on after errors ([`crate::dialect::frame`]). The
//! session lock is the one thing that is missing.

mod shape;
mod text;

use std::time::Duration;

use crate::db::{Settings, limits, opening, putting_back};
use crate::dialect::Capability;
use crate::dialect::frame::Frame;
use crate::error::{Error, Kind, Result};
use crate::execute::history::History;
use crate::execute::log::{Attempt, BASE, Log, State};
use crate::execute::render::unsupported;
#[cfg(feature = "orm")]
use crate::execute::rows;
use crate::execute::run::stamp_of;
use crate::execute::{place, texts};
use crate::graph::{Direction, Range, RevisionId, RowMove, Rows, Step, Target};
use crate::plan::{BackRules, Ground, Planned, Variables, plan};
use crate::revision::{Revisions, TimeLimits};
use crate::schema::Ident;
use crate::statement::evidence::Evidence;
use crate::statement::{Also, ServerVersion, Statement};
use shape::Shape;
use text::Text;

/// The probe of a statement that needs none.
const NO_PROBE: &str = "NULL";

/// Of a script that fits every state.
const WHEREVER: &str = "It may begin wherever the database stands.";

/// A condition that always holds.
const ALWAYS: &str = "1 = 1";

/// What a script is made from.
pub(crate) struct Script<'a> {
    pub(crate) history: &'a History,
    pub(crate) log: &'a Log,
    pub(crate) revisions: &'a Revisions,
    pub(crate) variables: &'a Variables,
    /// What a connection would have; the script says it in its place.
    pub(crate) settings: &'a Settings,
    /// The server that it is for.
    pub(crate) server: ServerVersion,
    /// The schemas of files that whoever runs it attaches first.
    pub(crate) attached: &'a [Ident],
}

impl Script<'_> {
    /// The script of a range in one direction; a comment alone where nothing is to do.
    ///
    /// # Errors
    /// As planning; Unsupported where a change needs the shape of a table that only a server can know.
    pub(crate) async fn write(&self, direction: Direction, range: &Range) -> Result<String> {
        let graph = &self.revisions.graph;
        let (start, steps) = match direction {
            Direction::Up => graph.upgrade_script(range)?,
            Direction::Down => graph.downgrade_script(range)?,
        };
        let all = steps.into_iter().map(|step| self.plan(step)).collect::<Result<Vec<_>>>()?;
        let ids: Vec<&str> = all.iter().map(|planned| planned.step.revision.as_str()).collect();
        if all.is_empty() {
            return Ok("-- Nothing to do.\n".to_owned());
        }
        let mut text = self.open(&format!("{} {}", direction.word(), ids.join(", ")), &begins_at(&start))?;
        self.tables(Some(&start), &mut text)?;
        text.guard(&self.log.nothing_open());
        text.commit(&self.are(&start));
        let mut shape = Shape::new(self).await?;
        self.replay_to(&start, &mut shape).await?;
        for planned in &all {
            self.revision(planned, &mut shape, &mut text).await?;
        }
        shape.close().await;
        Ok(text.end())
    }

    /// The script that sets the version rows and runs nothing, on a database that stands at `from`; None = the base.
    ///
    /// # Errors
    /// As [`crate::graph::Graph::stamp_plan`].
    pub(crate) fn stamp(&self, from: Option<&Target>, targets: &[Target]) -> Result<String> {
        let graph = &self.revisions.graph;
        let start = graph.script_start(from)?;
        let stamp = graph.stamp_plan(&start, targets)?;
        let what = format!("stamp {}", words(targets));
        let mut text = self.open(&what, &begins_at(&start))?;
        self.tables(Some(&start), &mut text)?;
        text.commit(&self.are(&start));
        text.comment(&[what]);
        text.begin(&self.history.quoted(), &self.are(&stamp.before));
        self.stamped(&stamp.moves, &stamp.after, &mut text)?;
        Ok(text.end())
    }

    /// The script that removes all version rows, whatever they are, and writes those of the targets.
    ///
    /// # Errors
    /// As [`crate::graph::Graph::stamp_plan`].
    pub(crate) fn stamp_anew(&self, targets: &[Target]) -> Result<String> {
        let after = self.revisions.graph.stamp_from_nothing(targets)?;
        let what = format!("stamp --purge {}", words(targets));
        let mut text = self.open(&what, WHEREVER)?;
        self.tables(None, &mut text)?;
        text.commit(ALWAYS);
        text.comment(&[what]);
        text.begin(&self.history.quoted(), ALWAYS);
        text.statement(&format!("DELETE FROM {}", self.history.quoted()));
        self.stamped(&RowMove::between(&Rows::new(), &after), &after, &mut text)?;
        Ok(text.end())
    }

    /// The script that makes the version table and the log, unless they are there.
    pub(crate) fn ensure(&self) -> Result<String> {
        let mut text = self.open("ensure-version", WHEREVER)?;
        self.tables(None, &mut text)?;
        text.commit(ALWAYS);
        Ok(text.end())
    }

    /// The moves of the rows, and a row of the log for everything that is applied then; what was open is given up.
    fn stamped(&self, moves: &[RowMove], after: &Rows, text: &mut Text) -> Result<()> {
        text.statements(&self.history.moves(moves));
        text.statement(&self.log.abandon());
        if after.is_empty() {
            text.statement(&self.log.insert(State::Stamped, &stamp_of(BASE)));
        }
        for id in self.revisions.graph.closure(after) {
            let checksum = self.revisions.file(id)?.checksum();
            let attempt = Attempt { checksum, ..stamp_of(id.as_str()) };
            text.statement(&self.log.insert(State::Stamped, &attempt));
        }
        text.commit(&self.are(after));
        Ok(())
    }

    fn frame(&self) -> &'static dyn Frame {
        self.history.dialect.frame()
    }

    fn plan(&self, step: Step) -> Result<Planned> {
        let file = self.revisions.file(&step.revision)?;
        let (dialect, server, back) = (self.history.dialect, self.server, BackRules::default());
        let ground = Ground { dialect, server, variables: self.variables, back };
        plan(step, file, ground)
    }

    /// The head of a script, and the session.
    fn open(&self, what: &str, begins: &str) -> Result<Text> {
        let mut text = Text::new(self.frame());
        text.comment(&[
            format!("migrate {}, for {}: {what}", env!("CARGO_PKG_VERSION"), self.server),
            begins.to_owned(),
            format!("Run it with: {}", self.frame().shell(self.attached)),
        ]);
        text.statements(&opening(self.server.product, self.settings));
        text.statements(&self.frame().opening());
        Ok(text)
    }

    /// The first transaction, to be committed by the caller: the tool's own tables, unless they are there. `start`: the
    /// rows that the version table must hold; `None` = any.
    fn tables(&self, start: Option<&Rows>, text: &mut Text) -> Result<()> {
        text.comment(&["what migrate keeps in the database".to_owned()]);
        text.statements(&self.frame().begin());
        if start.is_none_or(Rows::is_empty) {
            text.statement(&unless_there(&self.history.create()));
        }
        text.statements(&self.frame().lock(&self.history.quoted()));
        if let Some(start) = start {
            text.guard(&self.are(start));
        }
        for sql in self.log.create(self.server)? {
            text.statement(&unless_there(&sql));
        }
        Ok(())
    }

    /// Brings the shape to where the script begins.
    async fn replay_to(&self, start: &Rows, shape: &mut Shape<'_>) -> Result<()> {
        let target = Range::parse(":heads").map_err(|error| error.into_kind(Kind::Corrupt))?;
        let needed: Vec<&RevisionId> = self.revisions.graph.closure(start);
        if needed.is_empty() {
            return Ok(());
        }
        let needed: std::collections::BTreeSet<&RevisionId> = needed.into_iter().collect();
        let (_, steps) = self.revisions.graph.upgrade_script(&target)?;
        for step in steps.into_iter().filter(|step| needed.contains(&step.revision)) {
            for chunk in &self.plan(step)?.chunks {
                shape.pass(chunk).await?;
            }
            shape.end_revision().await?;
        }
        Ok(())
    }

    fn placed(&self, error: Error, id: &RevisionId) -> Error {
        let error = error.in_revision(id.as_str());
        self.revisions.file(id).map_or(error.clone(), |file| error.in_file(&file.path))
    }

    async fn revision(&self, planned: &Planned, shape: &mut Shape<'_>, text: &mut Text) -> Result<()> {
        let step = &planned.step;
        let (id, word) = (step.revision.as_str(), step.direction.word());
        let gap = if planned.message.is_empty() { "" } else { ": " };
        text.comment(&[format!("{word} {id}{gap}{}", planned.message)]);
        let rebuilds = planned.chunks.iter().any(|chunk| shape.may_rebuild(chunk));
        shape.rebuilds = rebuilds;
        let (revision, direction) = (id.to_owned(), word.to_owned());
        let (checksum, run) = (planned.checksum.clone(), self.log.run().to_owned());
        let mut attempt = Attempt { revision, direction, checksum, run, ..Attempt::default() };
        let mut statements = Vec::new();
        for chunk in &planned.chunks {
            let of_chunk = shape.statements(chunk).await.map_err(|error| self.placed(error, &step.revision))?;
            let by_person = of_chunk.iter().filter(|statement| statement.by_person);
            if let Some(refused) = by_person.filter_map(|statement| self.frame().refuses(&statement.sql)).next() {
                return Err(self.placed(unsupported(refused), &step.revision));
            }
            attempt.chunks.push(of_chunk.len());
            statements.extend(of_chunk);
        }
        shape.end_revision().await?;
        attempt.statements = statements.iter().map(|statement| statement.sql.clone()).collect();
        #[cfg(feature = "orm")]
        if rows::any(std::slice::from_ref(planned)) {
            self.list_of_images(text)?;
        }
        text.statements(&self.limits(planned.limits));
        if self.history.dialect.has(Capability::TransactionalDdl, self.server) && !planned.outside {
            self.in_transaction(step, attempt, (&statements, rebuilds), text);
        } else {
            self.refuse_forgetting(step, &statements)?;
            self.in_pieces(step, attempt, &statements, text);
        }
        if planned.limits != TimeLimits::default() {
            text.statements(&limits(self.server.product, self.settings));
        }
        Ok(())
    }

    /// A guard that has forgotten where the script is would stop it midway.
    fn refuse_forgetting(&self, step: &Step, statements: &[Statement]) -> Result<()> {
        let Some(words) = statements.iter().find_map(|statement| self.frame().forgets(&statement.sql)) else {
            return Ok(());
        };
        let message = format!(
            "{words} outside of a transaction cannot stand in a script, whose guards are settings of the session"
        );
        let hint = "reset what the revision has set, each by its name, or run the revision with `migrate upgrade`";
        Err(self.placed(Error::new(Kind::Unsupported, message).with_hint(hint), &step.revision))
    }

    /// What gives the session the limits of a revision, where it has some.
    fn limits(&self, own: TimeLimits) -> Vec<String> {
        if own == TimeLimits::default() {
            return Vec::new();
        }
        let time = |own: Option<u32>, usual| own.map_or(usual, |own| Duration::from_millis(own.into()));
        let settings = Settings {
            lock_timeout: time(own.lock_timeout, self.settings.lock_timeout),
            statement_timeout: time(own.statement_timeout, self.settings.statement_timeout),
            ..self.settings.clone()
        };
        limits(self.server.product, &settings)
    }

    /// The version rows, the statements and the log row in one transaction.
    fn in_transaction(
        &self,
        step: &Step,
        mut attempt: Attempt,
        (statements, rebuilds): (&[Statement], bool),
        text: &mut Text,
    ) {
        let (table, before, after) = (self.history.quoted(), self.are(&step.before), self.are(&step.after));
        let rebuild = self.frame().rebuild(&after, self.attached).filter(|_| rebuilds);
        if let Some(rebuild) = &rebuild {
            // Nothing outside of a transaction without a guard before it.
            text.begin(&table, &before);
            text.commit(&before);
            text.statements(&rebuild.before);
        }
        text.begin(&table, &before);
        text.statements(&self.history.moves(&step.moves));
        statements.iter().for_each(|statement| unit(statement, text));
        text.statements(&self.put_back(statements));
        attempt.done = attempt.statements.len();
        // Chunks are told apart only in a journal.
        attempt.chunks.clear();
        text.statement(&self.log.insert(State::Done, &attempt));
        if let Some(rebuild) = &rebuild {
            text.statements(&rebuild.check);
        }
        text.commit(&after);
        text.statements(&rebuild.map(|rebuild| rebuild.after).unwrap_or_default());
    }

    /// Statement by statement with the journal that online writes, so that `migrate upgrade` goes on where a script was
    /// stopped. The version rows move last.
    fn in_pieces(&self, step: &Step, mut attempt: Attempt, statements: &[Statement], text: &mut Text) {
        let (table, before, after) = (self.history.quoted(), self.are(&step.before), self.are(&step.after));
        // Of several scripts at once one opens the journal.
        text.begin(&table, &format!("{before} AND {}", self.log.nothing_open()));
        text.statement(&self.log.insert(State::Open, &attempt));
        text.commit(&before);
        for statement in statements {
            attempt.begun += 1;
            let sql = &statement.sent();
            if let Some(probe) = probe(self.history.dialect.evidence(&statement.sql, self.server)) {
                text.outside();
                text.statement(&self.log.update_open(State::Open, &attempt, &probe, false));
                text.statement(sql);
                attempt.done += 1;
            } else {
                attempt.done += 1;
                text.begin(&table, &before);
                unit(statement, text);
                text.statement(&self.log.update_open(State::Open, &attempt, NO_PROBE, false));
                text.commit(&before);
            }
        }
        text.begin(&table, &before);
        // Behind the guard, which may stand on settings.
        let back = self.put_back(statements);
        text.statements(&back);
        text.statements(&self.history.moves(&step.moves));
        text.statement(&self.log.update_open(State::Done, &attempt, NO_PROBE, false));
        text.commit(&after);
        if let (false, Some(rebuild)) = (back.is_empty(), self.frame().rebuild(&after, self.attached)) {
            text.statements(&rebuild.after);
        }
    }

    /// What gives the next revision, and what is written of this one, the session of the script.
    fn put_back(&self, statements: &[Statement]) -> Vec<String> {
        let by_person = statements.iter().filter(|statement| statement.by_person);
        let change = by_person.map(|statement| self.history.dialect.session_change(&statement.sql)).collect();
        putting_back(self.server.product, self.settings, &change)
    }

    /// The list of before-images, unless it is there.
    #[cfg(feature = "orm")]
    fn list_of_images(&self, text: &mut Text) -> Result<()> {
        for sql in rows::create_list(self.history.dialect, &self.history.table, self.server)? {
            text.outside();
            text.statement(&unless_there(&sql));
        }
        Ok(())
    }

    /// The condition that the version table holds exactly these rows, and that all files are attached.
    fn are(&self, rows: &Rows) -> String {
        let table = self.history.quoted();
        let count = rows.len();
        let attached = self.frame().has_attached(self.attached).map(|are| format!(" AND {are}")).unwrap_or_default();
        let all = format!("(SELECT COUNT(*) FROM {table}) = {count}{attached}");
        if rows.is_empty() {
            return all;
        }
        let ids: Vec<String> = rows.iter().map(|id| self.history.dialect.literal(id.as_str())).collect();
        let ids = ids.join(", ");
        format!("{all} AND (SELECT COUNT(*) FROM {table} WHERE version_num IN ({ids})) = {count}")
    }
}

/// What the journal keeps of the time before a statement; `None`: it shares a transaction with its note. A question that
/// the server may refuse is not asked: its error would end the script.
fn probe(evidence: Evidence) -> Option<String> {
    match evidence {
        Evidence::Together => None,
        Evidence::Seen(probe) if !probe.may_be_refused => Some(probe.scalar),
        Evidence::Repeatable | Evidence::Session | Evidence::Temporary | Evidence::Seen(_) | Evidence::Unknowable => {
            Some(NO_PROBE.to_owned())
        }
    }
}

/// A statement and what runs with it, in the transaction that is open.
fn unit(statement: &Statement, text: &mut Text) {
    text.statement(&statement.sent());
    for also in &statement.also {
        match also {
            Also::Run(sql) => text.statement(sql),
            Also::Ask(guard) if guard.only_tells => {}
            // Refused before it comes to this.
            Also::Through(_) => {}
            Also::Ask(guard) => text.guard(&format!("NOT EXISTS ({})", guard.sql)),
        }
    }
}

fn unless_there(create: &str) -> String {
    create.replacen("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)
}

fn begins_at(rows: &Rows) -> String {
    let place = place(&texts(rows));
    format!("It begins where the database stands at {place}; anywhere else it fails and changes nothing.")
}

fn words(targets: &[Target]) -> String {
    targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
