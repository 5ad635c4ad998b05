"""Booking a meeting: facts, permission, decision, store with letters, audit, nudge."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from coord_service.clock import LONDON
from coord_service.domain import itip
from coord_service.domain.access import Permission, require
from coord_service.domain.itip import bare_address
from coord_service.domain.meetings import Answer, MeetingMode, MeetingStatus, Purpose
from coord_service.domain.people import Actor, Sector
from coord_service.domain.routes import Route
from coord_service.errors import InvalidForm, NotFound, Refused, SlotTaken
from coord_service.operations.audit import record
from coord_service.operations.invitations import Change, facts_of, post_changes
from coord_service.operations.organizer_copy import event_of, keep_changes
from coord_service.operations.rooms import refuse_taken_room, take_room
from coord_service.operations.routing import calendar_event_of, choose_calendar, route_for
from coord_service.operations.tools import Tools
from coord_service.ports import LetterOrder, WrittenLetter
from coord_service.storage.accounts import load_user
from coord_service.storage.database import Session
from coord_service.storage.meetings import (
    add_meeting,
    list_clashes,
    list_known_recipients,
    load_meeting_of_draft,
    lock_children,
    lock_people,
)
from coord_service.storage.tables import Attendee, Meeting, Person

LONGEST_MEETING = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody to be invited, in the role they have in the team."""

    person_id: int
    role: str
    sector: Sector
    is_required: bool


@dataclass(frozen=True, slots=True)
class BookMeeting:
    """What the lead worker decided. ``draft_id`` makes a double click book once; instants are aware UTC.

    ``accept_clashes``: book although somebody required is at another meeting then (a date agreed in person).
    ``room_id``: the room to take; ``place`` is then its words, whatever stands there. ``wants_link``: the convenor's
    calendar makes the link to meet online by.
    """

    draft_id: int
    child_ids: tuple[int, ...]
    purpose: Purpose
    invitees: tuple[Invitee, ...]
    starts_at: datetime
    ends_at: datetime
    mode: MeetingMode
    place: str | None
    online_url: str | None
    notes: str | None
    convenor_id: int
    accept_clashes: bool = False
    room_id: int | None = None
    wants_link: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """Exactly what one person will receive, and what the lead worker should notice before sending.

    ``through``: the address from whose calendar they are invited; "" where it is our mail.
    """

    person_id: int
    name: str
    address: str
    subject: str
    text: str
    is_outside: bool
    is_first_time: bool
    hides_place: bool
    through: str = ""


async def book_meeting(tools: Tools, actor: Actor, request: BookMeeting) -> int:
    """Book it and queue every invitation; the meeting's id, the first one's when the same draft is sent again.

    Raises InvalidForm, NotFound, or SlotTaken when somebody required was booked elsewhere meanwhile.
    """
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    check_times(request.starts_at, request.ends_at, now)
    async with tools.database.begin() as db:
        people = await lock_people(db, [each.person_id for each in request.invitees])
        existing = await load_meeting_of_draft(db, request.draft_id)
        if existing is not None:
            return existing
        meeting = await _new_meeting(db, request, list(people), now)
        await refuse_taken_room(db, meeting)
        await refuse_clashes(db, meeting, accept=request.accept_clashes)
        add_meeting(db, meeting)
        await db.flush()
        changes = itip.diff(None, event_of(tools, meeting), now)
        keep_changes(meeting, changes.event, now)
        await post_changes(db, tools, meeting, changes.outgoing, Change())
        for child in meeting.children:
            record(db, actor, "book_meeting", ("meeting", meeting.id), now, child_id=child.id)
    await tools.wake()
    return meeting.id


def check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Refuse times that make no meeting. Raises InvalidForm."""
    if starts_at <= now:
        raise InvalidForm({"starts_at": "The meeting must start in the future"})
    if not timedelta() < ends_at - starts_at <= LONGEST_MEETING:
        raise InvalidForm({"ends_at": "The meeting must end after it starts, at most 12 hours later"})


async def _new_meeting(db: Session, request: BookMeeting, people: list[Person], now: datetime) -> Meeting:
    convenor = await load_user(db, request.convenor_id)
    children = list(await lock_children(db, request.child_ids))
    if convenor is None or not children or len(children) != len(set(request.child_ids)):
        raise NotFound("This child or this lead worker is not on our records.")
    if any(child.closed_at for child in children):
        raise Refused("This child's record is closed. Open it again before you book a meeting.")
    meeting = Meeting(
        uid=f"{uuid4()}@coord",
        sequence=0,
        dtstamp=now,
        purpose=request.purpose,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        mode=request.mode,
        place=request.place,
        online_url=request.online_url,
        notes=request.notes,
        is_private=any(child.is_shielded for child in children),
        status=MeetingStatus.BOOKED,
        convenor_id=convenor.id,
        convenor=convenor,
        children=children,
        draft_id=request.draft_id,
        created_at=now,
        changed_at=now,
        attendees=_attendees(request.invitees, people, convenor.person_id, now),
    )
    if request.room_id is not None:
        await take_room(db, meeting, request.room_id)
    await choose_calendar(db, meeting)
    meeting.wants_link = request.wants_link and meeting.calendar is not None
    return meeting


def _attendees(
    invitees: tuple[Invitee, ...], people: list[Person], convenor_person_id: int, now: datetime
) -> list[Attendee]:
    by_id = {person.id: person for person in people}
    missing = [each.person_id for each in invitees if each.person_id not in by_id]
    if missing:
        raise NotFound("Somebody you ticked is no longer on our records. Go back to Who and look again.")
    rows = [new_attendee(each, by_id[each.person_id]) for each in invitees]
    for row in rows:
        if row.person_id == convenor_person_id:
            row.answer, row.answered_at = Answer.ACCEPTED, now
    refuse_shared_addresses(rows)
    return rows


def new_attendee(invitee: Invitee, person: Person) -> Attendee:
    """A place at the meeting for this person. Raises InvalidForm when there is no address to invite them at."""
    if not person.email:
        raise InvalidForm({"invitees": f"{person.name} has no mail address. Add one, or leave them out and ring them."})
    return Attendee(
        person_id=person.id,
        person=person,
        email=bare_address(person.email),
        role=invitee.role,
        sector=invitee.sector,
        is_required=invitee.is_required,
        answer=Answer.NEEDS_ACTION,
    )


def refuse_shared_addresses(attendees: list[Attendee]) -> None:
    """An answer could not be told apart when two people share an address. Raises InvalidForm naming both."""
    seen: dict[str, str] = {}
    for each in attendees:
        other = seen.setdefault(each.email, each.person.name)
        if other != each.person.name:
            raise InvalidForm(
                {
                    "invitees": f"{other} and {each.person.name} have the same mail address. "
                    "Invite one of them, or give one an address of their own."
                }
            )


async def refuse_clashes(db: Session, meeting: Meeting, *, accept: bool) -> None:
    """Refuse a time at which somebody required is at another meeting of ours. Raises SlotTaken naming them."""
    required = {
        each.person_id: each.person.name
        for each in meeting.attendees
        if each.removed_at is None and (each.is_required or each.person_id == meeting.convenor.person_id)
    }
    clashes = await list_clashes(db, required, meeting.starts_at, meeting.ends_at, except_meeting=meeting.id)
    if clashes and not accept:
        person_id, start, end = clashes[0]
        local_start, local_end = start.astimezone(LONDON), end.astimezone(LONDON)
        raise SlotTaken(
            f"{required[person_id]} is already booked from {local_start:%H:%M} to {local_end:%H:%M} that day. "
            "Nothing was sent. Choose another time, or make them optional."
        )


async def preview_invitations(tools: Tools, actor: Actor, request: BookMeeting) -> tuple[Preview, ...]:
    """What each person would receive if the meeting were booked now. Nothing is kept."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.read() as db:
        people = list(await lock_people(db, [each.person_id for each in request.invitees]))
        meeting = await _new_meeting(db, request, people, now)  # never added to the session
        known = await list_known_recipients(db, [each.email for each in meeting.attendees])
        return tuple(_preview(tools, meeting, each, known, now) for each in meeting.attendees)


def _preview(tools: Tools, meeting: Meeting, attendee: Attendee, known: set[str], now: datetime) -> Preview:
    event = calendar_event_of(tools, meeting) if route_for(meeting, attendee) is Route.CALENDAR else None
    written = _written(tools, meeting, attendee, now)
    return Preview(
        person_id=attendee.person_id,
        name=attendee.person.name,
        address=attendee.email,
        subject=event.summary if event else written.subject,
        text=event.description if event else written.text,
        through=event.organizer.address if event else "",
        is_outside=attendee.email.rpartition("@")[2] != tools.settings.mail_domain,
        is_first_time=attendee.email not in known,
        hides_place=meeting.is_private or meeting.purpose is Purpose.HOME_VISIT,
    )


def _written(tools: Tools, meeting: Meeting, attendee: Attendee, now: datetime) -> WrittenLetter:
    link = f"{tools.settings.public_url}/a/…"
    return tools.letters.write(
        LetterOrder(
            letter="invite",
            to_name=attendee.person.name,
            to_address=attendee.email,
            message_id=f"<preview@{tools.settings.mail_domain}>",
            facts={**facts_of(meeting, attendee, Change()), "link": link},
        ),
        now,
    )
