//! The way through a table, row by row: by which columns it goes, and what lies behind a place on it.

use std::sync::Arc;

use super::expr::{Expr, Operand, all_of, any_of};
use super::row::Row;
use super::select::Source;
use super::shape::Shape;
use crate::error::Error;
use crate::statement::value::Value;

/// What is read, and by what.
pub(super) struct Plan {
    pub(super) shape: Arc<Shape>,
    pub(super) source: Source,
    /// The key first.
    pub(super) names: Vec<String>,
    /// By which columns, and whether downwards.
    pub(super) way: Arc<[(String, bool)]>,
}

impl Plan {
    pub(super) fn key_of(&self, row: &Row) -> Vec<Value> {
        row.values.iter().take(self.shape.key.len()).cloned().collect()
    }

    /// Where the row stands.
    pub(super) fn place_of(&self, row: &Row) -> Vec<Value> {
        let value = |(name, _): &(String, bool)| {
            let place = row.names.iter().position(|known| known == name);
            place.and_then(|place| row.values.get(place)).cloned().unwrap_or(Value::Null)
        };
        self.way.iter().map(value).collect()
    }

    pub(super) fn at_row(&self, key: &[Value], error: Error) -> Error {
        error.while_doing(self.shape.row_name(key))
    }
}

/// The rows of a model behind a key.
pub(crate) fn behind_key(mapping: &super::model::Mapping, key: &[Value]) -> Expr {
    let way = mapping.shape.key_columns().map(|column| (column.name.clone(), false)).collect();
    let plan = Plan { shape: Arc::clone(&mapping.shape), source: mapping.source(), names: Vec::new(), way };
    behind(&plan, key)
}

/// The rows behind a place: `(a, b) > (1, 2)`, spelled out so that every database walks along its index.
pub(super) fn behind(plan: &Plan, key: &[Value]) -> Expr {
    let columns: Vec<Expr> = plan.way.iter().map(|(name, _)| plan.source.col(name)).collect();
    let steps = (0..columns.len()).map(|depth| {
        let same =
            columns.iter().zip(key).take(depth).map(|(column, value)| column.clone().eq(Expr::Value(value.clone())));
        let next = columns.iter().zip(key).zip(plan.way.iter()).skip(depth).take(1);
        all_of(same.chain(next.map(|((column, value), (_, descending))| match descending {
            true => column.clone().lt(Expr::Value(value.clone())),
            false => column.clone().gt(Expr::Value(value.clone())),
        })))
    });
    any_of(steps)
}

impl Shape {
    /// A row for people: `users 7`, `order_lines (7, 2)`.
    pub(crate) fn row_name(&self, key: &[Value]) -> String {
        let parts: Vec<String> = key.iter().map(Value::for_people).collect();
        match parts.as_slice() {
            [one] => format!("{} {one}", self.table()),
            parts => format!("{} ({})", self.table(), parts.join(", ")),
        }
    }
}
