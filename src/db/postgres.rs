//! PostgreSQL: connecting, making the session known, cancelling.

use std::path::Path;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgQueryResult, PgRow, PgSslMode, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _};

use super::Row;
use super::driver::{Ended, Greeting, Sink, Stopped};
use super::failure::{Reply, Source};
use super::reply;
use super::settings::Settings;
use super::stream::{Reading, Watch, stream, watched};
use super::url::Server;
use crate::error::{Error, Kind, Result};
use crate::schema::Ident;
use crate::statement::{Product, ServerVersion};

/// An open connection and what is needed to cancel it from a second one.
pub(super) struct Session {
    connection: PgConnection,
    options: PgConnectOptions,
    pid: String,
}

/// Connects. What the URL leaves open is filled in as by other clients (user, password file, `PG…` variables of the TLS
/// files), but never host, port or database: those decide where we are.
pub(super) async fn open(server: &Server, settings: &Settings) -> Result<(Session, Greeting), Stopped> {
    let options = options(server, settings)?;
    let limit = server.parameter("connect_timeout").and_then(|seconds| seconds.parse().ok());
    let limit = limit.map_or(settings.connect_timeout, Duration::from_secs);
    let mut connection = reply::within(limit, PgConnection::connect_with(&options)).await?;
    quiet(&mut connection, &session_settings(settings)).await?;
    if let Some(role) = set_role(settings) {
        quiet(&mut connection, &role).await?;
    }
    let mut found = Row::default();
    let question = "SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.pg_backend_pid(), \
                    pg_catalog.current_schema()";
    let sink: Sink<'_> = &mut |row| {
        found.clone_from(row);
        Ok(())
    };
    stream::<Postgres>(&mut connection, question, sink, reading()).await?;
    let number = found.int(0).ok().flatten().and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let greeting = Greeting {
        server: ServerVersion::new(Product::Postgres, number / 10_000, number % 10_000, 0),
        own_schema: Ident::from(found.text(2).unwrap_or("public")),
        stands_in: false,
    };
    let pid = found.text(1).unwrap_or_default().to_owned();
    Ok((Session { connection, options, pid }, greeting))
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
        let (options, pid) = (&self.options, &self.pid);
        let work = stream::<Postgres>(&mut self.connection, sql, sink, reading());
        watched(work, watch, || cancel(options, pid)).await
    }

    pub(super) async fn close(self) {
        drop(self.connection.close().await);
    }
}

/// Asks the server over a second connection to end what the first one does. A failure shows as a statement that goes
/// on, and is tried again.
async fn cancel(options: &PgConnectOptions, pid: &str) {
    let ask = async {
        let mut second = PgConnection::connect_with(options).await?;
        let question = format!("SELECT pg_catalog.pg_cancel_backend({pid})");
        sqlx::raw_sql(AssertSqlSafe(question)).execute(&mut second).await?;
        second.close().await
    };
    drop(tokio::time::timeout(Duration::from_secs(5), ask).await);
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
                .hint("set the database's client_encoding to UTF8")
        })?;
        row.push(Some(text))?;
    }
    Ok(())
}

/// What a script says in place of [`open`], for the shell that runs it.
pub(super) fn opening(settings: &Settings) -> Vec<String> {
    let mut said = vec!["SET client_encoding = 'UTF8'".to_owned()];
    // Tables that are there already are no news.
    let words = session_settings(settings).replace("client_min_messages = 'notice'", "client_min_messages = 'warning'");
    said.extend(words.split("; ").map(str::to_owned));
    said.extend(set_role(settings));
    said
}

/// The limits of the session.
pub(super) fn limits(settings: &Settings) -> Vec<String> {
    let milliseconds = |limit: Duration| limit.as_millis().min(i32::MAX as u128);
    vec![
        format!("SET lock_timeout = {}", milliseconds(settings.lock_timeout)),
        format!("SET statement_timeout = {}", milliseconds(settings.statement_timeout)),
    ]
}

fn set_role(settings: &Settings) -> Option<String> {
    let role = settings.role.as_ref()?;
    Some(format!("SET ROLE \"{}\"", role.replace('"', "\"\"")))
}

/// Everything that a server, a database or a role may have set otherwise and that would change what we read or print.
fn session_settings(settings: &Settings) -> String {
    format!(
        "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1; \
         SET standard_conforming_strings = on; SET bytea_output = 'hex'; SET lc_monetary = 'C'; \
         SET client_min_messages = 'notice'; SET idle_in_transaction_session_timeout = 0; \
         {}{}",
        limits(settings).join("; "),
        // A login whose transactions are read-only is left so: somebody wanted it.
        if settings.read_only { "; SET default_transaction_read_only = on" } else { "" },
    )
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
