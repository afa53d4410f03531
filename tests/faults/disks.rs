//! Disks that are full, files and folders that may not be written, rights that are not there or go away.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::twelve::{UPGRADE, project};
use crate::common::{Database, Fresh, Output, Project, binary};

/// A small file system in memory; gone with its value. As root only, which the tests of a container are.
struct Small {
    path: PathBuf,
    folder: tempfile::TempDir,
}

impl Small {
    /// None where nothing can be mounted.
    fn of(size: &str) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("small-").tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("its mode");
        let path = folder.path().join("mounted");
        std::fs::create_dir(&path).expect("a folder");
        let options = format!("size={size},mode=777");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path).output();
        done.is_ok_and(|output| output.status.success()).then_some(Self { path, folder })
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.path).status());
        assert!(self.folder.path().exists());
    }
}

/// A table that grows by doubling, up to a few megabytes.
const GROWS: &str = "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE kept (id integer);\n-- migrate:down\n";

fn doubling(times: usize, start: &str) -> String {
    let double = "INSERT INTO large SELECT * FROM large;\n".repeat(times);
    format!("-- revision: bbbb\n-- down_revision: aaaa\n\n-- migrate:up\n{start}\n{double}-- migrate:down\n")
}

/// On a file system of 512 KiB. Where nothing can be mounted, `a_limit_on_files_is_a_full_disk` shows the same.
#[test]
fn a_full_disk_of_sqlite_is_rolled_back() {
    let Some(small) = Small::of("512k") else {
        eprintln!("no file system can be mounted here: only the limit on files is shown");
        return;
    };
    let project = Project::empty();
    let file = small.path.join("app.db");
    project.write("migrate.yaml", format!("database: {{ url: \"sqlite://{}\" }}\n", file.display()));
    project.write("versions/a.sql", GROWS);
    let start = "CREATE TABLE large (text text);\nINSERT INTO large VALUES (hex(randomblob(8000)));";
    project.write("versions/b.sql", doubling(9, start));
    let output = project.run(&["upgrade"]).exits(3);
    assert!(output.stderr.contains("full"), "{output}");
    assert_eq!(project.run(&["current"]).ok().stdout.trim(), "aaaa");
    let question = "PRAGMA integrity_check; SELECT count(*) FROM sqlite_schema WHERE name = 'large';";
    let answer = Command::new("sqlite3").arg(&file).arg(question).output().expect("the shell");
    let printed = String::from_utf8_lossy(&answer.stdout).into_owned();
    assert_eq!(printed, "ok\n0\n");
    project.write("versions/b.sql", doubling(1, start));
    project.run(&["upgrade"]).ok();
    project.run(&["status", "--check"]).ok();
}

#[test]
fn a_full_tablespace_of_postgres_is_rolled_back() {
    let Some(small) = Small::of("2m") else {
        eprintln!("no file system can be mounted here");
        return;
    };
    let owned = Command::new("chown").arg("postgres").arg(&small.path).status().expect("chown");
    assert!(owned.success());
    let database = Database::Postgres.fresh();
    let space = format!("small_{}", database.name());
    database.execute(&format!("CREATE TABLESPACE {space} LOCATION '{}';", small.path.display()));
    let project = Project::on(&database);
    project.write("versions/a.sql", GROWS);
    let start = format!(
        "CREATE TABLE large (t text) TABLESPACE {space};\nINSERT INTO large SELECT repeat('x', 1000) FROM generate_series(1, 100);"
    );
    project.write("versions/b.sql", doubling(7, &start));
    let output = project.run(&["upgrade"]).exits(3);
    assert!(output.stderr.contains("No space left") || output.stderr.contains("could not extend"), "{output}");
    assert_eq!(project.run(&["current"]).ok().stdout.trim(), "aaaa");
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relname = 'large';"), "0");
    project.write("versions/b.sql", doubling(1, &start));
    project.run(&["upgrade"]).ok();
    database.execute(&format!("DROP TABLE large; DROP TABLESPACE {space};"));
}

/// The program as somebody who may do nothing: root writes whatever the mode of a file says.
fn as_nobody(project: &Project, words: &[&str]) -> Output {
    let plain = project.command();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary()).args(words);
    command.current_dir(project.path("")).env_clear();
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    Output::of(&words.join(" "), command.output().expect("setpriv starts"))
}

/// Lets everybody pass through a folder and those above it that are ours.
fn passable(folder: &Path) {
    for folder in
        folder.ancestors().filter(|folder| folder.starts_with(std::env::temp_dir()) && **folder != std::env::temp_dir())
    {
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).expect("its mode");
    }
}

/// Nothing can be written, yet all that reads works: so a container with a read-only root does.
#[test]
fn a_file_that_may_not_be_written_is_refused_before_anything_has_changed() {
    let database = Database::Sqlite.fresh();
    let project = project(&database);
    project.run(&["upgrade", "r06"]).ok();
    let before = database.dump();
    passable(&project.path(""));
    passable(database.file().parent().expect("a folder"));
    std::fs::set_permissions(database.file(), PermissionsExt::from_mode(0o444)).expect("its mode");
    for words in [&["upgrade"][..], &["downgrade", "r05", "--yes"], &["stamp", "head"]] {
        let output = as_nobody(&project, words);
        assert_eq!(output.code, 2, "{output}");
    }
    as_nobody(&project, &["current"]).ok().prints("r06");
    as_nobody(&project, &["status"]).ok().prints("behind");
    as_nobody(&project, &["check"]).exits(1);
    assert_eq!(database.dump(), before);
    project.run(UPGRADE.command).ok();
}

/// A file in WAL mode is read by writing beside it.
#[test]
fn a_file_in_wal_mode_that_may_only_be_read_says_why() {
    let database = Database::Sqlite.fresh();
    let project = project(&database);
    project.run(&["upgrade", "r06"]).ok();
    database.execute("PRAGMA journal_mode = WAL;");
    let folder = database.file().parent().expect("a folder").to_owned();
    passable(&project.path(""));
    passable(&folder);
    std::fs::set_permissions(database.file(), PermissionsExt::from_mode(0o444)).expect("its mode");
    for command in ["status", "check"] {
        as_nobody(&project, &[command]).exits(2).says("has a write-ahead log").says("PRAGMA journal_mode = DELETE");
    }
    database.execute("PRAGMA journal_mode = DELETE;");
    as_nobody(&project, &["status"]).ok().prints("behind");
    let refused = as_nobody(&project, &["upgrade"]).exits(2);
    refused.says("give the program the right to write the file and its folder");
}

#[test]
fn a_new_revision_in_a_folder_that_may_not_be_written_leaves_nothing() {
    let database = Database::Sqlite.fresh();
    let project = project(&database);
    passable(&project.path("versions"));
    let before = project.list("versions");
    as_nobody(&project, &["revision", "-m", "more"]).exits(2).says("versions");
    assert_eq!(project.list("versions"), before);
    if let Some(small) = Small::of("4k") {
        let filler = std::fs::write(small.path.join("filler"), vec![b'x'; 4096]);
        drop(filler);
        let config = format!("database: {{ url: \"{}\" }}\nversions: {}\n", database.url(), small.path.display());
        project.write("migrate.yaml", config);
        project.run(&["revision", "-m", "more"]).exits(2);
        let names: Vec<_> = std::fs::read_dir(&small.path)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(names, ["filler"], "nothing half-written stays");
    }
}

/// A right that is missing at one statement of a revision.
fn without_right(product: Database) -> (Fresh, Project) {
    let database = product.fresh();
    let user = format!("u_{}", database.name());
    let name = database.name();
    match product {
        Database::Postgres => database.execute(&format!(
            "CREATE ROLE {user} LOGIN; GRANT ALL ON DATABASE {name} TO {user}; GRANT ALL ON SCHEMA public TO {user}; \
             CREATE TABLE theirs (id integer);"
        )),
        Database::Mysql => database.execute(&format!(
            "CREATE USER {user}@'127.0.0.1'; GRANT ALL ON {name}.* TO {user}@'127.0.0.1'; CREATE DATABASE {user}; \
             CREATE TABLE {user}.theirs (id integer);"
        )),
        Database::Sqlite => panic!("SQLite has no rights"),
    }
    let project = Project::empty();
    let url =
        database.url().replacen("//postgres@", &format!("//{user}@"), 1).replacen("//root@", &format!("//{user}@"), 1);
    project.write("migrate.yaml", format!("database: {{ url: \"{url}\" }}\n"));
    let theirs = if product == Database::Mysql { format!("{user}.theirs") } else { "theirs".to_owned() };
    project.write(
        "versions/a.sql",
        format!(
            "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE first_one (id integer);\nALTER TABLE {theirs} ADD COLUMN a integer;\n\
             CREATE TABLE last_one (id integer);\n-- migrate:down\n"
        ),
    );
    (database, project)
}

#[test]
fn a_right_that_is_missing_half_way_is_named_and_then_it_goes_on() {
    for (product, code) in [(Database::Postgres, 3), (Database::Mysql, 5)] {
        let (database, project) = without_right(product);
        let user = format!("u_{}", database.name());
        // A check of the rights before the start may refuse with 2.
        let output = project.run(&["upgrade"]);
        assert!([2, code].contains(&output.code) && output.stderr.contains("theirs"), "{output}");
        match product {
            Database::Mysql => database.execute(&format!("GRANT ALL ON {user}.* TO {user}@'127.0.0.1';")),
            Database::Postgres | Database::Sqlite => database.execute(&format!("ALTER TABLE theirs OWNER TO {user};")),
        }
        project.run(&["upgrade"]).ok();
        assert_eq!(database.value("SELECT count(*) FROM last_one;"), "0");
        project.run(&["status", "--check"]).ok();
        match product {
            Database::Mysql => database.execute(&format!("DROP USER {user}@'127.0.0.1'; DROP DATABASE {user};")),
            Database::Postgres | Database::Sqlite => {
                database.execute(&format!("DROP OWNED BY {user}; DROP ROLE {user};"));
            }
        }
    }
}

/// A role that may only read, on PostgreSQL: what writes is refused, what reads answers.
#[test]
fn a_session_that_may_only_read_is_refused_by_what_writes() {
    let database = Database::Postgres.fresh();
    let project = project(&database);
    project.run(&["upgrade", "r03"]).ok();
    database.execute(&format!("ALTER DATABASE {} SET default_transaction_read_only = on;", database.name()));
    let before = database.dump();
    project.run(&["upgrade"]).exits(2).says("read");
    project.run(&["current"]).ok().prints("r03");
    project.run(&["status"]).ok();
    assert_eq!(database.dump(), before);
    database.execute(&format!(
        "SET default_transaction_read_only = off; ALTER DATABASE {} RESET default_transaction_read_only;",
        database.name()
    ));
    project.run(&["upgrade"]).ok();
}
