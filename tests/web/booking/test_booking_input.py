"""What cannot be meant is refused in words while a booking is filled in. The clock stands at 3 March 2026, 10am."""

from coord_service.domain.people import Role
from tests.web.booking.steps import agreed, reach_when, start, what, who

FAULTS: list[tuple[dict[str, object], str, str]] = [
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
]


async def test_each_fault_of_the_first_step_has_its_sentence_and_keeps_what_was_typed(browse, world):
    for changes, anchor, sentence in FAULTS:
        page = await browse.post("start_booking", what(world, **changes), status=422, child_id=world.child)
        assert sentence in page.errors[anchor]
        assert page.value("notes") == changes.get("notes", "Park behind the house.")


NOT_TO_BE_MEANT = [
    ("2026-03-29", "1:30am", "the clocks go forward from 1am to 2am, so there is no 1:30am that day"),
    ("2026-10-25", "1:30am", "the clocks go back from 2am to 1am, so 1:30am comes twice that day"),
    ("2026-03-03", "9:30am", "Tuesday 3 March 2026, 9:30am is in the past"),
    ("2025-03-12", "2pm", "is in the past"),
    ("2026-03-12", "2:30", "is outside 7am to 9pm. Write 2:30pm for the afternoon"),
    ("2026-03-12", "8:30pm", "is outside 7am to 9pm"),
    ("2036-03-12", "2pm", "is more than two years away. Check the year"),
    ("2026-02-30", "2pm", "must be a real date"),
]


async def test_an_agreed_date_that_cannot_be_meant_is_refused_in_words(browse, world):
    for day, o_clock, sentence in NOT_TO_BE_MEANT:
        asked = what(world, **agreed(day, o_clock))
        page = await browse.post("start_booking", asked, status=422, child_id=world.child)
        assert sentence in page.errors["#agreed_on-day"]
        assert page.value("agreed_time") == o_clock


async def test_a_meeting_needs_somebody_besides_the_convenor(browse, world):
    await start(browse, world)
    nobody = who(world, mother="optional", shah="no")
    page = await browse.post("save_who", nobody, status=422, draft_id=1)
    assert page.errors == {"#people": "Choose at least one person who is required, besides the convenor"}


async def test_somebody_without_an_address_cannot_be_ticked(browse, world):
    await start(browse, world)
    page = await browse.post("save_who", who(world, grandfather="required"), status=422, draft_id=1)
    assert page.errors[f"#need-{world.grandfather}"].startswith("Tom Larkspur has no e-mail address")


async def test_a_nonsense_address_shows_ordinary_times(browse, world):
    await reach_when(browse, world)
    for query in ("from=yesterday", "minutes=-5&without=x", "from=9999-12-31", "minutes=999", "without=77"):
        page = await browse.get(f"/book/1/when?{query}")
        assert "possible ones" in page.text or "No time fits" in page.text


async def test_a_time_that_cannot_be_meant_is_refused_beside_fresh_times(browse, world):
    await reach_when(browse, world)
    nonsense = ["", "tomorrow", "2026-03-12T09:00", "0001-01-01T00:00:00+00:00"]
    for starts_at in (*nonsense, "2026-03-02T10:00:00+00:00", "2026-03-12T03:00:00+00:00"):
        page = await browse.post("choose_time", {"starts_at": starts_at, "minutes": "60"}, status=422, draft_id=1)
        assert "Nothing was booked" in page.text
        assert page.root.all("input", name="starts_at")


async def test_a_time_that_has_passed_since_it_was_chosen_is_not_sent(browse, world, clock):
    await start(browse, world, **agreed("2026-03-03", "10:30am"))
    page = await browse.post("save_who", who(world), draft_id=1)
    assert "Send 4 invitations" in page.text
    clock.move(minutes=31)
    page = await browse.post("book_meeting", {}, status=422, draft_id=1, seen="/book/1/what")
    assert "Tuesday 3 March 2026, 10:30am is in the past. Choose a time still to come." in page.text


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
