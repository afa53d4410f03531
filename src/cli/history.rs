//! `migrate history`: needs the database only for `-i` and for ranges that count from it.

use std::collections::BTreeSet;

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::error::Result;
use crate::graph::Range;
use crate::report::{Listing, history};

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate history\n  migrate history -r base:head\n  migrate history -r ae10:")]
pub(crate) struct Arguments {
    /// Only these: FROM:TO, FROM: or :TO
    #[arg(short, long, value_name = "FROM:TO", allow_hyphen_values = true)]
    rev_range: Option<String>,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let range = arguments.rev_range.as_deref().map(Range::parse).transpose()?;
    let project = context.project()?;
    let revisions = project.revisions()?;
    let entries = revisions.graph.history(range.as_ref(), None)?;
    let listing = Listing { revisions, entries, applied: None, current: BTreeSet::new() };
    history(context.printer, &listing)?;
    Ok(Answer::Yes)
}
