"""The in-memory calendar under test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from coord_service.domain import itip
from coord_service.domain.itip import PartStat
from coord_service.errors import CalendarNonsense, CalendarTrouble, ConnectionLost, SignInRefused, Throttled
from coord_service.ports import CalendarAccount, EventAnswer
from integrations.calendars.memory import SERVERS, MemoryServer
from integrations.registry import Registry
from tests.contracts.calendars.hand import COLLEAGUE, OWNER, Case, Fault, KeptThere

PASSWORD = "correct-horse-battery"

TROUBLES: dict[Fault, CalendarTrouble] = {
    Fault.REFUSED: SignInRefused("The calendar does not accept the password. Enter it again."),
    Fault.CUT: ConnectionLost("The calendar hung up."),
    Fault.UNREACHABLE: ConnectionLost("Nobody listens there."),
    Fault.THROTTLED: Throttled("The calendar wants to be asked less often.", timedelta(seconds=30)),
    Fault.NONSENSE: CalendarNonsense("The calendar's answer can't be understood."),
}


@dataclass(frozen=True, slots=True)
class MemoryHand:
    """Hand over a MemoryServer."""

    server: MemoryServer

    async def add(self, event: itip.Event, address: str = OWNER) -> None:
        self.server.add(address, event)

    async def kept(self, uid: str) -> list[KeptThere]:
        found = self.server.kept.get((OWNER, uid))
        if found is None or found.is_deleted:
            return []
        start, end = found.event.start, found.event.end
        assert isinstance(start, datetime)
        assert isinstance(end, datetime)
        attendees = frozenset(each.address for each in found.event.attendees)
        return [KeptThere(start.astimezone(UTC), end.astimezone(UTC), attendees)]

    async def answer(self, uid: str, address: str, partstat: PartStat, comment: str = "") -> None:
        self.server.answer(OWNER, uid, EventAnswer(address, partstat, comment=comment))

    async def move(self, uid: str, start_at: datetime, end_at: datetime) -> None:
        self.server.move(OWNER, uid, start_at, end_at)

    async def delete(self, uid: str) -> None:
        self.server.delete(OWNER, uid)

    async def break_with(self, fault: Fault) -> None:
        self.server.silence = asyncio.Event() if fault is Fault.SILENT else None
        self.server.trouble = TROUBLES.get(fault)

    async def mend(self) -> None:
        self.server.silence = self.server.trouble = None

    async def cut_after_next_change(self) -> None:
        self.server.cuts_after_change = True

    async def forget_tokens(self) -> None:
        self.server.forget_tokens()


@asynccontextmanager
async def memory_case(_folder: Path) -> AsyncIterator[Case]:
    """A server of two mailboxes in this process."""
    server = MemoryServer(diaries={OWNER: [], COLLEAGUE: []}, password=PASSWORD)
    SERVERS["contract"] = server
    registry, values = Registry(is_demo=True), {"server": "contract", "password": PASSWORD}
    yield Case(
        calendar=registry.open("memory", CalendarAccount(OWNER, values)),
        impatient=registry.open("memory", CalendarAccount(OWNER, values, seconds=0.05)),
        hand=MemoryHand(server),
        secrets=(PASSWORD,),
    )
    del SERVERS["contract"]
