//! Functions, procedures and aggregates.

use super::object;
use super::printed::function;
use crate::db::{Connection, Row};
use crate::dialect::postgres::inspect::building::{Building, PROC};
use crate::dialect::postgres::inspect::text::{oid, truth};
use crate::dialect::postgres::quote::{literal, name_as_printed};
use crate::error::Result;
use crate::schema::{Ident, ObjectId, ObjectKind};

/// Members of extensions, and what a type made for itself.
const OF_ITSELF: &str = "NOT EXISTS (SELECT FROM pg_catalog.pg_depend member \
     WHERE member.classid = 'pg_catalog.pg_proc'::regclass AND member.objid = p.oid AND member.deptype IN ('e', 'i'))";

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let has_tree = if building.server.at_least(14, 0) { "p.prosqlbody IS NOT NULL" } else { "false" };
    let sql = format!(
        "SELECT p.oid, p.pronamespace, p.proname, p.prokind, pg_catalog.oidvectortypes(p.proargtypes), \
         pg_catalog.pg_get_function_identity_arguments(p.oid), pg_catalog.pg_get_function_result(p.oid), \
         pg_catalog.pg_get_functiondef(p.oid), p.pronargdefaults, \
         CASE WHEN NOT ({has_tree}) AND l.lanname NOT IN ('c', 'internal') THEN p.prosrc END, d.description \
         FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_proc'::regclass \
         WHERE p.pronamespace IN ({}) AND p.prokind <> 'a' AND {OF_ITSELF}",
        building.namespace_list()
    );
    connection
        .each(&sql, |row| {
            routine(building, row);
            Ok(())
        })
        .await?;
    aggregates(connection, building).await
}

fn routine(building: &mut Building<'_>, row: &Row) {
    let text = |at: usize| row.text(at).unwrap_or_default();
    let name = building.name(oid(row.text(1)), text(2));
    let kind = if row.text(3) == Some("p") { ObjectKind::Procedure } else { ObjectKind::Function };
    let word = format!("CREATE {} ", kind.spoken().to_uppercase());
    let printed = text(7).trim_end().replacen("CREATE OR REPLACE ", "CREATE ", 1);
    let printed = if building.in_scratch() { outside_scratch(&printed, &building.own) } else { printed };
    let id = ObjectId { arguments: Some(text(4).to_owned()), ..ObjectId::new(kind, name) };
    let mut made = object(id, &[building.without_own(&printed, &word)], row.text(10));
    made.face = vec![text(3).to_owned(), text(6).to_owned(), text(5).to_owned(), text(8).to_owned()];
    let address = (PROC, oid(row.text(0)));
    building.insert(address, made);
    if let Some(body) = row.text(9) {
        building.bodies.insert(address, body.to_owned());
    }
}

/// `SET search_path FROM CURRENT` is kept as the path of that moment. What the scratch schema stands in front of is the path
/// that the connection has without it.
fn outside_scratch(printed: &str, scratch: &Ident) -> String {
    let (says, first) = ("\n SET search_path TO ", literal(scratch.as_str()));
    let more = printed.replacen(&format!("{says}{first}, "), says, 1);
    more.replacen(&format!("{says}{first}\n"), &format!("{says}''\n"), 1)
}

/// The parameters of CREATE AGGREGATE that are functions, and their columns.
const FUNCTIONS: [(&str, &str); 8] = [
    ("SFUNC", "g.aggtransfn"),
    ("FINALFUNC", "g.aggfinalfn"),
    ("COMBINEFUNC", "g.aggcombinefn"),
    ("SERIALFUNC", "g.aggserialfn"),
    ("DESERIALFUNC", "g.aggdeserialfn"),
    ("MSFUNC", "g.aggmtransfn"),
    ("MINVFUNC", "g.aggminvtransfn"),
    ("MFINALFUNC", "g.aggmfinalfn"),
];

async fn aggregates(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let functions: Vec<String> = FUNCTIONS.iter().map(|(_, column)| function(column)).collect();
    let sql = format!(
        "SELECT p.oid, p.pronamespace, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid), d.description, \
         pg_catalog.format_type(g.aggtranstype, NULL), NULLIF(g.aggtransspace, 0), g.agginitval, \
         CASE WHEN g.aggmtranstype <> 0 THEN pg_catalog.format_type(g.aggmtranstype, NULL) END, \
         NULLIF(g.aggmtransspace, 0), g.aggminitval, g.aggfinalextra, g.aggmfinalextra, g.aggfinalmodify, \
         g.aggmfinalmodify, p.proparallel, g.aggkind, \
         (SELECT CASE WHEN pg_catalog.pg_operator_is_visible(o.oid) THEN o.oprname::text \
         ELSE 'OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ')' END \
         FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace \
         WHERE o.oid = g.aggsortop), {} \
         FROM pg_catalog.pg_aggregate g JOIN pg_catalog.pg_proc p ON p.oid = g.aggfnoid \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_proc'::regclass \
         WHERE p.pronamespace IN ({}) AND {OF_ITSELF}",
        functions.join(", "),
        building.namespace_list()
    );
    connection
        .each(&sql, |row| {
            aggregate(building, row);
            Ok(())
        })
        .await
}

fn aggregate(building: &mut Building<'_>, row: &Row) {
    let name = building.name(oid(row.text(1)), row.text(2).unwrap_or_default());
    let arguments = row.text(3).filter(|text| !text.is_empty()).unwrap_or("*").to_owned();
    let mut lines = Vec::new();
    let mut say = |key: &str, value: Option<String>| lines.extend(value.map(|value| format!("    {key} = {value}")));
    say("STYPE", row.text(5).map(str::to_owned));
    for (at, (key, _)) in FUNCTIONS.iter().enumerate() {
        say(key, row.text(18 + at).map(str::to_owned));
    }
    say("SSPACE", row.text(6).map(str::to_owned));
    say("INITCOND", row.text(7).map(literal));
    say("MSTYPE", row.text(8).map(str::to_owned));
    say("MSSPACE", row.text(9).map(str::to_owned));
    say("MINITCOND", row.text(10).map(literal));
    for (at, key) in [(13, "FINALFUNC_MODIFY"), (14, "MFINALFUNC_MODIFY")] {
        say(key, modifies(row.text(at), row.text(16)).map(str::to_owned));
    }
    say("SORTOP", row.text(17).map(str::to_owned));
    say("PARALLEL", parallel(row.text(15)).map(str::to_owned));
    let flags = [
        (truth(row.text(11)), "FINALFUNC_EXTRA"),
        (truth(row.text(12)), "MFINALFUNC_EXTRA"),
        (row.text(16) == Some("h"), "HYPOTHETICAL"),
    ];
    lines.extend(flags.iter().filter(|(is_on, _)| *is_on).map(|(_, word)| format!("    {word}")));
    let definition = format!("CREATE AGGREGATE {}({arguments}) (\n{}\n)", name_as_printed(&name), lines.join(",\n"));
    let id = ObjectId { arguments: Some(arguments), ..ObjectId::new(ObjectKind::Aggregate, name) };
    building.insert((PROC, oid(row.text(0))), object(id, &[definition], row.text(4)));
}

/// What a final function does to its state, if that is not the usual of the kind of aggregate.
fn modifies(letter: Option<&str>, kind: Option<&str>) -> Option<&'static str> {
    let usual = if kind == Some("n") { "r" } else { "w" };
    match letter {
        Some("r") if usual != "r" => Some("READ_ONLY"),
        Some("s") => Some("SHAREABLE"),
        Some("w") if usual != "w" => Some("READ_WRITE"),
        _ => None,
    }
}

fn parallel(letter: Option<&str>) -> Option<&'static str> {
    match letter {
        Some("s") => Some("SAFE"),
        Some("r") => Some("RESTRICTED"),
        _ => None,
    }
}
