//! A copy of a database before it is changed. SQLite only: elsewhere it says what to take.

use std::path::{Path, PathBuf};

use super::connection::Connection;
use super::url::Url;
use crate::error::{Error, Kind, Result};

/// A copy of the database before a run that changes it. Nothing is copied where nothing is pending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backup {
    /// None = `app.backups` beside `app.db`.
    pub(crate) folder: Option<PathBuf>,
    /// So many stay; None = all.
    pub(crate) keep: Option<usize>,
}

impl Backup {
    /// Into this folder, which is made where it is missing. The name of a copy tells the time and where the database
    /// stood: `app.20260102-030405Z.ae10.db`.
    pub fn before(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), keep: None }
    }

    /// Removes the oldest copies of the same file in the folder beyond so many; at least one stays.
    #[must_use]
    pub fn keep(mut self, copies: usize) -> Self {
        self.keep = Some(copies);
        self
    }
}

impl Url {
    /// Refuses a database of which no copy can be made here.
    ///
    /// # Errors
    /// [`Kind::Unsupported`] with the command that saves a server's database, without a password.
    pub(crate) fn refuse_backup(&self) -> Result<()> {
        if let Some(attached) = self.attached().first() {
            let phrase =
                format!("--backup copies one file, and others are attached to it, such as {}", attached.as_str());
            return Err(Error::new(Kind::Unsupported, phrase)
                .with_hint("copy all files first while nothing writes to them, then run this without --backup"));
        }
        if self.file().is_some() {
            return Ok(());
        }
        let error = Error::new(Kind::Unsupported, "--backup copies SQLite files, and this database is none");
        Err(match self.dump_command() {
            Some(command) => error.with_hint(format!("save it first, then run this without --backup: {command}")),
            None => error.with_hint("leave --backup out"),
        })
    }
}

impl Connection {
    /// Copies the database; None where there is nothing to copy yet. `tag` says where it stands: letters that any file
    /// name may have.
    ///
    /// # Errors
    /// [`Kind::Unsupported`] as [`Url::refuse_backup`]; [`Kind::File`] where the copy cannot be written.
    #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
    pub(crate) async fn back_up(&mut self, backup: &Backup, tag: &str) -> Result<Option<PathBuf>> {
        self.url().refuse_backup()?;
        let Some(file) = self.url().file().map(Path::to_path_buf) else { return Ok(None) };
        if self.stands_in_for_missing_file() {
            return Ok(None);
        }
        // What is read in it is what is copied, whoever writes meanwhile.
        self.begin_raw("BEGIN").await?;
        let copied = self.copy(&file, backup, tag).await;
        let ended = self.rollback().await;
        copied.and_then(|path| ended.map(|()| path))
    }

    #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
    async fn copy(&mut self, file: &Path, backup: &Backup, tag: &str) -> Result<Option<PathBuf>> {
        use super::sqlite_copy::Copied;

        let found = self.first_row("SELECT count(*), strftime('%Y%m%d-%H%M%SZ', 'now') FROM sqlite_schema").await?;
        let Some(row) = found.filter(|row| row.text(0) != Some("0")) else { return Ok(None) };
        let beside = file.with_extension("backups");
        let folder = backup.folder.as_deref().unwrap_or(&beside);
        let copied = Copied { file, folder, time: row.text(1).unwrap_or_default(), tag };
        let cancel = self.cancel_token();
        let Some(handle) = self.driver.sqlite_handle() else { return Ok(None) };
        let path = copied.make(handle, cancel.as_ref()).await?;
        if let Some(keep) = backup.keep {
            copied.prune(keep);
        }
        Ok(Some(path))
    }

    /// As above: without SQLite there is nothing to copy.
    #[cfg(not(any(feature = "sqlite", feature = "sqlite-system")))]
    pub(crate) async fn back_up(&mut self, _backup: &Backup, _tag: &str) -> Result<Option<PathBuf>> {
        std::future::ready(self.url().refuse_backup().map(|()| None)).await
    }
}
