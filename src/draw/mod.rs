//! History as a picture: lanes, and what is drawn of them in characters, in Mermaid, DOT and SVG.
//!
//! Pure values: no I/O, no printing, no terminal; how wide a drawing may be is passed in. A picture has its newest
//! revisions at the top and each branch in one piece; its order is fixed by the graph and the order of the list alone.
//! One pass over revisions and edges, without recursion.

mod cells;
mod dot;
mod lanes;
mod mermaid;
mod svg;
mod width;

#[cfg(test)]
mod notation;
#[cfg(test)]
mod properties;

pub(crate) use cells::{Script, lines};
pub(crate) use dot::dot;
pub(crate) use lanes::Kind;
pub(crate) use mermaid::{Limit, limit_of, mermaid};
pub(crate) use svg::svg;
pub(crate) use width::{cut, width};

use std::collections::BTreeMap;

use crate::draw::lanes::Need;
use crate::error::Result;
use crate::graph::{Entry, RevisionId};

/// What a picture shows of a message that is longer, dots included.
const MESSAGE_COLUMNS: usize = 72;

/// `�` in place of a control character and of one that turns the direction of what follows: no text in a picture
/// changes what stands beside it.
fn harmless(character: char) -> char {
    let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    match character {
        '\t' => ' ',
        _ if turns || character.is_control() => '\u{fffd}',
        other => other,
    }
}

/// What the graph does not know of a revision.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts<'a> {
    pub(crate) message: &'a str,
    /// RFC 3339, as the file has it.
    pub(crate) created: Option<&'a str>,
    /// None = the database was not asked.
    pub(crate) is_applied: Option<bool>,
    /// The database stands here.
    pub(crate) is_current: bool,
}

/// One revision of a picture.
#[derive(Debug)]
pub(crate) struct Spot<'a> {
    pub(crate) entry: &'a Entry<'a>,
    pub(crate) facts: Facts<'a>,
    /// What it needs and the picture has: parents, then dependencies, each once.
    needs: Vec<Need>,
    /// Whether a parent is left out of the picture.
    goes_on: bool,
}

/// Revisions from the top down, and what leads from one to another.
#[derive(Debug)]
pub(crate) struct Picture<'a> {
    pub(crate) spots: Vec<Spot<'a>>,
}

/// A line from a revision to one that it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge<'a> {
    pub(crate) from: &'a RevisionId,
    pub(crate) to: &'a RevisionId,
    pub(crate) kind: Kind,
}

impl<'a> Picture<'a> {
    /// Of these revisions, in an order of its own.
    ///
    /// # Errors
    /// Those of `facts`.
    pub(crate) fn of(
        entries: &'a [Entry<'a>],
        mut facts: impl FnMut(&'a RevisionId) -> Result<Facts<'a>>,
    ) -> Result<Self> {
        let places: BTreeMap<&RevisionId, usize> =
            entries.iter().enumerate().map(|(place, entry)| (&entry.node.id, place)).collect();
        let needs: Vec<Vec<Need>> = entries.iter().map(|entry| needs(entry, &places)).collect();
        let order = in_lines(&needs);
        let mut moved = vec![0; order.len()];
        for (now, before) in order.iter().enumerate() {
            if let Some(place) = moved.get_mut(*before) {
                *place = now;
            }
        }
        let now = |need: &Need| Some(Need { to: *moved.get(need.to)?, ..*need });
        let rows = order.iter().filter_map(|at| Some((entries.get(*at)?, needs.get(*at)?)));
        let spots = rows.map(|(entry, needs)| {
            let goes_on = entry.node.down_revisions.iter().any(|id| !places.contains_key(id));
            let needs = needs.iter().filter_map(now).collect();
            Ok(Spot { entry, facts: facts(&entry.node.id)?, needs, goes_on })
        });
        Ok(Self { spots: spots.collect::<Result<_>>()? })
    }

    /// Every line once, in the order of the revisions.
    pub(crate) fn edges(&self) -> impl Iterator<Item = Edge<'_>> {
        self.spots.iter().flat_map(|spot| {
            let to = |need: &Need| Some((self.spots.get(need.to)?.id(), need.kind));
            spot.needs.iter().filter_map(to).map(|(to, kind)| Edge { from: spot.id(), to, kind })
        })
    }

    /// Whether the database was asked what is applied.
    fn knows_applied(&self) -> bool {
        self.spots.iter().any(|spot| spot.facts.is_applied.is_some())
    }
}

/// The places in another order, as `git log --graph` has it: each above everything that it needs, and a branch in one
/// piece, so that few lines run side by side. Below a merge its last parent's branch comes first. Of several heads the
/// one that stands on most comes first, so that the trunk is on the left and short branches are near to where they
/// begin; where two are as high, the first in the list.
fn in_lines(needs: &[Vec<Need>]) -> Vec<usize> {
    let mut waiting = vec![0_usize; needs.len()];
    for need in needs.iter().flatten() {
        if let Some(count) = waiting.get_mut(need.to) {
            *count += 1;
        }
    }
    let heights = heights(needs);
    let mut ready: Vec<usize> = (0..needs.len()).rev().filter(|at| waiting.get(*at) == Some(&0)).collect();
    ready.sort_by_key(|at| heights.get(*at).copied());
    let mut order = Vec::with_capacity(needs.len());
    while let Some(at) = ready.pop() {
        order.push(at);
        let own = needs.get(at).map_or(&[][..], Vec::as_slice);
        let (parents, dependencies): (Vec<&Need>, Vec<&Need>) = own.iter().partition(|need| need.kind == Kind::Parent);
        for need in dependencies.into_iter().chain(parents) {
            if let Some(count) = waiting.get_mut(need.to) {
                *count -= 1;
                if *count == 0 {
                    ready.push(need.to);
                }
            }
        }
    }
    order
}

/// How many revisions stand below one another under each, itself counted. What is needed stands behind in the list.
fn heights(needs: &[Vec<Need>]) -> Vec<usize> {
    let mut heights = vec![1; needs.len()];
    for (at, own) in needs.iter().enumerate().rev() {
        let below = own.iter().filter_map(|need| heights.get(need.to)).max().copied();
        if let (Some(height), Some(below)) = (heights.get_mut(at), below) {
            *height = below + 1;
        }
    }
    heights
}

/// Parents before dependencies, in the order of the file; what is both is a parent.
fn needs(entry: &Entry<'_>, places: &BTreeMap<&RevisionId, usize>) -> Vec<Need> {
    let parents = entry.node.down_revisions.iter().map(|id| (id, Kind::Parent));
    let dependencies = entry.dependencies.iter().map(|id| (*id, Kind::Dependency));
    let mut needs: Vec<Need> = Vec::new();
    for (id, kind) in parents.chain(dependencies) {
        if let Some(to) = places.get(id).copied()
            && !needs.iter().any(|need| need.to == to)
        {
            needs.push(Need { to, kind });
        }
    }
    needs
}

impl<'a> Spot<'a> {
    pub(crate) fn id(&self) -> &'a RevisionId {
        &self.entry.node.id
    }

    /// The labels to draw: those that it carries; at a head also those that it inherits, which name its branch.
    pub(crate) fn labels(&self) -> Vec<&'a str> {
        if self.entry.is_head {
            return self.entry.labels.iter().copied().collect();
        }
        self.entry.node.branch_labels.iter().map(String::as_str).collect()
    }

    /// The first line of the message.
    pub(crate) fn headline(&self) -> &'a str {
        self.facts.message.trim_start().lines().next().unwrap_or_default().trim_end()
    }

    /// What is said of it: its labels, whether it is a head, whether the database stands there.
    fn marks(&self) -> Vec<&'a str> {
        let head = self.entry.is_head.then_some("head");
        let current = self.facts.is_current.then_some("current");
        self.labels().into_iter().chain(head).chain(current).collect()
    }

    /// What a box of a chart says, line by line: id, message, marks.
    fn caption(&self) -> Vec<String> {
        let marks: Vec<String> = self.marks().into_iter().map(|mark| format!("({mark})")).collect();
        let message = cut(self.headline(), MESSAGE_COLUMNS, "…");
        let lines = [self.id().as_str(), &message, &marks.join(" ")];
        lines.into_iter().filter(|line| !line.is_empty()).map(|line| line.chars().map(harmless).collect()).collect()
    }

    /// The day it was written, `2026-11-21`; empty where that is not known.
    fn day(&self) -> &'a str {
        self.facts.created.and_then(|created| created.get(..10)).unwrap_or_default()
    }

    fn is_pending(&self) -> bool {
        self.facts.is_applied == Some(false)
    }
}
