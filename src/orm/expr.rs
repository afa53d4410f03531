//! Expressions: one tree for all databases, rendered by `render`. Pure.

use super::select::Select;
use crate::dialect::query::DatePart;
use crate::statement::value::{Value, ValueType};

/// An expression in a query.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// A column: of a table or its alias, and what it holds, where that is known.
    Column(Option<String>, String, Option<ValueType>),
    /// A value; always sent as a parameter.
    Value(Value),
    /// Two sides and what is between them.
    Binary(Box<Self>, Operator, Box<Self>),
    /// All (true) or any (false) of several conditions.
    Logic(bool, Vec<Self>),
    /// The opposite of a condition.
    Not(Box<Self>),
    /// Whether it is NULL (true) or not (false).
    IsNull(Box<Self>, bool),
    /// Whether it is one of a list.
    In(Box<Self>, Vec<Self>),
    /// Whether it is in the answer of a query.
    InSelect(Box<Self>, Box<Select>),
    /// Whether it lies between two, both included.
    Between(Box<Self>, Box<Self>, Box<Self>),
    /// Whether it looks like a pattern; true = case does not count.
    Like(Box<Self>, String, bool),
    /// A function that has the same name everywhere.
    Call(&'static str, Vec<Self>),
    /// The number of characters.
    Characters(Box<Self>),
    /// Texts one after the other.
    Concat(Vec<Self>),
    /// A function over several rows.
    Aggregate(Aggregate),
    /// The value of the first condition that holds, else the last one.
    Case(Vec<(Self, Self)>, Option<Box<Self>>),
    /// A value as another type.
    Cast(Box<Self>, ValueType),
    /// Whether a query has an answer.
    Exists(Box<Select>),
    /// The only value of a query's answer.
    Scalar(Box<Select>),
    /// The server's clock, in UTC.
    Now,
    /// A moment, later by so many microseconds.
    Shifted(Box<Self>, i64),
    /// A part of a moment.
    Part(DatePart, Box<Self>),
    /// A text that is compared and sorted by its bytes.
    ByBytes(Box<Self>),
    /// SQL as it is, `?` for each value.
    Raw(String, Vec<Value>),
    /// An expression with a name for its column in the answer.
    Label(Box<Self>, String),
    /// What cannot be asked, and why: a query with it is refused.
    Wrong(String),
}

/// What stands between two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// The quotient with its fraction.
    Div,
    /// The rest of a division of whole numbers.
    Rem,
}

impl Operator {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
        }
    }

    pub(crate) fn compares(self) -> bool {
        matches!(self, Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }
}

/// A function over several rows, of a group or of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    pub(crate) function: &'static str,
    pub(crate) arguments: Vec<Expr>,
    pub(crate) distinct: bool,
    pub(crate) over: Option<Window>,
}

/// The rows that a window function sees.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    pub(crate) partition: Vec<Expr>,
    pub(crate) order: Vec<Order>,
}

impl Window {
    /// All rows, in no order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Rows that are equal in this are a window of their own.
    #[must_use]
    pub fn partition_by(mut self, expr: impl Into<Expr>) -> Self {
        self.partition.push(expr.into());
        self
    }

    /// The order within the window; the function sees the rows up to its own.
    #[must_use]
    pub fn order_by(mut self, order: impl Into<Order>) -> Self {
        self.order.push(order.into());
        self
    }
}

/// A term of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub(crate) expr: Expr,
    pub(crate) descending: bool,
    /// None: first where it ascends, last where it descends.
    pub(crate) nulls_first: Option<bool>,
}

impl Order {
    /// NULLs before all others.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.nulls_first = Some(true);
        self
    }

    /// NULLs behind all others.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.nulls_first = Some(false);
        self
    }
}

impl<T: Into<Expr>> From<T> for Order {
    fn from(expr: T) -> Self {
        Self { expr: expr.into(), descending: false, nulls_first: None }
    }
}

impl<T: Into<Value>> From<T> for Expr {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

/// A column by its name: `orders.total` or `total`.
pub fn col(name: &str) -> Expr {
    match name.rsplit_once('.') {
        Some((table, column)) => Expr::Column(Some(table.to_owned()), column.to_owned(), None),
        None => Expr::Column(None, name.to_owned(), None),
    }
}

/// A value as an expression.
pub fn value(value: impl Into<Value>) -> Expr {
    Expr::Value(value.into())
}

/// SQL as it is: each `?` in it is a value, `??` a question mark. Values never become part of the text.
pub fn raw(sql: &str, values: impl IntoIterator<Item = Value>) -> Expr {
    Expr::Raw(sql.to_owned(), values.into_iter().collect())
}

/// All of these conditions.
pub fn all_of(conditions: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Logic(true, conditions.into_iter().collect())
}

/// Any of these conditions.
pub fn any_of(conditions: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Logic(false, conditions.into_iter().collect())
}

/// Whether the query has an answer.
pub fn exists(query: impl Into<Select>) -> Expr {
    Expr::Exists(Box::new(query.into()))
}

/// The only value of the query's answer.
pub fn scalar(query: impl Into<Select>) -> Expr {
    Expr::Scalar(Box::new(query.into()))
}

/// The server's clock when the statement began, in UTC.
pub fn now() -> Expr {
    Expr::Now
}

/// So long before [`now`]: `ago(days(30))`.
pub fn ago(time: std::time::Duration) -> Expr {
    Expr::Now.earlier(time)
}

/// So many days, as a duration.
pub fn days(count: u32) -> std::time::Duration {
    std::time::Duration::from_secs(u64::from(count) * 86_400)
}

/// The first that is not NULL.
pub fn coalesce(exprs: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Call("COALESCE", exprs.into_iter().collect())
}

/// Texts one after the other; NULL where one is NULL.
pub fn concat(exprs: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Concat(exprs.into_iter().collect())
}

/// The value of the first condition that holds, else `otherwise`.
pub fn case(cases: impl IntoIterator<Item = (Expr, Expr)>, otherwise: impl Into<Expr>) -> Expr {
    Expr::Case(cases.into_iter().collect(), Some(Box::new(otherwise.into())))
}

fn aggregate(function: &'static str, arguments: Vec<Expr>) -> Expr {
    Expr::Aggregate(Aggregate { function, arguments, distinct: false, over: None })
}

/// The number of rows.
pub fn count_all() -> Expr {
    aggregate("COUNT", Vec::new())
}

/// The number of rows where this is not NULL.
pub fn count(expr: impl Into<Expr>) -> Expr {
    aggregate("COUNT", vec![expr.into()])
}

/// The number of different values that are not NULL.
pub fn count_distinct(expr: impl Into<Expr>) -> Expr {
    Expr::Aggregate(Aggregate { function: "COUNT", arguments: vec![expr.into()], distinct: true, over: None })
}

/// The sum; NULL of no row.
pub fn sum(expr: impl Into<Expr>) -> Expr {
    aggregate("SUM", vec![expr.into()])
}

/// The mean, a real number; NULL of no row.
pub fn avg(expr: impl Into<Expr>) -> Expr {
    aggregate("AVG", vec![expr.into()])
}

/// The least.
pub fn min(expr: impl Into<Expr>) -> Expr {
    aggregate("MIN", vec![expr.into()])
}

/// The greatest.
pub fn max(expr: impl Into<Expr>) -> Expr {
    aggregate("MAX", vec![expr.into()])
}

/// The number of the row in its window, from 1.
pub fn row_number() -> Expr {
    aggregate("ROW_NUMBER", Vec::new())
}

/// The rank of the row in its window, with gaps behind equal ones.
pub fn rank() -> Expr {
    aggregate("RANK", Vec::new())
}

/// The rank of the row in its window, without gaps.
pub fn dense_rank() -> Expr {
    aggregate("DENSE_RANK", Vec::new())
}

/// The value of the row before in its window; NULL for the first.
pub fn lag(expr: impl Into<Expr>) -> Expr {
    aggregate("LAG", vec![expr.into()])
}

/// The value of the next row in its window; NULL for the last.
pub fn lead(expr: impl Into<Expr>) -> Expr {
    aggregate("LEAD", vec![expr.into()])
}

/// What can be compared, computed with and named: [`Expr`], and the typed columns of a model.
#[expect(clippy::wrong_self_convention, reason = "they build a query, and ask nothing")]
pub trait Operand: Into<Expr> + Sized {
    /// `=`; with NULL `IS NULL`.
    fn eq(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Eq, other)
    }
    /// `<>`; with NULL `IS NOT NULL`.
    fn ne(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Ne, other)
    }
    /// `<`
    fn lt(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Lt, other)
    }
    /// `<=`
    fn le(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Le, other)
    }
    /// `>`
    fn gt(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Gt, other)
    }
    /// `>=`
    fn ge(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Ge, other)
    }
    /// The sum.
    fn plus(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Add, other)
    }
    /// The difference.
    fn minus(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Sub, other)
    }
    /// The product.
    fn times(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Mul, other)
    }
    /// The quotient, a real number, whatever the two are.
    fn over_number(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Div, other)
    }
    /// The rest of a division of whole numbers.
    fn rest(self, other: impl Into<Expr>) -> Expr {
        binary(self, Operator::Rem, other)
    }
    /// Whether it is one of a list; an empty list has nothing.
    fn is_in<T: Into<Expr>>(self, list: impl IntoIterator<Item = T>) -> Expr {
        Expr::In(Box::new(self.into()), list.into_iter().map(Into::into).collect())
    }
    /// Whether it is in the answer of a query.
    fn in_select(self, query: impl Into<Select>) -> Expr {
        Expr::InSelect(Box::new(self.into()), Box::new(query.into()))
    }
    /// Whether it lies between two, both included.
    fn between(self, low: impl Into<Expr>, high: impl Into<Expr>) -> Expr {
        Expr::Between(Box::new(self.into()), Box::new(low.into()), Box::new(high.into()))
    }
    /// Whether it looks like the pattern: `%` any text, `_` any character, a backslash before one that means itself.
    /// Case counts, on every database.
    fn like(self, pattern: &str) -> Expr {
        Expr::Like(Box::new(self.into()), pattern.to_owned(), false)
    }
    /// As [`Operand::like`], where case does not count (on SQLite for the letters of ASCII alone).
    fn ilike(self, pattern: &str) -> Expr {
        Expr::Like(Box::new(self.into()), pattern.to_owned(), true)
    }
    /// Whether it begins with this text.
    fn starts_with(self, text: &str) -> Expr {
        self.like(&format!("{}%", escaped(text)))
    }
    /// Whether this text is in it.
    fn contains(self, text: &str) -> Expr {
        self.like(&format!("%{}%", escaped(text)))
    }
    /// Whether it is NULL.
    fn is_null(self) -> Expr {
        Expr::IsNull(Box::new(self.into()), true)
    }
    /// Whether it is not NULL.
    fn is_not_null(self) -> Expr {
        Expr::IsNull(Box::new(self.into()), false)
    }
    /// A name for it in the answer.
    fn label(self, name: &str) -> Expr {
        Expr::Label(Box::new(self.into()), name.to_owned())
    }
    /// From the greatest to the least; NULLs last.
    fn desc(self) -> Order {
        Order { expr: self.into(), descending: true, nulls_first: None }
    }
    /// From the least to the greatest; NULLs first.
    fn asc(self) -> Order {
        Order { expr: self.into(), descending: false, nulls_first: None }
    }
    /// Compared and sorted by its bytes, whatever the database's language.
    fn by_bytes(self) -> Expr {
        Expr::ByBytes(Box::new(self.into()))
    }
    /// In lower case (on SQLite the letters of ASCII alone).
    fn lower(self) -> Expr {
        Expr::Call("LOWER", vec![self.into()])
    }
    /// In upper case (on SQLite the letters of ASCII alone).
    fn upper(self) -> Expr {
        Expr::Call("UPPER", vec![self.into()])
    }
    /// Without spaces at both ends.
    fn trim(self) -> Expr {
        Expr::Call("TRIM", vec![self.into()])
    }
    /// The number without its sign.
    fn abs(self) -> Expr {
        Expr::Call("ABS", vec![self.into()])
    }
    /// The number of characters.
    fn characters(self) -> Expr {
        Expr::Characters(Box::new(self.into()))
    }
    /// As another type.
    fn cast(self, ty: ValueType) -> Expr {
        Expr::Cast(Box::new(self.into()), ty)
    }
    /// A moment that is later by so much.
    fn later(self, time: std::time::Duration) -> Expr {
        Expr::Shifted(Box::new(self.into()), i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
    }
    /// A moment that is earlier by so much.
    fn earlier(self, time: std::time::Duration) -> Expr {
        Expr::Shifted(Box::new(self.into()), i64::try_from(time.as_micros()).map_or(i64::MIN, |micros| -micros))
    }
    /// A part of a moment: its year, its hour.
    fn part(self, part: DatePart) -> Expr {
        Expr::Part(part, Box::new(self.into()))
    }
}

impl Operand for Expr {}

fn binary(left: impl Into<Expr>, operator: Operator, right: impl Into<Expr>) -> Expr {
    let (left, right) = (left.into(), right.into());
    match (operator, &right) {
        (Operator::Eq, Expr::Value(Value::Null)) => Expr::IsNull(Box::new(left), true),
        (Operator::Ne, Expr::Value(Value::Null)) => Expr::IsNull(Box::new(left), false),
        _ => Expr::Binary(Box::new(left), operator, Box::new(right)),
    }
}

/// Text that stands for itself in a pattern.
fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|letter| matches!(letter, '%' | '_' | '\\').then_some('\\').into_iter().chain([letter]))
        .collect()
}

impl Expr {
    /// Both conditions.
    #[must_use]
    pub fn and(self, other: impl Into<Self>) -> Self {
        all_of([self, other.into()])
    }

    /// Either condition.
    #[must_use]
    pub fn or(self, other: impl Into<Self>) -> Self {
        any_of([self, other.into()])
    }

    /// The opposite.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "it builds a query, and negates nothing")]
    pub fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Makes a function over a group one over a window. Anything else stays as it is.
    #[must_use]
    pub fn over(self, window: Window) -> Self {
        match self {
            Self::Aggregate(aggregate) => Self::Aggregate(Aggregate { over: Some(window), ..aggregate }),
            other => other,
        }
    }
}
