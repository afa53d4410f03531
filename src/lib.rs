//! `migrate`: a revision graph of versioned migrations, a schema diff, and a drift check, as a library.
#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, unreachable_pub, reason = "an embedding program takes a part of the house")
)]

#[cfg(any(feature = "run", feature = "files"))]
mod amount;
#[cfg(all(feature = "blocking", feature = "db"))]
pub mod blocking;
#[cfg(feature = "build")]
pub mod build;
#[cfg(feature = "run")]
mod cache;
#[cfg(all(feature = "autogenerate", feature = "db"))]
mod check;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "files")]
mod config;
#[cfg(feature = "orm")]
mod data;
#[cfg(feature = "db")]
mod db;
mod dialect;
#[cfg(feature = "autogenerate")]
mod diff;
#[cfg(feature = "cli")]
mod draw;
#[cfg(feature = "run")]
mod embedded;
mod encode;
mod error;
#[cfg(all(feature = "run", feature = "db"))]
mod execute;
#[cfg(feature = "files")]
mod format;
mod graph;
#[cfg(feature = "cli")]
mod import;
#[cfg(all(feature = "run", feature = "db"))]
mod migrator;
#[cfg(feature = "autogenerate")]
mod model;
mod ops;
#[cfg(all(feature = "orm", feature = "db"))]
#[macro_use]
pub mod orm;
#[cfg(feature = "run")]
mod plan;
#[cfg(all(feature = "autogenerate", feature = "db"))]
mod quality;
#[cfg(feature = "cli")]
mod report;
#[cfg(any(feature = "run", feature = "files"))]
mod revision;
mod schema;
#[cfg(feature = "script")]
mod script;
mod secret;
mod statement;
#[cfg(any(feature = "run", feature = "files"))]
mod text_file;
#[cfg(feature = "files")]
mod yaml;

#[cfg(feature = "db")]
pub use db::{Backup, Cancel, IntoOptions, Options, Stop};
#[cfg(feature = "run")]
pub use embedded::Embedded;
#[cfg(feature = "run")]
#[doc(hidden)]
pub use embedded::EmbeddedRevision;
pub use error::{Error, Kind, Place, Result};
#[cfg(all(feature = "orm", feature = "db"))]
pub use execute::programs::{BoxFuture, Down, StepContext, StepFunction};
#[cfg(all(feature = "run", feature = "db"))]
pub use execute::{
    Event, Newer, Report, StepReport,
    rows_kept::KeptRows,
    status::{State, Status},
};
#[cfg(all(feature = "run", feature = "db"))]
pub use migrator::{Connection, Migrator, Source, Target};
