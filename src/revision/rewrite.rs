//! Headers of revision files with other values; every other byte stays as it is: comments, CRLF, BOM, the body. No I/O.

use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::graph::RevisionId;
use crate::revision::{Header, header};
use crate::text_file::{is_yaml, tidy_text};
use crate::yaml::{Tree, write};

/// What is to be other in a header; None = stays.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Change<'a> {
    pub(crate) revision: Option<&'a RevisionId>,
    pub(crate) parents: Option<&'a [RevisionId]>,
    pub(crate) created: Option<&'a str>,
}

/// The text with another header; `path` says the language by its ending and is not opened.
///
/// # Errors
/// [`Kind::File`] for a header that is written in a way that this cannot change, or that cannot be read at all.
pub(crate) fn rewrite(path: &Path, text: &str, change: Change<'_>) -> Result<String> {
    let here = |error: Error| error.in_file(path);
    let before = header::read(path, &tidy_text(text)).map_err(here)?;
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let yaml = is_yaml(path) == Some(true);
    if let Some(id) = change.revision {
        put(&mut lines, "revision", std::slice::from_ref(&id.as_str()), yaml);
    }
    if let Some(parents) = change.parents {
        let ids: Vec<&str> = parents.iter().map(RevisionId::as_str).collect();
        put(&mut lines, "down_revision", &ids, yaml);
    }
    if let Some(created) = change.created.filter(|_| before.created.is_some()) {
        put(&mut lines, "created", &[created], yaml);
    }
    let new = lines.concat();
    // Whatever the header looked like: what is written reads as what was meant, or nothing is written.
    let wanted = wanted(before, change);
    let found = header::read(path, &tidy_text(&new)).map_err(here)?;
    if (Header { line: 0, ..found }) == wanted {
        return Ok(new);
    }
    Err(Error::new(Kind::File, "the header is written in a way that cannot be changed by program")
        .in_file(path)
        .with_hint("write each key of the header at the beginning of a line of its own"))
}

fn wanted(before: Header, change: Change<'_>) -> Header {
    let created = change.created.map(str::to_owned);
    Header {
        revision: change.revision.cloned().unwrap_or(before.revision),
        down_revision: change.parents.map_or(before.down_revision, <[RevisionId]>::to_vec),
        created: before.created.map(|old| created.unwrap_or(old)),
        line: 0,
        ..before
    }
}

/// Puts a value behind a key; a key that is not there gets a line below the revision's.
fn put(lines: &mut Vec<String>, key: &str, values: &[&str], yaml: bool) {
    let start = if yaml { format!("{key}:") } else { format!("-- {key}:") };
    let value = if yaml { in_yaml(values) } else { values.join(", ") };
    let Some(at) = place(lines, key, yaml) else {
        let Some(at) = place(lines, "revision", yaml) else { return };
        let end = lines.get(at).map_or("\n", |line| line_end(line));
        lines.insert(at + 1, format!("{start} {value}{end}"));
        return;
    };
    let Some(line) = lines.get(at).cloned() else { return };
    let end = line_end(&line);
    let (head, rest) = line.trim_end_matches(['\r', '\n']).split_once(':').unwrap_or_default();
    if !yaml {
        set(lines, at, format!("{head}: {value}").trim_end().to_owned() + end);
        return;
    }
    let (old, mut tail) = without_comment(rest);
    // A time is written as it was: with quotes or without.
    let bare = key == "created" && !old.trim_start().starts_with(['"', '\'']);
    let value = if bare { values.concat() } else { value };
    let more = more_lines(lines, at, old);
    if let Some(last) = lines.get(at + more).filter(|_| more > 0 && old.trim().starts_with('[')) {
        tail = last.trim_end_matches(['\r', '\n']).split_once(']').map_or(String::new(), |(_, tail)| tail.to_owned());
    }
    lines.drain(at + 1..at + 1 + more);
    let gap = if old.trim().is_empty() { " " } else { old.split_at(old.len() - old.trim_start().len()).0 };
    set(lines, at, format!("{head}:{gap}{value}{tail}").trim_end().to_owned() + end);
}

fn set(lines: &mut [String], at: usize, line: String) {
    if let Some(place) = lines.get_mut(at) {
        *place = line;
    }
}

/// The line of a key in the header.
fn place(lines: &[String], key: &str, yaml: bool) -> Option<usize> {
    let plain = |line: &String| line.strip_prefix('\u{feff}').unwrap_or(line).to_owned();
    let body = lines.iter().position(|line| {
        let line = plain(line);
        if yaml {
            line.starts_with("upgrade:") || line.starts_with("downgrade:")
        } else {
            line.starts_with("-- migrate:")
        }
    });
    let header = lines.get(..body.unwrap_or(lines.len()))?;
    header.iter().position(|line| {
        let line = plain(line);
        let line = if yaml { Some(line.as_str()) } else { line.strip_prefix("--").map(str::trim_start) };
        line.and_then(|line| line.split_once(':')).is_some_and(|(found, _)| found.trim_end() == key)
    })
}

fn line_end(line: &str) -> &'static str {
    if line.ends_with("\r\n") { "\r\n" } else { "\n" }
}

/// The value in one line: a word, a list in brackets, `null`.
fn in_yaml(values: &[&str]) -> String {
    let word = |value: &str| {
        let line = write(&Tree::Map(vec![("x".to_owned(), Tree::text(value))]));
        line.trim_end().strip_prefix("x: ").unwrap_or(value).to_owned()
    };
    match values {
        [] => "null".to_owned(),
        [one] => word(one),
        many => format!("[{}]", many.iter().map(|value| word(value)).collect::<Vec<_>>().join(", ")),
    }
}

/// A value, and the comment behind it with the blanks in front.
fn without_comment(rest: &str) -> (&str, String) {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in rest.char_indices() {
        match (quote, letter) {
            (None, '#') if before.is_whitespace() => {
                let (value, comment) = rest.split_at_checked(at).unwrap_or((rest, ""));
                let bare = value.trim_end();
                let blanks = value.strip_prefix(bare).unwrap_or_default();
                return (bare, format!("{blanks}{comment}"));
            }
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None | Some(_), _) => {}
        }
        before = letter;
    }
    (rest, String::new())
}

/// How many lines below belong to the value: those of a list.
fn more_lines(lines: &[String], at: usize, value: &str) -> usize {
    let below = lines.iter().skip(at + 1);
    if value.trim().is_empty() {
        return below.take_while(|line| line.trim_start() == "-\n" || line.trim_start().starts_with("- ")).count();
    }
    let open = value.trim_start().starts_with('[') && !value.contains(']');
    if open { below.take_while(|line| !line.contains(']')).count() + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Change, rewrite};
    use crate::graph::RevisionId;

    fn ids(text: &str) -> Vec<RevisionId> {
        text.split(' ').filter(|word| !word.is_empty()).map(|word| RevisionId::new(word).unwrap()).collect()
    }

    #[track_caller]
    fn becomes(name: &str, parents: &str, before: &str, after: &str) {
        let parents = ids(parents);
        let change = Change { parents: Some(&parents), created: Some("2027-01-02T03:04:05Z"), ..Change::default() };
        assert_eq!(rewrite(Path::new(name), before, change).unwrap(), after);
    }

    #[test]
    fn yaml_keeps_every_other_byte() {
        let body =
            "message: \"x: y\"   # why\r\nupgrade: []\r\ndowngrade:\r\n  - sql: |\r\n      down_revision: no\r\n";
        for (before, after) in [
            ("down_revision: a\r\n", "down_revision: z\r\n"),
            ("down_revision:   'a'  # of me\r\n", "down_revision:   z  # of me\r\n"),
            ("down_revision: [a, b]  # two\r\n", "down_revision: z  # two\r\n"),
            ("down_revision: [a,\r\n  b] # two\r\n", "down_revision: z # two\r\n"),
            ("down_revision:\r\n  - a\r\n  - b\r\n", "down_revision: z\r\n"),
            ("down_revision: null\r\n", "down_revision: z\r\n"),
            ("down_revision:\r\n", "down_revision: z\r\n"),
        ] {
            let text = |parents: &str, time: &str| {
                format!("\u{feff}# mine\r\nrevision: q\r\n{parents}created: {time}\r\n{body}")
            };
            becomes("a.yaml", "z", &text(before, "2026-01-01T00:00:00Z"), &text(after, "2027-01-02T03:04:05Z"));
        }
        becomes("a.yaml", "z", "revision: q\nupgrade: []\n", "revision: q\ndown_revision: z\nupgrade: []\n");
        becomes(
            "a.yml",
            "b z",
            "revision: q\ndown_revision: a\nupgrade: []",
            "revision: q\ndown_revision: [b, z]\nupgrade: []",
        );
        becomes(
            "a.yaml",
            "",
            "revision: q\ndown_revision: a\nupgrade: []",
            "revision: q\ndown_revision: null\nupgrade: []",
        );
        becomes(
            "a.yaml",
            "12e4",
            "revision: q\ndown_revision: a\nupgrade: []",
            "revision: q\ndown_revision: \"12e4\"\nupgrade: []",
        );
    }

    #[test]
    fn sql_keeps_every_other_byte() {
        let body = "\r\n-- migrate:up\r\n-- down_revision: no\r\nSELECT 1;\r\n";
        for (before, after) in [
            ("-- down_revision: a\r\n", "-- down_revision: z\r\n"),
            ("-- down_revision: a, b\r\n", "-- down_revision: z\r\n"),
            ("--down_revision:\r\n", "--down_revision: z\r\n"),
            ("", "-- down_revision: z\r\n"),
        ] {
            let text = |parents: &str| format!("-- a note\r\n-- revision: q\r\n{parents}-- message: m\r\n{body}");
            becomes("a.sql", "z", &text(before), &text(after));
        }
    }

    #[test]
    fn an_id_can_be_changed_too() {
        let id = RevisionId::new("new").unwrap();
        let change = Change { revision: Some(&id), ..Change::default() };
        let text = rewrite(Path::new("a.yaml"), "revision: old # x\nupgrade: []\n", change).unwrap();
        assert_eq!(text, "revision: new # x\nupgrade: []\n");
        let text = rewrite(Path::new("a.sql"), "-- revision: old\n-- migrate:up\n", change).unwrap();
        assert_eq!(text, "-- revision: new\n-- migrate:up\n");
    }

    #[test]
    fn what_cannot_be_changed_is_refused() {
        let parents = ids("z");
        let change = Change { parents: Some(&parents), ..Change::default() };
        for text in
            ["{ revision: q, down_revision: a }\nupgrade: []\n", "? revision\n: q\nupgrade: []\n", "revision: [\n"]
        {
            assert!(rewrite(Path::new("a.yaml"), text, change).is_err(), "{text}");
        }
    }
}
