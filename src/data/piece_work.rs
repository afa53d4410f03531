//! What is done to one piece: the statements of a step, for the rows between two places.
//!
//! Rows that are captured carry the number of their piece, by which the statements behind find them again.

use super::bring::{How, bring, plain_insert};
use super::image::{Image, Rows};
use super::order::{self, By};
use super::parts::{Part, Source};
use super::site::{Site, wrong};
use super::step::{Pictured, capture, plain_update, write_change};
use crate::dialect::data::PIECE;
use crate::error::Result;
use crate::ops::{DataStep, DataWork};
use crate::schema::{Column, Ident, Name, Table};
use crate::statement::{Also, DONE_RANGE, IMAGE_RANGE, NUMBER, RANGE, RowProgram, RowWork};

/// What one piece does.
pub(super) struct PieceWork<'a> {
    /// The table that is gone through, and by what.
    pub(super) table: &'a Table,
    pub(super) way: Vec<By<'a>>,
    pub(super) filter: Option<String>,
    pub(super) sql: Vec<String>,
    /// Which of them tells how many rows there were.
    pub(super) counts: usize,
    /// Behind so many of them rows go through a program.
    pub(super) through: Option<(usize, Box<RowWork>)>,
    pub(super) again: bool,
}

/// What the statements of a piece depend on.
struct Piece<'p, 'a> {
    site: &'p Site<'a>,
    /// The rows of the piece, as a condition on the table that is gone through.
    here: String,
    /// The images have all columns by which batches go, or those of rows that change do: their key.
    goes_by_key: bool,
    /// In which order rows are gone through: rows that move come in the same.
    way: &'p [By<'a>],
}

/// The work of a step in pieces: on the table that it goes through, by its key. `skipped`: where rows are noted that were
/// left as they are.
pub(super) fn piece_work<'a>(
    step: &DataStep,
    pictured: &mut [Pictured<'a>],
    (table, key): (&'a Table, Vec<&'a Column>),
    skipped: Option<(&Name, &[Ident])>,
    site: &Site<'a>,
) -> Result<PieceWork<'a>> {
    refuse(step, pictured)?;
    let last = pictured.last();
    let has_images = last.is_some_and(|one| !one.images.is_empty());
    let goes = last.is_some_and(|one| matches!(one.part, Part::Go { .. } | Part::Move { .. }));
    let changes = last.is_some_and(|one| matches!(one.part, Part::Change { .. } | Part::Through { .. }));
    let again = goes || (changes && has_images) || matches!(step.work, DataWork::Backfill { .. });
    let way = order::of_batches(site, table, step, &key, again)?;
    let goes_by_key = way.len() == key.len();
    for image in pictured.iter_mut().flat_map(|one| &mut one.images) {
        image.is_searched = true;
        image.by_piece = !goes_by_key || image.read_again || matches!(image.rows, Rows::Came(_));
    }
    let alias = site.quote(&table.name.name);
    let undone = |side: &Name, key: &[Ident]| {
        let on = key.iter().map(|name| format!("{} = {}", site.of("done", name), site.of(&alias, name)));
        let on = on.chain(goes_by_key.then(|| DONE_RANGE.to_owned())).collect::<Vec<_>>().join(" AND ");
        format!("NOT EXISTS (SELECT 1 FROM {} AS done WHERE {on})", site.quoted(side))
    };
    let last = pictured.last();
    let said = last.and_then(|one| filter_of(&one.part));
    let mut conditions: Vec<String> = said.iter().map(|filter| format!("({filter})")).collect();
    if let Some(image) = last.filter(|_| changes).and_then(|one| one.images.first()) {
        let key: Vec<Ident> = image.key.iter().map(|column| column.name.clone()).collect();
        conditions.push(undone(&image.name, &key));
    }
    conditions.extend(skipped.map(|(side, key)| undone(side, key)));
    let filter = (!conditions.is_empty()).then(|| conditions.join(" AND "));
    let here = match &filter {
        None => RANGE.to_owned(),
        Some(filter) => format!("{RANGE} AND {filter}"),
    };
    let piece = Piece { site, here, goes_by_key, way: &way };
    let through = last.and_then(|one| piece.through(&one.part, one.images.first(), &alias));
    let (mut sql, mut counts) = (Vec::new(), 0);
    for one in pictured.iter() {
        counts = sql.len();
        sql.extend(piece.statements(one)?);
    }
    Ok(PieceWork { table, way, filter, sql, counts, through, again })
}

/// What cannot go in pieces.
fn refuse(step: &DataStep, pictured: &[Pictured<'_>]) -> Result<()> {
    let word = step.work.word();
    if matches!(step.work, DataWork::Rows(_)) {
        return Err(wrong(format!("a `{word}` cannot go in batches")).with_hint("leave `batch:` out"));
    }
    let (why, hint) = match pictured {
        [one] => match (&one.part, one.images.len()) {
            (Part::Through { work, .. }, _) if matches!(work.by, RowProgram::Closure { .. }) => {
                return Err(wrong("a closure goes through its rows itself").with_hint("leave `batch:` out"));
            }
            (Part::Come { source: Source::Written { .. }, .. }, _) => {
                (format!("a `{word}` cannot go in batches"), "leave `batch:` out")
            }
            (Part::Move { .. }, 2) | (_, 0 | 1) => return Ok(()),
            (Part::Go { .. } | Part::Move { .. }, _) => (
                format!("rows that this `{word}` takes away take others with them, which cannot go in batches"),
                "leave `batch:` out, or take the others away in a step before",
            ),
            (Part::Change { .. } | Part::Come { .. } | Part::Through { .. } | Part::Rewrite { .. }, _) => {
                (format!("a `{word}` cannot go in batches"), "leave `batch:` out")
            }
        },
        [_, _] if matches!(step.work, DataWork::Normalise { .. }) => return Ok(()),
        _ => (format!("a `{word}` cannot go in batches"), "leave `batch:` out"),
    };
    Err(wrong(why).with_hint(hint))
}

fn filter_of<'p>(part: &'p Part<'_>) -> Option<&'p String> {
    match part {
        Part::Change { filter, .. }
        | Part::Go { filter, .. }
        | Part::Through { filter, .. }
        | Part::Move { filter, .. }
        | Part::Come { source: Source::Table { filter, .. }, .. } => filter.as_ref(),
        Part::Come { source: Source::Written { .. }, .. } | Part::Rewrite { .. } => None,
    }
}

/// The statements alone: in a piece nothing is asked.
fn texts(all: Vec<Also>) -> impl Iterator<Item = String> {
    all.into_iter().filter_map(|also| match also {
        Also::Run(sql) => Some(sql),
        Also::Ask(_) | Also::Through(_) => None,
    })
}

/// The condition that what goes by a name in the statement was captured with this piece.
fn numbered(alias: &str) -> String {
    format!("{alias}.{PIECE} = {NUMBER}")
}

impl<'a> Piece<'_, 'a> {
    /// The statements of one part; the first one tells how many rows there were.
    fn statements(&self, pictured: &Pictured<'a>) -> Result<Vec<String>> {
        let Self { site, here, .. } = self;
        let mut all = Vec::new();
        match (&pictured.part, pictured.images.as_slice()) {
            (Part::Through { .. }, images) => {
                all.extend(images.iter().flat_map(|image| capture(site, image, &[], Some(here), true)));
            }
            (Part::Change { table, set, .. }, []) => all.push(plain_update(site, table, set, Some(here))?),
            (Part::Change { set, .. }, [image, ..]) => {
                all.extend(capture(site, image, set, Some(here), true));
                all.push(write_change(site, image, set, &self.only(image), false));
            }
            (Part::Go { table, .. }, []) => all.push(format!("DELETE FROM {} WHERE {here}", site.quoted(&table.name))),
            (Part::Go { .. }, [image, ..]) => {
                all.extend(capture(site, image, &[], Some(here), true));
                all.push(self.take_away(image));
            }
            (Part::Come { table, columns, source }, images) => {
                let source = self.of_piece(source);
                match images.first() {
                    None => all.push(plain_insert(site, table, columns, &source)?),
                    Some(image) => {
                        let how = How { stored: None, in_piece: true };
                        all.extend(texts(bring(site, image, columns, &source, how)?));
                    }
                }
            }
            // Refused before.
            (Part::Rewrite { .. }, _) => {}
            (Part::Move { from, columns, .. }, images) => {
                if let [went, came] = images {
                    let source = Source::Table { from, filter: None, distinct: false, order: self.way.to_vec() };
                    all.extend(capture(site, went, &[], Some(here), true));
                    let how = How { stored: Some(&went.name), in_piece: true };
                    all.extend(texts(bring(site, came, columns, &source, how)?));
                    all.push(self.take_away(went));
                }
            }
        }
        all.extend(pictured.images.iter().filter_map(|image| image.read_again(site, &[numbered("t")])));
        Ok(all)
    }

    /// The rows of a source in this piece. New values have a condition of their own, that they are not there.
    fn of_piece(&self, source: &Source<'a>) -> Source<'a> {
        match source {
            Source::Table { from, filter, distinct, order } => {
                let own = filter.iter().filter(|_| *distinct).map(|filter| format!("({filter})"));
                let filter = own.chain([self.here.clone()]).collect::<Vec<_>>().join(" AND ");
                Source::Table { from, filter: Some(filter), distinct: *distinct, order: order.clone() }
            }
            Source::Written { rows, keep_existing } => {
                Source::Written { rows: rows.clone(), keep_existing: *keep_existing }
            }
        }
    }

    /// The rows of an image in this piece: by its key first, where that is how the batches go.
    fn only(&self, image: &Image<'_>) -> Vec<String> {
        let range = self.goes_by_key || matches!(image.rows, Rows::Went(_));
        range.then(|| IMAGE_RANGE.to_owned()).into_iter().chain([numbered("i")]).collect()
    }

    fn take_away(&self, image: &Image<'_>) -> String {
        let mut joined = image.joined(self.site);
        joined.only = self.only(image);
        self.site.words().delete(&joined)
    }

    /// The rows of a piece that go through a program: those that were captured for it, or those that are not done.
    fn through(&self, part: &Part<'_>, image: Option<&Image<'_>>, alias: &str) -> Option<(usize, Box<RowWork>)> {
        let Part::Through { work, .. } = part else { return None };
        let site = self.site;
        let mut work = work.clone();
        work.filter = Some(match image {
            None => self.here.clone(),
            Some(image) => {
                let on = image
                    .key
                    .iter()
                    .map(|key| format!("{} = {}", site.of("now", &key.name), site.of(alias, &key.name)));
                let on = on.collect::<Vec<_>>().join(" AND ");
                let image = site.quoted(&image.name);
                format!("{RANGE} AND EXISTS (SELECT 1 FROM {image} AS now WHERE {} AND {on})", numbered("now"))
            }
        });
        Some((usize::from(image.is_some()), work))
    }
}
