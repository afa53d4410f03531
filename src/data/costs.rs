//! What images will take, as questions to the server: of every part and of the rows that go or change with others, both
//! what rows were and what becomes of them.

use super::bring::distinct;
use super::image::{Image, Rows};
use super::keep;
use super::keys::refers;
use super::parts::{Part, Source};
use super::site::Site;
use super::step::{Pictured, pictured, where_text};
use crate::error::Result;
use crate::ops::{DataOperation, WayBack};
use crate::schema::{Column, ForeignKey, Schema, Table};

/// What one image will take.
pub(crate) struct Cost {
    /// The question for the bytes of the table whose rows it gets.
    pub(crate) table: String,
    /// The question for its rows and their bytes.
    pub(crate) image: String,
}

/// The questions, and how columns are read that are not there yet.
struct Asker<'s, 'a> {
    site: &'s Site<'a>,
    live: &'s Schema,
}

/// What the images of an operation will take. `live`: the tables as the server has them; a column that `site` has beyond
/// them is still empty. What is written in the file is not asked about.
///
/// # Errors
/// [`crate::Kind::File`] where the operation does not fit the tables.
pub(crate) fn costs(operation: &DataOperation, site: &Site<'_>, live: &Schema) -> Result<Vec<Cost>> {
    let asker = Asker { site, live };
    match operation {
        DataOperation::Step(step) if matches!(step.back, WayBack::Images) => {
            Ok(pictured(step, site)?.iter().flat_map(|one| asker.of_part(one)).collect())
        }
        DataOperation::Keep(kept) => {
            Ok(keep::image(kept, site)?.iter().map(|image| asker.of_rows(image, &[], None)).collect())
        }
        DataOperation::Step(_) | DataOperation::Restore(_) | DataOperation::BringBack(_) => Ok(Vec::new()),
    }
}

impl Asker<'_, '_> {
    fn of_part(&self, one: &Pictured<'_>) -> Vec<Cost> {
        let images = one.images.as_slice();
        match &one.part {
            Part::Change { set, filter, .. } => {
                images.iter().map(|image| self.of_rows(image, set, filter.as_deref())).collect()
            }
            Part::Through { filter, .. } => {
                images.iter().map(|image| self.of_rows(image, &[], filter.as_deref())).collect()
            }
            Part::Go { filter, .. } => self.of_gone(images, &one.links, filter.as_deref()),
            Part::Move { from, columns, filter, .. } => {
                let gone = images.split_last().map_or(images, |(_, gone)| gone);
                let mut all = self.of_gone(gone, &one.links, filter.as_deref());
                let source = Source::Table { from, filter: filter.clone(), distinct: false, order: Vec::new() };
                all.extend(self.of_source(columns, &source));
                all
            }
            Part::Come { columns, source, .. } if !images.is_empty() => {
                self.of_source(columns, source).into_iter().collect()
            }
            Part::Come { .. } | Part::Rewrite { .. } => Vec::new(),
        }
    }

    /// Rows that change or go, of the table of their image.
    fn of_rows(&self, image: &Image<'_>, set: &[(&Column, String)], filter: Option<&str>) -> Cost {
        let table = image.table;
        let own = |column: &Column| self.site.of(&self.site.quote(&table.name.name), &column.name);
        let mut values: Vec<String> = image.key.iter().chain(image.columns()).map(|column| own(column)).collect();
        if let Rows::Changed(columns) = &image.rows {
            let said = |column: &Column| set.iter().find(|(said, _)| said.name == column.name);
            let becomes = |column: &&Column| said(column).map_or_else(|| own(column), |(_, text)| format!("({text})"));
            values.extend(columns.iter().map(becomes));
        }
        self.cost(table, &values, &format!("{}{}", self.rows_of(table), where_text(filter)))
    }

    /// Rows that go, and those that go or change with them.
    fn of_gone(&self, images: &[Image<'_>], links: &[Vec<(usize, &ForeignKey)>], filter: Option<&str>) -> Vec<Cost> {
        let mut conditions: Vec<Option<String>> = Vec::new();
        for (place, image) in images.iter().enumerate() {
            let of_link = |(parent, key): &(usize, &ForeignKey)| {
                let parent = images.get(*parent).map(|one| one.table).zip(conditions.get(*parent));
                parent.map(|(parent, condition)| self.refers(image.table, parent, key, condition.as_deref()))
            };
            let of_links: Vec<String> = links.get(place).into_iter().flatten().filter_map(of_link).collect();
            let condition = if place == 0 { filter.map(str::to_owned) } else { Some(of_links.join(" OR ")) };
            conditions.push(condition);
        }
        let all = images.iter().zip(&conditions);
        all.map(|(image, condition)| self.of_rows(image, &[], condition.as_deref())).collect()
    }

    /// The condition that a row refers to one of these.
    fn refers(&self, child: &Table, parent: &Table, key: &ForeignKey, condition: Option<&str>) -> String {
        let site = self.site;
        let (here, there) = (site.quote(&child.name.name), site.quote(&parent.name.name));
        let pairs = refers(site, (&here, &there), key, parent);
        let condition = condition.map(|condition| format!(" AND ({condition})")).unwrap_or_default();
        format!("EXISTS (SELECT 1 FROM {} WHERE {pairs}{condition})", self.rows_of(parent))
    }

    /// Rows that come from a table.
    fn of_source(&self, columns: &[(&Column, String)], source: &Source<'_>) -> Option<Cost> {
        let Source::Table { from, filter, distinct: once, .. } = source else { return None };
        if *once {
            let values: Vec<String> = columns.iter().map(|(column, _)| self.site.of("d", &column.name)).collect();
            let rows = distinct(self.site, columns, from, filter.as_deref());
            return Some(self.cost(from, &values, &format!("({rows}) AS d")));
        }
        let values: Vec<String> = columns.iter().map(|(_, text)| format!("({text})")).collect();
        Some(self.cost(from, &values, &format!("{}{}", self.rows_of(from), where_text(filter.as_deref()))))
    }

    /// The table as it will be: columns that it does not have yet hold nothing.
    fn rows_of(&self, table: &Table) -> String {
        let (site, name) = (self.site, self.site.quoted(&table.name));
        let Some(now) = self.live.tables.get(&table.name) else { return name };
        let is_new = |column: &&Column| !now.columns.iter().any(|known| known.name == column.name);
        let new = table.columns.iter().filter(is_new);
        let new: Vec<String> =
            new.map(|column| format!(", {} AS {}", site.words().nothing(column), site.quote(&column.name))).collect();
        if new.is_empty() {
            return name;
        }
        format!("(SELECT t.*{} FROM {name} AS t) AS {}", new.concat(), site.quote(&table.name.name))
    }

    fn cost(&self, table: &Table, values: &[String], rows: &str) -> Cost {
        let words = self.site.words();
        let sizes: Vec<String> = values.iter().map(|value| words.size_of(value)).collect();
        let (sizes, number) = (sizes.join(" + "), words.whole_number());
        let image = format!("SELECT COUNT(*), CAST(COALESCE(SUM({sizes}), 0) AS {number}) FROM {rows}");
        Cost { table: words.bytes_of(&table.name), image }
    }
}
