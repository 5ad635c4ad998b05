"""Statutory clocks: from a date on which something happened to the last lawful days that follow.

The limits themselves are data (`coord_service/data/clocks-*.toml`), one set for each state of the law, so that a
reform is a new file and an old case keeps its law. Limits are calendar days in England: no weekend and no bank holiday
moves one, no chase moves one, and an exception lifts the duty to meet one without adding a day to it.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from coord_service.errors import Refused


class ClockKind(StrEnum):
    """What starts a set of clocks, and so what their start date is the date of."""

    ASSESSMENT = "assessment"
    ADVICE = "advice"
    DRAFT = "draft"
    REVIEW = "review"
    AMENDMENT = "amendment"
    REASSESSMENT = "reassessment"


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One limit as the law sets it: ``days`` and calendar ``months`` after its start (days before it, if negative)."""

    id: str
    kind: ClockKind
    law: str
    rule: str
    days: int = 0
    months: int = 0
    exceptions: tuple[str, ...] = ()

    def due_on(self, start_on: date) -> date:
        """The last lawful day. A year after 29 February is 28 February."""
        try:
            return _add_months(start_on, self.months) + timedelta(days=self.days)
        except (OverflowError, ValueError) as error:
            raise Refused(f"{start_on} is too near the end of the calendar to count from") from error


@dataclass(frozen=True, slots=True)
class ClockLaw:
    """The rules in force for whatever starts on or after ``commenced_on`` (until another law commences)."""

    commenced_on: date
    title: str
    rules: tuple[ClockRule, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """One last lawful day, with the paragraph that sets it and the exceptions that belong to it alone."""

    id: str
    due_on: date
    law: str
    rule: str
    exceptions: tuple[str, ...]


def due(laws: Sequence[ClockLaw], kind: ClockKind, start_on: date) -> list[Limit]:
    """The limits that follow from ``start_on``, under the law of that day, in the law's order.

    Raises Refused for a start before any law commenced.
    """
    law = _law_on(laws, start_on)
    return [
        Limit(rule.id, rule.due_on(start_on), rule.law, rule.rule, rule.exceptions)
        for rule in law.rules
        if rule.kind is kind
    ]


def _law_on(laws: Sequence[ClockLaw], day: date) -> ClockLaw:
    in_force = [law for law in laws if law.commenced_on <= day]
    if not in_force:
        first = min(law.commenced_on for law in laws)
        raise Refused(f"{day} is before {first}, when the law of these clocks commenced")
    return max(in_force, key=lambda law: law.commenced_on)


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
