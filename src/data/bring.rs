//! Rows that come: into their image first, with their keys, then from there into the table; or straight into it.

use super::image::Image;
use super::order;
use super::parts::Source;
use super::site::{Site, wrong};
use super::step::where_text;
use crate::dialect::data::{Numbering, PIECE};
use crate::error::Result;
use crate::schema::{Column, Ident, Name, Table};
use crate::statement::{Also, NUMBER, RANGE};

/// Where rows are brought from, and how many at once.
#[derive(Clone, Copy, Default)]
pub(super) struct How<'h> {
    /// Where rows of the source table are held meanwhile.
    pub(super) stored: Option<&'h Name>,
    /// Those of one piece.
    pub(super) in_piece: bool,
}

/// Rows into the table, where nothing is kept of them.
pub(super) fn plain_insert(
    site: &Site<'_>,
    table: &Table,
    columns: &[(&Column, String)],
    source: &Source<'_>,
) -> Result<String> {
    let names = site.list(columns.iter().map(|(column, _)| &column.name));
    let rows = match source {
        Source::Table { from, filter, distinct: false, order } => {
            let values: Vec<String> = columns.iter().map(|(_, text)| text.clone()).collect();
            let (values, condition) = (values.join(", "), where_text(filter.as_deref()));
            let order = order::clause(site, &site.quote(&from.name.name), order);
            format!("SELECT {values} FROM {}{condition}{order}", site.quoted(&from.name))
        }
        Source::Table { from, filter, distinct: true, order } => {
            let values = columns.iter().map(|(column, _)| site.of("d", &column.name)).collect::<Vec<_>>().join(", ");
            let distinct = distinct(site, columns, from, filter.as_deref());
            format!("SELECT {values} FROM ({distinct}) AS d{}", order::clause(site, "d", order))
        }
        Source::Written { keep_existing: true, .. } => {
            return Err(
                wrong("`existing: keep` needs the images of the rows").with_hint("take `undo:` or `irreversible:` out")
            );
        }
        Source::Written { rows, .. } => written_rows(rows.iter().map(|row| row.join(", "))),
    };
    let overriding = site.words().overriding();
    let overriding = if columns.iter().any(|(column, _)| column.identity.is_some()) { overriding } else { "" };
    Ok(format!("INSERT INTO {} ({names}) {overriding}{rows}", site.quoted(&table.name)))
}

/// Rows into the image, then into the table. The first statement tells how many.
pub(super) fn bring(
    site: &Site<'_>,
    image: &Image<'_>,
    columns: &[(&Column, String)],
    source: &Source<'_>,
    how: How<'_>,
) -> Result<Vec<Also>> {
    let missing = missing_keys(site, image, columns)?;
    let mut given: Vec<&Ident> = missing.iter().map(|column| &column.name).collect();
    given.extend(columns.iter().map(|(column, _)| &column.name));
    let names = site.list(given.iter().copied());
    let next = |numbering: Numbering<'_>| {
        let keys = missing.iter().map(|column| site.words().next_key(image.table, column, numbering));
        keys.collect::<Vec<_>>()
    };
    let rows = rows_with_keys(site, next, columns, source, how);
    let (name, table) = (site.quoted(&image.name), site.quoted(&image.table.name));
    let piece = if how.in_piece { format!(", {PIECE}") } else { String::new() };
    let mut all = vec![Also::Run(format!("INSERT INTO {name} ({names}{piece}) {rows}"))];
    if let Source::Written { keep_existing: true, .. } = source {
        let on = image.key.iter().map(|column| {
            format!("{} = {}", site.of("t", &column.name), site.of(&site.quote(&image.name.name), &column.name))
        });
        let on = on.collect::<Vec<_>>().join(" AND ");
        all.push(Also::Run(format!("DELETE FROM {name} WHERE EXISTS (SELECT 1 FROM {table} AS t WHERE {on})")));
    }
    let only = if how.in_piece { format!(" WHERE {PIECE} = {NUMBER}") } else { String::new() };
    let insert = format!("INSERT INTO {table} ({names}) {}SELECT {names} FROM {name}{only}", site.words().overriding());
    all.extend(if how.in_piece { vec![Also::Run(insert)] } else { image.put_in(site, insert) });
    all.extend(site.go_on(image.table, columns.iter().map(|(column, _)| *column)).into_iter().map(Also::Run));
    Ok(all)
}

/// The rows as they come into the image: the keys that the database would give, then the values.
fn rows_with_keys(
    site: &Site<'_>,
    next: impl Fn(Numbering<'_>) -> Vec<String>,
    columns: &[(&Column, String)],
    source: &Source<'_>,
    how: How<'_>,
) -> String {
    let select = |order: &str, values: Vec<String>| {
        let number = how.in_piece.then(|| NUMBER.to_owned());
        next(Numbering::Ordered(order)).into_iter().chain(values).chain(number).collect::<Vec<_>>().join(", ")
    };
    match source {
        Source::Table { from, filter, distinct: false, order } => {
            let alias = site.quote(&from.name.name);
            let order = order::clause(site, &alias, order);
            let values = select(&order, columns.iter().map(|(_, text)| text.clone()).collect());
            let (from, condition) = match how.stored {
                Some(stored) if how.in_piece => {
                    (format!("{} AS {alias}", site.quoted(stored)), format!(" WHERE {RANGE} AND {PIECE} = {NUMBER}"))
                }
                Some(stored) => (format!("{} AS {alias}", site.quoted(stored)), String::new()),
                None => (site.quoted(&from.name), where_text(filter.as_deref())),
            };
            format!("SELECT {values} FROM {from}{condition}{order}")
        }
        Source::Table { from, filter, distinct: true, order } => {
            let order = order::clause(site, "d", order);
            let values = select(&order, columns.iter().map(|(column, _)| site.of("d", &column.name)).collect());
            format!("SELECT {values} FROM ({}) AS d{order}", distinct(site, columns, from, filter.as_deref()))
        }
        Source::Written { rows, .. } => written_rows(rows.iter().zip(1..).map(|(row, place)| {
            next(Numbering::Row(place)).into_iter().chain(row.iter().cloned()).collect::<Vec<_>>().join(", ")
        })),
    }
}

/// The values that are there, each once, by the names of the columns that they come into.
pub(super) fn distinct(site: &Site<'_>, columns: &[(&Column, String)], from: &Table, filter: Option<&str>) -> String {
    let values = columns.iter().map(|(column, text)| format!("{text} AS {}", site.quote(&column.name)));
    let values = values.collect::<Vec<_>>().join(", ");
    format!("SELECT DISTINCT {values} FROM {}{}", site.quoted(&from.name), where_text(filter))
}

fn written_rows(rows: impl Iterator<Item = String>) -> String {
    format!("VALUES {}", rows.map(|row| format!("({row})")).collect::<Vec<_>>().join(", "))
}

/// The columns of the key that the step leaves to the database, which are to be known before.
fn missing_keys<'a>(site: &Site<'_>, image: &Image<'a>, columns: &[(&Column, String)]) -> Result<Vec<&'a Column>> {
    let is_given = |key: &&&Column| columns.iter().any(|(column, _)| column.name == key.name);
    let missing: Vec<&Column> = image.key.iter().filter(|key| !is_given(key)).copied().collect();
    match missing.as_slice() {
        [] => Ok(missing),
        [one] if image.key.len() == 1 && site.words().gives_key(image.table, one) => Ok(missing),
        [first, ..] => {
            let phrase = format!("nothing says what {} of {} gets", first.name.as_str(), image.table.name.for_people());
            Err(wrong(phrase).with_hint("it is a part of the key, by which the rows are found again: give it a value"))
        }
    }
}
