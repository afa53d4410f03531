//! Data steps as they are declared in a revision file.

use crate::amount::duration;
use crate::error::Result;
use crate::format::operation_read::operation;
use crate::format::read::value;
use crate::format::read_parts::{ORDERS, one_of};
use crate::format::rows::row_changes;
use crate::format::types::read_expr;
use crate::ops::{
    Batch, By, Claim, DataOperation, DataStep, DataWork, Expect, Kept, Load, OnConflict, OnError, Operation, OrderBy,
    Restore, Through, Transfer, Value, WayBack,
};
use crate::schema::{Expr, Ident, Name};
use crate::yaml::{Fields, Node};

/// The verbs of data steps.
pub(super) const DATA_VERBS: [&str; 13] = [
    "update",
    "backfill",
    "split_column",
    "merge_columns",
    "copy",
    "move_rows",
    "normalise",
    "seed",
    "delete",
    "rows",
    "script",
    "closure",
    "restore",
];

/// How long a step waits for a load to pass, unless it is said: an hour.
const PATIENCE: u32 = 3_600_000;

/// The step behind one of [`DATA_VERBS`].
pub(super) fn data_operation(word: &str, fields: &mut Fields) -> Result<Operation> {
    if word == "restore" {
        return restore(fields).map(|restore| Operation::Data(DataOperation::Restore(restore)));
    }
    let name = fields.require("name")?.into_text()?;
    let schema = fields.text("schema")?.map(Ident::from);
    let table = Name::new(schema.clone(), fields.require("table")?.into_text()?);
    let work = work(word, schema, fields)?;
    let batch = fields.optional("batch").map(batch).transpose()?;
    let order = order(&work, batch.is_some(), fields)?;
    let on_error = on_error(fields)?;
    let expect = fields.optional("expect").map(expect).transpose()?.unwrap_or_default();
    let back = way_back(fields)?;
    let step = DataStep { name, table, work, order, batch, on_error, expect, back };
    Ok(Operation::Data(DataOperation::Step(Box::new(step))))
}

fn work(word: &str, schema: Option<Ident>, fields: &mut Fields) -> Result<DataWork> {
    if word == "seed" {
        return seed(fields);
    }
    if word == "rows" {
        return row_changes(fields).map(DataWork::Rows);
    }
    if word == "closure" {
        // It finds its rows itself.
        return closure(fields).map(DataWork::Through);
    }
    let filter = fields.optional("where").map(read_expr).transpose()?;
    Ok(match word {
        "update" => DataWork::Update { set: set(fields)?, filter },
        "backfill" => backfill(set(fields)?, filter, fields)?,
        "split_column" => split(filter, fields)?,
        "merge_columns" => merge(filter, fields)?,
        "copy" => DataWork::Copy(transfer(schema, filter, fields)?),
        "move_rows" => DataWork::MoveRows(transfer(schema, filter, fields)?),
        "normalise" => normalise(schema, filter, fields)?,
        "script" => DataWork::Through(script(filter, fields)?),
        _ if filter.is_some() => DataWork::Delete { filter },
        _ => {
            return Err(fields
                .error("which rows? `where` is missing")
                .with_hint("write `where: \"1 = 1\"` for all of them"));
        }
    })
}

fn set(fields: &mut Fields) -> Result<Vec<(Ident, Value)>> {
    let node = fields.require("set")?;
    let empty = node.error("`set` names no column");
    let set = values(node)?;
    if set.is_empty() { Err(empty) } else { Ok(set) }
}

/// Columns and what they get, in the order of the file.
fn values(node: Node) -> Result<Vec<(Ident, Value)>> {
    node.entries()?.into_iter().map(|(key, node)| Ok((Ident::from(key.text), value(node)?))).collect()
}

/// Without a filter, a column that is filled is one that is NULL.
fn backfill(set: Vec<(Ident, Value)>, filter: Option<Expr>, fields: &Fields) -> Result<DataWork> {
    match (&filter, set.len()) {
        (None, 2..) => Err(fields
            .error("which rows are still to be filled? `where` is missing")
            .with_hint("write a condition that a row no longer meets once it is filled")),
        _ => Ok(DataWork::Backfill { set, filter }),
    }
}

fn split(filter: Option<Expr>, fields: &mut Fields) -> Result<DataWork> {
    let column = Ident::from(fields.require("column")?.into_text()?);
    let at = fields.text("at")?;
    let node = fields.require("into")?;
    let shape = node.expected("with `at`, a list of two columns; without, columns and what they get");
    let into = match &at {
        Some(text) if !text.is_empty() => {
            let names = node.list_of(Node::into_text)?;
            names.into_iter().map(|name| (Ident::from(name), None)).collect()
        }
        Some(_) => return Err(shape),
        None => values(node)?.into_iter().map(|(name, value)| (name, Some(value))).collect::<Vec<_>>(),
    };
    let fits = if at.is_some() { into.len() == 2 } else { !into.is_empty() };
    if fits { Ok(DataWork::SplitColumn { column, at, into, filter }) } else { Err(shape) }
}

fn merge(filter: Option<Expr>, fields: &mut Fields) -> Result<DataWork> {
    let node = fields.require("columns")?;
    let few = node.expected("a list of two columns or more");
    let columns: Vec<Ident> = node.list_of(Node::into_text)?.into_iter().map(Ident::from).collect();
    if columns.len() < 2 {
        return Err(few);
    }
    let into = Ident::from(fields.require("into")?.into_text()?);
    let with = fields.take("with").filter(|node| !node.is_null()).map(Node::into_text).transpose()?;
    Ok(DataWork::MergeColumns { columns, into, with: with.unwrap_or_default(), filter })
}

fn transfer(schema: Option<Ident>, filter: Option<Expr>, fields: &mut Fields) -> Result<Transfer> {
    let from = other_table(schema, fields.require("from")?)?;
    let node = fields.require("columns")?;
    let columns = match &node.value {
        crate::yaml::Value::List(_) => {
            let same = |name: String| (Ident::from(name.as_str()), Value::Sql(Expr::Same(name)));
            node.list_of(Node::into_text)?.into_iter().map(same).collect()
        }
        crate::yaml::Value::Map(_) | crate::yaml::Value::Null | crate::yaml::Value::Scalar { .. } => values(node)?,
    };
    Ok(Transfer { from, columns, filter })
}

/// The other table of a step: its name, then it lies in the schema of the first one; or `{ schema: …, table: … }`.
fn other_table(schema: Option<Ident>, node: Node) -> Result<Name> {
    if let crate::yaml::Value::Scalar { .. } = &node.value {
        return Ok(Name::new(schema, node.into_text()?));
    }
    let mut fields = Fields::of(node, "a table")?;
    let schema = fields.text("schema")?.map(Ident::from);
    let name = Name::new(schema, fields.require("table")?.into_text()?);
    fields.finish()?;
    Ok(name)
}

fn normalise(schema: Option<Ident>, filter: Option<Expr>, fields: &mut Fields) -> Result<DataWork> {
    let into = other_table(schema, fields.require("into")?)?;
    let columns = pairs(fields.require("columns")?)?;
    let node = fields.require("key")?;
    let shape = node.expected("one column with the key that it refers to: `{ city_id: id }`");
    let mut keys = pairs(node)?;
    match (keys.pop(), keys.is_empty(), columns.is_empty()) {
        (Some(key), true, false) => Ok(DataWork::Normalise { columns, into, key, filter }),
        _ => Err(shape),
    }
}

/// Columns by columns.
fn pairs(node: Node) -> Result<Vec<(Ident, Ident)>> {
    let entries = node.entries()?.into_iter();
    entries.map(|(key, node)| Ok((Ident::from(key.text), Ident::from(node.into_text()?)))).collect()
}

fn seed(fields: &mut Fields) -> Result<DataWork> {
    let node = fields.require("rows")?;
    let uneven = node.error("the rows of one step name the same columns");
    let rows = node.list_of(values)?;
    let names =
        |row: &[(Ident, Value)]| row.iter().map(|(name, _)| name.clone()).collect::<std::collections::BTreeSet<_>>();
    let first = rows.first().map(|row| names(row)).unwrap_or_default();
    if first.is_empty() || rows.iter().any(|row| names(row) != first) {
        return Err(uneven);
    }
    let keep_existing = match fields.optional("existing") {
        None => false,
        Some(node) => match node.text()? {
            "stop" => false,
            "keep" => true,
            _ => return Err(node.expected("`stop` or `keep`")),
        },
    };
    Ok(DataWork::Seed { rows, keep_existing })
}

fn script(filter: Option<Expr>, fields: &mut Fields) -> Result<Through> {
    if let Some(node) = fields.optional("language")
        && node.text()? != "rhai"
    {
        return Err(node.expected("`rhai`, the one language of scripts"));
    }
    let node = fields.require("text")?;
    let line = u32::try_from(node.first_line_of_text()).unwrap_or(u32::MAX);
    let by = By::Script { text: node.into_text()?, line };
    let columns = idents(fields.require("columns")?)?;
    if columns.is_empty() {
        return Err(fields
            .error("a script without columns changes nothing")
            .with_hint("name what it changes: `columns: [a, b]`"));
    }
    let reads = fields.optional("reads").map(idents).transpose()?.unwrap_or_default();
    Ok(Through { by, columns, reads, filter })
}

fn closure(fields: &mut Fields) -> Result<Through> {
    let node = fields.require("version")?;
    let version = node.u32()?;
    let by = By::Closure { version, program: fields.text("program")?, back: false };
    let columns = fields.optional("columns").map(idents).transpose()?.unwrap_or_default();
    Ok(Through { by, columns, reads: Vec::new(), filter: None })
}

fn idents(node: Node) -> Result<Vec<Ident>> {
    node.one_or_list_of(|node| node.into_text().map(Ident::from))
}

fn batch(node: Node) -> Result<Batch> {
    let mut fields = Fields::of(node, "a batch")?;
    let size = fields.require("size")?;
    let wrong = size.expected("a number of rows from 1 to 10000");
    let size = size.u32()?;
    if !(1..=10_000).contains(&size) {
        return Err(wrong);
    }
    let pause = time(&mut fields, "pause")?.unwrap_or(0);
    let load = fields.optional("wait_while").map(load).transpose()?;
    fields.finish()?;
    Ok(Batch { size, pause, load })
}

/// In which order rows are taken, where there is one.
fn order(work: &DataWork, in_batches: bool, fields: &mut Fields) -> Result<Vec<OrderBy>> {
    let Some(node) = fields.optional("order") else { return Ok(Vec::new()) };
    let refused =
        |why: &str, hint: &str| Err(node.error(format!("`order` says nothing here: {why}")).with_hint(hint.to_owned()));
    match work {
        DataWork::Update { .. }
        | DataWork::Backfill { .. }
        | DataWork::SplitColumn { .. }
        | DataWork::MergeColumns { .. }
        | DataWork::Delete { .. }
            if !in_batches =>
        {
            refused("one statement changes all rows at once", "add `batch: { size: 5000 }`, or leave `order:` out")
        }
        DataWork::Normalise { .. } if in_batches => refused(
            "what is new in one batch comes behind what was new in the one before",
            "leave `batch:` out, or `order:`",
        ),
        DataWork::Rows(_) => refused("its rows are few and named", "leave `order:` out"),
        DataWork::Seed { .. } => refused("rows of a seed come in the order of the file", "write them in that order"),
        DataWork::Through(Through { by: By::Closure { .. }, .. }) => {
            refused("a closure goes through its rows itself", "let the closure say it: `session.rows(…).order_by(…)`")
        }
        DataWork::Update { .. }
        | DataWork::Backfill { .. }
        | DataWork::SplitColumn { .. }
        | DataWork::MergeColumns { .. }
        | DataWork::Delete { .. }
        | DataWork::Normalise { .. }
        | DataWork::Copy(_)
        | DataWork::MoveRows(_)
        | DataWork::Through(Through { by: By::Script { .. }, .. }) => {
            let none = node.expected("a column, or a list of them");
            let order = node.one_or_list_of(order_by)?;
            if order.is_empty() { Err(none) } else { Ok(order) }
        }
    }
}

fn order_by(node: Node) -> Result<OrderBy> {
    if let crate::yaml::Value::Scalar { .. } = &node.value {
        return Ok(OrderBy { column: Ident::from(node.into_text()?), descending: false });
    }
    let mut fields = Fields::of(node, "a column of an order")?;
    let column = Ident::from(fields.require("name")?.into_text()?);
    let descending = one_of(&mut fields, "order", ORDERS)? == Some("desc");
    fields.finish()?;
    Ok(OrderBy { column, descending })
}

fn load(node: Node) -> Result<Load> {
    let mut fields = Fields::of(node, "a load")?;
    let sql = crate::format::types::read_sql(fields.require("sql")?)?;
    let limit = fields.require("above")?.u32()?;
    let patience = time(&mut fields, "at_most")?.unwrap_or(PATIENCE);
    fields.finish()?;
    Ok(Load { sql, limit, patience })
}

/// Milliseconds.
fn time(fields: &mut Fields, key: &'static str) -> Result<Option<u32>> {
    let Some(node) = fields.optional(key) else { return Ok(None) };
    let wrong = node.expected("a time such as 50ms, 2s or 5m");
    let time = duration(node.text()?).and_then(|time| u32::try_from(time.as_millis()).ok());
    time.map(Some).ok_or(wrong)
}

fn on_error(fields: &mut Fields) -> Result<OnError> {
    let Some(node) = fields.optional("on_error") else { return Ok(OnError::Stop) };
    match node.text()? {
        "stop" => Ok(OnError::Stop),
        "skip" => Ok(OnError::Skip),
        _ => Err(node.expected("`stop` or `skip`")),
    }
}

fn expect(node: Node) -> Result<Expect> {
    let mut fields = Fields::of(node, "an expectation")?;
    let mut claims_of = |key| fields.optional(key).map(claims).transpose().map(Option::unwrap_or_default);
    let expect = Expect { before: claims_of("before")?, after: claims_of("after")? };
    fields.finish()?;
    Ok(expect)
}

fn claims(node: Node) -> Result<Vec<Claim>> {
    let mut fields = Fields::of(node, "an expectation")?;
    let columns =
        |node: Node| node.one_or_list_of(Node::into_text).map(|all| all.into_iter().map(Ident::from).collect());
    let mut claims = Vec::new();
    if let Some(node) = fields.optional("rows") {
        claims.push(Claim::Rows(node.u32()?));
    }
    if let Some(node) = fields.optional("hits") {
        claims.push(Claim::Hits(node.u32()?));
    }
    if let Some(node) = fields.optional("no_nulls") {
        claims.push(Claim::NoNulls(columns(node)?));
    }
    if let Some(node) = fields.optional("unique") {
        claims.push(Claim::Unique(columns(node)?));
    }
    if let Some(node) = fields.optional("no_rows") {
        claims.push(Claim::NoRows(crate::format::types::read_sql(node)?));
    }
    fields.finish()?;
    Ok(claims)
}

fn way_back(fields: &mut Fields) -> Result<WayBack> {
    let undo = fields.take_entry("undo");
    let irreversible = fields.optional("irreversible");
    match (undo, irreversible) {
        (None, None) => Ok(WayBack::Images),
        (None, Some(node)) => node.into_text().map(WayBack::Irreversible),
        (Some((_, node)), None) if node.is_null() => Ok(WayBack::Undo(Vec::new())),
        (Some((_, node)), None) => node.list_of(operation).map(WayBack::Undo),
        (Some((key, _)), Some(_)) => Err(key.error("a step has one way back: `undo` or `irreversible`")),
    }
}

fn restore(fields: &mut Fields) -> Result<Restore> {
    let step = fields.require("step")?.into_text()?;
    let on_conflict = match fields.optional("on_conflict") {
        None => OnConflict::Stop,
        Some(node) => {
            let known = OnConflict::WORDS.into_iter().find(|(_, word)| node.text().is_ok_and(|text| text == *word));
            known.map(|(policy, _)| policy).ok_or_else(|| node.expected("`stop`, `keep` or `restore`"))?
        }
    };
    Ok(Restore { step, on_conflict, of: None })
}

/// `keep_data:` beside a drop, or beside what makes it again; the operation as it is without it.
pub(super) fn keeping(operation: Operation, fields: &mut Fields) -> Result<Operation> {
    let Some(node) = fields.optional("keep_data") else { return Ok(operation) };
    let later = if let crate::yaml::Value::Map(_) = &node.value {
        let mut inner = Fields::of(node, "what is kept")?;
        let later = inner.take("later").map(value).transpose()?;
        inner.finish()?;
        later
    } else if node.bool()? {
        None
    } else {
        return Ok(operation);
    };
    if matches!(operation, Operation::DropColumn { .. } | Operation::DropTable { .. }) {
        return Ok(Operation::Data(DataOperation::Keep(Kept { drop: Box::new(operation), later })));
    }
    Ok(match operation.clone().reverse() {
        Some(drop) => Operation::Data(DataOperation::BringBack(Kept { drop: Box::new(drop), later })),
        None => operation,
    })
}

#[cfg(test)]
mod tests {
    use crate::format::{operation, operation_tree};
    use crate::yaml::{Tree, document, write};

    /// Written → read → written again gives the same text.
    fn round_trip(text: &str) {
        let read = |text: &str| document(text).unwrap().list_of(operation).unwrap().into_iter().next().unwrap();
        let made = read(text);
        let written = write(&Tree::List(vec![operation_tree(&made)]));
        // A script stands in another line there, which it knows.
        assert_eq!(operation_tree(&read(&written)), operation_tree(&made), "{written}");
    }

    #[test]
    fn every_step_survives_a_round_trip() {
        for text in [
            "- update: { name: a b, table: t, set: { a: 1, b: null, c: { sql: x }, d: { sql: { postgres: y, sqlite: z } } }, where: \"a > 0\" }",
            "- backfill: { name: x, table: t, schema: s, set: { a: \"null\" }, batch: { size: 5000, pause: 50ms, wait_while: { sql: SELECT 1, above: 3, at_most: 1m } } }",
            "- backfill: { name: x, table: t, set: { a: 1, b: 2 }, where: { sql: { mysql: m, sqlite: s } }, on_error: skip }",
            "- split_column: { name: x, table: t, column: name, at: \" \", into: [a, b] }",
            "- split_column: { name: x, table: t, column: name, into: { a: { sql: f }, b: x } }",
            "- merge_columns: { name: x, table: t, columns: [a, b], into: c, with: \", \" }",
            "- merge_columns: { name: x, table: t, columns: [a, b], into: c }",
            "- copy: { name: x, table: t, from: u, columns: [a, b] }",
            "- copy: { name: x, table: t, from: u, columns: [a], order: [b, { name: c, order: desc }], batch: { size: 9 } }",
            "- move_rows: { name: x, table: t, from: u, columns: { a: { sql: b }, c: 1 }, where: \"d\" }",
            "- move_rows: { name: x, table: t, schema: s, from: { table: u }, columns: [a] }",
            "- copy: { name: x, table: t, from: { schema: s, table: u }, columns: [a] }",
            "- normalise: { name: x, table: t, columns: { city: name }, into: { schema: s, table: cities }, key: { city_id: id } }",
            "- normalise: { name: x, table: t, columns: { city: name }, into: cities, key: { city_id: id } }",
            "- seed: { name: x, table: t, rows: [{ id: 1, a: x }, { id: 2, a: null }], existing: keep }",
            "- delete: { name: x, table: t, where: \"a = 1\", irreversible: it was rubbish }",
            "- delete: { name: x, table: t, where: \"a = 1\", undo: [{ sql: \"SELECT 1\" }] }",
            "- delete: { name: x, table: t, where: \"a\", undo: [], expect: { before: { rows: 3, hits: 2 }, after: { no_nulls: [a], unique: [a, b], no_rows: SELECT 1 } } }",
            "- script: { name: x, table: t, columns: [a, b], reads: c, where: \"a > 0\", text: \"row.a = 1;\", batch: { size: 50 } }",
            "- closure: { name: x, table: t, version: 3, columns: a, program: shop-admin }",
            "- closure: { name: x, table: t, version: 1, irreversible: hashes }",
            "- restore: { step: x, on_conflict: keep }",
            "- restore: { step: x }",
            "- drop_column: { table: t, name: c, keep_data: true, was: { type: text } }",
            "- drop_column: { table: t, name: c, keep_data: { later: { sql: a } }, was: { type: text } }",
            "- drop_table: { name: t, keep_data: true, was: { columns: { id: int } } }",
            "- add_column: { table: t, column: { name: c, type: text }, keep_data: true }",
            "- create_table: { name: t, columns: { id: int }, keep_data: true }",
        ] {
            round_trip(text);
        }
    }

    #[track_caller]
    fn refused(text: &str, phrase: &str) {
        let error = document(text).unwrap().list_of(operation).unwrap_err();
        assert!(error.phrase().contains(phrase), "{}", error.phrase());
    }

    #[test]
    fn what_is_wrong_is_named() {
        refused("- update: { table: t, set: { a: 1 } }", "`name` is missing");
        refused("- update: { name: x, table: t, set: {} }", "`set`");
        refused("- backfill: { name: x, table: t, set: { a: 1, b: 2 } }", "`where` is missing");
        refused("- delete: { name: x, table: t }", "`where` is missing");
        refused("- split_column: { name: x, table: t, column: c, at: \",\", into: [a] }", "two columns");
        refused("- seed: { name: x, table: t, rows: [{ a: 1 }, { b: 1 }] }", "same columns");
        refused("- update: { name: x, table: t, set: { a: 1 }, batch: { size: 0 } }", "from 1 to 10000");
        refused("- update: { name: x, table: t, set: { a: 1 }, undo: [], irreversible: y }", "one way back");
        refused("- script: { name: x, table: t, columns: [], text: x }", "changes nothing");
        refused("- script: { name: x, table: t, columns: a, text: x, language: lua }", "`rhai`");
        refused("- script: { name: x, table: t, columns: a }", "`text` is missing");
        refused("- closure: { name: x, table: t }", "`version` is missing");
        refused("- closure: { name: x, table: t, version: 1, where: a }", "unknown key `where`");
        for (text, why) in [
            ("- update: { name: x, table: t, set: { a: 1 }, order: a }", "all rows at once"),
            ("- delete: { name: x, table: t, where: a, order: [a] }", "all rows at once"),
            ("- seed: { name: x, table: t, rows: [{ a: 1 }], order: a }", "in the order of the file"),
            ("- closure: { name: x, table: t, version: 1, order: a }", "goes through its rows itself"),
            (
                "- normalise: { name: x, table: t, columns: { a: b }, into: u, key: { c: d }, order: a, batch: { size: 1 } }",
                "behind what was new",
            ),
            ("- copy: { name: x, table: t, from: u, columns: [a], order: [] }", "a list of them"),
            (
                "- copy: { name: x, table: t, from: u, columns: [a], order: [{ name: a, order: down }] }",
                "`asc` or `desc`",
            ),
        ] {
            refused(text, why);
        }
        refused("- restore: { step: x, on_conflict: overwrite }", "`stop`, `keep` or `restore`");
        refused("- update: { name: x, table: t, sett: { a: 1 } }", "`set` is missing");
    }
}
