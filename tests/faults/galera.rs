//! Two servers that are one cluster, where no server can say whether a session of the other one lives.

use std::process::Child;
use std::time::{Duration, Instant};

use super::count;
use super::private::{Private, free_port};
use super::races::{book, book_race};
use super::waits::{ended, started, working};
use crate::common::{Database, Fresh, Project};

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

/// Two nodes of Galera, where GET_LOCK of one means nothing to the other.
struct Cluster {
    first: Private,
    second: Private,
}

impl Cluster {
    /// The second begins with a copy of the first's data, so that no state has to be sent.
    fn start() -> Self {
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
        Self { first, second }
    }

    /// The same database on the other node.
    fn on_second(&self, database: &Fresh) -> String {
        let url = self.second.url();
        let (server, _) = url.rsplit_once('/').expect("a URL");
        format!("{server}/{}", database.name())
    }
}

/// Each of the ten is on one of two nodes.
#[test]
fn ten_at_once_on_two_nodes_of_galera() {
    let cluster = Cluster::start();
    for round in 0..count(3, 100) {
        let database = Database::Mysql.fresh_on(&cluster.first.url());
        let project = book(&database);
        let urls = [database.url(), cluster.on_second(&database)];
        book_race(&project, &database, &urls, &[0, 4], &format!("round {round}"));
    }
}

/// A project of one revision, whose first statement takes as long as this.
fn slow(database: &Fresh, seconds: u32) -> Project {
    let project = Project::on(database);
    database.execute("CREATE TABLE book (revision integer);");
    let text = format!(
        "-- revision: slow\n-- down_revision:\n\n-- migrate:up\n\
         INSERT INTO book SELECT 1 FROM DUAL WHERE SLEEP({seconds}) = 0;\nCREATE TABLE t (id int PRIMARY KEY);\n\
         INSERT INTO book VALUES (2);\n"
    );
    project.write("versions/slow.sql", text);
    project
}

/// An upgrade whose first statement runs.
fn at_work(project: &Project, database: &Fresh) -> Child {
    let child = started(project, &["upgrade"]);
    working(database);
    child
}

/// Longer than a run of the other node may be silent before it counts as dead.
#[test]
fn a_run_that_lives_on_another_node_of_galera_is_waited_for() {
    let cluster = Cluster::start();
    let database = Database::Mysql.fresh_on(&cluster.first.url());
    let project = slow(&database, 30);
    let child = at_work(&project, &database);
    let other = cluster.on_second(&database);
    let output = project.run(&["upgrade", "--url", &other, "--lock-wait", "25s"]);
    output.exits(4).says("of node a, user root@");
    project.run(&["status", "--url", &other]).ok().prints("of node a, user root@");
    let waiting = project.run(&["upgrade", "--url", &other]);
    ended(child).ok();
    waiting.ok();
    assert_eq!(database.query("SELECT revision FROM book ORDER BY revision;"), [["1"], ["2"]]);
    assert_eq!(database.value("SELECT count(*) FROM migrate_lock WHERE node IS NULL;"), "1");
}

/// The server of the other node cannot say so; its silence does. On the same node nothing has to be waited for.
#[test]
fn a_run_that_died_on_a_node_of_galera_is_taken_over_on_the_other_one() {
    let cluster = Cluster::start();
    for on_other in [true, false] {
        let database = Database::Mysql.fresh_on(&cluster.first.url());
        let project = slow(&database, 2);
        let mut child = at_work(&project, &database);
        child.kill().expect("it can be killed");
        drop(ended(child));
        let begun = Instant::now();
        let url = if on_other { cluster.on_second(&database) } else { database.url() };
        if !on_other {
            // The server ends what it was at, and then it knows that nobody is there.
            std::thread::sleep(Duration::from_secs(4));
            let said = project.run(&["status"]).ok().prints("migrate upgrade");
            assert!(!said.stdout.contains("a run is at work"), "{said}");
        }
        project.run(&["upgrade", "--url", &url]).ok();
        let waited = begun.elapsed().as_secs();
        let expected = if on_other { 15..45 } else { 0..12 };
        assert!(expected.contains(&waited), "other node: {on_other}; {waited} s");
        assert_eq!(database.query("SELECT revision FROM book ORDER BY revision;"), [["1"], ["2"]]);
    }
}

/// What has lost the others may be behind them, and takes no statement.
#[test]
fn a_node_of_galera_that_lost_the_others_is_refused() {
    let mut cluster = Cluster::start();
    let database = Database::Mysql.fresh_on(&cluster.first.url());
    let project = slow(&database, 0);
    cluster.second.kill();
    let until = Instant::now() + Duration::from_secs(60);
    let alone = loop {
        let output = project.run(&["status"]);
        if output.code != 0 {
            break output;
        }
        assert!(Instant::now() < until, "the node does not miss the other one");
        std::thread::sleep(Duration::from_millis(200));
    };
    alone.exits(2).says("is not in sync with its cluster");
    project.run(&["upgrade"]).exits(2).says("is not in sync with its cluster");
    database.execute("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES';");
    project.run(&["upgrade", "--wait", "60s"]).ok();
}
