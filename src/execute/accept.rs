//! Checksums of applied revisions whose files became others on purpose: accepted by a person, or moved by a rebase.

use crate::db::Connection;
use crate::error::{Error, Kind, Result};
use crate::execute::audit::Change;
use crate::execute::log::{Attempt, State};
use crate::execute::outcome::settled;
use crate::execute::run::Runner;
use crate::execute::step::Tell;
use crate::graph::{RevisionId, RowMove, Rows};
use crate::revision::File;
use crate::schema::Pair;
use crate::statement::SERVERS;

/// An applied revision whose file is not what was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edited {
    pub(crate) revision: RevisionId,
    /// What was applied, where the log kept it.
    pub(crate) before: Option<String>,
    pub(crate) after: String,
}

/// What a rebase does to a database in which the moved revisions are applied.
pub(crate) struct Recorded<'a> {
    /// The rows that it was planned on, and those that the new graph makes of them.
    pub(crate) rows: Pair<Rows>,
    /// The applied revisions with their new files.
    pub(crate) files: &'a [File],
}

impl Runner<'_> {
    /// What accepting the file of an applied revision would accept; None = it is what was applied.
    ///
    /// # Errors
    /// [`Kind::Usage`] for a revision that is not applied or of which the log knows nothing; [`Kind::Edited`] where a
    /// revision that never ran was put below it.
    pub(crate) async fn edited(&self, connection: &mut Connection, id: &RevisionId) -> Result<Option<Edited>> {
        let rows = self.history.rows_if_any(connection).await?;
        let known = self.log.read_if_any(connection).await?.checksums;
        let file = self.revisions.file(id)?;
        let refused =
            |why: &str, hint: &str| Err(Error::new(Kind::Usage, format!("revision {id} {why}")).with_hint(hint));
        if !self.revisions.graph.closure(&rows).contains(&id) {
            return refused("is not applied: its file may be edited as it is", "run it: migrate upgrade");
        }
        let Some(checksum) = known.get(id) else {
            return refused("is not in the log, so that nothing is checked", "nothing is to be done");
        };
        if *checksum == file.checksum() {
            return Ok(None);
        }
        let findings = self.audit(connection, &known, &rows).await?;
        let other = |change: &Change| matches!(change, Change::Inserted | Change::Deleted | Change::Renumbered);
        if let Some(found) = findings.into_iter().find(|one| one.revision == *id && other(&one.change)) {
            return Err(found.error(&[]));
        }
        let before = self.log.text(connection, id, checksum).await;
        Ok(Some(Edited { revision: id.clone(), before, after: file.text.clone() }))
    }

    /// Takes the files of these revisions for what was applied.
    pub(crate) async fn accept(&self, connection: &mut Connection, ids: &[RevisionId], tell: Tell<'_>) -> Result<()> {
        self.take_lock(connection, tell).await?;
        let outcome = self.accept_locked(connection, ids).await;
        self.give_lock_back(connection, outcome).await
    }

    async fn accept_locked(&self, connection: &mut Connection, ids: &[RevisionId]) -> Result<()> {
        self.ensure_tables(connection).await?;
        for id in ids {
            let sql = self.accepted("accept", self.revisions.file(id)?);
            connection.execute(&sql).await?;
        }
        Ok(())
    }

    /// The row of the log that says: this is what is applied.
    fn accepted(&self, direction: &str, file: &File) -> String {
        let attempt = Attempt {
            revision: file.header.revision.as_str().to_owned(),
            direction: direction.to_owned(),
            checksum: file.checksum(),
            text: Some(file.text.clone()),
            ..Attempt::default()
        };
        self.log.insert(State::Stamped, &attempt)
    }

    /// Records a rebase: version rows and checksums move in one transaction, and `swap` writes the files before it is
    /// committed; `undo` takes that back if it cannot be.
    pub(crate) async fn record_rebase(
        &self,
        connection: &mut Connection,
        recorded: &Recorded<'_>,
        files: Pair<&(dyn Fn() -> Result<()> + Sync)>,
        tell: Tell<'_>,
    ) -> Result<()> {
        self.take_lock(connection, tell).await?;
        let outcome = self.record_locked(connection, recorded, files).await;
        self.give_lock_back(connection, outcome).await
    }

    async fn record_locked(
        &self,
        connection: &mut Connection,
        recorded: &Recorded<'_>,
        files: Pair<&(dyn Fn() -> Result<()> + Sync)>,
    ) -> Result<()> {
        self.ensure_tables(connection).await?;
        self.refuse_open(connection).await?;
        let found = self.history.begin(connection).await?;
        let prepared = self.prepare(connection, recorded, &found).await.and_then(|()| (files.from)());
        if let Err(error) = prepared {
            connection.rollback().await?;
            return Err(error);
        }
        let committed = match connection.commit().await {
            Err(error) if SERVERS && error.kind() == Kind::OutcomeUnknown => {
                settled(connection, &self.history, recorded.rows.as_ref(), error).await
            }
            other => other,
        };
        match committed {
            Err(error) if error.kind() == Kind::OutcomeUnknown => Err(error
                .while_doing("the files were written; whether the database knows of it is not known")
                .with_hint(
                    "`migrate status` with exit code 7 says that it does not: then put the files back as they were",
                )),
            Err(error) => (files.to)().and(Err(error)),
            Ok(()) => Ok(()),
        }
    }

    async fn prepare(&self, connection: &mut Connection, recorded: &Recorded<'_>, found: &Rows) -> Result<()> {
        let Pair { from: before, to: after } = &recorded.rows;
        let moved = found == before && self.history.make_moves(connection, &RowMove::between(before, after)).await?;
        if !moved {
            let error = Error::new(Kind::Locked, "the version table was changed by another run meanwhile");
            return Err(error.with_hint("try again"));
        }
        for file in recorded.files {
            connection.execute(&self.accepted("rebase", file)).await?;
        }
        Ok(())
    }
}
