"""An invitation asked for again (REFRESH): RFC 5546 §3.2.6, ITIP.md §2.8."""

from collections.abc import Iterator
from dataclasses import replace

from coord_service.domain.itip.answers import Incoming
from coord_service.domain.itip.identity import find_speaker
from coord_service.domain.itip.recurrence import in_form_of, shifted_end
from coord_service.domain.itip.rules import instant
from coord_service.domain.itip.values import SECOND, Applied, Event, Method, Outgoing, Question, Status, Verdict
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
    if seen is not None and seen.recurrence_id is None:
        yield Outgoing(address, Method.REQUEST, False, seen)  # the whole leaves out what is off by itself
        return
    dates = [seen, *seen.overrides] if seen else []
    cancelled = _cancelled(event, address)
    gone = [*cancelled, *_removed(event, address, dates or cancelled)]
    whole = [each for each in gone if each.recurrence_id is None]
    if gone:
        told = [for_reader(each, address) for each in whole or gone]
        yield Outgoing(address, Method.CANCEL, False, together(told))
    if seen is not None:
        yield Outgoing(address, Method.REQUEST, False, seen)


def _cancelled(event: Event, address: str) -> list[Event]:
    """What somebody was invited to and is cancelled: all of it, else single dates."""
    is_off = event.status is Status.CANCELLED
    if is_off and event.attendee(address):
        return [event]
    dates = [each for each in event.overrides if each.attendee(address)]
    return [replace(each, status=Status.CANCELLED) for each in dates if is_off or each.status is Status.CANCELLED]


def _removed(event: Event, address: str, known: list[Event]) -> Iterator[Event]:
    """What somebody who comes to single dates (``known``) was taken off, with no word that these don't show them.

    The CANCEL of the whole takes every date out of a calendar, so it is older than the dates that they keep.
    """
    if not known:
        return
    like, at = known[0], {instant(each.recurrence_id) for each in known if each.recurrence_id}
    stamps = [each.dtstamp for each in known if each.dtstamp]
    for gone in (each for each in event.removed if each.address == address):
        off = replace(like, status=Status.CANCELLED, sequence=gone.sequence, overrides=())
        if gone.date is None:
            yield replace(off, recurrence_id=None, dtstamp=min(stamps) - SECOND if stamps else None)
        elif instant(start := in_form_of(event.start, gone.date)) not in at:
            yield replace(off, recurrence_id=start, start=start, end=shifted_end(like, start))
