//! `migrate status`: explains every state that the database can be in.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::plan::Variables;
use crate::report::status;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Exit with the code of the state: 0 at head, 1 behind, 2 a newer migrate's, 4 at work, 5 part-way, 7 history
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project()?;
    let variables = Variables::default();
    project.revisions()?;
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Read, cancel).await?;
        let found = session.runner(&project, &variables)?.status(&mut session.connection).await?;
        session.close().await;
        status(context.printer, &found);
        Ok(if arguments.check { Answer::Coded(found.state.exit_code()) } else { Answer::Yes })
    })
}
