//! What may differ between the two tools, and why. Everything else is a bug of ours.
//!
//! `D3` and the like are the defects of Alembic that we do not follow. Each rule asks for its very situation and, where
//! we did something, for the outcome that the definition of history gives: nothing is excused as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::driver::Outcome;
use super::random::Revision;

/// The definition of history in the plainest way: needs are parents and dependencies, taken together with their needs.
pub(crate) struct History<'a> {
    by_id: BTreeMap<&'a str, &'a Revision>,
    /// What a revision needs, itself included.
    needs: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The revision itself and its ancestors by parent.
    ancestors: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> History<'a> {
    /// Of revisions in an order in which needs come first.
    pub(crate) fn new(graph: &'a [Revision]) -> Self {
        let by_id = graph.iter().map(|one| (one.id.as_str(), one)).collect();
        let mut history = Self { by_id, needs: BTreeMap::new(), ancestors: BTreeMap::new() };
        for one in graph {
            let above: BTreeSet<&str> =
                one.down.iter().flat_map(|id| history.ancestors[id.as_str()].iter()).copied().collect();
            let mut needs: BTreeSet<&str> =
                history.direct(one).iter().flat_map(|id| history.needs[id].iter()).copied().collect();
            needs.insert(&one.id);
            history.needs.insert(&one.id, needs);
            history.ancestors.insert(&one.id, above.into_iter().chain([one.id.as_str()]).collect());
        }
        history
    }

    fn direct(&self, one: &'a Revision) -> Vec<&'a str> {
        let depends = one.depends.iter().filter_map(|name| self.named(name));
        one.down.iter().map(String::as_str).chain(depends).collect()
    }

    /// The revision of this id, label, or beginning of one id.
    fn named(&self, name: &str) -> Option<&'a str> {
        let label = |one: &&&'a Revision| one.labels.iter().any(|label| label == name);
        let exact = self.by_id.get(name).or_else(|| self.by_id.values().find(label));
        let mut beginning = self.by_id.values().filter(|one| one.id.starts_with(name));
        exact.or_else(|| beginning.next()).map(|one| one.id.as_str())
    }

    fn applied<'b>(&'b self, rows: &'b [String]) -> BTreeSet<&'b str> {
        rows.iter().flat_map(|row| self.needs[row.as_str()].iter()).copied().collect()
    }

    /// What is applied and no other applied revision needs.
    fn rows(&self, applied: &BTreeSet<&str>) -> Vec<String> {
        let needed: BTreeSet<&str> = applied.iter().flat_map(|id| self.direct(self.by_id[id])).collect();
        applied.difference(&needed).map(|id| (*id).to_owned()).collect()
    }

    fn in_one_line(&self, one: &str, other: &str) -> bool {
        self.ancestors[one].contains(other) || self.ancestors[other].contains(one)
    }

    /// Stamping is what running would leave: up to what is not applied, else down to it.
    fn stamped(&self, rows: &[String], name: &str) -> Option<Vec<String>> {
        let mut applied = self.applied(rows);
        if name == "heads" {
            return Some(self.rows(&self.by_id.keys().copied().collect()));
        }
        let target = self.named(name)?;
        if applied.contains(target) {
            let is_child = |id: &&str| self.by_id[id].down.iter().any(|parent| parent == target);
            let children: BTreeSet<&str> = applied.iter().filter(|id| is_child(id)).copied().collect();
            applied.retain(|id| self.needs[id].is_disjoint(&children));
        } else {
            applied.extend(&self.needs[target]);
        }
        Some(self.rows(&applied))
    }

    /// What our steps make of the rows, if each of them is allowed when it runs: needs first on the way up, last on the
    /// way down. So the order is Alembic's wherever it is not free.
    fn after<'b>(&'b self, rows: &'b [String], steps: &'b [(String, String)]) -> Result<Vec<String>, String> {
        let mut applied = self.applied(rows);
        for (direction, id) in steps {
            let one = self.by_id[id.as_str()];
            let is_up = direction == "upgrade";
            let is_free = match is_up {
                true => self.direct(one).iter().all(|need| applied.contains(need)),
                false => applied.iter().all(|other| other == id || !self.needs[other].contains(id.as_str())),
            };
            let moved = if is_up { applied.insert(id) } else { applied.remove(id.as_str()) };
            if !is_free || !moved {
                return Err(format!("our {direction} of {id} comes at a wrong place"));
            }
        }
        Ok(self.rows(&applied))
    }
}

/// What a command line says: `FROM:X@ID-N`, each part if it is there.
struct Words<'a> {
    command: &'a str,
    /// Of a range; None = the database.
    from: Option<&'a str>,
    branch: Option<&'a str>,
    name: &'a str,
    /// Counts downwards, and how far.
    counts_down: bool,
    count: usize,
}

impl<'a> Words<'a> {
    fn of(command: &'a [String]) -> Self {
        let target = command.get(1).map_or("", String::as_str);
        let (from, target) = target.split_once(':').map_or((None, target), |(from, to)| (Some(from), to));
        let (branch, place) = target.split_once('@').map_or((None, target), |(branch, place)| (Some(branch), place));
        let (name, count) = place.split_once('-').map_or((place, None), |(name, count)| (name, Some(count)));
        let counted = count.map_or(0, |count| count.parse().expect("a number"));
        Self { command: &command[0], from, branch, name, counts_down: count.is_some(), count: counted }
    }

    fn is(&self, command: &str) -> bool {
        self.command == command
    }
}

/// One command on one state, and what the tools made of it.
struct Case<'a> {
    history: History<'a>,
    rows: &'a [String],
    words: Words<'a>,
    by_alembic: &'a Outcome,
    by_us: &'a Outcome,
}

impl Case<'_> {
    /// The rows that the command begins with: of the database, or of the lower end of its range.
    fn start(&self) -> Vec<String> {
        let from = self.words.from.and_then(|name| self.history.named(name));
        from.map_or_else(|| self.rows.to_vec(), |id| vec![id.to_owned()])
    }

    /// Whether so many single parents below the ID there is nothing.
    fn leads_to_base(&self) -> bool {
        let mut here = self.history.named(self.words.name);
        for _ in 0..self.words.count {
            here = match here.map(|id| self.history.by_id[id].down.as_slice()) {
                Some([parent]) => Some(parent),
                Some(_) | None => None,
            };
        }
        here.is_none()
    }

    /// Whatever Alembic does: a refusal changes nothing, and steps leave the rows that the definition gives.
    fn check_ours(&self) -> Result<(), String> {
        let by_us = self.by_us;
        if by_us.error.is_some() {
            return if by_us.rows == self.rows { Ok(()) } else { Err("our refusal changed rows".to_owned()) };
        }
        let start = self.start();
        let after = self.history.after(&start, &by_us.steps)?;
        let is_right = self.words.is("stamp") || self.words.from.is_some() || after == by_us.rows;
        if is_right { Ok(()) } else { Err("our rows are not what ran".to_owned()) }
    }
}

/// None where both did the same; the rule that a difference on purpose falls under; else what differs.
pub(crate) fn judge(
    graph: &[Revision],
    rows: &[String],
    command: &[String],
    outcomes: [&Outcome; 2],
) -> Result<Option<&'static str>, String> {
    let [by_alembic, by_us] = outcomes;
    let case = Case { history: History::new(graph), rows, words: Words::of(command), by_alembic, by_us };
    case.check_ours()?;
    let (what, rule) = match (&by_alembic.error, &by_us.error) {
        (Some(_), Some(_)) => return Ok(None),
        (None, Some(_)) => ("only we refuse", we_refuse(&case)),
        (Some(_), None) => ("only Alembic refuses", alembic_refuses(&case)),
        (None, None) if by_alembic.rows != by_us.rows => ("other rows", other_outcome(&case)),
        (None, None) if set(&by_alembic.steps) != set(&by_us.steps) => ("other steps", other_outcome(&case)),
        (None, None) if by_alembic.tables != by_us.tables => ("other tables", None),
        (None, None) if by_alembic.listed != by_us.listed => ("other revisions are listed", None),
        (None, None) => return Ok(None),
    };
    rule.map(Some).ok_or_else(|| what.to_owned())
}

/// Ours is an error, Alembic's is not.
fn we_refuse(case: &Case<'_>) -> Option<&'static str> {
    let (history, words) = (&case.history, &case.words);
    let alone = words.branch.is_none() && words.name.is_empty();
    if words.is("downgrade") && words.counts_down && alone && words.from.is_none() && case.rows.len() > 1 {
        return Some(
            "D4: `-N` with several rows takes the first row of a SELECT without an order; we ask for the branch",
        );
    }
    if words.from.is_some() && case.by_alembic.steps.is_empty() {
        return Some("D17: a range without a way in its direction is an empty script and success");
    }
    if words.from.is_some() && words.counts_down && case.leads_to_base() {
        return Some("ID-N that is the base takes back the line of ID, not all others with it; here it is not applied");
    }
    if words.is("downgrade") && !words.counts_down {
        let (branch, id) = (history.named(words.branch?)?, history.named(words.name)?);
        return (!history.in_one_line(branch, id)).then_some("D5: `X@ID` ignores an X that ID is not in the line of");
    }
    None
}

/// Alembic's is an error, ours is not; that ours is right was seen from its steps.
fn alembic_refuses(case: &Case<'_>) -> Option<&'static str> {
    let (history, words) = (&case.history, &case.words);
    let error = case.by_alembic.error.as_deref().unwrap_or_default();
    if words.is("upgrade") && words.name == "heads" && error.contains("overlaps") {
        return Some("D18: of `X@heads` one head may depend on another; that is no overlap");
    }
    if !words.is("downgrade") {
        return None;
    }
    if words.counts_down && error.contains("Ambiguous walk") {
        return Some("D3: a merge cannot be taken back by number; for us it counts as one, and its parents stay");
    }
    if words.branch.is_none() && case.by_us.steps.is_empty() && error.contains("is not a valid downgrade target") {
        return Some("a target that is applied as a dependency only: there is nothing to do");
    }
    let branch = history.named(words.branch?)?;
    let own_rows = case.start().iter().filter(|row| history.in_one_line(row, branch)).count();
    if words.counts_down && error.starts_with("AssertionError") && own_rows == 0 {
        return Some(
            "D8: `X@-N` where rows of other branches imply X: an assertion; we count from its highest applied one",
        );
    }
    let is_filtered = error.contains("Not a valid downgrade target");
    let is_below = words.counts_down || history.ancestors[history.named(words.name)?].contains(branch);
    (is_below && is_filtered)
        .then_some("D5: `X@ID` with X below ID looks at ancestors of X only, and finds no child of ID")
}

/// Both did something, but not the same.
fn other_outcome(case: &Case<'_>) -> Option<&'static str> {
    let (history, words) = (&case.history, &case.words);
    if words.is("stamp") {
        let is_right = case.by_us.rows == history.stamped(case.rows, words.name)?;
        return is_right
            .then_some("D7: a stamp forgets what its rows implied in other branches, and heads that were there");
    }
    let fewer = set(&case.by_us.steps).is_subset(&set(&case.by_alembic.steps));
    if !(words.is("downgrade") && words.counts_down && fewer) {
        return None;
    }
    if words.name.is_empty() {
        return Some("D3: `-N` takes back N revisions along the line, and not whatever else stands on the one below");
    }
    case.leads_to_base().then_some("ID-N that is the base takes back the line of ID, not all others with it")
}

/// The order of steps that do not need each other is free.
fn set(steps: &[(String, String)]) -> BTreeSet<&(String, String)> {
    steps.iter().collect()
}
