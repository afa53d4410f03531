//! What a run would do: the statements of a plan before it runs, for `--dry-run` and for the checks before the start.

#[cfg(feature = "orm")]
use std::collections::BTreeMap;

use crate::db::Connection;
use crate::dialect::settle;
use crate::error::{Error, Result};
use crate::execute::live::shape_with_rights;
use crate::execute::preflight::{Check, Checks};
#[cfg(feature = "orm")]
use crate::execute::rows;
use crate::execute::run::Runner;
use crate::execute::{Preview, Report, StepReport, render, texts};
use crate::graph::{Direction, Target};
use crate::plan::{Chunk, Planned};
use crate::schema::{Name, Schema};
use crate::statement::Statement;
use crate::statement::course::Facts;

/// What a dry run found beside the statements.
pub(crate) struct DryRun {
    pub(crate) report: Report,
    /// Of each step of the report, each statement.
    pub(crate) previews: Vec<Vec<Preview>>,
    pub(crate) checks: Vec<Check>,
}

/// A statement and those that run with it, each by itself.
#[cfg(feature = "orm")]
fn one_by_one(statement: &Statement) -> Vec<Statement> {
    let texts = statement.texts().into_iter();
    texts.map(|sql| Statement { sql, also: Vec::new(), ..statement.clone() }).collect()
}

impl Runner<'_> {
    /// What `run` would do, without doing it: revisions, statements with their locks, and the checks. Rendering that needs
    /// the shape of tables sees the database as it is, changed in memory by the operations before.
    pub(crate) async fn dry_run(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
    ) -> Result<DryRun> {
        self.refuse_transactions(connection)?;
        let (rows, planned) = self.foreseen(connection, direction, target).await?;
        if planned.is_empty()
            && let Some(error) = self.part_way(connection).await?
        {
            return Err(error);
        }
        let mut forecast = self.forecast(connection, &planned).await?;
        let facts = self.facts_of(connection, &forecast).await?;
        let mut report = Report { before: texts(&rows), after: texts(&rows), ..Report::default() };
        let mut previews = Vec::new();
        for (step, statements) in planned.iter().zip(&mut forecast) {
            statements.iter_mut().for_each(|statement| render::say_course(statement, &facts, self.limits.allow_copy));
            previews.push(statements.iter().map(|statement| self.preview(statement, &facts)).collect());
            report.after = texts(&step.step.after);
            let statements: Vec<String> = statements.iter().map(|statement| statement.sent().into_owned()).collect();
            report.steps.push(StepReport::planned(step, &statements));
        }
        let checks = if planned.is_empty() {
            Vec::new()
        } else {
            let mut checks = Checks::new(self);
            checks.ask(connection, &planned).await?;
            checks.copies(&planned, &forecast, &facts);
            #[cfg(feature = "orm")]
            checks.left(&self.left_unused(connection, &planned).await?);
            checks.lock(connection).await?;
            checks.done
        };
        Ok(DryRun { report, previews, checks })
    }

    fn preview(&self, statement: &Statement, facts: &Facts) -> Preview {
        let copied = statement.course.as_deref().filter(|course| course.may_copy(facts.get(&course.table)));
        Preview {
            sql: statement.sent().into_owned(),
            locks: self.dialect.locks(statement),
            hazards: statement.hazards.clone(),
            copies: copied.map(|course| (course.table.for_people(), facts.get(&course.table).map(|facts| facts.bytes))),
        }
    }

    /// Stops before the start where an operation on rows does not fit the tables as they will be, as far as a person's SQL
    /// does not change them first.
    #[cfg(feature = "orm")]
    pub(super) async fn refuse_misfits(
        &self,
        connection: &mut Connection,
        is_open: bool,
        planned: &[Planned],
    ) -> Result<()> {
        // The tables of a revision that was stopped are no more those that it was written for.
        if is_open || planned.iter().any(|step| step.step.direction == Direction::Down) {
            return Ok(());
        }
        let is_known = |chunk: &Chunk| !matches!(chunk, Chunk::Sql(_));
        let mut known = Vec::new();
        for step in planned {
            let chunks: Vec<Chunk> = step.chunks.iter().take_while(|chunk| is_known(chunk)).cloned().collect();
            let whole = chunks.len() == step.chunks.len();
            known.push(Planned { chunks, ..step.clone() });
            if !whole {
                break;
            }
        }
        if known.iter().any(|step| step.chunks.iter().any(Chunk::is_of_rows)) {
            self.forecast(connection, &known).await?;
        }
        Ok(())
    }

    /// The statements of each step, as far as they can be known before.
    pub(super) async fn forecast(
        &self,
        connection: &mut Connection,
        planned: &[Planned],
    ) -> Result<Vec<Vec<Statement>>> {
        let server = connection.server();
        let keeps_rights = render::keeps_rights(planned, self.dialect, connection).await?;
        let needs_shape =
            keeps_rights || planned.iter().any(|step| render::needs_shape(step, self.dialect, connection));
        let mut schema =
            if needs_shape { self.around(connection, planned, keeps_rights).await? } else { Schema::default() };
        let mut all = Vec::new();
        for step in planned {
            let mut statements = Vec::new();
            let here = |error: Error| self.placed(error.in_revision(step.step.revision.as_str()));
            for chunk in &step.chunks {
                match chunk {
                    Chunk::Sql(texts) => statements.extend(texts.iter().cloned()),
                    #[cfg(feature = "orm")]
                    Chunk::Data(data) => {
                        let shape = &rows::with_whole_heirs(schema.clone());
                        let keys_off = render::may_rebuild(step, self.dialect, connection);
                        let ground = rows::Ground { shape, triggers: &BTreeMap::new(), keys_off, images: None };
                        let made = rows::of_chunk(data, self.rows_place(), ground, server).map_err(here)?;
                        statements.extend(made.iter().flat_map(one_by_one));
                    }
                    Chunk::Operations(operations) => {
                        let refused = |why| here(render::unsupported(why));
                        let settled = settle(operations, self.dialect, &schema, server).map_err(refused)?;
                        statements.extend(self.dialect.render(&settled, &schema, server).map_err(refused)?);
                        if needs_shape {
                            self.dialect.advance(&settled, &mut schema);
                        }
                    }
                }
            }
            all.push(statements);
        }
        Ok(all)
    }

    /// The tables as they are, with those around operations on rows.
    async fn around(&self, connection: &mut Connection, planned: &[Planned], with_rights: bool) -> Result<Schema> {
        #[cfg(feature = "orm")]
        let scope = &rows::scope_around(self.rows_place(), connection, &rows::operations(planned)).await?;
        #[cfg(not(feature = "orm"))]
        let (scope, _) = (&self.scope, planned);
        if with_rights {
            return shape_with_rights(self.dialect, connection, scope).await;
        }
        self.dialect.inspect(connection, scope).await
    }

    /// What the server says about the tables that these statements change.
    async fn facts_of(&self, connection: &mut Connection, statements: &[Vec<Statement>]) -> Result<Facts> {
        let courses = statements.iter().flatten().filter_map(|statement| statement.course.as_deref());
        let mut tables: Vec<Name> = courses.map(|course| course.table.clone()).collect();
        tables.sort();
        tables.dedup();
        self.dialect.table_facts(connection, &tables).await
    }
}
