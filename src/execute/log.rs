//! `migrate_log`: every attempt, for people and for `status`. The version table is the truth of what is complete; the
//! log explains it, holds the checksums of what was applied, and where DDL cannot be rolled back it is the journal.

use std::collections::BTreeMap;

use crate::db::Connection;
use crate::dialect::{Server, TypeUse};
use crate::error::{Error, Kind, Result};
use crate::execute::history::quoted;
use crate::graph::RevisionId;
use crate::ops::Operation;
use crate::schema::{Column, Ident, Name, Neutral, Options, PrimaryKey, Schema, Table, Type};

/// The number of the table's form; a greater one in a row was written by a newer program.
const FORMAT: i64 = 1;

/// Stands between the statements of a journal; no SQL holds it.
const SEPARATOR: &str = "\u{1e}";

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Recorded in the version table.
    Done,
    /// Rolled back.
    Failed,
    /// Under way, or stopped where nothing can be rolled back.
    Open,
    /// The version rows were set by hand.
    Stamped,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Open => "open",
            Self::Stamped => "stamped",
        }
    }
}

/// One attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) revision: String,
    pub(crate) direction: String,
    pub(crate) checksum: String,
    pub(crate) done: usize,
    /// The statements of the revision as far as they are known, done ones first.
    pub(crate) statements: Vec<String>,
    pub(crate) milliseconds: u64,
    pub(crate) error: Option<String>,
}

/// The log of one version table.
#[derive(Clone)]
pub(crate) struct Log {
    dialect: &'static dyn Server,
    version_table: Name,
    table: Name,
    /// Which run writes: names the rows that belong together.
    run: String,
}

impl Log {
    /// The log lies beside the version table; projects may share it.
    pub(crate) fn new(dialect: &'static dyn Server, version_table: &Name, run: &str) -> Self {
        let table = version_table.sibling(Ident::from("migrate_log"));
        Self { dialect, version_table: version_table.clone(), table, run: run.to_owned() }
    }

    fn key(&self) -> String {
        self.dialect.literal(&self.version_table.for_people())
    }

    pub(crate) fn quoted(&self) -> String {
        quoted(self.dialect, &self.table)
    }

    /// The statements that make the table.
    pub(crate) fn create(&self, server: crate::statement::ServerVersion) -> Result<Vec<String>> {
        let mut table = Table::new(self.table.clone());
        let text = || Neutral::Text;
        let short = |length| Neutral::Varchar(Some(length));
        for (name, neutral, nullable) in [
            ("version_table", short(190), false),
            ("number", Neutral::Bigint, false),
            ("format", Neutral::Int, false),
            ("run", short(64), false),
            ("revision", short(32), false),
            ("direction", short(16), false),
            ("state", short(16), false),
            ("statements_done", Neutral::Int, false),
            ("checksum", short(64), false),
            ("statements", text(), false),
            ("at", Neutral::TimestampTz, true),
            ("milliseconds", Neutral::Bigint, false),
            ("tool", short(64), false),
            ("error", text(), true),
        ] {
            let ident = Ident::from(name);
            let at = TypeUse { table: &table.name, column: &ident, sole_key: false, strict: false, identity: false };
            let native = self.dialect.native_type(&neutral, at, server);
            table.columns.push(Column { nullable, ..Column::new(name, Type::Native(native)) });
        }
        table.primary_key = Some(PrimaryKey {
            name: None,
            columns: vec![Ident::from("version_table"), Ident::from("number")],
            include: Vec::new(),
            deferrable: None,
            comment: None,
            options: Options::default(),
        });
        let rendered = self.dialect.render(&[Operation::CreateTable(Box::new(table))], &Schema::default(), server);
        let statements = rendered.map_err(|unsupported| Error::new(Kind::Unsupported, unsupported.what))?;
        Ok(statements.into_iter().map(|statement| statement.sql).collect())
    }

    /// Makes the table if it is missing; refuses one of a newer program. To be called under the session lock.
    pub(crate) async fn ensure(&self, connection: &mut Connection) -> Result<()> {
        if !self.dialect.has_table(connection, &self.table).await? {
            for sql in self.create(connection.server())? {
                match connection.execute(&sql).await {
                    Ok(_) => {}
                    Err(_) if self.dialect.has_table(connection, &self.table).await? => {}
                    Err(error) => return Err(error.while_doing("cannot create the table migrate_log")),
                }
            }
            return Ok(());
        }
        let sql = format!("SELECT MAX(format) FROM {}", self.quoted());
        let newest = connection.first_row(&sql).await?.map_or(Ok(None), |row| row.int(0))?.unwrap_or(FORMAT);
        if newest > FORMAT {
            return Err(Error::new(
                Kind::Config,
                format!("migrate_log was written by a newer migrate: its format is {newest}"),
            )
            .hint("install the newer migrate"));
        }
        Ok(())
    }

    /// The statement that adds a row.
    pub(crate) fn insert(&self, state: State, attempt: &Attempt) -> String {
        let text = |text: &str| self.dialect.literal(text);
        let error = attempt.error.as_ref().map_or("NULL".to_owned(), |error| text(error));
        let values = [
            self.key(),
            "COALESCE(MAX(number), 0) + 1".to_owned(),
            FORMAT.to_string(),
            text(&self.run),
            text(&attempt.revision),
            text(&attempt.direction),
            text(state.word()),
            attempt.done.to_string(),
            text(&attempt.checksum),
            text(&attempt.statements.join(SEPARATOR)),
            "CURRENT_TIMESTAMP".to_owned(),
            attempt.milliseconds.to_string(),
            text(concat!("migrate ", env!("CARGO_PKG_VERSION"))),
            error,
        ];
        let columns = [
            "version_table",
            "number",
            "format",
            "run",
            "revision",
            "direction",
            "state",
            "statements_done",
            "checksum",
            "statements",
            "at",
            "milliseconds",
            "tool",
            "error",
        ];
        let columns: Vec<String> = columns.iter().map(|name| self.dialect.quote(&Ident::from(*name))).collect();
        let table = self.quoted();
        let (columns, values, key) = (columns.join(", "), values.join(", "), self.key());
        format!("INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE version_table = {key}")
    }

    /// The statement that brings the open row of a revision up to date.
    pub(crate) fn update_open(&self, state: State, attempt: &Attempt) -> String {
        let text = |text: &str| self.dialect.literal(text);
        let error = attempt.error.as_ref().map_or("NULL".to_owned(), |error| text(error));
        format!(
            "UPDATE {} SET state = {}, statements_done = {}, statements = {}, milliseconds = {}, error = {error} \
             WHERE version_table = {} AND state = 'open' AND revision = {}",
            self.quoted(),
            text(state.word()),
            attempt.done,
            text(&attempt.statements.join(SEPARATOR)),
            attempt.milliseconds,
            self.key(),
            text(&attempt.revision),
        )
    }

    /// The statement that notes in the open row of a revision how far it came.
    pub(crate) fn progress(&self, attempt: &Attempt) -> String {
        format!(
            "UPDATE {} SET statements_done = {} WHERE version_table = {} AND state = 'open' AND revision = {}",
            self.quoted(),
            attempt.done,
            self.key(),
            self.dialect.literal(&attempt.revision),
        )
    }

    /// The condition that no attempt is open, in SQL.
    pub(crate) fn nothing_open(&self) -> String {
        format!("NOT EXISTS (SELECT * FROM {} WHERE version_table = {} AND state = 'open')", self.quoted(), self.key())
    }

    /// The attempt that is open, if one is: it must be finished before anything else runs.
    pub(crate) async fn open_attempt(&self, connection: &mut Connection) -> Result<Option<Attempt>> {
        if !self.dialect.has_table(connection, &self.table).await? {
            return Ok(None);
        }
        let sql = format!(
            "SELECT revision, direction, checksum, statements_done, statements, error FROM {} \
             WHERE version_table = {} AND state = 'open'",
            self.quoted(),
            self.key()
        );
        let Some(row) = connection.first_row(&sql).await? else { return Ok(None) };
        let text = |index| row.text(index).unwrap_or_default().to_owned();
        let statements = text(4);
        Ok(Some(Attempt {
            revision: text(0),
            direction: text(1),
            checksum: text(2),
            done: usize::try_from(row.int(3)?.unwrap_or(0)).unwrap_or(0),
            statements: if statements.is_empty() {
                Vec::new()
            } else {
                statements.split(SEPARATOR).map(str::to_owned).collect()
            },
            milliseconds: 0,
            error: row.text(5).map(str::to_owned),
        }))
    }

    /// The checksum of each revision as it was applied or stamped last. A revision that another tool applied has none.
    pub(crate) async fn checksums(&self, connection: &mut Connection) -> Result<BTreeMap<RevisionId, String>> {
        let mut checksums = BTreeMap::new();
        if !self.dialect.has_table(connection, &self.table).await? {
            return Ok(checksums);
        }
        let sql = format!(
            "SELECT revision, checksum FROM {} WHERE version_table = {} AND state IN ('done', 'stamped') \
             AND direction <> 'downgrade' ORDER BY number",
            self.quoted(),
            self.key()
        );
        connection
            .each(&sql, |row| {
                let revision = row.text(0).and_then(|id| RevisionId::new(id).ok());
                checksums.extend(revision.zip(row.text(1).map(str::to_owned)));
                Ok(())
            })
            .await?;
        Ok(checksums)
    }
}
