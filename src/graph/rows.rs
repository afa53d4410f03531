//! The rows of the version table: what they say is applied, and how they move.

use crate::error::{Error, Kind, Result};
use crate::graph::walk::{Marks, reach};
use crate::graph::{Graph, RevisionId};
use std::collections::BTreeSet;

/// The version table as a whole: what is applied and no other applied revision needs.
pub(crate) type Rows = BTreeSet<RevisionId>;

/// One statement on the version table, which touches exactly one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowMove {
    Insert(RevisionId),
    Update { from: RevisionId, to: RevisionId },
    Delete(RevisionId),
}

impl RowMove {
    /// The moves from one set of rows to another, in the order in which they are made: rows that only go, rows that
    /// only come, and last the update of one row. Alembic moves its rows the same way.
    pub(crate) fn between(before: &Rows, after: &Rows) -> Vec<Self> {
        let mut going: Vec<RevisionId> = before.difference(after).cloned().collect();
        let mut coming: Vec<RevisionId> = after.difference(before).cloned().collect();
        let update = if going.is_empty() || coming.is_empty() { None } else { going.pop().zip(coming.pop()) };
        let deletes = going.into_iter().map(Self::Delete);
        let inserts = coming.into_iter().map(Self::Insert);
        deletes.chain(inserts).chain(update.map(|(from, to)| Self::Update { from, to })).collect()
    }
}

/// What a set of rows says is applied. Stays closed: whatever an applied revision needs is applied.
pub(crate) struct State<'g> {
    graph: &'g Graph,
    pub(crate) applied: Marks,
    /// How many applied revisions need this one directly.
    users: Vec<usize>,
    pub(crate) rows: Rows,
}

impl<'g> State<'g> {
    /// The state of a database whose version table holds what these revisions and their needs come to.
    pub(crate) fn of(graph: &'g Graph, starts: impl IntoIterator<Item = usize>) -> Self {
        let mut state =
            Self { graph, applied: Marks::none(graph.len()), users: vec![0; graph.len()], rows: Rows::new() };
        let wanted = reach(&graph.needs, starts);
        for at in graph.order.iter().filter(|at| wanted.has(**at)) {
            state.apply(*at);
        }
        state
    }

    /// Marks a revision as applied; all that it needs is applied already.
    pub(crate) fn apply(&mut self, at: usize) {
        for need in self.graph.needs.of(at) {
            if let Some(count) = self.users.get_mut(*need) {
                *count += 1;
            }
            if let Some(id) = self.graph.id(*need) {
                self.rows.remove(id);
            }
        }
        self.applied.add(at);
        self.rows.extend(self.graph.id(at).cloned());
    }

    /// Takes a revision back; nothing that is applied needs it.
    pub(crate) fn take_back(&mut self, at: usize) {
        self.applied.remove(at);
        if let Some(id) = self.graph.id(at) {
            self.rows.remove(id);
        }
        for need in self.graph.needs.of(at) {
            if let Some(count) = self.users.get_mut(*need) {
                *count -= 1;
                if *count == 0 {
                    self.rows.extend(self.graph.id(*need).cloned());
                }
            }
        }
    }
}

impl Graph {
    /// What is applied and what not.
    ///
    /// # Errors
    /// [`Kind::Newer`] if a row names a revision that no file has; [`Kind::Corrupt`] if a row is needed by another one.
    pub(crate) fn state(&self, rows: &Rows) -> Result<State<'_>> {
        let spots: Vec<usize> = rows
            .iter()
            .map(|id| self.spot(id.as_str()).ok_or_else(|| unknown_row(id.as_str())))
            .collect::<Result<_>>()?;
        let state = State::of(self, spots.iter().copied());
        let Some(covered) = spots.iter().find(|at| state.users.get(**at).is_some_and(|count| *count > 0)) else {
            return Ok(state);
        };
        let above = reach(&self.needed_by, [*covered]);
        let user = spots.iter().find(|at| *at != covered && above.has(**at)).copied();
        let (covered, user) = (self.named(&[*covered]), self.named(user.as_slice()));
        Err(wrong_rows(format!(
            "the version table holds {covered} beside {user}, which says it already: {user} needs {covered}"
        )))
    }

    /// The rows when everything that no file has is taken back.
    ///
    /// # Errors
    /// As [`Graph::state`].
    #[cfg(feature = "db")]
    pub(crate) fn without_kept(&self, rows: &Rows) -> Result<Rows> {
        let state = self.state(rows)?;
        let stays = state.applied.iter().filter(|at| !self.is_kept(*at));
        Ok(State::of(self, stays).rows)
    }

    /// Everything that is applied, in the order of [`Graph::in_order`].
    ///
    /// # Errors
    /// As [`Graph::state`].
    pub(crate) fn applied(&self, rows: &Rows) -> Result<Vec<&RevisionId>> {
        let state = self.state(rows)?;
        Ok(self.ids(self.order.iter().copied().filter(|at| state.applied.has(*at))))
    }

    /// Everything that is not applied, in the order of [`Graph::in_order`]. The database is at head if there is none.
    ///
    /// # Errors
    /// As [`Graph::state`].
    pub(crate) fn pending(&self, rows: &Rows) -> Result<Vec<&RevisionId>> {
        let state = self.state(rows)?;
        Ok(self.ids(self.order.iter().copied().filter(|at| !state.applied.has(*at))))
    }

    /// The rows, and those applied revisions that end a branch but are implied by a dependency, by id: what `current`
    /// lists.
    ///
    /// # Errors
    /// As [`Graph::state`].
    pub(crate) fn current_tips(&self, rows: &Rows) -> Result<Vec<&RevisionId>> {
        let state = self.state(rows)?;
        Ok(self.ids(self.tips(&state.applied, |_| true).into_iter()))
    }

    /// The applied revisions among those `allowed` without an applied child among them, in order of ids.
    pub(crate) fn tips(&self, applied: &Marks, allowed: impl Fn(usize) -> bool) -> Vec<usize> {
        let counts = |at: usize| applied.has(at) && allowed(at);
        applied.iter().filter(|at| counts(*at) && !self.children.of(*at).iter().any(|child| counts(*child))).collect()
    }
}

fn unknown_row(text: &str) -> Error {
    Error::new(Kind::Newer, format!("the database stands at revision {text}, which no file here has"))
        .in_revision(text)
        .with_hint("get the newer revision files; or, if the revision is gone for good, `migrate stamp --purge` what is applied")
}

fn wrong_rows(phrase: String) -> Error {
    Error::new(Kind::Corrupt, phrase).with_hint("write the rows anew: `migrate stamp --purge` with what is applied")
}

#[cfg(test)]
mod tests {
    use crate::error::Kind;
    use crate::graph::notation::{graph, rows, shown};
    use crate::graph::rows::State;
    use crate::graph::{RevisionId, RowMove};

    fn moves(before: &str, after: &str) -> String {
        let moves = RowMove::between(&rows(before), &rows(after));
        let words = moves.iter().map(|one| match one {
            RowMove::Insert(id) => format!("+{id}"),
            RowMove::Delete(id) => format!("-{id}"),
            RowMove::Update { from, to } => format!("{from}>{to}"),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn one_insert_one_update_or_deletes_and_an_update() {
        assert_eq!(moves("–", "a"), "+a");
        assert_eq!(moves("a", "b"), "a>b");
        assert_eq!(moves("a", "–"), "-a");
        assert_eq!(moves("c,d,x", "e,x"), "-c d>e");
        assert_eq!(moves("e,x", "c,d,x"), "+c e>d");
        assert_eq!(moves("a,b", "–"), "-a -b");
        assert_eq!(moves("a", "a"), "");
    }

    #[test]
    fn rows_are_what_no_other_applied_revision_needs() {
        let graph = graph("u1 u2:u1 u3:u2 o1 o2:o1>u2 o3:o2");
        for (starts, expected) in [("o3", "o3"), ("o3,u2", "o3"), ("o2,u3", "o2,u3"), ("u2,o1", "o1,u2"), ("", "–")] {
            let starts: Vec<usize> = rows(starts).iter().filter_map(|id| graph.spot(id.as_str())).collect();
            assert_eq!(shown(&State::of(&graph, starts).rows), expected);
        }
    }

    #[test]
    fn applied_pending_and_tips() {
        let graph = graph("u1 u2:u1 u3:u2 o1 o2:o1>u2 o3:o2");
        let words = |ids: Vec<&RevisionId>| ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(words(graph.applied(&rows("o2")).unwrap()), "o1 u1 u2 o2");
        assert_eq!(words(graph.pending(&rows("o2")).unwrap()), "o3 u3");
        assert_eq!(words(graph.current_tips(&rows("o3")).unwrap()), "o3 u2");
        assert_eq!(words(graph.current_tips(&rows("o3,u3")).unwrap()), "o3 u3");
        assert!(graph.pending(&rows("o3,u3")).unwrap().is_empty());
        assert_eq!(graph.pending(&rows("")).unwrap().len(), 6);
    }

    #[test]
    fn what_the_files_know_is_what_stays() {
        let graph = graph("a b:a c?:b d:a e?:c,d f?");
        for (before, after) in [("e", "b,d"), ("c", "b"), ("c,d", "b,d"), ("f", "–"), ("b", "b"), ("e,f", "b,d")] {
            assert_eq!(shown(&graph.without_kept(&rows(before)).unwrap()), after, "{before}");
        }
    }

    #[test]
    fn an_unknown_row_is_newer() {
        let graph = graph("a abcd:a");
        for text in ["b", "abc", "A"] {
            let error = graph.pending(&rows(text)).unwrap_err();
            assert_eq!((error.kind(), error.revision()), (Kind::Newer, Some(text)));
            assert_eq!(error.exit_code(), 7);
        }
        assert_eq!(graph.state(&rows("zz")).err().map(|error| error.kind()), Some(Kind::Newer));
    }

    #[test]
    fn overlapping_rows_are_corrupt() {
        let graph = graph("a b:a c:b d:a>b,c e");
        let error = graph.pending(&rows("a,b,e")).unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (Kind::Corrupt, 7));
        assert!(error.phrase().contains("a beside b"), "{error}");
        assert!(error.hint().unwrap().contains("stamp --purge"));
        assert!(graph.pending(&rows("e,d")).unwrap().is_empty());
        assert_eq!(graph.pending(&rows("")).unwrap().len(), 5);
    }
}
