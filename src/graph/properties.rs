//! Properties of all plans, on small random graphs. [`super::growth`] asks very large ones.

use crate::graph::notation::{graph, id, rows, target};
use crate::graph::{Graph, Node, Origin, Range, RevisionId, RowMove, Rows, Step, Target};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// xorshift64: the same numbers in every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

pub(super) fn named(number: usize) -> RevisionId {
    // Ids that sort otherwise than the revisions were written.
    id(&format!("{}{number}", ["m", "c", "z", "a", "q"][number * 7 % 5]))
}

pub(super) fn node(
    number: usize,
    parents: impl IntoIterator<Item = usize>,
    depends_on: impl IntoIterator<Item = usize>,
) -> Node {
    let unique: BTreeSet<usize> = parents.into_iter().collect();
    Node {
        id: named(number),
        down_revisions: unique.into_iter().map(named).collect(),
        depends_on: depends_on.into_iter().map(|other| named(other).to_string()).collect(),
        branch_labels: Vec::new(),
        baseline: false,
        kept: false,
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

#[test]
fn the_same_files_in_another_order_give_the_same_plan() {
    let text = "u1 u2:u1 u3:u2 o1 o2:o1>u2 o3:o2 p q r s>r,p,q";
    let words: Vec<&str> = text.split(' ').rev().collect();
    let plan = |graph: &Graph| graph.upgrade_plan(&rows(""), &target("heads")).unwrap();
    assert_eq!(plan(&graph(text)), plan(&graph(&words.join(" "))));
}

/// A state that a database may be in: applied revisions with all that they need, and their rows.
fn random_state(graph: &Graph, dice: &mut Dice) -> (BTreeSet<RevisionId>, Rows) {
    let applied = closure(graph, &random_set(graph, dice));
    let rows = rows_of(graph, &applied);
    (applied, rows)
}

#[test]
fn up_and_then_down_again_restores_the_rows_from_every_state() {
    let mut dice = Dice(0xA076_1D64_78BD_642F);
    for _ in 0..1_000 {
        let graph = random_graph(&mut dice);
        let (applied, start) = random_state(&graph, &mut dice);
        for node in graph.in_order().filter(|node| !applied.contains(&node.id)) {
            let up = graph.upgrade_plan(&start, &to(&node.id)).unwrap();
            let end = check(&graph, &start, &up, true);
            // Whatever is taken back one by one, the last first, each row that moved moves back.
            let mut table = end;
            for step in up.iter().rev() {
                play(&mut table, &RowMove::between(&step.after, &step.before));
            }
            assert_eq!(table, start);
        }
    }
}

#[test]
fn a_walk_of_random_commands_never_leaves_rows_that_cannot_be() {
    let mut dice = Dice(0xE703_7ED1_A0B4_28DB);
    for _ in 0..300 {
        let graph = random_graph(&mut dice);
        let ids: Vec<&RevisionId> = graph.in_order().map(|node| &node.id).collect();
        let mut rows = Rows::new();
        for _ in 0..20 {
            let one = ids[dice.below(ids.len())];
            let other = ids[dice.below(ids.len())];
            let word = match dice.below(8) {
                0 => "+1".to_owned(),
                1 => "-1".to_owned(),
                2 => format!("{one}@head"),
                3 => format!("{one}@base"),
                4 => format!("{one}@{other}"),
                5 => format!("{one}-1"),
                6 => format!("{one}@-1"),
                _ => one.to_string(),
            };
            let up = dice.below(2) == 0;
            let plan = if up { Graph::upgrade_plan } else { Graph::downgrade_plan };
            match plan(&graph, &rows, &target(&word)) {
                Ok(steps) => rows = check(&graph, &rows, &steps, up),
                Err(error) => assert_eq!(error.exit_code(), 2, "{word}: {error}"),
            }
        }
        let up = graph.upgrade_plan(&rows, &target("heads")).unwrap();
        let end = check(&graph, &rows, &up, true);
        assert!(graph.pending(&end).unwrap().is_empty());
    }
}

#[test]
fn a_script_of_a_range_is_the_plan_from_its_beginning() {
    let mut dice = Dice(0x8EBC_6AF0_9C88_C6E3);
    for _ in 0..500 {
        let graph = random_graph(&mut dice);
        let ids: Vec<&RevisionId> = graph.in_order().map(|node| &node.id).collect();
        for from in &ids {
            let start = graph.stamp_from_nothing(&[to(from)]).unwrap();
            assert_eq!(start, [(*from).clone()].into());
            for other in &ids {
                let range = Range::parse(&format!("{from}:{other}")).unwrap();
                let online = graph.upgrade_plan(&start, &to(other)).unwrap();
                match graph.upgrade_script(&range) {
                    Ok((rows, steps)) => assert_eq!((rows, steps), (start.clone(), online)),
                    Err(_) => assert!(online.is_empty()),
                }
                let online = graph.downgrade_plan(&start, &to(other));
                match (graph.downgrade_script(&range), online) {
                    (Ok((rows, steps)), Ok(online)) => assert_eq!((rows, steps), (start.clone(), online)),
                    (Err(_), online) => assert!(online.is_err() || online.unwrap().is_empty()),
                    (Ok(steps), Err(error)) => panic!("{range:?}: {steps:?} offline, online {error}"),
                }
            }
        }
    }
}

/// The graph with one more revision.
fn with(graph: &Graph, parents: &[RevisionId], depends_on: Option<&RevisionId>) -> Graph {
    let mut new = node(99, [], []);
    new.down_revisions = parents.to_vec();
    new.depends_on = depends_on.iter().map(ToString::to_string).collect();
    graph.check_addition(new.clone()).unwrap();
    Graph::build(graph.in_order().cloned().chain([new]).collect()).unwrap()
}

#[test]
fn splice_and_merge_leave_every_old_database_valid() {
    let mut dice = Dice(0x5897_89E6_33F9_CB21);
    for _ in 0..800 {
        let graph = random_graph(&mut dice);
        let (applied, start) = random_state(&graph, &mut dice);
        let ids: Vec<RevisionId> = graph.in_order().map(|node| node.id.clone()).collect();
        let one = &ids[dice.below(ids.len())];
        let spliced = graph.parents_for_new(&to(one), true).unwrap();
        let dependency = Some(&ids[dice.below(ids.len())]).filter(|_| dice.below(3) == 0);
        let mut grown = vec![with(&graph, &spliced, dependency)];
        if let Ok(parents) = graph.parents_for_merge(&[target("heads")], false) {
            grown.push(with(&graph, &parents, None));
        }
        for grown in grown {
            assert_eq!(closure(&grown, &start), applied, "nothing that was applied is forgotten, nothing is added");
            let up = grown.upgrade_plan(&start, &target("heads")).unwrap();
            let end = check(&grown, &start, &up, true);
            assert!(grown.pending(&end).unwrap().is_empty());
            assert!(up.iter().all(|step| !applied.contains(&step.revision)), "nothing runs a second time");
            let down = grown.downgrade_plan(&end, &target("base")).unwrap();
            assert!(check(&grown, &end, &down, false).is_empty());
        }
    }
}

#[test]
fn a_beginning_names_the_one_id_that_has_it_or_all_that_have() {
    let mut dice = Dice(0x1D8E_4E27_C47D_124F);
    for _ in 0..300 {
        // Two letters and short ids, so that beginnings meet.
        let id = |dice: &mut Dice| (0..2 + dice.below(5)).map(|_| ["a", "b"][dice.below(2)]).collect::<String>();
        let ids: BTreeSet<String> = (0..1 + dice.below(7)).map(|_| id(&mut dice)).collect();
        let graph = graph(&ids.iter().map(String::as_str).collect::<Vec<_>>().join(" "));
        for name in ids.iter().flat_map(|id| (1..=id.len()).filter_map(|length| id.get(..length))) {
            let having: Vec<&String> = ids.iter().filter(|id| id.len() > 3 && id.starts_with(name)).collect();
            let found = graph.find(name).map(ToString::to_string);
            match (ids.contains(name), having.as_slice()) {
                (true, _) => assert_eq!(found.unwrap(), name),
                (false, [one]) => assert_eq!(&found.unwrap(), *one),
                (false, []) => assert!(found.unwrap_err().phrase().starts_with("no revision")),
                (false, several) => {
                    let phrase = found.unwrap_err().phrase().to_owned();
                    assert!(several.iter().all(|id| phrase.contains(id.as_str())), "{phrase}");
                }
            }
        }
    }
}
