//! What revisions run: asked from the user's own Alembic, in one process for all of them (`driver.py`). It runs the code of
//! the project, as `alembic upgrade --sql` does, and no database.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Project;
use crate::error::{Error, Kind, Result};
use crate::graph::RevisionId;

const DRIVER: &str = include_str!("driver.py");

/// One direction of one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Sql {
        text: String,
        /// It leaves the transaction on its way.
        outside: bool,
    },
    /// A person has to write it.
    Left {
        why: String,
        /// What was printed nevertheless.
        printed: String,
    },
}

/// What Alembic told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bodies {
    /// SQLAlchemy's word for the database.
    pub(crate) dialect: Option<String>,
    /// Schema and name.
    pub(crate) version_table: Option<(Option<String>, String)>,
    /// The way up and the way down of each revision that was answered.
    parts: BTreeMap<(String, bool), Part>,
    /// Why there is no more.
    pub(crate) failure: Option<String>,
}

/// What is asked.
pub(crate) struct Ask<'a> {
    /// The Python that has Alembic: a program and its arguments.
    pub(crate) python: &'a [String],
    pub(crate) project: &'a Project,
    pub(crate) revisions: Vec<&'a RevisionId>,
    /// `-x key=value`.
    pub(crate) values: Vec<String>,
    /// When what has not been answered is given up.
    pub(crate) limit: Duration,
}

impl Bodies {
    /// Nothing was asked, and why.
    pub(crate) fn none(why: impl Into<String>) -> Self {
        Self { failure: Some(why.into()), ..Self::default() }
    }

    /// One direction of a revision.
    pub(crate) fn part(&self, id: &RevisionId, up: bool) -> Part {
        self.parts.get(&(id.as_str().to_owned(), up)).cloned().unwrap_or_else(|| Part::Left {
            why: self.failure.clone().unwrap_or_else(|| "Alembic said nothing about it".to_owned()),
            printed: String::new(),
        })
    }

    /// Takes in a line of the answer.
    fn add(&mut self, line: &str) {
        let Ok(answer) = serde_json::from_str::<Value>(line) else { return };
        let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
        let is = |key: &str| answer.get(key).and_then(Value::as_bool).unwrap_or(false);
        if let Some(failed) = text("failed") {
            self.failure = Some(failed);
            // What one of several databases would do is not what all would do.
            self.parts.clear();
        } else if let Some(revision) = text("revision") {
            let sql = text("sql").unwrap_or_default();
            let part = match text("error") {
                Some(error) => Part::Left { why: format!("Alembic cannot print it: {error}"), printed: sql },
                None if is("asked") => Part::Left {
                    why: "it asks whether it runs offline, so that Alembic's script may leave a part of it out"
                        .to_owned(),
                    printed: sql,
                },
                None => Part::Sql { text: sql, outside: is("outside") },
            };
            self.parts.insert((revision, text("direction").as_deref() == Some("upgrade")), part);
        } else if let Some(dialect) = text("dialect") {
            self.dialect = Some(dialect);
            self.version_table = text("table").map(|table| (text("schema"), table));
        }
    }
}

/// `5 s`; what is no whole number of seconds in milliseconds.
fn spoken(limit: Duration) -> String {
    if limit.subsec_millis() == 0 { format!("{} s", limit.as_secs()) } else { format!("{} ms", limit.as_millis()) }
}

impl Ask<'_> {
    /// Runs Alembic and hears it out, up to the limit of time.
    ///
    /// # Errors
    /// [`Kind::Config`] if Python cannot be started. Whatever goes wrong in it is part of the answer.
    pub(crate) fn answer(&self) -> Result<Bodies> {
        let mut child = self.start()?;
        let lines = lines(&mut child);
        let complaint = tail(&mut child);
        let mut bodies = Bodies::default();
        let end = Instant::now() + self.limit;
        loop {
            match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => bodies.add(&line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    bodies.failure = Some(format!("Alembic did not answer within {}", spoken(self.limit)));
                    drop(child.kill());
                    break;
                }
            }
        }
        drop(child.wait());
        if bodies.failure.is_none() && bodies.parts.is_empty() && !self.revisions.is_empty() {
            let said = complaint.recv().ok().flatten();
            bodies.failure = Some(said.unwrap_or_else(|| "Alembic said nothing".to_owned()));
        }
        Ok(bodies)
    }

    fn start(&self) -> Result<Child> {
        let (program, arguments) =
            self.python.split_first().map_or(("python3", &[][..]), |(first, rest)| (first, rest));
        let failed = |error: std::io::Error| {
            Error::new(Kind::Config, format!("cannot start {program}"))
                .caused_by(error)
                .with_hint("name the Python that has Alembic: --python venv/bin/python, or give --headers-only")
        };
        let mut child = Command::new(program)
            .args(arguments)
            .args(["-B", "-c", DRIVER])
            .current_dir(&self.project.root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let revisions: Vec<&str> = self.revisions.iter().map(|id| id.as_str()).collect();
        let request = json!({
            "config": self.project.config.as_deref().map(Path::to_string_lossy),
            "toml": self.project.toml.as_deref().map(Path::to_string_lossy),
            "scripts": self.project.scripts.to_string_lossy(),
            "revisions": revisions,
            "is_whole": revisions.len() == self.project.revisions.len(),
            "in_line": self.project.graph.in_line().iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "values": self.values,
        });
        if let Some(mut input) = child.stdin.take() {
            // A Python that has ended already says so on its own streams.
            drop(writeln!(input, "{request}"));
        }
        Ok(child)
    }
}

/// The lines of standard output, as they come.
fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(std::result::Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

/// The last line of standard error, once it has ended.
fn tail(child: &mut Child) -> Receiver<Option<String>> {
    let (sender, receiver) = channel();
    if let Some(mut errors) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            drop(errors.read_to_end(&mut bytes));
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let last = text.lines().rev().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned());
            drop(sender.send(last));
        });
    }
    receiver
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Bodies, Part, spoken};
    use crate::graph::RevisionId;

    fn told(lines: &[&str]) -> Bodies {
        let mut bodies = Bodies::default();
        lines.iter().for_each(|line| bodies.add(line));
        bodies
    }

    fn why(bodies: &Bodies, id: &str, up: bool) -> String {
        match bodies.part(&RevisionId::new(id).unwrap(), up) {
            Part::Left { why, printed } => format!("{why} | {printed}"),
            Part::Sql { text, outside } => format!("SQL {text} {outside}"),
        }
    }

    #[test]
    fn a_limit_below_a_second_is_said_too() {
        let said = [0, 1, 1000, 1500, 60_000].map(|limit| spoken(Duration::from_millis(limit)));
        assert_eq!(said, ["0 s", "1 ms", "1 s", "1500 ms", "60 s"]);
    }

    #[test]
    fn answers_become_parts() {
        let bodies = told(&[
            r#"{"dialect": "postgresql", "table": "v", "schema": null}"#,
            r#"{"revision": "a", "direction": "upgrade", "sql": "X;", "outside": true, "asked": false, "error": null}"#,
            r#"{"revision": "a", "direction": "downgrade", "sql": "Y;", "outside": false, "asked": true, "error": null}"#,
            r#"{"revision": "b", "direction": "upgrade", "sql": "", "outside": false, "asked": false, "error": "E: e"}"#,
            "no JSON",
        ]);
        assert_eq!(bodies.version_table, Some((None, "v".to_owned())));
        assert_eq!(why(&bodies, "a", true), "SQL X; true");
        assert!(why(&bodies, "a", false).ends_with("leave a part of it out | Y;"));
        assert_eq!(why(&bodies, "b", true), "Alembic cannot print it: E: e | ");
        assert_eq!(why(&bodies, "b", false), "Alembic said nothing about it | ");
    }

    #[test]
    fn after_a_failure_nothing_that_was_said_counts() {
        let bodies = told(&[
            r#"{"revision": "a", "direction": "upgrade", "sql": "X;", "outside": false, "asked": false, "error": null}"#,
            r#"{"failed": "twice"}"#,
        ]);
        assert_eq!(why(&bodies, "a", true), "twice | ");
    }
}
