//! `quality`: which data rules the rows meet, as text, for programs, and as a page.

mod page;

use serde_json::{Value, json};

use crate::draw::cut;
use crate::model::Rule;
use crate::quality::{Cell, Judged, Quality, Sample, Verdict};
use crate::report::json::report;
use crate::report::printer::{Format, Printer};
use crate::report::text::{Text, Tone};

/// Where a rule stands.
pub(crate) struct Place {
    /// As from the working folder.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
}

/// How much of a value is shown to people, in columns of text.
const VALUE_COLUMNS: usize = 60;

/// Prints what was found.
pub(crate) fn quality(printer: &mut Printer, quality: &Quality, place: &dyn Fn(&Rule) -> Place) {
    match printer.format {
        Format::Json => printer.json(&for_programs(quality, place)),
        Format::Html => printer.raw(&page::page(quality, place)),
        Format::Text | Format::Github => {
            for table in &quality.tables {
                printer.result(&of_table(table, place));
            }
            printer.line(&summary(quality));
            if quality.rules().next().is_none() {
                printer.hint(
                    "write rules beside the columns of a table: rules: { filled: { column: email, not_blank: true } }",
                );
            }
        }
    }
}

/// The last line.
fn summary(quality: &Quality) -> String {
    let all = quality.rules().count();
    let failed = quality.rules().filter(|(_, verdict)| matches!(verdict, Verdict::Failed { .. })).count();
    let skipped = quality.rules().filter(|(_, verdict)| *verdict == Verdict::Skipped).count();
    let asked = all - skipped;
    let of_rules = |number: usize| if number == 1 { "1 rule".to_owned() } else { format!("{number} rules") };
    let said = match (asked, failed) {
        (0, _) => "no rules".to_owned(),
        (_, 0) => format!("good: {} met", of_rules(asked)),
        _ => format!("{failed} of {asked} rules broken"),
    };
    if skipped == 0 { said } else { format!("{said}, {skipped} not for this database") }
}

fn of_table(table: &Judged, place: &dyn Fn(&Rule) -> Place) -> Text {
    let rows = if table.rows == 1 { "1 row".to_owned() } else { format!("{} rows", table.rows) };
    let head = Text::new().tone(Tone::Strong, &table.table.for_people()).plain(&format!(": {rows}")).end();
    let width = table.rules.iter().map(|(rule, _)| rule.name.chars().count()).max().unwrap_or_default();
    table.rules.iter().fold(head, |text, (rule, verdict)| {
        let name = format!("{:<width$}  ", rule.name);
        let demand = cut(&one_line(&rule.demand.in_words()), VALUE_COLUMNS, "…").into_owned();
        match verdict {
            Verdict::Passed => text.tone(Tone::Good, "  met     ").plain(&name).tone(Tone::Dim, &demand).end(),
            Verdict::Skipped => {
                text.tone(Tone::Dim, "  skipped ").plain(&name).tone(Tone::Dim, "not for this database").end()
            }
            Verdict::Failed { rows, samples } => {
                let Place { file, line } = place(rule);
                let text =
                    text.tone(Tone::Bad, "  broken  ").plain(&name).plain(&demand).plain(&how_many(*rows, table.rows));
                let text = text.tone(Tone::Dim, &format!("  {file}:{line}")).end();
                let text = match &rule.comment {
                    Some(comment) => text.block(Tone::Plain, 12, comment),
                    None => text,
                };
                samples.iter().fold(text, |text, sample| text.plain("            ").plain(&in_words(sample)).end())
            }
        }
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `: 3 of 120 rows`; nothing of a rule that is about the table.
fn how_many(rows: Option<u64>, all: u64) -> String {
    rows.map_or_else(String::new, |rows| format!(": {rows} of {all}"))
}

/// `id=4: price=-1`, `email=a@b.c: 3 rows`.
fn in_words(sample: &Sample) -> String {
    let (key, found) = (cells(&sample.key), cells(&sample.found));
    let values = match (key.is_empty(), found.is_empty()) {
        (false, false) => format!("{key}: {found}"),
        _ => format!("{key}{found}"),
    };
    sample.rows.map_or_else(|| values.clone(), |rows| format!("{values}: {rows} rows"))
}

fn cells(cells: &[Cell]) -> String {
    cells.iter().map(|(column, value)| format!("{column}={}", shown(value.as_deref()))).collect::<Vec<_>>().join(" ")
}

/// A value as people see it: NULL and the empty text told apart.
fn shown(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(text) if text.trim() != text || text.is_empty() => format!("'{}'", cut(text, VALUE_COLUMNS, "…")),
        Some(text) => cut(text, VALUE_COLUMNS, "…").into_owned(),
    }
}

fn for_programs(quality: &Quality, place: &dyn Fn(&Rule) -> Place) -> Value {
    let tables = quality.tables.iter().map(|table| {
        let rules = table.rules.iter().map(|(rule, verdict)| object(rule, verdict, &place(rule)));
        json!({ "table": table.table.for_people(), "rows": table.rows, "rules": rules.collect::<Vec<_>>() })
    });
    report([("good", json!(quality.is_good())), ("tables", tables.collect())])
}

fn object(rule: &Rule, verdict: &Verdict, place: &Place) -> Value {
    let (state, rows, samples) = match verdict {
        Verdict::Passed => ("met", Some(0), &[][..]),
        Verdict::Skipped => ("skipped", None, &[][..]),
        Verdict::Failed { rows, samples } => ("broken", *rows, samples.as_slice()),
    };
    let map =
        |cells: &[Cell]| Value::Object(cells.iter().map(|(column, value)| (column.clone(), json!(value))).collect());
    let samples = samples
        .iter()
        .map(|sample| json!({ "key": map(&sample.key), "found": map(&sample.found), "rows": sample.rows }));
    json!({
        "rule": rule.name,
        "kind": rule.demand.word(),
        "demand": rule.demand.in_words(),
        "comment": rule.comment,
        "state": state,
        "broken_by": rows,
        "samples": samples.collect::<Vec<_>>(),
        "file": place.file,
        "line": place.line,
    })
}
