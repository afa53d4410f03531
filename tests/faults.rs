//! Faults from outside the process, on the real program and real servers: killed, cut off, raced, out of disk, out of
//! rights. What each must end in stands in `docs/faults.md`, which names the test that shows it.
//!
//! `MIGRATE_TEST_FULL` gives every test its large count; else each takes a fixed sample.

mod back;
mod catalogue;
mod disks;
mod environment;
mod fuzz;
mod galera;
mod instants;
mod keep_limit;
mod lower_case;
mod messages;
mod mistakes;
mod pieces;
mod pooler;
mod private;
mod proxy;
mod races;
mod refusals;
mod replicas;
mod secrets;
mod servers;
mod sessions;
mod sqlite_calls;
mod twelve;
mod two_tools;
mod waits;

/// Whether the large counts were asked for.
fn is_full() -> bool {
    std::env::var_os("MIGRATE_TEST_FULL").is_some()
}

/// The count of a sample, or the large one.
fn count(sample: usize, full: usize) -> usize {
    if is_full() { full } else { sample }
}
