//! The verbs: one closed list of what can be done to a schema. Imports only [`crate::schema`], does no I/O.
//!
//! An operation knows what it does to the nouns (`apply`), its way back (`reverse`) and how to say it to people
//! (`describe`); what it is in SQL is the dialect's business. There is no wildcard arm on [`Operation`] anywhere: a new
//! verb breaks the build wherever somebody has to think.

mod apply;
mod change;
pub(crate) mod data;
mod describe;
pub(crate) mod heredity;
#[cfg(not(feature = "rows"))]
mod no_rows;
mod object;
mod reduce;
mod reverse;

pub(crate) use apply::{apply, constraints};
pub(crate) use change::{ColumnChange, EnumChange, OptionsChange, TableChange};
#[cfg(feature = "rows")]
pub(crate) use data::DataOperation;
pub(crate) use data::{
    Batch, By, Claim, DataStep, DataWork, Expect, Kept, Load, OnConflict, OnError, OrderBy, Restore, RowChanges,
    Through, Transfer, Value, WayBack, WrittenRow,
};
#[cfg(not(feature = "rows"))]
pub(crate) use no_rows::DataOperation;
pub(crate) use object::ObjectOperation;
pub(crate) use reduce::reduce;
pub(crate) use reverse::reverse_all;

use std::collections::BTreeMap;

use crate::schema::{Check, Column, Enum, Expr, ForeignKey, Ident, Index, Name, Position, PrimaryKey, Table, Unique};

/// One change of a schema. `was` holds what is replaced: a diff always fills it, a person may leave it out; without it
/// there is no way back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation {
    CreateSchema {
        name: Ident,
    },
    DropSchema {
        name: Ident,
    },

    CreateEnum(Enum),
    DropEnum {
        name: Name,
        was: Option<Enum>,
    },
    RenameEnum {
        name: Name,
        to: Ident,
    },
    AlterEnum {
        name: Name,
        to: EnumChange,
        /// Where it is known.
        was: Option<EnumChange>,
    },

    CreateTable(Box<Table>),
    DropTable {
        name: Name,
        was: Option<Box<Table>>,
    },
    RenameTable {
        name: Name,
        to: Ident,
    },
    AlterTable {
        name: Name,
        to: TableChange,
        was: TableChange,
    },

    /// No position = last.
    AddColumn {
        table: Name,
        column: Box<Column>,
        position: Option<Position>,
    },
    DropColumn {
        table: Name,
        name: Ident,
        was: Option<Box<Column>>,
        position: Option<Position>,
    },
    RenameColumn {
        table: Name,
        name: Ident,
        to: Ident,
    },
    AlterColumn {
        table: Name,
        name: Ident,
        to: Box<ColumnChange>,
        was: Box<ColumnChange>,
    },

    CreateIndex {
        table: Name,
        index: Box<Index>,
    },
    DropIndex {
        table: Name,
        name: Ident,
        was: Option<Box<Index>>,
    },
    RenameIndex {
        table: Name,
        name: Ident,
        to: Ident,
    },

    AddConstraint {
        table: Name,
        constraint: Box<Constraint>,
    },
    /// Found by name; without one by what it was.
    DropConstraint {
        table: Name,
        name: Option<Ident>,
        kind: ConstraintKind,
        was: Option<Box<Constraint>>,
    },
    RenameConstraint {
        table: Name,
        name: Ident,
        to: Ident,
    },

    /// A comment on an index or a constraint.
    Comment {
        table: Name,
        part: Part,
        name: Ident,
        to: Option<String>,
        was: Option<String>,
    },

    /// What is no table: a view, a function, a trigger, ….
    Object(ObjectOperation),

    /// A person's SQL, one statement or many. Nobody knows what it does.
    Sql(Expr),

    /// Rows: what changes them by name, takes that back, or keeps what a drop would lose.
    Data(DataOperation),
}

/// A constraint of any kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constraint {
    PrimaryKey(PrimaryKey),
    Unique(Unique),
    Check(Check),
    ForeignKey(ForeignKey),
}

impl Constraint {
    pub(crate) fn kind(&self) -> ConstraintKind {
        match self {
            Self::PrimaryKey(_) => ConstraintKind::PrimaryKey,
            Self::Unique(_) => ConstraintKind::Unique,
            Self::Check(_) => ConstraintKind::Check,
            Self::ForeignKey(_) => ConstraintKind::ForeignKey,
        }
    }

    pub(crate) fn name(&self) -> Option<&Ident> {
        match self {
            Self::PrimaryKey(key) => key.name.as_ref(),
            Self::Unique(unique) => unique.name.as_ref(),
            Self::Check(check) => check.name.as_ref(),
            Self::ForeignKey(key) => key.name.as_ref(),
        }
    }

    pub(crate) fn set_name(&mut self, name: Option<Ident>) {
        match self {
            Self::PrimaryKey(key) => key.name = name,
            Self::Unique(unique) => unique.name = name,
            Self::Check(check) => check.name = name,
            Self::ForeignKey(key) => key.name = name,
        }
    }

    /// The columns it stands on; a check names none.
    pub(crate) fn columns(&self) -> &[Ident] {
        match self {
            Self::PrimaryKey(key) => &key.columns,
            Self::Unique(unique) => &unique.columns,
            Self::Check(_) => &[],
            Self::ForeignKey(key) => &key.columns,
        }
    }
}

/// The kinds of constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
}

impl ConstraintKind {
    pub(crate) const ALL: [Self; 4] = [Self::PrimaryKey, Self::Unique, Self::Check, Self::ForeignKey];

    /// The word in files.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::PrimaryKey => "primary_key",
            Self::Unique => "unique",
            Self::Check => "check",
            Self::ForeignKey => "foreign_key",
        }
    }

    /// The word for people.
    pub(crate) fn spoken(self) -> &'static str {
        match self {
            Self::PrimaryKey => "primary key",
            Self::Unique => "unique constraint",
            Self::Check => "check",
            Self::ForeignKey => "foreign key",
        }
    }
}

/// What carries a comment of its own beside tables and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Index,
    Constraint,
}

impl Operation {
    /// The table it works on, if it works on one.
    pub(crate) fn table(&self) -> Option<&Name> {
        match self {
            Self::CreateTable(table) => Some(&table.name),
            Self::DropTable { name, .. } | Self::RenameTable { name, .. } | Self::AlterTable { name, .. } => Some(name),
            Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::AlterColumn { table, .. }
            | Self::CreateIndex { table, .. }
            | Self::DropIndex { table, .. }
            | Self::RenameIndex { table, .. }
            | Self::AddConstraint { table, .. }
            | Self::DropConstraint { table, .. }
            | Self::RenameConstraint { table, .. }
            | Self::Comment { table, .. } => Some(table),
            Self::Data(data) => data.table(),
            Self::CreateSchema { .. }
            | Self::DropSchema { .. }
            | Self::CreateEnum(_)
            | Self::DropEnum { .. }
            | Self::RenameEnum { .. }
            | Self::AlterEnum { .. }
            | Self::Object(_)
            | Self::Sql(_) => None,
        }
    }

    /// The word in files and in JSON: `create_table`.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::CreateSchema { .. } => "create_schema",
            Self::DropSchema { .. } => "drop_schema",
            Self::CreateEnum(_) => "create_enum",
            Self::DropEnum { .. } => "drop_enum",
            Self::RenameEnum { .. } => "rename_enum",
            Self::AlterEnum { .. } => "alter_enum",
            Self::CreateTable(_) => "create_table",
            Self::DropTable { .. } => "drop_table",
            Self::RenameTable { .. } => "rename_table",
            Self::AlterTable { .. } => "alter_table",
            Self::AddColumn { .. } => "add_column",
            Self::DropColumn { .. } => "drop_column",
            Self::RenameColumn { .. } => "rename_column",
            Self::AlterColumn { .. } => "alter_column",
            Self::CreateIndex { .. } => "create_index",
            Self::DropIndex { .. } => "drop_index",
            Self::RenameIndex { .. } => "rename_index",
            Self::AddConstraint { constraint, .. } => match constraint.kind() {
                ConstraintKind::PrimaryKey => "create_primary_key",
                ConstraintKind::Unique => "create_unique_constraint",
                ConstraintKind::Check => "create_check_constraint",
                ConstraintKind::ForeignKey => "create_foreign_key",
            },
            Self::DropConstraint { .. } => "drop_constraint",
            Self::RenameConstraint { .. } => "rename_constraint",
            Self::Comment { .. } => "comment",
            Self::Object(object) => object.word(),
            Self::Sql(_) => "sql",
            Self::Data(data) => data.word(),
        }
    }
}

/// What the tables that these operations rename were called before them, by the names that they have afterwards.
pub(crate) fn names_before(operations: &[Operation]) -> BTreeMap<Name, Name> {
    let mut before = BTreeMap::new();
    for operation in operations {
        if let Operation::RenameTable { name, to } = operation {
            let first = before.remove(name).unwrap_or_else(|| name.clone());
            before.insert(name.sibling(to.clone()), first);
        }
    }
    before
}
