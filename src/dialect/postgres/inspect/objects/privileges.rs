//! Default privileges: what a role gives to others of all that it will make.

use std::collections::BTreeMap;

use super::object;
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::Building;
use crate::dialect::postgres::inspect::text::{Oid, oid};
use crate::dialect::postgres::objects::privileges;
use crate::error::Result;
use crate::schema::{Name, ObjectId, ObjectKind};

/// The number of the catalog.
const DEFAULT_ACL: Oid = 826;

/// Of the whole database, and of the schemas in scope.
pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let condition = format!("d.defaclnamespace IN (0, {})", building.namespace_list());
    let sql = format!(
        "SELECT x.oid, x.role, x.schema, x.things, x.said FROM ({}) AS x ORDER BY x.oid, x.place, x.said",
        privileges::query(&condition)
    );
    let mut all: BTreeMap<Oid, (ObjectId, Vec<String>)> = BTreeMap::new();
    for row in connection.rows(&sql).await? {
        let id = ObjectId {
            arguments: Some(row.required(3)?.to_owned()),
            table: row.text(2).map(Name::own),
            ..ObjectId::new(ObjectKind::DefaultPrivileges, Name::own(row.required(1)?))
        };
        let entry = all.entry(oid(row.text(0))).or_insert_with(|| (id, Vec::new()));
        entry.1.push(row.required(4)?.to_owned());
    }
    for (number, (id, said)) in all {
        building.insert((DEFAULT_ACL, number), object(id, &said, None));
    }
    Ok(())
}
