//! Configuration: `migrate.yaml`, the environment and the command line, laid over one another into a [`Config`].
//!
//! Precedence, low to high: what is usual, the file, the chosen environment in it, the chosen database of either,
//! `MIGRATE_*` variables, flags. The only module that reads the environment; the working folder
//! is passed in. The URL, the models and the scratch place are looked at when they are asked for, so that a command that
//! does not need them does not fail for them.

mod cache_folder;
mod environment;
mod expand;
mod file;
#[cfg(feature = "autogenerate")]
mod json_schema;
mod layer;
mod load;
mod names;
mod secret_file;
mod setting;
mod template;
mod values;
mod zone;

pub(crate) use crate::amount::duration;
pub(crate) use environment::{Environment, arguments, working_folder};
#[cfg(feature = "autogenerate")]
pub(crate) use json_schema::json_schema;
pub(crate) use layer::Layer;
pub(crate) use names::{Pattern, TableName, dotted};
pub(crate) use secret_file::{one_line, secret_file};
pub(crate) use template::{FileTemplate, Unit};
pub(crate) use zone::Zone;

use crate::config::setting::Setting;
#[cfg(feature = "db")]
use crate::db::Url;
use crate::error::Result;
use crate::secret::Secret;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the command line says about configuration. Paths are relative to the working folder.
#[derive(Clone, Default)]
pub(crate) struct Flags {
    /// `-c`, `--config`.
    pub(crate) config: Option<PathBuf>,
    /// `--env`.
    pub(crate) environment: Option<String>,
    /// `--db`; `all` for each of them.
    pub(crate) database: Option<String>,
    pub(crate) url: Option<String>,
    /// `--no-commands`.
    pub(crate) no_commands: bool,
    /// `--schema`, repeatable.
    pub(crate) schemas: Vec<String>,
    pub(crate) server_version: Option<String>,
    pub(crate) lock_wait: Option<String>,
    pub(crate) lock_timeout: Option<String>,
    pub(crate) statement_timeout: Option<String>,
    pub(crate) wait: Option<String>,
    pub(crate) on_signal: Option<String>,
    /// `true`, or a folder.
    pub(crate) backup: Option<String>,
    pub(crate) allow_copy: Option<String>,
    pub(crate) keep_limit: Option<String>,
}

/// What differs from database to database for good reason, and is compared only where that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Compares {
    /// The accounts that views, routines, triggers and events run under (MariaDB, MySQL).
    pub(crate) definers: bool,
    /// What roles may do with tables, views, routines and the like (PostgreSQL).
    pub(crate) grants: bool,
    /// Whose they are (PostgreSQL).
    pub(crate) owners: bool,
}

impl Compares {
    /// What either compares.
    fn and(self, other: Self) -> Self {
        Self {
            definers: self.definers || other.definers,
            grants: self.grants || other.grants,
            owners: self.owners || other.owners,
        }
    }
}

/// Everything that a configuration is made from.
pub(crate) struct Sources<'a> {
    /// An absolute path; `migrate.yaml` is searched from here upward.
    pub(crate) working_folder: &'a Path,
    pub(crate) environment: &'a Environment,
    pub(crate) flags: &'a Flags,
}

/// The configuration of one database, complete and checked. All paths are absolute if the working folder was.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The folder of `migrate.yaml`, else the working folder; relative paths in URLs count from here too.
    pub(crate) root: PathBuf,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    /// The name under `databases:`; None = the one of the top level.
    pub(crate) database: Option<String>,
    /// The chosen one of `environments:`.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests ask which one was laid over"))]
    pub(crate) environment: Option<String>,
    /// Who runs the program, where the system says it.
    pub(crate) user: Option<String>,
    /// SET ROLE after connecting, offline too.
    pub(crate) role: Option<String>,
    /// Folders of revisions, at least one.
    pub(crate) versions: Vec<PathBuf>,
    pub(crate) version_table: TableName,
    /// What is compared; empty = the connection's own schema.
    pub(crate) schemas: Vec<String>,
    /// What is left out.
    pub(crate) ignore: Vec<Pattern>,
    pub(crate) unmanaged: Unmanaged,
    /// What is compared beside what always is.
    pub(crate) compares: Compares,
    /// SQL that runs in a scratch place first.
    pub(crate) scratch_setup: Option<PathBuf>,
    /// The folder of caches; None = nothing is kept.
    pub(crate) cache: Option<PathBuf>,
    pub(crate) write_as: Language,
    pub(crate) file_template: FileTemplate,
    /// The most characters of the message in a file's name.
    pub(crate) slug_length: usize,
    /// Files that surround what is written into a new revision; their endings say for which language.
    pub(crate) revision_templates: Vec<PathBuf>,
    /// Whether programs that the configuration names may run.
    pub(crate) commands: bool,
    /// Programs that are given each new revision.
    pub(crate) hooks: Vec<CommandLine>,
    /// Whether a file `HEADS` is kept in the first folder of revisions.
    pub(crate) heads_file: bool,
    /// For offline scripts: the server they are meant for, as the server prints it.
    pub(crate) server_version: Option<String>,
    pub(crate) run: Run,
    timezone: Result<Zone>,
    url: Result<UrlPlace>,
    password: Result<Option<Password>>,
    attached: Result<Vec<Attach>>,
    models: Result<Models>,
    scratch: Result<Scratch>,
}

impl Config {
    /// The database's URL, still unparsed; read from its file where it has one.
    ///
    /// # Errors
    /// A variable in it is not set, it is empty, or its file cannot be read.
    pub(crate) fn url(&self) -> Result<Secret> {
        match self.url.as_ref().map_err(Clone::clone)? {
            UrlPlace::Text(url) => Ok(url.clone()),
            UrlPlace::File(path) => secret_file(path, "the database URL"),
        }
    }

    /// Where the password is, if not in the URL.
    ///
    /// # Errors
    /// A variable in it is not set, or it is empty.
    pub(crate) fn password(&self) -> Result<Option<&Password>> {
        self.password.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// The database behind this URL, with the files that are attached to it.
    ///
    /// # Errors
    /// A variable is not set; as [`Url::with_attached`], with the place in the file.
    #[cfg(feature = "db")]
    pub(crate) fn with_attached(&self, url: Url) -> Result<Url> {
        self.attached.as_ref().map_err(Clone::clone)?.iter().try_fold(url, |url, one| {
            url.with_attached(&one.name, &one.file, &self.root).map_err(|error| one.place.placed(error))
        })
    }

    /// The time zone of dates in new revisions and their names.
    ///
    /// # Errors
    /// There is none of this name.
    pub(crate) fn timezone(&self) -> Result<&Zone> {
        self.timezone.as_ref().map_err(Clone::clone)
    }

    /// Where the models come from. Whether the files are there is seen by whoever reads them.
    ///
    /// # Errors
    /// A variable in it is not set, or a path is empty.
    pub(crate) fn models(&self) -> Result<&Models> {
        self.models.as_ref().map_err(Clone::clone)
    }

    /// Where models are judged and history is replayed.
    ///
    /// # Errors
    /// A variable in it is not set, or it is neither `same-server` nor a URL.
    pub(crate) fn scratch(&self) -> Result<&Scratch> {
        self.scratch.as_ref().map_err(Clone::clone)
    }
}

/// A file that is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Attach {
    name: String,
    /// Its path, from the configuration's folder, or `:memory:`.
    file: String,
    /// The key, for errors.
    place: Setting,
}

/// Where the URL is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum UrlPlace {
    Text(Secret),
    File(PathBuf),
}

/// Where the password of a connection comes from, anew for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Password {
    File(PathBuf),
    /// A program that prints it.
    Command(CommandLine),
}

/// Whether a copy of the database is made before it is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Backup {
    No,
    /// In a folder beside the database.
    Beside,
    /// In this folder.
    In(PathBuf),
}

/// What a signal does to the statement in work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnSignal {
    /// Lets one end that rebuilds a table and stays, cancels any other.
    Usual,
    Cancel,
    Finish,
}

/// Where the models come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Models {
    /// Files and folders, at least one.
    Paths(Vec<PathBuf>),
    /// A program that prints models in this language.
    Command { command: CommandLine, language: Language },
}

/// A program and its arguments, run without a shell in the configuration's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// At least one.
    pub(crate) words: Vec<String>,
    /// How long it may take; zero = as long as it likes.
    pub(crate) limit: Duration,
}

/// What becomes of whole tables that no model names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unmanaged {
    Drop,
    Ignore,
}

/// Where models are judged and history is replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scratch {
    /// Nobody said anything: on the server itself, if that is on this machine.
    Usual,
    /// On the server itself, wherever it is.
    SameServer,
    Url(Secret),
}

/// What new revisions are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Yaml,
    Sql,
}

/// How a run behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// How long to wait for the tool's own lock; zero = not at all.
    pub(crate) lock_wait: Duration,
    /// The server's limit for waiting for a lock; zero = the server waits for ever.
    pub(crate) lock_timeout: Duration,
    /// How often a statement that met `lock_timeout` is tried again.
    pub(crate) retries: u32,
    /// The server's limit per statement; zero = none.
    pub(crate) statement_timeout: Duration,
    /// How long to wait for a server that is not there yet; zero = not at all.
    pub(crate) wait: Duration,
    pub(crate) on_signal: OnSignal,
    pub(crate) backup: Backup,
    /// The size, in bytes, up to which a server may copy a table unasked to change it.
    pub(crate) allow_copy: u64,
    /// What data steps may keep for their way back, in bytes for each.
    pub(crate) keep_limit: u64,
    /// Whether the log keeps the text of each revision, by which it can be taken back without its file.
    pub(crate) keep_text: bool,
}
