//! `migrate_log`: every attempt, for people and for `status`. The version table is the truth of what is complete; the
//! log explains it, holds the checksums of what was applied, and where DDL cannot be rolled back it is the journal.

use std::collections::{BTreeMap, BTreeSet};

use crate::db::{Connection, Row};
use crate::dialect::{Server, TypeUse};
use crate::error::{Error, Kind, Result};
use crate::execute::history::quoted;
use crate::execute::packed::{pack, unpack};
use crate::graph::{Direction, Graph, RevisionId, Rows};
use crate::ops::Operation;
use crate::schema::{Column, Ident, Name, Neutral, Options, PrimaryKey, Schema, Table, Type};

/// The number of the table's form; a greater one in a row was written by a newer program.
const FORMAT: i64 = 2;

/// The column that holds the text of a revision's file.
const TEXT: &str = "text";

/// The column that says who it was, since format 2. `user` alone means something else where it is not in quotes.
const USER: &str = "user_name";

/// Longer texts are not kept, in bytes as they are stored.
const LONGEST_TEXT: usize = 256 << 10;

/// Stands between the statements of a journal; no SQL holds it.
const SEPARATOR: &str = "\u{1e}";

/// Stands between statements that were rendered together and the next ones.
const CHUNK: &str = "\u{1d}";

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
    /// Was open when the version rows were set by hand.
    Abandoned,
}

/// The direction of what `stamp` writes.
pub(crate) const STAMP: &str = "stamp";

/// What `stamp base` names; no revision is called that.
pub(crate) const BASE: &str = "base";

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Open => "open",
            Self::Stamped => "stamped",
            Self::Abandoned => "abandoned",
        }
    }
}

/// One attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) revision: String,
    pub(crate) direction: String,
    pub(crate) checksum: String,
    /// How many statements took effect.
    pub(crate) done: usize,
    /// The number of the last statement that was begun, from 1: `done`, or one more.
    pub(crate) begun: usize,
    /// What the probe of the statement that was begun said before it.
    pub(crate) probe: Option<String>,
    /// The statements of the revision as far as they are known, done ones first.
    pub(crate) statements: Vec<String>,
    /// How many of them each part of the revision has that was rendered together.
    pub(crate) chunks: Vec<usize>,
    /// The run that works on it.
    pub(crate) run: String,
    /// The number of its row, where it has one that is kept up to date.
    pub(crate) number: i64,
    pub(crate) milliseconds: u64,
    pub(crate) error: Option<String>,
    /// The text of the revision's file; None where it is not kept: in scripts, and of a file that is large.
    pub(crate) text: Option<String>,
}

/// What the log says of what is applied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The checksum of each revision as it was applied or stamped last. One that another tool applied has none.
    pub(crate) checksums: BTreeMap<RevisionId, String>,
    /// A revision was stopped part-way.
    pub(crate) is_open: bool,
    /// The revision that is taken back in part.
    taken_back: Option<RevisionId>,
    /// The number of the last row.
    pub(crate) last: i64,
}

impl Known {
    /// What a run holds the files to: not that of the revision that it goes on taking back, whose file may be edited.
    pub(crate) fn held_to(mut self, graph: &Graph) -> Self {
        if let Some(id) = self.taken_back.as_ref().filter(|id| graph.node(id.as_str()).is_some()) {
            self.checksums.remove(id);
        }
        self
    }
}

impl Attempt {
    /// The statement that was begun, and of which no completion was noted.
    pub(crate) fn in_doubt(&self) -> Option<&str> {
        (self.begun > self.done).then(|| self.statements.get(self.done)).flatten().map(String::as_str)
    }

    /// The statements as the journal keeps them.
    fn journal(&self) -> String {
        let mut rest = self.statements.as_slice();
        let mut text = String::new();
        for (place, length) in self.chunks.iter().enumerate() {
            let (chunk, after) = rest.split_at_checked(*length).unwrap_or((rest, &[]));
            rest = after;
            text.push_str(if place > 0 { CHUNK } else { "" });
            text.push_str(&chunk.join(SEPARATOR));
        }
        // What was not rendered in chunks is one.
        if !rest.is_empty() {
            text.push_str(if self.chunks.is_empty() { "" } else { CHUNK });
            text.push_str(&rest.join(SEPARATOR));
        }
        text
    }
}

/// Statements, and how many of them belong together.
fn of_journal(text: &str) -> (Vec<String>, Vec<usize>) {
    let of_chunk = |chunk: &str| -> Vec<String> {
        chunk.split(SEPARATOR).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
    };
    let chunks: Vec<Vec<String>> = text.split(CHUNK).map(of_chunk).collect();
    let lengths = chunks.iter().map(Vec::len).collect();
    (chunks.into_iter().flatten().collect(), lengths)
}

/// Why the log has no text of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoText {
    /// It was not kept.
    NotKept,
    /// What is there is not what was applied.
    Damaged,
}

/// The log of one version table.
#[derive(Clone)]
pub(crate) struct Log {
    dialect: &'static dyn Server,
    version_table: Name,
    table: Name,
    /// Which run writes: names the rows that belong together.
    run: String,
    keeps_text: bool,
    /// Who writes, where the database does not know.
    user: Option<String>,
}

impl Log {
    /// The log lies beside the version table; projects may share it.
    pub(crate) fn new(dialect: &'static dyn Server, version_table: &Name, run: &str) -> Self {
        let table = version_table.sibling(Ident::from("migrate_log"));
        Self { dialect, version_table: version_table.clone(), table, run: run.to_owned(), keeps_text: true, user: None }
    }

    /// Whether the texts of revisions are kept.
    #[must_use]
    pub(crate) fn keep_text(self, keeps_text: bool) -> Self {
        Self { keeps_text, ..self }
    }

    /// Says who writes, where the database does not know.
    #[cfg(feature = "cli")]
    #[must_use]
    pub(crate) fn by(self, user: Option<String>) -> Self {
        Self { user, ..self }
    }

    fn key(&self) -> String {
        self.dialect.literal(&self.version_table.for_people())
    }

    pub(crate) fn quoted(&self) -> String {
        quoted(self.dialect, &self.table)
    }

    /// Its table.
    pub(crate) fn table(&self) -> &Name {
        &self.table
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
            ("statements_begun", Neutral::Int, false),
            ("probe", text(), true),
            ("checksum", short(64), false),
            ("statements", text(), false),
            ("at", Neutral::TimestampTz, true),
            ("milliseconds", Neutral::Bigint, false),
            ("tool", short(64), false),
            ("error", text(), true),
            (TEXT, text(), true),
            (USER, text(), true),
        ] {
            let native = self.native_type(name, &neutral, server);
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

    fn native_type(&self, column: &str, neutral: &Neutral, server: crate::statement::ServerVersion) -> String {
        let column = &Ident::from(column);
        let at = TypeUse { table: &self.table, column, sole_key: false, strict: false, identity: false };
        self.dialect.native_type(neutral, at, server)
    }

    /// Makes the table if it is missing, and brings one of an older program to the form of today; refuses one of a newer
    /// program. To be called under the session lock.
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
        match self.refuse_newer(connection).await? {
            Some(FORMAT) => Ok(()),
            Some(_) | None => self.renew(connection).await,
        }
    }

    /// Adds what an older program did not know.
    async fn renew(&self, connection: &mut Connection) -> Result<()> {
        if self.has_user(connection).await? {
            return Ok(());
        }
        let native = self.native_type(USER, &Neutral::Text, connection.server());
        let sql = format!("ALTER TABLE {} ADD COLUMN {USER} {native}", self.quoted());
        match connection.execute(&sql).await {
            Ok(_) => Ok(()),
            // Another project that shares the log was faster.
            Err(_) if self.has_user(connection).await? => Ok(()),
            Err(error) => Err(error.while_doing("cannot bring migrate_log to the form of this migrate")),
        }
    }

    async fn has_user(&self, connection: &mut Connection) -> Result<bool> {
        let found = self.dialect.relation(connection, &self.table).await?;
        Ok(found.is_some_and(|found| found.columns.iter().any(|column| column == USER)))
    }

    /// Refuses a log that a newer program wrote; it is there. Gives its format, where it has a row.
    ///
    /// # Errors
    /// [`Kind::Config`].
    async fn refuse_newer(&self, connection: &mut Connection) -> Result<Option<i64>> {
        let sql = format!("SELECT MAX(format) FROM {}", self.quoted());
        let format = connection.first_row(&sql).await?.map_or(Ok(None), |row| row.int(0))?;
        let Some(newest) = format.filter(|newest| *newest > FORMAT) else { return Ok(format) };
        let phrase =
            format!("migrate_log was written by a newer migrate: its format is {newest}, known here is {FORMAT}");
        Err(Error::new(Kind::Config, phrase).with_hint("install the newer migrate"))
    }

    /// As [`Log::ensure`], for whoever only reads: true = it is there.
    pub(super) async fn is_there(&self, connection: &mut Connection) -> Result<bool> {
        let is_there = self.dialect.has_table(connection, &self.table).await?;
        if is_there {
            self.refuse_newer(connection).await?;
        }
        Ok(is_there)
    }

    /// The statement that adds a row.
    pub(crate) fn insert(&self, state: State, attempt: &Attempt) -> String {
        let (columns, values) = self.values(state, attempt, "COALESCE(MAX(number), 0) + 1", "NULL");
        let (table, key) = (self.quoted(), self.key());
        format!("INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE version_table = {key}")
    }

    /// The statement that opens the journal of a revision, only if the version table holds just these rows: it affects
    /// one row, or none. The number is the one behind the last that this run has seen, so that of several runs one
    /// succeeds. `probe` is SQL: what tells later whether the first statement took effect.
    pub(crate) fn open(&self, attempt: &Attempt, version_table: &str, rows: &Rows, probe: &str) -> String {
        let count = |only: &str| format!("(SELECT COUNT(*) FROM {version_table}{only}) = {}", rows.len());
        let mut condition = count("");
        if !rows.is_empty() {
            let ids: Vec<String> = rows.iter().map(|id| self.dialect.literal(id.as_str())).collect();
            condition = format!("{condition} AND {}", count(&format!(" WHERE version_num IN ({})", ids.join(", "))));
        }
        let (columns, values) = self.values(State::Open, attempt, &attempt.number.to_string(), probe);
        let table = self.quoted();
        format!("INSERT INTO {table} ({columns}) SELECT {values} FROM (SELECT 1 AS one) AS o WHERE {condition}")
    }

    /// As [`Log::open`], in a transaction that has compared the version rows.
    pub(crate) fn open_compared(&self, attempt: &Attempt, probe: &str) -> String {
        let (columns, values) = self.values(State::Open, attempt, &attempt.number.to_string(), probe);
        format!("INSERT INTO {} ({columns}) VALUES ({values})", self.quoted())
    }

    /// The columns of a row and their values, in SQL.
    fn values(&self, state: State, attempt: &Attempt, number: &str, probe: &str) -> (String, String) {
        let text = |text: &str| self.dialect.literal(text);
        let error = attempt.error.as_ref().map_or("NULL".to_owned(), |error| text(error));
        let pairs = [
            ("version_table", self.key()),
            ("number", number.to_owned()),
            ("format", FORMAT.to_string()),
            ("run", text(&self.run)),
            ("revision", text(&attempt.revision)),
            ("direction", text(&attempt.direction)),
            ("state", text(state.word())),
            ("statements_done", attempt.done.to_string()),
            ("statements_begun", attempt.begun.to_string()),
            ("probe", probe.to_owned()),
            ("checksum", text(&attempt.checksum)),
            ("statements", text(&attempt.journal())),
            ("at", "CURRENT_TIMESTAMP".to_owned()),
            ("milliseconds", attempt.milliseconds.to_string()),
            ("tool", text(concat!("migrate ", env!("CARGO_PKG_VERSION")))),
            ("error", error),
            (USER, self.writer()),
        ];
        let kept = self.stored_text(state, attempt).map(|kept| (TEXT, text(&kept)));
        let pairs: Vec<(&str, String)> = pairs.into_iter().chain(kept).collect();
        let columns: Vec<String> = pairs.iter().map(|(name, _)| self.dialect.quote(&Ident::from(*name))).collect();
        let values: Vec<&str> = pairs.iter().map(|(_, value)| value.as_str()).collect();
        (columns.join(", "), values.join(", "))
    }

    /// Who writes, in SQL.
    fn writer(&self) -> String {
        let said = || self.user.as_ref().map_or("NULL".to_owned(), |user| self.dialect.literal(user));
        self.dialect.current_user().map_or_else(said, str::to_owned)
    }

    /// The text of the revision as the table holds it. What was rolled back or taken back leaves none: the row of the way
    /// up has it.
    fn stored_text(&self, state: State, attempt: &Attempt) -> Option<String> {
        let stays = state != State::Failed && attempt.direction != Direction::Down.word();
        let text = attempt.text.as_ref().filter(|_| self.keeps_text && stays)?;
        Some(pack(text)).filter(|stored| stored.len() <= LONGEST_TEXT)
    }

    /// The statement that brings the open row of this run up to date; it affects one row, or none if another run has
    /// taken the work over. `probe` is SQL. The statements, and the text of an edited file, are written only where `all`.
    pub(crate) fn update_open(&self, state: State, attempt: &Attempt, probe: &str, all: bool) -> String {
        let text = |text: &str| self.dialect.literal(text);
        let error = attempt.error.as_ref().map_or("NULL".to_owned(), |error| text(error));
        let mut statements = if all { format!(", statements = {}", text(&attempt.journal())) } else { String::new() };
        let kept = match state {
            State::Failed => Some("NULL".to_owned()),
            State::Done | State::Open | State::Stamped | State::Abandoned => {
                self.stored_text(state, attempt).filter(|_| all).map(|kept| text(&kept))
            }
        };
        if let Some(kept) = kept {
            statements = format!("{statements}, {} = {kept}", self.dialect.quote(&Ident::from(TEXT)));
        }
        // A script does not know the number; the open row of its run is one.
        let row = if attempt.number == 0 { String::new() } else { format!(" AND number = {}", attempt.number) };
        format!(
            "UPDATE {} SET state = {}, statements_done = {}, statements_begun = {}, probe = {probe}{statements}, \
             checksum = {}, milliseconds = {}, error = {error} \
             WHERE version_table = {}{row} AND state = 'open' AND run = {}",
            self.quoted(),
            text(state.word()),
            attempt.done,
            attempt.begun,
            text(&attempt.checksum),
            attempt.milliseconds,
            self.key(),
            text(&attempt.run),
        )
    }

    /// The condition that no attempt is open, in SQL.
    pub(crate) fn nothing_open(&self) -> String {
        format!("NOT EXISTS (SELECT * FROM {} WHERE version_table = {} AND state = 'open')", self.quoted(), self.key())
    }

    /// The statement by which this run takes over what another one left open; it affects one row, or none.
    pub(crate) fn take_over(&self, attempt: &Attempt) -> String {
        let text = |text: &str| self.dialect.literal(text);
        format!(
            "UPDATE {} SET run = {} WHERE version_table = {} AND number = {} AND state = 'open' AND run = {}",
            self.quoted(),
            text(&self.run),
            self.key(),
            attempt.number,
            text(&attempt.run),
        )
    }

    /// The statement that gives up what is open: somebody has said by hand where the database stands.
    pub(crate) fn abandon(&self) -> String {
        let (table, key, word) = (self.quoted(), self.key(), self.dialect.literal(State::Abandoned.word()));
        format!("UPDATE {table} SET state = {word} WHERE version_table = {key} AND state = 'open'")
    }

    /// The number of the last row.
    pub(crate) async fn last(&self, connection: &mut Connection) -> Result<i64> {
        let sql = format!("SELECT MAX(number) FROM {} WHERE version_table = {}", self.quoted(), self.key());
        connection.first_row(&sql).await?.map_or(Ok(0), |row| Ok(row.int(0)?.unwrap_or(0)))
    }

    /// The name of this run.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// The attempt that is open, if one is: it must be finished before anything else runs.
    pub(crate) async fn open_attempt_if_any(&self, connection: &mut Connection) -> Result<Option<Attempt>> {
        if self.dialect.has_table(connection, &self.table).await? {
            self.open_attempt(connection).await
        } else {
            Ok(None)
        }
    }

    /// The same, where the log is known to be there.
    pub(crate) async fn open_attempt(&self, connection: &mut Connection) -> Result<Option<Attempt>> {
        let sql = format!(
            "SELECT revision, direction, checksum, statements_done, statements_begun, probe, statements, run, error, \
             number FROM {} WHERE version_table = {} AND state = 'open'",
            self.quoted(),
            self.key()
        );
        let Some(row) = connection.first_row(&sql).await? else { return Ok(None) };
        let text = |index| row.text(index).unwrap_or_default().to_owned();
        let number = |index| row.int(index).map(|found| usize::try_from(found.unwrap_or(0)).unwrap_or(0));
        let (statements, chunks) = of_journal(row.text(6).unwrap_or_default());
        Ok(Some(Attempt {
            revision: text(0),
            direction: text(1),
            checksum: text(2),
            done: number(3)?,
            begun: number(4)?,
            probe: row.text(5).map(str::to_owned),
            statements,
            chunks,
            run: text(7),
            number: row.int(9)?.unwrap_or(0),
            milliseconds: 0,
            error: row.text(8).map(str::to_owned),
            text: None,
        }))
    }

    /// What the log says of what is applied; nothing if there is no log.
    pub(crate) async fn read_if_any(&self, connection: &mut Connection) -> Result<Known> {
        if self.dialect.has_table(connection, &self.table).await? {
            self.read(connection).await
        } else {
            Ok(Known::default())
        }
    }

    /// The same, where the log is known to be there.
    pub(crate) async fn read(&self, connection: &mut Connection) -> Result<Known> {
        let mut known = Known::default();
        let sql = format!(
            "SELECT revision, checksum, state, number, direction FROM {} WHERE version_table = {} ORDER BY number",
            self.quoted(),
            self.key()
        );
        connection
            .each(&sql, |row| {
                known.last = row.int(3)?.unwrap_or(known.last);
                let state = row.text(2).unwrap_or_default();
                let is_open = state == State::Open.word();
                known.is_open |= is_open;
                let applies = [State::Done.word(), State::Stamped.word()].contains(&state);
                let goes_down = row.text(4) == Some(Direction::Down.word());
                let revision = row.text(0).and_then(|id| RevisionId::new(id).ok());
                if applies && !goes_down {
                    known.checksums.extend(revision.zip(row.text(1).map(str::to_owned)));
                } else if is_open && goes_down {
                    known.taken_back = revision;
                }
                Ok(())
            })
            .await?;
        Ok(known)
    }

    /// What is applied as far as the log tells; nothing if there is no log. For a database that names revisions which no
    /// file here has: the version rows alone do not say what lies below them.
    pub(crate) async fn applied_if_any(&self, connection: &mut Connection) -> Result<BTreeSet<RevisionId>> {
        let mut applied = BTreeSet::new();
        if !self.dialect.has_table(connection, &self.table).await? {
            return Ok(applied);
        }
        let sql = format!(
            "SELECT revision, direction, state, run FROM {} WHERE version_table = {} ORDER BY number",
            self.quoted(),
            self.key()
        );
        let mut stamp = String::new();
        connection
            .each(&sql, |row| {
                let text = |index| row.text(index).unwrap_or_default();
                let (is_done, is_stamp) = (text(2) == State::Done.word(), text(2) == State::Stamped.word());
                // A stamp names everything that is applied from then on; what a person accepted is one revision.
                if is_stamp && text(1) == STAMP && text(3) != stamp {
                    text(3).clone_into(&mut stamp);
                    applied.clear();
                }
                match RevisionId::new(text(0)) {
                    Ok(id) if is_done && text(1) == Direction::Down.word() => drop(applied.remove(&id)),
                    Ok(id) if is_done || is_stamp => drop(applied.insert(id)),
                    _ => {}
                }
                Ok(())
            })
            .await?;
        Ok(applied)
    }

    /// All rows, oldest first, with the columns of [`super::attempts::Logged`]; None where there is no log.
    pub(super) async fn rows_if_any(&self, connection: &mut Connection) -> Result<Option<Vec<Row>>> {
        if !self.dialect.has_table(connection, &self.table).await? {
            return Ok(None);
        }
        let text = self.dialect.quote(&Ident::from(TEXT));
        let user = if self.has_user(connection).await? { USER } else { "NULL" };
        let sql = format!(
            "SELECT number, at, run, revision, direction, state, statements_done, milliseconds, tool, checksum, \
             CASE WHEN {text} IS NULL THEN 0 ELSE 1 END, error, {user} FROM {} WHERE version_table = {} ORDER BY number",
            self.quoted(),
            self.key()
        );
        connection.rows(&sql).await.map(Some)
    }

    /// The text of a revision's file as it was applied, stamped or accepted last, if the log has it and it is the one of
    /// this checksum.
    pub(crate) async fn text(&self, connection: &mut Connection, id: &RevisionId, checksum: &str) -> Option<String> {
        self.kept_text(connection, id, checksum).await.ok()
    }

    /// The same, or why there is none.
    pub(super) async fn kept_text(
        &self,
        connection: &mut Connection,
        id: &RevisionId,
        checksum: &str,
    ) -> Result<String, NoText> {
        let sql = format!(
            "SELECT {} FROM {} WHERE version_table = {} AND revision = {} AND checksum = {} ORDER BY number DESC",
            self.dialect.quote(&Ident::from(TEXT)),
            self.quoted(),
            self.key(),
            self.dialect.literal(id.as_str()),
            self.dialect.literal(checksum),
        );
        // A log that another version began may not have the column: nothing is known then.
        let rows = connection.rows(&sql).await.map_err(|_| NoText::NotKept)?;
        let mut stored = rows.iter().filter_map(|row| row.text(0)).peekable();
        let why = if stored.peek().is_some() { NoText::Damaged } else { NoText::NotKept };
        let is_it = |text: &String| crate::revision::checksum::of(text) == checksum;
        stored.filter_map(unpack).find(is_it).ok_or(why)
    }
}
