//! The catalogue in `docs/faults.md`: each test that it names is there, and each fault has a test or says what is missing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The cells of each row of its table whose first one is a number.
fn rows() -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join("docs/faults.md")).expect("docs/faults.md");
    let cells = |line: &str| -> Vec<String> {
        let bare = line.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "\u{1}");
        bare.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
    };
    let rows = page.lines().filter(|line| line.starts_with("| ")).map(cells);
    rows.filter(|row| row[0].bytes().next().is_some_and(|byte| byte.is_ascii_digit())).collect()
}

/// The names in backticks.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The file in which `cli::errors::targets` or `src/db/live.rs::a_test` stands, and the function.
fn place(name: &str) -> (PathBuf, String) {
    let (file, function) = name.rsplit_once("::").unwrap_or_else(|| panic!("{name} has no module"));
    let file = if file.ends_with(".rs") { file.to_owned() } else { format!("tests/{}.rs", file.replace("::", "/")) };
    (root().join(file), function.to_owned())
}

fn is_test(name: &str) -> bool {
    let (file, function) = place(name);
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let declarations = [format!("fn {function}("), format!("async fn {function}(")];
    let at = lines.iter().position(|line| declarations.iter().any(|declaration| line.starts_with(declaration)));
    let marks = ["#[test]", "#[tokio::test"];
    at.is_some_and(|at| {
        lines[at.saturating_sub(3)..at].iter().any(|before| marks.iter().any(|mark| before.starts_with(mark)))
    })
}

#[test]
fn every_fault_of_the_catalogue_names_tests_that_are_there() {
    let rows = rows();
    let numbers: BTreeSet<&str> =
        rows.iter().map(|row| row[0].trim_end_matches(|letter: char| letter.is_ascii_lowercase())).collect();
    assert_eq!(numbers.len(), 66, "the catalogue has 66 faults");
    let mut shown = 0;
    for row in &rows {
        assert_eq!(row.len(), 5, "{row:?}: number, fault, exit code, state, tests");
        let tests = named(&row[4]);
        assert!(!tests.is_empty() || row[4].starts_with("not shown"), "{}: neither a test nor what is missing", row[0]);
        shown += usize::from(!tests.is_empty());
        for name in tests {
            assert!(is_test(name), "{}: there is no test {name}", row[0]);
        }
    }
    eprintln!("{shown} of {} lines of the catalogue are shown", rows.len());
}

/// A catalogue that could name anything would prove nothing.
#[test]
fn a_test_that_is_not_there_is_not_found() {
    assert!(is_test("faults::catalogue::a_test_that_is_not_there_is_not_found"));
    assert!(!is_test("faults::catalogue::named"), "no test");
    assert!(!is_test("faults::catalogue::nowhere") && !is_test("faults::nowhere::x"));
}
