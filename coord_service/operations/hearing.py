"""A message about a meeting, put into its rows: what iTIP decides under the policy, and nothing beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from coord_service.domain import itip
from coord_service.domain.decisions import Decision
from coord_service.domain.itip import Question, Strangers, bare_address
from coord_service.domain.meetings import AnsweredBy
from coord_service.operations.invitations import Change, post_changes
from coord_service.operations.organizer_copy import attendee_at, event_of, keep_changes, present_attendees
from coord_service.operations.reading_mail import read_kept
from coord_service.operations.seating import seat_by_answer
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.other_addresses import list_other_addresses
from coord_service.storage.post import list_open_counters
from coord_service.storage.tables import Attendee, InboundMail, Meeting

NOBODY_AGREED: frozenset[Question] = frozenset()


@dataclass(frozen=True, slots=True)
class Hearing:
    """A message about a meeting, and how it reached us."""

    meeting: Meeting
    message: itip.Message
    by: AnsweredBy
    now: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What was made of a message, and who has a place by it who had none."""

    applied: itip.Applied
    newcomers: Sequence[Attendee] = ()


def strangers_at(tools: Tools, meeting: Meeting) -> Strangers:
    """What to do at this meeting when somebody answers who was not invited: a shielded team always asks."""
    if meeting.is_private:
        return Strangers.ASK
    return meeting.strangers or Strangers(tools.settings.strangers)


async def policy_for(
    db: Session, tools: Tools, meeting: Meeting, agreed: Iterable[Question] = NOBODY_AGREED
) -> itip.Policy:
    """What the council and the meeting allow, which addresses are known, and what a person has agreed to."""
    strangers = strangers_at(tools, meeting)
    return itip.Policy(
        strangers=strangers,
        delegates=strangers,
        is_shielded=meeting.is_private,
        known_addresses=await _known_addresses(db, meeting),
        agreed=frozenset(agreed),
    )


async def _known_addresses(db: Session, meeting: Meeting) -> dict[str, str]:
    """Other address -> invited address; one that two of the invited have tells nothing, and is left out."""
    invited = {each.person_id: each for each in present_attendees(meeting)}
    pairs = [(each.address, invited[each.person_id].email) for each in await list_other_addresses(db, list(invited))]
    pairs += [(bare_address(row.person.email), row.email) for row in invited.values() if row.person.email]
    known: dict[str, set[str]] = {}
    for other, address in pairs:
        known.setdefault(other, set()).add(address)
    return {other: next(iter(found)) for other, found in known.items() if len(found) == 1}


async def hear(
    db: Session, tools: Tools, hearing: Hearing, policy: itip.Policy, *, may_be_undone: bool = False
) -> Heard:
    """Apply a message. What it changes is in the rows and in the outbox, in the caller's transaction."""
    meeting, now = hearing.meeting, hearing.now
    applied = itip.apply(event_of(tools, meeting), hearing.message, policy, now)
    if applied.verdict is not itip.Verdict.APPLIED:
        return Heard(applied)
    newcomers = await seat_by_answer(db, meeting, applied.event, _names(hearing.message), now)
    keep_changes(meeting, applied.event, now)
    if hearing.message.kind is itip.Kind.REPLY:
        _mark_answered(hearing, applied.speaker)
        await overtake_proposals(db, tools, meeting, policy, now)
    if applied.outgoing:
        meeting.changed_at = now
        await post_changes(db, tools, meeting, applied.outgoing, Change(may_be_undone=may_be_undone))
    return Heard(applied, newcomers)


def _names(message: itip.Message) -> dict[str, str]:
    lines = [each for answer in message.answers for each in answer.attendees]
    return {message.sender or "": message.sender_name} | {each.address: each.name for each in lines if each.name}


def _mark_answered(hearing: Hearing, speaker: str) -> None:
    row = attendee_at(hearing.meeting, speaker)
    if row is not None:
        row.answered_by, row.answered_at = hearing.by, hearing.now
        row.answered_from = hearing.message.sender or None


async def overtake_proposals(db: Session, tools: Tools, meeting: Meeting, policy: itip.Policy, now: datetime) -> None:
    """Put proposals aside that are no longer current: answered over, moved away from, or by somebody who is gone."""
    event = event_of(tools, meeting)
    for mail in await list_open_counters(db, meeting.id):
        message = read_kept(tools, mail)
        agreed = frozenset({Question.SENDER, *map(Question, mail.agreed or ())})  # who it is from was looked at
        again = itip.apply(event, message, replace(policy, agreed=agreed), now)
        if again.question is not Question.PROPOSAL:
            settle(mail, Decision.OVERTAKEN, None, now)
            mail.verdict, mail.why, mail.question = again.verdict.value, again.why, None
            _forget_proposal(attendee_at(meeting, again.speaker))


def _forget_proposal(row: Attendee | None) -> None:
    if row is not None:
        row.proposed_start = row.proposed_end = None


def settle(mail: InboundMail, decision: Decision, user_id: int | None, now: datetime) -> None:
    """Note on a mail what was decided about it, by whom; None: by no person."""
    mail.needs_decision, mail.decision = False, decision
    mail.settled_at, mail.settled_by = now, user_id


async def keep_proposal(db: Session, tools: Tools, hearing: Hearing, mail: InboundMail, speaker: str) -> None:
    """Show a proposed time with whoever proposes it; of two by one person the later one counts."""
    row, meeting, answer = attendee_at(hearing.meeting, speaker), hearing.meeting, hearing.message.answers[0]
    if row is None or not isinstance(answer.start, datetime):
        mail.question, mail.why = None, f"{_stem(mail.why)}, without an hour. Ring them to agree on one."
        return
    for other in await list_open_counters(db, meeting.id):
        if other.id != mail.id and other.attendee_id == row.id:
            earlier, later = _in_order(tools, (other, mail), hearing.message)
            settle(earlier, Decision.OVERTAKEN, None, hearing.now)
            earlier.verdict, earlier.question = itip.Verdict.OLDER.value, None
            earlier.why = f"{speaker} has proposed another time since."
            if later is other:
                return
    end = answer.end if isinstance(answer.end, datetime) else answer.start + (meeting.ends_at - meeting.starts_at)
    row.proposed_start, row.proposed_end = answer.start, end
    row.comment = answer.comment or row.comment


def _stem(sentence: str | None) -> str:
    return (sentence or "").removesuffix(".")


def _in_order(
    tools: Tools, mails: tuple[InboundMail, InboundMail], message: itip.Message
) -> tuple[InboundMail, InboundMail]:
    """The earlier and the later of two proposals, by DTSTAMP where both have one, else as they came."""
    known, new = mails
    before, after = tools.codec.read_mail(known.content).answers[0].dtstamp, message.answers[0].dtstamp
    return (new, known) if before and after and after < before else (known, new)
