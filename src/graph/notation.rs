//! For tests: graphs in one line, `a b:a c:a,b#label d:b>c e!:d f?:e`: id, parents, labels, dependencies, baselines,
//! revisions that no file has.

use crate::graph::{Graph, Node, Origin, RevisionId, Rows, Target};
use std::path::PathBuf;

/// One node, written in the file `v/<id>.yaml`, line 1.
pub(crate) fn node(text: &str) -> Node {
    let (text, depends_on) = text.split_once('>').unwrap_or((text, ""));
    // Labels may stand before or behind the parents.
    let mut labels = text.split('#');
    let mut head = labels.next().unwrap_or("").to_owned();
    let mut branch_labels = Vec::new();
    for label in labels {
        let (label, rest) = label.split_once(':').unwrap_or((label, ""));
        branch_labels.push(label.to_owned());
        if !rest.is_empty() {
            head = format!("{head}:{rest}");
        }
    }
    let (id_text, parents) = head.split_once(':').unwrap_or((&head, ""));
    let (id_text, baseline) = id_text.strip_suffix('!').map_or((id_text, false), |id| (id, true));
    let (id_text, kept) = id_text.strip_suffix('?').map_or((id_text, false), |id| (id, true));
    Node {
        id: id(id_text),
        down_revisions: list(parents).map(id).collect(),
        depends_on: list(depends_on).map(str::to_owned).collect(),
        branch_labels,
        baseline,
        kept,
        origin: Origin { file: PathBuf::from(format!("v/{id_text}.yaml")), line: 1 },
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|word| !word.is_empty())
}

pub(crate) fn nodes(text: &str) -> Vec<Node> {
    text.split_whitespace().map(node).collect()
}

/// The same nodes in the files in which the program's tests write them: `versions/<id>.sql`, the second one of an id
/// `versions/<id>_2.sql`.
pub(crate) fn nodes_in_files(text: &str) -> Vec<Node> {
    let mut nodes = nodes(text);
    let mut seen: Vec<RevisionId> = Vec::new();
    for node in &mut nodes {
        let again = if seen.contains(&node.id) { "_2" } else { "" };
        node.origin.file = PathBuf::from(format!("versions/{}{again}.sql", node.id));
        seen.push(node.id.clone());
    }
    nodes
}

pub(crate) fn graph(text: &str) -> Graph {
    Graph::build(nodes(text)).unwrap()
}

pub(crate) fn id(text: &str) -> RevisionId {
    RevisionId::new(text).unwrap()
}

/// `c,d`; an empty text or `–` for no rows.
pub(crate) fn rows(text: &str) -> Rows {
    list(text).filter(|word| *word != "–").map(id).collect()
}

pub(crate) fn target(text: &str) -> Target {
    Target::parse(text).unwrap()
}

/// As [`rows`] reads it.
pub(crate) fn shown(rows: &Rows) -> String {
    if rows.is_empty() {
        return "–".to_owned();
    }
    rows.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(",")
}
