//! The engine: where the database is, how connections are pooled, and who is told of statements.

use std::sync::Arc;
use std::time::Duration;

use super::event::{Asked, Hooks};
use super::pool::{Pool, PoolSettings};
use super::session::{Held, Manners, Session};
use super::shape::Shapes;
use crate::db::{IntoOptions, Options};
use crate::dialect::query::Isolation;
use crate::error::Result;

pub(crate) use super::pool::Pooled;

/// Gives out sessions. Cheap to clone; may be shared by threads.
#[derive(Clone)]
pub struct Engine {
    pool: Arc<Pool>,
    hooks: Hooks,
    manners: Manners,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("hooks", &self.hooks).field("manners", &self.manners).finish_non_exhaustive()
    }
}

/// How an engine is made.
#[derive(Debug)]
pub struct EngineBuilder {
    options: Options,
    pool: PoolSettings,
    hooks: Hooks,
    manners: Manners,
}

impl Engine {
    /// An engine with the usual settings, of a URL, a SQLite file or [`Options`]. Nothing is opened yet.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config) for a URL that cannot be read.
    pub fn new(options: impl IntoOptions) -> Result<Self> {
        Self::builder(options).map(EngineBuilder::build)
    }

    /// An engine whose settings are still to be told.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn builder(options: impl IntoOptions) -> Result<EngineBuilder> {
        let options = options.into_options()?;
        let (pool, hooks, manners) = (PoolSettings::default(), Hooks::default(), Manners::default());
        Ok(EngineBuilder { options, pool, hooks, manners })
    }

    /// An engine on an empty SQLite database in memory: one connection, which stays.
    ///
    /// # Errors
    /// What opening says.
    pub async fn in_memory() -> Result<Self> {
        let engine = Self::builder(Options::in_memory())?.build();
        engine.pool.take().await?.give_back(true).await;
        Ok(engine)
    }

    /// A session on a connection of the pool, with the usual manners.
    ///
    /// # Errors
    /// [`Kind::Connect`](crate::Kind::Connect) where nobody answers, [`Kind::Locked`](crate::Kind::Locked) where no
    /// connection came free in time.
    pub async fn session(&self) -> Result<Session<'static>> {
        self.open(self.manners.clone()).await
    }

    /// A session that the server lets only read.
    ///
    /// # Errors
    /// As [`Engine::session`].
    pub async fn read_only_session(&self) -> Result<Session<'static>> {
        self.open(Manners { read_only: true, ..self.manners.clone() }).await
    }

    /// A session whose transactions see as much of others as this says.
    ///
    /// # Errors
    /// As [`Engine::session`].
    pub async fn isolated_session(&self, isolation: Isolation) -> Result<Session<'static>> {
        self.open(Manners { isolation: Some(isolation), ..self.manners.clone() }).await
    }

    async fn open(&self, manners: Manners) -> Result<Session<'static>> {
        let pooled = self.pool.take().await?;
        let held = Held::Pooled(Box::new(pooled));
        Session::with(held, Arc::new(Shapes::default()), self.hooks.counting_anew(), manners)
    }

    /// How many connections lie unused.
    pub fn idle_connections(&self) -> usize {
        self.pool.idle_count()
    }

    /// Closes the connections that lie unused; sessions that are open keep theirs.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl EngineBuilder {
    /// How many connections stay (usually 5), and how many more there may be (usually 10).
    #[must_use]
    pub fn pool(mut self, size: usize, overflow: usize) -> Self {
        (self.pool.size, self.pool.overflow) = (size.max(1), overflow);
        self
    }

    /// How long to wait for a connection. Usually 30 s.
    #[must_use]
    pub fn pool_wait(mut self, limit: Duration) -> Self {
        self.pool.wait = limit;
        self
    }

    /// Whether a connection is asked a question before it is given out again, and replaced if it does not answer. Usually
    /// so.
    #[must_use]
    pub fn pre_ping(mut self, on: bool) -> Self {
        self.pool.pre_ping = on;
        self
    }

    /// How long a connection may lie unused. Usually ten minutes; zero = for ever.
    #[must_use]
    pub fn idle_limit(mut self, limit: Duration) -> Self {
        self.pool.idle = limit;
        self
    }

    /// How old a connection may become. Zero, as usual: as old as it likes.
    #[must_use]
    pub fn lifetime(mut self, limit: Duration) -> Self {
        self.pool.lifetime = limit;
        self
    }

    /// Tells every statement to the log of the program (`tracing`, target `migrate::orm`).
    #[must_use]
    pub fn echo(mut self, on: bool) -> Self {
        self.hooks.echo = on;
        self
    }

    /// From when on a statement is slow. Usually 100 ms. Slow ones are told to the log (target `migrate::orm::slow`).
    #[must_use]
    pub fn slow_after(mut self, limit: Duration) -> Self {
        self.hooks.slow_after = limit;
        self
    }

    /// Is told of each statement before it is sent.
    #[must_use]
    pub fn on_before(mut self, sink: impl Fn(&Asked<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.before(sink);
        self
    }

    /// Is told of each statement when it is answered.
    #[must_use]
    pub fn on_after(mut self, sink: impl Fn(&Asked<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.after(sink);
        self
    }

    /// Is told of each slow statement.
    #[must_use]
    pub fn on_slow(mut self, sink: impl Fn(&Asked<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.slow(sink);
        self
    }

    /// A tag on every statement: `/* key=value */`.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.manners.tags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Whether what was added and changed is sent before each query. Usually so.
    #[must_use]
    pub fn autoflush(mut self, on: bool) -> Self {
        self.manners.autoflush = on;
        self
    }

    /// Whether entities are marked as expired by a commit, so that the next query reads them anew. Usually not.
    #[must_use]
    pub fn expire_on_commit(mut self, on: bool) -> Self {
        self.manners.expire_on_commit = on;
        self
    }

    /// How much of what others do transactions see. Usually what the database does by itself.
    #[must_use]
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.manners.isolation = Some(isolation);
        self
    }

    /// The engine.
    pub fn build(self) -> Engine {
        let Self { options, mut pool, hooks, manners } = self;
        // Each connection to memory is a database of its own.
        if options.url.is_memory() {
            (pool.size, pool.overflow, pool.idle, pool.lifetime) = (1, 0, Duration::ZERO, Duration::ZERO);
        }
        Engine { pool: Pool::new(options.url, options.settings, pool), hooks, manners }
    }
}
