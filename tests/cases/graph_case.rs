//! Cases of the revision graph: many in one text file, each a question and its answer. Pure text: reads and writes nothing.
//!
//! The first line says what the file is about; `key: value` lines that hold for all its cases follow. A case begins with
//! `== RULE what is asked`; the rules are listed in `tests/cases/graph/rules.txt`.
//!
//! | line | |
//! |---|---|
//! | `graph:` | `id[:parent,parent][#label][>dependency,dependency] …`, the same id twice for two files |
//! | `at:` | the rows of the version table before: `c,d`; without the line none |
//! | `databases:` | those it runs on; without the line SQLite |
//! | `$ …` | the command, without `migrate` |
//! | `by: binary` | only the program can answer, the graph alone cannot |
//! | `steps:` | what runs, `+c -d`; without the line nothing |
//! | `rows:` | the rows after each step, `c · c,d`; after a stamp once; without the line unchanged |
//! | `lists:` | the ids that are listed, in this order |
//! | `parents:` | the parents of the new revision, in this order |
//! | `exit:` | the exit code; without the line 0 |
//! | `says:` | part of what is said on standard error |
//! | `prints:` | a line on standard output |
//! | `writes:` | a line in the new revision file |

/// One question to the graph and its answer. Fields are named as their lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) rule: String,
    pub(crate) name: String,
    pub(crate) graph: String,
    pub(crate) at: String,
    pub(crate) databases: Vec<String>,
    pub(crate) command: Vec<String>,
    pub(crate) only_binary: bool,
    pub(crate) steps: Vec<String>,
    /// None = unchanged.
    pub(crate) rows: Option<Vec<String>>,
    pub(crate) lists: Option<Vec<String>>,
    pub(crate) parents: Option<Vec<String>>,
    pub(crate) exit: u8,
    pub(crate) says: Vec<String>,
    pub(crate) prints: Vec<String>,
    pub(crate) writes: Vec<String>,
}

/// Reads the text of a file; the message names the line that is wrong.
pub(crate) fn parse(text: &str) -> Result<Vec<Case>, String> {
    let mut common = Case { at: "–".to_owned(), databases: vec!["sqlite".to_owned()], ..Case::default() };
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        if let Some(heading) = line.strip_prefix("== ") {
            let (rule, name) = heading.split_once(' ').ok_or_else(|| format!("`{line}`: a name is missing"))?;
            cases.push(Case { rule: rule.to_owned(), name: name.to_owned(), ..common.clone() });
        } else {
            cases.last_mut().unwrap_or(&mut common).read(line)?;
        }
    }
    cases.iter().try_for_each(Case::check)?;
    Ok(cases)
}

impl Case {
    fn read(&mut self, line: &str) -> Result<(), String> {
        if let Some(command) = line.strip_prefix("$ ") {
            self.command = words(command, char::is_whitespace);
            return Ok(());
        }
        let (key, value) = line.split_once(':').ok_or_else(|| format!("`{line}`: not `key: value`"))?;
        let value = value.trim();
        match key {
            "graph" => value.clone_into(&mut self.graph),
            "at" => value.clone_into(&mut self.at),
            "databases" => self.databases = words(value, char::is_whitespace),
            "by" => self.only_binary = value == "binary",
            "steps" => self.steps = words(value, char::is_whitespace),
            "rows" => self.rows = Some(words(value, |c| c == '·')),
            "lists" => self.lists = Some(words(value, char::is_whitespace)),
            "parents" => self.parents = Some(words(value, |c| c == ',')),
            "exit" => self.exit = value.parse().map_err(|_| format!("`{line}`: not an exit code"))?,
            "says" => self.says.push(value.to_owned()),
            "prints" => self.prints.push(value.to_owned()),
            "writes" => self.writes.push(value.to_owned()),
            _ => return Err(format!("`{line}`: unknown key")),
        }
        Ok(())
    }

    /// A case that expects nothing proves nothing.
    fn check(&self) -> Result<(), String> {
        let rows = self.rows.as_ref().map_or(0, Vec::len);
        let fault = match () {
            () if self.command.is_empty() => "has no command",
            () if self.exit != 0 && (rows > 0 || !self.steps.is_empty()) => "fails and changes something",
            () if self.exit > 1 && self.says.is_empty() => "fails without a word",
            () if !self.steps.is_empty() && rows != self.steps.len() => "has another number of rows than of steps",
            () => return Ok(()),
        };
        Err(format!("`{}`: {fault}", self.name))
    }

    /// The rows after the last step.
    pub(crate) fn rows_at_the_end(&self) -> &str {
        self.rows.as_ref().and_then(|rows| rows.last()).map_or(self.at.as_str(), String::as_str)
    }
}

fn words(text: &str, separator: impl Fn(char) -> bool) -> Vec<String> {
    text.split(separator).map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
