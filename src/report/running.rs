//! What a run tells while it works, and what it came to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::db::Stop;
use crate::execute::resolve::Resolved;
use crate::execute::{Event, Report, place};
use crate::graph::Direction;
use crate::report::json::report as object;
use crate::report::printer::Printer;
use crate::report::text::{Text, Tone};

/// Status lines on standard error while a run works.
pub(crate) struct Progress<'a> {
    printer: &'a mut Printer,
    /// Every statement, with its time.
    echo: bool,
    /// Of the revisions that began, with what is to be said of their source.
    messages: BTreeMap<String, String>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(printer: &'a mut Printer, echo: bool) -> Self {
        Self { printer, echo, messages: BTreeMap::new() }
    }

    /// Says what happened, and logs it.
    pub(crate) fn tell(&mut self, event: Event) {
        log(&event);
        match event {
            Event::Waiting { holder } => {
                let who = holder.unwrap_or_else(|| "another run".to_owned());
                self.printer.status("Waiting", Text::of("for the lock, which is held by ").plain(&who));
            }
            Event::Pooled => self.printer.warning(
                "the connection goes through a pooler, so there is no session lock: each revision guards itself by its transaction",
            ),
            Event::Began { revision, direction, message, kept } => {
                self.messages.insert(revision.clone(), with_source(&message, kept));
                let line = self.revision(&revision);
                self.printer.progress(verb(direction), line);
            }
            Event::Statement { sql, elapsed } => {
                if self.echo {
                    self.statement(&sql, elapsed);
                }
            }
            Event::Applied { revision, direction, elapsed } => {
                let line = self.revision(&revision).tone(Tone::Dim, &format!(" ({})", seconds(elapsed)));
                self.printer.status(verb(direction), line);
            }
            Event::Warned { message, hint } => {
                self.printer.warning(&message);
                if let Some(hint) = hint {
                    self.printer.hint(&hint);
                }
            }
            Event::Retrying { revision, pause, attempt, of, cause } => {
                let when = format!(" in {} ({attempt} of {of}): {cause}", seconds(pause));
                let line = self.revision(&revision).plain(&when);
                self.printer.status("Retrying", line);
            }
            Event::Rows { step, done, of, elapsed } => {
                self.printer.progress("Changing", Text::of(&rows_done(&step, done, of, elapsed)));
            }
            Event::Copied { path } => {
                self.printer.status("Copied", Text::of("the database to ").plain(&path.display().to_string()));
            }
            Event::Stopping { stop, elapsed, .. } => {
                let line = Text::of(stopping(stop)).tone(Tone::Dim, &format!(" ({})", seconds(elapsed)));
                self.printer.status("Stopping", line);
            }
        }
    }

    fn revision(&self, id: &str) -> Text {
        let message = self.messages.get(id).map(String::as_str).unwrap_or_default();
        let gap = if message.is_empty() { "" } else { " " };
        Text::new().tone(Tone::Strong, id).plain(gap).plain(message)
    }

    /// Passwords in it are masked.
    fn statement(&mut self, sql: &str, elapsed: Duration) {
        let sql = crate::db::masked(sql);
        let text = Text::new().block(Tone::Plain, 2, &format!("{};", sql.trim_end()));
        self.printer.aside(&text.tone(Tone::Dim, &format!("  -- {}", seconds(elapsed))).end());
    }
}

/// What the log says of an event; what is not known is left out.
#[derive(Default)]
struct LogLine<'a> {
    revision: Option<&'a str>,
    direction: Option<&'a str>,
    detail: Option<&'a str>,
    took: Option<Duration>,
}

/// For `-v` and `--log-format`. Passwords are masked here too.
fn log(event: &Event) {
    let (what, line) = match event {
        Event::Statement { sql, elapsed } => return log_statement(sql, *elapsed),
        Event::Waiting { holder } => {
            ("waiting for the lock", LogLine { detail: holder.as_deref(), ..LogLine::default() })
        }
        Event::Pooled => ("no session lock behind a pooler", LogLine::default()),
        Event::Began { revision, direction, message, .. } => {
            let detail = Some(message.as_str());
            ("began", LogLine { revision: Some(revision), direction: Some(direction), detail, took: None })
        }
        Event::Applied { revision, direction, elapsed } => {
            let took = Some(*elapsed);
            ("recorded", LogLine { revision: Some(revision), direction: Some(direction), detail: None, took })
        }
        Event::Warned { message, .. } => ("warned", LogLine { detail: Some(message), ..LogLine::default() }),
        Event::Retrying { revision, cause, .. } => {
            ("trying again", LogLine { revision: Some(revision), detail: Some(cause), ..LogLine::default() })
        }
        Event::Rows { step, done, of, elapsed } => return log_rows(step, *done, *of, *elapsed),
        Event::Copied { path } => return log_copy(path),
        Event::Stopping { stop, elapsed, .. } => {
            ("stopping", LogLine { detail: Some(stopping(*stop)), took: Some(*elapsed), ..LogLine::default() })
        }
    };
    let LogLine { revision, direction, detail, took } = line;
    tracing::info!(revision, direction, detail, milliseconds = took.map(milliseconds), "{what}");
}

fn log_rows(step: &str, done: u64, of: u64, elapsed: Duration) {
    tracing::info!(step, done, of, milliseconds = milliseconds(elapsed), "rows");
}

fn log_copy(path: &std::path::Path) {
    tracing::info!(path = %path.display(), "copied");
}

fn log_statement(sql: &str, elapsed: Duration) {
    tracing::debug!(milliseconds = milliseconds(elapsed), sql = crate::db::masked(sql), "statement");
}

/// How far a step is, how fast, and how long it will take.
fn rows_done(step: &str, done: u64, of: u64, elapsed: Duration) -> String {
    let rate = u64::try_from(u128::from(done) * 1000 / elapsed.as_millis().max(1)).unwrap_or(u64::MAX);
    let left =
        of.saturating_sub(done).checked_div(rate).map(|seconds| format!(", {seconds}s left")).unwrap_or_default();
    format!("{step}: {done} of {of} rows, {rate} a second{left}")
}

/// What becomes of the statement in work.
fn stopping(stop: Stop) -> &'static str {
    match stop {
        Stop::Cancel => "the statement in work is cancelled; a second signal ends the program at once",
        Stop::Finish => "when the statement in work is through; a second signal ends the program at once",
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn verb(direction: &str) -> &'static str {
    if direction == Direction::Down.word() { "Reverting" } else { "Applying" }
}

fn seconds(time: Duration) -> String {
    format!("{:.2}s", time.as_secs_f64())
}

/// A message, and where the revision runs from if that is no file.
pub(super) fn with_source(message: &str, kept: bool) -> String {
    match (message, kept) {
        (message, false) => message.to_owned(),
        ("", true) => KEPT.to_owned(),
        (message, true) => format!("{message} {KEPT}"),
    }
}

/// Behind a revision that no file has.
const KEPT: &str = "(from the kept text)";

/// What is taken back by its kept text, and what goes up then; nothing where every revision has its file.
pub(crate) fn way_back(printer: &mut Printer, report: &Report) {
    if printer.is_json() || !report.steps.iter().any(|step| step.kept) {
        return;
    }
    let named = |word: &str| {
        let steps = report.steps.iter().filter(|step| step.direction == word);
        steps.map(|step| with_source(&step.revision, step.kept)).collect::<Vec<_>>().join(", ")
    };
    let (down, up) = (named(Direction::Down.word()), named(Direction::Up.word()));
    printer.status("Going down", Text::of(&down));
    if !up.is_empty() {
        printer.status("Going up", Text::of(&up));
    }
}

/// The sum of a run.
pub(crate) fn ran(printer: &mut Printer, report: &Report) {
    if printer.is_json() {
        printer.json(&run_object(report));
        return;
    }
    let milliseconds: u64 = report.steps.iter().map(|step| step.milliseconds).sum();
    let time = seconds(Duration::from_millis(milliseconds));
    if report.steps.is_empty() {
        printer.status("Finished", Text::of("nothing to do: the database is at ").plain(&place(&report.after)));
        return;
    }
    let line = Text::of(&format!("{}: ", counted(report)))
        .plain(&format!("{} -> {}", place(&report.before), place(&report.after)))
        .tone(Tone::Dim, &format!(" ({time})"));
    printer.status("Finished", line);
}

/// `2 revisions applied`; `1 revision reverted, 2 applied`.
fn counted(report: &Report) -> String {
    let count = |word: &str| report.steps.iter().filter(|step| step.direction == word).count();
    let of = |count: usize| if count == 1 { "1 revision".to_owned() } else { format!("{count} revisions") };
    match (count(Direction::Down.word()), count(Direction::Up.word())) {
        (0, up) => format!("{} applied", of(up)),
        (down, 0) => format!("{} reverted", of(down)),
        (down, up) => format!("{} reverted, {up} applied", of(down)),
    }
}

/// What a stamp came to.
pub(crate) fn stamped(printer: &mut Printer, report: &Report) {
    if printer.is_json() {
        printer.json(&run_object(report));
    } else {
        let line = format!("{} -> {}", place(&report.before), place(&report.after));
        printer.status("Stamped", Text::of(&line));
    }
}

/// Prints what was decided about a statement in doubt.
pub(crate) fn resolved(printer: &mut Printer, found: &Resolved, took_effect: bool) {
    if printer.is_json() {
        printer.json(&object([
            ("revision", json!(found.revision)),
            ("direction", json!(found.direction)),
            ("number", json!(found.number)),
            ("statement", json!(found.statement)),
            ("took_effect", json!(took_effect)),
        ]));
        return;
    }
    let Resolved { revision, direction, number, .. } = found;
    let verdict = if took_effect { "counts as done" } else { "will run again" };
    let text = Text::new().plain(&format!("statement {number} of the {direction} of {revision} {verdict}")).end();
    printer.result(&text);
    printer.hint(&format!("go on with: migrate {direction}"));
}

/// Whether the version table was made or is there.
pub(crate) fn ensured(printer: &mut Printer, table: &str, made: bool) {
    if printer.is_json() {
        printer.json(&object([("version_table", json!(table)), ("created", json!(made))]));
    } else {
        let verb = if made { "Created" } else { "Keeping" };
        printer.status(verb, Text::of("the version table ").plain(table));
    }
}

/// The object of a run.
pub(super) fn run_object(report: &Report) -> Value {
    let steps = report.steps.iter().map(|step| {
        json!({
            "revision": step.revision,
            "direction": step.direction,
            "state": step.state,
            "statements": step.statements,
            "milliseconds": step.milliseconds,
            "kept_text": step.kept,
        })
    });
    let steps: Vec<Value> = steps.collect();
    object([("steps", json!(steps)), ("before", json!(report.before)), ("after", json!(report.after))])
}
