//! Which of two heads moves.

use crate::cli::context::Context;
use crate::cli::project::Project;
use crate::cli::rebase::published::Published;
use crate::error::{Error, Kind, Result};
use crate::graph::{Graph, Move, RevisionId, Rows, Target};
use crate::report::Text;
use crate::revision::Revisions;
use crate::schema::Pair;

/// What is applied in the database.
#[derive(Default)]
pub(super) struct Applied {
    pub(super) rows: Rows,
    pub(super) ids: Rows,
}

/// The head that moves, and the one that it moves onto.
pub(super) struct Ends {
    pub(super) head: RevisionId,
    pub(super) onto: RevisionId,
}

/// One of two sides that might move.
struct Side {
    ends: Ends,
    plan: Move,
    is_applied: bool,
    /// When its head was written; RFC 3339 in one zone sorts as text.
    created: String,
}

/// The ends that were named; of exactly two heads the one that is asked for, or that the main branch of git lacks, or that
/// is not applied, or the newer one.
pub(super) fn choose(
    said: Pair<Option<&str>>,
    context: &mut Context<'_>,
    project: &Project,
    applied: &Applied,
) -> Result<Ends> {
    let graph = &project.revisions()?.graph;
    match (said.from, said.to) {
        (Some(head), Some(onto)) => Ok(Ends { head: named(graph, head)?, onto: named(graph, onto)? }),
        (Some(head), None) => {
            let head = named(graph, head)?;
            Ok(Ends { onto: the_other(graph, &head, "--onto HEAD")?, head })
        }
        (None, Some(onto)) => {
            let onto = named(graph, onto)?;
            Ok(Ends { head: the_other(graph, &onto, "migrate rebase HEAD")?, onto })
        }
        (None, None) => unnamed(context, project, applied),
    }
}

fn named(graph: &Graph, word: &str) -> Result<RevisionId> {
    let id = graph.resolve_one(&Target::parse(word)?, None)?;
    let entry = id.and_then(|id| graph.entry(id));
    match entry {
        Some(entry) if entry.is_head => Ok(entry.node.id.clone()),
        Some(_) | None => Err(Error::new(Kind::Usage, format!("`{word}` is no head"))
            .with_hint(format!("name one of the heads: {}", comma(&graph.heads())))),
    }
}

fn the_other(graph: &Graph, one: &RevisionId, how: &str) -> Result<RevisionId> {
    let heads = graph.heads();
    match heads.iter().filter(|id| **id != one).collect::<Vec<_>>().as_slice() {
        [other] => Ok((**other).clone()),
        _ => Err(several(&heads, how)),
    }
}

fn several(heads: &[&RevisionId], how: &str) -> Error {
    Error::new(Kind::Usage, format!("there are {} heads: {}", heads.len(), comma(heads)))
        .with_hint(format!("say which one is meant: {how}"))
}

fn unnamed(context: &mut Context<'_>, project: &Project, applied: &Applied) -> Result<Ends> {
    let revisions = project.revisions()?;
    let heads = revisions.graph.heads();
    let [one, other] = heads.as_slice() else { return Err(several(&heads, "migrate rebase HEAD --onto HEAD")) };
    let sides = [side(revisions, applied, (one, other))?, side(revisions, applied, (other, one))?];
    if !sides.iter().all(|side| side.plan.related) {
        let phrase = format!("{one} and {other} have no revision in common: they look like branches of their own");
        return Err(Error::new(Kind::Usage, phrase).with_hint(format!("if one shall move: migrate rebase {one}")));
    }
    let (place, branch) = match by_git(project, &sides)? {
        Some((place, branch)) => (place, Some(branch)),
        None if context.printer.can_ask() => (asked(context, &sides)?, None),
        None => (guessed(&sides)?, None),
    };
    let [first, second] = sides;
    let (side, other) = if place == 0 { (first, second) } else { (second, first) };
    let Ends { head, onto } = &side.ends;
    let why = branch.map_or_else(String::new, |branch| format!(", which {branch} has"));
    let words = format!("{head} onto {onto}{why}; for the other way: migrate rebase {}", other.ends.head);
    context.printer.status("Moving", Text::of(&words));
    Ok(side.ends)
}

fn side(revisions: &Revisions, applied: &Applied, (head, onto): (&RevisionId, &RevisionId)) -> Result<Side> {
    let plan = revisions.graph.move_plan(head, onto)?;
    Ok(Side {
        is_applied: plan.moved.iter().any(|id| applied.ids.contains(id)),
        created: revisions.file(head)?.header.created.clone().unwrap_or_default(),
        ends: Ends { head: head.clone(), onto: onto.clone() },
        plan,
    })
}

/// What everybody has stays.
fn by_git(project: &Project, sides: &[Side; 2]) -> Result<Option<(usize, &'static str)>> {
    let Some(published) = Published::of(&project.config.versions) else { return Ok(None) };
    let revisions = project.revisions()?;
    let mut answers = Vec::new();
    for side in sides {
        let files = side.plan.moved.iter().map(|id| revisions.file(id)).collect::<Result<Vec<_>>>()?;
        answers.push(published.has(&files.iter().map(|file| &file.path).collect::<Vec<_>>()));
    }
    Ok(match answers.as_slice() {
        [Some(false), Some(true)] => Some((0, published.branch)),
        [Some(true), Some(false)] => Some((1, published.branch)),
        _ => None,
    })
}

/// What is applied stays; else what is older does.
fn guessed(sides: &[Side; 2]) -> Result<usize> {
    let [one, other] = sides;
    match (one.is_applied, other.is_applied) {
        (false, true) => return Ok(0),
        (true, false) => return Ok(1),
        (true, true) | (false, false) => {}
    }
    if one.created == other.created {
        let phrase = format!("which of {} and {} moves cannot be told", one.ends.head, other.ends.head);
        return Err(Error::new(Kind::Usage, phrase)
            .with_hint(format!("name the one that moves: migrate rebase {}", one.ends.head)));
    }
    Ok(usize::from(one.created < other.created))
}

fn asked(context: &mut Context<'_>, sides: &[Side; 2]) -> Result<usize> {
    let choice = |side: &Side| {
        let state = if side.is_applied { "applied here" } else { "not applied here" };
        format!("{} ({}, {state})", side.ends.head, comma(&side.plan.moved.iter().collect::<Vec<_>>()))
    };
    let choices: Vec<String> = sides.iter().map(choice).collect();
    context.printer.ask("Which side moves onto the other?", &choices)?.ok_or_else(|| {
        Error::new(Kind::Refused, "nothing was moved").with_hint("name the head that moves: migrate rebase HEAD")
    })
}

fn comma(ids: &[&RevisionId]) -> String {
    ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
}
