//! What a run would do: statements, the locks they take, and what the checks before the start found.

use serde_json::{Value, json};

use crate::amount::spoken;
use crate::db::masked;
use crate::execute::{Check, DryRun, Preview, Verdict, place};
use crate::report::printer::Printer;
use crate::report::running::{run_object, with_source};
use crate::report::text::{Text, Tone};
use crate::statement::Hazard;
use crate::statement::lock::Waiting;

/// The statements that would run, on standard output; the checks on standard error.
pub(crate) fn would_run(printer: &mut Printer, dry_run: &DryRun) {
    if printer.is_json() {
        printer.json(&object(dry_run));
        return;
    }
    let report = &dry_run.report;
    for (number, (step, previews)) in report.steps.iter().zip(&dry_run.previews).enumerate() {
        let message = with_source(&step.message, step.kept);
        let gap = if number > 0 { Text::new().end() } else { Text::new() };
        let head = format!("-- {} {}: {}", step.direction, step.revision, message);
        printer.result(&gap.tone(Tone::Dim, head.trim_end_matches([' ', ':'])).end());
        for preview in previews {
            statement(printer, preview);
        }
    }
    checks(printer, &dry_run.checks);
    let count = report.steps.len();
    let plural = if count == 1 { "" } else { "s" };
    let (before, after) = (place(&report.before), place(&report.after));
    let line = match count {
        0 => format!("nothing: the database is at {after}"),
        _ => format!("{count} revision{plural}: {before} -> {after}; nothing was changed"),
    };
    printer.status("Would run", Text::of(&line));
}

/// One statement, and below it as comments what it does to others.
fn statement(printer: &mut Printer, preview: &Preview) {
    printer.shown(&format!("{};\n", masked(preview.sql.trim_end())));
    for line in notes(preview) {
        // What a comment holds ends with its line.
        let line = line.replace(['\n', '\r'], " ");
        printer.result(&Text::new().tone(Tone::Dim, &format!("  -- {line}")).end());
    }
}

fn notes(preview: &Preview) -> Vec<String> {
    let mut lines = Vec::new();
    for lock in &preview.locks {
        // The one lock of a file says nothing about a statement, nor does that of rows.
        let Some(table) = &lock.table else { continue };
        if lock.waiting > Waiting::Changes {
            lines.push(format!("locks {table}: {}, {}", lock.mode, lock.waiting.spoken()));
        }
    }
    if let Some((table, bytes)) = &preview.copies {
        let size = bytes.map_or_else(String::new, |bytes| format!(" ({})", spoken(bytes)));
        lines.push(format!("may copy {table}{size}"));
    }
    lines.extend(preview.hazards.iter().map(Hazard::to_string));
    lines
}

fn checks(printer: &mut Printer, checks: &[Check]) {
    let good: Vec<&str> =
        checks.iter().filter(|check| check.verdict == Verdict::Good).map(|check| check.message.as_str()).collect();
    if !good.is_empty() {
        printer.status("Checked", Text::of(&good.join("; ")));
    }
    for check in checks {
        match check.verdict {
            Verdict::Good => continue,
            Verdict::Warns => printer.warning(&check.message),
            Verdict::Refuses => printer.warning(&format!("the run would be refused: {}", check.message)),
            Verdict::Unknown => printer.status("Unknown", Text::of(&check.message)),
        }
        if let Some(hint) = &check.hint {
            printer.hint(hint);
        }
    }
}

/// The object of a run, with `previews` in each step and `checks` at its end.
fn object(dry_run: &DryRun) -> Value {
    let mut object = run_object(&dry_run.report);
    if let Some(Value::Array(steps)) = object.get_mut("steps") {
        for (step, previews) in steps.iter_mut().zip(&dry_run.previews) {
            if let Value::Object(step) = step {
                step.insert("previews".to_owned(), previews.iter().map(preview_value).collect());
            }
        }
    }
    if let Value::Object(object) = &mut object {
        object.insert("checks".to_owned(), dry_run.checks.iter().map(check_value).collect());
    }
    object
}

fn preview_value(preview: &Preview) -> Value {
    let locks = preview
        .locks
        .iter()
        .map(|lock| json!({ "table": lock.table, "mode": lock.mode, "blocks": lock.waiting.word() }));
    let hazards: Vec<String> = preview.hazards.iter().map(Hazard::to_string).collect();
    let rewrites = preview.hazards.iter().any(|hazard| matches!(hazard, Hazard::Rewrites(_)));
    let copies = preview.copies.as_ref().map(|(table, bytes)| json!({ "table": table, "bytes": bytes }));
    json!({
        "sql": masked(&preview.sql),
        "locks": locks.collect::<Vec<_>>(),
        "rewrites": rewrites,
        "copies": copies,
        "hazards": hazards,
    })
}

fn check_value(check: &Check) -> Value {
    json!({
        "check": check.name,
        "verdict": check.verdict.word(),
        "message": check.message,
        "hint": check.hint,
    })
}
