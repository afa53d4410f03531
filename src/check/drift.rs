//! How rows differ from those that the models own, for reports. Plain values.

use crate::schema::{Ident, Name};

/// How the rows of one table differ from those that its model owns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowDrift {
    pub(crate) table: Name,
    pub(crate) rows: Vec<DriftedRow>,
}

/// One row that is not as its model says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DriftedRow {
    /// Columns and values that tell it from others.
    pub(crate) key: Vec<(Ident, String)>,
    pub(crate) drift: Drift,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Drift {
    /// It is not there.
    Missing,
    /// These columns hold something else.
    Changed(Vec<Cell>),
    /// It is there, and nothing should be but what the model owns.
    Extra,
}

/// A column that holds something else; None is NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) column: Ident,
    pub(crate) expected: Option<String>,
    pub(crate) found: Option<String>,
}

impl Drift {
    /// The list of a step in which such a row stands.
    pub(crate) fn list(&self) -> &'static str {
        match self {
            Self::Missing => "insert",
            Self::Changed(_) => "update",
            Self::Extra => "delete",
        }
    }
}

impl DriftedRow {
    /// `code=de`, for people.
    pub(crate) fn name(&self) -> String {
        let pairs: Vec<String> = self.key.iter().map(|(column, text)| format!("{}={text}", column.as_str())).collect();
        pairs.join(", ")
    }
}
