"""Real Alembic in one process: a request per line of JSON on standard input, an answer per line on standard output.

    {"do": "project", "folder": F, "revisions": [{"id", "down": [], "labels": [], "depends": []}]}   writes a project
    {"do": "run", "folder": F, "database": FILE, "command": [WORD, ARGUMENT...]}                     runs one command
    {"do": "look", "database": FILE}                                                                 reads a database

An answer: {"error", "steps": [[direction, id]], "rows": [], "tables": [], "listed": []}. A revision `x` makes the table
`t_x` and drops it, so that the tables tell what is applied, whatever the version table says.
"""
import io
import json
import os
import sqlite3
import sys
import warnings

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

REVISION = '''"""{id}"""
from alembic import op

revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}


def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS t_{id} (id INTEGER)")


def downgrade():
    op.execute("DROP TABLE IF EXISTS t_{id}")
'''

ENVIRONMENT = '''from alembic import context

attributes = context.config.attributes
if context.is_offline_mode():
    context.configure(dialect_name="sqlite", on_version_apply=attributes["tell"])
else:
    context.configure(connection=attributes["connection"], on_version_apply=attributes["tell"])
with context.begin_transaction():
    context.run_migrations()
'''

projects = {}


def several(names):
    """A down revision as people write it: None, a text, a tuple."""
    return None if not names else names[0] if len(names) == 1 else tuple(names)


def make_project(folder, revisions):
    os.makedirs(f"{folder}/versions")
    with open(f"{folder}/env.py", "w") as file:
        file.write(ENVIRONMENT)
    for revision in revisions:
        values = {key: several(revision[key]) for key in ("down", "labels", "depends")}
        with open(f"{folder}/versions/{revision['id']}.py", "w") as file:
            file.write(REVISION.format(id=revision["id"], **values))
    return {}


def look(database):
    with sqlite3.connect(database) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = []
        if "alembic_version" in tables:
            rows = [row for (row,) in connection.execute("SELECT version_num FROM alembic_version")]
    connection.close()
    return {"rows": sorted(rows), "tables": sorted(name[2:] for name in tables if name.startswith("t_"))}


def do(config, script, word, arguments):
    """Runs a command; the revisions that it lists, where it lists some."""
    if word == "upgrade" or word == "downgrade":
        getattr(command, word)(config, arguments[0], sql=":" in arguments[0])
    elif word == "stamp":
        command.stamp(config, [word for word in arguments if word != "--purge"], purge="--purge" in arguments)
    elif word == "history":
        base, head = arguments[0].split(":")
        return sorted({one.revision for one in script.walk_revisions(base=base or "base", head=head or "heads")})
    elif word == "heads":
        return sorted(script.get_heads())
    elif word == "show":
        return sorted(one.revision for one in script.get_revisions(arguments[0]) if one)
    else:
        raise ValueError(word)
    return []


def run(folder, database, words):
    if folder not in projects:
        config = Config(output_buffer=io.StringIO())
        config.set_main_option("script_location", folder)
        projects[folder] = (config, ScriptDirectory(folder, [f"{folder}/versions"]))
    config, script = projects[folder]
    steps, answer = [], {"error": None, "listed": []}

    def tell(step, **_):
        steps.append(["upgrade" if step.is_upgrade else "downgrade", step.up_revision_id] if not step.is_stamp else None)

    engine = sqlalchemy.create_engine(f"sqlite:///{database}", poolclass=sqlalchemy.pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
        config.attributes.update(connection=connection, tell=tell)
        try:
            answer["listed"] = do(config, script, words[0], words[1:])
            connection.commit()
        except Exception as error:  # what Alembic does not catch itself is a traceback to a person
            answer["error"] = f"{type(error).__name__}: {error}"
    answer["steps"] = [step for step in steps if step]
    return {**answer, **look(database)}


def answer(request):
    what = request["do"]
    if what == "project":
        return make_project(request["folder"], request["revisions"])
    if what == "run":
        return run(request["folder"], request["database"], request["command"])
    return look(request["database"])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    ScriptDirectory.from_config = classmethod(lambda _, config: projects[config.get_main_option("script_location")][1])
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
