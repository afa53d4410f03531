//! `migrate`: a revision graph of versioned migrations, a schema diff, and a drift check, as a library.
#![cfg_attr(not(feature = "cli"), allow(dead_code, reason = "an embedding program takes a part of the house"))]

#[cfg(all(feature = "autogenerate", feature = "db"))]
mod check;
#[cfg(feature = "files")]
mod config;
#[cfg(feature = "db")]
mod db;
mod dialect;
mod diff;
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
#[cfg(any(feature = "run", feature = "files"))]
mod revision;
mod schema;
mod secret;
mod statement;
#[cfg(feature = "files")]
mod yaml;

#[cfg(feature = "db")]
pub use db::Cancel;
pub use error::{Error, Kind, Place, Result};
