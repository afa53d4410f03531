//! Real Alembic in a process of Python, `drive.py`: a request and an answer per line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::random::Revision;

/// The Python that has real Alembic. Without it a test fails: nothing is skipped.
pub(crate) fn python() -> String {
    std::env::var("MIGRATE_TEST_ALEMBIC").unwrap_or_else(|_| panic!("MIGRATE_TEST_ALEMBIC is not set: run tests/run"))
}

/// What a command came to, of either tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What it said where it refused.
    pub(crate) error: Option<String>,
    /// Direction and id, in the order in which they ran.
    pub(crate) steps: Vec<(String, String)>,
    /// The version rows, sorted.
    pub(crate) rows: Vec<String>,
    /// The revisions whose table is there, sorted.
    pub(crate) tables: Vec<String>,
    /// Of a command that lists revisions, sorted.
    pub(crate) listed: Vec<String>,
}

/// The texts of a list in JSON.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The process; it ends with its input.
pub(crate) struct Alembic {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Alembic {
    pub(crate) fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/alembic/drive.py");
        let mut child = Command::new(python())
            .arg("-B")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, requests, answers }
    }

    fn ask(&mut self, request: &Value) -> Value {
        let requests = self.requests.as_mut().expect("a pipe");
        writeln!(requests, "{request}").expect("Python listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python answers");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{request}\n{line}\n{error}"))
    }

    /// Writes the Alembic project of a graph into a new folder.
    pub(crate) fn project(&mut self, folder: &Path, graph: &[Revision]) {
        let revision =
            |one: &Revision| json!({ "id": one.id, "down": one.down, "labels": one.labels, "depends": one.depends });
        let revisions: Vec<Value> = graph.iter().map(revision).collect();
        self.ask(&json!({ "do": "project", "folder": folder, "revisions": revisions }));
    }

    /// Runs a command of Alembic on a SQLite file.
    pub(crate) fn run(&mut self, folder: &Path, database: &Path, command: &[String]) -> Outcome {
        outcome(&self.ask(&json!({ "do": "run", "folder": folder, "database": database, "command": command })))
    }

    /// The rows and tables of a SQLite file.
    pub(crate) fn look(&mut self, database: &Path) -> Outcome {
        outcome(&self.ask(&json!({ "do": "look", "database": database })))
    }
}

impl Drop for Alembic {
    fn drop(&mut self) {
        drop(self.requests.take());
        drop(self.child.wait());
    }
}

fn outcome(answer: &Value) -> Outcome {
    let step = |step: &Value| {
        let words = texts(step);
        (words[0].clone(), words[1].clone())
    };
    Outcome {
        error: answer["error"].as_str().map(str::to_owned),
        steps: answer["steps"].as_array().into_iter().flatten().map(step).collect(),
        rows: texts(&answer["rows"]),
        tables: texts(&answer["tables"]),
        listed: texts(&answer["listed"]),
    }
}
