//! Every state that a database can be in, in words, with the next command. Never writes.

use crate::db::{Connection, masked};
use crate::error::{Kind, Result};
use crate::execute::log::Attempt;
use crate::execute::run::Runner;
use crate::execute::texts;
use crate::graph::{JOIN_HEADS, RevisionId, Rows};
use crate::statement::evidence::Evidence;

/// Where a database stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Everything is applied.
    AtHead,
    /// Some revisions are not applied.
    Behind,
    /// A revision was stopped where nothing can be rolled back.
    PartWay,
    /// The version table names revisions that no file here has.
    Newer,
    /// The file of an applied revision was edited.
    Edited,
    /// The version table holds what it cannot hold.
    Corrupt,
}

impl State {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::AtHead => "at_head",
            Self::Behind => "behind",
            Self::PartWay => "part_way",
            Self::Newer => "newer",
            Self::Edited => "edited",
            Self::Corrupt => "corrupt",
        }
    }

    /// The exit code of `status --check`: that of the error which another command would give.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::AtHead => 0,
            Self::Behind => Kind::Refused.exit_code(),
            Self::PartWay => Kind::PartWay.exit_code(),
            Self::Newer => Kind::Newer.exit_code(),
            Self::Edited => Kind::Edited.exit_code(),
            Self::Corrupt => Kind::Corrupt.exit_code(),
        }
    }
}

/// The answer of `status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// In a word.
    pub state: State,
    /// The rows of the version table.
    pub revisions: Vec<String>,
    /// What is not applied, oldest first; empty where the rows cannot be understood.
    pub pending: Vec<String>,
    /// What is wrong.
    pub problem: Option<String>,
    /// The next step, an imperative.
    pub next: Option<String>,
}

impl Runner<'_> {
    /// Explains the state of the database.
    pub(crate) async fn status(&self, connection: &mut Connection) -> Result<Status> {
        let rows = self.history.rows_if_any(connection).await?;
        let mut status = self.of_rows(&rows)?;
        self.lay_audit_over(connection, &rows, &mut status).await?;
        if let Some(attempt) = self.log.open_attempt_if_any(connection).await? {
            status.state = State::PartWay;
            status.problem = Some(stopped_at(&attempt));
            let evidence = attempt.in_doubt().map(|sql| self.dialect.evidence(sql, connection.server()));
            status.next = Some(next_of(&attempt, evidence.as_ref()));
        }
        Ok(status)
    }

    /// What is wrong with the files of what is applied; a row that no file has keeps its state, with better words.
    async fn lay_audit_over(&self, connection: &mut Connection, rows: &Rows, status: &mut Status) -> Result<()> {
        if status.state == State::Corrupt {
            return Ok(());
        }
        let known = self.log.read_if_any(connection).await?.checksums;
        let findings = self.audit(connection, &known, rows).await?;
        if let Some(first) = findings.first() {
            if status.state != State::Newer {
                status.state = State::Edited;
            }
            let phrases: Vec<&str> = findings.iter().map(|finding| finding.phrase.as_str()).collect();
            status.problem = Some(phrases.join("; "));
            status.next = Some(first.remedy.clone());
        }
        Ok(())
    }

    /// What to do about heads that look like branches which met in version control.
    fn loose_heads(&self) -> Option<String> {
        let heads: Vec<&str> = self.revisions.graph.loose_heads().into_iter().map(RevisionId::as_str).collect();
        (!heads.is_empty()).then(|| format!("there are {} heads ({}): {JOIN_HEADS}", heads.len(), heads.join(", ")))
    }

    /// How what is not applied is applied: several heads only by all their names.
    fn way_up(&self) -> String {
        let several = self.revisions.graph.heads().len() > 1;
        let all = if several { "apply them: migrate upgrade heads" } else { "apply them: migrate upgrade" };
        self.loose_heads().unwrap_or_else(|| all.to_owned())
    }

    fn of_rows(&self, rows: &Rows) -> Result<Status> {
        let (state, pending, problem, next) = match self.revisions.graph.pending(rows) {
            Ok(pending) if pending.is_empty() => (State::AtHead, Vec::new(), None, self.loose_heads()),
            Ok(pending) => {
                let pending = pending.into_iter().map(|id| id.as_str().to_owned()).collect();
                (State::Behind, pending, None, Some(self.way_up()))
            }
            Err(error) => {
                let state = if error.kind() == Kind::Newer { State::Newer } else { State::Corrupt };
                (state, Vec::new(), Some(error.to_string()), error.next_step().map(str::to_owned))
            }
        };
        Ok(Status { state, revisions: texts(rows), pending, problem, next })
    }
}

/// Where an attempt stands: what was done, what was begun, what was said.
fn stopped_at(attempt: &Attempt) -> String {
    let Attempt { direction, revision, done, .. } = attempt;
    let all = attempt.statements.len();
    let mut text =
        format!("the {direction} of revision {revision} was stopped: {done} of {all} statements took effect");
    if let Some(sql) = attempt.in_doubt() {
        text = format!("{text}; statement {} was begun:\n  {}", attempt.begun, masked(sql).replace('\n', "\n  "));
    } else if let Some(sql) = attempt.statements.get(*done) {
        text = format!("{text}; the next one is:\n  {}", masked(sql).replace('\n', "\n  "));
    }
    match &attempt.error {
        Some(error) => format!("{text}\nwhat was said: {error}"),
        None => text,
    }
}

fn next_of(attempt: &Attempt, evidence: Option<&Evidence>) -> String {
    let direction = &attempt.direction;
    match evidence {
        None => format!("repair the cause, then finish it: migrate {direction}"),
        Some(Evidence::Seen(_)) if attempt.probe.is_some() => {
            format!("finish it: migrate {direction}; the server tells whether the statement took effect")
        }
        Some(Evidence::Together | Evidence::Repeatable | Evidence::Session) => {
            format!("finish it: migrate {direction}")
        }
        Some(Evidence::Seen(_) | Evidence::Temporary | Evidence::Unknowable) => format!(
            "the server cannot tell whether the statement took effect: look, then `migrate resolve --done` or \
             `migrate resolve --redo`, then: migrate {direction}"
        ),
    }
}
