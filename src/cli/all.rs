//! `--db all`: a command for each of `databases:`, in the order of the file.
//!
//! A command that reads answers for each of them, and the greatest exit code counts. One that writes stops at the first
//! failure. Programs get one object: `{"format": 1, "databases": {"NAME": report}}`.

use std::collections::BTreeSet;

use crate::cli::args::{Command, Each};
use crate::cli::context::Context;
use crate::cli::{Answer, dispatch};
use crate::config::{Config, Sources, working_folder};
use crate::error::{Error, Kind, Result};
use crate::report::{heading_of, reports_of};

/// Runs a command, for each database where `--db all` says so.
pub(crate) fn dispatch_to_each(command: &Command, context: &mut Context<'_>) -> Result<Answer> {
    match command.for_each().filter(|_| context.global.is_for_all()) {
        None => dispatch(command, context),
        Some(Each::Script) => Err(Error::new(Kind::Usage, "a script is for one database")
            .with_hint("choose it with --db NAME; run the command once for each")),
        Some(each) => run(command, each, context),
    }
}

/// The names of the databases; what is wrong with the configuration of one is said before the first is touched.
fn names(each: Each, context: &Context<'_>) -> Result<Vec<String>> {
    let (folder, flags) = (working_folder()?, context.global.flags());
    let configs =
        Config::load_all(&Sources { working_folder: &folder, environment: context.environment, flags: &flags })?;
    let mut folders = BTreeSet::new();
    let shared = configs.iter().flat_map(|config| &config.versions).find(|folder| !folders.insert(*folder));
    if let (Each::WritesFiles, Some(folder)) = (each, shared) {
        return Err(Error::new(Kind::Usage, "the databases share their revisions: one revision is for all of them")
            .in_file(folder)
            .with_hint("leave --db out, or choose with --db NAME the database to compare with"));
    }
    Ok(configs.into_iter().filter_map(|config| config.database).collect())
}

fn run(command: &Command, each: Each, context: &mut Context<'_>) -> Result<Answer> {
    let names = names(each, context)?;
    let mut reports = Vec::new();
    let mut worst = 0;
    for (at, name) in names.iter().enumerate() {
        heading_of(context.printer, name, each == Each::Reads);
        context.global.choose(name);
        context.printer.collect();
        let answer = dispatch(command, context);
        let collected = context.printer.collected();
        let (code, failure) = match answer {
            Ok(Answer::Killed(signal)) => return Ok(Answer::Killed(signal)),
            Ok(answer) => (answer.code(), None),
            Err(error) => (error.exit_code(), Some(error.of_database(name))),
        };
        worst = worst.max(code);
        let stops =
            code != 0 && each != Each::Reads || failure.as_ref().is_some_and(|error| error.kind() == Kind::Cancelled);
        reports.push((name.as_str(), collected, failure));
        if stops {
            let left: Vec<&str> = names.iter().skip(at + 1).map(String::as_str).collect();
            reports_of(context.printer, &reports, &left);
            return Ok(Answer::Coded(code));
        }
    }
    reports_of(context.printer, &reports, &[]);
    Ok(Answer::Coded(worst))
}
