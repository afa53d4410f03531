//! The transaction of a session: begun by its first statement, ended by its owner; savepoints and scoped parts within.

use std::pin::Pin;

use super::{Held, Session};
use crate::error::{Error, Kind, Result};
use crate::orm::unit::Mark;

/// What a scoped transaction runs.
pub type Scoped<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

impl Session<'_> {
    /// Begins the transaction before the first statement, where the connection is the session's own.
    pub(crate) async fn begin_if_needed(&mut self) -> Result<()> {
        if self.begun || self.is_lent() {
            return Ok(());
        }
        let (isolation, read_only) = (self.manners.isolation, self.manners.read_only);
        let phrases = self.dialect.phrases();
        let mut words = phrases.begin(isolation, read_only);
        if read_only && let Some(word) = phrases.read_only(true) {
            words.insert(0, word.to_owned());
        }
        let last = words.pop();
        for word in words {
            self.say(&word).await?;
        }
        if let Some(last) = last {
            self.tell_begin(&last).await?;
        }
        self.begun = true;
        Ok(())
    }

    async fn tell_begin(&mut self, words: &str) -> Result<()> {
        let hooks = self.hooks.clone();
        let asked = super::Asked { sql: words, parameters: 0, context: "", elapsed: None, rows: None, error: None };
        hooks.begin(&asked);
        let started = std::time::Instant::now();
        let done = self.connection()?.begin_raw(words).await;
        hooks.end(&super::Asked { elapsed: Some(started.elapsed()), error: done.as_ref().err(), ..asked });
        done
    }

    /// Whether the connection is another's, who ends its transaction.
    pub(crate) fn is_lent(&self) -> bool {
        matches!(self.held, Held::Lent(_))
    }

    /// Whether a transaction is open.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.begun || self.is_lent()
    }

    /// Sends what was added and changed, and keeps it for good. The next statement begins another transaction.
    ///
    /// # Errors
    /// What the database says; nothing was kept then. [`Kind::Usage`] on the connection of a revision, which ends its
    /// transaction itself.
    pub async fn commit(&mut self) -> Result<()> {
        self.refuse_lent("commit")?;
        self.flush().await?;
        if self.begun {
            let done = self.connection()?.commit().await;
            if let Err(error) = done {
                self.forget_work().await;
                return Err(error);
            }
            self.end().await?;
        }
        self.work.committed(self.manners.expire_on_commit);
        Ok(())
    }

    /// Takes back what was sent since the last commit, and forgets what was not sent.
    ///
    /// # Errors
    /// A connection that is lost; the database has rolled back then. [`Kind::Usage`] on the connection of a revision.
    pub async fn rollback(&mut self) -> Result<()> {
        self.refuse_lent("roll back")?;
        self.work.rolled_back(Mark::default());
        if self.begun {
            self.connection()?.rollback().await?;
            self.end().await?;
        }
        Ok(())
    }

    async fn forget_work(&mut self) {
        self.work.rolled_back(Mark::default());
        if let Ok(connection) = self.connection() {
            drop(connection.rollback().await);
        }
        self.begun = false;
        self.depth = 0;
        self.marks.clear();
    }

    async fn end(&mut self) -> Result<()> {
        self.begun = false;
        self.depth = 0;
        self.marks.clear();
        if self.manners.read_only
            && let Some(word) = self.dialect.phrases().read_only(false)
        {
            self.say(word).await?;
        }
        Ok(())
    }

    fn refuse_lent(&self, what: &str) -> Result<()> {
        if self.is_lent() {
            return Err(Error::new(Kind::Usage, format!("a session of a revision cannot {what}"))
                .with_hint("leave it to the revision, or use a savepoint"));
        }
        Ok(())
    }

    /// Gives the connection back; what was not committed is rolled back.
    ///
    /// # Errors
    /// None today: a connection that cannot be given back is closed.
    pub async fn close(mut self) -> Result<()> {
        if self.begun && !self.broken && self.rollback().await.is_err() {
            self.broken = true;
        }
        if let Held::Pooled(pooled) = self.held {
            pooled.give_back(!self.broken).await;
        }
        Ok(())
    }

    /// Opens a savepoint in the transaction; gives its name for [`Session::rollback_to`] and [`Session::release`].
    ///
    /// # Errors
    /// What the database says.
    pub async fn savepoint(&mut self) -> Result<String> {
        self.flush().await?;
        self.begin_if_needed().await?;
        self.depth += 1;
        let name = format!("sp_{}", self.depth);
        self.say(&format!("SAVEPOINT {name}")).await?;
        self.marks.push((name.clone(), self.work.mark()));
        Ok(name)
    }

    /// Takes back what was sent since the savepoint, which stays.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rollback_to(&mut self, savepoint: &str) -> Result<()> {
        let mark = self.marks.iter().rev().find(|(name, _)| name == savepoint);
        self.work.rolled_back(mark.map(|(_, mark)| *mark).unwrap_or_default());
        let name = self.dialect.quote(&savepoint.into());
        self.say(&format!("ROLLBACK TO SAVEPOINT {name}")).await
    }

    /// Forgets a savepoint and keeps what was done since.
    ///
    /// # Errors
    /// What the database says.
    pub async fn release(&mut self, savepoint: &str) -> Result<()> {
        self.flush().await?;
        let name = self.dialect.quote(&savepoint.into());
        self.say(&format!("RELEASE SAVEPOINT {name}")).await
    }

    /// Runs `work` in a transaction: committed where it ends well, rolled back where it fails or panics. Within another
    /// one, and in a revision, a savepoint does the same.
    ///
    /// ```
    /// # use migrate::orm::{Engine, Value};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let engine = Engine::in_memory().await?;
    /// let mut session = engine.session().await?;
    /// session.execute("CREATE TABLE notes (text TEXT NOT NULL)", []).await?;
    /// session.commit().await?;
    /// let failed = session.transaction(|session| Box::pin(async move {
    ///     session.execute("INSERT INTO notes VALUES (?)", [Value::from("kept?")]).await?;
    ///     session.execute("INSERT INTO notes VALUES (?)", [Value::Null]).await
    /// }));
    /// assert!(failed.await.is_err());
    /// assert_eq!(session.query("SELECT * FROM notes", []).await?.len(), 0);
    /// session.close().await
    /// # })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// That of `work`, and what the database says.
    pub async fn transaction<T>(&mut self, work: impl for<'a> FnOnce(&'a mut Self) -> Scoped<'a, T>) -> Result<T> {
        let inner = self.is_in_transaction();
        let savepoint = if inner { Some(self.savepoint().await?) } else { None };
        if !inner {
            self.begin_if_needed().await?;
        }
        let done = {
            let mut guard = Guard { session: self, ended: false };
            let done = work(guard.session).await;
            guard.ended = true;
            done
        };
        match (done, savepoint) {
            (Ok(value), Some(savepoint)) => self.release(&savepoint).await.map(|()| value),
            (Ok(value), None) => self.commit().await.map(|()| value),
            (Err(error), Some(savepoint)) => {
                self.rollback_to(&savepoint).await?;
                self.release(&savepoint).await?;
                Err(error)
            }
            (Err(error), None) => {
                self.rollback().await?;
                Err(error)
            }
        }
    }
}

/// Marks the session as broken when it is dropped before the work has ended.
struct Guard<'s, 'c> {
    session: &'s mut Session<'c>,
    ended: bool,
}

impl Drop for Guard<'_, '_> {
    fn drop(&mut self) {
        if !self.ended {
            self.session.broken = true;
        }
    }
}

const OF_A_BATCH: &str = "orm_batch";

impl Session<'_> {
    /// A savepoint for one batch, which flushes nothing.
    pub(crate) async fn bare_savepoint(&mut self) -> Result<&'static str> {
        self.begin_if_needed().await?;
        self.say(&format!("SAVEPOINT {OF_A_BATCH}")).await?;
        Ok(OF_A_BATCH)
    }

    /// Ends it: what was done stays, or is taken back.
    pub(crate) async fn end_bare_savepoint(&mut self, savepoint: Option<&str>, keep: bool) -> Result<()> {
        let Some(name) = savepoint else { return Ok(()) };
        if !keep {
            self.say(&format!("ROLLBACK TO SAVEPOINT {name}")).await?;
        }
        self.say(&format!("RELEASE SAVEPOINT {name}")).await
    }
}

/// Whether the database refused values, and lives on: another row may fare better.
pub(crate) fn is_about_rows(error: &Error) -> bool {
    error.kind() == Kind::Statement && !crate::db::is_connection_lost(error)
}
