//! The frame of an offline script: what stands around the statements of revisions, so that the database's own shell does
//! with the script what this program would do, or nothing. Pure text: no I/O.
//!
//! A script does not know what it will meet, and a shell may go on after an error. So every transaction of a script asks
//! first whether it begins where it was planned to begin, and the answer no must keep *everything* behind it from taking
//! effect, also the transactions that would find their own beginning again. What does that differs from database to
//! database, and is told in each dialect's `frame.rs`. A *commit* is counted by its number, from 0.

use crate::dialect::Unsupported;
use crate::schema::Ident;

/// What every guard that fails says.
pub(crate) const NOT_HERE: &str = "the database is not where this step begins";

/// The frame in the words of one database. Each answer is a list of statements without their terminators.
pub(crate) trait Frame: Sync {
    /// The line of a shell that runs a script which works on these attached files too; `FILE` stands for the script.
    fn shell(&self, attached: &[Ident]) -> String;

    /// The condition that all of these are attached; None where there are none.
    fn has_attached(&self, _schemas: &[Ident]) -> Option<String> {
        None
    }

    /// What the guards need; said once, outside of a transaction.
    fn opening(&self) -> Vec<String>;

    /// Why a statement of a person cannot stand in a script, if so.
    fn refuses(&self, _sql: &str) -> Option<Unsupported> {
        None
    }

    /// Opens a transaction.
    fn begin(&self) -> Vec<String>;

    /// Keeps others from changing the version table until the transaction ends; inside one.
    fn lock(&self, _version_table: &str) -> Vec<String> {
        Vec::new()
    }

    /// Unless the condition holds and all commits before `number` were made: an error, and nothing behind it takes
    /// effect. Inside a transaction.
    fn guard(&self, number: usize, condition: &str) -> Vec<String>;

    /// Commits. The condition holds if all that was done in the transaction took effect.
    fn commit(&self, number: usize, condition: &str) -> Vec<String>;

    /// What must be said before statements that no transaction protects, so that the commits before `number` keep them
    /// from running too.
    fn outside(&self, _number: usize) -> Vec<String> {
        Vec::new()
    }

    /// What makes the guards forget where the script is, if this statement outside of a transaction is such: its words.
    fn forgets(&self, _sql: &str) -> Option<&'static str> {
        None
    }

    /// What a revision that writes tables anew needs, where the database must be told. The condition is that of
    /// [`Frame::commit`].
    fn rebuild(&self, _condition: &str, _attached: &[Ident]) -> Option<Rebuild> {
        None
    }

    /// One statement as the shell takes it, terminator included.
    fn terminated(&self, sql: &str) -> String {
        format!("{sql};")
    }
}

/// Around a revision that writes tables anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rebuild {
    /// Outside of the transaction, before it.
    pub(crate) before: Vec<String>,
    /// Inside, last before the commit: undoes everything if rows would refer to nothing, or if not all took effect.
    pub(crate) check: Vec<String>,
    /// Outside, behind it.
    pub(crate) after: Vec<String>,
}
