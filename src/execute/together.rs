//! All revisions of a run in one transaction: all of them take effect, or none.

use crate::db::{Connection, Ending};
use crate::error::{Error, Kind, Result};
use crate::execute::StepReport;
use crate::execute::outcome::Last;
use crate::execute::render::may_rebuild;
use crate::execute::retry::Usual;
use crate::execute::step::{Bench, Done, Outcome, Tell, refuse_newly_broken, tell_applied};
use crate::execute::unfinished::{part_way, to_finish};
use crate::graph::Rows;
use crate::plan::Planned;
use crate::schema::Pair;

impl Bench<'_> {
    /// Runs the revisions and records them, where DDL is transactional and none of them refuses a transaction.
    pub(crate) async fn run_together(
        &self,
        connection: &mut Connection,
        planned: &[Planned],
        tell: Tell<'_>,
    ) -> Result<Outcome> {
        if self.interrupted
            && let Some(open) = self.log.open_attempt(connection).await?
        {
            return Err(part_way(&open)
                .with_hint(format!("finish it first, without `--transaction all`: {}", to_finish(&open))));
        }
        let rebuilds = planned.iter().any(|one| may_rebuild(one, self.dialect, connection));
        if rebuilds {
            self.dialect.around_rebuild(connection, true).await?;
        }
        let outcome = self.one_transaction(connection, planned, rebuilds, tell).await;
        let cleared = self.clear_up(connection, true, rebuilds).await;
        let Some(reports) = outcome? else { return cleared.map(|()| Outcome::Overtaken) };
        for (report, planned) in reports.iter().zip(planned) {
            tell_applied(tell, report, planned);
        }
        Ok(Outcome::Done(Done { reports, opened: None, unclean: cleared.err() }))
    }

    /// Opens the transaction: the version rows, and what breaks a foreign key already where tables will be rebuilt.
    /// After an error nothing is open.
    async fn open(&self, connection: &mut Connection, rebuilds: bool) -> Result<(Rows, Vec<String>)> {
        let opened = match self.history.begin(connection).await {
            Ok(rows) if rebuilds => self.dialect.broken_references(connection).await.map(|broken| (rows, broken)),
            other => other.map(|rows| (rows, Vec::new())),
        };
        if opened.is_err() && connection.is_usable() {
            connection.rollback().await?;
        }
        opened
    }

    /// `None` = overtaken.
    async fn one_transaction(
        &self,
        connection: &mut Connection,
        planned: &[Planned],
        rebuilds: bool,
        tell: Tell<'_>,
    ) -> Result<Option<Vec<StepReport>>> {
        let usual = Usual::of(connection);
        let (mut rows, broken) = self.open(connection, rebuilds).await?;
        let mut reports = Vec::new();
        for (one, place) in planned.iter().zip(1..) {
            let limited = usual.with(one.limits, connection).await;
            let mut work = self.begin_work(connection, one, place, tell);
            let inside = match limited {
                Ok(()) => work.inside_and_logged(&rows).await,
                Err(error) => Err(error),
            };
            let outcome = match inside {
                Ok(true) if reports.len() + 1 == planned.len() => {
                    work.end_together(rebuilds.then_some(&broken), planned).await
                }
                other => other,
            };
            match outcome {
                Ok(true) => {}
                Ok(false) => {
                    connection.rollback().await?;
                    return Ok(None);
                }
                Err(error) => {
                    let error = work.roll_back(error).await;
                    return Err(with_the_others(error.in_revision(one.step.revision.as_str()), planned.len()));
                }
            }
            rows.clone_from(&one.step.after);
            reports.push(work.report());
        }
        Ok(Some(reports))
    }
}

impl crate::execute::step::Work<'_> {
    /// As [`Self::inside`], with the row of the log.
    async fn inside_and_logged(&mut self, rows: &Rows) -> Result<bool> {
        if !self.inside(rows).await? {
            return Ok(false);
        }
        let back = self.connection.put_back(Ending::Shared).await?;
        let sql = back.into_iter().chain([self.log_row()]).collect::<Vec<_>>().join("; ");
        self.connection.execute(&sql).await.map(|_| true)
    }

    /// Commits what all of them did. `broken`: the rows that broke a foreign key before, where tables were rebuilt.
    async fn end_together(&mut self, broken: Option<&Vec<String>>, planned: &[Planned]) -> Result<bool> {
        if let Some(broken) = broken {
            let after = self.bench.dialect.broken_references(self.connection).await?;
            refuse_newly_broken(Pair::new(broken, &after), planned, self.bench.dialect)?;
        }
        self.commit(Last::Any).await.map(|()| true)
    }
}

/// Says what became of the others.
fn with_the_others(error: Error, count: usize) -> Error {
    let rolled_back = matches!(error.kind(), Kind::Statement | Kind::Cancelled);
    if rolled_back && error.hint().is_none() {
        return error.with_hint(format!(
            "all {count} revisions of this run were rolled back: mend this one, then run it again"
        ));
    }
    error
}
