//! `migrate heads`: needs no database, and nothing of the revisions but their headers.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::heads_file;
use crate::cli::listing::{Stand, listing};
use crate::error::{Error, Kind, Result};
use crate::report::{heads, heads_checked};

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate heads\n  migrate heads --check\n  migrate heads --write")]
pub(crate) struct Arguments {
    /// Exit 1 where there are several heads, or where the file HEADS is not what the revisions say
    #[arg(long)]
    check: bool,
    /// Write the file HEADS anew, which `heads_file: true` keeps
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Leave out heads that another revision depends on
    #[arg(long)]
    resolve_dependencies: bool,
    #[command(flatten)]
    pub(crate) global: Global,
}

impl Arguments {
    /// Whether it is about the file HEADS.
    pub(crate) fn needs_files(&self) -> bool {
        self.write || self.check
    }
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project()?;
    let revisions = project.revisions()?;
    if arguments.write {
        if !project.config.heads_file {
            return Err(Error::new(Kind::Usage, "this project keeps no file HEADS")
                .with_hint("add `heads_file: true` to migrate.yaml"));
        }
        heads_file::write(&project)?;
    }
    let mut entries = revisions.graph.history(None, None)?;
    entries.retain(|entry| if arguments.resolve_dependencies { entry.is_effective_head } else { entry.is_head });
    let several = entries.len() > 1;
    let listing = listing(revisions, entries, &Stand::default());
    if !arguments.check {
        heads(context.printer, &listing)?;
        return Ok(Answer::Yes);
    }
    let fault = heads_file::fault(&project)?;
    heads_checked(context.printer, &listing, fault.as_deref())?;
    Ok(Answer::of(!several && fault.is_none()))
}
