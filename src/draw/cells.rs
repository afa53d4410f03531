//! Lanes in characters: a line for each revision, and one below it where a line goes across.
//!
//! A lane is two columns wide. `│` stands for a way down, `┆` for a dependency, `●` for a revision, `○` for one that is
//! not applied, `~` for what goes on outside of the picture. Where a line crosses a lane without joining it, the lane
//! stays whole: `─│─`; where it joins, they touch: `├`, `┤`, `┼`.

use crate::draw::Picture;
use crate::draw::lanes::{Kind, Lanes, Link, Row, Strand, Way};

/// The characters of a drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Script {
    /// `│ ├─╮ ●`
    #[default]
    Boxes,
    /// `| +-. *`, for terminals that know no others.
    Ascii,
}

/// A line of a drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Texts with the colour of their lane; None = blanks. No blanks at the end.
    pub(crate) pieces: Vec<(Option<usize>, String)>,
    /// Columns of all pieces.
    pub(crate) width: usize,
    /// The place of the revision that stands in this line.
    pub(crate) spot: Option<usize>,
}

/// A character and the colour of its lane.
type Cell = (char, Option<usize>);

/// The picture in lines of at most `most` columns, one at least; what is further to the right ends in `…`.
pub(crate) fn lines(picture: &Picture<'_>, script: Script, most: usize) -> Vec<Line> {
    let mut lanes = Lanes::new(picture.spots.len());
    let mut lines = Vec::with_capacity(picture.spots.len() * 2);
    for (at, spot) in picture.spots.iter().enumerate() {
        let row = lanes.place(at, &spot.needs, spot.goes_on);
        let sign = script.revision(spot.is_pending());
        let cells = clip(row_of_revision(&row, sign, script), most, script, Some((row.lane, sign)));
        lines.push(Line { spot: Some(at), ..line(&cells) });
        let across = row_across(&row, spot.goes_on, script);
        lines.extend(across.map(|cells| line(&clip(cells, most, script, None))));
    }
    lines
}

/// The revision, and the lanes beside it.
fn row_of_revision(row: &Row, sign: char, script: Script) -> Vec<Cell> {
    let cell = |lane: usize| match row.beside.get(lane).copied().flatten() {
        _ if lane == row.lane => (sign, Some(row.colour)),
        Some(strand) => (script.down(strand.kind), Some(strand.colour)),
        None => (' ', None),
    };
    (0..row.beside.len().max(row.lane + 1)).flat_map(|lane| [cell(lane), (' ', None)]).collect()
}

/// The lines from a revision to other lanes; None where all go straight down.
fn row_across(row: &Row, goes_on: bool, script: Script) -> Option<Vec<Cell>> {
    let ends_open = goes_on && row.links.is_empty();
    let is_straight = |link: &Link| link.lane == row.lane && !matches!(link.way, Way::Take(..));
    if !ends_open && row.links.iter().all(is_straight) {
        return None;
    }
    let farthest = row.links.iter().map(|link| link.lane).max().unwrap_or_default();
    let count = row.beside.len().max(row.lane + 1).max(farthest + 1);
    let crossing = Crossing::of(row, count);
    let cells = (0..count).flat_map(|lane| {
        let own = if ends_open && lane == row.lane { ('~', None) } else { crossing.cell(lane, script) };
        [own, crossing.gap(lane, script)]
    });
    Some(cells.collect())
}

/// What goes across below a revision.
struct Crossing<'r> {
    row: &'r Row,
    /// By lane: what goes from it to the lane on its right.
    rightward: Vec<Option<(Kind, usize)>>,
    /// By lane: the link that ends in it.
    ends: Vec<Option<Link>>,
    /// The lane that is led over into the revision's own.
    taken: Option<usize>,
}

impl<'r> Crossing<'r> {
    fn of(row: &'r Row, count: usize) -> Self {
        let mut crossing = Self { row, rightward: vec![None; count], ends: vec![None; count], taken: None };
        for link in &row.links {
            if let Some(end) = crossing.ends.get_mut(link.lane) {
                *end = Some(*link);
            }
            let (there, kind, colour) = match link.way {
                Way::Take(strand, from) => (from, strand.kind, strand.colour),
                Way::New | Way::Join | Way::Lift => (link.lane, link.kind, link.colour),
            };
            if there != link.lane {
                crossing.taken = Some(there);
            }
            let (left, right) = (there.min(row.lane), there.max(row.lane));
            for piece in crossing.rightward.iter_mut().take(right).skip(left) {
                // A parent is drawn over a dependency.
                if kind == Kind::Parent || piece.is_none() {
                    *piece = Some((kind, colour));
                }
            }
        }
        crossing
    }

    fn cell(&self, lane: usize, script: Script) -> Cell {
        let beside = self.row.beside.get(lane).copied().flatten();
        let end = self.ends.get(lane).copied().flatten();
        let left = lane.checked_sub(1).and_then(|left| self.rightward.get(left).copied().flatten());
        let right = self.rightward.get(lane).copied().flatten();
        let (is_own, is_taken) = (lane == self.row.lane, self.taken == Some(lane));
        if !is_own && !is_taken && end.is_none() {
            return match (beside, left) {
                (Some(Strand { kind, colour, .. }), _) => (script.down(kind), Some(colour)),
                (None, Some((kind, colour))) => (script.across(kind), Some(colour)),
                (None, None) => (' ', None),
            };
        }
        let colour = match (beside, end) {
            (Some(strand), _) => strand.colour,
            (None, Some(link)) if !is_own => link.colour,
            (None, Some(_) | None) => self.row.colour,
        };
        let straight = left.is_none() && right.is_none();
        if let (Some(link), true) = (end, straight) {
            return (script.down(link.kind), Some(colour));
        }
        let sides = Sides {
            up: is_own || beside.is_some(),
            down: !is_taken && (beside.is_some() || end.is_some()),
            left: left.is_some(),
            right: right.is_some(),
        };
        (script.joint(sides), Some(colour))
    }

    fn gap(&self, lane: usize, script: Script) -> Cell {
        match self.rightward.get(lane).copied().flatten() {
            Some((kind, colour)) => (script.across(kind), Some(colour)),
            None => (' ', None),
        }
    }
}

/// Where a character has arms.
#[derive(Clone, Copy)]
struct Sides {
    up: bool,
    down: bool,
    left: bool,
    right: bool,
}

impl Script {
    fn revision(self, is_pending: bool) -> char {
        match (self, is_pending) {
            (Self::Boxes, false) => '●',
            (Self::Boxes, true) => '○',
            (Self::Ascii, false) => '*',
            (Self::Ascii, true) => 'o',
        }
    }

    fn down(self, kind: Kind) -> char {
        match (self, kind) {
            (Self::Boxes, Kind::Parent) => '│',
            (Self::Boxes, Kind::Dependency) => '┆',
            (Self::Ascii, Kind::Parent) => '|',
            (Self::Ascii, Kind::Dependency) => ':',
        }
    }

    fn across(self, kind: Kind) -> char {
        match (self, kind) {
            (Self::Boxes, Kind::Parent) => '─',
            (Self::Boxes, Kind::Dependency) => '┄',
            (Self::Ascii, Kind::Parent) => '-',
            (Self::Ascii, Kind::Dependency) => '.',
        }
    }

    /// Where lines meet or turn.
    fn joint(self, Sides { up, down, left, right }: Sides) -> char {
        match self {
            Self::Boxes => match (up, down, left, right) {
                (true, true, false, true) => '├',
                (true, true, true, false) => '┤',
                (true, true, true, true) => '┼',
                (true, false, true, true) => '┴',
                (false, true, true, true) => '┬',
                (true, false, true, false) => '╯',
                (true, false, false, true) => '╰',
                (false, true, true, false) => '╮',
                (false, true, false, true) => '╭',
                (_, _, false, false) => '│',
                (false, false, _, _) => '─',
            },
            Self::Ascii => match (up, down, left && right) {
                (true, false, false) => '\'',
                (false, true, false) => '.',
                (_, _, _) => '+',
            },
        }
    }

    /// How something that was cut ends.
    pub(crate) fn dots(self) -> &'static str {
        match self {
            Self::Boxes => "…",
            Self::Ascii => "..",
        }
    }

    /// What stands where lanes were cut.
    fn more(self) -> char {
        match self {
            Self::Boxes => '…',
            Self::Ascii => '>',
        }
    }
}

/// Without blanks at the end, and no wider than `most`; a revision further to the right stands in the last column.
fn clip(mut cells: Vec<Cell>, most: usize, script: Script, revision: Option<(usize, char)>) -> Vec<Cell> {
    let end = cells.iter().rposition(|(sign, _)| *sign != ' ').map_or(0, |last| last + 1);
    cells.truncate(end);
    let Some(last) = most.checked_sub(1).filter(|_| end > most) else { return cells };
    cells.truncate(last);
    cells.push(match revision {
        Some((lane, sign)) if lane * 2 >= last => (sign, None),
        Some(_) | None => (script.more(), None),
    });
    cells
}

/// Neighbours of one colour in one piece.
fn line(cells: &[Cell]) -> Line {
    let mut pieces: Vec<(Option<usize>, String)> = Vec::new();
    for (sign, colour) in cells {
        match pieces.last_mut() {
            Some((last, text)) if last == colour => text.push(*sign),
            Some(_) | None => pieces.push((*colour, sign.to_string())),
        }
    }
    Line { pieces, width: cells.len(), spot: None }
}

#[cfg(test)]
mod tests {
    use crate::draw::cells::Script;
    use crate::draw::notation::drawn;
    use crate::graph::notation::rows;

    /// Asserts a drawing, given with a margin.
    #[track_caller]
    fn draws(drawing: &str, expected: &str) {
        let expected: Vec<&str> =
            expected.trim_end().lines().skip(1).map(|line| line.get(12..).unwrap_or("")).collect();
        assert_eq!(drawing.trim_end(), expected.join("\n"), "\n{drawing}");
    }

    fn boxes(text: &str) -> String {
        drawn(text, Script::Boxes, None, None)
    }

    #[test]
    fn a_line_has_no_lines_across() {
        draws(
            &boxes("a b:a c:b"),
            "
            ● c
            ● b
            ● a",
        );
        assert_eq!(boxes(""), "");
    }

    #[test]
    fn a_fork_opens_below_a_merge_and_closes_above_its_base() {
        let diamond = "a b:a c:b d:b e:c,d f:e";
        draws(
            &boxes(diamond),
            "
            ● f
            ● e
            ├─╮
            │ ● d
            ● │ c
            ├─╯
            ● b
            ● a",
        );
        draws(
            &drawn(diamond, Script::Ascii, None, None),
            "
            * f
            * e
            +-.
            | * d
            * | c
            +-'
            * b
            * a",
        );
    }

    #[test]
    fn heads_stand_side_by_side() {
        draws(
            &boxes("a b:a c:a d:a"),
            "
            ● d
            │ ● c
            ├─╯
            │ ● b
            ├─╯
            ● a",
        );
    }

    #[test]
    fn a_merge_of_three_and_a_merge_of_the_same_two() {
        draws(
            &boxes("a b:a c:a d:a m:b,c,d"),
            "
            ● m
            ├─┬─╮
            │ │ ● d
            │ ● │ c
            │ ├─╯
            ● │ b
            ├─╯
            ● a",
        );
        draws(
            &boxes("a b:a c:a d:b,c e:b,c"),
            "
            ● e
            ├─╮
            │ │ ● d
            ├─┼─╯
            │ ● c
            ● │ b
            ├─╯
            ● a",
        );
    }

    #[test]
    fn a_lane_that_is_crossed_stays_whole() {
        draws(
            &boxes("a b:a c:b x:a y:x z:y m:c,z n:m k:b l:k,n"),
            "
            ● l
            ├─╮
            │ ● n
            │ ● m
            │ ├─╮
            │ │ ● z
            │ │ ● y
            │ │ ● x
            │ ● │ c
            ● │ │ k
            ├─╯ │
            ●   │ b
            ├───╯
            ● a",
        );
        draws(
            &boxes("a b c:a d:b e:a f:d"),
            "
            ● f
            ● d
            ● b
              ● e
            ● │ c
            ├─╯
            ● a",
        );
        draws(
            &boxes("a x:a t1:a y:t1 t2:t1,y t3:t2,x"),
            "
            ● t3
            ├─╮
            │ ● x
            ● │ t2
            ├─│─╮
            │ │ ● y
            ├─│─╯
            ● │ t1
            ├─╯
            ● a",
        );
    }

    #[test]
    fn dependencies_are_dashed() {
        let shop = "u1#users u2:u1 u3:u2 o1#orders o2:o1>u2 o3:o2";
        draws(
            &boxes(shop),
            "
            ● o3
            ● o2
            ├┄╮
            ● ┆ o1
              ┆ ● u3
              ├─╯
              ● u2
              ● u1",
        );
        draws(
            &boxes("p q r s>p,q,r"),
            "
            ● s
            ├┄┬┄╮
            ┆ ┆ ● r
            ┆ ● q
            ● p",
        );
        draws(
            &drawn("p q r s>p,q,r", Script::Ascii, None, None),
            "
            * s
            +.+..
            : : * r
            : * q
            * p",
        );
    }

    #[test]
    fn histories_that_have_nothing_in_common_do_not_touch() {
        draws(
            &boxes("a1 a2:a1 b1 b2:b1 c"),
            "
            ● b2
            ● b1
              ● a2
              ● a1
            ● c",
        );
    }

    #[test]
    fn what_is_not_applied_is_hollow_and_what_is_left_out_goes_on() {
        draws(
            &drawn("a b:a c:b d:b e:c,d", Script::Boxes, Some("c:"), Some(&rows("c"))),
            "
            ○ e
            ● c
            ~",
        );
        draws(
            &drawn("a b:a c:b d:b e:c,d", Script::Ascii, Some("b:"), Some(&rows("c"))),
            "
            o e
            +-.
            | o d
            * | c
            +-'
            * b
            ~",
        );
    }
}
