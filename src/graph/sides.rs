//! What several revisions have in common and what each has beyond it: for merges, and for putting one side on top of
//! the other.

use crate::error::{Error, Kind, Result};
use crate::graph::rows::State;
use crate::graph::walk::{Marks, reach};
use crate::graph::{Graph, Node, RevisionId, Rows};
use std::collections::BTreeSet;

/// Branches that meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sides {
    /// What all of them need, in the order of [`Graph::in_order`].
    pub(crate) common: Vec<RevisionId>,
    /// For each: everything else that it needs, itself included, in the same order.
    pub(crate) own: Vec<Vec<RevisionId>>,
}

impl Sides {
    /// Orders in which everything can run behind the common part, each side first in one of them: the sides are rotated,
    /// so that any two of them stand in both orders. Of what several sides need, the first one brings it.
    pub(crate) fn orders(&self) -> Vec<Vec<&RevisionId>> {
        let count = self.own.len();
        (0..count)
            .map(|first| {
                let mut seen = BTreeSet::new();
                let rotated = self.own.iter().cycle().skip(first).take(count).flatten();
                rotated.filter(|id| seen.insert(*id)).collect()
            })
            .collect()
    }
}

/// Revisions of one branch that are to stand on another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    /// All that move, in the order of [`Graph::in_order`].
    pub(crate) moved: Vec<RevisionId>,
    /// Those of them whose parents become others, with all their parents then.
    pub(crate) parents: Vec<(RevisionId, Vec<RevisionId>)>,
    /// Whether the two branches have an ancestor in common.
    pub(crate) related: bool,
}

impl Graph {
    /// What these revisions have in common, and what each has beyond it; dependencies count.
    pub(crate) fn sides(&self, ids: &[RevisionId]) -> Sides {
        let needed = |id: &RevisionId| reach(&self.needs, self.spot(id.as_str()));
        let each: Vec<Marks> = ids.iter().map(needed).collect();
        let in_all = |at: usize| each.iter().all(|marks| marks.has(at));
        let own = |marks: &Marks| self.cloned(|at| marks.has(at) && !in_all(at));
        Sides { common: self.cloned(|at| !each.is_empty() && in_all(at)), own: each.iter().map(own).collect() }
    }

    /// The move of what `head` has beyond `onto`, by parent, to the top of `onto`.
    ///
    /// # Errors
    /// [`Kind::Usage`] if nothing would move, or if the graph would be broken, as where `onto` depends on what moves.
    pub(crate) fn move_plan(&self, head: &RevisionId, onto: &RevisionId) -> Result<Move> {
        let below = reach(&self.parents, self.spot(onto.as_str()));
        let above = reach(&self.parents, self.spot(head.as_str()));
        let moves = |at: usize| above.has(at) && !below.has(at);
        let moved = self.cloned(moves);
        if moved.is_empty() {
            return Err(Error::new(Kind::Usage, format!("{onto} has everything that {head} has: nothing would move"))
                .with_hint("name two heads; `migrate heads` lists them"));
        }
        let mut parents = Vec::new();
        for at in self.order.iter().copied().filter(|at| moves(*at)) {
            let stays: Vec<&RevisionId> = self.ids(self.parents.of(at).iter().copied().filter(|to| moves(*to)));
            if stays.len() == self.parents.of(at).len() && !stays.is_empty() {
                continue;
            }
            // What stands on something that moves stands on `onto` by that.
            let new = if stays.is_empty() { vec![onto.clone()] } else { stays.into_iter().cloned().collect() };
            parents.extend(self.id(at).cloned().map(|id| (id, new)));
        }
        let related = above.iter().any(|at| below.has(at));
        let plan = Move { moved, parents, related };
        self.check_move(&plan).map(|()| plan)
    }

    /// The graph after a move.
    ///
    /// # Errors
    /// As [`Graph::build`].
    pub(crate) fn moved(&self, plan: &Move) -> Result<Self> {
        let node = |node: &Node| {
            let new = plan.parents.iter().find(|(id, _)| *id == node.id);
            let down_revisions = new.map_or_else(|| node.down_revisions.clone(), |(_, parents)| parents.clone());
            Node { down_revisions, ..node.clone() }
        };
        Self::build(self.nodes.iter().map(node).collect())
    }

    /// The rows of a database in which these revisions, and all that they need, are applied.
    pub(crate) fn rows_of(&self, applied: &Rows) -> Rows {
        State::of(self, applied.iter().filter_map(|id| self.spot(id.as_str()))).rows
    }

    fn check_move(&self, plan: &Move) -> Result<()> {
        let refused = |error: Error| error.while_doing("the revisions cannot be moved there").into_kind(Kind::Usage);
        self.moved(plan).map(drop).map_err(refused)
    }

    fn cloned(&self, counts: impl Fn(usize) -> bool) -> Vec<RevisionId> {
        self.ids(self.order.iter().copied().filter(|at| counts(*at))).into_iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::error::Kind;
    use crate::graph::RevisionId;
    use crate::graph::notation::{graph, id};

    fn words(ids: &[&RevisionId]) -> String {
        ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn meet(text: &str, ids: &str, common: &str, orders: &[&str]) {
        let ids: Vec<RevisionId> = ids.split(' ').map(id).collect();
        let sides = graph(text).sides(&ids);
        assert_eq!(words(&sides.common.iter().collect::<Vec<_>>()), common, "{text}");
        assert_eq!(sides.orders().iter().map(|order| words(order)).collect::<Vec<_>>(), orders, "{text}");
    }

    #[test]
    fn each_side_is_first_once() {
        meet("a b:a c:b d:b", "c d", "a b", &["c d", "d c"]);
        meet("a b:a c:b d:a e:d", "c e", "a", &["b c d e", "d e b c"]);
        meet("a b:a c:b d:b e:a", "c d e", "a", &["b c d e", "b d e c", "e b c d"]);
        meet("a b", "a b", "", &["a b", "b a"]);
    }

    #[test]
    fn dependencies_belong_to_the_side_that_needs_them() {
        meet("u1 u2:u1 o1 o2:o1>u2", "o2 u2", "u1 u2", &["o1 o2", "o1 o2"]);
        meet("a x b:a>x c:a", "b c", "a", &["x b c", "c x b"]);
    }

    #[track_caller]
    fn moves(text: &str, head: &str, onto: &str, moved: &str, parents: &str) {
        let graph = graph(text);
        let plan = graph.move_plan(&id(head), &id(onto)).unwrap();
        assert_eq!(words(&plan.moved.iter().collect::<Vec<_>>()), moved, "{text}");
        let new = plan
            .parents
            .iter()
            .map(|(id, parents)| format!("{id}:{}", words(&parents.iter().collect::<Vec<_>>()).replace(' ', ",")));
        assert_eq!(new.collect::<Vec<_>>().join(" "), parents, "{text}");
        let after = graph.moved(&plan).unwrap();
        let (below, all) =
            (after.ancestors(&id(head)), [after.ancestors(&id(onto)), plan.moved.iter().collect()].concat());
        assert!(all.iter().all(|id| below.contains(id)), "{text}: {head} must stand on all of it");
    }

    #[test]
    fn the_lowest_of_what_moves_gets_another_parent() {
        moves("m x:m y:x z:m", "y", "z", "x y", "x:z");
        moves("m x:m y:x z:m", "z", "y", "z", "z:y");
        moves("m x1:m x2:m y:x1,x2 z:m", "y", "z", "x1 x2 y", "x1:z x2:z");
        moves("m n:m x:m y:x,n z:n", "y", "z", "x y", "x:z y:x");
        moves("m x:m w:x y:x z:m", "y", "z", "x y", "x:z");
        moves("x z", "x", "z", "x", "x:z");
        assert!(!graph("x z").move_plan(&id("x"), &id("z")).unwrap().related);
        assert!(graph("m x:m z:m").move_plan(&id("x"), &id("z")).unwrap().related);
    }

    #[test]
    fn a_move_that_breaks_the_graph_is_refused() {
        for (text, head, onto, part) in [
            ("m x:m", "x", "x", "nothing would move"),
            ("m x:m", "m", "x", "nothing would move"),
            ("m x:m z:m>x", "x", "z", "cannot be moved there"),
        ] {
            let error = graph(text).move_plan(&id(head), &id(onto)).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage);
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
