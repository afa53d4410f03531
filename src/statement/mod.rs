//! One SQL statement as it passes from the dialects to the executor, the offline script, the dry run, lint and reports.
//! Plain values, no I/O.

pub(crate) mod body;
pub(crate) mod classify;
pub(crate) mod course;
pub(crate) mod evidence;
pub(crate) mod lock;
pub(crate) mod session;
pub(crate) mod split;
pub(crate) mod syntax;
pub(crate) mod token;
#[cfg(feature = "run")]
pub(crate) mod touches;
pub(crate) mod value;

use std::borrow::Cow;
use std::fmt;

use crate::schema::Name;
use crate::statement::course::Course;

/// Whether this program knows a database that is a server: one with rights, with others at work, with types of its own.
/// What is done for the sake of those alone is left out of a program that embeds SQLite only.
pub(crate) const SERVERS: bool = cfg!(any(feature = "postgres", feature = "mysql"));

/// One statement for the server. Values are literals in its text, so that the script that is printed offline is the very
/// text that runs online.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    /// The text, without a terminator.
    pub(crate) sql: String,
    /// What it is for, in words: the operation's description, or the file's line for a person's SQL.
    pub(crate) why: String,
    /// False: the server refuses it inside a transaction.
    pub(crate) transactional: bool,
    /// True: a person wrote it, so the transaction's state is asserted after it.
    pub(crate) by_person: bool,
    /// Line of its first word in the revision file, from 1.
    pub(crate) line: Option<usize>,
    /// What may go wrong with rows that are there, what is lost, what waits.
    pub(crate) hazards: Vec<Hazard>,
    /// How the server is to change a table, where it takes words about that.
    pub(crate) course: Option<Box<Course>>,
    /// Those words, once the table is known: said at the end of `sql` when it is sent, and no part of it.
    pub(crate) words: String,
    /// Where the server refuses for these words, the statement may be sent without them: the table is small.
    pub(crate) may_do_without_words: bool,
    /// What a person can do where the server refuses it.
    pub(crate) hint: Option<&'static str>,
    /// What runs right behind it, in the same transaction and as one with it.
    #[cfg(feature = "rows")]
    pub(crate) also: Vec<Also>,
    /// It is the mark of work that goes through a table in pieces, each in a transaction of its own.
    #[cfg(feature = "rows")]
    pub(crate) pieces: Option<Box<Pieces>>,
}

/// What runs right behind a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Also {
    Run(String),
    Ask(Guard),
    /// Rows go through a program.
    Through(Box<RowWork>),
}

/// Rows of a table that go through a program, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowWork {
    pub(crate) by: RowProgram,
    /// The name of the step.
    pub(crate) step: String,
    pub(crate) revision: String,
    pub(crate) table: Name,
    /// What a script sees; empty = all of it.
    pub(crate) columns: Vec<String>,
    /// Those of them that it may not set.
    pub(crate) fixed: Vec<String>,
    /// The rows, in SQL; [`RANGE`] and [`NUMBER`] may stand in it.
    pub(crate) filter: Option<String>,
    /// In which order they go, before their key: columns, and whether they go down.
    pub(crate) order: Vec<(String, bool)>,
    /// How many rows there are: one number.
    pub(crate) count: String,
}

/// What changes a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowProgram {
    /// A script, and the line of its first line in the file.
    Script { text: String, line: usize },
    /// A closure by the name of the step; `back`: its way back.
    Closure { version: u32, back: bool },
}

impl RowWork {
    /// For people, where a statement would stand.
    pub(crate) fn in_words(&self) -> String {
        let by = match self.by {
            RowProgram::Script { .. } => "a script",
            RowProgram::Closure { .. } => "a closure of the program",
        };
        format!("-- {}: rows of {} through {by}", self.step, self.table.for_people())
    }
}

/// A question whose rows are what must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guard {
    /// Gives a row for each finding; its cells name it.
    pub(crate) sql: String,
    /// `rows of orders were changed since by others`; the number of rows stands before it.
    pub(crate) finding: String,
    /// What to do, imperative.
    pub(crate) hint: String,
    /// Findings are told, and nothing else.
    pub(crate) only_tells: bool,
}

impl Guard {
    /// The finding with its number: `3 rows of orders were changed`, `1 row of orders was changed`.
    pub(crate) fn found(&self, count: u64) -> String {
        const OF_ONE: [(&str, &str); 5] = [
            (" were changed", " was changed"),
            (", are not there", ", is not there"),
            (" what they were", " what it was"),
            (" that refer to", " that refers to"),
            (" that were ", " that was "),
        ];
        match self.finding.strip_prefix("rows").filter(|_| count == 1) {
            Some(rest) => OF_ONE.iter().fold(format!("1 row{rest}"), |text, (many, one)| text.replacen(many, one, 1)),
            None => format!("{count} {}", self.finding),
        }
    }
}

/// Work that goes through a table by its key, a number of rows at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pieces {
    /// The name of the step.
    pub(crate) step: String,
    /// Rows in a piece.
    pub(crate) size: u32,
    /// Milliseconds between two pieces.
    pub(crate) pause: u32,
    /// A scalar, how much of it is too much, and for how many milliseconds that is waited for.
    pub(crate) load: Option<(String, u32, u32)>,
    pub(crate) name: Name,
    /// The table and the columns by which it is gone through, quoted, and whether downwards.
    pub(crate) table: String,
    pub(crate) key: Vec<(String, bool)>,
    /// How many rows there are to do: one number. [`DONE_RANGE`] may stand in it, and in all that follows.
    pub(crate) count: String,
    /// The last key of the next piece, as literals, then as it is; no row where nothing is left. [`RANGE`] stands for the
    /// condition on the keys of the table, [`SIZE`] for the rows.
    pub(crate) next: String,
    /// What is done to one piece; [`RANGE`], [`IMAGE_RANGE`], [`DONE_RANGE`] and [`NUMBER`] stand in it.
    pub(crate) work: Vec<String>,
    /// Which of these tells how many rows there were.
    pub(crate) counts: usize,
    /// Rows go through a program behind so many statements of `work`.
    pub(crate) through: Option<(usize, Box<RowWork>)>,
    /// Rows that are done are found no more, so that passes are made until one finds nothing.
    pub(crate) again: bool,
    /// Notes the rows of a piece that cannot be changed; [`RANGE`] and [`REASON`], a literal, stand in it.
    pub(crate) skip: Option<String>,
}

/// Stands for the condition that a row lies in the piece.
pub(crate) const RANGE: &str = "\u{1}range\u{1}";

/// The same over `i`, the image.
pub(crate) const IMAGE_RANGE: &str = "\u{1}image range\u{1}";

/// The same over `done`, where the rows that are done are found: so a server does not read all of them for each piece.
pub(crate) const DONE_RANGE: &str = "\u{1}done range\u{1}";

/// Stands for the number of the piece.
pub(crate) const NUMBER: &str = "\u{1}number\u{1}";

/// Stands for the number of rows.
pub(crate) const SIZE: &str = "\u{1}size\u{1}";

/// Stands for the reason why a row is left as it is.
pub(crate) const REASON: &str = "\u{1}reason\u{1}";

impl Statement {
    /// A statement of ours: inside a transaction, no hazards.
    pub(crate) fn new(sql: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            why: why.into(),
            transactional: true,
            by_person: false,
            line: None,
            hazards: Vec::new(),
            course: None,
            words: String::new(),
            may_do_without_words: false,
            hint: None,
            #[cfg(feature = "rows")]
            also: Vec::new(),
            #[cfg(feature = "rows")]
            pieces: None,
        }
    }

    /// All texts of it that change something, in their order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let texts = std::iter::once(self.sent().into_owned());
        #[cfg(feature = "rows")]
        let texts = texts.chain(self.also.iter().filter_map(|also| match also {
            Also::Run(sql) => Some(sql.clone()),
            Also::Through(work) => Some(work.in_words()),
            Also::Ask(_) => None,
        }));
        texts.collect()
    }

    #[must_use]
    pub(crate) fn with_hazard(mut self, hazard: Hazard) -> Self {
        self.hazards.push(hazard);
        self
    }

    /// The text as it is sent.
    pub(crate) fn sent(&self) -> Cow<'_, str> {
        let gap = if self.sql.contains("\n  ") { ",\n  " } else { ", " };
        match self.words.as_str() {
            "" => Cow::Borrowed(&self.sql),
            words => Cow::Owned(format!("{}{gap}{words}", self.sql)),
        }
    }
}

/// What a statement may do to rows, or to others who work on the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hazard {
    /// Data goes away for good: `orders.note and everything in it`.
    LosesData(String),
    /// Fails, or converts, if rows are there that do not fit: `rows where orders.note is NULL`.
    MayFail(String),
    /// Rows that are there get a value: `rows where orders.note is NULL get '', and keep it on the way back`.
    Writes(String),
    /// The table is written anew: `orders`.
    Rewrites(String),
    /// Triggers run for rows that are there: `touch of orders, for rows where orders.note is NULL`.
    RunsTriggers(String),
}

/// How the hazard begins where it is written above a statement.
pub(crate) const LOSES_DATA: &str = "loses data: ";

impl Hazard {
    /// Rows without a value in a column (`orders.note`) get one (`''`), for it has to have one from now on.
    pub(crate) fn fills(column: &str, value: &str) -> Self {
        Self::Writes(format!("rows where {column} is NULL get {value}, and keep it on the way back"))
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LosesData(what) => write!(f, "{LOSES_DATA}{what}"),
            Self::MayFail(what) => write!(f, "may fail: {what}"),
            Self::Writes(what) => write!(f, "writes: {what}"),
            Self::Rewrites(what) => write!(f, "writes the whole table anew: {what}"),
            Self::RunsTriggers(what) => write!(f, "runs triggers: {what}"),
        }
    }
}

/// Which product answers, for the facts in which relatives differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Product {
    Sqlite,
    Postgres,
    MariaDb,
    MySql,
}

/// Product and version, read at connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerVersion {
    pub(crate) product: Product,
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) patch: u32,
}

impl ServerVersion {
    pub(crate) const fn new(product: Product, major: u32, minor: u32, patch: u32) -> Self {
        Self { product, major, minor, patch }
    }

    /// Whether it is at least this version of its own product.
    pub(crate) fn at_least(self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let product = match self.product {
            Product::Sqlite => "SQLite",
            Product::Postgres => "PostgreSQL",
            Product::MariaDb => "MariaDB",
            Product::MySql => "MySQL",
        };
        write!(f, "{product} {}.{}", self.major, self.minor)?;
        if self.patch > 0 { write!(f, ".{}", self.patch) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Guard;

    #[test]
    fn one_row_is_not_several() {
        let found = |finding: &str, count| {
            let (sql, hint) = (String::new(), String::new());
            Guard { sql, finding: finding.to_owned(), hint, only_tells: false }.found(count)
        };
        for (many, one) in [
            ("rows of t were changed since by others", "1 row of t was changed since by others"),
            ("rows of t, which this step changes, are not there", "1 row of t, which this step changes, is not there"),
            ("rows of t did not become what they were", "1 row of t did not become what it was"),
            ("rows that were not expected", "1 row that was not expected"),
        ] {
            assert_eq!(found(many, 1), one);
            assert_eq!(found(many, 2), format!("2 {many}"));
        }
    }
}
