//! A session: one connection, the transaction on it, the shapes that it knows, and the entities that it holds.
//!
//! Every statement goes through [`Session::send`]: there it is tagged, counted, timed and told of.

mod transaction;

pub use transaction::Scoped;
pub(crate) use transaction::is_about_rows;

use std::sync::Arc;
use std::time::Instant;

use super::engine::Pooled;
use super::event::{Asked, Hooks};
use super::fit;
use super::render::Text;
use super::row::{FromRow, Row};
use super::select::Select;
use super::shape::{Shape, Shapes};
use crate::db::{Answer, Connection};
use crate::dialect::query::Isolation;
use crate::dialect::{self, Scope, Server};
use crate::error::{Error, Kind, Result};
use crate::schema::Schema;
use crate::statement::ServerVersion;
use crate::statement::value::{Value, ValueType};

/// How a session behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manners {
    pub(crate) autoflush: bool,
    pub(crate) expire_on_commit: bool,
    pub(crate) read_only: bool,
    pub(crate) isolation: Option<Isolation>,
    pub(crate) tags: Vec<(String, String)>,
}

impl Default for Manners {
    fn default() -> Self {
        Self { autoflush: true, expire_on_commit: false, read_only: false, isolation: None, tags: Vec::new() }
    }
}

/// Whose connection it is.
pub(crate) enum Held<'c> {
    /// Of a caller, who has opened its transaction and ends it.
    Lent(&'c mut Connection),
    /// Of a pool.
    Pooled(Box<Pooled>),
}

/// A unit of work on one connection.
pub struct Session<'c> {
    held: Held<'c>,
    pub(crate) dialect: &'static dyn Server,
    pub(crate) server: ServerVersion,
    pub(crate) shapes: Arc<Shapes>,
    pub(crate) hooks: Hooks,
    pub(crate) manners: Manners,
    context: String,
    /// How many savepoints are open in the transaction.
    depth: usize,
    /// What was sent when each of them was opened.
    marks: Vec<(String, super::unit::Mark)>,
    begun: bool,
    /// A scoped transaction was left in the middle: only the server's rollback is left.
    broken: bool,
    pub(crate) work: super::unit::Work,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("server", &self.server).field("begun", &self.begun).finish_non_exhaustive()
    }
}

impl<'c> Session<'c> {
    /// A session on a connection whose transaction is another's business, with the tables as they are at a revision.
    #[allow(dead_code, reason = "data steps open it")]
    pub(crate) fn on(connection: &'c mut Connection, tables: &Schema) -> Result<Self> {
        let server = connection.server();
        let dialect = dialect::of(server)?;
        let shapes = Arc::new(Shapes::of(tables, dialect, server));
        Self::with(Held::Lent(connection), shapes, Hooks::default(), Manners::default())
    }

    pub(crate) fn with(held: Held<'c>, shapes: Arc<Shapes>, hooks: Hooks, manners: Manners) -> Result<Self> {
        let server = match &held {
            Held::Lent(connection) => connection.server(),
            Held::Pooled(pooled) => pooled.server()?,
        };
        let dialect = dialect::of(server)?;
        Ok(Self {
            held,
            dialect,
            server,
            shapes,
            hooks,
            manners,
            context: String::new(),
            depth: 0,
            marks: Vec::new(),
            begun: false,
            broken: false,
            work: super::unit::Work::default(),
        })
    }

    pub(crate) fn connection(&mut self) -> Result<&mut Connection> {
        if self.broken {
            return Err(Error::new(Kind::Statement, "the session was left in the middle of a transaction")
                .with_hint("open another one; the database has rolled this one back"));
        }
        match &mut self.held {
            Held::Lent(connection) => Ok(connection),
            Held::Pooled(pooled) => pooled.connection(),
        }
    }

    /// What is said with events and slow statements from now on: who asks, and for what.
    pub fn set_context(&mut self, context: impl Into<String>) {
        self.context = context.into();
    }

    /// A tag for every statement from now on: `/* key=value */` behind it, so that the server's own logs tell who asked.
    pub fn set_tag(&mut self, key: &str, value: &str) {
        self.manners.tags.retain(|(known, _)| known != key);
        self.manners.tags.push((key.to_owned(), value.to_owned()));
    }

    /// How many statements this session has sent, those of transactions included.
    pub fn statements(&self) -> u64 {
        self.hooks.count()
    }

    /// The tables that it knows.
    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// Looks at the tables of the connection's own schema, as they are now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn reflect(&mut self) -> Result<()> {
        let (dialect, server) = (self.dialect, self.server);
        let schema = dialect.inspect(self.connection()?, &Scope::default()).await?;
        self.shapes = Arc::new(Shapes::of(&schema, dialect, server));
        Ok(())
    }

    /// A table that it knows.
    ///
    /// # Errors
    /// [`Kind::Usage`] where there is none of this name.
    pub fn shape(&self, table: &str) -> Result<Arc<Shape>> {
        self.shapes.get(table).cloned().ok_or_else(|| {
            let error = Error::new(Kind::Usage, format!("there is no table {table} in this session"));
            match self.shapes.nearest(table) {
                Some(nearest) => error.with_hint(format!("did you mean {nearest}?")),
                None => error,
            }
        })
    }

    /// Sends one statement, begins the transaction before the first one, and tells of it.
    pub(crate) async fn send(&mut self, sql: &str, values: &[Value]) -> Result<Answer> {
        self.begin_if_needed().await?;
        self.send_at_once(sql, values).await
    }

    /// As [`Session::send`], without a transaction of its own.
    pub(crate) async fn send_at_once(&mut self, sql: &str, values: &[Value]) -> Result<Answer> {
        let tagged = self.tagged(sql);
        let hooks = self.hooks.clone();
        let context = self.context.clone();
        let mut asked =
            Asked { sql, parameters: values.len(), context: &context, elapsed: None, rows: None, error: None };
        hooks.begin(&asked);
        let started = Instant::now();
        let answer = self.connection()?.query(&tagged, values).await;
        asked.elapsed = Some(started.elapsed());
        match &answer {
            Ok(answer) if answer.rows.is_empty() => asked.rows = Some(answer.affected),
            Ok(answer) => asked.rows = u64::try_from(answer.rows.len()).ok(),
            Err(error) => asked.error = Some(error),
        }
        hooks.end(&asked);
        answer
    }

    /// Rows as a stream of chunks, where the database takes one.
    pub(crate) async fn send_copy(
        &mut self,
        sql: &str,
        chunks: &mut (dyn FnMut() -> Result<Option<Vec<u8>>> + Send),
    ) -> Result<u64> {
        let hooks = self.hooks.clone();
        let context = self.context.clone();
        let mut asked = Asked { sql, parameters: 0, context: &context, elapsed: None, rows: None, error: None };
        hooks.begin(&asked);
        let started = Instant::now();
        let done = self.connection()?.copy_in(sql, chunks).await;
        asked.elapsed = Some(started.elapsed());
        asked.rows = done.as_ref().ok().copied();
        asked.error = done.as_ref().err();
        hooks.end(&asked);
        done
    }

    /// One statement of a transaction, as text.
    pub(crate) async fn say(&mut self, sql: &str) -> Result<()> {
        let hooks = self.hooks.clone();
        let context = self.context.clone();
        let mut asked = Asked { sql, parameters: 0, context: &context, elapsed: None, rows: None, error: None };
        hooks.begin(&asked);
        let started = Instant::now();
        let done = self.connection()?.execute(sql).await;
        asked.elapsed = Some(started.elapsed());
        asked.error = done.as_ref().err();
        hooks.end(&asked);
        done.map(drop)
    }

    /// The tags behind the statement, where a server keeps them in its logs.
    fn tagged(&self, sql: &str) -> String {
        if self.manners.tags.is_empty() {
            return sql.to_owned();
        }
        let safe = |text: &str| text.replace("*/", "* /").replace("/*", "/ *").replace(['\n', '\r', '?', '$'], " ");
        let tags: Vec<String> =
            self.manners.tags.iter().map(|(key, value)| format!("{}={}", safe(key), safe(value))).collect();
        format!("{sql} /* {} */", tags.join(" "))
    }

    /// A text that is being rendered for this session.
    pub(crate) fn text<'s>(&self, shapes: &'s Shapes) -> Text<'s> {
        Text::new(self.dialect, shapes)
    }

    /// A query as SQL, with its values; nothing is sent.
    ///
    /// # Errors
    /// [`Kind::Usage`] for SQL of yours whose question marks and values do not fit together.
    pub fn sql(&self, query: impl Into<Select>) -> Result<(String, Vec<Value>)> {
        let shapes = Arc::clone(&self.shapes);
        let mut text = self.text(&shapes);
        text.select(&query.into())?;
        Ok((text.sql, text.values))
    }

    /// The rows of a query, as they are: no identity map, nothing tracked.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rows_of(&mut self, query: impl Into<Select>) -> Result<Vec<Row>> {
        self.flush_before_query().await?;
        let query = query.into();
        let (sql, values, types) = self.rendered(&query)?;
        let answer = self.send(&sql, &values).await?;
        Ok(rows_with_types(answer, &types))
    }

    /// The rows of a query, as tuples of Rust's types.
    ///
    /// # Errors
    /// What the database says; [`Kind::Usage`] where a column holds something else.
    pub async fn tuples<T: FromRow>(&mut self, query: impl Into<Select>) -> Result<Vec<T>> {
        self.rows_of(query).await?.iter().map(T::from_row).collect()
    }

    /// The only value of a query's first row; None where it has none.
    ///
    /// # Errors
    /// As [`Session::tuples`].
    pub async fn scalar<T: super::row::FromValue>(&mut self, query: impl Into<Select>) -> Result<Option<T>> {
        self.rows_of(query).await?.first().map(|row| row.at(0)).transpose()
    }

    /// The rows of a statement of yours, `?` for each value.
    ///
    /// # Errors
    /// What the database says.
    pub async fn query(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Vec<Row>> {
        self.flush_before_query().await?;
        let answer = self.raw(sql, values).await?;
        Ok(rows_with_types(answer, &[]))
    }

    /// Runs a statement of yours, `?` for each value; gives the number of affected rows.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64> {
        self.flush_before_query().await?;
        self.raw(sql, values).await.map(|answer| answer.affected)
    }

    /// Runs a statement outside of transactions: what was done before is committed. For what ends a transaction by itself
    /// (a `CREATE TABLE` on MariaDB and MySQL) or is refused in one (`VACUUM`).
    ///
    /// # Errors
    /// What the database says; [`Kind::Usage`] on the connection of a revision.
    pub async fn execute_alone(&mut self, sql: &str) -> Result<u64> {
        self.commit().await?;
        self.send_at_once(sql, &[]).await.map(|answer| answer.affected)
    }

    async fn raw(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Answer> {
        let values: Vec<Value> = values.into_iter().collect();
        let shapes = Arc::clone(&self.shapes);
        let mut text = self.text(&shapes);
        text.raw(sql, &values)?;
        let (sql, values) = (text.sql, text.values);
        self.send(&sql, &values).await
    }

    /// A query as SQL, and what its columns hold.
    pub(crate) fn rendered(&self, query: &Select) -> Result<(String, Vec<Value>, Vec<Option<ValueType>>)> {
        let shapes = Arc::clone(&self.shapes);
        let mut text = self.text(&shapes);
        text.select(query)?;
        let types = text.types(query);
        Ok((text.sql, text.values, types))
    }
}

/// The rows of an answer, each cell as its column means it.
pub(crate) fn rows_with_types(answer: Answer, types: &[Option<ValueType>]) -> Vec<Row> {
    let names = answer.columns;
    let rows = answer.rows.into_iter().map(|values| {
        let typed = values.into_iter().enumerate().map(|(place, value)| match types.get(place) {
            Some(Some(ty)) => fit::read(value, ty),
            _ => value,
        });
        Row { names: Arc::clone(&names), values: typed.collect() }
    });
    rows.collect()
}
