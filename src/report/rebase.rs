//! Files of revisions that became others: moved by a rebase, or accepted as they are.

use std::path::PathBuf;

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use crate::check::Met;
use crate::graph::RevisionId;
use crate::report::json::report;
use crate::report::meeting::object as orders;
use crate::report::printer::Printer;
use crate::report::text::{Text, Tone};
use crate::schema::Pair;

/// One file of a rebase.
pub(crate) struct Rewritten {
    pub(crate) revision: RevisionId,
    pub(crate) down_revision: Vec<RevisionId>,
    pub(crate) path: Pair<PathBuf>,
    /// The paths for people.
    pub(crate) shown: Pair<String>,
    pub(crate) text: Pair<String>,
}

/// What a rebase came to, or would.
pub(crate) struct Rebased<'a> {
    pub(crate) onto: &'a RevisionId,
    pub(crate) moved: &'a [RevisionId],
    pub(crate) files: &'a [Rewritten],
    pub(crate) met: Option<&'a Met>,
    pub(crate) warnings: &'a [String],
    pub(crate) dry_run: bool,
}

/// `rebase`: the paths of the files; in a dry run what would change in them.
pub(crate) fn rebased(printer: &mut Printer, rebased: &Rebased<'_>) {
    if printer.is_json() {
        printer.json(&report([
            ("onto", json!(rebased.onto.as_str())),
            ("moved", json!(texts(rebased.moved))),
            ("files", rebased.files.iter().map(file).collect()),
            ("dry_run", json!(rebased.dry_run)),
            ("warnings", json!(rebased.warnings)),
            ("orders", rebased.met.map_or(Value::Null, orders)),
        ]));
        return;
    }
    for one in rebased.files {
        if rebased.dry_run {
            printer.result(&text_diff(&one.shown, &one.text));
        } else {
            printer.line(&one.shown.to);
        }
    }
    let (count, plural) = (rebased.moved.len(), if rebased.moved.len() == 1 { "" } else { "s" });
    let verb = if rebased.dry_run { "Would move" } else { "Moved" };
    let words = format!("{count} revision{plural} onto {}: {}", rebased.onto, texts(rebased.moved).join(", "));
    printer.status(verb, Text::of(&words));
}

/// `accept-checksum`: what is about to be accepted; on standard error, for it is no result.
pub(crate) fn edited(printer: &mut Printer, path: &str, text: Pair<Option<&str>>) {
    match (text.from, text.to) {
        (Some(before), Some(after)) => {
            let names = Pair::new(format!("{path} (as applied)"), path.to_owned());
            printer.note(&text_diff(&names, &Pair::new(before.to_owned(), after.to_owned())));
        }
        _ => printer.note(&Text::of(&format!("{path}: the log did not keep the text that was applied")).end()),
    }
}

/// `accept-checksum`: the revisions whose files count from now on.
pub(crate) fn accepted(printer: &mut Printer, revisions: &[RevisionId]) {
    if printer.is_json() {
        printer.json(&report([("accepted", json!(texts(revisions)))]));
        return;
    }
    let words = match revisions {
        [] => "nothing to do: the files are what was applied".to_owned(),
        some => format!("{}: the files count as applied", texts(some).join(", ")),
    };
    printer.status(if revisions.is_empty() { "Finished" } else { "Accepted" }, Text::of(&words));
}

fn file(one: &Rewritten) -> Value {
    json!({
        "revision": one.revision.as_str(),
        "down_revision": texts(&one.down_revision),
        "path_before": one.path.from.display().to_string(),
        "path": one.path.to.display().to_string(),
    })
}

fn texts(ids: &[RevisionId]) -> Vec<&str> {
    ids.iter().map(RevisionId::as_str).collect()
}

fn text_diff(names: &Pair<String>, texts: &Pair<String>) -> Text {
    let head = Text::new().tone(Tone::Bad, &format!("--- {}", names.from)).end();
    let mut text = head.tone(Tone::Good, &format!("+++ {}", names.to)).end();
    let diff = TextDiff::from_lines(texts.from.as_str(), texts.to.as_str());
    for (place, group) in diff.grouped_ops(2).iter().enumerate() {
        if place > 0 {
            text = text.tone(Tone::Dim, "  …").end();
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (tone, sign) = match change.tag() {
                ChangeTag::Delete => (Tone::Bad, "-"),
                ChangeTag::Insert => (Tone::Good, "+"),
                ChangeTag::Equal => (Tone::Dim, " "),
            };
            text = text.tone(tone, &format!("{sign} {}", change.value().trim_end())).end();
        }
    }
    text
}
