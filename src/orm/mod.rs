//! The embedded ORM: an engine gives sessions, a session runs queries and watches entities. It serves the data steps of
//! revisions, on the executor's own connection and with the tables as they are at that revision, and it is a small
//! library for programs. `docs/orm.md` shows it beside SQLAlchemy.
//!
//! ```text
//!  model! ─▶ Mapping ─┐                                  ┌─▶ Entity (struct + snapshot + links) ─▶ Work ─▶ flush ─┐
//!  frozen schema ─▶ Shape ─▶ Query / Select / Expr ─▶ render ─▶ (SQL, values) ─▶ Session::send ─▶ db::Connection ◀┘
//!                                (one tree)        (dialect::query)      (tag, count, time, tell)
//! ```
//!
//! - **Shapes first.** [`Shape`] is all that is known of a table: columns with what values they hold, the key, what
//!   refers to what. It comes from a frozen schema, from a live one ([`Session::reflect`]) or from a model, so a script
//!   and a Rust program go the same way.
//! - **One tree.** [`Expr`] and [`Select`] say what is wanted. Every word in which databases differ is a method of the
//!   dialect (`dialect/query.rs`), so this module names no database. Values are parameters, never text.
//! - **Values in one spelling.** `fit` refuses what a column does not take before it is sent, with the same words on every
//!   database; `fit::read` gives a cell the sort that its column has. Nothing is cut or rounded.
//! - **A unit of work.** An entity keeps the values that the database has; what differs is sent by a flush, rows and
//!   columns of one sort in one statement (`flush`), parents before children, a circle by NULL first and an update then
//!   (`unit::ordered`, `settle`).
//! - **Nothing is loaded behind your back.** Asking an entity for what was not loaded is an error; [`Session::related`] and
//!   [`Query::load`] load, and say how.
//!
//! A walk: `session.add(user)`, `session.relate(&user, &User::orders(), &order)` notes that `orders.user_id` waits for the
//! key of `user`. `flush` sends users (one INSERT, the keys come back), fills the waiting columns in, sends orders. Both
//! are in the identity map now; `query::<User>().load(User::orders(), Load::Selectin)` finds the same entities.
//!
//! Never imported here: `ops`, `diff`, `graph`, `plan`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "values and expressions have many sorts, of which a function means a few"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "relationships and columns are made where they are used, and given away"
)]

mod bulk;
mod change;
mod create;
mod engine;
mod entity;
mod event;
mod expr;
mod fit;
mod flush;
mod joined;
mod link;
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
mod walk;

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
pub use relation::{Columns, Load, Loads, Relation};
pub use row::{FromRow, FromValue, Row};
pub use rows::{EditRow, OnError, Rows, RowsDone};
pub use select::{Refine, Select, SetOperation, Source, select, select_from, subquery, table};
pub use session::{Scoped, Session};
pub use shape::{ColumnShape, Shape, Shapes};

/// The page that shows the ORM, whose examples are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/orm.md")]
struct Page;
