"""CalDAV under test: a real Radicale, behind a server that goes wrong on demand.

Radicale has no scheduling: colleagues' times and invitations are tried on ``tests/servers/small_dav.py``, and with
all of this contract on Cyrus (``make peers PEER=cyrus``).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from coord_service.domain import itip
from coord_service.domain.itip import PartStat
from coord_service.ports import CalendarAccount
from integrations.guard import HERE
from integrations.itip.reader import read_copy
from integrations.itip.writer import write_copy
from integrations.registry import Registry
from tests.contracts.calendars.hand import OWNER, Case, Fault, KeptThere
from tests.servers.faulty import FaultyServer, forwarding, serve_faulty
from tests.servers.radicale import Radicale, start_radicale

USER, PASSWORD = "jo", "correct-horse-battery"
MKCALENDAR = """<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>
<D:displayname>{name}</D:displayname><C:supported-calendar-component-set><C:comp name="VEVENT"/>
</C:supported-calendar-component-set></D:prop></D:set></C:mkcalendar>"""


@dataclass(slots=True)
class CalDavHand:
    """The owner's own programme, which speaks to Radicale directly; its misfortunes happen on the way to ours."""

    session: aiohttp.ClientSession
    radicale: Radicale
    server: FaultyServer
    added: int = 0

    async def add(self, event: itip.Event, address: str = OWNER) -> None:
        assert address == OWNER, "Radicale tells nothing of others"
        self.added += 1
        uid = f"{self.added}-{event.uid}"
        event = replace(event, uid=uid, overrides=tuple(replace(each, uid=uid) for each in event.overrides))
        await self._ask("PUT", f"own-{self.added}.ics", write_copy(event))

    async def kept(self, uid: str) -> list[KeptThere]:
        return [
            KeptThere(_utc(event.start), _utc(event.end), frozenset(each.address for each in event.attendees))
            for event in self._files().values()
            if event.uid == uid
        ]

    async def answer(self, uid: str, address: str, partstat: PartStat, comment: str = "") -> None:
        name, event = self._file(uid)
        attendees = (
            replace(each, partstat=partstat, comment=comment) if each.address == address else each
            for each in event.attendees
        )
        await self._ask("PUT", name, write_copy(replace(event, attendees=tuple(attendees))))

    async def move(self, uid: str, start_at: datetime, end_at: datetime) -> None:
        name, event = self._file(uid)
        await self._ask("PUT", name, write_copy(replace(event, start=start_at, end=end_at)))

    async def delete(self, uid: str) -> None:
        await self._ask("DELETE", self._file(uid)[0])

    async def break_with(self, fault: Fault) -> None:
        await self.server.break_with(fault)

    async def mend(self) -> None:
        await self.server.break_with(None)

    async def cut_after_next_change(self) -> None:
        self.server.cuts_next_change = True

    async def forget_tokens(self) -> None:
        self.radicale.forget_tokens(USER)

    async def _ask(self, method: str, name: str, body: Any = None) -> None:
        url = f"{self.radicale.url}/{USER}/work/{name}"
        async with self.session.request(method, url, data=body, headers={"Content-Type": "text/calendar"}) as answer:
            assert answer.status < 300, await answer.text()

    def _files(self) -> dict[str, itip.Event]:
        return {path.name: read_copy(path.read_bytes()) for path in self.radicale.calendar(USER).glob("*.ics")}

    def _file(self, uid: str) -> tuple[str, itip.Event]:
        return next((name, event) for name, event in self._files().items() if event.uid == uid)


def _utc(when: datetime | Any) -> datetime:
    assert isinstance(when, datetime)
    return when.astimezone(UTC)


@asynccontextmanager
async def caldav_case(folder: Path) -> AsyncIterator[Case]:
    """Radicale with one user, who has one calendar."""
    with start_radicale(folder, {USER: PASSWORD}) as radicale:
        login = {"Authorization": aiohttp.encode_basic_auth(USER, PASSWORD)}
        async with (
            aiohttp.ClientSession(headers=login) as session,
            forwarding(radicale.url) as forward,
            serve_faulty(forward) as server,
        ):
            body = MKCALENDAR.format(name="Work")
            async with session.request("MKCALENDAR", f"{radicale.url}/{USER}/work/", data=body) as answer:
                assert answer.status == 201
            registry, values = Registry(networks=HERE), {"server": server.url, "user": USER, "password": PASSWORD}
            yield Case(
                calendar=registry.open("caldav", CalendarAccount(OWNER, values, seconds=30)),
                impatient=registry.open("caldav", CalendarAccount(OWNER, values, seconds=0.3)),
                hand=CalDavHand(session, radicale, server),
                secrets=(PASSWORD,),
            )
