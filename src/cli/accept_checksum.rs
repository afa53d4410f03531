//! `migrate accept-checksum REVISION…`: the edited file of an applied revision counts as what was applied.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::limits::TimeLimits;
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::db::Cancel;
use crate::error::{Error, Kind, Result};
use crate::execute::accept::Edited;
use crate::graph::{RevisionId, Target};
use crate::plan::Variables;
use crate::report::{Progress, accepted, edited};
use crate::schema::Pair;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate accept-checksum ae10")]
pub(crate) struct Arguments {
    /// Ids or their beginnings
    #[arg(required = true)]
    revisions: Vec<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    limits: TimeLimits,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project_with(&arguments.limits.over(context.global.flags()))?;
    let ids = arguments.revisions.iter().map(|word| named(&project, word)).collect::<Result<Vec<_>>>()?;
    runtime::run(async |cancel| accept(arguments, context, &project, &ids, cancel).await)
}

fn named(project: &Project, word: &str) -> Result<RevisionId> {
    let found = project.revisions()?.graph.resolve_one(&Target::parse(word)?, None)?;
    found.cloned().ok_or_else(|| {
        Error::new(Kind::Usage, format!("`{word}` is no revision")).with_hint("name one; `migrate history` lists them")
    })
}

async fn accept(
    arguments: &Arguments,
    context: &mut Context<'_>,
    project: &Project,
    ids: &[RevisionId],
    cancel: &Cancel,
) -> Result<Answer> {
    let mut session = Session::open(project, Purpose::Write, cancel).await?;
    let variables = Variables::default();
    let runner = session.runner(project, &variables)?;
    let mut found: Vec<Edited> = Vec::new();
    for id in ids {
        found.extend(runner.edited(&mut session.connection, id).await?);
    }
    for one in &found {
        let path = project.shown(&project.revisions()?.file(&one.revision)?.path);
        edited(context.printer, &path, Pair::new(one.before.as_deref(), Some(one.after.as_str())));
    }
    let ids: Vec<RevisionId> = found.into_iter().map(|one| one.revision).collect();
    if !ids.is_empty() {
        agreed(arguments, context)?;
        let mut progress = Progress::new(context.printer, context.global.echo);
        runner.accept(&mut session.connection, &ids, &mut |event| progress.tell(event)).await?;
    }
    session.close().await;
    accepted(context.printer, &ids);
    Ok(Answer::Yes)
}

/// Nothing of the database changes by it: without a terminal nobody is asked.
fn agreed(arguments: &Arguments, context: &mut Context<'_>) -> Result<()> {
    if arguments.yes || !context.printer.can_ask() {
        return Ok(());
    }
    let choices = ["no".to_owned(), "yes: it makes the same".to_owned()];
    if context.printer.agrees("Does the file still make what it made when it was applied?", &choices)? {
        return Ok(());
    }
    Err(Error::new(Kind::Refused, "nothing was accepted").with_hint("put the old text back, or give --yes"))
}
