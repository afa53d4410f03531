//! Foreign tables: their columns are part of the definition.

use std::collections::BTreeMap;

use super::object;
use super::printed::{comment, options, with_options};
use crate::db::{Connection, Row};
use crate::dialect::postgres::inspect::building::{Building, CLASS, not_of_extension};
use crate::dialect::postgres::inspect::text::{Oid, oid, truth};
use crate::dialect::postgres::quote::{literal, qualified, quote};
use crate::error::Result;
use crate::schema::{Ident, ObjectId, ObjectKind};

/// What stands between the brackets of a foreign table, and the comments of its columns.
#[derive(Default)]
struct Inside {
    lines: Vec<String>,
    comments: Vec<(String, String)>,
}

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let mut inside = columns(connection, building).await?;
    checks(connection, building, &mut inside).await?;
    let sql = format!(
        "SELECT c.oid, c.relnamespace, c.relname, s.srvname, {}, {} FROM pg_catalog.pg_foreign_table f \
         JOIN pg_catalog.pg_class c ON c.oid = f.ftrelid JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver \
         WHERE c.relnamespace IN ({}) AND {OF_ITSELF} AND {}",
        options("f.ftoptions"),
        comment("pg_class", "c.oid"),
        building.namespace_list(),
        not_of_extension("pg_class", "c.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = building.name(oid(row.text(1)), row.required(2)?);
        let inside = inside.remove(&oid(row.text(0))).unwrap_or_default();
        let called = qualified(&name);
        let body = if inside.lines.is_empty() { String::new() } else { format!("\n{}\n", inside.lines.join(",\n")) };
        let (server, options) = (quote(&Ident::from(row.required(3)?)), with_options(row.text(4)));
        let mut definition = vec![format!("CREATE FOREIGN TABLE {called} ({body}) SERVER {server}{options}")];
        let said =
            |(column, text): (String, String)| format!("COMMENT ON COLUMN {called}.{column} IS {}", literal(&text));
        definition.extend(inside.comments.into_iter().map(said));
        let made = object(ObjectId::new(ObjectKind::ForeignTable, name), &definition, row.text(5));
        building.insert((CLASS, oid(row.text(0))), made);
    }
    Ok(())
}

/// Neither a partition nor the child of another table.
const OF_ITSELF: &str = "NOT c.relispartition AND c.oid NOT IN (SELECT inhrelid FROM pg_catalog.pg_inherits)";

async fn columns(connection: &mut Connection, building: &Building<'_>) -> Result<BTreeMap<Oid, Inside>> {
    let sql = format!(
        "SELECT a.attrelid, pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod), \
         CASE WHEN a.attcollation <> t.typcollation THEN (SELECT CASE WHEN pg_catalog.pg_collation_is_visible(l.oid) \
         THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END || pg_catalog.quote_ident(l.collname) \
         FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace \
         WHERE l.oid = a.attcollation) END, {}, a.attnotnull, a.attgenerated, \
         pg_catalog.pg_get_expr(x.adbin, x.adrelid), d.description \
         FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = a.attrelid \
         JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_attrdef x ON x.adrelid = a.attrelid AND x.adnum = a.attnum \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = a.attrelid AND d.objsubid = a.attnum \
         AND d.classoid = 'pg_catalog.pg_class'::regclass \
         WHERE c.relnamespace IN ({}) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum",
        options("a.attfdwoptions"),
        building.namespace_list()
    );
    let mut all: BTreeMap<Oid, Inside> = BTreeMap::new();
    for row in connection.rows(&sql).await? {
        let inside = all.entry(oid(row.text(0))).or_default();
        let name = row.required(1)?;
        inside.lines.push(column(&row, name));
        inside.comments.extend(row.text(8).map(|text| (name.to_owned(), text.to_owned())));
    }
    Ok(all)
}

fn column(row: &Row, name: &str) -> String {
    let collation = row.text(3).map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    let expression = match (row.text(6), row.text(7)) {
        (_, None) => String::new(),
        (Some("s"), Some(text)) => format!(" GENERATED ALWAYS AS ({text}) STORED"),
        (Some("v"), Some(text)) => format!(" GENERATED ALWAYS AS ({text}) VIRTUAL"),
        (_, Some(text)) => format!(" DEFAULT {text}"),
    };
    let not_null = if truth(row.text(5)) { " NOT NULL" } else { "" };
    let options = with_options(row.text(4));
    format!("    {name} {}{options}{collation}{expression}{not_null}", row.text(2).unwrap_or_default())
}

async fn checks(
    connection: &mut Connection,
    building: &Building<'_>,
    inside: &mut BTreeMap<Oid, Inside>,
) -> Result<()> {
    let sql = format!(
        "SELECT k.conrelid, pg_catalog.quote_ident(k.conname), pg_catalog.pg_get_constraintdef(k.oid) \
         FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = k.conrelid \
         WHERE k.connamespace IN ({}) AND k.contype = 'c' ORDER BY k.conrelid, k.conname",
        building.namespace_list()
    );
    for row in connection.rows(&sql).await? {
        let line = format!("    CONSTRAINT {} {}", row.required(1)?, row.required(2)?);
        inside.entry(oid(row.text(0))).or_default().lines.push(line);
    }
    Ok(())
}
