//! A picture in Mermaid, as GitHub and others draw it in Markdown. A flowchart: Mermaid's own `gitGraph` knows neither
//! several beginnings nor a merge of three.

use std::collections::BTreeMap;

use crate::draw::{Kind, Picture, Spot};
use crate::graph::RevisionId;

/// What Mermaid refuses to draw with its usual settings, which a text cannot change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Lines between revisions.
    Edges,
    /// Characters of the whole text.
    Characters,
}

const MOST_EDGES: usize = 500;
const MOST_CHARACTERS: usize = 50_000;

/// The limit that this text, made of this picture, is beyond.
pub(crate) fn limit_of(picture: &Picture<'_>, text: &str) -> Option<Limit> {
    if picture.edges().count() > MOST_EDGES {
        return Some(Limit::Edges);
    }
    (text.chars().count() > MOST_CHARACTERS).then_some(Limit::Characters)
}

/// A `flowchart`, newest at the top; an arrow leads from a revision to what it needs. Revisions are called `r0`, `r1`, …
/// inside, for not every id is a word of Mermaid's.
pub(crate) fn mermaid(picture: &Picture<'_>) -> String {
    let names: BTreeMap<&RevisionId, usize> =
        picture.spots.iter().enumerate().map(|(at, spot)| (spot.id(), at)).collect();
    let nodes = picture.spots.iter().enumerate().map(|(at, spot)| node(at, spot));
    let name = |id| names.get(id).copied().unwrap_or_default();
    let edges = picture.edges().map(|edge| {
        let arrow = match edge.kind {
            Kind::Parent => "-->",
            Kind::Dependency => "-.->",
        };
        format!("  r{} {arrow} r{}\n", name(edge.from), name(edge.to))
    });
    let classes = if picture.knows_applied() {
        "  classDef applied fill:#dafbe1,stroke:#1a7f37,color:#1f2328\n  \
         classDef current fill:#dafbe1,stroke:#1a7f37,color:#1f2328,stroke-width:3px\n  \
         classDef pending fill:#f6f8fa,stroke:#6e7781,color:#1f2328,stroke-dasharray:4 3\n"
    } else {
        ""
    };
    let head = ["flowchart TD\n".to_owned(), classes.to_owned()];
    head.into_iter().chain(nodes).chain(edges).collect()
}

fn node(at: usize, spot: &Spot<'_>) -> String {
    let label: Vec<String> = spot.caption().iter().map(|line| quoted_part(line)).collect();
    let class = match (spot.facts.is_current, spot.facts.is_applied) {
        (true, _) => ":::current",
        (false, Some(true)) => ":::applied",
        (false, Some(false)) => ":::pending",
        (false, None) => "",
    };
    format!("  r{at}[\"{}\"]{class}\n", label.join("<br/>"))
}

/// Text between double quotes. Signs that mean something to Mermaid, to Markdown or to HTML are written as numbers.
fn quoted_part(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    // `fa:fa-ban` would be an icon.
    for character in text.replace(":fa-", ":\u{200b}fa-").chars() {
        match character {
            plain if plain.is_alphanumeric() => quoted.push(plain),
            ' ' | ',' | '(' | ')' | '/' | '\'' | ':' | '?' => quoted.push(character),
            // With nothing between them two dollars would be a formula, and a backslash and an n the end of a line.
            '$' | '\\' => quoted.extend(["#", &u32::from(character).to_string(), ";\u{200b}"]),
            sign if sign.is_ascii() => quoted.extend(["#", &u32::from(sign).to_string(), ";"]),
            other => quoted.push(other),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::quoted_part;

    #[test]
    fn signs_are_written_as_numbers() {
        assert_eq!(quoted_part("add `a_b` #1"), "add #96;a#95;b#96; #35;1");
        assert_eq!(quoted_part("$$ fa:fa-x"), "#36;\u{200b}#36;\u{200b} fa:\u{200b}fa#45;x");
        assert_eq!(quoted_part("\"<b>\" 注文 👍"), "#34;#60;b#62;#34; 注文 👍");
    }
}
