"""Brings a database's schema to the one of this code, by alembic's steps in versions/."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from platematch.errors import StartError
from platematch.store.schema import metadata

FOLDER = Path(__file__).parent


def upgrade(connection: Connection) -> None:
    """Take the steps that the database lacks, inside the caller's transaction.

    Raises StartError where the database was written by a newer version, whose schema this code does not know, or by
    another program.
    """
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    known = {step.revision for step in script.walk_revisions()}
    present = set(MigrationContext.configure(connection).get_current_heads())
    _check_whose(connection, bool(present))
    if present - known:
        raise StartError(
            f"the store was written by a newer platematch (its schema is {', '.join(sorted(present - known))}, "
            f"this version knows up to {script.get_current_head()}); install that version again",
            field="store",
        )
    if present != set(script.get_heads()):
        command.upgrade(config, "head")


def _check_whose(connection: Connection, stepped: bool) -> None:
    """stepped: whether any steps were taken. alembic's own table, too, is in many a program's database."""
    tables = set(inspect(connection).get_table_names())
    if not stepped and (theirs := tables & metadata.tables.keys()):
        foreign = f"it has a table {min(theirs)}, but not our schema"
    elif stepped and not tables >= {"log", "watchlists", "entries", "hits"}:
        foreign = "its schema is not ours"
    else:
        return
    raise StartError(
        f"the store {connection.engine.url.database} holds another program's tables ({foreign}); "
        "give the service a database of its own",
        field="store",
    )
