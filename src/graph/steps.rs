//! Plans: which revisions run, in which order, and how the rows of the version table move with each of them.
//!
//! Upgrade: what the target needs and is not applied, each behind what it needs. Downgrade: everything applied that is,
//! or needs, a child of the target, in the reverse order; the target stays. A plan reads only graph and rows.
//!
//! Where the graph holds kept revisions (`Node::kept`), the way up begins with the way down from them.

use crate::error::{Error, Kind, Result};
use crate::graph::baseline::Unit;
use crate::graph::resolve::Point;
use crate::graph::rows::State;
use crate::graph::walk::{Marks, reach};
use crate::graph::{Graph, RevisionId, RowMove, Rows, Target};

/// Which half of a revision runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

impl Direction {
    /// The word for reports and the log: `upgrade` or `downgrade`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Up => "upgrade",
            Self::Down => "downgrade",
        }
    }
}

/// One revision to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) revision: RevisionId,
    pub(crate) direction: Direction,
    /// The whole version table that the step was planned on; anything else in it means that another run was faster.
    pub(crate) before: Rows,
    pub(crate) after: Rows,
    /// From `before` to `after`: one insert, one update, or deletes (inserts, on the way down) and one update.
    pub(crate) moves: Vec<RowMove>,
}

impl Graph {
    /// The steps from these rows up to the target; none if it is applied. What no file has is taken back first.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::resolve`], and for `current`, `-N` and `X@-N`. [`Kind::Newer`] and
    /// [`Kind::Corrupt`] as [`Graph::state`]. [`Kind::NoWayBack`] from below a baseline.
    pub(crate) fn upgrade_plan(&self, rows: &Rows, target: &Target) -> Result<Vec<Step>> {
        if !self.nodes.iter().any(|node| node.kept) {
            return self.way_up(rows, target);
        }
        let mut state = self.state(rows)?;
        let mut steps = self.take_back_kept(&mut state)?;
        // From there on nothing names what no file has.
        let files = Self::of_checked(self.nodes.iter().filter(|node| !node.kept).cloned().collect());
        steps.extend(files.way_up(&state.rows, target)?);
        Ok(steps)
    }

    fn way_up(&self, rows: &Rows, target: &Target) -> Result<Vec<Step>> {
        let mut state = self.state(rows)?;
        if target.counts_from_database() && target.steps <= 0 {
            return Err(refused(format!(
                "`{target}` cannot be upgraded to: it is not above where the database stands"
            ))
            .with_hint("count upwards with +N, name a revision, or use `migrate downgrade`"));
        }
        let wanted = reach(&self.needs, self.locate(target, Some(&state))?.spots);
        let pending = self.order.iter().copied().filter(|at| wanted.has(*at) && !state.applied.has(*at));
        let pending: Vec<usize> = pending.collect();
        let wholes = self.wholes_up(&state, &pending)?;
        Ok(self.steps(&mut state, Direction::Up, self.units(Direction::Up, pending, &wholes)))
    }

    /// The steps down to what the files know; no file needs what no file has, so nothing else goes.
    fn take_back_kept(&self, state: &mut State<'_>) -> Result<Vec<Step>> {
        let going = self.order.iter().rev().copied().filter(|at| state.applied.has(*at) && self.is_kept(*at));
        let going: Vec<usize> = going.collect();
        let wholes = self.wholes_down(state, &going)?;
        Ok(self.steps(state, Direction::Down, self.units(Direction::Down, going, &wholes)))
    }

    /// The steps from these rows down to the target, which stays; none if nothing above it is applied.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::resolve`], for `current`, `+N` and `X@+N`, for several revisions, and if the target
    /// is not applied. [`Kind::Newer`] and [`Kind::Corrupt`] as [`Graph::state`].
    pub(crate) fn downgrade_plan(&self, rows: &Rows, target: &Target) -> Result<Vec<Step>> {
        let mut state = self.state(rows)?;
        if target.counts_from_database() && target.steps >= 0 {
            return Err(refused(format!(
                "`{target}` cannot be downgraded to: it is not below where the database stands"
            ))
            .with_hint("count downwards with -N, name a revision, or use `migrate upgrade`"));
        }
        let point = self.locate(target, Some(&state))?;
        if point.undo.is_none() {
            self.only(target, &point.spots)?;
        }
        let missing: Vec<usize> = point.spots.iter().copied().filter(|at| !state.applied.has(*at)).collect();
        if !missing.is_empty() {
            return Err(self.not_applied(target, &missing, &state));
        }
        let going = self.above(&state.applied, self.first_to_go(&point));
        let going: Vec<usize> = self.order.iter().rev().copied().filter(|at| going.has(*at)).collect();
        let wholes = self.wholes_down(&state, &going)?;
        Ok(self.steps(&mut state, Direction::Down, self.units(Direction::Down, going, &wholes)))
    }

    fn steps(&self, state: &mut State<'_>, direction: Direction, units: Vec<Unit>) -> Vec<Step> {
        let steps = units.into_iter().filter_map(|unit| {
            let before = state.rows.clone();
            for at in unit.spots {
                match direction {
                    Direction::Up => state.apply(at),
                    Direction::Down => state.take_back(at),
                }
            }
            let after = state.rows.clone();
            let moves = RowMove::between(&before, &after);
            self.id(unit.at).map(|id| Step { revision: id.clone(), direction, before, after, moves })
        });
        steps.collect()
    }

    /// The lowest revisions that must go so that the point is what is left.
    pub(crate) fn first_to_go(&self, point: &Point) -> Vec<usize> {
        let lineage = point.branch.as_ref().map(|branch| &branch.lineage);
        match (point.undo, point.spots.as_slice(), &point.branch) {
            (Some(undone), _, _) => vec![undone],
            (None, [], None) => self.base_spots().collect(),
            (None, [], Some(branch)) => {
                let below = reach(&self.parents, [branch.at]);
                self.base_spots().filter(|at| below.has(*at)).collect()
            }
            (None, spots, _) => {
                let children = spots.iter().flat_map(|at| self.children.of(*at)).copied();
                children.filter(|at| lineage.is_none_or(|lineage| lineage.has(*at))).collect()
            }
        }
    }

    /// The applied ones among these, and everything applied that needs them.
    pub(crate) fn above(&self, applied: &Marks, starts: impl IntoIterator<Item = usize>) -> Marks {
        let mut marks = reach(&self.needed_by, starts.into_iter().filter(|at| applied.has(*at)));
        let pending: Vec<usize> = marks.iter().filter(|at| !applied.has(*at)).collect();
        for at in pending {
            marks.remove(at);
        }
        marks
    }

    fn not_applied(&self, target: &Target, missing: &[usize], state: &State<'_>) -> Error {
        let names = self.named(missing);
        let what = if names == target.to_string() { format!("`{target}`") } else { format!("`{target}` ({names})") };
        let place = self.rows_named(&state.rows);
        refused(format!(
            "{what} is not applied, so that nothing can be taken back down to it; the database stands at {place}"
        ))
        .with_hint("name a revision that is applied: `migrate history -i` marks them")
    }

    /// The rows for a message.
    pub(crate) fn rows_named(&self, rows: &Rows) -> String {
        let spots: Vec<usize> = rows.iter().filter_map(|id| self.spot(id.as_str())).collect();
        if spots.is_empty() { "base".to_owned() } else { self.named(&spots) }
    }
}

fn refused(phrase: String) -> Error {
    Error::new(Kind::Usage, phrase)
}

#[cfg(test)]
mod tests {
    use crate::error::{Error, Kind};
    use crate::graph::notation::{graph, rows, shown, target};
    use crate::graph::{Direction, Graph, RowMove, Step};

    const DIAMOND: &str = "a b:a c:b d:b e:c,d";
    const FORK: &str = "a b:a c:b d:b";
    const CRISS_CROSS: &str = "a b:a c:a d:b,c e:b,c";
    const MIDDLE: &str = "l1 r1 l2:l1,r1 r2:r1";
    const SHOP: &str = "u1#users u2:u1 u3:u2 o1#orders o2:o1>u2 o3:o2";

    fn plan(graph: &Graph, start: &str, command: &str) -> Result<Vec<Step>, Error> {
        match command.split_once(' ').unwrap() {
            ("up", word) => graph.upgrade_plan(&rows(start), &target(word)),
            ("down", word) => graph.downgrade_plan(&rows(start), &target(word)),
            other => panic!("{other:?}"),
        }
    }

    /// The rows after each step, as the tables of the facts write them; `-` if nothing is to do.
    fn trail(steps: &[Step]) -> String {
        if steps.is_empty() {
            return "nothing".to_owned();
        }
        steps.iter().map(|step| shown(&step.after)).collect::<Vec<_>>().join(" · ")
    }

    #[track_caller]
    fn goes(text: &str, table: &[(&str, &str, &str)]) {
        let graph = graph(text);
        for (start, command, expected) in table {
            let steps = plan(&graph, start, command).unwrap();
            assert_eq!(&trail(&steps), expected, "{text}: {start} → {command}");
        }
    }

    #[track_caller]
    fn refuses(text: &str, table: &[(&str, &str, &str)]) {
        let graph = graph(text);
        for (start, command, part) in table {
            let error = plan(&graph, start, command).unwrap_err();
            assert_eq!((error.kind(), error.exit_code()), (Kind::Usage, 2), "{command}: {error}");
            assert!(error.hint().is_some());
            assert!(error.phrase().contains(part), "{command}: {:?} lacks {part:?}", error.phrase());
        }
    }

    #[test]
    fn what_no_file_has_is_taken_back_before_the_way_up() {
        goes(
            "a b:a c?:b d?:c e:b f:e",
            &[
                ("d", "up head", "c · b · e · f"),
                ("d", "up +1", "c · b · e"),
                ("d", "up a", "c · b"),
                ("c", "up heads", "b · e · f"),
                ("b", "up head", "e · f"),
                ("d", "down -1", "c"),
                ("d", "down a", "c · b · a"),
                ("d", "down base", "c · b · a · –"),
                ("d", "down c", "c"),
            ],
        );
        goes("a b:a c?:a", &[("b,c", "up head", "b"), ("c", "up head", "a · b"), ("c", "down b@base", "a · –")]);
        goes("a b:a m?:b,x x?:a n:b", &[("m", "up head", "b,x · b · n"), ("m", "down -1", "b,x")]);
        refuses("a b:a c?:b", &[("c", "up c", "`c`"), ("c", "up -1", "cannot be upgraded to")]);
        goes("a? b?:a", &[("b", "up head", "a · –"), ("b", "down base", "a · –")]);
        goes("u o?>u v:u", &[("o", "up head", "u · v")]);
        assert_eq!(plan(&graph("a b?!:a c:a"), "b", "up head").unwrap_err().kind(), Kind::NoWayBack);
    }

    #[test]
    fn heads_are_those_of_the_files() {
        let graph = graph("a b:a c?:b d?:c");
        assert_eq!(graph.heads(), [&crate::graph::notation::id("b")]);
        assert!(plan(&graph, "b", "down head").unwrap().is_empty());
        assert_eq!(trail(&plan(&graph, "d", "down head").unwrap()), "c · b");
        assert_eq!(trail(&plan(&graph, "d", "down head-1").unwrap()), "c · b · a");
    }

    #[test]
    fn a_diamond_step_by_step() {
        goes(
            DIAMOND,
            &[
                ("–", "up head", "a · b · c · c,d · e"),
                ("e", "down base", "c,d · c · b · a · –"),
                ("c", "up head", "c,d · e"),
                ("e", "down c", "c,d"),
                ("e", "down b", "c,d · c · b"),
                ("e", "down c@b", "c,d · d"),
                ("e", "down d@b", "c,d · c"),
                ("c,d", "down c@b", "d"),
                ("c,d", "down d@base", "c · b · a · –"),
            ],
        );
    }

    #[test]
    fn three_branches_step_by_step() {
        goes("a b:a c:a d:a m:b,c,d", &[("b,d", "up m", "b,c,d · m"), ("m", "down c@a", "b,c,d · b,d")]);
    }

    #[test]
    fn a_criss_cross_step_by_step() {
        goes(CRISS_CROSS, &[("d", "up e", "d,e"), ("d,e", "down b", "d · b,c")]);
        let steps = plan(&graph(CRISS_CROSS), "d", "up e").unwrap();
        assert_eq!(steps[0].moves, [RowMove::Insert(steps[0].revision.clone())]);
    }

    #[test]
    fn a_merge_in_mid_branch_step_by_step() {
        goes(MIDDLE, &[("l1,r2", "up l2", "l2,r2"), ("l2,r2", "down r1", "l2 · l1,r1")]);
    }

    #[test]
    fn two_lines_with_a_dependency_step_by_step() {
        goes(
            SHOP,
            &[
                ("–", "up orders@head", "o1 · o1,u1 · o1,u2 · o2 · o3"),
                ("o3", "up heads", "o3,u3"),
                ("u3,o1", "up o2", "o2,u3"),
                ("u1,o1", "up o2", "o1,u2 · o2"),
                ("o3", "down orders@base", "o2 · o1,u2 · u2"),
                ("o3", "down u1", "o2 · o1,u2 · o1,u1"),
                ("u3,o3", "down users@base", "o3 · o2 · o1,u2 · o1,u1 · o1"),
                ("u3,o3", "down u2", "o3"),
                ("o3", "down users@-1", "o2 · o1,u2 · o1,u1"),
                ("o3", "down u2", "nothing"),
                ("u3", "down orders@base", "nothing"),
            ],
        );
        let steps = plan(&graph(SHOP), "o3", "up heads").unwrap();
        assert_eq!(steps[0].moves, [RowMove::Insert(steps[0].revision.clone())]);
    }

    #[test]
    fn dependencies_that_imply_each_other_step_by_step() {
        goes("a1 a2:a1 b1>a1 b2:b1>a2 c1>b2", &[("c1", "down a1", "b2 · a2,b1 · b1"), ("c1", "down -1", "b2")]);
        goes("p q r s>p,q,r", &[("s", "down q@base", "p,q,r · p,r"), ("–", "up s", "p · p,q · p,q,r · s")]);
        refuses("a1 a2:a1 b1>a1 b2:b1>a2 c1>b2", &[("c1", "down -2", "only 1 revision is below c1")]);
    }

    #[test]
    fn redundant_edges_neither_crash_nor_leave_overlapping_rows() {
        goes("a b:a c1 c2:c1>b,a", &[("–", "up heads", "a · b · b,c1 · c2")]);
        goes("a b:a c:a d:a,b,c", &[("–", "up heads", "a · b · b,c · d"), ("d", "down -1", "b,c")]);
        goes("a b:a c:b d:a>b,c e", &[("d,e", "down b", "c,e · b,e"), ("b,e", "up d", "c,e · d,e")]);
    }

    #[test]
    fn steps_are_counted_from_the_single_row() {
        goes(
            "a b:a c:b d:c e:d",
            &[
                ("c", "up +1", "d"),
                ("c", "up +2", "d · e"),
                ("–", "up +1", "a"),
                ("c", "down -1", "b"),
                ("c", "down -3", "b · a · –"),
                ("c", "down head-3", "b"),
                ("e", "down head-5", "d · c · b · a · –"),
                ("e", "down a+1", "d · c · b"),
                ("–", "up base+2", "a · b"),
                ("–", "up head-4", "a"),
                ("b", "up e@c+1", "c · d"),
                ("e", "down e@c-1", "d · c · b"),
            ],
        );
        refuses(
            "a b:a c:b d:c e:d",
            &[
                ("c", "up +3", "only 2"),
                ("c", "up -1", "cannot be upgraded to"),
                ("c", "up e@-1", "cannot be upgraded to"),
                ("c", "up current", "cannot be upgraded to"),
                ("c", "down current", "cannot be downgraded to"),
                ("c", "down +1", "cannot be downgraded to"),
                ("c", "down e@+1", "cannot be downgraded to"),
                ("c", "down -4", "only 3"),
                ("c", "down e", "`e` is not applied"),
                ("c", "down head", "`head` (e) is not applied"),
                ("–", "down a", "the database stands at base"),
                ("–", "down -1", "no revision is below base"),
            ],
        );
    }

    #[test]
    fn a_merge_is_taken_back_by_number() {
        goes(
            DIAMOND,
            &[
                ("e", "down -1", "c,d"),
                ("e", "down e-1", "c,d"),
                ("e", "down head-1", "c,d"),
                ("e", "down c@-1", "c,d"),
                ("e", "down c@-2", "c,d · d"),
                ("c,d", "down e-1", "nothing"),
            ],
        );
        goes("a b:a c:b d:b e:c,d f:e", &[("f", "down -2", "e · c,d")]);
        refuses(
            DIAMOND,
            &[("e", "down -2", "several ways to go below e: c and d"), ("c", "down e-1", "(d) is not applied")],
        );
        goes("a b:a c:b d:b e:c,d f:c", &[("e,f", "down e-1", "d,f")]);
    }

    #[test]
    fn a_branch_is_taken_back_by_number() {
        goes(
            FORK,
            &[
                ("c,d", "down c@-1", "d"),
                ("c,d", "down c@-2", "c · b · a"),
                ("d", "down c@-1", "b · a"),
                ("c,d", "down b", "c · b"),
                ("d", "up c@+1", "c,d"),
            ],
        );
        refuses(
            FORK,
            &[
                ("c,d", "down -1", "several revisions: c and d"),
                ("c,d", "down a@-1", "several revisions"),
                ("c,d", "up +1", "several"),
                ("b", "up +1", "several ways"),
                ("b", "up head", "several heads"),
            ],
        );
        refuses(DIAMOND, &[("c,d", "up +1", "several revisions")]);
        refuses(FORK, &[("c,d", "down heads", "several heads"), ("c,d", "down head", "several heads")]);
        goes("a b", &[("a,b", "down a-1", "b"), ("a,b", "down a@base", "b"), ("a,b", "down base", "a · –")]);
    }

    #[test]
    fn a_wrong_branch_is_refused_and_not_ignored() {
        refuses(
            SHOP,
            &[("o3", "down users@o1", "not in the branch of `users`"), ("–", "up users@o1", "not in the branch")],
        );
        refuses(SHOP, &[("u3", "down orders@-1", "no revision is below base")]);
    }

    #[test]
    fn nothing_to_do_is_success() {
        goes(
            DIAMOND,
            &[
                ("e", "up a", "nothing"),
                ("e", "up head", "nothing"),
                ("e", "up base", "nothing"),
                ("e", "down e", "nothing"),
                ("e", "down head", "nothing"),
                ("c,d", "down c", "nothing"),
                ("–", "down base", "nothing"),
            ],
        );
        goes("", &[("–", "up head", "nothing"), ("–", "up heads", "nothing"), ("–", "down base", "nothing")]);
        refuses("", &[("–", "up +1", "no revision is above base")]);
    }

    #[test]
    fn wrong_rows_are_refused_before_the_target_is_read() {
        let graph = graph(DIAMOND);
        for command in ["up head", "down base", "up zzz"] {
            assert_eq!(plan(&graph, "zz", command).unwrap_err().kind(), Kind::Newer);
            assert_eq!(plan(&graph, "a,b", command).unwrap_err().kind(), Kind::Corrupt);
        }
    }

    #[test]
    fn each_step_tells_the_whole_table_before_and_after() {
        let steps = plan(&graph(DIAMOND), "c", "up head").unwrap();
        assert_eq!(shown(&steps[0].before), "c");
        assert_eq!(steps[0].after, steps[1].before);
        assert_eq!(steps[1].direction.word(), "upgrade");
        let [RowMove::Delete(gone), RowMove::Update { from, to }] = steps[1].moves.as_slice() else {
            panic!("{steps:?}")
        };
        assert_eq!((gone.as_str(), from.as_str(), to.as_str()), ("c", "d", "e"));
        let steps = plan(&graph(DIAMOND), "e", "down -1").unwrap();
        assert_eq!(steps[0].direction, Direction::Down);
        let [RowMove::Insert(new), RowMove::Update { from, to }] = steps[0].moves.as_slice() else {
            panic!("{steps:?}")
        };
        assert_eq!((new.as_str(), from.as_str(), to.as_str()), ("c", "e", "d"));
    }
}
