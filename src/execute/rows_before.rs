//! What is asked about operations on rows before the first revision runs: what a way back needs, whether rows changed
//! since, and what a way up will keep.

use std::collections::{BTreeMap, BTreeSet};

use crate::amount::spoken;
use crate::data::{self, Site};
use crate::db::Connection;
use crate::error::{Error, Kind, Result};
use crate::execute::Event;
use crate::execute::rows::{self, ask, refusal, tables_around};
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
        let limits = Before { place, keep_limit: self.limits.keep_limit, allow_data_loss: self.back.allow_data_loss };
        limits.check(connection, planned, tell).await
    }
}

impl Before<'_> {
    /// Asks about all steps of a plan. A way back whose images are gone is taken out of it where that was allowed.
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
        let mut touched = Touched::default();
        for step in planned {
            let mut left = Vec::with_capacity(step.chunks.len());
            for chunk in std::mem::take(&mut step.chunks) {
                let stays = match &chunk {
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
                if stays {
                    left.push(chunk);
                }
            }
            step.chunks = left;
        }
        Ok(())
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
        Site { dialect, server, shape, revision, version_table, triggers, keys_off: false }
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
        let site = self.site(chunk, shape, &triggers, connection);
        let (what, names, guards) = match &chunk.operation {
            DataOperation::Step(_) | DataOperation::Keep(_) => return Ok(true),
            DataOperation::BringBack(kept) => (kept.drop.describe(), data::kept_names(kept, &site), Vec::new()),
            DataOperation::Restore(restore) => match in_the_way(restore, &site) {
                Some((names, guards)) => (restore.step.clone(), names, guards),
                // Tables that a step before brings back are not there yet: then it is asked when it is its turn.
                None => return Ok(true),
            },
        };
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
        for (table, guard) in &guards {
            if touched.all || touched.tables.contains(table) {
                continue;
            }
            match ask(connection, guard).await {
                Ok(None) => {}
                Ok(Some(finding)) => return Err(refusal(guard, &finding)),
                // Columns that a step before brings back are not there yet.
                Err(error) if error.kind() == Kind::Statement => {}
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

/// Questions, each about a table.
type Guards = Vec<(Name, Guard)>;

/// The images of a way back, and the questions about others; `None` where its tables are not there.
fn in_the_way(restore: &Restore, site: &Site<'_>) -> Option<(Vec<Name>, Guards)> {
    let step = restore.of.as_ref()?;
    let names = data::image_names(step, site).ok()?;
    let asks = restore.on_conflict == OnConflict::Stop;
    Some((names, if asks { data::conflicts(step, site).ok()? } else { Vec::new() }))
}

/// A number that a question gives; none where the server refuses it.
async fn number(connection: &mut Connection, sql: &str, place: usize) -> Result<Option<u64>> {
    match connection.first_row(sql).await {
        Ok(row) => Ok(row.and_then(|row| row.int(place).ok().flatten()).and_then(|number| u64::try_from(number).ok())),
        Err(error) if error.kind() == Kind::Statement => Ok(None),
        Err(error) => Err(error),
    }
}
