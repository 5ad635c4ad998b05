"""Mail in: every message is kept as it came, then judged by itself; a poisonous one never holds up the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from coord_service.domain import itip
from coord_service.domain.meetings import Answer, AnsweredBy
from coord_service.domain.people import Actor
from coord_service.errors import TemporaryFailure
from coord_service.operations.audit import record
from coord_service.operations.invitations import Change, post_changes
from coord_service.operations.organizer_copy import attendee_at, event_of, keep_changes
from coord_service.operations.tools import Tools
from coord_service.ports import Position
from coord_service.storage.database import Session
from coord_service.storage.meetings import find_meeting_by_uid, lock_meeting
from coord_service.storage.polls import find_held_time
from coord_service.storage.post import (
    add_inbound,
    has_inbound,
    list_unjudged,
    load_inbound,
    load_letter_by_envelope,
    load_letter_by_message_ids,
    load_position,
    lock_inbound,
    save_position,
)
from coord_service.storage.tables import Attendee, InboundMail, Meeting, OutboxLetter

log = structlog.get_logger()
ACTOR = Actor.job("read_mailbox")
AT_ONCE = 50


async def read_mailbox(tools: Tools) -> int:
    """Fetch what is new in the mailbox, keep it, judge it; how many messages came. Nothing is lost by stopping here."""
    if tools.mailbox is None:
        return 0
    count = 0
    while fetched := await _keep_new_mail(tools):
        count += fetched
        await judge_mail(tools)
    await judge_mail(tools)  # what an earlier run kept and did not come to
    return count


async def _keep_new_mail(tools: Tools) -> int:
    mailbox = tools.mailbox
    if mailbox is None:
        return 0
    async with tools.database.read() as db:
        after = await load_position(db, mailbox.name)
    fetched = await mailbox.fetch(after, AT_ONCE)
    if not fetched:
        return 0
    async with tools.database.begin() as db:
        for mail in fetched:
            place = Position(mail.uidvalidity, mail.uid)
            if not await has_inbound(db, mailbox.name, place):
                add_inbound(
                    db,
                    InboundMail(
                        mailbox=mailbox.name,
                        uidvalidity=place.uidvalidity,
                        uid=place.uid,
                        content=mail.content,
                        received_at=tools.clock.now(),
                    ),
                )
        await save_position(db, mailbox.name, place)
    return len(fetched)


async def judge_mail(tools: Tools) -> None:
    """Judge every message that nobody has looked at, each in a transaction of its own."""
    async with tools.database.read() as db:
        waiting = [mail.id for mail in await list_unjudged(db)]
    for mail_id in waiting:
        try:
            await _judge(tools, mail_id)
        except TemporaryFailure:
            raise
        except Exception as error:  # a poison message is set aside with its reason, whatever the reason
            log.exception("mail_not_judged", mail_id=mail_id)
            await _set_aside(tools, mail_id, error)


async def _set_aside(tools: Tools, mail_id: int, error: Exception) -> None:
    async with tools.database.begin() as db:
        mail = await load_inbound(db, mail_id)
        if mail is not None and mail.judged_at is None:
            mail.judged_at, mail.verdict = tools.clock.now(), "poison"
            mail.why = f"This message could not be read ({type(error).__name__}). IT can look at the original."
            mail.needs_decision = True


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message turned out to be about."""

    meeting: Meeting | None = None
    letter: OutboxLetter | None = None


async def _judge(tools: Tools, mail_id: int) -> None:
    now = tools.clock.now()
    async with tools.database.begin() as db:
        mail = await lock_inbound(db, mail_id)
        if mail is None or mail.judged_at is not None:
            return
        message = tools.codec.read_mail(mail.content)
        mail.judged_at, mail.kind, mail.sender = now, message.kind.value, message.sender
        mail.words = message.text or None
        subject = await _subject_of(db, message)
        _file(mail, subject)
        if message.kind is itip.Kind.BOUNCE:
            _take_bounce(mail, message, subject, now)
        elif message.uid and await find_held_time(db, message.uid):
            mail.verdict, mail.why = "noted", "An answer to a time held in the convenor’s own calendar: nothing to do."
        elif subject.meeting is not None and message.answers:
            await _apply(db, tools, _Case(mail, message, subject.meeting, now))
        else:
            _take_words(mail, message, subject)


async def _subject_of(db: Session, message: itip.Message) -> Subject:
    """By UID, then by bounce address, then by the Message-IDs it answers (issue 3: matching order)."""
    if message.uid and (meeting_id := await find_meeting_by_uid(db, message.uid)):
        return Subject(meeting=await lock_meeting(db, meeting_id))
    letter = await _letter_of(db, message)
    if letter is None:
        return Subject()
    meeting = await lock_meeting(db, letter.meeting_id) if letter.meeting_id else None
    return Subject(meeting=meeting, letter=letter)


async def _letter_of(db: Session, message: itip.Message) -> OutboxLetter | None:
    for address in message.recipients:
        if address.startswith("bounces+") and (letter := await load_letter_by_envelope(db, address)):
            return letter
    named = [message.original_message_id, message.in_reply_to, *message.references]
    return await load_letter_by_message_ids(db, [each for each in named if each])


def _file(mail: InboundMail, subject: Subject) -> None:
    if subject.meeting is not None:
        mail.meeting_id = subject.meeting.id
        row = attendee_at(subject.meeting, mail.sender or "")
        mail.attendee_id = row.id if row else None
    if subject.letter is not None:
        mail.attendee_id = mail.attendee_id or subject.letter.attendee_id
        mail.advice_request_id, mail.action_id = subject.letter.advice_request_id, subject.letter.action_id
        mail.poll_id = subject.letter.poll_id


def _take_bounce(mail: InboundMail, message: itip.Message, subject: Subject, now: datetime) -> None:
    """A delivery report becomes a fact about the letter; it never changes an answer (RFC 3464)."""
    final = [failure for failure in message.failures if failure.is_final]
    if subject.letter is None:
        mail.verdict, mail.why = "noted", "A delivery report about a letter that is not ours."
        return
    if not final and message.failures:
        mail.verdict, mail.why = "noted", "The letter is delayed on its way. Their server is still trying."
        return
    reason = final[0].diagnostic or final[0].status if final else ""
    subject.letter.bounced_at = now
    subject.letter.error = _bounce_words(subject.letter.recipient, reason)
    mail.verdict, mail.why = "noted", subject.letter.error


def _bounce_words(address: str, reason: str) -> str:
    said = f" Their server said: {reason[:200]}" if reason else ""
    return f"{address} could not be reached.{said}"


@dataclass(frozen=True, slots=True)
class _Case:
    """One message about one meeting."""

    mail: InboundMail
    message: itip.Message
    meeting: Meeting
    now: datetime


async def _apply(db: Session, tools: Tools, case: _Case) -> None:
    mail, meeting = case.mail, case.meeting
    event = event_of(tools, meeting)
    applied = itip.apply(event, case.message, itip.Policy(is_shielded=meeting.is_private), case.now)
    mail.verdict, mail.why = applied.verdict.value, applied.why
    mail.needs_decision = applied.verdict is itip.Verdict.HELD
    row = attendee_at(meeting, mail.sender or "")
    if case.message.kind is itip.Kind.COUNTER and applied.verdict is itip.Verdict.HELD and row is not None:
        _keep_proposal(row, case.message)
    if applied.verdict is not itip.Verdict.APPLIED:
        return
    if any(attendee_at(meeting, each.address) is None for each in applied.event.attendees):
        mail.verdict, mail.needs_decision = itip.Verdict.HELD.value, True
        mail.why = "They want to send somebody else, who is not in the team yet. Decide whether to invite them."
        return
    before = {each.id: each.answer for each in meeting.attendees}
    keep_changes(meeting, applied.event, case.now)
    _mark_answered(meeting, before, case)
    meeting.changed_at = case.now if applied.outgoing else meeting.changed_at
    await post_changes(db, tools, meeting, applied.outgoing, Change(may_be_undone=False))
    for child in meeting.children:
        record(db, ACTOR, "answer_invitation", ("meeting", meeting.id), case.now, child_id=child.id, mail=mail.id)


def _mark_answered(meeting: Meeting, before: Mapping[int, Answer], case: _Case) -> None:
    answered = {each.address for answer in case.message.answers for each in answer.attendees}
    for row in meeting.attendees:
        if row.email in answered or row.answer is not before.get(row.id):
            row.answered_by, row.answered_at = AnsweredBy.MAIL, case.now


def _keep_proposal(row: Attendee, message: itip.Message) -> None:
    answer = message.answers[0]
    if isinstance(answer.start, datetime) and isinstance(answer.end, datetime):
        row.proposed_start, row.proposed_end = answer.start, answer.end
        row.comment = answer.comment or row.comment


def _take_words(mail: InboundMail, message: itip.Message, subject: Subject) -> None:
    """What a person wrote is shown beside what it is about, for a decision; a machine's reply is only shown."""
    if message.kind is itip.Kind.AUTO_REPLY:
        mail.verdict, mail.why = "noted", "An automatic reply: they may be away. It is no answer."
    elif subject.meeting is None and subject.letter is None:
        # Nobody's in particular, so everybody's: a family's cry for help may be among it.
        mail.verdict, mail.why = "held", "It belongs to no meeting, request or action that we know."
        mail.needs_decision = True
    elif message.answers:
        mail.verdict, mail.why = "refused", "It speaks of a meeting that is not ours."
    else:
        mail.verdict, mail.why = "held", "They answered in words. Read it and decide what it means."
        mail.needs_decision = True
