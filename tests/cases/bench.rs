//! The workbench of one case on one database: a project, its database, and what was seen on the way.

use std::path::{Path, PathBuf};

use super::canonical::{Dump, difference};
use super::case::{Case, Model, Rows, Side};
use super::common::{Database, Fresh, Output, Project};

/// The ids of the two revisions, so that goldens do not depend on the run.
pub(crate) const BASE: &str = "a0";
pub(crate) const CHANGE: &str = "b1";

/// The state of a run; the proofs follow each other on it.
pub(crate) struct Bench {
    pub(crate) case: Case,
    /// The file of the case.
    path: PathBuf,
    pub(crate) database: Database,
    pub(crate) project: Project,
    /// The database that goes up and down.
    pub(crate) live: Fresh,
    /// The revision that makes `from`, or the word for nothing.
    pub(crate) base: &'static str,
    /// The schema before and after.
    pub(crate) before: Option<Dump>,
    pub(crate) after: Option<Dump>,
    /// The offline script of the change.
    pub(crate) script: String,
    /// A column came or went, so that where the database cannot place columns their order may differ.
    pub(crate) moved: bool,
}

/// An empty database with what no model makes.
fn fresh(case: &Case, database: Database) -> Fresh {
    let fresh = database.fresh().attaching(&case.attach);
    case.place(database.word()).into_iter().for_each(|sql| fresh.try_execute(sql).expect("the place of the case"));
    fresh
}

impl Bench {
    /// Sets up an empty database and a project on it.
    pub(crate) fn new(case: Case, path: &Path, database: Database) -> Self {
        let live = fresh(&case, database);
        let project = Project::on(&live);
        if !case.config.is_empty() {
            let config = project.read("migrate.yaml");
            project.write("migrate.yaml", config + &case.config.join("\n") + "\n");
        }
        let path = path.to_owned();
        let (base, script) = ("base", String::new());
        Self { case, path, database, project, live, base, before: None, after: None, script, moved: false }
    }

    /// Another database for the same case.
    pub(crate) fn fresh(&self) -> Fresh {
        fresh(&self.case, self.database)
    }

    pub(crate) fn model(&self, side: Side) -> Result<Model, String> {
        self.case.model(side, self.database.word())
    }

    /// Makes one of the two models the project's.
    pub(crate) fn declare(&self, side: Side) -> Result<(), String> {
        self.declare_model(&self.model(side)?);
        Ok(())
    }

    pub(crate) fn declare_model(&self, model: &Model) {
        for old in self.project.list("models") {
            std::fs::remove_file(self.project.path("models").join(old)).expect("a file of the project");
        }
        match model {
            Model::Yaml(text) => self.project.write("models/case.yaml", text),
            Model::Sql(text) => self.project.write("models/case.sql", text),
        };
    }

    /// Runs the program; another exit code than this is the failure of the proof.
    pub(crate) fn run(&self, code: i32, arguments: &[&str]) -> Result<Output, String> {
        let output = self.project.run(arguments);
        if output.code == code {
            Ok(output)
        } else {
            Err(format!("exit code {} instead of {code}\n{output}", output.code))
        }
    }

    /// `revision --autogenerate`; the text of the file that it wrote, if it wrote one.
    pub(crate) fn autogenerate(&self, id: &str, flags: &[String]) -> Result<Option<String>, String> {
        let before = self.project.list("versions");
        let mut arguments = vec!["revision", "--autogenerate", "-m", "case", "--rev-id", id];
        arguments.extend(flags.iter().map(String::as_str));
        self.run(0, &arguments)?;
        let new: Vec<String> =
            self.project.list("versions").into_iter().filter(|name| !before.contains(name)).collect();
        match new.as_slice() {
            [] => Ok(None),
            [name] => Ok(Some(self.project.read(&format!("versions/{name}")))),
            _ => Err(format!("several files were written: {new:?}")),
        }
    }

    /// `check` says in sync.
    pub(crate) fn in_sync(&self) -> Result<(), String> {
        self.run(0, &["check"]).map(drop)
    }

    pub(crate) fn dump(&self) -> Dump {
        Dump::of(&self.live)
    }

    /// The rows that the case expects on this side of the change.
    pub(crate) fn rows(&self, side: Side) -> Result<(), String> {
        let Some(Rows { query, expected }) = self.case.rows(side, self.database.word()) else { return Ok(()) };
        let found: Vec<String> = self.live.query(&query).iter().map(|row| row.join(" | ")).collect();
        if found == expected { Ok(()) } else { Err(format!("{query}\nexpected {expected:#?}\nfound {found:#?}")) }
    }

    /// Compares with the expected text in the file of the case, or writes it there. It is the text of the servers that
    /// `tests/run` starts: other versions (`tests/matrix.py`) may say it in other words.
    pub(crate) fn golden(&self, kind: &'static str, found: &str) -> Result<(), String> {
        let database = self.database.word();
        if self.database == Database::Mysql && !self.case.speaks(&Database::product_of_mysql()) {
            return Ok(());
        }
        let found = format!("{}\n", found.trim_end());
        if std::env::var_os("MIGRATE_BLESS").is_some() {
            return self.bless(kind, &found);
        }
        match self.case.golden(kind, database) {
            Some(_) if std::env::var_os("MIGRATE_TEST_OTHER_VERSION").is_some() => Ok(()),
            Some(expected) if expected == found => Ok(()),
            Some(expected) => Err(format!("\n--- expected\n+++ found\n{}", difference(expected, &found))),
            None => Err(format!("no section `{kind}` for {database} (MIGRATE_BLESS=1 writes it); found\n{found}")),
        }
    }

    /// Other databases of the case may be writing too: the file is read again under a lock.
    fn bless(&self, kind: &'static str, found: &str) -> Result<(), String> {
        use std::io::{Read, Seek, Write};
        let text = |error: std::io::Error| format!("{}: {error}", self.path.display());
        let mut file = std::fs::OpenOptions::new().read(true).write(true).open(&self.path).map_err(text)?;
        file.lock().map_err(text)?;
        let mut old = String::new();
        file.read_to_string(&mut old).map_err(text)?;
        let mut case = Case::parse(&self.case.name, &old)?;
        case.bless(kind, self.database.word(), found);
        file.set_len(0).and_then(|()| file.rewind()).map_err(text)?;
        file.write_all(case.to_string().as_bytes()).map_err(text)
    }
}
