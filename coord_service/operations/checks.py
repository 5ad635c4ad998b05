"""Whether an installation can work."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from coord_service.domain.connections import cure_of
from coord_service.errors import CalendarTrouble, SecretsUnreadable
from coord_service.operations.reaching import reached, record_name, way_of
from coord_service.operations.tools import Tools
from coord_service.storage import calendars
from coord_service.storage.leasing import count_due_letters, load_mail_out
from coord_service.storage.schema import current_revision, newest_revision
from coord_service.storage.tables import CalendarConnection


@dataclass(frozen=True, slots=True)
class CalendarsFound:
    """How many calendars the council and its people have connected; ``troubles``: a sentence each, with its cure."""

    councils: int
    own: int
    troubles: tuple[str, ...]


async def check_schema(tools: Tools) -> bool:
    """Whether the database has the tables of this version. Raises the driver's errors when it can't be reached."""
    return await current_revision(tools.database) == newest_revision()


async def describe_waiting_letters(tools: Tools) -> str:
    """Since when our mail server takes nothing, why, and how many letters wait for it; "" when it takes mail."""
    async with tools.database.read() as db:
        server = await load_mail_out(db)
        waiting = await count_due_letters(db, tools.clock.now())
    if server is None or server.away_since is None:
        return ""
    return f"{waiting} letters have waited since {server.away_since:%d %B %Y %H:%M} UTC: {server.error}"


async def look_at_calendars(tools: Tools) -> CalendarsFound:
    """Sign in to the council's connected calendars, all at once; people's own count as they were when last asked."""
    async with tools.database.read() as db:
        connected = await calendars.list_connected(db)
    councils = [each for each in connected if each.person_id is None]
    own = [each for each in connected if each.person_id is not None]
    troubles = await asyncio.gather(*(_trouble_with(tools, each) for each in councils))
    return CalendarsFound(len(councils), len(own), (*filter(None, troubles), *_say_lost(own)))


async def _trouble_with(tools: Tools, connection: CalendarConnection) -> str:
    try:
        async with reached(tools, way_of(tools, connection, "")) as calendar:
            await calendar.check()
    except CalendarTrouble as trouble:
        kinds = {each.kind: each.name for each in tools.calendars.all()}
        whose = f"{kinds.get(connection.kind, connection.kind)} for {', '.join(connection.domains)}"
        return f"{whose}: {trouble} {cure_of(type(trouble).__name__)}".strip()
    return ""


def _say_lost(own: list[CalendarConnection]) -> Iterable[str]:
    lost = [each.trouble_at for each in own if each.trouble_at]
    if lost:
        yield (
            f"{len(lost)} of {len(own)} people’s own calendars can’t be read, the longest since "
            f"{min(lost):%d %B %Y %H:%M} UTC: each owner’s page says why and what to do."
        )


async def count_unreadable(tools: Tools) -> int:
    """How many passwords of calendars no key that is set here opens."""
    async with tools.database.read() as db:
        kept = await calendars.list_secrets(db)
    return sum(not _can_open(tools, *each) for each in kept)


def _can_open(tools: Tools, connection_id: int, secrets: bytes) -> bool:
    try:
        tools.vault.open(secrets, record_name(connection_id))
    except SecretsUnreadable:
        return False
    return True
