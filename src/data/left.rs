//! What a step left: its images as they are, by the list of images and their own columns, whatever became of the tables
//! meanwhile. Another branch may have added a column, a trigger, a table that refers to the rows.

use super::image::{CAME, CHANGED, Image, Rows, WENT, after, image_name};
use super::parts::Part;
use super::site::{Found, Site};
use super::step::pictured;
use crate::error::{Error, Kind, Result};
use crate::ops::{DataStep, DataWork, WayBack};
use crate::schema::{Column, Ident, Name, Table};

/// The images of a step in the order in which they are taken back: the last part first; in each, rows that came go first,
/// rows that went come back parents first, then what they had pointed at them.
pub(super) fn backwards<'a>(step: &DataStep, site: &Site<'a>) -> Result<Vec<Image<'a>>> {
    if !matches!(step.back, WayBack::Images) {
        return Ok(Vec::new());
    }
    let left = left(step, site);
    if left.is_empty() {
        return as_made_now(step, site);
    }
    let mut parts: Vec<Vec<Image<'a>>> = Vec::new();
    for (name, found) in left {
        let image = Image::found(step, site, name, found)?;
        match parts.last_mut() {
            Some(part) if goes_with(step, part, &image) => part.push(image),
            Some(_) | None => parts.push(vec![image]),
        }
    }
    parts.iter_mut().for_each(|part| part.sort_by_key(|image| !matches!(image.rows, Rows::Came(_))));
    Ok(parts.into_iter().rev().flatten().collect())
}

/// The names of the images that a step left, whatever they hold.
pub(crate) fn image_names(step: &DataStep, site: &Site<'_>) -> Result<Vec<Name>> {
    let left: Vec<Name> = left(step, site).into_iter().map(|(name, _)| name).collect();
    if left.is_empty() {
        return Ok(backwards(step, site)?.into_iter().map(|image| image.name).collect());
    }
    Ok(left)
}

/// The images that the list has of a step, in the order in which they were made.
fn left<'a>(step: &DataStep, site: &Site<'a>) -> Vec<(Name, &'a Found)> {
    let Some(images) = site.images else { return Vec::new() };
    let name = |number| image_name(site.version_table, site.revision, &step.name, number);
    let known = |name: Name| images.get(&name).map(|found| (name, found));
    (1..).map_while(|number| known(name(number))).collect()
}

/// What the step would make of the tables as they are.
fn as_made_now<'a>(step: &DataStep, site: &Site<'a>) -> Result<Vec<Image<'a>>> {
    let of_part = |mut one: super::step::Pictured<'a>| {
        if matches!(one.part, Part::Move { .. }) {
            one.images.rotate_right(1);
        }
        one.images
    };
    Ok(pictured(step, site)?.into_iter().rev().flat_map(of_part).collect())
}

/// Whether an image belongs to the part of those before it: rows that went or changed with rows that went, and those that
/// came where others were.
fn goes_with(step: &DataStep, part: &[Image<'_>], image: &Image<'_>) -> bool {
    let Some(first) = part.first().filter(|first| matches!(first.rows, Rows::Went(_))) else { return false };
    match image.rows {
        Rows::Went(_) | Rows::Changed(_) => image.table.name != first.table.name,
        Rows::Came(_) => matches!(step.work, DataWork::MoveRows(_)),
        Rows::Skipped => false,
    }
}

impl<'a> Image<'a> {
    /// An image that is there, with the columns that it has.
    fn found(step: &DataStep, site: &Site<'a>, name: Name, found: &Found) -> Result<Self> {
        let mut tables = site.shape.tables.values();
        let table = tables.find(|table| table.name.for_people() == found.subject).ok_or_else(|| {
            not_as_then(format!("rows of {} are kept, and there is no such table any more", found.subject))
                .with_hint("give the table its name back, or make it again")
        })?;
        let key = if let DataWork::Rows(changes) = &step.work
            && found.kind == CHANGED
            && table.name == step.table
        {
            changes.key.iter().map(|name| site.column(table, name)).collect::<Result<Vec<_>>>()?
        } else {
            site.key(table).unwrap_or_default()
        };
        if (key.is_empty() && found.kind != WENT) || key.iter().any(|key| !found.columns.contains(&key.name)) {
            let phrase = format!("the key of {} is another one than when its rows were kept", table.name.for_people());
            return Err(
                not_as_then(phrase).with_hint("give the table its former key, by which the rows are found again")
            );
        }
        let columns = found.columns_of(table, &key, site);
        let rows = match found.kind.as_str() {
            CHANGED => Rows::Changed(columns),
            CAME => Rows::Came(columns),
            WENT => Rows::Went(columns),
            _ => Rows::Skipped,
        };
        Ok(Self { name, table, key, rows, read_again: false, is_searched: false, by_piece: false })
    }
}

/// The tables are others than when the rows were kept.
fn not_as_then(phrase: String) -> Error {
    Error::new(Kind::Statement, phrase)
}

impl Found {
    /// The columns of the table that it holds beside the key; of rows that changed, those that it holds twice.
    pub(super) fn columns_of<'a>(&self, table: &'a Table, key: &[&Column], site: &Site<'a>) -> Vec<&'a Column> {
        let has = |name: &Ident| self.columns.contains(name);
        let is_key = |column: &Column| key.iter().any(|key| key.name == column.name);
        let holds = |column: &&Column| has(&column.name) && (self.kind != CHANGED || has(&after(&column.name)));
        site.stored(table).into_iter().filter(|column| !is_key(column) && holds(column)).collect()
    }
}
