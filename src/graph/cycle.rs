//! Cycles: which revisions need each other, and the shortest way round.

use crate::graph::walk::{Edges, Marks};
use std::collections::VecDeque;

/// How many edges the search for the shortest way round may look at: a graph of ten thousand revisions in one knot is
/// named by a short cycle that may not be the shortest one.
const EFFORT: usize = 2_000_000;

/// A knot: revisions that all need each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Knot {
    /// The shortest cycle in it, beginning with its smallest spot; each needs the next, the last needs the first.
    pub(crate) cycle: Vec<usize>,
    /// How many revisions are in the knot; more than the cycle has if several cycles touch.
    pub(crate) size: usize,
}

/// Every knot of two or more, ordered by its smallest spot (two passes after Kosaraju). Self references are left out.
pub(crate) fn knots(needs: &Edges) -> Vec<Knot> {
    let needed_by = needs.reversed();
    let mut taken = Marks::none(needs.len());
    let mut knots: Vec<Vec<usize>> = Vec::new();
    for start in finishing_order(needs).into_iter().rev() {
        let mut members = Vec::new();
        let mut open: Vec<usize> = Some(start).filter(|at| taken.add(*at)).into_iter().collect();
        while let Some(at) = open.pop() {
            members.push(at);
            open.extend(needed_by.of(at).iter().copied().filter(|next| taken.add(*next)));
        }
        if members.len() > 1 {
            members.sort_unstable();
            knots.push(members);
        }
    }
    knots.sort_unstable();
    knots.iter().map(|members| Knot { cycle: shortest_cycle(needs, members), size: members.len() }).collect()
}

/// Every spot behind everything that a walk from it meets first.
fn finishing_order(edges: &Edges) -> Vec<usize> {
    let mut seen = Marks::none(edges.len());
    let mut order = Vec::with_capacity(edges.len());
    for start in 0..edges.len() {
        let mut path: Vec<(usize, usize)> = Some((start, 0)).filter(|_| seen.add(start)).into_iter().collect();
        while let Some((at, tried)) = path.pop() {
            match edges.of(at).get(tried) {
                Some(next) => {
                    path.push((at, tried + 1));
                    path.extend(Some((*next, 0)).filter(|_| seen.add(*next)));
                }
                None => order.push(at),
            }
        }
    }
    order
}

/// The shortest cycle through any member; the first found from the smallest spot where several are as short.
fn shortest_cycle(needs: &Edges, members: &[usize]) -> Vec<usize> {
    let mut inside = Marks::none(needs.len());
    for at in members {
        inside.add(*at);
    }
    let mut best: Vec<usize> = Vec::new();
    let mut effort = EFFORT;
    for start in members {
        if effort == 0 || best.len() == 2 {
            break;
        }
        let limit = if best.is_empty() { usize::MAX } else { best.len() };
        if let Some(cycle) = cycle_through(needs, &mut inside, (*start, limit), &mut effort) {
            best = cycle;
        }
        // A cycle found from a later start need not pass here again.
        inside.remove(*start);
    }
    let smallest = best.iter().enumerate().min_by_key(|(_, at)| **at).map_or(0, |(place, _)| place);
    best.rotate_left(smallest);
    best
}

/// Breadth first from `start` back to it, by members only: the way round if it has fewer than `limit` revisions.
fn cycle_through(
    needs: &Edges,
    inside: &mut Marks,
    (start, limit): (usize, usize),
    effort: &mut usize,
) -> Option<Vec<usize>> {
    let mut found: Vec<(usize, usize)> = vec![(start, 0)];
    let mut seen = Vec::new();
    let mut queue = VecDeque::from([(0_usize, 1_usize)]);
    let mut round = None;
    'search: while let Some((place, length)) = queue.pop_front() {
        if length >= limit {
            break;
        }
        let at = found.get(place).map_or(start, |(at, _)| *at);
        for next in needs.of(at) {
            *effort = effort.saturating_sub(1);
            if *next == start {
                round = Some(place);
                break 'search;
            }
            if inside.has(*next) {
                inside.remove(*next);
                seen.push(*next);
                found.push((*next, place));
                queue.push_back((found.len() - 1, length + 1));
            }
        }
    }
    for at in seen {
        inside.add(at);
    }
    round.map(|place| path_to(&found, place))
}

/// The way from the first entry of `found` to that at `place`; each entry names the place that it was found from.
fn path_to(found: &[(usize, usize)], place: usize) -> Vec<usize> {
    let mut path = Vec::new();
    let mut place = place;
    while let Some((at, before)) = found.get(place) {
        path.push(*at);
        if place == 0 {
            break;
        }
        place = *before;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use crate::graph::cycle::{Knot, knots};
    use crate::graph::properties::Dice;
    use crate::graph::walk::Edges;

    fn of(count: usize, pairs: &[(usize, usize)]) -> Vec<Knot> {
        let mut edges = Edges::none(count);
        for (from, to) in pairs {
            edges.add(*from, *to);
        }
        knots(&edges)
    }

    #[test]
    fn each_knot_is_named_by_its_shortest_cycle() {
        let found = of(8, &[(0, 1), (1, 2), (2, 3), (3, 0), (2, 1), (5, 6), (6, 7), (7, 5), (4, 5)]);
        assert_eq!(found, [Knot { cycle: vec![1, 2], size: 4 }, Knot { cycle: vec![5, 6, 7], size: 3 }]);
    }

    #[test]
    fn nothing_is_found_in_a_diamond() {
        assert_eq!(of(4, &[(3, 1), (3, 2), (1, 0), (2, 0)]), []);
    }

    #[test]
    fn a_long_way_round_is_found_without_recursion_and_in_bounded_time() {
        let count = 100_000;
        let mut pairs: Vec<(usize, usize)> = (1..count).map(|at| (at, at - 1)).collect();
        pairs.push((0, count - 1));
        let found = of(count, &pairs);
        assert_eq!((found.len(), found[0].size, found[0].cycle.len()), (1, count, count));
        assert_eq!(found[0].cycle[..3], [0, count - 1, count - 2]);
    }

    #[test]
    fn a_short_cycle_far_from_the_first_member_is_found() {
        let mut pairs: Vec<(usize, usize)> = (1..50).map(|at| (at, at - 1)).collect();
        pairs.extend([(0, 49), (40, 42)]);
        assert_eq!(of(50, &pairs), [Knot { cycle: vec![40, 42, 41], size: 50 }]);
    }

    /// The lengths of the shortest ways between all spots, none of them empty (after Floyd and Warshall).
    fn distances(count: usize, pairs: &[(usize, usize)]) -> Vec<Vec<usize>> {
        const FAR: usize = 1_000;
        let mut ways = vec![vec![FAR; count]; count];
        for (from, to) in pairs {
            ways[*from][*to] = 1;
        }
        for by in 0..count {
            for from in 0..count {
                for to in 0..count {
                    ways[from][to] = ways[from][to].min(ways[from][by] + ways[by][to]);
                }
            }
        }
        ways.iter_mut().flatten().for_each(|way| *way = if *way >= FAR { 0 } else { *way });
        ways
    }

    #[test]
    fn every_knot_of_random_graphs_is_found_with_a_shortest_way_round() {
        let mut dice = Dice(0x7C15_9E37_79B9_7F4A);
        for _ in 0..2_000 {
            let count = 1 + dice.below(9);
            let pairs = (0..dice.below(2 * count + 1)).map(|_| (dice.below(count), dice.below(count)));
            let pairs: Vec<(usize, usize)> = pairs.filter(|(from, to)| from != to).collect();
            let ways = distances(count, &pairs);
            let knot_of = |at: usize| (0..count).filter(|other| ways[at][*other] > 0 && ways[*other][at] > 0).collect();
            let mut expected: Vec<Vec<usize>> =
                (0..count).map(knot_of).filter(|knot: &Vec<usize>| knot.len() > 1).collect();
            expected.sort();
            expected.dedup();
            let found = of(count, &pairs);
            assert_eq!(found.len(), expected.len(), "{pairs:?}");
            for (knot, members) in found.iter().zip(&expected) {
                let around = knot.cycle.iter().zip(knot.cycle.iter().cycle().skip(1));
                assert!(around.into_iter().all(|(from, to)| pairs.contains(&(*from, *to))), "{pairs:?}: {knot:?}");
                let shortest = members.iter().map(|at| ways[*at][*at]).min().unwrap();
                assert_eq!((knot.size, knot.cycle.len()), (members.len(), shortest), "{pairs:?}: {knot:?}");
                assert!(knot.cycle.iter().all(|at| members.contains(at)));
            }
        }
    }
}
