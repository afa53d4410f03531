//! What is known of branches that meet, for people and for programs.

use std::path::Path;

use serde_json::{Value, json};

use crate::check::{Met, Verdict};
use crate::error::Error;
use crate::graph::RevisionId;
use crate::report::json::report;
use crate::report::printer::Printer;
use crate::report::text::Text;
use crate::revision::File;

/// What a person should look at, a sentence each: for the terminal and for comments in the file.
pub(crate) fn warnings_of(met: &Met) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for overlap in &met.overlaps {
        lines.push(format!("several sides change {}: {}", overlap.table, comma(&overlap.revisions)));
    }
    for id in &met.unclear {
        lines.push(format!("what the SQL of {id} changes cannot be told from its words"));
    }
    match &met.verdict {
        Verdict::Same { .. } => {}
        Verdict::Different(all) => {
            lines.extend(all.iter().map(|one| {
                let by = if one.revisions.is_empty() { String::new() } else { format!(" ({})", comma(&one.revisions)) };
                format!("the order matters, another one differs by: {}{by}", one.summary)
            }));
        }
        Verdict::Fails { error, because_of, .. } => {
            let failed = error.revision().unwrap_or_default();
            let sql = error.statement().map_or_else(String::new, |sql| format!(" [{}]", one_line(sql)));
            lines.push(format!("the order matters, {failed} fails after {}: {error}{sql}", comma(because_of)));
        }
        Verdict::NotMade(error) => lines.push(format!("the orders were not compared: {error}{}", place(error))),
    }
    lines
}

/// ` (b.yaml:5)`, where a file is the reason.
fn place(error: &Error) -> String {
    let name = error.place().file.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let line = error.place().line.map_or_else(String::new, |line| format!(":{line}"));
    name.map_or_else(String::new, |name| format!(" ({name}{line})"))
}

/// What `merge` says beside the result, with the other way to join the sides.
pub(crate) fn met_for_merge(printer: &mut Printer, found: &Met, warnings: &[String]) {
    met(printer, found, warnings);
    if matches!(found.verdict, Verdict::Different(_) | Verdict::Fails { .. }) {
        printer.hint("put one side on top of the other: `migrate rebase`; or let the merge make both the same");
    }
}

/// Says what is known beside the result.
pub(crate) fn met(printer: &mut Printer, met: &Met, warnings: &[String]) {
    for line in warnings {
        printer.warning(line);
    }
    match &met.verdict {
        Verdict::Same { in_memory } => {
            let how = if *in_memory { ", followed in memory" } else { "" };
            printer.status("Compared", Text::of(&format!("the result is the same in either order{how}")));
        }
        Verdict::Different(_) | Verdict::Fails { .. } => {}
        Verdict::NotMade(error) => {
            if let Some(hint) = error.hint() {
                printer.hint(hint);
            }
        }
    }
}

/// `merge`: the path of the new file, and what is known of the sides.
pub(crate) fn merged(printer: &mut Printer, file: &File, shown_path: &str, known: (Option<&Met>, &[String])) {
    let (met, warnings) = known;
    if !printer.is_json() {
        printer.line(shown_path);
        return;
    }
    let header = &file.header;
    printer.json(&report([
        ("revision", json!(header.revision.as_str())),
        ("down_revision", json!(texts(&header.down_revision))),
        ("message", json!(header.message)),
        ("path", json!(file.path.display().to_string())),
        ("warnings", json!(warnings)),
        ("orders", met.map_or(Value::Null, object)),
    ]));
}

/// `merge --check`: whether it would go well; nothing was written.
pub(crate) fn meeting(printer: &mut Printer, parents: &[RevisionId], met: &Met, warnings: &[String]) {
    if printer.is_json() {
        printer.json(&report([
            ("down_revision", json!(texts(parents))),
            ("warnings", json!(warnings)),
            ("orders", object(met)),
        ]));
    } else {
        let word = match &met.verdict {
            Verdict::Same { .. } => "the same in either order",
            Verdict::Different(_) | Verdict::Fails { .. } => "the order matters",
            Verdict::NotMade(_) => "not known",
        };
        printer.line(&format!("{}: {word}", comma(parents)));
    }
}

pub(super) fn object(met: &Met) -> Value {
    let overlaps = met.overlaps.iter().map(|one| json!({ "table": one.table, "revisions": texts(&one.revisions) }));
    let (verdict, differences, error, in_memory) = match &met.verdict {
        Verdict::Same { in_memory } => ("same", Vec::new(), None, *in_memory),
        Verdict::Different(all) => {
            let one =
                |one: &crate::check::Different| json!({ "summary": one.summary, "revisions": texts(&one.revisions) });
            ("different", all.iter().map(one).collect(), None, false)
        }
        Verdict::Fails { error, .. } => ("fails", Vec::new(), Some(error), false),
        Verdict::NotMade(error) => ("not_compared", Vec::new(), Some(error), false),
    };
    let (order, because_of) = match &met.verdict {
        Verdict::Fails { order, because_of, .. } => (texts(order), texts(because_of)),
        Verdict::Same { .. } | Verdict::Different(_) | Verdict::NotMade(_) => (Vec::new(), Vec::new()),
    };
    json!({
        "verdict": verdict,
        "in_memory": in_memory,
        "same_tables": overlaps.collect::<Vec<_>>(),
        "unclear": texts(&met.unclear),
        "differences": differences,
        "order": order,
        "because_of": because_of,
        "revision": error.and_then(Error::revision),
        "statement": error.and_then(Error::statement),
        "error": error.map(ToString::to_string),
    })
}

fn texts(ids: &[RevisionId]) -> Vec<&str> {
    ids.iter().map(RevisionId::as_str).collect()
}

fn comma(ids: &[RevisionId]) -> String {
    texts(ids).join(", ")
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}
