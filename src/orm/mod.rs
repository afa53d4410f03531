//! The embedded ORM.

mod engine;
mod event;
mod expr;
mod fit;
mod pool;
mod render;
mod row;
mod rows;
mod select;
mod session;
mod shape;
mod unit;

pub use crate::dialect::query::{DatePart, Isolation, RowLock};
pub use crate::statement::value::{Value, ValueType};
pub use engine::{Engine, EngineBuilder};
pub use event::Asked;
pub use expr::{
    Aggregate, Expr, Operand, Operator, Order, Window, ago, all_of, any_of, avg, case, coalesce, col, concat, count,
    count_all, count_distinct, days, dense_rank, exists, lag, lead, max, min, now, rank, raw, row_number, scalar, sum,
    value,
};
pub use row::{FromRow, FromValue, Row};
pub use rows::{EditRow, OnError, Rows, RowsDone};
pub use select::{Refine, Select, SetOperation, Source, select, select_from, subquery, table};
pub use session::{Scoped, Session};
pub use shape::{ColumnShape, Shape, Shapes};
