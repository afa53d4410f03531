//! `migrate stamp REVISION…`: sets the version rows, and runs nothing.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::limits::TimeLimits;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::graph::Target;
use crate::plan::Variables;
use crate::report::{Progress, stamped};

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate stamp head\n  migrate stamp base")]
pub(crate) struct Arguments {
    /// Ids or their beginnings, labels, head, heads, base
    #[arg(required = true, allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// Remove all rows first, without looking at them
    #[arg(long)]
    purge: bool,
    #[command(flatten)]
    limits: TimeLimits,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let targets = arguments.revisions.iter().map(|word| Target::parse(word)).collect::<Result<Vec<_>>>()?;
    let project = context.project_with(&arguments.limits.over(context.global.flags()))?;
    let variables = Variables::default();
    // What is wrong with the targets is said before a database is made.
    project.revisions()?.graph.stamp_from_nothing(&targets)?;
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Write, cancel).await?;
        let runner = session.runner(&project, &variables)?;
        let mut progress = Progress::new(context.printer, context.global.echo);
        let mut tell = |event| progress.tell(event);
        let report = runner.stamp(&mut session.connection, &targets, arguments.purge, &mut tell).await?;
        session.close().await;
        stamped(context.printer, &report);
        Ok(Answer::Yes)
    })
}
