//! Statistics over several columns.

use super::object;
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::{Building, not_of_extension};
use crate::dialect::postgres::inspect::text::oid;
use crate::dialect::postgres::quote::qualified;
use crate::error::Result;
use crate::schema::{ObjectId, ObjectKind};

/// The number of the catalog.
const STATISTICS: u32 = 3381;

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let target = if building.server.at_least(13, 0) {
        "CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END"
    } else {
        "NULL"
    };
    let sql = format!(
        "SELECT s.oid, s.stxnamespace, s.stxname, pg_catalog.pg_get_statisticsobjdef(s.oid), {target}, d.description \
         FROM pg_catalog.pg_statistic_ext s LEFT JOIN pg_catalog.pg_description d ON d.objoid = s.oid \
         AND d.classoid = 'pg_catalog.pg_statistic_ext'::regclass WHERE s.stxnamespace IN ({}) AND {}",
        building.namespace_list(),
        not_of_extension("pg_statistic_ext", "s.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = building.name(oid(row.text(1)), row.required(2)?);
        let mut definition = vec![building.without_own(row.required(3)?, "CREATE STATISTICS ")];
        definition
            .extend(row.text(4).map(|target| format!("ALTER STATISTICS {} SET STATISTICS {target}", qualified(&name))));
        let made = object(ObjectId::new(ObjectKind::Statistics, name), &definition, row.text(5));
        building.insert((STATISTICS, oid(row.text(0))), made);
    }
    Ok(())
}
