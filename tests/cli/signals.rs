//! Signals: the first one cancels and rolls back, the second one ends the program at once.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{project, tables};
use crate::common::{Fresh, Output, Project};

/// Counts for a long time, and makes a table before.
const SLOW: &str = "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE early (id integer);\n\
    INSERT INTO early WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 4000000000) SELECT max(x) FROM n;\n-- migrate:down\n";

fn started() -> (Project, Fresh, Child) {
    let (project, database) = project();
    project.write("versions/a.sql", SLOW);
    let child = project.command().args(["upgrade", "--echo"]).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let child = child.expect("the program starts");
    // The journal of the transaction is there once the statement works.
    let until = Instant::now() + Duration::from_secs(20);
    let journal = database.file().with_extension("db-journal");
    while !journal.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    (project, database, child)
}

fn send(child: &Child, signal: &str) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
}

#[test]
fn the_first_signal_cancels_and_rolls_back() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let (_project, database, child) = started();
        send(&child, signal);
        let output = Output::of("upgrade", child.wait_with_output().expect("it ends"));
        output.exits(3).says("cancelled");
        assert_eq!(tables(&database), Vec::<String>::new(), "{signal}");
    }
}
