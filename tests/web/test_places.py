"""Places and rooms are set on pages, and a room can be had with a time."""

from coord_service.domain.people import Role
from coord_service.operations.tools import Tools
from coord_service.storage.tables import User
from tests.booking_world import World, make_world
from tests.web.booking.steps import choose, first_offer, start, who
from tests.web.browsing import Browser

ELM = {"name": "Elm House", "address": "1 High Street", "area": "Town"}
ROOM = {"name": "Committee room", "seats": "6", "features": "step_free"}


async def with_a_room(sign_in) -> Browser:
    browse = await sign_in(Role.MANAGER)
    await browse.post("add_place", ELM)
    await browse.post("add_room", ROOM, place_id=1)
    return browse


async def a_world(tools: Tools) -> World:
    async with tools.database.read() as db:
        return await make_world(tools, await db.get_one(User, 1))


async def test_a_place_begins_with_an_empty_list_that_teaches(sign_in) -> None:
    browse = await sign_in(Role.MANAGER)
    assert "No places yet: lead workers type where people meet." in (await browse.get("places")).text
    page = await browse.post("add_place", ELM)
    assert "No rooms yet." in page.text
    page = await browse.post("add_room", ROOM, place_id=1)
    assert "Committee room 6 Step-free access" in page.text
    assert "Elm House Town 1 High Street 1" in (await browse.get("places")).text


async def test_what_is_wrong_is_said_and_stays_typed(sign_in) -> None:
    browse = await with_a_room(sign_in)
    page = await browse.post("add_place", ELM | {"name": "elm house"}, status=422)
    assert page.errors == {"#name": "Elm House is on the list already"}
    assert page.value("address") == "1 High Street"
    page = await browse.post("add_room", {"name": "COMMITTEE ROOM", "seats": "many"}, status=422, place_id=1)
    assert page.errors == {"#seats": "Enter a whole number, like 12"}
    page = await browse.post("add_room", {"name": "COMMITTEE ROOM", "seats": "5"}, status=422, place_id=1)
    assert page.errors == {"#name": "Elm House has a room of this name already"}


async def test_a_room_that_somebody_else_changed_shows_both(sign_in) -> None:
    browse = await with_a_room(sign_in)
    await browse.post("correct_room", ROOM | {"seats": "8", "version": "1"}, room_id=1)
    page = await browse.post("correct_room", ROOM | {"seats": "7", "version": "1"}, status=409, room_id=1)
    assert "Now on the list: Committee room, 8 seats" in page.text
    assert page.value("seats") == "7"
    page = await browse.post("correct_room", ROOM | {"closed": "yes", "version": page.value("version")}, room_id=1)
    assert "Committee room Closed" in page.text


async def test_travel_times_are_asked_for_each_pair_of_areas(sign_in) -> None:
    browse = await with_a_room(sign_in)
    await browse.post("add_place", ELM | {"name": "Mill", "area": "Valley"})
    times = {"usual": "30", "nearby": "10", "pair-0": "a while"}
    page = await browse.post("set_travel", times, status=422)
    assert page.errors == {"#pair-0": "Enter a whole number, like 12"}
    await browse.post("set_travel", times | {"pair-0": "45"})
    page = await browse.get("set_travel_form")
    assert "Town – Valley" in page.text
    assert (page.value("usual"), page.value("pair-0")) == ("30", "45")


async def test_a_room_is_offered_with_each_time_and_stands_in_the_check(sign_in, tools: Tools) -> None:
    browse = await with_a_room(sign_in)
    world = await a_world(tools)
    page = await start(browse, world, place="", rooms_at="1")
    page = await browse.post("save_who", who(world), draft_id=1)
    assert "In Committee room" in page.text
    page = await choose(browse, page)
    assert "Where Committee room, Elm House, 1 High Street" in page.text
    page = await browse.post("book_meeting", {}, draft_id=1)
    assert "Committee room, Elm House, 1 High Street" in page.text


async def test_another_room_that_is_free_can_be_picked_with_the_time(sign_in, tools: Tools) -> None:
    browse = await with_a_room(sign_in)
    await browse.post("add_room", {"name": "Hall", "seats": "40", "features": "hearing_loop"}, place_id=1)
    world = await a_world(tools)
    await start(browse, world, place="", rooms_at="1")
    page = await browse.post("save_who", who(world), draft_id=1)
    offered = [each.text for each in page.root.all("li", class_="coord-offer")[0].all("option")]
    assert offered == ["Committee room (6 seats, step-free access)", "Hall (40 seats, hearing loop)"]
    page = await browse.post("choose_time", first_offer(page) | {"room": "2"}, draft_id=1, seen=page.address)
    assert "Where Hall, Elm House, 1 High Street" in page.text


async def test_a_place_and_a_room_at_once_are_one_too_many(sign_in, tools: Tools) -> None:
    browse = await with_a_room(sign_in)
    page = await browse.post("start_booking", {
        "children": "1", "purpose": "tac", "length": "60", "mode": "place", "place": "The Old Mill", "rooms_at": "1",
        "convenor": (await a_world(tools)).lead,
    }, status=422, seen="/children/1/book", child_id=1)  # fmt: skip
    assert page.errors["#place"].startswith("Leave the place empty: a room is looked for.")
    assert page.value("place") == "The Old Mill"


async def test_what_a_family_needs_of_a_room_is_kept_with_the_child(sign_in, tools: Tools) -> None:
    browse = await with_a_room(sign_in)
    world = await a_world(tools)
    page = await browse.get("correct_child_form", child_id=world.child)
    facts = {"given_name": "Zoë", "family_name": "Larkspur", "born_on": "2015-04-03", "plan_status": "support"}
    needs = {"access_needs": "hearing_loop", "needs_advocate": "yes", "version": page.value("version")}
    await browse.post("correct_child", facts | needs, child_id=world.child)
    page = await start(browse, world, place="", rooms_at="1")
    assert "The record asks for an advocate, and nobody invited is one" in page.text
    page = await browse.post("save_who", who(world), draft_id=1)
    assert "No room at Elm House has 4 seats and hearing loop." in page.text
