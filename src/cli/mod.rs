//! The command line: a file per command, each thin: gather, call the library, hand to `report`. Nothing imports this
//! module but `main`, and programs that carry their own revisions call [`run()`].

mod accept_checksum;
mod all;
mod args;
mod autogenerate;
mod baseline;
mod branches;
mod carrier;
mod check;
mod completions;
mod connect;
mod context;
mod create_all;
mod current;
mod diff;
mod downgrade;
mod edit;
mod ensure_version;
mod forget;
mod global;
mod graph;
mod heads;
mod heads_file;
mod help;
mod history;
mod hooks;
mod import;
mod init;
mod inspect;
mod limits;
mod listing;
mod meeting;
mod merge;
mod moment;
mod new_file;
mod password;
mod project;
mod quality;
mod rebase;
mod renames;
mod resolve;
mod revision;
mod running;
mod runtime;
mod schema;
mod selection;
mod session;
mod show;
mod stamp;
mod status;
mod upgrade;
mod usage;
mod wait_for;

use std::process::ExitCode;

use crate::cli::args::{Cli, Command};
use crate::cli::carrier::Carrier;
use crate::cli::context::Context;
use crate::config::{Environment, arguments, working_folder};
use crate::draw::Script;
use crate::error::{Error, Result};
use crate::migrator::Migrator;
use crate::report::{Manner, Printer};

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Done, or the answer is yes.
    Yes,
    /// The answer is no, and it was printed.
    No,
    /// The answer is this exit code, and it was printed.
    Coded(u8),
    /// A second signal of this number ended the program at once.
    Killed(u8),
}

impl Answer {
    /// Yes or no.
    pub(crate) fn of(is_yes: bool) -> Self {
        if is_yes { Self::Yes } else { Self::No }
    }

    fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Coded(code) => code,
            Self::Killed(signal) => 128_u8.saturating_add(signal),
        }
    }
}

/// The plain program: reads the command line, does what it says, prints, and gives the exit code.
#[doc(hidden)]
pub fn main() -> ExitCode {
    start(&Carrier { name: "migrate".to_owned(), migrator: None })
}

/// The whole command line for a program that carries its revisions: all of `main` of an administration program, or what an
/// application does when it is called with a word of its own.
///
/// ```no_run
/// // src/bin/shop-admin.rs: `shop-admin upgrade`, `shop-admin status`, `shop-admin downgrade -1 --url …`
/// # static MIGRATIONS: migrate::Embedded = migrate::Embedded::new(&[]);
/// fn main() -> std::process::ExitCode {
///     match migrate::Migrator::new(&MIGRATIONS) {
///         Ok(migrator) => migrate::cli::run(migrator),
///         Err(error) => {
///             eprintln!("{error}");
///             std::process::ExitCode::from(error.exit_code())
///         }
///     }
/// }
/// ```
/// The revisions, the version table, the variables and the data steps are those of `migrator`; what its `on_event` and
/// `cancel_with` say is not used, for here the events are printed and signals cancel. The rest comes from where the plain
/// program has it: flags, `MIGRATE_*` variables, a `migrate.yaml` if there is one. Commands that write files of revisions
/// work on those of a project that is there, and say why not where none is.
///
/// It has a runtime of its own and must not be called inside of asynchronous code.
pub fn run(migrator: Migrator) -> ExitCode {
    let name = arguments().first().map(std::path::PathBuf::from);
    let name = name.as_deref().and_then(std::path::Path::file_stem).map(|name| name.to_string_lossy().into_owned());
    start(&Carrier { name: name.unwrap_or_else(|| "migrate".to_owned()), migrator: Some(migrator) })
}

fn start(carrier: &Carrier) -> ExitCode {
    crate::report::announce_panics();
    let environment = Environment::from_process();
    let manner = Manner {
        no_colour: environment.filled("NO_COLOR").is_some() || environment.get("TERM") == Some("dumb"),
        force_colour: environment.filled("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
    };
    let mut printer = Printer::of_process();
    printer.script = if environment.writes_utf8() { Script::Boxes } else { Script::Ascii };
    printer.columns = environment.columns();
    printer.typed = runtime::typed;
    if let Err(error) = runtime::refuse_async() {
        let code = failed(&mut printer, &error);
        return ExitCode::from(code);
    }
    let code = match usage::parse(arguments(), &carrier.name, &mut printer, manner) {
        Ok(Some(cli)) => work(cli, carrier, &mut printer, &environment, manner),
        Ok(None) => 0,
        Err(code) => code,
    };
    let code = match printer.finish() {
        Ok(()) => code,
        Err(error) => failed(&mut printer, &error).max(code),
    };
    ExitCode::from(code)
}

fn work(cli: Cli, carrier: &Carrier, printer: &mut Printer, environment: &Environment, manner: Manner) -> u8 {
    let (command, global) = cli.parts();
    printer.set_colour(global.color.unwrap_or_default(), manner);
    printer.format = global.format();
    printer.quiet = global.quiet;
    printer.verbose = global.verbose;
    printer.folder = working_folder().ok();
    if global.verbose > 0 || global.log_format.is_some() {
        crate::report::start_log(global.verbose, global.log_format == Some(global::LogFormat::Json));
    }
    let mut context = Context { carrier, files: command.files(), printer, global, environment };
    let answer = usage::check_format(&command, &context)
        .and_then(|()| carrier.refuse(&command))
        .and_then(|()| all::dispatch_to_each(&command, &mut context));
    match answer {
        Ok(answer) => answer.code(),
        Err(error) => failed(printer, &error.with_hint_as(|hint| carrier.in_own_name(hint))),
    }
}

fn failed(printer: &mut Printer, error: &Error) -> u8 {
    printer.error(error);
    error.exit_code()
}

fn dispatch(command: &Command, context: &mut Context<'_>) -> Result<Answer> {
    match command {
        Command::Init(args) => init::run(args, context),
        Command::Import(args) => import::run(args, context),
        Command::Revision(args) => revision::run(args, context),
        Command::Merge(args) => merge::run(args, context),
        Command::Rebase(args) => rebase::run(args, context),
        Command::AcceptChecksum(args) => accept_checksum::run(args, context),
        Command::Upgrade(args) => upgrade::run(args, context),
        Command::Downgrade(args) => downgrade::run(args, context),
        Command::Stamp(args) => stamp::run(args, context),
        Command::EnsureVersion(args) => ensure_version::run(args, context),
        Command::CreateAll(args) => create_all::run(args, context),
        Command::Resolve(args) => resolve::run(args, context),
        Command::Forget(args) => forget::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Check(args) => check::run(args, context),
        Command::Diff(args) => diff::run(args, context),
        Command::Quality(args) => quality::run(args, context),
        Command::Inspect(args) => inspect::run(args, context),
        Command::Current(args) => current::run(args, context),
        Command::Heads(args) => heads::run(args, context),
        Command::Branches(_) => branches::run(context),
        Command::Graph(args) => graph::run(args, context),
        Command::History(args) => history::run(args, context),
        Command::Show(args) => show::run(args, context),
        Command::Edit(args) => edit::run(args, context),
        Command::Schema(args) => schema::run(args, context),
        Command::Completions(args) => completions::run(args, context),
    }
}
