//! Data steps as YAML.

use crate::format::operation_write::operation_tree;
use crate::format::rows::row_entries;
use crate::format::types::{expr_tree, sql_tree};
use crate::format::write::{Entries, default_tree, name_entries, put};
use crate::ops::{
    Batch, By, Claim, DataOperation, DataStep, DataWork, Kept, OnConflict, OnError, OrderBy, Restore, Through,
    Transfer, Value, WayBack,
};
use crate::schema::{Default, Expr, Ident, Name};
use crate::yaml::Tree;

/// One operation on rows as an item of `upgrade:` or `downgrade:`.
pub(super) fn data_tree(data: &DataOperation) -> Tree {
    let entries = match data {
        DataOperation::Step(step) => step_entries(step),
        DataOperation::Restore(restore) => restore_entries(restore),
        DataOperation::Keep(kept) => return keeping(Some(operation_tree(&kept.drop)), kept),
        DataOperation::BringBack(kept) => {
            return keeping(kept.made().map(|made| operation_tree(&made)), kept);
        }
    };
    Tree::Map(vec![(data.word().to_owned(), Tree::Map(entries))])
}

fn text(ident: &Ident) -> Tree {
    Tree::text(ident.as_str())
}

fn texts(idents: &[Ident]) -> Tree {
    Tree::texts(idents.iter().map(Ident::as_str))
}

fn restore_entries(restore: &Restore) -> Entries {
    let mut entries = vec![("step".to_owned(), Tree::text(restore.step.as_str()))];
    if restore.on_conflict != OnConflict::Stop {
        put(&mut entries, "on_conflict", Tree::text(restore.on_conflict.word()));
    }
    entries
}

/// The map of an operation with `keep_data` in it.
fn keeping(tree: Option<Tree>, kept: &Kept) -> Tree {
    let said = match &kept.later {
        None => Tree::bool(true),
        Some(later) => Tree::FlowMap(vec![("later".to_owned(), value_tree(later))]),
    };
    match tree {
        Some(Tree::Map(verbs)) => {
            let with = |(verb, body): (String, Tree)| match body {
                Tree::Map(mut entries) => {
                    put(&mut entries, "keep_data", said.clone());
                    (verb, Tree::Map(entries))
                }
                Tree::FlowMap(mut entries) => {
                    put(&mut entries, "keep_data", said.clone());
                    (verb, Tree::FlowMap(entries))
                }
                other @ (Tree::Text(_) | Tree::Bare(_) | Tree::List(_) | Tree::FlowList(_) | Tree::Noted(..)) => {
                    (verb, other)
                }
            };
            Tree::Map(verbs.into_iter().map(with).collect())
        }
        Some(other) => other,
        None => Tree::Map(Vec::new()),
    }
}

fn step_entries(step: &DataStep) -> Entries {
    let mut entries = vec![("name".to_owned(), Tree::text(step.name.as_str()))];
    entries.extend(name_entries("table", &step.table));
    entries.extend(work_entries(&step.work, &step.table));
    if let Some(filter) = step.work.filter() {
        put(&mut entries, "where", expr_tree(filter));
    }
    if !step.order.is_empty() {
        put(&mut entries, "order", Tree::FlowList(step.order.iter().map(order_tree).collect()));
    }
    if let Some(batch) = &step.batch {
        put(&mut entries, "batch", batch_tree(batch));
    }
    if step.on_error != OnError::Stop {
        put(&mut entries, "on_error", Tree::text(step.on_error.word()));
    }
    let expected = [("before", &step.expect.before), ("after", &step.expect.after)];
    let expected = expected.into_iter().filter(|(_, claims)| !claims.is_empty());
    let expected: Entries = expected.map(|(key, claims)| (key.to_owned(), claims_tree(claims))).collect();
    if !expected.is_empty() {
        put(&mut entries, "expect", Tree::FlowMap(expected));
    }
    match &step.back {
        WayBack::Images => {}
        WayBack::Undo(operations) => {
            put(&mut entries, "undo", Tree::List(operations.iter().map(operation_tree).collect()));
        }
        WayBack::Irreversible(why) => put(&mut entries, "irreversible", Tree::text(why.as_str())),
    }
    entries
}

fn work_entries(work: &DataWork, table: &Name) -> Entries {
    let mut entries = Entries::new();
    match work {
        DataWork::Update { set, .. } | DataWork::Backfill { set, .. } => put(&mut entries, "set", values_tree(set)),
        DataWork::SplitColumn { column, at, into, .. } => {
            put(&mut entries, "column", text(column));
            match at {
                Some(at) => {
                    put(&mut entries, "at", Tree::text(at.as_str()));
                    put(&mut entries, "into", Tree::texts(into.iter().map(|(name, _)| name.as_str())));
                }
                None => {
                    let value = |value: &Option<Value>| value.as_ref().map_or_else(Tree::null, value_tree);
                    let into = into.iter().map(|(name, said)| (name.as_str().to_owned(), value(said)));
                    put(&mut entries, "into", Tree::FlowMap(into.collect()));
                }
            }
        }
        DataWork::MergeColumns { columns, into, with, .. } => {
            put(&mut entries, "columns", texts(columns));
            put(&mut entries, "into", text(into));
            put(&mut entries, "with", Tree::text(with.as_str()));
        }
        DataWork::Copy(transfer) | DataWork::MoveRows(transfer) => transfer_entries(transfer, table, &mut entries),
        DataWork::Normalise { columns, into, key, .. } => {
            put(&mut entries, "columns", pairs_tree(columns));
            put_other_table(&mut entries, "into", into, table);
            put(&mut entries, "key", pairs_tree(std::slice::from_ref(key)));
        }
        DataWork::Seed { rows, keep_existing } => {
            put(&mut entries, "rows", Tree::List(rows.iter().map(|row| values_tree(row)).collect()));
            if *keep_existing {
                put(&mut entries, "existing", Tree::text("keep"));
            }
        }
        DataWork::Rows(changes) => entries.extend(row_entries(changes)),
        DataWork::Delete { .. } => {}
        DataWork::Through(through) => through_entries(through, &mut entries),
    }
    entries
}

fn through_entries(through: &Through, entries: &mut Entries) {
    match &through.by {
        By::Script { text, .. } => put(entries, "text", Tree::text(text.as_str())),
        By::Closure { version, program, .. } => {
            put(entries, "version", Tree::number(*version));
            if let Some(program) = program {
                put(entries, "program", Tree::text(program.as_str()));
            }
        }
    }
    for (key, columns) in [("columns", &through.columns), ("reads", &through.reads)] {
        if !columns.is_empty() {
            put(entries, key, texts(columns));
        }
    }
}

/// The other table of a step: by its name alone where it lies in the schema of the first one.
fn put_other_table(entries: &mut Entries, key: &str, name: &Name, table: &Name) {
    if name.schema == table.schema {
        return put(entries, key, text(&name.name));
    }
    let schema = name.schema.iter().map(|schema| ("schema".to_owned(), text(schema)));
    put(entries, key, Tree::FlowMap(schema.chain([("table".to_owned(), text(&name.name))]).collect()));
}

fn transfer_entries(transfer: &Transfer, table: &Name, entries: &mut Entries) {
    put_other_table(entries, "from", &transfer.from, table);
    let same = |(name, value): &(Ident, Value)| *value == Value::Sql(Expr::Same(name.as_str().to_owned()));
    let columns = if transfer.columns.iter().all(same) {
        Tree::texts(transfer.columns.iter().map(|(name, _)| name.as_str()))
    } else {
        values_tree(&transfer.columns)
    };
    put(entries, "columns", columns);
}

fn pairs_tree(pairs: &[(Ident, Ident)]) -> Tree {
    Tree::FlowMap(pairs.iter().map(|(here, there)| (here.as_str().to_owned(), text(there))).collect())
}

/// Columns and what they get, on one line.
pub(super) fn values_tree(values: &[(Ident, Value)]) -> Tree {
    Tree::FlowMap(values.iter().map(|(name, value)| (name.as_str().to_owned(), value_tree(value))).collect())
}

fn value_tree(value: &Value) -> Tree {
    match value {
        Value::Null => Tree::null(),
        Value::Literal(text) => default_tree(&Default::Literal(text.clone())),
        Value::Sql(expr) => default_tree(&Default::Sql(expr.clone())),
    }
}

fn milliseconds(time: u32) -> Tree {
    Tree::Bare(format!("{time}ms"))
}

fn order_tree(by: &OrderBy) -> Tree {
    if !by.descending {
        return text(&by.column);
    }
    let entries = [("name", text(&by.column)), ("order", Tree::text("desc"))];
    Tree::FlowMap(entries.map(|(key, tree)| (key.to_owned(), tree)).into())
}

fn batch_tree(batch: &Batch) -> Tree {
    let mut entries = vec![("size".to_owned(), Tree::number(batch.size))];
    if batch.pause > 0 {
        put(&mut entries, "pause", milliseconds(batch.pause));
    }
    if let Some(load) = &batch.load {
        let inner = vec![
            ("sql".to_owned(), sql_tree(&load.sql)),
            ("above".to_owned(), Tree::number(load.limit)),
            ("at_most".to_owned(), milliseconds(load.patience)),
        ];
        put(&mut entries, "wait_while", Tree::FlowMap(inner));
    }
    Tree::FlowMap(entries)
}

fn claims_tree(claims: &[Claim]) -> Tree {
    let claim = |claim: &Claim| match claim {
        Claim::Rows(count) => ("rows".to_owned(), Tree::number(*count)),
        Claim::Hits(count) => ("hits".to_owned(), Tree::number(*count)),
        Claim::NoNulls(columns) => ("no_nulls".to_owned(), texts(columns)),
        Claim::Unique(columns) => ("unique".to_owned(), texts(columns)),
        Claim::NoRows(expr) => ("no_rows".to_owned(), sql_tree(expr)),
    };
    Tree::FlowMap(claims.iter().map(claim).collect())
}
