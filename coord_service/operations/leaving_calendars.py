"""A meeting leaves its organizer's calendar: taken out there, and sent by our own mail from then on, in one step.

First the calendar takes the event back from everybody it invited; the mail waits for that, or until it has failed a few
times. The mail carries a UID that none of them has seen, and says that it takes the other's place.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from coord_service.domain import itip
from coord_service.domain.access import Permission, require
from coord_service.domain.meetings import MeetingStatus
from coord_service.domain.people import Actor
from coord_service.domain.routes import Route
from coord_service.errors import NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.invitations import Change, post_changes
from coord_service.operations.organizer_copy import event_of, keep_changes, present_attendees
from coord_service.operations.routing import Writing, calendar_event_of, put_event, take_event_out
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.event_queue import (
    list_held_events,
    may_stand_there,
    settle_failed_events,
    withdraw_unsent_events,
)
from coord_service.storage.meetings import list_meetings_in_calendar, lock_meeting
from coord_service.storage.tables import CalendarConnection, Meeting, OutboxLetter


async def send_by_mail_instead(tools: Tools, actor: Actor, meeting_id: int) -> None:
    """Take one meeting out of its organizer's calendar and write to everybody by mail. Twice is once.

    Raises NotFound, or Refused when the meeting is over.
    """
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        meeting = await lock_meeting(db, meeting_id)
        if meeting is None:
            raise NotFound("There is no such meeting.")
        if meeting.status is not MeetingStatus.BOOKED:
            raise Refused(f"This meeting is {meeting.status.value} and can't be changed any more.")
        if meeting.calendar is None:
            return
        await leave_calendar(db, tools, meeting, now)
        for child in meeting.children:
            record(db, actor, "leave_calendar", ("meeting", meeting.id), now, child_id=child.id)
    await tools.wake()


async def leave_calendar_with_all(db: Session, tools: Tools, connection: CalendarConnection, now: datetime) -> int:
    """Take every meeting to come, and every held time, out of a calendar; how many meetings those are."""
    meeting_ids = await list_meetings_in_calendar(db, connection.id, now)
    for meeting_id in meeting_ids:
        meeting = await lock_meeting(db, meeting_id)
        if meeting is not None and meeting.calendar_id == connection.id:
            await leave_calendar(db, tools, meeting, now)
    for uid in await list_held_events(db, connection.id):
        await take_event_out(db, tools, uid, now)
    return len(meeting_ids)


async def leave_calendar(db: Session, tools: Tools, meeting: Meeting, now: datetime) -> Sequence[OutboxLetter]:
    """The step itself, in the caller's transaction; the letters that it queued. It can't be taken back."""
    meeting.changed_at = now
    moved = [each for each in present_attendees(meeting) if each.route is Route.CALENDAR]
    removal = await _take_out(db, tools, meeting)
    addresses = {each.email for each in moved}
    old = event_of(tools, meeting)
    old = replace(old, attendees=tuple(each for each in old.attendees if each.address not in addresses))
    for each in moved:
        each.route, each.invited_at = Route.MAIL, None
    _forget_calendar(meeting)
    changes = itip.diff(old, event_of(tools, meeting), now)
    keep_changes(meeting, changes.event, now)
    change = Change(may_be_undone=False, after_id=removal.id if removal else None)
    return await post_changes(db, tools, meeting, changes.outgoing, change)


def _forget_calendar(meeting: Meeting) -> None:
    meeting.calendar, meeting.calendar_id = None, None
    meeting.there_start = meeting.there_end = meeting.there_deleted_at = None
    if meeting.wants_link:
        meeting.wants_link, meeting.online_url = False, None  # the link was that event's, and ends with it


async def _take_out(db: Session, tools: Tools, meeting: Meeting) -> OutboxLetter | None:
    """Queue the removal; None where the event can't stand there."""
    assert meeting.calendar is not None
    now, event = meeting.changed_at, calendar_event_of(tools, meeting)
    await withdraw_unsent_events(db, event.uid, now)
    await settle_failed_events(db, event.uid, now)
    if not await may_stand_there(db, event.uid):
        return None
    gone = replace(event, status=itip.Status.CANCELLED, sequence=event.sequence + 1)
    told = tuple(each.id for each in present_attendees(meeting) if each.route is Route.CALENDAR)
    row = put_event(db, tools, Writing(meeting.calendar, gone, told, meeting_id=meeting.id), now)
    await db.flush()
    return row
