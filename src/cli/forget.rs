//! `migrate forget [ID]`: drops what is kept for ways back.

use std::time::Duration;

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::limits::TimeLimits;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::execute::rows_kept::Forgotten;
use crate::plan::Variables;
use crate::report::{Progress, forgotten};

#[derive(Args, Debug)]
#[command(after_help = "`migrate status` lists what is kept. Without it the way back of these revisions is refused.")]
#[group(id = "which", required = true, multiple = true, args = ["revision", "older_than"])]
pub(crate) struct Arguments {
    /// The revision whose steps kept it: its id or the beginning
    #[arg(value_name = "ID")]
    revision: Option<String>,
    /// Only what is older than this, such as 30d or 12h
    #[arg(long, value_name = "TIME", value_parser = days)]
    older_than: Option<Duration>,
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
        let what = Forgotten { revision: arguments.revision.clone(), older_than: arguments.older_than };
        let found = runner.forget(&mut session.connection, &what, &mut |event| progress.tell(event)).await?;
        session.close().await;
        forgotten(context.printer, &found);
        Ok(Answer::Yes)
    })
}

/// Days, beside the units of other times.
fn days(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').and_then(|number| number.parse::<u64>().ok());
    let days = days.filter(|days| *days <= 36_500).map(|days| Duration::from_secs(days * 86_400));
    days.or_else(|| crate::config::duration(text)).ok_or_else(|| "write a time such as 30d, 12h or 0".to_owned())
}
