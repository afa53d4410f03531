//! `migrate import alembic PATH`: another tool's project, as one of ours beside it. The other project is not touched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::cli::Answer;
use crate::cli::baseline::{self, Found};
use crate::cli::context::{Context, here};
use crate::cli::global::Global;
use crate::config::{Environment, duration};
use crate::db::Url;
use crate::error::{Error, Kind, Result};
use crate::graph::{RevisionId, Rows, Target};
use crate::import::{Ask, Baseline, Bodies, MODELS, Project, Text, compose, project_file};
use crate::report::{Imported, imported};
use crate::revision::folder::write_new;
use crate::text_file;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate import alembic .\n  migrate import alembic backend/alembic.ini --out migrations --dry-run\n  migrate import alembic . --baseline head --url postgres://…"
)]
pub(crate) struct Arguments {
    /// Whose project it is: alembic
    tool: String,
    /// alembic.ini, its folder, or the folder that has env.py
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Where migrate.yaml, models/ and versions/ are written
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    out: PathBuf,
    /// Keep what is up to this revision by name, and make its schema, taken from the database, the way to it
    #[arg(long, value_name = "REVISION")]
    baseline: Option<String>,
    /// The Python that has the project's Alembic, instead of the one that is found
    #[arg(long, value_name = "PROGRAM")]
    python: Option<String>,
    /// Run nothing: every body is left to you
    #[arg(long, conflicts_with = "python")]
    headers_only: bool,
    /// How long Alembic may take
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = time)]
    timeout: Duration,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub(crate) global: Global,
}

fn time(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| "write it as 90s or 5m".to_owned())
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    if arguments.tool != "alembic" {
        let phrase = format!("projects of {} cannot be imported", arguments.tool);
        return Err(
            Error::new(Kind::Usage, phrase).with_hint("the one tool that is known so far: migrate import alembic PATH")
        );
    }
    let project = Project::open(&here(&arguments.path)?)?;
    let place = Place { out: here(&arguments.out)?, folders: folders(&project) };
    place.refuse()?;
    let baseline = arguments.baseline.as_deref().map(|word| revision(&project, word)).transpose()?;
    let covered = covered(&project, baseline.as_ref());
    let bodies = bodies(arguments, &project, &covered, context)?;
    let url = project.url.as_deref().and_then(|text| Url::of_sqlalchemy(text, &project.root).ok());
    let found = baseline.as_ref().map(|id| baseline::find(context, url.as_ref(), id, &bodies)).transpose()?;
    let dialect = dialect(&bodies, found.as_ref(), url.as_ref())?;
    let whole = baseline.zip(found).map(|(revision, found)| {
        let Found { up, down, missing, .. } = found;
        Baseline { revision, covered, up, down, missing }
    });
    let texts = compose(&project, &bodies, dialect, whole.as_ref());
    let files = files(&place, &texts, url.as_ref(), &bodies);
    if !arguments.dry_run {
        write(&place.out, &files)?;
    }
    let names: Vec<String> = files.into_iter().map(|(name, _)| name).collect();
    let failure = bodies.failure.as_deref();
    imported(context.printer, &Imported { files: &names, texts: &texts, failure, dry_run: arguments.dry_run });
    Ok(Answer::Yes)
}

/// The revision that a word names, which must be one.
fn revision(project: &Project, word: &str) -> Result<RevisionId> {
    project.graph.resolve_one(&Target::parse(word)?, None)?.cloned().ok_or_else(|| {
        Error::new(Kind::Usage, format!("`{word}` is no revision, so that it cannot be a baseline"))
            .with_hint("name a revision that a database of yours stands at")
    })
}

fn covered(project: &Project, baseline: Option<&RevisionId>) -> BTreeSet<RevisionId> {
    let rows: Rows = baseline.into_iter().cloned().collect();
    project.graph.closure(&rows).into_iter().cloned().collect()
}

/// What the revisions run that no baseline stands for.
fn bodies(
    arguments: &Arguments,
    project: &Project,
    covered: &BTreeSet<RevisionId>,
    context: &Context<'_>,
) -> Result<Bodies> {
    if arguments.headers_only {
        return Ok(Bodies::none("headers alone were asked for"));
    }
    let revisions: Vec<&RevisionId> = project.graph.in_order().map(|node| &node.id).collect();
    let revisions: Vec<&RevisionId> = revisions.into_iter().filter(|id| !covered.contains(*id)).collect();
    let values = context.global.variables().iter().map(|(key, value)| format!("{key}={value}")).collect();
    let python = python(arguments, project, context.environment)?;
    Ask { python: &python, project, revisions, values, limit: arguments.timeout }.answer()
}

/// The Python to run: the one that is named, of the active environment, of the project's own, beside `alembic`, or any.
fn python(arguments: &Arguments, project: &Project, environment: &Environment) -> Result<Vec<String>> {
    if let Some(words) = &arguments.python {
        let mut words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        if let Some(program) = words.first_mut().filter(|program| program.contains('/')) {
            *program = here(Path::new(program))?.display().to_string();
        }
        return Ok(words);
    }
    let active = environment.filled("VIRTUAL_ENV").map(|folder| Path::new(folder).join("bin/python"));
    let own = [".venv", "venv"].map(|name| project.root.join(name).join("bin/python"));
    let path = environment.filled("PATH").unwrap_or_default();
    let alembic = path.split(':').map(|folder| Path::new(folder).join("alembic")).find(|file| file.is_file());
    let beside = alembic
        .and_then(|file| file.canonicalize().ok())
        .into_iter()
        .flat_map(|file| ["python3", "python"].map(|name| file.with_file_name(name)));
    let found = active.into_iter().chain(own).chain(beside).find(|python| python.is_file());
    Ok(vec![found.map_or_else(|| "python3".to_owned(), |python| python.display().to_string())])
}

/// The one database that the bodies are for.
fn dialect(bodies: &Bodies, found: Option<&Found>, url: Option<&Url>) -> Result<Option<&'static str>> {
    let of_bodies = match &bodies.dialect {
        Some(word) => Some(Url::dialect_of_scheme(word).ok_or_else(|| {
            Error::new(Kind::Unsupported, format!("the project is for {word}, which is none of the databases here"))
        })?),
        None => None,
    };
    match (of_bodies, found.map(|found| found.dialect)) {
        (Some(one), Some(other)) if one != other => {
            let phrase = format!("the revisions are for {one}, the database of the baseline is {other}");
            Err(Error::new(Kind::Usage, phrase).with_hint("name the database that Alembic upgraded: --url"))
        }
        (one, other) => Ok(other.or(one).or(url.map(Url::dialect))),
    }
}

/// Where the revisions of each folder of the other project go, below the folder of the new one.
fn folders(project: &Project) -> Vec<String> {
    if project.locations.len() == 1 {
        return vec!["versions".to_owned()];
    }
    let part = |folder: Option<&Path>| {
        let name = folder.and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("part");
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
        name.chars().map(plain).collect::<String>()
    };
    let own: Vec<String> = project.locations.iter().map(|folder| part(Some(folder))).collect();
    let above: Vec<String> = project.locations.iter().map(|folder| part(folder.parent())).collect();
    // Folders of packages are often called alike: then the packages tell them apart.
    let are_distinct = own.iter().collect::<BTreeSet<_>>().len() == own.len();
    let mut taken = BTreeSet::new();
    let name = |(number, name): (usize, String)| {
        if taken.insert(name.clone()) { format!("versions/{name}") } else { format!("versions/{name}{number}") }
    };
    if are_distinct { own } else { above }.into_iter().enumerate().map(name).collect()
}

/// Where the new project goes.
struct Place {
    out: PathBuf,
    /// Below it, for each folder of the other project.
    folders: Vec<String>,
}

impl Place {
    /// Nothing that is there is written over, and no folder of the other project becomes ours.
    fn refuse(&self) -> Result<()> {
        let taken = |path: &Path, what: &str| {
            let error = Error::new(Kind::File, what).in_file(path);
            Err(error.with_hint("choose another folder with --out, such as --out migrations"))
        };
        let config = self.out.join("migrate.yaml");
        if config.exists() {
            return taken(&config, "there is a project already");
        }
        let is_full = |path: &PathBuf| std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
        match self.folders.iter().map(|folder| self.out.join(folder)).find(is_full) {
            Some(path) => taken(&path, "the folder for the revisions is not empty"),
            None => Ok(()),
        }
    }
}

/// Every file to write, by its name in the new project.
fn files(place: &Place, texts: &[Text], url: Option<&Url>, bodies: &Bodies) -> Vec<(String, String)> {
    let used = |number: &usize| *number == 0 || texts.iter().any(|text| text.location == *number);
    let folders: Vec<&String> =
        place.folders.iter().enumerate().filter(|(number, _)| used(number)).map(|(_, folder)| folder).collect();
    let file = url.and_then(Url::file).map(|path| Url::of_file(path.strip_prefix(&place.out).unwrap_or(path)).safe());
    let usual = (None, "alembic_version".to_owned());
    let (schema, table) = bodies.version_table.as_ref().unwrap_or(&usual);
    let mut files =
        vec![("migrate.yaml".to_owned(), project_file(&folders, file.as_deref(), (schema.as_deref(), table)))];
    if !place.out.join("models").exists() {
        files.push(("models/schema.yaml".to_owned(), MODELS.to_owned()));
    }
    let of_text = |text: &Text| {
        let folder = place.folders.get(text.location).map_or("versions", String::as_str);
        (format!("{folder}/{}", text.name), text.text.clone())
    };
    files.extend(texts.iter().map(of_text));
    if texts.is_empty() {
        files.push((
            "versions/.keep".to_owned(),
            "Revisions lie here; this file keeps the folder in version control.\n".to_owned(),
        ));
    }
    files
}

fn write(out: &Path, files: &[(String, String)]) -> Result<()> {
    for (name, text) in files {
        let path = out.join(name);
        let failed = |error: std::io::Error| text_file::unwritten("cannot make the folder", &path, &error);
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
        write_new(&path, text)?;
    }
    Ok(())
}
