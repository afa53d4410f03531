"""Runs a command with a private PostgreSQL and a private MariaDB beside it, and leaves nothing behind.

    python3 tests/servers.py COMMAND [ARGUMENT...]

Everything of a run lies in one folder: in /dev/shm where there is room, else in the temporary folder. The command finds it
by environment variables (`environment` below). Its exit code is ours; 70 when a server did not start or died on the way.

Nothing is left on any way out: this process adopts what its children leave (a "subreaper") and ends it; the servers get a
signal from the kernel when this process is killed; and a folder whose owner is dead is removed by the next run.
"""
import ctypes
import fcntl
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PREFIX = "migrate-test-"
ROOM = 2 << 30  # bytes that a run may need
START_SECONDS = 120  # a loaded machine with two cores
FAILED = 70
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """What the person who ran the tests should read."""


class Stopped(Exception):
    """A signal asked for the end; carries its number."""


def prctl(option, value):
    """Linux only; elsewhere the ordinary ways out still clean up."""
    if sys.platform == "linux":
        LIBC.prctl(option, value, 0, 0, 0)


def dies_with_us(number):
    """For `preexec_fn`: the kernel sends this signal to the child when we are gone, however that came."""
    return lambda: prctl(PR_SET_PDEATHSIG, number)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def server_account(name):
    """The account a server runs as: ours, but as root (which both servers refuse) the package's own, else nobody."""
    if os.getuid() != 0:
        return None
    for candidate in (name, "nobody"):
        try:
            return pwd.getpwnam(candidate)
        except KeyError:
            continue
    raise Failure(f"no account to run a server as: neither {name} nor nobody exists")


def postgres_folder():
    """The folder of the newest PostgreSQL. Debian's programs on PATH are Perl wrappers, slow and easily confused."""
    said = os.environ.get("MIGRATE_TEST_PG_PROGRAMS")  # tests/matrix.py
    if said:
        return pathlib.Path(said)
    debian = pathlib.Path("/usr/lib/postgresql")
    versions = [path for path in debian.glob("*/bin") if (path / "initdb").exists() and (path / "pg_dump").exists()]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    initdb = shutil.which("initdb")
    if initdb:
        return pathlib.Path(initdb).resolve().parent
    raise Failure("no PostgreSQL server found; install the package postgresql")


def program(*names):
    """The first of these programs on PATH or where Debian keeps servers, which is not on the PATH of a normal user."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    raise Failure(f"{names[0]} not found; install the packages mariadb-server and mariadb-client")


def version_of(*command):
    """What a server's program says of itself: 15.18."""
    said = subprocess.run([*map(str, command), "--version"], capture_output=True, text=True).stdout
    found = re.search(r"[0-9]+\.[0-9]+(\.[0-9]+)?", said)
    return found[0] if found else ""


class Server:
    """One private server: a folder of its own, an account, a process, a log."""

    name = account = end_signal = None

    def __init__(self, run_folder):
        self.folder = run_folder / self.name
        self.account_entry = server_account(self.account)
        self.process = self.port = None
        self.log = self.folder / "log"
        self.folder.mkdir()
        if self.account_entry:
            os.chown(self.folder, self.account_entry.pw_uid, self.account_entry.pw_gid)

    def spawn(self, command):
        """Starts a program under the server's account, from a working folder that every account can read."""
        account = {}
        if self.account_entry:
            account = {"user": self.account_entry.pw_uid, "group": self.account_entry.pw_gid, "extra_groups": []}
        prelude = dies_with_us(self.end_signal)
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "HOME": str(self.folder)}
        with open(self.log, "ab") as log:
            # A group of its own: Ctrl-C in a terminal is for the command, the servers end after it.
            return subprocess.Popen([str(part) for part in command], cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    env=environment, start_new_session=True, preexec_fn=prelude, **account)

    def begin(self):
        """Starts to make the data folder; `start` waits for it, so that both servers are made at the same time."""
        self.process = self.spawn(self.make_command())

    def start(self):
        if self.process.wait() != 0:
            raise Failure(f"{self.name}: cannot make the data folder\n{self.log_tail()}")
        # Between looking for a free port and listening on it, another run may have taken it.
        for _ in range(5):
            self.port = free_port()
            self.process = self.spawn(self.serve_command())
            if self.answers():
                return
        raise Failure(f"{self.name}: the server did not start\n{self.log_tail()}")

    def answers(self):
        """True when the server answers, False when it ended; an error when it does neither for too long."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                return False
            if self.answers_now():
                return True
            time.sleep(0.05)
        raise Failure(f"{self.name}: the server does not answer after {START_SECONDS} s\n{self.log_tail()}")

    def answers_now(self):
        ping = subprocess.run(self.ping_command(), stdin=subprocess.DEVNULL, capture_output=True)
        # A stranger may sit on the port; only our own server counts.
        return ping.returncode == 0 and self.process.poll() is None

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.end_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log_tail(self):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-25:])


class Postgres(Server):
    # Immediate shutdown: no checkpoint, but the shared memory is given back. The data are thrown away in any case.
    name, account, end_signal = "pg", "postgres", signal.SIGQUIT

    def __init__(self, run_folder):
        self.programs = postgres_folder()
        super().__init__(run_folder)

    def make_command(self):
        return [self.programs / "initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                "--locale=C.UTF-8", "-N"]

    def serve_command(self):
        # Accounts in the role with_password need theirs; all others come in as they are.
        rules = self.folder / "data" / "pg_hba.conf"
        rules.write_text("host all +with_password 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder, "fsync": "off",
                    "synchronous_commit": "off", "full_page_writes": "off", "max_locks_per_transaction": 1024,
                    "max_connections": 200, "max_wal_size": "256MB", "password_encryption": "scram-sha-256",
                    "dynamic_shared_memory_type": "mmap"}  # in the data folder: goes with it
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [self.programs / "postgres", "-D", self.folder / "data", *options]

    def ping_command(self):
        return [str(self.programs / "pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres"]

    def environment(self):
        return {"MIGRATE_TEST_POSTGRES": f"postgres://postgres@127.0.0.1:{self.port}/postgres",
                "MIGRATE_TEST_POSTGRES_VERSION": version_of(self.programs / "postgres"),
                "MIGRATE_TEST_PG_BIN": str(self.programs), "MIGRATE_TEST_PG_SOCKET": str(self.folder),
                "MIGRATE_TEST_PG_PID": str(self.process.pid)}


class MariaDb(Server):
    # The data are thrown away: a clean shutdown would only cost a second.
    name, account, end_signal = "my", "mysql", signal.SIGKILL

    def __init__(self, run_folder):
        self.client, self.dump = program("mariadb", "mysql"), program("mariadb-dump", "mysqldump")
        super().__init__(run_folder)

    def make_command(self):
        return [program("mariadb-install-db", "mysql_install_db"), "--no-defaults", f"--datadir={self.folder / 'data'}",
                "--auth-root-authentication-method=normal", "--skip-test-db"]

    def serve_command(self):
        folder = self.folder
        (folder / "tmp").mkdir(exist_ok=True)  # its own: servers that share one delete each other's temporary tables
        (folder / "init.sql").write_text("CREATE USER IF NOT EXISTS root@'127.0.0.1';\n"
                                         "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
                                         # Who gets rights in tests, and logs in nowhere.
                                         "CREATE USER IF NOT EXISTS shop_app@'%' ACCOUNT LOCK;\n"
                                         "CREATE USER IF NOT EXISTS `Web, app`@'10.%' ACCOUNT LOCK;\n"
                                         "CREATE ROLE IF NOT EXISTS shop_staff;\n")
        if self.account_entry:
            os.chown(folder / "tmp", self.account_entry.pw_uid, self.account_entry.pw_gid)
        return [program("mariadbd", "mysqld"), "--no-defaults", f"--datadir={folder / 'data'}", f"--socket={folder / 's.sock'}",
                f"--port={self.port}", "--bind-address=127.0.0.1", "--skip-name-resolve", f"--pid-file={folder / 'pid'}",
                f"--tmpdir={folder / 'tmp'}", f"--init-file={folder / 'init.sql'}", "--character-set-server=utf8mb4",
                "--max-connections=200", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
                "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=128M"]

    def ping_command(self):
        """A login over TCP: answers only after the init file has made the account."""
        return [self.client, "--no-defaults", "-h127.0.0.1", f"-P{self.port}", "-uroot", "-e", "SELECT 1"]

    def environment(self):
        return {"MIGRATE_TEST_MYSQL": f"mysql://root@127.0.0.1:{self.port}/mysql",
                "MIGRATE_TEST_MYSQL_VERSION": version_of(program("mariadbd", "mysqld")),
                "MIGRATE_TEST_MYSQL_CLIENT": self.client, "MIGRATE_TEST_MYSQLDUMP": self.dump,
                "MIGRATE_TEST_MYSQL_SOCKET": str(self.folder / "s.sock"), "MIGRATE_TEST_MYSQL_PID": str(self.process.pid)}


def places():
    """Where a run's folder may lie, best first. Paths stay short: a socket path over 107 bytes is refused."""
    memory = pathlib.Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free >= ROOM:
        yield memory
    usual = pathlib.Path(tempfile.gettempdir())
    yield usual if len(str(usual)) <= 50 else pathlib.Path("/tmp")


def make_folder(parent):
    """A new folder that is ours as long as we hold the lock in it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    folder.chmod(0o711)  # the servers' accounts must pass
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def sweep(parent):
    """Removes the folders of our own earlier runs that were killed: nobody holds their lock."""
    for folder in parent.glob(PREFIX + "*"):
        try:
            status = folder.stat()
            if status.st_uid != os.getuid() or time.time() - status.st_mtime < 60:
                continue
            lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)


def parents():
    """Process id -> id of its parent, of everything that runs."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = re.match(r"(\d+) \(.*\) \S (\d+)", entry.read_text(errors="replace"), re.DOTALL)
        except OSError:
            continue
        if fields:
            found[int(fields[1])] = int(fields[2])
    return found


def descendants(spared):
    """Everything below this process, but for `spared` and what is below those."""
    parent_of, found, layer = parents(), set(), {os.getpid()}
    while layer:
        layer = {child for child, parent in parent_of.items() if parent in layer and child not in spared}
        found |= layer
    return found


def end_descendants(spared, number, seconds):
    """Asks everything below us to end, then makes it end."""
    asked, until = set(), time.monotonic() + seconds
    while True:
        left = descendants(spared)
        late = time.monotonic() > until
        for pid in left if late else left - asked:
            try:
                os.kill(pid, signal.SIGKILL if late else number)
            except ProcessLookupError:
                pass
        asked |= left
        reap(left)
        if not descendants(spared):
            return
        time.sleep(0.02)


def reap(pids):
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except OSError:
            pass


def run_with(servers, folder, command):
    """Starts the servers, then the command; returns its exit code."""
    for server in servers:
        server.begin()
    for server in servers:
        server.start()
    environment = dict(os.environ, TMPDIR=str(folder / "tmp"))
    (folder / "tmp").mkdir()
    for server in servers:
        environment.update(server.environment())
    try:
        child = subprocess.Popen(command, env=environment, preexec_fn=dies_with_us(signal.SIGTERM))
    except OSError as error:
        raise Failure(f"cannot run {command[0]}: {error.strerror}") from error
    code = wait_for(child)
    for server in servers:
        if not server.answers_now():
            raise Failure(f"{server.name}: the server died while the command ran\n{server.log_tail()}")
    return code if code >= 0 else 128 - code


def wait_for(child):
    """Waits for the command. A Ctrl-C of a terminal reaches it directly, and it decides whether that is its end."""
    while True:
        try:
            return child.wait()
        except Stopped as stopped:
            if stopped.args[0] != signal.SIGINT or not on_terminal():
                raise


def on_terminal():
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


def on_signal(number, _frame):
    raise Stopped(number)


def main(command, kinds=None):
    """`kinds`: the servers to start, where not the usual two are meant."""
    if not command:
        raise SystemExit(__doc__)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    code, servers, folder, number = FAILED, [], None, signal.SIGTERM
    try:
        parent = next(places())
        sweep(parent)
        folder, _lock = make_folder(parent)
        for kind in kinds or (Postgres, MariaDb):
            servers.append(kind(folder))
        code = run_with(servers, folder, command)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
    except Stopped as stopped:
        number = stopped.args[0]
        code = 128 + number
    finally:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        end_descendants({server.process.pid for server in servers if server.process}, number, 10)
        for server in servers:
            server.stop()
        end_descendants(set(), signal.SIGKILL, 0)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
