//! Errors, as people and as programs read them (the user guide's chapter on exit codes shows both).

use std::path::Path;

use serde_json::{Value, json};

use crate::error::{Error, Kind, Place};
use crate::report::escape::without_logins;
use crate::report::text::{Text, Tone};

/// Lines of a statement that are shown around the place of the failure.
const AROUND: usize = 3;
/// The longest line that is shown whole, in characters.
const WIDEST: usize = 160;

/// `error: <phrase>`, the place with its text, the causes, a blank line, the hint. Files below `folder` are named from
/// there.
pub(crate) fn text(error: &Error, folder: Option<&Path>) -> Text {
    let head = Text::new().tone(Tone::Bad, "error:").plain(" ");
    let mut text = sentences(head, error.phrase());
    let place = error.place();
    text = text.then(file(place, folder)).then(statement(place, error.kind()));
    for cause in error.causes() {
        text = sentences(text.tone(Tone::Bad, "caused by:").plain(" "), cause);
    }
    if let Some(backup) = error.backup() {
        text = text.plain("a copy from before the run: ").plain(&backup.display().to_string()).end();
    }
    match error.hint() {
        Some(hint) => sentences(text.end().tone(Tone::Hint, "hint:").plain(" "), hint),
        None => text,
    }
}

/// A text that may have several lines: the first one here, the others indented below.
fn sentences(text: Text, sentence: &str) -> Text {
    let sentence = &*without_logins(sentence);
    let (first, rest) = sentence.split_once('\n').unwrap_or((sentence, ""));
    text.tone(Tone::Plain, first).end().block(Tone::Plain, 4, rest)
}

fn file(place: &Place, folder: Option<&Path>) -> Text {
    let Some(file) = &place.file else { return Text::new() };
    let number = |number: Option<usize>| number.map(|number| format!(":{number}")).unwrap_or_default();
    let column = place.line.and(place.column);
    let file = folder.and_then(|folder| file.strip_prefix(folder).ok()).unwrap_or(file);
    let whole = format!("{}{}{}", file.display(), number(place.line), number(column));
    let text = Text::new().tone(Tone::Dim, " --> ").plain(&whole).end();
    match (&place.text, place.line) {
        (Some(source), Some(number)) => text.then(quoted(number, &without_logins(source), place.column)),
        _ => text,
    }
}

/// A line of a file with its number, and a caret below the column.
fn quoted(number: usize, source: &str, column: Option<usize>) -> Text {
    let number = number.to_string();
    let margin = " ".repeat(number.len());
    let (source, column) = cut(source.trim_end(), column.and_then(|column| column.checked_sub(1)));
    let text = Text::new().tone(Tone::Dim, &format!("{number} | ")).plain(&source).end();
    match column {
        Some(column) => {
            text.tone(Tone::Dim, &format!("{margin} | ")).plain(&" ".repeat(column)).tone(Tone::Bad, "^").end()
        }
        None => text,
    }
}

/// A line with its tabs as four blanks and not too long; the column (from 0) moves with it.
fn cut(source: &str, column: Option<usize>) -> (String, Option<usize>) {
    let wide = |text: &mut dyn Iterator<Item = char>| {
        text.map(|character| if character == '\t' { 4 } else { 1 }).sum::<usize>()
    };
    let column = column.map(|column| wide(&mut source.chars().take(column)));
    let source = source.replace('\t', "    ");
    let length = source.chars().count();
    if length <= WIDEST {
        return (source, column);
    }
    let start = column.map_or(0, |column| column.saturating_sub(WIDEST / 2)).min(length - WIDEST);
    let shown: String = source.chars().skip(start).take(WIDEST).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + WIDEST < length { "…" } else { "" };
    let moved = column.map(|column| column - start + before.chars().count());
    (format!("{before}{shown}{after}"), moved)
}

/// The revision in work and the statement that failed, with a caret where the server points. A revision that failed
/// without one, at no line of its file, is named too.
fn statement(place: &Place, kind: Kind) -> Text {
    let has_failed = kind == Kind::Statement && place.line.is_none();
    let named = match &place.revision {
        Some(id) if place.file.is_none() || place.statement.is_some() || has_failed => {
            Text::new().tone(Tone::Dim, " --> ").plain("revision ").tone(Tone::Strong, id).end()
        }
        _ => Text::new(),
    };
    let Some(sql) = &place.statement else { return named };
    let lines: Vec<&str> = sql.lines().collect();
    let Some((at, column)) = place.position.map(|position| line_of(sql, position)) else {
        return named
            .then(lines.iter().take(2 * AROUND).fold(Text::new(), |text, line| text.then(sql_line(line, None))));
    };
    let first = at.saturating_sub(AROUND);
    let shown = lines.iter().enumerate().skip(first).take(2 * AROUND + 1);
    shown.fold(named, |text, (number, line)| text.then(sql_line(line, (number == at).then_some(column))))
}

fn sql_line(line: &str, column: Option<usize>) -> Text {
    let (line, column) = cut(line, column);
    let text = Text::new().tone(Tone::Dim, "  | ").plain(line.trim_end()).end();
    match column {
        Some(column) => text.tone(Tone::Dim, "  | ").plain(&" ".repeat(column)).tone(Tone::Bad, "^").end(),
        None => text,
    }
}

/// Line (from 0) and column (from 0, in characters) of a position in characters.
fn line_of(sql: &str, position: usize) -> (usize, usize) {
    let before = sql.chars().take(position);
    before.fold((0, 0), |(line, column), character| if character == '\n' { (line + 1, 0) } else { (line, column + 1) })
}

/// The error as one object; every key is always there.
pub(crate) fn json(error: &Error) -> Value {
    let place = error.place();
    json!({ "error": {
        "code": error.exit_code(),
        "kind": error.kind().word(),
        "message": without_logins(error.phrase()),
        "causes": error.causes().iter().map(|cause| without_logins(cause)).collect::<Vec<_>>(),
        "hint": error.hint().map(without_logins),
        "file": place.file.as_ref().map(|file| file.display().to_string()),
        "line": place.line,
        "revision": place.revision,
        "statement": place.statement,
    } })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{json, text};
    use crate::error::{Error, Kind};

    fn shown(error: &Error) -> String {
        text(error, Some(Path::new("/project"))).render(false)
    }

    #[test]
    fn the_whole_shape() {
        let error = Error::new(Kind::File, "unknown key `tipe`")
            .in_file("/project/models/shop.yaml")
            .at_line(12, 9)
            .quoting(&format!("{}\tid:  {{ tipe: int }}\n", "x\n".repeat(11)))
            .caused_by("first\nsecond")
            .with_hint("write `type`");
        assert_eq!(
            shown(&error),
            "error: unknown key `tipe`\n --> models/shop.yaml:12:9\n12 |     id:  { tipe: int }\n   |            ^\n\
             caused by: first\n    second\n\nhint: write `type`\n"
        );
    }

    #[test]
    fn a_statement_has_its_revision_and_a_caret() {
        let error = Error::new(Kind::Statement, "no such table: orders")
            .in_revision("ae10")
            .in_statement("SELECT 1\nFROM orders", Some(14));
        assert_eq!(
            shown(&error),
            "error: no such table: orders\n --> revision ae10\n  | SELECT 1\n  | FROM orders\n  |      ^\n"
        );
    }

    #[test]
    fn a_revision_that_failed_without_a_statement_is_named_beside_its_file() {
        let error = |kind| Error::new(kind, "no").in_revision("ae10").in_file("a.yaml");
        assert_eq!(shown(&error(Kind::Statement)), "error: no\n --> a.yaml\n --> revision ae10\n");
        assert_eq!(shown(&error(Kind::Statement).at_line(2, 0)), "error: no\n --> a.yaml:2\n");
        assert_eq!(shown(&error(Kind::File)), "error: no\n --> a.yaml\n");
    }

    #[test]
    fn of_a_long_line_the_place_is_shown() {
        let line = format!("{}HERE{}", "a".repeat(500), "b".repeat(500));
        let error = Error::new(Kind::File, "x").in_file("f").at_line(1, 501).quoting(&line);
        let shown = shown(&error);
        let lines: Vec<&str> = shown.lines().collect();
        let column = lines[3].chars().position(|character| character == '^').unwrap();
        assert_eq!(lines[2].chars().nth(column), Some('H'), "{shown}");
        assert!(lines[2].chars().count() < 180);
    }

    #[test]
    fn nothing_in_it_acts_on_the_terminal() {
        let error = Error::new(Kind::Statement, "bad \u{1b}[2J").in_statement("\u{202e}x", None);
        assert!(!shown(&error).contains(['\u{1b}', '\u{202e}']));
    }

    #[test]
    fn a_url_in_the_wrong_place_gives_nothing_away() {
        let phrase = "`postgres://bob:s3'cr@t@h/db?sslpassword=s3cr3t&x=1` is no target, nor is mysql://eve@h/x";
        let error = Error::new(Kind::Usage, phrase).caused_by("a://u:s3cr3t@b").with_hint("not s://:s3cr3t@x");
        let wanted = "error: `postgres://***@h/db?sslpassword=***&x=1` is no target, nor is mysql://***@h/x\n\
                      caused by: a://***@b\n\nhint: not s://***@x\n";
        assert_eq!(shown(&error), wanted);
        let json = json(&error).to_string();
        assert!(!json.contains("s3cr") && json.contains("postgres://***@h/db"), "{json}");
    }

    #[test]
    fn every_key_is_always_there() {
        let value = json(&Error::new(Kind::Usage, "no"));
        let keys: Vec<&String> = value["error"].as_object().unwrap().keys().collect();
        let expected = ["code", "kind", "message", "causes", "hint", "file", "line", "revision", "statement"];
        assert_eq!(keys, expected);
        assert!(value["error"]["hint"].is_null() && value["error"]["causes"].as_array().unwrap().is_empty());
    }
}
