//! Ten programs at once on one database: each revision takes effect once, and each program ends with 0, or with 4 where it
//! did not get its turn.

use std::process::{Child, Command, Stdio};

use super::count;
use super::pooler::Pooler;
use super::twelve::{self, UPGRADE};
use crate::common::{Database, Fresh, Output, Project};

/// How many start at once.
const PROGRAMS: usize = 10;

/// Starts them all, waits for all.
fn at_once(commands: Vec<Command>) -> Vec<Output> {
    let start =
        |mut command: Command| command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let children: Vec<Child> = commands.into_iter().map(start).collect();
    children.into_iter().map(|child| Output::of("of a race", child.wait_with_output().expect("it ends"))).collect()
}

fn command(project: &Project, url: &str, words: &[&str]) -> Command {
    let mut command = project.command();
    command.args(words).args(["--url", url, "--lock-wait", "60s"]);
    command
}

/// Each ended with 0 or 4, and one at least with 0.
#[track_caller]
fn all_ended_well(outputs: &[Output], round: &str) {
    all_ended_with(&[0, 4], outputs, round);
}

#[track_caller]
fn all_ended_with(codes: &[i32], outputs: &[Output], round: &str) {
    let bad: Vec<&Output> = outputs.iter().filter(|output| !codes.contains(&output.code)).collect();
    assert!(bad.is_empty(), "{round}: {} of {}:\n{}", bad.len(), outputs.len(), bad[0]);
    assert!(outputs.iter().any(|output| output.code == 0), "{round}: nobody came to the end");
}

/// The twelve revisions, from the start, every third time from half-way.
fn upgrades(product: Database) {
    let clean = product.fresh();
    let wanted = UPGRADE.undisturbed(&clean, &[]);
    for round in 0..count(3, 100) {
        let database = product.fresh();
        let project = twelve::project(&database);
        if round % 3 == 2 {
            project.run(&["upgrade", "r06"]).ok();
        }
        let commands = (0..PROGRAMS).map(|_| command(&project, &database.url(), UPGRADE.command)).collect();
        all_ended_well(&at_once(commands), &format!("round {round}"));
        UPGRADE.ends_as(&wanted, &project, &database, &format!("the race of round {round}"));
        assert_eq!(done(&database), 12, "round {round}: each revision is once in the log");
    }
}

fn done(database: &Fresh) -> usize {
    let sql = "SELECT count(*) FROM migrate_log WHERE state = 'done' AND direction = 'upgrade';";
    database.value(sql).parse().expect("a number")
}

#[test]
fn ten_at_once_apply_each_revision_once_on_sqlite() {
    upgrades(Database::Sqlite);
}

#[test]
fn ten_at_once_apply_each_revision_once_on_postgres() {
    upgrades(Database::Postgres);
}

#[test]
fn ten_at_once_apply_each_revision_once_on_mariadb() {
    upgrades(Database::Mysql);
}

/// Four revisions that keep a book: a row for each time that one was applied or taken back.
pub(super) fn book(database: &Fresh) -> Project {
    let project = Project::on(database);
    database.execute("CREATE TABLE book (revision integer, way integer);");
    for number in 1..=4 {
        let parent = if number == 1 { "null".to_owned() } else { format!("b{}", number - 1) };
        let text = format!(
            "revision: b{number}\ndown_revision: {parent}\nupgrade:\n\
             - create_table: {{ name: t{number}, columns: {{ id: {{ type: int, nullable: false }} }} }}\n\
             - sql:\n    postgres: INSERT INTO book SELECT {number}, 1 WHERE pg_sleep(0.02) IS NOT NULL\n    \
             mysql: INSERT INTO book SELECT {number}, 1 FROM DUAL WHERE SLEEP(0.02) = 0\n    \
             sqlite: INSERT INTO book VALUES ({number}, 1)\n\
             downgrade:\n- sql: INSERT INTO book VALUES ({number}, -1)\n- drop_table: {{ name: t{number} }}\n"
        );
        project.write(&format!("versions/b{number}.yaml"), text);
    }
    project
}

/// What the book says: the revision, and how often it was applied more than taken back.
fn balance(database: &Fresh) -> Vec<Vec<String>> {
    database.query("SELECT revision, sum(way) FROM book GROUP BY revision ORDER BY revision;")
}

fn balanced() -> Vec<Vec<String>> {
    (1..=4).map(|number| vec![number.to_string(), "1".to_owned()]).collect()
}

/// Half of them go up while half go down. Whatever wins, in the end each revision stands once.
fn both_ways(product: Database) {
    for round in 0..count(3, 100) {
        let database = product.fresh();
        let project = book(&database);
        project.run(&["upgrade", "b3"]).ok();
        let words = |number| if number % 2 == 0 { &["upgrade"][..] } else { &["downgrade", "b1", "--yes"] };
        let url = database.url();
        let outputs = at_once((0..PROGRAMS).map(|number| command(&project, &url, words(number))).collect());
        all_ended_well(&outputs, &format!("round {round}"));
        project.run(&["upgrade"]).ok();
        assert_eq!(balance(&database), balanced(), "round {round}");
        project.run(&["status", "--check"]).ok();
    }
}

#[test]
fn upgrade_against_downgrade_on_sqlite() {
    both_ways(Database::Sqlite);
}

#[test]
fn upgrade_against_downgrade_on_postgres() {
    both_ways(Database::Postgres);
}

#[test]
fn upgrade_against_downgrade_on_mariadb() {
    both_ways(Database::Mysql);
}

/// All of them upgrade by this URL.
pub(super) fn book_race(project: &Project, database: &Fresh, urls: &[String], codes: &[i32], round: &str) {
    let commands = (0..PROGRAMS).map(|number| command(project, &urls[number % urls.len()], &["upgrade"])).collect();
    all_ended_with(codes, &at_once(commands), round);
    project.run(&["upgrade"]).ok();
    let once: Vec<Vec<String>> = balanced();
    assert_eq!(balance(database), once, "{round}");
    assert_eq!(database.value("SELECT count(*) FROM book;"), "4", "{round}");
}

/// A session lock means nothing behind a pooler: the comparison of the version rows alone keeps them apart.
#[test]
fn ten_at_once_through_a_pooler() {
    let pooler = Pooler::start();
    for round in 0..count(3, 100) {
        let database = Database::Postgres.fresh();
        let project = book(&database);
        book_race(&project, &database, &[pooler.url(database.name())], &[0, 4], &format!("round {round}"));
    }
}

/// A common setting of servers, under which reading FOR UPDATE locks nothing in an empty table.
#[test]
fn ten_at_once_under_read_committed() {
    let server = Database::Mysql.fresh();
    server.execute(
        "CREATE USER IF NOT EXISTS committed@'127.0.0.1'; GRANT ALL ON *.* TO committed@'127.0.0.1'; \
         REVOKE SUPER ON *.* FROM committed@'127.0.0.1'; \
         SET GLOBAL init_connect = \"SET SESSION tx_isolation = IF(USER() LIKE 'committed@%', 'READ-COMMITTED', @@tx_isolation)\";",
    );
    for round in 0..count(3, 100) {
        let database = Database::Mysql.fresh();
        let project = book(&database);
        let url = database.url().replace("root@", "committed@");
        book_race(&project, &database, &[url], &[0, 4], &format!("round {round}"));
    }
}
