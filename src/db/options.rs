//! How a program that embeds the library says where to connect.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::password::PasswordSource;
use super::settings::Settings;
use super::url::Url;
#[cfg(doc)]
use crate::error::Kind;
use crate::error::Result;
use crate::secret::Secret;

/// How to connect. All times are limits; zero means none.
#[derive(Clone)]
pub struct Options {
    pub(crate) url: Url,
    pub(crate) settings: Settings,
}

impl Options {
    /// A SQLite file. Without [`Options::create`] a missing file is read as an empty database, and not written.
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self { url: Url::of_file(path.as_ref()), settings: Settings::default() }
    }

    /// An empty SQLite database in memory.
    pub fn in_memory() -> Self {
        Self { url: Url::memory(), settings: Settings::default() }
    }

    /// A URL, as in `migrate.yaml`: `postgres://…`, `mysql://…`, `sqlite://…`. A relative file counts from the folder
    /// that the process works in.
    ///
    /// # Errors
    /// [`Kind::Config`] for a URL that cannot be read; no part of it is repeated.
    pub fn url(url: &str) -> Result<Self> {
        Ok(Self { url: Url::parse(url, Path::new(""))?, settings: Settings::default() })
    }

    /// SQLite: whether a missing file is made.
    #[must_use]
    pub fn create(mut self, create: bool) -> Self {
        self.settings.create = create;
        self
    }

    /// SQLite: one more file, which each connection attaches as a schema of this name; `:memory:` for an empty one. The
    /// parameter `attach=NAME:FILE` of a URL does the same.
    ///
    /// # Errors
    /// [`Kind::Config`] for a name that cannot be or is there already, and for a server.
    pub fn attach(mut self, name: &str, path: impl AsRef<Path>) -> Result<Self> {
        self.url = self.url.with_attached(name, &path.as_ref().to_string_lossy(), Path::new(""))?;
        Ok(self)
    }

    /// Refuses every write.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.settings.read_only = read_only;
        self
    }

    /// The role to take on, so that owners are the same whoever runs it. SQLite has none.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.settings.role = Some(role.into());
        self
    }

    /// How long to wait for another run to end: for the tool's own lock, on SQLite for the file's. Usually 60 s.
    #[must_use]
    pub fn lock_wait(mut self, limit: Duration) -> Self {
        self.settings.busy_timeout = limit;
        self
    }

    /// The server's limit for waiting for a lock of a table or row. Usually 5 s. SQLite has none but `lock_wait`.
    #[must_use]
    pub fn lock_timeout(mut self, limit: Duration) -> Self {
        self.settings.lock_timeout = limit;
        self
    }

    /// The limit per statement. Usually none.
    #[must_use]
    pub fn statement_timeout(mut self, limit: Duration) -> Self {
        self.settings.statement_timeout = limit;
        self
    }

    /// Where the password comes from: asked anew for each connection, beside the runtime, for passwords that change. The
    /// URL holds none then.
    ///
    /// # Errors
    /// [`Kind::Config`] where the URL holds a password, or the database is SQLite.
    pub fn password_from(mut self, ask: impl Fn() -> Result<String> + Send + Sync + 'static) -> Result<Self> {
        self.url = self.url.with_password_source(PasswordSource::new(move || ask().map(Secret::new)))?;
        Ok(self)
    }

    /// How long connecting may take. Usually 15 s.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.settings.connect_timeout = limit;
        self
    }

    /// What other sessions see of this one, on servers that show it.
    #[must_use]
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.settings.application_name = name.into();
        self
    }
}

/// Shows no password.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What [`Connection::open`](crate::Connection::open) takes.
pub trait IntoOptions {
    /// The options that it means.
    ///
    /// # Errors
    /// [`Kind::Config`] for a URL that cannot be read.
    fn into_options(self) -> Result<Options>;
}

impl IntoOptions for Options {
    fn into_options(self) -> Result<Options> {
        Ok(self)
    }
}

/// A URL.
impl IntoOptions for &str {
    fn into_options(self) -> Result<Options> {
        Options::url(self)
    }
}

/// A SQLite file.
impl IntoOptions for &Path {
    fn into_options(self) -> Result<Options> {
        Ok(Options::sqlite(self))
    }
}
