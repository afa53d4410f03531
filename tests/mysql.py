"""As tests/servers.py, with a MySQL in MariaDB's place: got from Debian's suite sid and unpacked beside the system, which it leaves alone.

    python3 tests/mysql.py COMMAND [ARGUMENT...]

Linux on x86-64 with apt, as root; 60 MB are fetched once and kept in the target folder. The command finds the server in
MIGRATE_TEST_MYSQL and what is beside it, as in `tests/run`, and MIGRATE_TEST_MYSQL_PRODUCT=mysql: cases that only MariaDB
can do are left out then, and those of MySQL come in. Exit code: the command's; 70 when there is no server.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import servers

SUITE = "sid"  # bookworm has no MySQL server
LIBRARIES = "usr/lib/x86_64-linux-gnu"


def target_folder():
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", pathlib.Path(__file__).parent.parent / "target")).resolve()


def mirror():
    """The one that the system uses, so that a proxy or a mirror of the house serves this too."""
    for path in [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("debian*"))]:
        text = path.read_text() if path.exists() else ""
        found = re.search(r"^(?:URIs:|deb(?: \[[^\]]*\])?) *(https?://\S+/debian)/?\s", text, re.MULTILINE)
        if found:
            return found[1]
    return "http://deb.debian.org/debian"


def apt(folder, *words):
    """apt-get with a state of its own; its output."""
    options = [f"Dir::Etc::sourcelist={folder / 'sid.list'}", "Dir::Etc::sourceparts=-", f"Dir::State::lists={folder / 'lists'}",
               f"Dir::Cache={folder / 'cache'}", f"Dir::State::status={folder / 'nothing'}", "APT::Sandbox::User=root"]
    command = ["apt-get", *[part for option in options for part in ("-o", option)], *words]
    done = subprocess.run(command, cwd=folder / "packages", text=True, capture_output=True)
    if done.returncode != 0:
        raise servers.Failure(f"apt-get {' '.join(words[-2:])}: {done.stderr.strip()}")
    return done.stdout


def fetch():
    """The folder with the unpacked packages; made once."""
    folder = target_folder() / "mysql"
    root = folder / "root"
    if root.exists():
        return root
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("lists/partial", "cache/archives/partial", "packages", "unpacking"):
        (folder / part).mkdir(parents=True)
    (folder / "nothing").touch()
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (folder / "sid.list").write_text(f"deb [signed-by={keys}] {mirror()} {SUITE} main\n")
    apt(folder, "-qq", "update")
    listed = apt(folder, "--no-install-recommends", "--print-uris", "-qq", "install", "mysql-server-core")
    names = re.findall(r"^'[^']*' ([^_ ]+)_", listed, re.MULTILINE)
    apt(folder, "-qq", "download", *[f"{name}/{SUITE}" for name in names])
    for package in sorted((folder / "packages").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, folder / "unpacking"], check=True)
    for part in ("lists", "cache", "packages"):
        shutil.rmtree(folder / part)
    (folder / "unpacking").rename(root)
    return root


class MySql(servers.MariaDb):
    """As the private MariaDB, whose client and dump it is asked with."""

    def program(self):
        root = fetch()
        libraries = root / LIBRARIES
        return [libraries / "ld-linux-x86-64.so.2", "--library-path", libraries, root / "usr/sbin/mysqld", "--no-defaults",
                f"--basedir={root / 'usr'}", f"--lc-messages-dir={root / 'usr/share/mysql'}", f"--datadir={self.folder / 'data'}"]

    def make_command(self):
        return [*self.program(), "--initialize-insecure"]

    def serve_command(self):
        usual = super().serve_command()
        kept = [word for word in usual[1:] if not word.startswith(("--no-defaults", "--datadir", "--innodb-flush-method"))]
        return [*self.program(), *kept, "--mysqlx=OFF", "--secure-file-priv="]

    def environment(self):
        version = servers.version_of(*self.program())
        return {**super().environment(), "MIGRATE_TEST_MYSQL_PRODUCT": "mysql", "MIGRATE_TEST_MYSQL_VERSION": version}


if __name__ == "__main__":
    sys.exit(servers.main(sys.argv[1:], (servers.Postgres, MySql)))
