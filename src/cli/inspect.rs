//! `migrate inspect`: the database as models.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::check::Filter;
use crate::check::dangling::leave_out_dangling;
use crate::check::sight;
use crate::cli::Answer;
use crate::cli::context::{Context, here};
use crate::cli::global::Global;
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::dialect::neutralise_schema;
use crate::diff::{Context as Facts, RenameRules, diff};
use crate::error::{Error, Kind, Result};
use crate::execute::render::unsupported;
use crate::model;
use crate::report::{Text, models};
use crate::revision::folder::write_new;
use crate::schema::{Pair, Schema};
use crate::text_file;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate inspect\n  migrate inspect --url sqlite://app.db --out models\n  migrate inspect --as sql > schema.sql"
)]
pub(crate) struct Arguments {
    /// The language
    #[arg(long = "as", value_name = "yaml|sql|json", value_enum, hide_possible_values = true)]
    language: Option<As>,
    /// Write a file per table into this folder, instead of printing
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    Yaml,
    Sql,
    Json,
}

/// What was found, as the server says it, and what may be rendered of it.
struct Found {
    native: Schema,
    neutral: Schema,
    sql: Vec<crate::statement::Statement>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let project = context.project()?;
    let usual = if context.printer.is_json() { As::Json } else { As::Yaml };
    let language = arguments.language.unwrap_or(usual);
    runtime::look(async |cancel| {
        let session = Session::open(&project, Purpose::Read, cancel).await?;
        let found = find(&project, session, language).await?;
        match &arguments.out {
            Some(folder) => write_files(&found, language, &here(folder)?, context),
            None => {
                print(&found, language, context);
                Ok(Answer::Yes)
            }
        }
    })
}

async fn find(project: &Project, mut session: Session, language: As) -> Result<Found> {
    let mut native = sight::look(session.dialect, &mut session.connection, &session.scope).await?;
    let (config, server, dialect) = (&project.config, session.connection.server(), session.dialect);
    let own = session.connection.own_schema().as_str().to_owned();
    Filter::new(&config.ignore, config.unmanaged, &own).apply(&mut native);
    native.leave_out_unmade(|_| config.scratch_setup.is_some());
    leave_out_dangling(&mut native, &Schema::default(), None, dialect);
    session.close().await;
    let neutral = neutralise_schema(native.clone(), dialect, server);
    let mut sql = Vec::new();
    if language == As::Sql {
        let empty = Schema::default();
        let made = diff(Pair::new(&empty, &native), &RenameRules::default(), Facts { dialect, server });
        sql = dialect.render(&made.operations, &empty, server).map_err(unsupported)?;
    }
    Ok(Found { native, neutral, sql })
}

fn print(found: &Found, language: As, context: &mut Context<'_>) {
    match language {
        As::Yaml => context.printer.raw(&model::as_yaml(&found.neutral)),
        As::Sql => context.printer.raw(&model::as_sql(&found.native, &found.sql)),
        As::Json => {
            let lines = model::not_modelled(&found.native.unmodelled);
            let others: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("not modelled: ")).collect();
            context.printer.json(&models(&model::entries(&found.neutral), &others));
        }
    }
}

/// A file per table; types, and what is not modelled, in one more.
fn write_files(found: &Found, language: As, folder: &std::path::Path, context: &mut Context<'_>) -> Result<Answer> {
    let files = match language {
        As::Yaml => model::as_files(&found.neutral),
        As::Sql => vec![("schema.sql".to_owned(), model::as_sql(&found.native, &found.sql))],
        As::Json => {
            return Err(Error::new(Kind::Usage, "models in JSON are printed, not written")
                .with_hint("leave --out out, or write them with --as yaml"));
        }
    };
    let taken = files.iter().map(|(name, _)| folder.join(name)).find(|path| path.exists());
    if let Some(path) = taken {
        return Err(Error::new(Kind::File, "there is a file of this name")
            .in_file(path)
            .with_hint("choose an empty folder"));
    }
    let failed = |error: std::io::Error| text_file::unwritten("cannot make the folder", folder, &error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    for (name, text) in &files {
        write_new(&folder.join(name), text)?;
        context.printer.status("Writing", Text::of(name));
    }
    Ok(Answer::Yes)
}
