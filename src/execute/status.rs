//! Every state that a database can be in, in words, with the next command. Never writes.

use crate::db::{Connection, masked};
use crate::error::{Error, Kind, Result};
use crate::execute::log::Attempt;
use crate::execute::rows_kept::{KeptRows, kept};
use crate::execute::run::Runner;
use crate::execute::texts;
use crate::execute::unfinished::to_finish;
use crate::graph::{Direction, JOIN_HEADS, RevisionId, Rows};
use crate::schema::Name;
use crate::statement::evidence::Evidence;

/// Where a database stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Everything is applied.
    AtHead,
    /// Some revisions are not applied.
    Behind,
    /// A run is at work on a revision that is done in part.
    Running,
    /// A revision was stopped where nothing can be rolled back.
    PartWay,
    /// The version table names revisions that no file here has.
    Newer,
    /// The file of an applied revision was edited.
    Edited,
    /// The version table holds what it cannot hold.
    Corrupt,
    /// The log was written by a newer program: this one only reads here.
    NewerFormat,
}

impl State {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::AtHead => "at_head",
            Self::Behind => "behind",
            Self::Running => "running",
            Self::PartWay => "part_way",
            Self::Newer => "newer",
            Self::Edited => "edited",
            Self::Corrupt => "corrupt",
            Self::NewerFormat => "newer_format",
        }
    }

    /// The exit code of `status --check`: that of the error which another command would give.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::AtHead => 0,
            Self::Behind => Kind::Refused.exit_code(),
            Self::Running => Kind::Locked.exit_code(),
            Self::PartWay => Kind::PartWay.exit_code(),
            Self::Newer => Kind::Newer.exit_code(),
            Self::Edited => Kind::Edited.exit_code(),
            Self::Corrupt => Kind::Corrupt.exit_code(),
            Self::NewerFormat => Kind::Config.exit_code(),
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
    /// What is to be known beside the state: the database is empty, a run is at work.
    pub note: Option<String>,
    /// The run that holds the lock, as far as the database tells who it is.
    pub holder: Option<String>,
    /// What is wrong.
    pub problem: Option<String>,
    /// The next step, an imperative.
    pub next: Option<String>,
    /// What data steps and drops keep for their way back.
    pub kept: Vec<KeptRows>,
}

impl Runner<'_> {
    /// Explains the state of the database.
    ///
    /// # Errors
    /// Those of the connection, and [`Kind::Config`] where what is to be the version table is no table.
    pub(crate) async fn status(&self, connection: &mut Connection) -> Result<Status> {
        let rows = match self.history.rows_if_any(connection).await {
            Ok(rows) => rows,
            Err(error) if matches!(error.kind(), Kind::Corrupt | Kind::Newer) => return Ok(not_understood(&error)),
            Err(error) => return Err(error),
        };
        let mut status = self.of_rows(&rows)?;
        match self.log.is_there(connection).await {
            Ok(true) => self.explain_by_log(connection, &rows, &mut status).await?,
            Ok(false) => {}
            Err(error) if error.kind() == Kind::Config => {
                status.state = State::NewerFormat;
                status.problem = Some(format!("{}: this one only reads here", error.phrase()));
                status.next = error.hint().map(str::to_owned);
                return Ok(status);
            }
            Err(error) => return Err(error),
        }
        if rows.is_empty() && status.problem.is_none() {
            self.explain_base(connection, &mut status).await?;
        }
        self.explain_lock(connection, &mut status).await?;
        status.kept = kept(connection, self.rows_place()).await?;
        Ok(status)
    }

    /// What the log says beside the rows: files that were edited, a revision that is done in part.
    async fn explain_by_log(&self, connection: &mut Connection, rows: &Rows, status: &mut Status) -> Result<()> {
        self.lay_audit_over(connection, rows, status).await?;
        let Some(attempt) = self.log.open_attempt(connection).await? else { return Ok(()) };
        let evidence = attempt.in_doubt().map(|sql| self.dialect.evidence(sql, connection.server()));
        status.state = State::PartWay;
        status.problem = Some(stopped_at(&attempt));
        status.next = Some(next_of(&attempt, evidence.as_ref(), &self.finishing(&attempt)));
        if self.revisions.graph.node(&attempt.revision).is_none() && attempt.direction == Direction::Up.word() {
            status.next =
                Some(format!("get the file of revision {}, then finish it: migrate upgrade", attempt.revision));
        }
        if let Some(lost) = self.lost_ground(connection, &attempt, rows).await {
            status.next = Some(format!("{}: {}", lost.phrase, lost.remedy));
        }
        Ok(())
    }

    /// The revision that is done in part, as an error in the words of the status; None where all are done or not begun. For
    /// whoever would believe the version table.
    pub(crate) async fn part_way(&self, connection: &mut Connection) -> Result<Option<Error>> {
        let Some(attempt) = self.log.open_attempt_if_any(connection).await? else { return Ok(None) };
        let status = self.status(connection).await?;
        let (kind, word) = match status.state {
            State::PartWay => (Kind::PartWay, STOPPED),
            State::Running => (Kind::Locked, UNDER_WAY),
            // It was done meanwhile, or a newer program knows more of it.
            State::AtHead | State::Behind | State::Newer | State::Edited | State::Corrupt | State::NewerFormat => {
                return Ok(None);
            }
        };
        let mut error = Error::new(kind, how_far(&attempt, word)).in_revision(attempt.revision.as_str());
        if let Some(sql) = attempt.statements.get(attempt.done) {
            error = error.in_statement(masked(sql), None);
        }
        if let Some(said) = &attempt.error {
            error = error.caused_by(said);
        }
        Ok(Some(self.placed(error).with_hint(status.next.unwrap_or_default())))
    }

    /// The command that finishes what was stopped: as short as it may be.
    fn finishing(&self, attempt: &Attempt) -> String {
        let is_short = attempt.direction == Direction::Up.word() && self.revisions.graph.heads().len() < 2;
        if is_short { "migrate upgrade".to_owned() } else { to_finish(attempt) }
    }

    /// At base: whether there are tables that no revision made.
    async fn explain_base(&self, connection: &mut Connection, status: &mut Status) -> Result<()> {
        let names = self.dialect.table_names(connection).await?;
        let theirs: Vec<&str> =
            names.iter().filter(|name| !self.scope.is_ours(&Name::own(name.as_str()))).map(String::as_str).collect();
        if theirs.is_empty() {
            status.note = Some("the database is empty".to_owned());
            return Ok(());
        }
        status.problem = Some(format!("no revision is applied, and the database has {}", counted(&theirs)));
        status.next = Some(if self.revisions.graph.is_empty() {
            "begin with what is there: migrate init --from-database".to_owned()
        } else {
            format!("if the revisions here made them: migrate stamp heads; if not, {}", self.way_up())
        });
        Ok(())
    }

    /// Whether a run holds the lock.
    async fn explain_lock(&self, connection: &mut Connection, status: &mut Status) -> Result<()> {
        let Some(holder) = self.dialect.lock_holder(connection, &self.history.table).await? else { return Ok(()) };
        status.note = Some(format!("a run is at work here: {}", holder.description));
        status.holder = Some(holder.description);
        if status.state == State::PartWay {
            status.state = State::Running;
            status.problem = status.problem.take().map(|text| text.replacen(STOPPED, UNDER_WAY, 1));
            status.next = Some("wait for it to end, then ask again".to_owned());
        }
        Ok(())
    }

    /// What is wrong with the files of what is applied; a row that no file has keeps its state, with better words.
    async fn lay_audit_over(&self, connection: &mut Connection, rows: &Rows, status: &mut Status) -> Result<()> {
        if status.state == State::Corrupt {
            return Ok(());
        }
        let known = self.log.read(connection).await?.checksums;
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
                (state, Vec::new(), Some(error.to_string()), error.hint().map(str::to_owned))
            }
        };
        Ok(Status { state, revisions: texts(rows), pending, note: None, holder: None, problem, next, kept: Vec::new() })
    }
}

/// The state of a version table that cannot be read as one.
fn not_understood(error: &Error) -> Status {
    let state = if error.kind() == Kind::Newer { State::Newer } else { State::Corrupt };
    let (problem, next) = (Some(error.to_string()), error.hint().map(str::to_owned));
    Status {
        state,
        revisions: Vec::new(),
        pending: Vec::new(),
        note: None,
        holder: None,
        problem,
        next,
        kept: Vec::new(),
    }
}

/// `2 tables: a, b`; of many, the first ones.
fn counted(names: &[&str]) -> String {
    const MOST: usize = 5;
    let shown = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    let plural = if names.len() == 1 { "" } else { "s" };
    match names.len().checked_sub(MOST).filter(|more| *more > 0) {
        Some(more) => format!("{} tables: {shown} and {more} more", names.len()),
        None => format!("{} table{plural}: {shown}", names.len()),
    }
}

/// What is said of an open attempt that nobody works on, and of one that somebody does.
pub(super) const STOPPED: &str = "was stopped";
const UNDER_WAY: &str = "is under way";

/// How much of an attempt was done.
pub(super) fn how_far(attempt: &Attempt, word: &str) -> String {
    let Attempt { direction, revision, done, .. } = attempt;
    let all = attempt.statements.len();
    format!("the {direction} of revision {revision} {word}: {done} of {all} statements took effect")
}

/// Where an attempt stands: what was done, what was begun, what was said.
fn stopped_at(attempt: &Attempt) -> String {
    let mut text = how_far(attempt, STOPPED);
    if let Some(sql) = attempt.in_doubt() {
        text = format!("{text}; statement {} was begun:\n  {}", attempt.begun, masked(sql).replace('\n', "\n  "));
    } else if let Some(sql) = attempt.statements.get(attempt.done) {
        text = format!("{text}; the next one is:\n  {}", masked(sql).replace('\n', "\n  "));
    }
    match &attempt.error {
        Some(error) => format!("{text}\nwhat was said: {error}"),
        None => text,
    }
}

fn next_of(attempt: &Attempt, evidence: Option<&Evidence>, command: &str) -> String {
    match evidence {
        None => format!("repair the cause, then finish it: {command}"),
        Some(Evidence::Seen(_)) if attempt.probe.is_some() => {
            format!("finish it: {command}; the server tells whether the statement took effect")
        }
        Some(Evidence::Together | Evidence::Repeatable | Evidence::Session) => {
            format!("finish it: {command}")
        }
        Some(Evidence::Seen(_) | Evidence::Temporary | Evidence::Unknowable) => format!(
            "the server cannot tell whether the statement took effect: look, then `migrate resolve --done` or \
             `migrate resolve --redo`, then: {command}"
        ),
    }
}
