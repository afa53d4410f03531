//! `migrate ensure-version`: makes the version table if it is missing.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::limits::TimeLimits;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::plan::Variables;
use crate::report::{Progress, ensured};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    limits: TimeLimits,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project_with(&arguments.limits.over(context.global.flags()))?;
    let variables = Variables::default();
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Write, cancel).await?;
        let runner = session.runner(&project, &variables)?;
        let mut progress = Progress::new(context.printer, context.global.echo);
        let made = runner.ensure(&mut session.connection, &mut |event| progress.tell(event)).await?;
        let table = session.history.table.for_people();
        session.close().await;
        ensured(context.printer, &table, made);
        Ok(Answer::Yes)
    })
}
