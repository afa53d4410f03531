//! `migrate rebase [HEAD] [--onto HEAD]`: after a merge in git, the revisions of one side stand on the other side.

mod files;
mod published;
mod sides;

use std::collections::BTreeSet;

use clap::Args;

use crate::check::{Met, Verdict};
use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::heads_file;
use crate::cli::limits::TimeLimits;
use crate::cli::meeting::meet;
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::config::Config;
use crate::db::Cancel;
use crate::error::{Error, Kind, Result};
use crate::execute::accept::Recorded;
use crate::graph::{Graph, Move, RevisionId, Rows};
use crate::plan::Variables;
use crate::report::{Progress, Rebased, Rewritten, Text, met, rebased, warnings_of};
use crate::revision::File;
use crate::revision::swap::{finish, swap};
use crate::schema::Pair;

use files::{back, forth, rewritten};
use sides::{Applied, Ends, choose};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate rebase\n  migrate rebase ae10 --onto 19b2\n  migrate rebase --dry-run\n  migrate rebase ae10 --local"
)]
pub(crate) struct Arguments {
    /// The head whose side moves; without it the side that the main branch of git lacks, else the one that is not
    /// applied here, else the newer one
    head: Option<String>,
    /// The head that it moves onto, where there are more than two
    #[arg(long, value_name = "HEAD")]
    onto: Option<String>,
    /// Also move what is applied in this database, which alone has it
    #[arg(long)]
    local: bool,
    /// Print what would change in the files, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not compare the orders of the sides
    #[arg(long)]
    no_check: bool,
    /// Do not ask the database whether the revisions are applied
    #[arg(long, conflicts_with = "local")]
    no_database: bool,
    /// Finish a rebase that was stopped while it wrote the files
    #[arg(long = "continue", conflicts_with_all = ["head", "onto", "local", "dry_run"])]
    resume: bool,
    #[command(flatten)]
    limits: TimeLimits,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project_with(&arguments.limits.over(context.global.flags()))?;
    if arguments.resume {
        return resume(context, &project);
    }
    if project.revisions()?.graph.heads().len() < 2 {
        context.printer.status("Finished", Text::of("nothing to do: there is one head"));
        return Ok(Answer::Yes);
    }
    runtime::run(async |cancel| rebase(arguments, context, &project, cancel).await)
}

fn resume(context: &mut Context<'_>, project: &Project) -> Result<Answer> {
    let places = finish(first_folder(&project.config)?)?;
    for place in &places {
        context.printer.line(&project.shown(place));
    }
    if places.is_empty() {
        context.printer.status("Finished", Text::of("nothing to do: no rebase was stopped"));
    } else {
        heads_file::renew(project)?;
        context.printer.hint("if they were applied with --local: migrate status says what the database thinks of them");
    }
    Ok(Answer::Yes)
}

fn first_folder(config: &Config) -> Result<&std::path::Path> {
    let first = config.versions.first();
    first.map(AsRef::as_ref).ok_or_else(|| Error::new(Kind::Config, "`versions` is empty"))
}

async fn rebase(
    arguments: &Arguments,
    context: &mut Context<'_>,
    project: &Project,
    cancel: &Cancel,
) -> Result<Answer> {
    let revisions = project.revisions()?;
    let applied = if arguments.no_database { Applied::default() } else { applied(project, cancel).await? };
    let said = Pair::new(arguments.head.as_deref(), arguments.onto.as_deref());
    let ends = choose(said, context, project, &applied)?;
    let plan = revisions.graph.move_plan(&ends.head, &ends.onto)?;
    let after = fate(arguments, &revisions.graph, &plan, (&ends, &applied))?;
    let found = if arguments.no_check {
        None
    } else {
        Some(meet(context, project, &[ends.onto.clone(), ends.head.clone()], cancel).await?)
    };
    let warnings = found.as_ref().map(warnings_of).unwrap_or_default();
    if let Some(found) = &found {
        met(context.printer, found, &warnings);
        refuse_what_fails_on_top(found, &revisions.graph, &ends)?;
    }
    let files = rewritten(project, &plan)?;
    if !arguments.dry_run {
        write(context, project, &files, (&applied, after), cancel).await?;
        heads_file::renew(project)?;
    }
    rebased(
        context.printer,
        &Rebased {
            onto: &ends.onto,
            moved: &plan.moved,
            files: &files,
            met: found.as_ref(),
            warnings: &warnings,
            dry_run: arguments.dry_run,
        },
    );
    Ok(Answer::Yes)
}

/// What the database says is applied, checked against the files: a rebase of edited files would hide that, and one of what
/// is done in part leaves nothing that finishes it.
async fn applied(project: &Project, cancel: &Cancel) -> Result<Applied> {
    let hint = "start the database, or say that nothing is applied there: --no-database";
    let mut session = match Session::open(project, Purpose::Read, cancel).await {
        Ok(session) => session,
        Err(error) if error.kind() == Kind::Cancelled => return Err(error),
        Err(error) => {
            let phrase = "the database cannot be asked whether the revisions are applied";
            return Err(Error::new(error.kind(), phrase).caused_by(error).with_hint(hint));
        }
    };
    session.refuse_part_way(project).await?;
    let rows = session.known_rows(project).await?;
    session.refuse_changed(project, &rows).await?;
    session.close().await;
    let ids = project.revisions()?.graph.applied(&rows)?.into_iter().cloned().collect();
    Ok(Applied { rows, ids })
}

/// The version rows behind the move, where what moves is applied and may be moved all the same.
fn fate(arguments: &Arguments, graph: &Graph, plan: &Move, (ends, applied): (&Ends, &Applied)) -> Result<Option<Rows>> {
    let moved: Vec<&str> = plan.moved.iter().filter(|id| applied.ids.contains(*id)).map(RevisionId::as_str).collect();
    if moved.is_empty() {
        return Ok(None);
    }
    if !arguments.local {
        let phrase = format!("applied here, and so not to be changed: {}", moved.join(", "));
        return Err(Error::new(Kind::Refused, phrase).with_hint(format!(
            "if no other database has them: migrate rebase {} --local; else join the heads: migrate merge",
            ends.head
        )));
    }
    let after = graph.moved(plan)?;
    let needed: BTreeSet<&RevisionId> = after.closure(&applied.ids).into_iter().collect();
    let missing: Vec<&str> =
        needed.into_iter().filter(|id| !applied.ids.contains(*id)).map(RevisionId::as_str).collect();
    if !missing.is_empty() {
        let phrase = format!("not applied here, and to stand below what is: {}", missing.join(", "));
        return Err(
            Error::new(Kind::Refused, phrase).with_hint(format!("apply it first: migrate upgrade {}", ends.onto))
        );
    }
    Ok(Some(after.rows_of(&applied.ids)))
}

/// The other order is of no interest any more.
fn refuse_what_fails_on_top(found: &Met, graph: &Graph, ends: &Ends) -> Result<()> {
    let Verdict::Fails { order, error, .. } = &found.verdict else { return Ok(()) };
    let below = graph.closure(&[ends.onto.clone()].into());
    if !order.first().is_some_and(|first| below.contains(&first)) {
        return Ok(());
    }
    let failed = error.revision().unwrap_or_default();
    Err(Error::new(Kind::Refused, format!("{failed} fails on top of {}", ends.onto))
        .caused_by(error)
        .in_revision(failed)
        .with_hint("make it fit what is below it now, or move it as it is with --no-check"))
}

/// Writes the files; where some of them are applied, together with the database.
async fn write(
    context: &mut Context<'_>,
    project: &Project,
    files: &[Rewritten],
    (applied, after): (&Applied, Option<Rows>),
    cancel: &Cancel,
) -> Result<()> {
    let folder = first_folder(&project.config)?;
    let (forth, back) = (forth(files), back(files));
    let Some(after) = after else { return swap(folder, &forth) };
    let new: Vec<File> = files
        .iter()
        .filter(|one| applied.ids.contains(&one.revision))
        .map(|one| File::new(&one.path.to, &one.text.to))
        .collect::<Result<_>>()?;
    let recorded = Recorded { rows: Pair::new(applied.rows.clone(), after), files: &new };
    let mut session = Session::open(project, Purpose::Write, cancel).await?;
    let variables = Variables::default();
    let runner = session.runner(project, &variables)?;
    let mut progress = Progress::new(context.printer, context.global.echo);
    let (do_it, undo) = (|| swap(folder, &forth), || swap(folder, &back));
    let both: Pair<&(dyn Fn() -> Result<()> + Sync)> = Pair::new(&do_it, &undo);
    runner.record_rebase(&mut session.connection, &recorded, both, &mut |event| progress.tell(event)).await?;
    session.close().await;
    Ok(())
}
