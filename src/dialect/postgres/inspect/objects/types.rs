//! Domains, composite types and range types.

use std::collections::BTreeMap;

use super::object;
use crate::db::{Connection, Row};
use crate::dialect::postgres::inspect::building::{Building, CLASS, TYPE, not_of_extension};
use crate::dialect::postgres::inspect::text::{Oid, oid, truth};
use crate::dialect::postgres::quote::{literal, qualified, quote};
use crate::error::Result;
use crate::schema::{Ident, ObjectId, ObjectKind};

/// A collation by its name, where it is not the usual one of the type: `{0}` and `{1}` are columns.
fn collation(own: &str, usual: &str) -> String {
    format!(
        "CASE WHEN {own} <> {usual} THEN (SELECT CASE WHEN pg_catalog.pg_collation_is_visible(l.oid) THEN '' \
         ELSE pg_catalog.quote_ident(n.nspname) || '.' END || pg_catalog.quote_ident(l.collname) \
         FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = {own}) END"
    )
}

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    domains(connection, building).await?;
    composites(connection, building).await?;
    ranges(connection, building).await
}

/// A check of a domain: its name, its text, whether it was proven, its comment.
struct Check {
    name: String,
    text: String,
    comment: Option<String>,
}

async fn domains(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT k.contypid, k.conname, pg_catalog.pg_get_constraintdef(k.oid), d.description \
         FROM pg_catalog.pg_constraint k LEFT JOIN pg_catalog.pg_description d ON d.objoid = k.oid \
         AND d.classoid = 'pg_catalog.pg_constraint'::regclass \
         WHERE k.contypid <> 0 AND k.contype = 'c' AND k.connamespace IN ({}) ORDER BY k.contypid, k.conname",
        building.namespace_list()
    );
    let mut checks: BTreeMap<Oid, Vec<Check>> = BTreeMap::new();
    for row in connection.rows(&sql).await? {
        let (name, text) = (row.required(1)?.to_owned(), row.required(2)?.to_owned());
        let comment = row.text(3).map(str::to_owned);
        checks.entry(oid(row.text(0))).or_default().push(Check { name, text, comment });
    }
    let sql = format!(
        "SELECT t.oid, t.typnamespace, t.typname, pg_catalog.format_type(t.typbasetype, t.typtypmod), \
         t.typnotnull, t.typdefault, d.description, {} \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_catalog.pg_type'::regclass \
         WHERE t.typnamespace IN ({}) AND t.typtype = 'd' AND {}",
        collation("t.typcollation", "b.typcollation"),
        building.namespace_list(),
        not_of_extension("pg_type", "t.oid")
    );
    for row in connection.rows(&sql).await? {
        let id = oid(row.text(0));
        domain(building, &row, &checks.remove(&id).unwrap_or_default());
    }
    Ok(())
}

fn domain(building: &mut Building<'_>, row: &Row, checks: &[Check]) {
    let name = building.name(oid(row.text(1)), row.text(2).unwrap_or_default());
    let collation = row.text(7).map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    let mut lines =
        vec![format!("CREATE DOMAIN {} AS {}{collation}", qualified(&name), row.text(3).unwrap_or_default())];
    lines.extend(row.text(5).map(|default| format!("DEFAULT {default}")));
    lines.extend(truth(row.text(4)).then(|| "NOT NULL".to_owned()));
    let (open, proven): (Vec<_>, Vec<_>) = checks.iter().partition(|check| check.text.ends_with(" NOT VALID"));
    let said = |check: &&Check| format!("CONSTRAINT {} {}", quote(&Ident::from(check.name.as_str())), check.text);
    lines.extend(proven.iter().map(said));
    let mut definition = vec![lines.join("\n    ")];
    definition.extend(open.iter().map(|check| format!("ALTER DOMAIN {} ADD {}", qualified(&name), said(check))));
    for check in checks {
        let on = format!("{} ON DOMAIN {}", quote(&Ident::from(check.name.as_str())), qualified(&name));
        let text = check.comment.as_deref().map(|text| format!("COMMENT ON CONSTRAINT {on} IS {}", literal(text)));
        definition.extend(text);
    }
    let made = object(ObjectId::new(ObjectKind::Domain, name), &definition, row.text(6));
    building.insert((TYPE, oid(row.text(0))), made);
}

/// Their address is that of the relation behind them: that is what a type of rows stands for.
async fn composites(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT c.oid, c.relnamespace, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), \
         d.description, (SELECT t.description FROM pg_catalog.pg_description t WHERE t.objoid = c.reltype \
         AND t.classoid = 'pg_catalog.pg_type'::regclass), {} \
         FROM pg_catalog.pg_class c \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         LEFT JOIN pg_catalog.pg_type b ON b.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = a.attnum \
         AND d.classoid = 'pg_catalog.pg_class'::regclass \
         WHERE c.relnamespace IN ({}) AND c.relkind = 'c' AND {} ORDER BY c.oid, a.attnum",
        collation("a.attcollation", "b.typcollation"),
        building.namespace_list(),
        not_of_extension("pg_type", "c.reltype")
    );
    let rows = connection.rows(&sql).await?;
    for of_one in rows.chunk_by(|one, other| one.text(0) == other.text(0)) {
        composite(building, of_one);
    }
    Ok(())
}

fn composite(building: &mut Building<'_>, rows: &[Row]) {
    let Some(first) = rows.first() else { return };
    let name = building.name(oid(first.text(1)), first.text(2).unwrap_or_default());
    let (mut lines, mut behind) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(column) = row.text(3).map(|column| quote(&Ident::from(column))) else { continue };
        let collation = row.text(7).map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        lines.push(format!("    {column} {}{collation}", row.text(4).unwrap_or_default()));
        let comment =
            row.text(5).map(|text| format!("COMMENT ON COLUMN {}.{column} IS {}", qualified(&name), literal(text)));
        behind.extend(comment);
    }
    let body = if lines.is_empty() { String::new() } else { format!("\n{}\n", lines.join(",\n")) };
    let mut definition = vec![format!("CREATE TYPE {} AS ({body})", qualified(&name))];
    definition.extend(behind);
    let made = object(ObjectId::new(ObjectKind::Type, name), &definition, first.text(6));
    building.insert((CLASS, oid(first.text(0))), made);
}

async fn ranges(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let multirange = if building.server.at_least(14, 0) {
        "(SELECT m.typname FROM pg_catalog.pg_type m WHERE m.oid = r.rngmultitypid)"
    } else {
        "NULL"
    };
    let function = |column: &str| {
        format!(
            "(SELECT CASE WHEN pg_catalog.pg_function_is_visible(f.oid) THEN '' ELSE pg_catalog.quote_ident(n.nspname) \
             || '.' END || pg_catalog.quote_ident(f.proname) FROM pg_catalog.pg_proc f \
             JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace WHERE f.oid = {column})"
        )
    };
    let sql = format!(
        "SELECT t.oid, t.typnamespace, t.typname, d.description, pg_catalog.format_type(r.rngsubtype, NULL), \
         (SELECT CASE WHEN pg_catalog.pg_opclass_is_visible(o.oid) THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END \
         || pg_catalog.quote_ident(o.opcname) FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_namespace n \
         ON n.oid = o.opcnamespace WHERE o.oid = r.rngsubopc AND NOT o.opcdefault), \
         {}, {}, {}, {multirange} \
         FROM pg_catalog.pg_range r JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid \
         JOIN pg_catalog.pg_type b ON b.oid = r.rngsubtype \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_catalog.pg_type'::regclass \
         WHERE t.typnamespace IN ({}) AND {}",
        collation("r.rngcollation", "b.typcollation"),
        function("r.rngcanonical"),
        function("r.rngsubdiff"),
        building.namespace_list(),
        not_of_extension("pg_type", "t.oid")
    );
    for row in connection.rows(&sql).await? {
        range(building, &row);
    }
    Ok(())
}

fn range(building: &mut Building<'_>, row: &Row) {
    let plain = row.text(2).unwrap_or_default();
    let name = building.name(oid(row.text(1)), plain);
    let usual =
        if plain.contains("range") { plain.replacen("range", "multirange", 1) } else { format!("{plain}_multirange") };
    let several = row.text(9).filter(|several| *several != usual).map(|several| quote(&Ident::from(several)));
    let said = [
        ("SUBTYPE", row.text(4).map(str::to_owned)),
        ("SUBTYPE_OPCLASS", row.text(5).map(str::to_owned)),
        ("COLLATION", row.text(6).map(str::to_owned)),
        ("CANONICAL", row.text(7).map(str::to_owned)),
        ("SUBTYPE_DIFF", row.text(8).map(str::to_owned)),
        ("MULTIRANGE_TYPE_NAME", several),
    ];
    let lines: Vec<String> =
        said.into_iter().filter_map(|(key, value)| value.map(|value| format!("    {key} = {value}"))).collect();
    let definition = format!("CREATE TYPE {} AS RANGE (\n{}\n)", qualified(&name), lines.join(",\n"));
    let made = object(ObjectId::new(ObjectKind::Type, name), &[definition], row.text(3));
    building.insert((TYPE, oid(row.text(0))), made);
}
