//! What holds for every drawing, on random graphs and on very large ones: the lines are read back from the characters.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::draw::cells::{Line, Script, lines};
use crate::draw::lanes::Lanes;
use crate::draw::{Facts, Picture};
use crate::graph::notation::id;
use crate::graph::{Graph, Node, Origin, Range};

/// xorshift64: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

fn node(name: &str, parents: &BTreeSet<String>, depends_on: &BTreeSet<String>) -> Node {
    Node {
        id: id(name),
        down_revisions: parents.iter().map(|parent| id(parent)).collect(),
        depends_on: depends_on.iter().cloned().collect(),
        branch_labels: Vec::new(),
        baseline: false,
        kept: false,
        origin: Origin { file: PathBuf::new(), line: 0 },
    }
}

/// Revisions whose ids sort at random, most with one parent among the last few.
fn random_graph(dice: &mut Dice, count: usize) -> Graph {
    let mut names: Vec<String> = Vec::new();
    let mut nodes = Vec::new();
    for number in 0..count {
        let some = |dice: &mut Dice, most: usize, reach: usize| -> BTreeSet<String> {
            let near = names.len().min(reach);
            let picked = (0..dice.below(most + 1)).filter(|_| near > 0);
            picked.map(|_| names[names.len() - 1 - dice.below(near)].clone()).collect()
        };
        let parents = if dice.below(5) == 0 { some(dice, 3, 6) } else { some(dice, 1, 3) };
        let depends_on = if dice.below(4) == 0 { some(dice, 2, 12) } else { BTreeSet::new() };
        let name = format!("{:03x}{number}", dice.below(4096));
        nodes.push(node(&name, &parents, &depends_on));
        names.push(name);
    }
    Graph::build(nodes).unwrap()
}

/// What a picture says by its characters: from each revision the ones that its lines lead to.
struct Reader {
    cells: Vec<Vec<char>>,
    /// The revision in a line, and its column.
    spots: BTreeMap<usize, (usize, usize)>,
}

impl Reader {
    fn of(drawing: &[Line]) -> Self {
        let text = |line: &Line| line.pieces.iter().flat_map(|(_, text)| text.chars()).collect::<Vec<_>>();
        let cells: Vec<Vec<char>> = drawing.iter().map(text).collect();
        let spots = drawing.iter().enumerate().filter_map(|(at, line)| {
            let signs: Vec<usize> = (0..cells[at].len()).filter(|column| cells[at][*column] == '●').collect();
            assert_eq!(signs.len(), usize::from(line.spot.is_some()), "one sign for each revision");
            Some((at, (line.spot?, *signs.first()?)))
        });
        let spots = spots.collect();
        Self { cells, spots }
    }

    fn at(&self, line: usize, column: usize) -> char {
        self.cells.get(line).and_then(|cells| cells.get(column)).copied().unwrap_or(' ')
    }

    /// The revisions that the lines from the one in `line` lead to.
    fn reached(&self, line: usize) -> BTreeSet<usize> {
        let (_, column) = self.spots[&line];
        let mut reached = BTreeSet::new();
        if self.spots.contains_key(&(line + 1)) || self.at(line + 1, column) == ' ' {
            // Straight down to the next one, if anything is there at all.
            reached.extend(self.down(line + 1, column));
            return reached;
        }
        let joint = self.at(line + 1, column);
        if "│┆├┤┼".contains(joint) {
            reached.extend(self.down(line + 2, column));
        }
        if "├┼┴╰".contains(joint) {
            reached.extend(self.across(line + 1, column, 1));
        }
        if "┤┼┴╯".contains(joint) {
            reached.extend(self.across(line + 1, column, -1));
        }
        reached
    }

    /// Down a lane to the revision at its end; to the left where the lane is led over.
    fn down(&self, mut line: usize, mut column: usize) -> Option<usize> {
        loop {
            match self.at(line, column) {
                '●' => return Some(self.spots[&line].0),
                '│' | '┆' | '├' | '┤' | '┼' => line += 1,
                '╯' => {
                    while "╯─┄│┆".contains(self.at(line, column)) {
                        column -= 1;
                    }
                    assert_eq!(self.at(line, column), '├');
                }
                ' ' => return None,
                other => panic!("`{other}` in a lane, line {line}"),
            }
        }
    }

    /// Along a line across, and down from every lane that it touches.
    fn across(&self, line: usize, column: usize, step: isize) -> Vec<usize> {
        let mut reached = Vec::new();
        let mut column = column;
        loop {
            column = column.checked_add_signed(step).unwrap();
            match self.at(line, column) {
                '─' | '┄' | '│' | '┆' => {}
                '┼' | '┬' => reached.extend(self.down(line + 1, column)),
                '╯' if step > 0 => return reached,
                '╮' | '┤' | '╭' | '├' => {
                    reached.extend(self.down(line + 1, column));
                    return reached;
                }
                other => panic!("`{other}` in a line across, line {line}"),
            }
        }
    }
}

fn picture_of<'a>(entries: &'a [crate::graph::Entry<'a>]) -> Picture<'a> {
    Picture::of(entries, |_| Ok(Facts::default())).unwrap()
}

#[test]
fn the_characters_lead_where_the_graph_does() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut edges = 0;
    for round in 0..400 {
        let count = 1 + dice.below(30);
        let graph = random_graph(&mut dice, count);
        let entries = graph.history(None, None).unwrap();
        let picture = picture_of(&entries);
        let drawing = lines(&picture, Script::Boxes, usize::MAX);
        let reader = Reader::of(&drawing);
        assert_eq!(reader.spots.len(), graph.len(), "every revision is drawn once");
        for (line, (spot, _)) in &reader.spots {
            let wanted: BTreeSet<usize> = picture.spots[*spot].needs.iter().map(|need| need.to).collect();
            let text = super::notation::as_text(&picture, &drawing);
            assert_eq!(reader.reached(*line), wanted, "round {round}, from {}\n{text}", picture.spots[*spot].id());
            edges += wanted.len();
        }
    }
    assert!(edges > 3000, "{edges} lines are too few to prove anything");
}

#[test]
fn no_lane_holds_two_and_a_free_one_is_used_again() {
    let mut dice = Dice(42);
    for _ in 0..300 {
        let count = 1 + dice.below(60);
        let graph = random_graph(&mut dice, count);
        let entries = graph.history(None, None).unwrap();
        let picture = picture_of(&entries);
        let mut lanes = Lanes::new(picture.spots.len());
        // The revisions further down that somebody above needs: each has one lane.
        let mut open: BTreeSet<usize> = BTreeSet::new();
        let (mut most_open, mut widest) = (0, 0);
        for (at, spot) in picture.spots.iter().enumerate() {
            open.remove(&at);
            let row = lanes.place(at, &spot.needs, spot.goes_on);
            assert_eq!(row.beside.get(row.lane).copied().flatten(), None, "the lane is the revision's own");
            assert_eq!(row.beside.iter().flatten().count(), open.len());
            open.extend(spot.needs.iter().map(|need| need.to));
            let ends: BTreeSet<usize> = row.links.iter().map(|link| link.lane).collect();
            assert_eq!(ends.len(), spot.needs.len(), "each line has an end of its own");
            most_open = most_open.max(open.len());
            widest = widest.max(row.beside.len().max(row.lane + 1)).max(ends.last().map_or(0, |last| last + 1));
        }
        assert!(widest <= most_open + 2, "{widest} lanes where {most_open} would do");
    }
}

#[test]
fn a_narrow_page_is_never_left() {
    let mut dice = Dice(7);
    for _ in 0..100 {
        let graph = random_graph(&mut dice, 40);
        let entries = graph.history(None, None).unwrap();
        let picture = picture_of(&entries);
        for most in [1, 2, 5, 9, 20] {
            for script in [Script::Boxes, Script::Ascii] {
                let drawing = lines(&picture, script, most);
                assert!(drawing.iter().all(|line| line.width <= most));
                let signs = drawing.iter().filter(|line| {
                    let sign = if script == Script::Boxes { '●' } else { '*' };
                    line.spot.is_some() && line.pieces.iter().any(|(_, text)| text.contains(sign))
                });
                assert_eq!(signs.count(), graph.len(), "each revision is seen");
            }
        }
    }
}

#[test]
fn what_a_range_leaves_out_is_not_drawn() {
    let mut dice = Dice(99);
    for _ in 0..100 {
        let graph = random_graph(&mut dice, 20);
        let lower = graph.in_order().nth(dice.below(20)).unwrap().id.to_string();
        let entries = graph.history(Some(&Range::parse(&format!("{lower}:")).unwrap()), None).unwrap();
        let picture = picture_of(&entries);
        let drawing = lines(&picture, Script::Boxes, usize::MAX);
        assert_eq!(drawing.iter().filter(|line| line.spot.is_some()).count(), entries.len());
        let known: BTreeSet<&str> = entries.iter().map(|entry| entry.node.id.as_str()).collect();
        assert!(picture.edges().all(|edge| known.contains(edge.from.as_str()) && known.contains(edge.to.as_str())));
    }
}

/// Thousands of revisions in every shape that could be slow: what is quadratic here would take minutes.
#[test]
fn large_histories_are_drawn_at_once() {
    let one = |parent: String| -> BTreeSet<String> { [parent].into() };
    let line = (0..10_000).map(|number: usize| {
        let parents = number.checked_sub(1).map(|below| one(format!("r{below}"))).unwrap_or_default();
        node(&format!("r{number}"), &parents, &BTreeSet::new())
    });
    let diamonds = (0..3_001).map(|number: usize| {
        let parents: BTreeSet<String> = match (number, number % 3) {
            (0, _) => BTreeSet::new(),
            (_, 0) => [format!("r{}", number - 1), format!("r{}", number - 2)].into(),
            (_, rest) => one(format!("r{}", number - rest)),
        };
        node(&format!("r{number}"), &parents, &BTreeSet::new())
    });
    let fan = (0..5_000).map(|number: usize| {
        let parents = if number == 0 { BTreeSet::new() } else { one("r0".to_owned()) };
        node(&format!("r{number}"), &parents, &BTreeSet::new())
    });
    let merge = (0..2_001).map(|number: usize| {
        let parents =
            if number == 2_000 { (0..2_000).map(|other| format!("r{other}")).collect() } else { BTreeSet::new() };
        node(&format!("r{number}"), &parents, &BTreeSet::new())
    });
    for (nodes, width) in
        [(line.collect::<Vec<_>>(), 1), (diamonds.collect(), 3), (fan.collect(), 3), (merge.collect(), 3_999)]
    {
        let graph = Graph::build(nodes).unwrap();
        let entries = graph.history(None, None).unwrap();
        let picture = picture_of(&entries);
        let drawing = lines(&picture, Script::Boxes, usize::MAX);
        assert_eq!(drawing.iter().map(|line| line.width).max(), Some(width));
        let svg = crate::draw::svg(&picture);
        assert_eq!(svg.matches("<g><title>").count(), graph.len());
        assert_eq!(svg.matches("class=\"edge").count(), picture.edges().count());
    }
}
