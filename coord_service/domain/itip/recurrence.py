"""The dates of a series: which there are, what each looks like, when the last is over (RFC 5545 §3.8.4-5)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from coord_service.domain.itip.rules import comparable, day_of, days_from, instant, parse_rule, rule_has
from coord_service.domain.itip.values import Event, When

LONDON = ZoneInfo("Europe/London")


def in_form_of(start: When, recurrence_id: When) -> When:
    """A RECURRENCE-ID in DTSTART's form: its zone, or a plain date (RFC 5545 §3.8.4.4; senders use UTC, or a date)."""
    if not isinstance(start, datetime):
        if not isinstance(recurrence_id, datetime):
            return recurrence_id
        local = recurrence_id.astimezone(LONDON) if recurrence_id.tzinfo is UTC else recurrence_id
        return local.date()
    if isinstance(recurrence_id, datetime):
        return recurrence_id.astimezone(start.tzinfo)
    return datetime.combine(recurrence_id, start.time(), start.tzinfo)


class Lasting(Protocol):
    """Anything with a start and an end."""

    @property
    def start(self) -> When:
        """When it begins."""

    @property
    def end(self) -> When:
        """When it is over."""


def shifted_end(event: Lasting, start: When) -> When:
    """The end of an occurrence that begins at ``start``: as long as the meeting is, by the clock on the wall."""
    if isinstance(start, datetime) and isinstance(event.start, datetime) and isinstance(event.end, datetime):
        if event.start.tzinfo is event.end.tzinfo and start.tzinfo is event.start.tzinfo:
            return start + (event.end - event.start)
        return (comparable(start) + (comparable(event.end) - comparable(event.start))).astimezone(event.end.tzinfo)
    return start + (comparable(event.end) - comparable(event.start))


def occurrence(event: Event, recurrence_id: When) -> Event:
    """One date of a series as an override that changes nothing yet; answers to the series are inherited."""
    start = in_form_of(event.start, recurrence_id)
    people = tuple(replace(each, answered_sequence=None, answered_dtstamp=None) for each in event.attendees)
    return replace(
        event,
        start=start,
        end=shifted_end(event, start),
        recurrence_id=start,
        attendees=people,
        rrule="",
        rdates=(),
        exdates=(),
        overrides=(),
        removed=(),
        waiting=(),
    )


def override_at(event: Event, recurrence_id: When) -> Event | None:
    """The override for a date of the series, found by its instant, or None."""
    wanted = instant(in_form_of(event.start, recurrence_id))
    return next((o for o in event.overrides if o.recurrence_id and _own_key(event, o.recurrence_id) == wanted), None)


def occurs(event: Event, recurrence_id: When) -> bool | None:
    """Whether the series has this date; None when that can't be told."""
    wanted = in_form_of(event.start, recurrence_id)
    if any(_own_key(event, each) == instant(wanted) for each in event.exdates):
        return False
    if instant(wanted) in {instant(event.start), *(_own_key(event, each) for each in event.rdates)}:
        return True
    if not event.rrule or comparable(wanted) < comparable(event.start):
        return False
    rule = parse_rule(event.rrule, event.start)
    return None if rule is None else rule_has(rule, event.start, wanted)


def has_date(event: Event, recurrence_id: When) -> bool:
    """Whether this date is one of the meeting's, as far as can be told: what can't is believed."""
    if not event.is_series and event.recurrence_id is not None:
        return True
    return occurs(event, recurrence_id) is not False


def starts_before(event: Event, date: When) -> list[When] | None:
    """When the rule of a series has it begin before a date, in order; None when that can't be told."""
    rule = parse_rule(event.rrule, event.start)
    days = list(days_from(rule, day_of(event.start), before=day_of(date))) if rule else [None]
    starts = [each if each is None else in_form_of(event.start, each) for each in days]
    known = [each for each in starts if each is not None]
    return known if len(known) == len(starts) else None


def last_end(event: Event) -> datetime | None:
    """The instant at which the last date of the meeting is over; None: it never ends, or that can't be told."""
    ends = [comparable(event.end), *(comparable(each.end) for each in event.overrides)]
    ends += [comparable(shifted_end(event, in_form_of(event.start, each))) for each in event.rdates]
    if event.rrule:
        last = _last_start(event)
        if last is None:
            return None
        ends.append(comparable(shifted_end(event, in_form_of(event.start, last))))
    return max(ends)


def _own_key(event: Event, when: When) -> datetime | date:
    return instant(in_form_of(event.start, when))


def _last_start(event: Event) -> When | None:
    rule = parse_rule(event.rrule, event.start)
    if rule is None or (rule.count is None and rule.until is None):
        return None
    if rule.count is None:
        return rule.until
    last: date | None = None
    for found in days_from(rule, day_of(event.start)):
        if found is None:
            return None
        last = found
    return last or event.start
