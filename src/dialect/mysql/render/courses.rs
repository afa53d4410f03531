//! What each change of a table costs: measured on MariaDB 10.11 and told by MySQL's manual ("Online DDL Operations").
//! What neither says is [`Plan::Unknown`]. Pure: no I/O.
//!
//! MySQL takes no LOCK beside INSTANT, and LOCK=NONE alone makes it write the table anew for a column. It allows INSTANT
//! for 64 columns of a table, then refuses, and is asked again without it.

use super::{Clause, Cost, Pen, hazards};
use crate::dialect::mysql::types::{Sort, WORD};
use crate::ops::{Constraint, ConstraintKind, Operation};
use crate::schema::{Column, Name, Position, Table, Type};
use crate::statement::course::{Algorithm, Course, Plan, Sharing, TableFacts};

const COPY: Plan = Plan::way(Algorithm::Copy, Sharing::Read);
const ONLINE: Plan = Plan::way(Algorithm::Inplace, Sharing::ReadAndWrite);
const PERHAPS: Plan = Plan::Unknown { may_copy: true };

/// Nothing but what is known about the table changes.
pub(super) fn instant(mariadb: bool) -> Plan {
    if mariadb {
        Plan::way(Algorithm::Instant, Sharing::ReadAndWrite)
    } else {
        Plan::Way { algorithm: None, sharing: Some(Sharing::ReadAndWrite) }
    }
}

/// The table stays, an index may be built or go.
pub(super) fn no_copy(mariadb: bool) -> Plan {
    if mariadb { Plan::way(Algorithm::NoCopy, Sharing::ReadAndWrite) } else { ONLINE }
}

/// What a clause costs of which nobody said more than this.
fn usual(cost: Cost, mariadb: bool) -> Plan {
    match cost {
        Cost::Instant => instant(mariadb),
        Cost::Index | Cost::DropKey => no_copy(mariadb),
        // With foreign_key_checks on all rows are looked at by copying them.
        Cost::AddKey => COPY,
        Cost::Rebuild | Cost::Alone => PERHAPS,
    }
}

/// The course of an ALTER TABLE that consists of these clauses.
pub(super) fn of(pen: &Pen, table: &Name, clauses: &[Clause]) -> Course {
    let mut plans = clauses.iter().map(|clause| clause.plan.unwrap_or_else(|| usual(clause.cost, pen.mariadb())));
    let first = plans.next().unwrap_or(PERHAPS);
    let mixed = clauses.iter().any(|clause| Some(clause.cost) != clauses.first().map(|first| first.cost));
    // Changes of several sorts in one statement cost more than the dearest of them.
    let plan = if mixed { PERHAPS } else { plans.fold(first, Plan::with) };
    let delicate = clauses.iter().any(|clause| clause.delicate);
    Course { table: table.clone(), plan, delicate, spoiled: pen.spoiled.contains(table) }
}

/// Whether the table is no plain one any more behind this operation.
pub(super) fn spoils(operation: &Operation) -> Option<&Name> {
    match operation {
        Operation::AddColumn { table, column, .. } => {
            column.generated.as_ref().is_some_and(|generated| !generated.stored).then_some(table)
        }
        Operation::AlterColumn { table, to, .. } => to.generated.is_some().then_some(table),
        Operation::CreateIndex { table, index } => {
            matches!(index.method.as_deref(), Some("fulltext" | "spatial")).then_some(table)
        }
        Operation::AlterTable { name, to, .. } => (!to.options.0.is_empty()).then_some(name),
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => None,
    }
}

/// What the shape of a table says about changing it, on a server with the usual engine.
pub(in crate::dialect::mysql) fn facts_of_shape(table: &Table) -> TableFacts {
    let option = |key| table.options.get(WORD, key);
    let usual_engine = option("engine").is_none();
    let is_virtual = |column: &Column| column.generated.as_ref().is_some_and(|generated| !generated.stored);
    let compressed = option("row_format").is_some_and(|format| format.eq_ignore_ascii_case("compressed"));
    let odd = compressed
        || table.columns.iter().any(is_virtual)
        || table.indexes.iter().any(|index| matches!(index.method.as_deref(), Some("fulltext" | "spatial")));
    TableFacts { bytes: 0, usual_engine, plain: usual_engine && !odd }
}

/// ADD and DROP COLUMN without any values to work out.
pub(super) fn of_column(mariadb: bool, algorithm: Algorithm) -> Plan {
    if mariadb {
        Plan::way(algorithm, Sharing::ReadAndWrite)
    } else {
        Plan::Way { algorithm: Some(Algorithm::Instant), sharing: None }
    }
}

/// ADD COLUMN: metadata, unless its values must be worked out for each row; whether they must says `computes`.
pub(super) fn of_added(column: &Column, computes: bool, mariadb: bool) -> Plan {
    let special = column.options.get(WORD, "compressed").is_some() || column.identity.is_some();
    match &column.generated {
        Some(generated) if generated.stored => COPY,
        Some(_) => instant(mariadb),
        None if computes || special => PERHAPS,
        None => of_column(mariadb, Algorithm::Instant),
    }
}

/// ADD of a constraint.
pub(super) fn of_constraint(constraint: &Constraint) -> Option<Plan> {
    match constraint.kind() {
        ConstraintKind::PrimaryKey => Some(ONLINE),
        ConstraintKind::Check => Some(COPY),
        ConstraintKind::Unique | ConstraintKind::ForeignKey => None,
    }
}

/// A unique key of a table without a primary one: by the first whose columns are all NOT NULL the engine orders the rows.
pub(super) fn of_rows_own_key(table: Option<&Table>) -> Option<Plan> {
    table.filter(|table| table.primary_key.is_none() && !table.uniques.is_empty()).map(|_| PERHAPS)
}

/// DROP PRIMARY KEY alone, and what writes a constraint anew.
pub(super) fn copied() -> Plan {
    COPY
}

/// ADD of an index over an expression, which is one over a hidden column.
pub(super) fn of_computed_index() -> Plan {
    PERHAPS
}

/// ADD FULLTEXT.
pub(super) fn of_shared_index() -> Plan {
    Plan::way(Algorithm::Inplace, Sharing::Read)
}

/// A table option.
pub(super) fn of_option(key: &str) -> Plan {
    if key == "row_format" { ONLINE } else { PERHAPS }
}

/// MODIFY COLUMN.
pub(super) fn of_change(
    table: &Table,
    from: &Column,
    to: &Column,
    position: Option<&Position>,
    mariadb: bool,
) -> (Plan, bool) {
    let differ = |keys: &[&str]| keys.iter().any(|key| from.options.get(WORD, key) != to.options.get(WORD, key));
    let is_generated = |column: &Column| column.generated.is_some();
    if from.identity != to.identity || from.generated != to.generated || is_generated(to) {
        return (PERHAPS, false);
    }
    if differ(&["charset", "collation", "check", "compressed", "srid", "on_update"]) {
        return (PERHAPS, false);
    }
    let mut plan = instant(mariadb);
    if from.nullable != to.nullable {
        plan = plan_of_nullability(table);
    }
    if from.ty != to.ty {
        plan = match hazards::type_is_instant(from, to) {
            Some(true) if !mariadb && may_need_longer_lengths(from, to) => PERHAPS,
            Some(true) if from.nullable == to.nullable => no_copy(mariadb),
            Some(true) => plan,
            Some(false) => COPY,
            None => PERHAPS,
        };
    }
    if position.is_some() && plan == instant(mariadb) {
        return (no_copy(mariadb), true);
    }
    (plan, position.is_some())
}

/// From 256 bytes on a length takes two bytes; how many a character takes is not known here.
fn may_need_longer_lengths(from: &Column, to: &Column) -> bool {
    let length = |column: &Column| {
        let Type::Native(native) = &column.ty else { return None };
        if let Sort::Text { length, .. } = Sort::of(native) { Some(length) } else { None }
    };
    matches!((length(from), length(to)), (Some(from), Some(to)) if from < 256 && to > 63)
}

/// NULL or NOT NULL writes the table anew in place; beside a stored column it may be a copy.
fn plan_of_nullability(table: &Table) -> Plan {
    if table.columns.iter().any(|column| column.generated.is_some()) { PERHAPS } else { ONLINE }
}
