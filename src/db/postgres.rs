//! PostgreSQL: connecting, making the session known, cancelling.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgQueryResult, PgRow, PgSslMode, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _};

use super::Row;
#[cfg(feature = "orm")]
use super::bound::{Chunks, Take, exchange};
use super::driver::{Ended, Greeting, Sink, Stopped};
use super::failure::{Reply, Source};
use super::password::PasswordSource;
#[cfg(feature = "orm")]
use super::postgres_values;
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
    connection: PgConnection,
    options: PgConnectOptions,
    password_source: Option<PasswordSource>,
    /// Who serves us. None: a pooler is in between, and it is somebody else at each transaction.
    pid: Option<String>,
    patience: Option<Patience>,
    /// Which server it is, and since when we are there.
    place: String,
    opened: Instant,
}

/// Connects. What the URL leaves open is filled in as by other clients (user, password file, `PG…` variables of the TLS
/// files), but never host, port or database: those decide where we are.
///
/// The settings of the session, with a mark, are start-up parameters: a pooler cannot hand them to a server that it
/// shares among many, and refuses or forgets them. So who reads the mark back is alone with the server, and whoever does
/// not says the settings in each transaction, where they end with it.
pub(super) async fn open(server: &Server, settings: &Settings) -> Result<(Session, Greeting), Stopped> {
    let limit = server.parameter("connect_timeout").and_then(|seconds| seconds.parse().ok());
    let limit = limit.map_or(settings.connect_timeout, Duration::from_secs);
    reply::within(limit, open_unlimited(server, settings)).await
}

async fn open_unlimited(server: &Server, settings: &Settings) -> Result<(Session, Greeting), Stopped> {
    let bare = options(server, settings)?;
    let (password_source, patience, opened) = (server.password_source.clone(), Patience::of(server), Instant::now());
    let mark = mark();
    let options = bare.clone().options(session_settings(settings)).options([(MARK, mark.as_str())]);
    let options = options.options(signs_of_life(patience));
    let connect = async |options| PgConnection::connect_with(options).await.map_err(|error| reply::stopped(&error));
    let (mut connection, options) = match connect(&options).await {
        Err(Stopped::Server(reply)) if takes_no_settings(&reply) => (connect(&bare).await?, bare),
        other => (other?, options),
    };
    let mut found = Row::default();
    let question = format!(
        "SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.pg_backend_pid(), \
         pg_catalog.current_schema(), pg_catalog.current_setting('{MARK}', true), {PLACE}"
    );
    let sink: Sink<'_> = &mut |row| {
        found.clone_from(row);
        Ok(())
    };
    stream::<Postgres>(&mut connection, &question, sink, reading()).await?;
    let direct = found.text(3) == Some(mark.as_str());
    let role = set_role(settings).filter(|_| direct);
    let own_schema = if role.is_none() && settings.prepare.0.is_empty() {
        found.text(2).map(str::to_owned)
    } else {
        for sql in role.iter().chain(&settings.prepare.0) {
            quiet(&mut connection, sql).await?;
        }
        // "$user" in the search path is another one now.
        let mut schema = None;
        let sink: Sink<'_> = &mut |row| {
            schema = row.text(0).map(str::to_owned);
            Ok(())
        };
        stream::<Postgres>(&mut connection, "SELECT pg_catalog.current_schema()", sink, reading()).await?;
        schema
    };
    let number = found.int(0).ok().flatten().and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let greeting = Greeting {
        server: ServerVersion::new(Product::Postgres, number / 10_000, number % 10_000, 0),
        own_schema: own_schema.map_or_else(|| Ident::from("public"), Ident::from),
        stands_in: false,
        in_each_transaction: (!direct).then(|| in_each_transaction(settings)),
    };
    let pid = found.text(1).filter(|_| direct).map(str::to_owned);
    let place = found.text(4).unwrap_or_default().to_owned();
    Ok((Session { connection, options, password_source, pid, patience, place, opened }, greeting))
}

/// Which server it is, in SQL.
const PLACE: &str = "pg_catalog.concat_ws(' ', pg_catalog.inet_server_addr(), pg_catalog.inet_server_port())";

/// A server asks as often whether we are still there; else it would keep the locks of a client that is gone for hours.
fn signs_of_life(patience: Option<Patience>) -> Vec<(&'static str, String)> {
    let Some(Patience { idle, interval, count }) = patience else { return Vec::new() };
    vec![
        ("tcp_keepalives_idle", idle.as_secs().to_string()),
        ("tcp_keepalives_interval", interval.as_secs().to_string()),
        ("tcp_keepalives_count", count.to_string()),
    ]
}

/// Only the server that took the start-up parameters knows it.
const MARK: &str = "migrate.session";

/// Another one for each connection of this machine.
fn mark() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("{}.{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Whether this is the answer of a pooler to start-up parameters that it does not know.
fn takes_no_settings(reply: &Reply) -> bool {
    let says = |word: &str| reply.message.to_ascii_lowercase().contains(word);
    says("startup parameter") || says("startup option") || says("command-line options")
}

/// Borrows all of a session but its connection.
macro_rules! line {
    ($session:expr) => {
        Line {
            options: &$session.options,
            source: $session.password_source.as_ref(),
            pid: $session.pid.as_deref(),
            patience: $session.patience,
            first: First { session: $session.pid.as_deref(), place: &$session.place, opened: $session.opened },
        }
    };
}

impl Session {
    pub(super) async fn talk(
        &mut self,
        sql: &str,
        sink: Sink<'_>,
        mut watch: Watch<'_>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        // The server keeps the time itself.
        watch.limit = None;
        let line = line!(self);
        line.attend(stream::<Postgres>(&mut self.connection, sql, sink, reading()), watch).await
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
        watch.limit = None;
        let line = line!(self);
        line.attend(twice(&mut self.connection, sql, values, take), watch).await
    }

    /// Sends a stream of chunks behind a COPY. It is ended or aborted whatever happens, so that the line stays in step.
    #[cfg(feature = "orm")]
    pub(super) async fn copy_in(
        &mut self,
        sql: &str,
        chunks: Chunks<'_>,
        watch: Watch<'_>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        let line = line!(self);
        line.attend(copied(&mut self.connection, sql, chunks), watch).await
    }

    /// Who serves us from now on; None = nobody knows.
    pub(super) fn served_by(&mut self, pid: Option<String>) {
        self.pid = pid;
    }

    pub(super) async fn close(self) {
        drop(self.connection.close().await);
    }
}

/// Where the driver meets a type of the database for the first time it asks about it, and its own question takes the place
/// of the statement, which fails before it has begun. The second time it knows the type; within a transaction there is no
/// second time.
#[cfg(feature = "orm")]
async fn twice(connection: &mut PgConnection, sql: &str, values: &[Value], take: Take<'_>) -> Result<u64, Stopped> {
    match exchange::<Postgres>(connection, sql, values, take, postgres_values::typing()).await {
        Err(Stopped::Server(first)) if first.code == "26000" => {
            match exchange::<Postgres>(connection, sql, values, take, postgres_values::typing()).await {
                Err(Stopped::Server(second)) if second.code == "25P02" => Err(Stopped::Sink(unknown_type())),
                other => other,
            }
        }
        other => other,
    }
}

#[cfg(feature = "orm")]
fn unknown_type() -> Error {
    Error::new(Kind::Statement, "a column of the answer has a type that only this database has")
        .with_hint("cast it to text in the statement")
}

#[cfg(feature = "orm")]
async fn copied(connection: &mut PgConnection, sql: &str, chunks: Chunks<'_>) -> Result<u64, Stopped> {
    let stopped = |error: sqlx::Error| Stopped::Server(reply::of(&error));
    let mut copy = connection.copy_in_raw(sql).await.map_err(stopped)?;
    loop {
        match chunks() {
            Ok(Some(chunk)) => {
                copy.send(chunk).await.map_err(stopped)?;
            }
            Ok(None) => return copy.finish().await.map_err(stopped),
            Err(error) => {
                copy.abort("a row does not fit").await.map_err(stopped)?;
                return Err(Stopped::Sink(error));
            }
        }
    }
}

/// What is needed to look after a statement over a second connection.
struct Line<'a> {
    options: &'a PgConnectOptions,
    source: Option<&'a PasswordSource>,
    pid: Option<&'a str>,
    patience: Option<Patience>,
    first: First<'a>,
}

impl Line<'_> {
    /// Drives a statement to its end: a server that says nothing is looked at, and asked to end it where that is wanted.
    async fn attend(
        &self,
        work: impl Future<Output = Result<u64, Stopped>>,
        watch: Watch<'_>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        let &Line { options, source, pid, patience, first } = self;
        // Boxed, for they are large and seldom needed.
        let look = async |is_last| {
            Box::pin(async { look(with_password_of_now(options, source).await, first, is_last).await }).await
        };
        let cancel = async || {
            // Behind a pooler and outside of a transaction nobody knows whom to ask.
            if let Some(pid) = pid {
                Box::pin(async { cancel(with_password_of_now(options, source).await, pid).await }).await;
            }
        };
        watched(heard(work, patience, look), watch, cancel).await
    }
}

/// The password may be another one than when the first connection was opened; where nobody tells it, it is tried with
/// that one.
async fn with_password_of_now(options: &PgConnectOptions, source: Option<&PasswordSource>) -> PgConnectOptions {
    let options = options.clone();
    let Some(source) = source else { return options };
    match source.ask().await {
        Ok(password) => options.password(password.reveal()),
        Err(_) => options,
    }
}

/// Asks the server over a second connection to end what the first one does. A failure shows as a statement that goes
/// on, and is tried again.
async fn cancel(options: PgConnectOptions, pid: &str) {
    let ask = async {
        let mut second = PgConnection::connect_with(&options).await?;
        let question = format!("SELECT pg_catalog.pg_cancel_backend({pid})");
        sqlx::raw_sql(AssertSqlSafe(question)).execute(&mut second).await?;
        second.close().await
    };
    drop(tokio::time::timeout(Duration::from_secs(5), ask).await);
}

/// Asks the server over a second connection what the first one does; behind a pooler, whether it is there at all.
async fn look(options: PgConnectOptions, first: First<'_>, is_last: bool) -> Look {
    let pid = first.session.unwrap_or("pg_catalog.pg_backend_pid()");
    let ask = async {
        let mut second = PgConnection::connect_with(&options).await?;
        let question = format!(
            "SELECT {PLACE}, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - \
             pg_catalog.pg_postmaster_start_time())::bigint::text, (SELECT COALESCE(state LIKE 'idle%', false) \
             FROM pg_catalog.pg_stat_activity WHERE pid = {pid})"
        );
        let row = sqlx::raw_sql(AssertSqlSafe(question)).fetch_one(&mut second).await?;
        let found = Look::at(&said(&row), &first);
        if is_last && found == Look::Idle {
            let end = format!("SELECT pg_catalog.pg_terminate_backend({pid})");
            sqlx::raw_sql(AssertSqlSafe(end)).execute(&mut second).await?;
        }
        second.close().await?;
        Ok(found)
    };
    silence::looked(ask).await
}

fn said(row: &PgRow) -> Said {
    let mut said = Row::default();
    if fill(row, &mut said).is_err() {
        return Said::default();
    }
    Said {
        place: said.text(0).unwrap_or_default().to_owned(),
        uptime: said.text(1).and_then(|text| text.parse().ok()).map_or(Duration::MAX, Duration::from_secs),
        is_idle: said.text(2).map(|word| word == "t"),
    }
}

async fn quiet(connection: &mut PgConnection, sql: &str) -> Result<u64, Stopped> {
    stream::<Postgres>(connection, sql, &mut |_| Ok(()), reading()).await
}

fn reading() -> Reading<Postgres> {
    Reading { fill, affected: PgQueryResult::rows_affected }
}

/// In the simple protocol every value is the server's own text.
fn fill(source: &PgRow, row: &mut Row) -> Result<()> {
    for index in 0..source.len() {
        let value = source.try_get_raw(index).map_err(|error| Error::new(Kind::Unsupported, error.to_string()))?;
        if sqlx::ValueRef::is_null(&value) {
            row.push(None)?;
            continue;
        }
        let text = value.as_str().map_err(|_| {
            Error::new(Kind::Unsupported, format!("column {} of the answer is not UTF-8", index + 1))
                .with_hint("set the database's client_encoding to UTF8")
        })?;
        row.push(Some(text))?;
    }
    Ok(())
}

/// What a script says in place of [`open`], for the shell that runs it.
pub(super) fn opening(settings: &Settings) -> Vec<String> {
    let mut said = vec!["SET client_encoding = 'UTF8'".to_owned()];
    said.extend(session_settings(settings).into_iter().map(|(name, value)| match name {
        // Tables that are there already are no news.
        "client_min_messages" => format!("SET {name} = 'warning'"),
        _ => format!("SET {name} = {}", said_in_sql(&value)),
    }));
    said.extend(set_role(settings));
    said
}

/// What gives the session, or only the open transaction, these limits.
pub(super) fn limits(settings: &Settings, of_transaction: bool) -> Vec<String> {
    let set = if of_transaction { "SET LOCAL" } else { "SET" };
    time_limits(settings).into_iter().map(|(name, value)| format!("{set} {name} = {value}")).collect()
}

fn time_limits(settings: &Settings) -> [(&'static str, String); 2] {
    let milliseconds = |limit: Duration| limit.as_millis().min(i32::MAX as u128).to_string();
    [
        ("lock_timeout", milliseconds(settings.lock_timeout)),
        ("statement_timeout", milliseconds(settings.statement_timeout)),
    ]
}

/// What takes on the role of the configuration.
pub(super) fn set_role(settings: &Settings) -> Option<String> {
    let role = settings.role.as_ref()?;
    Some(format!("SET ROLE \"{}\"", role.replace('"', "\"\"")))
}

/// The same, for a transaction.
pub(super) fn in_each_transaction(settings: &Settings) -> String {
    let said = session_settings(settings).into_iter();
    let said = said.map(|(name, value)| match name {
        // It counts for transactions that begin later.
        "default_transaction_read_only" => format!("SET LOCAL transaction_read_only = {value}"),
        _ => format!("SET LOCAL {name} = {}", said_in_sql(&value)),
    });
    let role = set_role(settings).map(|role| role.replacen("SET", "SET LOCAL", 1));
    said.chain(role).collect::<Vec<_>>().join("; ")
}

fn said_in_sql(value: &str) -> String {
    let is_word = value.bytes().all(|byte| byte.is_ascii_digit()) || matches!(value, "on" | "off");
    if is_word { value.to_owned() } else { format!("'{value}'") }
}

/// Everything that a server, a database or a role may have set otherwise and that would change what we read or print.
fn session_settings(settings: &Settings) -> Vec<(&'static str, String)> {
    let mut said = vec![
        ("TimeZone", "UTC".to_owned()),
        ("DateStyle", "ISO, MDY".to_owned()),
        ("IntervalStyle", "postgres".to_owned()),
        ("extra_float_digits", "1".to_owned()),
        ("standard_conforming_strings", "on".to_owned()),
        ("bytea_output", "hex".to_owned()),
        ("lc_monetary", "C".to_owned()),
        ("client_min_messages", "notice".to_owned()),
        ("idle_in_transaction_session_timeout", "0".to_owned()),
    ];
    said.extend(time_limits(settings));
    // A login whose transactions are read-only is left so: somebody wanted it.
    said.extend(settings.read_only.then(|| ("default_transaction_read_only", "on".to_owned())));
    said
}

fn options(server: &Server, settings: &Settings) -> Result<PgConnectOptions, Stopped> {
    let name: String = cut(&settings.application_name, 63);
    let mut options = base(server)?
        .application_name(server.parameter("application_name").unwrap_or(&name))
        .ssl_mode(ssl_mode(server.parameter("sslmode")))
        // pgbouncer refuses it as a start-up parameter; it is set after connecting.
        .extra_float_digits(None)
        .statement_cache_capacity(0)
        .disable_statement_logging();
    if let Some(password) = &server.password {
        options = options.password(password);
    }
    if server.database.is_none() {
        let user = options.get_username().to_owned();
        options = options.database(&user);
    }
    if let Some(path) = server.parameter("sslrootcert") {
        options = options.ssl_root_cert(path);
    }
    if let Some(path) = server.parameter("sslcert") {
        options = options.ssl_client_cert(path);
    }
    if let Some(path) = server.parameter("sslkey") {
        options = options.ssl_client_key(path);
    }
    Ok(options)
}

/// The options for host, port, user and database. They pass through sqlx's parser because only that looks into the
/// password file for just these; the password itself is not in the text.
fn base(server: &Server) -> Result<PgConnectOptions, Stopped> {
    let port = server.port.unwrap_or(5432);
    let socket = server.socket.clone().or_else(|| if server.host.is_none() { socket_folder(port) } else { None });
    let host = match (&socket, &server.host) {
        (Some(folder), _) => folder.display().to_string(),
        (None, Some(host)) => host.clone(),
        (None, None) => "localhost".to_owned(),
    };
    let optional = [
        ("user", server.user.as_deref()),
        ("dbname", server.database.as_deref()),
        ("options", server.parameter("options")),
    ];
    let optional: String =
        optional.into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", encoded(value?)))).collect();
    let text = format!("postgres://localhost?host={}&port={port}{optional}", encoded(&host));
    text.parse().map_err(|_| Stopped::Server(Reply::new(Source::Driver, "the parts of the URL do not fit together")))
}

/// The folder where this machine's server has its socket, as libpq looks for it.
fn socket_folder(port: u16) -> Option<std::path::PathBuf> {
    let folders = ["/var/run/postgresql", "/run/postgresql", "/private/tmp", "/tmp"];
    folders.iter().map(Path::new).find(|folder| folder.join(format!(".s.PGSQL.{port}")).exists()).map(Into::into)
}

fn ssl_mode(word: Option<&str>) -> PgSslMode {
    word.and_then(|word| word.to_ascii_lowercase().parse().ok()).unwrap_or(PgSslMode::Prefer)
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The longest beginning of at most `limit` bytes.
fn cut(text: &str, limit: usize) -> String {
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default().to_owned()
}
