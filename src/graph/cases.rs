//! Every case of `tests/cases/graph`, asked of the graph alone: no process, no file of a project, no database. The runner
//! of cases asks the program the same (`tests/cases/histories.rs`).
#![cfg(test)]

#[allow(dead_code, reason = "the runner of cases uses the rest")]
#[path = "../../tests/cases/graph_case.rs"]
mod graph_case;

use crate::error::{Error, Kind, Result};
use crate::graph::notation::{nodes_in_files, rows, shown};
use crate::graph::{Direction, Graph, Node, Range, RevisionId, Rows, Step, Target};
use graph_case::{Case, parse};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A folder that is not found proves nothing.
const CASES: usize = 200;

/// What a command comes to, as far as the graph alone can say.
#[derive(Default)]
struct Answer {
    steps: Vec<String>,
    /// After each step; of a stamp once.
    rows: Option<Vec<String>>,
    lists: Option<Vec<String>>,
    parents: Option<Vec<String>>,
}

/// The arguments of a command, taken apart as far as these cases go.
#[derive(Default)]
struct Arguments {
    words: Vec<String>,
    script: bool,
    purge: bool,
    splice: bool,
    range: Option<String>,
    head: Option<String>,
    rev_id: Option<String>,
    label: Option<String>,
}

impl Arguments {
    fn of(command: &[String]) -> Self {
        let mut arguments = Self::default();
        let mut words = command.iter().skip(1).cloned();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--sql" => arguments.script = true,
                "--purge" => arguments.purge = true,
                "--splice" => arguments.splice = true,
                "-i" => {}
                "-m" => drop(words.next()),
                "-r" => arguments.range = words.next(),
                "--head" => arguments.head = words.next(),
                "--rev-id" => arguments.rev_id = words.next(),
                "--branch-label" => arguments.label = words.next(),
                _ => arguments.words.push(word),
            }
        }
        arguments
    }

    fn targets(&self) -> Result<Vec<Target>> {
        self.words.iter().map(|word| Target::parse(word)).collect()
    }

    fn target_or(&self, usual: &str) -> Result<Target> {
        Target::parse(self.words.first().map_or(usual, String::as_str))
    }

    /// The range of a script; a word alone is the end of an upgrade.
    fn script_range(&self, direction: Direction) -> Result<Range> {
        let word = self.words.first().map_or("head", String::as_str);
        match direction {
            Direction::Up => Range::upward(word),
            Direction::Down => Range::downward(word),
        }
    }
}

fn ask(case: &Case) -> Result<Answer> {
    let arguments = Arguments::of(&case.command);
    let graph = Graph::build(nodes_in_files(&case.graph))?;
    let rows = rows(&case.at);
    match case.command[0].as_str() {
        "upgrade" => run(&graph, &rows, Direction::Up, &arguments),
        "downgrade" => run(&graph, &rows, Direction::Down, &arguments),
        "stamp" => stamp(&graph, &rows, &arguments),
        "revision" | "merge" => new_file(&graph, case.command[0] == "merge", &arguments),
        word => list(&graph, &rows, word, &arguments),
    }
}

fn run(graph: &Graph, rows: &Rows, direction: Direction, arguments: &Arguments) -> Result<Answer> {
    let steps = match (direction, arguments.script) {
        (Direction::Up, false) => graph.upgrade_plan(rows, &arguments.target_or("head")?)?,
        (Direction::Down, false) => graph.downgrade_plan(rows, &arguments.target_or("")?)?,
        (Direction::Up, true) => script(graph.upgrade_script(&arguments.script_range(direction)?)?, rows),
        (Direction::Down, true) => script(graph.downgrade_script(&arguments.script_range(direction)?)?, rows),
    };
    let sign = if direction == Direction::Up { '+' } else { '-' };
    let words = steps.iter().map(|step| format!("{sign}{}", step.revision)).collect();
    let rows = (!steps.is_empty()).then(|| steps.iter().map(|step| shown(&step.after)).collect());
    Ok(Answer { steps: words, rows, ..Answer::default() })
}

/// The cases name the rows that the script is for.
fn script((start, steps): (Rows, Vec<Step>), rows: &Rows) -> Vec<Step> {
    assert_eq!(shown(&start), shown(rows), "the start of the script");
    steps
}

fn stamp(graph: &Graph, rows: &Rows, arguments: &Arguments) -> Result<Answer> {
    let after = match arguments.words.as_slice() {
        [word] if arguments.script && word.contains(':') => {
            let range = Range::parse(word)?;
            let start = graph.script_start(range.from.as_ref())?;
            assert_eq!(shown(&start), shown(rows), "the start of the script");
            let end = range.to.map_or_else(|| Target::parse("head"), Ok)?;
            graph.stamp_plan(&start, &[end])?.after
        }
        _ if arguments.purge => graph.stamp_from_nothing(&arguments.targets()?)?,
        _ => graph.stamp_plan(rows, &arguments.targets()?)?.after,
    };
    Ok(Answer { rows: Some(vec![shown(&after)]), ..Answer::default() })
}

fn new_file(graph: &Graph, merge: bool, arguments: &Arguments) -> Result<Answer> {
    let usage = |error: Error| error.into_kind(Kind::Usage);
    let parents = if merge {
        let targets = arguments.targets()?;
        let targets = if targets.is_empty() { vec![Target::parse("heads")?] } else { targets };
        graph.parents_for_merge(&targets, arguments.splice)?
    } else {
        let head = Target::parse(arguments.head.as_deref().unwrap_or("head"))?;
        graph.parents_for_new(&head, arguments.splice)?
    };
    let [mut node] = nodes_in_files("new").try_into().unwrap();
    node.id = RevisionId::new(arguments.rev_id.as_deref().unwrap_or("newnewnew")).map_err(usage)?;
    node.down_revisions.clone_from(&parents);
    node.branch_labels = arguments.label.iter().cloned().collect();
    graph.check_addition(Node { ..node }).map_err(usage)?;
    Ok(Answer { parents: Some(texts(parents.iter().collect())), ..Answer::default() })
}

fn list(graph: &Graph, rows: &Rows, word: &str, arguments: &Arguments) -> Result<Answer> {
    let lists = match word {
        "heads" => {
            let entries = graph.history(None, None)?;
            texts(entries.iter().filter(|entry| entry.is_head).map(|entry| &entry.node.id).collect())
        }
        "branches" => texts(graph.branch_points()),
        "current" => texts(graph.current_tips(rows)?),
        "show" => texts(graph.resolve(&arguments.target_or("")?, Some(rows))?),
        "history" => {
            let range = arguments.range.as_deref().map(Range::parse).transpose()?;
            let entries = graph.history(range.as_ref(), Some(rows))?;
            texts(entries.iter().map(|entry| &entry.node.id).collect())
        }
        other => panic!("the graph alone knows no command {other}: say `by: binary`"),
    };
    Ok(Answer { lists: Some(lists), ..Answer::default() })
}

fn texts(ids: Vec<&RevisionId>) -> Vec<String> {
    ids.into_iter().map(ToString::to_string).collect()
}

/// What differs from what the case expects; nothing if all is well.
fn judge(case: &Case) -> Option<String> {
    let answer = match ask(case) {
        Ok(answer) => answer,
        Err(error) => return judge_error(case, &error),
    };
    if case.exit != 0 {
        return Some(format!("exit code 0 instead of {}", case.exit));
    }
    let differs = |what: &str, expected: &dyn std::fmt::Debug, found: &dyn std::fmt::Debug| {
        Some(format!("{what}: expected {expected:?}, found {found:?}"))
    };
    let unchanged = |rows: &Option<Vec<String>>| rows.clone().unwrap_or_else(|| vec![case.at.clone()]);
    match () {
        () if answer.steps != case.steps => differs("steps", &case.steps, &answer.steps),
        () if unchanged(&answer.rows) != unchanged(&case.rows) => differs("rows", &case.rows, &answer.rows),
        () if answer.lists != case.lists => differs("lists", &case.lists, &answer.lists),
        () if answer.parents != case.parents => differs("parents", &case.parents, &answer.parents),
        () => None,
    }
}

fn judge_error(case: &Case, error: &Error) -> Option<String> {
    if error.exit_code() != case.exit {
        return Some(format!("exit code {} instead of {}: {error}", error.exit_code(), case.exit));
    }
    let told = format!("{error}\n{}\n{}", error.causes().join("\n"), error.hint().unwrap_or_default());
    let missing = case.says.iter().find(|part| !told.contains(part.as_str()))?;
    Some(format!("{missing:?} is not said in\n{told}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/graph")
}

/// All cases, with the names of their files.
fn all() -> Vec<(String, Case)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "case"));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let cases = parse(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|why| panic!("{name}: {why}"));
        cases.into_iter().map(move |case| (name.clone(), case))
    };
    paths.into_iter().flat_map(read).collect()
}

#[test]
fn every_case_holds_for_the_graph_alone() {
    let cases = all();
    assert!(cases.len() >= CASES, "only {} cases", cases.len());
    let of_the_graph = cases.iter().filter(|(_, case)| !case.only_binary);
    let failures: Vec<String> = of_the_graph
        .filter_map(|(file, case)| {
            judge(case).map(|why| format!("{file}: {} {} ({})\n    {why}", case.rule, case.name, case.graph))
        })
        .collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn every_rule_has_a_case_and_every_case_a_rule_and_a_name_of_its_own() {
    let text = std::fs::read_to_string(folder().join("rules.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', ' ']));
    let (elsewhere, here): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.contains("→ "));
    let code = |line: &&str| line.split(' ').next().unwrap_or_default().to_owned();
    let rules: BTreeSet<String> = here.iter().map(code).collect();
    let cases = all();
    let asked: BTreeSet<String> = cases.iter().map(|(_, case)| case.rule.clone()).collect();
    assert_eq!(rules.difference(&asked).collect::<Vec<_>>(), Vec::<&String>::new(), "rules without a case");
    assert_eq!(asked.difference(&rules).collect::<Vec<_>>(), Vec::<&String>::new(), "cases without a rule");
    for line in elsewhere {
        let file = line.rsplit("→ ").next().unwrap_or_default().split(' ').next().unwrap_or_default();
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists(), "{line}");
    }
    let mut names = BTreeSet::new();
    for (file, case) in &cases {
        assert!(names.insert((file, &case.rule, &case.name)), "{file}: {} {} is there twice", case.rule, case.name);
    }
}
