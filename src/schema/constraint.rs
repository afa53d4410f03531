//! Keys and checks. No name = the name that the server makes for an unnamed constraint.

use super::{Expr, Ident, Name, Options};

/// The primary key of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PrimaryKey {
    pub(crate) name: Option<Ident>,
    /// In the order of the key.
    pub(crate) columns: Vec<Ident>,
    /// Columns that ride along in the index.
    pub(crate) include: Vec<Ident>,
    pub(crate) deferrable: Option<Deferrable>,
    pub(crate) comment: Option<String>,
    pub(crate) options: Options,
}

/// A unique constraint.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unique {
    pub(crate) name: Option<Ident>,
    pub(crate) columns: Vec<Ident>,
    pub(crate) include: Vec<Ident>,
    /// Two NULLs count as equal.
    pub(crate) nulls_not_distinct: bool,
    pub(crate) deferrable: Option<Deferrable>,
    pub(crate) comment: Option<String>,
    pub(crate) options: Options,
}

/// A condition that every row meets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Check {
    pub(crate) name: Option<Ident>,
    pub(crate) condition: Expr,
    pub(crate) no_inherit: bool,
    /// Rows from before it were not looked at.
    pub(crate) not_valid: bool,
    pub(crate) not_enforced: bool,
    pub(crate) comment: Option<String>,
}

/// A reference to rows of another table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ForeignKey {
    pub(crate) name: Option<Ident>,
    pub(crate) columns: Vec<Ident>,
    pub(crate) references: Name,
    /// As many as `columns`; empty in a declared one = the primary key of `references`.
    pub(crate) referenced_columns: Vec<Ident>,
    pub(crate) on_delete: Action,
    pub(crate) on_update: Action,
    /// MATCH FULL instead of MATCH SIMPLE.
    pub(crate) match_full: bool,
    pub(crate) deferrable: Option<Deferrable>,
    pub(crate) not_valid: bool,
    pub(crate) not_enforced: bool,
    /// ON DELETE SET NULL or SET DEFAULT of these columns only.
    pub(crate) set_columns: Vec<Ident>,
    /// PERIOD: the last column on both sides is a range, and all of it must be covered.
    pub(crate) period: bool,
    pub(crate) comment: Option<String>,
}

impl ForeignKey {
    /// From columns to those of a table, without a name, an action or anything else.
    pub(crate) fn plain(columns: Vec<Ident>, references: Name, referenced_columns: Vec<Ident>) -> Self {
        Self {
            name: None,
            columns,
            references,
            referenced_columns,
            on_delete: Action::Nothing,
            on_update: Action::Nothing,
            match_full: false,
            deferrable: None,
            not_valid: false,
            not_enforced: false,
            set_columns: Vec::new(),
            period: false,
            comment: None,
        }
    }
}

/// What happens to a referencing row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Action {
    #[default]
    Nothing,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl Action {
    /// All of them with their words in files (`set null`).
    pub(crate) const WORDS: [(Self, &str); 5] = [
        (Self::Nothing, "no action"),
        (Self::Restrict, "restrict"),
        (Self::Cascade, "cascade"),
        (Self::SetNull, "set null"),
        (Self::SetDefault, "set default"),
    ];

    /// The word in files, in lower case; in capitals it is SQL.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Nothing => "no action",
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set null",
            Self::SetDefault => "set default",
        }
    }
}

/// A constraint that may wait for COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deferrable {
    pub(crate) initially_deferred: bool,
}
