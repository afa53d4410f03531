//! The way back of an operation.

use super::Operation;

impl Operation {
    /// The operation that takes this one back; `None` where what it replaced is not known, or nobody knows (`sql`).
    pub(crate) fn reverse(self) -> Option<Self> {
        match self {
            Self::CreateSchema { name } => Some(Self::DropSchema { name }),
            Self::DropSchema { name } => Some(Self::CreateSchema { name }),
            Self::CreateEnum(made) => Some(Self::DropEnum { name: made.name.clone(), was: Some(made) }),
            Self::DropEnum { was, .. } => was.map(Self::CreateEnum),
            Self::RenameEnum { name, to } => Some(Self::RenameEnum { to: name.name.clone(), name: name.sibling(to) }),
            Self::AlterEnum { name, to, was } => {
                was.filter(|was| was.answers(&to)).map(|was| Self::AlterEnum { name, to: was, was: Some(to) })
            }
            Self::CreateTable(table) => Some(Self::DropTable { name: table.name.clone(), was: Some(table) }),
            Self::DropTable { was, .. } => was.map(Self::CreateTable),
            Self::RenameTable { name, to } => Some(Self::RenameTable { to: name.name.clone(), name: name.sibling(to) }),
            Self::AlterTable { name, to, was } => {
                was.answers(&to).then_some(Self::AlterTable { name, to: was, was: to })
            }
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
            Self::CreateIndex { table, index } => {
                Some(Self::DropIndex { table, name: index.name.clone(), was: Some(index) })
            }
            Self::DropIndex { table, was, .. } => was.map(|index| Self::CreateIndex { table, index }),
            Self::RenameIndex { table, name, to } => Some(Self::RenameIndex { table, name: to, to: name }),
            Self::AddConstraint { table, constraint } => {
                let (name, kind) = (constraint.name().cloned(), constraint.kind());
                Some(Self::DropConstraint { table, name, kind, was: Some(constraint) })
            }
            Self::DropConstraint { table, was, .. } => was.map(|constraint| Self::AddConstraint { table, constraint }),
            Self::RenameConstraint { table, name, to } => Some(Self::RenameConstraint { table, name: to, to: name }),
            Self::Comment { table, part, name, to, was } => Some(Self::Comment { table, part, name, to: was, was: to }),
            Self::Object(object) => object.reverse().map(Self::Object),
            Self::Sql(_) => None,
            Self::Data(data) => data.reverse().map(Self::Data),
        }
    }
}

/// The way back of a whole list, last first; `Err` gives the first operation that has none.
pub(crate) fn reverse_all(operations: &[Operation]) -> Result<Vec<Operation>, Box<Operation>> {
    let reverse = |operation: &Operation| operation.clone().reverse().ok_or_else(|| Box::new(operation.clone()));
    operations.iter().rev().map(reverse).collect()
}
