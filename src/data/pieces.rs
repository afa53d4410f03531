//! A step in pieces: by the key of its table, each in a transaction of its own.
//!
//! Where the rows have images, a row that has one is done: whatever happens, it is neither done twice nor missed, also one
//! that comes behind the place where the work is. Without images the place alone says what is done, and rows are looked
//! for again only where the filter finds no row that is done.

use super::claims::guards;
use super::image::{Image, Rows, image_name};
use super::parts::Part;
use super::site::{Site, wrong};
use super::step::{Pictured, capture, plain_update, register, unit_of, write_change};
use crate::dialect::TypeUse;
use crate::dialect::data::{PIECE, Role, SideColumn, SideTable};
use crate::error::Result;
use crate::ops::{Batch, DataStep, DataWork, OnError};
use crate::schema::{Column, Ident, Name, Neutral, Table};
use crate::statement::{IMAGE_RANGE, NUMBER, Pieces, RANGE, REASON, RowProgram, RowWork, SIZE, Statement};

/// The part of the image that holds rows which were left as they are.
const SKIPPED: usize = 999;

/// The name of the table with the rows that a step left as they are.
pub(super) fn skipped_name(step: &DataStep, site: &Site<'_>) -> Name {
    image_name(site.version_table, site.revision, &step.name, SKIPPED)
}

/// What one piece does.
struct Work<'a> {
    table: &'a Table,
    key: Vec<&'a Column>,
    filter: Option<String>,
    sql: Vec<String>,
    /// Behind so many of them rows go through a program.
    through: Option<(usize, Box<RowWork>)>,
    again: bool,
}

/// The statements of a step in pieces.
pub(super) fn in_pieces<'a>(
    step: &DataStep,
    batch: &Batch,
    mut pictured: Vec<Pictured<'a>>,
    site: &Site<'a>,
) -> Result<Vec<Statement>> {
    let one = match (pictured.pop(), pictured.is_empty()) {
        (Some(one), true) if one.images.len() <= 1 => one,
        _ => return Err(wrong(format!("a `{}` cannot go in batches", step.work.word())).hint("leave `batch:` out")),
    };
    let Pictured { part, mut images, .. } = one;
    images.iter_mut().for_each(|image| image.is_searched = true);
    let table = part.table();
    let key = site.key(site.table(&table.name)?).ok_or_else(|| {
        wrong(format!("{} has no key, by which batches go", table.name.for_people())).hint("leave `batch:` out")
    })?;
    let skipped = (step.on_error == OnError::Skip).then(|| Skipped::new(step, site, &key, site.table(&table.name)?));
    let skipped = match skipped {
        None => None,
        Some(skipped) => Some(skipped?),
    };
    let work = work(step, &part, images.first(), skipped.as_ref(), site)?;
    let mut statements = Vec::new();
    let before = guards(&step.expect.before, step, site, "before")?;
    if !before.is_empty() {
        statements.push(unit_of(None, format!("what {} expects", step.name), before, site));
    }
    statements.extend(images.iter().flat_map(|image| image.create(site)));
    statements.extend(skipped.iter().flat_map(|skipped| skipped.create.clone()));
    let after = guards(&step.expect.after, step, site, "after")?;
    let listed: Vec<&Image<'_>> = images.iter().collect();
    let first = (!listed.is_empty()).then(|| register(&listed, &step.name, site));
    let mut last = unit_of(first, format!("{} ({})", step.name, step.work.word()), after, site);
    last.also.extend(skipped.iter().map(|skipped| crate::statement::Also::Run(skipped.register.clone())));
    last.pieces = Some(Box::new(pieces(step, batch, work, skipped.as_ref(), site)?));
    statements.push(last);
    Ok(statements)
}

fn pieces(
    step: &DataStep,
    batch: &Batch,
    work: Work<'_>,
    skipped: Option<&Skipped>,
    site: &Site<'_>,
) -> Result<Pieces> {
    let table = site.quoted(&work.table.name);
    let alias = site.quote(&work.table.name.name);
    let filter = work.filter.map(|filter| format!(" AND ({filter})")).unwrap_or_default();
    let keys: Vec<String> = work.key.iter().map(|column| site.quote(&column.name)).collect();
    let literals = work.key.iter().map(|column| site.words().key_literal(column, &site.of("p", &column.name)));
    let literals = literals.collect::<Vec<_>>().join(", ");
    let upwards = keys.join(", ");
    let downwards = keys.iter().map(|key| format!("p.{key} DESC")).collect::<Vec<_>>().join(", ");
    let plain = keys.iter().map(|key| format!("p.{key}")).collect::<Vec<_>>().join(", ");
    let inner = format!("SELECT {upwards} FROM {table} WHERE {RANGE}{filter} ORDER BY {upwards} LIMIT {SIZE}");
    let load = match &batch.load {
        None => None,
        Some(load) => Some((site.text(&load.sql)?, load.limit, load.patience)),
    };
    Ok(Pieces {
        step: step.name.clone(),
        size: batch.size,
        pause: batch.pause,
        load,
        table: alias,
        key: keys,
        count: format!("SELECT COUNT(*) FROM {table} WHERE 1 = 1{filter}"),
        next: format!("SELECT {literals}, {plain} FROM ({inner}) AS p ORDER BY {downwards} LIMIT 1"),
        work: work.sql,
        through: work.through,
        again: work.again,
        skip: skipped.map(|skipped| {
            let note = &skipped.note;
            format!("{note} WHERE {RANGE}{filter}")
        }),
    })
}

fn work<'a>(
    step: &DataStep,
    part: &Part<'a>,
    image: Option<&Image<'_>>,
    skipped: Option<&Skipped>,
    site: &Site<'a>,
) -> Result<Work<'a>> {
    let (table, said, set) = match part {
        Part::Change { table, set, filter } => (*table, filter, set.as_slice()),
        Part::Go { table, filter } => (*table, filter, [].as_slice()),
        Part::Through { work, .. } if matches!(work.by, RowProgram::Closure { .. }) => {
            return Err(wrong("a closure goes through its rows itself").hint("leave `batch:` out"));
        }
        Part::Through { table, filter, .. } => (*table, filter, [].as_slice()),
        Part::Come { .. } | Part::Move { .. } => {
            return Err(wrong(format!("a `{}` cannot go in batches", step.work.word())).hint("leave `batch:` out"));
        }
    };
    let alias = site.quote(&table.name.name);
    let undone = |side: &Name, key: Vec<Ident>| {
        let on = key.iter().map(|name| format!("{} = {}", site.of("done", name), site.of(&alias, name)));
        let on = on.collect::<Vec<_>>().join(" AND ");
        format!("NOT EXISTS (SELECT 1 FROM {} AS done WHERE {on})", site.quoted(side))
    };
    let mut conditions: Vec<String> = said.iter().map(|filter| format!("({filter})")).collect();
    let goes = matches!(part, Part::Go { .. });
    if let Some(image) = image.filter(|_| !goes) {
        conditions.push(undone(&image.name, image.key.iter().map(|column| column.name.clone()).collect()));
    }
    conditions.extend(skipped.map(|skipped| undone(&skipped.name, skipped.key.clone())));
    let filter = (!conditions.is_empty()).then(|| conditions.join(" AND "));
    let here = match &filter {
        None => RANGE.to_owned(),
        Some(filter) => format!("{RANGE} AND {filter}"),
    };
    let number = |alias: &str| format!("{alias}.{PIECE} = {NUMBER}");
    let through = through(part, image, &here, &alias, site);
    let sql = match image {
        None if through.is_some() => Vec::new(),
        None if goes => vec![format!("DELETE FROM {} WHERE {here}", site.quoted(&table.name))],
        None => vec![plain_update(site, table, set, Some(&here))],
        Some(image) => {
            let mut all = capture(site, image, set, Some(&here), true);
            if through.is_some() {
                all.extend(image.read_again(site, &[number("t")]));
            } else if matches!(image.rows, Rows::Went(_)) {
                let mut joined = image.joined(site);
                joined.only = vec![IMAGE_RANGE.to_owned(), number("i")];
                all.push(site.words().delete(&joined));
            } else {
                all.push(write_change(site, image, set, &[IMAGE_RANGE.to_owned(), number("i")], false));
                all.extend(image.read_again(site, &[number("t")]));
            }
            all
        }
    };
    let again = goes || image.is_some() || matches!(step.work, DataWork::Backfill { .. });
    let key = site.key(table).unwrap_or_default();
    Ok(Work { table, key, filter, sql, through, again })
}

/// The rows of a piece that go through a program: those that were captured for it, or those that are not done.
fn through(
    part: &Part<'_>,
    image: Option<&Image<'_>>,
    here: &str,
    alias: &str,
    site: &Site<'_>,
) -> Option<(usize, Box<RowWork>)> {
    let Part::Through { work, .. } = part else { return None };
    let mut work = work.clone();
    work.filter = Some(match image {
        None => here.to_owned(),
        Some(image) => {
            let on =
                image.key.iter().map(|key| format!("{} = {}", site.of("now", &key.name), site.of(alias, &key.name)));
            let on = on.collect::<Vec<_>>().join(" AND ");
            let image = site.quoted(&image.name);
            format!("{RANGE} AND EXISTS (SELECT 1 FROM {image} AS now WHERE now.{PIECE} = {NUMBER} AND {on})")
        }
    });
    Some((usize::from(image.is_some()), work))
}

/// Where rows are noted that were left as they are.
struct Skipped {
    name: Name,
    key: Vec<Ident>,
    create: Vec<Statement>,
    note: String,
    register: String,
}

impl Skipped {
    fn new<'a>(step: &DataStep, site: &Site<'a>, key: &[&'a Column], table: &'a Table) -> Result<Self> {
        let name = skipped_name(step, site);
        let part = |column: &&'a Column| SideColumn { name: column.name.clone(), of: column, role: Role::Key };
        let columns = key.iter().map(part).collect();
        let side = SideTable { name: name.clone(), of: table, columns, is_searched: false };
        let reason = Ident::from("migrate_reason");
        let at = TypeUse { table: &name, column: &reason, sole_key: false, strict: false, identity: false };
        let ty = site.dialect.native_type(&Neutral::Text, at, site.server);
        let (quoted, column) = (site.quoted(&name), site.quote(&reason));
        let why = format!("note rows of {} that are left as they are", table.name.for_people());
        let create = [site.words().side_table(&side), format!("ALTER TABLE {quoted} ADD COLUMN {column} {ty}")];
        let keys = site.list(key.iter().map(|column| &column.name));
        let from = site.quoted(&table.name);
        let image = Image::skipped(name.clone(), table, key);
        Ok(Self {
            key: key.iter().map(|column| column.name.clone()).collect(),
            create: create.into_iter().map(|sql| Statement::new(sql, why.as_str())).collect(),
            note: format!("INSERT INTO {quoted} ({keys}, {column}) SELECT {keys}, {REASON} FROM {from}"),
            register: register(&[&image], &step.name, site),
            name,
        })
    }
}
