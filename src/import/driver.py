"""Prints what each revision of an Alembic project would run, as `alembic upgrade --sql` would: with the project's own
Alembic and env.py, without a database. A request in JSON on standard input, then a line of JSON per answer:

    {"config": FILE or null, "toml": FILE or null, "scripts": FOLDER, "revisions": [ID], "in_line": [ID],
     "is_whole": BOOL, "values": ["key=value"]}
    {"dialect", "table", "schema"}                                   once, when env.py has configured Alembic
    {"revision", "direction", "sql", "outside", "asked", "error"}    per revision and direction
    {"failed"}                                                       where nothing more can be said

`revisions` come in the order in which a new database runs them; those of `in_line` find the same in every database.
`is_whole`: no revision of the project is left out.
`outside`: a part of it runs outside of a transaction. `asked`: it asked whether it runs offline.
"""
import argparse
import io
import json
import os
import sys

answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)  # what the project prints is not an answer
sys.stdout = sys.stderr


def tell(**answer):
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


# How statements begin that are run for the sake of their rows.
READING = ("select", "with", "values", "table", "show", "pragma", "explain", "describe")


def short(error):
    lines = str(error).strip().splitlines()
    if lines and "MockConnection" in lines[0]:  # what stands for a database while a script is printed
        return f"it asks the database ({type(error).__name__})"
    if lines and "batch mode with dialect" in lines[0]:
        return "batch mode reads the table, and what is in it cannot be told from what is printed of the revisions below"
    return type(error).__name__ + (": " + lines[0] if lines else "")


def reads(statement):
    try:
        return str(statement).lstrip(" \t\r\n(").lower().startswith(READING)
    except Exception:
        return False


class Kind:
    """Of the URL of a database, what is the same wherever a script runs: which product it is, by which driver."""

    def __init__(self, url):
        from sqlalchemy.engine.url import make_url

        self.url = make_url(make_url(url).drivername + "://")

    def __str__(self):
        return str(self.url)

    def __getattr__(self, name):
        if name in ("drivername", "get_backend_name", "get_driver_name", "get_dialect"):
            return getattr(self.url, name)
        raise AttributeError(f"MockConnection has no {name}")


class Tables:
    """The tables that a step finds, for batch mode, which reads them: made in memory of what was printed so far. SQLite's
    alone, which is where batch mode copies tables."""

    def __init__(self):
        self.empty = self.memory = self.kept = None
        self.are_known = self.is_in_line = False
        self.done = 0  # characters that were printed of the revision and have run

    def lend(self, context):
        from alembic.operations.batch import BatchOperationsImpl
        from sqlalchemy import create_engine
        from sqlite3 import connect

        self.empty = lambda: connect(":memory:")
        self.memory = self.empty()
        self.are_known = True
        flush = BatchOperationsImpl.flush

        def reading(batch):
            self.run(context.impl.output_buffer.getvalue())
            if not self.are_known or not self.is_in_line or batch.copy_from is not None:
                return flush(batch)
            connection = create_engine("sqlite://", creator=lambda: self.memory).connect()
            # It prints as ever: what prints has its own word for that.
            context.as_sql, batch.operations.get_bind = False, lambda: connection
            try:
                return flush(batch)
            finally:
                context.as_sql = True
                del batch.operations.get_bind

        BatchOperationsImpl.flush = reading

    def run(self, printed):
        """Brings the tables to where the text has come."""
        try:
            if self.are_known:
                self.memory.executescript(printed[self.done :])
                self.done = len(printed)
        except Exception:
            self.are_known = False

    def begin(self, direction):
        self.done = 0
        if self.are_known and direction == "downgrade":
            # The way back is only tried.
            self.kept, self.memory = self.memory, self.empty()
            self.kept.backup(self.memory)

    def end(self, direction, printed):
        """Where a way up is not printed whole, nothing is known of the tables ever after."""
        if direction == "upgrade":
            self.are_known = self.are_known and not printed["error"] and not printed["asked"]
            self.run(printed["sql"])
        elif self.kept:
            self.memory, self.kept, self.are_known = self.kept, None, True


class Run:
    def __init__(self, request):
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        self.revisions = request["revisions"]
        self.in_line = set(request["in_line"])
        self.is_whole = request["is_whole"]
        self.tables = Tables()
        toml = {"toml_file": request["toml"]} if request["toml"] else {}
        self.config = Config(request["config"], output_buffer=io.StringIO(), **toml)
        if not request["config"] and not toml:
            self.config.set_main_option("script_location", request["scripts"].replace("%", "%%"))
        values = request["values"] or None
        self.config.cmd_opts = argparse.Namespace(x=values, name="alembic", tag=None, sql=True, raiseerr=False)
        self.script = ScriptDirectory.from_config(self.config)
        self.rounds = 0
        self.url = None
        self.outside = self.asked = self.read = False

    def all(self):
        from alembic.runtime.environment import EnvironmentContext

        def print_all(_, context):
            self.rounds += 1
            if self.rounds == 1:
                self.print_all(context)
            return []

        with EnvironmentContext(
            self.config, self.script, fn=print_all, as_sql=True, starting_rev=None, destination_rev="heads"
        ) as environment:
            is_offline_mode = environment.is_offline_mode
            environment.is_offline_mode = lambda: self.note(asked=True) or is_offline_mode()
            configure = environment.configure

            def noted(connection=None, url=None, *arguments, **options):
                self.note(url=url)
                return configure(connection, url, *arguments, **options)

            environment.configure = noted
            self.script.run_env()

    def note(self, **facts):
        self.__dict__.update(facts)

    def print_all(self, context):
        # Outside of a driver nobody takes a doubled percent sign back.
        if hasattr(context.dialect.identifier_preparer, "_double_percents"):
            context.dialect.identifier_preparer._double_percents = False
        self.watch(context.impl.connection)
        context.impl.emit_begin = lambda: None
        context.impl.emit_commit = lambda: self.note(outside=True)
        tell(dialect=context.dialect.name, table=context.version_table, schema=context.version_table_schema)
        if context.dialect.name == "sqlite" and self.is_whole:
            self.tables.lend(context)
        for revision in self.revisions:
            self.tables.is_in_line = revision in self.in_line
            for direction in ("upgrade", "downgrade"):
                self.tables.begin(direction)
                printed = self.printed(context, revision, direction)
                self.tables.end(direction, printed)
                tell(revision=revision, direction=direction, **printed)

    def watch(self, connection):
        """While a script is printed, rows that are asked for do not come, and whoever asks may not notice. Which product the
        database is can be said."""
        execute = getattr(connection, "execute", None)
        if execute is None:
            return

        def watched(statement, *arguments, **options):
            if reads(statement):
                self.note(read=True)
            return execute(statement, *arguments, **options)

        connection.execute = watched
        if self.url:
            connection.url = Kind(self.url)

    def printed(self, context, revision, direction):
        self.outside = self.asked = self.read = False
        buffer = context.impl.output_buffer = io.StringIO()
        error = None
        try:
            getattr(self.script.get_revision(revision).module, direction)()
        except (Exception, SystemExit) as failure:
            error = short(failure)
        if self.read:
            error = "it reads rows" + (f" ({error})" if error else "")
        sql = buffer.getvalue()
        if context.dialect.name in ("mysql", "mariadb"):  # defaults of binary columns are printed as they are, in quotes
            sql = sql.replace("\0", "\\0")
        return {"sql": sql, "outside": self.outside, "asked": self.asked, "error": error}


def main():
    run = None
    try:
        run = Run(json.loads(sys.stdin.readline()))
        run.all()
    except (Exception, SystemExit) as error:
        if run is None or run.rounds == 0:
            tell(failed=short(error))
            return
    if run.rounds != 1:
        tell(failed=f"env.py ran its migrations {run.rounds} times, for several databases")


main()
