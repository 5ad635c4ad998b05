"""From what somebody says (a day, a time on the clock in London) to the instant that is meant, or why there is none."""

from datetime import UTC, date, datetime, time, timedelta

from coord_service.clock import LONDON
from coord_service.errors import Refused


def instant_in_london(day: date, clock: time) -> datetime:
    """The UTC instant at which London's clocks show this time.

    Raises Refused in the hour that the change to summer time leaves out, and in the one that comes twice in autumn:
    calendars disagree about both, so nobody is invited into them.
    """
    local = datetime.combine(day, clock, LONDON)
    instant = local.astimezone(UTC)
    if instant.astimezone(LONDON).time() != clock:
        raise Refused(
            f"On {say_day(day)} the clocks go forward from 1am to 2am, so there is no {say_clock(clock)} that day. "
            "Choose another time."
        )
    if local.replace(fold=1).astimezone(UTC) != instant:
        raise Refused(
            f"On {say_day(day)} the clocks go back from 2am to 1am, so {say_clock(clock)} comes twice that day. "
            "Choose another time."
        )
    return instant


def midnight_in_london(day: date) -> datetime:
    """The UTC instant at which a day begins in London; the clocks never change at midnight."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def day_span(day: date) -> tuple[datetime, datetime]:
    """A whole day in London: 23 or 25 hours when the clocks change."""
    return midnight_in_london(day), midnight_in_london(day + timedelta(days=1))


def say_clock(clock: time) -> str:
    """2:30pm, 9am."""
    minutes = f":{clock.minute:02}" if clock.minute else ""
    return f"{clock.hour % 12 or 12}{minutes}{'am' if clock.hour < 12 else 'pm'}"


def say_day(day: date) -> str:
    """Sunday 28 March 2027."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def say_instant(at: datetime) -> str:
    """3 Mar 2026, 2:30pm, by the clock in London."""
    there = at.astimezone(LONDON)
    return f"{there.day} {there:%b %Y}, {say_clock(there.time())}"
