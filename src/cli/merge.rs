//! `migrate merge`: writes a revision with several parents and prints its path.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::hooks;
use crate::cli::new_file::{NewFile, write_empty};
use crate::error::Result;
use crate::graph::{RevisionId, Target};
use crate::report::written;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate merge\n  migrate merge ae10 19b2 -m \"orders and users\"")]
pub(crate) struct Arguments {
    /// What to join
    #[arg(default_value = "heads")]
    revisions: Vec<String>,
    #[command(flatten)]
    new: NewFile,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let targets = arguments.revisions.iter().map(|word| Target::parse(word)).collect::<Result<Vec<_>>>()?;
    let project = context.project()?;
    let parents = project.revisions()?.graph.parents_for_merge(&targets, arguments.new.splice)?;
    let message = arguments.new.message.clone().unwrap_or_else(|| {
        let ids: Vec<&str> = parents.iter().map(RevisionId::as_str).collect();
        format!("merge {}", ids.join(" and "))
    });
    let header = arguments.new.header(&project, parents, message)?;
    let file = write_empty(&project, &arguments.new, &header)?;
    let file = hooks::run(&project, context, file)?;
    written(context.printer, &file, &project.shown(&file.path), &[]);
    Ok(Answer::Yes)
}
