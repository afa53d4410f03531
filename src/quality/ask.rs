//! The statements that rules are. Pure: no I/O.
//!
//! A rule becomes a condition that is true of the rows that *break* it, so that what is unknown (a NULL) breaks nothing.

use crate::db::Row;
use crate::dialect::Server;
use crate::error::Result;
use crate::model::{Demand, Rule, broken};
use crate::quality::{Cell, Sample};
use crate::schema::{Expr, Ident, Name, Table, Type};
use crate::statement::ServerVersion;
use crate::statement::token::{Token, tokens};

/// What the rules of one table are asked with.
pub(super) struct Asking<'a> {
    pub(super) dialect: &'static dyn Server,
    pub(super) server: ServerVersion,
    pub(super) table: &'a Table,
    pub(super) key: &'a [Ident],
}

/// What a rule comes to.
pub(super) struct Breach {
    /// True of the rows that break it; of a rule about groups, of those that count.
    rows: String,
    /// Of a rule about keys, true of the values that break it; of one about the age of a table, true of one that is fresh.
    groups: Option<String>,
}

/// The name of the other table where it may be the same one.
const TARGET: &str = "migrate_target";

impl Asking<'_> {
    /// What breaks a rule; None = the rule says nothing about this database.
    ///
    /// # Errors
    /// A literal that the column does not take, a condition that is not one.
    pub(super) fn breach(&self, rule: &Rule) -> Result<Option<Breach>> {
        let Some(filter) = self.filter(rule)? else { return Ok(None) };
        let words = self.dialect.rules();
        let (own, groups) = match &rule.demand {
            Demand::NotNull(column) => (format!("{} IS NULL", self.quote(column)), None),
            Demand::NotBlank(column) => {
                let column = self.quote(column);
                (format!("({column} IS NULL OR {})", words.is_blank(&column)), None)
            }
            Demand::Between { column, least, most } => {
                (self.outside(rule, column, least.as_deref(), most.as_deref())?, None)
            }
            Demand::OneOf { column, values } => {
                let values = values.iter().map(|value| self.literal(rule, column, value));
                let values = values.collect::<Result<Vec<_>>>()?.join(", ");
                (format!("{} NOT IN ({values})", self.quote(column)), None)
            }
            Demand::Matches { column, pattern } => {
                let pattern = self.dialect.literal(pattern);
                (format!("NOT ({})", words.matches(&self.quote(column), &pattern, self.server)), None)
            }
            Demand::References { columns, table, targets } => (self.without_target(columns, table, targets), None),
            Demand::Unique(columns) => (self.present(columns), Some("COUNT(*) > 1".to_owned())),
            Demand::NewerThan { column, seconds, .. } => {
                (String::new(), Some(words.is_fresh(&self.quote(column), *seconds)))
            }
            Demand::Sql(condition) => match self.condition(rule, condition)? {
                Some(condition) => (format!("NOT {condition}"), None),
                None => return Ok(None),
            },
        };
        let parts: Vec<String> = [filter, own].into_iter().filter(|part| !part.is_empty()).collect();
        let rows = if parts.is_empty() { "1 = 1".to_owned() } else { parts.join(" AND ") };
        Ok(Some(Breach { rows, groups }))
    }

    /// One statement for all rules of the table: the number of its rows, and for each rule how many break it. A rule of the
    /// rows is a column of one pass over the table; others look for themselves.
    pub(super) fn counts(&self, rules: &[Rule], breaches: &[Option<Breach>]) -> String {
        let columns = rules.iter().zip(breaches).map(|(rule, breach)| match breach {
            None => "0".to_owned(),
            Some(breach) => self.count(rule, breach),
        });
        let columns: Vec<String> = std::iter::once("COUNT(*)".to_owned()).chain(columns).collect();
        format!("SELECT {}\nFROM {}", columns.join(",\n  "), self.name(&self.table.name))
    }

    fn count(&self, rule: &Rule, breach: &Breach) -> String {
        let Breach { rows, groups } = breach;
        let from = self.name(&self.table.name);
        match (&rule.demand, groups) {
            (Demand::Unique(columns), Some(groups)) => {
                let columns = self.list(columns);
                format!(
                    "(SELECT COALESCE(SUM(n), 0) FROM (SELECT COUNT(*) AS n FROM {from} WHERE {rows} GROUP BY {columns} HAVING {groups}) AS doubles)"
                )
            }
            (_, Some(fresh)) => format!("(SELECT CASE WHEN {fresh} THEN 0 ELSE 1 END FROM {from} WHERE {rows})"),
            // Many servers plan it as a join, which they do for a condition of WHERE alone.
            (Demand::References { .. }, None) => format!("(SELECT COUNT(*) FROM {from} WHERE {rows})"),
            // A pattern that is none fails for an empty table too.
            (Demand::Matches { pattern, .. }, None) => {
                let probe = self.dialect.rules().matches("''", &self.dialect.literal(pattern), self.server);
                format!("COUNT(CASE WHEN {rows} THEN 1 END) + (SELECT CASE WHEN {probe} THEN 0 ELSE 0 END)")
            }
            (_, None) => format!("COUNT(CASE WHEN {rows} THEN 1 END)"),
        }
    }

    /// The statement for some of what breaks a rule.
    pub(super) fn samples(&self, rule: &Rule, breach: &Breach, limit: usize) -> String {
        let Breach { rows, groups } = breach;
        let from = self.name(&self.table.name);
        match (&rule.demand, groups) {
            (Demand::Unique(columns), Some(groups)) => {
                let columns = self.list(columns);
                format!(
                    "SELECT {columns}, COUNT(*) FROM {from} WHERE {rows} GROUP BY {columns} HAVING {groups} ORDER BY COUNT(*) DESC, {columns} LIMIT {limit}"
                )
            }
            (Demand::NewerThan { column, .. }, _) => {
                let newest = self.dialect.rules().newest(&self.quote(column));
                format!("SELECT {newest} FROM {from} WHERE {rows}")
            }
            _ => {
                let shown = self.shown(rule);
                let ordered = if self.table.primary_key.is_some() {
                    format!(" ORDER BY {}", self.list(self.key))
                } else {
                    String::new()
                };
                format!("SELECT {} FROM {from} WHERE {rows}{ordered} LIMIT {limit}", self.list(&shown))
            }
        }
    }

    /// A row of the answer to [`Asking::samples`].
    pub(super) fn sample(&self, rule: &Rule, row: &Row) -> Result<Sample> {
        let cell = |at: usize, column: &Ident| (column.as_str().to_owned(), row.text(at).map(str::to_owned));
        let cells =
            |columns: &[Ident]| columns.iter().enumerate().map(|(at, column)| cell(at, column)).collect::<Vec<Cell>>();
        Ok(match &rule.demand {
            Demand::Unique(columns) => {
                Sample { key: Vec::new(), found: cells(columns), rows: Some(super::count(row, columns.len())?) }
            }
            Demand::NewerThan { column, .. } => {
                Sample { found: cells(std::slice::from_ref(column)), ..Sample::default() }
            }
            Demand::NotNull(_)
            | Demand::NotBlank(_)
            | Demand::Between { .. }
            | Demand::OneOf { .. }
            | Demand::Matches { .. }
            | Demand::References { .. }
            | Demand::Sql(_) => {
                let mut key = cells(&self.shown(rule));
                let found = key.split_off(self.key.len());
                Sample { key, found, rows: None }
            }
        })
    }

    /// The key, and then the columns of the rule that are not in it.
    fn shown(&self, rule: &Rule) -> Vec<Ident> {
        let others = rule.demand.columns().iter().filter(|column| !self.key.contains(column));
        self.key.iter().chain(others).cloned().collect()
    }

    /// The condition of `where:`; empty without one, None where it says nothing about this database.
    fn filter(&self, rule: &Rule) -> Result<Option<String>> {
        match &rule.filter {
            None => Ok(Some(String::new())),
            Some(filter) => self.condition(rule, filter),
        }
    }

    /// A person's condition in brackets that its own comments cannot swallow.
    fn condition(&self, rule: &Rule, condition: &Expr) -> Result<Option<String>> {
        let Some(text) = condition.text_for(self.dialect.words(self.server)) else { return Ok(None) };
        let text = text.trim();
        let place = |phrase: &str| broken(rule, format!("the rule {} {phrase}", rule.name));
        let tokens = tokens(text, self.dialect.syntax()).map_err(|error| place(error.phrase()))?;
        let mut depth = 0_i64;
        for token in &tokens {
            depth += i64::from(token.is_sign(text, "(")) - i64::from(token.is_sign(text, ")"));
            if depth < 0 || token.is_sign(text, ";") {
                return Err(
                    place("is not one condition").with_hint("write what the rows should be, as in a check constraint")
                );
            }
        }
        if depth != 0 || tokens.iter().all(Token::is_skippable) {
            return Err(
                place("is not one condition").with_hint("write what the rows should be, as in a check constraint")
            );
        }
        let end = if text.contains("--") || text.contains('#') { "\n" } else { "" };
        Ok(Some(format!("({text}{end})")))
    }

    fn outside(&self, rule: &Rule, column: &Ident, least: Option<&str>, most: Option<&str>) -> Result<String> {
        let name = self.quote(column);
        let mut sides = Vec::new();
        for (sign, bound) in [("<", least), (">", most)] {
            if let Some(bound) = bound {
                sides.push(format!("{name} {sign} {}", self.literal(rule, column, bound)?));
            }
        }
        Ok(format!("({})", sides.join(" OR ")))
    }

    fn without_target(&self, columns: &[Ident], table: &Name, targets: &[Ident]) -> String {
        let own = self.quote(&self.table.name.name);
        let pairs = columns.iter().zip(targets);
        let equal =
            pairs.map(|(column, target)| format!("{TARGET}.{} = {own}.{}", self.quote(target), self.quote(column)));
        let equal = equal.collect::<Vec<_>>().join(" AND ");
        let present = self.present(columns);
        format!("{present} AND NOT EXISTS (SELECT 1 FROM {} {TARGET} WHERE {equal})", self.name(table))
    }

    fn present(&self, columns: &[Ident]) -> String {
        columns.iter().map(|column| format!("{} IS NOT NULL", self.quote(column))).collect::<Vec<_>>().join(" AND ")
    }

    /// A literal as the column takes it.
    fn literal(&self, rule: &Rule, column: &Ident, text: &str) -> Result<String> {
        let ty = self.table.column(column).map(|column| &column.ty);
        let native = match ty {
            Some(Type::Native(native)) => native.as_str(),
            Some(Type::Neutral(_)) | None => return Ok(self.dialect.literal(text)),
        };
        let ty = Type::Native(native.into());
        self.dialect.render_literal(text, &ty, native).map_err(|why| {
            broken(rule, format!("the rule {} compares {} with {text}: {why}", rule.name, column.as_str()))
                .with_hint("write a value of the column's type")
        })
    }

    fn quote(&self, name: &Ident) -> String {
        self.dialect.quote(name)
    }

    fn list(&self, names: &[Ident]) -> String {
        names.iter().map(|name| self.quote(name)).collect::<Vec<_>>().join(", ")
    }

    fn name(&self, name: &Name) -> String {
        match &name.schema {
            Some(schema) => format!("{}.{}", self.quote(schema), self.quote(&name.name)),
            None => self.quote(&name.name),
        }
    }
}
