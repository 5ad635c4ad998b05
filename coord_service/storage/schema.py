"""Bringing a database to a revision of the schema, and saying which one it is at.

Alembic is loaded only to migrate: every start asks which revision the database is at, and a quarter of a second counts.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coord_service.errors import Refused
from coord_service.storage.database import Database

FOLDER = Path(__file__).parent / "migrations"
HEAD = "head"
BASE = "base"


def newest_revision() -> str:
    """The revision that this version of the service works with: revisions are numbered, one following the other."""
    return max(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


async def current_revision(database: Database) -> str | None:
    """The revision the database is at; None for an empty one. Raises SQLAlchemy's errors when it can't be reached."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_revision_of)


async def migrate(database: Database, to: str = HEAD) -> str | None:
    """Bring the database up, or down, to a revision, all of the way or not at all; the revision it is at then.

    ``to`` is a revision, ``head`` (the newest) or ``base`` (no tables). Raises Refused for one that doesn't exist.
    """
    wanted = newest_revision() if to == HEAD else to
    async with database.engine.connect() as connection, _references_aside(connection):
        if connection.dialect.name == "postgresql":  # two processes that start at once migrate one after the other
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('coord-service schema'))"))
        if await connection.run_sync(_revision_of) != wanted:
            await connection.run_sync(_run, wanted)
            await connection.run_sync(_check_references)
            await connection.commit()
        return await connection.run_sync(_revision_of)


@asynccontextmanager
async def _references_aside(connection: AsyncConnection) -> AsyncIterator[None]:
    """SQLite changes a table by dropping it, and refuses while rows refer to it: they are looked through afterwards."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute("PRAGMA foreign_keys=OFF")  # which SQLite hears only outside a transaction
    try:
        yield
    finally:
        await connection.rollback()
        await driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: sa.Connection) -> None:
    """Raises Refused where a change of the tables left rows that refer to none; nothing is kept then."""
    if connection.dialect.name == "sqlite" and (lost := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise Refused(
            f"The database can't be changed so: rows of {lost[0]} would refer to rows of {lost[2]} that are gone."
        )


def _run(connection: sa.Connection, to: str) -> None:
    command, util = import_module("alembic.command"), import_module("alembic.util")
    config = _config()
    config.attributes["connection"] = connection
    go = command.downgrade if _is_behind(config, _revision_of(connection), to) else command.upgrade
    try:
        go(config, to)
    except util.CommandError as error:
        raise Refused(f"The database can't be brought to {to}: {error}") from error


def _is_behind(config: Any, current: str | None, to: str) -> bool:
    """Whether ``to`` is older than where the database is."""
    if to == BASE:
        return True
    scripts = import_module("alembic.script").ScriptDirectory.from_config(config)
    behind = scripts.iterate_revisions(current or BASE, BASE)
    return to in {script.revision for script in behind}


def _revision_of(connection: sa.Connection) -> str | None:
    """What Alembic noted in its own table."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def _config() -> Any:
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
