//! The program that the command line is a part of: the plain one, or one that carries its own revisions and may know data
//! steps that only it can run.

use crate::cli::args::Command;
use crate::config::{Config, TableName};
use crate::error::{Error, Kind, Result};
use crate::migrator::Migrator;

/// The program.
#[derive(Debug)]
pub(crate) struct Carrier {
    /// What it is called.
    pub(crate) name: String,
    /// What it carries; None = the plain program, whose revisions are files.
    pub(crate) migrator: Option<Migrator>,
}

/// What a command does with the files of revisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// Nothing: what the program carries is as good.
    Any,
    /// It reads or writes the files themselves.
    Needed,
    /// It begins a project.
    Begun,
}

impl Carrier {
    /// The revisions that this command works with; None = those in files.
    ///
    /// # Errors
    /// [`Kind::Usage`] where the command needs files, and none are here.
    pub(crate) fn carried(&self, files: Files, config: &Config) -> Result<Option<&Migrator>> {
        let Some(migrator) = &self.migrator else { return Ok(None) };
        let is_project = config.file.is_some() && config.versions.iter().any(|folder| folder.is_dir());
        match files {
            Files::Any => Ok(Some(migrator)),
            Files::Needed | Files::Begun if is_project => Ok(None),
            Files::Needed | Files::Begun => Err(self.no_files()),
        }
    }

    fn no_files(&self) -> Error {
        let phrase =
            format!("this command works on files of revisions, and {} carries its revisions inside", self.name);
        Error::new(Kind::Usage, phrase)
            .with_hint("run it where migrate.yaml and the folder of revisions are, and build the program again")
    }

    /// Refuses what is not for a program that carries its revisions.
    pub(crate) fn refuse(&self, command: &Command) -> Result<()> {
        if self.migrator.is_none() || command.files() != Files::Begun {
            return Ok(());
        }
        let phrase = format!("a project is not begun with {}, which carries its revisions inside", self.name);
        Err(Error::new(Kind::Usage, phrase).with_hint("use the program `migrate` itself"))
    }

    /// Lays what the program says over the configuration: it knows best which table is its own.
    pub(crate) fn lay_over(&self, config: &mut Config) {
        let Some(migrator) = &self.migrator else { return };
        let table = &migrator.version_table;
        config.version_table = TableName {
            schema: table.schema.as_ref().map(|schema| schema.as_str().to_owned()),
            name: table.name.as_str().to_owned(),
        };
        config.run.keep_text = migrator.keeps_text;
    }

    /// A sentence of ours in which the program is called what it is called: `migrate upgrade` is `shop-admin upgrade`. Of
    /// commands that the program cannot do, the plain name stays.
    pub(crate) fn in_own_name(&self, text: &str) -> String {
        if self.migrator.is_none() {
            return text.to_owned();
        }
        OWN_COMMANDS.iter().fold(text.to_owned(), |text, command| {
            text.replace(&format!("migrate {command}"), &format!("{} {command}", self.name))
        })
    }
}

/// Commands that hints name and that work in every program.
const OWN_COMMANDS: [&str; 10] = [
    "upgrade",
    "downgrade",
    "stamp",
    "status",
    "resolve",
    "history",
    "current",
    "show",
    "accept-checksum",
    "ensure-version",
];
