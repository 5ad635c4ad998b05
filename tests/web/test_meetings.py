"""The meeting page and the pages that change a meeting."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp import FormData

from coord_service.domain.meetings import Answer, MeetingStatus, Purpose
from coord_service.domain.people import PersonKind, Role, Sector
from coord_service.operations.meeting_page import view_meeting
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Attendee, Child, InboundMail, Meeting, OutboxLetter, Person, User
from tests.builders import a_child, a_meeting, a_member, a_person, actor_for
from tests.installation import StandingClock, clock, tools
from tests.statements import count_statements
from tests.web.browsing import Browser

__all__ = ["clock", "tools"]


@dataclass
class World:
    """A signed-in lead worker with a booked meeting."""

    browser: Browser
    worker: User
    child: Child
    shah: Person
    meeting_id: int


@pytest.fixture
async def world(tools: Tools, sign_in: Callable[[Role], Awaitable[Browser]]) -> World:
    browser = await sign_in(Role.LEAD_WORKER)
    async with tools.database.read() as db:
        worker = await db.get(User, 1)
    assert worker is not None
    child, shah = await a_child(tools, worker), await a_person(tools, "Dr Priya Shah")
    await a_member(tools, child, shah)
    meeting_id = await a_meeting(tools, worker, child, shah)
    return World(browser, worker, child, shah, meeting_id)


async def answers(tools: Tools, world: World) -> dict[str, Answer]:
    view = await view_meeting(tools, actor_for(world.worker), world.meeting_id)
    return {each.attendee.person.name: each.attendee.answer for each in view.invitations}


async def test_the_page_shows_every_invitation_and_offers_undo(world: World) -> None:
    page = await world.browser.get("show_meeting", meeting_id=world.meeting_id)
    assert "Dr Priya Shah" in page.text
    assert "Waiting to be sent" in page.text
    assert "You can take this back until" in page.text
    assert world.child.reference in page.title
    assert world.child.family_name not in page.title


async def test_undo_takes_the_booking_back(world: World) -> None:
    page = await world.browser.post(
        "undo_change", {}, meeting_id=world.meeting_id, seen=f"/meetings/{world.meeting_id}"
    )
    assert page.banner == "Undone. Nothing was sent."
    assert "Nobody was sent anything" in page.text


async def test_send_now_ends_the_wait(tools: Tools, world: World) -> None:
    here = f"/meetings/{world.meeting_id}"
    await world.browser.post("send_now", {}, meeting_id=world.meeting_id, seen=here)
    await deliver_outbox(tools)
    page = await world.browser.get(here)
    assert "Waiting to be sent" not in page.text
    assert "You can take this back" not in page.text


async def test_a_telephone_answer_is_entered_on_the_page(tools: Tools, world: World) -> None:
    view = await view_meeting(tools, actor_for(world.worker), world.meeting_id)
    attendee = next(each.attendee for each in view.invitations if each.attendee.person_id == world.shah.id)
    here = f"/meetings/{world.meeting_id}"
    data = {"answer": "DECLINED", "comment": "In clinic that day"}
    page = await world.browser.post("log_answer", data, meeting_id=world.meeting_id, attendee_id=attendee.id, seen=here)
    assert "is needed and can’t come: “In clinic that day”" in page.text
    assert "Find another time" in page.links()


async def test_moving_shows_who_is_told_before_it_moves(tools: Tools, clock: StandingClock, world: World) -> None:
    clock.move(seconds=61)
    await deliver_outbox(tools)
    form = await world.browser.get("move_meeting", meeting_id=world.meeting_id)
    data = {"version": form.value("version"), "day": "2026-03-20", "start": "2:30pm", "minutes": "60"}
    check = await world.browser.post("move_meeting_post", data, meeting_id=world.meeting_id)
    assert "Dr Priya Shah" in check.text
    assert "gets the new time, and will be asked again" in check.text
    page = await world.browser.post("move_meeting_post", {**data, "confirmed": "yes"}, meeting_id=world.meeting_id)
    assert "Friday 20 March, 2:30pm" in page.heading


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day": "2026-02-30"}, "Day must be a real date"),
        ({"day": "2026-03-01"}, "The meeting must start in the future"),
        ({"day": "2026-03-29", "start": "01:30"}, "On Sunday 29 March 2026 the clocks go forward from 1am to 2am"),
        ({"start": "half three"}, "Start time must be a real time, like 2:30pm or 14:30"),
        ({"minutes": "5"}, "Enter a number from 15 to 720"),
    ],
)
async def test_a_bad_move_keeps_what_was_typed(world: World, changes: dict[str, str], sentence: str) -> None:
    form = await world.browser.get("move_meeting", meeting_id=world.meeting_id)
    data = {"version": form.value("version"), "day": "2026-03-20", "start": "14:30", "minutes": "60", **changes}
    page = await world.browser.post("move_meeting_post", data, 422, meeting_id=world.meeting_id)
    assert any(error.startswith(sentence) for error in page.errors.values()), page.errors
    assert page.value("start") == data["start"]


async def test_a_stale_form_shows_both_versions(world: World) -> None:
    form = await world.browser.get("edit_meeting", meeting_id=world.meeting_id)
    version = form.value("version")
    theirs = {"version": version, "mode": "place", "place": "Oak House", "confirmed": "yes"}
    await world.browser.post("edit_meeting_post", theirs, meeting_id=world.meeting_id)
    mine = {"version": version, "mode": "place", "place": "Ash House"}
    page = await world.browser.post("edit_meeting_post", mine, 409, meeting_id=world.meeting_id)
    assert "Somebody else changed this meeting" in page.text
    assert "Oak House" in page.text
    assert page.value("place") == "Ash House"


async def test_changing_people_and_cancelling_run_through(tools: Tools, world: World) -> None:
    nina = await a_person(tools, "Nina Newcomer")
    await a_member(tools, world.child, nina)
    form = await world.browser.get("change_people", meeting_id=world.meeting_id)
    everybody = [str(world.worker.person_id), str(world.shah.id), str(nina.id)]
    data = {"version": form.value("version"), "confirmed": "yes"}
    pairs = [*data.items(), *(("person", each) for each in everybody), ("required", str(world.shah.id))]
    token = await world.browser.token(f"/meetings/{world.meeting_id}/people")
    await world.browser.post(
        "change_people_post", FormData([*pairs, ("csrf_token", token)]), meeting_id=world.meeting_id
    )
    assert set(await answers(tools, world)) >= {"Dr Priya Shah", "Nina Newcomer"}
    form = await world.browser.get("cancel_meeting", meeting_id=world.meeting_id)
    data = {"version": form.value("version"), "reason": "School closed", "confirmed": "yes"}
    page = await world.browser.post("cancel_meeting_post", data, meeting_id=world.meeting_id)
    assert "This meeting was cancelled: School closed" in page.text
    view = await view_meeting(tools, actor_for(world.worker), world.meeting_id)
    assert view.meeting.status is MeetingStatus.CANCELLED


async def test_lists_show_meetings_to_come_and_say_when_there_are_none(world: World) -> None:
    page = await world.browser.get("meetings")
    assert "1 meeting" in page.text
    past = await world.browser.get("meetings", when="past")
    assert "Meetings that have taken place will be listed here" in past.text


async def test_a_letter_can_be_read_word_for_word(tools: Tools, clock: StandingClock, world: World) -> None:
    clock.move(seconds=61)
    await deliver_outbox(tools)
    view = await view_meeting(tools, actor_for(world.worker), world.meeting_id)
    letter = view.invitations[-1].latest
    assert letter is not None
    page = await world.browser.get("show_letter", letter_id=letter.id)
    assert "BEGIN:VCALENDAR" in page.text
    assert timedelta(0) < tools.clock.now() - view.meeting.created_at


async def test_an_unknown_meeting_is_not_found(world: World) -> None:
    await world.browser.get("show_meeting", 404, meeting_id=999)


async def add_meetings(tools: Tools, world: World, count: int) -> None:
    """Meetings straight into the tables, each with Dr Shah."""
    start = tools.clock.now() + timedelta(days=1)
    async with tools.database.begin() as db:
        child, shah = await db.get_one(Child, world.child.id), await db.get_one(Person, world.shah.id)
        db.add_all(
            Meeting(
                uid=f"{count}-{number}@test",
                dtstamp=start,
                purpose=Purpose.TAC,
                starts_at=start + timedelta(hours=number),
                ends_at=start + timedelta(hours=number + 1),
                convenor_id=world.worker.id,
                created_at=start,
                changed_at=start,
                children=[child],
                attendees=[
                    Attendee(person=shah, email="s@nhs.example", role="T", sector=Sector.HEALTH, is_required=True)
                ],
            )
            for number in range(count)
        )


async def add_correspondence(tools: Tools, world: World, count: int) -> None:
    """People at the meeting, each with a letter, and mail that came back."""
    now = tools.clock.now()
    async with tools.database.begin() as db:
        for number in range(count):
            mark = f"{count}-{number}"
            person = Person(kind=PersonKind.PROFESSIONAL, name=f"P {mark}", email=f"p{mark}@nhs.example")
            attendee = Attendee(
                meeting_id=world.meeting_id,
                person=person,
                email=f"p{mark}@nhs.example",
                role="T",
                sector=Sector.HEALTH,
                is_required=False,
            )
            db.add(attendee)
            await db.flush()
            about = {"meeting_id": world.meeting_id, "attendee_id": attendee.id}
            times = {"created_at": now, "not_before": now}
            letter = {"key": mark, "message_id": mark, "envelope_from": mark, "recipient": mark, "content": b""}
            db.add(OutboxLetter(letter="invite", subject="S", **letter, **times, **about))
            place = {"mailbox": "m", "uidvalidity": count, "uid": number}
            db.add(InboundMail(content=b"", received_at=now, judged_at=now, why="Held", **place, **about))


async def test_lists_of_meetings_take_the_same_statements_however_many(tools: Tools, world: World) -> None:
    numbers = []
    for count in (10, 1000):
        await add_meetings(tools, world, count)
        with count_statements(tools.database) as counted:
            await world.browser.get("meetings")
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]


async def test_the_meeting_page_takes_the_same_statements_however_many_are_invited(tools: Tools, world: World) -> None:
    numbers = []
    for count in (10, 300):
        await add_correspondence(tools, world, count)
        with count_statements(tools.database) as counted:
            await world.browser.get("show_meeting", meeting_id=world.meeting_id)
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]
