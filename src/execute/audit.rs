//! Applied revisions against their files: edited, deleted, given another id, or with a revision put below them that never
//! ran. Everything is told by the log; where it has no row, another tool applied the revision and nothing is said.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::db::Connection;
use crate::error::{Error, Kind, Result};
use crate::execute::kept::WayBack;
use crate::execute::run::Runner;
use crate::graph::{RevisionId, Rows};
use crate::revision::{File, Header};

/// What became of an applied revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Its file says something else.
    Edited,
    /// Its file is gone.
    Deleted,
    /// Its file has another id now.
    Renumbered,
    /// Another revision, which never ran, stands below it.
    Inserted,
}

/// One thing that is wrong with the files of what is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) change: Change,
    pub(crate) revision: RevisionId,
    /// [`Kind::Newer`] where the version table names a revision that no file has: the files may be old.
    pub(crate) kind: Kind,
    /// What is wrong, in words.
    pub(crate) phrase: String,
    /// An imperative.
    pub(crate) remedy: String,
    pub(crate) file: Option<PathBuf>,
}

impl Finding {
    /// As an error; the ones behind it are its causes.
    pub(crate) fn error(self, others: &[Self]) -> Error {
        let error = Error::new(self.kind, self.phrase).in_revision(self.revision.as_str()).with_hint(self.remedy);
        let error = others.iter().fold(error, |error, other| error.caused_by(&other.phrase));
        self.file.iter().fold(error, Error::in_file)
    }
}

/// What the log knows: the checksum of each revision as it was applied, stamped or accepted last.
pub(crate) type Checksums = BTreeMap<RevisionId, String>;

impl Runner<'_> {
    /// Compares the files of everything that is applied with what was applied, which `known` says. Rows that no file has
    /// are named only where the log knows them; of the others the graph tells.
    pub(crate) async fn audit(
        &self,
        connection: &mut Connection,
        known: &Checksums,
        rows: &Rows,
    ) -> Result<Vec<Finding>> {
        if known.is_empty() {
            return Ok(Vec::new());
        }
        let graph = &self.revisions.graph;
        let mut findings = self.gone_rows(connection, known, rows).await;
        for id in graph.closure(rows) {
            let Some(checksum) = known.get(id) else { continue };
            let file = self.revisions.file(id)?;
            if *checksum != file.checksum() {
                let before = self.header_as_applied(connection, file, checksum).await;
                let finding = self.changed(file, before.as_ref(), known);
                if !findings.iter().any(|other| other.phrase == finding.phrase) {
                    findings.push(finding);
                }
            }
        }
        Ok(findings)
    }

    /// Stops before anything runs on files that are not what was applied.
    ///
    /// # Errors
    /// [`Kind::Edited`].
    pub(crate) async fn refuse_changed(
        &self,
        connection: &mut Connection,
        known: &Checksums,
        rows: &Rows,
    ) -> Result<()> {
        let mut findings = self.audit(connection, known, rows).await?.into_iter();
        match findings.next() {
            None => Ok(()),
            Some(first) => Err(first.error(findings.as_slice())),
        }
    }

    /// Rows that no file has: either their files were deleted, or they are newer than the files here.
    async fn gone_rows(&self, connection: &mut Connection, known: &Checksums, rows: &Rows) -> Vec<Finding> {
        if !self.names_unknown(rows) {
            return Vec::new();
        }
        let way = self.way_back(connection, known, rows).await;
        let gone = rows.iter().filter(|row| self.revisions.graph.node(row.as_str()).is_none());
        gone.filter_map(|row| Some(self.gone_row(row, known.get(row)?, &way))).collect()
    }

    /// Stops at a row whose file is here under another id: it is not to be taken back, its file gets its id back.
    ///
    /// # Errors
    /// [`Kind::Newer`].
    pub(super) fn refuse_renumbered(&self, known: &Checksums, rows: &Rows) -> Result<()> {
        let gone = rows.iter().filter(|row| self.revisions.graph.node(row.as_str()).is_none());
        let mut found = gone.filter_map(|row| Some(self.gone(row, known.get(row)?)));
        match found.find(|found| found.change == Change::Renumbered) {
            Some(found) => Err(Finding { kind: Kind::Newer, ..found }.error(&[])),
            None => Ok(()),
        }
    }

    fn gone_row(&self, id: &RevisionId, checksum: &str, way: &WayBack) -> Finding {
        let found = self.gone(id, checksum);
        let kept = way.described(id);
        match found.change {
            Change::Deleted => Finding {
                kind: Kind::Newer,
                phrase: format!(
                    "revision {id} was applied here, and no file has it: it is gone, or the files here are older than \
                     the database; {kept}"
                ),
                remedy: way.remedy(),
                ..found
            },
            Change::Renumbered | Change::Edited | Change::Inserted => Finding { kind: Kind::Newer, ..found },
        }
    }

    /// A revision that was applied and that no file has.
    fn gone(&self, id: &RevisionId, checksum: &str) -> Finding {
        let now = self.revisions.graph.in_order().filter_map(|node| self.revisions.file(&node.id).ok());
        if let Some(file) = now.into_iter().find(|file| is_under_other_id(file, id, checksum)) {
            let other = file.header.revision.as_str();
            return Finding {
                change: Change::Renumbered,
                revision: id.clone(),
                kind: Kind::Edited,
                phrase: format!("revision {id} was applied here, and its file has another id now: {other}"),
                remedy: format!("give the file its id back: revision: {id}"),
                file: Some(file.path.clone()),
            };
        }
        Finding {
            change: Change::Deleted,
            revision: id.clone(),
            kind: Kind::Edited,
            phrase: format!("revision {id} was applied here, and its file is gone"),
            remedy:
                "bring the file back from where it was deleted (git log --diff-filter=D names the commit), and take \
                     the revision back with `migrate downgrade` before you delete it"
                    .to_owned(),
            file: None,
        }
    }

    /// A revision whose file is not what was applied; `before`: the header of what was.
    fn changed(&self, file: &File, before: Option<&Header>, known: &Checksums) -> Finding {
        let id = &file.header.revision;
        let graph = &self.revisions.graph;
        let mut parents_before = before.into_iter().flat_map(|before| &before.down_revision);
        let gone = parents_before.find(|id| graph.node(id.as_str()).is_none());
        if let Some((gone, checksum)) = gone.and_then(|id| Some((id, known.get(id)?))) {
            return self.gone(gone, checksum);
        }
        if let Some(new) = self.put_below(file, before, known) {
            let was = before.map(|before| parents(&before.down_revision));
            let was = was.map_or_else(|| "its old parent".to_owned(), |was| format!("its parent {was}"));
            return Finding {
                change: Change::Inserted,
                revision: id.clone(),
                kind: Kind::Edited,
                phrase: format!("revision {new} was put below {id}, which is applied: {new} never ran here"),
                remedy: format!("give {id} back {was}, then put {new} on top: migrate rebase {new}"),
                file: Some(file.path.clone()),
            };
        }
        Finding {
            change: Change::Edited,
            revision: id.clone(),
            kind: Kind::Edited,
            phrase: format!("revision {id} was edited after it was applied"),
            remedy: format!(
                "put the old text back and write a new revision for the change; if it does the same as before: migrate \
                 accept-checksum {id}"
            ),
            file: Some(file.path.clone()),
        }
    }

    /// A parent or dependency that the revision did not have when it was applied, and that never ran.
    fn put_below(&self, file: &File, before: Option<&Header>, known: &Checksums) -> Option<RevisionId> {
        let graph = &self.revisions.graph;
        let node = graph.node(file.header.revision.as_str())?;
        let had = |id: &RevisionId| {
            before.is_some_and(|before| {
                before.down_revision.contains(id) || before.depends_on.iter().any(|name| name == id.as_str())
            })
        };
        // Without the old text: what stands on something that the log knows, and is not known itself, came later.
        let came_later = |id: &RevisionId| {
            let node = graph.node(id.as_str());
            before.is_some() || node.is_some_and(|node| node.down_revisions.iter().any(|id| known.contains_key(id)))
        };
        let needs = node.down_revisions.iter().chain(graph.dependencies(node));
        needs.into_iter().find(|id| !known.contains_key(*id) && !had(id) && came_later(id)).cloned()
    }
}

fn parents(ids: &[RevisionId]) -> String {
    if ids.is_empty() {
        return "null (a base)".to_owned();
    }
    ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ")
}

/// Whether the file is what was applied under another id.
#[cfg(feature = "files")]
fn is_under_other_id(file: &File, id: &RevisionId, checksum: &str) -> bool {
    let change = crate::revision::rewrite::Change { revision: Some(id), ..Default::default() };
    let text = crate::revision::rewrite::rewrite(&file.path, &file.text, change);
    text.is_ok_and(|text| crate::revision::checksum::of(&text) == checksum)
}

#[cfg(not(feature = "files"))]
fn is_under_other_id(_: &File, _: &RevisionId, _: &str) -> bool {
    false
}
