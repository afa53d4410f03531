//! Headers of revision files: everything before `upgrade:`, `downgrade:` or `-- migrate:up`.

use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::graph::RevisionId;
use crate::revision::Header;
use crate::text_file::is_yaml;

/// Keys that stand in the header and say how the body runs.
const OF_THE_BODY: [&str; 3] = ["transaction", "lock_timeout", "statement_timeout"];

/// The keys of a header in SQL, after `-- `.
const KEYS: [&str; 10] = [
    "format",
    "revision",
    "down_revision",
    "branch_labels",
    "depends_on",
    "message",
    "created",
    "dialect",
    "baseline",
    "meta",
];

/// Reads the header; `path` says the language by its ending and is not opened.
pub(crate) fn read(path: &Path, text: &str) -> Result<Header> {
    if is_yaml(path) == Some(true) { yaml(text) } else { sql(text) }
}

/// Whether the text is SQL: for one that has lost its name.
#[cfg(feature = "run")]
pub(crate) fn is_sql(text: &str) -> bool {
    text.lines().filter_map(sql_entry).any(|(key, _)| key == "revision")
}

/// Where the body begins in YAML: the offset of the first line that begins with `upgrade:` or `downgrade:`.
#[cfg(feature = "files")]
fn body_start(text: &str) -> usize {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("upgrade:") || line.starts_with("downgrade:") {
            return offset;
        }
        offset += line.len();
    }
    text.len()
}

/// A key of the header that stands in the body: commands on history would not see it.
#[cfg(feature = "files")]
fn refuse_late_keys(text: &str, start: usize) -> Result<()> {
    let before = text.get(..start).unwrap_or_default().lines().count();
    for (place, line) in text.get(start..).unwrap_or_default().lines().enumerate() {
        let key = line.split(':').next().unwrap_or_default();
        if KEYS.contains(&key) || OF_THE_BODY.contains(&key) {
            return Err(Error::new(Kind::File, format!("`{key}` stands after the operations"))
                .at_line(before + place + 1, 1)
                .with_hint(format!("move `{key}:` above `upgrade:`")));
        }
    }
    Ok(())
}

/// What other tools call it.
#[cfg(feature = "files")]
const HABITS: [(&str, &str); 7] = [
    ("parent", PARENT),
    ("parents", PARENT),
    ("id", "write `revision`"),
    ("up", "write `upgrade`"),
    ("down", "write `downgrade`"),
    ("dependencies", "write `depends_on`"),
    ("description", "write `message`"),
];
#[cfg(feature = "files")]
const PARENT: &str = "write `down_revision: [id]`";

/// The free keys of YAML in the shapes that they have; None for SQL, where all are texts.
#[cfg(feature = "cli")]
pub(crate) fn free_keys(path: &Path, text: &str) -> Option<Vec<(crate::yaml::Key, crate::yaml::Node)>> {
    let head = text.get(..body_start(text)).filter(|_| is_yaml(path) == Some(true))?;
    let entries = crate::yaml::document(head).and_then(crate::yaml::Node::entries).ok()?;
    let (_, meta) = entries.into_iter().find(|(key, _)| key.text == "meta")?;
    meta.entries().ok()
}

#[cfg(feature = "files")]
fn yaml(text: &str) -> Result<Header> {
    use crate::yaml::{Fields, Node};
    if text.trim().is_empty() {
        return Err(empty());
    }
    let start = body_start(text);
    refuse_late_keys(text, start)?;
    let head = text.get(..start).unwrap_or_default();
    let node = crate::yaml::document(head).map_err(|error| error.quoting(text))?;
    let mut fields = Fields::of(node, "the header of a revision")?.knowing(&HABITS);
    let read = |fields: &mut Fields| -> Result<Header> {
        fields.take_format(1)?;
        let id = fields.require("revision")?;
        let line = id.line;
        let revision = RevisionId::new(id.text()?).map_err(|error| error.at_line(id.line, id.column))?;
        let ids = |node: Node| {
            node.one_or_list_of(|item| {
                RevisionId::new(item.text()?).map_err(|error| error.at_line(item.line, item.column))
            })
        };
        let texts = |node: Node| node.one_or_list_of(Node::into_text);
        let down_revision = fields.optional("down_revision").map_or(Ok(Vec::new()), ids)?;
        let branch_labels = fields.optional("branch_labels").map_or(Ok(Vec::new()), texts)?;
        let depends_on = fields.optional("depends_on").map_or(Ok(Vec::new()), texts)?;
        let message = fields.text("message")?.unwrap_or_default();
        let created = fields.text("created")?;
        let dialect = fields.text("dialect")?;
        let baseline = match fields.optional("baseline") {
            None => false,
            Some(node) => is_true(Some(node.text()?)).ok_or_else(|| node.expected("`true`"))?,
        };
        let meta = fields.optional("meta").map_or(Ok(Vec::new()), Node::entries)?;
        let meta = meta.into_iter().map(|(key, value)| (key.text, value.in_line())).collect();
        for key in OF_THE_BODY {
            fields.take(key);
        }
        Ok(Header {
            revision,
            down_revision,
            branch_labels,
            depends_on,
            message,
            created,
            meta,
            dialect,
            baseline,
            line,
        })
    };
    let header = read(&mut fields).map_err(|error| error.quoting(text))?;
    fields.finish().map_err(|error| error.quoting(text))?;
    Ok(header)
}

#[cfg(not(feature = "files"))]
fn yaml(_: &str) -> Result<Header> {
    Err(Error::new(Kind::Unsupported, "YAML revisions need the Cargo feature `files`"))
}

fn empty() -> Error {
    Error::new(Kind::File, "the file is empty")
        .with_hint("write the revision again with `migrate revision`, or delete the file")
}

/// The value behind `-- key:` in one line of SQL, if the line is such a comment.
fn sql_entry(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.strip_prefix("--")?.split_once(':')?;
    let key = key.trim();
    let is_word = !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    is_word.then(|| (key, value.trim()))
}

/// A comment that was meant as a key: one that stands at the mark in SQL, or one that is mistyped. Others are comments.
fn refuse_mistaken(key: &str, value: &str) -> Result<()> {
    let phrase = format!("`-- {key}:` is no key of a header");
    if OF_THE_BODY.contains(&key) {
        return Err(Error::new(Kind::File, phrase)
            .with_hint(format!("write it behind the mark: `-- migrate:up {key}:{value}`")));
    }
    match nearest_key(key) {
        Some(known) if !KEYS.contains(&key) => {
            Err(Error::new(Kind::File, phrase)
                .with_hint(format!("write `-- {known}:`, or put a comment in other words")))
        }
        _ => Ok(()),
    }
}

#[cfg(feature = "files")]
fn nearest_key(key: &str) -> Option<&'static str> {
    let known = KEYS.into_iter().chain(OF_THE_BODY);
    // What only begins like a key, such as `created_by`, is a word of its own.
    crate::yaml::nearest(key, known).filter(|known| known.len().abs_diff(key.len()) <= 1)
}

#[cfg(not(feature = "files"))]
fn nearest_key(_: &str) -> Option<&'static str> {
    None
}

fn sql(text: &str) -> Result<Header> {
    if text.trim().is_empty() {
        return Err(empty());
    }
    // Key, value, line.
    let mut values: Vec<(&str, &str, usize)> = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let Some((key, value)) = sql_entry(line) else { continue };
        if key == "migrate" {
            break;
        }
        refuse_mistaken(key, value).map_err(|error| error.at_line(place + 1, 1))?;
        if values.iter().any(|(known, ..)| *known == key) {
            return Err(Error::new(Kind::File, format!("`-- {key}:` is there twice")).at_line(place + 1, 1));
        }
        if KEYS.contains(&key) {
            values.push((key, value, place + 1));
        }
    }
    let entry = |key: &str| values.iter().find(|(known, ..)| *known == key);
    let &(_, id, line) = entry("revision").ok_or_else(|| {
        Error::new(Kind::File, "there is no line `-- revision: …` before `-- migrate:up`")
            .at_line(1, 0)
            .with_hint("begin the file with `-- revision: <id>` and `-- down_revision: <id of its parent>`")
    })?;
    let value = |key: &str| entry(key).map(|(_, value, _)| *value).filter(|value| !value.is_empty());
    let list = |key: &str| -> Vec<String> {
        let items = value(key).unwrap_or_default().split(',').map(str::trim);
        items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
    };
    let line_of = |key: &str| entry(key).map_or(1, |(.., line)| *line);
    check_format(value("format"), line_of("format"))?;
    let at = |id: &str, line: usize| RevisionId::new(id).map_err(|error| error.at_line(line, 1));
    let baseline = is_true(value("baseline")).ok_or_else(|| {
        let phrase = format!("`-- baseline: {}` is neither true nor false", value("baseline").unwrap_or_default());
        Error::new(Kind::File, phrase).at_line(line_of("baseline"), 1).with_hint("write true, or remove the line")
    })?;
    let parents = list("down_revision");
    let down_revision = parents.iter().map(|id| at(id, line_of("down_revision"))).collect::<Result<_>>()?;
    Ok(Header {
        revision: at(id, line)?,
        down_revision,
        branch_labels: list("branch_labels"),
        depends_on: list("depends_on"),
        message: value("message").unwrap_or_default().to_owned(),
        created: value("created").map(str::to_owned),
        meta: value("meta").map(|note| ("note".to_owned(), note.to_owned())).into_iter().collect(),
        dialect: value("dialect").map(str::to_owned),
        baseline,
        line,
    })
}

/// `true` or `false`, which may be left out.
fn is_true(text: Option<&str>) -> Option<bool> {
    match text {
        Some("true") => Some(true),
        None | Some("false") => Some(false),
        Some(_) => None,
    }
}

fn check_format(format: Option<&str>, line: usize) -> Result<()> {
    match format {
        None | Some("1") => Ok(()),
        Some(other) => Err(Error::new(
            Kind::File,
            format!("this file was made by a newer migrate: its format is {other}, known here is 1"),
        )
        .at_line(line, 1)
        .with_hint("install the newer migrate")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::read;

    #[test]
    fn yaml_values_are_text() {
        let text = "revision: 0001\ndown_revision: 12e4\nmessage: a: b\nupgrade: []\n";
        assert!(read(Path::new("a.yaml"), text).is_err());
        let text = "revision: 0001\ndown_revision: 12e4\nmessage: \"a: b\"\nmeta: { owner: pay }\nupgrade: []\n";
        let header = read(Path::new("a.yaml"), text).unwrap();
        assert_eq!(header.revision.as_str(), "0001");
        assert_eq!(header.down_revision[0].as_str(), "12e4");
        assert_eq!(header.meta["owner"], "pay");
        let text = "revision: a\nmeta: { l: [1, b], m: { k: [x, { y: z }] }, n: null, t: 1.10 }\nupgrade: []\n";
        let header = read(Path::new("a.yaml"), text).unwrap();
        let meta: Vec<_> = header.meta.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(meta, [("l", "[1, b]"), ("m", "{ k: [x, { y: z }] }"), ("n", "null"), ("t", "1.10")]);
    }

    #[test]
    fn a_text_without_a_name_tells_its_language() {
        assert!(super::is_sql("/* ours */\n\n-- message: x\n-- revision: a\n-- migrate:up\n"));
        assert!(!super::is_sql("# -- revision: b\nrevision: a\nupgrade:\n  - sql: |\n      -- revision: c\n"));
    }

    #[test]
    fn a_late_key_is_refused_with_its_line() {
        let text = "revision: a\nupgrade: []\nmessage: late\n";
        let error = read(Path::new("a.yaml"), text).unwrap_err();
        assert_eq!(error.place().line, Some(3));
    }

    #[test]
    fn a_mistaken_key_in_sql_is_refused_with_its_line_and_a_comment_is_not() {
        let of = |line: &str| read(Path::new("a.sql"), &format!("-- revision: a\n{line}\n\n-- migrate:up\n"));
        for (line, hint) in [
            ("-- transaction: none", "`-- migrate:up transaction:none`"),
            ("-- lock_timeout: 2s", "`-- migrate:up lock_timeout:2s`"),
            ("-- down_revison: b", "`-- down_revision:`"),
            ("--depend_on: b", "`-- depends_on:`"),
            ("-- transacton: none", "`-- transaction:`"),
        ] {
            let error = of(line).unwrap_err();
            assert_eq!(error.place().line, Some(2), "{line}");
            assert!(error.hint().unwrap().contains(hint), "{error:?}");
        }
        for line in [
            "-- author: me",
            "-- note: x",
            "-- created_by: me",
            "-- Transaction: none of ours",
            "-- see: b",
            "-- todo:",
        ] {
            assert!(of(line).is_ok(), "{line}");
        }
        assert!(read(Path::new("a.sql"), "-- revision: a\n-- migrate:up\n-- transaction: none\n").is_ok());
    }

    #[test]
    fn sql_lists_are_separated_by_commas() {
        let text = "-- revision: a\n-- down_revision: b, c\n-- branch_labels:\n-- message: x, y\n\n-- migrate:up\n";
        let header = read(Path::new("a.sql"), text).unwrap();
        assert_eq!(header.down_revision.len(), 2);
        assert_eq!(header.message, "x, y");
        assert!(read(Path::new("a.sql"), "-- migrate:up\n").is_err());
        assert!(read(Path::new("a.sql"), " \n").is_err());
    }
}
