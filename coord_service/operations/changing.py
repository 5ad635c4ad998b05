"""Changing a meeting that is booked: move, edit, people, cancel; and taking the last change back within a minute."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from coord_service.clock import day_in_london
from coord_service.domain import itip
from coord_service.domain.access import Permission, require
from coord_service.domain.meetings import Answer, MeetingMode, MeetingStatus
from coord_service.domain.people import Actor
from coord_service.domain.routes import Route
from coord_service.errors import ChangedMeanwhile, InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.hearing import overtake_proposals, policy_for
from coord_service.operations.inbound import judge_mail
from coord_service.operations.invitation_words import InvitationWords, faults_of_words
from coord_service.operations.invitations import Change, post_changes
from coord_service.operations.meetings import (
    Invitee,
    check_times,
    new_attendee,
    refuse_clashes,
    refuse_shared_addresses,
)
from coord_service.operations.organizer_copy import event_of, keep_changes, present_attendees
from coord_service.operations.rooms import refuse_taken_room
from coord_service.operations.routing import route_for
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.meetings import load_meeting, lock_meeting, lock_people
from coord_service.storage.post import (
    judge_answers_again,
    release_waiting_letters,
    reopen_decisions,
    revive_invitations,
    withdraw_letters_of_change,
    withdraw_unsent_invitations,
)
from coord_service.storage.tables import Attendee, Meeting, OutboxLetter

_KEPT = (
    "sequence",
    "time_sequence",
    "starts_at",
    "ends_at",
    "mode",
    "place",
    "room_id",
    "online_url",
    "wants_link",
    "notes",
    "status",
    "cancel_reason",
)
_ANSWER = (
    "answer",
    "answered_at",
    "answered_by",
    "answered_from",
    "delegated_to",
    "delegated_from",
    "answered_sequence",
    "answered_dtstamp",
    "comment",
    "proposed_start",
    "proposed_end",
)
_KEPT_OF_ATTENDEE = ("is_required", "removed_at", *_ANSWER)


@dataclass(frozen=True, slots=True)
class MoveMeeting:
    """A new time. ``version`` is the one the page showed: a stale page is refused."""

    meeting_id: int
    version: int
    starts_at: datetime
    ends_at: datetime
    reason: str | None = None
    accept_clashes: bool = False


@dataclass(frozen=True, slots=True)
class EditMeeting:
    """Another place, another link, other notes; the time stays."""

    meeting_id: int
    version: int
    mode: MeetingMode
    place: str | None
    online_url: str | None
    notes: str | None


@dataclass(frozen=True, slots=True)
class ChangePeople:
    """Everybody who is to be invited from now on; who is missing is taken off, who is new is invited."""

    meeting_id: int
    version: int
    invitees: tuple[Invitee, ...]


@dataclass(frozen=True, slots=True)
class CancelMeeting:
    """Call it off; the reason, if any, goes into the letter."""

    meeting_id: int
    version: int
    reason: str | None = None


AnyChange = MoveMeeting | EditMeeting | ChangePeople | CancelMeeting

VERBS: dict[type[AnyChange], str] = {
    MoveMeeting: "move_meeting",
    EditMeeting: "edit_meeting",
    ChangePeople: "change_people",
    CancelMeeting: "cancel_meeting",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A letter that a change would send; ``through``: whose calendar tells them instead, its address, or ""."""

    name: str
    address: str
    letter: str
    subject: str
    through: str = ""


async def change_meeting(tools: Tools, actor: Actor, request: AnyChange) -> None:
    """Make the change and queue the right letter to the right people, and nobody else.

    Raises ChangedMeanwhile for a stale page, SlotTaken, InvalidForm, Refused, NotFound.
    """
    async with tools.database.begin() as db:
        await make_change(db, tools, actor, request)
    await tools.wake()


async def rehearse_change(tools: Tools, actor: Actor, request: AnyChange) -> tuple[Planned, ...]:
    """Who would be sent what: the change itself, made and rolled back, so that the preview can't differ from it."""
    async with tools.database.rehearse() as db:
        meeting, letters = await make_change(db, tools, actor, request)
        return tuple(planned for letter in letters for planned in _planned(meeting, letter))


def _planned(meeting: Meeting, letter: OutboxLetter) -> Iterator[Planned]:
    """Whom a letter tells: its recipient, or everybody whom the organizer's calendar tells by it."""
    told = set(letter.told or ())
    for each in meeting.attendees:
        if letter.connection_id is None and each.email == letter.recipient:
            yield Planned(each.person.name, each.email, letter.letter, letter.subject)
        elif letter.connection_id is not None and each.id in told:
            yield Planned(each.person.name, each.email, letter.letter, letter.subject, through=letter.recipient)


async def make_change(
    db: Session, tools: Tools, actor: Actor, request: AnyChange
) -> tuple[Meeting, Sequence[OutboxLetter]]:
    """``change_meeting`` within the caller's transaction: permission, facts, edit, decision, letters, audit."""
    require(actor, Permission.BOOK_MEETINGS)
    meeting = await load_booked_meeting(db, request.meeting_id)
    if meeting.version != request.version:
        raise ChangedMeanwhile("Somebody else changed this meeting meanwhile. Look at it again before you save.")
    old, before = event_of(tools, meeting), snapshot(meeting)
    meeting.changed_at = now = tools.clock.now()
    await _refuse_private_words(db, meeting, request)
    change = await _edit(db, meeting, request)
    changes = itip.diff(old, event_of(tools, meeting), now)
    keep_changes(meeting, changes.event, now)
    _convenor_still_comes(meeting)
    await overtake_proposals(db, tools, meeting, await policy_for(db, tools, meeting), now)
    meeting.before_change = before
    outgoing = await _without_unknowing(db, meeting, changes.outgoing)
    letters = await post_changes(db, tools, meeting, outgoing, change)
    for child in meeting.children:
        record(db, actor, VERBS[type(request)], ("meeting", meeting.id), now, child_id=child.id)
    return meeting, letters


async def _refuse_private_words(db: Session, meeting: Meeting, request: AnyChange) -> None:
    match request:
        case MoveMeeting() | CancelMeeting():
            words = InvitationWords({"reason": request.reason})
        case EditMeeting():
            words = InvitationWords({"notes": request.notes}, place=request.place, online_url=request.online_url)
        case ChangePeople():
            return
    if faults := await faults_of_words(db, meeting.children, words, day_in_london(meeting.changed_at)):
        raise InvalidForm(faults)


async def _edit(db: Session, meeting: Meeting, request: AnyChange) -> Change:
    match request:
        case MoveMeeting():
            return await _move(db, meeting, request)
        case ChangePeople():
            return await _change_people(db, meeting, request)
        case EditMeeting():
            if request.place != meeting.place or request.mode is MeetingMode.ONLINE:
                meeting.room_id = None  # another place was typed: the room is free for others
            if request.online_url != meeting.online_url:
                meeting.wants_link = False  # another link was typed, or none is wanted
            meeting.mode, meeting.place = request.mode, request.place
            meeting.online_url, meeting.notes = request.online_url, request.notes
            return Change()
        case CancelMeeting():
            meeting.status, meeting.cancel_reason = MeetingStatus.CANCELLED, request.reason
            return Change(reason=request.reason)


async def _move(db: Session, meeting: Meeting, request: MoveMeeting) -> Change:
    check_times(request.starts_at, request.ends_at, meeting.changed_at)
    await lock_people(db, [each.person_id for each in present_attendees(meeting)])
    was_at = meeting.starts_at
    meeting.there_start = meeting.there_end = None  # what was moved there by hand gets this time, too
    meeting.starts_at, meeting.ends_at = request.starts_at, request.ends_at
    await refuse_taken_room(db, meeting)
    await refuse_clashes(db, meeting, accept=request.accept_clashes)
    for each in meeting.attendees:
        each.proposed_start = each.proposed_end = None
    return Change(was_at=was_at, reason=request.reason)


async def _change_people(db: Session, meeting: Meeting, request: ChangePeople) -> Change:
    wanted = {each.person_id: each for each in request.invitees}
    if meeting.convenor.person_id not in wanted:
        raise InvalidForm({"invitees": f"{meeting.convenor.person.name} convenes the meeting and must be there"})
    people = {person.id: person for person in await lock_people(db, wanted)}
    for row in meeting.attendees:
        _keep_or_remove(row, wanted.pop(row.person_id, None), meeting.changed_at)
    meeting.attendees += [new_attendee(each, people[each.person_id]) for each in wanted.values()]
    refuse_shared_addresses([*present_attendees(meeting)])
    await db.flush()
    return Change()


def _keep_or_remove(row: Attendee, wanted: Invitee | None, now: datetime) -> None:
    if wanted is None:
        row.removed_at = row.removed_at or now
        return
    row.is_required, row.role = wanted.is_required, wanted.role
    if row.removed_at is not None:
        row.removed_at, row.invited_at = None, None
        row.answer, row.answered_at, row.answered_by = Answer.NEEDS_ACTION, None, None
        row.answered_from = row.delegated_to = row.delegated_from = None


async def load_booked_meeting(db: Session, meeting_id: int) -> Meeting:
    """A meeting that can still be changed. Raises NotFound, or Refused when it was held, cancelled or undone."""
    meeting = await lock_meeting(db, meeting_id)
    if meeting is None:
        raise NotFound("There is no such meeting.")
    if meeting.status is not MeetingStatus.BOOKED:
        raise Refused(f"This meeting is {meeting.status.value} and can't be changed any more.")
    return meeting


def _convenor_still_comes(meeting: Meeting) -> None:
    for each in meeting.attendees:
        if each.person_id == meeting.convenor.person_id:
            each.answer, each.answered_at = Answer.ACCEPTED, meeting.changed_at


async def _without_unknowing(db: Session, meeting: Meeting, outgoing: tuple[itip.Outgoing, ...]) -> list[itip.Outgoing]:
    """Who was never told that it is on is not told that it is off: their waiting invitation is taken back.

    What goes through the organizer's calendar is one event for everybody there, and is looked after with it.
    """
    mailed = {each.email for each in meeting.attendees if route_for(meeting, each) is Route.MAIL}
    cancelled = [each.recipient for each in outgoing if each.method is itip.Method.CANCEL and each.recipient in mailed]
    unknowing = await withdraw_unsent_invitations(db, meeting.id, cancelled, meeting.changed_at)
    return [each for each in outgoing if each.recipient not in unknowing]


async def undo_change(tools: Tools, actor: Actor, meeting_id: int) -> None:
    """Take the last change back, the booking itself if nothing else was done: nothing of it has been sent.

    Raises Refused when a letter has gone already.
    """
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        meeting = await lock_meeting(db, meeting_id)
        if meeting is None:
            raise NotFound("There is no such meeting.")
        if not await withdraw_letters_of_change(db, meeting.id, meeting.changed_at, now):
            raise Refused("It is too late to undo: a letter has gone. Change or cancel the meeting instead.")
        await revive_invitations(db, meeting.id, meeting.changed_at)
        await judge_answers_again(db, meeting.id, meeting.changed_at)
        await reopen_decisions(db, meeting.id, meeting.changed_at)
        if meeting.before_change is None:
            meeting.status = MeetingStatus.UNDONE
        else:
            _restore(meeting, meeting.before_change, now)
            await refuse_taken_room(db, meeting)
        meeting.changed_at = now
        for child in meeting.children:
            record(db, actor, "undo_change", ("meeting", meeting.id), now, child_id=child.id)
    await judge_mail(tools)


async def send_now(tools: Tools, actor: Actor, meeting_id: int) -> None:
    """End the time for undoing: the waiting letters go at once."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        await release_waiting_letters(db, meeting_id, now)
        meeting = await load_meeting(db, meeting_id)
        for child in meeting.children if meeting else []:
            record(db, actor, "send_now", ("meeting", meeting_id), now, child_id=child.id)
    await tools.wake()


def undo_until(tools: Tools, meeting: Meeting) -> datetime:
    """Until when the last change can be taken back, an aware instant."""
    return meeting.changed_at + timedelta(seconds=tools.settings.undo_seconds)


def snapshot(meeting: Meeting) -> dict[str, Any]:
    """A meeting and its places as they are, for JSON: what undoing puts back."""
    return {
        "meeting": {name: _plain(getattr(meeting, name)) for name in _KEPT},
        "attendees": {
            str(each.id): {name: _plain(getattr(each, name)) for name in _KEPT_OF_ATTENDEE}
            for each in meeting.attendees
        },
    }


def _plain(value: Any) -> Any:
    return {"instant": value.isoformat()} if isinstance(value, datetime) else value


def _restore(meeting: Meeting, before: dict[str, Any], now: datetime) -> None:
    """Nobody has seen the new SEQUENCE, so the old one stands again; DTSTAMP only ever rises, sent or not.

    What somebody has answered since the change stays, unless the change was another time: they answered for that.
    """
    is_same_time = all(before["meeting"][name] == _plain(getattr(meeting, name)) for name in ("starts_at", "ends_at"))
    changed_at = meeting.changed_at
    for name, value in before["meeting"].items():
        setattr(meeting, name, _rich(meeting, name, value))
    for each in meeting.attendees:
        kept = before["attendees"].get(str(each.id))
        if kept is None:
            each.removed_at = now
            continue
        has_answered = is_same_time and each.answered_at is not None and each.answered_at > changed_at
        put_back(each, {name: value for name, value in kept.items() if not (has_answered and name in _ANSWER)})
    meeting.before_change = None


def put_back(row: Attendee, kept: dict[str, Any]) -> None:
    """Put what a snapshot kept back into somebody's place."""
    for name, value in kept.items():
        setattr(row, name, _rich(row, name, value))


def _rich(row: Meeting | Attendee, name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["instant"])
    current = getattr(row, name)
    return value if value is None or current is None or isinstance(value, bool) else type(current)(value)
