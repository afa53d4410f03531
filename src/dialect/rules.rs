//! What the data rules of models ask, in the words of one database. Pure text: no I/O.
//!
//! A rule never writes: it is asked in a snapshot that cannot. `column` is always a quoted name.

use crate::statement::ServerVersion;

/// The words of one database for rules.
pub(crate) trait RuleWords: Sync {
    /// Opens a transaction that sees one state of the database and cannot write, where the server knows such a thing.
    fn snapshot(&self) -> &'static str;

    /// Whether the text of a column has nothing but white space; unknown for NULL.
    fn is_blank(&self, column: &str) -> String;

    /// Whether the text of a column holds a match of the regular expression, with regard to case; unknown for NULL.
    /// `pattern` is a string literal.
    fn matches(&self, column: &str, pattern: &str, server: ServerVersion) -> String;

    /// Aggregate: the newest moment of a column, as it is shown to people.
    fn newest(&self, column: &str) -> String;

    /// Aggregate: whether the newest moment of a column is not older than so many seconds, by the server's clock;
    /// unknown where there is none.
    fn is_fresh(&self, column: &str, seconds: u64) -> String;
}
