"""Working days and working hours in England, as chases count them.

Statutory limits count calendar days (`domain.clocks`): nothing here ever moves one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from coord_service.clock import LONDON

OPENS = time(8)
CLOSES = time(18)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Monday to Friday without the given bank holidays; 08:00 to 18:00 in Europe/London."""

    holidays: frozenset[date]

    def is_working_day(self, day: date) -> bool:
        """Whether anybody can be expected at work on this day."""
        return day.weekday() < 5 and day not in self.holidays

    def add(self, day: date, count: int) -> date:
        """The working day ``count`` working days after ``day`` (before it, if negative); ``day`` itself for 0.

        A start on a day off counts from there: the first working day after a Saturday is one day after it.
        """
        step = ONE_DAY if count > 0 else -ONE_DAY
        remaining = abs(count)
        while remaining:
            day += step
            remaining -= self.is_working_day(day)
        return day

    def between(self, earlier: date, later: date) -> int:
        """Working days after ``earlier``, up to and with ``later``; negative if ``later`` comes first.

        Turns :meth:`add` round: ``add(a, between(a, b)) == b`` for every working day ``b``.
        """
        if later < earlier:
            return -sum(map(self.is_working_day, _days(later, earlier)))
        return sum(map(self.is_working_day, _days(earlier + ONE_DAY, later + ONE_DAY)))

    def next_working_day(self, day: date) -> date:
        """``day`` itself if it is a working day, else the first one after it."""
        return day if self.is_working_day(day) else self.add(day, 1)

    def within_hours(self, instant: datetime) -> bool:
        """Whether an aware instant falls on a working day from 08:00 until before 18:00, London time."""
        local = instant.astimezone(LONDON)
        return self.is_working_day(local.date()) and OPENS <= local.time() < CLOSES

    def opens_at(self, day: date) -> datetime:
        """08:00 London time on the first working day on or after ``day``, aware."""
        return datetime.combine(self.next_working_day(day), OPENS, LONDON)


def _days(first: date, end: date) -> Iterator[date]:
    """The days from ``first`` until before ``end``."""
    return (first + timedelta(days=n) for n in range((end - first).days))
