//! The checks before the first statement: what would stop a run half-way is found while nothing has changed.
//!
//! The dialect asks the server, in one round trip; here it is decided what refuses the run, what is only said, and what
//! nobody can know. A run with nothing to do asks nothing.

use std::collections::BTreeSet;

use crate::amount::spoken;
use crate::db::Connection;
use crate::dialect::needs::{Blocker, Found, Lacking, Needs};
use crate::error::{Error, Kind, Result};
use crate::execute::Event;
use crate::execute::run::Runner;
use crate::execute::step::Tell;
#[cfg(feature = "orm")]
use crate::graph::Direction;
use crate::ops::{ObjectOperation, Operation};
use crate::plan::{Chunk, Planned};
use crate::schema::{Ident, Name};
use crate::statement::course::Facts;
use crate::statement::touches::touched;
use crate::statement::{SERVERS, Statement};

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    /// The run goes on, and it is said.
    Warns,
    /// The run does not begin.
    Refuses,
    /// The server does not tell.
    Unknown,
}

impl Verdict {
    /// The word in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warns => "warns",
            Self::Refuses => "refuses",
            Self::Unknown => "unknown",
        }
    }
}

/// One check and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// `writable`, `privileges`, …
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) message: String,
    /// What to do about it, an imperative.
    pub(crate) hint: Option<String>,
    kind: Kind,
}

impl Check {
    fn new(name: &'static str, verdict: Verdict, message: impl Into<String>) -> Self {
        Self { name, verdict, message: message.into(), hint: None, kind: Kind::Usage }
    }

    fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    fn refuses(name: &'static str, kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, ..Self::new(name, Verdict::Refuses, message) }
    }
}

/// The checks of one plan, in the order in which they were made.
pub(super) struct Checks<'r, 'a> {
    runner: &'r Runner<'a>,
    pub(super) done: Vec<Check>,
}

impl Runner<'_> {
    /// Refuses what cannot go well, and tells what may not.
    ///
    /// # Errors
    /// With exit code 2, before anything has changed: [`Kind::ReadOnly`], [`Kind::Privilege`], [`Kind::Unsupported`] for an
    /// old server, [`Kind::Usage`] for the copy of a table that is larger than was allowed.
    pub(super) async fn check_before(
        &self,
        connection: &mut Connection,
        planned: &[Planned],
        tell: Tell<'_>,
    ) -> Result<()> {
        let mut checks = Checks::new(self);
        let facts = checks.ask(connection, planned).await?;
        if SERVERS && facts.values().any(|facts| facts.bytes > self.limits.allow_copy) {
            // What cannot be foreseen is looked at again when it is its turn.
            if let Ok(forecast) = self.forecast(connection, planned).await {
                checks.copies(planned, &forecast, &facts);
            }
        }
        for check in checks.done.iter().filter(|check| check.verdict == Verdict::Warns) {
            tell(Event::Warned { message: check.message.clone(), hint: check.hint.clone() });
        }
        let mut refusals = checks.done.into_iter().filter(|check| check.verdict == Verdict::Refuses);
        let Some(first) = refusals.next() else { return Ok(()) };
        let error = Error::new(first.kind, first.message);
        let error = refusals.fold(error, |error, check| error.caused_by(check.message));
        Err(first.hint.into_iter().fold(error, Error::with_hint))
    }

    /// After a lock was not obtained: who is in the way, as far as the server tells. Never fails: it only explains.
    pub(super) async fn name_blockers(&self, connection: &mut Connection, error: Error) -> Error {
        if !connection.is_usable() {
            return error;
        }
        let place = error.place().statement.clone().unwrap_or_default();
        let tables = if SERVERS { touched(&place, self.dialect.syntax()) } else { None };
        let Some(tables) = tables.filter(|tables| !tables.is_empty()) else {
            return error;
        };
        let blockers = self.dialect.blockers(connection, &tables).await.unwrap_or_default();
        blockers.iter().fold(error, |error, blocker| error.caused_by(format!("{blocker} (to end it: {})", blocker.end)))
    }
}

impl<'r, 'a> Checks<'r, 'a> {
    pub(super) fn new(runner: &'r Runner<'a>) -> Self {
        Self { runner, done: Vec::new() }
    }

    /// Asks the server about everything but copies; gives what it knows about the tables.
    pub(super) async fn ask(&mut self, connection: &mut Connection, planned: &[Planned]) -> Result<Facts> {
        self.version(connection);
        #[cfg(feature = "orm")]
        self.ways_back(planned);
        let needs = if SERVERS { needs(self.runner, planned) } else { Needs::default() };
        match self.runner.dialect.preflight(connection, &needs).await {
            Ok(mut found) => {
                let facts = std::mem::take(&mut found.facts);
                let files = std::mem::take(&mut found.read_only_files);
                self.done.extend(files.into_iter().map(|(file, why)| of_file(&file, why, planned)));
                self.judge(found);
                Ok(facts)
            }
            // A server that does not answer such questions may take the revisions all the same.
            Err(error) if connection.is_usable() && matches!(error.kind(), Kind::Privilege | Kind::Statement) => {
                self.done.push(Check::new("server", Verdict::Unknown, format!("the server did not tell: {error}")));
                Ok(Facts::new())
            }
            Err(error) => Err(error),
        }
    }

    fn version(&mut self, connection: &Connection) {
        let server = connection.server();
        let oldest = self.runner.dialect.oldest_of(server.product);
        let newest = self.runner.dialect.newest_of(server.product);
        self.done.push(if server.major > newest {
            let message = format!("{server} is newer than what this migrate knows, which is {newest}");
            Check::new("server_version", Verdict::Warns, message)
                .with_hint("try it on a copy first, and look for a newer migrate")
        } else if server < oldest {
            let message = format!("{server} is too old: {oldest} is the oldest that is supported");
            Check::refuses("server_version", Kind::Unsupported, message).with_hint("upgrade the server first")
        } else {
            Check::new("server_version", Verdict::Good, "the server is recent enough")
        });
    }

    /// What is kept of rows for a written way back that does not use it.
    #[cfg(feature = "orm")]
    fn ways_back(&mut self, planned: &[Planned]) {
        for step in planned.iter().filter(|step| step.step.direction == Direction::Up) {
            for unused in step.unused.iter().filter(|unused| !unused.is_void) {
                let (id, what) = (step.step.revision.as_str(), &unused.kept_as);
                let message = format!("the written way back of revision {id} does not restore what `{what}` keeps");
                self.done.push(Check::new("ways_back", Verdict::Warns, message).with_hint(unused.hint()));
            }
        }
    }

    /// What ways down leave of rows that were kept, one line each.
    #[cfg(feature = "orm")]
    pub(super) fn left(&mut self, lines: &[String]) {
        let check = |line: &String| {
            Check::new("ways_back", Verdict::Warns, format!("the downgrade goes back without {line}"))
                .with_hint("it stays, and `migrate status` lists it")
        };
        self.done.extend(lines.iter().map(check));
    }

    fn judge(&mut self, found: Found) {
        self.done.push(match found.read_only {
            Some(Lacking { phrase, remedy }) => Check::refuses("writable", Kind::ReadOnly, phrase).with_hint(remedy),
            None => Check::new("writable", Verdict::Good, "the database can be written"),
        });
        if found.knows_rights && found.lacking.is_empty() {
            self.done.push(Check::new("privileges", Verdict::Good, "the login has the rights that the plan shows"));
        }
        for lacking in found.lacking {
            self.done.push(Check::refuses("privileges", Kind::Privilege, lacking.phrase).with_hint(lacking.remedy));
        }
        for blocker in &found.blockers {
            self.done.push(warning(blocker));
        }
        for Lacking { phrase, remedy } in found.warnings {
            self.done.push(Check::new("settings", Verdict::Warns, phrase).with_hint(remedy));
        }
        for line in found.untold {
            self.done.push(Check::new("untold", Verdict::Unknown, line));
        }
    }

    /// Copies of tables that are larger than was allowed.
    pub(super) fn copies(&mut self, planned: &[Planned], forecast: &[Vec<Statement>], facts: &Facts) {
        for (step, statements) in planned.iter().zip(forecast) {
            for statement in statements {
                if let Some(error) = copy_refused(statement, facts, self.runner.limits.allow_copy) {
                    let message = format!("revision {}: {error}", step.step.revision.as_str());
                    let hint = error.hint().unwrap_or_default().to_owned();
                    self.done.push(Check::refuses("copies", Kind::Usage, message).with_hint(hint));
                }
            }
        }
    }

    /// Whether somebody holds the tool's lock.
    pub(super) async fn lock(&mut self, connection: &mut Connection) -> Result<()> {
        let holder = self.runner.dialect.lock_holder(connection, &self.runner.history.table).await?;
        self.done.push(match holder {
            Some(holder) => {
                Check::new("lock", Verdict::Warns, format!("another run holds the lock: {}", holder.description))
                    .with_hint("wait for it to end; `migrate upgrade` does so by itself")
            }
            None => Check::new("lock", Verdict::Good, "no other run is known to hold the lock"),
        });
        Ok(())
    }
}

/// A file that cannot be written keeps those away that have to do with it, as far as that can be seen.
fn of_file(file: &Ident, why: String, planned: &[Planned]) -> Check {
    let is_in =
        |name: &Name| name.schema.as_ref().is_some_and(|schema| schema.as_str().eq_ignore_ascii_case(file.as_str()));
    let is_about = |operation: &Operation| {
        let object = if let Operation::Object(object) = operation { Some(&object.id().name) } else { None };
        object.or(operation.table()).is_some_and(is_in)
    };
    let may_write = |chunk: &Chunk| match chunk {
        Chunk::Operations(operations) => operations.iter().any(is_about),
        Chunk::Sql(statements) => !statements.is_empty(),
        #[cfg(feature = "orm")]
        Chunk::Data(data) => data.operation.table().is_some_and(is_in),
    };
    let check = if planned.iter().flat_map(|one| &one.chunks).any(may_write) {
        Check::refuses("writable", Kind::ReadOnly, why)
    } else {
        Check::new("writable", Verdict::Warns, why)
    };
    check.with_hint("give the program the right to write this file and its folder")
}

fn warning(blocker: &Blocker) -> Check {
    let hint = format!("wait until it has ended, or end it: {}", blocker.end);
    Check::new("transactions", Verdict::Warns, blocker.to_string()).with_hint(hint)
}

/// The refusal of a statement that may copy a table which is larger than was allowed.
pub(super) fn copy_refused(statement: &Statement, facts: &Facts, allowed: u64) -> Option<Error> {
    let course = statement.course.as_deref()?;
    let known = facts.get(&course.table)?;
    if known.bytes <= allowed || !course.may_copy(Some(known)) {
        return None;
    }
    let (table, size) = (course.table.for_people(), spoken(known.bytes));
    let phrase = format!(
        "the server may copy table {table}, which has {size}, and nobody can write to it meanwhile; unasked it copies up \
         to {}: {}",
        spoken(allowed),
        statement.sql.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    Some(Error::new(Kind::Usage, phrase).with_hint(format!(
        "allow it with --allow-copy {} (in migrate.yaml: `run: {{ allow_copy: … }}`); or change the table with an online \
         tool such as gh-ost or pt-online-schema-change, then `migrate stamp` the revision",
        enough(known.bytes)
    )))
}

/// A size for the flag that holds so many bytes.
fn enough(bytes: u64) -> String {
    let (unit, one) = if bytes >= 1 << 30 { ("GB", 1_u64 << 30) } else { ("MB", 1 << 20) };
    format!("{}{unit}", bytes.div_ceil(one))
}

/// What these steps do to what is there before them.
fn needs(runner: &Runner<'_>, planned: &[Planned]) -> Needs {
    let log = runner.log.table().clone();
    let mut gathering = Gathering {
        needs: Needs { own: vec![runner.history.table.clone(), log], ..Needs::default() },
        made: BTreeSet::new(),
        objects: BTreeSet::new(),
        schemas: BTreeSet::new(),
        blurred: false,
    };
    for chunk in planned.iter().flat_map(|step| &step.chunks) {
        match chunk {
            Chunk::Operations(operations) => operations.iter().for_each(|operation| gathering.operation(operation)),
            #[cfg(feature = "orm")]
            Chunk::Data(data) => data.operation.table().into_iter().for_each(|table| gathering.writes(table, "UPDATE")),
            Chunk::Sql(statements) => {
                for statement in statements {
                    gathering.sql(&statement.sql, touched(&statement.sql, runner.dialect.syntax()));
                }
            }
        }
    }
    gathering.needs
}

/// Collects needs in the order of the plan.
struct Gathering {
    needs: Needs,
    /// Tables of the plan's own making.
    made: BTreeSet<Name>,
    /// Objects of the plan's own making.
    objects: BTreeSet<Name>,
    schemas: BTreeSet<Ident>,
    /// A person's SQL may have changed rights, roles or paths: behind it nobody knows what is needed.
    blurred: bool,
}

impl Gathering {
    fn operation(&mut self, operation: &Operation) {
        if let Operation::Object(object) = operation {
            self.object(object);
        }
        match operation {
            Operation::CreateTable(table) => self.makes(&table.name),
            Operation::CreateSchema { name } => {
                self.schemas.insert(name.clone());
            }
            Operation::DropTable { name, .. } => self.drops(name),
            Operation::RenameTable { name, to } => {
                self.changes(name);
                self.made.insert(name.sibling(to.clone()));
            }
            Operation::AlterTable { name, .. } => self.changes(name),
            Operation::AddColumn { table, .. }
            | Operation::DropColumn { table, .. }
            | Operation::RenameColumn { table, .. }
            | Operation::AlterColumn { table, .. }
            | Operation::CreateIndex { table, .. }
            | Operation::DropIndex { table, .. }
            | Operation::RenameIndex { table, .. }
            | Operation::AddConstraint { table, .. }
            | Operation::DropConstraint { table, .. }
            | Operation::RenameConstraint { table, .. }
            | Operation::Comment { table, .. } => self.changes(table),
            Operation::Object(_)
            | Operation::DropSchema { .. }
            | Operation::CreateEnum(_)
            | Operation::DropEnum { .. }
            | Operation::RenameEnum { .. }
            | Operation::AlterEnum { .. }
            | Operation::Sql(_)
            | Operation::Data(_) => {}
        }
    }

    fn object(&mut self, operation: &ObjectOperation) {
        let id = operation.id();
        if id.kind.is_of_a_thing() {
            let is_new = self.objects.contains(&id.name) || self.is_ours(&id.name);
            if !is_new {
                self.needs.rights.insert(id.clone());
            }
            return;
        }
        match operation {
            ObjectOperation::Create(object) => {
                self.needs.made.insert(object.id.kind);
                self.objects.insert(object.id.name.clone());
            }
            ObjectOperation::Alter { to, .. } => drop(self.needs.made.insert(to.id.kind)),
            ObjectOperation::Drop { .. } => {}
        }
        if self.blurred || id.name.schema.as_ref().is_some_and(|schema| self.schemas.contains(schema)) {
            return;
        }
        match operation {
            ObjectOperation::Create(_) | ObjectOperation::Alter { .. } => self.needs.objects.insert(id.clone()),
            ObjectOperation::Drop { .. } => self.needs.dropped_objects.insert(id.clone()),
        };
    }

    /// Only what the words of a statement leave no doubt about.
    fn sql(&mut self, sql: &str, tables: Option<Vec<Name>>) {
        let words: Vec<String> = sql.split_whitespace().take(3).map(str::to_ascii_uppercase).collect();
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        self.blurred |= blurs(word(0), word(1), sql);
        let tables = tables.unwrap_or_default();
        for table in &tables {
            match (word(0), word(1)) {
                ("ALTER", "TABLE") => self.changes(table),
                ("DROP", "TABLE") => self.drops(table),
                ("CREATE", "TABLE") => drop(self.made.insert(table.clone())),
                ("INSERT", _) => self.writes(table, "INSERT"),
                ("UPDATE", _) => self.writes(table, "UPDATE"),
                ("DELETE", _) => self.writes(table, "DELETE"),
                _ => {}
            }
        }
    }

    fn is_ours(&self, table: &Name) -> bool {
        self.blurred
            || self.made.contains(table)
            || table.schema.as_ref().is_some_and(|schema| self.schemas.contains(schema))
    }

    fn makes(&mut self, table: &Name) {
        if !self.is_ours(table) {
            self.needs.creates_in.insert(table.schema.clone());
        }
        self.made.insert(table.clone());
    }

    fn changes(&mut self, table: &Name) {
        if !self.is_ours(table) {
            self.needs.changed.insert(table.clone());
        }
    }

    fn drops(&mut self, table: &Name) {
        if !self.is_ours(table) {
            self.needs.dropped.insert(table.clone());
        }
        self.made.insert(table.clone());
    }

    fn writes(&mut self, table: &Name, word: &'static str) {
        if !self.is_ours(table) {
            self.needs.written.entry(table.clone()).or_default().insert(word);
        }
    }
}

/// Whether a statement may change what the ones behind it are allowed to do, or what their names mean.
fn blurs(first: &str, second: &str, sql: &str) -> bool {
    match first {
        "INSERT" | "UPDATE" | "DELETE" | "SELECT" | "WITH" | "VALUES" | "TRUNCATE" | "COMMENT" | "ANALYZE" | "DROP"
        | "VACUUM" => false,
        "ALTER" => second != "TABLE" || sql.to_ascii_uppercase().contains("OWNER"),
        "CREATE" => matches!(second, "SCHEMA" | "DATABASE" | "ROLE" | "USER"),
        _ => true,
    }
}
