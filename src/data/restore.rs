//! The way back by images: only rows that still are what the step made of them, and a question about the others.

use std::collections::BTreeSet;

use super::image::{Image, Rows, dropped};
use super::keys::{acts, references};
use super::left::backwards;
use super::pieces::skipped_name;
use super::site::Site;
use super::step::kept_table;
use crate::dialect::data::{Joined, Trigger};
use crate::error::Result;
use crate::ops::{DataStep, OnConflict, OnError, Restore};
use crate::schema::{Column, Ident, Name};
use crate::statement::{Also, Guard, Statement};

/// The statements that take a step back.
pub(crate) fn restore(restore: &Restore, site: &Site<'_>) -> Result<Vec<Statement>> {
    let Some(step) = &restore.of else { return Ok(Vec::new()) };
    let images = backwards(step, site)?;
    if images.is_empty() {
        return Ok(Vec::new());
    }
    let skipped = (step.on_error == OnError::Skip).then(|| skipped_name(step, site));
    let names = images.iter().map(|image| &image.name).chain(&skipped);
    let names: Vec<String> = names.map(|name| site.dialect.literal(name.name.as_str())).collect();
    let sql = format!("DELETE FROM {} WHERE image IN ({})", site.quoted(&kept_table(site)), names.join(", "));
    let mut unit = Statement::new(sql, format!("take back: {}", step.name));
    let tables: BTreeSet<&Name> = images.iter().map(|image| &image.table.name).collect();
    let quiet: Vec<&Trigger> = tables.iter().filter_map(|table| site.triggers.get(table)).flatten().collect();
    unit.also.extend(quiet.iter().map(|trigger| Also::Run(trigger.off.clone())));
    for image in &images {
        unit.also.extend(image.take_back(site, restore.on_conflict));
    }
    unit.also.extend(quiet.iter().map(|trigger| Also::Run(trigger.on.clone())));
    let drops = images.iter().map(|image| &image.name).chain(&skipped).map(|name| dropped(name, site));
    Ok(std::iter::once(unit).chain(drops).collect())
}

/// The questions whose answers stand in the way of taking a step back, to be asked before anything runs.
pub(crate) fn conflicts(step: &DataStep, site: &Site<'_>) -> Result<Vec<(Name, Guard)>> {
    let of_image = |image: Image<'_>| {
        let name = image.table.name.clone();
        image.in_the_way(site, false).into_iter().map(move |guard| (name.clone(), guard)).collect::<Vec<_>>()
    };
    Ok(backwards(step, site)?.into_iter().flat_map(of_image).collect())
}

impl Image<'_> {
    fn take_back(&self, site: &Site<'_>, policy: OnConflict) -> Vec<Also> {
        let only_tells = policy != OnConflict::Stop;
        let before = self.in_the_way(site, only_tells).into_iter().map(Also::Ask);
        let mut all: Vec<Also> = before.collect();
        if matches!(self.rows, Rows::Came(_)) {
            all.extend(self.dependants(site, policy).into_iter().map(Also::Ask));
        }
        all.extend(self.put_back(site, policy));
        if policy == OnConflict::Stop {
            // Between the question and the change somebody may have been faster.
            all.push(Also::Ask(self.left_over(site)));
        }
        all
    }

    /// What is done: to rows that nobody changed, or to all.
    fn put_back(&self, site: &Site<'_>, policy: OnConflict) -> Vec<Also> {
        let mut joined = self.joined(site);
        let anyway = policy == OnConflict::Restore;
        let pair = |column: &&Column| (site.quote(&column.name), site.kept("i", column));
        match &self.rows {
            Rows::Changed(columns) => {
                joined.set = columns.iter().map(pair).collect();
                joined.only = if anyway { Vec::new() } else { vec![self.untouched(site)] };
                vec![Also::Run(site.words().update(&joined))]
            }
            Rows::Came(_) => {
                joined.only = match policy {
                    OnConflict::Stop => vec![self.untouched(site)],
                    OnConflict::Keep => self.may_go(site),
                    OnConflict::Restore => Vec::new(),
                };
                let takes_others = anyway && references(site, self.table).iter().any(|(_, key)| acts(key));
                self.take_out(site, &joined, !takes_others)
            }
            Rows::Skipped => Vec::new(),
            Rows::Went(columns) => {
                joined.set = columns.iter().map(pair).collect();
                let over =
                    (anyway && !self.key.is_empty() && !columns.is_empty()).then(|| site.words().update(&joined));
                over.map(Also::Run).into_iter().chain(self.insert(site)).collect()
            }
        }
    }

    /// The rows that are not there, again.
    pub(super) fn insert(&self, site: &Site<'_>) -> Vec<Also> {
        let columns = site.list(self.all());
        let values = self.key.iter().chain(self.columns()).map(|column| site.kept("i", column));
        let values = values.collect::<Vec<_>>().join(", ");
        let (table, image) = (site.quoted(&self.table.name), site.quoted(&self.name));
        let overriding = site.words().overriding();
        let missing = if self.key.is_empty() {
            String::new()
        } else {
            format!(" WHERE NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {})", self.on(site).join(" AND "))
        };
        let insert = format!("INSERT INTO {table} ({columns}) {overriding}SELECT {values} FROM {image} AS i{missing}");
        let written = self.key.iter().chain(self.columns()).copied();
        self.put_in(site, insert)
            .into_iter()
            .chain(site.go_on(self.table, written).into_iter().map(Also::Run))
            .collect()
    }

    /// The keys of the image beside the rows of the table that have them, if any, where `condition` holds.
    fn beside(&self, site: &Site<'_>, condition: &str) -> String {
        let key = self.key.iter().map(|column| site.of("i", &column.name)).collect::<Vec<_>>().join(", ");
        let Joined { table, side, on, .. } = self.joined(site);
        format!("SELECT {key} FROM {side} AS i LEFT JOIN {table} AS t ON {} WHERE {condition}", on.join(" AND "))
    }

    /// The question for its keys that no row of the table has.
    pub(super) fn missing(&self, site: &Site<'_>) -> String {
        self.beside(site, &self.is_missing(site))
    }

    fn is_missing(&self, site: &Site<'_>) -> String {
        self.key.first().map(|column| format!("{} IS NULL", site.of("t", &column.name))).unwrap_or_default()
    }

    /// Questions to be asked before.
    fn in_the_way(&self, site: &Site<'_>, only_tells: bool) -> Vec<Guard> {
        let table = self.table.name.for_people();
        let hint = "look at them, then say what becomes of them: `--on-conflict keep` leaves them as they are, \
                    `--on-conflict restore` makes them what they were";
        let guard = |sql: String, finding: String| Guard { sql, finding, hint: hint.to_owned(), only_tells };
        if self.key.is_empty() || matches!(self.rows, Rows::Skipped) {
            return Vec::new();
        }
        let (missing, untouched) = (self.is_missing(site), self.untouched(site));
        match &self.rows {
            Rows::Changed(_) => vec![guard(
                self.beside(site, &format!("{missing} OR NOT {untouched}")),
                format!("rows of {table} were changed or deleted since by others"),
            )],
            Rows::Came(_) => vec![guard(
                self.beside(site, &format!("NOT ({missing}) AND NOT {untouched}")),
                format!("rows of {table} were changed since by others"),
            )],
            Rows::Skipped => Vec::new(),
            Rows::Went(_) => vec![guard(
                self.beside(site, &format!("NOT ({missing})")),
                format!("keys of {table} were given again since by others"),
            )],
        }
    }

    /// A question to be asked after: what was not taken back.
    fn left_over(&self, site: &Site<'_>) -> Guard {
        let table = self.table.name.for_people();
        let (missing, restored) = (self.is_missing(site), self.same(site, Ident::clone));
        let sql = match &self.rows {
            _ if self.key.is_empty() => "SELECT 1 WHERE 1 = 0".to_owned(),
            Rows::Changed(_) | Rows::Went(_) => self.beside(site, &format!("{missing} OR NOT {restored}")),
            Rows::Came(_) => self.beside(site, &format!("NOT ({missing})")),
            Rows::Skipped => "SELECT 1 WHERE 1 = 0".to_owned(),
        };
        Guard {
            sql,
            finding: format!("rows of {table} did not become what they were"),
            hint: "somebody changes them now, or a trigger does: keep that still, then run the command again"
                .to_owned(),
            only_tells: false,
        }
    }
}
