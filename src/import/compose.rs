//! The revision files that a foreign project becomes. Pure: composes texts, writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::alembic::Revision;
use super::{Bodies, Part, Project};
use crate::graph::RevisionId;
use crate::revision::body::reads_as_mark;
use crate::revision::write::{Half, sql_halves};

/// One file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) revision: RevisionId,
    /// Which folder of the foreign project it comes from.
    pub(crate) location: usize,
    pub(crate) name: String,
    pub(crate) text: String,
    /// It has no body, since a baseline stands for it.
    pub(crate) is_named_only: bool,
    /// Why a person has to write its upgrade, or its downgrade.
    pub(crate) up_left: Option<String>,
    pub(crate) down_left: Option<String>,
}

/// The schema of one revision, as the way from the base to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Baseline {
    pub(crate) revision: RevisionId,
    /// What it stands for: everything that it needs, itself included.
    pub(crate) covered: BTreeSet<RevisionId>,
    pub(crate) up: String,
    pub(crate) down: String,
    /// What is in that database and not in `up`.
    pub(crate) missing: Vec<String>,
}

/// All files of a project, each with its own id, parents, labels and dependencies.
pub(crate) fn compose(
    project: &Project,
    bodies: &Bodies,
    dialect: Option<&str>,
    baseline: Option<&Baseline>,
) -> Vec<Text> {
    let mut taken: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for revision in &project.revisions {
        *taken.entry((revision.location, revision.stem.as_str())).or_default() += 1;
    }
    let one = |revision: &Revision| {
        let id = &revision.header.revision;
        let (up, down, is_baseline) = match baseline {
            Some(baseline) if baseline.covered.contains(id) => of_baseline(id, baseline),
            _ => (of_part(bodies.part(id, true), dialect), of_part(bodies.part(id, false), dialect), false),
        };
        let mut header = revision.header.clone();
        header.dialect = dialect.map(str::to_owned);
        header.baseline = is_baseline;
        let text = sql_halves(&header, &up.half(), Some(&down.half()));
        let is_alone = taken.get(&(revision.location, revision.stem.as_str())).is_none_or(|count| *count == 1);
        let name = if is_alone { format!("{}.sql", revision.stem) } else { format!("{}.{id}.sql", revision.stem) };
        // What a baseline stands for is left to nobody.
        let is_named_only = baseline.is_some_and(|baseline| baseline.covered.contains(id)) && !is_baseline;
        let (up_left, down_left) = if is_named_only { (None, None) } else { (up.left, down.left) };
        Text { revision: id.clone(), location: revision.location, name, text, is_named_only, up_left, down_left }
    };
    project.revisions.iter().map(one).collect()
}

/// One direction as it goes into a file.
struct Written {
    text: String,
    outside: bool,
    left: Option<String>,
}

impl Written {
    fn sql(sql: &str, outside: bool) -> Self {
        Self { text: harmless(sql), outside, left: None }
    }

    /// Left to a person, with a text to begin with.
    fn left(why: &str, text: &str) -> Self {
        let why: String = why.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { text: format!("-- migrate:manual {}\n{text}", why.trim()), outside: false, left: Some(why) }
    }

    fn half(&self) -> Half<'_> {
        Half { text: &self.text, outside: self.outside }
    }
}

/// Both directions of a revision that a baseline stands for, and whether it is the baseline itself.
fn of_baseline(id: &RevisionId, baseline: &Baseline) -> (Written, Written, bool) {
    if baseline.revision != *id {
        let left = || Written::left(&format!("its work is part of the baseline {}", baseline.revision), "");
        return (left(), left(), false);
    }
    let up = match baseline.missing.as_slice() {
        [] => Written::sql(&baseline.up, false),
        missing => {
            let why = format!("add what is not modelled, then take out this line: {}", missing.join(", "));
            Written::left(&why, &harmless(&baseline.up))
        }
    };
    (up, Written::sql(&baseline.down, false), true)
}

/// Whether a backslash escapes in the strings of this database.
fn knows_escapes(dialect: Option<&str>) -> bool {
    let known = dialect.and_then(|word| crate::dialect::for_script(word, None));
    known.is_some_and(|(dialect, _)| dialect.syntax().backslash_escapes)
}

fn of_part(part: Part, dialect: Option<&str>) -> Written {
    match part {
        // Defaults of binary columns are printed as they are, within quotes.
        Part::Sql { text, outside } if knows_escapes(dialect) => Written::sql(&text.replace('\0', "\\0"), outside),
        Part::Sql { text, .. } if text.contains('\0') => {
            Written::left("Alembic prints a NUL byte, which no file may hold", "")
        }
        Part::Sql { text, outside } => Written::sql(&text, outside),
        Part::Left { why, printed } if printed.trim().is_empty() => Written::left(&why, ""),
        Part::Left { why, printed } => {
            let lines = printed.trim().lines().map(|line| format!("{}\n", format!("-- {line}").trim_end()));
            Written::left(&why, &format!("-- Alembic prints this of it:\n{}", lines.collect::<String>()))
        }
    }
}

/// SQL in which nothing means more here than it did there: neither a mark at the beginning of a line nor `${x.key}`.
fn harmless(sql: &str) -> String {
    let sql = sql.trim_end().replace("${x.", "$${x.");
    let line = |line: &str| match reads_as_mark(line) {
        true => format!("{}\n", line.replacen(':', " :", 1)),
        false => format!("{line}\n"),
    };
    sql.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{Baseline, Written, harmless, of_baseline, of_part};
    use crate::graph::RevisionId;
    use crate::import::Part;

    #[test]
    fn nothing_of_the_sql_is_a_mark_or_a_variable() {
        assert_eq!(harmless("A;\n\n\nB '${x.y}';\n\n"), "A;\n\n\nB '$${x.y}';\n");
        assert_eq!(harmless("A '\n-- migrate:down\n';"), "A '\n-- migrate :down\n';\n");
        assert_eq!(harmless("--migrate:down"), "--migrate :down\n");
        assert_eq!(harmless("\n"), "");
    }

    #[test]
    fn nul_bytes_are_written_as_mysql_reads_them_and_nowhere_else() {
        let part = || Part::Sql { text: "DEFAULT '\0\0'".to_owned(), outside: false };
        assert_eq!(of_part(part(), Some("mysql")).text, "DEFAULT '\\0\\0'\n");
        for dialect in [Some("postgres"), None] {
            assert!(of_part(part(), dialect).left.is_some_and(|why| why.contains("a NUL byte")), "{dialect:?}");
        }
    }

    #[test]
    fn what_is_left_says_why_in_one_line() {
        let Written { text, left, .. } = Written::left("a\nb ", "-- x\n");
        assert_eq!((text.as_str(), left.as_deref()), ("-- migrate:manual a b\n-- x\n", Some("a b ")));
    }

    #[test]
    fn a_baseline_has_the_schema_and_its_ancestors_nothing() {
        let id = |text| RevisionId::new(text).unwrap();
        let baseline = |missing: &[&str]| Baseline {
            revision: id("b"),
            covered: [id("a"), id("b")].into(),
            up: "CREATE;".to_owned(),
            down: "DROP;".to_owned(),
            missing: missing.iter().map(|one| (*one).to_owned()).collect(),
        };
        let (up, down, is_baseline) = of_baseline(&id("b"), &baseline(&[]));
        assert_eq!((up.text.as_str(), down.text.as_str(), is_baseline), ("CREATE;\n", "DROP;\n", true));
        let (up, _, _) = of_baseline(&id("b"), &baseline(&["view v"]));
        assert!(
            up.text.starts_with("-- migrate:manual add what") && up.text.ends_with(": view v\nCREATE;\n"),
            "{}",
            up.text
        );
        let (up, down, is_baseline) = of_baseline(&id("a"), &baseline(&[]));
        assert!(up.left.is_some() && down.left.is_some() && !is_baseline);
    }
}
