//! Casts: of the whole database, called by their types.

use super::object;
use super::printed::{comment, function_with_arguments};
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::Building;
use crate::dialect::postgres::inspect::text::oid;
use crate::error::Result;
use crate::schema::{Name, ObjectId, ObjectKind};

/// The number of the catalog.
const CAST: u32 = 2605;

/// Those of a schema in scope, by their types or their function, and those that are of no schema of a user.
pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let list = building.namespace_list();
    let sql = format!(
        "SELECT c.oid, pg_catalog.format_type(c.castsource, NULL), pg_catalog.format_type(c.casttarget, NULL), \
         c.castcontext, c.castmethod, {}, {} FROM pg_catalog.pg_cast c \
         JOIN pg_catalog.pg_type a ON a.oid = c.castsource JOIN pg_catalog.pg_type b ON b.oid = c.casttarget \
         LEFT JOIN pg_catalog.pg_proc f ON f.oid = c.castfunc WHERE c.oid >= 16384 \
         AND (a.typnamespace IN ({list}) OR b.typnamespace IN ({list}) OR f.pronamespace IN ({list}) \
         OR (a.typnamespace, b.typnamespace, coalesce(f.pronamespace, 11)) = (11::oid, 11::oid, 11::oid)) \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_cast'::regclass \
         AND m.objid = c.oid AND m.deptype IN ('e', 'i'))",
        function_with_arguments("c.castfunc"),
        comment("pg_cast", "c.oid")
    );
    for row in connection.rows(&sql).await? {
        let called = format!("{} AS {}", row.required(1)?, row.required(2)?);
        let how = match (row.text(4), row.text(5)) {
            (Some("i"), _) => "WITH INOUT".to_owned(),
            (Some("f"), Some(function)) => format!("WITH FUNCTION {function}"),
            _ => "WITHOUT FUNCTION".to_owned(),
        };
        let when = match row.text(3) {
            Some("a") => " AS ASSIGNMENT",
            Some("i") => " AS IMPLICIT",
            _ => "",
        };
        let id = ObjectId::new(ObjectKind::Cast, Name::own(called.as_str()));
        let made = object(id, &[format!("CREATE CAST ({called}) {how}{when}")], row.text(6));
        building.insert((CAST, oid(row.text(0))), made);
    }
    Ok(())
}
