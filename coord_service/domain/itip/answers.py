"""What a REPLY does to the organizer's copy: order, dates, strangers (RFC 5546 §3.2.3; ITIP.md §2.2-6)."""

from dataclasses import dataclass, replace
from datetime import datetime

from coord_service.domain.itip.addresses import is_mail_address
from coord_service.domain.itip.changes import diff
from coord_service.domain.itip.delegation import objection
from coord_service.domain.itip.identity import Speaker, find_speaker
from coord_service.domain.itip.order import Order, answered, compare, order_of
from coord_service.domain.itip.places import Ruling, find_place, put_back
from coord_service.domain.itip.recurrence import override_at
from coord_service.domain.itip.removals import removed_from
from coord_service.domain.itip.seating import seat, wait_for_delegator
from coord_service.domain.itip.values import (
    Answer,
    Applied,
    Attendee,
    Cutype,
    Event,
    Message,
    Outgoing,
    PartStat,
    Policy,
    Question,
    Removed,
    Role,
    Strangers,
    Verdict,
)

WORDS = {
    PartStat.ACCEPTED: "accepts",
    PartStat.DECLINED: "declines",
    PartStat.TENTATIVE: "may come",
    PartStat.DELEGATED: "passes their place on",
}


@dataclass(frozen=True, slots=True)
class Incoming:
    """One VEVENT of a message before it is judged."""

    answer: Answer
    message: Message
    policy: Policy
    now: datetime


def apply_reply(event: Event, incoming: Incoming) -> Applied:
    """Judge one VEVENT of a REPLY."""
    speaker = find_speaker(incoming.answer, incoming.message, event, incoming.policy)
    if speaker is None:
        return Applied(event, Verdict.REFUSED, "it doesn't say whose answer it is")
    place = find_place(event, incoming.answer)
    if isinstance(place, Ruling):
        return place.of(event)
    if speaker.doubt:
        return Applied(event, Verdict.HELD, speaker.doubt, question=Question.SENDER)
    order = order_of(incoming.answer, incoming.message, place)
    known = place.attendee(speaker.address)
    if known is None:
        return _hear_stranger(event, place, speaker, order, incoming)
    ruling = _too_late(place, known, order, speaker.line)
    if ruling:
        return ruling.of(event)
    if known.delegated_from and not known.name:
        known = replace(known, name=speaker.line.name)
    said = answered(known, order, speaker.line, _comment(speaker, incoming))
    ruling = objection(place, said, incoming.policy)
    if ruling:
        return ruling.of(event)
    return _seated(event, place, said, incoming)


def _too_late(place: Event, known: Attendee, order: Order, said: Attendee) -> Ruling | None:
    if order.sequence < place.current_sequence:
        return Ruling(Verdict.OLDER, "it answers the time before the last move")
    if said.partstat is PartStat.NEEDS_ACTION:
        return Ruling(Verdict.NOTED, f"{known.address} says neither yes nor no")
    verdict = compare(known, order, said)
    if verdict is Verdict.OLDER:
        return Ruling(verdict, f"{known.address} has answered since")
    if verdict is Verdict.DUPLICATE:
        return Ruling(verdict, f"this answer of {known.address} is known already")
    return None


def _comment(speaker: Speaker, incoming: Incoming) -> str:
    return speaker.line.comment or incoming.answer.comment


def _seated(event: Event, place: Event, said: Attendee, incoming: Incoming) -> Applied:
    """Put an answer into the copy; who came or went by it (delegates) is told as for any other change."""
    after, outgoing = _told(event, seat(event, place, said, incoming.policy), incoming)
    return Applied(after, Verdict.APPLIED, f"{said.address} {WORDS[said.partstat]}", outgoing)


def _told(event: Event, after: Event, incoming: Incoming) -> tuple[Event, tuple[Outgoing, ...]]:
    if all(_people(event, part) == {each.address for each in part.attendees} for part in (after, *after.overrides)):
        return after, ()
    changes = diff(event, after, incoming.now)
    return changes.event or after, changes.outgoing


def _people(event: Event, part: Event) -> set[str]:
    before = event if part.recurrence_id is None else (override_at(event, part.recurrence_id) or event)
    return {each.address for each in before.attendees}


def _hear_stranger(event: Event, place: Event, speaker: Speaker, order: Order, incoming: Incoming) -> Applied:
    """Somebody who was not invited: removed since, a delegate, a list's member, or a forwarded invitation."""
    line, address = speaker.line, speaker.address
    if not is_mail_address(address):
        return Applied(event, Verdict.REFUSED, "it doesn't say whose answer it is")
    if not line.delegated_from and any(each.address == address for each in _removed(event, place)):
        return Applied(event, Verdict.NOTED, f"{address} is no longer invited")
    if line.delegated_from:
        return _hear_early_delegate(event, place, speaker, order, incoming)
    ruling = _about_stranger(place, speaker, incoming.policy)
    if ruling:
        return ruling.of(event)
    if order.sequence < place.current_sequence or line.partstat in {PartStat.NEEDS_ACTION, PartStat.DELEGATED}:
        return Applied(event, Verdict.REFUSED, f"{address} was not invited, and does not answer the present time")
    fresh = Attendee(address, line.name, Role.OPTIONAL)
    said = answered(fresh, order, line, _comment(speaker, incoming))
    after = put_back(event, replace(place, attendees=(*place.attendees, said)))
    return Applied(after, Verdict.APPLIED, f"{address} was not invited and {WORDS[said.partstat]}; they are added")


def _removed(event: Event, place: Event) -> list[Removed]:
    return [*removed_from(event, None), *(removed_from(event, place.recurrence_id) if place is not event else ())]


def _about_stranger(place: Event, speaker: Speaker, policy: Policy) -> Ruling | None:
    """What the policy says to somebody who was not invited, unless a person has let them in."""
    line, address = speaker.line, speaker.address
    if {Question.STRANGER, Question.LIST} & policy.agreed:
        return None
    lists = [each.address for each in place.attendees if each.cutype is Cutype.GROUP or each.address in line.member]
    strangers = Strangers.ASK if policy.is_shielded else policy.strangers
    if strangers is Strangers.DENY:
        return Ruling(Verdict.REFUSED, f"{address} was not invited")
    if lists and (strangers is Strangers.ASK or line.member):
        why = f"{address} was invited only through the list {', '.join(lists)}"
        return Ruling(Verdict.HELD, why, Question.LIST)
    if strangers is Strangers.ASK:
        why = f"{address} was not invited; the invitation may have been forwarded"
        return Ruling(Verdict.HELD, why, Question.STRANGER)
    return None


def _hear_early_delegate(event: Event, place: Event, speaker: Speaker, order: Order, incoming: Incoming) -> Applied:
    line, address = speaker.line, speaker.address
    why = f"{address} answers for {', '.join(line.delegated_from)}, who has not passed their place on"
    if incoming.policy.is_shielded:
        return Applied(event, Verdict.HELD, why, question=Question.SUBSTITUTE)
    known = next((each for each in place.waiting if each.address == address), Attendee(address))
    verdict = compare(known, order, line)
    if verdict is not Verdict.APPLIED:
        return Applied(event, verdict, why)
    said = answered(replace(known, name=line.name), order, line, _comment(speaker, incoming))
    ruling = objection(place, replace(said, delegated_from=line.delegated_from), incoming.policy)
    if ruling and ruling.verdict is Verdict.REFUSED:
        return ruling.of(event)  # what could never be seated must not stand in the way of what they said before
    after, outgoing = _told(event, wait_for_delegator(event, place, said, incoming.policy), incoming)
    return Applied(after, Verdict.HELD, why, outgoing, Question.SUBSTITUTE)
