//! SQLite: opening, values as text, interrupting.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteConnection, SqliteQueryResult, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row as _, TypeInfo, ValueRef};

use super::Row;
#[cfg(feature = "orm")]
use super::bound::{Take, exchange};
use super::driver::{Ended, Greeting, Sink, Stopped};
use super::file_lock::{self, FileLock, Try};
use super::raw_sqlite::{self, Handle, Patience};
use super::reply;
use super::settings::Settings;
#[cfg(feature = "orm")]
use super::sqlite_values;
use super::stream::{Reading, Watch, stream, watched};
use super::url::{Attached, File};
use crate::error::{Error, Kind, Result};
use crate::schema::Ident;
#[cfg(feature = "orm")]
use crate::statement::value::Value;
use crate::statement::{Product, ServerVersion};

/// An open connection and its handle.
pub(super) struct Session {
    // Before the connection, so that it is dropped first.
    handle: Handle,
    connection: SqliteConnection,
    patience: &'static Patience,
    /// How many rows were written when it was last asked.
    written: i32,
    /// The main file and the attached ones, in the order in which they are locked, which is the same for all who lock them.
    files: Vec<PathBuf>,
    locks: Vec<FileLock>,
}

/// Opens a file, or memory where the URL says so or a missing file shall not be made.
pub(super) async fn open(file: &File, settings: &Settings) -> Result<(Session, Greeting), Stopped> {
    if settings.role.is_some() {
        let error = Error::new(Kind::Config, "a role is configured, and SQLite has none").with_hint("remove role");
        return Err(Stopped::Sink(error));
    }
    let (options, mut stands_in) = options(file, settings).map_err(Stopped::Sink)?;
    let stopped = |error: sqlx::Error| Stopped::Server(reply::of(&error));
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(stopped)?;
    let handle = raw_sqlite::handle(&mut connection).await.map_err(stopped)?;
    let patience = raw_sqlite::wait_at_most(&mut connection, settings.busy_timeout).await.map_err(stopped)?;
    // A file that is encrypted can be read behind its key only.
    for sql in &settings.prepare.0 {
        stream::<Sqlite>(&mut connection, sql, &mut |_| Ok(()), reading()).await?;
    }
    let mut found = Row::default();
    let sink: Sink<'_> = &mut |row| {
        found.clone_from(row);
        Ok(())
    };
    // Reads the file's header too, so that a file that is no database fails here.
    stream::<Sqlite>(&mut connection, "SELECT sqlite_version(), count(*) FROM sqlite_schema", sink, reading()).await?;
    let mut known: Vec<(&str, PathBuf)> =
        file.path.iter().map(|path| ("the main file", file_lock::exact(path))).collect();
    for attached in &file.attached {
        if let Some(path) = &attached.path {
            let exact = file_lock::exact(path);
            refuse_known(attached, &exact, &known).map_err(Stopped::Sink)?;
            known.push((attached.name.as_str(), exact));
        }
        stands_in |= attach(&mut connection, attached, settings).await?;
    }
    let mut numbers = found.text(0).unwrap_or_default().split('.').map(|number| number.parse().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    let server = ServerVersion::new(Product::Sqlite, next(), next(), next());
    Ok((
        Session { handle, connection, patience, written: 0, files: files(file), locks: Vec::new() },
        Greeting { server, own_schema: Ident::from("main"), stands_in, in_each_transaction: None },
    ))
}

/// The files that are locked, each once.
fn files(file: &File) -> Vec<PathBuf> {
    let all = file.path.iter().chain(file.attached.iter().filter_map(|one| one.path.as_ref()));
    let mut files: Vec<PathBuf> = all.map(|path| file_lock::exact(path)).collect();
    files.sort();
    files.dedup();
    files
}

/// One file under two names would wait for itself.
fn refuse_known(attached: &Attached, exact: &Path, known: &[(&str, PathBuf)]) -> Result<()> {
    let Some((other, _)) = known.iter().find(|(_, file)| file == exact) else { return Ok(()) };
    Err(Error::new(
        Kind::Config,
        format!("`{}` cannot be attached: it is the same file as {other}", attached.name.as_str()),
    )
    .in_file(exact)
    .with_hint("attach another file, or take the line out"))
}

/// Attaches a file; one that is missing is made, or where nothing is to be made an empty schema in memory stands in for it,
/// which is said.
async fn attach(connection: &mut SqliteConnection, attached: &Attached, settings: &Settings) -> Result<bool, Stopped> {
    let Attached { name, path } = attached;
    if let Some(path) = path {
        refuse_without_folder(path).map_err(Stopped::Sink)?;
    }
    let found = path.as_ref().filter(|path| path.exists() || makes(settings));
    let place = found.map_or_else(|| ":memory:".into(), |path| path.to_string_lossy());
    let (text, name) = (place.replace('\'', "''"), name.as_str().replace('"', "\"\""));
    // The question reads the head of the file, so that one that is no database fails here.
    for sql in
        [format!("ATTACH DATABASE '{text}' AS \"{name}\""), format!("SELECT count(*) FROM \"{name}\".sqlite_schema")]
    {
        let done = stream::<Sqlite>(connection, &sql, &mut |_| Ok(()), reading()).await;
        if let Err(Stopped::Server(reply)) = done {
            let error = Error::new(Kind::Connect, format!("the file of `{name}` cannot be attached"))
                .caused_by(&reply.message)
                .with_hint("correct its path under `attach:`, or the rights of the file");
            return Err(Stopped::Sink(found.into_iter().fold(error, Error::in_file)));
        }
        done?;
    }
    Ok(path.is_some() && found.is_none())
}

/// Whether files that are missing are made.
fn makes(settings: &Settings) -> bool {
    settings.create && !settings.read_only
}

/// What is written to memory in place of a file that the URL does not let be made would be lost.
fn refuse_unmade(file: &File) -> Result<()> {
    let Some(mode) = file.mode.as_deref().filter(|mode| *mode != "rwc") else { return Ok(()) };
    let mut paths = file.path.iter().chain(file.attached.iter().filter_map(|one| one.path.as_ref()));
    let Some(path) = paths.find(|path| !path.exists()) else { return Ok(()) };
    let phrase = format!("there is no file {}, and mode={mode} makes none", path.display());
    let hint = format!("correct the path, or take mode={mode} out of the database URL: then the file is made");
    Err(Error::new(Kind::Connect, phrase).in_file(path).with_hint(hint))
}

fn refuse_without_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
    let Some(folder) = folder else { return Ok(()) };
    Err(Error::new(Kind::Connect, format!("there is no folder {}", folder.display()))
        .in_file(path)
        .with_hint(format!("make the folder {}, or correct the database URL", folder.display())))
}

impl Session {
    /// Tries to take the session lock of the file, and of those that are attached. True where there is none to be had: in
    /// memory, in a folder that may not be written.
    pub(super) fn try_lock(&mut self) -> bool {
        let mut taken = Vec::new();
        for file in &self.files {
            match FileLock::try_take(file) {
                Try::Taken(lock) => taken.push(lock),
                // Those that were taken are given back: nobody waits with a lock in hand.
                Try::Busy => return false,
                Try::Impossible => {}
            }
        }
        self.locks = taken;
        true
    }

    /// How long a statement waits for the file's lock, from now on.
    pub(super) async fn wait_at_most(&mut self, limit: Duration) -> Result<()> {
        let waits = raw_sqlite::wait_at_most(&mut self.connection, limit).await;
        self.patience = waits.map_err(|error| Error::new(Kind::Unsupported, error.to_string()))?;
        Ok(())
    }

    /// Gives it back.
    pub(super) fn unlock(&mut self) {
        self.locks.clear();
    }

    /// Who holds it.
    pub(super) fn lock_holder(&self) -> Option<String> {
        let (file, holder) = self.files.iter().find_map(|file| Some((file, file_lock::holder(file)?)))?;
        let name = file.file_name().filter(|_| self.files.len() > 1);
        let what =
            name.map_or_else(|| "this database file".into(), |name| format!("the file {}", name.to_string_lossy()));
        Some(format!("{holder} on {what}"))
    }

    pub(super) async fn talk(
        &mut self,
        sql: &str,
        sink: Sink<'_>,
        watch: Watch<'_>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        let (handle, patience) = (&self.handle, self.patience);
        let stop = || {
            patience.set_over(true);
            handle.interrupt();
            std::future::ready(())
        };
        let work = stream::<Sqlite>(&mut self.connection, sql, sink, reading());
        let (done, ended) = watched(work, watch, stop).await;
        (self.counted(sql, done).await, ended)
    }

    /// As `talk`, with parameters.
    #[cfg(feature = "orm")]
    pub(super) async fn ask(
        &mut self,
        sql: &str,
        values: &[Value],
        take: Take<'_>,
        watch: Watch<'_>,
    ) -> (Result<u64, Stopped>, Option<Ended>) {
        let (handle, patience) = (&self.handle, self.patience);
        let stop = || {
            patience.set_over(true);
            handle.interrupt();
            std::future::ready(())
        };
        let work = exchange::<Sqlite>(&mut self.connection, sql, values, take, sqlite_values::typing());
        let (done, ended) = watched(work, watch, stop).await;
        (self.counted(sql, done).await, ended)
    }

    /// Corrects the count of rows, and finds the place of an error.
    async fn counted(&mut self, sql: &str, done: Result<u64, Stopped>) -> Result<u64, Stopped> {
        self.patience.set_over(false);
        match done {
            // SQLite goes on to report the rows of the last INSERT, UPDATE or DELETE after other statements.
            Ok(affected) => Ok(if self.has_written() { affected } else { 0 }),
            Err(Stopped::Server(mut reply)) => {
                let bytes = raw_sqlite::error_offset(&mut self.connection).await;
                reply.position = bytes.and_then(|bytes| Some(sql.get(..bytes)?.chars().count()));
                // What it wrote before it failed is no work of the next statement.
                self.has_written();
                Err(Stopped::Server(reply))
            }
            Err(other) => {
                self.has_written();
                Err(other)
            }
        }
    }

    /// Whether rows were written since it was last asked.
    fn has_written(&mut self) -> bool {
        let now = self.handle.total_changes();
        std::mem::replace(&mut self.written, now) != now
    }

    /// What a copy is made of.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(super) fn in_transaction(&self) -> bool {
        self.handle.in_transaction()
    }

    pub(super) async fn close(self) {
        let Self { handle, connection, .. } = self;
        drop(handle);
        drop(connection.close().await);
    }
}

/// How many statements with parameters stay prepared in a session.
const PREPARED: usize = 8;

/// How many rows the driver's thread may be ahead: each time that it has to wait costs as much as many rows.
const AHEAD: usize = 500;

fn options(file: &File, settings: &Settings) -> Result<(SqliteConnectOptions, bool)> {
    let (mode, create) = (file.mode.as_deref(), makes(settings));
    if create {
        refuse_unmade(file)?;
    }
    let mut options = SqliteConnectOptions::new()
        .busy_timeout(settings.busy_timeout)
        .foreign_keys(true)
        .serialized(true)
        .statement_cache_capacity(PREPARED)
        .row_buffer_size(AHEAD)
        .disable_statement_logging();
    // What `REGEXP` of data rules calls; SQLite has none of its own.
    #[cfg(feature = "cli")]
    {
        options = options.with_regexp();
    }
    if let Some(vfs) = &file.vfs {
        options = options.vfs(vfs.clone());
    }
    let Some(path) = &file.path else {
        return Ok((in_memory(options), false));
    };
    if path.exists() {
        let read_only = settings.read_only || mode == Some("ro");
        // SQLite makes an attached file only where it might have made the main one.
        let makes_others =
            create && file.attached.iter().any(|one| one.path.as_ref().is_some_and(|path| !path.exists()));
        return Ok((options.filename(path).read_only(read_only).create_if_missing(makes_others), false));
    }
    refuse_without_folder(path)?;
    if create { Ok((options.filename(path).create_if_missing(true), false)) } else { Ok((in_memory(options), true)) }
}

/// Each table and index takes a page at least, and what is made in memory is mostly empty: small pages, a sixth of the
/// memory.
fn in_memory(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options.filename(":memory:").page_size(512)
}

fn reading() -> Reading<Sqlite> {
    Reading { fill, affected: SqliteQueryResult::rows_affected }
}

/// The value decides its type, not the column: a blob becomes a literal `X'…'`, a real number its shortest exact text.
fn fill(source: &SqliteRow, row: &mut Row) -> Result<()> {
    for index in 0..source.len() {
        cell(source, index, row)?;
    }
    Ok(())
}

fn cell(source: &SqliteRow, index: usize, row: &mut Row) -> Result<()> {
    let unreadable = |error: sqlx::Error| Error::new(Kind::Unsupported, error.to_string());
    let value = source.try_get_raw(index).map_err(unreadable)?;
    if value.is_null() {
        return row.push(None);
    }
    let type_info = value.type_info();
    match type_info.name() {
        "INTEGER" => {
            let number = source.try_get_unchecked::<i64, _>(index).map_err(unreadable)?;
            row.push(Some(&number.to_string()))
        }
        "REAL" => {
            let number = source.try_get_unchecked::<f64, _>(index).map_err(unreadable)?;
            row.push(Some(&format!("{number:?}")))
        }
        "BLOB" => {
            let bytes = source.try_get_unchecked::<&[u8], _>(index).map_err(unreadable)?;
            let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            row.push(Some(&format!("X'{hexadecimal}'")))
        }
        _ => row.push(Some(source.try_get_unchecked::<&str, _>(index).map_err(unreadable)?)),
    }
}
