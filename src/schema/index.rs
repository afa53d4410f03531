//! Indexes that are not part of a key.

use super::{Expr, Ident, Options};

/// An index.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Index {
    pub(crate) name: Ident,
    pub(crate) parts: Vec<IndexPart>,
    pub(crate) unique: bool,
    /// `gin`, `hash`, `fulltext`, `spatial`; None = the database's usual one (a b-tree).
    pub(crate) method: Option<String>,
    /// Only rows that meet this.
    pub(crate) predicate: Option<Expr>,
    /// Columns that ride along.
    pub(crate) include: Vec<Ident>,
    pub(crate) nulls_not_distinct: bool,
    pub(crate) comment: Option<String>,
    /// Storage parameters, `ignored`, parser, …
    pub(crate) options: Options,
    /// Hint of a model: what the index was called before.
    pub(crate) renamed_from: Option<Ident>,
}

/// One key of an index.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IndexPart {
    pub(crate) target: IndexTarget,
    pub(crate) descending: bool,
    /// None = what follows from the order (PostgreSQL: last when ascending, first when descending).
    pub(crate) nulls: Option<Nulls>,
    /// Only where it differs from the column's own.
    pub(crate) collation: Option<String>,
    /// Only where it is not the type's usual one; with its parameters.
    pub(crate) operator_class: Option<String>,
    /// The first so many characters or bytes (MariaDB, MySQL).
    pub(crate) prefix: Option<u32>,
}

impl IndexPart {
    /// A column, ascending, with nothing else said.
    pub(crate) fn column(name: Ident) -> Self {
        Self {
            target: IndexTarget::Column(name),
            descending: false,
            nulls: None,
            collation: None,
            operator_class: None,
            prefix: None,
        }
    }

    /// The column's name if the key is a plain column.
    pub(crate) fn column_name(&self) -> Option<&Ident> {
        match &self.target {
            IndexTarget::Column(name) => Some(name),
            IndexTarget::Expression(_) => None,
        }
    }
}

/// What an index key is made from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum IndexTarget {
    Column(Ident),
    Expression(Expr),
}

/// Where NULLs stand in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    First,
    Last,
}
