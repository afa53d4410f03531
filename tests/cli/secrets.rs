//! Where passwords may be, and that no output shows one.

use std::process::{Command, Stdio};

use super::table_revision;
use crate::common::{Database, Fresh, Login, Output, Project, SECRET};

const SERVERS: [Database; 2] = [Database::Postgres, Database::Mysql];

/// A project whose `database:` has these keys behind its URL.
fn project(login: &Login, more: &str) -> Project {
    let project = Project::empty();
    project.write("migrate.yaml", format!("database: {{ url: \"{}\"{more} }}\n", login.url));
    project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
    project.write(
        "models/m.yaml",
        "tables: { one: { columns: { id: { type: bigint, nullable: false } }, primary_key: [id] } }\n",
    );
    project
}

fn login(product: Database) -> (Fresh, Login) {
    let database = product.fresh();
    let login = Login::on(&database).with_all_rights(&database);
    (database, login)
}

/// Runs it, and searches what it says for the password.
fn run(project: &Project, arguments: &[&str]) -> Output {
    run_with(project, arguments, |_| {})
}

fn run_with(project: &Project, arguments: &[&str], prepare: impl FnOnce(&mut Command)) -> Output {
    let output = project.run_with(arguments, prepare);
    assert!(!output.stdout.contains(SECRET) && !output.stderr.contains(SECRET), "the password is shown:\n{output}");
    output
}

#[test]
fn a_password_file_is_read_for_each_connection() {
    for product in SERVERS {
        let (database, mut login) = login(product);
        let project = project(&login, ", password_file: secrets/password");
        run(&project, &["upgrade"]).exits(2).says("the password cannot be read from its file").says("secrets/password");
        project.write("secrets/password", format!("{}\n", login.password));
        run(&project, &["upgrade"]).ok();
        for command in ["check", "status", "current", "inspect", "history"] {
            for more in [&["-vv", "--echo"][..], &["--format", "json"]] {
                run(&project, &[&[command], more].concat()).ok();
            }
        }
        login.change_password(&database, "another-hunter2");
        run(&project, &["current"]).exits(2).says("refused the password");
        project.write("secrets/password", "another-hunter2\r\n");
        run(&project, &["current"]).ok().prints("aaaa");
        for (text, why) in [("", "it is empty"), ("hunter2\nhunter2\n", "it has several lines"), ("\n", "it is empty")]
        {
            project.write("secrets/password", text);
            run(&project, &["current"]).exits(2).says(why);
        }
        // Offline there is nobody to show it to.
        run(&project, &["upgrade", "--sql", "--server-version", "15.4"]).ok();
        drop(database);
    }
}

#[test]
fn a_program_prints_the_password() {
    for product in SERVERS {
        let (_database, login) = login(product);
        let tool = |project: &Project, body: &str| {
            project.write("tool", format!("#!/bin/sh\n{body}\n"));
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(project.path("tool"), mode).expect("the mode");
        };
        let project = project(&login, ", password_command: { command: [./tool, --token, hunter2], timeout: 1s }");
        project.write("password", &login.password);
        tool(&project, "echo called >> calls; cat password");
        run(&project, &["upgrade"]).ok();
        assert_eq!(project.read("calls"), "called\n", "once for each connection");
        run(&project, &["current"]).ok();
        run(&project, &["current", "--no-commands"]).exits(2).says("--no-commands forbids it");
        tool(&project, "cat password; echo the vault is sealed >&2; exit 3");
        let output = run(&project, &["current"]).exits(2);
        output
            .says("the password could not be asked for")
            .says("`./tool` failed with exit code 3")
            .says("caused by: the vault is sealed");
        tool(&project, "cat password; cat password | sed 's/^/\\n/'");
        run(&project, &["current"]).exits(2).says("what the program printed is no password: it has several lines");
        tool(&project, "exec sleep 30");
        run(&project, &["current"]).exits(2).says("did not end within 1s");
        tool(&project, "echo wrong-hunter2");
        run(&project, &["current", "--wait", "30s"]).exits(2).says("refused the password");
        std::fs::remove_file(project.path("tool")).expect("the tool");
        run(&project, &["current"]).exits(2).says("cannot start `./tool`");
    }
}

#[test]
fn a_cancel_asks_for_the_password_again() {
    for (product, slow) in [(Database::Postgres, "SELECT pg_sleep(30)"), (Database::Mysql, "DO SLEEP(30)")] {
        let (database, mut login) = login(product);
        let project = project(&login, ", password_file: password");
        project.write("password", &login.password);
        project.write("versions/a.yaml", format!("revision: aaaa\nupgrade:\n  - sql: {slow}\n"));
        let child = project.command().arg("upgrade").stderr(Stdio::piped()).spawn().expect("it starts");
        let list = match product {
            Database::Mysql => {
                "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP(30)%' AND db = database();"
            }
            Database::Postgres | Database::Sqlite => {
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%' AND datname = current_database();"
            }
        };
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while database.value(list) != "1" {
            assert!(std::time::Instant::now() < end, "it does not begin");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        login.change_password(&database, "another-hunter2");
        project.write("password", "another-hunter2");
        let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(killed.expect("kill runs").success());
        let output = Output::of("upgrade", child.wait_with_output().expect("it ends"));
        assert!([3, 5].contains(&output.code) && output.stderr.contains("cancelled"), "{output}");
    }
}

#[test]
fn a_url_may_lie_in_a_file() {
    for product in SERVERS {
        let (_database, login) = login(product);
        let encoded: String = login.password.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let (front, back) = login.url.split_once('@').expect("a user");
        let project = project(&login, "");
        project.write("migrate.yaml", "database: { url_file: url }\n");
        run(&project, &["upgrade"]).exits(2).says("the database URL cannot be read from its file");
        project.write("url", format!("{front}:{encoded}@{back}\n"));
        run(&project, &["upgrade"]).ok();
        let output = run_with(&project, &["current", "-c", "none.yaml"], |command| {
            std::fs::write(project.path("none.yaml"), "{}\n").expect("a file");
            command.env("MIGRATE_URL_FILE", "url");
        });
        output.ok().prints("aaaa");
        project.write("url", "postgres://u:hunter2@@host/x\n");
        run(&project, &["current"]).exits(2).says("the database URL is refused");
        run(&project, &["heads"]).ok();
    }
}

#[test]
fn a_password_is_for_the_database_it_stands_beside() {
    let (_database, login) = login(Database::Postgres);
    let project = project(&login, ", password_file: password");
    project.write("password", &login.password);
    run(&project, &["upgrade"]).ok();
    // Another URL leaves it behind; the same layer may bring its own.
    run(&project, &["current", "--url", &login.url]).exits(2);
    run_with(&project, &["current"], |command| {
        command.env("MIGRATE_URL", &login.url);
    })
    .exits(2);
    let both = |command: &mut Command| {
        command.env("MIGRATE_URL", &login.url).env("MIGRATE_PASSWORD_FILE", "password");
    };
    run_with(&project, &["current"], both).ok().prints("aaaa");
    let with = login.url.replace('@', ":hunter2@");
    project.write("migrate.yaml", format!("database: {{ url: \"{with}\", password_file: password }}\n"));
    run(&project, &["current"]).exits(2).says("the database URL holds a password, and another one is configured");
    project.write("migrate.yaml", "database: { url: \"sqlite://x.db\", password_file: password }\n");
    run(&project, &["current"]).exits(2).says("a password is configured, and SQLite has none");
    let databases = format!(
        "databases:\n  one: {{ url: \"{}\", password_file: password }}\n  two: {{ url: \"{}\" }}\n",
        login.url, login.url
    );
    project.write("migrate.yaml", databases);
    run(&project, &["current", "--db", "one"]).ok().prints("aaaa");
    run(&project, &["current", "--db", "two"]).exits(2);
}

/// What other clients of PostgreSQL read is read here too: the password file of the account, and its variables.
#[test]
fn the_password_file_of_postgres_is_known() {
    let (database, login) = login(Database::Postgres);
    let project = project(&login, "");
    run(&project, &["upgrade"]).exits(2);
    let escaped = login.password.replace('\\', "\\\\").replace(':', "\\:");
    let file = project.path("pgpass");
    std::fs::write(&file, format!("*:*:{}:{}:{escaped}\n", database.name(), login.user)).expect("a file");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, mode).expect("the mode");
    run_with(&project, &["upgrade"], |command| {
        command.env("PGPASSFILE", &file);
    })
    .ok();
    run_with(&project, &["current"], |command| {
        command.env("PGPASSWORD", &login.password);
    })
    .ok();
    std::fs::rename(&file, project.path("../home/.pgpass")).expect("the home of the account");
    run(&project, &["current"]).ok().prints("aaaa");
    // The place is never taken from the environment.
    let elsewhere = |command: &mut Command| {
        command.env("PGHOST", "no.such.host").env("PGPORT", "1").env("PGDATABASE", "x");
    };
    run_with(&project, &["current"], elsewhere).ok();
}

#[test]
fn a_line_that_somebody_may_listen_to_is_named() {
    let (database, _login) = login(Database::Postgres);
    let project = Project::on(&database);
    // A name that is not known to stay on this machine.
    let url = database.url().replace("127.0.0.1", "0.0.0.0");
    let output = run(&project, &["current", "--url", &url]).ok();
    assert_eq!(
        output.stderr.matches("warning: sslmode=prefer does not verify that it is 0.0.0.0").count(),
        1,
        "{output}"
    );
    output.says("write sslmode=verify-full in the database URL");
    assert_eq!(run(&project, &["current", "--url", &url, "--format", "json"]).ok().stderr, "");
    assert_eq!(run(&project, &["current"]).ok().stderr, "");
    run(&project, &["current", "--url", &format!("{url}?sslmode=require")]).exits(2).says("no safe connection");
    for parameter in ["sslmode=verifyfull", "sslrootcrt=x", "ssl-mode=required"] {
        run(&project, &["current", "--url", &format!("{url}?{parameter}")])
            .exits(2)
            .says("the database URL is refused");
    }
    let mysql = Database::Mysql.fresh();
    let url = mysql.url().replace("127.0.0.1", "0.0.0.0");
    run(&project, &["current", "--url", &url]).ok().says("warning: ssl-mode=preferred does not verify");
    run(&project, &["current", "--url", &format!("{url}?ssl-mode=verify_identity")]).exits(2).says("TLS");
}

/// A person forgets the `--url` before it.
#[test]
fn a_url_in_the_wrong_place_is_not_repeated() {
    let project = Project::empty();
    let url = format!("postgres://bob:{SECRET}@localhost:1/db");
    let (equals, range) = (format!("--db={url}"), format!("{url}:head"));
    for arguments in [
        &["upgrade", &url][..],
        &["downgrade", &url],
        &["stamp", &url],
        &["show", &url],
        &["check", &url],
        &["history", "-r", &range],
        &["status", "--db", &url],
        &["current", &equals],
        &["current", "--env", &url],
        &["upgrade", "-x", &url],
        &["forget", &url],
        &["diff", &url, "modles"],
        &["revision", "-m", "x", "--head", &url],
    ] {
        for more in [&[][..], &["--format", "json"]] {
            let output = run(&project, &[arguments, more].concat());
            assert!(output.code != 0, "{output}");
        }
    }
    run(&project, &["upgrade", &url]).says("a database is named with --url");
}
