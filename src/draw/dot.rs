//! A picture in DOT, the language of Graphviz.

use crate::draw::{Edge, Kind, Picture, Spot};

/// A `digraph`, newest at the top; an arrow leads from a revision to what it needs.
pub(crate) fn dot(picture: &Picture<'_>) -> String {
    let head = "digraph history {\n  rankdir=TB;\n  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n  \
                edge [color=\"#57606a\"];\n";
    let nodes = picture.spots.iter().map(node);
    let edges = picture.edges().map(edge);
    std::iter::once(head.to_owned()).chain(nodes).chain(edges).chain(["}\n".to_owned()]).collect()
}

fn node(spot: &Spot<'_>) -> String {
    let label: Vec<String> = spot.caption().iter().map(|line| quoted_part(line)).collect();
    let style = match (spot.facts.is_current, spot.facts.is_applied) {
        (true, _) => ", style=\"rounded,filled,bold\", fillcolor=\"#dafbe1\"",
        (false, Some(true)) => ", style=\"rounded,filled\", fillcolor=\"#dafbe1\"",
        (false, Some(false)) => ", style=\"rounded,dashed\"",
        (false, None) => "",
    };
    format!("  \"{}\" [label=\"{}\"{style}];\n", quoted_part(spot.id().as_str()), label.join("\\n"))
}

fn edge(edge: Edge<'_>) -> String {
    let style = match edge.kind {
        Kind::Parent => "",
        Kind::Dependency => " [style=dashed]",
    };
    let part = |id: &crate::graph::RevisionId| quoted_part(id.as_str());
    format!("  \"{}\" -> \"{}\"{style};\n", part(edge.from), part(edge.to))
}

/// Text between double quotes. Entities are read there too.
fn quoted_part(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '&' => quoted.push_str("&amp;"),
            other => quoted.push(other),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::quoted_part;

    #[test]
    fn quotes_backslashes_and_entities_are_text() {
        assert_eq!(quoted_part("a \"b\" \\n &lt; ü"), "a \\\"b\\\" \\\\n &amp;lt; ü");
    }
}
