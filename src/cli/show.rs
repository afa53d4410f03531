//! `migrate show REVISION`.

use std::collections::BTreeSet;

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::error::Result;
use crate::graph::Target;
use crate::report::{Listing, shown};

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate show ae10\n  migrate show head")]
pub(crate) struct Arguments {
    /// An id or its beginning, a label, head, head-1
    revision: String,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let target = Target::parse(&arguments.revision)?;
    let project = context.project()?;
    let revisions = project.revisions()?;
    let graph = &revisions.graph;
    let ids = graph.resolve(&target, None)?;
    let entries = ids.into_iter().filter_map(|id| graph.entry(id)).collect();
    let listing = Listing { revisions, entries, applied: None, current: BTreeSet::new() };
    shown(context.printer, &listing)?;
    Ok(Answer::Yes)
}
