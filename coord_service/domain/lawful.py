"""The days on which the law lets a meeting be held: from the notice it wants until its limit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coord_service.domain.clocks import ClockKind, ClockLaw, due
from coord_service.domain.meetings import Purpose
from coord_service.domain.wall_time import say_day
from coord_service.domain.working_days import WorkingDays

REVIEW_NOTICE = timedelta(weeks=2)  # reg 20(3): also the day by which the papers have to be out, reg 20(4)


@dataclass(frozen=True, slots=True)
class LawfulDays:
    """The first day, and the last where there is one. ``notice``: the law says from when, not the calendar alone.

    ``own_notice``: it is the council that does, with so many days of notice.
    """

    earliest_on: date
    latest_on: date | None = None
    notice: bool = False
    own_notice: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the limit comes before the notice is over."""
        return self.latest_on is not None and self.latest_on < self.earliest_on

    @property
    def words(self) -> str:
        """The bounds in a sentence; empty where the law says nothing."""
        latest = f"by {say_day(self.latest_on)}, which leaves time for the decision" if self.latest_on else ""
        if self.is_empty:
            return (
                "Nothing lawful is left: a review needs two weeks’ notice (reg 20(3)), so it can be on "
                f"{say_day(self.earliest_on)} at the earliest, and it must be held {latest}."
            )
        if self.own_notice:
            return f"Your council gives {say_notice(self.own_notice)}, so not before {say_day(self.earliest_on)}."
        if not self.notice:
            return ""
        said = f"A review needs two weeks’ notice (reg 20(3)), so not before {say_day(self.earliest_on)}"
        return f"{said}; it must be held {latest}." if latest else f"{said}."

    def against(self, day: date) -> str:
        """What the law has against a day, in a few words; empty if nothing."""
        if self.latest_on and day > self.latest_on:
            return "After the limit"
        if day >= self.earliest_on:
            return ""
        return f"Less than {say_notice(self.own_notice)}" if self.own_notice else self._by_law

    @property
    def _by_law(self) -> str:
        return "Less than two weeks’ notice" if self.notice else ""


def say_notice(days: int) -> str:
    """“7 days’ notice”."""
    return "1 day’s notice" if days == 1 else f"{days} days’ notice"


def lawful_days(
    purpose: Purpose, today: date, limit_on: date | None, working_days: WorkingDays, own_notice: int = 0
) -> LawfulDays:
    """The days for a meeting of this purpose that is planned today; ``limit_on`` is a review's last day, if known.

    ``own_notice``: the days of notice that the council gives of meetings for which the law wants none.
    """
    if purpose is Purpose.REVIEW:
        return LawfulDays(working_days.next_working_day(today + REVIEW_NOTICE), limit_on, notice=True)
    if own_notice:
        earliest_on = working_days.next_working_day(today + timedelta(days=own_notice))
        return LawfulDays(earliest_on, own_notice=own_notice)
    return LawfulDays(working_days.add(today, 1))


def review_limit(laws: Sequence[ClockLaw], purpose: Purpose, reviewed_on: Iterable[date | None]) -> date | None:
    """The last day for a review that leaves four weeks for the decision in the 12 months (CFA 2014 s44, reg 20(10)).

    ``reviewed_on``: the last review of each child it is about; the earliest limit holds. None for other purposes, and
    where no last review is known.
    """
    if purpose is not Purpose.REVIEW:
        return None
    known = filter(None, reviewed_on)
    limits = (limit for day in known for limit in due(laws, ClockKind.REVIEW, day))
    return min((limit.meet_by_on for limit in limits if limit.meet_by_on is not None), default=None)
