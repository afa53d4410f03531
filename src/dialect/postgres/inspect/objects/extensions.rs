//! Extensions. What they brought is theirs and read by nobody.
//!
//! A scratch schema lies in the database of the user, where an extension can be only once: the ones beside the own schema
//! of the user count as those of the models, which say `IF NOT EXISTS`, if the models name them or need them.

use super::object;
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::Building;
use crate::dialect::postgres::inspect::text::{oid, truth};
use crate::dialect::postgres::quote::{literal, quote};
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectId, ObjectKind};

/// The number of the catalog.
const EXTENSION: u32 = 3079;

/// Whether something of a scratch schema stands on a member of the extension `e`: a column on its type, an index on its
/// operators, a view or a routine on its functions.
fn needed(own: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_depend m JOIN pg_catalog.pg_depend d ON d.refclassid = m.classid \
         AND d.refobjid = m.objid AND d.deptype IN ('n', 'a') \
         LEFT JOIN pg_catalog.pg_attrdef x ON d.classid = 2604 AND x.oid = d.objid \
         LEFT JOIN pg_catalog.pg_rewrite w ON d.classid = 2618 AND w.oid = d.objid \
         LEFT JOIN pg_catalog.pg_class c ON c.oid = CASE d.classid WHEN 1259 THEN d.objid WHEN 2604 THEN x.adrelid \
         WHEN 2618 THEN w.ev_class END \
         LEFT JOIN pg_catalog.pg_proc p ON d.classid = 1255 AND p.oid = d.objid \
         LEFT JOIN pg_catalog.pg_type t ON d.classid = 1247 AND t.oid = d.objid \
         LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 2606 AND k.oid = d.objid \
         WHERE m.refclassid = 3079 AND m.refobjid = e.oid AND m.deptype = 'e' \
         AND coalesce(c.relnamespace, p.pronamespace, t.typnamespace, k.connamespace) = \
         (SELECT s.oid FROM pg_catalog.pg_namespace s WHERE s.nspname = {own}))"
    )
}

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let needed = if building.in_scratch() { needed(&literal(building.own.as_str())) } else { "true".to_owned() };
    let sql = format!(
        "SELECT e.oid, e.extname, n.nspname, CASE WHEN e.extversion <> a.default_version THEN e.extversion END, \
         d.description, n.nspname = ANY ((pg_catalog.current_schemas(false))[1:{}]), \
         d.description IS DISTINCT FROM a.comment, {needed} \
         FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
         LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = e.extname \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = e.oid AND d.classoid = 'pg_catalog.pg_extension'::regclass \
         WHERE n.oid IN ({}) OR n.nspname = ANY ((pg_catalog.current_schemas(false))[1:{0}])",
        if building.in_scratch() { 2 } else { 1 },
        building.namespace_list()
    );
    for row in connection.rows(&sql).await? {
        let name = row.required(1)?;
        if !building.is_of_models(name) && !truth(row.text(7)) {
            continue;
        }
        let id = ObjectId::new(ObjectKind::Extension, Name::own(name));
        let schema =
            (!truth(row.text(5))).then(|| format!(" SCHEMA {}", quote(&Ident::from(row.text(2).unwrap_or_default()))));
        let version = row.text(3).map(|version| format!(" VERSION {}", literal(version)));
        let definition = format!(
            "CREATE EXTENSION IF NOT EXISTS {}{}{}",
            quote(&Ident::from(name)),
            schema.unwrap_or_default(),
            version.unwrap_or_default()
        );
        // The usual comment is the one that it brings.
        let comment = row.text(4).filter(|_| truth(row.text(6)));
        building.insert((EXTENSION, oid(row.text(0))), object(id, &[definition], comment));
    }
    Ok(())
}
