"""After silence nobody is flooded: what would go to managers all at once is held for a working day.

Whoever holds something gets their one digest all the same. The digest may be answered before managers hear of it, and a
manager sees what is held and why, and lets it go sooner or holds it longer.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.working_days import WorkingDays

MISSED = 2  # working days without a sweep: a weekend is none, and a night of repairs is one
SET_BACK = timedelta(hours=1)  # a clock that is further behind the last sweep has been set back


@dataclass(frozen=True, slots=True)
class LastSweep:
    """When the last sweep began, and whether anything was imported since; None: there has never been one."""

    at: datetime | None
    is_import_since: bool = False


def is_set_back(last: LastSweep, now: datetime) -> bool:
    """Whether the clock stood later at the last sweep than it does now."""
    return last.at is not None and last.at > now + SET_BACK


def why_catching_up(last: LastSweep, now: datetime, working_days: WorkingDays) -> str | None:
    """Why this sweep may find unusually much, in a sentence for a manager; None on an ordinary day."""
    today = day_in_london(now)
    if last.at is None:
        return "It is the first time that anything is chased."
    if is_set_back(last, now):
        return f"The clock was set back: it stood at {_day(day_in_london(last.at))} when chases last went out."
    last_on = day_in_london(last.at)
    if working_days.between(last_on, today) > MISSED:
        return f"No chases went out after {_day(last_on)}: the service was away, or its clock was wrong."
    if last.is_import_since:
        return "Data was brought in since chases last went out."
    return None


def hold_until(today: date, working_days: WorkingDays) -> date:
    """The last day of a hold that begins today: they go on the working day after it."""
    return working_days.add(today, 1) - timedelta(days=1)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
