//! `migrate upgrade [TARGET]`.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::running::{self, How, Way};
use crate::error::Result;
use crate::plan::BackRules;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate upgrade\n  migrate upgrade +1\n  migrate upgrade --dry-run\n  migrate upgrade --sync --dry-run\n  migrate upgrade ae10:head --sql > upgrade.sql"
)]
pub(crate) struct Arguments {
    /// An id or its beginning, a label, head, heads, +1, label@head
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,
    /// Take back first what no file here has, by the text that the database kept of it
    #[arg(long, conflicts_with = "sql")]
    sync: bool,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    pub(crate) global: Global,
}

impl Arguments {
    /// Whether a script is asked for.
    pub(crate) fn is_script(&self) -> bool {
        self.how.is_script()
    }
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let way = if arguments.sync { Way::Sync } else { Way::Up };
    running::run(way, &arguments.target, &arguments.how, BackRules::default(), context)
}
