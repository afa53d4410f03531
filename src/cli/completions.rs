//! `migrate completions SHELL`.

use clap::Args;
use clap_complete::Shell;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::help;
use crate::error::{Error, Kind, Result};

#[derive(Args, Debug)]
#[command(after_help = "Example: migrate completions bash > ~/.local/share/bash-completion/completions/migrate")]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let mut script = Vec::new();
    let name = &context.carrier.name;
    clap_complete::generate(arguments.shell, &mut help::command(name), name, &mut script);
    let script = String::from_utf8(script)
        .map_err(|error| Error::new(Kind::Unsupported, "the completion script is not UTF-8").caused_by(error))?;
    context.printer.raw(&script);
    Ok(Answer::Yes)
}
