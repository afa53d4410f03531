//! Plans: which revisions run, in which order, and how the rows of the version table move with each of them.
//!
//! Upgrade: what the target needs and is not applied, each behind what it needs. Downgrade: everything applied that is,
//! or needs, a child of the target, in the reverse order; the target stays. A plan reads only graph and rows.

use crate::error::{Error, Kind, Result};
use crate::graph::resolve::Point;
use crate::graph::rows::State;
use crate::graph::target::Place;
use crate::graph::walk::{Marks, reach};
use crate::graph::{Graph, Range, RevisionId, RowMove, Rows, Target};

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

/// A change of the rows without running anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) before: Rows,
    pub(crate) after: Rows,
    pub(crate) moves: Vec<RowMove>,
}

impl Graph {
    /// The steps from these rows up to the target; none if it is applied.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::resolve`], and for `current`, `-N` and `X@-N`. [`Kind::Newer`] and
    /// [`Kind::Corrupt`] as [`Graph::read_rows`].
    pub(crate) fn upgrade_plan(&self, rows: &Rows, target: &Target) -> Result<Vec<Step>> {
        let mut state = self.state(rows)?;
        if target.counts_from_database() && target.steps <= 0 {
            return Err(refused(format!(
                "`{target}` cannot be upgraded to: it is not above where the database stands"
            ))
            .hint("count upwards with +N, name a revision, or use `migrate downgrade`"));
        }
        let wanted = reach(&self.needs, self.locate(target, Some(&state))?.spots);
        let pending = self.order.iter().copied().filter(|at| wanted.has(*at) && !state.applied.has(*at));
        let pending: Vec<usize> = pending.collect();
        Ok(self.steps(&mut state, Direction::Up, pending))
    }

    /// The steps from these rows down to the target, which stays; none if nothing above it is applied.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::resolve`], for `current`, `+N` and `X@+N`, for several revisions, and if the target
    /// is not applied. [`Kind::Newer`] and [`Kind::Corrupt`] as [`Graph::read_rows`].
    pub(crate) fn downgrade_plan(&self, rows: &Rows, target: &Target) -> Result<Vec<Step>> {
        let mut state = self.state(rows)?;
        if target.counts_from_database() && target.steps >= 0 {
            return Err(refused(format!(
                "`{target}` cannot be downgraded to: it is not below where the database stands"
            ))
            .hint("count downwards with -N, name a revision, or use `migrate upgrade`"));
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
        Ok(self.steps(&mut state, Direction::Down, going))
    }

    /// The rows that upgrading or downgrading to the targets would leave, for all of them at once.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::resolve`], for words that count from the database, and if one target needs, or
    /// removes, another. [`Kind::Newer`] and [`Kind::Corrupt`] as [`Graph::read_rows`].
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
            .hint("stamp them one after the other"));
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

    /// The steps of an offline script, and the rows that it begins with; the start is the base if it is not given, the
    /// end `head`. `+N` counts from the start.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::upgrade_plan`], and for a range that does not go up.
    pub(crate) fn upgrade_script(&self, range: &Range) -> Result<(Rows, Vec<Step>)> {
        let start = range.from.iter().cloned().collect::<Vec<_>>();
        let start = self.stamp_from_nothing(&start)?;
        let head = Target { branch: None, place: Place::Head, steps: 0 };
        let target = range.to.as_ref().unwrap_or(&head);
        let steps = self.upgrade_plan(&start, target)?;
        self.check_way(&start, target, &steps)?;
        Ok((start, steps))
    }

    /// The steps of an offline script down, and the rows that it begins with. `-N` counts from the start.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::downgrade_plan`], for a range without both ends, and one that does not go down.
    pub(crate) fn downgrade_script(&self, range: &Range) -> Result<(Rows, Vec<Step>)> {
        let (Some(from), Some(target)) = (&range.from, &range.to) else {
            return Err(refused("an offline downgrade needs both ends of its range".to_owned()).hint("write FROM:TO"));
        };
        let start = self.stamp_from_nothing(std::slice::from_ref(from))?;
        let steps = self.downgrade_plan(&start, target)?;
        self.check_way(&start, target, &steps)?;
        Ok((start, steps))
    }

    /// A script without steps is right only where it begins at its target.
    fn check_way(&self, start: &Rows, target: &Target, steps: &[Step]) -> Result<()> {
        if !steps.is_empty() {
            return Ok(());
        }
        let state = self.state(start)?;
        let end = State::of(self, self.locate(target, Some(&state))?.spots);
        if end.rows == *start {
            return Ok(());
        }
        Err(refused(format!("there is no way in this direction from {} to `{target}`", self.rows_named(start)))
            .hint("turn the range round, or use the other command"))
    }

    fn steps(&self, state: &mut State<'_>, direction: Direction, spots: Vec<usize>) -> Vec<Step> {
        let steps = spots.into_iter().filter_map(|at| {
            let before = state.rows.clone();
            match direction {
                Direction::Up => state.apply(at),
                Direction::Down => state.take_back(at),
            }
            let after = state.rows.clone();
            let moves = RowMove::between(&before, &after);
            self.id(at).map(|id| Step { revision: id.clone(), direction, before, after, moves })
        });
        steps.collect()
    }

    /// The lowest revisions that must go so that the point is what is left.
    fn first_to_go(&self, point: &Point) -> Vec<usize> {
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
    fn above(&self, applied: &Marks, starts: impl IntoIterator<Item = usize>) -> Marks {
        let mut marks = reach(&self.needed_by, starts.into_iter().filter(|at| applied.has(*at)));
        let pending: Vec<usize> = marks.iter().filter(|at| !applied.has(*at)).collect();
        for at in pending {
            marks.remove(at);
        }
        marks
    }

    fn stamp_points(&self, targets: &[Target]) -> Result<Vec<Point>> {
        let everything = |target: &&Target| target.place == Place::Base && target.branch.is_none() && target.steps == 0;
        if targets.len() > 1 && targets.iter().any(|target| everything(&target)) {
            return Err(refused("`base` cannot be stamped together with other targets".to_owned())
                .hint("stamp base alone, or the others alone"));
        }
        if let Some(target) = targets.iter().find(|target| target.counts_from_database()) {
            return Err(refused(format!("`{target}` cannot be stamped: it counts from where the database stands"))
                .hint("name a revision, or count from one: head-1, ID+1"));
        }
        let points: Vec<Point> = targets.iter().map(|target| self.locate(target, None)).collect::<Result<_>>()?;
        for (one, point) in targets.iter().zip(&points) {
            let needed = reach(&self.needs, point.spots.iter().copied());
            for (other, another) in targets.iter().zip(&points) {
                let twice = |at: &&usize| needed.has(**at) && !point.spots.contains(*at);
                if another.spots.iter().find(twice).is_some() {
                    return Err(refused(format!("`{one}` needs `{other}`, so that the two cannot both be stamped"))
                        .hint(format!("stamp `{one}` alone: it says that `{other}` is applied")));
                }
            }
        }
        Ok(points)
    }

    fn not_applied(&self, target: &Target, missing: &[usize], state: &State<'_>) -> Error {
        let names = self.named(missing);
        let what = if names == target.to_string() { format!("`{target}`") } else { format!("`{target}` ({names})") };
        let place = self.rows_named(&state.rows);
        refused(format!(
            "{what} is not applied, so that nothing can be taken back down to it; the database stands at {place}"
        ))
        .hint("name a revision that is applied: `migrate history -i` marks them")
    }

    fn rows_named(&self, rows: &Rows) -> String {
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
    use crate::graph::{Direction, Graph, Range, RowMove, Rows, Step};

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
            assert!(error.next_step().is_some());
            assert!(error.phrase().contains(part), "{command}: {:?} lacks {part:?}", error.phrase());
        }
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

    #[test]
    fn scripts_begin_where_their_range_says() {
        let up = |text: &str, range: &str| graph(text).upgrade_script(&Range::parse(range).unwrap());
        let down = |text: &str, range: &str| graph(text).downgrade_script(&Range::parse(range).unwrap());
        for (range, start, expected) in [
            ("b:e", "b", "c · c,d · e"),
            (":c", "–", "a · b · c"),
            ("base:+1", "–", "a"),
            ("a:", "a", "b · c · c,d · e"),
            ("a:+1", "a", "b"),
            ("e:e", "e", "nothing"),
            ("c:d", "c", "c,d"),
        ] {
            let (rows, steps) = up(DIAMOND, range).unwrap();
            assert_eq!((shown(&rows).as_str(), trail(&steps).as_str()), (start, expected), "{range}");
        }
        for (range, start, expected) in [
            ("e:c", "e", "c,d"),
            ("e:-1", "e", "c,d"),
            ("b:base", "b", "a · –"),
            ("e-1:b", "c,d", "c · b"),
            ("e:e", "e", "nothing"),
        ] {
            let (rows, steps) = down(DIAMOND, range).unwrap();
            assert_eq!((shown(&rows).as_str(), trail(&steps).as_str()), (start, expected), "{range}");
        }
        for range in ["e:a", "e:base", "current:e", "+1:e", "a:+9"] {
            assert_eq!(up(DIAMOND, range).unwrap_err().kind(), Kind::Usage, "{range}");
        }
        for range in ["a:e", "a:", ":a", ":", "current:a"] {
            assert_eq!(down(DIAMOND, range).unwrap_err().kind(), Kind::Usage, "{range}");
        }
        assert_eq!(up(FORK, "a:").unwrap_err().kind(), Kind::Usage);
    }
}
