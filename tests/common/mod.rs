//! What the integration tests share: the program in a folder of its own ([`Project`]) and databases of their own
//! ([`Database`]).
//!
//! Everything lies in temporary folders and in databases with names of their own, so tests run at once without seeing each
//! other, and nothing stays behind.
#![allow(dead_code, unused_imports, reason = "each test takes what it needs")]

mod database;
mod login;
mod project;

pub(crate) use database::{Database, Fresh, Held};
pub(crate) use login::{Login, SECRET};
pub(crate) use project::{Output, Project};

use std::path::Path;

/// The built program.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_migrate"))
}
