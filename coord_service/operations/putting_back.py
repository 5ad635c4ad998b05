"""Putting an event back into its organizer's calendar, after somebody moved or deleted it there by hand."""

from datetime import timedelta

from coord_service.domain import itip
from coord_service.domain.access import Permission, require
from coord_service.domain.people import Actor
from coord_service.domain.routes import Route
from coord_service.errors import Refused
from coord_service.operations.audit import record
from coord_service.operations.changing import load_booked_meeting
from coord_service.operations.organizer_copy import present_attendees
from coord_service.operations.routing import post_event
from coord_service.operations.tools import Tools

NO_PAUSE = timedelta()


async def put_back_event(tools: Tools, actor: Actor, meeting_id: int) -> None:
    """Write the meeting into its calendar again as it is here; that calendar tells everybody it invites.

    SEQUENCE rises, since they have seen another time under the present one; who gets our mail has not, and their
    answers stand. Twice is once. Raises NotFound, Refused.
    """
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        meeting = await load_booked_meeting(db, meeting_id)
        if meeting.calendar is None:
            raise Refused("This meeting does not live in a calendar: it goes out by our own mail.")
        if meeting.there_start is None and meeting.there_deleted_at is None:
            return
        meeting.time_sequence = meeting.sequence if meeting.time_sequence is None else meeting.time_sequence
        meeting.sequence += 1
        meeting.dtstamp, meeting.changed_at = itip.dtstamp_after(now, meeting.dtstamp), now
        meeting.there_start = meeting.there_end = meeting.there_deleted_at = None
        told = [each for each in present_attendees(meeting) if each.route is Route.CALENDAR]
        await post_event(db, tools, meeting, told, NO_PAUSE)
        for child in meeting.children:
            record(db, actor, "put_back_event", ("meeting", meeting.id), now, child_id=child.id)
    await tools.wake()
