//! Which revisions a command on history tells, and whether it asks the database about them.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::listing::{Stand, listing};
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::Result;
use crate::graph::{Range, Rows, Target};
use crate::report::{Listing, Printer};

/// The flags that `history` and `graph` share. Without them, all revisions and no database.
#[derive(Args, Debug)]
pub(crate) struct Selection {
    /// Only these: FROM:TO, FROM: or :TO
    #[arg(short, long, value_name = "FROM:TO", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Say where the database stands
    #[arg(short, long)]
    indicate_current: bool,
}

impl Selection {
    /// Gathers the revisions, newest first, and hands them to `tell`. Asks the database for `-i`, and for ranges that
    /// count from where it stands.
    pub(crate) fn tell(
        &self,
        context: &mut Context<'_>,
        tell: impl Fn(&mut Printer, &Listing<'_>) -> Result<()>,
    ) -> Result<Answer> {
        let range = self.rev_range.as_deref().map(Range::parse).transpose()?;
        let project = context.project()?;
        let answer = |printer: &mut Printer, rows: Option<&Rows>, stand: &Stand| {
            let revisions = project.revisions()?;
            let entries = revisions.graph.history(range.as_ref(), rows)?;
            tell(printer, &listing(revisions, entries, stand))?;
            Ok(Answer::Yes)
        };
        if !self.indicate_current && !counts_from_database(range.as_ref()) {
            return answer(context.printer, None, &Stand::default());
        }
        runtime::run(async |cancel| {
            let mut session = Session::open(&project, Purpose::Read, cancel).await?;
            let rows = session.known_rows(&project).await?;
            let part_way = session.part_way_if_told(&project).await?;
            session.close().await;
            part_way.iter().for_each(|error| context.warn_of(error));
            let stand = match self.indicate_current {
                true => Stand::of(&project.revisions()?.graph, &rows)?,
                false => Stand::default(),
            };
            answer(context.printer, Some(&rows), &stand)
        })
    }
}

/// Whether an end of the range is told by the database. `a:+2` counts from a.
fn counts_from_database(range: Option<&Range>) -> bool {
    let from = |end: &Option<Target>| end.as_ref().is_some_and(Target::counts_from_database);
    range.is_some_and(|range| {
        let to = range.to.as_ref().is_some_and(|target| target.counts_from_database() && target.steps <= 0);
        to || from(&range.from)
    })
}
