//! `migrate revision --autogenerate`: a revision from what the models and the database differ in.

use clap::Args;

use crate::check::desk::Desk;
use crate::check::{Comparison, Explained, Proposal, RowDrift, explain};
use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::heads_file;
use crate::cli::hooks;
use crate::cli::new_file::{NewFile, random_id, write};
use crate::cli::project::Project;
use crate::cli::renames::{Renames, compare_asking};
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::config::Language;
use crate::db::Cancel;
use crate::error::{Error, Kind, Result};
use crate::model::Models;
use crate::ops::Operation;
use crate::report::{drafted, nothing_to_write, unmodelled, written};
use crate::revision::Header;
use crate::schema::Pair;

/// Flags that only count with `--autogenerate`.
#[derive(Args, Debug)]
#[command(next_help_heading = "With --autogenerate")]
pub(crate) struct Autogenerate {
    /// Write the file even when there is nothing to do
    #[arg(long, requires = "autogenerate")]
    allow_empty: bool,
    /// Drop every table if the models are empty
    #[arg(long, requires = "autogenerate")]
    allow_drop_all: bool,
    /// Columns and tables that are dropped keep their data for the way back
    #[arg(long, requires = "autogenerate")]
    keep_data: bool,
    #[command(flatten)]
    renames: Renames,
}

/// Compares, and writes what `header` begins.
pub(crate) fn run(
    flags: &Autogenerate,
    new: &NewFile,
    header: Header,
    project: &Project,
    context: &mut Context<'_>,
) -> Result<Answer> {
    runtime::look(async |cancel| {
        let found = find(flags, project, context, cancel).await?;
        unmodelled(context.printer, &found.comparison);
        if found.explained.is_empty() && !flags.allow_empty {
            nothing_to_write(context.printer);
            return Ok(Answer::Yes);
        }
        if flags.keep_data && new.language(&project.config) == Language::Sql {
            return Err(Error::new(Kind::Usage, "SQL keeps nothing by itself: --keep-data is for revisions in YAML")
                .with_hint("give --as yaml"));
        }
        if let (Language::Sql, Some(drift)) = (new.language(&project.config), found.comparison.drift.first()) {
            return Err(rows_in_sql(drift));
        }
        let (header, text) = found.file(new.language(&project.config), header, &[])?;
        let file = write(project, &new.path(project, &header)?, &text)?;
        heads_file::renew(project)?;
        let file = hooks::run(project, context, file)?;
        let warnings = drafted(context.printer, &found.explained);
        written(context.printer, &file, &project.shown(&file.path), &warnings);
        Ok(Answer::Yes)
    })
}

fn rows_in_sql(drift: &RowDrift) -> Error {
    let phrase = format!("rows of {} differ, and SQL keeps nothing of what they were", drift.table.for_people());
    Error::new(Kind::Usage, phrase).with_hint("give --as yaml: its `rows` step can be taken back")
}

async fn find(flags: &Autogenerate, project: &Project, context: &mut Context<'_>, cancel: &Cancel) -> Result<Proposal> {
    let rules = flags.renames.rules()?;
    let mut session = Session::open(project, Purpose::Judge, cancel).await?;
    at_head(project, &mut session).await?;
    let desk = Desk::new(&project.config, &session.connection, session.dialect, &random_id())?;
    let files = desk.model_files()?;
    let models = Models::parse(&files)?;
    let live = desk.live(&mut session.connection).await?;
    let desired = desk.judge_beside(&mut session.connection, &files, &live).await?;
    let mut comparison =
        compare_asking(&desk, &mut session.connection, Pair::new(live, desired), rules, context).await?;
    if !flags.allow_drop_all {
        refuse_drop_all(&comparison)?;
    }
    desk.compare_rows(&mut session.connection, &models.rows, &mut comparison).await?;
    let facts = desk.context(&session.connection);
    let mut explained = explain(&comparison.difference.operations, &comparison.live, facts)?;
    if flags.keep_data {
        explained.iter_mut().for_each(Explained::keep);
    }
    session.close().await;
    Ok(Proposal { models, comparison, explained, facts, keep_data: flags.keep_data })
}

/// Models without a table are rather a file that is missing, or a dump that failed.
fn refuse_drop_all(comparison: &Comparison) -> Result<()> {
    let is_drop = |operation: &&Operation| matches!(operation, Operation::DropTable { .. });
    let count = comparison.difference.operations.iter().filter(is_drop).count();
    if count == 0 || !comparison.desired.tables.is_empty() {
        return Ok(());
    }
    let all = if count == 1 { "the one table".to_owned() } else { format!("all {count} tables") };
    let phrase = format!("the models declare no table: the revision would drop {all}");
    Err(Error::new(Kind::Refused, phrase)
        .with_hint("write models (`migrate inspect --out models` makes them), or give --allow-drop-all"))
}

async fn at_head(project: &Project, session: &mut Session) -> Result<()> {
    let rows = session.known_rows(project).await?;
    session.refuse_changed(project, &rows).await?;
    session.refuse_part_way(project).await?;
    let pending = project.revisions()?.graph.pending(&rows)?;
    if pending.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = pending.iter().take(5).map(|id| id.as_str()).collect();
    let more = if pending.len() > ids.len() { ", …" } else { "" };
    Err(Error::new(Kind::Refused, format!("the database is not at head: not applied are {}{more}", ids.join(", ")))
        .with_hint("run `migrate upgrade` first"))
}
