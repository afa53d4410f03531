//! Scripts of data steps: a row in, the same row with other values out. In Rhai, which can do nothing but compute: no file,
//! no network, no clock, no randomness, no output. What it may use of time, work and memory is limited.
//!
//! A script sees its row as the map `row`. Numbers, truth, text and bytes are what they are; exact decimals, dates, times,
//! UUIDs and JSON are text in one spelling; NULL is `()`.

mod limits;
mod values;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rhai::{AST, Dynamic, Engine, EvalAltResult, Map, ParseError, Position, Scope};

use crate::error::{Error, Kind, Result};
use crate::script::limits::{LONGEST_ROW, engine};
use crate::script::values::{from_script, to_script};
use crate::statement::value::Value;

/// A script, ready to run on one row after the other.
pub(crate) struct Script {
    engine: Engine,
    ast: AST,
    /// The line of its first line in the file.
    first_line: usize,
    clock: Arc<Clock>,
}

/// When the row in work must be done, in milliseconds since the script was read.
struct Clock {
    since: Instant,
    deadline: AtomicU64,
}

impl Clock {
    fn start(&self, limit: Duration) {
        self.deadline.store(self.now().saturating_add(milliseconds(limit)), Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.now() > self.deadline.load(Ordering::Relaxed)
    }

    fn now(&self) -> u64 {
        milliseconds(self.since.elapsed())
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Script {
    /// Reads a script whose first line is this line of its file.
    ///
    /// # Errors
    /// [`Kind::File`] with the line of the file where it is no script.
    pub(crate) fn new(text: &str, first_line: usize) -> Result<Self> {
        let clock = Arc::new(Clock { since: Instant::now(), deadline: AtomicU64::new(u64::MAX) });
        let mut engine = engine();
        let watched = Arc::clone(&clock);
        engine.on_progress(move |operations| {
            // The clock is asked now and then: it costs more than what the script does.
            (operations % 1024 == 0 && watched.is_over()).then(Dynamic::default)
        });
        // With the name that it will find, so that a wrong one is an error now.
        let known = scope(Map::new());
        let ast = engine.compile_with_scope(&known, text).map_err(|error| unreadable(&error, first_line))?;
        Ok(Self { engine, ast, first_line, clock })
    }

    /// Runs it on a row: columns with their values. Gives the values that it set, by the place of their columns.
    ///
    /// # Errors
    /// [`Kind::Statement`] with the line of the file: what it throws, what it may not do, what takes too long or too much; a
    /// value that is not one, a column that is not there.
    pub(crate) fn run(&self, columns: &[String], values: &[Value]) -> Result<Vec<(usize, Value)>> {
        let given: Vec<Dynamic> = values.iter().map(to_script).collect();
        let pairs = columns.iter().zip(&given).map(|(name, value)| (name.as_str().into(), value.clone()));
        let mut scope = scope(pairs.collect());
        self.clock.start(LONGEST_ROW);
        let ended = self.engine.run_ast_with_scope(&mut scope, &self.ast);
        ended.map_err(|error| self.failed(&error))?;
        let row = scope.get_value::<Map>("row").ok_or_else(|| {
            self.here(Position::NONE, "`row` is no row any more").with_hint("set its columns: row.name = …")
        })?;
        let mut changed = Vec::new();
        for (name, value) in row {
            let place = columns.iter().position(|column| column.as_str() == name.as_str());
            let Some((place, before)) = place.and_then(|place| Some((place, given.get(place)?))) else {
                return Err(self.unknown(&name, columns));
            };
            if !values::is_same(before, &value) {
                let set = from_script(&value).map_err(|what| {
                    self.here(Position::NONE, format!("column {name} cannot hold {what}"))
                        .with_hint("set a number, a truth value, text, or () for NULL; to_json(…) makes text of a map")
                })?;
                changed.push((place, set));
            }
        }
        changed.sort_by_key(|(place, _)| *place);
        Ok(changed)
    }

    /// Something about what it did, not about a line of it.
    pub(crate) fn about(&self, phrase: impl Into<String>) -> Error {
        self.here(Position::NONE, phrase)
    }

    fn unknown(&self, name: &str, columns: &[String]) -> Error {
        self.here(Position::NONE, format!("the script sets `{name}`, which is not among its columns"))
            .with_hint(format!("its columns are {}", columns.join(", ")))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the language's own list, of which most speak for themselves")]
    fn failed(&self, error: &EvalAltResult) -> Error {
        let innermost = innermost(error);
        let phrase = match innermost {
            EvalAltResult::ErrorTooManyOperations(_) => limits::too_much_work(),
            EvalAltResult::ErrorTerminated(..) => limits::too_long(),
            EvalAltResult::ErrorDataTooLarge(what, _) => format!("the script makes too much of: {what}"),
            EvalAltResult::ErrorStackOverflow(_) => "the script calls itself too deep".to_owned(),
            EvalAltResult::ErrorTooManyVariables(_) => "the script has too many variables".to_owned(),
            EvalAltResult::ErrorRuntime(value, _) => format!("the script throws: {value}"),
            other => in_our_words(&other.to_string()),
        };
        self.here(innermost.position(), phrase)
    }

    fn here(&self, position: Position, phrase: impl Into<String>) -> Error {
        let error = Error::new(Kind::Statement, phrase);
        match position.line() {
            Some(line) => error.at_line(self.first_line + line - 1, 0),
            None => error.at_line(self.first_line, 0),
        }
    }
}

/// What a script finds.
fn scope(row: Map) -> Scope<'static> {
    let mut scope = Scope::new();
    scope.push("row", row);
    scope
}

/// What failed within the functions that were called.
fn innermost(error: &EvalAltResult) -> &EvalAltResult {
    if let EvalAltResult::ErrorInFunctionCall(_, _, inner, _) = error { innermost(inner) } else { error }
}

/// The words of the language without their place, which counts from the script's own beginning.
fn in_our_words(text: &str) -> String {
    let said = text.rsplit_once(" (line ").map_or(text, |(said, _)| said);
    let mut letters = said.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_lowercase).collect();
    format!("{first}{}", letters.as_str())
}

fn unreadable(error: &ParseError, first_line: usize) -> Error {
    let line = error.position().line().map_or(first_line, |line| first_line + line - 1);
    Error::new(Kind::File, in_our_words(&error.err_type().to_string())).at_line(line, 0).with_hint("correct the script")
}

#[cfg(test)]
mod tests;
