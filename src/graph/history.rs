//! Listing: ranges of history, newest first, and what is to be said of each revision.

use crate::error::{Error, Kind, Result};
use crate::graph::rows::State;
use crate::graph::walk::{Marks, reach};
use crate::graph::{Graph, Node, Range, RevisionId, Rows, Target};
use std::collections::BTreeSet;

/// A revision as `history`, `show`, `heads` and `branches` tell it.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'g> {
    pub(crate) node: &'g Node,
    /// See [`Graph::dependencies`].
    pub(crate) dependencies: Vec<&'g RevisionId>,
    /// Revisions that have it as a parent, by id.
    pub(crate) children: Vec<&'g RevisionId>,
    /// Its own labels and those that it inherits.
    pub(crate) labels: BTreeSet<&'g str>,
    /// No child.
    pub(crate) is_head: bool,
    /// Nothing needs it, not even as a dependency.
    pub(crate) is_effective_head: bool,
    pub(crate) is_base: bool,
    pub(crate) is_branch_point: bool,
    pub(crate) is_merge_point: bool,
}

impl Graph {
    /// The revisions of a range with both its ends, or all of them, newest first. With a lower end: what descends from
    /// it by parent and is needed by the upper end. Without one, or from the base: all that the upper end needs. `rows` as in [`Graph::resolve`]; `a:+N` counts from `a`.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::resolve`], and for ends without a way between them.
    pub(crate) fn history(&self, range: Option<&Range>, rows: Option<&Rows>) -> Result<Vec<Entry<'_>>> {
        let marks = match range {
            Some(range) => self.marks_of_range(range, rows)?,
            None => reach(&self.needs, self.spots()),
        };
        let labels = self.labels_of_all();
        let newest_first = self.order.iter().rev().copied().filter(|at| marks.has(*at));
        Ok(newest_first.filter_map(|at| self.entry_at(at, &labels)).collect())
    }

    /// What is to be said of one revision.
    pub(crate) fn entry(&self, id: &RevisionId) -> Option<Entry<'_>> {
        self.entry_at(self.spot(id.as_str())?, &self.labels_of_all())
    }

    /// What a revision depends on, labels resolved, in the order of the file.
    pub(crate) fn dependencies(&self, node: &Node) -> Vec<&RevisionId> {
        self.ids(node.depends_on.iter().filter_map(|name| self.needed_spot(name)))
    }

    fn entry_at<'g>(&'g self, at: usize, labels: &[BTreeSet<&'g str>]) -> Option<Entry<'g>> {
        let node = self.nodes.get(at)?;
        let children = self.children.of(at);
        Some(Entry {
            node,
            dependencies: self.dependencies(node),
            children: self.ids(children.iter().copied()),
            labels: labels.get(at).cloned().unwrap_or_default(),
            is_head: children.is_empty(),
            is_effective_head: self.needed_by.of(at).is_empty(),
            is_base: node.down_revisions.is_empty(),
            is_branch_point: children.len() > 1,
            is_merge_point: node.down_revisions.len() > 1,
        })
    }

    fn marks_of_range(&self, range: &Range, rows: Option<&Rows>) -> Result<Marks> {
        let state = rows.map(|rows| self.state(rows)).transpose()?;
        let lower = match &range.from {
            Some(target) => self.locate(target, state.as_ref())?.spots,
            None => Vec::new(),
        };
        let upper = match &range.to {
            Some(target) => self.upper_end(target, range.from.as_ref(), &lower, state.as_ref())?,
            None => self.head_spots().collect(),
        };
        if lower.is_empty() {
            return Ok(reach(&self.needs, upper));
        }
        let above = reach(&self.children, lower.iter().copied());
        let stray = |at: &&usize| range.to.is_some() && !above.has(**at);
        if upper.iter().find(stray).is_some() || upper.is_empty() {
            return Err(self.no_way(&lower, &upper));
        }
        let mut below = reach(&self.needs, upper);
        let outside: Vec<usize> = below.iter().filter(|at| !above.has(*at)).collect();
        for at in outside {
            below.remove(at);
        }
        Ok(below)
    }

    /// `+N` as the upper end counts from the lower one, not from the database.
    fn upper_end(
        &self,
        target: &Target,
        from: Option<&Target>,
        lower: &[usize],
        state: Option<&State<'_>>,
    ) -> Result<Vec<usize>> {
        if !target.counts_from_database() || target.steps <= 0 {
            return Ok(self.locate(target, state)?.spots);
        }
        let start = State::of(self, lower.iter().copied());
        let plain = Target {
            branch: target.branch.clone().or_else(|| from.and_then(|from| from.branch.clone())),
            ..target.clone()
        };
        Ok(self.locate(&plain, Some(&start))?.spots)
    }

    fn no_way(&self, lower: &[usize], upper: &[usize]) -> Error {
        let upper = if upper.is_empty() { "base".to_owned() } else { self.named(upper) };
        Error::new(Kind::Usage, format!("no way leads up from {} to {upper}", self.named(lower)))
            .with_hint("write the lower end first, and both ends in one branch")
    }
}

#[cfg(test)]
mod tests {
    use crate::error::{Error, Kind};
    use crate::graph::Range;
    use crate::graph::notation::{graph, id, rows};

    const LINE: &str = "a b:a c:b d:c e:d";
    const DIAMOND: &str = "a b:a c:b d:b e:c,d";
    const SHOP: &str = "u1#users u2:u1 u3:u2 o1#orders o2:o1>u2 o3:o2";

    fn listed(text: &str, rows_text: &str, range: &str) -> Result<String, Error> {
        let graph = graph(text);
        let entries = graph.history(Some(&Range::parse(range)?), Some(&rows(rows_text)))?;
        Ok(entries.iter().map(|entry| entry.node.id.as_str()).collect::<Vec<_>>().join(" "))
    }

    #[track_caller]
    fn lists(text: &str, rows: &str, table: &[(&str, &str)]) {
        for (range, expected) in table {
            assert_eq!(&listed(text, rows, range).unwrap(), expected, "{range}");
        }
    }

    #[test]
    fn ranges_have_both_ends_and_the_newest_first() {
        lists(
            LINE,
            "c",
            &[
                ("b:d", "d c b"),
                ("b:", "e d c b"),
                (":b", "b a"),
                ("base:b", "b a"),
                (":", "e d c b a"),
                ("a:+2", "c b a"),
                ("base:+2", "b a"),
                (":+1", "a"),
                ("current:", "e d c"),
                (":current", "c b a"),
                ("current:current", "c"),
                ("-2:current", "c b a"),
                ("-1:current", "c b"),
                ("-3:", "e d c b a"),
                ("current:+1", "d c"),
                ("head-1:head", "e d"),
                ("b:b", "b"),
                ("e@base:e@head", "e d c b a"),
                ("d-1:d+1", "e d c"),
                ("a:-1", "b a"),
            ],
        );
        lists(LINE, "", &[(":current", ""), ("current:", "e d c b a"), ("current:current", "")]);
        lists("", "", &[(":", ""), ("base:head", "")]);
    }

    #[test]
    fn from_one_parent_of_a_merge_the_other_is_not_listed() {
        lists(
            DIAMOND,
            "e",
            &[
                ("c:e", "e c"),
                ("a:", "e d c b a"),
                ("b:c", "c b"),
                ("-1:", "e d c"),
                ("c:", "e c"),
                ("c@b:c@e", "e d c b"),
            ],
        );
        lists(
            "a b:a c:b d:b",
            "c,d",
            &[("current:", "d c"), (":current", "d c b a"), ("c:", "c"), ("b:heads", "d c b"), ("c@a:+2", "c b a")],
        );
    }

    #[test]
    fn dependencies_are_listed_where_they_descend_from_the_lower_end() {
        lists("a b:a d:b>e2 e1:a e2:e1 x", "", &[("a:d", "d e2 e1 b a"), ("b:d", "d b"), ("e1:", "e2 e1")]);
        lists(
            SHOP,
            "",
            &[
                ("orders@base:orders@head", "o3 o2 u2 u1 o1"),
                ("o1:o3", "o3 o2 o1"),
                (":o2", "o2 u2 u1 o1"),
                ("u2:", "u3 u2"),
            ],
        );
    }

    #[test]
    fn ends_without_a_way_between_them_are_refused() {
        for (text, range, part) in [
            (LINE, "d:b", "no way leads up from d to b"),
            (LINE, "d:base", "no way leads up from d to base"),
            (DIAMOND, "c:d", "no way leads up from c to d"),
            (SHOP, "u2:o3", "no way"),
            (SHOP, "u1:heads", "no way"),
            ("a b:a c:a", "a:head", "several heads"),
            (LINE, "a:zz", "`zz`"),
            (LINE, "-1:", "no revision is below base"),
            (LINE, "e:+1", "`+1` goes too far"),
        ] {
            let error = listed(text, "", range).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage);
            assert!(error.phrase().contains(part), "{range}: {error}");
        }
        let error = graph(LINE).history(Some(&Range::parse("current:").unwrap()), None).unwrap_err();
        assert!(error.phrase().contains("where the database stands"), "{error}");
    }

    #[test]
    fn an_entry_tells_what_a_revision_is() {
        let graph = graph("a#main b:a c:a d:b,c e:d x y>main,x");
        let entry = |text| graph.entry(&id(text)).unwrap();
        let flags = |text| {
            let entry = entry(text);
            (entry.is_base, entry.is_branch_point, entry.is_merge_point, entry.is_head, entry.is_effective_head)
        };
        assert_eq!(flags("a"), (true, true, false, false, false));
        assert_eq!(flags("d"), (false, false, true, false, false));
        assert_eq!(flags("e"), (false, false, false, true, true));
        assert_eq!(flags("x"), (true, false, false, true, false));
        assert_eq!(entry("a").children, [&id("b"), &id("c")]);
        assert_eq!(entry("y").dependencies, [&id("a"), &id("x")]);
        assert_eq!(entry("e").labels, ["main"].into());
        assert!(entry("y").labels.is_empty());
        assert!(graph.entry(&id("zz")).is_none());
        assert_eq!(graph.history(None, None).unwrap().len(), 7);
    }
}
