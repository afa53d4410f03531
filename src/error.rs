//! One error type for the library and the program: what happened, where, why, and what to do next.
//!
//! An error names its object (path, revision, statement, line) and carries an imperative hint. Its [`Kind`] decides the
//! exit code. It never holds a URL or a secret.

use std::fmt;
use std::path::{Path, PathBuf};

/// The result of everything that can fail in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it is. Programs that embed the library branch on it; [`Kind::exit_code`] maps it for the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The answer is no: drift, not at head, findings, a rename that only a person can decide.
    Refused,
    /// A wrong argument, an unknown or ambiguous target, several heads where one is asked for.
    Usage,
    /// The configuration cannot be read or is wrong.
    Config,
    /// A model or revision file cannot be read or is wrong.
    File,
    /// The database cannot be reached, or refuses the login.
    Connect,
    /// The login has not enough rights to answer.
    Privilege,
    /// The database, or this program, cannot do what is asked.
    Unsupported,
    /// A downgrade meets a revision without a way back.
    NoWayBack,
    /// The database or the file is read-only.
    ReadOnly,
    /// A statement failed and was rolled back.
    Statement,
    /// The run was cancelled and rolled back.
    Cancelled,
    /// The server or the disk is full; the revision was rolled back.
    DiskFull,
    /// A lock was not obtained in time; nothing of the revision in work was changed.
    Locked,
    /// Stopped part-way where the database cannot roll back.
    PartWay,
    /// The connection died while committing.
    OutcomeUnknown,
    /// The database names revisions that are not known here.
    Newer,
    /// An applied revision was edited or deleted.
    Edited,
    /// The revision graph is broken: cycle, duplicate, missing parent.
    Graph,
    /// The tool's own tables hold what they cannot hold.
    Corrupt,
}

impl Kind {
    /// The exit code of the program, as in the user guide's chapter on exit codes.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage
            | Self::Config
            | Self::File
            | Self::Connect
            | Self::Privilege
            | Self::Unsupported
            | Self::NoWayBack
            | Self::ReadOnly => 2,
            Self::Statement | Self::Cancelled | Self::DiskFull => 3,
            Self::Locked => 4,
            Self::PartWay => 5,
            Self::OutcomeUnknown => 6,
            Self::Newer | Self::Edited | Self::Graph | Self::Corrupt => 7,
        }
    }

    /// The word for reports: `statement`, `part_way`, …
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Usage => "usage",
            Self::Config => "config",
            Self::File => "file",
            Self::Connect => "connect",
            Self::Privilege => "privilege",
            Self::Unsupported => "unsupported",
            Self::NoWayBack => "no_way_back",
            Self::ReadOnly => "read_only",
            Self::Statement => "statement",
            Self::Cancelled => "cancelled",
            Self::DiskFull => "disk_full",
            Self::Locked => "locked",
            Self::PartWay => "part_way",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Newer => "newer",
            Self::Edited => "edited",
            Self::Graph => "graph",
            Self::Corrupt => "corrupt",
        }
    }
}

/// Where it happened; every part is optional. The innermost place wins: a part that is set is not overwritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Line in that file, from 1.
    pub line: Option<usize>,
    /// Column in that line, in characters, from 1.
    pub column: Option<usize>,
    /// The text of that line, for reports; never of a configuration file, which may hold a secret.
    pub text: Option<String>,
    /// Id of the revision in work.
    pub revision: Option<String>,
    /// Text of the statement that failed.
    pub statement: Option<String>,
    /// Where in `statement` the server points, in characters from 0.
    pub position: Option<usize>,
    /// The server's code for the failure: SQLSTATE, MariaDB's or SQLite's number.
    pub code: Option<String>,
}

/// An error of this crate. Small (one pointer), so that `Result` stays cheap.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    phrase: String,
    place: Place,
    causes: Vec<String>,
    hint: Option<String>,
    backup: Option<PathBuf>,
}

impl Error {
    /// A new error. The phrase starts in lower case and ends without a full stop: `no such table: orders`.
    pub fn new(kind: Kind, phrase: impl Into<String>) -> Self {
        Self::of(kind, phrase.into())
    }

    /// Cold, as all that makes an error: what leads here is not worth the room that quick code takes.
    #[cold]
    fn of(kind: Kind, phrase: String) -> Self {
        Self(Box::new(Inner { kind, phrase, place: Place::default(), causes: Vec::new(), hint: None, backup: None }))
    }

    /// Sets the next step, an imperative sentence without a full stop. The first hint wins.
    #[must_use]
    pub fn with_hint(self, imperative: impl Into<String>) -> Self {
        self.hinted(imperative.into())
    }

    #[cold]
    fn hinted(mut self, imperative: String) -> Self {
        self.0.hint.get_or_insert(imperative);
        self
    }

    /// The same with its next step, if it has one, in other words.
    #[cfg(feature = "cli")]
    #[must_use]
    pub(crate) fn with_hint_as(mut self, words: impl FnOnce(&str) -> String) -> Self {
        self.0.hint = self.0.hint.as_deref().map(words);
        self
    }

    /// Adds to the next step, or is it where there is none.
    #[must_use]
    #[cold]
    pub fn and_hint(mut self, more: &str) -> Self {
        self.0.hint = Some(match self.0.hint.take() {
            Some(hint) => format!("{hint}; {more}"),
            None => more.to_owned(),
        });
        self
    }

    /// Adds the reason below: what a server, a library or the system said.
    #[must_use]
    pub fn caused_by(self, cause: impl fmt::Display) -> Self {
        self.below(cause.to_string())
    }

    #[cold]
    fn below(mut self, cause: String) -> Self {
        self.0.causes.push(cause);
        self
    }

    /// Names the file.
    #[must_use]
    pub fn in_file(self, path: impl AsRef<Path>) -> Self {
        self.in_this_file(path.as_ref())
    }

    #[cold]
    fn in_this_file(mut self, path: &Path) -> Self {
        self.0.place.file.get_or_insert_with(|| path.to_path_buf());
        self
    }

    /// Names line and column of the file, both from 1; a column of 0 means that it is not known.
    #[must_use]
    #[cold]
    pub fn at_line(mut self, line: usize, column: usize) -> Self {
        if self.0.place.line.is_none() {
            self.0.place.line = Some(line);
            self.0.place.column = (column > 0).then_some(column);
        }
        self
    }

    /// Keeps the text of the line that is named, given the text of the whole file.
    #[must_use]
    #[cold]
    pub fn quoting(mut self, file_text: &str) -> Self {
        let line = self.0.place.line.and_then(|line| file_text.lines().nth(line.checked_sub(1)?));
        if let (None, Some(line)) = (&self.0.place.text, line) {
            self.0.place.text = Some(line.trim_start_matches('\u{feff}').to_owned());
        }
        self
    }

    /// Names the revision in work.
    #[must_use]
    pub fn in_revision(self, id: impl Into<String>) -> Self {
        self.of_revision(id.into())
    }

    #[cold]
    fn of_revision(mut self, id: String) -> Self {
        self.0.place.revision.get_or_insert(id);
        self
    }

    /// Gives the text of the statement that failed and where the server points in it (characters, from 0).
    #[must_use]
    pub fn in_statement(self, sql: impl Into<String>, position: Option<usize>) -> Self {
        self.of_statement(sql.into(), position)
    }

    /// The same with this statement, which people know, in the place of the one that was sent, if one was.
    #[must_use]
    pub(crate) fn of_another_statement(mut self, sql: &str) -> Self {
        match self.0.place.statement.take() {
            Some(_) => self.of_statement(sql.to_owned(), None),
            None => self,
        }
    }

    #[cold]
    fn of_statement(mut self, sql: String, position: Option<usize>) -> Self {
        if self.0.place.statement.is_none() {
            self.0.place.statement = Some(sql);
            self.0.place.position = position;
        }
        self
    }

    /// Keeps the server's code, so that a caller can tell what is worth another try.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.place.code.get_or_insert_with(|| code.into());
        self
    }

    /// Names the copy of the database that was made before the run.
    #[must_use]
    pub fn with_backup(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.backup = Some(path.into());
        self
    }

    /// Changes the kind, where the caller knows better what a failure means.
    #[must_use]
    #[cold]
    pub fn into_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Puts a new phrase on top; the old one becomes the first cause.
    #[must_use]
    pub fn while_doing(self, phrase: impl Into<String>) -> Self {
        self.above(phrase.into())
    }

    #[cold]
    fn above(mut self, phrase: String) -> Self {
        let below = std::mem::replace(&mut self.0.phrase, phrase);
        self.0.causes.insert(0, below);
        self
    }

    /// Puts the name of the database that it is about before the phrase.
    #[must_use]
    pub(crate) fn of_database(mut self, name: &str) -> Self {
        self.0.phrase = format!("{name}: {}", self.0.phrase);
        self
    }

    /// Several failures in one report: kind, place and hint are those of the first, the causes are all of them. One alone
    /// stays as it is.
    pub(crate) fn together(phrase: &str, errors: Vec<Self>) -> Option<Self> {
        let count = errors.len();
        let mut errors = errors.into_iter();
        let first = errors.next()?;
        if count == 1 {
            return Some(first);
        }
        let head = Self::new(first.kind(), format!("{phrase} {count} problems")).caused_by(first.placed());
        let mut all = errors.fold(head, |all, error| all.caused_by(error.placed()));
        all.0.hint = first.0.hint;
        all.0.place = Place { text: None, ..first.0.place };
        Some(all)
    }

    /// With its file and line in front.
    fn placed(&self) -> String {
        let line = self.0.place.line.map_or_else(String::new, |line| format!(":{line}"));
        match &self.0.place.file {
            Some(file) => format!("{}{line}: {self}", file.display()),
            None => self.to_string(),
        }
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The exit code for the shell.
    pub fn exit_code(&self) -> u8 {
        self.0.kind.exit_code()
    }

    /// The phrase alone, without causes and hint.
    pub fn phrase(&self) -> &str {
        &self.0.phrase
    }

    /// Where it happened.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// The reasons below, outermost first.
    pub fn causes(&self) -> &[String] {
        &self.0.causes
    }

    /// The next step.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Id of the revision in work.
    pub fn revision(&self) -> Option<&str> {
        self.0.place.revision.as_deref()
    }

    /// Text of the statement that failed.
    pub fn statement(&self) -> Option<&str> {
        self.0.place.statement.as_deref()
    }

    /// The server's code for the failure: SQLSTATE, MariaDB's or SQLite's number.
    pub fn code(&self) -> Option<&str> {
        self.0.place.code.as_deref()
    }

    /// The copy of the database that was made before the run.
    pub fn backup(&self) -> Option<&Path> {
        self.0.backup.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.phrase)?;
        self.0.causes.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("phrase", &self.0.phrase)
            .field("place", &self.0.place)
            .field("causes", &self.0.causes)
            .field("hint", &self.0.hint)
            .finish()
    }
}

impl std::error::Error for Error {}
