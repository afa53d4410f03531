//! Rules and the live table that they are about: names in the database's own spelling.

use crate::dialect::Dialect;
use crate::error::{Error, Kind, Result};
use crate::model::{Demand, Rule, broken, or_nearest};
use crate::schema::{Ident, Name, Schema, Table};

/// A live table and its rules, whose names are those of the database.
pub(super) struct Settled<'a> {
    pub(super) table: &'a Table,
    /// What tells a row from another.
    pub(super) key: Vec<Ident>,
    pub(super) rules: Vec<Rule>,
}

/// How many columns stand for a key that is not there.
const IN_PLACE_OF_A_KEY: usize = 3;

/// Finds the table and the columns.
pub(super) fn settle<'a>(
    name: &Name,
    mut rules: Vec<Rule>,
    live: &'a Schema,
    own: &Ident,
    dialect: &dyn Dialect,
) -> Result<Settled<'a>> {
    let among = Among { live, own, dialect };
    let Some(first) = rules.first() else {
        return Err(Error::new(Kind::File, format!("{} has no rules", name.for_people())));
    };
    let table = among.table(name, first)?;
    for rule in &mut rules {
        let place = rule.clone();
        for column in rule.demand.columns_mut() {
            *column = among.column(table, column, &place)?;
        }
        if let Demand::References { table, targets, .. } = &mut rule.demand {
            let target = among.table(table, &place)?;
            *table = target.name.clone();
            for column in targets {
                *column = among.column(target, column, &place)?;
            }
        }
    }
    Ok(Settled { table, key: key(table), rules })
}

/// The primary key; without one a unique constraint, or the first columns.
fn key(table: &Table) -> Vec<Ident> {
    let unique = table.uniques.first().map(|unique| unique.columns.clone());
    let first = || table.columns.iter().take(IN_PLACE_OF_A_KEY).map(|column| column.name.clone()).collect();
    table.primary_key.as_ref().map(|key| key.columns.clone()).or(unique).unwrap_or_else(first)
}

struct Among<'a, 'n> {
    live: &'a Schema,
    own: &'n Ident,
    dialect: &'n dyn Dialect,
}

impl<'a> Among<'a, '_> {
    fn table(&self, name: &Name, rule: &Rule) -> Result<&'a Table> {
        let fold = |name: &Name| {
            let schema = name.schema.as_ref().map(|schema| self.dialect.fold(schema));
            (schema.filter(|schema| *schema != self.dialect.fold(self.own)), self.dialect.fold(&name.name))
        };
        let wanted = fold(name);
        let found = self.live.tables.get(name).or_else(|| {
            let mut tables = self.live.tables.values();
            tables.find(|table| fold(&table.name) == wanted)
        });
        // An unquoted name of a SQL model has the case that its author likes.
        let found = found.or_else(|| {
            let lower = name.for_people().to_lowercase();
            self.live.tables.values().find(|table| table.name.for_people().to_lowercase() == lower)
        });
        found.ok_or_else(|| {
            let people = name.for_people();
            let error = broken(rule, format!("table {people} is not in the database, and has rules"));
            let others = self.live.unmodelled.iter().map(|other| &other.name);
            if others.chain(self.live.objects.keys().map(|id| &id.name)).any(|other| other == name) {
                return error.with_hint("it is no plain table: rules are for tables that models can declare");
            }
            error.with_hint("apply what is missing (`migrate upgrade`), or remove the rules")
        })
    }

    fn column(&self, table: &Table, name: &Ident, rule: &Rule) -> Result<Ident> {
        let same = |other: &&Ident| self.dialect.fold(other) == self.dialect.fold(name);
        let columns = || table.columns.iter().map(|column| &column.name);
        let found = columns().find(|other| *other == name).or_else(|| columns().find(same));
        let found = found.or_else(|| columns().find(|other| other.as_str().eq_ignore_ascii_case(name.as_str())));
        found.cloned().ok_or_else(|| {
            let (rule_name, people) = (&rule.name, table.name.for_people());
            let phrase = format!(
                "the rule {rule_name} names {}, and table {people} of the database has no such column",
                name.as_str()
            );
            let known: Vec<&str> = columns().map(Ident::as_str).collect();
            or_nearest(
                broken(rule, phrase),
                name.as_str(),
                &known,
                "apply what is missing (`migrate upgrade`), or correct the rule",
            )
        })
    }
}
