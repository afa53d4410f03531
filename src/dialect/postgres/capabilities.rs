//! What PostgreSQL can do, by version. Pure.

use crate::dialect::{Capability, Unsupported};
use crate::statement::{Product, ServerVersion};

/// The word in files.
pub(super) const WORD: &str = "postgres";

/// The words whose expressions and options count.
pub(super) const WORDS: &[&str] = &[WORD];

/// The oldest version that is supported.
pub(super) const OLDEST: ServerVersion = ServerVersion::new(Product::Postgres, 12, 0, 0);

pub(super) fn has(capability: Capability) -> bool {
    match capability {
        Capability::TransactionalDdl
        | Capability::Comments
        | Capability::PartComments
        | Capability::RenameConstraint
        | Capability::RenameIndex
        | Capability::SharedIndexNames
        | Capability::RewordsExpressions
        | Capability::MakesSchemas => true,
        Capability::ColumnOrder | Capability::ForwardReferences | Capability::ScratchInMemory => false,
    }
}

/// What came later than the oldest supported version, with the words for people and the version that brought it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// `COMPRESSION` of a column.
    ColumnCompression,
    /// `NULLS NOT DISTINCT`.
    NullsNotDistinct,
    /// `ON DELETE SET NULL (columns)`.
    SetColumns,
    /// `ALTER TABLE … SET ACCESS METHOD`.
    SetAccessMethod,
    /// A table with partitions may say how they are stored; `SET ACCESS METHOD DEFAULT`.
    PartitionedAccessMethod,
    /// `GENERATED ALWAYS AS (…) VIRTUAL`.
    VirtualColumns,
    /// `NOT ENFORCED`.
    NotEnforced,
    /// Parameters of an operator class.
    OperatorClassParameters,
    /// `ALTER COLUMN … SET EXPRESSION`.
    SetExpression,
    /// A table with partitions may have exclusion constraints.
    PartitionedExclusion,
    /// NOT NULL is a constraint with a name.
    NotNullNames,
    /// It may be not valid, or not for heirs.
    NotNullKinds,
    /// `WITHOUT OVERLAPS` and `PERIOD`.
    TemporalKeys,
}

impl Since {
    fn fact(self) -> (u32, &'static str, &'static str) {
        match self {
            Self::OperatorClassParameters => (13, "parameters of an operator class", "leave the parameters out"),
            Self::ColumnCompression => (14, "a column's compression", "leave `compression` out"),
            Self::NullsNotDistinct => (15, "NULLS NOT DISTINCT", "use a unique index over coalesce(…) instead"),
            Self::SetColumns => (15, "ON DELETE SET NULL of some columns", "name no columns for it"),
            Self::SetAccessMethod => (
                15,
                "another access method for a table that is there",
                "make a table of it under another name, move the rows with `INSERT INTO … SELECT`, drop the former one and rename the new one",
            ),
            Self::PartitionedAccessMethod => {
                (17, "an access method of a table with partitions", "say it of each partition")
            }
            Self::SetExpression => (17, "SET EXPRESSION", "drop the column and add it again"),
            Self::PartitionedExclusion => {
                (17, "an exclusion constraint of a table with partitions", "give it to each partition")
            }
            Self::VirtualColumns => (18, "a virtual generated column", "make it stored"),
            Self::NotNullNames => (18, "the name of a NOT NULL", "leave `not_null` out"),
            Self::NotNullKinds => (
                18,
                "a NOT NULL that is not valid or not for heirs",
                "leave `not_null_not_valid` and `not_null_no_inherit` out",
            ),
            Self::TemporalKeys => (18, "a temporal key", "use an exclusion constraint"),
            Self::NotEnforced => (18, "NOT ENFORCED", "leave it out or drop the constraint"),
        }
    }

    pub(super) fn is_in(self, server: ServerVersion) -> bool {
        server.at_least(self.fact().0, 0)
    }

    /// Ok where the server knows it.
    pub(super) fn require(self, server: ServerVersion) -> Result<(), Unsupported> {
        let (version, what, instead) = self.fact();
        if server.at_least(version, 0) {
            Ok(())
        } else {
            Err(Unsupported::new(format!("{what} on {server}, which came with PostgreSQL {version}"), instead))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_later_is_refused_before() {
        let at = |major| ServerVersion::new(Product::Postgres, major, 1, 0);
        assert_eq!(Since::NotEnforced.require(at(18)), Ok(()));
        let refused = Since::NullsNotDistinct.require(at(14)).unwrap_err();
        assert_eq!(refused.what, "NULLS NOT DISTINCT on PostgreSQL 14.1, which came with PostgreSQL 15");
        assert!(!Since::SetExpression.is_in(at(16)) && Since::SetExpression.is_in(at(17)));
    }
}
