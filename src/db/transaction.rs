//! Transactions by their SQL words. What state one is in is asked from the server: a statement may have ended it.

use super::connection::Connection;
use super::failure::Doing;
use super::row::Row;
use crate::error::{Error, Kind, Result};
use crate::statement::Product;

/// What the server says about our transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionState {
    /// It is open, and after [`Connection::note_mark`] it is still the same one.
    Open,
    /// There is none, or another one than ours: a statement committed or rolled back.
    None,
    /// It is open, and only ROLLBACK is taken (PostgreSQL, after an error).
    Failed,
}

/// What became of a transaction whose COMMIT was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Committed,
    RolledBack,
    /// The server is still at it: ask again.
    Running,
    /// This server does not keep it: read the version rows.
    Unknown,
}

/// A transaction that was begun here.
#[derive(Clone, Debug, Default)]
pub(super) struct Transaction {
    /// PostgreSQL's number of it, once it has one.
    mark: Option<String>,
    /// Something other than a question was sent in it, so that its loss is a loss of work.
    pub(super) worked: bool,
}

const MARK: &str = "SELECT pg_catalog.txid_current_if_assigned()";
const ENDED: &str = "the transaction was ended by a statement in it";

impl Connection {
    /// Opens a transaction with the given words: `BEGIN`, `BEGIN IMMEDIATE`, `START TRANSACTION …`. For a snapshot to
    /// read from as well as for work.
    pub(crate) async fn begin_raw(&mut self, sql: &str) -> Result<()> {
        let words = self.opening(sql);
        self.execute(&words).await?;
        self.transaction = Some(Transaction::default());
        Ok(())
    }

    /// Whether a transaction was begun here and not ended here.
    pub(crate) fn has_begun(&self) -> bool {
        self.transaction.is_some()
    }

    /// The words with what a pooled connection has to say behind them.
    fn opening(&self, words: &str) -> String {
        match &self.in_each_transaction {
            Some(settings) => format!("{words}; {settings}"),
            None => words.to_owned(),
        }
    }

    /// Opens a transaction and asks a question in it, in one round trip: `words; question`. After an error the caller
    /// rolls back.
    pub(crate) async fn begin_and_ask(&mut self, words: &str, question: &str) -> Result<Vec<Row>> {
        self.transaction = Some(Transaction::default());
        let words = self.opening(words);
        self.rows(&format!("{words}; {question}")).await
    }

    /// As [`Connection::begin_and_ask`], with a statement in between; gives the number of rows that it affected, where
    /// the server does not count those of the answer (MariaDB, MySQL).
    pub(crate) async fn begin_note_and_ask(
        &mut self,
        words: &str,
        note: &str,
        question: &str,
    ) -> Result<(Vec<Row>, u64)> {
        self.transaction = Some(Transaction { worked: true, ..Transaction::default() });
        let words = self.opening(words);
        self.rows_and_count(&format!("{words}; {note}; {question}")).await
    }

    /// Who serves this transaction, behind a pooler.
    pub(crate) fn note_server(&mut self, pid: String) {
        if self.is_pooled() {
            self.driver.served_by(Some(pid));
        }
    }

    /// The transaction is over; behind a pooler the next one is served by somebody else.
    fn forget_transaction(&mut self) {
        self.transaction = None;
        if self.is_pooled() {
            self.driver.served_by(None);
        }
    }

    /// Remembers the transaction's number, which the caller has asked for.
    pub(crate) fn note_mark(&mut self, mark: String) {
        let transaction = self.transaction.get_or_insert_default();
        (transaction.mark, transaction.worked) = (Some(mark), true);
    }

    /// Remembers the transaction's number, to be called after its first write. Where the server has no such number
    /// nothing is remembered, and [`Connection::in_transaction`] cannot tell `COMMIT; BEGIN` from nothing.
    #[cfg(test)]
    pub(crate) async fn mark_transaction(&mut self) -> Result<()> {
        if self.server().product == Product::Postgres {
            let mark = self.first_row(MARK).await?.and_then(|row| row.text(0).map(str::to_owned));
            let transaction = self.transaction.get_or_insert_default();
            (transaction.mark, transaction.worked) = (mark, true);
        }
        Ok(())
    }

    /// The number that [`Connection::note_mark`] remembered, for [`Connection::outcome`] on another connection.
    pub(crate) fn transaction_mark(&self) -> Option<&str> {
        self.transaction.as_ref()?.mark.as_deref()
    }

    /// Whether our transaction is still open, from the server. Works after a cancel too.
    pub(crate) async fn in_transaction(&mut self) -> Result<TransactionState> {
        match self.server().product {
            Product::Sqlite => {
                let open = self.driver.in_transaction();
                Ok(if open == Some(true) { TransactionState::Open } else { TransactionState::None })
            }
            Product::Postgres => self.postgres_state().await,
            Product::MariaDb => {
                let open = self.ask("SELECT @@in_transaction").await?.is_some_and(|row| row.text(0) == Some("1"));
                Ok(if open { TransactionState::Open } else { TransactionState::None })
            }
            Product::MySql => self.probe("1305").await,
        }
    }

    async fn postgres_state(&mut self) -> Result<TransactionState> {
        let Some(mark) = self.transaction_mark().map(str::to_owned) else {
            return self.probe("25P01").await;
        };
        match self.ask(MARK).await {
            Ok(Some(row)) if row.text(0) == Some(&mark) => Ok(TransactionState::Open),
            Ok(_) => Ok(TransactionState::None),
            Err(error) if error.code() == Some("25P02") => Ok(TransactionState::Failed),
            Err(error) => Err(error),
        }
    }

    /// A savepoint can be released in a transaction only; `outside` is the code of the refusal.
    async fn probe(&mut self, outside: &str) -> Result<TransactionState> {
        for sql in ["SAVEPOINT migrate_probe", "RELEASE SAVEPOINT migrate_probe"] {
            match self.ask(sql).await {
                Ok(_) => {}
                Err(error) if error.code() == Some(outside) => return Ok(TransactionState::None),
                Err(error) if error.code() == Some("25P02") => return Ok(TransactionState::Failed),
                Err(error) => return Err(error),
            }
        }
        Ok(TransactionState::Open)
    }

    /// Commits, after the server has said that our transaction is open. Not cancelled: the answer is awaited.
    ///
    /// Errors leave the transaction to be rolled back by the caller, if there is one. OutcomeUnknown: the connection
    /// died before the answer. Statement: it had failed, or a statement in it had ended it, or the commit was refused.
    pub(crate) async fn commit(&mut self) -> Result<()> {
        match self.in_transaction().await? {
            TransactionState::Open => {}
            TransactionState::Failed => {
                return Err(Error::new(Kind::Statement, "the transaction has failed and cannot be committed"));
            }
            TransactionState::None => return Err(Error::new(Kind::Statement, ENDED)),
        }
        self.commit_ours(&[]).await
    }

    /// Runs the last statement of a transaction, which changes something for certain, and commits as
    /// [`Connection::commit`] does; a server that numbers transactions is asked in the same round trip.
    pub(crate) async fn commit_after(&mut self, last: &str) -> Result<()> {
        let Some(mark) = self.transaction_mark().map(str::to_owned) else {
            self.execute(last).await?;
            return self.commit().await;
        };
        let found = self.first_row(&format!("{last}; {MARK}")).await?;
        if found.as_ref().and_then(|row| row.text(0)) != Some(&mark) {
            return Err(Error::new(Kind::Statement, ENDED));
        }
        self.commit_ours(&[]).await
    }

    /// Commits a transaction in which only statements of ours ran, which end none: the server is not asked before. These
    /// are the last ones, and go with the COMMIT: if one of them is refused, there is none.
    pub(crate) async fn commit_ours(&mut self, last: &[String]) -> Result<()> {
        let words = [last, &["COMMIT".to_owned()]].concat().join("; ");
        self.finish(&words, Doing::Committing).await?;
        self.forget_transaction();
        Ok(())
    }

    /// Rolls back whatever is open, after a cancel too. No error if nothing is.
    pub(crate) async fn rollback(&mut self) -> Result<()> {
        self.forget_transaction();
        if self.server().product == Product::Sqlite && self.in_transaction().await? == TransactionState::None {
            return Ok(());
        }
        self.finish("ROLLBACK", Doing::Reading).await.map(drop)
    }

    /// What became of a transaction of another, lost connection, by its mark.
    pub(crate) async fn outcome(&mut self, mark: &str) -> Result<Outcome> {
        let known = mark.bytes().all(|byte| byte.is_ascii_digit()) && !mark.is_empty();
        if self.server().product != Product::Postgres || !known {
            return Ok(Outcome::Unknown);
        }
        let row = self.ask(&format!("SELECT pg_catalog.txid_status({mark})")).await?;
        Ok(match row.as_ref().and_then(|row| row.text(0)) {
            Some("committed") => Outcome::Committed,
            Some("aborted") => Outcome::RolledBack,
            Some("in progress") => Outcome::Running,
            _ => Outcome::Unknown,
        })
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests {
    use std::path::Path;
    use std::pin::Pin;

    use super::*;
    use crate::db::{Cancel, Settings, Url, is_connection_lost};

    /// Boxed as the dialects do it, so that every future is known to be `Send`.
    fn block_on<T>(work: impl Future<Output = T> + Send) -> T {
        let work: Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(work);
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    async fn memory() -> Connection {
        let url = Url::parse("sqlite::memory:", Path::new("")).unwrap();
        Connection::open(&url, &Settings::default()).await.unwrap()
    }

    #[test]
    fn the_state_is_the_servers() {
        block_on(async {
            let mut connection = memory().await;
            assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::None);
            connection.begin_raw("BEGIN IMMEDIATE").await.unwrap();
            connection.execute("CREATE TABLE t (a)").await.unwrap();
            assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::Open);
            connection.execute("COMMIT").await.unwrap();
            assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::None);
            let error = connection.commit().await.unwrap_err();
            assert_eq!((error.kind(), error.phrase()), (Kind::Statement, ENDED));
            connection.rollback().await.unwrap();
            connection.close().await;
        });
    }

    #[test]
    fn a_rollback_undoes_and_a_commit_keeps() {
        block_on(async {
            let mut connection = memory().await;
            connection.begin_raw("BEGIN").await.unwrap();
            connection.execute("CREATE TABLE gone (a)").await.unwrap();
            connection.rollback().await.unwrap();
            connection.begin_raw("BEGIN").await.unwrap();
            connection.execute("CREATE TABLE kept (a)").await.unwrap();
            assert_eq!(connection.execute("INSERT INTO kept VALUES (1), (2)").await.unwrap(), 2);
            assert_eq!(connection.execute("CREATE TABLE more (a)").await.unwrap(), 0);
            connection.commit().await.unwrap();
            let names = connection.rows("SELECT name FROM sqlite_schema ORDER BY 1").await.unwrap();
            let names: Vec<_> = names.iter().filter_map(|row| row.text(0)).collect();
            assert_eq!(names, ["kept", "more"]);
        });
    }

    #[test]
    fn every_value_is_text() {
        block_on(async {
            let mut connection = memory().await;
            let sql = "SELECT 1, 1.0, 0.1, 'ä', X'00ff', X'', NULL, -9223372036854775808, ''";
            let row = connection.first_row(sql).await.unwrap().unwrap();
            let cells: Vec<_> = (0..row.len()).map(|index| row.text(index).unwrap_or("NULL")).collect();
            assert_eq!(cells, ["1", "1.0", "0.1", "ä", "X'00FF'", "X''", "NULL", "-9223372036854775808", ""]);
        });
    }

    #[test]
    fn an_error_points_into_its_statement() {
        block_on(async {
            let mut connection = memory().await;
            let error = connection.rows("SELECT 'ä' FROM WHERE").await.unwrap_err();
            assert_eq!(error.phrase(), "near \"WHERE\": syntax error");
            assert_eq!((error.place().position, error.code()), (Some(16), Some("1")));
            assert_eq!(error.statement(), Some("SELECT 'ä' FROM WHERE"));
            assert!(!is_connection_lost(&error));
            let error = connection.execute("INSERT INTO nosuch VALUES (1)").await.unwrap_err();
            assert_eq!(error.phrase(), "no such table: nosuch");
        });
    }

    #[test]
    fn a_cancel_ends_the_statement_and_only_clearing_up_is_left() {
        block_on(async {
            let mut connection = memory().await;
            let token = Cancel::new();
            connection.cancel_with(token.clone());
            connection.begin_raw("BEGIN").await.unwrap();
            connection.execute("CREATE TABLE t (a)").await.unwrap();
            let thread = std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(50));
                token.cancel();
            });
            let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
            let error = connection.rows(endless).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Cancelled, Some("9")));
            assert_eq!(connection.rows("SELECT 1").await.unwrap_err().kind(), Kind::Cancelled);
            connection.rollback().await.unwrap();
            connection.ignore_cancel();
            assert!(connection.rows("SELECT name FROM sqlite_schema").await.unwrap().is_empty());
            thread.join().unwrap();
        });
    }

    #[test]
    fn a_statement_has_a_time_limit() {
        block_on(async {
            let url = Url::parse("sqlite::memory:", Path::new("")).unwrap();
            let settings = Settings { statement_timeout: std::time::Duration::from_millis(60), ..Settings::default() };
            let mut connection = Connection::open(&url, &settings).await.unwrap();
            let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
            let error = connection.rows(endless).await.unwrap_err();
            assert_eq!(error.phrase(), "the statement ran longer than the statement_timeout of 60 ms");
            assert!(connection.is_usable());
        });
    }

    #[test]
    fn an_error_of_the_taker_leaves_the_connection_usable() {
        block_on(async {
            let mut connection = memory().await;
            let mut seen = 0;
            let error = connection.each("VALUES (1), (2), (3)", |_| {
                seen += 1;
                Err(Error::new(Kind::Refused, "enough"))
            });
            assert_eq!(error.await.unwrap_err().kind(), Kind::Refused);
            assert_eq!(seen, 1);
            assert_eq!(connection.rows("VALUES (1), (2)").await.unwrap().len(), 2);
        });
    }

    #[test]
    fn a_missing_file_is_read_as_empty_and_made_only_to_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::parse("sqlite://a.db", folder.path()).unwrap();
        block_on(async {
            let mut reader = Connection::open(&url, &Settings::default()).await.unwrap();
            assert!(reader.stands_in_for_missing_file());
            assert!(reader.rows("SELECT * FROM sqlite_schema").await.unwrap().is_empty());
            assert!(!folder.path().join("a.db").exists());
            let mut writer = Connection::open(&url, &Settings { create: true, ..Settings::default() }).await.unwrap();
            writer.execute("CREATE TABLE t (a)").await.unwrap();
            assert!(folder.path().join("a.db").exists() && !writer.stands_in_for_missing_file());
            let mut reader =
                Connection::open(&url, &Settings { read_only: true, ..Settings::default() }).await.unwrap();
            assert_eq!(reader.execute("DROP TABLE t").await.unwrap_err().kind(), Kind::ReadOnly);
        });
    }

    #[test]
    fn a_file_that_the_url_does_not_let_be_made_is_refused_to_those_who_write() {
        let folder = tempfile::tempdir().unwrap();
        let open = async |text: &str, create: bool| {
            let url = Url::parse(text, folder.path()).unwrap();
            Connection::open(&url, &Settings { create, ..Settings::default() }).await
        };
        block_on(async {
            for mode in ["ro", "rw"] {
                let url = format!("sqlite://a.db?mode={mode}");
                let error = open(&url, true).await.err().unwrap();
                let (file, made) = (folder.path().join("a.db"), format!("and mode={mode} makes none"));
                assert_eq!(error.phrase(), format!("there is no file {}, {made}", file.display()));
                assert!(error.kind() == Kind::Connect && !file.exists());
                assert!(open(&url, false).await.unwrap().stands_in_for_missing_file());
            }
            open("sqlite://b.db?mode=rwc", true).await.unwrap().close().await;
            let attached = open("sqlite://b.db?mode=rw&attach=old:c.db", true).await.err().unwrap();
            assert!(attached.phrase().ends_with("c.db, and mode=rw makes none"), "{attached}");
            assert!(!open("sqlite://b.db?mode=rw", true).await.unwrap().stands_in_for_missing_file());
        });
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("text.db"), "not a database, but long enough to be looked at\n".repeat(20))
            .unwrap();
        block_on(async {
            let open = async |text: &str| {
                let url = Url::parse(text, folder.path()).unwrap();
                Connection::open(&url, &Settings { create: true, ..Settings::default() }).await.unwrap_err()
            };
            let error = open("sqlite://no/such.db").await;
            assert!(error.phrase().starts_with("there is no folder ") && error.kind() == Kind::Connect, "{error}");
            let error = open("sqlite://text.db").await;
            assert_eq!(error.phrase(), "sqlite://text.db is no SQLite database");
        });
    }

    #[test]
    fn a_locked_file_is_waited_for_and_then_named() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::parse("sqlite://a.db", folder.path()).unwrap();
        let busy_timeout = std::time::Duration::from_millis(50);
        let settings = Settings { create: true, busy_timeout, ..Settings::default() };
        block_on(async {
            let mut one = Connection::open(&url, &settings).await.unwrap();
            let mut two = Connection::open(&url, &settings).await.unwrap();
            one.begin_raw("BEGIN IMMEDIATE").await.unwrap();
            let error = two.begin_raw("BEGIN IMMEDIATE").await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Locked, Some("5")));
            let mut three = Connection::open(&url, &Settings { create: true, ..Settings::default() }).await.unwrap();
            let token = Cancel::new();
            three.cancel_with(token.clone());
            let thread = std::thread::spawn(move || {
                std::thread::sleep(busy_timeout);
                token.cancel();
            });
            let started = std::time::Instant::now();
            assert_eq!(three.begin_raw("BEGIN IMMEDIATE").await.unwrap_err().kind(), Kind::Cancelled);
            assert!(started.elapsed() < std::time::Duration::from_secs(5));
            three.ignore_cancel();
            one.rollback().await.unwrap();
            three.begin_raw("BEGIN IMMEDIATE").await.unwrap();
            thread.join().unwrap();
        });
    }
}
