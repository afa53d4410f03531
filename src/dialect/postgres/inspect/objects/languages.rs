//! Languages that no extension brought, and conversions between encodings.

use super::object;
use super::printed::{comment, function};
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::{Building, not_of_extension};
use crate::dialect::postgres::inspect::text::{oid, truth};
use crate::dialect::postgres::quote::{literal, qualified, quote};
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectId, ObjectKind};

/// The numbers of the catalogs.
const LANGUAGE: u32 = 2612;
const CONVERSION: u32 = 2607;

/// Of the whole database.
pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT l.oid, l.lanname, l.lanpltrusted, {}, {}, {}, {} FROM pg_catalog.pg_language l \
         WHERE l.lanispl AND l.oid >= 16384 AND {}",
        function("l.lanplcallfoid"),
        function("l.laninline"),
        function("l.lanvalidator"),
        comment("pg_language", "l.oid"),
        not_of_extension("pg_language", "l.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = row.required(1)?;
        let trusted = if truth(row.text(2)) { "TRUSTED " } else { "" };
        let parts = [(3, "HANDLER"), (4, "INLINE"), (5, "VALIDATOR")];
        let parts: String = parts.iter().filter_map(|(at, word)| Some(format!(" {word} {}", row.text(*at)?))).collect();
        let definition = format!("CREATE {trusted}LANGUAGE {}{parts}", quote(&Ident::from(name)));
        let made = object(ObjectId::new(ObjectKind::Language, Name::own(name)), &[definition], row.text(6));
        building.insert((LANGUAGE, oid(row.text(0))), made);
    }
    Ok(())
}

pub(super) async fn conversions(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT c.oid, c.connamespace, c.conname, c.condefault, pg_catalog.pg_encoding_to_char(c.conforencoding), \
         pg_catalog.pg_encoding_to_char(c.contoencoding), {}, {} FROM pg_catalog.pg_conversion c \
         WHERE c.connamespace IN ({}) AND {}",
        function("c.conproc"),
        comment("pg_conversion", "c.oid"),
        building.namespace_list(),
        not_of_extension("pg_conversion", "c.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = building.name(oid(row.text(1)), row.required(2)?);
        let usual = if truth(row.text(3)) { "DEFAULT " } else { "" };
        let (from, to) = (literal(row.required(4)?), literal(row.required(5)?));
        let definition =
            format!("CREATE {usual}CONVERSION {} FOR {from} TO {to} FROM {}", qualified(&name), row.required(6)?);
        let made = object(ObjectId::new(ObjectKind::Conversion, name), &[definition], row.text(7));
        building.insert((CONVERSION, oid(row.text(0))), made);
    }
    Ok(())
}
