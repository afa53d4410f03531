//! Whether a database has come as far as somebody waits for. Reads the version table and the log, and never writes.

use std::collections::BTreeSet;

use crate::db::Connection;
use crate::error::Result;
use crate::execute::run::Runner;
use crate::graph::{Direction, RevisionId, Target};

/// The answer to whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    Yes,
    NotYet,
    /// The database names revisions that no file here has, and its log does not tell of those that are waited for.
    CannotKnow,
}

impl Runner<'_> {
    /// The revisions that a target names, whatever is applied.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] as for any target; for one that counts from the database.
    pub(crate) fn awaited(&self, target: &Target) -> Result<BTreeSet<RevisionId>> {
        Ok(self.revisions.graph.resolve(target, None)?.into_iter().cloned().collect())
    }

    /// Whether all of these are applied, and none of them is being taken back.
    pub(crate) async fn has_reached(
        &self,
        connection: &mut Connection,
        wanted: &BTreeSet<RevisionId>,
    ) -> Result<Reached> {
        let rows = self.history.rows_if_any(connection).await?;
        let open = self.log.open_attempt_if_any(connection).await?;
        if open.is_some_and(|attempt| attempt.direction == Direction::Down.word()) {
            return Ok(Reached::NotYet);
        }
        if let Ok(applied) = self.revisions.graph.applied(&rows) {
            let is_there = wanted.iter().all(|id| applied.contains(&id));
            return Ok(if is_there { Reached::Yes } else { Reached::NotYet });
        }
        // A newer release has gone on from there: its files are not here, but its log tells.
        let applied = self.log.applied_if_any(connection).await?;
        Ok(if wanted.is_subset(&applied) { Reached::Yes } else { Reached::CannotKnow })
    }
}
