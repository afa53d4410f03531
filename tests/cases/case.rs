//! One case in one text file: two models, rows, and what is expected of the way between them.
//!
//! The first line says what it is about; `key: value` lines follow; then sections, each under `== word [qualifier…]
//! [database…]` (no database = all of the case). Pure text: reads and writes nothing.
//!
//! | header | |
//! |---|---|
//! | `databases:` | those it runs on; without the line all three |
//! | `product:` | `mariadb` or `mysql`: only on this one of the two |
//! | `since:` | `postgres 15`: the first version of a database's server that knows what is in it |
//! | `flags:` | more arguments of `revision --autogenerate` |
//! | `attach:` | SQLite: schemas that are attached files, which are empty at first |
//! | `config:` | a line of `migrate.yaml`; may be repeated |
//! | `irreversible:` | why the downgrade is refused |
//!
//! | section | |
//! |---|---|
//! | `model` | both models in one text: `-` lines are of `from`, `+` lines of `to`, others (two spaces) of both |
//! | `from`, `to` | one model each, where marks would be hard to read |
//! | `model sql`, `from sql`, `to sql` | the same in SQL |
//! | `place` | SQL that puts into an empty database what no model makes and the models need, once for each |
//! | `seed` | SQL that puts rows in after `from` is there |
//! | `rows`, `rows up`, `rows down` | a query up to its `;`, then the rows it gives after up and down, `a \| b` |
//! | `operations`, `statements` | goldens, written by `MIGRATE_BLESS=1`, read by a person |

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The databases by their words, in the order of headings.
pub(crate) const DATABASES: [&str; 3] = ["sqlite", "postgres", "mysql"];
/// The two of the database `mysql`; `tests/run` has the first, `tests/mysql.py` the second.
const PRODUCTS: [&str; 2] = ["mariadb", "mysql"];
/// What may stand behind `==`.
const KINDS: [&str; 8] = ["model", "from", "to", "place", "seed", "rows", "operations", "statements"];
const GOLDENS: [&str; 2] = ["operations", "statements"];
const QUALIFIERS: [&str; 3] = ["sql", "up", "down"];

/// A case as its file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Case {
    /// The file's name without its end.
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) databases: Vec<&'static str>,
    pub(crate) product: Option<&'static str>,
    /// A database, and the first major version of its server that knows all of the case.
    pub(crate) since: Option<(&'static str, u32)>,
    pub(crate) flags: Vec<String>,
    pub(crate) config: Vec<String>,
    /// Schemas that are attached files.
    pub(crate) attach: Vec<String>,
    pub(crate) irreversible: Option<String>,
    headers: Vec<String>,
    sections: Vec<Section>,
    goldens: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    heading: String,
    kind: &'static str,
    qualifier: Option<&'static str>,
    databases: Vec<&'static str>,
    body: String,
}

/// A model as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    Yaml(String),
    Sql(String),
}

/// Which of the two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    From,
    To,
}

/// A query and the rows it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) query: String,
    pub(crate) expected: Vec<String>,
}

impl Case {
    /// Whether its goldens are in the words of this product. Where nobody says which, they are MariaDB's.
    pub(crate) fn speaks(&self, product: &str) -> bool {
        self.product.unwrap_or("mariadb") == product
    }

    /// Reads the text of a file; the message names the line that is wrong.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut case = Self { name: name.to_owned(), databases: DATABASES.to_vec(), ..Self::default() };
        let mut pieces = text.split("\n== ");
        case.read_head(pieces.next().unwrap_or_default())?;
        for piece in pieces {
            let (heading, body) = piece.split_once('\n').unwrap_or((piece, ""));
            let section = section(heading.trim(), body, &case.databases)?;
            if GOLDENS.contains(&section.kind) {
                let golden = case.goldens.entry(section.kind).or_default();
                golden.extend(section.databases.iter().map(|database| (*database, section.body.clone())));
            } else {
                case.sections.push(section);
            }
        }
        Ok(case)
    }

    fn read_head(&mut self, head: &str) -> Result<(), String> {
        let mut lines = head.lines().map(str::trim_end).filter(|line| !line.is_empty());
        self.about = lines.next().ok_or("an empty file")?.to_owned();
        for line in lines {
            let (key, value) = line.split_once(':').ok_or_else(|| format!("`{line}`: not `key: value`"))?;
            let value = value.trim();
            match key {
                "databases" => self.databases = value.split(' ').map(database).collect::<Result<_, _>>()?,
                "product" => self.product = Some(product(value)?),
                "since" => self.since = Some(since(value)?),
                "flags" => self.flags = value.split(' ').map(str::to_owned).collect(),
                "attach" => self.attach = value.split(' ').map(str::to_owned).collect(),
                "config" => self.config.push(value.to_owned()),
                "irreversible" => self.irreversible = Some(value.to_owned()),
                _ => return Err(format!("unknown key `{key}`")),
            }
            self.headers.push(line.to_owned());
        }
        Ok(())
    }

    /// Whether the server of a version knows all that is in the case. A version that nobody said does.
    pub(crate) fn suits(&self, database: &str, version: Option<&str>) -> bool {
        let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        match (self.since, major) {
            (Some((word, since)), Some(major)) => word != database || major >= since,
            (None, _) | (_, None) => true,
        }
    }

    /// The last one that fits: what is said for one database stands behind what is said for all.
    fn section(&self, kind: &str, qualifiers: &[Option<&str>], database: &str) -> Option<&Section> {
        let fits = |section: &&Section| {
            section.kind == kind && qualifiers.contains(&section.qualifier) && section.databases.contains(&database)
        };
        self.sections.iter().rev().find(fits)
    }

    /// One of the two models for a database.
    pub(crate) fn model(&self, side: Side, database: &str) -> Result<Model, String> {
        let (kind, other) = match side {
            Side::From => ("from", '+'),
            Side::To => ("to", '-'),
        };
        let any = [None, Some("sql")];
        let section = self.section(kind, &any, database).or_else(|| self.section("model", &any, database));
        let section = section.ok_or_else(|| format!("no section `{kind}` or `model` for {database}"))?;
        let marked = section.kind == "model";
        let lines = section.body.lines().filter(|line| !(marked && line.starts_with(other)));
        let plain = |line: &str| if marked { line.chars().skip(2).collect() } else { line.to_owned() };
        let text: String = lines.map(|line| plain(line) + "\n").collect();
        if section.qualifier == Some("sql") {
            return Ok(Model::Sql(text));
        }
        Ok(Model::Yaml(if text.trim().is_empty() { "tables: {}\n".to_owned() } else { text }))
    }

    /// The SQL that puts into an empty database what no model makes.
    pub(crate) fn place(&self, database: &str) -> Option<&str> {
        self.section("place", &[None], database).map(|section| section.body.as_str())
    }

    /// The SQL that puts rows in.
    pub(crate) fn seed(&self, database: &str) -> Option<&str> {
        self.section("seed", &[None], database).map(|section| section.body.as_str())
    }

    /// What must be found after going up (`To`) or down (`From`).
    pub(crate) fn rows(&self, side: Side, database: &str) -> Option<Rows> {
        let word = if side == Side::To { "up" } else { "down" };
        let section = self.section("rows", &[Some(word), None], database)?;
        let (query, rows) = section.body.split_once(";\n").unwrap_or((section.body.as_str(), ""));
        Some(Rows { query: format!("{query};"), expected: rows.lines().map(str::to_owned).collect() })
    }

    /// The expected text of a kind of golden.
    pub(crate) fn golden(&self, kind: &str, database: &str) -> Option<&str> {
        self.goldens.get(kind)?.get(database).map(String::as_str)
    }

    /// Sets it to what was found.
    pub(crate) fn bless(&mut self, kind: &'static str, database: &'static str, text: &str) {
        self.goldens.entry(kind).or_default().insert(database, text.to_owned());
    }
}

/// The text of the file: equal goldens of several databases stand under one heading.
impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = format!("{}\n", self.about);
        for header in &self.headers {
            writeln!(text, "{header}")?;
        }
        for section in &self.sections {
            write!(text, "\n== {}\n{}", section.heading, section.body)?;
        }
        for kind in GOLDENS {
            let golden = self.goldens.get(kind).into_iter().flatten();
            let mut groups: Vec<(&String, Vec<&str>)> = Vec::new();
            for database in &self.databases {
                let Some((_, body)) = golden.clone().find(|(word, _)| *word == database) else { continue };
                match groups.iter_mut().find(|(other, _)| *other == body) {
                    Some((_, databases)) => databases.push(database),
                    None => groups.push((body, vec![database])),
                }
            }
            for (body, databases) in groups {
                let all = databases.len() == self.databases.len();
                let databases = if all { String::new() } else { format!(" {}", databases.join(" ")) };
                write!(text, "\n== {kind}{databases}\n{body}")?;
            }
        }
        f.write_str(&text)
    }
}

fn section(heading: &str, body: &str, all: &[&'static str]) -> Result<Section, String> {
    let mut words = heading.split(' ');
    let word = words.next().unwrap_or_default();
    let kind = KINDS.into_iter().find(|kind| *kind == word).ok_or_else(|| format!("unknown section `{word}`"))?;
    let (mut qualifier, mut databases) = (None, Vec::new());
    for word in words {
        match QUALIFIERS.into_iter().find(|qualifier| *qualifier == word) {
            Some(word) => qualifier = Some(word),
            None => databases.push(database(word)?),
        }
    }
    if databases.is_empty() {
        databases = all.to_vec();
    }
    let body = format!("{}\n", body.trim_end());
    Ok(Section { heading: heading.to_owned(), kind, qualifier, databases, body })
}

pub(crate) fn product(word: &str) -> Result<&'static str, String> {
    PRODUCTS.into_iter().find(|known| *known == word).ok_or_else(|| format!("unknown product `{word}`"))
}

fn database(word: &str) -> Result<&'static str, String> {
    DATABASES.into_iter().find(|known| *known == word).ok_or_else(|| format!("unknown database `{word}`"))
}

fn since(value: &str) -> Result<(&'static str, u32), String> {
    let (word, version) = value.split_once(' ').ok_or("`since`: a database and a version")?;
    Ok((database(word)?, version.parse().map_err(|_| format!("`since`: `{version}` is no version"))?))
}
