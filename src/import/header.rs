//! The head of an Alembic revision, read from its text. Pure.

use std::path::Path;

use super::python::{Module, Value};
use crate::error::{Error, Kind, Result};
use crate::graph::RevisionId;
use crate::revision::Header;

/// Reads the head of the revision in `text`; errors have their line. `path` gives the id of files of Alembic's first
/// years, which are named `<id>.py` and do not say it.
pub(super) fn read(path: &Path, text: &str) -> Result<Header> {
    let module = Module::read(text);
    let (revision, line) = match of(&module, "revision")? {
        Some((names, line)) => match <[String; 1]>::try_from(names) {
            Ok([id]) => (id, line),
            Err(_) => return Err(wrong(line, "`revision` is not one text")),
        },
        None => (id_of_name(path).ok_or_else(no_revision)?, 0),
    };
    let id = |name: &str, line: usize| RevisionId::new(name).map_err(|error| error.at_line(line, 0));
    let (parents, parents_line) = of(&module, "down_revision")?.unwrap_or_default();
    let texts = |name: &str| Ok::<_, Error>(of(&module, name)?.unwrap_or_default().0);
    let docstring = module.docstring.as_deref().unwrap_or_default();
    Ok(Header {
        revision: id(&revision, line)?,
        down_revision: parents.iter().map(|parent| id(parent, parents_line)).collect::<Result<_>>()?,
        branch_labels: texts("branch_labels")?,
        depends_on: texts("depends_on")?,
        message: message(docstring),
        created: created(docstring),
        meta: crate::schema::SortedMap::new(),
        dialect: None,
        baseline: false,
        line,
    })
}

/// The texts that a name holds, none for None, and the line; None = it is not there.
fn of(module: &Module, name: &str) -> Result<Option<(Vec<String>, usize)>> {
    let unreadable = |unreadable: super::python::Unreadable| wrong(unreadable.line.unwrap_or(0), &unreadable.why);
    let Some((value, line)) = module.value(name).map_err(unreadable)? else { return Ok(None) };
    let one = |value: Value| match value {
        Value::Text(text) => Ok(text),
        Value::None | Value::List(_) => Err(wrong(line, &format!("`{name}` holds something that is no text"))),
    };
    let texts = match value {
        Value::None => Vec::new(),
        Value::Text(text) => vec![text],
        Value::List(values) => values.into_iter().map(one).collect::<Result<_>>()?,
    };
    Ok(Some((texts, line)))
}

fn wrong(line: usize, why: &str) -> Error {
    Error::new(Kind::File, why).at_line(line, 0).with_hint("write it as a literal: it is read without running the file")
}

fn no_revision() -> Error {
    Error::new(Kind::File, "the file assigns no `revision`, so that it is no revision")
        .with_hint("move it out of the folder of revisions, as Alembic asks for too")
}

fn id_of_name(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let is_hex = !stem.is_empty() && stem.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then(|| stem.to_owned())
}

/// The first paragraph of the docstring in one line, unless that is the template's own block already.
fn message(docstring: &str) -> String {
    let first = docstring.trim().split("\n\n").next().unwrap_or_default();
    let is_own = ["Revision ID:", "Revises:", "Create Date:"].iter().any(|word| first.starts_with(word));
    if is_own { String::new() } else { first.split_whitespace().collect::<Vec<_>>().join(" ") }
}

/// `Create Date: 2015-11-02 11:50:36.123456+01:00` in RFC 3339; a time without a zone counts as UTC.
fn created(docstring: &str) -> Option<String> {
    let line = docstring.lines().find_map(|line| line.trim().strip_prefix("Create Date:"))?.trim();
    let (date, time) = line.split_once([' ', 'T'])?;
    let clock = time.get(..8)?;
    let digits = |text: &str, form: &str| {
        text.len() == form.len()
            && text.chars().zip(form.chars()).all(|(c, form)| if form == '0' { c.is_ascii_digit() } else { c == form })
    };
    if !digits(date, "0000-00-00") || !digits(clock, "00:00:00") {
        return None;
    }
    let behind = time.get(8..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let zone = if digits(behind.get(1..).unwrap_or_default(), "00:00") && behind.starts_with(['+', '-']) {
        behind
    } else {
        "Z"
    };
    Some(format!("{date}T{clock}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::{created, message, read};
    use std::path::Path;

    #[test]
    fn a_head_as_the_template_writes_it() {
        let text = "\"\"\"Add a  column\nto orders\n\nRevision ID: ae1027a6acf\nRevises: 1975ea83b712\n\
                    Create Date: 2011-11-08 12:37:36.402574\n\n\"\"\"\nfrom alembic import op\n\n\
                    revision: str = 'ae1027a6acf'\ndown_revision = ('1975ea83b712', \"x\")\nbranch_labels = ('shop',)\n\
                    depends_on = None\n";
        let header = read(Path::new("a.py"), text).unwrap();
        assert_eq!((header.revision.as_str(), header.line), ("ae1027a6acf", 11));
        assert_eq!(header.down_revision.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["1975ea83b712", "x"]);
        assert_eq!((header.branch_labels, header.depends_on), (vec!["shop".to_owned()], vec![]));
        assert_eq!(header.message, "Add a column to orders");
        assert_eq!(header.created.as_deref(), Some("2011-11-08T12:37:36Z"));
    }

    #[test]
    fn dates_and_messages() {
        for (text, expected) in [
            ("Create Date: 2020-01-02 03:04:05+02:00", Some("2020-01-02T03:04:05+02:00")),
            ("  Create Date: 2020-01-02T03:04:05.5", Some("2020-01-02T03:04:05Z")),
            ("Create Date: 2020-01-02 03:04:05 CET", Some("2020-01-02T03:04:05Z")),
            ("Create Date: yesterday", None),
            ("Create Date: 2020-01-02", None),
            ("Create Date: 2020-01-02 03:04", None),
            ("", None),
        ] {
            assert_eq!(created(text).as_deref(), expected, "{text}");
        }
        assert_eq!(message("Revision ID: a\nRevises: b"), "");
        assert_eq!(message(" one\n two\n\nthree"), "one two");
    }

    #[test]
    fn what_cannot_be_read_has_its_line() {
        for (text, line, part) in [
            ("\nrevision = ID()\n", 2, "Python would have to run"),
            ("revision = ['a', 'b']\n", 1, "not one text"),
            ("revision = None\n", 1, "not one text"),
            ("revision = 'a'\ndown_revision = (None, 'b')\n", 2, "no text"),
            ("revision = 'a b'\n", 1, "cannot be the id"),
            ("revision = 'a'\n\ndown_revision = 'x-y'\n", 3, "cannot be the id"),
        ] {
            let error = read(Path::new("x.py"), text).unwrap_err();
            assert_eq!(error.place().line, Some(line), "{text}");
            assert!(error.phrase().contains(part), "{error}");
        }
        assert!(read(Path::new("helpers.py"), "x = 1\n").unwrap_err().phrase().contains("no `revision`"));
        assert_eq!(read(Path::new("ae10.py"), "down_revision = None\n").unwrap().revision.as_str(), "ae10");
    }
}
