"""Actions out of a meeting: what, one owner, an agency, a date."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from coord_service.domain.working_days import WorkingDays

LONGEST_PROMISE = 60  # working days: about three months, two meetings on
LONGEST_PLAN = 365  # days from today to the date of a new action: later than that is a slip of the pen


class ActionStatus(StrEnum):
    """An action is open until its owner says it is done, or the lead worker withdraws it."""

    OPEN = "open"
    DONE = "done"
    WITHDRAWN = "withdrawn"


ACTION_STATUS_NAMES = {
    ActionStatus.OPEN: "Open",
    ActionStatus.DONE: "Done",
    ActionStatus.WITHDRAWN: "Withdrawn",
}


class ActionAnswer(StrEnum):
    """What an owner can say behind their link."""

    DONE = "done"
    MORE_TIME = "more_time"
    NOT_MINE = "not_mine"


class Shown(StrEnum):
    """Which actions a list shows."""

    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ActionFilter:
    """Which actions to list; what is None does not narrow."""

    shown: Shown = Shown.OPEN
    lead_worker_id: int | None = None
    child_id: int | None = None
    owner_id: int | None = None


def fault_of_due_date(due_on: date, today: date) -> str | None:
    """What is wrong with the date of an action, as a sentence; None when nothing is."""
    if due_on < today:
        return "Give today or a later day: this one has passed"
    if (due_on - today).days > LONGEST_PLAN:
        return "Give a day within a year"
    return None


def fault_of_promise(promised_on: date, today: date, working_days: WorkingDays) -> str | None:
    """What is wrong with the day until which an owner wants more time, as a sentence; None when nothing is."""
    if promised_on < today:
        return "Give today or a later day: this one has passed"
    if promised_on > working_days.add(today, LONGEST_PROMISE):
        return f"Give a day within {LONGEST_PROMISE} working days. If it will take longer, please ring us"
    return None
