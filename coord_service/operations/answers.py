"""Answers to invitations that come by personal link, by telephone, or in words that somebody has read."""

from dataclasses import dataclass
from datetime import datetime

from coord_service.domain import itip
from coord_service.domain.access import Permission, require
from coord_service.domain.meetings import ANSWER_NAMES, NEUTRAL_TITLES, Answer, AnsweredBy, MeetingStatus
from coord_service.domain.people import Actor
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.hearing import Hearing, hear, policy_for
from coord_service.operations.invitations import Change, facts_of
from coord_service.operations.links import take_link
from coord_service.operations.organizer_copy import event_of, reference_of, where_of
from coord_service.operations.post import About, Door, Posting, make_link, put_letter
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.meetings import find_meeting_of_attendee, load_attendee, load_meeting, lock_meeting
from coord_service.storage.tables import Attendee, Meeting


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What somebody pressed on their own page. ``proposed_start``: another time that would suit them, same length."""

    answer: Answer
    comment: str | None = None
    proposed_start: datetime | None = None
    asked_for: datetime | None = None  # the time their page showed: an answer to another than the present is refused


@dataclass(frozen=True, slots=True)
class AnswerInvitation:
    """What somebody said, and how it reached us."""

    attendee_id: int
    answer: Answer
    by: AnsweredBy
    comment: str | None = None
    proposed_start: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What the page behind a personal link shows of a meeting: their own line, and nothing about anybody else."""

    attendee: Attendee
    meeting: Meeting
    title: str
    where: str
    reference: str


async def view_invitation(tools: Tools, attendee_id: int) -> OpenInvitation:
    """One invitation as its reader sees it. Raises NotFound, or Refused when there is nothing left to answer."""
    async with tools.database.read() as db:
        attendee, meeting = await _open_invitation(db, attendee_id)
    title = NEUTRAL_TITLES[meeting.purpose]
    return OpenInvitation(attendee, meeting, title, where_of(meeting), reference_of(meeting))


async def answer_invitation(tools: Tools, actor: Actor, request: AnswerInvitation) -> None:
    """Put an answer on record that the lead worker heard by telephone or read in a mail."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.begin() as db:
        await _record_answer(db, tools, actor, request)
    await tools.wake()


async def answer_by_link(tools: Tools, token: str, answer: LinkAnswer) -> None:
    """Put on record what somebody without an account answered, and send them a receipt.

    Raises LinkExpired, NotFound, InvalidForm, or Refused when the meeting is over or they are no longer invited.
    """
    now = tools.clock.now()
    if answer.proposed_start is not None and answer.proposed_start <= now:
        raise InvalidForm({"day": "The other time must be in the future"})
    async with tools.database.begin() as db:
        link = await take_link(db, token, "meeting", now)
        attendee_id = link.about.attendee_id or 0
        asked = AnswerInvitation(
            attendee_id=attendee_id,
            answer=answer.answer,
            by=AnsweredBy.LINK,
            comment=answer.comment,
            proposed_start=answer.proposed_start,
        )
        attendee, meeting = await _record_answer(db, tools, Actor.link(link.about.person_id), asked)
        if answer.asked_for not in {None, meeting.starts_at}:
            raise InvalidForm({"answer": "The time has changed since you opened this page. Look again, then answer"})
        about = About(person_id=attendee.person_id, meeting_id=meeting.id, attendee_id=attendee.id)
        facts = facts_of(meeting, attendee, Change())
        facts |= {"answer": ANSWER_NAMES[attendee.answer].lower(), "proposed_start": attendee.proposed_start}
        facts["link"] = make_link(db, tools, Door("meeting", attendee.email, about), now)
        key = f"meeting:{meeting.id}:receipt:{attendee.id}:{int(now.timestamp() * 1000)}"
        receipt = Posting(key, "answer_receipt", attendee.person.name, attendee.email, facts=facts, about=about)
        await put_letter(db, tools, receipt, now)
    await tools.wake()


async def _record_answer(
    db: Session, tools: Tools, actor: Actor, request: AnswerInvitation
) -> tuple[Attendee, Meeting]:
    place = attendee, meeting = await _lock_invitation(db, request.attendee_id)
    now = tools.clock.now()
    await put_answer(db, tools, place, request, now)
    for child in meeting.children:
        details = {"child_id": child.id, "attendee": attendee.id, "answer": request.answer.value}
        record(db, actor, "answer_invitation", ("meeting", meeting.id), now, by=request.by.value, **details)
    return place


async def put_answer(
    db: Session, tools: Tools, place: tuple[Attendee, Meeting], request: AnswerInvitation, now: datetime
) -> None:
    """Apply an answer that came in words as the REPLY that a calendar would have sent, in the caller's transaction.

    It is given to the present time and now, so it outranks whatever was written before (RFC 5546 §2.1.5).
    """
    attendee, meeting = place
    event = event_of(tools, meeting)
    answer = itip.Answer(
        meeting.uid,
        sequence=max(event.current_sequence, attendee.answered_sequence or 0),
        dtstamp=itip.dtstamp_after(now, attendee.answered_dtstamp),
        attendees=(itip.Attendee(attendee.email, partstat=itip.PartStat(request.answer.value)),),
        comment=request.comment or attendee.comment or "",
    )
    message = itip.Message(itip.Kind.REPLY, "REPLY", (answer,), sender=attendee.email)
    hearing = Hearing(meeting, message, request.by, now)
    heard = await hear(db, tools, hearing, await policy_for(db, tools, meeting))
    if heard.applied.verdict is not itip.Verdict.APPLIED:
        raise Refused(f"This can’t be put on record: {heard.applied.why}")
    attendee.proposed_start = request.proposed_start
    attendee.proposed_end = request.proposed_start and request.proposed_start + (meeting.ends_at - meeting.starts_at)


async def _open_invitation(db: Session, attendee_id: int) -> tuple[Attendee, Meeting]:
    attendee = await load_attendee(db, attendee_id)
    meeting = await load_meeting(db, attendee.meeting_id) if attendee else None
    if attendee is None or meeting is None:
        raise NotFound("There is no such invitation.")
    if meeting.status is not MeetingStatus.BOOKED:
        raise Refused("This meeting will not take place any more. There is nothing left to answer.")
    if attendee.removed_at is not None:
        raise Refused("You are no longer invited to this meeting, so there is nothing left to answer.")
    return attendee, meeting


async def _lock_invitation(db: Session, attendee_id: int) -> tuple[Attendee, Meeting]:
    """The same, to be changed: whoever moves or cancels the meeting at this moment goes first, or waits."""
    await lock_meeting(db, await find_meeting_of_attendee(db, attendee_id) or 0)
    return await _open_invitation(db, attendee_id)
