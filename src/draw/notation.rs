//! For tests: pictures of graphs in one line, in the notation of `graph`, and drawings as text.

use crate::draw::cells::{Line, Script, lines};
use crate::draw::{Facts, Picture};
use crate::graph::notation::graph;
use crate::graph::{Range, Rows};

/// The drawing of a graph, with the ids; of a range where there is one; what is not in `rows` as not applied.
pub(crate) fn drawn(text: &str, script: Script, range: Option<&str>, rows: Option<&Rows>) -> String {
    let graph = graph(text);
    let range = range.map(|range| Range::parse(range).unwrap());
    let entries = graph.history(range.as_ref(), rows).unwrap();
    let applied = rows.map(|rows| graph.applied(rows).unwrap());
    let facts = |id| {
        let is_applied = applied.as_ref().map(|applied| applied.contains(&id));
        Ok(Facts { message: "", is_applied, ..Facts::default() })
    };
    let picture = Picture::of(&entries, facts).unwrap();
    as_text(&picture, &lines(&picture, script, usize::MAX))
}

/// Lines, each revision with its id behind it.
pub(crate) fn as_text(picture: &Picture<'_>, lines: &[Line]) -> String {
    let told = lines.iter().map(|line| {
        let cells: String = line.pieces.iter().map(|(_, text)| text.as_str()).collect();
        let id = line.spot.map(|at| format!(" {}", picture.spots[at].id())).unwrap_or_default();
        format!("{cells}{id}\n")
    });
    told.collect()
}
