//! The way back of an operation.

use super::{ConstraintKind, Operation};

impl Operation {
    /// The operation that takes this one back; `None` where what it replaced is not known, or nobody knows (`sql`).
    pub(crate) fn reverse(self) -> Option<Self> {
        match self {
            Self::CreateSchema { name } => Some(Self::DropSchema { name }),
            Self::DropSchema { name } => Some(Self::CreateSchema { name }),
            Self::CreateEnum(made) => Some(Self::DropEnum { name: made.name.clone(), was: Some(made) }),
            Self::DropEnum { was, .. } => was.map(Self::CreateEnum),
            Self::RenameEnum { name, to } => Some(Self::RenameEnum { to: name.name.clone(), name: name.sibling(to) }),
            Self::AlterEnum { name, to, was } => was.map(|was| Self::AlterEnum { name, to: was, was: Some(to) }),
            Self::CreateTable(table) => Some(Self::DropTable { name: table.name.clone(), was: Some(table) }),
            Self::DropTable { was, .. } => was.map(Self::CreateTable),
            Self::RenameTable { name, to } => Some(Self::RenameTable { to: name.name.clone(), name: name.sibling(to) }),
            Self::AlterTable { name, to, was } => {
                was.answers(&to).then_some(Self::AlterTable { name, to: was, was: to })
            }
            Self::Comment { table, part, name, to, was } => Some(Self::Comment { table, part, name, to: was, was: to }),
            Self::Sql(_) => None,
            column @ (Self::AddColumn { .. }
            | Self::DropColumn { .. }
            | Self::RenameColumn { .. }
            | Self::AlterColumn { .. }) => column.reverse_column(),
            index @ (Self::CreateIndex { .. } | Self::DropIndex { .. } | Self::RenameIndex { .. }) => {
                index.reverse_index()
            }
            constraint @ (Self::AddConstraint { .. } | Self::DropConstraint { .. } | Self::RenameConstraint { .. }) => {
                constraint.reverse_constraint()
            }
        }
    }

    fn reverse_column(self) -> Option<Self> {
        match self {
            Self::AddColumn { table, column, position } => {
                Some(Self::DropColumn { table, name: column.name.clone(), was: Some(column), position })
            }
            Self::DropColumn { table, was, position, .. } => {
                was.map(|column| Self::AddColumn { table, column, position })
            }
            Self::RenameColumn { table, name, to } => Some(Self::RenameColumn { table, name: to, to: name }),
            Self::AlterColumn { table, name, to, was } => {
                was.answers(&to).then_some(Self::AlterColumn { table, name, to: was, was: to })
            }
            other => other.reverse(),
        }
    }

    fn reverse_index(self) -> Option<Self> {
        match self {
            Self::CreateIndex { table, index } => {
                Some(Self::DropIndex { table, name: index.name.clone(), was: Some(index) })
            }
            Self::DropIndex { table, was, .. } => was.map(|index| Self::CreateIndex { table, index }),
            Self::RenameIndex { table, name, to } => Some(Self::RenameIndex { table, name: to, to: name }),
            other => other.reverse(),
        }
    }

    fn reverse_constraint(self) -> Option<Self> {
        match self {
            Self::AddConstraint { table, constraint } => {
                let kind: ConstraintKind = constraint.kind();
                Some(Self::DropConstraint { table, name: constraint.name().cloned(), kind, was: Some(constraint) })
            }
            Self::DropConstraint { table, was, .. } => was.map(|constraint| Self::AddConstraint { table, constraint }),
            Self::RenameConstraint { table, name, to } => Some(Self::RenameConstraint { table, name: to, to: name }),
            other => other.reverse(),
        }
    }
}

/// The way back of a whole list, last first; `Err` gives the first operation that has none.
pub(crate) fn reverse_all(operations: &[Operation]) -> Result<Vec<Operation>, Operation> {
    operations.iter().rev().map(|operation| operation.clone().reverse().ok_or_else(|| operation.clone())).collect()
}
