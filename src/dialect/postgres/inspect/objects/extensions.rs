//! Extensions. What they brought is theirs and read by nobody.
//!
//! A scratch schema lies in the database of the user, where an extension can be only once: the ones beside the own schema
//! of the user count as those of the models, which say `IF NOT EXISTS`.

use super::object;
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::Building;
use crate::dialect::postgres::inspect::text::{oid, truth};
use crate::dialect::postgres::quote::{literal, quote};
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectId, ObjectKind};

/// The number of the catalog.
const EXTENSION: u32 = 3079;

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT e.oid, e.extname, n.nspname, CASE WHEN e.extversion <> a.default_version THEN e.extversion END, \
         d.description, n.nspname = ANY ((pg_catalog.current_schemas(false))[1:{}]), \
         d.description IS DISTINCT FROM a.comment \
         FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
         LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = e.extname \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = e.oid AND d.classoid = 'pg_catalog.pg_extension'::regclass \
         WHERE n.oid IN ({}) OR n.nspname = ANY ((pg_catalog.current_schemas(false))[1:{0}])",
        if building.in_scratch() { 2 } else { 1 },
        building.namespace_list()
    );
    for row in connection.rows(&sql).await? {
        let name = row.required(1)?;
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
