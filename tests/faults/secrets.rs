//! A password that must not be seen: every command of the program, by every way that a URL can come and go wrong; then
//! every output, the log in the database, the cache and the files are searched.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{count, is_full};
use crate::common::{Database, Fresh, Output, Project};

/// What no text may contain: the two ends of the password, so that a part of it is found too.
const NEEDLES: [&str; 2] = ["Zq7K", "Xw9P"];

/// With every character that means something in a URL, in YAML or in a shell.
const PASSWORD: &str = "Zq7K'\"%@#:/? &$\\{}é;Xw9P";

/// The arguments of each command, so that it comes as far as its work. A new command must be put here.
const COMMANDS: [(&str, &[&str]); 27] = [
    ("init", &["init"]),
    ("import", &["import", "--from", "nowhere"]),
    ("revision", &["revision", "--autogenerate", "-m", "more", "--rev-id", "cccc", "--dry-run"]),
    ("merge", &["merge"]),
    ("rebase", &["rebase", "--dry-run"]),
    ("edit", &["edit", "aaaa"]),
    ("upgrade", &["upgrade"]),
    ("downgrade", &["downgrade", "base", "--yes"]),
    ("create-all", &["create-all"]),
    ("stamp", &["stamp", "aaaa"]),
    ("accept-checksum", &["accept-checksum", "aaaa"]),
    ("ensure-version", &["ensure-version"]),
    ("resolve", &["resolve", "--done"]),
    ("status", &["status", "--check"]),
    ("check", &["check"]),
    ("diff", &["diff", "models", "db"]),
    ("inspect", &["inspect"]),
    ("current", &["current", "-v"]),
    ("heads", &["heads", "-v"]),
    ("branches", &["branches"]),
    ("history", &["history", "-i"]),
    ("graph", &["graph"]),
    ("show", &["show", "current"]),
    ("forget", &["forget", "--older-than", "0s"]),
    ("quality", &["quality"]),
    ("schema", &["schema", "config"]),
    ("completions", &["completions", "bash"]),
];

fn encoded() -> String {
    PASSWORD.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The password as a person may write it into a URL, where only the worst characters are encoded.
fn half_encoded() -> String {
    PASSWORD.replace('%', "%25").replace('@', "%40").replace('/', "%2F").replace('#', "%23").replace('?', "%3F")
}

/// How the URL comes: into the configuration, the environment, or the arguments.
struct Way {
    name: String,
    configuration: String,
    environment: Vec<(&'static str, String)>,
    arguments: Vec<String>,
}

fn way(name: &str, configuration: &str, environment: &[(&'static str, &str)], arguments: &[&str]) -> Way {
    Way {
        name: name.to_owned(),
        configuration: configuration.to_owned(),
        environment: environment.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
    }
}

/// Each way for URLs that work, and for those that do not.
fn ways(postgres: &str, mysql: &str) -> Vec<Way> {
    let plain = "database: { url: \"sqlite://x.db\" }\n";
    let wrong = mysql.replace("secretive:", "secretive:wrong");
    let mut ways = vec![
        way("PostgreSQL by --url", plain, &[], &["--url", postgres]),
        way("MariaDB by --url", plain, &[], &["--url", mysql]),
        way("MariaDB by the configuration", &format!("database: {{ url: '{mysql}' }}\n"), &[], &[]),
        way("MariaDB by ${VAR}", "database: { url: \"${DATABASE_URL}\" }\n", &[("DATABASE_URL", mysql)], &[]),
        way("MariaDB by MIGRATE_URL", plain, &[("MIGRATE_URL", mysql)], &[]),
        way("a wrong password", plain, &[("MIGRATE_URL", &wrong)], &[]),
    ];
    let half = half_encoded();
    let in_url = [
        format!("mysql://secretive:{}@127.0.0.1:1/x", encoded()),
        format!("postgres://secretive:{}@[::1]:1/x", encoded()),
        format!("mysql://secretive:{PASSWORD}@127.0.0.1:1/x"),
        format!("postgres://secretive:{PASSWORD}@127.0.0.1:1/x"),
        format!("postgres://secretive:{half}@127.0.0.1:1/x"),
        format!("postgres://secretive@127.0.0.1:1/x?password={half}"),
        format!("postgres://secretive@127.0.0.1:1/x?pasword={half}"),
        format!("postgres://secretive@127.0.0.1:1/x?sslmode={half}"),
        format!("oracle://secretive:{half}@127.0.0.1/x"),
        format!("mysql:/secretive:{half}@127.0.0.1/x"),
        format!("mysql://secretive:{half}@127.0.0.1:port/x"),
        format!("mysql://{half}"),
        half,
    ];
    for url in &in_url {
        let name = url.split(NEEDLES[0]).next().unwrap_or_default();
        ways.push(way(&format!("--url {name}…"), plain, &[], &["--url", url]));
        ways.push(way(&format!("${{VAR}} {name}…"), "database: { url: \"${U}\" }\n", &[("U", url)], &[]));
    }
    let url = format!("postgres://u:{}@127.0.0.1:1/x", encoded());
    for (name, line) in [
        ("an unknown key", format!("database: {{ url: \"{url}\", rol: x }}\n")),
        ("an open bracket", format!("database: {{ url: \"{url}\"\n")),
        ("an open quote", format!("database: {{ url: \"{url} }}\n")),
        ("a tab", format!("database:\n\turl: \"{url}\"\n")),
        ("a key twice", format!("database: {{ url: \"{url}\", url: \"{url}\" }}\n")),
        ("a list", format!("database: {{ url: [\"{url}\"] }}\n")),
        ("a text for a map", format!("database: \"{url}\"\n")),
        ("a key from a URL", format!("\"{url}\": 1\n")),
        ("a variable that is not set", format!("database: {{ url: \"{url}${{NO_SUCH}}\" }}\n")),
        ("an open variable", format!("database: {{ url: \"{url}${{NO_SUCH:-\" }}\n")),
    ] {
        ways.push(way(&format!("a configuration with {name}"), &line, &[], &[]));
    }
    ways
}

const FLAGS: [&[&str]; 3] = [&[], &["-vv", "--echo"], &["-vv", "--echo", "--log-format", "json"]];

#[track_caller]
fn searched(text: &str, place: &str) {
    for needle in NEEDLES {
        assert!(!text.contains(needle), "{needle} of the password is in {place}:\n{text}");
    }
}

/// Every file below a folder.
fn searched_folder(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            searched_folder(&path);
        } else if path.file_name().is_none_or(|name| name != "migrate.yaml") {
            searched(&String::from_utf8_lossy(&std::fs::read(&path).expect("a file")), &path.display().to_string());
        }
    }
}

/// The commands that `--help` lists.
fn listed(project: &Project) -> Vec<String> {
    let help = project.run(&["--help"]).ok().stdout;
    let lines = help.lines().skip_while(|line| *line != "Write:").take_while(|line| !line.starts_with("Usage:"));
    let named = lines.filter(|line| line.starts_with("  "));
    named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn filled(project: &Project) {
    project.write(
        "versions/a.sql",
        "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE t (id integer);\n-- migrate:down\nDROP TABLE t;\n",
    );
    project.write("models/m.yaml", "tables:\n  t:\n    columns: { id: int }\n");
}

/// A login with the password on MariaDB, which checks it; PostgreSQL's server takes any.
fn databases() -> (Fresh, Fresh, String, String) {
    let (postgres, mysql) = (Database::Postgres.fresh(), Database::Mysql.fresh());
    let literal = PASSWORD.replace('\\', "\\\\").replace('\'', "''");
    mysql.execute(&format!(
        "CREATE OR REPLACE USER secretive@'127.0.0.1' IDENTIFIED BY '{literal}'; GRANT ALL ON *.* TO secretive@'127.0.0.1';"
    ));
    let with = |url: String, user: &str| url.replacen(user, &format!("//secretive:{}@", encoded()), 1);
    postgres.execute("DO $$ BEGIN CREATE ROLE secretive SUPERUSER LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;");
    let urls = (with(postgres.url(), "//postgres@"), with(mysql.url(), "//root@"));
    (postgres, mysql, urls.0, urls.1)
}

#[test]
fn no_command_shows_a_password() {
    let (postgres, mysql, postgres_url, mysql_url) = databases();
    let mut listed = listed(&Project::empty());
    let mut known = COMMANDS.map(|(name, _)| name.to_owned());
    listed.sort();
    known.sort();
    assert_eq!(listed, known, "each command must be searched");
    let (mut runs, mut worked) = (0, 0);
    for (number, way) in ways(&postgres_url, &mysql_url).iter().enumerate() {
        let project = Project::empty();
        filled(&project);
        for (place, (name, words)) in COMMANDS.into_iter().enumerate() {
            project.write("migrate.yaml", &way.configuration);
            // The sample: every command by every way that works, of the others a third of the commands by each.
            if number >= 6 && (number + place) % count(3, 1) != 0 {
                continue;
            }
            let shapes = if number < 6 && is_full() { &FLAGS[..] } else { &FLAGS[(number + place) % 3..][..1] };
            for flags in shapes {
                let output = project.run_with(&[words, *flags].concat(), |command| {
                    command.env("RUST_LOG", "trace").env("EDITOR", "true").args(&way.arguments);
                    command.envs(way.environment.iter().map(|(name, value)| (name, value)));
                });
                assert!(output.code < 100, "{}: {output}", way.name);
                searched(
                    &format!("{}{}", output.stdout, output.stderr),
                    &format!("the output of {name}, {}", way.name),
                );
                runs += 1;
                worked += usize::from(output.code == 0);
            }
        }
        searched_folder(&project.cache());
        searched_folder(&project.path(""));
    }
    for database in [&postgres, &mysql] {
        let log = database.query("SELECT * FROM migrate_log;");
        assert!(!log.is_empty());
        searched(&format!("{log:?}"), "the log table");
    }
    eprintln!("{runs} runs searched, of which {worked} did their work");
    assert!(worked > 50, "{worked} of {runs} runs did their work");
}

/// Neither the words of the process nor the name that the server shows have it, when it came by the environment.
#[test]
fn no_process_list_shows_a_password() {
    let (postgres, mysql, postgres_url, mysql_url) = databases();
    let sleeps = ["SELECT pg_sleep(3);", "DO SLEEP(3);"];
    let seen =
        ["SELECT application_name, query FROM pg_stat_activity;", "SELECT * FROM information_schema.processlist;"];
    for (place, (database, url)) in [(&postgres, postgres_url), (&mysql, mysql_url)].into_iter().enumerate() {
        let project = Project::empty();
        project.write("migrate.yaml", "database: { url: \"${DATABASE_URL}\" }\n");
        let text = format!("-- revision: aaaa\n\n-- migrate:up\n{}\n-- migrate:down\n", sleeps[place]);
        project.write("versions/a.sql", text);
        let mut command = project.command();
        let child = command.arg("upgrade").env("DATABASE_URL", url).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = child.spawn().expect("it starts");
        let until = Instant::now() + Duration::from_secs(20);
        let works = |list: &str| list.to_lowercase().contains("sleep(3)");
        let mut list = String::new();
        while !works(&list) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
            list = format!("{:?}", database.query(seen[place]));
        }
        assert!(works(&list), "{list}");
        searched(&list, "the server's list of processes");
        for file in ["cmdline", "comm", "stat"] {
            let text = std::fs::read(format!("/proc/{}/{file}", child.id())).expect("a file of the process");
            searched(&String::from_utf8_lossy(&text), file);
        }
        // Not of others: a test beside this one says a URL in its arguments.
        let id = child.id().to_string();
        let own = Command::new("ps").args(["-f", "ww", "--pid", &id, "--ppid", &id]).output().expect("ps runs");
        let own = String::from_utf8_lossy(&own.stdout).into_owned();
        assert!(own.contains(&id), "{own}");
        searched(&own, "ps");
        Output::of("upgrade", child.wait_with_output().expect("it ends")).ok();
    }
}

const JSON: &[&str] = &["upgrade", "-vv", "--log-format", "json", "--format", "json"];

const REDO: &[&str] = &["resolve", "--redo"];

/// Passwords in a person's statements: not in what is told of the statements, and not in what the server says of them.
#[test]
fn passwords_in_statements_are_hidden() {
    for (product, good, bad) in [
        (Database::Postgres, "CREATE ROLE r_{} PASSWORD 'Zq7KXw9P'", "CREATE ROLE r PASSWORD 'Zq7KXw9P' NONSENSE"),
        (
            Database::Mysql,
            "CREATE USER r_{} IDENTIFIED BY 'Zq7KXw9P'",
            "CREATE USER r IDENTIFIED BY 'Zq7KXw9P' NONSENSE",
        ),
    ] {
        let database = product.fresh();
        let project = Project::on(&database);
        let good = good.replace("{}", database.name());
        let text = |sql: &str| format!("-- revision: aaaa\n\n-- migrate:up\n{sql};\n-- migrate:down\n");
        for sql in [bad, &good] {
            project.write("versions/a.sql", text(sql));
            for flags in [&["upgrade"][..], &["status"], &["upgrade", "-vv", "--echo"], REDO, JSON, REDO] {
                let output = project.run(flags);
                assert!(output.code < 100, "{output}");
                searched(&format!("{}{}", output.stdout, output.stderr), &format!("{product:?}: {flags:?}"));
            }
        }
        project.run(&["status", "--check"]).ok();
        let user = if product == Database::Postgres { "ROLE" } else { "USER" };
        database.execute(&format!("DROP {user} r_{};", database.name()));
        searched(&format!("{:?}", database.query("SELECT error FROM migrate_log;")), "the errors in the log");
    }
}
