"""A stand-in for Microsoft 365 with three mailboxes, and the calendar of the first of them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integrations.calendars.microsoft.calendar import GraphCalendar
from tests.contracts.calendars.hand import COLLEAGUE, OWNER
from tests.contracts.calendars.microsoft_case import MicrosoftHand, PassingClock, account_at
from tests.servers.graph import GraphServer, start_graph
from tests.servers.graph.mailboxes import Mailbox


@pytest.fixture
def clock() -> PassingClock:
    return PassingClock()


@pytest.fixture
async def server(tmp_path: Path, clock: PassingClock) -> AsyncIterator[GraphServer]:
    async with start_graph(tmp_path, clock) as server:
        for address in (OWNER, COLLEAGUE, "third@example.org"):
            server.add_mailbox(address)
        yield server


@pytest.fixture
def owner(server: GraphServer) -> Mailbox:
    return server.mailboxes[OWNER]


@pytest.fixture
def hand(server: GraphServer) -> MicrosoftHand:
    return MicrosoftHand(server)


class Waits(list[float]):
    """A pause that only writes down for how long it should be."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


class Opener:
    """Opens calendars on the server, with changes to the account, and leaves them at the end."""

    def __init__(self, server: GraphServer, clock: PassingClock, waits: Waits) -> None:
        self._server, self._clock, self._waits = server, clock, waits
        self.opened: list[GraphCalendar] = []

    def __call__(self, **changes: Any) -> GraphCalendar:
        account = replace(account_at(self._server), **changes)
        self.opened.append(GraphCalendar(account, self._clock, self._waits))
        return self.opened[-1]


@pytest.fixture
async def open_calendar(server: GraphServer, clock: PassingClock, waits: Waits) -> AsyncIterator[Opener]:
    opener = Opener(server, clock, waits)
    yield opener
    for calendar in opener.opened:
        await calendar.close()


@pytest.fixture
def calendar(open_calendar: Opener) -> GraphCalendar:
    return open_calendar()
