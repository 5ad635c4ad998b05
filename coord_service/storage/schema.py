"""Bringing a database to a revision of the schema, and saying which one it is at."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from coord_service.errors import Refused
from coord_service.storage.database import Database

FOLDER = Path(__file__).parent / "migrations"
HEAD = "head"
BASE = "base"


def newest_revision() -> str:
    """The revision that this version of the service works with."""
    head = _scripts().get_current_head()
    assert head is not None
    return head


async def current_revision(database: Database) -> str | None:
    """The revision the database is at; None for an empty one. Raises SQLAlchemy's errors when it can't be reached."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_revision_of)


async def migrate(database: Database, to: str = HEAD) -> str | None:
    """Bring the database up, or down, to a revision, all of the way or not at all; the revision it is at then.

    ``to`` is a revision, ``head`` (the newest) or ``base`` (no tables). Raises Refused for one that doesn't exist.
    """
    async with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":  # two processes that start at once migrate one after the other
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('coord-service schema'))"))
        await connection.run_sync(_run, to)
        await connection.commit()
        return await connection.run_sync(_revision_of)


def _run(connection: sa.Connection, to: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    go = command.downgrade if _is_behind(_revision_of(connection), to) else command.upgrade
    try:
        go(config, to)
    except CommandError as error:
        raise Refused(f"The database can't be brought to {to}: {error}") from error


def _is_behind(current: str | None, to: str) -> bool:
    """Whether ``to`` is older than where the database is."""
    if to == BASE:
        return True
    behind = _scripts().iterate_revisions(current or BASE, BASE)
    return to != current and to in {script.revision for script in behind}


def _revision_of(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
