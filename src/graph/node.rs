//! What the graph knows of one revision file.

use crate::graph::RevisionId;
use std::fmt;
use std::path::PathBuf;

/// The head of a revision file, as far as it concerns the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) id: RevisionId,
    /// Parents in the order of the file: none for a base, several for a merge.
    pub(crate) down_revisions: Vec<RevisionId>,
    /// Full ids or labels; a label stands for the revision that carries it.
    pub(crate) depends_on: Vec<String>,
    /// Other names of this revision and of its branch.
    pub(crate) branch_labels: Vec<String>,
    /// What it does is the work of everything that it needs, too: see [`crate::graph::Graph::wholes_up`].
    pub(crate) baseline: bool,
    /// No file has it: it is known by the text that the database kept of it.
    pub(crate) kept: bool,
    pub(crate) origin: Origin,
}

/// Where a revision was read, for messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub(crate) file: PathBuf,
    /// Line of the header, from 1; 0 = not known.
    pub(crate) line: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}
