"""The database: one engine, short transactions, the same rules on SQLite and PostgreSQL."""

import enum
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.exc import StaleDataError

from coord_service.errors import ChangedMeanwhile

Session = AsyncSession  # what operations hold in their hands; they never build a statement themselves


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware instant, kept in UTC on both databases; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: in UTC, without its zone where the database keeps none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone never reaches the database")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: always aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def _values(choices: type[enum.Enum]) -> list[str]:
    return [member.value for member in choices]


class Row(DeclarativeBase):
    """A row of ours. Enums are kept by value as text, instants as UTC."""

    type_annotation_map = {
        enum.Enum: sa.Enum(enum.Enum, native_enum=False, length=30, values_callable=_values),
        datetime: UtcDateTime(),
        dict[str, Any]: sa.JSON(),
        list[str]: sa.JSON(),
    }
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """Opens transactions. ``begin`` to change (committed at the end), ``read`` to look (never writes)."""

    def __init__(self, url: str) -> None:
        is_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = {} if is_sqlite else {"pool_pre_ping": True, "pool_size": 10}
        # An error's text goes into the log: the values of its statement, names among them, do not.
        self.engine = create_async_engine(url, hide_parameters=True, **options)
        if is_sqlite:
            _prepare_sqlite(self.engine.sync_engine)
        writing = self.engine.execution_options(begin="BEGIN IMMEDIATE")
        self._writing = async_sessionmaker(writing, expire_on_commit=False)
        self._reading = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """A transaction, committed when the block ends well. Raises ChangedMeanwhile when a row's version moved on."""
        try:
            async with self._writing.begin() as session:
                yield session
        except StaleDataError as error:
            raise ChangedMeanwhile("Somebody else changed this a moment ago. Look again before you save.") from error

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """A transaction that only looks."""
        async with self._reading() as session:
            yield session

    @asynccontextmanager
    async def rehearse(self) -> AsyncIterator[Session]:
        """A transaction that does everything and keeps nothing."""
        async with self._writing() as session:
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


# SQLSTATE classes of what passes: connection lost, transaction rolled back (deadlock, serialization), out of resources,
# object in use (lock timeout), shut down by somebody.
PASSING_STATES = ("08", "40", "53", "55", "57")


def passes_by_itself(error: BaseException) -> bool:
    """Whether an error is of the database's moment (away, locked, shut down) and not of what was asked of it."""
    if isinstance(error, ChangedMeanwhile | sa.exc.TimeoutError | ConnectionError):
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", None) or "")
    is_of_connection = isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
    return error.connection_invalidated or is_of_connection or state.startswith(PASSING_STATES)


def _prepare_sqlite(engine: sa.Engine) -> None:
    """WAL so that readers never wait, real foreign keys, and transactions that begin when we say so."""

    @sa.event.listens_for(engine, "do_connect")
    def on_do_connect(_dialect: Any, _record: Any, arguments: list[str], _options: Any) -> None:
        # aiosqlite's thread outlives a connection that fails, and complains to a loop that may be closed by then: a
        # file that can't be opened is found out before a thread is begun.
        sqlite3.connect(arguments[0]).close()

    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        # A change takes the write lock at once: two lead workers booking the same person wait for one another.
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
