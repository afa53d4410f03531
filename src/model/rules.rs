//! Data rules: what the rows of a table should be, beside what its schema already keeps. They are no part of the schema:
//! nothing is created for them and no diff sees them; `migrate quality` asks them.
//!
//! In YAML they stand under `rules:` of a table; in a SQL model each is a comment ([`super::rule_comments`]).

use std::path::Path;

use crate::amount::seconds;
use crate::error::{Error, Kind, Result};
use crate::format::{RULE_DEMANDS as DEMANDS, read_sql};
use crate::model::{Models, Spot};
use crate::schema::{Expr, Ident, Name, Table};
use crate::yaml::{Fields, Key, Node, Value, nearest};

/// One rule of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) spot: Spot,
    /// Why it is there, for people.
    pub(crate) comment: Option<String>,
    /// Which rows it is about; all of them without.
    pub(crate) filter: Option<Expr>,
    pub(crate) demand: Demand,
}

/// What a rule demands. NULL meets every demand but the first two, as it meets a check constraint; a key or a reference
/// with a NULL in it is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    NotNull(Ident),
    /// Neither NULL nor white space alone.
    NotBlank(Ident),
    /// The bounds belong to the range; literals as written.
    Between {
        column: Ident,
        least: Option<String>,
        most: Option<String>,
    },
    OneOf {
        column: Ident,
        values: Vec<String>,
    },
    /// Holds a match of this regular expression of the database.
    Matches {
        column: Ident,
        pattern: String,
    },
    /// The other table has such a row; as many columns on either side.
    References {
        columns: Vec<Ident>,
        table: Name,
        targets: Vec<Ident>,
    },
    Unique(Vec<Ident>),
    /// The newest row is younger than this. Of the table, not of each row: an empty table does not meet it.
    NewerThan {
        column: Ident,
        seconds: u64,
        /// The time as written.
        words: String,
    },
    /// A condition that holds or is unknown.
    Sql(Expr),
}

impl Demand {
    /// The word in files and reports.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::NotNull(_) => "not_null",
            Self::NotBlank(_) => "not_blank",
            Self::Between { .. } => "between",
            Self::OneOf { .. } => "one_of",
            Self::Matches { .. } => "matches",
            Self::References { .. } => "references",
            Self::Unique(_) => "unique",
            Self::NewerThan { .. } => "newer_than",
            Self::Sql(_) => "sql",
        }
    }

    /// The columns of the own table that it names.
    pub(crate) fn columns(&self) -> &[Ident] {
        match self {
            Self::NotNull(column)
            | Self::NotBlank(column)
            | Self::Between { column, .. }
            | Self::OneOf { column, .. }
            | Self::Matches { column, .. }
            | Self::NewerThan { column, .. } => std::slice::from_ref(column),
            Self::References { columns, .. } | Self::Unique(columns) => columns,
            Self::Sql(_) => &[],
        }
    }

    /// The same columns, to be given the database's own spelling.
    pub(crate) fn columns_mut(&mut self) -> &mut [Ident] {
        match self {
            Self::NotNull(column)
            | Self::NotBlank(column)
            | Self::Between { column, .. }
            | Self::OneOf { column, .. }
            | Self::Matches { column, .. }
            | Self::NewerThan { column, .. } => std::slice::from_mut(column),
            Self::References { columns, .. } | Self::Unique(columns) => columns,
            Self::Sql(_) => &mut [],
        }
    }

    /// For people: `price is between 0 and 10000`.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::NotNull(column) => format!("{} is not null", column.as_str()),
            Self::NotBlank(column) => format!("{} is not blank", column.as_str()),
            Self::Between { column, least, most } => match (least, most) {
                (Some(least), Some(most)) => format!("{} is between {least} and {most}", column.as_str()),
                (Some(least), None) => format!("{} is at least {least}", column.as_str()),
                (None, Some(most)) => format!("{} is at most {most}", column.as_str()),
                (None, None) => format!("{} is anything", column.as_str()),
            },
            Self::OneOf { column, values } => format!("{} is one of {}", column.as_str(), values.join(", ")),
            Self::Matches { column, pattern } => format!("{} matches {pattern}", column.as_str()),
            Self::References { columns, table, targets } => {
                format!("{} is in {} ({})", names(columns), table.for_people(), names(targets))
            }
            Self::Unique(columns) => format!("{} is unique", names(columns)),
            Self::NewerThan { column, words, .. } => format!("the newest {} is younger than {words}", column.as_str()),
            Self::Sql(condition) => condition.text().trim().to_owned(),
        }
    }
}

/// `a, b`.
pub(crate) fn names(columns: &[Ident]) -> String {
    columns.iter().map(Ident::as_str).collect::<Vec<_>>().join(", ")
}

/// Takes `rules:` out of the fields of a table.
pub(super) fn take_rules(path: &Path, fields: &mut Fields) -> Result<Vec<Rule>> {
    let Some(node) = fields.optional("rules") else { return Ok(Vec::new()) };
    node.entries()?.into_iter().map(|(key, node)| rule(&key, node, path)).collect()
}

/// The rule that stands under its name.
pub(super) fn rule(key: &Key, node: Node, path: &Path) -> Result<Rule> {
    let mut fields = Fields::of(node, "a rule")?;
    let (column, columns) =
        (fields.text("column")?.map(Ident::from), fields.optional("columns").map(idents).transpose()?);
    let comment = fields.text("comment")?;
    let filter = fields.optional("where").map(read_sql).transpose()?;
    let mut found: Vec<(&'static str, Node)> =
        DEMANDS.iter().filter_map(|word| Some((*word, fields.optional(word)?))).collect();
    let broken = |phrase: String| key.error(phrase).with_hint(format!("give it one of {}", DEMANDS.join(", ")));
    let (word, said) = match (found.pop(), found.pop()) {
        (Some(demand), None) => demand,
        (Some((two, _)), Some((one, _))) => {
            return Err(key
                .error(format!("the rule {} demands two things, {one} and {two}", key.text))
                .with_hint("make a rule of each"));
        }
        (None, _) => {
            // A word that is nearly one of them is said first.
            fields.finish()?;
            return Err(broken(format!("the rule {} demands nothing", key.text)));
        }
    };
    fields.finish()?;
    let subject = Subject { key, column, columns };
    let demand = subject.demand(word, said)?;
    let spot = Spot { file: path.to_path_buf(), line: key.line };
    Ok(Rule { name: key.text.clone(), spot, comment, filter, demand })
}

/// What a rule is about, as it was written.
struct Subject<'a> {
    key: &'a Key,
    column: Option<Ident>,
    columns: Option<Vec<Ident>>,
}

impl Subject<'_> {
    fn demand(mut self, word: &'static str, said: Node) -> Result<Demand> {
        let demand = match word {
            "not_null" => self.affirmed(&said).map(Demand::NotNull)?,
            "not_blank" => self.affirmed(&said).map(Demand::NotBlank)?,
            "between" => {
                let (least, most) = bounds(said)?;
                Demand::Between { column: self.column(word)?, least, most }
            }
            "one_of" => {
                let empty = said.error("a list of one value at least is expected");
                let values = said.list_of(Node::into_text)?;
                if values.is_empty() {
                    return Err(empty);
                }
                Demand::OneOf { column: self.column(word)?, values }
            }
            "matches" => Demand::Matches { column: self.column(word)?, pattern: said.into_text()? },
            "references" => self.references(said)?,
            "unique" => Demand::Unique(idents(said)?),
            "newer_than" => {
                let words = said.text()?.to_owned();
                let seconds = seconds(&words)
                    .ok_or_else(|| said.expected("a time").with_hint("write it as 30s, 15m, 24h or 7d"))?;
                Demand::NewerThan { column: self.column(word)?, seconds, words }
            }
            _ => Demand::Sql(read_sql(said)?),
        };
        self.refuse_rest(word)?;
        Ok(demand)
    }

    /// The column of a rule that is either there with `true`, or not there.
    fn affirmed(&mut self, said: &Node) -> Result<Ident> {
        if said.bool()? {
            self.column("rule")
        } else {
            Err(said.error("a rule is true").with_hint("leave the rule out"))
        }
    }

    fn column(&mut self, word: &str) -> Result<Ident> {
        self.column.take().ok_or_else(|| {
            self.key.error(format!("the rule {} names no column", self.key.text)).with_hint(match word {
                "rule" => "add `column: NAME`".to_owned(),
                word => format!("add `column: NAME` beside `{word}`"),
            })
        })
    }

    fn references(&mut self, said: Node) -> Result<Demand> {
        let columns = match self.columns.take() {
            Some(columns) => columns,
            None => vec![self.column("references")?],
        };
        let place = said.error("as many columns on either side are expected");
        let (table, targets) = target(said)?;
        if columns.len() != targets.len() {
            return Err(place);
        }
        Ok(Demand::References { columns, table, targets })
    }

    /// What was written and means nothing here.
    fn refuse_rest(&self, word: &str) -> Result<()> {
        let rest = if self.column.is_some() { "column" } else { "columns" };
        if self.column.is_none() && self.columns.is_none() {
            return Ok(());
        }
        let error = self.key.error(format!("`{rest}` says nothing to the rule {}", self.key.text));
        Err(match word {
            "unique" => error.with_hint("name the columns behind `unique:`"),
            "sql" => error.with_hint("name the columns in the condition"),
            _ => error.with_hint("write `column: NAME`"),
        })
    }
}

/// One column, or several.
fn idents(node: Node) -> Result<Vec<Ident>> {
    let empty = node.error("a column is expected");
    let found = node.one_or_list_of(|node| node.into_text().map(Ident::from))?;
    if found.is_empty() { Err(empty) } else { Ok(found) }
}

/// `[least, most]`, of which one may be null.
fn bounds(node: Node) -> Result<(Option<String>, Option<String>)> {
    let wrong = || "two bounds are expected: [least, most]";
    let error = node.error(wrong()).with_hint("write null for a side without a bound");
    let both = node.list_of(|node| if node.is_null() { Ok(None) } else { node.into_text().map(Some) })?;
    match <[Option<String>; 2]>::try_from(both) {
        Ok([None, None]) | Err(_) => Err(error),
        Ok([least, most]) => Ok((least, most)),
    }
}

/// `table.column`, `schema.table.column`, or `{ table: …, schema: …, columns: … }`.
fn target(node: Node) -> Result<(Name, Vec<Ident>)> {
    if let Value::Scalar { text, .. } = &node.value {
        let parts: Vec<&str> = text.split('.').collect();
        return match parts.as_slice() {
            [table, column] => Ok((Name::own(*table), vec![Ident::from(*column)])),
            [schema, table, column] => Ok((Name::new(Some(Ident::from(*schema)), *table), vec![Ident::from(*column)])),
            _ => Err(node.expected("table.column").with_hint("or write { table: NAME, columns: [NAME] }")),
        };
    }
    let mut fields = Fields::of(node, "the other table")?;
    let table = fields.require("table")?.into_text()?;
    let schema = fields.text("schema")?.map(Ident::from);
    let columns = idents(fields.require("columns")?)?;
    fields.finish()?;
    Ok((Name::new(schema, table.as_str()), columns))
}

/// Refuses rules about columns that their table, or the one that they reference, does not have. What a SQL model may
/// have is left to the database.
pub(crate) fn refuse_unknown_columns(models: &Models) -> Result<()> {
    for (name, rules) in &models.rules {
        for rule in rules {
            if let Some(table) = models.declared.tables.get(name) {
                refuse_unknown(rule, table, rule.demand.columns())?;
            }
            if let Demand::References { table, targets, .. } = &rule.demand {
                match models.declared.tables.get(table) {
                    Some(target) => refuse_unknown(rule, target, targets)?,
                    None if models.sql.is_empty() => return Err(no_table(rule, table, models)),
                    None => {}
                }
            }
        }
    }
    Ok(())
}

fn refuse_unknown(rule: &Rule, table: &Table, columns: &[Ident]) -> Result<()> {
    // An heir names few of the columns that it has.
    let mut unknown = columns.iter().filter(|column| table.column(column).is_none() && !table.is_heir());
    let Some(column) = unknown.next() else { return Ok(()) };
    let (name, table_name) = (&rule.name, table.name.for_people());
    let error =
        broken(rule, format!("the rule {name} names {}, and table {table_name} has no such column", column.as_str()));
    let known: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    Err(or_nearest(error, column.as_str(), &known, "declare the column, or correct the rule"))
}

fn no_table(rule: &Rule, table: &Name, models: &Models) -> Error {
    let error =
        broken(rule, format!("the rule {} references {}, which no model declares", rule.name, table.for_people()));
    let known: Vec<&str> = models.declared.tables.keys().map(|name| name.name.as_str()).collect();
    or_nearest(error, table.name.as_str(), &known, "declare the table, or correct the rule")
}

/// Where a rule stands, as an error.
pub(crate) fn broken(rule: &Rule, phrase: impl Into<String>) -> Error {
    Error::new(Kind::File, phrase).in_file(&rule.spot.file).at_line(rule.spot.line, 0)
}

/// The error about a name that is not there, with the nearest that is.
pub(crate) fn or_nearest(error: Error, word: &str, known: &[&str], otherwise: &str) -> Error {
    match nearest(word, known.iter().copied()) {
        Some(known) => error.with_hint(format!("write `{known}`")),
        None => error.with_hint(otherwise),
    }
}
