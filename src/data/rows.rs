//! Rows that are written out, over those that have their keys: a `rows` step, and what a model says of rows beside what
//! the database has. The wanted rows lie in a table beside meanwhile, whose columns are of the types of their table: so the
//! server alone says what a literal means, and when two values are one.

use super::image::{Image, Rows};
use super::parts::{Part, Source};
use super::site::{Site, wrong};
use super::step::{capture_from, where_text, write_change};
use crate::dialect::data::Joined;
use crate::error::Result;
use crate::ops::{RowChanges, WrittenRow};
use crate::schema::{Column, Ident, Table};
use crate::statement::{Also, Guard};

/// How many rows one INSERT says.
pub(super) const AT_ONCE: usize = 500;

/// The parts of a `rows` step: what goes, what changes, what comes.
pub(super) fn parts<'a>(site: &Site<'a>, table: &'a Table, changes: &RowChanges) -> Result<Vec<Part<'a>>> {
    let key = key_of(site, table, &changes.key)?;
    let mut parts = Vec::new();
    if !changes.delete.is_empty() {
        parts.push(Part::Go { table, filter: Some(with_keys(site, &key, &changes.delete)?) });
    }
    if let Some(first) = changes.update.first() {
        let others = first.iter().filter(|(name, _)| !changes.key.contains(name));
        let columns = others.map(|(name, _)| site.column(table, name)).collect::<Result<Vec<_>>>()?;
        let all: Vec<&Column> = key.iter().chain(&columns).copied().collect();
        let rows = texts(site, &all, &changes.update)?;
        parts.push(Part::Rewrite { table, key: key.clone(), columns, rows });
    }
    if let Some(first) = changes.insert.first() {
        let columns = first.iter().map(|(name, _)| site.column(table, name)).collect::<Result<Vec<_>>>()?;
        let rows = texts(site, &columns, &changes.insert)?;
        let columns = columns.into_iter().map(|column| (column, String::new())).collect();
        let come = Part::Come { table, columns, source: Source::Written { rows, keep_existing: false } };
        // The database may give a key again that is free.
        let own = table.primary_key.iter().flat_map(|key| &key.columns);
        let gives = own.into_iter().any(|name| !first.iter().any(|(said, _)| said == name));
        parts.insert(if gives { 0 } else { parts.len() }, come);
    }
    Ok(parts)
}

/// The columns of a key that tells the rows of the table apart.
fn key_of<'a>(site: &Site<'a>, table: &'a Table, names: &[Ident]) -> Result<Vec<&'a Column>> {
    let columns = names.iter().map(|name| site.column(table, name)).collect::<Result<Vec<_>>>()?;
    if table.tells_apart(names) {
        return Ok(columns);
    }
    let (names, table) = (names.iter().map(Ident::as_str).collect::<Vec<_>>(), table.name.for_people());
    Err(wrong(format!("several rows of {table} may have the same {}", names.join(", ")))
        .with_hint("name the primary key, or columns that are unique"))
}

/// Rows as SQL: a text for each of these columns.
pub(super) fn texts(site: &Site<'_>, columns: &[&Column], rows: &[WrittenRow]) -> Result<Vec<Vec<String>>> {
    let cell = |row: &WrittenRow, column: &Column| {
        let said = row.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value);
        said.map_or_else(|| Ok("NULL".to_owned()), |value| site.value(column, value))
    };
    rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect()
}

/// The condition that a row has one of these keys.
fn with_keys(site: &Site<'_>, key: &[&Column], rows: &[WrittenRow]) -> Result<String> {
    let rows = texts(site, key, rows)?;
    if let [column] = key {
        let literals: Vec<String> = rows.into_iter().flatten().collect();
        return Ok(format!("{} IN ({})", site.quote(&column.name), literals.join(", ")));
    }
    Ok(any_of(&rows.iter().map(|row| one_row(site, key, row)).collect::<Vec<_>>()))
}

fn one_row(site: &Site<'_>, key: &[&Column], row: &[String]) -> String {
    let equal = key.iter().zip(row).map(|(column, literal)| format!("{} = {literal}", site.quote(&column.name)));
    equal.collect::<Vec<_>>().join(" AND ")
}

/// Conditions joined by OR, halved again and again: a list of thousands is too deep for some parser.
fn any_of(conditions: &[String]) -> String {
    match conditions {
        [] => "1 = 0".to_owned(),
        [one] => format!("({one})"),
        several => {
            let (left, right) = several.split_at(several.len() / 2);
            format!("({} OR {})", any_of(left), any_of(right))
        }
    }
}

/// What changes rows to those that are written: they come beside, each must be there, then they are written over.
pub(super) fn rewrite(
    site: &Site<'_>,
    wanted: &Image<'_>,
    image: Option<&Image<'_>>,
    rows: &[Vec<String>],
) -> Vec<Also> {
    let table = site.quoted(&wanted.table.name);
    let mut all: Vec<Also> = filled(site, wanted, rows).into_iter().map(Also::Run).collect();
    all.extend(site.words().hold_table(&table).map(Also::Run));
    all.push(Also::Ask(Guard {
        sql: wanted.missing(site),
        finding: format!("rows of {}, which this step changes, are not there", wanted.table.name.for_people()),
        hint: "put them in by hand, or move them from `update:` to `insert:`".to_owned(),
        only_tells: false,
    }));
    let set = |of: &dyn Fn(&Ident) -> String| {
        wanted.columns().iter().map(|column| (site.quote(&column.name), of(&column.name))).collect::<Vec<_>>()
    };
    match image {
        None => {
            let set = set(&|name| site.of("i", name));
            all.push(Also::Run(site.words().update(&Joined { set, ..wanted.joined(site) })));
        }
        Some(image) => {
            all.push(Also::Run(capture_from(site, image, wanted)));
            let said: Vec<(&Column, String)> = wanted.columns().iter().map(|column| (*column, String::new())).collect();
            all.push(Also::Run(write_change(site, image, &said, &[], false)));
            all.extend(image.read_again(site, &[]).map(Also::Run));
        }
    }
    all
}

/// The rows into the table beside.
pub(super) fn filled(site: &Site<'_>, beside: &Image<'_>, rows: &[Vec<String>]) -> Vec<String> {
    let (name, columns) = (site.quoted(&beside.name), site.list(beside.all()));
    let one = |rows: &[Vec<String>]| {
        let rows: Vec<String> = rows.iter().map(|row| format!("({})", row.join(", "))).collect();
        format!("INSERT INTO {name} ({columns}) VALUES {}", rows.join(", "))
    };
    rows.chunks(AT_ONCE).map(one).collect()
}

impl<'a> Image<'a> {
    /// The image of rows that are written over, found by this key.
    pub(super) fn rewritten(
        site: &Site<'a>,
        name: crate::schema::Name,
        table: &'a Table,
        key: &[&'a Column],
        set: &[&'a Column],
    ) -> Result<Self> {
        site.refuse(table)?;
        Ok(Self::changed_by(site, name, table, key.to_vec(), set))
    }

    /// A table beside for rows as they are wanted.
    pub(super) fn wanted(
        name: crate::schema::Name,
        table: &'a Table,
        key: &[&'a Column],
        columns: &[&'a Column],
    ) -> Self {
        Self {
            name,
            table,
            key: key.to_vec(),
            rows: Rows::Came(columns.to_vec()),
            read_again: false,
            is_searched: false,
            by_piece: false,
        }
    }
}

/// The plain statements that a step comes to where nothing is kept: for people, and for SQL files.
pub(crate) fn plain(changes: &RowChanges, table: &crate::schema::Name, site: &Site<'_>) -> Result<Vec<String>> {
    let table = site.table(table)?;
    let key = key_of(site, table, &changes.key)?;
    let name = site.quoted(&table.name);
    let mut all = Vec::new();
    for part in parts(site, table, changes)? {
        match part {
            Part::Go { filter, .. } => all.push(format!("DELETE FROM {name}{}", where_text(filter.as_deref()))),
            Part::Rewrite { columns, rows, .. } => all.extend(rows.iter().map(|row| {
                let (own, values) = row.split_at_checked(key.len()).unwrap_or((row, &[]));
                let set =
                    columns.iter().zip(values).map(|(column, text)| format!("{} = {text}", site.quote(&column.name)));
                let set = set.collect::<Vec<_>>().join(", ");
                format!("UPDATE {name} SET {set} WHERE {}", one_row(site, &key, own))
            })),
            Part::Come { columns, source: Source::Written { rows, .. }, .. } => {
                for rows in rows.chunks(AT_ONCE) {
                    let source = Source::Written { rows: rows.to_vec(), keep_existing: false };
                    all.push(super::bring::plain_insert(site, table, &columns, &source)?);
                }
            }
            Part::Come { .. } | Part::Change { .. } | Part::Through { .. } | Part::Move { .. } => {}
        }
    }
    Ok(all)
}
