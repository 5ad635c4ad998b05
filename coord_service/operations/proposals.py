"""Another time that somebody proposes: beside what is known of everybody, taken for all, or declined to that person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coord_service.clock import LONDON, day_in_london
from coord_service.domain import itip
from coord_service.domain.access import Permission, require
from coord_service.domain.availability import Presence, stretches_of
from coord_service.domain.bookings import Need, Plan, check_start, concerns
from coord_service.domain.decisions import Decision
from coord_service.domain.diaries import Diary
from coord_service.domain.meetings import Answer
from coord_service.domain.people import Actor
from coord_service.domain.quorum import QuorumRule, unmet
from coord_service.errors import ChangedMeanwhile, InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.case_clocks import last_review_day
from coord_service.operations.changing import (
    MoveMeeting,
    Planned,
    load_booked_meeting,
    make_change,
    rehearse_change,
    snapshot,
)
from coord_service.operations.diaries import DaySpan, Moving, addresses_of, read_diaries, span_of
from coord_service.operations.finding_rules import load_finding_rules
from coord_service.operations.gathering import Wanted, gather_busy
from coord_service.operations.guests import as_candidates, guests_of
from coord_service.operations.hearing import policy_for, settle
from coord_service.operations.invitation_words import InvitationWords, faults_of_words
from coord_service.operations.invitations import Change, post_changes
from coord_service.operations.organizer_copy import event_of, present_attendees
from coord_service.operations.quorums import load_quorum, seat_of
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.meetings import list_clashes, load_meeting
from coord_service.storage.post import load_open_counter
from coord_service.storage.tables import Attendee, Meeting

_WORST_FIRST = (
    Presence.AWAY,
    Presence.BUSY,
    Presence.OUTSIDE,
    Presence.TENTATIVE,
    Presence.UNKNOWN,
    Presence.UNSEEN,
    Presence.FREE,
)
_CANNOT = frozenset({Presence.AWAY, Presence.BUSY, Presence.OUTSIDE})


@dataclass(frozen=True, slots=True)
class AtThatTime:
    """One invited person at the proposed time. ``calendar_read_at``: how old what their calendar said is."""

    attendee: Attendee
    presence: Presence
    proposes_it: bool
    calendar_read_at: datetime | None = None

    @property
    def can_come(self) -> bool | None:
        """Yes, no, or None where nobody knows."""
        if self.proposes_it:
            return True
        if self.presence in _CANNOT:
            return False
        return None if self.presence in {Presence.UNKNOWN, Presence.UNSEEN} else True


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed time as a lead worker weighs it.

    ``refusal``: why it can't be taken at all (past, at night), or "". ``concerns`` forbid nothing; ``has_clash``:
    somebody required is at another meeting of ours then.
    """

    attendee: Attendee
    starts_at: datetime
    ends_at: datetime
    people: Sequence[AtThatTime]
    refusal: str
    concerns: Sequence[str]
    has_clash: bool

    def of(self, can_come: bool | None) -> list[str]:
        """The names of those who can come (True), who can't (False), of whom it isn't known (None)."""
        return [each.attendee.person.name for each in self.people if each.can_come is can_come]


async def weigh_proposals(db: Session, tools: Tools, meeting: Meeting) -> list[Proposal]:
    """Every time that somebody proposes, each beside everybody's availability, the earliest first."""
    proposing = [each for each in present_attendees(meeting) if each.proposed_start]
    found = [await _weigh(db, tools, meeting, each) for each in proposing]
    return sorted(found, key=lambda each: each.starts_at)


async def view_proposal(tools: Tools, actor: Actor, meeting_id: int, attendee_id: int) -> tuple[Meeting, Proposal]:
    """One proposal with its meeting, everybody's calendars read again first.

    Raises NotFound, ChangedMeanwhile where they propose none any more.
    """
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.read() as db:
        meeting, row = await _load(db, meeting_id, attendee_id)
    starts_at = row.proposed_start or meeting.starts_at
    span = span_of(_days(starts_at, row.proposed_end or starts_at))
    await gather_busy(tools, Wanted(addresses_of(guests_of(meeting)), *span))
    async with tools.database.read() as db:
        meeting, row = await _load(db, meeting_id, attendee_id)
        return meeting, await _weigh(db, tools, meeting, row)


async def _load(db: Session, meeting_id: int, attendee_id: int) -> tuple[Meeting, Attendee]:
    meeting = await load_meeting(db, meeting_id)
    row = next((each for each in present_attendees(meeting) if each.id == attendee_id), None) if meeting else None
    if meeting is None or row is None:
        raise NotFound("There is no such proposal.")
    if row.proposed_start is None:
        raise ChangedMeanwhile("This proposal has been dealt with, or the meeting has moved since it was made.")
    return meeting, row


async def _weigh(db: Session, tools: Tools, meeting: Meeting, row: Attendee) -> Proposal:
    starts_at, length = row.proposed_start, meeting.ends_at - meeting.starts_at
    assert starts_at is not None
    ends_at, now, guests = row.proposed_end or starts_at + length, tools.clock.now(), guests_of(meeting)
    span, moving = _days(starts_at, ends_at), Moving(meeting.id, meeting.starts_at, meeting.ends_at)
    known = await read_diaries(db, tools, guests, span, moving)
    diaries = {each.id: each for each in known.diaries}
    coming = [each for each in present_attendees(meeting) if each.answer is not Answer.DELEGATED]
    people = [_at(each, diaries, (starts_at, ends_at), row) for each in coming]
    required = [guest.person_id for guest in guests if guest.need is Need.REQUIRED or guest.is_convenor]
    clashes = await list_clashes(db, required, starts_at, ends_at, except_meeting=meeting.id)
    rules = await load_quorum(db, meeting.purpose)
    limit_on = await last_review_day(db, tools, meeting.purpose, meeting.children)
    own_notice = (await load_finding_rules(db)).notice_of(meeting.purpose)
    plan = Plan(meeting.purpose, rules, tuple(as_candidates(guests)), starts_at, limit_on, own_notice)
    said = [*_without(meeting, rules, people), *_rules(tools, plan)]
    return Proposal(row, starts_at, ends_at, people, _refusal(starts_at, ends_at, now), said, bool(clashes))


def _at(row: Attendee, diaries: Mapping[str, Diary], span: tuple[datetime, datetime], by: Attendee) -> AtThatTime:
    diary = diaries[str(row.person_id)]
    found = {each.presence for each in stretches_of(diary, LONDON, *span)}
    presence = next(each for each in _WORST_FIRST if each in found or each is Presence.FREE)
    return AtThatTime(row, presence, row is by, diary.known_at)


def _days(starts_at: datetime, ends_at: datetime) -> DaySpan:
    return DaySpan(day_in_london(starts_at), day_in_london(ends_at))


def _without(meeting: Meeting, rules: Sequence[QuorumRule], people: Sequence[AtThatTime]) -> list[str]:
    """What the quorum would lack if those who can't come then did not come."""
    coming = [seat_of(meeting, each.attendee) for each in people if each.can_come is not False]
    return [f"Then the meeting would have no quorum: {words} could not be there." for words in unmet(rules, coming)]


def _rules(tools: Tools, plan: Plan) -> list[str]:
    """The notice that the law or the council wants, the limit of a review, days on which nobody works."""
    said = concerns(plan, tools.clock.now())
    if not tools.rulebook.working_days.is_working_day(day_in_london(plan.starts_at)):
        said.append("That day is no working day: most people are not at work.")
    return said


def _refusal(starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    try:
        check_start(starts_at, int((ends_at - starts_at) / timedelta(minutes=1)), now)
    except Refused as error:
        return str(error)
    return ""


@dataclass(frozen=True, slots=True)
class AcceptProposal:
    """The proposal of this attendee as the page showed it: the meeting's version, and the start proposed (ISO)."""

    meeting_id: int
    attendee_id: int
    version: int
    seen: str
    accept_clashes: bool = False


async def rehearse_acceptance(tools: Tools, actor: Actor, meeting: Meeting, proposal: Proposal) -> tuple[Planned, ...]:
    """Who would be told what if this time were taken; nobody where it can't be."""
    if proposal.refusal:
        return ()
    move = MoveMeeting(meeting.id, meeting.version, proposal.starts_at, proposal.ends_at, accept_clashes=True)
    return await rehearse_change(tools, actor, move)


async def accept_proposal(tools: Tools, actor: Actor, asked: AcceptProposal) -> None:
    """Move the meeting to the time this person proposed, for everybody (RFC 5546 §3.2.7), with the usual undo.

    Raises ChangedMeanwhile when it was dealt with, or they have proposed another since; and as change_meeting does.
    """
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.begin() as db:
        meeting = await load_booked_meeting(db, asked.meeting_id)
        row = _proposing(meeting, asked.attendee_id, asked.seen)
        mail = await load_open_counter(db, row.id)
        if mail is not None:
            mail.needs_decision = False  # decided here, and not overtaken by the move that follows
        assert row.proposed_start is not None
        length = meeting.ends_at - meeting.starts_at
        move = MoveMeeting(
            meeting_id=meeting.id,
            version=asked.version,
            starts_at=row.proposed_start,
            ends_at=row.proposed_end or row.proposed_start + length,
            accept_clashes=asked.accept_clashes,
        )
        await make_change(db, tools, actor, move)
        if mail is not None:
            settle(mail, Decision.MOVE, actor.user_id, meeting.changed_at)
    await tools.wake()


async def decline_proposal(
    tools: Tools, actor: Actor, place: tuple[int, int], seen: str, reason: str | None = None
) -> None:
    """Keep the time, and tell the person who proposed another, with a reason if one is given (RFC 5546 §3.2.8).

    ``place`` is the meeting's and the attendee's id. Raises InvalidForm (``reason``) for words that tell who the child
    is, ChangedMeanwhile when it was dealt with, or they have proposed another since.
    """
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        meeting = await load_booked_meeting(db, place[0])
        row = _proposing(meeting, place[1], seen)
        words = InvitationWords({"reason": reason})
        if faults := await faults_of_words(db, meeting.children, words, day_in_london(now)):
            raise InvalidForm(faults)
        before = snapshot(meeting)
        outgoing = await _decline(db, tools, meeting, row)
        meeting.changed_at, meeting.before_change = now, before
        await post_changes(db, tools, meeting, [outgoing], Change(reason=reason))
        mail = await load_open_counter(db, row.id)
        if mail is not None:
            settle(mail, Decision.KEEP_TIME, actor.user_id, now)
        row.proposed_start = row.proposed_end = None
        for child in meeting.children:
            record(db, actor, "decline_proposal", ("meeting", meeting.id), now, child_id=child.id, attendee=row.id)
    await tools.wake()


def _proposing(meeting: Meeting, attendee_id: int, seen: str) -> Attendee:
    row = next((each for each in present_attendees(meeting) if each.id == attendee_id), None)
    if row is None:
        raise NotFound("There is no such proposal.")
    if row.proposed_start is None:
        raise ChangedMeanwhile("This proposal has been dealt with, or the meeting has moved since it was made.")
    if row.proposed_start.isoformat() != seen:
        raise ChangedMeanwhile("They have proposed another time since this page was opened. Look at it again.")
    return row


async def _decline(db: Session, tools: Tools, meeting: Meeting, row: Attendee) -> itip.Outgoing:
    """The DECLINECOUNTER to the COUNTER as it came; to one made from the row where the proposal came by link."""
    event, mail = event_of(tools, meeting), await load_open_counter(db, row.id)
    if mail is None:
        answer = itip.Answer(uid=meeting.uid, start=row.proposed_start, end=row.proposed_end)
        message = itip.Message(kind=itip.Kind.COUNTER, answers=(answer,), sender=row.email)
        return itip.decline_counter(event, message)
    policy = await policy_for(db, tools, meeting)
    if mail.agreed:
        policy = replace(policy, agreed=frozenset(map(itip.Question, mail.agreed)))
    return itip.decline_counter(event, tools.codec.read_mail(mail.content), policy)
