//! A scratch schema lies in front of the live one: what the models forgot must not be found there.

use super::building::Building;
use crate::db::Connection;
use crate::dialect::postgres::quote::literal;
use crate::error::{Error, Kind, Result};

/// Refuses models that lean on a live table or enum type which they do not declare themselves. Kinds that are not
/// modelled (domains, functions, sequences) are taken from the live schema on purpose: there is no other way yet.
pub(super) async fn refuse_live_parts(connection: &mut Connection, building: &Building<'_>) -> Result<()> {
    if !building.in_scratch() {
        return Ok(());
    }
    let own = literal(building.own.as_str());
    let sql = format!(
        "WITH live AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = (pg_catalog.current_schemas(false))[2]), \
         mine AS (SELECT c.oid, c.relname FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {own}) \
         SELECT mine.relname, 'table', r.relname FROM mine JOIN pg_catalog.pg_constraint k ON k.conrelid = mine.oid \
         JOIN pg_catalog.pg_class r ON r.oid = k.confrelid WHERE r.relnamespace IN (SELECT oid FROM live) \
         UNION ALL \
         SELECT mine.relname, 'table', r.relname FROM mine JOIN pg_catalog.pg_inherits h ON h.inhrelid = mine.oid \
         JOIN pg_catalog.pg_class r ON r.oid = h.inhparent WHERE r.relnamespace IN (SELECT oid FROM live) \
         UNION ALL \
         SELECT mine.relname, 'type', e.typname FROM mine JOIN pg_catalog.pg_attribute a ON a.attrelid = mine.oid \
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         JOIN pg_catalog.pg_type e ON e.oid IN (t.oid, t.typelem) AND e.typtype = 'e' \
         WHERE a.attnum > 0 AND e.typnamespace IN (SELECT oid FROM live) AND {} LIMIT 1",
        super::building::not_of_extension("pg_type", "e.oid")
    );
    let Some(row) = connection.first_row(&sql).await? else { return Ok(()) };
    let (table, kind, missing) = (row.required(0)?, row.required(1)?, row.required(2)?);
    let what = format!("table {table} of the models needs the {kind} {missing}, which the models do not have");
    Err(Error::new(Kind::File, what).with_hint(format!("add {missing} to the models")))
}
