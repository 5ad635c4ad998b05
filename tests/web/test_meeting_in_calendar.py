"""The page of a meeting that lives in its organizer's calendar: by which route, what went wrong there, what to do."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from coord_service.domain.people import PersonKind, Role, Sector
from coord_service.operations import connections
from coord_service.operations.following import follow_calendars
from coord_service.operations.tools import Tools
from coord_service.operations.writing_events import write_events
from coord_service.storage.meetings import load_meeting
from coord_service.storage.tables import Meeting, OutboxLetter, User
from tests.builders import a_child, a_meeting, a_person, actor_for, an_invitee
from tests.outside_calendars import connect, server
from tests.web.browsing import Browser

__all__ = ["server"]

OWNER = "lead_worker@example.org"


@pytest.fixture
async def browse(sign_in) -> Browser:
    return await sign_in(Role.LEAD_WORKER)


@pytest.fixture
async def meeting_id(browse, tools: Tools, server, clock) -> int:
    """A meeting with Dr Shah and a parent, which stands in the lead worker's calendar."""
    async with tools.database.read() as db:
        user = await db.scalar(sa.select(User).where(User.email == OWNER).options(joinedload(User.person)))
    assert user is not None
    actor = actor_for(user)
    await connections.choose_sending(tools, actor, await connect(tools, actor), sends=True)
    shah = await a_person(tools, "Dr Shah", email="shah@nhs.example")
    fay = await a_person(tools, "Fay Testwood", kind=PersonKind.FAMILY)
    invitees = (an_invitee(user.person, Sector.COUNCIL), an_invitee(shah), an_invitee(fay, Sector.FAMILY))
    made = await a_meeting(tools, user, await a_child(tools, user), invitees=invitees)
    clock.move(seconds=61)
    return made


async def meeting(tools: Tools, meeting_id: int) -> Meeting:
    async with tools.database.read() as db:
        found = await load_meeting(db, meeting_id)
    assert found is not None
    return found


async def test_the_page_says_by_which_route_each_is_told(browse, tools, meeting_id):
    await write_events(tools)
    page = await browse.get("show_meeting", meeting_id=meeting_id)
    assert "through the organizer’s calendar" in page.text
    assert f"The calendar of {OWNER}" in page.text
    event = await browse.get("show_letter", letter_id=await event_id(tools))
    assert f"Put into the calendar of {OWNER}" in event.text
    assert "BEGIN:VEVENT" in event.text
    assert "Testwood" not in event.text


async def event_id(tools: Tools) -> int:
    async with tools.database.read() as db:
        return await db.scalar(sa.select(OutboxLetter.id).where(OutboxLetter.connection_id.is_not(None))) or 0


async def test_who_will_be_told_names_the_calendar(browse, tools, meeting_id):
    await write_events(tools)
    booked = await meeting(tools, meeting_id)
    typed = {"version": booked.version, "day": booked.starts_at.date(), "start": "15:00", "minutes": 60}
    page = await browse.post("move_meeting", typed, meeting_id=meeting_id)
    assert f"Dr Shah (shah@nhs.example) gets the meeting from {OWNER}, through the organizer’s calendar" in page.text
    assert "Confirm, and tell 3 people" in page.body


async def test_a_calendar_that_refuses_is_said_and_cured_by_our_own_mail(browse, tools, server, meeting_id):
    server.password = "changed since"
    await write_events(tools)
    page = await browse.get("show_meeting", meeting_id=meeting_id)
    assert "so those invited through it don’t know" in page.text
    assert "Enter it again" in page.text
    cured = await browse.post("send_by_mail_instead", {}, seen=page.address, meeting_id=meeting_id)
    assert "so those invited through it don’t know" not in cured.text
    assert (await meeting(tools, meeting_id)).calendar_id is None


async def test_a_move_by_hand_can_be_taken_over(browse, tools, server, meeting_id):
    await write_events(tools)
    booked = await meeting(tools, meeting_id)
    start, end = booked.starts_at + timedelta(hours=2), booked.ends_at + timedelta(hours=2)
    server.move(OWNER, booked.calendar_uid or "", start, end)
    await follow_calendars(tools)
    page = await browse.get("show_meeting", meeting_id=meeting_id)
    assert "Somebody moved this meeting in the calendar of" in page.text
    form = next(each for each in page.root.all("form") if each["action"].endswith("/move"))
    fields = {each["name"]: each["value"] for each in form.all("input")}
    check = await browse.post("move_meeting", fields, meeting_id=meeting_id)
    assert check.heading.endswith("Check who will be told")
    await browse.post("move_meeting", {**fields, "confirmed": "yes"}, meeting_id=meeting_id)
    assert (await meeting(tools, meeting_id)).starts_at == start


async def test_a_deletion_by_hand_can_be_put_back(browse, tools, server, meeting_id, clock):
    await write_events(tools)
    await follow_calendars(tools)
    server.delete(OWNER, (await meeting(tools, meeting_id)).calendar_uid or "")
    await follow_calendars(tools)
    page = await browse.get("show_meeting", meeting_id=meeting_id)
    assert "Somebody deleted this meeting in the calendar of" in page.text
    page = await browse.post("put_back_event", {}, seen=page.address, meeting_id=meeting_id)
    assert "Somebody deleted this meeting" not in page.text
    await write_events(tools)
    [kept] = [each for each in server.kept.values() if not each.is_deleted]
    assert kept.event.start == (await meeting(tools, meeting_id)).starts_at
