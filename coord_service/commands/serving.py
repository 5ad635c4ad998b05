"""Serving pages until asked to stop, with the jobs inside this process where there is no Redis."""

import asyncio
import errno
import signal
import socket
from collections.abc import AsyncIterator, Callable
from importlib import import_module

from aiohttp import web
from sqlalchemy.exc import DBAPIError

from coord_service.bootstrap import build
from coord_service.commands.terminal import BadInput
from coord_service.errors import Refused, SecretsUnreadable
from coord_service.operations.connections import count_sealed, reseal_secrets
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage import schema
from coord_service.storage.database import Database
from coord_service.web.app import create_app
from workers.embedded import EmbeddedJobs
from workers.mail_door import mail_door

GRACE = 10  # seconds that requests in progress have when we stop


def listen(settings: Settings) -> socket.socket:
    """The socket that pages are served on, taken before anything else happens. Raises BadInput when it can't be had."""
    found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(address)
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            raise BadInput(
                f"port {settings.port} is in use by another program: stop that one, or set COORD_PORT to a free port"
            ) from error
        raise BadInput(f"can't listen on {settings.host} port {settings.port}: {error.strerror}") from error
    return taken


async def require_newest_schema(database: Database) -> None:
    """Raises BadInput when the database can't be reached or is at another revision than this version works with."""
    try:
        revision = await schema.current_revision(database)
    except (DBAPIError, OSError) as error:
        raise BadInput(f"the database does not answer, check COORD_DATABASE_URL: {error.args[0]}") from error
    if revision != schema.newest_revision():
        raise BadInput(f"the database is at revision {revision or 'none'}: run `coord migrate` first")


async def require_secrets(tools: Tools) -> None:
    """Seal every secret with the newest key. Raises BadInput where one is kept that no key set here opens."""
    if not tools.vault.has_key and await count_sealed(tools) == 0:
        return
    try:
        await reseal_secrets(tools)
    except (Refused, SecretsUnreadable) as error:
        raise BadInput(
            "calendars are connected whose passwords can't be decrypted: set COORD_SECRETS_KEY to the key that they "
            "were encrypted with (behind the new one, with a comma between), or restore it from your safe"
        ) from error


async def serve(settings: Settings, taken: socket.socket, announce: Callable[[], None]) -> None:
    """Serve on the taken socket until SIGINT or SIGTERM; ``announce`` is called when the first request can come."""
    stop = stop_signal()
    application = _with_redis(settings) if settings.redis_url else _with_embedded_jobs(settings)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=GRACE)
    try:
        await runner.setup()
    except Refused as error:
        await runner.cleanup()
        raise BadInput(str(error)) from error
    try:
        await web.SockSite(runner, taken).start()
        announce()
        await stop.wait()
    finally:
        await runner.cleanup()


def stop_signal() -> asyncio.Event:
    """Set when the process is asked to stop: Ctrl-C, or the service manager's SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _with_embedded_jobs(settings: Settings) -> web.Application:
    jobs = EmbeddedJobs()
    tools = build(settings, wake=jobs.wake)

    async def run_jobs(_application: web.Application) -> AsyncIterator[None]:
        try:
            async with mail_door(tools), jobs.running(tools):
                yield
        finally:
            await tools.close()

    return _application(tools, run_jobs)


def _with_redis(settings: Settings) -> web.Application:
    # Imported here: a council without Redis never loads arq.
    wake = import_module("workers.arq_worker").ArqWake(settings.redis_url)
    tools = build(settings, wake=wake)

    async def close_wake(_application: web.Application) -> AsyncIterator[None]:
        yield
        await wake.close()
        await tools.close()

    return _application(tools, close_wake)


def _application(tools: Tools, context: Callable[[web.Application], AsyncIterator[None]]) -> web.Application:
    application = create_app(tools)
    application.cleanup_ctx.append(context)  # ends before what create_app opened: the database closes last
    return application
