//! Columns and their types.

use super::{Expr, Ident, Options, SortedMap};

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) nullable: bool,
    pub(crate) default: Option<Default>,
    pub(crate) identity: Option<Identity>,
    pub(crate) generated: Option<Generated>,
    pub(crate) comment: Option<String>,
    /// Collation, charset, invisible, on_update, storage: whatever only one database has.
    pub(crate) options: Options,
    /// Hint of a model: what the column was called before.
    pub(crate) renamed_from: Option<Ident>,
}

impl Column {
    /// A nullable column without anything else.
    pub(crate) fn new(name: impl Into<Ident>, ty: Type) -> Self {
        Self {
            name: name.into(),
            ty,
            nullable: true,
            default: None,
            identity: None,
            generated: None,
            comment: None,
            options: Options::default(),
            renamed_from: None,
        }
    }
}

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// A word that means the same on every database.
    Neutral(Neutral),
    /// The database's own text; after an inspection exactly as the server prints it (on PostgreSQL `format_type`).
    Native(String),
}

/// The words that mean the same everywhere; the user guide's chapter on models has the table of what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Neutral {
    Bool,
    Smallint,
    Int,
    Bigint,
    /// Precision and scale.
    Decimal(Option<(u32, u32)>),
    Real,
    Double,
    /// Length in characters.
    Char(Option<u32>),
    Varchar(Option<u32>),
    Text,
    Bytes,
    Date,
    Time,
    /// Without a zone.
    Timestamp,
    /// An instant.
    TimestampTz,
    Uuid,
    Json,
    /// The words, and the name of the type where the database has named ones (default `<table>_<column>`).
    Enum {
        values: Vec<String>,
        name: Option<Ident>,
    },
}

/// What a column holds when nothing is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Default {
    /// The scalar's text as written; the column's type decides how it is rendered.
    Literal(String),
    /// An expression; after an inspection always this.
    Sql(Expr),
}

/// A number that the database gives out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) mode: IdentityMode,
    /// Options of the sequence that differ from the server's own (`start`, `increment`, `min`, `max`, `cache`, `cycle`,
    /// and for `Serial` a `sequence` name that is not the usual one).
    pub(crate) options: SortedMap<String, String>,
}

/// How an identity column treats values that are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentityMode {
    /// Refuses given values. On MariaDB, MySQL and SQLite the same as `ByDefault`, and compared so.
    Always,
    ByDefault,
    /// PostgreSQL's `serial`: a default of `nextval` on a sequence that the column owns.
    Serial,
}

/// A column that is computed from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Generated {
    pub(crate) expr: Expr,
    pub(crate) stored: bool,
}

/// Where a column stands, on databases that can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    First,
    After(Ident),
}
