"""A meeting that lives in the lead worker's own calendar: whatever is written there is searched as every mail is."""

from dataclasses import replace
from datetime import timedelta

from coord_service.domain import itip
from coord_service.domain.meetings import MeetingMode
from coord_service.domain.people import Sector
from coord_service.operations import connections
from coord_service.operations.changing import CancelMeeting, EditMeeting, MoveMeeting
from coord_service.operations.following import follow_calendars
from coord_service.operations.leaving_calendars import send_by_mail_instead
from coord_service.operations.writing_events import write_events
from integrations.calendars.memory import SERVERS, MemoryServer
from tests.builders import a_booking, a_meeting, an_invitee
from tests.journeys.leaking import MOVED_TO, PLACE, TYPED, Case
from tests.outside_calendars import PASSWORD, connect


async def play_calendar(case: Case) -> list[itip.Event]:
    """Booked, edited, moved with a reason, cancelled, and one that leaves the calendar; every state written there."""
    SERVERS["outside"] = server = MemoryServer(password=PASSWORD)
    connection_id = await connect(case.tools, case.actor)
    await connections.choose_sending(case.tools, case.actor, connection_id, sends=True)
    first = await _book(case, 30)
    edit = EditMeeting(first, 0, MeetingMode.BOTH, MOVED_TO, "https://meet.example/abc", "Park behind the house.")
    await case.change(first, edit, notes=TYPED)
    await _write(case)
    await case.change(first, replace(edit, notes=None), place=f"{MOVED_TO}, by {TYPED}")
    start = case.clock.now() + timedelta(days=33)
    await case.change(first, MoveMeeting(first, 0, start, start + timedelta(hours=1)), reason=TYPED)
    await _write(case)
    await case.change(first, CancelMeeting(first, 0), reason=TYPED)
    second = await _book(case, 36)
    await send_by_mail_instead(case.tools, case.actor, second)
    await _write(case)
    await connections.disconnect_calendar(case.tools, case.actor, connection_id)
    await _write(case)
    del SERVERS["outside"]
    return server.written


async def _book(case: Case, days: int) -> int:
    when = case.clock.now() + timedelta(days=days)
    booking = a_booking(case.tools, case.lead, case.child, case.mother, case.shah, case.okoro)
    invitees = (*booking.invitees[:1], an_invitee(case.mother, Sector.FAMILY), *booking.invitees[2:])
    times = {"starts_at": when, "ends_at": when + timedelta(hours=1), "place": PLACE}
    meeting_id = await a_meeting(case.tools, case.lead, case.child, case.shah, invitees=invitees, **times)
    await _write(case)
    return meeting_id


async def _write(case: Case) -> None:
    case.clock.move(seconds=61)
    await write_events(case.tools)
    await follow_calendars(case.tools)
    await case.deliver()
