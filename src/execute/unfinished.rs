//! A revision that was stopped part-way goes before all else, and is named with the command that finishes it.

use crate::db::Connection;
use crate::error::{Error, Kind, Result};
use crate::execute::log::Attempt;
use crate::execute::run::Runner;
use crate::graph::{Direction, RevisionId, Rows, Step, Target};

impl Runner<'_> {
    /// Under the lock: what was stopped is the first thing that this run takes up. What is wrong with the target is said by
    /// the plan, and so is what is wrong with the file that is to be finished.
    ///
    /// # Errors
    /// [`Kind::PartWay`].
    pub(super) async fn refuse_to_pass(
        &self,
        connection: &mut Connection,
        rows: &Rows,
        direction: Direction,
        target: &Target,
    ) -> Result<()> {
        let Some(open) = self.log.open_attempt(connection).await? else { return Ok(()) };
        let steps = match direction {
            Direction::Up => self.revisions.graph.upgrade_plan(rows, target),
            Direction::Down => self.revisions.graph.downgrade_plan(rows, target),
        };
        match steps.ok().and_then(|steps| steps.into_iter().next()) {
            Some(first) if !is_of(&open, &first) => Err(self.must_be_finished(connection, &open, rows).await),
            Some(_) | None => Ok(()),
        }
    }

    /// The same for a look without the lock: whoever holds it is at work, and may be done when our turn comes.
    pub(super) async fn refuse_to_pass_unlocked(
        &self,
        connection: &mut Connection,
        rows: &Rows,
        direction: Direction,
        target: &Target,
    ) -> Result<()> {
        match self.dialect.lock_holder(connection, &self.history.table).await? {
            Some(_) => Ok(()),
            None => self.refuse_to_pass(connection, rows, direction, target).await,
        }
    }

    /// Where the version table says that there is nothing to do.
    pub(super) async fn refuse_open(&self, connection: &mut Connection) -> Result<()> {
        let Some(open) = self.log.open_attempt(connection).await? else { return Ok(()) };
        let rows = self.history.rows(connection).await?;
        Err(self.must_be_finished(connection, &open, &rows).await)
    }

    async fn must_be_finished(&self, connection: &mut Connection, open: &Attempt, rows: &Rows) -> Error {
        match self.lost_ground(connection, open, rows).await {
            Some(lost) => part_way(open).caused_by(lost.phrase).with_hint(lost.remedy),
            None => unfinished(open),
        }
    }

    /// Where what was stopped on its way up was put on something that is not applied: no run comes to it any more.
    pub(super) async fn lost_ground(&self, connection: &mut Connection, open: &Attempt, rows: &Rows) -> Option<Lost> {
        let graph = &self.revisions.graph;
        let node = graph.node(&open.revision).filter(|_| open.direction == Direction::Up.word())?;
        let applied = graph.closure(rows);
        let mut needs = node.down_revisions.iter().chain(graph.dependencies(node));
        let missing = needs.find(|id| !applied.contains(id))?;
        let file = self.revisions.file(&node.id).ok()?;
        let before = self.header_as_applied(connection, file, &open.checksum).await;
        let had = before.as_ref().is_none_or(|before| before.down_revision.contains(missing));
        let was = match before.filter(|_| !had) {
            Some(before) if before.down_revision.is_empty() => "its parent null (a base)".to_owned(),
            Some(before) => {
                let ids: Vec<&str> = before.down_revision.iter().map(RevisionId::as_str).collect();
                format!("its parent {}", ids.join(", "))
            }
            None => "the parent that it had when it was begun".to_owned(),
        };
        Some(Lost {
            phrase: format!("it stands on {missing} now, which is not applied"),
            remedy: format!("give {} back {was}, then finish it: {}", node.id, to_finish(open)),
        })
    }
}

/// What became of the ground of a revision that was stopped, and what to do.
pub(super) struct Lost {
    pub(super) phrase: String,
    pub(super) remedy: String,
}

/// Whether a step is what was begun.
pub(super) fn is_of(open: &Attempt, step: &Step) -> bool {
    open.revision == step.revision.as_str() && open.direction == step.direction.word()
}

/// A revision that was stopped and has to be finished.
pub(super) fn part_way(open: &Attempt) -> Error {
    let phrase = format!("the {} of revision {} was stopped part-way", open.direction, open.revision);
    Error::new(Kind::PartWay, phrase).in_revision(open.revision.as_str())
}

/// The same, for whoever would go on without it.
pub(super) fn unfinished(open: &Attempt) -> Error {
    part_way(open).with_hint(format!("finish it first: {}", to_finish(open)))
}

/// The command that finishes it. What is being taken back stands in the version table still.
pub(super) fn to_finish(open: &Attempt) -> String {
    let step = if open.direction == Direction::Down.word() { "@-1" } else { "" };
    format!("migrate {} {}{step}", open.direction, open.revision)
}
