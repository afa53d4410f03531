//! Database URLs. A URL holds a password, so it has no `Display`, its `Debug` shows host and database only, and an error
//! about a refused one repeats no part of it.

mod attached;
mod dump;
mod parse;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

pub(super) use attached::Attached;

use super::password::PasswordSource;
use crate::error::{Error, Kind, Result};

/// A parsed database URL: which driver, which server or file, which database.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    place: Place,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    File(File),
    Server(Server),
}

/// A SQLite database.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct File {
    /// None = in memory.
    pub(super) path: Option<PathBuf>,
    /// The path as it was written, for people.
    pub(super) written: String,
    /// `ro`, `rw` or `rwc`.
    pub(super) mode: Option<String>,
    pub(super) vfs: Option<String>,
    pub(super) attached: Vec<Attached>,
}

/// A database on a server.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Server {
    /// As it was written: `postgres`, `mysql`, `mariadb`.
    pub(super) scheme: &'static str,
    /// None = the machine's own.
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    /// PostgreSQL: the folder of the socket; MySQL: the socket.
    pub(super) socket: Option<PathBuf>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    /// Where it is asked for, for each connection; then there is none in the URL.
    pub(super) password_source: Option<PasswordSource>,
    pub(super) database: Option<String>,
    /// The other parameters, checked, by the names of the list in `parse`.
    pub(super) parameters: BTreeMap<&'static str, String>,
}

impl Url {
    /// A database of its own in the memory of this process.
    pub(crate) fn memory() -> Self {
        Self {
            place: Place::File(File {
                path: None,
                written: String::new(),
                mode: None,
                vfs: None,
                attached: Vec::new(),
            }),
        }
    }

    /// A SQLite file.
    pub(crate) fn of_file(path: &Path) -> Self {
        let (path, written) = (Some(path.to_path_buf()), path.display().to_string());
        Self { place: Place::File(File { path, written, mode: None, vfs: None, attached: Vec::new() }) }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// The word of the dialect: `sqlite`, `postgres`, `mysql` (also for MariaDB).
    pub(crate) fn dialect(&self) -> &'static str {
        match &self.place {
            Place::File(_) => "sqlite",
            Place::Server(server) if server.scheme == "postgres" => "postgres",
            Place::Server(_) => "mysql",
        }
    }

    /// What stands before the colon: `sqlite`, `postgres`, `mysql`, `mariadb`.
    pub(crate) fn scheme(&self) -> &'static str {
        match &self.place {
            Place::File(_) => "sqlite",
            Place::Server(server) => server.scheme,
        }
    }

    /// The same, with a password that is asked for when a connection is opened.
    ///
    /// # Errors
    /// [`Kind::Config`] where the URL holds a password, or the database is a file.
    pub(crate) fn with_password_source(mut self, source: PasswordSource) -> Result<Self> {
        match &mut self.place {
            Place::File(_) => Err(Error::new(Kind::Config, "a password is configured, and SQLite has none")
                .with_hint("remove password_file or password_command")),
            Place::Server(Server { password: Some(_), .. }) => {
                Err(Error::new(Kind::Config, "the database URL holds a password, and another one is configured")
                    .with_hint("take the password out of the URL, or remove password_file or password_command"))
            }
            Place::Server(server) => {
                server.password_source = Some(source);
                Ok(self)
            }
        }
    }

    /// The same with the password of now, if there is a source of one.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) async fn with_password_of_now(&self) -> Result<Self> {
        let mut url = self.clone();
        if let Place::Server(server) = &mut url.place
            && let Some(source) = &server.password_source
        {
            server.password = Some(source.ask().await?.reveal().to_owned());
        }
        Ok(url)
    }

    /// How the line to another machine is not safe: the TLS mode that is in force. None: it is, or it stays on this
    /// machine.
    pub(crate) fn unsafe_line(&self) -> Option<UnsafeLine<'_>> {
        let Place::Server(server) = &self.place else { return None };
        let (parameter, usual, safe) = match self.dialect() {
            "postgres" => ("sslmode", "prefer", "verify-full"),
            _ => ("ssl-mode", "preferred", "verify_identity"),
        };
        let mode = server.parameter(parameter).unwrap_or(usual);
        let is_safe = server.is_local() || mode.eq_ignore_ascii_case(safe);
        (!is_safe).then(|| UnsafeLine { address: server.address(), parameter, mode, safe })
    }

    /// Whether it holds a password.
    pub(crate) fn has_password(&self) -> bool {
        matches!(&self.place, Place::Server(Server { password: Some(_), .. }))
    }

    /// The URL for people: scheme, host, port and database, without user, password and parameters.
    pub(crate) fn safe(&self) -> String {
        match &self.place {
            Place::File(File { path: None, .. }) => "sqlite::memory:".to_owned(),
            Place::File(file) => format!("sqlite://{}", file.written),
            Place::Server(server) => {
                format!("{}://{}/{}", server.scheme, server.address(), server.database.as_deref().unwrap_or_default())
            }
        }
    }

    /// Whether each connection opens an empty database of its own, in memory.
    #[cfg(feature = "orm")]
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.place(), Place::File(File { path: None, .. }))
    }

    /// Whether the database is on this machine: a file, memory, a socket, the loopback address.
    pub(crate) fn is_local(&self) -> bool {
        match &self.place {
            Place::File(_) => true,
            Place::Server(server) => server.is_local(),
        }
    }

    /// The name of the database on its server; None for SQLite and where the URL leaves it to the server.
    #[cfg(test)]
    pub(crate) fn database_name(&self) -> Option<&str> {
        match &self.place {
            Place::File(_) => None,
            Place::Server(server) => server.database.as_deref(),
        }
    }

    /// The file of a SQLite database; None for servers and memory.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::File(file) => file.path.as_deref(),
            Place::Server(_) => None,
        }
    }

    /// Another database on the same server, or another file beside the same file; memory stays memory.
    #[must_use]
    pub(crate) fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        match &mut other.place {
            Place::File(file) => {
                if let Some(path) = &mut file.path {
                    path.set_file_name(name);
                    file.written = Path::new(&file.written).with_file_name(name).display().to_string();
                }
            }
            Place::Server(server) => server.database = Some(name.to_owned()),
        }
        other
    }
}

/// A line over which somebody may listen, or be taken for the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnsafeLine<'a> {
    pub(crate) address: String,
    /// The parameter of the URL that decides it.
    pub(crate) parameter: &'static str,
    pub(crate) mode: &'a str,
    /// The mode that would be safe.
    pub(crate) safe: &'static str,
}

impl Server {
    /// `host:port`, `host`, or the socket in brackets.
    pub(super) fn address(&self) -> String {
        if let Some(socket) = &self.socket {
            return format!("[{}]", socket.display());
        }
        let host = self.host.as_deref().unwrap_or_default();
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        self.port.map_or(host.clone(), |port| format!("{host}:{port}"))
    }

    fn is_local(&self) -> bool {
        match (&self.socket, &self.host) {
            (Some(_), _) | (None, None) => true,
            (None, Some(host)) => {
                host.eq_ignore_ascii_case("localhost")
                    || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }

    /// A checked parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({})", self.safe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text, Path::new("/project")).unwrap()
    }

    #[test]
    fn people_see_no_secret() {
        let secret = url("postgres://app:s3cret%40x@db.example.org:5433/shop?sslmode=verify-full&password=other");
        assert_eq!(secret.safe(), "postgres://db.example.org:5433/shop");
        assert_eq!(format!("{secret:?}"), "Url(postgres://db.example.org:5433/shop)");
        assert_eq!(url("mariadb://root@localhost/x?socket=/run/m.sock").safe(), "mariadb://[/run/m.sock]/x");
        assert_eq!(url("sqlite://app.db?mode=ro").safe(), "sqlite://app.db");
        assert_eq!(url("sqlite::memory:").safe(), "sqlite::memory:");
        assert_eq!(url("postgres://[::1]:5/x").safe(), "postgres://[::1]:5/x");
    }

    #[test]
    fn local_is_what_never_leaves_the_machine() {
        for local in
            ["sqlite://x.db", "postgres:///x", "mysql://127.0.0.1/x", "postgres://[::1]/x", "mysql://LocalHost/x"]
        {
            assert!(url(local).is_local(), "{local}");
        }
        assert!(url("postgres://far.example.org/x?host=/run/postgresql").is_local());
        assert!(!url("postgres://localhost.example.org/x").is_local());
        assert!(!url("mysql://10.0.0.1/x").is_local());
    }

    #[test]
    fn a_line_is_safe_where_the_servers_name_is_verified() {
        let mode = |text| {
            let url = url(text);
            url.unsafe_line().map(|line| format!("{} {}={}", line.address, line.parameter, line.mode))
        };
        assert_eq!(mode("postgres://h/x").as_deref(), Some("h sslmode=prefer"));
        assert_eq!(mode("postgres://h:1/x?sslmode=verify-ca").as_deref(), Some("h:1 sslmode=verify-ca"));
        assert_eq!(mode("mariadb://h/x?ssl-mode=REQUIRED").as_deref(), Some("h ssl-mode=REQUIRED"));
        for safe in [
            "postgres://h/x?sslmode=verify-full",
            "mysql://h/x?ssl-mode=VERIFY_IDENTITY",
            "postgres://localhost/x",
            "postgres://[::1]/x?sslmode=disable",
            "mysql://u@/x?socket=/run/m.sock",
            "sqlite://x.db",
        ] {
            assert_eq!(mode(safe), None, "{safe}");
        }
    }

    #[test]
    fn a_password_stands_in_one_place() {
        let source = || PasswordSource::new(|| Ok(crate::secret::Secret::new("hunter2")));
        let plain = url("postgres://u@h/x");
        let with = plain.clone().with_password_source(source()).unwrap();
        assert!(with != plain && with == plain.with_password_source(source()).unwrap());
        assert!(!format!("{with:?} {}", with.safe()).contains("hunter"));
        for (text, phrase) in [
            ("postgres://u:pw@h/x", "the database URL holds a password, and another one is configured"),
            ("sqlite://x.db", "a password is configured, and SQLite has none"),
        ] {
            assert_eq!(url(text).with_password_source(source()).unwrap_err().phrase(), phrase);
        }
    }

    #[test]
    fn another_database_keeps_the_rest() {
        let other = url("postgres://app:pw@host:1/shop?sslmode=require").with_database("scratch");
        assert_eq!(other, url("postgres://app:pw@host:1/scratch?sslmode=require"));
        assert_eq!(other.database_name(), Some("scratch"));
        let file = url("sqlite://data/app.db").with_database("b.db");
        assert_eq!(file.file(), Some(Path::new("/project/data/b.db")));
        assert_eq!(file.safe(), "sqlite://data/b.db");
    }

    #[test]
    fn the_dialect_follows_from_the_scheme() {
        assert_eq!(url("mariadb://h/x").dialect(), "mysql");
        assert_eq!(url("postgresql+psycopg2://h/x").dialect(), "postgres");
        assert_eq!(url("sqlite::memory:").dialect(), "sqlite");
    }
}
