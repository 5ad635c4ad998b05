"""A published calendar under test: an address on this machine that gives what its owner has in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from coord_service.domain import itip
from coord_service.ports import CalendarAccount
from integrations.guard import HERE
from integrations.itip.writer import write_copy
from integrations.registry import Registry
from tests.contracts.calendars.hand import OWNER, Case, Fault, KeptThere
from tests.servers.faulty import FaultyServer, serve_faulty

SECRET = "private-2f9c1d7e"  # whoever has the address can read the calendar


@dataclass(slots=True)
class FeedHand:
    """The owner's side, whose programme publishes the calendar. A feed is never written: the rest can't happen."""

    events: list[itip.Event] = field(default_factory=list)
    server: FaultyServer | None = None

    async def publish(self, request: web.BaseRequest) -> web.StreamResponse:
        """The calendar as one file."""
        if request.path != f"/{SECRET}/basic.ics":
            return web.Response(status=404)
        parts = b"".join(write_copy(event).replace(b"END:VCALENDAR\r\n", b"").partition(b"CALSCALE:GREGORIAN\r\n")[2]
                         for event in self.events)  # fmt: skip
        body = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//publisher//EN\r\n" + parts + b"END:VCALENDAR\r\n"
        return web.Response(body=body, content_type="text/calendar", headers={"ETag": f'"{hash(body)}"'})

    async def add(self, event: itip.Event, _address: str = OWNER) -> None:
        self.events.append(event)

    async def break_with(self, fault: Fault) -> None:
        assert self.server
        await self.server.break_with(fault)

    async def mend(self) -> None:
        assert self.server
        await self.server.break_with(None)

    async def kept(self, _uid: str) -> list[KeptThere]:
        return []

    async def never(self, *_: Any, **__: Any) -> None:
        """What can't happen to a calendar that nobody but its owner writes."""
        raise AssertionError("nothing of ours is there")

    answer = move = delete = cut_after_next_change = forget_tokens = never


@asynccontextmanager
async def ics_feed_case(_folder: Path) -> AsyncIterator[Case]:
    """A publisher on this machine, which the registry is allowed to reach."""
    hand = FeedHand()
    async with serve_faulty(hand.publish) as server:
        hand.server = server
        registry, values = Registry(networks=HERE), {"address": f"{server.url}/{SECRET}/basic.ics"}
        yield Case(
            calendar=registry.open("ics_feed", CalendarAccount(OWNER, values, seconds=30)),
            impatient=registry.open("ics_feed", CalendarAccount(OWNER, values, seconds=0.05)),
            hand=hand,
            secrets=(SECRET,),
        )
