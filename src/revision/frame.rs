//! Templates of revisions: text of the team's own around what is written into a new file. Pure.
//!
//! A line `<header>` and, below it, a line `<body>` stand for the two parts of what is written; `<id>`, `<parents>`,
//! `<message>` and `<created>` may stand anywhere, and `<<` is a `<`. Whatever a template says, the file is the revision
//! that would have been written without it: more than comments, blank lines and `meta:` is refused.

use std::fmt::Write;
use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::graph::RevisionId;
use crate::ops::Operation;
use crate::revision::{Body, Downgrade, Entry, File, Header};
use crate::text_file::is_yaml;

/// The places of a template.
const PLACES: [&str; 6] = ["header", "body", "id", "parents", "message", "created"];

/// Puts the text of a new file into a template. `template` is its path and text.
///
/// # Errors
/// [`Kind::Config`] with file and line of the template.
pub(crate) fn frame(template: (&Path, &str), path: &Path, text: &str) -> Result<String> {
    let plain = File::new(path, text)?;
    let (template_path, template_text) = template;
    let filled = fill(template_text, &plain).map_err(|error| error.in_file(template_path).quoting(template_text))?;
    check(&filled, &plain).map_err(|wrong| {
        let line = wrong.line.and_then(|line| filled.lines.get(line.saturating_sub(1))).copied().unwrap_or(1);
        let error = Error::new(Kind::Config, "this template cannot be used").caused_by(wrong.why);
        error
            .in_file(template_path)
            .at_line(line, 0)
            .quoting(template_text)
            .with_hint("a template may add comments, blank lines and `meta:` to a revision, and nothing else")
    })?;
    Ok(filled.text)
}

/// A filled template.
struct Filled {
    text: String,
    /// For each line of it the line of the template, from 1.
    lines: Vec<usize>,
}

/// Why a filled template is not the revision that it should be.
struct Wrong {
    why: String,
    /// In the filled text, from 1.
    line: Option<usize>,
}

fn fill(template: &str, file: &File) -> Result<Filled> {
    let (header, body) = parts(file);
    let mut filled = Filled { text: String::new(), lines: Vec::new() };
    let mut missing = vec!["header", "body"];
    for (at, line) in template.lines().enumerate() {
        let number = at + 1;
        let whole = line.trim().strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        match whole.filter(|word| ["header", "body"].contains(word)) {
            Some(word) if missing.first() == Some(&word) => {
                missing.remove(0);
                filled.push(if word == "header" { header } else { body }, number);
            }
            Some(word) => {
                let why =
                    if word == "body" { "`<body>` stands below `<header>`, once" } else { "`<header>` is there twice" };
                return Err(Error::new(Kind::Config, why).at_line(number, 1));
            }
            None => filled.push(&inline(line, number, &file.header)?, number),
        }
    }
    match missing.first() {
        None => Ok(filled),
        Some(word) => Err(Error::new(Kind::Config, format!("there is no line `<{word}>` in this template"))
            .at_line(1, 0)
            .with_hint("write a line `<header>` and below it a line `<body>`")),
    }
}

impl Filled {
    fn push(&mut self, text: &str, line: usize) {
        for one in text.lines().chain(text.is_empty().then_some("")) {
            self.text.push_str(one);
            self.text.push('\n');
            self.lines.push(line);
        }
    }
}

/// The text up to the operations, and the rest.
fn parts(file: &File) -> (&str, &str) {
    let starts: &[&str] =
        if is_yaml(&file.path) == Some(true) { &["upgrade:", "downgrade:"] } else { &["-- migrate:up"] };
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        if starts.iter().any(|start| line.starts_with(start)) {
            break;
        }
        at += line.len();
    }
    let (header, body) = file.text.split_at_checked(at).unwrap_or((&file.text, ""));
    (header.trim_end(), body.trim_end())
}

/// A line of the template with the words in it replaced.
fn inline(line: &str, number: usize, header: &Header) -> Result<String> {
    let mut filled = String::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once('<') {
        filled.push_str(before);
        if let Some(behind) = behind.strip_prefix('<') {
            filled.push('<');
            rest = behind;
            continue;
        }
        let is_word = |word: &str| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase());
        match behind.split_once('>').filter(|(word, _)| is_word(word)) {
            Some((word, behind)) => {
                let value = value(word, header).ok_or_else(|| unknown(word, number))?;
                filled.extend(value.chars().map(|letter| if letter.is_control() { ' ' } else { letter }));
                rest = behind;
            }
            None => {
                filled.push('<');
                rest = behind;
            }
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

fn unknown(word: &str, number: usize) -> Error {
    let error = Error::new(Kind::Config, format!("`<{word}>` is no place of a template")).at_line(number, 0);
    if ["header", "body"].contains(&word) {
        return error.with_hint(format!("`<{word}>` needs a line of its own"));
    }
    error.with_hint(format!("the places are <{}>; write << for a plain <", PLACES.join("> <")))
}

fn value(word: &str, header: &Header) -> Option<String> {
    match word {
        "id" => Some(header.revision.as_str().to_owned()),
        "parents" => {
            let mut parents = String::new();
            for (at, id) in header.down_revision.iter().map(RevisionId::as_str).enumerate() {
                let gap = if at == 0 { "" } else { ", " };
                write!(parents, "{gap}{id}").ok()?;
            }
            Some(parents)
        }
        "message" => Some(header.message.clone()),
        "created" => Some(header.created.clone().unwrap_or_default()),
        _ => None,
    }
}

/// Whether the filled text is the revision that was to be written.
fn check(filled: &Filled, plain: &File) -> std::result::Result<(), Wrong> {
    let broken = |error: Error| Wrong { line: error.place().line, why: error.to_string() };
    let file = File::new(&plain.path, &filled.text).map_err(broken)?;
    let (found, wanted) = (file.body().map_err(broken)?, plain.body().map_err(broken)?);
    let header = Header { meta: plain.header.meta.clone(), line: plain.header.line, ..file.header };
    if header != plain.header {
        return Err(Wrong { why: "it changes the header of the revision".to_owned(), line: None });
    }
    let line = match is_yaml(&plain.path) {
        Some(true) => differs(&found, &wanted),
        Some(false) | None => differs_in_sql(&filled.text, &plain.text),
    };
    if let Some(line) = line {
        return Err(Wrong { why: "it changes what the revision does".to_owned(), line: Some(line) });
    }
    Ok(())
}

/// The first line of `found` that is not in `wanted`, comments and blank lines apart; None = they say the same.
fn differs_in_sql(found: &str, wanted: &str) -> Option<usize> {
    let says = |line: &str| !line.is_empty() && (!line.starts_with("--") || line.starts_with("-- migrate:"));
    let lines = |text: &'_ str| {
        let numbered = text.lines().map(str::trim_end).zip(1..);
        numbered
            .filter(|(line, _)| says(line))
            .map(|(line, at)| (line.to_owned(), at))
            .collect::<Vec<(String, usize)>>()
    };
    let (found, wanted) = (lines(found), lines(wanted));
    let same = found.iter().zip(&wanted).take_while(|(one, other)| one.0 == other.0).count();
    let other = found.get(same).or(found.last()).map_or(1, |(_, at)| *at);
    (same < found.len() || same < wanted.len()).then_some(other)
}

/// The line of the first thing in `found` that is not in `wanted`; None = they do the same.
fn differs(found: &Body, wanted: &Body) -> Option<usize> {
    let given = |body: &Body| match &body.downgrade {
        Downgrade::Given(entries) => entries.clone(),
        Downgrade::Derived | Downgrade::Irreversible(_) => Vec::new(),
    };
    let bare = |entries: &[Entry]| entries.iter().map(|entry| entry.operation.clone()).collect::<Vec<Operation>>();
    let bare_way_back = |body: &Body| match &body.downgrade {
        Downgrade::Given(_) => Downgrade::Given(Vec::new()),
        other @ (Downgrade::Derived | Downgrade::Irreversible(_)) => other.clone(),
    };
    let limits = |body: &Body| (body.upgrade_limits, body.downgrade_limits);
    let shape = |body: &Body| (bare_way_back(body), body.upgrade_outside, body.downgrade_outside, limits(body));
    for (one, other) in [(&found.upgrade, &wanted.upgrade), (&given(found), &given(wanted))] {
        if bare(one) != bare(other) {
            let same = one.iter().zip(other).take_while(|(one, other)| one.operation == other.operation).count();
            return Some(one.get(same).or(one.last()).map_or(1, |entry| entry.line));
        }
    }
    (shape(found) != shape(wanted)).then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "revision: b2\ndown_revision: a1\nmessage: add orders\ncreated: 2026-11-21T15:30:00Z\n\nupgrade:\n  - sql: SELECT 1\n\ndowngrade: []\n";
    const SQL: &str = "-- revision: b2\n-- down_revision: a1\n-- message: add orders\n\n-- migrate:up\nSELECT 1;\n\n-- migrate:down\n";

    fn framed(name: &str, template: &str) -> Result<String> {
        let text = if name.ends_with("sql") { SQL } else { YAML };
        frame((Path::new("template"), template), Path::new(name), text)
    }

    #[test]
    fn text_surrounds_what_is_written() {
        let text = framed("a.yaml", "# Review: <message> (<id> on <parents>, <created>)\n<header>\nmeta: { owner: payments }\n\n<body>\n# a << b, <B>, < c>\n").unwrap();
        let expected = "# Review: add orders (b2 on a1, 2026-11-21T15:30:00Z)\nrevision: b2\ndown_revision: a1\nmessage: add orders\ncreated: 2026-11-21T15:30:00Z\nmeta: { owner: payments }\n\nupgrade:\n  - sql: SELECT 1\n\ndowngrade: []\n# a < b, <B>, < c>\n";
        assert_eq!(text, expected);
        let text = framed("a.sql", "-- Ours.\n  <header>  \n-- meta: pay\n\n<body>\n-- end\n").unwrap();
        assert!(
            text.starts_with("-- Ours.\n-- revision: b2\n") && text.ends_with("-- migrate:down\n-- end\n"),
            "{text}"
        );
    }

    #[test]
    fn what_is_refused_has_its_line() {
        for (name, template, line, part) in [
            ("a.yaml", "", 1, "no line `<header>`"),
            ("a.yaml", "<header>\n", 1, "no line `<body>`"),
            ("a.yaml", "<header>\n<body>\n<body>\n", 3, "below `<header>`, once"),
            ("a.yaml", "# x\n<body>\n<header>\n", 2, "below `<header>`, once"),
            ("a.yaml", "<header>\n<header>\n<body>\n", 2, "is there twice"),
            ("a.yaml", "# <header>\n<body>\n", 1, "`<header>` is no place"),
            ("a.yaml", "<header>\n# <author>\n<body>\n", 2, "`<author>` is no place"),
            ("a.yaml", "<header>\nowner: me\n<body>\n", 2, "unknown key `owner`"),
            ("a.yaml", "<header>\nmeta: { a: b\n<body>\n", 2, "not valid YAML"),
            ("a.yaml", "<header>\ndialect: sqlite\n<body>\n", 1, "changes the header"),
            ("a.yaml", "<header>\n<body>\n  - sql: SELECT 2\n", 3, ""),
            ("a.sql", "<header>\n\n<body>\n\nDROP TABLE x;\n", 5, "changes what the revision does"),
            ("a.sql", "-- migrate:up\nDROP TABLE x;\n<header>\n<body>\n", 1, "no line `-- revision"),
        ] {
            let error = framed(name, template).unwrap_err();
            assert_eq!(error.kind(), Kind::Config, "{template}");
            assert!(error.to_string().contains(part), "{template}: {error}");
            assert_eq!(error.place().line, Some(line), "{template}: {error}");
        }
    }
}
