//! What is asked about operations on rows before the first revision runs: what a way back needs, whether rows changed
//! since, and what a way up will keep.

use std::collections::{BTreeMap, BTreeSet};

use crate::amount::spoken;
use crate::data::{self, Site};
use crate::db::Connection;
use crate::error::{Error, Kind, Result};
use crate::execute::Event;
use crate::execute::live::shape;
use crate::execute::log::Attempt;
use crate::execute::rows::{self, ask, refusal, scope_of};
use crate::execute::rows_kept::Place;
use crate::execute::run::Runner;
use crate::execute::step::Tell;
use crate::graph::Direction;
use crate::ops::{DataOperation, OnConflict, Operation, Restore};
use crate::plan::{Chunk, DataChunk, Planned};
use crate::schema::{Name, Schema};
use crate::statement::Guard;

/// Of a smaller table nothing is counted.
const SMALL: u64 = 64 << 20;

/// Rows that a server keeps in a second, for the time that is told.
const RATE: u64 = 100_000;

/// What is asked, and what may be.
pub(super) struct Before<'a> {
    pub(super) place: Place<'a>,
    /// A revision that was stopped part-way: what it has done is not asked about.
    pub(super) open: Option<Attempt>,
    /// In bytes.
    pub(super) keep_limit: u64,
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
            Chunk::Data(data) => self.tables.extend(data.operation.table().cloned()),
        }
    }
}

impl Runner<'_> {
    /// What is asked for the sake of rows before the first revision runs; nothing where no revision works on rows.
    pub(super) async fn ask_before_rows(
        &self,
        connection: &mut Connection,
        planned: &mut [Planned],
        tell: Tell<'_>,
    ) -> Result<()> {
        if !rows::any(planned) {
            return Ok(());
        }
        self.programs.check(planned).map_err(|error| self.placed(error))?;
        let place = Place { dialect: self.dialect, scope: &self.scope, version_table: &self.history.table };
        rows::ensure_list(connection, place).await?;
        let open = self.log.open_attempt(connection).await?;
        let (keep_limit, allow_data_loss) = (self.limits.keep_limit, self.back.allow_data_loss);
        Before { place, open, keep_limit, allow_data_loss }.check(connection, planned, tell).await
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
        let chunks = planned.iter().flat_map(|step| &step.chunks);
        let operations: Vec<&DataOperation> = chunks.filter_map(of_rows).collect();
        let scope = scope_of(self.place.scope, &operations);
        let now = shape(self.place.dialect, connection, &scope).await?;
        let mut touched = Touched::default();
        for step in planned {
            let mut left = Vec::with_capacity(step.chunks.len());
            for (number, chunk) in std::mem::take(&mut step.chunks).into_iter().enumerate() {
                let stays = match &chunk {
                    Chunk::Data(data) if self.has_done(step, number, &data.operation) => true,
                    Chunk::Data(data) => {
                        let asked = match step.step.direction {
                            Direction::Up => self.costs(connection, data, &now, tell).await.map(|()| true),
                            Direction::Down => self.is_whole(connection, data, (&now, &mut touched), tell).await,
                        };
                        let here = |error: Error| error.in_revision(&data.revision).at_line(data.line, 0);
                        asked.map_err(here)?
                    }
                    Chunk::Operations(_) | Chunk::Sql(_) => true,
                };
                touched.by(&chunk);
                left.push(if stays { chunk } else { Chunk::Sql(Vec::new()) });
            }
            step.chunks = left;
        }
        Ok(())
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
        Site { dialect, server, shape, revision, version_table, triggers, images: None }
    }

    /// False = the before-images are gone, and the run goes on without them.
    async fn is_whole(
        &self,
        connection: &mut Connection,
        chunk: &DataChunk,
        (shape, touched): (&Schema, &mut Touched),
        tell: Tell<'_>,
    ) -> Result<bool> {
        let triggers = BTreeMap::new();
        let images = rows::left_by(chunk, self.place, connection).await?;
        let site = Site { images: images.as_ref(), ..self.site(chunk, shape, &triggers, connection) };
        let (what, names) = match &chunk.operation {
            DataOperation::Step(_) | DataOperation::Keep(_) => return Ok(true),
            DataOperation::BringBack(kept) => (kept.drop.describe(), Some(data::kept_names(kept, &site))),
            DataOperation::Restore(restore) => (restore.step.clone(), images_of(restore, &site)),
        };
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
            return Err(Error::new(Kind::Statement, phrase).hint(
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

    /// Tells what a step on a large table will keep, and refuses more than may be.
    async fn costs(
        &self,
        connection: &mut Connection,
        chunk: &DataChunk,
        shape: &Schema,
        tell: Tell<'_>,
    ) -> Result<()> {
        let triggers = BTreeMap::new();
        let DataOperation::Step(step) = &chunk.operation else { return Ok(()) };
        // What does not fit the tables yet is looked at when it is its turn.
        let Ok(costs) = data::costs(step, &self.site(chunk, shape, &triggers, connection)) else { return Ok(()) };
        for (of_table, of_rows) in costs {
            let all = number(connection, &of_table, 0).await?;
            if all.is_none_or(|bytes| bytes < SMALL.min(self.keep_limit)) {
                continue;
            }
            let Some(rows) = number(connection, &of_rows, 0).await? else { continue };
            let bytes = number(connection, &of_rows, 1).await?.unwrap_or(0).saturating_add(rows.saturating_mul(24));
            if bytes > self.keep_limit {
                let phrase = format!(
                    "`{}` would keep {} of {rows} rows for its way back, and {} may be kept",
                    step.name,
                    spoken(bytes),
                    spoken(self.keep_limit)
                );
                return Err(Error::new(Kind::Usage, phrase)
                    .hint("allow it with --keep-limit, or say `undo:` or `irreversible:` in the step"));
            }
            let minutes = rows / RATE / 60 + 1;
            let message = format!("`{}` keeps {} of {rows} rows, about {minutes} min", step.name, spoken(bytes));
            tell(Event::Warned { message, hint: None });
        }
        Ok(())
    }
}

fn of_rows(chunk: &Chunk) -> Option<&DataOperation> {
    match chunk {
        Chunk::Data(data) => Some(&data.operation),
        Chunk::Operations(_) | Chunk::Sql(_) => None,
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

/// A number that a question gives; none where the server refuses it.
async fn number(connection: &mut Connection, sql: &str, place: usize) -> Result<Option<u64>> {
    match connection.first_row(sql).await {
        Ok(row) => Ok(row.and_then(|row| row.int(place).ok().flatten()).and_then(|number| u64::try_from(number).ok())),
        Err(error) if error.kind() == Kind::Statement => Ok(None),
        Err(error) => Err(error),
    }
}
