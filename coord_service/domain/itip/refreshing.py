"""An invitation asked for again (REFRESH): RFC 5546 §3.2.6, ITIP.md §2.8."""

from collections.abc import Iterator
from dataclasses import replace

from coord_service.domain.itip.answers import Incoming
from coord_service.domain.itip.identity import find_speaker
from coord_service.domain.itip.values import Applied, Event, Method, Outgoing, Question, Status, Verdict
from coord_service.domain.itip.views import for_reader, together, view_for


def apply_refresh(event: Event, incoming: Incoming) -> Applied:
    """Send how things stand to the attendee who asks, and to nobody else; strangers learn nothing.

    The whole present REQUEST under its own SEQUENCE; a CANCEL for what they were invited to and is off.
    """
    speaker = find_speaker(incoming.answer, incoming.message, event, incoming.policy)
    address = speaker.address if speaker else ""
    answers = tuple(_how_things_stand(event, address)) if speaker else ()
    if speaker is None or not answers:
        return Applied(event, Verdict.REFUSED, "it asks for the invitation, and whoever sent it was not invited")
    if speaker.doubt:
        return Applied(event, Verdict.HELD, speaker.doubt, question=Question.SENDER)
    is_off = all(each.method is Method.CANCEL for each in answers)
    why = f"{address} asks how things stand: it is cancelled" if is_off else f"{address} asks for the invitation again"
    return Applied(event, Verdict.APPLIED, why, answers)


def _how_things_stand(event: Event, address: str) -> Iterator[Outgoing]:
    seen = view_for(event, address)
    if seen is not None:
        yield Outgoing(address, Method.REQUEST, False, seen)
    gone = [for_reader(each, address) for each in _cancelled(event, address)]
    if gone and (seen is None or seen.recurrence_id is not None):  # the whole series leaves out what is off by itself
        yield Outgoing(address, Method.CANCEL, False, together(gone))


def _cancelled(event: Event, address: str) -> list[Event]:
    """What somebody was invited to and is cancelled: all of it, else single dates."""
    is_off = event.status is Status.CANCELLED
    if is_off and event.attendee(address):
        return [event]
    dates = [each for each in event.overrides if each.attendee(address)]
    return [replace(each, status=Status.CANCELLED) for each in dates if is_off or each.status is Status.CANCELLED]
