//! Keys and checks.

use std::collections::BTreeMap;

use super::building::{Building, Open};
use super::text::{Oid, numbers, oid, truth};
use crate::db::{Connection, Row};
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::bare;
use crate::error::Result;
use crate::schema::{Action, Check, Deferrable, Expr, ForeignKey, Ident, Name, PrimaryKey, Unique, Unmodelled};

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let set_columns = if Since::SetColumns.is_in(building.server) { "n.confdelsetcols" } else { "NULL" };
    let recent = Since::NotEnforced.is_in(building.server);
    let enforced = if recent { "n.conenforced, n.conperiod" } else { "true, false" };
    let sql = format!(
        "SELECT n.conrelid, n.conname, n.contype, n.condeferrable, n.condeferred, n.convalidated, n.connoinherit, \
         n.conkey, n.confrelid, n.confkey, n.confupdtype, n.confdeltype, n.confmatchtype, n.conindid, \
         CASE WHEN n.contype = 'c' THEN pg_catalog.pg_get_expr(n.conbin, n.conrelid) END, d.description, \
         {set_columns}, {enforced}, \
         CASE WHEN n.contype = 'x' THEN (SELECT string_agg(CASE WHEN pg_catalog.pg_operator_is_visible(o.oid) THEN o.oprname \
         ELSE 'OPERATOR(' || quote_ident(s.nspname) || '.' || o.oprname || ')' END, ', ' ORDER BY u.place) \
         FROM unnest(n.conexclop) WITH ORDINALITY u(id, place) JOIN pg_catalog.pg_operator o ON o.oid = u.id \
         JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace) END, n.coninhcount \
         FROM pg_catalog.pg_constraint n \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.objsubid = 0 \
         AND d.classoid = 'pg_catalog.pg_constraint'::regclass \
         WHERE n.connamespace IN ({}) AND n.conrelid <> 0 AND n.contype IN ('p', 'u', 'c', 'f', 'x') \
         AND n.conparentid = 0 AND (n.coninhcount = 0 OR n.contype = 'c' AND n.conislocal)",
        building.namespace_list()
    );
    let mut foreign = Vec::new();
    connection
        .each(&sql, |row| {
            constraint(building, row, &mut foreign);
            Ok(())
        })
        .await?;
    find_elsewhere(connection, building, &foreign).await?;
    let names: Vec<_> = foreign.into_iter().map(|key| foreign_key(building, key)).collect();
    for (table, key) in names.into_iter().flatten() {
        building.tables.get_mut(&table).into_iter().for_each(|open| open.table.foreign_keys.push(key.clone()));
    }
    Ok(())
}

/// A foreign key whose other end may not be known yet.
struct Half {
    table: Oid,
    references: Oid,
    referenced_numbers: Vec<i64>,
    key: ForeignKey,
}

fn constraint(building: &mut Building<'_>, row: &Row, foreign: &mut Vec<Half>) {
    let id = oid(row.text(0));
    let name = Ident::from(row.text(1).unwrap_or_default());
    let is_attached = !building.attached.is_empty() && building.attached.contains(&(id, name.clone()));
    let Some(open) = building.tables.get_mut(&id) else { return };
    let attached = is_attached.then_some("key attached to an index");
    for kind in beyond_nouns(open, row, &name).into_iter().chain(attached) {
        let table = &open.table.name;
        let (name, kind) = (table.sibling(name.clone()), kind.to_owned());
        building.schema.unmodelled.push(Unmodelled { kind, name, table: Some(table.clone()), definition: None });
    }
    match row.text(2) {
        Some("c") if is_inherited(row) => {}
        Some("c") => open.table.checks.push(check(row, name)),
        Some("f") => foreign.push(half(open, row, name)),
        Some(kind @ ("p" | "u")) => key(open, row, name, kind == "p"),
        Some(_) => exclusion(open, row, &name),
        None => {}
    }
}

/// Whether an heir has a check from its parents, and would keep it without them.
fn is_inherited(row: &Row) -> bool {
    row.text(20) != Some("0")
}

/// What a constraint has that no model can say.
fn beyond_nouns(open: &Open, row: &Row, name: &Ident) -> Option<&'static str> {
    let is_commented = || open.table.indexes.iter().any(|index| index.name == *name && index.comment.is_some());
    match row.text(2) {
        Some("c") => is_inherited(row).then_some("inherited check of its own"),
        Some("p" | "u") => is_commented().then_some("comment on the index of a key"),
        _ => None,
    }
}

/// An exclusion constraint is its index with the operators beside.
fn exclusion(open: &mut Open, row: &Row, name: &Ident) {
    let Some(index) = open.table.indexes.iter_mut().find(|index| index.name == *name) else { return };
    index.options.set(WORD, "exclude", row.text(19).unwrap_or_default());
    if let Some(deferrable) = deferrable(row) {
        index.options.set(WORD, "deferrable", if deferrable.initially_deferred { "deferred" } else { "immediate" });
    }
    index.comment = row.text(15).map(str::to_owned);
}

fn deferrable(row: &Row) -> Option<Deferrable> {
    truth(row.text(3)).then(|| Deferrable { initially_deferred: truth(row.text(4)) })
}

fn check(row: &Row, name: Ident) -> Check {
    let not_enforced = !truth(row.text(17));
    Check {
        name: Some(name),
        condition: Expr::Same(bare(row.text(14).unwrap_or_default()).to_owned()),
        no_inherit: truth(row.text(6)),
        not_valid: !truth(row.text(5)) && !not_enforced,
        not_enforced,
        comment: row.text(15).map(str::to_owned),
    }
}

/// A key takes over what was read of its index, which has its name.
fn key(open: &mut Open, row: &Row, name: Ident, primary: bool) {
    let columns = open.names(&numbers(row.text(7)));
    let place = open.table.indexes.iter().position(|index| index.name == name);
    let index = place.map(|place| open.table.indexes.remove(place));
    let (include, mut options, nulls_not_distinct) =
        index.map(|index| (index.include, index.options, index.nulls_not_distinct)).unwrap_or_default();
    if truth(row.text(18)) {
        options.set(WORD, "without_overlaps", "true");
    }
    let (deferrable, comment) = (deferrable(row), row.text(15).map(str::to_owned));
    let name = Some(name);
    if primary {
        open.table.primary_key = Some(PrimaryKey { name, columns, include, deferrable, comment, options });
    } else {
        open.table.uniques.push(Unique { name, columns, include, nulls_not_distinct, deferrable, comment, options });
    }
}

fn half(open: &Open, row: &Row, name: Ident) -> Half {
    let not_enforced = !truth(row.text(17));
    let key = ForeignKey {
        name: Some(name),
        columns: open.names(&numbers(row.text(7))),
        references: Name::own(""),
        referenced_columns: Vec::new(),
        on_delete: action(row.text(11)),
        on_update: action(row.text(10)),
        match_full: row.text(12) == Some("f"),
        deferrable: deferrable(row),
        not_valid: !truth(row.text(5)) && !not_enforced,
        not_enforced,
        set_columns: open.names(&numbers(row.text(16))),
        period: truth(row.text(18)),
        comment: row.text(15).map(str::to_owned),
    };
    Half { table: oid(row.text(0)), references: oid(row.text(8)), referenced_numbers: numbers(row.text(9)), key }
}

fn action(letter: Option<&str>) -> Action {
    match letter {
        Some("r") => Action::Restrict,
        Some("c") => Action::Cascade,
        Some("n") => Action::SetNull,
        Some("d") => Action::SetDefault,
        _ => Action::Nothing,
    }
}

fn foreign_key(building: &Building<'_>, half: Half) -> Option<(Oid, ForeignKey)> {
    let mut key = half.key;
    if let Some(open) = building.tables.get(&half.references) {
        key.references = open.table.name.clone();
        key.referenced_columns = open.names(&half.referenced_numbers);
    } else {
        let (name, columns) = building.elsewhere.get(&half.references)?;
        key.references = name.clone();
        key.referenced_columns =
            half.referenced_numbers.iter().filter_map(|number| columns.get(number).cloned()).collect();
    }
    Some((half.table, key))
}

/// Names and columns of referenced tables that were not read: of other schemas, partitioned, the tool's own.
async fn find_elsewhere(connection: &mut Connection, building: &mut Building<'_>, foreign: &[Half]) -> Result<()> {
    let missing: std::collections::BTreeSet<Oid> =
        foreign.iter().map(|half| half.references).filter(|id| !building.tables.contains_key(id)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = missing.iter().map(Oid::to_string).collect();
    let sql = format!(
        "SELECT c.oid, n.nspname, c.relname, a.attnum, a.attname FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         WHERE c.oid IN ({})",
        list.join(", ")
    );
    for row in connection.rows(&sql).await? {
        let schema = Ident::from(row.required(1)?);
        let schema = Some(schema).filter(|schema| *schema != building.own);
        let name = Name::new(schema, row.required(2)?);
        let entry = building.elsewhere.entry(oid(row.text(0))).or_insert_with(|| (name, BTreeMap::new()));
        entry.1.insert(row.int(3)?.unwrap_or_default(), Ident::from(row.required(4)?));
    }
    Ok(())
}
