//! Whose things are, and what others may do with them: what differs from what the server gives by itself.
//!
//! What an owner may do, and the login that looks, is not said: in a scratch place the login is the owner of everything. So
//! what is read does not depend on who made it, nor on who granted it.

use std::collections::BTreeMap;

use super::object;
use crate::db::{Connection, Row};
use crate::dialect::postgres::inspect::building::{Building, CLASS, NAMESPACE};
use crate::dialect::postgres::inspect::text::{Oid, oid, truth};
use crate::dialect::postgres::objects::acl;
use crate::dialect::postgres::quote::{as_printed, name_as_printed};
use crate::error::Result;
use crate::schema::{Ident, Name, Need, ObjectId, ObjectKind};

/// No catalogs: they only keep apart what is inserted.
const OWNERS: Oid = 1;
const GRANTS: Oid = 2;

/// Something that has an owner and an access list.
struct Thing {
    name: Name,
    /// What it is, for the identity: None of what stands among the tables.
    what: Option<String>,
    /// As GRANT and as ALTER call it.
    granted: String,
    altered: String,
    needs: Vec<Need>,
    is_column: bool,
}

/// Two questions more, for those who ask for them.
pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    if building.compares_owners() {
        owners(connection, building).await?;
    }
    if building.compares_grants() {
        grants(connection, building).await?;
    }
    Ok(())
}

/// One query for all.
async fn owners(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let rows = connection.rows(&acl::owners(&in_scope(building))).await?;
    for (number, row) in (0..).zip(&rows) {
        // The own schema is that of who made the database.
        let is_own = oid(row.text(0)) == NAMESPACE && row.text(3) == Some(building.own.as_str());
        let Some(thing) = thing(building, row).filter(|_| !is_own) else { continue };
        let role = as_printed(&Ident::from(row.required(7)?));
        let id = ObjectId { arguments: thing.what, ..ObjectId::new(ObjectKind::Owner, thing.name) };
        let mut made = object(id, &[format!("ALTER {} OWNER TO {role}", thing.altered)], None);
        made.needs.extend(thing.needs);
        building.insert((OWNERS, number), made);
    }
    Ok(())
}

/// One query for all.
async fn grants(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let mut all: BTreeMap<_, (Thing, Vec<String>)> = BTreeMap::new();
    for row in connection.rows(&acl::rights(&in_scope(building))).await? {
        let Some(thing) = thing(building, &row) else { continue };
        let said = said(&row, &thing.granted)?;
        let key = (oid(row.text(0)), oid(row.text(1)), row.text(6).map(str::to_owned));
        all.entry(key).or_insert_with(|| (thing, Vec::new())).1.push(said);
    }
    for (number, (thing, said)) in (0..).zip(all.into_values()) {
        let id = ObjectId { arguments: thing.what, ..ObjectId::new(ObjectKind::Grants, thing.name) };
        let is_column = thing.is_column;
        let whole = ObjectId { arguments: id.arguments.clone().filter(|_| !is_column), ..id.clone() };
        let mut made = object(id, &said, None);
        made.needs.extend(thing.needs);
        made.mentions.insert(Need::Object(ObjectId { kind: ObjectKind::Owner, ..whole.clone() }));
        made.mentions.extend(is_column.then_some(Need::Object(whole)));
        building.insert((GRANTS, number), made);
    }
    Ok(())
}

fn in_scope(building: &Building<'_>) -> String {
    format!("x.place IN ({})", building.namespace_list())
}

/// `GRANT INSERT, SELECT ON TABLE t TO bob`.
fn said(row: &Row, on: &str) -> Result<String> {
    let rights = row.required(10)?.split(',');
    let rights: Vec<String> = match row.text(6) {
        Some(column) => rights.map(|right| format!("{right} ({})", as_printed(&Ident::from(column)))).collect(),
        None => rights.map(str::to_owned).collect(),
    };
    let rights = rights.join(", ");
    let role = row.text(8).map_or_else(|| "PUBLIC".to_owned(), |role| as_printed(&Ident::from(role)));
    let option = if truth(row.text(9)) { " WITH GRANT OPTION" } else { "" };
    Ok(if truth(row.text(7)) {
        format!("REVOKE {rights} ON {on} FROM {role}")
    } else {
        format!("GRANT {rights} ON {on} TO {role}{option}")
    })
}

/// What a row is about; None where it has no noun here, or is the tool's own.
fn thing(building: &Building<'_>, row: &Row) -> Option<Thing> {
    let address = (oid(row.text(0)), oid(row.text(1)));
    if address.0 == NAMESPACE {
        let name = building.namespace(address.1)?;
        let called = format!("SCHEMA {}", as_printed(&name));
        let (granted, altered) = (called.clone(), called);
        return Some(Thing {
            name: Name::own(name),
            what: Some("schema".to_owned()),
            granted,
            altered,
            needs: vec![],
            is_column: false,
        });
    }
    if let Some(table) = row.text(5) {
        let name = building.name(oid(row.text(2)), row.text(3)?);
        let table = building.need((CLASS, oid(Some(table))), 0)?;
        let called = format!("SEQUENCE {}", name_as_printed(&name));
        return Some(Thing {
            name,
            what: None,
            granted: called.clone(),
            altered: called,
            needs: vec![table],
            is_column: false,
        });
    }
    let mut thing = of_need(building.need(address, 0)?, row.text(4).unwrap_or_default())?;
    if let Some(column) = row.text(6) {
        thing.what = Some(format!("column {column}"));
        thing.is_column = true;
        if let Some(Need::Table(table, _)) = thing.needs.first().cloned() {
            thing.needs.push(Need::Table(table, Some(Ident::from(column))));
        }
    }
    Some(thing)
}

/// `types` are those of a routine.
fn of_need(need: Need, types: &str) -> Option<Thing> {
    let (name, what, granted, altered) = match &need {
        Need::Table(name, _) => (name, None, called("TABLE", name, ""), called("TABLE", name, "")),
        Need::Enum(name) => (name, Some("type".to_owned()), called("TYPE", name, ""), called("TYPE", name, "")),
        Need::Object(id) => {
            let (what, granted, altered) = of_object(id, types)?;
            (&id.name, what, granted, altered)
        }
    };
    Some(Thing { name: name.clone(), what, granted, altered, needs: vec![need], is_column: false })
}

/// What it is, and what GRANT and ALTER call it; None of what has no access list.
fn of_object(id: &ObjectId, types: &str) -> Option<(Option<String>, String, String)> {
    let name = &id.name;
    let kind = id.kind.spoken();
    let word = kind.to_uppercase();
    let same = |text: String| (text.clone(), text);
    let is_relation = matches!(id.kind, ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable);
    let (granted, altered) = if is_relation {
        (called("TABLE", name, ""), called(&word, name, ""))
    } else if matches!(id.kind, ObjectKind::Sequence | ObjectKind::Type | ObjectKind::Domain) {
        same(called(&word, name, ""))
    } else if id.kind == ObjectKind::Aggregate {
        let own = id.arguments.as_deref().unwrap_or_default();
        (called("FUNCTION", name, &format!("({types})")), called(&word, name, &format!("({own})")))
    } else if id.kind == ObjectKind::Procedure && !types.is_empty() {
        // As it is called wherever its types alone might be those of another one.
        same(called(&word, name, &format!("(IN {types})")))
    } else if matches!(id.kind, ObjectKind::Function | ObjectKind::Procedure) {
        same(called(&word, name, &format!("({types})")))
    } else {
        return None;
    };
    let what = match &id.arguments {
        Some(arguments) => Some(format!("{kind}({arguments})")),
        None if matches!(id.kind, ObjectKind::Type | ObjectKind::Domain) => Some("type".to_owned()),
        None => None,
    };
    Some((what, granted, altered))
}

fn called(word: &str, name: &Name, behind: &str) -> String {
    format!("{word} {}{behind}", name_as_printed(name))
}
