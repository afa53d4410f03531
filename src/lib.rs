//! `migrate`: a revision graph of versioned migrations, a schema diff, and a drift check, as a library.
#![cfg_attr(not(feature = "cli"), allow(dead_code, reason = "an embedding program takes a part of the house"))]

#[cfg(feature = "run")]
mod cache;
#[cfg(all(feature = "autogenerate", feature = "db"))]
mod check;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "files")]
mod config;
#[cfg(feature = "db")]
mod db;
mod dialect;
mod diff;
mod encode;
mod error;
#[cfg(all(feature = "run", feature = "db"))]
mod execute;
#[cfg(feature = "files")]
mod format;
mod graph;
#[cfg(feature = "autogenerate")]
mod model;
mod ops;
#[cfg(feature = "run")]
mod plan;
#[cfg(feature = "cli")]
mod report;
#[cfg(any(feature = "run", feature = "files"))]
mod revision;
mod schema;
mod secret;
mod statement;
#[cfg(any(feature = "run", feature = "files"))]
mod text_file;
#[cfg(feature = "files")]
mod yaml;

#[cfg(feature = "db")]
pub use db::Cancel;
pub use error::{Error, Kind, Place, Result};
