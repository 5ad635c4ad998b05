"""Exchange under test, signed in by NTLM as an account that is the owner's delegate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from coord_service.domain import itip
from coord_service.domain.itip import PartStat
from coord_service.ports import CalendarAccount
from integrations.guard import HERE
from integrations.registry import Registry
from tests.contracts.calendars.hand import COLLEAGUE, OWNER, Case, Fault, KeptThere
from tests.servers.ews.server import EwsServer, Trick, serve_exchange
from tests.servers.ews.sign_in import DOMAIN, PASSWORD, USER
from tests.servers.ews.soap import only

TRICKS = {
    Fault.SILENT: Trick.HANG,
    Fault.CUT: Trick.CUT,
    Fault.THROTTLED: Trick.BUSY,
    Fault.NONSENSE: Trick.GARBAGE,
}
ANSWERS = {PartStat.ACCEPTED: "Accept", PartStat.DECLINED: "Decline", PartStat.TENTATIVE: "Tentative"}
ANSWERED_AT = "2027-03-02T08:00:00Z"


@dataclass(frozen=True, slots=True)
class ExchangeHand:
    """Hand over an EwsServer."""

    server: EwsServer

    async def add(self, event: itip.Event, address: str = OWNER) -> None:
        self.server.store.mailboxes[address].diary.append(event)

    async def kept(self, uid: str) -> list[KeptThere]:
        return [
            KeptThere(*(datetime.fromisoformat(item.text(name)).astimezone(UTC) for name in ("Start", "End")),
                      frozenset(item.attendees))
            for item in self.server.store.by_uid(OWNER, uid)
        ]  # fmt: skip

    async def answer(self, uid: str, address: str, partstat: PartStat, comment: str = "") -> None:  # noqa: ARG002
        [item] = self.server.store.by_uid(OWNER, uid)
        attendee = item.attendees[address]
        only(attendee, "t:ResponseType").text = ANSWERS[partstat]
        only(attendee, "t:LastResponseTime").text = ANSWERED_AT
        self.server.store.touch(item)

    async def move(self, uid: str, start_at: datetime, end_at: datetime) -> None:
        [item] = self.server.store.by_uid(OWNER, uid)
        for name, at in (("Start", start_at), ("End", end_at)):
            item.set(name, f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        self.server.store.touch(item)

    async def delete(self, uid: str) -> None:
        [item] = self.server.store.by_uid(OWNER, uid)
        item.is_deleted = True
        self.server.store.touch(item)

    async def break_with(self, fault: Fault) -> None:
        self.server.trick = TRICKS.get(fault)
        self.server.door.is_shut = fault is Fault.REFUSED
        if fault is Fault.UNREACHABLE:
            await self.server.vanish()

    async def mend(self) -> None:
        if not self.server.is_listening:
            await self.server.listen()
        self.server.trick, self.server.door.is_shut = None, False

    async def cut_after_next_change(self) -> None:
        self.server.cuts_after_change = True

    async def forget_tokens(self) -> None:
        self.server.store.age += 1


@asynccontextmanager
async def exchange_case(folder: Path) -> AsyncIterator[Case]:
    """A server of two mailboxes with a certificate of its own authority."""
    async with serve_exchange(folder, OWNER, COLLEAGUE) as server:
        server.store.mailboxes[OWNER].delegates.add(f"{USER}@example.org")
        values = {
            "url": server.url, "user": f"{DOMAIN}\\{USER}", "password": PASSWORD, "sign_in": "ntlm",
            "access": "delegate", "ca_file": server.ca_file,
        }  # fmt: skip
        registry = Registry(networks=HERE)
        yield Case(
            calendar=registry.open("exchange", CalendarAccount(OWNER, values, seconds=20)),
            impatient=registry.open("exchange", CalendarAccount(OWNER, values, seconds=0.3)),
            hand=ExchangeHand(server),
            secrets=(PASSWORD, USER),
        )
