//! Properties of all plans, on small random graphs and on very large ones.

use crate::graph::notation::{graph, id, rows, target};
use crate::graph::{Graph, Node, Origin, RevisionId, RowMove, Rows, Step, Target};
use std::collections::BTreeSet;
use std::path::PathBuf;

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

fn named(number: usize) -> RevisionId {
    // Ids that sort otherwise than the revisions were written.
    id(&format!("{}{number}", ["m", "c", "z", "a", "q"][number * 7 % 5]))
}

fn node(number: usize, parents: impl IntoIterator<Item = usize>, depends_on: impl IntoIterator<Item = usize>) -> Node {
    let unique: BTreeSet<usize> = parents.into_iter().collect();
    Node {
        id: named(number),
        down_revisions: unique.into_iter().map(named).collect(),
        depends_on: depends_on.into_iter().map(|other| named(other).to_string()).collect(),
        branch_labels: Vec::new(),
        baseline: false,
        origin: Origin { file: PathBuf::new(), line: 0 },
    }
}

fn random_graph(dice: &mut Dice) -> Graph {
    let count = 1 + dice.below(9);
    let nodes = (0..count).map(|number| {
        let some = |dice: &mut Dice, odds: usize| -> Vec<usize> {
            (0..number.min(3))
                .filter(|_| dice.below(odds) == 0)
                .collect::<Vec<_>>()
                .iter()
                .map(|_| dice.below(number))
                .collect()
        };
        let parents = some(dice, 2);
        let depends_on = some(dice, 4);
        node(number, parents, depends_on)
    });
    Graph::build(nodes.collect()).unwrap()
}

/// The definition of the facts, section 2.1, in the plainest way: no marks, no counts.
fn needs(graph: &Graph, id: &RevisionId) -> BTreeSet<RevisionId> {
    let node = graph.node(id.as_str()).unwrap();
    node.down_revisions
        .iter()
        .cloned()
        .chain(node.depends_on.iter().map(|text| RevisionId::new(text).unwrap()))
        .collect()
}

fn closure(graph: &Graph, ids: &BTreeSet<RevisionId>) -> BTreeSet<RevisionId> {
    let mut all = ids.clone();
    loop {
        let more: BTreeSet<RevisionId> =
            all.iter().flat_map(|id| needs(graph, id)).chain(all.iter().cloned()).collect();
        if more == all {
            return all;
        }
        all = more;
    }
}

fn rows_of(graph: &Graph, applied: &BTreeSet<RevisionId>) -> Rows {
    let needed: BTreeSet<RevisionId> = applied.iter().flat_map(|id| needs(graph, id)).collect();
    applied.difference(&needed).cloned().collect()
}

/// What a downgrade takes away: applied revisions that are, or need, one of the first.
fn above(graph: &Graph, applied: &BTreeSet<RevisionId>, first: &BTreeSet<RevisionId>) -> BTreeSet<RevisionId> {
    applied.iter().filter(|id| !closure(graph, &[(*id).clone()].into()).is_disjoint(first)).cloned().collect()
}

fn random_set(graph: &Graph, dice: &mut Dice) -> BTreeSet<RevisionId> {
    graph.in_order().filter(|_| dice.below(3) == 0).map(|node| node.id.clone()).collect()
}

fn to(id: &RevisionId) -> Target {
    target(id.as_str())
}

/// Plays the moves against a plain set; each must touch exactly one row.
fn play(rows: &mut Rows, moves: &[RowMove]) {
    for one in moves {
        match one {
            RowMove::Insert(id) => assert!(rows.insert(id.clone())),
            RowMove::Delete(id) => assert!(rows.remove(id)),
            RowMove::Update { from, to } => assert!(rows.remove(from) && rows.insert(to.clone())),
        }
    }
}

/// Checks each step by the definition; the rows at the end.
fn check(graph: &Graph, start: &Rows, steps: &[Step], up: bool) -> Rows {
    let mut table = start.clone();
    let mut applied = closure(graph, start);
    for step in steps {
        assert_eq!(step.before, table);
        if up {
            assert!(needs(graph, &step.revision).is_subset(&applied) && applied.insert(step.revision.clone()));
        } else {
            assert!(applied.remove(&step.revision));
            assert!(applied.iter().all(|id| !needs(graph, id).contains(&step.revision)));
        }
        play(&mut table, &step.moves);
        assert_eq!(step.after, table);
        assert_eq!(table, rows_of(graph, &applied));
        let updates = step.moves.iter().filter(|one| matches!(one, RowMove::Update { .. })).count();
        assert!(updates == 1 || step.moves.len() == 1, "{step:?}");
    }
    table
}

#[test]
fn plans_do_what_the_definition_says() {
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    for _ in 0..1_500 {
        let graph = random_graph(&mut dice);
        let applied = closure(&graph, &random_set(&graph, &mut dice));
        let start = rows_of(&graph, &applied);
        for node in graph.in_order() {
            let steps = graph.upgrade_plan(&start, &to(&node.id)).unwrap();
            let end = check(&graph, &start, &steps, true);
            let wanted: BTreeSet<_> = closure(&graph, &[node.id.clone()].into()).union(&applied).cloned().collect();
            assert_eq!(end, rows_of(&graph, &wanted));
            assert_eq!(steps.len(), wanted.len() - applied.len());
            let down = graph.downgrade_plan(&start, &to(&node.id));
            if !applied.contains(&node.id) {
                assert!(down.is_err());
                continue;
            }
            let first =
                graph.in_order().filter(|other| other.down_revisions.contains(&node.id)).map(|other| other.id.clone());
            let going = above(&graph, &applied, &first.collect());
            let steps = down.unwrap();
            let end = check(&graph, &start, &steps, false);
            assert_eq!(end, rows_of(&graph, &applied.difference(&going).cloned().collect()));
            assert_eq!(steps.len(), going.len());
        }
    }
}

#[test]
fn up_to_the_heads_and_down_again_restores_the_rows() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for _ in 0..1_500 {
        let graph = random_graph(&mut dice);
        let start = rows_of(&graph, &closure(&graph, &random_set(&graph, &mut dice)));
        let up = graph.upgrade_plan(&start, &target("heads")).unwrap();
        let end = check(&graph, &start, &up, true);
        assert!(graph.pending(&end).unwrap().is_empty());
        let down = graph.downgrade_plan(&end, &target("base")).unwrap();
        assert!(check(&graph, &end, &down, false).is_empty());
        // The way down is the way up, turned round.
        let again = graph.upgrade_plan(&rows(""), &target("heads")).unwrap();
        let there_and_back: Vec<_> = again.iter().rev().map(|step| (&step.revision, &step.before)).collect();
        let back: Vec<_> = down.iter().map(|step| (&step.revision, &step.after)).collect();
        assert_eq!(there_and_back, back);
    }
}

#[test]
fn a_stamp_leaves_the_rows_that_running_leaves() {
    let mut dice = Dice(0xD1B5_4A32_D192_ED03);
    for _ in 0..1_000 {
        let graph = random_graph(&mut dice);
        let applied = closure(&graph, &random_set(&graph, &mut dice));
        let start = rows_of(&graph, &applied);
        for node in graph.in_order() {
            let run = if applied.contains(&node.id) { Graph::downgrade_plan } else { Graph::upgrade_plan };
            let expected = run(&graph, &start, &to(&node.id)).unwrap().pop().map_or(start.clone(), |step| step.after);
            let stamp = graph.stamp_plan(&start, &[to(&node.id)]).unwrap();
            assert_eq!(stamp.after, expected);
            let mut table = start.clone();
            play(&mut table, &stamp.moves);
            assert_eq!(table, expected);
        }
    }
}

fn up_and_down(graph: &Graph) {
    let up = graph.upgrade_plan(&rows(""), &target("head")).unwrap();
    assert_eq!(up.len(), graph.len());
    let end = up.last().unwrap().after.clone();
    let down = graph.downgrade_plan(&end, &target("base")).unwrap();
    assert_eq!(down.len(), graph.len());
    assert!(down.last().unwrap().after.is_empty());
    assert_eq!(graph.history(None, None).unwrap().len(), graph.len());
    assert!(graph.find("zzzzzz").is_err());
}

#[test]
fn a_hundred_thousand_in_a_line_need_no_stack() {
    let count = 100_000;
    let graph = Graph::build((0..count).map(|number| node(number, number.checked_sub(1), [])).collect()).unwrap();
    up_and_down(&graph);
    let steps = graph.downgrade_plan(&[named(count - 1)].into(), &target("-99999")).unwrap();
    assert_eq!(steps.last().unwrap().after, [named(0)].into());
}

#[test]
fn five_thousand_diamonds_in_a_row_are_linear() {
    // Each walk that went every way round would take 2 to the power of 5,000 steps; a quadratic one, minutes.
    let nodes = (0..15_001).map(|number| match number % 3 {
        0 if number == 0 => node(number, [], []),
        0 => node(number, [number - 1, number - 2], []),
        1 => node(number, [number - 1], []),
        _ => node(number, [number - 2], []),
    });
    let graph = Graph::build(nodes.collect()).unwrap();
    assert_eq!((graph.branch_points().len(), graph.merge_points().len()), (5_000, 5_000));
    up_and_down(&graph);
}

#[test]
fn ten_thousand_bases_are_planned() {
    let graph = Graph::build((0..10_000).map(|number| node(number, [], [])).collect()).unwrap();
    let error = graph.upgrade_plan(&rows(""), &target("head")).unwrap_err();
    assert!(error.phrase().contains("and 9992 more"), "{error}");
    let all: Rows = graph.heads().into_iter().cloned().collect();
    assert_eq!(graph.stamp_from_nothing(&[target("heads")]).unwrap(), all);
    assert_eq!(graph.downgrade_plan(&all, &to(&named(7))).unwrap().len(), 0);
}

#[test]
fn the_same_files_in_another_order_give_the_same_plan() {
    let text = "u1 u2:u1 u3:u2 o1 o2:o1>u2 o3:o2 p q r s>r,p,q";
    let words: Vec<&str> = text.split(' ').rev().collect();
    let plan = |graph: &Graph| graph.upgrade_plan(&rows(""), &target("heads")).unwrap();
    assert_eq!(plan(&graph(text)), plan(&graph(&words.join(" "))));
}
