//! `migrate downgrade TARGET`.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::running::{self, How, Way};
use crate::error::Result;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate downgrade -1\n  migrate downgrade base\n  migrate downgrade head:ae10 --sql > downgrade.sql"
)]
pub(crate) struct Arguments {
    /// What stays: an id or its beginning, a label, base, -1, label@base
    #[arg(allow_negative_numbers = true)]
    target: String,
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
    running::run(Way::Down, &arguments.target, &arguments.how, context)
}
