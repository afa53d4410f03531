//! Rows that are not as the models say, for people and for programs.

use serde_json::{Map, Value, json};

use crate::check::{Cell, Comparison, Drift, DriftedRow};
use crate::ops::{DataOperation, DataWork, Operation, RowChanges};

/// How many rows of a step are shown to people.
const SHOWN: usize = 20;

/// A value is cut behind so many characters.
const LONGEST: usize = 60;

/// The rows that an operation is about.
fn rows_of<'c>(operation: &Operation, comparison: &'c Comparison) -> Vec<&'c DriftedRow> {
    if let Operation::Data(DataOperation::Step(step)) = operation
        && let DataWork::Rows(changes) = &step.work
    {
        let of_table = comparison.drift.iter().filter(|drift| drift.table == step.table);
        return of_table.flat_map(|drift| &drift.rows).filter(|row| has(changes, row)).collect();
    }
    Vec::new()
}

fn has(changes: &RowChanges, row: &DriftedRow) -> bool {
    changes.lists().iter().any(|(word, rows)| *word == row.drift.list() && !rows.is_empty())
}

/// A line for each row: `code=de: name is Germny, not Germany`.
pub(super) fn lines(operation: &Operation, comparison: &Comparison) -> Vec<String> {
    let rows = rows_of(operation, comparison);
    let mut lines: Vec<String> = rows.iter().take(SHOWN).map(|row| line(row)).collect();
    if rows.len() > SHOWN {
        lines.push(format!("and {} more", rows.len() - SHOWN));
    }
    lines
}

fn line(row: &DriftedRow) -> String {
    let name = row.name();
    match &row.drift {
        Drift::Missing => format!("{name} is missing"),
        Drift::Extra => format!("{name} is there, and no model has it"),
        Drift::Changed(cells) => format!("{name}: {}", cells.iter().map(cell).collect::<Vec<_>>().join("; ")),
    }
}

fn cell(cell: &Cell) -> String {
    let Cell { column, expected, found } = cell;
    format!("{} is {}, not {}", column.as_str(), shown(found.as_deref()), shown(expected.as_deref()))
}

/// A value on one line; quoted where its ends could not be seen.
fn shown(value: Option<&str>) -> String {
    let Some(value) = value else { return "NULL".to_owned() };
    let mut text: String = value.chars().take(LONGEST).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    let is_plain = !text.is_empty()
        && text != "NULL"
        && text.chars().all(|letter| letter.is_alphanumeric() || "-_.:+%@/".contains(letter));
    if is_plain {
        text
    } else {
        format!("'{}'", text.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\""))
    }
}

/// The rows of an operation; None where it is about none.
pub(super) fn json_rows(operation: &Operation, comparison: &Comparison) -> Option<Value> {
    let rows = rows_of(operation, comparison);
    if rows.is_empty() {
        return None;
    }
    let cells = |cells: &[Cell], of: fn(&Cell) -> &Option<String>| {
        let pairs = cells.iter().map(|cell| (cell.column.as_str().to_owned(), json!(of(cell))));
        Value::Object(Map::from_iter(pairs))
    };
    let one = |row: &&DriftedRow| {
        let key = row.key.iter().map(|(column, text)| (column.as_str().to_owned(), json!(text)));
        let (expected, found) = match &row.drift {
            Drift::Changed(changed) => (cells(changed, |cell| &cell.expected), cells(changed, |cell| &cell.found)),
            Drift::Missing | Drift::Extra => (Value::Null, Value::Null),
        };
        json!({
            "key": Value::Object(Map::from_iter(key)),
            "action": row.drift.list(),
            "expected": expected,
            "found": found,
        })
    };
    Some(Value::Array(rows.iter().map(one).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_show_their_ends() {
        assert_eq!(shown(None), "NULL");
        assert_eq!(shown(Some("NULL")), "'NULL'");
        assert_eq!(shown(Some("")), "''");
        assert_eq!(shown(Some("Germany")), "Germany");
        assert_eq!(shown(Some("a b ")), "'a b '");
        assert_eq!(shown(Some("it's\nso")), "'it's\\nso'");
        assert_eq!(shown(Some(&"x".repeat(100))), format!("'{}…'", "x".repeat(60)));
    }
}
