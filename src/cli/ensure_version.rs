//! `migrate ensure-version`: makes the version table if it is missing.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::limits::TimeLimits;
use crate::cli::running::{Offline, offline};
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session, settings};
use crate::error::Result;
use crate::execute::offline::Script;
use crate::plan::Variables;
use crate::report::{Progress, ensured};
use crate::revision::Revisions;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Print a script, without connecting
    #[arg(long)]
    sql: bool,
    /// With --sql: the server that the script is for, such as 15.4
    #[arg(long, value_name = "VERSION", requires = "sql", hide_short_help = true)]
    server_version: Option<String>,
    #[command(flatten)]
    limits: TimeLimits,
    #[command(flatten)]
    pub(crate) global: Global,
}

impl Arguments {
    /// Whether a script is asked for.
    pub(crate) fn is_script(&self) -> bool {
        self.sql
    }
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let mut flags = arguments.limits.over(context.global.flags());
    flags.server_version.clone_from(&arguments.server_version);
    let project = context.project_with(&flags)?;
    let variables = Variables::default();
    let none = Revisions::new(Vec::new())?;
    if arguments.sql {
        let Offline { history, log, server, attached } = &offline(&project)?;
        let server = *server;
        let settings = settings(&project.config, Purpose::Write);
        let script =
            Script { history, log, revisions: &none, variables: &variables, settings: &settings, server, attached };
        context.printer.raw(&script.ensure()?);
        return Ok(Answer::Yes);
    }
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Write, cancel).await?;
        let runner = session.runner_of(&project, &none, &variables);
        let mut progress = Progress::new(context.printer, context.global.echo);
        let made = runner.ensure(&mut session.connection, &mut |event| progress.tell(event)).await?;
        let table = session.history.table.for_people();
        session.close().await;
        ensured(context.printer, &table, made);
        Ok(Answer::Yes)
    })
}
