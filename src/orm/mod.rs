//! The embedded ORM.

mod bulk;
mod change;
mod create;
mod engine;
mod entity;
mod event;
mod expr;
mod fit;
mod flush;
mod load;
#[macro_use]
mod macros;
mod model;
mod pool;
mod query;
mod relation;
mod render;
mod row;
mod rows;
mod select;
mod session;
mod shape;
mod unit;

pub use crate::dialect::query::{DatePart, Isolation, RowLock};
pub use crate::statement::value::{Value, ValueType};
pub use change::{DeleteRows, UpdateRows};
pub use engine::{Engine, EngineBuilder};
pub use entity::Entity;
pub use event::Asked;
pub use expr::{
    Aggregate, Expr, Operand, Operator, Order, Window, ago, all_of, any_of, avg, case, coalesce, col, concat, count,
    count_all, count_distinct, days, dense_rank, exists, lag, lead, max, min, now, rank, raw, row_number, scalar, sum,
    value,
};
pub use model::{Column, Comparable, Date, Decimal, Field, Instant, Json, Mapping, Model, Time, Timestamp, Uuid};
#[doc(hidden)]
pub use model::{ColumnSpec, MappingBuilder, next_field};
pub use query::{Query, query, source};
#[doc(hidden)]
pub use relation::RelationDef;
pub use relation::{Load, Relation};
pub use row::{FromRow, FromValue, Row};
pub use rows::{EditRow, OnError, Rows, RowsDone};
pub use select::{Refine, Select, SetOperation, Source, select, select_from, subquery, table};
pub use session::{Scoped, Session};
pub use shape::{ColumnShape, Shape, Shapes};
