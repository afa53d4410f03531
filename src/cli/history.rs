//! `migrate history`: needs the database only for `-i` and for ranges that count from it.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::runtime;
use crate::cli::selection::Selection;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::plan::Variables;
use crate::report::{attempts, drawing, history};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate history\n  migrate history -r base:head\n  migrate history -r ae10:\n  migrate history -r -2:current\n  migrate history --log"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Draw the branches, as on a terminal
    #[arg(long, overrides_with = "no_graph")]
    graph: bool,
    /// Print the plain list, as elsewhere
    #[arg(long, overrides_with = "graph")]
    no_graph: bool,
    /// Print what was run here instead: every attempt, newest first
    #[arg(long, conflicts_with_all = ["graph", "no_graph", "rev_range", "indicate_current"])]
    log: bool,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    if arguments.log {
        return log(context);
    }
    arguments.selection.tell(context, |printer, listing| {
        let usual = printer.is_on_terminal() && printer.verbose == 0;
        match !printer.is_json() && !arguments.no_graph && (arguments.graph || usual) {
            true => drawing(printer, listing),
            false => history(printer, listing),
        }
    })
}

/// The log of the database.
fn log(context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project()?;
    let variables = Variables::default();
    project.revisions()?;
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Read, cancel).await?;
        let found = session.runner(&project, &variables)?.attempts(&mut session.connection).await?;
        session.close().await;
        attempts(context.printer, found.as_deref());
        Ok(Answer::Yes)
    })
}
