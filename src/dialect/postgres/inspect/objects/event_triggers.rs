//! Event triggers: of the whole database.

use super::object;
use crate::db::{Connection, Row};
use crate::dialect::postgres::inspect::building::{Building, EVENT_TRIGGER, not_of_extension};
use crate::dialect::postgres::inspect::text::oid;
use crate::dialect::postgres::quote::quote;
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectId, ObjectKind};

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT e.oid, e.evtname, e.evtevent, e.evtenabled, (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(tag), \
         ', ') FROM pg_catalog.unnest(e.evttags) AS tag), CASE WHEN NOT pg_catalog.pg_function_is_visible(f.oid) \
         THEN pg_catalog.quote_ident(n.nspname) || '.' ELSE '' END || pg_catalog.quote_ident(f.proname), d.description \
         FROM pg_catalog.pg_event_trigger e JOIN pg_catalog.pg_proc f ON f.oid = e.evtfoid \
         JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = e.oid \
         AND d.classoid = 'pg_catalog.pg_event_trigger'::regclass WHERE {}",
        not_of_extension("pg_event_trigger", "e.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = row.required(1)?;
        let id = ObjectId::new(ObjectKind::EventTrigger, Name::own(name));
        let made = object(id, &definition(&row, name), row.text(6));
        building.insert((EVENT_TRIGGER, oid(row.text(0))), made);
    }
    Ok(())
}

fn definition(row: &Row, name: &str) -> Vec<String> {
    let (name, event) = (quote(&Ident::from(name)), row.text(2).unwrap_or_default());
    let when = row.text(4).map(|tags| format!(" WHEN TAG IN ({tags})")).unwrap_or_default();
    let function = row.text(5).unwrap_or_default();
    let mut definition = vec![format!("CREATE EVENT TRIGGER {name} ON {event}{when} EXECUTE FUNCTION {function}()")];
    let fires = match row.text(3) {
        Some("D") => Some("DISABLE"),
        Some("R") => Some("ENABLE REPLICA"),
        Some("A") => Some("ENABLE ALWAYS"),
        _ => None,
    };
    definition.extend(fires.map(|when| format!("ALTER EVENT TRIGGER {name} {when}")));
    definition
}
