//! What `upgrade` and `downgrade` share: run, show what would run, or write the script.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::check::desk::version_table;
use crate::cli::Answer;
use crate::cli::context::{Context, here};
use crate::cli::limits::TimeLimits;
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session, settings};
use crate::config::Backup;
use crate::error::{Error, Kind, Result};
use crate::execute::history::History;
use crate::execute::log::Log;
use crate::execute::offline::Script;
use crate::execute::run::Runner;
use crate::execute::{Newer, Transactions};
use crate::graph::{Direction, Range, Target};
use crate::plan::{BackRules, Variables};
use crate::report::{Progress, ran, way_back, would_run};
use crate::schema::Ident;
use crate::statement::ServerVersion;

/// How to run.
#[derive(Args, Debug)]
pub(crate) struct How {
    /// Print the statements for this database, and change nothing
    #[arg(long, conflicts_with = "sql")]
    dry_run: bool,
    /// Print a script, without connecting; the target may be a range FROM:TO, and is one for a downgrade
    #[arg(long)]
    sql: bool,
    /// With --sql: the server that the script is for, such as 15.4
    #[arg(long, value_name = "VERSION", requires = "sql", hide_short_help = true)]
    server_version: Option<String>,
    /// SQLite: copy the database first, where anything is pending; into this folder, else beside it
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, require_equals = true, default_missing_value = "true", conflicts_with_all = ["sql", "dry_run"])]
    backup: Option<PathBuf>,
    /// What a signal does to the statement in work: cancel, or finish
    #[arg(long, value_name = "cancel|finish", hide_short_help = true, value_parser = ["cancel", "finish"], hide_possible_values = true)]
    on_signal: Option<String>,
    /// What a transaction holds: all revisions, each, or none of them
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "sql", hide_short_help = true)]
    transaction: Option<Held>,
    /// Go on where the downgrade loses data
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    limits: TimeLimits,
}

impl How {
    /// Whether a script is asked for.
    pub(crate) fn is_script(&self) -> bool {
        self.sql
    }
}

/// Which way a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
    /// Down to what the files here know, then up.
    Sync,
}

impl Way {
    fn direction(self) -> Direction {
        match self {
            Self::Up | Self::Sync => Direction::Up,
            Self::Down => Direction::Down,
        }
    }

    /// What it does about a database that is ahead; `usual` is what the program says.
    fn newer(self, usual: Newer) -> Newer {
        match self {
            Self::Sync => Newer::Downgrade,
            Self::Up => usual,
            Self::Down => Newer::Refuse,
        }
    }

    /// The words for what takes something back.
    fn in_words(self) -> &'static str {
        match self {
            Self::Sync => "way down",
            Self::Up | Self::Down => "downgrade",
        }
    }
}

/// What `--transaction` says.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Held {
    /// All revisions of the run: all of them take effect, or none
    All,
    /// One revision, as usual
    Each,
    /// One statement: a journal says where to go on after an interruption
    None,
}

impl From<Held> for Transactions {
    fn from(held: Held) -> Self {
        match held {
            Held::All => Self::All,
            Held::Each => Self::Each,
            Held::None => Self::None,
        }
    }
}

/// Nothing is lost unasked: on a terminal the question is put, elsewhere `--yes` must have answered it.
fn agreed(way: Way, lost: &[String], context: &mut Context<'_>) -> Result<()> {
    if lost.is_empty() {
        return Ok(());
    }
    let (list, what) = (lost.join(", "), way.in_words());
    if context.printer.can_ask() {
        let question = format!("The {what} loses {list}. Go on?");
        let choices = ["stop".to_owned(), "go on and lose it".to_owned()];
        if context.printer.agrees(&question, &choices)? {
            return Ok(());
        }
    }
    Err(Error::new(Kind::NoWayBack, format!("the {what} would lose data: {list}"))
        .with_hint("save it first, or give --yes to lose it; nothing was changed"))
}

/// Runs to the target, in the way that the flags say.
pub(crate) fn run(way: Way, target: &str, how: &How, back: BackRules, context: &mut Context<'_>) -> Result<Answer> {
    let mut flags = how.limits.over(context.global.flags());
    flags.server_version.clone_from(&how.server_version);
    flags.on_signal.clone_from(&how.on_signal);
    flags.backup = how.backup.as_deref().map(backup_setting).transpose()?;
    let project = context.project_with(&flags)?;
    let variables = context.variables();
    if how.sql {
        return script(way.direction(), target, &project, &variables, context);
    }
    let (target, direction) = (Target::parse(target)?, way.direction());
    project.revisions()?;
    let runner_in = |session: &Session| -> Result<Runner<'_>> {
        let (newer, transactions) = (way.newer(project.newer), how.transaction.map(Into::into));
        Ok(Runner { newer, back, transactions, ..session.runner(&project, &variables)? })
    };
    if how.dry_run {
        return runtime::run(async |cancel| {
            let mut session = Session::open(&project, Purpose::Judge, cancel).await?;
            let runner = runner_in(&session)?;
            let report = runner.dry_run(&mut session.connection, direction, &target).await?;
            session.close().await;
            would_run(context.printer, &report);
            Ok(Answer::Yes)
        });
    }
    if project.config.run.backup != Backup::No {
        project.url()?.refuse_backup()?;
    }
    runtime::run(async |cancel| {
        // What is refused of an empty database leaves no file of one.
        if project.url()?.file().is_some_and(|file| !file.exists()) {
            let mut nothing = Session::open(&project, Purpose::Read, cancel).await?;
            runner_in(&nothing)?.look_ahead(&mut nothing.connection, direction, &target).await?;
            nothing.close().await;
        }
        let mut session = Session::open(&project, Purpose::Write, cancel).await?;
        let mut runner = runner_in(&session)?;
        if way == Way::Sync || (way == Way::Down && !how.yes && !back.allow_data_loss) {
            let (planned, seen) = runner.look_ahead(&mut session.connection, direction, &target).await?;
            way_back(context.printer, &planned);
            if !how.yes {
                agreed(way, seen.losses.as_deref().unwrap_or_default(), context)?;
                runner.seen = Some(seen);
            }
        }
        let mut progress = Progress::new(context.printer, context.global.echo);
        let tell = &mut |event| progress.tell(event);
        let report = Box::pin(runner.run(&mut session.connection, direction, &target, tell)).await;
        let report = report?;
        session.close().await;
        ran(context.printer, &report);
        Ok(Answer::Yes)
    })
}

/// The flag as the configuration says it: a folder counts from the working folder.
fn backup_setting(folder: &Path) -> Result<String> {
    if folder == Path::new("true") {
        return Ok("true".to_owned());
    }
    here(folder)?
        .into_os_string()
        .into_string()
        .map_err(|_| Error::new(Kind::Usage, "the name of the folder is not UTF-8"))
}

/// The offline script of a range; a target alone is the end of one that begins at the base.
fn script(
    direction: Direction,
    target: &str,
    project: &Project,
    variables: &Variables,
    context: &mut Context<'_>,
) -> Result<Answer> {
    let range = match direction {
        Direction::Up => Range::upward(target)?,
        Direction::Down => Range::downward(target)?,
    };
    let Offline { history, log, server, attached } = &offline(project)?;
    let revisions = project.revisions()?;
    let settings = settings(&project.config, Purpose::Write);
    runtime::run(async |_| {
        let server = *server;
        let script = Script { history, log, revisions, variables, settings: &settings, server, attached };
        let text = script.write(direction, &range).await?;
        context.printer.raw(&text);
        Ok(Answer::Yes)
    })
}

/// What a script is for.
pub(crate) struct Offline {
    pub(crate) history: History,
    pub(crate) log: Log,
    pub(crate) server: ServerVersion,
    /// The schemas of files that whoever runs it attaches first.
    pub(crate) attached: Vec<Ident>,
}

/// What the scripts of a project are for; connects to nothing.
///
/// # Errors
/// [`Kind::Usage`] for a version that says nothing, [`Kind::Unsupported`] for one that is too old.
pub(crate) fn offline(project: &Project) -> Result<Offline> {
    let config = &project.config;
    let url = project.url()?;
    let word = url.dialect();
    let (dialect, server) = crate::dialect::for_script(word, config.server_version.as_deref()).ok_or_else(|| {
        Error::new(Kind::Usage, "the server of the script is not known")
            .with_hint("give its version as it prints it: --server-version 15.4")
    })?;
    let (oldest, newest) = (dialect.oldest_of(server.product), dialect.newest_of(server.product));
    if server < oldest {
        let phrase = format!("{server} is too old: {oldest} is the oldest that is supported");
        return Err(Error::new(Kind::Unsupported, phrase).with_hint("upgrade the server first"));
    }
    if server.major > newest {
        project.notices.warning(&format!("{server} is newer than what this migrate knows, which is {newest}"));
    }
    let table = version_table(config, &Ident::from(""), dialect);
    let log = Log::new(dialect, &table, "script");
    let attached = url.attached();
    Ok(Offline { history: History::new(dialect, &table, &attached)?, log, server, attached })
}
