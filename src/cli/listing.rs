//! Revisions for a report, with or without what the database says.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::graph::{Entry, Graph, RevisionId, Rows};
use crate::report::Listing;
use crate::revision::Revisions;

/// Where a database stands.
#[derive(Default)]
pub(crate) struct Stand {
    applied: Option<BTreeSet<RevisionId>>,
    current: BTreeSet<RevisionId>,
    /// Whether `(current)` is said.
    marked: bool,
}

impl Stand {
    /// From the rows of the version table.
    pub(crate) fn of(graph: &Graph, rows: &Rows) -> Result<Self> {
        let all = |ids: Vec<&RevisionId>| ids.into_iter().cloned().collect();
        Ok(Self { applied: Some(all(graph.applied(rows)?)), current: all(graph.current_tips(rows)?), marked: true })
    }

    /// The same, where it goes without saying.
    #[must_use]
    pub(crate) fn unmarked(self) -> Self {
        Self { marked: false, ..self }
    }
}

/// The revisions with what is known of them.
pub(crate) fn listing<'a>(revisions: &'a Revisions, entries: Vec<Entry<'a>>, stand: &Stand) -> Listing<'a> {
    let current = if stand.marked { stand.current.clone() } else { BTreeSet::new() };
    Listing { revisions, entries, applied: stand.applied.clone(), current }
}
