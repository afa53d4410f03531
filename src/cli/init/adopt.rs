//! `migrate init --from-database`: a database that is there becomes a project.
//!
//! Written are its models, and a first revision that makes all of it out of nothing, so that an empty database can be
//! built from the files; the database itself is stamped with it. Everything is known before the first file is written,
//! and where the stamp fails the files are taken away again.

use std::path::{Path, PathBuf};

use crate::check::Filter;
use crate::check::baseline::{Baseline, baseline};
use crate::check::sight;
use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::heads_file;
use crate::cli::init::files::NewFiles;
use crate::cli::init::text::{Wish, config};
use crate::cli::init::{Arguments, CONFIG, beginning, encoded, parameters};
use crate::cli::new_file::{As, NewFile, first_header, framed, random_id};
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::config::{Config, Flags, Language, Models as Source, Sources, Unmanaged};
use crate::db::{Cancel, Url};
use crate::diff::Context as Facts;
use crate::error::{Error, Kind, Result};
use crate::graph::{RevisionId, Target};
use crate::model::Models;
use crate::plan::Variables;
use crate::report::{Begun, begun};
use crate::revision::folder;
use crate::schema::Schema;

/// The message of the first revision.
const MESSAGE: &str = "baseline";

/// The table by which a database that Alembic upgrades is known.
const ALEMBICS: &str = "alembic_version";

/// The project that is made.
struct Home {
    project: Project,
    /// The text of `migrate.yaml`; None = it is there already.
    text: Option<String>,
    language: Language,
}

pub(super) fn run(arguments: &Arguments, folder: &Path, context: &mut Context<'_>) -> Result<Answer> {
    let home = home(arguments, folder, context)?;
    home.refuse_models()?;
    home.refuse_revisions()?;
    runtime::run(async |cancel| take_over(arguments, folder, &home, context, cancel).await)
}

/// The configuration that is there, else the one that will be.
fn home(arguments: &Arguments, folder: &Path, context: &Context<'_>) -> Result<Home> {
    let path = folder.join(CONFIG);
    let flags = context.global.flags();
    let working_folder = crate::config::working_folder()?;
    let with = |flags: &Flags| Flags { config: Some(path.clone()), ..flags.clone() };
    if path.exists() {
        let project = context.project_with(&with(&flags))?;
        let language = arguments.language.map_or(project.config.write_as, As::language);
        return Ok(Home { project, text: None, language });
    }
    let (start, url) = beginning(arguments, folder, context)?;
    let language = arguments.language.unwrap_or(As::Yaml);
    let flags = Flags { url: flags.url.map(|url| from_the_root(&url, &working_folder)).transpose()?, ..flags };
    let url = url.of_environment(context.environment);
    let text = config(&Wish { start, url, adopted: true, schemas: &flags.schemas, language });
    let sources = Sources { working_folder: &working_folder, environment: context.environment, flags: &with(&flags) };
    let config = Config::of_text(&text, &path, &sources)?;
    Ok(Home {
        project: Project::new(config, working_folder, context.printer.notices()),
        text: Some(text),
        language: language.language(),
    })
}

/// The URL with its file from the root: the folder of the project, from which it would count, is not there yet.
fn from_the_root(text: &str, base: &Path) -> Result<String> {
    let url = Url::parse(text, base)?;
    Ok(match url.file() {
        Some(file) => format!("{}://{}{}", url.scheme(), encoded(file), parameters(text)),
        None => text.to_owned(),
    })
}

impl Home {
    /// Models that declare nothing are not in the way: `init` wrote them.
    fn refuse_models(&self) -> Result<()> {
        let Source::Paths(paths) = self.project.config.models()? else {
            return Err(Error::new(Kind::Config, "the models come from a command: there is no place to write them to")
                .with_hint("name a folder under `models:` in migrate.yaml"));
        };
        let there: Vec<PathBuf> = paths.iter().filter(|path| path.exists()).cloned().collect();
        let files = crate::model::read(&there)?;
        for file in &files {
            let says_something =
                if file.is_yaml { !Models::parse(std::slice::from_ref(file))?.is_empty() } else { has_sql(&file.text) };
            if says_something {
                return Err(Error::new(Kind::File, "there are models already").in_file(&file.path).with_hint(
                    "move them away, or go on with `migrate revision --autogenerate`; nothing was written",
                ));
            }
        }
        Ok(())
    }

    fn refuse_revisions(&self) -> Result<()> {
        let folders: Vec<PathBuf> =
            self.project.config.versions.iter().filter(|folder| folder.exists()).cloned().collect();
        match folder::read(&folders)?.first() {
            None => Ok(()),
            Some(file) => Err(Error::new(Kind::File, "there are revisions already")
                .in_file(&file.path)
                .with_hint("stamp the database with what it holds: `migrate stamp REVISION`; nothing was written")),
        }
    }

    /// The files of the project; the last one is the revision.
    fn files(&self, folder: &Path, made: &Baseline, revision: &RevisionId) -> Result<NewFiles> {
        let config = &self.project.config;
        let mut files = NewFiles::default();
        if let Some(text) = &self.text {
            files.add(folder.join(CONFIG), text.as_str());
        }
        let Source::Paths(paths) = config.models()? else { return Ok(files) };
        let models = paths.first().cloned().unwrap_or_else(|| folder.join("models"));
        match (crate::text_file::is_yaml(&models), made.models.as_slice()) {
            (None, many) => many.iter().for_each(|(name, text)| files.add(models.join(name), text.as_str())),
            (Some(_), [(_, text)]) => files.add(models, text.as_str()),
            (Some(_), _) => {
                return Err(Error::new(Kind::Config, "`models` names one file, and there are several to write")
                    .with_hint("name a folder under `models:` in migrate.yaml"));
            }
        }
        let notes: Vec<String> = made.not_modelled.iter().map(|line| format!("{line}; it is not made here")).collect();
        let header = first_header(&self.project, revision.clone(), MESSAGE.to_owned())?;
        let (header, text) = made.proposal.file(self.language, header, &notes)?;
        let version_path = config.versions.first().cloned();
        let new = NewFile { language: Some(As::of(self.language)), version_path, ..NewFile::default() };
        let path = new.path(&self.project, &header)?;
        files.add(path.clone(), framed(config, &path, &text)?);
        Ok(files)
    }
}

/// Whether a SQL model holds more than comments.
fn has_sql(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with("--"))
}

async fn take_over(
    arguments: &Arguments,
    folder: &Path,
    home: &Home,
    context: &mut Context<'_>,
    cancel: &Cancel,
) -> Result<Answer> {
    let purpose = if arguments.no_stamp { Purpose::Read } else { Purpose::Judge };
    let mut session = Session::open(&home.project, purpose, cancel).await?;
    let live = look(home, &mut session).await?;
    let facts = Facts { dialect: session.dialect, server: session.connection.server() };
    let has_alembics = live.tables.keys().any(|table| table.name.as_str() == ALEMBICS);
    let made = baseline(live, facts, home.language)?;
    let revision = RevisionId::new(&random_id())?;
    let files = home.files(folder, &made, &revision)?;
    let written = files.write()?;
    if let Err(error) = heads_file::renew(&home.project) {
        written.undo();
        return Err(error);
    }
    if !arguments.no_stamp
        && let Err(error) = stamp(home, &mut session, &revision).await
    {
        if error.kind() == Kind::OutcomeUnknown {
            return Err(error.while_doing("the files were written; whether the database was stamped is not known"));
        }
        written.undo();
        return Err(error.while_doing("the database could not be stamped; the files were taken away again"));
    }
    session.close().await;
    let id = revision.as_str();
    let report = Begun {
        written: files.paths(),
        revision: Some(id),
        stamped: !arguments.no_stamp,
        not_modelled: &made.not_modelled,
        ..Begun::default()
    };
    begun(context.printer, &report);
    let next = if arguments.no_stamp { "stamp it when you may" } else { "see that it fits: `migrate check`" };
    context.printer.hint(&format!(
        "{next}; other databases with this schema: `migrate stamp {id}`; an empty one: `migrate upgrade`"
    ));
    if has_alembics {
        context
            .printer
            .hint("to keep the history that Alembic made, import its project instead: `migrate import alembic PATH`");
    }
    if home.project.config.unmanaged == Unmanaged::Drop {
        context
            .printer
            .hint("write `unmanaged: ignore` in migrate.yaml while others still make tables in this database");
    }
    Ok(Answer::Yes)
}

/// The schema of a database that nobody looks after yet.
async fn look(home: &Home, session: &mut Session) -> Result<Schema> {
    let rows = session.rows().await?;
    if let Some(row) = rows.iter().next() {
        return Err(Error::new(Kind::Refused, format!("the database is looked after already: it is at {row}"))
            .with_hint("get the revisions that it was upgraded with; nothing was written"));
    }
    let mut live = sight::look(session.dialect, &mut session.connection, &session.scope).await?;
    let config = &home.project.config;
    let own = session.connection.own_schema().as_str().to_owned();
    Filter::new(&config.ignore, config.unmanaged, &own).apply(&mut live);
    if live.tables.is_empty() && live.enums.is_empty() {
        return Err(Error::new(Kind::Refused, "there is no table in this database: nothing can be taken over")
            .with_hint("look at the URL and at `schemas:`, or begin with `migrate init`; nothing was written"));
    }
    Ok(live)
}

async fn stamp(home: &Home, session: &mut Session, revision: &RevisionId) -> Result<()> {
    let variables = Variables::default();
    let runner = session.runner(&home.project, &variables)?;
    let target = Target::parse(revision.as_str())?;
    runner.stamp(&mut session.connection, &[target], false, &mut |_| {}).await.map(drop)
}
