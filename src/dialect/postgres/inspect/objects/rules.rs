//! Rules, less those that are the queries of views.

use super::triggers::fires;
use super::{object, on_table};
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::{Building, REWRITE};
use crate::dialect::postgres::inspect::text::oid;
use crate::error::Result;
use crate::schema::ObjectKind;

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT r.oid, r.rulename, r.ev_class, r.ev_enabled, pg_catalog.pg_get_ruledef(r.oid, true), d.description \
         FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = r.oid AND d.classoid = 'pg_catalog.pg_rewrite'::regclass \
         WHERE c.relnamespace IN ({}) AND r.rulename <> '_RETURN' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
         WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')",
        building.namespace_list()
    );
    for row in connection.rows(&sql).await? {
        let Some(table) = building.relation(oid(row.text(2))) else { continue };
        let name = row.required(1)?;
        let mut definition = vec![row.required(4)?.trim().trim_end_matches(';').to_owned()];
        definition.extend(fires(row.text(3), "RULE", name, &table));
        let made = object(on_table(ObjectKind::Rule, name, table), &definition, row.text(5));
        building.insert((REWRITE, oid(row.text(0))), made);
    }
    Ok(())
}
