"""A calendar that answers slowly, wrongly or never does not slow the others: eight people, eight servers over HTTP."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest
from aiohttp import web

from coord_service.operations import connections
from coord_service.operations.connections import TryCalendar
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Child, Person, User
from tests.booking_world import World
from tests.builders import a_member, a_person, actor_for
from tests.contracts.calendars.hand import Fault
from tests.integrations.calendars.diaries import calendar
from tests.servers.faulty import FaultyServer, serve_faulty
from tests.web.booking.steps import start
from tests.web.browsing import Page

FAULTS = {"Hanging": Fault.SILENT, "Cutting": Fault.CUT, "Nonsense": Fault.NONSENSE, "Throttled": Fault.THROTTLED}
GOOD = ("Ann", "Ben", "Cat", "Dan")
ALL_ANSWERED = 120.0  # nothing here is timed: the hanging one hangs until it is hung up on
SINCE = "not known since Tuesday 3 March, 10am"
FEED = calendar("DTSTART:20260310T090000Z\nDTEND:20260310T100000Z")


@dataclass(slots=True)
class Team:
    """Eight professionals by name, each with a published calendar on a server of its own."""

    people: dict[str, Person]
    servers: dict[str, FaultyServer]

    def ids(self, *names: str) -> list[int]:
        return [self.people[name].id for name in names]


@pytest.fixture
async def tools(tools: Tools) -> Tools:
    """So long a limit that the hanging one can't reach it before the others are there, however busy the machine."""
    return replace(tools, settings=tools.settings.model_copy(update={"calendar_seconds": 60.0}))


@pytest.fixture
async def team(tools: Tools, world: World) -> AsyncIterator[Team]:
    async def feed(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=FEED, content_type="text/calendar")

    async with tools.database.read() as db:
        child, lead = await db.get_one(Child, world.child), await db.get_one(User, world.lead)
    team = Team({}, {})
    async with AsyncExitStack() as stack:
        for name in (*FAULTS, *GOOD):
            team.people[name] = person = await a_person(tools, name)
            team.servers[name] = server = await stack.enter_async_context(serve_faulty(feed))
            await a_member(tools, child, person)
            asked = TryCalendar(person.id, "ics_feed", {"address": f"{server.url}/{name}.ics"})
            tested = await connections.test_calendar(tools, actor_for(lead), asked)
            await connections.connect_calendar(tools, actor_for(lead), tested)
        yield team


async def test_the_good_ones_are_known_and_the_others_not_known_since(browse, world, tools, team, clock):
    await start(browse, world)
    needs = {f"need-{person_id}": "required" for person_id in team.ids(*FAULTS, *GOOD)}
    page = await browse.post("save_who", needs, draft_id=1)
    await tools.asking.wait(team.ids(*FAULTS, *GOOD), ALL_ANSWERED)

    clock.move(minutes=40)
    for name, fault in FAULTS.items():
        await team.servers[name].break_with(fault)
    page = await browse.get(page.address)  # which asks them all again, and waits for none
    await tools.asking.wait(team.ids(*GOOD, "Cutting", "Nonsense", "Throttled"), ALL_ANSWERED)
    assert tools.asking.still_asked(team.ids(*FAULTS, *GOOD)) == set(team.ids("Hanging"))

    lines = told(await browse.get(page.address))
    [read] = [line for line in lines if line.startswith("Read ")]
    assert all(f"{name} (10:40am)" in read for name in GOOD)
    assert "Still being asked Hanging. Refresh" in lines
    lost = {line.partition(". ")[0] for line in lines if line.startswith("Can’t be read ")}
    assert lost == {f"Can’t be read {name}: {SINCE}" for name in ("Cutting", "Nonsense", "Throttled")}

    await team.servers["Hanging"].stop()
    await tools.asking.wait(team.ids("Hanging"), ALL_ANSWERED)
    lines = told(await browse.get(page.address))
    assert any(line.startswith(f"Can’t be read Hanging: {SINCE}") for line in lines)


def told(page: Page) -> list[str]:
    """What the page says of calendars, a line each."""
    return [line.text for line in page.root.one("ul", class_="coord-calendars").all("li")]
