//! Triggers, those of constraints among them; not those that a foreign key or a partitioned table made.

use super::{object, on_table};
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::{Building, TRIGGER};
use crate::dialect::postgres::inspect::text::oid;
use crate::dialect::postgres::quote::{qualified, quote};
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectKind};

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let knows_parents = building.server.at_least(13, 0);
    let own = if knows_parents { "t.tgparentid = 0" } else { "true" };
    let sql = format!(
        "SELECT t.oid, t.tgname, t.tgrelid, t.tgenabled, pg_catalog.pg_get_triggerdef(t.oid, true), d.description \
         FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_catalog.pg_trigger'::regclass \
         WHERE c.relnamespace IN ({}) AND NOT t.tgisinternal AND {own} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
         WHERE e.classid = 'pg_catalog.pg_trigger'::regclass AND e.objid = t.oid AND e.deptype = 'e')",
        building.namespace_list()
    );
    for row in connection.rows(&sql).await? {
        let Some(table) = building.relation(oid(row.text(2))) else { continue };
        let name = row.required(1)?;
        let mut definition = vec![row.required(4)?.to_owned()];
        definition.extend(fires(row.text(3), "TRIGGER", name, &table));
        let made = object(on_table(ObjectKind::Trigger, name, table), &definition, row.text(5));
        building.insert((TRIGGER, oid(row.text(0))), made);
    }
    if knows_parents { of_partitions(connection, building).await } else { Ok(()) }
}

/// Names those triggers of partitions that fire otherwise than that of the table, which made them.
async fn of_partitions(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = "SELECT t.tgname, t.tgrelid FROM pg_catalog.pg_trigger t \
               JOIN pg_catalog.pg_trigger p ON p.oid = t.tgparentid \
               WHERE t.tgparentid <> 0 AND NOT p.tgisinternal AND t.tgenabled <> p.tgenabled";
    for row in connection.rows(sql).await? {
        let Some(table) = building.relation(oid(row.text(1))) else { continue };
        building.unmodelled("state of a partition's trigger", Name::own(row.required(0)?), Some(table));
    }
    Ok(())
}

/// The statement that says when a trigger or rule fires, if not as usual.
pub(super) fn fires(letter: Option<&str>, word: &str, name: &str, table: &Name) -> Option<String> {
    let when = match letter {
        Some("D") => "DISABLE",
        Some("R") => "ENABLE REPLICA",
        Some("A") => "ENABLE ALWAYS",
        _ => return None,
    };
    Some(format!("ALTER TABLE {} {when} {word} {}", qualified(table), quote(&Ident::from(name))))
}
