//! Tests against the servers that `tests/run` starts.

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use crate::db::transaction::Outcome;
    use crate::db::{Cancel, Connection, Ending, Prepare, Settings, TransactionState, Url, is_connection_lost};
    use crate::error::Kind;
    use crate::statement::session::{Reach, SessionChange};
    use crate::statement::{Product, Statement};

    /// Boxed as the dialects do it, so that every future is known to be `Send`.
    fn block_on<T>(work: impl Future<Output = T> + Send) -> T {
        let work: std::pin::Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(work);
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    fn url(variable: &str) -> Url {
        #[expect(clippy::disallowed_methods, reason = "tests/run names its servers in the environment")]
        let text = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run tests/run"));
        Url::parse(&text, Path::new("")).unwrap()
    }

    fn postgres() -> Url {
        url("MIGRATE_TEST_POSTGRES")
    }

    fn mysql() -> Url {
        url("MIGRATE_TEST_MYSQL")
    }

    async fn open(url: &Url) -> Connection {
        Connection::open(url, &Settings::default()).await.unwrap()
    }

    /// A fresh database of its own; dropped by [`drop_database`].
    async fn database(server: &Url, name: &str) -> Url {
        let name = format!("db_live_{name}_{}", std::process::id());
        let mut connection = open(server).await;
        connection.execute(&format!("DROP DATABASE IF EXISTS {name}")).await.unwrap();
        connection.execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        server.with_database(&name)
    }

    async fn drop_database(server: &Url, url: &Url) {
        let name = url.database_name().unwrap();
        open(server).await.execute(&format!("DROP DATABASE {name}")).await.unwrap();
    }

    #[test]
    fn postgres_session_is_known() {
        block_on(async {
            let settings = Settings {
                lock_timeout: Duration::from_millis(1234),
                application_name: "migrate/äöü".repeat(9),
                ..Settings::default()
            };
            let mut connection = Connection::open(&postgres(), &settings).await.unwrap();
            assert_eq!(connection.server().product, Product::Postgres);
            assert!(connection.server().at_least(12, 0), "{}", connection.server());
            assert_eq!(connection.own_schema().as_str(), "public");
            let question = "SELECT current_setting('TimeZone'), current_setting('lock_timeout'), \
                            current_setting('extra_float_digits'), length(current_setting('application_name')) > 9, \
                            NULL, 0.1::float8 + 0.2::float8, '{1,NULL}'::int[], true, '1 day'::interval";
            let row = connection.first_row(question).await.unwrap().unwrap();
            let cells: Vec<_> = (0..row.len()).map(|index| row.text(index).unwrap_or("NULL")).collect();
            assert_eq!(cells, ["UTC", "1234ms", "1", "t", "NULL", "0.30000000000000004", "{1,NULL}", "t", "1 day"]);
        });
    }

    #[test]
    fn postgres_commit_of_a_failed_transaction_is_an_error() {
        block_on(async {
            let url = database(&postgres(), "failed").await;
            let mut connection = open(&url).await;
            connection.begin_raw("BEGIN").await.unwrap();
            connection.execute("CREATE TABLE t (a int)").await.unwrap();
            assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::Open);
            let error = connection.run(&Statement::new("SELECT 'ä', nosuch FROM t", "")).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Statement, Some("42703")));
            assert_eq!((error.phrase(), error.place().position), ("column \"nosuch\" does not exist", Some(12)));
            assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::Failed);
            assert_eq!(connection.commit().await.unwrap_err().kind(), Kind::Statement);
            connection.rollback().await.unwrap();
            assert!(connection.rows("SELECT 1 FROM pg_class WHERE relname = 't'").await.unwrap().is_empty());
            connection.close().await;
            drop_database(&postgres(), &url).await;
        });
    }

    #[test]
    fn postgres_mark_sees_through_commit_and_begin() {
        block_on(async {
            let url = database(&postgres(), "mark").await;
            let mut connection = open(&url).await;
            connection.begin_raw("BEGIN").await.unwrap();
            connection.execute("CREATE TABLE t (a int)").await.unwrap();
            connection.mark_transaction().await.unwrap();
            let mark = connection.transaction_mark().unwrap().to_owned();
            assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::Open);
            let mut other = open(&url).await;
            assert_eq!(other.outcome(&mark).await.unwrap(), Outcome::Running);
            connection.execute("COMMIT; BEGIN").await.unwrap();
            assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::None);
            assert_eq!(other.outcome(&mark).await.unwrap(), Outcome::Committed);
            connection.rollback().await.unwrap();
            connection.begin_raw("BEGIN").await.unwrap();
            connection.execute("DROP TABLE t").await.unwrap();
            connection.mark_transaction().await.unwrap();
            connection.execute("SELECT 1/0").await.unwrap_err();
            assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::Failed);
            let mark = connection.transaction_mark().unwrap().to_owned();
            connection.rollback().await.unwrap();
            assert_eq!(other.outcome(&mark).await.unwrap(), Outcome::RolledBack);
            connection.close().await;
            other.close().await;
            drop_database(&postgres(), &url).await;
        });
    }

    #[test]
    fn mysql_session_is_known() {
        block_on(async {
            let mut connection = open(&mysql()).await;
            assert!(matches!(connection.server().product, Product::MariaDb | Product::MySql));
            assert_eq!(connection.own_schema().as_str(), "mysql");
            let question = "SELECT @@time_zone, @@lock_wait_timeout, @@autocommit, NULL, '0000-00-00', CAST(1.50 AS DECIMAL(5,2)), \
                            'ä', @@sql_mode LIKE '%STRICT%', @@sql_mode LIKE '%PIPES%'";
            let row = connection.first_row(question).await.unwrap().unwrap();
            let cells: Vec<_> = (0..row.len()).map(|index| row.text(index).unwrap_or("NULL")).collect();
            assert_eq!(cells, ["+00:00", "5", "1", "NULL", "0000-00-00", "1.50", "ä", "1", "0"]);
            let error = connection.rows("SELECT X'ff'").await.unwrap_err();
            assert_eq!(error.kind(), Kind::Unsupported);
            assert_eq!(connection.rows("SELECT 1").await.unwrap().len(), 1);
        });
    }

    #[test]
    fn mysql_gives_back_what_a_session_had() {
        block_on(async {
            let url = database(&mysql(), "back").await;
            let prepare = Prepare(vec!["SET SESSION lock_wait_timeout = 60".to_owned()]);
            let mut connection = Connection::open(&url, &Settings { prepare, ..Settings::default() }).await.unwrap();
            connection.execute("CREATE TABLE stop (value varchar(30)) ENGINE=InnoDB").await.unwrap();
            let question = "SELECT DATABASE(), CURRENT_ROLE(), @@lock_wait_timeout, @@innodb_ft_user_stopword_table";
            let before = connection.first_row(question).await.unwrap().unwrap();
            assert_eq!((before.text(2), before.text(3)), (Some("60"), None));
            connection.brace(SessionChange::of(Reach::Open)).await.unwrap();
            for sql in [
                "SET SESSION innodb_ft_user_stopword_table = CONCAT(DATABASE(), '/stop')",
                "SET SESSION lock_wait_timeout = 7",
                "USE mysql",
            ] {
                connection.execute(sql).await.unwrap();
            }
            connection.put_back(Ending::Alone).await.unwrap();
            assert_eq!(connection.first_row(question).await.unwrap().unwrap(), before);
            // What the run says itself counts.
            connection.limit(Duration::from_secs(9), Duration::ZERO).await.unwrap();
            connection.brace(SessionChange::of(Reach::Open)).await.unwrap();
            connection.put_back(Ending::Alone).await.unwrap();
            let limited = connection.first_row(question).await.unwrap().unwrap();
            assert_eq!(limited.text(2), Some("9"));
            connection.close().await;
            drop_database(&mysql(), &url).await;
        });
    }

    #[test]
    fn mysql_commits_by_itself_and_says_so() {
        block_on(async {
            let url = database(&mysql(), "implicit").await;
            let mut connection = open(&url).await;
            connection.execute("CREATE TABLE t (a int)").await.unwrap();
            connection.begin_raw("START TRANSACTION").await.unwrap();
            assert_eq!(connection.execute("INSERT INTO t VALUES (1), (2)").await.unwrap(), 2);
            connection.mark_transaction().await.unwrap();
            assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::Open);
            connection.execute("CREATE TABLE u (a int)").await.unwrap();
            assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::None);
            assert_eq!(connection.commit().await.unwrap_err().kind(), Kind::Statement);
            connection.rollback().await.unwrap();
            assert_eq!(connection.execute("UPDATE t SET a = 1").await.unwrap(), 2);
            let error = connection.execute("SELECT 1,\n 'ä', FROM t").await.unwrap_err();
            assert_eq!((error.code(), error.place().position), (Some("1064"), Some(16)));
            connection.close().await;
            drop_database(&mysql(), &url).await;
        });
    }

    /// MySQL takes it for no failure when a sleep that is all of a statement is cut short.
    const SLOW_ON_MYSQL: &str = "SELECT 1 FROM information_schema.engines WHERE SLEEP(20)";

    /// Runs `slow` and cancels it from a thread; clearing up must work after it.
    async fn cancelled(url: &Url, slow: &str, code: &str) {
        let mut connection = open(url).await;
        let token = Cancel::new();
        connection.cancel_with(token.clone());
        connection.begin_raw("BEGIN").await.unwrap();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            token.cancel();
        });
        let started = Instant::now();
        let error = connection.run(&Statement::new(slow, "")).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Cancelled, Some(code)), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(3));
        assert_eq!(connection.execute("SELECT 1").await.unwrap_err().kind(), Kind::Cancelled);
        connection.rollback().await.unwrap();
        assert!(connection.ignore_cancel().is_some());
        assert_eq!(connection.rows("SELECT 7").await.unwrap().first().unwrap().text(0), Some("7"));
        thread.join().unwrap();
    }

    #[test]
    fn a_cancel_reaches_the_server() {
        block_on(async {
            cancelled(&postgres(), "SELECT pg_sleep(20)", "57014").await;
            cancelled(&mysql(), SLOW_ON_MYSQL, "1317").await;
        });
    }

    #[test]
    fn the_time_limit_is_named() {
        block_on(async {
            let settings = Settings { statement_timeout: Duration::from_millis(200), ..Settings::default() };
            for (url, slow) in [(postgres(), "SELECT pg_sleep(20)"), (mysql(), SLOW_ON_MYSQL)] {
                let mut connection = Connection::open(&url, &settings).await.unwrap();
                let error = connection.execute(slow).await.unwrap_err();
                assert_eq!(error.phrase(), "the statement ran longer than the statement_timeout of 200 ms");
                assert_eq!(error.kind(), Kind::Statement);
                connection.rows("SELECT 1").await.unwrap();
            }
        });
    }

    /// Two sessions on one table: the second is told that it is locked.
    async fn locked(url: &Url, begin: &str, lock: &str, code: &str) {
        let settings = Settings { lock_timeout: Duration::from_millis(900), ..Settings::default() };
        let mut one = Connection::open(url, &settings).await.unwrap();
        let mut two = Connection::open(url, &settings).await.unwrap();
        one.execute("CREATE TABLE t (a int)").await.unwrap();
        one.begin_raw(begin).await.unwrap();
        one.execute(lock).await.unwrap();
        let error = two.execute("ALTER TABLE t ADD b int").await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Locked, Some(code)), "{error}");
        assert!(error.hint().unwrap().contains("--lock-timeout (now 900 ms)"));
    }

    #[test]
    fn a_lock_is_not_waited_for_without_end() {
        block_on(async {
            let url = database(&postgres(), "locked").await;
            locked(&url, "BEGIN", "LOCK TABLE t", "55P03").await;
            drop_database(&postgres(), &url).await;
            let url = database(&mysql(), "locked").await;
            locked(&url, "START TRANSACTION", "SELECT * FROM t", "1205").await;
            drop_database(&mysql(), &url).await;
        });
    }

    #[test]
    fn a_killed_session_is_lost_and_stays_so() {
        block_on(async {
            let mut victim = open(&postgres()).await;
            let pid = victim.first_row("SELECT pg_backend_pid()").await.unwrap().unwrap();
            let kill = format!("SELECT pg_terminate_backend({})", pid.text(0).unwrap());
            open(&postgres()).await.execute(&kill).await.unwrap();
            let error = victim.execute("SELECT 1").await.unwrap_err();
            assert!(is_connection_lost(&error) && error.kind() == Kind::Connect, "{error:?}");
            assert!(is_connection_lost(&victim.execute("SELECT 1").await.unwrap_err()) && !victim.is_usable());

            let mut victim = open(&mysql()).await;
            victim.begin_raw("START TRANSACTION").await.unwrap();
            let id = victim.first_row("SELECT CONNECTION_ID()").await.unwrap().unwrap();
            open(&mysql()).await.execute(&format!("KILL {}", id.text(0).unwrap())).await.unwrap();
            let error = victim.execute("SELECT 1").await.unwrap_err();
            assert!(is_connection_lost(&error) && error.kind() == Kind::Statement, "{error:?}");
            assert!(!victim.is_usable());
        });
    }

    #[test]
    fn what_cannot_be_reached_says_why() {
        block_on(async {
            for server in [postgres(), mysql()] {
                let url = server.with_database("nosuch_database");
                let error = Connection::open(&url, &Settings::default()).await.unwrap_err();
                assert_eq!(error.kind(), Kind::Connect);
                assert!(error.phrase().starts_with("there is no database nosuch_database on "), "{error}");
                assert!(error.hint().unwrap().contains("nosuch_database"), "{error:?}");
            }
            for text in ["postgres://u:hunter2@127.0.0.1:1/x", "mysql://u:hunter2@127.0.0.1:1/x"] {
                let url = Url::parse(text, Path::new("")).unwrap();
                let error = Connection::open(&url, &Settings::default()).await.unwrap_err();
                assert_eq!((error.kind(), error.phrase()), (Kind::Connect, "nobody listens at 127.0.0.1:1"));
                assert!(!format!("{error:?}").contains("hunter2"));
            }
        });
    }

    #[test]
    fn a_read_only_session_refuses_writes() {
        block_on(async {
            for server in [postgres(), mysql()] {
                let url = database(&server, "ro").await;
                open(&url).await.execute("CREATE TABLE t (a int)").await.unwrap();
                let settings = Settings { read_only: true, ..Settings::default() };
                let mut reader = Connection::open(&url, &settings).await.unwrap();
                assert!(reader.rows("SELECT * FROM t").await.unwrap().is_empty());
                let error = reader.execute("INSERT INTO t VALUES (1)").await.unwrap_err();
                assert_eq!(error.kind(), Kind::ReadOnly, "{error:?}");
                reader.close().await;
                drop_database(&server, &url).await;
            }
        });
    }

    #[test]
    fn a_role_is_taken_on_or_named() {
        block_on(async {
            let role = format!("role_live_{}", std::process::id());
            let mut admin = open(&postgres()).await;
            admin.execute(&format!("CREATE ROLE {role}")).await.unwrap();
            let settings = Settings { role: Some(role.clone()), ..Settings::default() };
            let mut connection = Connection::open(&postgres(), &settings).await.unwrap();
            assert_eq!(
                connection.first_row("SELECT current_user").await.unwrap().unwrap().text(0),
                Some(role.as_str())
            );
            let error = connection.rows("SELECT * FROM pg_authid").await.unwrap_err();
            assert_eq!(error.kind(), Kind::Privilege);
            connection.close().await;
            admin.execute(&format!("DROP ROLE {role}")).await.unwrap();
            let error = Connection::open(&postgres(), &settings).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Privilege, "{error:?}");
            assert!(error.phrase().ends_with(&format!("cannot take on the role {role}")));
        });
    }

    #[test]
    fn secrets_of_statements_stay_secret() {
        block_on(async {
            let mut connection = open(&postgres()).await;
            let error = connection.execute("CREATE ROLE x PASSWORD 'hunter2' FOO").await.unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
            let mut connection = open(&mysql()).await;
            let error = connection.execute("CREATE USER x IDENTIFIED FOO BY 'hunter2'").await.unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        });
    }

    #[test]
    fn an_abandoned_statement_ends_the_connection() {
        block_on(async {
            let mut connection = open(&postgres()).await;
            let abandoned = tokio::time::timeout(Duration::from_millis(50), connection.rows("SELECT pg_sleep(1)"));
            abandoned.await.unwrap_err();
            let error = connection.rows("SELECT 1").await.unwrap_err();
            assert!(is_connection_lost(&error) && !connection.is_usable(), "{error:?}");
            connection.close().await;
        });
    }

    #[test]
    fn copy_from_the_client_is_refused() {
        block_on(async {
            let mut connection = open(&postgres()).await;
            let error = connection.execute("COPY (SELECT 1) TO STDOUT").await.unwrap_err();
            assert_eq!((error.kind(), connection.is_usable()), (Kind::Unsupported, false), "{error:?}");
            connection.close().await;
            let mut connection = open(&postgres()).await;
            connection.execute("CREATE TEMP TABLE t (a int)").await.unwrap();
            assert_eq!(connection.execute("COPY t FROM STDIN").await.unwrap_err().kind(), Kind::Unsupported);
            assert!(is_connection_lost(&connection.execute("SELECT 1").await.unwrap_err()));
            connection.close().await;
        });
    }
}
