"""As tests/servers.py, with a MySQL in MariaDB's place: got from Debian's suite sid and unpacked beside the system, which it leaves alone.

    python3 tests/mysql.py COMMAND [ARGUMENT...]

Linux on x86-64 with apt, as root; 60 MB are fetched once and kept in the target folder. The command finds the server in
MIGRATE_TEST_MYSQL and what is beside it, as in `tests/run`, and MIGRATE_TEST_MYSQL_PRODUCT=mysql: cases that only MariaDB
can do are left out then, and those of MySQL come in. Exit code: the command's; 70 when there is no server.
"""
import sys

import debian
import servers

LIBRARIES = "usr/lib/x86_64-linux-gnu"


def fetch():
    """The root with the server; made once."""
    return debian.unpacked(debian.TARGET / "mysql", "mysql-server-core")


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
