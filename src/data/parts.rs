//! From what a step says to its parts: rows that change, come, or go.

use super::order::{self, By};
use super::rows;
use super::site::{Site, wrong};
use crate::error::Result;
use crate::ops::{self, DataStep, DataWork, OrderBy, Through, Transfer, Value};
use crate::schema::{Column, Ident, Table};
use crate::statement::{RowProgram, RowWork};

/// One change of the rows of one table. Texts are SQL for the database at hand.
#[derive(Clone, Debug)]
pub(super) enum Part<'a> {
    Change {
        table: &'a Table,
        set: Vec<(&'a Column, String)>,
        filter: Option<String>,
    },
    Come {
        table: &'a Table,
        columns: Vec<(&'a Column, String)>,
        source: Source<'a>,
    },
    Go {
        table: &'a Table,
        filter: Option<String>,
    },
    /// Rows change in a program: these columns of them.
    Through {
        table: &'a Table,
        columns: Vec<&'a Column>,
        work: Box<RowWork>,
        filter: Option<String>,
    },
    /// Rows are written over by those of the file that have their key: the texts of the key, then of the columns.
    Rewrite {
        table: &'a Table,
        key: Vec<&'a Column>,
        columns: Vec<&'a Column>,
        rows: Vec<Vec<String>>,
    },
    /// Rows go from one table and come in another.
    Move {
        from: &'a Table,
        table: &'a Table,
        columns: Vec<(&'a Column, String)>,
        filter: Option<String>,
        order: Vec<By<'a>>,
    },
}

/// Where rows come from.
#[derive(Clone, Debug)]
pub(super) enum Source<'a> {
    /// Rows of a table; distinct ones where their key is made, ordered by the columns that they come into.
    Table { from: &'a Table, filter: Option<String>, distinct: bool, order: Vec<By<'a>> },
    /// The file; each row has a value for each column.
    Written { rows: Vec<Vec<String>>, keep_existing: bool },
}

/// The parts of a step, in their order.
pub(super) fn parts<'a>(step: &DataStep, site: &Site<'a>) -> Result<Vec<Part<'a>>> {
    let table = site.table(&step.table)?;
    let filter = step.work.filter().map(|filter| site.text(filter)).transpose()?;
    Ok(match &step.work {
        DataWork::Update { set, .. } => vec![Part::Change { table, set: values(site, table, set)?, filter }],
        DataWork::Backfill { set, .. } => {
            let set = values(site, table, set)?;
            let empty = |(column, _): &(&Column, String)| format!("{} IS NULL", site.quote(&column.name));
            let filter = filter.or_else(|| set.first().map(empty));
            vec![Part::Change { table, set, filter }]
        }
        DataWork::SplitColumn { column, at, into, .. } => {
            let set = split(site, table, column, at.as_deref(), into)?;
            vec![Part::Change { table, set, filter }]
        }
        DataWork::MergeColumns { columns, into, with, .. } => {
            let merged = merged(site, table, columns, with)?;
            vec![Part::Change { table, set: vec![(site.column(table, into)?, merged)], filter }]
        }
        DataWork::Copy(transfer) => {
            let from = site.table(&transfer.from)?;
            let order = order::columns(site, from, &step.order)?;
            let source = Source::Table { from, filter, distinct: false, order };
            vec![Part::Come { table, columns: transferred(site, table, transfer)?, source }]
        }
        DataWork::MoveRows(transfer) => {
            let from = site.table(&transfer.from)?;
            let order = order::columns(site, from, &step.order)?;
            vec![Part::Move { from, table, columns: transferred(site, table, transfer)?, filter, order }]
        }
        DataWork::Normalise { columns, into, key, .. } => {
            let parts = normalised(site, (table, site.table(into)?), columns, key, filter.as_deref())?;
            let order = order_of_new(site, site.table(into)?, columns, &step.order)?;
            in_order(parts, &order)
        }
        DataWork::Seed { rows, keep_existing } => vec![written(site, table, rows, *keep_existing)?],
        DataWork::Delete { .. } => vec![Part::Go { table, filter }],
        DataWork::Rows(changes) => rows::parts(site, table, changes)?,
        DataWork::Through(through) => vec![through_program(site, step, table, through, filter)?],
    })
}

/// What a script names must be there; a closure changes what it likes, unless it is said.
fn through_program<'a>(
    site: &Site<'a>,
    step: &DataStep,
    table: &'a Table,
    through: &Through,
    filter: Option<String>,
) -> Result<Part<'a>> {
    let named = |names: &[Ident]| names.iter().map(|name| site.column(table, name)).collect::<Result<Vec<_>>>();
    let mut columns = named(&through.columns)?;
    let key = site.key(table).unwrap_or_default();
    if columns.is_empty() {
        let other = |column: &&Column| !key.iter().any(|key| key.name == column.name);
        columns = site.stored(table).into_iter().filter(other).collect();
    }
    let by = match &through.by {
        ops::By::Script { text, line } => {
            let line = usize::try_from(*line).unwrap_or(usize::MAX);
            RowProgram::Script { text: text.clone(), line }
        }
        ops::By::Closure { version, back, .. } => RowProgram::Closure { version: *version, back: *back },
    };
    let is_script = matches!(by, RowProgram::Script { .. });
    if is_script && key.is_empty() {
        return Err(wrong(format!("{} has no key by which its rows are gone through", table.name.for_people()))
            .with_hint("give it a primary key in a revision before"));
    }
    // What a row only shows may be the key, or computed by the database.
    let fixed: Vec<&Ident> = through.reads.iter().chain(key.iter().map(|column| &column.name)).collect();
    let known = |name: &&&Ident| table.columns.iter().any(|column| column.name == ***name);
    if let Some(name) = fixed.iter().find(|name| !known(name)) {
        site.column(table, name)?;
    }
    let text = |name: &Ident| name.as_str().to_owned();
    let seen = columns.iter().map(|column| text(&column.name)).chain(fixed.iter().map(|name| text(name)));
    let order = order::of_walk(site, table, step)?;
    let work = RowWork {
        by,
        step: step.name.clone(),
        revision: site.revision.to_owned(),
        table: table.name.clone(),
        columns: if is_script { seen.collect() } else { Vec::new() },
        fixed: fixed.iter().map(|name| text(name)).collect(),
        filter: filter.clone(),
        order: order.iter().map(|by| (text(&by.column.name), by.descending)).collect(),
        count: format!(
            "SELECT COUNT(*) FROM {}{}",
            site.quoted(&table.name),
            filter.as_ref().map(|filter| format!(" WHERE ({filter})")).unwrap_or_default()
        ),
    };
    Ok(Part::Through { table, columns, work: Box::new(work), filter })
}

fn values<'a>(site: &Site<'a>, table: &'a Table, set: &[(Ident, Value)]) -> Result<Vec<(&'a Column, String)>> {
    let one = |(name, value): &(Ident, Value)| {
        let column = site.column(table, name)?;
        Ok((column, site.value(column, value)?))
    };
    set.iter().map(one).collect()
}

/// A column of the other table that is named alone is meant by its name, whatever its letters.
fn transferred<'a>(site: &Site<'a>, table: &'a Table, transfer: &Transfer) -> Result<Vec<(&'a Column, String)>> {
    let from = site.table(&transfer.from)?;
    let one = |(name, value): &(Ident, Value)| {
        let column = site.column(table, name)?;
        let same = matches!(value, Value::Sql(expr) if expr.text() == name.as_str());
        let is_there = from.columns.iter().any(|column| column.name == *name);
        let text = if same && is_there { site.quote(name) } else { site.value(column, value)? };
        Ok((column, text))
    };
    transfer.columns.iter().map(one).collect()
}

/// The text before the mark and the text behind it; without the mark all of it and NULL. An empty text stays empty.
fn split<'a>(
    site: &Site<'a>,
    table: &'a Table,
    column: &Ident,
    at: Option<&str>,
    into: &[(Ident, Option<Value>)],
) -> Result<Vec<(&'a Column, String)>> {
    let text = site.quote(&site.column(table, column)?.name);
    let Some(at) = at else {
        let one = |(name, value): &(Ident, Option<Value>)| {
            let column = site.column(table, name)?;
            Ok((column, site.value(column, value.as_ref().unwrap_or(&Value::Null))?))
        };
        return into.iter().map(one).collect();
    };
    let mark = site.dialect.literal(at);
    let place = site.words().place_of(&text, &mark);
    let first = format!("CASE WHEN {place} > 0 THEN SUBSTR({text}, 1, {place} - 1) ELSE {text} END");
    let behind = at.chars().count();
    let second = format!("CASE WHEN {place} > 0 THEN SUBSTR({text}, {place} + {behind}) END");
    let columns = into.iter().map(|(name, _)| site.column(table, name));
    columns.zip([first, second]).map(|(column, text)| Ok((column?, text))).collect()
}

/// The columns with a text between each two that are not NULL; NULL where all are.
fn merged(site: &Site<'_>, table: &Table, columns: &[Ident], with: &str) -> Result<String> {
    let mark = site.dialect.literal(with);
    let mut merged: Option<String> = None;
    for name in columns {
        if !table.columns.iter().any(|column| column.name == *name) {
            let phrase = format!("table {} has no column {} at this revision", table.name.for_people(), name.as_str());
            return Err(wrong(phrase));
        }
        let next = site.quote(name);
        merged = Some(match merged {
            None => next,
            Some(before) => {
                let both = site.words().concat(&[&before, &mark, &next]);
                format!("CASE WHEN {next} IS NULL THEN {before} WHEN {before} IS NULL THEN {next} ELSE {both} END")
            }
        });
    }
    Ok(merged.unwrap_or_default())
}

/// New values come into the other table; then each row here gets the key of its values there.
fn normalised<'a>(
    site: &Site<'a>,
    (table, into): (&'a Table, &'a Table),
    columns: &[(Ident, Ident)],
    key: &(Ident, Ident),
    filter: Option<&str>,
) -> Result<Vec<Part<'a>>> {
    let here = site.quote(&table.name.name);
    let there = site.quoted(&into.name);
    let (mut given, mut equal, mut any) = (Vec::new(), Vec::new(), Vec::new());
    for (from, to) in columns {
        let source = site.of(&here, &site.column(table, from)?.name);
        let target = site.column(into, to)?;
        equal.push(site.words().equal(&site.of("other", &target.name), &source));
        any.push(format!("{source} IS NOT NULL"));
        given.push((target, source));
    }
    let mut conditions = vec![format!("({})", any.join(" OR "))];
    conditions.extend(filter.map(|filter| format!("({filter})")));
    let found = |what: &str| format!("SELECT {what} FROM {there} AS other WHERE {}", equal.join(" AND "));
    let wanted = conditions.join(" AND ");
    let filter = Some(format!("{wanted} AND NOT EXISTS ({})", found("1")));
    let come = Part::Come {
        table: into,
        columns: given,
        source: Source::Table { from: table, filter, distinct: true, order: Vec::new() },
    };
    let number = format!("({})", found(&site.of("other", &site.column(into, &key.1)?.name)));
    let set = vec![(site.column(table, &key.0)?, number)];
    Ok(vec![come, Part::Change { table, set, filter: Some(wanted) }])
}

/// The order of new values, by the columns that they come into.
fn order_of_new<'a>(
    site: &Site<'a>,
    into: &'a Table,
    columns: &[(Ident, Ident)],
    order: &[OrderBy],
) -> Result<Vec<By<'a>>> {
    let there = |by: &OrderBy| {
        let pair = columns.iter().find(|(from, _)| *from == by.column);
        let (_, to) = pair.ok_or_else(|| {
            let name = by.column.as_str();
            wrong(format!("new values are ordered by {name}, which is none of the columns that they are made of"))
                .with_hint("order by columns that stand in `columns:`")
        })?;
        Ok(OrderBy { column: to.clone(), descending: by.descending })
    };
    order::columns(site, into, &order.iter().map(there).collect::<Result<Vec<_>>>()?)
}

fn in_order<'a>(mut parts: Vec<Part<'a>>, new: &[By<'a>]) -> Vec<Part<'a>> {
    if let Some(Part::Come { source: Source::Table { order, .. }, .. }) = parts.first_mut() {
        *order = new.to_vec();
    }
    parts
}

fn written<'a>(
    site: &Site<'a>,
    table: &'a Table,
    rows: &[Vec<(Ident, Value)>],
    keep_existing: bool,
) -> Result<Part<'a>> {
    let names: Vec<&Ident> = rows.iter().take(1).flatten().map(|(name, _)| name).collect();
    let columns: Vec<&Column> = names.iter().map(|name| site.column(table, name)).collect::<Result<_>>()?;
    let mut texts = Vec::new();
    for row in rows {
        let value = |(column, name): (&&Column, &&Ident)| {
            let said = row.iter().find(|(said, _)| said == *name).map_or(&Value::Null, |(_, value)| value);
            site.value(column, said)
        };
        texts.push(columns.iter().zip(&names).map(value).collect::<Result<Vec<_>>>()?);
    }
    let columns = columns.into_iter().map(|column| (column, String::new())).collect();
    Ok(Part::Come { table, columns, source: Source::Written { rows: texts, keep_existing } })
}
