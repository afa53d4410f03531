//! The grammar of the command line.

use clap::{Args, Parser, Subcommand};

use crate::cli::carrier::Files;
use crate::cli::global::Global;
use crate::cli::{
    accept_checksum, check, completions, create_all, current, diff, downgrade, edit, ensure_version, forget, graph,
    heads, history, import, init, inspect, merge, quality, rebase, resolve, revision, schema, show, stamp, status,
    upgrade,
};

/// Database migrations and schema diff for SQLite, PostgreSQL and MariaDB/MySQL
#[derive(Parser, Debug)]
#[command(name = "migrate", version, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Each with its own arguments; the global ones are among them.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Begin a project: configuration, models, revisions
    Init(init::Arguments),
    /// Bring another tool's project here
    Import(import::Arguments),
    /// Write a new revision, by hand or from the models
    Revision(revision::Arguments),
    /// Write a revision that joins several heads
    Merge(merge::Arguments),
    /// Put one side of two heads on top of the other
    Rebase(rebase::Arguments),
    /// Apply revisions
    Upgrade(upgrade::Arguments),
    /// Take revisions back
    Downgrade(downgrade::Arguments),
    /// Say what is applied, and run nothing
    Stamp(stamp::Arguments),
    /// Make the version table if it is missing
    #[command(alias = "ensure_version")]
    EnsureVersion(ensure_version::Arguments),
    /// Take the edited file of an applied revision for what was applied
    AcceptChecksum(accept_checksum::Arguments),
    /// Make everything that the models declare in an empty database
    CreateAll(create_all::Arguments),
    /// Say whether a statement took effect, where the server cannot tell
    Resolve(resolve::Arguments),
    /// Drop what is kept for the way back of data steps
    Forget(forget::Arguments),
    /// Explain the state of the database
    Status(status::Arguments),
    /// Whether the database is at head and equals the models
    Check(check::Arguments),
    /// What turns one schema into another
    Diff(diff::Arguments),
    /// Whether the rows meet the data rules of the models
    Quality(quality::Arguments),
    /// Print a database as models
    Inspect(inspect::Arguments),
    /// Where the database stands
    Current(current::Arguments),
    /// The revisions that nothing stands on
    Heads(heads::Arguments),
    /// The revisions where branches begin
    Branches(Plain),
    /// All revisions, newest first
    History(history::Arguments),
    /// The revisions as a picture: text, Mermaid, DOT, SVG
    Graph(graph::Arguments),
    /// Everything about one revision
    Show(show::Arguments),
    /// Open a revision in your editor
    Edit(edit::Arguments),
    /// The JSON Schema of a file format, for editors
    Schema(schema::Arguments),
    /// A completion script for your shell
    Completions(completions::Arguments),
}

/// What a command does to each of several databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Each {
    /// It answers for each.
    Reads,
    /// It changes each; the first failure ends it.
    Writes,
    /// The same in the folders of each.
    WritesFiles,
    /// It prints a script, which is for one database.
    Script,
}

impl Each {
    fn writes(is_script: bool) -> Self {
        if is_script { Self::Script } else { Self::Writes }
    }
}

/// A command with nothing but the global flags.
#[derive(Args, Debug)]
pub(crate) struct Plain {
    #[command(flatten)]
    pub(crate) global: Global,
}

impl Cli {
    /// The command, and the flags of both places.
    pub(crate) fn parts(self) -> (Command, Global) {
        let behind = self.command.global().clone();
        (self.command, self.global.and(behind))
    }
}

impl Command {
    fn global(&self) -> &Global {
        match self {
            Self::Init(args) => &args.global,
            Self::Import(args) => &args.global,
            Self::Revision(args) => &args.global,
            Self::Merge(args) => &args.global,
            Self::Rebase(args) => &args.global,
            Self::AcceptChecksum(args) => &args.global,
            Self::Upgrade(args) => &args.global,
            Self::Downgrade(args) => &args.global,
            Self::Stamp(args) => &args.global,
            Self::EnsureVersion(args) => &args.global,
            Self::CreateAll(args) => &args.global,
            Self::Resolve(args) => &args.global,
            Self::Forget(args) => &args.global,
            Self::Status(args) => &args.global,
            Self::Check(args) => &args.global,
            Self::Diff(args) => &args.global,
            Self::Quality(args) => &args.global,
            Self::Inspect(args) => &args.global,
            Self::Current(args) => &args.global,
            Self::Heads(args) => &args.global,
            Self::Branches(args) => &args.global,
            Self::Graph(args) => &args.global,
            Self::History(args) => &args.global,
            Self::Show(args) => &args.global,
            Self::Edit(args) => &args.global,
            Self::Schema(args) => &args.global,
            Self::Completions(args) => &args.global,
        }
    }

    /// What `--db all` means to it; None = it works on one database.
    pub(crate) fn for_each(&self) -> Option<Each> {
        match self {
            Self::Upgrade(args) => Some(Each::writes(args.is_script())),
            Self::Downgrade(args) => Some(Each::writes(args.is_script())),
            Self::Stamp(args) => Some(Each::writes(args.is_script())),
            Self::EnsureVersion(args) => Some(Each::writes(args.is_script())),
            Self::CreateAll(_) => Some(Each::Writes),
            Self::Revision(_) => Some(Each::WritesFiles),
            Self::Status(_)
            | Self::Check(_)
            | Self::Diff(_)
            | Self::Quality(_)
            | Self::Current(_)
            | Self::Heads(_)
            | Self::Branches(_)
            | Self::History(_)
            | Self::Show(_) => Some(Each::Reads),
            Self::Init(_)
            | Self::Import(_)
            | Self::Merge(_)
            | Self::Inspect(_)
            | Self::Edit(_)
            | Self::Graph(_)
            | Self::Rebase(_)
            | Self::AcceptChecksum(_)
            | Self::Resolve(_)
            | Self::Forget(_)
            | Self::Schema(_)
            | Self::Completions(_) => None,
        }
    }

    /// What it does with the files of revisions.
    pub(crate) fn files(&self) -> Files {
        match self {
            Self::Init(_) | Self::Import(_) => Files::Begun,
            Self::Revision(_) | Self::Merge(_) | Self::Rebase(_) | Self::Edit(_) => Files::Needed,
            Self::Heads(args) if args.needs_files() => Files::Needed,
            Self::Heads(_)
            | Self::Upgrade(_)
            | Self::Downgrade(_)
            | Self::Stamp(_)
            | Self::EnsureVersion(_)
            | Self::AcceptChecksum(_)
            | Self::CreateAll(_)
            | Self::Resolve(_)
            | Self::Status(_)
            | Self::Check(_)
            | Self::Diff(_)
            | Self::Quality(_)
            | Self::Inspect(_)
            | Self::Forget(_)
            | Self::Current(_)
            | Self::Branches(_)
            | Self::History(_)
            | Self::Graph(_)
            | Self::Show(_)
            | Self::Schema(_)
            | Self::Completions(_) => Files::Any,
        }
    }

    /// Whether it can answer with annotations.
    pub(crate) fn speaks_github(&self) -> bool {
        matches!(self, Self::Check(_) | Self::Diff(_))
    }

    /// Whether it can answer with a page.
    pub(crate) fn speaks_html(&self) -> bool {
        matches!(self, Self::Quality(_))
    }
}
