//! `migrate`: a revision graph of versioned migrations, a schema diff, and a drift check, as a library.
#![cfg_attr(not(feature = "cli"), allow(dead_code, reason = "an embedding program takes a part of the house"))]

mod error;
mod graph;
mod schema;

pub use error::{Error, Kind, Place, Result};
