//! `migrate downgrade TARGET`.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::running::{self, How, Way};
use crate::error::Result;
use crate::ops::OnConflict;
use crate::plan::BackRules;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate downgrade -1\n  migrate downgrade base\n  migrate downgrade head:ae10 --sql > downgrade.sql"
)]
pub(crate) struct Arguments {
    /// What stays: an id or its beginning, a label, base, -1, label@base
    #[arg(allow_negative_numbers = true)]
    target: String,
    /// Rows that others changed since a data step: stop, keep theirs, or restore what was
    #[arg(long, value_name = "stop|keep|restore", value_parser = ["stop", "keep", "restore"], hide_possible_values = true)]
    on_conflict: Option<String>,
    /// Go back without the rows of steps that cannot be taken back
    #[arg(long)]
    allow_data_loss: bool,
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
    let said = |(policy, word): (OnConflict, &str)| (arguments.on_conflict.as_deref() == Some(word)).then_some(policy);
    let on_conflict = OnConflict::WORDS.into_iter().find_map(said);
    let back = BackRules { on_conflict, allow_data_loss: arguments.allow_data_loss };
    running::run(Way::Down, &arguments.target, &arguments.how, back, context)
}
