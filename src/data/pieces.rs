//! A step in pieces: by the key of its table, each in a transaction of its own.
//!
//! Where the rows have images, a row that has one is done: whatever happens, it is neither done twice nor missed, also one
//! that comes behind the place where the work is. Without images the place alone says what is done, and rows are looked
//! for again only where the filter finds no row that is done.

use super::claims::guards;
use super::image::{Image, image_name};
use super::piece_work::{PieceWork, piece_work};
use super::site::{Site, wrong};
use super::step::{Pictured, register, unit_of};
use crate::dialect::TypeUse;
use crate::dialect::data::{Role, SideColumn, SideTable};
use crate::error::Result;
use crate::ops::{Batch, DataStep, OnError, WayBack};
use crate::schema::{Column, Ident, Name, Neutral, Table};
use crate::statement::{Pieces, RANGE, REASON, SIZE, Statement};

/// The part of the image that holds rows which were left as they are.
const SKIPPED: usize = 999;

/// The name of the table with the rows that a step left as they are.
pub(super) fn skipped_name(step: &DataStep, site: &Site<'_>) -> Name {
    image_name(site.version_table, site.revision, &step.name, SKIPPED)
}

/// The statements of a step in pieces.
pub(super) fn in_pieces<'a>(
    step: &DataStep,
    batch: &Batch,
    mut pictured: Vec<Pictured<'a>>,
    site: &Site<'a>,
) -> Result<Vec<Statement>> {
    let table = site.table(step.work.from().unwrap_or(&step.table))?;
    let key = site.key(table).ok_or_else(|| {
        wrong(format!("{} has no key, by which batches go", table.name.for_people())).with_hint("leave `batch:` out")
    })?;
    let skipped = match step.on_error {
        OnError::Skip => Some(Skipped::new(step, site, &key, table)?),
        OnError::Stop => None,
    };
    let undone = skipped.as_ref().map(|skipped| (&skipped.name, skipped.key.as_slice()));
    let work = piece_work(step, &mut pictured, (table, key), undone, site)?;
    let images: Vec<&Image<'_>> = pictured.iter().flat_map(|one| &one.images).collect();
    let mut statements = Vec::new();
    let before = guards(&step.expect.before, step, site, "before")?;
    if !before.is_empty() {
        statements.push(unit_of(None, format!("what {} expects", step.name), before, site));
    }
    statements.extend(images.iter().flat_map(|image| image.create(site)));
    statements.extend(skipped.iter().flat_map(|skipped| skipped.create.clone()));
    let after = guards(&step.expect.after, step, site, "after")?;
    let keeps = matches!(step.back, WayBack::Images) && !images.is_empty();
    let first = keeps.then(|| register(&images, &step.name, site));
    let mut last = unit_of(first, format!("{} ({})", step.name, step.work.word()), after, site);
    last.also.extend(skipped.iter().map(|skipped| crate::statement::Also::Run(skipped.register.clone())));
    last.pieces = Some(Box::new(pieces(step, batch, work, skipped.as_ref(), site)?));
    statements.push(last);
    if !keeps {
        statements.extend(images.iter().map(|image| image.drop(site)));
    }
    Ok(statements)
}

fn pieces(
    step: &DataStep,
    batch: &Batch,
    work: PieceWork<'_>,
    skipped: Option<&Skipped>,
    site: &Site<'_>,
) -> Result<Pieces> {
    let table = site.quoted(&work.table.name);
    let alias = site.quote(&work.table.name.name);
    let filter = work.filter.map(|filter| format!(" AND ({filter})")).unwrap_or_default();
    let key: Vec<(String, bool)> = work.way.iter().map(|by| (site.quote(&by.column.name), by.descending)).collect();
    let list = |term: &dyn Fn(&str, bool) -> String| {
        key.iter().map(|(name, descending)| term(name, *descending)).collect::<Vec<_>>().join(", ")
    };
    let literals = work.way.iter().map(|by| site.words().key_literal(by.column, &site.of("p", &by.column.name)));
    let literals = literals.collect::<Vec<_>>().join(", ");
    let down = |is_down: bool| if is_down { " DESC" } else { "" };
    let names = list(&|name, _| name.to_owned());
    let onwards = list(&|name, descending| format!("{name}{}", down(descending)));
    let backwards = list(&|name, descending| format!("p.{name}{}", down(!descending)));
    let plain = list(&|name, _| format!("p.{name}"));
    let inner = format!("SELECT {names} FROM {table} WHERE {RANGE}{filter} ORDER BY {onwards} LIMIT {SIZE}");
    let load = match &batch.load {
        None => None,
        Some(load) => Some((site.text(&load.sql)?, load.limit, load.patience)),
    };
    Ok(Pieces {
        step: step.name.clone(),
        size: batch.size,
        pause: batch.pause,
        load,
        name: work.table.name.clone(),
        table: alias,
        key,
        count: format!("SELECT COUNT(*) FROM {table} WHERE 1 = 1{filter}"),
        next: format!("SELECT {literals}, {plain} FROM ({inner}) AS p ORDER BY {backwards} LIMIT 1"),
        work: work.sql,
        counts: work.counts,
        through: work.through,
        again: work.again,
        skip: skipped.map(|skipped| {
            let note = &skipped.note;
            format!("{note} WHERE {RANGE}{filter}")
        }),
    })
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
        let side = SideTable {
            name: name.clone(),
            of: table,
            columns,
            is_searched: false,
            by_piece: false,
            is_temporary: false,
        };
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
