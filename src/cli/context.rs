//! What a command is given.

use std::path::{Path, PathBuf};

use crate::cli::carrier::{Carrier, Files};
use crate::cli::global::Global;
use crate::cli::project::Project;
use crate::config::{Config, Environment, Flags, Sources, working_folder};
use crate::error::{Error, Result};
use crate::plan::Variables;
use crate::report::Printer;

/// The flags, the environment and the printer.
pub(crate) struct Context<'a> {
    pub(crate) carrier: &'a Carrier,
    /// What the command does with the files of revisions.
    pub(crate) files: Files,
    pub(crate) printer: &'a mut Printer,
    pub(crate) global: Global,
    pub(crate) environment: &'a Environment,
}

impl Context<'_> {
    /// The project of the flags, the environment and the working folder. Reads its configuration, and nothing else yet.
    pub(crate) fn project(&self) -> Result<Project> {
        self.project_with(&self.global.flags())
    }

    /// The same, with flags that only some commands have.
    pub(crate) fn project_with(&self, flags: &Flags) -> Result<Project> {
        let folder = working_folder()?;
        let sources = Sources { working_folder: &folder, environment: self.environment, flags };
        let mut config = Config::load(&sources)?;
        let carried = self.carrier.carried(self.files, &config)?;
        self.carrier.lay_over(&mut config);
        let project = Project::new(config, folder, self.printer.notices());
        Ok(match carried {
            Some(migrator) => project.with_carried(migrator),
            None => project,
        })
    }

    /// Says what is wrong where the answer is given all the same.
    pub(crate) fn warn_of(&mut self, error: &Error) {
        self.printer.warning(error.phrase());
        if let Some(hint) = error.hint() {
            self.printer.hint(&self.carrier.in_own_name(hint));
        }
    }

    /// The values of `${x.key}`: those of the program, and `-x` over them.
    pub(crate) fn variables(&self) -> Variables {
        let mut all = self.carrier.migrator.as_ref().map(|migrator| (*migrator.variables).clone()).unwrap_or_default();
        all.0.extend(self.global.variables());
        all
    }
}

/// A path that a person gave, as they meant it: from the working folder.
pub(crate) fn here(path: &Path) -> Result<PathBuf> {
    Ok(working_folder()?.join(path))
}
