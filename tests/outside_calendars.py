"""A calendar system outside for tests of ours: the memory kind, which the contract holds to what real ones do."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from coord_service.domain import itip
from coord_service.domain.people import Actor
from coord_service.operations import connections
from coord_service.operations.connections import TryCalendar
from coord_service.operations.tools import Tools
from integrations.calendars.memory import SERVERS, MemoryServer

PASSWORD = "open sesame in march"


@pytest.fixture
async def server() -> AsyncIterator[MemoryServer]:
    """An invented calendar system named "outside", which wants PASSWORD."""
    SERVERS["outside"] = MemoryServer(password=PASSWORD)
    yield SERVERS["outside"]
    del SERVERS["outside"]


def values(password: str = PASSWORD) -> dict[str, str]:
    """What is typed into its form."""
    return {"server": "outside", "password": password}


async def connect(tools: Tools, actor: Actor, *domains: str) -> int:
    """The actor's own calendar, tested and connected; with domains, the whole council's."""
    asked = TryCalendar(None if domains else actor.person_id, "memory", values(), domains)
    connection_id = await connections.test_calendar(tools, actor, asked)
    await connections.connect_calendar(tools, actor, connection_id)
    return connection_id


def appointment(start: datetime, end: datetime, **changes: object) -> itip.Event:
    """Something in somebody's own calendar."""
    uid = f"{start:%Y%m%dT%H%M}@outside.example"
    return itip.Event(uid, start, end, itip.Organizer("somebody@outside.example"), "Private", **changes)  # type: ignore[arg-type]
