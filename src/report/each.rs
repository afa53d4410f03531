//! One command for several databases.

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::report::error;
use crate::report::json::report;
use crate::report::printer::Printer;
use crate::report::text::{Text, Tone};

/// Says which database comes now: among the results of a command that answers, beside them where it works.
pub(crate) fn heading_of(printer: &mut Printer, name: &str, is_result: bool) {
    if printer.is_json() {
        return;
    }
    if is_result {
        printer.result(&Text::new().tone(Tone::Strong, name).plain(":").end());
    } else {
        printer.status("Database", Text::new().tone(Tone::Strong, name));
    }
}

/// What came of each: for programs one object with all reports. `left` are those that were not begun.
pub(crate) fn reports_of(printer: &mut Printer, reports: &[(&str, Option<Value>, Option<Error>)], left: &[&str]) {
    if printer.is_json() {
        let of_one = |(name, found, failure): &(&str, Option<Value>, Option<Error>)| {
            let value = found.clone().or_else(|| failure.as_ref().map(error::json)).unwrap_or_default();
            ((*name).to_owned(), value)
        };
        let databases: Map<String, Value> = reports.iter().map(of_one).collect();
        printer.json(&report([("databases", Value::Object(databases)), ("not_run", json!(left))]));
    }
    // Programs read one error.
    let most = if printer.is_json() { 1 } else { usize::MAX };
    for failure in reports.iter().filter_map(|(_, _, failure)| failure.as_ref()).take(most) {
        printer.error(failure);
    }
    if !left.is_empty() {
        printer.warning(&format!("stopped; not run: {}", left.join(", ")));
    }
}
