"""What a REPLY does to the organizer's copy: order, dates, strangers (RFC 5546 §3.2.3; ITIP.md §2.2-6)."""

from dataclasses import dataclass, replace
from datetime import datetime

from coord_service.domain.itip.addresses import is_mail_address
from coord_service.domain.itip.changes import diff
from coord_service.domain.itip.delegation import objection, seat, wait_for_delegator
from coord_service.domain.itip.identity import Speaker, find_speaker
from coord_service.domain.itip.order import Order, answered, compare, order_of
from coord_service.domain.itip.places import Ruling, find_place, put_back
from coord_service.domain.itip.removals import removed_from
from coord_service.domain.itip.values import (
    Answer,
    Applied,
    Attendee,
    Cutype,
    Event,
    Message,
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
    after = put_back(event, seat(place, said, incoming.policy))
    if place is event:
        after = _settle_dates(after, event, incoming.policy)
    why = f"{said.address} {WORDS[said.partstat]}"
    if {each.address for each in place.attendees} == {each.address for each in _same_place(after, place).attendees}:
        return Applied(after, Verdict.APPLIED, why)
    changes = diff(event, after, incoming.now)
    return Applied(changes.event or after, Verdict.APPLIED, why, changes.outgoing)


def _same_place(event: Event, place: Event) -> Event:
    found = find_place(event, Answer(event.uid, recurrence_id=place.recurrence_id))
    return event if isinstance(found, Ruling) else found


def _settle_dates(event: Event, before: Event, policy: Policy) -> Event:
    """An answer to the series settles the dates that have no answer of their own, unless they were moved since.

    So does that of a delegate who had answered before their delegation arrived.
    """
    for said in event.attendees:
        was = before.attendee(said.address)
        if said.answered_sequence is not None and said != was:
            inherited = {PartStat.NEEDS_ACTION, *([was.partstat] if was else [])}
            overrides = [_settled(each, said, policy) if _awaits(each, said, inherited) else each
                         for each in event.overrides]  # fmt: skip
            event = replace(event, overrides=tuple(overrides))
    return event


def _awaits(override: Event, said: Attendee, inherited: set[PartStat]) -> bool:
    """Whether a date still shows what the series said; copies from elsewhere don't carry the order of answers."""
    own = override.attendee(said.address)
    if own is None or own.answered_sequence is not None or own.partstat not in inherited:
        return False
    return (said.answered_sequence or 0) >= override.current_sequence


def _settled(override: Event, said: Attendee, policy: Policy) -> Event:
    own = override.attendee(said.address)
    assert own is not None
    return seat(override, replace(own, partstat=said.partstat, delegated_to=said.delegated_to), policy)


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
    ruling = objection(place, said, incoming.policy)
    if ruling and ruling.verdict is Verdict.REFUSED:
        return ruling.of(event)  # what could never be seated must not stand in the way of what they said before
    return Applied(put_back(event, wait_for_delegator(place, said)), Verdict.HELD, why, question=Question.SUBSTITUTE)
