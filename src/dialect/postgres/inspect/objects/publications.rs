//! Publications: of the whole database.

use std::collections::BTreeMap;

use super::object;
use crate::db::{Connection, Row};
use crate::dialect::postgres::inspect::building::{Building, PUBLICATION, not_of_extension};
use crate::dialect::postgres::inspect::text::{Oid, oid, truth};
use crate::dialect::postgres::quote::quote;
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectId, ObjectKind};

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let mut members = members(connection, building).await?;
    let root = if building.server.at_least(13, 0) { "p.pubviaroot" } else { "false" };
    let generated = if building.server.at_least(18, 0) { "p.pubgencols = 's'" } else { "false" };
    let sql = format!(
        "SELECT p.oid, p.pubname, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, {root}, {generated}, d.description \
         FROM pg_catalog.pg_publication p LEFT JOIN pg_catalog.pg_description d ON d.objoid = p.oid \
         AND d.classoid = 'pg_catalog.pg_publication'::regclass WHERE {}",
        not_of_extension("pg_publication", "p.oid")
    );
    for row in connection.rows(&sql).await? {
        let id = oid(row.text(0));
        let name = row.required(1)?;
        let definition = definition(&row, name, &members.remove(&id).unwrap_or_default());
        let made = object(ObjectId::new(ObjectKind::Publication, Name::own(name)), &[definition], row.text(9));
        building.insert((PUBLICATION, id), made);
    }
    Ok(())
}

/// The tables and schemas of each, as they are said behind FOR.
async fn members(connection: &mut Connection, building: &Building<'_>) -> Result<BTreeMap<Oid, Vec<String>>> {
    let table = "SELECT r.prpubid, 'TABLE ' || r.prrelid::pg_catalog.regclass::text";
    let sql = if building.server.at_least(15, 0) {
        format!(
            "{table} || coalesce(' (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) \
             FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) || ')', '') \
             || coalesce(' WHERE (' || pg_catalog.pg_get_expr(r.prqual, r.prrelid) || ')', '') \
             FROM pg_catalog.pg_publication_rel r \
             UNION ALL SELECT s.pnpubid, 'TABLES IN SCHEMA ' || pg_catalog.quote_ident(n.nspname) \
             FROM pg_catalog.pg_publication_namespace s JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid ORDER BY 1, 2"
        )
    } else {
        format!("{table} FROM pg_catalog.pg_publication_rel r ORDER BY 1, 2")
    };
    let mut all: BTreeMap<Oid, Vec<String>> = BTreeMap::new();
    for row in connection.rows(&sql).await? {
        all.entry(oid(row.text(0))).or_default().push(row.required(1)?.to_owned());
    }
    Ok(all)
}

fn definition(row: &Row, name: &str, members: &[String]) -> String {
    let mut text = format!("CREATE PUBLICATION {}", quote(&Ident::from(name)));
    if truth(row.text(2)) {
        text += " FOR ALL TABLES";
    } else if !members.is_empty() {
        text.extend([" FOR ", &members.join(", ")]);
    }
    let kinds = [(3, "insert"), (4, "update"), (5, "delete"), (6, "truncate")];
    let sent: Vec<&str> = kinds.iter().filter(|(at, _)| truth(row.text(*at))).map(|(_, kind)| *kind).collect();
    let mut options = Vec::new();
    if sent.len() < kinds.len() {
        options.push(format!("publish = '{}'", sent.join(", ")));
    }
    if truth(row.text(7)) {
        options.push("publish_via_partition_root = true".to_owned());
    }
    if truth(row.text(8)) {
        options.push("publish_generated_columns = stored".to_owned());
    }
    if !options.is_empty() {
        text.extend([" WITH (", &options.join(", "), ")"]);
    }
    text
}
