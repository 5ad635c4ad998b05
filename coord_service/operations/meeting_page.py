"""What the pages about meetings show: every invitation's state, what waits for a decision, what can be undone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.delivery import LetterState
from coord_service.domain.itip import Strangers
from coord_service.domain.meetings import Answer, MeetingStatus
from coord_service.domain.people import Actor, Sector
from coord_service.domain.quorum import unmet
from coord_service.errors import NotFound
from coord_service.operations.changing import undo_until
from coord_service.operations.hearing import strangers_at
from coord_service.operations.held import HeldMail, list_held
from coord_service.operations.organizer_copy import present_attendees, where_of
from coord_service.operations.proposals import Proposal, weigh_proposals
from coord_service.operations.quorums import load_quorum, seat_of
from coord_service.operations.tools import Tools
from coord_service.storage.cases import list_staff_names
from coord_service.storage.meetings import (
    count_meetings,
    find_meeting_of_attendee,
    list_meetings,
    list_team_members,
    load_meeting,
)
from coord_service.storage.post import list_meeting_inbound, list_meeting_letters
from coord_service.storage.tables import Attendee, InboundMail, Meeting, OutboxLetter, Person

_RECEIPT = "answer_receipt"  # says only what they said: whether it arrived tells nothing about the invitation


# Whoever sent somebody else does not come: the one they sent has a seat.
_NOT_COMING = frozenset({Answer.DECLINED, Answer.DELEGATED})


class Delivery(StrEnum):
    """How far the latest letter to somebody has come."""

    NONE = "none"
    WAITING = "waiting"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One attendee's line on the meeting page."""

    attendee: Attendee
    delivery: Delivery
    letters: Sequence[OutboxLetter]

    @property
    def latest(self) -> OutboxLetter | None:
        """The letter that the delivery speaks of."""
        return self.letters[-1] if self.letters else None

    @property
    def is_in_trouble(self) -> bool:
        """Whether they don't know what they should."""
        return self.delivery in {Delivery.BOUNCED, Delivery.FAILED}


@dataclass(frozen=True, slots=True)
class MeetingView:
    """Everything the meeting page shows."""

    meeting: Meeting
    where: str
    invitations: Sequence[Invitation]
    removed: Sequence[Invitation]
    to_decide: Sequence[HeldMail]
    correspondence: Sequence[InboundMail]
    missing: Sequence[str]
    is_quorum_confirmed: bool
    undo_until: datetime | None
    proposals: Sequence[Proposal]
    strangers: Strangers
    staff: Mapping[int, str]
    calendar_trouble: str | None = None

    @property
    def needs_calendar(self) -> bool:
        """Whether the calendar that it lives in does not show it as it is here."""
        meeting = self.meeting
        return bool(self.calendar_trouble or meeting.there_start or meeting.there_deleted_at)

    @property
    def calendar_address(self) -> str:
        """Whose calendar the meeting lives in, their address; "" where it goes by mail alone."""
        calendar = self.meeting.calendar
        return (calendar.person.email or "") if calendar and calendar.person else ""

    @property
    def names(self) -> Mapping[str, str]:
        """Who was invited at which address."""
        return {each.attendee.email: each.attendee.person.name for each in (*self.removed, *self.invitations)}

    @property
    def declined_required(self) -> Sequence[Attendee]:
        """Required people who have said no."""
        rows = [each.attendee for each in self.invitations]
        return [each for each in rows if each.is_required and each.answer is Answer.DECLINED]


async def view_meeting(tools: Tools, actor: Actor, meeting_id: int) -> MeetingView:
    """One meeting as its page shows it. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        meeting = await load_meeting(db, meeting_id)
        if meeting is None:
            raise NotFound("There is no such meeting.")
        rules = await load_quorum(db, meeting.purpose)
        letters = await list_meeting_letters(db, meeting_id)
        mails = await list_meeting_inbound(db, meeting_id)
        held = await list_held(db, tools, meeting)
        is_open = meeting.status is MeetingStatus.BOOKED
        proposals = await weigh_proposals(db, tools, meeting) if is_open else []
        staff = await list_staff_names(db)
    by_attendee = _by_attendee(letters)
    lines = [_invitation(each, by_attendee[each.id]) for each in meeting.attendees]
    seats = [(seat_of(meeting, each), each.answer) for each in present_attendees(meeting)]
    return MeetingView(
        meeting=meeting,
        where=where_of(meeting),
        invitations=[each for each in lines if each.attendee.removed_at is None],
        removed=[each for each in lines if each.attendee.removed_at is not None],
        to_decide=held,
        correspondence=mails,
        missing=unmet(rules, [seat for seat, answer in seats if answer not in _NOT_COMING]),
        is_quorum_confirmed=not unmet(rules, [seat for seat, answer in seats if answer is Answer.ACCEPTED]),
        undo_until=_undo_until(tools, meeting, letters),
        proposals=proposals,
        strangers=strangers_at(tools, meeting),
        staff=staff,
        calendar_trouble=_calendar_trouble(meeting, letters),
    )


def _by_attendee(letters: Sequence[OutboxLetter]) -> Mapping[int | None, list[OutboxLetter]]:
    """The letters that count, by whom they tell: an event in the organizer's calendar tells many."""
    found: dict[int | None, list[OutboxLetter]] = defaultdict(list)
    for letter in letters:
        if letter.state is not LetterState.WITHDRAWN and letter.letter != _RECEIPT:
            for attendee_id in [letter.attendee_id] if letter.connection_id is None else letter.told or ():
                found[attendee_id].append(letter)
    return found


def _calendar_trouble(meeting: Meeting, letters: Sequence[OutboxLetter]) -> str | None:
    """Why the calendar that the meeting lives in does not have its present state, once a try has failed."""
    events = [each for each in letters if each.connection_id and each.state is not LetterState.WITHDRAWN]
    if meeting.calendar is None or not events or events[-1].settled_at is not None:
        return None
    return events[-1].error if events[-1].state in {LetterState.WAITING, LetterState.FAILED} else None


def _invitation(attendee: Attendee, letters: list[OutboxLetter]) -> Invitation:
    return Invitation(attendee, _delivery(letters[-1]) if letters else Delivery.NONE, letters)


def _delivery(letter: OutboxLetter) -> Delivery:
    if letter.settled_at is not None and letter.state is LetterState.FAILED:
        return Delivery.NONE
    if letter.bounced_at is not None:
        return Delivery.BOUNCED
    return {
        LetterState.WAITING: Delivery.WAITING,
        LetterState.SENT: Delivery.SENT,
        LetterState.FAILED: Delivery.FAILED,
        LetterState.WITHDRAWN: Delivery.NONE,
    }[letter.state]


def _undo_until(tools: Tools, meeting: Meeting, letters: Sequence[OutboxLetter]) -> datetime | None:
    """Until when the last change can be taken back: none of its letters has gone, and it has some."""
    of_change = [each for each in letters if each.created_at == meeting.changed_at]
    until = undo_until(tools, meeting)
    now = tools.clock.now()
    still_here = all(each.state is LetterState.WAITING and each.leased_until is None for each in of_change)
    are_held_back = all(each.not_before > now for each in of_change)
    return until if of_change and still_here and are_held_back and until > now else None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who is, or could be, invited: from the children's teams, and the convenor."""

    person_id: int
    name: str
    role: str
    sector: Sector
    agency: str
    has_address: bool


async def list_candidates(tools: Tools, actor: Actor, meeting: Meeting) -> Sequence[Candidate]:
    """Everybody invited now, then the rest of the children's teams, each person once."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        members = await list_team_members(
            db, [child.id for child in meeting.children], day_in_london(tools.clock.now())
        )
    invited = [_candidate(each.person, each.role, each.sector) for each in present_attendees(meeting)]
    rest = [_candidate(each.person, each.role, each.sector) for each in members]
    return list({each.person_id: each for each in [*reversed(rest), *reversed(invited)]}.values())[::-1]


def _candidate(person: Person, role: str, sector: Sector) -> Candidate:
    agency = person.service.agency.name if person.service else ""
    return Candidate(person.id, person.name, role, sector, agency, has_address=bool(person.email))


@dataclass(frozen=True, slots=True)
class MeetingFilter:
    """Which meetings a list shows."""

    convenor_id: int | None = None
    is_past: bool = False


async def view_meetings(
    tools: Tools, actor: Actor, chosen: MeetingFilter, *, limit: int, offset: int
) -> tuple[Sequence[Meeting], int]:
    """A page of meetings, the nearest first, and how many there are in all."""
    require(actor, Permission.SEE_CASES)
    now = tools.clock.now()
    async with tools.database.read() as db:
        total = await count_meetings(db, now, convenor_id=chosen.convenor_id, is_past=chosen.is_past)
        rows = await list_meetings(
            db, now, convenor_id=chosen.convenor_id, is_past=chosen.is_past, window=(limit, offset)
        )
    return rows, total


async def check_attendee(tools: Tools, actor: Actor, meeting_id: int, attendee_id: int) -> None:
    """Raise NotFound unless this attendee is of this meeting."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        if await find_meeting_of_attendee(db, attendee_id) != meeting_id:
            raise NotFound("There is no such invitation.")
