//! One data case in one text file: tables, rows, steps, and what is expected of them. Pure text.
//!
//! The first line says what it is about; `key: value` lines follow; then sections, each under `== word [qualifier]
//! [database…]` (no database = all of the case).
//!
//! | header | |
//! |---|---|
//! | `databases:` | those it runs on; without the line all three |
//! | `revision:` | a line of the head of the revision with the steps, such as `transaction: none` |
//! | `up:` | the exit code of the upgrade, and what it says: `2 no such column`; then nothing has changed |
//! | `down:` | the same of the downgrade, after `between` if there is one |
//! | `attach:` | SQLite: schemas that are attached files, which are empty at first |
//! | `online:` | why there is no script of it |
//! | `product:` | `mariadb` or `mysql`: only on this one of the two |
//!
//! | section | |
//! |---|---|
//! | `base` | operations that make the tables |
//! | `seed` | SQL that puts rows in |
//! | `steps` | operations under test |
//! | `downgrade` | their way back, where it is not derived |
//! | `rows` | a query up to its `;`, then the rows it gives after the upgrade, `a \| b` |
//! | `between` | SQL that others run between up and down |
//! | `rows keep`, `rows restore`, `rows down` | the same after a downgrade with this policy, or with none |

use std::collections::BTreeMap;

const DATABASES: [&str; 3] = ["sqlite", "postgres", "mysql"];
const KINDS: [&str; 9] =
    ["base", "seed", "steps", "downgrade", "rows", "between", "rows keep", "rows restore", "rows down"];

/// A case as its file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DataCase {
    pub(crate) databases: Vec<&'static str>,
    pub(crate) revision: Vec<String>,
    pub(crate) up: Option<(i32, String)>,
    pub(crate) down: Option<(i32, String)>,
    pub(crate) online: bool,
    pub(crate) product: Option<&'static str>,
    /// Schemas that are attached files of SQLite.
    pub(crate) attach: Vec<String>,
    /// By kind and database; an empty word stands for all of them.
    sections: BTreeMap<(&'static str, &'static str), String>,
}

/// A query and the rows it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) query: String,
    pub(crate) expected: Vec<String>,
}

impl DataCase {
    /// Reads the text of a file; the message names the line that is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut case = Self { databases: DATABASES.to_vec(), ..Self::default() };
        let mut current: Vec<(&'static str, &'static str)> = Vec::new();
        for (place, line) in text.lines().enumerate() {
            if let Some(heading) = line.strip_prefix("== ") {
                current = keys(heading).ok_or_else(|| format!("line {}: unknown section `{heading}`", place + 1))?;
                current.iter().for_each(|key| drop(case.sections.insert(*key, String::new())));
            } else if current.is_empty() {
                if place > 0 && !line.trim().is_empty() {
                    case.header(line).ok_or_else(|| format!("line {}: unknown line `{line}`", place + 1))?;
                }
            } else {
                for key in &current {
                    let body = case.sections.get_mut(key).expect("an open section");
                    body.push_str(line);
                    body.push('\n');
                }
            }
        }
        let needed = ["base", "steps"].into_iter().find(|kind| !case.sections.keys().any(|(key, _)| key == kind));
        needed.map_or(Ok(case), |kind| Err(format!("there is no section `{kind}`")))
    }

    fn header(&mut self, line: &str) -> Option<()> {
        let (key, value) = line.split_once(':')?;
        let value = value.trim();
        let outcome = || {
            let (code, text) = value.split_once(' ').unwrap_or((value, ""));
            Some((code.parse().ok()?, text.to_owned()))
        };
        match key {
            "databases" => {
                let known = |word: &str| DATABASES.into_iter().find(|known| *known == word);
                self.databases = value.split_whitespace().map(known).collect::<Option<_>>()?;
            }
            "revision" => self.revision.push(value.to_owned()),
            "up" => self.up = Some(outcome()?),
            "down" => self.down = Some(outcome()?),
            "attach" => self.attach = value.split(' ').map(str::to_owned).collect(),
            "online" => self.online = true,
            "product" => self.product = Some(crate::case::product(value).ok()?),
            _ => return None,
        }
        Some(())
    }

    /// The text of a section for a database.
    pub(crate) fn section(&self, kind: &'static str, database: &'static str) -> Option<&str> {
        let found = self.sections.get(&(kind, database)).or_else(|| self.sections.get(&(kind, "")));
        found.map(String::as_str)
    }

    /// A query with its rows.
    pub(crate) fn rows(&self, kind: &'static str, database: &'static str) -> Option<Rows> {
        let (query, rows) = self.section(kind, database)?.split_once(";\n")?;
        let expected = rows.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned);
        Some(Rows { query: format!("{query};"), expected: expected.collect() })
    }
}

/// What a heading stands for.
fn keys(heading: &str) -> Option<Vec<(&'static str, &'static str)>> {
    let mut words: Vec<&str> = heading.split_whitespace().collect();
    let mut databases = Vec::new();
    while let Some(found) = DATABASES.into_iter().find(|known| words.last() == Some(known)) {
        databases.push(found);
        words.pop();
    }
    let said = words.join(" ");
    let kind = KINDS.into_iter().find(|kind| *kind == said)?;
    if databases.is_empty() {
        databases.push("");
    }
    Some(databases.into_iter().map(|database| (kind, database)).collect())
}
