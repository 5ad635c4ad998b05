"""Booking a meeting in the browser: four steps. The clock stands at Tuesday 3 March 2026, 10am in London."""

from dataclasses import replace

import pytest
from aiohttp import FormData

from coord_service.domain.people import Role
from coord_service.operations.tools import Tools
from tests.booking_world import Codec, World, make_world, real_letters
from tests.web.browsing import Browser, Page


@pytest.fixture
def tools(tools: Tools) -> Tools:
    return replace(tools, codec=Codec(), letters=real_letters())


@pytest.fixture
async def browse(sign_in) -> Browser:
    return await sign_in(Role.LEAD_WORKER)


@pytest.fixture
async def world(browse: Browser, tools: Tools) -> World:
    return await make_world(tools, lead=1)


def what(world: World, **changes: object) -> dict[str, object]:
    return {
        "children": world.child,
        "purpose": "tac",
        "length": "60",
        "mode": "place",
        "place": "Room 2, Example House",
        "convenor": world.lead,
        "notes": "Park behind the house.",
    } | changes


def who(world: World, **changes: str) -> dict[str, object]:
    needs = {"mother": "required", "shah": "required", "okoro": "optional", "patel": "no", "grandfather": "no"}
    return {f"need-{getattr(world, name)}": need for name, need in (needs | changes).items()}


async def start(browse: Browser, world: World, **changes: object) -> Page:
    return await browse.post("start_booking", what(world, **changes), child_id=world.child)


async def reach_when(browse: Browser, world: World, **changes: object) -> Page:
    await start(browse, world, **changes)
    return await browse.post("save_who", who(world), draft_id=1)


def first_time(page: Page) -> str:
    return next(each["value"] for each in page.root.all("button", name="starts_at"))


async def choose(browse: Browser, page: Page) -> Page:
    hidden = {each["name"]: each["value"] for each in page.root.all("input", name="minutes")}
    return await browse.post("choose_time", {"starts_at": first_time(page), **hidden}, draft_id=1, seen=page.address)


async def test_the_whole_wizard_ends_on_the_meeting_page(browse, world):
    page = await browse.get("start_booking", child_id=world.child)
    assert page.heading == "Book a meeting: Zoë Larkspur What is the meeting?"
    assert "KD-4827M" in page.title
    assert "Zoë" not in page.title
    page = await start(browse, world)
    assert page.address == "/book/1/who"
    page = await browse.post("save_who", who(world), draft_id=1)
    assert page.address == "/book/1/when"
    assert "Everyone can come" in page.text
    page = await choose(browse, page)
    assert page.address == "/book/1/check"
    assert "Wednesday 4 March, 9am to 10am" in page.text
    page = await browse.post("book_meeting", {}, draft_id=1)
    assert page.address == "/meetings/1"
    assert "Dr Asha Shah" in page.text


async def test_going_back_and_forth_keeps_everything(browse, world):
    page = await reach_when(browse, world, place="The Old Mill", length="other", minutes="75", notes="Bring the forms.")
    await choose(browse, page)
    page = await browse.get("booking_what", draft_id=1)
    assert page.value("place") == "The Old Mill"
    assert page.value("minutes") == "75"
    assert page.value("notes") == "Bring the forms."
    page = await browse.get("booking_who", draft_id=1)
    ticked = {
        each["name"]: each["value"] for each in page.root.all("input", type="radio") if "checked" in each.attributes
    }
    assert ticked[f"need-{world.okoro}"] == "optional"
    assert ticked[f"need-{world.patel}"] == "no"
    page = await browse.get("booking_check", draft_id=1)
    assert "The Old Mill" in page.text
    page = await browse.get("booking", draft_id=1)
    assert page.address == "/book/1/check"


@pytest.mark.parametrize(
    ("changes", "anchor", "sentence"),
    [
        ({"purpose": ""}, "#purpose", "Choose what the meeting is for"),
        ({"children": ""}, "#children", "Choose at least one child from the list"),
        ({"length": "other", "minutes": "5"}, "#minutes", "Enter a number from 15 to 480"),
        ({"length": ""}, "#length", "Choose how long the meeting takes"),
        ({"place": ""}, "#place", "Say where people meet: a building and a room"),
        ({"mode": "online"}, "#online_url", "Paste the link people join by: it begins with https://"),
        ({"mode": "online", "online_url": "javascript:x"}, "#online_url", "it begins with https://"),
        ({"purpose": "home_visit", "place": "7 Mill Lane"}, "#place", "the address of a family never goes into"),
        ({"notes": "Zoë will show her room"}, "#notes", "Take out “Zoë”"),
        ({"notes": "the Larkspur family"}, "#notes", "Take out “Larkspur”"),
        ({"notes": "born 3/4/2015, NHS 943 476 5919"}, "#notes", "Take out “3/4/2015” and “943 476 5919”"),
        ({"place": "At Tom Larkspur’s"}, "#place", "Take out “Tom Larkspur”"),
        ({"convenor": "999"}, "#convenor", "Choose who convenes the meeting"),
        ({"date_agreed": "yes"}, "#agreed_on-day", "Enter the date agreed"),
        ({"date_agreed": "yes"}, "#agreed_time", "Enter the time agreed"),
    ],
)
async def test_each_fault_of_the_first_step_has_its_sentence_and_keeps_what_was_typed(
    browse, world, changes, anchor, sentence
):
    page = await browse.post("start_booking", what(world, **changes), status=422, child_id=world.child)
    assert sentence in page.errors[anchor]
    assert page.value("notes") == changes.get("notes", "Park behind the house.")


def agreed(day: str, clock: str) -> dict[str, object]:
    year, month, date = day.split("-")
    parts = {"agreed_on-year": year, "agreed_on-month": month, "agreed_on-day": date}
    return {"date_agreed": "yes", "agreed_time": clock, **parts}


@pytest.mark.parametrize(
    ("day", "o_clock", "sentence"),
    [
        ("2026-03-29", "1:30am", "the clocks go forward from 1am to 2am, so there is no 1:30am that day"),
        ("2026-10-25", "1:30am", "the clocks go back from 2am to 1am, so 1:30am comes twice that day"),
        ("2026-03-03", "9:30am", "Tuesday 3 March 2026, 9:30am is in the past"),
        ("2025-03-12", "2pm", "is in the past"),
        ("2026-03-12", "2:30", "is outside 7am to 9pm. Write 2:30pm for the afternoon"),
        ("2026-03-12", "8:30pm", "is outside 7am to 9pm"),
        ("2036-03-12", "2pm", "is more than two years away. Check the year"),
        ("2026-02-30", "2pm", "must be a real date"),
    ],
)
async def test_an_agreed_date_that_cannot_be_meant_is_refused_in_words(browse, world, day, o_clock, sentence):
    asked = what(world, **agreed(day, o_clock))
    page = await browse.post("start_booking", asked, status=422, child_id=world.child)
    assert sentence in page.errors["#agreed_on-day"]
    assert page.value("agreed_time") == o_clock


async def test_an_agreed_date_skips_the_search(browse, world):
    await start(browse, world, **agreed("2026-03-12", "2:30pm"))
    page = await browse.post("save_who", who(world), draft_id=1)
    assert page.address == "/book/1/check"
    assert "Thursday 12 March, 2:30pm to 3:30pm" in page.text
    page = await browse.get("booking_what", draft_id=1)
    assert page.value("agreed_time") == "2:30pm"
    page = await browse.post("save_what", what(world), draft_id=1)
    page = await browse.post("save_who", who(world), draft_id=1)
    assert page.address == "/book/1/when"


async def test_siblings_are_offered_and_another_child_is_found_by_part_of_a_name(browse, world):
    page = await browse.get("start_booking", child_id=world.child)
    assert "In the same family: Finn Larkspur QT-1093B" in page.text
    page = await browse.post("start_booking", what(world, find_child="yes", search="fenn"), child_id=world.child)
    assert "Found: Ida Fenn VH-7710C" in page.text
    assert page.value("place") == "Room 2, Example House"
    page = await browse.post("start_booking", what(world, find_child="yes", search="100%"), child_id=world.child)
    assert "No other child with an open record has “100%”" in page.text
    both = FormData(
        {
            **{name: str(value) for name, value in what(world).items()},
            "csrf_token": await browse.token("/children/1/book"),
        }
    )
    both.add_field("children", str(world.other_child))
    page = await browse.post("start_booking", both, child_id=world.child)
    assert "Pat Fenn" in page.text
    assert "(team of VH-7710C)" in page.text
    assert page.heading.startswith("Book a meeting: Zoë Larkspur and Ida Fenn")


async def test_who_explains_what_is_in_the_way(browse, world):
    page = await start(browse, world)
    assert "They can’t be invited by mail: ring them" in page.text
    assert "The family did not want Dev Patel to be told" in page.text
    assert "counts as somebody of the family" in page.text
    ticked = {
        each["name"]: each["value"] for each in page.root.all("input", type="radio") if "checked" in each.attributes
    }
    assert ticked == {
        f"need-{world.mother}": "required",
        f"need-{world.shah}": "required",
        f"need-{world.okoro}": "required",
        f"need-{world.patel}": "no",
    }


async def test_a_review_names_who_the_law_wants_and_nobody_is(browse, world):
    page = await start(browse, world, purpose="review")
    assert "A review must also invite (SEND Regulations 2014 reg 20(2)): an officer of social services" in page.text
    page = await browse.post("save_who", who(world), draft_id=1)
    assert "The review must be held by 1 June 2026" in page.text
    assert "from Tuesday 17 March" in page.text
    assert "days before the limit" in page.text
    await choose(browse, page)
    page = await browse.get("booking_check", draft_id=1)
    assert "A review must also invite an officer of social services" in page.text


async def test_a_review_agreed_too_soon_is_said_before_it_is_sent(browse, world):
    await start(browse, world, purpose="review", **agreed("2026-03-12", "2pm"))
    page = await browse.post("save_who", who(world), draft_id=1)
    assert "This gives 9 days’ notice. A review needs at least two weeks (reg 20(3))." in page.text


async def test_a_meeting_needs_somebody_besides_the_convenor(browse, world):
    await start(browse, world)
    nobody = who(world, mother="optional", shah="no")
    page = await browse.post("save_who", nobody, status=422, draft_id=1)
    assert page.errors == {"#people": "Choose at least one person who is required, besides the convenor"}


async def test_somebody_without_an_address_cannot_be_ticked(browse, world):
    await start(browse, world)
    page = await browse.post("save_who", who(world, grandfather="required"), status=422, draft_id=1)
    assert page.errors[f"#need-{world.grandfather}"].startswith("Tom Larkspur has no e-mail address")


async def test_times_can_be_looked_at_in_other_ways_in_one_click(browse, world):
    page = await reach_when(browse, world)
    links = page.links()
    page = await browse.get(links["45 minutes"])
    assert "45 minutes, from Wednesday 4 March" in page.text
    page = await browse.get(page.links()["later, from Wednesday 18 March"])
    assert "45 minutes, from Wednesday 18 March" in page.text
    page = await browse.get(page.links()["Dr Asha Shah"])
    assert "Looking without needing Dr Asha Shah" in page.text
    hidden = {
        each["name"]: each["value"] for each in page.root.all("input", type="hidden") if each["name"] != "csrf_token"
    }
    chosen = {"starts_at": first_time(page), **hidden}
    page = await browse.post("choose_time", chosen, draft_id=1, seen=page.address)
    assert "9am to 9:45am" in page.text
    assert "Dr Asha Shah optional" in page.text


@pytest.mark.parametrize(
    "query", ["from=yesterday", "minutes=-5&without=x", "from=9999-12-31", "minutes=999", "without=77"]
)
async def test_a_nonsense_address_shows_ordinary_times(browse, world, query):
    await reach_when(browse, world)
    await browse.get(f"/book/1/when?{query}")


@pytest.mark.parametrize(
    "starts_at",
    [
        "",
        "tomorrow",
        "2026-03-12T09:00",
        "0001-01-01T00:00:00+00:00",
        "0001-01-01T00:00:00+09:00",
        "2026-03-02T10:00:00+00:00",
        "2026-03-12T03:00:00+00:00",
    ],
)
async def test_a_time_that_cannot_be_meant_is_refused_beside_fresh_times(browse, world, starts_at):
    await reach_when(browse, world)
    page = await browse.post("choose_time", {"starts_at": starts_at, "minutes": "60"}, status=422, draft_id=1)
    assert "Nothing was booked" in page.text
    assert page.root.all("button", name="starts_at")


async def test_the_check_shows_each_letter_and_marks_strange_addresses(browse, world):
    page = await choose(browse, await reach_when(browse, world))
    assert "First letter to this address" in page.text
    page = await browse.get(page.links()["Dr Asha Shah"].partition("#")[0])
    letter = page.root.one("section", id="letter").text
    assert "a.shah@nhs.example" in letter
    assert "Team meeting, Wednesday 4 March 9am (ref KD-4827M)" in letter
    assert "Park behind the house." in letter
    assert "Zoë" not in letter


async def test_sending_twice_books_once(browse, world):
    await choose(browse, await reach_when(browse, world))
    token = await browse.token("/book/1/check")
    for _ in range(2):
        page = await browse.post("book_meeting", {"csrf_token": token}, draft_id=1)
        assert page.address == "/meetings/1"
    page = await browse.get("booking_when", draft_id=1)
    assert page.address == "/meetings/1"
    await browse.post("save_who", {**who(world), "csrf_token": token}, draft_id=1)


async def test_starting_twice_is_one_booking(browse, world):
    await start(browse, world)
    page = await start(browse, world)
    assert page.address == "/book/1/who"


async def test_a_time_taken_meanwhile_leads_back_to_fresh_times(browse, world, tools):
    page = await reach_when(browse, world)
    page = await choose(browse, page)
    await start(browse, world, place="Elsewhere")
    await browse.post("save_who", who(world), draft_id=2)
    await browse.post("choose_time", {"starts_at": "2026-03-04T09:30:00+00:00", "minutes": "60"}, draft_id=2)
    await browse.post("book_meeting", {}, draft_id=2)
    page = await browse.post("book_meeting", {}, status=409, draft_id=1)
    assert "Robin Lead_Worker is already booked from 09:30 to 10:30 that day. Nothing was sent." in page.text
    assert "Wednesday 4 March, 9am" not in page.text
    page = await choose(browse, page)
    page = await browse.post("book_meeting", {}, draft_id=1)
    assert page.address == "/meetings/2"


async def test_an_agreed_date_may_clash_knowingly(browse, world):
    for number in (1, 2):
        await start(browse, world, place=f"Room {number}", **agreed("2026-03-12", "2:30pm"))
        page = await browse.post("save_who", who(world), draft_id=number)
        if number == 1:
            await browse.post("book_meeting", {}, draft_id=1)
    assert "Dr Asha Shah is at another meeting then." in page.text
    page = await browse.post("book_meeting", {}, status=409, draft_id=2)
    page = await browse.post("book_meeting", {"accept_clashes": "yes"}, draft_id=2)
    assert page.address == "/meetings/2"


async def test_a_time_that_has_passed_since_it_was_chosen_is_not_sent(browse, world, clock):
    await start(browse, world, **agreed("2026-03-03", "10:30am"))
    page = await browse.post("save_who", who(world), draft_id=1)
    assert "Send 4 invitations" in page.text
    clock.move(minutes=31)
    page = await browse.post("book_meeting", {}, status=422, draft_id=1, seen="/book/1/what")
    assert "Tuesday 3 March 2026, 10:30am is in the past. Choose a time still to come." in page.text


async def test_drafts_are_their_owners_alone(browse, world, sign_in):
    await start(browse, world)
    stranger = await sign_in(Role.MANAGER)
    for route in ("booking", "booking_what", "booking_who", "booking_when", "booking_check"):
        await stranger.get(route, status=404, draft_id=1)
        await browse.get(route, status=404, draft_id=77)
    await stranger.post("discard_booking", {}, status=404, draft_id=1)


async def test_steps_not_reached_lead_to_the_first_open_one(browse, world):
    await start(browse, world)
    for route in ("booking", "booking_when", "booking_check"):
        page = await browse.get(route, draft_id=1)
        assert page.address == "/book/1/who"


async def test_an_administrator_books_nothing(world, sign_in):
    administrator = await sign_in(Role.ADMINISTRATOR)
    await administrator.get("start_booking", status=404, child_id=world.child)


async def test_a_child_that_is_not_there_is_not_found(browse, world):
    await browse.get("start_booking", status=404, child_id=999)
