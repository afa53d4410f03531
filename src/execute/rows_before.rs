//! What is asked about operations on rows before the first revision runs: what a way back needs, whether rows changed
//! since, and what a way up will keep.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::{self, Site};
use crate::db::Connection;
use crate::dialect::{Server, settle};
use crate::error::{Error, Kind, Result};
use crate::execute::Event;
use crate::execute::log::Attempt;
use crate::execute::rows::{self, ask, refusal, tables_around};
use crate::execute::rows_cost::Keeping;
use crate::execute::rows_kept::Place;
use crate::execute::run::Runner;
use crate::execute::step::Tell;
use crate::graph::Direction;
use crate::ops::{DataOperation, OnConflict, Operation, Restore};
use crate::plan::{Chunk, DataChunk, Planned};
use crate::schema::{Name, Schema};
use crate::statement::Guard;

/// What is asked, and what may be.
pub(super) struct Before<'a> {
    pub(super) place: Place<'a>,
    /// A revision that was stopped part-way: what it has done is not asked about.
    pub(super) open: Option<Attempt>,
    /// What the run keeps.
    pub(super) keeping: Keeping,
    pub(super) allow_data_loss: bool,
}

/// What earlier parts of the plan change: behind them a question would find what they leave.
#[derive(Default)]
struct Touched {
    tables: BTreeSet<Name>,
    /// By SQL of which nobody knows what it does.
    all: bool,
}

impl Touched {
    fn by(&mut self, chunk: &Chunk) {
        match chunk {
            Chunk::Sql(_) => self.all = true,
            Chunk::Operations(operations) => {
                self.tables.extend(operations.iter().filter_map(Operation::table).cloned());
            }
            Chunk::Data(data) => self.tables.extend(data.operation.tables().into_iter().cloned()),
        }
    }

    /// Whether rows of an operation may be others by now.
    fn by_now(&self, operation: &DataOperation) -> bool {
        self.all || operation.tables().into_iter().any(|table| self.tables.contains(table))
    }
}

/// The tables while a plan is gone through.
struct Seen {
    /// As the server has them.
    now: Schema,
    /// As the operations before leave them, as far as that is known.
    then: Schema,
    touched: Touched,
}

impl Seen {
    fn follow(&mut self, chunk: &Chunk, dialect: &'static dyn Server, connection: &Connection) {
        self.touched.by(chunk);
        if let Chunk::Operations(operations) = chunk
            && let Ok(settled) = settle(operations, dialect, &self.then, connection.server())
        {
            dialect.advance(&settled, &mut self.then);
        }
    }
}

impl Runner<'_> {
    /// What is asked for the sake of rows before the first revision runs; nothing where no revision works on rows. Gives
    /// what the run will keep, as far as it is known.
    pub(super) async fn ask_before_rows(
        &self,
        connection: &mut Connection,
        planned: &mut [Planned],
        tell: Tell<'_>,
    ) -> Result<Keeping> {
        self.tell_unused(connection, planned, tell).await?;
        let steps = rows::operations(planned).len();
        let keeping = Keeping::new(self.limits.keep_limit, steps);
        if steps == 0 {
            return Ok(keeping);
        }
        self.programs.check(planned).map_err(|error| self.placed(error))?;
        let place = self.rows_place();
        rows::ensure_list(connection, place).await?;
        let open = self.log.open_attempt(connection).await?;
        self.put_aside(connection, planned, (open.as_ref(), tell)).await?;
        let before = Before { place, open, keeping, allow_data_loss: self.back.allow_data_loss };
        before.check(connection, planned, tell).await?;
        Ok(before.keeping)
    }
}

impl Before<'_> {
    /// Asks about all steps of a plan. A way back whose images are gone leaves an empty place in it where that was allowed:
    /// the journal finds the others by their places.
    ///
    /// # Errors
    /// [`Kind::Statement`] where a before-image is missing, [`Kind::Refused`] where rows changed since, [`Kind::Usage`]
    /// where more would be kept than may be.
    pub(super) async fn check(
        &self,
        connection: &mut Connection,
        planned: &mut [Planned],
        tell: Tell<'_>,
    ) -> Result<()> {
        let now = tables_around(self.place, connection, &rows::operations(planned)).await?;
        let mut seen = Seen { then: now.clone(), now, touched: Touched::default() };
        for step in planned {
            let mut left = Vec::with_capacity(step.chunks.len());
            for (number, chunk) in std::mem::take(&mut step.chunks).into_iter().enumerate() {
                let stays = match &chunk {
                    Chunk::Data(data) if !self.has_done(step, number, &data.operation) => {
                        let asked = match step.step.direction {
                            Direction::Up => self.costs(connection, data, &seen, tell).await.map(|()| true),
                            Direction::Down => self.is_whole(connection, data, &mut seen, tell).await,
                        };
                        asked.map_err(|error| error.in_revision(&data.revision).at_line(data.line, 0))?
                    }
                    Chunk::Data(_) | Chunk::Operations(_) | Chunk::Sql(_) => true,
                };
                seen.follow(&chunk, self.place.dialect, connection);
                left.push(if stays { chunk } else { Chunk::Sql(Vec::new()) });
            }
            step.chunks = left;
        }
        Ok(())
    }

    /// Counts what a step keeps, as far as it is known before it is its turn.
    async fn costs(&self, connection: &mut Connection, data: &DataChunk, seen: &Seen, tell: Tell<'_>) -> Result<()> {
        let triggers = BTreeMap::new();
        let site = self.site(data, &seen.then, &triggers, connection);
        let is_sure = !seen.touched.by_now(&data.operation);
        self.keeping.ask(connection, data, (&site, &seen.now, is_sure), tell).await
    }

    /// Whether the revision that is open has done the part of this number: of a way back the first statement, which is
    /// all of it but taking the images away.
    fn has_done(&self, step: &Planned, number: usize, operation: &DataOperation) -> bool {
        let is_it = |open: &&Attempt| {
            open.revision == step.step.revision.as_str() && open.direction == step.step.direction.word()
        };
        let Some(open) = self.open.as_ref().filter(is_it) else { return false };
        let before: usize = open.chunks.iter().take(number).sum();
        let needed = |statements: usize| if operation.is_way_back() { statements.min(1) } else { statements };
        open.chunks.get(number).is_some_and(|statements| before + needed(*statements) <= open.begun.max(open.done))
    }

    fn site<'s>(
        &'s self,
        chunk: &'s DataChunk,
        shape: &'s Schema,
        triggers: &'s BTreeMap<Name, Vec<crate::dialect::data::Trigger>>,
        connection: &Connection,
    ) -> Site<'s> {
        let Place { dialect, version_table, .. } = self.place;
        let (server, revision) = (connection.server(), chunk.revision.as_str());
        Site { dialect, server, shape, revision, version_table, triggers, keys_off: false, images: None }
    }

    /// False = the before-images are gone, and the run goes on without them.
    async fn is_whole(
        &self,
        connection: &mut Connection,
        chunk: &DataChunk,
        Seen { now, touched, .. }: &mut Seen,
        tell: Tell<'_>,
    ) -> Result<bool> {
        let triggers = BTreeMap::new();
        let images = rows::left_by(chunk, self.place, connection).await?;
        let site = Site { images: images.as_ref(), ..self.site(chunk, now, &triggers, connection) };
        let names = match &chunk.operation {
            DataOperation::Step(_) | DataOperation::Keep(_) => return Ok(true),
            DataOperation::BringBack(kept) => Some(data::kept_names(kept, &site)),
            DataOperation::Restore(restore) => images_of(restore, &site),
        };
        let what = chunk.operation.kept_as();
        // Tables that a step before brings back are not there yet: then it is asked when it is its turn.
        let Some(names) = names else { return Ok(true) };
        for name in &names {
            if self.place.dialect.has_table(connection, name).await? {
                continue;
            }
            if self.allow_data_loss {
                let message = format!("nothing is left of what `{what}` changed: it is passed by");
                tell(Event::Warned { message, hint: None });
                return Ok(false);
            }
            let phrase = format!("the before-image of `{what}` is missing: the table {}", name.for_people());
            return Err(Error::new(Kind::Statement, phrase).with_hint(
                "it was forgotten or dropped, or the revision was only stamped; --allow-data-loss goes back without \
                 the rows that it held",
            ));
        }
        // What does not fit where nothing changed before will not fit when it is its turn.
        let is_first = !touched.all && touched.tables.is_empty();
        let guards = match in_the_way(&chunk.operation, &site) {
            Err(error) if is_first => return Err(error),
            guards => guards.unwrap_or_default(),
        };
        for (table, guard) in &guards {
            if touched.all || touched.tables.contains(table) {
                continue;
            }
            match ask(connection, guard).await {
                Ok(None) => {}
                Ok(Some(finding)) => return Err(refusal(guard, &finding)),
                // Columns that a step before brings back are not there yet.
                Err(error) if error.kind() == Kind::Statement && !is_first => {}
                Err(error) => return Err(error),
            }
        }
        touched.tables.extend(guards.into_iter().map(|(table, _)| table));
        Ok(true)
    }
}

/// Questions, each about a table.
type Guards = Vec<(Name, Guard)>;

/// The images of a way back; `None` where its tables are not there.
fn images_of(restore: &Restore, site: &Site<'_>) -> Option<Vec<Name>> {
    data::image_names(restore.of.as_ref()?, site).ok()
}

/// The questions about what others did.
fn in_the_way(operation: &DataOperation, site: &Site<'_>) -> Result<Guards> {
    match operation {
        DataOperation::Restore(Restore { of: Some(step), on_conflict: OnConflict::Stop, .. }) => {
            data::conflicts(step, site)
        }
        DataOperation::Restore(_) | DataOperation::BringBack(_) | DataOperation::Step(_) | DataOperation::Keep(_) => {
            Ok(Guards::new())
        }
    }
}
