//! In a cluster: a server that is not there yet, an init container that waits for a migration, an account without a home.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{line, table_revision};
use crate::common::{Database, Fresh, Login, Output, Project};

/// A port that nobody listens at.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port()
}

/// The URL with another port.
fn at_port(url: &str, port: u16) -> String {
    let (front, path) = url.rsplit_once('/').expect("a path");
    let (host, _) = front.rsplit_once(':').expect("a port");
    format!("{host}:{port}/{path}")
}

/// Begins to listen after a while, and passes everything on to the server of this URL.
fn opens_later(url: &str, port: u16, after: Duration) {
    let (front, _) = url.rsplit_once('/').expect("a path");
    let server = front.rsplit(['@', '/']).next().expect("an address").to_owned();
    std::thread::spawn(move || {
        std::thread::sleep(after);
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is still free");
        for client in listener.incoming() {
            let (client, server) = (client.expect("a client"), TcpStream::connect(&server).expect("the server"));
            let pair = |stream: &TcpStream| stream.try_clone().expect("a clone");
            let (mut from, mut to) = (pair(&server), pair(&client));
            std::thread::spawn(move || pass(&mut from, &mut to));
            let (mut from, mut to) = (client, server);
            std::thread::spawn(move || pass(&mut from, &mut to));
        }
    });
}

fn pass(from: &mut TcpStream, to: &mut TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    drop(to.shutdown(std::net::Shutdown::Both));
}

fn one_table(database: &Fresh) -> Project {
    let project = Project::on(database);
    project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
    project
}

#[test]
fn a_server_that_is_not_there_yet_is_waited_for() {
    for product in [Database::Postgres, Database::Mysql] {
        let (database, port) = (product.fresh(), free_port());
        let (project, url) = (one_table(&database), at_port(&database.url(), port));
        project.run(&["upgrade", "--url", &url]).exits(2).says("nobody listens");
        opens_later(&database.url(), port, Duration::from_millis(1500));
        let output = project.run(&["upgrade", "--url", &url, "--wait", "30s"]).ok();
        let line = format!("     Waiting for the server: nobody listens at 127.0.0.1:{port}\n");
        assert_eq!(output.stderr.matches(&line).count(), 1, "said once: {output}");
        let quiet = project.run(&["current", "--url", &url, "--wait", "30s", "--format", "json"]).ok();
        assert_eq!(quiet.stderr, "");
    }
}

#[test]
fn the_last_cause_is_told_when_nobody_comes() {
    let (project, _database) = line();
    let url = format!("postgres://u@127.0.0.1:{}/x", free_port());
    let begun = Instant::now();
    let output = project.run(&["status", "--url", &url, "--wait", "1200ms"]).exits(2);
    output
        .says("error: the server was not there within 1.2s\ncaused by: nobody listens at 127.0.0.1")
        .says("hint: start the server");
    assert!(begun.elapsed() >= Duration::from_millis(1200));
    for (arguments, variable) in [(&["status", "--wait", "soon"][..], ""), (&["status"], "soon")] {
        let output = project
            .run_with(arguments, |command| {
                command.env("MIGRATE_WAIT", variable);
            })
            .exits(2);
        output.says("expected 0 or a time such as 500ms, 30s or 5m, found `soon`");
    }
    // A file is there or not.
    project.run(&["upgrade", "--url", "sqlite://no/such/x.db", "--wait", "30s"]).exits(2).says("folder");
    let project = Project::empty();
    project
        .write("migrate.yaml", format!("database: {{ url: \"{url}\" }}\nrun: {{ wait: 300ms }}\n"))
        .write("versions/.keep", "");
    project.run(&["status"]).exits(2).says("not there within 300ms");
}

#[test]
fn what_will_not_come_by_itself_is_not_waited_for() {
    for product in [Database::Postgres, Database::Mysql] {
        let database = product.fresh();
        let (project, login) = (one_table(&database), Login::on(&database));
        let begun = Instant::now();
        let output = project.run(&["upgrade", "--wait", "60s", "--url", &login.url]).exits(2);
        assert!(output.stderr.contains("password") || output.stderr.contains("refuses"), "{output}");
        let elsewhere = database.url().replace(database.name(), "nowhere");
        project.run(&["upgrade", "--wait", "60s", "--url", &elsewhere]).exits(2).says("there is no database nowhere");
        assert!(begun.elapsed() < Duration::from_secs(20), "{product:?}");
    }
}

#[test]
fn a_server_that_is_full_is_waited_for() {
    let database = Database::Postgres.fresh();
    let (project, user) = (one_table(&database), format!("full_{}", database.name()));
    database.execute(&format!("CREATE ROLE {user} LOGIN SUPERUSER CONNECTION LIMIT 0;"));
    database.execute(&format!("ALTER ROLE {user} NOSUPERUSER; GRANT ALL ON SCHEMA public TO {user};"));
    let url = database.url().replace("postgres@", &format!("{user}@"));
    let child = project.command().args(["upgrade", "--url", &url, "--wait", "30s"]).stderr(Stdio::piped()).spawn();
    let child = child.expect("it starts");
    std::thread::sleep(Duration::from_millis(1200));
    database.execute(&format!("ALTER ROLE {user} CONNECTION LIMIT 5;"));
    let output = Output::of("upgrade", child.wait_with_output().expect("it ends")).ok();
    output.says("Waiting for the server: 127.0.0.1").says("has no connection left");
}

#[test]
fn a_signal_ends_the_waiting() {
    let (project, _database) = line();
    let url = format!("postgres://u@127.0.0.1:{}/x", free_port());
    for arguments in [&["status", "--wait", "60s"][..], &["status", "--wait-for", "head"]] {
        let child = project.command().args(arguments).args(["--url", &url]).stderr(Stdio::piped()).spawn();
        let child = child.expect("it starts");
        std::thread::sleep(Duration::from_millis(800));
        let killed = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(killed.expect("kill runs").success());
        Output::of("status", child.wait_with_output().expect("it ends")).exits(3).says("cancelled while");
    }
}

#[test]
fn an_init_container_waits_for_a_migration() {
    for product in Database::ALL {
        let database = product.fresh();
        let project = one_table(&database);
        project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "second", "two"));
        let output = project.run(&["status", "--wait-for", "head", "--timeout", "300ms"]).exits(1);
        let output = output.prints("behind: the database is at base\nthe database is empty\nnot applied: aaaa, bbbb\n");
        let output = output.says("     Waiting for head: the database is not there yet\n");
        output.says("warning: head was not reached within 300ms");
        let waiting = project
            .command()
            .args(["status", "--wait-for", "head"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let waiting = waiting.expect("it starts");
        std::thread::sleep(Duration::from_millis(400));
        project.run(&["upgrade", "aaaa"]).ok();
        project.run(&["status", "--wait-for", "aa", "--timeout", "0"]).ok().prints("behind: the database is at aaaa");
        project.run(&["upgrade"]).ok();
        let output = Output::of("status", waiting.wait_with_output().expect("it ends")).ok();
        output.prints("at head: the database is at bbbb");
        // What lies below is reached too; the report for programs is that of `status`.
        let output = project.run(&["status", "--wait-for", "aaaa", "--format", "json"]).ok();
        assert!(
            output.stderr.is_empty() && output.stdout.starts_with("{\"format\":1,\"state\":\"at_head\""),
            "{output}"
        );
    }
}

#[test]
fn a_pod_of_the_former_release_does_not_wait_for_the_next_one() {
    for product in Database::ALL {
        let database = product.fresh();
        let project = one_table(&database);
        let newer = "versions/b.yaml";
        project.write(newer, table_revision("bbbb", "aaaa", "second", "two"));
        project.run(&["upgrade"]).ok();
        std::fs::remove_file(project.path(newer)).expect("the file of the next release");
        project.run(&["status", "--check"]).exits(7);
        project.run(&["status", "--wait-for", "head"]).ok().prints("bbbb");
        project.write("versions/c.yaml", table_revision("cccc", "aaaa", "another", "three"));
        project.run(&["status", "--wait-for", "cccc"]).exits(7).prints("bbbb");
        // Taken back, and stamped away.
        project.write(newer, table_revision("bbbb", "aaaa", "second", "two"));
        project.run(&["downgrade", "base", "--yes"]).ok();
        project.run(&["stamp", "bbbb"]).ok();
        project.run(&["stamp", "cccc", "--purge"]).ok();
        std::fs::remove_file(project.path("versions/c.yaml")).expect("the file");
        project.run(&["status", "--wait-for", "bbbb"]).exits(7);
        project.run(&["status", "--wait-for", "aaaa"]).ok();
    }
}

#[test]
fn what_cannot_be_waited_for() {
    let (project, _database) = line();
    project.run(&["status", "--wait-for", "+1"]).exits(2).says("`+1` counts from where the database stands");
    project.run(&["status", "--wait-for", "zzzz"]).exits(2).says("`zzzz`");
    project.run(&["status", "--timeout", "1s"]).exits(2).says("--wait-for");
    project.run(&["status", "--wait-for", "head", "--check"]).exits(2).says("--check");
    project.run(&["status", "--wait-for", "head", "--timeout", "soon"]).exits(2).says("write a time");
    let url = format!("postgres://u@127.0.0.1:{}/x", free_port());
    let output = project.run(&["status", "--wait-for", "head", "--timeout", "400ms", "--url", &url]).exits(2);
    output.says("Waiting for head: nobody listens at").says("error: nobody listens at");
}

/// An account with a number and nothing else: no name, no home, no folder that it may write to, no terminal, hardly an
/// environment.
#[test]
fn it_runs_as_nobody_with_everything_read_only() {
    for product in [Database::Postgres, Database::Mysql] {
        let (database, is_root) = (product.fresh(), std::process::Command::new("id").arg("-u").output());
        let is_root = is_root.expect("id runs").stdout == b"0\n";
        let project = one_table(&database);
        project.write(
            "models/m.yaml",
            "tables: { one: { columns: { id: { type: bigint, nullable: false } }, primary_key: [id] } }\n",
        );
        let program = project.path("../migrate");
        std::fs::copy(crate::common::binary(), &program).expect("a copy that anybody may run");
        let open = |path: std::path::PathBuf, mode| {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(path, mode).expect("the mode");
        };
        open(project.path(".."), 0o755);
        if !is_root {
            open(project.path(""), 0o555);
        }
        for arguments in [
            &["upgrade"][..],
            &["status", "--check"],
            &["check"],
            &["status", "--wait-for", "head"],
            &["downgrade", "base", "--yes"],
        ] {
            // What is ours may be written by us; another account it must be where we are root.
            let words = ["--reuid=65532", "--regid=65532", "--clear-groups", "--no-new-privs", "--"];
            let mut command = std::process::Command::new(if is_root { "setpriv".into() } else { program.clone() });
            if is_root {
                command.args(words).arg(&program);
            }
            command
                .args(arguments)
                .env_clear()
                .env("TMPDIR", "/nowhere")
                .current_dir(project.path(""))
                .stdin(Stdio::null());
            Output::of(&arguments.join(" "), command.output().expect("it starts")).ok();
        }
        if !is_root {
            open(project.path(""), 0o755);
        }
        assert_eq!(project.list(""), ["migrate.yaml", "models", "versions"], "it wrote nothing");
    }
}
