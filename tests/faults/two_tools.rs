//! Alembic and this program at once on one database, with the same revisions and one version table.

use std::process::{Command, Stdio};

use super::count;
use crate::common::{Database, Output, Project};

const ENVIRONMENT: &str = include_str!("../alembic/env.py");

fn python() -> String {
    std::env::var("MIGRATE_TEST_ALEMBIC").unwrap_or_else(|_| panic!("MIGRATE_TEST_ALEMBIC is not set: run tests/run"))
}

/// The same four revisions for both. Each writes into a book, so that one that ran twice is seen.
fn project(url: &str, sqlalchemy: &str) -> Project {
    let project = Project::empty();
    project.write("migrate.yaml", format!("database: {{ url: \"{url}\" }}\nversion_table: alembic_version\n"));
    project.write("alembic.ini", format!("[alembic]\nscript_location = %(here)s/db\nsqlalchemy.url = {sqlalchemy}\n"));
    project.write("db/env.py", ENVIRONMENT);
    for number in 1..=4 {
        let parent = if number == 1 { String::new() } else { format!("b{}", number - 1) };
        let up = [format!("CREATE TABLE t{number} (id integer)"), format!("INSERT INTO book VALUES ({number})")];
        project.write(
            &format!("versions/b{number}.sql"),
            format!(
                "-- revision: b{number}\n-- down_revision: {parent}\n\n-- migrate:up\n{};\n{};\n-- migrate:down\n",
                up[0], up[1]
            ),
        );
        let down = if number == 1 { "None".to_owned() } else { format!("'{parent}'") };
        project.write(
            &format!("db/versions/b{number}.py"),
            format!(
                "from alembic import op\nrevision = 'b{number}'\ndown_revision = {down}\n\n\ndef upgrade():\n    \
                 op.execute(\"{}\")\n    op.execute(\"{}\")\n\n\ndef downgrade():\n    pass\n",
                up[0], up[1]
            ),
        );
    }
    project
}

/// Alembic has no lock and may fail; ours never applies what Alembic has applied, and ends where both belong.
#[test]
fn alembic_and_ours_at_once() {
    for product in [Database::Sqlite, Database::Postgres] {
        for round in 0..count(1, 30) {
            let database = product.fresh();
            database.execute("CREATE TABLE book (revision integer);");
            let sqlalchemy = match product {
                Database::Sqlite => format!("sqlite:///{}", database.file().display()),
                Database::Postgres | Database::Mysql => {
                    database.url().replacen("postgres://", "postgresql+psycopg://", 1)
                }
            };
            let project = project(&database.url(), &sqlalchemy);
            let started = (0..4).map(|number| {
                let mut command = if number % 2 == 0 {
                    let mut alembic = Command::new(python());
                    alembic.args(["-B", "-m", "alembic", "upgrade", "head"]).current_dir(project.path(""));
                    alembic
                } else {
                    // Alembic starts slowly: ours come late enough to meet it.
                    std::thread::sleep(std::time::Duration::from_millis(150 * (round as u64 % 8)));
                    let mut ours = project.command();
                    ours.args(["upgrade", "--lock-wait", "60s"]);
                    ours
                };
                let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
                (number, child)
            });
            let started: Vec<_> = started.collect();
            for (number, child) in started {
                let output = Output::of("upgrade", child.wait_with_output().expect("it ends"));
                let is_ours = number % 2 == 1;
                assert!(!is_ours || [0, 3, 4, 7].contains(&output.code), "{product:?} round {round}: {output}");
            }
            project.run(&["upgrade"]).ok();
            let applied = database.query("SELECT revision, count(*) FROM book GROUP BY revision ORDER BY revision;");
            let once: Vec<Vec<String>> = (1..=4).map(|number| vec![number.to_string(), "1".to_owned()]).collect();
            assert_eq!(applied, once, "{product:?} round {round}");
            project.run(&["status", "--check"]).ok();
        }
    }
}
