//! The one resolver: what a target names. Every command asks here, so that a word means the same to all of them.

use crate::error::{Error, Kind, Result};
use crate::graph::find::Within;
use crate::graph::rows::{Rows, State};
use crate::graph::target::{Place, Target};
use crate::graph::walk::Marks;
use crate::graph::{Graph, RevisionId};

/// What a target names.
pub(crate) struct Point {
    /// In order of ids; none = the base.
    pub(crate) spots: Vec<usize>,
    pub(crate) branch: Option<Branch>,
    /// Set where going down to this point means to take back one revision (and all that needs it), rather than the
    /// children of the point: for `-N`, and for `ID-N` that ends below a merge or below a base.
    pub(crate) undo: Option<usize>,
}

/// X of `X@…`.
pub(crate) struct Branch {
    name: String,
    pub(crate) at: usize,
    pub(crate) lineage: Marks,
}

impl Graph {
    /// The revisions that a target names, by id; none for the base. `rows` are those of the database, where the
    /// command reads it: `current`, `+N` and `-N` count from there.
    ///
    /// # Errors
    /// [`Kind::Usage`] with candidates: unknown, ambiguous, several heads, not in the branch, too many steps, or a word
    /// that counts from the database without rows. [`Kind::Newer`] and [`Kind::Corrupt`] as [`Graph::state`].
    pub(crate) fn resolve(&self, target: &Target, rows: Option<&Rows>) -> Result<Vec<&RevisionId>> {
        let state = rows.map(|rows| self.state(rows)).transpose()?;
        Ok(self.ids(self.locate(target, state.as_ref())?.spots.into_iter()))
    }

    /// As [`Graph::resolve`], for commands that work on one revision; `None` = the base.
    ///
    /// # Errors
    /// As [`Graph::resolve`]; also if the target names several.
    pub(crate) fn resolve_one(&self, target: &Target, rows: Option<&Rows>) -> Result<Option<&RevisionId>> {
        let state = rows.map(|rows| self.state(rows)).transpose()?;
        let point = self.locate(target, state.as_ref())?;
        Ok(self.only(target, &point.spots)?.and_then(|at| self.id(at)))
    }

    pub(crate) fn locate(&self, target: &Target, state: Option<&State<'_>>) -> Result<Point> {
        let branch = match &target.branch {
            Some(name) => {
                let at = self.find_spot(name, None)?;
                Some(Branch { name: name.clone(), at, lineage: self.lineage_spots(at) })
            }
            None => None,
        };
        let start = self.start(target, branch.as_ref(), state)?;
        self.walk(target, branch, start)
    }

    /// The one spot among those that a target names; `None` = the base.
    pub(crate) fn only(&self, target: &Target, spots: &[usize]) -> Result<Option<usize>> {
        match spots {
            [] => Ok(None),
            [at] => Ok(Some(*at)),
            several if target.steps == 0 => Err(self.several_places(target, several)),
            several => Err(several_named(target, &self.named(several))),
        }
    }

    /// Walks the steps of a target from `start`, where its place is.
    pub(crate) fn walk(&self, target: &Target, branch: Option<Branch>, start: Vec<usize>) -> Result<Point> {
        let count = usize::try_from(target.steps.unsigned_abs()).unwrap_or(usize::MAX);
        if count == 0 {
            return Ok(Point { spots: start, branch, undo: None });
        }
        if start.len() > 1 {
            return Err(self.several_places(target, &start));
        }
        let from = start.first().copied();
        let lineage = branch.as_ref().map(|branch| &branch.lineage);
        if target.steps > 0 {
            let at = self.walk_up(target, (from, count), lineage)?;
            return Ok(Point { spots: vec![at], branch, undo: None });
        }
        let (spots, undone) = self.walk_down(target, (from, count), lineage)?;
        let by_undoing = target.place == Place::Current || spots.len() != 1;
        Ok(Point { spots, branch, undo: Some(undone).filter(|_| by_undoing) })
    }

    fn start(&self, target: &Target, branch: Option<&Branch>, state: Option<&State<'_>>) -> Result<Vec<usize>> {
        let inside = |at: &usize| branch.is_none_or(|branch| branch.lineage.has(*at));
        let heads = || self.head_spots().filter(inside).collect::<Vec<_>>();
        match &target.place {
            Place::Base => Ok(Vec::new()),
            Place::Heads => Ok(heads()),
            Place::Head => match heads() {
                several if several.len() > 1 => Err(self.several_places(target, &several)),
                one => Ok(one),
            },
            Place::Current => {
                let state = state.ok_or_else(|| needs_database(target))?;
                let rows = state.rows.iter().filter_map(|id| self.spot(id.as_str())).filter(inside).collect::<Vec<_>>();
                // A branch without a row of its own stands where the rows of others imply it.
                Ok(match branch {
                    Some(branch) if rows.is_empty() => self.tips(&state.applied, |at| branch.lineage.has(at)),
                    Some(_) | None => rows,
                })
            }
            Place::Named(name) => {
                let within = branch.map(|branch| Within { branch: &branch.name, lineage: &branch.lineage });
                Ok(vec![self.find_spot(name, within)?])
            }
        }
    }

    /// `count` children up from a revision or from the base.
    fn walk_up(&self, target: &Target, walk: (Option<usize>, usize), lineage: Option<&Marks>) -> Result<usize> {
        let inside = |at: &usize| lineage.is_none_or(|lineage| lineage.has(*at));
        let (mut here, count) = walk;
        for done in 0..count {
            let next: Vec<usize> = match here {
                Some(at) => self.children.of(at).iter().copied().filter(inside).collect(),
                None => self.base_spots().filter(inside).collect(),
            };
            here = match next.as_slice() {
                [one] => Some(*one),
                [] => return Err(too_far(target, done, "above", &self.place_name(walk.0))),
                several => return Err(self.fork(target, here, several)),
            };
        }
        here.ok_or_else(|| too_far(target, 0, "above", "base"))
    }

    /// `count` parents down: what is left there, and the last revision that was passed. A merge counts as one step and
    /// leaves all its parents; from those no further step is possible, unless the lineage has only one of them.
    fn walk_down(
        &self,
        target: &Target,
        walk: (Option<usize>, usize),
        lineage: Option<&Marks>,
    ) -> Result<(Vec<usize>, usize)> {
        let mut left: Vec<usize> = walk.0.into_iter().collect();
        let mut passed = None;
        for done in 0..walk.1 {
            let here = match left.as_slice() {
                [one] => *one,
                [] => return Err(too_far(target, done, "below", &self.place_name(walk.0))),
                several => return Err(self.fork(target, passed, several)),
            };
            passed = Some(here);
            left = self.parents.of(here).to_vec();
            left.retain(|at| lineage.is_none_or(|lineage| lineage.has(*at)));
        }
        left.sort_unstable();
        let passed = passed.ok_or_else(|| too_far(target, 0, "below", "base"))?;
        Ok((left, passed))
    }

    fn place_name(&self, at: Option<usize>) -> String {
        at.map_or_else(|| "base".to_owned(), |at| self.named(&[at]))
    }

    /// The place of the target is several revisions, where one is asked for.
    fn several_places(&self, target: &Target, spots: &[usize]) -> Error {
        let names = self.named(spots);
        let branches = self.examples(spots, |id| format!("`{id}@{}`", steps_alone(target)));
        match (&target.place, &target.branch) {
            (Place::Current, Some(branch)) => {
                usage(format!("`{target}`: the branch of `{branch}` stands at several revisions: {names}"))
                    .with_hint(format!("name one of them: {branches}"))
            }
            (Place::Current, None) if target.steps != 0 => {
                usage(format!("`{target}`: the database stands at several revisions: {names}"))
                    .with_hint(format!("name the branch: {branches}"))
            }
            (Place::Head | Place::Heads, branch) => {
                let owner = branch.as_ref().map_or_else(String::new, |branch| format!(" of the branch `{branch}`"));
                usage(format!("`{target}`: there are several heads{owner}, where one is asked for: {names}"))
                    .with_hint("join them with `migrate merge`, use `heads` for all of them, or name one")
            }
            (Place::Base | Place::Current | Place::Named(_), _) => several_named(target, &names),
        }
    }

    fn fork(&self, target: &Target, at: Option<usize>, ways: &[usize]) -> Error {
        let side = if target.steps > 0 { "above" } else { "below" };
        let place = self.place_name(at);
        let phrase = format!("`{target}` has several ways to go {side} {place}: {}", self.named(ways));
        let rest = steps_alone(target);
        usage(phrase).with_hint(format!("say which one: {}", self.examples(ways, |id| format!("`{id}@{rest}`"))))
    }

    fn examples(&self, spots: &[usize], form: impl Fn(&RevisionId) -> String) -> String {
        let examples: Vec<String> = spots.iter().take(3).filter_map(|at| self.id(*at)).map(form).collect();
        examples.join(" or ")
    }
}

/// What stands behind the `@` of a target.
fn steps_alone(target: &Target) -> String {
    Target { branch: None, ..target.clone() }.to_string()
}

fn several_named(target: &Target, names: &str) -> Error {
    usage(format!("`{target}` names several revisions, where one is asked for: {names}")).with_hint("name one of them")
}

fn needs_database(target: &Target) -> Error {
    usage(format!("`{target}` counts from where the database stands, which is not asked here"))
        .with_hint("name a revision, or count from one: head-1, ID+1")
}

fn too_far(target: &Target, done: usize, side: &str, start: &str) -> Error {
    let count = match done {
        0 => "no revision is".to_owned(),
        1 => "only 1 revision is".to_owned(),
        more => format!("only {more} revisions are"),
    };
    usage(format!("`{target}` goes too far: {count} {side} {start}")).with_hint("take fewer steps, or use head or base")
}

fn usage(phrase: String) -> Error {
    Error::new(Kind::Usage, phrase)
}

#[cfg(test)]
mod tests {
    use crate::error::{Error, Kind};
    use crate::graph::RevisionId;
    use crate::graph::notation::{graph, rows, target};

    fn resolved(text: &str, rows_text: &str, word: &str) -> Result<String, Error> {
        let graph = graph(text);
        let found = graph.resolve(&target(word), Some(&rows(rows_text)))?;
        Ok(if found.is_empty() {
            "base".to_owned()
        } else {
            found.into_iter().map(RevisionId::as_str).collect::<Vec<_>>().join(",")
        })
    }

    #[track_caller]
    fn names(graph: &str, rows: &str, table: &[(&str, &str)]) {
        for (word, expected) in table {
            assert_eq!(&resolved(graph, rows, word).unwrap(), expected, "{word}");
        }
    }

    #[track_caller]
    fn refuses(graph: &str, rows: &str, table: &[(&str, &str)]) {
        for (word, part) in table {
            let error = resolved(graph, rows, word).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{word}");
            let message = format!("{error} / {}", error.hint().unwrap());
            assert!(message.contains(part), "{word}: {message:?} lacks {part:?}");
        }
    }

    const LINE: &str = "a b:a ccccc#users:b d:ccccc e:d";
    const DIAMOND: &str = "a b:a c:b d:b e:c,d";
    const FORK: &str = "a b:a c:b d:b";
    const SHOP: &str = "u1#users u2:u1 u3:u2 o1#orders o2:o1>u2 o3:o2";

    #[test]
    fn places_and_steps_on_a_line() {
        names(
            LINE,
            "b",
            &[
                ("head", "e"),
                ("heads", "e"),
                ("base", "base"),
                ("current", "b"),
                ("users", "ccccc"),
                ("ccc", "ccccc"),
                ("+1", "ccccc"),
                ("+3", "e"),
                ("-1", "a"),
                ("-2", "base"),
                ("head-1", "d"),
                ("head-5", "base"),
                ("base+2", "b"),
                ("users+2", "e"),
                ("ccc-1", "b"),
                ("cccc+1", "d"),
                ("users@head", "e"),
                ("users@base", "base"),
                ("users@a", "a"),
                ("a@users", "ccccc"),
                ("a@+1", "ccccc"),
                ("e@-1", "a"),
                ("e@b+1", "ccccc"),
                ("e@b-1", "a"),
                ("a@head-4", "a"),
                ("a@base+1", "a"),
                ("current+1", "ccccc"),
                ("e@current", "b"),
                ("heads-1", "d"),
            ],
        );
        refuses(
            LINE,
            "b",
            &[
                ("+4", "only 3 revisions are above b"),
                ("-3", "only 2 revisions are below b"),
                ("head+1", "no revision is above e"),
                ("head-9", "only 5 revisions are below e"),
                ("base-1", "no revision is below base"),
                ("base+6", "only 5"),
                ("zzz", "no revision or label is named `zzz`"),
                ("zzz@head", "`zzz`"),
                ("uesrs", "did you mean users?"),
            ],
        );
        names(LINE, "", &[("+1", "a"), ("+5", "e"), ("current", "base"), ("e@+2", "b")]);
        refuses(
            LINE,
            "",
            &[
                ("-1", "no revision is below base"),
                ("e@-1", "no revision is below base"),
                ("+6", "only 5 revisions are above base"),
            ],
        );
    }

    #[test]
    fn several_heads_or_rows_are_named() {
        refuses(
            FORK,
            "c,d",
            &[
                (
                    "head",
                    "several heads, where one is asked for: c and d / join them with `migrate merge`, use `heads`",
                ),
                ("head-1", "several heads"),
                ("heads-1", "several heads"),
                ("b@head", "several heads of the branch `b`"),
                ("+1", "the database stands at several revisions: c and d"),
                ("-1", "name the branch: `c@-1` or `d@-1`"),
                ("a@-1", "the branch of `a` stands at several revisions: c and d / name one of them: `c@-1` or `d@-1`"),
                ("a+2", "several ways to go above b: c and d / say which one: `c@a+2` or `d@a+2`"),
                ("c@d", "not in the branch of `c`"),
            ],
        );
        names(
            FORK,
            "c,d",
            &[
                ("heads", "c,d"),
                ("current", "c,d"),
                ("c@head", "c"),
                ("b@heads", "c,d"),
                ("c@-1", "b"),
                ("d@-2", "a"),
                ("d@a+2", "d"),
            ],
        );
        refuses(FORK, "b", &[("+1", "say which one: `c@+1` or `d@+1`")]);
        names(FORK, "b", &[("c@+1", "c"), ("d@+1", "d")]);
        refuses("a b", "", &[("+1", "several ways to go above base: a and b"), ("head", "a and b")]);
    }

    #[test]
    fn a_dependency_does_not_hide_a_head() {
        refuses(SHOP, "", &[("head", "o3 and u3")]);
        names(SHOP, "", &[("heads", "o3,u3"), ("orders@head", "o3")]);
        refuses("u1 u2:u1 o1 o2:o1>u2", "", &[("head", "o2 and u2")]);
    }

    #[test]
    fn a_branch_stands_where_its_row_is_or_at_its_highest_applied_revision() {
        names(
            SHOP,
            "o3",
            &[("users@-1", "u1"), ("users@+1", "u3"), ("users@current", "u2"), ("orders@-3", "base"), ("-1", "o2")],
        );
        refuses(
            SHOP,
            "o3",
            &[("users@-3", "only 2 revisions are below u2"), ("users@o1", "`o1` is not in the branch of `users`")],
        );
        refuses(
            SHOP,
            "u3",
            &[("orders@-1", "no revision is below base"), ("orders@+4", "only 3 revisions are above base")],
        );
        names(SHOP, "u3", &[("orders@+1", "o1")]);
        // A row counts before a revision that another row implies.
        names("j d:j e>d f:j", "e,f", &[("j@current", "f"), ("j@-1", "j"), ("d@-1", "j")]);
        names(FORK, "d", &[("c@+1", "c"), ("c@-1", "a")]);
    }

    #[test]
    fn a_merge_is_one_step_down_and_leaves_its_parents() {
        names(
            DIAMOND,
            "e",
            &[
                ("-1", "c,d"),
                ("e-1", "c,d"),
                ("head-1", "c,d"),
                ("c@-2", "b"),
                ("c@e-1", "c"),
                ("d@head-2", "b"),
                ("e@-1", "c,d"),
            ],
        );
        refuses(
            DIAMOND,
            "e",
            &[
                ("-2", "several ways to go below e: c and d / say which one: `c@-2` or `d@-2`"),
                ("e-2", "`c@e-2` or `d@e-2`"),
                ("e@-2", "`c@-2`"),
            ],
        );
        refuses(DIAMOND, "c,d", &[("+1", "several revisions: c and d")]);
        names("a b c:a,b", "c", &[("-1", "a,b"), ("a@-2", "base")]);
    }

    #[test]
    fn a_branch_picks_among_ambiguous_beginnings() {
        let text = "abc1#x abc2:abc1 abc3";
        refuses(text, "", &[("abc", "several revisions: abc1, abc2 and abc3")]);
        names(text, "", &[("abc3@abc", "abc3"), ("abc2@abc1", "abc1")]);
        refuses(text, "", &[("x@abc", "abc1 and abc2"), ("x@abc3", "`abc3` is not in the branch of `x`")]);
        refuses("abc1#x yyy zzz1:yyy", "", &[("x@zzz", "`zzz` (zzz1) is not in the branch of `x`")]);
    }

    #[test]
    fn words_that_count_from_the_database_need_its_rows() {
        let graph = graph(LINE);
        for word in ["current", "+1", "-1", "users@+1", "users@-1"] {
            let error = graph.resolve(&target(word), None).unwrap_err();
            assert!(error.phrase().contains("where the database stands"), "{error}");
        }
        assert_eq!(graph.resolve_one(&target("head-1"), None).unwrap().unwrap().as_str(), "d");
        assert_eq!(graph.resolve_one(&target("base"), None).unwrap(), None);
        assert_eq!(graph.resolve(&target("current"), Some(&rows("zz"))).unwrap_err().kind(), Kind::Newer);
    }

    #[test]
    fn one_revision_is_asked_for() {
        let graph = graph(DIAMOND);
        for word in ["e-1", "head-1"] {
            let error = graph.resolve_one(&target(word), None).unwrap_err();
            assert_eq!(error.phrase(), format!("`{word}` names several revisions, where one is asked for: c and d"));
        }
        let graph = crate::graph::notation::graph(FORK);
        for word in ["heads", "current"] {
            let error = graph.resolve_one(&target(word), Some(&rows("c,d"))).unwrap_err();
            assert!(error.phrase().contains("c and d"), "{error}");
        }
    }

    #[test]
    fn an_empty_project_is_at_its_head() {
        names("", "", &[("head", "base"), ("heads", "base"), ("base", "base"), ("current", "base")]);
        refuses("", "", &[("+1", "no revision is above base"), ("abc", "`migrate revision`")]);
    }
}
