"""What a recipient sees of a meeting: their own line, the dates they are invited to, nothing that is only ours."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from coord_service.domain.itip.recurrence import has_date, in_form_of, occurrence, override_at
from coord_service.domain.itip.rules import instant, until_in_utc
from coord_service.domain.itip.values import Attendee, Event, Status, When


class Show(StrEnum):
    """Whose attendee lines a message carries: the recipient's alone (what we mail, ITIP.md §1.5), or everyone's."""

    RECIPIENT = "recipient"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Parts:
    """A meeting by date: all of it under None, and dates of a series that are looked at one by one.

    A date without an override of its own shows as the series has it; ``changed`` are those with one.
    """

    by_date: dict[When | None, Event]
    changed: frozenset[When | None]
    invited: dict[str, list[When | None]]

    def of(self, address: str) -> dict[When | None, Event]:
        """What one person is invited to."""
        return {date: self.by_date[date] for date in self.invited.get(address, ())}


def parts_of(event: Event | None, dates: Iterable[When]) -> Parts:
    """The meeting and these dates of it, as far as they take place: what is cancelled or left out is in no part."""
    if event is None or event.status is Status.CANCELLED:
        return Parts({}, frozenset(), {})
    by_date: dict[When | None, Event] = {None: event}
    changed: set[When | None] = set()
    for date in dict.fromkeys(in_form_of(event.start, each) for each in dates):
        override = override_at(event, date)
        one = override or occurrence(event, date)
        if one.status is Status.CANCELLED or not has_date(event, date):
            continue
        by_date[date] = one
        if override:
            changed.add(date)
    invited: dict[str, list[When | None]] = {}
    for key, part in by_date.items():
        for person in part.attendees:
            invited.setdefault(person.address, []).append(key)
    return Parts(by_date, frozenset(changed), invited)


def view_for(event: Event, address: str, show: Show = Show.RECIPIENT, parts: Parts | None = None) -> Event | None:
    """The whole meeting as one person sees it, or None when they are not invited to any of it.

    ``parts``: those of all its changed dates, where they are at hand.
    """
    dates = [each.recurrence_id for each in event.overrides if each.recurrence_id]
    parts = parts or parts_of(event, dates)
    own = parts.of(address)
    shown = [each for date, each in own.items() if date in parts.changed]
    if None not in own:
        return together([for_reader(each, address, show) for each in shown]) if shown else None
    known = {instant(in_form_of(event.start, each)) for each in event.exdates}
    absent = [date for each in dates if (date := in_form_of(event.start, each)) not in own]
    exdates = (*event.exdates, *(date for date in absent if instant(date) not in known))
    overrides = tuple(for_reader(each, address, show) for each in shown)
    return replace(for_reader(event, address, show), overrides=overrides, exdates=exdates)


def for_reader(event: Event, address: str, show: Show = Show.RECIPIENT) -> Event:
    """One VEVENT as its reader gets it: their line (or all lines), our bookkeeping left out."""
    people = event.attendees if show is Show.EVERYONE else tuple(a for a in event.attendees if a.address == address)
    return replace(
        event,
        attendees=tuple(_line_for_reader(each, event.organizer.address) for each in people),
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


def _line_for_reader(attendee: Attendee, organizer: str) -> Attendee:
    """RFC 6638 §7: who tells an attendee, and how that went, is the organizer's server's business."""
    extras = tuple(each for each in attendee.extras if not each[0].startswith("SCHEDULE-"))
    name = attendee.name or attendee.address
    asked = attendee.rsvp and attendee.address != organizer
    return replace(
        attendee, name=name, rsvp=asked, comment="", answered_sequence=None, answered_dtstamp=None, extras=extras
    )
