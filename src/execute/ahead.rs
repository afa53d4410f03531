//! The journal of the next revision is opened in the transaction that records the one before: a commit less for each
//! revision where DDL commits by itself.
//!
//! Nothing stands between that transaction and the first statement, so its probe says in it what it would say alone. If
//! the run ends there, the next one finds a revision of which no statement took effect, and the server tells it so.

use crate::db::Cancel;
use crate::dialect::Capability;
use crate::execute::log::Attempt;
use crate::execute::pieces::First;
use crate::execute::render::may_rebuild;
use crate::execute::step::Work;
use crate::statement::evidence::Evidence;

/// A journal that was opened for the revision that comes next.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(super) attempt: Attempt,
    pub(super) first: First,
}

/// One that is to be opened, and the statement that does it; it affects one row.
pub(super) struct Ahead {
    pub(super) opened: Box<Opened>,
    pub(super) sql: String,
}

impl Work<'_> {
    /// What opens the journal of the next revision, once this one is recorded. None where there is none, where it has no
    /// journal, or where anything about it is better found out when it is its turn.
    pub(super) async fn ahead(&mut self) -> Option<Ahead> {
        let next = self.bench.next?;
        let dialect = self.bench.dialect;
        let in_one_transaction = dialect.has(Capability::TransactionalDdl, self.connection.server()) && !next.outside;
        let is_cancelled = self.connection.cancel_token().as_ref().is_some_and(Cancel::is_cancelled);
        if in_one_transaction || is_cancelled || may_rebuild(next, dialect, self.connection) {
            return None;
        }
        let number = self.attempt.number + 1;
        let mut work = self.bench.work_on(next, number, self.connection, self.tell);
        let (first, probe) = work.first_statements().await.ok()?;
        let statement = first.iter().flatten().next()?;
        match dialect.evidence(&statement.sql, work.connection.server()) {
            Evidence::Together | Evidence::Repeatable | Evidence::Seen(_) => {}
            Evidence::Session | Evidence::Temporary | Evidence::Unknowable => return None,
        }
        let sql = self.bench.log.open_compared(&work.attempt, &probe);
        work.attempt.text = None;
        Some(Ahead { opened: Box::new(Opened { attempt: work.attempt, first }), sql })
    }
}
