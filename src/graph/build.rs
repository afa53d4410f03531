//! From nodes to a checked graph. All problems are found in one pass and reported together, each with its files.

use crate::error::{Error, Kind, Result};
use crate::graph::cycle::{Knot, knots};
use crate::graph::find::nearest;
use crate::graph::label::fault_of_label;
use crate::graph::walk::{Edges, topological};
use crate::graph::{Graph, Node, Origin};
use std::collections::BTreeMap;

/// One thing that is wrong, with the place of the first file that has a part in it.
struct Problem {
    text: String,
    origin: Origin,
    hint: String,
    /// A parent or dependency is not there.
    is_missing: bool,
}

impl Problem {
    fn error(self) -> Error {
        // Texts of problems name their files.
        Error::new(Kind::Graph, self.text).with_hint(self.hint)
    }
}

impl Graph {
    /// Checks the nodes, in whatever order, and connects them.
    ///
    /// # Errors
    /// [`Kind::Graph`]. One problem is the phrase itself; several are its causes, and place and hint are those of the
    /// first. Problems are: two files with one id, ids that differ only in case, an unknown parent or dependency, a
    /// parent named twice, a revision that needs itself, a cycle, a label that is taken or cannot be one.
    pub(crate) fn build(nodes: Vec<Node>) -> Result<Self> {
        let mut problems = Vec::new();
        let graph = Self::as_far_as_it_goes(nodes, &mut problems);
        if problems.is_empty() { Ok(graph) } else { Err(in_one_error(problems)) }
    }

    /// Connects nodes with which nothing is wrong: they were checked before.
    pub(crate) fn of_checked(mut nodes: Vec<Node>) -> Self {
        nodes.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        Self::connected(nodes)
    }

    /// What is wrong beside files that could not be read, in one report. That a parent or dependency is missing is left
    /// out: it may be in one of those.
    pub(crate) fn problems_beside(unreadable: Vec<Error>, nodes: Vec<Node>) -> Option<Error> {
        let mut problems = Vec::new();
        Self::as_far_as_it_goes(nodes, &mut problems);
        let sure = problems.into_iter().filter(|problem| !problem.is_missing).map(Problem::error);
        Error::together("the revision files have", unreadable.into_iter().chain(sure).collect())
    }

    /// The graph as far as it can be connected, and everything that is wrong with it.
    fn as_far_as_it_goes(mut nodes: Vec<Node>, problems: &mut Vec<Problem>) -> Self {
        nodes.sort_unstable_by(|one, other| (&one.id, &one.origin).cmp(&(&other.id, &other.origin)));
        report_same_ids(&nodes, problems);
        nodes.dedup_by(|later, first| later.id == first.id);
        report_same_but_for_case(&nodes, problems);
        let graph = Self::connected(nodes);
        graph.report_labels(problems);
        graph.report_needs(problems);
        if graph.order.len() < graph.len() {
            problems.extend(knots(&graph.needs).iter().filter_map(|knot| graph.describe_knot(knot)));
        }
        graph
    }

    /// The graph of sorted nodes. What names nothing is left out.
    fn connected(nodes: Vec<Node>) -> Self {
        let labels = collect_labels(&nodes);
        let mut graph = Self {
            parents: Edges::none(0),
            children: Edges::none(0),
            needs: Edges::none(0),
            needed_by: Edges::none(0),
            order: Vec::new(),
            labels,
            nodes,
        };
        graph.connect();
        graph.order = topological(&graph.needs, &graph.needed_by);
        graph
    }

    /// Tells what would be wrong if this revision were written, so that a command can refuse before it writes.
    ///
    /// # Errors
    /// As [`Graph::build`].
    pub(crate) fn check_addition(&self, node: Node) -> Result<()> {
        for label in &node.branch_labels {
            if let Some(owner) = self.labels.get(label).and_then(|at| self.nodes.get(*at)) {
                return Err(in_one_error(vec![taken_label(&node, label, owner)]));
            }
        }
        Self::build(self.nodes.iter().cloned().chain([node]).collect()).map(|_| ())
    }

    fn connect(&mut self) {
        let (mut parents, mut all) = (Edges::none(self.len()), Edges::none(self.len()));
        for (at, node) in self.nodes.iter().enumerate() {
            for to in node.down_revisions.iter().filter_map(|parent| self.spot(parent.as_str())) {
                if to != at && parents.add(at, to) {
                    all.add(at, to);
                }
            }
            for to in node.depends_on.iter().filter_map(|name| self.needed_spot(name)).filter(|to| *to != at) {
                all.add(at, to);
            }
        }
        (self.children, self.needed_by) = (parents.reversed(), all.reversed());
        (self.parents, self.needs) = (parents, all);
    }

    /// What a dependency names: an id, or a label.
    pub(super) fn needed_spot(&self, name: &str) -> Option<usize> {
        self.spot(name).or_else(|| self.labels.get(name).copied())
    }

    fn report_needs(&self, problems: &mut Vec<Problem>) {
        for (at, node) in self.nodes.iter().enumerate() {
            for (place, parent) in node.down_revisions.iter().enumerate() {
                match self.spot(parent.as_str()) {
                    Some(to) if to == at => problems.push(needs_itself(node, "names itself as its parent")),
                    Some(_) if node.down_revisions.iter().take(place).any(|other| other == parent) => {
                        problems.push(parent_twice(node, parent.as_str()));
                    }
                    Some(_) => {}
                    None => problems.push(self.unknown(node, "parent", parent.as_str())),
                }
            }
            for dependency in &node.depends_on {
                match self.needed_spot(dependency) {
                    Some(to) if to == at => problems.push(needs_itself(node, "depends on itself")),
                    Some(_) => {}
                    None => problems.push(self.unknown(node, "dependency", dependency)),
                }
            }
        }
    }

    fn report_labels(&self, problems: &mut Vec<Problem>) {
        for (at, node) in self.nodes.iter().enumerate() {
            for (place, label) in node.branch_labels.iter().enumerate() {
                if let Some(fault) = fault_of_label(label) {
                    let what = format!("has the branch label `{label}`, which cannot be one: {fault}");
                    problems.push(problem(node, &what, "use another word, such as billing"));
                } else if let Some(same) = self.node(label) {
                    let what = format!("has the branch label {label}, which is the id of {}", same.in_file());
                    problems.push(problem(node, &what, "give the branch another label"));
                } else if let Some(owner) = self.labels.get(label).copied()
                    && (owner != at || node.branch_labels.iter().take(place).any(|other| other == label))
                    && let Some(owner) = self.nodes.get(owner)
                {
                    problems.push(taken_label(node, label, owner));
                }
            }
        }
    }

    fn unknown(&self, node: &Node, role: &str, name: &str) -> Problem {
        let whole: Vec<&str> = self
            .nodes
            .iter()
            .map(|other| other.id.as_str())
            .filter(|id| !name.is_empty() && id.starts_with(name))
            .collect();
        let hint = match (whole.as_slice(), nearest(name, self.names())) {
            ([id], _) => format!("write the whole id: {id}"),
            (_, near) if !near.is_empty() => format!("correct the {role}; did you mean {}?", near.join(", ")),
            _ => format!("bring the file of {name} back, or correct the {role}"),
        };
        Problem { is_missing: true, ..problem(node, &format!("names the {role} {name}, which no file has"), hint) }
    }

    fn describe_knot(&self, knot: &Knot) -> Option<Problem> {
        let nodes: Vec<&Node> = knot.cycle.iter().filter_map(|at| self.nodes.get(*at)).collect();
        let first = *nodes.first()?;
        let mut way: Vec<String> = nodes.iter().map(|node| node.in_file()).collect();
        way.push(first.id.to_string());
        let more = match knot.size > nodes.len() {
            true => format!(" ({} revisions are caught in circles with it)", knot.size),
            false => String::new(),
        };
        let text = format!("revisions need each other in a circle: {}{more}", way.join(" needs "));
        let hint = "take one parent or dependency out of the circle".to_owned();
        Some(Problem { text, origin: first.origin.clone(), hint, is_missing: false })
    }
}

impl Node {
    /// For messages: `a (versions/a.yaml:1)`.
    fn in_file(&self) -> String {
        format!("{} ({})", self.id, self.origin)
    }
}

fn problem(node: &Node, what: &str, hint: impl Into<String>) -> Problem {
    let text = format!("revision {} {what}", node.in_file());
    Problem { text, origin: node.origin.clone(), hint: hint.into(), is_missing: false }
}

fn needs_itself(node: &Node, what: &str) -> Problem {
    problem(node, what, "name another revision, or leave it empty")
}

fn parent_twice(node: &Node, parent: &str) -> Problem {
    problem(node, &format!("names the parent {parent} twice"), "name each parent once")
}

fn taken_label(node: &Node, label: &str, owner: &Node) -> Problem {
    let what = format!("has the branch label {label}, which {} has already", owner.in_file());
    problem(node, &what, "a label sits on one revision: take it away from the other")
}

fn report_same_ids(nodes: &[Node], problems: &mut Vec<Problem>) {
    for group in nodes.chunk_by(|one, other| one.id == other.id) {
        let [first, _, ..] = group else { continue };
        let files: Vec<String> = group.iter().map(|node| node.origin.to_string()).collect();
        problems.push(Problem {
            text: format!("the revision id {} is in {} files: {}", first.id, group.len(), files.join(", ")),
            origin: first.origin.clone(),
            hint: "give one of them another id, or remove the file that is a copy".to_owned(),
            is_missing: false,
        });
    }
}

/// MariaDB compares the rows of the version table without case, so that such a pair would share one row.
fn report_same_but_for_case(nodes: &[Node], problems: &mut Vec<Problem>) {
    let mut folded: BTreeMap<String, Vec<&Node>> = BTreeMap::new();
    for node in nodes {
        folded.entry(node.id.as_str().to_ascii_lowercase()).or_default().push(node);
    }
    for group in folded.values() {
        let [first, _, ..] = group.as_slice() else { continue };
        let all: Vec<String> = group.iter().map(|node| node.in_file()).collect();
        problems.push(Problem {
            text: format!("revision ids differ only in case: {}", all.join(", ")),
            origin: first.origin.clone(),
            hint: "give one of them another id: some databases compare the version table without case".to_owned(),
            is_missing: false,
        });
    }
}

/// The first that has a label, which is nobody's id.
fn collect_labels(nodes: &[Node]) -> BTreeMap<String, usize> {
    let is_id = |label: &str| nodes.binary_search_by(|node| node.id.as_str().cmp(label)).is_ok();
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        for label in node.branch_labels.iter().filter(|label| !is_id(label)) {
            if !labels.contains_key(label) {
                labels.insert(label.clone(), at);
            }
        }
    }
    labels
}

fn in_one_error(problems: Vec<Problem>) -> Error {
    let count = problems.len();
    let mut problems = problems.into_iter();
    let Some(first) = problems.next() else { return Error::new(Kind::Graph, "the revision graph is broken") };
    let error = if count == 1 {
        Error::new(Kind::Graph, first.text)
    } else {
        let error = Error::new(Kind::Graph, format!("the revision files have {count} problems")).caused_by(first.text);
        problems.fold(error, |error, problem| error.caused_by(problem.text))
    };
    let error = error.with_hint(first.hint);
    if first.origin.file.as_os_str().is_empty() {
        return error;
    }
    let error = error.in_file(first.origin.file);
    if first.origin.line == 0 { error } else { error.at_line(first.origin.line, 0) }
}

#[cfg(test)]
mod tests {
    use crate::error::{Error, Kind};
    use crate::graph::notation::{node, nodes};
    use crate::graph::{Graph, Node, Origin};
    use std::path::{Path, PathBuf};

    fn broken(text: &str) -> Error {
        let error = Graph::build(nodes(text)).unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (Kind::Graph, 7));
        assert!(error.hint().is_some());
        error
    }

    #[track_caller]
    fn says(text: &str, parts: &[&str]) {
        let message = broken(text).to_string();
        for part in parts {
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        }
    }

    fn in_file(text: &str, file: &str) -> Node {
        Node { origin: Origin { file: PathBuf::from(file), line: 3 }, ..node(text) }
    }

    #[test]
    fn two_files_with_one_id_are_both_named() {
        let error = Graph::build(vec![in_file("a", "v/two.yaml"), in_file("a", "v/one.yaml")]).unwrap_err();
        assert_eq!(error.phrase(), "the revision id a is in 2 files: v/one.yaml:3, v/two.yaml:3");
        assert_eq!(error.place().file.as_deref(), Some(Path::new("v/one.yaml")));
        assert_eq!(error.place().line, Some(3));
        assert_eq!(error.exit_code(), 7);
    }

    #[test]
    fn ids_that_differ_only_in_case_are_refused() {
        says("Ab b aB", &["differ only in case: Ab (v/Ab.yaml:1), aB (v/aB.yaml:1)"]);
    }

    #[test]
    fn unknown_parents_and_dependencies_name_the_file_and_the_nearest() {
        says("a b:zz", &["revision b (v/b.yaml:1) names the parent zz, which no file has"]);
        says("a b>zz", &["names the dependency zz"]);
        let error = broken("abcd1234 b:abcd1243");
        assert!(error.hint().unwrap().contains("did you mean abcd1234?"), "{error:?}");
        assert!(broken("abcd1234 b:abcd").hint().unwrap().contains("whole id: abcd1234"));
        assert!(broken("abcd1234#users b>user").hint().unwrap().contains("did you mean users?"));
    }

    #[test]
    fn a_revision_cannot_need_itself() {
        says("a:a", &["names itself as its parent"]);
        says("a>a", &["depends on itself"]);
        says("a#l>l", &["depends on itself"]);
        says("a b:a,a", &["names the parent a twice"]);
    }

    #[test]
    fn cycles_are_spelled_out_also_where_a_head_and_a_base_reach_them() {
        let error = broken("a b:a,c c:b d:c");
        assert_eq!(
            error.phrase(),
            "revisions need each other in a circle: b (v/b.yaml:1) needs c (v/c.yaml:1) needs b"
        );
        says("a:b b:c c:a", &["a (v/a.yaml:1) needs b (v/b.yaml:1) needs c (v/c.yaml:1) needs a"]);
        says("a>b b>a", &["a (v/a.yaml:1) needs b"]);
        says("a:d b:a c:b d:c e:d,f f:e c2:b,d", &["2 problems", "a (v/a.yaml:1) needs d", "e (v/e.yaml:1) needs f"]);
        says("a:d b:a,c c:b d:c", &["b (v/b.yaml:1) needs c", "(4 revisions are caught"]);
    }

    #[test]
    fn labels_are_checked() {
        says("a#x b#x", &["revision b (v/b.yaml:1) has the branch label x, which a (v/a.yaml:1) has already"]);
        says("a#x#x", &["which a (v/a.yaml:1) has already"]);
        says("a b#a", &["which is the id of a"]);
        says("a#head", &["`head`, which cannot be one"]);
        for label in ["x@y", "x:y", "x+1", "x-1", "", " ", "a b", "a,b", "base", "heads", "current"] {
            let mut node = node("a");
            node.branch_labels.push(label.to_owned());
            assert_eq!(Graph::build(vec![node]).unwrap_err().kind(), Kind::Graph, "{label}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let mut all = nodes("a:zz b:b c>qq d:e e:d f#base G g");
        all.push(node("a"));
        let error = Graph::build(all).unwrap_err();
        assert_eq!(error.causes().len(), 7, "{error}");
        assert_eq!(error.phrase(), "the revision files have 7 problems");
    }

    #[test]
    fn what_would_be_wrong_is_known_before_it_is_written() {
        let graph = Graph::build(nodes("a b:a")).unwrap();
        assert!(graph.check_addition(node("c:b")).is_ok());
        for bad in ["a:b", "B:a", "c:zz", "c#head", "c>b2"] {
            assert_eq!(graph.check_addition(node(bad)).unwrap_err().kind(), Kind::Graph);
        }
    }

    #[test]
    fn a_dependency_may_be_a_label_or_repeat_a_parent() {
        let graph = Graph::build(nodes("a#x b:a>x,a")).unwrap();
        assert_eq!(graph.in_order().count(), 2);
    }
}
