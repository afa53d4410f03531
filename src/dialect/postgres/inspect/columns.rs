//! Columns, and the parameters of operator classes, which stand in the same catalog.

use super::building::{Building, Collated};
use super::text::{Oid, oid, parameters, truth};
use crate::db::{Connection, Row};
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::{bare, is_usual_not_null};
use crate::dialect::postgres::options::{NO_INHERIT, NOT_VALID};
use crate::dialect::postgres::quote::literal;
use crate::error::Result;
use crate::schema::{Column, Default, Expr, Generated, Identity, IdentityMode, Name, Options, Type};

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let compression = if Since::ColumnCompression.is_in(building.server) { "a.attcompression" } else { "''" };
    // Before 18 NOT NULL has no name.
    let named = Since::NotNullNames.is_in(building.server);
    let not_null = if named { "n.conname, n.convalidated, n.connoinherit" } else { "NULL, true, false" };
    let joined = if named {
        "LEFT JOIN pg_catalog.pg_constraint n ON n.conrelid = a.attrelid AND n.contype = 'n' AND n.conkey = ARRAY[a.attnum] \
         AND n.coninhcount = 0"
    } else {
        ""
    };
    let sql = format!(
        "SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, \
         a.attidentity, a.attgenerated, CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation END, \
         pg_catalog.pg_get_expr(x.adbin, x.adrelid), d.description, \
         CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END, {compression}, \
         CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END, array_to_string(a.attoptions, E'\\n'), a.attcollation, \
         CASE WHEN a.attinhcount > 0 AND a.attislocal THEN 1 END, {not_null} \
         FROM pg_catalog.pg_attribute a \
         JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_attrdef x ON x.adrelid = a.attrelid AND x.adnum = a.attnum \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = a.attrelid AND d.objsubid = a.attnum \
         AND d.classoid = 'pg_catalog.pg_class'::regclass {joined} \
         WHERE c.relnamespace IN ({}) AND a.attnum > 0 AND NOT a.attisdropped \
         AND (c.relkind IN ('r', 'p') OR c.relkind = 'i' AND a.attoptions IS NOT NULL) ORDER BY a.attrelid, a.attnum",
        building.namespace_list()
    );
    connection
        .each(&sql, |row| {
            column(building, row);
            Ok(())
        })
        .await
}

fn column(building: &mut Building<'_>, row: &Row) {
    let id = oid(row.text(0));
    let number = row.text(1).and_then(|number| number.parse().ok()).unwrap_or_default();
    let Some(open) = building.tables.get_mut(&id) else {
        let all: Vec<String> =
            parameters(row.text(13)).map(|(key, value)| format!("{key}={}", literal(value))).collect();
        building.class_parameters.insert((id, number), all.join(", "));
        return;
    };
    open.columns.push((number, oid(row.text(14))));
    let place = open.table.columns.len();
    let mut column = made(row);
    not_null(&open.table.name, &mut column, row);
    if row.text(15).is_some() && !open.table.is_partition() {
        open.named.insert(column.name.clone());
    }
    open.table.columns.push(column);
    let collation: Oid = oid(row.text(7));
    building.collated(collation, Collated::Column(id, place));
}

/// The name of a NOT NULL that the server would not give, and what else it is.
fn not_null(table: &Name, column: &mut Column, row: &Row) {
    let Some(name) = row.text(16) else { return };
    if !is_usual_not_null(table, &column.name, name) {
        column.options.set(WORD, "not_null", name);
    }
    for (key, is_so) in [(NOT_VALID, !truth(row.text(17))), (NO_INHERIT, truth(row.text(18)))] {
        if is_so {
            column.options.set(WORD, key, "true");
        }
    }
}

fn made(row: &Row) -> Column {
    let mut column =
        Column::new(row.text(2).unwrap_or_default(), Type::Native(row.text(3).unwrap_or_default().to_owned()));
    column.nullable = !truth(row.text(4));
    column.comment = row.text(9).map(str::to_owned);
    let mode = match row.text(5) {
        Some("a") => Some(IdentityMode::Always),
        Some("d") => Some(IdentityMode::ByDefault),
        _ => None,
    };
    column.identity = mode.map(|mode| Identity { mode, options: crate::schema::SortedMap::new() });
    if let Some(text) = row.text(8) {
        let stored = row.text(6) == Some("s");
        if stored || row.text(6) == Some("v") {
            column.generated = Some(Generated { expr: Expr::Same(bare(text).to_owned()), stored });
        } else {
            column.default = Some(Default::Sql(Expr::Same(text.to_owned())));
        }
    }
    options(&mut column.options, row);
    column
}

fn options(options: &mut Options, row: &Row) {
    let storage = match row.text(10) {
        Some("p") => Some("plain"),
        Some("e") => Some("external"),
        Some("x") => Some("extended"),
        Some("m") => Some("main"),
        _ => None,
    };
    let compression = match row.text(11) {
        Some("p") => Some("pglz"),
        Some("l") => Some("lz4"),
        _ => None,
    };
    let named = [("storage", storage), ("compression", compression), ("statistics", row.text(12))];
    for (key, value) in named {
        value.into_iter().for_each(|value| options.set(WORD, key, value));
    }
    parameters(row.text(13)).for_each(|(key, value)| options.set(WORD, key, value));
}
