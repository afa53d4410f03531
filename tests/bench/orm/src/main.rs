//! `orm-bench WORK URL NUMBER`: does one piece of work on a database and prints its peak memory in kB, and how many rows or
//! entities it had. Who calls it measures its CPU, and that of the server.

mod by_hand;
mod loading;
mod rows;

use std::error::Error;

/// What a piece of work had to do with.
pub(crate) type Count = Result<u64, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [work, url, number] = words.as_slice() else { return Err("orm-bench WORK URL NUMBER".into()) };
    let number: u64 = number.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let count = runtime.block_on(async {
        match work.as_str() {
            "tables" => rows::tables(url, number).await,
            "load-select" | "load-joined" | "load-selectin" | "load-subquery" | "load-dynamic" => {
                loading::load(url, &work["load-".len()..]).await
            }
            "bulk" => rows::bulk(url, number).await,
            "stream" => rows::stream(url).await,
            "closure" => rows::closure(url).await,
            "insert-by-hand" => by_hand::insert(url, number).await,
            "update-by-hand" => by_hand::update(url).await,
            other => Err(format!("no work `{other}`").into()),
        }
    })?;
    println!("{} {count}", peak()?);
    Ok(())
}

/// The most memory that this process had, in kB.
fn peak() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
