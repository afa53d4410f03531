//! The server dies in the middle, and two servers that are one cluster.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::count;
use super::private::{Private, free_port};
use super::races::{book, book_race};
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

/// What makes a node of a cluster on this machine; `others` is where the rest of it listens.
fn node(name: &str, port: u16, others: &str) -> Vec<String> {
    let libraries =
        ["/usr/lib/galera/libgalera_smm.so", "/usr/lib/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so"];
    let library = libraries.into_iter().find(|path| std::path::Path::new(path).exists());
    let library = library.expect("Galera's library: tests/run installs galera-4");
    let incremental = free_port();
    let words = [
        "binlog-format=ROW".to_owned(),
        "innodb-autoinc-lock-mode=2".to_owned(),
        "wsrep-on=ON".to_owned(),
        format!("wsrep-provider={library}"),
        "wsrep-cluster-name=faults".to_owned(),
        format!("wsrep-node-name={name}"),
        format!("wsrep-node-address=127.0.0.1:{port}"),
        "wsrep-sst-method=rsync".to_owned(),
        format!("wsrep-cluster-address=gcomm://{others}"),
        format!(
            "wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{port};ist.recv_addr=127.0.0.1:{incremental};gcache.size=16M"
        ),
    ];
    let mut options: Vec<String> = words.iter().map(|word| format!("--{word}")).collect();
    options.extend(others.is_empty().then(|| "--wsrep-new-cluster".to_owned()));
    options
}

/// Two nodes of Galera, where GET_LOCK of one means nothing to the other. The second begins with a copy of the first's
/// data, so that no state has to be sent.
#[test]
fn ten_at_once_on_two_nodes_of_galera() {
    let ports = [free_port(), free_port()];
    let mut first = Private::made(Database::Mysql, &node("a", ports[0], ""));
    first.restart();
    first.stop();
    let mut second = first.copied(&node("b", ports[1], &format!("127.0.0.1:{}", ports[0])));
    first.restart();
    second.restart();
    let clean = Database::Mysql.fresh_on(&first.url());
    let until = Instant::now() + Duration::from_secs(60);
    let size = || clean.query("SHOW STATUS LIKE 'wsrep_cluster_size';")[0][1].clone();
    while size() != "2" {
        assert!(Instant::now() < until, "the nodes do not find each other: {}", size());
        std::thread::sleep(Duration::from_millis(100));
    }
    for round in 0..count(3, 100) {
        let database = Database::Mysql.fresh_on(&first.url());
        let project = book(&database);
        let (server, _) =
            second.url().rsplit_once('/').map(|(server, rest)| (server.to_owned(), rest.to_owned())).expect("a URL");
        let urls = [database.url(), format!("{server}/{}", database.name())];
        // Nothing in the cluster tells a run that lives on the other node from one that died: its journal may be taken
        // over, and then it stops with 5. What it did is not done again.
        book_race(&project, &database, &urls, &[0, 4, 5], &format!("round {round}"));
    }
}
