//! Baselines: a revision that does the work of everything that it needs, in one step. Pure, as all of the graph.
//!
//! What is below a baseline is still there by name, for databases that went that way, but has no body. So a database
//! without any of it goes there in one step, from the base; one that is past it goes on from where it is; one that is
//! between has no way, and is told so.

use crate::error::{Error, Kind, Result};
use crate::graph::rows::State;
use crate::graph::walk::{Marks, reach};
use crate::graph::{Direction, Graph};

/// What one step does: a revision, and all that moves with it, in the order in which it moves.
pub(super) struct Unit {
    /// Whose body runs.
    pub(super) at: usize,
    pub(super) spots: Vec<usize>,
}

/// A baseline and everything that it needs.
pub(super) struct Whole {
    at: usize,
    members: Marks,
}

impl Graph {
    /// The baselines among pending revisions, each of which is applied as a whole.
    ///
    /// # Errors
    /// [`Kind::NoWayBack`] where a part of such a whole is applied.
    pub(super) fn wholes_up(&self, state: &State<'_>, pending: &[usize]) -> Result<Vec<Whole>> {
        self.wholes(pending, |whole| match whole.members.iter().find(|at| state.applied.has(*at)) {
            None => Ok(()),
            Some(_) => Err(self.no_way_over(
                whole,
                state,
                "what is between has no body here",
                "bring the database there with what has made it so far, then go on here",
            )),
        })
    }

    /// The baselines among revisions that are to go, each of which is taken back as a whole.
    ///
    /// # Errors
    /// [`Kind::NoWayBack`] where a part of such a whole would stay.
    pub(super) fn wholes_down(&self, state: &State<'_>, going: &[usize]) -> Result<Vec<Whole>> {
        let mut gone = Marks::none(self.len());
        for at in going {
            gone.add(*at);
        }
        self.wholes(going, |whole| match whole.members.iter().find(|at| !gone.has(*at)) {
            None => Ok(()),
            Some(_) => Err(self.no_way_over(
                whole,
                state,
                "it can only be taken back with everything below it",
                "downgrade to base, or to a revision that is not below it",
            )),
        })
    }

    /// Baselines that no other one covers.
    fn wholes(&self, spots: &[usize], check: impl Fn(&Whole) -> Result<()>) -> Result<Vec<Whole>> {
        let is_baseline = |at: &&usize| self.nodes.get(**at).is_some_and(|node| node.baseline);
        let of = |at: &usize| Whole { at: *at, members: reach(&self.needs, [*at]) };
        let mut wholes: Vec<Whole> = spots.iter().filter(is_baseline).map(of).collect();
        let covered: Vec<usize> =
            wholes.iter().flat_map(|whole| whole.members.iter().filter(|at| *at != whole.at)).collect();
        wholes.retain(|whole| !covered.contains(&whole.at));
        wholes.iter().try_for_each(check)?;
        Ok(wholes)
    }

    /// What each step does. A whole comes where that of its members stood which is nearest to the base: on the way up
    /// nothing stands on a part of it before, on the way down nothing does any more.
    pub(super) fn units(&self, direction: Direction, mut spots: Vec<usize>, wholes: &[Whole]) -> Vec<Unit> {
        if wholes.is_empty() {
            return spots.into_iter().map(|at| Unit { at, spots: vec![at] }).collect();
        }
        let is_down = direction == Direction::Down;
        if is_down {
            spots.reverse();
        }
        let mut seen = Marks::none(self.len());
        let mut units = Vec::new();
        for at in &spots {
            if !seen.add(*at) {
                continue;
            }
            let whole = wholes.iter().find(|whole| whole.members.has(*at));
            let mut unit = Unit { at: *at, spots: vec![*at] };
            if let Some(whole) = whole {
                seen.add_all(&whole.members);
                unit =
                    Unit { at: whole.at, spots: spots.iter().copied().filter(|at| whole.members.has(*at)).collect() };
            }
            if is_down {
                unit.spots.reverse();
            }
            units.push(unit);
        }
        if is_down {
            units.reverse();
        }
        units
    }

    fn no_way_over(&self, whole: &Whole, state: &State<'_>, why: &str, hint: &str) -> Error {
        let (id, place) = (self.named(&[whole.at]), self.rows_named(&state.rows));
        let phrase = format!("there is no way over the baseline {id}: the database stands at {place}, and {why}");
        Error::new(Kind::NoWayBack, phrase).with_hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use crate::error::{Error, Kind};
    use crate::graph::notation::{graph, rows, shown, target};
    use crate::graph::{Graph, RowMove, Step};

    /// A line with a baseline in it, and a branch that forks off below the baseline.
    const LINE: &str = "a b:a c!:b d:c x:a";

    fn plan(graph: &Graph, start: &str, command: &str) -> Result<Vec<Step>, Error> {
        match command.split_once(' ').unwrap() {
            ("up", word) => graph.upgrade_plan(&rows(start), &target(word)),
            (_, word) => graph.downgrade_plan(&rows(start), &target(word)),
        }
    }

    /// Each step and the rows after it.
    fn trail(text: &str, start: &str, command: &str) -> String {
        let step = |step: &Step| format!("{} {}", step.revision, shown(&step.after));
        plan(&graph(text), start, command).unwrap().iter().map(step).collect::<Vec<_>>().join(" · ")
    }

    #[test]
    fn an_empty_database_goes_to_a_baseline_in_one_step() {
        for (start, command, expected) in [
            ("–", "up c", "c c"),
            ("–", "up d", "c c · d d"),
            ("–", "up heads", "c c · d d · x d,x"),
            ("c", "up d", "d d"),
            ("d", "up x", "x d,x"),
            ("d", "down c", "d c"),
            ("d", "down base", "d c · c –"),
            ("d,x", "down base", "x d · d c · c –"),
            ("x", "up a", ""),
        ] {
            assert_eq!(trail(LINE, start, command), expected, "{start} {command}");
        }
        let steps = plan(&graph(LINE), "–", "up c").unwrap();
        assert!(matches!(steps[0].moves.as_slice(), [RowMove::Insert(_)]));
        let steps = plan(&graph(LINE), "c", "down base").unwrap();
        assert!(matches!(steps[0].moves.as_slice(), [RowMove::Delete(_)]));
    }

    #[test]
    fn what_is_between_base_and_a_baseline_has_no_way() {
        for (start, command) in [("b", "up c"), ("a", "up heads"), ("x", "up d"), ("c", "down b"), ("d", "down -2")] {
            let error = plan(&graph(LINE), start, command).unwrap_err();
            assert_eq!(error.kind(), Kind::NoWayBack, "{start} {command}: {error}");
            assert!(error.phrase().contains("over the baseline c") && error.hint().is_some(), "{error}");
        }
        // Below it revisions are still there by name; that they have no body is said by whoever reads them.
        assert_eq!(trail(LINE, "–", "up b"), "a a · b b");
        assert_eq!(trail(LINE, "b", "down a"), "b a");
    }

    #[test]
    fn merges_dependencies_and_other_lines_under_a_baseline() {
        let text = "a b:a c:a m!:b,c>o1 o1 o2:o1 n:m p";
        assert_eq!(trail(text, "–", "up n"), "m m · n n");
        assert_eq!(trail(text, "p", "up heads"), "m m,p · n n,p · o2 n,o2,p");
        assert_eq!(trail(text, "n,o2,p", "down base"), "p n,o2 · o2 n · n m · m –");
        assert_eq!(trail(text, "n,p", "down m"), "n m,p");
        // o1 would stay, which the baseline made.
        assert!(plan(&graph(text), "n,o2,p", "down a@base").is_err());
        assert!(plan(&graph(text), "o1", "up n").is_err());
    }

    #[test]
    fn a_baseline_covers_another_one() {
        assert_eq!(trail("a b!:a c:b d!:c e:d", "–", "up e"), "d d · e e");
        assert_eq!(trail("a b!:a c:b d!:c e:d", "–", "up c"), "b b · c c");
        assert_eq!(trail("a b!:a c:b d!:c e:d", "e", "down base"), "e d · d –");
        assert!(plan(&graph("a b!:a c:b d!:c e:d"), "b", "up e").is_err());
    }
}
