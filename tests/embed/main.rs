//! The command line inside of a program that carries its own revisions: `migrate::cli::run`.
//!
//! This binary is both: the tests, and the program that they run. It is the program where `MIGRATE_TEST_PROGRAM` says
//! which one; its own name is what it was started as.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs,
    reason = "a test may panic, and is handed its servers by the environment"
)]

mod commands;
#[path = "../common/mod.rs"]
mod common;
mod program;
mod steps;
mod together;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use common::Database;

/// A test and what it is called.
type Named = (&'static str, fn());
/// One that runs on each database.
type OnEach = (&'static str, fn(Database));

fn main() -> ExitCode {
    if let Ok(which) = std::env::var(program::WHICH) {
        return program::run(&which);
    }
    let arguments = Arguments::from_args();
    let plain = commands::TESTS
        .iter()
        .chain(together::TESTS)
        .chain(steps::TESTS)
        .map(|(name, test)| trial((*name).to_owned(), *test));
    let on_each = commands::ON_EACH.iter().chain(together::ON_EACH).chain(steps::ON_EACH).flat_map(|(name, test)| {
        let of = move |database: Database| trial(format!("{name}/{}", database.word()), move || test(database));
        Database::ALL.into_iter().map(of)
    });
    libtest_mimic::run(&arguments, plain.chain(on_each).collect()).exit_code()
}

fn trial(name: String, test: impl Fn() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok::<(), Failed>(())
    })
}
