//! A copy of the database before a run that changes it.

use std::path::PathBuf;

use crate::db::{Backup, Connection};
use crate::dialect::Io;
use crate::error::{Error, Result};
use crate::execute::run::Runner;
use crate::graph::{Direction, RevisionId, Rows, Target};

type Make =
    for<'r> fn(&'r Runner<'_>, &'r Backup, &'r mut Connection, Direction, &'r Target) -> Io<'r, Option<PathBuf>>;

/// A copy that is to be made first, with the function that makes it: so a program that asks for none is without it.
#[derive(Clone)]
pub(crate) struct CopyFirst {
    backup: Backup,
    make: Make,
}

impl CopyFirst {
    pub(crate) fn new(backup: Backup) -> Self {
        let make: Make = |runner, backup, connection, direction, target| {
            Box::pin(runner.copy_first(backup, connection, direction, target))
        };
        Self { backup, make }
    }

    /// Copies the database where anything is about to change; gives the place of the copy.
    pub(super) async fn make(
        &self,
        runner: &Runner<'_>,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
    ) -> Result<Option<PathBuf>> {
        (self.make)(runner, &self.backup, connection, direction, target).await
    }
}

impl Runner<'_> {
    async fn copy_first(
        &self,
        backup: &Backup,
        connection: &mut Connection,
        direction: Direction,
        target: &Target,
    ) -> Result<Option<PathBuf>> {
        let (rows, planned) = self.foreseen(connection, direction, target).await?;
        if planned.is_empty() {
            return Ok(None);
        }
        connection.back_up(backup, &tag(&rows)).await
    }
}

/// Where a database stands, for the name of a file.
fn tag(rows: &Rows) -> String {
    let mut ids = rows.iter().map(RevisionId::as_str);
    let first = ids.next().unwrap_or("base").to_owned();
    match ids.count() {
        0 => first,
        more => format!("{first}+{more}"),
    }
}

/// The way back to before the run.
pub(super) fn with_copy(error: Error, connection: &Connection, copy: Option<PathBuf>) -> Error {
    let Some(copy) = copy else { return error };
    let command = connection.url().restore_command(&copy).unwrap_or_default();
    error
        .with_backup(copy)
        .and_hint(&format!("to go back to before this run, stop what uses the file, then: {command}"))
}
