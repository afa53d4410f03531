//! Branch labels: which words can be one, and who inherits them.

use crate::graph::Graph;
use crate::graph::id::RESERVED;
use crate::graph::target::sign_of_steps;
use std::collections::BTreeSet;

/// Why a word cannot be a label; `None` if it can. A label is any word that a target, a list in a header and a line of
/// output can hold: it may have a `-` before a letter (`users-samples`).
pub(crate) fn fault_of_label(label: &str) -> Option<String> {
    if label.is_empty() {
        return Some("it is empty".to_owned());
    }
    if RESERVED.contains(&label) {
        return Some("the word has a meaning of its own in targets".to_owned());
    }
    let forbidden = |c: &char| matches!(c, '@' | ':' | ',') || c.is_whitespace() || c.is_control();
    let sign = sign_of_steps(label).and_then(|at| label.get(at..)?.chars().next());
    let character = label.chars().find(forbidden).or(sign)?;
    Some(format!("`{}` has a meaning of its own in targets and lists", character.escape_debug()))
}

impl Graph {
    /// The labels that each revision has by itself or inherits, by spot: from every ancestor, and from a descendant
    /// with neither fork nor merge on the way (those included).
    pub(crate) fn labels_of_all(&self) -> Vec<BTreeSet<&str>> {
        let mut labels: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); self.len()];
        for (label, at) in &self.labels {
            if let Some(own) = labels.get_mut(*at) {
                own.insert(label);
            }
        }
        for at in &self.order {
            let mut all = labels.get_mut(*at).map(std::mem::take).unwrap_or_default();
            for parent in self.parents.of(*at) {
                all.extend(labels.get(*parent).into_iter().flatten());
            }
            if let Some(own) = labels.get_mut(*at) {
                *own = all;
            }
        }
        for (label, carrier) in &self.labels {
            for at in self.plain_line_below(*carrier) {
                if let Some(own) = labels.get_mut(at) {
                    own.insert(label);
                }
            }
        }
        labels
    }

    /// From a revision down to the last one before a fork or a merge; nothing if it is one itself.
    fn plain_line_below(&self, at: usize) -> impl Iterator<Item = usize> {
        let plain = |at: &usize| self.children.of(*at).len() < 2 && self.parents.of(*at).len() < 2;
        std::iter::successors(Some(at).filter(plain), move |at| {
            self.parents.of(*at).first().copied().filter(|parent| plain(parent))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::label::fault_of_label;
    use crate::graph::notation::graph;

    /// `a[x,y] b[]`, in the order of ids.
    fn inherited(text: &str) -> String {
        let graph = graph(text);
        let labels = graph.labels_of_all();
        let words = graph
            .nodes
            .iter()
            .zip(&labels)
            .map(|(node, labels)| format!("{}[{}]", node.id, labels.iter().copied().collect::<Vec<_>>().join(",")));
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_hyphen_is_part_of_a_label_where_no_steps_can_follow() {
        for good in ["users-samples", "a-b-c", "a-_", "é-ü"] {
            assert_eq!(fault_of_label(good), None, "{good}");
        }
        for bad in ["", "-a", "a-", "a-1", "a-b-2", "a--b", "a+b", "a,b", "a:b", "a@b", "a b", "head"] {
            assert!(fault_of_label(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn descendants_inherit_past_merges() {
        assert_eq!(inherited("a b:a#x c:a d:b,c e:d"), "a[] b[x] c[] d[x] e[x]");
    }

    #[test]
    fn ancestors_inherit_down_to_the_first_fork_or_merge() {
        assert_eq!(inherited("a b:a c:b#x"), "a[x] b[x] c[x]");
        assert_eq!(inherited("a b:a c:b d:c#x e:b"), "a[] b[] c[x] d[x] e[]");
        assert_eq!(inherited("a b c:a,b d:c e:d#x"), "a[] b[] c[] d[x] e[x]");
    }

    #[test]
    fn a_fork_or_a_merge_that_carries_a_label_keeps_it_from_what_is_below() {
        assert_eq!(inherited("a b:a#x c:b d:b"), "a[] b[x] c[x] d[x]");
        assert_eq!(inherited("a b c:a,b#x"), "a[] b[] c[x]");
    }

    #[test]
    fn dependencies_do_not_inherit_and_several_labels_add_up() {
        assert_eq!(inherited("a#x#y b:a#z c>a"), "a[x,y,z] b[x,y,z] c[]");
    }
}
