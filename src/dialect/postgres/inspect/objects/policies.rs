//! Policies: who sees and changes which rows.

use super::{object, on_table};
use crate::db::{Connection, Row};
use crate::dialect::postgres::inspect::building::{Building, POLICY};
use crate::dialect::postgres::inspect::text::{oid, truth};
use crate::dialect::postgres::quote::{qualified, quote};
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectKind};

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT p.oid, p.polname, p.polrelid, p.polpermissive, p.polcmd, \
         CASE WHEN p.polroles <> '{{0}}' THEN (SELECT pg_catalog.string_agg(CASE WHEN m.id = 0 THEN 'PUBLIC' \
         ELSE pg_catalog.quote_ident(r.rolname) END, ', ' ORDER BY r.rolname) \
         FROM pg_catalog.unnest(p.polroles) AS m (id) LEFT JOIN pg_catalog.pg_roles r ON r.oid = m.id) END, \
         pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), d.description \
         FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_policy'::regclass \
         WHERE c.relnamespace IN ({})",
        building.namespace_list()
    );
    for row in connection.rows(&sql).await? {
        let Some(table) = building.relation(oid(row.text(2))) else { continue };
        let name = row.required(1)?;
        let definition = definition(&row, name, &table);
        let made = object(on_table(ObjectKind::Policy, name, table), &[definition], row.text(8));
        building.insert((POLICY, oid(row.text(0))), made);
    }
    Ok(())
}

fn definition(row: &Row, name: &str, table: &Name) -> String {
    let mut text = format!("CREATE POLICY {} ON {}", quote(&Ident::from(name)), qualified(table));
    if !truth(row.text(3)) {
        text += " AS RESTRICTIVE";
    }
    let command = match row.text(4) {
        Some("r") => " FOR SELECT",
        Some("a") => " FOR INSERT",
        Some("w") => " FOR UPDATE",
        Some("d") => " FOR DELETE",
        _ => "",
    };
    text += command;
    let clauses = [(5, " TO ", ""), (6, "\n    USING (", ")"), (7, "\n    WITH CHECK (", ")")];
    for (at, before, behind) in clauses {
        if let Some(clause) = row.text(at) {
            let clause = if behind.is_empty() { clause } else { crate::dialect::postgres::compare::bare(clause) };
            text.extend([before, clause, behind]);
        }
    }
    text
}
