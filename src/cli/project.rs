//! The project that a command works on. What a command does not ask for is not read.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::db::Url;
use crate::error::Result;
use crate::revision::Revisions;

/// A configuration and what lies behind it.
pub(crate) struct Project {
    pub(crate) config: Config,
    working_folder: PathBuf,
    revisions: OnceCell<Revisions>,
}

impl Project {
    pub(crate) fn new(config: Config, working_folder: PathBuf) -> Self {
        Self { config, working_folder, revisions: OnceCell::new() }
    }

    /// All revisions, read at the first call.
    pub(crate) fn revisions(&self) -> Result<&Revisions> {
        if let Some(revisions) = self.revisions.get() {
            return Ok(revisions);
        }
        let read = Revisions::read(&self.config.versions)?;
        Ok(self.revisions.get_or_init(|| read))
    }

    /// The database's URL.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`], without any part of it.
    pub(crate) fn url(&self) -> Result<Url> {
        self.parse_url(self.config.url()?.reveal())
    }

    /// Another URL, relative to the same folder.
    pub(crate) fn parse_url(&self, text: &str) -> Result<Url> {
        Url::parse(text, &self.config.root)
    }

    /// A path for people: from the working folder where it lies below it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.working_folder).unwrap_or(path).display().to_string()
    }
}
