"""Booking a meeting in the browser: four steps. The clock stands at Tuesday 3 March 2026, 10am in London."""

from datetime import date

from aiohttp import FormData

from coord_service.domain.children import Sharing
from coord_service.domain.people import PersonKind, Role, Sector
from coord_service.operations.tools import Tools
from coord_service.storage.tables import BookingDraft, Child, Membership, Person
from tests.statements import count_statements
from tests.web.booking.steps import agreed, choose, first_offer, reach_when, start, what, who
from tests.web.browsing import Browser


async def test_the_whole_wizard_ends_on_the_meeting_page(browse, world):
    page = await browse.get("start_booking", child_id=world.child)
    assert page.heading == "Book a meeting: Zoë Larkspur What is the meeting?"
    assert "KD-4827M" in page.title
    assert "Zoë" not in page.title
    page = await start(browse, world)
    assert page.address == "/book/1/who"
    page = await browse.post("save_who", who(world), draft_id=1)
    assert page.address == "/book/1/when"
    assert "Nothing known against it We can see nobody’s calendar" in page.text
    page = await choose(browse, page)
    assert page.address == "/book/1/check"
    assert "Tuesday 10 March, 9am to 10am" in page.text
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
    assert "For the quorum: somebody of the family" in page.text
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
    assert "not before Tuesday 17 March 2026; it must be held by Monday 1 June 2026" in page.text
    assert "from Tuesday 17 March" in page.text
    assert "days before the limit" in page.text
    await choose(browse, page)
    page = await browse.get("booking_check", draft_id=1)
    assert "A review must also invite an officer of social services" in page.text


async def test_a_review_agreed_too_soon_is_said_before_it_is_sent(browse, world):
    await start(browse, world, purpose="review", **agreed("2026-03-12", "2pm"))
    page = await browse.post("save_who", who(world), draft_id=1)
    assert "This gives 9 days’ notice. A review needs at least two weeks (reg 20(3))." in page.text


async def test_times_can_be_looked_at_in_other_ways_in_one_click(browse, world):
    page = await reach_when(browse, world)
    links = page.links()
    page = await browse.get(links["45 minutes"])
    assert "45 minutes, from Tuesday 10 March" in page.text
    page = await browse.get(page.links()["later, from Tuesday 24 March"])
    assert "45 minutes, from Tuesday 24 March" in page.text
    page = await browse.get(page.links()["Dr Asha Shah"])
    assert "Looking without needing Dr Asha Shah" in page.text
    chosen = first_offer(page)
    assert chosen["minutes"] == "45"
    page = await browse.post("choose_time", chosen, draft_id=1, seen=page.address)
    assert "9am to 9:45am" in page.text
    assert "Dr Asha Shah optional" in page.text


async def test_the_check_shows_each_letter_and_marks_strange_addresses(browse, world):
    page = await choose(browse, await reach_when(browse, world))
    assert "First letter to this address" in page.text
    page = await browse.get(page.links()["Dr Asha Shah"].partition("#")[0])
    letter = page.root.one("section", id="letter").text
    assert "a.shah@nhs.example" in letter
    assert "Team meeting, Tuesday 10 March 9am (ref KD-4827M)" in letter
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
    await browse.post("choose_time", {"starts_at": "2026-03-10T09:30:00+00:00", "minutes": "60"}, draft_id=2)
    await browse.post("book_meeting", {}, draft_id=2)
    page = await browse.post("book_meeting", {}, status=409, draft_id=1)
    assert "Robin Lead_Worker is already booked from 09:30 to 10:30 that day. Nothing was sent." in page.text
    assert "Tuesday 10 March, 9am" not in page.text
    page = await choose(browse, page)
    page = await browse.post("book_meeting", {}, draft_id=1)
    assert page.address == "/meetings/2"


async def test_an_agreed_date_may_clash_knowingly(browse, world):
    for number in (1, 2):
        await start(browse, world, place=f"Room {number}", **agreed("2026-03-12", "2:30pm"))
        page = await browse.post("save_who", who(world), draft_id=number)
        if number == 1:
            await browse.post("book_meeting", {}, draft_id=1)
    assert "Dr Asha Shah is busy then." in page.text
    page = await browse.post("book_meeting", {}, status=409, draft_id=2)
    page = await browse.post("book_meeting", {"accept_clashes": "yes"}, draft_id=2)
    assert page.address == "/meetings/2"


async def test_drafts_are_their_owners_alone(browse, world, sign_in):
    await start(browse, world)
    stranger = await sign_in(Role.MANAGER)
    for route in ("booking", "booking_what", "booking_who", "booking_when", "booking_check"):
        await stranger.get(route, status=404, draft_id=1)
        await browse.get(route, status=404, draft_id=77)
    await stranger.post("discard_booking", {}, status=404, draft_id=1)


async def test_a_page_takes_the_same_statements_however_large_the_team(browse, world, tools):
    await choose(browse, await reach_when(browse, world))
    pages = ("booking_what", "booking_who", "booking_when", "booking_check")
    few = [await statements(browse, tools, page) for page in pages]
    async with tools.database.begin() as db:
        people = [
            Person(kind=PersonKind.PROFESSIONAL, name=f"Person {n}", email=f"p{n}@nhs.example") for n in range(100)
        ]
        db.add_all(people)
        await db.flush()
        db.add_all(
            Membership(
                child_id=world.child,
                person_id=person.id,
                role="Therapist",
                sector=Sector.HEALTH,
                sharing=Sharing.AGREED,
                started_on=date(2026, 1, 1),
            )
            for person in people
        )
        draft = await db.get_one(BookingDraft, 1)
        needs = draft.answers["needs"] | {str(person.id): "optional" for person in people}
        draft.answers = draft.answers | {"needs": needs}
    assert [await statements(browse, tools, page) for page in pages] == few


async def statements(browse: Browser, tools: Tools, page: str) -> int:
    with count_statements(tools.database) as counted:
        await browse.get(page, draft_id=1)
    return counted.number


async def test_another_time_for_a_meeting_is_found_and_shown_before_anybody_is_told(browse, world):
    await choose(browse, await reach_when(browse, world))
    await browse.post("book_meeting", {}, draft_id=1)
    page = await browse.get("move_meeting", meeting_id=1)
    page = await browse.get(page.links()["Show the best times for these people"])
    assert page.heading == "Now on Tuesday 10 March, 9am Find another time"
    page = await browse.get(page.links()["later, from Tuesday 24 March"])
    page = await browse.post("move_meeting_post", first_offer(page), meeting_id=1, seen=page.address)
    assert "Dr Asha Shah (a.shah@nhs.example) gets" in page.text
    assert "Tuesday 24 March" in page.text
    await browse.get("find_new_time", status=404, meeting_id=77)


async def test_a_shielded_childs_letters_hide_the_place_and_every_step_says_so(browse, world, tools):
    async with tools.database.begin() as db:
        (await db.get_one(Child, world.child)).is_shielded = True
    page = await start(browse, world)
    assert "the place stands in none of them" in page.text
    page = await choose(browse, await browse.post("save_who", who(world), draft_id=1))
    page = await browse.get("booking_check", draft_id=1, person=world.shah)
    assert "Place hidden" in page.text
    assert "Room 2, Example House" not in page.root.one("section", id="letter").text


async def test_an_unfinished_booking_can_be_thrown_away(browse, world):
    await start(browse, world)
    token = await browse.token("/book/1/what")
    async with browse.client.post("/book/1/discard", data={"csrf_token": token}, allow_redirects=False) as response:
        assert response.status == 303
    await browse.get("booking", status=404, draft_id=1)
