//! `migrate diff FROM TO`: what turns one schema into another.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use crate::check::desk::{Desk, one_file};
use crate::check::explain_all;
use crate::check::sight;
use crate::cli::Answer;
use crate::cli::context::{Context, here};
use crate::cli::global::Global;
use crate::cli::new_file::random_id;
use crate::cli::project::Project;
use crate::cli::renames::{Renames, compare_asking};
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::db::{Cancel, Url};
use crate::error::{Error, Kind, Result};
use crate::graph::Range;
use crate::model::{OwnedRows, owned_rows};
use crate::report::{Verdict, unmodelled, verdict};
use crate::schema::{Name, Pair, Schema};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate diff db models\n  migrate diff head db\n  migrate diff sqlite://old.db sqlite://new.db\n  migrate diff db proposal.sql"
)]
pub(crate) struct Arguments {
    /// models, db, head, a URL, or a file of models
    from: String,
    /// The same
    to: String,
    #[command(flatten)]
    renames: Renames,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// One side of a comparison.
enum Side {
    Models,
    Database,
    Head,
    Url(Box<Url>),
    File(PathBuf),
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project()?;
    let sides = Pair::new(side(&arguments.from, &project)?, side(&arguments.to, &project)?);
    runtime::look(async |cancel| compare(arguments, &sides, context, &project, cancel).await)
}

fn side(word: &str, project: &Project) -> Result<Side> {
    match word {
        "models" => Ok(Side::Models),
        "db" => Ok(Side::Database),
        "head" => Ok(Side::Head),
        _ if word.contains("://") || word.starts_with("sqlite:") => Ok(Side::Url(Box::new(project.parse_url(word)?))),
        _ => {
            let path = here(std::path::Path::new(word))?;
            if path.exists() {
                return Ok(Side::File(path));
            }
            Err(Error::new(Kind::Usage, format!("`{word}` is neither a side nor a file"))
                .with_hint("a side is models, db, head, a URL, or a file of models"))
        }
    }
}

async fn compare(
    arguments: &Arguments,
    sides: &Pair<Side>,
    context: &mut Context<'_>,
    project: &Project,
    cancel: &Cancel,
) -> Result<Answer> {
    // The server of the first database that is named judges models and renders.
    let ground = match (&sides.from, &sides.to) {
        (Side::Database, _) | (_, Side::Database) => None,
        (Side::Url(url), _) | (_, Side::Url(url)) => Some(url),
        _ => None,
    };
    let mut session = match ground {
        Some(url) => Session::open_url(project, url, Purpose::Judge, cancel).await?,
        None => Session::open(project, Purpose::Judge, cancel).await?,
    };
    let desk = Desk::new(&project.config, &session.connection, session.dialect, &random_id())?;
    let place = Place { context: &*context, project, desk: &desk, cancel };
    let from = place.schema(&sides.from, &mut session).await?;
    let to = place.schema(&sides.to, &mut session).await?;
    let rules = arguments.renames.rules()?;
    let mut comparison = compare_asking(&desk, &mut session.connection, Pair::new(from, to), rules, context).await?;
    let owned = owned(sides, project, &desk, &session)?;
    desk.compare_rows(&mut session.connection, &owned, &mut comparison).await?;
    let facts = desk.context(&session.connection);
    let differences = explain_all(&comparison.difference.operations, &comparison.live, facts)?;
    session.close().await;
    unmodelled(context.printer, &comparison);
    let (from, to) = (in_words(&arguments.from, "the first database"), in_words(&arguments.to, "the second database"));
    let found = Verdict {
        sides: Pair::new(from.as_str(), to.as_str()),
        comparison: &comparison,
        differences: &differences,
        facts,
        at_head: None,
        strict: false,
        place: &|_| None,
    };
    Ok(Answer::of(verdict(context.printer, &found)))
}

/// What it takes to read a side.
struct Place<'a> {
    context: &'a Context<'a>,
    project: &'a Project,
    desk: &'a Desk<'a>,
    cancel: &'a Cancel,
}

impl Place<'_> {
    async fn schema(&self, side: &Side, session: &mut Session) -> Result<Schema> {
        match side {
            Side::Models => self.desk.judge(&mut session.connection, &self.desk.model_files()?).await,
            Side::File(path) => self.desk.judge(&mut session.connection, &one_file(path)?).await,
            Side::Head => {
                let variables = self.context.variables();
                let runner = session.runner(self.project, &variables)?;
                self.desk.head(&mut session.connection, &runner, &Range::parse(":heads")?).await
            }
            Side::Database => self.database(&self.project.url()?, session).await,
            Side::Url(url) => self.database(url, session).await,
        }
    }

    async fn database(&self, url: &Url, session: &mut Session) -> Result<Schema> {
        if session.connection.url() == url {
            return self.desk.live(&mut session.connection).await;
        }
        let mut other = Session::open_url(self.project, url, Purpose::Read, self.cancel).await?;
        if other.dialect.word() != session.dialect.word() {
            let (one, another) = (session.connection.server(), other.connection.server());
            return Err(Error::new(Kind::Unsupported, format!("{one} cannot be compared with {another}"))
                .with_hint("compare each with the models"));
        }
        let schema = sight::look(other.dialect, &mut other.connection, &other.scope).await?;
        other.close().await;
        Ok(schema)
    }
}

/// The rows of models that are compared: those of the second side, where the first one is the database that is asked.
fn owned(
    sides: &Pair<Side>,
    project: &Project,
    desk: &Desk<'_>,
    session: &Session,
) -> Result<BTreeMap<Name, OwnedRows>> {
    let is_here = match &sides.from {
        Side::Database => *session.connection.url() == project.url()?,
        Side::Url(url) => session.connection.url() == url.as_ref(),
        Side::Models | Side::Head | Side::File(_) => false,
    };
    match &sides.to {
        Side::Models if is_here => owned_rows(&desk.model_files()?),
        Side::File(path) if is_here => owned_rows(&one_file(path)?),
        Side::Models | Side::File(_) | Side::Database | Side::Head | Side::Url(_) => Ok(BTreeMap::new()),
    }
}

/// Sides in sentences. A URL is never repeated.
fn in_words(word: &str, database: &str) -> String {
    match word {
        "models" => "the models".to_owned(),
        "db" => "the database".to_owned(),
        "head" => "the history".to_owned(),
        _ if word.contains("://") || word.starts_with("sqlite:") => database.to_owned(),
        file => file.to_owned(),
    }
}
