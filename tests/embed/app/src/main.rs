//! Opens its database as an application does, and says how long it took to bring it to head.

use std::path::PathBuf;

#[cfg(feature = "migrations")]
include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("shop.db"), PathBuf::from);
    #[cfg(feature = "migrations")]
    {
        use migrate::{Connection, Migrator, Options, Target};
        let started = std::time::Instant::now();
        let migrator = Migrator::new(&MIGRATIONS)?;
        let mut db = Connection::open(Options::sqlite(&file).create(true)).await?;
        let report = migrator.upgrade(&mut db, Target::head()).await?;
        db.close().await?;
        println!("{} revisions applied in {} µs", report.steps.len(), started.elapsed().as_micros());
    }
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await?;
    let notes: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&pool).await?;
    println!("{notes} objects");
    pool.close().await;
    Ok(())
}
