//! Collations.

use super::object;
use crate::db::{Connection, Row};
use crate::dialect::postgres::inspect::building::{Building, not_of_extension};
use crate::dialect::postgres::inspect::text::{oid, truth};
use crate::dialect::postgres::quote::{literal, qualified};
use crate::error::Result;
use crate::schema::{ObjectId, ObjectKind};

/// The number of the catalog.
const COLLATION: u32 = 3456;

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let locale = match building.server.major {
        ..=14 => "NULL",
        15 | 16 => "l.colliculocale",
        _ => "l.colllocale",
    };
    let rules = if building.server.at_least(16, 0) { "l.collicurules" } else { "NULL" };
    let sql = format!(
        "SELECT l.oid, l.collnamespace, l.collname, l.collprovider, l.collcollate, l.collctype, {locale}, {rules}, \
         l.collisdeterministic, d.description FROM pg_catalog.pg_collation l LEFT JOIN pg_catalog.pg_description d \
         ON d.objoid = l.oid AND d.classoid = 'pg_catalog.pg_collation'::regclass \
         WHERE l.collnamespace IN ({}) AND {}",
        building.namespace_list(),
        not_of_extension("pg_collation", "l.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = building.name(oid(row.text(1)), row.required(2)?);
        let definition = format!("CREATE COLLATION {} ({})", qualified(&name), words(&row).join(", "));
        let made = object(ObjectId::new(ObjectKind::Collation, name), &[definition], row.text(9));
        building.insert((COLLATION, oid(row.text(0))), made);
    }
    Ok(())
}

fn words(row: &Row) -> Vec<String> {
    let provider = match row.text(3) {
        Some("i") => "icu",
        Some("b") => "builtin",
        _ => "libc",
    };
    let mut words = vec![format!("provider = {provider}")];
    let (collate, ctype) = (row.text(4), row.text(5));
    match (row.text(6), collate == ctype) {
        (Some(locale), _) => words.push(format!("locale = {}", literal(locale))),
        (None, true) => words.extend(collate.map(|locale| format!("locale = {}", literal(locale)))),
        (None, false) => {
            words.extend(collate.map(|locale| format!("lc_collate = {}", literal(locale))));
            words.extend(ctype.map(|locale| format!("lc_ctype = {}", literal(locale))));
        }
    }
    words.extend(row.text(7).map(|rules| format!("rules = {}", literal(rules))));
    if !truth(row.text(8)) {
        words.push("deterministic = false".to_owned());
    }
    words
}
