"""What is known of one person's time: blocks in a calendar, and working hours on the wall clock.

Instants are aware and spans half-open. In spans of plain numbers an instant is its microseconds since 1970 (UTC).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

Span = tuple[int, int]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000
DAY = 1440 * MINUTE
THURSDAY = 3  # the weekday of 1 January 1970


class BlockStatus(StrEnum):
    """What a calendar says of a block of time. ``elsewhere`` and ``free`` keep nobody from a meeting."""

    BUSY = "busy"
    OOF = "oof"
    TENTATIVE = "tentative"
    ELSEWHERE = "elsewhere"
    FREE = "free"


class Block(NamedTuple):
    """A block in a diary, from an aware instant until before another. One of no length takes no time.

    A search reads tens of thousands of them, and a tuple is made and taken apart in a third of the time.
    """

    start_at: datetime
    end_at: datetime
    status: BlockStatus = BlockStatus.BUSY


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Hours on the wall clock: weekdays (Monday is 0), and minutes after midnight (``closes`` up to 1440).

    ``week``: only in every second week, those of which :func:`week_of` says this; None is every week.
    """

    weekdays: frozenset[int]
    opens: int
    closes: int
    week: int | None = None


@dataclass(frozen=True, slots=True)
class Diary:
    """One attendee as a search for a time sees them.

    ``working_hours`` empty means always; ``travel`` widens every block that is not free, before and after it;
    ``name`` is what the reasons call them (their id if empty). ``known_at``: when a calendar outside was last read; if
    ``is_unknown``, nothing is known since then. None: there is no such calendar, or it was never read. ``is_unseen``:
    there is none to look in, so that they are free only as far as is known here.
    """

    id: str
    is_required: bool = True
    busy: tuple[Block, ...] = ()
    working_hours: tuple[WorkingHours, ...] = ()
    is_unknown: bool = False
    travel: timedelta = timedelta()
    name: str = ""
    known_at: datetime | None = None
    is_unseen: bool = False

    def spans(self, *statuses: BlockStatus) -> Iterator[Span]:
        """The blocks of these statuses, widened by travel."""
        travel = self.travel // MICROSECOND
        return (
            (microseconds(block.start_at) - travel, microseconds(block.end_at) + travel)
            for block in self.busy
            if block.status in statuses
        )


def microseconds(instant: datetime) -> int:
    """An aware instant as microseconds since 1970; any year will do, in any offset."""
    return (instant - EPOCH) // MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The UTC instant of :func:`microseconds`."""
    return EPOCH + value * MICROSECOND


def join(spans: Iterable[Span]) -> list[Span]:
    """The same time in order, without overlaps, touching spans made one, empty ones dropped."""
    joined: list[Span] = []
    opened: int | None = None
    closed = 0
    for start, end in sorted(spans):
        if end <= start:
            continue
        if opened is None:
            opened, closed = start, end
        elif start > closed:
            joined.append((opened, closed))
            opened, closed = start, end
        elif end > closed:
            closed = end
    return joined if opened is None else [*joined, (opened, closed)]


def open_spans(hours: Iterable[WorkingHours], zone: tzinfo, within: Span) -> list[Span]:
    """When a wall clock in ``zone`` reads a time within the hours.

    On the Sunday the clocks go back, 01:30 comes twice and both are open; when they go forward it never comes.
    """
    pattern = tuple(hours)
    return join(
        (max(start, opened), min(end, closed))
        for start, end, offset in _offsets(zone, within)
        for day in range((start + offset) // DAY, (end + offset) // DAY + 1)
        for each in pattern
        if (day + THURSDAY) % 7 in each.weekdays and each.week in (None, _week(day))
        for opened, closed in [(day * DAY + each.opens * MINUTE - offset, day * DAY + each.closes * MINUTE - offset)]
    )


def week_of(day: date) -> int:
    """0 or 1, from Monday to Sunday and in turn: which of two weeks a day is in."""
    return _week(day.toordinal() - EPOCH.toordinal())


def _week(day: int) -> int:
    return (day + THURSDAY) // 7 % 2


@lru_cache(maxsize=16)  # asked again for the working hours of everybody in a search
def _offsets(zone: tzinfo, within: Span) -> tuple[tuple[int, int, int], ...]:
    """The stretches (start, end, offset from UTC) of a span between one clock change and the next."""
    return tuple(_find_offsets(zone, within))


def _find_offsets(zone: tzinfo, within: Span) -> Iterator[tuple[int, int, int]]:

    def offset_at(value: int) -> int:
        local = from_microseconds(value).astimezone(zone)
        return (local.utcoffset() or timedelta()) // MICROSECOND

    start, end = within
    offset, since = offset_at(start), start
    for day_start in range(start, end, DAY):
        day_end = min(day_start + DAY, end)
        if (changed := offset_at(day_end)) == offset:
            continue
        before, change = day_start, day_end
        while change - before > 1:
            middle = (before + change) // 2
            before, change = (middle, change) if offset_at(middle) == offset else (before, middle)
        yield since, change, offset
        offset, since = changed, change
    yield since, end, offset
