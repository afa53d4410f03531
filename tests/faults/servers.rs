//! The server dies in the middle.

use std::process::Stdio;
use std::time::Instant;

use super::count;
use super::private::Private;
use super::twelve::{UPGRADE, project};
use crate::common::{Database, Output};

/// SIGKILL of the server at instants of the upgrade; it comes back, and the next run goes on without help.
fn killed_servers(product: Database) {
    let mut server = Private::start(product);
    let clean = product.fresh_on(&server.url());
    let begun = Instant::now();
    let wanted = UPGRADE.undisturbed(&clean, &[]);
    let usual = begun.elapsed().mul_f64(0.8);
    drop(clean);
    let parts = count(2, 40);
    for part in 0..parts {
        let database = product.fresh_on(&server.url());
        let project = project(&database);
        let mut command = project.command();
        let child =
            command.args(UPGRADE.command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        std::thread::sleep(usual.mul_f64((part as f64 + 0.5) / parts as f64));
        server.kill();
        let output = Output::of("upgrade", child.wait_with_output().expect("it ends"));
        assert!([0, 2, 3, 5, 6].contains(&output.code), "{output}");
        assert!(
            output.code == 0 || output.stderr.starts_with("error: ") || output.stderr.contains("\nerror: "),
            "{output}"
        );
        project.run(&["status"]).exits(2);
        server.restart();
        UPGRADE.ends_as(&wanted, &project, &database, &format!("SIGKILL of the server at {part}/{parts}:\n{output}"));
    }
}

#[test]
fn a_killed_server_of_postgres_costs_nothing() {
    killed_servers(Database::Postgres);
}

#[test]
fn a_killed_server_of_mariadb_costs_nothing() {
    killed_servers(Database::Mysql);
}
