"""Who was taken off what, under which SEQUENCE: invited again they are sent no less, and told again when they ask.

The memory stands on the meeting itself, for its dates as well: a date may leave the pattern, and its override with it.
"""

from collections.abc import Iterable
from dataclasses import replace

from coord_service.domain.itip.recurrence import in_form_of, override_at
from coord_service.domain.itip.rules import instant
from coord_service.domain.itip.values import Event, Removed, Status, When


def removed_from(event: Event, date: When | None) -> list[Removed]:
    """Those who were taken off the whole (None), or off one date of it."""
    wanted = _key(event, date)
    return [each for each in event.removed if _key(event, each.date) == wanted]


def remember(event: Event, gone: Iterable[Removed]) -> Event:
    """The meeting with these removals known too: one a person and date, under the highest SEQUENCE."""
    known = {(each.address, _key(event, each.date)): each for each in event.removed}
    for each in gone:
        key = (each.address, _key(event, each.date))
        if key not in known or known[key].sequence < each.sequence:
            known[key] = each
    return replace(event, removed=tuple(known.values()))


def forget_returned(event: Event) -> Event:
    """The meeting without the removals of those who are invited again: their invitation says all there is to know."""
    return replace(event, removed=tuple(each for each in event.removed if not _is_back(event, each)))


def above_removed(part: Event, gone: Iterable[Removed]) -> Event:
    """Somebody invited again must be sent no lower SEQUENCE than their CANCEL had; nobody else's answer ages by it."""
    lowest = max((each.sequence for each in gone if part.attendee(each.address)), default=0)
    if lowest <= part.sequence:
        return part
    return replace(part, sequence=lowest, time_sequence=part.current_sequence)


def _is_back(event: Event, gone: Removed) -> bool:
    part = event if gone.date is None else override_at(event, gone.date)
    return part is not None and part.status is not Status.CANCELLED and part.attendee(gone.address) is not None


def _key(event: Event, date: When | None) -> When | None:
    return None if date is None else instant(in_form_of(event.start, date))
