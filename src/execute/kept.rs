//! Revisions that no file has, from the texts that the log kept of them: so a release that is older than the database, or
//! of another branch, takes back what it does not know.
//!
//! A text counts only where its checksum is the one that was logged when it was applied. What is read here is a graph
//! with more in it than the files; every plan, refusal and report after that is the usual one.

use std::collections::BTreeMap;

use crate::db::Connection;
use crate::dialect::Io;
use crate::error::{Error, Kind, Result};
use crate::execute::Newer;
use crate::execute::audit::Checksums;
use crate::execute::log::NoText;
use crate::execute::run::Runner;
use crate::graph::{Direction, RevisionId, Rows};
use crate::revision::{File, Header, Revisions, header};

/// Beside what takes a database back: it also goes up again.
const SYNC: &str = "migrate upgrade --sync";

/// What always helps.
const FILES: &str = "get the newer files: `migrate downgrade` takes it back with its file";

/// What reads the kept texts: functions, so that a program which never takes back what it does not know is without them.
#[derive(Clone, Copy)]
pub(crate) struct KeptTexts {
    revisions: for<'r> fn(&'r Runner<'_>, &'r mut Connection, &'r Checksums, &'r Rows) -> Io<'r, Option<Revisions>>,
    header: for<'r> fn(&'r Runner<'_>, &'r mut Connection, &'r File, &'r str) -> Io<'r, Option<Header>>,
}

impl KeptTexts {
    /// Those that read them.
    pub(crate) const READ: Self = Self {
        revisions: |runner, connection, known, rows| Box::pin(runner.with_kept(connection, known, rows)),
        header: |runner, connection, file, checksum| {
            Box::pin(async move {
                let text = runner.log.text(connection, &file.header.revision, checksum).await;
                Ok(text.and_then(|text| header::read(&file.path, &text).ok()))
            })
        },
    };
}

impl Runner<'_> {
    /// The header of a revision as it was applied, by its kept text.
    pub(super) async fn header_as_applied(
        &self,
        connection: &mut Connection,
        file: &File,
        checksum: &str,
    ) -> Option<Header> {
        let read = self.kept?.header;
        read(self, connection, file, checksum).await.ok().flatten()
    }

    /// The same, on other revisions.
    pub(super) fn on<'b>(&'b self, revisions: &'b Revisions) -> Runner<'b> {
        Runner { revisions, ..self.clone() }
    }

    /// What a run in this direction goes by: the files (None), or the files and what the log keeps. Stops where a file is
    /// not what was applied.
    ///
    /// # Errors
    /// [`Kind::Edited`]; [`Kind::Newer`] where the rows name what no file has, and the log keeps no text of it or the
    /// way up is not to take it back.
    pub(super) async fn revisions_for(
        &self,
        connection: &mut Connection,
        known: &Checksums,
        rows: &Rows,
        direction: Direction,
    ) -> Result<Option<Revisions>> {
        let takes_back = direction == Direction::Down || self.newer == Newer::Downgrade;
        let kept = match self.kept {
            Some(kept) if takes_back && self.names_unknown(rows) => {
                self.refuse_renumbered(known, rows)?;
                (kept.revisions)(self, connection, known, rows).await?
            }
            Some(_) | None => None,
        };
        match &kept {
            Some(revisions) => self.on(revisions).refuse_changed(connection, known, rows).await?,
            None => self.refuse_changed(connection, known, rows).await?,
        }
        Ok(kept)
    }

    /// Whether a row names a revision that no file has.
    pub(super) fn names_unknown(&self, rows: &Rows) -> bool {
        rows.iter().any(|row| self.is_unknown(row))
    }

    fn is_unknown(&self, id: &RevisionId) -> bool {
        self.revisions.graph.node(id.as_str()).is_none()
    }

    /// The files, and beside them everything that the rows stand on and no file has. None: the log does not know a row
    /// either, so another tool made it.
    ///
    /// # Errors
    /// [`Kind::Newer`] naming the first revision of which there is no text, [`Kind::Corrupt`] where the text is not what
    /// was applied, [`Kind::Graph`] where files and texts do not fit together.
    pub(super) async fn with_kept(
        &self,
        connection: &mut Connection,
        known: &Checksums,
        rows: &Rows,
    ) -> Result<Option<Revisions>> {
        let mut left: Vec<RevisionId> = rows.iter().filter(|row| self.is_unknown(row)).cloned().collect();
        if left.iter().any(|row| !known.contains_key(row)) {
            return Ok(None);
        }
        let mut found: BTreeMap<RevisionId, File> = BTreeMap::new();
        while let Some(id) = left.pop() {
            if found.contains_key(&id) {
                continue;
            }
            let checksum = known.get(&id).ok_or_else(|| lost(&id, NoText::NotKept))?;
            let text = self.log.kept_text(connection, &id, checksum).await.map_err(|why| lost(&id, why))?;
            let file = File::kept(&id, &text)?;
            left.extend(file.header.down_revision.iter().filter(|id| self.is_unknown(id)).cloned());
            let dependencies = file.header.depends_on.iter().filter_map(|name| RevisionId::new(name).ok());
            left.extend(dependencies.filter(|id| self.is_unknown(id) && known.contains_key(id)));
            found.insert(id, file);
            if left.is_empty() {
                left = self.carriers(connection, known, &found).await?;
            }
        }
        let kept: Vec<File> = found.into_values().collect();
        let together = self.revisions.with_kept(&kept);
        together.map(Some).map_err(|error| error.while_doing("the kept texts do not fit to the files here"))
    }

    /// A revision that no file has and that carries a label on which one of `found` depends; none = all of them are there.
    /// A label may have gone to another revision since: it counts only where that one is known to have run here.
    async fn carriers(
        &self,
        connection: &mut Connection,
        known: &Checksums,
        found: &BTreeMap<RevisionId, File>,
    ) -> Result<Vec<RevisionId>> {
        let is_id = |name: &str| RevisionId::new(name).is_ok_and(|id| known.contains_key(&id) || !self.is_unknown(&id));
        let is_there = |label: &str| {
            let of_file =
                self.revisions.graph.in_order().find(|node| node.branch_labels.iter().any(|own| own == label));
            found.values().any(|file| carries(file, label)) || of_file.is_some_and(|node| known.contains_key(&node.id))
        };
        let wanted = found.values().flat_map(|file| &file.header.depends_on);
        let Some(label) = wanted.into_iter().find(|name| !is_id(name) && !is_there(name)) else {
            return Ok(Vec::new());
        };
        for (id, checksum) in known.iter().filter(|(id, _)| self.is_unknown(id) && !found.contains_key(*id)) {
            let text = self.log.kept_text(connection, id, checksum).await.ok();
            let file = text.and_then(|text| File::kept(id, &text).ok());
            if file.is_some_and(|file| carries(&file, label)) {
                return Ok(vec![id.clone()]);
            }
        }
        let phrase =
            format!("the revisions that no file has depend on `{label}`, and nothing that ran here is called so");
        Err(Error::new(Kind::Newer, phrase).with_hint(FILES))
    }

    /// What to do about rows that no file has.
    pub(super) async fn way_back(&self, connection: &mut Connection, known: &Checksums, rows: &Rows) -> WayBack {
        let Some(kept) = self.kept else { return WayBack::NotRead };
        match (kept.revisions)(self, connection, known, rows).await {
            Ok(Some(kept)) => match kept.graph.without_kept(rows) {
                Ok(rows) => WayBack::To(rows),
                Err(error) => WayBack::None(error),
            },
            Ok(None) => WayBack::None(Error::new(Kind::Newer, "migrate_log does not know every row")),
            Err(error) => WayBack::None(error),
        }
    }
}

/// How a database goes back to what the files here know.
pub(super) enum WayBack {
    /// By the kept texts, to these rows.
    To(Rows),
    /// Not at all, and why.
    None(Error),
    /// This program does not read them.
    NotRead,
}

impl WayBack {
    /// What is to be said of a row.
    pub(super) fn described(&self, id: &RevisionId) -> String {
        match self {
            Self::To(_) => "migrate_log keeps its text".to_owned(),
            Self::None(error) if error.kind() == Kind::Newer && error.revision() == Some(id.as_str()) => {
                "migrate_log keeps no text of it".to_owned()
            }
            Self::None(error) => error.to_string(),
            Self::NotRead => "migrate_log may keep its text".to_owned(),
        }
    }

    /// An imperative.
    pub(super) fn remedy(&self) -> String {
        let files = "get the newer files, or the deleted one (git log --diff-filter=D names the commit)";
        match self {
            Self::To(rows) => {
                let mut rows = rows.iter();
                let down = match (rows.next(), rows.next()) {
                    (None, _) => "migrate downgrade base".to_owned(),
                    (Some(row), None) => format!("migrate downgrade {row}"),
                    (Some(_), Some(_)) => {
                        return format!("{files}; or take it back by its kept text: {SYNC}; {SQUASHED}");
                    }
                };
                format!("{files}; or take it back by its kept text: {down} ({SYNC} also goes up again); {SQUASHED}")
            }
            Self::None(_) | Self::NotRead => {
                format!("{files}; if it is gone for good: `migrate stamp --purge` with what is applied")
            }
        }
    }
}

/// Where the tables shall stay: a downgrade would drop them.
const SQUASHED: &str = "or if another revision now makes what it made: `migrate stamp --purge` with that one";

fn carries(file: &File, label: &str) -> bool {
    file.header.branch_labels.iter().any(|own| own == label)
}

/// Why a revision cannot be taken back.
fn lost(id: &RevisionId, why: NoText) -> Error {
    let error = match why {
        NoText::NotKept => {
            let phrase =
                format!("revision {id} cannot be taken back: no file has it, and migrate_log keeps no text of it");
            Error::new(Kind::Newer, phrase)
        }
        NoText::Damaged => {
            let phrase = format!(
                "revision {id} cannot be taken back: the text that migrate_log keeps of it is not what was applied"
            );
            Error::new(Kind::Corrupt, phrase).caused_by("its checksum is another one")
        }
    };
    error.in_revision(id.as_str()).with_hint(FILES)
}
