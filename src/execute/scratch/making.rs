//! Making what models declare: many statements in one message, a failure put where it belongs, and what stands on something
//! later tried again behind it.
//!
//! In a transaction a savepoint stands around each message, and not around each statement: at the end of each the server
//! looks through everything that it knows of the tables. Only the statements of a message that fails are sent one by one.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::OnceLock;

use super::subject::Subject;
use crate::db::Connection;
use crate::dialect::{Capability, RightsHeld, Server};
use crate::error::{Error, Kind, Result};
use crate::model::SqlModel;
use crate::ops::Operation;
use crate::schema::Unmodelled;
use crate::statement::Statement;
use crate::statement::classify::transaction_word;
use crate::statement::split::{Piece, split};
use crate::statement::syntax::Syntax;

/// How many statements go in one message: those of one that fails run twice.
const AT_ONCE: usize = 100;

/// One statement of the models.
pub(super) struct Step<'m> {
    pub(super) statement: Statement,
    /// File and line.
    pub(super) spot: Option<(&'m Path, usize)>,
    /// What it is of; None: only its words say.
    pub(super) operation: Option<&'m Operation>,
}

/// Steps that are made in their order: one that fails holds up those behind it.
pub(super) type Queue<'m> = VecDeque<Step<'m>>;

/// The statements of SQL models, a queue for each file.
///
/// # Errors
/// A text that cannot be cut.
pub(super) fn queues<'m>(models: &'m [SqlModel], dialect: &dyn Server) -> Result<Vec<Queue<'m>>> {
    let queue = |model: &'m SqlModel| -> Result<Queue<'m>> {
        let in_file = |error: Error| error.in_file(&model.file);
        let pieces = split(&model.text, dialect.syntax()).map_err(in_file)?;
        let framed = |piece: &Piece<'_>| frames(piece, dialect.syntax()).map_err(in_file);
        let frames: Vec<bool> = pieces.iter().map(framed).collect::<Result<_>>()?;
        Ok(pieces
            .into_iter()
            .zip(frames)
            .filter(|(_, frames)| !frames)
            .map(|(piece, _)| piece)
            .map(|piece| Step {
                statement: Statement::new(piece.sql, "model"),
                spot: Some((model.file.as_path(), piece.line)),
                operation: None,
            })
            .collect())
    };
    models.iter().map(queue).collect()
}

/// Whether a statement only frames others, as in dumps: all of it is made at once anyway.
///
/// # Errors
/// One that takes back what stands before it.
fn frames(piece: &Piece<'_>, syntax: &'static Syntax) -> Result<bool> {
    let Some(word) = transaction_word(piece, syntax) else { return Ok(false) };
    if ["ROLLBACK", "ABORT", "PREPARE TRANSACTION", "XA"].contains(&word) {
        let phrase = format!("{word} in a model: models have no transactions of their own");
        return Err(Error::new(Kind::File, phrase).at_line(piece.line, 0).with_hint("take it out"));
    }
    Ok(true)
}

/// What became of one pass over all queues.
#[derive(Default)]
struct Round {
    made: usize,
    /// Why a queue stopped, by its number.
    stopped: BTreeMap<usize, Error>,
}

/// Makes models in one place.
pub(super) struct Maker {
    dialect: &'static dyn Server,
    /// Nothing may begin to work by itself there.
    in_scratch: bool,
    /// Whether what this server lacks holds up nothing else.
    goes_on: bool,
    /// Whether the rights that are said count.
    compares_rights: bool,
    /// What could not be judged, for it needs what this server lacks, itself or through others.
    pub(super) unjudged: Vec<Unmodelled>,
    /// The other databases of the server, once they were asked for.
    neighbours: OnceLock<Vec<String>>,
}

impl Maker {
    /// In a place that is thrown away.
    pub(super) fn scratch(dialect: &'static dyn Server) -> Self {
        let neighbours = OnceLock::new();
        Self { dialect, in_scratch: true, goes_on: false, compares_rights: false, unjudged: Vec::new(), neighbours }
    }

    /// In the user's database.
    pub(super) fn real(dialect: &'static dyn Server) -> Self {
        Self { in_scratch: false, ..Self::scratch(dialect) }
    }

    pub(super) fn in_scratch(&self) -> bool {
        self.in_scratch
    }

    pub(super) fn going_on(self, goes_on: bool) -> Self {
        Self { goes_on, ..self }
    }

    pub(super) fn comparing_rights(self, compares_rights: bool) -> Self {
        Self { compares_rights, ..self }
    }

    /// Makes all of it. What fails is tried again after the other queues, for it may stand on them.
    ///
    /// # Errors
    /// The first one, where trying again changes nothing, and it is not for what the server lacks.
    pub(super) async fn make(&mut self, connection: &mut Connection, mut queues: Vec<Queue<'_>>) -> Result<()> {
        while queues.iter().any(|queue| !queue.is_empty()) {
            let Round { made, stopped } = self.round(connection, &mut queues).await?;
            let may_help = queues.len() > 1 && made > 0;
            if may_help || self.leave_out(connection, &mut queues, &stopped) {
                continue;
            }
            if let Some((at, error)) = stopped.into_iter().next() {
                let step = queues.get(at).and_then(VecDeque::front);
                return Err(step.map_or(error.clone(), |step| blamed(error, step, self.dialect)));
            }
        }
        Ok(())
    }

    /// Sends every queue, up to its first step that fails.
    async fn round<'m>(&self, connection: &mut Connection, queues: &mut [Queue<'m>]) -> Result<Round> {
        let mut round = Round::default();
        let mut waiting: VecDeque<(usize, Step<'m>)> = VecDeque::new();
        for (at, queue) in queues.iter_mut().enumerate() {
            waiting.extend(std::mem::take(queue).into_iter().map(|step| (at, step)));
        }
        while !waiting.is_empty() {
            let message: Vec<(usize, Step<'m>)> = waiting.drain(..waiting.len().min(AT_ONCE)).collect();
            for (at, step) in self.send(connection, message, &mut round).await? {
                if let Some(queue) = queues.get_mut(at) {
                    queue.push_back(step);
                }
            }
        }
        Ok(round)
    }

    /// Sends some steps at once, and one by one where that fails; gives back what was not made, in its order.
    async fn send<'m>(
        &self,
        connection: &mut Connection,
        message: Vec<(usize, Step<'m>)>,
        round: &mut Round,
    ) -> Result<Vec<(usize, Step<'m>)>> {
        let (mut left, steps): (Vec<_>, Vec<_>) =
            message.into_iter().partition(|(at, _)| round.stopped.contains_key(at));
        let guarded = connection.has_begun() && self.dialect.has(Capability::TransactionalDdl, connection.server());
        if guarded && steps.len() > 1 && self.send_all(connection, &steps).await? {
            round.made += steps.len();
            return Ok(left);
        }
        for (at, step) in steps {
            if round.stopped.contains_key(&at) {
                left.push((at, step));
                continue;
            }
            match self.send_one(connection, &step, guarded).await {
                Ok(()) => round.made += 1,
                Err(error) if !connection.is_usable() || (guarded && self.dialect.wants_no_transaction(&error)) => {
                    return Err(blamed(error, &step, self.dialect));
                }
                Err(error) => {
                    round.stopped.insert(at, error);
                    left.push((at, step));
                }
            }
        }
        Ok(left)
    }

    /// Several steps in one message; false and nothing of it if one of them fails.
    async fn send_all(&self, connection: &mut Connection, steps: &[(usize, Step<'_>)]) -> Result<bool> {
        if steps.iter().any(|(_, step)| self.reaches_out(connection, &step.statement.sql).is_some()) {
            return Ok(false);
        }
        let texts: Vec<Cow<'_, str>> = steps.iter().flat_map(|(_, step)| self.texts(&step.statement)).collect();
        connection.execute("SAVEPOINT migrate_models").await?;
        let message = Statement::new(format!("{}\n;\nRELEASE SAVEPOINT migrate_models", texts.join("\n;\n")), "models");
        match connection.run(&message).await {
            Ok(_) => Ok(true),
            Err(error) if !connection.is_usable() => Err(error),
            Err(_) => {
                connection.execute("ROLLBACK TO SAVEPOINT migrate_models").await?;
                connection.execute("RELEASE SAVEPOINT migrate_models").await?;
                Ok(false)
            }
        }
    }

    async fn send_one(&self, connection: &mut Connection, step: &Step<'_>, guarded: bool) -> Result<()> {
        if !guarded {
            return self.perform(connection, &step.statement).await;
        }
        connection.execute("SAVEPOINT migrate_model").await?;
        let outcome = self.perform(connection, &step.statement).await;
        if outcome.is_err() && connection.is_usable() {
            connection.execute("ROLLBACK TO SAVEPOINT migrate_model").await?;
        }
        if connection.is_usable() {
            connection.execute("RELEASE SAVEPOINT migrate_model").await?;
        }
        outcome
    }

    /// Runs a statement, or what stands for it here.
    pub(super) async fn perform(&self, connection: &mut Connection, statement: &Statement) -> Result<()> {
        let held = RightsHeld { count: self.compares_rights, of_models: self.goes_on };
        if self.in_scratch && self.dialect.hold_rights(connection, &statement.sql, held).await? {
            return Ok(());
        }
        if self.in_scratch && self.dialect.for_scratch(&statement.sql).is_none() {
            self.refuse_outside(connection, &statement.sql).await?;
        }
        for sql in self.texts(statement) {
            connection.run(&Statement { sql: sql.into_owned(), words: String::new(), ..statement.clone() }).await?;
        }
        Ok(())
    }

    /// Refuses what would change something beside the scratch place.
    async fn refuse_outside(&self, connection: &mut Connection, sql: &str) -> Result<()> {
        if sql.contains('.') && self.neighbours.get().is_none() {
            let neighbours = self.dialect.neighbours(connection).await?;
            self.neighbours.get_or_init(|| neighbours);
        }
        match self.reaches_out(connection, sql) {
            Some(why) => Err(Error::new(Kind::File, format!("not run in a scratch place: {why}")).with_hint(
                "models, and revisions that are replayed, are made in a scratch place and may change nothing else: take the statement out",
            )),
            None => Ok(()),
        }
    }

    fn reaches_out(&self, connection: &Connection, sql: &str) -> Option<String> {
        let neighbours = self.neighbours.get().map_or(&[][..], Vec::as_slice);
        self.in_scratch.then(|| self.dialect.reaches_out(sql, neighbours, connection.has_begun())).flatten()
    }

    fn texts<'s>(&self, statement: &'s Statement) -> Vec<Cow<'s, str>> {
        let instead = if self.in_scratch { self.dialect.for_scratch(&statement.sql) } else { None };
        match instead {
            Some(texts) => texts.into_iter().map(Cow::Owned).collect(),
            None => {
                vec![self.dialect.if_not_there(&statement.sql).map_or_else(|| statement.sent(), Cow::Owned)]
            }
        }
    }

    /// Takes out what the server cannot make for what it lacks; and once something was taken out, what fails because it
    /// is not there. False: nothing of the kind.
    fn leave_out(
        &mut self,
        connection: &Connection,
        queues: &mut [Queue<'_>],
        stopped: &BTreeMap<usize, Error>,
    ) -> bool {
        if !self.goes_on {
            return false;
        }
        let lacks = |error: &Error| self.dialect.lacks(error).is_some();
        let is_cause = stopped.values().any(lacks);
        let follows = |error: &Error| !self.unjudged.is_empty() && self.dialect.misses(error);
        let is_out = |error: &Error| if is_cause { lacks(error) } else { follows(error) };
        let out: Vec<(usize, &Error)> =
            stopped.iter().filter(|(_, error)| is_out(error)).map(|(at, error)| (*at, error)).collect();
        for (at, error) in &out {
            if let Some(step) = queues.get_mut(*at).and_then(VecDeque::pop_front) {
                let subject = Subject::of(&step, self.dialect, connection.own_schema());
                let place = step.spot.and_then(|(file, line)| Some((file.file_name()?.display(), line)));
                let place = place.map_or_else(String::new, |(file, line)| format!(" ({file}:{line})"));
                let remedy = self.dialect.lacks(error).map_or_else(String::new, |remedy| format!("; {remedy}"));
                let said = format!("{}{place}{remedy}", error.phrase());
                if !self.unjudged.iter().any(|one| subject.is(one)) {
                    self.unjudged.push(subject.unjudged(said));
                }
            }
        }
        !out.is_empty()
    }
}

/// The error with where its step stands.
pub(super) fn blamed(error: Error, step: &Step<'_>, dialect: &dyn Server) -> Error {
    let error = in_model(error, dialect);
    match step.spot {
        Some((file, line)) => error.in_file(file).at_line(line, 0),
        None => error,
    }
}

fn in_model(error: Error, dialect: &dyn Server) -> Error {
    if error.kind() != Kind::Statement {
        return error;
    }
    let hint = dialect.lacks(&error);
    let error = error.into_kind(Kind::File).while_doing("the database refuses this model");
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
