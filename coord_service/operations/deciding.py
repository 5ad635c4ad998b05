"""What a lead worker decides about a mail that was held: it goes back through iTIP with what they agreed to."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coord_service.domain import itip
from coord_service.domain.access import Permission, require
from coord_service.domain.decisions import AGREES_TO, DECISION_NAMES, LETS_IN, Decision, offered
from coord_service.domain.itip import Question
from coord_service.domain.meetings import Answer, AnsweredBy, MeetingStatus
from coord_service.domain.people import Actor
from coord_service.errors import ChangedMeanwhile, InvalidForm, NotFound, Refused
from coord_service.operations.advice_by_mail import keep_held_document
from coord_service.operations.answers import AnswerInvitation, put_answer
from coord_service.operations.audit import record
from coord_service.operations.changing import put_back, snapshot
from coord_service.operations.hearing import Hearing, hear, policy_for, settle
from coord_service.operations.inbound import judge_mail
from coord_service.operations.invitations import Change, post_changes
from coord_service.operations.judging import note_verdict
from coord_service.operations.organizer_copy import event_of, keep_changes, present_attendees
from coord_service.operations.other_addresses import forget_address_of, remember_address
from coord_service.operations.reading_mail import read_kept
from coord_service.operations.refusing import tell_delegator
from coord_service.operations.seating import is_in_a_team
from coord_service.operations.tools import Tools
from coord_service.storage.accounts import load_user
from coord_service.storage.database import Session
from coord_service.storage.meetings import lock_meeting
from coord_service.storage.post import judge_held_again, load_inbound, lock_inbound, reopen_decisions
from coord_service.storage.tables import InboundMail, Meeting


@dataclass(frozen=True, slots=True)
class DecideMail:
    """What was pressed. ``answer``: what its words mean; ``attendee_id``: whose substitute its sender is."""

    mail_id: int
    decision: Decision
    answer: Answer | None = None
    attendee_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """A held mail under its lock, with the meeting, what it says, and who decides."""

    db: Session
    tools: Tools
    actor: Actor
    asked: DecideMail
    mail: InboundMail
    meeting: Meeting
    message: itip.Message
    now: datetime

    @property
    def hearing(self) -> Hearing:
        """The mail as a message that is heard now."""
        return Hearing(self.meeting, self.message, AnsweredBy.CALENDAR, self.now)


async def decide_mail(tools: Tools, actor: Actor, asked: DecideMail) -> str:
    """Decide about a mail that was held; a sentence on what came of it.

    Raises NotFound, ChangedMeanwhile when somebody else has decided it, InvalidForm (``answer``, ``attendee_id``),
    Refused where the decision can't be taken: somebody unknown in a shielded team, a meeting that is over.
    """
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.begin() as db:
        meeting, mail = await _lock(db, asked.mail_id)
        now = tools.clock.now()
        if meeting is None:
            said = await _decide_without_meeting(db, tools, actor, mail, asked.decision)
            record(db, actor, "decide_mail", ("inbound_mail", mail.id), now, decision=asked.decision.value)
            return said
        case = _Case(db, tools, actor, asked, mail, meeting, read_kept(tools, mail), now)
        said = await _decide(case)
        for child in meeting.children:
            facts = {"child_id": child.id, "decision": asked.decision.value, "attendee": mail.attendee_id}
            record(db, actor, "decide_mail", ("inbound_mail", mail.id), now, **facts)
    await judge_mail(tools)
    await tools.wake()
    return said


async def _lock(db: Session, mail_id: int) -> tuple[Meeting | None, InboundMail]:
    """The meeting first, then the mail: in the order in which everybody else takes them."""
    found = await load_inbound(db, mail_id)
    if found is None:
        raise NotFound("There is no such mail.")
    meeting = await lock_meeting(db, found.meeting_id) if found.meeting_id else None
    mail = await lock_inbound(db, mail_id)
    assert mail is not None
    if not mail.needs_decision or mail.judged_at is None:
        raise ChangedMeanwhile(await _who_was_quicker(db, mail))
    return meeting, mail


async def _who_was_quicker(db: Session, mail: InboundMail) -> str:
    user = await load_user(db, mail.settled_by) if mail.settled_by else None
    what = f": {DECISION_NAMES[mail.decision]}" if mail.decision else ""
    return (
        f"{user.person.name if user else 'Somebody'} has dealt with this mail already{what}. Nothing was changed now."
    )


async def _decide_without_meeting(
    db: Session, tools: Tools, actor: Actor, mail: InboundMail, decision: Decision
) -> str:
    if decision not in {Decision.READ, Decision.KEEP_DOCUMENT}:
        raise Refused("This mail belongs to no meeting: it can be read, or its document kept.")
    if decision is Decision.KEEP_DOCUMENT:
        await keep_held_document(db, tools, actor, mail)
    settle(mail, decision, actor.user_id, tools.clock.now())
    return "Noted as read." if decision is Decision.READ else "The document is kept with the request. Check it there."


async def _decide(case: _Case) -> str:
    await _check(case)
    before = snapshot(case.meeting)
    if case.asked.decision is Decision.ANSWER:
        has_letters = await _put_words(case)
    elif case.asked.decision in AGREES_TO:
        has_letters = await _agree(case)
    else:
        has_letters = case.mail.question is Question.DELEGATE and await _refuse(case)
    if not case.mail.needs_decision or case.asked.decision not in AGREES_TO:
        settle(case.mail, case.asked.decision, case.actor.user_id, case.now)
    if has_letters:
        case.meeting.before_change, case.meeting.changed_at = before, case.now
    else:
        case.mail.before_decision = {"attendee": before["attendees"].get(str(case.mail.attendee_id), {})}
    return _said(case)


async def _check(case: _Case) -> None:
    mail, decision, is_open = case.mail, case.asked.decision, case.meeting.status is MeetingStatus.BOOKED
    if decision not in decisions_for(mail, case.meeting, case.message) or (not is_open and decision in AGREES_TO):
        raise Refused("This can’t be decided about this mail any more. Look at the meeting again.")
    if decision is Decision.ANSWER and case.asked.answer is None:
        raise InvalidForm({"answer": "Choose what their mail means"})
    if decision in LETS_IN and case.meeting.is_private:
        for address in newcomers_of(case.meeting, case.message, decision):
            if not await is_in_a_team(case.db, case.meeting, address, case.now):
                raise Refused(
                    f"Somebody in this team is shielded. Add {address} to the team first, with what the family says "
                    "to it; then come back to this mail."
                )


def decisions_for(mail: InboundMail, meeting: Meeting, message: itip.Message) -> tuple[Decision, ...]:
    """What can be decided about a held mail, the most likely first."""
    invited = next((each.email for each in meeting.attendees if each.id == mail.attendee_id), "")
    is_other = bool(message.sender) and message.sender != invited
    return offered(
        mail.question,
        has_other_address=is_other and not message.authentication.is_doubtful,
        is_attendee=mail.attendee_id is not None,
    )


def newcomers_of(meeting: Meeting, message: itip.Message, decision: Decision) -> list[str]:
    """Whom a decision would let in: the addresses that are not invited."""
    lines = [each for answer in message.answers for each in answer.attendees]
    named = (
        [address for each in lines for address in each.delegated_to]
        if decision is Decision.AGREE
        else [message.sender or "", *(each.address for each in lines if each.address == message.sender)]
    )
    invited = {each.email for each in present_attendees(meeting)}
    return [each for each in dict.fromkeys(named) if each and each not in invited]


async def _agree(case: _Case) -> bool:
    """Apply the mail with what was agreed; whether letters go by it."""
    mail, asked = case.mail, case.asked
    if asked.decision is Decision.REMEMBER:
        await remember_address(case.db, case.actor, mail, case.now)
    agreed = {*map(Question, mail.agreed or ()), *AGREES_TO[asked.decision]}
    mail.agreed = sorted(each.value for each in agreed)
    policy = await policy_for(case.db, case.tools, case.meeting, agreed)
    has_letters = asked.decision is Decision.SUBSTITUTE and await _pass_on(case, policy)
    heard = await hear(case.db, case.tools, case.hearing, policy, may_be_undone=True)
    await note_verdict(case.db, case.tools, mail, case.hearing, heard)
    has_letters = has_letters or bool(heard.applied.outgoing)
    if asked.decision in LETS_IN:
        has_letters = await _welcome(case) or has_letters
        await judge_held_again(case.db, case.meeting.id)
    return has_letters


async def _pass_on(case: _Case, policy: itip.Policy) -> bool:
    """Whoever they come for passes their place on, as if their calendar had said so; whether letters go by it."""
    row = next((e for e in present_attendees(case.meeting) if e.id == case.asked.attendee_id), None)
    if row is None or row.person_id == case.meeting.convenor.person_id:
        raise InvalidForm({"attendee_id": "Choose whom they come for"})
    address = newcomers_of(case.meeting, case.message, Decision.SUBSTITUTE)
    event = event_of(case.tools, case.meeting)
    line = itip.Attendee(row.email, partstat=itip.PartStat.DELEGATED, delegated_to=tuple(address[:1]))
    stamp = itip.dtstamp_after(case.now, row.answered_dtstamp)
    answer = itip.Answer(event.uid, event.current_sequence, stamp, attendees=(line,))
    message = itip.Message(itip.Kind.REPLY, "REPLY", (answer,), sender=row.email, sender_name=case.message.sender_name)
    heard = await hear(
        case.db, case.tools, Hearing(case.meeting, message, AnsweredBy.MAIL, case.now), policy, may_be_undone=True
    )
    if heard.applied.verdict is not itip.Verdict.APPLIED:
        raise Refused(f"They can’t come for {row.person.name}: {heard.applied.why}")
    return bool(heard.applied.outgoing)


async def _welcome(case: _Case) -> bool:
    """Send whoever has a place now, and no invitation of their own, the one that everybody has."""
    new = {each.email for each in present_attendees(case.meeting) if each.invited_at is None}
    if not new:
        return False
    event = event_of(case.tools, case.meeting)
    known = tuple(each for each in event.attendees if each.address not in new)
    case.meeting.changed_at = case.now
    changes = itip.diff(replace(event, attendees=known), event, case.now)
    keep_changes(case.meeting, changes.event, case.now)
    requests = [each for each in changes.outgoing if each.recipient in new]
    return bool(await post_changes(case.db, case.tools, case.meeting, requests, Change()))


async def _refuse(case: _Case) -> bool:
    """Tell whoever wanted to send somebody else; a stranger is told nothing, not even that there is a meeting."""
    pause = timedelta(seconds=case.tools.settings.undo_seconds)
    return await tell_delegator(case.db, case.tools, case.mail, case.hearing, pause) is not None


async def _put_words(case: _Case) -> bool:
    assert case.asked.answer is not None
    comment = case.mail.words[:500] if case.mail.words else None
    request = AnswerInvitation(case.mail.attendee_id or 0, case.asked.answer, AnsweredBy.MAIL, comment)
    row = next((each for each in present_attendees(case.meeting) if each.id == case.mail.attendee_id), None)
    if row is None:
        raise Refused("They are no longer invited to this meeting, so there is nothing to record.")
    await put_answer(case.db, case.tools, (row, case.meeting), request, case.now)
    row.answered_from = case.mail.sender
    return False


def _said(case: _Case) -> str:
    if case.mail.needs_decision:
        return "Noted. One thing more must be decided about this mail: it is below."
    if case.asked.decision in AGREES_TO and case.mail.verdict != itip.Verdict.APPLIED.value:
        return "Decided, but it changes nothing: the mail was out of date, or could not be used. Its page says why."
    return "Decision recorded."


async def take_back_decision(tools: Tools, actor: Actor, mail_id: int) -> int:
    """Let a mail wait again, and put back what its decision changed; the meeting's id.

    Raises NotFound, Refused when letters have gone by it (then the meeting's own undo holds), or they answered since.
    """
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.begin() as db:
        found = await load_inbound(db, mail_id)
        meeting = await lock_meeting(db, found.meeting_id) if found and found.meeting_id else None
        mail = await lock_inbound(db, mail_id)
        if mail is None or meeting is None:
            raise NotFound("There is no such mail.")
        if mail.before_decision is None or mail.settled_at is None:
            raise Refused("This can’t be taken back: letters have gone by it, or it waits for a decision already.")
        now = tools.clock.now()
        _put_back_answer(meeting, mail)
        if mail.decision is Decision.REMEMBER:
            await forget_address_of(db, actor, mail, now)
        await reopen_decisions(db, meeting.id, mail.settled_at)
        for child in meeting.children:
            record(db, actor, "take_back_decision", ("inbound_mail", mail.id), now, child_id=child.id)
    await judge_mail(tools)
    return meeting.id


def _put_back_answer(meeting: Meeting, mail: InboundMail) -> None:
    row = next((each for each in meeting.attendees if each.id == mail.attendee_id), None)
    has_counted = mail.decision is Decision.ANSWER or (
        mail.decision in AGREES_TO and mail.verdict == itip.Verdict.APPLIED.value
    )
    if row is None or not has_counted:
        return
    if row.answered_at != mail.settled_at:
        raise Refused("They have answered since, and that answer counts. There is nothing to take back.")
    put_back(row, (mail.before_decision or {})["attendee"])
