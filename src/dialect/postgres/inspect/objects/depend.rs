//! What stands on what, from the server's own catalog of dependencies.

use std::collections::BTreeSet;

use crate::db::Connection;
use crate::dialect::postgres::inspect::building::{Building, CLASS, PROC, TYPE};
use crate::dialect::postgres::inspect::text::{Address, Oid, oid};
use crate::dialect::postgres::scratch::SHADOWED;
use crate::error::{Error, Kind, Result};
use crate::schema::{Need, ObjectId, UNMADE_TABLE};

/// Dependent and what it needs, each as catalog and number; and the column of the latter. What stands for another thing is
/// resolved: the query of a view, a default, a check, an index are the view or table; the type of a row or of an array
/// is the table or the element. Numbers below 16384 are the server's own.
///
/// Of tables only what is beside tables counts: their references are read with their keys.
///
/// The server looks for a number in a catalog only where the catalog of the row is that one: there are many rows, and the
/// planner believes that there are few.
const QUERY: &str = "SELECT DISTINCT \
     CASE WHEN w.rulename = '_RETURN' OR x.oid IS NOT NULL OR i.indexrelid IS NOT NULL OR k.conrelid <> 0 THEN 1259 \
     WHEN k.contypid <> 0 THEN 1247 WHEN pr.oid IS NOT NULL THEN 6104 WHEN o.typrelid <> 0 THEN 1259 ELSE d.classid END, \
     coalesce(CASE WHEN w.rulename = '_RETURN' THEN w.ev_class END, x.adrelid, i.indrelid, nullif(k.conrelid, 0), \
     nullif(k.contypid, 0), nullif(o.typrelid, 0), pr.prpubid, d.objid), \
     CASE WHEN coalesce(nullif(e.typrelid, 0), nullif(t.typrelid, 0), rk.conrelid) <> 0 THEN 1259 ELSE d.refclassid END, \
     coalesce(nullif(e.typrelid, 0), nullif(t.typrelid, 0), rk.conrelid, e.oid, d.refobjid), d.refobjsubid \
     FROM pg_catalog.pg_depend d \
     LEFT JOIN pg_catalog.pg_rewrite w ON w.oid = CASE WHEN d.classid = 2618 THEN d.objid END \
     LEFT JOIN pg_catalog.pg_attrdef x ON x.oid = CASE WHEN d.classid = 2604 THEN d.objid END \
     LEFT JOIN pg_catalog.pg_constraint k ON k.oid = CASE WHEN d.classid = 2606 THEN d.objid END \
     LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = CASE WHEN d.classid = 1259 THEN d.objid END \
     LEFT JOIN pg_catalog.pg_type o ON o.oid = CASE WHEN d.classid = 1247 THEN d.objid END \
     LEFT JOIN pg_catalog.pg_publication_rel pr ON pr.oid = CASE WHEN d.classid = 6106 THEN d.objid END \
     LEFT JOIN pg_catalog.pg_constraint rk ON rk.oid = CASE WHEN d.refclassid = 2606 THEN d.refobjid END AND rk.conrelid <> 0 \
     LEFT JOIN pg_catalog.pg_type t ON t.oid = CASE WHEN d.refclassid = 1247 THEN d.refobjid END \
     LEFT JOIN pg_catalog.pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' THEN t.typelem END \
     WHERE d.refobjid >= 16384 AND d.deptype IN ('n', 'a') AND d.refclassid NOT IN (2615, 3079) \
     AND NOT (d.classid IN (1259, 2604, 2606) AND (d.refclassid = 2606 OR d.refclassid = 1259 AND d.refobjid IN \
     (SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'm', 'i'))))";

/// What depends on something in the scratch schema was made after it, unless the server has begun to count anew since.
const OF_SCRATCH: &str = " AND (d.objid > (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = pg_catalog.current_schema()) \
     OR EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = pg_catalog.current_schema() AND c.oid < n.oid))";

/// Fills in what objects and tables need.
///
/// # Errors
/// Models in a scratch place that lean on something of the user's own schema which they do not have themselves.
pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let mut edges = Vec::new();
    let sql = format!("{QUERY}{}", if building.in_scratch() { OF_SCRATCH } else { "" });
    connection
        .each(&sql, |row| {
            let column: i64 = row.text(4).and_then(|number| number.parse().ok()).unwrap_or_default();
            edges.push(((oid(row.text(0)), oid(row.text(1))), (oid(row.text(2)), oid(row.text(3))), column));
            Ok(())
        })
        .await?;
    edges.extend(building.needed_by_parts.iter().map(|(owner, needed)| (*owner, *needed, 0)));
    let mut outside = BTreeSet::new();
    for (dependent, needed, column) in &edges {
        if dependent == needed || !stands(building, *dependent) {
            continue;
        }
        match building.need(*needed, *column) {
            Some(need) => put(building, *dependent, need),
            None => drop(outside.insert((*dependent, *needed))),
        }
    }
    leave_out(building, &edges);
    if building.in_scratch() { refuse_live(connection, building, &outside).await } else { Ok(()) }
}

fn stands(building: &Building<'_>, (catalog, id): Address) -> bool {
    building.objects.contains_key(&(catalog, id)) || catalog == CLASS && building.tables.contains_key(&id)
}

fn put(building: &mut Building<'_>, dependent: Address, need: Need) {
    if let Some(object) = building.objects.get_mut(&dependent) {
        if !matches!(&need, Need::Object(id) if *id == object.id) {
            object.needs.insert(need);
        }
    } else if let (Some(open), Need::Object(id)) = (building.tables.get_mut(&dependent.1), need) {
        open.table.needs.insert(id);
    }
}

/// What stands on something without a noun has none either: it could not be made.
fn leave_out(building: &mut Building<'_>, edges: &[(Address, Address, i64)]) {
    let mut grew = true;
    while grew {
        let hit = |edge: &&(Address, Address, i64)| building.left_out.contains(&edge.1);
        let next: BTreeSet<Address> = edges.iter().filter(hit).map(|edge| edge.0).collect();
        grew = false;
        for address in next {
            if let Some(object) = building.objects.remove(&address) {
                grew = true;
                building.left_out.insert(address);
                let table = object.id.table.clone();
                building.unmodelled(object.id.kind.spoken(), object.id.name, table);
            }
        }
    }
    let hit = edges.iter().filter(|edge| edge.0.0 == CLASS && building.left_out.contains(&edge.1));
    let tables: BTreeSet<Oid> = hit.map(|edge| edge.0.1).collect();
    let tables = tables.iter().filter_map(|id| building.tables.get(id)).map(|open| open.table.name.clone());
    for table in tables.collect::<Vec<_>>() {
        building.unmodelled(UNMADE_TABLE, table, None);
    }
}

/// A scratch schema lies in front of the live one: what the models forgot must not be found there, nor what they have with
/// other arguments.
async fn refuse_live(
    connection: &mut Connection,
    building: &Building<'_>,
    outside: &BTreeSet<(Address, Address)>,
) -> Result<()> {
    let of = |catalog: Oid| {
        let ids: Vec<String> =
            outside.iter().filter(|edge| edge.1.0 == catalog).map(|edge| edge.1.1.to_string()).collect();
        if ids.is_empty() { "0".to_owned() } else { ids.join(", ") }
    };
    if outside.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "WITH live AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = (pg_catalog.current_schemas(false))[2]), \
         x AS (SELECT 1259 AS catalog, oid, relname AS name, CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN \
         'materialized view' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END AS kind, relnamespace AS place \
         FROM pg_catalog.pg_class WHERE oid IN ({}) UNION ALL SELECT 1255, oid, proname, 'function', pronamespace \
         FROM pg_catalog.pg_proc WHERE oid IN ({}) UNION ALL SELECT 1247, oid, typname, 'type', typnamespace \
         FROM pg_catalog.pg_type WHERE oid IN ({})) \
         SELECT x.catalog, x.oid, x.kind, x.name FROM x WHERE x.place IN (SELECT oid FROM live) AND NOT EXISTS \
         (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = x.catalog AND e.objid = x.oid AND e.deptype = 'e') \
         ORDER BY x.catalog, x.oid LIMIT 1",
        of(CLASS),
        of(PROC),
        of(TYPE)
    );
    let Some(row) = connection.first_row(&sql).await? else { return Ok(()) };
    let needed = (oid(row.text(0)), oid(row.text(1)));
    let (kind, missing) = (row.required(2)?, row.required(3)?);
    let dependent = outside.iter().find(|edge| edge.1 == needed).map(|edge| edge.0);
    let who = dependent.map(|address| called(building, address)).unwrap_or_default();
    if has_another(building, missing) {
        let what = format!(
            "{who} of the models would call the {kind} {missing} that is in the database, for it fits better than that of the models"
        );
        let hint = "grant the right to create databases, or give `scratch:` the URL of a database for that: there the former one is not in the way";
        return Err(Error::new(Kind::File, what).with_hint(hint).with_code(SHADOWED));
    }
    let what = format!("{who} of the models needs the {kind} {missing}, which the models do not have");
    Err(Error::new(Kind::File, what).with_hint(format!("add {missing} to the models")))
}

/// Whether the models have a routine or operator of that name, with other arguments.
fn has_another(building: &Building<'_>, name: &str) -> bool {
    let is_called = |id: &ObjectId| id.arguments.is_some() && id.name.schema.is_none() && id.name.name.as_str() == name;
    building.objects.values().any(|object| is_called(&object.id))
}

fn called(building: &Building<'_>, address: Address) -> String {
    match building.objects.get(&address) {
        Some(object) => object.id.for_people(),
        None => match building.tables.get(&address.1) {
            Some(open) => format!("table {}", open.table.name.for_people()),
            None => String::new(),
        },
    }
}
