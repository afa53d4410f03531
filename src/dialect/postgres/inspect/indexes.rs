//! Indexes. Those behind keys are read here too; [`super::constraints`] gives them to their key.

use std::collections::BTreeMap;

use super::building::{Building, Collated, Open};
use super::heirs;
use super::text::{Oid, numbers, oid, parameters, split_expressions, truth};
use crate::db::{Connection, Row};
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::bare;
use crate::dialect::postgres::quote::quote;
use crate::error::Result;
use crate::schema::{Expr, Ident, Index, IndexPart, IndexTarget, Nulls, Options};

/// What is known of an operator class.
struct Class {
    /// As it is written in SQL.
    name: String,
    usual: bool,
}

/// Operator classes, and their parameters by index and number of the part.
struct Classes {
    known: BTreeMap<Oid, Class>,
    parameters: BTreeMap<(Oid, i64), String>,
}

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let parameters = std::mem::take(&mut building.class_parameters);
    let classes = Classes { known: known(connection).await?, parameters };
    let distinct = if Since::NullsNotDistinct.is_in(building.server) { "i.indnullsnotdistinct" } else { "false" };
    let sql = format!(
        "SELECT i.indrelid, i.indexrelid, c.relname, m.amname, i.indisunique, i.indisvalid, i.indisclustered, \
         i.indnkeyatts, i.indkey, i.indclass, i.indcollation, i.indoption, array_to_string(c.reloptions, E'\\n'), \
         pg_catalog.pg_get_expr(i.indexprs, i.indrelid), pg_catalog.pg_get_expr(i.indpred, i.indrelid), \
         d.description, s.spcname, {distinct}, c.relispartition, i.indisreplident \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_am m ON m.oid = c.relam \
         LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 \
         AND d.classoid = 'pg_catalog.pg_class'::regclass \
         WHERE c.relnamespace IN ({}) AND c.relkind IN ('i', 'I')",
        building.namespace_list()
    );
    connection
        .each(&sql, |row| {
            index(building, row, &classes);
            Ok(())
        })
        .await
}

async fn known(connection: &mut Connection) -> Result<BTreeMap<Oid, Class>> {
    let sql = "SELECT o.oid, o.opcname, o.opcdefault, \
               CASE WHEN n.nspname <> 'pg_catalog' AND NOT pg_catalog.pg_opclass_is_visible(o.oid) THEN n.nspname END \
               FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace";
    let mut known = BTreeMap::new();
    connection
        .each(sql, |row| {
            let name = quote_class(row.text(3), row.required(1)?);
            known.insert(oid(row.text(0)), Class { name, usual: truth(row.text(2)) });
            Ok(())
        })
        .await?;
    Ok(known)
}

/// Bare where it can be, for it is read and written by people.
fn quote_class(schema: Option<&str>, name: &str) -> String {
    let printed = crate::dialect::postgres::quote::as_printed(&Ident::from(name));
    schema.map_or_else(|| printed.clone(), |schema| format!("{}.{printed}", quote(&Ident::from(schema))))
}

fn index(building: &mut Building<'_>, row: &Row, classes: &Classes) {
    let table = oid(row.text(0));
    let Some(open) = building.tables.get_mut(&table) else { return };
    if truth(row.text(18)) {
        heirs::attached(building, table, row.text(2).unwrap_or_default(), truth(row.text(6)) || truth(row.text(19)));
        return;
    }
    let method = row.text(3).filter(|method| *method != "btree").map(str::to_owned);
    let keys = numbers(row.text(8));
    let count = row.text(7).and_then(|count| count.parse().ok()).unwrap_or(keys.len());
    let (parts, collations) = parts(open, row, classes, keys.get(..count).unwrap_or_default());
    let made = Index {
        name: Ident::from(row.text(2).unwrap_or_default()),
        parts,
        unique: truth(row.text(4)),
        method,
        predicate: row.text(14).map(|text| Expr::Same(bare(text).to_owned())),
        include: open.names(keys.get(count..).unwrap_or_default()),
        nulls_not_distinct: truth(row.text(17)),
        comment: row.text(15).map(str::to_owned),
        options: options(row),
        renamed_from: None,
    };
    let place = open.table.indexes.len();
    open.table.indexes.push(made);
    for (part, collation) in collations {
        building.collated(collation, Collated::Index(table, place, part));
    }
}

/// The parts, and the collations that are not their column's own.
fn parts(open: &Open, row: &Row, classes: &Classes, keys: &[i64]) -> (Vec<IndexPart>, Vec<(usize, Oid)>) {
    let id = oid(row.text(1));
    let ordered = row.text(3) == Some("btree");
    let (class_ids, flags, collation_ids) = (numbers(row.text(9)), numbers(row.text(11)), numbers(row.text(10)));
    let count = keys.iter().filter(|key| **key == 0).count();
    let mut expressions = match row.text(13) {
        Some(text) if count > 1 => split_expressions(text),
        text => text.into_iter().collect(),
    }
    .into_iter();
    let (mut parts, mut collations) = (Vec::with_capacity(keys.len()), Vec::new());
    for (at, key) in keys.iter().enumerate() {
        let target = match open.name(*key) {
            Some(name) => IndexTarget::Column(name),
            None => IndexTarget::Expression(Expr::Same(bare(expressions.next().unwrap_or_default()).to_owned())),
        };
        let flag = flags.get(at).copied().filter(|_| ordered).unwrap_or_default();
        let class = class_ids.get(at).and_then(|id| classes.known.get(&Oid::try_from(*id).unwrap_or_default()));
        let number = i64::try_from(at + 1).unwrap_or_default();
        let operator_class = class_text(class, classes.parameters.get(&(id, number)));
        let (descending, nulls) = order(flag);
        parts.push(IndexPart { target, descending, nulls, collation: None, operator_class, prefix: None });
        let collation = collation_ids.get(at).map_or(0, |id| Oid::try_from(*id).unwrap_or_default());
        if collation != open.collation(*key) {
            collations.push((at, collation));
        }
    }
    (parts, collations)
}

/// `indoption`: 1 = descending, 2 = NULLs first. NULLs count as greater than everything else unless it is said.
fn order(flag: i64) -> (bool, Option<Nulls>) {
    let (descending, first) = (flag & 1 != 0, flag & 2 != 0);
    let nulls = match (descending, first) {
        (false, true) => Some(Nulls::First),
        (true, false) => Some(Nulls::Last),
        _ => None,
    };
    (descending, nulls)
}

fn class_text(class: Option<&Class>, parameters: Option<&String>) -> Option<String> {
    let class = class?;
    match parameters {
        Some(parameters) => Some(format!("{} ({parameters})", class.name)),
        None => (!class.usual).then(|| class.name.clone()),
    }
}

fn options(row: &Row) -> Options {
    let mut options = Options::default();
    parameters(row.text(12)).for_each(|(key, value)| options.set(WORD, key, value));
    if let Some(space) = row.text(16) {
        options.set(WORD, "tablespace", space);
    }
    if truth(row.text(6)) {
        options.set(WORD, "clustered", "true");
    }
    if truth(row.text(19)) {
        options.set(WORD, "replica_identity", "true");
    }
    if !truth(row.text(5)) {
        options.set(WORD, "invalid", "true");
    }
    options
}
