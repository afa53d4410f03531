//! MariaDB and MySQL: connecting, making the session known, cancelling.

use std::time::{Duration, Instant};

use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlConnection, MySqlQueryResult, MySqlRow, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _};

use super::Row;
#[cfg(feature = "orm")]
use super::bound::{Take, exchange};
use super::driver::{Ended, Greeting, Sink, Stopped};
use super::failure::{self, Reply, Source};
#[cfg(feature = "orm")]
use super::mysql_values;
use super::password::PasswordSource;
use super::reply;
use super::settings::Settings;
use super::silence::{self, First, Look, Patience, Said, heard};
use super::stream::{Reading, Watch, stream, watched};
use super::url::Server;
use crate::error::{Error, Kind, Result};
use crate::schema::Ident;
use crate::statement::value::Value;
use crate::statement::{Product, ServerVersion};

/// An open connection and what is needed to cancel it from a second one.
pub(super) struct Session {
    connection: MySqlConnection,
    options: MySqlConnectOptions,
    password_source: Option<PasswordSource>,
    id: String,
    /// The server itself ends a statement that runs too long (MariaDB).
    keeps_time: bool,
    /// The most that the server takes in one packet, in bytes.
    longest: usize,
    product: Product,
    patience: Option<Patience>,
    /// Which server it is, and since when we are there.
    place: String,
    opened: Instant,
}

/// Connects. The name of the database may be missing; then `own_schema` is empty.
pub(super) async fn open(server: &Server, settings: &Settings) -> Result<(Session, Greeting), Stopped> {
    let limit = server.parameter("connect_timeout").and_then(|seconds| seconds.parse().ok());
    let limit = limit.map_or(settings.connect_timeout, Duration::from_secs);
    reply::within(limit, open_unlimited(server, settings)).await
}

async fn open_unlimited(server: &Server, settings: &Settings) -> Result<(Session, Greeting), Stopped> {
    let options = options(server)?;
    let (password_source, patience, opened) = (server.password_source.clone(), Patience::of(server), Instant::now());
    let mut connection = MySqlConnection::connect_with(&options).await.map_err(|error| reply::stopped(&error))?;
    if let Some(role) = set_role(settings) {
        quiet(&mut connection, &role).await?;
    }
    let mut found = Row::default();
    let question =
        format!("SELECT VERSION(), CONNECTION_ID(), DATABASE(), @@GLOBAL.sql_mode, {PLACE}, @@max_allowed_packet");
    let sink: Sink<'_> = &mut |row| {
        found.clone_from(row);
        Ok(())
    };
    stream::<MySql>(&mut connection, &question, sink, reading()).await?;
    let version = version(found.text(0).unwrap_or_default());
    let mode = sql_mode(found.text(3).unwrap_or_default());
    let words = session_settings(settings, version.product, &mode).replacen("SET ", "SET NAMES utf8mb4, ", 1);
    // What a table keeps of former versions changes with it; a script says so for each table.
    let versions = match version.product {
        Product::MariaDb => ", SESSION system_versioning_alter_history = KEEP",
        Product::MySql | Product::Postgres | Product::Sqlite => "",
    };
    quiet(&mut connection, &format!("{words}{versions}")).await?;
    if settings.read_only {
        quiet(&mut connection, "SET SESSION TRANSACTION READ ONLY").await?;
    }
    let mut own_schema = found.text(2).map(str::to_owned);
    if !settings.prepare.0.is_empty() {
        for sql in &settings.prepare.0 {
            quiet(&mut connection, sql).await?;
        }
        let sink: Sink<'_> = &mut |row| {
            own_schema = row.text(0).map(str::to_owned);
            Ok(())
        };
        stream::<MySql>(&mut connection, "SELECT DATABASE()", sink, reading()).await?;
    }
    let greeting = Greeting {
        server: version,
        own_schema: own_schema.map_or_else(|| Ident::from(""), Ident::from),
        stands_in: false,
        in_each_transaction: None,
    };
    let id = found.text(1).unwrap_or_default().to_owned();
    let (product, place) = (version.product, found.text(4).unwrap_or_default().to_owned());
    let keeps_time = product == Product::MariaDb;
    let longest = found.text(5).and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    Ok((
        Session { connection, options, password_source, id, keeps_time, longest, product, patience, place, opened },
        greeting,
    ))
}

/// Which server it is, in SQL.
const PLACE: &str = "CONCAT_WS(' ', @@hostname, @@port, @@server_id)";

/// What is needed to look after a statement over a second connection.
struct Line<'a> {
    options: &'a MySqlConnectOptions,
    source: Option<&'a PasswordSource>,
    id: &'a str,
    product: Product,
    patience: Option<Patience>,
    first: First<'a>,
}

/// Borrows all of a session but its connection.
macro_rules! line {
    ($session:expr) => {
        Line {
            options: &$session.options,
            source: $session.password_source.as_ref(),
            id: &$session.id,
            product: $session.product,
            patience: $session.patience,
            first: First { session: Some(&$session.id), place: &$session.place, opened: $session.opened },
        }
    };
}

impl Line<'_> {
    /// Drives a statement to its end: a server that says nothing is looked at, and asked to end it where that is wanted.
    async fn attend(
        &self,
        work: impl Future<Output = Result<u64, Stopped>>,
        watch: Watch<'_>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        let &Line { options, source, id, product, patience, first } = self;
        // Boxed, for they are large and seldom needed.
        let look = async |is_last| {
            Box::pin(async { look(with_password_of_now(options, source).await, first, product, is_last).await }).await
        };
        let cancel = async || Box::pin(async { cancel(with_password_of_now(options, source).await, id).await }).await;
        watched(heard(work, patience, look), watch, cancel).await
    }
}

impl Session {
    pub(super) async fn talk(
        &mut self,
        sql: &str,
        sink: Sink<'_>,
        mut watch: Watch<'_>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        // The server would end the connection at such a packet, and say why to nobody who still sends.
        if sql.len() >= self.longest {
            return (Err(too_long(sql.len(), self.longest)), None);
        }
        if self.keeps_time {
            watch.limit = None;
        }
        let line = line!(self);
        let reading = if sql.starts_with(SHOW) { Reading { fill: fill_with_marks, ..reading() } } else { reading() };
        line.attend(stream::<MySql>(&mut self.connection, sql, sink, reading), watch).await
    }

    /// As `talk`, with parameters.
    #[cfg(feature = "orm")]
    pub(super) async fn ask(
        &mut self,
        sql: &str,
        values: &[Value],
        take: Take<'_>,
        mut watch: Watch<'_>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        let length = sql.len() + values.iter().map(|value| value.as_text().map_or(8, str::len)).sum::<usize>();
        if length >= self.longest {
            return (Err(too_long(length, self.longest)), None);
        }
        if self.keeps_time {
            watch.limit = None;
        }
        let line = line!(self);
        let work = exchange::<MySql>(&mut self.connection, sql, values, take, mysql_values::typing());
        line.attend(work, watch).await
    }

    pub(super) async fn close(self) {
        drop(self.connection.close().await);
    }
}

/// The password may be another one than when the first connection was opened; where nobody tells it, it is tried with
/// that one.
async fn with_password_of_now(options: &MySqlConnectOptions, source: Option<&PasswordSource>) -> MySqlConnectOptions {
    let options = options.clone();
    let Some(source) = source else { return options };
    match source.ask().await {
        Ok(password) => options.password(password.reveal()),
        Err(_) => options,
    }
}

/// Asks the server over a second connection to end what the first one does. A failure shows as a statement that goes
/// on, and is tried again.
async fn cancel(options: MySqlConnectOptions, id: &str) {
    let ask = async {
        let mut second = MySqlConnection::connect_with(&options).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("KILL QUERY {id}"))).execute(&mut second).await?;
        second.close().await
    };
    drop(tokio::time::timeout(Duration::from_secs(5), ask).await);
}

/// Asks the server over a second connection what the first one does.
async fn look(options: MySqlConnectOptions, first: First<'_>, product: Product, is_last: bool) -> Look {
    let id = first.session.unwrap_or_default();
    let status = if product == Product::MySql { "performance_schema" } else { "information_schema" };
    let ask = async {
        let mut second = MySqlConnection::connect_with(&options).await?;
        let question = format!(
            "SELECT {PLACE}, (SELECT variable_value FROM {status}.global_status WHERE variable_name = 'uptime'), \
             (SELECT command FROM information_schema.processlist WHERE id = {id})"
        );
        let row = sqlx::raw_sql(AssertSqlSafe(question)).fetch_one(&mut second).await?;
        let found = Look::at(&said(&row), &first);
        if is_last && found == Look::Idle {
            sqlx::raw_sql(AssertSqlSafe(format!("KILL CONNECTION {id}"))).execute(&mut second).await?;
        }
        second.close().await?;
        Ok(found)
    };
    silence::looked(ask).await
}

fn said(row: &MySqlRow) -> Said {
    let mut said = Row::default();
    if fill(row, &mut said).is_err() {
        return Said::default();
    }
    Said {
        place: said.text(0).unwrap_or_default().to_owned(),
        uptime: said.text(1).and_then(|text| text.parse().ok()).map_or(Duration::MAX, Duration::from_secs),
        is_idle: said.text(2).map(|command| command == "Sleep"),
    }
}

/// What the server would say, with its setting.
fn too_long(length: usize, longest: usize) -> Stopped {
    let message = format!("the statement has {length} bytes, and max_allowed_packet of the server is {longest}");
    Stopped::Server(Reply::new(Source::MySql, message).with_code(failure::TOO_LONG))
}

async fn quiet(connection: &mut MySqlConnection, sql: &str) -> Result<u64, Stopped> {
    stream::<MySql>(connection, sql, &mut |_| Ok(()), reading()).await
}

fn reading() -> Reading<MySql> {
    Reading { fill, affected: MySqlQueryResult::rows_affected }
}

/// In the text protocol every value is the server's text; BIT and BINARY are raw bytes.
fn fill(source: &MySqlRow, row: &mut Row) -> Result<()> {
    for index in 0..source.len() {
        let bytes = source
            .try_get_unchecked::<Option<&[u8]>, _>(index)
            .map_err(|error| Error::new(Kind::Unsupported, error.to_string()))?;
        let text = bytes.map(std::str::from_utf8).transpose().map_err(|_| {
            Error::new(Kind::Unsupported, format!("column {} of the answer is not UTF-8", index + 1))
                .with_hint("read it through HEX() or CONVERT(… USING utf8mb4)")
        })?;
        row.push(text)?;
    }
    Ok(())
}

/// What begins a text of the server's own making, in which the bytes of a binary default are as they are.
const SHOW: &str = "SHOW CREATE ";

/// As [`fill`], with a mark in the place of what is no text.
fn fill_with_marks(source: &MySqlRow, row: &mut Row) -> Result<()> {
    for index in 0..source.len() {
        let bytes = source
            .try_get_unchecked::<Option<&[u8]>, _>(index)
            .map_err(|error| Error::new(Kind::Unsupported, error.to_string()))?;
        row.push(bytes.map(String::from_utf8_lossy).as_deref())?;
    }
    Ok(())
}

/// `10.11.19-MariaDB-deb12`, `5.5.5-10.11.19-MariaDB`, `9.7.4`.
fn version(text: &str) -> ServerVersion {
    let product = if text.contains("MariaDB") { Product::MariaDb } else { Product::MySql };
    let text = text.strip_prefix("5.5.5-").unwrap_or(text);
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    ServerVersion::new(product, next(), next(), next())
}

/// What a script says in place of [`open`], for the shell that runs it. The server's own mode is not known here: it is
/// asked when the script runs, as in [`sql_mode`].
pub(super) fn opening(settings: &Settings, product: Product) -> Vec<String> {
    let mode = ANOTHER_LANGUAGE.iter().fold("CONCAT(',', @@GLOBAL.sql_mode, ',')".to_owned(), |mode, language| {
        format!("REPLACE({mode}, ',{language},', ',')")
    });
    let strict = format!("SET SESSION sql_mode = TRIM(BOTH ',' FROM CONCAT({mode}, 'STRICT_TRANS_TABLES'))");
    let words = session_settings(settings, product, "");
    let others = words.replacen("sql_mode = '', SESSION ", "", 1);
    let role = set_role(settings);
    ["SET NAMES utf8mb4".to_owned(), strict, others].into_iter().chain(role).collect()
}

fn set_role(settings: &Settings) -> Option<String> {
    let role = settings.role.as_ref()?;
    Some(format!("SET ROLE `{}`", role.replace('`', "``")))
}

/// How many statements with parameters stay prepared in a session.
const PREPARED: usize = 32;

/// Modes that change what a quote or a backslash means.
const ANOTHER_LANGUAGE: &[&str] = &[
    "ANSI",
    "ANSI_QUOTES",
    "DB2",
    "MAXDB",
    "MSSQL",
    "MYSQL323",
    "MYSQL40",
    "NO_BACKSLASH_ESCAPES",
    "NO_FIELD_OPTIONS",
    "NO_KEY_OPTIONS",
    "NO_TABLE_OPTIONS",
    "ORACLE",
    "POSTGRESQL",
];

/// The server's own mode, so that triggers and routines store what they store for other clients; without the modes that
/// change what a quote or a backslash means, because statements are read and written for the usual meaning; and strict,
/// because a migration must not cut values in silence.
fn sql_mode(global: &str) -> String {
    let mut modes: Vec<&str> =
        global.split(',').filter(|mode| !mode.is_empty() && !ANOTHER_LANGUAGE.contains(mode)).collect();
    if !modes.iter().any(|mode| matches!(*mode, "STRICT_TRANS_TABLES" | "STRICT_ALL_TABLES" | "TRADITIONAL")) {
        modes.push("STRICT_TRANS_TABLES");
    }
    modes.join(",")
}

/// Whole seconds; none = what the server has by itself.
fn lock_limits(settings: &Settings) -> [String; 2] {
    let limit = match settings.lock_timeout.as_millis().div_ceil(1000).min(31_536_000) {
        0 => "DEFAULT".to_owned(),
        seconds => seconds.to_string(),
    };
    [format!("lock_wait_timeout = {limit}"), format!("innodb_lock_wait_timeout = {limit}")]
}

/// The limits of the session. MySQL keeps no time of statements that change anything: that is done here.
pub(super) fn limits(settings: &Settings, product: Product) -> String {
    let mut parts = lock_limits(settings).to_vec();
    if product == Product::MariaDb {
        parts.push(format!("max_statement_time = {}", settings.statement_timeout.as_secs_f64()));
    }
    format!("SET SESSION {}", parts.join(", SESSION "))
}

fn session_settings(settings: &Settings, product: Product, mode: &str) -> String {
    let mut parts = vec![
        format!("sql_mode = '{}'", mode.replace('\'', "")),
        "time_zone = '+00:00'".to_owned(),
        "autocommit = 1".to_owned(),
        "sql_safe_updates = 0".to_owned(),
        "sql_quote_show_create = 1".to_owned(),
        "group_concat_max_len = 16777216".to_owned(),
    ];
    if !settings.lock_timeout.is_zero() {
        parts.extend(lock_limits(settings));
    }
    // Else a NOT NULL timestamp would get a default and ON UPDATE that nobody asked for.
    let explicit = "SESSION explicit_defaults_for_timestamp = ON";
    let limit = settings.statement_timeout;
    let explicit = if product == Product::MariaDb {
        parts.push(format!("max_statement_time = {}", limit.as_secs_f64()));
        // Before 10.6.9 that is for the server alone to say.
        format!(" /*M!100609 , {explicit} */")
    } else {
        format!(", {explicit}")
    };
    format!("SET SESSION {}{explicit}", parts.join(", SESSION "))
}

fn options(server: &Server) -> Result<MySqlConnectOptions, Stopped> {
    // The driver's own default is root, which nobody should be by accident.
    let user = server.user.as_deref().ok_or_else(|| {
        let error = Error::new(Kind::Config, "the database URL names no user");
        Stopped::Sink(error.with_hint("write mysql://user:password@host/database"))
    })?;
    let mut options = MySqlConnectOptions::new()
        .host(server.host.as_deref().unwrap_or("localhost"))
        .port(server.port.unwrap_or(3306))
        .username(user)
        .ssl_mode(ssl_mode(server.parameter("ssl-mode")))
        // sqlx would change the mode and the zone; both are set after connecting, with the names, in one question.
        .set_names(false)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .statement_cache_capacity(PREPARED)
        .disable_statement_logging();
    if let Some(password) = &server.password {
        options = options.password(password);
    }
    if let Some(database) = &server.database {
        options = options.database(database);
    }
    if let Some(socket) = &server.socket {
        options = options.socket(socket);
    }
    if let Some(path) = server.parameter("ssl-ca") {
        options = options.ssl_ca(path);
    }
    if let Some(path) = server.parameter("ssl-cert") {
        options = options.ssl_client_cert(path);
    }
    if let Some(path) = server.parameter("ssl-key") {
        options = options.ssl_client_key(path);
    }
    Ok(options)
}

fn ssl_mode(word: Option<&str>) -> MySqlSslMode {
    word.and_then(|word| word.to_ascii_lowercase().parse().ok()).unwrap_or(MySqlSslMode::Preferred)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_tells_the_relatives_apart() {
        assert_eq!(version("10.11.19-MariaDB-0+deb12u1"), ServerVersion::new(Product::MariaDb, 10, 11, 19));
        assert_eq!(version("5.5.5-10.4.7-MariaDB-log"), ServerVersion::new(Product::MariaDb, 10, 4, 7));
        assert_eq!(version("8.0.36"), ServerVersion::new(Product::MySql, 8, 0, 36));
    }

    #[test]
    fn the_mode_is_the_servers_but_strict_and_in_the_usual_language() {
        assert_eq!(sql_mode("NO_ENGINE_SUBSTITUTION"), "NO_ENGINE_SUBSTITUTION,STRICT_TRANS_TABLES");
        assert_eq!(sql_mode("ANSI_QUOTES,STRICT_ALL_TABLES,ANSI"), "STRICT_ALL_TABLES");
        assert_eq!(sql_mode(""), "STRICT_TRANS_TABLES");
    }

    #[test]
    fn limits_become_the_servers_own() {
        let settings = Settings { lock_timeout: Duration::from_millis(1500), ..Settings::default() };
        let text = session_settings(&settings, Product::MariaDb, "");
        assert!(text.contains("SESSION lock_wait_timeout = 2, SESSION innodb_lock_wait_timeout = 2"), "{text}");
        let end = "SESSION max_statement_time = 0 /*M!100609 , SESSION explicit_defaults_for_timestamp = ON */";
        assert!(text.ends_with(end), "{text}");
        assert!(!session_settings(&settings, Product::MySql, "").contains("/*"));
    }
}
