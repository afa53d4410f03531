//! `migrate revision`: writes a new revision file and prints its path.

use clap::Args;

use crate::cli::Answer;
use crate::cli::autogenerate::{self, Autogenerate};
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::hooks;
use crate::cli::new_file::{NewFile, write_empty};
use crate::error::Result;
use crate::graph::Target;
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
    let parents = project.revisions()?.graph.parents_for_new(&target, arguments.new.splice)?;
    let message = arguments.new.message.clone().unwrap_or_default();
    let header = arguments.new.header(&project, parents, message)?;
    if arguments.autogenerate {
        return autogenerate::run(&arguments.flags, &arguments.new, header, &project, context);
    }
    let file = write_empty(&project, &arguments.new, &header)?;
    let file = hooks::run(&project, context, file)?;
    written(context.printer, &file, &project.shown(&file.path), &[]);
    Ok(Answer::Yes)
}
