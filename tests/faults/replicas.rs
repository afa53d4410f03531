//! Servers that may not be written, and servers of other versions.

use super::messages::{address, through};
use super::private::Private;
use super::proxy;
use crate::common::{Database, Fresh, Login, Project};

/// One revision is applied, one is not.
fn half_way(database: &Fresh) -> Project {
    let project = Project::on(database);
    project.write(
        "versions/a.sql",
        "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE a (id integer);\n-- migrate:down\nDROP TABLE a;\n",
    );
    project.run(&["upgrade"]).ok();
    let text = "-- revision: bbbb\n-- down_revision: aaaa\n\n-- migrate:up\nCREATE TABLE b (id integer);\n";
    project.write("versions/b.sql", text);
    project
}

/// What writes is refused before anything has run, what reads is answered, and where nothing is to be done it is said.
#[track_caller]
fn refused_by_what_writes(project: &Project, url: &[&str]) {
    let run = |words: &[&str]| project.run(&[words, url].concat());
    for command in [&["upgrade"][..], &["downgrade", "base", "--yes"], &["stamp", "bbbb"]] {
        let output = run(command);
        assert_eq!(output.code, 2, "{output}");
        assert!(output.stderr.contains("read-only") || output.stderr.contains("recovery"), "{output}");
    }
    run(&["current"]).ok().prints("aaaa");
    run(&["status"]).ok();
    run(&["upgrade", "aaaa"]).ok();
    let dry = run(&["upgrade", "--dry-run"]).ok();
    assert!(dry.stderr.contains("the run would be refused"), "{dry}");
}

#[test]
fn a_replica_is_refused_by_what_writes() {
    let mut server = Private::start(Database::Mysql);
    let database = Database::Mysql.fresh_on(&server.url());
    let project = half_way(&database);
    database.execute("SET GLOBAL read_only = 1;");
    // An administrator may write there all the same.
    let login = Login::on(&database).with_all_rights(&database);
    project
        .write("password", &login.password)
        .write("migrate.yaml", format!("database: {{ url: \"{}\", password_file: password }}\n", login.url));
    refused_by_what_writes(&project, &[]);
    database.execute("SET GLOBAL read_only = 0;");
    project.run(&["upgrade"]).ok();
    drop(database);
    server.stop();

    let primary = Private::start(Database::Postgres);
    let database = Database::Postgres.fresh_on(&primary.url());
    let project = half_way(&database);
    let standby = primary.standby();
    let url = standby.url();
    let (server, _) = url.rsplit_once('/').expect("a URL");
    let url = format!("{server}/{}", database.name());
    refused_by_what_writes(&project, &["--url", &url]);
    project.run(&["upgrade"]).ok();
}

/// The versions are faked on the way: a proxy puts other digits into what the server says of itself.
#[test]
fn a_server_that_is_too_old_is_refused_and_a_new_one_warned_of() {
    for (product, said, old, new) in [
        (Database::Postgres, version(Database::Postgres), "110022", "990001"),
        (Database::Mysql, version(Database::Mysql), "10.05.9", "99.11.9"),
    ] {
        let database = product.fresh();
        let project = half_way(&database);
        let with = |digits: &str| {
            let digits = &digits[..said.len().min(digits.len())];
            let wanted = format!("{digits}{}", &said[digits.len()..]);
            through(&database.url(), proxy::rewriting(address(&database.url()).0, said.clone(), wanted))
        };
        let url = with(old);
        project.run(&["upgrade", "--url", &url]).exits(2).says("is too old").says("upgrade the server first");
        project.run(&["current", "--url", &url]).ok().prints("aaaa");
        project.run(&["upgrade", "--url", &with(new)]).ok().says("is newer than what this migrate knows");
        assert_eq!(database.value("SELECT count(*) FROM b;"), "0");
    }
}

/// What the shared server says of itself.
fn version(product: Database) -> String {
    let database = product.fresh();
    match product {
        Database::Postgres => database.value("SHOW server_version_num;"),
        Database::Mysql | Database::Sqlite => database.value("SELECT VERSION();"),
    }
}
