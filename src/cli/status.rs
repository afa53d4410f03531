//! `migrate status`: explains every state that the database can be in.

use std::time::Duration;

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::cli::wait_for::Awaited;
use crate::config::duration;
use crate::error::{Error, Kind, Result};
use crate::execute::status::Status;
use crate::graph::Target;
use crate::plan::Variables;
use crate::report::status;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Exit with the code of the state: 0 at head, 1 behind, 2 a newer migrate's, 4 at work, 5 part-way, 7 history
    #[arg(long)]
    check: bool,
    /// Wait until this is applied: head, heads, an id; exit 1 when the time is over
    #[arg(long, value_name = "TARGET", conflicts_with = "check")]
    wait_for: Option<String>,
    /// With --wait-for: how long
    #[arg(long, value_name = "TIME", default_value = "10m", requires = "wait_for", value_parser = time)]
    timeout: Duration,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project()?;
    let variables = Variables::default();
    project.revisions()?;
    if let Some(word) = &arguments.wait_for {
        let target = Target::parse(word)?;
        if target.counts_from_database() {
            return Err(Error::new(Kind::Usage, format!("`{word}` counts from where the database stands"))
                .with_hint("name what to wait for: head, heads, an id, a label"));
        }
        let awaited = Awaited { project: &project, target, word, limit: arguments.timeout };
        return runtime::run(async |cancel| awaited.wait(context.printer, cancel).await);
    }
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Read, cancel).await?;
        let found = session.runner(&project, &variables)?.status(&mut session.connection).await?;
        session.close().await;
        let next = found.next.as_deref().map(|next| context.carrier.in_own_name(next));
        status(context.printer, &Status { next, ..found.clone() });
        Ok(if arguments.check { Answer::Coded(found.state.exit_code()) } else { Answer::Yes })
    })
}

fn time(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| "write a time such as 500ms, 30s or 10m".to_owned())
}
