//! The one integration binary: `tests/run` starts the servers that it needs. A module per subject; helpers in `common`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test may panic, and is handed its servers by the environment"
)]

mod alembic;
mod checks;
mod cli;
mod common;
mod docs;
mod example;
mod faults;
mod mysql_objects;
mod mysql_odd;
mod mysql_steps;
mod offline;
mod orm;
mod postgres_again;
mod postgres_objects;
mod privileges;
mod quality;
mod scripts;
mod tidy;
