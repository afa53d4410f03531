//! Keys and checks.

use std::collections::BTreeSet;

use super::batch::{Clause, Pass};
use super::storage::{tablespace, with_parameters};
use super::{Done, Render, depend, marks};
use crate::dialect::Unsupported;
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare;
use crate::dialect::postgres::quote::{list, literal, qualified, quote};
use crate::ops::{Constraint, ConstraintKind};
use crate::schema::{Action, Check, Deferrable, ForeignKey, Ident, Name, Options, Pair, PrimaryKey, Table, Unique};
use crate::statement::{Hazard, ServerVersion};

/// The text of a constraint as it stands in CREATE TABLE and behind ADD.
pub(super) fn definition(constraint: &Constraint, server: ServerVersion) -> Result<String, Unsupported> {
    let body = match constraint {
        Constraint::PrimaryKey(key) => primary_key(key, server)?,
        Constraint::Unique(unique) => self::unique(unique, server)?,
        Constraint::Check(check) => self::check(check, server)?,
        Constraint::ForeignKey(key) => foreign_key(key, server)?,
    };
    Ok(match constraint.name() {
        Some(name) => format!("CONSTRAINT {} {body}", quote(name)),
        None => body,
    })
}

fn primary_key(key: &PrimaryKey, server: ServerVersion) -> Result<String, Unsupported> {
    let rest = behind_columns(&key.include, &key.options, key.deferrable);
    Ok(format!("PRIMARY KEY ({}){rest}", key_columns(&key.columns, &key.options, server)?))
}

/// The columns of a key, of which the last one may be a range.
fn key_columns(columns: &[Ident], options: &Options, server: ServerVersion) -> Result<String, Unsupported> {
    if !overlaps(options) {
        return Ok(list(columns));
    }
    Since::TemporalKeys.require(server)?;
    Ok(format!("{} WITHOUT OVERLAPS", list(columns)))
}

fn unique(unique: &Unique, server: ServerVersion) -> Result<String, Unsupported> {
    let mut word = "UNIQUE";
    if unique.nulls_not_distinct {
        Since::NullsNotDistinct.require(server)?;
        word = "UNIQUE NULLS NOT DISTINCT";
    }
    let rest = behind_columns(&unique.include, &unique.options, unique.deferrable);
    Ok(format!("{word} ({}){rest}", key_columns(&unique.columns, &unique.options, server)?))
}

fn behind_columns(include: &[Ident], options: &Options, deferrable: Option<Deferrable>) -> String {
    let include = if include.is_empty() { String::new() } else { format!(" INCLUDE ({})", list(include)) };
    let space = tablespace(options, "USING INDEX TABLESPACE");
    format!("{include}{}{space}{}", with_parameters(options), deferring(deferrable))
}

fn deferring(deferrable: Option<Deferrable>) -> &'static str {
    match deferrable {
        None => "",
        Some(Deferrable { initially_deferred: false }) => " DEFERRABLE",
        Some(Deferrable { initially_deferred: true }) => " DEFERRABLE INITIALLY DEFERRED",
    }
}

fn check(check: &Check, server: ServerVersion) -> Result<String, Unsupported> {
    let no_inherit = if check.no_inherit { " NO INHERIT" } else { "" };
    let state = state(check.not_valid, check.not_enforced, server)?;
    Ok(format!("CHECK ({}){no_inherit}{state}", compare::bare(check.condition.text())))
}

/// A constraint that is not enforced is not valid either, without a word for it.
fn state(not_valid: bool, not_enforced: bool, server: ServerVersion) -> Result<&'static str, Unsupported> {
    if not_enforced {
        Since::NotEnforced.require(server)?;
        return Ok(" NOT ENFORCED");
    }
    Ok(if not_valid { " NOT VALID" } else { "" })
}

fn foreign_key(key: &ForeignKey, server: ServerVersion) -> Result<String, Unsupported> {
    if key.period {
        Since::TemporalKeys.require(server)?;
    }
    let columns = |names: &[Ident]| match names.split_last() {
        Some((last, [])) if key.period => format!("PERIOD {}", quote(last)),
        Some((last, rest)) if key.period => format!("{}, PERIOD {}", list(rest), quote(last)),
        _ => list(names),
    };
    let in_brackets = |names: &[Ident]| if names.is_empty() { String::new() } else { format!(" ({})", columns(names)) };
    let match_full = if key.match_full { " MATCH FULL" } else { "" };
    let on = |event: &str, action: Action| {
        let word = action.word().to_uppercase();
        if action == Action::Nothing { String::new() } else { format!(" ON {event} {word}") }
    };
    if !key.set_columns.is_empty() {
        Since::SetColumns.require(server)?;
    }
    Ok(format!(
        "FOREIGN KEY ({}) REFERENCES {}{}{match_full}{}{}{}{}{}",
        columns(&key.columns),
        qualified(&key.references),
        in_brackets(&key.referenced_columns),
        on("UPDATE", key.on_update),
        on("DELETE", key.on_delete),
        if key.set_columns.is_empty() { String::new() } else { format!(" ({})", list(&key.set_columns)) },
        deferring(key.deferrable),
        state(key.not_valid, key.not_enforced, server)?,
    ))
}

/// Whether rows are looked at when it is added to a table that has some; then they may not fit.
fn hazard(table: &Name, constraint: &Constraint) -> Option<Hazard> {
    let columns = constraint.columns().iter().map(Ident::as_str).collect::<Vec<_>>().join(", ");
    let table = table.for_people();
    match constraint {
        Constraint::PrimaryKey(_) => Some(format!("rows of {table} with equal or no values in {columns}")),
        Constraint::Unique(_) => Some(format!("rows of {table} with equal values in {columns}")),
        Constraint::Check(check) if check.not_valid || check.not_enforced => None,
        Constraint::Check(check) => Some(format!("rows of {table} that do not meet {}", check.condition.text())),
        Constraint::ForeignKey(key) if key.not_valid || key.not_enforced => None,
        Constraint::ForeignKey(key) => {
            Some(format!("rows of {table} whose {columns} is not in {}", key.references.for_people()))
        }
    }
    .map(Hazard::MayFail)
}

/// What cannot be said with the constraint itself: its comment, and that CLUSTER uses its index.
pub(super) fn followers(table: &Name, constraint: &Constraint, name: &Ident) -> Vec<String> {
    let (comment, options) = match constraint {
        Constraint::PrimaryKey(key) => (&key.comment, Some(&key.options)),
        Constraint::Unique(unique) => (&unique.comment, Some(&unique.options)),
        Constraint::Check(check) => (&check.comment, None),
        Constraint::ForeignKey(key) => (&key.comment, None),
    };
    let marks = options.map(|options| marks::set(table, name, &marks::only(options))).unwrap_or_default();
    let table = qualified(table);
    let comment = comment.as_ref();
    let comment = comment.map(|text| format!("COMMENT ON CONSTRAINT {} ON {table} IS {}", quote(name), literal(text)));
    marks.into_iter().chain(comment).collect()
}

/// The name of a constraint, or the one that the server will give it.
pub(super) fn name_of(table: &Table, constraint: &Constraint) -> Ident {
    let made = || compare::constraint_name(table, constraint.kind(), constraint.columns());
    constraint.name().cloned().unwrap_or_else(made)
}

impl Render {
    pub(super) fn add_constraint(&mut self, table: &Name, constraint: &Constraint) -> Done {
        let empty = Table::new(table.clone());
        let name = name_of(self.known_table(table).unwrap_or(&empty), constraint);
        if let Some(former) = self.kept.remove(&(table.clone(), name.clone())) {
            let options = marks::of(constraint).cloned().unwrap_or_default();
            self.set_marks(table, &name, Pair::new(&former, &options));
            return Ok(());
        }
        let pass = match constraint.kind() {
            ConstraintKind::PrimaryKey | ConstraintKind::Unique => Pass::AddIndex,
            ConstraintKind::Check | ConstraintKind::ForeignKey => Pass::AddConstraint,
        };
        let clause = Clause::new(pass, &name, format!("ADD {}", definition(constraint, self.server)?));
        self.writer.clause(table, clause, hazard(table, constraint));
        for sql in followers(table, constraint, &name) {
            self.writer.later(sql);
        }
        Ok(())
    }

    /// Drops by name; one without a name is looked for in the shape by what it was.
    pub(super) fn drop_constraint(
        &mut self,
        table: &Name,
        name: Option<&Ident>,
        kind: ConstraintKind,
        was: Option<&Constraint>,
    ) -> Done {
        let name = match name {
            Some(name) => name.clone(),
            None => self.name_by_definition(table, kind, was).ok_or_else(|| {
                let what = format!("dropping a {} of {} without its name", kind.spoken(), table.for_people());
                Unsupported::new(what, "give its `name`, or what it `was`")
            })?,
        };
        if self.gone.remove(&(table.clone(), name.clone())) {
            return Ok(());
        }
        self.writer.clause(table, Clause::drop(&name, format!("DROP CONSTRAINT {}", quote(&name))), None);
        Ok(())
    }

    fn name_by_definition(&self, table: &Name, kind: ConstraintKind, was: Option<&Constraint>) -> Option<Ident> {
        let columns = was.map(Constraint::columns).unwrap_or_default();
        let Some(known) = self.known_table(table) else {
            let guessable = kind == ConstraintKind::PrimaryKey || !columns.is_empty();
            return guessable.then(|| compare::constraint_name(&Table::new(table.clone()), kind, columns));
        };
        let all = constraints(known);
        let of_kind: Vec<&Constraint> = all.iter().filter(|constraint| constraint.kind() == kind).collect();
        let same = |constraint: &&&Constraint| was.is_some_and(|was| alike(was, constraint));
        let found = of_kind.iter().find(same).or_else(|| of_kind.first().filter(|_| of_kind.len() == 1));
        found.and_then(|constraint| constraint.name().cloned().or_else(|| usual_name(known, constraint)))
    }
}

/// Gives the checks of a table the names that they have on the server, where nobody said any.
pub(super) fn name_checks(table: &mut Table) {
    let name = |check: &Check| usual_name(table, &Constraint::Check(check.clone()));
    let names: Vec<Option<Ident>> =
        table.checks.iter().map(|check| check.name.clone().or_else(|| name(check))).collect();
    for (check, name) in table.checks.iter_mut().zip(names) {
        check.name = name;
    }
}

/// The name that the server gave to a constraint without one: the first that is free, as they came.
fn usual_name(table: &Table, wanted: &Constraint) -> Option<Ident> {
    let all = constraints(table);
    let mut taken: BTreeSet<Ident> = all.iter().filter_map(|constraint| constraint.name().cloned()).collect();
    for constraint in all.iter().filter(|constraint| constraint.name().is_none()) {
        let columns = match constraint {
            Constraint::Check(check) => depend::mentioned(table, check.condition.text()),
            Constraint::PrimaryKey(_) | Constraint::Unique(_) | Constraint::ForeignKey(_) => {
                constraint.columns().to_vec()
            }
        };
        let numbers = std::iter::once(String::new()).chain((1..).map(|number: usize| number.to_string()));
        let mut names =
            numbers.map(|number| compare::made_name(table.name.name.as_str(), constraint.kind(), &columns, &number));
        let name = names.find(|name| !taken.contains(name))?;
        if constraint == wanted {
            return Some(name);
        }
        taken.insert(name);
    }
    None
}

fn alike(was: &Constraint, found: &Constraint) -> bool {
    match (was, found) {
        (Constraint::Check(was), Constraint::Check(found)) => {
            let texts = Pair::new(was.condition.text(), found.condition.text());
            compare::same_expression(texts)
        }
        (Constraint::ForeignKey(was), Constraint::ForeignKey(found)) => {
            was.columns == found.columns && was.references == found.references
        }
        (was, found) => was.columns() == found.columns(),
    }
}

/// Whether two keys are one to CREATE TABLE, which makes only the first of them, whatever they are called.
pub(super) fn is_one_key(a: &Constraint, b: &Constraint) -> bool {
    let facts = |constraint: &Constraint| match constraint {
        Constraint::PrimaryKey(key) => {
            Some((key.columns.clone(), key.include.clone(), false, key.deferrable, overlaps(&key.options)))
        }
        Constraint::Unique(unique) => Some((
            unique.columns.clone(),
            unique.include.clone(),
            unique.nulls_not_distinct,
            unique.deferrable,
            overlaps(&unique.options),
        )),
        Constraint::Check(_) | Constraint::ForeignKey(_) => None,
    };
    facts(a).is_some() && facts(a) == facts(b)
}

/// Whether the last column of a key is a range of which no two may overlap.
fn overlaps(options: &Options) -> bool {
    options.get(WORD, "without_overlaps") == Some("true")
}

/// All constraints of a table, keys first.
pub(super) fn constraints(table: &Table) -> Vec<Constraint> {
    let key = table.primary_key.iter().cloned().map(Constraint::PrimaryKey);
    let uniques = table.uniques.iter().cloned().map(Constraint::Unique);
    let checks = table.checks.iter().cloned().map(Constraint::Check);
    let foreign_keys = table.foreign_keys.iter().cloned().map(Constraint::ForeignKey);
    key.chain(uniques).chain(checks).chain(foreign_keys).collect()
}
