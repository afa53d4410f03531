//! Real Alembic beside the program: the same graphs, the same commands, one database.
//!
//! Alembic is the one of `tests/alembic/requirements.txt`, which `tests/run` prepares; without it these tests fail.

mod compare;
mod differences;
mod driver;
mod import;
pub(crate) mod random;
mod real;
