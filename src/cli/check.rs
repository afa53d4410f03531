//! `migrate check`: the verdict of continuous integration.

use std::collections::BTreeMap;

use clap::Args;

use crate::check::desk::Desk;
use crate::check::sight;
use crate::check::{Comparison, explain_all};
use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::new_file::random_id;
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::db::Cancel;
use crate::diff::RenameRules;
use crate::error::Result;
use crate::graph::Range;
use crate::model::{ModelFile, Models, OwnedRows, owned_rows};
use crate::report::{Verdict, loose_heads, not_at_head, unmodelled, verdict};
use crate::schema::{Name, Pair, Schema};

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate check\n  migrate check --fresh\n  migrate check --format github")]
pub(crate) struct Arguments {
    /// Compare the models with what all revisions make of an empty database, instead of the live one
    #[arg(long)]
    fresh: bool,
    /// Exit 1 also for things that are not modelled, and for models that this server cannot judge
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project()?;
    project.revisions()?;
    runtime::look(async |cancel| judge(arguments, context, &project, cancel).await)
}

async fn judge(arguments: &Arguments, context: &mut Context<'_>, project: &Project, cancel: &Cancel) -> Result<Answer> {
    let mut session = Session::open(project, Purpose::Judge, cancel).await?;
    let pending = if arguments.fresh { Vec::new() } else { pending(project, &mut session).await? };
    if !pending.is_empty() {
        session.close().await;
        not_at_head(context.printer, &pending, &project.revisions()?.graph);
        return Ok(Answer::No);
    }
    let desk = Desk::new(&project.config, &session.connection, session.dialect, &random_id())?;
    let files = desk.model_files()?;
    let live = match arguments.fresh {
        true => fresh(context, project, &desk, &mut session).await?,
        false => live(&desk, &mut session, arguments.strict).await?,
    };
    let desired = desk.judge_beside(&mut session.connection, &files, &live).await?;
    let mut comparison = compare(&desk, &mut session, live, desired).await?;
    desk.compare_rows(&mut session.connection, &rows(arguments, &files)?, &mut comparison).await?;
    let facts = desk.context(&session.connection);
    let differences = explain_all(&comparison.difference.operations, &comparison.live, facts)?;
    session.close().await;
    let sides = Pair::new(if arguments.fresh { "the history" } else { "the database" }, "the models");
    let (at_head, strict) = ((!arguments.fresh).then_some(true), arguments.strict);
    let models = if differences.is_empty() { Models::default() } else { Models::parse(&files)? };
    let place = |table: &Name| place(project, &models, table);
    unmodelled(context.printer, &comparison);
    let found =
        Verdict { sides, comparison: &comparison, differences: &differences, facts, at_head, strict, place: &place };
    let in_sync = verdict(context.printer, &found);
    loose_heads(context.printer, &project.revisions()?.graph);
    if strict && !comparison.not_modelled().is_empty() {
        context.printer.hint(
            "with --strict, what is not modelled is a difference: name it under `ignore:`, or leave --strict out",
        );
    }
    Ok(Answer::of(in_sync))
}

/// The rows that are compared: a history is replayed without any.
fn rows(arguments: &Arguments, files: &[ModelFile]) -> Result<BTreeMap<Name, OwnedRows>> {
    if arguments.fresh { Ok(BTreeMap::new()) } else { owned_rows(files) }
}

/// With `strict` the login must be shown what is not modelled too.
async fn live(desk: &Desk<'_>, session: &mut Session, strict: bool) -> Result<Schema> {
    if strict {
        sight::refuse_hidden(session.dialect, &mut session.connection, &session.scope).await?;
    }
    desk.live(&mut session.connection).await
}

/// Nobody is asked here: where it is not clear what became of something, that they differ is sure, and how is said as
/// drop and add.
async fn compare(desk: &Desk<'_>, session: &mut Session, live: Schema, desired: Schema) -> Result<Comparison> {
    let comparison = desk.compare(&mut session.connection, live, desired, &RenameRules::default()).await?;
    if comparison.difference.questions.is_empty() {
        return Ok(comparison);
    }
    let rules = RenameRules { none: true, ..RenameRules::default() };
    desk.compare(&mut session.connection, comparison.live, comparison.desired, &rules).await
}

async fn pending(project: &Project, session: &mut Session) -> Result<Vec<String>> {
    let rows = session.known_rows(project).await?;
    session.refuse_changed(project, &rows).await?;
    session.refuse_part_way(project).await?;
    let pending = project.revisions()?.graph.pending(&rows)?;
    Ok(pending.into_iter().map(|id| id.as_str().to_owned()).collect())
}

async fn fresh(context: &Context<'_>, project: &Project, desk: &Desk<'_>, session: &mut Session) -> Result<Schema> {
    let variables = context.variables();
    let runner = session.runner(project, &variables)?;
    desk.head(&mut session.connection, &runner, &Range::parse(":heads")?).await
}

/// File and line of a declared table, the file as from the working folder.
fn place(project: &Project, models: &Models, table: &Name) -> Option<(String, usize)> {
    let spot = models.spots.get(table)?;
    // What a command printed lies in no file.
    spot.file.is_file().then(|| (project.shown(&spot.file), spot.line))
}
