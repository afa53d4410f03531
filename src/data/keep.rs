//! Drops that keep what goes away: the values of a column with the keys of their rows, or all rows of a table.

use super::image::{Image, Rows, image_name};
use super::site::{Site, wrong};
use super::step::{capture, register, unit_of};
use crate::dialect::data::Trigger;
use crate::error::Result;
use crate::ops::{Kept, Operation};
use crate::schema::{Ident, Name, Table};
use crate::statement::{Also, Statement};

/// The statements before the drop.
pub(crate) fn keep(kept: &Kept, site: &Site<'_>) -> Result<Vec<Statement>> {
    let Some(image) = image(kept, site)? else { return Ok(Vec::new()) };
    let mut statements = image.create(site);
    let also = capture(site, &image, &[], None, false).into_iter().map(Also::Run).collect();
    let first = register(&[&image], &said(kept), site);
    statements.push(unit_of(Some(first), format!("keep the data: {}", kept.drop.describe()), also, site));
    Ok(statements)
}

/// The statements behind what makes the column or table again.
pub(crate) fn bring_back(kept: &Kept, site: &Site<'_>) -> Result<Vec<Statement>> {
    let Some(image) = image(kept, site)? else { return Ok(Vec::new()) };
    let name = site.dialect.literal(image.name.name.as_str());
    let first = format!("DELETE FROM {} WHERE image = {name}", site.quoted(&super::step::kept_table(site)));
    let triggers: Vec<&Trigger> = site.triggers.get(&image.table.name).into_iter().flatten().collect();
    let mut also: Vec<Also> = triggers.iter().map(|trigger| Also::Run(trigger.off.clone())).collect();
    also.extend(put(kept, &image, site)?);
    also.extend(triggers.iter().map(|trigger| Also::Run(trigger.on.clone())));
    Ok(vec![unit_of(Some(first), "bring back what was kept".to_owned(), also, site), image.drop(site)])
}

/// The names of the images that a drop leaves: none of a column that is computed.
pub(crate) fn kept_names(kept: &Kept, site: &Site<'_>) -> Vec<Name> {
    let is_computed = matches!(&*kept.drop, Operation::DropColumn { was: Some(was), .. } if was.generated.is_some());
    if is_computed { Vec::new() } else { vec![name(kept, site)] }
}

fn said(kept: &Kept) -> String {
    kept.drop.describe()
}

fn name(kept: &Kept, site: &Site<'_>) -> Name {
    image_name(site.version_table, site.revision, &said(kept), 0)
}

/// What is kept; nothing of a column that is computed.
pub(super) fn image<'a>(kept: &Kept, site: &Site<'a>) -> Result<Option<Image<'a>>> {
    let table: &'a Table = match kept.drop.table() {
        Some(table) => site.table(table)?,
        None => return Ok(None),
    };
    let mut image = Image::went(site, name(kept, site), table)?;
    if let Some(name) = column(kept) {
        let Some(column) = table.columns.iter().find(|column| column.name == *name) else {
            return site.column(table, name).map(|_| None);
        };
        if column.generated.is_some() {
            return Ok(None);
        }
        if image.key.is_empty() || image.key.iter().any(|key| key.name == *name) {
            let phrase =
                format!("{} has no key that stays, by which a row could be found again", table.name.for_people());
            return Err(wrong(phrase).with_hint("leave `keep_data` out, or keep the column"));
        }
        image.rows = Rows::Went(vec![column]);
    } else if let Some(found) = site.images.and_then(|images| images.get(&image.name)) {
        image.rows = Rows::Went(found.columns_of(table, &image.key, site));
    }
    Ok(Some(image))
}

fn put(kept: &Kept, image: &Image<'_>, site: &Site<'_>) -> Result<Vec<Also>> {
    match column(kept) {
        Some(name) => Ok(put_column(kept, name, image, site)?.into_iter().map(Also::Run).collect()),
        None => Ok(image.insert(site)),
    }
}

/// The column that is dropped; none where it is a table.
fn column(kept: &Kept) -> Option<&Ident> {
    if let Operation::DropColumn { name, .. } = &*kept.drop { Some(name) } else { None }
}

fn put_column(kept: &Kept, name: &Ident, image: &Image<'_>, site: &Site<'_>) -> Result<Vec<String>> {
    let mut joined = image.joined(site);
    let column = site.any_column(image.table, name)?;
    joined.set = vec![(site.quote(name), site.kept("i", column))];
    // Naming a column keeps the database from changing it by itself.
    let still = image.table.columns.iter().filter(|column| site.words().changes_by_itself(column));
    let still: Vec<_> = still.map(|column| (site.quote(&column.name), site.of("t", &column.name))).collect();
    joined.set.extend(still.iter().filter(|(column, _)| *column != site.quote(name)).cloned());
    let mut all = vec![site.words().update(&joined)];
    if let Some(later) = &kept.later {
        let value = site.value(site.column(image.table, name)?, later)?;
        let table = site.quote(&image.table.name.name);
        let on = image.key.iter().map(|key| format!("{} = {}", site.kept("i", key), site.of(&table, &key.name)));
        let missing =
            format!("NOT EXISTS (SELECT 1 FROM {} AS i WHERE {})", joined.side, on.collect::<Vec<_>>().join(" AND "));
        all.push(format!("UPDATE {} SET {} = {value} WHERE {missing}", joined.table, site.quote(name)));
    }
    Ok(all)
}
