//! A small pool: so many connections that stay, so many more under load, each looked at before it is given out again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::db::{Connection, Settings, Url};
use crate::error::{Error, Kind, Result};
use crate::statement::ServerVersion;

/// How many connections there are, and how long they live.
#[derive(Clone, Debug)]
pub(crate) struct PoolSettings {
    /// Connections that stay when they are given back.
    pub(crate) size: usize,
    /// Connections beyond that, closed when they are given back.
    pub(crate) overflow: usize,
    /// How long to wait for one.
    pub(crate) wait: Duration,
    /// Whether one is asked a question before it is given out again.
    pub(crate) pre_ping: bool,
    /// How long one may lie unused. Zero = for ever.
    pub(crate) idle: Duration,
    /// How old one may become. Zero = as old as it likes.
    pub(crate) lifetime: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            size: 5,
            overflow: 10,
            wait: Duration::from_secs(30),
            pre_ping: true,
            idle: Duration::from_secs(600),
            lifetime: Duration::ZERO,
        }
    }
}

/// The connections of an engine.
pub(crate) struct Pool {
    url: Url,
    settings: Settings,
    pool: PoolSettings,
    room: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: Connection,
    since: Instant,
    born: Instant,
}

impl Pool {
    pub(crate) fn new(url: Url, settings: Settings, pool: PoolSettings) -> Arc<Self> {
        let room = Arc::new(Semaphore::new(pool.size + pool.overflow));
        Arc::new(Self { url, settings, pool, room, idle: Mutex::default() })
    }

    /// A connection that answers.
    ///
    /// Errors: Locked where none came free in time; what opening says.
    pub(crate) async fn take(self: &Arc<Self>) -> Result<Pooled> {
        let room = tokio::time::timeout(self.pool.wait, Arc::clone(&self.room).acquire_owned()).await;
        let Ok(Ok(permit)) = room else {
            let (count, wait) = (self.pool.size + self.pool.overflow, self.pool.wait.as_secs_f64());
            return Err(Error::new(
                Kind::Locked,
                format!("all {count} connections of the pool were busy for {wait} s"),
            )
            .with_hint("give sessions back sooner, or make the pool larger"));
        };
        while let Some(idle) = self.pop() {
            let Idle { mut connection, since, born } = idle;
            let over = |limit: Duration, from: Instant| !limit.is_zero() && from.elapsed() >= limit;
            let fresh = !over(self.pool.idle, since) && !over(self.pool.lifetime, born) && connection.is_usable();
            if fresh && (!self.pool.pre_ping || connection.rows("SELECT 1").await.is_ok()) {
                return Ok(self.pooled(connection, born, permit));
            }
            connection.close().await;
        }
        let connection = Connection::open(&self.url, &self.settings).await?;
        Ok(self.pooled(connection, Instant::now(), permit))
    }

    fn pooled(self: &Arc<Self>, connection: Connection, born: Instant, permit: OwnedSemaphorePermit) -> Pooled {
        Pooled { connection: Some(connection), pool: Arc::clone(self), born, _permit: permit }
    }

    fn pop(&self) -> Option<Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// How many lie unused.
    pub(crate) fn idle_count(&self) -> usize {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Closes those that lie unused.
    pub(crate) async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for idle in idle {
            idle.connection.close().await;
        }
    }
}

/// A connection of a pool. Dropped without being given back it is closed, and the server rolls back.
pub(crate) struct Pooled {
    connection: Option<Connection>,
    pool: Arc<Pool>,
    born: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Pooled {
    pub(crate) fn connection(&mut self) -> Result<&mut Connection> {
        self.connection.as_mut().ok_or_else(gone)
    }

    pub(crate) fn server(&self) -> Result<ServerVersion> {
        self.connection.as_ref().map(Connection::server).ok_or_else(gone)
    }

    /// Gives it back; false = it may be in the middle of something.
    pub(crate) async fn give_back(mut self, good: bool) {
        let Some(connection) = self.connection.take() else { return };
        let kept = {
            let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if good && connection.is_usable() && idle.len() < self.pool.pool.size {
                idle.push(Idle { connection, since: Instant::now(), born: self.born });
                None
            } else {
                Some(connection)
            }
        };
        if let Some(connection) = kept {
            connection.close().await;
        }
    }
}

fn gone() -> Error {
    Error::new(Kind::Connect, "the connection was given back")
}
