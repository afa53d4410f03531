//! Operators, and the families and classes that indexes know them by.

use std::collections::BTreeMap;

use super::object;
use super::printed::{comment, function, function_with_arguments, operator, operator_family, operator_in_brackets};
use crate::db::{Connection, Row};
use crate::dialect::postgres::inspect::building::{Building, not_of_extension};
use crate::dialect::postgres::inspect::text::{Address, Oid, oid, truth};
use crate::dialect::postgres::quote::{as_printed, qualified};
use crate::error::Result;
use crate::schema::{Name, ObjectId, ObjectKind};

/// The numbers of the catalogs.
const OPERATOR: Oid = 2617;
const CLASS: Oid = 2616;
const FAMILY: Oid = 2753;
const FUNCTION: Oid = 1255;

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    operators(connection, building).await?;
    let mut members = members(connection, building).await?;
    families(connection, building, &mut members).await?;
    classes(connection, building, &mut members).await
}

/// An operator that is only named as another one's commutator has no function, and comes by itself.
async fn operators(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let side = |column: &str| format!("CASE WHEN {column} <> 0 THEN pg_catalog.format_type({column}, NULL) END");
    let sql = format!(
        "SELECT o.oid, o.oprnamespace, o.oprname, {}, {}, {}, {}, {}, {}, {}, o.oprcanhash, o.oprcanmerge, {} \
         FROM pg_catalog.pg_operator o WHERE o.oprnamespace IN ({}) AND o.oprcode <> 0 AND {}",
        side("o.oprleft"),
        side("o.oprright"),
        function("o.oprcode"),
        partner("o.oprcom"),
        partner("o.oprnegate"),
        function("o.oprrest"),
        function("o.oprjoin"),
        comment("pg_operator", "o.oid"),
        building.namespace_list(),
        not_of_extension("pg_operator", "o.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = building.name(oid(row.text(1)), row.required(2)?);
        let keys = [
            (5, "FUNCTION"),
            (3, "LEFTARG"),
            (4, "RIGHTARG"),
            (6, "COMMUTATOR"),
            (7, "NEGATOR"),
            (8, "RESTRICT"),
            (9, "JOIN"),
        ];
        let said = keys.iter().filter_map(|(at, key)| Some(format!("    {key} = {}", row.text(*at)?)));
        let flags = [(10, "HASHES"), (11, "MERGES")].into_iter().filter(|(at, _)| truth(row.text(*at)));
        let lines: Vec<String> = said.chain(flags.map(|(_, word)| format!("    {word}"))).collect();
        let definition = format!("CREATE OPERATOR {} (\n{}\n)", bare(&name), lines.join(",\n"));
        let types = format!("{}, {}", row.text(3).unwrap_or("NONE"), row.text(4).unwrap_or("NONE"));
        let id = ObjectId { arguments: Some(types), ..ObjectId::new(ObjectKind::Operator, name) };
        building.insert((OPERATOR, oid(row.text(0))), object(id, &[definition], row.text(12)));
    }
    Ok(())
}

/// The commutator or the negator. Made in a scratch schema, an operator that names one without a schema may have found the one
/// of the live schema behind it: that is the one which hides it there.
fn partner(column: &str) -> String {
    format!(
        "coalesce((SELECT p.oprname::text FROM pg_catalog.pg_operator p JOIN pg_catalog.pg_operator h \
         ON h.oprname = p.oprname AND h.oprleft = p.oprleft AND h.oprright = p.oprright AND h.oprnamespace = o.oprnamespace \
         WHERE p.oid = {column} AND pg_catalog.pg_operator_is_visible(h.oid)), {})",
        operator_in_brackets(column)
    )
}

/// The name of an operator is never quoted.
fn bare(name: &Name) -> String {
    let schema = name.schema.as_ref().map(|schema| format!("{}.", as_printed(schema))).unwrap_or_default();
    format!("{schema}{}", name.name.as_str())
}

/// What belongs to a family alone, or to a class, each as it is said in the statement that makes that.
async fn members(connection: &mut Connection, building: &mut Building<'_>) -> Result<BTreeMap<Address, Vec<String>>> {
    let owner = |catalog: &str, member: &str| {
        format!(
            "JOIN pg_catalog.pg_depend w ON w.classid = 'pg_catalog.{catalog}'::regclass AND w.objid = {member} \
             AND w.deptype IN ('a', 'i') AND w.refclassid IN ({CLASS}, {FAMILY}) AND w.refobjid >= 16384"
        )
    };
    let types = |left: &str, right: &str| {
        format!("' (' || pg_catalog.format_type({left}, NULL) || ', ' || pg_catalog.format_type({right}, NULL) || ')'")
    };
    let sql = format!(
        "SELECT w.refclassid, w.refobjid, {OPERATOR}, m.amopopr, 'OPERATOR ' || m.amopstrategy || ' ' || {} || {} \
         || coalesce(' FOR ORDER BY ' || {}, ''), m.amopstrategy FROM pg_catalog.pg_amop m {} \
         UNION ALL SELECT w.refclassid, w.refobjid, {FUNCTION}, m.amproc, 'FUNCTION ' || m.amprocnum || {} || ' ' || {}, \
         m.amprocnum FROM pg_catalog.pg_amproc m {} ORDER BY 1, 2, 3 DESC, 6, 5",
        operator("m.amopopr"),
        types("m.amoplefttype", "m.amoprighttype"),
        operator_family("nullif(m.amopsortfamily, 0)"),
        owner("pg_amop", "m.oid"),
        types("m.amproclefttype", "m.amprocrighttype"),
        function_with_arguments("m.amproc"),
        owner("pg_amproc", "m.oid")
    );
    let mut all: BTreeMap<Address, Vec<String>> = BTreeMap::new();
    for row in connection.rows(&sql).await? {
        let owner = (oid(row.text(0)), oid(row.text(1)));
        building.needed_by_parts.push((owner, (oid(row.text(2)), oid(row.text(3)))));
        all.entry(owner).or_default().push(row.required(4)?.to_owned());
    }
    Ok(all)
}

/// Name, access method and comment of a row whose first five columns are number, schema, name, method, comment.
fn identity(building: &Building<'_>, row: &Row, kind: ObjectKind) -> Result<ObjectId> {
    let name = building.name(oid(row.text(1)), row.required(2)?);
    Ok(ObjectId { arguments: Some(row.required(3)?.to_owned()), ..ObjectId::new(kind, name) })
}

async fn families(
    connection: &mut Connection,
    building: &mut Building<'_>,
    members: &mut BTreeMap<Address, Vec<String>>,
) -> Result<()> {
    let sql = format!(
        "SELECT f.oid, f.opfnamespace, f.opfname, pg_catalog.quote_ident(a.amname), {} FROM pg_catalog.pg_opfamily f \
         JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod WHERE f.opfnamespace IN ({}) AND {}",
        comment("pg_opfamily", "f.oid"),
        building.namespace_list(),
        not_of_extension("pg_opfamily", "f.oid")
    );
    for row in connection.rows(&sql).await? {
        let address = (FAMILY, oid(row.text(0)));
        let id = identity(building, &row, ObjectKind::OperatorFamily)?;
        let called = format!("{} USING {}", qualified(&id.name), row.required(3)?);
        let mut definition = vec![format!("CREATE OPERATOR FAMILY {called}")];
        let added = members.remove(&address).unwrap_or_default();
        definition.extend(added.iter().map(|member| format!("ALTER OPERATOR FAMILY {called} ADD {member}")));
        building.insert(address, object(id, &definition, row.text(4)));
    }
    Ok(())
}

async fn classes(
    connection: &mut Connection,
    building: &mut Building<'_>,
    members: &mut BTreeMap<Address, Vec<String>>,
) -> Result<()> {
    let sql = format!(
        "SELECT k.oid, k.opcnamespace, k.opcname, pg_catalog.quote_ident(a.amname), {}, k.opcdefault, \
         pg_catalog.format_type(k.opcintype, NULL), {}, \
         CASE WHEN k.opckeytype <> 0 THEN pg_catalog.format_type(k.opckeytype, NULL) END \
         FROM pg_catalog.pg_opclass k JOIN pg_catalog.pg_am a ON a.oid = k.opcmethod \
         WHERE k.opcnamespace IN ({}) AND {}",
        comment("pg_opclass", "k.oid"),
        operator_family("k.opcfamily"),
        building.namespace_list(),
        not_of_extension("pg_opclass", "k.oid")
    );
    for row in connection.rows(&sql).await? {
        let address = (CLASS, oid(row.text(0)));
        let id = identity(building, &row, ObjectKind::OperatorClass)?;
        let mut items = members.remove(&address).unwrap_or_default();
        let storage = row.text(8).map(str::to_owned);
        // The grammar wants one item at least; a class keeps its own type where nothing else is said.
        let storage = storage.or_else(|| items.is_empty().then(|| row.text(6).unwrap_or_default().to_owned()));
        items.extend(storage.map(|ty| format!("STORAGE {ty}")));
        let usual = if truth(row.text(5)) { "DEFAULT " } else { "" };
        let definition = format!(
            "CREATE OPERATOR CLASS {} {usual}FOR TYPE {} USING {} FAMILY {} AS\n    {}",
            qualified(&id.name),
            row.required(6)?,
            row.required(3)?,
            row.required(7)?,
            items.join(",\n    ")
        );
        building.insert(address, object(id, &[definition], row.text(4)));
    }
    Ok(())
}
