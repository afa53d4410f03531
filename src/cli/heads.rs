//! `migrate heads`: needs no database.

use std::collections::BTreeSet;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::error::Result;
use crate::report::{Listing, heads};

pub(crate) fn run(context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project()?;
    let revisions = project.revisions()?;
    let mut entries = revisions.graph.history(None, None)?;
    entries.retain(|entry| entry.is_head);
    let listing = Listing { revisions, entries, applied: None, current: BTreeSet::new() };
    heads(context.printer, &listing)?;
    Ok(Answer::Yes)
}
