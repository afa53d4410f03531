//! What has no noun: named by kind.

use super::building::{Building, not_of_extension};
use super::text::oid;
use crate::db::Connection;
use crate::error::Result;

/// Each gives kind, schema, name, and the table it belongs to. `{in}` stands for the schemas in scope.
const OF_TABLES: [&str; 3] = [
    "SELECT 'trigger', c.relnamespace, t.tgname, c.oid FROM pg_catalog.pg_trigger t \
     JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace IN ({in}) AND NOT t.tgisinternal",
    "SELECT 'rule', c.relnamespace, r.rulename, c.oid FROM pg_catalog.pg_rewrite r \
     JOIN pg_catalog.pg_class c ON c.oid = r.ev_class WHERE c.relnamespace IN ({in}) AND r.rulename <> '_RETURN'",
    "SELECT 'policy', c.relnamespace, p.polname, c.oid FROM pg_catalog.pg_policy p \
     JOIN pg_catalog.pg_class c ON c.oid = p.polrelid WHERE c.relnamespace IN ({in})",
];

/// Catalog, kind, schema, name: objects of a schema that an extension may bring.
const OF_SCHEMAS: [(&str, &str, &str, &str); 7] = [
    (
        "pg_proc",
        "CASE x.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END",
        "pronamespace",
        "x.proname || '(' || pg_catalog.pg_get_function_identity_arguments(x.oid) || ')'",
    ),
    ("pg_statistic_ext", "'statistics'", "stxnamespace", "x.stxname"),
    ("pg_collation", "'collation'", "collnamespace", "x.collname"),
    ("pg_conversion", "'conversion'", "connamespace", "x.conname"),
    ("pg_operator", "'operator'", "oprnamespace", "x.oprname"),
    ("pg_opclass", "'operator class'", "opcnamespace", "x.opcname"),
    ("pg_ts_config", "'text search configuration'", "cfgnamespace", "x.cfgname"),
];

/// Of the whole database.
const OF_DATABASE: [&str; 4] = [
    "SELECT 'extension', extnamespace, extname, 0 FROM pg_catalog.pg_extension WHERE extnamespace IN ({in})",
    "SELECT 'publication', 0, pubname, 0 FROM pg_catalog.pg_publication",
    "SELECT 'event trigger', 0, evtname, 0 FROM pg_catalog.pg_event_trigger",
    "SELECT 'foreign server', 0, srvname, 0 FROM pg_catalog.pg_foreign_server",
];

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let list = building.namespace_list();
    let of_schemas = OF_SCHEMAS.iter().map(|(catalog, kind, schema, name)| {
        let outside = not_of_extension(catalog, "x.oid");
        format!("SELECT {kind}, x.{schema}, {name}, 0 FROM pg_catalog.{catalog} x WHERE x.{schema} IN ({list}) AND {outside}")
    });
    let fixed = OF_TABLES.iter().chain(&OF_DATABASE).map(|sql| sql.replace("{in}", &list));
    let sql = fixed.chain(of_schemas).collect::<Vec<_>>().join(" UNION ALL ");
    let rows = connection.rows(&sql).await?;
    for row in &rows {
        let name = building.name(oid(row.text(1)), row.text(2).unwrap_or_default());
        let table = building.tables.get(&oid(row.text(3))).map(|open| open.table.name.clone());
        if !building.is_ours(&name) {
            building.unmodelled(row.text(0).unwrap_or_default(), name, table);
        }
    }
    Ok(())
}
