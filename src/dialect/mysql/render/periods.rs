//! Periods and former versions of rows (MariaDB). Pure: no I/O.
//!
//! A period, the columns that it is made of, and the keys in which it counts go into one ALTER TABLE: the server takes them
//! in any order there, and in no order one by one.

use super::{Clause, Cost, KEEP_VERSIONS, Pen, parts};
use crate::dialect::Unsupported;
use crate::dialect::mysql::quote;
use crate::dialect::mysql::types::WORD;
use crate::ops::{Constraint, Operation};
use crate::schema::{Column, Ident, Name, Options, Table};
use crate::statement::{Hazard, Statement};

type Written = Result<(), Unsupported>;

/// Whether a change of a table has to be one statement with its neighbours for the sake of a period.
pub(super) fn is_bound(operation: &Operation, table: Option<&Table>) -> bool {
    let end_of_row = |name: &Ident| table.and_then(|table| table.column(name)).is_some_and(|it| row_end(it).is_some());
    let in_period = |name: &Ident| table.is_some_and(|table| stands_in_period(table, name));
    let has_ends = || table.is_some_and(|table| table.columns.iter().any(|column| row_end(column).is_some()));
    if let Operation::AlterTable { to, .. } = operation {
        return to.options.get(WORD, "period").is_some()
            || (to.options.get(WORD, "system_versioning").is_some() && has_ends());
    }
    if let Operation::AddColumn { column, .. } = operation {
        return row_end(column).is_some();
    }
    if let Operation::DropColumn { name, .. } = operation {
        return end_of_row(name);
    }
    if let Operation::AlterColumn { name, to, .. } = operation {
        return to.ty.is_some() && in_period(name);
    }
    false
}

/// Whether the shape is needed to write it.
pub(super) fn needs_shape(options: &crate::ops::OptionsChange) -> bool {
    ["period", "system_versioning"].iter().any(|key| options.get(WORD, key).is_some())
}

/// `start` or `end`, of a column in which the server keeps the time of a version.
pub(super) fn row_end(column: &Column) -> Option<&str> {
    column.options.get(WORD, "row")
}

/// An expression after a column was renamed. What a server says has its names in quotes, what a person says mostly not.
pub(super) fn followed(text: &str, name: &Ident, to: &Ident) -> String {
    let rename = if text.contains('`') { quote::rename_in } else { quote::rename_words };
    rename(text, name, to)
}

/// Lets a period, the partitions of a table and the checks of its columns follow a column that has another name now.
pub(in crate::dialect::mysql) fn follow_in_options(table: &mut Table, name: &Ident, to: &Ident) {
    for column in &mut table.columns {
        if let Some(check) = column.options.get(WORD, "check").map(|check| followed(check, name, to)) {
            column.options.set(WORD, "check", check);
        }
    }
    for key in ["period", "partition_by"] {
        if let Some(said) = table.options.get(WORD, key).map(|said| quote::rename_in(said, name, to)) {
            table.options.set(WORD, key, said);
        }
    }
}

/// Whether a period for an application's time is made of it.
pub(super) fn stands_in_period(table: &Table, column: &Ident) -> bool {
    table.options.get(WORD, "period").is_some_and(|period| quote::rename_in(period, column, &"".into()) != period)
}

/// The columns of a key as they stand between its parentheses: a period stands for its two.
pub(super) fn key_columns(columns: &[Ident], options: &Options) -> String {
    let Some(period) = options.get(WORD, "without_overlaps") else { return quote::idents(columns) };
    let plain = columns.get(..columns.len().saturating_sub(2)).unwrap_or_default();
    let period = format!("{} WITHOUT OVERLAPS", quote::ident(&period.into()));
    plain.iter().map(quote::ident).chain([period]).collect::<Vec<_>>().join(", ")
}

/// The lines of CREATE TABLE for its periods.
pub(super) fn lines(table: &Table) -> Vec<String> {
    let system = of_system(&table.columns).map(|period| format!("PERIOD FOR {period}"));
    let said = table.options.get(WORD, "period").map(|period| format!("PERIOD FOR {}", period.trim()));
    system.into_iter().chain(said).collect()
}

/// ``SYSTEM_TIME (`since`, `till`)``, if both columns are there.
fn of_system(columns: &[Column]) -> Option<String> {
    let find =
        |end| columns.iter().find(|column| row_end(column) == Some(end)).map(|column| quote::ident(&column.name));
    Some(format!("SYSTEM_TIME ({}, {})", find("start")?, find("end")?))
}

/// Another period for an application's time, or none.
pub(super) fn change(pen: &mut Pen, operation: &Operation, name: &Name, to: Option<&str>) {
    let former = pen.known(name).and_then(|known| known.options.get(WORD, "period"));
    let called = former.and_then(|period| period.split_once('(')).map(|(called, _)| called.trim().to_owned());
    if let Some(called) = called {
        pen.clause(name, Clause::new(format!("DROP PERIOD FOR {called}"), Cost::Rebuild, operation));
    }
    if let Some(period) = to {
        let hazard = Hazard::MayFail(format!("rows of {} that end before they start", name.for_people()));
        let text = format!("ADD PERIOD FOR {}", period.trim());
        pen.clause(name, Clause::new(text, Cost::Rebuild, operation).with([hazard]));
    }
}

/// The column is there, or gone: with the second of the two the period comes.
pub(super) fn with_period(pen: &mut Pen, operation: &Operation, table: &Name, column: &Column) {
    if row_end(column).is_none() {
        return;
    }
    if pen.versioned {
        // The server has columns of its own for that already, and trades them for no others.
        let lost = lost_versions(table);
        let sql = format!("ALTER TABLE {} DROP SYSTEM VERSIONING", quote::name(table));
        let mut statement = Statement::new(sql, operation.describe());
        statement.hazards.push(lost);
        let held = std::mem::take(&mut pen.clauses);
        pen.done.push(statement);
        pen.clauses = held;
        pen.versioned = false;
        pen.clause(table, Clause::new("ADD SYSTEM VERSIONING", Cost::Rebuild, operation));
    }
    let others = pen.known(table).into_iter().flat_map(|known| &known.columns);
    let both: Vec<Column> = others.chain([column]).cloned().collect();
    if let Some(period) = of_system(&both) {
        pen.clause(table, Clause::new(format!("ADD PERIOD FOR {period}"), Cost::Rebuild, operation));
    }
}

/// Refuses what the server does not do to the columns of the system's time.
pub(super) fn refuse_change(former: &Column, column: &Column) -> Written {
    if row_end(former).is_none() && row_end(column).is_none() {
        return Ok(());
    }
    Err(Unsupported::new(
        format!("a change of {}, in which the server keeps the time of a version", former.name.as_str()),
        "drop `system_versioning` with both columns first, which loses the former versions, and add them again",
    ))
}

/// Begins or ends to keep former versions of rows.
pub(super) fn versions(pen: &mut Pen, operation: &Operation, name: &Name, keep: bool) -> Written {
    let (verb, hazard) =
        if keep { ("ADD", Hazard::Rewrites(name.for_people())) } else { ("DROP", lost_versions(name)) };
    if pen.together {
        let text = format!("{verb} SYSTEM VERSIONING");
        pen.clause(name, Clause::new(text, Cost::Rebuild, operation).with([hazard]));
    } else {
        let sql = format!("ALTER TABLE {} {verb} SYSTEM VERSIONING", quote::name(name));
        let mut statement = Statement::new(sql, operation.describe());
        statement.hazards.push(hazard);
        pen.statement(statement);
    }
    if keep { apart(pen, operation, name) } else { Ok(()) }
}

/// The columns that are to be without versions once there are any: before that the server takes no such word.
fn apart(pen: &mut Pen, operation: &Operation, name: &Name) -> Written {
    let Some(known) = pen.known(name).cloned() else { return Ok(()) };
    let mut versioned = known.clone();
    versioned.options.set(WORD, "system_versioning", "true");
    for column in known.columns.iter().filter(|column| column.options.get(WORD, "system_versioning").is_some()) {
        let definition = parts::column(column, Some(&versioned), pen.server)?;
        let sql = format!("{KEEP_VERSIONS}ALTER TABLE {} MODIFY COLUMN {definition}", quote::name(name));
        pen.after.push(Statement::new(sql, operation.describe()));
    }
    Ok(())
}

fn lost_versions(name: &Name) -> Hazard {
    Hazard::LosesData(format!("former versions of rows of {}", name.for_people()))
}

/// A key that takes the place of one on the same columns: in one statement with its end the server sees no change.
pub(super) fn stand_apart(pen: &mut Pen, table: &Name, constraint: &Constraint) {
    let has_period = pen.known(table).is_some_and(|known| known.options.get(WORD, "period").is_some());
    let drop = match constraint {
        Constraint::PrimaryKey(_) => "DROP PRIMARY KEY".to_owned(),
        Constraint::Unique(unique) => {
            unique.name.as_ref().map(|name| format!("DROP INDEX {}", quote::ident(name))).unwrap_or_default()
        }
        Constraint::Check(_) | Constraint::ForeignKey(_) => return,
    };
    let changes_period = pen.clauses.iter().any(|clause| clause.text.contains("PERIOD FOR"));
    if has_period && !changes_period && pen.clauses.iter().any(|clause| clause.text == drop) {
        pen.end_statement();
        pen.table = Some(table.clone());
    }
}
