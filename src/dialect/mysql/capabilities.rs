//! What MariaDB and MySQL can do, by version. Pure: no I/O.

use crate::dialect::Capability;
use crate::statement::{Product, ServerVersion};

/// The oldest server that is supported.
pub(super) const OLDEST: ServerVersion = ServerVersion::new(Product::MariaDb, 10, 6, 0);

/// The oldest of MySQL: DDL is atomic from there on.
pub(super) const OLDEST_MYSQL: ServerVersion = ServerVersion::new(Product::MySql, 8, 0, 0);

/// Both products answer alike; what parts them is asked by [`is_mariadb`] and [`has_uuid`].
pub(super) fn has(capability: Capability) -> bool {
    match capability {
        // Every DDL statement commits first, also one that fails.
        Capability::TransactionalDdl => false,
        Capability::ColumnOrder => true,
        Capability::Comments => true,
        // Of indexes and keys; the index is made anew under its new comment.
        Capability::PartComments => true,
        // Checks and foreign keys are dropped and added under the new name in one ALTER.
        Capability::RenameConstraint => true,
        Capability::RenameIndex => true,
        Capability::SharedIndexNames => false,
        Capability::ForwardReferences => false,
        Capability::RewordsExpressions => false,
        Capability::ScratchInMemory => false,
        Capability::MakesSchemas => true,
    }
}

/// The words whose expressions and options count, nearest first.
pub(super) fn words(server: ServerVersion) -> &'static [&'static str] {
    if is_mariadb(server) { &["mariadb", "mysql"] } else { &["mysql"] }
}

pub(super) fn is_mariadb(server: ServerVersion) -> bool {
    server.product == Product::MariaDb
}

/// MariaDB has the type `uuid` from 10.7 on; MySQL has none.
pub(super) fn has_uuid(server: ServerVersion) -> bool {
    is_mariadb(server) && server.at_least(10, 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_products_part_where_the_manuals_say() {
        let mysql = ServerVersion::new(Product::MySql, 9, 7, 4);
        let mariadb = ServerVersion::new(Product::MariaDb, 10, 11, 19);
        assert_eq!(words(mysql), ["mysql"]);
        assert_eq!(words(mariadb), ["mariadb", "mysql"]);
        assert!(has_uuid(mariadb) && !has_uuid(mysql) && !has_uuid(OLDEST));
    }
}
