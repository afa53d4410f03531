//! `migrate resolve`: says of a statement in doubt whether it took effect.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::limits::TimeLimits;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::plan::Variables;
use crate::report::{Progress, resolved};

#[derive(Args, Debug)]
#[command(after_help = "`migrate status` shows the statement.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    verdict: Verdict,
    #[command(flatten)]
    limits: TimeLimits,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Verdict {
    /// The statement took effect: the next run goes on behind it
    #[arg(long)]
    done: bool,
    /// It did not: the next run begins with it
    #[arg(long)]
    redo: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project_with(&arguments.limits.over(context.global.flags()))?;
    let variables = Variables::default();
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Write, cancel).await?;
        let runner = session.runner(&project, &variables)?;
        let mut progress = Progress::new(context.printer, context.global.echo);
        let took_effect = arguments.verdict.done;
        let found = runner.resolve(&mut session.connection, took_effect, &mut |event| progress.tell(event)).await?;
        session.close().await;
        resolved(context.printer, &found, took_effect);
        Ok(Answer::Yes)
    })
}
