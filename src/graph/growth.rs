//! Very large graphs: no walk recurses, and the work grows with the graph and no faster. Measured by what the walks look
//! at, not by the clock, which says something else on a busy machine.

use crate::graph::notation::{rows, target};
use crate::graph::properties::{named, node};
use crate::graph::walk::visits;
use crate::graph::{Graph, Node, Range, Rows};

/// How often a question may look at each revision and each edge.
const LOOKS: usize = 12;

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
    assert_eq!(graph.downgrade_plan(&all, &target(named(7).as_str())).unwrap().len(), 0);
}

/// A shape of so many revisions.
type Shape = fn(usize) -> Vec<Node>;

fn line(count: usize) -> Vec<Node> {
    (0..count).map(|number| node(number, number.checked_sub(1), [])).collect()
}

/// One on top of the other.
fn diamonds(count: usize) -> Vec<Node> {
    let of = |number: usize| match number % 3 {
        0 if number == 0 => node(number, [], []),
        0 => node(number, [number - 1, number - 2], []),
        1 => node(number, [number - 1], []),
        _ => node(number, [number - 2], []),
    };
    (0..=count - count % 3).map(of).collect()
}

/// A base, ever ten branches and their merge.
fn wide_merges(count: usize) -> Vec<Node> {
    let of = |number: usize| match number % 11 {
        0 if number == 0 => node(number, [], []),
        0 => node(number, number - 10..number, []),
        place => node(number, [number - place], []),
    };
    (0..=count - count % 11).map(of).collect()
}

/// Two lines, each revision of one depends on its neighbour in the other.
fn ladder(count: usize) -> Vec<Node> {
    let of = |number: usize| {
        let depends_on = if number % 2 == 1 { vec![number - 1] } else { Vec::new() };
        node(number, number.checked_sub(2), depends_on)
    };
    (0..count).map(of).collect()
}

/// Every question that a command may ask, each once.
fn every_question(nodes: Vec<Node>) -> Vec<(&'static str, usize)> {
    let mut graph = None;
    let mut looks = vec![("build", visits::of(|| graph = Graph::build(nodes).ok()))];
    let graph = graph.unwrap();
    let all = graph.stamp_from_nothing(&[target("heads")]).unwrap();
    let mut ask = |what, work: &dyn Fn()| looks.push((what, visits::of(work)));
    ask("heads", &|| drop(graph.heads()));
    ask("history", &|| drop(graph.history(None, None).unwrap()));
    ask("a range", &|| drop(graph.history(Some(&Range::parse(&format!("{}:", named(0))).unwrap()), None)));
    ask("nothing to do", &|| assert!(graph.upgrade_plan(&all, &target("heads")).unwrap().is_empty()));
    ask("pending", &|| assert!(graph.pending(&all).unwrap().is_empty()));
    ask("current", &|| drop(graph.current_tips(&all).unwrap()));
    ask("up", &|| assert_eq!(graph.upgrade_plan(&Rows::new(), &target("heads")).unwrap().len(), graph.len()));
    ask("down", &|| assert_eq!(graph.downgrade_plan(&all, &target("base")).unwrap().len(), graph.len()));
    ask("stamp", &|| drop(graph.stamp_plan(&all, &[target("base")]).unwrap()));
    ask("one", &|| drop(graph.resolve(&target(&format!("{}@head", named(0))), None)));
    looks
}

fn size(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| 1 + node.down_revisions.len() + node.depends_on.len()).sum()
}

#[test]
fn every_question_looks_at_each_revision_a_few_times_however_many_there_are() {
    let shapes: [(&str, Shape, usize); 5] = [
        ("10,000 in a line", line, 10_000),
        ("1,000 diamonds", diamonds, 3_000),
        ("2,000 wide merges", wide_merges, 22_000),
        ("a ladder of 5,000", ladder, 10_000),
        ("100,000 in a line", line, 100_000),
    ];
    for (name, shape, count) in shapes {
        let nodes = shape(count);
        let limit = LOOKS * size(&nodes);
        for (what, looks) in every_question(nodes) {
            assert!(looks <= limit, "{name}: {what} looks at {looks}, more than {limit}");
        }
    }
}

#[test]
fn ten_times_the_revisions_are_ten_times_the_work() {
    let shapes: [(&str, Shape); 4] =
        [("line", line), ("diamonds", diamonds), ("wide merges", wide_merges), ("ladder", ladder)];
    for (name, shape) in shapes {
        let (small, large) = (every_question(shape(990)), every_question(shape(9_900)));
        for ((what, few), (_, many)) in small.into_iter().zip(large) {
            assert!(many <= 11 * few.max(10), "{name}: {what} looks at {few} of 990, at {many} of 9,900");
        }
    }
}
