//! `migrate current`: where the database stands.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::listing::{Stand, listing};
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::report::heads;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Exit 1 unless the database is at head
    #[arg(long)]
    check_heads: bool,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project()?;
    let revisions = project.revisions()?;
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Read, cancel).await?;
        let rows = session.known_rows(&project).await?;
        if arguments.check_heads {
            session.refuse_changed(&project, &rows).await?;
            session.refuse_part_way(&project).await?;
        }
        let part_way = session.part_way_if_told(&project).await?;
        session.close().await;
        part_way.iter().for_each(|error| context.warn_of(error));
        let graph = &revisions.graph;
        let tips = graph.current_tips(&rows)?;
        let entries = tips.into_iter().filter_map(|id| graph.entry(id)).collect();
        let stand = Stand::of(graph, &rows)?.unmarked();
        heads(context.printer, &listing(revisions, entries, &stand))?;
        Ok(Answer::of(!arguments.check_heads || graph.pending(&rows)?.is_empty()))
    })
}
