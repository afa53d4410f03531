//! Random graphs and commands, the same in every run.

use std::fmt::Write;

/// xorshift64.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 8) % limit as u64).expect("a small number")
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// A revision as a header has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) id: String,
    pub(crate) down: Vec<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) depends: Vec<String>,
}

/// A graph while it grows. A set of revisions is the bits of a number.
#[derive(Default)]
struct Growing {
    revisions: Vec<Revision>,
    /// What a revision needs, itself included.
    needs: Vec<u64>,
    heads: u64,
}

impl Growing {
    /// Whether this one says nothing that the others do not say already, in either direction. Alembic miscounts such
    /// edges (`facts/alembic.md`, D1 and D2); the cases of the graph itself have them.
    fn is_redundant(&self, one: usize, others: &[usize]) -> bool {
        others.iter().any(|other| (self.needs[*other] >> one | self.needs[one] >> *other) & 1 == 1)
    }

    fn some_head(&self, dice: &mut Dice) -> usize {
        let heads: Vec<usize> = (0..self.revisions.len()).filter(|at| self.heads >> at & 1 == 1).collect();
        *dice.one_of(&heads)
    }

    fn parents(&self, dice: &mut Dice) -> Vec<usize> {
        let count = self.revisions.len();
        if count == 0 || dice.once_in(14) {
            return Vec::new();
        }
        let mut parents = vec![if dice.once_in(5) { dice.below(count) } else { self.some_head(dice) }];
        if dice.once_in(4) {
            for _ in 0..=dice.below(2) {
                let other = self.some_head(dice);
                if !self.is_redundant(other, &parents) {
                    parents.push(other);
                }
            }
        }
        parents
    }

    fn grow(&mut self, dice: &mut Dice) {
        let at = self.revisions.len();
        let parents = self.parents(dice);
        let mut needed = parents.clone();
        let mut revision = Revision { id: self.new_id(dice), ..Revision::default() };
        while at > 0 && dice.once_in(6) {
            let other = dice.below(at);
            if !self.is_redundant(other, &needed) {
                needed.push(other);
                let named = &self.revisions[other];
                let label = named.labels.first().filter(|_| dice.once_in(2));
                revision.depends.push(label.unwrap_or(&named.id).clone());
            }
        }
        if dice.once_in(6) {
            revision.labels.push(format!("label{at}"));
        }
        revision.down = parents.iter().map(|parent| self.revisions[*parent].id.clone()).collect();
        let needs = needed.iter().fold(1 << at, |all, other| all | self.needs[*other]);
        self.heads = parents.iter().fold(self.heads, |heads, parent| heads & !(1 << parent)) | 1 << at;
        self.needs.push(needs);
        self.revisions.push(revision);
    }

    fn new_id(&self, dice: &mut Dice) -> String {
        loop {
            let mut id = String::new();
            for _ in 0..5 {
                write!(id, "{:x}", dice.below(16)).expect("a text grows");
            }
            // `12e4` and `00000` are ids too; digits alone would be a number of steps behind a sign only.
            if self.revisions.iter().all(|other| other.id != id) {
                return id;
            }
        }
    }
}

/// A graph of 5 to 60 revisions with branches, merges, labels and dependencies.
pub(crate) fn graph(dice: &mut Dice) -> Vec<Revision> {
    let count = 5 + dice.below(56);
    let mut growing = Growing::default();
    for _ in 0..count {
        growing.grow(dice);
    }
    growing.revisions
}

/// An id, the beginning of one, or a label.
fn name(graph: &[Revision], dice: &mut Dice) -> String {
    let one = dice.one_of(graph);
    let labels: Vec<&String> = graph.iter().flat_map(|one| &one.labels).collect();
    match dice.below(6) {
        0 => one.id[..3].to_owned(),
        1 | 2 if !labels.is_empty() => (*dice.one_of(&labels)).clone(),
        _ => one.id.clone(),
    }
}

fn row_or_name(graph: &[Revision], rows: &[String], dice: &mut Dice) -> String {
    if rows.is_empty() || dice.once_in(2) { name(graph, dice) } else { dice.one_of(rows).clone() }
}

fn up(graph: &[Revision], rows: &[String], dice: &mut Dice) -> String {
    let number = 1 + dice.below(3);
    match dice.below(12) {
        0 => "heads".to_owned(),
        1 => "head".to_owned(),
        2 | 3 => format!("+{number}"),
        4 => format!("{}+{number}", row_or_name(graph, rows, dice)),
        5 => format!("{}@head", name(graph, dice)),
        6 => format!("{}@heads", name(graph, dice)),
        7 => format!("{}@+{number}", row_or_name(graph, rows, dice)),
        8 => format!("{}@{}", name(graph, dice), name(graph, dice)),
        _ => name(graph, dice),
    }
}

fn down(graph: &[Revision], rows: &[String], dice: &mut Dice) -> String {
    let number = 1 + dice.below(3);
    match dice.below(12) {
        0 => "base".to_owned(),
        1..=3 => format!("-{number}"),
        4 => format!("{}-{number}", row_or_name(graph, rows, dice)),
        5 => format!("{}@base", row_or_name(graph, rows, dice)),
        6 | 7 => format!("{}@-{number}", row_or_name(graph, rows, dice)),
        8 => format!("{}@{}", row_or_name(graph, rows, dice), name(graph, dice)),
        _ => name(graph, dice),
    }
}

/// A command for a database with these rows.
pub(crate) fn command(graph: &[Revision], rows: &[String], dice: &mut Dice) -> Vec<String> {
    let words = match dice.below(20) {
        0..=8 => vec!["upgrade".to_owned(), up(graph, rows, dice)],
        9..=13 => vec!["downgrade".to_owned(), down(graph, rows, dice)],
        14 => vec!["stamp".to_owned(), (*dice.one_of(&["head", "heads", "base"])).to_owned()],
        15 => vec!["stamp".to_owned(), name(graph, dice)],
        16 => vec!["history".to_owned(), format!("{}:{}", name(graph, dice), name(graph, dice))],
        17 => vec![(*dice.one_of(&["heads", "show"])).to_owned(), name(graph, dice)],
        18 => vec!["upgrade".to_owned(), format!("{}:{}", name(graph, dice), up(graph, rows, dice))],
        _ => vec!["downgrade".to_owned(), format!("{}:{}", name(graph, dice), down(graph, rows, dice))],
    };
    if words[0] == "heads" { vec!["heads".to_owned()] } else { words }
}
