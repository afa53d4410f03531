//! Edges, sets of spots and the walks over them. All are linear and none recurses.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// For each spot the spots that it leads to, each once, in the order in which they were added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edges(Vec<Vec<usize>>);

impl Edges {
    /// No edges between so many spots.
    pub(crate) fn none(count: usize) -> Self {
        Self(vec![Vec::new(); count])
    }

    pub(crate) fn of(&self, at: usize) -> &[usize] {
        #[cfg(test)]
        visits::note(self.0.get(at).map_or(0, Vec::len));
        self.0.get(at).map_or(&[], Vec::as_slice)
    }

    /// The number of spots.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds an edge; false if it was there. Looks through the edges of `from`, so meant for lists that a person wrote.
    pub(crate) fn add(&mut self, from: usize, to: usize) -> bool {
        match self.0.get_mut(from) {
            Some(list) if !list.contains(&to) => {
                list.push(to);
                true
            }
            Some(_) | None => false,
        }
    }

    /// The same edges the other way round, each list in ascending order.
    pub(crate) fn reversed(&self) -> Self {
        let mut reversed = Self::none(self.len());
        for (from, list) in self.0.iter().enumerate() {
            for to in list {
                if let Some(back) = reversed.0.get_mut(*to) {
                    back.push(from);
                }
            }
        }
        reversed
    }
}

/// How much the walks of this thread have looked at, for tests that ask whether work grows with the graph and no faster.
#[cfg(test)]
pub(crate) mod visits {
    use std::cell::Cell;

    thread_local! {
        static COUNT: Cell<usize> = const { Cell::new(0) };
    }

    /// A spot was looked at, and so many edges of it.
    pub(super) fn note(edges: usize) {
        COUNT.set(COUNT.get() + 1 + edges);
    }

    /// The spots and edges that some work looks at, with repetition.
    pub(crate) fn of(work: impl FnOnce()) -> usize {
        let before = COUNT.get();
        work();
        COUNT.get() - before
    }
}

/// A set of spots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marks(Vec<bool>);

impl Marks {
    pub(crate) fn none(count: usize) -> Self {
        Self(vec![false; count])
    }

    /// Adds a spot; false if it was there.
    pub(crate) fn add(&mut self, at: usize) -> bool {
        self.0.get_mut(at).is_some_and(|mark| !std::mem::replace(mark, true))
    }

    pub(crate) fn remove(&mut self, at: usize) {
        if let Some(mark) = self.0.get_mut(at) {
            *mark = false;
        }
    }

    pub(crate) fn add_all(&mut self, others: &Self) {
        for at in others.iter() {
            self.add(at);
        }
    }

    pub(crate) fn has(&self, at: usize) -> bool {
        self.0.get(at).copied().unwrap_or(false)
    }

    /// The spots in ascending order, which is the order of ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(|(_, mark)| **mark).map(|(at, _)| at)
    }
}

/// The starts and everything that they lead to.
pub(crate) fn reach(edges: &Edges, starts: impl IntoIterator<Item = usize>) -> Marks {
    let mut marks = Marks::none(edges.len());
    let mut open: Vec<usize> = starts.into_iter().filter(|at| marks.add(*at)).collect();
    while let Some(at) = open.pop() {
        open.extend(edges.of(at).iter().copied().filter(|next| marks.add(*next)));
    }
    marks
}

/// The spots that lead to everything that comes before them in this order, in which edges lead backward.
pub(crate) fn alone(order: impl Iterator<Item = usize>, edges: &Edges) -> Marks {
    let (mut alone, mut ends) = (Marks::none(edges.len()), Marks::none(edges.len()));
    let mut count = 0_usize;
    for at in order {
        for before in edges.of(at) {
            count -= usize::from(ends.has(*before));
            ends.remove(*before);
        }
        ends.add(at);
        count += 1;
        if count == 1 {
            alone.add(at);
        }
    }
    alone
}

/// Every spot behind those that it needs; among the ready ones the smallest first. Spots in a cycle, and those that
/// need one, are missing in the answer.
pub(crate) fn topological(needs: &Edges, needed_by: &Edges) -> Vec<usize> {
    let mut waiting: Vec<usize> = needs.0.iter().map(Vec::len).collect();
    let ready = waiting.iter().enumerate().filter(|(_, count)| **count == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = ready.map(|(at, _)| Reverse(at)).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(at);
        for next in needed_by.of(at) {
            if let Some(count) = waiting.get_mut(*next) {
                *count -= 1;
                if *count == 0 {
                    ready.push(Reverse(*next));
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use crate::graph::walk::{Edges, reach, topological};

    fn edges(count: usize, pairs: &[(usize, usize)]) -> Edges {
        let mut edges = Edges::none(count);
        for (from, to) in pairs {
            edges.add(*from, *to);
        }
        edges
    }

    #[test]
    fn an_edge_counts_once_and_turns_round() {
        let mut edges = edges(3, &[(2, 0), (1, 0)]);
        assert!(!edges.add(2, 0));
        assert!(edges.add(2, 1));
        assert_eq!(edges.reversed().of(0), [1, 2]);
        assert_eq!(edges.of(2), [0, 1]);
        assert!(edges.of(9).is_empty());
    }

    #[test]
    fn reach_has_the_starts_and_ends_in_a_cycle() {
        let edges = edges(4, &[(0, 1), (1, 0), (2, 3)]);
        assert_eq!(reach(&edges, [0]).iter().collect::<Vec<_>>(), [0, 1]);
        assert_eq!(reach(&edges, []).iter().count(), 0);
    }

    #[test]
    fn a_cycle_and_what_needs_it_have_no_place_in_the_order() {
        let needs = edges(4, &[(0, 1), (1, 0), (2, 1)]);
        assert_eq!(topological(&needs, &needs.reversed()), [3]);
    }
}
