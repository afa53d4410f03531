//! One SQL statement as it passes from the dialects to the executor, the offline script, the dry run, lint and reports.
//! Plain values, no I/O.

pub(crate) mod body;
pub(crate) mod classify;
pub(crate) mod course;
pub(crate) mod evidence;
pub(crate) mod lock;
pub(crate) mod split;
pub(crate) mod syntax;
pub(crate) mod token;
#[cfg(feature = "run")]
pub(crate) mod touches;
pub(crate) mod value;

use std::borrow::Cow;
use std::fmt;

use crate::statement::course::Course;

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
}

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
        }
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
    /// The table is written anew: `orders`.
    Rewrites(String),
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LosesData(what) => write!(f, "loses data: {what}"),
            Self::MayFail(what) => write!(f, "may fail: {what}"),
            Self::Rewrites(what) => write!(f, "writes the whole table anew: {what}"),
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
