//! PgBouncer in front of the PostgreSQL of the tests, in transaction pooling.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running pooler; ends with its value.
pub(super) struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    /// Starts one for all databases of the server.
    pub(super) fn start() -> Self {
        let server = std::env::var("MIGRATE_TEST_POSTGRES").expect("MIGRATE_TEST_POSTGRES: run tests/run");
        let server_port = server.rsplit(':').next().and_then(|rest| rest.split('/').next()).expect("a port").to_owned();
        let folder = tempfile::Builder::new().prefix("pooler-").tempdir().expect("a temporary folder");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let configuration = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={server_port} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 20\n\
             ignore_startup_parameters = extra_float_digits,options,search_path\n"
        );
        std::fs::write(&configuration, text).expect("a file");
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("its mode");
        // It refuses to be root, as the server does.
        let program = std::path::Path::new("/usr/sbin/pgbouncer");
        let program = if program.exists() { program } else { std::path::Path::new("pgbouncer") };
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        let mut command = if is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let child = command.arg(&configuration).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let pooler = Self { child: child.expect("pgbouncer starts: tests/run installs it"), port, _folder: folder };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "pgbouncer does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        pooler
    }

    /// The URL of a database through it.
    pub(super) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
