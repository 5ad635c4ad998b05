"""When a manager's report is due: the first working day of a week, or of a month."""

from datetime import date, timedelta
from enum import StrEnum

from coord_service.domain.working_days import WorkingDays


class Every(StrEnum):
    """How often somebody wants the report."""

    WEEK = "week"
    MONTH = "month"


EVERY_NAMES = {
    Every.WEEK: "Every Monday (or the next working day)",
    Every.MONTH: "On the first working day of each month",
}


def last_due_on(every: Every, today: date, working_days: WorkingDays) -> date:
    """The latest day, today or before, on which the report was due."""
    first = today.replace(day=1) if every is Every.MONTH else today - timedelta(days=today.weekday())
    due_on = working_days.next_working_day(first)
    if due_on <= today:
        return due_on
    return last_due_on(every, first - timedelta(days=1), working_days)
