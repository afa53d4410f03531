//! What a CREATE TABLE consists of, each part with its place.

use super::reader::Span;
use crate::schema::{Action, Deferrable, Ident};

/// A whole CREATE TABLE.
#[derive(Clone, Debug)]
pub(crate) struct TableText<'t> {
    /// What was read.
    pub(crate) text: &'t str,
    pub(crate) name: Named,
    /// The parentheses around columns and constraints.
    pub(crate) body: Span,
    pub(crate) columns: Vec<ColumnText<'t>>,
    /// The table's own constraints.
    pub(crate) constraints: Vec<ClauseText<'t>>,
    /// For each column, then for each constraint: where the comma behind it stands, if one does. Between constraints
    /// SQLite takes none.
    pub(crate) commas: Vec<Option<usize>>,
    pub(crate) options: Vec<(TableOption, Span)>,
}

impl<'t> TableText<'t> {
    /// The column of this name, which SQLite compares without regard to case of ASCII letters.
    pub(crate) fn column(&self, name: &Ident) -> Option<&ColumnText<'t>> {
        self.columns.iter().find(|column| column.name.is(name))
    }

    pub(crate) fn has(&self, option: TableOption) -> bool {
        self.options.iter().any(|(found, _)| *found == option)
    }

    /// All constraints with the column that they stand on, in the order of the text.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = (Option<&ColumnText<'t>>, &ClauseText<'t>)> {
        let of_columns =
            self.columns.iter().flat_map(|column| column.clauses.iter().map(move |one| (Some(column), one)));
        of_columns.chain(self.constraints.iter().map(|clause| (None, clause)))
    }

    /// The primary key with the column that it stands on, if it is not the table's own.
    pub(crate) fn primary_key(&self) -> Option<(Option<&ColumnText<'t>>, &ClauseText<'t>, &KeyClause<'t>)> {
        self.clauses().find_map(|(column, clause)| {
            let Clause::PrimaryKey(key) = &clause.clause else { return None };
            Some((column, clause, key))
        })
    }
}

/// A name with its place, quotes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) ident: Ident,
    pub(crate) span: Span,
}

impl Named {
    /// Whether SQLite takes it for this name: ASCII letters without regard to case.
    pub(crate) fn is(&self, name: &Ident) -> bool {
        super::reader::same_name(&self.ident, name)
    }
}

/// What stands behind the closing parenthesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableOption {
    Strict,
    WithoutRowid,
}

impl TableOption {
    /// The words in SQL.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Strict => "STRICT",
            Self::WithoutRowid => "WITHOUT ROWID",
        }
    }
}

/// One column.
#[derive(Clone, Debug)]
pub(crate) struct ColumnText<'t> {
    pub(crate) name: Named,
    /// The type with its parentheses; None = without a type.
    pub(crate) ty: Option<Span>,
    /// From the name to the last token.
    pub(crate) span: Span,
    pub(crate) clauses: Vec<ClauseText<'t>>,
}

/// One constraint, of a column or of the table, in SQLite's wide sense of the word.
#[derive(Clone, Debug)]
pub(crate) struct ClauseText<'t> {
    /// Of `CONSTRAINT name`.
    pub(crate) name: Option<Named>,
    /// All of it, with `CONSTRAINT name`.
    pub(crate) span: Span,
    /// Without `CONSTRAINT name`.
    pub(crate) body: Span,
    pub(crate) clause: Clause<'t>,
}

/// What a constraint says.
#[derive(Clone, Debug)]
pub(crate) enum Clause<'t> {
    Null,
    NotNull {
        /// The word behind ON CONFLICT.
        on_conflict: Option<&'t str>,
    },
    PrimaryKey(KeyClause<'t>),
    Unique(KeyClause<'t>),
    Check {
        /// Between the parentheses.
        condition: Span,
    },
    Default {
        /// The literal with its sign, the word, or what stands between the parentheses.
        #[cfg_attr(not(test), expect(dead_code, reason = "tests hold it against what SQLite says"))]
        value: Span,
    },
    Collate {
        collation: Named,
    },
    References(Box<ReferenceText>),
    /// DEFERRABLE apart from the REFERENCES that it belongs to; that one knows it already.
    Deferral,
    Generated {
        /// Between the parentheses.
        expr: Span,
        stored: bool,
    },
    /// `CONSTRAINT name` and nothing behind it, which SQLite takes.
    Label,
}

/// A primary key or a unique constraint.
#[derive(Clone, Debug)]
pub(crate) struct KeyClause<'t> {
    /// Of a column's own constraint: the column.
    pub(crate) parts: Vec<KeyPart>,
    /// The word behind ON CONFLICT.
    pub(crate) on_conflict: Option<&'t str>,
    pub(crate) autoincrement: Option<Span>,
}

/// A column of a key.
#[derive(Clone, Debug)]
pub(crate) struct KeyPart {
    pub(crate) column: Named,
    pub(crate) collation: Option<Ident>,
    pub(crate) descending: bool,
}

/// A foreign key.
#[derive(Clone, Debug)]
pub(crate) struct ReferenceText {
    /// Of a column's own constraint: the column.
    pub(crate) columns: Vec<Named>,
    pub(crate) table: Named,
    /// Empty = the primary key of `table`.
    pub(crate) referenced: Vec<Named>,
    pub(crate) on_delete: Action,
    pub(crate) on_update: Action,
    pub(crate) match_full: bool,
    pub(crate) deferrable: Option<Deferrable>,
}
