//! The project that a command works on. What a command does not ask for is not read.

use std::cell::{Cell, OnceCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::password::source;
use crate::config::Config;
use crate::db::{UnsafeLine, Url};
use crate::error::Result;
use crate::execute::Newer;
use crate::execute::backup::CopyFirst;
#[cfg(feature = "orm")]
use crate::execute::programs::Programs;
use crate::migrator::Migrator;
use crate::report::Notices;
use crate::revision::Revisions;

/// A configuration and what lies behind it.
pub(crate) struct Project {
    pub(crate) config: Config,
    working_folder: PathBuf,
    revisions: OnceCell<Arc<Revisions>>,
    /// What to do about a database that is ahead, where the program says it.
    pub(crate) newer: Newer,
    /// The copy that the program makes where neither flags nor configuration say one.
    pub(crate) backup: Option<CopyFirst>,
    /// The closures that the program has.
    #[cfg(feature = "orm")]
    pub(crate) programs: Programs,
    /// For what is said while nobody holds the printer.
    pub(crate) notices: Notices,
    /// A warning about the line to the server was given.
    warned: Cell<bool>,
}

impl Project {
    pub(crate) fn new(config: Config, working_folder: PathBuf, notices: Notices) -> Self {
        Self {
            config,
            working_folder,
            revisions: OnceCell::new(),
            newer: Newer::Refuse,
            backup: None,
            #[cfg(feature = "orm")]
            programs: Programs::default(),
            notices,
            warned: Cell::new(false),
        }
    }

    /// The same with the revisions that a program carries, in the place of those in files.
    pub(crate) fn with_carried(mut self, migrator: &Migrator) -> Self {
        self.revisions = OnceCell::from(Arc::clone(&migrator.revisions));
        self.newer = migrator.newer;
        self.backup.clone_from(&migrator.backup);
        #[cfg(feature = "orm")]
        self.programs.clone_from(&migrator.programs);
        self
    }

    /// All revisions, read at the first call.
    pub(crate) fn revisions(&self) -> Result<&Revisions> {
        if let Some(revisions) = self.revisions.get() {
            return Ok(revisions);
        }
        let read = Arc::new(Revisions::read(&self.config.versions)?);
        Ok(self.revisions.get_or_init(|| read))
    }

    /// The database's URL, with the place of its password.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`], without any part of it.
    pub(crate) fn url(&self) -> Result<Url> {
        let url = self.config.with_attached(self.parse_url(self.config.url()?.reveal())?)?;
        match self.config.password()? {
            Some(password) => url.with_password_source(source(password, &self.config)?),
            None => Ok(url),
        }
    }

    /// Says once that somebody may listen on the line to this server, or be taken for it.
    pub(crate) fn warn_of_line(&self, url: &Url) {
        let Some(line) = url.unsafe_line().filter(|_| !self.warned.replace(true)) else { return };
        let UnsafeLine { address, parameter, mode, safe } = line;
        self.notices.warning(&format!(
            "{parameter}={mode} does not verify that it is {address} that answers; write {parameter}={safe} in the database URL"
        ));
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
