"""A new time proposed (COUNTER), and what the lead worker makes of it: RFC 5546 §3.2.7-8, ITIP.md §2.7."""

from dataclasses import replace
from datetime import datetime, timedelta

from coord_service.domain.itip.addresses import is_mail_address
from coord_service.domain.itip.answers import Incoming
from coord_service.domain.itip.changes import diff
from coord_service.domain.itip.identity import find_speaker, invited_address
from coord_service.domain.itip.order import compare, order_of
from coord_service.domain.itip.places import Ruling, find_place, put_back
from coord_service.domain.itip.recurrence import shifted_end
from coord_service.domain.itip.rules import comparable
from coord_service.domain.itip.values import (
    Answer,
    Applied,
    Attendee,
    Changes,
    Event,
    Message,
    Method,
    Outgoing,
    PartStat,
    Policy,
    Question,
    Verdict,
    When,
)
from coord_service.domain.itip.views import for_reader
from coord_service.errors import ChangedMeanwhile

ANY_POLICY = Policy()
SHORTEST, LONGEST = timedelta(), timedelta(days=14)


def apply_counter(event: Event, incoming: Incoming) -> Applied:
    """Hold a proposed time for the lead worker while it is current; the copy never changes by it."""
    return _judge_counter(event, incoming).of(event)


def accept_counter(event: Event, message: Message, now: datetime) -> Changes:
    """The lead worker takes the proposed time: a move, sent to all (RFC 5546 §3.2.7).

    Raises ChangedMeanwhile when the meeting was moved or cancelled after the proposal.
    """
    answer, place = _current(event, message)
    if answer.start is None:
        raise ChangedMeanwhile("This message proposes no time.")
    start = _as_zoned(answer.start, place.start)
    end = _as_zoned(answer.end, place.end) if answer.end else shifted_end(place, start)
    return diff(event, put_back(event, replace(place, start=start, end=end)), now)


def decline_counter(event: Event, message: Message, policy: Policy = ANY_POLICY) -> Outgoing:
    """The lead worker keeps the time: a DECLINECOUNTER for the person who proposed (RFC 5546 §3.2.8).

    Raises ChangedMeanwhile when the meeting was cancelled after the proposal, or the person is no longer invited.
    """
    answer = message.answers[0]
    place = _standing(event, answer)
    proposer = _proposer(event, place, answer, message, policy)
    seen = for_reader(replace(place, attendees=(proposer,)), proposer.address)
    return Outgoing(proposer.address, Method.DECLINECOUNTER, True, seen)


def _judge_counter(event: Event, incoming: Incoming) -> Ruling:
    answer, message = incoming.answer, incoming.message
    place = find_place(event, answer)
    if isinstance(place, Ruling):
        return place
    line = _line(answer, message, event, incoming.policy)
    known = place.attendee(line.address) if line else None
    if known is None:
        return Ruling(Verdict.REFUSED, "it proposes a new time, and whoever sent it was not invited")
    speaker = find_speaker(answer, message, event, incoming.policy)
    if speaker and speaker.doubt:
        return Ruling(Verdict.HELD, speaker.doubt, Question.SENDER)
    order = order_of(answer, message, place)
    if order.sequence < place.current_sequence:
        return Ruling(Verdict.OLDER, f"{known.address} proposes another time, but the meeting was moved since")
    if answer.start is None:
        return Ruling(Verdict.REFUSED, f"{known.address} proposes a new time and doesn't say which")
    if answer.end is not None and not SHORTEST < comparable(answer.end) - comparable(answer.start) <= LONGEST:
        return Ruling(Verdict.REFUSED, f"{known.address} proposes a time that ends before it begins, or lasts for days")
    if compare(known, order, replace(known, partstat=PartStat.NEEDS_ACTION)) is Verdict.OLDER:
        return Ruling(Verdict.OLDER, f"{known.address} proposed another time, and has answered since")
    why = f"{known.address} proposes {_in_words(_as_zoned(answer.start, place.start))}"
    return Ruling(Verdict.HELD, why, Question.PROPOSAL)


def speaker_of(event: Event, message: Message, policy: Policy) -> str:
    """The address, as it was invited, that a message speaks for; "" where it names nobody."""
    found = (_line(answer, message, event, policy) for answer in message.answers)
    return next((line.address for line in found if line and is_mail_address(line.address)), "")


def _line(answer: Answer, message: Message, event: Event, policy: Policy) -> Attendee | None:
    """Who proposes. A COUNTER may list everybody: then it is the sender, for a bare file the first who is invited."""
    speaker = find_speaker(answer, message, event, policy)
    if speaker:
        return replace(speaker.line, address=speaker.address)
    if message.sender:
        return Attendee(invited_address(message.sender, event, policy))
    invited = {each.address for part in (event, *event.overrides) for each in part.attendees}
    return next((each for each in answer.attendees if each.address in invited), None)


def _standing(event: Event, answer: Answer) -> Event:
    place = find_place(event, answer)
    if isinstance(place, Ruling):
        raise ChangedMeanwhile(f"This proposal is out of date: {place.why}.")
    return place


def _current(event: Event, message: Message) -> tuple[Answer, Event]:
    answer = message.answers[0]
    place = _standing(event, answer)
    if order_of(answer, message, place).sequence < place.current_sequence:
        raise ChangedMeanwhile("This proposal is out of date: the meeting was moved since.")
    return answer, place


def _proposer(event: Event, place: Event, answer: Answer, message: Message, policy: Policy) -> Attendee:
    line = _line(answer, message, event, policy)
    known = place.attendee(line.address) if line else None
    if known is None:
        raise ChangedMeanwhile("Whoever proposed this time is no longer invited.")
    return known


def _as_zoned(when: When, like: When) -> When:
    """A proposed time in the meeting's own zone: proposals come in UTC."""
    if isinstance(when, datetime) and isinstance(like, datetime):
        return when.astimezone(like.tzinfo)
    return when


def _in_words(when: When) -> str:
    if not isinstance(when, datetime):
        return f"{when.day} {when:%B %Y}"
    clock = f"{when.hour % 12 or 12}:{when:%M}{'am' if when.hour < 12 else 'pm'}"
    return f"{when.day} {when:%B %Y} at {clock}"
