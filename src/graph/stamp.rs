//! Stamps: the rows are rewritten as if revisions had run, and nothing runs.

use crate::error::{Error, Kind, Result};
use crate::graph::resolve::Point;
use crate::graph::rows::State;
use crate::graph::target::Place;
use crate::graph::walk::reach;
use crate::graph::{Graph, RowMove, Rows, Target};

/// A change of the rows without running anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) before: Rows,
    pub(crate) after: Rows,
    pub(crate) moves: Vec<RowMove>,
}

impl Graph {
    /// The rows that upgrading or downgrading to the targets would leave, for all of them at once.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::resolve`], for words that count from the database, and if one target needs, or
    /// removes, another. [`Kind::Newer`] and [`Kind::Corrupt`] as [`Graph::state`].
    pub(crate) fn stamp_plan(&self, rows: &Rows, targets: &[Target]) -> Result<Stamp> {
        let state = self.state(rows)?;
        let points = self.stamp_points(targets)?;
        let wanted = reach(&self.needs, points.iter().flat_map(|point| point.spots.iter().copied()));
        let going = self.above(&state.applied, points.iter().flat_map(|point| self.first_to_go(point)));
        if let Some(both) = going.iter().find(|at| wanted.has(*at)) {
            return Err(refused(format!(
                "the targets contradict each other: {} is to go and to stay",
                self.named(&[both])
            ))
            .with_hint("stamp them one after the other"));
        }
        let staying = state.applied.iter().filter(|at| !going.has(*at)).chain(wanted.iter());
        let after = State::of(self, staying).rows;
        Ok(Stamp { before: rows.clone(), moves: RowMove::between(rows, &after), after })
    }

    /// The rows that an empty database would have after upgrading to the targets: for `stamp --purge`, which does not
    /// look at the rows that it removes.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::stamp_plan`].
    pub(crate) fn stamp_from_nothing(&self, targets: &[Target]) -> Result<Rows> {
        self.stamp_plan(&Rows::new(), targets).map(|stamp| stamp.after)
    }

    fn stamp_points(&self, targets: &[Target]) -> Result<Vec<Point>> {
        let everything = |target: &&Target| target.place == Place::Base && target.branch.is_none() && target.steps == 0;
        if targets.len() > 1 && targets.iter().any(|target| everything(&target)) {
            return Err(refused("`base` cannot be stamped together with other targets".to_owned())
                .with_hint("stamp base alone, or the others alone"));
        }
        if let Some(target) = targets.iter().find(|target| target.counts_from_database()) {
            return Err(refused(format!("`{target}` cannot be stamped: it counts from where the database stands"))
                .with_hint("name a revision, or count from one: head-1, ID+1"));
        }
        let points: Vec<Point> = targets.iter().map(|target| self.locate(target, None)).collect::<Result<_>>()?;
        for (one, point) in targets.iter().zip(&points) {
            let needed = reach(&self.needs, point.spots.iter().copied());
            for (other, another) in targets.iter().zip(&points) {
                let twice = |at: &&usize| needed.has(**at) && !point.spots.contains(*at);
                if another.spots.iter().find(twice).is_some() {
                    return Err(refused(format!("`{one}` needs `{other}`, so that the two cannot both be stamped"))
                        .with_hint(format!("stamp `{one}` alone: it says that `{other}` is applied")));
                }
            }
        }
        Ok(points)
    }
}

fn refused(phrase: String) -> Error {
    Error::new(Kind::Usage, phrase)
}

#[cfg(test)]
mod tests {
    use crate::error::{Error, Kind};
    use crate::graph::Rows;
    use crate::graph::notation::{graph, rows, shown, target};

    const DIAMOND: &str = "a b:a c:b d:b e:c,d";
    const FORK: &str = "a b:a c:b d:b";
    const SHOP: &str = "u1#users u2:u1 u3:u2 o1#orders o2:o1>u2 o3:o2";

    fn stamped(text: &str, start: &str, words: &str) -> Result<Rows, Error> {
        let targets: Vec<_> = words.split_whitespace().map(target).collect();
        let stamp = graph(text).stamp_plan(&rows(start), &targets)?;
        assert_eq!(stamp.before, rows(start));
        Ok(stamp.after)
    }

    #[track_caller]
    fn stamps(text: &str, table: &[(&str, &str, &str)]) {
        for (start, words, expected) in table {
            assert_eq!(&shown(&stamped(text, start, words).unwrap()), expected, "{text}: {start} → stamp {words}");
        }
    }

    #[test]
    fn stamps_leave_the_rows_that_running_would() {
        stamps(
            DIAMOND,
            &[
                ("–", "head", "e"),
                ("–", "c", "c"),
                ("c", "a", "a"),
                ("c", "base", "–"),
                ("c,d", "head", "e"),
                ("e", "c", "c,d"),
                ("e", "b", "b"),
                ("e", "c d", "c,d"),
                ("e", "e-1", "c,d"),
                ("a", "head-1", "c,d"),
            ],
        );
        stamps(
            FORK,
            &[
                ("–", "heads", "c,d"),
                ("c", "d", "c,d"),
                ("c,d", "c", "c,d"),
                ("c,d", "b", "b"),
                ("b", "c d", "c,d"),
                ("b", "c c", "c"),
                ("c,d", "c@b", "d"),
            ],
        );
        stamps(
            "a1 a2:a1 a3:a2 b1 b2:b1",
            &[
                ("a3,b2", "a1", "a1,b2"),
                ("a3", "b2", "a3,b2"),
                ("a3,b2", "a1@base", "b2"),
                ("a3,b2", "base", "–"),
                ("a3,b2", "a1@base b1", "b1"),
            ],
        );
        stamps(
            SHOP,
            &[
                ("u2,o1", "o2", "o2"),
                ("u3,o1", "o3", "o3,u3"),
                ("–", "orders@head", "o3"),
                ("o3", "o1", "o1,u2"),
                ("u3,o3", "users@base", "o1"),
                ("o1", "heads", "o3,u3"),
            ],
        );
        stamps("u1 u2:u1 o1 o2:o1>u2", &[("–", "heads", "o2")]);
        stamps(
            "a b:a c1:b c2:c1 c3:c2 c4:c3 d1:b d2:d1 d3:d2 d4:d3",
            &[("c4,d4", "c3 d3", "c3,d3"), ("c4,d4", "c3 d1", "c3,d1")],
        );
        stamps("", &[("–", "head", "–"), ("–", "base", "–")]);
    }

    #[test]
    fn stamps_are_refused_as_a_whole() {
        for (start, words, part) in [
            ("e", "a c", "`c` needs `a`"),
            ("e", "c a", "`c` needs `a`"),
            ("e", "base c", "`base` cannot be stamped together"),
            ("e", "+1", "counts from where"),
            ("e", "c -1", "counts from where"),
            ("e", "current", "counts from where"),
            ("e", "c zzzz", "`zzzz`"),
            ("c,d", "c@base d", "contradict"),
        ] {
            let error = stamped(DIAMOND, start, words).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage);
            assert!(error.phrase().contains(part), "{error}");
        }
        assert_eq!(stamped(DIAMOND, "zz", "head").unwrap_err().kind(), Kind::Newer);
        assert_eq!(stamped(DIAMOND, "a,b", "head").unwrap_err().kind(), Kind::Corrupt);
        let error = stamped(SHOP, "–", "u2 o2").unwrap_err();
        assert!(error.phrase().contains("`o2` needs `u2`"), "{error}");
    }

    #[test]
    fn a_purge_does_not_look_at_the_rows() {
        let graph = graph(FORK);
        let purge = |words: &str| graph.stamp_from_nothing(&words.split(' ').map(target).collect::<Vec<_>>());
        assert_eq!(shown(&purge("c").unwrap()), "c");
        assert_eq!(shown(&purge("c d").unwrap()), "c,d");
        assert_eq!(shown(&purge("base").unwrap()), "–");
        assert_eq!(purge("zzzz").unwrap_err().kind(), Kind::Usage);
    }
}
