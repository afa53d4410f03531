//! What `merge` and `rebase` share: whether branches come to the same in either order.

use crate::check::desk::Desk;
use crate::check::{Meeting, Met};
use crate::cli::context::Context;
use crate::cli::new_file::random_id;
use crate::cli::project::Project;
use crate::cli::session::{Purpose, Session};
use crate::db::Cancel;
use crate::error::{Error, Kind, Result};
use crate::graph::{RevisionId, Sides};
use crate::plan::{Ground, Variables};

/// Compares the orders of the sides that end in these revisions. Why that could not be done is a part of the answer.
///
/// # Errors
/// [`Kind::Cancelled`] alone, and what is wrong with the revisions as a whole.
pub(crate) async fn meet(
    context: &Context<'_>,
    project: &Project,
    ends: &[RevisionId],
    cancel: &Cancel,
) -> Result<Met> {
    let sides = project.revisions()?.graph.sides(ends);
    let variables = context.variables();
    let outcome = match Session::open(project, Purpose::Judge, cancel).await {
        Ok(mut session) => {
            let outcome = on_server(project, &sides, &variables, &mut session).await;
            session.close().await;
            outcome
        }
        Err(error) if error.kind() == Kind::Cancelled => Err(error),
        Err(error) => without_server(project, &sides, &variables, error),
    };
    match outcome {
        Err(error) if error.kind() != Kind::Cancelled => Ok(Met::unknown(error)),
        other => other,
    }
}

async fn on_server(project: &Project, sides: &Sides, variables: &Variables, session: &mut Session) -> Result<Met> {
    let ground = Ground {
        dialect: session.dialect,
        server: session.connection.server(),
        variables,
        back: crate::plan::BackRules::default(),
    };
    let meeting = Meeting::new(sides, project.revisions()?, ground)?;
    let desk = Desk::new(&project.config, &session.connection, session.dialect, &random_id())?;
    meeting.on_server(&desk, &mut session.connection).await
}

fn without_server(project: &Project, sides: &Sides, variables: &Variables, why: Error) -> Result<Met> {
    let word = project.url()?.dialect();
    let Some((dialect, server)) = crate::dialect::for_script(word, project.config.server_version.as_deref()) else {
        return Ok(Met::unknown(why));
    };
    let ground = Ground { dialect, server, variables, back: crate::plan::BackRules::default() };
    Ok(Meeting::new(sides, project.revisions()?, ground)?.without_server(why))
}
