//! The one connection that holds the lock and does the work.

use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(all(feature = "orm", feature = "db"))]
use super::bound::{Chunks, Take};
use super::cancel::Cancel;
use super::driver::{Driver, Sink, Stopped};
use super::failure::{self, Doing, Occasion, Reply, Source};
use super::row::Row;
use super::session::Traces;
use super::settings::Settings;
use super::transaction::Transaction;
use super::url::Url;
use crate::error::{Error, Kind, Result};
use crate::schema::Ident;
use crate::statement::value::Value;
use crate::statement::{ServerVersion, Statement};

/// One dedicated connection to a database. It never reconnects by itself. Dropping it closes it; the server then rolls
/// back what was not committed.
pub(crate) struct Connection {
    pub(super) driver: Driver,
    url: Url,
    settings: Settings,
    server: ServerVersion,
    own_schema: Ident,
    stands_in: bool,
    /// See [`Connection::is_pooled`].
    pub(super) in_each_transaction: Option<String>,
    cancel: Option<Cancel>,
    pub(super) transaction: Option<Transaction>,
    /// See [`Connection::hold_lease`].
    lease: Option<Lease>,
    /// See [`super::session`].
    pub(super) traces: Traces,
    /// It has other limits than when it was opened.
    #[cfg_attr(not(feature = "mysql"), allow(dead_code, reason = "where all is asked for alone"))]
    pub(super) is_limited: bool,
    /// Why it can do nothing more.
    health: Health,
}

/// What is sent with a statement, and who takes the rows of its answer.
enum Told<'a> {
    Text(Sink<'a>),
    #[cfg(all(feature = "orm", feature = "db"))]
    Copy(Chunks<'a>),
    #[cfg(all(feature = "orm", feature = "db"))]
    Bound(&'a [Value], Take<'a>),
}

/// The answer to a statement with parameters.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The names of the columns; empty where there is no row.
    pub(crate) columns: Arc<[String]>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) affected: u64,
}

impl Default for Answer {
    fn default() -> Self {
        Self { columns: Arc::new([]), rows: Vec::new(), affected: 0 }
    }
}

/// What a session holds only as long as another one says that it lives.
#[derive(Clone)]
pub(crate) struct Lease {
    /// The statement that says so.
    pub(crate) sign_of_life: String,
    /// How often.
    pub(crate) period: Duration,
    /// The statement that gives it back.
    pub(crate) release: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Good,
    /// A statement is on its way; still so at the next one, its future was dropped in the middle.
    Busy,
    Lost,
}

impl Connection {
    /// Connects and makes the session known: time zone, formats, modes, limits, role.
    ///
    /// Errors: Connect (not reachable, login refused, no such database or folder), Privilege (role), Config (a role on
    /// SQLite), Unsupported (built without this driver).
    pub(crate) async fn open(url: &Url, settings: &Settings) -> Result<Self> {
        let started = Instant::now();
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        let with_password = &url.with_password_of_now().await?;
        #[cfg(not(any(feature = "postgres", feature = "mysql")))]
        let with_password = url;
        let (driver, greeting) = match Box::pin(Driver::open(with_password, settings)).await {
            Ok(opened) => opened,
            Err(Stopped::Sink(error)) => return Err(error),
            Err(Stopped::Server(reply)) => {
                let (doing, elapsed) = (Doing::Connecting, started.elapsed());
                return Err(failure::error(reply, &Occasion { doing, url, settings, sql: None, ended: None, elapsed }));
            }
        };
        Ok(Self {
            driver,
            url: url.clone(),
            settings: settings.clone(),
            server: greeting.server,
            own_schema: greeting.own_schema,
            stands_in: greeting.stands_in,
            in_each_transaction: greeting.in_each_transaction,
            cancel: None,
            transaction: None,
            lease: None,
            traces: Traces::default(),
            is_limited: false,
            health: Health::Good,
        })
    }

    /// Product and version, as read at connect.
    pub(crate) fn server(&self) -> ServerVersion {
        self.server
    }

    /// The schema that names without one mean, as it was after connecting: PostgreSQL's `current_schema()` (`public`
    /// if the search path names none that is there), MySQL's
    /// `database()` (empty if none was chosen), SQLite's `main`.
    pub(crate) fn own_schema(&self) -> &Ident {
        &self.own_schema
    }

    /// SQLite: the schemas beside the own one, one for each attached file; none elsewhere.
    pub(crate) fn attached(&self) -> Vec<Ident> {
        self.url.attached()
    }

    /// Where it is connected to.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// How it was opened.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Gives the session other time limits; behind a pooler the transaction that is open, and those that come.
    pub(crate) async fn limit(&mut self, lock_timeout: Duration, statement_timeout: Duration) -> Result<()> {
        self.settings = Settings { lock_timeout, statement_timeout, ..self.settings.clone() };
        self.is_limited = true;
        #[cfg(feature = "postgres")]
        if self.is_pooled() {
            self.in_each_transaction = Some(super::postgres::in_each_transaction(&self.settings));
            if self.transaction.is_some() {
                for sql in super::postgres::limits(&self.settings, true) {
                    self.talk(&sql, Doing::Reading, &mut |_| Ok(())).await?;
                }
            }
            return Ok(());
        }
        for sql in super::limits(self.server.product, &self.settings) {
            self.talk(&sql, Doing::Reading, &mut |_| Ok(())).await?;
        }
        Ok(())
    }

    /// SQLite: the file is not there and was not to be made, so this is an empty database in memory. What is written to
    /// it is lost.
    pub(crate) fn stands_in_for_missing_file(&self) -> bool {
        self.stands_in
    }

    /// Notes what the session holds now.
    pub(crate) fn hold_lease(&mut self, sign_of_life: String, period: Duration, release: String) {
        self.lease = Some(Lease { sign_of_life, period, release });
    }

    /// What it holds.
    pub(crate) fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// Forgets what it holds, for whoever gives it back.
    pub(crate) fn let_lease_go(&mut self) -> Option<Lease> {
        self.lease.take()
    }

    /// SQLite: tries once to take the session lock of the file; true as well where none can be had.
    pub(crate) fn try_file_lock(&mut self) -> bool {
        self.driver.try_file_lock()
    }

    /// SQLite: gives the session lock of the file back.
    pub(crate) fn release_file_lock(&mut self) {
        self.driver.release_file_lock();
    }

    /// SQLite: waits for the file's lock as it was opened to, whatever was said since.
    #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
    pub(super) async fn wait_as_given(&mut self) -> Result<()> {
        self.driver.wait_at_most(self.settings.busy_timeout).await
    }

    /// SQLite: who holds the session lock of the file, in words.
    pub(crate) fn file_lock_holder(&self) -> Option<String> {
        self.driver.file_lock_holder()
    }

    /// Whether a pooler is in between, which may give each transaction another session of the server (PostgreSQL). Then
    /// nothing lasts longer than a transaction: no lock, no setting.
    pub(crate) fn is_pooled(&self) -> bool {
        self.in_each_transaction.is_some()
    }

    /// Whether it can take another statement.
    pub(crate) fn is_usable(&self) -> bool {
        self.health == Health::Good
    }

    /// From now on this token ends the running statement and refuses every later one, except COMMIT and ROLLBACK.
    pub(crate) fn cancel_with(&mut self, token: Cancel) {
        self.cancel = Some(token);
    }

    /// The token that ends its statements.
    pub(crate) fn cancel_token(&self) -> Option<Cancel> {
        self.cancel.clone()
    }

    /// Takes the token away again, so that clearing up after a cancel can work.
    pub(crate) fn ignore_cancel(&mut self) -> Option<Cancel> {
        self.cancel.take()
    }

    /// Runs one statement of a revision; gives the number of affected rows (0 where it has none).
    ///
    /// A statement that had its effect in spite of a cancel is a success; the next one is refused.
    pub(crate) async fn run(&mut self, statement: &Statement) -> Result<u64> {
        self.mark_work();
        self.talk(&statement.sent(), Doing::Working, &mut |_| Ok(())).await
    }

    /// Runs one statement of ours; gives the number of affected rows.
    pub(crate) async fn execute(&mut self, sql: &str) -> Result<u64> {
        let doing = if self.mark_work() { Doing::Working } else { Doing::Reading };
        self.talk(sql, doing, &mut |_| Ok(())).await
    }

    /// All rows of a question.
    pub(crate) async fn rows(&mut self, sql: &str) -> Result<Vec<Row>> {
        self.rows_and_count(sql).await.map(|(rows, _)| rows)
    }

    /// All rows, and the number of rows that statements beside the question affected.
    pub(super) async fn rows_and_count(&mut self, sql: &str) -> Result<(Vec<Row>, u64)> {
        let mut rows = Vec::new();
        let mut keep = |row: &Row| {
            rows.push(row.clone());
            Ok(())
        };
        let affected = self.each_dyn(sql, &mut keep).await?;
        Ok((rows, affected))
    }

    /// The first row of a question; the others are read and left.
    pub(crate) async fn first_row(&mut self, sql: &str) -> Result<Option<Row>> {
        let mut first = None;
        let mut keep = |row: &Row| {
            first.get_or_insert_with(|| row.clone());
            Ok(())
        };
        self.each_dyn(sql, &mut keep).await.map(|_| first)
    }

    /// Gives each row of a question to `take` as it comes. Its first error is returned, after the rest was read.
    pub(crate) async fn each(&mut self, sql: &str, mut take: impl FnMut(&Row) -> Result<()> + Send) -> Result<()> {
        self.each_dyn(sql, &mut take).await.map(drop)
    }

    async fn each_dyn(&mut self, sql: &str, take: Sink<'_>) -> Result<u64> {
        let at_work = self.transaction.as_ref().is_some_and(|transaction| transaction.worked);
        let doing = if at_work { Doing::ReadingAtWork } else { Doing::Reading };
        self.talk(sql, doing, take).await
    }

    /// Runs one statement with parameters, in the driver's own placeholders, and gives each row of typed cells to `take`
    /// as it comes. Its first error is returned, after the rest was read. Gives the number of affected rows.
    ///
    /// It counts as work: what it does is not known here.
    #[cfg(all(feature = "orm", feature = "db"))]
    pub(crate) async fn query_each(
        &mut self,
        sql: &str,
        values: &[Value],
        mut take: impl FnMut(&Arc<[String]>, Vec<Value>) -> Result<()> + Send,
    ) -> Result<u64> {
        let doing = if self.mark_work() { Doing::Working } else { Doing::Reading };
        self.tell(sql, doing, Told::Bound(values, &mut take)).await
    }

    /// Sends rows as a stream of chunks behind a statement that takes one. An error of `chunks` takes all of them back, and
    /// is returned.
    #[cfg(all(feature = "orm", feature = "db"))]
    pub(crate) async fn copy_in(&mut self, sql: &str, chunks: Chunks<'_>) -> Result<u64> {
        self.mark_work();
        self.tell(sql, Doing::Working, Told::Copy(chunks)).await
    }

    /// As [`Connection::query_each`], with all rows kept.
    #[cfg(all(feature = "orm", feature = "db"))]
    pub(crate) async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Answer> {
        let mut answer = Answer::default();
        let (columns, rows) = (&mut answer.columns, &mut answer.rows);
        let take = |names: &Arc<[String]>, row: Vec<Value>| {
            if rows.is_empty() {
                *columns = Arc::clone(names);
            }
            rows.push(row);
            Ok(())
        };
        let affected = self.query_each(sql, values, take).await?;
        Ok(Answer { affected, ..answer })
    }

    /// Notes that the open transaction holds work, if there is one.
    fn mark_work(&mut self) -> bool {
        self.transaction.as_mut().map(|transaction| transaction.worked = true).is_some()
    }

    /// Says goodbye. An open transaction is rolled back by the server.
    pub(crate) async fn close(self) {
        // A server that is in the middle of an answer does not listen to a goodbye.
        if self.is_usable() {
            self.driver.close().await;
        }
    }

    /// Sends one text, unless it was cancelled or the connection is of no use.
    async fn talk(&mut self, sql: &str, doing: Doing, sink: Sink<'_>) -> Result<u64> {
        self.tell(sql, doing, Told::Text(sink)).await
    }

    async fn tell(&mut self, sql: &str, doing: Doing, told: Told<'_>) -> Result<u64> {
        if self.cancel.as_ref().is_some_and(Cancel::is_cancelled) {
            return Err(Error::new(Kind::Cancelled, "cancelled before the next statement"));
        }
        let cancel = self.cancel.clone();
        self.talk_to_the_end(sql, doing, told, cancel.as_ref()).await
    }

    /// As `talk`, but what ends a transaction waits for its answer whatever happens.
    pub(super) async fn finish(&mut self, sql: &str, doing: Doing) -> Result<u64> {
        self.talk_to_the_end(sql, doing, Told::Text(&mut |_| Ok(())), None).await
    }

    /// A question that is asked even after a cancel, for clearing up.
    pub(super) async fn ask(&mut self, sql: &str) -> Result<Option<Row>> {
        let mut first = None;
        let mut keep = |row: &Row| {
            first.get_or_insert_with(|| row.clone());
            Ok(())
        };
        self.talk_to_the_end(sql, Doing::ReadingAtWork, Told::Text(&mut keep), None).await?;
        Ok(first)
    }

    async fn talk_to_the_end(
        &mut self,
        sql: &str,
        doing: Doing,
        told: Told<'_>,
        cancel: Option<&Cancel>,
    ) -> Result<u64> {
        if self.health != Health::Good {
            self.health = Health::Lost;
            let reply = Reply::new(Source::Driver, "a former statement was left without its answer, or failed");
            return Err(failure::error(reply, &self.occasion(doing, sql, Instant::now())));
        }
        self.health = Health::Busy;
        let started = Instant::now();
        let limit = Some(self.settings.statement_timeout).filter(|limit| !limit.is_zero());
        let (done, ended) = match told {
            Told::Text(sink) => Box::pin(self.driver.talk(sql, sink, cancel, limit)).await,
            #[cfg(all(feature = "orm", feature = "db"))]
            Told::Copy(chunks) => Box::pin(self.driver.copy_in(sql, chunks, cancel)).await,
            #[cfg(all(feature = "orm", feature = "db"))]
            Told::Bound(values, take) => {
                Box::pin(self.driver.ask(sql, values, take, super::stream::Watch { cancel, limit })).await
            }
        };
        self.health = Health::Good;
        match done {
            Ok(affected) => Ok(affected),
            Err(Stopped::Sink(error)) => Err(error),
            Err(Stopped::Server(reply)) => {
                if reply.is_goodbye() {
                    self.health = Health::Lost;
                }
                Err(failure::error(reply, &Occasion { ended, ..self.occasion(doing, sql, started) }))
            }
        }
    }

    fn occasion<'a>(&'a self, doing: Doing, sql: &'a str, started: Instant) -> Occasion<'a> {
        let (url, settings, elapsed) = (&self.url, &self.settings, started.elapsed());
        Occasion { doing, url, settings, sql: Some(sql), ended: None, elapsed }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("url", &self.url).field("server", &self.server).finish_non_exhaustive()
    }
}
