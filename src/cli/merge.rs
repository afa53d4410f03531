//! `migrate merge`: writes a revision with several parents and prints its path, after comparing the orders in which
//! their revisions can run.

use clap::Args;

use crate::check::Verdict;
use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::heads_file;
use crate::cli::hooks;
use crate::cli::meeting::meet;
use crate::cli::new_file::{NewFile, write_empty};
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::db::Cancel;
use crate::error::Result;
use crate::graph::{Graph, RevisionId, Target};
use crate::report::{meeting, merged, met_for_merge, warnings_of};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate merge\n  migrate merge ae10 19b2 -m \"orders and users\"\n  migrate merge --check"
)]
pub(crate) struct Arguments {
    /// What to join
    #[arg(default_value = "heads")]
    revisions: Vec<String>,
    /// Only say whether the order of the sides matters: exit 0 where it does not, 1 where it does or nobody can tell
    #[arg(long, conflicts_with = "no_check")]
    check: bool,
    /// Write the file without comparing the orders
    #[arg(long)]
    no_check: bool,
    #[command(flatten)]
    new: NewFile,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let targets = arguments.revisions.iter().map(|word| Target::parse(word)).collect::<Result<Vec<_>>>()?;
    let project = context.project()?;
    let parents = project.revisions()?.graph.parents_for_merge(&targets, arguments.new.splice)?;
    if arguments.no_check {
        return write(arguments, context, &project, parents, None);
    }
    runtime::look(async |cancel| compare(arguments, context, &project, parents, cancel).await)
}

async fn compare(
    arguments: &Arguments,
    context: &mut Context<'_>,
    project: &Project,
    parents: Vec<RevisionId>,
    cancel: &Cancel,
) -> Result<Answer> {
    let found = meet(context, project, &parents, cancel).await?;
    if !arguments.check {
        return write(arguments, context, project, parents, Some(&found));
    }
    let warnings = warnings_of(&found);
    met_for_merge(context.printer, &found, &warnings);
    meeting(context.printer, &parents, &found, &warnings);
    Ok(Answer::of(matches!(found.verdict, Verdict::Same { .. })))
}

/// The file is written whatever the comparison says: what it found stands at its top.
fn write(
    arguments: &Arguments,
    context: &mut Context<'_>,
    project: &Project,
    parents: Vec<RevisionId>,
    found: Option<&crate::check::Met>,
) -> Result<Answer> {
    let graph = &project.revisions()?.graph;
    let message = arguments.new.message.clone().unwrap_or_else(|| message(graph, &parents));
    let header = arguments.new.header(project, parents, message)?;
    let warnings = found.map(warnings_of).unwrap_or_default();
    let file = write_empty(project, &arguments.new, &header, &warnings)?;
    heads_file::renew(project)?;
    let file = hooks::run(project, context, file)?;
    if let Some(found) = found {
        met_for_merge(context.printer, found, &warnings);
    }
    merged(context.printer, &file, &project.shown(&file.path), (found, &warnings));
    Ok(Answer::Yes)
}

/// `merge ae10 (orders) and 19b2`: labels where they tell the sides apart.
fn message(graph: &Graph, parents: &[RevisionId]) -> String {
    let entries: Vec<_> = parents.iter().filter_map(|id| graph.entry(id)).collect();
    let names: Vec<String> = entries
        .iter()
        .map(|entry| {
            let alone = |label: &&&str| entries.iter().filter(|other| other.labels.contains(**label)).count() == 1;
            let labels: Vec<&str> = entry.labels.iter().filter(alone).copied().collect();
            match labels.is_empty() {
                true => entry.node.id.to_string(),
                false => format!("{} ({})", entry.node.id, labels.join(", ")),
            }
        })
        .collect();
    match names.split_last() {
        Some((last, [])) => format!("merge {last}"),
        Some((last, others)) => format!("merge {} and {last}", others.join(", ")),
        None => "merge".to_owned(),
    }
}
