"""The figures of the chase report: each defined once, in words and in arithmetic (DOMAIN §8).

Days late are calendar days, as the limits of the law are: a request due yesterday is one day late.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Figure(StrEnum):
    """A figure of the report."""

    OPEN = "open"
    OVERDUE = "overdue"
    SILENT = "silent"
    UNCHASED = "unchased"
    ON_TIME = "on_time"
    MEDIAN = "median"
    NINETIETH = "ninetieth"
    OLDEST = "oldest"
    LAST_CHASE = "last_chase"
    ESCALATED = "escalated"
    ACTIONS_OVERDUE = "actions_overdue"


FIGURE_NAMES = {
    Figure.OPEN: "Open",
    Figure.OVERDUE: "Overdue",
    Figure.SILENT: "Late, and no human contact for 10 working days",
    Figure.UNCHASED: "Overdue, and nobody has chased",
    Figure.ON_TIME: "On time this quarter",
    Figure.MEDIAN: "Median days late",
    Figure.NINETIETH: "90th percentile of days late",
    Figure.OLDEST: "Oldest",
    Figure.LAST_CHASE: "Last chase",
    Figure.ESCALATED: "Escalated",
    Figure.ACTIONS_OVERDUE: "Actions overdue",
}

DEFINITIONS = {
    Figure.OPEN: "Advice that was asked for and has not been received, replaced or withdrawn.",
    Figure.OVERDUE: (
        "Open advice whose last lawful day has passed: six weeks from the day the request was received (SEND "
        "Regulations 2014, regulation 8(1)), or from asking where receipt is not known yet. A promise or an exception "
        "does not take it off this count."
    ),
    Figure.SILENT: (
        "Overdue advice about which nobody has spoken for 10 working days: no call, talk or visit on record, no answer "
        "to the request, and nobody of the service at a meeting about the child. Letters that the service sends by "
        "itself are no human contact."
    ),
    Figure.UNCHASED: (
        "Overdue advice for which no chase has gone out that was not returned, and no call has been made. Advice "
        "promised for today or later, or paused until then, is left out: somebody has seen to it. This must be zero."
    ),
    Figure.ON_TIME: (
        "Of the advice whose last lawful day fell in this calendar quarter, before today, the share that had come by "
        "that day, whatever the reason for lateness. Replaced and withdrawn requests are left out."
    ),
    Figure.MEDIAN: "Half of the overdue advice is later than this, half is less late.",
    Figure.NINETIETH: "Nine out of ten pieces of overdue advice are at most this many days late.",
    Figure.OLDEST: "Days since the last lawful day of the advice that is overdue longest.",
    Figure.LAST_CHASE: "When a chase last went out about any of the open advice.",
    Figure.ESCALATED: "Overdue advice about which a manager has been written to.",
    Figure.ACTIONS_OVERDUE: "Actions out of meetings that are open and whose date has passed, by their owner’s agency.",
}


class LateBand(StrEnum):
    """How late something is, in bands."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    FOUR_WEEKS = "four_weeks"
    EIGHT_WEEKS = "eight_weeks"
    LONGER = "longer"


BAND_NAMES = {
    LateBand.WEEK: "1 to 7 days",
    LateBand.FORTNIGHT: "8 to 14 days",
    LateBand.FOUR_WEEKS: "15 to 28 days",
    LateBand.EIGHT_WEEKS: "29 to 56 days",
    LateBand.LONGER: "57 days or more",
}

_FIRST_DAYS = {
    LateBand.WEEK: 1,
    LateBand.FORTNIGHT: 8,
    LateBand.FOUR_WEEKS: 15,
    LateBand.EIGHT_WEEKS: 29,
    LateBand.LONGER: 57,
}


def days_late(due_on: date, as_of: date) -> int:
    """Calendar days since the due date; 0 or less is not late."""
    return (as_of - due_on).days


def band_of(late: int) -> LateBand:
    """The band of a number of days late, 1 or more."""
    return max((band for band, first in _FIRST_DAYS.items() if late >= first), key=_FIRST_DAYS.__getitem__)


def due_span(band: LateBand, as_of: date) -> tuple[date, date]:
    """The first and the last due date of what is this late on a day."""
    firsts = [*_FIRST_DAYS.values()]
    following = firsts[firsts.index(_FIRST_DAYS[band]) + 1 :]
    first_due = as_of - timedelta(days=following[0] - 1) if following else date.min
    return first_due, as_of - timedelta(days=_FIRST_DAYS[band])


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late a number of things are, from how many are how many days late."""

    counts: Mapping[int, int]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def median(self) -> float | None:
        """The days in the middle (the mean of the two in the middle); None for nothing."""
        count = self.count
        return (self._at((count + 1) // 2) + self._at(count // 2 + 1)) / 2 if count else None

    @property
    def ninetieth(self) -> int | None:
        """The fewest days that nine out of ten do not exceed (nearest rank); None for nothing."""
        return self._at(-(-9 * self.count // 10)) if self.counts else None

    @property
    def oldest(self) -> int | None:
        """The most days; None for nothing."""
        return max(self.counts, default=None)

    @property
    def bands(self) -> dict[LateBand, int]:
        """How many are in each band, every band named."""
        found = dict.fromkeys(LateBand, 0)
        for late, count in self.counts.items():
            found[band_of(late)] += count
        return found

    def _at(self, rank: int) -> int:
        """The days of the ``rank``-th, the least late first."""
        for late in sorted(self.counts):
            rank -= self.counts[late]
            if rank <= 0:
                return late
        raise ValueError("there are not that many")


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    met: int = 0
    total: int = 0

    @property
    def percent(self) -> int | None:
        """Rounded to whole percent, but 100 only for all and 0 only for none; None of nothing."""
        if not self.total:
            return None
        if self.met in {0, self.total}:
            return 100 * self.met // self.total
        return min(99, max(1, (200 * self.met + self.total) // (2 * self.total)))


SMALL = 5  # below it a number may point at a child


def hide_small(count: int) -> int | str:
    """A count for those who may not learn of single children: 1 to 4 are hidden."""
    return count if count == 0 or count >= SMALL else f"fewer than {SMALL}"


def hide_small_share(share: Share) -> str | None:
    """A percentage, unless it would tell that 1 to 4 came in time, or that 1 to 4 did not; None of nothing."""
    if share.percent is None:
        return None
    is_telling = any(0 < count < SMALL for count in (share.met, share.total - share.met))
    return "too few to say" if is_telling else f"{share.percent}%"


@dataclass(frozen=True, slots=True)
class FallenDue:
    """Advice whose due date has passed, and the day it came, if it has come."""

    service_id: int
    kind: str
    due_on: date
    came_on: date | None

    @property
    def is_on_time(self) -> bool:
        """Whether it came by its due date."""
        return self.came_on is not None and self.came_on <= self.due_on


def share_on_time(fallen: Iterable[FallenDue]) -> Share:
    """How many of these came by their due date."""
    verdicts = [each.is_on_time for each in fallen]
    return Share(sum(verdicts), len(verdicts))


def on_time_by_month(fallen: Iterable[FallenDue], as_of: date, months: int = 6) -> list[tuple[date, Share]]:
    """For this month and the ones before it, by their first days, the share on time of what fell due in each."""
    by_month: dict[date, list[FallenDue]] = {first: [] for first in months_until(as_of, months)}
    for each in fallen:
        if (first := each.due_on.replace(day=1)) in by_month:
            by_month[first].append(each)
    return [(first, share_on_time(each)) for first, each in by_month.items()]


def months_until(day: date, count: int) -> list[date]:
    """The first days of this month and the ones before it, ``count`` in all, the earliest first."""
    number = day.year * 12 + day.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(number - count + 1, number + 1)]


def quarter_start(day: date) -> date:
    """The first day of the calendar quarter of a day."""
    return date(day.year, day.month - (day.month - 1) % 3, 1)
