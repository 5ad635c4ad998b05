"""What a recipient sees of a meeting: their own line, the dates they are invited to, nothing that is only ours."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from coord_service.domain.itip.recurrence import in_form_of, occurrence, override_at
from coord_service.domain.itip.rules import until_in_utc
from coord_service.domain.itip.values import Attendee, Event, Status, When


class Show(StrEnum):
    """Whose attendee lines a message carries: the recipient's alone (what we mail, ITIP.md §1.5), or everyone's."""

    RECIPIENT = "recipient"
    EVERYONE = "everyone"


def dates_for(event: Event | None, address: str, dates: Iterable[When]) -> dict[When | None, Event]:
    """What somebody is invited to: the meeting itself under None, and each of the ``dates`` of a series they come to.

    A date without an override of its own shows as the series has it. Cancelled meetings and dates are left out.
    """
    if event is None or event.status is Status.CANCELLED:
        return {}
    found: dict[When | None, Event] = {None: event} if event.attendee(address) else {}
    for each in dates:
        date = in_form_of(event.start, each)
        one = override_at(event, date) or occurrence(event, date)
        if one.status is not Status.CANCELLED and one.attendee(address) and _is_there(event, date):
            found[date] = one
    return found


def view_for(event: Event, address: str, show: Show = Show.RECIPIENT) -> Event | None:
    """The whole meeting as one person sees it, or None when they are not invited to any of it."""
    parts = dates_for(event, address, [each.recurrence_id for each in event.overrides if each.recurrence_id])
    master = parts.pop(None, None)
    shown = [each for date, each in parts.items() if date and override_at(event, date)]
    if master is None:
        return together([for_reader(each, address, show) for each in shown]) if shown else None
    absent = [o.recurrence_id for o in event.overrides if o not in shown and o.recurrence_id]
    known = {*master.exdates}
    exdates = (*master.exdates, *(in_form_of(event.start, each) for each in absent if each not in known))
    overrides = tuple(for_reader(each, address, show) for each in shown)
    return replace(for_reader(master, address, show), overrides=overrides, exdates=exdates)


def for_reader(event: Event, address: str, show: Show = Show.RECIPIENT) -> Event:
    """One VEVENT as its reader gets it: their line (or all lines), our bookkeeping left out."""
    people = event.attendees if show is Show.EVERYONE else tuple(a for a in event.attendees if a.address == address)
    return replace(
        event,
        attendees=tuple(_line_for_reader(each) for each in people),
        rrule=until_in_utc(event.rrule, event.start),
        extras=lines_for_readers(event.extras),
        overrides=(),
        time_sequence=None,
        removed=(),
        waiting=(),
    )


def lines_for_readers(extras: Iterable[str]) -> tuple[str, ...]:
    """Further content lines without what stands in parts of its own: alarms (when the organizer's computer rings is
    nobody else's business), participants (RFC 9073 §7.1: other people), and whatever is ours alone.
    """
    kept, depth = [], 0
    for line in extras:
        depth += line[:6].upper() == "BEGIN:"
        if depth == 0 and line[:8].upper() != "X-COORD-":
            kept.append(line)
        depth -= line[:4].upper() == "END:"
    return tuple(kept)


def together(events: list[Event]) -> Event:
    """Several dates of one series as one value: the first, with the others as its overrides."""
    return replace(events[0], overrides=tuple(events[1:]))


def _line_for_reader(attendee: Attendee) -> Attendee:
    name = attendee.name or attendee.address
    return replace(attendee, name=name, comment="", answered_sequence=None, answered_dtstamp=None)


def _is_there(event: Event, date: When) -> bool:
    return date not in {in_form_of(event.start, each) for each in event.exdates}
