//! Databases for tests: on the private servers of `tests/run`, or a file. All SQL goes through the database's own shell, so
//! that what a test sees does not depend on the code under test.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use tempfile::TempDir;

/// Separates columns and rows where a shell lets us choose: no text of a test has these characters.
const COLUMN: char = '\u{1f}';
const ROW: char = '\u{1e}';

/// A database product that tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
    Mysql,
}

impl Database {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::Mysql];

    /// The word for it in files: the section of a model, the key of a case.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// `mariadb`, or `mysql` where `tests/mysql.py` has started one.
    #[allow(dead_code, reason = "only the cases ask")]
    pub(crate) fn product_of_mysql() -> String {
        std::env::var("MIGRATE_TEST_MYSQL_PRODUCT").unwrap_or_else(|_| "mariadb".to_owned())
    }

    /// The version of its server, where `tests/run` said it.
    pub(crate) fn version(self) -> Option<String> {
        std::env::var(format!("MIGRATE_TEST_{}_VERSION", self.word().to_uppercase())).ok()
    }

    /// A new empty database; dropped with the value.
    pub(crate) fn fresh(self) -> Fresh {
        let server = match self {
            Self::Sqlite => String::new(),
            Self::Postgres => variable("MIGRATE_TEST_POSTGRES"),
            Self::Mysql => variable("MIGRATE_TEST_MYSQL"),
        };
        self.fresh_on(&server)
    }

    /// The same on another server, by a URL with any database.
    pub(crate) fn fresh_on(self, server: &str) -> Fresh {
        static COUNTER: AtomicUsize = AtomicUsize::new(0);
        // The numbers of processes come around again within a run, and rights on a database outlive it.
        let moment = UNIX_EPOCH.elapsed().expect("a clock").as_millis() & 0xf_ffff;
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}_{moment:05x}_{number}", std::process::id());
        let folder = tempfile::Builder::new().prefix("database-").tempdir().expect("a temporary folder");
        let fresh = Fresh { database: self, name, folder, server: server.to_owned(), attached: Vec::new() };
        fresh.create();
        fresh
    }
}

/// A database of one test.
pub(crate) struct Fresh {
    database: Database,
    name: String,
    /// Holds the file of SQLite.
    folder: TempDir,
    /// The URL of its server.
    server: String,
    /// The schemas of attached files, of SQLite.
    attached: Vec<String>,
}

impl Fresh {
    /// Which product it is.
    pub(crate) fn database(&self) -> Database {
        self.database
    }

    /// The name on the server; for SQLite the file's without its end.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The file, of SQLite.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join(format!("{}.db", self.name))
    }

    /// The same with a file attached as each of these schemas.
    pub(crate) fn attaching(mut self, schemas: &[String]) -> Self {
        self.attached = schemas.to_vec();
        self
    }

    /// The schemas of attached files.
    pub(crate) fn attached(&self) -> &[String] {
        &self.attached
    }

    /// The file that is attached as this schema.
    pub(crate) fn attached_file(&self, schema: &str) -> PathBuf {
        self.folder.path().join(format!("{}.{schema}.db", self.name))
    }

    /// The rows of one query in a shell that has nothing open but the file of this schema.
    #[track_caller]
    pub(crate) fn query_in(&self, schema: &str, sql: &str) -> Vec<Vec<String>> {
        let printed = run(self.shell_on(&self.attached_file(schema)), sql)
            .unwrap_or_else(|error| panic!("sqlite refuses:\n{sql}\n{error}"));
        printed.split_terminator(ROW).map(columns).collect()
    }

    /// The URL for the program.
    pub(crate) fn url(&self) -> String {
        match self.database {
            Database::Sqlite => {
                let file = |schema: &String| format!("attach={schema}:{}", self.attached_file(schema).display());
                let attached: Vec<String> = self.attached.iter().map(file).collect();
                let query = if attached.is_empty() { String::new() } else { format!("?{}", attached.join("&")) };
                format!("sqlite://{}{query}", self.file().display())
            }
            Database::Postgres | Database::Mysql => url_of(&self.server, &self.name),
        }
    }

    /// Runs SQL, any number of statements; fails on the first error, which it shows.
    #[track_caller]
    pub(crate) fn execute(&self, sql: &str) {
        self.try_execute(sql).unwrap_or_else(|error| panic!("{} refuses:\n{sql}\n{error}", self.database.word()));
    }

    /// Runs SQL; what the shell said about the first error.
    pub(crate) fn try_execute(&self, sql: &str) -> Result<(), String> {
        run(self.shell(&self.name), sql).map(|_| ())
    }

    /// Runs SQL in a shell as a person starts it, who gave no option that makes it end at the first error. MariaDB's does
    /// that by itself. Whether all went well nobody says.
    pub(crate) fn execute_carelessly(&self, sql: &str) {
        let careful = self.shell(&self.name);
        let words =
            careful.get_args().filter(|word| !["-bail", "-v", "ON_ERROR_STOP=1"].iter().any(|stops| word == stops));
        let mut careless = Command::new(careful.get_program());
        careless.args(words).env("HOME", self.folder.path());
        drop(run(careless, sql));
    }

    /// The rows of one query as the shell prints them, NULL as `NULL`.
    #[track_caller]
    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<String>> {
        let printed = run(self.shell(&self.name), sql)
            .unwrap_or_else(|error| panic!("{} refuses:\n{sql}\n{error}", self.database.word()));
        match self.database {
            Database::Mysql => printed.lines().map(|row| row.split('\t').map(unescaped).collect()).collect(),
            Database::Sqlite => printed.split_terminator(ROW).map(columns).collect(),
            // psql ends the last row with a newline, not with the separator; no row at all prints nothing.
            Database::Postgres => {
                printed.strip_suffix('\n').map_or_else(Vec::new, |rows| rows.split(ROW).map(columns).collect())
            }
        }
    }

    /// The first column of the first row.
    #[track_caller]
    pub(crate) fn value(&self, sql: &str) -> String {
        self.query(sql).first().and_then(|row| row.first()).cloned().unwrap_or_else(|| panic!("no row: {sql}"))
    }

    /// The schema in the words of the database's own tool, without the tables of `migrate` and what differs from run to run.
    /// Two databases with equal schemas give equal text, if their objects were made in the same order.
    #[track_caller]
    pub(crate) fn dump(&self) -> String {
        match self.database {
            Database::Sqlite => self.dump_sqlite(),
            Database::Postgres => self.dump_postgres(),
            Database::Mysql => self.dump_mysql(),
        }
    }

    fn dump_sqlite(&self) -> String {
        const SCHEMA: &str = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema \
             WHERE tbl_name NOT LIKE 'migrate\\_%' ESCAPE '\\' AND tbl_name NOT IN ('sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4') \
             ORDER BY tbl_name, type <> 'table', type, name;";
        let own = self.query(SCHEMA).into_iter().map(|row| format!("{}\n", row.join("|")));
        let others = self.attached.iter().flat_map(|schema| {
            let rows = self.query_in(schema, SCHEMA).into_iter();
            rows.map(move |row| format!("{schema}|{}\n", row.join("|")))
        });
        own.chain(others).collect()
    }

    fn dump_postgres(&self) -> String {
        let mut command = Command::new(postgres_program("pg_dump"));
        command.args(["--schema-only", "--exclude-table=*.migrate_*", "-d", &self.url()]);
        let printed = run(command, "").unwrap_or_else(|error| panic!("pg_dump: {error}"));
        without_lines(&printed, |line| {
            line == "--"
                || [
                    "-- Name: ",
                    "-- PostgreSQL database dump",
                    "-- Dumped ",
                    "SET ",
                    "SELECT pg_catalog.set_config",
                    "\\",
                ]
                .iter()
                .any(|start| line.starts_with(start))
        })
    }

    fn dump_mysql(&self) -> String {
        let own = self.query(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'migrate\\_%'",
        );
        let mut command = Command::new(variable("MIGRATE_TEST_MYSQLDUMP"));
        command
            .args(mysql_login(&self.server))
            .args(["--no-data", "--skip-triggers", "--skip-comments", "--skip-add-drop-table"])
            .args(own.iter().map(|row| format!("--ignore-table={}.{}", self.name, row[0])))
            .arg(&self.name);
        let printed = run(command, "").unwrap_or_else(|error| panic!("mariadb-dump: {error}"));
        let lines = without_lines(&printed, |line| {
            ["/*!40", "/*!50001 SET ", "/*M!", "DO SETVAL("].iter().any(|start| line.starts_with(start))
        });
        // The mode of a program is not kept on MySQL (docs/coverage.md).
        let mode = if Database::product_of_mysql() == "mysql" { "''" } else { "sql_mode" };
        let programs = PROGRAMS_OF_MYSQL.replace("sql_mode", mode);
        let programs: String = self.query(&programs).iter().map(|row| row.join(" | ") + "\n").collect();
        let rights: String = self.query(RIGHTS_OF_MYSQL).iter().map(|row| row.join(" | ") + "\n").collect();
        let own = format!("`{}`.", self.name);
        format!("{}{programs}{rights}", without_counters(&lines)).replace(&own, "")
    }

    /// The database's own shell, reading SQL from its standard input, silent but for rows.
    fn shell(&self, name: &str) -> Command {
        match self.database {
            Database::Sqlite => {
                let mut command = self.shell_on(&self.file());
                for schema in &self.attached {
                    let file = self.attached_file(schema);
                    command.arg("-cmd").arg(format!("ATTACH '{}' AS \"{schema}\"", file.display()));
                }
                command
            }
            Database::Postgres => {
                let mut command = Command::new(postgres_program("psql"));
                command
                    .args(["-X", "-q", "-A", "-t", "-P", "null=NULL", "-v", "ON_ERROR_STOP=1"])
                    .args(["-F", &COLUMN.to_string(), "-R", &ROW.to_string()])
                    .args(["-d", &url_of(&self.server, name), "-f", "-"]);
                command
            }
            Database::Mysql => {
                let mut command = Command::new(variable("MIGRATE_TEST_MYSQL_CLIENT"));
                command.args(mysql_login(&self.server)).args([
                    "--batch",
                    "--skip-column-names",
                    "--comments",
                    "--default-character-set=utf8mb4",
                    name,
                ]);
                command
            }
        }
    }

    /// The shell of SQLite on one file.
    fn shell_on(&self, file: &Path) -> Command {
        let mut command = Command::new("sqlite3");
        command
            .env("HOME", self.folder.path()) // no ~/.sqliterc
            .args(["-batch", "-bail", "-noheader", "-nullvalue", "NULL", "-cmd", "PRAGMA synchronous = OFF"])
            .args(["-separator", &COLUMN.to_string(), "-newline", &ROW.to_string()])
            .arg(file);
        command
    }

    fn create(&self) {
        let name = &self.name;
        let (place, sql) = match self.database {
            Database::Sqlite => return,
            Database::Postgres => ("postgres", format!("CREATE DATABASE {name} TEMPLATE template0;")),
            Database::Mysql => ("mysql", format!("CREATE DATABASE {name};")),
        };
        run(self.shell(place), &sql).unwrap_or_else(|error| panic!("cannot create a database: {error}"));
        // By hand: whether anything takes the own schema for `public`. Cases that say `public.` fail then.
        if let (Database::Postgres, Ok(own)) = (self.database, std::env::var("MIGRATE_TEST_PG_OWN")) {
            self.execute(&format!("CREATE SCHEMA {own}; ALTER DATABASE {name} SET search_path = {own}, public;"));
        }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let name = &self.name;
        let (place, sql) = match self.database {
            Database::Sqlite => return,
            Database::Postgres => ("postgres", dropped_with_force(name)),
            Database::Mysql => ("mysql", format!("DROP DATABASE {name};")),
        };
        if let Err(error) = run(self.shell(place), &sql)
            && !std::thread::panicking()
        {
            panic!("cannot drop the database {name}: {error}");
        }
    }
}

/// What `tests/run` says about its servers. Without it a test fails: nothing is skipped.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/run"))
}

/// `WITH (FORCE)` came with PostgreSQL 13.
fn dropped_with_force(name: &str) -> String {
    if Database::Postgres.version().is_some_and(|version| version.starts_with("12.")) {
        format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}';\nDROP DATABASE {name};"
        )
    } else {
        format!("DROP DATABASE {name} WITH (FORCE);")
    }
}

/// The URL of a server, with another database.
fn url_of(server: &str, database: &str) -> String {
    let (server, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{database}")
}

fn postgres_program(name: &str) -> PathBuf {
    PathBuf::from(variable("MIGRATE_TEST_PG_BIN")).join(name)
}

/// The options of MariaDB's programs that name a server.
fn mysql_login(url: &str) -> Vec<String> {
    let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()).expect("a URL with a port");
    vec!["--no-defaults".into(), "-h127.0.0.1".into(), format!("-P{port}"), "-uroot".into()]
}

/// Feeds a shell; its standard output, or its standard error where it failed.
fn run(mut command: Command, input: &str) -> Result<String, String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {:?}: {error}", command.get_program()));
    let mut stdin = child.stdin.take().expect("a pipe");
    let text = input.to_owned();
    // A shell that stops at an error closes the pipe; what it says counts, not the broken pipe.
    let feeder = std::thread::spawn(move || stdin.write_all(text.as_bytes()).is_ok());
    let output = child.wait_with_output().expect("the shell ends");
    feeder.join().expect("the feeder does not panic");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn columns(row: &str) -> Vec<String> {
    row.split(COLUMN).map(str::to_owned).collect()
}

/// A field of the MariaDB shell in batch mode: it escapes what would break rows and columns.
fn unescaped(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => text.push(match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('0') => '\0',
                Some(other) => other,
                None => '\\',
            }),
            (other, false) => text.push(other),
        }
    }
    text
}

/// The text without such lines and without blank ones.
fn without_lines(text: &str, unwanted: impl Fn(&str) -> bool) -> String {
    text.lines().filter(|line| !line.trim().is_empty() && !unwanted(line)).map(|line| format!("{line}\n")).collect()
}

/// Takes ` AUTO_INCREMENT=17` out of the last lines of tables: it tells of rows, not of the schema.
fn without_counters(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        match line.split_once(" AUTO_INCREMENT=").filter(|_| line.starts_with(") ENGINE=")) {
            Some((before, after)) => {
                kept.push_str(before);
                kept.push_str(after.trim_start_matches(|character: char| character.is_ascii_digit()));
            }
            None => kept.push_str(line),
        }
        kept.push('\n');
    }
    kept
}

/// A session that goes on in a shell of its own until it is dropped.
pub(crate) struct Held {
    child: std::process::Child,
}

impl Fresh {
    /// Sends SQL in a session that stays open, with its transaction. Returns when the marker that it ends with is seen.
    #[track_caller]
    pub(crate) fn hold(&self, sql: &str) -> Held {
        let mut command = self.shell(&self.name);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        if self.database == Database::Mysql {
            command.arg("--unbuffered");
        }
        let mut child = command.spawn().expect("the shell starts");
        let text = format!("{sql}\nSELECT 'held';\n");
        child.stdin.as_mut().expect("a pipe").write_all(text.as_bytes()).expect("the shell reads");
        child.stdin.as_mut().expect("a pipe").flush().expect("the shell reads");
        let mut seen = Vec::new();
        let mut byte = [0];
        let out = child.stdout.as_mut().expect("a pipe");
        while !seen.ends_with(b"held") && std::io::Read::read(out, &mut byte).expect("the shell writes") == 1 {
            seen.push(byte[0]);
        }
        assert!(seen.ends_with(b"held"), "{} refuses:\n{sql}", self.database.word());
        Held { child }
    }
}

impl Held {
    /// Sends more, without waiting for it.
    pub(crate) fn send(&mut self, sql: &str) {
        let pipe = self.child.stdin.as_mut().expect("a pipe");
        pipe.write_all(format!("{sql}\n").as_bytes()).expect("the shell reads");
        pipe.flush().expect("the shell reads");
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Who may do what, also with what is not there any more.
const RIGHTS_OF_MYSQL: &str = "SELECT CONCAT_WS(' ', User, Host, Table_name, Table_priv, Column_priv) FROM mysql.tables_priv \
    WHERE Db = DATABASE() AND Table_name NOT LIKE 'migrate\\_%' \
    UNION ALL SELECT CONCAT_WS(' ', User, Host, Table_name, Column_name, Column_priv) FROM mysql.columns_priv WHERE Db = DATABASE() \
    UNION ALL SELECT CONCAT_WS(' ', User, Host, LOWER(Routine_name), Routine_type, Proc_priv) FROM mysql.procs_priv WHERE Db = DATABASE() \
    UNION ALL SELECT CONCAT_WS(' ', User, Host, Select_priv, Insert_priv, Update_priv, Delete_priv, Create_priv, Drop_priv, \
    Grant_priv, References_priv, Index_priv, Alter_priv, Create_tmp_table_priv, Lock_tables_priv, Create_view_priv, \
    Show_view_priv, Create_routine_priv, Alter_routine_priv, Execute_priv, Event_priv, Trigger_priv) FROM mysql.db \
    WHERE REPLACE(Db, CHAR(92), '') = DATABASE() ORDER BY 1";

/// Triggers, routines and events as the server says them: its dump gives back the parameters of routines as they were
/// typed. A start of an event that is the moment when it was made says nothing.
const PROGRAMS_OF_MYSQL: &str = "
SELECT 'trigger', trigger_name, event_object_table, action_timing, event_manipulation, action_order, sql_mode, action_statement
  FROM information_schema.triggers WHERE trigger_schema = database() AND event_object_table NOT LIKE 'migrate\\_%' ORDER BY trigger_name;
SELECT 'routine', routine_type, routine_name, is_deterministic, sql_data_access, security_type, sql_mode, routine_comment, routine_definition
  FROM information_schema.routines WHERE routine_schema = database() ORDER BY routine_type, routine_name;
SELECT 'parameter', routine_type, specific_name, ordinal_position, parameter_mode, parameter_name, dtd_identifier, collation_name
  FROM information_schema.parameters WHERE specific_schema = database() ORDER BY 2, 3, 4;
SELECT 'event', event_name, execute_at, interval_value, interval_field, IF(starts IN (created, last_altered), NULL, starts), ends, status,
  on_completion, sql_mode, event_comment, event_definition
  FROM information_schema.events WHERE event_schema = database() ORDER BY event_name;
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_database_is_empty_and_alone() {
        for database in Database::ALL {
            let (first, second) = (database.fresh(), database.fresh());
            assert_eq!(first.dump(), second.dump());
            first.execute(
                "CREATE TABLE t (id integer NOT NULL PRIMARY KEY, note varchar(20)); INSERT INTO t VALUES (1, 'a');",
            );
            assert!(first.dump().contains("note"), "{database:?}: {}", first.dump());
            assert!(!second.dump().contains("note"), "{database:?}");
            assert_ne!(first.url(), second.url());
            second.execute("CREATE TABLE t (id integer NOT NULL PRIMARY KEY, note varchar(20));");
            assert_eq!(first.dump(), second.dump(), "{database:?}: rows are not part of the schema");
        }
    }

    #[test]
    fn rows_come_back_as_they_are() {
        for database in Database::ALL {
            let fresh = database.fresh();
            fresh.execute("CREATE TABLE t (id integer, note varchar(40));");
            fresh.execute("INSERT INTO t VALUES (1, 'a\tb\nc'), (2, NULL), (3, ''), (4, 'ü|'), (5, 'back');");
            let rows = fresh.query("SELECT id, note FROM t ORDER BY id;");
            let expected = [["1", "a\tb\nc"], ["2", "NULL"], ["3", ""], ["4", "ü|"], ["5", "back"]];
            assert_eq!(rows, expected, "{database:?}");
            assert_eq!(fresh.value("SELECT count(*) FROM t;"), "5");
            assert_eq!(fresh.value("SELECT note FROM t WHERE id = 3;"), "");
            assert_eq!(fresh.query("SELECT id FROM t WHERE id > 9;"), Vec::<Vec<String>>::new());
        }
    }

    #[test]
    fn the_first_error_stops_and_is_shown() {
        for database in Database::ALL {
            let fresh = database.fresh();
            let error =
                fresh.try_execute("SELECT * FROM absent; CREATE TABLE after (id integer);").expect_err("no such table");
            assert!(error.contains("absent"), "{database:?}: {error}");
            assert!(!fresh.dump().contains("after"), "{database:?}");
        }
    }

    #[test]
    fn a_database_goes_away_with_its_value() {
        let list = [
            (Database::Postgres, "SELECT datname FROM pg_database;"),
            (Database::Mysql, "SELECT schema_name FROM information_schema.schemata;"),
        ];
        for (database, sql) in list {
            let (keeper, goer) = (database.fresh(), database.fresh());
            let name = goer.name().to_owned();
            assert!(keeper.query(sql).contains(&vec![name.clone()]));
            drop(goer);
            assert!(!keeper.query(sql).contains(&vec![name]), "{database:?}");
        }
        let file = {
            let fresh = Database::Sqlite.fresh();
            fresh.execute("CREATE TABLE t (id integer);");
            assert!(fresh.file().exists());
            fresh.file()
        };
        assert!(!file.exists());
    }

    #[test]
    fn a_dump_leaves_out_the_tables_of_the_program() {
        for database in Database::ALL {
            let fresh = database.fresh();
            let before = fresh.dump();
            fresh.execute(
                "CREATE TABLE migrate_version (version_num varchar(32) NOT NULL PRIMARY KEY); \
                 CREATE TABLE migrate_log (id integer NOT NULL PRIMARY KEY, note varchar(10)); \
                 CREATE INDEX migrate_log_note ON migrate_log (note);",
            );
            assert_eq!(fresh.dump(), before, "{database:?}");
            fresh.execute("CREATE TABLE migrates (id integer);");
            assert!(fresh.dump().contains("migrates"), "{database:?}: only names with an underscore are the program's");
        }
    }

    #[test]
    fn a_dump_does_not_depend_on_rows_or_on_the_run() {
        let mysql = Database::Mysql.fresh();
        mysql.execute(
            "CREATE TABLE t (id integer NOT NULL PRIMARY KEY AUTO_INCREMENT) COMMENT 'AUTO_INCREMENT=5 stays';",
        );
        let before = mysql.dump();
        mysql.execute("INSERT INTO t VALUES (41);");
        assert_eq!(mysql.dump(), before);
        assert!(before.contains("COMMENT='AUTO_INCREMENT=5 stays'"), "{before}");
        let postgres = Database::Postgres.fresh();
        postgres.execute("CREATE TABLE t (id integer); CREATE SCHEMA app; CREATE VIEW app.v AS SELECT id FROM t;");
        let dump = postgres.dump();
        assert!(dump.contains("CREATE SCHEMA app") && dump.contains("CREATE VIEW app.v"), "{dump}");
        assert!(!dump.contains("restrict") && !dump.contains("-- "), "{dump}");
    }

    #[test]
    fn the_shell_knows_delimiters_and_comments() {
        let fresh = Database::Mysql.fresh();
        fresh.execute("DELIMITER //\nCREATE PROCEDURE p() BEGIN /* kept */ SELECT 1; SELECT 2; END//\nDELIMITER ;\n");
        assert!(fresh.dump().contains("/* kept */"), "{}", fresh.dump());
    }
}
