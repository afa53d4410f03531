//! Where new revisions are put: the parents of a new one, and those of a merge.

use crate::error::{Error, Kind, Result};
use crate::graph::{Graph, RevisionId, Target};

impl Graph {
    /// The parents of a new revision at `target` (`head` unless the user says otherwise): none for a base, several for
    /// `heads`, which makes a merge.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::resolve`], and if a parent is no head and `splice` is not set.
    pub(crate) fn parents_for_new(&self, target: &Target, splice: bool) -> Result<Vec<RevisionId>> {
        let spots = self.locate(target, None)?.spots;
        self.as_parents(&spots, splice)
    }

    /// The parents of a merge, in the order of the targets.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::resolve`]; if fewer than two are named, one is named twice, or one is no head and
    /// `splice` is not set.
    pub(crate) fn parents_for_merge(&self, targets: &[Target], splice: bool) -> Result<Vec<RevisionId>> {
        let mut spots: Vec<usize> = Vec::new();
        for target in targets {
            let found = self.locate(target, None)?.spots;
            if found.is_empty() && !self.is_empty() {
                return Err(Error::new(Kind::Usage, format!("`{target}` is no revision that can be merged"))
                    .with_hint("name two or more revisions, or `heads`"));
            }
            for at in found {
                if spots.contains(&at) {
                    return Err(Error::new(Kind::Usage, format!("{} is named twice", self.named(&[at])))
                        .with_hint("name each revision once"));
                }
                spots.push(at);
            }
        }
        if spots.len() < 2 {
            let only = if spots.is_empty() { "no revision".to_owned() } else { format!("only {}", self.named(&spots)) };
            return Err(Error::new(Kind::Usage, format!("there is nothing to merge: {only} is named"))
                .with_hint("name two or more revisions; `migrate heads` lists the heads"));
        }
        self.as_parents(&spots, splice)
    }

    fn as_parents(&self, spots: &[usize], splice: bool) -> Result<Vec<RevisionId>> {
        if let Some(inner) = spots.iter().find(|at| !splice && !self.children.of(**at).is_empty()) {
            return Err(Error::new(Kind::Usage, format!("{} is no head", self.named(&[*inner])))
                .with_hint("give --splice to begin another branch from it"));
        }
        Ok(spots.iter().filter_map(|at| self.id(*at)).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::error::{Error, Kind};
    use crate::graph::RevisionId;
    use crate::graph::notation::{graph, target};

    type Parents = Result<Vec<RevisionId>, Error>;

    #[track_caller]
    fn has(parents: Parents, expected: &str) {
        assert_eq!(parents.unwrap().iter().map(RevisionId::as_str).collect::<Vec<_>>().join(","), expected);
    }

    #[track_caller]
    fn refused(parents: Parents, part: &str) {
        let error = parents.unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(error.phrase().contains(part), "{error}");
    }

    #[test]
    fn a_new_revision_stands_on_a_head() {
        let line = graph("a b:a");
        has(line.parents_for_new(&target("head"), false), "b");
        has(line.parents_for_new(&target("base"), false), "");
        has(line.parents_for_new(&target("head-1"), true), "a");
        refused(line.parents_for_new(&target("a"), false), "a is no head");
        has(line.parents_for_new(&target("a"), true), "a");
        refused(line.parents_for_new(&target("+1"), false), "`+1` counts from where the database stands");
        has(graph("").parents_for_new(&target("head"), false), "");
        let fork = graph("a b:a#left c:a");
        refused(fork.parents_for_new(&target("head"), false), "several heads");
        has(fork.parents_for_new(&target("heads"), false), "b,c");
        has(fork.parents_for_new(&target("left@head"), false), "b");
        has(fork.parents_for_new(&target("left@base"), false), "");
    }

    #[test]
    fn a_merge_keeps_the_order_of_its_arguments() {
        let fork = graph("a b:a c:a");
        let merge = |words: &[&str], splice| {
            fork.parents_for_merge(&words.iter().map(|word| target(word)).collect::<Vec<_>>(), splice)
        };
        has(merge(&["c", "b"], false), "c,b");
        has(merge(&["heads"], false), "b,c");
        has(merge(&["c", "a"], true), "c,a");
        refused(merge(&["c", "a"], false), "a is no head");
        refused(merge(&["c", "c"], false), "c is named twice");
        refused(merge(&["c"], false), "only c is named");
        refused(merge(&["base", "c"], false), "`base` is no revision");
    }

    #[test]
    fn a_merge_of_heads_takes_those_that_others_depend_on_too() {
        has(graph("u1 u2:u1 o1 o2:o1>u2").parents_for_merge(&[target("heads")], false), "o2,u2");
        refused(graph("a b:a").parents_for_merge(&[target("heads")], false), "only b is named");
        refused(graph("").parents_for_merge(&[target("heads")], false), "no revision is named");
    }
}
