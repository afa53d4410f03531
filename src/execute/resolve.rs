//! The one thing that only a person can know: whether a statement took effect of which the server cannot tell.

use crate::db::{Connection, masked};
use crate::error::{Error, Kind, Result};
use crate::execute::log::State;
use crate::execute::run::Runner;
use crate::execute::step::Tell;

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) revision: String,
    /// `upgrade` or `downgrade`.
    pub(crate) direction: String,
    /// The number of the statement, from 1.
    pub(crate) number: usize,
    pub(crate) statement: String,
}

impl Runner<'_> {
    /// Says of the statement that is in doubt that it took effect, or that it did not.
    ///
    /// # Errors
    /// Refused if no statement is in doubt.
    pub(crate) async fn resolve(
        &self,
        connection: &mut Connection,
        took_effect: bool,
        tell: Tell<'_>,
    ) -> Result<Resolved> {
        self.take_lock(connection, tell).await?;
        let outcome = self.resolve_locked(connection, took_effect).await;
        self.give_lock_back(connection, outcome).await
    }

    async fn resolve_locked(&self, connection: &mut Connection, took_effect: bool) -> Result<Resolved> {
        let open = self.log.open_attempt_if_any(connection).await?;
        let Some(mut attempt) = open.filter(|attempt| attempt.begun > attempt.done) else {
            return Err(Error::new(Kind::Refused, "no statement is in doubt")
                .with_hint("run `migrate status`: it says where the database stands"));
        };
        let number = attempt.begun;
        let statement = attempt.statements.get(attempt.done).map(|sql| masked(sql)).unwrap_or_default();
        if took_effect {
            attempt.done = number;
        } else {
            attempt.begun = attempt.done;
        }
        connection.execute(&self.log.update_open(State::Open, &attempt, "NULL", false)).await?;
        Ok(Resolved { revision: attempt.revision, direction: attempt.direction, number, statement })
    }
}
