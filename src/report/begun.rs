//! What `init` made.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::report::json::report;
use crate::report::printer::Printer;
use crate::report::text::{Text, Tone};

/// A new project.
#[derive(Default)]
pub(crate) struct Begun<'a> {
    /// In the order in which they were written.
    pub(crate) written: Vec<&'a Path>,
    /// What was there already, and is as it was.
    pub(crate) kept: &'a [PathBuf],
    /// The first revision of a database that was taken over.
    pub(crate) revision: Option<&'a str>,
    /// Whether that database says so now.
    pub(crate) stamped: bool,
    /// Lines for what neither models nor revision hold.
    pub(crate) not_modelled: &'a [String],
}

/// More files of one folder than this are summed up.
const MOST_LINES: usize = 12;

/// Tells it.
pub(crate) fn begun(printer: &mut Printer, begun: &Begun<'_>) {
    if printer.is_json() {
        let shown = |path: &Path| json!(path.display().to_string());
        let others: Vec<&str> =
            begun.not_modelled.iter().filter_map(|line| line.strip_prefix("not modelled: ")).collect();
        printer.json(&report([
            ("written", begun.written.iter().map(|path| shown(path)).collect()),
            ("kept", begun.kept.iter().map(|path| shown(path)).collect()),
            ("revision", json!(begun.revision)),
            ("stamped", json!(begun.stamped)),
            ("not_modelled", json!(others)),
        ]));
        return;
    }
    for path in begun.kept {
        let shown = from_here(printer, path);
        printer.status("Keeping", Text::of(&shown));
    }
    for line in summed_up(&begun.written) {
        match line {
            Line::File(path) => {
                let shown = from_here(printer, path);
                printer.status("Writing", Text::of(&shown));
            }
            Line::Folder(path, count) => {
                let shown = format!("{}/: {count} files", from_here(printer, path));
                printer.status("Writing", Text::of(&shown));
            }
        }
    }
    if let Some(id) = begun.revision.filter(|_| begun.stamped) {
        printer.status("Stamped", Text::of("base -> ").plain(id));
    }
    for line in begun.not_modelled {
        printer.note(&Text::new().tone(Tone::Dim, line).end());
    }
    if begun.revision.is_some() && !begun.not_modelled.is_empty() {
        printer.warning("what is not modelled is neither in the models nor in the revision: an empty database does not get it by `migrate upgrade`");
    }
}

enum Line<'a> {
    File(&'a Path),
    Folder(&'a Path, usize),
}

fn summed_up<'a>(paths: &[&'a Path]) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for together in paths.chunk_by(|one, other| one.parent() == other.parent()) {
        match together {
            [first, ..] if together.len() > MOST_LINES => {
                lines.extend(first.parent().map(|folder| Line::Folder(folder, together.len())));
            }
            few => lines.extend(few.iter().map(|path| Line::File(path))),
        }
    }
    lines
}

/// A path for people: from the working folder where it lies below it.
fn from_here(printer: &Printer, path: &Path) -> String {
    let folder = printer.folder.as_deref().unwrap_or(Path::new(""));
    path.strip_prefix(folder).unwrap_or(path).components().collect::<PathBuf>().display().to_string()
}
