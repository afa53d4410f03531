//! A project's database, connected.

use std::sync::Arc;

use crate::check::desk::{scope, version_table};
use crate::cli::connect::connect;
use crate::cli::new_file::random_id;
use crate::cli::project::Project;
use crate::config::{self, Config, OnSignal};
use crate::db::{Backup, Cancel, Connection, Settings, Stop, Url, Warn};
use crate::dialect::{Scope, Server};
use crate::error::{Error, Kind, Result};
use crate::execute::Limits;
use crate::execute::backup::CopyFirst;
use crate::execute::history::History;
use crate::execute::kept::KeptTexts;
use crate::execute::log::Log;
use crate::execute::run::Runner;
use crate::graph::Rows;
use crate::plan::Variables;
use crate::revision::Revisions;

/// What a command will do with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Writes nothing; a SQLite file that is not there is an empty database.
    Read,
    /// Reads, and may make a scratch place.
    Judge,
    /// Writes; makes a SQLite file that is not there.
    Write,
}

/// A connection and what was settled when it was made.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) dialect: &'static dyn Server,
    pub(crate) history: History,
    pub(crate) scope: Scope,
    log: Log,
    limits: Limits,
}

impl Session {
    /// Connects to the database of the project.
    pub(crate) async fn open(project: &Project, purpose: Purpose, cancel: &Cancel) -> Result<Self> {
        Self::open_url(project, &project.url()?, purpose, cancel).await
    }

    /// Connects to another database, with the settings of the project.
    pub(crate) async fn open_url(project: &Project, url: &Url, purpose: Purpose, cancel: &Cancel) -> Result<Self> {
        let notices = project.notices;
        let warn = Warn(Some(Arc::new(move |text, hint| {
            notices.warning(text);
            notices.hint(hint);
        })));
        let settings = Settings { warn, ..settings(&project.config, purpose) };
        let mut connection = connect(project, url, &settings, cancel).await?;
        cancel.set_on_signal(match project.config.run.on_signal {
            OnSignal::Usual => None,
            OnSignal::Cancel => Some(Stop::Cancel),
            OnSignal::Finish => Some(Stop::Finish),
        });
        connection.cancel_with(cancel.clone());
        let dialect = crate::dialect::of(connection.server())?;
        let table = version_table(&project.config, connection.own_schema(), dialect);
        let scope = scope(&project.config, &connection, dialect);
        scope.refuse_nowhere(connection.own_schema())?;
        let run = &project.config.run;
        Ok(Self {
            dialect,
            log: Log::new(dialect, &table, &random_id()).keep_text(run.keep_text).by(project.config.user.clone()),
            history: History::new(dialect, &table, &connection.attached())?,
            scope,
            limits: Limits {
                lock_wait: run.lock_wait,
                retries: run.retries,
                allow_copy: run.allow_copy,
                keep_limit: run.keep_limit,
            },
            connection,
        })
    }

    /// What runs revisions here.
    pub(crate) fn runner<'a>(&self, project: &'a Project, variables: &'a Variables) -> Result<Runner<'a>> {
        Ok(self.runner_of(project, project.revisions()?, variables))
    }

    /// The same, of these revisions.
    pub(crate) fn runner_of<'a>(
        &self,
        project: &Project,
        revisions: &'a Revisions,
        variables: &'a Variables,
    ) -> Runner<'a> {
        Runner {
            dialect: self.dialect,
            history: self.history.clone(),
            log: self.log.clone(),
            revisions,
            limits: self.limits,
            newer: project.newer,
            kept: Some(KeptTexts::READ),
            variables,
            scope: self.scope.clone(),
            backup: backup(&project.config).map(CopyFirst::new).or_else(|| project.backup.clone()),
            #[cfg(feature = "orm")]
            programs: project.programs.clone(),
            transactions: None,
            seen: None,
            back: crate::plan::BackRules::default(),
        }
    }

    /// The rows of the version table; none if it is not there.
    pub(crate) async fn rows(&mut self) -> Result<Rows> {
        self.history.rows_if_any(&mut self.connection).await
    }

    /// The rows, each of which a file here has.
    ///
    /// # Errors
    /// For one that no file has; where the log knows it, with what became of its file.
    pub(crate) async fn known_rows(&mut self, project: &Project) -> Result<Rows> {
        let rows = self.rows().await?;
        let graph = &project.revisions()?.graph;
        if rows.iter().any(|row| graph.node(row.as_str()).is_none()) {
            self.refuse_changed(project, &rows).await?;
        }
        Ok(rows)
    }

    /// Stops where a file is not what was applied.
    pub(crate) async fn refuse_changed(&mut self, project: &Project, rows: &Rows) -> Result<()> {
        let variables = Variables::default();
        let runner = self.runner(project, &variables)?;
        let known = self.log.read_if_any(&mut self.connection).await?.checksums;
        runner.refuse_changed(&mut self.connection, &known, rows).await
    }

    /// The revision that is done in part, which the version table does not tell.
    pub(crate) async fn part_way(&mut self, project: &Project) -> Result<Option<Error>> {
        let variables = Variables::default();
        self.runner(project, &variables)?.part_way(&mut self.connection).await
    }

    /// The same, for whoever answers all the same: a login that may not read the log is not told.
    pub(crate) async fn part_way_if_told(&mut self, project: &Project) -> Result<Option<Error>> {
        match self.part_way(project).await {
            Err(error) if error.kind() == Kind::Privilege => Ok(None),
            other => other,
        }
    }

    /// Stops where a revision is done in part.
    pub(crate) async fn refuse_part_way(&mut self, project: &Project) -> Result<()> {
        self.part_way(project).await?.map_or(Ok(()), Err)
    }

    /// Says goodbye.
    pub(crate) async fn close(self) {
        self.connection.close().await;
    }
}

/// Whether and where a copy is made before a change.
fn backup(config: &Config) -> Option<Backup> {
    match &config.run.backup {
        config::Backup::No => None,
        config::Backup::Beside => Some(Backup::default()),
        config::Backup::In(folder) => Some(Backup::before(folder)),
    }
}

/// The settings of a connection for this purpose.
pub(crate) fn settings(config: &Config, purpose: Purpose) -> Settings {
    let run = &config.run;
    Settings {
        role: config.role.clone(),
        lock_timeout: run.lock_timeout,
        statement_timeout: run.statement_timeout,
        create: purpose == Purpose::Write,
        read_only: purpose == Purpose::Read,
        busy_timeout: run.lock_wait,
        ..Settings::default()
    }
}
