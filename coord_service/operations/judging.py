"""Judging one received message: what it is about, what it means under the policy, what somebody must decide."""

from dataclasses import dataclass
from datetime import datetime

from coord_service.domain import itip
from coord_service.domain.itip import Question
from coord_service.domain.meetings import AnsweredBy
from coord_service.domain.people import Actor
from coord_service.domain.refusals import advice_on
from coord_service.operations.advice_by_mail import take_advice
from coord_service.operations.audit import record
from coord_service.operations.explaining import weigh
from coord_service.operations.hearing import Heard, Hearing, hear, keep_proposal, policy_for
from coord_service.operations.organizer_copy import attendee_at, event_of
from coord_service.operations.reading_mail import read_kept
from coord_service.operations.refusing import tell_delegator
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.meetings import find_meeting_by_uid, lock_meeting
from coord_service.storage.polls import find_held_time
from coord_service.storage.post import (
    judge_held_again,
    load_letter_by_envelope,
    load_letter_by_message_ids,
    lock_inbound,
)
from coord_service.storage.tables import InboundMail, Meeting, OutboxLetter

ACTOR = Actor.job("read_mailbox")
IN_WORDS = "They answered in words. Read it and decide what it means."
OTHER_MEETING = (  # some programs lose the UID: nothing is applied to a meeting by guessing, and nothing is dropped
    "It answers our letter, but its calendar part names another meeting. Read it and decide what it means."
)
DELAYED = "The letter is delayed on its way. Their server is still trying."


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message turned out to be about, and by what that was seen: uid, bounce address, references, or nothing."""

    meeting: Meeting | None = None
    letter: OutboxLetter | None = None
    matched_by: str = ""


async def judge(tools: Tools, mail_id: int) -> None:
    """Judge one message in a transaction of its own; nothing where somebody has done so already."""
    now = tools.clock.now()
    async with tools.database.begin() as db:
        mail = await lock_inbound(db, mail_id)
        if mail is None or mail.judged_at is not None:
            return
        message = read_kept(tools, mail)
        mail.judged_at, mail.kind, mail.sender = now, message.kind.value, message.sender
        mail.words = message.text or None
        mail.question, mail.needs_decision = None, False
        subject = await _subject_of(db, message)
        mail.evidence = {"matched_by": subject.matched_by, "authentication": message.authentication.value}
        await _file(db, tools, mail, subject)
        if message.kind is itip.Kind.BOUNCE:
            _take_bounce(mail, message, subject, now)
        elif message.uid and await find_held_time(db, message.uid):
            mail.verdict, mail.why = "noted", "An answer to a time held in the convenor’s own calendar: nothing to do."
        elif subject.meeting is not None and subject.matched_by == "uid":
            await _apply(db, tools, mail, Hearing(subject.meeting, message, AnsweredBy.CALENDAR, now))
        elif not await take_advice(db, tools, mail, message):
            _take_words(mail, message, subject)
        if mail.left_out:
            mail.why = f"{mail.why or ''} Its last {mail.left_out / 1_000_000:.1f} MB were too much to read.".strip()


async def _subject_of(db: Session, message: itip.Message) -> Subject:
    """By UID, then by bounce address, then by the Message-IDs it answers (issue 3: matching order)."""
    if message.uid and (meeting_id := await find_meeting_by_uid(db, message.uid)):
        return Subject(meeting=await lock_meeting(db, meeting_id), matched_by="uid")
    letter, matched_by = await _letter_of(db, message)
    if letter is None:
        return Subject()
    meeting = await lock_meeting(db, letter.meeting_id) if letter.meeting_id else None
    return Subject(meeting=meeting, letter=letter, matched_by=matched_by)


async def _letter_of(db: Session, message: itip.Message) -> tuple[OutboxLetter | None, str]:
    for address in message.recipients:
        if address.startswith("bounces+") and (letter := await load_letter_by_envelope(db, address)):
            return letter, "bounce_address"
    for named in ([message.original_message_id], [message.in_reply_to], message.references):  # the closest first
        if letter := await load_letter_by_message_ids(db, [each for each in named if each]):
            return letter, "references"
    return None, ""


async def _file(db: Session, tools: Tools, mail: InboundMail, subject: Subject) -> None:
    if subject.meeting is not None:
        known = (await policy_for(db, tools, subject.meeting)).known_addresses
        sender = mail.sender or ""
        row = attendee_at(subject.meeting, known.get(sender, sender))
        mail.meeting_id = subject.meeting.id
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
    mail.verdict = "noted"
    if not final and message.failures:
        is_delayed = any(failure.action == "delayed" for failure in message.failures)
        mail.why = DELAYED if is_delayed else "Their mail server says that the letter has arrived."
        return
    said = " ".join(each for each in (final[0].status, final[0].diagnostic) if each) if final else ""
    subject.letter.bounced_at = now
    subject.letter.error = mail.why = _bounce_words(subject.letter.recipient, said)


def _bounce_words(address: str, said: str) -> str:
    advice = advice_on(said, address, "{recipient} could not be reached: ask for the right address")
    return f"{advice} (their server said: {said[:200]})." if said else f"{advice}."


async def _apply(db: Session, tools: Tools, mail: InboundMail, hearing: Hearing) -> None:
    agreed = frozenset(map(Question, mail.agreed or ()))
    policy = await policy_for(db, tools, hearing.meeting, agreed)
    event = event_of(tools, hearing.meeting)
    heard = await hear(db, tools, hearing, policy)
    await note_verdict(db, tools, mail, hearing, heard)
    mail.evidence = {**(mail.evidence or {}), **weigh(event, heard.applied.speaker, policy)}
    if heard.applied.verdict is itip.Verdict.REFUSED and policy.delegates is itip.Strangers.DENY:
        await tell_delegator(db, tools, mail, hearing)
    if heard.applied.verdict is itip.Verdict.APPLIED:
        if heard.newcomers:
            await judge_held_again(db, hearing.meeting.id)
        for child in hearing.meeting.children:
            subject = ("meeting", hearing.meeting.id)
            facts = {"child_id": child.id, "mail": mail.id, "attendee": mail.attendee_id}
            record(db, ACTOR, "answer_invitation", subject, hearing.now, **facts)


async def note_verdict(db: Session, tools: Tools, mail: InboundMail, hearing: Hearing, heard: Heard) -> None:
    """Write on a mail what was made of it; a proposed time is shown with whoever proposes it."""
    applied = heard.applied
    mail.verdict, mail.why, mail.question = applied.verdict.value, applied.why, applied.question
    mail.needs_decision = applied.verdict is itip.Verdict.HELD
    row = attendee_at(hearing.meeting, applied.speaker)
    mail.attendee_id = row.id if row else mail.attendee_id
    if applied.question is Question.PROPOSAL:
        await keep_proposal(db, tools, hearing, mail, applied.speaker)


def _take_words(mail: InboundMail, message: itip.Message, subject: Subject) -> None:
    """What a person wrote is shown beside what it is about, for a decision; a machine's reply is only shown."""
    if message.kind is itip.Kind.AUTO_REPLY:
        mail.verdict, mail.why = "noted", "An automatic reply: they may be away. It is no answer."
    elif subject.meeting is None and subject.letter is None:
        # Nobody's in particular, so everybody's: a family's cry for help may be among it.
        mail.verdict, mail.why = "held", "It belongs to no meeting, request or action that we know."
        mail.needs_decision = True
    else:
        mail.verdict, mail.why = "held", OTHER_MEETING if message.answers else IN_WORDS
        mail.needs_decision = True
    if mail.needs_decision and message.authentication.is_doubtful:
        mail.why += f" Careful: the mail server could not confirm that it is from {message.sender}."
