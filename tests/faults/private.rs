//! Servers of one test alone, which may be killed: the shared ones are for everybody.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::common::Database;

/// A server with its data in a folder of its own; ends with its value.
pub(super) struct Private {
    product: Database,
    folder: TempDir,
    port: u16,
    options: Vec<String>,
    child: Option<Child>,
}

/// A port that nobody listens on now.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// The program as the account that its package made, where we are root: servers refuse to be root.
fn as_account(account: &str, program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={account}"), &format!("--regid={account}"), "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // Nothing of ours: the folder for temporary files is not the server's.
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C");
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn variable(name: &str) -> PathBuf {
    std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set: run tests/run")).into()
}

/// A program of MariaDB's server, which Debian keeps where a normal user does not look.
fn mariadb(name: &str) -> PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/usr/local/sbin"]);
    folders
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists())
        .expect("a program of MariaDB's server")
}

impl Private {
    /// Makes the data and starts the server.
    pub(super) fn start(product: Database) -> Self {
        let mut server = Self::made(product, &[]);
        server.restart();
        server
    }

    /// Makes the data; `restart` starts the server, with these options too.
    pub(super) fn made(product: Database, options: &[String]) -> Self {
        let folder = tempfile::Builder::new().prefix("server-").tempdir().expect("a temporary folder");
        let server = Self { product, folder, port: free_port(), options: options.to_vec(), child: None };
        let data = server.path("data");
        std::fs::create_dir_all(server.path("tmp")).expect("a folder");
        let init =
            "CREATE USER IF NOT EXISTS root@'127.0.0.1';\nGRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n";
        std::fs::write(server.path("init.sql"), init).expect("a file");
        server.own();
        let mut command = match product {
            Database::Postgres => as_account("postgres", &variable("MIGRATE_TEST_PG_BIN").join("initdb")),
            Database::Mysql => as_account("mysql", &mariadb("mariadb-install-db")),
            Database::Sqlite => panic!("SQLite has no server"),
        };
        match product {
            Database::Postgres => command.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-N"]),
            Database::Mysql | Database::Sqlite => command
                .arg("--no-defaults")
                .arg(format!("--datadir={}", data.display()))
                .arg(format!("--tmpdir={}", server.path("tmp").display()))
                .args(["--auth-root-authentication-method=normal", "--skip-test-db"]),
        };
        assert!(command.status().expect("it starts").success(), "no data folder for {product:?}");
        server
    }

    /// Another server of MariaDB with a copy of the data of this one, which must not run.
    pub(super) fn copied(&self, options: &[String]) -> Self {
        let folder = tempfile::Builder::new().prefix("server-").tempdir().expect("a temporary folder");
        let copy = Self { product: self.product, folder, port: free_port(), options: options.to_vec(), child: None };
        let from = format!("{}/.", self.folder.path().display());
        assert!(Command::new("cp").args(["-a", &from]).arg(copy.folder.path()).status().expect("cp").success());
        copy.own();
        copy
    }

    /// A server of PostgreSQL that follows this one, which runs.
    pub(super) fn standby(&self) -> Self {
        let folder = tempfile::Builder::new().prefix("server-").tempdir().expect("a temporary folder");
        let mut standby = Self { product: self.product, folder, port: free_port(), options: Vec::new(), child: None };
        let (port, data) = (self.port.to_string(), standby.path("data"));
        let mut copy = Command::new(variable("MIGRATE_TEST_PG_BIN").join("pg_basebackup"));
        copy.args(["-h", "127.0.0.1", "-U", "postgres", "-R", "-c", "fast", "-p", &port]).arg("-D").arg(&data);
        let output = copy.output().expect("pg_basebackup starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        standby.own();
        standby.restart();
        standby
    }

    /// Gives the folder to the server's account.
    fn own(&self) {
        let account = if self.product == Database::Postgres { "postgres:" } else { "mysql:" };
        if is_root() {
            let done = Command::new("chown").args(["-R", account]).arg(self.folder.path()).status();
            assert!(done.expect("chown").success());
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A URL of it, with the database that it has from the start.
    pub(super) fn url(&self) -> String {
        match self.product {
            Database::Postgres => format!("postgres://postgres@127.0.0.1:{}/postgres", self.port),
            Database::Mysql | Database::Sqlite => format!("mysql://root@127.0.0.1:{}/mysql", self.port),
        }
    }

    fn command(&self) -> Command {
        let path = |name: &str| self.path(name).display().to_string();
        let mut command = match self.product {
            Database::Postgres => as_account("postgres", &variable("MIGRATE_TEST_PG_BIN").join("postgres")),
            Database::Mysql | Database::Sqlite => as_account("mysql", &mariadb("mariadbd")),
        };
        match self.product {
            Database::Postgres => {
                command.args(["-D", &path("data"), "-p", &self.port.to_string(), "-h", "127.0.0.1"]);
                command.args(["-k", "", "-F", "-c", "dynamic_shared_memory_type=mmap"]);
            }
            Database::Mysql | Database::Sqlite => {
                command.args([
                    "--no-defaults".to_owned(),
                    format!("--datadir={}", path("data")),
                    format!("--socket={}", path("s")),
                    format!("--port={}", self.port),
                    format!("--pid-file={}", path("pid")),
                    format!("--tmpdir={}", path("tmp")),
                    format!("--init-file={}", path("init.sql")),
                    format!("--log-error={}", path("log")),
                ]);
                command.args([
                    "--bind-address=127.0.0.1",
                    "--skip-name-resolve",
                    "--innodb-flush-log-at-trx-commit=0",
                    "--innodb-buffer-pool-size=32M",
                ]);
            }
        }
        command.args(&self.options);
        command
    }

    /// Whether it answers a login.
    fn answers(&self) -> bool {
        let mut command = match self.product {
            Database::Postgres => {
                let mut command = Command::new(variable("MIGRATE_TEST_PG_BIN").join("psql"));
                command.args(["-X", "-c", "SELECT 1", "-d", &self.url()]);
                command
            }
            Database::Mysql | Database::Sqlite => {
                let mut command = Command::new(variable("MIGRATE_TEST_MYSQL_CLIENT"));
                command
                    .args(["--no-defaults", "-h127.0.0.1", "-uroot", "-e", "SELECT 1"])
                    .arg(format!("-P{}", self.port));
                command
            }
        };
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Starts it, again where it was killed: what the dead one left may have to go away first.
    pub(super) fn restart(&mut self) {
        let until = Instant::now() + Duration::from_secs(120);
        loop {
            let mut child = self.command().spawn().expect("the server starts");
            while child.try_wait().expect("a state").is_none() {
                if self.answers() {
                    self.child = Some(child);
                    return;
                }
                assert!(Instant::now() < until, "the server of {:?} does not answer", self.product);
                std::thread::sleep(Duration::from_millis(50));
            }
            assert!(Instant::now() < until, "the server of {:?} does not start", self.product);
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// SIGKILL, in the middle of whatever it does.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
        }
    }

    /// An orderly end.
    pub(super) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill");
            assert!(status.success());
            child.wait().expect("it ends");
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
