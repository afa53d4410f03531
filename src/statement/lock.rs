//! The lock that a statement takes, for people who plan when it may run. Plain values, no I/O.

/// What others wait for while a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Waiting {
    /// Nobody who reads or writes rows; other changes of the table wait.
    Changes,
    /// Those who write rows.
    Writes,
    /// Everybody.
    Everything,
}

impl Waiting {
    /// The word in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Changes => "changes",
            Self::Writes => "writes",
            Self::Everything => "reads_and_writes",
        }
    }

    /// For people: who waits.
    pub(crate) fn spoken(self) -> &'static str {
        match self {
            Self::Changes => "reads and writes go on",
            Self::Writes => "writes wait",
            Self::Everything => "reads and writes wait",
        }
    }
}

/// A lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    /// `None`: one that the text does not name, or the whole file.
    pub(crate) table: Option<String>,
    /// In the server's word: `ACCESS EXCLUSIVE`.
    pub(crate) mode: &'static str,
    pub(crate) waiting: Waiting,
}

impl Lock {
    pub(crate) fn new(table: Option<String>, mode: &'static str, waiting: Waiting) -> Self {
        Self { table, mode, waiting }
    }
}
