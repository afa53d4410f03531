//! `migrate stamp REVISION…`: sets the version rows, and runs nothing.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::limits::TimeLimits;
use crate::cli::project::Project;
use crate::cli::running::{Offline, offline};
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session, settings};
use crate::error::{Error, Kind, Result};
use crate::execute::offline::Script;
use crate::graph::{Range, Target};
use crate::plan::Variables;
use crate::report::{Progress, stamped};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate stamp head\n  migrate stamp base\n  migrate stamp ae10 19b2\n  migrate stamp --purge head"
)]
pub(crate) struct Arguments {
    /// Ids or their beginnings, labels, head, heads, base
    #[arg(required = true, allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// Remove all rows first, without looking at them
    #[arg(long)]
    purge: bool,
    /// Print a script, without connecting; the revision may be a range FROM:TO
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
    if arguments.sql {
        return script(arguments, &project, context);
    }
    let targets = arguments.revisions.iter().map(|word| Target::parse(word)).collect::<Result<Vec<_>>>()?;
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

fn script(arguments: &Arguments, project: &Project, context: &mut Context<'_>) -> Result<Answer> {
    let (from, targets) = match arguments.revisions.as_slice() {
        [range] if range.contains(':') => {
            let range = Range::parse(range)?;
            let head = || Target::parse("head");
            (range.from, vec![range.to.map_or_else(head, Ok)?])
        }
        words => (None, words.iter().map(|word| Target::parse(word)).collect::<Result<_>>()?),
    };
    let Offline { history, log, server, attached } = &offline(project)?;
    let server = *server;
    let variables = Variables::default();
    let revisions = project.revisions()?;
    let settings = settings(&project.config, Purpose::Write);
    let script = Script { history, log, revisions, variables: &variables, settings: &settings, server, attached };
    let text = match arguments.purge {
        true if from.is_some() => {
            return Err(Error::new(Kind::Usage, "--purge does not look at where the database stands: a range says it")
                .with_hint("name the revision alone"));
        }
        true => script.stamp_anew(&targets)?,
        false => script.stamp(from.as_ref(), &targets)?,
    };
    context.printer.raw(&text);
    Ok(Answer::Yes)
}
