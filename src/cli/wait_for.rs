//! `status --wait-for`: an init container's way to begin when the database is ready. Reads two tables, now and then.

use std::time::Duration;

use tokio::time::Instant;

use crate::cli::Answer;
use crate::cli::project::Project;
use crate::cli::session::{Purpose, Session};
use crate::db::{Cancel, is_connection_lost, is_not_there_yet};
use crate::error::{Error, Kind, Result};
use crate::execute::reached::Reached;
use crate::graph::Target;
use crate::plan::Variables;
use crate::report::{Printer, status};

/// Between the first two looks; it doubles up to the last one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What is waited for.
pub(super) struct Awaited<'a> {
    pub(super) project: &'a Project,
    pub(super) target: Target,
    /// As it was written.
    pub(super) word: &'a str,
    pub(super) limit: Duration,
}

impl Awaited<'_> {
    /// Looks until the target is reached or the time is over, and says where the database stands. Over one connection,
    /// for as long as that serves; it holds no transaction.
    ///
    /// # Errors
    /// Those of the connection, less that nobody answers yet; that too when the time is over.
    pub(super) async fn wait(&self, printer: &mut Printer, cancel: &Cancel) -> Result<Answer> {
        let deadline = Instant::now() + self.limit;
        let (mut pause, mut session, mut said) = (FIRST_PAUSE, None, String::new());
        loop {
            let looked = self.look(&mut session, cancel).await;
            let is_over = Instant::now() >= deadline;
            let waits_for = match looked {
                Ok(Reached::NotYet) if !is_over => "the database is not there yet".to_owned(),
                Ok(reached) => return self.answer(reached, session, printer).await,
                Err(error) if is_over || !will_pass(&error) => return Err(error),
                Err(error) => {
                    session = None;
                    error.phrase().to_owned()
                }
            };
            if said != waits_for {
                self.project.notices.status("Waiting", &format!("for {}: {waits_for}", self.word));
                said = waits_for;
            }
            tokio::select! {
                _ = cancel.asked() => return Err(Error::new(Kind::Cancelled, "cancelled while waiting")),
                () = tokio::time::sleep_until(deadline.min(Instant::now() + pause)) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn look(&self, session: &mut Option<Session>, cancel: &Cancel) -> Result<Reached> {
        // A file that was not there is looked for again.
        let serves = session.take().filter(|session| !session.connection.stands_in_for_missing_file());
        let now = match serves {
            Some(session) => session,
            None => Session::open(self.project, Purpose::Read, cancel).await?,
        };
        let now = session.insert(now);
        let variables = Variables::default();
        let runner = now.runner(self.project, &variables)?;
        let wanted = runner.awaited(&self.target)?;
        runner.has_reached(&mut now.connection, &wanted).await
    }

    async fn answer(&self, reached: Reached, session: Option<Session>, printer: &mut Printer) -> Result<Answer> {
        let Some(mut session) = session else { return Ok(Answer::No) };
        let variables = Variables::default();
        let found = session.runner(self.project, &variables)?.status(&mut session.connection).await?;
        session.close().await;
        status(printer, &found);
        Ok(match reached {
            Reached::Yes => Answer::Yes,
            Reached::NotYet => {
                printer.warning(&format!("{} was not reached within {:?}", self.word, self.limit));
                Answer::No
            }
            Reached::CannotKnow => Answer::Coded(found.state.exit_code()),
        })
    }
}

/// Whether another look may find it otherwise.
fn will_pass(error: &Error) -> bool {
    is_not_there_yet(error) || is_connection_lost(error) || error.kind() == Kind::Locked
}
