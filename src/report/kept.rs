//! What is kept for ways back.

use serde_json::{Value, json};

use crate::amount::spoken;
use crate::execute::rows_kept::KeptRows;
use crate::report::json::report;
use crate::report::printer::Printer;
use crate::report::text::{Text, Tone};

/// As JSON.
pub(super) fn kept_json(kept: &[KeptRows]) -> Value {
    let one = |kept: &KeptRows| {
        json!({
            "table": kept.table, "revision": kept.revision, "step": kept.step, "subject": kept.subject,
            "kind": kept.kind, "rows": kept.rows, "bytes": kept.bytes, "age": kept.age,
        })
    };
    kept.iter().map(one).collect()
}

/// A line for each.
pub(super) fn kept_lines(mut text: Text, kept: &[KeptRows]) -> Text {
    for one in kept {
        let rows = match (one.kind == "skipped", one.rows) {
            (true, 1) => "row was skipped",
            (true, _) => "rows were skipped",
            (false, 1) => "row",
            (false, _) => "rows",
        };
        let size = one.bytes.map(|bytes| format!(", {}", spoken(bytes))).unwrap_or_default();
        let line = format!("  {}  {} {rows} of {}{size}, {}", one.table, one.rows, one.subject, age(one.age));
        text = text.plain(&line).tone(Tone::Dim, &format!("  {} {}", one.revision, one.step)).end();
    }
    text
}

fn age(seconds: u64) -> String {
    match seconds {
        0..3600 => "new".to_owned(),
        3600..86_400 => format!("{} h old", seconds / 3600),
        _ => format!("{} d old", seconds / 86_400),
    }
}

/// What was dropped.
pub(crate) fn forgotten(printer: &mut Printer, kept: &[KeptRows]) {
    if printer.is_json() {
        printer.json(&report([("forgotten", kept_json(kept))]));
        return;
    }
    if kept.is_empty() {
        printer.status("Forgot", Text::of("nothing"));
        return;
    }
    let rows: u64 = kept.iter().map(|one| one.rows).sum();
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    let tables = u64::try_from(kept.len()).unwrap_or(u64::MAX);
    let what = format!("{tables} table{} with {rows} row{}", plural(tables), plural(rows));
    printer.status("Forgot", Text::of(&what));
    printer.result(&kept_lines(Text::new(), kept));
}
