//! `migrate create-all`: an empty database from the models, stamped as if every revision had run.

use clap::Args;

use crate::check::desk::Desk;
use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::limits::TimeLimits;
use crate::cli::new_file::random_id;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::execute::{Report, texts};
use crate::plan::Variables;
use crate::report::{Progress, Text, stamped};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    limits: TimeLimits,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project_with(&arguments.limits.over(context.global.flags()))?;
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Write, cancel).await?;
        let desk = Desk::new(&project.config, &session.connection, session.dialect, &random_id())?;
        let variables = Variables::default();
        let runner = session.runner(&project, &variables)?;
        let mut progress = Progress::new(context.printer, context.global.echo);
        let mut tell = |event| progress.tell(event);
        runner.take_lock(&mut session.connection, &mut tell).await?;
        let made = desk.create_all(&mut session.connection, &runner).await;
        let rows = runner.give_lock_back(&mut session.connection, made).await?;
        session.close().await;
        if !context.printer.is_json() {
            context.printer.status("Created", Text::of("everything that the models declare"));
        }
        stamped(context.printer, &Report { after: texts(&rows), ..Report::default() });
        Ok(Answer::Yes)
    })
}
