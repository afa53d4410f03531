//! Sequences: those behind identity and `serial` columns belong to the column, those that no column owns are objects.

use super::building::{Building, CLASS, Open, not_of_extension};
use super::objects::object;
use super::text::{Oid, oid};
use crate::db::{Connection, Row};
use crate::dialect::postgres::capabilities::WORD;
use crate::dialect::postgres::compare::sequence_name;
use crate::dialect::postgres::quote::{as_printed, qualified};
use crate::error::Result;
use crate::schema::{Column, Default, Identity, IdentityMode, Name, ObjectId, ObjectKind, Type};

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT c.relnamespace, c.relname, p.refobjid, p.refobjsubid, p.deptype, \
         pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, \
         c.oid, d.description, c.relpersistence \
         FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid \
         LEFT JOIN pg_catalog.pg_depend p ON p.objid = s.seqrelid AND p.classid = 'pg_catalog.pg_class'::regclass \
         AND p.refclassid = 'pg_catalog.pg_class'::regclass AND p.refobjsubid > 0 AND p.deptype IN ('a', 'i') \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass \
         WHERE c.relnamespace IN ({}) AND {}",
        building.namespace_list(),
        not_of_extension("pg_class", "c.oid")
    );
    let rows = connection.rows(&sql).await?;
    for row in &rows {
        sequence(building, row);
    }
    Ok(())
}

fn sequence(building: &mut Building<'_>, row: &Row) {
    let name = building.name(oid(row.text(0)), row.text(1).unwrap_or_default());
    if building.is_ours(&name) {
        return;
    }
    let owner: Oid = oid(row.text(2));
    let owned = row.text(4).is_some();
    let Some(open) = building.tables.get_mut(&owner) else {
        // One that belongs to a table which is not modelled goes with it.
        if !owned {
            alone(building, name, row);
        }
        return;
    };
    let table = open.table.name.clone();
    let is_unlogged = open.table.options.get(WORD, "unlogged") == Some("true");
    if !adopt(open, &name, row) {
        building.unmodelled("sequence", name, Some(table));
    } else if is_unlogged != (row.text(14) == Some("u")) && building.server.at_least(15, 0) {
        building.unmodelled("persistence of a sequence", name, Some(table));
    }
}

/// One that no column owns.
fn alone(building: &mut Building<'_>, name: Name, row: &Row) {
    let ty = row.text(5).unwrap_or_default();
    let unlogged = if row.text(14) == Some("u") { "UNLOGGED " } else { "" };
    let mut words = vec![format!("CREATE {unlogged}SEQUENCE {}", qualified(&name))];
    if ty != "bigint" {
        words.push(format!("AS {ty}"));
    }
    words.extend(options(row, ty).into_iter().map(|(key, value)| match key.as_str() {
        "start" => format!("START WITH {value}"),
        "increment" => format!("INCREMENT BY {value}"),
        "min" => format!("MINVALUE {value}"),
        "max" => format!("MAXVALUE {value}"),
        "cache" => format!("CACHE {value}"),
        _ => "CYCLE".to_owned(),
    }));
    let sql = words.join(" ");
    let made = object(ObjectId::new(ObjectKind::Sequence, name), &[sql], row.text(13));
    building.insert((CLASS, oid(row.text(12))), made);
}

/// Gives the sequence to its column, if that takes its values from it.
fn adopt(open: &mut Open, name: &Name, row: &Row) -> bool {
    let number = row.text(3).and_then(|number| number.parse().ok()).unwrap_or_default();
    let same_schema = open.table.name.schema == name.schema;
    let table = open.table.name.name.as_str().to_owned();
    let Some(column) = open.place(number).and_then(|place| open.table.columns.get_mut(place)) else { return false };
    // An identity column may still own the sequence that it had before it was one.
    if row.text(4) != Some("i") {
        if column.identity.is_some() {
            return false;
        }
        // A `serial` column that takes NULL has no word of its own.
        if !same_schema || column.nullable || !takes_next_value(column, name) {
            return false;
        }
        column.default = None;
        column.identity = Some(Identity { mode: IdentityMode::Serial, options: crate::schema::SortedMap::new() });
    }
    let Type::Native(native) = column.ty.clone() else { return false };
    let usual = sequence_name(&table, column.name.as_str());
    let Some(identity) = &mut column.identity else { return false };
    if usual != name.name {
        identity.options.insert("sequence".to_owned(), name.name.as_str().to_owned());
    }
    identity.options.extend(options(row, &native));
    true
}

/// `nextval('t_id_seq'::regclass)`, with or without a schema in it.
fn takes_next_value(column: &Column, sequence: &Name) -> bool {
    let Some(Default::Sql(expr)) = &column.default else { return false };
    let named = expr.text().strip_prefix("nextval('").and_then(|rest| rest.strip_suffix("'::regclass)"));
    let printed = as_printed(&sequence.name).replace('\'', "''");
    named.is_some_and(|named| {
        named == printed || named.strip_suffix(&printed).is_some_and(|before| before.ends_with('.'))
    })
}

/// What differs from a sequence that says nothing, of the type of the column.
fn options(row: &Row, native: &str) -> Vec<(String, String)> {
    let value = |at: usize| row.text(at).unwrap_or_default();
    let ty = value(5);
    let descending = value(7).starts_with('-');
    let (lowest, highest) = match ty {
        "smallint" => ("-32768", "32767"),
        "integer" => ("-2147483648", "2147483647"),
        _ => ("-9223372036854775808", "9223372036854775807"),
    };
    let (min, max) = if descending { (lowest, "-1") } else { ("1", highest) };
    let start = if descending { value(9) } else { value(8) };
    let usual = [(6, "start", start), (7, "increment", "1"), (8, "min", min), (9, "max", max), (10, "cache", "1")];
    let mut options: Vec<(String, String)> = usual
        .iter()
        .filter(|(at, _, usual)| value(*at) != *usual)
        .map(|(at, key, _)| ((*key).to_owned(), value(*at).to_owned()))
        .collect();
    if value(11) == "t" {
        options.push(("cycle".to_owned(), "true".to_owned()));
    }
    let follows = ty == native || !["smallint", "integer", "bigint"].contains(&native) && ty == "bigint";
    if !follows {
        options.push(("as".to_owned(), ty.to_owned()));
    }
    options
}
