//! The tool inside a program: the same lock, compare-and-swap, journal, log and checksums as the binary, without its
//! arguments. Never prints, prompts, or looks at the environment; sets no signal handler.

mod connection;
mod source;
mod target;

pub use connection::Connection;
pub use source::Source;
pub use target::Target;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use crate::db::{Backup, Cancel};
use crate::dialect::Scope;
use crate::error::Result;
use crate::execute::backup::CopyFirst;
use crate::execute::history::History;
use crate::execute::kept::KeptTexts;
use crate::execute::log::Log;
#[cfg(feature = "orm")]
use crate::execute::programs::{BoxFuture, Down, Programs, Registered, StepContext};
use crate::execute::run::Runner;
use crate::execute::status::Status;
use crate::execute::{Event, Limits, Newer, Report};
use crate::graph::Direction;
#[cfg(feature = "orm")]
use crate::orm::{RowsDone, Session};
use crate::plan::Variables;
use crate::revision::Revisions;
use crate::schema::{Ident, Name};

/// Runs the revisions of a program on its database. Cheap to clone; may be shared by threads.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use migrate::{Connection, Migrator, Source, Target};
///
/// let first = "-- revision: a1\n-- migrate:up\nCREATE TABLE notes (id INTEGER PRIMARY KEY);\n-- migrate:down\nDROP TABLE notes;\n";
/// let migrator = Migrator::new(Source::files([("first.sql", first)]))?;
/// let mut db = Connection::in_memory().await?;
/// let report = migrator.upgrade(&mut db, Target::head()).await?;
/// assert_eq!(report.after, ["a1"]);
/// migrator.downgrade(&mut db, Target::base()).await?;
/// db.close().await
/// # })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Migrator {
    pub(crate) revisions: Arc<Revisions>,
    pub(crate) version_table: Name,
    pub(crate) retries: u32,
    pub(crate) newer: Newer,
    kept: Option<KeptTexts>,
    pub(crate) keeps_text: bool,
    pub(crate) variables: Arc<Variables>,
    sink: Option<Arc<Sink>>,
    cancel: Option<Cancel>,
    #[cfg(feature = "orm")]
    pub(crate) programs: Programs,
    pub(crate) backup: Option<CopyFirst>,
}

/// What is told of events.
type Sink = dyn Fn(&Event) + Send + Sync;

impl Migrator {
    /// Reads the revisions and checks their graph.
    ///
    /// # Errors
    /// [`crate::Kind::File`] for a file that cannot be read, [`crate::Kind::Graph`] for a cycle, an id that is there twice, a missing
    /// parent.
    pub fn new(source: impl Into<Source>) -> Result<Self> {
        Ok(Self {
            revisions: Arc::new(source.into().read()?),
            version_table: Name::own("migrate_version"),
            retries: Limits::default().retries,
            newer: Newer::default(),
            kept: None,
            keeps_text: true,
            variables: Arc::default(),
            sink: None,
            cancel: None,
            #[cfg(feature = "orm")]
            programs: Programs::default(),
            backup: None,
        })
    }

    /// The table that holds what is applied, in the connection's own schema; usually `migrate_version`. Components that
    /// live in one database need one each.
    #[must_use]
    pub fn version_table(mut self, name: &str) -> Self {
        self.version_table = Name::own(name);
        self
    }

    /// As [`Migrator::version_table`], in another schema.
    #[must_use]
    pub fn version_table_in(mut self, schema: &str, name: &str) -> Self {
        self.version_table = Name::new(Some(Ident::from(schema)), name);
        self
    }

    /// How often a revision is tried again after a lock of the server was not obtained in time; usually 3.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// What an upgrade does about a database that is ahead of the program; usually it is refused.
    #[must_use]
    pub fn newer(mut self, policy: Newer) -> Self {
        (self.newer, self.kept) = (policy, Some(KeptTexts::READ));
        self
    }

    /// Whether the database keeps the text of each revision, so that a program which does not have it can take it back;
    /// usually it does.
    #[must_use]
    pub fn keep_text(mut self, keep: bool) -> Self {
        self.keeps_text = keep;
        self
    }

    /// The value of `${x.key}` in revisions.
    #[must_use]
    pub fn variable(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.variables).0.insert(key.into(), value.into());
        self
    }

    /// Is told what happens while it happens. Called in the middle of the work: it should be quick and must not panic.
    #[must_use]
    pub fn on_event(mut self, sink: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.sink = Some(Arc::new(sink));
        self
    }

    /// A token that ends the running statement and rolls back, from any thread. Once cancelled it stays so: the next run
    /// needs another one.
    #[must_use]
    pub fn cancel_with(mut self, token: Cancel) -> Self {
        self.cancel = Some(token);
        self
    }

    /// A data step that revisions name: `closure: { name: hash_tokens, version: 1, table: tokens }`. It runs in the
    /// transaction of its revision, on the tables as they are there. A change of what it does is another version, so that
    /// an old revision keeps doing what it did.
    ///
    /// ```
    /// # use migrate::{Down, Migrator, Source};
    /// # let revisions = Source::files([("a.sql", "-- revision: a1\n-- migrate:up\n")]);
    /// let migrator = Migrator::new(revisions)?.data_step(
    ///     "hash_tokens",
    ///     1,
    ///     |session, step| {
    ///         Box::pin(async move {
    ///             let rows = session.rows("tokens").columns(["secret"]).batch(step.batch());
    ///             rows.update(|row| {
    ///                 let hashed = format!("hash of {}", row.text("secret")?);
    ///                 row.set("secret", hashed)
    ///             })
    ///             .await
    ///         })
    ///     },
    ///     Down::BeforeImages,
    /// );
    /// # Ok::<(), migrate::Error>(())
    /// ```
    #[cfg(feature = "orm")]
    #[must_use]
    pub fn data_step<F>(mut self, name: &str, version: u32, up: F, down: Down) -> Self
    where
        F: for<'a> Fn(&'a mut Session<'_>, &'a StepContext) -> BoxFuture<'a, Result<RowsDone>> + Send + Sync + 'static,
    {
        self.programs.insert(name, version, Registered { up: Box::new(up), down });
        self
    }

    /// SQLite: copies the file before an upgrade or downgrade that has something to do; [`crate::Error::backup`] names the
    /// copy after a failure. Another database is refused with [`crate::Kind::Unsupported`].
    #[must_use]
    pub fn backup(mut self, backup: Backup) -> Self {
        self.backup = Some(CopyFirst::new(backup));
        self
    }

    /// Where the database stands. Never writes.
    ///
    /// # Errors
    /// Those of the connection; every state of the database is an answer.
    pub async fn status(&self, db: &mut Connection) -> Result<Status> {
        let reading = self.reading_kept();
        let runner = reading.runner(db)?;
        let outcome = Box::pin(runner.status(&mut db.inner)).await;
        Self::done(db, outcome)
    }

    /// What [`Migrator::upgrade`] would run, without running it: the same report, with steps that are `planned`.
    ///
    /// # Errors
    /// As `upgrade`, as far as they can be known before.
    pub async fn plan(&self, db: &mut Connection, target: Target) -> Result<Report> {
        self.dry_run(db, Direction::Up, target).await
    }

    /// What [`Migrator::downgrade`] would run, without running it.
    ///
    /// # Errors
    /// As `downgrade`, as far as they can be known before.
    pub async fn plan_downgrade(&self, db: &mut Connection, target: Target) -> Result<Report> {
        self.reading_kept().dry_run(db, Direction::Down, target).await
    }

    /// Applies what is missing up to the target. Nothing to do is a success with no steps.
    ///
    /// # Errors
    /// By [`crate::Error::kind`]: [`crate::Kind::Locked`] (another run did not end in time), [`crate::Kind::Statement`] and [`crate::Kind::Cancelled`]
    /// (rolled back), [`crate::Kind::PartWay`] (a database that cannot roll back; a further `upgrade` continues),
    /// [`crate::Kind::Newer`] and [`crate::Kind::Edited`] (the database knows other revisions than the program), [`crate::Kind::Usage`] (no
    /// such target).
    pub async fn upgrade(&self, db: &mut Connection, target: Target) -> Result<Report> {
        self.run(db, Direction::Up, target).await
    }

    /// Takes back what is above the target.
    ///
    /// # Errors
    /// As [`Migrator::upgrade`], and [`crate::Kind::NoWayBack`] before anything has run.
    pub async fn downgrade(&self, db: &mut Connection, target: Target) -> Result<Report> {
        self.reading_kept().run(db, Direction::Down, target).await
    }

    /// Records the target as applied without running anything: for a database that was made in another way.
    ///
    /// # Errors
    /// As [`Migrator::upgrade`], less those of statements.
    pub async fn stamp(&self, db: &mut Connection, target: Target) -> Result<Report> {
        db.refuse_missing_file()?;
        let runner = self.runner(db)?;
        let mut tell = |event: Event| self.tell(&event);
        let outcome = Box::pin(runner.stamp(&mut db.inner, &[target.0], false, &mut tell)).await;
        Self::done(db, outcome)
    }

    /// The same with what reads the texts that the database keeps: an upgrade alone needs none.
    fn reading_kept(&self) -> Self {
        Self { kept: Some(KeptTexts::READ), ..self.clone() }
    }

    async fn run(&self, db: &mut Connection, direction: Direction, target: Target) -> Result<Report> {
        db.refuse_missing_file()?;
        let runner = self.runner(db)?;
        let mut tell = |event: Event| self.tell(&event);
        let outcome = Box::pin(runner.run(&mut db.inner, direction, &target.0, &mut tell)).await;
        Self::done(db, outcome)
    }

    async fn dry_run(&self, db: &mut Connection, direction: Direction, target: Target) -> Result<Report> {
        let runner = self.runner(db)?;
        let outcome = Box::pin(runner.dry_run(&mut db.inner, direction, &target.0)).await;
        Self::done(db, outcome.map(|found| found.report))
    }

    fn tell(&self, event: &Event) {
        if let Some(sink) = &self.sink {
            sink(event);
        }
    }

    /// What runs revisions on this connection; takes the token to it, too.
    fn runner(&self, db: &mut Connection) -> Result<Runner<'_>> {
        let connection = &mut db.inner;
        let dialect = crate::dialect::of(connection.server())?;
        let Name { schema, name } = self.version_table.clone();
        let table = Name { schema: schema.filter(|schema| schema != connection.own_schema()), name };
        if let Some(token) = &self.cancel {
            connection.cancel_with(token.clone());
        }
        Ok(Runner {
            dialect,
            log: Log::new(dialect, &table, &run_id()).keep_text(self.keeps_text),
            history: History::new(dialect, &table, &connection.attached())?,
            revisions: &self.revisions,
            limits: Limits { lock_wait: db.lock_wait, retries: self.retries, ..Limits::default() },
            newer: self.newer,
            kept: self.kept,
            variables: &self.variables,
            scope: Scope { schemas: connection.attached(), version_table: Some(table), ..Scope::default() },
            backup: self.backup.clone(),
            #[cfg(feature = "orm")]
            programs: self.programs.clone(),
            transactions: None,
            seen: None,
            back: crate::plan::BackRules::default(),
        })
    }

    /// Takes the token away from the connection, which may go on to serve another run.
    fn done<T>(db: &mut Connection, outcome: Result<T>) -> Result<T> {
        drop(db.inner.ignore_cancel());
        outcome
    }
}

impl fmt::Debug for Migrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads: Vec<&str> = self.revisions.graph.in_order().map(|node| node.id.as_str()).collect();
        f.debug_struct("Migrator")
            .field("revisions", &heads)
            .field("version_table", &self.version_table)
            .finish_non_exhaustive()
    }
}

/// Tells the runs of the log apart.
fn run_id() -> String {
    format!("{:012x}", RandomState::new().hash_one(std::process::id()) & 0xffff_ffff_ffff)
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
