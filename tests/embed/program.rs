//! The programs that tests run.

use std::process::{Command, ExitCode};

use migrate::{Migrator, Newer, Source};

use crate::common::{Fresh, Output, Project};

/// The variable that makes a program of this binary.
pub(crate) const WHICH: &str = "MIGRATE_TEST_PROGRAM";

const FIRST: (&str, &str) = (
    "1.yaml",
    "revision: aa01\nmessage: notes\nbranch_labels: [shop]\nupgrade:\n  - create_table: { name: notes, columns: { id: { type: bigint, \
     nullable: false }, text: { type: varchar(80) } }, primary_key: [id] }\n",
);
const SECOND: (&str, &str) = (
    "2.sql",
    "-- revision: aa02\n-- down_revision: aa01\n-- message: a first note\n\n-- migrate:up\n\
     INSERT INTO notes VALUES (1, ${x.who:literal});\n-- migrate:down\nDELETE FROM notes WHERE id = 1;\n",
);
const THIRD: (&str, &str) = (
    "3.yaml",
    "revision: aa03\ndown_revision: aa02\nmessage: colours\nupgrade:\n  - add_column: { table: notes, column: { name: colour, \
     type: varchar(20) } }\n",
);

/// `shop`; `older` does not have the last revision yet; `patient` is an older one that takes newer ones back; `nested` calls
/// the command line where it must not be called.
pub(crate) fn run(which: &str) -> ExitCode {
    if which == "steps" {
        return crate::steps::program().map_or(ExitCode::FAILURE, migrate::cli::run);
    }
    let files = if which == "shop" || which == "nested" { vec![FIRST, SECOND, THIRD] } else { vec![FIRST, SECOND] };
    let migrator = match Migrator::new(Source::files(files)) {
        Ok(migrator) => migrator.version_table("shop_version").variable("who", "ada"),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(error.exit_code());
        }
    };
    match which {
        "patient" => migrate::cli::run(migrator.newer(Newer::Downgrade)),
        "nested" => {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async { migrate::cli::run(migrator) })
        }
        _ => migrate::cli::run(migrator),
    }
}

/// The program in a folder, ready to run on this database.
pub(crate) fn command(project: &Project, which: &str, database: &Fresh) -> Command {
    use std::os::unix::process::CommandExt;
    let clean = project.command();
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.arg0("shop-admin").current_dir(project.path("")).env_clear().stdin(std::process::Stdio::null());
    for (name, value) in clean.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.env(WHICH, which).env("MIGRATE_URL", database.url());
    command
}

/// Runs the program to its end.
pub(crate) fn run_as(project: &Project, which: &str, database: &Fresh, words: &[&str]) -> Output {
    let output = command(project, which, database).args(words).output().expect("the program starts");
    Output::of(&words.join(" "), output)
}
