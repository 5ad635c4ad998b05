"""What `coord check` finds out about connected calendars and the key of their passwords."""

from dataclasses import replace

import pytest

from coord_service.domain.people import Role
from coord_service.errors import ServiceClosed, SignInRefused
from coord_service.operations.checks import CalendarsFound, count_unreadable, look_at_calendars
from coord_service.operations.gathering import Wanted, gather_busy
from coord_service.operations.tools import Tools
from integrations.calendars.memory import MemoryServer
from integrations.vault import AesGcmVault
from tests.builders import a_user, actor_for
from tests.installation import StandingClock
from tests.outside_calendars import connect, server

__all__ = ["server"]


@pytest.fixture
async def connected(tools: Tools, server: MemoryServer) -> dict[int, str]:
    """The council's calendar, and a lead worker's own: their address by their person id."""
    await connect(tools, actor_for(await a_user(tools, Role.ADMINISTRATOR)), "trust.example")
    worker = await a_user(tools, email="amy@council.example")
    await connect(tools, actor_for(worker))
    return {worker.person_id: worker.email}


async def test_calendars_that_work_are_counted(tools, connected):
    assert await look_at_calendars(tools) == CalendarsFound(councils=1, own=1, troubles=())


async def test_nothing_connected_is_no_trouble(tools):
    assert await look_at_calendars(tools) == CalendarsFound(councils=0, own=0, troubles=())


async def test_the_councils_calendar_is_signed_in_to_and_its_trouble_said_with_the_cure(tools, server, connected):
    server.trouble = ServiceClosed("Exchange Online has closed EWS. Use Microsoft 365 instead.")
    [trouble] = (await look_at_calendars(tools)).troubles
    assert "for trust.example: Exchange Online has closed EWS. Use Microsoft 365 instead." in trouble


async def test_peoples_own_are_told_as_they_were_when_last_asked(
    tools: Tools, server: MemoryServer, connected: dict[int, str], clock: StandingClock
):
    server.trouble = SignInRefused("No longer.")
    now = clock.now()
    await gather_busy(tools, Wanted(connected, now, now), patience=60)
    server.trouble = None
    [trouble] = (await look_at_calendars(tools)).troubles
    assert trouble.startswith("1 of 1 people’s own calendars can’t be read, the longest since 03 March 2026 10:00 UTC")


async def test_passwords_that_no_key_opens_are_counted(tools, connected):
    assert await count_unreadable(tools) == 0
    assert await count_unreadable(replace(tools, vault=AesGcmVault([b"2" * 32]))) == 2
