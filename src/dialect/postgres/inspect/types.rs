//! Enum types; base types, which are made of functions in C, and types that are only announced are named.

use super::building::{Building, TYPE, not_of_extension};
use super::text::oid;
use crate::db::{Connection, Row};
use crate::error::Result;
use crate::schema::Enum;

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT t.typnamespace, t.typname, t.typtype, e.enumlabel, d.description, t.oid \
         FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = t.oid AND d.objsubid = 0 \
         AND d.classoid = 'pg_catalog.pg_type'::regclass \
         WHERE t.typnamespace IN ({}) AND (t.typtype IN ('e', 'p') OR t.typtype = 'b' AND t.typcategory <> 'A') \
         AND {} ORDER BY t.oid, e.enumsortorder",
        building.namespace_list(),
        not_of_extension("pg_type", "t.oid")
    );
    let rows = connection.rows(&sql).await?;
    rows.iter().for_each(|row| one(building, row));
    Ok(())
}

fn one(building: &mut Building<'_>, row: &Row) {
    let name = building.name(oid(row.text(0)), row.text(1).unwrap_or_default());
    if building.is_ours(&name) {
        return;
    }
    match row.text(2) {
        Some("e") => {
            let comment = row.text(4).map(str::to_owned);
            building.enums.insert(oid(row.text(5)), name.clone());
            if !building.schema.enums.contains_key(&name) {
                let made = Enum { name: name.clone(), values: Vec::new(), comment, renamed_from: None };
                building.schema.enums.insert(name.clone(), made);
            }
            let made = building.schema.enums.get_mut(&name);
            made.into_iter().for_each(|made| made.values.extend(row.text(3).map(str::to_owned)));
        }
        Some("p") => building.leave_out((TYPE, oid(row.text(5))), "shell type", name),
        _ => building.leave_out((TYPE, oid(row.text(5))), "base type", name),
    }
}
