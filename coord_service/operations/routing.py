"""Which route each invitation of a meeting takes, and the organizer's event that goes into their calendar."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from coord_service.domain import itip
from coord_service.domain.itip import bare_address
from coord_service.domain.meetings import MeetingStatus
from coord_service.domain.routes import PUT, REMOVE, Invited, Route, route_of
from coord_service.operations.organizer_copy import event_of, is_shared_mailbox, present_attendees
from coord_service.operations.post import message_names
from coord_service.operations.tools import Tools
from coord_service.ports import Ability
from coord_service.storage.calendars import list_connections_of, list_sending_calendars, load_connection
from coord_service.storage.database import Session
from coord_service.storage.event_queue import load_first_put, load_latest_write, may_stand_there, withdraw_unsent_events
from coord_service.storage.post import add_letter
from coord_service.storage.tables import Attendee, CalendarConnection, Meeting, OutboxLetter

NEEDED = frozenset({Ability.WRITE, Ability.FOLLOW})


def may_send(connection: CalendarConnection) -> bool:
    """Whether meetings can be sent through a calendar at all: somebody's own, that invites people and tells answers."""
    return connection.person_id is not None and set(connection.abilities) >= NEEDED


async def choose_calendar(db: Session, meeting: Meeting) -> None:
    """Let a new meeting live in its convenor's calendar, where they have chosen that; never where somebody is shielded.

    Its event has a UID of its own: whoever is moved from one route to the other holds the other's UID for the first
    time, whatever became of the first.
    """
    meeting.calendar = None
    if meeting.is_private:
        return
    if connection := await find_sending_calendar(db, meeting.convenor.person_id):
        meeting.calendar, meeting.calendar_id = connection, connection.id
        meeting.calendar_uid = f"{uuid4()}@coord"


async def find_sending_calendar(db: Session, person_id: int) -> CalendarConnection | None:
    """The calendar through which somebody's meetings go out by their own choice; None: by our mail."""
    for connection in await list_connections_of(db, person_id):
        if connection.sends_meetings and may_send(connection):
            return connection
    return None


async def list_link_makers(db: Session, tools: Tools) -> frozenset[int]:
    """Whose calendars make a link to meet online by, for the meetings that go out through them: people, by id."""
    kinds = {kind.kind for kind in tools.calendars.all() if kind.makes_links}
    found = await list_sending_calendars(db)
    return frozenset(each.person_id for each in found if each.person_id and each.kind in kinds and may_send(each))


def is_owner(meeting: Meeting, attendee: Attendee) -> bool:
    """Whether the meeting stands in this attendee's own calendar."""
    return meeting.calendar is not None and attendee.person_id == meeting.calendar.person_id


def route_for(meeting: Meeting, attendee: Attendee) -> Route:
    """How somebody hears of a meeting: as at their first invitation, until the meeting leaves the calendar."""
    if meeting.calendar is None:
        return Route.MAIL
    if attendee.route is not None or attendee.invited_at is not None:
        return attendee.route or Route.MAIL
    if is_owner(meeting, attendee):
        return Route.CALENDAR
    invited = Invited(
        attendee.person.kind,
        attendee.sector,
        is_shared_mailbox=is_shared_mailbox(attendee),
        is_stand_in=bool(attendee.delegated_from),
    )
    return route_of(invited)


def calendar_event_of(tools: Tools, meeting: Meeting) -> itip.Event:
    """The event as its organizer's calendar keeps it: those invited by it, and none of their answers."""
    event = event_of(tools, meeting, is_for_calendar=True)
    people = [each for each in present_attendees(meeting) if route_for(meeting, each) is Route.CALENDAR]
    invited = {each.email for each in people if not is_owner(meeting, each)}
    return replace(
        event,
        uid=meeting.calendar_uid or "",
        organizer=_organizer(meeting),
        attendees=tuple(_asked(each) for each in event.attendees if each.address in invited),
        removed=(),
    )


def _organizer(meeting: Meeting) -> itip.Organizer:
    owner = meeting.calendar.person if meeting.calendar else None
    return itip.Organizer(bare_address(owner.email or ""), owner.name) if owner else itip.Organizer("")


def _asked(attendee: itip.Attendee) -> itip.Attendee:
    return itip.Attendee(attendee.address, attendee.name, attendee.role, cutype=attendee.cutype)


@dataclass(frozen=True, slots=True)
class Writing:
    """An event to be written: in which calendar, whom that tells, and from when on."""

    connection: CalendarConnection
    event: itip.Event
    told: tuple[int, ...] = ()
    not_before: datetime | None = None
    meeting_id: int | None = None
    attendee_id: int | None = None
    poll_id: int | None = None

    @property
    def letter(self) -> str:
        """What is done with it: a cancelled one is taken out."""
        return REMOVE if self.event.status is itip.Status.CANCELLED else PUT


async def post_event(
    db: Session, tools: Tools, meeting: Meeting, people: Sequence[Attendee], pause: timedelta
) -> OutboxLetter | None:
    """Queue the event as it is now, in the caller's transaction; None where the calendar need not be told.

    States of it that nobody has written yet are taken back: this one says all that they said.
    """
    assert meeting.calendar is not None
    now, event = meeting.changed_at, calendar_event_of(tools, meeting)
    present = await load_latest_write(db, event.uid)
    if present is not None and _says_the_same(tools, present, event):
        return None
    untold = await withdraw_unsent_events(db, event.uid, now)
    is_over = meeting.status is MeetingStatus.CANCELLED
    if is_over and not await may_stand_there(db, event.uid):
        return None
    coming = {each.id for each in present_attendees(meeting)}
    told = [each.id for each in people] + [each for each in untold if each in coming]
    owner = next((each for each in meeting.attendees if is_owner(meeting, each)), None)
    writing = Writing(
        meeting.calendar,
        event,
        tuple(dict.fromkeys(told)),
        now + pause,
        meeting_id=meeting.id,
        attendee_id=owner.id if owner else None,
    )
    return put_event(db, tools, writing, now)


def put_event(db: Session, tools: Tools, writing: Writing, now: datetime) -> OutboxLetter:
    """Put an event into the outbox, for its calendar."""
    event, owner = writing.event, writing.connection.person
    stamp = (event.dtstamp or now).timestamp()
    key = f"event:{event.uid}:v{event.sequence}:{int(stamp)}:{int(now.timestamp() * 1_000_000)}:{writing.letter}"
    row = OutboxLetter(
        **message_names(tools, key),
        letter=writing.letter,
        subject=event.summary,
        recipient=bare_address(owner.email or "") if owner else "",
        content=tools.codec.write_copy(event),
        connection_id=writing.connection.id,
        event_uid=event.uid,
        told=list(writing.told),
        person_id=writing.connection.person_id,
        meeting_id=writing.meeting_id,
        attendee_id=writing.attendee_id,
        poll_id=writing.poll_id,
        created_at=now,
        not_before=writing.not_before or now,
    )
    add_letter(db, row)
    return row


async def take_event_out(db: Session, tools: Tools, uid: str, now: datetime) -> None:
    """Queue the removal of an event that belongs to no meeting (a held time); quiet where it can't stand there."""
    kept = await load_first_put(db, uid)
    await withdraw_unsent_events(db, uid, now)
    if kept is None or not await may_stand_there(db, uid):
        return
    connection = await load_connection(db, kept.connection_id or 0)
    if connection is not None and connection.disconnected_at is None:
        event = replace(tools.codec.read_copy(kept.content), status=itip.Status.CANCELLED)
        put_event(db, tools, Writing(connection, event, poll_id=kept.poll_id), now)


def _says_the_same(tools: Tools, kept: OutboxLetter, event: itip.Event) -> bool:
    """Whether the calendar has, or is about to get, this very state: only the moment of writing differs."""
    if kept.letter != PUT or event.status is itip.Status.CANCELLED:
        return False
    stamp = tools.codec.read_copy(kept.content).dtstamp
    return tools.codec.write_copy(replace(event, dtstamp=stamp)) == kept.content
