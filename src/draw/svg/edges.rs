//! The lines of an SVG: one path for each, across between two rows and straight along a lane.
//!
//! Only one path runs along a lane at a time; one that joins ends where it meets the lane. So a lane has one colour
//! between two rows, whatever leads into it.

use std::collections::BTreeMap;

use crate::draw::Picture;
use crate::draw::lanes::{COLOURS, Kind, Row, Way};
use crate::draw::svg::{ROW, lane_x, middle};

/// A path that is not at its end.
struct Open {
    path: String,
    kind: Kind,
    colour: usize,
}

impl Open {
    fn new(lane: usize, at: usize, kind: Kind, colour: usize) -> Self {
        Self { path: format!("M{} {}", lane_x(lane), middle(at)), kind, colour }
    }

    /// Down its lane to the middle of a row.
    fn down(mut self, at: usize) -> Self {
        self.path.extend(["V", &middle(at).to_string()]);
        self
    }

    /// Across to another lane, from the middle of a row to that of the next.
    fn across(mut self, from: usize, lane: usize, at: usize) -> Self {
        let (x, to_x, y, to_y) = (lane_x(from), lane_x(lane), middle(at), middle(at + 1));
        if from == lane {
            return self.down(at + 1);
        }
        self.path.extend([format!("C{x} {} {to_x} {} {to_x} {to_y}", y + ROW * 3 / 5, y + ROW * 2 / 5)]);
        self
    }

    /// Where it is drawn, dependencies first, and its element.
    fn end(self) -> (bool, String) {
        let (colour, path) = (self.colour % COLOURS, self.path);
        match self.kind {
            Kind::Parent => (true, format!("<path class=\"edge c{colour}\" d=\"{path}\"/>\n")),
            Kind::Dependency => (false, format!("<path class=\"edge needs c{colour}\" d=\"{path}\"/>\n")),
        }
    }
}

/// The paths: what leaves the picture, then dependencies, then parents, which lie over them.
pub(crate) fn edges(picture: &Picture<'_>, rows: &[Row]) -> Vec<String> {
    let mut done: Vec<(bool, String)> = Vec::new();
    // By the place that a lane leads to: the path along it.
    let mut open: BTreeMap<usize, Open> = BTreeMap::new();
    for ((at, row), spot) in rows.iter().enumerate().zip(&picture.spots) {
        done.extend(open.remove(&at).map(|path| path.down(at).end()));
        if spot.goes_on {
            let (x, y) = (lane_x(row.lane), middle(at));
            done.push((false, format!("<path class=\"open\" d=\"M{x} {y}v{}\"/>\n", ROW - 8)));
        }
        for link in &row.links {
            let path = Open::new(row.lane, at, link.kind, link.colour).across(row.lane, link.lane, at);
            let before = match link.way {
                Way::New => open.insert(link.to, path).map(Open::end),
                Way::Join => Some(path.end()),
                Way::Lift => open.insert(link.to, path).map(|before| before.down(at + 1).end()),
                Way::Take(_, from) => {
                    open.insert(link.to, path).map(|before| before.down(at).across(from, link.lane, at).end())
                }
            };
            done.extend(before);
        }
    }
    done.sort_by_key(|(is_parent, _)| *is_parent);
    done.into_iter().map(|(_, element)| element).collect()
}
