//! `migrate history`: needs the database only for `-i` and for ranges that count from it.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::selection::Selection;
use crate::error::Result;
use crate::report::{drawing, history};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate history\n  migrate history -r base:head\n  migrate history -r ae10:\n  migrate history -r -2:current"
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
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    arguments.selection.tell(context, |printer, listing| {
        let usual = printer.is_on_terminal() && printer.verbose == 0;
        match !printer.is_json() && !arguments.no_graph && (arguments.graph || usual) {
            true => drawing(printer, listing),
            false => history(printer, listing),
        }
    })
}
