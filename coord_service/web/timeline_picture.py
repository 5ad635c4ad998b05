"""The clocks of a case as a picture: a bar each from its start to its last lawful day, marked where it stands.

Places are percent of the width, so that the picture fits a telephone and a sheet of paper without its words shrinking.
Pattern and shape say the same as the colour; the table after the picture says the same as both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coord_service.domain.case_clocks import CaseClock, ClockState

MOST_MARKS = 6  # of the axis: as many as a telephone has room for
MARGIN = timedelta(days=5)
_STEPS = (1, 2, 3, 6, 12, 24, 60)  # months from one mark of the axis to the next


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a bar: where it begins, how wide it is, and its look (spent, left, late, lifted, none)."""

    x: float
    width: float
    look: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One clock: its parts, where its mark stands, and where its last lawful day is."""

    clock: CaseClock
    stretches: tuple[Stretch, ...]
    mark: float
    limit: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bars in the order of the table, the marks of the axis (place and first day of a month), and today's place."""

    bars: tuple[Bar, ...]
    months: tuple[tuple[float, date], ...]
    today: float


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    last: date

    def place(self, day: date) -> float:
        """Percent of the width."""
        return round(100 * (day - self.first).days / max(1, (self.last - self.first).days), 2)


def draw_timeline(clocks: Sequence[CaseClock], today: date) -> Timeline | None:
    """The picture; None where no clock runs."""
    if not clocks:
        return None
    days = [day for clock in clocks for day in (clock.start_on, clock.limit.due_on, clock.ended_on) if day]
    scale = _Scale(min(*days, today) - MARGIN, max(*days, today) + MARGIN)
    return Timeline(
        bars=tuple(_bar(clock, scale, today) for clock in clocks),
        months=tuple((scale.place(day), day) for day in _months(scale)),
        today=scale.place(today),
    )


def _bar(clock: CaseClock, scale: _Scale, today: date) -> Bar:
    first, limit = sorted((clock.start_on, clock.limit.due_on))
    parts = [
        Stretch(scale.place(since), round(scale.place(until) - scale.place(since), 2), look)
        for since, until, look in _parts(clock, first, limit, today)
        if since < until
    ]
    return Bar(clock, tuple(parts), scale.place(_mark(clock, today)), scale.place(clock.limit.due_on))


def _parts(clock: CaseClock, first: date, last: date, today: date) -> Iterator[tuple[date, date, str]]:
    """What of the time was spent, what is left, and what went beyond the limit."""
    end = clock.ended_on or today
    match clock.state:
        case ClockState.VOID | ClockState.UNRECORDED:
            yield first, last, "none"
        case ClockState.LIFTED:
            yield first, max(last, end), "lifted"
        case ClockState.LATE | ClockState.DONE_LATE:
            limit = clock.limit.due_on
            yield first, limit, "spent"
            yield limit, end, "late"
            yield max(limit, end), last, "left"
        case _:
            spent = min(max(end, first), last)
            yield first, spent, "spent"
            yield spent, last, "left"


def _mark(clock: CaseClock, today: date) -> date:
    if clock.ended_on is not None:
        return clock.ended_on
    return today if clock.state is ClockState.LATE else clock.limit.due_on


def _months(scale: _Scale) -> list[date]:
    """The first days of months within the picture, so few that each has room for its name."""
    first = scale.first.year * 12 + scale.first.month  # the month after the first day's, counted from 0
    last = scale.last.year * 12 + scale.last.month - 1
    step = next((each for each in _STEPS if (last - first) // each < MOST_MARKS), _STEPS[-1])
    return [date(each // 12, each % 12 + 1, 1) for each in range(first, last + 1, step)]
