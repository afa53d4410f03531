//! `migrate show REVISION`: asks the database only for words that count from it.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::listing::{Stand, listing};
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::graph::{Rows, Target};
use crate::report::shown;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate show ae10\n  migrate show head\n  migrate show current")]
pub(crate) struct Arguments {
    /// An id or its beginning, a label, head, head-1, current
    #[arg(allow_negative_numbers = true)]
    revision: String,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let target = Target::parse(&arguments.revision)?;
    let project = context.project()?;
    if !target.counts_from_database() {
        return print(context, &project, &target, None);
    }
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Read, cancel).await?;
        let rows = session.known_rows(&project).await?;
        session.close().await;
        print(context, &project, &target, Some(&rows))
    })
}

fn print(context: &mut Context<'_>, project: &Project, target: &Target, rows: Option<&Rows>) -> Result<Answer> {
    let revisions = project.revisions()?;
    let graph = &revisions.graph;
    let stand = rows.map(|rows| Stand::of(graph, rows)).transpose()?.unwrap_or_default();
    let ids = graph.resolve(target, rows)?;
    let entries = ids.into_iter().filter_map(|id| graph.entry(id)).collect();
    shown(context.printer, &listing(revisions, entries, &stand))?;
    Ok(Answer::Yes)
}
