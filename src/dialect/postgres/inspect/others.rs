//! What has no noun: named by kind.

use super::building::{Building, not_of_extension};
use super::text::oid;
use crate::db::Connection;
use crate::error::Result;

/// Catalog, kind, schema, name: objects of a schema that an extension may bring.
const OF_SCHEMAS: [(&str, &str, &str, &str); 2] = [
    ("pg_ts_parser", "'text search parser'", "prsnamespace", "x.prsname"),
    ("pg_ts_template", "'text search template'", "tmplnamespace", "x.tmplname"),
];

/// Of the whole database: catalog, kind, name, and which of them where it is not told by their number.
const OF_DATABASE: [(&str, &str, &str, Option<&str>); 3] = [
    ("pg_am", "access method", "x.amname", None),
    (
        "pg_transform",
        "transform",
        "pg_catalog.format_type(x.trftype, NULL) || ' for ' || (SELECT l.lanname FROM pg_catalog.pg_language l WHERE l.oid = x.trflang)",
        None,
    ),
    (
        "pg_subscription",
        "subscription",
        "x.subname",
        // All are somebody's own. Before 14 their number is for superusers alone.
        Some(
            "x.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())",
        ),
    ),
];

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let list = building.namespace_list();
    let of_schemas = OF_SCHEMAS.iter().map(|(catalog, kind, schema, name)| {
        let outside = not_of_extension(catalog, "x.oid");
        format!(
            "SELECT {kind}, x.{schema}, {name} FROM pg_catalog.{catalog} x WHERE x.{schema} IN ({list}) AND {outside}"
        )
    });
    let of_database = OF_DATABASE.iter().filter(|_| !building.in_scratch()).map(|(catalog, kind, name, condition)| {
        let numbered = || format!("x.oid >= 16384 AND {}", not_of_extension(catalog, "x.oid"));
        let condition = condition.map_or_else(numbered, str::to_owned);
        format!("SELECT '{kind}', 0::oid, {name} FROM pg_catalog.{catalog} x WHERE {condition}")
    });
    let sql = of_database.chain(of_schemas).collect::<Vec<_>>().join(" UNION ALL ");
    let rows = connection.rows(&sql).await?;
    for row in &rows {
        let name = building.name(oid(row.text(1)), row.text(2).unwrap_or_default());
        if !building.is_ours(&name) {
            building.unmodelled(row.text(0).unwrap_or_default(), name, None);
        }
    }
    Ok(())
}
