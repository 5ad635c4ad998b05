"""Look at settings, database, Redis, mail out and in, listener, key and calendars: a line each, with the cure."""

import argparse
import asyncio
from dataclasses import dataclass
from importlib import import_module

from sqlalchemy.exc import DBAPIError

from coord_service.bootstrap import build
from coord_service.commands.installation import load_settings
from coord_service.errors import CoordError
from coord_service.operations.checks import count_unreadable, describe_waiting_letters, look_at_calendars
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage import schema
from integrations.mail.listener import GREETING


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found; ``cure`` is empty when all is well, and may have several lines."""

    what: str
    cure: str = ""


def register(parser: argparse.ArgumentParser) -> None:
    """No arguments: what is looked at is the installation of the environment."""


def run(_arguments: argparse.Namespace) -> int:
    """Look at everything, and say what was found; 1 when anything is wrong."""
    tools = build(load_settings())
    return asyncio.run(_check_all(tools))


async def _check_all(tools: Tools) -> int:
    wrong = 0
    try:
        for name, check in CHECKS:
            found = await check(tools)
            wrong += bool(found.cure)
            print(f"{'wrong' if found.cure else 'ok':<6}{name:<10}{found.what}", flush=True)
            for line in found.cure.splitlines():
                print(f"{'':<16}{line}", flush=True)
    finally:
        await tools.close()
    return 1 if wrong else 0


async def _settings(tools: Tools) -> Found:
    """They were read before anything else was looked at: here they are sound."""
    settings = tools.settings
    return Found(f"{settings.council}, at {settings.public_url}, letters from {settings.mail_from}")


async def _database(tools: Tools) -> Found:
    kind = tools.database.engine.dialect.name
    try:
        revision = await schema.current_revision(tools.database)
    except (DBAPIError, OSError) as error:
        return Found(f"{kind} does not answer: {_cause(error)}", "Start it, or correct COORD_DATABASE_URL.")
    newest = schema.newest_revision()
    if revision != newest:
        return Found(f"{kind} is at revision {revision or 'none'}, not {newest}", "Run `coord migrate`.")
    return Found(f"{kind}, at revision {revision}")


async def _redis(tools: Tools) -> Found:
    if not tools.settings.redis_url:
        return Found("not set: the jobs run inside `coord serve`")
    worker = import_module("workers.arq_worker")
    try:
        is_served = await worker.check_redis(tools.settings.redis_url)
    except (*worker.UNREACHABLE, RuntimeError, ValueError) as error:
        return Found(f"does not answer: {_cause(error)}", "Start it, or correct COORD_REDIS_URL.")
    if not is_served:
        return Found("answers, but no worker runs the jobs", "Run `coord work` beside `coord serve`.")
    return Found("answers, and a worker runs the jobs")


async def _mail_out(tools: Tools) -> Found:
    settings = tools.settings
    where = f"{settings.smtp_host} port {settings.smtp_port} (TLS: {settings.smtp_tls})"
    try:
        await tools.mailer.check()
    except CoordError as error:
        return Found(f"{where}: {error}", "Correct COORD_SMTP_HOST, _PORT, _TLS, _USER or _PASSWORD.")
    if trouble := await _waiting_letters(tools):
        return Found(f"{where} answers, but {trouble}", "They go by themselves when it takes mail from us again.")
    return Found(f"{where} takes mail")


async def _waiting_letters(tools: Tools) -> str:
    try:
        return await describe_waiting_letters(tools)
    except (DBAPIError, OSError):
        return ""  # the line about the database says it


async def _mail_in(tools: Tools) -> Found:
    settings = tools.settings
    if tools.mailbox is None and settings.mail_listen_port:
        return Found("no mailbox is read: mail is handed over")
    if tools.mailbox is None:
        cure = "Set COORD_IMAP_HOST or COORD_MAIL_LISTEN_PORT: without it nobody's answer by mail is seen."
        return Found("no mailbox is read", cure)
    where = f"{settings.imap_user} at {settings.imap_host} port {settings.imap_port}"
    try:
        await tools.mailbox.check()
    except CoordError as error:
        return Found(f"{where}: {error}", "Correct COORD_IMAP_HOST, _PORT, _TLS, _USER, _PASSWORD or _FOLDER.")
    return _believing(settings, f"{where} can be read")


def _believing(settings: Settings, works: str) -> Found:
    """Mail comes in; whether anybody is asked who it is from."""
    if settings.mail_authserv_id:
        return Found(works)
    cure = "Set COORD_MAIL_AUTHSERV_ID to the name your mail server writes there."
    return Found(f"{works}, but no Authentication-Results are believed", cure)


async def _listener(tools: Tools) -> Found:
    """Whether our own listener answers; where it doesn't, whether it could have the port."""
    settings = tools.settings
    if not settings.mail_listen_port:
        return Found("not set: nobody hands mail over")
    host, port = settings.mail_listen_host, settings.mail_listen_port
    greeting = await _greeting(host, port)
    if greeting == GREETING:
        return _believing(settings, f"takes mail on {host} port {port} ({settings.mail_listen_protocol})")
    if greeting is not None:
        return Found(f"another program listens on {host} port {port}", "Set COORD_MAIL_LISTEN_PORT to a free port.")
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as error:
        what = f"{host} port {port} can't be had: {error.strerror}"
        return Found(what, "Correct COORD_MAIL_LISTEN_HOST, or set COORD_MAIL_LISTEN_PORT to a port above 1023.")
    server.close()
    runner = "`coord work`" if settings.redis_url else "`coord serve`"
    return Found(f"nobody takes mail on {host} port {port}", f"The port is free: run {runner}, which listens there.")


async def _greeting(host: str, port: int) -> bytes | None:
    """What a server says first, nothing where it says nothing within 5 seconds; None where there is none."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return None
    try:
        async with asyncio.timeout(5):
            return (await reader.readline()).strip()
    except OSError:
        return b""
    finally:
        writer.close()


async def _key(tools: Tools) -> Found:
    try:
        unreadable = await count_unreadable(tools)
    except (DBAPIError, OSError):
        unreadable = 0  # the line about the database says it
    if unreadable:
        cure = "Set COORD_SECRETS_KEY to the key that was used, or have these calendars connected again."
        return Found(f"passwords of calendars that can’t be decrypted with what is set: {unreadable}", cure)
    if not tools.vault.has_key:
        cure = "Set COORD_SECRETS_KEY (`openssl rand -base64 32`): without it no calendar with a password is connected."
        return Found("no key is set", cure)
    return Found("set; it opens every password of a calendar that is kept")


async def _calendars(tools: Tools) -> Found:
    """What may be reached is said even where nothing is connected: it is the usual cause of “that isn’t public”."""
    networks = tools.settings.calendar_networks
    reach = f"reached are public addresses{f' and {networks}' if networks else ''}"
    try:
        found = await look_at_calendars(tools)
    except (DBAPIError, OSError):
        return Found(f"not looked at without the database; {reach}")
    connected = f"connected are {found.councils} of the council’s and {found.own} of people’s own; {reach}"
    return Found(connected, "\n".join(found.troubles))


def _cause(error: Exception) -> str:
    """The first line of what a library says."""
    return (str(error).splitlines() or [type(error).__name__])[0]


CHECKS = (
    ("settings", _settings),
    ("database", _database),
    ("redis", _redis),
    ("mail out", _mail_out),
    ("mail in", _mail_in),
    ("listener", _listener),
    ("key", _key),
    ("calendars", _calendars),
)
