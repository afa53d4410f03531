//! From a step of the graph and the body of its file to what runs: operations and statements in their order. Pure.

#[cfg(feature = "orm")]
mod data;
mod statements;
#[cfg(feature = "orm")]
mod unused;
mod variables;

#[cfg(feature = "orm")]
pub(crate) use unused::Unused;
pub(crate) use variables::Variables;

#[cfg(feature = "orm")]
use data::chunk as of_rows;

use crate::dialect::{Dialect, Unsupported, localise, with_implied};
use crate::error::{Error, Kind, Result};
use crate::graph::{Direction, Step};
use crate::ops::{DataOperation, OnConflict, Operation, reverse_all};
use crate::revision::{Body, Downgrade, Entry, File, TimeLimits};
use crate::schema::Schema;
use crate::statement::{ServerVersion, Statement};

/// A part of a revision that is rendered together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Chunk {
    /// Operations without SQL among them, in the words of the server at hand.
    Operations(Vec<Operation>),
    /// A person's SQL, statement by statement.
    Sql(Vec<Statement>),
    /// An operation on rows, and its line in the file. Its SQL is made when it is its turn: it depends on the tables.
    #[cfg(feature = "orm")]
    Data(Box<DataChunk>),
}

impl Chunk {
    /// Whether it changes rows by operations.
    pub(crate) fn is_of_rows(&self) -> bool {
        match self {
            Self::Operations(_) | Self::Sql(_) => false,
            #[cfg(feature = "orm")]
            Self::Data(_) => true,
        }
    }

    /// Whether it is the same as in another text of the file, wherever it stands there.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Operations(one), Self::Operations(other)) => one == other,
            (Self::Sql(one), Self::Sql(other)) => {
                one.iter().map(|statement| &statement.sql).eq(other.iter().map(|statement| &statement.sql))
            }
            #[cfg(feature = "orm")]
            (Self::Data(one), Self::Data(other)) => one.operation == other.operation,
            (Self::Operations(_) | Self::Sql(_), _) => false,
            #[cfg(feature = "orm")]
            (Self::Data(_), _) => false,
        }
    }
}

/// An operation on rows with what belongs to it.
#[cfg(feature = "orm")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DataChunk {
    pub(crate) operation: DataOperation,
    /// The revision, by which before-images are found again.
    pub(crate) revision: String,
    pub(crate) line: usize,
}

/// One revision, ready to run in one direction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Planned {
    pub(crate) step: Step,
    pub(crate) message: String,
    pub(crate) checksum: String,
    /// The text of the file, for the log.
    pub(crate) text: String,
    pub(crate) chunks: Vec<Chunk>,
    /// No file has it: this is the text that the database kept of it.
    pub(crate) kept: bool,
    /// The file says `transaction: none`.
    pub(crate) outside: bool,
    /// Limits of time that the file gives for this direction.
    pub(crate) limits: TimeLimits,
    /// What the upgrade keeps of rows, and the written way back does not use.
    #[cfg(feature = "orm")]
    pub(crate) unused: Vec<Unused>,
}

/// The server that a plan is for.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) server: ServerVersion,
    /// What `-x key=value` gave.
    pub(crate) variables: &'a Variables,
    pub(crate) back: BackRules,
}

/// What a way down does about data that cannot simply be taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BackRules {
    /// For rows that others changed since, where the file says nothing else.
    pub(crate) on_conflict: Option<OnConflict>,
    /// Steps that are irreversible, or whose before-images are gone, are passed by.
    pub(crate) allow_data_loss: bool,
}

/// Plans one step.
///
/// # Errors
/// [`Kind::NoWayBack`] for a downgrade that does not exist, [`Kind::Unsupported`] for a revision of another database or
/// an operation that this one does not know, [`Kind::File`] for SQL that cannot be split or ends the transaction.
pub(crate) fn plan(step: Step, file: &File, ground: Ground<'_>) -> Result<Planned> {
    let here = |error: Error| error.in_file(&file.path).in_revision(file.header.revision.as_str());
    refuse_other_dialect(file, ground)?;
    let body = file.body()?;
    refuse_manual(&step, file, &body)?;
    let (outside, limits) = match step.direction {
        Direction::Up => (body.upgrade_outside, body.upgrade_limits),
        Direction::Down => (body.downgrade_outside, body.downgrade_limits),
    };
    #[cfg(feature = "orm")]
    let (steps, unused) = (data::steps(&body).map_err(here)?, unused::unused(&body));
    let entries = entries(body, step.direction, ground.back).map_err(|why| no_way_back(file, &why))?;
    #[cfg(feature = "orm")]
    let entries = data::expand(entries, &steps, step.direction, ground.back).map_err(here)?;
    let chunks = chunks(&entries, ground, outside, file.header.revision.as_str()).map_err(here)?;
    let message = file.header.message.clone();
    Ok(Planned {
        step,
        message,
        checksum: file.checksum(),
        text: file.text.clone(),
        kept: file.is_kept,
        chunks,
        outside,
        limits,
        #[cfg(feature = "orm")]
        unused,
    })
}

fn refuse_other_dialect(file: &File, ground: Ground<'_>) -> Result<()> {
    let Some(word) = &file.header.dialect else { return Ok(()) };
    if ground.dialect.words(ground.server).contains(&word.as_str()) {
        return Ok(());
    }
    let phrase = format!("this revision is for {word} only, the database is {}", ground.server);
    Err(Error::new(Kind::Unsupported, phrase).in_file(&file.path).in_revision(file.header.revision.as_str()).with_hint(
        format!("write a revision for {} beside it, or remove `dialect:` if it runs there too", ground.dialect.word()),
    ))
}

/// A revision whose upgrade a person has to write is not applied, whatever stands in it already.
fn refuse_manual(step: &Step, file: &File, body: &Body) -> Result<()> {
    let (Direction::Up, Some(why)) = (step.direction, &body.manual) else { return Ok(()) };
    let id = file.header.revision.as_str();
    Err(Error::new(Kind::File, format!("revision {id} is left to you: {why}"))
        .in_file(&file.path)
        .in_revision(id)
        .with_hint("write what it is to do, then take out the line `-- migrate:manual` (in YAML: `manual:`)"))
}

fn no_way_back(file: &File, why: &str) -> Error {
    Error::new(Kind::NoWayBack, format!("revision {} has no way back: {why}", file.header.revision.as_str()))
        .in_file(&file.path)
        .in_revision(file.header.revision.as_str())
        .with_hint("write its `downgrade:` (or `-- migrate:down`), or downgrade to a revision above it")
}

/// What runs in this direction; `Err` says why there is nothing to run.
fn entries(body: Body, direction: Direction, back: BackRules) -> Result<Vec<Entry>, String> {
    match (direction, body.downgrade) {
        (Direction::Up, _) => Ok(body.upgrade),
        (Direction::Down, Downgrade::Given(entries)) => Ok(entries),
        (Direction::Down, Downgrade::Irreversible(why)) => Err(why),
        (Direction::Down, Downgrade::Derived) => derived(&body.upgrade, back),
    }
}

fn derived(upgrade: &[Entry], back: BackRules) -> Result<Vec<Entry>, String> {
    let passes = |operation: &Operation| back.allow_data_loss && irreversible(operation).is_some();
    let operations: Vec<Operation> =
        upgrade.iter().map(|entry| entry.operation.clone()).filter(|operation| !passes(operation)).collect();
    let line = upgrade.first().map_or(1, |entry| entry.line);
    match reverse_all(&operations) {
        Ok(operations) => Ok(operations.into_iter().map(|operation| Entry { operation, line }).collect()),
        Err(operation) => Err(match irreversible(&operation) {
            Some(why) => format!("{why} (--allow-data-loss goes on without it)"),
            None => format!("nothing says how to take back: {}", operation.describe()),
        }),
    }
}

fn chunks(entries: &[Entry], ground: Ground<'_>, outside: bool, revision: &str) -> Result<Vec<Chunk>> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let nothing_known = Schema::default();
    let lined = entries.iter().map(|entry| (entry.operation.clone(), entry.line)).collect();
    for (operation, line) in with_implied(lined, ground.dialect) {
        let localised = localise(operation, ground.dialect, &nothing_known, ground.server);
        let operation = localised.map_err(|unsupported| unsupported_at(unsupported, line))?;
        match (operation, chunks.last_mut()) {
            (Operation::Sql(expr), _) => {
                chunks.push(Chunk::Sql(statements::of_person(expr.text(), line, outside, ground)?));
            }
            (Operation::Data(data), _) => {
                chunks.push(of_rows(data, line, outside, revision).map_err(|error| error.at_line(line, 0))?);
            }
            (operation, Some(Chunk::Operations(operations))) => operations.push(operation),
            (operation, _) => chunks.push(Chunk::Operations(vec![operation])),
        }
    }
    Ok(chunks)
}

/// Why an operation cannot be taken back, where it says so.
fn irreversible(operation: &Operation) -> Option<String> {
    if let Operation::Data(data) = operation { data.irreversible() } else { None }
}

/// An embedding program that has none of them does without what turns rows.
#[cfg(not(feature = "orm"))]
fn of_rows(_: DataOperation, _: usize, _: bool, _: &str) -> Result<Chunk> {
    Err(Error::new(Kind::Unsupported, "this program was built without operations on rows")
        .with_hint("add the Cargo feature `orm`, or run the revision with a program that has it"))
}

/// What a dialect refuses, as an error at a line of the file.
pub(crate) fn unsupported_at(unsupported: Unsupported, line: usize) -> Error {
    let error = Error::new(Kind::Unsupported, unsupported.phrase()).at_line(line, 0);
    if unsupported.instead.is_empty() { error } else { error.with_hint(unsupported.instead) }
}
