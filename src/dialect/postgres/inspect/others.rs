//! What has no noun: named by kind.

use super::building::{Building, not_of_extension};
use super::text::oid;
use crate::db::Connection;
use crate::error::Result;

/// Catalog, kind, schema, name: objects of a schema that an extension may bring.
const OF_SCHEMAS: [(&str, &str, &str, &str); 4] = [
    ("pg_conversion", "'conversion'", "connamespace", "x.conname"),
    ("pg_operator", "'operator'", "oprnamespace", "x.oprname"),
    ("pg_opclass", "'operator class'", "opcnamespace", "x.opcname"),
    ("pg_ts_config", "'text search configuration'", "cfgnamespace", "x.cfgname"),
];

/// Of the whole database.
const OF_DATABASE: [&str; 1] = ["SELECT 'foreign server', 0, srvname FROM pg_catalog.pg_foreign_server"];

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let list = building.namespace_list();
    let of_schemas = OF_SCHEMAS.iter().map(|(catalog, kind, schema, name)| {
        let outside = not_of_extension(catalog, "x.oid");
        format!(
            "SELECT {kind}, x.{schema}, {name} FROM pg_catalog.{catalog} x WHERE x.{schema} IN ({list}) AND {outside}"
        )
    });
    let fixed = OF_DATABASE.iter().map(|sql| sql.replace("{in}", &list));
    let sql = fixed.chain(of_schemas).collect::<Vec<_>>().join(" UNION ALL ");
    let rows = connection.rows(&sql).await?;
    for row in &rows {
        let name = building.name(oid(row.text(1)), row.text(2).unwrap_or_default());
        if !building.is_ours(&name) {
            building.unmodelled(row.text(0).unwrap_or_default(), name, None);
        }
    }
    Ok(())
}
