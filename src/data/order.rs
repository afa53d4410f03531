//! In which order a step takes its rows: those of one statement, and those of batches, which need a last one to go on
//! behind.

use super::site::{Site, wrong};
use crate::error::Result;
use crate::ops::{DataStep, DataWork, OrderBy};
use crate::schema::{Column, Ident, Table};

/// A column by which rows are ordered.
#[derive(Clone, Copy, Debug)]
pub(super) struct By<'a> {
    pub(super) column: &'a Column,
    pub(super) descending: bool,
}

/// The columns of a table that an order names.
pub(super) fn columns<'a>(site: &Site<'a>, table: &'a Table, order: &[OrderBy]) -> Result<Vec<By<'a>>> {
    let mut all: Vec<By<'a>> = Vec::new();
    for by in order {
        let column = site.any_column(table, &by.column)?;
        if all.iter().any(|other| other.column.name == column.name) {
            return Err(wrong(format!("`order` names {} twice", column.name.as_str())).with_hint("name it once"));
        }
        all.push(By { column, descending: by.descending });
    }
    Ok(all)
}

/// ` ORDER BY …` over the columns of what goes by this name; nothing where nothing is ordered. NULLs are the least.
pub(super) fn clause(site: &Site<'_>, alias: &str, order: &[By<'_>]) -> String {
    let term = |by: &By<'_>| {
        let name = site.of(alias, &by.column.name);
        match (by.column.nullable, by.descending) {
            (true, descending) => site.dialect.phrases().ordered(&name, descending, !descending),
            (false, true) => format!("{name} DESC"),
            (false, false) => name,
        }
    };
    let terms: Vec<String> = order.iter().map(term).collect();
    if terms.is_empty() { String::new() } else { format!(" ORDER BY {}", terms.join(", ")) }
}

/// The order of rows that go one after the other: no NULL, and nothing that the step changes, for a row would move.
pub(super) fn of_walk<'a>(site: &Site<'a>, table: &'a Table, step: &DataStep) -> Result<Vec<By<'a>>> {
    let order = columns(site, table, &step.order)?;
    for by in &order {
        let name = by.column.name.as_str();
        if by.column.nullable {
            return Err(wrong(format!("rows go one after the other by {name}, which may be NULL"))
                .with_hint("make the column NOT NULL in a revision before, or order by another one"));
        }
        if changes(&step.work, &by.column.name) {
            return Err(wrong(format!("rows go one after the other by {name}, which the step changes"))
                .with_hint("order by another column"));
        }
    }
    Ok(order)
}

/// The columns by which batches go: those of the order, then the key. `again`: rows that are done are known, so that
/// one which moves meanwhile is neither done twice nor missed.
pub(super) fn of_batches<'a>(
    site: &Site<'a>,
    table: &'a Table,
    step: &DataStep,
    key: &[&'a Column],
    again: bool,
) -> Result<Vec<By<'a>>> {
    let mut way = of_walk(site, table, step)?;
    let is_key = |by: &&By<'_>| key.iter().any(|key| key.name == by.column.name);
    if let Some(by) = way.iter().find(|by| !again && !is_key(by)) {
        let (name, word) = (by.column.name.as_str(), step.work.word());
        return Err(wrong(format!(
            "nothing tells which rows this `{word}` has done but their place, and {name} may move them"
        ))
        .with_hint("order by columns of the key, or leave `batch:` out"));
    }
    for column in key {
        if !way.iter().any(|by| by.column.name == column.name) {
            way.push(By { column, descending: false });
        }
    }
    Ok(way)
}

/// Whether a step writes into a column of the table that it goes through.
fn changes(work: &DataWork, column: &Ident) -> bool {
    match work {
        DataWork::Update { set, .. } | DataWork::Backfill { set, .. } => set.iter().any(|(name, _)| name == column),
        DataWork::SplitColumn { into, .. } => into.iter().any(|(name, _)| name == column),
        DataWork::MergeColumns { into, .. } => into == column,
        DataWork::Through(through) => through.columns.contains(column),
        DataWork::Normalise { key, .. } => key.0 == *column,
        DataWork::Copy(_)
        | DataWork::MoveRows(_)
        | DataWork::Seed { .. }
        | DataWork::Rows(_)
        | DataWork::Delete { .. } => false,
    }
}
