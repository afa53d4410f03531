//! `migrate branches`: needs no database.

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::listing::{Stand, listing};
use crate::error::Result;
use crate::report::branches;

pub(crate) fn run(context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project()?;
    let revisions = project.revisions()?;
    let entries = revisions.graph.history(None, None)?;
    branches(context.printer, listing(revisions, entries, &Stand::default()))?;
    Ok(Answer::Yes)
}
