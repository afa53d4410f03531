//! A step as statements: the images are made, then one unit captures and changes.

use std::collections::BTreeSet;

use super::bring::{How, bring, plain_insert};
use super::claims::guards;
use super::image::{Image, Rows, after, image_name};
use super::keys::{acts, references};
use super::parts::{Part, Source, parts};
use super::pieces::in_pieces;
use super::rows::rewrite;
use super::site::{Site, wrong};
use crate::dialect::data::{Joined, KEPT, PIECE};
use crate::error::Result;
use crate::ops::{DataStep, Value, WayBack};
use crate::schema::{self, Action, Column, ForeignKey, Name, Table};
use crate::statement::{Also, NUMBER, RowWork, Statement};

/// The part whose image holds rows of the file while they are written.
const WANTED: usize = 998;

/// A part with its images: of its own rows first, of rows that go or change with them behind.
pub(super) struct Pictured<'a> {
    pub(super) part: Part<'a>,
    pub(super) images: Vec<Image<'a>>,
    /// By which foreign key of which image's table the rows of an image go; none for the first.
    pub(super) links: Vec<Vec<(usize, &'a ForeignKey)>>,
    /// Where rows of the file lie meanwhile.
    wanted: Option<Image<'a>>,
}

/// The statements of a step, in the order in which they run.
///
/// # Errors
/// [`crate::Kind::File`] for names that are not there, values that do not fit, rows that could not be found again.
pub(crate) fn step(step: &DataStep, site: &Site<'_>) -> Result<Vec<Statement>> {
    let pictured = pictured(step, site)?;
    if let Some(batch) = &step.batch {
        return in_pieces(step, batch, pictured, site);
    }
    let mut statements = Vec::new();
    let mut also = guards(&step.expect.before, step, site, "before")?;
    for one in &pictured {
        statements.extend(one.images.iter().chain(&one.wanted).flat_map(|image| image.create(site)));
        also.extend(one.change(site)?);
    }
    also.extend(guards(&step.expect.after, step, site, "after")?);
    let images: Vec<&Image<'_>> = pictured.iter().flat_map(|one| &one.images).collect();
    let keeps = matches!(step.back, WayBack::Images) && !images.is_empty();
    let first = if keeps { Some(register(&images, &step.name, site)) } else { take_first(&mut also) };
    statements.push(unit_of(first, format!("{} ({})", step.name, step.work.word()), also, site));
    if !matches!(step.back, WayBack::Images) {
        statements.extend(images.iter().map(|image| image.drop(site)));
    }
    statements.extend(pictured.iter().filter_map(|one| one.wanted.as_ref()).map(|wanted| wanted.drop(site)));
    Ok(statements)
}

/// The change that comes before everything else, taken out, unless something is asked before it.
fn take_first(also: &mut Vec<Also>) -> Option<String> {
    match also.first() {
        Some(Also::Run(_)) => match also.remove(0) {
            Also::Run(sql) => Some(sql),
            Also::Ask(_) | Also::Through(_) => None,
        },
        Some(Also::Ask(_) | Also::Through(_)) | None => None,
    }
}

/// What changes, as one statement with others behind it: none of them without the others. `first`: what comes first,
/// where that is known.
pub(super) fn unit_of(first: Option<String>, why: String, also: Vec<Also>, site: &Site<'_>) -> Statement {
    let nothing = || format!("UPDATE {} SET format = format WHERE 1 = 0", site.quoted(&kept_table(site)));
    let mut statement = Statement::new(first.unwrap_or_else(nothing), why);
    statement.also = also;
    statement
}

/// The table that lists the images.
pub(super) fn kept_table(site: &Site<'_>) -> Name {
    site.version_table.sibling(schema::Ident::from(KEPT))
}

/// The statement that lists images.
pub(super) fn register(images: &[&Image<'_>], step: &str, site: &Site<'_>) -> String {
    let text = |text: &str| site.dialect.literal(text);
    let row = |image: &&Image<'_>| {
        let values = [
            text(image.name.name.as_str()),
            text(&site.version_table.for_people()),
            "1".to_owned(),
            text(site.revision),
            text(step),
            text(&image.table.name.for_people()),
            text(image.rows.kind()),
            "CURRENT_TIMESTAMP".to_owned(),
        ];
        format!("({})", values.join(", "))
    };
    let rows: Vec<String> = images.iter().map(row).collect();
    let columns = "image, version_table, format, revision, step, subject, kind, at";
    format!("INSERT INTO {} ({columns}) VALUES {}", site.quoted(&kept_table(site)), rows.join(", "))
}

/// The parts of a step with their images, if it needs some.
pub(super) fn pictured<'a>(step: &DataStep, site: &Site<'a>) -> Result<Vec<Pictured<'a>>> {
    let mut all = Vec::new();
    let mut number = 0;
    let wanted = matches!(step.back, WayBack::Images);
    for part in parts(step, site)? {
        let mut name = || {
            number += 1;
            image_name(site.version_table, site.revision, &step.name, number)
        };
        let mut links = Vec::new();
        let images = match &part {
            Part::Change { table, set, .. } if wanted => {
                let set: Vec<&Column> = set.iter().map(|(column, _)| *column).collect();
                vec![Image::changed(site, name(), table, &set)?]
            }
            Part::Through { table, columns, filter, .. } if wanted => {
                let mut image = Image::changed(site, name(), table, columns)?;
                image.read_again = true;
                image.is_searched = filter.is_some();
                vec![image]
            }
            Part::Come { table, columns, .. } if wanted => vec![came(site, name(), table, columns)?],
            Part::Go { table, .. } if wanted || (site.keys_off && takes_others(site, table)) => {
                gone(site, table, &mut name, &mut links)?
            }
            // Even where they are not to be brought back, they must come from somewhere when they are gone.
            Part::Move { from, table, columns, .. } => {
                let mut images = gone(site, from, &mut name, &mut links)?;
                images.push(came(site, name(), table, columns)?);
                images
            }
            Part::Rewrite { table, key, columns, .. } if wanted => {
                vec![Image::rewritten(site, name(), table, key, columns)?]
            }
            Part::Change { .. } | Part::Come { .. } | Part::Go { .. } | Part::Through { .. } | Part::Rewrite { .. } => {
                Vec::new()
            }
        };
        let wanted = if let Part::Rewrite { table, key, columns, .. } = &part {
            let name = image_name(site.version_table, site.revision, &step.name, WANTED);
            Some(Image::wanted(name, table, key, columns))
        } else {
            None
        };
        all.push(Pictured { part, images, links, wanted });
    }
    Ok(all)
}

fn came<'a>(site: &Site<'a>, name: Name, table: &'a Table, given: &[(&'a Column, String)]) -> Result<Image<'a>> {
    let given: Vec<&Column> = given.iter().map(|(column, _)| *column).collect();
    Image::came(site, name, table, &given)
}

/// The image of rows that go, and those of the rows that go or change with them.
fn gone<'a>(
    site: &Site<'a>,
    table: &'a Table,
    name: &mut impl FnMut() -> Name,
    links: &mut Vec<Vec<(usize, &'a ForeignKey)>>,
) -> Result<Vec<Image<'a>>> {
    let mut images = vec![Image::went(site, name(), table)?];
    links.push(Vec::new());
    let mut seen: BTreeSet<&Name> = BTreeSet::from([&table.name]);
    let mut place = 0;
    while let Some((parent, goes)) = images.get(place).map(|one| (one.table, matches!(one.rows, Rows::Went(_)))) {
        for child in site.shape.tables.values().filter(|_| goes) {
            let keys = child.foreign_keys.iter().filter(|key| key.references == parent.name);
            for key in keys.filter(|key| !matches!(key.on_delete, Action::Nothing | Action::Restrict)) {
                let known = images.iter().position(|image| image.table.name == child.name);
                let known = known.filter(|known| *known > place && key.on_delete == Action::Cascade);
                if let Some(links) = known.and_then(|known| links.get_mut(known)) {
                    links.push((place, key));
                    continue;
                }
                if !seen.insert(&child.name) {
                    return Err(tangled(table, child));
                }
                images.push(with_parent(site, name(), child, key)?);
                links.push(vec![(place, key)]);
            }
        }
        place += 1;
    }
    Ok(images)
}

fn with_parent<'a>(site: &Site<'a>, name: Name, child: &'a Table, key: &'a ForeignKey) -> Result<Image<'a>> {
    if key.on_delete == Action::Cascade {
        return Image::went(site, name, child);
    }
    let names = if key.set_columns.is_empty() { &key.columns } else { &key.set_columns };
    let columns: Vec<&Column> = names.iter().map(|name| site.column(child, name)).collect::<Result<_>>()?;
    let mut image = Image::changed(site, name, child, &columns)?;
    image.read_again = true;
    Ok(image)
}

fn tangled(table: &Table, child: &Table) -> crate::error::Error {
    let (table, child) = (table.name.for_people(), child.name.for_people());
    wrong(format!("rows of {table} take rows of {child} away with them in several ways, or in a circle"))
        .with_hint("undo the references with an `update` before, or say `undo:` or `irreversible:`")
}

impl<'a> Pictured<'a> {
    /// What captures and changes, in its order.
    fn change(&self, site: &Site<'a>) -> Result<Vec<Also>> {
        let mut all = Vec::new();
        match (&self.part, self.images.as_slice()) {
            (Part::Through { work, filter, .. }, images) => {
                let captured = images.iter().flat_map(|image| capture(site, image, &[], filter.as_deref(), false));
                let again = images.iter().filter_map(|image| image.read_again(site, &[])).map(Also::Run);
                let work = images.first().map_or_else(|| work.clone(), |image| only_captured(site, work, image));
                let through = std::iter::once(Also::Through(work));
                return Ok(captured.map(Also::Run).chain(through).chain(again).collect());
            }
            (Part::Rewrite { rows, .. }, images) => {
                let wanted = self.wanted.iter();
                return Ok(wanted.flat_map(|wanted| rewrite(site, wanted, images.first(), rows)).collect());
            }
            (Part::Change { table, set, filter }, []) => {
                all.push(Also::Run(plain_update(site, table, set, filter.as_deref())?));
            }
            (Part::Change { set, filter, .. }, images) => {
                for image in images {
                    all.extend(run(capture(site, image, set, filter.as_deref(), false)));
                    all.push(Also::Run(write_change(site, image, set, &[], filter.is_none())));
                }
            }
            (Part::Come { table, columns, source }, []) => {
                all.push(Also::Run(plain_insert(site, table, columns, source)?));
                all.extend(run(site.go_on(table, columns.iter().map(|(column, _)| *column))));
            }
            (Part::Come { columns, source, .. }, images) => {
                for image in images {
                    all.extend(bring(site, image, columns, source, How::default())?);
                }
            }
            (Part::Go { table, filter }, []) => {
                let delete = format!("DELETE FROM {}{}", site.quoted(&table.name), where_text(filter.as_deref()));
                all.push(Also::Run(delete));
            }
            (Part::Go { filter, .. }, images) => {
                all.extend(run(self.capture_gone(site, images, filter.as_deref())));
                all.extend(self.take_gone(site, images, filter.as_deref())?);
            }
            (Part::Move { from, columns, filter, order, .. }, images) => {
                if let Some((came, gone)) = images.split_last() {
                    all.extend(run(self.capture_gone(site, gone, filter.as_deref())));
                    if let Some(image) = gone.first() {
                        let source = Source::Table { from, filter: None, distinct: false, order: order.clone() };
                        let how = How { stored: Some(&image.name), in_piece: false };
                        all.extend(bring(site, came, columns, &source, how)?);
                        all.extend(self.take_gone(site, gone, filter.as_deref())?);
                    }
                }
            }
        }
        all.extend(run(self.images.iter().filter_map(|image| image.read_again(site, &[]))));
        Ok(all)
    }

    /// The statements that capture rows which go, and those that go or change with them.
    fn capture_gone(&self, site: &Site<'_>, images: &[Image<'_>], filter: Option<&str>) -> Vec<String> {
        let mut all = Vec::new();
        for (image, links) in images.iter().zip(&self.links) {
            let condition = gone_with(site, image, images, links).or_else(|| filter.map(str::to_owned));
            all.extend(capture(site, image, &[], condition.as_deref(), false));
        }
        all
    }

    /// The statements that take captured rows away. What goes or changes with them is the database's work, or where it
    /// does not look at foreign keys, that of statements before.
    fn take_gone(&self, site: &Site<'_>, images: &[Image<'_>], filter: Option<&str>) -> Result<Vec<Also>> {
        let mut all = Vec::new();
        let by_hand = images.iter().zip(&self.links).skip(1).rev().filter(|_| site.keys_off);
        for (image, links) in by_hand {
            let condition = gone_with(site, image, images, links);
            all.push(Also::Run(match &image.rows {
                Rows::Went(_) => take_away(site, image, condition.as_deref()),
                Rows::Changed(_) | Rows::Came(_) | Rows::Skipped => let_go(site, image, links)?,
            }));
        }
        let alone = images.len() == 1;
        all.extend(images.first().map_or_else(Vec::new, |image| match image.key.as_slice() {
            [] => vec![Also::Run(take_away(site, image, filter))],
            _ => image.take_out(site, &image.joined(site), alone),
        }));
        Ok(all)
    }
}

fn run(statements: impl IntoIterator<Item = String>) -> impl Iterator<Item = Also> {
    statements.into_iter().map(Also::Run)
}

/// Whether rows of other tables go or change when rows of this one go.
fn takes_others(site: &Site<'_>, table: &Table) -> bool {
    references(site, table).iter().any(|(_, key)| acts(key))
}

/// The rows of an image's table that go or change with rows of the images before; none for the first image.
fn gone_with(
    site: &Site<'_>,
    image: &Image<'_>,
    images: &[Image<'_>],
    links: &[(usize, &ForeignKey)],
) -> Option<String> {
    let link = |(parent, key): &(usize, &ForeignKey)| {
        images.get(*parent).map(|parent| refers_to_gone(site, image, parent, key)).unwrap_or_default()
    };
    let conditions: Vec<String> = links.iter().map(link).collect();
    (!conditions.is_empty()).then(|| conditions.join(" OR "))
}

/// What becomes of captured rows when those go that they refer to: ON DELETE SET NULL or SET DEFAULT.
fn let_go(site: &Site<'_>, image: &Image<'_>, links: &[(usize, &ForeignKey)]) -> Result<String> {
    let mut joined = image.joined(site);
    for (_, key) in links {
        for column in image.columns().iter().filter(|column| key.columns.contains(&column.name)) {
            let value = match column.default.as_ref().filter(|_| key.on_delete == Action::SetDefault) {
                None => "NULL".to_owned(),
                Some(schema::Default::Sql(expr)) => site.text(expr)?,
                Some(schema::Default::Literal(text)) => site.value(column, &Value::Literal(text.clone()))?,
            };
            joined.set.push((site.quote(&column.name), value));
        }
    }
    Ok(site.words().update(&joined))
}

/// The work on rows that are captured: one that meets the condition only now has no image.
fn only_captured(site: &Site<'_>, work: &RowWork, image: &Image<'_>) -> Box<RowWork> {
    let mut work = work.clone();
    if work.filter.is_some() {
        let table = site.quote(&image.table.name.name);
        let on = image.key.iter().map(|key| format!("{} = {}", site.of("now", &key.name), site.of(&table, &key.name)));
        let on = on.collect::<Vec<_>>().join(" AND ");
        let image = site.quoted(&image.name);
        work.filter = Some(format!("EXISTS (SELECT 1 FROM {image} AS now WHERE {on})"));
        work.count = format!("SELECT COUNT(*) FROM {image}");
    }
    Box::new(work)
}

/// ` WHERE (…)`, or nothing.
pub(super) fn where_text(filter: Option<&str>) -> String {
    filter.map(|filter| format!(" WHERE ({filter})")).unwrap_or_default()
}

fn refers_to_gone(site: &Site<'_>, image: &Image<'_>, parent: &Image<'_>, key: &ForeignKey) -> String {
    let child = site.quote(&image.table.name.name);
    let own = parent.table.primary_key.as_ref().map(|key| key.columns.as_slice()).unwrap_or_default();
    let referenced = if key.referenced_columns.is_empty() { own } else { &key.referenced_columns };
    let pairs = key.columns.iter().zip(referenced);
    let pairs: Vec<String> =
        pairs.map(|(here, there)| format!("{} = {}", site.of("p", there), site.of(&child, here))).collect();
    format!("EXISTS (SELECT 1 FROM {} AS p WHERE {})", site.quoted(&parent.name), pairs.join(" AND "))
}

/// Rows as they are into their image; of rows that change also what they shall be. `in_piece`: with the number of the
/// piece.
pub(super) fn capture(
    site: &Site<'_>,
    image: &Image<'_>,
    set: &[(&Column, String)],
    filter: Option<&str>,
    in_piece: bool,
) -> Vec<String> {
    let mut names = image.all().into_iter().map(|name| site.quote(name)).collect::<Vec<_>>();
    let mut values = names.clone();
    if let Rows::Changed(columns) = &image.rows {
        for column in columns {
            names.push(site.quote(&after(&column.name)));
            let said = set.iter().find(|(said, _)| said.name == column.name).map(|(_, text)| text.clone());
            values.push(said.unwrap_or_else(|| site.quote(&column.name)));
        }
    }
    if in_piece || image.is_searched {
        names.push(PIECE.to_owned());
        values.push(if in_piece { NUMBER } else { "0" }.to_owned());
    }
    let (name, table, condition) = (site.quoted(&image.name), site.quoted(&image.table.name), where_text(filter));
    // Of a whole table nothing may come in between either, or it would be missed.
    let hold = site.words().hold_table(&table).filter(|_| filter.is_none());
    let locking = if hold.is_some() { "" } else { site.words().locking() };
    let (names, values) = (names.join(", "), values.join(", "));
    let capture = format!("INSERT INTO {name} ({names}) SELECT {values} FROM {table}{condition}{locking}");
    hold.into_iter().chain([capture]).collect()
}

/// Rows as they are into their image, with what they shall be from the table of wanted rows.
pub(super) fn capture_from(site: &Site<'_>, image: &Image<'_>, wanted: &Image<'_>) -> String {
    let mut names: Vec<String> = image.all().into_iter().map(|name| site.quote(name)).collect();
    let mut values: Vec<String> = image.all().into_iter().map(|name| site.of("t", name)).collect();
    for column in image.columns() {
        let is_wanted = wanted.columns().iter().any(|wanted| wanted.name == column.name);
        names.push(site.quote(&after(&column.name)));
        values.push(site.of(if is_wanted { "i" } else { "t" }, &column.name));
    }
    let (name, table, beside) = (site.quoted(&image.name), site.quoted(&image.table.name), site.quoted(&wanted.name));
    let (names, values, on) = (names.join(", "), values.join(", "), image.on(site).join(" AND "));
    format!(
        "INSERT INTO {name} ({names}) SELECT {values} FROM {table} AS t JOIN {beside} AS i ON {on}{}",
        site.words().locking()
    )
}

/// From the image into the table, where `only` holds; `is_whole`: every row.
pub(super) fn write_change(
    site: &Site<'_>,
    image: &Image<'_>,
    set: &[(&Column, String)],
    only: &[String],
    is_whole: bool,
) -> String {
    let pairs = set.iter().map(|(column, _)| (site.quote(&column.name), site.of("i", &after(&column.name))));
    let mut joined = image.joined(site);
    joined.set = pairs.collect();
    joined.only = only.to_vec();
    joined.is_whole = is_whole;
    site.words().update(&joined)
}

/// A change of which nothing is kept.
pub(super) fn plain_update<'a>(
    site: &Site<'a>,
    table: &'a Table,
    set: &[(&Column, String)],
    filter: Option<&str>,
) -> Result<String> {
    if site.words().sees_own_writes(site.server) && reads_what_it_writes(set) {
        return update_by_query(site, table, set, filter);
    }
    let pairs: Vec<String> =
        set.iter().map(|(column, text)| format!("{} = {text}", site.quote(&column.name))).collect();
    let update = format!("UPDATE {} SET {}{}", site.quoted(&table.name), pairs.join(", "), where_text(filter));
    Ok(site.words().at_once(update, set.len(), site.server))
}

/// Whether an expression may read a column that an earlier one writes: it has its name in it.
fn reads_what_it_writes(set: &[(&Column, String)]) -> bool {
    let has = |text: &str, column: &Column| text.to_lowercase().contains(&column.name.as_str().to_lowercase());
    set.iter().enumerate().any(|(place, (_, text))| set.iter().take(place).any(|(column, _)| has(text, column)))
}

/// The same from a query that has computed all of it before.
fn update_by_query<'a>(
    site: &Site<'a>,
    table: &'a Table,
    set: &[(&Column, String)],
    filter: Option<&str>,
) -> Result<String> {
    let key = site.key(table).ok_or_else(|| {
        let phrase = format!("{} has no key, and the database would read what it wrote", table.name.for_people());
        wrong(phrase).with_hint("set one column in a step, those first that the others do not need")
    })?;
    let names = key.iter().map(|column| site.quote(&column.name));
    let values = set.iter().map(|(column, text)| format!("{text} AS {}", site.quote(&after(&column.name))));
    let values = names.clone().chain(values).collect::<Vec<_>>().join(", ");
    let name = site.quoted(&table.name);
    let on = key.iter().map(|column| format!("{} = {}", site.of("t", &column.name), site.of("i", &column.name)));
    Ok(site.words().update_by_query(&Joined {
        side: format!("(SELECT {values} FROM {name}{})", where_text(filter)),
        table: name,
        set: set.iter().map(|(column, _)| (site.quote(&column.name), site.of("i", &after(&column.name)))).collect(),
        key: names.collect(),
        on: on.collect(),
        ..Joined::default()
    }))
}

/// The rows of the image out of the table; without a key, those that meet the condition.
fn take_away(site: &Site<'_>, image: &Image<'_>, filter: Option<&str>) -> String {
    if image.key.is_empty() {
        return format!("DELETE FROM {}{}", site.quoted(&image.table.name), where_text(filter));
    }
    site.words().delete(&image.joined(site))
}
