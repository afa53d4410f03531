//! Text → [`Url`]. Strict: what is not understood is refused, because a parameter that is silently ignored (`sslmod`) or
//! a password that was not encoded ends in the wrong server, or in a log.

use std::collections::BTreeMap;
use std::path::Path;

use super::attached::below;
use super::{File, Place, Server, Url};
use crate::error::{Error, Kind, Result};

const POSTGRES: &[&str] = &[
    "application_name",
    "connect_timeout",
    "dbname",
    "host",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];
const MYSQL: &[&str] = &[
    "charset",
    "connect_timeout",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "socket",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
];
const SECONDS: &[&str] = &["connect_timeout", "keepalives_idle", "keepalives_interval"];
const SQLITE: &[&str] = &["attach", "mode", "vfs"];

const FORMS: &str = "write it as sqlite://file.db, postgres://user:password@host:port/database or \
                     mysql://user:password@host:port/database";
const ENCODE: &str = "encode the user and the password: % as %25, @ as %40, # as %23, / as %2F, ? as %3F, : as %3A";

impl Url {
    /// Reads a URL; a relative SQLite file lies in `base`. An error of kind Config says what is wrong and repeats no
    /// part of the text.
    pub(crate) fn parse(text: &str, base: &Path) -> Result<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':').ok_or_else(|| refused("it has no scheme").with_hint(FORMS))?;
        let (scheme, _driver) = scheme.split_once('+').unwrap_or((scheme, ""));
        if rest.contains('#') {
            return Err(refused("it holds a # that is not encoded").with_hint(ENCODE));
        }
        if rest.chars().any(char::is_control) {
            return Err(refused("it holds a control character").with_hint(FORMS));
        }
        let place = match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => Place::File(file(rest, base)?),
            "postgres" | "postgresql" => Place::Server(server("postgres", POSTGRES, rest)?),
            "mysql" => Place::Server(server("mysql", MYSQL, rest)?),
            "mariadb" => Place::Server(server("mariadb", MYSQL, rest)?),
            _ => {
                return Err(
                    refused("its scheme is none of sqlite, postgres, postgresql, mysql, mariadb").with_hint(FORMS)
                );
            }
        };
        Ok(Self { place })
    }
}

impl Url {
    /// Reads a URL as SQLAlchemy writes it: a relative SQLite file has three slashes before it there, an absolute one four.
    ///
    /// # Errors
    /// As [`Url::parse`].
    pub(crate) fn of_sqlalchemy(text: &str, base: &Path) -> Result<Self> {
        match text.trim().split_once(":///") {
            Some((scheme, path)) if scheme.split('+').next() == Some("sqlite") && !path.is_empty() => {
                Self::parse(&format!("sqlite://{path}"), base)
            }
            _ => Self::parse(text, base),
        }
    }

    /// The dialect that a scheme, or SQLAlchemy's word for a database, stands for.
    pub(crate) fn dialect_of_scheme(scheme: &str) -> Option<&'static str> {
        match scheme {
            "sqlite" => Some("sqlite"),
            "postgres" | "postgresql" => Some("postgres"),
            "mysql" | "mariadb" => Some("mysql"),
            _ => None,
        }
    }
}

fn refused(why: impl AsRef<str>) -> Error {
    Error::new(Kind::Config, format!("the database URL is refused: {}", why.as_ref()))
}

fn file(rest: &str, base: &Path) -> Result<File> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (attached, query) = attachments(query)?;
    let mut parameters = parameters(&query, SQLITE)?;
    let mode = parameters.remove("mode");
    if mode.as_deref().is_some_and(|mode| !matches!(mode, "ro" | "rw" | "rwc")) {
        return Err(refused("its mode is none of ro, rw, rwc"));
    }
    let vfs = parameters.remove("vfs");
    if matches!(path, ":memory:" | "//:memory:") {
        let mut file = File { path: None, written: String::new(), mode, vfs, attached: Vec::new() };
        attached.iter().try_for_each(|(name, path)| file.attach(name, path, base))?;
        return Ok(file);
    }
    let path = path.strip_prefix("//").ok_or_else(|| refused("there is no // before the file").with_hint(FORMS))?;
    let written = decoded(path)?;
    if written.is_empty() || written.ends_with('/') {
        return Err(refused("it names no file")
            .with_hint("write sqlite://file.db, or sqlite::memory: for a database in memory"));
    }
    let path = Some(below(base, &written));
    let mut file = File { path, written, mode, vfs, attached: Vec::new() };
    attached.iter().try_for_each(|(name, path)| file.attach(name, path, base))?;
    Ok(file)
}

/// The files of `attach=NAME:FILE`, which may be there several times, and the other parameters.
fn attachments(query: &str) -> Result<(Vec<(String, String)>, String)> {
    let (files, others): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| pair.starts_with("attach="));
    let file = |pair: &str| {
        let (name, path) = pair.trim_start_matches("attach=").split_once(':').ok_or_else(|| {
            refused("`attach` names no schema")
                .with_hint("write attach=NAME:FILE, as in sqlite://app.db?attach=archive:archive.db")
        })?;
        Ok((decoded(name)?, decoded(path)?))
    };
    Ok((files.into_iter().map(file).collect::<Result<_>>()?, others.join("&")))
}

fn server(scheme: &'static str, known: &'static [&'static str], rest: &str) -> Result<Server> {
    let rest = rest.strip_prefix("//").ok_or_else(|| refused("there is no // after the scheme").with_hint(FORMS))?;
    if rest.matches('@').count() > 1 {
        return Err(refused("it holds more than one @, so a part was not encoded").with_hint(ENCODE));
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
    if tail.contains('@') {
        return Err(refused("there is an @ behind the host, so a part was not encoded").with_hint(ENCODE));
    }
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let (login, address) = authority.split_once('@').unwrap_or(("", authority));
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(decoded(password)?)),
        None => (login, None),
    };
    let (host, port) = address_parts(address)?;
    let database = decoded(path.strip_prefix('/').unwrap_or_default())?;
    if database.contains('/') {
        return Err(refused("there is a / in the name of the database").with_hint(ENCODE));
    }
    let mut server = Server {
        scheme,
        host,
        port,
        socket: None,
        user: filled(decoded(user)?),
        password,
        password_source: None,
        database: filled(database),
        parameters: parameters(query, known)?,
    };
    move_parameters(&mut server)?;
    check_parameters(&server)?;
    Ok(server)
}

/// Parameters that are another way to write a part of the URL take its place; a host that is a path is a socket.
fn move_parameters(server: &mut Server) -> Result<()> {
    let mut take = |name: &str| server.parameters.remove(name).and_then(filled);
    let (host, port, socket) = (take("host"), take("port"), take("socket"));
    let (user, password, database) = (take("user"), take("password"), take("dbname"));
    server.host = host.or(server.host.take());
    server.user = user.or(server.user.take());
    server.password = password.or(server.password.take());
    server.database = database.or(server.database.take());
    if let Some(port) = port {
        server.port = Some(port_number(&port)?);
    }
    server.socket = socket.map(Into::into);
    if server.host.as_deref().is_some_and(|host| host.starts_with('/')) {
        server.socket = server.host.take().map(Into::into);
    }
    Ok(())
}

fn check_parameters(server: &Server) -> Result<()> {
    let one_of = |name: &str, words: &[&str]| match server.parameter(name) {
        Some(value) if !words.contains(&value.to_ascii_lowercase().as_str()) => {
            Err(refused(format!("its {name} is none of {}", words.join(", "))))
        }
        _ => Ok(()),
    };
    one_of("sslmode", &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])?;
    one_of("ssl-mode", &["disabled", "preferred", "required", "verify_ca", "verify_identity"])?;
    one_of("keepalives", &["0", "1"])?;
    let is_number = |name: &&str| server.parameter(name).is_none_or(|text| text.parse::<u32>().is_ok());
    if let Some(name) = SECONDS.iter().find(|name| !is_number(name)) {
        return Err(refused(format!("its {name} is not a number of seconds")));
    }
    if !is_number(&"keepalives_count") {
        return Err(refused("its keepalives_count is not a number"));
    }
    if let Some(charset) = server.parameter("charset")
        && !matches!(charset, "utf8mb4" | "utf8" | "utf8mb3")
    {
        return Err(refused("its charset is not utf8mb4").with_hint("leave charset out, or write charset=utf8mb4"));
    }
    Ok(())
}

/// Host and port of `host`, `host:port`, `[::1]:port`, `%2Frun%2Fpostgresql`.
fn address_parts(address: &str) -> Result<(Option<String>, Option<u16>)> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or_else(|| refused("a [ in the host is not closed"))?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| refused("the host in brackets is not an IPv6 address"))?;
            match rest.strip_prefix(':') {
                Some(port) => (host, port),
                None if rest.is_empty() => (host, ""),
                None => return Err(refused("there is something between the host and its port")),
            }
        }
        None => address.split_once(':').unwrap_or((address, "")),
    };
    let host = decoded(host)?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if !host.starts_with('/') && !host.chars().all(plain) {
        return Err(refused("its host holds a character that no host has").with_hint(ENCODE));
    }
    let port = if port.is_empty() { None } else { Some(port_number(port)?) };
    Ok((filled(host), port))
}

fn port_number(text: &str) -> Result<u16> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(refused("its port is not a number from 1 to 65535").with_hint(ENCODE)),
    }
}

fn parameters(query: &str, known: &'static [&'static str]) -> Result<BTreeMap<&'static str, String>> {
    let mut found = BTreeMap::new();
    for (index, pair) in query.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decoded(key)?;
        let Some(name) = known.iter().find(|name| **name == key) else {
            let known = known.join(", ");
            return Err(
                refused(format!("its parameter {} is not known", index + 1)).with_hint(format!("use only {known}"))
            );
        };
        if found.insert(*name, decoded(value)?).is_some() {
            return Err(refused(format!("{name} is given twice")));
        }
    }
    Ok(found)
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// Undoes percent encoding. A `+` stays a `+`, as in libpq.
fn decoded(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
            return Err(refused("it holds a % without two hexadecimal digits behind it").with_hint(ENCODE));
        };
        bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    let text = String::from_utf8(bytes).map_err(|_| refused("its encoded parts are not UTF-8").with_hint(ENCODE))?;
    if text.contains('\0') {
        return Err(refused("it holds a zero byte"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Url> {
        Url::parse(text, Path::new("/project"))
    }

    fn server_of(text: &str) -> Server {
        match parse(text).unwrap().place {
            Place::Server(server) => server,
            Place::File(_) => panic!("a file: {text}"),
        }
    }

    fn path_of(text: &str) -> Option<String> {
        parse(text).unwrap().file().map(|path| path.display().to_string())
    }

    #[test]
    fn files_are_relative_to_the_base() {
        assert_eq!(path_of("sqlite://app.db").as_deref(), Some("/project/app.db"));
        assert_eq!(path_of("sqlite://data/my%20app%3F.db?mode=ro").as_deref(), Some("/project/data/my app?.db"));
        assert_eq!(path_of("sqlite:///var/lib/app.db").as_deref(), Some("/var/lib/app.db"));
        assert_eq!(path_of("sqlite+aiosqlite:///x.db").as_deref(), Some("/x.db"));
        assert_eq!(path_of("sqlite::memory:"), None);
        let bare = Url::parse("sqlite://file:x", Path::new("")).unwrap();
        assert_eq!(bare.file(), Some(Path::new("./file:x")));
    }

    #[test]
    fn servers_are_read_in_full() {
        let server = server_of("postgresql+asyncpg://us%65r:p%40ss:w@db-1.example.org:5433/sh%20op?sslmode=require");
        assert_eq!(server.scheme, "postgres");
        assert_eq!(server.user.as_deref(), Some("user"));
        assert_eq!(server.password.as_deref(), Some("p@ss:w"));
        assert_eq!(server.host.as_deref(), Some("db-1.example.org"));
        assert_eq!(server.port, Some(5433));
        assert_eq!(server.database.as_deref(), Some("sh op"));
        assert_eq!(server.parameter("sslmode"), Some("require"));
    }

    #[test]
    fn parameters_replace_parts() {
        let server = server_of("postgres:///shop?host=/run/postgresql&port=5434&user=me&password=pw&dbname=other");
        assert_eq!(server.socket.as_deref(), Some(Path::new("/run/postgresql")));
        assert_eq!((server.port, server.user.as_deref()), (Some(5434), Some("me")));
        assert_eq!((server.password.as_deref(), server.database.as_deref()), (Some("pw"), Some("other")));
        let encoded = server_of("postgres://%2Frun%2Fpostgresql/shop");
        assert_eq!(encoded.socket.as_deref(), Some(Path::new("/run/postgresql")));
        let mysql = server_of("mysql://root@/shop?socket=/run/m.sock");
        assert_eq!((mysql.socket.as_deref(), mysql.host), (Some(Path::new("/run/m.sock")), None));
    }

    #[test]
    fn a_refused_url_shows_nothing_of_itself() {
        let refused = [
            "postgres://app:hun@ter2@host/db",
            "postgres://app:hunter2#x@host/db",
            "postgres://app:hunter2/x@host/db",
            "postgres://app:hunter2?x@host/db",
            "postgres://app:hunter2%zz@host/db",
            "postgres://app:hunter2@host:port/db",
            "postgres://app:hunter2@ho^st/db",
            "postgres://app:hunter2@host/db/hunter2",
            "postgres://app@host/db?hunter2=1",
            "postgres://app@host/db?sslmode=hunter2",
            "postgres://app@host/db?sslmode=require&sslmode=hunter2",
            "mysql://app@host/db?sslmode=hunter2",
            "mysql:app:hunter2@host/db",
            "oracle://app:hunter2@host/db",
            "hunter2",
            "sqlite:hunter2",
            "sqlite://hunter2/",
            "sqlite://x.db?mode=hunter2",
        ];
        for text in refused {
            let error = parse(text).unwrap_err();
            let shown = format!("{error} {error:?} {}", error.hint().unwrap_or_default());
            assert!(!shown.contains("hunter") && !shown.contains("ter2"), "{text}: {shown}");
            assert_eq!(error.kind(), Kind::Config, "{text}");
        }
    }

    #[test]
    fn unknown_parameters_are_refused_with_the_known_ones() {
        let error = parse("postgres://host/db?connect_timeout=3&sslmod=verify-full").unwrap_err();
        assert_eq!(error.phrase(), "the database URL is refused: its parameter 2 is not known");
        assert!(error.hint().unwrap().contains("sslmode"));
        assert!(parse("postgres://host/db?connect_timeout=soon").is_err());
        for text in ["keepalives=2", "keepalives_idle=soon", "keepalives_interval=-1", "keepalives_count=x"] {
            assert!(parse(&format!("mysql://host/db?{text}")).is_err(), "{text}");
        }
        assert!(parse("sqlite://x.db?cache=shared").is_err());
    }

    #[test]
    fn urls_as_sqlalchemy_writes_them() {
        let base = Path::new("/base");
        let file = |text| Url::of_sqlalchemy(text, base).unwrap().file().map(Path::to_path_buf);
        assert_eq!(file("sqlite:///x.db").as_deref(), Some(Path::new("/base/x.db")));
        assert_eq!(file("sqlite+pysqlite:////abs/x.db").as_deref(), Some(Path::new("/abs/x.db")));
        assert_eq!(file("sqlite:///:memory:"), None);
        let server = Url::of_sqlalchemy("postgresql+psycopg2://u:p@h/d", base).unwrap();
        assert_eq!(server.dialect(), "postgres");
        assert!(Url::of_sqlalchemy("driver://user:pass@localhost/dbname", base).is_err());
        assert_eq!(Url::dialect_of_scheme("mariadb"), Some("mysql"));
        assert_eq!(Url::dialect_of_scheme("oracle"), None);
    }
}
