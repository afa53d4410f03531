//! `status`: the state of a database, explained.

use serde_json::json;

use crate::execute::place;
use crate::execute::status::{State, Status};
use crate::report::json::report;
use crate::report::kept::{kept_json, kept_lines};
use crate::report::printer::Printer;
use crate::report::text::{Text, Tone};

/// Prints the status.
pub(crate) fn status(printer: &mut Printer, status: &Status) {
    if printer.is_json() {
        printer.json(&report([
            ("state", json!(status.state.word())),
            ("revisions", json!(status.revisions)),
            ("pending", json!(status.pending)),
            ("problem", json!(status.problem)),
            ("next", json!(status.next)),
            ("holder", json!(status.holder)),
            ("kept", kept_json(&status.kept)),
        ]));
        return;
    }
    let (tone, words) = in_words(status.state);
    let place = place(&status.revisions);
    let is_known = !status.revisions.is_empty() || !matches!(status.state, State::Corrupt | State::Newer);
    let mut text = Text::new().tone(tone, words);
    if is_known {
        text = text.plain(": the database is at ").tone(Tone::Strong, &place);
    }
    text = text.end();
    if let Some(note) = &status.note {
        text = text.plain(note).end();
    }
    if !status.pending.is_empty() {
        text = text.plain("not applied: ").plain(&status.pending.join(", ")).end();
    }
    if let Some(problem) = &status.problem {
        text = text.block(Tone::Plain, 0, problem);
    }
    if let Some(next) = &status.next {
        text = text.tone(Tone::Hint, "next:").plain(" ").plain(next).end();
    }
    if !status.kept.is_empty() {
        text = kept_lines(text.plain("kept for the way back:").end(), &status.kept);
    }
    printer.result(&text);
}

fn in_words(state: State) -> (Tone, &'static str) {
    match state {
        State::AtHead => (Tone::Good, "at head"),
        State::Behind => (Tone::Careful, "behind"),
        State::Running => (Tone::Careful, "at work"),
        State::PartWay => (Tone::Bad, "stopped part-way"),
        State::Newer => (Tone::Bad, "newer than the files here"),
        State::Edited => (Tone::Bad, "edited history"),
        State::Corrupt => (Tone::Bad, "not understood"),
        State::NewerFormat => (Tone::Bad, "kept by a newer migrate"),
    }
}
