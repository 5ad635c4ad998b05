"""The When step with people's own calendars: what is known at once, who is still being asked, what can't be read."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from coord_service.domain.people import Role
from coord_service.errors import ConnectionLost
from coord_service.operations.tools import Tools
from integrations.calendars.memory import MemoryServer
from tests.booking_world import World
from tests.builders import a_user, actor_for
from tests.outside_calendars import appointment, connect, server
from tests.web.booking.steps import reach_when

__all__ = ["server"]

TUESDAY = datetime(2026, 3, 10, tzinfo=UTC)
SHAH = "a.shah@nhs.example"
ALL_ANSWERED = 60.0


@pytest.fixture
async def trust(tools: Tools, server: MemoryServer, world: World) -> MemoryServer:
    """The doctors' system, read for the whole council; Dr Shah is away for three weeks from Tuesday 10 March."""
    server.add(SHAH, appointment(TUESDAY, TUESDAY + timedelta(weeks=3)))
    await connect(tools, actor_for(await a_user(tools, Role.ADMINISTRATOR)), "nhs.example")
    return server


async def test_times_keep_clear_of_what_people_have_in_their_own_calendars(browse, world, trust):
    page = await reach_when(browse, world)
    assert "Read Dr Asha Shah (10am)" in page.text
    assert "Tuesday 31 March" in page.root.all("li", class_="coord-offer")[0].text


async def test_who_has_no_calendar_connected_is_named_and_families_are_never_looked_up(browse, world, trust):
    page = await reach_when(browse, world)
    assert "No calendar connected Robin Lead_Worker, Ms Ify Okoro" in page.text
    assert "Family Mrs Ana Larkspur: asked, never looked up" in page.text


async def test_which_times_a_family_likes_is_asked_for_and_said_beside_their_name(browse, world):
    page = await reach_when(browse, world)
    assert "Not asked yet Mrs Ana Larkspur: note which times they like" in page.text
    assert page.links()["note which times they like"] == f"/people/{world.mother}/wishes"
    await browse.post("set_wishes", {"spans_good": "mornings", "version": "1"}, status=422, person_id=world.mother)
    await browse.post("set_wishes", {"spans_good": "10am to 12pm", "version": "1"}, person_id=world.mother)
    page = await browse.get(page.address)
    assert "Times they like Mrs Ana Larkspur: Good: every day, 10am to 12pm. Change" in page.text
    assert "A good time for Mrs Ana Larkspur" in page.root.all("li", class_="coord-offer")[0].text


async def test_a_silent_calendar_keeps_no_page_waiting_and_its_answer_comes_by_itself(browse, world, trust, tools):
    trust.silence = asyncio.Event()
    page = await reach_when(browse, world)  # the calendar is still silent, and the page is here
    assert "Still being asked Dr Asha Shah. Refresh" in page.text
    assert "data-waiting" in page.body
    assert "not known" in page.root.all("li", class_="coord-offer")[0].text
    trust.silence.set()
    await tools.asking.wait([world.shah], ALL_ANSWERED)
    page = await browse.get(page.links()["Refresh"])
    assert "Still being asked" not in page.text
    assert "data-waiting" not in page.body
    assert "Tuesday 31 March" in page.root.all("li", class_="coord-offer")[0].text


async def test_a_calendar_that_fails_is_not_known_since_it_was_read(browse, world, trust, clock):
    page = await reach_when(browse, world)
    clock.move(minutes=40)
    trust.trouble = ConnectionLost("Their calendar server hung up.")
    page = await browse.get(page.address)
    lines = [line.text for line in page.root.one("ul", class_="coord-calendars").all("li")]
    assert lines[0].startswith("Can’t be read Dr Asha Shah: not known since Tuesday 3 March, 10am. Their calendar")


async def test_the_picture_and_its_table_say_since_when_somebody_is_not_known(browse, world, trust, clock):
    page = await reach_when(browse, world)
    assert "Everyone we can see is free" in page.text
    picture = page.root.all("svg", class_="coord-availability__day")[0].text
    assert "Mrs Ana Larkspur no calendar to look in" in picture
    clock.move(minutes=40)
    trust.trouble = ConnectionLost("Their calendar server hung up.")
    page = await browse.get(page.address)
    picture = page.root.all("svg", class_="coord-availability__day")[0].text
    assert "Dr Asha Shah not known since 10am on 3 March" in picture
    table = page.root.all("table")[0].text
    assert "Dr Asha Shah not known since 10am on 3 March Not known 9am to 5pm" in table
    assert "Mrs Ana Larkspur no calendar to look in Nothing known 9am to 5pm" in table


async def test_one_person_can_be_looked_at_again(browse, world, trust, clock):
    page = await reach_when(browse, world)
    trust.diaries[SHAH].clear()
    form = page.root.one("form", class_="coord-calendars__again")
    sent = {each["name"]: each["value"] for each in form.all("input") if each["name"] != "csrf_token"}
    again = await browse.post("look_again", sent, seen=page.address)
    assert again.address == page.address
    assert "Tuesday 31 March" not in again.root.all("li", class_="coord-offer")[0].text
