"""An Exchange server with three mailboxes, and connections to it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from integrations.calendars.exchange.calendar import ExchangeCalendar
from integrations.calendars.exchange.connection import ExchangeServer
from integrations.guard import HERE
from tests.servers.ews.server import EwsServer, serve_exchange
from tests.servers.ews.sign_in import DOMAIN, PASSWORD, USER

OWNER, COLLEAGUE, SERVICE = "lead.worker@example.org", "psychologist@example.org", f"{USER}@example.org"


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[EwsServer]:
    """The server; the service's account is the owner's delegate."""
    async with serve_exchange(tmp_path, OWNER, COLLEAGUE, SERVICE) as server:
        server.store.mailboxes[OWNER].delegates.add(SERVICE)
        yield server


@pytest.fixture
async def connect(exchange: EwsServer) -> AsyncIterator[Callable[..., ExchangeCalendar]]:
    """``connect(sign_in=...)``: a calendar on the server, closed afterwards."""
    opened: list[ExchangeCalendar] = []

    def _connect(**changes: Any) -> ExchangeCalendar:
        values = {
            "mailbox": OWNER, "user": f"{DOMAIN}\\{USER}", "password": PASSWORD, "url": exchange.url,
            "ca_file": exchange.ca_file, "seconds": 20, "sign_in": "basic",
            "networks": HERE,
        }  # fmt: skip
        opened.append(ExchangeCalendar(ExchangeServer(**(values | changes))))
        return opened[-1]

    yield _connect
    for each in opened:
        await each.close()


@pytest.fixture
def calendar(connect: Callable[..., ExchangeCalendar]) -> ExchangeCalendar:
    """The owner's calendar, signed in by basic: the quickest way."""
    return connect()
