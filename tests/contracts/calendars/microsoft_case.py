"""Microsoft 365 under test: the adapter over a stand-in that is as strict as Graph's documentation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from coord_service.domain import itip
from coord_service.domain.itip import PartStat
from integrations.calendars.microsoft.account import Cloud, GraphAccount
from integrations.calendars.microsoft.calendar import GraphCalendar
from integrations.calendars.microsoft.mark import PROPERTY, start_of
from tests.contracts.calendars.hand import COLLEAGUE, OWNER, Case, Fault, KeptThere
from tests.servers.graph import GraphServer, start_graph
from tests.servers.graph.entra import CLIENT, SECRET
from tests.servers.graph.mailboxes import Mailbox, StoredEvent, write_wall

RESPONSES = {
    PartStat.ACCEPTED: "accepted",
    PartStat.DECLINED: "declined",
    PartStat.TENTATIVE: "tentativelyAccepted",
    PartStat.NEEDS_ACTION: "notResponded",
}
FAULTS = {Fault.SILENT: "silent", Fault.CUT: "cut", Fault.THROTTLED: "throttled", Fault.NONSENSE: "nonsense"}


@dataclass(slots=True)
class PassingClock:
    """A clock that goes on by a second whenever somebody looks: the server's and ours are the same."""

    at: datetime = datetime(2027, 3, 1, 9, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@dataclass(frozen=True, slots=True)
class MicrosoftHand:
    """Hand over a GraphServer."""

    server: GraphServer

    @property
    def owner(self) -> Mailbox:
        return self.server.mailboxes[OWNER]

    def stored(self, uid: str) -> list[StoredEvent]:
        return [
            each
            for each in self.owner.events.values()
            if not each.is_deleted and each.extended.get(PROPERTY, "").startswith(start_of(uid))
        ]

    async def add(self, event: itip.Event, address: str = OWNER) -> None:
        self.server.mailboxes[address].add(event)

    async def kept(self, uid: str) -> list[KeptThere]:
        return [KeptThere(each.start, each.end, frozenset(each.people)) for each in self.stored(uid)]

    async def answer(self, uid: str, address: str, partstat: PartStat, comment: str = "") -> None:  # noqa: ARG002
        [stored] = self.stored(uid)
        self.owner.answer(stored, address, RESPONSES[partstat], self.server.clock.now())

    async def move(self, uid: str, start_at: datetime, end_at: datetime) -> None:
        [stored] = self.stored(uid)
        self.owner.change(stored, {"start": write_wall(start_at, "UTC"), "end": write_wall(end_at, "UTC")})

    async def delete(self, uid: str) -> None:
        [stored] = self.stored(uid)
        self.owner.delete(stored)

    async def break_with(self, fault: Fault) -> None:
        if fault is Fault.UNREACHABLE:
            await self.server.stop()
        elif fault is Fault.REFUSED:
            self.server.entra.refusal = (401, "invalid_client", 7000215)
            self.server.entra.expire_tokens()
        else:
            self.server.fault = FAULTS[fault]

    async def mend(self) -> None:
        self.server.fault, self.server.entra.refusal = "", None
        if not self.server.is_there:
            await self.server.start()

    async def cut_after_next_change(self) -> None:
        self.server.cuts_after_change = True

    async def forget_tokens(self) -> None:
        self.server.deltas.forget()


def account_at(server: GraphServer) -> GraphAccount:
    """The owner's mailbox there, and an app that may use it."""
    cloud = Cloud(server.address, server.address)
    return GraphAccount(OWNER, server.entra.tenant, CLIENT, SECRET, cloud, seconds=20, trust=server.trust)


@asynccontextmanager
async def microsoft_case(folder: Path) -> AsyncIterator[Case]:
    """A server of two mailboxes."""
    clock = PassingClock()
    async with start_graph(folder, clock) as server:
        for address in (OWNER, COLLEAGUE):
            server.add_mailbox(address)
        account = account_at(server)
        yield Case(
            calendar=GraphCalendar(account, clock),
            impatient=GraphCalendar(replace(account, seconds=0.2), clock),
            hand=MicrosoftHand(server),
            secrets=(SECRET, "graph-token-that-nobody-may-see"),
        )
