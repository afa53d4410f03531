//! Projects of other tools, brought here: today Alembic's.
//!
//! What a foreign project says about history is read from its files, never executed. What its revisions do is asked from
//! the user's own Alembic ([`bodies`]), which runs their code as `alembic upgrade --sql` does: without a database. Nothing
//! of the foreign project is written to; files of our own are only composed here, and written by whoever asked.

pub(crate) mod alembic;
pub(crate) mod bodies;
mod compose;
mod header;
mod ini;
mod layout;
mod project_file;
mod python;

pub(crate) use alembic::Project;
pub(crate) use bodies::{Ask, Bodies, Part};
pub(crate) use compose::{Baseline, Text, compose};
pub(crate) use project_file::{MODELS, project_file};
