//! The revision graph: what is there, what a word on the command line names, which steps lead from one state to another.
//!
//! Pure values: reads no file, no database, no environment, no clock; imports nothing of ours but `error`. Every order
//! is fixed by the graph alone (topological, ties by id), never by hash order or by the order of files. No function
//! recurses, and each walk is linear in revisions and edges, so that 100,000 revisions are no special case.
//!
//! The words. A *parent* is a down revision, a *dependency* is a `depends_on`; a revision *needs* both, and what they
//! need. A *kept* revision is one that no file has: the database kept its text. *Applied* are the rows of the version table and everything that they need; *rows* are what is applied and no
//! other applied revision needs. *Lineage* of X: its ancestors and descendants by parent, dependencies left aside.

mod baseline;
mod build;
mod cases;
mod cycle;
mod find;
mod grow;
mod history;
mod id;
mod label;
mod node;
mod resolve;
mod rows;
mod script;
mod sides;
mod stamp;
mod steps;
mod target;
mod walk;

#[cfg(test)]
mod growth;
#[cfg(test)]
pub(crate) mod notation;
#[cfg(test)]
mod properties;

pub(crate) use history::Entry;
pub(crate) use id::RevisionId;
pub(crate) use node::{Node, Origin};
pub(crate) use rows::{RowMove, Rows};
pub(crate) use sides::{Move, Sides};
pub(crate) use steps::{Direction, Step};
pub(crate) use target::{Place, Range, Target};

use crate::graph::walk::{Edges, Marks, alone, reach};
use std::collections::BTreeMap;

/// What to do about several heads.
pub(crate) const JOIN_HEADS: &str =
    "join them: migrate merge; or, while yours are applied nowhere else, put them on top: migrate rebase";

/// All revisions of a project, checked: every name resolves, nothing needs itself. Made by [`Graph::build`].
///
/// Inside, a revision is its *spot*: its place among the nodes in the order of their ids.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    /// By id.
    nodes: Vec<Node>,
    parents: Edges,
    /// By parent, the other way round.
    children: Edges,
    /// Parents and dependencies, each once.
    needs: Edges,
    /// Needs, the other way round.
    needed_by: Edges,
    /// Every spot once, behind everything that it needs; ties by id.
    order: Vec<usize>,
    /// Who carries a label.
    labels: BTreeMap<String, usize>,
}

impl Graph {
    /// The number of revisions.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The revision with exactly this id.
    pub(crate) fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.get(self.spot(id)?)
    }

    /// Every revision behind everything that it needs; among those that are ready, the smallest id first.
    pub(crate) fn in_order(&self) -> impl DoubleEndedIterator<Item = &Node> {
        self.order.iter().filter_map(|at| self.nodes.get(*at))
    }

    /// Revisions without a child, by id. A dependency is no child.
    pub(crate) fn heads(&self) -> Vec<&RevisionId> {
        self.ids(self.head_spots())
    }

    /// All heads, where there are several and not each is the head of a branch with a label of its own: most likely two
    /// branches met in version control.
    pub(crate) fn loose_heads(&self) -> Vec<&RevisionId> {
        let heads: Vec<usize> = self.head_spots().collect();
        let labels = self.labels_of_all();
        let has = |at: &usize, label: &&str| labels.get(*at).is_some_and(|labels| labels.contains(label));
        let of_its_own = |at: &usize| {
            let mut own = labels.get(*at).into_iter().flatten();
            own.any(|label| heads.iter().filter(|head| has(head, label)).count() == 1)
        };
        if heads.len() < 2 || heads.iter().all(of_its_own) { Vec::new() } else { self.ids(heads.into_iter()) }
    }

    /// Revisions that nothing needs, neither as parent nor as dependency, by id.
    #[cfg(test)]
    pub(crate) fn effective_heads(&self) -> Vec<&RevisionId> {
        self.ids(self.spots().filter(|at| self.needed_by.of(*at).is_empty()))
    }

    /// Revisions without a parent, by id.
    #[cfg(test)]
    pub(crate) fn bases(&self) -> Vec<&RevisionId> {
        self.ids(self.base_spots())
    }

    /// Revisions with several children, by id.
    #[cfg(test)]
    pub(crate) fn branch_points(&self) -> Vec<&RevisionId> {
        self.ids(self.spots().filter(|at| self.children.of(*at).len() > 1))
    }

    /// Revisions with several parents, by id.
    #[cfg(test)]
    pub(crate) fn merge_points(&self) -> Vec<&RevisionId> {
        self.ids(self.spots().filter(|at| self.parents.of(*at).len() > 1))
    }

    /// The revision and everything below it by parent, by id; nothing for an unknown id.
    #[cfg(test)]
    pub(crate) fn ancestors(&self, id: &RevisionId) -> Vec<&RevisionId> {
        self.ids(reach(&self.parents, self.spot(id.as_str())).iter())
    }

    /// The revision and everything above it by parent, by id; nothing for an unknown id.
    #[cfg(test)]
    pub(crate) fn descendants(&self, id: &RevisionId) -> Vec<&RevisionId> {
        self.ids(reach(&self.children, self.spot(id.as_str())).iter())
    }

    /// Ancestors, the revision, and descendants, by id; nothing for an unknown id.
    #[cfg(test)]
    pub(crate) fn lineage(&self, id: &RevisionId) -> Vec<&RevisionId> {
        self.spot(id.as_str()).map_or_else(Vec::new, |at| self.ids(self.lineage_spots(at).iter()))
    }

    /// Everything that these revisions need, themselves included, in the order of [`Graph::in_order`].
    pub(crate) fn closure(&self, ids: &Rows) -> Vec<&RevisionId> {
        let marks = reach(&self.needs, ids.iter().filter_map(|id| self.spot(id.as_str())));
        self.ids(self.order.iter().copied().filter(|at| marks.has(*at)))
    }

    /// The revisions that need, or are needed by, each of the others, in order: what stands before one of them is the same
    /// in every database.
    pub(crate) fn in_line(&self) -> Vec<&RevisionId> {
        let below = alone(self.order.iter().copied(), &self.needs);
        let above = alone(self.order.iter().rev().copied(), &self.needed_by);
        self.ids(self.order.iter().copied().filter(|at| below.has(*at) && above.has(*at)))
    }

    fn spots(&self) -> std::ops::Range<usize> {
        0..self.nodes.len()
    }

    fn spot(&self, id: &str) -> Option<usize> {
        self.nodes.binary_search_by(|node| node.id.as_str().cmp(id)).ok()
    }

    fn id(&self, at: usize) -> Option<&RevisionId> {
        self.nodes.get(at).map(|node| &node.id)
    }

    fn ids(&self, spots: impl Iterator<Item = usize>) -> Vec<&RevisionId> {
        spots.filter_map(|at| self.id(at)).collect()
    }

    /// What the files end with: what only the database knows is no head, and hides none.
    fn head_spots(&self) -> impl Iterator<Item = usize> {
        self.spots().filter(|at| !self.is_kept(*at) && self.children.of(*at).iter().all(|child| self.is_kept(*child)))
    }

    fn is_kept(&self, at: usize) -> bool {
        self.nodes.get(at).is_some_and(|node| node.kept)
    }

    fn base_spots(&self) -> impl Iterator<Item = usize> {
        self.spots().filter(|at| self.parents.of(*at).is_empty())
    }

    fn lineage_spots(&self, at: usize) -> Marks {
        let mut marks = reach(&self.parents, [at]);
        marks.add_all(&reach(&self.children, [at]));
        marks
    }

    /// The ids of some spots for a message: `a, b and c`; of many, the first ones and how many more.
    fn named(&self, spots: &[usize]) -> String {
        let shown: Vec<&str> = spots.iter().take(8).filter_map(|at| self.id(*at)).map(RevisionId::as_str).collect();
        match (spots.len() - shown.len(), shown.split_last()) {
            (0, Some((last, []))) => (*last).to_owned(),
            (0, Some((last, others))) => format!("{} and {last}", others.join(", ")),
            (more, _) => format!("{} and {more} more", shown.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::notation::{graph, id};

    #[test]
    fn revisions_in_line_have_every_other_one_above_or_below() {
        for (text, expected) in [
            ("a b:a c:b", "a b c"),
            ("a b:a c:a d:b,c e:d", "a d e"),
            ("a b:a c:b d:a", "a"),
            ("a b", ""),
            ("a b>a c:b", "a b c"),
            ("a b:a c:a d:b>c", "a d"),
            ("", ""),
        ] {
            assert_eq!(words(&graph(text).in_line()), expected, "{text}");
        }
    }

    fn words(ids: &[&crate::graph::RevisionId]) -> String {
        ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn heads_count_parents_and_effective_heads_count_dependencies_too() {
        let graph = graph("u1 u2:u1 o1 o2:o1>u2");
        assert_eq!(words(&graph.heads()), "o2 u2");
        assert_eq!(words(&graph.effective_heads()), "o2");
        assert_eq!(words(&graph.bases()), "o1 u1");
    }

    #[test]
    fn heads_with_a_label_each_are_meant() {
        for (text, expected) in [
            ("a b:a", ""),
            ("a b:a c:a", "b c"),
            ("a#all b:a c:a", "b c"),
            ("a b:a#left c:a", "b c"),
            ("a b:a#left c:a#right", ""),
            ("u1#users o1#orders", ""),
        ] {
            assert_eq!(words(&graph(text).loose_heads()), expected, "{text}");
        }
    }

    #[test]
    fn branch_and_merge_points() {
        let graph = graph("a b:a c:b d:b e:c,d f:e>a");
        assert_eq!(words(&graph.branch_points()), "b");
        assert_eq!(words(&graph.merge_points()), "e");
        assert_eq!(words(&graph.bases()), "a");
    }

    #[test]
    fn lineage_leaves_dependencies_and_siblings_aside() {
        let graph = graph("u1 a b:a c:b>u1 d:b e:c,d");
        assert_eq!(words(&graph.ancestors(&id("c"))), "a b c");
        assert_eq!(words(&graph.descendants(&id("c"))), "c e");
        assert_eq!(words(&graph.lineage(&id("c"))), "a b c e");
        assert_eq!(words(&graph.closure(&[id("c")].into())), "a b u1 c");
        assert_eq!(words(&graph.lineage(&id("zz"))), "");
    }

    #[test]
    fn the_order_is_topological_with_ties_by_id_whatever_the_order_of_files() {
        for text in ["s>p,q,r p q r", "r q p s>r,q,p", "q s>r,p,q r p"] {
            let graph = graph(text);
            let order: Vec<_> = graph.in_order().map(|node| node.id.as_str()).collect();
            assert_eq!(order, ["p", "q", "r", "s"]);
        }
        let order: Vec<String> = graph("z y:z a:z b:y").in_order().map(|node| node.id.to_string()).collect();
        assert_eq!(order, ["z", "a", "y", "b"]);
    }

    #[test]
    fn an_empty_project_has_nothing_and_is_no_error() {
        let graph = graph("");
        assert!(graph.is_empty());
        assert_eq!(graph.len(), 0);
        assert!(graph.heads().is_empty() && graph.bases().is_empty() && graph.in_order().next().is_none());
    }

    #[test]
    fn many_names_are_cut() {
        let graph = graph("a b c d e f g h i j");
        assert_eq!(graph.named(&[0]), "a");
        assert_eq!(graph.named(&[0, 1]), "a and b");
        assert_eq!(graph.named(&(0..10).collect::<Vec<_>>()), "a, b, c, d, e, f, g, h and 2 more");
    }
}
