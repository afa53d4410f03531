//! `migrate schema KIND`: JSON Schemas, for editors that complete and check files while they are written.

use clap::{Args, ValueEnum};

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::error::Result;

#[derive(Args, Debug)]
#[command(after_help = "Example: migrate schema config > .vscode/migrate.schema.json")]
pub(crate) struct Arguments {
    /// Which format
    #[arg(value_enum)]
    of: Of,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// migrate.yaml
    Config,
    /// YAML models
    Models,
    /// YAML revisions
    Revision,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let schema = match arguments.of {
        Of::Config => crate::config::json_schema(),
        Of::Models => crate::model::json_schema(),
        Of::Revision => crate::revision::json_schema(),
    };
    context.printer.raw(&format!("{schema:#}\n"));
    Ok(Answer::Yes)
}
