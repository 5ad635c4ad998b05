"""Changes to a series in the ways that every calendar shows: one date, the rest, all (ITIP.md §1.7, RFC 5546 §4.4).

Each gives the organizer's copy as it should become: pass it to ``diff`` as the new one. Nothing here uses
RANGE=THISANDFUTURE, which Outlook doesn't know: the rest of a series becomes a series of its own.
"""

from dataclasses import replace
from datetime import datetime

from coord_service.domain.itip.recurrence import in_form_of, occurrence, override_at, shifted_end, starts_before
from coord_service.domain.itip.rules import comparable, day_of, parse_rule, until_text
from coord_service.domain.itip.values import Event, PartStat, Status, When


def move_date(event: Event, date: When, start: When) -> Event:
    """One date begins at another time, and is as long as it was. ``date`` is where the series has it."""
    one = _at(event, date)
    return _with(event, replace(one, start=start, end=shifted_end(one, start)))


def cancel_date(event: Event, date: When) -> Event:
    """One date does not take place."""
    return _with(event, replace(_at(event, date), status=Status.CANCELLED))


def cancel_from(event: Event, date: When) -> Event:
    """This date and all later ones do not take place; from the first on, that is all of it.

    Raises ValueError when it can't be told which dates the series has.
    """
    before = _before(event, date)
    if not before:
        return replace(event, status=Status.CANCELLED)
    return replace(
        event,
        rrule=";".join([*_without_end(event.rrule), f"UNTIL={until_text(before[-1])}"]),
        rdates=tuple(each for each in event.rdates if comparable(each) < comparable(date)),
        overrides=tuple(
            o for o in event.overrides if o.recurrence_id and comparable(o.recurrence_id) < comparable(date)
        ),
    )


def move_from(event: Event, date: When, start: When, uid: str) -> tuple[Event, Event]:
    """This date and all later ones begin at another time: the series that ends before it, and the one that begins then.

    Everybody is asked afresh about the second. Raises ValueError when the rule names days that the move would change.
    """
    first, before = in_form_of(event.start, date), _before(event, date)
    if day_of(first) != day_of(start) and not event.rrule.upper().startswith("FREQ=WEEKLY"):
        raise ValueError("the days of this series are part of its rule: give the new rule")
    asked = tuple(replace(each, partstat=PartStat.NEEDS_ACTION, comment="", answered_sequence=None,
                          answered_dtstamp=None) for each in event.attendees)  # fmt: skip
    rest = replace(event, uid=uid, start=start, end=shifted_end(event, start), rrule=_rest(event, before, first, start),
                   rdates=(), exdates=(), overrides=(), sequence=0, time_sequence=None, dtstamp=None, removed=(),
                   waiting=(), attendees=asked)  # fmt: skip
    return cancel_from(event, date), rest


def _at(event: Event, date: When) -> Event:
    return override_at(event, date) or occurrence(event, date)


def _with(event: Event, one: Event) -> Event:
    others = tuple(each for each in event.overrides if each.recurrence_id != one.recurrence_id)
    return replace(event, overrides=(*others, one))


def _before(event: Event, date: When) -> list[When]:
    found = starts_before(event, in_form_of(event.start, date))
    if found is None:
        raise ValueError("it could not be told which dates the series has")
    return found


def _without_end(rule: str) -> list[str]:
    return [each for each in rule.split(";") if each and not each.upper().startswith(("COUNT=", "UNTIL="))]


def _rest(event: Event, before: list[When], first: When, start: When) -> str:
    """The rule for what is left of a series after these dates, when the next begins at another time."""
    parts = _without_end(event.rrule)
    if event.rrule.upper().startswith("FREQ=WEEKLY"):
        days = [each for each in parts if each.upper().startswith("BYDAY=")]
        if any("," in each for each in days):
            raise ValueError("the series meets on several days of the week: give the new rule")
        parts = [each for each in parts if each not in days]
    rule = parse_rule(event.rrule, event.start)
    if rule and rule.count:
        parts.append(f"COUNT={rule.count - len(before)}")
    if rule and rule.until:
        until = comparable(rule.until) + (comparable(start) - comparable(first))
        parts.append(f"UNTIL={until_text(until if isinstance(start, datetime) else until.date())}")
    return ";".join(parts)
