//! Bodies of revision files: what runs.

use std::path::Path;

use crate::amount::duration;
use crate::error::{Error, Kind, Result};
use crate::ops::Operation;
use crate::revision::{Body, Downgrade, Entry, TimeLimits};
use crate::schema::Expr;
use crate::text_file::is_yaml;

/// Reads the body; `path` says the language by its ending and is not opened.
pub(crate) fn read(path: &Path, text: &str) -> Result<Body> {
    if is_yaml(path) == Some(true) { yaml(text) } else { sql(text) }
}

#[cfg(not(feature = "files"))]
fn yaml(_: &str) -> Result<Body> {
    Err(Error::new(Kind::Unsupported, "YAML revisions need the Cargo feature `files`"))
}

#[cfg(feature = "files")]
fn yaml(text: &str) -> Result<Body> {
    read_yaml(text).map_err(|error| error.quoting(text))
}

#[cfg(feature = "files")]
fn read_yaml(text: &str) -> Result<Body> {
    use crate::yaml::{Fields, Node, Value};
    let mut fields = Fields::of(crate::yaml::document(text)?, "a revision")?;
    for key in [
        "revision",
        "down_revision",
        "branch_labels",
        "depends_on",
        "message",
        "created",
        "meta",
        "dialect",
        "baseline",
        "format",
    ] {
        fields.take(key);
    }
    let entries = |node: Node| {
        if node.is_null() {
            return Ok(Vec::new());
        }
        node.list_of(|item| {
            let line = item.line;
            Ok(Entry { operation: crate::format::operation(item)?, line })
        })
    };
    let upgrade = fields.take("upgrade").ok_or_else(|| {
        Error::new(Kind::File, "`upgrade` is missing")
            .at_line(1, 0)
            .with_hint("add `upgrade: []` for a revision that does nothing")
    })?;
    let (upgrade, manual) = if matches!(upgrade.value, Value::Map(_)) {
        (Vec::new(), Some(reason(upgrade, "the upgrade", "manual")?))
    } else {
        (entries(upgrade)?, None)
    };
    let downgrade = match fields.optional("downgrade") {
        None => Downgrade::Derived,
        Some(node) if matches!(node.value, Value::Map(_)) => {
            Downgrade::Irreversible(reason(node, "the downgrade", "irreversible")?)
        }
        Some(node) => Downgrade::Given(entries(node)?),
    };
    let outside = match fields.optional("transaction") {
        None => false,
        Some(node) if node.text()? == "none" => true,
        Some(node) => return Err(node.expected("`none`")),
    };
    let mut time = |key| match fields.optional(key) {
        None => Ok(None),
        Some(node) => match milliseconds(node.text()?) {
            Some(time) => Ok(Some(time)),
            None => Err(node.expected(TIME)),
        },
    };
    let limits = TimeLimits { lock_timeout: time("lock_timeout")?, statement_timeout: time("statement_timeout")? };
    fields.finish()?;
    Ok(Body {
        upgrade,
        manual,
        downgrade,
        upgrade_outside: outside,
        downgrade_outside: outside,
        upgrade_limits: limits,
        downgrade_limits: limits,
    })
}

/// What a time must look like.
const TIME: &str = "0 or a time such as 500ms, 30s or 5m";

/// A time as a person writes it.
fn milliseconds(text: &str) -> Option<u32> {
    duration(text).and_then(|time| u32::try_from(time.as_millis()).ok())
}

/// The text in `{ key: text }`, a map that stands for a list of operations.
#[cfg(feature = "files")]
fn reason(node: crate::yaml::Node, what: &'static str, key: &'static str) -> Result<String> {
    let mut inner = crate::yaml::Fields::of(node, what)?;
    let why = inner.require(key)?.into_text()?;
    inner.finish()?;
    Ok(why)
}

/// A part of a SQL file: from behind its marker to the next one.
struct Section<'t> {
    up: bool,
    outside: bool,
    limits: TimeLimits,
    /// Line of the marker, from 1.
    line: usize,
    /// What stands behind `-- migrate:manual` in it.
    manual: Option<&'t str>,
    text: &'t str,
}

fn sql(text: &str) -> Result<Body> {
    let sections = sections(text)?;
    let one = |up: bool| -> Result<Option<&Section<'_>>> {
        let mut of_kind = sections.iter().filter(|section| section.up == up);
        let first = of_kind.next();
        match of_kind.next() {
            None => Ok(first),
            Some(second) => {
                let marker = if up { "-- migrate:up" } else { "-- migrate:down" };
                Err(Error::new(Kind::File, format!("`{marker}` is there twice")).at_line(second.line, 1))
            }
        }
    };
    let up = one(true)?.ok_or_else(|| {
        Error::new(Kind::File, "there is no line `-- migrate:up`")
            .at_line(1, 0)
            .with_hint("put `-- migrate:up` above the SQL of the upgrade")
    })?;
    let down = one(false)?;
    let entries = |section: &Section<'_>| {
        let entry = Entry { operation: Operation::Sql(Expr::Same(section.text.to_owned())), line: section.line + 1 };
        if section.text.trim().is_empty() { Vec::new() } else { vec![entry] }
    };
    let downgrade = match down {
        None => Downgrade::Irreversible("the file has no `-- migrate:down`".to_owned()),
        Some(down) => down.manual.map_or_else(
            || Downgrade::Given(entries(down)),
            |why| Downgrade::Irreversible(format!("it is left to you (`-- migrate:manual`): {why}")),
        ),
    };
    Ok(Body {
        upgrade: entries(up),
        manual: up.manual.map(str::to_owned),
        downgrade,
        upgrade_outside: up.outside,
        downgrade_outside: down.is_some_and(|down| down.outside),
        upgrade_limits: up.limits,
        downgrade_limits: down.map(|down| down.limits).unwrap_or_default(),
    })
}

fn sections(text: &str) -> Result<Vec<Section<'_>>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut offset = 0;
    for (place, line) in text.split_inclusive('\n').enumerate() {
        if let Some(words) = line.strip_prefix("-- migrate:manual") {
            let section = sections.last_mut().ok_or_else(|| misplaced(place + 1))?;
            section.manual = Some(words.trim());
        } else if let Some(words) = line.strip_prefix("-- migrate:") {
            sections.push(marker(words, place + 1)?);
            starts.push((offset, offset + line.len()));
        } else if let Some(mark) = meant_mark(line) {
            return Err(Error::new(Kind::File, format!("`{}` looks like a mark and is none", line.trim()))
                .at_line(place + 1, 1)
                .with_hint(format!("write `-- migrate:{mark}`, at the beginning of the line; or reword the comment")));
        }
        offset += line.len();
    }
    if let Some((line, words)) = starts.first().and_then(|(mark, _)| first_words(text.get(..*mark)?)) {
        return Err(outside(line, words));
    }
    let ends = starts.iter().skip(1).map(|(mark, _)| *mark).chain([text.len()]);
    for ((section, (_, start)), end) in sections.iter_mut().zip(&starts).zip(ends) {
        section.text = text.get(*start..end).unwrap_or_default();
    }
    Ok(sections)
}

/// Whether a line of SQL means something to this program, or would be refused as a mark.
pub(crate) fn reads_as_mark(line: &str) -> bool {
    line.starts_with("-- migrate:") || meant_mark(line).is_some()
}

/// The mark that a line comment says in other letters or at another place than a mark has: what stands behind it would run
/// with what stands before it.
pub(crate) fn meant_mark(line: &str) -> Option<&'static str> {
    let comment = line.trim().strip_prefix("--")?.trim_start();
    let (word, rest) = comment.split_at_checked("migrate:".len())?;
    let said = rest.split_whitespace().next().filter(|_| word.eq_ignore_ascii_case("migrate:"))?;
    ["up", "down", "manual"].into_iter().find(|mark| said.eq_ignore_ascii_case(mark))
}

/// What belongs to no section would never run.
fn outside(line: usize, text: &str) -> Error {
    let text: String = text.trim().chars().take(40).collect();
    Error::new(Kind::File, format!("`{text}` stands before the first mark and would never run"))
        .at_line(line, 1)
        .with_hint("put it below `-- migrate:up`; above it are comments only")
}

/// The line, from 1, and the text of what is no comment and no blank.
fn first_words(text: &str) -> Option<(usize, &str)> {
    let mut rest = text.trim_start();
    loop {
        rest = match rest {
            "" => return None,
            line if line.starts_with("--") => line.split_once('\n').map_or("", |(_, rest)| rest),
            block if block.starts_with("/*") && !block.starts_with("/*!") => {
                block.split_once("*/").map_or("", |(_, rest)| rest)
            }
            _ => {
                let before = text.len().saturating_sub(rest.len());
                let line = text.get(..before)?.matches('\n').count() + 1;
                return Some((line, rest.lines().next().unwrap_or_default()));
            }
        }
        .trim_start();
    }
}

fn misplaced(line: usize) -> Error {
    Error::new(Kind::File, "`-- migrate:manual` stands before `-- migrate:up`")
        .at_line(line, 1)
        .with_hint("put it below the `-- migrate:up` or `-- migrate:down` that is to be written")
}

/// A section without its text: `up` or `down`, and how it runs: `transaction:none lock_timeout:2s statement_timeout:10m`,
/// in any order. Hints such as `renamed_from=` belong to models.
fn marker(words: &str, line: usize) -> Result<Section<'static>> {
    let mut words = words.split_whitespace();
    let up = match words.next() {
        Some("up") => true,
        Some("down") => false,
        other => {
            let said = other.unwrap_or_default();
            return Err(Error::new(Kind::File, format!("unknown mark `-- migrate:{said}`"))
                .at_line(line, 1)
                .with_hint("the marks are `-- migrate:up`, `-- migrate:down` and `-- migrate:manual`"));
        }
    };
    let mut section = Section { up, outside: false, limits: TimeLimits::default(), line, manual: None, text: "" };
    for word in words {
        let time = |text| {
            let wrong =
                || Error::new(Kind::File, format!("`{word}` names no time")).at_line(line, 1).with_hint(TIME_HINT);
            milliseconds(text).map(Some).ok_or_else(wrong)
        };
        match word.split_once(':') {
            Some(("transaction", "none")) => section.outside = true,
            Some(("lock_timeout", text)) => section.limits.lock_timeout = time(text)?,
            Some(("statement_timeout", text)) => section.limits.statement_timeout = time(text)?,
            _ => {
                return Err(Error::new(Kind::File, format!("unknown word `{word}` behind the mark"))
                    .at_line(line, 1)
                    .with_hint("write `transaction:none`, `lock_timeout:2s`, `statement_timeout:10m`, or nothing"));
            }
        }
    }
    Ok(section)
}

const TIME_HINT: &str = "write 0 or a time such as 500ms, 30s or 5m";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::read;
    use crate::revision::Downgrade;

    #[test]
    fn sql_sections_know_their_lines() {
        let text = "-- revision: a\n\n-- migrate:up transaction:none\nSELECT 1;\n-- migrate:down\n";
        let body = read(Path::new("a.sql"), text).unwrap();
        assert_eq!(body.upgrade[0].line, 4);
        assert!(body.upgrade_outside && !body.downgrade_outside);
        assert_eq!(body.downgrade, Downgrade::Given(Vec::new()));
        let body = read(Path::new("a.sql"), "-- revision: a\n-- migrate:up\nSELECT 1;\n").unwrap();
        assert!(matches!(body.downgrade, Downgrade::Irreversible(_)));
    }

    #[test]
    fn a_part_that_is_left_to_a_person_says_why() {
        let text = "-- migrate:up\n-- migrate:manual  reads rows \nSELECT 1;\n-- migrate:down\nSELECT 2;\n";
        let body = read(Path::new("a.sql"), text).unwrap();
        assert_eq!(body.manual.as_deref(), Some("reads rows"));
        assert!(matches!(body.downgrade, Downgrade::Given(_)));
        let body = read(Path::new("a.sql"), "-- migrate:up\n-- migrate:down\n-- migrate:manual later\n").unwrap();
        assert!(body.manual.is_none());
        assert!(matches!(&body.downgrade, Downgrade::Irreversible(why) if why.ends_with("later")));
        let body = read(Path::new("a.yaml"), "revision: a\nupgrade: { manual: reads rows }\n").unwrap();
        assert_eq!(body.manual.as_deref(), Some("reads rows"));
        assert!(read(Path::new("a.sql"), "-- migrate:manual x\n-- migrate:up\n").is_err());
    }

    #[test]
    fn limits_of_its_own() {
        let text =
            "-- migrate:up lock_timeout:500ms transaction:none\nSELECT 1;\n-- migrate:down statement_timeout:0\n";
        let body = read(Path::new("a.sql"), text).unwrap();
        assert!(body.upgrade_outside);
        assert_eq!((body.upgrade_limits.lock_timeout, body.upgrade_limits.statement_timeout), (Some(500), None));
        assert_eq!(body.downgrade_limits.statement_timeout, Some(0));
        let text = "revision: a\nlock_timeout: 2s\nstatement_timeout: 10m\nupgrade: []\n";
        let body = read(Path::new("a.yaml"), text).unwrap();
        assert_eq!(body.upgrade_limits, body.downgrade_limits);
        assert_eq!(
            (body.upgrade_limits.lock_timeout, body.upgrade_limits.statement_timeout),
            (Some(2000), Some(600_000))
        );
        let error = read(Path::new("a.yaml"), "revision: a\nlock_timeout: soon\nupgrade: []\n").unwrap_err();
        assert!(error.phrase().contains("expected 0 or a time such as 500ms"), "{error}");
    }

    #[test]
    fn marks_are_checked() {
        for text in [
            "-- migrate:up\n-- migrate:up\n",
            "-- migrate:upp\n",
            "SELECT 1;\n",
            "-- migrate:up transaction:all\n",
            "-- migrate:up lock_timeout:5\n",
            "-- migrate:up statement_timeout\n",
            "-- migrate:up\nSELECT 1;\n--migrate:down\nDROP TABLE t;\n",
            "-- migrate:up\nSELECT 1;\n -- migrate:down\r\nDROP TABLE t;\r\n",
            "-- migrate:up\nSELECT 1;\n-- Migrate: DOWN\nDROP TABLE t;\n",
            "-- revision: a\nCREATE TABLE lost (id int);\n-- migrate:up\nSELECT 1;\n",
            "/* a */ SELECT 1;\n-- migrate:up\nSELECT 1;\n",
            "/*! SET x = 1 */;\n-- migrate:up\nSELECT 1;\n",
        ] {
            assert!(read(Path::new("a.sql"), text).is_err(), "{text}");
        }
        let lost = read(Path::new("a.sql"), "-- revision: a\n\n  SELECT 1;\n-- migrate:up\n").unwrap_err();
        assert_eq!(
            (lost.place().line, lost.phrase()),
            (Some(3), "`SELECT 1;` stands before the first mark and would never run")
        );
        let text = "/* whose\n it is */\n-- revision: a\n\n-- migrate:up\nSELECT 1;\n";
        assert!(read(Path::new("a.sql"), text).is_ok(), "comments above");
        let text = "-- migrate:up\n--migrate: downwards it goes by hand\nSELECT 1;\n";
        assert!(read(Path::new("a.sql"), text).is_ok(), "a comment like any other");
    }

    #[test]
    fn yaml_ways_back() {
        let body =
            |down: &str| read(Path::new("a.yaml"), &format!("revision: a\nupgrade: []\n{down}")).unwrap().downgrade;
        assert_eq!(body(""), Downgrade::Derived);
        assert_eq!(body("downgrade:\n"), Downgrade::Derived);
        assert_eq!(body("downgrade: []\n"), Downgrade::Given(Vec::new()));
        assert_eq!(body("downgrade: { irreversible: gone }\n"), Downgrade::Irreversible("gone".to_owned()));
    }
}
