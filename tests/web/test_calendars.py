"""Connecting a calendar by its pages, and times that say what is known of each person's own."""

import pytest

from coord_service.domain.people import Role
from tests.builders import a_person
from tests.outside_calendars import PASSWORD, server, values
from tests.web.browsing import Browser

__all__ = ["server"]


async def own_id(browse: Browser) -> int:
    """The person behind a browser."""
    return int((await browse.get("own_calendar")).address.split("/")[2])


async def connect_own(browse: Browser) -> int:
    person_id = await own_id(browse)
    page = await browse.post("test_calendar", values(), person_id=person_id, kind="memory")
    await browse.post(page.root.one("main").one("form")["action"], {}, seen=page.address)
    return person_id


async def test_ones_own_calendar_is_tested_then_connected(sign_in, server):
    browse = await sign_in(Role.LEAD_WORKER)
    page = await browse.get("own_calendar")
    assert page.heading == "Your calendar"
    assert "No calendar of yours is connected" in page.text
    form = await browse.get(page.links()["Invented calendar"])
    tested = await browse.post(form.address, values())
    assert tested.heading.endswith("It works")
    assert "It can see when the owner is busy: never what it is about" in tested.text
    connected = await browse.post(tested.root.one("main").one("form")["action"], {}, seen=tested.address)
    assert connected.banner == "Connected. Busy times are read from now on"
    assert "Last worked Tuesday 3 March, 10am" in connected.text
    assert PASSWORD not in form.body + tested.body + connected.body


async def test_a_wrong_password_is_said_in_words_and_not_shown_again(sign_in, server):
    browse = await sign_in(Role.LEAD_WORKER)
    person_id = await own_id(browse)
    wrong = "not the password at all"
    page = await browse.post("test_calendar", values(wrong), status=422, person_id=person_id, kind="memory")
    assert "Has it changed? Enter it again." in page.errors["#test"]
    assert page.value("server") == "outside"
    assert wrong not in page.body


async def test_what_is_missing_is_named_beside_its_field(sign_in, server):
    browse = await sign_in(Role.ADMINISTRATOR)
    page = await browse.post("test_council_calendar", {}, status=422, kind="memory")
    assert set(page.errors) == {"#server", "#domains"}


async def test_the_whole_councils_is_connected_by_an_administrator_and_says_whom_it_reads(sign_in, server):
    browse = await sign_in(Role.ADMINISTRATOR)
    page = await browse.post(
        "test_council_calendar", {**values(), "domains": "@Council.example, trust.example"}, kind="memory"
    )
    assert "ends in council.example or trust.example" in page.text
    page = await browse.post(page.root.one("main").one("form")["action"], {}, seen=page.address)
    assert "Reads people at council.example, trust.example" in page.text


async def test_a_calendar_that_fails_says_since_when_and_what_to_do(sign_in, server, clock):
    browse = await sign_in(Role.LEAD_WORKER)
    person_id = await connect_own(browse)
    server.password = "changed"
    clock.move(minutes=40)
    page = await browse.get("show_calendar", person_id=person_id)
    page = await browse.post(action(page, "/test"), {}, seen=page.address)
    assert page.banner == "It does not work: see below"
    assert "The calendar does not accept the password. Has it changed? Enter it again." in page.text
    assert "Last worked Tuesday 3 March, 10am" in page.text
    assert "Trouble since Tuesday 3 March, 10:40am" in page.text


def action(page, ending: str) -> str:
    return next(form["action"] for form in page.root.one("main").all("form") if form.get("action").endswith(ending))


async def test_a_calendar_is_disconnected_on_its_page(sign_in, server):
    browse = await sign_in(Role.LEAD_WORKER)
    person_id = await connect_own(browse)
    page = await browse.get("show_calendar", person_id=person_id)
    page = await browse.post(action(page, "/disconnect"), {}, seen=page.address)
    assert page.banner.startswith("Disconnected")
    assert "No calendar of yours is connected" in page.text


async def test_for_somebody_else_no_kind_with_a_password_is_on_offer(tools, sign_in, server):
    browse = await sign_in(Role.LEAD_WORKER)
    shah = await a_person(tools, "Dr Asha Shah")
    page = await browse.get("show_calendar", person_id=shah.id)
    assert "Invented calendar" not in page.links()
    await browse.get("test_calendar_form", status=404, person_id=shah.id, kind="memory")


@pytest.mark.parametrize("kind", ["nothing", "memory"])
async def test_no_other_kind_and_nobody_elses_connection_can_be_reached(sign_in, server, kind):
    browse = await sign_in(Role.LEAD_WORKER)
    await connect_own(browse)
    manager, person_id = await sign_in(Role.MANAGER), await own_id(browse)
    await manager.get("test_calendar_form", status=404, person_id=person_id, kind=kind)
    await manager.get("show_tested_calendar", status=404, connection_id=1)
    await manager.post("disconnect_calendar", {}, status=404, connection_id=1)


async def test_meetings_go_through_ones_own_calendar_only_when_that_is_chosen(sign_in, server):
    browse = await sign_in(Role.LEAD_WORKER)
    person_id = await connect_own(browse)
    page = await browse.get("show_calendar", person_id=person_id)
    assert "Meetings that you convene go out by our mail" in page.text
    assert "Their answers arrive in your mailbox" in page.text
    chosen = await browse.post("choose_sending", {"sends": "yes"}, seen=page.address, connection_id=1)
    assert chosen.banner == "From now on your meetings go out through this calendar"
    assert "New meetings that you convene go out from here, from lead_worker@example.org" in chosen.text
    back = await browse.post("choose_sending", {"sends": "no"}, seen=page.address, connection_id=1)
    assert back.banner == "New meetings go out by our mail"


async def test_nobody_chooses_how_a_colleagues_meetings_go_out(sign_in, server):
    owner = await sign_in(Role.LEAD_WORKER)
    person_id = await connect_own(owner)
    other = await sign_in(Role.MANAGER)
    await other.post("choose_sending", {"sends": "yes"}, status=404, connection_id=1)
    page = await owner.get("show_calendar", person_id=person_id)
    assert "Meetings that you convene go out by our mail" in page.text
