//! `migrate revision`: writes a new revision file and prints its path.

use clap::Args;

use crate::cli::Answer;
use crate::cli::autogenerate::{self, Autogenerate};
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::heads_file;
use crate::cli::hooks;
use crate::cli::new_file::{NewFile, write_empty};
use crate::cli::project::Project;
use crate::error::{Error, Kind, Result};
use crate::graph::{Graph, RevisionId, Target};
use crate::report::written;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate revision --autogenerate -m \"add orders\"\n  migrate revision -m \"fix totals\" --as sql"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    new: NewFile,
    /// What the new revision stands on; `base` begins another history
    #[arg(long, value_name = "REVISION", default_value = "head")]
    head: String,
    /// Write what the models and the database differ in
    #[arg(long)]
    autogenerate: bool,
    #[command(flatten)]
    flags: Autogenerate,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let target = Target::parse(&arguments.head)?;
    let project = context.project()?;
    let parents = parents(&target, arguments, &project)?;
    let message = arguments.new.message.clone().unwrap_or_default();
    let header = arguments.new.header(&project, parents, message)?;
    if arguments.autogenerate {
        return autogenerate::run(&arguments.flags, &arguments.new, header, &project, context);
    }
    let file = write_empty(&project, &arguments.new, &header, &[])?;
    heads_file::renew(&project)?;
    let file = hooks::run(&project, context, file)?;
    written(context.printer, &file, &project.shown(&file.path), &[]);
    Ok(Answer::Yes)
}

/// Where several heads are, one is to be chosen: the branch that goes on.
fn parents(target: &Target, arguments: &Arguments, project: &Project) -> Result<Vec<RevisionId>> {
    let graph = &project.revisions()?.graph;
    let plain = Target::parse("head")?;
    let heads = graph.heads();
    if *target == plain && heads.len() > 1 {
        return Err(Error::new(Kind::Usage, format!("there are several heads: {}", listed(graph, &heads)))
            .with_hint(format!("choose the branch that goes on: {}; or join them: migrate merge", choices(&heads))));
    }
    graph.parents_for_new(target, arguments.new.splice)
}

fn listed(graph: &Graph, heads: &[&RevisionId]) -> String {
    let named = heads.iter().map(|id| {
        let labels = graph.entry(id).map(|entry| entry.labels.into_iter().collect::<Vec<_>>().join(", "));
        labels.filter(|labels| !labels.is_empty()).map_or_else(|| id.to_string(), |labels| format!("{id} ({labels})"))
    });
    named.collect::<Vec<_>>().join(", ")
}

fn choices(heads: &[&RevisionId]) -> String {
    let shown: Vec<String> = heads.iter().take(4).map(|id| format!("--head {id}")).collect();
    let more = if heads.len() > shown.len() { " …" } else { "" };
    format!("{}{more}", shown.join(" or "))
}
