//! The fields of every noun and verb.

use super::encoded;
#[cfg(not(feature = "rows"))]
use super::{Decode, Encode, Reader, Writer};
use crate::ops::data::DataOperation;
use crate::ops::{
    Batch, By, Claim, ColumnChange, Constraint, ConstraintKind, DataStep, DataWork, EnumChange, Expect, Kept, Load,
    ObjectOperation, OnConflict, OnError, Operation, OptionsChange, OrderBy, Part, Restore, RowChanges, TableChange,
    Through, Transfer, Value, WayBack,
};
use crate::schema::{
    Action, Check, Column, Default, Deferrable, Enum, Expr, ForeignKey, Generated, Identity, IdentityMode, Index,
    IndexPart, IndexTarget, Name, Need, Neutral, Nulls, Object, ObjectId, ObjectKind, Options, Position, PrimaryKey,
    Schema, Table, Type, Unique, Unmodelled,
};

encoded! {
    pub(crate) const FIELDS;

    struct Name { schema, name }
    enum Expr { 0 = Same(text), 1 = Each(texts) }
    struct Options { (sections) }

    enum Neutral {
        0 = Bool, 1 = Smallint, 2 = Int, 3 = Bigint, 4 = Decimal(size), 5 = Real, 6 = Double, 7 = Char(length),
        8 = Varchar(length), 9 = Text, 10 = Bytes, 11 = Date, 12 = Time, 13 = Timestamp, 14 = TimestampTz, 15 = Uuid,
        16 = Json, 17 = Enum { values, name },
    }
    enum Type { 0 = Neutral(neutral), 1 = Native(text) }
    enum Default { 0 = Literal(text), 1 = Sql(expr) }
    enum IdentityMode { 0 = Always, 1 = ByDefault, 2 = Serial }
    struct Identity { mode, options }
    struct Generated { expr, stored }
    struct Column { name, ty, nullable, default, identity, generated, comment, options, renamed_from }
    enum Position { 0 = First, 1 = After(column) }

    struct Deferrable { initially_deferred }
    enum Action { 0 = Nothing, 1 = Restrict, 2 = Cascade, 3 = SetNull, 4 = SetDefault }
    struct PrimaryKey { name, columns, include, deferrable, comment, options }
    struct Unique { name, columns, include, nulls_not_distinct, deferrable, comment, options }
    struct Check { name, condition, no_inherit, not_valid, not_enforced, comment }
    struct ForeignKey {
        name, columns, references, referenced_columns, on_delete, on_update, match_full, deferrable, not_valid,
        not_enforced, set_columns, period, comment,
    }

    enum IndexTarget { 0 = Column(name), 1 = Expression(expr) }
    enum Nulls { 0 = First, 1 = Last }
    struct IndexPart { target, descending, nulls, collation, operator_class, prefix }
    struct Index {
        name, parts, unique, method, predicate, include, nulls_not_distinct, comment, options, renamed_from,
    }

    struct Table {
        name, columns, primary_key, uniques, checks, foreign_keys, indexes, comment, options, needs, renamed_from, definition,
        index_definitions,
    }
    struct Enum { name, values, comment, renamed_from }
    struct Unmodelled { kind, name, table, definition }
    enum ObjectKind {
        0 = Extension, 1 = Collation, 2 = Type, 3 = Domain, 4 = Sequence, 5 = Function, 6 = Procedure, 7 = Aggregate,
        8 = Operator, 9 = TextSearchConfiguration, 10 = ForeignServer, 11 = ForeignTable, 12 = VirtualTable, 13 = View,
        14 = MaterializedView, 15 = Rule, 16 = Trigger, 17 = Policy, 18 = Statistics, 19 = Event, 20 = EventTrigger,
        21 = Publication, 22 = Language, 23 = ForeignDataWrapper, 24 = Conversion, 25 = OperatorFamily, 26 = OperatorClass,
        27 = Cast, 28 = TextSearchDictionary, 29 = UserMapping, 30 = DefaultPrivileges, 31 = Pragma,
        32 = Owner, 33 = Grants, 34 = Comment,
    }
    struct ObjectId { kind, name, arguments, table }
    enum Need { 0 = Table(name, column), 1 = Enum(name), 2 = Object(id) }
    struct Object { id, definition, comment, face, needs, mentions }
    struct Schema { schemas, tables, enums, objects, unmodelled }

    struct OptionsChange { (sections) }
    struct ColumnChange { ty, nullable, default, identity, generated, comment, options, position }
    struct TableChange { comment, options }
    struct EnumChange { values, comment }
    enum Constraint { 0 = PrimaryKey(key), 1 = Unique(unique), 2 = Check(check), 3 = ForeignKey(key) }
    enum ConstraintKind { 0 = PrimaryKey, 1 = Unique, 2 = Check, 3 = ForeignKey }
    enum Part { 0 = Index, 1 = Constraint }
    enum Operation {
        0 = CreateSchema { name },
        1 = DropSchema { name },
        2 = CreateEnum(made),
        3 = DropEnum { name, was },
        4 = RenameEnum { name, to },
        5 = AlterEnum { name, to, was },
        6 = CreateTable(table),
        7 = DropTable { name, was },
        8 = RenameTable { name, to },
        9 = AlterTable { name, to, was },
        10 = AddColumn { table, column, position },
        11 = DropColumn { table, name, was, position },
        12 = RenameColumn { table, name, to },
        13 = AlterColumn { table, name, to, was },
        14 = CreateIndex { table, index },
        15 = DropIndex { table, name, was },
        16 = RenameIndex { table, name, to },
        17 = AddConstraint { table, constraint },
        18 = DropConstraint { table, name, kind, was },
        19 = RenameConstraint { table, name, to },
        20 = Comment { table, part, name, to, was },
        21 = Sql(expr),
        22 = Data(data),
        23 = Object(object),
    }

    enum ObjectOperation { 0 = Create(object), 1 = Drop { id, was }, 2 = Alter { to, was } }
    enum DataOperation { 0 = Step(step), 1 = Restore(restore), 2 = Keep(kept), 3 = BringBack(kept) }
    struct DataStep { name, table, work, order, batch, on_error, expect, back }
    enum DataWork {
        0 = Update { set, filter },
        1 = Backfill { set, filter },
        2 = SplitColumn { column, at, into, filter },
        3 = MergeColumns { columns, into, with, filter },
        4 = Copy(transfer),
        5 = MoveRows(transfer),
        6 = Normalise { columns, into, key, filter },
        7 = Seed { rows, keep_existing },
        8 = Delete { filter },
        9 = Through(through),
        10 = Rows(changes),
    }
    struct RowChanges { key, delete, update, insert }
    struct Through { by, columns, reads, filter }
    enum By { 0 = Script { text, line }, 1 = Closure { version, program, back } }
    struct Transfer { from, columns, filter }
    enum Value { 0 = Null, 1 = Literal(text), 2 = Sql(expr) }
    struct OrderBy { column, descending }
    struct Batch { size, pause, load }
    struct Load { sql, limit, patience }
    enum OnError { 0 = Stop, 1 = Skip }
    struct Expect { before, after }
    enum Claim { 0 = Rows(count), 1 = Hits(count), 2 = NoNulls(columns), 3 = Unique(columns), 4 = NoRows(expr) }
    enum WayBack { 0 = Images, 1 = Undo(operations), 2 = Irreversible(why) }
    struct Restore { step, on_conflict, of }
    enum OnConflict { 0 = Stop, 1 = Keep, 2 = Restore }
    struct Kept { drop, later }
}

/// Where nothing is known of them, none is read.
#[cfg(not(feature = "rows"))]
impl Decode for crate::ops::DataOperation {
    fn decode(reader: &mut Reader<'_>) -> Self {
        reader.fail();
        Self
    }
}

#[cfg(not(feature = "rows"))]
impl Encode for crate::ops::DataOperation {
    fn encode<'a>(&'a self, _: &mut Writer<'a>) {}
}
