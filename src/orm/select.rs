//! Queries: one tree for all databases. Pure; a query is a value and can be printed without being run.

use std::sync::Arc;

use super::expr::{Expr, Order};
use super::shape::Shape;
use crate::dialect::query::RowLock;

/// A query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Select {
    /// What it gives; empty = every column of the table that it is from.
    pub(crate) columns: Vec<Expr>,
    pub(crate) from: Option<Source>,
    pub(crate) joins: Vec<Join>,
    pub(crate) filter: Vec<Expr>,
    pub(crate) group: Vec<Expr>,
    pub(crate) having: Vec<Expr>,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
    pub(crate) distinct: bool,
    pub(crate) lock: Option<RowLock>,
    /// Named queries before it; true = one that refers to itself.
    pub(crate) with: Vec<(String, Box<Self>, bool)>,
    /// Queries whose rows are put together with its own.
    pub(crate) compound: Vec<(SetOperation, Box<Self>)>,
}

/// How the rows of two queries are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperation {
    /// Each row once.
    Union,
    /// All rows.
    UnionAll,
    /// Rows that both have.
    Intersect,
    /// Rows that the second has not.
    Except,
}

impl SetOperation {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Union => "UNION",
            Self::UnionAll => "UNION ALL",
            Self::Intersect => "INTERSECT",
            Self::Except => "EXCEPT",
        }
    }
}

/// What rows come from, with the name that columns refer to.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub(crate) origin: Origin,
    pub(crate) alias: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    /// A table, a view or a named query, by name.
    Name(String),
    /// A table whose shape is known.
    Shape(Arc<Shape>),
    /// A query.
    Query(Box<Select>),
}

impl Source {
    /// The name that columns refer to.
    pub(crate) fn name(&self) -> String {
        match (&self.alias, &self.origin) {
            (Some(alias), _) => alias.clone(),
            (None, Origin::Name(name)) => name.rsplit('.').next().unwrap_or(name).to_owned(),
            (None, Origin::Shape(shape)) => shape.name.name.as_str().to_owned(),
            (None, Origin::Query(_)) => "inner_query".to_owned(),
        }
    }

    /// The same under another name.
    #[must_use]
    pub fn alias(mut self, name: &str) -> Self {
        self.alias = Some(name.to_owned());
        self
    }

    /// A column of it.
    pub fn col(&self, name: &str) -> Expr {
        let ty = match &self.origin {
            Origin::Shape(shape) => shape.column(name).map(|column| column.ty.clone()),
            Origin::Name(_) | Origin::Query(_) => None,
        };
        Expr::Column(Some(self.name()), name.to_owned(), ty)
    }
}

impl From<&str> for Source {
    fn from(name: &str) -> Self {
        table(name)
    }
}

/// A table, a view, or a named query of [`Refine::with`].
pub fn table(name: &str) -> Source {
    Source { origin: Origin::Name(name.to_owned()), alias: None }
}

/// A query as a table, under this name.
pub fn subquery(query: impl Into<Select>, alias: &str) -> Source {
    Source { origin: Origin::Query(Box::new(query.into())), alias: Some(alias.to_owned()) }
}

/// A table beside the first one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Join {
    /// Rows without a partner stay.
    pub(crate) outer: bool,
    pub(crate) source: Source,
    pub(crate) on: Expr,
}

/// A query of these columns; without any, of all that its table has.
pub fn select<T: Into<Expr>>(columns: impl IntoIterator<Item = T>) -> Select {
    Select { columns: columns.into_iter().map(Into::into).collect(), ..Select::default() }
}

/// A query of all columns of a table.
pub fn select_from(source: impl Into<Source>) -> Select {
    Select { from: Some(source.into()), ..Select::default() }
}

/// What every query can be told, one of a model too.
pub trait Refine: Sized {
    /// The query inside.
    #[doc(hidden)]
    fn inner(&mut self) -> &mut Select;

    /// Changes the query inside.
    #[doc(hidden)]
    #[must_use]
    fn with_inner(mut self, change: impl FnOnce(&mut Select)) -> Self {
        change(self.inner());
        self
    }

    /// The table that rows come from.
    #[must_use]
    fn from(self, source: impl Into<Source>) -> Self {
        self.with_inner(|query| query.from = Some(source.into()))
    }

    /// Only rows where this holds, beside what was said before.
    #[must_use]
    fn filter(self, condition: impl Into<Expr>) -> Self {
        self.with_inner(|query| query.filter.push(condition.into()))
    }

    /// Only rows where a column of the first table has this value.
    #[must_use]
    fn filter_by(self, column: &str, value: impl Into<Expr>) -> Self {
        self.with_inner(|query| {
            let column = match &query.from {
                Some(source) => source.col(column),
                None => super::expr::col(column),
            };
            query.filter.push(super::expr::Operand::eq(column, value));
        })
    }

    /// The order of the rows; a second call says what counts where the first is equal.
    #[must_use]
    fn order_by(self, order: impl Into<Order>) -> Self {
        self.with_inner(|query| query.order.push(order.into()))
    }

    /// So many rows at most.
    #[must_use]
    fn limit(self, count: u64) -> Self {
        self.with_inner(|query| query.limit = Some(count))
    }

    /// Without the first rows.
    #[must_use]
    fn offset(self, count: u64) -> Self {
        self.with_inner(|query| query.offset = Some(count))
    }

    /// Each row once.
    #[must_use]
    fn distinct(self) -> Self {
        self.with_inner(|query| query.distinct = true)
    }

    /// With the rows of another table where the condition holds.
    #[must_use]
    fn join_on(self, source: impl Into<Source>, on: impl Into<Expr>) -> Self {
        let join = Join { outer: false, source: source.into(), on: on.into() };
        self.with_inner(|query| query.joins.push(join))
    }

    /// The same; rows without a partner stay, with NULLs beside them.
    #[must_use]
    fn outer_join_on(self, source: impl Into<Source>, on: impl Into<Expr>) -> Self {
        let join = Join { outer: true, source: source.into(), on: on.into() };
        self.with_inner(|query| query.joins.push(join))
    }

    /// One row for all rows that are equal in this.
    #[must_use]
    fn group_by(self, expr: impl Into<Expr>) -> Self {
        self.with_inner(|query| query.group.push(expr.into()))
    }

    /// Only groups where this holds.
    #[must_use]
    fn having(self, condition: impl Into<Expr>) -> Self {
        self.with_inner(|query| query.having.push(condition.into()))
    }

    /// Locks the rows until the transaction ends. On a database that locks as a whole there is nothing to say.
    #[must_use]
    fn for_update(self, lock: RowLock) -> Self {
        self.with_inner(|query| query.lock = Some(lock))
    }

    /// A named query, for [`table`].
    #[must_use]
    fn with(self, name: &str, named: impl Into<Select>) -> Self {
        let named = Box::new(named.into());
        self.with_inner(|query| query.with.push((name.to_owned(), named, false)))
    }

    /// A named query that refers to itself.
    #[must_use]
    fn with_recursive(self, name: &str, named: impl Into<Select>) -> Self {
        let named = Box::new(named.into());
        self.with_inner(|query| query.with.push((name.to_owned(), named, true)))
    }
}

impl Refine for Select {
    fn inner(&mut self) -> &mut Select {
        self
    }
}

impl Select {
    /// With the rows of another query. Order and limit of this one are those of the whole.
    #[must_use]
    pub fn set(mut self, operation: SetOperation, other: impl Into<Self>) -> Self {
        self.compound.push((operation, Box::new(other.into())));
        self
    }

    /// Rows of both, each once.
    #[must_use]
    pub fn union(self, other: impl Into<Self>) -> Self {
        self.set(SetOperation::Union, other)
    }

    /// Rows of both.
    #[must_use]
    pub fn union_all(self, other: impl Into<Self>) -> Self {
        self.set(SetOperation::UnionAll, other)
    }
}
