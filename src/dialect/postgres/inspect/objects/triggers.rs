//! Triggers, those of constraints among them; not those that a foreign key or a partitioned table made.

use super::{object, on_table};
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::{Building, TRIGGER};
use crate::dialect::postgres::inspect::text::oid;
use crate::dialect::postgres::quote::{qualified, quote};
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectKind};

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let own = if building.server.at_least(13, 0) { "t.tgparentid = 0" } else { "true" };
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
