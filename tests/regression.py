"""PostgreSQL's own regression database: everything that its developers test is read, judged, and made again from the models.

    tests/run --regression             what CI and people call; needs the network the first time

The tests of PostgreSQL leave hundreds of tables, functions and oddities behind. This runs them on the private server
(`tests/servers.py`), and proves of the database that is left: `inspect` reads it, `check` finds it in sync; `create-all`, and a
revision with `upgrade`, make it again from the models; each copy is in sync with the models, and the server's own dump of it says the
same. What no model can say is named by the tool, and left out of the dumps for a reason that stands here (`LEFT_OUT`).

The source package is got once, by apt-get, into target/regression.
"""
import collections
import difflib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import debian

ROOT = pathlib.Path(__file__).resolve().parent.parent
STORE = debian.TARGET / "regression"
RESULTS = ROOT / "tests" / "regression.txt"
SERVER = os.environ.get("MIGRATE_TEST_POSTGRES", "")
PROGRAMS = pathlib.Path(os.environ.get("MIGRATE_TEST_PG_BIN", ""))
MAJOR = os.environ.get("MIGRATE_TEST_POSTGRES_VERSION", "").split(".")[0]
TEST_SECONDS = 120
DATABASE = "template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'"

# What no model says, by the tool's words for it, and why. What is named in other words is a failure.
LEFT_OUT = {
    "base type": "made of functions in C",
    "shell type": "a type that is only announced",
    "function": "takes or gives back a base type, or rows of a table below",
    "operator": "of such functions",
    "cast": "of such types",
    "access method": "made of a function in C",
    "transform": "made of functions in C",
    "table on what has no model": "has columns of a base type",
    "policy": "on such a table",
    "order of columns": "a column came to the parent after those of the heir: no dump says it either",
    "sequence": "a column owns it and takes no values from it",
    "persistence of a sequence": "is that of its table in models",
    "comment on the index of a key": "a key has one comment, that of the constraint",
    "key attached to an index": "the key comes with its own index, the index of the table with another one",
    "inherited check of its own": "an heir that keeps a check which it has from its parent too",
    "state of a partition's trigger": "is that of the trigger of its table",
}
# Found different by `check`, and truly so: left over from an index that was made ON ONLY a table.
INVALID_INDEX = re.compile(r"^(?:- drop the invalid|\+ create) index idxpart_a_idx (?:of|on) idxpart$")
# Entries of the dump that differ because of it: the new index reaches all partitions.
OF_INVALID_INDEX = {("INDEX", "public", "idxpart21_a_idx"), ("INDEX ATTACH", "public", "idxpart21_a_idx")}


def psql(database, sql):
    return debian.call([PROGRAMS / "psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-d", url(database), "-c", sql]).splitlines()


def url(database):
    return f"{SERVER.rpartition('/')[0]}/{database}"


def source(folder):
    """The tests, and the headers that their library is compiled with."""
    debian.need("cc")
    codename = re.search(r"^VERSION_CODENAME=(\w+)", pathlib.Path("/etc/os-release").read_text(), re.M)
    if not codename:
        raise debian.Failure("the source package is Debian's, and this system does not say which Debian it is")
    apt = debian.Apt(folder, codename[1], ("deb", "deb-src"))
    apt("--download-only", "source", f"postgresql-{MAJOR}")
    apt("download", f"postgresql-server-dev-{MAJOR}", "libpq-dev")
    apt.unpack(folder / "headers")
    with tarfile.open(next(apt.cache.glob("*.orig.tar.*"))) as archive:
        inside = [member for member in archive if "/src/test/regress/" in member.name]
        archive.extractall(folder, inside, filter="data")
    next(folder.glob("postgresql-*/src/test/regress")).rename(folder / "regress")
    headers = folder / "headers" / "usr" / "include"
    tests = folder / "regress"
    debian.call(["cc", "-shared", "-fPIC", "-w", f"-I{headers}/postgresql/{MAJOR}/server", f"-I{headers}", f"-I{tests}",
                 tests / "regress.c", "-o", tests / "regress.so"])
    apt.close()
    for leftover in [folder / "headers", *folder.glob("postgresql-*")]:
        shutil.rmtree(leftover, ignore_errors=True)


def run_tests(place):
    """Runs PostgreSQL's tests, one after the other; what they say is not compared, what they leave behind counts."""
    stored = debian.once(STORE / f"postgres-{MAJOR}", source) / "regress"
    tests = place / "regress"
    shutil.copytree(stored, tests)
    (tests / "results").mkdir(exist_ok=True)
    for library in ("autoinc", "refint"):
        found = next(iter([*PROGRAMS.parent.glob(f"lib/{library}.so"), *PROGRAMS.parent.glob(f"lib/*/{library}.so")]), None)
        if found:
            shutil.copy(found, tests)
    # The server reads and writes here, as an account of its own.
    debian.call(["chmod", "-R", "a+rwX", place])
    psql("postgres", f"create database regression {DATABASE}")
    psql("postgres", "alter database regression set lc_messages = 'C'")
    psql("postgres", "alter database regression set bytea_output = 'hex'")
    environment = dict(os.environ, PG_ABS_SRCDIR=str(tests), PG_ABS_BUILDDIR=str(tests), PG_LIBDIR=str(tests), PG_DLSUFFIX=".so",
                       PGTZ="PST8PDT", PGDATESTYLE="Postgres, MDY")
    for line in re.findall(r"^test: (.*)$", (tests / "parallel_schedule").read_text(), re.M):
        for name in line.split():
            command = [PROGRAMS / "psql", "-Xqa", "-v", "HIDE_TABLEAM=on", "-v", "HIDE_TOAST_COMPRESSION=on", "-d",
                       url("regression"), "-f", f"sql/{name}.sql"]
            with open(tests / "results" / f"{name}.out", "wb") as out:
                subprocess.run(command, cwd=tests, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                               timeout=TEST_SECONDS, check=False)


def methods():
    """What makes the access methods, which no model says and tables need; a scratch schema lies where they are already."""
    kinds = "case amtype when 't' then 'TABLE' else 'INDEX' end"
    made = f"select format('CREATE ACCESS METHOD %I TYPE %s HANDLER %s;', amname, {kinds}, amhandler::regproc) from pg_am where oid >= 16384"
    return "".join(f"DO $$ BEGIN {sql} EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n" for sql in psql("regression", made))


class Tool:
    """The program in a project of its own."""

    def __init__(self, program, place):
        self.program, self.folder = program, place / "project"
        (self.folder / "versions").mkdir(parents=True)
        self.environment = dict(os.environ, MIGRATE_CACHE_DIR=str(place / "cache"))
        schemas = psql("regression", "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema)' order by 1")
        self.config = {"database": {"url": url("regression")}, "schemas": schemas}
        (self.folder / "migrate.yaml").write_text(json.dumps(self.config))

    def set_up(self):
        """Lets scratch databases have the access methods. Not before the first inspection: what a setup makes is not known to be missing."""
        (self.folder / "setup.sql").write_text(methods())
        (self.folder / "migrate.yaml").write_text(json.dumps({**self.config, "scratch_setup": "setup.sql"}))

    def run(self, *words, codes=(0,)):
        done = subprocess.run([self.program, *words], cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode not in codes:
            raise debian.Failure(f"migrate {' '.join(words)}: exit code {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done


HEAD = re.compile(r"^-- Name: (.*); Type: (.*); Schema: (.*); Owner: .*$")


def entries(database):
    """The server's own dump, by kind, schema and name of what stands in it."""
    text = debian.call([PROGRAMS / "pg_dump", "-s", "-O", "--exclude-table=*.migrate_*", "-d", url(database)])
    found, key = collections.OrderedDict(), None
    for line in text.splitlines():
        head = HEAD.match(line)
        if head:
            key = (head[2], head[3], head[1])
            while key in found:
                key = (*key[:2], key[2] + " again")
            found[key] = []
        elif key and line and not line.startswith(("--", "\\", "SET ", "SELECT pg_catalog.set_config")):
            found[key].append(parameters_sorted(line))
    # Rights are no part of models, but for those that roles give by default.
    return {key: lines for key, lines in found.items() if key[0] != "ACL"}


def parameters_sorted(line):
    """Storage parameters in one order: they keep that in which they were once said."""
    inside = re.search(r"(?<=WITH \()[^()]*=[^()]*(?=\))", line)
    if not inside:
        return line
    return line[:inside.start()] + ", ".join(sorted(inside[0].split(", "))) + line[inside.end():]


class LeftOut:
    """What the tool named as not modelled, to tell the entries of a dump that are about it."""

    def __init__(self, named):
        bare = [(kind, name.split(".")[-1], table.split(".")[-1]) for kind, name, table in named]
        of = lambda *kinds: [(name, table) for kind, name, table in bare if kind in kinds]
        words = [name for kind, name, _ in bare if kind in ("base type", "shell type", "access method") or "table" in kind.split(" of ")[0]]
        self.words = re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\b") if words else None
        self.transform = bool(of("transform"))
        self.one_sided = {("COMMENT", f"INDEX {name}") for name, _ in of("comment on the index of a key")}
        self.one_sided |= {("TRIGGER", f"{table} {name}") for name, table in of("state of a partition's trigger")}
        self.one_sided |= {("INDEX ATTACH", name) for name, _ in of("key attached to an index")}
        self.one_sided |= {(kind, name) for name, _ in of("sequence") for kind in ("SEQUENCE", "SEQUENCE OWNED BY")}
        self.two_sided = {("TABLE", table) for _, table in of("inherited check of its own")}
        self.two_sided |= {("SEQUENCE", name) for name, _ in of("persistence of a sequence")}
        # The index that such a partition gets instead.
        self.indexed = tuple(f"{table}_" for _, table in of("key attached to an index"))
        self.met = set()  # entries of the dump that this was said of

    def has(self, key, live, copy):
        """Whether the difference of two entries, of which one may not be there, is only about this."""
        kind, _, name = key
        if live and copy:
            return (kind, name) in self.two_sided
        if not live:
            return kind in ("INDEX", "INDEX ATTACH") and bool(self.indexed) and name.startswith(self.indexed)
        about = "\n".join([name, *live])
        return (kind, name) in self.one_sided or bool(self.words and self.words.search(about)) or kind == "TRANSFORM" and self.transform


def differences(copy, live, left_out):
    """What two dumps do not have in common and nobody said before."""
    lines = []
    for key in sorted(live.keys() | copy.keys()):
        sides = live.get(key), copy.get(key)
        if sides[0] == sides[1] or key in OF_INVALID_INDEX:
            continue
        if left_out.has(key, *sides):
            left_out.met.add(key)
            continue
        lines.append(" ".join(key))
        lines.extend(list(difflib.unified_diff(sides[0] or [], sides[1] or [], lineterm="", n=1))[2:])
    return lines


def not_modelled(tool):
    """What the tool named: kind, name, table."""
    said = json.loads(tool.run("inspect", "--as", "json").stdout)["not_modelled"]
    named = []
    for line in said:
        kind = max((kind for kind in LEFT_OUT if line.startswith(kind + " ")), key=len, default=None)
        if kind is None:
            raise debian.Failure(f"not modelled, and tests/regression.py gives no reason: {line}")
        name, _, table = line[len(kind) + 1:].partition(" on ")
        named.append((kind, name, table))
    return named


def prove(tool):
    """Judges the database and makes it again in two ways; gives what is wrong."""
    wrong = []
    tool.run("inspect", "--out", "models")
    named = not_modelled(tool)
    tool.set_up()
    found = re.findall(r"^[-+~] .*$", tool.run("check", codes=(0, 1)).stdout, re.M)
    wrong.extend(f"check: {line}" for line in found if not INVALID_INDEX.match(line))
    live, left_out = entries("regression"), LeftOut(named)
    for database in ("created", "upgraded"):
        psql("postgres", f"create database {database} {DATABASE}")
        psql(database, methods())
    before = set(entries("upgraded"))
    tool.run("create-all", "--url", url("created"))
    tool.run("check", "--url", url("created"))
    tool.run("revision", "--autogenerate", "-m", "all", "--rev-id", "r1", "--url", url("upgraded"))
    tool.run("upgrade", "--url", url("upgraded"))
    tool.run("check", "--url", url("upgraded"))
    for database in ("created", "upgraded"):
        wrong.extend(f"{database}: {line}" for line in differences(entries(database), live, left_out))
    tool.run("downgrade", "base", "--yes", "--url", url("upgraded"))
    left = [" ".join(key) for key in entries("upgraded") if key not in before]
    wrong.extend(f"left after the way back: {line}" for line in left if "migrate_" not in line)
    return named, (len(live), len(left_out.met)), wrong


def counts():
    relations = psql("regression", "select count(*) from pg_class where relkind in ('r', 'p', 'v', 'm', 'f') and oid >= 16384"
                                   " and relnamespace::regnamespace::text !~ '^pg_'")
    functions = psql("regression", "select count(*) from pg_proc where oid >= 16384 and pronamespace::regnamespace::text !~ '^pg_'")
    return int(relations[0]), int(functions[0])


def main(arguments):
    program = pathlib.Path(arguments[0] if arguments else debian.TARGET / "debug" / "migrate").resolve()
    place = pathlib.Path(debian.call(["mktemp", "-d"]).strip())
    try:
        run_tests(place)
        relations, functions = counts()
        named, (judged, excused), wrong = prove(Tool(program, place))
    except (debian.Failure, subprocess.TimeoutExpired) as failure:
        print(f"error: {failure}", file=sys.stderr)
        print("test result: FAILED. 0 passed; 1 failed;")
        return 1
    finally:
        shutil.rmtree(place, ignore_errors=True)
    for line in wrong:
        print(line)
    said = [f"- PostgreSQL {os.environ['MIGRATE_TEST_POSTGRES_VERSION']}: {relations} relations, {functions} functions; {judged} entries of the "
            f"dump, of which {excused} are about {len(named)} things left out; differences: {len(wrong)}\n"]
    kinds = collections.Counter(kind for kind, _, _ in named)
    said.extend(f"- left out: {count} {kind}: {LEFT_OUT[kind]}\n" for kind, count in sorted(kinds.items()))
    print("".join(said))
    RESULTS.write_text("".join(said))
    print(f"test result: {'FAILED' if wrong else 'ok'}. {0 if wrong else 1} passed; {1 if wrong else 0} failed;")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
