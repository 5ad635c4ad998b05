"""A meeting online whose link the convenor's own calendar makes: offered where it can, and said before it is sent."""

import pytest

from coord_service.operations import connections
from coord_service.operations.cases import shield_child
from coord_service.operations.tools import Tools
from coord_service.storage.tables import User
from tests.booking_world import World
from tests.builders import actor_for
from tests.outside_calendars import connect, server
from tests.web.booking.steps import agreed, start, what, who
from tests.web.browsing import Browser

__all__ = ["server"]

ONLINE = {"mode": "online", "place": "", "wants_link": "yes", **agreed("2026-03-12", "2:30pm")}


@pytest.fixture
async def chosen(tools: Tools, world: World, server) -> None:
    """The lead worker's meetings go through their own calendar."""
    async with tools.database.read() as db:
        lead = await db.get_one(User, world.lead)
    actor = actor_for(lead)
    await connections.choose_sending(tools, actor, await connect(tools, actor), sends=True)


async def test_it_is_not_offered_where_no_calendar_makes_links(browse: Browser, world: World) -> None:
    page = await browse.get("start_booking", child_id=world.child)
    assert "Make a Teams link" not in page.text
    page = await browse.post("start_booking", what(world, **ONLINE), status=422, child_id=world.child)
    assert "makes no links. Paste one" in page.errors["#wants_link"]


async def test_a_booking_goes_without_a_link_and_says_that_it_follows(browse: Browser, world: World, chosen) -> None:
    page = await browse.get("start_booking", child_id=world.child)
    assert "Make a Teams link instead" in page.text
    await start(browse, world, **ONLINE)
    page = await browse.post("save_who", who(world), draft_id=1)
    assert "Teams makes it when the meeting is sent" in page.text
    mother = await browse.get("booking_check", draft_id=1, person=world.mother)
    assert "the link to join by follows in a letter of its own" in mother.text
    shah = await browse.get("booking_check", draft_id=1, person=world.shah)
    assert "We send them no mail of our own" in shah.text
    page = await browse.post("book_meeting", {}, draft_id=1)
    assert "The Teams link is not here yet" in page.text


async def test_a_shielded_team_gets_no_link_out_of_a_calendar(browse: Browser, world: World, tools, chosen) -> None:
    async with tools.database.read() as db:
        lead = await db.get_one(User, world.lead)
    await shield_child(tools, actor_for(lead), world.child)
    page = await browse.post("start_booking", what(world, **ONLINE), status=422, child_id=world.child)
    assert "stays out of every calendar" in page.errors["#wants_link"]


async def test_a_link_is_for_meetings_online(browse: Browser, world: World, chosen) -> None:
    asked = what(world, wants_link="yes")
    page = await browse.post("start_booking", asked, status=422, child_id=world.child)
    assert "A link is for meetings that are online" in page.errors["#wants_link"]
