//! Tables, and what looks like one.

use std::collections::BTreeMap;

use super::building::{Building, CLASS, Open, not_of_extension};
use super::heirs::{self, Descent};
use super::text::{oid, parameters, truth};
use crate::db::{Connection, Row};
use crate::dialect::postgres::capabilities::WORD;
use crate::error::Result;
use crate::schema::{Name, OF_TYPE, Table, names_text};

/// How a table is stored, where a table that says nothing would be stored otherwise: a partition as its table says, anything else
/// by the setting. A partitioned table holds no rows, and says it only for what comes.
const METHOD: &str = "CASE WHEN c.relkind = 'p' OR a.amname <> pg_catalog.current_setting('default_table_access_method') \
    OR c.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_inherits above JOIN pg_catalog.pg_class parent \
    ON parent.oid = above.inhparent WHERE above.inhrelid = c.oid AND parent.relam <> 0) THEN a.amname END";

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT c.oid, c.relnamespace, c.relname, c.relkind, c.relpersistence, c.relispartition, \
         array_to_string(c.reloptions, E'\\n'), array_to_string(o.reloptions, E'\\n'), s.spcname, c.relreplident, \
         CASE WHEN c.relrowsecurity THEN 1 END, {METHOD}, f.typnamespace, \
         h.parents IS NOT NULL, d.description, \
         CASE WHEN c.relforcerowsecurity THEN 1 END, h.parents, \
         CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END, \
         CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END, f.typname, \
         f.typnamespace::pg_catalog.regnamespace \
         FROM pg_catalog.pg_class c \
         LEFT JOIN pg_catalog.pg_class o ON o.oid = c.reltoastrelid \
         LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace \
         LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam \
         LEFT JOIN pg_catalog.pg_type f ON f.oid = nullif(c.reloftype, 0) \
         LEFT JOIN (SELECT inhrelid, string_agg(inhparent::pg_catalog.text, ' ' ORDER BY inhseqno) AS parents \
         FROM pg_catalog.pg_inherits GROUP BY inhrelid) h ON h.inhrelid = c.oid \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 \
         AND d.classoid = 'pg_catalog.pg_class'::regclass \
         WHERE c.relnamespace IN ({}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND {}",
        building.namespace_list(),
        not_of_extension("pg_class", "c.oid")
    );
    let mut heirs = BTreeMap::new();
    connection
        .each(&sql, |row| {
            relation(building, row);
            if truth(row.text(13)) {
                heirs.insert(oid(row.text(0)), Descent::of(row));
            }
            Ok(())
        })
        .await?;
    heirs::join(building, heirs);
    Ok(())
}

fn relation(building: &mut Building<'_>, row: &Row) {
    let name = building.name(oid(row.text(1)), row.text(2).unwrap_or_default());
    if building.is_ours(&name) {
        return;
    }
    building.relations.insert(oid(row.text(0)), name.clone());
    let is_foreign = row.text(3) == Some("f") && !truth(row.text(5)) && !truth(row.text(13));
    if is_foreign || matches!(row.text(3), Some("v" | "m" | "c")) {
        return;
    }
    if let Some(kind) = unmodelled_kind(row) {
        building.leave_out((CLASS, oid(row.text(0))), kind, name);
        return;
    }
    let mut open = Open::new(table(row, name));
    if let Some(ty) = row.text(19) {
        let of = building.name_anywhere(oid(row.text(12)), ty, row.text(20));
        open.table.options.set(WORD, OF_TYPE, names_text(&[of]));
    }
    building.tables.insert(oid(row.text(0)), open);
}

/// The word for what is no table that the nouns can hold.
fn unmodelled_kind(row: &Row) -> Option<&'static str> {
    (row.text(3) == Some("f")).then_some("foreign table of a tree")
}

fn table(row: &Row, name: Name) -> Table {
    let mut table = Table::new(name);
    table.comment = row.text(14).map(str::to_owned);
    let options = &mut table.options;
    if row.text(4) == Some("u") {
        options.set(WORD, "unlogged", "true");
    }
    for (column, key) in [(8, "tablespace"), (11, "access_method")] {
        row.text(column).into_iter().for_each(|value| options.set(WORD, key, value));
    }
    match row.text(9) {
        Some("f") => options.set(WORD, "replica_identity", "full"),
        Some("n") => options.set(WORD, "replica_identity", "nothing"),
        _ => {}
    }
    if let Some(key) = row.text(18) {
        options.set(WORD, "partition_by", key);
    }
    for (column, key) in [(10, "row_level_security"), (15, "force_row_level_security")] {
        if row.text(column).is_some() {
            options.set(WORD, key, "true");
        }
    }
    parameters(row.text(6)).for_each(|(key, value)| options.set(WORD, key, value));
    parameters(row.text(7)).for_each(|(key, value)| options.set(WORD, &format!("toast.{key}"), value));
    table
}
