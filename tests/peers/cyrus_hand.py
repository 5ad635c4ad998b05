"""What Cyrus's own users do there, each with a programme of theirs that speaks to it directly."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
from yarl import URL

from coord_service.domain import itip
from coord_service.domain.itip import PartStat
from integrations.calendars.caldav.xml import C, D, propfind, query_by_uid, read_multistatus
from integrations.itip.reader import read_copy
from integrations.itip.writer import write_copy
from tests.contracts.calendars.hand import OWNER, Fault, KeptThere
from tests.peers.cyrus import Cyrus
from tests.servers.faulty import FaultyServer


@dataclass(slots=True)
class CyrusHand:
    """The hand of the calendar contract. ``passwords`` by user; misfortunes happen on the way to our own client."""

    session: aiohttp.ClientSession
    cyrus: Cyrus
    passwords: dict[str, str]
    server: FaultyServer
    added: int = 0

    async def add(self, event: itip.Event, address: str = OWNER) -> None:
        self.added += 1
        uid = f"{self.added}-{event.uid}"
        event = replace(event, uid=uid, overrides=tuple(replace(each, uid=uid) for each in event.overrides))
        await self.ask("PUT", address, f"own-{self.added}.ics", write_copy(event))

    async def events(self, uid: str, address: str = OWNER) -> list[tuple[str, itip.Event]]:
        """Somebody's copies of an event, and where they are kept."""
        body = await self.ask("REPORT", address, "", query_by_uid(uid))
        found = read_multistatus(body, URL(self.cyrus.url)).found
        events = ((each.href.name, read_copy(each.text(f"{C}calendar-data").encode())) for each in found)
        return [(name, event) for name, event in events if event.uid == uid]

    async def kept(self, uid: str) -> list[KeptThere]:
        return [
            KeptThere(_utc(event.start), _utc(event.end), frozenset(each.address for each in event.attendees))
            for _, event in await self.events(uid)
        ]

    async def answer(self, uid: str, address: str, partstat: PartStat, comment: str = "", owner: str = OWNER) -> None:
        [(name, event)] = await self.events(uid, owner)
        attendees = (
            replace(each, partstat=partstat, comment=comment) if each.address == address else each
            for each in event.attendees
        )
        await self.ask("PUT", owner, name, write_copy(replace(event, attendees=tuple(attendees))))

    async def move(self, uid: str, start_at: datetime, end_at: datetime) -> None:
        [(name, event)] = await self.events(uid)
        await self.ask("PUT", OWNER, name, write_copy(replace(event, start=start_at, end=end_at)))

    async def delete(self, uid: str) -> None:
        [(name, _)] = await self.events(uid)
        await self.ask("DELETE", OWNER, name)

    async def break_with(self, fault: Fault) -> None:
        await self.server.break_with(fault)

    async def mend(self) -> None:
        await self.server.break_with(None)

    async def cut_after_next_change(self) -> None:
        self.server.cuts_next_change = True

    async def empty(self, user: str) -> None:
        """Take everything out of somebody's calendar, and tell nobody."""
        body = await self.ask("PROPFIND", user, "", propfind(f"{D}getetag"))
        for each in read_multistatus(body, URL(self.cyrus.url)).found:
            if each.href.name:
                await self.ask("DELETE", user, each.href.name)

    async def ask(self, method: str, address: str, name: str, body: Any = None) -> bytes:
        """A request of somebody's to their own calendar."""
        user = address.partition("@")[0]
        kind = "application/xml" if method in {"REPORT", "PROPFIND"} else "text/calendar"
        headers = {
            "Authorization": aiohttp.encode_basic_auth(user, self.passwords[user]),
            "Content-Type": kind,
            "Depth": "1",
        }
        url = f"{self.cyrus.calendar(user)}{name}"
        async with self.session.request(method, url, data=body, headers=headers) as answer:
            content = await answer.read()
            assert answer.status < 300, content
            return content


def _utc(when: datetime | Any) -> datetime:
    assert isinstance(when, datetime)
    return when.astimezone(UTC)
