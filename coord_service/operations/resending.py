"""Sending an invitation again, to the address the person has now."""

from dataclasses import replace
from datetime import datetime

from coord_service.domain import itip
from coord_service.domain.access import Permission, require
from coord_service.domain.delivery import LetterState
from coord_service.domain.itip import bare_address
from coord_service.domain.people import Actor
from coord_service.domain.routes import Route
from coord_service.errors import NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.changing import load_booked_meeting
from coord_service.operations.invitations import Change, post_changes
from coord_service.operations.organizer_copy import event_of, keep_changes
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.meetings import find_meeting_of_attendee, load_attendee, lock_meeting
from coord_service.storage.post import list_meeting_letters, withdraw_waiting_invitations
from coord_service.storage.tables import Meeting


async def send_again(tools: Tools, actor: Actor, attendee_id: int) -> str:
    """Send the present invitation again; the address it goes to. Earlier failures count as dealt with.

    Raises Refused when the person has no address, or the meeting is over.
    """
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        await lock_meeting(db, await find_meeting_of_attendee(db, attendee_id) or 0)
        attendee = await load_attendee(db, attendee_id)
        if attendee is None or attendee.removed_at is not None:
            raise NotFound("They are not invited to this meeting.")
        if not attendee.person.email:
            raise Refused(f"{attendee.person.name} has no mail address. Add one first.")
        meeting = await load_booked_meeting(db, attendee.meeting_id)
        if attendee.route is Route.CALENDAR and attendee.email == bare_address(attendee.person.email):
            raise Refused(
                f"{attendee.person.name} was invited through the organizer’s calendar, which invites once. "
                "Ring them, or send the meeting by our own mail instead: the meeting’s page offers that."
            )
        old = event_of(tools, meeting)
        for letter in await list_meeting_letters(db, meeting.id):
            if letter.attendee_id == attendee.id and (letter.bounced_at or letter.state is LetterState.FAILED):
                letter.settled_at = now
        # To iTIP it is somebody new: the old address never answered, and no CANCEL is due where nothing arrived.
        attendee.email, attendee.invited_at = bare_address(attendee.person.email), None
        meeting.changed_at = now
        without = _without(old, attendee.email)
        changes = itip.diff(without, event_of(tools, meeting), now)
        keep_changes(meeting, changes.event, now)
        requests = [each for each in changes.outgoing if each.recipient == attendee.email]
        await post_changes(db, tools, meeting, requests, Change(may_be_undone=False))
        for child in meeting.children:
            record(db, actor, "send_again", ("meeting", meeting.id), now, child_id=child.id, attendee=attendee.id)
    await tools.wake()
    return attendee.email


async def write_anew(db: Session, tools: Tools, meeting: Meeting, now: datetime) -> None:
    """Write again, as it may be said now, whatever waits to be sent of a meeting's invitations and updates."""
    waiting = await withdraw_waiting_invitations(db, meeting.id, now)
    for each in meeting.attendees:
        if each.email in waiting:
            each.invited_at = None  # whatever has reached them, the whole invitation is right
    if waiting:
        meeting.changed_at = now
        event = event_of(tools, meeting)
        changes = itip.diff(_without(event, *waiting), event, now)
        keep_changes(meeting, changes.event, now)
        requests = [each for each in changes.outgoing if each.recipient in waiting]
        await post_changes(db, tools, meeting, requests, Change(may_be_undone=False))


def _without(event: itip.Event, *addresses: str) -> itip.Event:
    kept = tuple(each for each in event.attendees if each.address not in addresses)
    return replace(event, attendees=kept)
