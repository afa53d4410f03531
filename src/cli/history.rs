//! `migrate history`: needs the database only for `-i` and for ranges that count from it.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::listing::{Stand, listing};
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::graph::{Range, Rows, Target};
use crate::report::history;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate history\n  migrate history -r base:head\n  migrate history -r ae10:\n  migrate history -r -2:current"
)]
pub(crate) struct Arguments {
    /// Only these: FROM:TO, FROM: or :TO
    #[arg(short, long, value_name = "FROM:TO", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Say where the database stands
    #[arg(short, long)]
    indicate_current: bool,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let range = arguments.rev_range.as_deref().map(Range::parse).transpose()?;
    let project = context.project()?;
    let counts = |end: &Option<Target>| end.as_ref().is_some_and(Target::counts_from_database);
    // `a:+2` counts from a.
    let counts = range.as_ref().is_some_and(|range| {
        counts(&range.from)
            || range.to.as_ref().is_some_and(|target| target.counts_from_database() && target.steps <= 0)
    });
    if !counts && !arguments.indicate_current {
        return print(context, &project, range.as_ref(), None, &Stand::default());
    }
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Read, cancel).await?;
        let rows = session.known_rows(&project).await?;
        session.close().await;
        let stand = match arguments.indicate_current {
            true => Stand::of(&project.revisions()?.graph, &rows)?,
            false => Stand::default(),
        };
        print(context, &project, range.as_ref(), Some(&rows), &stand)
    })
}

fn print(
    context: &mut Context<'_>,
    project: &Project,
    range: Option<&Range>,
    rows: Option<&Rows>,
    stand: &Stand,
) -> Result<Answer> {
    let revisions = project.revisions()?;
    let entries = revisions.graph.history(range, rows)?;
    history(context.printer, &listing(revisions, entries, stand))?;
    Ok(Answer::Yes)
}
