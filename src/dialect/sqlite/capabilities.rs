//! What SQLite can do. Pure: no I/O.

use crate::dialect::Capability;
use crate::statement::{Product, ServerVersion};

/// The oldest version that is supported: the first with STRICT tables and with `DROP COLUMN` as it is relied on here.
pub(super) const OLDEST: ServerVersion = ServerVersion::new(Product::Sqlite, 3, 37, 0);

/// Nothing of it depends on the version.
pub(super) fn has(capability: Capability) -> bool {
    match capability {
        Capability::TransactionalDdl => true,
        // A new order of columns needs a rebuild and changes nothing but `SELECT *`.
        Capability::ColumnOrder => false,
        // Only those in the text of CREATE TABLE, which belong to nobody.
        Capability::Comments | Capability::PartComments => false,
        // A name stands in the text of CREATE TABLE: the constraint is dropped and added under the new one.
        Capability::RenameConstraint => false,
        // Dropped and made again.
        Capability::RenameIndex => false,
        Capability::SharedIndexNames => true,
        // The table that a foreign key names is looked for when rows are written.
        Capability::ForwardReferences => true,
        // It keeps the text as it was written.
        Capability::RewordsExpressions => false,
        Capability::ScratchInMemory => true,
        // One is a file that is attached.
        Capability::MakesSchemas => false,
    }
}
