"""Answers to invitations that come by personal link or by telephone, and what the lead worker does with a proposal."""

from dataclasses import dataclass
from datetime import datetime

from coord_service.domain import itip
from coord_service.domain.access import Permission, require
from coord_service.domain.meetings import ANSWER_NAMES, NEUTRAL_TITLES, Answer, AnsweredBy, MeetingStatus
from coord_service.domain.people import Actor
from coord_service.errors import ChangedMeanwhile, InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.changing import MoveMeeting, change_meeting
from coord_service.operations.invitations import Change, facts_of, post_changes
from coord_service.operations.links import take_link
from coord_service.operations.organizer_copy import event_of, reference_of, where_of
from coord_service.operations.post import About, Door, Posting, make_link, put_letter
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.meetings import find_meeting_of_attendee, load_attendee, load_meeting, lock_meeting
from coord_service.storage.post import load_open_counter, lock_inbound
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
        await _put_answer(db, actor, request, tools.clock.now())
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
        attendee, meeting = await _put_answer(db, Actor.link(link.about.person_id), asked, now)
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


async def _put_answer(db: Session, actor: Actor, request: AnswerInvitation, now: datetime) -> tuple[Attendee, Meeting]:
    attendee, meeting = await _lock_invitation(db, request.attendee_id)
    attendee.answer, attendee.answered_by, attendee.answered_at = request.answer, request.by, now
    attendee.comment = request.comment or attendee.comment
    attendee.proposed_start = request.proposed_start
    attendee.proposed_end = request.proposed_start and request.proposed_start + (meeting.ends_at - meeting.starts_at)
    # Given to the present time, so it outranks any mail written before now (RFC 5546 §2.1.5).
    attendee.answered_sequence = meeting.sequence if meeting.time_sequence is None else meeting.time_sequence
    attendee.answered_dtstamp = now.replace(microsecond=0)
    for child in meeting.children:
        details = {"child_id": child.id, "attendee": attendee.id, "answer": request.answer.value}
        record(db, actor, "answer_invitation", ("meeting", meeting.id), now, **details)
    return attendee, meeting


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


async def accept_proposal(tools: Tools, actor: Actor, attendee_id: int, version: int, seen: str) -> None:
    """Move the meeting to the time this person proposed, for everybody; ``seen`` is its start as the page showed it.

    Raises ChangedMeanwhile when they have proposed another since, and as change_meeting does.
    """
    async with tools.database.read() as db:
        attendee, _meeting = await _open_invitation(db, attendee_id)
        start, end = attendee.proposed_start, attendee.proposed_end
    if start is None or end is None:
        raise Refused("This proposal has been dealt with already.")
    if start.isoformat() != seen:
        raise ChangedMeanwhile("They have proposed another time since this page was opened. Look at it again.")
    await change_meeting(tools, actor, MoveMeeting(attendee.meeting_id, version, start, end))
    async with tools.database.begin() as db:
        await _settle_counter(db, actor, attendee_id, tools.clock.now())


async def decline_proposal(tools: Tools, actor: Actor, attendee_id: int) -> None:
    """Keep the time, and tell the person who proposed another (RFC 5546 §3.2.8 where it came as a COUNTER)."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        attendee, meeting = await _lock_invitation(db, attendee_id)
        if attendee.proposed_start is None:
            raise Refused("This proposal has been dealt with already.")
        event, message = event_of(tools, meeting), await _counter(db, tools, attendee)
        meeting.changed_at = now
        await post_changes(db, tools, meeting, [itip.decline_counter(event, message)], Change(may_be_undone=False))
        attendee.proposed_start = attendee.proposed_end = None
        await _settle_counter(db, actor, attendee_id, now)
        for child in meeting.children:
            record(db, actor, "decline_proposal", ("meeting", meeting.id), now, child_id=child.id, attendee=attendee.id)
    await tools.wake()


async def _counter(db: Session, tools: Tools, attendee: Attendee) -> itip.Message:
    """The COUNTER as it came; one made from the row where the proposal came by link."""
    mail = await load_open_counter(db, attendee.id)
    if mail is not None:
        return tools.codec.read_mail(mail.content)
    proposal = itip.Answer(uid="", start=attendee.proposed_start, end=attendee.proposed_end)
    return itip.Message(kind=itip.Kind.COUNTER, answers=(proposal,), sender=attendee.email)


async def _settle_counter(db: Session, actor: Actor, attendee_id: int, now: datetime) -> None:
    mail = await load_open_counter(db, attendee_id)
    if mail is not None:
        mail.needs_decision, mail.settled_at, mail.settled_by = False, now, actor.user_id


async def settle_mail(tools: Tools, actor: Actor, mail_id: int, answer: Answer | None) -> None:
    """Decide about a mail that was held: record it as an answer of the attendee it came from, or as read."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.begin() as db:
        mail = await lock_inbound(db, mail_id)
        if mail is None or not mail.needs_decision:
            raise Refused("Somebody has dealt with this mail already.")
        now = tools.clock.now()
        mail.needs_decision, mail.settled_at, mail.settled_by = False, now, actor.user_id
        meeting = await load_meeting(db, mail.meeting_id) if mail.meeting_id else None
        for child in meeting.children if meeting else []:
            record(db, actor, "settle_mail", ("inbound_mail", mail.id), now, child_id=child.id)
        if answer is not None and mail.attendee_id is not None:
            request = AnswerInvitation(mail.attendee_id, answer, AnsweredBy.MAIL, comment=mail.words)
            await _put_answer(db, actor, request, now)
