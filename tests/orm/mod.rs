//! The ORM on its three databases: each case runs on all of them, and gives the same.

mod cases;
mod engine;
mod levels;
mod loading;
mod models;
mod queries;
mod rows;
mod sessions;

use migrate::Options;
use migrate::orm::{Engine, EngineBuilder};

use crate::common::{Database, Fresh};

/// Runs what a test does, on a runtime of its own.
pub(crate) fn block_on<T>(work: impl Future<Output = T> + Send) -> T {
    let work: std::pin::Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(work);
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// An engine on a database of a test.
pub(crate) fn builder(database: &Fresh) -> EngineBuilder {
    let options = match database.database() {
        Database::Sqlite => Options::sqlite(database.file()).create(true),
        Database::Postgres | Database::Mysql => Options::url(&database.url()).unwrap(),
    };
    Engine::builder(options).unwrap()
}
