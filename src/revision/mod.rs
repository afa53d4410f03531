//! Revision files: reading, writing, checksums, names. Only [`folder`] and `swap` touch the disk.
//!
//! A file is read in two steps: the header, which is all that commands on history need, and the body, when it is to
//! run. Both know the line of everything they read.

pub(crate) mod body;
#[cfg(feature = "run")]
pub(crate) mod checksum;
pub(crate) mod folder;
#[cfg(feature = "cli")]
pub(crate) mod frame;
pub(crate) mod header;
#[cfg(feature = "autogenerate")]
mod json_schema;
pub(crate) mod name;
#[cfg(feature = "files")]
pub(crate) mod rewrite;
#[cfg(feature = "run")]
mod sealed;
#[cfg(feature = "autogenerate")]
pub(crate) mod swap;
#[cfg(feature = "files")]
pub(crate) mod write;

#[cfg(feature = "autogenerate")]
pub(crate) use json_schema::json_schema;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::{Error, Kind, Result};
use crate::graph::{Graph, Node, Origin, RevisionId};
use crate::ops::Operation;
use crate::schema::SortedMap;
use crate::text_file::{or_conflict, tidy_text};

/// What stands before `upgrade:` or `-- migrate:up`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    pub(crate) revision: RevisionId,
    /// Empty for a base, several for a merge; in the order of the file.
    pub(crate) down_revision: Vec<RevisionId>,
    pub(crate) branch_labels: Vec<String>,
    /// Ids or labels.
    pub(crate) depends_on: Vec<String>,
    pub(crate) message: String,
    /// RFC 3339, as written.
    pub(crate) created: Option<String>,
    /// Free keys, for people.
    pub(crate) meta: SortedMap<String, String>,
    /// The only database it is for.
    pub(crate) dialect: Option<String>,
    /// The body makes the whole schema of this point of history; what is below has none.
    pub(crate) baseline: bool,
    /// Line of the id, from 1.
    pub(crate) line: usize,
}

/// One operation and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) operation: Operation,
    /// Line of the operation, or of the first line of its SQL, from 1.
    pub(crate) line: usize,
}

/// The way back that a file gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Downgrade {
    /// The key is there; an empty list is a deliberate nothing.
    Given(Vec<Entry>),
    /// The key is missing: derived from the upgrade, if that can be reversed.
    Derived,
    /// There is none, and why.
    Irreversible(String),
}

/// What a revision does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Body {
    pub(crate) upgrade: Vec<Entry>,
    /// Why there is nothing to run yet: a person has to write the upgrade. Such a revision is never applied.
    pub(crate) manual: Option<String>,
    pub(crate) downgrade: Downgrade,
    /// `transaction: none` for each direction.
    pub(crate) upgrade_outside: bool,
    pub(crate) downgrade_outside: bool,
    /// `lock_timeout` and `statement_timeout` for each direction.
    pub(crate) upgrade_limits: TimeLimits,
    pub(crate) downgrade_limits: TimeLimits,
}

#[cfg(feature = "build")]
impl Body {
    /// Whether it holds a data step, a way back of one, or a drop that keeps its data.
    pub(crate) fn works_on_rows(&self) -> bool {
        let back = match &self.downgrade {
            Downgrade::Given(entries) => entries.as_slice(),
            Downgrade::Derived | Downgrade::Irreversible(_) => &[],
        };
        self.upgrade.iter().chain(back).any(|entry| matches!(entry.operation, Operation::Data(_)))
    }
}

/// Limits that a revision gives for itself, in milliseconds, 0 = none; `None` = those of the run count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimeLimits {
    pub(crate) lock_timeout: Option<u32>,
    pub(crate) statement_timeout: Option<u32>,
}

/// A revision file with its header read.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    /// Without a BOM, with LF.
    pub(crate) text: String,
    pub(crate) header: Header,
    /// No file has it: the database kept this text when it was applied.
    pub(crate) is_kept: bool,
    /// The body and the checksum, where they are known without looking at the text.
    known: Option<(Body, String)>,
}

impl File {
    /// Reads the header of `text`, which came from `path`; the ending says the language.
    pub(crate) fn new(path: impl Into<PathBuf>, text: &str) -> Result<Self> {
        let path = path.into();
        let text = tidy_text(text);
        let header = header::read(&path, &text).map_err(|error| or_conflict(error, &text).in_file(&path))?;
        Ok(Self { path, text, header, is_kept: false, known: None })
    }

    /// The revision that a database kept the text of. It stands under a path that shows where it was read.
    ///
    /// # Errors
    /// As [`File::new`]; Corrupt if the text is that of another revision.
    #[cfg(feature = "run")]
    pub(crate) fn kept(id: &RevisionId, text: &str) -> Result<Self> {
        let ending = if header::is_sql(text) { "sql" } else { "yaml" };
        let file = Self::new(format!("migrate_log/{id}.{ending}"), text)?;
        if file.header.revision == *id {
            return Ok(Self { is_kept: true, ..file });
        }
        let other = &file.header.revision;
        Err(Error::new(Kind::Corrupt, format!("migrate_log keeps the text of {other} as that of {id}"))
            .in_file(&file.path)
            .with_hint("get the revision's own file"))
    }

    /// A file that a build script read: its tidy text and checksum, and what `File::seal` made of it then.
    ///
    /// # Errors
    /// [`Kind::File`] for bytes that another version of this crate made.
    #[cfg(feature = "run")]
    pub(crate) fn unseal(path: &str, text: &str, checksum: &str, sealed: &[u8]) -> Result<Self> {
        let (header, body) = sealed::from_bytes(sealed).ok_or_else(|| {
            Error::new(Kind::File, "the revision was embedded by another version of migratory")
                .in_file(path)
                .with_hint("give [build-dependencies] and [dependencies] the same version, and build again")
        })?;
        Ok(Self {
            path: path.into(),
            text: text.to_owned(),
            header,
            is_kept: false,
            known: Some((body, checksum.to_owned())),
        })
    }

    /// Header and body as bytes, for [`File::unseal`] in the program that this is built into.
    #[cfg(feature = "run")]
    #[cfg(any(test, feature = "build"))]
    pub(crate) fn seal(&self) -> Result<Vec<u8>> {
        Ok(sealed::to_bytes(&(self.header.clone(), self.body()?)))
    }

    /// Reads the body.
    pub(crate) fn body(&self) -> Result<Body> {
        if let Some((body, _)) = &self.known {
            return Ok(body.clone());
        }
        let id = self.header.revision.as_str();
        let refused = |error| or_conflict(error, &self.text).in_file(&self.path).in_revision(id);
        body::read(&self.path, &self.text).map_err(refused)
    }

    /// SHA-256 of the text in hexadecimal digits.
    #[cfg(feature = "run")]
    pub(crate) fn checksum(&self) -> String {
        self.known.as_ref().map_or_else(|| checksum::of(&self.text), |(_, checksum)| checksum.clone())
    }

    fn node(&self) -> Node {
        let header = &self.header;
        Node {
            id: header.revision.clone(),
            down_revisions: header.down_revision.clone(),
            depends_on: header.depends_on.clone(),
            branch_labels: header.branch_labels.clone(),
            baseline: header.baseline,
            kept: self.is_kept,
            origin: Origin { file: self.path.clone(), line: header.line },
        }
    }
}

/// All revisions of a project: the graph and the files behind it.
#[derive(Clone, Debug)]
pub(crate) struct Revisions {
    pub(crate) graph: Graph,
    files: BTreeMap<RevisionId, File>,
}

impl Revisions {
    /// Reads all files of these folders, as far as their headers; everything that is wrong with files and graph is reported
    /// together.
    ///
    /// # Errors
    /// [`Kind::File`] if a file is among what is wrong, else [`Kind::Graph`], also where a rebase was stopped half-way.
    #[cfg(feature = "autogenerate")]
    pub(crate) fn read(folders: &[PathBuf]) -> Result<Self> {
        folders.iter().try_for_each(|folder| folder::refuse_unfinished(folder))?;
        let (files, errors) = folder::read_each(folders);
        if errors.is_empty() {
            return Self::new(files);
        }
        Graph::problems_beside(errors, files.iter().map(File::node).collect()).map_or_else(|| Self::new(files), Err)
    }

    /// Builds the graph; everything that is wrong with it is reported together.
    pub(crate) fn new(files: Vec<File>) -> Result<Self> {
        let graph = Graph::build(files.iter().map(File::node).collect())?;
        Ok(Self::with_graph(graph, files))
    }

    /// The same of files whose graph a build script has checked.
    #[cfg(feature = "run")]
    pub(crate) fn checked(files: Vec<File>) -> Self {
        Self::with_graph(Graph::of_checked(files.iter().map(File::node).collect()), files)
    }

    fn with_graph(graph: Graph, files: Vec<File>) -> Self {
        let mut by_id = BTreeMap::new();
        by_id.extend(files.into_iter().map(|file| (file.header.revision.clone(), file)));
        Self { graph, files: by_id }
    }

    /// The same, with revisions beside them that no file has. A label of theirs that another revision has now is left out;
    /// what they depend on by a label is the one among them that carries it, if one does.
    ///
    /// # Errors
    /// As [`Revisions::new`]: what the kept ones need may be gone.
    #[cfg(feature = "run")]
    pub(crate) fn with_kept(&self, kept: &[File]) -> Result<Self> {
        let taken = |name: &str| {
            let is_label = |node: &Node| node.branch_labels.iter().any(|label| label == name);
            self.graph.node(name).is_some() || self.graph.in_order().any(is_label)
        };
        let carrier = |name: &String| kept.iter().find(|file| file.header.branch_labels.contains(name));
        let kept = kept.iter().cloned().map(|mut file| {
            for name in &mut file.header.depends_on {
                if let Some(carrier) = carrier(name) {
                    carrier.header.revision.as_str().clone_into(name);
                }
            }
            file.header.branch_labels.retain(|label| !taken(label));
            file
        });
        Self::new(self.files.values().cloned().chain(kept).collect())
    }

    /// The file of a revision that is in the graph.
    pub(crate) fn file(&self, id: &RevisionId) -> Result<&File> {
        self.files.get(id).ok_or_else(|| {
            Error::new(Kind::Newer, format!("revision {} is not known here", id.as_str()))
                .with_hint("get the revision files that the database was upgraded with, then try again")
        })
    }
}
