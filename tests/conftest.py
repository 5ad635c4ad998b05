"""Fixtures for every room. All servers are real; each test starts on an empty one.

===================  ==================================================================================================
``sqlite_url``       a new, empty SQLite file: ``sqlite+aiosqlite:///…``
``postgres_url``     a new, empty PostgreSQL database (``postgresql+asyncpg://…``), dropped after the test
``postgres``         the server: ``async with postgres.database(template) as url``, and ``await postgres.template(name,
                     prepare)`` fills a database once per run that later ones are copied from (15 ms a copy)
``database_url``     the test runs twice, on ``sqlite_url`` and on ``postgres_url``
``migrated_url``     the same with our tables in it: copies of a database that was migrated once
``migrated_sqlite``  the SQLite one alone
``redis_url``        a real Redis (Valkey), flushed before the test
``smtp``             an ``SmtpSink`` on ``smtp.host``, ``smtp.port``: ``smtp.mails`` (what was taken, in order; each has
                     ``sender``, ``recipient``, ``content``, ``message``), ``await smtp.taken(3)``, ``smtp.counts``, and
                     ``smtp.behaviour = Behaviour.REFUSE`` (or DEFER, HANG, DROP_AFTER_DATA, ...); it refuses mail
                     that RFC 5321 forbids. ``start_smtp_sink(...)`` makes one with TLS or sign-in
``mail_servers``     SMTP and IMAP over the same maildirs, as in the demo: ``.smtp_port``, ``.imap_port``, ``.user``,
                     ``.password``; a mail sent to ``mail_servers.user`` can be read by IMAP, one to anybody else is in
                     ``mail_servers.letters_to(address)``
===================  ==================================================================================================

Where the machine has a server of its own, COORD_TEST_POSTGRES_URL and COORD_TEST_REDIS_URL point there.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from redis.asyncio import Redis

from coord_service.storage.database import Database
from coord_service.storage.schema import migrate
from integrations.mail.demo_servers import DemoMail, serve_demo_mail
from tests.servers.postgres import PostgresServer, start_postgres
from tests.servers.redis import start_redis
from tests.servers.smtp import SmtpSink, start_smtp_sink

# The machine may be busy: no test is timed. The house's examples are the same in every run, so that no change fails by
# the chance of another's seed; `make explore` looks for new ones on purpose.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile("house")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL a test process, started when the first test wants it (0.6 s)."""
    with start_postgres() as server:
        yield server


@pytest.fixture
async def postgres_url(postgres: PostgresServer) -> AsyncIterator[str]:
    """An empty database of its own."""
    async with postgres.database() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An SQLite file that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database, SQLite first and then PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


async def _migrate(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "test.sqlite"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def migrated_sqlite(migrated_file: Path, tmp_path: Path) -> str:
    """An SQLite file of its own with our tables."""
    path = tmp_path / "migrated.sqlite"
    shutil.copyfile(migrated_file, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def migrated_postgres(postgres: PostgresServer) -> AsyncIterator[str]:
    """A PostgreSQL database of its own with our tables."""
    template = await postgres.template("migrated", _migrate)
    async with postgres.database(template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """A database with our tables, SQLite first and then PostgreSQL."""
    url: str = request.getfixturevalue(f"migrated_{request.param}")
    return url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """One Redis a test process."""
    with start_redis() as url:
        yield url


@pytest.fixture
async def redis_url(redis_server: str) -> str:
    """The address of an empty Redis."""
    async with Redis.from_url(redis_server) as redis:
        await redis.flushdb()
    return redis_server


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpSink]:
    """A mail server that keeps what it is sent and fails when told to."""
    async with start_smtp_sink() as sink:
        yield sink


@pytest.fixture
async def mail_servers(tmp_path: Path) -> AsyncIterator[DemoMail]:
    """SMTP out and IMAP in over one folder of maildirs; the service's own mailbox is send.team@example.org."""
    async with serve_demo_mail(tmp_path / "mail", "send.team@example.org") as servers:
        yield servers
