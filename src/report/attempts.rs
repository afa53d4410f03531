//! `history --log`: what was run on a database.

use std::time::Duration;

use serde_json::{Value, json};

use crate::execute::attempts::Logged;
use crate::report::json::report;
use crate::report::printer::Printer;
use crate::report::text::{Text, Tone};

/// Prints the attempts, newest first; None = the database has no log.
pub(crate) fn attempts(printer: &mut Printer, attempts: Option<&[Logged]>) {
    if printer.is_json() {
        let all: Vec<Value> = attempts.unwrap_or_default().iter().rev().map(object).collect();
        printer.json(&report([("attempts", json!(all))]));
        return;
    }
    let all = attempts.unwrap_or_default();
    if all.is_empty() {
        printer.status("Finished", Text::of("nothing was run here yet"));
    }
    for attempt in all.iter().rev() {
        let text = line(attempt);
        let text = if printer.verbose > 0 { text.block(Tone::Dim, 2, &details(attempt)) } else { text };
        printer.result(&text);
    }
}

/// `2026-11-21T15:30:00Z upgrade ae10 done (0.02s)`, and below it what was said.
fn line(attempt: &Logged) -> Text {
    let Logged { revision, direction, state, at, milliseconds, error, .. } = attempt;
    let time = Duration::from_millis(u64::try_from(*milliseconds).unwrap_or(0)).as_secs_f64();
    let text = Text::new()
        .tone(Tone::Dim, at.as_deref().unwrap_or("at an unknown time"))
        .plain(&format!(" {direction} "))
        .tone(Tone::Strong, revision)
        .plain(" ")
        .tone(tone(state), state);
    let ran = ["upgrade", "downgrade"].contains(&direction.as_str());
    let text = if ran { text.tone(Tone::Dim, &format!(" ({time:.2}s)")) } else { text };
    match error {
        Some(error) => text.end().block(Tone::Plain, 2, &crate::db::masked(error)),
        None => text.end(),
    }
}

fn tone(state: &str) -> Tone {
    match state {
        "done" | "stamped" => Tone::Good,
        "open" => Tone::Careful,
        _ => Tone::Bad,
    }
}

fn details(attempt: &Logged) -> String {
    let text = if attempt.kept_text { "its text is kept" } else { "its text is not kept" };
    let statements =
        if attempt.statements == 1 { "1 statement".to_owned() } else { format!("{} statements", attempt.statements) };
    let by = attempt.user.as_ref().map_or_else(String::new, |user| format!(" by {user}"));
    format!(
        "number {}, run {}{by}, {}, {statements}\nsha256 {}, {text}",
        attempt.number, attempt.run, attempt.tool, attempt.checksum
    )
}

fn object(attempt: &Logged) -> Value {
    json!({
        "number": attempt.number,
        "at": attempt.at,
        "run": attempt.run,
        "revision": attempt.revision,
        "direction": attempt.direction,
        "state": attempt.state,
        "statements": attempt.statements,
        "milliseconds": attempt.milliseconds,
        "tool": attempt.tool,
        "user": attempt.user,
        "checksum": attempt.checksum,
        "kept_text": attempt.kept_text,
        "error": attempt.error.as_deref().map(crate::db::masked),
    })
}
