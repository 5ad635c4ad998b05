"""Statutory clocks: from a date on which something happened to the last lawful days that follow.

The limits themselves are data (`coord_service/data/clocks-*.toml`), one set for each state of the law, so that a
reform is a new file and an old case keeps its law. Limits are calendar days in England (but for reg 15, which counts
working days): no weekend and no bank holiday moves one, no chase moves one, and an exception lifts the duty to meet
one without adding a day to it.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from coord_service.domain.case_steps import CaseStep
from coord_service.domain.people import Sector
from coord_service.domain.working_days import WorkingDays
from coord_service.errors import Refused


class ClockKind(StrEnum):
    """What starts a set of clocks, and so what their start date is the date of."""

    ASSESSMENT = "assessment"
    ADVICE = "advice"
    DRAFT = "draft"
    REVIEW = "review"
    AMENDMENT = "amendment"
    REASSESSMENT = "reassessment"
    MOVE = "move"
    TRANSFER = "transfer"
    PHASE = "phase"
    PHASE_POST16 = "phase_post16"
    PHASE_BETWEEN = "phase_between"
    UNDER5 = "under5"


class Ends(StrEnum):
    """Where the steps that end a clock are looked for: after its start, before it, or after the next start."""

    AFTER = "after"
    BEFORE = "before"
    NEXT = "next"


class Ground(StrEnum):
    """What an exception is about; each paragraph of the law has one."""

    SCHOOL_CLOSED = "school_closed"
    EARLY_YEARS_CLOSED = "early_years_closed"
    EXCEPTIONAL = "exceptional"
    ABSENT = "absent"
    MISSED_APPOINTMENT = "missed_appointment"


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One limit as the law sets it. How it is counted and ended is described at the head of the data files.

    ``working_days`` are counted with the start date as the first of them, ``days`` and ``months`` from the start.
    """

    id: str
    kind: ClockKind
    law: str
    rule: str
    days: int = 0
    months: int = 0
    exceptions: tuple[str, ...] = ()
    working_days: int = 0
    before: tuple[int, int] | None = None
    meet: int | None = None
    ends: Ends = Ends.AFTER
    ended_by: frozenset[CaseStep] = frozenset()
    void_by: frozenset[CaseStep] = frozenset()
    not_before: CaseStep | None = None
    from_sending: frozenset[Sector] = frozenset()
    is_minimum: bool = False
    is_limit: bool = True

    def due_on(self, start_on: date, working_days: WorkingDays) -> date:
        """The last lawful day. A year after 29 February is 28 February."""
        try:
            if self.before is not None:
                return date(start_on.year, *self.before) - timedelta(days=1)
            if self.working_days:
                return working_days.add(working_days.next_working_day(start_on), self.working_days - 1)
            return _add_months(start_on, self.months) + timedelta(days=self.days)
        except (OverflowError, ValueError) as error:
            raise Refused(f"{start_on} is too near the end of the calendar to count from") from error

    def meet_by_on(self, due_on: date) -> date | None:
        """The last day for the meeting that leaves time for what must follow it; None where there is no meeting."""
        return due_on - timedelta(days=self.meet) if self.meet is not None else None


@dataclass(frozen=True, slots=True)
class ClockLaw:
    """The rules in force for whatever starts on or after ``commenced_on`` (until another law commences).

    ``grounds`` says what each paragraph of an exception is about; ``working_days`` are those of the law (reg 2).
    """

    commenced_on: date
    title: str
    rules: tuple[ClockRule, ...]
    working_days: WorkingDays = field(default_factory=lambda: WorkingDays(frozenset()))
    grounds: Mapping[str, Ground] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limit:
    """One last lawful day, with the paragraph that sets it and the exceptions that belong to it alone.

    ``meet_by_on`` is the last day for the meeting that must come before it, where one must.
    """

    id: str
    due_on: date
    law: str
    rule: str
    exceptions: tuple[str, ...]
    meet_by_on: date | None = None


def due(laws: Sequence[ClockLaw], kind: ClockKind, start_on: date) -> list[Limit]:
    """The limits that follow from ``start_on``, under the law of that day, in the law's order.

    Raises Refused for a start before any law commenced.
    """
    law = law_on(laws, start_on)
    return [limit_of(rule, rule.due_on(start_on, law.working_days)) for rule in law.rules if rule.kind is kind]


def limit_of(rule: ClockRule, due_on: date) -> Limit:
    """A rule's limit on its day."""
    return Limit(rule.id, due_on, rule.law, rule.rule, rule.exceptions, rule.meet_by_on(due_on))


def counts_from_sending(laws: Sequence[ClockLaw], sector: Sector, asked_on: date) -> bool:
    """Whether the time for advice that was asked for on a day runs from the sending of the request, not its receipt."""
    return any(sector in rule.from_sending for rule in law_on(laws, asked_on).rules)


def law_on(laws: Sequence[ClockLaw], day: date) -> ClockLaw:
    """The law in force for what starts on a day. Raises Refused for a day before any law commenced."""
    in_force = [law for law in laws if law.commenced_on <= day]
    if not in_force:
        first = min(law.commenced_on for law in laws)
        raise Refused(f"{day} is before {first}, when the law of these clocks commenced")
    return max(in_force, key=lambda law: law.commenced_on)


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
