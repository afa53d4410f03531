//! Views and materialized views, with the comments of their columns, their defaults, and indexes.

use std::collections::BTreeMap;

use super::object;
use crate::db::{Connection, Row};
use crate::dialect::objects::ObjectWords;
use crate::dialect::postgres::capabilities::Since;
use crate::dialect::postgres::inspect::building::{Building, CLASS, not_of_extension};
use crate::dialect::postgres::inspect::text::{Oid, oid, parameters, truth};
use crate::dialect::postgres::objects::Objects;
use crate::dialect::postgres::quote::{literal, qualified, quote};
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectId, ObjectKind};

/// What belongs to a view beside its query.
#[derive(Default)]
struct Parts {
    /// `name type` of each column.
    face: Vec<String>,
    /// The statements that complete it.
    behind: Vec<String>,
}

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let mut parts = columns(connection, building).await?;
    indexes(connection, building, &mut parts).await?;
    let sql = format!(
        "SELECT c.oid, c.relnamespace, c.relname, c.relkind, array_to_string(c.reloptions, E'\\n'), s.spcname, \
         CASE WHEN a.amname <> pg_catalog.current_setting('default_table_access_method') THEN a.amname END, d.description, pg_catalog.pg_get_viewdef(c.oid) \
         FROM pg_catalog.pg_class c \
         LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace \
         LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 \
         AND d.classoid = 'pg_catalog.pg_class'::regclass \
         WHERE c.relnamespace IN ({}) AND c.relkind IN ('v', 'm') AND {}",
        building.namespace_list(),
        not_of_extension("pg_class", "c.oid")
    );
    connection
        .each(&sql, |row| {
            view(building, row, parts.remove(&oid(row.text(0))).unwrap_or_default());
            Ok(())
        })
        .await
}

fn view(building: &mut Building<'_>, row: &Row, parts: Parts) {
    let name = building.name(oid(row.text(1)), row.text(2).unwrap_or_default());
    let kind = if row.text(3) == Some("m") { ObjectKind::MaterializedView } else { ObjectKind::View };
    let id = ObjectId::new(kind, name);
    let query = row.text(8).unwrap_or_default().trim().trim_end_matches(';');
    let mut definition = vec![format!("{}{query}", head(&id, row))];
    definition.extend(parts.behind);
    let mut made = object(id, &definition, row.text(7));
    made.face = parts.face;
    building.insert((CLASS, oid(row.text(0))), made);
}

/// `CREATE VIEW "a" WITH (security_barrier = true) AS`, as short as it can be.
fn head(id: &ObjectId, row: &Row) -> String {
    let value = |value: &str| match value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') {
        true => value.to_owned(),
        false => literal(value),
    };
    let options: Vec<String> =
        parameters(row.text(4)).map(|(key, text)| format!("{} = {}", plain(key), value(text))).collect();
    let method = row.text(6).map(|method| format!(" USING {}", quote(&Ident::from(method))));
    let options = (!options.is_empty()).then(|| format!(" WITH ({})", options.join(", ")));
    let space = row.text(5).map(|space| format!(" TABLESPACE {}", quote(&Ident::from(space))));
    let between: String = [method, options, space].into_iter().flatten().collect();
    if between.is_empty() {
        return Objects.head(id);
    }
    format!("CREATE {} {}{between} AS\n", id.kind.spoken().to_uppercase(), qualified(&id.name))
}

fn plain(key: &str) -> String {
    key.split('.')
        .map(|part| crate::dialect::postgres::quote::as_printed(&Ident::from(part)))
        .collect::<Vec<_>>()
        .join(".")
}

async fn columns(connection: &mut Connection, building: &mut Building<'_>) -> Result<BTreeMap<Oid, Parts>> {
    let compression = if Since::ColumnCompression.is_in(building.server) { "a.attcompression" } else { "''" };
    let sql = format!(
        "SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), d.description, \
         pg_catalog.pg_get_expr(x.adbin, x.adrelid), \
         CASE WHEN c.relkind = 'm' AND a.attstorage <> t.typstorage THEN a.attstorage END, \
         CASE WHEN c.relkind = 'm' THEN {compression} END, \
         CASE WHEN c.relkind = 'm' AND a.attstattarget >= 0 THEN a.attstattarget END, array_to_string(a.attoptions, E'\\n') \
         FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_attrdef x ON x.adrelid = a.attrelid AND x.adnum = a.attnum \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = a.attrelid AND d.objsubid = a.attnum \
         AND d.classoid = 'pg_catalog.pg_class'::regclass \
         WHERE c.relnamespace IN ({}) AND c.relkind IN ('v', 'm') AND a.attnum > 0 AND NOT a.attisdropped \
         ORDER BY a.attrelid, a.attnum",
        building.namespace_list()
    );
    let (mut all, mut stored): (BTreeMap<Oid, Parts>, Vec<(Name, Name)>) = Default::default();
    connection
        .each(&sql, |row| {
            let id = oid(row.text(0));
            let (column, ty) = (row.required(1)?, row.required(2)?);
            let parts = all.entry(id).or_default();
            parts.face.push(format!("{column} {ty}"));
            let Some(view) = building.relation(id) else { return Ok(()) };
            let column = quote(&Ident::from(column));
            if let Some(default) = row.text(4) {
                parts
                    .behind
                    .push(format!("ALTER VIEW {} ALTER COLUMN {column} SET DEFAULT {default}", qualified(&view)));
            }
            if row.text(5).is_some() {
                stored.push((view.sibling(row.required(1)?.into()), view.clone()));
            }
            let alter = format!("ALTER MATERIALIZED VIEW {} ALTER COLUMN {column}", qualified(&view));
            parts.behind.extend(settings(row).into_iter().map(|setting| format!("{alter} SET {setting}")));
            if let Some(text) = row.text(3) {
                parts.behind.push(format!("COMMENT ON COLUMN {}.{column} IS {}", qualified(&view), literal(text)));
            }
            Ok(())
        })
        .await?;
    // What the usual storage of a type is no statement before version 16 can say, so there would be no way back.
    for (column, view) in stored {
        building.unmodelled("storage of a column", column, Some(view));
    }
    Ok(all)
}

/// How the values of a column of a materialized view are compressed and counted, where it is said.
fn settings(row: &Row) -> Vec<String> {
    let compression = match row.text(6) {
        Some("p") => Some("pglz"),
        Some("l") => Some("lz4"),
        _ => None,
    };
    let compression = compression.map(|method| format!("COMPRESSION {method}"));
    let statistics = row.text(7).map(|target| format!("STATISTICS {target}"));
    let counted = row.text(8).into_iter().flat_map(str::lines).map(|option| format!("({option})"));
    compression.into_iter().chain(statistics).chain(counted).collect()
}

/// Indexes of materialized views.
async fn indexes(connection: &mut Connection, building: &Building<'_>, parts: &mut BTreeMap<Oid, Parts>) -> Result<()> {
    let sql = format!(
        "SELECT i.indrelid, c.relname, pg_catalog.pg_get_indexdef(i.indexrelid, 0, true), d.description, i.indisclustered, \
         s.spcname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace \
         JOIN pg_catalog.pg_class m ON m.oid = i.indrelid \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 \
         AND d.classoid = 'pg_catalog.pg_class'::regclass \
         WHERE m.relnamespace IN ({}) AND m.relkind = 'm' ORDER BY c.relname",
        building.namespace_list()
    );
    for row in connection.rows(&sql).await? {
        let id = oid(row.text(0));
        let Some(view) = building.relation(id) else { continue };
        let behind = &mut parts.entry(id).or_default().behind;
        behind.push(row.required(2)?.to_owned());
        let index = Name::new(view.schema.clone(), row.required(1)?);
        if let Some(space) = row.text(5) {
            let space = quote(&Ident::from(space));
            behind.push(format!("ALTER INDEX {} SET TABLESPACE {space}", qualified(&index)));
        }
        if let Some(text) = row.text(3) {
            behind.push(format!("COMMENT ON INDEX {} IS {}", qualified(&index), literal(text)));
        }
        if truth(row.text(4)) {
            behind.push(format!("ALTER MATERIALIZED VIEW {} CLUSTER ON {}", qualified(&view), quote(&index.name)));
        }
    }
    Ok(())
}
